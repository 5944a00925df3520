//! Copies: how this node's records are sent to those that copy it, and taken from the node that
//! this one copies.
//!
//! ```text
//! log ─ source ─ protected ═══ TLS ═══ protected ─ mirror ─ committer ─ log
//!          └──────────────── confirmed ────────────┘
//! ```
//!
//! Beside it: `replication/source.rs` what follows the answer to a mirror,
//! `replication/protected.rs` how streams are protected, `replication/dialogue.rs` how a source is
//! asked, `replication/mirror.rs` the tasks of a copy, `replication/taking.rs` what they do with
//! what comes, `replication/progress.rs` how far they are, `replication/promotion.rs` how a copy
//! becomes the writer, `replication/waiting.rs` who waits for copies, and until when. Here: who
//! counts as a copy. Not here: who may copy (room `engine`).

mod dialogue;
pub(crate) mod mirror;
mod progress;
mod promotion;
mod protected;
pub(crate) mod source;
mod taking;
#[cfg(test)]
mod tests;
mod waiting;

pub use mirror::MirrorError;
pub use progress::{CopyState, MirrorState, ReplicationState};
pub use promotion::{Promoted, PromotionError, promote, promote_to};
pub(crate) use protected::Pinned;
pub(crate) use waiting::Timekeeper;

use crate::config::{Config, ParseError};
use crate::founding::Founded;
use crypto::SigningKey;
use engine::replication::{Numbering, Policy, is_copied};
use model::key::Subspace;
use model::{Change, Identifier, Key, Reference};
use progress::Progress;
use protected::acceptor;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::{LogHead, Store};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use waiting::Waiting;
use wire::Identity;

/// How this node stands with its copies, as the configuration says.
pub(crate) struct ReplicationSettings {
    copies: Vec<Reference>,
    policy: Policy,
    policies: BTreeMap<Vec<u8>, Policy>,
    patience: Duration,
    dumps_max: usize,
    followers_max: usize,
    octets_per_second: u64,
    in_clear: bool,
    is_copy: bool,
    site_key: Option<Arc<SigningKey>>,
    tls: Option<TlsAcceptor>,
}

impl Default for ReplicationSettings {
    fn default() -> Self {
        Self::of(&Config::default(), None).expect("the defaults are right")
    }
}

impl std::fmt::Debug for ReplicationSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReplicationSettings")
    }
}

impl ReplicationSettings {
    /// # Errors
    /// As the check of the configuration, which has been done.
    pub(crate) fn of(config: &Config, founded: Option<&Founded>) -> Result<Self, ParseError> {
        let replication = &config.replication;
        let site_key = founded.map(|founded| Arc::clone(&founded.signing_key));
        let policies = replication.acknowledgement_of.iter();
        Ok(Self {
            copies: replication.counting()?,
            policy: replication.acknowledgement.policy(),
            policies: policies
                .map(|(prefix, it)| (prefix.to_ascii_uppercase().into_bytes(), it.policy()))
                .collect(),
            patience: Duration::from_millis(replication.ack_timeout_ms),
            dumps_max: replication.dumps_max,
            followers_max: replication.followers_max,
            octets_per_second: replication.dump_octets_per_second,
            in_clear: replication.in_clear,
            is_copy: config.mirror.of.is_some(),
            // A key that TLS cannot use, such as one of DSA, can still sign.
            tls: site_key.as_ref().and_then(|key| acceptor(key).ok()),
            site_key,
        })
    }
}

/// The copies of a node, and the copy that it is.
pub(crate) struct Replication {
    settings: ReplicationSettings,
    /// None if what is stored of it cannot be read: then nobody can copy. Watched by streams, which
    /// end when another epoch begins.
    numbering: watch::Sender<Option<Numbering>>,
    waiting: Waiting,
    head: watch::Receiver<LogHead>,
    dumps: Arc<Semaphore>,
    followers: Arc<Semaphore>,
    pub(crate) progress: Progress,
}

impl Replication {
    pub(crate) fn new(settings: ReplicationSettings, store: &Store) -> Self {
        let (published, head) = watch::channel(store.head());
        store.watch(Box::new(move |head| {
            published.send_replace(head);
        }));
        let stored = store.view().get(&Key::numbering());
        let numbering = match stored {
            Ok(None) => Some(Numbering::default()),
            Ok(Some(octets)) => Numbering::read(octets).ok(),
            Err(_) => None,
        };
        Self {
            numbering: watch::Sender::new(numbering),
            waiting: Waiting::new(settings.copies.len(), settings.patience),
            head,
            dumps: Arc::new(Semaphore::new(settings.dumps_max)),
            followers: Arc::new(Semaphore::new(settings.followers_max)),
            progress: Progress::new(settings.is_copy),
            settings,
        }
    }

    /// How transactions are numbered now, if that can be read.
    pub(crate) fn numbering(&self) -> Option<Numbering> {
        *self.numbering.borrow()
    }

