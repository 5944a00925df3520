//! Is text with separators read as spreadsheets do, and given back as it was?

use super::*;
use proptest::prelude::*;

fn rows(octets: &[u8]) -> Vec<Vec<String>> {
    let table = Table::read(octets, &Limits::default()).unwrap();
    table
        .records
        .into_iter()
        .map(|record| record.fields)
        .collect()
}

#[test]
fn lines_are_told_apart_as_spreadsheets_do() {
    let check = |text: &str, expected: &[&[&str]]| {
        assert_eq!(rows(text.as_bytes()), expected, "{text:?}");
    };
    check("a,b\r\n\r\nc", &[&["a", "b"], &[""], &["c"]]);
    check("\"a\nb\",\"c\"\"d\"\n", &[&["a\nb", "c\"d"]]);
    check("a;b;1,5\nc;d;2", &[&["a", "b", "1,5"], &["c", "d", "2"]]);
    check("a\tb\rc\td", &[&["a", "b"], &["c", "d"]]);
    check("a,5\"\n\"b\" ,c", &[&["a", "5\""], &["b ", "c"]]);
    check("\"a\"b,c", &[&["ab", "c"]]);
    check("\"\"\n\"\",\"\"", &[&[""], &["", ""]]);
    check("", &[]);
}

#[test]
fn a_quotation_mark_that_is_not_closed_takes_no_rows_with_it() {
    let check = |text: &str, line: usize| {
        let error = Table::read(text.as_bytes(), &Limits::default()).err();
        let said = error.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!(said.contains(&format!("in line {line} ")), "{text}: {said}");
        let chinese = error.map(|error| error.chinese()).unwrap_or_default();
        assert!(chinese.contains(&format!("第{line}行")), "{chinese}");
    };
    check("code,output\n1,2\n\"3,4\n5,6\n", 3);
    check("a\r\nb\rc\n\"d", 4);
    // One that ends where another begins has taken the rows between.
    check("\"a,1\nb,2\nc,\"d\"\n", 1);
    check("\"a\n\"b\n", 1);
}

#[test]
fn text_that_no_cell_holds_is_refused_at_its_place() {
    let long = |characters: usize| format!("a\n1,{}\n", "长".repeat(characters));
    let read = |text: &str| read("表.csv", text.as_bytes(), &Limits::default());
    assert!(read(&long(32_767)).is_ok());
    let error = read(&long(32_768)).unwrap_err();
    let said = "the text of cell 表!B2 has more than 32767 characters";
    assert_eq!(error.to_string(), said);
    assert!(error.chinese().contains("表!B2"), "{}", error.chinese());
}

#[test]
fn encodings_are_told_by_octets_and_given_back() {
    let text = "企业,产值\n甲厂,12\n";
    let wide: Vec<u8> = "\u{feff}企业,产值\n甲厂,12\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let marked = [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat();
    let gbk = GB18030.encode(text).0.into_owned();
    for octets in [text.as_bytes(), &wide, &marked, &gbk] {
        assert_eq!(rows(octets)[1], ["甲厂", "12"]);
        let same = append(octets, &Limits::default(), |_| Vec::new());
        assert_eq!(same.unwrap(), octets);
    }
    let error = Table::read(b"\xbc\xd7,1\n\xff\xff,2\n", &Limits::default());
    let said = error
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    assert!(said.contains("line 2 cannot be read"), "{said}");
    assert!(Table::read(b"a\0b", &Limits::default()).is_err());
}

#[test]
fn what_is_appended_stands_in_one_column() {
    let fields = |row| match row {
        0 => vec!["结果".to_owned()],
        2 => vec!["=1, \"x\"".to_owned()],
        _ => Vec::new(),
    };
    let given = append(b"a,b\nc,d\ne\n", &Limits::default(), fields).unwrap();
    let said = "a,b,结果\nc,d\ne,,\"'=1, \"\"x\"\"\"\n";
    assert_eq!(String::from_utf8(given).unwrap(), said);
}

#[test]
fn what_is_beyond_the_limits_is_refused() {
    let limits = Limits {
        rows: 2,
        columns: 3,
        cells: 4,
        ..Limits::default()
    };
    let said = |text: &str| match Table::read(text.as_bytes(), &limits) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    };
    assert_eq!(said("a,b\nc,d\n"), "");
    assert!(said("a\nb\nc").contains("more than 2 rows"));
    assert!(said("a,b,c,d").contains("more than 3 columns"));
    assert!(said("a,b,c\nd,e,f").contains("more than 4 cells"));
}

#[test]
fn codes_keep_their_zeros() {
    let text = |field: &str| matches!(content(field), Content::Text(_));
    assert!(text("06") && text("00") && text("914403001922038216") && text("1,234"));
    assert!(!text("0") && !text("-0.5") && !text("350100"));
}

proptest! {
    #[test]
    fn what_is_quoted_comes_back(
        fields in prop::collection::vec("[a,\";\n\r\t甲 ]{0,6}", 1..5)
    ) {
        // A first field that is empty beside nothing else would be no record.
        let fields: Vec<String> = fields.iter().map(|field| format!("x{field}")).collect();
        let line: Vec<_> = fields.iter().map(|field| quoted(field, ',')).collect();
        let found = records(&line.join(","), ',', &Limits::default()).unwrap();
        prop_assert_eq!(&found[0].fields, &fields);
        prop_assert_eq!(found.len(), 1);
    }

    #[test]
    fn no_octets_make_it_fall_over(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        let limits = Limits::default();
        let _ = read("a.csv", &octets, &limits);
        let _ = append(&octets, &limits, |_| vec!["x".to_owned()]);
    }

    #[test]
    fn nothing_appended_is_nothing_changed(text in "[a,\";\n\r\t甲]{0,40}") {
        match append(text.as_bytes(), &Limits::default(), |_| Vec::new()) {
            Ok(same) => prop_assert_eq!(same, text.as_bytes()),
            Err(error) => prop_assert!(matches!(error, Error::Unclosed { .. }), "{}", error),
        }
    }
}
