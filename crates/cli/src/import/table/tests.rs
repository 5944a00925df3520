//! Tests of CSV tables: columns, rows, and errors with their lines.

use super::*;
use model::Value;

/// Reads a whole file; gives each row as text, or its error.
fn read_mapped(file: &[u8], mapping: Option<&str>) -> Vec<String> {
    let mapping = mapping.map(|text| Mapping::parse(text).unwrap());
    let mut table = Table::open(file, mapping).unwrap();
    let mut rows = Vec::new();
    while let Some(row) = table.next_item().unwrap() {
        rows.push(match row {
            Ok(item) => shown(&item),
            Err(refusal) => refusal.to_string(),
        });
    }
    rows
}

fn read(file: &str) -> Vec<String> {
    read_mapped(file.as_bytes(), None)
}

fn shown(item: &Item) -> String {
    let Action::Register(identifier, values) = &item.action else {
        panic!("{item:?}");
    };
    let value = |value: &Value| {
        let data = value.data.escape_ascii();
        format!("{}={}={data}", value.index, value.value_type)
    };
    let values: Vec<String> = values.iter().map(value).collect();
    format!("{} {identifier}: {}", item.place, values.join(" "))
}

fn refusal<R: Read>(opened: Result<Table<R>, String>) -> String {
    opened.map(|_| ()).unwrap_err()
}

#[test]
fn columns_give_types_and_indexes() {
    let file = "\u{feff}identifier,NAME,301:EMAIL, 10320/loc ,urn:x\n88/1,a,b,c,d\n88/2,,e,,\n";
    assert_eq!(
        read(file),
        [
            "line 2 88/1: 1=NAME=a 301=EMAIL=b 3=10320/loc=c 4=urn:x=d",
            "line 3 88/2: 301=EMAIL=e"
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
            "line 5: 88/4: the row has no values",
            "line 6 88/5: 1=NAME=two\\nlines 2=DESC=y",
            "line 8 88/7: 1=NAME=x 2=DESC=y",
        ]
    );
}

/// What the spreadsheets of China write by default.
#[test]
fn text_in_another_encoding_is_refused() {
    let hint = "not UTF-8; save the file as UTF-8, or name its encoding with --mapping";
    let file = b"identifier,NAME\n88.1/g,\xcb\xae\xb1\xc3\n";
    let expected = format!("line 2: 88.1/g: cell 2 is {hint}");
    assert_eq!(read_mapped(file, None), [expected]);
    let error = refusal(Table::open(&b"identifier,\xb1\xc3\n"[..], None));
    assert_eq!(error, format!("line 1: it is {hint}"));
}

#[test]
fn a_quote_that_is_never_closed_does_not_swallow_the_rest() {
    let file = "identifier,NAME\n88.1/a,5\" pipe\n88.1/q,\"unclosed\n88.1/after,ok\n";
    let even = "identifier,NAME\n88.1/q,\"unclosed\n88.1/after,ok\n";
    assert_eq!(read(file)[0], "line 2 88.1/a: 1=NAME=5\\\" pipe");
    assert_eq!(
        read(even),
        ["line 2: a quote is opened that is never closed"]
    );
    let whole = "identifier,NAME\n88.1/q,\"two\nlines\"\n";
    assert_eq!(read(whole), ["line 2 88.1/q: 1=NAME=two\\nlines"]);
}

/// A disk that fails in the middle.
#[test]
fn a_file_that_cannot_be_read_further_is_the_end() {
    struct Failing(&'static [u8]);
    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Err(io::Error::other("the disk failed"));
            }
            Read::read(&mut self.0, buffer)
        }
    }
    let mut table = Table::open(Failing(b"identifier,NAME\n88.1/a,x\n88.1/b"), None).unwrap();
    assert!(table.next_item().unwrap().unwrap().is_ok());
    let error = table.next_item().unwrap_err();
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
        let error = refusal(Table::open(file.as_bytes(), None));
        assert_eq!(error, format!("line 1: {expected}"));
    };
    let first = "the first column must be named `identifier`, the others by value types \
                 (or say with --mapping what the columns are)";
    check("", first);
    check("id,NAME\n", first);
    check("identifier,\n", "the column for index 1 names no type");
    check(
        "identifier,0:A\n",
        "value index 0 is not in 1 to 2147483647",
    );
}

