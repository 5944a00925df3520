//! A disk that lies: it loses what was not synced, sector by sector, and fails on demand.

use super::{Disk, DiskFile};
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

const SECTOR_OCTETS: usize = 512;

/// A disk in memory. Clones share it; [`LyingDisk::image`] copies it.
#[derive(Debug, Clone, Default)]
pub(crate) struct LyingDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Clone, Default)]
struct State {
    files: BTreeMap<String, Content>,
    writes_until_full: Option<u64>,
    syncs_until_failure: Option<u64>,
    keeps_files: bool,
}

#[derive(Debug, Clone, Default)]
struct Content {
    /// What a reader sees.
    written: Vec<u8>,
    /// What a power cut leaves for certain.
    synced: Vec<u8>,
    /// What the next sync makes durable. As on a real system, a failed sync forgets it: what is
    /// shown afterwards need not be on the disk, whatever later syncs say.
    unsynced: Vec<Range<usize>>,
}

impl LyingDisk {
    /// A disk with a copy of everything on this one, synced or not.
    pub(crate) fn image(&self) -> Self {
        let state = self.lock().clone();
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Lets `count` more writes succeed; then the disk is full, but for half of the next write.
    pub(crate) fn fill_after(&self, count: u64) {
        self.lock().writes_until_full = Some(count);
    }

    /// Makes room again.
    pub(crate) fn make_room(&self) {
        self.lock().writes_until_full = None;
    }

    /// Lets `count` more syncs succeed; then every one fails, until it is mended.
    pub(crate) fn fail_sync_after(&self, count: u64) {
        self.lock().syncs_until_failure = Some(count);
    }

    /// Lets syncs succeed again.
    pub(crate) fn mend(&self) {
        self.lock().syncs_until_failure = None;
    }

    /// Refuses to remove files from now on.
    pub(crate) fn keep_files(&self) {
        self.lock().keeps_files = true;
    }

    /// Cuts the power: of what was not synced, `keeps` says sector by sector what survives.
    pub(crate) fn cut_power(&self, mut keeps: impl FnMut() -> bool) {
        for content in self.lock().files.values_mut() {
            content.cut_power(&mut keeps);
        }
    }

    /// Changes the octets of a file, as a failing disk would.
    pub(crate) fn damage(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.lock();
        let content = state.files.get_mut(name).expect("the file is there");
        change(&mut content.written);
        content.synced = content.written.clone();
        content.unsynced.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Content {
    fn write(&mut self, at: usize, octets: &[u8]) {
        let end = at + octets.len();
        let length = self.written.len().max(end);
        self.written.resize(length, 0);
        self.written[at..end].copy_from_slice(octets);
        self.unsynced.push(at..end);
    }

    fn sync(&mut self) {
        for range in std::mem::take(&mut self.unsynced) {
            self.make_durable(range);
        }
    }

    fn make_durable(&mut self, range: Range<usize>) {
        let end = range.end.min(self.written.len());
        if self.synced.len() < end {
            self.synced.resize(end, 0);
        }
        if range.start < end {
            self.synced[range.start..end].copy_from_slice(&self.written[range.start..end]);
        }
    }

    fn cut_power(&mut self, keeps: &mut impl FnMut() -> bool) {
        for range in std::mem::take(&mut self.unsynced) {
            let sectors = range.start / SECTOR_OCTETS..=range.end / SECTOR_OCTETS;
            for sector in sectors.filter(|_| keeps()) {
                let start = range.start.max(sector * SECTOR_OCTETS);
                self.make_durable(start..range.end.min((sector + 1) * SECTOR_OCTETS));
            }
        }
        self.written.clone_from(&self.synced);
    }
}

impl Disk for LyingDisk {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.lock().files.keys().cloned().collect())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let state = self.lock();
        let content = state.files.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(content.written.clone())
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        self.read(name).map(|octets| octets.len() as u64)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        self.lock().files.entry(name.to_owned()).or_default();
        Ok(Box::new(LyingFile {
            disk: self.clone(),
            name: name.to_owned(),
        }))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.lock();
        if state.keeps_files {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        state.files.remove(name);
        Ok(())
    }
}

struct LyingFile {
    disk: LyingDisk,
    name: String,
}

impl LyingFile {
    fn with<T>(&self, act: impl FnOnce(&mut Content) -> T) -> T {
        act(self.disk.lock().files.entry(self.name.clone()).or_default())
    }

    fn count_down(&self, which: fn(&mut State) -> &mut Option<u64>) -> bool {
        match which(&mut self.disk.lock()) {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }
}

impl DiskFile for LyingFile {
    fn write_at(&mut self, at: u64, octets: &[u8]) -> io::Result<()> {
        let is_full = self.count_down(|state| &mut state.writes_until_full);
        let octets = if is_full {
            &octets[..octets.len() / 2]
        } else {
            octets
        };
        self.with(|content| content.write(usize::try_from(at).unwrap(), octets));
        if is_full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.count_down(|state| &mut state.syncs_until_failure) {
            self.with(|content| content.unsynced.clear());
            return Err(io::Error::other("the disk lost a write"));
        }
        self.with(Content::sync);
        Ok(())
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).unwrap();
        self.with(|content| {
            content.written.truncate(length);
            content.synced.truncate(length);
            content.sync();
        });
        Ok(())
    }
}
