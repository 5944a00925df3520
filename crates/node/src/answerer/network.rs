//! How messages from the network are answered: challenges and the answers to them, signatures,
//! answers that go on in further messages.
//!
//! Not here: sessions (`session.rs`), what is answered (room `engine`), sockets.

use super::login::is_login;
use super::session::{SessionKey, sealed};
use super::{Answerer, Challenging, Reply, drive_here, lock};
use crate::guesses::OnBehalf;
use crate::replication::source::Stream;
use crate::visitor::{Source, Visitor};
use bytes::Bytes;
use client::Clock;
use crypto::SigningKey;
use engine::authority::{Claim, Evidence, certify, refuse};
use engine::challenges::{Chance, NotPending, Pending};
use engine::weak::weakness_of;
use engine::{Event, Origin, Scan, Step};
use tracing::error;
use wire::challenge::{AUTHENTICATION_PUBLIC_KEY, AUTHENTICATION_SECRET_KEY, ChallengeResponse};
use wire::verification::VerificationRequest;
use wire::{Answer, Header, Message, OpFlags, Opcode, Packet, Response, ResponseCode};

/// An answer ready to be sent.
pub(crate) struct Answered {
    pub(crate) packet: Packet,
    /// If the answer goes on in a further message: what [`Answerer::more`] makes it of.
    pub(crate) more: Option<More>,
    /// What follows it on its connection, where there is one.
    pub(crate) stream: Option<Stream>,
}

impl From<Packet> for Answered {
    fn from(packet: Packet) -> Self {
        Self {
            packet,
            more: None,
            stream: None,
        }
    }
}

/// The rest of an answer.
pub(crate) struct More {
    scan: Scan,
    finish: Finish,
}

/// What an answer still needs when its plan has ended.
#[derive(Clone)]
pub(super) struct Finish {
    /// The number of the message that it answers, which need not be the one that was carried out.
    request_id: u32,
    how: How,
}

#[derive(Clone)]
enum How {
    /// Perhaps a signature.
    Plainly {
        is_certified: bool,
        ends_challenge: bool,
        /// The number of the site record that the asker goes by.
        site_serial: u16,
    },
    /// A MAC and encryption, as the header of the request asks for.
    InSession(SessionKey, Header),
}

impl Finish {
    /// For the answer to a request.
    fn plainly(request: &Message) -> Self {
        Self {
            request_id: request.envelope.request_id,
            how: How::Plainly {
                is_certified: is_certified(request),
                ends_challenge: false,
                site_serial: request.header.site_serial,
            },
        }
    }

    /// For the answer to what was asked first, as the answer to what answered the challenge.
    fn after_challenge(asked: &Message, answered: &Message) -> Self {
        Self {
            request_id: answered.envelope.request_id,
            how: How::Plainly {
                is_certified: is_certified(asked),
                ends_challenge: true,
                site_serial: asked.header.site_serial,
            },
        }
    }

    /// For the answer to a request within a session.
    pub(super) fn in_session(key: SessionKey, asked: &Header, request_id: u32) -> Self {
        let how = How::InSession(key, *asked);
        Self { request_id, how }
    }

    /// The same for an answer whose id of a challenge stays: it is that of a login now.
    fn staying(mut self) -> Self {
        if let How::Plainly { ends_challenge, .. } = &mut self.how {
            *ends_challenge = false;
        }
        self
    }

    /// The same without a signature.
    fn unsigned(mut self) -> Self {
        if let How::Plainly { is_certified, .. } = &mut self.how {
            *is_certified = false;
        }
        self
    }

    fn is_certified(&self) -> bool {
        matches!(
            self.how,
            How::Plainly {
                is_certified: true,
                ..
            }
        )
    }
}

impl Answerer {
    /// Answers one packet; `None` if it deserves no answer.
    ///
    /// If the answer follows a change, the change is durable and visible when this is done.
    pub(crate) async fn answer_packet(
        &self,
        packet: &Packet,
        visitor: Visitor,
    ) -> Option<Answered> {
        if let Some(key) = self.session_of(packet) {
            return self.answer_in_session(&key, packet, visitor).await;
        }
        let request = match Message::from_packet(packet) {
            Ok(request) => request,
            Err(error) => return Some(self.refuse(&packet.envelope, &error).to_packet().into()),
        };
        let (reply, finish) = self
            .answer_message(&request, &Origin::Network, visitor)
            .await?;
        Some(self.finish(reply, finish))
    }

