//! Durable commits a second of single records, beside bare syncs on the same disk.
//!
//! One thread that waits for each commit cannot be faster than the disk syncs; many are, because
//! those who wait share the next sync. Not here: many records in one change (`import`).

use crate::failure::{Failure, cannot};
use crate::folder::Parent;
use crate::layout;
use crate::progress::Progress;
use crate::records::registration;
use crate::report::{Figures, Report};
use crate::resolve::{count, seconds};
use crate::statistics::rate;
use clap::Args;
use client::Clock;
use model::Change;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};
use store::{Options, Store};

#[derive(Args)]
pub(crate) struct CommitArguments {
    /// How many seconds each measurement lasts.
    #[arg(long, default_value = "2", value_parser = seconds)]
    seconds: Duration,
    /// How often everything is measured in turn.
    #[arg(long, default_value_t = 5, value_parser = count())]
    rounds: u64,
}

/// How many threads commit at a time, each waiting for its own.
const THREADS: [u64; 3] = [1, 16, 64];

/// What the plain file grows by before each sync: about a record.
const APPENDED: [u8; 200] = [0x55; 200];

pub(crate) fn run(
    arguments: &CommitArguments,
    parent: &Parent,
    progress: &Progress,
) -> Result<Report, Failure> {
    let mut figures = Figures::default();
    for round in 1..=arguments.rounds {
        progress.say(format_args!("round {round} of {}", arguments.rounds));
        let folder = parent.make()?;
        let syncs = syncs_a_second(folder.path(), arguments.seconds)
            .map_err(cannot("sync a plain file"))?;
        figures.add("fdatasync after 200 octets", "1/s", syncs);
        for threads in THREADS {
            let folder = parent.make()?;
            let commits = commits_a_second(folder.path(), threads, arguments.seconds)?;
            let who = layout::count_of(threads, "thread");
            figures.add(format!("commits, {who}"), "1/s", commits);
            figures.add(format!("commits / fdatasync, {who}"), "", commits / syncs);
        }
    }
    Ok(Report {
        name: "commit",
        what: what(arguments),
        figures,
        notes: parent.note().into_iter().collect(),
    })
}

fn what(arguments: &CommitArguments) -> String {
    let rounds = layout::count_of(arguments.rounds, "round");
    let seconds = arguments.seconds.as_secs_f64();
    format!("single records, {rounds} of {seconds} s")
}

/// How often a plain file grows a little and is synced.
pub(crate) fn syncs_a_second(folder: &Path, duration: Duration) -> io::Result<f64> {
    let mut file = File::create(folder.join("plain"))?;
    let started = Instant::now();
    let mut syncs = 0;
    while started.elapsed() < duration {
        file.write_all(&APPENDED)?;
        file.sync_data()?;
        syncs += 1;
    }
    Ok(rate(syncs, started.elapsed()))
}

/// How many records some threads register in a new store, one after the other.
fn commits_a_second(folder: &Path, threads: u64, duration: Duration) -> Result<f64, Failure> {
    let store = Store::open(folder, &Options::default())?;
    let started = Instant::now();
    let end = started + duration;
    let committed: Result<Vec<u64>, Failure> = thread::scope(|scope| {
        let store = &store;
        let start = |number| scope.spawn(move || commit_until(end, store, first_serial(number)));
        let threads: Vec<_> = (0..threads).map(start).collect();
        threads.into_iter().map(join).collect()
    });
    let committed: u64 = committed?.into_iter().sum();
    Ok(rate(committed, started.elapsed()))
}

/// Threads have serial numbers of their own, as registrars have.
fn first_serial(thread: u64) -> u64 {
    thread << 32
}

fn join(thread: ScopedJoinHandle<'_, Result<u64, Failure>>) -> Result<u64, Failure> {
    thread
        .join()
        .unwrap_or_else(|_| Err("a committing thread panicked".into()))
}

/// Registers one record after the other, each when the one before is durable; says how many.
fn commit_until(end: Instant, store: &Store, first: u64) -> Result<u64, Failure> {
    let mut serial = first;
    while Instant::now() < end {
        let registration = registration(serial, Clock::date())?;
        let mut change = Change::default();
        change.expect(registration.key.clone(), None);
        change.put(registration.key, registration.record.octets().clone());
        store.commit(change)?;
        serial += 1;
    }
    Ok(serial - first)
}
