//! The workload: what is registered, asked and sent by strangers in a history, as data.
//!
//! Not here: how it is drawn from a seed ([`generation`], [`strays`]), what the answers must be
//! (`crate::records`).

pub(crate) mod generation;
pub(crate) mod strays;

use bytes::Bytes;
use engine::{Date, Moment, Question};
use model::{Identifier, SuffixCase, Value};
use std::time::Duration;
use strays::Stray;
use wire::{Message, OpFlags, Version};

/// Everything that is decided before a history starts.
#[derive(Debug)]
pub(crate) struct Workload {
    /// Whether suffixes depend on case in the node's data folder.
    pub(crate) suffix_case: SuffixCase,
    /// What the operator registers before the first question.
    pub(crate) registrations: Vec<Registration>,
    /// What the operator changes meanwhile.
    pub(crate) revisions: Vec<Revision>,
    /// Who asks.
    pub(crate) askers: Vec<Questions>,
    /// What strangers send.
    pub(crate) strays: Vec<Stray>,
    /// Whether these are so many that the node must forget messages that are not old.
    pub(crate) is_flooded: bool,
}

/// An identifier with its values.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    pub(crate) identifier: Identifier,
    pub(crate) values: Vec<Value>,
}

/// A registration that replaces an earlier one.
#[derive(Debug)]
pub(crate) struct Revision {
    pub(crate) at: Moment,
    pub(crate) registration: Registration,
}

/// What one asker asks, one question after the other.
#[derive(Debug)]
pub(crate) struct Questions {
    /// How far the asker's clock is ahead of the node's, in seconds.
    pub(crate) clock_ahead_seconds: i32,
    /// Each question with the rest before it.
    pub(crate) queries: Vec<(Duration, Query)>,
}

/// One question.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) identifier: Identifier,
    pub(crate) indexes: Vec<u32>,
    pub(crate) types: Vec<Bytes>,
    pub(crate) public_only: bool,
    pub(crate) wants_digest: bool,
    pub(crate) version: Version,
    pub(crate) request_id: u32,
}

impl Query {
    /// The question as a message.
    pub(crate) fn message(&self, date: Date) -> Message {
        let mut question = Question::about(self.identifier.clone());
        for &index in &self.indexes {
            question = question.at_index(index);
        }
        for asked in &self.types {
            question = question.of_type(asked.clone());
        }
        let mut message = question.resolution(self.request_id, date);
        let flags = &mut message.header.flags;
        if self.wants_digest {
            *flags = *flags | OpFlags::REQUEST_DIGEST;
        }
        if !self.public_only {
            *flags = *flags & !OpFlags::PUBLIC_ONLY;
        }
        message.envelope.version = self.version;
        message.envelope.suggested = self.version;
        message
    }
}
