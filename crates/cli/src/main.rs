//! `nameplate`: any node of the identifier system, and the tools around it, in one program.
//!
//! Not here: what a subcommand does; each has a file of its own.

#![forbid(unsafe_code)]

mod demo;
mod import;
mod output;
mod resolve;
mod serve;

use clap::{Parser, Subcommand};
use std::error::Error;
use std::io::IsTerminal;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// A node of the industrial internet's identifier and resolution system.
///
/// 铭牌：工业互联网标识解析体系的节点。
#[derive(Parser)]
#[command(
    name = "nameplate",
    version,
    propagate_version = true,
    max_term_width = 100
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the whole system at work on this machine. (演示)
    Demo(demo::DemoArguments),
    /// Run a node on a data folder. (运行节点)
    Serve(serve::ServeArguments),
    /// Ask a node for the values of an identifier. (解析标识)
    Resolve(resolve::ResolveArguments),
    /// Register the identifiers of a CSV file in a data folder. (批量导入)
    Import(import::ImportArguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_logging();
    let done = match arguments.command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Resolve(arguments) => Ok(resolve::run(&arguments)),
        Command::Import(arguments) => import::run(&arguments),
    };
    match done {
        Ok(_) if output::has_failed() => {
            eprintln!("nameplate: standard output cannot be written to");
            ExitCode::FAILURE
        }
        Ok(code) => code,
        Err(error) => {
            eprintln!("nameplate: {}", with_causes(&*error));
            ExitCode::FAILURE
        }
    }
}

/// Logs go to standard error; `NAMEPLATE_LOG` says how much (default: `warn`).
fn start_logging() {
    let filter = EnvFilter::try_from_env("NAMEPLATE_LOG").inspect_err(|error| {
        if std::env::var_os("NAMEPLATE_LOG").is_some() {
            eprintln!("nameplate: NAMEPLATE_LOG: {error}");
        }
    });
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|_| EnvFilter::new("warn")))
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .init();
}

/// An error and what caused it, in one line, without saying the same twice.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
