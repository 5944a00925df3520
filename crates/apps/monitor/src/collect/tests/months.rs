//! Workbooks in which several months stand beside each other, and those of another month than is
//! sent.

use super::*;

/// A mapping of a sheet of one enterprise's output, whose period whoever sends it says.
fn mapping(sheet: &str, period: &str) -> Mapping {
    let toml = format!(
        "name = 'm'\n[[sheets]]\nsheet = '{sheet}'\nheadings = [2, 2]\nperiod = '{period}'\n\
         [[sheets.objects]]\nkind = 'credit-code'\ncolumn = '代码'\n[[sheets.figures]]\n\
         column = '产值'\nindicator = 'output'\nform = 'level'\nfrequency = 'month'\n\
         unit = '万元'\n"
    );
    Mapping::read(&toml).unwrap()
}

/// Sheets of a name, a title, and whether they are hidden; each tells its place among them.
fn sheets(of: &[(&str, &str, bool)]) -> Workbook {
    let mut written = Written::new();
    for (number, (name, title, is_hidden)) in (1..).zip(of) {
        let sheet = written.add_worksheet();
        sheet.set_name(*name).unwrap();
        sheet.write(0, 0, *title).unwrap();
        sheet.write(1, 0, "代码").unwrap();
        sheet.write(1, 1, "产值").unwrap();
        sheet.write(2, 0, credit_code(0).to_string()).unwrap();
        sheet.write(2, 1, number).unwrap();
        if *is_hidden {
            sheet.set_hidden(true);
        }
    }
    read(&written.save_to_buffer().unwrap())
}

/// What is read: the figures, and what is found.
fn told(workbook: &Workbook, mapping: &Mapping, given: Option<&str>) -> (Vec<String>, Vec<String>) {
    let bureau = Bureau::of(1);
    let given = given.map(|given| given.parse().unwrap());
    let reading = Reading::of(workbook, mapping, &bureau.directory(), given);
    let entries = reading.entries.iter();
    let told = entries.map(|entry| format!("{} {}", entry.period, entry.number));
    (told.collect(), lines(&reading.findings))
}

#[test]
fn the_sheet_of_the_month_that_is_sent_is_read() {
    let mapping = mapping("11月", "given");
    let both = sheets(&[("11月", "", false), ("12月", "", false)]);
    let check = |given: Option<&str>, figures: &[&str], findings: &[&str]| {
        let (told, found) = told(&both, &mapping, given);
        assert_eq!(
            (&told[..], &found[..]),
            (
                &figures
                    .iter()
                    .map(|of| (*of).to_owned())
                    .collect::<Vec<_>>()[..],
                &findings
                    .iter()
                    .map(|of| (*of).to_owned())
                    .collect::<Vec<_>>()[..],
            ),
            "{given:?}"
        );
    };
    check(Some("2022-11"), &["2022-11 1"], &[]);
    check(Some("2022-12"), &["2022-12 2"], &[]);
    check(Some("2022-10"), &[], &["* error sheet-twice"]);
    check(None, &[], &["* error sheet-twice"]);
}

#[test]
fn of_several_sheets_the_one_that_is_shown_is_meant() {
    let mapping = mapping("产值", "title");
    let one = sheets(&[
        ("2022年11月产值", "2022年11月", false),
        ("2022年10月产值", "2022年10月", true),
    ]);
    assert_eq!(told(&one, &mapping, None).1, ["* error sheet-missing"]);
    let mapping = self::mapping("2022年9月产值", "title");
    assert_eq!(told(&one, &mapping, None).0, ["2022-11 1"]);
    let both = sheets(&[
        ("2021年产值", "2022年11月", false),
        ("产值", "2022年11月", false),
    ]);
    let mapping = self::mapping("产值", "title");
    assert_eq!(told(&both, &mapping, None).1, ["* error sheet-twice"]);
    assert_eq!(told(&both, &mapping, Some("2022-11")).0, ["2022-11 2"]);
}

#[test]
fn a_workbook_of_another_month_than_is_said_must_be_explained() {
    let check = |name: &str, title: &str, expected: &[&str]| {
        let workbook = sheets(&[(name, title, false)]);
        let (_, found) = told(&workbook, &mapping("*", "given"), Some("2022-12"));
        let expected: Vec<_> = expected
            .iter()
            .map(|code| format!("{name} {code}"))
            .collect();
        assert_eq!(found, expected, "{name} {title}");
    };
    let other = ["warning another-period"];
    check("11月", "", &other);
    check("产值", "2022年11月产值", &other);
    check("产值", "1-11月产值", &other);
    check("12月", "", &[]);
    check("产值", "2022年1-12月产值", &[]);
    // The day of a signature, and a year alone, are of no month.
    check("产值", "2022年11月30日", &[]);
    check("产值", "根据2021年制度", &[]);
    check("表1", "", &[]);
}

#[test]
fn a_line_of_years_above_months_is_theirs() {
    let bureau = Bureau::of(1);
    let mapping = Mapping::read(
        "name = 'm'\n[[sheets]]\nsheet = '*'\nheadings = [1, 2]\nperiod = 'headings'\n\
         [[sheets.objects]]\nkind = 'credit-code'\ncolumn = '代码'\n[[sheets.figures]]\n\
         column = '11月'\nindicator = 'output'\nform = 'level'\nfrequency = 'month'\n\
         unit = '万元'\n",
    )
    .unwrap();
    let mut written = Written::new();
    let sheet = written.add_worksheet();
    let format = rust_xlsxwriter::Format::new();
    sheet.merge_range(0, 0, 1, 0, "代码", &format).unwrap();
    sheet.merge_range(0, 1, 0, 2, "2021年", &format).unwrap();
    sheet.merge_range(0, 3, 0, 4, "2022年", &format).unwrap();
    sheet.write(2, 0, credit_code(0).to_string()).unwrap();
    for (column, month) in (1..).zip(["11月", "12月", "1月", "2月"]) {
        sheet.write(1, column, month).unwrap();
        sheet.write(2, column, u32::from(column)).unwrap();
    }
    let workbook = read(&written.save_to_buffer().unwrap());
    for given in [None, "2023-01".parse().ok()] {
        let reading = Reading::of(&workbook, &mapping, &bureau.directory(), given);
        let entries = reading.entries.iter();
        let told: Vec<_> = entries
            .map(|entry| format!("{} {}", entry.period, entry.number))
            .collect();
        assert_eq!(told, ["2021-11 1", "2021-12 2", "2022-01 3", "2022-02 4"]);
        assert_eq!(lines(&reading.findings), [""; 0]);
    }
}
