//! How a backup becomes a data folder again: copied under another name, verified, renamed.

use super::copy::{Copying, sync_folder};
use super::list::{self, List, damaged};
use super::partial::Partial;
use super::{Backed, text};
use crate::Error;
use crate::verify::{self, Progress};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What is taken of the modes that a list gives: what the owner may do. A list may come from a
/// stranger, and what it makes holds secrets: nobody else may look into it, and nothing runs as
/// somebody else.
const OWNER: u32 = 0o700;

/// Makes the data folder `data` from the backup at `backup`, and verifies it before it gets its
/// name. `data` must not be there, or be empty.
///
/// # Errors
/// [`Error::NotEmpty`], [`Error::NotLeft`], [`Error::BackupWithin`], [`Error::NoBackup`],
/// [`Error::Format`], [`Error::Io`];
/// [`Error::Corrupted`] if the backup is not what was written. Then there is no folder at `data`;
/// what was written is under a name that ends with `.partial`, and the next try removes it.
pub fn restore(
    backup: &Path,
    data: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Backed, Error> {
    let list = list::read(backup)?;
    let partial = Partial::make(data, backup)?;
    let octets: u64 = list.files.iter().map(|file| file.octets).sum();
    let mut copying = Copying {
        from: backup.to_owned(),
        to: partial.path().to_owned(),
        previous: None,
        list: list.emptied(),
        octets_shared: 0,
        done: Progress {
            octets_done: 0,
            octets: 3 * octets,
        },
        progress,
    };
    copy_all(&list, &mut copying)?;
    let copied = copying.done.octets_done;
    verify_copy(partial.path(), copied, progress)?;
    partial.finish()?;
    Ok(Backed {
        position: list.position,
        files: list.files.len() as u64,
        octets,
        octets_shared: 0,
    })
}

fn copy_all(list: &List, copying: &mut Copying<'_>) -> Result<(), Error> {
    for folder in &list.folders {
        copying.make_folder(&folder.path)?;
    }
    for file in &list.files {
        let sha256 = copying.copy(&file.path)?;
        if sha256 != file.sha256 {
            let reason = "its digest is not the one that the backup lists".into();
            return Err(damaged(&file.path, file.octets, reason));
        }
        let to = copying.to.join(&file.path);
        fs::set_permissions(&to, Permissions::from_mode(file.mode & OWNER))
            .map_err(Error::io("set the mode of", text(&to)))?;
    }
    for folder in list.folders.iter().rev() {
        let to = copying.to.join(&folder.path);
        fs::set_permissions(&to, Permissions::from_mode(OWNER))
            .map_err(Error::io("set the mode of", text(&to)))?;
        sync_folder(&to)?;
    }
    Ok(())
}

/// A backup may have been made of what was damaged already.
fn verify_copy(path: &Path, copied: u64, progress: &mut dyn FnMut(Progress)) -> Result<(), Error> {
    let report = verify::verify(path, &mut |done| {
        progress(Progress {
            octets_done: copied + done.octets_done,
            octets: copied + done.octets,
        });
    })?;
    match report.damages.first() {
        None => Ok(()),
        Some(damage) => Err(Error::Corrupted {
            file: damage.file.clone(),
            at: damage.at,
            extent: damage.extent,
            reason: damage.reason.clone(),
        }),
    }
}
