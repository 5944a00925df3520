//! The monitor folder: facts in a store, and beside it tables that people may edit.
//!
//! | file | what |
//! | --- | --- |
//! | `facts/` | the store: figures, relations, events, cases |
//! | `monitor.toml` | what the folder is, and how its figures are told |
//! | `regions.csv` | `code,name`, beside the provinces that are known |
//! | `enterprises.csv` | `code,name`, of those whose names are not on the roll |
//! | `targets.csv` | `object,indicator,year,growth`: the user's targets |
//! | `offices.csv`, `contacts.csv` | who answers for a region, how a body is reached (`contacts`) |
//! | `tasks/*.toml` | who owes which figures until when (`tasks`) |
//! | `outgoing/` | letters that no program sends (`delivery`) |
//!
//! Not here: what is in a made-up province (`synthetic`).

use super::Common;
use super::contacts::{CONTACTS, OFFICES};
use super::tasks::TASKS;
use codes::{CreditCode, Frequency, Industry, List, Region};
use facts::{Instant, Object, Role, View};
use monitor::collect::roll_names;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use store::{Options, Store};

const SETTINGS: &str = "monitor.toml";
const REGIONS: &str = "regions.csv";
const ENTERPRISES: &str = "enterprises.csv";
pub(super) const TARGETS: &str = "targets.csv";

/// The largest table that is read, in octets: a million names.
const TABLE_OCTETS_MAX: u64 = 128 << 20;

/// What `monitor.toml` says. The file is written from this struct alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    /// What stands above everything that is shown; empty for nothing.
    pub(super) mark: String,
    /// Whose folder it is: the code of a region.
    pub(super) region: String,
    /// Whether January and February are told as one.
    pub(super) merged_months: bool,
    /// Which figure is read if none is named.
    pub(super) indicator: String,
    /// Who is told what is for nobody in particular; empty for whoever answers for the region.
    pub(super) office: String,
    /// So many days before something is due whoever must act is reminded.
    pub(super) remind_days: u16,
    /// So many days after its end a month is judged: its figures must have had time to come in.
    pub(super) judge_after_days: u16,
    /// After so many days whoever has not confirmed the receipt of a bulletin is reminded.
    pub(super) receipt_days: u16,
    /// The program that takes mail, with its arguments: `["/usr/sbin/sendmail", "-i", "--"]`; the
    /// address is added as the last. Empty for none.
    pub(super) mail: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mark: String::new(),
            region: Region::NATION.to_string(),
            merged_months: true,
            indicator: monitor::province::OUTPUT.to_owned(),
            office: String::new(),
            remind_days: 3,
            judge_after_days: 15,
            receipt_days: 3,
            mail: Vec::new(),
        }
    }
}

impl Settings {
    /// How often figures of months are told.
    pub(super) fn months(&self) -> Frequency {
        if self.merged_months {
            Frequency::MergedMonth
        } else {
            Frequency::Month
        }
    }
}

/// A monitor folder that is open.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    pub(super) settings: Settings,
    /// Shared with a console that shows it.
    pub(super) store: Arc<Store>,
    pub(super) regions: List<Region>,
    pub(super) industries: List<Industry>,
    enterprises: HashMap<Object, String>,
}

/// An error with the file that it is about.
pub(super) fn named(path: &Path) -> impl Fn(&dyn std::fmt::Display) -> String {
    let path = path.display().to_string();
    move |error| format!("{path}: {error}")
}

impl Folder {
    /// Opens the folder that the arguments name.
    pub(super) fn open(common: &Common) -> Result<Self, Box<dyn Error>> {
        Self::open_at(&common.path()?)
    }

    pub(super) fn open_at(path: &Path) -> Result<Self, Box<dyn Error>> {
        let file = path.join(SETTINGS);
        if !file.exists() {
            let path = path.display();
            return Err(format!(
                "{path}: there is no monitor folder; make one with `nameplate monitor init`, or \
                 name another with --data"
            )
            .into());
        }
        let settings = read(&file)?;
        let settings: Settings = toml::from_str(&settings).map_err(|error| named(&file)(&error))?;
        let mut regions = codes::provinces();
        import(&path.join(REGIONS), |text| {
            regions.import(text).map_err(Into::into)
        })?;
        let mut enterprises = HashMap::new();
        import(&path.join(ENTERPRISES), |text| {
            read_enterprises(text, &mut enterprises)
        })?;
        let store = Store::open(&path.join("facts"), &Options::default())?;
        enterprises.extend(roll_names(&*store.view())?);
        Ok(Self {
            path: path.to_owned(),
            settings,
            store: Arc::new(store),
            regions,
            industries: codes::industries(),
            enterprises,
        })
    }

