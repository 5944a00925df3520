//! Who asks: what a request over HTTPS shows for it, and what is told to who has shown nothing.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `identity/header` | what does an `Authorization` header say? |
//! | `identity/sessions` | which sessions are there, and whose are they? |
//!
//! Nothing of this happens over plain HTTP, where secrets and the names of sessions could be read
//! by others: what is shown there is not even looked at. Not here: whether a proof is right (room
//! `engine`), what somebody may do.

mod header;
mod sessions;

pub(crate) use header::{Fields, Shown, identity as read_identity, read as read_header};
pub(crate) use sessions::{Limits, Session, Sessions};

use crate::connection::Front;
use crate::reply::{JSON, Reply};
use crate::request::header as header_text;
use crate::visitor::Visitor;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use engine::authority::{Claim, Evidence, Known};
use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderName, WWW_AUTHENTICATE};
use serde_json::json;
use wire::proof::{MacAlgorithm, Proof};
use wire::{Identity, ResponseCode, Version};

/// What a client's nonce may have, in octets.
const NONCE_OCTETS_MAX: usize = 64;

/// How long the nonce of a client is that proves something, as clients of the field make it.
const CLIENT_NONCE_OCTETS: usize = 16;

/// What the reference software says of a wrong secret; people search for it.
const NOT_VERIFIED: &str = "Identity not verified";

/// What a request shows for who asks.
#[derive(Debug, Default)]
pub(crate) struct Who {
    /// Who it is, if that has been shown.
    pub(crate) known: Option<Known>,
    /// The session that the request named, and what its client wants signed.
    session: Option<String>,
    client_nonce: Option<Vec<u8>>,
}

impl Who {
    /// Nobody, in a session.
    pub(crate) fn in_session(id: &str) -> Self {
        Self {
            session: Some(id.to_owned()),
            ..Self::default()
        }
    }

    /// Takes the client's nonce, for the site to sign, if it is one.
    pub(crate) fn with_client_nonce(self, fields: &Fields) -> Self {
        Self {
            client_nonce: fields.client_nonce().ok().flatten(),
            ..self
        }
    }
}

/// Why what was shown is not believed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotBelieved {
    /// In a few words without quotation marks.
    pub(crate) why: String,
    /// What the protocol would say.
    code: ResponseCode,
}

impl NotBelieved {
    /// The status that says whose fault it is: to authenticate better is of no use while this node
    /// is too busy to look, or cannot.
    pub(crate) fn status(&self) -> StatusCode {
        match self.code {
            ResponseCode::SERVER_BUSY => StatusCode::SERVICE_UNAVAILABLE,
            ResponseCode::ERROR => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::UNAUTHORIZED,
        }
    }
}

impl From<&str> for NotBelieved {
    fn from(why: &str) -> Self {
        Self {
            why: why.into(),
            code: ResponseCode::AUTHENTICATION_FAILED,
        }
    }
}

/// Finds out who asks. Nobody, if they show nothing or do so over plain HTTP.
pub(crate) fn of(
    front: &Front,
    visitor: &Visitor,
    headers: &HeaderMap,
) -> Result<Who, NotBelieved> {
    if !visitor.is_https {
        return Ok(Who::default());
    }
    match header::read(header_text(headers, &AUTHORIZATION)) {
        Shown::Nothing => Ok(Who::default()),
        Shown::Unreadable(why) => Err(why.into()),
        Shown::Password { identity, secret } => {
            let evidence = Evidence::Secret(secret);
            let known = identify(front, visitor, Claim { identity, evidence })?;
            Ok(Who {
                known: Some(known),
                ..Who::default()
            })
        }
        Shown::Handle(fields) => of_fields(front, visitor, &fields),
    }
}

fn of_fields(front: &Front, visitor: &Visitor, fields: &Fields) -> Result<Who, NotBelieved> {
    let client_nonce = fields.client_nonce()?;
    let Some(id) = &fields.session_id else {
        let known = fields.is_client_certificate();
        let known = known
            .then(|| identify(front, visitor, of_certificate(visitor)?))
            .transpose()?;
        return Ok(Who {
            known,
            session: None,
            client_nonce,
        });
    };
    let session = front.sessions.session(id).ok_or("the session has ended")?;
    let known = if fields.is_claiming() {
        Some(prove(front, visitor, id, &session, fields)?)
    } else {
        session.known
    };
    Ok(Who {
        known,
        session: Some(id.clone()),
        client_nonce,
    })
}

