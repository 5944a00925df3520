//! How far a copy is behind a writer that is busy: two nodes over loopback in one process, one of
//! which follows the other.
//!
//! The same writer is measured without a copy in the same round. Lag is the time from when the
//! writer takes a registration into a group, before its own sync, to when it is durable with the
//! copy and visible there: the copy says it of the last one, looked at every millisecond. Not here:
//! what either node does (room `node`).

mod nodes;

use crate::failure::Failure;
use crate::folder::Parent;
use crate::layout;
use crate::progress::Progress;
use crate::records::{identifier, values};
use crate::report::{Figures, Report};
use crate::resolve::{count, seconds};
use crate::statistics::{percentile, rate, real};
use clap::Args;
use client::Clock;
use engine::authority::{Known, Means};
use engine::question::creation;
use model::Identifier;
use node::{Handle, Node};
use nodes::{Pair, who};
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use wire::{Message, OpFlags, ResponseCode};

#[derive(Args)]
pub(crate) struct ReplicationArguments {
    /// How many seconds each measurement lasts.
    #[arg(long, default_value = "5", value_parser = seconds)]
    seconds: Duration,
    /// How often everything is measured in turn.
    #[arg(long, default_value_t = 3, value_parser = count())]
    rounds: u64,
    /// How many registrations a second are asked for.
    #[arg(long, default_value_t = 50_000, value_parser = count())]
    rate: u64,
}

/// How many registrations are begun at a time, and how many such batches may be under way.
const BATCH: u64 = 500;
const UNDER_WAY: usize = 8;

/// How often it is looked where the copy is.
const LOOK: Duration = Duration::from_millis(1);

/// How long the copy may take for what is left when the writer rests; beyond it the benchmark
/// fails.
const REST_MAX: Duration = Duration::from_mins(1);

pub(crate) fn run(
    arguments: &ReplicationArguments,
    parent: &Parent,
    progress: &Progress,
) -> Result<Report, Failure> {
    let mut figures = Figures::default();
    for round in 1..=arguments.rounds {
        progress.say(format_args!("round {round} of {}", arguments.rounds));
        let alone = Pair::start(parent, false)?;
        let wrote = write(&alone.writer, arguments)?;
        figures.add("registrations without a copy", "1/s", wrote);
        alone.stop()?;
        let pair = Pair::start(parent, true)?;
        let (wrote, mut lags) = followed(&pair, arguments)?;
        pair.stop()?;
        figures.add("registrations with a copy", "1/s", wrote);
        lags.sort_unstable();
        for (name, per_cent) in [("lag, p50", 50), ("lag, p99", 99), ("lag, most", 100)] {
            let lag = percentile(&lags, per_cent).ok_or("the copy was never looked at")?;
            figures.add(name, "ms", lag.as_secs_f64() * 1000.0);
        }
    }
    Ok(Report {
        name: "replication",
        what: what(arguments),
        figures,
        notes: parent.note().into_iter().collect(),
    })
}

fn what(arguments: &ReplicationArguments) -> String {
    let rounds = layout::count_of(arguments.rounds, "round");
    let (rate, seconds) = (arguments.rate, arguments.seconds.as_secs_f64());
    format!("up to {rate} registrations a second, {rounds} of {seconds} s")
}

/// Writes and looks where the copy is: how many a second, and how far it was behind.
fn followed(
    pair: &Pair,
    arguments: &ReplicationArguments,
) -> Result<(f64, Vec<Duration>), Failure> {
    let copy = pair.copy.as_ref().ok_or("there is no copy")?;
    let has_ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let looking = scope.spawn(|| look(&pair.writer, copy, &has_ended));
        let wrote = write(&pair.writer, arguments);
        has_ended.store(true, Ordering::SeqCst);
        let lags = looking
            .join()
            .map_err(|_| "the thread that looks panicked")?;
        Ok((wrote?, lags?))
    })
}

/// Registers as many as are asked for, or as can be; how many a second became durable.
fn write(writer: &Node, arguments: &ReplicationArguments) -> Result<f64, Failure> {
    let handle = writer.handle();
    let known = Known {
        identity: who(),
        means: Means::SESSION,
    };
    let started = Instant::now();
    let mut under_way = VecDeque::new();
    let mut asked = 0;
    while started.elapsed() < arguments.seconds {
        let due = started + Duration::from_secs_f64(real(asked) / real(arguments.rate));
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if under_way.len() >= UNDER_WAY
            && let Some(first) = under_way.pop_front()
        {
            finish(&handle, first)?;
        }
        under_way.push_back(handle.begin(ADDRESS, batch(asked)?, &known));
        asked += BATCH;
    }
    for left in under_way {
        finish(&handle, left)?;
    }
    Ok(rate(asked, started.elapsed()))
}

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn batch(from: u64) -> Result<Vec<Message>, Failure> {
    let one = |serial| {
        let identifier = Identifier::from_octets(identifier(serial).to_vec().into())?;
        let id = u32::try_from(serial % 1_000_000_000)?;
        Ok(creation(
            &identifier,
            &values(serial),
            OpFlags(0),
            id,
            Clock::date(),
        ))
    };
    (from..from + BATCH).map(one).collect()
}

fn finish(handle: &Handle, under_way: node::Underway) -> Result<(), Failure> {
    let answers = handle.finish(under_way);
    let refused = |answer: &&Message| answer.header.response_code != ResponseCode::SUCCESS;
    match answers.iter().find(refused) {
        Some(answer) => Err(format!("refused: code {}", answer.header.response_code).into()),
        None => Ok(()),
    }
}

/// How long those transactions took from the writer to the copy that were the last when it was
/// looked, until the copy has everything.
fn look(writer: &Node, copy: &Node, has_ended: &AtomicBool) -> Result<Vec<Duration>, Failure> {
    let (mut lags, mut last, mut ended) = (Vec::new(), 0, None);
    loop {
        let newest = writer.replication().txn;
        if let Some(mirror) = copy.replication().mirror.first()
            && mirror.txn > last
        {
            last = mirror.txn;
            lags.push(Duration::from_micros(mirror.delay_us));
        }
        if has_ended.load(Ordering::SeqCst) {
            let ended = ended.get_or_insert_with(Instant::now);
            if last >= newest {
                return Ok(lags);
            }
            if ended.elapsed() > REST_MAX {
                return Err("the copy does not come after".into());
            }
        }
        thread::sleep(LOOK);
    }
}
