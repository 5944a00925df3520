//! Tests of session ciphers on what the reference software encrypted
//! (`tests/golden/encoder-vectors.json`).

use super::*;
use engine::WeakForms;
use engine::sessions::{Opened, Refusal, Sealing, SessionKey, SessionSecret};
use serde_json::Value as Json;
use wire::{EnvelopeFlags, Opcode, Packet};

const VECTORS: &str = include_str!("../../tests/golden/encoder-vectors.json");
const CAPTURES: &str = include_str!("../../../wire/tests/golden/wire-captures.json");

fn octets(vector: &Json, member: &str) -> Vec<u8> {
    hex::decode(vector[member].as_str().unwrap()).unwrap()
}

#[test]
fn the_reference_softwares_ciphers() {
    let all: Json = serde_json::from_str(VECTORS).unwrap();
    let is_cipher = |vector: &&Json| vector["kind"] == "cipher";
    let vectors = all["vectors"].as_array().unwrap().iter().filter(is_cipher);
    let mut seen = Vec::new();
    for vector in vectors {
        let name = vector["name"].as_str().unwrap();
        let cipher = match name {
            "session-encrypt-alg-1" => BlockCipher::Des,
            "session-encrypt-alg-2" => BlockCipher::TripleDes,
            "session-encrypt-alg-3" => BlockCipher::Aes,
            _ => panic!("{name}"),
        };
        let session = SessionCipher::new(cipher, &octets(vector, "keyHex")).unwrap();
        let (sealed, plain) = (octets(vector, "hex"), octets(vector, "plainHex"));
        assert_eq!(session.open(&sealed).unwrap(), plain, "{name}");
        let iv = &sealed[..cipher.block_octets()];
        assert_eq!(session.seal(iv, &plain).unwrap(), sealed, "{name}");
        seen.push(name);
    }
    assert_eq!(seen, ["session-encrypt-alg-2", "session-encrypt-alg-3"]);
}

/// FIPS 81 appendix C: `Now is the time for all `, in CBC mode.
#[test]
fn the_standards_example_of_des() {
    let key = hex::decode("0123456789abcdef").unwrap();
    let iv = hex::decode("1234567890abcdef").unwrap();
    let session = SessionCipher::new(BlockCipher::Des, &key).unwrap();
    let sealed = session
        .seal_blocks(&iv, b"Now is the time for all ")
        .unwrap();
    assert_eq!(
        hex::encode(&sealed[8..]),
        "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6"
    );
}

/// `openssl enc -sm4-cbc` of the vectors' text, and the standard's example (GB/T 32907 appendix A),
/// which is one block under the key itself.
#[test]
fn sm4_with_a_vector_in_front_and_with_the_key_for_one() {
    let key = hex::decode("0123456789abcdeffedcba9876543210").unwrap();
    let plain = b"attack at dawn, bring handles";
    let counted = std::array::from_fn(|at| at as u8);
    let encrypt = |form| Provider.encrypt(CipherNumber::SM4, form, &key, counted, plain);
    let decrypt = |form, octets: &[u8]| Provider.decrypt(CipherNumber::SM4, form, &key, octets);

    let sealed = encrypt(VectorForm::InFront).unwrap();
    assert_eq!(sealed[..16], counted);
    let expected = "e85a42451152d24aed7e4b89fef32fd8bb49af3f340b5d3924a9df4ec510784b";
    assert_eq!(hex::encode(&sealed[16..]), expected);
    assert_eq!(decrypt(VectorForm::InFront, &sealed).unwrap(), plain);

    let weak = encrypt(VectorForm::Key).unwrap();
    let expected = "42bcd3b1e40aa973cf43a6bc2e9a5159246ed0b15b5a1cb876f172a50dc3efb8";
    assert_eq!(hex::encode(&weak), expected);
    assert_eq!(decrypt(VectorForm::Key, &weak).unwrap(), plain);
    assert_eq!(decrypt(VectorForm::Key, &weak[1..]), None);

    let session = SessionCipher::new(BlockCipher::Sm4, &key).unwrap();
    let block = session.seal_blocks(&[0; 16], &key).unwrap();
    assert_eq!(
        hex::encode(&block[16..]),
        "681edf34d206965e86b3e94f536e4246"
    );
    let of_others = Provider.encrypt(CipherNumber::AES, VectorForm::Key, &key, counted, plain);
    assert_eq!(of_others, None, "nobody does so with AES");
}

