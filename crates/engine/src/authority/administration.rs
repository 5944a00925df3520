//! Operations that change something, or list it: what they have in common (RFC 3652 section 3.6).
//!
//! The order of checks is that of the reference software: responsibility (code 301), a well-formed
//! identifier (102), well-formed values (202, then 201), for a registration whether it exists
//! already; then a proof of who asks; then what is there, whether the asker may, and the change.
//! Every request that changes something is started twice: first by nobody, which ends in a
//! challenge, then by whoever answered it.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `administration/permission` | may somebody do something? |
//! | `administration/creation`, `deletion`, `values` | what do operations 100 to 104 change? |
//! | `administration/hiding` | who is told what is there? |
//! | `administration/listing` | which identifiers and homes are there? |
//! | `administration/homing` | which prefixes is this node home to? |
//! | `administration/replicating` | who may copy it all? |
//!
//! Not here: who somebody is ([`super::authentication`]), sessions.

pub(super) mod creation;
pub(super) mod deletion;
mod hiding;
pub(super) mod homing;
pub(super) mod listing;
pub(super) mod permission;
mod replicating;
mod resend;
#[cfg(test)]
mod tests;
mod unreadable;
pub(super) mod values;

use super::look_up::Local;
use super::referral::{described_prefix, prefixes_above};
use super::reply::Asked;
use super::{Authority, Known, Origin};
use crate::step::{Fetch, Plan, Step};
use crate::weak::WeakForms;
use crate::{Cryptography, Date};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::{IntoIter, Vec};
use bytes::Bytes;
use core::fmt;
use model::admin::AdminPermissions;
use model::audit::Note;
use model::change::Write;
use model::identifier::PREFIX_OF_PREFIXES;
use model::{Change, EncodedValue, Identifier, Key, Prefix, Record, Reference, Value};
use permission::{Alternatives, Demand, Ground, Holder, Rule};
use resend::{Remembered, Resend};
use wire::creation::CreationAnswer;
use wire::response::Answer as Body;
use wire::{OpFlags, Opcode, Request, ResponseCode};

/// What a node is told about administration. Default: nobody but the administrators that records
/// name, and no weak forms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the configuration"
)]
pub struct AdministrationSettings {
    /// Identities, or lists of them, who may say which prefixes the node is home to, and see how
    /// it is.
    pub server_admins: Vec<Reference>,
    /// Whether the server's administrators may do everything with every record too.
    pub server_admins_may_all: bool,
    /// Identities, or lists of them, who may only say which prefixes the node is home to.
    pub home_admins: Vec<Reference>,
    /// Identities, or lists of them, who may copy everything.
    pub replication_admins: Vec<Reference>,
    /// What mirrors that follow several servers call this one; empty if nobody has said.
    pub replication_name: String,
    /// Whether identifiers may be listed.
    pub lists: bool,
    /// Whether lists say identifiers as they were spelled first, not in capitals.
    pub lists_spellings: bool,
    /// Whether those only are told what is registered, in answer to operations 100 to 104, who are
    /// administrators of it or may register it.
    pub challenge_first: bool,
    /// The weak forms of proofs that are accepted all the same.
    pub weak_forms: WeakForms,
}

/// Carries out a request of administration: what every operation needs.
#[derive(Debug)]
pub(super) struct Administration {
    pub(super) asked: Asked,
    pub(super) origin: Origin,
    pub(super) settings: Arc<AdministrationSettings>,
    pub(super) local: Local,
    pub(super) now: Date,
    pub(super) opcode: Opcode,
    /// The SHA-256 of the request's header and body.
    pub(super) request: [u8; 32],
    /// The number of the message, and when it expires.
    pub(super) request_id: u32,
    pub(super) expiration: u32,
}

impl Administration {
    /// A change that nothing is written in yet, with the note of who makes it. Where the request
    /// came from, whoever received it completes.
    fn change(&self, key: &Key, spelling: &Bytes) -> Change {
        let date_ms = u64::from(self.now.0) * 1000;
        let mut note = Note::by_operator(key.clone(), spelling.clone(), self.opcode.0, date_ms);
        note.request = Some(self.request);
        if let Origin::Known(Known { identity, means }) = &self.origin {
            note.means = *means;
            note.identity = Some(Reference {
                identifier: identity.identifier.clone(),
                index: identity.index,
            });
        }
        Change {
            note: Some(note),
            ..Change::default()
        }
    }

