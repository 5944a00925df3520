//! Cases as a bulletin tells them that names no enterprises.
//!
//! An enterprise that opens a case chooses its name, its title and whom it asks for, and may put
//! its own name into each. So a case is called by the day on which it was opened and a number of
//! that day, and its owner is told only since an office has named one.
//!
//! Not here: what is said of cases (`standing`).

use super::Order;
use crate::cases::{self, Case};
use facts::{Error, Object, View};
use std::collections::BTreeMap;

/// The cases of the order's region as they are told, and what they are called by their names.
pub(super) fn cases(
    view: &dyn View,
    order: &Order,
) -> Result<(Vec<Case>, BTreeMap<String, String>), Error> {
    let mut cases = cases::of(view, &Object::region(order.region), order.at())?;
    let aliases = aliases(&cases, order.names_enterprises);
    if !order.names_enterprises {
        let machine = cases::table();
        for case in &mut cases {
            case.name.clone_from(&aliases[&case.name]);
            case.title.clear();
            if case.state == machine.start() {
                "—".clone_into(&mut case.owner.body);
            }
        }
    }
    Ok((cases, aliases))
}

/// What cases are called, by their names: 20221120-1.
fn aliases(cases: &[Case], names_enterprises: bool) -> BTreeMap<String, String> {
    let mut sorted: Vec<&Case> = cases.iter().collect();
    sorted.sort_by(|a, b| (a.opened, &a.name).cmp(&(b.opened, &b.name)));
    let mut aliases = BTreeMap::new();
    let mut last = (None, 0);
    for case in sorted {
        last = match last {
            (Some(day), number) if day == case.opened => (Some(day), number + 1),
            _ => (Some(case.opened), 1),
        };
        let day = case.opened.to_string().replace('-', "");
        let alias = if names_enterprises {
            case.name.clone()
        } else {
            format!("{day}-{}", last.1)
        };
        aliases.insert(case.name.clone(), alias);
    }
    aliases
}

/// The name of the case that a bulletin calls so, for those who may see it.
///
/// # Errors
/// [`Error::Missing`] if it tells of no such case; [`Error::Store`], [`Error::Stored`].
pub fn case_of(view: &dyn View, bulletin: &super::Bulletin, called: &str) -> Result<String, Error> {
    let (_, aliases) = cases(view, &bulletin.order)?;
    let mut found = aliases.into_iter();
    let found = found.find(|(_, alias)| alias == called);
    found.map(|(name, _)| name).ok_or_else(|| Error::Missing {
        what: "case of the bulletin",
        name: called.to_owned(),
    })
}
