//! Resolutions a second over UDP on loopback, beside an echo of datagrams as long.
//!
//! The node and the echo are processes of their own on the first core, the asker is a thread on
//! the second. Round by round the echo is measured first, then the node.

pub(crate) mod peers;

use crate::asker::{Asker, Measured, Peer};
use crate::cores::{Pair, Usage, on_core};
use crate::failure::Failure;
use crate::folder::Parent;
use crate::layout;
use crate::popularity::Popularity;
use crate::process::Process;
use crate::progress::Progress;
use crate::report::{Figures, Report};
use crate::statistics::{percentile, real};
use clap::Args;
use clap::builder::RangedU64ValueParser;
use std::time::Duration;

#[derive(Args)]
pub(crate) struct ResolveArguments {
    /// How many records the node has.
    #[arg(long, default_value_t = 1_000_000, value_parser = count())]
    records: u64,
    /// How questions are spread over the records.
    #[arg(long, value_enum, default_value_t = Popularity::Even)]
    popularity: Popularity,
    /// How many megabytes of records the node keeps ready in memory. Default: as many as any node.
    #[arg(long, value_name = "MB")]
    hot: Option<u64>,
    /// How many questions wait for an answer at a time.
    #[arg(long, default_value_t = 64, value_parser = count())]
    window: u64,
    /// How many seconds each measurement lasts.
    #[arg(long, default_value = "5", value_parser = seconds)]
    seconds: Duration,
    /// How many seconds are asked before each, and not counted.
    #[arg(long, default_value = "1", value_parser = seconds)]
    warm_up: Duration,
    /// How often the echo and the node are measured in turn.
    #[arg(long, default_value_t = 5, value_parser = count())]
    rounds: u64,
}

/// Reads a count from 1 to 4,294,967,295: more is measured on another machine than this.
pub(crate) fn count() -> RangedU64ValueParser {
    RangedU64ValueParser::new().range(1..=u32::MAX.into())
}

/// Reads seconds, which may have a fraction.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// How much of a measurement's time the latency is measured for, as one part of so many.
const LATENCY_PART: u32 = 5;

pub(crate) fn run(
    arguments: &ResolveArguments,
    parent: &Parent,
    progress: &Progress,
) -> Result<Report, Failure> {
    let cores = Pair::choose();
    let folder = parent.make()?;
    progress.say(format_args!("registering {} records", arguments.records));
    let node = peers::start_node(folder.path(), arguments.records, arguments.hot, cores)?;
    let (records, popularity) = (arguments.records, arguments.popularity);
    let mut asker = Asker::new(Peer::Node, node.address, records, popularity)?;
    let answer_octets = asker.answer_octets()?;
    let echo = peers::start_echo(answer_octets, cores)?;
    let peer = Peer::Echo { answer_octets };
    let mut echo_asker = Asker::new(peer, echo.address, records, popularity)?;

    let mut figures = Figures::default();
    for round in 1..=arguments.rounds {
        progress.say(format_args!("round {round} of {}", arguments.rounds));
        let echoed = measure(arguments, cores, &mut echo_asker, &echo)?;
        let resolved = measure(arguments, cores, &mut asker, &node)?;
        add_rates(&mut figures, &echoed, &resolved);
        add_latencies(&mut figures, "echo", &echoed.alone);
        add_latencies(&mut figures, "resolve", &resolved.alone);
        add_usage(&mut figures, &echoed, &resolved);
    }
    Ok(Report {
        name: "resolve",
        what: what(arguments, answer_octets),
        figures,
        notes: notes(cores),
    })
}

fn what(arguments: &ResolveArguments, answer_octets: usize) -> String {
    let spread = match arguments.popularity {
        Popularity::Even => "asked for alike",
        Popularity::Zipf => "asked for by Zipf's law",
        Popularity::InTurn => "asked for in turn",
    };
    format!(
        "{} records {spread}, answers of {answer_octets} octets, window {}, {} of {} s",
        layout::count(arguments.records),
        arguments.window,
        layout::count_of(arguments.rounds, "round"),
        arguments.seconds.as_secs_f64(),
    )
}

fn notes(cores: Option<Pair>) -> Vec<String> {
    let shared = "one core only: the node and its asker share it";
    let slow = "not optimised: run it with --release";
    let notes = [(cores.is_none(), shared), (cfg!(debug_assertions), slow)];
    notes
        .into_iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, note)| note.into())
        .collect()
}

/// What one round of one peer came to.
struct Round {
    /// With the whole window.
    crowded: Measured,
    /// What the peer's process was given meanwhile.
    usage: Usage,
    /// With one question at a time.
    alone: Measured,
}

impl Round {
    /// How long the peer's core worked for each answer.
    fn micros_an_answer(&self) -> f64 {
        self.usage.ran.as_secs_f64() * 1e6 / real(self.crowded.answers)
    }
}

fn measure(
    arguments: &ResolveArguments,
    cores: Option<Pair>,
    asker: &mut Asker,
    process: &Process,
) -> Result<Round, Failure> {
    let window = arguments.window as usize;
    on_core(cores.map(|cores| cores.client), || {
        asker.measure(window, arguments.warm_up)?;
        let before = Usage::of_process(process.id());
        let crowded = asker.measure(window, arguments.seconds)?;
        Ok(Round {
            crowded,
            usage: Usage::of_process(process.id()) - before,
            alone: asker.measure(1, arguments.seconds / LATENCY_PART)?,
        })
    })
}

fn add_rates(figures: &mut Figures, echoed: &Round, resolved: &Round) {
    let (echo, resolve) = (echoed.crowded.rate(), resolved.crowded.rate());
    figures.add("UDP echo", "1/s", echo);
    figures.add("resolve", "1/s", resolve);
    figures.add("resolve / echo, of each round", "", resolve / echo);
    figures.add("echo, asked again", "", real(echoed.crowded.lost));
    figures.add("resolve, asked again", "", real(resolved.crowded.lost));
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

/// What an answer cost, whose core was the limit, and whether somebody else was on it.
fn add_usage(figures: &mut Figures, echoed: &Round, resolved: &Round) {
    for (name, round) in [("echo, its", echoed), ("resolve, node's", resolved)] {
        let name = format!("{name} core an answer");
        figures.add(name, "µs", round.micros_an_answer());
    }
    let Round { crowded, usage, .. } = resolved;
    let took = crowded.took.as_secs_f64();
    for (name, part) in [
        ("node's core busy", usage.ran),
        ("asker's core busy", crowded.usage.ran),
        ("node waited for its core", usage.waited),
        ("asker waited for its core", crowded.usage.waited),
    ] {
        let per_cent = 100.0 * part.as_secs_f64() / took;
        figures.add(format!("resolve, {name}"), "%", per_cent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_may_have_a_fraction_but_no_sign() {
        assert_eq!(seconds("0.2"), Ok(Duration::from_millis(200)));
        assert_eq!(seconds("5"), Ok(Duration::from_secs(5)));
        assert_eq!(seconds("five"), Err("not a number".into()));
        assert!(seconds("-1").is_err());
        assert!(seconds("inf").is_err());
    }
}
