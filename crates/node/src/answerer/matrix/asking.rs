//! How a cell is asked: the request of each operation, and the messages of each way to prove who
//! asks, as an asker of the field sends them.
//!
//! Not here: what is expected to be heard ([`super::rules`]).

use super::bench::pairs;
use super::cells::{Carrier, Cell, Condition, Operation, Way};
use super::people::{Keys, Who, administrator};
use crypto::Provider;
use crypto::diffie_hellman::Offer;
use engine::question::{self, MESSAGE_LIFE_SECONDS};
use engine::sessions::{Sealing, SessionKey};
use engine::{Date, Question, WeakForms, Weakness};
use model::{EncodedValue, Identifier, Permissions, PublicKey, Value};
use std::collections::BTreeSet;
use wire::challenge::ChallengeResponse;
use wire::login::LoginRequest;
use wire::response::Answer as Body;
use wire::session::{KeyExchange, SessionCipher, SetupRequest};
use wire::verification::{ChallengedDigest, VerificationRequest};
use wire::{Message, OpFlags, Opcode, Packet, Response, ResponseCode};

/// A node that is asked, and its operator.
pub(crate) trait World {
    /// What a record holds; none if it is not registered.
    fn values(&self, identifier: &str) -> Option<Pairs>;
    /// Leaves a record, or none.
    fn put(&self, identifier: &str, values: Option<&[Value]>);
    fn is_home(&self, prefix: &str) -> bool;
    fn home(&self, prefix: &str, is_home: bool);
    /// How many changes were made so far, by anybody; none if that cannot be seen from here.
    fn changes(&self) -> Option<u64>;
    /// Somebody at an address of their own.
    fn asker(&self, carrier: Carrier) -> Box<dyn Asker + '_>;
    /// The date.
    fn date(&self) -> Date;
    /// Whether an asker may be wrong as often as they like.
    fn forgives(&self) -> bool;
}

/// Somebody who sends and hears packets; over TCP on one connection.
pub(crate) trait Asker {
    fn ask(&mut self, packet: &Packet) -> Packet;
}

/// What was heard of a cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Seen {
    pub(crate) codes: Vec<u32>,
    /// Of operation 201, and the identifiers that were made up.
    pub(crate) verdicts: Vec<bool>,
    pub(crate) minted: Vec<String>,
    /// What records hold and which identifiers there are, by each answer that says so.
    pub(crate) values: Vec<Pairs>,
    pub(crate) names: Vec<BTreeSet<String>>,
}

/// Values of a record but dates and administrators.
pub(crate) type Pairs = Vec<(u32, Vec<u8>)>;

/// An identifier that was made up for an operation's cells.
pub(crate) fn identifier(operation: Operation) -> String {
    match operation {
        // A prefix of their own for identifiers that nobody can foresee.
        Operation::Mint => "88.4/x".to_owned(),
        _ => format!("88.1/{operation:?}"),
    }
}

pub(crate) const HOMED_LATER: &str = "88.2";
pub(crate) const UNHOMED: &str = "88.3";

/// What a record holds before it is changed, and what it says then.
pub(crate) fn values_before() -> Vec<Value> {
    let private = Value {
        permissions: Permissions(0b1100),
        ..Value::public(2, "NAME", "private")
    };
    vec![Value::public(1, "URL", "before"), private, administrator()]
}

pub(crate) fn after(index: u32) -> Value {
    Value::public(index, "URL", "after")
}

/// A session, a login, or neither, and whoever is in it.
pub(crate) struct Channel<'w> {
    pub(crate) asker: Box<dyn Asker + 'w>,
    session: Option<SessionKey>,
    seen: Seen,
}

/// One cell being asked.
pub(crate) struct Asking<'a> {
    pub(crate) cell: Cell,
    pub(crate) keys: &'a Keys,
    pub(crate) date: Date,
    /// Told apart from others that are alike.
    pub(crate) number: u32,
}

impl<'w> Channel<'w> {
    pub(crate) fn new(asker: Box<dyn Asker + 'w>) -> Self {
        Self {
            asker,
            session: None,
            seen: Seen::default(),
        }
    }

    /// What was heard since the last time.
    pub(crate) fn take_seen(&mut self) -> Seen {
        std::mem::take(&mut self.seen)
    }