    /// Answers octets that are no message.
    pub(crate) fn refuse(&self, envelope: &wire::Envelope, error: &wire::Error) -> Message {
        self.counters.count_refused();
        refuse(envelope, error, Clock::date())
    }

    /// The next message of an answer that goes on.
    pub(crate) fn more(&self, more: More) -> Option<Answered> {
        let More { scan, finish } = more;
        // Whether somebody may see the list was found out before its first part.
        let step = drive_here(Step::Scan(scan), &*self.store.view()).ok()?;
        let answer = self.answer_of(step)?;
        let reply = Reply {
            message: answer.message,
            more: answer.more,
            stream: None,
        };
        Some(self.finish(reply, finish))
    }

    /// Answers one request outside of sessions.
    ///
    /// A signature that is due and not made would be taken for an attack, so beyond the allowance
    /// nothing is done and the asker is told to wait.
    pub(super) async fn answer_message(
        &self,
        request: &Message,
        origin: &Origin,
        visitor: Visitor,
    ) -> Option<(Reply, Finish)> {
        let source = visitor.source;
        if let Some(id) = answered_challenge(request) {
            return Some(self.answer_challenged(id, request, visitor).await);
        }
        let finish = Finish::plainly(request);
        if finish.is_certified() && !self.may_sign_for(source) {
            return Some((self.too_many(request), finish.unsigned()));
        }
        let sets_up = request.header.opcode == Opcode::SESSION_SETUP;
        if sets_up && *origin == Origin::Network && !request.header.is_response() {
            return Some((self.set_up(request, source), finish));
        }
        if request.header.opcode == Opcode::VERIFY_CHALLENGE && !request.header.is_response() {
            return Some((self.verify(request, visitor).await?, finish));
        }
        if is_login(request, origin) {
            return Some((self.ask_login(request, visitor), finish));
        }
        let (origin, challenging) = match self.called(request, origin, visitor) {
            Ok(called) => called,
            Err(answer) => return Some((answer.into(), finish)),
        };
        let reply = self
            .carry_out(request, &origin, challenging, visitor)
            .await?;
        Some((reply, finish))
    }

    /// Answers whether a proof is right (operation 201). Whoever asks that might be guessing.
    pub(super) async fn verify(&self, request: &Message, visitor: Visitor) -> Option<Reply> {
        let body = VerificationRequest::decode(request.body.clone());
        let weakness = body
            .as_ref()
            .ok()
            .and_then(|body| weakness_of(&body.proof(request.envelope.version).ok()?));
        let identity = body.map_or(wire::Identity::ANONYMOUS, |body| body.identity);
        if let Err(refused) = self.may_try(&identity, true, visitor.source, OnBehalf::Others) {
            let reply = self.fail_first(request, refused.code, &refused.reason);
            return Some(reply.into());
        }
        let origin = Origin::Network;
        let reply = self
            .carry_out(request, &origin, Challenging::Refuse, visitor)
            .await?;
        let answer = Response::decode(&reply.message).map(|response| response.answer);
        if !matches!(answer, Ok(Answer::Verification(verdict)) if verdict.is_right()) {
            // What is no question at all used up the same.
            self.note_wrong(&identity, visitor.source, OnBehalf::Others);
        } else if let Some(weakness) = weakness {
            self.counters.count_weak(weakness);
        }
        Some(reply)
    }

