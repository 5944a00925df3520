//! Plans in steps: ask for keys, go on with what was found, until there is an answer.
//!
//! `Authority::start` gives the first [`Step`]; whoever drives it fetches the keys from one
//! snapshot and calls [`Fetch::resume`], until the step is an answer. Nothing waits in here, so
//! one logic serves an embedded store, a distributed one and a simulation. [`drive_alone`] shows
//! how a plan is driven.
//!
//! Not here: what any plan decides ([`crate::authority`]).

use crate::authority::{Ground, Identification};
use crate::elsewhere::{Ask, Told};
use crate::replication::Wanted;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::{IntoIter, Vec};
use bytes::Bytes;
use core::fmt;
use model::{Change, Key};
use wire::{Message, Opcode, ResponseCode};

/// What a plan wants next.
#[derive(Debug)]
pub enum Step {
    /// It needs what is stored under some keys.
    Fetch(Fetch),
    /// It needs a part of the key space, in order.
    Scan(Scan),
    /// It needs to know something from another node.
    Ask(Ask),
    /// It is done. (Boxed: an answer is far larger than the other steps.)
    Answer(Box<Answer>),
    /// It was about who somebody is, and that is known now, or known to be wrong.
    Identified(Identification),
    /// The message deserves no answer at all.
    Ignore(Event),
}

/// A plan that waits for what is stored under its keys.
#[derive(Debug)]
pub struct Fetch {
    keys: Vec<Key>,
    plan: Box<dyn Plan>,
}

/// What remains to be done once keys have been fetched. Each operation has its own.
pub(crate) trait Plan: fmt::Debug + Send {
    /// Goes on with what was found, in the order of the keys.
    fn resume(self: Box<Self>, found: IntoIter<Option<Bytes>>) -> Step;
}

impl Fetch {
    pub(crate) fn step(keys: Vec<Key>, plan: impl Plan + 'static) -> Step {
        let plan = Box::new(plan);
        Step::Fetch(Self { keys, plan })
    }

    /// The keys to read, all from one snapshot.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Goes on with what was found, in the order of the keys.
    pub fn resume(self, found: Vec<Option<Bytes>>) -> Step {
        debug_assert_eq!(found.len(), self.keys.len(), "one finding for each key");
        self.plan.resume(found.into_iter())
    }
}

/// A plan that waits for a part of the key space.
#[derive(Debug)]
pub struct Scan {
    from: Key,
    to: Key,
    count_max: usize,
    plan: Box<dyn ScanPlan>,
}

/// What remains to be done once a part of the key space has been read.
pub(crate) trait ScanPlan: fmt::Debug + Send {
    /// Goes on with the keys and what is stored under them.
    fn resume(self: Box<Self>, found: Vec<(Key, Bytes)>) -> Step;
}

impl Scan {
    pub(crate) fn new(from: Key, to: Key, count_max: usize, plan: impl ScanPlan + 'static) -> Self {
        let plan = Box::new(plan);
        Self {
            from,
            to,
            count_max,
            plan,
        }
    }

    /// The first key that is wanted, if it is there.
    pub fn from(&self) -> &Key {
        &self.from
    }

    /// The key before which the part ends.
    pub fn to(&self) -> &Key {
        &self.to
    }

    /// How many keys are wanted at most, the first of the part.
    pub fn count_max(&self) -> usize {
        self.count_max
    }

    /// Goes on with the keys in order, and what is stored under them.
    pub fn resume(self, found: Vec<(Key, Bytes)>) -> Step {
        self.plan.resume(found)
    }
}

/// Drives a plan on a key space in memory, for a node that nobody else can be asked from; none if
/// the plan ends without an answer.
///
/// ```
/// use engine::step::drive_alone;
/// use engine::{Date, Question, Step};
/// use std::collections::BTreeMap;
///
/// # fn asked(start: impl Fn(&wire::Message) -> Step) -> Result<(), model::Error> {
/// let question = Question::about("88.156.1/pump".parse()?);
/// let request = question.resolution(7, Date(1_795_000_000));
/// let answer = drive_alone(start(&request), &BTreeMap::new());
/// # Ok(())
/// # }
/// ```
pub fn drive_alone(mut step: Step, stored: &BTreeMap<Key, Bytes>) -> Option<Answer> {
    loop {
        step = match step {
            Step::Fetch(fetch) => {
                let found = fetch.keys().iter().map(|key| stored.get(key).cloned());
                let found = found.collect();
                fetch.resume(found)
            }
            Step::Scan(scan) => {
                let found = stored.range(scan.from.clone()..scan.to.clone());
                let found = found.take(scan.count_max);
                let found = found.map(|(key, octets)| (key.clone(), octets.clone()));
                scan.resume(found.collect())
            }
            Step::Ask(ask) => ask.resume(Told::Nothing("there is no other node".into())),
            Step::Answer(answer) => return Some(*answer),
            Step::Identified(_) | Step::Ignore(_) => return None,
        };
    }
}

/// The end of a plan: what to say, after what has been written.
#[derive(Debug)]
pub struct Answer {
    /// The message for the asker. It may be sent only when the change is durable.
    pub message: Message,
    /// What must become durable first; most answers change nothing. If its preconditions no
    /// longer hold, the whole plan is started again.
    pub change: Change,
    /// What happened, for those who count and log.
    pub event: Event,
    /// Whether the asker must prove who it is first. If so, the message only says that the node
    /// has no room for challenges; whoever has room issues one and sends
    /// [`Authority::challenge`](crate::Authority::challenge) instead.
    pub is_challenge: bool,
    /// What gave the permission, if one was needed.
    pub ground: Option<Ground>,
    /// If the answer goes on in a further message: where to go on.
    pub more: Option<Scan>,
    /// What follows the message on the connection, if something does: a stream for a mirror.
    pub stream: Option<Wanted>,
}

/// What happened, for those who count and log; the engine itself writes no logs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A request was answered.
    Answered {
        /// What was asked.
        opcode: Opcode,
        /// How it went.
        code: ResponseCode,
    },
    /// A response came to where requests are served; answering it could go on for ever.
    ResponseIgnored,
    /// A stored record cannot be read: somebody must look at the storage.
    RecordUnreadable {
        /// Where it is stored.
        key: Key,
        /// What is wrong with it.
        error: model::Error,
    },
    /// The templates of a namespace could not be carried out; the asker was told that the
    /// identifier does not exist. Whoever wrote them must look at them.
    TemplateFailed {
        /// The identifier that was asked for, as spelled.
        identifier: Bytes,
        /// What is wrong, as [`crate::template::Problem::told`] says it: short, and safe to log.
        problem: String,
    },
}
