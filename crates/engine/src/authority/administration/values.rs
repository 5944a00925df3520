//! Values of an identifier that is registered: adding, changing and removing them (RFC 3652
//! sections 3.6.3 to 3.6.5).
//!
//! A value that names an administrator needs other permissions than the rest, and a value that
//! administrators may not write is not changed by anybody.

use super::hiding;
use super::permission::{Alternatives, Demand, Ground, Rule};
use super::{Administration, Operation, Permitted, Place, Refused, dated, is_admin, overwrites};
use crate::authority::Authority;
use crate::step::Step;
use crate::{Cryptography, Date};
use alloc::string::ToString;
use alloc::vec::Vec;
use model::admin::AdminPermissions;
use model::{EncodedValue, Identifier, Permissions, Record, Value};
use wire::response::Answer as Body;
use wire::values::{RemovalRequest, ValuesRequest};
use wire::{OpFlags, ResponseCode};

const NO_VALUES: &str = "the request names no value; nothing was done";

/// What a request does with the values of a record, as it asks.
#[derive(Debug)]
enum Wish {
    Add(Vec<EncodedValue>),
    Modify(Vec<EncodedValue>),
    Remove(Vec<u32>),
}

/// The same with values that can be taken, dated.
enum Edit {
    Add(Vec<Value>),
    Modify(Vec<Value>),
    Remove(Vec<u32>),
}

pub(super) fn start_addition<D: Cryptography>(
    authority: &Authority<D>,
    administration: Administration,
    request: ValuesRequest,
) -> Step {
    let wish = Wish::Add(request.values);
    super::start(authority, administration, &request.identifier, wish)
}

pub(super) fn start_modification<D: Cryptography>(
    authority: &Authority<D>,
    administration: Administration,
    request: ValuesRequest,
) -> Step {
    let wish = Wish::Modify(request.values);
    super::start(authority, administration, &request.identifier, wish)
}

pub(super) fn start_removal<D: Cryptography>(
    authority: &Authority<D>,
    administration: Administration,
    request: RemovalRequest,
) -> Step {
    let wish = Wish::Remove(request.indexes);
    super::start(authority, administration, &request.identifier, wish)
}

impl Wish {
    /// The edit, if its values can be taken whatever the record is.
    fn checked(self, now: Date) -> Result<Edit, Refused> {
        let is_empty = match &self {
            Self::Add(values) | Self::Modify(values) => values.is_empty(),
            Self::Remove(indexes) => indexes.is_empty(),
        };
        if is_empty {
            return Err((ResponseCode::INVALID_VALUE, NO_VALUES));
        }
        Ok(match self {
            Self::Add(values) => Edit::Add(dated(&values, now)?),
            Self::Modify(values) => Edit::Modify(dated(&values, now)?),
            Self::Remove(indexes) => Edit::Remove(indexes),
        })
    }
}

impl Operation for Wish {
    fn found(self, administration: Administration, place: Place, record: Option<Record>) -> Step {
        let edit = match self.checked(administration.now) {
            Ok(edit) => edit,
            Err((code, text)) => return administration.asked.fail(code, text),
        };
        // What is there, nobody is told who has not said who he is; and who changes a value that
        // everybody may write says so too.
        if administration.is_nobody() {
            return administration.asked.challenge();
        }
        let Some(record) = record else {
            let refused = (ResponseCode::HANDLE_NOT_FOUND, "");
            return hiding::refuse(administration, &place, &[], refused);
        };
        let old: Vec<EncodedValue> = record.entries().map(|entry| entry.encoded).collect();
        let edited = match edit.edited(&old, overwrites(&administration)) {
            Ok(edited) => edited,
            Err(refused) => return hiding::refuse(administration, &place, &old, refused),
        };
        let demands: Vec<Demand> = edited
            .demands
            .iter()
            .map(|&permissions| administration.demand(&place.identifier, &old, permissions))
            .collect();
        let ready = Ready {
            place,
            before: record,
            values: edited.values,
            is_writable: edited.is_writable,
            overwrites: edited.overwrites,
        };
        if demands.is_empty() {
            // Everybody with a name may write these values.
            return ready.carry_out(administration, Ground::only(Rule::PublicWrite));
        }
        administration.permit(Alternatives::all(demands), ready)
    }
}

/// The values as they will be, and what that demands.
struct Edited {
    values: Vec<Value>,
    demands: Vec<AdminPermissions>,
    /// Whether administrators may write all that is written.
    is_writable: bool,
    overwrites: bool,
}

impl Edit {
    fn edited(&self, old: &[EncodedValue], overwrites: bool) -> Result<Edited, Refused> {
        let mut edited = Edited {
            values: old.iter().map(EncodedValue::value).collect(),
            demands: Vec::new(),
            is_writable: true,
            overwrites: false,
        };
        match self {
            Self::Add(values) => {
                for value in values {
                    match position(&edited.values, value.index) {
                        None => {
                            edited.demand(adding(value.value_type.octets()));
                            edited.values.push(value.clone());
                        }
                        Some(at) if overwrites => {
                            edited.replace(at, value)?;
                            edited.overwrites = true;
                        }
                        Some(_) => {
                            let text = "a value with this index exists already";
                            return Err((ResponseCode::VALUE_ALREADY_EXISTS, text));
                        }
                    }
                }
            }
            Self::Modify(values) => {
                for value in values {
                    let at = position(&edited.values, value.index).ok_or(NO_VALUE)?;
                    edited.replace(at, value)?;
                }
            }
            Self::Remove(indexes) => {
                for &index in indexes {
                    // An index that is named twice is not there the second time.
                    let at = position(&edited.values, index).ok_or(NO_VALUE)?;
                    let value = edited.values.remove(at);
                    edited.write(value.permissions);
                    edited.demand(removing(value.value_type.octets()));
                }
            }
        }
        Ok(edited)
    }
}

