//! A copy has what its source has: at once, after a kill, when it is too late, in every order.

use super::*;
use engine::replication::course::Course;

#[test]
fn a_copy_takes_everything_and_then_what_comes() {
    let writer = Machine::writer(|_| ());
    for number in 0..50 {
        writer.put(&format!("88.1/{number}"), "before");
    }
    let copy = Machine::copy_of(&writer, 301);
    copy.has_caught_up_with(&writer);
    writer.put("88.1/1", "changed");
    writer.delete("88.1/2");
    writer.write(Key::homed(&"88.2".parse().unwrap()), Some("\u{1}".into()));
    writer.delete("88.1/3");
    writer.put("88.1/3", "again");
    copy.has_caught_up_with(&writer);
    let found = |text: &str| (ResponseCode::SUCCESS, Some(text.to_owned()));
    assert_eq!(copy.ask("88.1/1"), found("changed"));
    assert_eq!(copy.ask("88.1/2").0, ResponseCode::HANDLE_NOT_FOUND);
    assert_eq!(copy.ask("88.1/3"), found("again"));
    assert_eq!(copy.ask("88.2/x").0, ResponseCode::HANDLE_NOT_FOUND);
    assert_eq!(copy.mirror().lag_ms, 0);
}

#[test]
fn a_copy_takes_no_changes() {
    let writer = Machine::writer(|_| ());
    let copy = Machine::copy_of(&writer, 301);
    copy.has_caught_up_with(&writer);
    assert_eq!(
        copy.register("88.1/new"),
        ResponseCode::SERVER_NOT_RESPONSIBLE
    );
    let request = engine::question::creation(
        &"88.1/new".parse().unwrap(),
        &[Value::public(1, "URL", "x")],
        wire::OpFlags(0),
        1,
        Clock::date(),
    );
    let answer = copy.node().answer_locally(&request).unwrap();
    assert_eq!(
        answer.header.response_code,
        ResponseCode::SERVER_NOT_RESPONSIBLE
    );
    assert_eq!(writer.register("88.1/new"), ResponseCode::SUCCESS);
    copy.has_caught_up_with(&writer);
    assert_eq!(copy.ask("88.1/new").0, ResponseCode::SUCCESS);
    // The record of the site says so too.
    let site = std::fs::read_to_string(copy.path().join("siteinfo.json")).unwrap();
    assert!(site.contains("\"primarySite\": false"), "{site}");
}

#[test]
fn a_copy_that_was_killed_goes_on_where_it_was() {
    let writer = Machine::writer(|_| ());
    let mut copy = Machine::copy_of(&writer, 301);
    copy.has_caught_up_with(&writer);
    for round in 0..5 {
        for number in 0..20 {
            writer.put(&format!("88.1/{round}-{number}"), "x");
        }
        // The plug is pulled in the middle of it.
        drop(copy.node.take());
        for number in 20..40 {
            writer.put(&format!("88.1/{round}-{number}"), "x");
        }
        copy.start();
        assert!(
            matches!(copy.standing(), Standing::Following(_)),
            "no full copy"
        );
        copy.has_caught_up_with(&writer);
    }
}

#[test]
fn a_full_copy_goes_on_where_it_was_broken_off() {
    // So slowly that it is broken off.
    let writer = Machine::writer(|config| config.replication.dump_octets_per_second = 400_000);
    let text = "y".repeat(1000);
    for number in 0..2000 {
        writer.put(&format!("88.1/{number:04}"), &text);
    }
    let mut copy = Machine::copy_of(&writer, 301);
    let rows = |copy: &Machine| match copy.standing() {
        Standing::Copying(copying) => copying.rows,
        _ => 0,
    };
    wait_until("a part has come", || rows(&copy) > 0);
    assert_eq!(copy.ask("88.1/1999").0, ResponseCode::SERVER_BUSY);
    drop(copy.node.take());
    // What has come already goes, and what has not, changes.
    writer.delete("88.1/0000");
    writer.put("88.1/0001", "new");
    writer.put("88.1/1998", "new");
    writer.delete("88.1/1999");
    copy.start();
    let before = rows(&copy);
    assert!(before > 0, "nothing was kept");
    wait_until("more has come, or all", || {
        rows(&copy) > before || matches!(copy.standing(), Standing::Following(_))
    });
    copy.has_caught_up_with(&writer);
    assert_eq!(copy.ask("88.1/0000").0, ResponseCode::HANDLE_NOT_FOUND);
}

