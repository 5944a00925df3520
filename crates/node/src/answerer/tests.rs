//! Tests of an answerer on a real store: challenges, signatures, octets that are no question.

use super::*;
use bytes::Bytes;
use crypto::{RsaBits, VerifyingKey};
use engine::authority::HOMED_MARK;
use engine::challenges::{ChallengeLimits, Chance};
use engine::{Moment, Question, credentials, proofs};
use model::{Identifier, Key, Permissions, Record, SuffixCase, Value};
use std::time::Duration;
use store::Options;
use tempfile::TempDir;
use wire::challenge::ChallengeResponse;
use wire::response::Answer as Body;
use wire::stream::PacketStream;
use wire::{Identity, OpFlags, Opcode, Response, Version};

/// An answerer, and the folder of its store.
pub(super) struct Desk {
    pub(super) answerer: Answerer,
    folder: TempDir,
}

mod calls;
mod logins;
mod sessions;
mod weak;

const PEER: Source = Source::ANYBODY;

impl Desk {
    pub(super) fn with(settings: AnswererSettings) -> Self {
        Self::with_in(settings, TempDir::new().unwrap())
    }

    /// With its store in a folder.
    pub(super) fn with_in(settings: AnswererSettings, folder: TempDir) -> Self {
        let store = Store::open(folder.path(), &Options::default()).unwrap();
        Self {
            answerer: Answerer::with_settings(settings, store),
            folder,
        }
    }

    /// One that is home to `88.1`, with a public value and one for administrators.
    pub(super) fn with_a_pump(settings: AnswererSettings) -> Self {
        let desk = Self::with(settings);
        desk.home("88.1");
        let secret = Value {
            permissions: Permissions(0b1100),
            ..Value::public(2, "NAME", "pump")
        };
        desk.register(
            "88.1/pump",
            &[Value::public(1, "URL", "https://e.org"), secret],
        );
        desk
    }

    pub(super) fn home(&self, prefix: &str) {
        let mut change = Change::default();
        let key = Key::homed(&prefix.parse().unwrap());
        change.put(key, HOMED_MARK.into());
        self.answerer.store.commit(change).unwrap();
    }

    pub(super) fn unhome(&self, prefix: &str) {
        let key = Key::homed(&prefix.parse().unwrap());
        self.write(key, None);
    }

    pub(super) fn is_home(&self, prefix: &str) -> bool {
        let key = Key::homed(&prefix.parse().unwrap());
        self.answerer.store.view().get(&key).unwrap().is_some()
    }

    fn write(&self, key: Key, octets: Option<Bytes>) -> Position {
        let mut change = Change::default();
        change.writes.push(Write { key, octets });
        self.answerer.store.commit(change).unwrap()
    }

    /// Makes a change that nobody notices.
    pub(super) fn change_nothing(&self) -> Position {
        self.write(Key::homed(&"88.999".parse().unwrap()), None)
    }

    /// Leaves a record as it is said, or none.
    pub(super) fn put(&self, identifier: &str, values: Option<&[Value]>) {
        let identifier: Identifier = identifier.parse().unwrap();
        let key = Key::record(&identifier, SuffixCase::Insensitive);
        let octets = values.map(|values| Record::new(values).unwrap().octets().clone());
        self.write(key, octets);
    }

    /// Writes a record as it is, dates included.
    pub(super) fn register(&self, identifier: &str, values: &[Value]) {
        let mut change = Change::default();
        let identifier: Identifier = identifier.parse().unwrap();
        let record = Record::new(values).unwrap();
        let key = Key::record(&identifier, SuffixCase::Insensitive);
        change.put(key, record.octets().clone());
        self.answerer.store.commit(change).unwrap();
    }

    pub(super) fn values_of(&self, identifier: &Identifier) -> Vec<Value> {
        let key = Key::record(identifier, SuffixCase::Insensitive);
        let stored = self.answerer.store.view().get(&key).unwrap();
        let record = stored.map(|stored| Record::from_stored(stored).unwrap());
        record.map_or_else(Vec::new, |record| {
            let entries = record.entries().map(|entry| entry.encoded.value());
            entries.collect()
        })
    }

