//! Sessions by example, and against the naive model of the fuzz body.

use super::fuzz::{Toy, sessions as fuzz_body};
use super::*;
use crate::tests::replay;
use crate::{Ciphers, Date, Question, VectorForm, WeakForms, Weakness, credentials};
use proptest::prelude::*;
use wire::resolution::ResolutionAnswer;
use wire::{Answer, EnvelopeFlags, Message, OpFlags, Opcode, Packet, Response, ResponseCode};

const LIMITS: SessionLimits = SessionLimits {
    life_max: Duration::from_secs(100),
    life_min: Duration::from_secs(10),
    idle_max: Duration::from_secs(50),
    count_max: 4,
    octets_max: 1 << 20,
    count_per_source_max: 2,
    octets_per_source_max: 1 << 20,
};

fn new(identity: Identity, life_seconds: u32) -> NewSession {
    NewSession {
        asked: SetUp {
            identity,
            life_seconds,
            public_key: Bytes::new(),
        },
        cipher: SessionCipher::AES,
        secret: SessionSecret::new([7; 32]),
    }
}

fn somebody() -> Identity {
    Identity::new("88/u", 300)
}

/// Sessions with one of `somebody`, from moment 0, and the asker's end of it.
fn one_session(limits: SessionLimits) -> (Sessions<&'static str>, SessionKey, SessionKey) {
    let mut sessions = Sessions::new(limits);
    let new = new(somebody(), 1000);
    let asker_secret = new.secret.clone();
    let id = sessions.set_up("a", new, 9, |_| false, Moment(0)).unwrap();
    let asker = SessionKey::new(id, SessionCipher::AES, asker_secret);
    let key = sessions.key(id, Moment(0)).unwrap();
    (sessions, key, asker)
}

fn question() -> Message {
    Question::about("88/x".parse().unwrap()).resolution(1, Date(9))
}

fn in_version(minor: u8) -> Message {
    let mut message = question();
    message.envelope.version = Version::new(2, minor);
    message
}

const MAC: Sealing = Sealing {
    has_mac: true,
    is_encrypted: false,
};
const MAC_AND_ENCRYPTION: Sealing = Sealing {
    has_mac: true,
    is_encrypted: true,
};
const ENCRYPTION: Sealing = Sealing {
    has_mac: false,
    is_encrypted: true,
};
const NOTHING: Sealing = Sealing {
    has_mac: false,
    is_encrypted: false,
};

fn sealed(key: &SessionKey, message: Message, sealing: Sealing) -> Packet {
    key.seal(message, sealing, [3; 16], &Toy).unwrap()
}

fn allowed(weaknesses: &[Weakness]) -> WeakForms {
    let all = weaknesses.iter().copied();
    all.fold(WeakForms::NONE, WeakForms::with)
}

/// The answer to [`question`] with one value.
fn answer(is_public: bool) -> Message {
    let mut value = model::Value::public(1, "URL", "http://e.org/");
    if !is_public {
        value.permissions = model::value::Permissions(0x0c);
    }
    let answer = Answer::Resolution(ResolutionAnswer {
        identifier: "88/x".into(),
        values: alloc::vec![model::EncodedValue::of(&value)],
    });
    let mut message = question();
    message.header.response_code = ResponseCode::SUCCESS;
    message.body = Response::new(None, answer).encode();
    message
}

#[test]
fn lives_are_as_long_as_asked_within_limits() {
    for (asked, seconds) in [(0, 10), (30, 30), (1000, 50), (u32::MAX, 50)] {
        let mut sessions = Sessions::new(LIMITS);
        let new = new(somebody(), asked);
        let id = sessions.set_up("a", new, 1, |_| false, Moment(0)).unwrap();
        assert!(
            sessions.key(id, Moment(seconds * 1000 - 1)).is_ok(),
            "{asked}"
        );
        let over = sessions.key(id, Moment(seconds * 1000)).unwrap_err();
        assert_eq!(over, Refusal::Unknown, "{asked}");
        assert_eq!(over.code(), ResponseCode::SESSION_TIMEOUT);
        assert!(sessions.contains(id), "until somebody sweeps");
        sessions.handle_timeout(Moment(seconds * 1000));
        assert!(!sessions.contains(id) && sessions.octets() == 0);
    }
}

