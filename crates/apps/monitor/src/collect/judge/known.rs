//! Figures beside what is known of them, and by the laws of facts.
//!
//! What is known is looked up once for all figures of a workbook, in one pass over the tables, and
//! handed on to whoever records them. Not here: rules (`checks`).

use super::{Judge, Sending, Told, content_of, report};
use crate::collect::Error;
use crate::collect::finding::{Severity, Spot};
use crate::collect::reading::Entry;
use crate::collect::wording;
use facts::history::{Found, find, record_found};
use facts::ledger::Ledger;
use facts::relation::{Kind, from_subjects};
use facts::{Content, Instant, Object, Role};
use std::collections::{BTreeSet, HashMap};

impl<'g> Judge<'g> {
    /// Enterprises that lie nowhere are not known.
    pub(super) fn check_objects(&mut self, entries: &[&Entry]) -> Result<(), Error> {
        let is_known = self.enterprises(entries)?;
        let mut told: BTreeSet<(&str, u32)> = BTreeSet::new();
        for entry in entries {
            for object in entry.series.objects() {
                let is_unknown = is_known.get(object).is_some_and(|is_known| !is_known);
                if is_unknown && told.insert((entry.sheet.as_str(), entry.place.row)) {
                    let id = object.id();
                    let says = [
                        format!("enterprise {id} is not known: register it first"),
                        format!("企业{id}不在名录中，请先登记"),
                    ];
                    let spot = Spot::row(&entry.sheet, entry.place.row);
                    self.tell(Severity::Error, "unknown-object", spot, says);
                }
            }
        }
        Ok(())
    }

    /// The enterprises of figures, and whether each is known.
    fn enterprises<'e>(&self, entries: &[&'e Entry]) -> Result<HashMap<&'e Object, bool>, Error> {
        let objects = entries.iter().flat_map(|entry| entry.series.objects());
        let enterprises = objects.filter(|object| object.role() == Role::ENTERPRISE);
        let mut asked: Vec<_> = enterprises.collect();
        // Rows tell of one enterprise at a time.
        asked.dedup();
        asked.sort();
        asked.dedup();
        let places = from_subjects(self.ground.view, Kind::LiesIn, &asked, Instant::LAST)?;
        let is_known = places.iter().map(|places| !places.is_empty());
        Ok(asked.into_iter().zip(is_known).collect())
    }

    /// What is known already is told or passed over; gives what is new, beside what is known.
    pub(super) fn check_known(
        &mut self,
        entries: &[&'g Entry],
        sending: &Sending,
    ) -> Result<Vec<(&'g Entry, Found)>, Error> {
        let mut new = Vec::with_capacity(entries.len());
        let figures = entries.iter().map(|entry| (&entry.series, entry.period));
        let found = find(self.ground.view, figures, Instant::LAST)?;
        for (entry, found) in entries.iter().copied().zip(found) {
            let Some(known) = found.known()? else {
                new.push((entry, found));
                continue;
            };
            let observation = known.observation;
            let content = content_of(entry);
            let is_same = match (observation.content, content) {
                (Content::Reported(before), Content::Reported(now))
                | (Content::Estimated(before), Content::Estimated(now)) => {
                    observation.unit.convert(before, entry.unit).ok() == Some(now)
                }
                _ => false,
            };
            if is_same {
                let says = [
                    format!("{} was told before, and is as it was", entry.number),
                    format!("{}此前已上报，未变", entry.number),
                ];
                self.tell(Severity::Note, "told-before", entry.spot(), says);
                continue;
            }
            // An estimate is there to be replaced, and nothing to be filled.
            if let Content::Reported(before) = observation.content {
                let unit = observation.unit;
                let severity = if sending.is_revision {
                    Severity::Note
                } else {
                    Severity::Warning
                };
                let says = [
                    format!("{} revises {before} {unit} of before", entry.number),
                    format!("{}修订了此前上报的{before}{}", entry.number, unit.chinese()),
                ];
                self.tell(severity, "revision", entry.spot(), says);
            }
            new.push((entry, found));
        }
        Ok(new)
    }

    /// What facts refuse: before its end, frozen, another kind of unit. Gives all figures as they
    /// are to be recorded.
    pub(super) fn check_facts(
        &mut self,
        at: Instant,
        entries: Vec<(&'g Entry, Found)>,
        sending: &Sending,
    ) -> Result<Vec<(&'g Entry, Told)>, Error> {
        let told = |(entry, found): (&'g Entry, Found)| {
            let report = report(entry, sending);
            (entry, Told { report, found })
        };
        let entries: Vec<_> = entries.into_iter().map(told).collect();
        // Whoever only looks may have a clock that is behind.
        let at = Ledger::read(self.ground.view)?.next(at);
        let reports: Vec<_> = entries.iter().map(|(_, told)| told.pair()).collect();
        let (_, recorded) = record_found(self.ground.view, at, &reports)?;
        for (number, error) in recorded.refused {
            let code = match error {
                facts::Error::BeforeItsEnd { .. } => "before-its-end",
                facts::Error::Frozen { .. } => "frozen",
                facts::Error::UnitChanged { .. } => "unit",
                _ => "refused",
            };
            let says = [error.to_string(), wording::of_facts(&error)];
            if let Some((entry, _)) = entries.get(number) {
                self.tell(Severity::Error, code, entry.spot(), says);
            }
        }
        Ok(entries)
    }
}
