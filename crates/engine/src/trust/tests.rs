//! Tests of chains: forged, out of date, wrongly chained, and with keys that are being changed.

use super::*;
use crate::Signs;
use crate::resolver::tests::world::{DATE, Pen, Toy, key};
use alloc::collections::BTreeMap;
use model::Value;
use model::jws::{ClaimedDigest, signing_input};
use serde_json::{Value as Json, json};

const ROOT: &str = "300:0.NA/0.NA";
const COUNTRY: &str = "300:0.NA/88";
const FACTORY: &str = "300:0.NA/88.118";
const ABOUT: &str = "88.118/pump";

/// A certificate; each is good, and `changed` says how it is not.
struct Certificate {
    index: u32,
    holder: &'static str,
    claims: Json,
    signer: &'static str,
    header: Json,
}

/// One for the holder's key, signed with the issuer's, for what is at and below a prefix.
fn certificate(holder: &'static str, key_name: &'static str, issuer: &str) -> Certificate {
    let (_, record) = holder.split_once(':').unwrap();
    let grants = ["thisHandle", "handlesUnderThisPrefix", "derivedPrefixes"];
    let grants = grants.map(|scope| json!({"handle": record, "perm": scope}));
    Certificate {
        index: 400,
        holder,
        claims: json!({
            "perms": grants,
            "publicKey": PublicKey::decode(key(key_name)).unwrap().jwk().unwrap(),
            "iss": issuer,
            "sub": holder,
            "exp": DATE.0 + 1000,
            "nbf": DATE.0 - 1000,
            "iat": DATE.0 - 1000,
        }),
        signer: match issuer {
            ROOT => "root",
            COUNTRY => "country",
            _ => "factory",
        },
        header: json!({"alg": "RS256"}),
    }
}

impl Certificate {
    fn claiming(mut self, name: &str, value: Json) -> Self {
        self.claims[name] = value;
        self
    }

    fn at(self, index: u32) -> Self {
        Self { index, ..self }
    }

    fn signed_by(self, signer: &'static str) -> Self {
        Self { signer, ..self }
    }

    fn value(&self) -> EncodedValue {
        let text = signed(&self.header, &self.claims, self.signer);
        EncodedValue::of(&Value::public(self.index, "HS_CERT", text))
    }
}

fn signed(header: &Json, claims: &Json, signer: &str) -> bytes::Bytes {
    let input = signing_input(header.to_string().as_bytes(), claims.to_string().as_bytes());
    let signature = Pen(key(signer)).sign(SignatureDigest::Sha256, &input);
    Jws::compact(&input, &signature.unwrap()).unwrap().encode()
}

/// A record with a signature over its values, the certificates, and who is trusted.
struct World {
    values: Vec<EncodedValue>,
    claims: Json,
    header: Json,
    signer: &'static str,
    records: BTreeMap<String, Vec<EncodedValue>>,
    anchors: Vec<Anchor>,
    date: Date,
}

fn anchor(identity: &str, key_name: &str) -> Anchor {
    Anchor {
        identity: identity.parse().unwrap(),
        key: PublicKey::decode(key(key_name)).unwrap(),
        from: None,
        until: None,
    }
}

impl World {
    /// The root lets the country, and that the factory, sign for what is below them.
    fn new() -> Self {
        let values = vec![
            EncodedValue::of(&Value::public(1, "URL", "here")),
            EncodedValue::of(&Value::public(2, "EMAIL", "a@e.org")),
        ];
        let digest = |value: &EncodedValue| ClaimedDigest {
            index: value.index(),
            digest: digest_of(&Toy::default(), value),
        };
        let digests: Vec<ClaimedDigest> = values.iter().map(digest).collect();
        let mut world = Self {
            values,
            claims: json!({
                "digests": {"alg": "SHA-256", "digests": digests},
                "iss": FACTORY,
                "sub": ABOUT,
                "exp": DATE.0 + 100,
                "nbf": DATE.0 - 100,
            }),
            header: json!({"alg": "RS256"}),
            signer: "factory",
            records: BTreeMap::new(),
            anchors: vec![anchor(ROOT, "root")],
            date: DATE,
        };
        world.holds(&[certificate(FACTORY, "factory", COUNTRY)]);
        world.holds(&[certificate(COUNTRY, "country", ROOT)]);
        world
    }

    /// Certificates of one holder, in place of those there were.
    fn holds(&mut self, certificates: &[Certificate]) {
        let (_, record) = certificates[0].holder.split_once(':').unwrap();
        let values = certificates.iter().map(Certificate::value).collect();
        self.records.insert(record.to_owned(), values);
    }