    pub(crate) fn send(&mut self, packet: &Packet) -> Message {
        let answer = self.asker.ask(packet);
        let opened = self.session.as_ref().and_then(|key| {
            let all = Weakness::ALL
                .into_iter()
                .fold(WeakForms::NONE, WeakForms::with);
            key.open_answer(&answer, &Provider, all).ok()
        });
        let message = match opened {
            Some(opened) => opened.message,
            None => Message::from_packet(&answer).expect("answers can be read"),
        };
        self.seen.codes.push(message.header.response_code.0);
        if let Ok(Response { answer, .. }) = Response::decode(&message) {
            match answer {
                Body::Verification(verdict) => self.seen.verdicts.push(verdict.is_right()),
                Body::Creation(created) => {
                    let name = created.identifier.unwrap_or_default();
                    let name = String::from_utf8_lossy(&name).into_owned();
                    self.seen.minted.push(name);
                }
                Body::Resolution(found) => {
                    let values = found.values.iter().map(EncodedValue::value);
                    self.seen.values.push(pairs(&values.collect::<Vec<_>>()));
                }
                Body::Listing(listed) => {
                    let names = listed.identifiers.iter();
                    let names = names.map(|name| String::from_utf8_lossy(name).to_uppercase());
                    self.seen.names.push(names.collect());
                }
                _ => {}
            }
        }
        message
    }

    /// A request as it is sent here: in a session with its MAC.
    pub(crate) fn sealed(&self, request: &Message) -> Packet {
        match &self.session {
            Some(key) => {
                let sealing = Sealing::of_request(&request.header);
                let sealed = key.seal(request.clone(), sealing, [5; 16], &Provider);
                sealed.expect("requests are not encrypted here")
            }
            None => request.to_packet(),
        }
    }

    pub(crate) fn ask(&mut self, request: &Message) -> Message {
        let packet = self.sealed(request);
        self.send(&packet)
    }

    /// Sends a message of the session in which one bit was changed after it had its MAC.
    pub(crate) fn ask_tampered(&mut self, request: &Message) {
        let mut packet = self.sealed(request);
        // The last octet of the body lies before the credential.
        let mut payload = packet.payload.to_vec();
        let at = wire::header::HEADER_OCTETS + request.body.len() - 1;
        payload[at] ^= 1;
        packet.payload = payload.into();
        self.send(&packet);
    }
}

