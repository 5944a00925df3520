//! Which set of rules a workbook is held to: the one that names its mapping, else the one that
//! names none.
//!
//! A set without a rule is for nothing: so one is given up. Not here: what sets say.

use super::{Rules, unsound};
use crate::collect::Error;
use crate::collect::kept::{keep, names, newest};
use facts::{Instant, View};
use model::Change;

/// The set by which workbooks of a mapping are judged, and its version; one without a rule, of
/// version 0, where none is kept.
///
/// # Errors
/// [`Error::Facts`] if they cannot be read.
pub fn rules_for(view: &dyn View, mapping: &str) -> Result<(u32, Rules), Error> {
    let mut general = None;
    for (version, set) in in_use(view)? {
        if set.mappings.iter().any(|of| of == mapping) {
            return Ok((version, set));
        }
        if set.mappings.is_empty() {
            general.get_or_insert((version, set));
        }
    }
    let none = || Rules {
        name: "none".to_owned(),
        ..Rules::default()
    };
    Ok(general.unwrap_or_else(|| (0, none())))
}

/// Plans to keep a set; gives its version. Nothing changes if the newest is as it is.
///
/// # Errors
/// [`Error::Unsound`] if another set is for the same workbooks: which of them is meant could not
/// be told; [`Error::Facts`].
pub fn keep_rules(view: &dyn View, at: Instant, rules: &Rules) -> Result<(Change, u32), Error> {
    if !rules.rules.is_empty() {
        for (_, other) in in_use(view)? {
            if let Some(both) = both_for(rules, &other).filter(|_| other.name != rules.name) {
                let name = &other.name;
                return Err(unsound(&format!(
                    "'{name}' is for {both}, too; change that one, or leave it without rules"
                )));
            }
        }
    }
    keep(view, at, rules)
}

/// The newest versions of all sets that hold somebody to something.
fn in_use(view: &dyn View) -> Result<Vec<(u32, Rules)>, Error> {
    let mut found = Vec::new();
    for name in names::<Rules>(view)? {
        found.extend(newest::<Rules>(view, &name)?);
    }
    found.retain(|(_, set)| !set.rules.is_empty());
    Ok(found)
}

/// What two sets are both for, if there is anything.
fn both_for(one: &Rules, other: &Rules) -> Option<String> {
    if one.mappings.is_empty() && other.mappings.is_empty() {
        return Some("workbooks of all other mappings".to_owned());
    }
    let mut own = one.mappings.iter();
    let found = own.find(|of| other.mappings.contains(of))?;
    Some(format!("workbooks of the mapping '{found}'"))
}