    pub(super) fn ask(&self, request: &Message) -> Message {
        self.ask_from(PEER, request)
    }

    fn ask_from(&self, source: Source, request: &Message) -> Message {
        let visitor = Visitor::LOCAL.counted_as(source);
        let answer = self.answerer.answer(request, &Origin::Network, visitor);
        answer.expect("requests are answered")
    }

    fn ask_packet(&self, packet: &Packet) -> Packet {
        let answer = pollster::block_on(self.answerer.answer_packet(packet, Visitor::LOCAL));
        answer.expect("requests are answered").packet
    }

    /// Answers the octets of a connection as the real listener does.
    fn ask_octets(&self, octets: &[u8]) -> Message {
        let mut stream = PacketStream::default();
        stream.push(octets);
        let packet = match stream.next_packet() {
            Ok(packet) => packet.expect("the octets are a whole packet"),
            Err(error) => {
                let envelope = stream.envelope().expect("the envelope is all there");
                return self.answerer.refuse(&envelope, &error);
            }
        };
        let answer = pollster::block_on(self.answerer.answer_packet(&packet, Visitor::LOCAL));
        Message::from_packet(&answer.expect("requests are answered").packet).unwrap()
    }
}

fn about(identifier: &str) -> Question {
    Question::about(identifier.parse().unwrap())
}

/// Asks for all values, also those that are not public.
fn for_all(identifier: &str) -> Message {
    let mut request = about(identifier).resolution(9, Clock::date());
    request.header.flags = OpFlags::RECURSIVE;
    request
}

/// What answers a challenge of a request, by a key or a secret of an identity.
pub(super) fn proven(
    request: &Message,
    challenge: &Message,
    identity: Identity,
    key: Shown<'_>,
) -> Message {
    let response = Response::decode(challenge).unwrap();
    let Body::Challenge(body) = response.answer else {
        panic!("no challenge: {challenge:?}")
    };
    let digest = response.digest.expect("challenges have one");
    let covered = proofs::covered(&body.nonce, digest.octets());
    let version = Version::NEWEST;
    let proof = match key {
        Shown::Key(key) => proofs::prove_by_key(&covered, version, key).unwrap(),
        Shown::Secret(secret) => {
            proofs::prove_by_secret(&covered, version, secret, [7; 16], &Provider)
        }
    };
    let mut answer = request.clone();
    answer.envelope.session_id = challenge.envelope.session_id;
    answer.envelope.request_id = request.envelope.request_id ^ 0x55;
    answer.header.opcode = Opcode::CHALLENGE_RESPONSE;
    answer.body = ChallengeResponse::new(identity, &proof).encode();
    answer
}

