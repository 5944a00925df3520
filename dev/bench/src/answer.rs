//! What an answer costs a core without the socket: the reading of a record, and the whole answer.
//!
//! The time that one thread ran is counted, not the time that went by, so that a busy machine
//! spoils little. Not here: the socket (`resolve`), which costs about as much again.

use crate::asker::Question;
use crate::cores::Usage;
use crate::failure::{Failure, cannot};
use crate::folder::Parent;
use crate::layout;
use crate::popularity::Popularity;
use crate::progress::Progress;
use crate::records::identifier;
use crate::report::{Figures, Report};
use crate::resolve::peers::register;
use crate::resolve::{count, seconds};
use crate::statistics::real;
use bytes::Bytes;
use clap::Args;
use model::{Identifier, Key, SuffixCase};
use node::{Config, Node};
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::{Duration, Instant};
use store::{Options, Store};
use wire::Packet;

#[derive(Args)]
pub(crate) struct AnswerArguments {
    /// How many records the node has.
    #[arg(long, default_value_t = 1_000_000, value_parser = count())]
    records: u64,
    /// How many megabytes of records are kept ready in memory. Default: as many as by any node.
    #[arg(long, value_name = "MB")]
    hot: Option<u64>,
    /// How many seconds each measurement lasts, after as long a time that does not count.
    #[arg(long, default_value = "3", value_parser = seconds)]
    seconds: Duration,
    /// How often everything is measured in turn.
    #[arg(long, default_value_t = 3, value_parser = count())]
    rounds: u64,
}

/// How the questions are spread, with the word for it.
const SPREADS: [(Popularity, &str); 2] = [
    (Popularity::Even, "even"),
    (Popularity::Zipf, "by Zipf's law"),
];

/// After how many questions it is looked whether the time is over.
const LOOK_EVERY: u64 = 256;

pub(crate) fn run(
    arguments: &AnswerArguments,
    parent: &Parent,
    progress: &Progress,
) -> Result<Report, Failure> {
    let folder = parent.make()?;
    let mut options = Options::default();
    if let Some(megabytes) = arguments.hot {
        options.hot_octets = megabytes << 20;
    }
    progress.say(format_args!("registering {} records", arguments.records));
    register(folder.path(), arguments.records, &options)?;
    let mut figures = Figures::default();
    for round in 1..=arguments.rounds {
        progress.say(format_args!("round {round} of {}", arguments.rounds));
        for (popularity, word) in SPREADS {
            let store = open(folder.path(), &options)?;
            let micros = measure_reads(arguments, popularity, &store)?;
            figures.add(format!("reading a record, {word}"), "µs", micros);
            let micros = measure_answers(arguments, popularity, store)?;
            figures.add(format!("a whole answer, {word}"), "µs", micros);
        }
    }
    Ok(Report {
        name: "answer",
        what: what(arguments, &options),
        figures,
        notes: Vec::new(),
    })
}

fn what(arguments: &AnswerArguments, options: &Options) -> String {
    format!(
        "{} records, {} MB of them ready, {} of {} s",
        layout::count(arguments.records),
        options.hot_octets >> 20,
        layout::count_of(arguments.rounds, "round"),
        arguments.seconds.as_secs_f64(),
    )
}

fn open(folder: &Path, options: &Options) -> Result<Store, Failure> {
    Store::open(folder, options).map_err(cannot("open the data folder"))
}

fn measure_reads(
    arguments: &AnswerArguments,
    popularity: Popularity,
    store: &Store,
) -> Result<f64, Failure> {
    measure(arguments, popularity, |_, serial| {
        let identifier = Identifier::from_octets(identifier(serial).to_vec().into())?;
        let key = Key::record(&identifier, SuffixCase::Insensitive);
        let found = store.view().get(&key)?;
        found.map(drop).ok_or_else(|| "a record is missing".into())
    })
}

fn measure_answers(
    arguments: &AnswerArguments,
    popularity: Popularity,
    store: Store,
) -> Result<f64, Failure> {
    let config = Config {
        listen: vec![(Ipv4Addr::LOCALHOST, 0).into()],
        ..Config::default()
    };
    let node = Node::start(&config, store)?;
    let handle = node.handle();
    let mut question = Question::new();
    let micros = measure(arguments, popularity, |number, serial| {
        let datagram = question.about(number as u32, &identifier(serial));
        let packet = Packet::decode(Bytes::copy_from_slice(datagram))?;
        let answer = handle.answer_packet(Ipv4Addr::LOCALHOST.into(), &packet);
        if answer.is_empty() {
            return Err("no answer".into());
        }
        Ok(())
    })?;
    drop(handle);
    node.stop()?;
    Ok(micros)
}

/// How many microseconds of a core one call takes.
fn measure(
    arguments: &AnswerArguments,
    popularity: Popularity,
    mut ask: impl FnMut(u64, u64) -> Result<(), Failure>,
) -> Result<f64, Failure> {
    let mut number = 0;
    let mut ask_for = |duration: Duration| {
        let (first, started) = (number, Instant::now());
        while started.elapsed() < duration {
            for _ in 0..LOOK_EVERY {
                ask(number, popularity.choose(arguments.records, number))?;
                number += 1;
            }
        }
        Ok::<u64, Failure>(number - first)
    };
    ask_for(arguments.seconds)?;
    let before = Usage::of_this_thread();
    let asked = ask_for(arguments.seconds)?;
    let ran = (Usage::of_this_thread() - before).ran;
    Ok(ran.as_secs_f64() * 1e6 / real(asked))
}
