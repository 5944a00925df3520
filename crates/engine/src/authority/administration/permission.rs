//! Whether somebody may do something: the administrators of a record, their lists, and the
//! administrators of the node (RFC 3651 section 3.2.1, RFC 3652 section 3.6).
//!
//! A permission is demanded of some holders: the `HS_ADMIN` values of a record that grant it, and
//! those whom the node's operator has named. A holder is somebody, or a list (`HS_VLIST`) of
//! holders, here or with other nodes. Not here: what an operation demands.

use super::super::look_up::{AfterLookUp, Found, Local, look_up};
use super::super::origin::Known;
use crate::step::Step;
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use model::admin::{Admin, AdminPermissions};
use model::value_type::matches;
use model::vlist::ValueList;
use model::{EncodedValue, Identifier, Reference, SuffixCase};
use wire::Identity;

/// How many records with lists are looked up for one request. Groups of groups of the field are
/// two or three deep; a chain that a stranger wrote may be longer. Beyond it: those who are only
/// in further lists have no permission.
pub(super) const LISTS_LOOKED_UP_MAX: usize = 32;

/// How many references of lists are followed for one request. Beyond it as above.
const REFERENCES_FOLLOWED_MAX: usize = 2000;

/// A permission, and who holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::authority) struct Demand {
    /// All of these at once.
    pub(super) permissions: AdminPermissions,
    /// Those who hold them.
    pub(super) holders: Vec<Holder>,
}

/// Somebody who holds a permission, or a list of them, and where that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::authority) struct Holder {
    pub(super) reference: Reference,
    pub(super) rule: Rule,
}

/// Where it is written that somebody may do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// In an `HS_ADMIN` value: the identifier of the record as spelled, and the value's index.
    Administrator {
        /// The record.
        record: String,
        /// The value.
        index: u32,
    },
    /// In the node's configuration: an administrator of the server.
    ServerAdministrator,
    /// In the node's configuration: somebody who may say what the node is home to.
    HomeAdministrator,
    /// In the node's configuration: somebody who may copy everything.
    ReplicationAdministrator,
    /// In the value itself: everybody with a name may write it.
    PublicWrite,
    /// Nowhere: who runs the node asks.
    Operator,
}

/// What gave a permission: the rules that were met, one for each demand, each with the lists by
/// which the identity was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ground(pub Vec<Granted>);

/// One permission, and what gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The permissions.
    pub permissions: AdminPermissions,
    /// Where it is written.
    pub rule: Rule,
    /// The lists by which the identity was found, the first is the one that the rule names; none
    /// if the rule names the identity itself.
    pub lists: Vec<Reference>,
}

impl Ground {
    /// That one rule gave everything.
    pub(super) fn only(rule: Rule) -> Self {
        Self(vec![Granted {
            permissions: AdminPermissions(0),
            rule,
            lists: Vec::new(),
        }])
    }
}

/// What remains to be done once it is known whether somebody may.
pub(in crate::authority) trait AfterPermission: fmt::Debug + Send {
    /// They may.
    fn go_on(self: Box<Self>, ground: Ground) -> Step;
    /// They may not, and why.
    fn refuse(self: Box<Self>, why: String) -> Step;
}

/// Demands that must all be met, or else all of the next, or else all of the one after.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::authority) struct Alternatives(pub(in crate::authority) Vec<Vec<Demand>>);

impl Alternatives {
    /// Demands that must all be met.
    pub(in crate::authority) fn all(demands: Vec<Demand>) -> Self {
        Self(vec![demands])
    }
}

/// The holders that the `HS_ADMIN` values of a record name for permissions.
pub(super) fn holders_in(
    record: &Identifier,
    values: &[EncodedValue],
    permissions: AdminPermissions,
) -> Vec<Holder> {
    let admins = values
        .iter()
        .filter(|value| matches(b"HS_ADMIN", value.type_octets()));
    let holders = admins.filter_map(|value| {
        // What is no administrator names nobody.
        let admin = Admin::decode(value.value().data).ok()?;
        admin.permissions.contains(permissions).then(|| Holder {
            reference: Reference {
                identifier: admin.identifier,
                index: admin.index,
            },
            rule: Rule::Administrator {
                record: record.as_str().to_owned(),
                index: value.index(),
            },
        })
    });
    holders.collect()
}

/// Starts to find out whether somebody meets one of the alternatives.
pub(in crate::authority) fn judge(
    who: &Known,
    local: Local,
    alternatives: Alternatives,
    then: Box<dyn AfterPermission>,
) -> Step {
    Box::new(Judging {
        who: Identifier::from_octets(who.identity.identifier.clone()).ok(),
        shown: who.identity.clone(),
        local,
        is_here: None,
        alternatives,
        lists: BTreeMap::new(),
        unknown: None,
        then,
    })
    .go_on()
}

