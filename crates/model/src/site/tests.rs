//! Tests of sites and their hashes, with octets and JSON made by the reference software.

use super::*;
use crate::{Identifier, golden};
use alloc::string::ToString;
use md5::{Digest as _, Md5};
use proptest::collection::vec as many;
use proptest::prelude::*;

fn md5(octets: &[u8]) -> [u8; 16] {
    Md5::digest(octets).into()
}

#[test]
fn rfc_3651_section_3_2_2_golden_octets() {
    let [vector] = <[_; 1]>::try_from(golden::vectors("hs-site", 1))
        .ok()
        .unwrap();
    let cuts = golden::check_octets(&vector.octets, Site::decode, Site::encode);
    assert_eq!(cuts, [0; 0]);
    let site = Site::decode(vector.octets.clone()).unwrap();
    assert_eq!(serde_json::to_string(&site).unwrap(), vector.json());
    let read: Site = serde_json::from_str(&vector.json()).unwrap();
    assert_eq!(read.encode(), vector.octets);

    assert_eq!(site.serial, 7);
    assert_eq!(site.attribute("desc").unwrap(), "test site");
    assert_eq!(site.attribute("domain"), None);
    let server = &site.servers[0];
    assert!(server.key().unwrap().jwk().is_some());
    let port = |transport, kind| Some(server.interface(transport, kind)?.port);
    assert_eq!(port(Transport::UDP, InterfaceKind::QUERY), Some(2641));
    assert_eq!(port(Transport::UDP, InterfaceKind::ADMIN), None);
    assert_eq!(
        port(Transport::HTTP, InterfaceKind::ADMIN_AND_QUERY),
        Some(8000)
    );
    assert_eq!(port(Transport::HTTPS, InterfaceKind::QUERY), None);
}

#[test]
fn the_file_of_the_reference_is_written_back_as_it_was() {
    let site: Site = serde_json::from_str(golden::SITE).unwrap();
    assert_eq!(
        serde_json::to_string_pretty(&site).unwrap(),
        golden::SITE.trim_end()
    );
    assert_eq!(
        site.encode(),
        golden::octets(golden::SITE_OCTETS.trim_end())
    );
}

#[test]
fn what_the_json_leaves_out_is_as_usual() {
    let json = r#"{"servers":[{"serverId":1,"address":"2001:db8::1","interfaces":[]}]}"#;
    let site: Site = serde_json::from_str(json).unwrap();
    assert_eq!(site.protocol.to_string(), "2.11");
    assert_eq!((site.format, site.serial, site.flags), (1, 1, SiteFlags(0)));
    assert_eq!(site.hash_option, HashOption::ALL);
    assert_eq!(site.servers[0].public_key, "");
    assert_eq!(site.servers[0].address.ip().to_string(), "2001:db8::1");
}

#[test]
fn json_that_is_no_site_is_refused() {
    for json in [
        r#"{"protocolVersion":"2"}"#,
        r#"{"protocolVersion":"2.999"}"#,
        r#"{"serialNumber":70000}"#,
        r#"{"servers":[{"address":"example.org"}]}"#,
        r#"{"servers":[{"address":"192.0.2.1","interfaces":[{"protocol":"QUIC","port":1}]}]}"#,
        r#"{"servers":[{"address":"::1","publicKey":{"format":"key","value":{"kty":"EC"}}}]}"#,
    ] {
        assert!(serde_json::from_str::<Site>(json).is_err(), "{json}");
    }
}

