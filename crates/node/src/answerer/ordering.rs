//! Messages to the registry: orders and questions, each after a proof of who asks.
//!
//! There is no plan for them: what they are about is not in the store. Not here: what the members
//! agree on (`registry/orders`).

use super::{Answerer, Challenging, Reply};
use crate::registry::{Disagreed, Registry};
use crate::visitor::Visitor;
use client::Clock;
use engine::{Event, Known, Origin};
use wire::registry::{OrderRequest, ReadingRequest};
use wire::response::Answer as Body;
use wire::{Message, Opcode, ResponseCode};

impl Answerer {
    /// Answers what [is for the registry](is_for_registry); none if this node is no member, or the
    /// plan says better what is wrong.
    pub(super) async fn answer_order(
        &self,
        request: &Message,
        origin: &Origin,
        challenging: Challenging,
        visitor: Visitor,
    ) -> Option<Reply> {
        let registry = self.registry()?;
        let known = match origin {
            Origin::Known(known) => known,
            // What is wrong with a session that is not there, the plan says.
            Origin::Network if request.envelope.session_id != 0 => return None,
            Origin::Network | Origin::Session => {
                return Some(self.ask_who(request, challenging, visitor));
            }
            Origin::Local => {
                let code = ResponseCode::INSUFFICIENT_PERMISSIONS;
                let text = "ask over the network, with an identity that the registry knows";
                return Some(self.fail_first(request, code, text).into());
            }
        };
        let answered = match request.header.opcode {
            Opcode::REGISTRY_ORDER => ordered(registry, request, known).await,
            _ => told(registry, request, known).await,
        };
        Some(match answered {
            Ok(body) => {
                self.note(&Event::Answered {
                    opcode: request.header.opcode,
                    code: ResponseCode::SUCCESS,
                });
                self.authority.succeed(request, body, Clock::date()).into()
            }
            Err((code, text)) => self.fail_first(request, code, &text).into(),
        })
    }

    /// Has whoever asks prove who they are.
    fn ask_who(&self, request: &Message, challenging: Challenging, visitor: Visitor) -> Reply {
        if matches!(challenging, Challenging::LogInFirst) {
            return self.log_in_first(request).into();
        }
        let challenge = self.challenge(request, challenging, visitor.source);
        let full = || {
            let text = "too many challenges wait for their answers; nothing was done, try again";
            self.fail_first(request, ResponseCode::SERVER_BUSY, text)
        };
        challenge.unwrap_or_else(full).into()
    }
}

/// Whether a request is one of our own, for the members of the registry.
pub(super) fn is_for_registry(request: &Message) -> bool {
    let opcodes = [Opcode::REGISTRY_ORDER, Opcode::REGISTRY_READING];
    opcodes.contains(&request.header.opcode) && !request.header.is_response()
}

type Answered = Result<Body, (ResponseCode, String)>;

async fn ordered(registry: &Registry, request: &Message, known: &Known) -> Answered {
    let order = OrderRequest::decode(request.body.clone()).map_err(|error| malformed(&error))?;
    let ordered = registry.order(&order, known).await;
    ordered.map(Body::RegistryOrder).map_err(refused)
}

async fn told(registry: &Registry, request: &Message, known: &Known) -> Answered {
    let asked = ReadingRequest::decode(request.body.clone()).map_err(|error| malformed(&error))?;
    let told = registry.read(&asked, known).await;
    told.map(Body::RegistryReading).map_err(refused)
}

fn malformed(error: &wire::Error) -> (ResponseCode, String) {
    (ResponseCode::PROTOCOL_ERROR, error.to_string())
}

fn refused(disagreed: Disagreed) -> (ResponseCode, String) {
    match disagreed {
        Disagreed::Refused(code, text) => (code, text.to_owned()),
        // Nothing is planned here that others could be faster with.
        Disagreed::Conflict => (
            ResponseCode::SERVER_BUSY,
            "others were faster; nothing was done, try again".to_owned(),
        ),
    }
}
