//! What the records must be, computed a second time, as naively as can be: who may do what, and
//! what an order makes of a record (RFC 3651 section 3.2.1, RFC 3652 section 3.6).
//!
//! Not here: when that is asked (`super::judge`).

use engine::Date;
use model::admin::{Admin, AdminPermissions as May};
use model::vlist::ValueList;
use model::{EncodedValue, Permissions, Value};
use std::collections::{BTreeMap, BTreeSet};
use wire::{Identity, Message, OpFlags, Opcode, Request};

/// The values of one identifier by index.
pub(crate) type Page = BTreeMap<u32, Value>;

/// All records at one position of the log, by their names in capitals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Book {
    pub(crate) pages: BTreeMap<String, Page>,
}

/// What an order does with one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deed {
    /// The record, in capitals.
    pub(crate) name: String,
    /// What it is afterwards; none if it is gone.
    pub(crate) page: Option<Page>,
    /// Whether something was overwritten.
    pub(crate) overwrites: bool,
    /// What somebody must be allowed to do: all of one of these, each of the named record.
    demands: Vec<Vec<(String, May)>>,
}

/// How identifiers are compared here.
pub(crate) fn name_of(identifier: &[u8]) -> String {
    String::from_utf8_lossy(identifier).to_uppercase()
}

impl Book {
    /// What a request does; none if it must not be carried out. `minted` is the identifier where
    /// the node chose its end.
    pub(crate) fn deed(&self, request: &Message, minted: &str, date: Date) -> Option<Deed> {
        let overwrites = request.header.flags.contains(OpFlags::OVERWRITE);
        let body = Request::decode(request).ok()?;
        let (name, new) = match &body {
            Request::Creation(body) | Request::Addition(body) | Request::Modification(body) => {
                (name_of(&body.identifier), decoded(&body.values))
            }
            Request::Deletion(body) => (name_of(&body.identifier), Vec::new()),
            Request::Removal(body) => (name_of(&body.identifier), Vec::new()),
            _ => return None,
        };
        let old = self.pages.get(&name);
        match &body {
            Request::Creation(_) if request.header.flags.contains(OpFlags::MINT) => {
                let is_its_end = minted.starts_with(&name) && minted.len() == name.len() + 36;
                is_its_end.then(|| create(minted, None, &new, date))
            }
            Request::Creation(_) if old.is_some() && !overwrites => None,
            Request::Creation(_) => Some(create(&name, old, &new, date)),
            Request::Deletion(_) => old.map(|_| {
                let demands = vec![vec![(name.clone(), May::DELETE_HANDLE)]];
                let (page, overwrites) = (None, false);
                Deed {
                    name: name.clone(),
                    page,
                    overwrites,
                    demands,
                }
            }),
            Request::Removal(body) => remove(&name, old?, &body.indexes),
            _ => {
                let is_addition = request.header.opcode == Opcode::ADD_VALUE;
                edit(&name, old?, &new, is_addition, overwrites, date)
            }
        }
    }

    /// Whether somebody may do what a deed demands.
    pub(crate) fn permits(&self, deed: &Deed, identity: &Identity) -> bool {
        let mut alternatives = deed.demands.iter();
        alternatives.any(|all| {
            let mut all = all.iter();
            all.all(|(record, may)| self.may(record, *may, identity))
        })
    }

    fn may(&self, record: &str, may: May, identity: &Identity) -> bool {
        let values = self.pages.get(record).into_iter().flat_map(Page::values);
        let mut admins = values.filter_map(|value| {
            let admin = Admin::decode(value.data.clone()).ok()?;
            (is_admin(value) && admin.permissions.contains(may)).then_some(admin)
        });
        admins.any(|admin| {
            let holder = Identity::new(admin.identifier, admin.index);
            self.stands_for(&holder, identity, &mut BTreeSet::new())
        })
    }

    /// Whether a holder is somebody, or a list with somebody on it.
    fn stands_for(
        &self,
        holder: &Identity,
        who: &Identity,
        seen: &mut BTreeSet<(String, u32)>,
    ) -> bool {
        let name = name_of(&holder.identifier);
        if name == name_of(&who.identifier) && (holder.index == 0 || holder.index == who.index) {
            return true;
        }
        if !seen.insert((name.clone(), holder.index)) {
            return false;
        }
        let value = self
            .pages
            .get(&name)
            .and_then(|page| page.get(&holder.index));
        let list = value.filter(|value| value.value_type.octets()[..] == *b"HS_VLIST");
        let list = list.and_then(|value| ValueList::decode(value.data.clone()).ok());
        let mut members = list.into_iter().flat_map(|list| list.0);
        members.any(|it| self.stands_for(&Identity::new(it.identifier, it.index), who, seen))
    }

    /// Whether somebody's record holds a key at their index.
    pub(crate) fn has_key(&self, identity: &Identity) -> bool {
        let page = self.pages.get(&name_of(&identity.identifier));
        let key = page.and_then(|page| page.get(&identity.index));
        key.is_some_and(|key| {
            let value_type = &key.value_type.octets()[..];
            value_type == b"HS_SECKEY" || value_type == b"HS_PUBKEY"
        })
    }