/// Finds out whether the fields prove an identity in a session, which then is somebody's.
///
/// A nonce counts once. Who shows the very proof again that made the session theirs says no more
/// than the session's name, which is enough.
pub(crate) fn prove(
    front: &Front,
    visitor: &Visitor,
    id: &str,
    session: &Session,
    fields: &Fields,
) -> Result<Known, NotBelieved> {
    if fields.is_client_certificate() {
        let claim = of_certificate(visitor)?;
        front.sessions.claim(id, &claim.identity);
        let known = identify(front, visitor, claim)?;
        front.sessions.authenticate(id, &session.nonce, &known, &[]);
        return Ok(known);
    }
    if let Some(known) = session.proven_by(&fields.fingerprint()) {
        return Ok(known);
    }
    let claim = fields.claim(&session.nonce)?;
    front.sessions.claim(id, &claim.identity);
    let known = identify(front, visitor, claim)?;
    let fingerprint = fields.fingerprint();
    let is_first = front
        .sessions
        .authenticate(id, &session.nonce, &known, &fingerprint);
    is_first
        .then_some(known)
        .ok_or_else(|| "the nonce has been used, or the session has ended".into())
}

fn of_certificate(visitor: &Visitor) -> Result<Claim, NotBelieved> {
    let shown = visitor.certificate.as_ref();
    let shown = shown.ok_or("no client certificate of RSA was shown in the TLS handshake")?;
    let identity = shown.identity.as_ref();
    let identity = identity.ok_or("the certificate names no INDEX:HANDLE in its CN or UID")?;
    Ok(Claim {
        identity: Identity::new(identity.identifier.clone(), identity.index),
        evidence: Evidence::Certificate(shown.key.clone()),
    })
}

fn identify(front: &Front, visitor: &Visitor, claim: Claim) -> Result<Known, NotBelieved> {
    let judged = front.handle.identify(visitor.source, claim);
    judged.map_err(|refused| match refused.code {
        ResponseCode::AUTHENTICATION_FAILED => NOT_VERIFIED.into(),
        code => NotBelieved {
            why: refused.reason,
            code,
        },
    })
}

impl Fields {
    fn is_client_certificate(&self) -> bool {
        self.client_certificate.as_deref() == Some("true")
    }

    /// Whether they claim an identity.
    pub(crate) fn is_claiming(&self) -> bool {
        self.id.is_some() || self.is_client_certificate()
    }

    pub(crate) fn client_nonce(&self) -> Result<Option<Vec<u8>>, NotBelieved> {
        let Some(text) = &self.client_nonce else {
            return Ok(None);
        };
        let octets = BASE64.decode(text).ok();
        let octets = octets.filter(|octets| octets.len() <= NONCE_OCTETS_MAX);
        octets
            .map(Some)
            .ok_or_else(|| "cnonce is not base64 of at most 64 octets".into())
    }

    /// What tells one proof from another.
    fn fingerprint(&self) -> Vec<u8> {
        let parts = [&self.id, &self.client_nonce, &self.signature];
        let parts = parts.map(|part| part.as_deref().unwrap_or_default());
        parts.join("\n").into_bytes()
    }

    /// The claim that they make about a session's nonce.
    pub(crate) fn claim(&self, nonce: &[u8]) -> Result<Claim, NotBelieved> {
        let id = self.id.as_deref().unwrap_or_default();
        let identity = header::identity(id).ok_or("id is not INDEX:HANDLE")?;
        let (proof, is_by_key) = self.proof()?;
        // A proof of the protocol covers a digest in its place, of 20 or 32 octets: one that
        // somebody was talked into there must not count here.
        let client_nonce = self.client_nonce()?.unwrap_or_default();
        if client_nonce.len() != CLIENT_NONCE_OCTETS {
            return Err("cnonce is not base64 of 16 octets".into());
        }
        Ok(Claim {
            identity,
            evidence: Evidence::Proof {
                proof: proof.encode(),
                is_by_key,
                nonce: Bytes::copy_from_slice(nonce),
                digest: client_nonce.into(),
                version: Version::NEWEST,
            },
        })
    }

    /// The proof, and whether it is one of a private key.
    pub(crate) fn proof(&self) -> Result<(Proof, bool), NotBelieved> {
        let signature = self.signature.as_deref().unwrap_or_default();
        let signature = BASE64
            .decode(signature)
            .map_err(|_| "signature is not base64")?;
        let algorithm = self.algorithm.as_deref().unwrap_or("SHA1");
        match self.kind.as_deref() {
            Some("HS_PUBKEY") => {
                let algorithm = Bytes::copy_from_slice(algorithm.as_bytes());
                let signature = signature.into();
                let proof = Proof::Signature {
                    algorithm,
                    signature,
                };
                Ok((proof, true))
            }
            Some("HS_SECKEY") | None => Ok((self.mac(algorithm, signature.into())?, false)),
            Some(_) => Err("type is neither HS_PUBKEY nor HS_SECKEY".into()),
        }
    }

