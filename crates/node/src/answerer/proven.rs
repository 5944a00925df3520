//! Whoever has proven an identity once for all that follows: the sessions and logins, which end
//! when the record with their key changes.
//!
//! Not here: what sessions and logins are ([`engine::sessions`], [`engine::logins`]).

use super::lock;
use crate::visitor::{Line, Source};
use bytes::Bytes;
use engine::logins::Logins;
use engine::sessions::Sessions;
use model::key::Subspace;
use model::{Change, Identifier, Key, Record, SuffixCase};
use std::sync::Mutex;
use store::Position;
use wire::Identity;

/// All who are known by an earlier proof. Shared with the thread that makes changes durable, for
/// whoever asked for a change may be gone when it is made.
pub(super) struct Proven {
    case: SuffixCase,
    /// Locked after the challenges where both are.
    pub(super) sessions: Mutex<Sessions<Source>>,
    /// Locked after the sessions where both are.
    pub(super) logins: Mutex<Logins<Line>>,
    watchers: Mutex<Vec<Watcher>>,
}

/// Is told which identities may have other keys now.
pub(crate) type Watcher = Box<dyn Fn(&dyn Fn(&Identity) -> bool) + Send>;

impl Proven {
    pub(super) fn new(case: SuffixCase, sessions: Sessions<Source>, logins: Logins<Line>) -> Self {
        Self {
            case,
            sessions: Mutex::new(sessions),
            logins: Mutex::new(logins),
            watchers: Mutex::default(),
        }
    }

    /// Tells a front from now on whose keys change, for what it keeps itself.
    pub(super) fn watch(&self, watcher: Watcher) {
        lock(&self.watchers).push(watcher);
    }

    /// Ends the sessions and logins of identities whose records a change has replaced or removed:
    /// their keys may be others now. A change that may yet turn out to be made counts as one: to
    /// end a session that might go on costs its client a proof.
    pub(super) fn end_after(&self, outcome: &Result<Position, store::Error>, keys: &[Key]) {
        let may_be_made = matches!(outcome, Ok(_) | Err(store::Error::Unsure { .. }));
        if keys.is_empty() || !may_be_made {
            return;
        }
        let has_changed = |identity: &Identity| is_one_of(identity, keys, self.case);
        lock(&self.sessions).terminate_of(has_changed);
        lock(&self.logins).end_of(has_changed);
        for tell in &*lock(&self.watchers) {
            tell(&has_changed);
        }
    }
}

/// Whether the record of an identity has one of these keys.
fn is_one_of(identity: &Identity, keys: &[Key], case: SuffixCase) -> bool {
    // Most are others, which shows without making their keys.
    let may_be = |key: &Key| {
        let (key, spelling) = (key.octets(), &identity.identifier);
        let tail = key.len().checked_sub(spelling.len());
        let tail = tail.and_then(|from| key.get(from..));
        tail.is_some_and(|tail| tail.eq_ignore_ascii_case(spelling))
    };
    keys.iter().any(may_be)
        && Identifier::from_octets(identity.identifier.clone())
            .is_ok_and(|identifier| keys.contains(&Key::record(&identifier, case)))
}

/// The records that a change replaces or removes and that held somebody's keys.
pub(super) fn changed_keys(change: &Change) -> Vec<Key> {
    let holds_keys = |octets: &Bytes| {
        let record = Record::from_stored(octets.clone());
        record.is_ok_and(|record| {
            let mut types = record.entries();
            types.any(|entry| {
                let value_type = entry.encoded.type_octets();
                [&b"HS_PUBKEY"[..], b"HS_SECKEY"]
                    .iter()
                    .any(|key| value_type.eq_ignore_ascii_case(key))
            })
        })
    };
    let is_record = |key: &Key| key.octets().first() == Some(&Subspace::RECORDS.0);
    let seen = change.preconditions.iter();
    let held = seen.filter(|seen| is_record(&seen.key));
    let held = held.filter(|seen| seen.seen.as_ref().is_some_and(holds_keys));
    held.map(|seen| seen.key.clone()).collect()
}
