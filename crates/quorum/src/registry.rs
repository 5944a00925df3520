//! The registry: what a request does to it, and what is answered.
//!
//! A pure function of the log: every member applies the same entries in the same order and has the
//! same registry. Permission, existence and preconditions are judged here, in that order, and
//! nowhere before: what another request changed a moment earlier counts.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `registry/holding` | who gets a data set, and when? |
//! | `registry/publishing` | what is published, who may, who is a member? |
//! | `registry/snapshot` | how is the registry written as a whole? |

mod holding;
mod publishing;
mod snapshot;
#[cfg(test)]
mod tests;

use crate::lease::Terms;
use crate::{
    Answer, Command, DataSet, DataSetName, Digest, Entry, Function, MemberId, Refusal, Rights, Time,
};
use bytes::Bytes;
use model::Reference;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// For how long it is remembered how a request was answered.
pub const REMEMBERED: Duration = Duration::from_hours(24);

/// The same for requests that need no rights: longer than anybody waits for an answer, and so short
/// that nobody fills the memory with them.
pub const SEEN_REMEMBERED: Duration = Duration::from_mins(1);

/// How many requests are remembered: more than one a second for a day. Beyond it requests are
/// refused until older ones are forgotten, for to forget early would be to execute twice.
pub const REMEMBERED_COUNT_MAX: usize = 100_000;

/// How many octets the registry may have, all told. It travels as one message to a member that is
/// far behind. Beyond it whatever adds to it is refused.
pub const REGISTRY_OCTETS_MAX: usize = 64 << 20;

/// How many octets anything is counted with beside its own: the tree it stands in.
const THING_OCTETS: usize = 96;

/// How many admins there may be.
const ADMINS_COUNT_MAX: usize = 1024;

/// How many members there may be: more only make agreement slower.
pub const MEMBERS_COUNT_MAX: usize = 15;

/// Something with a serial: a delegation or a list of sites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// It only rises, and outlives what it stands for.
    pub serial: u32,
    /// What is published; none if it was taken back.
    pub octets: Option<Bytes>,
}

/// The registry as it is after some entry of its log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Registry {
    /// How leases are counted.
    pub terms: Terms,
    /// The time of the last entry.
    pub time: Time,
    /// The date of the last entry, in microseconds since 1970.
    pub date_us: u64,
    /// Prefixes that are or were delegated, by canonical form.
    pub delegations: BTreeMap<Bytes, Publication>,
    /// Lists of sites by name.
    pub sites: BTreeMap<Bytes, Publication>,
    /// Who may ask for what, by identifier and index.
    pub admins: BTreeMap<(Bytes, u32), Rights>,
    /// The members, and how they are described.
    pub members: BTreeMap<MemberId, Bytes>,
    /// The members that were removed: their numbers are not used again.
    pub former_members: BTreeSet<MemberId>,
    /// The data sets by name.
    pub data_sets: BTreeMap<DataSetName, DataSet>,
    /// How requests were answered, and until when that is remembered.
    pub answers: BTreeMap<Digest, (Time, Answer)>,
    /// The same requests by the time at which they are forgotten.
    expirations: BTreeSet<(Time, Digest)>,
    /// How many octets there are, as far as they are limited.
    octets: usize,
}

/// What an entry did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// What is answered to whoever asked.
    pub answer: Answer,
    /// Whether the request came before, and this is how it was answered then.
    pub is_repeated: bool,
    /// What it means for who agrees.
    pub membership: Option<Membership>,
}

/// A change of the members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// One more.
    Add(MemberId),
    /// One less.
    Remove(MemberId),
}

impl Membership {
    /// The change that a command asks for, if it does.
    pub fn of(command: &Command) -> Option<Self> {
        match command {
            Command::AddMember { member, .. } => Some(Self::Add(*member)),
            Command::RemoveMember { member } => Some(Self::Remove(*member)),
            _ => None,
        }
    }
}

impl Registry {
    /// A registry with its first members and admins: all members begin with the same.
    pub fn found(
        terms: Terms,
        members: impl IntoIterator<Item = (MemberId, Bytes)>,
        admins: impl IntoIterator<Item = (Reference, Rights)>,
    ) -> Self {
        let admins = admins.into_iter();
        let mut registry = Self {
            terms,
            members: members.into_iter().collect(),
            admins: admins.map(|(admin, it)| (by(&admin), it)).collect(),
            ..Self::default()
        };
        registry.octets = registry.octets_of_all();
        registry
    }

    /// Applies the next entry of the log.
    ///
    /// Time and date are made to rise, whatever the entry says.
    pub fn apply(&mut self, entry: &Entry) -> Applied {
        self.time = entry.time.max(Time(self.time.0.saturating_add(1)));
        self.date_us = entry.date_us.max(self.date_us.saturating_add(1));
        self.forget();
        let request = &entry.request;
        let digest = request.digest();
        if let Some(answer) = self.answered(&digest) {
            return Applied {
                answer,
                is_repeated: true,
                membership: None,
            };
        }
        let answer = self.judge(&request.identity, &request.command);
        if let Some(duration) = request.command.remembered_with(answer) {
            let until = self.time + duration;
            self.answers.insert(digest, (until, answer));
            self.expirations.insert((until, digest));
        }
        let membership = Membership::of(&request.command).filter(|_| answer.is_done());
        Applied {
            answer,
            is_repeated: false,
            membership,
        }
    }

