//! `nameplate keys expiring`: what runs out of all that a data folder holds. Not here: what does
//! (room `node`).

use crate::audit::look;
use crate::output::say;
use clap::Args;
use client::Clock;
use jiff::Timestamp;
use node::control;
use node::expiry::{self, RunsOut};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::{Snapshot, View};

const DAY_SECONDS: u64 = 86_400;

#[derive(Args)]
pub(super) struct ExpiringArguments {
    /// The data folder of a node, which may run, or a backup.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Within how many days.
    #[arg(long, value_name = "N", default_value_t = 30)]
    days: u32,
    /// Show all that runs out some day.
    #[arg(long, conflicts_with = "days")]
    all: bool,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &ExpiringArguments) -> Result<ExitCode, Box<dyn Error>> {
    let now = u64::from(Clock::date().0);
    let soon = now + u64::from(arguments.days) * DAY_SECONDS;
    let mut found = found(&arguments.data)?;
    if !arguments.all {
        found.retain(|it| it.at <= soon);
    }
    if arguments.json {
        say(serde_json::to_string_pretty(&found)?);
    } else {
        for it in &found {
            tell(it, now);
        }
    }
    let is_urgent = found.iter().any(|it| it.at <= soon);
    Ok(if is_urgent {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn found(data: &Path) -> Result<Vec<RunsOut>, Box<dyn Error>> {
    match Snapshot::look(data) {
        Err(store::Error::InUse { .. }) => Ok(control::ask_what_runs_out(data)?),
        // Again, for the words of its errors.
        Err(_) => look(data).map(|_| Vec::new()),
        Ok(snapshot) => Ok(expiry::of_all(&snapshot as &dyn View)?),
    }
}

fn tell(it: &RunsOut, now: u64) {
    let date = i64::try_from(it.at).ok();
    let date = date.and_then(|at| Timestamp::from_second(at).ok());
    let date = date.map_or_else(
        || it.at.to_string(),
        |at| at.strftime("%Y-%m-%d").to_string(),
    );
    let left = match it.at.checked_sub(now) {
        Some(left) => format!("in {} days", left / DAY_SECONDS),
        None => "has run out".to_owned(),
    };
    say(format_args!("{date} {left}: {}", it.what));
}