#[test]
fn the_padding_fills_every_length() {
    let session = SessionCipher::new(BlockCipher::TripleDes, &[7; 32]).unwrap();
    for length in 0..40 {
        let plain = vec![8; length];
        let sealed = session.seal(&[1; 8], &plain).unwrap();
        assert_eq!(sealed.len(), 8 + length / 8 * 8 + 8);
        assert_eq!(session.open(&sealed).unwrap(), plain);
    }
}

#[test]
fn what_cannot_be_decrypted_says_why() {
    let short = SessionCipher::new(BlockCipher::Aes, &[7; 8]).unwrap_err();
    let (octets, needed) = (8, 16);
    assert_eq!(short, CipherError::KeyTooShort { octets, needed });
    let session = SessionCipher::new(BlockCipher::Aes, &[7; 16]).unwrap();
    let block = 16;
    let check = |sealed: &[u8], expected| {
        assert_eq!(session.open(sealed), Err(expected));
    };
    check(&[0; 9], CipherError::InitialVector { octets: 9, block });
    check(&[0; 16], CipherError::Blocks { octets: 0, block });
    check(&[0; 20], CipherError::Blocks { octets: 4, block });
    let sealed = session.seal_blocks(&[0; 16], &[0; 16]).unwrap();
    check(&sealed, CipherError::Padding);
    let sealed = session.seal_blocks(&[0; 16], &[17; 16]).unwrap();
    check(&sealed, CipherError::Padding);
    let sealed = session
        .seal_blocks(&[0; 16], b"0123456789abc\x02\x01\x03")
        .unwrap();
    check(&sealed, CipherError::Padding);
    assert_eq!(format!("{session:?}"), "SessionCipher(Aes)");
}

/// The messages of one step of the captures, in one direction.
fn captured(step: &str, direction: &str) -> Vec<Packet> {
    let all: Json = serde_json::from_str(CAPTURES).unwrap();
    let rows = all.as_array().unwrap().iter();
    let rows = rows.filter(|row| row["step"] == step && row["dir"] == direction);
    rows.map(|row| Packet::decode(octets(row, "hex").into()).unwrap())
        .collect()
}

/// The key of the captured session, which the client wrote down.
fn captured_key() -> SessionKey {
    let secret = "114f2c8e82aa68471f6a4c9e9daa30d4db49141aedf6847a1c5fea4d744167b4";
    let secret = hex::decode(secret).unwrap().try_into().unwrap();
    SessionKey::new(19, CipherNumber::AES, SessionSecret::new(secret))
}

