//! Backups of a data folder, also of one that a node is running on, and their restoration.
//!
//! A backup is a data folder with two more files: `backup.json` lists every file with its length,
//! digest and mode, and `backup.sha256` is the digest of that list, in the form that `sha256sum -c`
//! reads. It is written under another name and renamed when it is whole and durable: what has the
//! name it was asked for is whole.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `copy` | how does a file get from one folder to the other? |
//! | `list` | what is in a backup, and is it what was written? |
//! | `log_files` | up to where is the log copied? |
//! | `partial` | where is it made before it is whole, and what may be removed there? |
//! | `restore` | how does a backup become a data folder again? |
//!
//! Not here: who asks for one (rooms `node` and `cli`).

mod copy;
mod list;
mod log_files;
mod partial;
mod restore;
#[cfg(test)]
mod tests;

pub use restore::restore;

use crate::folder;
use crate::tables::{LOADED, read_manifest};
use crate::verify::{Progress, octets_beneath};
use crate::{Error, Position};
use copy::{Copying, sync_folder};
use list::List;
use partial::{MARK_FILE, Partial};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

pub(crate) use list::LIST_FILE;

/// What is not copied as it stands: log and tables are copied by themselves; nobody needs the lock,
/// settings that were not written yet, or what is left of a restoration; the node's own logs say
/// what this machine did, and come and go while a node runs.
const LEFT_OUT: [&str; 6] = [
    "lock",
    "log",
    "tables",
    "logs",
    "folder.json.new",
    MARK_FILE,
];

/// How often the list of tables is read again because a node has just replaced it.
const MANIFEST_TRIES: usize = 16;

/// What a backup should be.
#[derive(Debug, Clone)]
pub struct BackupOrder {
    /// The folder to make; there must be none.
    pub target: PathBuf,
    /// An earlier backup on the same file system: files that are the same are shared with it by
    /// hard links, and cost no room.
    pub previous: Option<PathBuf>,
}

/// What was backed up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backed {
    /// The last entry of the log that it has.
    pub position: u64,
    /// Its files.
    pub files: u64,
    /// Their octets.
    pub octets: u64,
    /// How many of these octets it shares with the earlier backup.
    pub octets_shared: u64,
}

/// Makes a backup of the data folder at `data`, which no node may be running on.
///
/// # Errors
/// [`Error::InUse`]: ask the node for it. [`Error::NotEmpty`], [`Error::NotLeft`],
/// [`Error::BackupWithin`]: name another target. [`Error::Io`]; what was written is
/// under a name that ends with `.partial`, and the next try removes it. [`Error::Corrupted`] if the
/// folder is damaged.
pub fn back_up(
    data: &Path,
    order: &BackupOrder,
    progress: &mut dyn FnMut(Progress),
) -> Result<Backed, Error> {
    let (_lock, _) = folder::lock_to_read(data)?;
    write(data, order, progress)
}

/// Makes a backup of a folder whose log loses no files and whose tables keep theirs meanwhile.
pub(crate) fn write(
    data: &Path,
    order: &BackupOrder,
    progress: &mut dyn FnMut(Progress),
) -> Result<Backed, Error> {
    let settings = folder::read_existing(data)?;
    let partial = Partial::make(&order.target, data)?;
    let previous = order.previous.as_deref().map(list::read).transpose()?;
    let mut copying = Copying {
        from: data.to_owned(),
        to: partial.path().to_owned(),
        previous: order.previous.clone().zip(previous),
        list: List::new(&settings),
        octets_shared: 0,
        done: Progress {
            octets_done: 0,
            octets: octets_beneath(data)?,
        },
        progress,
    };
    copying.make_folder("")?;
    // The tables first: the log then reaches at least as far as they do.
    copy_tables(data, &mut copying)?;
    let position = log_files::copy(data, &settings, &mut copying)?;
    copy_others(data, &mut copying)?;
    finish(copying, partial, position)
}

fn finish(copying: Copying<'_>, partial: Partial, position: Position) -> Result<Backed, Error> {
    let mut list = copying.list;
    list.position = position.0;
    let backed = Backed {
        position: position.0,
        files: list.files.len() as u64,
        octets: list.files.iter().map(|file| file.octets).sum(),
        octets_shared: copying.octets_shared,
    };
    list.write(&copying.to)?;
    partial.finish()?;
    Ok(backed)
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn copy_tables(data: &Path, copying: &mut Copying<'_>) -> Result<(), Error> {
    let folder = data.join("tables");
    // Read before the manifest: it must not say more than that knows.
    let loaded = match fs::read(folder.join(LOADED)) {
        Ok(octets) => Some(octets),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(Error::io("read", text(&folder.join(LOADED)))(error)),
    };
    let mut tries = 0;
    let manifest = loop {
        tries += 1;
        match read_manifest(&folder) {
            // A node may have replaced it between two reads.
            Err(Error::Corrupted { .. }) if tries < MANIFEST_TRIES => (),
            read => break read?,
        }
    };
    let Some(manifest) = manifest else {
        return Ok(());
    };
    copying.make_folder("tables")?;
    copying.make_folder("tables/tables")?;
    for (number, checksum) in &manifest.tables {
        copying.copy_table(&format!("tables/tables/{number}"), *checksum)?;
    }
    copying.put(&format!("tables/{}", manifest.name()), &manifest.octets)?;
    copying.put("tables/current", &manifest.current)?;
    if let Some(loaded) = loaded {
        copying.put(&format!("tables/{LOADED}"), &loaded)?;
    }
    sync_folder(&copying.to.join("tables/tables"))?;
    sync_folder(&copying.to.join("tables"))
}

/// Copies what others keep in the folder: keys, configuration, settings.
fn copy_others(data: &Path, copying: &mut Copying<'_>) -> Result<(), Error> {
    copy_folder(data, "", copying)?;
    sync_folder(&copying.to)
}

fn copy_folder(data: &Path, within: &str, copying: &mut Copying<'_>) -> Result<(), Error> {
    let folder = data.join(within);
    let listed = fs::read_dir(&folder).and_then(Iterator::collect);
    let files: Vec<fs::DirEntry> = listed.map_err(Error::io("list", text(&folder)))?;
    for file in files {
        let Ok(name) = file.file_name().into_string() else {
            continue;
        };
        let is_left_out =
            within.is_empty() && (LEFT_OUT.contains(&name.as_str()) || list::is_list(&name));
        if is_left_out {
            continue;
        }
        let within = if within.is_empty() {
            name
        } else {
            format!("{within}/{name}")
        };
        match copy_other(data, &within, copying) {
            // Whoever keeps it there has removed it since it was listed.
            Err(error) if error.is_not_found() && has_gone(&file.path()) => (),
            copied => copied?,
        }
    }
    Ok(())
}

fn copy_other(data: &Path, within: &str, copying: &mut Copying<'_>) -> Result<(), Error> {
    let path = data.join(within);
    // Through links: the backup must have what they lead to.
    let found = fs::metadata(&path).map_err(Error::io("look at", text(&path)))?;
    if found.is_dir() {
        copying.make_folder(within)?;
        copy_folder(data, within, copying)?;
        sync_folder(&copying.to.join(within))?;
    } else if found.is_file() {
        copying.copy(within)?;
    }
    Ok(())
}

/// Whether there is nothing of this name, not even a link that leads nowhere.
fn has_gone(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}
