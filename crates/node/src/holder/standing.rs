//! Whether this node may write, as far as it knows: a machine without clock, socket or file.
//!
//! It is told what the registry says ([`Standing::handle_set`], [`Standing::handle_answer`]) and
//! asked before a change is made ([`Standing::admit`]) and before it is acknowledged
//! ([`Standing::covers`]). What it must not forget is what [`Standing::kept`] gives: without that a
//! node that was started again while it is cut off would go on writing what was granted to another.
//!
//! | role | how it comes about | what it may write |
//! | --- | --- | --- |
//! | unknown | nothing was heard yet | nothing |
//! | holder | the registry names it, only it wrote | all but the reserved part; strict: leased |
//! | emergency | it stands in for the holder | the reserved part |
//! | behind | the registry names it, but others wrote since: it must copy it | nothing |
//! | handed back | it has said that it writes no more in this epoch | nothing |
//! | nobody | the registry names another | nothing |

use model::Reference;
use quorum::lease::HeldLease;
use quorum::{Answer, DataSet, Moment, Ownership};
use serde::{Deserialize, Serialize};

/// What this node is for the data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Role {
    #[default]
    Unknown,
    Holder,
    Emergency,
    Behind,
    HandedBack,
    Nobody,
}

/// What a node must not forget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    /// The highest epoch that it has heard of; 0 for none.
    pub(crate) epoch: u64,
    /// What it is in that.
    pub(crate) role: Role,
    /// Whether the registry says that the writer needs a lease.
    pub(crate) is_strict: bool,
}

/// Which part of the suffixes a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The part that others register in an emergency.
    Reserved,
    /// All the rest.
    Usual,
    /// Both: nobody writes that in one change.
    Both,
}

/// That a change was begun in an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pass {
    epoch: u64,
    role: Role,
}

/// Why a change is not made, or not acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unheld {
    /// Another is the writer.
    NotHolder,
    /// The reserved part is for others, or all but that.
    OtherPart,
    /// It has no lease now, or has not heard yet whether it is the writer.
    NoLease,
    /// It is durable, and may not be acknowledged any more.
    Over,
}

/// How a node stands.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    own: Reference,
    kept: Kept,
    lease: Option<HeldLease>,
    first_epoch: u64,
    /// The epoch of the log: changes are written in this one.
    log_epoch: u64,
    /// Whether nothing is written for the time being, for what was heard is not kept yet.
    is_paused: bool,
}

/// What a node begins with.
#[derive(Debug, Clone)]
pub(crate) struct Beginning {
    /// What it is called in the registry.
    pub(crate) own: Reference,
    /// Whether it needs a lease, as long as the registry has not said so.
    pub(crate) is_strict: bool,
    /// The first epoch that it may hold without having copied anything.
    pub(crate) first_epoch: u64,
    /// What was kept.
    pub(crate) kept: Kept,
    /// In which epoch its log is.
    pub(crate) log_epoch: u64,
}

impl Standing {
    /// A node that starts. A lease is never kept: the clock that it is counted by may be lost.
    pub(crate) fn new(beginning: Beginning) -> Self {
        let Beginning {
            own,
            is_strict,
            first_epoch,
            mut kept,
            log_epoch,
        } = beginning;
        if kept.epoch == 0 {
            kept.is_strict = is_strict;
        }
        Self {
            own,
            kept,
            lease: None,
            first_epoch,
            log_epoch,
            is_paused: false,
        }
    }

    /// What must be durable before it is acted on.
    pub(crate) fn kept(&self) -> Kept {
        self.kept
    }

    pub(crate) fn role(&self) -> Role {
        self.kept.role
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.kept.epoch
    }

    pub(crate) fn is_strict(&self) -> bool {
        self.kept.is_strict
    }

    /// Until when there is a lease of this epoch.
    pub(crate) fn leased_until(&self) -> Option<Moment> {
        let lease = self.lease.filter(|lease| lease.epoch == self.kept.epoch);
        lease.map(|lease| lease.until)
    }

    /// The epoch in which the log must go on before anything is written.
    pub(crate) fn epoch_to_begin(&self) -> Option<u64> {
        let is_due = self.kept.role == Role::Holder && self.log_epoch < self.kept.epoch;
        is_due.then_some(self.kept.epoch)
    }

