//! What is told of the registry, page by page: its members, who has which rights, its data sets.
//!
//! | thing | name | octets |
//! | --- | --- | --- |
//! | member | its number in 8 octets | number (8), description (2 + n) |
//! | rights | identifier (2 + n) and index (4) | identifier (2 + n), index (4), rights (1) |
//! | data set | its name | name (2 + n), then its fields as in a snapshot |
//!
//! Not here: who proved to be whom, messages (room `node`).

use crate::command::MEMBER_OCTETS_MAX;
use crate::field::{put_reference, put_short, reference, short};
use crate::{Command, DataSet, DataSetName, Error, MemberId};
use crate::{Refusal, Registry, Request, Rights};
use bytes::Bytes;
use model::Reference;
use model::octets::Reader;
use std::ops::Bound;

/// Which things are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The members that agree.
    Members = 1,
    /// Who may ask for what.
    Rights = 2,
    /// The data sets.
    DataSets = 3,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Members, Self::Rights, Self::DataSets];

    /// The kind with a number, as messages have it.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|it| *it as u8 == number)
    }
}

/// A thing of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    /// A member.
    Member {
        /// Its number.
        member: MemberId,
        /// How it is described.
        octets: Bytes,
    },
    /// What somebody may ask for.
    Rights {
        /// Who.
        admin: Reference,
        /// What.
        rights: Rights,
    },
    /// A data set.
    DataSet {
        /// Its name.
        name: DataSetName,
        /// How it stands.
        set: Box<DataSet>,
    },
}

impl Thing {
    /// What it is called among those of its kind: pages go on after a name.
    pub fn name(&self) -> Bytes {
        match self {
            Self::Member { member, .. } => member.0.to_be_bytes().to_vec().into(),
            Self::Rights { admin, .. } => {
                let mut out = Vec::new();
                put_reference(&mut out, admin);
                out.into()
            }
            Self::DataSet { name, .. } => name.octets().clone(),
        }
    }

    /// Its octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        match self {
            Self::Member { member, octets } => {
                out.extend_from_slice(&member.0.to_be_bytes());
                put_short(&mut out, octets);
            }
            Self::Rights { admin, rights } => {
                put_reference(&mut out, admin);
                out.push(rights.0);
            }
            Self::DataSet { name, set } => {
                put_short(&mut out, name.octets());
                set.put(&mut out);
            }
        }
        out.into()
    }

    /// Reads what [`Thing::encode`] has made of a thing of a kind, and nothing else.
    ///
    /// # Errors
    /// [`Error::Octets`] if a field is too long or cut, or something follows; [`Error::Unknown`] of
    /// a newer version.
    pub fn decode(kind: Kind, octets: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(octets);
        let thing = match kind {
            Kind::Members => Self::Member {
                member: MemberId(reader.u64("member")?),
                octets: short(&mut reader, "description", MEMBER_OCTETS_MAX)?,
            },
            Kind::Rights => Self::Rights {
                admin: reference(&mut reader, "admin")?,
                rights: Rights(reader.u8("rights")?),
            },
            Kind::DataSets => Self::DataSet {
                name: DataSetName::read(&mut reader)?,
                set: Box::new(DataSet::read(&mut reader)?),
            },
        };
        reader.finish("thing of the registry")?;
        Ok(thing)
    }
}

/// Some things, in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The things.
    pub things: Vec<Thing>,
    /// The name after which there are more.
    pub next: Option<Bytes>,
}

impl Registry {
    /// The things of a kind after a name, up to so many octets, and at least one; empty begins.
    /// With another name in `only` just the thing that is called so.
    pub fn page(&self, kind: Kind, only: &[u8], after: &[u8], octets_max: usize) -> Page {
        let mut page = Page::default();
        let mut octets = 0;
        for thing in self.things_from(kind, if only.is_empty() { after } else { only }) {
            let name = thing.name();
            if !only.is_empty() {
                page.things.extend((name == only).then_some(thing));
                break;
            }
            if name == after {
                continue;
            }
            octets += thing.encode().len();
            if octets > octets_max && !page.things.is_empty() {
                page.next = page.things.last().map(Thing::name);
                break;
            }
            page.things.push(thing);
        }
        page
    }

    /// Whether somebody is told of things: who may ask for anything, of all; everybody, of one data
    /// set, for a node must hear that it is not the writer. To nobody else: how everything stands
    /// would be a list of what to attack.
    pub fn may_read(&self, who: &Reference, kind: Kind, only: &[u8]) -> bool {
        let is_one_set = kind == Kind::DataSets && !only.is_empty();
        is_one_set || self.rights(who) != Rights::default()
    }

    /// Why a request need not be agreed on: whoever asks has nothing to do with it, as far as is
    /// known here. Strangers would fill the log with what is refused.
    pub fn refuses_stranger(&self, request: &Request) -> Option<Refusal> {
        let who = &request.identity;
        let has_right = self.rights(who) != Rights::default();
        let does = |name: &DataSetName| {
            let set = self.data_sets.get(name);
            set.is_some_and(|set| set.holder == *who || set.emergency.as_ref() == Some(who))
        };
        match &request.command {
            Command::PutDelegationAsSeen { .. } => None,
            Command::Renew { name, .. } | Command::HandBack { name, .. } => {
                (!does(name)).then_some(Refusal::NotHolder)
            }
            Command::Grant { name, .. } if does(name) => None,
            _ => (!has_right).then_some(Refusal::NotPermitted),
        }
    }

    /// The things from a name on.
    fn things_from<'a>(&'a self, kind: Kind, from: &[u8]) -> Box<dyn Iterator<Item = Thing> + 'a> {
        match kind {
            Kind::Members => {
                let from = from.first_chunk().map_or(0, |it| u64::from_be_bytes(*it));
                let members = self.members.range(MemberId(from)..);
                Box::new(members.map(|(member, octets)| Thing::Member {
                    member: *member,
                    octets: octets.clone(),
                }))
            }
            Kind::Rights => {
                let mut reader = Reader::new(Bytes::copy_from_slice(from));
                let from = reference(&mut reader, "admin").ok();
                let from = from.map_or_else(|| (Bytes::new(), 0), |it| super::registry::by(&it));
                let admins = self.admins.range(from..);
                Box::new(admins.map(|((identifier, index), rights)| {
                    let admin = Reference {
                        identifier: identifier.clone(),
                        index: *index,
                    };
                    let rights = *rights;
                    Thing::Rights { admin, rights }
                }))
            }
            Kind::DataSets => {
                let from = Bound::Included(from);
                let sets = self.data_sets.range::<[u8], _>((from, Bound::Unbounded));
                Box::new(sets.map(|(name, set)| Thing::DataSet {
                    name: name.clone(),
                    set: Box::new(set.clone()),
                }))
            }
        }
    }
}

#[cfg(test)]
mod tests;
