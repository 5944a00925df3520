//! Rows that look like something else, and forms in which indicators stand in rows.

use super::*;

/// What a file of text says by a mapping: the figures, and what is found.
fn told(mapping: &str, csv: &str) -> (Vec<String>, Vec<String>) {
    let bureau = Bureau::of(1);
    let mapping = Mapping::read(mapping).unwrap();
    let workbook = Workbook::read("表.csv", csv.as_bytes(), &Limits::default()).unwrap();
    let given = "2022-11".parse().ok();
    let reading = Reading::of(&workbook, &mapping, &bureau.directory(), given);
    let entries = reading.entries.iter();
    let told = entries.map(|entry| format!("{} {}", entry.place, entry.number));
    (told.collect(), lines(&reading.findings))
}

/// A figure of a mapping.
fn figure(column: &str, more: &str) -> String {
    format!(
        "[[sheets.figures]]\ncolumn = '{column}'\nform = 'level'\nfrequency = 'month'\n\
         unit = '万元'\n{more}\n"
    )
}

fn mapping(period: &str, object: &str, rest: &str) -> String {
    format!(
        "name = 'm'\n[[sheets]]\nsheet = '*'\nheadings = [1, 1]\nperiod = '{period}'\n{object}\n\
         {rest}"
    )
}

#[test]
fn a_row_whose_name_has_changed_is_told() {
    let rest = [
        "[[sheets.objects]]\nkind = 'region'\nis = '3501'\n",
        &figure("本月", "row = '工业总产值'\nindicator = 'output'"),
        &figure("本月", "row = '用电成本'\nindicator = 'electricity'"),
    ]
    .concat();
    let mapping = mapping("given", "label = '指标'", &rest);
    let csv = "指标,本月\n工业总产值,7\n用电成本,8\n";
    assert_eq!(
        told(&mapping, csv),
        (vec!["B2 7".to_owned(), "B3 8".to_owned()], vec![])
    );
    let csv = "指标,本月\n工业总产值（现价）,7\n用电成本,8\n合计,15\n其中：,\n";
    let (figures, found) = told(&mapping, csv);
    assert_eq!(figures, ["B3 8"]);
    assert_eq!(
        found,
        ["表!2:2 note row-not-mapped", "表 warning row-missing"]
    );
    // A row that begins like a remark is one of the form, and its figure is looked at.
    let mapping = mapping.replace("用电成本", "打印成本");
    let csv = "指标,本月\n工业总产值,7\n打印成本,约8\n打印人,张三\n";
    let (figures, found) = told(&mapping, csv);
    assert_eq!(figures, ["B2 7"]);
    assert_eq!(found, ["表!B3 error not-a-number"]);
}

#[test]
fn an_object_that_is_called_like_a_remark_is_none() {
    let object = "[[sheets.objects]]\nkind = 'region'\ncolumn = '地区'\n";
    let mapping = mapping(
        "given",
        "",
        &(object.to_owned() + &figure("产值", "indicator = 'output'")),
    );
    // The names of a bureau's own regions may begin so; told by code they are the same.
    let (figures, found) = told(
        &mapping,
        "地区,产值\n福州市,约100\n注：见说明,约\n*350102,7\n",
    );
    assert_eq!(figures, ["B4 7"; 0]);
    assert_eq!(found, ["表!B2 error not-a-number", "表!A4 error object"]);
    let mut bureau = Bureau::new();
    bureau.regions.import("code,name\n350121,注城县\n").unwrap();
    let mapping = Mapping::read(&mapping).unwrap();
    let csv = "地区,产值\n注城县,约100\n";
    let workbook = Workbook::read("表.csv", csv.as_bytes(), &Limits::default()).unwrap();
    let given = "2022-11".parse().ok();
    let reading = Reading::of(&workbook, &mapping, &bureau.directory(), given);
    assert_eq!(lines(&reading.findings), ["表!B2 error not-a-number"]);
}

#[test]
fn figures_that_count_are_no_numbers_of_columns() {
    let object = "[[sheets.objects]]\nkind = 'region'\nis = '3501'\n";
    let rolling = mapping(
        "headings",
        "",
        &(object.to_owned() + &figure("11月", "indicator = 'output'")),
    );
    let csv = "2022年9月,2022年10月,2022年11月\n1,2,3\n注：速报\n";
    let all = ["A2 1", "B2 2", "C2 3"].map(str::to_owned).to_vec();
    assert_eq!(told(&rolling, csv), (all, vec![]));
    // Above data they are, and with marks wherever they stand.
    let csv = "2022年9月,2022年10月,2022年11月\n1,2,3\n(1),(2),(3)\n7,8,9\n";
    let figures = ["A4 7", "B4 8", "C4 9"].map(str::to_owned).to_vec();
    assert_eq!(told(&rolling, csv), (figures, vec![]));
    // Below data they are figures: here those of the same objects once more.
    let csv = "2022年9月,2022年10月,2022年11月\n7,8,9\n1,2,3\n";
    assert_eq!(told(&rolling, csv).0.len(), 6);
}
