//! What a walk does between questions: finds out whom to ask next, or that there is nobody.

use super::contest::{Contest, Demands, Under};
use super::frame::{Aim, Frame, Gathering, Outcome, Sought, State};
use super::knowledge::{Knowledge, RecordKey, above};
use super::reach::Reach;
use super::service::{Named, Scope};
use super::trace::{Event, Failure, Fault, Limit, Source, Why};
use super::{End, Found, Reached, Walk};
use crate::exchange::Answered;
use crate::{Cryptography, Date, Moment};
use alloc::vec::Vec;
use model::identifier::PREFIX_OF_PREFIXES;
use model::{Identifier, Site, SuffixCase};
use wire::outcome::Referral;
use wire::{OpFlags, ResponseCode};

/// The record that names the roots.
const ROOT: &str = "0.NA/0.NA";

impl<P: Cryptography> Walk<P> {
    /// Begins to gather the servers that answer for the identifier of the frame: for the record of
    /// a prefix those that the nearest prefix above it is delegated to, as far as is known; else
    /// those that its own prefix's record names.
    pub(super) fn orient(&mut self, knowledge: &mut Knowledge, now: Moment) {
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        let about = frame.sought.identifier();
        let record = record_of_servers(about);
        let is_at_root = is_same(&record, &root());
        let above = (self.uses_knowledge && is_at_root)
            .then(|| knowledge.nearest_above(about, self.is_certified, now))
            .flatten();
        (frame.is_short_cut, frame.has_strayed) = (above.is_some(), false);
        let Some((record, named)) = above else {
            frame.state = State::Gathering(Gathering::of(record));
            return;
        };
        let mut gathering = Gathering::default();
        gathering.add(&named);
        frame.state = State::Gathering(gathering);
        frame.known.push((record.clone(), Scope::Derived));
        let from = Source::Cache;
        self.events.push_back((now, Event::Sought { record, from }));
    }

    /// Adds what a record names to the gathering, or has the record asked for first.
    pub(super) fn look_at(
        &mut self,
        knowledge: &mut Knowledge,
        now: Moment,
        record: Identifier,
        scope: Scope,
    ) {
        let key = RecordKey::new(&record, scope, self.is_certified);
        let kept = if self.uses_knowledge {
            knowledge.named(&key, now)
        } else {
            None
        };
        let is_root = is_same(&record, &root());
        let from = match &kept {
            _ if is_root => Source::Roots,
            Some(_) => Source::Cache,
            None => Source::Nowhere,
        };
        let event = Event::Sought {
            record: record.clone(),
            from,
        };
        self.events.push_back((now, event));
        let is_waited_for = self.is_waited_for(&record, scope);
        let roots: Vec<Option<Site>> = self.guide.roots.iter().cloned().map(Some).collect();
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        let State::Gathering(gathering) = &mut frame.state else {
            return;
        };
        match kept {
            _ if is_root => gathering.add_sites(&roots),
            Some(named) => {
                gathering.add(&named);
                frame.known.push((record, scope));
            }
            None if is_waited_for => gathering.note(Outcome::failed(record, Why::Loop)),
            None => {
                let is_of_prefix = is_same(&record, &record_of_servers(frame.sought.identifier()));
                self.ask_for(record, scope, is_of_prefix);
            }
        }
    }

    fn ask_for(&mut self, record: Identifier, scope: Scope, is_of_prefix: bool) {
        if !is_of_prefix {
            self.referrals += 1;
        }
        if self.referrals > self.guide.limits.referrals_max {
            return self.give_up(Limit::Referrals);
        }
        if self.frames.len() >= self.guide.limits.depth_max {
            return self.give_up(Limit::Depth);
        }
        let sought = Sought::servers_of(record, scope);
        self.frames.push(Frame::new(sought, Aim::Servers(scope)));
        self.leg += 1;
    }

