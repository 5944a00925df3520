//! `nameplate list`: the identifiers under a prefix, as they come.

use crate::login::{Failure, Outcome, ServerArguments, advice, conclude, failure_text, name_text};
use crate::output::say;
use clap::Args;
use engine::administrator::Order;
use model::Prefix;
use serde_json::Value as Json;
use std::process::ExitCode;
use wire::ResponseCode;
use wire::response::Answer;

#[derive(Args)]
#[command(
    after_help = "Nodes say identifiers in capitals, unless they are set to say them as they were \
                  spelled.\n\nExit codes: 0 listed, 2 wrong usage, 3 no answer, 4 any other answer."
)]
pub(crate) struct ListArguments {
    /// The prefix, such as 88.156.1.
    #[arg(value_name = "PREFIX")]
    prefix: Prefix,
    #[command(flatten)]
    server: ServerArguments,
    /// Answer as JSON: a string a line.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &ListArguments) -> ExitCode {
    conclude(list_identifiers(arguments))
}

fn list_identifiers(arguments: &ListArguments) -> Result<Outcome, Failure> {
    let order = Order::list(&arguments.prefix);
    let order = order.map_err(|error| Failure::Usage(error.to_string()))?;
    let subject = arguments.prefix.as_str();
    list(&arguments.server, &order, subject, "", arguments.json)
}

/// Says the names of a list, without what all of them begin with.
pub(crate) fn list(
    server: &ServerArguments,
    order: &Order,
    subject: &str,
    beginning: &str,
    as_json: bool,
) -> Result<Outcome, Failure> {
    let caller = server.administrator(false, 1)?;
    let answered = caller.ask(order, |part| {
        let Answer::Listing(listing) = &part.response.answer else {
            return;
        };
        for name in &listing.identifiers {
            let name = name_text(name);
            let name = name.strip_prefix(beginning).unwrap_or(&name);
            if as_json {
                say(Json::from(name));
            } else {
                say(name);
            }
        }
    })?;
    let code = answered.message.header.response_code;
    if code == ResponseCode::SUCCESS {
        return Ok(Outcome::Done);
    }
    Err(Failure::Answer {
        code,
        text: format!("{subject}: {}", failure_text(&answered)),
        advice: advice(code),
    })
}