const MAPPED: &str = r#"
encoding = "GBK"
[identifier]
column = "编号"
prefix = "88.1"
[timestamp]
column = "日期"
date = "%Y年%m月%d日"
[[value]]
index = 1
type = "NAME"
column = "名称"
ttl = 60
[[value]]
index = 2
type = "MADE"
column = 3
date = "%Y年%m月%d日"
[[value]]
index = 3
type = "BITS"
column = "码"
format = "hex"
permissions = "1100"
[[value]]
index = 100
type = "HS_ADMIN"
format = "admin"
constant = { handle = "0.NA/88.1", index = 300, permissions = "111111110011" }
"#;

#[test]
fn a_mapping_says_what_columns_become() {
    let text = "编号,名称,日期,码\n7,水泵,2026年11月22日,00ff\n8,,,\n9,x,gestern,\n10,x,,zz\n";
    let (file, ..) = encoding_rs::GBK.encode(text);
    let mapping = Mapping::parse(MAPPED).unwrap();
    let mut table = Table::open(&file[..], Some(mapping)).unwrap();
    let item = table.next_item().unwrap().unwrap().unwrap();
    let Action::Register(identifier, values) = item.action else {
        panic!("a row registers");
    };
    assert_eq!(identifier.as_str(), "88.1/7");
    assert_eq!(values[0].data, "水泵");
    assert_eq!((values[0].ttl.seconds, values[1].ttl.seconds), (60, 86_400));
    assert_eq!(
        model::value::date_text(values[0].timestamp),
        "2026-11-21T16:00:00Z"
    );
    assert_eq!(values[1].data, "2026-11-22");
    assert_eq!(
        (&values[2].data[..], values[2].permissions.0),
        (&b"\0\xff"[..], 0b1100)
    );
    assert_eq!(&values[3].data[..8], b"\x0f\xf3\0\0\0\x090.");
    let rest = read_mapped(&file, Some(MAPPED));
    assert!(
        rest[1].starts_with("line 3 88.1/8: 100=HS_ADMIN="),
        "{}",
        rest[1]
    );
    assert!(
        rest[2].starts_with("line 4: 88.1/9: cell 3: "),
        "{}",
        rest[2]
    );
    assert_eq!(
        rest[3],
        "line 5: 88.1/10: cell 4: data of format hex is not pairs of hexadecimal digits"
    );
}

#[test]
fn a_table_without_header_is_read_by_position() {
    let mapping = "header = false\ndelimiter = \"|\"\n[identifier]\ncolumn = 2\nprefix_column = 1\n\
                   [[value]]\nindex = 1\ntype = \"NAME\"\ncolumn = 3\n";
    assert_eq!(
        read_mapped(b"88.1|a|x\n88.2|b|y\n88.3||z\n", Some(mapping)),
        [
            "line 1 88.1/a: 1=NAME=x",
            "line 2 88.2/b: 1=NAME=y",
            "line 3: the suffix is empty"
        ]
    );
}

#[test]
fn wrong_mappings_are_told() {
    let check = |mapping: &str, expected: &str| {
        let opened = Mapping::parse(mapping)
            .and_then(|mapping| Table::open(&b"a,b\n"[..], Some(mapping)).map(|_| ()));
        let error = opened.unwrap_err();
        assert!(error.contains(expected), "{mapping}: {error}");
    };
    let value = "[[value]]\nindex = 1\ntype = \"T\"\n";
    let with =
        |head: &str, more: &str| format!("{head}\n[identifier]\ncolumn = \"a\"\n{value}{more}\n");
    check("", "missing field `identifier`");
    check(&with("delimeter = \",\"", ""), "unknown field `delimeter`");
    check(
        &with("encoding = \"latin-1\"", ""),
        "unknown variant `latin-1`",
    );
    check(
        &with("encoding = \"GBK\"\ndelimiter = \"|\"", "column = 1"),
        "cannot be used",
    );
    check(&with("", ""), "value 1 needs either column or constant");
    check(
        &with("", "column = 1\nconstant = \"x\""),
        "value 1 needs either",
    );
    check(
        &with("", "column = \"c\""),
        "no column of the table is named \"c\"",
    );
    check(&with("", "column = 0"), "columns are counted from 1");
    check(&with("", "constant = 7"), "value 1: invalid type");
    check(
        &with("", "column = 1\npermissions = \"x\""),
        "permissions is not four digits",
    );
    check(
        &with("", "column = 1\n").replace("index = 1", "index = 0"),
        "value index 0",
    );
}

#[test]
fn a_row_without_end_does_not_fill_the_memory() {
    let file = format!(
        "identifier,NAME\n88.1/a,\"{}",
        "x".repeat(ROW_OCTETS_MAX * 2)
    );
    let mut table = Table::open(file.as_bytes(), None).unwrap();
    let error = table.next_item().unwrap_err().to_string();
    assert!(
        error.contains("the row has more than 8388608 octets"),
        "{error}"
    );
}
