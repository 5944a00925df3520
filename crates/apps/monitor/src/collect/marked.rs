//! The same workbook back, with what was found in it at its place.
//!
//! In .xlsx cells get a colour (red: error, yellow: warning) and a comment, and a last sheet lists
//! all findings; in .csv three columns are appended. All else stays as it was. Not here: how the
//! octets are changed (`xlsx`, `delimited`).

use super::finding::{Finding, Severity};
use super::place::Place;
use super::workbook::{Form, Limits, Workbook};
use super::xlsx::{Mark, mark};
use super::{Error, delimited};
use std::collections::BTreeMap;

const RED: &str = "FFC7CE";
const YELLOW: &str = "FFEB9C";
const GREEN: &str = "E2EFDA";

/// The most comments on cells; all findings are in the list.
const MARKS_MAX: usize = 5_000;

/// The file again, with its findings.
///
/// # Errors
/// As of reading it: what could be read can be given back.
pub fn marked(
    octets: &[u8],
    workbook: &Workbook,
    findings: &[Finding],
    limits: &Limits,
) -> Result<Vec<u8>, Error> {
    match Form::of(octets) {
        Form::Xlsx => mark(octets, limits, &marks(workbook, findings), &list(findings)),
        Form::Delimited => {
            let rows = rows(findings);
            delimited::append(octets, limits, |row| {
                rows.get(&row).cloned().unwrap_or_default()
            })
        }
        Form::Old => Err(Error::Old),
    }
}

/// What a finding says to people: its severity and both texts.
fn said(finding: &Finding) -> String {
    let [english, chinese] = finding.severity.names();
    let explained = match &finding.explanation {
        Some(said) => format!("\n已说明 Explained: {said}"),
        None => String::new(),
    };
    format!(
        "【{chinese}】{}\n[{english}] {}{explained}",
        finding.chinese, finding.english
    )
}

/// Marks on cells: of a row on its first cell, of a column on the first cell of it.
fn marks(workbook: &Workbook, findings: &[Finding]) -> Vec<Mark> {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    // The worst first: they give a cell its colour, and are not beyond the limit.
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let mark = |finding: &&Finding| {
        let name = finding.spot.sheet.as_deref()?;
        let at = workbook
            .sheets
            .iter()
            .position(|sheet| sheet.name == name)?;
        let sheet = workbook.sheets.get(at)?;
        let place = match (finding.spot.row, finding.spot.column) {
            (Some(row), Some(column)) => Place { row, column },
            (Some(row), None) => sheet.row(row).next()?.0,
            (None, Some(column)) => {
                let mut cells = sheet.cells();
                cells.find(|(place, _)| place.column == column)?.0
            }
            (None, None) => return None,
        };
        Some(Mark {
            sheet: at,
            place,
            colour: match finding.severity {
                Severity::Error => RED,
                Severity::Warning => YELLOW,
                Severity::Note => GREEN,
            },
            text: said(finding),
        })
    };
    sorted.iter().filter_map(mark).take(MARKS_MAX).collect()
}

/// The rows of the list of findings, headings first.
fn list(findings: &[Finding]) -> Vec<Vec<String>> {
    let headings = [
        "工作表 Sheet",
        "位置 Cell",
        "级别 Severity",
        "问题",
        "Finding",
        "代码 Code",
        "说明 Explanation",
    ];
    let mut rows = vec![headings.map(str::to_owned).to_vec()];
    for finding in findings {
        let [english, chinese] = finding.severity.names();
        rows.push(vec![
            finding.spot.sheet.clone().unwrap_or_default(),
            finding.spot.within_sheet(),
            format!("{chinese} {english}"),
            finding.chinese.clone(),
            finding.english.clone(),
            finding.code.clone(),
            finding.explanation.clone().unwrap_or_default(),
        ]);
    }
    rows
}

/// What is appended to each row of text; findings without a row stand in the first.
fn rows(findings: &[Finding]) -> BTreeMap<u32, Vec<String>> {
    let mut by_row: BTreeMap<u32, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        by_row
            .entry(finding.spot.row.unwrap_or(0))
            .or_default()
            .push(finding);
    }
    let joined = |findings: &[&Finding], text: fn(&Finding) -> &str| {
        let texts: Vec<_> = findings
            .iter()
            .map(|finding| match finding.spot.within_sheet() {
                within if within.is_empty() => text(finding).to_owned(),
                within => format!("{within}: {}", text(finding)),
            })
            .collect();
        texts.join("；")
    };
    let fields = |findings: &[&Finding]| {
        let worst = findings.iter().map(|finding| finding.severity).max();
        let [english, chinese] = worst.map_or(["", ""], Severity::names);
        vec![
            format!("{chinese} {english}"),
            joined(findings, |finding| &finding.chinese),
            joined(findings, |finding| &finding.english),
        ]
    };
    let mut rows: BTreeMap<u32, Vec<String>> = by_row
        .iter()
        .map(|(row, findings)| (*row, fields(findings)))
        .collect();
    if !rows.is_empty() {
        let headings = || {
            ["校验结果 Check", "问题", "Finding"]
                .map(str::to_owned)
                .to_vec()
        };
        let first = rows.entry(0).or_insert_with(headings);
        if !first[0].starts_with("校验") {
            let headings = headings();
            for (field, heading) in first.iter_mut().zip(headings) {
                *field = format!("{heading}: {field}");
            }
        }
    }
    rows
}