impl Asking<'_> {
    fn who(&self) -> Who {
        if self.cell.condition == Condition::Forbidden {
            Who::Guest
        } else {
            Who::Administrator
        }
    }

    /// The request of the cell; the same again is the same octets.
    pub(crate) fn request(&self) -> Message {
        let operation = self.cell.operation;
        let name: Identifier = identifier(operation).parse().unwrap();
        let (id, date) = (self.number, self.date);
        let new = [after(1), administrator()];
        let none = OpFlags(0);
        let message = match operation {
            Operation::ReadPublic => Question::about(name).at_index(1).resolution(id, date),
            Operation::ReadPrivate => Question::about(name)
                .for_private_values()
                .resolution(id, date),
            Operation::Create | Operation::CreateTaken => {
                question::creation(&name, &new, none, id, date)
            }
            Operation::Replace => question::creation(&name, &new, OpFlags::OVERWRITE, id, date),
            Operation::Mint => question::creation(&name, &new, OpFlags::MINT, id, date),
            Operation::Delete => question::deletion(&name, id, date),
            Operation::Add => question::addition(&name, &[after(5)], none, id, date),
            Operation::AddOver => {
                question::addition(&name, &[after(1)], OpFlags::OVERWRITE, id, date)
            }
            Operation::Remove => question::removal(&name, &[1], id, date),
            Operation::Modify => question::modification(&name, &[after(1)], id, date),
            Operation::List => question::listing(&described("88.1"), id, date),
            Operation::Home => question::homing(&described(HOMED_LATER), true, id, date),
            Operation::Unhome => question::homing(&described(UNHOMED), false, id, date),
            Operation::ListHomed => question::homed_listing(id, date),
            Operation::Verify => question::verification(&self.verification(), id, date),
        };
        self.versioned(message)
    }

    /// A message of the cell's version, and not alike to those of other cells.
    fn versioned(&self, mut message: Message) -> Message {
        message.envelope.version = self.cell.version();
        message.envelope.suggested = self.cell.version();
        let life = MESSAGE_LIFE_SECONDS + self.number % MESSAGE_LIFE_SECONDS;
        message.header.expiration = self.date.plus_seconds(life).0;
        message
    }

    fn verification(&self) -> VerificationRequest {
        let (nonce, digest) = ([1; 16], [2; 32]);
        let covered = [&nonce[..], &digest].concat();
        let proof = self.proof_over(Who::Administrator, &covered);
        VerificationRequest {
            identity: Who::Administrator.identity(self.cell.way.kind()),
            nonce: nonce.to_vec().into(),
            digest: ChallengedDigest::Bare(digest.to_vec().into()),
            proof,
            rest: bytes::Bytes::new(),
        }
    }

    /// The octets of a proof, wrong or changed as the cell says.
    fn proof_over(&self, who: Who, covered: &[u8]) -> bytes::Bytes {
        let Cell {
            way,
            minor,
            condition,
            ..
        } = self.cell;
        let is_right = condition != Condition::WrongKey;
        let proof = self.keys.prove((who, way.kind(), is_right), minor, covered);
        let mut octets = proof.encode().to_vec();
        if condition == Condition::Tampered {
            *octets.last_mut().unwrap() ^= 1;
        }
        octets.into()
    }

    /// What answers a challenge of a request.
    pub(crate) fn proof(&self, asked: &Message, challenge: &Message) -> Packet {
        let response = Response::decode(challenge).expect("challenges can be read");
        let Body::Challenge(body) = response.answer else {
            panic!("{:?}: no challenge but {challenge:?}", self.cell);
        };
        let digest = response.digest.expect("challenges have a digest");
        let covered = [&body.nonce[..], digest.octets()].concat();
        let octets = self.proof_over(self.who(), &covered);
        let authentication = match self.cell.way.kind() {
            super::cells::Kind::Secret(_) => wire::challenge::AUTHENTICATION_SECRET_KEY,
            _ => wire::challenge::AUTHENTICATION_PUBLIC_KEY,
        };
        let mut answer = asked.clone();
        answer.envelope.session_id = challenge.envelope.session_id;
        answer.envelope.request_id = asked.envelope.request_id ^ 0x5000_0000;
        answer.header.opcode = Opcode::CHALLENGE_RESPONSE;
        answer.body = ChallengeResponse {
            authentication: bytes::Bytes::from_static(authentication),
            identity: self.who().identity(self.cell.way.kind()),
            proof: octets,
            rest: bytes::Bytes::new(),
        }
        .encode();
        answer.to_packet()
    }

    /// Sets a session up, which is nobody's yet.
    pub(crate) fn set_up<'w>(&self, asker: Box<dyn Asker + 'w>) -> Channel<'w> {
        let mut channel = Channel::new(asker);
        let offer = Offer::new().unwrap();
        let exchange = KeyExchange::DiffieHellman(offer.public_key().encode());
        let identity = self.who().identity(self.cell.way.kind());
        let mut request = question::site_info(self.number, self.date);
        request.header.opcode = Opcode::SESSION_SETUP;
        request.body = SetupRequest::new(exchange, 3600, identity).encode();
        let answer = channel.ask(&self.versioned(request));
        let Body::SessionSetup(body) = Response::decode(&answer).unwrap().answer else {
            panic!("{:?}: no session but {answer:?}", self.cell);
        };
        let (_, public_key) = body.cipher_and_key(self.cell.version()).unwrap();
        let secret = offer.accept(&PublicKey::decode(public_key).unwrap());
        let id = answer.envelope.session_id;
        let key = SessionKey::new(id, SessionCipher::AES, secret.unwrap());
        channel.session = Some(key);
        channel.take_seen();
        channel
    }

    /// The request of a login.
    pub(crate) fn login(&self) -> Message {
        let mut request = question::site_info(self.number, self.date);
        request.header.opcode = Opcode::LOGIN_ID_SYSTEM;
        request.header.flags = request.header.flags | OpFlags::REQUEST_DIGEST;
        let identity = self.who().identity(self.cell.way.kind());
        request.body = LoginRequest::of(identity).encode();
        self.versioned(request)
    }
}

fn described(prefix: &str) -> Identifier {
    format!("0.NA/{prefix}").parse().unwrap()
}

/// Whether a code asks for a proof.
pub(crate) fn is_challenge(message: &Message) -> bool {
    message.header.response_code == ResponseCode::AUTHENTICATION_NEEDED
}

/// Whether a cell is of somebody in a session.
pub(crate) fn is_in_session(cell: Cell) -> bool {
    matches!(cell.way, Way::Session(_))
}
