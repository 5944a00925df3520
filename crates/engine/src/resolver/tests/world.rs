//! A world of servers for walks: what each says to what, how it behaves, and a clock that jumps.

use crate::authority::{OwnSite, Settings, certify};
use crate::exchange::{Channel, believe};
use crate::resolver::{End, Event, Found, Guide, Inquiry, Knowledge, Limits, Reply, Walk, Wish};
use crate::{Cryptography, Date, Digests, Macs, Moment, SignatureDigest, Signs, Verifies};
use alloc::collections::BTreeMap;
use bytes::Bytes;
use model::public_key::Numbers;
use model::site::{
    Address, HashOption, Interface, InterfaceKind, ProtocolVersion, Server, SiteFlags, Transport,
};
use model::{BigInteger, EncodedValue, PublicKey, Site, Value};
use std::cell::Cell;
use std::rc::Rc;
use wire::credential::signed_octets;
use wire::outcome::{Failure, Referral};
use wire::resolution::ResolutionAnswer;
use wire::response::Answer as Body;
use wire::verification::VerificationAnswer;
use wire::{Credential, Message, OpFlags, Request, RequestDigest, Response, ResponseCode, Version};

pub(crate) const DATE: Date = Date(1_795_000_000);

/// Cryptography that is none, but tells octets apart; chance is the same in every run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Toy(Rc<Cell<u64>>);

/// A number that is another for other octets (FNV-1a).
fn number(start: u64, octets: &[u8]) -> u64 {
    octets
        .iter()
        .fold(0xcbf2_9ce4_8422_2325 ^ start, |number, octet| {
            (number ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3)
        })
}

fn spread<const N: usize>(start: u64, octets: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    for (at, octet) in out.iter_mut().enumerate() {
        let number = number(start, octets).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        *octet = ((number ^ number >> 29) >> (8 * (at % 8))) as u8;
    }
    out
}

impl Digests for Toy {
    fn sha1(&self, octets: &[u8]) -> [u8; 20] {
        spread(1, octets)
    }

    fn sha256(&self, octets: &[u8]) -> [u8; 32] {
        spread(2, octets)
    }

    fn md5(&self, octets: &[u8]) -> [u8; 16] {
        spread(3, octets)
    }
}

impl Macs for Toy {
    fn hmac_sha1(&self, key: &[u8], octets: &[u8]) -> [u8; 20] {
        spread(number(4, key), octets)
    }

    fn hmac_sha256(&self, key: &[u8], octets: &[u8]) -> [u8; 32] {
        spread(number(5, key), octets)
    }

    fn pbkdf2_hmac_sha1(&self, _: &[u8], _: &[u8], _: u32, key: &mut [u8]) {
        key.fill(0);
    }

    fn are_equal(&self, some: &[u8], others: &[u8]) -> bool {
        some == others
    }
}

impl Cryptography for Toy {
    fn verifying_key(&self, key: &PublicKey, _: &[u8]) -> Option<Box<dyn Verifies>> {
        matches!(key, PublicKey::Known { .. }).then(|| Box::new(Pen(key.encode())) as _)
    }

    fn chance(&self) -> [u8; 16] {
        self.0.set(self.0.get() + 1);
        spread(self.0.get(), b"chance")
    }
}

/// A key that is its own other half.
pub(crate) struct Pen(pub(crate) Bytes);

impl Signs for Pen {
    fn is_dsa(&self) -> bool {
        false
    }

    fn can_sign_with(&self, _: SignatureDigest) -> bool {
        true
    }

    fn sign(&self, digest: SignatureDigest, octets: &[u8]) -> Option<Vec<u8>> {
        let start = number(digest as u64, &self.0);
        Some(number(start, octets).to_be_bytes().to_vec())
    }
}

impl Verifies for Pen {
    fn verify(&self, digest: SignatureDigest, octets: &[u8], signature: &[u8]) -> bool {
        self.sign(digest, octets).as_deref() == Some(signature)
    }
}

/// The octets of a key with a name.
pub(crate) fn key(name: &str) -> Bytes {
    let numbers = Numbers::Rsa {
        exponent: BigInteger::of_magnitude(&[3]),
        modulus: BigInteger::of_magnitude(name.as_bytes()),
        is_padded: true,
    };
    let key = PublicKey::Known {
        reserved: 0,
        numbers,
    };
    key.encode()
}

