//! Mistakes of nodes and of the registry that the search must find.

use super::{Kind, Policy};

/// A mistake that can be planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// A writer acknowledges whether it has a lease or not.
    LeaseIgnored,
    /// A writer counts its lease from the answer, not from when it asked.
    LeaseCountedFromAnswer,
    /// An answer leaves however long it took.
    AnswerLate,
    /// The registry lets the next epoch start at once.
    LeaseIgnoredByGrant,
    /// The registry lets the next epoch start at the end of the lease.
    MarginForgotten,
    /// Another holder gets the same epoch.
    EpochNotRaised,
    /// A writer acknowledges what is not synced.
    AcknowledgedBeforeSync,
    /// A writer acknowledges under the policy `one` what no copy has.
    AcknowledgedBeforeCopy,
    /// A writer goes on after it has handed its epoch back.
    WritesAfterHandBack,
    /// A node that has begun an epoch takes what the writer of the one before still sends.
    StaleStreamTaken,
    /// A node that returns becomes a copy and forgets what nobody else has.
    TailDropped,
    /// What changed on both sides is neither replayed nor reported.
    ConflictUnreported,
    /// What changed on both sides is replayed.
    TailOverwrites,
    /// How much of a tail was taken is forgotten in a crash.
    TailTakenTwice,
    /// It is said that a tail was taken before that is durable.
    TailTakenBeforeSync,
    /// The owner registers in the reserved part.
    ReservedPartIgnored,
    /// Who stands in registers outside of the reserved part.
    StandInAnywhere,
}

impl Bug {
    /// All of them, each with where it is looked for and the invariant that finds it.
    pub const ALL: [(Self, Kind, Policy, &'static str); 17] = [
        (Self::LeaseIgnored, Kind::Strict, Policy::Local, ONE_WRITER),
        (
            Self::LeaseCountedFromAnswer,
            Kind::Strict,
            Policy::Local,
            ONE_WRITER,
        ),
        (Self::AnswerLate, Kind::Strict, Policy::Local, ONE_WRITER),
        (
            Self::LeaseIgnoredByGrant,
            Kind::Strict,
            Policy::Local,
            ONE_WRITER,
        ),
        (
            Self::MarginForgotten,
            Kind::Strict,
            Policy::Local,
            ONE_WRITER,
        ),
        (Self::EpochNotRaised, Kind::Strict, Policy::Local, RISE),
        (
            Self::AcknowledgedBeforeSync,
            Kind::Strict,
            Policy::Local,
            KEPT,
        ),
        (
            Self::AcknowledgedBeforeCopy,
            Kind::Sovereign,
            Policy::One,
            KEPT,
        ),
        (
            Self::WritesAfterHandBack,
            Kind::Strict,
            Policy::Local,
            ONE_WRITER,
        ),
        (Self::StaleStreamTaken, Kind::Strict, Policy::Local, ONCE),
        (Self::TailDropped, Kind::Strict, Policy::Local, KEPT),
        (Self::ConflictUnreported, Kind::Strict, Policy::Local, KEPT),
        (Self::TailOverwrites, Kind::Strict, Policy::Local, CURRENT),
        (Self::TailTakenTwice, Kind::Strict, Policy::Local, ONCE),
        (Self::TailTakenBeforeSync, Kind::Strict, Policy::Local, KEPT),
        (
            Self::ReservedPartIgnored,
            Kind::Sovereign,
            Policy::Local,
            ONE_WRITER,
        ),
        (
            Self::StandInAnywhere,
            Kind::Sovereign,
            Policy::Local,
            ONE_WRITER,
        ),
    ];
}

pub(super) const KEPT: &str = "what_was_acknowledged_is_kept";
pub(super) const ONE_WRITER: &str = "an_identifier_has_one_writer_at_a_time";
pub(super) const RISE: &str = "epochs_only_rise";
pub(super) const ORDER: &str = "logs_are_in_the_order_of_epochs";
pub(super) const PREFIX: &str = "a_copy_has_what_its_writer_has";
pub(super) const CURRENT: &str = "what_the_new_epoch_wrote_is_not_written_over";
pub(super) const ONCE: &str = "nothing_is_taken_twice";
