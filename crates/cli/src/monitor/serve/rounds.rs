//! What is due is done while the console is open: the folder is this process's alone, so that no
//! `monitor run` can do it meanwhile.
//!
//! A thread of its own makes a round, waits, and makes the next. It ends when the console does: at
//! most one letter is still delivered then, and what is left is done by whoever opens the folder
//! next. Not here: what is due (`run`).

use crate::monitor::Common;
use crate::monitor::folder::{Folder, now};
use crate::monitor::run::{Done, round_until, tell};
use crate::output::say_aside;
use facts::Instant;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// What says which moment it is.
pub(super) type Clock = Box<dyn Fn() -> Instant + Send>;

/// What is said of a round.
pub(super) type Told = Box<dyn FnMut(&Result<Done, Box<dyn Error>>) + Send>;

/// Rounds that go on until they are stopped.
pub(super) struct Rounds {
    /// Whether a round shall end early.
    stops: Arc<AtomicBool>,
    /// Whoever waits for the next round wakes up when this is dropped.
    wakes: Sender<()>,
    thread: JoinHandle<()>,
}

impl Rounds {
    /// Starts with a round at once, and makes one more so long after each.
    pub(super) fn start(
        folder: Folder,
        pause: Duration,
        clock: Clock,
        mut told: Told,
    ) -> io::Result<Self> {
        let stops = Arc::new(AtomicBool::new(false));
        let (wakes, waits) = channel();
        let is_over = Arc::clone(&stops);
        let thread = Builder::new().name("rounds".into()).spawn(move || {
            loop {
                let stops = || is_over.load(Ordering::Relaxed);
                told(&round_until(&folder, clock(), &stops));
                if waits.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        })?;
        Ok(Self {
            stops,
            wakes,
            thread,
        })
    }

    /// Waits until the round that is under way has ended; says whether all rounds did as they
    /// should.
    pub(super) fn stop(self) -> bool {
        self.stops.store(true, Ordering::Relaxed);
        drop(self.wakes);
        self.thread.join().is_ok()
    }
}

/// The clock of this machine, or one that shows a moment now and goes on from there.
pub(super) fn clock(shows: Option<Instant>) -> Clock {
    let started = std::time::Instant::now();
    match shows {
        None => Box::new(now),
        Some(shows) => Box::new(move || {
            let passed = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            Instant(shows.0.saturating_add(passed))
        }),
    }
}

/// Says what a round has done if it has done anything; a problem that stays is said once.
pub(super) fn aloud(common: Common) -> Told {
    let mut said_last: Vec<String> = Vec::new();
    Box::new(move |done| {
        let problems = match done {
            Ok(done) => done.problems_said(),
            Err(error) => vec![error.to_string()],
        };
        let is_new = problems != said_last;
        match done {
            Ok(done) if is_new || done.has_done_anything() => tell(&common, done),
            Err(error) if is_new => say_aside(format_args!("nameplate: {error}")),
            _ => (),
        }
        said_last = problems;
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::folder::{Settings, Tables};
    use std::sync::atomic::AtomicU64;
    use std::sync::mpsc::Receiver;

    const HOUR_MS: u64 = 3_600_000;

    /// 2023-01-20 at nine in China.
    const NINE: u64 = 1_674_176_400_000;

    fn folder(path: &std::path::Path) -> Folder {
        let data = path.join("monitor");
        Folder::make(&data, &Tables::default())
            .unwrap()
            .close()
            .unwrap();
        Folder::finish(&data, &Settings::default()).unwrap();
        Folder::open_at(&data).unwrap()
    }

    /// Rounds by a clock that the test moves, and what each has seen to.
    struct Moved {
        rounds: Rounds,
        clock: Arc<AtomicU64>,
        told: Receiver<Result<Vec<String>, String>>,
    }

    fn moved(folder: Folder, pause: Duration) -> Moved {
        let clock = Arc::new(AtomicU64::new(NINE - HOUR_MS));
        let (tells, told) = channel();
        let hands = Arc::clone(&clock);
        let shows = Box::new(move || Instant(hands.load(Ordering::SeqCst)));
        let tell = move |done: &Result<Done, Box<dyn Error>>| {
            let seen = done.as_ref().map(Done::seen_to);
            // Whoever does not listen any more has seen enough.
            let _ = tells.send(seen.map_err(ToString::to_string));
        };
        let rounds = Rounds::start(folder, pause, shows, Box::new(tell)).unwrap();
        Moved {
            rounds,
            clock,
            told,
        }
    }

    impl Moved {
        /// What the rounds see to by the time that one which began later has ended.
        fn at(&self, moment: u64) -> Vec<String> {
            let _ = self.told.try_iter().count();
            self.clock.store(moment, Ordering::SeqCst);
            let mut seen = Vec::new();
            // The first may have begun before the clock moved.
            for _ in 0..2 {
                let told = self.told.recv_timeout(Duration::from_mins(1)).unwrap();
                seen.extend(told.unwrap());
            }
            seen.sort();
            seen
        }
    }

    #[test]
    fn what_the_clock_makes_due_is_seen_to_once_while_the_console_is_open() {
        let place = tempfile::tempdir().unwrap();
        let moved = moved(folder(place.path()), Duration::from_millis(1));
        let first = moved.told.recv_timeout(Duration::from_mins(1)).unwrap();
        assert_eq!(first, Ok(vec![]), "timers are set, and nothing is due");
        let daily = ["deadlines", "escalation", "receipts", "reports"];
        assert_eq!(moved.at(NINE), daily);
        assert_eq!(moved.at(NINE + 1), [""; 0]);
        assert_eq!(moved.at(NINE + HOUR_MS), ["escalation", "judgement"]);
        // What was slept through is seen to once.
        let all = [
            "deadlines",
            "escalation",
            "judgement",
            "receipts",
            "reports",
        ];
        assert_eq!(moved.at(NINE + 100 * HOUR_MS), all);
        assert_eq!(moved.at(NINE + 100 * HOUR_MS), [""; 0]);
        assert!(moved.rounds.stop());
        // Nobody has the folder any more.
        assert!(Folder::open_at(&place.path().join("monitor")).is_ok());
    }

    #[test]
    fn rounds_end_at_once_however_long_they_would_wait() {
        let place = tempfile::tempdir().unwrap();
        let moved = moved(folder(place.path()), Duration::from_hours(24));
        moved
            .told
            .recv_timeout(Duration::from_mins(1))
            .unwrap()
            .unwrap();
        let started = std::time::Instant::now();
        assert!(moved.rounds.stop());
        assert!(started.elapsed() < Duration::from_mins(1));
    }

    #[test]
    fn a_clock_that_is_set_goes_on_from_there() {
        let shows = clock(Some(Instant(NINE)));
        let [first, second] = [shows(), shows()];
        assert!(Instant(NINE) <= first && first <= second && second.0 < NINE + HOUR_MS);
    }
}
