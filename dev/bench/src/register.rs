//! Durable registrations a second over TCP sessions of many clients, beside bare syncs on the same
//! disk.
//!
//! The node is a process of its own; each client is a thread with one connection and one session.
//! Nothing counts that was not acknowledged, and nothing is acknowledged that is not durable. Not
//! here: the store without sockets (`commit`).

use crate::commit::syncs_a_second;
use crate::failure::{Failure, cannot};
use crate::folder::Parent;
use crate::layout;
use crate::process::{Process, say_address, wait_for_end};
use crate::progress::Progress;
use crate::records;
use crate::report::{Figures, Report};
use crate::resolve::{count, seconds};
use crate::statistics::{percentile, rate};
use clap::Args;
use client::{Administrator, Clock};
use engine::administrator::Order;
use engine::authority::{HOMED_MARK, Registration};
use model::admin::{Admin, AdminPermissions};
use model::{Change, Identifier, Permissions, SuffixCase, Value};
use node::{Config, Node};
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};
use store::{Options, Store};
use wire::{Identity, ResponseCode};

#[derive(Args)]
pub(crate) struct RegisterArguments {
    /// How many clients register at a time, each over a connection of its own.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=128))]
    clients: u64,
    /// How many seconds each measurement lasts.
    #[arg(long, default_value = "5", value_parser = seconds)]
    seconds: Duration,
    /// How often everything is measured in turn.
    #[arg(long, default_value_t = 3, value_parser = count())]
    rounds: u64,
}

/// How many requests of each client wait for their answers at a time.
const WINDOWS: [usize; 2] = [1, 16];

/// The record of the prefix, whose administrator all clients are.
const PREFIX_RECORD: &str = "0.NA/88.100.7";
const SECRET_INDEX: u32 = 301;
const SECRET: &[u8] = b"what all clients of a benchmark know";

#[derive(Args)]
pub(crate) struct RegistrarArguments {
    /// An empty data folder.
    #[arg(long)]
    data: PathBuf,
}

pub(crate) fn run(
    arguments: &RegisterArguments,
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
        for window in WINDOWS {
            let folder = parent.make()?;
            let measured = measure(arguments, folder.path(), window)?;
            let who = format!(
                "{} × {window}",
                layout::count_of(arguments.clients, "client")
            );
            figures.add(format!("registrations, {who}"), "1/s", measured.per_second);
            figures.add(
                format!("registrations / fdatasync, {who}"),
                "",
                measured.per_second / syncs,
            );
            for (per_cent, micros) in measured.percentiles {
                figures.add(format!("p{per_cent}, {who}"), "ms", micros / 1000.0);
            }
        }
    }
    Ok(Report {
        name: "register",
        what: what(arguments),
        figures,
        notes: notes(parent),
    })
}

fn what(arguments: &RegisterArguments) -> String {
    let clients = layout::count_of(arguments.clients, "client");
    let rounds = layout::count_of(arguments.rounds, "round");
    let seconds = arguments.seconds.as_secs_f64();
    format!("single records in TCP sessions of {clients}, {rounds} of {seconds} s")
}

fn notes(parent: &Parent) -> Vec<String> {
    let slow = cfg!(debug_assertions).then(|| "not optimised: run it with --release".to_owned());
    parent.note().into_iter().chain(slow).collect()
}

/// What one measurement came to.
struct Measured {
    per_second: f64,
    /// Latencies in microseconds, by per cent.
    percentiles: Vec<(usize, f64)>,
}

fn measure(
    arguments: &RegisterArguments,
    folder: &Path,
    window: usize,
) -> Result<Measured, Failure> {
    let data = folder.to_str().ok_or("the folder's name is not UTF-8")?;
    let node = Process::start_myself(&["registrar", "--data", data])?;
    let clients = arguments.clients;
    // All begin when the last has its session.
    let barrier = Barrier::new(usize::try_from(clients)?);
    let ended: Result<Vec<(Vec<u64>, Duration)>, Failure> = thread::scope(|scope| {
        let barrier = &barrier;
        let start = |number: u64| {
            let (address, lasts) = (node.address, arguments.seconds);
            scope.spawn(move || register(address, number << 32, window, lasts, barrier))
        };
        let threads: Vec<_> = (0..clients).map(start).collect();
        threads.into_iter().map(join).collect()
    });
    let ended = ended?;
    let lasted = ended.iter().map(|(_, lasted)| *lasted).max();
    let lasted = lasted.unwrap_or(arguments.seconds);
    let mut micros: Vec<u64> = ended.into_iter().flat_map(|(micros, _)| micros).collect();
    micros.sort_unstable();
    let percentiles = [50, 99].into_iter().filter_map(|per_cent| {
        let micros = percentile(&micros, per_cent)?;
        Some((per_cent, crate::statistics::real(micros)))
    });
    Ok(Measured {
        per_second: rate(micros.len() as u64, lasted),
        percentiles: percentiles.collect(),
    })
}