    fn signature(&self) -> EncodedValue {
        let text = signed(&self.header, &self.claims, self.signer);
        EncodedValue::of(&Value::public(410, "HS_SIGNATURE", text))
    }

    /// Who has signed what is on the way up, or why it proves nothing.
    fn climb(&self) -> Result<Vec<String>, Doubt> {
        let (toy, about) = (Toy::default(), ABOUT.parse().unwrap());
        let (signature, anchors) = (self.signature(), self.anchors.clone());
        let mut climb = Climb::begin(&toy, &about, &signature, anchors, self.date)?;
        for _ in 0..100 {
            let Some(wanted) = climb.poll_wanted() else {
                let issuers = climb.links().iter().map(|link| link.issuer.to_string());
                return climb.poll_end().unwrap().map(|()| issuers.collect());
            };
            let record = wanted.identifier.as_str().to_owned();
            let none = Vec::new();
            let values = self.records.get(&record).unwrap_or(&none);
            climb.handle_values(&toy, values);
        }
        panic!("a climb without an end");
    }

    fn doubt(&self) -> Doubt {
        self.climb().unwrap_err()
    }
}

fn name(text: &str) -> NamedValue {
    text.parse().unwrap()
}

#[test]
fn a_chain_leads_from_a_record_to_the_root() {
    let mut world = World::new();
    assert_eq!(world.climb().unwrap(), [FACTORY, COUNTRY, ROOT]);
    // The texts may say where the certificates are.
    world.records.insert("88.118/certificates".into(), {
        let elsewhere = certificate(FACTORY, "factory", COUNTRY).at(7);
        vec![elsewhere.value()]
    });
    world.records.remove("0.NA/88.118");
    assert_eq!(world.doubt(), Doubt::NoCertificate(name(FACTORY)));
    world.claims["chain"] = json!(["7:88.118/certificates", "400:0.NA/88"]);
    assert_eq!(world.climb().unwrap(), [FACTORY, COUNTRY, ROOT]);
    world.claims["chain"] = json!(["8:88.118/certificates"]);
    assert_eq!(world.doubt(), Doubt::NoCertificate(name(FACTORY)));
    // Whoever is an anchor needs no certificate.
    let mut world = World::new();
    world.anchors = vec![anchor(FACTORY, "factory")];
    world.records.clear();
    assert_eq!(world.climb().unwrap(), [FACTORY]);
    world.claims["iss"] = json!("300:0.na/88.118");
    assert_eq!(world.climb().unwrap().len(), 1, "however it is spelled");
}

#[test]
fn values_are_compared_with_what_was_signed() {
    let world = World::new();
    let signature = world.signature();
    let toy = Toy::default();
    let mut values = world.values.clone();
    values.push(signature.clone());
    let seen = |values: &[EncodedValue]| examine(&toy, &signature, values).unwrap();
    let whole = seen(&values);
    assert_eq!(whole.unchanged, [1, 2]);
    let none = [whole.changed, whole.unsigned, whole.missing];
    assert!(none.iter().all(Vec::is_empty), "{none:?}");
    values[0] = EncodedValue::of(&Value::public(1, "URL", "elsewhere"));
    values[1] = EncodedValue::of(&Value::public(9, "DESC", "new"));
    let other = seen(&values);
    assert_eq!((other.unchanged, other.changed), (vec![], vec![1]));
    assert_eq!((other.unsigned, other.missing), (vec![9], vec![2]));
    // A digest of which two texts can be made proves nothing; nor does one of two.
    let mut weak = World::new();
    weak.claims["digests"]["alg"] = json!("SHA-1");
    assert_eq!(examine(&toy, &weak.signature(), &weak.values), None);
    let mut twice = World::new();
    let again = json!({"index": 1, "digest": "AAAA"});
    let digests = twice.claims["digests"]["digests"].as_array_mut();
    digests.unwrap().push(again);
    let twice = examine(&toy, &twice.signature(), &twice.values).unwrap();
    assert_eq!((twice.unchanged, twice.changed), (vec![2], vec![1]));
}

