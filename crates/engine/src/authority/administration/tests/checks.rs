//! In which order a request is looked at, and what that tells those who have no right.

use super::*;

/// A registration of what is no text, under a prefix.
fn unreadable(prefix: &str, values: &[Value]) -> Message {
    let identifier = [prefix.as_bytes(), b"\xff"].concat();
    let values = values.iter().map(EncodedValue::of).collect();
    let body = ValuesRequest::new(identifier, values).encode();
    request(Opcode::CREATE_HANDLE, OpFlags(0), body)
}

/// What is wrong with a request, in the order in which it is said: before and after the proof.
#[test]
fn checks_come_in_the_order_of_the_reference_software() {
    let cases = [
        (unreadable("88.1/", &[]), 102, 102),
        (create("88.2/x", &[url(1)]), 301, 301),
        (create("88.1/x", &[url(0)]), 202, 202),
        (create("88.1/x", &[url(1), url(1)]), 201, 201),
        // With two faults, the one that the standard's order has first is said.
        (create("88.2/x", &[url(0)]), 301, 301),
        (create("88.2/x", &[url(1), url(1)]), 301, 301),
        (add("88.2/x", &[]), 301, 301),
        (modify("88.2/x", &[url(0)]), 301, 301),
        (remove("88.2/x", &[]), 301, 301),
        (unreadable("88.2/", &[]), 301, 301),
        (unreadable("88.1/", &[url(0)]), 102, 102),
        (unreadable("0.NA/", &[url(0)]), 102, 102),
        (create("88.1/x", &[url(1), url(1), url(0)]), 202, 202),
        (create("88.1/pump", &[url(0)]), 202, 202),
        (create("88.1/pump", &[url(1), url(1)]), 201, 201),
        (modify("88.1/none", &[url(0)]), 202, 202),
        (remove("88.1/none", &[]), 202, 202),
        (create("88.1/pump", &[url(1)]), 101, 101),
        (create("88.1/x", &[]), 402, 1),
        (naming(Opcode::DELETE_HANDLE, "88.1/none"), 402, 100),
        (naming(Opcode::DELETE_HANDLE, "88.2/none"), 301, 301),
        (add("88.1/none", &[url(1)]), 402, 100),
        (add("88.1/pump", &[]), 202, 202),
        (add("88.1/pump", &[url(1)]), 402, 201),
        (modify("88.1/pump", &[url(77)]), 402, 200),
        (remove("88.1/pump", &[1, 77]), 402, 200),
        (remove("88.1/pump", &[1, 1]), 402, 200),
        (naming(Opcode::LIST_HANDLES, "0.NA/88.2"), 301, 301),
        (naming(Opcode::LIST_HANDLES, "88.1/pump"), 102, 102),
        (naming(Opcode::HOME_PREFIX, "0.NA/88.3"), 402, 400),
        (naming(Opcode::HOME_PREFIX, "88.3/x"), 102, 102),
        (naming(Opcode::LIST_HOMED, "/"), 402, 400),
        (naming(Opcode::LIST_DERIVED, "0.NA/88.1"), 5, 5),
    ];
    for (request, unproven, proven) in cases {
        let mut desk = Desk::new();
        let said = format!("{request:?}");
        assert_eq!(desk.code(&request, Origin::Network), unproven, "{said}");
        assert_eq!(desk.code(&request, by(ALL)), proven, "{said}");
    }
}

/// What is wrong with the asker comes before what is wrong with a value that nobody may write.
#[test]
fn who_may_not_is_not_told_that_nobody_may() {
    for request in [modify("88.1/pump", &[url(4)]), remove("88.1/pump", &[4])] {
        assert_eq!(Desk::new().code(&request, by(NOBODY)), 400);
        assert_eq!(Desk::new().code(&request, by(ALL)), 401);
    }
}

#[test]
fn a_site_that_is_no_primary_looks_at_nothing_else() {
    let mut desk = Desk::new();
    desk.authority.settings.site = OwnSite::without_record(7, false);
    for request in [unreadable("88.1/", &[]), create("88.1/x", &[url(0)])] {
        assert_eq!(desk.code(&request, by(ALL)), 301);
    }
}

