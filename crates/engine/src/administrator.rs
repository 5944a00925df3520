//! Administering another node over one connection: many requests in flight, challenges answered,
//! a session set up and proven once.
//!
//! Drive an [`Administrator`] so: [`Administrator::ask`] for what is to be done; send what
//! [`Administrator::poll_transmit`] gives; hand in what comes with
//! [`Administrator::handle_packet`]; look at [`Administrator::poll_event`]. A session is set up by
//! [`Administrator::set_up`] and, once both sides agree on a secret, [`Administrator::begin`].
//!
//! In a session the first request goes alone: its challenge is answered, and after that the MAC
//! proves the identity with every request, of which as many are in flight as the window says.
//! Without a session every request that needs it is challenged. Beside it:
//! `administrator/order.rs` what is asked for, `administrator/fault.rs` why nothing more can be
//! asked. Not here: sockets (room `client`), agreeing on a secret (room `crypto`).

mod fault;
mod order;
#[cfg(test)]
mod tests;

pub use fault::Fault;
pub use order::Order;

use crate::exchange::{Answered, Channel, believe};
use crate::proofs::{covered, prove_by_key, prove_by_secret};
use crate::question::MESSAGE_LIFE_SECONDS;
use crate::sessions::{Sealing, SessionKey, SessionSecret};
use crate::{Ciphers, Cryptography, Date, Signs, Verifies, WeakForms, credentials, question};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use bytes::Bytes;
use wire::challenge::ChallengeResponse;
use wire::header::SITE_SERIAL_UNKNOWN;
use wire::response::Answer;
use wire::session::{KeyExchange, SessionCipher, SetupRequest};
use wire::{
    Identity, Message, OpFlags, Opcode, Packet, RequestDigest, Response, ResponseCode, Version,
};
use zeroize::Zeroizing;

/// How long a session is asked for, in seconds: a day, the most that nodes of the field grant.
const SESSION_SECONDS: u32 = 24 * 3600;

/// By how many seconds the lives of requests differ. A node takes an equal request for the same
/// that comes again, and does not carry it out: who registers, deletes and registers anew within a
/// second means three things. Nodes remember requests that are good for a day at most, clocks may
/// differ by hours, and the usual life is half a day.
const SPREAD_SECONDS: u32 = 6 * 3600;

/// The most requests in flight, whatever is asked for: nodes remember the last 200 numbers of a
/// session, and a request that is overtaken by more is refused.
pub const WINDOW_MAX: usize = 128;

/// What an identity is proven with.
pub enum Means<K> {
    /// A private key, whose public key is the value that the identity names.
    Key(K),
    /// The secret in that value.
    Secret(Zeroizing<Vec<u8>>),
}

/// What a caller names an order with, to tell the answers apart.
pub type Ticket = u64;

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// The node answered the set-up of a session: agree on a secret with this public key, a
    /// [`PublicKey`](model::PublicKey) not decoded, and call [`Administrator::begin`].
    SessionOffered(Bytes),
    /// An order was answered. (Whether it is good news, the code says.)
    Answered {
        /// Which.
        ticket: Ticket,
        /// The answer, or a part of it.
        answered: Box<Answered>,
        /// Whether no more follows; long lists come in parts.
        is_last: bool,
        /// Whether it was sent before on a connection that was lost: then what is refused now may
        /// have been carried out before, and a node that does not remember requests may have
        /// carried it out twice.
        is_resent: bool,
    },
}

/// The asker's side of administration; `P` is the cryptography, `K` the private key, `V` the key
/// of the node's site.
pub struct Administrator<P, K, V> {
    provider: P,
    identity: Identity,
    means: Means<K>,
    /// With which answers must be signed that no MAC vouches for.
    site_key: Option<V>,
    /// The number of the site record that the key stood in.
    site_serial: u16,
    window: usize,
    next_id: u32,
    standing: Standing,
    outbox: VecDeque<Bytes>,
    waiting: VecDeque<Waiting>,
    in_flight: BTreeMap<u32, InFlight>,
    events: VecDeque<Event>,
}

/// What is between the two sides.
enum Standing {
    /// No session.
    Plain,
    /// A session has been asked for.
    SettingUp(Box<Message>),
    /// The node offers one, and the secret is not agreed on yet.
    Offered(u32, SessionCipher),
    /// There is one, and the node does not know yet whose.
    Unproven(SessionKey),
    /// There is one, and every MAC in it is the identity's.
    Proven(SessionKey),
}

struct Waiting {
    ticket: Ticket,
    order: Order,
    /// How it was sent before. It must say the same again: by that the node knows that it is the
    /// same request, and does nothing twice.
    before: Option<SentBefore>,
}