/// A primary site with one server on this machine, at a port, over UDP and TCP; its key is named
/// after the port.
pub(crate) fn site(port: u16) -> Site {
    let kind = InterfaceKind::ADMIN_AND_QUERY;
    let interface = |transport| Interface {
        kind,
        transport,
        port: port.into(),
    };
    Site {
        format: 1,
        protocol: ProtocolVersion {
            major: 2,
            minor: 11,
        },
        serial: 1,
        flags: SiteFlags::PRIMARY,
        hash_option: HashOption::ALL,
        hash_filter: Bytes::new(),
        attributes: Vec::new(),
        servers: vec![Server {
            id: 1,
            address: Address::from(std::net::IpAddr::from([127, 0, 0, 1])),
            public_key: key(&port.to_string()),
            interfaces: vec![interface(Transport::TCP), interface(Transport::UDP)],
        }],
    }
}

/// Values of one type, one for each site.
pub(crate) fn sites(value_type: &'static str, sites: &[Site]) -> Vec<Value> {
    let value = |(index, site): (u32, &Site)| Value::public(index, value_type, site.encode());
    (1..).zip(sites).map(value).collect()
}

/// The record of a prefix that is served at ports.
pub(crate) fn at(ports: &[u16]) -> Says {
    let all: Vec<Site> = ports.iter().map(|port| site(*port)).collect();
    Says::Values(sites("HS_SITE", &all))
}

/// A referral to the sites at ports, for what is derived.
pub(crate) fn onward(ports: &[u16]) -> Says {
    let all: Vec<Site> = ports.iter().map(|port| site(*port)).collect();
    let code = ResponseCode::PREFIX_REFERRAL;
    Says::Refers(code, "", sites("HS_SITE.PREFIX", &all))
}

pub(crate) fn url(text: &'static str) -> Says {
    Says::Values(vec![Value::public(1, "URL", text)])
}

/// What a server says.
#[derive(Debug, Clone)]
pub(crate) enum Says {
    Values(Vec<Value>),
    Refers(ResponseCode, &'static str, Vec<Value>),
    Code(ResponseCode),
    Verdict(bool),
}

/// How a server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Honest,
    /// Nobody listens there.
    Dead,
    /// What it is sent goes nowhere.
    Silent,
    /// Over UDP, where its answers are too long, it is silent.
    SilentOverUdp,
    /// It takes so many milliseconds.
    Slow(u64),
    /// What it sends ends in the middle.
    Cut,
    /// What it sends is not what it wrote.
    Garbled,
    /// It signs with another key.
    WrongKey,
    /// It does not sign.
    Unsigned,
    /// It signs an answer in a version that repeats no digest.
    WithoutDigest,
    /// It signs in a version whose signatures do not cover the request id.
    InOldVersion,
    /// It signs with a digest of which two texts can be made.
    WithSha1,
    /// It repeats a digest of the question of which two can be made.
    DigestingWithSha1,
    /// It says that it answers about something else.
    AboutAnother,
    /// It is no primary.
    Copy,
    /// Its site has another number now.
    Renumbered(u16),
}

struct Host {
    manner: Manner,
    says: BTreeMap<String, Says>,
}

/// The world, and what walks have learned of it.
#[derive(Default)]
pub(crate) struct World {
    hosts: BTreeMap<u16, Host>,
    pub(crate) guide: Guide,
    pub(crate) knowledge: Knowledge,
    pub(crate) now: u64,
    toy: Toy,
    /// Who was asked what, in order: `port transport identifier`.
    pub(crate) asked: Vec<String>,
    pub(crate) events: Vec<Event>,
    pub(crate) flags: Vec<OpFlags>,
    pub(crate) ids: Vec<u32>,
    /// What the last walk has left of its limits.
    pub(crate) left: Limits,
}

impl World {
    /// A world whose roots are at a port.
    pub(crate) fn with_root(port: u16) -> Self {
        let guide = Guide {
            roots: vec![site(port)],
            ..Guide::default()
        };
        Self {
            guide,
            ..Self::default()
        }
    }

