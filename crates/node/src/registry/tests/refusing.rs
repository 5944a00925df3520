//! What a member refuses: strangers, journals that lie, and to be somebody else.

use super::*;
use crate::registry::RegistryError;
use crate::registry::journal::FILE;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

/// Strangers at the members' own port get nothing, and harm nothing.
#[test]
fn strangers_get_no_further_than_the_handshake() {
    let ring = Ring::start(3);
    ring.leader();
    let address = ring.members[0].config.registry.members[0].address;
    let mut held = Vec::new();
    for octets in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[0; 5000],
        &[0xff; 5000],
        b"",
    ] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let _ = stream.write_all(octets);
        if octets.is_empty() {
            // They say nothing and stay; others are let in all the same.
            held.extend((0..50).map(|_| TcpStream::connect(address).unwrap()));
        } else {
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            assert!(answer.len() < 100, "an alert at most");
        }
    }
    assert_eq!(
        ring.register(0, "88.3", "all the same"),
        ResponseCode::SUCCESS
    );
    ring.all_say("0.NA/88.3", Some("all the same"));
}

/// Somebody with a key that no member has shows it in vain, and one of another registry is not
/// listened to though its key is known.
#[test]
fn members_of_another_registry_are_not_listened_to() {
    let mut ring = Ring::prepare(4);
    // The fourth was told of another administrator: it has founded another registry.
    let other_key = ring.members[3].folder.join("admpub.bin");
    ring.members[3].config.registry.admin_key_file = Some(other_key);
    for at in 0..4 {
        ring.members[at].start().unwrap();
    }
    wait_until("three of four agree", || {
        ring.register(0, "88.4", "by three") == ResponseCode::SUCCESS
    });
    let fourth = ring.members[3].state();
    assert_ne!(fourth.group, ring.members[0].state().group);
    assert_eq!(fourth.leader, 0, "{fourth:?}");
    assert_eq!(ring.members[3].says("0.NA/88.4"), None);
}

fn start_failed(machine: &mut Machine) -> RegistryError {
    match machine.start() {
        Err(Error::Registry(error)) => error,
        other => panic!("{:?}", other.err()),
    }
}

#[test]
fn a_member_without_its_journal_or_with_a_damaged_one_does_not_start() {
    let mut ring = Ring::start(1);
    ring.leader();
    assert_eq!(ring.register(0, "88.5", "kept"), ResponseCode::SUCCESS);
    let machine = &mut ring.members[0];
    machine.stop();
    let path = machine.folder.join(FILE);
    let sound = fs::read(&path).unwrap();

    fs::remove_file(&path).unwrap();
    let error = start_failed(machine);
    assert!(
        matches!(error, RegistryError::LostJournal { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("under a new number"), "{error}");

    let mut damaged = sound.clone();
    damaged[40] ^= 1;
    fs::write(&path, &damaged).unwrap();
    let error = start_failed(machine);
    assert!(error.to_string().contains("damaged at octet "), "{error}");

    // Half a frame at its end was torn by a crash: nobody was told of it.
    let torn = [&sound[..], b"NPqf\0\0"].concat();
    fs::write(&path, torn).unwrap();
    machine.start().unwrap();
    ring.all_say("0.NA/88.5", Some("kept"));
    ring.leader();
    assert_eq!(ring.register(0, "88.6", "more"), ResponseCode::SUCCESS);
}

/// A disk that is lost leaves nothing that says that there was a member; keys are brought back.
#[test]
fn a_member_whose_disk_is_lost_does_not_found_itself_anew() {
    const KEPT: [&str; 5] = [
        "admpriv.bin",
        "admpub.bin",
        "privkey.bin",
        "pubkey.bin",
        "siteinfo.json",
    ];
    let mut ring = Ring::start(3);
    ring.leader();
    assert_eq!(ring.register(0, "88.7", "kept"), ResponseCode::SUCCESS);
    let machine = &mut ring.members[2];
    let told = allow_founding(&machine.folder);
    assert!(told.is_err(), "it is a member");
    machine.stop();
    let lost = machine.folder.with_extension("lost");
    fs::rename(&machine.folder, &lost).unwrap();
    fs::create_dir(&machine.folder).unwrap();
    for name in KEPT {
        fs::copy(lost.join(name), machine.folder.join(name)).unwrap();
    }
    let error = start_failed(machine);
    assert!(matches!(error, RegistryError::NotFounded { .. }), "{error}");
    assert!(error.to_string().contains("registry found"), "{error}");
    assert_eq!(ring.register(1, "88.8", "by two"), ResponseCode::SUCCESS);
}

#[test]
fn a_node_is_no_other_member_than_the_one_whose_key_it_has() {
    let mut ring = Ring::prepare(2);
    ring.members[0].config.registry.member = 2;
    let error = start_failed(&mut ring.members[0]);
    assert!(
        matches!(error, RegistryError::NotOwnKey { member: 2 }),
        "{error}"
    );
    ring.members[0].config.registry.member = 1;
    let site = ring.members[1].folder.join("siteinfo.json");
    fs::copy(ring.members[0].folder.join("siteinfo.json"), &site).unwrap();
    let error = start_failed(&mut ring.members[0]);
    assert!(matches!(error, RegistryError::SameKey { .. }), "{error}");
    fs::write(&site, "{}").unwrap();
    let error = start_failed(&mut ring.members[0]).to_string();
    assert!(error.contains("siteinfo.json"), "{error}");
}

/// Whoever runs a node has no identity that the others know; other records are its own.
#[test]
fn what_is_agreed_on_nobody_changes_alone() {
    let ring = Ring::start(1);
    ring.leader();
    let locally = |identifier: &str| {
        let identifier = identifier.parse().unwrap();
        let flags = wire::OpFlags::USUAL;
        let now = client::Clock::date();
        let request = engine::question::creation(&identifier, &[named("x")], flags, 1, now);
        let answer = ring.members[0].node().answer_locally(&request).unwrap();
        answer.header.response_code
    };
    assert_eq!(locally("0.NA/88.8"), ResponseCode::INSUFFICIENT_PERMISSIONS);
    assert_eq!(locally("0.NA/88"), ResponseCode::HANDLE_ALREADY_EXISTS);
    assert_eq!(locally("0.NA/77"), ResponseCode::SUCCESS);
    assert_eq!(ring.members[0].says("0.NA/88.8"), None);
    let long = Value::public(1, "NAME", vec![b'x'; 80_000]);
    let identifier = "0.NA/88.8".parse().unwrap();
    let code = ring.order(0, Order::register(&identifier, &[long]));
    assert_eq!(code, ResponseCode::INVALID_VALUE);
    assert!(ring.path().exists());
}
