//! Orders to the registry, and questions about it: what of a message goes to the members, and what
//! of their answer goes back.
//!
//! Who asks has been authenticated here; whether they may is judged in the order of the log. Not
//! here: challenges and messages (`answerer/ordering`), what orders do (room `quorum`).

use super::group::Described;
use super::{BUSY, Disagreed, Registry, UNKNOWN};
use crate::registry::driver::Event;
use bytes::Bytes;
use engine::authority::Known;
use model::Reference;
use quorum::reading::{Kind, Page, Thing};
use quorum::{Command, Outcome, Position};
use std::time::Duration;
use tokio::sync::oneshot;
use wire::ResponseCode;
use wire::registry::{AGE_UNKNOWN, MARK_OCTETS, OrderAnswer, OrderRequest, Place};
use wire::registry::{ReadingAnswer, ReadingRequest};

/// How many octets of things one answer has, about: it fits the shortest messages that peers take.
const PAGE_OCTETS: usize = 48 * 1024;

/// A question about the registry, for the thread of the member.
pub(super) struct Reading {
    pub(super) who: Reference,
    pub(super) kind: Kind,
    pub(super) only: Bytes,
    pub(super) after: Bytes,
}

/// What the member says.
pub(super) struct Told {
    pub(super) position: Position,
    pub(super) time_us: u64,
    pub(super) age: Option<Duration>,
    /// None if whoever asks is not told.
    pub(super) page: Option<Page>,
}

impl Reading {
    /// What a registry says to it.
    pub(super) fn page(&self, registry: &quorum::Registry) -> Option<Page> {
        let may = registry.may_read(&self.who, self.kind, &self.only);
        may.then(|| registry.page(self.kind, &self.only, &self.after, PAGE_OCTETS))
    }
}

impl Registry {
    /// Has the members agree on what somebody orders.
    ///
    /// # Errors
    /// What to tell whoever asked.
    pub(crate) async fn order(
        &self,
        order: &OrderRequest,
        known: &Known,
    ) -> Result<OrderAnswer, Disagreed> {
        let request = request(order, known)?;
        let (tell, told) = oneshot::channel();
        let request = Box::new(request);
        let asked = Event::Asked { request, tell };
        self.events.try_send(asked).map_err(|_| BUSY)?;
        match told.await.unwrap_or(Outcome::Unknown) {
            Outcome::Answered(answer, position) => Ok(OrderAnswer {
                place: place(position),
                answer: answer.encode(),
            }),
            Outcome::Busy => Err(BUSY),
            Outcome::Unknown => Err(UNKNOWN),
        }
    }

    /// Tells somebody what the registry says, as far as this member has it.
    ///
    /// # Errors
    /// What to tell them instead.
    pub(crate) async fn read(
        &self,
        asked: &ReadingRequest,
        known: &Known,
    ) -> Result<ReadingAnswer, Disagreed> {
        let reading = Box::new(Reading {
            who: asker(known)?,
            kind: Kind::of(asked.things.0).ok_or(NO_THINGS)?,
            only: asked.only.clone(),
            after: asked.after.clone(),
        });
        let (tell, told) = oneshot::channel();
        let asked = Event::Read { reading, tell };
        self.events.try_send(asked).map_err(|_| STOPPED)?;
        let told = told.await.map_err(|_| STOPPED)?;
        let page = told.page.ok_or(NOT_TOLD)?;
        let age_us = told.age.and_then(|age| u64::try_from(age.as_micros()).ok());
        Ok(ReadingAnswer {
            place: place(told.position),
            time_us: told.time_us,
            age_us: age_us.unwrap_or(AGE_UNKNOWN),
            things: page.things.iter().map(Thing::encode).collect(),
            next: page.next.unwrap_or_default(),
        })
    }
}

/// What the members are asked by an order.
fn request(order: &OrderRequest, known: &Known) -> Result<quorum::Request, Disagreed> {
    let command = Command::decode(order.command.clone()).map_err(|_| NO_COMMAND)?;
    let command = command.canonical().map_err(|_| NO_COMMAND)?;
    is_for_orders(&command)?;
    let mut mark = [0; 32];
    // Other requests bear a digest here; a command is another, or it is this very one.
    if let Some(place) = mark.first_chunk_mut::<MARK_OCTETS>() {
        *place = order.mark;
    }
    let request = quorum::Request {
        mark,
        identity: asker(known)?,
        command,
    };
    // What the others could not read must not be agreed on.
    request.checked().map_err(|_| NO_COMMAND)?;
    Ok(request)
}