const NO_VALUE: Refused = (
    ResponseCode::VALUES_NOT_FOUND,
    "a value with this index is not there; nothing was done",
);

impl Edited {
    fn demand(&mut self, permissions: AdminPermissions) {
        if !self.demands.contains(&permissions) {
            self.demands.push(permissions);
        }
    }

    /// Notes that a value with these permissions is written.
    fn write(&mut self, permissions: Permissions) {
        self.is_writable &= permissions.contains(Permissions::ADMIN_WRITE);
    }

    fn replace(&mut self, at: usize, value: &Value) -> Result<(), Refused> {
        let Some(old) = self.values.get_mut(at) else {
            return Err(NO_VALUE);
        };
        let before = core::mem::replace(old, value.clone());
        let (was, is) = (before.value_type.octets(), value.value_type.octets());
        // Only what it says: as another type it might name somebody, or be somebody's key.
        let stays = was.eq_ignore_ascii_case(is) && before.permissions == value.permissions;
        let is_public = before.permissions.contains(Permissions::PUBLIC_WRITE);
        if is_public && stays && !gives_rights(was) {
            return Ok(());
        }
        self.write(before.permissions);
        for permissions in replacing(was, is) {
            self.demand(permissions);
        }
        Ok(())
    }
}

/// Whether somebody's rights depend on values of a type.
fn gives_rights(value_type: &[u8]) -> bool {
    const TYPES: [&[u8]; 4] = [b"HS_ADMIN", b"HS_VLIST", b"HS_PUBKEY", b"HS_SECKEY"];
    TYPES
        .iter()
        .any(|asked| model::value_type::matches(asked, value_type))
}

/// Whether administrators may make a record's old values the new ones: none that is replaced or
/// removed may be one that nobody may write.
pub(super) fn are_writable(old: &[EncodedValue], new: &[EncodedValue]) -> bool {
    old.iter().all(|before| {
        let stays = new.iter().find(|value| value.index() == before.index());
        stays.is_some_and(|value| is_same(before, value))
            || before.permissions().contains(Permissions::ADMIN_WRITE)
    })
}

fn position(values: &[Value], index: u32) -> Option<usize> {
    values.iter().position(|value| value.index == index)
}

fn adding(value_type: &[u8]) -> AdminPermissions {
    if is_admin(value_type) {
        AdminPermissions::ADD_ADMIN
    } else {
        AdminPermissions::ADD_VALUE
    }
}

fn removing(value_type: &[u8]) -> AdminPermissions {
    if is_admin(value_type) {
        AdminPermissions::REMOVE_ADMIN
    } else {
        AdminPermissions::REMOVE_VALUE
    }
}

/// What it demands that a value of one type becomes one of another.
fn replacing(was: &[u8], is: &[u8]) -> Vec<AdminPermissions> {
    match (is_admin(was), is_admin(is)) {
        (false, false) => [AdminPermissions::MODIFY_VALUE].into(),
        (true, true) => [AdminPermissions::MODIFY_ADMIN].into(),
        _ => [removing(was), adding(is)].into(),
    }
}

/// The permissions to make a record's old values the new ones, one by one.
pub(super) fn changes(old: &[EncodedValue], new: &[EncodedValue]) -> Vec<AdminPermissions> {
    let mut demands = Vec::new();
    let find = |values: &[EncodedValue], index| {
        values.iter().find(|value| value.index() == index).cloned()
    };
    for value in new {
        match find(old, value.index()) {
            None => demands.push(adding(value.type_octets())),
            Some(before) if is_same(&before, value) => {}
            Some(before) => demands.extend(replacing(before.type_octets(), value.type_octets())),
        }
    }
    let removed = old
        .iter()
        .filter(|before| find(new, before.index()).is_none());
    demands.extend(removed.map(|before| removing(before.type_octets())));
    demands.sort_unstable_by_key(|permissions| permissions.0);
    demands.dedup();
    demands
}

/// Whether two values differ in nothing but their dates.
fn is_same(one: &EncodedValue, other: &EncodedValue) -> bool {
    let mut one = one.value();
    let other = other.value();
    one.timestamp = other.timestamp;
    EncodedValue::of(&one) == EncodedValue::of(&other)
}

/// An edit that only needs the permission.
#[derive(Debug)]
struct Ready {
    place: Place,
    before: Record,
    values: Vec<Value>,
    is_writable: bool,
    overwrites: bool,
}

impl Permitted for Ready {
    fn carry_out(self, administration: Administration, ground: Ground) -> Step {
        if !self.is_writable {
            let code = ResponseCode::INSUFFICIENT_PERMISSIONS;
            let text = "a value may be written by nobody";
            return administration.asked.fail(code, text);
        }
        let identifier = self.place.identifier.clone();
        // The record stays spelled as it was registered.
        let canonical = || identifier.canonical(administration.local.case).into();
        let spelling = self.before.spelling().unwrap_or_else(canonical);
        let identifier = Identifier::from_octets(spelling).unwrap_or(identifier);
        let record = Record::spelled(&self.values, &identifier, administration.local.case);
        let record = match record {
            Ok(record) => record.dated_after(&self.before),
            Err(error) => {
                let code = ResponseCode::INVALID_VALUE;
                return administration.asked.fail(code, error.to_string());
            }
        };
        let octets = Some(record.octets());
        let change = self.place.change(&administration, octets, self.overwrites);
        let mut asked = administration.asked;
        if self.overwrites {
            asked = asked.with_flag(OpFlags::OVERWRITE);
        }
        asked.answer_permitted(change, ground, Body::Done)
    }
}
