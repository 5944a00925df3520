//! Bad workbooks, and the message that each of them gets, at its place.

use super::*;
use rust_xlsxwriter::{ExcelDateTime, Format};

/// What is found in a workbook with one more row, or another.
fn found(title: &str, fill: impl FnOnce(&mut Worksheet)) -> Vec<String> {
    let bureau = Bureau::new();
    lines(&bureau.judge(&workbook(title, fill)).findings)
}

fn row(fill: impl FnOnce(&mut Worksheet)) -> Vec<String> {
    found(TITLE, |sheet| {
        put(sheet, 4, 0, [100.0, 1000.0, 3.0]);
        fill(sheet);
    })
}

#[test]
fn cells_that_are_no_figures_are_told_at_their_place() {
    let text = |text: &str| {
        row(|sheet| {
            sheet.write(4, 2, text).unwrap();
        })
    };
    assert_eq!(text("１２３．５"), ["产值!C5 note text-number"]);
    assert_eq!(text("1,234.5"), ["产值!C5 note text-number"]);
    assert_eq!(text("12,34.5"), ["产值!C5 error thousands"]);
    assert_eq!(text("约100"), ["产值!C5 error not-a-number"]);
    assert_eq!(text("12%"), ["产值!C5 error unit"]);
    assert_eq!(text("12吨"), ["产值!C5 error unit"]);
    assert_eq!(text("0.0123亿元"), ["产值!C5 note text-number"]);
    for blank in ["—", "", "无", "…"] {
        assert_eq!(text(blank), [""; 0], "{blank}");
    }
    let date = ExcelDateTime::from_ymd(2022, 11, 1).unwrap();
    let shown = Format::new().set_num_format("yyyy-mm-dd");
    let dated = row(|sheet| {
        sheet.write_with_format(4, 2, &date, &shown).unwrap();
    });
    assert_eq!(dated, ["产值!C5 error date-for-number"]);
    let merged = row(|sheet| {
        let format = Format::new();
        sheet.merge_range(4, 2, 5, 2, "", &format).unwrap();
        sheet.write(4, 2, 5.0).unwrap();
    });
    assert_eq!(merged, ["产值!C5 error merged"]);
}

#[test]
fn rows_that_are_no_data_are_passed_over() {
    let nothing = row(|sheet| {
        for (column, number) in ["甲", "乙", "1", "2", "3"].iter().enumerate() {
            let column = u16::try_from(column).unwrap();
            sheet.write(7, column, *number).unwrap();
        }
        sheet
            .write(9, 0, "注：1. 本表由规模以上工业企业填报。")
            .unwrap();
        sheet.write(10, 0, "单位负责人：张三").unwrap();
        sheet.write(10, 3, "填表人：李四").unwrap();
        sheet.write(11, 1, "　").unwrap();
    });
    assert_eq!(nothing, [""; 0]);
}

#[test]
fn objects_that_are_not_known_are_told() {
    let check = |code: &str, expected: &[&str]| {
        let found = row(|sheet| {
            sheet.write(5, 0, code).unwrap();
            sheet.write(5, 2, 7.0).unwrap();
        });
        assert_eq!(found, expected, "{code}");
    };
    check("", &["产值!A6 error object"]);
    check("9135", &["产值!A6 error object"]);
    check(
        &credit_code(77).to_string(),
        &["产值!6:6 error unknown-object"],
    );
    check(&credit_code(1).to_string().to_lowercase(), &[]);
}

#[test]
fn what_is_hidden_needs_an_explanation() {
    let hidden_row = row(|sheet| {
        sheet.set_row_hidden(4).unwrap();
    });
    assert_eq!(hidden_row, ["产值!5:5 warning hidden-row"]);
    let hidden_column = row(|sheet| {
        sheet.set_column_hidden(2).unwrap();
    });
    assert_eq!(hidden_column, ["产值!C:C warning hidden-column"]);
    let explained = row(|sheet| {
        sheet.set_row_hidden(4).unwrap();
        sheet.write(4, 5, "筛选时隐藏").unwrap();
    });
    assert_eq!(explained, ["产值!5:5 warning hidden-row"]);
    let bureau = Bureau::new();
    let octets = workbook(TITLE, |sheet| {
        put(sheet, 4, 0, [1.0, 2.0, 3.0]);
        put(sheet, 5, 1, [1.0, 2.0, 3.0]);
        sheet.set_row_hidden(4).unwrap();
        sheet.set_row_hidden(5).unwrap();
        sheet.write(4, 5, "筛选时隐藏").unwrap();
    });
    let taken = bureau.take(&octets, Acceptance::GoodRows).unwrap();
    assert_eq!((taken.verdict.accepted.len(), taken.verdict.held), (3, 3));
    let view = bureau.store.view();
    let (series, period) = series(0, "output", "2022-11");
    let known = facts::history::one_as_known_at(&*view, &series, period, Instant::LAST);
    assert_eq!(known.unwrap().unwrap().observation.remark, "筛选时隐藏");
}

