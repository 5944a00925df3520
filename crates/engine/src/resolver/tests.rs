//! Tests of walks: every rule of finding the service (RFC 3650 section 3.2 and the reference
//! software's), in a world that the test makes. Attacks are in `tests/attacks.rs`.

mod attacks;
mod knowledge;
mod reach;
mod siblings;
pub(crate) mod world;

use super::*;
use alloc::vec;
use model::site::{Address, HashOption, Interface, InterfaceKind, SiteFlags};
use model::{Ttl, Value};
use wire::verification::{ChallengedDigest, VerificationRequest};
use wire::{OpFlags, ResponseCode, Version};
use world::{Manner, Says, World, at, onward, site, sites, url};

/// A walk for one type.
fn wish(identifier: &str) -> Wish {
    Wish::for_values(identifier.parse().unwrap()).of_type("URL")
}

#[test]
fn prefixes_are_followed_from_the_roots_down_to_the_node() {
    let mut world = World::tree();
    assert_eq!(world.data("88.118.1/pump"), "here");
    assert_eq!(
        world.asked,
        [
            "1 UDP 0.NA/88.118.1",
            "2 UDP 0.NA/88.118.1",
            "3 UDP 0.NA/88.118.1",
            "4 UDP 88.118.1/pump"
        ]
    );
    let needed = OpFlags::CERTIFIED | OpFlags::REQUEST_DIGEST | OpFlags::PUBLIC_ONLY;
    let is_as_needed =
        |flags: &OpFlags| flags.contains(needed) && !flags.contains(OpFlags::RECURSIVE);
    assert!(world.flags.iter().all(is_as_needed), "{:?}", world.flags);
    // Numbers that repeat could be foreseen.
    world.ids.dedup();
    assert_eq!(world.ids.len(), 4);
}

#[test]
fn the_root_may_know_the_prefix_itself() {
    let mut world = World::with_root(1);
    world.says(1, "0.NA/99", at(&[5]));
    world.says(5, "99/a", url("a"));
    assert_eq!(world.data("99/a"), "a");
    // Prefixes are spelled in one way where their servers are asked for.
    world.says(1, "0.NA/AB", at(&[5]));
    world.says(5, "ab/a", url("b"));
    assert_eq!(world.data("ab/a"), "b");
    assert_eq!(world.asked[0], "1 UDP 0.NA/AB");
}

/// Identifiers of the root, and prefixes without a slash, are asked for where the roots are.
#[test]
fn global_identifiers_are_the_roots() {
    let mut world = World::tree();
    for (identifier, spelled) in [("0.NA/0.NA", "0.NA/0.NA"), ("0.TYPE/URL", "0.TYPE/URL")] {
        world.says(1, spelled, url("root"));
        assert_eq!(world.data(identifier), "root");
        assert_eq!(world.asked.len(), 1);
    }
    world.says(1, "88.118.1", onward(&[3]));
    world.says(3, "88.118.1", url("prefix"));
    assert_eq!(world.data("88.118.1"), "prefix");
}

