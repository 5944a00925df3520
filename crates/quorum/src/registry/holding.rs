//! Who gets a data set, and when: epochs, leases, take-over, hand-back.
//!
//! A record writer changes only here. What a `strict` holder may still be acknowledging decides
//! when the next epoch begins; a `sovereign` holder is asked, or declared dead by somebody who may.

use super::{Registry, octets_of};
use crate::data_set::{DataSet, Ownership, Proposal};
use crate::lease::Terms;
use crate::{Answer, Command, DataSetName, Function, Refusal, Time};
use model::Reference;

impl Registry {
    /// Carries out a command about a data set, for somebody who may ask for it.
    pub(super) fn hold(&mut self, by: &Reference, command: &Command) -> Result<Answer, Refusal> {
        let (now, terms) = (self.time, self.terms);
        match command {
            Command::CreateDataSet {
                name,
                ownership,
                is_automatic,
                holder,
            } => self.create(name, ownership, *is_automatic, holder),
            Command::Grant {
                name,
                epoch,
                holder,
                by_force,
            } => self.change(name, |set| {
                if Some(*epoch) != set.epoch.checked_add(1) {
                    return Err(Refusal::Epoch { current: set.epoch });
                }
                let is_asked = set.is_handed_back || set.holder == *by || *by_force;
                if matches!(set.ownership, Ownership::Sovereign { .. }) && !is_asked {
                    return Err(Refusal::Held);
                }
                Ok(set.grant(holder, now, &terms))
            }),
            Command::Renew { name, epoch } => {
                self.of_epoch(name, *epoch, |set| set.renew(by, now, &terms))
            }
            Command::HandBack { name, epoch } => {
                self.of_epoch(name, *epoch, |set| set.hand_back(by))
            }
            Command::ProposeTakeOver {
                name,
                epoch,
                function,
                to,
            } => self.of_epoch(name, *epoch, |set| {
                set.has(*function)?;
                if set.is_automatic {
                    return set.take_over(*function, to, now, &terms);
                }
                let (to, by) = (to.clone(), by.clone());
                let proposal = Proposal { to, by, since: now };
                set.proposals.insert(*function, proposal);
                Ok(Answer::Proposed)
            }),
            Command::ConfirmTakeOver {
                name,
                epoch,
                function,
            } => self.of_epoch(name, *epoch, |set| {
                let proposal = set.proposals.remove(function).ok_or(Refusal::Absent)?;
                set.take_over(*function, &proposal.to, now, &terms)
            }),
            Command::WithdrawTakeOver {
                name,
                epoch,
                function,
            } => self.of_epoch(name, *epoch, |set| set.withdraw(*function)),
            _ => Err(Refusal::Absent),
        }
    }

    fn create(
        &mut self,
        name: &DataSetName,
        ownership: &Ownership,
        is_automatic: bool,
        holder: &Reference,
    ) -> Result<Answer, Refusal> {
        if self.data_sets.contains_key(name) {
            return Err(Refusal::Present);
        }
        let set = DataSet::new(ownership.clone(), is_automatic, holder.clone(), self.time);
        self.make_room(octets_of(name.octets(), None) + set.octets(), 0)?;
        self.data_sets.insert(name.clone(), set);
        Ok(Answer::Granted {
            epoch: 1,
            wait: std::time::Duration::ZERO,
        })
    }

    /// Changes a data set; leaves it as it was if that is refused.
    fn change(
        &mut self,
        name: &DataSetName,
        change: impl FnOnce(&mut DataSet) -> Result<Answer, Refusal>,
    ) -> Result<Answer, Refusal> {
        let before = self.data_sets.get(name).ok_or(Refusal::Absent)?;
        let mut set = before.clone();
        let removed = before.octets();
        let answer = change(&mut set)?;
        self.make_room(set.octets(), removed)?;
        self.data_sets.insert(name.clone(), set);
        Ok(answer)
    }

