//! The same workbook back: marked, readable, and otherwise as it was.

use super::*;
use encoding_rs::GB18030;
use rust_xlsxwriter::{Format, Note};
use std::io::{Cursor, Read as _};
use zip::ZipArchive;

fn part(octets: &[u8], path: &str) -> Option<String> {
    let mut archive = ZipArchive::new(Cursor::new(octets)).unwrap();
    let mut text = String::new();
    archive
        .by_name(path)
        .ok()?
        .read_to_string(&mut text)
        .unwrap();
    Some(text)
}

pub(super) fn bad() -> Vec<u8> {
    workbook(TITLE, |sheet| {
        put(sheet, 4, 0, [1.0, 2.0, 3.0]);
        sheet.write(4, 3, "约2").unwrap();
        put(sheet, 5, 77, [1.0, 2.0, 3.0]);
        sheet
            .write_with_format(6, 2, 5.0, &Format::new().set_bold())
            .unwrap();
        sheet.insert_note(6, 2, &Note::new("手工批注")).unwrap();
        put(sheet, 9, 3, [1.0, 2.0, 3.0]);
    })
}

#[test]
fn errors_stand_at_their_cells_and_in_a_list() {
    let bureau = Bureau::new();
    let octets = bad();
    let workbook = read(&octets);
    let verdict = bureau.judge(&octets);
    let found = lines(&verdict.findings);
    let expected = [
        "产值!D5 error not-a-number",
        "产值!6:6 error unknown-object",
        "产值!A7 error object",
    ];
    assert_eq!(found, expected);
    let back = marked(&octets, &workbook, &verdict.findings, &Limits::default()).unwrap();
    let again = read(&back);
    // What it says has not changed.
    let [before, after] = [&workbook, &again].map(|workbook| {
        let cells = workbook.sheets[0].cells();
        cells
            .map(|(place, content)| (place, content.clone()))
            .collect::<Vec<_>>()
    });
    assert_eq!(before, after);
    let list = again.sheet("错误清单 Errors").unwrap();
    let said = |place: &str| list.cell(place.parse().unwrap()).map(ToString::to_string);
    assert_eq!(said("A2").as_deref(), Some("产值"));
    let places: Vec<_> = ["B2", "B3", "B4"]
        .iter()
        .filter_map(|place| said(place))
        .collect();
    assert!(
        places.contains(&"D5".to_owned()) && places.contains(&"6:6".to_owned()),
        "{places:?}"
    );
    let sheet = part(&back, "xl/worksheets/sheet1.xml").unwrap();
    let document = roxmltree::Document::parse(&sheet).unwrap();
    let style = |place: &str| {
        let mut nodes = document.descendants();
        let cell = nodes
            .find(|node| node.attribute("r") == Some(place))
            .unwrap();
        cell.attribute("s").map(str::to_owned)
    };
    assert!(style("D5").is_some() && style("A6").is_some() && style("A7").is_some());
    assert_eq!(style("C5"), None);
    // The one note of the sheet is there still, and four more are: of a column, too.
    let comments = part(&back, "xl/comments1.xml").unwrap();
    assert!(comments.contains("手工批注") && comments.contains("约2"));
    let refs = |text: &str| text.matches("<comment ref").count();
    let before = part(&octets, "xl/comments1.xml").unwrap();
    assert_eq!(refs(&comments), refs(&before) + 4);
    // Parts that have no marks are as they were, octet for octet.
    for path in [
        "xl/workbook.xml",
        "xl/theme/theme1.xml",
        "xl/sharedStrings.xml",
        "docProps/core.xml",
    ] {
        let is_same = part(&octets, path) == part(&back, path);
        assert_eq!(is_same, path != "xl/workbook.xml", "{path}");
    }
    let styles = part(&back, "xl/styles.xml").unwrap();
    assert!(styles.contains("FFFFC7CE"), "{styles}");
    // It can be given back a second time.
    let twice = marked(&back, &again, &verdict.findings, &Limits::default()).unwrap();
    assert!(read(&twice).sheet("错误清单 Errors 2").is_some());
}

#[test]
fn the_same_marks_make_the_same_file() {
    let bureau = Bureau::new();
    let octets = bad();
    let workbook = read(&octets);
    let findings = bureau.judge(&octets).findings;
    let give = || marked(&octets, &workbook, &findings, &Limits::default()).unwrap();
    assert_eq!(give(), give());
}

#[test]
fn text_gets_columns_in_its_own_encoding() {
    let mut bureau = Bureau::new();
    bureau.mapping.sheets[0].sheet = "*".to_owned();
    bureau.mapping.sheets[0].headings = [2, 2];
    bureau.mapping.sheets[0].explanation = None;
    let text = format!(
        "2022年11月\r\n统一社会信用代码,工业总产值/本月,工业总产值/1-11月,用电量\r\n\
         {},\"1,234\",约2,3\r\n{},5,6,7\r\n",
        credit_code(0),
        credit_code(1)
    );
    let octets = GB18030.encode(&text).0.into_owned();
    let workbook = Workbook::read("a.csv", &octets, &Limits::default()).unwrap();
    let reading = bureau.reading(&workbook);
    let view = bureau.store.view();
    let sending = Bureau::sending();
    let verdict = judge(
        &*view,
        NOW,
        &reading,
        &bureau.rules,
        &bureau.regions,
        &sending,
    )
    .unwrap();
    let found = lines(&verdict.findings);
    assert_eq!(found, ["a!B3 note text-number", "a!C3 error not-a-number"]);
    assert_eq!(verdict.accepted.len(), 3);
    let back = marked(&octets, &workbook, &verdict.findings, &Limits::default()).unwrap();
    let (back, _, has_errors) = GB18030.decode(&back);
    assert!(!has_errors);
    let lines: Vec<_> = back.lines().collect();
    assert!(
        lines[0].ends_with(",校验结果 Check,问题,Finding"),
        "{}",
        lines[0]
    );
    assert!(
        lines[2].contains(",错误 error,") && lines[2].contains("C3: “约2”"),
        "{}",
        lines[2]
    );
    assert_eq!(lines[3], format!("{},5,6,7", credit_code(1)));
}
