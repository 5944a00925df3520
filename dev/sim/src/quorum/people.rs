//! What operators and holders do in the course of a history: ask, wait, ask again, write.
//!
//! Not here: what they want (`operators`, `writers`).

use super::operators::Next;
use super::writers::Writer;
use super::{Asked, Asker, Event, MEMBERS_COUNT, OPERATORS, Simulation, TERMS, WRITERS};
use ::quorum::{Outcome, Registry, Request};
use std::time::Duration;

impl Simulation {
    pub(super) fn told(&mut self, asked: &Asked, outcome: Outcome) {
        let (now, attempt) = (self.world.now(), asked.attempt);
        match asked.asker {
            Asker::Operator(number) => {
                let chance = &mut self.chances[OPERATORS];
                match self.operators[number].hears(attempt, outcome, chance) {
                    Next::Ignore => {}
                    Next::Again(later) => {
                        if let Some(current) = &mut self.operators[number].current {
                            current.until = now + later;
                        }
                        self.world.schedule(now + later, Event::Operator(number));
                    }
                    Next::Ended => {
                        self.counts.answered += 1;
                        self.end(number, asked);
                    }
                }
            }
            Asker::Writer(number) => {
                if self.writers[number].hears(now, attempt, outcome) {
                    self.send_renewal(number);
                }
            }
            Asker::Replay | Asker::Last => {}
        }
    }

    /// An operator is done with a request; somebody may send it again later.
    fn end(&mut self, number: usize, asked: &Asked) {
        self.counts.requests += 1;
        self.operators[number].current = None;
        self.after(900, OPERATORS, Event::Operator(number));
        if self.chances[OPERATORS].happens(300) {
            let asked = Asked {
                asker: Asker::Replay,
                ..asked.clone()
            };
            let host = self.chances[OPERATORS].below(self.hosts.len());
            self.after(6000, OPERATORS, Event::Ask { host, asked });
        }
    }

    /// An operator asks for something new, or asks again.
    pub(super) fn operate(&mut self, number: usize) {
        let now = self.world.now();
        if let Some(current) = &self.operators[number].current {
            if now < current.until {
                return;
            }
        } else {
            if self.is_resting {
                return;
            }
            let view = self.view(OPERATORS);
            let members_change = self.faults.members_change;
            let drawn = &mut self.chances[OPERATORS];
            if !self.operators[number].begin(now, &view, members_change, drawn) {
                return;
            }
        }
        self.attempts_count += 1;
        let attempt = self.attempts_count;
        if let Some(request) = self.operators[number].asks(now, attempt) {
            let until = self.operators[number].current.as_ref().map(|it| it.until);
            self.submit(OPERATORS, Asker::Operator(number), attempt, request);
            self.world
                .schedule(until.unwrap_or(now), Event::Operator(number));
        } else {
            self.counts.requests += 1;
            self.counts.unanswered += 1;
            self.operators[number].current = None;
            self.after(900, OPERATORS, Event::Operator(number));
        }
    }

    /// Sends a request to any member.
    fn submit(&mut self, chance: usize, by: Asker, attempt: u64, request: Request) {
        let host = self.chances[chance].below(MEMBERS_COUNT as usize);
        let asked = Asked {
            asker: by,
            attempt,
            request,
        };
        self.after(40, chance, Event::Ask { host, asked });
    }

    /// The registry as somebody sees it: that of any member that is up.
    fn view(&mut self, chance: usize) -> Registry {
        let up: Vec<usize> = (0..self.hosts.len())
            .filter(|host| self.hosts[*host].member.is_some())
            .collect();
        if up.is_empty() {
            return Registry::default();
        }
        let host = *self.chances[chance].pick(&up);
        let member = self.hosts[host].member.as_ref();
        member.map_or_else(Registry::default, |member| member.registry().clone())
    }

    pub(super) fn renew(&mut self, number: usize) {
        let now = self.world.now();
        self.after(900, WRITERS, Event::Renewal(number));
        let view = self.view(WRITERS);
        if self.writers[number].begin(now, &view, &mut self.chances[WRITERS]) {
            self.send_renewal(number);
        }
    }

    pub(super) fn send_renewal(&mut self, number: usize) {
        self.attempts_count += 1;
        let attempt = self.attempts_count;
        if let Some(request) = self.writers[number].asks(attempt) {
            self.submit(WRITERS, Asker::Writer(number), attempt, request);
            let at = self.world.now() + Duration::from_millis(2200);
            self.world
                .schedule(at, Event::RenewalAgain(number, attempt));
        }
    }

    pub(super) fn write(&mut self, writer: usize) {
        let now = self.world.now();
        self.after(400, WRITERS, Event::Write(writer));
        if let Some(epoch) = self.writers[writer].writes(now) {
            let slow = self.chances[WRITERS].happens(60);
            let most = if slow { 4000 } else { 30 };
            self.after(most, WRITERS, Event::Written { writer, epoch });
        }
    }

    pub(super) fn written(&mut self, writer: usize, epoch: u64) {
        let now = self.world.now();
        if !self.writers[writer].acknowledges(now, epoch) {
            self.writers[writer].under_way -= 1;
            return;
        }
        let delay = Writer::answer_delay_ms(&TERMS, &mut self.chances[WRITERS]);
        let at = now + Duration::from_millis(delay);
        self.world
            .schedule(at, Event::Acknowledged { writer, epoch });
    }
}
