//! Who is not let copy, and what a copy does not take.

use super::*;

#[test]
fn who_may_not_copy_is_sent_nothing() {
    let writer = Machine::writer(|config| {
        config.replication.admins = vec![format!("301:{WHO}")];
    });
    let copy = Machine::copy_of(&writer, 302);
    wait_until("it is refused", || copy.mirror().trouble.contains("400"));
    assert_eq!(copy.standing(), Standing::New);
    assert_eq!(copy.rows(), []);
    assert_eq!(copy.ask("88.1/x").0, ResponseCode::SERVER_BUSY);
}

#[test]
fn by_default_nobody_may_copy() {
    let writer = Machine::writer(|config| config.replication.admins.clear());
    let copy = Machine::copy_of(&writer, 301);
    wait_until("it is refused", || {
        copy.mirror()
            .trouble
            .contains("does not offer the operation")
    });
}

#[test]
fn a_source_with_another_key_is_not_believed() {
    let writer = Machine::writer(|_| ());
    let path = writer.path().join("siteinfo.json");
    let text = std::fs::read(&path).unwrap();
    let mut site: model::Site = serde_json::from_slice(&text).unwrap();
    site.servers[0].public_key = key().public_key().encode();
    let copy = Machine::copy_with(&writer, 301, |config| {
        let folder = config.mirror.key_file.clone().unwrap();
        let path = folder.with_file_name("source.json");
        std::fs::write(&path, serde_json::to_vec(&site).unwrap()).unwrap();
        config.mirror.of = Some(path);
    });
    wait_until("it is not believed", || {
        copy.mirror().trouble.contains("signed")
    });
    assert_eq!(copy.rows(), []);
}

#[test]
fn a_source_of_an_earlier_epoch_is_refused() {
    let mut writer = Machine::writer(|_| ());
    let mut first = Machine::copy_of(&writer, 301);
    let mut second = Machine::copy_of(&writer, 302);
    first.has_caught_up_with(&writer);
    second.has_caught_up_with(&writer);
    let address = writer.config.listen.clone();
    writer.stop();
    first.stop();
    let promoted = promote(first.path(), &Options::default()).unwrap();
    first.config.mirror.of = None;
    first.config.replication.admins = vec![format!("302:{WHO}")];
    first.start();
    second.stop();
    second.config.mirror.of = Some(first.path().join("siteinfo.json"));
    second.start();
    wait_until("it follows the new writer", || {
        second.mirror().epoch == promoted.epoch || {
            first.put("88.1/new", "x");
            false
        }
    });
    second.has_caught_up_with(&first);
    // The old writer comes back, and is asked.
    writer.config.listen = address;
    writer.start();
    writer.put("88.1/old", "x");
    second.stop();
    second.config.mirror.of = Some(writer.path().join("siteinfo.json"));
    second.start();
    wait_until("it is refused", || {
        second.mirror().trouble.contains("epoch 1")
    });
    assert_eq!(second.rows(), first.rows());
    // Nor does the new writer become a copy of the old one.
    first.stop();
    first.config.mirror.of = Some(writer.path().join("siteinfo.json"));
    first.config.mirror.identity = format!("301:{WHO}");
    first.start();
    wait_until("it is refused", || {
        first.mirror().trouble.contains("epoch 1")
    });
    assert_eq!(first.rows(), second.rows());
}

#[test]
fn a_folder_that_is_no_whole_copy_is_not_promoted() {
    let mut writer = Machine::writer(|config| config.replication.dump_octets_per_second = 100_000);
    let text = "y".repeat(1000);
    for number in 0..2000 {
        writer.put(&format!("88.1/{number}"), &text);
    }
    let mut copy = Machine::copy_of(&writer, 301);
    wait_until("a part has come", || copy.mirror().rows > 0);
    copy.stop();
    let error = promote(copy.path(), &Options::default()).unwrap_err();
    assert!(
        matches!(error, PromotionError::NotWhole { rows } if rows > 0),
        "{error}"
    );
    writer.stop();
    let error = promote(writer.path(), &Options::default()).unwrap_err();
    assert!(matches!(error, PromotionError::NoCopy), "{error}");
}

/// It would number its own changes with the writer's numbers.
#[test]
fn a_copy_is_no_writer_because_nobody_says_whose_copy_it_is() {
    let writer = Machine::writer(|_| ());
    let mut copy = Machine::copy_of(&writer, 301);
    copy.has_caught_up_with(&writer);
    copy.stop();
    let source = copy.config.mirror.of.take();
    let options = copy.config.storage.options();
    let store = Store::open(copy.path(), &options).unwrap();
    let refused = copy.try_start_on(store).unwrap_err();
    assert!(
        refused.to_string().contains("nameplate store promote"),
        "{refused}"
    );
    copy.config.mirror.of = source;
    copy.start();
    copy.has_caught_up_with(&writer);
    copy.stop();
    promote(copy.path(), &options).unwrap();
    copy.config.mirror.of = None;
    copy.start();
    assert_eq!(copy.register("88.1/own"), ResponseCode::SUCCESS);
}

/// Nothing has come yet, so there is nothing that it could be a copy of.
#[test]
fn a_folder_that_never_reached_its_source_may_become_a_writer() {
    let mut writer = Machine::writer(|_| ());
    writer.stop();
    let mut copy = Machine::copy_of(&writer, 301);
    copy.stop();
    copy.config.mirror.of = None;
    copy.start();
    assert_eq!(copy.node().replication().mirror, []);
}

#[test]
fn beyond_the_limits_mirrors_are_told_to_wait() {
    let writer = Machine::writer(|config| config.replication.followers_max = 1);
    let first = Machine::copy_of(&writer, 301);
    first.has_caught_up_with(&writer);
    let second = Machine::copy_of(&writer, 302);
    wait_until("it is told to wait", || {
        second.mirror().trouble.contains("try again")
    });
    drop(first);
    second.has_caught_up_with(&writer);
}