/// An identity or list as whoever is responsible may tell it apart: on another node, spellings that
/// mean the same here may be two records, of two people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    canonical: Vec<u8>,
    index: u32,
}

/// The lists in a record, by index.
type Lists = BTreeMap<u32, Vec<Reference>>;

/// Somebody who was reached from a holder, or a list.
#[derive(Clone)]
struct Reached<'r> {
    reference: Reference,
    rule: &'r Rule,
    /// The place of the list that names them; none if the rule does.
    list: Option<usize>,
}

impl<'r> Reached<'r> {
    fn at_once(holder: &'r Holder) -> Self {
        Self {
            reference: holder.reference.clone(),
            rule: &holder.rule,
            list: None,
        }
    }
}

/// The lists on the way to somebody, the one that the rule names first.
fn lists_to(queue: &[Reached<'_>], reached: &Reached<'_>) -> Vec<Reference> {
    let mut lists = Vec::new();
    let mut list = reached.list.and_then(|at| queue.get(at));
    while let Some(above) = list {
        lists.push(above.reference.clone());
        list = above.list.and_then(|at| queue.get(at));
    }
    lists.reverse();
    lists
}

/// A request that waits for lists.
#[derive(Debug)]
struct Judging {
    who: Option<Identifier>,
    shown: Identity,
    local: Local,
    /// Whether the identity lives here, where this node's case of suffixes counts; looked up when
    /// it is named in another spelling.
    is_here: Option<bool>,
    alternatives: Alternatives,
    /// What is known of records with lists; none where there are none, or nobody can be asked.
    lists: BTreeMap<Vec<u8>, Lists>,
    /// Why nobody could be asked, if that was so: whoever is refused may be in such a list.
    unknown: Option<String>,
    then: Box<dyn AfterPermission>,
}

/// What came of following the holders of one demand.
enum Followed {
    Met(Granted),
    /// This must be looked up first.
    Needs(Needed),
    Unmet,
}

/// What must be looked up before a demand can be judged.
enum Needed {
    /// A record with a list.
    List(Identifier),
    /// Where the identity lives.
    Home,
}

impl Judging {
    /// Decides, or looks up one more record with a list.
    fn go_on(self: Box<Self>) -> Step {
        let mut needed = None;
        for demands in &self.alternatives.0 {
            match self.meets(demands) {
                Ok(ground) => return self.then.go_on(ground),
                Err(needs) => needed = needed.or(needs),
            }
        }
        match needed {
            Some(Needed::Home) => self.look_up_home(),
            Some(Needed::List(list)) if self.lists.len() < LISTS_LOOKED_UP_MAX => {
                self.look_up(list)
            }
            _ => {
                let why = self.why_not();
                self.then.refuse(why)
            }
        }
    }

    fn meets(&self, demands: &[Demand]) -> Result<Ground, Option<Needed>> {
        let mut ground = Ground::default();
        for demand in demands {
            match self.follow(demand) {
                Followed::Met(granted) => ground.0.push(granted),
                Followed::Needs(needed) => return Err(Some(needed)),
                Followed::Unmet => return Err(None),
            }
        }
        Ok(ground)
    }

    /// Follows holders and the lists they stand for, the nearest first, until one is the identity.
    fn follow(&self, demand: &Demand) -> Followed {
        let Some(who) = &self.who else {
            return Followed::Unmet;
        };
        let mut needs = None;
        let mut seen = BTreeSet::new();
        let mut queue: Vec<Reached> = demand.holders.iter().map(Reached::at_once).collect();
        let mut at = 0;
        while let Some(reached) = queue.get(at).cloned() {
            let from = at;
            at += 1;
            let Ok(holder) = Identifier::from_octets(reached.reference.identifier.clone()) else {
                continue;
            };
            let index = reached.reference.index;
            match self.means(&holder, index, who) {
                Some(true) => {
                    return Followed::Met(Granted {
                        permissions: demand.permissions,
                        rule: reached.rule.clone(),
                        lists: lists_to(&queue, &reached),
                    });
                }
                Some(false) => (),
                None => needs = needs.or(Some(Needed::Home)),
            }
            let canonical = holder.canonical(SuffixCase::Sensitive);
            let name = Name { canonical, index };
            if !seen.insert(name.clone()) {
                continue;
            }
            match self.lists.get(&name.canonical) {
                None => needs = needs.or(Some(Needed::List(holder))),
                Some(found) => {
                    let within = found.get(&name.index).map_or(&[][..], Vec::as_slice);
                    let room = REFERENCES_FOLLOWED_MAX.saturating_sub(queue.len());
                    let next = within.iter().take(room);
                    queue.extend(next.map(|reference| Reached {
                        reference: reference.clone(),
                        rule: reached.rule,
                        list: Some(from),
                    }));
                }
            }
        }
        needs.map_or(Followed::Unmet, Followed::Needs)
    }

    /// Whether a holder is the identity; index 0 stands for every index. None if that depends on
    /// where the identity lives, which is not known yet.
    fn means(&self, holder: &Identifier, index: u32, who: &Identifier) -> Option<bool> {
        let is_equal = |case| holder.canonical(case) == who.canonical(case);
        if index != 0 && index != self.shown.index || !is_equal(self.local.case) {
            return Some(false);
        }
        if is_equal(SuffixCase::Sensitive) {
            return Some(true);
        }
        self.is_here
    }

    fn look_up(self: Box<Self>, list: Identifier) -> Step {
        let local = self.local;
        let wait = WaitingForLists {
            canonical: list.canonical(SuffixCase::Sensitive),
            judging: self,
        };
        look_up(list, &["HS_VLIST"], local, Box::new(wait))
    }

    fn look_up_home(self: Box<Self>) -> Step {
        let local = self.local;
        match self.who.clone() {
            // Nobody is asked without a type.
            Some(who) => look_up(who, &[], local, Box::new(WaitingForHome(self))),
            None => self.then.refuse("the identity is no identifier".into()),
        }
    }

    fn why_not(&self) -> String {
        let identity = format!(
            "{}:{}",
            self.shown.index,
            self.shown.identifier.escape_ascii()
        );
        let missing = self.alternatives.0.iter().map(|demands| {
            let missing = demands
                .iter()
                .filter(|demand| !matches!(self.follow(demand), Followed::Met(_)));
            let names: Vec<String> = missing.map(|demand| named(demand.permissions)).collect();
            names.join(" and ")
        });
        let missing: Vec<String> = missing.collect();
        let unknown = self.unknown.as_ref();
        let unknown = unknown.map(|why| format!("; a list could not be looked at: {why}"));
        format!(
            "{identity} lacks the permission to {}{}",
            missing.join("; or to "),
            unknown.unwrap_or_default()
        )
    }
}

/// A judgement that waits for a record with lists.
#[derive(Debug)]
struct WaitingForLists {
    canonical: Vec<u8>,
    judging: Box<Judging>,
}

impl AfterLookUp for WaitingForLists {
    fn resume(mut self: Box<Self>, found: Found) -> Step {
        let lists = found.values().iter().filter_map(|value| {
            let is_list = matches(b"HS_VLIST", value.type_octets());
            let list = is_list.then(|| ValueList::decode(value.value().data).ok());
            Some((value.index(), list??.0))
        });
        let lists = lists.collect();
        if let Found::Unknown(why) = &found {
            self.judging.unknown.get_or_insert_with(|| why.clone());
        }
        self.judging.lists.insert(self.canonical, lists);
        self.judging.go_on()
    }
}

/// A judgement that waits to know where the identity lives.
#[derive(Debug)]
struct WaitingForHome(Box<Judging>);

impl AfterLookUp for WaitingForHome {
    fn resume(mut self: Box<Self>, found: Found) -> Step {
        self.0.is_here = Some(matches!(found, Found::Here(_) | Found::Nothing));
        self.0.go_on()
    }
}

/// Permissions in words, as an administrator is told of them.
pub(super) fn named(permissions: AdminPermissions) -> String {
    let words: Vec<&str> = WORDS
        .iter()
        .filter(|(permission, _)| permissions.contains(*permission))
        .map(|(_, word)| *word)
        .collect();
    words.join(", ")
}

const WORDS: [(AdminPermissions, &str); 12] = [
    (
        AdminPermissions::ADD_HANDLE,
        "add identifiers under the prefix",
    ),
    (AdminPermissions::DELETE_HANDLE, "delete the identifier"),
    (AdminPermissions::ADD_DERIVED_PREFIX, "add derived prefixes"),
    (
        AdminPermissions::DELETE_DERIVED_PREFIX,
        "delete derived prefixes",
    ),
    (AdminPermissions::MODIFY_VALUE, "modify values"),
    (AdminPermissions::REMOVE_VALUE, "remove values"),
    (AdminPermissions::ADD_VALUE, "add values"),
    (AdminPermissions::READ_VALUE, "read values"),
    (AdminPermissions::MODIFY_ADMIN, "modify administrators"),
    (AdminPermissions::REMOVE_ADMIN, "remove administrators"),
    (AdminPermissions::ADD_ADMIN, "add administrators"),
    (AdminPermissions::LIST_HANDLES, "list identifiers"),
];
