//! What a recursive resolver answers a second over UDP on loopback, from what it keeps and by
//! walking each time, beside the node that is responsible and is asked itself.
//!
//! Three processes share the first core: the home of the records, a resolver that keeps them all,
//! and one that keeps none. The asker is a thread on the second core. Round by round each is
//! measured in turn. The root is the resolver itself, and is asked once.

use crate::asker::{Asker, Measured, Peer};
use crate::cores::{Pair, Usage, on_core, pin};
use crate::failure::{Failure, cannot};
use crate::folder::Parent;
use crate::layout;
use crate::popularity::Popularity;
use crate::process::{Process, say_address, wait_for_end};
use crate::progress::Progress;
use crate::records::PREFIX;
use crate::report::{Figures, Report};
use crate::resolve::{count, peers, seconds};
use crate::statistics::{percentile, real};
use clap::Args;
use client::Clock;
use engine::question::creation;
use model::site::{
    Address, HashOption, Interface, InterfaceKind, ProtocolVersion, Server, SiteFlags, Transport,
};
use model::{Identifier, Site, Value};
use node::config::{HttpConfig, RecursiveConfig, UdpConfig};
use node::founding::{self, Keys, Listening};
use node::{Config, Node};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::{Options, Store};
use wire::{OpFlags, ResponseCode};

#[derive(Args)]
pub(crate) struct RecursiveArguments {
    /// How many records there are, all of which the one resolver keeps.
    #[arg(long, default_value_t = 100_000, value_parser = count())]
    records: u64,
    /// How questions are spread over the records.
    #[arg(long, value_enum, default_value_t = Popularity::Even)]
    popularity: Popularity,
    /// How many questions wait for an answer at a time.
    #[arg(long, default_value_t = 64, value_parser = count())]
    window: u64,
    /// How many seconds each measurement lasts.
    #[arg(long, default_value = "5", value_parser = seconds)]
    seconds: Duration,
    /// How many seconds are asked before each, and not counted.
    #[arg(long, default_value = "1", value_parser = seconds)]
    warm_up: Duration,
    /// How often the three are measured in turn.
    #[arg(long, default_value_t = 5, value_parser = count())]
    rounds: u64,
}

#[derive(Args)]
pub(crate) struct ResolverArguments {
    /// An empty data folder.
    #[arg(long)]
    data: PathBuf,
    /// Where the home of the records is asked.
    #[arg(long)]
    home: SocketAddr,
    /// How many octets of answers are kept.
    #[arg(long)]
    keep: u64,
    /// The core to stay on.
    #[arg(long)]
    core: Option<usize>,
}

/// How much of a measurement's time the latency is measured for, as one part of so many.
const LATENCY_PART: u32 = 5;

/// How many octets are kept for each record: twice what it takes.
const KEPT_OCTETS: u64 = 1024;

/// How long all records are asked for at a time until all have been.
const FILLING: Duration = Duration::from_secs(1);

/// Somebody who is asked.
struct Asked {
    name: &'static str,
    process: Process,
    asker: Asker,
}

pub(crate) fn run(
    arguments: &RecursiveArguments,
    parent: &Parent,
    progress: &Progress,
) -> Result<Report, Failure> {
    let cores = Pair::choose();
    let folders = [parent.make()?, parent.make()?, parent.make()?];
    let [home, keeping, walking] = folders.each_ref().map(tempfile::TempDir::path);
    progress.say(format_args!("registering {} records", arguments.records));
    let home = peers::start_node(home, arguments.records, None, cores)?;
    let keep = arguments.records * KEPT_OCTETS;
    let keeping = start_resolver(keeping, home.address, keep, cores)?;
    let walking = start_resolver(walking, home.address, 0, cores)?;
    let asked = |name, process: Process| {
        let (records, popularity) = (arguments.records, arguments.popularity);
        let asker = Asker::new(Peer::Node, process.address, records, popularity)?;
        Ok::<_, Failure>(Asked {
            name,
            process,
            asker,
        })
    };
    progress.say(format_args!("asking for each of them once"));
    fill(arguments, cores, keeping.address)?;
    let mut all = [
        asked("authority", home)?,
        asked("cached", keeping)?,
        asked("uncached", walking)?,
    ];
    let answer_octets = all[0].asker.answer_octets()?;
    let mut figures = Figures::default();
    for round in 1..=arguments.rounds {
        progress.say(format_args!("round {round} of {}", arguments.rounds));
        let mut rates = Vec::new();
        for asked in &mut all {
            rates.push(measure(arguments, cores, asked, &mut figures)?);
        }
        let [authority, cached, ..] = rates[..] else {
            return Err("nobody was measured".into());
        };
        let name = "cached / authority, of each round";
        figures.add(name, "", cached / authority);
    }
    Ok(Report {
        name: "recursive",
        what: format!(
            "{} records, answers of {answer_octets} octets, window {}, {} of {} s",
            layout::count(arguments.records),
            arguments.window,
            layout::count_of(arguments.rounds, "round"),
            arguments.seconds.as_secs_f64(),
        ),
        figures,
        notes: notes(cores),
    })
}

fn notes(cores: Option<Pair>) -> Vec<String> {
    let shared = "one core only: who is asked and the asker share it";
    let slow = "not optimised: run it with --release";
    let both = "uncached: the home that is asked works on the same core";
    let notes = [
        (cores.is_none(), shared),
        (cfg!(debug_assertions), slow),
        (true, both),
    ];
    let notes = notes.into_iter().filter(|(holds, _)| *holds);
    notes.map(|(_, note)| note.into()).collect()
}

