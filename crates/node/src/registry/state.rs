//! How the registry stands with this member, for people and numbers.

use super::group::Described;
use crate::seldom::Seldom;
use quorum::MemberId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How a member of the registry stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RegistryState {
    /// Its number.
    pub member: u64,
    /// Which registry it is of, as hexadecimal digits.
    pub group: String,
    /// Who leads, as far as is known here; 0 for nobody.
    pub leader: u64,
    /// Whether this member believes that it leads.
    pub is_leader: bool,
    /// Which leader's the last entry is that is applied here.
    pub term: u64,
    /// The number of that entry.
    pub applied: u64,
    /// For how many milliseconds what is shown here may have been out of date; none if that is not
    /// known.
    pub age_ms: Option<u64>,
    /// How many prefixes are or were delegated.
    pub delegations: u64,
    /// How many of those who asked here have not been answered.
    pub waiting: u64,
    /// How many entries are agreed on and not yet in the store.
    pub unstored: u64,
    /// Why this member has stopped, if it has.
    pub trouble: String,
    /// All members.
    pub members: Vec<MemberState>,
    /// Who is probed, and what is found.
    #[serde(default)]
    pub probes: Vec<ProbeState>,
}

/// How it stands with one thing that the holder of a prefix shall do, as this member judges it from
/// all members' probes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProbeState {
    /// The prefix, in canonical form.
    pub prefix: String,
    /// `resolution` or `registration`.
    pub function: String,
    /// `up`, `down`, or `unknown` with too few probes.
    pub judgement: String,
    /// How many valid probes count.
    pub valid: u64,
    /// How many of these failed.
    pub failed: u64,
    /// For how many milliseconds it was down within the window.
    pub down_ms: u64,
    /// `proposed` or `settled` if something is agreed on; else empty.
    pub standing: String,
    /// Who stands by to do it instead; empty for nobody.
    pub stands_by: String,
    /// For how many seconds askers may keep the sites, if that is longer than it should be.
    pub ttl_too_long: Option<u32>,
}

/// One of the members, as another sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MemberState {
    /// Its number.
    pub number: u64,
    /// What its site is for.
    pub role: String,
    /// Where the others connect.
    pub address: String,
    /// Whether there is a connection to it from here; always to itself.
    pub is_connected: bool,
}

/// What the driver tells others of itself.
#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<RegistryState>,
    /// Messages that were refused.
    pub(super) refusals: Seldom,
}

impl Shared {
    pub(super) fn new(own: MemberId, group: u64) -> Self {
        let state = RegistryState {
            member: own.0,
            group: format!("{group:016x}"),
            ..RegistryState::default()
        };
        Self {
            state: Mutex::new(state),
            refusals: Seldom::default(),
        }
    }

    pub(super) fn state(&self) -> RegistryState {
        self.lock().clone()
    }

    pub(super) fn tell(&self, change: impl FnOnce(&mut RegistryState)) {
        change(&mut self.lock());
    }

    pub(super) fn set_members(&self, members: &BTreeMap<MemberId, Described>) {
        let described = members.iter().map(|(id, it)| MemberState {
            number: id.0,
            role: it.role.to_string(),
            address: it.address.to_string(),
            is_connected: false,
        });
        self.lock().members = described.collect();
    }

    pub(super) fn set_connected(&self, connected: &BTreeSet<MemberId>) {
        let mut state = self.lock();
        let own = state.member;
        for member in &mut state.members {
            let number = member.number;
            member.is_connected = number == own || connected.contains(&MemberId(number));
        }
    }

    fn lock(&self) -> MutexGuard<'_, RegistryState> {
        // What is in it is whole after every statement.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
