//! What an `Authorization` header says (RFC 9110 section 11.6.2, RFC 7617, and the scheme `Handle`
//! of the reference software). Not here: whether it is true.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer, de};
use wire::Identity;

/// How many fields a header of the scheme `Handle` may have; there are twelve.
const FIELDS_COUNT_MAX: usize = 32;

/// What is shown.
#[derive(Debug)]
pub(crate) enum Shown {
    /// Nothing, or something of a scheme that is not ours.
    Nothing,
    /// Something that cannot be read, and why.
    Unreadable(&'static str),
    /// A secret.
    Password {
        /// Whose it is said to be.
        identity: Identity,
        /// The secret.
        secret: Bytes,
    },
    /// The fields of the scheme `Handle`.
    Handle(Box<Fields>),
}

/// The fields of the scheme `Handle`, of a header or of the JSON of a session. All are texts as
/// they came, octets in base64.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    #[serde(rename = "sessionId")]
    pub(crate) session_id: Option<String>,
    /// Who somebody says they are, `INDEX:IDENTIFIER`.
    pub(crate) id: Option<String>,
    /// `HS_PUBKEY` or `HS_SECKEY`.
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    #[serde(rename = "cnonce")]
    pub(crate) client_nonce: Option<String>,
    #[serde(rename = "alg")]
    pub(crate) algorithm: Option<String>,
    pub(crate) signature: Option<String>,
    pub(crate) salt: Option<String>,
    #[serde(deserialize_with = "number")]
    pub(crate) iterations: Option<u32>,
    /// Of the derived key, in bits.
    #[serde(deserialize_with = "number")]
    pub(crate) length: Option<u32>,
    #[serde(rename = "clientCert", deserialize_with = "truth")]
    pub(crate) client_certificate: Option<String>,
}

pub(crate) fn read(header: &str) -> Shown {
    let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
    if scheme.eq_ignore_ascii_case("Basic") {
        return basic(rest.trim()).unwrap_or(Shown::Unreadable(
            "the user must be INDEX:HANDLE with its colon as %3A",
        ));
    }
    if scheme.eq_ignore_ascii_case("Handle") {
        return match fields(rest) {
            Some(fields) => Shown::Handle(Box::new(fields)),
            None => Shown::Unreadable("the header is not well formed"),
        };
    }
    Shown::Nothing
}

/// A user is an identity, percent-encoded so that it has no colon; the password comes as it is.
fn basic(encoded: &str) -> Option<Shown> {
    let octets = BASE64.decode(encoded).ok()?;
    let colon = octets.iter().position(|&octet| octet == b':')?;
    let (user, secret) = (octets.get(..colon)?, octets.get(colon + 1..)?);
    let user = percent_decode_str(str::from_utf8(user).ok()?);
    let identity = identity(&user.decode_utf8().ok()?)?;
    Some(Shown::Password {
        identity,
        secret: Bytes::copy_from_slice(secret),
    })
}

/// An identity as people write it: `300:0.NA/20.500.99999`.
pub(crate) fn identity(text: &str) -> Option<Identity> {
    let (index, identifier) = text.split_once(':')?;
    let identifier = Bytes::copy_from_slice(identifier.as_bytes());
    Some(Identity::new(identifier, index.parse().ok()?))
}

/// `NAME="VALUE", NAME=VALUE`; a backslash before a sign of a quoted value means the sign.
fn fields(text: &str) -> Option<Fields> {
    let mut fields = Fields::default();
    let mut rest = text.trim();
    for _ in 0..FIELDS_COUNT_MAX {
        if rest.is_empty() {
            return Some(fields);
        }
        let (name, after) = rest.split_once('=')?;
        let (value, after) = if let Some(quoted) = after.trim_start().strip_prefix('"') {
            unquoted(quoted)?
        } else {
            let end = after.find(',').unwrap_or(after.len());
            let (value, after) = after.split_at(end);
            (value.trim().to_owned(), after)
        };
        fields.put(name.trim(), value)?;
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if after.is_empty() => after,
            None => return None,
        };
    }
    None
}

fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut signs = text.char_indices();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' => value.push(signs.next()?.1),
            sign => value.push(sign),
        }
    }
    None
}

impl Fields {
    /// Takes a field; none if it is there twice, or is not what it should be. Others are ignored.
    fn put(&mut self, name: &str, value: String) -> Option<()> {
        let place = match name.to_ascii_lowercase().as_str() {
            "sessionid" => &mut self.session_id,
            "id" => &mut self.id,
            "type" => &mut self.kind,
            "cnonce" => &mut self.client_nonce,
            "alg" => &mut self.algorithm,
            "signature" => &mut self.signature,
            "salt" => &mut self.salt,
            "clientcert" => &mut self.client_certificate,
            "iterations" => return put_number(&mut self.iterations, &value),
            "length" => return put_number(&mut self.length, &value),
            _ => return Some(()),
        };
        place.replace(value).is_none().then_some(())
    }
}

fn put_number(place: &mut Option<u32>, text: &str) -> Option<()> {
    place.replace(text.parse().ok()?).is_none().then_some(())
}

/// A number, or text that is one.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a number from 0 to 4294967295")]
    enum Form {
        Number(u32),
        Text(String),
    }
    match Option::<Form>::deserialize(from)? {
        None => Ok(None),
        Some(Form::Number(number)) => Ok(Some(number)),
        Some(Form::Text(text)) => text.parse().map(Some).map_err(de::Error::custom),
    }
}

/// `true`, or the text `true`.
fn truth<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "true or false")]
    enum Form {
        Truth(bool),
        Text(String),
    }
    Ok(Option::<Form>::deserialize(from)?.map(|form| match form {
        Form::Truth(truth) => truth.to_string(),
        Form::Text(text) => text,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic_of(text: &str) -> Shown {
        read(&format!("basic {}", BASE64.encode(text)))
    }

    #[test]
    fn a_user_is_an_identity_and_a_password_is_octets() {
        let Shown::Password { identity, secret } = basic_of("301%3A0.NA/20.500%2f9:a:%41") else {
            panic!("a password");
        };
        assert_eq!(identity, Identity::new("0.NA/20.500/9", 301));
        assert_eq!(secret, "a:%41");
        for wrong in ["", "301%3A88/a", "301:88/a:x", "x%3A88/a:x", "%ff%3A88:x"] {
            assert!(matches!(basic_of(wrong), Shown::Unreadable(_)), "{wrong}");
        }
        assert!(matches!(read("Basic &&&"), Shown::Unreadable(_)));
        assert!(matches!(read("Bearer x"), Shown::Nothing));
        assert!(matches!(read(""), Shown::Nothing));
    }

    #[test]
    fn fields_are_read_quoted_or_bare() {
        let header = "Handle version=\"0\", sessionId=\"a,\\\"b\", id=300:88/a ,iterations=10000,\
                      alg = \"SHA256\", clientCert=\"true\"";
        let Shown::Handle(fields) = read(header) else {
            panic!("fields");
        };
        assert_eq!(fields.session_id.as_deref(), Some("a,\"b"));
        assert_eq!(fields.id.as_deref(), Some("300:88/a"));
        assert_eq!(fields.algorithm.as_deref(), Some("SHA256"));
        assert_eq!(fields.iterations, Some(10_000));
        assert_eq!(fields.client_certificate.as_deref(), Some("true"));
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        let many = "a=b,".repeat(FIELDS_COUNT_MAX + 1);
        for wrong in [
            "id",
            "id=\"a",
            "id=\"a\" type=\"b\"",
            "id=a,id=b",
            "length=-1",
            &many,
        ] {
            let shown = read(&format!("Handle {wrong}"));
            assert!(matches!(shown, Shown::Unreadable(_)), "{wrong}");
        }
        assert!(matches!(read("Handle"), Shown::Handle(_)));
    }
}