/// Asks for every record, so that all are kept.
fn fill(
    arguments: &RecursiveArguments,
    cores: Option<Pair>,
    server: SocketAddr,
) -> Result<(), Failure> {
    let mut asker = Asker::new(Peer::Node, server, arguments.records, Popularity::InTurn)?;
    on_core(cores.map(|cores| cores.client), || {
        let mut answers = 0;
        while answers < arguments.records {
            answers += asker.measure(arguments.window as usize, FILLING)?.answers;
        }
        Ok(())
    })
}

/// Measures somebody, and says how many answers a second they gave.
fn measure(
    arguments: &RecursiveArguments,
    cores: Option<Pair>,
    asked: &mut Asked,
    figures: &mut Figures,
) -> Result<f64, Failure> {
    let window = arguments.window as usize;
    let Asked {
        name,
        process,
        asker,
    } = asked;
    let (crowded, usage, alone) = on_core(cores.map(|cores| cores.client), || {
        asker.measure(window, arguments.warm_up)?;
        let before = Usage::of_process(process.id());
        let crowded = asker.measure(window, arguments.seconds)?;
        let usage = Usage::of_process(process.id()) - before;
        let alone = asker.measure(1, arguments.seconds / LATENCY_PART)?;
        Ok((crowded, usage, alone))
    })?;
    figures.add(*name, "1/s", crowded.rate());
    figures.add(format!("{name}, asked again"), "", real(crowded.lost));
    add_latencies(figures, name, &alone);
    let micros = usage.ran.as_secs_f64() * 1e6 / real(crowded.answers);
    figures.add(format!("{name}, its core an answer"), "µs", micros);
    Ok(crowded.rate())
}

fn add_latencies(figures: &mut Figures, name: &str, alone: &Measured) {
    let mut latencies = alone.latencies.clone();
    latencies.sort_unstable();
    for per_cent in [50, 99] {
        if let Some(latency) = percentile(&latencies, per_cent) {
            let name = format!("{name}, window 1, p{per_cent}");
            figures.add(name, "µs", latency.as_secs_f64() * 1e6);
        }
    }
}

fn start_resolver(
    data: &Path,
    home: SocketAddr,
    keep: u64,
    cores: Option<Pair>,
) -> Result<Process, Failure> {
    let data = data.to_str().ok_or("the folder's name is not UTF-8")?;
    let (home, keep) = (home.to_string(), keep.to_string());
    let arguments = ["--data", data, "--home", &home, "--keep", &keep];
    peers::start("resolver", &arguments, cores)
}

/// Is a resolver: one thread answers UDP. It is the root too, which names the home of the records.
pub(crate) fn run_resolver(arguments: &ResolverArguments) -> Result<(), Failure> {
    arguments.core.map_or(Ok(()), pin)?;
    let listen = vec![(Ipv4Addr::LOCALHOST, 0).into()];
    let config = Config {
        listen: listen.clone(),
        udp: UdpConfig {
            threads: 1,
            ..UdpConfig::default()
        },
        http: HttpConfig {
            listen: Vec::new(),
            ..HttpConfig::default()
        },
        recursive: RecursiveConfig {
            listen,
            cache_octets: arguments.keep,
            // Whoever measures is one source with one home, and is to have all that there is.
            walks_max: 1 << 16,
            walks_per_source_max: 1 << 13,
            walks_per_prefix_max: 1 << 13,
            waiting_max: 1 << 16,
            waiting_per_source_max: 1 << 13,
            ..RecursiveConfig::default()
        },
        ..Config::default()
    };
    let bound = Node::bind(&config)?;
    let data = &arguments.data;
    let store = Store::open(data, &Options::default()).map_err(cannot("open the data folder"))?;
    let keys = Keys::open(data, None).map_err(cannot("make keys"))?;
    let listening = Listening {
        native: bound.addresses().to_vec(),
        http: Vec::new(),
    };
    let founded = founding::found(data, &keys, &store, &config, &listening);
    let founded = founded.map_err(cannot("found a node"))?;
    let node = bound.start(store, Some(&founded), None)?;
    name_home(&node, arguments.home)?;
    let addresses = node.recursive_addresses();
    addresses.iter().copied().for_each(say_address);
    wait_for_end();
    Ok(node.stop()?)
}

/// Has the root say who is home to the records.
fn name_home(node: &Node, home: SocketAddr) -> Result<(), Failure> {
    let identifier: Identifier = format!("0.NA/{PREFIX}").parse()?;
    let values = [Value::public(1, "HS_SITE", site_at(home).encode())];
    let request = creation(&identifier, &values, OpFlags::OVERWRITE, 1, Clock::date());
    let answer = node.answer_locally(&request);
    match answer.map(|answer| answer.header.response_code) {
        Some(ResponseCode::SUCCESS) => Ok(()),
        other => Err(format!("the root does not take the prefix: {other:?}").into()),
    }
}

/// A site at an address, over UDP, with no key: nothing is verified here.
fn site_at(address: SocketAddr) -> Site {
    Site {
        format: 1,
        protocol: ProtocolVersion {
            major: 2,
            minor: 11,
        },
        serial: 1,
        flags: SiteFlags::PRIMARY,
        hash_option: HashOption::ALL,
        hash_filter: bytes::Bytes::new(),
        attributes: Vec::new(),
        servers: vec![Server {
            id: 1,
            address: Address::from(address.ip()),
            public_key: bytes::Bytes::new(),
            interfaces: vec![Interface {
                kind: InterfaceKind::QUERY,
                transport: Transport::UDP,
                port: address.port().into(),
            }],
        }],
    }
}
