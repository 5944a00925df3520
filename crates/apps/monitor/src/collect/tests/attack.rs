//! What strangers send: bombs, nonsense, and far too much.

use super::*;
use proptest::prelude::*;
use std::io::{Cursor, Write as _};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A package of these parts.
fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in parts {
        writer
            .start_file(*path, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const ROOT: &str = "<Relationships><Relationship Id='a' Type='x/officeDocument' Target='b.xml'/>\
                    </Relationships>";
const LINKS: &str = "<Relationships><Relationship Id='s' Type='x/worksheet' Target='s.xml'/>\
                     </Relationships>";
const BOOK: &str =
    r#"<workbook xmlns:r="r"><sheets><sheet name="1" sheetId="1" r:id="s"/></sheets></workbook>"#;

/// A workbook whose only sheet is this.
fn of_sheet(sheet: &str) -> Vec<u8> {
    package(&[
        ("[Content_Types].xml", "<Types/>"),
        ("_rels/.rels", ROOT),
        ("b.xml", BOOK),
        ("_rels/b.xml.rels", LINKS),
        ("s.xml", sheet),
    ])
}

fn said(octets: &[u8], limits: &Limits) -> String {
    match Workbook::read("a.xlsx", octets, limits) {
        Ok(workbook) => format!("{} cells", workbook.sheets[0].count()),
        Err(error) => {
            assert!(!error.chinese().is_ascii());
            error.to_string()
        }
    }
}

#[test]
fn bombs_are_refused_before_they_go_off() {
    let limits = Limits {
        octets_unpacked: 1 << 20,
        ..Limits::default()
    };
    let spaces = format!("<worksheet>{}</worksheet>", " ".repeat(40 << 20));
    let bomb = of_sheet(&spaces);
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    assert!(said(&bomb, &limits).contains("more than 1048576 octets when unpacked"));
    let entities = of_sheet(
        "<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;\">]><worksheet>&c;</worksheet>",
    );
    assert!(
        said(&entities, &limits).contains("s.xml"),
        "{}",
        said(&entities, &limits)
    );
    let deep = of_sheet(&"<a>".repeat(200_000));
    assert!(said(&deep, &limits).contains("broken"));
    let deep = format!("{}{}", "<a>".repeat(80_000), "</a>".repeat(80_000));
    assert_eq!(said(&of_sheet(&deep), &limits), "0 cells");
}

/// What would keep the parser busy for hours, or take all memory, in a few megabytes.
#[test]
fn parts_that_are_too_dense_are_refused_before_they_are_parsed() {
    let limits = Limits::default();
    let wide: Vec<_> = (0..200_000).map(|at| format!(" a{at}=''")).collect();
    let wide = wide.concat();
    let wide = format!("<worksheet><sheetData><row{wide}/></sheetData></worksheet>");
    let refused = "s.xml: an element has too many attributes";
    assert!(said(&of_sheet(&wide), &limits).contains(refused));
    let many: Vec<_> = (0..200).map(|at| format!(" xmlns:n{at}='u'")).collect();
    let many = many.concat();
    let rows = "<row xmlns:z='u'/>".repeat(200_000);
    let copied = format!("<worksheet{many}><sheetData>{rows}</sheetData></worksheet>");
    let refused = "s.xml: it declares too many namespaces";
    assert!(said(&of_sheet(&copied), &limits).contains(refused));
}

/// As many sheets as relations, each looked for among all of the others.
#[test]
fn sheets_are_counted_while_they_are_listed() {
    let listed = |count: usize| {
        let sheet = "<sheet name='1' sheetId='1' r:id='s'/>";
        let sheets = sheet.repeat(count);
        format!("<workbook xmlns:r='r'><sheets>{sheets}</sheets></workbook>")
    };
    let others: Vec<_> = (0..100_000)
        .map(|at| format!("<Relationship Id='o{at}' Type='x/chartsheet' Target='c.xml'/>"))
        .collect();
    let others = others.concat();
    let links = LINKS.replace("<Relationship ", &format!("{others}<Relationship "));
    let of = |count: usize| {
        package(&[
            ("[Content_Types].xml", "<Types/>"),
            ("_rels/.rels", ROOT),
            ("b.xml", &listed(count)),
            ("_rels/b.xml.rels", &links),
            ("s.xml", "<worksheet/>"),
        ])
    };
    let limits = Limits::default();
    assert_eq!(said(&of(64), &limits), "0 cells");
    assert!(said(&of(100_000), &limits).contains("more than 64 sheets"));
}

#[test]
fn what_is_beyond_the_limits_is_refused() {
    let limits = Limits {
        octets: 100_000,
        rows: 10,
        columns: 10,
        cells: 20,
        merged: 2,
        ..Limits::default()
    };
    let check = |sheet: &str, expected: &str| {
        let sheet = format!("<worksheet>{sheet}</worksheet>");
        let found = said(&of_sheet(&sheet), &limits);
        assert!(found.contains(expected), "{sheet}: {found}");
    };
    let cell = |place: &str| format!("<c r='{place}'><v>1</v></c>");
    let data = |cells: &str| format!("<sheetData><row>{cells}</row></sheetData>");
    check(&data(&cell("J10")), "1 cells");
    check(&data(&cell("K1")), "more than 10 columns");
    check(&data(&cell("A11")), "more than 10 rows");
    check(&data(&cell("XFE1")), "broken");
    check(&data(&cell("A0")), "broken");
    check("<sheetData><row r='0'/></sheetData>", "a row has no number");
    check(
        "<sheetData><row r='4294967295' hidden='1'/><row/><row/></sheetData>",
        "0 cells",
    );
    check(&data("<c t='s'><v>3</v></c>"), "not among the shared ones");
    check(&data("<c><v>x</v></c>"), "its number is none");
    check(&data("<c><v>NaN</v></c>"), "its number is none");
    check(&data("<c><v>1e400</v></c>"), "its number is none");
    let nine = |row: u32| {
        let more = "<c><v>1</v></c>".repeat(8);
        format!("<row><c r='A{row}'><v>1</v></c>{more}</row>")
    };
    let rows = [1, 2, 3].map(nine).concat();
    check(
        &format!("<sheetData>{rows}</sheetData>"),
        "more than 20 cells",
    );
    let merged = |count: usize| "<mergeCell ref='A1:XFD1048576'/>".repeat(count);
    check(
        &format!("<mergeCells>{}</mergeCells>", merged(2)),
        "0 cells",
    );
    check(
        &format!("<mergeCells>{}</mergeCells>", merged(3)),
        "more than 2 merged",
    );
    check(
        "<mergeCells><mergeCell ref='B2:A1'/></mergeCells>",
        "a merged area is none",
    );
    assert!(said(&vec![b'a'; 100_001], &limits).contains("more than 100000 octets"));
    let old = said(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1], &limits);
    assert!(old.contains("save it as .xlsx"), "{old}");
    assert!(said(b"PK\x03\x04", &limits).contains("broken"));
    assert!(said(&package(&[("a", "b")]), &limits).contains("leads to no workbook"));
    let without = package(&[
        ("_rels/.rels", ROOT),
        ("b.xml", BOOK),
        ("_rels/b.xml.rels", LINKS),
    ]);
    assert!(said(&without, &limits).contains("s.xml: it is missing"));
}

/// The form of another writer: prefixes, strict names, no places on cells, nothing shared.
#[test]
fn other_writers_are_read_and_given_back() {
    let sheet = "<x:worksheet xmlns:x=\"http://purl.oclc.org/ooxml/spreadsheetml/main\">\
                 <x:cols><x:col min='2' max='3' hidden='1'/></x:cols><x:sheetData><x:row><x:c \
                 t='inlineStr'><x:is><x:r><x:t>a</x:t></x:r><x:r><x:t>b</x:t></x:r></x:is></x:c>\
                 <x:c/><x:c><x:v>0.1</x:v></x:c></x:row><x:row hidden='true'><x:c t='str'><x:v> c \
                 </x:v></x:c></x:row></x:sheetData></x:worksheet>";
    let octets = of_sheet(sheet);
    let workbook = Workbook::read("a.xlsx", &octets, &Limits::default()).unwrap();
    let sheet = &workbook.sheets[0];
    let cells: Vec<_> = sheet
        .cells()
        .map(|(place, content)| format!("{place} {content}"))
        .collect();
    assert_eq!(cells, ["A1 ab", "C1 0.1", "A2  c "]);
    assert!(sheet.is_column_hidden(1) && !sheet.is_column_hidden(3) && sheet.is_row_hidden(1));
    let place = "C1".parse().unwrap();
    let says = ["a".to_owned(), "甲".to_owned()];
    let finding = Finding::error("x", Spot::cell("1", place), says);
    let back = marked(&octets, &workbook, &[finding], &Limits::default()).unwrap();
    let again = Workbook::read("a.xlsx", &back, &Limits::default()).unwrap();
    assert_eq!(again.sheets.len(), 2);
    assert_eq!(again.sheets[0].cells().count(), 3);
}

#[test]
fn two_hundred_enterprises_with_twenty_figures_are_taken() {
    let figures: Vec<_> = (0..20).map(|at| format!("f{at}")).collect();
    let mut toml = "name = 'wide'\n[[sheets]]\nsheet = '*'\nheadings = [1, 1]\nperiod = 'given'\n\
                    [[sheets.objects]]\nkind = 'credit-code'\ncolumn = 'code'\n"
        .to_owned();
    let mut csv = "code".to_owned();
    for name in &figures {
        toml.extend([format!(
            "[[sheets.figures]]\ncolumn = '{name}'\nindicator = '{name}'\nform = 'level'\n\
             frequency = 'month'\nunit = '万元'\n"
        )]);
        csv.extend([",", name]);
    }
    for number in 0..200 {
        csv.extend(["\n".to_owned(), credit_code(number).to_string()]);
        for at in 0..20 {
            csv.extend([format!(",{}.{at:02}", number * 7)]);
        }
    }
    let mut bureau = Bureau::of(200);
    bureau.mapping = Mapping::read(&toml).unwrap();
    let workbook = Workbook::read("a.csv", csv.as_bytes(), &Limits::default()).unwrap();
    let given = "2022-11".parse().ok();
    let reading = Reading::of(&workbook, &bureau.mapping, &bureau.directory(), given);
    let submission = Submission {
        workbook: &workbook,
        reading: &reading,
        mapping: ("wide", 1),
        rules: (&bureau.rules, 0),
        regions: &bureau.regions,
        sending: &Bureau::sending(),
        acceptance: Acceptance::AllOrNothing,
    };
    let taken = bureau
        .carry_out(|view, at| take(view, at, &submission))
        .unwrap();
    assert_eq!(taken.verdict.accepted.len(), 4000);
    assert_eq!(bureau.known(199, "f19", "2022-11"), "1393.19".parse().ok());
    let undone = bureau.undo(taken.batch.unwrap()).unwrap();
    assert_eq!(undone.emptied, 4000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_octets_make_it_fall_over(octets in prop::collection::vec(any::<u8>(), 0..400),
        is_package: bool) {
        let mut octets = octets;
        if is_package {
            octets.splice(0..0, *b"PK\x03\x04");
        }
        let _ = Workbook::read("a.xlsx", &octets, &Limits::default());
    }

    /// A sound workbook in which some octets are others.
    #[test]
    fn no_slip_makes_it_fall_over(slips in prop::collection::vec((any::<prop::sample::Index>(),
        any::<u8>()), 1..6)) {
        let mut octets = sound();
        for (at, octet) in slips {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        if let Ok(workbook) = Workbook::read("a.xlsx", &octets, &Limits::default()) {
            let _ = propose(&workbook);
            let bureau = Bureau::of(0);
            let reading = bureau.reading(&workbook);
            let _ = marked(&octets, &workbook, &reading.findings, &Limits::default());
        }
    }

    /// XML that is well-formed, and nonsense.
    #[test]
    fn no_sheet_makes_it_fall_over(cells in prop::collection::vec(
        ("[A-C]?[0-3]?", "s|str|b|e|d|n|inlineStr|", "[0-9a.eE-]{0,5}", 0..9_u8), 0..12)) {
        let mut rows = String::new();
        for (place, kind, value, style) in cells {
            let cell = format!("<c r='{place}' t='{kind}' s='{style}'><v>{value}</v></c>");
            rows.extend(["<row>", &cell, "</row>"]);
        }
        let octets = of_sheet(&format!("<worksheet><sheetData>{rows}</sheetData></worksheet>"));
        if let Ok(workbook) = Workbook::read("a.xlsx", &octets, &Limits::default()) {
            let _ = propose(&workbook);
            let says = ["a".to_owned(), "甲".to_owned()];
            let findings: Vec<_> = workbook.sheets[0]
                .cells()
                .map(|(place, _)| Finding::error("x", Spot::cell("1", place), says.clone()))
                .collect();
            marked(&octets, &workbook, &findings, &Limits::default()).unwrap();
        }
    }

    /// What is accepted, printed and read again is the same.
    #[test]
    fn what_is_accepted_comes_back(figures in prop::collection::vec(
        prop::option::of((-99_999_999_i32..99_999_999, 0..4_u32)), 3)) {
        let bureau = Bureau::of(1);
        let numbers: Vec<Option<Number>> = figures
            .iter()
            .map(|figure| figure.map(|(digits, places)| {
                Number::new(digits.into(), places).unwrap()
            }))
            .collect();
        let write = |numbers: &[Option<Number>]| workbook(TITLE, |sheet| {
            sheet.write(4, 0, credit_code(0).to_string()).unwrap();
            for (column, number) in (2..).zip(numbers) {
                if let Some(number) = number {
                    let float: f64 = number.to_string().parse().unwrap();
                    sheet.write(4, column, float).unwrap();
                }
            }
        });
        let accepted = bureau.judge(&write(&numbers)).accepted;
        let found: Vec<_> = accepted.iter().map(|entry| entry.number).collect();
        let told: Vec<_> = numbers.iter().flatten().copied().collect();
        prop_assert_eq!(&found, &told);
        // As text it is the same, too.
        let printed = workbook(TITLE, |sheet| {
            sheet.write(4, 0, credit_code(0).to_string()).unwrap();
            for entry in &accepted {
                let column = u16::try_from(entry.place.column).unwrap();
                sheet.write(4, column, entry.number.to_string()).unwrap();
            }
        });
        prop_assert_eq!(bureau.judge(&printed).accepted, accepted);
    }
}
