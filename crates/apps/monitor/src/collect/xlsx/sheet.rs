//! A sheet of a workbook: its cells, what is merged, what is hidden.
//!
//! Numbers are kept by spreadsheets with 15 digits; a 16th and what lies beyond twelve places is
//! what computing has left behind, and is rounded away.
//!
//! Not here: what the cells mean.

use super::styles::{Shown, Styles};
use super::{Entry, attribute, broken, child, children, is_true, parse, string_of};
use crate::collect::Error;
use crate::collect::place::{Area, Place};
use crate::collect::workbook::{Content, Limits, Sheet};
use codes::{Date, Number};
use roxmltree::Node;
use std::sync::Arc;

/// How many digits a spreadsheet keeps of a number.
const DIGITS_KEPT: usize = 15;

/// What cells of all sheets refer to.
pub(super) struct Context<'l> {
    pub(super) styles: Styles,
    pub(super) strings: Vec<Arc<str>>,
    pub(super) is_1904: bool,
    pub(super) limits: &'l Limits,
}

impl Context<'_> {
    /// Reads a sheet; so many cells have been read before it.
    pub(super) fn read(&self, entry: &Entry, text: &str, cells: usize) -> Result<Sheet, Error> {
        let document = parse(text, &entry.path)?;
        let root = document.root_element();
        let mut sheet = Sheet::new(entry.name.clone(), entry.is_hidden);
        for node in child(root, "cols")
            .iter()
            .flat_map(|node| children(*node, "col"))
        {
            let bound = |name| attribute(node, name)?.parse::<u32>().ok()?.checked_sub(1);
            if let (Some(first), Some(last), true) =
                (bound("min"), bound("max"), is_true(node, "hidden"))
            {
                sheet.hide_columns([first, last]);
            }
        }
        if let Some(data) = child(root, "sheetData") {
            self.read_rows(entry, data, &mut sheet, cells)?;
        }
        let merged = child(root, "mergeCells");
        let merged = merged.iter().flat_map(|node| children(*node, "mergeCell"));
        for (at, node) in merged.enumerate() {
            if at >= self.limits.merged {
                let max = self.limits.merged as u64;
                return Err(Limits::beyond(
                    "merged areas in a sheet",
                    "单表合并区域数",
                    max,
                ));
            }
            let area = attribute(node, "ref").and_then(|area| area.parse::<Area>().ok());
            let area = area.ok_or_else(|| broken(&entry.path, "a merged area is none"))?;
            sheet.merge(area, self.limits);
        }
        Ok(sheet)
    }

    fn read_rows(
        &self,
        entry: &Entry,
        data: Node,
        sheet: &mut Sheet,
        before: usize,
    ) -> Result<(), Error> {
        let mut row = 0;
        for node in children(data, "row") {
            // Rows and cells that do not say where they are follow the one before.
            if let Some(number) = attribute(node, "r") {
                let number = number
                    .parse::<u32>()
                    .ok()
                    .and_then(|row| row.checked_sub(1));
                row = number.ok_or_else(|| broken(&entry.path, "a row has no number"))?;
            }
            // Beyond the limits nothing is read, hidden or not.
            if is_true(node, "hidden") && row < self.limits.rows {
                sheet.hide_row(row);
            }
            let mut column = 0;
            for cell in children(node, "c") {
                let mut place = Place { row, column };
                if let Some(written) = attribute(cell, "r") {
                    place = written
                        .parse()
                        .map_err(|error| broken(&entry.path, &format!("{written}: {error}")))?;
                }
                column = place.column + 1;
                if let Some(content) = self.content(entry, place, cell)? {
                    self.limits.check_place(place)?;
                    sheet.put(place, content)?;
                    self.limits.check_cells(before + sheet.count())?;
                }
            }
            row = row.saturating_add(1);
        }
        Ok(())
    }

    fn content(&self, entry: &Entry, at: Place, cell: Node) -> Result<Option<Content>, Error> {
        let value = child(cell, "v").and_then(|node| node.text());
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        let wrong = |problem: &str| broken(&entry.path, &format!("{at}: {problem}"));
        Ok(match (attribute(cell, "t").unwrap_or("n"), value) {
            ("inlineStr", _) => child(cell, "is").map(|item| Content::Text(string_of(item).into())),
            (_, None) => None,
            ("s", Some(value)) => {
                let found = value
                    .parse()
                    .ok()
                    .and_then(|at: usize| self.strings.get(at));
                let found = found.ok_or_else(|| wrong("its text is not among the shared ones"))?;
                Some(Content::Text(Arc::clone(found)))
            }
            ("str", Some(_)) => {
                // Not trimmed: it is text.
                let text = child(cell, "v").and_then(|node| node.text());
                text.map(|text| Content::Text(text.into()))
            }
            ("b", Some(value)) => Some(Content::Truth(value == "1" || value == "true")),
            ("e", Some(value)) => Some(Content::Failure(value.into())),
            ("d", Some(value)) => Some(match value.get(..10).unwrap_or(value).parse() {
                Ok(day) => Content::Day(day),
                Err(_) => Content::Text(value.into()),
            }),
            (_, Some(value)) => {
                let shown = self.styles.shown(attribute(cell, "s"));
                let number = value.parse().ok().filter(|number: &f64| number.is_finite());
                let number = number.ok_or_else(|| wrong("its number is none"))?;
                Some(self.number(value, number, shown))
            }
        })
    }

    fn number(&self, value: &str, float: f64, shown: Shown) -> Content {
        if shown == Shown::Day
            && let Some(day) = self.day(float)
        {
            return Content::Day(day);
        }
        match kept(value, float) {
            Some(number) => Content::Number {
                number,
                is_per_cent: shown == Shown::PerCent,
            },
            None => Content::Beyond(value.into()),
        }
    }

    /// The day of a serial number. The 60th of the older calendar is the 29th of February 1900,
    /// which was none.
    fn day(&self, serial: f64) -> Option<Date> {
        if !(1.0..200_000.0).contains(&serial) {
            return None;
        }
        // It lies within the range that was just looked at.
        let serial = format!("{:.0}", serial.floor()).parse::<u32>().ok()?;
        let first = Date::FIRST.number();
        match (self.is_1904, serial) {
            (true, serial) => Date::from_number(Date::new(1904, 1, 1)?.number() + serial),
            (false, 60) => None,
            (false, 61..) => Date::from_number(first + serial - 2),
            (false, _) => Date::from_number(first + serial - 1),
        }
    }
}

