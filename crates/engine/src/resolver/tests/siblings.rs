//! What a walk for one prefix leaves to those for the prefixes beside it, and what it does not.

use super::*;

/// Roots at 1, `88` at 2; so many second-level nodes from 3 on, each with so many enterprises.
fn country(second_level: u16, enterprises: u16) -> World {
    let mut world = World::with_root(1);
    for node in 0..second_level {
        let port = 3 + node;
        world.says(1, &format!("0.NA/88.{node}"), onward(&[2]));
        world.says(2, &format!("0.NA/88.{node}"), at(&[port]));
        for enterprise in 0..enterprises {
            let record = format!("0.NA/88.{node}.{enterprise}");
            world.says(1, &record, onward(&[2]));
            world.says(2, &record, onward(&[port]));
            world.says(port, &record, at(&[100 + port]));
            let pump = format!("88.{node}.{enterprise}/pump");
            world.says(100 + port, &pump, url("here"));
        }
    }
    world
}

fn pumps(second_level: u16, enterprises: u16) -> impl Iterator<Item = String> {
    let pump = move |enterprise| (0..second_level).map(move |node| (node, enterprise));
    let all = (0..enterprises).flat_map(pump);
    all.map(|(node, enterprise)| format!("88.{node}.{enterprise}/pump"))
}

fn questions_at(world: &World, port: u16) -> usize {
    let port = format!("{port} ");
    world
        .asked
        .iter()
        .filter(|it| it.starts_with(&port))
        .count()
}

/// Of 200 enterprises below ten second-level nodes the root is asked about one of each node; who
/// forgot what each walk has learned asked it about all of them.
#[test]
fn the_root_is_asked_once_for_all_that_is_below_one_node() {
    let (mut world, mut before, mut after) = (country(10, 20), 0, 0);
    let mut of_country = 0;
    for pump in pumps(10, 20) {
        assert_eq!(world.data(&pump), "here");
        after += questions_at(&world, 1);
        of_country += questions_at(&world, 2);
    }
    assert_eq!((after, of_country), (10, 10));
    for pump in pumps(10, 20) {
        world.knowledge = Knowledge::default();
        assert_eq!(world.data(&pump), "here");
        before += questions_at(&world, 1);
    }
    assert_eq!(before, 200);
    // A prefix with one above it alone says for sure whose delegation it was: that of all below.
    world.knowledge = Knowledge::default();
    assert!(matches!(world.find("0.NA/88.0"), Found::Values(_)));
    assert_eq!(questions_at(&world, 1), 1);
    for pump in pumps(10, 20) {
        assert_eq!(world.data(&pump), "here");
        assert_eq!(questions_at(&world, 1), 0, "{pump}");
    }
}

/// Whoever refers to others may hold some records itself: that there is nothing is asked there.
#[test]
fn that_there_is_nothing_is_not_believed_of_a_short_cut() {
    let mut world = country(1, 1);
    world.says(3, "0.NA/88.0.7", Says::Code(ResponseCode::HANDLE_NOT_FOUND));
    world.says(1, "0.NA/88.0.7", at(&[9]));
    world.says(9, "88.0.7/pump", url("at the root"));
    assert_eq!(world.data("88.0.0/pump"), "here");
    assert_eq!(world.data("88.0.7/pump"), "at the root");
    assert_eq!(
        world.asked,
        [
            "3 UDP 0.NA/88.0.7",
            "1 UDP 0.NA/88.0.7",
            "9 UDP 88.0.7/pump"
        ]
    );
    // What is known of the others is right all the same: nobody can have it forgotten.
    world.says(3, "0.NA/88.0.8", at(&[9]));
    world.says(9, "88.0.8/pump", url("below"));
    assert_eq!(world.data("88.0.8/pump"), "below");
    assert_eq!(world.asked[0], "3 UDP 0.NA/88.0.8");
}

/// A delegation to who has gone is asked for anew, in the same walk.
#[test]
fn a_short_cut_that_leads_nowhere_is_forgotten() {
    let mut world = country(1, 2);
    assert_eq!(world.data("88.0.0/pump"), "here");
    world.behaves(3, Manner::Dead);
    world.says(2, "0.NA/88.0.1", onward(&[8]));
    world.says(8, "0.NA/88.0.1", at(&[103]));
    assert_eq!(world.data("88.0.1/pump"), "here");
    world.says(8, "0.NA/88.0.2", at(&[103]));
    world.says(103, "88.0.2/pump", url("new"));
    assert_eq!(world.data("88.0.2/pump"), "new");
    assert_eq!(world.asked[0], "8 UDP 0.NA/88.0.2");
}

/// A server that somebody named for one identifier (302) is not heard about the prefixes beside it.
#[test]
fn who_was_named_for_one_record_delegates_no_others() {
    let mut world = country(1, 1);
    let astray = Says::Refers(
        ResponseCode::SERVICE_REFERRAL,
        "",
        sites("HS_SITE", &[site(66)]),
    );
    world.says(2, "0.NA/88.0.5", astray);
    world.says(1, "0.NA/88.0.5", onward(&[2]));
    world.says(66, "0.NA/88.0.5", onward(&[67]));
    world.says(67, "0.NA/88.0.5", at(&[68]));
    world.says(68, "88.0.5/a", url("astray"));
    assert_eq!(world.data("88.0.5/a"), "astray");
    world.says(67, "0.NA/88.0.0", at(&[68]));
    world.says(68, "88.0.0/pump", url("stolen"));
    assert_eq!(world.data("88.0.0/pump"), "here");
    assert!(!world.asked.iter().any(|it| it.starts_with("67 ")));
}

/// What nobody has verified is not for walks that verify.
#[test]
fn a_short_cut_is_as_trusted_as_the_walk_that_found_it() {
    let mut world = country(1, 2);
    let plain = |identifier: &str| Wish::for_values(identifier.parse().unwrap());
    world.walk(plain("88.0.0/pump"));
    assert_eq!(world.data("88.0.1/pump"), "here");
    assert_eq!(questions_at(&world, 1), 1, "verified from the root");
    world.says(3, "0.NA/88.0.2", at(&[103]));
    world.walk(plain("88.0.2/pump"));
    assert_eq!(
        world.asked[0], "3 UDP 0.NA/88.0.2",
        "verified is good for all"
    );
}

/// Prefixes that the root keeps for itself, and what only looks like a prefix, delegate nothing.
#[test]
fn above_some_prefixes_there_is_nobody() {
    use super::super::knowledge::above;
    let of = |record: &str| above(&record.parse().unwrap()).map(|it| it.to_string());
    assert_eq!(of("0.na/ab.1.2").as_deref(), Some("0.NA/AB.1"));
    assert_eq!(of("ab.1").as_deref(), Some("0.NA/AB"), "without a slash");
    for record in [
        "0.NA/88",
        "0.NA/0.NA",
        "0.NA/0.NA.1",
        "0.NA/.1",
        "0.NA/88.",
        "0.TYPE/88.1",
        "88.1/88.2",
    ] {
        assert_eq!(of(record), None, "{record}");
    }
}