#[test]
fn use_keeps_a_session_but_not_beyond_its_life() {
    let (mut sessions, key, asker) = one_session(LIMITS);
    for second in [40, 80, 99] {
        let packet = sealed(&asker, question(), MAC);
        let opened = key.open(&packet, &Toy, WeakForms::NONE).unwrap();
        sessions.receive(&opened, Moment(second * 1000)).unwrap();
    }
    assert_eq!(
        sessions.key(9, Moment(100_000)).unwrap_err(),
        Refusal::Unknown
    );
    let packet = sealed(&asker, question(), MAC);
    let opened = key.open(&packet, &Toy, WeakForms::NONE).unwrap();
    let late = sessions.receive(&opened, Moment(100_000));
    assert_eq!(late, Err(Refusal::Unknown), "though the key was still held");
}

/// Whoever knows the id could otherwise keep the session of somebody who has gone.
#[test]
fn what_bears_no_mac_does_not_keep_a_session() {
    let (mut sessions, key, asker) = one_session(LIMITS);
    let mut message = question();
    message.header.opcode = Opcode::CHALLENGE_RESPONSE;
    let packet = sealed(
        &asker,
        message.clone(),
        Sealing::of_request(&message.header),
    );
    let opened = key.open(&packet, &Toy, WeakForms::NONE).unwrap();
    assert!(!opened.is_authentic());
    sessions.receive(&opened, Moment(49_000)).unwrap();
    assert!(sessions.key(9, Moment(50_000)).is_err());
}

#[test]
fn ids_are_not_those_of_others() {
    let mut sessions = Sessions::new(LIMITS);
    let mut set_up = |source, random_id, taken: u32| {
        let new = new(somebody(), 100);
        sessions.set_up(source, new, random_id, |id| id == taken, Moment(0))
    };
    assert_eq!(set_up("a", 0x8000_0000, 0), Ok(1), "0 means no session");
    assert_eq!(
        set_up("a", 0x7fff_ffff, 0x7fff_ffff),
        Ok(2),
        "1 is a session's"
    );
    assert_eq!(
        set_up("b", 0x8000_0005, 0),
        Ok(5),
        "positive for signed numbers"
    );
}

#[test]
fn who_sets_up_too_many_loses_their_own() {
    let mut sessions = Sessions::new(LIMITS);
    let mut set_up = |source, id| {
        let new = new(somebody(), 100);
        sessions
            .set_up(source, new, id, |_| false, Moment(0))
            .unwrap();
    };
    set_up("b", 1);
    set_up("a", 2);
    set_up("a", 3);
    set_up("a", 4);
    let left: Vec<u32> = (1..=4).filter(|id| sessions.contains(*id)).collect();
    assert_eq!(left, [1, 3, 4]);
}

