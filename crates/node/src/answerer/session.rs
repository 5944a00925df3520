//! Messages within sessions: opened, answered, sealed; and how sessions begin and end.
//!
//! Not here: what sessions there are and which numbers came ([`engine::sessions`]), agreeing on a
//! key (room `crypto`).

use super::network::{Answered, Finish};
use super::{Answerer, Challenging, Reply, claimed_identity, lock};
use crate::visitor::{Source, Visitor};
use client::Clock;
use crypto::{Provider, diffie_hellman};
use engine::challenges::NotPending;
use engine::sessions::{NewSession, Opened, Refusal, Sealing, SetUp, Standing, answer_to_set_up};
use engine::{Known, Means, Origin};
use model::PublicKey;
use wire::response::Answer as Body;
use wire::session::{SessionCipher, SetupRequest};
use wire::{Header, Message, Opcode, Packet, ResponseCode};

pub(super) use engine::sessions::SessionKey;

impl Answerer {
    /// The key of the session that a packet names, if there is one.
    pub(super) fn session_of(&self, packet: &Packet) -> Option<SessionKey> {
        let id = packet.envelope.session_id;
        if id == 0 {
            return None;
        }
        lock(&self.proven.sessions)
            .key(id, self.clock.moment())
            .ok()
    }

    /// Whether an id is a session's.
    pub(super) fn is_session(&self, id: u32) -> bool {
        lock(&self.proven.sessions).contains(id)
    }

    /// Answers one packet of a session; `None` if it deserves no answer.
    pub(super) async fn answer_in_session(
        &self,
        key: &SessionKey,
        packet: &Packet,
        visitor: Visitor,
    ) -> Option<Answered> {
        let weak_forms = self.authority.settings.administration.weak_forms;
        let opened = match key.open(packet, &Provider, weak_forms) {
            Ok(opened) if opened.message.header.is_response() => return None,
            Ok(opened) => opened,
            Err(refusal) => return Some(self.refuse_in_session(packet, &refusal)),
        };
        self.counters.count_weak_forms(opened.weak_forms);
        let received = lock(&self.proven.sessions).receive(&opened, self.clock.moment());
        let received = match received {
            Ok(received) => received,
            Err(refusal) => return Some(self.refuse_in_session(packet, &refusal)),
        };
        let request = &opened.message;
        if request.header.opcode == Opcode::CHALLENGE_RESPONSE {
            return self.answer_challenged_in(&opened, visitor).await;
        }
        let origin = match received.standing {
            Standing::Proven => Origin::Known(Known {
                identity: received.identity,
                means: Means::SESSION,
            }),
            Standing::Unproven | Standing::Anonymous => Origin::Session,
        };
        let reply = match request.header.opcode {
            Opcode::SESSION_TERMINATE => self.terminate(&opened),
            Opcode::SESSION_SETUP => self.set_up(request, visitor.source),
            Opcode::VERIFY_CHALLENGE => self.verify(request, visitor).await?,
            _ => {
                let challenging = Challenging::IssueUnder(key.id());
                self.carry_out(request, &origin, challenging, visitor)
                    .await?
            }
        };
        let finish = Finish::in_session(key.clone(), &request.header, request.envelope.request_id);
        Some(self.finish(reply, finish))
    }

    /// Answers what was asked first in a session, now that its challenge has been answered. From
    /// then on every message with a MAC is the identity's.
    async fn answer_challenged_in(&self, opened: &Opened, visitor: Visitor) -> Option<Answered> {
        let (key, answered) = (opened.key(), &opened.message);
        let request_id = answered.envelope.request_id;
        let finish = |asked: &Header| Finish::in_session(key.clone(), asked, request_id);
        let pending = match self.take_challenge(key.id()) {
            Ok(pending) => pending,
            Err(NotPending::Expired(pending)) => {
                let reply = self.too_late(&pending.request);
                return Some(self.finish(reply, finish(&pending.request.header)));
            }
            Err(NotPending::Unknown) => {
                let code = ResponseCode::AUTHENTICATION_TIMEOUT;
                let text = "no challenge waits in this session; ask again";
                let reply = self.fail_first(answered, code, text).into();
                return Some(self.finish(reply, finish(&answered.header)));
            }
        };
        let asked = &pending.request;
        let known = self
            .proven(&pending, answered, pending.source)
            .await
            .and_then(|known| {
                let identity = claimed_identity(answered).unwrap_or_else(|| known.identity.clone());
                let mut sessions = lock(&self.proven.sessions);
                match sessions.mark_proven(key, &identity, self.clock.moment()) {
                    Ok(_) => Ok(known),
                    Err(refusal) => {
                        let text = refusal.to_string();
                        let reply = self.fail_first(asked, refusal.code(), &text);
                        Err(Box::new(reply.into()))
                    }
                }
            });
        let reply = match known {
            Ok(known) => {
                let origin = Origin::Known(known);
                let carried = self.carry_out(asked, &origin, Challenging::Refuse, visitor);
                carried.await?
            }
            Err(refused) => *refused,
        };
        Some(self.finish(reply, finish(&asked.header)))
    }