/// What a request is known by when it comes again.
#[derive(Clone, Copy)]
struct SentBefore {
    /// Its number. Without it a node that has changed the record since would take the request for
    /// another one that is made alike.
    request_id: u32,
    /// Until when it was said to be good.
    expiration: Date,
}

struct InFlight {
    what: Waiting,
    asked: Message,
    /// The answer to its challenge, once there was one.
    proof: Option<Message>,
    /// Whether a part of the answer has come.
    has_part: bool,
}

impl<P: Cryptography + Ciphers, K: Signs, V: Verifies> Administrator<P, K, V> {
    /// An administrator who acts as an identity, with no session and nothing to ask.
    ///
    /// `window` is how many requests are in flight at most, 1 to [`WINDOW_MAX`].
    pub fn new(provider: P, identity: Identity, means: Means<K>, window: usize) -> Self {
        let chance = provider.chance();
        Self {
            next_id: u32::from_be_bytes([chance[0], chance[1], chance[2], chance[3]]),
            provider,
            identity,
            means,
            site_key: None,
            site_serial: SITE_SERIAL_UNKNOWN,
            window: window.clamp(1, WINDOW_MAX),
            standing: Standing::Plain,
            outbox: VecDeque::new(),
            waiting: VecDeque::new(),
            in_flight: BTreeMap::new(),
            events: VecDeque::new(),
        }
    }

    /// Believes only what is signed with a key, or in a session whose set-up was.
    #[must_use]
    pub fn with_site_key(mut self, key: V) -> Self {
        self.site_key = Some(key);
        self
    }

    /// States the number of the site record in which the site's key stood, so that a node whose key
    /// is being replaced signs with that one.
    #[must_use]
    pub fn with_site_serial(mut self, serial: u16) -> Self {
        self.site_serial = serial;
        self
    }

    /// How many requests are in flight at most.
    pub fn window(&self) -> usize {
        self.window
    }

    /// How many orders have not been answered yet.
    pub fn unanswered_count(&self) -> usize {
        self.waiting.len() + self.in_flight.len()
    }

    /// Asks for something; it is sent when its turn comes.
    pub fn ask(&mut self, ticket: Ticket, order: Order) {
        let before = None;
        self.waiting.push_back(Waiting {
            ticket,
            order,
            before,
        });
    }

    /// Asks for a session; nothing else is sent until it has begun. `public_key` is what the node
    /// needs to agree on a secret.
    pub fn set_up(&mut self, public_key: Bytes, now: Date) {
        let exchange = KeyExchange::DiffieHellman(public_key);
        let body = SetupRequest::new(exchange, SESSION_SECONDS, self.identity.clone()).encode();
        let id = self.next_id();
        let flags = OpFlags::USUAL | self.certified();
        let mut message = question::message(Opcode::SESSION_SETUP, flags, body, id, now);
        message.header.site_serial = self.site_serial;
        self.outbox.push_back(message.encode());
        self.standing = Standing::SettingUp(Box::new(message));
    }

    /// Begins the session that the node offered.
    pub fn begin(&mut self, secret: SessionSecret) {
        if let Standing::Offered(id, cipher) = self.standing {
            self.standing = Standing::Unproven(SessionKey::new(id, cipher, secret));
        }
    }

    /// Goes back to where there is no session, on a new connection: what was in flight is asked
    /// again, in the order it was asked in.
    ///
    /// # Errors
    /// [`Fault::PartLost`] if a part of an answer has come already; everything is dropped then.
    pub fn start_again(&mut self) -> Result<(), Fault> {
        self.standing = Standing::Plain;
        self.outbox.clear();
        let mut again: Vec<InFlight> = core::mem::take(&mut self.in_flight).into_values().collect();
        if again.iter().any(|in_flight| in_flight.has_part) {
            self.waiting.clear();
            return Err(Fault::PartLost);
        }
        again.sort_by_key(|in_flight| in_flight.what.ticket);
        for in_flight in again.into_iter().rev() {
            let (what, asked) = (in_flight.what, in_flight.asked);
            let before = Some(SentBefore {
                request_id: asked.envelope.request_id,
                expiration: Date(asked.header.expiration),
            });
            self.waiting.push_front(Waiting { before, ..what });
        }
        Ok(())
    }

    /// The octets to send next, if there are any now.
    ///
    /// # Errors
    /// [`Fault::Session`] if a message of the session cannot be made.
    pub fn poll_transmit(&mut self, now: Date) -> Result<Option<Bytes>, Fault> {
        if let Some(octets) = self.outbox.pop_front() {
            return Ok(Some(octets));
        }
        if self.in_flight.len() >= self.room() {
            return Ok(None);
        }
        let Some(what) = self.waiting.pop_front() else {
            return Ok(None);
        };
        let asked = self.message(&what, now);
        let octets = self.sealed(asked.clone())?;
        let id = asked.envelope.request_id;
        let in_flight = InFlight {
            what,
            asked,
            proof: None,
            has_part: false,
        };
        self.in_flight.insert(id, in_flight);
        Ok(Some(octets))
    }