    /// From now on transactions are numbered so: the streams that are under way end, and copies ask
    /// anew.
    pub(crate) fn begin_epoch(&self, numbering: Numbering) {
        self.numbering.send_replace(Some(numbering));
    }

    /// Whether the node is a copy that does not have everything yet: it must not say of anything
    /// that it is not there.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.settings.is_copy && !self.progress.is_complete()
    }

    /// Whether the node is a copy of another, and takes changes from nobody else.
    pub(crate) fn is_copy(&self) -> bool {
        self.settings.is_copy
    }

    /// Room for one more stream, if there is some.
    pub(crate) fn admit(&self, is_dump: bool) -> Option<OwnedSemaphorePermit> {
        let room = if is_dump {
            &self.dumps
        } else {
            &self.followers
        };
        Arc::clone(room).try_acquire_owned().ok()
    }

    /// How many copies must have a change before it is acknowledged: for the strictest of all the
    /// prefixes that it is about. What is about none, such as facts, is as the node promises in
    /// general.
    pub(crate) fn copies_needed(&self, change: &Change) -> usize {
        if !self.waits_at_all() {
            return 0;
        }
        let general = self.settings.policy;
        let policies = change.writes.iter().filter_map(|write| {
            if is_of_no_prefix(&write.key) {
                return Some(general);
            }
            let prefix = prefix_of(&write.key)?;
            let of_prefix = self.settings.policies.get(&prefix);
            Some(*of_prefix.unwrap_or(&general))
        });
        self.needed(policies.max().unwrap_or(general))
    }

    /// How many copies the strictest of all policies needs.
    pub(crate) fn copies_needed_at_most(&self) -> usize {
        let all = self.settings.policies.values();
        self.needed(
            *all.chain([&self.settings.policy])
                .max()
                .unwrap_or(&Policy::Local),
        )
    }

    fn needed(&self, policy: Policy) -> usize {
        policy.copies_needed(self.settings.copies.len())
    }

    /// Whether anything is promised beyond this node's own disk.
    pub(crate) fn waits_at_all(&self) -> bool {
        !self.settings.copies.is_empty() && self.copies_needed_at_most() > 0
    }

    /// Which of the copies that count somebody is.
    fn copy_of(&self, who: &Identity) -> Option<usize> {
        let is_same = |copy: &Reference| {
            let is_alike = same_identifier(&copy.identifier, &who.identifier);
            is_alike && (copy.index == 0 || copy.index == who.index)
        };
        self.settings.copies.iter().position(is_same)
    }

    /// How things stand, for people and numbers.
    pub(crate) fn state(&self) -> ReplicationState {
        let head = *self.head.borrow();
        let numbering = self.numbering().unwrap_or_default();
        let (waiting, confirmed) = self.waiting.state();
        let copies = self.settings.copies.iter().zip(&confirmed);
        ReplicationState {
            epoch: numbering.epoch,
            txn: numbering.txn_of(head.position.0),
            waiting,
            copies: copies
                .map(|(copy, confirmed)| {
                    let name = copy.identifier.escape_ascii();
                    CopyState {
                        identity: format!("{}:{name}", copy.index),
                        txn: numbering.txn_of(*confirmed),
                        behind: head.position.0.saturating_sub(*confirmed),
                    }
                })
                .collect(),
            mirror: self.progress.state(),
        }
    }
}

/// Whether a row is data of its own, and about no prefix. What is remembered of a request is not:
/// it goes with what the request did.
fn is_of_no_prefix(key: &Key) -> bool {
    let subspace = key.subspace();
    let is_of_some = matches!(
        subspace,
        Some(Subspace::RECORDS | Subspace::HOMED | Subspace::ANSWERED)
    );
    is_copied(key) && !is_of_some
}

/// The prefix that a row is about, upper-cased; for the record of a prefix that prefix.
fn prefix_of(key: &Key) -> Option<Vec<u8>> {
    let prefix = match key.subspace()? {
        Subspace::RECORDS => {
            let identifier = key.octets().slice(key.octets().len().min(2)..);
            let identifier = Identifier::from_octets(identifier).ok()?;
            let prefix = identifier.prefix();
            if prefix.as_str().eq_ignore_ascii_case("0.NA") {
                identifier.suffix().as_bytes().to_vec()
            } else {
                prefix.as_str().as_bytes().to_vec()
            }
        }
        Subspace::HOMED => key.octets().get(1..)?.to_vec(),
        _ => return None,
    };
    Some(prefix.to_ascii_uppercase())
}

/// Whether two spellings name the same identity, whose suffixes may depend on case elsewhere.
fn same_identifier(one: &[u8], other: &[u8]) -> bool {
    let canonical = |octets: &[u8]| {
        let identifier = Identifier::from_octets(bytes::Bytes::copy_from_slice(octets));
        identifier
            .map(|it| it.canonical(model::SuffixCase::Sensitive))
            .ok()
    };
    canonical(one).is_some_and(|one| Some(one) == canonical(other))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is in it is whole after every statement.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