#[test]
fn sheets_that_are_not_as_before_are_told() {
    let bureau = Bureau::new();
    let judged = |octets: &[u8]| lines(&bureau.judge(octets).findings);
    let mut written = Written::new();
    written.add_worksheet().set_name("别的").unwrap();
    assert_eq!(
        judged(&written.save_to_buffer().unwrap()),
        ["* error sheet-missing"]
    );
    let mut written = Written::new();
    let sheet = written.add_worksheet();
    sheet.set_name("产值").unwrap();
    sheet.write(0, 0, "a").unwrap();
    assert_eq!(
        judged(&written.save_to_buffer().unwrap()),
        ["产值 error headings-missing"]
    );
    let other_unit = workbook(TITLE, |sheet| {
        let format = Format::new();
        put(sheet, 4, 0, [1.0, 2.0, 3.0]);
        sheet
            .write_with_format(2, 4, "用电量（千瓦时）", &format)
            .unwrap();
    });
    assert_eq!(judged(&other_unit), ["产值!E:E warning unit-changed"]);
    let of_another_kind = workbook(TITLE, |sheet| {
        put(sheet, 4, 0, [1.0, 2.0, 3.0]);
        sheet.write(2, 4, "用电量（吨）").unwrap();
    });
    assert_eq!(judged(&of_another_kind), ["产值!E:E error unit"]);
    let without = workbook(TITLE, |sheet| {
        put(sheet, 4, 0, [1.0, 2.0, 3.0]);
        sheet.write(2, 4, "耗电").unwrap();
    });
    assert_eq!(judged(&without), ["产值 error heading-missing"]);
    let no_period = found("规模以上工业企业产值", |sheet| {
        put(sheet, 4, 0, [1.0, 2.0, 3.0]);
    });
    assert_eq!(no_period, ["产值 error period-missing"]);
}

#[test]
fn headings_that_moved_down_are_found() {
    let bureau = Bureau::new();
    let mut written = Written::new();
    let sheet = written.add_worksheet();
    sheet.set_name("产值").unwrap();
    sheet.write(0, 0, "2022年11月").unwrap();
    sheet.write(5, 0, "统一社会信用代码").unwrap();
    sheet.write(5, 1, "工业总产值").unwrap();
    sheet.write(6, 1, "本月").unwrap();
    sheet.write(5, 2, "工业总产值").unwrap();
    sheet.write(6, 2, "1—11月").unwrap();
    sheet.write(5, 3, "用电量").unwrap();
    sheet.write(5, 4, "说明").unwrap();
    sheet.write(7, 0, credit_code(0).to_string()).unwrap();
    sheet.write(7, 1, 5.0).unwrap();
    let octets = written.save_to_buffer().unwrap();
    let verdict = bureau.judge(&octets);
    // The dash of the one line is not that of the other: the column is asked for.
    let found = lines(&verdict.findings);
    assert_eq!(
        found,
        ["产值 error heading-missing", "产值 note headings-moved"]
    );
}

