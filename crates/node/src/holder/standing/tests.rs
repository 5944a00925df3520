//! Tests of who may write: clocks and answers are arguments, the registry is the real one.

use super::*;
use bytes::Bytes;
use quorum::lease::Terms;
use quorum::{Command, DataSetName, Entry, Refusal, Registry, Request, Rights, Time};
use std::time::Duration;

const SECOND: u64 = 1_000_000;

fn person(name: &str) -> Reference {
    Reference {
        identifier: format!("0.NA/{name}").into(),
        index: 300,
    }
}

fn name() -> DataSetName {
    "records:88.118".parse().unwrap()
}

/// A registry whose time is real time, and the moment it is.
struct World {
    registry: Registry,
    now: u64,
    marks: u64,
}

impl World {
    fn new(ownership: Ownership, holder: &str) -> Self {
        let admins = [(person("88"), Rights::ALL)];
        let mut world = Self {
            registry: Registry::found(Terms::USUAL, [], admins),
            now: SECOND,
            marks: 0,
        };
        let created = world.ask(
            "88",
            Command::CreateDataSet {
                name: name(),
                ownership,
                is_automatic: false,
                holder: person(holder),
            },
        );
        assert!(created.is_done());
        world
    }

    fn ask(&mut self, who: &str, command: Command) -> Answer {
        self.marks += 1;
        let mut mark = [0; 32];
        mark[..8].copy_from_slice(&self.marks.to_be_bytes());
        let request = Request {
            mark,
            identity: person(who),
            command,
        };
        let entry = Entry {
            time: Time(self.now),
            date_us: 0,
            request,
        };
        self.registry.apply(&entry).answer
    }

    fn grant(&mut self, epoch: u64, to: &str, by_force: bool) -> Answer {
        let command = Command::Grant {
            name: name(),
            epoch,
            holder: person(to),
            by_force,
        };
        self.ask("88", command)
    }

    fn set(&self) -> DataSet {
        self.registry.data_sets[&name()].clone()
    }
}

/// A node with a clock that runs at its own speed, in millionths.
struct Writer {
    name: &'static str,
    standing: Standing,
    speed: u64,
}

impl Writer {
    fn new(name: &'static str, speed: u64) -> Self {
        let standing = Standing::new(beginning(name, true, Kept::default()));
        Self {
            name,
            standing,
            speed,
        }
    }

    /// What its clock says.
    fn at(&self, world: &World) -> Moment {
        Moment(world.now * self.speed / 1_000_000)
    }

    fn look(&mut self, world: &World) {
        self.standing.handle_set(&world.set());
        if let Some(epoch) = self.standing.epoch_to_begin() {
            self.standing.handle_begun(epoch);
        }
    }

    /// Asks for a lease; the request takes some time to the registry.
    fn renew(&mut self, world: &mut World, way: u64) -> Answer {
        let sent = self.at(world);
        world.now += way;
        let epoch = self.standing.epoch();
        let renewal = Command::Renew {
            name: name(),
            epoch,
        };
        let answer = world.ask(self.name, renewal);
        self.standing.handle_answer(sent, &answer);
        answer
    }

    fn admit(&self, world: &World) -> Result<Pass, Unheld> {
        self.standing.admit(Part::Usual, self.at(world))
    }
}

fn beginning(name: &str, is_strict: bool, kept: Kept) -> Beginning {
    Beginning {
        own: person(name),
        is_strict,
        first_epoch: 1,
        kept,
        log_epoch: 1,
    }
}

#[test]
fn a_strict_writer_writes_within_its_lease_and_not_after() {
    let mut world = World::new(Ownership::Strict, "a");
    let mut writer = Writer::new("a", 1_000_000);
    assert_eq!(writer.admit(&world), Err(Unheld::NoLease), "nothing heard");
    writer.look(&world);
    assert_eq!(writer.admit(&world), Err(Unheld::NoLease), "no lease");
    let begun = world.now;
    assert!(writer.renew(&mut world, SECOND).is_done());
    let pass = writer.admit(&world).unwrap();
    world.now = begun + 60 * SECOND - 1;
    assert!(writer.standing.covers(pass, writer.at(&world)));
    // It counts from the sending, not from the answer.
    world.now = begun + 60 * SECOND;
    assert!(!writer.standing.covers(pass, writer.at(&world)));
    assert_eq!(writer.admit(&world), Err(Unheld::NoLease));
    assert!(writer.renew(&mut world, 0).is_done());
    // What was begun before may be acknowledged again: nobody else was the writer.
    assert!(writer.standing.covers(pass, writer.at(&world)));
}

/// A machine that slept wakes with a clock that went on: nothing of before is acknowledged.
#[test]
fn a_sleep_ends_the_lease_in_mid_write() {
    let mut world = World::new(Ownership::Strict, "a");
    let mut writer = Writer::new("a", 1_000_000);
    writer.look(&world);
    assert!(writer.renew(&mut world, 0).is_done());
    let pass = writer.admit(&world).unwrap();
    world.now += 3600 * SECOND;
    assert!(!writer.standing.covers(pass, writer.at(&world)));
}

