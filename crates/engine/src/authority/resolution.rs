//! Resolution (RFC 3652 section 3.2).
//!
//! The order of checks is that of the reference software: a well-formed identifier, a prefix we
//! are home to, a registered identifier, a value that is asked for, a value that may be seen. A
//! value that an administrator may see is answered with a challenge. Beside it: `referral.rs`,
//! prefixes that somebody else answers for; `resolution/template.rs`, identifiers that are not
//! registered but computed. Not here: challenges themselves ([`crate::challenges`]).

mod template;

pub(super) use template::TemplateRules;
pub use template::TemplateSettings;

use super::administration::AdministrationSettings;
use super::administration::permission::{AfterPermission, Alternatives, Ground, judge};
use super::look_up::Local;
use super::referral::{Home, Upward, described_prefix};
use super::reply::Asked;
use super::{Authority, Origin};
use crate::step::{Fetch, Plan, Step};
use crate::{Date, Digests};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::{IntoIter, Vec};
use bytes::Bytes;
use model::admin::AdminPermissions;
use model::record::Entry;
use model::value_type::AskedType;
use model::{Change, Identifier, Key, Permissions, Prefix, Record};
use wire::resolution::{ResolutionAnswer, ResolutionRequest};
use wire::response::Answer as Body;
use wire::{OpFlags, ResponseCode};

/// What tells how a node of the reference software is; only its administrators are told.
const STATUS: &[u8] = b"0.SITE/STATUS";

/// A resolution that waits for the record.
#[derive(Debug)]
pub(super) struct Resolution {
    pub(super) asked: Asked,
    pub(super) key: Key,
    pub(super) refers_old_peers: bool,
    reader: Reader,
    identifier: Identifier,
    wanted: Wanted,
    /// If the identifier describes a prefix: which.
    described: Option<Prefix>,
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

pub(super) fn start<D: Digests>(
    authority: &Authority<D>,
    asked: Asked,
    request: ResolutionRequest,
    origin: Origin,
    now: Date,
) -> Step {
    let identifier = match Identifier::from_octets(request.identifier) {
        Ok(identifier) => identifier,
        // Not 102: the reference software says "not found" for what cannot be registered.
        Err(error) => return asked.fail(ResponseCode::HANDLE_NOT_FOUND, error.to_string()),
    };
    let settings = &authority.settings;
    if !settings
        .site
        .is_answered_here(&identifier, &authority.digests)
    {
        let text = "another server of this site answers for the identifier";
        return asked.fail(ResponseCode::SERVER_NOT_RESPONSIBLE, text);
    }
    if identifier.spelling().eq_ignore_ascii_case(STATUS) {
        return start_status(asked, &origin);
    }
    let otherwise = TemplateRules::new(&settings.templates, settings.suffix_case, now);
    let key = Key::record(&identifier, otherwise.case());
    let described = described_prefix(&identifier);
    let mut keys = vec![Key::homed(&identifier.prefix()), key.clone()];
    keys.extend(described.as_ref().map(Key::homed));
    let plan = Resolution {
        asked,
        key,
        refers_old_peers: settings.refers_old_peers,
        reader: Reader {
            origin,
            settings: Arc::clone(&settings.administration),
            local: Local::of(settings),
        },
        identifier,
        wanted: Wanted::new(request.indexes, request.types),
        described,
        otherwise,
    };
    Fetch::step(keys, plan)
}

/// How the node is, nobody is told but its administrators; it is no record.
fn start_status(asked: Asked, origin: &Origin) -> Step {
    if asked.flags.contains(OpFlags::PUBLIC_ONLY) {
        return asked.fail(ResponseCode::VALUES_NOT_FOUND, "");
    }
    if origin.is_nobody() {
        return asked.challenge();
    }
    let text = "this node tells how it is by HTTP: /metrics";
    asked.fail(ResponseCode::VALUES_NOT_FOUND, text)
}

impl Plan for Resolution {
    /// Goes on with the mark of the home, the record, and the mark of the prefix it describes.
    fn resume(mut self: Box<Self>, mut found: IntoIter<Option<Bytes>>) -> Step {
        let is_home = found.next().flatten().is_some();
        let stored = found.next().flatten();
        if let Some(described) = self.described.take() {
            let is_home_to_described = found.next().flatten().is_some();
            return self.resume_described(&described, is_home, is_home_to_described, stored);
        }
        if !is_home {
            return self.asked.fail_not_responsible();
        }
        match stored {
            Some(stored) => self.found(stored),
            None => template::start(*self),
        }
    }
}

impl Resolution {
    /// Goes on with the record of a prefix, for which more than one home may be responsible: that
    /// of the prefix, of one above it, or the root.
    fn resume_described(
        self,
        described: &Prefix,
        is_root: bool,
        is_home: bool,
        stored: Option<Bytes>,
    ) -> Step {
        let home = match (is_home, is_root) {
            (true, _) => Home::Prefix,
            (false, true) => Home::Root,
            (false, false) => Home::Neither,
        };
        match stored {
            Some(stored) if home != Home::Neither => self.found(stored),
            None if home == Home::Prefix => self.asked.fail(ResponseCode::HANDLE_NOT_FOUND, ""),
            stored => Upward {
                resolution: self,
                stored,
                home,
            }
            .fetch(described),
        }
    }