#[test]
fn what_is_deleted_while_everything_is_copied_is_gone_from_the_copy() {
    let writer = Machine::writer(|config| config.replication.dump_octets_per_second = 2_000_000);
    let text = "y".repeat(1000);
    for number in 0..3000 {
        writer.put(&format!("88.1/{number:04}"), &text);
    }
    let copy = Machine::copy_of(&writer, 301);
    wait_until("a part has come", || copy.mirror().rows > 0);
    for number in (0..3000).step_by(7) {
        writer.delete(&format!("88.1/{number:04}"));
        writer.put(&format!("88.1/new-{number}"), "z");
    }
    copy.has_caught_up_with(&writer);
}

/// The disk was full for a moment, and what came next found room: it must not pass for both.
#[test]
fn an_entry_that_could_not_be_stored_is_not_passed_over() {
    let writer = Machine::writer(|_| ());
    let copy = Machine::copy_of(&writer, 301);
    copy.has_caught_up_with(&writer);
    let before = copy.standing().octets();
    writer.put("88.1/full", "x");
    copy.has_caught_up_with(&writer);
    // As if it had been refused after the task had given it away.
    let mut change = Change::default();
    let delete = |key| model::change::Write { key, octets: None };
    change.writes.push(delete(record_key("88.1/full")));
    change.put(Key::copied(0), before);
    copy.store().commit(change).unwrap();
    writer.put("88.1/next", "y");
    copy.has_caught_up_with(&writer);
    assert_eq!(copy.ask("88.1/full").0, ResponseCode::SUCCESS);
}

fn short_log(config: &mut Config) {
    config.storage = StorageConfig {
        log_octets_kept: 0,
        memtable_octets: 1 << 20,
        ..StorageConfig::default()
    };
}

/// Has a writer's log begin after what a copy has.
fn outgrow(writer: &Machine) {
    let text = "z".repeat(100_000);
    let before = writer.store().head().position;
    wait_until("the log is shortened", || {
        for number in 0..40 {
            writer.put(&format!("88.1/big-{number}"), &text);
        }
        writer.store().compact().unwrap();
        writer.put("88.1/big", "z");
        writer.store().log_first().unwrap() > before.plus(1)
    });
}

#[test]
fn a_copy_that_is_too_late_takes_everything_and_keeps_nothing_that_is_gone() {
    let writer = Machine::writer(short_log);
    for number in 0..100 {
        writer.put(&format!("88.1/{number:02}"), "old");
    }
    writer.write(Key::homed(&"88.3".parse().unwrap()), Some("\u{1}".into()));
    let mut copy = Machine::copy_of(&writer, 301);
    copy.has_caught_up_with(&writer);
    copy.stop();
    for number in (0..100).step_by(3) {
        writer.delete(&format!("88.1/{number:02}"));
    }
    writer.write(Key::homed(&"88.3".parse().unwrap()), None);
    writer.write(Key::homed(&"88.0".parse().unwrap()), Some("\u{1}".into()));
    writer.put("88.1/50", "new");
    outgrow(&writer);
    copy.start();
    copy.has_caught_up_with(&writer);
}

#[test]
fn a_full_copy_over_an_old_one_never_has_less_than_both() {
    let writer = Machine::writer(|config| {
        short_log(config);
        config.replication.dump_octets_per_second = 300_000;
    });
    for number in 0..2000 {
        writer.put(
            &format!("88.1/{number:04}"),
            "kept for ever and ever and ever",
        );
    }
    let mut copy = Machine::copy_of(&writer, 301);
    copy.has_caught_up_with(&writer);
    copy.stop();
    outgrow(&writer);
    copy.start();
    wait_until("it copies", || {
        matches!(copy.standing(), Standing::Copying(_))
    });
    while matches!(copy.standing(), Standing::Copying(_)) {
        let view = copy.store().view();
        let [from, to] = [record_key("88.1/0000"), record_key("88.1/2")];
        assert_eq!(view.range(&from, &to).count(), 2000);
    }
    copy.has_caught_up_with(&writer);
}

#[test]
fn a_copy_of_a_copy_has_the_same() {
    let writer = Machine::writer(|_| ());
    writer.put("88.1/a", "x");
    let middle = Machine::copy_with(&writer, 301, |config| {
        config.replication.admins = vec![format!("302:{WHO}")];
    });
    middle.has_caught_up_with(&writer);
    let last = Machine::copy_of(&middle, 302);
    writer.put("88.1/b", "y");
    wait_until("it comes through", || last.rows() == writer.rows());
}