    /// Takes a packet that came.
    ///
    /// # Errors
    /// A [`Fault`]: nothing that comes on this connection is to be believed any more, or the node
    /// refuses to go on.
    pub fn handle_packet(&mut self, packet: &Packet, now: Date) -> Result<(), Fault> {
        if let Standing::SettingUp(asked) = &self.standing {
            let asked = asked.clone();
            return self.take_offer(&asked, Message::from_packet(packet)?, now);
        }
        let message = self.opened(packet)?;
        let id = message.envelope.request_id;
        let Some(in_flight) = self.in_flight.get_mut(&id) else {
            return Err(refused(&message));
        };
        let is_about_proof = message.header.opcode == Opcode::CHALLENGE_RESPONSE;
        let asked = match &in_flight.proof {
            Some(proof) if is_about_proof => proof,
            _ => &in_flight.asked,
        };
        let answered = believe(&self.provider, Channel::Connection, asked, message, now)?;
        match &answered.response {
            Response {
                answer: Answer::Challenge(challenge),
                digest,
                ..
            } if in_flight.proof.is_none() => {
                let nonce = challenge.nonce.clone();
                if self.session().is_none() {
                    // Before anything is proven to a stranger.
                    self.check_signature(&answered.message)?;
                }
                self.prove(id, &answered.message, &nonce, *digest)
            }
            _ => self.end(id, answered),
        }
    }

    /// What happened since, if anything did.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// How many requests may be in flight now.
    fn room(&self) -> usize {
        match self.standing {
            Standing::Plain | Standing::Proven(_) => self.window,
            Standing::Unproven(_) => 1,
            Standing::SettingUp(_) | Standing::Offered(..) => 0,
        }
    }

    fn session(&self) -> Option<&SessionKey> {
        match &self.standing {
            Standing::Unproven(key) | Standing::Proven(key) => Some(key),
            _ => None,
        }
    }

    /// The flags of a request whose answer must be signed, or nothing.
    fn certified(&self) -> OpFlags {
        if self.site_key.is_some() || self.session().is_some() {
            OpFlags::CERTIFIED | OpFlags::REQUEST_DIGEST
        } else {
            OpFlags::REQUEST_DIGEST
        }
    }

    fn next_id(&mut self) -> u32 {
        // The greatest number is that of nodes that could not read a request's own.
        self.next_id = self.next_id.wrapping_add(1);
        if self.next_id == u32::MAX {
            self.next_id = 1;
        }
        self.next_id
    }

    /// What a request is known by that is sent for the first time.
    fn first_sent(&mut self, now: Date) -> SentBefore {
        let request_id = self.next_id();
        let life = MESSAGE_LIFE_SECONDS + request_id % SPREAD_SECONDS;
        SentBefore {
            request_id,
            expiration: now.plus_seconds(life),
        }
    }

    fn message(&mut self, what: &Waiting, now: Date) -> Message {
        let SentBefore {
            request_id,
            expiration,
        } = what.before.unwrap_or_else(|| self.first_sent(now));
        let mut message = what.order.message(request_id, expiration);
        let mut flags = message.header.flags | self.certified();
        if what.order.is_private() && self.session().is_some() {
            flags = flags | OpFlags::ENCRYPT;
        }
        message.header.flags = flags;
        message.header.site_serial = self.site_serial;
        message
    }

    /// A message as octets, of the session if there is one.
    fn sealed(&self, message: Message) -> Result<Bytes, Fault> {
        let Some(key) = self.session() else {
            return Ok(message.encode());
        };
        let sealing = Sealing::of_request(&message.header);
        let packet = key.seal(message, sealing, self.provider.chance(), &self.provider)?;
        Ok(packet.encode())
    }

    /// A message that came, which in a session must bear its MAC.
    fn opened(&self, packet: &Packet) -> Result<Message, Fault> {
        let Some(key) = self.session() else {
            return Ok(Message::from_packet(packet)?);
        };
        match key.open_answer(packet, &self.provider, WeakForms::NONE) {
            Ok(opened) if opened.is_authentic() => Ok(opened.message),
            Ok(opened) => Err(refused(&opened.message)),
            Err(refusal) => Err(session_over(packet).unwrap_or(Fault::Session(refusal))),
        }
    }

