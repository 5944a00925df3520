//! Registration of an identifier (RFC 3652 section 3.6.1).
//!
//! Over the network it needs the permission of the prefix's administrators; the operator of a node
//! needs none, and the node becomes home to the prefix if it was not. Not here: how an identifier
//! that is to be minted looks to its asker (room `web`).

use super::permission::{Alternatives, Ground};
use super::values::{are_writable, changes};
use super::{Administration, Operation, Permitted, Place, above, dated, is_admin, overwrites};
use crate::authority::look_up::{AfterLookUp, Found, look_up};
use crate::authority::{Authority, Origin};
use crate::step::Step;
use crate::{Cryptography, Date};
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use bytes::Bytes;
use model::admin::AdminPermissions;
use model::{EncodedValue, Identifier, Key, Record, SuffixCase, Value};
use wire::creation::CreationAnswer;
use wire::response::Answer as Body;
use wire::values::ValuesRequest;
use wire::{OpFlags, ResponseCode};

/// What is stored under the key of a prefix that this node is home to: the format octet.
pub const HOMED_MARK: &[u8] = &[1];

/// An identifier with values, checked and ready to be written.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Where it is written that this node is home to the prefix: [`HOMED_MARK`] goes there.
    pub home: Key,
    /// Where the record goes.
    pub key: Key,
    /// The record.
    pub record: Record,
}

impl Registration {
    /// Checks the values of an identifier and dates them.
    ///
    /// # Errors
    /// What keeps the values from being a record.
    pub fn new(
        identifier: &Identifier,
        mut values: Vec<Value>,
        case: SuffixCase,
        now: Date,
    ) -> Result<Self, model::Error> {
        for value in &mut values {
            value.timestamp = now.0;
        }
        Ok(Self {
            home: Key::homed(&identifier.prefix()),
            key: Key::record(identifier, case),
            record: Record::spelled(&values, identifier, case)?,
        })
    }
}

pub(super) fn start<D: Cryptography>(
    authority: &Authority<D>,
    administration: Administration,
    request: ValuesRequest,
) -> Step {
    let identifier = if administration.asked.flags.contains(OpFlags::MINT) {
        minted(&request.identifier, authority.digests.chance())
    } else {
        request.identifier
    };
    let values = request.values;
    super::start(authority, administration, &identifier, Creation { values })
}

/// A stem with a random UUID behind it (RFC 9562 version 4).
fn minted(stem: &Bytes, chance: [u8; 16]) -> Bytes {
    let uuid = uuid::Builder::from_random_bytes(chance).into_uuid();
    [stem, uuid.to_string().as_bytes()].concat().into()
}

#[derive(Debug)]
struct Creation {
    values: Vec<EncodedValue>,
}

impl Operation for Creation {
    fn found(self, administration: Administration, place: Place, before: Option<Record>) -> Step {
        let values = match dated(&self.values, administration.now) {
            Ok(values) => values,
            Err((code, text)) => return administration.asked.fail(code, text),
        };
        let is_told = before.is_some() && !overwrites(&administration);
        if is_told && !administration.hides() {
            let code = ResponseCode::HANDLE_ALREADY_EXISTS;
            return administration.asked.fail(code, "");
        }
        let case = administration.local.case;
        let record = match Record::spelled(&values, &place.identifier, case) {
            Ok(record) => record,
            Err(error) => {
                let code = ResponseCode::INVALID_VALUE;
                return administration.asked.fail(code, error.to_string());
            }
        };
        let ready = Ready {
            place,
            record,
            before,
        };
        if administration.origin == Origin::Local {
            return administration.permit(Alternatives::default(), ready);
        }
        if administration.is_nobody() {
            return administration.asked.challenge();
        }
        let Some((above, permission)) = above(&ready.place.identifier) else {
            let text = "the prefix is too long to have a record";
            return administration
                .asked
                .fail(ResponseCode::INVALID_HANDLE, text);
        };
        let local = administration.local;
        let waiting = Waiting {
            administration,
            ready,
            above: above.clone(),
            permission,
        };
        look_up(above, &["HS_ADMIN"], local, Box::new(waiting))
    }
}

/// A registration that waits for the record of the prefix.
#[derive(Debug)]
struct Waiting {
    administration: Administration,
    ready: Ready,
    above: Identifier,
    permission: AdminPermissions,
}

impl AfterLookUp for Waiting {
    fn resume(self: Box<Self>, found: Found) -> Step {
        let add = self
            .administration
            .demand(&self.above, found.values(), self.permission);
        let alternatives = match &self.ready.before {
            Some(before) if overwrites(&self.administration) => {
                self.ready.to_overwrite(&self.administration, before, add)
            }
            // That it exists already, only who might have registered it is told.
            _ => Alternatives::all(vec![add]),
        };
        self.administration.permit(alternatives, self.ready)
    }
}

/// A registration that only needs the permission.
#[derive(Debug)]
struct Ready {
    place: Place,
    record: Record,
    before: Option<Record>,
}

impl Ready {
    /// What replacing a record demands: to change its values one by one, where no administrator
    /// is added; or to add administrators to it; or to delete it and register it anew.
    fn to_overwrite(
        &self,
        administration: &Administration,
        before: &Record,
        add: super::Demand,
    ) -> Alternatives {
        let identifier = &self.place.identifier;
        let old: Vec<EncodedValue> = before.entries().map(|entry| entry.encoded).collect();
        let demand = |permissions| administration.demand(identifier, &old, permissions);
        let new: Vec<EncodedValue> = self.record.entries().map(|entry| entry.encoded).collect();
        let changes = changes(&old, &new);
        let adds_admin = new.iter().any(|value| {
            let was_there = old.iter().any(|old| old.index() == value.index());
            is_admin(value.type_octets()) && !was_there
        });
        let mut alternatives = Vec::new();
        if !adds_admin && are_writable(&old, &new) {
            // Not even to write what is there already is for everybody: it would tell what is.
            let nothing = changes.is_empty().then(|| add.clone());
            let demands = changes.into_iter().map(demand).chain(nothing);
            alternatives.push(demands.collect());
        }
        alternatives.push(vec![demand(AdminPermissions::ADD_ADMIN)]);
        alternatives.push(vec![demand(AdminPermissions::DELETE_HANDLE), add]);
        Alternatives(alternatives)
    }
}

impl Permitted for Ready {
    fn carry_out(self, administration: Administration, ground: Ground) -> Step {
        let Self {
            place,
            mut record,
            before,
        } = self;
        let mut asked = administration.asked.clone();
        if before.is_some() && !asked.flags.contains(OpFlags::OVERWRITE) {
            return asked.fail(ResponseCode::HANDLE_ALREADY_EXISTS, "");
        }
        if let Some(before) = &before {
            asked = asked.with_flag(OpFlags::OVERWRITE);
            record = record.dated_after(before);
        }
        let mut change = place.change(&administration, Some(record.octets()), before.is_some());
        if !place.is_home {
            let home = Key::homed(&place.identifier.prefix());
            change.put(home, Bytes::from_static(HOMED_MARK));
        }
        let answer = CreationAnswer {
            identifier: Some(place.identifier.spelling().clone()),
        };
        asked.answer_permitted(change, ground, Body::Creation(answer))
    }
}
