//! A disk that lies: it loses what was not synced, sector by sector, and fails on demand.

use super::{Disk, DiskFile};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

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
}

#[derive(Debug, Clone, Default)]
struct Content {
    written: Vec<u8>,
    synced: Vec<u8>,
}

impl LyingDisk {
    /// A disk with a copy of everything on this one, synced or not.
    pub(crate) fn image(&self) -> Self {
        let state = self.state.lock().unwrap().clone();
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Lets `count` more writes succeed; then the disk is full, but for half of the next write.
    pub(crate) fn fill_after(&self, count: u64) {
        self.state.lock().unwrap().writes_until_full = Some(count);
    }

    /// Makes room again.
    pub(crate) fn make_room(&self) {
        self.state.lock().unwrap().writes_until_full = None;
    }

    /// Lets `count` more syncs succeed; then one fails.
    pub(crate) fn fail_sync_after(&self, count: u64) {
        self.state.lock().unwrap().syncs_until_failure = Some(count);
    }

    /// Cuts the power: of what was not synced, `keeps` says sector by sector what survives.
    pub(crate) fn cut_power(&self, mut keeps: impl FnMut() -> bool) {
        for content in self.state.lock().unwrap().files.values_mut() {
            content.cut_power(&mut keeps);
        }
    }

    /// Changes the octets of a file, as a failing disk would.
    pub(crate) fn damage(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state.lock().unwrap();
        let content = state.files.get_mut(name).expect("the file is there");
        change(&mut content.written);
        content.synced = content.written.clone();
    }
}

impl Content {
    fn cut_power(&mut self, keeps: &mut impl FnMut() -> bool) {
        // A file may have grown without all of the new sectors, or not have grown.
        let length = if keeps() {
            self.written.len()
        } else {
            self.synced.len()
        };
        let mut survived = vec![0; length];
        for (at, octet) in survived.iter_mut().enumerate() {
            *octet = self.synced.get(at).copied().unwrap_or_default();
        }
        for start in (0..length).step_by(SECTOR_OCTETS) {
            let end = length.min(start + SECTOR_OCTETS).min(self.written.len());
            if start < end && keeps() {
                survived[start..end].copy_from_slice(&self.written[start..end]);
            }
        }
        self.written.clone_from(&survived);
        self.synced = survived;
    }
}

impl Disk for LyingDisk {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.state.lock().unwrap().files.keys().cloned().collect())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let state = self.state.lock().unwrap();
        let content = state.files.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(content.written.clone())
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        self.read(name).map(|octets| octets.len() as u64)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        self.state
            .lock()
            .unwrap()
            .files
            .entry(name.to_owned())
            .or_default();
        Ok(Box::new(LyingFile {
            disk: self.clone(),
            name: name.to_owned(),
        }))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.state.lock().unwrap().files.remove(name);
        Ok(())
    }
}

struct LyingFile {
    disk: LyingDisk,
    name: String,
}

impl LyingFile {
    fn with<T>(&self, act: impl FnOnce(&mut Content) -> T) -> T {
        let mut state = self.disk.state.lock().unwrap();
        act(state.files.entry(self.name.clone()).or_default())
    }

    fn count_down(&self, which: fn(&mut State) -> &mut Option<u64>) -> bool {
        let mut state = self.disk.state.lock().unwrap();
        match which(&mut state) {
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
        let at = usize::try_from(at).unwrap();
        self.with(|content| {
            let end = at + octets.len();
            let length = content.written.len().max(end);
            content.written.resize(length, 0);
            content.written[at..end].copy_from_slice(octets);
        });
        if is_full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.count_down(|state| &mut state.syncs_until_failure) {
            return Err(io::Error::other("the disk lost a write"));
        }
        self.with(|content| content.synced.clone_from(&content.written));
        Ok(())
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).unwrap();
        self.with(|content| {
            content.written.truncate(length);
            content.synced.clone_from(&content.written);
        });
        Ok(())
    }
}