#[test]
fn what_is_forged_is_not_believed() {
    let check = |change: fn(&mut World), of: &str| {
        let mut world = World::new();
        change(&mut world);
        assert_eq!(world.doubt(), Doubt::Forged(name(of)));
    };
    check(|world| world.signer = "mallory", FACTORY);
    // A certificate for somebody's own key in another's name.
    check(
        |world| {
            world.signer = "mallory";
            world.holds(&[certificate(FACTORY, "mallory", COUNTRY).signed_by("mallory")]);
        },
        COUNTRY,
    );
    check(
        |world| world.holds(&[certificate(COUNTRY, "country", ROOT).signed_by("country")]),
        ROOT,
    );
    check(|world| world.anchors = vec![anchor(ROOT, "other")], ROOT);
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "HS256"}),
        json!({"alg": "DS256"}),
        json!({"alg": "ES256"}),
        json!({"alg": "RS160"}),
        json!({"alg": "SM2256"}),
        json!({}),
        json!({"alg": "RS256", "crit": ["x"], "x": 1}),
    ] {
        let mut world = World::new();
        world.header = header.clone();
        assert_eq!(world.doubt(), Doubt::Forged(name(FACTORY)), "{header}");
        let mut world = World::new();
        let mut certificate = certificate(FACTORY, "factory", COUNTRY);
        certificate.header = header;
        world.holds(&[certificate]);
        assert_eq!(world.doubt(), Doubt::Forged(name(COUNTRY)));
    }
}

#[test]
fn what_is_out_of_date_is_not_believed() {
    let (past, future) = (json!(DATE.0 - 1), json!(DATE.0 + 1));
    for (member, moment) in [("exp", &past), ("nbf", &future)] {
        let mut world = World::new();
        world.claims[member] = moment.clone();
        assert_eq!(world.doubt(), Doubt::OutOfDate);
        for (holder, key, issuer) in [(FACTORY, "factory", COUNTRY), (COUNTRY, "country", ROOT)] {
            let mut world = World::new();
            world.holds(&[certificate(holder, key, issuer).claiming(member, moment.clone())]);
            assert_eq!(world.doubt(), Doubt::CertificateOutOfDate(name(holder)));
        }
    }
    // The last second counts, and who says no date means always.
    let mut world = World::new();
    (world.claims["exp"], world.claims["nbf"]) = (json!(DATE.0), json!(DATE.0));
    assert!(world.climb().is_ok());
    (world.claims["exp"], world.claims["nbf"]) = (Json::Null, Json::Null);
    assert!(world.climb().is_ok());
    world.claims["exp"] = json!(-1);
    assert_eq!(world.doubt(), Doubt::OutOfDate);
}

#[test]
fn what_is_wrongly_chained_is_not_believed() {
    let mut world = World::new();
    world.claims["sub"] = json!("88.118/valve");
    assert_eq!(world.doubt(), Doubt::AboutAnother, "copied from another");
    for member in ["sub", "iss", "digests"] {
        let mut world = World::new();
        world.claims[member] = json!("");
        assert_eq!(world.doubt(), Doubt::Unreadable, "{member}");
    }
    // A good certificate of somebody else.
    let mut world = World::new();
    world.holds(&[certificate(FACTORY, "factory", COUNTRY).claiming("sub", json!(COUNTRY))]);
    assert_eq!(world.doubt(), Doubt::NoCertificate(name(FACTORY)));
    // For other identifiers, or for more than whoever issued it may give.
    let grants = json!([{"handle": "0.NA/88.119", "perm": "handlesUnderThisPrefix"}]);
    for (holder, key, issuer) in [(FACTORY, "factory", COUNTRY), (COUNTRY, "country", ROOT)] {
        for grants in [grants.clone(), json!([]), Json::Null] {
            let mut world = World::new();
            world.holds(&[certificate(holder, key, issuer).claiming("perms", grants)]);
            assert_eq!(world.doubt(), Doubt::NotAllowed(name(holder)));
        }
    }
    // Who vouches for themselves.
    let mut world = World::new();
    world.holds(&[certificate(FACTORY, "factory", FACTORY)]);
    assert_eq!(world.doubt(), Doubt::NotTrusted(name(FACTORY)));
    world.anchors.clear();
    world.holds(&[certificate(FACTORY, "factory", COUNTRY)]);
    assert_eq!(world.doubt(), Doubt::NoCertificate(name(ROOT)));
    // Two who vouch for each other.
    world.holds(&[certificate(COUNTRY, "country", FACTORY)]);
    assert_eq!(world.doubt(), Doubt::Loop(name(FACTORY)));
}

