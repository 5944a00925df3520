//! How messages are answered: challenges and the answers to them, sessions, questions.
//!
//! It follows `answerer/network.rs` and `answerer/session.rs` of room `node` step by step, without
//! its limits of how much strangers may cause. Not here: plans and changes (`super`).

use super::{Job, Node, Out, Peer, Stage};
use crate::administration::cryptography::{Seeded, agreed};
use bytes::Bytes;
use engine::authority::{Claim, Evidence, Identified};
use engine::challenges::{Chance, NotPending, Pending};
use engine::sessions::{
    NewSession, Opened, Refusal, Sealing, SessionKey, SetUp, Standing, answer_to_set_up,
};
use engine::{Cryptography, Date, Known, Means, Moment, Origin, Step, WeakForms};
use wire::challenge::{AUTHENTICATION_PUBLIC_KEY, ChallengeResponse};
use wire::response::Answer as Body;
use wire::session::{SessionCipher, SetupRequest};
use wire::stream::PacketStream;
use wire::{Header, Identity, Message, Opcode, Packet, ResponseCode};

/// Why a proof is not taken: the code and a sentence.
type Refused = (ResponseCode, String);

impl Node {
    /// Takes octets from somebody.
    pub(crate) fn handle(&mut self, now: Moment, date: Date, peer: Peer, octets: &Bytes) {
        let Some(packet) = self.packet(now, peer, octets) else {
            return;
        };
        let id = packet.envelope.session_id;
        if let Some(key) = (id != 0).then(|| self.sessions.key(id, now).ok()).flatten() {
            return self.answer_in_session(now, date, &key, &packet, peer);
        }
        let Ok(request) = Message::from_packet(&packet) else {
            return;
        };
        if request.header.is_response() {
            return;
        }
        match request.header.opcode {
            Opcode::CHALLENGE_RESPONSE if id != 0 => {
                self.answer_challenged(now, date, id, &request, peer);
            }
            Opcode::SESSION_SETUP => self.set_up(now, date, &request, peer),
            _ => self.answer_stranger(now, date, &request, peer),
        }
    }

    fn packet(&mut self, now: Moment, peer: Peer, octets: &Bytes) -> Option<Packet> {
        if let Peer::Asker(_) = peer {
            return self.inbox.handle_datagram(now, peer, octets).ok()?;
        }
        let mut stream = PacketStream::default();
        stream.push(octets);
        stream.next_packet().ok()?
    }

    fn job(&self, request: &Message, origin: Origin, peer: Peer, stage: Stage) -> Job {
        Job {
            request: request.clone(),
            request_id: request.envelope.request_id,
            since: self.committer.position(),
            date: Date(0),
            reply: None,
            origin,
            peer,
            session: None,
            ends_challenge: false,
            stage,
            tries: 0,
            life: self.life,
        }
    }

    /// Answers somebody of whom nothing is known.
    fn answer_stranger(&mut self, now: Moment, date: Date, request: &Message, peer: Peer) {
        let step = self.authority.start(request, Origin::Network, date);
        let Some(answer) = self.drive(step) else {
            return;
        };
        let mut message = answer.message;
        if answer.is_challenge {
            let chance = self.chance();
            let sessions = &self.sessions;
            let is_taken = |id| sessions.contains(id);
            let id = self.challenges.issue(peer, request, chance, now, is_taken);
            if let Some(id) = id {
                message = self.authority.challenge(request, id, &chance.nonce, date);
                self.last_challenged = Some(request.clone());
            }
        } else if request.header.opcode == Opcode::RESOLUTION {
            let (asked, answered) = (Box::new(request.clone()), Box::new(message.clone()));
            self.out.push(Out::Read(asked, answered));
        }
        message.envelope.request_id = request.envelope.request_id;
        self.send(peer, &message.to_packet());
    }

    fn chance(&self) -> Chance {
        let (id, nonce) = (
            self.authority.digests.chance(),
            self.authority.digests.chance(),
        );
        Chance {
            id: u32::from_be_bytes([id[0], id[1], id[2], id[3]]),
            nonce,
        }
    }

