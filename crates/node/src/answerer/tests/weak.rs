//! Tests of the counters of weak forms: each use of each form that can be used, and no other.

use super::sessions::{ADMIN, Asker, SECRET, creation, identity, with_an_administrator};
use super::*;
use engine::authority::AdministrationSettings;
use engine::{Digests, WeakForms, Weakness};
use wire::proof::{MacAlgorithm, Proof};
use wire::verification::{ChallengedDigest, VerificationRequest};

fn desk() -> Desk {
    let all = Weakness::ALL.into_iter();
    let administration = AdministrationSettings {
        weak_forms: all.fold(WeakForms::NONE, WeakForms::with),
        ..AdministrationSettings::default()
    };
    let settings = Settings {
        administration: Arc::new(administration),
        ..AnswererSettings::default().authority
    };
    with_an_administrator(AnswererSettings {
        authority: settings,
        ..AnswererSettings::default()
    })
}

/// A proof with the administrator's secret.
fn mac(algorithm: MacAlgorithm, nonce: &[u8], digest: &[u8]) -> Bytes {
    let covered = proofs::covered(nonce, digest);
    let around = [SECRET, &covered[..], SECRET].concat();
    let mac = match algorithm {
        MacAlgorithm::MD5 => Provider.md5(&around).to_vec(),
        MacAlgorithm::SHA1 => Provider.sha1(&around).to_vec(),
        _ => Provider.sha256(&around).to_vec(),
    };
    let mac = mac.into();
    Proof::Mac { algorithm, mac }.encode()
}

/// Registers something, with a proof of an algorithm.
fn register(desk: &Desk, identifier: &str, algorithm: MacAlgorithm) {
    let request = creation(identifier);
    let challenge = desk.ask(&request);
    let response = Response::decode(&challenge).unwrap();
    let Body::Challenge(body) = response.answer else {
        panic!("no challenge: {challenge:?}")
    };
    let proof = mac(algorithm, &body.nonce, response.digest.unwrap().octets());
    let mut answer = proven(&request, &challenge, identity(), Shown::Secret(SECRET));
    let mut response = ChallengeResponse::decode(answer.body.clone()).unwrap();
    response.proof = proof;
    answer.body = response.encode();
    let code = desk.ask(&answer).header.response_code;
    assert_eq!(code, ResponseCode::SUCCESS, "{algorithm:?}");
}

/// Asks whether a proof is right, as another node does.
fn verify(desk: &Desk, algorithm: MacAlgorithm, nonce: &[u8]) -> bool {
    let (proved, digest) = ([1; 16], [2; 32]);
    let mut request = about(ADMIN).resolution(9, Clock::date());
    request.header.opcode = Opcode::VERIFY_CHALLENGE;
    request.body = VerificationRequest {
        identity: identity(),
        nonce: nonce.to_vec().into(),
        digest: ChallengedDigest::Bare(digest.to_vec().into()),
        proof: mac(algorithm, &proved, &digest),
        rest: Bytes::new(),
    }
    .encode();
    match Response::decode(&desk.ask(&request)).unwrap().answer {
        Body::Verification(verdict) => verdict.is_right(),
        other => panic!("{other:?}"),
    }
}

/// What was counted: MD5, SHA-1, old MACs, the key for a vector.
fn counted(desk: &Desk) -> [u64; 4] {
    desk.answerer.counters.read().weak
}

#[test]
fn each_use_of_a_weak_form_is_counted_under_its_name() {
    let desk = desk();
    register(&desk, "88.1/strong", MacAlgorithm::SHA256);
    assert_eq!(counted(&desk), [0; 4]);
    register(&desk, "88.1/md5", MacAlgorithm::MD5);
    assert_eq!(counted(&desk), [1, 0, 0, 0]);
    register(&desk, "88.1/sha1", MacAlgorithm::SHA1);
    assert_eq!(counted(&desk), [1, 1, 0, 0]);
    assert!(verify(&desk, MacAlgorithm::SHA1, &[1; 16]));
    assert_eq!(counted(&desk), [1, 2, 0, 0], "verified for another node");
    assert!(verify(&desk, MacAlgorithm::SHA256, &[1; 16]));
    assert!(!verify(&desk, MacAlgorithm::SHA1, &[9; 16]));
    assert_eq!(counted(&desk), [1, 2, 0, 0], "strong, and wrong");
    let asker = Asker::new(&desk, identity());
    asker.ask_proving(&creation("88.1/session"));
    assert_eq!(counted(&desk), [1, 2, 0, 0]);
    let mut old = creation("88.1/old");
    old.envelope.version = Version::new(2, 6);
    old.envelope.suggested = Version::new(2, 6);
    let answer = desk.ask_packet(&asker.seal(&old));
    let answer = Message::from_packet(&answer).unwrap();
    assert_eq!(answer.header.response_code, ResponseCode::SUCCESS);
    assert_eq!(counted(&desk), [1, 2, 1, 0]);
}
