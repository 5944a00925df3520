//! A file system that lies: what was not synced may be lost when the power is cut, calls fail when
//! told to, and there is as little room as wanted. It lies beneath the log *and* the tables.
//!
//! | file | question it answers |
//! | --- | --- |
//! | [`disk`] | what is on the disk, what survives a power cut, what is refused? |
//! | `front` | how does the kernel ask for it? |
//!
//! Not here: what is written to it (`tests/power_cuts.rs`).

#![forbid(unsafe_code)]

pub mod disk;
mod front;

pub use disk::{Chance, Disk};

use fuser::{BackgroundSession, Config, MountOption};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A mounted file system. [`LyingFs::unmount`] ends it; so does dropping it.
pub struct LyingFs {
    disk: Arc<Mutex<Disk>>,
    session: BackgroundSession,
}

impl LyingFs {
    /// Mounts an empty disk on a folder.
    ///
    /// # Errors
    /// The machine has no FUSE, or this process may not mount.
    pub fn mount(on: &Path) -> io::Result<Self> {
        let disk = Arc::new(Mutex::new(Disk::default()));
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("lying-fs".into())];
        let front = front::Front::new(Arc::clone(&disk));
        let session = fuser::spawn_mount(front, on, &config)?;
        Ok(Self { disk, session })
    }

    /// The disk, to tell it when to fail. Whoever uses the file system waits meanwhile.
    pub fn disk(&self) -> MutexGuard<'_, Disk> {
        // A disk is whole after every call; a panic of a test leaves nothing half done.
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Unmounts and waits until nobody is served any more.
    ///
    /// # Errors
    /// Somebody still uses the file system.
    pub fn unmount(self) -> io::Result<()> {
        self.session.umount_and_join()
    }
}
