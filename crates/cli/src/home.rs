//! `nameplate home` and `nameplate unhome`: which prefixes a node answers for.

use crate::list::list;
use crate::login::{Failure, Outcome, ServerArguments, conclude};
use crate::register::{EXIT_CODES, carry_out};
use clap::Args;
use engine::administrator::Order;
use model::Prefix;
use std::process::ExitCode;

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct HomeArguments {
    /// The prefixes, such as 88.156.1.
    #[arg(value_name = "PREFIX", required_unless_present = "list")]
    prefixes: Vec<Prefix>,
    /// List the prefixes that the node is home to.
    #[arg(long, conflicts_with = "prefixes")]
    list: bool,
    #[command(flatten)]
    server: ServerArguments,
    /// Answer as JSON, a line for each prefix.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct UnhomeArguments {
    /// The prefixes. What is registered under them stays, and is not answered.
    #[arg(value_name = "PREFIX", required = true)]
    prefixes: Vec<Prefix>,
    #[command(flatten)]
    server: ServerArguments,
    /// Answer as JSON, a line for each prefix.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &HomeArguments) -> ExitCode {
    let HomeArguments { server, json, .. } = arguments;
    if arguments.list {
        let order = Order::list_homed();
        return conclude(list(server, &order, "homes", "0.NA/", *json));
    }
    let each = |prefix: &Prefix| {
        let done = "the node is home to it";
        let order = Order::home(prefix).map_err(|error| Failure::Usage(error.to_string()))?;
        carry_out(server, &order, prefix.as_str(), done, *json)
    };
    conclude(for_each(&arguments.prefixes, each))
}

pub(crate) fn unhome(arguments: &UnhomeArguments) -> ExitCode {
    let UnhomeArguments { server, json, .. } = arguments;
    let each = |prefix: &Prefix| {
        let done = "the node is no longer home to it";
        let order = Order::unhome(prefix).map_err(|error| Failure::Usage(error.to_string()))?;
        carry_out(server, &order, prefix.as_str(), done, *json)
    };
    conclude(for_each(&arguments.prefixes, each))
}

/// One prefix after the other, up to the first that is refused.
fn for_each(
    prefixes: &[Prefix],
    each: impl Fn(&Prefix) -> Result<Outcome, Failure>,
) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::Done;
    for prefix in prefixes {
        outcome = each(prefix)?;
        if matches!(outcome, Outcome::Told(code) if code != wire::ResponseCode::SUCCESS) {
            break;
        }
    }
    Ok(outcome)
}
