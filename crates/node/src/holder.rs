//! The data set that this node writes: it takes changes only as long as the registry of the
//! top-level sites says that it is the one who does.
//!
//! ```text
//! change ─ answerer ─ admit ─ store: sync ─ copies ─ covers ─ answer
//!                       ▲                              ▲
//!                       └─────── standing ─────────────┘
//!                                   ▲ what it says, leases
//!                     keeper ═══════╧═══ any site of the registry
//! ```
//!
//! | file | question it answers |
//! | --- | --- |
//! | `holder/standing` | may this node write, as far as it knows? |
//! | `holder/keeper` | how does it hear of that? |
//! | `holder/sites` | whom does it ask, and as whom? |
//! | `holder/kept` | what must it not forget? |
//!
//! Not here: who holds a data set (room `quorum`), what is answered (`answerer/holding`).

mod keeper;
mod kept;
mod sites;
mod standing;
#[cfg(test)]
mod tests;

pub(crate) use keeper::Keeper;
pub(crate) use standing::{Pass, Role, Unheld};

use crate::config::{Config, OwnershipKind};
use crate::registry;
use crate::replication::MirrorError;
use bytes::Bytes;
use kept::Keeping;
use model::identifier::PREFIX_OF_PREFIXES;
use model::key::{Scheme, Subspace};
use model::{Change, Identifier, Key, SuffixCase};
use quorum::{Answer, DataSet, DataSetName, Moment, Ownership};
use standing::{Beginning, Part, Standing};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why a node cannot write a data set. The operator corrects the configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HolderError {
    /// A file cannot be used.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// What is set does not belong together; found when the configuration is checked.
    #[error(transparent)]
    Config(#[from] crate::config::ParseError),
}

impl From<MirrorError> for HolderError {
    fn from(error: MirrorError) -> Self {
        match error {
            MirrorError::File { path, reason } => Self::File { path, reason },
            other => Self::File {
                path: PathBuf::new(),
                reason: other.to_string(),
            },
        }
    }
}

/// The clock that leases are counted by: it goes on while the machine is suspended.
pub(crate) type LeaseClock = Arc<dyn Fn() -> Moment + Send + Sync>;

/// A data set, and whether this node may write it.
pub(crate) struct Holder {
    name: DataSetName,
    /// How the canonical suffixes of the reserved part begin; empty if there is none. What the
    /// configuration says, and what the registry says, if that is something else.
    reserved: Mutex<Vec<Bytes>>,
    case: SuffixCase,
    clock: LeaseClock,
    standing: Mutex<Standing>,
    keeping: Keeping,
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Holder({})", self.name)
    }
}

impl Holder {
    /// The data set that the configuration says this node writes, if it says so; `log_epoch` is
    /// the epoch of its log.
    ///
    /// # Errors
    /// [`HolderError`].
    pub(crate) fn of(
        config: &Config,
        store: &store::Store,
        log_epoch: u64,
    ) -> Result<Option<Arc<Self>>, HolderError> {
        let clock: LeaseClock = Arc::new(|| registry::clock_now().moment);
        Self::with_clock(config, store, log_epoch, clock)
    }

    /// The same with another clock.
    pub(crate) fn with_clock(
        config: &Config,
        store: &store::Store,
        log_epoch: u64,
        clock: LeaseClock,
    ) -> Result<Option<Arc<Self>>, HolderError> {
        let settings = &config.data_set;
        let Some(name) = settings.parsed_name() else {
            return Ok(None);
        };
        let own = settings.holder()?;
        let identity = format!("{}:{}", own.index, own.identifier.escape_ascii());
        let keeping = Keeping::new(store.path(), name.to_string(), identity);
        let (kept, reserved) = keeping.read().map_err(|error| HolderError::File {
            path: keeping.path().to_owned(),
            reason: error.to_string(),
        })?;
        let mut standing = Standing::new(Beginning {
            own,
            is_strict: settings.ownership == OwnershipKind::Strict,
            first_epoch: settings.first_epoch,
            kept,
            log_epoch,
        });
        if settings.hand_back {
            standing.hand_back();
        }
        let case = store.settings().suffix_case;
        let holder = Self {
            name,
            reserved: Mutex::new(reserved),
            case,
            clock,
            standing: Mutex::new(standing),
            keeping,
        };
        holder.reserve(settings.reserved.as_bytes());
        Ok(Some(Arc::new(holder)))
    }

    pub(crate) fn now(&self) -> Moment {
        (self.clock)()
    }