#[test]
fn an_answer_that_comes_late_shortens_no_lease() {
    let mut standing = Standing::new(beginning("a", true, Kept::default()));
    let world = World::new(Ownership::Strict, "a");
    standing.handle_set(&world.set());
    let leased = Answer::Leased {
        epoch: 1,
        lease: Duration::from_mins(1),
    };
    standing.handle_answer(Moment(20 * SECOND), &leased);
    standing.handle_answer(Moment(10 * SECOND), &leased);
    assert_eq!(standing.leased_until(), Some(Moment(80 * SECOND)));
    let refused = Answer::Refused(Refusal::NotHolder);
    standing.handle_answer(Moment(30 * SECOND), &refused);
    assert_eq!(standing.leased_until(), Some(Moment(80 * SECOND)));
}

/// The slowest clock against the fastest, cut off at the worst moment: the one that was the writer
/// has stopped before the next begins, whatever either believes.
#[test]
fn two_that_believe_they_hold_never_both_write() {
    for (slow, fast) in [(995_025, 1_005_000), (1_000_000, 1_000_000)] {
        let mut world = World::new(Ownership::Strict, "a");
        let mut old = Writer::new("a", slow);
        let mut new = Writer::new("b", fast);
        old.look(&world);
        world.now = 100 * SECOND;
        assert!(old.renew(&mut world, 0).is_done());
        // From here on nobody hears the old one, and it hears nobody.
        world.now += SECOND;
        assert!(world.grant(2, "b", false).is_done());
        // A copy, promoted to the epoch.
        new.standing.handle_begun(2);
        new.look(&world);
        assert_eq!(new.standing.role(), Role::Holder);
        let mut has_begun = false;
        for _ in 0..800 {
            world.now += SECOND / 10;
            new.renew(&mut world, 0);
            let both = old.admit(&world).is_ok() && new.admit(&world).is_ok();
            assert!(!both, "at {}", world.now);
            has_begun |= new.admit(&world).is_ok();
        }
        assert!(has_begun, "the next epoch begins in the end");
        assert_eq!(old.standing.role(), Role::Holder, "it still believes so");
        old.look(&world);
        assert_eq!(old.admit(&world), Err(Unheld::NotHolder));
    }
}

#[test]
fn what_is_older_than_what_was_heard_means_nothing() {
    let mut world = World::new(Ownership::Strict, "a");
    let before = world.set();
    assert!(world.grant(2, "b", false).is_done());
    let mut standing = Standing::new(beginning("a", true, Kept::default()));
    standing.handle_set(&world.set());
    assert_eq!(standing.role(), Role::Nobody);
    standing.handle_set(&before);
    assert_eq!((standing.role(), standing.epoch()), (Role::Nobody, 2));
}

/// Granted again what another wrote meanwhile, it must copy that first.
#[test]
fn who_lacks_what_another_wrote_does_not_go_on() {
    let mut world = World::new(Ownership::Strict, "a");
    let mut writer = Writer::new("a", 1_000_000);
    writer.look(&world);
    assert!(world.grant(2, "b", false).is_done());
    writer.look(&world);
    assert!(world.grant(3, "a", false).is_done());
    writer.look(&world);
    assert_eq!(writer.standing.role(), Role::Behind);
    assert_eq!(writer.admit(&world), Err(Unheld::NotHolder));
    // Promoted to the epoch as a copy, its log says so.
    let promoted = Beginning {
        log_epoch: 3,
        ..beginning("a", true, writer.standing.kept())
    };
    writer.standing = Standing::new(promoted);
    writer.look(&world);
    assert_eq!(writer.standing.role(), Role::Holder);
    // Nor does who never heard of the epochs before.
    let mut fresh = Standing::new(beginning("a", true, Kept::default()));
    fresh.handle_set(&world.set());
    assert_eq!(fresh.role(), Role::Behind);
    let told = Beginning {
        first_epoch: 3,
        ..beginning("a", true, Kept::default())
    };
    let mut fresh = Standing::new(told);
    fresh.handle_set(&world.set());
    assert_eq!(fresh.role(), Role::Holder);
}

