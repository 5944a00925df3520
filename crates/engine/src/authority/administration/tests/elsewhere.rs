//! Tests of identities and lists with other nodes: who is asked for, and who is meant.

use super::*;

/// On a node that tells case apart they are two people, and either can register the other's name.
#[test]
fn somebody_elsewhere_is_nobody_of_another_spelling() {
    let mut desk = Desk::new();
    let named = |at: u32, identifier: &str| {
        let identifier = identifier.to_owned().into();
        admin(
            at,
            AdminPermissions::ADD_HANDLE,
            Reference {
                identifier,
                index: 300,
            },
        )
    };
    let known = |identifier: &str| {
        Origin::Known(Known {
            identity: Identity::new(identifier.to_owned(), 300),
            means: Means::PUBLIC_KEY,
        })
    };
    desk.put(
        "0.NA/88.1",
        &[named(100, "99.a/Alice"), named(101, "88.1/Users")],
    );
    let code = |desk: &mut Desk, suffix: &str, who: &str| {
        desk.code(&create(&format!("88.1/{suffix}"), &[url(1)]), known(who))
    };
    assert_eq!(code(&mut desk, "a", "99.a/ALICE"), 400);
    assert_eq!(code(&mut desk, "b", "99.a/alice"), 400);
    assert_eq!(code(&mut desk, "c", "99.A/Alice"), 1, "case of a prefix");
    assert_eq!(code(&mut desk, "d", "88.1/USERS"), 1, "lives here");
    // Nor are lists of another spelling the same list.
    let group = |identifier: &str| Reference {
        identifier: identifier.to_owned().into(),
        index: 1,
    };
    let asked = |groups: [&str; 2]| {
        let mut desk = Desk::new();
        let [one, other] = groups.map(group);
        let holders = [(100, one), (101, other)];
        let holders = holders.map(|(at, it)| admin(at, AdminPermissions::ADD_HANDLE, it));
        desk.put("0.NA/88.1", &holders);
        let request = create("88.1/new", &[url(1)]);
        let mut step = desk.authority.start(&request, known("88.1/Users"), LATER);
        let mut asked = Vec::new();
        loop {
            step = match step {
                Step::Fetch(fetch) => {
                    let found = fetch.keys().iter().map(|key| desk.stored.get(key).cloned());
                    let found = found.collect();
                    fetch.resume(found)
                }
                Step::Ask(ask) => {
                    asked.push(ask.asking().identifier().to_string());
                    let members = match asked.len() {
                        1 => vec![],
                        _ => vec![EncodedValue::of(&list(
                            1,
                            &[Reference {
                                identifier: "88.1/Users".into(),
                                index: 300,
                            }],
                        ))],
                    };
                    ask.resume(Told::Values(members))
                }
                Step::Answer(answer) => return (asked, answer.message.header.response_code.0),
                other => panic!("{other:?}"),
            };
        }
    };
    let (asked, code) = asked(["99/group", "99/GROUP"]);
    assert_eq!(asked, ["99/group", "99/GROUP"]);
    assert_eq!(code, 1);
}

/// A site of several servers: what this one does not have may be with another, who is asked.
#[test]
fn who_is_in_another_share_of_the_site_is_asked_for() {
    use crate::authority::{Claim, Evidence};
    use model::public_key::Numbers;
    use model::site::{Address, HashOption, ProtocolVersion, Server, SiteFlags};
    use model::{BigInteger, PublicKey, Site};
    let asked = |servers: u32| {
        let mut desk = Desk::new();
        let server = |id| Server {
            id,
            address: Address::from(std::net::IpAddr::from([192, 0, 2, 1])),
            public_key: Bytes::new(),
            interfaces: Vec::new(),
        };
        let site = Site {
            format: 1,
            protocol: ProtocolVersion {
                major: 2,
                minor: 11,
            },
            serial: 1,
            flags: SiteFlags::PRIMARY,
            hash_option: HashOption::ALL,
            hash_filter: Bytes::new(),
            attributes: Vec::new(),
            servers: (0..servers).map(server).collect(),
        };
        desk.authority.settings.site = OwnSite::from_record(site.encode(), 0).unwrap();
        let numbers = Numbers::Rsa {
            exponent: BigInteger::of_magnitude(&[3]),
            modulus: BigInteger::of_magnitude(&[5]),
            is_padded: true,
        };
        let evidence = Evidence::Certificate(PublicKey::Known {
            reserved: 0,
            numbers,
        });
        let identity = Identity::new("88.1/elsewhere", 300);
        let step = desk.authority.identify(Claim { identity, evidence });
        let Step::Fetch(fetch) = step else {
            panic!("{step:?}");
        };
        let found = fetch.keys().iter().map(|key| desk.stored.get(key).cloned());
        let found = found.collect();
        match fetch.resume(found) {
            Step::Ask(ask) => ask.asking().identifier().to_string(),
            Step::Identified(Err(refused)) => refused.reason,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(asked(1), "the identity is not registered");
    assert_eq!(asked(2), "88.1/elsewhere");
}

/// What a stranger shows is not sent on to others, however long it is.
#[test]
fn only_proofs_of_usual_length_are_sent_on() {
    use crate::authority::{Claim, Evidence};
    let desk = Desk::new();
    let is_sent_on = |length: usize| {
        // Of an algorithm that nobody knows, so that all of it is the MAC.
        let mut proof = vec![9; length];
        proof[0] = 0x7f;
        let claim = Claim {
            identity: Identity::new("77/a", 300),
            evidence: Evidence::Proof {
                proof: proof.into(),
                is_by_key: false,
                nonce: vec![1; 16].into(),
                digest: vec![2; 32].into(),
                version: wire::Version::NEWEST,
            },
        };
        match desk.authority.identify(claim) {
            Step::Fetch(fetch) => {
                let nothing = fetch.keys().iter().map(|_| None).collect();
                matches!(fetch.resume(nothing), Step::Ask(_))
            }
            other => panic!("{other:?}"),
        }
    };
    assert!(is_sent_on(1024));
    assert!(!is_sent_on(1025));
}