    /// Sets a session up (operation 400). Costs two powers in a group that the asker chose, so it
    /// is bounded as signatures are, of which the answer usually needs one too.
    pub(super) fn set_up(&self, request: &Message, source: Source) -> Reply {
        if !self.may_sign(source) {
            let text = "too many sessions are set up; wait a second and ask again";
            let code = ResponseCode::SERVER_BUSY;
            return self.fail_first(request, code, text).into();
        }
        match self.try_set_up(request, source) {
            Ok((id, answer)) => {
                let mut message = self.authority.succeed(request, answer, Clock::date());
                message.envelope.session_id = id;
                message.into()
            }
            Err((code, text)) => self.fail_first(request, code, &text).into(),
        }
    }

    fn try_set_up(
        &self,
        request: &Message,
        source: Source,
    ) -> Result<(u32, Body), (ResponseCode, String)> {
        let invalid = ResponseCode::INVALID_SESSION_SETUP;
        let refused = |refusal: Refusal| (refusal.code(), refusal.to_string());
        let body = SetupRequest::decode(request.body.clone())
            .map_err(|error| (ResponseCode::PROTOCOL_ERROR, error.to_string()))?;
        let asked = SetUp::of(&body).map_err(refused)?;
        let public_key = PublicKey::decode(asked.public_key.clone())
            .map_err(|error| (invalid, error.to_string()))?;
        let limits = diffie_hellman::GroupLimits::default();
        let agreed = tokio::task::block_in_place(|| diffie_hellman::answer(&public_key, limits))
            .map_err(|error| (invalid, error.to_string()))?;
        let failed = || (ResponseCode::ERROR, "there is no randomness".to_owned());
        let wish = getrandom::u32().map_err(|_| failed())?;
        let version = request
            .envelope
            .version
            .answered_in(request.envelope.suggested);
        let cipher = SessionCipher::AES;
        let answer = answer_to_set_up(cipher, &agreed.public_key.encode(), version);
        let new = NewSession {
            asked,
            cipher,
            secret: agreed.secret,
        };
        // In this order everywhere: challenges, then sessions.
        let challenges = lock(&self.challenges);
        let mut sessions = lock(&self.proven.sessions);
        let logins = lock(&self.proven.logins);
        let is_taken = |id| challenges.contains(id) || logins.contains(id);
        let id = sessions.set_up(source, new, wish, is_taken, self.clock.moment());
        Ok((id.map_err(refused)?, Body::SessionSetup(answer)))
    }

    fn terminate(&self, opened: &Opened) -> Reply {
        lock(&self.proven.sessions).terminate(opened.key());
        self.authority
            .succeed(&opened.message, Body::Done, Clock::date())
            .into()
    }

    /// Answers a packet that is not one of its session.
    fn refuse_in_session(&self, packet: &Packet, refusal: &Refusal) -> Answered {
        self.counters.count_refused_in_session();
        let (code, text) = (refusal.code(), refusal.to_string());
        let date = Clock::date();
        let is_plain = Message::from_packet(packet).ok();
        let message = match is_plain {
            Some(request) => self.authority.fail(&request, code, &text, date),
            None => engine::authority::refuse_as(&packet.envelope, code, &text, date),
        };
        message.to_packet().into()
    }
}

/// Seals an answer; if it cannot be sealed as it must, only that is said.
pub(super) fn sealed(key: &SessionKey, asked: &Header, answer: Message) -> Packet {
    let sealing = Sealing::of_answer(asked, &answer);
    let envelope = answer.envelope;
    let mut random = [0; engine::ciphers::VECTOR_OCTETS_MAX];
    let sealed = getrandom::fill(&mut random)
        .map_err(|_| Refusal::NotEncrypted)
        .and_then(|()| key.seal(answer, sealing, random, &Provider));
    sealed.unwrap_or_else(|refusal| {
        let code = refusal.code();
        engine::authority::refuse_as(&envelope, code, &refusal.to_string(), Clock::date())
            .to_packet()
    })
}