/// A session of a real client with a real node, from both ends: requests encrypted and not, the
/// answer to a challenge without a MAC, answers that the node encrypts because values in them are
/// not public.
#[test]
fn a_captured_session() {
    let key = captured_key();
    let open = |packet: &Packet| -> Result<Opened, Refusal> {
        key.open(packet, &Provider, WeakForms::NONE)
    };
    let check = |step: &str, expected: &[(Opcode, bool, bool)]| {
        let all = captured(step, "c2s");
        let all: Vec<_> = all
            .iter()
            .filter(|packet| packet.envelope.session_id == 19)
            .collect();
        assert_eq!(all.len(), expected.len(), "{step}");
        for (packet, (opcode, is_authentic, is_encrypted)) in all.into_iter().zip(expected) {
            let opened = open(packet).unwrap();
            assert_eq!(opened.message.header.opcode, *opcode, "{step}");
            assert_eq!(opened.is_authentic(), *is_authentic, "{step}");
            let flags = packet.envelope.flags;
            assert_eq!(
                flags.contains(EnvelopeFlags::ENCRYPTED),
                *is_encrypted,
                "{step}"
            );
            let mut other = packet.clone();
            other.envelope.request_id ^= 1;
            assert_eq!(open(&other).is_err(), *is_authentic, "{step}");
        }
    };
    check(
        "session1-create-rsa(setup DH + MAC + challenge)",
        &[
            (Opcode::CREATE_HANDLE, true, true),
            (Opcode::CHALLENGE_RESPONSE, false, false),
        ],
    );
    let private = "session1-resolve-private(server encrypts)";
    check(private, &[(Opcode::RESOLUTION, true, false)]);
    let encrypted = "session1-resolve-encrypted-both-ways";
    check(encrypted, &[(Opcode::RESOLUTION, true, true)]);
    check(
        "session1-terminate",
        &[(Opcode::SESSION_TERMINATE, true, false)],
    );

    for step in [private, encrypted] {
        let request = open(&captured(step, "c2s")[0]).unwrap().message;
        let packet = &captured(step, "s2c")[0];
        let answer = key.open_answer(packet, &Provider, WeakForms::NONE).unwrap();
        let sealing = Sealing::of_answer(&request.header, &answer.message);
        assert!(
            sealing.is_encrypted && !sealing.has_mac,
            "as the node decided"
        );
        let vector = packet.payload[..16].try_into().unwrap();
        let again = key
            .seal(answer.message, sealing, vector, &Provider)
            .unwrap();
        assert_eq!(&again, packet);
    }
}

/// `resolve-mac-session` of the vectors, sealed anew: its counter is 3.
#[test]
fn a_message_is_sealed_as_the_reference_software_does() {
    let all: Json = serde_json::from_str(VECTORS).unwrap();
    let mut all = all["vectors"].as_array().unwrap().iter();
    let entry = all
        .find(|entry| entry["name"] == "resolve-mac-session")
        .unwrap();
    let packet = Packet::decode(octets(entry, "packet").into()).unwrap();
    let secret = octets(entry, "sessionKeyHex").try_into().unwrap();
    let key = SessionKey::new(77, CipherNumber::AES, SessionSecret::new(secret));
    let opened = key.open(&packet, &Provider, WeakForms::NONE).unwrap();
    let seal = || {
        let sealing = Sealing::of_request(&opened.message.header);
        key.seal(opened.message.clone(), sealing, [0; 16], &Provider)
            .unwrap()
    };
    assert_ne!(seal(), packet);
    assert_ne!(seal(), packet);
    assert_eq!(seal(), packet);
}

/// What is changed anywhere is refused in one and the same way.
#[test]
fn changed_octets_are_refused_alike() {
    let key = captured_key();
    let packet = &captured("session1-resolve-encrypted-both-ways", "c2s")[0];
    for at in 0..packet.payload.len() {
        let mut changed = packet.clone();
        let mut payload = changed.payload.to_vec();
        payload[at] ^= 0x10;
        changed.payload = payload.into();
        let opened = key.open(&changed, &Provider, WeakForms::NONE);
        assert!(
            !opened.is_ok_and(|opened| opened.is_authentic()),
            "changed at {at}"
        );
    }
    let key = captured_key();
    let refused = |packet: &Packet| key.open(packet, &Provider, WeakForms::NONE).unwrap_err();
    let mut cut = packet.clone();
    cut.payload.truncate(packet.payload.len() - 16);
    assert_eq!(refused(&cut), Refusal::NotAuthentic);
    cut.payload.truncate(17);
    assert_eq!(refused(&cut), Refusal::NotAuthentic);
    cut.payload.clear();
    assert_eq!(refused(&cut), Refusal::NotAuthentic);
}
