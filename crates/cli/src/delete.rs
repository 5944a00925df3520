//! `nameplate delete`: identifiers that shall be there no longer.

use crate::login::{ServerArguments, conclude};
use crate::register::{EXIT_CODES, carry_out};
use clap::Args;
use engine::administrator::Order;
use model::Identifier;
use std::process::ExitCode;

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct DeleteArguments {
    /// The identifier, with all of its values.
    #[arg(value_name = "ID")]
    identifier: Identifier,
    #[command(flatten)]
    server: ServerArguments,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &DeleteArguments) -> ExitCode {
    let identifier = &arguments.identifier;
    conclude(carry_out(
        &arguments.server,
        &Order::delete(identifier),
        identifier.as_str(),
        "deleted",
        arguments.json,
    ))
}
