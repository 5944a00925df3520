//! A copy of a site with two servers has what each of them has, and stands with each by itself.

use super::*;
use bytes::Bytes;

/// A copy of a site whose servers are these nodes, in order.
fn copy_of_all(servers: &[&Machine]) -> Machine {
    let sites = servers.iter().map(|server| {
        let site = std::fs::read(server.path().join("siteinfo.json")).unwrap();
        serde_json::from_slice::<model::Site>(&site).unwrap()
    });
    let all = sites.clone().flat_map(|site| site.servers).collect();
    let mut site = sites.into_iter().next().unwrap();
    site.servers = all;
    Machine::copy_with(servers[0], 301, |config| {
        let path = config.mirror.key_file.clone().unwrap();
        let path = path.with_file_name("source.json");
        std::fs::write(&path, serde_json::to_vec(&site).unwrap()).unwrap();
        config.mirror.of = Some(path);
    })
}

/// Waits until a copy follows so many servers.
fn follows(copy: &Machine, count: usize) {
    wait_until("they are followed", || {
        let servers = copy.node().replication().mirror;
        let following = servers.iter().filter(|server| server.phase == "following");
        following.count() == count
    });
}

fn remembered(number: u8) -> Key {
    Key::answered(u32::MAX, &[number; 32])
}

/// The second server is reached when all of the first has come.
#[test]
fn a_full_copy_of_one_server_takes_nothing_of_another() {
    let (first, mut second) = (Machine::writer(|_| ()), Machine::writer(|_| ()));
    let fact = Key::from_octets(Bytes::from_static(b"ofact"));
    assert!(is_copied(&fact));
    first.write(remembered(1), Some("done".into()));
    first.write(fact.clone(), Some("5".into()));
    second.write(remembered(2), Some("done".into()));
    second.stop();
    let copy = copy_of_all(&[&first, &second]);
    follows(&copy, 1);
    second.start();
    follows(&copy, 2);
    for key in [remembered(1), remembered(2), fact] {
        let stored = copy.store().view().get(&key).unwrap();
        assert!(stored.is_some(), "{key:?} is gone");
    }
}

/// What was never reached has left nothing, and is missed all the same.
#[test]
fn a_copy_that_lacks_a_server_is_not_promoted() {
    let (first, mut second) = (Machine::writer(|_| ()), Machine::writer(|_| ()));
    for number in 0..30 {
        first.put(&format!("88.1/{number}"), "x");
    }
    second.stop();
    let mut copy = copy_of_all(&[&first, &second]);
    follows(&copy, 1);
    copy.stop();
    let error = promote(copy.path(), &Options::default()).unwrap_err();
    assert!(matches!(error, PromotionError::NotReached), "{error}");
    second.start();
    copy.start();
    follows(&copy, 2);
    copy.stop();
    let highest = first.node().replication().txn;
    let promoted = promote(copy.path(), &Options::default()).unwrap();
    // A copy of the first alone has that number, and nothing of the second.
    assert_eq!(promoted.txn, highest + 1);
    let store = Store::open(copy.path(), &Options::default()).unwrap();
    let stored = store.view().get(&Key::numbering()).unwrap();
    assert_eq!(Numbering::read(stored.unwrap()).unwrap().earlier, 0);
}

/// A site may have fewer servers than it had.
#[test]
fn a_server_that_never_sent_anything_and_is_none_any_more_is_not_missed() {
    let (first, mut second) = (Machine::writer(|_| ()), Machine::writer(|_| ()));
    second.stop();
    let mut copy = copy_of_all(&[&first, &second]);
    follows(&copy, 1);
    copy.stop();
    copy.config.mirror.of = Some(first.path().join("siteinfo.json"));
    copy.start();
    follows(&copy, 1);
    copy.stop();
    promote(copy.path(), &Options::default()).unwrap();
}
