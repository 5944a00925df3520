//! Is every occurrence told, once in order, whatever the clock and the process do?

use super::*;
use crate::{Retry, commit};
use proptest::prelude::*;
use store::{Options, Store, TablesKind};

const DAY_MS: u64 = 86_400_000;

/// 2022-11-21 08:00 UTC.
const NOW: Moment = Moment(1_669_017_600_000);

fn options() -> Options {
    Options {
        tables: TablesKind::Memory,
        ..Options::default()
    }
}

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &options()).unwrap();
    (folder, store)
}

fn timer(name: &str, schedule: Schedule) -> Timer {
    Timer {
        name: name.to_owned(),
        kind: "judge".to_owned(),
        schedule,
        payload: "p".into(),
    }
}

fn set(store: &Store, now: Moment, timer: &Timer) -> Set {
    commit(store, |view| super::set(view, now, timer)).unwrap()
}

/// Takes everything that is due: its key and how often it came.
fn take(store: &Store, now: Moment) -> Vec<(String, u32)> {
    let found = due(&*store.view(), now, 100).unwrap();
    for due in &found {
        store.commit(done(due)).unwrap();
    }
    found.iter().map(|due| (due.key(), due.count)).collect()
}

fn monthly() -> Schedule {
    Schedule::Each {
        unit: Unit::Month,
        after_ms: 9 * DAY_MS,
    }
}

#[test]
fn a_timer_is_due_until_it_is_done() {
    let (_folder, store) = store();
    let at = Moment(NOW.0 + 10);
    set(&store, NOW, &timer("once", Schedule::Once { at }));
    assert!(due(&*store.view(), NOW, 10).unwrap().is_empty());
    let told = due(&*store.view(), at, 10).unwrap();
    // Whoever dies before it is done is told the same again.
    assert_eq!(due(&*store.view(), Moment(at.0 + 5), 10).unwrap(), told);
    store.commit(done(&told[0])).unwrap();
    assert!(matches!(
        store.commit(done(&told[0])),
        Err(store::Error::Conflict { .. })
    ));
    assert!(all(&*store.view(), 10).unwrap().is_empty());
    assert!(
        due(&*store.view(), Moment(u64::MAX), 10)
            .unwrap()
            .is_empty()
    );
    // What should have been yesterday is due now.
    set(
        &store,
        NOW,
        &timer("late", Schedule::Once { at: Moment(1) }),
    );
    assert_eq!(take(&store, NOW), [("late@1".to_owned(), 1)]);
}

#[test]
fn what_went_by_is_told_as_one() {
    let (_folder, store) = store();
    let set_first = set(&store, NOW, &timer("m", monthly()));
    // 2022-12-10 at midnight in China.
    assert_eq!(set_first.due, Moment(1_670_601_600_000));
    let after_four_months = Moment(NOW.0 + 120 * DAY_MS);
    let told = take(&store, after_four_months);
    // 2023-03-10.
    assert_eq!(told, [("m@1678377600000".to_owned(), 4)]);
    assert_eq!(take(&store, after_four_months), []);
    let next = find(&*store.view(), "m").unwrap().unwrap();
    // 2023-04-10.
    assert_eq!(next.due, Moment(1_681_056_000_000));
}

#[test]
fn a_clock_that_was_years_ahead_does_not_stop_a_timer() {
    let (_folder, store) = store();
    let retry = Retry::default();
    let tick = |now| commit(&store, |view| crate::tick(view, now, &retry)).unwrap();
    set(&store, NOW, &timer("m", monthly()));
    tick(NOW);
    let ahead = Moment(NOW.0 + 3650 * DAY_MS);
    assert!(tick(ahead).ahead_ms.is_some());
    assert_eq!(take(&store, ahead).len(), 1);
    let back = Moment(NOW.0 + DAY_MS);
    assert_eq!(tick(back).set_anew, 1);
    // Seconds back are nothing.
    assert_eq!(tick(Moment(back.0 - 3000)), crate::Tick::default());
    let december = Moment(1_670_601_600_000);
    assert_eq!(find(&*store.view(), "m").unwrap().unwrap().due, december);
    assert_eq!(take(&store, december).len(), 1);
    // An hour back: what was done is not done again.
    tick(december);
    tick(Moment(december.0 - 3_600_000));
    assert_eq!(take(&store, december), []);
}