    /// Where the request is remembered; none if it is not.
    fn resend(&self) -> Option<Resend> {
        Resend::of(&self.request, self.request_id, self.expiration, self.now)
    }

    /// Whether somebody must prove first who they are.
    fn is_nobody(&self) -> bool {
        self.origin.is_nobody()
    }

    /// Answers a request that was carried out before as it was answered then; who has not said who
    /// they are is asked first.
    fn answer_again(self, remembered: &Remembered) -> Step {
        if self.is_nobody() {
            return self.asked.challenge();
        }
        let asked = self.asked.with_flag(remembered.flag());
        let body = match self.opcode {
            Opcode::CREATE_HANDLE => Body::Creation(CreationAnswer {
                identifier: Some(remembered.identifier.clone()),
            }),
            _ => Body::Done,
        };
        asked.answer(ResponseCode::SUCCESS, body)
    }

    /// Whether those who have no right are told nothing of what is there.
    fn hides(&self) -> bool {
        let is_about_a_record = matches!(
            self.opcode,
            Opcode::CREATE_HANDLE
                | Opcode::DELETE_HANDLE
                | Opcode::ADD_VALUE
                | Opcode::REMOVE_VALUE
                | Opcode::MODIFY_VALUE
        );
        self.settings.challenge_first && is_about_a_record
    }

    /// Finds out whether the asker may, and goes on.
    fn permit(self, alternatives: Alternatives, operation: impl Permitted + 'static) -> Step {
        let local = self.local;
        match self.origin.clone() {
            Origin::Local => operation.carry_out(self, Ground::only(Rule::Operator)),
            Origin::Known(who) => {
                let then = Permitting {
                    administration: self,
                    operation,
                };
                permission::judge(&who, local, alternatives, Box::new(then))
            }
            Origin::Network | Origin::Session => self.asked.challenge(),
        }
    }

    fn demand(
        &self,
        record: &Identifier,
        values: &[EncodedValue],
        permissions: AdminPermissions,
    ) -> Demand {
        self.settings.demand(record, values, permissions)
    }
}

impl AdministrationSettings {
    /// A permission that is demanded of a record's administrators, or those of the server where
    /// they may do everything.
    pub(super) fn demand(
        &self,
        record: &Identifier,
        values: &[EncodedValue],
        permissions: AdminPermissions,
    ) -> Demand {
        let mut holders = permission::holders_in(record, values, permissions);
        if self.server_admins_may_all {
            holders.extend(named(&self.server_admins, &Rule::ServerAdministrator));
        }
        Demand {
            permissions,
            holders,
        }
    }
}

fn named<'r>(
    references: &'r [Reference],
    rule: &'r Rule,
) -> impl Iterator<Item = Holder> + use<'r> {
    references.iter().map(|reference| Holder {
        reference: reference.clone(),
        rule: rule.clone(),
    })
}

/// An operation that has all it needs but the permission.
pub(super) trait Permitted: fmt::Debug + Send {
    /// Carries it out.
    fn carry_out(self, administration: Administration, ground: Ground) -> Step;
}

#[derive(Debug)]
struct Permitting<O> {
    administration: Administration,
    operation: O,
}

impl<O: Permitted> permission::AfterPermission for Permitting<O> {
    fn go_on(self: Box<Self>, ground: Ground) -> Step {
        self.operation.carry_out(self.administration, ground)
    }

    fn refuse(self: Box<Self>, why: String) -> Step {
        let hides = self.administration.hides();
        let text = if hides { hiding::HIDDEN.into() } else { why };
        let code = ResponseCode::INVALID_ADMIN;
        self.administration.asked.fail(code, text)
    }
}

/// What one of operations 100 to 104 is about, before anything is known of the record.
pub(super) trait Operation: fmt::Debug + Send {
    /// Goes on when the node is home to the identifier, with the record that is stored.
    fn found(self, administration: Administration, place: Place, record: Option<Record>) -> Step;
}