/// A stranger with many addresses does not end the session of somebody who has shown who they are,
/// and if all are such, strangers wait.
#[test]
fn proven_sessions_stay() {
    let mut sessions = Sessions::new(LIMITS);
    let mut found = Vec::new();
    let sources = ["a", "a", "b", "c", "d", "e", "f"];
    for (source, id) in sources.into_iter().zip(1..) {
        found.push(sessions.set_up(source, new(somebody(), 100), id, |_| false, Moment(0)));
        if id <= 3 {
            let key = sessions.key(id, Moment(0)).unwrap();
            let standing = sessions.mark_proven(&key, &somebody(), Moment(0));
            assert_eq!(standing, Ok(Standing::Proven));
        }
    }
    assert!(found.iter().all(Result::is_ok));
    let left: Vec<u32> = (1..=7).filter(|id| sessions.contains(*id)).collect();
    assert_eq!(left, [1, 2, 3, 7]);

    let key = sessions.key(7, Moment(0)).unwrap();
    sessions.mark_proven(&key, &somebody(), Moment(0)).unwrap();
    let full = sessions.set_up("g", new(somebody(), 100), 8, |_| false, Moment(0));
    assert_eq!(full, Err(Refusal::Full));
    assert_eq!(Refusal::Full.code(), ResponseCode::SERVER_BUSY);
    // One of those who have two makes room for their own third.
    let own = sessions.set_up("a", new(somebody(), 100), 8, |_| false, Moment(0));
    assert_eq!(own, Ok(8));
    assert!(!sessions.contains(1));
}

#[test]
fn octets_are_bounded_too() {
    let limits = SessionLimits {
        octets_per_source_max: 2 * SESSION_OCTETS + 100,
        ..LIMITS
    };
    let mut sessions = Sessions::new(limits);
    let long = |octets| new(Identity::new(alloc::vec![b'x'; octets], 1), 100);
    let mut set_up = |octets, id| sessions.set_up("a", long(octets), id, |_| false, Moment(0));
    assert_eq!(set_up(60, 1), Ok(1));
    assert_eq!(set_up(40, 2), Ok(2));
    assert_eq!(set_up(41, 3), Ok(3));
    assert_eq!(set_up(SESSION_OCTETS + 101, 4), Err(Refusal::Full));
    assert_eq!(
        (sessions.count(), sessions.octets()),
        (2, 2 * SESSION_OCTETS + 81)
    );
}

#[test]
fn set_ups_that_are_none() {
    let check = |exchange, identity, refusal: Refusal| {
        let request = SetupRequest::new(exchange, 100, identity);
        assert_eq!(SetUp::of(&request), Err(refusal.clone()));
        assert_eq!(refusal.code(), ResponseCode::INVALID_SESSION_SETUP);
    };
    check(KeyExchange::ServerCipher, somebody(), Refusal::Mode);
    let other = KeyExchange::Other(SessionMode::NONE);
    check(other, somebody(), Refusal::Mode);
    let long = Identity::new(alloc::vec![b'x'; IDENTIFIER_OCTETS_MAX + 1], 1);
    check(
        KeyExchange::DiffieHellman("key".into()),
        long,
        Refusal::Identity,
    );
}

#[test]
fn answers_to_set_ups_name_the_cipher_since_2_4() {
    for (minor, cipher) in [(3, None), (4, Some(SessionCipher::AES))] {
        let version = Version::new(2, minor);
        let answer = answer_to_set_up(SessionCipher::AES, b"key", version);
        let read = answer.cipher_and_key(version).unwrap();
        assert_eq!(read, (cipher, "key".into()));
    }
}

#[test]
fn an_identity_is_proven_only_if_it_is_the_one_of_the_set_up() {
    let (mut sessions, key, _) = one_session(LIMITS);
    for other in [
        Identity::new("88/u", 301),
        Identity::new("88/U", 300),
        Identity::ANONYMOUS,
    ] {
        let found = sessions.mark_proven(&key, &other, Moment(0)).unwrap_err();
        assert_eq!(found, Refusal::OtherIdentity);
        assert_eq!(found.code(), ResponseCode::AUTHENTICATION_FAILED);
    }
    let found = sessions.mark_proven(&key, &somebody(), Moment(0));
    assert_eq!(found, Ok(Standing::Proven));

    let anonymous = new(Identity::ANONYMOUS, 100);
    let id = sessions
        .set_up("a", anonymous, 1, |_| false, Moment(0))
        .unwrap();
    let key = sessions.key(id, Moment(0)).unwrap();
    let found = sessions.mark_proven(&key, &somebody(), Moment(0));
    assert_eq!(found, Ok(Standing::Anonymous), "good for one request");
    assert_eq!(sessions.terminate_of(|identity| *identity == somebody()), 1);
    assert_eq!(sessions.count(), 1);
}

