//! A process that delivers letters is killed with SIGKILL, again and again: none that was put in is
//! lost, and none that was settled is delivered once more.

use jobs::outbox::{self, Outcome};
use jobs::{Delivery, Letter, Moment, Retry, Schedule, commit, timer};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use store::{Options, Store, View};

/// Set in the process that delivers: the folder.
const FOLDER: &str = "NAMEPLATE_JOBS_KILL_TEST_FOLDER";

/// Set in the process that delivers: the number of the next letter.
const FIRST: &str = "NAMEPLATE_JOBS_KILL_TEST_FIRST";

const ROUNDS: usize = 12;

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let told = writeln!(out, "{line}").and_then(|()| out.flush());
    told.expect("somebody listens");
}

/// Says what it delivers.
struct Saying;

impl Delivery for Saying {
    fn deliver(&mut self, letter: &Letter) -> Outcome {
        say(&format!("delivered {}", letter.key));
        Outcome::Delivered
    }
}

/// The process that delivers. It is this test, started again with the folder in its environment;
/// started with the others, it does nothing.
#[test]
fn deliverer() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let first: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
    let store = Store::open(Path::new(&folder), &Options::default()).unwrap();
    for number in first.. {
        let now = Moment(number);
        // A timer puts the letter in, with the change that says that it was seen to.
        for due in timer::due(&*store.view(), now, 10).unwrap() {
            let letter = Letter {
                key: due.key(),
                channel: "mail".to_owned(),
                to: "a".to_owned(),
                body: "b".into(),
            };
            let plan = |view: &dyn View| {
                let mut change = timer::done(&due);
                jobs::join(&mut change, outbox::put(view, now, &letter)?);
                Ok((change, ()))
            };
            commit(&store, plan).unwrap();
            say(&format!("put {}", letter.key));
        }
        let waiting = outbox::due(&*store.view(), now, 10).unwrap();
        let round = outbox::round(&store, now, &Retry::default(), 10, &mut Saying).unwrap();
        assert_eq!(round.delivered, waiting.len());
        for posted in waiting {
            say(&format!("settled {}", posted.letter.key));
        }
    }
}

/// Lets it deliver until it has said `enough` lines, and kills it.
fn deliver_and_kill(folder: &Path, first: u64, enough: usize) -> Vec<String> {
    let mut deliverer = Command::new(std::env::current_exe().expect("this test is a program"))
        .args(["--exact", "deliverer", "--nocapture"])
        .env(FOLDER, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test can be started again");
    let mut lines = BufReader::new(deliverer.stdout.take().expect("it is piped"))
        .lines()
        .map(|line| line.expect("it says text"))
        .filter(|line| {
            ["put ", "delivered ", "settled "]
                .iter()
                .any(|word| line.contains(word))
        });
    let mut said: Vec<_> = lines.by_ref().take(enough).collect();
    deliverer.kill().expect("it runs");
    deliverer.wait().expect("it ran");
    // What it had said before the kill reached it is still in the pipe.
    said.extend(lines);
    said
}

#[test]
fn letters_outlive_the_process_that_delivers_them() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let store = Store::open(&data, &Options::default()).unwrap();
    let every = timer::Timer {
        name: "t".to_owned(),
        kind: "put".to_owned(),
        schedule: Schedule::Every {
            first: Moment(1),
            each_ms: 1,
        },
        payload: "".into(),
    };
    commit(&store, |view| timer::set(view, Moment(0), &every)).unwrap();
    store.close().unwrap();
    let mut put = BTreeSet::new();
    let mut delivered: BTreeMap<String, usize> = BTreeMap::new();
    let mut settled = BTreeSet::new();
    let mut first = 1;
    for round in 0..ROUNDS {
        let said = deliver_and_kill(&data, first, 1 + round * 7);
        for line in said {
            let (word, key) = line.split_once(' ').unwrap();
            match word {
                "put" => {
                    put.insert(key.to_owned());
                }
                "delivered" => {
                    assert!(!settled.contains(key), "{key} was settled and came again");
                    *delivered.entry(key.to_owned()).or_default() += 1;
                }
                _ => {
                    settled.insert(key.to_owned());
                }
            }
        }
        let store = Store::open(&data, &Options::default()).unwrap();
        let view = store.view();
        for key in &put {
            assert!(
                outbox::find(&*view, key).unwrap().is_some(),
                "{key} is lost"
            );
        }
        let set = timer::find(&*view, "t").unwrap().unwrap();
        first = set.due.0;
        // What it says no more is in the box: the occurrences before the next are all there.
        for number in 1..first {
            let key = format!("t@{number}");
            assert!(
                outbox::find(&*view, &key).unwrap().is_some(),
                "{key} was left out"
            );
        }
        drop(view);
        store.close().unwrap();
    }
    assert!(put.len() > ROUNDS, "{put:?}");
    let twice = delivered.values().filter(|count| **count > 1).count();
    assert!(
        twice <= ROUNDS,
        "a kill can repeat what was under way: {twice}"
    );
    for key in settled {
        assert!(delivered.contains_key(&key));
    }
}
