//! Asking the sites that agree on the registry: whichever can say what became of an order.
//!
//! Not here: what is ordered ([`super`], [`crate::takeover`]), how an answer looks
//! ([`super::told`]).

use crate::login::{Caller, Failure, Outcome, ServerArguments, advice, failure_text};
use crate::output::{say, say_aside};
use crate::registry::told;
use crate::resolve::parse_address;
use bytes::Bytes;
use clap::Args;
use client::{Administrator, ask_any};
use engine::administrator::Order;
use engine::exchange::Answered;
use quorum::reading::{Kind, Thing};
use quorum::{Answer as Judged, Command, DataSet, DataSetName};
use std::net::SocketAddr;
use wire::ResponseCode;
use wire::registry::{OrderRequest, ReadingAnswer, ReadingRequest, Things};
use wire::response::Answer;

/// What stands below the flags of every command that orders something.
pub(crate) const ORDER_CODES: &str = "\
Exit codes: 0 done, or proposed, 1 the registry refuses, 2 wrong usage, 3 no answer, 4 any other \
answer: nobody leads, the outcome is unknown, or you are not believed.";

/// Which sites of the registry are asked.
#[derive(Args, Clone)]
pub(crate) struct SitesArguments {
    #[command(flatten)]
    server: ServerArguments,
    /// Another site of the registry, as `--server`, asked if those before it cannot say what became
    /// of it. May be given several times.
    #[arg(long = "or", value_name = "ADDR", conflicts_with = "site_key")]
    others: Vec<String>,
    /// Answer as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// An order, and what makes it one however often it is given.
#[derive(Args, Clone)]
pub(crate) struct OrderArguments {
    #[command(flatten)]
    pub(crate) sites: SitesArguments,
    /// The mark of an order whose outcome was unknown, to ask for it again.
    #[arg(long, value_name = "HEX", value_parser = mark)]
    mark: Option<[u8; 16]>,
}

fn mark(text: &str) -> Result<[u8; 16], String> {
    let octets = hex::decode(text).unwrap_or_default();
    let octets = <[u8; 16]>::try_from(octets);
    octets.map_err(|_| "a mark is 32 hexadecimal digits".to_owned())
}

/// Whoever asks, and the sites that are asked.
pub(crate) struct Asking {
    caller: Caller,
    sites: Vec<SocketAddr>,
}

impl SitesArguments {
    /// Someone who can ask.
    ///
    /// # Errors
    /// Flags are missing or wrong.
    pub(crate) fn asking(&self) -> Result<Asking, Failure> {
        let caller = self.server.administrator(false, 1)?;
        if caller.has_site_key() && !self.others.is_empty() {
            let text = "every site has a key of its own: with --site-key give one site, no --or";
            return Err(Failure::Usage(text.into()));
        }
        let mut sites = caller.addresses().to_vec();
        for other in &self.others {
            let found = parse_address(other);
            sites.extend(found.map_err(|error| Failure::Usage(format!("{other}: {error}")))?);
        }
        Ok(Asking { caller, sites })
    }
}

impl Asking {
    fn ask(&self, order: &Order) -> Result<Answered, Failure> {
        let asked = |site: &SocketAddr| -> Result<Administrator, Unasked> {
            self.caller.at(*site).map_err(Unasked::Failure)
        };
        let none = || Unasked::Failure(Failure::NoAnswer("the name has no address".into()));
        ask_any(self.sites.iter().map(asked), order, none).map_err(|unasked| match unasked {
            Unasked::Failure(failure) => failure,
            Unasked::Error(error) => self.caller.failed(&error),
        })
    }

    /// One page of things after a name, or the only one that is called so.
    fn page(
        &self,
        kind: Kind,
        asked: &ReadingRequest,
    ) -> Result<(ReadingAnswer, Vec<Thing>), Failure> {
        let answered = self.ask(&Order::read_registry(asked))?;
        let Answer::RegistryReading(told) = &answered.response.answer else {
            return Err(refusal("the registry", &answered));
        };
        let things = told.things.iter();
        let things = things.map(|octets| Thing::decode(kind, octets.clone()));
        let things: Result<_, _> = things.collect();
        let things = things.map_err(|error| {
            Failure::NoAnswer(format!(
                "the site says what this program cannot read: {error}"
            ))
        })?;
        Ok((told.clone(), things))
    }