#[test]
fn with_challenge_first_nobody_learns_what_is_registered() {
    let mut desk = Desk::with(AdministrationSettings {
        challenge_first: true,
        ..AdministrationSettings::default()
    });
    let requests = |identifier: &str| {
        let add_over = OpFlags::OVERWRITE;
        vec![
            create(identifier, &[url(1)]),
            overwrite(identifier, &[url(1)]),
            overwrite(identifier, &administrators()),
            naming(Opcode::DELETE_HANDLE, identifier),
            add(identifier, &[url(1)]),
            add(identifier, &[url(9)]),
            values_request(Opcode::ADD_VALUE, add_over, identifier, &[url(1), url(4)]),
            modify(identifier, &[url(1)]),
            modify(identifier, &[url(4)]),
            modify(identifier, &[url(77)]),
            remove(identifier, &[1]),
            remove(identifier, &[4]),
            remove(identifier, &[1, 1, 77]),
        ]
    };
    for origin in [Origin::Network, Origin::Session, by(NOBODY)] {
        for (there, not_there) in requests("88.1/pump").iter().zip(requests("88.1/none")) {
            let [there, not_there] = [there, &not_there].map(|it| desk.answer(it, origin.clone()));
            let said = format!("{there:?}");
            assert_eq!(there.is_challenge, origin.is_nobody(), "{said}");
            assert_eq!(there.is_challenge, not_there.is_challenge, "{said}");
            assert_eq!(there.message.header, not_there.message.header, "{said}");
            assert_eq!(there.message.body, not_there.message.body, "{said}");
        }
    }
    // A list with another node that cannot be asked is not named either.
    let elsewhere = Reference {
        identifier: "77.1/group".into(),
        index: 1,
    };
    desk.put(
        "88.1/PUMP",
        &[admin(100, AdminPermissions::ALL, elsewhere), url(1)],
    );
    for request in requests("88.1/pump") {
        let text = desk.text(&request, by(NOBODY));
        assert_eq!(text, hiding::HIDDEN);
    }
}

/// Whoever administers the record, or may register it, is told what is there.
#[test]
fn with_challenge_first_those_who_may_know_are_told() {
    let fresh = || {
        Desk::with(AdministrationSettings {
            lists: true,
            challenge_first: true,
            ..AdministrationSettings::default()
        })
    };
    // May do something else with the record; may register; may do everything.
    let [deletes, registers, all] = [by(2), by(1), by(ALL)];
    for (request, of_deleter, of_registrar) in [
        (create("88.1/pump", &[url(1)]), 400, 101),
        (naming(Opcode::DELETE_HANDLE, "88.1/none"), 400, 100),
        (naming(Opcode::DELETE_HANDLE, "88.1/pump"), 1, 400),
        (add("88.1/none", &[url(1)]), 400, 100),
        (add("88.1/pump", &[url(1)]), 201, 201),
        (modify("88.1/pump", &[url(77)]), 200, 200),
        (modify("88.1/pump", &[url(1)]), 400, 400),
        (remove("88.1/pump", &[77]), 200, 200),
    ] {
        let said = format!("{request:?}");
        assert_eq!(
            fresh().code(&request, deletes.clone()),
            of_deleter,
            "{said}"
        );
        assert_eq!(
            fresh().code(&request, registers.clone()),
            of_registrar,
            "{said}"
        );
    }
    assert_eq!(fresh().code(&modify("88.1/pump", &[url(4)]), all), 401);
    let lists = naming(Opcode::LIST_HANDLES, "0.NA/88.1");
    let mut desk = fresh();
    assert_ne!(desk.text(&lists, by(NOBODY)), hiding::HIDDEN);
}

#[test]
fn a_site_that_is_no_primary_takes_nothing() {
    let mut desk = Desk::new();
    desk.authority.settings.site = OwnSite::without_record(7, false);
    let text = desk.text(&create("88.1/x", &[url(1)]), by(ALL));
    assert_eq!(text, "Not a primary server");
}