/// The identifier that an operation is about, and where its record is.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) identifier: Identifier,
    pub(super) key: Key,
    /// The octets of the stored record; the change relies on them.
    pub(super) stored: Option<Bytes>,
    /// Whether the node is home to the identifier. Only whoever runs it may go on without.
    pub(super) is_home: bool,
    /// Where it stands how the request was answered, if it came before.
    resend: Option<Resend>,
}

impl Place {
    /// What was answered to the same request before.
    fn remembered(&self, origin: &Origin) -> Option<Remembered> {
        let resend = self.resend.as_ref()?;
        resend.remembered(origin, self.identifier.spelling(), self.stored.as_ref())
    }

    /// The change that leaves a record, or none, at this place; `overwrites` is what its answer
    /// says, now and whenever the request comes again.
    fn change(
        &self,
        administration: &Administration,
        record: Option<&Bytes>,
        overwrites: bool,
    ) -> Change {
        let mut change = administration.change(&self.key, self.identifier.spelling());
        change.expect(self.key.clone(), self.stored.clone());
        change.writes.push(Write {
            key: self.key.clone(),
            octets: record.cloned(),
        });
        if let Some(resend) = &self.resend {
            let spelling = self.identifier.spelling();
            resend.remember(administration, &mut change, spelling, overwrites, record);
        }
        change
    }
}

/// Starts one of operations 100 to 104.
pub(super) fn start<D: Cryptography>(
    authority: &Authority<D>,
    administration: Administration,
    identifier: &Bytes,
    operation: impl Operation + 'static,
) -> Step {
    let site = &authority.settings.site;
    if !site.is_primary() && administration.origin != Origin::Local {
        // The reference software's words, which people search for.
        let code = ResponseCode::SERVER_NOT_RESPONSIBLE;
        return administration.asked.fail(code, "Not a primary server");
    }
    let identifier = match Identifier::from_octets(identifier.clone()) {
        Ok(identifier) => identifier,
        Err(error) => return unreadable::start(administration, identifier, &error),
    };
    if !site.is_answered_here(&identifier, &authority.digests) {
        let text = "another server of this site answers for the identifier";
        let code = ResponseCode::SERVER_NOT_RESPONSIBLE;
        return administration.asked.fail(code, text);
    }
    let key = Key::record(&identifier, administration.local.case);
    let resend = administration.resend();
    let mut keys = vec![key.clone()];
    keys.extend(resend.as_ref().map(|resend| resend.key().clone()));
    keys.extend(homes_of(&identifier));
    let finding = Finding {
        administration,
        place: Place {
            identifier,
            key,
            stored: None,
            is_home: false,
            resend,
        },
        operation,
    };
    Fetch::step(keys, finding)
}

/// The keys of the marks of which one must be there for the node to be home to an identifier: its
/// prefix; for the record of a prefix also that prefix, and all those above it.
pub(super) fn homes_of(identifier: &Identifier) -> Vec<Key> {
    let mut homes = vec![Key::homed(&identifier.prefix())];
    if let Some(described) = described_prefix(identifier) {
        homes.push(Key::homed(&described));
        let above = prefixes_above(described.as_str());
        let above = above.filter_map(|prefix| prefix.parse::<Prefix>().ok());
        homes.extend(
            above
                .take(HOMES_ABOVE_MAX)
                .map(|prefix| Key::homed(&prefix)),
        );
    }
    homes
}

/// How many prefixes above one are looked at; see the same limit of referrals.
const HOMES_ABOVE_MAX: usize = 32;

#[derive(Debug)]
struct Finding<O> {
    administration: Administration,
    place: Place,
    operation: O,
}

impl<O: Operation> Plan for Finding<O> {
    /// Goes on with the record, with what is remembered of the request, then the marks of the
    /// homes.
    fn resume(self: Box<Self>, mut found: IntoIter<Option<Bytes>>) -> Step {
        let Self {
            administration,
            mut place,
            operation,
        } = *self;
        place.stored = found.next().flatten();
        if let Some(resend) = &mut place.resend {
            resend.found(found.next().flatten());
        }
        place.is_home = found.any(|mark| mark.is_some());
        if !place.is_home && administration.origin != Origin::Local {
            return administration.asked.fail_not_responsible();
        }
        if let Some(remembered) = place.remembered(&administration.origin) {
            return administration.answer_again(&remembered);
        }
        match place.stored.clone().map(Record::from_stored).transpose() {
            Ok(record) => operation.found(administration, place, record),
            Err(error) => administration.asked.fail_unreadable(place.key, error),
        }
    }
}