#[test]
fn figures_of_the_wrong_time_are_told() {
    let check = |title: &str, expected: &[&str]| {
        let found = found(title, |sheet| {
            put(sheet, 4, 0, [100.0, 1000.0, 3.0]);
        });
        assert_eq!(found, expected, "{title}");
    };
    let ends = [
        "产值!C5 error before-its-end",
        "产值!D5 error before-its-end",
    ];
    check(
        "2022年12月产值",
        &[ends[0], ends[1], "产值!E5 error before-its-end"],
    );
    check("2022年1-11月产值", &[]);
    let no_month = ["产值!C5 error period", ends[1], "产值!E5 error period"];
    check("2022年产值", &no_month);
    let bureau = Bureau::new();
    let freeze = |view: &dyn View, _| {
        let ledger = facts::ledger::Ledger::read(view)?;
        Ok((ledger.freeze("2022-11-30".parse().ok()), ()))
    };
    facts::commit(&bureau.store, NOW, freeze).unwrap();
    let found = lines(&bureau.judge(&sound()).findings);
    assert_eq!(found.len(), 15);
    assert_eq!(found[0], "产值!C5 error frozen");
    let revising = Sending {
        is_revision: true,
        ..Bureau::sending()
    };
    let taken = bureau
        .take_as(&sound(), Acceptance::AllOrNothing, &revising)
        .unwrap();
    assert!(taken.batch.is_some());
}

#[test]
fn figures_that_are_told_twice_are_told() {
    let found = row(|sheet| put(sheet, 6, 0, [100.0, 999.0, 3.0]));
    let expected = [
        "产值!D5 error twice-differently",
        "产值!C7 note twice",
        "产值!D7 error twice-differently",
        "产值!E7 note twice",
    ];
    assert_eq!(found, expected);
    let bureau = Bureau::new();
    bureau.take(&sound(), Acceptance::AllOrNothing).unwrap();
    let again = workbook(TITLE, |sheet| {
        put(sheet, 4, 0, [100.0, 1050.0, 4.0]);
    });
    let found = lines(&bureau.judge(&again).findings);
    let expected = [
        "产值!C5 note told-before",
        "产值!D5 note told-before",
        "产值!E5 warning revision",
    ];
    assert_eq!(found, expected);
}

const RULES: &str = r#"
name = "审核"

[[rules]]
name = "非负"
severity = "error"
check = { not-negative = { indicators = ["output", "electricity"] } }

[[rules]]
name = "累计不小于本月"
severity = "error"
check = { cumulation = { indicator = "output", tolerance = "0.5" } }

[[rules]]
name = "单耗"
severity = "warning"
check = { ratio = { of = "electricity", to = "output", min = "0.001", max = "1" } }

[[rules]]
name = "环比"
severity = "warning"
check = { growth = { indicator = "output", on = "previous", min = "-50", max = "100" } }

[[rules]]
name = "单位"
severity = "error"
check = { slip = { indicators = ["output", "electricity"], factors = [10000] } }

[[rules]]
name = "可比"
severity = "warning"
check = { comparable = { indicator = "electricity" } }

[[rules]]
name = "合计"
severity = "error"
check = { totals = { tolerance = "0.1" } }
"#;

#[test]
fn rules_are_held_to_what_is_known() {
    let bureau = Bureau::new().with_rules(RULES);
    let october = workbook("2022年10月产值", |sheet| {
        for number in 0..4 {
            put(
                sheet,
                4 + u32::try_from(number).unwrap(),
                number,
                [100.0, 1000.0, 3.0],
            );
        }
    });
    let october = bureau.take(&october, Acceptance::AllOrNothing).unwrap();
    assert_eq!(lines(&october.verdict.findings), [""; 0]);
    let november = workbook(TITLE, |sheet| {
        put(sheet, 4, 0, [110.0, 1110.0, 3.5]);
        put(sheet, 5, 1, [-20.0, 980.0, 3.0]);
        put(sheet, 6, 2, [1_100_000.0, 1_101_000.0, 3.0]);
        put(sheet, 7, 4, [50.0, 555.0, 300.0]);
        sheet.write(8, 0, "合计").unwrap();
        sheet.write(8, 2, 1_100_140.0).unwrap();
        sheet.write(8, 4, 310.0).unwrap();
    });
    let verdict = bureau.judge(&november);
    let expected = [
        "产值 warning 可比",
        "产值!C6 error 非负",
        "产值!C6 warning 环比",
        "产值!E6 warning 单耗",
        "产值!C7 error 单位",
        "产值!C7 warning 环比",
        "产值!D7 warning 环比",
        "产值!E7 warning 单耗",
        "产值!E8 warning 单耗",
        "产值!E8 warning 可比",
        "产值!E9 error 合计",
    ];
    let found = lines(&verdict.findings);
    assert_eq!(found, expected);
    let gone = verdict
        .findings
        .iter()
        .find(|finding| finding.code == "可比")
        .unwrap();
    assert!(gone.english.contains(&credit_code(3).to_string()), "{gone}");
    assert!(gone.chinese.contains("缺报"), "{}", gone.chinese);
    assert_eq!(verdict.accepted.len(), 0);
}

