//! Tests of credentials and of the octets they cover: against MACs and signatures that the
//! reference software made, and against octets derived by hand for the versions nobody has
//! captured.

use super::*;
use crate::{EnvelopeFlags, message::NO_CREDENTIAL};
use crate::{Header, OpFlags, Opcode, ResponseCode, Version};
use sha2::{Digest, Sha256};

/// A resolution in session 77 with counter 3, under the key 00 01 … 1f
/// (`resolve-mac-session` of the golden vectors).
const MAC_SESSION: &[u8] = b"\x02\x0b\x02\x0b\0\0\0\x4d\x01\x02\x03\x04\0\0\0\0\0\0\0\x85\
    \0\0\0\x01\0\0\0\0\x19\0\0\0\0\x01\0\0\x7f\xff\xff\xff\0\0\0\x1c\
    \0\0\0\x1020.500.99999/abc\0\0\0\0\0\0\0\0\
    \0\0\0\x4d\0\0\0\0\0\0\0\0\0\0\0\x03\0\0\0\x06HS_MAC\
    \0\0\0\x33\0\0\0\x0bHMAC-SHA256\0\0\0\x20\
    \x69\x19\x60\x45\x40\xf2\x42\x78\x71\x13\x96\xb7\x69\x24\x62\xf0\
    \x5a\x78\x14\xfb\x7e\x43\xd0\x72\x1d\x2e\x10\xd0\xe5\xbd\xbc\xf7";

fn decoded(octets: &[u8]) -> (Message, Credential) {
    let message = Message::decode(Bytes::copy_from_slice(octets)).unwrap();
    let credential = Credential::of(&message).unwrap().expect("there is one");
    assert_eq!(credential.encode(), message.tail);
    (message, credential)
}

/// RFC 2104, for keys of at most 64 octets.
fn hmac_sha256(key: &[u8], octets: &[u8]) -> Vec<u8> {
    let padded = |with: u8| {
        let mut block = [with; 64];
        for (octet, key) in block.iter_mut().zip(key) {
            *octet ^= key;
        }
        block
    };
    let inner = Sha256::digest([&padded(0x36), octets].concat());
    Sha256::digest([padded(0x5c).as_slice(), &inner].concat()).to_vec()
}

fn check_mac(octets: &[u8], key: &[u8]) {
    let (message, credential) = decoded(octets);
    assert_eq!(credential.kind(), CredentialKind::Mac);
    assert_eq!(credential.algorithm(), CredentialAlgorithm::HmacSha256);
    let MacCovered::Keyed(covered) = mac_covered(&message, credential.counter, key) else {
        panic!("2.11 makes HMACs");
    };
    assert_eq!(credential.octets, hmac_sha256(key, &covered));
}

#[test]
fn a_mac_covers_what_the_reference_software_says() {
    let key: Vec<u8> = (0..32).collect();
    check_mac(MAC_SESSION, &key);
}

/// `session1-terminate` of the captures: a real client ended its session, counter 6.
#[test]
fn a_mac_covers_what_a_real_client_sent() {
    let octets = captured("session1-terminate", "c2s");
    let key = "114f2c8e82aa68471f6a4c9e9daa30d4db49141aedf6847a1c5fea4d744167b4";
    check_mac(&octets, &hex::decode(key).unwrap());
    assert_eq!(decoded(&octets).1.counter, 6);
}

/// `signed` is what comes out of the RSA signature under the signer's public key: its last 32
/// octets, after the padding of PKCS #1.
fn check_signature(octets: &[u8], signed: &str) {
    let (message, credential) = decoded(octets);
    assert_eq!(credential.kind(), CredentialKind::Signed);
    assert_eq!(credential.algorithm(), CredentialAlgorithm::Sha256);
    let digest = Sha256::digest(signed_octets(&message, credential.counter));
    assert_eq!(hex::encode(digest), signed);
}

/// The key is `pubkey-rsa` of the vectors.
#[test]
fn a_signature_covers_what_the_reference_software_says() {
    let signed = "ab88f90e6ab6dd4c78325ab618e2e90a40bcba5ee56046ed65d6832c53227173";
    check_signature(&vector("resolution-response-signed-rsa256"), signed);
}

/// A plain answer, and a challenge, whose session id is covered. The key is the one in the site
/// information of the captures.
#[test]
fn a_signature_covers_what_a_real_server_sent() {
    let signed = "634c71fe64edc1ef8affba8ac20b7f096be65fa282677c652c2035893c30b677";
    check_signature(&captured("resolve-certified-digest-tcp", "s2c"), signed);
    let signed = "859ff8c5ebeadb0b407dbe0af828dd9d59ad791be8f1c17cec0ec72e70d41366";
    check_signature(&captured("retrieve-txn-log", "s2c"), signed);
}

/// A request in session 0x0a0b0c0d with an empty body, so that its content is the 24 octets of
/// [`HEADER`].
fn request(version: Version) -> Message {
    Message {
        envelope: crate::Envelope {
            version,
            flags: EnvelopeFlags::NONE,
            suggested: Version::new(2, 9),
            session_id: 0x0a0b_0c0d,
            request_id: 0x0102_0304,
            sequence: 0,
            message_length: 0,
        },
        header: Header {
            opcode: Opcode(0x1111_1111),
            response_code: ResponseCode(0x2222_2222),
            flags: OpFlags(0x3333_3333),
            site_serial: 0x4444,
            recursion_count: 0x55,
            reserved: 0x66,
            expiration: 0x7777_7777,
        },
        body: Bytes::new(),
        tail: NO_CREDENTIAL.into(),
    }
}

