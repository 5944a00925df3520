//! Keys as JSON: a JSON Web Key where that gives back the octets, else every number by itself.
//!
//! ```json
//! {"kty":"RSA","n":"wwE","e":"AQAB"}
//! {"type":"DH_PUB_KEY","reserved":0,"y":"01","p":"17","g":"05"}
//! ```
//!
//! Octets that are no key are text. Not here: key files ([`super::key_file`]).

use super::fault::Fault;
use super::fields::{self, Fields};
use super::form::{self, BOOL, Form, HEX, TEXT, U16};
use bytes::Bytes;
use model::private_key::RsaCrt;
use model::public_key::Numbers;
use model::{BigInteger, Jwk, PrivateKey, PublicKey};
use serde_json::Value as Json;

/// The octets of a public or private key.
pub(crate) const KEY: Form<Bytes> = Form { write, read };

const JWK_MEMBERS: [&str; 12] = [
    "kty", "x", "y", "n", "e", "d", "p", "q", "g", "dp", "dq", "qi",
];
const INTEGER: Form<BigInteger> = Form {
    write: |number| (HEX.write)(number.octets()),
    read: |json, path| Ok(BigInteger::new((HEX.read)(json, path)?)),
};

fn write(octets: &Bytes) -> Json {
    let written = private(octets).or_else(|| public(octets));
    let is_faithful = |json: &Json| read(json.clone(), "").as_ref() == Ok(octets);
    let written = written.filter(is_faithful);
    written.unwrap_or_else(|| (TEXT.write)(octets))
}

fn read(json: Json, path: &str) -> Result<Bytes, Fault> {
    let Json::Object(members) = &json else {
        return (TEXT.read)(json, path);
    };
    let is_secret = members.contains_key("d") || members.contains_key("x");
    if members.contains_key("kty") {
        read_jwk(json, path, is_secret)
    } else if let Some(Json::String(key_type)) = members.get("type") {
        let key_type = key_type.clone();
        read_numbers(json, path, &key_type)
    } else if members.contains_key("type") {
        read_other(json, path)
    } else if members.contains_key("pem") {
        let mut text = Bytes::new();
        fields::read(json, path, |fields| fields.need("pem", &mut text, &TEXT))?;
        Ok(text)
    } else {
        (TEXT.read)(json, path)
    }
}

fn read_jwk(json: Json, path: &str, is_secret: bool) -> Result<Bytes, Fault> {
    form::only(&json, path, &JWK_MEMBERS)?;
    let fault = |error: &dyn std::fmt::Display| Fault::member(path, error);
    let jwk: Jwk = serde_json::from_value(json).map_err(|error| fault(&error))?;
    let octets = if is_secret {
        PrivateKey::from_jwk(&jwk).map(|key| key.encode())
    } else {
        PublicKey::from_jwk(&jwk).map(|key| key.encode())
    };
    octets.map_err(|error| fault(&error))
}

fn jwk(jwk: &Jwk) -> Json {
    serde_json::to_value(jwk).expect("keys are plain JSON")
}

fn public(octets: &Bytes) -> Option<Json> {
    let key = PublicKey::decode(octets.clone()).ok()?;
    let usual = key.jwk();
    let usual = usual.filter(|jwk| PublicKey::from_jwk(jwk).is_ok_and(|same| same == key));
    if let Some(usual) = usual {
        return Some(jwk(&usual));
    }
    Some(match key {
        PublicKey::Pem(mut text) => fields::written(|f| f.need("pem", &mut text, &TEXT)),
        PublicKey::Other { key_type, rest } => other(key_type, rest),
        PublicKey::Known {
            mut reserved,
            mut numbers,
        } => fields::written(|fields| {
            fields.put("type", type_of(&numbers));
            fields.usual("reserved", &mut reserved, &U16)?;
            describe(fields, &mut numbers)
        }),
    })
}

fn private(octets: &Bytes) -> Option<Json> {
    let key = PrivateKey::decode(octets.clone()).ok()?;
    let usual = key.jwk();
    let usual = usual.filter(|jwk| PrivateKey::from_jwk(jwk).is_ok_and(|same| same == key));
    if let Some(usual) = usual {
        return Some(jwk(&usual));
    }
    let key_type = std::str::from_utf8(key.key_type()).ok()?.to_owned();
    if matches!(key, PrivateKey::Other { .. }) {
        return None;
    }
    let mut key = key;
    Some(fields::written(|fields| {
        fields.put("type", key_type);
        describe_private(fields, &mut key)
    }))
}

fn other(mut key_type: Bytes, mut rest: Bytes) -> Json {
    fields::written(|fields| {
        fields.need("type", &mut key_type, &TEXT)?;
        fields.need("rest", &mut rest, &HEX)
    })
}

fn read_other(json: Json, path: &str) -> Result<Bytes, Fault> {
    let (mut key_type, mut rest) = (Bytes::new(), Bytes::new());
    fields::read(json, path, |fields| {
        fields.need("type", &mut key_type, &TEXT)?;
        fields.need("rest", &mut rest, &HEX)
    })?;
    Ok(PublicKey::Other { key_type, rest }.encode())
}

