//! What must hold in every history of members, operators and holders.
//!
//! The judge sees what no member sees: every entry that any member applies, every answer that any
//! of them gives, everything that holders acknowledge, and the time of the world.

use super::operators::admin;
use super::planted::Done;
use super::votes::Vote;
use crate::invariants::{Kept, keep};
use engine::Moment;
use model::Reference;
use quorum::lease::Terms;
use quorum::{
    Answer, Command, DataSetName, Digest, Function, MemberId, Outcome, Ownership, Position,
    Request, Time,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is known of a request.
#[derive(Default)]
struct Asked {
    /// When the last entry was that somebody knew of when this was asked first.
    floor: Time,
    /// How it was answered first.
    answer: Option<Answer>,
    /// When it was carried out.
    done: Option<Time>,
    /// How often it was asked, and how often the answer was that nothing was done.
    tries: usize,
    busy: usize,
}

/// Who holds a data set, computed a second time.
struct Held {
    epoch: u64,
    starts_at: Time,
    leased_until: Option<Time>,
    is_strict: bool,
    holder: Reference,
    is_handed_back: bool,
    /// Who registers in the reserved part.
    emergency: Option<Reference>,
    /// Who shall do something, if an operator agrees.
    proposed: BTreeMap<Function, Reference>,
}

pub(super) struct Judge {
    terms: Terms,
    /// How long messages take at most.
    delay_max: Duration,
    /// What every member's registry must be like at an index.
    states: BTreeMap<u64, String>,
    /// What every entry did.
    entries: BTreeMap<Time, Done>,
    asked: BTreeMap<Digest, Asked>,
    /// The newest entry that anybody outside has an answer of, and since when.
    known: Vec<(Moment, Time)>,
    serials: BTreeMap<(bool, Vec<u8>), u32>,
    held: BTreeMap<DataSetName, Held>,
    /// The highest epoch in which something was acknowledged.
    acknowledged: u64,
    /// For whom each member is, durably.
    votes: BTreeMap<MemberId, Vote>,
}

impl Judge {
    pub(super) fn new(terms: Terms, delay_max: Duration) -> Self {
        Self {
            terms,
            delay_max,
            states: BTreeMap::new(),
            entries: BTreeMap::new(),
            asked: BTreeMap::new(),
            known: Vec::new(),
            serials: BTreeMap::new(),
            held: BTreeMap::new(),
            acknowledged: 0,
            votes: BTreeMap::new(),
        }
    }

    /// How many entries were agreed on that somebody asked for.
    pub(super) fn entries_count(&self) -> u64 {
        self.entries.len() as u64
    }

    /// How often an epoch was granted.
    pub(super) fn epochs_count(&self) -> u64 {
        self.held.values().map(|held| held.epoch).sum()
    }

    /// A member has written down durably for whom it is: a term later it may be for another.
    pub(super) fn voted(&mut self, member: MemberId, vote: Vote) -> Kept {
        let Some(before) = self.votes.insert(member, vote) else {
            return Ok(());
        };
        let is_later = vote.term > before.term;
        let is_same = vote.term == before.term && [0, vote.member].contains(&before.member);
        keep(is_later || is_same, "a_member_votes_once_in_a_term", || {
            format!("{member}: {before:?}, then {vote:?}")
        })
    }

    /// Somebody asks a member.
    pub(super) fn asks(&mut self, request: &Request) {
        let floor = self.known.last().map_or(Time(0), |(_, time)| *time);
        let asked = self.asked.entry(request.digest()).or_insert(Asked {
            floor,
            ..Asked::default()
        });
        asked.tries += 1;
    }

    /// A member tells somebody what became of a request.
    pub(super) fn answered(&mut self, now: Moment, request: &Request, outcome: Outcome) -> Kept {
        let digest = request.digest();
        let asked = self.asked.entry(digest).or_default();
        match outcome {
            Outcome::Unknown => Ok(()),
            Outcome::Busy => {
                asked.busy += 1;
                Ok(())
            }
            Outcome::Answered(answer, _) => {
                let first = *asked.answer.get_or_insert(answer);
                let is_remembered = |answer| request.command.remembered_with(answer).is_some();
                keep(
                    first == answer || !is_remembered(first) || !is_remembered(answer),
                    "a_request_has_one_answer",
                    || format!("{digest:?}: {first:?}, then {answer:?}"),
                )?;
                let time = asked.done;
                keep(
                    time.is_some() || !answer.is_done(),
                    "what_is_answered_is_agreed",
                    || format!("{digest:?} has {answer:?}, and nobody has applied it"),
                )?;
                if let Some(time) = time.max(self.known.last().map(|(_, time)| *time)) {
                    self.known.push((now, time));
                }
                Ok(())
            }
        }
    }

    /// A member has applied entries.
    pub(super) fn applied(&mut self, member: MemberId, done: &Done) -> Kept {
        if let Some(before) = self.entries.get(&done.time) {
            return keep(before == done, "members_apply_the_same", || {
                format!(
                    "{member} at {:?}: {done:?} instead of {before:?}",
                    done.time
                )
            });
        }
        self.entries.insert(done.time, done.clone());
        self.first_applied(done)
    }

    /// The state of a member at a position.
    pub(super) fn state(&mut self, member: MemberId, position: Position, state: &str) -> Kept {
        let at = self.states.entry(position.index);
        let before = at.or_insert_with(|| state.to_owned());
        keep(
            *before == state,
            "members_are_prefixes_of_each_other",
            || format!("{member} at {position:?}: {state} instead of {before}"),
        )
    }

    fn first_applied(&mut self, done: &Done) -> Kept {
        if done.applied.is_repeated {
            return Ok(());
        }
        let asked = self.asked.entry(done.digest).or_default();
        let answer = done.applied.answer;
        keep(
            done.time > asked.floor,
            "what_is_asked_later_comes_later",
            || {
                format!(
                    "{:?} at {:?}, after {:?}",
                    done.digest, done.time, asked.floor
                )
            },
        )?;
        if done.request.command.is_remembered() && answer.is_done() {
            let before = asked.done.replace(done.time);
            keep(before.is_none(), "nothing_is_done_twice", || {
                format!("{:?} at {before:?} and {:?}", done.digest, done.time)
            })?;
        } else {
            asked.done = asked.done.max(Some(done.time));
        }
        if !answer.is_done() {
            return Ok(());
        }
        let by = &done.request.identity;
        let is_holders = match &done.request.command {
            Command::Renew { .. } | Command::HandBack { .. } => true,
            Command::Grant { name, .. } => {
                let held = self.held.get(name);
                held.is_some_and(|held| held.holder == *by)
            }
            _ => false,
        };
        keep(
            *by == admin() || is_holders,
            "changes_are_permitted",
            || format!("{done:?}"),
        )?;
        self.published(done)?;
        self.granted(done)
    }

    fn published(&mut self, done: &Done) -> Kept {
        let (is_delegation, name, serial) = match &done.request.command {
            Command::PutDelegation { prefix, serial, .. }
            | Command::RemoveDelegation { prefix, serial } => (true, prefix, *serial),
            Command::PutSites { name, serial, .. } => (false, name, *serial),
            _ => return Ok(()),
        };
        let before = self.serials.insert((is_delegation, name.to_vec()), serial);
        keep(
            before.is_none_or(|before| before < serial),
            "serials_only_rise",
            || format!("{before:?}, then {serial}"),
        )
    }

    /// Looks at what is done about a data set.
    fn granted(&mut self, done: &Done) -> Kept {
        let terms = self.terms;
        if let Command::CreateDataSet {
            name,
            ownership,
            holder,
            ..
        } = &done.request.command
        {
            let held = Held::created(done.time, *ownership == Ownership::Strict, holder);
            self.held.insert(name.clone(), held);
            return Ok(());
        }
        let Some(name) = name_of(&done.request.command) else {
            return Ok(());
        };
        let known = self.held.get_mut(name);
        let Some(held) = known else {
            return keep(false, "what_is_held_was_created", || format!("{done:?}"));
        };
        match done.applied.answer {
            Answer::Granted { epoch, wait } => held.granted(done, epoch, wait, &terms),
            _ => held.changed(done, &terms),
        }
    }

    /// The answer of a holder has left.
    pub(super) fn acknowledged(&mut self, writer: usize, epoch: u64) -> Kept {
        let before = self.acknowledged;
        self.acknowledged = before.max(epoch);
        keep(
            epoch >= before,
            "nothing_is_acknowledged_in_two_epochs",
            || format!("writer {writer} in epoch {epoch}, after something in epoch {before}"),
        )
    }

    /// Somebody reads at a member, which says how old that may be.
    pub(super) fn read(
        &self,
        now: Moment,
        member: MemberId,
        time: Time,
        age: Option<Duration>,
    ) -> Kept {
        let Some(age) = age else {
            return Ok(());
        };
        let slack = age + self.delay_max * 2;
        let is_due = |(since, _): &&(Moment, Time)| *since + slack < now;
        let due = self.known.iter().rev().find(is_due);
        let due = due.map_or(Time(0), |(_, time)| *time);
        keep(time >= due, "what_is_shown_is_as_new_as_said", || {
            format!("{member} shows {time:?}, {age:?} old; {due:?} was known before")
        })
    }

    /// At the end nothing was done that somebody was told was not.
    pub(super) fn busy_means_that_nothing_was_done(&self) -> Kept {
        for (digest, asked) in &self.asked {
            let is_refused = asked.tries > 0 && asked.busy == asked.tries;
            keep(
                !is_refused || asked.done.is_none(),
                "busy_means_that_nothing_was_done",
                || format!("{digest:?} was done at {:?}", asked.done),
            )?;
        }
        Ok(())
    }
}

impl Held {
    fn created(now: Time, is_strict: bool, holder: &Reference) -> Self {
        Self {
            epoch: 1,
            starts_at: now,
            leased_until: None,
            is_strict,
            holder: holder.clone(),
            is_handed_back: false,
            emergency: None,
            proposed: BTreeMap::new(),
        }
    }

    /// The next epoch is granted.
    fn granted(&mut self, done: &Done, epoch: u64, wait: Duration, terms: &Terms) -> Kept {
        let now = done.time;
        let (asked, to, is_asked) = match &done.request.command {
            Command::Grant {
                epoch,
                holder,
                by_force,
                ..
            } => {
                let is_holders = self.holder == done.request.identity;
                let is_free = self.is_handed_back || is_holders || *by_force;
                (Some(*epoch), Some(holder), is_free)
            }
            command => (None, self.taken_over(command).map(|(_, to)| to), false),
        };
        let is_next = epoch == self.epoch + 1 && asked.is_none_or(|it| it == epoch);
        keep(is_next, "epochs_rise_by_one", || {
            format!("{done:?} after {}", self.epoch)
        })?;
        keep(
            self.is_strict || is_asked,
            "a_sovereign_holder_is_asked",
            || format!("{done:?}, held by {:?}", self.holder),
        )?;
        let free_at = self
            .leased_until
            .map_or(now, |until| until + terms.margin());
        let starts_at = self.starts_at.max(free_at).max(now);
        keep(
            now + wait >= starts_at,
            "the_next_epoch_waits_for_the_lease",
            || format!("{done:?} before {starts_at:?}"),
        )?;
        let holder = to.cloned();
        let holder = holder.unwrap_or_else(|| self.holder.clone());
        *self = Self {
            epoch,
            starts_at,
            emergency: self.emergency.take(),
            ..Self::created(now, self.is_strict, &holder)
        };
        Ok(())
    }

    /// Something else is done, in the epoch that is in force.
    fn changed(&mut self, done: &Done, terms: &Terms) -> Kept {
        let (now, by) = (done.time, &done.request.identity);
        let command = &done.request.command;
        let (Command::Renew { epoch, .. }
        | Command::HandBack { epoch, .. }
        | Command::ProposeTakeOver { epoch, .. }
        | Command::ConfirmTakeOver { epoch, .. }
        | Command::WithdrawTakeOver { epoch, .. }) = command
        else {
            return Ok(());
        };
        keep(*epoch == self.epoch, "old_epochs_get_nothing", || {
            format!("{done:?} in epoch {}", self.epoch)
        })?;
        match command {
            Command::Renew { .. } => {
                keep(now >= self.starts_at, "an_epoch_has_a_start", || {
                    format!("{done:?} before {:?}", self.starts_at)
                })?;
                self.leased_until = Some(now + terms.lease);
                Ok(())
            }
            Command::HandBack { .. } => self.handed_back(done, by),
            Command::ProposeTakeOver { function, to, .. }
                if done.applied.answer == Answer::Proposed =>
            {
                self.proposed.insert(*function, to.clone());
                Ok(())
            }
            Command::WithdrawTakeOver { function, .. } => {
                self.proposed.remove(function);
                Ok(())
            }
            _ => self.stood_in_for(done),
        }
    }

    fn handed_back(&mut self, done: &Done, by: &Reference) -> Kept {
        if self.holder == *by && !self.is_handed_back {
            self.is_handed_back = true;
            self.leased_until = None;
            return Ok(());
        }
        let is_stand_in = self.emergency.as_ref() == Some(by);
        self.emergency.take_if(|_| is_stand_in);
        keep(is_stand_in, "only_who_holds_it_hands_it_back", || {
            format!("{done:?}, held by {:?}", self.holder)
        })
    }

    /// Somebody does what the holder does not do any more, without an epoch of their own.
    fn stood_in_for(&mut self, done: &Done) -> Kept {
        let taken = self.taken_over(&done.request.command);
        let taken = taken.map(|(function, to)| (function, to.clone()));
        let Some((function, to)) = taken else {
            return keep(false, "who_takes_over_was_proposed", || format!("{done:?}"));
        };
        self.proposed.remove(&function);
        if function == Function::Resolution {
            return Ok(());
        }
        keep(
            !self.is_strict,
            "a_strict_set_is_taken_over_in_an_epoch",
            || format!("{done:?}"),
        )?;
        let before = self.emergency.replace(to.clone());
        keep(
            before.as_ref().is_none_or(|before| *before == to),
            "the_reserved_part_is_handed_on",
            || format!("{done:?}, while {before:?} has it"),
        )
    }

    /// Who takes what over by a command.
    fn taken_over<'h>(&'h self, command: &'h Command) -> Option<(Function, &'h Reference)> {
        match command {
            Command::ProposeTakeOver { function, to, .. } => Some((*function, to)),
            Command::ConfirmTakeOver { function, .. } => {
                Some((*function, self.proposed.get(function)?))
            }
            _ => None,
        }
    }
}

fn name_of(command: &Command) -> Option<&DataSetName> {
    match command {
        Command::Grant { name, .. }
        | Command::Renew { name, .. }
        | Command::HandBack { name, .. }
        | Command::ProposeTakeOver { name, .. }
        | Command::ConfirmTakeOver { name, .. }
        | Command::WithdrawTakeOver { name, .. } => Some(name),
        _ => None,
    }
}
