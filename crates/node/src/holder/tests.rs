//! Tests of what a writer of a data set answers: the clock is an argument, the store a real one.

use super::*;
use crate::Config;
use crate::answerer::{Answerer, AnswererSettings};
use crate::config::DataSetConfig;
use crate::visitor::Visitor;
use client::Clock;
use engine::authority::{HOMED_MARK, Known};
use engine::{Means, Origin, question};
use model::{Reference, Value};
use std::collections::VecDeque;
use std::time::Duration;
use store::{Options, Store};
use tempfile::TempDir;
use wire::{Identity, Message, OpFlags, ResponseCode};

const BUSY: ResponseCode = ResponseCode::SERVER_BUSY;
const DONE: ResponseCode = ResponseCode::SUCCESS;
const NOT_HERE: ResponseCode = ResponseCode::SERVER_NOT_RESPONSIBLE;
const UNKNOWN: ResponseCode = ResponseCode::ERROR;

fn writer() -> Reference {
    Reference {
        identifier: "0.NA/88.118".into(),
        index: 300,
    }
}

fn set(epoch: u64, ownership: Ownership, holder: Reference) -> DataSet {
    DataSet {
        ownership,
        is_automatic: false,
        epoch,
        holder,
        starts_at: quorum::Time(0),
        leased_until: None,
        is_handed_back: false,
        emergency: None,
        first_for_resolution: None,
        serial: 1,
        proposals: std::collections::BTreeMap::new(),
    }
}

fn leased(epoch: u64) -> Answer {
    Answer::Leased {
        epoch,
        lease: Duration::from_mins(1),
    }
}

/// A node of `88.118` and others, whose clock says what it is told to.
struct Desk {
    answerer: Answerer,
    clock: Arc<Mutex<VecDeque<u64>>>,
    folder: TempDir,
    next: std::cell::Cell<u32>,
}

impl Desk {
    fn new(ownership: OwnershipKind) -> Self {
        Self::in_folder(ownership, TempDir::new().unwrap(), false)
    }

    fn in_folder(ownership: OwnershipKind, folder: TempDir, hand_back: bool) -> Self {
        let config = Config {
            data_set: DataSetConfig {
                name: Some("records:88.118".into()),
                ownership,
                identity: "300:0.NA/88.118".into(),
                hand_back,
                ..DataSetConfig::default()
            },
            ..Config::default()
        };
        let store = Store::open(folder.path(), &Options::default()).unwrap();
        let mut change = Change::default();
        for prefix in ["88.118", "88.119"] {
            change.put(Key::homed(&prefix.parse().unwrap()), HOMED_MARK.into());
        }
        store.commit(change).unwrap();
        let clock = Arc::new(Mutex::new(VecDeque::from([0])));
        let told = Arc::clone(&clock);
        let now = move || {
            let mut times = lock(&told);
            // The last one stands.
            let next = if times.len() > 1 {
                times.pop_front()
            } else {
                times.front().copied()
            };
            Moment(next.unwrap_or_default() * 1_000_000)
        };
        let mut settings = AnswererSettings::default();
        settings.authority.administration = Arc::new(engine::authority::AdministrationSettings {
            server_admins: vec![writer()],
            server_admins_may_all: true,
            ..Default::default()
        });
        let answerer = Answerer::with_settings(settings, store);
        let epoch = answerer.replication().numbering().unwrap().epoch;
        let holder = Holder::with_clock(&config, answerer.store(), epoch, Arc::new(now));
        Self {
            answerer: answerer.with_holder(holder.unwrap()),
            clock,
            folder,
            next: std::cell::Cell::new(1),
        }
    }

    /// Stops, and starts again from what is on the disk.
    fn again(self, ownership: OwnershipKind, hand_back: bool) -> Self {
        let Self {
            answerer, folder, ..
        } = self;
        answerer.into_store().close().unwrap();
        Self::in_folder(ownership, folder, hand_back)
    }

    fn holder(&self) -> &Holder {
        self.answerer.holder().unwrap()
    }

    /// The clock says these seconds, one after another; the last of them from then on.
    fn at(&self, seconds: impl IntoIterator<Item = u64>) {
        *lock(&self.clock) = seconds.into_iter().collect();
    }

    /// A writer with a lease of epoch 1 from second 0 on.
    fn strict() -> Self {
        let desk = Self::new(OwnershipKind::Strict);
        let set = set(1, Ownership::Strict, writer());
        desk.holder().learn(&set).unwrap();
        desk.holder().renewed(Moment(0), &leased(1));
        desk
    }

    fn sovereign(reserved: &str) -> Self {
        let desk = Self::new(OwnershipKind::Sovereign);
        let reserved = reserved.to_owned().into();
        let set = set(1, Ownership::Sovereign { reserved }, writer());
        desk.holder().learn(&set).unwrap();
        desk
    }

