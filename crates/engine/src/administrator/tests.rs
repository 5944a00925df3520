//! The asker's side of administration, in front of a node that is played by the test.

use super::*;
use crate::authority::{Authority, Settings, certify};
use crate::exchange::Disbelief;
use crate::proofs::is_by_secret;
use crate::sessions::fuzz::Toy;
use crate::sessions::{SECRET_OCTETS, answer_to_set_up};
use crate::{Cryptography, Digests, Macs, SignatureDigest};
use alloc::vec;
use model::PublicKey;
use wire::challenge::Challenge;
use wire::listing::ListingAnswer;

const NOW: Date = Date(1_795_000_000);
const SECRET: &[u8] = b"open sesame";
const NONCE: &[u8] = b"sixteen octets !";

impl Cryptography for Toy {
    fn verifying_key(&self, _: &PublicKey, _: &[u8]) -> Option<Box<dyn Verifies>> {
        None
    }

    fn chance(&self) -> [u8; 16] {
        [8; 16]
    }
}

/// A key that is its own other half.
struct Pen(&'static [u8]);

impl Signs for Pen {
    fn is_dsa(&self) -> bool {
        false
    }

    fn can_sign_with(&self, digest: SignatureDigest) -> bool {
        digest == SignatureDigest::Sha256
    }

    fn sign(&self, _: SignatureDigest, octets: &[u8]) -> Option<Vec<u8>> {
        Some(Toy.hmac_sha256(self.0, octets).to_vec())
    }
}

impl Verifies for Pen {
    fn verify(&self, digest: SignatureDigest, octets: &[u8], signature: &[u8]) -> bool {
        self.sign(digest, octets).as_deref() == Some(signature)
    }
}

type Asker = Administrator<Toy, Pen, Pen>;

fn identity() -> Identity {
    Identity::new("88.1/me", 301)
}

fn asker(window: usize) -> Asker {
    let means = Means::Secret(SECRET.to_vec().into());
    Administrator::new(Toy, identity(), means, window)
}

fn order(identifier: &str) -> Order {
    Order::delete(&identifier.parse().unwrap())
}

fn node() -> Authority<Toy> {
    Authority {
        digests: Toy,
        settings: Settings::default(),
    }
}

/// The messages that are sent now.
fn sent(asker: &mut Asker) -> Vec<Packet> {
    let next = || asker.poll_transmit(NOW).unwrap();
    let octets = core::iter::from_fn(next);
    octets
        .map(|octets| Packet::decode(octets).unwrap())
        .collect()
}

fn plain(packet: &Packet) -> Message {
    Message::from_packet(packet).unwrap()
}

/// The tickets that are answered, with their codes.
fn answered(asker: &mut Asker) -> Vec<(Ticket, ResponseCode)> {
    let events = core::iter::from_fn(|| asker.poll_event());
    events
        .map(|event| match event {
            Event::Answered {
                ticket, answered, ..
            } => (ticket, answered.message.header.response_code),
            other @ Event::SessionOffered(_) => panic!("{other:?}"),
        })
        .collect()
}

fn take(asker: &mut Asker, message: &Message) -> Result<(), Fault> {
    asker.handle_packet(&message.to_packet(), NOW)
}

/// Whether a message proves, for the request that was challenged, that somebody knows the secret.
fn proves(message: &Message, request: &Message) -> bool {
    let response = ChallengeResponse::decode(message.body.clone()).unwrap();
    assert_eq!(response.identity, identity());
    let proof = response.proof(Version::NEWEST).unwrap();
    let covered = covered(NONCE, &Toy.sha256(&request.digested_octets()));
    is_by_secret(&proof, &covered, SECRET, &Toy)
}

#[test]
fn a_challenge_is_answered_for_the_own_request() {
    let mut asker = asker(4);
    asker.ask(7, order("88.1/a"));
    let request = plain(&sent(&mut asker)[0]);
    take(&mut asker, &node().challenge(&request, 5, NONCE, NOW)).unwrap();
    let proof = plain(&sent(&mut asker)[0]);
    assert_eq!(proof.envelope.session_id, 5);
    assert_eq!(proof.header.opcode, Opcode::CHALLENGE_RESPONSE);
    assert!(proves(&proof, &request));
    take(&mut asker, &node().succeed(&request, Answer::Done, NOW)).unwrap();
    assert_eq!(answered(&mut asker), [(7, ResponseCode::SUCCESS)]);
    assert_eq!(asker.unanswered_count(), 0);
}

/// Somebody in between wants their own request signed: the challenge for it is sent on.
#[test]
fn nothing_is_proven_for_the_request_of_somebody_else() {
    let mut asker = asker(4);
    asker.ask(1, order("88.1/a"));
    let request = plain(&sent(&mut asker)[0]);
    let mut other = request.clone();
    other.body = order("88.1/b").message(0, NOW).body;
    let challenge = node().challenge(&other, 5, NONCE, NOW);
    let fault = take(&mut asker, &challenge).unwrap_err();
    assert_eq!(fault, Fault::Disbelief(Disbelief::AnotherDigest));
    assert!(sent(&mut asker).is_empty());
}

#[test]
fn nothing_is_proven_by_a_digest_that_can_be_forged_or_in_an_old_version() {
    let mut asker = asker(4);
    asker.ask(1, order("88.1/a"));
    let request = plain(&sent(&mut asker)[0]);
    let mut challenge = node().challenge(&request, 5, NONCE, NOW);
    let late_digest = None;
    let nonce = NONCE.into();
    let body = Answer::Challenge(Challenge { nonce, late_digest });
    for digest in [
        RequestDigest::Md5(Toy.md5(&request.digested_octets())),
        RequestDigest::Sha1(Toy.sha1(&request.digested_octets())),
    ] {
        challenge.body = Response::new(Some(digest), body.clone()).encode();
        assert_eq!(take(&mut asker, &challenge), Err(Fault::WeakChallenge));
    }
    challenge.envelope.version = Version { major: 2, minor: 6 };
    let fault = take(&mut asker, &challenge).unwrap_err();
    assert!(matches!(fault, Fault::OldPeer { .. }), "{fault}");
    assert!(sent(&mut asker).is_empty());
}

#[test]
fn without_a_session_only_signed_answers_count_where_the_site_is_known() {
    let mut asker = asker(4).with_site_key(Pen(b"site")).with_site_serial(7);
    asker.ask(1, order("88.1/a"));
    let request = plain(&sent(&mut asker)[0]);
    assert!(request.header.flags.contains(OpFlags::CERTIFIED));
    assert_eq!(request.header.site_serial, 7);
    let mut challenge = node().challenge(&request, 5, NONCE, NOW);
    let fault = take(&mut asker, &challenge).unwrap_err();
    assert!(matches!(fault, Fault::NotSigned { .. }), "{fault}");
    assert!(certify(&mut challenge, &Pen(b"site")));
    take(&mut asker, &challenge).unwrap();
    let mut answer = node().succeed(&request, Answer::Done, NOW);
    assert!(certify(&mut answer, &Pen(b"another")));
    let fault = take(&mut asker, &answer).unwrap_err();
    assert!(matches!(fault, Fault::NotSigned { .. }), "{fault}");
    assert!(certify(&mut answer, &Pen(b"site")));
    take(&mut asker, &answer).unwrap();
    assert_eq!(answered(&mut asker), [(1, ResponseCode::SUCCESS)]);
}

/// The node's end of a session.
fn in_session(asker: &mut Asker) -> SessionKey {
    asker.set_up("key".into(), NOW);
    let request = plain(&sent(asker)[0]);
    let offer = answer_to_set_up(SessionCipher::AES, b"node's key", Version::NEWEST);
    let mut answer = node().succeed(&request, Answer::SessionSetup(offer), NOW);
    answer.envelope.session_id = 9;
    assert!(certify(&mut answer, &Pen(b"site")));
    take(asker, &answer).unwrap();
    let Some(Event::SessionOffered(public_key)) = asker.poll_event() else {
        panic!("no offer");
    };
    assert_eq!(public_key, "node's key");
    let secret = SessionSecret::new([3; SECRET_OCTETS]);
    asker.begin(secret.clone());
    SessionKey::new(9, SessionCipher::AES, secret)
}

fn opened(key: &SessionKey, packet: &Packet) -> Message {
    let opened = key.open(packet, &Toy, WeakForms::NONE).unwrap();
    opened.message
}

fn sealed(key: &SessionKey, request: &Message, answer: Message) -> Packet {
    let sealing = Sealing::of_answer(&request.header, &answer);
    key.seal(answer, sealing, [2; 16], &Toy).unwrap()
}

#[test]
fn a_session_is_proven_once_and_then_carries_a_window() {
    let mut asker = asker(3).with_site_key(Pen(b"site"));
    for ticket in 1..=5 {
        asker.ask(ticket, order("88.1/a"));
    }
    let key = in_session(&mut asker);
    let first = sent(&mut asker);
    assert_eq!(first.len(), 1, "the first goes alone");
    let request = opened(&key, &first[0]);
    let challenge = node().challenge(&request, 9, NONCE, NOW);
    let challenge = sealed(&key, &request, challenge);
    asker.handle_packet(&challenge, NOW).unwrap();
    let proof = opened(&key, &sent(&mut asker)[0]);
    assert!(proves(&proof, &request));
    let done = node().succeed(&request, Answer::Done, NOW);
    asker
        .handle_packet(&sealed(&key, &request, done), NOW)
        .unwrap();
    assert_eq!(answered(&mut asker), [(1, ResponseCode::SUCCESS)]);
    let window = sent(&mut asker);
    assert_eq!(window.len(), 3);
    let request = opened(&key, &window[1]);
    let done = node().succeed(&request, Answer::Done, NOW);
    // What bears no MAC may be anybody's.
    let fault = take(&mut asker, &done).unwrap_err();
    assert!(matches!(fault, Fault::Refused { .. }), "{fault}");
    asker
        .handle_packet(&sealed(&key, &request, done), NOW)
        .unwrap();
    assert_eq!(answered(&mut asker), [(3, ResponseCode::SUCCESS)]);
    assert_eq!(sent(&mut asker).len(), 1);
}

/// A node that has ended the session, as when its key was replaced, signs what it says like
/// anything that is asked outside of sessions. The asker begins anew; nothing else so is believed.
#[test]
fn that_a_session_is_over_needs_no_mac() {
    for (code, is_over) in [
        (ResponseCode::SESSION_TIMEOUT, true),
        (ResponseCode::INVALID_ADMIN, false),
    ] {
        let mut asker = asker(3).with_site_key(Pen(b"site"));
        asker.ask(1, order("88.1/a"));
        let key = in_session(&mut asker);
        let request = opened(&key, &sent(&mut asker)[0]);
        let mut refusal = node().fail(&request, code, "set up another", NOW);
        assert!(certify(&mut refusal, &Pen(b"site")));
        let fault = take(&mut asker, &refusal).unwrap_err();
        assert_eq!(fault.is_session_over(), is_over, "{fault}");
        let again = asker.start_again();
        assert_eq!((again, asker.unanswered_count()), (Ok(()), 1));
    }
}

/// Who has the wrong secret proves nothing, and the next request is challenged again.
#[test]
fn a_session_that_is_not_proven_goes_on_one_by_one() {
    let mut asker = asker(3);
    asker.ask(1, order("88.1/a"));
    asker.ask(2, order("88.1/b"));
    let key = in_session(&mut asker);
    let request = opened(&key, &sent(&mut asker)[0]);
    let challenge = node().challenge(&request, 9, NONCE, NOW);
    asker
        .handle_packet(&sealed(&key, &request, challenge), NOW)
        .unwrap();
    sent(&mut asker);
    let code = ResponseCode::AUTHENTICATION_FAILED;
    let refusal = node().fail(&request, code, "no", NOW);
    asker
        .handle_packet(&sealed(&key, &request, refusal), NOW)
        .unwrap();
    assert_eq!(answered(&mut asker), [(1, code)]);
    assert_eq!(sent(&mut asker).len(), 1);
    assert!(matches!(asker.standing, Standing::Unproven(_)));
}

#[test]
fn a_session_is_not_begun_with_a_stranger() {
    let mut asker = asker(1).with_site_key(Pen(b"site"));
    asker.set_up("key".into(), NOW);
    let request = plain(&sent(&mut asker)[0]);
    let offer = answer_to_set_up(SessionCipher::AES, b"key", Version::NEWEST);
    let answer = node().succeed(&request, Answer::SessionSetup(offer), NOW);
    let fault = take(&mut asker, &answer).unwrap_err();
    assert!(matches!(fault, Fault::NotSigned { .. }), "{fault}");
    assert!(asker.poll_event().is_none());
}

#[test]
fn what_not_everybody_may_read_is_encrypted() {
    let mut asker = asker(1);
    let secret = model::Value {
        permissions: model::Permissions(0b1100),
        ..model::Value::public(301, "HS_SECKEY", "open sesame")
    };
    asker.ask(1, Order::register(&"88.1/a".parse().unwrap(), &[secret]));
    let key = in_session(&mut asker);
    let packet = &sent(&mut asker)[0];
    assert!(
        packet
            .envelope
            .flags
            .contains(wire::EnvelopeFlags::ENCRYPTED)
    );
    assert!(opened(&key, packet).header.flags.contains(OpFlags::ENCRYPT));
}

#[test]
fn what_was_in_flight_is_asked_again_in_its_order() {
    let mut asker = asker(3);
    for ticket in 1..=4 {
        asker.ask(ticket, order("88.1/a"));
    }
    let requests = sent(&mut asker);
    let done = node().succeed(&plain(&requests[1]), Answer::Done, NOW);
    take(&mut asker, &done).unwrap();
    assert_eq!(answered(&mut asker), [(2, ResponseCode::SUCCESS)]);
    asker.start_again().unwrap();
    let again = sent(&mut asker);
    assert_eq!(again.len(), 3);
    let octets = |packet: &Packet| plain(packet).digested_octets();
    assert_eq!(octets(&again[0]), octets(&requests[0]), "known again");
    // By its number a node knows it though somebody has changed the record meanwhile.
    let ids = |packets: &[Packet]| packets.iter().map(|it| it.envelope.request_id).collect();
    let (first, second): (Vec<u32>, Vec<u32>) = (ids(&requests), ids(&again));
    assert_eq!(second[..2], [first[0], first[2]]);
    assert!(!first.contains(&second[2]), "sent for the first time");
    assert_ne!(octets(&requests[1]), octets(&requests[0]), "meant anew");
    for request in &again {
        let done = node().succeed(&plain(request), Answer::Done, NOW);
        take(&mut asker, &done).unwrap();
    }
    let events = core::iter::from_fn(|| asker.poll_event());
    let ended: Vec<_> = events
        .map(|event| match event {
            Event::Answered {
                ticket, is_resent, ..
            } => (ticket, is_resent),
            other @ Event::SessionOffered(_) => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ended, [(1, true), (3, true), (4, false)]);
}

#[test]
fn a_long_list_comes_in_parts_and_is_not_begun_twice() {
    let mut asker = asker(1);
    asker.ask(1, Order::list(&"88.1".parse().unwrap()).unwrap());
    let request = plain(&sent(&mut asker)[0]);
    let part = |is_last: bool| {
        let identifiers = vec!["88.1/A".into()];
        let listing = Answer::Listing(ListingAnswer { identifiers });
        let mut part = node().succeed(&request, listing, NOW);
        if !is_last {
            part.header.flags = part.header.flags | OpFlags::CONTINUOUS;
        }
        part
    };
    take(&mut asker, &part(false)).unwrap();
    assert_eq!(asker.unanswered_count(), 1);
    assert_eq!(asker.start_again(), Err(Fault::PartLost));
    asker.ask(2, Order::list(&"88.1".parse().unwrap()).unwrap());
    let request = plain(&sent(&mut asker)[0]);
    let end = node().succeed(
        &request,
        Answer::Listing(ListingAnswer {
            identifiers: vec![],
        }),
        NOW,
    );
    take(&mut asker, &end).unwrap();
    assert_eq!(asker.unanswered_count(), 0);
}