    /// Whether the same is asked for below: a frame that waited for itself would wait for ever.
    fn is_waited_for(&self, record: &Identifier, scope: Scope) -> bool {
        let mut frames = self.frames.iter();
        frames.any(|frame| {
            frame.aim == Aim::Servers(scope) && is_same(frame.sought.identifier(), record)
        })
    }

    /// Lines up the servers that were gathered, to be asked.
    pub(super) fn line_up(&mut self, knowledge: &mut Knowledge, now: Moment) {
        let reach = Reach::of(&self.guide);
        let is_own_business = self.frames.len() == 1;
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        let State::Gathering(gathering) = &mut frame.state else {
            return;
        };
        let about = frame.sought.identifier();
        if gathering.sites.is_empty() {
            let problem = gathering.problem.take();
            let outcome = match problem {
                // A service record that is missing says nothing of the prefix.
                Some(Outcome::Missing(missing)) if is_same(&missing, &record_of_servers(about)) => {
                    Outcome::Missing(missing)
                }
                Some(Outcome::Failed(failure)) => Outcome::Failed(failure),
                _ => Outcome::failed(about.clone(), Why::NoSites),
            };
            return self.end_frame(outcome, None);
        }
        let sites = core::mem::take(&mut gathering.sites);
        let demands = Demands {
            is_certified: self.is_certified,
            is_fresh: self.is_fresh && is_own_business || frame.must_be_fresh,
            shunned_keys: if is_own_business {
                &self.guide.own_keys
            } else {
                &[]
            },
            reach: &reach,
            is_long: frame.sought.is_long(),
        };
        let provider = &self.provider;
        let contest = Contest::new(&sites, about, demands, provider, knowledge, now);
        let digest = digest_of(&sites, provider);
        // The roots refer to those who have not answered a moment ago.
        if let Some((_, failure)) = frame.lost.take_if(|(lost, _)| *lost == digest) {
            return self.end_frame(Outcome::Failed(failure), None);
        }
        let was_asked = frame.asked.contains(&digest);
        frame.asked.push(digest);
        for &(site, why) in &contest.skipped {
            let event = Event::Skipped { site, why };
            self.events.push_back((now, event));
        }
        let why = match contest.skipped.first() {
            _ if was_asked => Some(Why::Loop),
            Some(&(_, skip)) if contest.is_empty() => Some(Why::NobodyToAsk(skip)),
            _ => None,
        };
        let about = about.clone();
        frame.state = State::Asking(contest);
        self.leg += 1;
        if let Some(why) = why
            && !self.start_afresh(knowledge, now)
        {
            self.end_frame(Outcome::failed(about, why), None);
        }
    }

    /// Ends a frame none of whose servers has answered, unless it can begin anew.
    pub(super) fn lose(&mut self, knowledge: &mut Knowledge, now: Moment) {
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        let tried = match &mut frame.state {
            State::Asking(contest) => contest.give_up(),
            _ => Vec::new(),
        };
        let failure = Failure {
            about: frame.sought.identifier().clone(),
            why: Why::NobodyAnswered,
            tried,
        };
        if frame.is_short_cut
            && let Some(digest) = frame.asked.last()
        {
            frame.lost = Some((*digest, failure.clone()));
        }
        if !self.start_afresh(knowledge, now) {
            self.end_frame(Outcome::Failed(failure), None);
        }
    }

    /// Begins the frame anew without what was known from before, if that led here.
    pub(super) fn start_afresh(&mut self, knowledge: &mut Knowledge, now: Moment) -> bool {
        self.forget_way(knowledge);
        let Some(frame) = self.frames.last_mut() else {
            return false;
        };
        let known = core::mem::take(&mut frame.known);
        if known.is_empty() {
            return false;
        }
        for (record, _) in known {
            self.events.push_back((now, Event::Forgotten { record }));
        }
        frame.state = State::Lost;
        frame.asked.clear();
        self.uses_knowledge = false;
        self.leg += 1;
        true
    }