    /// Ends with the stored record.
    pub(super) fn found(self, stored: Bytes) -> Step {
        match Record::from_stored(stored) {
            Ok(record) => self.answer(&record),
            Err(error) => self.asked.fail_unreadable(self.key, error),
        }
    }

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
        let is_all_asked = !self.asked.flags.contains(OpFlags::PUBLIC_ONLY);
        let answer = ResolutionAnswer {
            identifier: self.identifier.spelling().clone(),
            values: wanted.iter().map(|entry| entry.encoded.clone()).collect(),
        };
        let body = Body::Resolution(answer);
        match hidden {
            Some(hidden) if !hidden.permissions.contains(Permissions::ADMIN_READ) => self.refuse(),
            Some(_) => self.ask_permission(record, body),
            // In a session who asks for everything is asked for a proof in any case.
            None if is_all_asked && self.reader.origin == Origin::Session => self.asked.challenge(),
            None => self.asked.answer(ResponseCode::SUCCESS, body),
        }
    }

    /// Goes on with values that only some may read.
    fn ask_permission(self, record: &Record, body: Body) -> Step {
        let Reader {
            origin,
            settings,
            local,
        } = self.reader;
        let who = match origin {
            Origin::Network | Origin::Session => return self.asked.challenge(),
            Origin::Local => return self.asked.answer(ResponseCode::SUCCESS, body),
            Origin::Known(who) => who,
        };
        let values: Vec<_> = record.entries().map(|entry| entry.encoded).collect();
        let demand = settings.demand(&self.identifier, &values, AdminPermissions::READ_VALUE);
        let reading = Reading {
            asked: self.asked,
            body,
        };
        judge(
            &who,
            local,
            Alternatives::all(vec![demand]),
            Box::new(reading),
        )
    }

    /// Answers a question for a value that nobody may read.
    fn refuse(self) -> Step {
        let text = "a value may be read by nobody";
        self.asked
            .fail(ResponseCode::INSUFFICIENT_PERMISSIONS, text)
    }
}

/// An answer that waits for the permission to be given.
#[derive(Debug)]
struct Reading {
    asked: Asked,
    body: Body,
}

impl AfterPermission for Reading {
    fn go_on(self: Box<Self>, ground: Ground) -> Step {
        self.asked
            .answer_permitted(Change::default(), ground, self.body)
    }

    fn refuse(self: Box<Self>, why: String) -> Step {
        self.asked.fail(ResponseCode::INVALID_ADMIN, why)
    }
}

/// Who reads, and who else may read everything.
#[derive(Debug)]
struct Reader {
    origin: Origin,
    settings: Arc<AdministrationSettings>,
    local: Local,
}