/// What somebody proves an identity with.
#[derive(Clone, Copy)]
pub(super) enum Shown<'k> {
    Key(&'k SigningKey),
    Secret(&'k [u8]),
}

fn answer_to(challenge: &Message) -> Message {
    let mut request = for_all("88.1/pump");
    request.envelope.session_id = challenge.envelope.session_id;
    request.header.opcode = Opcode::CHALLENGE_RESPONSE;
    request
}

#[test]
fn a_private_value_is_challenged_and_the_challenge_answered_once() {
    let desk = Desk::with_a_pump(AnswererSettings::default());
    let request = for_all("88.1/pump");
    let challenge = desk.ask(&request);
    assert_eq!(
        challenge.header.response_code,
        ResponseCode::AUTHENTICATION_NEEDED
    );
    let response = Response::decode(&challenge).unwrap();
    let digest = response.digest.expect("challenges have one");
    assert!(engine::Digests::is_digest_of(
        &Provider,
        &digest,
        &request.digested_octets()
    ));
    let Body::Challenge(body) = response.answer else {
        panic!("no challenge")
    };
    assert_eq!(body.nonce.len(), 16);

    let code = |message: Message| message.header.response_code;
    let refused = desk.ask(&answer_to(&challenge));
    assert_eq!(
        refused.header.opcode,
        Opcode::RESOLUTION,
        "what was asked first"
    );
    assert_eq!(refused.envelope.session_id, 0, "the challenge is over");
    let wrong = ResponseCode::PROTOCOL_ERROR;
    assert_eq!(code(refused), wrong, "its body is that of a question");
    let unknown = ResponseCode::SESSION_TIMEOUT;
    assert_eq!(
        code(desk.ask(&answer_to(&challenge))),
        unknown,
        "a second time"
    );
    let mut other = answer_to(&desk.ask(&request));
    other.header.opcode = Opcode::RESOLUTION;
    assert_eq!(code(desk.ask(&other)), unknown, "a challenge is no session");
    let again = desk.ask(&request);
    assert_ne!(again.envelope.session_id, challenge.envelope.session_id);
}

#[test]
fn a_challenge_answered_late_is_over() {
    let desk = Desk::with_a_pump(AnswererSettings {
        challenges: ChallengeLimits {
            life: Duration::ZERO,
            ..ChallengeLimits::default()
        },
        ..AnswererSettings::default()
    });
    let mut challenges = lock(&desk.answerer.challenges);
    let chance = Chance {
        id: 5,
        nonce: [0; 16],
    };
    let request = for_all("88.1/pump");
    challenges
        .issue(PEER, &request, chance, Moment(0), |_| false)
        .unwrap();
    drop(challenges);
    let mut answer = answer_to(&request);
    answer.envelope.session_id = 5;
    while desk.answerer.clock.moment() == Moment(0) {
        std::hint::spin_loop();
    }
    let code = desk.ask(&answer).header.response_code;
    assert_eq!(code, ResponseCode::AUTHENTICATION_TIMEOUT);
}

#[test]
fn without_room_for_challenges_the_node_is_busy() {
    let limits = ChallengeLimits {
        count_max: 0,
        ..ChallengeLimits::default()
    };
    let desk = Desk::with_a_pump(AnswererSettings {
        challenges: limits,
        ..AnswererSettings::default()
    });
    let answer = desk.ask(&for_all("88.1/pump"));
    assert_eq!(answer.header.response_code, ResponseCode::SERVER_BUSY);
    assert_eq!(answer.envelope.session_id, 0);
}

fn signing(limits: AllowanceLimits) -> (AnswererSettings, VerifyingKey) {
    let key = SigningKey::new(&SigningKey::generate(RsaBits::Least).unwrap()).unwrap();
    let public = VerifyingKey::new(&key.public_key()).unwrap();
    let settings = AnswererSettings {
        signing_key: Some(Arc::new(key)),
        signatures: limits,
        ..AnswererSettings::default()
    };
    (settings, public)
}

/// Answers of every kind are signed for who asks for it, and only then, in every version.
#[test]
fn answers_are_signed_when_asked_for() {
    let (settings, public) = signing(AllowanceLimits::default());
    let desk = Desk::with_a_pump(settings);
    for minor in 1..=11 {
        for mut request in [
            about("88.1/pump").resolution(9, Clock::date()),
            about("88.1/other").resolution(9, Clock::date()),
            for_all("88.1/pump"),
        ] {
            request.envelope.suggested = Version::new(2, minor);
            let plain = desk.ask(&request);
            assert!(!plain.header.flags.contains(OpFlags::CERTIFIED));
            assert!(!credentials::is_signed(&plain, &public));
            request.header.flags = request.header.flags | OpFlags::CERTIFIED;
            let signed = desk.ask(&request);
            assert_eq!(signed.envelope.version, Version::new(2, minor));
            assert!(signed.header.flags.contains(OpFlags::CERTIFIED));
            assert!(credentials::is_signed(&signed, &public), "2.{minor}");
            let again = Message::decode(signed.encode()).unwrap();
            assert!(credentials::is_signed(&again, &public), "2.{minor}, sent");
        }
    }
}

#[test]
fn without_a_key_nothing_says_that_it_is_signed() {
    let desk = Desk::with_a_pump(AnswererSettings::default());
    let question = about("88.1/pump").with_flags(OpFlags::CERTIFIED);
    let answer = desk.ask(&question.resolution(9, Clock::date()));
    assert_eq!(answer.header.response_code, ResponseCode::SUCCESS);
    assert!(!answer.header.flags.contains(OpFlags::CERTIFIED));
    assert_eq!(&answer.tail[..], wire::message::NO_CREDENTIAL);
}

/// What could not be signed is not answered: unsigned it would look like a forgery.
#[test]
fn beyond_the_allowance_the_node_is_busy() {
    let (settings, public) = signing(AllowanceLimits {
        per_second: 1000,
        per_source_and_second: 0,
    });
    let desk = Desk::with_a_pump(settings);
    let question = about("88.1/pump").with_flags(OpFlags::CERTIFIED);
    let answer = desk.ask(&question.resolution(9, Clock::date()));
    assert_eq!(answer.header.response_code, ResponseCode::SERVER_BUSY);
    assert!(!answer.header.flags.contains(OpFlags::CERTIFIED));
    assert!(!credentials::is_signed(&answer, &public));

    let mut response = question.resolution(9, Clock::date());
    response.header.response_code = ResponseCode::SUCCESS;
    let none = desk
        .answerer
        .answer(&response, &Origin::Network, Visitor::LOCAL);
    assert!(none.is_none(), "an answer is not answered, not even so");
}

#[test]
fn sources_of_ipv6_are_networks() {
    let source = |text: &str| Source::connected(text.parse().unwrap());
    assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:1"));
    assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
    assert_eq!(source("::ffff:192.0.2.1"), source("192.0.2.1"));
    assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
    let address = "192.0.2.1".parse().unwrap();
    assert_ne!(Source::connected(address), Source::claimed(address));
}

/// A resolution of `88.1/pump` with some octets replaced, and its length put right.
fn mangled(at: usize, octets: &[u8]) -> Vec<u8> {
    let mut message = about("88.1/pump")
        .resolution(0x0102_0304, Clock::date())
        .encode()
        .to_vec();
    message.splice(at..at + octets.len(), octets.iter().copied());
    message
}

/// A request of an operation with a body.
fn request(opcode: Opcode, body: &'static [u8]) -> Vec<u8> {
    let mut message = about("88.1/pump").resolution(0x0102_0304, Clock::date());
    message.header.opcode = opcode;
    message.body = body.into();
    message.encode().to_vec()
}

/// What the reference software was seen to answer to odd input, and what we answer. The last
/// column says whether we repeat ids and operation where it answers nobody in particular.
#[test]
fn odd_input_is_answered_as_well_as_by_the_reference_software_or_better() {
    const RESOLVE: Opcode = Opcode::RESOLUTION;
    let desk = Desk::with_a_pump(AnswererSettings::default());
    let length_of = |octets: u32| {
        let mut message = mangled(16, &octets.to_be_bytes());
        message.truncate(20 + octets as usize);
        message
    };
    let junk_after = {
        let body = b"\0\0\0\x0988.1/pump\0\0\0\0\0\0\0\0junk";
        request(RESOLVE, body)
    };
    let unknown_session = mangled(4, &7_u32.to_be_bytes());
    let challenge_response = {
        let mut message = request(Opcode::CHALLENGE_RESPONSE, b"");
        message[7] = 7;
        message
    };
    let rows: Vec<(&str, Vec<u8>, u32, u32)> = vec![
        // what, octets, theirs, ours
        ("a message shorter than a header", length_of(23), 4, 4),
        ("operation 0", request(Opcode(0), b""), 4, 4),
        ("an unknown operation", request(Opcode(999), b""), 2, 5),
        ("operation 106", request(Opcode(106), b"\0\0\0\x01/"), 2, 5),
        (
            "a huge identifier",
            request(RESOLVE, b"\x7f\xff\xff\xffx"),
            2,
            4,
        ),
        (
            "a message above the limit",
            mangled(16, &0x0004_0001_u32.to_be_bytes()),
            2,
            4,
        ),
        (
            "a body shorter than its texts",
            request(RESOLVE, b"\0\0\0\x0988.1"),
            100,
            4,
        ),
        ("octets after the body's end", junk_after, 1, 1),
        (
            "no UTF-8",
            request(RESOLVE, b"\0\0\0\x02\xff/\0\0\0\0\0\0\0\0"),
            100,
            100,
        ),
        (
            "an empty identifier",
            request(RESOLVE, b"\0\0\0\0\0\0\0\0\0\0\0\0"),
            100,
            100,
        ),
        ("a request of the past", mangled(36, &[0, 0, 0, 1]), 1, 1),
        ("a request without an end", mangled(36, &[0; 4]), 1, 1),
        ("a newer site serial", mangled(32, &[0x7f, 0xff]), 1, 1),
        ("an unknown session", unknown_session, 500, 500),
        ("a proof without a challenge", challenge_response, 500, 500),
        ("encrypted without a session", mangled(2, &[0x42]), 501, 501),
        ("compressed, which nobody does", mangled(2, &[0x82]), 1, 4),
        ("version 3.0", mangled(0, &[3, 0, 3, 0]), 1, 1),
    ];
    for (what, octets, _theirs, ours) in rows {
        let answer = desk.ask_octets(&octets);
        assert_eq!(answer.header.response_code.0, ours, "{what}: {answer:?}");
        assert!(answer.header.is_response());
        assert_eq!(answer.envelope.request_id, 0x0102_0304, "{what}: to whom");
        assert!(answer.envelope.flags == wire::EnvelopeFlags::NONE, "{what}");
        let sent = Message::decode(answer.encode());
        Response::decode(&sent.unwrap()).unwrap_or_else(|error| panic!("{what}: {error}"));
    }
}

/// In which version an answer is written, by that of the request and the one it suggests.
#[test]
fn versions_are_answered_as_by_the_reference_software() {
    let desk = Desk::with_a_pump(AnswererSettings::default());
    let check = |asked: [u8; 4], answered: (u8, u8)| {
        let answer = desk.ask_octets(&mangled(0, &asked));
        let version = answer.envelope.version;
        assert_eq!((version.major, version.minor), answered, "{asked:?}");
        assert_eq!(answer.envelope.suggested, Version::NEWEST);
        assert_eq!(answer.header.response_code, ResponseCode::SUCCESS);
    };
    for minor in 0..=11 {
        check([2, minor, 0, 0], (2, minor));
        check([2, 3, 2, minor], (2, minor));
    }
    check([2, 12, 0, 0], (2, 11));
    check([2, 1, 2, 99], (2, 11));
    check([3, 0, 0, 0], (2, 11));
    check([3, 0, 3, 0], (2, 11));
    check([5, 0, 0, 0], (5, 0));
}

/// Before 2.1 a digest that was asked for has the number 0 and is MD5, and no flag says so.
#[test]
fn digests_before_2_1() {
    let desk = Desk::with_a_pump(AnswererSettings::default());
    for version in [[2, 0, 0, 0], [5, 0, 0, 0]] {
        let mut octets = mangled(0, &version);
        octets[20 + 9] |= 0x80;
        let request = Message::decode(octets.clone().into()).unwrap();
        assert!(request.header.flags.contains(OpFlags::REQUEST_DIGEST));
        let answer = desk.ask_octets(&octets);
        assert!(!answer.header.flags.contains(OpFlags::REQUEST_DIGEST));
        let digest = engine::Digests::md5(&Provider, &request.digested_octets());
        assert_eq!(answer.body[0], 0);
        assert_eq!(answer.body[1..17], digest);
        assert_eq!(answer.body[17..21], [0, 0, 0, 9]);
    }
}

#[test]
fn proofs_are_verified_for_other_nodes() {
    let desk = Desk::with_a_pump(AnswererSettings::default());
    let secret = Value {
        permissions: Permissions(0b1100),
        ..Value::public(301, "HS_SECKEY", "a secret")
    };
    desk.register("88.1/u", &[secret]);
    let (nonce, digest) = ([1; 16], [2; 32]);
    let covered = proofs::covered(&nonce, &digest);
    let verdict = |identifier: &'static str, secret: &[u8]| {
        let proof = proofs::prove_by_secret(&covered, Version::NEWEST, secret, [7; 16], &Provider);
        let mut request = about("88.1/u").resolution(9, Clock::date());
        request.header.opcode = Opcode::VERIFY_CHALLENGE;
        request.body = wire::verification::VerificationRequest {
            identity: Identity::new(identifier, 301),
            nonce: nonce.to_vec().into(),
            digest: wire::verification::ChallengedDigest::Bare(digest.to_vec().into()),
            proof: proof.encode(),
            rest: Bytes::new(),
        }
        .encode();
        let answer = desk.ask(&request);
        match Response::decode(&answer).unwrap().answer {
            Body::Verification(verdict) => Ok(verdict.is_right()),
            _ => Err(answer.header.response_code),
        }
    };
    assert_eq!(verdict("88.1/u", b"a secret"), Ok(true));
    assert_eq!(verdict("88.1/u", b"another"), Ok(false));
    assert_eq!(verdict("88.1/nobody", b"a secret"), Ok(false));
    let elsewhere = ResponseCode::SERVER_NOT_RESPONSIBLE;
    assert_eq!(verdict("77.1/u", b"a secret"), Err(elsewhere));
    // Whoever is wrong too often is guessing.
    let tries: Vec<_> = (0..12).map(|_| verdict("88.1/u", b"guess")).collect();
    assert_eq!(tries.last(), Some(&Err(ResponseCode::SERVER_BUSY)));
    // What can be neither right nor wrong is bounded as well.
    let tries: Vec<_> = (0..12).map(|_| verdict("77.1/u", b"guess")).collect();
    assert_eq!(tries.first(), Some(&Err(elsewhere)));
    assert_eq!(tries.last(), Some(&Err(ResponseCode::SERVER_BUSY)));
}

