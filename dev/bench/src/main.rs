//! The command `bench`: how fast is it, beside the fastest that this machine allows?
//!
//! Every benchmark measures its ceiling in the same run, round by round in turn with the thing
//! itself, so that a busy machine slows both.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `resolve` | how many resolutions a second, beside a UDP echo? |
//! | `recursive` | how many from a resolver, cached and not, beside the node that is responsible? |
//! | `import` | how many rows a second, beside a plain file; how much disk and memory? |
//! | `answer` | what does an answer cost without the socket? |
//! | `commit` | how many durable commits a second, beside bare syncs? |
//! | `register` | how many durable registrations a second by every way, beside its peers? |
//! | `replication` | how far is a copy behind a busy writer? |
//! | `facts` | how many observations a second; how long takes a series as known at a moment? |
//! | `monitor` | how long does a province's month take from workbook to bulletin? |
//! | `asker` | how are questions asked, many at a time, and answers checked? |
//! | `process` | how do the processes that are measured live and end? |
//! | `records` | what is registered and asked for? |
//! | `popularity` | which record is asked for next? |
//! | `cores` | what runs where, and was it left alone there? |
//! | `machine` | what was measured on? |
//! | `statistics` | what do several measurements say together? |
//! | `report`, `layout` | how are figures shown? |
//!
//! Not here: tests of speed. A figure is for people to judge; a test that measures time fails on
//! the day somebody else uses the machine.

#![forbid(unsafe_code)]

mod answer;
mod asker;
mod commit;
mod cores;
mod facts;
mod failure;
mod folder;
mod import;
mod layout;
mod machine;
mod monitor;
mod popularity;
mod process;
mod progress;
mod records;
mod recursive;
mod register;
mod replication;
mod report;
mod resolve;
mod statistics;

use clap::{Args, Parser, Subcommand};
use failure::Failure;
use folder::Parent;
use import::ImportArguments;
use machine::Machine;
use progress::Progress;
use report::Report;
use std::path::PathBuf;
use std::process::ExitCode;

/// As the binary has it: nodes that are measured are this program.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Measures this machine's Nameplate, each figure beside its ceiling in the same run.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    manner: Manner,
}

/// What holds for all benchmarks.
#[derive(Args)]
struct Manner {
    /// Print one JSON object, for programs.
    #[arg(long, global = true)]
    json: bool,
    /// Where data folders are made and removed again; choose the disk that is to be measured.
    /// Default: the system's folder for temporary files.
    #[arg(long, global = true, value_name = "DIR")]
    folder: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Resolutions a second over UDP, one core for the node and one for its asker.
    Resolve(resolve::ResolveArguments),
    /// Questions a second for a recursive resolver, cached and not, beside the authority.
    Recursive(recursive::RecursiveArguments),
    /// Rows a second of `nameplate import`; disk, start and memory of a node with these records.
    Import(ImportArguments),
    /// Time of a core for reading a record and for a whole answer, without the socket.
    Answer(answer::AnswerArguments),
    /// Durable commits a second of single records from 1, 16 and 64 threads.
    Commit(commit::CommitArguments),
    /// Durable registrations a second: sessions, JSON API, bulk, beside PostgreSQL.
    Register(register::RegisterArguments),
    /// Observations a second, and one series as it was known at some moment.
    Facts(facts::FactsArguments),
    /// How far a copy is behind at a rate of registrations, beside the writer without one.
    Replication(replication::ReplicationArguments),
    /// A province's month from workbook to bulletin; the mark is 60 s.
    Monitor(monitor::MonitorArguments),
    /// All of these with their defaults: what docs/performance.md quotes.
    All,
    /// The node that is asked, in a process of its own.
    #[command(hide = true)]
    Node(resolve::peers::NodeArguments),
    /// The resolver that is asked, in a process of its own.
    #[command(hide = true)]
    Resolver(recursive::ResolverArguments),
    /// The node that registers, in a process of its own.
    #[command(hide = true)]
    Registrar(register::RegistrarArguments),
    /// The echo that it is compared with, in a process of its own.
    #[command(hide = true)]
    Echo(resolve::peers::EchoArguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.command {
        Command::Node(arguments) => resolve::peers::run_node(arguments),
        Command::Resolver(arguments) => recursive::run_resolver(arguments),
        Command::Registrar(arguments) => register::run_node(arguments),
        Command::Echo(arguments) => resolve::peers::run_echo(arguments),
        command => show(command, &arguments.manner),
    }
}

/// Runs what was asked for and prints the reports, each when it is ready.
fn show(command: &Command, manner: &Manner) -> Result<(), Failure> {
    let machine = Machine::look();
    let parent = Parent::choose(manner.folder.as_deref())?;
    let mut reports = Vec::new();
    for run in benchmarks(command) {
        let progress = Progress::new();
        let report = run(&parent, &progress)?;
        drop(progress);
        if !manner.json {
            if reports.is_empty() {
                println!("{machine}");
            }
            print!("\n{report}");
        }
        reports.push(report);
    }
    if manner.json {
        println!("{}", report::json(&machine, &reports)?);
    }
    Ok(())
}

type Benchmark<'a> = Box<dyn Fn(&Parent, &Progress) -> Result<Report, Failure> + 'a>;

/// The benchmarks of a command, in the order they run.
fn benchmarks(command: &Command) -> Vec<Benchmark<'_>> {
    match command {
        Command::Resolve(arguments) => vec![Box::new(|at, on| resolve::run(arguments, at, on))],
        Command::Recursive(arguments) => vec![Box::new(|at, on| recursive::run(arguments, at, on))],
        Command::Import(arguments) => vec![Box::new(|at, on| import::run(arguments, at, on))],
        Command::Answer(arguments) => vec![Box::new(|at, on| answer::run(arguments, at, on))],
        Command::Commit(arguments) => vec![Box::new(|at, on| commit::run(arguments, at, on))],
        Command::Register(arguments) => vec![Box::new(|at, on| register::run(arguments, at, on))],
        Command::Facts(arguments) => vec![Box::new(|at, on| facts::run(arguments, at, on))],
        Command::Replication(arguments) => {
            vec![Box::new(|at, on| replication::run(arguments, at, on))]
        }
        Command::Monitor(arguments) => vec![Box::new(|at, on| monitor::run(arguments, at, on))],
        Command::All => vec![
            Box::new(|at, on| resolve::run(&defaults(), at, on)),
            Box::new(|at, on| recursive::run(&defaults(), at, on)),
            Box::new(|at, on| answer::run(&defaults(), at, on)),
            Box::new(|at, on| import::run(&defaults(), at, on)),
            Box::new(|at, on| import::run(&defaults::<ImportArguments>().in_no_order(), at, on)),
            Box::new(|at, on| commit::run(&defaults(), at, on)),
            Box::new(|at, on| register::run(&defaults(), at, on)),
            Box::new(|at, on| facts::run(&defaults(), at, on)),
            Box::new(|at, on| replication::run(&defaults(), at, on)),
            Box::new(|at, on| monitor::run(&defaults(), at, on)),
        ],
        // They measure nothing by themselves.
        Command::Node(_) | Command::Resolver(_) | Command::Registrar(_) | Command::Echo(_) => {
            Vec::new()
        }
    }
}

/// The arguments of a benchmark when none are given.
fn defaults<A: Args>() -> A {
    /// A command line with these arguments only.
    #[derive(Parser)]
    struct Line<A: Args> {
        #[command(flatten)]
        arguments: A,
    }
    Line::parse_from(["bench"]).arguments
}
