//! Where answers meet copies: who is sent a stream, what a copy itself answers, and when a request
//! that comes again is answered.
//!
//! Not here: what is sent (`replication`), who may have it (room `engine`).

use super::{Answerer, Reply};
use crate::replication::source::Stream;
use crate::visitor::Visitor;
use client::Clock;
use engine::Origin;
use engine::replication::Wanted;
use tokio::sync::oneshot;
use wire::{Message, Opcode, ResponseCode};

impl Answerer {
    /// The refusal of what a copy does not do: changes are its source's, and as long as it does not
    /// have everything it says of nothing that it is not there.
    pub(super) fn refuse_as_copy(&self, request: &Message, origin: &Origin) -> Option<Message> {
        if !self.replication.is_copy() || request.header.is_response() {
            return None;
        }
        let opcode = request.header.opcode;
        let (code, text) = if *origin == Origin::Local && is_change(opcode) {
            // The reference software's words; who asks over the network hears them from the plan.
            (ResponseCode::SERVER_NOT_RESPONSIBLE, "Not a primary server")
        } else if opcode != Opcode::GET_SITE_INFO && self.replication.is_incomplete() {
            let text = "this copy does not have everything yet; ask another server";
            (ResponseCode::SERVER_BUSY, text)
        } else {
            return None;
        };
        Some(self.authority.fail(request, code, text, Clock::date()))
    }

    /// An answer that a stream follows, if there is a connection and room for it.
    pub(super) fn begin_stream(
        &self,
        request: &Message,
        origin: &Origin,
        visitor: Visitor,
        reply: Reply,
        wanted: Wanted,
    ) -> Reply {
        let version = reply.message.envelope.version;
        let refuse = |code, text| {
            self.authority
                .fail(request, code, text, Clock::date())
                .into()
        };
        let Origin::Known(known) = origin else {
            let text = "only mirrors are sent that";
            return refuse(ResponseCode::OPERATION_NOT_SUPPORTED, text);
        };
        if visitor.line.is_none() {
            let text = "what follows the answer needs a connection: ask over TCP";
            return refuse(ResponseCode::OPERATION_NOT_SUPPORTED, text);
        }
        if let Some(text) = self.replication.unprotected(version) {
            return refuse(ResponseCode::OPERATION_NOT_SUPPORTED, text);
        }
        let Some(permit) = self.replication.admit(wanted.is_dump()) else {
            let text = "as many copies are being made as this node allows; try again later";
            return refuse(ResponseCode::SERVER_BUSY, text);
        };
        let stream = Stream {
            wanted,
            who: known.identity.clone(),
            version,
            _permit: permit,
        };
        Reply {
            stream: Some(stream),
            ..reply
        }
    }

    /// Waits before a request is answered again that was carried out before, for the copies that
    /// the first answer may have waited for in vain: nothing less is promised by asking twice.
    pub(super) async fn confirm_again(
        &self,
        request: &Message,
        origin: &Origin,
        answer: &Message,
    ) -> Result<(), store::Error> {
        let is_done = answer.header.response_code == ResponseCode::SUCCESS
            && matches!(origin, Origin::Known(_))
            && is_change(request.header.opcode);
        if !is_done || !self.replication.waits_at_all() {
            return Ok(());
        }
        let (done, waiting) = oneshot::channel();
        let needed = self.replication.copies_needed_at_most();
        let position = self.store.head().position;
        let tell = move |outcome| drop(done.send(outcome));
        self.replication.when_confirmed(position, needed, tell);
        waiting.await.unwrap_or(Err(store::Error::Closed)).map(drop)
    }
}

pub(super) fn is_change(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::CREATE_HANDLE
            | Opcode::DELETE_HANDLE
            | Opcode::ADD_VALUE
            | Opcode::REMOVE_VALUE
            | Opcode::MODIFY_VALUE
            | Opcode::HOME_PREFIX
            | Opcode::UNHOME_PREFIX
    )
}