    /// Changes a data set if this epoch is in force.
    fn of_epoch(
        &mut self,
        name: &DataSetName,
        epoch: u64,
        change: impl FnOnce(&mut DataSet) -> Result<Answer, Refusal>,
    ) -> Result<Answer, Refusal> {
        self.change(name, |set| {
            if set.epoch != epoch {
                return Err(Refusal::Epoch { current: set.epoch });
            }
            change(set)
        })
    }
}

impl DataSet {
    /// Grants the next epoch. It begins when nobody can be acknowledging in this one any more; not
    /// before this one would have, for the one before that may still be in use.
    fn grant(&mut self, holder: &Reference, now: Time, terms: &Terms) -> Answer {
        let free_at = self
            .leased_until
            .map_or(now, |until| until + terms.margin());
        self.starts_at = self.starts_at.max(free_at).max(now);
        self.epoch += 1;
        self.holder = holder.clone();
        self.leased_until = None;
        self.is_handed_back = false;
        self.proposals.clear();
        Answer::Granted {
            epoch: self.epoch,
            wait: now.until(self.starts_at),
        }
    }

    fn renew(&mut self, by: &Reference, now: Time, terms: &Terms) -> Result<Answer, Refusal> {
        if self.ownership != Ownership::Strict {
            return Err(Refusal::Ownership);
        }
        if self.holder != *by || self.is_handed_back {
            return Err(Refusal::NotHolder);
        }
        if now < self.starts_at {
            let wait = now.until(self.starts_at);
            return Err(Refusal::TooEarly { wait });
        }
        self.leased_until = self.leased_until.max(Some(now + terms.lease));
        Ok(Answer::Leased {
            epoch: self.epoch,
            lease: terms.lease,
        })
    }

    /// The holder writes no more in this epoch, or whoever stands in for it in the reserved part.
    fn hand_back(&mut self, by: &Reference) -> Result<Answer, Refusal> {
        if self.holder == *by && !self.is_handed_back {
            self.is_handed_back = true;
            self.leased_until = None;
        } else if self.emergency.as_ref() == Some(by) {
            self.emergency = None;
        } else {
            return Err(Refusal::NotHolder);
        }
        Ok(Answer::Done {
            serial: self.serial,
        })
    }

    /// Whether somebody can take a function over at all.
    fn has(&self, function: Function) -> Result<(), Refusal> {
        match (function, &self.ownership) {
            (Function::Registration, Ownership::Sovereign { reserved }) if reserved.is_empty() => {
                Err(Refusal::Ownership)
            }
            _ => Ok(()),
        }
    }

    /// Lets somebody do what the holder does not do any more.
    ///
    /// The reserved part goes from hand to hand only by being handed back: it has no lease either.
    fn take_over(
        &mut self,
        function: Function,
        to: &Reference,
        now: Time,
        terms: &Terms,
    ) -> Result<Answer, Refusal> {
        match (function, &self.ownership) {
            (Function::Resolution, _) => Ok(self.order(Some(to.clone()))),
            (Function::Registration, Ownership::Strict) => Ok(self.grant(to, now, terms)),
            (Function::Registration, Ownership::Sovereign { .. }) => {
                if self.emergency.as_ref().is_some_and(|by| by != to) {
                    return Err(Refusal::Held);
                }
                self.emergency = Some(to.clone());
                Ok(Answer::Done {
                    serial: self.serial,
                })
            }
        }
    }

    fn withdraw(&mut self, function: Function) -> Result<Answer, Refusal> {
        if self.proposals.remove(&function).is_some() {
            return Ok(Answer::Done {
                serial: self.serial,
            });
        }
        match function {
            Function::Resolution if self.first_for_resolution.is_some() => Ok(self.order(None)),
            Function::Registration if self.emergency.is_some() => Err(Refusal::Held),
            _ => Err(Refusal::Absent),
        }
    }

    /// Puts somebody first for resolution, or nobody but the holder.
    fn order(&mut self, first: Option<Reference>) -> Answer {
        self.first_for_resolution = first;
        self.serial = self.serial.saturating_add(1);
        Answer::Done {
            serial: self.serial,
        }
    }
}