    /// Whether a copy has said that a record names no servers: then a primary is asked, once. A
    /// prefix that was given out a moment ago is not with the copies yet.
    pub(super) fn needs_primary(&mut self, outcome: &Outcome, answered: &Answered) -> bool {
        let flags = answered.message.header.flags;
        let Some(frame) = self.frames.last_mut() else {
            return false;
        };
        let is_nothing = matches!(outcome, Outcome::Missing(_) | Outcome::NoValues);
        let is_last_word = flags.contains(OpFlags::AUTHORITATIVE) || frame.must_be_fresh;
        if frame.aim == Aim::Answer || !is_nothing || is_last_word {
            return false;
        }
        frame.must_be_fresh = true;
        frame.state = State::Lost;
        frame.asked.clear();
        self.leg += 1;
        true
    }

    /// Whether it was asked who is said to answer for all that is derived from a prefix above, and
    /// says that there is nothing: then the roots are asked, once. Whoever refers to others may
    /// hold some records itself.
    pub(super) fn needs_roots(&mut self, outcome: &Outcome) -> bool {
        let is_nothing = matches!(outcome, Outcome::Missing(_) | Outcome::NoValues);
        let Some(frame) = self.frames.last_mut() else {
            return false;
        };
        if !is_nothing || !frame.is_short_cut {
            return false;
        }
        // What is known of the prefix above is right all the same.
        frame.known.clear();
        frame.asked.clear();
        frame.state = State::Lost;
        self.uses_knowledge = false;
        self.leg += 1;
        true
    }

    /// Forgets the records from before that led to the servers of the frame.
    pub(super) fn forget_way(&mut self, knowledge: &mut Knowledge) {
        let known = self.frames.last().map(|frame| &frame.known);
        for (record, scope) in known.into_iter().flatten() {
            knowledge.forget(&RecordKey::new(record, *scope, self.is_certified));
        }
    }

    /// Goes on to where an answer refers to.
    pub(super) fn follow(
        &mut self,
        knowledge: &mut Knowledge,
        now: Moment,
        date: Date,
        code: ResponseCode,
        scope: Scope,
        referral: &Referral,
    ) {
        self.referrals += 1;
        if self.referrals > self.guide.limits.referrals_max {
            return self.give_up(Limit::Referrals);
        }
        let values = referral.values.as_deref().unwrap_or_default();
        let named = Named::in_values(values, scope, date);
        let mut gathering = Gathering::default();
        gathering.add(&named);
        let mut services_count = named.services.len();
        if named.is_empty()
            && let Ok(record) = Identifier::from_octets(referral.identifier.clone())
        {
            gathering.look_at(record, scope);
            services_count = 1;
        }
        let event = Event::Referred {
            code,
            sites_count: named.sites.len(),
            services_count,
        };
        self.events.push_back((now, event));
        if let Some(frame) = self.frames.last_mut() {
            frame.state = State::Gathering(gathering);
            frame.has_strayed |= scope == Scope::Own;
            self.leg += 1;
        }
        self.keep_delegation(knowledge, now, &named);
    }

    /// Keeps where an answer about the record of a prefix refers to, for the prefixes beside it.
    ///
    /// A referral does not say of which prefix it is the delegation. But that prefix is above the
    /// one that was asked for, so it is the next one up or one further up still; and who answers
    /// for what is derived from that, answers for what is derived from the next one up. Whoever
    /// refers so answers for that too: it was reached from the roots over nothing but delegations.
    /// A server that was named for one identifier alone was not, and is not heard about others.
    fn keep_delegation(&mut self, knowledge: &mut Knowledge, now: Moment, named: &Named) {
        let Some(frame) = self.frames.last() else {
            return;
        };
        let above = above(frame.sought.identifier());
        if let Some(record) = above.filter(|_| !frame.has_strayed && !named.is_empty()) {
            let key = RecordKey::new(&record, Scope::Derived, self.is_certified);
            knowledge.keep(key, named, now);
        }
    }

