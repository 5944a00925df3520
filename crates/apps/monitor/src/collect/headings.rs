//! Headings of columns: several lines and merged cells made into one path, with the unit apart.
//!
//! A path is what stands above a column, from above, with `/` between: `工业总产值/本月`. White
//! space, width and the numbers of years and months do not count, so that next month's workbook
//! has the same paths. Not here: which heading means what.

use super::place::Place;
use super::workbook::Sheet;
use codes::{Unit, half_width};

/// A heading of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heading {
    pub(crate) column: u32,
    /// The path by which it is known.
    pub(crate) path: String,
    /// Its lines as they were written, from above, for periods in them: one that tells a year
    /// alone is no part of the path.
    pub(crate) lines: Vec<String>,
    /// The unit that stands in it.
    pub(crate) unit: Option<Unit>,
}

/// The headings of a sheet whose lines of headings are those from one row to another.
pub(crate) fn headings(sheet: &Sheet, [first, last]: [u32; 2]) -> Vec<Heading> {
    let columns = 0..=sheet.last_column();
    columns
        .filter_map(|column| heading(sheet, column, [first, last]))
        .collect()
}

fn heading(sheet: &Sheet, column: u32, [first, last]: [u32; 2]) -> Option<Heading> {
    let mut parts: Vec<String> = Vec::new();
    let mut unit = None;
    let mut lines: Vec<String> = Vec::new();
    for row in first..=last {
        let Some(content) = sheet.seen(Place { row, column }) else {
            continue;
        };
        let text = content.to_string();
        let (part, told) = plain(&text);
        unit = told.or(unit);
        // What is merged over several lines stands there once.
        if !part.is_empty() && parts.last() != Some(&part) {
            parts.push(part);
        }
        if lines.last() != Some(&text) {
            lines.push(text);
        }
    }
    let path = parts.join("/");
    (!path.is_empty() || unit.is_some()).then_some(Heading {
        column,
        path,
        lines,
        unit,
    })
}

/// Text as headings and names of sheets are compared by, and the unit in it.
pub(crate) fn plain(text: &str) -> (String, Option<Unit>) {
    let text = half_width(text)
        .replace(['【', '[', '〔'], "(")
        .replace(['】', ']', '〕'], ")");
    let text: String = text
        .chars()
        .filter(|found| !found.is_whitespace() && *found != '\u{feff}')
        .collect();
    let (text, unit) = without_unit(&text);
    (without_numbers(&text), unit)
}

/// Takes a unit in brackets out of text, or one behind 单位 and a colon.
fn without_unit(text: &str) -> (String, Option<Unit>) {
    let mut kept = String::new();
    let mut unit = None;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('(') {
        kept.push_str(before);
        let Some((within, behind)) = after.split_once(')') else {
            kept.push('(');
            rest = after;
            continue;
        };
        if let Some(found) = unit_of(within) {
            unit = Some(found);
        } else {
            kept.push('(');
            kept.push_str(within);
            kept.push(')');
        }
        rest = behind;
    }
    kept.push_str(rest);
    if let Some((before, after)) = kept.split_once("单位:")
        && let Some(found) = unit_of(after)
    {
        return (before.to_owned(), Some(found));
    }
    (kept, unit)
}

fn unit_of(text: &str) -> Option<Unit> {
    let text = text.strip_prefix("单位:").unwrap_or(text);
    let text = text.strip_prefix("计量单位:").unwrap_or(text);
    text.parse().ok()
}

/// Text without the numbers of years and months: `2022年1-11月` becomes `1-#月`.
fn without_numbers(text: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    for found in text.chars() {
        if found.is_ascii_digit() {
            digits.push(found);
            continue;
        }
        match found {
            '年' if digits.len() == 4 => {
                digits.clear();
                continue;
            }
            '月' if !digits.is_empty() => out.push('#'),
            _ => out.push_str(&digits),
        }
        digits.clear();
        out.push(found);
    }
    out.push_str(&digits);
    out
}

/// The unit that the lines above the headings tell for the whole sheet.
pub(crate) fn unit_of_sheet(sheet: &Sheet, before_row: u32) -> Option<Unit> {
    let above = sheet
        .cells()
        .take_while(|(place, _)| place.row < before_row);
    let told = above.filter_map(|(_, content)| {
        let text = content.to_string();
        text.contains("单位").then(|| plain(&text).1)?
    });
    told.last()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::workbook::{Content, Limits};

    #[test]
    fn what_changes_every_month_does_not_count() {
        let check = |text: &str, expected: &str, unit: Option<Unit>| {
            assert_eq!(plain(text), (expected.to_owned(), unit), "{text}");
        };
        check("工业总产值\n（万元）", "工业总产值", Some(Unit::YUAN_10K));
        check("２０２２年１－１１月", "1-#月", None);
        check("2022年11月产值【亿元】", "#月产值", Some(Unit::YUAN_100M));
        check("增速(%)", "增速", Some(Unit::PER_CENT));
        check("产值（当年价格）", "产值(当年价格)", None);
        check("单位：万千瓦时", "", Some(Unit::KWH_10K));
        check("代码(01", "代码(01", None);
        check("", "", None);
    }

    #[test]
    fn merged_lines_become_a_path() {
        let mut sheet = Sheet::new("1".to_owned(), false);
        let mut put = |place: &str, text: &str| {
            let put = sheet.put(place.parse().unwrap(), Content::Text(text.into()));
            put.unwrap();
        };
        put("A1", "单位：亿元");
        put("A3", "企业名称");
        put("B3", "工业总产值（万元）");
        put("B4", "本月");
        put("C4", "1-11月");
        let limits = Limits::default();
        sheet.merge("A3:A4".parse().unwrap(), &limits);
        sheet.merge("B3:C3".parse().unwrap(), &limits);
        let paths: Vec<_> = headings(&sheet, [2, 3])
            .into_iter()
            .map(|heading| (heading.path, heading.unit))
            .collect();
        let unit = Some(Unit::YUAN_10K);
        let expected = [
            ("企业名称".to_owned(), None),
            ("工业总产值/本月".to_owned(), unit),
            ("工业总产值/1-#月".to_owned(), unit),
        ];
        assert_eq!(paths, expected);
        assert_eq!(unit_of_sheet(&sheet, 2), Some(Unit::YUAN_100M));
    }
}
