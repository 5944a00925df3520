//! Mistakes that are planted around the room `quorum`, by which this simulation shows what it is
//! worth. Nothing of this is in the room itself.
//!
//! Those about the registry sit in [`Book`], which stands between the members and the registry;
//! those about disks, clocks and leases sit where hosts and holders ask [`Bug`].

use super::votes::without_vote;
use bytes::Bytes;
use quorum::{Applied, Batch, Command, Digest, Entry, Error, Machine, Registry, Request, Time};
use std::cell::RefCell;
use std::rc::Rc;

/// A mistake that can be planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// A member believes that a batch is durable when it is written.
    PersistedBeforeSync,
    /// A member does not keep its votes.
    VotesForgotten,
    /// A journal is replaced where it stands: a crash leaves half of it.
    JournalReplacedInPlace,
    /// What is asked of an old epoch is done to the one that is in force.
    StaleEpochAccepted,
    /// The next epoch starts at once, whatever lease there is.
    LeaseIgnored,
    /// The next epoch starts when the lease ends, without a margin.
    MarginForgotten,
    /// The next epoch forgets when the one before it was to start.
    StartForgotten,
    /// A sovereign data set is granted though nobody has asked its holder.
    SovereignGranted,
    /// The reserved part is taken from whoever has it.
    ReservedPartTaken,
    /// What comes again is done again.
    ResendsExecuted,
    /// A snapshot does not say how requests were answered.
    SnapshotLosesAnswers,
    /// Old serials are taken.
    SerialsFall,
    /// Nobody asks whether somebody may.
    PermissionsIgnored,
    /// What an entry does depends on the member that applies it.
    MemberInState,
    /// The registry counts by a clock that is set.
    WallClockBelieved,
    /// A holder counts its lease from the answer.
    LeaseCountedFromAnswer,
    /// A holder does not look at its lease after the sync.
    LeaseUncheckedAfterSync,
    /// A member says that nothing was done when it does not know.
    BusyThoughUnknown,
    /// A member says that what it shows is new.
    AgesHidden,
}

impl Bug {
    /// What is kept of a batch.
    pub(super) fn kept(bug: Option<Self>, batch: &Batch, salt: &[u8; 16]) -> Batch {
        let mut kept = batch.clone();
        if bug == Some(Self::VotesForgotten) {
            kept.octets = without_vote(batch, salt).unwrap_or(kept.octets);
        }
        kept
    }
}

/// What an entry did at a member, as the judge is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Done {
    /// The time of the entry, which no other has.
    pub(super) time: Time,
    pub(super) digest: Digest,
    pub(super) request: Request,
    pub(super) applied: Applied,
}

/// The registry, with at most one mistake in how it is used.
pub(super) struct Book {
    registry: Registry,
    bug: Option<Bug>,
    member: u64,
    done: Account,
}

/// What was done at a member since somebody looked.
pub(super) type Account = Rc<RefCell<Vec<Done>>>;

impl Book {
    pub(super) fn new(registry: Registry, bug: Option<Bug>, member: u64, done: Account) -> Self {
        Self {
            registry,
            bug,
            member,
            done,
        }
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// Changes the registry or the entry before it is applied.
    fn mistake(&mut self, entry: &mut Entry) {
        let time = entry.time.0;
        match self.bug {
            Some(Bug::ResendsExecuted) => {
                entry.request.mark[..8].copy_from_slice(&time.to_be_bytes());
            }
            Some(Bug::PermissionsIgnored) => entry.request.identity = super::operators::admin(),
            Some(Bug::MemberInState) if self.member == 3 => entry.date_us += 1,
            _ => (),
        }
        let margin = self.registry.terms.margin().as_micros() as u64;
        match &mut entry.request.command {
            Command::Grant { name, epoch, .. } => {
                let Some(set) = self.registry.data_sets.get_mut(name) else {
                    return;
                };
                match self.bug {
                    Some(Bug::StaleEpochAccepted) => *epoch = set.epoch + 1,
                    Some(Bug::LeaseIgnored) => {
                        (set.leased_until, set.starts_at) = (None, Time(0));
                    }
                    Some(Bug::MarginForgotten) => {
                        if let Some(until) = &mut set.leased_until {
                            until.0 -= margin.min(until.0);
                        }
                    }
                    Some(Bug::StartForgotten) => set.starts_at = Time(0),
                    Some(Bug::SovereignGranted) => set.is_handed_back = true,
                    _ => (),
                }
            }
            Command::ProposeTakeOver { name, .. } | Command::ConfirmTakeOver { name, .. } => {
                if let Some(set) = self.registry.data_sets.get_mut(name)
                    && self.bug == Some(Bug::ReservedPartTaken)
                {
                    set.emergency = None;
                }
            }
            Command::Renew { name, epoch } | Command::HandBack { name, epoch } => {
                if let Some(set) = self.registry.data_sets.get(name)
                    && self.bug == Some(Bug::StaleEpochAccepted)
                {
                    *epoch = set.epoch;
                }
            }
            Command::PutDelegation { prefix, serial, .. } if self.has(Bug::SerialsFall) => {
                if let Some(before) = self.registry.delegations.get_mut(prefix) {
                    before.serial = before.serial.min(serial.saturating_sub(1));
                }
            }
            _ => (),
        }
    }
}

impl Machine for Book {
    fn apply(&mut self, entry: &Entry) -> Applied {
        let mut mistaken = entry.clone();
        self.mistake(&mut mistaken);
        let applied = self.registry.apply(&mistaken);
        self.done.borrow_mut().push(Done {
            time: self.registry.time,
            digest: entry.request.digest(),
            request: entry.request.clone(),
            applied,
        });
        applied
    }

    fn encode(&self) -> Bytes {
        if self.has(Bug::SnapshotLosesAnswers) {
            let mut registry = self.registry.clone();
            registry.answers.clear();
            return registry.encode();
        }
        self.registry.encode()
    }

    fn restore(&mut self, octets: Bytes) -> Result<(), Error> {
        self.registry = Registry::decode(octets)?;
        Ok(())
    }

    fn registry(&self) -> &Registry {
        &self.registry
    }
}
