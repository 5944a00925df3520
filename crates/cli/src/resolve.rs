//! `nameplate resolve`: asks a node and shows its answer, to people or to programs.

mod address;
mod json;

use crate::output::say;
use clap::Args;
use client::{Client, Reply, Transport};
use engine::Question;
use model::{Identifier, Value};
use std::net::SocketAddr;
use std::process::ExitCode;
use wire::response::Answer;
use wire::{OpFlags, ResponseCode};

#[derive(Args)]
#[command(
    after_help = "Exit codes: 0 found, 1 no such identifier or value, 2 wrong usage, \
                        3 no answer, 4 any other answer."
)]
pub(crate) struct ResolveArguments {
    /// The identifier, such as 88.156.1/pump; without a slash, a prefix.
    #[arg(value_name = "ID")]
    identifier: Identifier,
    /// The node to ask, as host, host:port or [address]:port.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    server: String,
    /// Ask only for values of this type; a type that ends in '.' means its family. May be
    /// repeated.
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Ask only for the value with this index. May be repeated.
    #[arg(long = "index", value_name = "N")]
    indexes: Vec<u32>,
    /// Ask over UDP only.
    #[arg(long, conflicts_with = "tcp")]
    udp: bool,
    /// Ask over TCP only.
    #[arg(long)]
    tcp: bool,
    /// Print the answer as JSON, in the shape of the Handle System's HTTP API.
    #[arg(long)]
    json: bool,
}

const NOT_FOUND: u8 = 1;
const NO_ANSWER: u8 = 3;
const OTHER_ANSWER: u8 = 4;

pub(crate) fn run(arguments: &ResolveArguments) -> ExitCode {
    match address::parse(&arguments.server).and_then(|servers| ask_any(&servers, arguments)) {
        Ok(reply) => {
            show(&reply, arguments);
            exit_code(reply.answered.message.header.response_code)
        }
        Err(error) => {
            eprintln!("nameplate: {}: {error}", arguments.server);
            ExitCode::from(NO_ANSWER)
        }
    }
}

/// Asks the addresses of a node one after the other until one answers; if none does, tells why the
/// last did not.
fn ask_any(servers: &[SocketAddr], arguments: &ResolveArguments) -> Result<Reply, String> {
    let mut refusal = "the name has no address".to_owned();
    for &server in servers {
        match Client::new(server).and_then(|mut client| ask(&mut client, arguments)) {
            Ok(reply) => return Ok(reply),
            Err(error) => refusal = crate::with_causes(&error),
        }
    }
    Err(refusal)
}

fn ask(client: &mut Client, arguments: &ResolveArguments) -> Result<Reply, client::Error> {
    let mut question = Question::about(arguments.identifier.clone());
    for value_type in &arguments.types {
        question = question.of_type(value_type.clone());
    }
    for &index in &arguments.indexes {
        question = question.at_index(index);
    }
    match (arguments.udp, arguments.tcp) {
        (true, _) => client.ask_over(Transport::Udp, &question),
        (_, true) => client.ask_over(Transport::Tcp, &question),
        _ => client.ask(&question),
    }
}

fn exit_code(code: ResponseCode) -> ExitCode {
    match code {
        ResponseCode::SUCCESS => ExitCode::SUCCESS,
        ResponseCode::HANDLE_NOT_FOUND | ResponseCode::VALUES_NOT_FOUND => {
            ExitCode::from(NOT_FOUND)
        }
        _ => ExitCode::from(OTHER_ANSWER),
    }
}

fn show(reply: &Reply, arguments: &ResolveArguments) {
    if arguments.json {
        say(json::answer(&arguments.identifier, &reply.answered));
    } else {
        say(as_text(&arguments.identifier, reply).trim_end());
    }
}

/// The answer for people: a line about the answer, a line for each value.
pub(crate) fn as_text(identifier: &Identifier, reply: &Reply) -> String {
    let header = &reply.answered.message.header;
    let over = match reply.transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
    };
    let authority = if header.flags.contains(OpFlags::AUTHORITATIVE) {
        "authoritative"
    } else {
        "not authoritative"
    };
    let milliseconds = reply.took.as_secs_f64() * 1000.0;
    let code = header.response_code;
    let first = format!("{identifier}: {code}, {authority}, over {over} in {milliseconds:.2} ms\n");
    let rest = match &reply.answered.response.answer {
        Answer::Resolution(answer) => answer
            .values
            .iter()
            .map(|value| value_line(&value.value()))
            .collect(),
        Answer::Failure(failure) if !failure.text().is_empty() => {
            format!("  {}\n", printable(failure.text()))
        }
        _ => String::new(),
    };
    first + &rest
}

fn value_line(value: &Value) -> String {
    let value_type = printable(value.value_type.octets());
    format!(
        "{:>6}  {value_type:<12}  {}\n",
        value.index,
        printable(&value.data)
    )
}

/// Text as it is; anything else in hexadecimal. Control characters never reach the terminal.
fn printable(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) if !text.contains(char::is_control) => text.to_owned(),
        _ => format!("0x{}", hex::encode(octets)),
    }
}