    /// Takes note that the log goes on in an epoch.
    pub(crate) fn handle_begun(&mut self, epoch: u64) {
        self.log_epoch = self.log_epoch.max(epoch);
    }

    /// Takes what the registry says of the data set. What is older than what was heard before
    /// means nothing: any of seven sites may be behind the others.
    pub(crate) fn handle_set(&mut self, set: &DataSet) {
        if set.epoch < self.kept.epoch {
            return;
        }
        let is_handed_back = self.kept.role == Role::HandedBack && set.epoch == self.kept.epoch;
        let role = if is_handed_back || (set.holder == self.own && set.is_handed_back) {
            Role::HandedBack
        } else if set.holder == self.own {
            self.role_as_holder(set.epoch)
        } else if set.emergency.as_ref() == Some(&self.own) {
            Role::Emergency
        } else {
            Role::Nobody
        };
        self.kept = Kept {
            epoch: set.epoch,
            role,
            is_strict: set.ownership == Ownership::Strict,
        };
        self.is_paused = false;
    }

    /// Whether this node writes anything, as the registry has it.
    pub(crate) fn writes(&self, set: &DataSet) -> bool {
        let is_holder = set.holder == self.own && !set.is_handed_back;
        is_holder || set.emergency.as_ref() == Some(&self.own)
    }

    /// What it is that the registry names the holder of an epoch: the writer, if nobody can have
    /// written what its log does not have.
    fn role_as_holder(&self, epoch: u64) -> Role {
        let Kept {
            epoch: last, role, ..
        } = self.kept;
        let was_writer = matches!(role, Role::Holder | Role::HandedBack);
        let goes_on = epoch == last && role == Role::Holder;
        let follows_itself = was_writer && epoch == last.saturating_add(1);
        let is_first = epoch == self.first_epoch;
        let was_promoted = epoch == self.log_epoch;
        if goes_on || follows_itself || is_first || was_promoted {
            Role::Holder
        } else {
            Role::Behind
        }
    }

    /// Takes the answer to a request for a lease that was first sent at a moment.
    pub(crate) fn handle_answer(&mut self, sent: Moment, answer: &Answer) {
        let Some(lease) = HeldLease::new(sent, answer) else {
            return;
        };
        // Answers may overtake each other.
        let is_longer = |held: &HeldLease| held.epoch == lease.epoch && held.until > lease.until;
        self.lease = Some(self.lease.filter(is_longer).unwrap_or(lease));
    }

    /// From now on nothing is written in this epoch any more, whatever the registry says.
    pub(crate) fn hand_back(&mut self) {
        self.lease = None;
        if self.kept.role != Role::Nobody {
            self.kept.role = Role::HandedBack;
        }
    }

    /// Nothing is written until what was heard is kept.
    pub(crate) fn pause(&mut self) {
        self.is_paused = true;
    }

    /// Whether a change may be begun.
    pub(crate) fn admit(&self, part: Part, now: Moment) -> Result<Pass, Unheld> {
        let Kept { epoch, role, .. } = self.kept;
        let pass = Pass { epoch, role };
        let may = match (role, part) {
            (Role::Unknown, _) => Err(Unheld::NoLease),
            (Role::Holder, Part::Usual) => Ok(self.may_write(now)),
            (Role::Holder, _) => Err(Unheld::OtherPart),
            (Role::Emergency, Part::Reserved) => Ok(true),
            _ => Err(Unheld::NotHolder),
        };
        if may? && !self.is_paused {
            Ok(pass)
        } else {
            Err(Unheld::NoLease)
        }
    }

    /// Whether a change that was begun may be acknowledged now that it is durable.
    pub(crate) fn covers(&self, pass: Pass, now: Moment) -> bool {
        let Kept { epoch, role, .. } = self.kept;
        let is_same = Pass { epoch, role } == pass && !self.is_paused;
        is_same && (role == Role::Emergency || self.may_write(now))
    }

    /// Whether the writer may write now: in this epoch's log, and if it must, within its lease.
    fn may_write(&self, now: Moment) -> bool {
        let epoch = self.kept.epoch;
        let is_leased = self.lease.is_some_and(|lease| lease.covers(epoch, now));
        self.epoch_to_begin().is_none() && (is_leased || !self.kept.is_strict)
    }
}

#[cfg(test)]
mod tests;
