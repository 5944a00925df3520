//! Members that are killed: as long as four of seven are left, writes go on; with fewer, questions
//! are answered all the same; and nothing that was acknowledged is ever lost.

use super::*;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Who is asked for what nobody asked for before, as long as others die.
struct Askers {
    stops: AtomicBool,
    asked: AtomicU64,
}

impl Askers {
    /// Asks one member for registered prefixes, one after another.
    fn ask(&self, member: &Machine, prefixes: u32) {
        let mut number = 0;
        while !self.stops.load(Ordering::Relaxed) {
            let name = format!("0.NA/88.{}", number % prefixes);
            assert_eq!(member.says(&name).as_deref(), Some("before"), "{name}");
            number += 1;
            self.asked.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[test]
fn two_and_three_of_seven_may_die_and_after_four_questions_are_answered_still() {
    const PREFIXES: u32 = 20;
    let mut ring = Ring::start(7);
    ring.leader();
    for number in 0..PREFIXES {
        let code = ring.register(number as usize % 7, &format!("88.{number}"), "before");
        assert_eq!(code, ResponseCode::SUCCESS);
    }
    ring.all_say(&format!("0.NA/88.{}", PREFIXES - 1), Some("before"));
    let mut survivor = ring.members.remove(6);
    let askers = Askers {
        stops: AtomicBool::new(false),
        asked: AtomicU64::new(0),
    };
    let mut acknowledged = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| askers.ask(&survivor, PREFIXES));
        let stop = StopAtEnd(&askers.stops);
        for dead in 1..=3_u64 {
            // The leader first, if it is not the one who is asked.
            let leader = survivor.state().leader;
            let running: Vec<usize> = ring.running().collect();
            let first = running.iter().find(|at| **at as u64 + 1 == leader);
            let killed = *first.unwrap_or(&running[0]);
            drop(ring.members[killed].node.take());
            for number in 0..3 {
                let prefix = format!("88.{dead}00{number}");
                let asked = ring.running().next().unwrap();
                acknowledged.push(ring.register_surely(asked, &prefix));
            }
        }
        // The fourth: of seven three are left.
        let last = ring.running().next().unwrap();
        drop(ring.members[last].node.take());
        wait_until("the others notice", || {
            let mut others = ring.running().map(|at| ring.members[at].state());
            survivor.state().leader == 0 && others.all(|state| state.leader == 0)
        });
        let asked = ring.running().next().unwrap();
        let started = Instant::now();
        let code = ring.register(asked, "88.4000", "never");
        let took = started.elapsed();
        assert_eq!(code, ResponseCode::SERVER_BUSY);
        assert!(took < Duration::from_secs(4), "busy after {took:?}");
        let before = askers.asked.load(Ordering::Relaxed);
        wait_until("questions are answered", || {
            askers.asked.load(Ordering::Relaxed) > before + 50
        });
        drop(stop);
    });
    // All of them are killed, and all come back.
    drop(survivor.node.take());
    ring.members.push(survivor);
    for member in &mut ring.members {
        drop(member.node.take());
    }
    for member in &mut ring.members {
        member.start().unwrap();
    }
    ring.leader();
    for identifier in &acknowledged {
        ring.all_say(identifier, Some("after"));
    }
    assert_eq!(
        ring.members[0].says("0.NA/88.4000"),
        None,
        "busy means not done"
    );
    assert_eq!(ring.register(3, "88.5000", "on"), ResponseCode::SUCCESS);
    ring.all_say("0.NA/88.5000", Some("on"));
}

impl Ring {
    /// Registers a prefix, asking again as an asker does who is told to.
    fn register_surely(&self, at: usize, prefix: &str) -> String {
        let identifier = format!("0.NA/{prefix}");
        wait_until("a write is acknowledged", || {
            match self.register(at, prefix, "after") {
                ResponseCode::SUCCESS | ResponseCode::HANDLE_ALREADY_EXISTS => true,
                ResponseCode::SERVER_BUSY | ResponseCode::ERROR => false,
                other => panic!("{other}"),
            }
        });
        identifier
    }
}

/// Tells the others that a thread has ended, also if it has panicked.
pub(super) struct StopAtEnd<'s>(pub(super) &'s AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A member that was away gets what it has missed, also where the log that tells of it is cut.
#[test]
fn a_member_that_was_away_catches_up_and_its_records_never_become_older() {
    let mut ring = Ring::start(3);
    ring.leader();
    assert_eq!(ring.register(0, "88.1", "old"), ResponseCode::SUCCESS);
    ring.all_say("0.NA/88.1", Some("old"));
    ring.members[2].stop();
    ring.leader();
    let identifier = "0.NA/88.1".parse().unwrap();
    let code = ring.order(0, Order::modify(&identifier, &[named("new")]));
    assert_eq!(code, ResponseCode::SUCCESS);
    assert_eq!(ring.register(1, "88.2", "more"), ResponseCode::SUCCESS);
    for round in 0..3 {
        ring.members[2].start().unwrap();
        if round > 0 {
            // What was known before the stop is known at once, whoever leads.
            assert_eq!(ring.members[2].says("0.NA/88.1").as_deref(), Some("new"));
        }
        ring.all_say("0.NA/88.1", Some("new"));
        ring.all_say("0.NA/88.2", Some("more"));
        drop(ring.members[2].node.take());
    }
}

/// Whose journal cannot be written says nothing more, and lets nobody wait; the others go on.
#[test]
fn a_member_whose_journal_fails_stops_and_comes_back_when_the_disk_does() {
    let mut ring = Ring::start(3);
    ring.leader();
    ring.members[2].stop();
    // It is written anew at every start, beside the old one: that fails.
    let beside = ring.members[2].folder.join("registry.journal.new");
    std::fs::create_dir(&beside).unwrap();
    ring.members[2].start().unwrap();
    wait_until("it says why it has stopped", || {
        ring.members[2].state().trouble.contains("registry.journal")
    });
    let started = Instant::now();
    let code = ring.register(2, "88.1", "not here");
    assert_eq!(code, ResponseCode::SERVER_BUSY);
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "nothing is waited for"
    );
    assert_eq!(ring.register(0, "88.2", "there"), ResponseCode::SUCCESS);
    wait_until("nobody is connected with it", || {
        let seen = [0, 1].map(|at| ring.members[at].state().members[2].is_connected);
        let own = ring.members[2].state().members;
        seen == [false; 2] && own.iter().all(|it| it.number == 3 || !it.is_connected)
    });
    ring.members[2].stop();
    std::fs::remove_dir(&beside).unwrap();
    ring.members[2].start().unwrap();
    assert_eq!(ring.members[2].state().trouble, "");
    ring.all_say("0.NA/88.2", Some("there"));
    ring.all_say("0.NA/88.1", None);
}