    /// Roots at 1; `88` is at 2, `88.118` at 3 and `88.118.1` at 4, each known to the one above.
    pub(crate) fn tree() -> Self {
        let mut world = Self::with_root(1);
        world.says(1, "0.NA/88.118.1", onward(&[2]));
        world.says(2, "0.NA/88.118.1", onward(&[3]));
        world.says(3, "0.NA/88.118.1", at(&[4]));
        world.says(4, "88.118.1/pump", url("here"));
        world
    }

    /// Has a server say something; what it has nothing to say to, it is not responsible for.
    pub(crate) fn says(&mut self, port: u16, identifier: &str, says: Says) {
        let host = self.host(port);
        host.says.insert(identifier.to_owned(), says);
    }

    pub(crate) fn behaves(&mut self, port: u16, manner: Manner) {
        self.host(port).manner = manner;
    }

    fn host(&mut self, port: u16) -> &mut Host {
        self.hosts.entry(port).or_insert_with(|| Host {
            manner: Manner::Honest,
            says: BTreeMap::new(),
        })
    }

    /// Walks for all values, signed.
    pub(crate) fn find(&mut self, identifier: &str) -> Found {
        self.walk(Wish::for_values(identifier.parse().unwrap()).certified())
            .found
    }

    /// The data of the first value that a walk finds.
    pub(crate) fn data(&mut self, identifier: &str) -> String {
        match self.find(identifier) {
            Found::Values(values) => String::from_utf8_lossy(&values[0].value().data).into_owned(),
            other => panic!("{other:?} after {:?}", self.asked),
        }
    }

    pub(crate) fn walk(&mut self, wish: Wish) -> End {
        self.walk_within(wish, self.guide.limits)
    }

    pub(crate) fn walk_within(&mut self, wish: Wish, limits: Limits) -> End {
        let guide = Guide {
            limits,
            ..self.guide.clone()
        };
        self.asked.clear();
        self.events.clear();
        self.flags.clear();
        let mut walk = Walk::new(self.toy.clone(), guide, wish, Moment(self.now));
        let mut coming: Vec<(u64, u32, Reply)> = Vec::new();
        for _ in 0..10_000 {
            while let Some(inquiry) = walk.poll_inquiry(&mut self.knowledge, Moment(self.now), DATE)
            {
                let (after, reply) = self.reply(&inquiry);
                coming.push((self.now + after, inquiry.ticket, reply));
            }
            while let Some((_, event)) = walk.poll_event() {
                self.events.push(event);
            }
            if let Some(end) = walk.poll_end() {
                self.left = walk.left(Moment(self.now));
                return end;
            }
            let timeout = walk.poll_timeout().0;
            assert!(
                timeout > self.now || !coming.is_empty(),
                "a walk that stands still"
            );
            coming.sort_by_key(|(at, ..)| *at);
            match coming.first() {
                Some((at, ..)) if *at <= timeout => {
                    let (at, ticket, reply) = coming.remove(0);
                    self.now = at;
                    let now = Moment(at);
                    let examined = walk.examine(ticket, reply);
                    walk.handle_reply(&mut self.knowledge, now, DATE, examined);
                }
                _ => {
                    self.now = timeout;
                    walk.handle_timeout(Moment(timeout));
                }
            }
        }
        panic!("a walk without an end: {:?}", self.asked);
    }

    /// What comes of a question, after how many milliseconds.
    fn reply(&mut self, inquiry: &Inquiry) -> (u64, Reply) {
        let request = Request::decode(&inquiry.message).unwrap();
        let identifier = match &request {
            Request::Resolution(body) => body.identifier.clone(),
            Request::Verification(body) => body.identity.identifier.clone(),
            other => panic!("{other:?}"),
        };
        let identifier = String::from_utf8_lossy(&identifier).into_owned();
        let port = inquiry.server.port();
        let transport = super::transport_name(inquiry.transport);
        let family = if inquiry.server.is_ipv6() {
            " over IPv6"
        } else {
            ""
        };
        self.asked
            .push(format!("{port} {transport}{family} {identifier}"));
        self.flags.push(inquiry.message.header.flags);
        self.ids.push(inquiry.message.envelope.request_id);
        let patience = inquiry.patience.as_millis() as u64;
        let Some(host) = self.hosts.get(&port) else {
            return (1, Reply::Broken("nobody listens there".into()));
        };
        let milliseconds = match host.manner {
            Manner::Dead => return (1, Reply::Broken("nobody listens there".into())),
            Manner::Silent => return (patience, Reply::Silent),
            Manner::SilentOverUdp if inquiry.transport == Transport::UDP => {
                return (patience, Reply::Silent);
            }
            Manner::Slow(milliseconds) if milliseconds >= patience => {
                return (patience, Reply::Silent);
            }
            Manner::Slow(milliseconds) => milliseconds,
            _ => 2,
        };
        let says = host.says.get(&identifier).cloned();
        let says = says.unwrap_or(Says::Code(ResponseCode::SERVER_NOT_RESPONSIBLE));
        let message = answer(&inquiry.message, port, host.manner, &identifier, says);
        let message = match spoiled(message, host.manner) {
            Ok(message) => message,
            Err(error) => return (milliseconds, Reply::Broken(error.to_string())),
        };
        let question = &inquiry.message;
        let believed = believe(&self.toy, Channel::Connection, question, message, DATE);
        let reply = match believed {
            Ok(answered) => Reply::Answered(Box::new(answered)),
            Err(why) => Reply::Broken(why.to_string()),
        };
        (milliseconds, reply)
    }
}

