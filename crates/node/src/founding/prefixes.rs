//! The records of the prefixes that the node is home to, such as `0.NA/88.156`: clients ask the
//! root for them, and find the site there.
//!
//! They are made when the node starts, not where a prefix comes in: an import into an empty folder
//! does not know where the node will be, and a node that moves has to tell so in all of them.
//!
//! Not here: records that the members of a registry agree on, and what an operator has registered
//! under such a name. It stays, but for this node's own site in it.

use super::Error;
use super::root::{self, Own, SITE_6_INDEX, SITE_INDEX, admin_value, is_site, site_values};
use super::site::Sites;
use crate::registry::Owned;
use model::identifier::PREFIX_OF_PREFIXES;
use model::key::Subspace;
use model::site::Site;
use model::{Change, Identifier, Key, Record, Value};
use store::Store;
use tracing::warn;

/// How many prefixes are looked after, at some 10 µs each: more would make every start slow. Beyond
/// it prefixes have no record unless their operator registers one.
const PREFIXES_COUNT_MAX: usize = 100_000;

/// How many records are written with one sync: a few hundred kilobytes.
const CHANGE_RECORDS_MAX: usize = 256;

/// Registers the records that are missing, and brings this node's site in the others up to date.
/// Durable when it returns.
pub(super) fn write(
    store: &Store,
    sites: &Sites,
    own: &Own<'_>,
    agreed_on: &Owned,
) -> Result<(), Error> {
    let view = store.view();
    let [first, end] = Subspace::HOMED.bounds();
    let mut change = Change::default();
    for (count, stored) in view.range(&first, &end).enumerate() {
        let (home, _) = stored?;
        if count == PREFIXES_COUNT_MAX {
            warn!(count, "there are more prefixes than records are made for");
            break;
        }
        let record = describing(&home);
        let record = record.filter(|it| !agreed_on.has(it));
        let Some(identifier) = record else { continue };
        write_one(&mut change, store, &identifier, sites, own)?;
        if change.writes.len() >= 2 * CHANGE_RECORDS_MAX {
            store.commit(std::mem::take(&mut change))?;
        }
    }
    if !change.is_empty() {
        store.commit(change)?;
    }
    Ok(())
}

/// Adds the record of one prefix to a change, if it is to be written.
fn write_one(
    change: &mut Change,
    store: &Store,
    identifier: &Identifier,
    sites: &Sites,
    own: &Own<'_>,
) -> Result<(), Error> {
    let stored = match root::read_record(store, identifier) {
        Err(Error::Record { identifier, source }) => {
            // The node can do without it: others find their prefixes all the same.
            warn!(%identifier, %source, "the record of a prefix cannot be read; it stays as it is");
            return Ok(());
        }
        read => read?,
    };
    let values = match &stored {
        None => new_values(sites),
        Some(record) => match values_with_sites(record, sites, own) {
            Some(values) => values,
            None => return Ok(()),
        },
    };
    root::add(change, store, identifier, values, stored.as_ref())
}

/// The identifier of the record that describes a prefix; `None` for one that no identifier can.
fn describing(home: &Key) -> Option<Identifier> {
    let prefix = str::from_utf8(home.octets().get(1..)?).ok()?;
    format!("{PREFIX_OF_PREFIXES}/{prefix}").parse().ok()
}

fn new_values(sites: &Sites) -> Vec<Value> {
    let mut values = site_values(sites);
    values.push(admin_value());
    values
}

/// The values of a record with this node's site replaced where it would have been written; `None`
/// if it is not there.
fn values_with_sites(record: &Record, sites: &Sites, own: &Own<'_>) -> Option<Vec<Value>> {
    let is_ours = |value: &Value| {
        let is_there = [SITE_INDEX, SITE_6_INDEX].contains(&value.index) && is_site(value);
        is_there && Site::decode(value.data.clone()).is_ok_and(|site| own.is(&site))
    };
    let all = record.entries().map(|entry| entry.encoded.value());
    let (ours, mut values): (Vec<Value>, Vec<Value>) = all.partition(is_ours);
    if ours.is_empty() {
        return None;
    }
    let mut new = site_values(sites);
    new.retain(|value| values.iter().all(|other| other.index != value.index));
    values.extend(new);
    Some(values)
}