#[test]
fn a_chain_without_an_end_is_left() {
    let mut world = World::new();
    world.records.clear();
    for number in 0..100 {
        let holder = format!("{number}:0.NA/88.118");
        let next = format!("{}:0.NA/88.118", number + 1);
        let link = certificate(FACTORY, "factory", FACTORY)
            .at(number)
            .claiming("sub", json!(holder))
            .claiming("iss", json!(next))
            .claiming("chain", json!([next]));
        let record = world.records.entry("0.NA/88.118".into()).or_default();
        record.push(link.value());
    }
    world.claims["iss"] = json!("0:0.NA/88.118");
    world.claims["chain"] = json!(["0:0.NA/88.118"]);
    assert_eq!(world.doubt(), Doubt::TooLong);
}

/// The root's key is changed as planned: both are anchors for a time, and nothing that either has
/// signed fails meanwhile.
#[test]
fn the_roots_key_is_changed_without_a_gap() {
    let change = DATE;
    let mut old = anchor(ROOT, "root");
    old.until = Some(Date(change.0 + 50));
    for new_identity in [ROOT, "301:0.NA/0.NA"] {
        let mut new = anchor(new_identity, "root of tomorrow");
        new.from = Some(Date(change.0 - 50));
        let mut world = World::new();
        world.anchors = vec![old.clone(), new];
        let by_old = [certificate(COUNTRY, "country", ROOT)];
        let by_new = certificate(COUNTRY, "country", ROOT)
            .claiming("iss", json!(new_identity))
            .signed_by("root of tomorrow");
        let by_new = [by_new];
        for (seconds, is_old_good, is_new_good) in
            [(-60, true, false), (0, true, true), (60, false, true)]
        {
            world.date = Date(change.0.checked_add_signed(seconds).unwrap());
            for (certificates, is_good) in [(&by_old, is_old_good), (&by_new, is_new_good)] {
                world.holds(certificates);
                let came = world.climb();
                assert_eq!(came.is_ok(), is_good, "{new_identity} {seconds}: {came:?}");
            }
        }
    }
    // At no anchor's time it is nobody's word, not a forgery.
    let mut world = World::new();
    world.anchors = vec![old];
    world.date = Date(change.0 + 60);
    assert_eq!(world.doubt(), Doubt::NotTrusted(name(ROOT)));
}

/// Who knows only the root's old key follows it to the new one.
#[test]
fn an_old_root_may_certify_the_new_one() {
    const NEW_ROOT: &str = "301:0.NA/0.NA";
    let mut world = World::new();
    let by_new = certificate(COUNTRY, "country", ROOT).claiming("iss", json!(NEW_ROOT));
    world.holds(&[by_new.signed_by("root of tomorrow")]);
    assert_eq!(world.doubt(), Doubt::NoCertificate(name(NEW_ROOT)));
    let everything = json!([{"perm": "everything"}]);
    let crossing = certificate(NEW_ROOT, "root of tomorrow", ROOT).claiming("perms", everything);
    world.holds(&[crossing]);
    assert_eq!(world.climb().unwrap(), [FACTORY, COUNTRY, NEW_ROOT, ROOT]);
    world.anchors = vec![anchor(NEW_ROOT, "root of tomorrow")];
    assert_eq!(world.climb().unwrap(), [FACTORY, COUNTRY, NEW_ROOT]);
}

/// Below the root a key is changed by a second certificate: what either key has signed is good as
/// long as its certificate is.
#[test]
fn a_key_below_the_root_is_changed_by_a_second_certificate() {
    let mut world = World::new();
    let old = certificate(FACTORY, "factory", COUNTRY);
    let new = certificate(FACTORY, "factory of tomorrow", COUNTRY)
        .at(401)
        .claiming("iat", json!(DATE.0));
    world.holds(&[old, new]);
    for signer in ["factory", "factory of tomorrow"] {
        world.signer = signer;
        assert_eq!(world.climb().unwrap().len(), 3, "{signer}");
    }
    world.signer = "mallory";
    assert_eq!(world.doubt(), Doubt::Forged(name(FACTORY)));
    // When the old one is over, so is what it has signed; that is said of the one that fits.
    let old = certificate(FACTORY, "factory", COUNTRY).claiming("exp", json!(DATE.0 - 1));
    let new = certificate(FACTORY, "factory of tomorrow", COUNTRY).at(401);
    world.holds(&[old, new]);
    world.signer = "factory";
    assert_eq!(world.doubt(), Doubt::CertificateOutOfDate(name(FACTORY)));
    world.signer = "factory of tomorrow";
    assert!(world.climb().is_ok());
}