    /// Answers what was asked first, now that the challenge with an id has been answered.
    fn answer_challenged(
        &mut self,
        now: Moment,
        date: Date,
        id: u32,
        answered: &Message,
        peer: Peer,
    ) {
        let pending = match self.take(id, now) {
            Ok(pending) => pending,
            Err(NotPending::Unknown) => {
                let text = "this node knows no challenge and no session with that id; ask again";
                return self.refuse(date, answered, peer, ResponseCode::SESSION_TIMEOUT, text);
            }
            Err(NotPending::Expired(pending)) => {
                let mut job =
                    self.job(&pending.request, Origin::Network, peer, Stage::Proven(None));
                job.request_id = answered.envelope.request_id;
                job.ends_challenge = true;
                let code = ResponseCode::AUTHENTICATION_TIMEOUT;
                return self.fail(date, &job, code, "the challenge was answered too late");
            }
        };
        let mut job = self.job(&pending.request, Origin::Network, peer, Stage::Proven(None));
        job.request_id = answered.envelope.request_id;
        job.ends_challenge = true;
        if pending.request.envelope.session_id != 0 {
            let code = ResponseCode::SESSION_TIMEOUT;
            return self.fail(date, &job, code, "the session of the request is over");
        }
        match self.proven(&pending, answered) {
            Ok(known) => {
                job.origin = Origin::Known(known);
                job.request = self
                    .planted
                    .challenged(pending.request, self.last_challenged.as_ref());
                self.out.push(Out::Later(Box::new(job)));
            }
            Err((code, text)) => self.fail(date, &job, code, &text),
        }
    }

    /// Takes a challenge, which nobody can answer again.
    fn take(&mut self, id: u32, now: Moment) -> Result<Pending<Peer>, NotPending<Peer>> {
        let pending = self.challenges.take(id, now)?;
        if self.planted.takes_challenges_again() {
            let Pending {
                source,
                request,
                nonce,
                ..
            } = &pending;
            self.challenges
                .issue_under(id, *source, request, *nonce, now);
        }
        Ok(pending)
    }

    /// Who answered a challenge, if rightly.
    fn proven(&mut self, pending: &Pending<Peer>, answered: &Message) -> Result<Known, Refused> {
        let response = ChallengeResponse::decode(answered.body.clone())
            .map_err(|error| (ResponseCode::PROTOCOL_ERROR, error.to_string()))?;
        let identity = response.identity.clone();
        let claim = Claim {
            identity: response.identity,
            evidence: Evidence::Proof {
                proof: response.proof,
                is_by_key: response.authentication == AUTHENTICATION_PUBLIC_KEY,
                nonce: Bytes::copy_from_slice(&pending.nonce),
                digest: self.authority.challenged_digest(&pending.request),
                version: answered.envelope.version,
            },
        };
        let mut step = self.authority.identify(claim);
        let identification = loop {
            step = match self.go_on(step) {
                Step::Identified(identification) => break identification,
                Step::Answer(_) | Step::Ignore(_) => unreachable!("a claim is identified"),
                step => step,
            };
        };
        let known = match identification {
            Ok(Identified { known, .. }) => known,
            Err(_) if self.planted.believes_anybody() => Known {
                identity,
                means: Means::SECRET_KEY,
            },
            Err(refused) => return Err((refused.code, refused.reason)),
        };
        self.out.push(Out::Proven(pending.nonce));
        Ok(known)
    }

    fn refuse(&mut self, date: Date, asked: &Message, peer: Peer, code: ResponseCode, text: &str) {
        let job = self.job(asked, Origin::Network, peer, Stage::Proven(None));
        self.fail(date, &job, code, text);
    }

    fn fail(&mut self, date: Date, job: &Job, code: ResponseCode, text: &str) {
        let message = self.authority.fail(&job.request, code, text, date);
        self.finish(job, message);
    }

    /// Sets a session up.
    fn set_up(&mut self, now: Moment, date: Date, request: &Message, peer: Peer) {
        let Ok(asked) = SetupRequest::decode(request.body.clone()) else {
            return;
        };
        let Ok(asked) = SetUp::of(&asked) else { return };
        let own = self.authority.digests.chance();
        let secret = agreed(&asked.public_key, &own);
        let cipher = SessionCipher::AES;
        let answer = answer_to_set_up(cipher, &own, request.envelope.version);
        let new = NewSession {
            asked,
            cipher,
            secret,
        };
        let wish = self.chance().id;
        let challenges = &self.challenges;
        let is_taken = |id| challenges.contains(id);
        match self.sessions.set_up(peer, new, wish, is_taken, now) {
            Ok(id) => {
                let answer = Body::SessionSetup(answer);
                let mut message = self.authority.succeed(request, answer, date);
                message.envelope.session_id = id;
                self.send(peer, &message.to_packet());
            }
            Err(refusal) => {
                self.refuse(date, request, peer, refusal.code(), &refusal.to_string());
            }
        }
    }

