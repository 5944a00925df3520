//! The two that are asked: a node with records, and an echo. Each is a process of its own.

use crate::cores::{Pair, pin};
use crate::failure::{Failure, cannot};
use crate::process::{Process, end_with_parent, say_address, wait_for_end};
use crate::records::registration;
use clap::Args;
use client::Clock;
use engine::authority::HOMED_MARK;
use model::Change;
use node::config::UdpConfig;
use node::{Config, Node};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use store::{Options, Store};

/// How many records one load registers: about as many as an import takes.
const RECORDS_PER_LOAD: u64 = 16_000;

/// Larger than any question.
const BUFFER_OCTETS: usize = 2048;

#[derive(Args)]
pub(crate) struct NodeArguments {
    /// An empty data folder.
    #[arg(long)]
    data: PathBuf,
    /// How many records to register first.
    #[arg(long)]
    records: u64,
    /// How many megabytes of records to keep ready.
    #[arg(long)]
    hot: Option<u64>,
    /// The core to stay on.
    #[arg(long)]
    core: Option<usize>,
}

#[derive(Args)]
pub(crate) struct EchoArguments {
    /// How long each datagram that is sent is.
    #[arg(long)]
    answer_octets: usize,
    /// The core to stay on.
    #[arg(long)]
    core: Option<usize>,
}

/// Starts a node with the first `records` records; waits until it answers.
pub(crate) fn start_node(
    data: &Path,
    records: u64,
    hot: Option<u64>,
    cores: Option<Pair>,
) -> Result<Process, Failure> {
    let data = data.to_str().ok_or("the folder's name is not UTF-8")?;
    let records = records.to_string();
    let hot = hot.map(|hot| hot.to_string());
    let hot = hot.as_ref().map(|hot| ["--hot", hot]);
    let arguments = ["--data", data, "--records", &records];
    let arguments = [&arguments, hot.as_slice().as_flattened()].concat();
    start("node", &arguments, cores)
}

/// Starts an echo whose answers have this length.
pub(super) fn start_echo(answer_octets: usize, cores: Option<Pair>) -> Result<Process, Failure> {
    start(
        "echo",
        &["--answer-octets", &answer_octets.to_string()],
        cores,
    )
}

/// Starts this program again as something that is asked, on the core for that.
pub(crate) fn start(
    command: &str,
    arguments: &[&str],
    cores: Option<Pair>,
) -> Result<Process, Failure> {
    let core = cores.map(|cores| cores.server.to_string());
    let core = core.as_ref().map(|core| ["--core", core]);
    let arguments = [&[command], arguments, core.as_slice().as_flattened()].concat();
    Process::start_myself(&arguments)
}

/// Is the node: one thread answers UDP.
pub(crate) fn run_node(arguments: &NodeArguments) -> Result<(), Failure> {
    arguments.core.map_or(Ok(()), pin)?;
    let mut options = Options::default();
    if let Some(megabytes) = arguments.hot {
        options.hot_octets = megabytes << 20;
    }
    register(&arguments.data, arguments.records, &options)?;
    // Opened again, the records are where they are after every start: in the tables' files.
    let store = open(&arguments.data, &options)?;
    let config = Config {
        listen: vec![(Ipv4Addr::LOCALHOST, 0).into()],
        udp: UdpConfig {
            threads: 1,
            ..UdpConfig::default()
        },
        ..Config::default()
    };
    let node = Node::start(&config, store)?;
    node.addresses().iter().copied().for_each(say_address);
    wait_for_end();
    Ok(node.stop()?)
}

fn open(data: &Path, options: &Options) -> Result<Store, Failure> {
    Store::open(data, options).map_err(cannot("open the data folder"))
}

/// Registers records in a data folder and closes it.
pub(crate) fn register(data: &Path, records: u64, options: &Options) -> Result<(), Failure> {
    let store = open(data, options)?;
    let now = Clock::date();
    for first in (0..records).step_by(RECORDS_PER_LOAD as usize) {
        let mut change = Change::default();
        for serial in first..records.min(first + RECORDS_PER_LOAD) {
            let registration = registration(serial, now)?;
            if serial == 0 {
                change.put(registration.home, HOMED_MARK.into());
            }
            change.put(registration.key, registration.record.octets().clone());
        }
        // If one fails, so do those after it, and the end.
        store.load(change.writes, Box::new(|_| ()));
    }
    store.end_load()?;
    Ok(store.close()?)
}

/// Is the echo: what comes goes back at the length of an answer. One thread, two system calls a
/// datagram, and nothing else: who makes these calls for every answer cannot be faster.
pub(crate) fn run_echo(arguments: &EchoArguments) -> Result<(), Failure> {
    arguments.core.map_or(Ok(()), pin)?;
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(cannot("open a UDP socket"))?;
    say_address(socket.local_addr().map_err(cannot("listen"))?);
    end_with_parent();
    let mut buffer = [0; BUFFER_OCTETS];
    let answer_octets = arguments.answer_octets.min(BUFFER_OCTETS);
    loop {
        if let Some(peer) = receive(&socket, &mut buffer)? {
            let sent = socket.send_to(&buffer[..answer_octets], peer);
            sent.map_err(cannot("send an echo"))?;
        }
    }
}

/// Who sent the next datagram; nothing if it was only news that an asker has gone.
fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> Result<Option<SocketAddr>, Failure> {
    match socket.recv_from(buffer) {
        Ok((_, peer)) => Ok(Some(peer)),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(None),
        Err(error) => Err(cannot("receive a datagram")(error)),
    }
}
