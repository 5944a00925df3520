//! What becomes of requests until they are answered: forwarded to whoever leads, proposed there,
//! and answered where they were asked, when the entry is applied there.
//!
//! The answer needs no way back: the entry itself comes back to every member.

use super::{ANSWER_TIMEOUT, Machine, Member, Outcome, Output, Position, TICK, Ticket};
use crate::message::Body;
use crate::{Answer, Digest, Entry, MemberId, Moment, Request, Time};
use std::collections::BTreeMap;
use std::time::Duration;

/// How many may wait, for requests of up to 80 KiB each; who asks the same again waits as well.
/// Beyond it whoever asks is told that the member is busy.
const WAITING_COUNT_MAX: usize = 1024;

/// When a request is forwarded again: what carried it may have been lost. It comes twice then, and
/// is carried out once.
const FORWARD_INTERVAL: Duration = Duration::from_millis(500);

/// The requests that wait.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    requests: BTreeMap<Digest, Pending>,
    tickets_count: u64,
}

impl Waiting {
    /// How many wait.
    fn count(&self) -> usize {
        let waiting = self.requests.values();
        waiting.map(|pending| pending.tickets.len()).sum()
    }
}

#[derive(Debug)]
struct Pending {
    request: Request,
    /// Who waits for it, and until when.
    tickets: Vec<(Ticket, Moment)>,
    /// When it was handed on last; none if it never was.
    submitted: Option<Moment>,
}

/// What a leader counts the registry's time by: fixed when it has applied all that was agreed on
/// before it. Only then what it says of time is later than all of that, and never by more than its
/// own clock has counted since.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lead {
    term: u64,
    time: Time,
    moment: Moment,
    /// The time of the last entry it has proposed.
    last: Time,
}

impl<M: Machine> Member<M> {
    /// Takes a request from outside that can be agreed on, by what it is known.
    pub(super) fn take(&mut self, request: &Request, digest: Digest) -> Ticket {
        self.waiting.tickets_count += 1;
        let ticket = Ticket(self.waiting.tickets_count);
        if let Some(answer) = self.registry().answered(&digest) {
            self.tell(ticket, Outcome::Answered(answer, self.applied));
            return ticket;
        }
        let is_full = self.waiting.count() >= WAITING_COUNT_MAX;
        if is_full || !self.is_running() {
            self.tell(ticket, Outcome::Busy);
            return ticket;
        }
        // It is noticed with the next tick.
        let until = self.now.moment + ANSWER_TIMEOUT.saturating_sub(TICK);
        let pending = self.waiting.requests.entry(digest);
        let pending = pending.or_insert_with(|| Pending {
            request: request.clone(),
            tickets: Vec::new(),
            submitted: None,
        });
        pending.tickets.push((ticket, until));
        self.submit_waiting();
        ticket
    }

    /// Takes a request that another member was asked.
    pub(super) fn handle_forwarded(&mut self, request: &Request) {
        // Whoever forwarded it learns the answer from its own registry.
        if self.registry().answered(&request.digest()).is_none() {
            self.propose_request(request);
        }
    }

    /// Hands on what has not been handed on lately; tells those who have waited too long.
    pub(super) fn submit_waiting(&mut self) {
        let now = self.now.moment;
        let mut requests = std::mem::take(&mut self.waiting.requests);
        requests.retain(|_, pending| {
            self.submit(pending);
            let outcome = match pending.submitted {
                Some(_) => Outcome::Unknown,
                None => Outcome::Busy,
            };
            let late = pending.tickets.extract_if(.., |(_, until)| *until <= now);
            for (ticket, _) in late {
                self.outputs.push_back(Output::Answer { ticket, outcome });
            }
            !pending.tickets.is_empty()
        });
        self.waiting.requests = requests;
    }

    fn submit(&mut self, pending: &mut Pending) {
        let now = self.now.moment;
        let is_due = |at: Moment| at + FORWARD_INTERVAL <= now;
        if !self.is_running() || !pending.submitted.is_none_or(is_due) {
            return;
        }
        let is_submitted = match self.leader() {
            Some(leader) if leader != self.settings.id => {
                self.forward(leader, &pending.request);
                true
            }
            _ => self.propose_request(&pending.request),
        };
        if is_submitted {
            pending.submitted = Some(now);
        }
    }

    fn forward(&mut self, leader: MemberId, request: &Request) {
        let body = Body::Forward(request.encode());
        self.send_body(leader, &body);
    }

    /// Proposes a request if this member leads and knows what time it is.
    fn propose_request(&mut self, request: &Request) -> bool {
        let is_of_now = |lead: &&Lead| lead.term == self.raft.raft.term;
        let Some(mut lead) = self.lead.as_ref().filter(is_of_now).copied() else {
            return false;
        };
        if !self.leads() {
            return false;
        }
        let time = lead.time + lead.moment.until(self.now.moment);
        lead.last = time.max(Time(lead.last.0.saturating_add(1)));
        self.lead = Some(lead);
        self.propose(&Entry {
            time: lead.last,
            date_us: self.now.date_us,
            request: request.clone(),
        })
    }

    /// Begins to lead when the first entry of this member's own term is applied.
    pub(super) fn begin_to_lead(&mut self, position: Position) {
        let is_first = self.lead.is_none_or(|lead| lead.term != position.term);
        if !self.leads() || position.term != self.raft.raft.term || !is_first {
            return;
        }
        let time = self.registry().time;
        self.lead = Some(Lead {
            term: position.term,
            time,
            moment: self.now.moment,
            last: time,
        });
    }

    /// Hands on what has waited for a leader, if this member has begun to be one.
    pub(super) fn notice_leadership(&mut self) {
        let has_begun = self.lead.is_some_and(|lead| {
            self.leads() && lead.term == self.raft.raft.term && lead.last == lead.time
        });
        if has_begun {
            self.submit_waiting();
        }
    }

    /// Tells those who wait for a request that it was judged.
    pub(super) fn answer(&mut self, request: &Request, answer: Answer, position: Position) {
        let pending = self.waiting.requests.remove(&request.digest());
        for (ticket, _) in pending.into_iter().flat_map(|it| it.tickets) {
            self.tell(ticket, Outcome::Answered(answer, position));
        }
    }

    /// Tells those whose requests were judged in entries that only a snapshot has brought.
    pub(super) fn answer_remembered(&mut self) {
        let digests: Vec<Digest> = self.waiting.requests.keys().copied().collect();
        for digest in digests {
            let Some(answer) = self.registry().answered(&digest) else {
                continue;
            };
            let pending = self.waiting.requests.remove(&digest);
            for (ticket, _) in pending.into_iter().flat_map(|it| it.tickets) {
                self.tell(ticket, Outcome::Answered(answer, self.applied));
            }
        }
    }

    /// Tells all who wait that nobody knows.
    pub(super) fn answer_all_unknown(&mut self) {
        let requests = std::mem::take(&mut self.waiting.requests);
        for (ticket, _) in requests.into_values().flat_map(|it| it.tickets) {
            self.tell(ticket, Outcome::Unknown);
        }
    }

    fn tell(&mut self, ticket: Ticket, outcome: Outcome) {
        self.outputs.push_back(Output::Answer { ticket, outcome });
    }
}
