//! Tests of CSV tables: columns, rows, and errors with their lines.

use super::*;

/// Reads a whole file; gives each row as text, or its error.
fn read(file: &str) -> Vec<String> {
    let mut table = Table::open(file.as_bytes()).unwrap();
    let mut rows = Vec::new();
    while let Some(row) = table.next_row() {
        rows.push(match row {
            Ok(row) => format!("{} {}: {}", row.line, row.identifier, values(&row)),
            Err(error) => error.to_string(),
        });
    }
    rows
}

fn values(row: &Row) -> String {
    let value = |value: &Value| {
        format!(
            "{}={}={}",
            value.index,
            value.value_type,
            value.data.escape_ascii()
        )
    };
    row.values.iter().map(value).collect::<Vec<_>>().join(" ")
}

#[test]
fn columns_give_types_and_indexes() {
    let file = "\u{feff}identifier,NAME,301:EMAIL, 10320/loc ,urn:x\n88/1,a,b,c,d\n88/2,,e,,\n";
    assert_eq!(
        read(file),
        [
            "2 88/1: 1=NAME=a 301=EMAIL=b 3=10320/loc=c 4=urn:x=d",
            "3 88/2: 301=EMAIL=e"
        ]
    );
}

#[test]
fn wrong_rows_are_told_by_line_and_the_others_go_on() {
    let file =
        "identifier,NAME,DESC\n,x,y\n/1,x,y\n88/3,x\n88/4,,\n88/5,\"two\nlines\",y\n88/7,x,y";
    assert_eq!(
        read(file),
        [
            "line 2: the identifier is empty",
            "line 3: the identifier has no prefix before its first '/'",
            "line 4: the row has 2 cells, the first line has 3",
            "line 5: the row has no values",
            "6 88/5: 1=NAME=two\\nlines 2=DESC=y",
            "8 88/7: 1=NAME=x 2=DESC=y",
        ]
    );
}

#[test]
fn a_file_that_is_no_table_is_refused_whole() {
    let check = |file: &str, expected: &str| {
        let error = Table::open(file.as_bytes()).map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), format!("line 1: {expected}"));
    };
    let first = "the first column must be named `identifier`, the others by value types";
    check("", first);
    check("id,NAME\n", first);
    check("identifier,\n", "the column for index 1 names no type");
    check("identifier,2:A,B\n", "value index 2 is used twice");
    check(
        "identifier,0:A\n",
        "value index 0 is not in 1 to 2147483647",
    );
}
