//! Whose probes are answered without being counted: the probers that this node is told of.
//!
//! Checking a signature costs some 30 µs of a core, and anybody can send what looks like a probe:
//! beyond an allowance, and from whoever is not known, a probe is a question like any other.
//!
//! Not here: what is answered (`answerer/probed`).

use super::ProbesError;
use crate::config::{Config, RegistryConfig};
use crate::visitor::Source;
use crypto::VerifyingKey;
use engine::probing::message::{Kind, claim, is_by};
use engine::{Allowance, AllowanceLimits, Date, Moment};
use model::identifier::PREFIX_OF_PREFIXES;
use model::{Identifier, Reference, Site, SuffixCase};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use wire::Message;

/// How many signatures of probes are checked in a second: several times what the members of a
/// registry send in the same second, and one hundredth of a core.
const CHECKED: AllowanceLimits = AllowanceLimits {
    per_second: 256,
    per_source_and_second: 64,
};

/// The probers that a node knows.
#[derive(Debug)]
pub(crate) struct Probers {
    keys: BTreeMap<(Vec<u8>, u32), VerifyingKey>,
    checked: Mutex<Allowance<Source>>,
}

impl Default for Probers {
    fn default() -> Self {
        Self {
            keys: BTreeMap::new(),
            checked: Mutex::new(Allowance::new(CHECKED)),
        }
    }
}

impl Probers {
    /// Those that the configuration names, and the members of the registry where the node is one:
    /// what is wrong with the file of a member the registry says.
    ///
    /// # Errors
    /// [`ProbesError::File`].
    pub(crate) fn of(config: &Config) -> Result<Self, ProbesError> {
        let named = config.probes.parsed_probers();
        let mut probers = Self::default();
        for (prober, file) in members(config) {
            if let Ok(key) = read_key(&file) {
                probers.keys.insert(name_of(&prober), key);
            }
        }
        for (prober, file) in named.unwrap_or_default() {
            probers.keys.insert(name_of(&prober), read_key(&file)?);
        }
        Ok(probers)
    }

    /// What a request probes, if it is the probe of somebody who is known.
    pub(crate) fn probe(
        &self,
        message: &Message,
        source: Source,
        now: Moment,
        date: Date,
    ) -> Option<Kind> {
        let (kind, prober) = claim(message, date)?;
        let key = self.keys.get(&name_of(&prober))?;
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if !checked.take(source, now) {
            return None;
        }
        drop(checked);
        is_by(message, key).then_some(kind)
    }
}

/// The probers among the members, each by its value in the record of the first prefix: `1:0.NA/88`
/// is the site of the first member. Whoever resolves that finds the key.
fn members(config: &Config) -> Vec<(Reference, PathBuf)> {
    if !config.registry.is_member() {
        return Vec::new();
    }
    let mut members: Vec<_> = config.registry.members.iter().collect();
    members.sort_by_key(|member| member.number);
    let probers = (1..).zip(members).filter_map(|(place, member)| {
        Some((prober_of(&config.registry, place)?, member.site.clone()))
    });
    probers.collect()
}

/// The identity of the member with a place in the list, from 1, as a prober.
pub(crate) fn prober_of(config: &RegistryConfig, place: u32) -> Option<Reference> {
    let prefixes = config.parsed_prefixes();
    let own = [
        PREFIX_OF_PREFIXES.as_bytes(),
        b"/",
        &prefixes.first()?.canonical(),
    ];
    let identifier = Identifier::from_octets(own.concat().into()).ok()?;
    Some(Reference {
        identifier: identifier.spelling().clone(),
        index: place,
    })
}

/// A prober's name in one spelling.
fn name_of(prober: &Reference) -> (Vec<u8>, u32) {
    let identifier = Identifier::from_octets(prober.identifier.clone());
    let canonical = identifier.map(|it| it.canonical(SuffixCase::Insensitive));
    (canonical.unwrap_or_default(), prober.index)
}

fn read_key(path: &Path) -> Result<VerifyingKey, ProbesError> {
    let failed = |reason: &dyn std::fmt::Display| ProbesError::File {
        path: path.to_owned(),
        reason: reason.to_string(),
    };
    let octets = fs::read(path).map_err(|error| failed(&error))?;
    let site: Site = serde_json::from_slice(&octets).map_err(|error| failed(&error))?;
    let server = site.servers.first();
    let server = server.ok_or_else(|| failed(&"the site has no server"))?;
    let key = server.key().map_err(|error| failed(&error))?;
    VerifyingKey::new(&key).map_err(|error| failed(&error))
}
