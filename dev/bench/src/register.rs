//! Durable registrations a second, by every way there is, beside bare syncs and a database on the
//! same disk.
//!
//! The node is a process of its own; each client is a thread with one connection and one session.
//! Nothing counts that was not acknowledged, and nothing is acknowledged that is not durable.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `register/sessions` | how is registered over TCP? |
//! | `register/calls` | how is registered over HTTP? |
//! | `register/peer` | how fast is PostgreSQL? |
//! | `register/node` | who is asked? |
//!
//! Not here: the store without sockets (`commit`).

mod calls;
mod node;
mod peer;
mod sessions;

use crate::commit::syncs_a_second;
use crate::failure::{Failure, cannot};
use crate::folder::Parent;
use crate::layout;
use crate::process::Process;
use crate::progress::Progress;
use crate::report::{Figures, Report};
use crate::resolve::{count, seconds};
use crate::statistics::{percentile, rate, real};
use clap::Args;
use peer::Cluster;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

pub(crate) use node::run_node;

#[derive(Args)]
pub(crate) struct RegisterArguments {
    /// How many clients register at a time, each over a connection of its own.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=90))]
    clients: u64,
    /// How many seconds each measurement lasts.
    #[arg(long, default_value = "5", value_parser = seconds)]
    seconds: Duration,
    /// How often everything is measured in turn.
    #[arg(long, default_value_t = 3, value_parser = count())]
    rounds: u64,
    /// Only the ways whose names contain this, such as `bulk`.
    #[arg(long)]
    only: Option<String>,
}

/// How many records a bulk call has, and how many make such calls at a time.
const BULK_RECORDS: u64 = 10_000;
const BULK_CLIENTS: u64 = 4;

/// How long syncs are counted at most, however long the registrations last.
const SYNCING_MAX: Duration = Duration::from_secs(10);

/// How long PostgreSQL lets a commit wait for others, in microseconds: not, and as long as helps
/// on a disk that syncs thousands of times a second.
const COMMIT_DELAYS: [u32; 2] = [0, 500];

/// The record of the prefix, whose administrator all clients are.
const PREFIX_RECORD: &str = "0.NA/88.100.7";
const SECRET_INDEX: u32 = 301;
const SECRET: &str = "what all clients of a benchmark know";

#[derive(Args)]
pub(crate) struct RegistrarArguments {
    /// An empty data folder.
    #[arg(long)]
    data: PathBuf,
    /// Say where it takes HTTP.
    #[arg(long)]
    http: bool,
}

/// A way of registering.
#[derive(Clone, Copy)]
enum Way {
    /// Sessions over TCP with so many requests of each client under way.
    Sessions { window: usize },
    /// The JSON API, so many records a call.
    Calls { records: u64 },
}

impl Way {
    const ALL: [Self; 4] = [
        Self::Sessions { window: 1 },
        Self::Sessions { window: 16 },
        Self::Calls { records: 1 },
        Self::Calls {
            records: BULK_RECORDS,
        },
    ];

    fn clients(self, arguments: &RegisterArguments) -> u64 {
        match self {
            Self::Calls { records: 2.. } => arguments.clients.min(BULK_CLIENTS),
            _ => arguments.clients,
        }
    }

    fn name(self, arguments: &RegisterArguments) -> String {
        let clients = layout::count_of(self.clients(arguments), "client");
        match self {
            Self::Sessions { window } => format!("sessions, {clients} × {window}"),
            Self::Calls { records: 1 } => format!("JSON PUT, {clients}"),
            Self::Calls { records } => format!("bulk, {clients} × {records}"),
        }
    }

    fn register(
        self,
        server: SocketAddr,
        first: u64,
        lasts: Duration,
        barrier: &Barrier,
    ) -> Result<Registered, Failure> {
        match self {
            Self::Sessions { window } => sessions::register(server, first, window, lasts, barrier),
            Self::Calls { records } => calls::register(server, first, records, lasts, barrier),
        }
    }
}

/// What one client has registered.
struct Registered {
    started: Instant,
    records: u64,
    /// How long each request took, in microseconds.
    micros: Vec<u64>,
    lasted: Duration,
}

impl Registered {
    fn begin() -> Self {
        Self {
            started: Instant::now(),
            records: 0,
            micros: Vec::new(),
            lasted: Duration::ZERO,
        }
    }

    fn lasted(&self) -> Duration {
        self.started.elapsed()
    }

