//! The file in which existing clients find the root: `bootstrap_handles`, in the reference
//! software's form.

use super::files::{self, OPEN};
use super::{Error, ROOT, root};
use model::{Record, Value};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use std::path::Path;
use store::Store;

pub(super) const FILE: &str = "bootstrap_handles";

/// How long clients keep to the file before they ask elsewhere for a newer one. Those that do know
/// only the global root to ask, and would lose this one.
const LIFE_MILLISECONDS: u64 = 10 * 365 * 24 * 3600 * 1000;

/// The file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bootstrap {
    last_update: u64,
    handles: Map<String, Json>,
}

/// Writes the file if it would be another than it is.
pub(super) fn write(folder: &Path, store: &Store) -> Result<(), Error> {
    let mut bootstrap = Bootstrap {
        last_update: 0,
        handles: Map::new(),
    };
    for identifier in [ROOT, root::TRUST] {
        if let Some(record) = root::read_record(store, &root::name(identifier))? {
            bootstrap.add(identifier, &record);
        }
    }
    let mut text = serde_json::to_vec_pretty(&bootstrap).expect("plain fields become JSON");
    text.push(b'\n');
    let path = folder.join(FILE);
    if files::read(&path)?.as_deref() == Some(&text) {
        return Ok(());
    }
    files::replace(&path, &text, OPEN)
}

impl Bootstrap {
    /// Adds the public values of a record. Its youngest date decides how long the file is good.
    fn add(&mut self, identifier: &str, record: &Record) {
        let entries = record.entries();
        let public = entries.filter(|entry| entry.permissions.is_public_read());
        let values: Vec<Value> = public.map(|entry| entry.encoded.value()).collect();
        let youngest = values.iter().map(|value| value.timestamp).max();
        let until = u64::from(youngest.unwrap_or(0)) * 1000 + LIFE_MILLISECONDS;
        self.last_update = self.last_update.max(until);
        let record = json!({ "handle": identifier, "values": values });
        self.handles.insert(identifier.to_owned(), record);
    }
}
