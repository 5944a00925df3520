//! Registering, changing and deleting records.
//!
//! | request | operation |
//! | --- | --- |
//! | PUT | create (100), replacing what is there unless `overwrite=false` |
//! | PUT `mintNewSuffix` | the same, the node makes up the rest of the identifier |
//! | PUT `index=…` | add values (102), replacing those with the same indexes |
//! | DELETE | delete (101) |
//! | DELETE `index=…` | remove values (103) |
//!
//! Not here: the body ([`super::body`]), whether somebody may (room `engine`).

use super::endpoints::{INDEX, INDEX_OF_BODY, MINT, OVERWRITE};
use super::outcome::{self, failure};
use super::{Call, body, parse_index};
use crate::question::{REQUEST_ID, now};
use crate::reply::Reply;
use engine::question::{addition, creation, deletion, removal};
use model::{Identifier, Value};
use std::collections::BTreeSet;
use wire::{OpFlags, ResponseCode};

/// What stands in place of indexes where they need not be those of the body.
const VARIOUS: &str = "various";

pub(super) fn put(call: &Call<'_>, identifier: &Identifier) -> Reply {
    let values = match body::values(&call.asked.body).and_then(|values| {
        check_indexes(call, &values)?;
        Ok(values)
    }) {
        Ok(values) => values,
        Err(said) => return failure(call, ResponseCode::PROTOCOL_ERROR, &said, None),
    };
    let query = &call.asked.query;
    let mut flags = OpFlags(0);
    if query.flag(OVERWRITE.name).unwrap_or(true) {
        flags = flags | OpFlags::OVERWRITE;
    }
    let message = if query.first(INDEX_OF_BODY.name).is_some() {
        addition(identifier, &values, flags, REQUEST_ID, now())
    } else {
        if query.flag(MINT.name) == Some(true) {
            flags = flags | OpFlags::MINT;
        }
        creation(identifier, &values, flags, REQUEST_ID, now())
    };
    outcome::written(call, identifier, &call.ask(&message))
}

/// Whether the indexes in the query are those of the body; they need not be named.
fn check_indexes(call: &Call<'_>, values: &[Value]) -> Result<(), String> {
    let mut named: Vec<&str> = call.asked.query.all(INDEX_OF_BODY.name).collect();
    if named.is_empty() || named.contains(&VARIOUS) {
        named.retain(|index| *index != VARIOUS);
        return named
            .into_iter()
            .try_for_each(|index| parse_index(index).map(drop));
    }
    let named: BTreeSet<u32> = named
        .into_iter()
        .map(parse_index)
        .collect::<Result<_, _>>()?;
    let given: BTreeSet<u32> = values.iter().map(|value| value.index).collect();
    if named == given {
        return Ok(());
    }
    Err("the indexes of the query are not those of the body; index=various takes any".into())
}

pub(super) fn delete(call: &Call<'_>, identifier: &Identifier) -> Reply {
    let indexes = call.asked.query.all(INDEX.name).map(parse_index);
    let indexes: Vec<u32> = match indexes.collect() {
        Ok(indexes) => indexes,
        Err(said) => return failure(call, ResponseCode::PROTOCOL_ERROR, &said, None),
    };
    let message = if indexes.is_empty() {
        deletion(identifier, REQUEST_ID, now())
    } else {
        removal(identifier, &indexes, REQUEST_ID, now())
    };
    outcome::written(call, identifier, &call.ask(&message))
}
