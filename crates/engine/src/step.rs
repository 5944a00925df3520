//! Plans in steps: ask for keys, go on with what was found, until there is an answer.
//!
//! `Authority::start` gives the first [`Step`]; whoever drives it fetches the keys from one
//! snapshot and calls [`Fetch::resume`], until the step is an answer. Nothing waits in here, so
//! one logic serves an embedded store, a distributed one and a simulation:
//!
//! ```
//! # use engine::{Answer, Step};
//! # use std::collections::BTreeMap;
//! fn drive(mut step: Step, snapshot: &BTreeMap<model::Key, bytes::Bytes>) -> Option<Answer> {
//!     loop {
//!         match step {
//!             Step::Fetch(fetch) => {
//!                 let found = fetch.keys().iter().map(|key| snapshot.get(key).cloned()).collect();
//!                 step = fetch.resume(found);
//!             }
//!             Step::Answer(answer) => return Some(*answer),
//!             Step::Ignore(_) => return None,
//!         }
//!     }
//! }
//! ```
//!
//! Not here: what any plan decides ([`crate::authority`]).

use alloc::boxed::Box;
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
    /// It is done. (Boxed: an answer is far larger than the other steps.)
    Answer(Box<Answer>),
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

/// The end of a plan: what to say, after what has been written.
#[derive(Debug, Clone)]
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