fn join<T>(thread: ScopedJoinHandle<'_, Result<T, Failure>>) -> Result<T, Failure> {
    thread
        .join()
        .unwrap_or_else(|_| Err("a client panicked".into()))
}

/// Registers for as long as it lasts; tells how long each took, in microseconds, and all together.
fn register(
    server: SocketAddr,
    first: u64,
    window: usize,
    lasts: Duration,
    barrier: &Barrier,
) -> Result<(Vec<u64>, Duration), Failure> {
    let identity = Identity::new(PREFIX_RECORD, SECRET_INDEX);
    let means = client::secret(SECRET.to_vec());
    let mut asking = Administrator::new(server, identity, means, window).with_session();
    let mut serial = first;
    let proven = asking.ask(order(serial)?);
    // Before an error is told, lest the others wait for ever.
    barrier.wait();
    is_done(proven?.message.header.response_code)?;
    let started = Instant::now();
    let mut given = HashMap::with_capacity(window);
    let mut micros = Vec::new();
    loop {
        while given.len() < window && started.elapsed() < lasts {
            serial += 1;
            let ticket = asking.give(order(serial)?);
            given.insert(ticket, Instant::now());
        }
        if given.is_empty() {
            return Ok((micros, started.elapsed()));
        }
        let mut heard = Some(asking.receive()?);
        while let Some(answer) = heard {
            is_done(answer.answered.message.header.response_code)?;
            let since = given.remove(&answer.ticket).ok_or("an answer came twice")?;
            micros.push(u64::try_from(since.elapsed().as_micros())?);
            heard = asking.poll()?;
        }
    }
}

fn is_done(code: ResponseCode) -> Result<(), Failure> {
    if code == ResponseCode::SUCCESS {
        return Ok(());
    }
    Err(format!("the node refuses: {code}").into())
}

fn order(serial: u64) -> Result<Order, Failure> {
    let identifier = Identifier::from_octets(records::identifier(serial).to_vec().into())?;
    Ok(Order::register(&identifier, &records::values(serial)))
}

/// Is the node: home to the prefix, whose administrator has a secret.
pub(crate) fn run_node(arguments: &RegistrarArguments) -> Result<(), Failure> {
    let store = Store::open(&arguments.data, &Options::default())
        .map_err(cannot("open the data folder"))?;
    store.commit(prefix()?)?;
    let mut config = Config {
        listen: vec![(Ipv4Addr::LOCALHOST, 0).into()],
        ..Config::default()
    };
    config.tcp.connections_per_peer_max = config.tcp.connections_max;
    // All clients come from one address and set their sessions up at once.
    config.limits.signatures_per_second = 1000;
    config.limits.signatures_per_source_and_second = 1000;
    config.limits.challenges_per_source_max = 1000;
    let node = Node::start(&config, store)?;
    node.addresses().iter().copied().for_each(say_address);
    wait_for_end();
    Ok(node.stop()?)
}

/// The prefix that everything is registered under, as its record says it.
fn prefix() -> Result<Change, Failure> {
    let admin = Admin {
        identifier: PREFIX_RECORD.into(),
        index: SECRET_INDEX,
        permissions: AdminPermissions::ALL,
        has_legacy_end: false,
    };
    let values = vec![
        Value::public(100, "HS_ADMIN", admin.encode()),
        Value {
            permissions: Permissions(0b1100),
            ..Value::public(SECRET_INDEX, "HS_SECKEY", SECRET)
        },
    ];
    let (record, case): (Identifier, _) = (PREFIX_RECORD.parse()?, SuffixCase::Insensitive);
    let registration = Registration::new(&record, values, case, Clock::date())?;
    let under = Identifier::from_octets(records::identifier(0).to_vec().into())?;
    let mut change = Change::default();
    change.put(registration.home, HOMED_MARK.into());
    change.put(model::Key::homed(&under.prefix()), HOMED_MARK.into());
    change.put(registration.key, registration.record.octets().clone());
    Ok(change)
}
