//! Whoever takes over stands first, and what is changed meanwhile is changed where it was meant.

use super::*;
use model::site::{Address, HashOption, ProtocolVersion, Server, SiteFlags};
use model::value::Ttl;

fn site(number: u8, address: u8, is_primary: bool) -> Bytes {
    let mut octets = [0; 16];
    octets[12..].copy_from_slice(&[192, 0, 2, address]);
    let flags = if is_primary { SiteFlags::PRIMARY.0 } else { 0 };
    let server = Server {
        id: 1,
        address: Address(octets),
        public_key: vec![number; 40].into(),
        interfaces: Vec::new(),
    };
    let site = Site {
        format: 1,
        protocol: ProtocolVersion {
            major: 2,
            minor: 11,
        },
        serial: 1,
        flags: SiteFlags(flags),
        hash_option: HashOption::ALL,
        hash_filter: Bytes::new(),
        attributes: Vec::new(),
        servers: vec![server],
    };
    site.encode()
}

/// Two sites that answer for the prefix and for those below it, the second of which stands by.
fn values() -> Vec<Value> {
    let mut values = vec![
        Value::public(3, "HS_SITE", site(1, 1, true)),
        Value::public(4, "HS_SITE.PREFIX", site(1, 1, true)),
        Value::public(7, "HS_SITE.PREFIX", site(2, 3, false)),
        Value::public(8, "HS_SITE", site(2, 2, false)),
        Value::public(100, "HS_ADMIN", "an admin"),
    ];
    for value in &mut values {
        value.ttl.seconds = 300;
    }
    values
}

fn record(values: &[Value]) -> Record {
    let identifier = "0.na/88.118".parse().unwrap();
    Record::spelled(values, &identifier, SuffixCase::Insensitive).unwrap()
}

fn named(identifier: &str, index: u32) -> Reference {
    Reference {
        identifier: Bytes::copy_from_slice(identifier.as_bytes()),
        index,
    }
}

/// The first site of each type, by the address of its first server.
fn first(octets: &Bytes, kind: &str) -> u8 {
    let record = Record::from_stored(octets.clone()).unwrap();
    let sites = sites(&record);
    let first = sites.iter().find(|it| it.is_of(kind.as_bytes())).unwrap();
    first.site.servers[0].address.0[15]
}

#[test]
fn whoever_takes_over_stands_first_in_each_type_of_sites() {
    let before = record(&values());
    let order = Order::of(&before, b"88.118", &named("0.NA/88.118", 8));
    assert_eq!(order.0, [(3, 8), (4, 7)]);
    let shown = order.apply(before.octets().clone(), b"88.118").unwrap();
    assert_eq!(
        (first(&shown, "HS_SITE"), first(&shown, "HS_SITE.PREFIX")),
        (2, 3)
    );
    let record = Record::from_stored(shown.clone()).unwrap();
    assert_eq!(record.len(), 5);
    assert_eq!(record.spelling().as_deref(), Some(&b"0.na/88.118"[..]));
    let back = order.apply(shown, b"88.118").unwrap();
    assert_eq!(&back, before.octets());
}

#[test]
fn who_is_no_site_of_the_record_changes_nothing() {
    let check = |identifier: &str, index: u32| {
        let order = Order::of(&record(&values()), b"88.118", &named(identifier, index));
        assert!(order.0.is_empty(), "{index}:{identifier}");
        let octets = record(&values()).octets().clone();
        assert_eq!(order.apply(octets.clone(), b"88.118"), Ok(octets));
    };
    check("0.NA/88.118", 3);
    check("0.NA/88.118", 9);
    check("0.NA/88.118", 100);
    check("0.NA/88.119", 8);
    check("", 8);
    let order = Order::of(&record(&values()), b"88.118", &named("0.na/88.118", 8));
    assert!(!order.0.is_empty(), "case does not count");
}

/// Whoever replaces the value that they see first means the site that stands there now.
#[test]
fn what_is_changed_meanwhile_is_changed_where_it_was_meant() {
    let before = record(&values());
    let order = Order::of(&before, b"88.118", &named("0.NA/88.118", 8));
    let shown = order.apply(before.octets().clone(), b"88.118").unwrap();
    let shown = Record::from_stored(shown).unwrap();
    let mut changed: Vec<Value> = shown.entries().map(|it| it.encoded.value()).collect();
    changed[0].data = site(2, 9, false);
    changed.retain(|value| value.index != 100);
    let published = order
        .apply(record(&changed).octets().clone(), b"88.118")
        .unwrap();
    assert_eq!(first(&published, "HS_SITE"), 1);
    let published = Record::from_stored(published).unwrap();
    assert_eq!(published.len(), 4);
    let eighth = sites(&published).pop().unwrap();
    assert_eq!((eighth.index, eighth.site.servers[0].address.0[15]), (8, 9));
}

#[test]
fn an_order_is_read_as_it_was_written_and_nothing_else() {
    let check = |octets: &[u8], expected: Option<&[(u32, u32)]>| {
        let mut reader = Reader::new(Bytes::copy_from_slice(octets));
        let read = Order::read(&mut reader);
        let read = read.ok().filter(|_| reader.is_at_end());
        assert_eq!(read.as_ref().map(|it| &it.0[..]), expected, "{octets:?}");
        if let Some(order) = read {
            let mut out = Vec::new();
            order.put(&mut out);
            assert_eq!(out, octets);
        }
    };
    check(b"", Some(&[]));
    check(b"\x01\0\0\0\x03\0\0\0\x08", Some(&[(3, 8)]));
    check(b"\x00", None);
    check(b"\x05", None);
    check(b"\x01\0\0\0\x03\0\0\0", None);
    check(b"\x01\0\0\0\x03\0\0\0\x08\0", None);
}

#[test]
fn where_a_site_stands_by_askers_must_not_keep_the_others_for_long() {
    let with_ttl = |seconds: u32| {
        let mut values = values();
        values[0].ttl.seconds = seconds;
        ttl_too_long(&record(&values))
    };
    assert_eq!(with_ttl(300), None);
    assert_eq!(with_ttl(301), Some(301));
    let mut alone = values();
    alone.truncate(2);
    alone[0].ttl = Ttl::DAY;
    assert_eq!(ttl_too_long(&record(&alone)), None, "nobody stands by");
    assert!(
        Order::default()
            .apply(Bytes::from_static(b"junk"), b"88")
            .is_ok()
    );
    let order = Order(vec![(1, 2)]);
    assert!(order.apply(Bytes::from_static(b"junk"), b"88").is_err());
}