    /// Notes that a question was of no use.
    pub(super) fn fault(
        &mut self,
        knowledge: &mut Knowledge,
        now: Moment,
        ticket: super::Ticket,
        under: &Under,
        fault: Fault,
    ) {
        // Whoever answers is there. What is wrong with an answer may be about what a stranger asked
        // for, who must not decide which servers others are asked.
        if matches!(fault, Fault::Silent | Fault::Broken(_)) {
            knowledge.note_failure(under.place.first(), now);
        }
        let event = Event::Failed {
            ticket,
            fault: fault.clone(),
        };
        self.events.push_back((now, event));
        if let Some(frame) = self.frames.last_mut()
            && let State::Asking(contest) = &mut frame.state
        {
            contest.note_failure(under, fault, now);
        }
    }

    /// Ends the frame with what a server has answered, of which what names servers is kept.
    pub(super) fn finish(
        &mut self,
        knowledge: &mut Knowledge,
        now: Moment,
        date: Date,
        outcome: Outcome,
        reached: Reached,
    ) {
        if let Some(frame) = self.frames.last()
            && let (Aim::Servers(scope), Outcome::Values(values)) = (frame.aim, &outcome)
        {
            let named = Named::in_values(values, scope, date);
            let key = RecordKey::new(frame.sought.identifier(), scope, self.is_certified);
            if !named.is_empty() {
                knowledge.keep(key, &named, now);
            }
            self.frames.pop();
            self.leg += 1;
            if let Some(State::Gathering(gathering)) = self.state_below() {
                gathering.add(&named);
            }
            return;
        }
        self.end_frame(outcome, Some(reached));
    }

    /// Ends the frame: the one below goes on without it, or the walk is over.
    fn end_frame(&mut self, outcome: Outcome, reached: Option<Reached>) {
        self.frames.pop();
        self.leg += 1;
        if let Some(state) = self.state_below() {
            if let State::Gathering(gathering) = state {
                gathering.note(outcome);
            }
            return;
        }
        let found = match outcome {
            Outcome::Values(values) => Found::Values(values),
            Outcome::Verified(is_right) => Found::Verified(is_right),
            Outcome::Missing(identifier) => Found::NotRegistered(identifier),
            Outcome::NoValues => Found::NoSuchValues,
            Outcome::Failed(failure) => Found::Failed(failure),
        };
        self.end(found, reached);
    }

    fn state_below(&mut self) -> Option<&mut State> {
        self.frames.last_mut().map(|frame| &mut frame.state)
    }

    /// Ends the walk because of its work.
    pub(super) fn give_up(&mut self, limit: Limit) {
        let about = self.frames.last().map(|frame| frame.sought.identifier());
        let about = about.cloned().unwrap_or_else(root);
        let mut tried = Vec::new();
        for frame in &mut self.frames {
            if let State::Asking(contest) = &mut frame.state {
                tried.append(&mut contest.give_up());
            }
        }
        let why = Why::Limit(limit);
        self.end(Found::Failed(Failure { about, why, tried }), None);
    }

    fn end(&mut self, found: Found, reached: Option<Reached>) {
        self.frames.clear();
        self.leg += 1;
        self.end = Some(End { found, reached });
    }
}

pub(super) fn root() -> Identifier {
    ROOT.parse().expect("the root has an identifier")
}

/// The record that names the servers which answer for an identifier.
pub(super) fn record_of_servers(identifier: &Identifier) -> Identifier {
    if identifier.is_global() {
        return root();
    }
    let prefix = identifier.prefix().as_str().to_ascii_uppercase();
    let record = [PREFIX_OF_PREFIXES, "/", &prefix].concat().parse();
    // Only a prefix that leaves no room for the five octets has no record.
    record.unwrap_or_else(|_| root())
}

pub(super) fn is_same(one: &Identifier, other: &Identifier) -> bool {
    one.canonical(SuffixCase::Sensitive) == other.canonical(SuffixCase::Sensitive)
}

fn digest_of(sites: &[Option<Site>], provider: &impl Cryptography) -> [u8; 32] {
    let sites = sites.iter().flatten().map(|site| site.encode().to_vec());
    provider.sha256(&sites.collect::<Vec<_>>().concat())
}
