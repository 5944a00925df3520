//! Mistakes that are planted around the rooms, by which the simulation of administrators shows
//! what it is worth.
//!
//! As `crate::planted`: hooks that change nothing unless their bug is planted, called by the node
//! where the mistake would be made.

use bytes::Bytes;
use engine::authority::AdministrationSettings;
use engine::{Date, Origin};
use model::change::{Change, Write};
use model::key::Subspace;
use model::{Key, Record, Reference, Value};
use std::collections::BTreeMap;
use wire::{Message, OpFlags, ResponseCode};

/// A mistake that can be planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// The node says that a change is done before it is synced.
    AcknowledgedBeforeSync,
    /// The node shows a change before it is synced.
    PublishedBeforeSync,
    /// The committer looks at no precondition: changes are made on records, and permissions judged
    /// by records, that are others by now.
    PreconditionsIgnored,
    /// The node does not look whether a request came before.
    ResendsExecuted,
    /// What is remembered of requests is not in the log, and lost in a crash.
    ResendsForgottenInCrash,
    /// What is remembered of requests is removed half a day too early.
    ResendsForgottenEarly,
    /// With a record goes what is remembered of requests about it: who asks again registers anew
    /// what somebody has deleted.
    ResendsForgottenWithRecord,
    /// A request that comes again is answered without the flag that something was overwritten.
    ResendsAnsweredOtherwise,
    /// A challenge can be answered for as long as it lives.
    ChallengesTakenAgain,
    /// A proof is taken for whatever was challenged last.
    ChallengesNotBound,
    /// A proof is taken though no key of the identity made it.
    AnybodyBelieved,
    /// Nobody asks whether somebody may.
    PermissionsIgnored,
    /// A number of a session can come again.
    NumbersTakenAgain,
    /// Sessions go on when the key is gone by which they were proven.
    SessionsOutliveKeys,
    /// Values are dated by a clock that steps back.
    DatesStepBack,
    /// The node says that it is busy, after it has carried out the change.
    RefusedThoughDone,
}

/// The hooks, with at most one bug planted.
#[derive(Debug, Default)]
pub(crate) struct Planted {
    bug: Option<Bug>,
    /// The rows of requests by the record that they are about.
    rows: BTreeMap<Key, Vec<Key>>,
}

