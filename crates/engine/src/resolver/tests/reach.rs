//! Tests of which addresses are asked: a delegation must not have this machine's neighbours, or
//! machines that are none, asked.

use super::super::*;
use super::world::{Says, World, key, site, sites};
use model::Site;
use model::site::Address;

const MACHINE: [&str; 4] = [
    "127.0.0.1",
    "127.9.9.9",
    "::ffff:127.0.0.1",
    "2002:7f00:1::",
];

const LINK: [&str; 3] = ["169.254.169.254", "fe80::1", "64:ff9b::169.254.169.254"];

/// Networks of somebody's own, however their addresses are written.
const PRIVATE: [&str; 17] = [
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.1",
    "192.168.7.7",
    "100.64.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::8.8.8.8",
    "64:ff9b:1:fffe::1",
    "2002:a00:1::1",
    "2002:c0a8:707::1",
    "240.0.0.1",
    "198.18.0.1",
    "::10.0.0.1",
    "fc00::1",
    "fd12::1",
    "fec0::1",
];

const FAR: [&str; 6] = [
    "172.32.0.1",
    "100.128.0.1",
    "192.169.0.1",
    "2001:db8::1",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
];

fn with_address(port: u16, address: &str) -> Site {
    let mut site = site(port);
    let ip: std::net::IpAddr = address.parse().unwrap();
    site.servers[0].address = Address::from(ip);
    site
}

/// A world whose roots have this address.
fn world_of(root: &str) -> World {
    let mut world = World::with_root(1);
    world.guide.roots = [with_address(1, root)].into();
    world.guide.roots[0].servers[0].public_key = key("1");
    world
}

/// Whether a delegation to an address is not followed.
fn is_skipped(world: &mut World, address: &str) -> bool {
    let there = sites("HS_SITE", &[with_address(80, address)]);
    world.says(1, "0.NA/99", Says::Values(there));
    world.knowledge = Knowledge::default();
    match world.find("99/a") {
        Found::Failed(failure) => match failure.why {
            Why::NobodyToAsk(Skip::Address(_)) => true,
            Why::NobodyAnswered => false,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn addresses_of_no_machine_are_not_asked() {
    let mut world = world_of("127.0.0.1");
    world.guide.asks_private = true;
    for nobody in [
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "ff02::1",
        "0.0.0.9",
        "::0.0.0.9",
        "64:ff9b::255.255.255.255",
        "2002:e000:1::",
    ] {
        assert!(is_skipped(&mut world, nobody), "{nobody}");
    }
}

#[test]
fn where_roots_are_far_nothing_near_is_asked() {
    let mut world = world_of("192.0.2.1");
    for address in MACHINE.into_iter().chain(LINK).chain(PRIVATE) {
        assert!(is_skipped(&mut world, address), "{address}");
    }
    for address in FAR {
        assert!(!is_skipped(&mut world, address), "{address}");
    }
    world.guide.asks_private = true;
    for address in PRIVATE.into_iter().chain(FAR) {
        assert!(!is_skipped(&mut world, address), "{address}: as is set");
    }
    for address in MACHINE.into_iter().chain(LINK) {
        assert!(is_skipped(&mut world, address), "{address}: never by that");
    }
}

/// A root that is near opens its own network and no other: on this machine not the link, where
/// machines are told their secrets.
#[test]
fn a_near_root_opens_its_own_network_only() {
    let mut world = world_of("127.0.0.1");
    for address in MACHINE.into_iter().chain(FAR) {
        assert!(!is_skipped(&mut world, address), "{address}");
    }
    for address in LINK.into_iter().chain(PRIVATE) {
        assert!(is_skipped(&mut world, address), "{address}");
    }
    for (root, inside, outside) in [
        ("10.1.1.1", "10.0.0.1", "192.168.7.7"),
        ("192.168.1.1", "::ffff:192.168.7.7", "10.0.0.1"),
        (
            "fd12:3456:789a::1",
            "fd12:3456:789a:1::9",
            "fd12:3456:789b::1",
        ),
        ("169.254.1.1", "fe80::1", "127.0.0.1"),
    ] {
        let mut world = world_of(root);
        assert!(!is_skipped(&mut world, inside), "{inside}: so is {root}");
        assert!(is_skipped(&mut world, outside), "{outside}: {root} is not");
        assert!(is_skipped(&mut world, "127.0.0.1"), "{root}");
    }
}