/// Whether a command can be ordered. Records of prefixes are changed as records, where the plan
/// judges who may; a command that says what was judged is between members alone.
fn is_for_orders(command: &Command) -> Result<(), Disagreed> {
    match command {
        Command::PutDelegation { .. }
        | Command::RemoveDelegation { .. }
        | Command::PutSites { .. }
        | Command::PutDelegationAsSeen { .. } => Err(AS_RECORDS),
        Command::AddMember { octets, .. } if Described::decode(octets.clone()).is_none() => {
            Err(NOT_DESCRIBED)
        }
        _ => Ok(()),
    }
}

/// Who asks, as the registry knows them.
fn asker(known: &Known) -> Result<Reference, Disagreed> {
    let identity = Reference {
        identifier: known.identity.identifier.clone(),
        index: known.identity.index,
    };
    quorum::canonical(&identity).map_err(|_| NOT_TOLD)
}

fn place(position: Position) -> Place {
    Place {
        term: position.term,
        index: position.index,
    }
}

const NO_COMMAND: Disagreed = Disagreed::Refused(
    ResponseCode::INVALID_VALUE,
    "this is no command to the registry that this site knows; nothing was done",
);
const AS_RECORDS: Disagreed = Disagreed::Refused(
    ResponseCode::OPERATION_NOT_SUPPORTED,
    "delegations are changed as the records 0.NA/PREFIX that they are; nothing was done",
);
const NOT_DESCRIBED: Disagreed = Disagreed::Refused(
    ResponseCode::INVALID_VALUE,
    "a member must be described by its role, its address and its key; nothing was done",
);
const NO_THINGS: Disagreed = Disagreed::Refused(
    ResponseCode::INVALID_VALUE,
    "the registry has no things of that kind",
);
const NOT_TOLD: Disagreed = Disagreed::Refused(
    ResponseCode::INSUFFICIENT_PERMISSIONS,
    "the registry tells this only to those who have a right in it; of a single data set, everybody",
);
const STOPPED: Disagreed = Disagreed::Refused(
    ResponseCode::SERVER_BUSY,
    "this site cannot say how the registry stands now; ask another",
);

#[cfg(test)]
mod tests {
    use super::*;
    use quorum::{MemberId, Rights};
    use wire::Identity;

    fn known(identifier: &str) -> Known {
        Known {
            identity: Identity::new(identifier.to_owned(), 300),
            means: engine::Means::SESSION,
        }
    }

    #[test]
    fn what_members_say_to_each_other_cannot_be_ordered() {
        let prefix = Bytes::from_static(b"88");
        let (serial, octets) = (2, Bytes::new());
        let check = |command: Command, wanted: Option<Disagreed>| {
            let order = OrderRequest::new([7; 16], command.encode());
            assert_eq!(request(&order, &known("0.NA/88")).err(), wanted);
        };
        check(
            Command::PutDelegationAsSeen {
                prefix: prefix.clone(),
                serial,
                octets: octets.clone(),
                seen: Vec::new(),
            },
            Some(AS_RECORDS),
        );
        check(
            Command::PutDelegation {
                prefix: prefix.clone(),
                serial,
                octets: octets.clone(),
            },
            Some(AS_RECORDS),
        );
        check(
            Command::RemoveDelegation { prefix, serial },
            Some(AS_RECORDS),
        );
        let member = MemberId(8);
        check(Command::AddMember { member, octets }, Some(NOT_DESCRIBED));
        check(Command::RemoveMember { member }, None);
        let order = OrderRequest::new([7; 16], "\x63");
        assert_eq!(
            request(&order, &known("0.NA/88")).err(),
            Some(NO_COMMAND),
            "a command of a newer version"
        );
    }

    #[test]
    fn an_order_is_the_same_however_its_asker_is_spelled_and_wherever_it_is_asked() {
        let admin = Reference {
            identifier: "0.na/88.1a".into(),
            index: 300,
        };
        let rights = Rights::ALL;
        let command = Command::PutAdmin { admin, rights }.encode();
        let order = OrderRequest::new([7; 16], command.clone());
        let asked = request(&order, &known("0.na/88")).unwrap();
        assert_eq!(asked.identity.identifier, "0.NA/88");
        assert_eq!(asked, request(&order, &known("0.NA/88")).unwrap());
        let other = OrderRequest::new([8; 16], command);
        let other = request(&other, &known("0.NA/88")).unwrap();
        assert_ne!(asked.digest(), other.digest(), "meant twice");
    }
}