/// A key that was looked up before its session ended does not open the next one with its id.
#[test]
fn a_key_is_of_one_session() {
    let (mut sessions, old, asker) = one_session(LIMITS);
    let packet = sealed(&asker, question(), MAC);
    let opened = old.open(&packet, &Toy, WeakForms::NONE).unwrap();
    assert!(sessions.terminate(&old));
    sessions
        .set_up("b", new(somebody(), 100), 9, |_| false, Moment(0))
        .unwrap();
    let at = Moment(0);
    assert_eq!(sessions.receive(&opened, at), Err(Refusal::Unknown));
    assert_eq!(
        sessions.mark_proven(&old, &somebody(), at),
        Err(Refusal::Unknown)
    );
    assert!(!sessions.terminate(&old) && sessions.contains(9));
}

#[test]
fn requests_bear_macs_and_answers_to_challenges_need_none() {
    let (_, key, asker) = one_session(LIMITS);
    let open = |packet: &Packet| key.open(packet, &Toy, WeakForms::NONE);
    for sealing in [NOTHING, ENCRYPTION] {
        let refused = open(&sealed(&asker, question(), sealing)).unwrap_err();
        assert_eq!(refused, Refusal::NotAuthentic);
        assert_eq!(refused.code(), ResponseCode::INVALID_CREDENTIAL);
        let mut message = question();
        message.header.opcode = Opcode::CHALLENGE_RESPONSE;
        let opened = open(&sealed(&asker, message.clone(), sealing)).unwrap();
        assert!(!opened.is_authentic());
        assert_eq!(opened.message.body, message.body);
    }
    // A MAC that is there must be right.
    let mut message = question();
    message.header.opcode = Opcode::CHALLENGE_RESPONSE;
    message.envelope.session_id = key.id();
    credentials::add_mac(&mut message, 1, b"another key", &Toy);
    assert_eq!(
        open(&message.to_packet()).unwrap_err(),
        Refusal::NotAuthentic
    );
}

/// What is signed with a site's key, or for another session, is no message of the session.
#[test]
fn other_credentials_are_no_macs() {
    let (_, key, asker) = one_session(LIMITS);
    let open = |packet: &Packet| key.open(packet, &Toy, WeakForms::NONE).unwrap_err();
    let mut message = question();
    message.tail = wire::Credential::signed("SHA-256", 1, "signature".into()).encode();
    assert_eq!(open(&message.to_packet()), Refusal::NotAuthentic);

    let mut packet = sealed(&asker, question(), MAC);
    packet.envelope.session_id += 1;
    assert_eq!(open(&packet), Refusal::NotAuthentic);
    packet.envelope.flags = EnvelopeFlags::COMPRESSED;
    assert!(matches!(open(&packet), Refusal::Unreadable(_)));
}

#[test]
fn old_macs_are_taken_only_if_allowed() {
    for (minor, weaknesses) in [
        (11, &[][..]),
        (7, &[]),
        (6, &[Weakness::OldMac]),
        (5, &[Weakness::OldMac]),
        (4, &[Weakness::OldMac]),
        (1, &[Weakness::OldMac]),
    ] {
        let (mut sessions, key, asker) = one_session(LIMITS);
        let packet = sealed(&asker, in_version(minor), MAC);
        let needed = allowed(weaknesses);
        let opened = key.open(&packet, &Toy, needed).unwrap();
        assert_eq!(opened.weak_forms, needed, "2.{minor}");
        sessions.receive(&opened, Moment(0)).unwrap();
        // Before 2.5 messages have no numbers.
        let again = sessions.receive(&opened, Moment(0));
        assert_eq!(again.is_ok(), minor < 5, "2.{minor}");
        if !needed.is_empty() {
            let refused = key.open(&packet, &Toy, WeakForms::NONE).unwrap_err();
            assert_eq!(refused, Refusal::Weak(needed));
        }
    }
}

