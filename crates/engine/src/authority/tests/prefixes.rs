//! Who is responsible: homes, prefixes and their records, referrals, the servers of a site.

use super::*;
use wire::outcome::Referral;

/// Prefixes that a node is home to, and records with an index and a type for each value.
struct Node {
    homes: &'static [&'static str],
    records: &'static [(&'static str, &'static [(u32, &'static str)])],
}

impl Node {
    fn desk(&self) -> Desk {
        let mut stored = BTreeMap::new();
        for home in self.homes {
            stored.insert(Key::homed(&home.parse().unwrap()), HOMED_MARK.into());
        }
        for (identifier, values) in self.records {
            let value = |(index, name): &(u32, &'static str)| Value::public(*index, *name, "x");
            let values: Vec<Value> = values.iter().map(value).collect();
            let record = model::Record::new(&values).unwrap();
            let identifier: Identifier = identifier.parse().unwrap();
            let key = Key::record(&identifier, SuffixCase::Insensitive);
            stored.insert(key, record.octets().clone());
        }
        Desk {
            stored,
            ..Desk::with_a_pump()
        }
    }

    /// What is answered, as a code and the indexes of values.
    fn check(&self, identifier: &str, code: ResponseCode, indexes: &[u32]) {
        self.check_request(&about(identifier).resolution(1, NOW), code, indexes);
    }

    fn check_request(&self, request: &Message, code: ResponseCode, indexes: &[u32]) {
        let message = self.desk().ask(request, Origin::Network).message;
        let values = match Response::decode(&message).unwrap().answer {
            Body::Resolution(answer) => answer.values,
            Body::Referral(Referral { values, .. }) => values.unwrap(),
            _ => vec![],
        };
        let found: Vec<u32> = values.iter().map(model::EncodedValue::index).collect();
        let text = request.body.escape_ascii();
        assert_eq!(
            (message.header.response_code, &found[..]),
            (code, indexes),
            "{text}"
        );
    }
}

/// A node in the middle of the tree: `88.1.5` is delegated from it further, `88.1.7` has a record
/// without a delegation.
const MIDDLE: Node = Node {
    homes: &["88.1", "88.1.9"],
    records: &[
        (
            "0.NA/88.1",
            &[(1, "HS_SITE"), (2, "HS_SITE.PREFIX"), (3, "hs_serv.prefix")],
        ),
        ("0.NA/88.1.5", &[(5, "HS_SITE"), (6, "HS_NA_DELEGATE")]),
        ("0.NA/88.1.7", &[(7, "HS_SITE")]),
        ("88.1/x", &[(8, "URL")]),
    ],
};

const FOUND: ResponseCode = ResponseCode::SUCCESS;
const UNKNOWN: ResponseCode = ResponseCode::HANDLE_NOT_FOUND;
const FOREIGN: ResponseCode = ResponseCode::SERVER_NOT_RESPONSIBLE;
const REFERRED: ResponseCode = ResponseCode::PREFIX_REFERRAL;

#[test]
fn prefixes_are_answered_where_they_or_those_above_are_at_home() {
    MIDDLE.check("0.NA/88.1", FOUND, &[1, 2, 3]);
    MIDDLE.check("0.na/88.1", FOUND, &[1, 2, 3]);
    MIDDLE.check("88.1", FOUND, &[1, 2, 3]);
    MIDDLE.check("0.NA/88.1.5", FOUND, &[5, 6]);
    MIDDLE.check("88.1/x", FOUND, &[8]);
    MIDDLE.check("0.NA/88.1.9", UNKNOWN, &[]);
    MIDDLE.check("0.NA/88", FOREIGN, &[]);
    MIDDLE.check("0.NA/88.10", FOREIGN, &[]);
    MIDDLE.check("0.NA/0.NA", FOREIGN, &[]);
    MIDDLE.check("0.NA/.", FOREIGN, &[]);
    MIDDLE.check("0.NA/", FOREIGN, &[]);
    MIDDLE.check("0.NA/88.1/x", FOREIGN, &[]);
}

#[test]
fn what_is_not_recorded_is_referred_from_the_nearest_record_that_delegates() {
    MIDDLE.check("0.NA/88.1.4", REFERRED, &[2, 3]);
    MIDDLE.check("88.1.4", REFERRED, &[2, 3]);
    MIDDLE.check("0.NA/88.1.4.3.2.1.0.9.8.7", REFERRED, &[2, 3]);
    MIDDLE.check("0.NA/88.1.5.1", REFERRED, &[6]);
    MIDDLE.check("0.NA/88.1.7.1", REFERRED, &[2, 3]);
    MIDDLE.check("88.1.4/x", FOREIGN, &[]);
}

#[test]
fn who_wants_no_referral_gets_none() {
    let request = about("0.NA/88.1.4").with_flags(OpFlags::DO_NOT_REFER);
    MIDDLE.check_request(&request.resolution(1, NOW), UNKNOWN, &[]);
    let root = Node {
        homes: &["0.NA"],
        records: &[("0.NA/88", &[(1, "HS_SITE")])],
    };
    root.check("0.NA/88", FOUND, &[1]);
    root.check("0.NA/88.1", UNKNOWN, &[]);
    root.check("0.NA/99", UNKNOWN, &[]);
}

/// The nearest 32 prefixes above count; the field has three.
#[test]
fn a_prefix_of_many_parts_costs_no_more_than_one_of_some() {
    let deep = |parts| format!("0.NA/88.1{}", ".1".repeat(parts));
    MIDDLE.check(&deep(32), REFERRED, &[2, 3]);
    MIDDLE.check(&deep(33), FOREIGN, &[]);
    let request = about(&deep(900)).resolution(1, NOW);
    let desk = MIDDLE.desk();
    let Step::Fetch(first) = desk.authority.start(&request, Origin::Network, NOW) else {
        panic!("a resolution fetches");
    };
    let Step::Fetch(second) = first.resume(vec![None, None, None]) else {
        panic!("what is above is looked up");
    };
    assert_eq!(second.keys().len(), 64);
}

/// Peers before 2.10 are not referred, and those before 2.5 know the code for something else.
#[test]
fn old_peers_are_told_what_to_do() {
    let check = |minor, refers_old_peers, code| {
        let mut desk = MIDDLE.desk();
        desk.authority.settings.refers_old_peers = refers_old_peers;
        let mut request = about("0.NA/88.1.4").resolution(1, NOW);
        request.envelope.suggested = Version::new(2, minor);
        let message = desk.ask(&request, Origin::Network).message;
        assert_eq!(message.header.response_code, code, "2.{minor}");
    };
    check(10, false, REFERRED);
    check(9, false, ResponseCode::ERROR);
    check(9, true, REFERRED);
    check(5, true, REFERRED);
    check(4, true, ResponseCode::ERROR);
}

#[test]
fn how_the_node_is_only_its_administrators_may_ask() {
    let mut desk = MIDDLE.desk();
    let mut request = about("0.site/Status").resolution(1, NOW);
    let answer = desk.ask(&request, Origin::Network);
    assert_eq!(
        answer.message.header.response_code,
        ResponseCode::VALUES_NOT_FOUND
    );
    request.header.flags = OpFlags::RECURSIVE;
    assert!(desk.ask(&request, Origin::Network).is_challenge);
}

/// A site that hashes whole identifiers, with so many servers.
fn site(servers: usize) -> Bytes {
    let server = model::site::Server {
        id: 1,
        address: model::site::Address([0; 16]),
        public_key: Bytes::new(),
        interfaces: vec![],
    };
    let site = model::Site {
        format: 1,
        protocol: model::site::ProtocolVersion {
            major: 2,
            minor: 11,
        },
        serial: 300,
        flags: model::site::SiteFlags(0),
        hash_option: model::site::HashOption::ALL,
        hash_filter: Bytes::new(),
        attributes: vec![],
        servers: vec![server; servers],
    };
    site.encode()
}

#[test]
fn the_site_is_answered_as_its_record_and_gives_answers_their_serial() {
    let mut desk = MIDDLE.desk();
    let mut request = about("88.1/x").resolution(1, NOW);
    request.header.opcode = Opcode::GET_SITE_INFO;
    let answer = desk.ask(&request, Origin::Network).message;
    assert_eq!(
        answer.header.response_code,
        ResponseCode::OPERATION_NOT_SUPPORTED
    );
    desk.authority.settings.site = OwnSite::from_record(site(1), 0).unwrap();
    let answer = desk.ask(&request, Origin::Network).message;
    assert_eq!(answer.header.response_code, FOUND);
    assert_eq!(answer.header.site_serial, 300);
    assert!(
        !answer.header.flags.contains(OpFlags::AUTHORITATIVE),
        "no primary"
    );
    assert_eq!(
        Response::decode(&answer).unwrap().answer,
        Body::SiteInfo(site(1))
    );
    assert!(OwnSite::from_record(site(2), 2).is_err());
    assert!(OwnSite::from_record(Bytes::new(), 0).is_err());
}

/// Each identifier belongs to one server of a site, and the others say so.
#[test]
fn servers_of_a_site_share_its_identifiers() {
    let mut desk = MIDDLE.desk();
    let mut answered = [0; 3];
    for number in 0..30 {
        let request = about(&format!("88.1/{number}")).resolution(1, NOW);
        let mut here = 0;
        for (server, answered) in answered.iter_mut().enumerate() {
            desk.authority.settings.site = OwnSite::from_record(site(3), server).unwrap();
            let code = desk
                .ask(&request, Origin::Network)
                .message
                .header
                .response_code;
            assert!([UNKNOWN, FOREIGN].contains(&code), "{code:?}");
            here += u32::from(code == UNKNOWN);
            *answered += u32::from(code == UNKNOWN);
        }
        assert_eq!(here, 1, "one server answers");
    }
    assert!(
        answered.iter().filter(|count| **count > 0).count() > 1,
        "{answered:?}"
    );
}
