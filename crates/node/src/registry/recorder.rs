//! The registry as a member applies it, with what each entry means for the store.
//!
//! Not here: what an entry does (room `quorum`), the store (`storing`).

use super::storing::Effect;
use bytes::Bytes;
use quorum::{Applied, Command, Entry, Machine, Registry};
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
        Effect::All {
            delegations: registry.delegations.clone(),
            time: registry.time,
        }
    }
}

impl Machine for Recorder {
    fn apply(&mut self, entry: &Entry) -> Applied {
        let applied = self.registry.apply(entry);
        let (Command::PutDelegation { prefix: name, .. }
        | Command::RemoveDelegation { prefix: name, .. }
        | Command::PutDelegationAsSeen { prefix: name, .. }) = &entry.request.command
        else {
            return applied;
        };
        let published = self.registry.delegations.get(name).cloned();
        let is_new = applied.answer.is_done() && !applied.is_repeated;
        if let Some(published) = published.filter(|_| is_new) {
            self.effects.get_mut().push(Effect::Delegated {
                name: name.clone(),
                published,
                time: self.registry.time,
            });
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
