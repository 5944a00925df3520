//! The registry as a member applies it, with what each entry means for the store.
//!
//! Not here: what an entry does (room `quorum`), the store (`storing`).

use super::storing::Effect;
use bytes::Bytes;
use model::{Prefix, Reference};
use quorum::{Answer, Applied, Command, DataSetName, Entry, Machine, Registry};
use std::cell::RefCell;

/// The registry, and what was done to it that the store does not know yet.
pub(super) struct Recorder {
    registry: Registry,
    pub(super) effects: RefCell<Vec<Effect>>,
}

impl Recorder {
    pub(super) fn new(registry: Registry) -> Self {
        Self {
            registry,
            effects: RefCell::default(),
        }
    }

    /// What brings the store up to all of a registry.
    pub(super) fn all(registry: &Registry) -> Effect {
        let firsts = registry.data_sets.iter().filter_map(|(name, set)| {
            let first = set.first_for_resolution.clone();
            Some((prefix_of(name)?, first?))
        });
        Effect::All {
            delegations: registry.delegations.clone(),
            firsts: firsts.collect(),
            time: registry.time,
        }
    }

    /// Who stands first in the record of a prefix for the time being.
    fn first(&self, name: &Bytes) -> Option<Reference> {
        let prefix: Prefix = str::from_utf8(name).ok()?.parse().ok()?;
        let set = self.registry.data_sets.get(&DataSetName::of(&prefix))?;
        set.first_for_resolution.clone()
    }

    /// What an entry means for the record of a prefix, now that it is carried out.
    fn note(&mut self, name: Bytes, is_published: bool) {
        if let Some(published) = self.registry.delegations.get(&name).cloned() {
            let first = self.first(&name);
            self.effects.get_mut().push(Effect::Delegated {
                name,
                published,
                first,
                is_published,
                time: self.registry.time,
            });
        }
    }
}

/// The prefix, in canonical form, whose records a data set is of.
pub(super) fn prefix_of(name: &DataSetName) -> Option<Bytes> {
    let octets = name.octets();
    let prefix = octets.strip_prefix(b"records:")?;
    Some(octets.slice_ref(prefix))
}

impl Machine for Recorder {
    fn apply(&mut self, entry: &Entry) -> Applied {
        let applied = self.registry.apply(entry);
        if !applied.answer.is_done() || applied.is_repeated {
            return applied;
        }
        match &entry.request.command {
            Command::PutDelegation { prefix: name, .. }
            | Command::RemoveDelegation { prefix: name, .. }
            | Command::PutDelegationAsSeen { prefix: name, .. } => self.note(name.clone(), true),
            // A proposal alone puts nobody first.
            Command::ProposeTakeOver { .. } if applied.answer == Answer::Proposed => (),
            Command::ProposeTakeOver { name, .. }
            | Command::ConfirmTakeOver { name, .. }
            | Command::WithdrawTakeOver { name, .. } => {
                if let Some(prefix) = prefix_of(name) {
                    self.note(prefix, false);
                }
            }
            _ => (),
        }
        applied
    }

    fn encode(&self) -> Bytes {
        self.registry.encode()
    }

    fn restore(&mut self, octets: Bytes) -> Result<(), quorum::Error> {
        self.registry = Registry::decode(octets)?;
        let effect = Self::all(&self.registry);
        *self.effects.get_mut() = vec![effect];
        Ok(())
    }

    fn registry(&self) -> &Registry {
        &self.registry
    }
}
