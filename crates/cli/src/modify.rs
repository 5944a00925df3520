//! `nameplate modify` and `nameplate remove`: other values under indexes that are there, or none.
//!
//! Not here: more values (`register.rs`), whole identifiers (`delete.rs`).

use crate::login::{Failure, Outcome, ServerArguments, conclude};
use crate::register::{EXIT_CODES, ValueArguments, carry_out};
use clap::Args;
use engine::administrator::Order;
use model::Identifier;
use std::process::ExitCode;

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct ModifyArguments {
    /// The identifier.
    #[arg(value_name = "ID")]
    identifier: Identifier,
    #[command(flatten)]
    values: ValueArguments,
    #[command(flatten)]
    server: ServerArguments,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct RemoveArguments {
    /// The identifier.
    #[arg(value_name = "ID")]
    identifier: Identifier,
    /// The indexes of the values.
    #[arg(value_name = "INDEX", required = true)]
    indexes: Vec<u32>,
    #[command(flatten)]
    server: ServerArguments,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &ModifyArguments) -> ExitCode {
    conclude(modify(arguments))
}

fn modify(arguments: &ModifyArguments) -> Result<Outcome, Failure> {
    let values = arguments.values.read_some().map_err(Failure::Usage)?;
    let identifier = &arguments.identifier;
    carry_out(
        &arguments.server,
        &Order::modify(identifier, &values),
        identifier.as_str(),
        "values replaced",
        arguments.json,
    )
}

pub(crate) fn remove(arguments: &RemoveArguments) -> ExitCode {
    let identifier = &arguments.identifier;
    conclude(carry_out(
        &arguments.server,
        &Order::remove(identifier, &arguments.indexes),
        identifier.as_str(),
        "values removed",
        arguments.json,
    ))
}