/// The number that a spreadsheet shows; `None` if it has too many digits before the point.
fn kept(value: &str, float: f64) -> Option<Number> {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    if digits <= DIGITS_KEPT
        && let Ok(number) = value.parse()
    {
        return Some(number);
    }
    // One digit before the point and the rest after it, times a power of ten.
    let written = format!("{float:.*e}", DIGITS_KEPT - 1);
    let (digits, power) = written.split_once('e')?;
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, digits),
    };
    let mantissa: i128 = digits.replace('.', "").parse().ok()?;
    let places = i32::try_from(DIGITS_KEPT - 1).ok()? - power.parse::<i32>().ok()?;
    let kept = i32::try_from(Number::PLACES_MAX).ok()?;
    let number = if places > kept {
        // Half away from zero, as everywhere.
        let by = 10_i128.checked_pow(u32::try_from(places - kept).ok()?);
        let rounded = by.map_or(0, |by| (mantissa + by / 2) / by);
        Number::new(sign * rounded, Number::PLACES_MAX)
    } else if places >= 0 {
        Number::new(sign * mantissa, u32::try_from(places).ok()?)
    } else {
        let by = 10_i128.checked_pow(u32::try_from(-places).ok()?)?;
        Number::new(sign * mantissa.checked_mul(by)?, 0)
    };
    number.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(value: &str) -> String {
        let kept = kept(value, value.parse().unwrap());
        kept.map_or("beyond".to_owned(), |number| number.to_string())
    }

    #[test]
    fn numbers_are_what_the_spreadsheet_shows() {
        let check = |value: &str, expected: &str| assert_eq!(read(value), expected, "{value}");
        check("12345.67", "12345.67");
        check("0.30000000000000004", "0.3");
        check("1234.5600000000001", "1234.56");
        check("1.2E-3", "0.0012");
        check("-6.5E2", "-650");
        check("3.3333333333333335", "3.333333333333");
        check("-1.4999999999999999E-13", "0");
        check("1e-300", "0");
        check("1.2345678901234567E+18", "1234567890123460000");
        check("1E+300", "beyond");
        check("0", "0");
    }

    #[test]
    fn days_are_counted_as_either_calendar_does() {
        let limits = Limits::default();
        let context = |is_1904| Context {
            styles: Styles::default(),
            strings: Vec::new(),
            is_1904,
            limits: &limits,
        };
        let day = |is_1904, serial| context(is_1904).day(serial).map(|day| day.to_string());
        assert_eq!(day(false, 44_866.0).as_deref(), Some("2022-11-01"));
        assert_eq!(day(false, 1.0).as_deref(), Some("1900-01-01"));
        assert_eq!(day(false, 59.5).as_deref(), Some("1900-02-28"));
        assert_eq!(day(false, 61.0).as_deref(), Some("1900-03-01"));
        assert_eq!(
            [day(false, 60.0), day(false, 0.5), day(false, -3.0)],
            [None, None, None]
        );
        assert_eq!(day(true, 43_404.0).as_deref(), Some("2022-11-01"));
        assert_eq!(day(false, 1e9), None);
    }

    proptest! {
        #[test]
        fn what_has_few_digits_is_kept_as_it_is(digits in -99_999_999_999_i64..99_999_999_999,
            places in 0..5_u32) {
            let number = Number::new(digits.into(), places).unwrap();
            let float: f64 = number.to_string().parse().unwrap();
            prop_assert_eq!(kept(&format!("{float:?}"), float), Some(number));
        }
    }
}
