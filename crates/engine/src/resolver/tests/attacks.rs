//! What hostile or broken delegations can do to a walk: nothing but end it.

use super::super::*;
use super::wish;
use super::world::{Manner, Says, World, at, key, onward, site, sites, url};
use alloc::vec;
use core::net::SocketAddr;
use model::site::SiteFlags;
use model::{Reference, Site, Value};
use wire::ResponseCode;

/// Ends a walk that must fail.
fn failure(world: &mut World, identifier: &str) -> Failure {
    match world.find(identifier) {
        Found::Failed(failure) => failure,
        other => panic!("{other:?} after {:?}", world.asked),
    }
}

fn limited(limit: Limit) -> Why {
    Why::Limit(limit)
}

#[test]
fn servers_that_refer_to_each_other_are_asked_once_each() {
    let mut world = World::with_root(1);
    world.says(1, "0.NA/88.1", onward(&[2]));
    world.says(2, "0.NA/88.1", onward(&[3]));
    world.says(3, "0.NA/88.1", onward(&[2]));
    assert_eq!(failure(&mut world, "88.1/a").why, Why::Loop);
    assert_eq!(world.asked.len(), 3, "{:?}", world.asked);
}

#[test]
fn a_server_that_refers_to_itself_is_asked_once() {
    let mut world = World::tree();
    let code = ResponseCode::SERVICE_REFERRAL;
    let itself = sites("HS_SITE", &[site(4)]);
    world.says(4, "88.118.1/pump", Says::Refers(code, "", itself));
    assert_eq!(failure(&mut world, "88.118.1/pump").why, Why::Loop);
    // By name: the record that led here.
    world.says(4, "88.118.1/b", Says::Refers(code, "0.NA/88.118.1", vec![]));
    assert_eq!(failure(&mut world, "88.118.1/b").why, Why::Loop);
    // By the name of what it was asked about.
    world.says(4, "88.118.1/c", Says::Refers(code, "88.118.1/c", vec![]));
    assert_eq!(failure(&mut world, "88.118.1/c").why, Why::Loop);
    // With nothing at all.
    world.says(4, "88.118.1/d", Says::Refers(code, "", vec![]));
    assert_eq!(failure(&mut world, "88.118.1/d").why, Why::NoSites);
}

#[test]
fn service_records_that_wait_for_each_other_end() {
    let serv = |name: &'static str| Says::Values(vec![Value::public(1, "HS_SERV", name)]);
    let mut world = World::with_root(1);
    world.says(1, "0.NA/99", serv("99/service"));
    let failed = failure(&mut world, "99/a");
    assert_eq!(failed.why, Why::Loop, "it waits for its own prefix");
    world.says(1, "0.NA/98", serv("97/service"));
    world.says(1, "0.NA/97", serv("98/service"));
    assert_eq!(failure(&mut world, "98/a").why, Why::Loop);
    world.says(1, "0.NA/96", serv("0.NA/96"));
    assert_eq!(failure(&mut world, "96/a").why, Why::Loop);
}

/// What is not there is told by its name, and a prefix that names it is registered all the same.
#[test]
fn a_service_record_that_is_missing_is_no_missing_prefix() {
    let mut world = World::with_root(1);
    let serv = Says::Values(vec![Value::public(1, "HS_SERV", "97/service")]);
    world.says(1, "0.NA/99", serv);
    world.says(1, "0.NA/97", at(&[2]));
    let not_found = Says::Code(ResponseCode::HANDLE_NOT_FOUND);
    world.says(2, "97/service", not_found.clone());
    assert_eq!(failure(&mut world, "99/a").why, Why::NoSites);
    // Nor is the prefix that is missing the one that was asked for.
    world.says(1, "0.NA/97", not_found);
    assert_eq!(failure(&mut world, "99/a").why, Why::NoSites);
    let missing = world.find("97/a");
    assert_eq!(missing, Found::NotRegistered("0.NA/97".parse().unwrap()));
}

/// They are the work of whoever wrote the record, not of the prefix.
#[test]
fn service_records_count_as_referrals() {
    let serv = |number: u32| Value::public(number, "HS_SERV", format!("97/{number}"));
    let mut world = World::with_root(1);
    world.guide.limits.referrals_max = 4;
    world.says(1, "0.NA/99", Says::Values((1..6).map(serv).collect()));
    world.says(1, "0.NA/97", at(&[2]));
    for number in 1..6 {
        world.says(2, &format!("97/{number}"), at(&[3]));
    }
    world.says(3, "99/a", url("here"));
    let failed = failure(&mut world, "99/a");
    assert_eq!(failed.why, limited(Limit::Referrals));
}

