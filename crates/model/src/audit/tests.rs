//! Tests of notes: golden octets, exactness, limits.

use super::*;
use crate::{Prefix, SuffixCase};
use proptest::prelude::*;

fn full() -> Note {
    Note {
        opcode: 104,
        key: Key::record(&"88.1/Ab".parse().unwrap(), SuffixCase::Insensitive),
        spelling: "88.1/Ab".into(),
        identity: Some(Reference {
            identifier: "0.NA/88.1".into(),
            index: 300,
        }),
        means: Means::SESSION,
        source: "2001:db8::1".into(),
        transport: Transport::TCP,
        request: Some([0xd5; 32]),
        date_ms: 0x0102_0304_0506_0708,
    }
}

/// These octets are in data folders: whoever changes them makes another format.
#[test]
fn the_octets_of_format_1() {
    let head = b"\x01\x07\x01\x02\x03\x04\x05\x06\x07\x08\0\0\0\x68\x04\x01";
    let rest = b"\0\x0b2001:db8::1\0\x09R\x0188.1/AB\0\x0788.1/Ab\0\x090.NA/88.1\0\0\x01\x2c";
    let octets = [&head[..], rest, &[0xd5; 32]].concat();
    assert_eq!(full().encode().unwrap(), octets);
    assert_eq!(Note::decode(octets.into()), Ok(full()));
}

#[test]
fn what_the_operator_did_takes_few_octets() {
    let prefix: Prefix = "88.1".parse().unwrap();
    let note = Note::by_operator(Key::homed(&prefix), "88.1".into(), 300, 7);
    let octets = b"\x01\0\0\0\0\0\0\0\0\x07\0\0\x01\x2c\x01\xff\0\0\0\x05H88.1";
    assert_eq!(note.encode().unwrap(), octets[..]);
    assert_eq!(Note::decode(octets[..].into()), Ok(note));
}

#[test]
fn a_longest_note_is_as_long_as_is_said_and_nothing_longer_is_taken() {
    let longest = || Note {
        key: Key::from_octets(vec![b'R'; KEY_OCTETS_MAX].into()),
        spelling: vec![b's'; SPELLING_OCTETS_MAX].into(),
        identity: Some(Reference {
            identifier: vec![b'i'; SPELLING_OCTETS_MAX].into(),
            index: u32::MAX,
        }),
        source: vec![b'1'; SOURCE_OCTETS_MAX].into(),
        ..full()
    };
    let octets = longest().encode().unwrap();
    assert_eq!(octets.len(), NOTE_OCTETS_MAX);
    assert_eq!(Note::decode(octets), Ok(longest()));
    let longer = |octets: &Bytes| Bytes::from([octets, &b"x"[..]].concat());
    let mut longer_ones = [longest(), longest(), longest(), longest()];
    let [source, spelling, key, identity] = &mut longer_ones;
    source.source = longer(&source.source);
    spelling.spelling = longer(&spelling.spelling);
    key.key = Key::from_octets(longer(key.key.octets()));
    let identity = identity.identity.as_mut().unwrap();
    identity.identifier = longer(&identity.identifier);
    for note in longer_ones {
        assert!(matches!(note.encode(), Err(Error::AboveLimit { .. })));
    }
}

#[test]
fn other_formats_and_flags_are_not_guessed_at() {
    let mut octets = full().encode().unwrap().to_vec();
    octets[1] = 0x0f;
    let flags = Note::decode(octets.clone().into());
    assert!(matches!(flags, Err(Error::AboveLimit { .. })), "{flags:?}");
    octets[0] = 2;
    let format = Note::decode(octets.into());
    assert!(
        matches!(format, Err(Error::Unexpected { .. })),
        "{format:?}"
    );
}

#[test]
fn means_without_a_name_are_printed_as_numbers() {
    assert_eq!(format!("{}", Means::PASSWORD), "password over HTTPS");
    assert_eq!(format!("{}", Means(77)), "means 77");
}

fn octets(max: usize) -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..=max).prop_map(Bytes::from)
}

fn notes() -> impl Strategy<Value = Note> {
    let what = (any::<u32>(), octets(40), prop::option::of(octets(40)));
    let who = (
        prop::option::of((octets(40), any::<u32>())),
        any::<u8>(),
        any::<u8>(),
    );
    let rest = (
        octets(SOURCE_OCTETS_MAX),
        any::<Option<[u8; 32]>>(),
        any::<u64>(),
    );
    (what, who, rest).prop_map(|(what, who, (source, request, date_ms))| {
        let (opcode, key, spelling) = what;
        let (identity, means, transport) = who;
        let key = Key::from_octets(key);
        let identity = identity.map(|(identifier, index)| Reference { identifier, index });
        Note {
            opcode,
            spelling: spelling.unwrap_or_else(|| spelling_of(&key)),
            key,
            identity,
            means: Means(means),
            source,
            transport: Transport(transport),
            request,
            date_ms,
        }
    })
}

proptest! {
    #[test]
    fn every_note_comes_back(note in notes()) {
        let octets = note.encode().expect("all are short");
        prop_assert_eq!(Note::decode(octets), Ok(note));
    }

    /// Two notes are never one in octets: whatever can be read is what would be written.
    #[test]
    fn changed_octets_are_another_note_or_none(
        note in notes(), at: prop::sample::Index, bits in 1..=u8::MAX, cut: bool,
    ) {
        let mut octets = note.encode().expect("all are short").to_vec();
        let at = at.index(octets.len());
        if cut {
            octets.truncate(at);
        } else {
            octets[at] ^= bits;
        }
        if let Ok(read) = Note::decode(octets.clone().into()) {
            prop_assert_eq!(read.encode().expect("it was read"), octets);
            prop_assert_ne!(read, note);
        }
    }

    #[test]
    fn no_octets_make_reading_panic(octets in octets(120)) {
        if let Ok(note) = Note::decode(octets.clone()) {
            prop_assert_eq!(note.encode(), Ok(octets));
        }
    }
}
