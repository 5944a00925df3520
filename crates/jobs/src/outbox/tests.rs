//! Is every letter delivered, or told to be dead, whatever goes wrong on the way?

use super::*;
use crate::commit;
use std::collections::BTreeMap;
use store::{Options, TablesKind};

const NOW: Moment = Moment(1_700_000_000_000);

const RETRY: Retry = Retry {
    first_ms: 100,
    longest_ms: 1000,
    tries_max: 4,
};

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        tables: TablesKind::Memory,
        ..Options::default()
    };
    let store = Store::open(folder.path(), &options).unwrap();
    (folder, store)
}

fn letter(key: &str) -> Letter {
    Letter {
        key: key.to_owned(),
        channel: "mail".to_owned(),
        to: "a@example.org".to_owned(),
        body: "b".into(),
    }
}

fn put(store: &Store, letter: &Letter) -> Result<(), Error> {
    commit(store, |view| Ok((super::put(view, NOW, letter)?, ())))
}

/// A way that fails as often as it is told to, and counts what it delivered.
#[derive(Default)]
struct Way {
    failures: BTreeMap<String, u32>,
    refused: Vec<String>,
    delivered: Vec<String>,
}

impl Delivery for Way {
    fn deliver(&mut self, letter: &Letter) -> Outcome {
        if self.refused.contains(&letter.key) {
            return Outcome::Refused("no such address".to_owned());
        }
        match self.failures.get_mut(&letter.key) {
            Some(left) if *left > 0 => {
                *left -= 1;
                Outcome::Failed("busy ".repeat(1000))
            }
            _ => {
                self.delivered.push(letter.key.clone());
                Outcome::Delivered
            }
        }
    }
}

#[test]
fn waiting_doubles_up_to_a_limit() {
    let waits: Vec<_> = (0..8).map(|failures| RETRY.wait_ms(failures)).collect();
    assert_eq!(waits, [100, 100, 200, 400, 800, 1000, 1000, 1000]);
    assert_eq!(RETRY.wait_ms(u32::MAX), 1000);
}