/// What comes of a message of a server that behaves in some manner.
fn spoiled(message: Message, manner: Manner) -> Result<Message, wire::Error> {
    let mut octets = message.encode().to_vec();
    match manner {
        Manner::Cut => octets.truncate(octets.len() - 9),
        Manner::Garbled => {
            // Behind envelope and header: in the body.
            for octet in octets.iter_mut().skip(48) {
                *octet ^= 0x55;
            }
        }
        _ => return Ok(message),
    }
    Message::decode(octets.into())
}

/// The answer of a server that behaves in some manner.
fn answer(question: &Message, port: u16, manner: Manner, about: &str, says: Says) -> Message {
    let mut question = question.clone();
    if manner == Manner::WithoutDigest {
        question.envelope.version = Version::new(2, 0);
        question.envelope.suggested = Version::new(2, 0);
        question.header.flags = question.header.flags & !OpFlags::REQUEST_DIGEST;
    }
    if manner == Manner::InOldVersion {
        question.envelope.version = Version::new(2, 6);
        question.envelope.suggested = Version::new(2, 6);
    }
    let encoded = |values: Vec<Value>| values.iter().map(EncodedValue::of).collect();
    let about = if manner == Manner::AboutAnother {
        "88.118.1/another"
    } else {
        about
    };
    let (code, body) = match says {
        Says::Values(values) => (
            ResponseCode::SUCCESS,
            Body::Resolution(ResolutionAnswer {
                identifier: Bytes::copy_from_slice(about.as_bytes()),
                values: encoded(values),
            }),
        ),
        Says::Refers(code, identifier, values) => (
            code,
            Body::Referral(Referral {
                identifier: Bytes::from_static(identifier.as_bytes()),
                values: (!values.is_empty()).then(|| encoded(values)),
            }),
        ),
        Says::Code(code) => (code, Body::Failure(Failure::new("so it is"))),
        Says::Verdict(is_right) => (
            ResponseCode::SUCCESS,
            Body::Verification(VerificationAnswer::new(is_right)),
        ),
    };
    let serial = match manner {
        Manner::Renumbered(serial) => serial,
        _ => 1,
    };
    let authority = crate::Authority {
        digests: Toy::default(),
        settings: Settings {
            site: OwnSite::without_record(serial, manner != Manner::Copy),
            ..Settings::default()
        },
    };
    let mut message = authority.succeed(&question, body, DATE);
    message.header.response_code = code;
    if manner == Manner::DigestingWithSha1 {
        let mut response = Response::decode(&message).unwrap();
        let digest = Toy::default().sha1(&question.digested_octets());
        response.digest = Some(RequestDigest::Sha1(digest));
        message.body = response.encode();
    }
    let is_asked = question.header.flags.contains(OpFlags::CERTIFIED);
    let name = match manner {
        Manner::Unsigned => return message,
        Manner::WrongKey => "another".to_owned(),
        _ => port.to_string(),
    };
    if is_asked {
        let pen = Pen(key(&name));
        if manner == Manner::WithSha1 {
            let signed = pen.sign(SignatureDigest::Sha1, &signed_octets(&message, 0));
            message.tail = Credential::signed("SHA1", 0, signed.unwrap().into()).encode();
        } else {
            assert!(certify(&mut message, &pen));
        }
    }
    message
}
