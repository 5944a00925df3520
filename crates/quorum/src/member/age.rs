//! How old what a member shows may be.
//!
//! A leader knows that it leads as long as a majority answers it in its term. With every message it
//! says how far was agreed and how old that knowledge is; whoever has applied as much is as new.
//! What a message needs on its way is not counted.

use super::{Machine, Member};
use crate::message::Freshness;
use crate::{MemberId, Moment};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is known of it.
#[derive(Debug, Default)]
pub(super) struct Age {
    /// When each other member answered last, in this term.
    heard: BTreeMap<MemberId, Moment>,
    /// The term that is about.
    term: u64,
    /// How far was agreed at which moment, as the leader said.
    said: Option<(u64, Moment)>,
    /// The newest moment whose state has been applied.
    applied: Option<Moment>,
}

impl<M: Machine> Member<M> {
    /// For how long the registry that this member shows may have been out of date, beside what
    /// messages need on their way; none if that is not known: nobody leads since it was started.
    pub fn age(&self, now: Moment) -> Option<Duration> {
        let moment = if self.leads() {
            self.led_until()
        } else {
            self.age.applied
        };
        moment.map(|moment| moment.until(now))
    }

    /// Takes note of a message in a term.
    pub(super) fn hear(&mut self, from: MemberId, term: u64, freshness: Freshness) {
        if term != self.raft.raft.term {
            return;
        }
        if self.age.term != term {
            self.age.term = term;
            self.age.heard.clear();
            self.age.said = None;
        }
        self.age.heard.insert(from, self.now.moment);
        if self.leader() != Some(from) || freshness.age_us == u64::MAX {
            return;
        }
        let moment = Moment(self.now.moment.0.saturating_sub(freshness.age_us));
        // What was said first is kept until it is applied: newer words would never be caught up
        // with while many entries are under way.
        self.age.said.get_or_insert((freshness.head, moment));
        self.catch_up();
        if self.age.said.is_none() {
            self.age.said = Some((freshness.head, moment));
            self.catch_up();
        }
    }

    /// Takes note that entries were applied.
    pub(super) fn catch_up(&mut self) {
        let reached = |said: &mut (u64, Moment)| said.0 <= self.applied.index;
        if let Some((_, moment)) = self.age.said.take_if(reached) {
            self.age.applied = self.age.applied.max(Some(moment));
        }
    }

    /// What this member says with its messages.
    pub(super) fn freshness(&self) -> Freshness {
        let until = self.led_until().filter(|_| self.leads());
        until.map_or(Freshness::NONE, |until| Freshness {
            head: self.raft.raft.raft_log.committed,
            age_us: self.now.moment.0.saturating_sub(until.0),
        })
    }

    /// Until when this member, leading, is known to have led: a majority has answered it then. Not
    /// before it has applied what was agreed on before it.
    fn led_until(&self) -> Option<Moment> {
        let term = self.raft.raft.term;
        if self.applied.term != term {
            return None;
        }
        let members = &self.registry().members;
        let heard = |member: &MemberId| {
            let is_other = *member != self.settings.id;
            let moment = self.age.heard.get(member).filter(|_| is_other);
            moment.copied().or((!is_other).then_some(self.now.moment))
        };
        let is_of_now = self.age.term == term || members.len() == 1;
        let mut moments: Vec<Moment> = members.keys().filter_map(heard).collect();
        moments.sort_unstable_by(|one, other| other.cmp(one));
        moments
            .get(members.len() / 2)
            .copied()
            .filter(|_| is_of_now)
    }
}