const HEADER: &str = "111111112222222233333333444455667777777700000000";

#[test]
fn a_signature_covers_in_each_version() {
    let check = |minor, preamble: &str| {
        let octets = signed_octets(&request(Version::new(2, minor)), 0x0e0f_1011);
        assert_eq!(
            hex::encode(octets),
            [preamble, HEADER].concat(),
            "2.{minor}"
        );
    };
    check(11, "020b02090a0b0c0d010203040e0f1011");
    check(8, "020802090a0b0c0d010203040e0f1011");
    check(7, "02070a0b0c0d010203040e0f1011");
    check(6, "02060a0b0e0f1011000000000000");
    check(5, "");
    check(1, "");
    let oldest = signed_octets(&request(Version::new(5, 0)), 0);
    assert_eq!(hex::encode(oldest), HEADER);
}

/// Before 2.7 the key is among the digested octets. In 2.5 and 2.6 nothing of the envelope is
/// left: the content begins at octet 4, on top of the key and of all that was written after it;
/// the key follows again, and zeros to the length that was meant.
#[test]
fn a_mac_covers_in_each_version_before_2_7() {
    let check = |minor, covered: &str| {
        let key = [0xaa, 0xbb, 0xcc, 0xdd, 0xee];
        let octets = mac_covered(&request(Version::new(2, minor)), 3, &key);
        let covered = hex::decode(covered).unwrap();
        assert_eq!(octets, MacCovered::Digested(covered), "2.{minor}");
    };
    let muddle = [
        "aabbccdd",
        HEADER,
        "aabbccddee",
        "000000000000000000000000000000",
    ]
    .concat();
    check(6, &muddle);
    check(5, &muddle);
    check(4, &["aabbccddee", HEADER, "aabbccddee"].concat());
}

/// A key shorter than four octets shows more of the muddle; nobody uses one, but it must not fail.
#[test]
fn a_mac_under_a_short_key_covers_what_is_left_of_the_envelope() {
    let octets = mac_covered(&request(Version::new(2, 6)), 3, &[0xaa]);
    let zeros = "00".repeat(11);
    let covered = ["aa02060a", HEADER, "aa", &zeros].concat();
    let covered = MacCovered::Digested(hex::decode(covered).unwrap());
    assert_eq!(octets, covered);
}

#[test]
fn quirks_of_peers_are_read() {
    use CredentialAlgorithm::{HmacSha256, Md5, Other, Sha1, Sha256};
    use CredentialKind::{Mac, Signed};
    let check = |kind: &str, algorithm: &[u8], expected| {
        let credential = Credential {
            kind: kind.to_owned().into(),
            algorithm: Bytes::copy_from_slice(algorithm),
            ..Credential::signed("", 0, Bytes::from_static(b"signature"))
        };
        let read = Credential::decode(credential.encode()).unwrap().unwrap();
        assert_eq!(read, credential);
        assert_eq!((read.kind(), read.algorithm()), expected);
    };
    check("HS_DSAPUBKEY", &[2], (Signed, Sha1));
    check("HS_SIGNED", &[1], (Signed, Md5));
    check("HS_SIGNED", &[3], (Signed, Sha256));
    check("HS_SIGNED", b"SHA-1", (Signed, Sha1));
    check("HS_SIGNED", b"SHA256", (Signed, Sha256));
    check("HS_SIGNED", b"SM3", (Signed, Other));
    check("HS_MAC", b"HMAC-SHA256", (Mac, HmacSha256));
    check("HS_DIGEST", b"MD5", (CredentialKind::Other, Md5));
    assert_eq!(Credential::decode(Bytes::new()), Ok(None));
    assert_eq!(Credential::decode(NO_CREDENTIAL.into()), Ok(None));
}

#[test]
fn what_is_cut_or_goes_on_is_no_credential() {
    let tail = Credential::mac("HMAC-SHA256", 7, Bytes::from_static(b"mac")).encode();
    for cut in 1..tail.len() {
        assert!(Credential::decode(tail.slice(..cut)).is_err(), "{cut}");
    }
    let longer = [&tail, b"\0".as_slice()].concat();
    assert!(Credential::decode(longer.into()).is_err());
    // One octet more inside of the credential, and one more inside of its signed info.
    let mut longer = [&tail, b"\0".as_slice()].concat();
    longer[3] += 1;
    assert!(Credential::decode(longer.clone().into()).is_err());
    let signed_info_length_at = tail.len() - (4 + "HMAC-SHA256".len() + 4 + "mac".len()) - 1;
    longer[signed_info_length_at] += 1;
    assert!(Credential::decode(longer.into()).is_err());
}

fn golden(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("golden files are JSON")
}

fn vector(name: &str) -> Vec<u8> {
    let golden = golden(include_str!("../../tests/golden/encoder-vectors.json"));
    let all = golden["vectors"].as_array().unwrap();
    let found = all.iter().find(|vector| vector["name"] == name).unwrap();
    hex::decode(found["packet"].as_str().unwrap()).unwrap()
}

fn captured(step: &str, direction: &str) -> Vec<u8> {
    let golden = golden(include_str!("../../tests/golden/wire-captures.json"));
    let mut all = golden.as_array().unwrap().iter();
    let found = all.find(|row| row["step"] == step && row["dir"] == direction);
    hex::decode(found.unwrap()["hex"].as_str().unwrap()).unwrap()
}