/// The fuzz body found it: such a key was written as a JWK, which has no place for the zero octet,
/// and so came back as other octets than those that were signed.
#[test]
fn a_key_that_json_would_change_is_written_as_octets() {
    let unusual = b"\0\0\0\x0bRSA_PUB_KEY\0\0\0\0\0\x02\0\x03\0\0\0\x01\x0f\0\0\0\0";
    let unpadded = b"\0\0\0\x0bRSA_PUB_KEY\0\0\0\0\0\x01\x03\0\0\0\x01\x0f";
    let mut site: Site = serde_json::from_str(golden::SITE).unwrap();
    for key in [&unusual[..], unpadded] {
        site.servers[0].public_key = Bytes::copy_from_slice(key);
        let json = serde_json::to_string(&site).unwrap();
        assert!(
            json.contains(r#""publicKey":{"format":"base64","value":"AAAAC1JT"#),
            "{json}"
        );
        assert_eq!(serde_json::from_str::<Site>(&json).unwrap(), site);
    }
}

#[test]
fn json_keeps_the_limits_of_the_octets() {
    let json = |count| {
        let servers = alloc::vec![r#"{"address":"192.0.2.1"}"#; count].join(",");
        serde_json::from_str::<Site>(&alloc::format!(r#"{{"servers":[{servers}]}}"#))
    };
    assert!(json(SERVERS_COUNT_MAX).is_ok());
    let error = json(SERVERS_COUNT_MAX + 1).unwrap_err().to_string();
    assert!(
        error.contains("servers at octet 16 says 1025, the limit is 1024"),
        "{error}"
    );
}

#[test]
fn a_count_of_servers_that_cannot_be_there_is_refused() {
    let head = b"\0\x01\x02\x0b\0\x07\x80\x02\0\0\0\0\0\0\0\0";
    let read = |count: u32| Site::decode([&head[..], &count.to_be_bytes()].concat().into());
    assert!(matches!(
        read(1),
        Err(Error::Truncated {
            what: "servers",
            ..
        })
    ));
    assert!(matches!(
        read(1025),
        Err(Error::AboveLimit { limit: 1024, .. })
    ));
    assert!(matches!(read(u32::MAX), Err(Error::AboveLimit { .. })));
}

#[test]
fn nothing_may_follow_a_site() {
    let octets = b"\0\x01\x02\x0b\0\x07\x80\x02\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let read = Site::decode(Bytes::from_static(octets));
    assert!(matches!(
        read,
        Err(Error::Trailing {
            what: "site",
            extra: 1
        })
    ));
}

#[test]
fn hashes_are_those_of_the_reference() {
    for vector in golden::vectors("hash:", 5) {
        let identifier: Identifier = vector.entry["handle"].as_str().unwrap().parse().unwrap();
        for (option, member) in [
            (HashOption::PREFIX, "byPrefix"),
            (HashOption::SUFFIX, "bySuffix"),
            (HashOption::ALL, "byAll"),
        ] {
            let hash = IdentifierHash::of(&identifier, option, md5).unwrap();
            let expected = vector.entry[member].as_u64().unwrap();
            assert_eq!(u64::from(hash.0), expected, "{identifier} {member}");
        }
        assert_eq!(IdentifierHash::of(&identifier, HashOption(3), md5), None);
    }
}

#[test]
fn the_hash_that_has_no_absolute_value_elsewhere_still_chooses() {
    let last = *b"\0\0\0\0\0\0\0\0\0\0\0\0\x80\0\0\0";
    let identifier = "88/1".parse().unwrap();
    let hash = IdentifierHash::of(&identifier, HashOption::ALL, |_| last).unwrap();
    assert_eq!(hash.0, 1 << 31);
}

#[test]
fn the_hash_chooses_the_server() {
    let hash = IdentifierHash(240_466_347);
    let mut site: Site = serde_json::from_str("{}").unwrap();
    assert_eq!(site.server(hash), None);
    for id in 1..=3 {
        let json = alloc::format!(r#"{{"serverId":{id},"address":"192.0.2.{id}"}}"#);
        site.servers.push(serde_json::from_str(&json).unwrap());
    }
    assert_eq!(site.server_index(hash), Some(240_466_347 % 3));
    assert_eq!(site.server(hash).unwrap().id, 1);
}

fn any_octets(most: usize) -> impl Strategy<Value = Bytes> {
    many(any::<u8>(), 0..most).prop_map(Bytes::from)
}

fn any_server() -> impl Strategy<Value = Server> {
    let interface = (any::<u8>(), any::<u8>(), any::<u32>());
    let interface = interface.prop_map(|(kind, transport, port)| Interface {
        kind: InterfaceKind(kind),
        transport: Transport(transport),
        port,
    });
    let address = prop_oneof![
        any::<[u8; 16]>().prop_map(Address),
        any::<[u8; 4]>().prop_map(|ip| Address::from(IpAddr::from(ip))),
    ];
    let keys = golden::vectors("pubkey", 2).into_iter();
    let keys: Vec<_> = keys.map(|vector| vector.octets).collect();
    let key = prop_oneof![any_octets(20), prop::sample::select(keys)];
    (any::<u32>(), address, key, many(interface, 0..3)).prop_map(
        |(id, address, public_key, interfaces)| Server {
            id,
            address,
            public_key,
            interfaces,
        },
    )
}

fn any_site() -> impl Strategy<Value = Site> {
    let attribute = (any_octets(9), any_octets(9));
    let attribute = attribute.prop_map(|(name, value)| Attribute { name, value });
    (
        any::<(u16, u8, u8, u16, u8, u8)>(),
        any_octets(5),
        many(attribute, 0..3),
        many(any_server(), 0..3),
    )
        .prop_map(|(head, hash_filter, attributes, servers)| Site {
            format: head.0,
            protocol: ProtocolVersion {
                major: head.1,
                minor: head.2,
            },
            serial: head.3,
            flags: SiteFlags(head.4),
            hash_option: HashOption(head.5),
            hash_filter,
            attributes,
            servers,
        })
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(site in any_site()) {
        let cuts = golden::check_octets(&site.encode(), Site::decode, Site::encode);
        prop_assert_eq!(cuts, [0; 0]);
        prop_assert_eq!(&Site::decode(site.encode()).unwrap(), &site);
        let json = serde_json::to_string(&site).unwrap();
        prop_assert_eq!(serde_json::from_str::<Site>(&json).unwrap(), site, "{}", json);
    }
}
