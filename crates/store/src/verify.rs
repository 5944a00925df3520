//! Whether a data folder is sound: every octet of log and tables is read, and the tables are
//! compared with what the log says.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `log_files` | are the files of the log whole, chained, and without holes? |
//! | `table_files` | are the files of the tables what the tables wrote? |
//! | `contents` | do the tables say what the log says, and can every record be read? |
//!
//! Nothing in the folder is changed. Not here: mending.

mod contents;
mod log_files;
mod table_files;
#[cfg(test)]
mod tests;

pub(crate) use contents::{ReadTables, all_keys, open as open_tables};
pub(crate) use table_files::Checksum;

use crate::folder::{self, Settings};
use crate::{Error, Position};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// How many damages are told one by one; the others are only counted.
const DAMAGES_TOLD_MAX: usize = 1000;

/// How far a long reading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Octets done.
    pub octets_done: u64,
    /// Octets to do, as far as is known.
    pub octets: u64,
}

/// One thing that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// The file, within the data folder.
    pub file: String,
    /// Where it begins, in octets.
    pub at: u64,
    /// How long it is, in octets; 0 if the place is not known more closely.
    pub extent: u64,
    /// What is wrong.
    pub reason: String,
    /// What cannot be answered any more.
    pub lost: String,
    /// What to do.
    pub remedy: String,
}

/// What was found in the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LogFound {
    /// Its files.
    pub files: u64,
    /// Their octets.
    pub octets: u64,
    /// Whole groups.
    pub groups: u64,
    /// The first entry that is there; 0 if there is none.
    pub first: u64,
    /// The last entry that is there; 0 if there is none.
    pub last: u64,
    /// The last entry that is known to have been acknowledged.
    pub acknowledged: u64,
}

/// What was found in the tables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TablesFound {
    /// Their files.
    pub files: u64,
    /// Their octets.
    pub octets: u64,
    /// The last entry that has been applied to them durably.
    pub applied: u64,
    /// Records of identifiers.
    pub records: u64,
    /// Homed prefixes.
    pub homed: u64,
    /// Keys of other subspaces.
    pub others: u64,
    /// Keys that were compared with what the log says of them.
    pub compared: u64,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The format of the folder.
    pub format: u32,
    /// What was found in the log.
    pub log: LogFound,
    /// What was found in the tables.
    pub tables: TablesFound,
    /// What is not as it was written; none if the folder is sound.
    pub damages: Vec<Damage>,
    /// How many there are beyond those.
    pub damages_untold: u64,
    /// What is no damage, but good to know.
    pub remarks: Vec<String>,
}

impl Report {
    /// Whether everything is as it was written.
    pub fn is_sound(&self) -> bool {
        self.damages.is_empty()
    }
}

/// Verifies the data folder, or the backup, at `path`. Reads everything; memory: 40 octets for each
/// key in the log, and the largest file.
///
/// # Errors
/// [`Error::InUse`] if a node is running on it, [`Error::NoFolder`] if it is none,
/// [`Error::Format`] if a newer version made it, [`Error::Io`]. What is damaged is no error but in
/// the report; only `folder.json` must be readable.
pub fn verify(path: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Report, Error> {
    let (_lock, settings) = folder::lock_to_read(path)?;
    let octets = octets_beneath(&path.join("log"))? + 2 * octets_beneath(&path.join("tables"))?;
    let mut verification = Verification {
        path: path.to_owned(),
        settings,
        report: Report {
            format: folder::FORMAT,
            log: LogFound::default(),
            tables: TablesFound::default(),
            damages: Vec::new(),
            damages_untold: 0,
            remarks: Vec::new(),
        },
        done: Progress {
            octets_done: 0,
            octets,
        },
        progress,
    };
    verification.run()?;
    Ok(verification.report)
}

/// The octets of all files in a folder and those in it.
pub(crate) fn octets_beneath(path: &Path) -> Result<u64, Error> {
    let name = path.to_string_lossy().into_owned();
    let mut octets = 0;
    let files = match std::fs::read_dir(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        files => files.map_err(Error::io("list", name.clone()))?,
    };
    for file in files {
        let file = file.map_err(Error::io("list", name.clone()))?;
        // What a running node removes meanwhile is not there.
        octets += match file.metadata() {
            Ok(found) if found.is_dir() => octets_beneath(&file.path())?,
            Ok(found) => found.len(),
            Err(_) => 0,
        };
    }
    Ok(octets)
}

/// What a damage is about; it decides what is lost and what to do.
enum About {
    /// Entries of the log, the first and the last.
    Entries(Position, Position),
    /// The file that says how far the log was acknowledged.
    Head,
    /// A file of the tables, or what the tables say.
    Tables,
    /// One record.
    Record,
}

/// A verification under way.
struct Verification<'p> {
    path: PathBuf,
    settings: Settings,
    report: Report,
    done: Progress,
    progress: &'p mut dyn FnMut(Progress),
}

