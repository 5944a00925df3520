//! The command `sim`: runs histories by the thousand and shows the first that breaks.

use clap::{Parser, ValueEnum};
use sim::{Counts, Report, Settings, Weather};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How many lines of a broken history are shown: enough for the question that broke it.
const TAIL_LINES: usize = 60;

/// Runs askers, a lossy network and a node in one thread, one history a seed.
///
/// Exits with 1 and the end of the history if an invariant breaks.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 1000)]
    seeds: u32,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    first_seed: u64,
    /// How bad the network is.
    #[arg(long, value_enum, default_value_t = Named::Lossy)]
    weather: Named,
    /// Print the whole history of one seed instead.
    #[arg(long, value_name = "SEED")]
    history: Option<u64>,
}

/// The weathers with a name.
#[derive(Clone, Copy, ValueEnum)]
enum Named {
    /// Nothing is lost, nothing is late.
    Calm,
    /// A tenth is lost, some comes twice or late.
    Lossy,
    /// A third is lost, much is changed or comes after all timers.
    Storm,
}

impl Named {
    fn weather(self) -> Weather {
        match self {
            Self::Calm => Weather::CALM,
            Self::Lossy => Weather::LOSSY,
            Self::Storm => Weather::STORM,
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let settings = Settings {
        weather: arguments.weather.weather(),
        bug: None,
    };
    match arguments.history {
        Some(seed) => show(&sim::run(seed, &settings)),
        None => run(arguments.first_seed, arguments.seeds, &settings),
    }
}

/// Prints a whole history.
fn show(report: &Report) -> ExitCode {
    print!("{}", report.history.text());
    println!("history {}", report.history.digest());
    match report.broken {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    }
}

fn run(first_seed: u64, seeds: u32, settings: &Settings) -> ExitCode {
    let began = Instant::now();
    let mut counts = Counts::default();
    let mut lasted = Duration::ZERO;
    for seed in first_seed..first_seed.saturating_add(seeds.into()) {
        let report = sim::run(seed, settings);
        counts.add(&report.counts);

        lasted += report.lasted;
        if let Some(violation) = &report.broken {
            print!("{}", report.history.tail(TAIL_LINES));
            println!("seed {seed} breaks {violation}");
            return ExitCode::FAILURE;
        }
    }
    print_summary(seeds, &counts, lasted, began.elapsed());
    ExitCode::SUCCESS
}

/// Prints what was counted, and how fast it went.
fn print_summary(seeds: u32, counts: &Counts, lasted: Duration, took: Duration) {
    let seconds = took.as_secs_f64();
    println!("seeds             {seeds}");
    println!("questions         {}", counts.questions);
    println!("answers over UDP  {}", counts.answered_in_datagrams);
    println!("answers over TCP  {}", counts.answered_over_connection);
    println!("unanswered        {}", counts.unanswered);
    println!("excused           {}", counts.excused);
    println!("events            {}", counts.events);
    println!("virtual seconds   {}", lasted.as_secs());
    println!("wall seconds      {seconds:.2}");
    println!("seeds/s           {:.0}", f64::from(seeds) / seconds);
    println!("virtual s per s   {:.0}", lasted.as_secs_f64() / seconds);
}
