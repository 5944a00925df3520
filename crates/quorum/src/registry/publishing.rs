//! What is published under serials that only rise, who may ask for what, and who is a member.

use super::{ADMINS_COUNT_MAX, MEMBERS_COUNT_MAX, Publication, Registry, by, octets_of};
use crate::{Answer, Command, Refusal, Rights};
use bytes::Bytes;
use std::collections::BTreeMap;

impl Registry {
    /// Puts or takes back something with a serial.
    pub(super) fn publish(&mut self, command: &Command) -> Result<Answer, Refusal> {
        let (is_delegation, name, serial, octets) = match command {
            Command::PutDelegation {
                prefix,
                serial,
                octets,
            }
            | Command::PutDelegationAsSeen {
                prefix,
                serial,
                octets,
                ..
            } => (true, prefix, *serial, Some(octets)),
            Command::RemoveDelegation { prefix, serial } => (true, prefix, *serial, None),
            Command::PutSites {
                name,
                serial,
                octets,
            } => (false, name, *serial, Some(octets)),
            _ => return Err(Refusal::Absent),
        };
        let before = self.publications(is_delegation).get(name).cloned();
        if octets.is_none() && before.as_ref().is_none_or(|it| it.octets.is_none()) {
            return Err(Refusal::Absent);
        }
        let current = before.as_ref().map_or(0, |it| it.serial);
        if serial <= current {
            return Err(Refusal::Serial { current });
        }
        let removed = before.map_or(0, |it| octets_of(name, it.octets.as_ref()));
        self.make_room(octets_of(name, octets), removed)?;
        let publication = Publication {
            serial,
            octets: octets.cloned(),
        };
        self.publications(is_delegation)
            .insert(name.clone(), publication);
        Ok(Answer::Done { serial })
    }

    /// Whether delegations still have the serials at which somebody saw them.
    pub(super) fn is_as_seen(&self, seen: &[(Bytes, u32)]) -> Result<(), Refusal> {
        let current = |name| self.delegations.get(name).map_or(0, |it| it.serial);
        let mut others = seen
            .iter()
            .filter(|(name, serial)| current(name) != *serial);
        match others.next() {
            None => Ok(()),
            Some((name, _)) => Err(Refusal::Serial {
                current: current(name),
            }),
        }
    }

    fn publications(&mut self, is_delegation: bool) -> &mut BTreeMap<Bytes, Publication> {
        if is_delegation {
            &mut self.delegations
        } else {
            &mut self.sites
        }
    }

    /// Gives and takes rights and membership.
    pub(super) fn admit(&mut self, command: &Command) -> Result<Answer, Refusal> {
        match command {
            Command::PutAdmin { admin, rights } => {
                let before = self.admins.get(&by(admin)).copied();
                if before.is_none() && self.admins.len() >= ADMINS_COUNT_MAX {
                    return Err(Refusal::Full);
                }
                if !rights.include(Rights::ADMINS) {
                    self.leaves_an_admin(before)?;
                }
                self.admins.insert(by(admin), *rights);
            }
            Command::RemoveAdmin { admin } => {
                let before = self.admins.get(&by(admin)).copied();
                let rights = before.ok_or(Refusal::Absent)?;
                self.leaves_an_admin(Some(rights))?;
                self.admins.remove(&by(admin));
            }
            Command::AddMember { member, octets } => {
                // 0 is nobody, for the library that agrees.
                let is_used = member.0 == 0
                    || self.members.contains_key(member)
                    || self.former_members.contains(member);
                if is_used {
                    return Err(Refusal::Present);
                }
                if self.members.len() >= MEMBERS_COUNT_MAX {
                    return Err(Refusal::Full);
                }
                self.members.insert(*member, octets.clone());
            }
            Command::RemoveMember { member } => {
                if !self.members.contains_key(member) {
                    return Err(Refusal::Absent);
                }
                if self.members.len() == 1 {
                    return Err(Refusal::Last);
                }
                self.members.remove(member);
                self.former_members.insert(*member);
            }
            _ => return Err(Refusal::Absent),
        }
        Ok(Answer::Done { serial: 0 })
    }

    /// Whether somebody can still give rights when who had `lost` cannot.
    fn leaves_an_admin(&self, lost: Option<Rights>) -> Result<(), Refusal> {
        let can = |rights: &Rights| rights.include(Rights::ADMINS);
        let count = self.admins.values().filter(|rights| can(rights)).count();
        match lost.filter(can) {
            Some(_) if count <= 1 => Err(Refusal::Last),
            _ => Ok(()),
        }
    }
}
