//! `nameplate audit show`: what the audit trail says of one identifier.

use super::{ShowArguments, date, look};
use crate::output::{say, say_aside};
use model::audit::{NO_TRANSPORT, Note};
use model::identifier::PREFIX_OF_PREFIXES;
use model::site::Transport;
use model::{Identifier, Key, Prefix, SuffixCase};
use serde_json::{Value, json};
use std::error::Error;
use std::process::ExitCode;
use store::Position;
use wire::Opcode;

pub(super) fn run(arguments: &ShowArguments) -> Result<ExitCode, Box<dyn Error>> {
    let snapshot = look(&arguments.data)?;
    let identifier = &arguments.identifier;
    let mut notes = Vec::new();
    for key in keys(identifier, snapshot.settings().suffix_case) {
        for note in store::audit::notes_about(&snapshot, &key) {
            notes.push(note?);
        }
    }
    notes.sort_by_key(|(position, _)| *position);
    if arguments.json {
        let all: Vec<Value> = notes.iter().map(as_json).collect();
        let shown = json!({ "identifier": identifier.as_str(), "notes": all });
        say(serde_json::to_string_pretty(&shown)?);
    } else {
        for note in &notes {
            tell(note, identifier);
        }
    }
    if notes.is_empty() {
        say_aside(format_args!(
            "nothing is noted of {}",
            printable(identifier.spelling())
        ));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Under which keys notes about an identifier stand: of its record, and if it is that of a prefix,
/// of the node's being home to it.
fn keys(identifier: &Identifier, case: SuffixCase) -> Vec<Key> {
    let mut keys = vec![Key::record(identifier, case)];
    let prefix = identifier.prefix();
    if prefix.as_str().eq_ignore_ascii_case(PREFIX_OF_PREFIXES)
        && let Ok(prefix) = identifier.suffix().parse::<Prefix>()
    {
        keys.push(Key::homed(&prefix));
    }
    keys
}

fn tell((position, note): &(Position, Note), asked: &Identifier) {
    let what = Opcode(note.opcode);
    let spelled = if note.spelling == *asked.spelling() {
        String::new()
    } else {
        format!(" {}", printable(&note.spelling))
    };
    say(format_args!("{}  {what}{spelled}", date(note.date_ms)));
    say(format_args!("    by {}{}", who(note), from_where(note)));
    let request = note
        .request
        .map(|digest| format!(", request {}", hex::encode(digest)));
    say(format_args!(
        "    entry {position}{}",
        request.unwrap_or_default()
    ));
}

fn who(note: &Note) -> String {
    match &note.identity {
        Some(identity) => {
            let identifier = printable(&identity.identifier);
            format!("{}:{identifier} ({})", identity.index, note.means)
        }
        None => note.means.to_string(),
    }
}

fn from_where(note: &Note) -> String {
    let source = if note.source.is_empty() {
        String::new()
    } else {
        format!(" from {}", printable(&note.source))
    };
    match note.transport {
        NO_TRANSPORT => source,
        transport => format!("{source} over {}", transport_name(transport)),
    }
}

fn transport_name(transport: Transport) -> String {
    match transport {
        Transport::UDP => "UDP".into(),
        Transport::TCP => "TCP".into(),
        Transport::HTTP => "HTTP".into(),
        Transport::HTTPS => "HTTPS".into(),
        Transport(number) => format!("transport {number}"),
    }
}

fn as_json((position, note): &(Position, Note)) -> Value {
    let identity = note.identity.as_ref();
    json!({
        "entry": position.0,
        "date": date_as_json(note.date_ms),
        "date_ms": note.date_ms,
        "opcode": note.opcode,
        "operation": Opcode(note.opcode).name(),
        "spelling": printable(&note.spelling),
        "identity": identity.map(|identity| json!({
            "handle": printable(&identity.identifier),
            "index": identity.index,
        })),
        "means": note.means.to_string(),
        "source": printable(&note.source),
        "transport": (note.transport != NO_TRANSPORT).then(|| transport_name(note.transport)),
        "request_sha256": note.request.map(hex::encode),
    })
}

/// As RFC 3339 writes it; none if no calendar has it.
fn date_as_json(date_ms: u64) -> Option<String> {
    let ms = i64::try_from(date_ms).ok()?;
    Some(jiff::Timestamp::from_millisecond(ms).ok()?.to_string())
}

/// Text as it is; anything else in hexadecimal. Control characters never reach the terminal.
fn printable(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) if !text.contains(char::is_control) => text.to_owned(),
        _ => format!("0x{}", hex::encode(octets)),
    }
}