    fn mac(&self, algorithm: &str, mac: Bytes) -> Result<Proof, NotBelieved> {
        let algorithm = match algorithm.to_ascii_uppercase().as_str() {
            "MD5" => MacAlgorithm::MD5,
            "SHA1" | "SHA-1" => MacAlgorithm::SHA1,
            "SHA256" | "SHA-256" => MacAlgorithm::SHA256,
            "HMAC-SHA1" => MacAlgorithm::HMAC_SHA1,
            "HMAC-SHA256" => MacAlgorithm::HMAC_SHA256,
            "PBKDF2-HMAC-SHA1" => {
                let salt = self.salt.as_deref().unwrap_or_default();
                let salt = BASE64.decode(salt).map_err(|_| "salt is not base64")?;
                return Ok(Proof::DerivedMac {
                    salt: salt.into(),
                    iterations: self.iterations.ok_or("iterations is missing")?,
                    key_bits: self.length.ok_or("length is missing")?,
                    mac,
                });
            }
            _ => return Err("alg is unknown".into()),
        };
        Ok(Proof::Mac { algorithm, mac })
    }
}

/// What a client is told of a session: its name, its nonce, and that this node is who it is.
#[derive(Debug)]
pub(crate) struct Challenge {
    pub(crate) session_id: String,
    pub(crate) nonce: String,
    /// The name of a digest, and the site's signature over both nonces with it.
    pub(crate) server: Option<(&'static str, String)>,
}

/// A challenge in a session: the one that was named, or a new one. None if there is no randomness.
pub(crate) fn challenge(front: &Front, visitor: &Visitor, who: &Who) -> Option<Challenge> {
    let named = who.session.as_ref().and_then(|id| {
        let session = front.sessions.session(id)?;
        Some((id.clone(), session))
    });
    let (session_id, session) = match named {
        Some(named) => named,
        None => front.sessions.begin(visitor.source)?,
    };
    let server = who.client_nonce.as_ref().and_then(|client_nonce| {
        let covered = [&session.nonce[..], client_nonce].concat();
        let signature = front.handle.sign(visitor.source, &covered)?;
        Some((signature.digest, BASE64.encode(signature.octets)))
    });
    Some(Challenge {
        session_id,
        nonce: BASE64.encode(session.nonce),
        server,
    })
}

/// Tells how to authenticate (RFC 9110 section 11.6.1), and why what was shown is not believed.
pub(crate) fn with_challenge(
    reply: Reply,
    front: &Front,
    visitor: &Visitor,
    headers: &HeaderMap,
    who: &Who,
    error: Option<&NotBelieved>,
) -> Reply {
    let mut text = String::new();
    // A script that asks shall ask its user itself, not let the browser do it.
    if header_text(headers, &X_REQUESTED_WITH) != "XMLHttpRequest" {
        text.push_str("Basic realm=\"handle\", ");
    }
    text.push_str("Handle ");
    let mut members = Vec::new();
    if let Some(challenge) = challenge(front, visitor, who) {
        members.push(format!("sessionId=\"{}\"", challenge.session_id));
        members.push(format!("nonce=\"{}\"", challenge.nonce));
        if let Some((digest, signature)) = challenge.server {
            members.push(format!("serverAlg=\"{digest}\""));
            members.push(format!("serverSignature=\"{signature}\""));
        }
    }
    if let Some(NotBelieved { why, .. }) = error {
        members.push(format!("error=\"{}\"", quotable(why)));
    }
    if members.is_empty() {
        members.push("realm=\"handle\"".into());
    }
    text.push_str(&members.join(", "));
    reply.with_text(WWW_AUTHENTICATE, &text)
}

const X_REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");

/// Tells that what was shown is not believed, in the way of the reference software: without a body.
/// One that says what is wrong comes with faults that are not the asker's.
pub(crate) fn not_believed(
    front: &Front,
    visitor: &Visitor,
    headers: &HeaderMap,
    why: &NotBelieved,
) -> Reply {
    if why.status() != StatusCode::UNAUTHORIZED {
        let body = json!({"responseCode": why.code.0, "message": why.why});
        return Reply::new(why.status(), JSON, body.to_string());
    }
    let reply = Reply::empty(StatusCode::UNAUTHORIZED);
    with_challenge(reply, front, visitor, headers, &Who::default(), Some(why))
}

fn quotable(text: &str) -> String {
    let is_quotable = |sign: char| (' '..='~').contains(&sign) && sign != '"' && sign != '\\';
    text.chars().filter(|sign| is_quotable(*sign)).collect()
}
