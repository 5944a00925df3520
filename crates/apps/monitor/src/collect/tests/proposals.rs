//! Mappings that are proposed, and whether they read what they were made of.

use super::*;

#[test]
fn the_bureaus_sheet_is_understood() {
    let octets = sound();
    let workbook = read(&octets);
    let proposal = propose(&workbook);
    let mapping = proposal.mapping.unwrap();
    let sheet = &mapping.sheets[0];
    assert_eq!(
        (sheet.headings, &sheet.period),
        ([3, 4], &PeriodPlace::Title)
    );
    assert_eq!(sheet.explanation.as_deref(), Some("说明"));
    assert_eq!(sheet.objects[0].kind, ObjectKind::CreditCode);
    let figures: Vec<_> = sheet
        .figures
        .iter()
        .map(|figure| {
            format!(
                "{} {} {:?} {:?} {}",
                figure.column, figure.indicator, figure.form, figure.frequency, figure.unit
            )
        })
        .collect();
    let expected = [
        "工业总产值/本月 output Level Month 10k yuan",
        "工业总产值/1-#月 output Cumulative YearToDate 10k yuan",
        "用电量 electricity Level Month 10k kWh",
    ];
    assert_eq!(figures, expected);
    assert_eq!(proposal.doubts, []);
    // As it is proposed it reads what the mapping by hand reads.
    let mut bureau = Bureau::new();
    let by_hand = bureau.reading(&workbook).entries;
    bureau.mapping = mapping;
    assert_eq!(bureau.reading(&workbook).entries, by_hand);
}

#[test]
fn what_is_not_sure_is_a_doubt() {
    let csv = "地区,行业,工业增加值,同比,天气\n福州市,C26,12,5.1,晴\n厦门市,C26,13,-2,雨\n";
    let workbook = Workbook::read("a.csv", csv.as_bytes(), &Limits::default()).unwrap();
    let proposal = propose(&workbook);
    let mapping = proposal.mapping.unwrap();
    let sheet = &mapping.sheets[0];
    assert_eq!(sheet.period, PeriodPlace::Given);
    let kinds: Vec<_> = sheet.objects.iter().map(|object| object.kind).collect();
    assert_eq!(kinds, [ObjectKind::Region, ObjectKind::Industry]);
    assert_eq!(sheet.figures.len(), 1);
    let doubts: Vec<_> = proposal
        .doubts
        .iter()
        .map(|doubt| doubt.column.as_str())
        .collect();
    assert_eq!(doubts, ["工业增加值", "工业增加值", "同比", "天气"]);
    let mut bureau = Bureau::new();
    bureau.mapping = mapping;
    let given = "2022-11".parse().ok();
    let reading = Reading::of(&workbook, &bureau.mapping, &bureau.directory(), given);
    assert_eq!(reading.entries.len(), 2);
    assert_eq!(reading.entries[0].series.objects().len(), 2);
    for empty in ["", "a\n", "1,2\n3,4\n"] {
        let workbook = Workbook::read("a.csv", empty.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(propose(&workbook).mapping, None, "{empty}");
    }
}

#[test]
fn months_side_by_side_and_indicators_in_rows_are_read() {
    let mut bureau = Bureau::new();
    bureau.mapping = Mapping::read(
        "name = 'm'\n[[sheets]]\nsheet = '*'\nheadings = [1, 1]\nperiod = 'headings'\n\
         [[sheets.objects]]\nkind = 'region'\ncolumn = '地区'\n[[sheets.figures]]\n\
         column = '11月'\nindicator = 'output'\nform = 'level'\nfrequency = 'month'\n\
         unit = '亿元'\n",
    )
    .unwrap();
    let csv = "地区,9月,10月,11月\n福州,1,2,3\n";
    let workbook = Workbook::read("2022年.csv", csv.as_bytes(), &Limits::default()).unwrap();
    let reading = bureau.reading(&workbook);
    let told: Vec<_> = reading
        .entries
        .iter()
        .map(|entry| format!("{} {}", entry.period, entry.number))
        .collect();
    assert_eq!(told, ["2022-09 1", "2022-10 2", "2022-11 3"]);

    bureau.mapping = Mapping::read(
        "name = 'm'\n[[sheets]]\nsheet = '*'\nheadings = [2, 2]\nperiod = 'title'\n\
         label = '指标'\n[[sheets.objects]]\nkind = 'credit-code'\ncell = 'B1'\n\
         [[sheets.figures]]\ncolumn = '本月'\nrow = '产值'\nindicator = 'output'\nform = 'level'\n\
         frequency = 'month'\nunit = '万元'\n[[sheets.figures]]\ncolumn = '上年同期'\n\
         row = '产值'\nindicator = 'output'\nform = 'level'\nfrequency = 'month'\n\
         unit = '万元'\nyears-before = 1\n",
    )
    .unwrap();
    let csv = format!(
        "单位,{},2022年11月\n指标,本月,上年同期\n产值,5,4\n其他,7,8\n",
        credit_code(0)
    );
    let workbook = Workbook::read("a.csv", csv.as_bytes(), &Limits::default()).unwrap();
    let reading = bureau.reading(&workbook);
    let told: Vec<_> = reading
        .entries
        .iter()
        .map(|entry| format!("{} {}", entry.period, entry.number))
        .collect();
    assert_eq!(told, ["2022-11 5", "2021-11 4"], "{:?}", reading.findings);
}
