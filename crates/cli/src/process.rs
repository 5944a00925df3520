//! How the program begins and ends as a process: its own log, its exit code, what is said of an
//! error.
//!
//! Not here: the log of a node, which is as its configuration says.

use crate::output;
use node::config::LogConfig;
use node::logging::Logging;
use std::error::Error;
use std::process::ExitCode;

/// Logs go to standard error; `NAMEPLATE_LOG` says how much (default: `warn`).
pub(crate) fn start_log() -> Option<Logging> {
    let log = Logging::start(&LogConfig::default());
    log.inspect_err(|error| eprintln!("nameplate: {error}"))
        .ok()
}

/// The exit code of what was done; an error is said on standard error with what caused it.
pub(crate) fn end(done: Result<ExitCode, Box<dyn Error>>) -> ExitCode {
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

/// An error and what caused it, in one line, without saying the same twice.
pub(crate) fn with_causes(error: &dyn Error) -> String {
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