/// Whoever has a server asked for something wrong must not have others ask another.
#[test]
fn only_who_does_not_answer_is_asked_after_the_others() {
    let rank = |manner: Manner| {
        let mut world = World::tree();
        world.behaves(4, manner);
        failure(&mut world, "88.118.1/pump");
        let server = SocketAddr::from(([127, 0, 0, 1], 4));
        world.knowledge.rank(server, Moment(world.now))
    };
    let answered = [Manner::WrongKey, Manner::Unsigned, Manner::AboutAnother];
    for manner in answered {
        assert!(rank(manner) < 1000, "{manner:?}");
    }
    for manner in [Manner::Dead, Manner::Silent] {
        assert!(rank(manner) > 1000, "{manner:?}");
    }
}

/// Else a question of many datagrams, each tried thrice, would go to whomever a stranger names.
#[test]
fn long_questions_are_put_over_tcp_only() {
    let mut world = World::tree();
    let transports = |world: &mut World, length: usize| {
        let identifier = format!("88.118.1/{}", "x".repeat(length));
        world.says(4, &identifier, url("here"));
        assert_eq!(world.data(&identifier), "here");
        world.asked.last().map(|asked| asked.contains("TCP"))
    };
    assert_eq!(transports(&mut world, OVER_UDP_MAX / 2), Some(false));
    assert_eq!(transports(&mut world, OVER_UDP_MAX), Some(true));
}

#[test]
fn records_that_wait_for_ever_more_records_end() {
    let mut world = World::with_root(1);
    for depth in 0..100 {
        let service = format!("{}/service", 101 + depth);
        let values = vec![Value::public(1, "HS_SERV", service)];
        world.says(1, &format!("0.NA/{}", 100 + depth), Says::Values(values));
    }
    assert_eq!(failure(&mut world, "100/a").why, limited(Limit::Depth));
    assert!(world.asked.len() <= 8, "{:?}", world.asked);
}

#[test]
fn referrals_without_an_end_are_followed_so_far() {
    let mut world = World::with_root(1);
    for port in 1..100 {
        world.says(port, "0.NA/88.1", onward(&[port + 1]));
    }
    let failed = failure(&mut world, "88.1/a");
    assert_eq!(failed.why, limited(Limit::Referrals));
    assert_eq!(world.asked.len(), 13);
}

#[test]
fn of_thousands_of_sites_a_few_are_asked() {
    let many: Vec<u16> = (1000..2000).collect();
    let mut world = World::tree();
    world.says(3, "0.NA/88.118.1", at(&many));
    assert_eq!(failure(&mut world, "88.118.1/a").why, Why::NobodyAnswered);
    assert_eq!(world.asked.len(), 3 + 2 * SITES_MAX);
    let left_out = Event::Skipped {
        site: SITES_MAX + 1,
        why: Skip::TooMany,
    };
    assert!(world.events.contains(&left_out));
    // All of them at once are not asked, however silent they are.
    for port in &many {
        world.behaves(*port, Manner::Silent);
    }
    let before = world.now;
    let failed = failure(&mut world, "88.118.1/a");
    assert_eq!(failed.why, limited(Limit::Time));
    assert!(
        failed
            .tried
            .iter()
            .all(|(.., fault)| *fault == Fault::Silent)
    );
    assert_eq!(
        failed.tried.len(),
        world.asked.len(),
        "who is silent is named"
    );
    assert_eq!(world.now - before, 10_000);
    assert!(world.asked.len() <= 12, "{}", world.asked.len());
}

#[test]
fn thousands_of_service_records_are_not_looked_up() {
    let serv = |number: u32| Value::public(number, "HS_SERV", format!("97/{number}"));
    let mut world = World::with_root(1);
    world.says(1, "0.NA/99", Says::Values((1..1000).map(serv).collect()));
    world.says(1, "0.NA/97", at(&[2]));
    for number in 1..1000 {
        // Each names further ones.
        let more = (1..100).map(|more| serv(1000 * number + more)).collect();
        world.says(2, &format!("97/{number}"), Says::Values(more));
    }
    failure(&mut world, "99/a");
    assert!(
        world.asked.len() <= 2 + SERVICES_MAX,
        "{}",
        world.asked.len()
    );
}

#[test]
fn questions_are_counted_whatever_they_are_about() {
    let mut world = World::with_root(1);
    let dead: Vec<u16> = (100..110).collect();
    for port in 1..9 {
        let ports: Vec<u16> = dead
            .iter()
            .map(|dead| dead + 10 * port)
            .chain([port + 1])
            .collect();
        world.says(port, "0.NA/88.1", onward(&ports));
    }
    let failed = failure(&mut world, "88.1/a");
    assert_eq!(failed.why, limited(Limit::Questions));
    assert_eq!(world.asked.len(), 40);
}

