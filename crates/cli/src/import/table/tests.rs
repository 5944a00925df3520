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

/// What the spreadsheets of China write by default.
#[test]
fn text_in_another_encoding_is_refused() {
    let mut table = Table::open(&b"identifier,NAME\n88.1/g,\xcb\xae\xb1\xc3\n"[..]).unwrap();
    let error = table.next_row().unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2: cell 2 is not UTF-8; save the file as UTF-8"
    );
    let error = Table::open(&b"identifier,\xb1\xc3\n"[..])
        .map(|_| ())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1: it is not UTF-8; save the file as UTF-8"
    );
}

#[test]
fn a_quote_that_is_never_closed_does_not_swallow_the_rest() {
    let file = "identifier,NAME\n88.1/a,5\" pipe\n88.1/q,\"unclosed\n88.1/after,ok\n";
    let even = "identifier,NAME\n88.1/q,\"unclosed\n88.1/after,ok\n";
    assert_eq!(read(file)[0], "2 88.1/a: 1=NAME=5\\\" pipe");
    assert_eq!(
        read(even),
        ["line 2: a quote is opened that is never closed"]
    );
    let whole = "identifier,NAME\n88.1/q,\"two\nlines\"\n";
    assert_eq!(read(whole), ["2 88.1/q: 1=NAME=two\\nlines"]);
}

/// A disk that fails in the middle.
#[test]
fn a_file_that_cannot_be_read_further_is_the_end() {
    struct Failing(&'static [u8]);
    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.0.is_empty() {
                return Err(std::io::Error::other("the disk failed"));
            }
            Read::read(&mut self.0, buffer)
        }
    }
    let mut table = Table::open(Failing(b"identifier,NAME\n88.1/a,x\n88.1/b")).unwrap();
    assert!(table.next_row().unwrap().is_ok());
    let error = table.next_row().unwrap().unwrap_err();
    assert!(error.is_end);
    assert!(
        error
            .to_string()
            .ends_with("cannot be read further: the disk failed"),
        "{error}"
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