    fn answer_in_session(
        &mut self,
        now: Moment,
        date: Date,
        key: &SessionKey,
        packet: &Packet,
        peer: Peer,
    ) {
        let opened = match key.open(packet, &self.authority.digests, WeakForms::NONE) {
            Ok(opened) if opened.message.header.is_response() => return,
            Ok(opened) => opened,
            Err(refusal) => return self.refuse_in_session(date, packet, peer, &refusal),
        };
        let received = match self.sessions.receive(&opened, now) {
            Ok(received) => received,
            Err(Refusal::Number) if self.planted.takes_numbers_again() => {
                self.received[&key.id()].clone()
            }
            Err(refusal) => return self.refuse_in_session(date, packet, peer, &refusal),
        };
        self.received.insert(key.id(), received.clone());
        if opened.is_authentic() {
            self.out.push(Out::Taken(key.id(), packet.payload.clone()));
        }
        let request = &opened.message;
        if request.header.opcode == Opcode::CHALLENGE_RESPONSE {
            return self.answer_challenged_in(now, date, &opened, peer);
        }
        let is_proven = received.standing == Standing::Proven;
        let origin = if is_proven {
            Origin::Known(Known {
                identity: received.identity,
                means: Means::SESSION,
            })
        } else {
            Origin::Session
        };
        let mut job = self.job(request, origin, peer, Stage::Proven(None));
        job.session = Some((key.clone(), request.header));
        if is_proven {
            self.out.push(Out::Later(Box::new(job)));
        } else {
            self.answer_unproven(now, date, &job, key);
        }
    }

    /// Answers in a session of which it is not known whose it is.
    fn answer_unproven(&mut self, now: Moment, date: Date, job: &Job, key: &SessionKey) {
        let step = self.authority.start(&job.request, Origin::Session, date);
        let Some(answer) = self.drive(step) else {
            return;
        };
        let mut message = answer.message;
        if answer.is_challenge {
            let nonce = self.chance().nonce;
            let (id, request) = (key.id(), &job.request);
            let issued = self
                .challenges
                .issue_under(id, job.peer, request, nonce, now);
            if issued.is_some() {
                message = self.authority.challenge(request, id, &nonce, date);
                self.last_challenged = Some(request.clone());
            }
        }
        self.finish(job, message);
    }

    /// Answers what was asked first in a session, now that its challenge has been answered.
    fn answer_challenged_in(&mut self, now: Moment, date: Date, opened: &Opened, peer: Peer) {
        let (key, answered) = (opened.key(), &opened.message);
        let Ok(pending) = self.take(key.id(), now) else {
            let mut job = self.job(answered, Origin::Session, peer, Stage::Proven(None));
            job.session = Some((key.clone(), answered.header));
            let code = ResponseCode::AUTHENTICATION_TIMEOUT;
            return self.fail(date, &job, code, "no challenge waits in this session");
        };
        let asked = &pending.request;
        let mut job = self.job(asked, Origin::Session, peer, Stage::Proven(None));
        job.request_id = answered.envelope.request_id;
        job.session = Some((key.clone(), asked.header));
        match self.proven(&pending, answered) {
            Ok(known) => {
                let claimed = claimed_identity(answered);
                let identity = claimed.unwrap_or_else(|| known.identity.clone());
                job.origin = Origin::Known(known);
                job.stage = Stage::Proven(Some((key.clone(), identity)));
                self.out.push(Out::Later(Box::new(job)));
            }
            Err((code, text)) => self.fail(date, &job, code, &text),
        }
    }

    /// Answers a packet that is not one of its session.
    fn refuse_in_session(&mut self, date: Date, packet: &Packet, peer: Peer, refusal: &Refusal) {
        let (code, text) = (refusal.code(), refusal.to_string());
        let message = match Message::from_packet(packet) {
            Ok(request) => self.authority.fail(&request, code, &text, date),
            Err(_) => engine::authority::refuse_as(&packet.envelope, code, &text, date),
        };
        self.send(peer, &message.to_packet());
    }
}

/// Seals an answer.
pub(super) fn sealed(
    key: &SessionKey,
    asked: &Header,
    answer: Message,
    provider: &Seeded,
) -> Packet {
    let sealing = Sealing::of_answer(asked, &answer);
    let sealed = key.seal(answer, sealing, provider.chance(), provider);
    sealed.expect("this version and cipher can")
}

/// The identity as an answer to a challenge names it.
fn claimed_identity(answered: &Message) -> Option<Identity> {
    let response = ChallengeResponse::decode(answered.body.clone());
    response.ok().map(|response| response.identity)
}
