//! Whether the files of the log are whole, chained, and without holes.

use super::contents::Said;
use super::{About, Verification};
use crate::disk::{Disk, FolderDisk};
use crate::log::{self, Chain, Found, Group, Head, Segment, Walk};
use crate::{Error, Position};
use bytes::Bytes;

/// Where a reading of the log stands.
struct Reading {
    last: Position,
    /// The digest of the group before; `None` where it is not known.
    chain: Option<Chain>,
    /// The file and the place of octets that are no group, and how many they are.
    gap: Option<(String, u64, u64, String)>,
}

impl Verification<'_> {
    /// Reads the log; gives what it says of each key up to `applied`.
    pub(super) fn verify_log(&mut self, applied: Position) -> Result<Said, Error> {
        let disk = FolderDisk::at(&self.path.join("log"));
        let acknowledged = match Head::read(&disk, &self.settings.log_id) {
            Ok(acknowledged) => acknowledged.position,
            Err(error @ Error::Io { .. }) => return Err(error),
            Err(error) => {
                let octets = disk.length(log::HEAD_FILE).unwrap_or(0);
                self.damage("log/head", 0, octets, error.to_string(), &About::Head);
                Position::START
            }
        };
        self.report.log.acknowledged = acknowledged.0;
        let segments = log::list_segments(&disk)?;
        let mut said = Said::default();
        let before = segments.first().map_or(0, |segment| segment.first.0 - 1);
        if before > applied.0 {
            let (first, last) = (applied.plus(1), Position(before));
            let file = segments
                .first()
                .map_or("log".into(), |first| format!("log/{}", first.name()));
            let reason = format!("the log begins after entry {last}, which the tables do not hold");
            self.damage(&file, 0, 0, reason, &About::Entries(first, last));
        }
        let mut reading = Reading {
            last: Position(before),
            chain: (before == 0).then(Chain::default),
            gap: None,
        };
        for segment in &segments {
            self.verify_segment(&disk, segment, &mut reading, &mut |group| {
                said.take(group, applied);
            })?;
        }
        self.judge_end(reading, acknowledged.max(applied), &segments);
        said.is_whole = self.is_log_whole();
        Ok(said)
    }

    fn verify_segment(
        &mut self,
        disk: &FolderDisk,
        segment: &Segment,
        reading: &mut Reading,
        take: &mut dyn FnMut(&Group),
    ) -> Result<(), Error> {
        let name = segment.name();
        let octets = disk.read(&name).map_err(Error::io("read", name.clone()))?;
        let octets = Bytes::from(octets);
        self.report.log.files += 1;
        self.report.log.octets += octets.len() as u64;
        let file = format!("log/{name}");
        if segment.first > reading.last.plus(1) && reading.gap.is_none() {
            let missing = (reading.last.plus(1), Position(segment.first.0 - 1));
            let reason = format!(
                "entries {} to {} are missing before it",
                missing.0, missing.1
            );
            self.damage(&file, 0, 0, reason, &About::Entries(missing.0, missing.1));
            reading.chain = None;
            reading.last = missing.1;
        }
        let id = self.settings.log_id;
        for found in Walk::new(&octets, &id) {
            match found {
                Found::Damage { at, extent, reason } => {
                    let gap = (file.clone(), at as u64, extent as u64, reason);
                    if let Some(before) = reading.gap.replace(gap) {
                        self.lost_in(&before, reading.last.plus(1), reading.last.plus(1));
                    }
                }
                Found::Group { at, group } => {
                    self.accept(&file, at as u64, &group, reading);
                    take(&group);
                }
            }
        }
        self.advance(octets.len() as u64);
        Ok(())
    }

    /// Takes a whole group in, and says what is wrong with its place.
    fn accept(&mut self, file: &str, at: u64, group: &Group, reading: &mut Reading) {
        let next = reading.last.plus(1);
        if let Some(gap) = reading.gap.take() {
            let last = Position(group.first.0.saturating_sub(1)).max(next);
            self.lost_in(&gap, next, last);
        } else if group.first != next || reading.chain.is_some_and(|chain| chain != group.before) {
            let reason = format!(
                "a group stands where the one after entry {} should",
                reading.last
            );
            let about = About::Entries(next, group.last().max(next));
            self.damage(file, at, group.octets as u64, reason, &about);
        }
        let log = &mut self.report.log;
        log.groups += 1;
        if log.first == 0 {
            log.first = group.first.0;
        }
        log.last = log.last.max(group.last().0);
        reading.last = group.last();
        reading.chain = Some(group.chain);
    }

    fn lost_in(&mut self, gap: &(String, u64, u64, String), first: Position, last: Position) {
        let (file, at, extent, reason) = gap;
        let about = About::Entries(first, last);
        self.damage(file, *at, *extent, reason.clone(), &about);
    }

    /// What stands at the end may be torn, if nobody was told that more exists.
    fn judge_end(&mut self, reading: Reading, known: Position, segments: &[Segment]) {
        let next = reading.last.plus(1);
        let name = segments
            .last()
            .map_or("log".into(), |segment| format!("log/{}", segment.name()));
        match reading.gap {
            Some(gap) if known >= next => self.lost_in(&gap, next, known),
            Some((file, at, extent, _)) => self.remark(format!(
                "{file} ends with {extent} octets from {at} of a group that was never \
                 acknowledged; the next start cuts them"
            )),
            None if known >= next => {
                let reason = format!(
                    "the log ends with entry {}, but {known} was acknowledged",
                    reading.last
                );
                self.damage(&name, 0, 0, reason, &About::Entries(next, known));
            }
            None => (),
        }
        let unapplied = reading.last.0.saturating_sub(self.report.tables.applied);
        if unapplied > 0 {
            self.remark(format!(
                "the next start applies {unapplied} entries of the log to the tables"
            ));
        }
    }
}