    /// How a request was answered before, if it was and that is remembered.
    pub fn answered(&self, digest: &Digest) -> Option<Answer> {
        self.answers.get(digest).map(|(_, answer)| *answer)
    }

    /// What somebody may ask for.
    pub fn rights(&self, identity: &Reference) -> Rights {
        self.admins.get(&by(identity)).copied().unwrap_or_default()
    }

    fn forget(&mut self) {
        while let Some(&(until, digest)) = self.expirations.first() {
            if until > self.time {
                break;
            }
            self.expirations.pop_first();
            self.answers.remove(&digest);
        }
    }

    fn judge(&mut self, identity: &Reference, command: &Command) -> Answer {
        if command.is_remembered() && self.answers.len() >= REMEMBERED_COUNT_MAX {
            return Answer::Refused(Refusal::Full);
        }
        if let Err(refusal) = self.permits(identity, command) {
            return Answer::Refused(refusal);
        }
        let answer = match command {
            Command::PutDelegation { .. }
            | Command::RemoveDelegation { .. }
            | Command::PutSites { .. } => self.publish(command),
            Command::PutDelegationAsSeen { seen, .. } => {
                self.is_as_seen(seen).and_then(|()| self.publish(command))
            }
            Command::PutAdmin { .. }
            | Command::RemoveAdmin { .. }
            | Command::AddMember { .. }
            | Command::RemoveMember { .. } => self.admit(command),
            _ => self.hold(identity, command),
        };
        answer.unwrap_or_else(Answer::Refused)
    }

    /// Whether somebody may ask for this at all.
    fn permits(&self, identity: &Reference, command: &Command) -> Result<(), Refusal> {
        let needed = match command {
            Command::PutDelegation { .. } | Command::RemoveDelegation { .. } => Rights::DELEGATIONS,
            Command::PutSites { .. } => Rights::SITES,
            Command::PutAdmin { .. } | Command::RemoveAdmin { .. } => Rights::ADMINS,
            Command::AddMember { .. } | Command::RemoveMember { .. } => Rights::MEMBERS,
            Command::CreateDataSet { .. } => Rights::DATA_SETS,
            Command::Grant { by_force: true, .. } => Rights::DATA_SETS | Rights::FORCE,
            Command::Grant { name, .. } => match self.data_sets.get(name) {
                // Who holds it may pass it on.
                Some(set) if set.holder == *identity => Rights::default(),
                _ => Rights::DATA_SETS,
            },
            // Being the holder is all it takes.
            // So is what delegations say: it was judged where it was asked, and that they still say
            // so is judged next.
            Command::Renew { .. }
            | Command::HandBack { .. }
            | Command::PutDelegationAsSeen { .. } => Rights::default(),
            Command::ProposeTakeOver { .. } => Rights::PROPOSE,
            Command::WithdrawTakeOver { name, function, .. }
                if self.is_probers_proposal(name, *function) =>
            {
                Rights::PROPOSE
            }
            Command::ConfirmTakeOver { .. } | Command::WithdrawTakeOver { .. } => Rights::CONFIRM,
        };
        let may = self.rights(identity).include(needed);
        may.then_some(()).ok_or(Refusal::NotPermitted)
    }

    /// Whether something is proposed by somebody who could not confirm it: then their like may say
    /// that it is not needed any more. What is confirmed, or an operator has proposed, they may not
    /// touch.
    fn is_probers_proposal(&self, name: &DataSetName, function: Function) -> bool {
        let set = self.data_sets.get(name);
        let proposal = set.and_then(|set| set.proposals.get(&function));
        proposal.is_some_and(|it| !self.rights(&it.by).include(Rights::CONFIRM))
    }

    /// Checks that there is room for so many octets instead of others, and counts them.
    fn make_room(&mut self, added: usize, removed: usize) -> Result<(), Refusal> {
        let octets = (self.octets + added).saturating_sub(removed);
        if octets > REGISTRY_OCTETS_MAX && added > removed {
            return Err(Refusal::Full);
        }
        self.octets = octets;
        Ok(())
    }

    /// How many octets there are, counted anew.
    fn octets_of_all(&self) -> usize {
        let published = self.delegations.iter().chain(&self.sites);
        let published = published.map(|(name, it)| octets_of(name, it.octets.as_ref()));
        let sets = self.data_sets.iter();
        let sets = sets.map(|(name, set)| octets_of(name.octets(), None) + set.octets());
        published.chain(sets).sum()
    }
}

/// How many octets a thing is counted with.
fn octets_of(name: &Bytes, octets: Option<&Bytes>) -> usize {
    THING_OCTETS + name.len() + octets.map_or(0, Bytes::len)
}

/// An identity as the key of a map.
pub(crate) fn by(identity: &Reference) -> (Bytes, u32) {
    (identity.identifier.clone(), identity.index)
}
