//! The command `sim`: runs histories by the thousand and shows the first that breaks.

use clap::{Parser, ValueEnum};
use sim::administration::{self, Trouble};
use sim::quorum::{self, Faults};
use sim::{Counts, History, Settings, Violation, Weather};
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
    /// Run administrators, who change things, instead of those who only ask.
    #[arg(long)]
    administrators: bool,
    /// Run members that agree on the registry instead.
    #[arg(long, conflicts_with = "administrators")]
    quorum: bool,
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
    let weather = arguments.weather.weather();
    if arguments.quorum {
        return agree(&arguments);
    }
    if arguments.administrators {
        let trouble = if weather.is_calm() {
            Trouble::NONE
        } else {
            Trouble::USUAL
        };
        let settings = administration::Settings {
            weather,
            trouble,
            bug: None,
        };
        return administer(&arguments, &settings);
    }
    let settings = Settings { weather, bug: None };
    match arguments.history {
        Some(seed) => {
            let report = sim::run(seed, &settings);
            show(&report.history, report.broken.as_ref())
        }
        None => ask(arguments.first_seed, arguments.seeds, &settings),
    }
}

/// Prints a whole history.
fn show(history: &History, broken: Option<&Violation>) -> ExitCode {
    print!("{}", history.text());
    println!("history {}", history.digest());
    match broken {
        None => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
    }
}

/// Prints the end of a history that broke.
fn show_broken(seed: u64, history: &History, violation: &Violation) -> ExitCode {
    print!("{}", history.tail(TAIL_LINES));
    println!("seed {seed} breaks {violation}");
    ExitCode::FAILURE
}

fn ask(first_seed: u64, seeds: u32, settings: &Settings) -> ExitCode {
    let began = Instant::now();
    let mut counts = Counts::default();
    let mut lasted = Duration::ZERO;
    for seed in first_seed..first_seed.saturating_add(seeds.into()) {
        let report = sim::run(seed, settings);
        counts.add(&report.counts);
        lasted += report.lasted;
        if let Some(violation) = &report.broken {
            return show_broken(seed, &report.history, violation);
        }
    }
    println!("seeds             {seeds}");
    println!("questions         {}", counts.questions);
    println!("answers over UDP  {}", counts.answered_in_datagrams);
    println!("answers over TCP  {}", counts.answered_over_connection);
    println!("unanswered        {}", counts.unanswered);
    println!("excused           {}", counts.excused);
    print_pace(seeds, counts.events, lasted, began.elapsed());
    ExitCode::SUCCESS
}

fn administer(arguments: &Arguments, settings: &administration::Settings) -> ExitCode {
    if let Some(seed) = arguments.history {
        let report = administration::run(seed, settings);
        return show(&report.history, report.broken.as_ref());
    }
    let (first_seed, seeds) = (arguments.first_seed, arguments.seeds);
    let began = Instant::now();
    let mut counts = administration::Counts::default();
    let mut lasted = Duration::ZERO;
    for seed in first_seed..first_seed.saturating_add(seeds.into()) {
        let report = administration::run(seed, settings);
        counts.add(&report.counts);
        lasted += report.lasted;
        if let Some(violation) = &report.broken {
            return show_broken(seed, &report.history, violation);
        }
    }
    println!("seeds             {seeds}");
    println!("orders            {}", counts.orders);
    println!("acknowledged      {}", counts.acknowledged);
    println!("outcome unknown   {}", counts.unknown);
    println!("changes           {}", counts.changes);
    println!("crashes           {}", counts.crashes);
    print_pace(seeds, counts.events, lasted, began.elapsed());
    ExitCode::SUCCESS
}

fn agree(arguments: &Arguments) -> ExitCode {
    let faults = match arguments.weather {
        Named::Calm => Faults::NONE,
        Named::Lossy => Faults::USUAL,
        Named::Storm => Faults::STORM,
    };
    let settings = quorum::Settings { faults, bug: None };
    if let Some(seed) = arguments.history {
        let report = quorum::run(seed, &settings);
        return show(&report.history, report.broken.as_ref());
    }
    let (first_seed, seeds) = (arguments.first_seed, arguments.seeds);
    let began = Instant::now();
    let mut counts = quorum::Counts::default();
    let mut lasted = Duration::ZERO;
    for seed in first_seed..first_seed.saturating_add(seeds.into()) {
        let report = quorum::run(seed, &settings);
        counts.add(&report.counts);
        lasted += report.lasted;
        if let Some(violation) = &report.broken {
            return show_broken(seed, &report.history, violation);
        }
    }
    println!("seeds             {seeds}");
    println!("requests          {}", counts.requests);
    println!("answered          {}", counts.answered);
    println!("unanswered        {}", counts.unanswered);
    println!("entries           {}", counts.entries);
    println!("acknowledged      {}", counts.acknowledged);
    println!("epochs            {}", counts.epochs);
    println!("crashes           {}", counts.crashes);
    print_pace(seeds, counts.events, lasted, began.elapsed());
    ExitCode::SUCCESS
}

/// Prints how fast it went.
fn print_pace(seeds: u32, events: u64, lasted: Duration, took: Duration) {
    let seconds = took.as_secs_f64();
    println!("events            {events}");
    println!("virtual seconds   {}", lasted.as_secs());
    println!("wall seconds      {seconds:.2}");
    println!("seeds/s           {:.0}", f64::from(seeds) / seconds);
    println!("virtual s per s   {:.0}", lasted.as_secs_f64() / seconds);
}
