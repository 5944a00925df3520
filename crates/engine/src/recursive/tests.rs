//! Tests of what is kept: for how long, for whom, how much.

use super::*;
use crate::authority::Settings;
use crate::resolver::tests::world::{DATE, Toy};
use crate::{Authority, Moment};
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;
use model::{EncodedValue, Value};
use wire::resolution::ResolutionAnswer;
use wire::response::Answer;
use wire::{Message, OpFlags, ResponseCode, Version};

fn limits() -> CacheLimits {
    CacheLimits {
        octets_max: 1 << 20,
        life_max: Duration::from_secs(1000),
        negative_life: Duration::from_mins(1),
        failure_life: Duration::from_secs(5),
        stale_max: Duration::from_hours(1),
        ahead_percent: 10,
    }
}

fn values(data: &str) -> Arc<Said> {
    let value = EncodedValue::of(&Value::public(1, "URL", data.to_owned()));
    Arc::new(Said::Values(Values::of(&[value]).unwrap()))
}

/// A cache and a clock in seconds.
struct Keeper(Cache);

impl Keeper {
    fn new() -> Self {
        Self(Cache::new(limits()))
    }

    fn keep(&mut self, key: &str, trust: Trust, said: &Arc<Said>, seconds: u32, at: u64) {
        let said = (Arc::clone(said), seconds);
        self.0
            .keep(hash(key), key.as_bytes(), trust, said, Moment(at * 1000));
    }

    fn look(&mut self, key: &str, wanted: Wanted, at: u64) -> Looked {
        self.0
            .look(hash(key), key.as_bytes(), wanted, Moment(at * 1000))
    }

    fn fail(&mut self, key: &str, trust: Trust, at: u64) {
        self.0
            .note_failure(hash(key), key.as_bytes(), trust, Moment(at * 1000));
    }

    fn stale(&mut self, key: &str, wanted: Wanted, at: u64) -> Option<Hit> {
        self.0
            .stale(hash(key), key.as_bytes(), wanted, Moment(at * 1000))
    }