#[test]
fn encryption_of_every_version() {
    let old = allowed(&[Weakness::OldMac]);
    for minor in [4, 6, 7, 11] {
        let (_, key, asker) = one_session(LIMITS);
        let packet = sealed(&asker, in_version(minor), MAC_AND_ENCRYPTION);
        assert!(packet.envelope.flags.contains(EnvelopeFlags::ENCRYPTED));
        assert_eq!(
            packet.envelope.message_length as usize,
            packet.payload.len()
        );
        let opened = key.open(&packet, &Toy, old).unwrap();
        assert_eq!(opened.message.body, question().body, "2.{minor}");
        assert!(
            !opened
                .message
                .envelope
                .flags
                .contains(EnvelopeFlags::ENCRYPTED)
        );
        if minor < 7 {
            let refused = key.open(&packet, &Toy, WeakForms::NONE).unwrap_err();
            assert_eq!(
                refused,
                Refusal::Weak(old),
                "without a look at what is in it"
            );
        }
    }
    let (_, key, asker) = one_session(LIMITS);
    let refused = asker
        .seal(in_version(3), ENCRYPTION, [3; 16], &Toy)
        .unwrap_err();
    assert_eq!(refused, Refusal::NotEncrypted);
    assert_eq!(refused.code(), ResponseCode::SESSION_FAILED);
    let mut packet = sealed(&asker, in_version(4), MAC_AND_ENCRYPTION);
    packet.envelope.version = Version::new(2, 3);
    assert_eq!(
        key.open(&packet, &Toy, old).unwrap_err(),
        Refusal::NotAuthentic
    );
}

/// Somebody sends a recorded message again and again, with another beginning and another end, and
/// listens whether it can be decrypted.
#[test]
fn whoever_guesses_what_is_encrypted_soon_learns_nothing() {
    let (_, key, asker) = one_session(LIMITS);
    let mut message = question();
    message.header.opcode = Opcode::CHALLENGE_RESPONSE;
    let well_formed = sealed(&asker, message.clone(), ENCRYPTION);
    let mut ill_formed = well_formed.clone();
    ill_formed.payload = [&well_formed.payload[..], b"x"].concat().into();
    let mut learned = 0;
    for _ in 0..100 {
        let wrong = key.open(&ill_formed, &Toy, WeakForms::NONE).unwrap_err();
        assert_eq!(wrong, Refusal::NotAuthentic);
        learned += u32::from(key.open(&well_formed, &Toy, WeakForms::NONE).is_ok());
    }
    assert!(learned < 8, "{learned} times");
    // Whoever has the key is not kept out by that.
    let with_mac = sealed(&asker, message.clone(), MAC_AND_ENCRYPTION);
    assert!(key.open(&with_mac, &Toy, WeakForms::NONE).is_ok());
    let not_encrypted = sealed(&asker, message, NOTHING);
    assert!(key.open(&not_encrypted, &Toy, WeakForms::NONE).is_ok());
}

