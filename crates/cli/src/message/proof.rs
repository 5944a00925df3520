//! The proof in an answer to a challenge as JSON.
//!
//! ```json
//! {"algorithm":"SHA-256","signature":"…"}
//! {"code":19,"mac":"…"}
//! {"code":34,"salt":"…","iterations":10000,"keyBits":160,"mac":"…"}
//! "…"
//! ```
//!
//! The last is the octets, before 2.1 and where they are none of the others. Not here: whether a
//! proof is right.

use super::data::ANY;
use super::fault::Fault;
use super::fields::{self, Fields};
use super::form::{HEX, TEXT, U8, U32};
use bytes::Bytes;
use serde_json::Value as Json;
use wire::Version;
use wire::challenge::{AUTHENTICATION_PUBLIC_KEY, AUTHENTICATION_SECRET_KEY};
use wire::proof::{MacAlgorithm, Proof};

/// The member `proof`, made with a kind of key in a message of `version`.
pub(super) fn describe(
    fields: &mut Fields,
    octets: &mut Bytes,
    authentication: &[u8],
    version: Version,
) -> Result<(), Fault> {
    if !fields.is_reading() {
        let proof = decode(octets, authentication, version).and_then(|proof| write(&proof));
        fields.put("proof", proof.unwrap_or_else(|| (HEX.write)(octets)));
        return Ok(());
    }
    let mut json = Json::Null;
    fields.need("proof", &mut json, &ANY)?;
    *octets = read(json, &fields.path("proof"))?;
    Ok(())
}

fn decode(octets: &Bytes, authentication: &[u8], version: Version) -> Option<Proof> {
    match authentication {
        AUTHENTICATION_PUBLIC_KEY => Proof::decode_signature(octets.clone()).ok(),
        AUTHENTICATION_SECRET_KEY => Proof::decode_mac(octets.clone(), version).ok(),
        _ => None,
    }
}

fn write(proof: &Proof) -> Option<Json> {
    Some(match proof.clone() {
        Proof::Signature {
            mut algorithm,
            mut signature,
        } => fields::written(|fields| {
            fields.need("algorithm", &mut algorithm, &TEXT)?;
            fields.need("signature", &mut signature, &HEX)
        }),
        Proof::Mac { algorithm, mut mac } => fields::written(|fields| {
            fields.put("code", algorithm.0);
            fields.need("mac", &mut mac, &HEX)
        }),
        Proof::DerivedMac {
            mut salt,
            mut iterations,
            mut key_bits,
            mut mac,
        } => fields::written(|fields| {
            fields.put("code", MacAlgorithm::PBKDF2_HMAC_SHA1.0);
            fields.need("salt", &mut salt, &HEX)?;
            fields.usual("iterations", &mut iterations, &U32)?;
            fields.usual("keyBits", &mut key_bits, &U32)?;
            fields.need("mac", &mut mac, &HEX)
        }),
        Proof::BareMac(_) => return None,
    })
}

fn read(json: Json, path: &str) -> Result<Bytes, Fault> {
    if !json.is_object() {
        return (HEX.read)(json, path);
    }
    let mut proof = None;
    fields::read(json, path, |fields| {
        proof = Some(read_object(fields)?);
        Ok(())
    })?;
    Ok(proof.map(|proof| proof.encode()).unwrap_or_default())
}

fn read_object(fields: &mut Fields) -> Result<Proof, Fault> {
    if !fields.has("code") {
        let (mut algorithm, mut signature) = (Bytes::new(), Bytes::new());
        fields.need("algorithm", &mut algorithm, &TEXT)?;
        fields.need("signature", &mut signature, &HEX)?;
        return Ok(Proof::Signature {
            algorithm,
            signature,
        });
    }
    let (mut code, mut mac) = (0, Bytes::new());
    fields.need("code", &mut code, &U8)?;
    fields.need("mac", &mut mac, &HEX)?;
    let algorithm = MacAlgorithm(code);
    if algorithm != MacAlgorithm::PBKDF2_HMAC_SHA1 {
        return Ok(Proof::Mac { algorithm, mac });
    }
    let (mut salt, mut iterations, mut key_bits) = (Bytes::new(), 10_000, 160);
    fields.need("salt", &mut salt, &HEX)?;
    fields.usual("iterations", &mut iterations, &U32)?;
    fields.usual("keyBits", &mut key_bits, &U32)?;
    Ok(Proof::DerivedMac {
        salt,
        iterations,
        key_bits,
        mac,
    })
}