impl Planted {
    /// Hooks with a bug, or none.
    pub(crate) fn new(bug: Option<Bug>) -> Self {
        let rows = BTreeMap::new();
        Self { bug, rows }
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// Whether a change is acknowledged when it is submitted.
    pub(crate) fn acknowledges_early(&self) -> bool {
        self.has(Bug::AcknowledgedBeforeSync)
    }

    /// Whether a group is visible while it syncs.
    pub(crate) fn publishes_early(&self) -> bool {
        self.has(Bug::PublishedBeforeSync)
    }

    /// Whether changes are carried out whatever is there.
    pub(crate) fn ignores_preconditions(&self) -> bool {
        self.has(Bug::PreconditionsIgnored)
    }

    /// Whether a plan is shown what is stored under a key.
    pub(crate) fn shows(&self, key: &Key) -> bool {
        !(self.has(Bug::ResendsExecuted) && is_row(key))
    }

    /// Whether what is stored under a key is still there after a crash.
    pub(crate) fn survives(&self, key: &Key) -> bool {
        !(self.has(Bug::ResendsForgottenInCrash) && is_row(key))
    }

    /// The date before which requests have expired.
    pub(crate) fn forgets_before(&self, date: Date) -> Date {
        if self.has(Bug::ResendsForgottenEarly) {
            date.plus_seconds(20 * 3600)
        } else {
            date
        }
    }

    /// The answer to a request that changes nothing, perhaps because it came before.
    pub(crate) fn repeated(&self, mut answer: Message) -> Message {
        if self.has(Bug::ResendsAnsweredOtherwise) {
            answer.header.flags = answer.header.flags & !OpFlags::OVERWRITE;
        }
        answer
    }

    /// The answer to a request that is done.
    pub(crate) fn acknowledgement(&self, mut answer: Message) -> Message {
        if self.has(Bug::RefusedThoughDone) {
            let busy = wire::Answer::Failure(wire::outcome::Failure::new("busy"));
            let digest = wire::Response::decode(&answer)
                .ok()
                .and_then(|it| it.digest);
            answer.header.response_code = ResponseCode::SERVER_BUSY;
            answer.body = wire::Response::new(digest, busy).encode();
        }
        answer
    }

    /// Whether a challenge stays when it is taken.
    pub(crate) fn takes_challenges_again(&self) -> bool {
        self.has(Bug::ChallengesTakenAgain)
    }

    /// What a right proof is for.
    pub(crate) fn challenged(&self, request: Message, last: Option<&Message>) -> Message {
        match last {
            Some(last) if self.has(Bug::ChallengesNotBound) => last.clone(),
            _ => request,
        }
    }

    /// Whether wrong proofs are taken.
    pub(crate) fn believes_anybody(&self) -> bool {
        self.has(Bug::AnybodyBelieved)
    }

    /// Who may do everything, as the authority is told; nobody, unless it is wrong.
    pub(crate) fn may_all(&self, origin: &Origin) -> Option<AdministrationSettings> {
        let Origin::Known(known) = origin else {
            return None;
        };
        self.has(Bug::PermissionsIgnored)
            .then(|| AdministrationSettings {
                server_admins: vec![Reference {
                    identifier: known.identity.identifier.clone(),
                    index: known.identity.index,
                }],
                server_admins_may_all: true,
                ..AdministrationSettings::default()
            })
    }

    /// Whether messages of sessions are taken whose numbers came before.
    pub(crate) fn takes_numbers_again(&self) -> bool {
        self.has(Bug::NumbersTakenAgain)
    }

    /// Whether sessions go on when the record of their identity has changed.
    pub(crate) fn sessions_outlive_keys(&self) -> bool {
        self.has(Bug::SessionsOutliveKeys)
    }

    /// The change that is submitted.
    pub(crate) fn change(&mut self, change: &mut Change, date: Date) {
        match self.bug {
            // Whoever does not look at rows does not rely on them either.
            Some(Bug::ResendsExecuted) => change.preconditions.retain(|it| !is_row(&it.key)),
            Some(Bug::ResendsForgottenWithRecord) => self.forget_with_record(change),
            Some(Bug::DatesStepBack) => change.writes.iter_mut().for_each(|it| redate(it, date)),
            _ => (),
        }
    }

    fn forget_with_record(&mut self, change: &mut Change) {
        let record = change.writes.iter().find(|it| is_record(&it.key)).cloned();
        let Some(Write { key, octets }) = record else {
            return;
        };
        let rows = self.rows.entry(key).or_default();
        if octets.is_none() {
            let gone = rows.drain(..).map(|key| Write { key, octets: None });
            change.writes.extend(gone);
        } else {
            let new = change.writes.iter().filter(|it| is_row(&it.key));
            rows.extend(new.map(|it| it.key.clone()));
        }
    }
}

fn is_row(key: &Key) -> bool {
    key.octets().first() == Some(&Subspace::ANSWERED.0)
}

fn is_record(key: &Key) -> bool {
    key.octets().first() == Some(&Subspace::RECORDS.0)
}

/// Dates the values of a record that is written by a clock that may have stepped back.
fn redate(write: &mut Write, date: Date) {
    let octets = write.octets.clone().filter(|_| is_record(&write.key));
    if let Some(record) = octets.and_then(|octets: Bytes| Record::from_stored(octets).ok()) {
        let values = record.entries().map(|entry| {
            let value = entry.encoded.value();
            let timestamp = value.timestamp.min(date.0);
            Value { timestamp, ..value }
        });
        let values: Vec<Value> = values.collect();
        let record = Record::new(&values).expect("the values were a record before");
        write.octets = Some(record.octets().clone());
    }
}