fn read_numbers(json: Json, path: &str, key_type: &str) -> Result<Bytes, Fault> {
    let is_raw = json.get("rest").is_some();
    if let Some(mut numbers) = numbers_of(key_type).filter(|_| !is_raw) {
        let mut reserved = 0;
        fields::read(json, path, |fields| {
            fields.take("type");
            fields.usual("reserved", &mut reserved, &U16)?;
            describe(fields, &mut numbers)
        })?;
        return Ok(PublicKey::Known { reserved, numbers }.encode());
    }
    if let Some(mut key) = private_of(key_type).filter(|_| !is_raw) {
        fields::read(json, path, |fields| {
            fields.take("type");
            describe_private(fields, &mut key)
        })?;
        return Ok(key.encode());
    }
    read_other(json, path)
}

fn zero() -> BigInteger {
    BigInteger::new(Bytes::new())
}

fn type_of(numbers: &Numbers) -> &'static str {
    match numbers {
        Numbers::Rsa { .. } => "RSA_PUB_KEY",
        Numbers::Dsa { .. } => "DSA_PUB_KEY",
        Numbers::DiffieHellman { .. } => "DH_PUB_KEY",
        Numbers::Sm2(_) => "SM2_PUB_KEY",
        Numbers::Sm9(_) => "SM9_PUB_KEY",
    }
}

/// A public key of a type, with nothing in it yet.
fn numbers_of(key_type: &str) -> Option<Numbers> {
    Some(match key_type {
        "RSA_PUB_KEY" => Numbers::Rsa {
            exponent: zero(),
            modulus: zero(),
            is_padded: true,
        },
        "DSA_PUB_KEY" => Numbers::Dsa {
            q: zero(),
            p: zero(),
            g: zero(),
            y: zero(),
        },
        "DH_PUB_KEY" => Numbers::DiffieHellman {
            y: zero(),
            p: zero(),
            g: zero(),
        },
        "SM2_PUB_KEY" => Numbers::Sm2(Bytes::new()),
        "SM9_PUB_KEY" => Numbers::Sm9(Bytes::new()),
        _ => return None,
    })
}

fn describe(fields: &mut Fields, numbers: &mut Numbers) -> Result<(), Fault> {
    match numbers {
        Numbers::Rsa {
            exponent,
            modulus,
            is_padded,
        } => {
            fields.need("e", exponent, &INTEGER)?;
            fields.need("n", modulus, &INTEGER)?;
            fields.usual("padded", is_padded, &BOOL)
        }
        Numbers::Dsa { q, p, g, y } => {
            fields.need("q", q, &INTEGER)?;
            fields.need("p", p, &INTEGER)?;
            fields.need("g", g, &INTEGER)?;
            fields.need("y", y, &INTEGER)
        }
        Numbers::DiffieHellman { y, p, g } => {
            fields.need("y", y, &INTEGER)?;
            fields.need("p", p, &INTEGER)?;
            fields.need("g", g, &INTEGER)
        }
        Numbers::Sm2(text) | Numbers::Sm9(text) => fields.need("key", text, &TEXT),
    }
}

/// A private key of a type, with nothing in it yet.
fn private_of(key_type: &str) -> Option<PrivateKey> {
    Some(match key_type {
        "RSA_PRIV_KEY" => PrivateKey::Rsa {
            n: zero(),
            d: zero(),
        },
        "RSA_PRIVCRT_KEY" => PrivateKey::RsaCrt(RsaCrt {
            n: zero(),
            e: zero(),
            d: zero(),
            p: zero(),
            q: zero(),
            dp: zero(),
            dq: zero(),
            qinv: zero(),
        }),
        "DSA_PRIV_KEY" => PrivateKey::Dsa {
            x: zero(),
            p: zero(),
            q: zero(),
            g: zero(),
        },
        _ => return None,
    })
}

fn describe_private(fields: &mut Fields, key: &mut PrivateKey) -> Result<(), Fault> {
    match key {
        PrivateKey::Rsa { n, d } => {
            fields.need("n", n, &INTEGER)?;
            fields.need("d", d, &INTEGER)
        }
        PrivateKey::RsaCrt(key) => {
            fields.need("n", &mut key.n, &INTEGER)?;
            fields.need("e", &mut key.e, &INTEGER)?;
            fields.need("d", &mut key.d, &INTEGER)?;
            fields.need("p", &mut key.p, &INTEGER)?;
            fields.need("q", &mut key.q, &INTEGER)?;
            fields.need("dp", &mut key.dp, &INTEGER)?;
            fields.need("dq", &mut key.dq, &INTEGER)?;
            fields.need("qinv", &mut key.qinv, &INTEGER)
        }
        PrivateKey::Dsa { x, p, q, g } => {
            fields.need("x", x, &INTEGER)?;
            fields.need("p", p, &INTEGER)?;
            fields.need("q", q, &INTEGER)?;
            fields.need("g", g, &INTEGER)
        }
        PrivateKey::Other { .. } => Ok(()),
    }
}