#[test]
fn sites_of_both_families_and_their_older_names_count() {
    let mut six = site(6);
    six.servers[0].address = Address([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    let mut world = World::with_root(1);
    world.says(1, "0.NA/99", Says::Values(sites("HS_SITE.6", &[six])));
    world.says(6, "99/a", url("a"));
    assert_eq!(world.data("99/a"), "a");
    let code = ResponseCode::PREFIX_REFERRAL;
    let old = sites("hs_na_delegate", &[site(2)]);
    world.says(1, "0.NA/98", Says::Refers(code, "", old));
    world.says(2, "0.NA/98", at(&[6]));
    world.says(6, "98/a", url("b"));
    assert_eq!(world.data("98/a"), "b");
}

#[test]
fn service_records_are_looked_up_and_their_sites_count_together() {
    let mut world = World::with_root(1);
    let mut values = sites("HS_SITE", &[site(5)]);
    values.push(Value::public(7, "HS_SERV", "97/service"));
    values.push(Value::public(8, "HS_SERV", "0.NA/0.NA"));
    world.says(1, "0.NA/99", Says::Values(values));
    world.says(1, "0.NA/97", at(&[2]));
    world.says(2, "97/service", at(&[6]));
    for last in [5, 6, 1] {
        for port in [5, 6, 1] {
            world.behaves(port, Manner::Honest);
            let says = if port == last {
                url("a")
            } else {
                Says::Code(ResponseCode::ERROR)
            };
            world.says(port, "99/a", says);
        }
        assert_eq!(world.data("99/a"), "a", "from {last}");
    }
}

#[test]
fn a_referral_may_name_a_record_instead_of_sites() {
    let mut world = World::with_root(1);
    // By prefix: the record says who answers for what is derived.
    let code = ResponseCode::PREFIX_REFERRAL;
    world.says(1, "0.NA/88.1", Says::Refers(code, "0.NA/88", vec![]));
    world.says(
        1,
        "0.NA/88",
        Says::Values(sites("HS_SITE.PREFIX", &[site(2)])),
    );
    world.says(2, "0.NA/88.1", at(&[3]));
    // By service: the record is one of a service.
    let code = ResponseCode::SERVICE_REFERRAL;
    world.says(3, "88.1/a", Says::Refers(code, "97/service", vec![]));
    world.says(1, "0.NA/97", at(&[2]));
    world.says(2, "97/service", at(&[4]));
    world.says(4, "88.1/a", url("a"));
    assert_eq!(world.data("88.1/a"), "a");
    // By service, with its sites.
    let there = sites("HS_SITE", &[site(4)]);
    world.says(3, "88.1/b", Says::Refers(code, "", there));
    world.says(4, "88.1/b", url("b"));
    assert_eq!(world.data("88.1/b"), "b");
    // By prefix, with a service record.
    let code = ResponseCode::PREFIX_REFERRAL;
    let there = vec![Value::public(1, "HS_SERV.PREFIX", "97/service")];
    world.says(1, "0.NA/88.2", Says::Refers(code, "", there));
    world.says(4, "0.NA/88.2", at(&[4]));
    world.says(4, "88.2/a", url("c"));
    assert_eq!(world.data("88.2/a"), "c");
}

#[test]
fn what_is_not_there_is_not_registered() {
    let mut world = World::tree();
    let missing = |identifier: &str| Found::NotRegistered(identifier.parse().unwrap());
    let not_found = Says::Code(ResponseCode::HANDLE_NOT_FOUND);
    world.says(4, "88.118.1/none", not_found.clone());
    assert_eq!(world.find("88.118.1/none"), missing("88.118.1/none"));
    // Nor is anything under a prefix that is not there.
    world.says(1, "0.NA/77", not_found);
    assert_eq!(world.find("77/a"), missing("0.NA/77"));
    world.says(
        4,
        "88.118.1/bare",
        Says::Code(ResponseCode::VALUES_NOT_FOUND),
    );
    assert_eq!(world.find("88.118.1/bare"), Found::NoSuchValues);
}

#[test]
fn values_that_were_not_asked_for_do_not_count() {
    let mut world = World::tree();
    let mut end = world.walk(wish("88.118.1/pump").certified());
    assert!(matches!(&end.found, Found::Values(values) if values.len() == 1));
    world.says(
        4,
        "88.118.1/pump",
        Says::Values(sites("HS_SITE", &[site(9)])),
    );
    end = world.walk(wish("88.118.1/pump").certified());
    assert_eq!(end.found, Found::NoSuchValues);
    assert!(
        end.reached
            .is_some_and(|reached| reached.server.port() == 4)
    );
}

/// Of a site with several servers the one is asked that the identifier belongs to.
#[test]
fn a_server_of_a_site_is_chosen_by_hash() {
    for option in [HashOption::PREFIX, HashOption::SUFFIX, HashOption::ALL] {
        let mut both = site(5);
        both.hash_option = option;
        both.servers.push(site(6).servers.remove(0));
        let mut asked = Vec::new();
        for name in ["99/a", "99/b", "99/c", "99/d", "99/e", "99/f"] {
            let mut world = World::with_root(1);
            world.says(
                1,
                "0.NA/99",
                Says::Values(sites("HS_SITE", &[both.clone()])),
            );
            let identifier: Identifier = name.parse().unwrap();
            let md5 = |octets: &[u8]| crate::Digests::md5(&world::Toy::default(), octets);
            let hash = model::site::IdentifierHash::of(&identifier, option, md5).unwrap();
            let port = 5 + (hash.0 % 2) as u16;
            world.says(port, name, url("a"));
            assert_eq!(world.data(name), "a");
            asked.push(port);
        }
        asked.dedup();
        let is_one = option == HashOption::PREFIX;
        assert_eq!(asked.len() == 1, is_one, "{option:?}: {asked:?}");
    }
    let mut unknown = site(5);
    unknown.hash_option = HashOption(9);
    unknown.servers.push(site(6).servers.remove(0));
    let mut world = World::with_root(1);
    world.says(1, "0.NA/99", Says::Values(sites("HS_SITE", &[unknown])));
    let Found::Failed(failure) = world.find("99/a") else {
        panic!("found")
    };
    assert_eq!(failure.why, Why::NobodyToAsk(Skip::NoServer));
}

#[test]
fn what_must_be_fresh_is_asked_of_a_primary() {
    let mut world = World::with_root(1);
    let mut copy = site(5);
    copy.flags = SiteFlags(0);
    let mut primary = site(6);
    primary.serial = 1;
    let both = [copy.clone(), primary];
    world.says(1, "0.NA/99", Says::Values(sites("HS_SITE", &both)));
    for port in [5, 6] {
        world.says(port, "99/a", url("a"));
    }
    for _ in 0..8 {
        world.walk(wish("99/a").certified().fresh());
        assert_eq!(world.asked.last().unwrap(), "6 UDP 99/a");
        assert!(world.flags.last().unwrap().contains(OpFlags::AUTHORITATIVE));
    }
    // Where nobody says that he is one, all are as good.
    world.says(1, "0.NA/98", Says::Values(sites("HS_SITE", &[copy])));
    world.says(5, "98/a", url("a"));
    let end = world.walk(wish("98/a").certified().fresh());
    assert!(matches!(end.found, Found::Values(_)), "{:?}", end.found);
}

/// Of what a copy has not, and of that alone, a primary has the last word.
#[test]
fn a_prefix_that_a_copy_does_not_know_is_asked_of_a_primary() {
    let mut world = World::with_root(1);
    world.guide.roots[0].flags = SiteFlags(0);
    world.guide.roots.push(site(2));
    world.behaves(1, Manner::Copy);
    world.says(5, "99/a", url("a"));
    for nothing in [100, 200] {
        world.says(1, "0.NA/99", Says::Code(ResponseCode(nothing)));
        world.says(2, "0.NA/99", at(&[5]));
        for _ in 0..8 {
            world.knowledge = Knowledge::default();
            assert_eq!(world.data("99/a"), "a");
            assert!(world.asked.len() <= 3, "{:?}", world.asked);
        }
        world.says(2, "0.NA/99", Says::Code(ResponseCode(nothing)));
        for _ in 0..8 {
            world.knowledge = Knowledge::default();
            let found = world.find("99/a");
            assert!(!matches!(found, Found::Values(_)));
            assert!(world.asked.len() <= 2, "{:?}", world.asked);
        }
    }
    // Where there is no primary, nobody is asked for ever.
    world.guide.roots.pop();
    assert!(matches!(world.find("99/a"), Found::Failed(_)));
    assert_eq!(world.asked.len(), 2);
}

#[test]
fn whoever_has_the_secret_is_asked_about_a_proof() {
    let mut world = World::tree();
    let identity = wire::Identity::new("88.118.1/me", 301);
    for (verdict, version) in [(true, Version::NEWEST), (false, Version::new(2, 7))] {
        world.says(4, "88.118.1/me", Says::Verdict(verdict));
        let request = VerificationRequest {
            identity: identity.clone(),
            nonce: "nonce".into(),
            digest: ChallengedDigest::Bare("digest".into()),
            proof: "proof".into(),
            rest: Bytes::new(),
        };
        let identifier = "88.118.1/me".parse().unwrap();
        let wish = Wish::for_verification(identifier, request, version);
        let end = world.walk(wish.certified().fresh());
        assert_eq!(end.found, Found::Verified(verdict));
    }
}

/// The next interface of a server, then the next site.
#[test]
fn who_fails_is_followed_by_the_next() {
    let mut world = World::tree();
    world.says(3, "0.NA/88.118.1", at(&[4, 5]));
    world.says(5, "88.118.1/pump", url("here"));
    world.behaves(4, Manner::Dead);
    let before = world.now;
    for _ in 0..4 {
        assert_eq!(world.data("88.118.1/pump"), "here");
    }
    assert!(world.now - before < 100, "took {} ms", world.now - before);
    // What has failed is asked last from then on.
    assert_eq!(world.asked, ["5 UDP 88.118.1/pump"]);
    world.behaves(5, Manner::Dead);
    let Found::Failed(failure) = world.find("88.118.1/pump") else {
        panic!("found")
    };
    assert_eq!(failure.why, Why::NobodyAnswered);
    let tried: Vec<_> = failure
        .tried
        .iter()
        .map(|(server, ..)| server.port())
        .collect();
    assert_eq!(tried.len(), 4, "two servers over two transports: {tried:?}");
    assert!(
        failure
            .to_string()
            .contains("127.0.0.1:5 over TCP: nobody listens there")
    );
}

/// An answer that is too long for UDP is never sent there.
#[test]
fn who_is_silent_over_udp_is_asked_over_tcp() {
    let mut world = World::tree();
    world.behaves(4, Manner::SilentOverUdp);
    let before = world.now;
    assert_eq!(world.data("88.118.1/pump"), "here");
    let last: Vec<&str> = world.asked.iter().skip(3).map(String::as_str).collect();
    assert_eq!(last, ["4 UDP 88.118.1/pump", "4 TCP 88.118.1/pump"]);
    assert!(world.now - before < 500, "took {} ms", world.now - before);
}

#[test]
fn who_is_silent_has_a_head_start_only() {
    let mut world = World::tree();
    world.says(3, "0.NA/88.118.1", at(&[4, 5]));
    world.says(5, "88.118.1/pump", url("there"));
    // Both are asked first in turn, as chance will have it.
    for silent in [4, 5] {
        world.behaves(4, Manner::Honest);
        world.behaves(5, Manner::Honest);
        world.behaves(silent, Manner::Silent);
        for _ in 0..8 {
            world.knowledge = Knowledge::default();
            let before = world.now;
            world.data("88.118.1/pump");
            let took = world.now - before;
            assert!(took <= 320, "{silent} is silent, it took {took} ms");
        }
    }
    // The one that was slow may still answer first.
    world.behaves(4, Manner::Slow(350));
    world.behaves(5, Manner::Slow(3000));
    let before = world.now;
    assert_eq!(world.data("88.118.1/pump"), "here");
    assert!(world.now - before <= 700);
}

/// Whoever has answered quickly before and is silent now gets less of a head start; whoever was
/// slow the whole of it.
#[test]
fn who_was_fast_and_is_silent_has_a_short_head_start() {
    for (usual, longest) in [(0, 80), (20, 200), (100, 320)] {
        let mut world = World::tree();
        world.says(3, "0.NA/88.118.1", at(&[4, 5]));
        world.says(5, "88.118.1/pump", url("there"));
        // Both have answered, so that both are known, whichever is asked first.
        for (living, gone) in [(4, 5), (5, 4)] {
            world.behaves(living, Manner::Slow(usual));
            world.behaves(gone, Manner::Dead);
            for _ in 0..2 {
                world.data("88.118.1/pump");
            }
        }
        world.now += 70_000;
        for server in [4, 5] {
            world.behaves(server, Manner::Slow(usual));
        }
        let first = |world: &World| world.asked.iter().find_map(|it| it.chars().next());
        world.data("88.118.1/pump");
        let silent = if first(&world) == Some('4') { 4 } else { 5 };
        world.behaves(silent, Manner::Silent);
        let before = world.now;
        world.data("88.118.1/pump");
        let took = world.now - before;
        assert!(took <= longest, "usually {usual} ms, now {took} ms");
    }
}

#[test]
fn the_faster_site_is_asked_first() {
    let mut world = World::tree();
    world.says(3, "0.NA/88.118.1", at(&[4, 5]));
    world.says(5, "88.118.1/pump", url("there"));
    world.behaves(4, Manner::Slow(280));
    for _ in 0..4 {
        world.data("88.118.1/pump");
    }
    for _ in 0..4 {
        assert_eq!(world.data("88.118.1/pump"), "there");
    }
}

#[test]
fn a_site_that_has_changed_is_learned_anew() {
    let mut world = World::tree();
    world.data("88.118.1/pump");
    world.data("88.118.1/pump");
    assert_eq!(world.asked.len(), 1, "the way is known");
    // An answer says that there is a newer record: it still counts, and the record is asked for
    // the next time.
    world.behaves(4, Manner::Renumbered(2));
    assert_eq!(world.data("88.118.1/pump"), "here");
    assert_eq!(world.asked.len(), 1);
    world.data("88.118.1/pump");
    assert_eq!(
        world.asked.len(),
        2,
        "of who answers above: {:?}",
        world.asked
    );
    // The server that is known says that the record is too old to answer: at once.
    world.behaves(4, Manner::Honest);
    world.data("88.118.1/pump");
    world.says(
        4,
        "88.118.1/pump",
        Says::Code(ResponseCode::OUT_OF_DATE_SITE_INFO),
    );
    world.says(3, "0.NA/88.118.1", at(&[5]));
    world.says(5, "88.118.1/pump", url("moved"));
    assert_eq!(world.data("88.118.1/pump"), "moved");
    // The server is gone.
    world.behaves(5, Manner::Dead);
    world.says(3, "0.NA/88.118.1", at(&[6]));
    world.says(6, "88.118.1/pump", url("again"));
    assert_eq!(world.data("88.118.1/pump"), "again");
    let forgets = |event: &&Event| matches!(event, Event::Forgotten { .. });
    assert_eq!(world.events.iter().filter(forgets).count(), 1);
}

#[test]
fn a_way_is_kept_as_long_as_its_values_allow() {
    let mut world = World::tree();
    let record = |seconds| {
        let mut values = sites("HS_SITE", &[site(4)]);
        values[0].ttl = Ttl {
            seconds,
            ..Ttl::DAY
        };
        Says::Values(values)
    };
    // What is above is kept as long as its own values allow: a day, of which an hour.
    for (seconds, kept, asked) in [(60, 60, 2), (0, 0, 2), (90_000, 3600, 4)] {
        world.says(3, "0.NA/88.118.1", record(seconds));
        world.knowledge = Knowledge::default();
        world.data("88.118.1/pump");
        if kept > 0 {
            world.now += kept * 1000 - 100;
            world.data("88.118.1/pump");
            assert_eq!(world.asked.len(), 1, "{seconds} s");
        }
        world.now += 200;
        world.data("88.118.1/pump");
        assert_eq!(world.asked.len(), asked, "{seconds} s");
    }
}

/// What a stranger may have said is nothing that a certified walk builds on.
#[test]
fn what_was_not_certified_is_known_to_such_walks_only() {
    let mut world = World::tree();
    world.walk(wish("88.118.1/pump"));
    world.walk(wish("88.118.1/pump"));
    assert_eq!(world.asked.len(), 1);
    assert!(!world.flags[0].contains(OpFlags::CERTIFIED));
    world.walk(wish("88.118.1/pump").certified());
    assert_eq!(world.asked.len(), 4);
    world.walk(wish("88.118.1/pump"));
    assert_eq!(world.asked.len(), 1);
}

#[test]
fn servers_are_asked_in_their_version_and_named_by_their_number() {
    let mut old = site(5);
    old.protocol.minor = 6;
    old.serial = 7;
    old.servers[0]
        .interfaces
        .retain(|it| it.transport == Transport::TCP);
    let guide = Guide {
        roots: vec![old],
        ..Guide::default()
    };
    let mut walk = Walk::new(world::Toy::default(), guide, wish("0.NA/1"), Moment(0));
    let inquiry = walk.poll_inquiry(&mut Knowledge::default(), Moment(0), world::DATE);
    let inquiry = inquiry.unwrap();
    assert_eq!(inquiry.transport, Transport::TCP);
    let envelope = inquiry.message.envelope;
    assert_eq!(
        (envelope.version, envelope.suggested),
        (Version::new(2, 6), Version::NEWEST)
    );
    assert_eq!(inquiry.message.header.site_serial, 7);
}

/// Who writes an identifier does not write what terminals and logs show around it.
#[test]
fn what_is_told_commands_no_terminal() {
    let identifier = "99\u{1b}]0;\u{7}/\u{202e}a\nb";
    let mut world = World::with_root(1);
    let found = world.find(identifier);
    let Found::Failed(failure) = found else {
        panic!("{found:?}");
    };
    let told = world.events.iter().map(ToString::to_string);
    let told: Vec<String> = told.chain([failure.to_string()]).collect();
    let is_fit = |told: &String| !told.contains(['\u{1b}', '\u{7}', '\u{202e}', '\n']);
    assert!(told.iter().all(is_fit), "{told:?}");
    assert!(
        told.iter().any(|told| told.contains("99\\u{1b}]0;")),
        "{told:?}"
    );
}

#[test]
fn what_happens_is_told_step_by_step() {
    let mut world = World::tree();
    world.data("88.118.1/pump");
    let told: Vec<String> = world.events.iter().map(ToString::to_string).collect();
    assert_eq!(
        told[..6],
        [
            "who answers as 0.NA/88.118.1 says? it is asked for",
            "who answers as 0.NA/0.NA says? the roots",
            "question 1: 0.NA/88.118.1 to 127.0.0.1:1 over UDP",
            "answer 1: prefix referral (303), 252 octets, signed",
            "referred (prefix referral (303)): sites 1, service records 0",
            "question 2: 0.NA/88.118.1 to 127.0.0.1:2 over UDP",
        ]
    );
    assert_eq!(
        told.last().unwrap(),
        "answer 4: success (1), 167 octets, signed"
    );
}

/// Somewhere to be asked over HTTP alone is nowhere yet.
#[test]
fn sites_without_an_interface_are_left_out_and_it_is_said_why() {
    let mut mute = site(5);
    mute.servers[0].interfaces = vec![
        Interface {
            kind: InterfaceKind::QUERY,
            transport: Transport::HTTP,
            port: 80,
        },
        Interface {
            kind: InterfaceKind::ADMIN,
            transport: Transport::TCP,
            port: 5,
        },
        Interface {
            kind: InterfaceKind::QUERY,
            transport: Transport::TCP,
            port: 65_536,
        },
    ];
    let mut world = World::tree();
    let both = [mute, site(4)];
    world.says(3, "0.NA/88.118.1", Says::Values(sites("HS_SITE", &both)));
    assert_eq!(world.data("88.118.1/pump"), "here");
    let why = Skip::NoInterface;
    assert!(world.events.contains(&Event::Skipped { site: 1, why }));
}