#[test]
fn parts_regions_and_bounds_are_held_to() {
    let mapping = r#"
name = "分地区"
[[sheets]]
sheet = "*"
headings = [1, 1]
period = "title"
[[sheets.objects]]
kind = "region"
column = "地区"
[[sheets.figures]]
column = "产值"
indicator = "output"
form = "level"
frequency = "month"
unit = "亿元"
[[sheets.figures]]
column = "内销"
indicator = "domestic"
form = "level"
frequency = "month"
unit = "亿元"
[[sheets.figures]]
column = "出口"
indicator = "export"
form = "level"
frequency = "month"
unit = "亿元"
"#;
    let rules = r#"
name = "r"
[[rules]]
name = "parts"
severity = "error"
check = { parts = { whole = "output", parts = ["domestic", "export"], tolerance = "0.1" } }
[[rules]]
name = "regions"
severity = "error"
check = { regions = { indicator = "output", tolerance = "0.1" } }
[[rules]]
name = "at most"
severity = "error"
check = { at-most = { part = "export", whole = "output" } }
[[rules]]
name = "range"
severity = "note"
check = { range = { indicator = "output", max = "1000" } }
"#;
    let mut bureau = Bureau::new().with_rules(rules);
    bureau.mapping = Mapping::read(mapping).unwrap();
    let csv = "地区,产值,内销,出口\n全省,1300,1000,300\n福州,900,600,300\n厦门市,390,400,-10\n\
               350102,10,1,11\n";
    let workbook = Workbook::read("2022年11月.csv", csv.as_bytes(), &Limits::default()).unwrap();
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
    let expected = [
        "2022年11月!B2 error regions",
        "2022年11月!B2 note range",
        "2022年11月!B3 error regions",
        "2022年11月!B5 error parts",
        "2022年11月!D5 error at most",
    ];
    assert_eq!(lines(&verdict.findings), expected);
}

/// Whoever leans on a key makes two figures that nobody can add up; the others are read all the
/// same.
#[test]
fn figures_that_cannot_be_reckoned_with_are_told_at_their_cell() {
    let mapping = r#"
name = "分地区"
[[sheets]]
sheet = "*"
headings = [1, 1]
period = "given"
[[sheets.objects]]
kind = "region"
column = "地区"
[[sheets.figures]]
column = "产值"
indicator = "output"
form = "level"
frequency = "month"
unit = "亿元"
[[sheets.figures]]
column = "内销"
indicator = "domestic"
form = "level"
frequency = "month"
unit = "亿元"
"#;
    let rules = r#"
name = "r"
[[rules]]
name = "parts"
severity = "error"
check = { parts = { whole = "output", parts = ["domestic", "export"], tolerance = "0.1" } }
[[rules]]
name = "regions"
severity = "error"
check = { regions = { indicator = "output", tolerance = "0.1" } }
[[rules]]
name = "totals"
severity = "warning"
check = { totals = { tolerance = "0.1" } }
[[rules]]
name = "ratio"
severity = "error"
check = { ratio = { of = "output", to = "domestic", max = "9" } }
"#;
    let mut bureau = Bureau::new().with_rules(rules);
    bureau.mapping = Mapping::read(mapping).unwrap();
    let nines = "9".repeat(27);
    let csv = format!(
        "地区,产值,内销\n全省,7,7\n福州,{nines},-{nines}\n厦门市,{nines},0.000000000001\n\
         350102,5,5\n合计,12,12\n"
    );
    let workbook = Workbook::read("表.csv", csv.as_bytes(), &Limits::default()).unwrap();
    let given = "2022-11".parse().ok();
    let reading = Reading::of(&workbook, &bureau.mapping, &bureau.directory(), given);
    let view = bureau.store.view();
    let sending = Bureau::sending();
    let (rules, regions) = (&bureau.rules, &bureau.regions);
    let verdict = judge(&*view, NOW, &reading, rules, regions, &sending).unwrap();
    let told: Vec<_> = verdict
        .findings
        .iter()
        .filter(|finding| finding.english.contains("cannot be reckoned with"))
        .collect();
    assert!(
        told.iter()
            .all(|finding| finding.chinese.contains("无法计算")),
        "{told:?}"
    );
    let told: Vec<_> = told.into_iter().cloned().collect();
    let expected = [
        "表!B3 error parts",
        "表!B3 warning totals",
        "表!B4 error parts",
        "表!B4 error ratio",
        "表!B4 error regions",
        "表!C4 warning totals",
    ];
    assert_eq!(lines(&told), expected);
    let accepted: Vec<_> = verdict
        .accepted
        .iter()
        .map(|entry| entry.place.to_string())
        .collect();
    assert_eq!(accepted, ["B2", "C2", "B5", "C5"]);
}