    /// Whether a change may be begun; none if it is not about the data set.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn admit(&self, change: &Change) -> Result<Option<Pass>, Unheld> {
        let Some(part) = self.part_of(change.writes.iter().map(|write| &write.key)) else {
            return Ok(None);
        };
        lock(&self.standing).admit(part, self.now()).map(Some)
    }

    /// Whether a change that was begun may be acknowledged now that it is durable.
    pub(crate) fn covers(&self, pass: Pass) -> bool {
        let now = self.now();
        lock(&self.standing).covers(pass, now)
    }

    /// Whether what was done to a record before may be acknowledged again.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn acknowledges(&self, identifier: &Identifier) -> Result<(), Unheld> {
        let key = Key::record(identifier, self.case);
        let Some(part) = self.part_of([&key].into_iter()) else {
            return Ok(());
        };
        let admitted = lock(&self.standing).admit(part, self.now());
        admitted.map(drop)
    }

    /// How things stand.
    pub(crate) fn state(&self) -> HolderState {
        let now = self.now();
        let standing = lock(&self.standing);
        let leased_until = standing.leased_until();
        HolderState {
            role: standing.role(),
            epoch: standing.epoch(),
            lease_ms: leased_until.map(|until| {
                let left = now.until(until).as_millis();
                u64::try_from(left).unwrap_or(u64::MAX)
            }),
        }
    }

    /// Which part of the data set some rows are about; none if they are about none of it.
    fn part_of<'k>(&self, keys: impl Iterator<Item = &'k Key>) -> Option<Part> {
        let reserved = lock(&self.reserved).clone();
        let mut all = None;
        for key in keys {
            let Some(suffix) = self.suffix_in(key) else {
                continue;
            };
            let is_reserved = reserved.iter().any(|head| suffix.starts_with(head));
            let part = if is_reserved {
                Part::Reserved
            } else {
                Part::Usual
            };
            all = match all {
                None => Some(part),
                Some(other) if other == part => all,
                Some(_) => Some(Part::Both),
            };
        }
        all
    }

    /// The suffix of the record under a key, if it is of the data set: empty for the record of a
    /// prefix, which is in no reserved part.
    fn suffix_in<'k>(&self, key: &'k Key) -> Option<&'k [u8]> {
        let rest = key
            .octets()
            .strip_prefix(&[Subspace::RECORDS.0, Scheme::HANDLE.0])?;
        let slash = rest.iter().position(|octet| *octet == b'/')?;
        let (prefix, suffix) = (&rest[..slash], &rest[slash + 1..]);
        if prefix == PREFIX_OF_PREFIXES.as_bytes() {
            return self.is_within(suffix).then_some(&[]);
        }
        self.is_within(prefix).then_some(suffix)
    }

    /// Whether a canonical prefix is that of the data set, or derived from it.
    fn is_within(&self, prefix: &[u8]) -> bool {
        let derived = prefix.strip_prefix(self.name.prefix());
        derived.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"."))
    }

    /// From now on suffixes that begin so are reserved, too: nobody is told that they are not.
    fn reserve(&self, head: &[u8]) {
        if head.is_empty() {
            return;
        }
        let mut head = head.to_vec();
        if self.case == SuffixCase::Insensitive {
            head.make_ascii_uppercase();
        }
        let mut reserved = lock(&self.reserved);
        if !reserved.iter().any(|it| it[..] == head[..]) {
            reserved.push(head.into());
        }
    }

    /// Takes what the registry says of the data set. What this node may do no more it stops doing
    /// first; what it may do from now on it does only when that is kept.
    fn learn(&self, set: &DataSet) -> io::Result<()> {
        if let Ownership::Sovereign { reserved } = &set.ownership {
            self.reserve(reserved);
        }
        self.change(|standing| standing.handle_set(set))
    }

    /// Takes the answer to a request for a lease that was first sent at a moment.
    fn renewed(&self, sent: Moment, answer: &Answer) {
        lock(&self.standing).handle_answer(sent, answer);
    }

    /// From now on nothing is written in this epoch any more, also after a start.
    fn give_back(&self) -> io::Result<()> {
        lock(&self.standing).hand_back();
        let reserved = lock(&self.reserved).clone();
        self.keeping.write(self.standing().kept(), &reserved)
    }

    /// Only the keeper calls this: it may take as long as the disk does.
    fn change(&self, change: impl FnOnce(&mut Standing)) -> io::Result<()> {
        let before = self.standing();
        let mut after = before.clone();
        change(&mut after);
        if after.kept() == before.kept() {
            *lock(&self.standing) = after;
            return Ok(());
        }
        let writes = matches!(after.role(), Role::Holder | Role::Emergency);
        if writes {
            lock(&self.standing).pause();
        } else {
            *lock(&self.standing) = after.clone();
        }
        let reserved = lock(&self.reserved).clone();
        self.keeping.write(after.kept(), &reserved)?;
        *lock(&self.standing) = after;
        Ok(())
    }

    /// What the keeper must look at: what this node is, of which epoch, on which terms, and until
    /// when it has a lease.
    fn standing(&self) -> Standing {
        lock(&self.standing).clone()
    }

    fn begun(&self, epoch: u64) {
        lock(&self.standing).handle_begun(epoch);
    }
}

/// How the writer of a data set stands, for numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HolderState {
    pub(crate) role: Role,
    pub(crate) epoch: u64,
    /// How long its lease lasts; none if it never had one in this epoch.
    pub(crate) lease_ms: Option<u64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is in it is whole after every statement.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
