//! `nameplate register` and `nameplate add`: new identifiers, and more values of those that are
//! there.
//!
//! Beside it: `register/values.rs` how values are given. Not here: who asks ([`crate::login`]).

mod values;

pub(crate) use values::ValueArguments;

use crate::login::{
    Caller, Failure, Outcome, ServerArguments, advice, conclude, failure_text, name_text,
};
use crate::output::say;
use clap::Args;
use engine::administrator::Order;
use engine::exchange::Answered;
use model::Identifier;
use serde_json::{Value as Json, json};
use std::process::ExitCode;
use wire::response::Answer;
use wire::{OpFlags, ResponseCode};

/// What stands below the flags of every command of administration.
pub(crate) const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 there is no such identifier or value, or there is one already, 2 wrong \
usage, 3 no answer, 4 any other answer.";

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct RegisterArguments {
    /// The identifier, such as 88.156.1/pump; with --mint its beginning, such as 88.156.1/.
    #[arg(value_name = "ID")]
    identifier: Identifier,
    #[command(flatten)]
    values: ValueArguments,
    /// Replace the identifier if it is there.
    #[arg(long)]
    overwrite: bool,
    /// Let the node end the identifier with a random UUID, and say what became of it.
    #[arg(long, conflicts_with = "overwrite")]
    mint: bool,
    #[command(flatten)]
    server: ServerArguments,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct AddArguments {
    /// The identifier.
    #[arg(value_name = "ID")]
    identifier: Identifier,
    #[command(flatten)]
    values: ValueArguments,
    /// Replace values with the same indexes.
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    server: ServerArguments,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &RegisterArguments) -> ExitCode {
    conclude(register(arguments))
}

fn register(arguments: &RegisterArguments) -> Result<Outcome, Failure> {
    let values = arguments.values.read().map_err(Failure::Usage)?;
    let mut order = Order::register(&arguments.identifier, &values);
    if arguments.overwrite {
        order = order.overwriting();
    }
    if arguments.mint {
        order = order.minting();
    }
    carry_out(
        &arguments.server,
        &order,
        arguments.identifier.as_str(),
        "registered",
        arguments.json,
    )
}

pub(crate) fn add(arguments: &AddArguments) -> ExitCode {
    conclude(add_values(arguments))
}

fn add_values(arguments: &AddArguments) -> Result<Outcome, Failure> {
    let values = arguments.values.read_some().map_err(Failure::Usage)?;
    let mut order = Order::add(&arguments.identifier, &values);
    if arguments.overwrite {
        order = order.overwriting();
    }
    carry_out(
        &arguments.server,
        &order,
        arguments.identifier.as_str(),
        "values added",
        arguments.json,
    )
}

/// Gives one order about an identifier or a prefix and tells what came of it; `done` is what is
/// said then.
pub(crate) fn carry_out(
    server: &ServerArguments,
    order: &Order,
    subject: &str,
    done: &str,
    as_json: bool,
) -> Result<Outcome, Failure> {
    let caller = server.administrator(order.is_private(), 1)?;
    carry_out_as(&caller, order, subject, done, as_json)
}

/// The same, of somebody who may have asked already.
pub(crate) fn carry_out_as(
    caller: &Caller,
    order: &Order,
    subject: &str,
    done: &str,
    as_json: bool,
) -> Result<Outcome, Failure> {
    let answered = caller.ask(order, |_| ())?;
    let code = answered.message.header.response_code;
    // A node may have ended the identifier.
    let named = match &answered.response.answer {
        Answer::Creation(answer) => answer.identifier.as_deref().map(name_text),
        _ => None,
    };
    let subject = named.as_deref().unwrap_or(subject);
    if as_json {
        say(as_json_line(&answered, subject));
        return Ok(Outcome::Told(code));
    }
    if code != ResponseCode::SUCCESS {
        return Err(Failure::Answer {
            code,
            text: format!("{subject}: {}", failure_text(&answered)),
            advice: advice(code),
        });
    }
    let replaced = answered.message.header.flags.contains(OpFlags::OVERWRITE);
    let done = if replaced && done == "registered" {
        "replaced"
    } else {
        done
    };
    say(format_args!("{subject}: {done}"));
    Ok(Outcome::Done)
}

/// An answer in the shape of the HTTP API.
fn as_json_line(answered: &Answered, subject: &str) -> Json {
    let code = answered.message.header.response_code;
    let mut line = json!({ "responseCode": code.0, "handle": subject });
    if code != ResponseCode::SUCCESS {
        line["message"] = failure_text(answered).into();
    }
    line
}
