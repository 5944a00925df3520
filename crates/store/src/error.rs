//! What can go wrong with storage, and who must act.

use crate::Position;
use model::Key;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Tells why something could not be stored or read.
///
/// Cloned for everybody who waits for the same group, hence the shared causes.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller plans again: somebody else changed what the change relies on.
    #[error("what is stored under {key:?} has changed since it was read; plan again")]
    Conflict {
        /// The first key whose precondition does not hold.
        key: Key,
    },
    /// The caller splits the change.
    #[error("the change has {octets} octets, the limit for one is {limit}; split it")]
    TooLarge {
        /// Its encoded length.
        octets: usize,
        /// The limit.
        limit: usize,
    },
    /// The caller uses keys of a subspace: 1 to 4,096 octets, the first of them not 0.
    #[error("{key:?} cannot be a key: it needs 1 to 4096 octets, the first of them not 0")]
    Key {
        /// The key.
        key: Key,
    },
    /// The caller keeps to its own keys: what these hold, only the store writes.
    #[error("{key:?} is the audit trail's; notes come with changes")]
    Trail {
        /// The key.
        key: Key,
    },
    /// The caller makes a note that keeps to the limits.
    #[error("the note of the change cannot be written: {source}")]
    Note {
        /// What is wrong with it.
        source: model::Error,
    },
    /// The caller is too late: the store is closed.
    #[error("the store is closed")]
    Closed,
    /// The operator restores from a copy, or asks for help: acknowledged data cannot be read.
    #[error("{file} is corrupted at octet {at} ({extent} octets): {reason}")]
    Corrupted {
        /// The file.
        file: String,
        /// Where the damage begins, in octets.
        at: u64,
        /// How long it is, as far as that can be known.
        extent: u64,
        /// What is wrong.
        reason: String,
    },
    /// The operator frees space or mends the disk, then starts the node again. Nothing was done.
    #[error("the store takes no more changes since one could not be made durable: {cause}")]
    ReadOnly {
        /// What happened then.
        cause: String,
    },
    /// The operator does as for [`ReadOnly`](Self::ReadOnly). The next start shows whether this
    /// change has become durable; until then nobody can know.
    #[error("a change may or may not have become durable: {cause}")]
    Unsure {
        /// What happened.
        cause: String,
    },
    /// The caller asks again, and hears what has become of it. It is durable and visible here, and
    /// not with as many copies as were asked for.
    #[error("the change is durable here, but not yet with as many copies as it should")]
    Unconfirmed,
    /// The operator looks at the disk and its permissions.
    #[error("cannot {doing} {file}: {source}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        file: String,
        /// What the operating system says.
        source: Arc<io::Error>,
    },
    /// The operator stops the other process first.
    #[error("{} is in use by another process; a data folder has only one", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The operator names a data folder.
    #[error("{} is no data folder: it has no folder.json", folder.display())]
    NoFolder {
        /// What was named.
        folder: PathBuf,
    },
    /// The operator restores the backup and uses what was restored.
    #[error("{} is a backup: restore it with `nameplate restore`", folder.display())]
    Backup {
        /// The backup.
        folder: PathBuf,
    },
    /// The operator names a backup that is whole: this one is none, or was interrupted.
    #[error("{} is no whole backup: its list or the list's digest is missing", folder.display())]
    NoBackup {
        /// What was named.
        folder: PathBuf,
    },
    /// The operator names a folder that is not there yet, or is empty.
    #[error("{} is not empty, or can be no folder", folder.display())]
    NotEmpty {
        /// What was named.
        folder: PathBuf,
    },
    /// The operator removes what stands where a copy is to be made, or names another target.
    #[error(
        "{} is in the way: it is no folder of this user's that an interrupted backup or restore \
         has left; move it away or choose another name",
        folder.display()
    )]
    NotLeft {
        /// What is in the way.
        folder: PathBuf,
    },
    /// The operator puts the copy elsewhere, best on another disk.
    #[error("{} is within the data folder or backup that it is to be made of", target.display())]
    BackupWithin {
        /// Where the copy should have gone.
        target: PathBuf,
    },
    /// The operator uses the version that made the folder, or a newer one.
    #[error("{} has format {format}, this version reads 1", folder.display())]
    Format {
        /// The folder.
        folder: PathBuf,
        /// Its format.
        format: u32,
    },
    /// The operator restores the tables or lets them be made anew: they cannot be read.
    #[error("the tables cannot be read or written: {source}")]
    Tables {
        /// What the tree says.
        source: Arc<lsm_tree::Error>,
    },
}

impl Error {
    /// Whether the disk is full: the operator makes room. After the log could not be written the
    /// store goes on by itself; after the tables could not, it must be opened again.
    pub fn is_disk_full(&self) -> bool {
        let source = match self {
            Self::Io { source, .. } => source,
            Self::Tables { source } => match &**source {
                lsm_tree::Error::Io(source) => source,
                _ => return false,
            },
            _ => return false,
        };
        source.kind() == io::ErrorKind::StorageFull
    }

    /// Whether a file was looked for that is not there.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    pub(crate) fn io(
        doing: &'static str,
        file: impl Into<String>,
    ) -> impl FnOnce(io::Error) -> Self {
        let file = file.into();
        move |source| Self::Io {
            doing,
            file,
            source: Arc::new(source),
        }
    }

    pub(crate) fn missing(file: &str, last: Position, known: Position) -> Self {
        Self::Corrupted {
            file: file.into(),
            at: 0,
            extent: 0,
            reason: format!(
                "the log ends with entry {last}, but entry {known} is known to have been written"
            ),
        }
    }
}

impl From<lsm_tree::Error> for Error {
    fn from(source: lsm_tree::Error) -> Self {
        Self::Tables {
            source: Arc::new(source),
        }
    }
}