/// The same figure on two sheets, each in its own unit.
#[test]
fn what_is_told_twice_is_compared_in_one_unit() {
    let sheet = |name: &str, unit: &str| {
        format!(
            "[[sheets]]\nsheet = '{name}'\nheadings = [1, 1]\nperiod = 'given'\n\
             [[sheets.objects]]\nkind = 'credit-code'\ncolumn = '代码'\n[[sheets.figures]]\n\
             column = '产值'\nindicator = 'output'\nform = 'level'\nfrequency = 'month'\n\
             unit = '{unit}'\n"
        )
    };
    let mapping = ["name = 'm'\n", &sheet("甲", "万元"), &sheet("乙", "元")].concat();
    let mut bureau = Bureau::of(1);
    bureau.mapping = Mapping::read(&mapping).unwrap();
    let check = |figures: [f64; 2], expected: &[&str]| {
        let mut written = Written::new();
        for (name, figure) in ["甲", "乙"].into_iter().zip(figures) {
            let sheet = written.add_worksheet();
            sheet.set_name(name).unwrap();
            sheet.write(0, 0, "代码").unwrap();
            sheet.write(0, 1, "产值").unwrap();
            sheet.write(1, 0, credit_code(0).to_string()).unwrap();
            sheet.write(1, 1, figure).unwrap();
        }
        let workbook = read(&written.save_to_buffer().unwrap());
        let given = "2022-11".parse().ok();
        let reading = Reading::of(&workbook, &bureau.mapping, &bureau.directory(), given);
        let sending = Bureau::sending();
        let (rules, regions) = (&bureau.rules, &bureau.regions);
        let view = bureau.store.view();
        let verdict = judge(&*view, NOW, &reading, rules, regions, &sending).unwrap();
        assert_eq!(lines(&verdict.findings), expected, "{figures:?}");
    };
    check([1.0, 10_000.0], &["乙!B2 note twice"]);
    let both = [
        "乙!B2 error twice-differently",
        "甲!B2 error twice-differently",
    ];
    check([5.0, 5.0], &both);
}

#[test]
fn rules_and_mappings_that_cannot_be_are_refused() {
    let check = |toml: &str, said: &str| {
        let error = Rules::read(toml).unwrap_err();
        assert!(error.to_string().contains(said), "{toml}: {error}");
        assert!(error.chinese().contains("有误"));
    };
    let rule = |check: &str| {
        format!("name = 'a'\n[[rules]]\nname = 'b'\nseverity = 'error'\ncheck = {check}\n")
    };
    check(&rule("{ range = { indicator = 'a' } }"), "would never fail");
    check(
        &rule("{ range = { indicator = 'a', min = '2', max = '1' } }"),
        "never hold",
    );
    check(&rule("{ totals = { tolerance = '-1' } }"), "never hold");
    check(
        &rule("{ slip = { indicators = ['a'], factors = [1] } }"),
        "from 5",
    );
    check(
        &rule("{ parts = { whole = 'a', parts = ['a'], tolerance = '0' } }"),
        "none of them",
    );
    check(
        &rule("{ ratio = { of = 'a', to = 'b', max = '1/0' } }"),
        "number",
    );
    check(&rule("{ nothing = {} }"), "unknown variant");
    check("name = 'a'\nother = 1\n", "unknown field");
    let wrong = |from: &str, to: &str, said: &str| {
        let error = Mapping::read(&MAPPING.replace(from, to))
            .unwrap_err()
            .to_string();
        assert!(error.contains(said), "{to}: {error}");
    };
    wrong("[3, 4]", "[0, 4]", "lines of headings");
    wrong("[3, 4]", "[4, 3]", "lines of headings");
    wrong("\"万元\"", "\"万圆\"", "there is no unit");
    wrong(
        "\"用电量\"",
        "\"工业总产值（万元）/本 月\"",
        "is mapped twice",
    );
    wrong("\"level\"", "\"levels\"", "unknown variant");
    wrong("\"规上工业月报\"", "\"\"", "1 to 128 octets");
    wrong(
        "kind = \"credit-code\"",
        "kind = \"credit-code\"\ncell = \"B2\"",
        "one of column",
    );
    let mapping = Mapping::read(MAPPING).unwrap();
    assert_eq!(Mapping::read(&mapping.toml().unwrap()).unwrap(), mapping);
    let rules = Rules::read(RULES).unwrap();
    assert_eq!(Rules::read(&rules.toml().unwrap()).unwrap(), rules);
}