/// Granted the epoch after its own, nobody else wrote in between; but nothing is acknowledged in it
/// until its log is there, and nothing that was begun in the one before.
#[test]
fn a_new_epoch_of_the_same_writer_begins_in_its_log() {
    let mut world = World::new(Ownership::Strict, "a");
    let mut standing = Standing::new(beginning("a", true, Kept::default()));
    standing.handle_set(&world.set());
    let leased = |epoch| Answer::Leased {
        epoch,
        lease: Duration::from_mins(1),
    };
    standing.handle_answer(Moment(0), &leased(1));
    let now = Moment(SECOND);
    let pass = standing.admit(Part::Usual, now).unwrap();
    assert!(world.grant(2, "a", false).is_done());
    standing.handle_set(&world.set());
    assert!(!standing.covers(pass, now), "of the epoch before");
    assert_eq!(standing.admit(Part::Usual, now), Err(Unheld::NoLease));
    standing.handle_answer(Moment(0), &leased(2));
    assert_eq!(standing.epoch_to_begin(), Some(2));
    assert_eq!(standing.admit(Part::Usual, now), Err(Unheld::NoLease));
    standing.handle_begun(2);
    assert!(standing.admit(Part::Usual, now).is_ok());
    assert!(!standing.covers(pass, now));
}

#[test]
fn a_sovereign_writer_needs_nobody_and_leaves_the_reserved_part() {
    let reserved = Bytes::from_static(b"R-");
    let mut world = World::new(Ownership::Sovereign { reserved }, "a");
    let mut standing = Standing::new(beginning("a", false, Kept::default()));
    standing.handle_set(&world.set());
    let long_after = Moment(u64::MAX);
    let pass = standing.admit(Part::Usual, long_after).unwrap();
    assert!(standing.covers(pass, long_after));
    for part in [Part::Reserved, Part::Both] {
        let refused = Err(Unheld::OtherPart);
        assert_eq!(standing.admit(part, long_after), refused);
    }
    // Whoever stands in for it has just that part.
    let propose = Command::ProposeTakeOver {
        name: name(),
        epoch: 1,
        function: quorum::Function::Registration,
        to: person("r"),
    };
    let confirm = Command::ConfirmTakeOver {
        name: name(),
        epoch: 1,
        function: quorum::Function::Registration,
    };
    assert!(world.ask("88", propose).is_done());
    assert!(world.ask("88", confirm).is_done());
    let mut other = Standing::new(beginning("r", false, Kept::default()));
    other.handle_set(&world.set());
    assert_eq!(other.role(), Role::Emergency);
    assert!(other.admit(Part::Reserved, long_after).is_ok());
    assert_eq!(other.admit(Part::Usual, long_after), Err(Unheld::NotHolder));
    standing.handle_set(&world.set());
    assert!(standing.admit(Part::Usual, long_after).is_ok());
    // Declared to be no more, it learns so with the first word that it hears.
    assert!(world.grant(2, "r", true).is_done());
    standing.handle_set(&world.set());
    assert!(!standing.covers(pass, long_after));
}

#[test]
fn what_was_handed_back_stays_so_whatever_is_said_of_that_epoch() {
    let mut world = World::new(
        Ownership::Sovereign {
            reserved: Bytes::new(),
        },
        "a",
    );
    let mut standing = Standing::new(beginning("a", false, Kept::default()));
    standing.handle_set(&world.set());
    let now = Moment(SECOND);
    let pass = standing.admit(Part::Usual, now).unwrap();
    standing.hand_back();
    assert!(!standing.covers(pass, now));
    standing.handle_set(&world.set());
    assert_eq!(standing.role(), Role::HandedBack, "the registry lags");
    // After a start, too.
    let mut again = Standing::new(beginning("a", false, standing.kept()));
    again.handle_set(&world.set());
    assert_eq!(again.admit(Part::Usual, now), Err(Unheld::NotHolder));
    let hand_back = Command::HandBack {
        name: name(),
        epoch: 1,
    };
    assert!(world.ask("a", hand_back).is_done());
    assert!(world.grant(2, "a", false).is_done());
    again.handle_set(&world.set());
    assert_eq!(again.role(), Role::Holder, "the next epoch is another");
}

/// A start keeps what must not be forgotten, and no lease.
#[test]
fn after_a_start_a_strict_writer_asks_first_and_nobody_forgets_who_took_over() {
    let world = World::new(Ownership::Strict, "a");
    let mut standing = Standing::new(beginning("a", true, Kept::default()));
    standing.handle_set(&world.set());
    let leased = Answer::Leased {
        epoch: 1,
        lease: Duration::from_mins(1),
    };
    standing.handle_answer(Moment(0), &leased);
    let mut again = Standing::new(beginning("a", false, standing.kept()));
    assert!(
        again.is_strict(),
        "as the registry said, not the configuration"
    );
    let now = Moment(SECOND);
    assert_eq!(again.admit(Part::Usual, now), Err(Unheld::NoLease));
    again.pause();
    again.handle_answer(Moment(0), &leased);
    assert_eq!(again.admit(Part::Usual, now), Err(Unheld::NoLease));
    let nobody = Kept {
        role: Role::Nobody,
        ..standing.kept()
    };
    let cut_off = Standing::new(beginning("a", false, nobody));
    assert_eq!(cut_off.admit(Part::Usual, now), Err(Unheld::NotHolder));
}