/// A copy of the writer is told to follow another copy: the numbers of both are places in a log,
/// and the other's log is a shorter one.
#[test]
fn a_copy_that_follows_another_copy_does_not_take_its_numbers_for_the_writers() {
    let writer = Machine::writer(|_| ());
    for number in 0..50 {
        writer.put(&format!("88.1/{number}"), "x");
    }
    let mut last = Machine::copy_of(&writer, 301);
    last.has_caught_up_with(&writer);
    last.stop();
    writer.put("88.1/missed", "x");
    let middle = Machine::copy_with(&writer, 302, |config| {
        config.replication.admins = vec![format!("301:{WHO}")];
    });
    middle.has_caught_up_with(&writer);
    for number in 0..70 {
        writer.put(&format!("88.1/{number}"), "y");
    }
    middle.has_caught_up_with(&writer);
    assert!(middle.store().head().position > last_of(&last));
    last.config.mirror.of = Some(middle.path().join("siteinfo.json"));
    last.start();
    last.has_caught_up_with(&middle);
    assert_eq!(last.ask("88.1/missed").0, ResponseCode::SUCCESS);
    // Nor is the writer's next number that of the copy in between.
    assert_ne!(middle.node().replication().epoch, 1);
}

/// Where a copy whose node is stopped stands with its source.
fn last_of(copy: &Machine) -> store::Position {
    let store = Store::open(copy.path(), &Options::default()).unwrap();
    let stored = store.view().get(&Key::copied(0)).unwrap();
    let standing = Standing::read(stored).unwrap();
    store::Position(standing.followed().unwrap().txn)
}

/// A copy that is one of two servers of its own site, by its number.
fn half(writer: &Machine, at: u32) -> Machine {
    let mut copy = Machine::copy_of(writer, 301);
    copy.stop();
    let path = copy.path().join("siteinfo.json");
    let mut site: model::Site = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let own = site.servers[0].clone();
    let mut other = own.clone();
    other.public_key = key().public_key().encode();
    site.servers = if at == 0 {
        vec![own, other]
    } else {
        vec![other, own]
    };
    std::fs::write(&path, serde_json::to_vec(&site).unwrap()).unwrap();
    // What the whole has brought stays away.
    for part in ["log", "tables", "folder.json"] {
        let part = copy.path().join(part);
        let _ = std::fs::remove_dir_all(&part);
        let _ = std::fs::remove_file(&part);
    }
    copy.start();
    copy
}

#[test]
fn a_server_of_a_mirror_asks_only_for_its_share() {
    let writer = Machine::writer(|_| ());
    let copies: Vec<Machine> = (0..2).map(|at| half(&writer, at)).collect();
    for number in 0..40 {
        writer.put(&format!("88.1/{number}"), "x");
    }
    let last = writer.node().replication().txn;
    for copy in &copies {
        wait_until("it follows", || copy.mirror().txn >= last);
    }
    let records = |machine: &Machine| {
        let view = machine.store().view();
        let [from, to] = Course::FIELD.all()[0].clone();
        let keys = view.range(&from, &to).map(|row| row.unwrap().0);
        keys.collect::<Vec<_>>()
    };
    let (one, other) = (records(&copies[0]), records(&copies[1]));
    assert!(one.iter().all(|key| !other.contains(key)));
    assert!(!one.is_empty() && !other.is_empty());
    let mut both = [one, other].concat();
    both.sort();
    assert_eq!(both, records(&writer));
}

/// It confirms what it was sent, which is not all that there was.
#[test]
fn a_copy_that_takes_a_share_counts_for_nothing() {
    let writer = Machine::writer(|config| {
        config.replication.acknowledgement = Acknowledgement::One;
        config.replication.copies = vec![format!("301:{WHO}")];
        config.replication.ack_timeout_ms = 100;
    });
    let half = half(&writer, 0);
    writer.put("88.1/before", "x");
    let last = writer.node().replication().txn;
    wait_until("it follows", || half.mirror().txn >= last);
    for number in 0..8 {
        let code = writer.register(&format!("88.1/{number}"));
        assert_eq!(code, ResponseCode::ERROR, "{number}");
    }
    assert_eq!(writer.node().replication().copies[0].txn, 0);
}

/// An entry as long as one can be, with its number beside it, is longer.
#[test]
fn the_longest_entries_are_taken_too() {
    let writer = Machine::writer(|_| ());
    let copy = Machine::copy_of(&writer, 301);
    copy.has_caught_up_with(&writer);
    let values = |number: u32| [Value::public(1, "DESC", vec![number as u8; 250_000])];
    let mut change = Change::default();
    for number in 0..66 {
        let key = record_key(&format!("88.1/big-{number}"));
        change.put(key, record(&values(number)));
    }
    writer.store().commit(change).unwrap();
    writer.put("88.1/after", "x");
    copy.has_caught_up_with(&writer);
}
