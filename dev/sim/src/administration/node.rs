//! The node: from octets to octets as the real one does it, with its own randomness, clock and
//! storage.
//!
//! A request takes its time: between the proof and the plan, and between the plan and its change,
//! others come. What goes on then is a [`Job`]. Beside it: `node/answering.rs` how messages are
//! answered. Not here: what is answered (room `engine`), when things become durable
//! (`super::committer`).

mod answering;

use super::Peer;
use super::committer::{Committer, Submission, Synced, Tables};
use super::cryptography::Seeded;
use super::planted::{Bug, Planted};
use bytes::Bytes;
use engine::authority::{OwnSite, Settings};
use engine::challenges::ChallengeLimits;
use engine::question::creation;
use engine::sessions::{Received, SessionKey, SessionLimits};
use engine::{Answer, Authority, Challenges, Date, Inbox, Moment, Origin, Sessions, Step};
use model::change::{Change, Write};
use model::key::Subspace;
use model::{Identifier, Key, Record, SuffixCase, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use wire::datagram::fragments;
use wire::{Header, Identity, Message, OpFlags, Packet, ResponseCode};

/// The case of suffixes, as in most data folders.
pub(crate) const CASE: SuffixCase = SuffixCase::Insensitive;

/// How often a plan is made again because somebody else was faster, as the real node does it.
const CONFLICTS_COUNT_MAX: usize = 16;

/// What the node wants, and what it did that only judges look at.
pub(crate) enum Out {
    /// These octets go to somebody.
    Send(Peer, Bytes),
    /// This goes on after a while.
    Later(Box<Job>),
    /// A proof over the nonce of a challenge was taken.
    Proven([u8; 16]),
    /// A message of a session was taken: its session and its octets.
    Taken(u32, Bytes),
    /// A question was answered.
    Read(Box<Message>, Box<Message>),
}

/// A request that is being carried out.
#[derive(Clone)]
pub(crate) struct Job {
    /// What is carried out.
    pub(crate) request: Message,
    /// The number of the message that is answered.
    pub(crate) request_id: u32,
    /// How much was durable when the message came that says who asks.
    pub(crate) since: usize,
    /// The node's date when the change was planned.
    pub(crate) date: Date,
    /// What is answered when the change is durable.
    pub(crate) reply: Option<Message>,
    origin: Origin,
    peer: Peer,
    session: Option<(SessionKey, Header)>,
    ends_challenge: bool,
    stage: Stage,
    tries: usize,
    /// In which life of the node it began.
    life: u32,
}

#[derive(Clone)]
enum Stage {
    /// Somebody is known, in a session perhaps from now on.
    Proven(Option<(SessionKey, Identity)>),
    /// There is a change to be carried out.
    Planned(Change),
}

/// The one node of the simulation.
pub(crate) struct Node {
    authority: Authority<Seeded>,
    challenges: Challenges<Peer>,
    sessions: Sessions<Peer>,
    /// What was known of who speaks in a session when a message of it was taken last; for mistakes.
    received: BTreeMap<u32, Received>,
    last_challenged: Option<Message>,
    inbox: Inbox<Peer>,
    committer: Committer,
    planted: Planted,
    life: u32,
    out: Vec<Out>,
}

impl Node {
    /// A node without records.
    pub(crate) fn new(provider: Seeded, bug: Option<Bug>) -> Self {
        Self {
            authority: Authority {
                digests: provider,
                settings: Settings {
                    suffix_case: CASE,
                    site: OwnSite::without_record(7, true),
                    ..Settings::default()
                },
            },
            challenges: Challenges::new(ChallengeLimits::default()),
            sessions: Sessions::new(SessionLimits::default()),
            received: BTreeMap::new(),
            last_challenged: None,
            inbox: Inbox::new(),
            committer: Committer::default(),
            planted: Planted::new(bug),
            life: 0,
            out: Vec::new(),
        }
    }

    /// Registers an identifier as the operator does it; durable at once.
    pub(crate) fn register(&mut self, identifier: &Identifier, values: &[Value], date: Date) {
        let request = creation(identifier, values, OpFlags(0), 0, date);
        let step = self.authority.start(&request, Origin::Local, date);
        let answer = self.drive(step).expect("the operator is answered");
        let code = answer.message.header.response_code;
        assert_eq!(code, ResponseCode::SUCCESS, "the operator may register");
        let change = answer.change;
        self.committer.submit(Submission { change, job: None });
        self.committer.begin(&Planted::default());
        self.committer.synced();
    }

    /// What it wants since it was asked last.
    pub(crate) fn poll_out(&mut self) -> Vec<Out> {
        std::mem::take(&mut self.out)
    }

    /// Begins to sync what waits; whether it did.
    pub(crate) fn begin_sync(&mut self) -> bool {
        self.committer.begin(&self.planted)
    }

    /// What is visible.
    pub(crate) fn tables(&self) -> &Tables {
        self.committer.tables()
    }

    /// How many entries are durable.
    pub(crate) fn position(&self) -> usize {
        self.committer.position()
    }

    /// Which life of the node it is: each crash begins another.
    pub(crate) fn life(&self) -> u32 {
        self.life
    }

    /// A sync has returned: everybody is told, and what conflicted is planned again. Gives what is
    /// durable now.
    pub(crate) fn handle_synced(&mut self, date: Date) -> Vec<Submission> {
        let Synced { done, refused } = self.committer.synced();
        for submission in &done {
            self.end_sessions_of(&submission.change);
            if let Some(job) = &submission.job {
                self.acknowledge(job);
            }
        }
        for submission in refused {
            if let Some(job) = submission.job {
                self.plan_again(job, date);
            }
        }
        done
    }

    fn acknowledge(&mut self, job: &Job) {
        let Some(reply) = job.reply.clone() else {
            return;
        };
        if self.planted.acknowledges_early() {
            return; // It has been.
        }
        let reply = self.planted.acknowledgement(reply);
        self.finish(job, reply);
    }

    fn plan_again(&mut self, mut job: Job, date: Date) {
        job.tries += 1;
        if job.tries < CONFLICTS_COUNT_MAX {
            return self.plan(job, date);
        }
        let text = "others change the same identifier all the time; nothing was done, try again";
        let code = ResponseCode::SERVER_BUSY;
        let busy = self.authority.fail(&job.request, code, text, date);
        self.finish(&job, busy);
    }

    /// Ends the sessions of identities whose records have changed: their keys may be others now.
    fn end_sessions_of(&mut self, change: &Change) {
        if self.planted.sessions_outlive_keys() {
            return;
        }
        let keys = changed_keys(change);
        self.sessions.terminate_of(|identity| {
            let identifier = Identifier::from_octets(identity.identifier.clone());
            identifier.is_ok_and(|identifier| keys.contains(&Key::record(&identifier, CASE)))
        });
    }

    /// The node falls over and starts again: gives what reached the disk though nobody was told.
    pub(crate) fn crash(&mut self, keeps_group: bool) -> Vec<Submission> {
        self.life += 1;
        self.out.clear();
        self.challenges = Challenges::new(ChallengeLimits::default());
        self.sessions = Sessions::new(SessionLimits::default());
        self.received.clear();
        self.last_challenged = None;
        self.inbox = Inbox::new();
        self.committer.crash(keeps_group, &self.planted).done
    }

    /// Removes what is remembered of requests that have expired.
    pub(crate) fn tidy(&mut self, date: Date) {
        let [from, to] = Key::answered_before(self.planted.forgets_before(date).0);
        let rows = self.committer.tables().range(from..to);
        let writes = rows.map(|(key, _)| Write {
            key: key.clone(),
            octets: None,
        });
        let change = Change {
            writes: writes.collect(),
            ..Change::default()
        };
        if !change.is_empty() {
            self.committer.submit(Submission { change, job: None });
        }
    }

    /// Goes on with a request; of an earlier life nothing is left to go on with.
    pub(crate) fn proceed(&mut self, now: Moment, date: Date, mut job: Job) {
        if job.life != self.life {
            return;
        }
        match std::mem::replace(&mut job.stage, Stage::Proven(None)) {
            Stage::Proven(None) => self.plan(job, date),
            Stage::Proven(Some((key, identity))) => {
                match self.sessions.mark_proven(&key, &identity, now) {
                    Ok(_) => self.plan(job, date),
                    Err(refusal) => {
                        let text = refusal.to_string();
                        let refused =
                            self.authority
                                .fail(&job.request, refusal.code(), &text, date);
                        self.finish(&job, refused);
                    }
                }
            }
            Stage::Planned(change) => {
                if self.planted.acknowledges_early()
                    && let Some(reply) = job.reply.clone()
                {
                    self.finish(&job, reply);
                }
                let job = Some(job);
                self.committer.submit(Submission { change, job });
            }
        }
    }

    /// Plans a request of somebody who is known.
    fn plan(&mut self, mut job: Job, date: Date) {
        let mut authority = self.authority.clone();
        if let Some(settings) = self.planted.may_all(&job.origin) {
            authority.settings.administration = Arc::new(settings);
        }
        let step = authority.start(&job.request, job.origin.clone(), date);
        let Some(answer) = self.drive(step) else {
            return;
        };
        let mut change = answer.change;
        if change.is_empty() {
            let message = self.planted.repeated(answer.message);
            return self.finish(&job, message);
        }
        self.planted.change(&mut change, date);
        job.date = date;
        job.reply = Some(answer.message);
        job.stage = Stage::Planned(change);
        self.out.push(Out::Later(Box::new(job)));
    }

    /// Drives a plan to its end on what is visible; none if it deserves no answer.
    fn drive(&self, mut step: Step) -> Option<Answer> {
        loop {
            step = match self.go_on(step) {
                Step::Answer(answer) => return Some(*answer),
                Step::Identified(_) | Step::Ignore(_) => return None,
                step => step,
            };
        }
    }

    /// Gives a plan what it needs next; a step that ends one is given back.
    fn go_on(&self, step: Step) -> Step {
        let tables = self.committer.tables();
        match step {
            Step::Fetch(fetch) => {
                let found = fetch.keys().iter().map(|key| {
                    let stored = tables.get(key).cloned();
                    stored.filter(|_| self.planted.shows(key))
                });
                let found = found.collect();
                fetch.resume(found)
            }
            Step::Scan(scan) => {
                let found = tables.range(scan.from().clone()..scan.to().clone());
                let found = found.take(scan.count_max());
                let found = found.map(|(key, octets)| (key.clone(), octets.clone()));
                scan.resume(found.collect())
            }
            Step::Ask(ask) => {
                let nothing = "there is no other node".to_owned();
                ask.resume(engine::elsewhere::Told::Nothing(nothing))
            }
            step => step,
        }
    }

    /// Sends the answer to a request.
    fn finish(&mut self, job: &Job, mut message: Message) {
        message.envelope.request_id = job.request_id;
        if job.ends_challenge {
            message.envelope.session_id = 0;
        }
        let packet = match &job.session {
            None => message.to_packet(),
            Some((key, asked)) => answering::sealed(key, asked, message, &self.authority.digests),
        };
        self.send(job.peer, &packet);
    }

    fn send(&mut self, peer: Peer, packet: &Packet) {
        match peer {
            Peer::Asker(_) => {
                let sent = fragments(packet).map(|octets| Out::Send(peer, octets));
                self.out.extend(sent);
            }
            _ => self.out.push(Out::Send(peer, packet.encode())),
        }
    }
}

/// The records that a change replaces or removes and that held somebody's keys.
fn changed_keys(change: &Change) -> Vec<Key> {
    let holds_keys = |octets: &Bytes| {
        let record = Record::from_stored(octets.clone());
        record.is_ok_and(|record| {
            let mut entries = record.entries();
            entries.any(|entry| {
                let value_type = entry.encoded.type_octets().to_ascii_uppercase();
                value_type == b"HS_PUBKEY" || value_type == b"HS_SECKEY"
            })
        })
    };
    let is_record = |key: &Key| key.octets().first() == Some(&Subspace::RECORDS.0);
    let seen = change.preconditions.iter();
    let held = seen.filter(|seen| is_record(&seen.key));
    let held = held.filter(|seen| seen.seen.as_ref().is_some_and(holds_keys));
    held.map(|seen| seen.key.clone()).collect()
}