#[test]
fn answers_of_great_length_are_counted() {
    let mut world = World::with_root(1);
    world.guide.limits.octets_max = 200_000;
    for port in 1..9 {
        let mut values = sites("HS_SITE.PREFIX", &[site(port + 1)]);
        values.push(Value::public(2, "DESC", vec![b'x'; 60_000]));
        let code = ResponseCode::PREFIX_REFERRAL;
        world.says(port, "0.NA/88.1", Says::Refers(code, "", values));
    }
    assert_eq!(failure(&mut world, "88.1/a").why, limited(Limit::Octets));
    assert_eq!(world.asked.len(), 4);
}

/// Servers that are named, and do not know that they are responsible.
#[test]
fn lame_sites_are_passed_over() {
    let mut world = World::tree();
    world.says(3, "0.NA/88.118.1", at(&[4, 5, 6]));
    for (port, code) in [(5, 301), (6, 2)] {
        world.says(port, "88.118.1/pump", Says::Code(ResponseCode(code)));
    }
    for _ in 0..8 {
        world.knowledge = Knowledge::default();
        assert_eq!(world.data("88.118.1/pump"), "here");
        assert!(
            world.asked.len() <= 6,
            "over one transport: {:?}",
            world.asked
        );
    }
    world.says(
        4,
        "88.118.1/pump",
        Says::Code(ResponseCode::AUTHENTICATION_NEEDED),
    );
    let failed = failure(&mut world, "88.118.1/pump");
    assert_eq!(failed.why, Why::NobodyAnswered);
    assert!(
        failed
            .to_string()
            .contains("server not responsible (301): so it is")
    );
}

/// Whoever is in between, or has taken over an address, has not the key that the parent named.
#[test]
fn answers_that_the_parent_does_not_vouch_for_are_not_believed() {
    for (manner, expected) in [
        (Manner::WrongKey, Fault::NotSigned),
        (Manner::Unsigned, Fault::NotSigned),
        (Manner::WithoutDigest, Fault::NoDigest),
        (Manner::InOldVersion, Fault::Replayable),
        (Manner::WithSha1, Fault::WeaklySigned("SHA1")),
        (Manner::DigestingWithSha1, Fault::WeaklySigned("SHA1")),
        (Manner::AboutAnother, Fault::AboutSomethingElse),
    ] {
        let mut world = World::tree();
        world.behaves(4, manner);
        let failed = failure(&mut world, "88.118.1/pump");
        assert_eq!(failed.why, Why::NobodyAnswered, "{manner:?}");
        let faults = failed.tried.iter().map(|(.., fault)| fault);
        assert!(
            faults.clone().all(|fault| *fault == expected),
            "{manner:?}: {failed}"
        );
        // On every step of the way.
        if manner != Manner::AboutAnother {
            world.behaves(4, Manner::Honest);
            world.behaves(2, manner);
            world.knowledge = Knowledge::default();
            assert_eq!(
                failure(&mut world, "88.118.1/pump").why,
                Why::NobodyAnswered
            );
        }
        // A site beside it that is honest is believed.
        world.behaves(2, Manner::Honest);
        world.behaves(4, manner);
        world.says(3, "0.NA/88.118.1", at(&[4, 5]));
        world.says(5, "88.118.1/pump", url("here"));
        world.knowledge = Knowledge::default();
        assert_eq!(world.data("88.118.1/pump"), "here", "{manner:?}");
    }
}

/// That nothing is there is believed of the right one only, too.
#[test]
fn what_is_missing_must_be_signed_too() {
    let mut world = World::tree();
    let not_found = Says::Code(ResponseCode::HANDLE_NOT_FOUND);
    world.says(4, "88.118.1/pump", not_found.clone());
    world.behaves(4, Manner::WrongKey);
    assert_eq!(
        failure(&mut world, "88.118.1/pump").why,
        Why::NobodyAnswered
    );
    world.says(1, "0.NA/77", not_found);
    world.behaves(1, Manner::Unsigned);
    assert_eq!(failure(&mut world, "77/a").why, Why::NobodyAnswered);
}

