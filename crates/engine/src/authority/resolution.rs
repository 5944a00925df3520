//! Resolution of public values (RFC 3652 section 3.2).
//!
//! The order of checks is that of the reference software: a well-formed identifier, a prefix we
//! are home to, a registered identifier, a value that is asked for, a value that may be seen.
//! Beside it: `resolution/template.rs`, identifiers that are not registered but computed. Not
//! here: values that need authentication; who asks for one is told that it cannot be had.

mod template;

pub(super) use template::TemplateRules;
pub use template::TemplateSettings;

use super::reply::Asked;
use crate::step::{Fetch, Plan, Step};
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::{IntoIter, Vec};
use bytes::Bytes;
use model::record::Entry;
use model::value_type::AskedType;
use model::{Identifier, Key, Permissions, Record};
use wire::resolution::{ResolutionAnswer, ResolutionRequest};
use wire::response::Answer as Body;
use wire::{OpFlags, ResponseCode};

/// A resolution that waits for the record.
#[derive(Debug)]
struct Resolution {
    asked: Asked,
    identifier: Identifier,
    wanted: Wanted,
    key: Key,
    otherwise: TemplateRules,
}

/// Which values are asked for: those with one of the indexes or types, or all if there are none.
#[derive(Debug)]
struct Wanted {
    /// In ascending order.
    indexes: Vec<u32>,
    types: Vec<AskedType>,
}

impl Wanted {
    fn new(mut indexes: Vec<u32>, types: Vec<Bytes>) -> Self {
        indexes.sort_unstable();
        let types = types.into_iter().map(AskedType::new).collect();
        Self { indexes, types }
    }

    fn has(&self, entry: &Entry) -> bool {
        (self.indexes.is_empty() && self.types.is_empty())
            || self.indexes.binary_search(&entry.index).is_ok()
            || self.types.iter().any(|asked| entry.has_type(asked))
    }
}

pub(super) fn start(asked: Asked, request: ResolutionRequest, otherwise: TemplateRules) -> Step {
    let identifier = match Identifier::from_octets(request.identifier) {
        Ok(identifier) => identifier,
        // Not 102: the reference software says "not found" for what cannot be registered.
        Err(error) => return asked.fail(ResponseCode::HANDLE_NOT_FOUND, error.to_string()),
    };
    let key = Key::record(&identifier, otherwise.case());
    let keys = vec![Key::homed(&identifier.prefix()), key.clone()];
    let plan = Resolution {
        asked,
        identifier,
        wanted: Wanted::new(request.indexes, request.types),
        key,
        otherwise,
    };
    Fetch::step(keys, plan)
}

impl Plan for Resolution {
    /// Goes on with the mark of the home and the record.
    fn resume(self: Box<Self>, mut found: IntoIter<Option<Bytes>>) -> Step {
        let homed = found.next().flatten();
        let stored = found.next().flatten();
        if homed.is_none() {
            let text = "this node is not home to the prefix";
            return self.asked.fail(ResponseCode::SERVER_NOT_RESPONSIBLE, text);
        }
        let Some(stored) = stored else {
            return template::start(*self);
        };
        match Record::from_stored(stored) {
            Ok(record) => self.answer(&record),
            Err(error) => self.asked.fail_unreadable(self.key, error),
        }
    }
}

impl Resolution {
    fn answer(self, record: &Record) -> Step {
        let mut wanted: Vec<Entry> = record
            .entries()
            .filter(|entry| self.wanted.has(entry))
            .collect();
        if self.asked.flags.contains(OpFlags::PUBLIC_ONLY) {
            wanted.retain(|entry| entry.permissions.is_public_read());
        }
        if wanted.is_empty() {
            return self.asked.fail(ResponseCode::VALUES_NOT_FOUND, "");
        }
        let hidden = wanted
            .iter()
            .find(|entry| !entry.permissions.is_public_read());
        if let Some(hidden) = hidden {
            return self.refuse(hidden.permissions);
        }
        let answer = ResolutionAnswer {
            identifier: self.identifier.spelling().clone(),
            values: wanted.into_iter().map(|entry| entry.encoded).collect(),
        };
        self.asked
            .answer(ResponseCode::SUCCESS, Body::Resolution(answer))
    }

    /// Answers a question for a value that is not public: nobody may read it, or only somebody
    /// whom this node cannot authenticate yet.
    fn refuse(self, permissions: Permissions) -> Step {
        if permissions.contains(Permissions::ADMIN_READ) {
            let text = "a value needs authentication, which this node does not offer yet; \
                        ask for public values only";
            return self.asked.fail(ResponseCode::UNABLE_TO_AUTHENTICATE, text);
        }
        let text = "a value may be read by nobody";
        self.asked
            .fail(ResponseCode::INSUFFICIENT_PERMISSIONS, text)
    }
}
