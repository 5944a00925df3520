//! Workbooks on their way in: read by the mapping that is remembered for such, judged, recorded.
//!
//! Here: what `load` and the demonstration share. Not here: what is wrong with them (room
//! `monitor`).

use super::folder::Folder;
use codes::{Period, Region};
use facts::Instant;
use facts::commit_of as commit;
use monitor::collect::{
    Acceptance, Directory, Error, Explanation, Fingerprint, Limits, Mapping, Reading, Sending,
    Submission, Taken, Workbook, explanations, judge, keep, remember, remembered, rules_for, take,
};
use std::collections::BTreeMap;
use store::Store;

/// A workbook that somebody sends.
pub(super) struct Sent<'s> {
    /// What the file is called.
    pub(super) name: &'s str,
    /// What is in it.
    pub(super) octets: &'s [u8],
    /// By whom it is sent.
    pub(super) reporter: &'s str,
    /// Of which region it tells.
    pub(super) within: Region,
    /// Of which period, where the mapping leaves that to whoever sends it.
    pub(super) period: Option<Period>,
    /// How much is taken if something is wrong.
    pub(super) acceptance: Acceptance,
    /// Whether it is meant to revise what is frozen.
    pub(super) is_revision: bool,
    /// What is said of its warnings: where each is, and why it is right.
    pub(super) explanations: &'s [(String, String)],
}

/// What has become of a workbook.
pub(super) struct Loaded {
    pub(super) workbook: Workbook,
    pub(super) reading: Reading,
    pub(super) mapping: String,
    /// The set of rules that it was held to.
    pub(super) rules: String,
    pub(super) taken: Taken,
}

/// Keeps a mapping, and remembers it for workbooks like one.
pub(super) fn learn(
    store: &Store,
    now: Instant,
    mapping: &Mapping,
    workbook: &Workbook,
) -> Result<u32, Error> {
    let version = commit(store, now, |view, at| keep(view, at, mapping))?;
    let fingerprint = Fingerprint::of(workbook);
    commit(store, now, |view, at| {
        let change = remember(view, at, fingerprint, &mapping.name)?;
        Ok::<_, Error>((change, ()))
    })?;
    Ok(version)
}

/// The mapping that is remembered for a workbook, with its version.
pub(super) fn known_mapping(
    store: &Store,
    workbook: &Workbook,
) -> Result<Option<(u32, Mapping)>, Error> {
    remembered(&*store.view(), Fingerprint::of(workbook))
}

/// Reads a workbook as a mapping says, judges it, and records what may stand; with a clock that is
/// `None` nothing is recorded.
pub(super) fn load(
    folder: &Folder,
    now: Instant,
    sent: &Sent<'_>,
    workbook: Workbook,
    (version, mapping): (u32, &Mapping),
    is_dry: bool,
) -> Result<Loaded, Error> {
    let directory = Directory::new(&folder.regions, &folder.industries, sent.within);
    let names = folder.enterprises().iter();
    let directory =
        directory.with_enterprises(names.map(|(object, name)| (name.clone(), object.clone())));
    let reading = Reading::of(&workbook, mapping, &directory, sent.period);
    let (of_rules, rules) = rules_for(&*folder.view(), &mapping.name)?;
    let mut sending = Sending {
        reporter: sent.reporter.to_owned(),
        released_at: now,
        within: sent.within,
        is_revision: sent.is_revision,
        explanations: BTreeMap::new(),
    };
    if !sent.explanations.is_empty() {
        let view = folder.store.view();
        let at = facts::ledger::Ledger::read(&*view)?.next(now);
        let found = judge(&*view, at, &reading, &rules, &folder.regions, &sending)?;
        let given = sent.explanations.iter().map(|(at, text)| Explanation {
            at,
            code: None,
            text,
        });
        let given: Vec<_> = given.collect();
        sending.explanations = explanations(&found.findings, &given)?;
    }
    let submission = Submission {
        workbook: &workbook,
        reading: &reading,
        mapping: (&mapping.name, version),
        rules: (&rules, of_rules),
        regions: &folder.regions,
        sending: &sending,
        acceptance: sent.acceptance,
    };
    let taken = if is_dry {
        let view = folder.store.view();
        let at = facts::ledger::Ledger::read(&*view)?.next(now);
        take(&*view, at, &submission)?.1
    } else {
        commit(&folder.store, now, |view, at| take(view, at, &submission))?
    };
    Ok(Loaded {
        taken,
        mapping: mapping.name.clone(),
        rules: rules.name,
        workbook,
        reading,
    })
}

/// A file as a workbook.
pub(super) fn open(sent: &Sent<'_>) -> Result<Workbook, Error> {
    Workbook::read(sent.name, sent.octets, &Limits::default())
}