#[test]
fn weak_signatures_are_believed_where_the_operator_says_so() {
    let mut world = World::tree();
    world.guide.weak_forms = WeakForms::NONE.with(crate::Weakness::Sha1);
    for manner in [Manner::WithSha1, Manner::DigestingWithSha1] {
        world.behaves(4, manner);
        assert_eq!(world.data("88.118.1/pump"), "here", "{manner:?}");
        // For those who count it.
        let weak = world.events.iter().filter_map(|event| match event {
            Event::Answered { weak_forms, .. } => Some(*weak_forms),
            _ => None,
        });
        let weak: Vec<WeakForms> = weak.filter(|forms| !forms.is_empty()).collect();
        assert_eq!(weak, [world.guide.weak_forms], "{manner:?}");
    }
    // Which does not mean that old answers are.
    world.behaves(4, Manner::InOldVersion);
    let failed = failure(&mut world, "88.118.1/pump");
    assert_eq!(failed.tried[0].2, Fault::Replayable);
}

#[test]
fn a_site_without_a_key_cannot_be_believed() {
    let mut world = World::tree();
    let mut keyless = site(4);
    keyless.servers[0].public_key = Bytes::new();
    world.says(
        3,
        "0.NA/88.118.1",
        Says::Values(sites("HS_SITE", &[keyless])),
    );
    let failed = failure(&mut world, "88.118.1/pump");
    assert_eq!(failed.why, Why::NobodyToAsk(Skip::NoKey));
    assert_eq!(world.asked.len(), 3, "it is not even asked");
    // Who wants no proof may ask it.
    let end = world.walk(wish("88.118.1/pump"));
    assert!(matches!(end.found, Found::Values(_)));
}

/// A referral is good for what was asked, and nothing else in it counts.
#[test]
fn what_else_a_server_says_is_not_believed() {
    let mut world = World::tree();
    // The server of 88.118 names servers for another prefix too, and for the roots.
    let mut values = sites("HS_SITE.PREFIX", &[site(3)]);
    values.push(Value {
        references: vec![Reference {
            identifier: "0.NA/99".into(),
            index: 1,
        }],
        ..Value::public(9, "HS_SITE", site(666).encode())
    });
    values.push(Value::public(10, "HS_SERV", "99/evil"));
    let code = ResponseCode::PREFIX_REFERRAL;
    world.says(2, "0.NA/88.118.1", Says::Refers(code, "0.NA/99", values));
    world.says(1, "0.NA/99", at(&[5]));
    world.says(5, "99/a", url("good"));
    world.says(666, "99/a", url("evil"));
    world.says(666, "88.118.1/pump", url("evil"));
    assert_eq!(world.data("88.118.1/pump"), "here");
    assert_eq!(world.data("99/a"), "good");
    assert!(!world.asked.iter().any(|asked| asked.starts_with("666")));
    // Nor is a referral by prefix one for an identifier.
    world.says(
        4,
        "88.118.1/b",
        Says::Refers(code, "", sites("HS_SITE.PREFIX", &[site(666)])),
    );
    world.says(666, "88.118.1/b", url("evil"));
    let failed = failure(&mut world, "88.118.1/b");
    assert_eq!(failed.tried[0].2, Fault::AboutSomethingElse);
    // Nor do values that are no sites name servers.
    world.says(
        1,
        "0.NA/95",
        Says::Values(vec![Value::public(1, "HS_SITE", "junk")]),
    );
    let failed = failure(&mut world, "95/a");
    assert_eq!(failed.why, Why::NobodyToAsk(Skip::Unreadable));
    world.says(
        1,
        "0.NA/94",
        Says::Values(vec![Value::public(1, "HS_SERV", vec![0xff])]),
    );
    assert_eq!(failure(&mut world, "94/a").why, Why::NoSites);
}

/// A walk that leads back to whoever walks would have them ask themselves for ever.
#[test]
fn whoever_walks_does_not_ask_themselves() {
    let mut world = World::tree();
    world.guide.own_keys = vec![key("4")];
    let failed = failure(&mut world, "88.118.1/pump");
    assert_eq!(failed.why, Why::NobodyToAsk(Skip::ThisNode));
    // But a root may find the way in what it has itself.
    world.guide.own_keys = vec![key("1")];
    assert_eq!(world.data("88.118.1/pump"), "here");
}

#[test]
fn without_roots_nobody_is_asked() {
    let mut world = World::default();
    assert_eq!(failure(&mut world, "88/a").why, Why::NoSites);
    assert!(world.asked.is_empty());
    let mut copy = site(1);
    copy.flags = SiteFlags(0);
    copy.servers.clear();
    world.guide.roots = vec![copy];
    let failed = failure(&mut world, "88/a");
    assert_eq!(failed.why, Why::NobodyToAsk(Skip::NoServer));
}

