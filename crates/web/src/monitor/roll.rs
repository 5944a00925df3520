//! The roll of enterprises: a workbook of who is there, where each lies and what it is of.
//!
//! Not here: what a row must say (room `monitor`).

use super::access::Rights;
use super::call::{Answer, Call};
use super::workbooks::{body, finding_json};
use monitor::collect::{
    self, Directory, ENROLLED_PER_CHANGE, Enrolled, Limits, Roll, Workbook, enrol,
};
use serde_json::json;

/// The most findings that are told.
const FINDINGS_COUNT_MAX: usize = 300;

/// Puts a workbook's enterprises on the roll, or says what could not be.
pub(super) fn send(call: &Call<'_>) -> Answer {
    call.must(Rights::Act)?;
    let (octets, _) = body(call)?;
    call.sender(call.parameter("by").map(str::to_owned))?;
    let name = call.parameter("name").unwrap_or("roll.xlsx");
    let workbook = Workbook::read(name, &octets, &Limits::default())?;
    let bureau = call.bureau;
    let tables = &bureau.tables;
    let directory = Directory::new(&tables.regions, &tables.industries, bureau.region);
    let roll = Roll::of(&workbook, &directory);
    let is_dry = call.asked.query.flag("dry") == Some(true);
    let mut findings = roll.findings;
    let mut changed = 0;
    for rows in roll.rows.chunks(ENROLLED_PER_CHANGE) {
        let enrolment = if is_dry {
            let view = bureau.view();
            let at = facts::ledger::Ledger::read(&*view)?.next(super::bureau::now());
            enrol(&*view, at, rows)?.1
        } else {
            call.commit_of(|view, at| collect::end_before_enrolling(view, at, rows))?;
            let enrolment = call.commit_of(|view, at| enrol(view, at, rows))?;
            let names = rows.iter().filter(|row| !row.name.is_empty());
            bureau.enrolled(names.map(|row: &Enrolled| (row.object.clone(), row.name.clone())));
            enrolment
        };
        changed += enrolment.changed;
        findings.extend(enrolment.findings);
    }
    findings.sort_by(|a, b| a.spot.cmp(&b.spot));
    let told = findings.iter().take(FINDINGS_COUNT_MAX).map(finding_json);
    Ok(call.tell(json!({
        "isDry": is_dry,
        "rows": roll.rows.len(),
        "changed": changed,
        "findingsCount": findings.len(),
        "findings": told.collect::<Vec<_>>(),
    })))
}