impl Verification<'_> {
    fn run(&mut self) -> Result<(), Error> {
        let files_sound = self.verify_table_files()?;
        let applied = if files_sound {
            contents::open(&self.path)
        } else {
            Ok(None)
        };
        let tables = match applied {
            Ok(tables) => tables,
            Err(error @ Error::Io { .. }) => return Err(error),
            Err(error) => {
                self.damage("tables", 0, 0, error.to_string(), &About::Tables);
                None
            }
        };
        let applied = tables
            .as_ref()
            .map_or(Position::START, |tables| tables.applied);
        self.report.tables.applied = applied.0;
        let said = self.verify_log(applied)?;
        if let Some(tables) = tables {
            self.verify_contents(&*tables.view, said);
        }
        self.remedy_tables();
        Ok(())
    }

    fn advance(&mut self, octets: u64) {
        let done = &mut self.done;
        done.octets_done = (done.octets_done + octets).min(done.octets);
        (self.progress)(*done);
    }

    fn remark(&mut self, text: impl Into<String>) {
        self.report.remarks.push(text.into());
    }

    fn damage(&mut self, file: &str, at: u64, extent: u64, reason: String, about: &About) {
        if self.report.damages.len() == DAMAGES_TOLD_MAX {
            self.report.damages_untold += 1;
            return;
        }
        let applied = self.report.tables.applied;
        let (lost, remedy) = match about {
            About::Entries(first, last) if last.0 <= applied => (
                format!("the history of entries {first} to {last}; the tables hold their outcome"),
                "the node can start; make a backup and watch the disk".into(),
            ),
            About::Entries(first, last) => (
                format!("what entries {first} to {last} changed"),
                "restore a backup (`nameplate restore`)".into(),
            ),
            About::Head => (
                "nothing, but nobody can tell whether the end of the log is".into(),
                "restore a backup (`nameplate restore`)".into(),
            ),
            About::Record => (
                "this record".into(),
                "register it again, or restore a backup (`nameplate restore`)".into(),
            ),
            // Known once the log has been read.
            About::Tables => (String::new(), String::new()),
        };
        self.report.damages.push(Damage {
            file: file.into(),
            at,
            extent,
            reason,
            lost,
            remedy,
        });
    }

    /// Whether the log has every entry there ever was.
    fn is_log_whole(&self) -> bool {
        let is_damaged = |damage: &Damage| damage.file.starts_with("log");
        let log = &self.report.log;
        log.first <= 1
            && log.last >= self.report.tables.applied
            && !self.report.damages.iter().any(is_damaged)
    }

    /// Says of damaged tables what is lost: that depends on the log.
    fn remedy_tables(&mut self) {
        let is_log_whole = self.is_log_whole();
        let unsaid = |damage: &&mut Damage| damage.remedy.is_empty();
        for damage in self.report.damages.iter_mut().filter(unsaid) {
            let (lost, remedy) = if is_log_whole {
                (
                    "nothing: the log has it all",
                    "remove the folder `tables`; the next start makes it anew from the log",
                )
            } else {
                (
                    "records that were written last before the log begins",
                    "restore a backup (`nameplate restore`)",
                )
            };
            damage.lost = lost.into();
            damage.remedy = remedy.into();
        }
    }
}