#[test]
fn periods_are_read_as_people_type_them() {
    let mut bureau = Bureau::new();
    bureau.mapping = Mapping::read(
        "name = 'm'\n[[sheets]]\nsheet = '*'\nheadings = [1, 1]\n\
         period = { column = '报告期' }\n[[sheets.objects]]\nkind = 'region'\nis = '3501'\n\
         [[sheets.figures]]\ncolumn = '产值'\nindicator = 'output'\nform = 'level'\n\
         frequency = 'month'\nunit = '亿元'\n",
    )
    .unwrap();
    let csv = "报告期,产值\n2022-11,1\n202210,2\n２０２２年９月,3\n2022/8/31,4\n7月,5\n去年,6\n,7\n\
               2022-06-T1,8\n2022年13月,9\n合计,45\n";
    let workbook = Workbook::read("a.csv", csv.as_bytes(), &Limits::default()).unwrap();
    let read = |given: Option<&str>| {
        let given = given.map(|given| given.parse().unwrap());
        let reading = Reading::of(&workbook, &bureau.mapping, &bureau.directory(), given);
        let told: Vec<String> = reading
            .entries
            .iter()
            .map(|entry| format!("{} {}", entry.period, entry.number))
            .collect();
        assert_eq!(reading.totals.len(), 1);
        (told, lines(&reading.findings))
    };
    let (told, found) = read(None);
    assert_eq!(told, ["2022-11 1", "2022-10 2", "2022-09 3", "2022-08 4"]);
    let wrong = ["a!A6", "a!A7", "a!A8", "a!B9", "a!A10"];
    let expected: Vec<_> = wrong
        .iter()
        .map(|place| format!("{place} error period"))
        .collect();
    assert_eq!(found, expected);
    let (told, found) = read(Some("2022-12"));
    assert_eq!(told.last().unwrap(), "2022-07 5");
    assert_eq!(found.len(), 4);
}

#[test]
fn who_sends_a_workbook_may_explain_what_no_row_can() {
    let bureau = Bureau::new().with_rules(RULES);
    let october = workbook("2022年10月产值", |sheet| {
        put(sheet, 4, 0, [100.0, 1000.0, 3.0]);
        put(sheet, 5, 1, [100.0, 1000.0, 3.0]);
    });
    bureau.take(&october, Acceptance::AllOrNothing).unwrap();
    let november = workbook(TITLE, |sheet| put(sheet, 4, 0, [110.0, 1110.0, 3.0]));
    let taken = bureau.take(&november, Acceptance::GoodRows).unwrap();
    assert_eq!(lines(&taken.verdict.findings), ["产值 warning 可比"]);
    assert_eq!((taken.batch, taken.verdict.held), (None, 3));
    let key = (Spot::sheet("产值"), "可比".to_owned());
    let explaining = |said: &str| Sending {
        explanations: [(key.clone(), said.to_owned())].into(),
        ..Bureau::sending()
    };
    let taken = bureau.take_as(&november, Acceptance::GoodRows, &explaining(" \n"));
    assert_eq!(taken.unwrap().batch, None, "nothing explains nothing");
    let taken = bureau.take_as(&november, Acceptance::AllOrNothing, &explaining("已停产"));
    assert!(taken.unwrap().batch.is_some());
}