    /// Turns the page of a deed.
    pub(crate) fn write(&mut self, name: &str, page: Option<Page>) {
        match page {
            Some(page) => self.pages.insert(name.to_owned(), page),
            None => self.pages.remove(name),
        };
    }
}

fn decoded(values: &[EncodedValue]) -> Vec<Value> {
    values.iter().map(EncodedValue::value).collect()
}

fn is_admin(value: &Value) -> bool {
    value.value_type.octets()[..] == *b"HS_ADMIN"
}

/// A new value with its date: that of an old one which says the same, else today, but never a
/// date before the old one's.
fn dated(new: &Value, old: Option<&Value>, date: Date) -> Value {
    let timestamp = match old {
        Some(old) if says_the_same(old, new) => old.timestamp,
        Some(old) => old.timestamp.max(date.0),
        None => date.0,
    };
    Value {
        timestamp,
        ..new.clone()
    }
}

fn says_the_same(old: &Value, new: &Value) -> bool {
    let timestamp = old.timestamp;
    *old == Value {
        timestamp,
        ..new.clone()
    }
}

/// The record whose administrators register an identifier; all of these are under one prefix.
fn prefix_of(name: &str) -> String {
    let prefix = name.split_once('/').map_or("", |(prefix, _)| prefix);
    format!("0.NA/{prefix}")
}

fn create(name: &str, old: Option<&Page>, new: &[Value], date: Date) -> Deed {
    let before = |value: &Value| old.and_then(|old| old.get(&value.index));
    let page = new
        .iter()
        .map(|value| (value.index, dated(value, before(value), date)));
    let page: Page = page.collect();
    let register = (prefix_of(name), May::ADD_HANDLE);
    let demands = match old {
        None => vec![vec![register]],
        Some(old) => demands_of_overwriting(name, old, &page, register),
    };
    Deed {
        name: name.to_owned(),
        page: Some(page),
        overwrites: old.is_some(),
        demands,
    }
}

/// To change it value by value, if no administrator is added; or to add administrators; or to
/// delete and to register.
fn demands_of_overwriting(
    name: &str,
    old: &Page,
    new: &Page,
    register: (String, May),
) -> Vec<Vec<(String, May)>> {
    let of_record = |may| (name.to_owned(), may);
    let mut demands = vec![
        vec![of_record(May::ADD_ADMIN)],
        vec![of_record(May::DELETE_HANDLE), register.clone()],
    ];
    let added = new.values().filter(|value| !old.contains_key(&value.index));
    let removed = old.values().filter(|value| !new.contains_key(&value.index));
    let both = old
        .iter()
        .filter_map(|(index, old)| Some((old, new.get(index)?)));
    let replaced: Vec<_> = both.filter(|(old, new)| !says_the_same(old, new)).collect();
    let touched = removed.clone().chain(replaced.iter().map(|(old, _)| *old));
    let is_writable = |value: &Value| value.permissions.contains(Permissions::ADMIN_WRITE);
    if !added.clone().any(is_admin) && touched.into_iter().all(is_writable) {
        let one_by_one = added.map(to_add);
        let one_by_one = one_by_one.chain(removed.map(to_remove));
        let changes = replaced.iter().flat_map(|(old, new)| to_replace(old, new));
        let mut all: Vec<_> = one_by_one.chain(changes).map(of_record).collect();
        if all.is_empty() {
            all.push(register);
        }
        demands.push(all);
    }
    demands
}

fn to_add(value: &Value) -> May {
    if is_admin(value) {
        May::ADD_ADMIN
    } else {
        May::ADD_VALUE
    }
}

fn to_remove(value: &Value) -> May {
    if is_admin(value) {
        May::REMOVE_ADMIN
    } else {
        May::REMOVE_VALUE
    }
}

fn to_replace(old: &Value, new: &Value) -> Vec<May> {
    match (is_admin(old), is_admin(new)) {
        (true, true) => vec![May::MODIFY_ADMIN],
        (false, false) => vec![May::MODIFY_VALUE],
        _ => vec![to_remove(old), to_add(new)],
    }
}

fn edit(
    name: &str,
    old: &Page,
    new: &[Value],
    is_addition: bool,
    overwrites: bool,
    date: Date,
) -> Option<Deed> {
    let mut page = old.clone();
    let mut demands = Vec::new();
    let mut has_overwritten = false;
    for value in new {
        let before = page.get(&value.index).cloned();
        match &before {
            None if is_addition => demands.push(to_add(value)),
            Some(before) if !is_addition || overwrites => {
                demands.extend(to_replace(before, value));
                has_overwritten = is_addition;
            }
            _ => return None,
        }
        page.insert(value.index, dated(value, before.as_ref(), date));
    }
    let demands = demands.into_iter().map(|may| (name.to_owned(), may));
    Some(Deed {
        name: name.to_owned(),
        page: Some(page),
        overwrites: has_overwritten,
        demands: vec![demands.collect()],
    })
}

fn remove(name: &str, old: &Page, indexes: &[u32]) -> Option<Deed> {
    let mut page = old.clone();
    let mut demands = Vec::new();
    for index in indexes {
        demands.push((name.to_owned(), to_remove(&page.remove(index)?)));
    }
    Some(Deed {
        name: name.to_owned(),
        page: Some(page),
        overwrites: false,
        demands: vec![demands],
    })
}
