//! Tests of what runs out: which values do, which records are looked at, what is warned of.

use super::*;
use model::Reference;
use model::change::Change;
use model::value::Ttl;
use store::{Options, Store};

const NOW: Date = Date(1_795_000_000);

fn dated(index: u32, value_type: &'static str, seconds: u32) -> Value {
    let kind = TtlKind::ABSOLUTE;
    Value {
        ttl: Ttl { kind, seconds },
        ..Value::public(index, value_type, "data")
    }
}

/// A signed text whose claims are `claims`; nobody checks the signature here.
fn signed(index: u32, value_type: &'static str, claims: &str) -> Value {
    let input = model::jws::signing_input(br#"{"alg":"RS256"}"#, claims.as_bytes());
    let jws = Jws::compact(&input, b"signature").unwrap();
    Value::public(index, value_type, jws.encode())
}

fn check(value: &Value, expected: Option<u64>) {
    let record = Record::new(std::slice::from_ref(value)).unwrap();
    let found = of_record("88.1/U", &record);
    let dates: Vec<u64> = found.iter().map(|it| it.at).collect();
    assert_eq!(dates, Vec::from_iter(expected), "{value:?}");
}

#[test]
fn keys_with_a_date_and_statements_that_end_run_out() {
    check(&dated(300, "HS_PUBKEY", 7), Some(7));
    check(&dated(301, "hs_seckey", 8), Some(8));
    check(&dated(1, "HS_SITE", 9), Some(9));
    check(&dated(6, "HS_SITE.6", 9), Some(9));
    check(&Value::public(300, "HS_PUBKEY", "key"), None);
    check(&dated(1, "URL", 7), None);
    let certificate = r#"{"perms":[],"publicKey":{"kty":"RSA","n":"wwE","e":"AQAB"},
        "iss":"300:0.0/0.0","sub":"300:88.1/U","exp":1900000000}"#;
    check(&signed(400, "HS_CERT", certificate), Some(1_900_000_000));
    let signature = r#"{"digests":{"alg":"SHA-256","digests":[]},"exp":-5}"#;
    check(&signed(401, "HS_SIGNATURE", signature), Some(0));
    let endless = r#"{"digests":{"alg":"SHA-256","digests":[]}}"#;
    check(&signed(401, "HS_SIGNATURE", endless), None);
    check(&Value::public(401, "HS_SIGNATURE", "no signature"), None);
}

#[test]
fn a_name_moves_no_terminal() {
    let record = Record::new(&[dated(300, "HS_PUBKEY", 7)]).unwrap();
    let found = of_record("88.1/泵\u{1b}[2J", &record);
    assert_eq!(found[0].what, "300:88.1/泵\u{fffd}[2J HS_PUBKEY");
}

struct Shelf {
    store: Store,
    _folder: tempfile::TempDir,
}

impl Shelf {
    fn new(records: &[(&str, Value)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), &Options::default()).unwrap();
        let mut change = Change::default();
        for (identifier, value) in records {
            let identifier = identifier.parse().unwrap();
            let key = Key::record(&identifier, store.settings().suffix_case);
            let record = Record::new(std::slice::from_ref(value)).unwrap();
            change.put(key, record.octets().clone());
        }
        store.commit(change).unwrap();
        Self {
            store,
            _folder: folder,
        }
    }
}

fn names(found: &[RunsOut]) -> Vec<&str> {
    found.iter().map(|it| it.what.as_str()).collect()
}

#[test]
fn a_node_looks_at_what_it_relies_on_and_at_all_if_it_is_asked() {
    let list = ValueList(vec![Reference {
        identifier: "88.1/member".into(),
        index: 300,
    }]);
    let shelf = Shelf::new(&[
        ("0.NA/88.1", dated(300, "HS_PUBKEY", 5)),
        ("0.NB/88.1", dated(300, "HS_PUBKEY", 6)),
        ("88.1/group", Value::public(200, "HS_VLIST", list.encode())),
        ("88.1/member", dated(300, "HS_SECKEY", 4)),
        ("88.1/other", dated(300, "HS_PUBKEY", 3)),
    ]);
    let view = shelf.store.view();
    let case = shelf.store.settings().suffix_case;
    let administrators = [
        "88.1/group".parse().unwrap(),
        "88.1/nobody".parse().unwrap(),
    ];
    let relied = of_relied(&*view, case, &administrators).unwrap();
    let expected = ["300:88.1/member HS_SECKEY", "300:0.NA/88.1 HS_PUBKEY"];
    assert_eq!(names(&relied), expected);
    let all = of_all(&*view).unwrap();
    assert_eq!(all.iter().map(|it| it.at).collect::<Vec<_>>(), [3, 4, 5, 6]);
}

#[test]
fn what_is_soon_is_said_once_a_day_and_the_rest_only_counted() {
    let soon = NOW.0 + 29 * 86_400;
    let shelf = Shelf::new(&[
        ("0.NA/88.1", dated(300, "HS_PUBKEY", soon)),
        ("0.NA/88.2", dated(300, "HS_PUBKEY", soon + 2 * 86_400)),
    ]);
    let said = |expiry: &Expiry| {
        let looked = expiry.lock();
        looked.said.keys().cloned().collect::<Vec<_>>()
    };
    let expiry = Expiry::default();
    expiry.set(30);
    expiry.set_certificate(Date(NOW.0 - 1));
    expiry.look(&shelf.store, &[], NOW).unwrap();
    let expected = ["300:0.NA/88.1 HS_PUBKEY", "the certificate for HTTPS"];
    assert_eq!(said(&expiry), expected);
    assert_eq!(expiry.found().len(), 3, "all are counted");
    assert_eq!(expiry.found()[0].what, "the certificate for HTTPS");
    let first = expiry.lock().said.clone();
    expiry.set(30);
    expiry.look(&shelf.store, &[], NOW).unwrap();
    assert_eq!(expiry.lock().said, first, "not again on the same day");
    let silent = Expiry::default();
    silent.set(0);
    silent.look(&shelf.store, &[], NOW).unwrap();
    assert_eq!(said(&silent), [""; 0]);
}