/// The record whose administrators say who may register an identifier, and the permission: the
/// prefix's, or for a prefix that of the prefix above.
pub(super) fn above(identifier: &Identifier) -> Option<(Identifier, AdminPermissions)> {
    let Some(described) = described_prefix(identifier) else {
        let prefix = identifier.prefix();
        let record = [PREFIX_OF_PREFIXES, "/", prefix.as_str()].concat();
        return Some((record.parse().ok()?, AdminPermissions::ADD_HANDLE));
    };
    let parent = prefixes_above(described.as_str())
        .next()
        .unwrap_or(PREFIX_OF_PREFIXES);
    let record = [PREFIX_OF_PREFIXES, "/", parent].concat();
    Some((record.parse().ok()?, AdminPermissions::ADD_DERIVED_PREFIX))
}

/// A code, and why.
type Refused = (ResponseCode, &'static str);

/// The values of a request, dated; the answer's code and why if they cannot be taken.
pub(super) fn dated(values: &[EncodedValue], now: Date) -> Result<Vec<Value>, Refused> {
    let mut dated: Vec<Value> = Vec::with_capacity(values.len());
    let mut indexes = alloc::collections::BTreeSet::new();
    let is_wrong = |index| index == 0 || index > i32::MAX as u32;
    if values.iter().any(|value| is_wrong(value.index())) {
        // The reference software's words, which people search for.
        let text = "Value indexes must be positive";
        return Err((ResponseCode::INVALID_VALUE, text));
    }
    for value in values {
        if !indexes.insert(value.index()) {
            let text = "two values have the same index";
            return Err((ResponseCode::VALUE_ALREADY_EXISTS, text));
        }
        let mut value = value.value();
        value.timestamp = now.0;
        dated.push(value);
    }
    Ok(dated)
}

/// Starts the plan of a request of administration.
pub(super) fn dispatch<D: Cryptography>(
    authority: &Authority<D>,
    administration: Administration,
    request: Request,
) -> Step {
    match request {
        Request::Creation(body) => creation::start(authority, administration, body),
        Request::Deletion(body) => start(
            authority,
            administration,
            &body.identifier,
            deletion::Deletion,
        ),
        Request::Addition(body) => values::start_addition(authority, administration, body),
        Request::Modification(body) => values::start_modification(authority, administration, body),
        Request::Removal(body) => values::start_removal(authority, administration, body),
        Request::Listing(body) => listing::start(administration, body.identifier),
        Request::HomedListing(_) => listing::start_homed(administration),
        Request::Homing(body) => {
            let is_primary = authority.settings.site.is_primary();
            homing::start(administration, is_primary, body.identifier, true)
        }
        Request::TxnLog(_) | Request::Dump(_) => replicating::start(administration, &request),
        Request::Unhoming(body) => {
            let is_primary = authority.settings.site.is_primary();
            homing::start(administration, is_primary, body.identifier, false)
        }
        _ => administration.asked.fail(
            ResponseCode::OPERATION_NOT_SUPPORTED,
            "this node does not offer the operation",
        ),
    }
}

/// Whether an operation is one of administration.
pub(super) fn is_offered(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::CREATE_HANDLE
            | Opcode::DELETE_HANDLE
            | Opcode::ADD_VALUE
            | Opcode::REMOVE_VALUE
            | Opcode::MODIFY_VALUE
            | Opcode::LIST_HANDLES
            | Opcode::HOME_PREFIX
            | Opcode::UNHOME_PREFIX
            | Opcode::LIST_HOMED
            | Opcode::RETRIEVE_TXN_LOG
            | Opcode::DUMP_HANDLES
    )
}

/// Whether a request asks to replace what is there.
fn overwrites(administration: &Administration) -> bool {
    administration.asked.flags.contains(OpFlags::OVERWRITE)
}

/// Whether a value names an administrator.
fn is_admin(value_type: &[u8]) -> bool {
    model::value_type::matches(b"HS_ADMIN", value_type)
}
