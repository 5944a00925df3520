//! Records in JSON: one a line, or all as members of one object. Not here: values, which `model`
//! reads, and cutting the object into members (`members.rs`).

use super::item::{Action, Item, Place, Refusal, Source};
use super::lines::{LINE_OCTETS_MAX, Line, Lines};
use super::members::{Member, Members};
use model::{Identifier, Prefix, Value};
use serde::Deserialize;
use std::fmt::Display;
use std::io::BufRead;

#[cfg(test)]
mod tests;

/// How the identifier that stands for a prefix begins.
const PREFIX_OF_PREFIXES: &str = "0.NA/";

/// A record as the HTTP API answers it; other members are ignored.
#[derive(Deserialize)]
struct RecordForm {
    handle: Option<String>,
    values: Vec<Value>,
}

/// JSON Lines.
pub(super) struct JsonLines<R>(Lines<R>);

impl<R: BufRead> JsonLines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self(Lines::new(reader))
    }
}

impl<R: BufRead> Source for JsonLines<R> {
    fn next_item(&mut self) -> Result<Option<Result<Item, Refusal>>, Refusal> {
        let place = Place::Line(self.0.number() + 1);
        let line = self.0.next_line();
        let line = line.map_err(|error| broken(place, &error))?;
        let Some(line) = line else { return Ok(None) };
        Ok(Some(match line {
            Line::TooLong => Err(too_long(place)),
            Line::Octets(octets) if octets.trim_ascii().is_empty() => {
                let action = Action::Nothing("the line is empty");
                Ok(Item { place, action })
            }
            Line::Octets(octets) => record(octets, None, place).map(|(identifier, values)| Item {
                place,
                action: Action::Register(identifier, values),
            }),
        }))
    }
}

/// One JSON object: `{"homedPrefixes":[…],"handleRecords":{"88.1/x":{…}}}` as the reference server
/// loads it, or `{"handles":{"88.1/x":{…}}}` as clients keep it.
pub(super) struct ReferenceJson<R> {
    members: Members<R>,
    count: u64,
    /// Whether anything was there that is known.
    is_known: bool,
}

impl<R: BufRead> ReferenceJson<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            members: Members::new(reader),
            count: 0,
            is_known: false,
        }
    }
}

impl<R: BufRead> Source for ReferenceJson<R> {
    fn next_item(&mut self) -> Result<Option<Result<Item, Refusal>>, Refusal> {
        let place = Place::Record(self.count + 1);
        let member = self.members.next_member();
        let member = member.map_err(|error| Refusal::new(place, error))?;
        let Some(member) = member else {
            if self.is_known {
                return Ok(None);
            }
            let reason = "the object has neither `handleRecords` nor `handles`; is it JSON Lines? \
                          (--format jsonl)";
            return Err(Refusal::new(place, reason));
        };
        self.count += 1;
        self.is_known |= matches!(member.of, "homedPrefixes" | "handleRecords" | "handles");
        Ok(Some(
            action(&member, place).map(|action| Item { place, action }),
        ))
    }
}

fn action(member: &Member<'_>, place: Place) -> Result<Action, Refusal> {
    let Some(json) = member.json else {
        return Err(too_long(place).about(member.name));
    };
    match member.of {
        "homedPrefixes" => homed_prefix(json, place).map(Action::Home),
        "handleRecords" => {
            let (identifier, values) = record(json, member.name, place)?;
            Ok(Action::RegisterOnly(identifier, values))
        }
        "handles" => {
            let (identifier, values) = record(json, member.name, place)?;
            Ok(Action::Register(identifier, values))
        }
        _ => Ok(Action::Nothing("no record")),
    }
}

fn homed_prefix(json: &[u8], place: Place) -> Result<Prefix, Refusal> {
    let text: String = serde_json::from_slice(json).map_err(|error| wrong(place, &error))?;
    prefix(&text).map_err(|error| Refusal::new(place, error).about(Some(&text)))
}

/// The prefix that `0.NA/88.1`, or `88.1`, stands for.
pub(super) fn prefix(text: &str) -> Result<Prefix, model::Error> {
    let head = text.get(..PREFIX_OF_PREFIXES.len());
    let is_identifier = head.is_some_and(|head| head.eq_ignore_ascii_case(PREFIX_OF_PREFIXES));
    let named = if is_identifier {
        text.get(PREFIX_OF_PREFIXES.len()..).unwrap_or_default()
    } else {
        text
    };
    named.parse()
}

fn record(
    json: &[u8],
    name: Option<&str>,
    place: Place,
) -> Result<(Identifier, Vec<Value>), Refusal> {
    let form: RecordForm =
        serde_json::from_slice(json).map_err(|error| wrong(place, &error).about(name))?;
    let handle = form.handle.as_deref().or(name);
    let handle = handle.ok_or_else(|| Refusal::new(place, "missing field `handle`"))?;
    let identifier: Identifier = handle
        .parse()
        .map_err(|error| Refusal::new(place, error).about(Some(handle)))?;
    Ok((identifier, form.values))
}

/// What is wrong with JSON; of its own line and column only the column says something.
fn wrong(place: Place, error: &serde_json::Error) -> Refusal {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    let reason = match text.strip_suffix(&position) {
        Some(reason) if error.line() == 1 => format!("{reason} (column {})", error.column()),
        _ => text,
    };
    Refusal::new(place, reason)
}

fn too_long(place: Place) -> Refusal {
    let reason = format!("the record has more than {LINE_OCTETS_MAX} octets of JSON");
    Refusal::new(place, reason)
}

pub(super) fn broken(place: Place, error: &dyn Display) -> Refusal {
    Refusal::new(place, format!("the file cannot be read further: {error}"))
}