    /// Answers what was asked first, now that the challenge with an id has been answered.
    async fn answer_challenged(
        &self,
        id: u32,
        answered: &Message,
        visitor: Visitor,
    ) -> (Reply, Finish) {
        let source = visitor.source;
        let pending = match self.take_challenge(id) {
            Ok(pending) => pending,
            Err(NotPending::Unknown) => {
                // As somebody in a session that is not there.
                let text = "this node knows no challenge and no session with that id; ask again";
                let code = ResponseCode::SESSION_TIMEOUT;
                let reply = self.fail_first(answered, code, text).into();
                return (reply, Finish::plainly(answered));
            }
            Err(NotPending::Expired(pending)) => {
                let finish = Finish::after_challenge(&pending.request, answered);
                return (self.too_late(&pending.request), finish);
            }
        };
        let asked = &pending.request;
        let finish = Finish::after_challenge(asked, answered);
        let is_login = is_login(asked, &Origin::Network);
        if asked.envelope.session_id != 0 && !is_login {
            // What was asked in a session is not answered in clear when that is over.
            let text = "the session of the request is over; set one up anew";
            let code = ResponseCode::SESSION_TIMEOUT;
            return (self.fail_first(asked, code, text).into(), finish);
        }
        if finish.is_certified() && !self.may_sign_for(source) {
            return (self.too_many(asked), finish.unsigned());
        }
        if is_login {
            let finished = self.finish_login(id, &pending, answered, visitor);
            let (message, has_begun) = finished.await;
            let finish = if has_begun { finish.staying() } else { finish };
            return (message.into(), finish);
        }
        // By whom it was asked: whoever answers could write any address, or a new one each time.
        let source = pending.source;
        let visitor = visitor.counted_as(source);
        let reply = match self.proven(&pending, answered, source).await {
            Ok(known) => {
                let origin = Origin::Known(known);
                self.carry_out(asked, &origin, Challenging::Refuse, visitor)
                    .await
            }
            Err(refused) => Some(*refused),
        };
        let silent = || {
            self.fail_first(asked, ResponseCode::ERROR, "there is no answer")
                .into()
        };
        (reply.unwrap_or_else(silent), finish)
    }

    /// Takes a challenge, which nobody can answer again.
    pub(super) fn take_challenge(&self, id: u32) -> Result<Pending<Source>, NotPending<Source>> {
        lock(&self.challenges).take(id, self.clock.moment())
    }

    /// That a challenge was answered too late.
    pub(super) fn too_late(&self, asked: &Message) -> Reply {
        let code = ResponseCode::AUTHENTICATION_TIMEOUT;
        let text = "the challenge was answered too late; ask again";
        self.fail_first(asked, code, text).into()
    }

    fn too_many(&self, request: &Message) -> Reply {
        let text = "too many signed answers are asked for; wait a second and ask again";
        let code = ResponseCode::SERVER_BUSY;
        self.fail_first(request, code, text).into()
    }

    /// Who answered a challenge, if rightly; else what they are told.
    pub(super) async fn proven(
        &self,
        pending: &Pending<Source>,
        answered: &Message,
        source: Source,
    ) -> Result<engine::Known, Box<Reply>> {
        let asked = &pending.request;
        self.judged(pending, answered, source)
            .await
            .map_err(|(code, text)| Box::new(self.fail_first(asked, code, &text).into()))
    }

    /// Who answered a challenge, if rightly; else the code and why.
    pub(super) async fn judged(
        &self,
        pending: &Pending<Source>,
        answered: &Message,
        source: Source,
    ) -> Result<engine::Known, (ResponseCode, String)> {
        let asked = &pending.request;
        let response = ChallengeResponse::decode(answered.body.clone())
            .map_err(|error| (ResponseCode::PROTOCOL_ERROR, error.to_string()))?;
        let is_by_key = match &response.authentication[..] {
            AUTHENTICATION_PUBLIC_KEY => true,
            AUTHENTICATION_SECRET_KEY => false,
            _ => {
                let text = "the kind of authentication is neither HS_PUBKEY nor HS_SECKEY";
                return Err((ResponseCode::INVALID_CREDENTIAL, text.to_owned()));
            }
        };
        let claim = Claim {
            identity: response.identity,
            evidence: Evidence::Proof {
                proof: response.proof,
                is_by_key,
                nonce: Bytes::copy_from_slice(&pending.nonce),
                digest: self.authority.challenged_digest(asked),
                version: answered.envelope.version,
            },
        };
        self.identify(claim, source)
            .await
            .map_err(|why| (why.code, why.reason))
    }