    fn request(&self, identifier: &str) -> Message {
        let id = self.next.get();
        self.next.set(id + 1);
        let values = [Value::public(1, "URL", format!("https://e.org/{id}"))];
        let identifier = identifier.parse().unwrap();
        let flags = OpFlags::USUAL | OpFlags::OVERWRITE;
        question::creation(&identifier, &values, flags, id, Clock::date())
    }

    fn known() -> Known {
        Known {
            identity: Identity::new(writer().identifier, 300),
            means: Means::SESSION,
        }
    }

    fn send(&self, request: &Message) -> ResponseCode {
        let origin = Origin::Known(Self::known());
        let answer = self.answerer.answer(request, &origin, Visitor::LOCAL);
        answer.unwrap().header.response_code
    }

    /// One change, as over the protocol.
    fn register(&self, identifier: &str) -> ResponseCode {
        self.send(&self.request(identifier))
    }

    /// Many changes in one call, as over HTTP.
    fn register_many(&self, identifiers: &[&str]) -> Vec<ResponseCode> {
        let requests = identifiers.iter().map(|it| self.request(it)).collect();
        let known = Self::known();
        let begun = self
            .answerer
            .begin_many(requests, &known, Visitor::LOCAL, None);
        let answers = self.answerer.finish_many(begun);
        answers.iter().map(|it| it.header.response_code).collect()
    }

    fn has(&self, identifier: &str) -> bool {
        let identifier = identifier.parse().unwrap();
        let key = Key::record(&identifier, SuffixCase::Insensitive);
        self.answerer.store().view().get(&key).unwrap().is_some()
    }

    fn can_be_read(&self, identifier: &str) -> bool {
        let question = engine::Question::about(identifier.parse().unwrap());
        let question = question.resolution(7, Clock::date());
        let origin = Origin::Network;
        let answer = self.answerer.answer(&question, &origin, Visitor::LOCAL);
        answer.unwrap().header.response_code == DONE
    }
}

#[test]
fn without_a_lease_changes_wait_and_reads_go_on() {
    let desk = Desk::new(OwnershipKind::Strict);
    assert_eq!(desk.register("88.118/a"), BUSY, "nothing was heard");
    assert_eq!(desk.register("88.119/a"), DONE, "of no data set");
    let set = set(1, Ownership::Strict, writer());
    desk.holder().learn(&set).unwrap();
    assert_eq!(desk.register("88.118/a"), BUSY, "no lease");
    assert!(!desk.has("88.118/a"));
    desk.holder().renewed(Moment(0), &leased(1));
    assert_eq!(desk.register("88.118/a"), DONE);
    assert_eq!(desk.register("88.118.5/a"), NOT_HERE, "not at home here");
    let done = [DONE, DONE];
    assert_eq!(desk.register_many(&["88.118/b", "88.119/b"]), done);
    desk.at([60]);
    assert_eq!(desk.register("88.118/c"), BUSY);
    let some = desk.register_many(&["88.118/c", "88.119/c", "0.NA/88.118"]);
    assert_eq!(some, [BUSY, DONE, BUSY]);
    assert!(!desk.has("88.118/c") && desk.can_be_read("88.118/a"));
    let state = desk.holder().state();
    assert_eq!((state.role, state.epoch), (Role::Holder, 1));
    assert_eq!(state.lease_ms, Some(0));
}

/// The lease ends between the plan and the answer: what is durable is not acknowledged, also when
/// it is asked for again, until there is a lease again.
#[test]
fn a_lease_that_is_lost_in_mid_write_leaves_the_outcome_unknown() {
    let desk = Desk::strict();
    let request = desk.request("88.118/a");
    desk.at([59, 60]);
    assert_eq!(desk.send(&request), UNKNOWN);
    assert!(desk.has("88.118/a"), "it is durable");
    assert_eq!(desk.send(&request), UNKNOWN, "the same again");
    desk.holder().renewed(Moment(59_000_000), &leased(1));
    assert_eq!(desk.send(&request), DONE, "done once, and acknowledged");
    desk.at([100, 3_600]);
    let many = desk.register_many(&["88.118/b", "88.119/b"]);
    assert_eq!(many, [UNKNOWN, DONE]);
    assert!(desk.has("88.118/b"));
}

#[test]
fn another_is_the_writer_while_a_change_is_made() {
    let desk = Desk::strict();
    let change = {
        let mut change = Change::default();
        let identifier = "88.118/a".parse().unwrap();
        let key = Key::record(&identifier, SuffixCase::Insensitive);
        change.put(key, Bytes::new());
        change
    };
    let pass = desk.holder().admit(&change).unwrap();
    let pass = pass.expect("it is about the data set");
    assert!(desk.holder().covers(pass));
    let other = Reference {
        index: 301,
        ..writer()
    };
    let taken = set(2, Ownership::Strict, other);
    desk.holder().learn(&taken).unwrap();
    assert!(!desk.holder().covers(pass));
    assert_eq!(desk.register("88.118/a"), NOT_HERE);
    assert_eq!(desk.register_many(&["88.118/a"]), [NOT_HERE]);
    // Started again, cut off from everybody, it still knows.
    let desk = desk.again(OwnershipKind::Sovereign, false);
    assert_eq!(desk.register("88.118/a"), NOT_HERE);
}