/// A cipher whose vector is the key, as clients of the Chinese system encrypt.
#[test]
fn the_key_for_a_vector_is_taken_only_if_allowed() {
    let secret = SessionSecret::new([7; 32]);
    let key_vector = allowed(&[Weakness::KeyAsVector]);
    let asker = SessionKey::new(9, SessionCipher::SM4, secret.clone());
    let mut packet = sealed(&asker, question(), MAC);
    let encrypted = Toy.encrypt(
        SessionCipher::SM4,
        VectorForm::Key,
        secret.octets(),
        [0; 16],
        &packet.payload,
    );
    packet.payload = encrypted.unwrap().into();
    packet.envelope.flags = EnvelopeFlags::ENCRYPTED;

    let check = |cipher, allowed, is_taken: bool| {
        let key = SessionKey::new(9, cipher, secret.clone());
        let opened = key.open(&packet, &Toy, allowed);
        assert_eq!(opened.is_ok(), is_taken);
        (key, opened)
    };
    let (_, refused) = check(SessionCipher::SM4, WeakForms::NONE, false);
    assert_eq!(refused.unwrap_err(), Refusal::NotAuthentic);
    let (_, refused) = check(SessionCipher::AES, key_vector, false);
    assert_eq!(refused.unwrap_err(), Refusal::NotAuthentic);
    let (key, opened) = check(SessionCipher::SM4, key_vector, true);
    assert_eq!(opened.unwrap().weak_forms, key_vector);
    // The answer is encrypted in the same way, for the asker knows no other.
    let answer = sealed(&key, answer(true), ENCRYPTION);
    let plain = Toy.decrypt(
        SessionCipher::SM4,
        VectorForm::Key,
        secret.octets(),
        &answer.payload,
    );
    assert!(plain.is_some_and(|plain| plain.starts_with(b"\0\0\0\x01\0\0\0\x01")));
}

#[test]
fn answers_are_sealed_as_requests_ask() {
    let header = |flags| wire::Header {
        flags,
        ..question().header
    };
    let usual = OpFlags::USUAL;
    let check = |flags, answer: Message, expected| {
        assert_eq!(Sealing::of_answer(&header(flags), &answer), expected);
    };
    check(usual, answer(true), NOTHING);
    check(usual | OpFlags::CERTIFIED, answer(true), MAC);
    check(usual | OpFlags::ENCRYPT, answer(true), ENCRYPTION);
    check(usual, answer(false), ENCRYPTION);
    let mut old = answer(false);
    old.envelope.version = Version::new(2, 7);
    check(usual, old, NOTHING);
    let mut failed = answer(false);
    failed.header.response_code = ResponseCode::HANDLE_NOT_FOUND;
    check(usual, failed, NOTHING);
    let mut unreadable = answer(true);
    unreadable.body = "x".into();
    check(usual, unreadable, ENCRYPTION);
}

#[test]
fn an_asker_checks_answers() {
    let (_, key, asker) = one_session(LIMITS);
    let open = |packet: &Packet| asker.open_answer(packet, &Toy, WeakForms::NONE);
    for sealing in [MAC, MAC_AND_ENCRYPTION] {
        let mut packet = sealed(&key, answer(false), sealing);
        let opened = open(&packet).unwrap();
        assert!(opened.is_authentic());
        assert!(opened.message.header.flags.contains(OpFlags::CERTIFIED));
        let mut payload = packet.payload.to_vec();
        payload[30] ^= 1;
        packet.payload = payload.into();
        assert!(open(&packet).is_err());
    }
    let opened = open(&sealed(&key, answer(false), ENCRYPTION)).unwrap();
    assert!(!opened.is_authentic(), "nobody asked for a MAC");
    let mut bare = answer(true);
    bare.header.flags = bare.header.flags | OpFlags::CERTIFIED;
    assert_eq!(open(&bare.to_packet()).unwrap_err(), Refusal::NotAuthentic);
}

#[test]
fn nothing_secret_is_shown() {
    let (sessions, key, _) = one_session(LIMITS);
    let secret = SessionSecret::new([0xab; 32]);
    let shown = alloc::format!("{sessions:?} {key:?} {secret:?}");
    assert!(shown.contains("SessionKey(9, SessionCipher(3))"), "{shown}");
    for octet in ["171", "ab", "7, 7"] {
        assert!(!shown.contains(octet), "{shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn sessions_do_as_the_model(acts in prop::collection::vec(any::<u8>(), 0..600)) {
        fuzz_body(&acts);
    }
}

#[test]
fn the_fuzz_body_holds_on_its_corpus() {
    replay("sessions", fuzz_body);
}