    fn take_offer(&mut self, asked: &Message, message: Message, now: Date) -> Result<(), Fault> {
        let answered = believe(&self.provider, Channel::Connection, asked, message, now)?;
        let message = &answered.message;
        let Answer::SessionSetup(answer) = &answered.response.answer else {
            return Err(refused(message));
        };
        self.check_signature(message)?;
        let version = new_enough(message.envelope.version)?;
        let (cipher, public_key) = answer.cipher_and_key(version)?;
        let cipher = cipher.unwrap_or(SessionCipher::AES);
        self.standing = Standing::Offered(message.envelope.session_id, cipher);
        self.events.push_back(Event::SessionOffered(public_key));
        Ok(())
    }

    fn check_signature(&self, message: &Message) -> Result<(), Fault> {
        match &self.site_key {
            Some(key) if !credentials::is_signed(message, key) => Err(Fault::NotSigned {
                code: message.header.response_code,
            }),
            _ => Ok(()),
        }
    }

    /// Answers a challenge, of whose digest it has been checked that it is that of the request: a
    /// proof over anything else would be a signature under what somebody else wants done.
    fn prove(
        &mut self,
        id: u32,
        challenge: &Message,
        nonce: &[u8],
        digest: Option<RequestDigest>,
    ) -> Result<(), Fault> {
        let version = new_enough(challenge.envelope.version)?;
        let Some(digest @ RequestDigest::Sha256(_)) = digest else {
            return Err(Fault::WeakChallenge);
        };
        let covered = covered(nonce, digest.octets());
        let proof = match &self.means {
            Means::Key(key) => prove_by_key(&covered, version, key).ok_or(Fault::Key)?,
            Means::Secret(secret) => {
                let salt = self.provider.chance();
                prove_by_secret(&covered, version, secret, salt, &self.provider)
            }
        };
        let body = ChallengeResponse::new(self.identity.clone(), &proof).encode();
        let Some(in_flight) = self.in_flight.get_mut(&id) else {
            return Ok(());
        };
        let mut answer = in_flight.asked.clone();
        answer.envelope.version = version;
        answer.envelope.session_id = challenge.envelope.session_id;
        answer.header.opcode = Opcode::CHALLENGE_RESPONSE;
        answer.body = body;
        in_flight.proof = Some(answer.clone());
        let octets = self.sealed(answer)?;
        self.outbox.push_back(octets);
        Ok(())
    }

    /// Takes the answer to an order.
    fn end(&mut self, id: u32, answered: Answered) -> Result<(), Fault> {
        if self.session().is_none() {
            self.check_signature(&answered.message)?;
        }
        let is_last = !answered.message.header.flags.contains(OpFlags::CONTINUOUS);
        let Some(in_flight) = self.in_flight.get_mut(&id) else {
            return Ok(());
        };
        in_flight.has_part = true;
        let (ticket, is_resent) = (in_flight.what.ticket, in_flight.what.before.is_some());
        let was_proven =
            in_flight.proof.is_some() && !is_disbelief(answered.message.header.response_code);
        if is_last {
            self.in_flight.remove(&id);
        }
        if let (Standing::Unproven(key), true) = (&self.standing, was_proven) {
            self.standing = Standing::Proven(key.clone());
        }
        self.events.push_back(Event::Answered {
            ticket,
            answered: Box::new(answered),
            is_last,
            is_resent,
        });
        Ok(())
    }
}

/// Whether a code says that the asker is not, or may not be, who they say they are.
pub fn is_disbelief(code: ResponseCode) -> bool {
    matches!(
        code,
        ResponseCode::AUTHENTICATION_NEEDED
            | ResponseCode::AUTHENTICATION_FAILED
            | ResponseCode::INVALID_CREDENTIAL
            | ResponseCode::AUTHENTICATION_TIMEOUT
            | ResponseCode::UNABLE_TO_AUTHENTICATE
    )
}

/// A version in which proofs and MACs are strong enough to be made.
fn new_enough(version: Version) -> Result<Version, Fault> {
    if version.knows(Version::SHA_256) {
        Ok(version)
    } else {
        Err(Fault::OldPeer { version })
    }
}

/// What a node says that no longer knows the session, if it says that. It has no key for a MAC, and
/// signs at most. Nothing of it is believed but that the asker must begin anew, to which anybody
/// can bring him who can break the connection.
fn session_over(packet: &Packet) -> Option<Fault> {
    let message = Message::from_packet(packet).ok()?;
    let is_over = message.header.response_code == ResponseCode::SESSION_TIMEOUT;
    is_over.then(|| refused(&message))
}

/// What a node says that does not go on.
fn refused(message: &Message) -> Fault {
    let text = match Response::decode(message).map(|response| response.answer) {
        Ok(Answer::Failure(failure)) => failure.text().escape_ascii().to_string(),
        _ => String::new(),
    };
    Fault::Refused {
        code: message.header.response_code,
        text,
    }
}
