//! Who is nearest to an identifier as far as is known, without asking anybody: for those who want
//! to walk themselves.

use super::Guide;
use super::knowledge::{Knowledge, RecordKey};
use super::service::Scope;
use super::way::{is_same, record_of_servers, root};
use crate::Moment;
use alloc::vec::Vec;
use model::{Identifier, Site};

/// Who is nearest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nearest {
    /// These sites answer for it.
    Sites(Vec<Site>),
    /// Whoever this record names.
    Record(Identifier),
}

/// Tells who is nearest to an identifier; `is_certified` says that only what was verified counts.
pub fn nearest(
    guide: &Guide,
    knowledge: &mut Knowledge,
    identifier: &Identifier,
    is_certified: bool,
    now: Moment,
) -> Nearest {
    let record = record_of_servers(identifier);
    if is_same(&record, &root()) {
        return Nearest::Sites(guide.roots.clone());
    }
    let key = RecordKey::new(&record, Scope::Own, is_certified);
    let named = knowledge.named(&key, now);
    let sites = named.iter().flat_map(|named| named.sites.iter().flatten());
    let sites: Vec<Site> = sites.cloned().collect();
    if sites.is_empty() {
        Nearest::Record(record)
    } else {
        Nearest::Sites(sites)
    }
}