    /// How old what is found is.
    fn age(&mut self, key: &str, at: u64) -> Age {
        match self.look(key, Wanted::Any, at) {
            Looked::Found(hit) => hit.age_seconds.map_or(Age::Stale, Age::Seconds),
            Looked::Failed if self.stale(key, Wanted::Any, at).is_some() => Age::Stale,
            Looked::Failed | Looked::Nothing => Age::Unknown,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Age {
    Seconds(u32),
    Stale,
    Unknown,
}

/// All keys collide but for one bit: equality must decide.
fn hash(key: &str) -> u64 {
    key.len() as u64 & 1
}

#[test]
fn values_live_as_long_as_they_and_the_cap_allow() {
    let mut keeper = Keeper::new();
    keeper.keep("a", Trust::Plain, &values("1"), 300, 100);
    assert_eq!(keeper.age("a", 100), Age::Seconds(0));
    assert_eq!(keeper.age("a", 399), Age::Seconds(299));
    assert_eq!(keeper.age("a", 400), Age::Unknown);
    assert_eq!(
        keeper.age("b", 100),
        Age::Unknown,
        "another with the same hash"
    );
    keeper.keep("a", Trust::Plain, &values("1"), 86_400, 1000);
    assert_eq!(keeper.age("a", 1999), Age::Seconds(999));
    assert_eq!(keeper.age("a", 2000), Age::Unknown, "the cap");
    keeper.keep("a", Trust::Plain, &values("1"), 0, 3000);
    assert_eq!(keeper.age("a", 3000), Age::Unknown, "not to be kept at all");
}

#[test]
fn that_there_is_nothing_lives_as_long_as_it_is_set() {
    for said in [Said::NotRegistered, Said::NoSuchValues] {
        let mut keeper = Keeper::new();
        let said = Arc::new(said);
        keeper.keep("a", Trust::Plain, &said, u32::MAX, 0);
        assert_eq!(keeper.age("a", 59), Age::Seconds(59));
        assert_eq!(keeper.age("a", 60), Age::Unknown);
        let counts = keeper.0.counts();
        assert_eq!((counts.hits, counts.negative_hits), (0, 1));
        // What is registered in the meantime takes its place.
        keeper.keep("a", Trust::Plain, &values("1"), 300, 61);
        assert_eq!(keeper.age("a", 200), Age::Seconds(139));
    }
}

/// Whoever wants proof never gets what nobody has verified, and what was verified is not replaced
/// for them by what somebody else says later.
#[test]
fn verified_and_other_answers_are_two() {
    let mut keeper = Keeper::new();
    let (proven, claimed) = (values("proven"), values("claimed"));
    keeper.keep("a", Trust::Plain, &claimed, 300, 0);
    for wanted in [Wanted::Demanded, Wanted::Preferred] {
        assert_eq!(keeper.look("a", wanted, 1), Looked::Nothing, "{wanted:?}");
    }
    keeper.keep("a", Trust::Verified, &proven, 100, 0);
    for wanted in [Wanted::Any, Wanted::Preferred, Wanted::Demanded] {
        let Looked::Found(hit) = keeper.look("a", wanted, 1) else {
            panic!("{wanted:?}");
        };
        assert_eq!((&hit.said, hit.trust), (&proven, Trust::Verified));
    }
    keeper.keep("a", Trust::Plain, &claimed, 300, 2);
    let Looked::Found(hit) = keeper.look("a", Wanted::Demanded, 3) else {
        panic!("gone");
    };
    assert_eq!(hit.said, proven);
    for at in [3, 150] {
        let Looked::Found(hit) = keeper.look("a", Wanted::Any, at) else {
            panic!("gone");
        };
        let told = (&hit.said, hit.trust);
        assert_eq!(told, (&claimed, Trust::Plain), "it was said last");
    }
    assert_eq!(keeper.look("a", Wanted::Demanded, 150), Looked::Nothing);
}

#[test]
fn who_did_not_answer_is_not_asked_again_for_moments() {
    let mut keeper = Keeper::new();
    keeper.fail("a", Trust::Plain, 10);
    assert_eq!(keeper.look("a", Wanted::Any, 14), Looked::Failed);
    assert_eq!(keeper.look("a", Wanted::Any, 15), Looked::Nothing);
    assert_eq!(keeper.look("a", Wanted::Demanded, 14), Looked::Nothing);
    keeper.fail("a", Trust::Verified, 20);
    assert_eq!(keeper.look("a", Wanted::Demanded, 21), Looked::Failed);
    keeper.keep("a", Trust::Verified, &values("1"), 9, 22);
    assert!(matches!(
        keeper.look("a", Wanted::Demanded, 23),
        Looked::Found(_)
    ));
}

#[test]
fn what_is_too_old_is_told_only_where_nobody_answers_and_not_for_ever() {
    let mut keeper = Keeper::new();
    keeper.keep("a", Trust::Verified, &values("1"), 100, 0);
    assert_eq!(
        keeper.look("a", Wanted::Any, 101),
        Looked::Nothing,
        "ask first"
    );
    for trust in [Trust::Plain, Trust::Verified] {
        keeper.fail("a", trust, 102);
    }
    for wanted in [Wanted::Any, Wanted::Preferred] {
        assert_eq!(keeper.look("a", wanted, 103), Looked::Failed);
        let hit = keeper.stale("a", wanted, 103).unwrap();
        // It is not vouched for any more.
        assert_eq!((hit.age_seconds, hit.trust), (None, Trust::Plain));
        assert!(!hit.is_due);
    }
    assert_eq!(keeper.look("a", Wanted::Demanded, 103), Looked::Failed);
    assert_eq!(keeper.stale("a", Wanted::Demanded, 103), None, "no proof");
    assert_eq!(
        keeper.look("a", Wanted::Any, 108),
        Looked::Nothing,
        "ask again"
    );
    keeper.fail("a", Trust::Plain, 3699);
    assert_eq!(keeper.age("a", 3699), Age::Stale);
    assert_eq!(
        keeper.look("a", Wanted::Any, 3700),
        Looked::Failed,
        "too old"
    );
}

/// What was deleted is not told again when its home is dead, nor that it was deleted: it may have
/// been registered again.
#[test]
fn that_there_was_nothing_is_not_told_when_it_is_too_old() {
    let mut keeper = Keeper::new();
    keeper.keep("a", Trust::Plain, &values("1"), 10, 0);
    keeper.keep("b", Trust::Verified, &values("1"), 10, 0);
    for key in ["a", "b"] {
        keeper.keep(key, Trust::Plain, &Arc::new(Said::NotRegistered), 0, 20);
        keeper.fail(key, Trust::Plain, 90);
        assert_eq!(keeper.look(key, Wanted::Any, 91), Looked::Failed, "{key}");
        assert_eq!(keeper.stale(key, Wanted::Any, 91), None, "{key}");
    }
}

/// Of two answers the later counts, also where it is not kept itself and the one before was
/// verified, and for as long as the one before could be told.
#[test]
fn what_was_said_before_something_else_is_told_no_more() {
    for said in [Arc::new(Said::NotRegistered), values("2")] {
        for (before, after) in [
            (Trust::Verified, Trust::Plain),
            (Trust::Plain, Trust::Verified),
            (Trust::Plain, Trust::Plain),
        ] {
            let mut keeper = Keeper(Cache::new(CacheLimits {
                negative_life: Duration::ZERO,
                ..limits()
            }));
            keeper.keep("a", before, &values("1"), 1000, 0);
            keeper.keep("a", after, &said, 0, 20);
            let case = format!("{before:?} {after:?} {said:?}");
            assert_eq!(keeper.look("a", Wanted::Any, 21), Looked::Nothing, "{case}");
            keeper.fail("a", Trust::Plain, 2000);
            let now = Moment(2_001_000);
            assert_eq!(keeper.look("a", Wanted::Any, 2001), Looked::Failed);
            assert_eq!(keeper.stale("a", Wanted::Any, 2001), None, "{case}");
            assert!(keeper.0.latest(hash("a"), b"a") < Some(now));
            let is_proof = matches!(keeper.look("a", Wanted::Demanded, 22), Looked::Found(_));
            assert_eq!(is_proof, before == Trust::Verified, "{case}");
        }
    }
}

/// Whoever is told something too old must not keep it for as long as it says itself.
#[test]
fn what_cannot_be_told_with_a_shorter_ttl_is_not_told_when_it_is_too_old() {
    let url = Value::public(1, "URL", "here");
    let mut dated = url.clone();
    dated.ttl.kind = model::value::TtlKind::ABSOLUTE;
    let signature = Value::public(2, "HS_SIGNATURE", "jws");
    for (record, is_told) in [
        (vec![url.clone()], true),
        (vec![dated.clone()], false),
        (vec![url.clone(), dated], false),
        (vec![url, signature], false),
    ] {
        let record: Vec<EncodedValue> = record.iter().map(EncodedValue::of).collect();
        let said = Arc::new(Said::Values(Values::of(&record).unwrap()));
        let mut keeper = Keeper::new();
        keeper.keep("a", Trust::Plain, &said, 10, 0);
        let told = keeper.stale("a", Wanted::Any, 11).is_some();
        assert_eq!(told, is_told, "{record:?}");
    }
}

#[test]
fn what_is_asked_for_often_is_asked_for_anew_once_ahead_of_its_end() {
    let mut keeper = Keeper::new();
    keeper.keep("a", Trust::Plain, &values("1"), 100, 0);
    let due = |keeper: &mut Keeper, at| match keeper.look("a", Wanted::Any, at) {
        Looked::Found(hit) => hit.is_due,
        other => panic!("{other:?}"),
    };
    assert!(!due(&mut keeper, 91), "asked for once");
    assert!(!due(&mut keeper, 92));
    assert!(due(&mut keeper, 93));
    assert!(!due(&mut keeper, 94), "it is being asked for");
    assert!(
        !due(&mut keeper, 97),
        "others are asked in vain no more often"
    );
    assert!(
        due(&mut keeper, 98),
        "nothing came of it: there may have been no room for a walk"
    );
    keeper.keep("a", Trust::Plain, &values("2"), 100, 99);
    for at in 100..190 {
        assert!(!due(&mut keeper, at), "{at}: it is young");
    }
    assert!(due(&mut keeper, 190));
    keeper.keep("a", Trust::Plain, &values("3"), 9, 200);
    for at in [201, 202, 203, 204, 208] {
        assert!(!due(&mut keeper, at), "short lives are over soon anyway");
    }
}

/// A flood of questions for names that are never asked for again drives out nothing that is.
#[test]
fn a_flood_takes_no_more_room_than_there_is() {
    let mut keeper = Keeper(Cache::new(CacheLimits {
        octets_max: 64 << 10,
        ..limits()
    }));
    keeper.keep("busy", Trust::Plain, &values("1"), 1000, 0);
    for number in 0..5000 {
        let key = format!("flood/{number}");
        keeper.keep(&key, Trust::Plain, &values("x"), 1000, 1);
        assert_ne!(keeper.age("busy", 2), Age::Unknown, "{number}");
        assert!(keeper.0.counts().octets <= 64 << 10);
    }
    let counts = keeper.0.counts();
    assert!(counts.entries > 100, "{counts:?}");
    assert_eq!(counts.entries + counts.evicted, 5001);
    // Most of the room for one is no use.
    keeper.keep("huge", Trust::Plain, &values(&"x".repeat(9 << 10)), 1000, 3);
    assert_eq!(keeper.age("huge", 3), Age::Unknown);
    let huge = "x".repeat(9 << 10);
    keeper.fail(&huge, Trust::Plain, 3);
    assert_eq!(keeper.look(&huge, Wanted::Any, 3), Looked::Nothing);
    assert_ne!(keeper.age("busy", 3), Age::Unknown);
    let failures: Vec<String> = (0..5000).map(|it| format!("dead/{it}")).collect();
    for key in &failures {
        keeper.fail(key, Trust::Plain, 4);
    }
    assert!(keeper.0.counts().octets <= 64 << 10);
}

#[test]
fn a_cache_without_room_keeps_nothing() {
    let mut keeper = Keeper(Cache::new(CacheLimits {
        octets_max: 0,
        ..limits()
    }));
    keeper.keep("a", Trust::Plain, &values("1"), 100, 0);
    keeper.fail("b", Trust::Plain, 0);
    assert_eq!(keeper.look("a", Wanted::Any, 0), Looked::Nothing);
    assert_eq!(keeper.look("b", Wanted::Any, 0), Looked::Nothing);
    assert_eq!(keeper.0.counts().octets, 0);
}

/// What is kept ready goes out as an authority would have written it, in every version, but for
/// what it would say of itself.
#[test]
fn a_kept_answer_is_the_one_that_an_authority_writes() {
    let authority = Authority {
        digests: Toy::default(),
        settings: Settings::default(),
    };
    let value = EncodedValue::of(&Value::public(1, "URL", "here"));
    let said = Said::Values(Values::of([&value]).unwrap());
    let telling = Telling {
        said: &said,
        age_seconds: Some(0),
        trust: Trust::Plain,
        is_from_primary: false,
        needs_proof: false,
    };
    for (version, flags) in [
        (Version::new(2, 11), OpFlags(0)),
        (Version::new(2, 11), OpFlags::REQUEST_DIGEST),
        (
            Version::new(2, 10),
            OpFlags::REQUEST_DIGEST | OpFlags::PASS_IDENTITY,
        ),
        (Version::new(2, 1), OpFlags::REQUEST_DIGEST),
        (Version::new(2, 0), OpFlags::REQUEST_DIGEST),
        (Version::new(2, 0), OpFlags(0)),
    ] {
        let asked = crate::Question::about("88.1/a".parse().unwrap());
        let mut request = asked.resolution(7, DATE);
        request.header.flags = request.header.flags | flags;
        (request.envelope.version, request.envelope.suggested) = (version, version);
        let body = Answer::Resolution(ResolutionAnswer {
            identifier: "88.1/a".into(),
            values: [value.clone()].into(),
        });
        let mut expected = authority.succeed(&request, body, DATE);
        let own = OpFlags::AUTHORITATIVE | OpFlags::CACHE_CERTIFY;
        expected.header.flags = expected.header.flags & !own;
        let packet = reply(&authority, &request, b"88.1/a", &telling, DATE);
        assert_eq!(packet, expected.to_packet(), "{version:?} {flags:?}");
    }
    for (said, code) in [
        (Said::NotRegistered, ResponseCode::HANDLE_NOT_FOUND),
        (Said::NoSuchValues, ResponseCode::VALUES_NOT_FOUND),
    ] {
        let asked = crate::Question::about("88.1/a".parse().unwrap());
        let request = asked.resolution(7, DATE);
        let telling = Telling {
            said: &said,
            ..telling
        };
        let packet = reply(&authority, &request, b"88.1/a", &telling, DATE);
        let expected = fail(&authority, &request, code, "", DATE);
        assert_eq!(packet, expected.to_packet());
    }
}

/// An answer says only of itself what is true of it, whatever its question claims.
#[test]
fn flags_of_the_question_prove_nothing() {
    let authority = Authority {
        digests: Toy::default(),
        settings: Settings::default(),
    };
    let asked = crate::Question::about("88.1/a".parse().unwrap());
    let mut request = asked.resolution(7, DATE);
    request.header.flags = OpFlags(u32::MAX);
    let flags_with = |age_seconds, trust, is_from_primary, needs_proof| {
        let telling = Telling {
            said: &Said::NotRegistered,
            age_seconds,
            trust,
            is_from_primary,
            needs_proof,
        };
        let packet = reply(&authority, &request, b"88.1/a", &telling, DATE);
        Message::from_packet(&packet).unwrap().header.flags
    };
    let flags = |age_seconds, trust, is_primary| flags_with(age_seconds, trust, is_primary, false);
    let checked = OpFlags::CACHE_CERTIFY | OpFlags::TRUSTED_RESULT;
    let claims = [
        OpFlags::AUTHORITATIVE,
        OpFlags::CERTIFIED,
        OpFlags::CONTINUOUS,
        OpFlags::OVERWRITE,
        OpFlags::CACHE_CERTIFY,
        OpFlags::TRUSTED_RESULT,
    ];
    let plain = flags(Some(0), Trust::Plain, false);
    assert!(
        claims.iter().all(|claim| !plain.contains(*claim)),
        "{plain:?}"
    );
    assert!(flags(Some(9), Trust::Verified, false).contains(checked));
    let unproven = flags_with(Some(9), Trust::Verified, false, true);
    assert!(unproven.contains(OpFlags::CACHE_CERTIFY) && !unproven.contains(checked));
    let stale = flags(None, Trust::Verified, false);
    assert!(
        claims.iter().all(|claim| !stale.contains(*claim)),
        "{stale:?}"
    );
    assert!(flags(Some(0), Trust::Plain, true).contains(OpFlags::AUTHORITATIVE));
}