    /// Answers that a request is not carried out.
    pub(super) fn fail_first(&self, asked: &Message, code: ResponseCode, text: &str) -> Message {
        self.counters.count(&Event::Answered {
            opcode: asked.header.opcode,
            code,
        });
        self.authority.fail(asked, code, text, Clock::date())
    }

    /// Issues a challenge, or says that one is needed; `None` if there is no room for one, or no
    /// randomness.
    pub(super) fn challenge(
        &self,
        request: &Message,
        challenging: Challenging,
        source: Source,
    ) -> Option<Message> {
        let date = Clock::date();
        let now = self.clock.moment();
        let chance = chance()?;
        let id = match challenging {
            Challenging::Issue => {
                let mut challenges = lock(&self.challenges);
                let is_taken = |id| self.is_session(id) || self.is_login(id);
                challenges.issue(source, request, chance, now, is_taken)?
            }
            Challenging::IssueUnder(id) => {
                let mut challenges = lock(&self.challenges);
                challenges.issue_under(id, source, request, chance.nonce, now)?
            }
            Challenging::Say => 0,
            Challenging::LogInFirst | Challenging::Refuse => return None,
        };
        Some(self.authority.challenge(request, id, &chance.nonce, date))
    }

    /// Makes an answer ready to be sent.
    pub(super) fn finish(&self, reply: Reply, finish: Finish) -> Answered {
        let Reply {
            message,
            more,
            stream,
        } = reply;
        let packet = match &finish.how {
            How::Plainly { .. } => self.finished(message, &finish).to_packet(),
            How::InSession(key, asked) => {
                let mut message = message;
                message.envelope.request_id = finish.request_id;
                sealed(key, asked, message)
            }
        };
        let more = more.map(|scan| More { scan, finish });
        Answered {
            packet,
            more,
            stream,
        }
    }

    /// An answer outside of sessions with its signature, if it shall have one.
    pub(super) fn finished(&self, mut message: Message, finish: &Finish) -> Message {
        message.envelope.request_id = finish.request_id;
        let How::Plainly {
            is_certified,
            ends_challenge,
            site_serial,
        } = finish.how
        else {
            return message;
        };
        if ends_challenge {
            message.envelope.session_id = 0;
        }
        if let Some(key) = self.key_for(site_serial).filter(|_| is_certified)
            && !certify(&mut message, key)
            && self.failures_told.now()
        {
            error!("answers cannot be signed; this is said once a minute");
        }
        message
    }

    /// An answer that was found out elsewhere, with its signature if one is asked for.
    pub(crate) fn signed(&self, request: &Message, answer: Message, source: Source) -> Message {
        let finish = Finish::plainly(request);
        if finish.is_certified() && !self.may_sign_for(source) {
            return self.too_many(request).message;
        }
        self.finished(answer, &finish)
    }

    /// The key that an asker expects who goes by the site record with a number.
    fn key_for(&self, site_serial: u16) -> Option<&SigningKey> {
        let now = self.authority.settings.site.serial();
        let old = self.old_key.as_ref();
        match old.filter(|old| old.signs_for(site_serial, now)) {
            Some(old) => Some(&old.key),
            None => self.signing_key.as_deref(),
        }
    }

    /// Whether an answer that must be signed may be.
    fn may_sign_for(&self, source: Source) -> bool {
        self.signing_key.is_none() || self.may_sign(source)
    }
}

/// The id of the challenge that a request answers, if it answers one.
fn answered_challenge(request: &Message) -> Option<u32> {
    let answers = request.header.opcode == Opcode::CHALLENGE_RESPONSE
        && !request.header.is_response()
        && request.envelope.session_id != 0;
    answers.then_some(request.envelope.session_id)
}

/// Whether a signed answer is asked for; not by an answer, which gets none.
fn is_certified(request: &Message) -> bool {
    !request.header.is_response() && request.header.flags.contains(OpFlags::CERTIFIED)
}

/// Randomness for a challenge; `None` if the operating system gives none.
fn chance() -> Option<Chance> {
    let mut nonce = [0; wire::challenge::NONCE_OCTETS];
    getrandom::fill(&mut nonce).ok()?;
    let id = getrandom::u32().ok()?;
    Some(Chance { id, nonce })
}