#[test]
fn letters_are_delivered_again_or_dead_and_told() {
    let (_folder, store) = store();
    for key in ["good", "slow", "bad", "never"] {
        put(&store, &letter(key)).unwrap();
    }
    let mut way = Way {
        failures: [("slow".to_owned(), 2), ("never".to_owned(), 99)].into(),
        refused: vec!["bad".to_owned()],
        ..Way::default()
    };
    let mut dead = Vec::new();
    let mut at = NOW;
    for _ in 0..40 {
        let round = round(&store, at, &RETRY, 10, &mut way).unwrap();
        dead.extend(round.dead);
        at.0 += 50;
    }
    assert_eq!(way.delivered, ["good", "slow"]);
    assert_eq!(dead, ["bad", "never"]);
    let found = super::dead(&*store.view(), 10).unwrap();
    let told: Vec<_> = found
        .iter()
        .map(|found| (found.letter.key.as_str(), found.tries))
        .collect();
    assert_eq!(told, [("bad", 1), ("never", 4)]);
    assert_eq!(found[1].problem.len(), PROBLEM_OCTETS_MAX);
    // One is revived and goes, one is dropped.
    way.failures.clear();
    commit(&store, |view| Ok((revive(view, at, "never")?, ()))).unwrap();
    commit(&store, |view| Ok((drop_dead(view, "bad")?, ()))).unwrap();
    assert!(commit(&store, |view| Ok((revive(view, at, "good")?, ()))).is_err());
    assert_eq!(
        round(&store, at, &RETRY, 10, &mut way).unwrap().delivered,
        1
    );
    assert!(super::dead(&*store.view(), 10).unwrap().is_empty());
    assert!(
        due(&*store.view(), Moment(u64::MAX), 10)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_letter_that_is_put_in_twice_is_in_once() {
    let (_folder, store) = store();
    put(&store, &letter("a")).unwrap();
    put(&store, &letter("a")).unwrap();
    let other = Letter {
        body: "c".into(),
        ..letter("a")
    };
    assert!(matches!(put(&store, &other), Err(Error::There { .. })));
    let mut way = Way::default();
    assert_eq!(
        round(&store, NOW, &RETRY, 10, &mut way).unwrap().delivered,
        1
    );
    // Even after it was delivered, until it is forgotten.
    put(&store, &letter("a")).unwrap();
    assert_eq!(
        round(&store, NOW, &RETRY, 10, &mut way).unwrap(),
        Round::default()
    );
    assert_eq!(forget(&store, NOW, 10).unwrap(), 0);
    assert_eq!(forget(&store, Moment(NOW.0 + 1), 10).unwrap(), 1);
    put(&store, &other).unwrap();
    assert_eq!(
        round(&store, NOW, &RETRY, 10, &mut way).unwrap().delivered,
        1
    );
}

#[test]
fn of_two_who_try_the_same_one_settles_it() {
    let (_folder, store) = store();
    put(&store, &letter("a")).unwrap();
    let [one, other] = [0, 1].map(|_| due(&*store.view(), NOW, 1).unwrap().remove(0));
    let (change, _) = settle(NOW, &RETRY, &one, &Outcome::Delivered);
    store.commit(change).unwrap();
    let (change, _) = settle(NOW, &RETRY, &other, &Outcome::Failed("late".into()));
    assert!(matches!(
        store.commit(change),
        Err(store::Error::Conflict { .. })
    ));
    let found = find(&*store.view(), "a").unwrap().unwrap();
    assert_eq!(found.state, State::Delivered(NOW));
}

#[test]
fn what_another_round_settled_is_counted() {
    /// A way on which another round goes first.
    struct Slow<'s>(&'s Store);

    impl Delivery for Slow<'_> {
        fn deliver(&mut self, _: &Letter) -> Outcome {
            let mut way = Way::default();
            assert_eq!(
                round(self.0, NOW, &RETRY, 9, &mut way).unwrap().delivered,
                1
            );
            Outcome::Failed("late".to_owned())
        }
    }

    let (_folder, store) = store();
    put(&store, &letter("a")).unwrap();
    let lost = round(&store, NOW, &RETRY, 9, &mut Slow(&store)).unwrap();
    let expected = Round {
        elsewhere: 1,
        ..Round::default()
    };
    assert_eq!(lost, expected);
    let found = find(&*store.view(), "a").unwrap().unwrap();
    assert_eq!(found.state, State::Delivered(NOW));
}

#[test]
fn what_cannot_be_a_letter_is_refused() {
    let (_folder, store) = store();
    let check = |letter: Letter| {
        assert!(matches!(put(&store, &letter), Err(Error::Length { .. })));
    };
    check(letter(""));
    check(letter(&"a".repeat(257)));
    check(Letter {
        body: vec![0; (512 << 10) + 1].into(),
        ..letter("a")
    });
}

#[test]
fn a_clock_that_was_ahead_does_not_keep_letters_for_ever() {
    let (_folder, store) = store();
    put(&store, &letter("a")).unwrap();
    let mut way = Way {
        failures: [("a".to_owned(), 1)].into(),
        ..Way::default()
    };
    let ahead = Moment(NOW.0 + 400 * 86_400_000);
    let tick = |now| commit(&store, |view| crate::tick(view, now, &RETRY)).unwrap();
    assert_eq!(tick(NOW), crate::Tick::default());
    assert!(tick(ahead).ahead_ms.is_some());
    assert_eq!(round(&store, ahead, &RETRY, 10, &mut way).unwrap().again, 1);
    let back = Moment(NOW.0 + 1000);
    assert_eq!(
        round(&store, back, &RETRY, 10, &mut way).unwrap(),
        Round::default()
    );
    let told = tick(back);
    assert_eq!((told.set_anew, told.back_ms.is_some()), (1, true));
    assert_eq!(
        round(&store, back, &RETRY, 10, &mut way).unwrap().delivered,
        1
    );
}