    fn note(&mut self, records: u64, took: Duration) {
        self.records += records;
        self.micros
            .push(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    fn end(mut self) -> Self {
        self.lasted = self.started.elapsed();
        self
    }
}

pub(crate) fn run(
    arguments: &RegisterArguments,
    parent: &Parent,
    progress: &Progress,
) -> Result<Report, Failure> {
    let mut figures = Figures::default();
    let programs = peer::programs();
    let is_meant = |name: &str| match &arguments.only {
        Some(only) => name.contains(only.as_str()),
        None => true,
    };
    for round in 1..=arguments.rounds {
        progress.say(format_args!("round {round} of {}", arguments.rounds));
        let folder = parent.make()?;
        let lasts = arguments.seconds.min(SYNCING_MAX);
        let syncs = syncs_a_second(folder.path(), lasts).map_err(cannot("sync a plain file"))?;
        figures.add("fdatasync after 200 octets", "1/s", syncs);
        for delay in COMMIT_DELAYS {
            let name = format!("PostgreSQL, commit_delay {delay} µs");
            if let Some(programs) = programs.as_ref().filter(|_| is_meant(&name)) {
                let folder = parent.make()?;
                let cluster = Cluster::start(programs, folder.path(), delay)?;
                let inserts = cluster.inserts_a_second(arguments.clients, arguments.seconds)?;
                figures.add(name, "1/s", inserts);
            }
        }
        for way in Way::ALL {
            let name = way.name(arguments);
            if is_meant(&name) {
                let folder = parent.make()?;
                let measured = measure(arguments, folder.path(), way)?;
                add(&mut figures, &name, &measured, syncs);
            }
        }
    }
    Ok(Report {
        name: "register",
        what: what(arguments),
        figures,
        notes: notes(parent, programs.is_some()),
    })
}

fn add(figures: &mut Figures, name: &str, measured: &Measured, syncs: f64) {
    figures.add(name, "1/s", measured.per_second);
    let ratio = measured.per_second / syncs;
    figures.add(format!("{name}, / fdatasync"), "", ratio);
    for (per_cent, micros) in &measured.percentiles {
        figures.add(format!("{name}, p{per_cent}"), "ms", micros / 1000.0);
    }
}

fn what(arguments: &RegisterArguments) -> String {
    let clients = layout::count_of(arguments.clients, "client");
    let rounds = layout::count_of(arguments.rounds, "round");
    let seconds = arguments.seconds.as_secs_f64();
    format!("records of {clients}, {rounds} of {seconds} s for each way")
}

fn notes(parent: &Parent, has_peer: bool) -> Vec<String> {
    let slow = cfg!(debug_assertions).then(|| "not optimised: run it with --release".to_owned());
    let alone = (!has_peer).then(|| "PostgreSQL is not installed".to_owned());
    parent.note().into_iter().chain(slow).chain(alone).collect()
}

/// What one measurement came to.
struct Measured {
    per_second: f64,
    /// How long a request took, in microseconds, by per cent.
    percentiles: Vec<(usize, f64)>,
}

fn measure(arguments: &RegisterArguments, folder: &Path, way: Way) -> Result<Measured, Failure> {
    let data = folder.to_str().ok_or("the folder's name is not UTF-8")?;
    let http = matches!(way, Way::Calls { .. }).then_some("--http");
    let command = ["registrar", "--data", data].into_iter().chain(http);
    let node = Process::start_myself(&command.collect::<Vec<_>>())?;
    let clients = way.clients(arguments);
    // All begin when the last has its session.
    let barrier = Barrier::new(usize::try_from(clients)?);
    let registered: Result<Vec<Registered>, Failure> = thread::scope(|scope| {
        let barrier = &barrier;
        let start = |number: u64| {
            let (address, lasts) = (node.address, arguments.seconds);
            scope.spawn(move || way.register(address, number << 32, lasts, barrier))
        };
        let threads: Vec<_> = (0..clients).map(start).collect();
        threads.into_iter().map(join).collect()
    });
    let registered = registered?;
    let lasted = registered.iter().map(|client| client.lasted).max();
    let records = registered.iter().map(|client| client.records).sum();
    let mut micros: Vec<u64> = registered
        .into_iter()
        .flat_map(|client| client.micros)
        .collect();
    micros.sort_unstable();
    let percentiles = [50, 99].into_iter();
    Ok(Measured {
        per_second: rate(records, lasted.unwrap_or(arguments.seconds)),
        percentiles: percentiles
            .filter_map(|per_cent| Some((per_cent, real(percentile(&micros, per_cent)?))))
            .collect(),
    })
}

fn join<T>(thread: ScopedJoinHandle<'_, Result<T, Failure>>) -> Result<T, Failure> {
    thread
        .join()
        .unwrap_or_else(|_| Err("a client panicked".into()))
}