#[test]
fn timers_are_set_otherwise_and_taken_away() {
    let (_folder, store) = store();
    let every = |each_ms| {
        timer(
            "t",
            Schedule::Every {
                first: NOW,
                each_ms,
            },
        )
    };
    let first = set(&store, NOW, &every(10));
    assert_eq!(set(&store, Moment(NOW.0 + 5), &every(10)), first);
    let other = set(&store, NOW, &every(20));
    assert_eq!(other.due, Moment(NOW.0 + 20));
    let told = due(&*store.view(), Moment(NOW.0 + 50), 10).unwrap();
    assert_eq!((told.len(), told[0].count), (1, 2));
    assert_eq!(told[0].occurrence, Moment(NOW.0 + 40));
    commit(&store, |view| Ok((cancel(view, "t")?, ()))).unwrap();
    assert!(store.commit(done(&told[0])).is_err());
    assert!(cancel(&*store.view(), "t").is_err());
    let never = commit(&store, |view| super::set(view, NOW, &every(0)));
    assert!(matches!(never, Err(Error::Never { .. })));
    let long = commit(&store, |view| {
        super::set(view, NOW, &timer(&"a".repeat(257), monthly()))
    });
    assert!(matches!(long, Err(Error::Length { .. })));
}

/// A node is down on the tenth, is upgraded, and sets its timers with what the new program wants.
#[test]
fn an_occurrence_that_is_due_is_not_lost_by_another_payload() {
    let (_folder, store) = store();
    set(&store, NOW, &timer("m", monthly()));
    let eleventh = Moment(1_670_601_600_000 + DAY_MS);
    let upgraded = Timer {
        payload: "q".into(),
        ..timer("m", monthly())
    };
    let after = set(&store, eleventh, &upgraded);
    assert_eq!(after.timer, upgraded);
    assert_eq!(take(&store, eleventh), [("m@1670601600000".to_owned(), 1)]);
    // What was done is not done again, though the clock goes back and the payload changes.
    set(&store, eleventh, &timer("m", monthly()));
    let back = Moment(1_670_601_600_000 - 3_600_000);
    let tick = |now| commit(&store, |view| crate::tick(view, now, &Retry::default())).unwrap();
    tick(eleventh);
    tick(back);
    assert_eq!(take(&store, eleventh), []);
    // Another schedule begins anew.
    let daily = Schedule::Each {
        unit: Unit::Day,
        after_ms: 0,
    };
    let after = set(&store, eleventh, &timer("m", daily));
    assert_eq!((after.due, after.done), (Moment(eleventh.0 + DAY_MS), None));
}

#[test]
fn timers_that_cannot_be_seen_to_starve_nobody() {
    let (_folder, store) = store();
    for name in ["a", "a\0", "ab", "b"] {
        set(&store, NOW, &timer(name, Schedule::Once { at: NOW }));
    }
    let later = Moment(NOW.0 + 1);
    set(&store, NOW, &timer("0", Schedule::Once { at: later }));
    let view = store.view();
    let mut told = Vec::new();
    let mut found = due(&*view, later, 2).unwrap();
    while let Some(last) = found.last() {
        let next = due_after(&*view, later, last, 2).unwrap();
        told.extend(found.into_iter().map(|due| due.set.timer.name));
        found = next;
    }
    assert_eq!(told, ["a", "a\0", "ab", "b", "0"]);
    let last = due(&*view, later, 9).unwrap().pop().unwrap();
    assert_eq!(
        due_after(&*view, NOW, &last, 9).unwrap(),
        [],
        "the clock went back"
    );
}

#[test]
fn timers_are_there_when_the_folder_is_opened_again() {
    let (folder, store) = store();
    let before = set(&store, NOW, &timer("m", monthly()));
    drop(store);
    let store = Store::open(folder.path(), &options()).unwrap();
    assert_eq!(find(&*store.view(), "m").unwrap(), Some(before));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// However the clock wanders forwards, the occurrences that are told follow one another and
    /// none is left out: their numbers add up to those that a plain count finds.
    #[test]
    fn no_occurrence_is_left_out(
        steps in prop::collection::vec(1..40_u64, 1..30), each_ms in 1..50_u64,
    ) {
        let (_folder, store) = store();
        let schedule = Schedule::Every { first: NOW, each_ms };
        set(&store, Moment(NOW.0 - 1), &timer("t", schedule));
        let mut now = Moment(NOW.0 - 1);
        let mut counted = 0;
        for step in steps {
            now.0 += step;
            for (_, count) in take(&store, now) {
                counted += u64::from(count);
            }
            prop_assert_eq!(counted, (now.0 - NOW.0) / each_ms + 1);
        }
    }

    /// Whatever the clock does, and whenever it is noticed, no timer is due later than its schedule
    /// says.
    #[test]
    fn no_timer_sleeps_too_long(moments in prop::collection::vec(0..800_u64, 1..12)) {
        let (_folder, store) = store();
        let schedule = monthly();
        set(&store, NOW, &timer("m", schedule));
        for day in moments {
            let now = Moment(NOW.0 + day * DAY_MS);
            commit(&store, |view| crate::tick(view, now, &Retry::default())).unwrap();
            take(&store, now);
            let due = find(&*store.view(), "m").unwrap().unwrap().due;
            let next = schedule.next_after(now).unwrap();
            let after = schedule.next_after(next).unwrap();
            prop_assert!(due > now && due <= after, "{due:?} {next:?}");
        }
    }
}
