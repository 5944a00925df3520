//! What signatures and certificates say: the JSON in the payload of a [signed text](super::Jws).
//!
//! Members we do not know are kept. Not here: whether what is said is true.

use crate::{Error, Identifier, Jwk};
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use serde::{Deserialize, Serialize, de};
use serde_json::{Map, Value};

/// What an `HS_SIGNATURE` says: values had these digests when the issuer saw them.
///
/// ```
/// use model::jws::{Jws, SignatureClaims, signing_input};
///
/// let payload = [
///     r#"{"digests":{"alg":"SHA-256","digests":[{"index":1,"digest":"wP/u"}]},"#,
///     r#""iss":"300:0.NA/88.156","sub":"88.156.1/a","exp":2000000000,"org":"x"}"#,
/// ]
/// .concat();
/// let signed = signing_input(br#"{"alg":"RS256"}"#, payload.as_bytes());
/// let claims = Jws::compact(&signed, b"signature")?.signature_claims()?;
/// assert_eq!(claims.digests.digests[0].digest, &b"\xc0\xff\xee"[..]);
/// assert_eq!(claims.issuer.as_ref().unwrap().index, Some(300));
/// assert_eq!(claims.others["org"], "x");
/// assert_eq!(serde_json::to_string(&claims).unwrap(), payload);
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureClaims {
    /// The digests of the values.
    pub digests: ClaimedDigests,
    /// Where the issuer's certificates are, the nearest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<Vec<NamedValue>>,
    /// Whose key signed.
    #[serde(rename = "iss", default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<NamedValue>,
    /// The identifier whose values they are, as spelled.
    #[serde(rename = "sub", default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it ends, in seconds since 1970.
    #[serde(rename = "exp", default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<i64>,
    /// When it begins, in seconds since 1970.
    #[serde(rename = "nbf", default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<i64>,
    /// When it was made, in seconds since 1970.
    #[serde(rename = "iat", default, skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<i64>,
    /// All other members.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// Digests of values: over the [encoded value](crate::EncodedValue) from octet 8, so without index
/// and timestamp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimedDigests {
    /// The digest's name, such as `SHA-256`.
    #[serde(rename = "alg")]
    pub algorithm: String,
    /// One for each value.
    pub digests: Vec<ClaimedDigest>,
}

/// The digest of one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimedDigest {
    /// The value's index.
    pub index: u32,
    /// The digest.
    #[serde(with = "crate::json::octets")]
    pub digest: Bytes,
}

/// What an `HS_CERT` says: the issuer lets the holder of a key sign for some identifiers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateClaims {
    /// For which identifiers.
    #[serde(rename = "perms", default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<Vec<Grant>>,
    /// The key.
    #[serde(rename = "publicKey", default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<Jwk>,
    /// Whose key signed.
    #[serde(rename = "iss", default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<NamedValue>,
    /// Whose key it is.
    #[serde(rename = "sub", default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<NamedValue>,
    /// When it ends, in seconds since 1970.
    #[serde(rename = "exp", default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<i64>,
    /// When it begins, in seconds since 1970.
    #[serde(rename = "nbf", default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<i64>,
    /// When it was made, in seconds since 1970.
    #[serde(rename = "iat", default, skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<i64>,
    /// Where the issuer's certificates are, the nearest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<Vec<NamedValue>>,
    /// All other members, `content` among them.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

/// One permission of a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The identifier it is about, as spelled; none for [`Scope::EVERYTHING`].
    #[serde(rename = "handle", default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// How far it reaches.
    #[serde(rename = "perm")]
    pub scope: Scope,
}

/// How far a permission reaches; unknown words are kept, and reach nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scope(pub String);

impl Scope {
    /// Every identifier there is.
    pub const EVERYTHING: &str = "everything";
    /// The identifier itself, and what is under it if it is a prefix.
    pub const THIS_HANDLE: &str = "thisHandle";
    /// Prefixes derived from the prefix.
    pub const DERIVED_PREFIXES: &str = "derivedPrefixes";
    /// Identifiers under the prefix.
    pub const HANDLES_UNDER_THIS_PREFIX: &str = "handlesUnderThisPrefix";
}

/// A value by its index and identifier, written `300:0.NA/88.156`.
///
/// The identifier may stand alone, as that of the root of trust does.
///
/// ```
/// use model::jws::NamedValue;
///
/// let key: NamedValue = "300:88.111.1/test".parse()?;
/// assert_eq!((key.index, key.identifier.as_str()), (Some(300), "88.111.1/test"));
/// assert_eq!(key.to_string(), "300:88.111.1/test");
/// assert_eq!("0.0/0.0".parse::<NamedValue>()?.to_string(), "0.0/0.0");
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedValue {
    /// The value's index, if it is said.
    pub index: Option<u32>,
    /// The record it is in.
    pub identifier: Identifier,
}

impl core::str::FromStr for NamedValue {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let indexed = text.split_once(':').and_then(|(index, identifier)| {
            let is_digits = index.bytes().all(|octet| octet.is_ascii_digit());
            let index: u32 = index.parse().ok().filter(|_| is_digits)?;
            Some((Some(index), identifier))
        });
        let (index, identifier) = indexed.unwrap_or((None, text));
        Ok(Self {
            index,
            identifier: identifier.parse()?,
        })
    }
}

impl fmt::Display for NamedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            None => self.identifier.fmt(f),
            Some(index) => write!(f, "{index}:{}", self.identifier),
        }
    }
}

impl Serialize for NamedValue {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NamedValue {
    fn deserialize<D: de::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(de::Error::custom)
    }
}