    /// Makes a folder that is not there, or is empty; its settings are written last, so that half
    /// of one is never taken for one.
    pub(super) fn make(path: &Path, tables: &Tables) -> Result<Store, Box<dyn Error>> {
        let is_used = fs::read_dir(path).is_ok_and(|mut files| files.next().is_some());
        if is_used {
            let path = path.display();
            return Err(format!("{path} is not empty; init wants a folder of its own").into());
        }
        fs::create_dir_all(path).map_err(|error| named(path)(&error))?;
        let headings = "code,name\n";
        for (name, text, otherwise) in [
            (REGIONS, &tables.regions, headings),
            (ENTERPRISES, &tables.enterprises, headings),
            (TARGETS, &tables.targets, "object,indicator,year,growth\n"),
            (OFFICES, &tables.offices, "region,body\n"),
            (CONTACTS, &String::new(), "body,mail\n"),
        ] {
            let text = if text.is_empty() { otherwise } else { text };
            write(&path.join(name), text)?;
        }
        if !tables.task.is_empty() {
            let tasks = path.join(TASKS);
            fs::create_dir_all(&tasks).map_err(|error| named(&tasks)(&error))?;
            write(&tasks.join("monthly.toml"), &tables.task)?;
        }
        Ok(Store::open(&path.join("facts"), &Options::default())?)
    }

    /// Says what a folder that was made is.
    pub(super) fn finish(path: &Path, settings: &Settings) -> Result<(), Box<dyn Error>> {
        write(&path.join(SETTINGS), &toml::to_string(settings)?)
    }

    /// Closes it so that the next start replays nothing; leaves that to whoever else has the store.
    pub(super) fn close(self) -> Result<(), store::Error> {
        Arc::into_inner(self.store).map_or(Ok(()), Store::close)
    }

    /// What is known now.
    pub(super) fn view(&self) -> Box<dyn View> {
        self.store.view()
    }

    /// Whose folder it is.
    pub(super) fn region(&self) -> Result<Region, Box<dyn Error>> {
        let file = self.path.join(SETTINGS);
        let region = self.settings.region.parse();
        Ok(region.map_err(|error: codes::Error| named(&file)(&error))?)
    }

    /// What an object is called, if that is known.
    pub(super) fn name(&self, object: &Object) -> Option<String> {
        match object.role() {
            Role::REGION => self.regions.name(object.as_region()?).map(str::to_owned),
            Role::INDUSTRY => self
                .industries
                .name(object.as_industry()?)
                .map(str::to_owned),
            _ => self.enterprises.get(object).cloned(),
        }
    }

    /// All enterprises that have a name.
    pub(super) fn enterprises(&self) -> &HashMap<Object, String> {
        &self.enterprises
    }

    /// One of the tables, if it is there.
    pub(super) fn table(&self, name: &str) -> Result<(PathBuf, String), Box<dyn Error>> {
        let path = self.path.join(name);
        let text = read(&path)?;
        Ok((path, text))
    }
}

/// What a new folder is filled with beside its facts.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) regions: String,
    pub(super) enterprises: String,
    pub(super) targets: String,
    pub(super) offices: String,
    /// A task of the folder, in the words of room `monitor`.
    pub(super) task: String,
}

fn write(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    Ok(fs::write(path, text).map_err(|error| named(path)(&error))?)
}

/// A table of the folder as text: UTF-8, with or without the mark that says so.
fn read(path: &Path) -> Result<String, Box<dyn Error>> {
    let octets = fs::metadata(path)
        .map_err(|error| named(path)(&error))?
        .len();
    if octets > TABLE_OCTETS_MAX {
        return Err(named(path)(&"it has more than 128 MiB").into());
    }
    let text = fs::read_to_string(path).map_err(|error| named(path)(&error))?;
    Ok(text
        .strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or(text))
}

fn import<T>(
    path: &Path,
    mut take: impl FnMut(&str) -> Result<T, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    if !path.exists() {
        return Ok(());
    }
    take(&read(path)?).map_err(|error| named(path)(&error))?;
    Ok(())
}

fn read_enterprises(text: &str, into: &mut HashMap<Object, String>) -> Result<(), Box<dyn Error>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    for row in reader.records() {
        let row = row?;
        let line = row.position().map_or(0, csv::Position::line);
        let code: Result<CreditCode, _> = row.get(0).unwrap_or_default().parse();
        let code = code.map_err(|error| format!("line {line}: {error}"))?;
        let name = row.get(1).unwrap_or_default().trim();
        into.insert(Object::enterprise(code), name.to_owned());
    }
    Ok(())
}

/// What the clock says.
pub(super) fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let ms = since.map_or(0, |since| since.as_millis());
    Instant(u64::try_from(ms).unwrap_or(u64::MAX))
}
