//! The octets of one file: as they look, and as they would survive.

use super::Chance;
use std::ops::Range;

const SECTOR_OCTETS: usize = 512;

#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    shown: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Octets(Range<usize>),
    Length(usize),
}

impl Content {
    pub(super) fn octets(&self) -> u64 {
        self.shown.len() as u64
    }

    pub(super) fn read(&self, at: u64, octets: u32) -> &[u8] {
        let length = self.shown.len();
        let start = usize::try_from(at).unwrap_or(usize::MAX).min(length);
        let end = start.saturating_add(octets as usize).min(length);
        &self.shown[start..end]
    }

    pub(super) fn write(&mut self, at: u64, octets: &[u8]) {
        let start = usize::try_from(at).expect("test files are small");
        let end = start + octets.len();
        if self.shown.len() < end {
            self.shown.resize(end, 0);
        }
        self.shown[start..end].copy_from_slice(octets);
        self.unsynced.push(Change::Octets(start..end));
    }

    pub(super) fn resize(&mut self, octets: u64) {
        let length = usize::try_from(octets).expect("test files are small");
        self.shown.resize(length, 0);
        self.unsynced.push(Change::Length(length));
    }

    pub(super) fn sync(&mut self) {
        for change in std::mem::take(&mut self.unsynced) {
            match change {
                Change::Octets(range) => self.make_durable(range),
                Change::Length(length) => self.durable.resize(length, 0),
            }
        }
    }

    /// A failed sync: nothing of it is durable, and nobody will try again.
    pub(super) fn forget(&mut self) {
        self.unsynced.clear();
    }

    /// A power cut.
    pub(super) fn lose(&mut self, survives: Chance<'_>) {
        for change in std::mem::take(&mut self.unsynced) {
            match change {
                Change::Octets(range) => {
                    let last = range.end.saturating_sub(1) / SECTOR_OCTETS;
                    for sector in range.start / SECTOR_OCTETS..=last {
                        if survives() {
                            let start = range.start.max(sector * SECTOR_OCTETS);
                            let end = range.end.min((sector + 1) * SECTOR_OCTETS);
                            self.make_durable(start..end);
                        }
                    }
                }
                Change::Length(length) if survives() => self.durable.resize(length, 0),
                Change::Length(_) => (),
            }
        }
        self.shown.clone_from(&self.durable);
    }

    fn make_durable(&mut self, range: Range<usize>) {
        let end = range.end.min(self.shown.len());
        if self.durable.len() < end {
            self.durable.resize(end, 0);
        }
        if range.start < end {
            self.durable[range.start..end].copy_from_slice(&self.shown[range.start..end]);
        }
    }
}
