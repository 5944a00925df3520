//! How far an import has come, kept in the store itself: it is written in the same change as what
//! it counts, so nothing is carried out twice and nothing is left out, whenever the power fails.

use super::input::{Format, Input, State};
use bytes::Bytes;
use model::Key;
use serde::{Deserialize, Serialize};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use store::Store;

/// Format of the stored octets; JSON follows.
const FORMAT: u8 = 1;

/// How far an import has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Checkpoint {
    /// Where it is kept and of which file; `None` if the file cannot be read again.
    pub(super) of: Option<Kept>,
    /// Whether there is no more to come.
    pub(super) is_through: bool,
    pub(super) counts: Counts,
}

/// Where a checkpoint is kept, and what must still be so when the import goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    key: Key,
    file: FileForm,
}

/// The file and how it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FileForm {
    state: State,
    format: Format,
    /// The text of the mapping file.
    mapping: Option<String>,
    policy: String,
}

/// What became of the items of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    /// All that were read.
    pub(super) items: u64,
    /// Carried out.
    pub(super) done: u64,
    /// Left as they were, as asked for.
    pub(super) skipped: u64,
    /// Wrong.
    pub(super) refused: u64,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    file: FileForm,
    counts: Counts,
    is_through: bool,
}

impl Checkpoint {
    /// The beginning of an import.
    pub(super) fn begin(input: &Input, mapping: Option<String>, policy: String) -> Self {
        let of = input.again.as_ref().map(|(path, state)| Kept {
            key: key(path),
            file: FileForm {
                state: *state,
                format: input.format,
                mapping,
                policy,
            },
        });
        Self {
            of,
            ..Self::default()
        }
    }

    /// How far an earlier import of the same file came, and whether that was its end.
    ///
    /// # Errors
    /// The store cannot be read; or the file, or how it shall be read, is not what it was.
    pub(super) fn earlier(&self, store: &Store) -> Result<Option<(Counts, bool)>, String> {
        let Some(kept) = &self.of else {
            return Ok(None);
        };
        let stored = store
            .view()
            .get(&kept.key)
            .map_err(|error| error.to_string())?;
        self.read(stored.as_deref())
    }

    /// The same of what [`Checkpoint::entry`] wrote, wherever that is kept.
    ///
    /// # Errors
    /// The file, or how it shall be read, is not what it was.
    pub(super) fn read(&self, stored: Option<&[u8]>) -> Result<Option<(Counts, bool)>, String> {
        let (Some(kept), Some(octets)) = (&self.of, stored) else {
            return Ok(None);
        };
        let stored: Option<Stored> = match octets.split_first() {
            Some((&FORMAT, json)) => serde_json::from_slice(json).ok(),
            _ => None,
        };
        match stored {
            Some(stored) if stored.file == kept.file => {
                Ok(Some((stored.counts, stored.is_through)))
            }
            _ => Err(
                "the file, its mapping or the flags have changed since the import was \
                      interrupted; import it from its start, without --resume"
                    .into(),
            ),
        }
    }

    /// What is written with a change. It stays when the import is through: an import that was
    /// killed before it could say so is not carried out again.
    pub(super) fn entry(&self) -> Option<(Key, Option<Bytes>)> {
        let kept = self.of.as_ref()?;
        let stored = Stored {
            file: kept.file.clone(),
            counts: self.counts,
            is_through: self.is_through,
        };
        let mut octets = vec![FORMAT];
        serde_json::to_writer(&mut octets, &stored).expect("numbers and strings can be printed");
        Some((kept.key.clone(), Some(octets.into())))
    }
}

fn key(path: &Path) -> Key {
    Key::import(path.as_os_str().as_bytes())
}
