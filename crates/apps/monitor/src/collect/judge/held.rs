//! What findings hold back, and what explains them.
//!
//! Not here: what is found.

use super::Sending;
use crate::collect::finding::{Finding, Severity};
use crate::collect::reading::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// The longest explanation, in octets: it becomes the remark of its figures.
const EXPLANATION_OCTETS_MAX: usize = 800;

/// Gives warnings the explanations of whoever sends the workbook, or of their rows.
pub(super) fn explain(findings: &mut [Finding], entries: &[Entry], sending: &Sending) {
    let mut of_rows: BTreeMap<(&str, u32), &str> = BTreeMap::new();
    for entry in entries {
        let row = (entry.sheet.as_str(), entry.place.row);
        of_rows.extend(entry.explanation.as_deref().map(|said| (row, said)));
    }
    for finding in findings {
        if finding.severity != Severity::Warning {
            continue;
        }
        let key = (finding.spot.clone(), finding.code.clone());
        let sheet = finding.spot.sheet.as_deref();
        let of_row = sheet
            .zip(finding.spot.row)
            .and_then(|row| of_rows.get(&row).copied());
        let given = sending
            .explanations
            .get(&key)
            .map(String::as_str)
            .or(of_row);
        finding.explanation = given.map(shortened).filter(|said| !said.is_empty());
    }
}

/// An explanation as it can be kept.
fn shortened(said: &str) -> String {
    let plain: String = said.chars().filter(|found| !found.is_control()).collect();
    let mut end = plain.trim().len().min(EXPLANATION_OCTETS_MAX);
    let plain = plain.trim();
    while !plain.is_char_boundary(end) {
        end -= 1;
    }
    plain.get(..end).unwrap_or_default().to_owned()
}

/// What findings hold back.
#[derive(Default)]
pub(super) struct Held {
    all: bool,
    sheets: BTreeSet<String>,
    columns: BTreeMap<String, BTreeSet<u32>>,
    rows: BTreeMap<String, BTreeSet<u32>>,
}

impl Held {
    pub(super) fn by(findings: &[Finding]) -> Self {
        let mut held = Self::default();
        for finding in findings.iter().filter(|finding| finding.holds_back()) {
            let spot = &finding.spot;
            match (spot.sheet.clone(), spot.row, spot.column) {
                (None, ..) => held.all = true,
                (Some(sheet), Some(row), _) => {
                    held.rows.entry(sheet).or_default().insert(row);
                }
                (Some(sheet), None, Some(column)) => {
                    held.columns.entry(sheet).or_default().insert(column);
                }
                (Some(sheet), None, None) => drop(held.sheets.insert(sheet)),
            }
        }
        held
    }

    pub(super) fn holds(&self, entry: &Entry) -> bool {
        let has = |of: &BTreeMap<String, BTreeSet<u32>>, number| {
            of.get(&entry.sheet)
                .is_some_and(|numbers| numbers.contains(&number))
        };
        self.all
            || self.sheets.contains(&entry.sheet)
            || has(&self.columns, entry.place.column)
            || has(&self.rows, entry.place.row)
    }
}

/// What the remark of a figure says: the explanations of what was found at it.
pub(in crate::collect) fn remarks(findings: &[Finding]) -> BTreeMap<(String, u32), String> {
    let mut remarks: BTreeMap<(String, u32), String> = BTreeMap::new();
    for finding in findings {
        let spot = &finding.spot;
        if let (Some(sheet), Some(row), Some(said)) = (&spot.sheet, spot.row, &finding.explanation)
        {
            let remark = remarks.entry((sheet.clone(), row)).or_default();
            let is_new = !remark.contains(said.as_str());
            if is_new && remark.len() + said.len() < EXPLANATION_OCTETS_MAX {
                if !remark.is_empty() {
                    remark.push('；');
                }
                remark.push_str(said);
            }
        }
    }
    remarks
}