#[test]
fn a_sovereign_writer_goes_on_alone_but_not_in_the_reserved_part() {
    let desk = Desk::sovereign("r-");
    desk.at([u64::from(u32::MAX)]);
    assert_eq!(desk.register("88.118/a"), DONE);
    assert_eq!(desk.register("88.118/R-7"), NOT_HERE);
    assert_eq!(desk.register("88.118/r-7"), NOT_HERE);
    let some = desk.register_many(&["88.118/r-8", "88.118/x-r-8"]);
    assert_eq!(some, [NOT_HERE, DONE]);
    assert!(!desk.has("88.118/r-7"));
    // Started again while it is cut off: it was the writer, and knows what is reserved, though
    // nobody has configured that.
    let desk = desk.again(OwnershipKind::Sovereign, false);
    assert_eq!(desk.register("88.118/b"), DONE);
    assert_eq!(desk.register("88.118/r-9"), NOT_HERE);
}

#[test]
fn whoever_stands_in_has_the_reserved_part_alone() {
    let desk = Desk::new(OwnershipKind::Sovereign);
    let other = Reference {
        index: 301,
        ..writer()
    };
    let reserved = "R-".into();
    let taken = DataSet {
        emergency: Some(writer()),
        ..set(1, Ownership::Sovereign { reserved }, other)
    };
    desk.holder().learn(&taken).unwrap();
    assert_eq!(desk.register("88.118/r-7"), DONE);
    assert_eq!(desk.register("88.118/a"), NOT_HERE);
}

#[test]
fn what_is_handed_back_is_written_no_more() {
    let desk = Desk::sovereign("");
    assert_eq!(desk.register("88.118/a"), DONE);
    let desk = desk.again(OwnershipKind::Sovereign, true);
    assert_eq!(desk.register("88.118/b"), NOT_HERE);
    desk.holder().give_back().unwrap();
    // Not by taking the setting out again, either.
    let desk = desk.again(OwnershipKind::Sovereign, false);
    assert_eq!(desk.register("88.118/b"), NOT_HERE);
    assert!(desk.can_be_read("88.118/a"));
}

/// The epoch of the data set is that of the log: numbers go on, and copies know it.
#[test]
fn the_log_goes_on_in_the_epoch_that_is_granted() {
    let desk = Desk::strict();
    assert_eq!(desk.register("88.118/a"), DONE);
    let before = desk.answerer.replication().state();
    let granted = set(2, Ownership::Strict, writer());
    desk.holder().learn(&granted).unwrap();
    desk.holder().renewed(Moment(0), &leased(2));
    assert_eq!(desk.register("88.118/b"), BUSY, "the log is not there yet");
    assert_eq!(desk.holder().standing().epoch_to_begin(), Some(2));
    desk.answerer.begin_epoch(2).unwrap();
    desk.holder().begun(2);
    assert_eq!(desk.register("88.118/b"), DONE);
    let after = desk.answerer.replication().state();
    assert_eq!(after.epoch, 2);
    assert!(after.txn > before.txn, "{} {}", after.txn, before.txn);
    let desk = desk.again(OwnershipKind::Strict, false);
    let state = desk.answerer.replication().state();
    assert_eq!(state.epoch, 2);
    assert!(state.txn >= after.txn, "no number comes twice");
    assert_eq!(desk.register("88.118/c"), BUSY, "a lease is not kept");
    desk.holder().renewed(Moment(0), &leased(2));
    assert_eq!(desk.register("88.118/c"), DONE);
}

/// What cannot be kept is not acted on: the node does not write, and tries again.
#[test]
fn what_cannot_be_kept_is_not_begun() {
    let desk = Desk::strict();
    let in_the_way = desk.folder.path().join("data-set.json.new");
    std::fs::create_dir(&in_the_way).unwrap();
    let granted = set(2, Ownership::Strict, writer());
    assert!(desk.holder().learn(&granted).is_err());
    assert_eq!(desk.register("88.118/a"), BUSY);
    std::fs::remove_dir(&in_the_way).unwrap();
    desk.holder().learn(&granted).unwrap();
    assert_eq!(desk.holder().state().epoch, 2);
    let other = Reference {
        index: 301,
        ..writer()
    };
    std::fs::create_dir(&in_the_way).unwrap();
    let taken = set(3, Ownership::Strict, other);
    assert!(desk.holder().learn(&taken).is_err());
    assert_eq!(desk.register("88.118/a"), NOT_HERE, "that at once");
}
