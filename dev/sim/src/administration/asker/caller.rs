//! Somebody who asks over lines: `engine::Administrator` as every client drives it, on a new line
//! whenever one breaks or nothing comes.

use super::{Act, Outcome};
use crate::administration::cryptography::{Pen, Seeded, agreed};
use crate::administration::orders::{Plan, Way};
use bytes::Bytes;
use engine::administrator::{Administrator, Event, Order};
use engine::{Cryptography, Date, Moment};
use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;
use wire::Packet;

/// How long somebody waits for an answer before he hangs up.
const PATIENCE: Duration = Duration::from_secs(12);

/// How long he waits before he calls again.
const PAUSE: Duration = Duration::from_millis(300);

/// How many lines he tries before he gives up.
const LINES_COUNT_MAX: usize = 12;

/// Somebody at a line.
pub(crate) struct Caller {
    administrator: Administrator<Seeded, Pen, Pen>,
    provider: Seeded,
    orders: VecDeque<(Duration, Order)>,
    /// When the next order is asked for.
    next: Option<Moment>,
    ticket: u64,
    open: BTreeSet<u64>,
    has_sessions: bool,
    /// What he sent to agree on the key of a session.
    offer: [u8; 16],
    line: Option<usize>,
    lines_count: usize,
    is_calling: bool,
    /// When he loses patience, or calls again.
    deadline: Option<Moment>,
    clock_ahead_seconds: i32,
}

impl Caller {
    pub(crate) fn new(plan: Plan, provider: Seeded) -> Self {
        let means = plan.person.means(plan.claims);
        let identity = plan.claims.identity();
        let administrator = Administrator::new(provider.clone(), identity, means, plan.window);
        let orders: VecDeque<_> = plan.orders.into();
        Self {
            administrator,
            provider,
            next: orders.front().map(|(rest, _)| Moment(0) + *rest),
            orders,
            ticket: 0,
            open: BTreeSet::new(),
            has_sessions: plan.way == Way::Session,
            offer: [0; 16],
            line: None,
            lines_count: 0,
            is_calling: false,
            deadline: None,
            clock_ahead_seconds: plan.clock_ahead_seconds,
        }
    }

    pub(crate) fn line(&self) -> Option<usize> {
        self.line
    }

    pub(crate) fn poll_timeout(&self) -> Option<Moment> {
        [self.next, self.deadline].into_iter().flatten().min()
    }

    fn own(&self, date: Date) -> Date {
        Date(date.0.saturating_add_signed(self.clock_ahead_seconds))
    }

    pub(crate) fn handle_timeout(&mut self, now: Moment, date: Date) -> Vec<Act> {
        let mut acts = Vec::new();
        if self.next.is_some_and(|next| next <= now)
            && let Some((_, order)) = self.orders.pop_front()
        {
            self.ticket += 1;
            self.open.insert(self.ticket);
            self.administrator.ask(self.ticket, order);
            self.next = self.orders.front().map(|(rest, _)| now + *rest);
        }
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.deadline = None;
            if let Some(line) = self.line {
                acts.extend(self.hang_up(line, now));
            }
        }
        acts.extend(self.go_on(now, date));
        acts
    }

    pub(crate) fn connected(&mut self, line: usize, now: Moment, date: Date) -> Vec<Act> {
        self.is_calling = false;
        self.line = Some(line);
        if self.has_sessions {
            self.offer = self.provider.chance();
            let offer = Bytes::copy_from_slice(&self.offer);
            self.administrator.set_up(offer, self.own(date));
        }
        self.go_on(now, date)
    }

    pub(crate) fn broken(&mut self, line: usize, now: Moment, date: Date) -> Vec<Act> {
        if self.line != Some(line) {
            return Vec::new();
        }
        let mut acts = self.hang_up(line, now);
        acts.extend(self.go_on(now, date));
        acts
    }

    pub(crate) fn handle(
        &mut self,
        now: Moment,
        date: Date,
        line: usize,
        octets: &Bytes,
    ) -> Vec<Act> {
        let Ok(packet) = Packet::decode(octets.clone()) else {
            return Vec::new();
        };
        if self.line != Some(line) {
            return Vec::new();
        }
        self.deadline = Some(now + PATIENCE);
        let own = self.own(date);
        let mut acts = Vec::new();
        if self.administrator.handle_packet(&packet, own).is_err() {
            acts.extend(self.events());
            acts.extend(self.hang_up(line, now));
        }
        acts.extend(self.go_on(now, date));
        acts
    }

    /// Leaves a line; what was in flight is asked again on the next.
    fn hang_up(&mut self, line: usize, now: Moment) -> Vec<Act> {
        self.line = None;
        self.deadline = Some(now + PAUSE);
        let again = self.administrator.start_again();
        again.expect("no answer here comes in parts");
        vec![Act::HangUp(line)]
    }

    fn go_on(&mut self, now: Moment, date: Date) -> Vec<Act> {
        let mut acts = Vec::new();
        let own = self.own(date);
        if let Some(line) = self.line {
            loop {
                let events = self.events();
                let is_quiet = events.is_empty();
                acts.extend(events);
                match self.administrator.poll_transmit(own) {
                    Ok(Some(octets)) => {
                        self.deadline = Some(now + PATIENCE);
                        acts.push(Act::Send(octets));
                    }
                    Ok(None) if is_quiet => break,
                    Ok(None) => (),
                    Err(_) => {
                        acts.extend(self.hang_up(line, now));
                        break;
                    }
                }
            }
        }
        if self.open.is_empty() {
            self.deadline = None;
        } else if self.line.is_none() && !self.is_calling && self.deadline.is_none() {
            acts.extend(self.call());
        }
        acts
    }

    fn call(&mut self) -> Vec<Act> {
        self.lines_count += 1;
        if self.lines_count <= LINES_COUNT_MAX {
            self.is_calling = true;
            return vec![Act::Connect];
        }
        self.orders.clear();
        self.next = None;
        let open = std::mem::take(&mut self.open);
        open.iter().map(|_| Act::Ends(Outcome::Unknown)).collect()
    }

    fn events(&mut self) -> Vec<Act> {
        let mut acts = Vec::new();
        while let Some(event) = self.administrator.poll_event() {
            match event {
                Event::SessionOffered(own_of_node) => {
                    self.administrator.begin(agreed(&self.offer, &own_of_node));
                }
                Event::Answered {
                    ticket,
                    answered,
                    is_resent,
                    ..
                } => {
                    self.open.remove(&ticket);
                    acts.push(Act::Ends(Outcome::Answered {
                        answered,
                        was_asked_once: !is_resent,
                    }));
                }
            }
        }
        acts
    }
}