/// An answer to an earlier leg of the walk changes nothing any more.
#[test]
fn what_comes_too_late_is_ignored() {
    let mut world = World::tree();
    world.says(1, "0.NA/88.118.1", onward(&[2, 7]));
    world.says(
        7,
        "0.NA/88.118.1",
        Says::Code(ResponseCode::HANDLE_NOT_FOUND),
    );
    world.behaves(2, Manner::Slow(303));
    world.behaves(7, Manner::Slow(305));
    // So that 7 answers while the walk waits for 4.
    world.behaves(4, Manner::Slow(500));
    for _ in 0..8 {
        world.knowledge = Knowledge::default();
        let slow = SocketAddr::from(([127, 0, 0, 1], 7));
        let took = Duration::from_millis(400);
        world.knowledge.note_answer(slow, took);
        assert_eq!(world.data("88.118.1/pump"), "here");
        let is_asked = |port: &str| world.asked.iter().position(|asked| asked.starts_with(port));
        assert!(is_asked("7 ") > is_asked("2 "), "{:?}", world.asked);
    }
}

/// Whoever drips an answer octet by octet is as good as silent.
#[test]
fn a_server_that_takes_for_ever_costs_a_head_start() {
    let mut world = World::tree();
    world.says(3, "0.NA/88.118.1", at(&[4, 5]));
    world.says(5, "88.118.1/pump", url("here"));
    world.behaves(4, Manner::Slow(9_000));
    for _ in 0..4 {
        let before = world.now;
        assert_eq!(world.data("88.118.1/pump"), "here");
        assert!(world.now - before < 350);
    }
}

/// What a host of a random world says to a question: numbers choose.
fn chosen(choice: u8, ports: &[u16], is_believable: bool) -> Says {
    let types = ["HS_SITE", "HS_SITE.PREFIX"];
    let names = [
        "0.NA/88.1",
        "88.1/service",
        "0.NA/0.NA",
        "0.NA/88",
        "88.1/a",
    ];
    let name = names[usize::from(choice) % names.len()];
    let all: Vec<Site> = ports.iter().map(|port| site(*port)).collect();
    let code = match choice % 3 {
        0 => ResponseCode::SERVICE_REFERRAL,
        _ => ResponseCode::PREFIX_REFERRAL,
    };
    match choice % 8 {
        0 => at(ports),
        1 => onward(ports),
        2 => Says::Refers(code, name, vec![]),
        3 => Says::Refers(code, "", sites(types[usize::from(choice / 8) % 2], &all)),
        4 => Says::Values(vec![Value::public(1, "HS_SERV", name)]),
        5 => Says::Code(ResponseCode(u32::from(choice / 8) * 100)),
        _ if is_believable => url("good"),
        _ => url("evil"),
    }
}

fn manner(choice: u8) -> Manner {
    [
        Manner::Honest,
        Manner::Honest,
        Manner::Honest,
        Manner::Dead,
        Manner::Silent,
        Manner::SilentOverUdp,
        Manner::Slow(700),
        Manner::WrongKey,
        Manner::Unsigned,
        Manner::WithoutDigest,
        Manner::Renumbered(9),
        Manner::Copy,
    ][usize::from(choice) % 12]
}

fn is_believable(manner: Manner) -> bool {
    !matches!(
        manner,
        Manner::WrongKey | Manner::Unsigned | Manner::WithoutDigest
    )
}

proptest::proptest! {
    /// Whatever hosts say, in whichever circles: walks end, with so much work and no more, and
    /// nothing is believed that nobody vouches for.
    #[test]
    fn every_walk_ends_and_believes_nobody_without_a_key(
        manners in proptest::collection::vec(0_u8.., 6),
        choices in proptest::collection::vec((0_u8.., 1_u16..7, 1_u16..7), 30),
    ) {
        let names = ["0.NA/88.1", "0.NA/88", "88.1/service", "88.1/a", "0.NA/0.NA"];
        let mut world = World::with_root(1);
        for (port, choice) in (1..).zip(&manners) {
            world.behaves(port, manner(*choice));
        }
        for (at, (choice, one, other)) in choices.iter().enumerate() {
            let port = 1 + (at % 6) as u16;
            let is_believable = is_believable(manner(manners[at % 6]));
            let says = chosen(*choice, &[*one, *other], is_believable);
            world.says(port, names[at / 6], says);
        }
        // More than once: what is known from before must not make it worse.
        for _ in 0..3 {
            let before = world.now;
            let found = world.find("88.1/a");
            proptest::prop_assert!(world.now - before <= 10_000);
            proptest::prop_assert!(world.asked.len() <= 40, "{:?}", world.asked);
            if let Found::Values(values) = found {
                proptest::prop_assert_ne!(&values[0].value().data[..], b"evil");
            }
        }
    }
}