    /// Hands over all things of a kind, page by page, each with what the site says of its own
    /// standing.
    pub(crate) fn read(
        &self,
        kind: Kind,
        only: &[u8],
        mut each: impl FnMut(&ReadingAnswer, Thing),
    ) -> Result<(), Failure> {
        let mut asked = ReadingRequest::of(Things(kind as u8)).only(only.to_vec());
        loop {
            let (told, things) = self.page(kind, &asked)?;
            for thing in things {
                each(&told, thing);
            }
            // A site that goes round in circles is not followed.
            if told.next.is_empty() || told.next <= asked.after {
                return Ok(());
            }
            asked = asked.after(told.next);
        }
    }

    /// How a data set stands.
    ///
    /// # Errors
    /// There is none of that name, or whoever asks is not told.
    pub(crate) fn data_set(&self, name: &DataSetName) -> Result<DataSet, Failure> {
        let mut found = None;
        self.read(Kind::DataSets, name.octets(), |_, thing| {
            if let Thing::DataSet { set, .. } = thing {
                found = Some(*set);
            }
        })?;
        found.ok_or_else(|| Failure::Answer {
            code: ResponseCode::HANDLE_NOT_FOUND,
            text: format!("{name}: there is no such data set"),
            advice: "`nameplate registry data-sets` shows which there are, `create` makes one",
        })
    }

    /// Gives an order and tells what came of it; `done` is what is said if there is nothing more to
    /// say.
    pub(crate) fn order(
        &self,
        arguments: &OrderArguments,
        command: &Command,
        subject: &str,
        done: &str,
    ) -> Result<Outcome, Failure> {
        let mark = match arguments.mark {
            Some(mark) => mark,
            None => client::draw_mark().map_err(|error| self.caller.failed(&error))?,
        };
        let order = Order::registry(&OrderRequest::new(mark, command.encode()));
        let answered = self.ask(&order);
        let is_unknown = match &answered {
            Ok(answered) => answered.message.header.response_code == ResponseCode::ERROR,
            Err(failure) => matches!(failure, Failure::NoAnswer(_)),
        };
        if is_unknown {
            say_aside(format_args!(
                "{subject}: it may have been carried out; to hear, ask again with --mark {}",
                hex::encode(mark)
            ));
        }
        let answered = answered?;
        let Answer::RegistryOrder(told) = &answered.response.answer else {
            return Err(refusal(subject, &answered));
        };
        let judged = judged(&told.answer)?;
        if arguments.sites.json {
            say(told::order_as_json(&judged, told.place, subject));
        } else if judged.is_done() {
            say(format_args!("{subject}: {}", told::order(&judged, done)));
        }
        match (judged, arguments.sites.json) {
            (Judged::Refused(_), true) => Ok(Outcome::Told(ResponseCode::HANDLE_NOT_FOUND)),
            (Judged::Refused(refusal), false) => Err(Failure::Answer {
                code: ResponseCode::HANDLE_NOT_FOUND,
                text: format!("{subject}: {}", told::refusal(&refusal)),
                advice: told::advice(&refusal),
            }),
            _ => Ok(Outcome::Done),
        }
    }
}

/// Why a site could not be asked.
enum Unasked {
    Failure(Failure),
    Error(client::Error),
}

impl From<client::Error> for Unasked {
    fn from(error: client::Error) -> Self {
        Self::Error(error)
    }
}

fn judged(octets: &Bytes) -> Result<Judged, Failure> {
    Judged::decode(octets.clone()).map_err(|error| {
        let text = format!("it was judged, but this program cannot read how: {error}");
        Failure::NoAnswer(text)
    })
}

fn refusal(subject: &str, answered: &Answered) -> Failure {
    let code = answered.message.header.response_code;
    Failure::Answer {
        code,
        text: format!("{subject}: {}", failure_text(answered)),
        advice: match code {
            ResponseCode::OPERATION_NOT_SUPPORTED => {
                "is it one of the sites that agree on the registry?"
            }
            ResponseCode::INSUFFICIENT_PERMISSIONS => {
                "`nameplate registry grant-rights`, by somebody who may"
            }
            code => advice(code),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_sixteen_octets_and_nothing_else() {
        let text = "000102030405060708090a0b0c0d0e0f";
        assert_eq!(mark(text).map(|mark| mark[15]), Ok(15));
        for wrong in ["", "00", "x", &text[1..], &format!("{text}00")] {
            assert!(mark(wrong).is_err(), "{wrong}");
        }
    }
}