/// What is charged for a proof before it is judged must not be a stranger's to use up.
#[test]
fn claims_that_cannot_be_judged_count_as_wrong_if_they_cost() {
    let desk = Desk::with_a_pump(AnswererSettings {
        secrets: PLENTY,
        ..AnswererSettings::default()
    });
    let codes = |claim: &dyn Fn() -> Claim, address: [u8; 4]| {
        let source = Source::connected(address.into());
        let code = || {
            pollster::block_on(desk.answerer.identify(claim(), source))
                .unwrap_err()
                .code
        };
        (0..11).map(|_| code()).collect::<Vec<_>>()
    };
    let claim = |identifier: &'static str, proof: &'static [u8], is_by_key| Claim {
        identity: Identity::new(identifier, 301),
        evidence: engine::authority::Evidence::Proof {
            proof: proof.into(),
            is_by_key,
            nonce: Bytes::from_static(&[1; 16]),
            digest: Bytes::from_static(&[2; 32]),
            version: Version::NEWEST,
        },
    };
    let busy = ResponseCode::SERVER_BUSY;
    // HMAC-SHA256 of 32 octets.
    let mac = &[0x13; 33];
    let unable = codes(&|| claim("88.1/nobody", mac, false), [192, 0, 2, 1]);
    assert_eq!(unable[0], ResponseCode::UNABLE_TO_AUTHENTICATE);
    assert_eq!((unable[9], unable[10]), (unable[0], busy));
    let unreadable = codes(&|| claim("88.1/pump", b"", false), [192, 0, 2, 2]);
    assert_eq!(unreadable[0], ResponseCode::INVALID_CREDENTIAL);
    assert_eq!((unreadable[9], unreadable[10]), (unreadable[0], busy));
    let free = codes(&|| claim("88.1/pump", b"", true), [192, 0, 2, 3]);
    assert_eq!(free[10], ResponseCode::INVALID_CREDENTIAL, "costs nothing");
}

/// One source must leave most of what all have to others.
#[test]
fn a_source_alone_does_not_use_up_what_all_have_for_secrets() {
    let [proven, _] = halves(settings::secrets(&Config::default()));
    assert!(proven.per_source_and_second * 3 <= proven.per_second);
}

const PLENTY: AllowanceLimits = AllowanceLimits {
    per_second: 1_000_000,
    per_source_and_second: 1_000_000,
};
