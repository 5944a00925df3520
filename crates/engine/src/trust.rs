//! Whether a signature over values (`HS_SIGNATURE`) is of somebody whom a chain of certificates
//! (`HS_CERT`) leads up to from a key that is trusted.
//!
//! ```text
//! 88.118/pump   HS_SIGNATURE  digests of its values     signed by 300:0.NA/88.118
//! 0.NA/88.118   HS_CERT       the key of that identity  signed by 300:0.NA/88
//! 0.NA/88       HS_CERT       the key of that one       signed by 300:0.NA/0.NA, an anchor
//! ```
//!
//! A [`Climb`] is the way from one signature up. Drive it so: as long as [`Climb::poll_wanted`]
//! names certificates, hand in the values of that record with [`Climb::handle_values`]; then
//! [`Climb::poll_end`]. Where the values come from does not matter: nothing of them is believed but
//! what is signed.
//!
//! Each certificate on the way must name the key that the text below it is signed with, be good at
//! the date, and let its holder sign for the very identifier at the bottom: nobody gives others
//! rights that they do not have themselves.
//!
//! A key of an anchor is changed as planned: the old and the new one are anchors together for a
//! time, under one identity or two, each from and until when it is said; or the old one certifies
//! the new, which those who know only the old one follow. A key below is changed by a second
//! certificate beside the first.
//!
//! Beside it: `trust/grants.rs` for what a certificate lets somebody sign, `trust/digests.rs` which
//! values a signature is over. Not here: what texts say ([`model::jws`]), asking for values
//! ([`crate::resolver`]), algorithms (behind [`Cryptography`]).

mod digests;
mod grants;
#[cfg(test)]
mod tests;

pub use digests::{Values, digest_of, examine};

use crate::{Cryptography, Date, SignatureDigest};
use alloc::vec::Vec;
use grants::covers;
use model::jws::{CertificateClaims, Jws, NamedValue};
use model::public_key::Numbers;
use model::value_type::matches;
use model::{EncodedValue, Identifier, PublicKey, SuffixCase};

/// How many certificates a chain may have. The field takes up to 50; the tree has four levels.
/// Beyond it: [`Doubt::TooLong`].
pub const CERTIFICATES_MAX: usize = 16;

/// How many certificates of one record are looked at, in the order of the answer: verifying each
/// costs as much as anything here. More are left out.
pub const OF_RECORD_MAX: usize = 16;

/// A key that is trusted without proof, for everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Whose key it is, as texts that it has signed name their issuer. Several anchors may have one
    /// identity: then any of their keys will do.
    pub identity: NamedValue,
    /// The key: RSA or DSA.
    pub key: PublicKey,
    /// From when on it is trusted; from always if it is not said.
    pub from: Option<Date>,
    /// Up to when, that second included; for ever if it is not said.
    pub until: Option<Date>,
}

impl Anchor {
    fn is_good(&self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date) && self.until.is_none_or(|until| date <= until)
    }
}

/// One text on the way, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Who has signed it.
    pub issuer: NamedValue,
    /// In which value the issuer's certificate is, or in which record if that is not said; none for
    /// what an anchor has signed.
    pub certificate: Option<NamedValue>,
}

/// Why a signature proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Doubt {
    /// The text of the signature cannot be read, or lacks whom it is of or what it is about.
    #[error("the signature cannot be read")]
    Unreadable,
    /// It is about another identifier: copied from there.
    #[error("the signature is about another identifier")]
    AboutAnother,
    /// It is not good yet, or not any more.
    #[error("the signature is not good at this date")]
    OutOfDate,
    /// There is no certificate of the issuer where it should be.
    #[error("there is no certificate of {0}")]
    NoCertificate(NamedValue),
    /// What is said to be signed by somebody is not, with any key that is known to be theirs.
    #[error("it is not signed with a key of {0}")]
    Forged(NamedValue),
    /// Their certificate is not good yet, or not any more.
    #[error("the certificate of {0} is not good at this date")]
    CertificateOutOfDate(NamedValue),
    /// Their certificate does not let them sign for the identifier.
    #[error("{0} may not sign for the identifier")]
    NotAllowed(NamedValue),
    /// They vouch for themselves and are no anchor, or are none at this date.
    #[error("the chain ends at {0}, which is not trusted")]
    NotTrusted(NamedValue),
    /// The chain leads back to somebody who was on it.
    #[error("the chain leads back to {0}")]
    Loop(NamedValue),
    /// There are more than [`CERTIFICATES_MAX`] certificates.
    #[error("the chain is too long")]
    TooLong,
}

/// What of a text is needed to go on from it.
#[derive(Debug)]
struct Signed {
    text: Jws,
    issuer: NamedValue,
    /// Where the issuer's certificate is.
    next: Option<NamedValue>,
    /// When it is over, in seconds since 1970, if ever.
    expires: Option<i64>,
}

impl Signed {
    /// Where the text says that the issuer's certificate is, or the issuer's record.
    fn next(&self) -> NamedValue {
        let of_issuer = || NamedValue {
            index: None,
            identifier: self.issuer.identifier.clone(),
        };
        self.next.clone().unwrap_or_else(of_issuer)
    }
}

/// The way from a signature up to an anchor.
#[derive(Debug)]
pub struct Climb {
    about: Identifier,
    anchors: Vec<Anchor>,
    date: Date,
    /// The topmost text: what it is signed with is not known yet.
    signed: Signed,
    links: Vec<Link>,
    /// When the first of what is on the way is over, in seconds since 1970.
    until: i64,
    end: Option<Result<(), Doubt>>,
}

impl Climb {
    /// Begins at a value with a signature over values of an identifier.
    ///
    /// # Errors
    /// [`Doubt::Unreadable`], [`Doubt::AboutAnother`], [`Doubt::OutOfDate`].
    pub fn begin(
        provider: &impl Cryptography,
        about: &Identifier,
        signature: &EncodedValue,
        anchors: Vec<Anchor>,
        date: Date,
    ) -> Result<Self, Doubt> {
        let unreadable = |_| Doubt::Unreadable;
        let text = Jws::decode(signature.value().data).map_err(unreadable)?;
        let claims = text.signature_claims().map_err(unreadable)?;
        let subject = claims.subject.ok_or(Doubt::Unreadable)?;
        let subject: Identifier = subject.parse().map_err(unreadable)?;
        let issuer = claims.issuer.ok_or(Doubt::Unreadable)?;
        if !is_same(&subject, about) {
            return Err(Doubt::AboutAnother);
        }
        if !is_good(claims.not_before, claims.expires, date) {
            return Err(Doubt::OutOfDate);
        }
        let next = claims.chain.and_then(|chain| chain.into_iter().next());
        let signed = Signed {
            text,
            issuer,
            next,
            expires: claims.expires,
        };
        let mut climb = Self {
            about: about.clone(),
            anchors,
            date,
            signed,
            links: Vec::new(),
            until: i64::MAX,
            end: None,
        };
        climb.go_on(provider);
        Ok(climb)
    }

    /// Which value holds the certificate that is wanted next, or which record if it has no index;
    /// none if the climb is over.
    pub fn poll_wanted(&self) -> Option<NamedValue> {
        self.end.is_none().then(|| self.signed.next())
    }

    /// Takes the values of the record that was wanted; of none if it cannot be had.
    pub fn handle_values(&mut self, provider: &impl Cryptography, values: &[EncodedValue]) {
        if self.end.is_some() {
            return;
        }
        match self.certificate_among(provider, values) {
            Ok(signed) => {
                self.signed = signed;
                self.go_on(provider);
            }
            Err(doubt) => self.end = Some(Err(doubt)),
        }
    }

    /// The texts on the way so far, the signature first.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// How the climb ended, once it has.
    ///
    /// # Errors
    /// Why the signature proves nothing.
    pub fn poll_end(&self) -> Option<Result<(), Doubt>> {
        self.end.clone()
    }

    /// The last second in which all that is on the way so far is good; none if it is for ever.
    pub fn good_until(&self) -> Option<Date> {
        u32::try_from(self.until.max(0)).ok().map(Date)
    }

    /// Ends at an anchor, or has the certificate of the issuer wanted.
    fn go_on(&mut self, provider: &impl Cryptography) {
        self.limit(self.signed.expires);
        let issuer = &self.signed.issuer;
        let anchored = self.anchored(provider);
        let is_back = self.links.iter().any(|it| names_same(&it.issuer, issuer));
        let is_open = anchored.is_none();
        let link = Link {
            issuer: issuer.clone(),
            certificate: is_open.then(|| self.signed.next()),
        };
        self.end = if is_open && is_back {
            Some(Err(Doubt::Loop(issuer.clone())))
        } else if is_open && self.links.len() >= CERTIFICATES_MAX {
            Some(Err(Doubt::TooLong))
        } else {
            anchored.map(|end| {
                end.map(|anchor_until| self.limit(anchor_until.map(|date| i64::from(date.0))))
            })
        };
        self.links.push(link);
    }

    fn limit(&mut self, until: Option<i64>) {
        self.until = self.until.min(until.unwrap_or(i64::MAX));
    }

    /// What is to be held of the topmost text if an anchor is said to have signed it, and until
    /// when that is one; none if it is said of somebody else.
    fn anchored(&self, provider: &impl Cryptography) -> Option<Result<Option<Date>, Doubt>> {
        let Signed { text, issuer, .. } = &self.signed;
        let named = |anchor: &&Anchor| names_same(&anchor.identity, issuer);
        let mut anchors = self.anchors.iter().filter(named).peekable();
        anchors.peek()?;
        let mut good = anchors.filter(|it| it.is_good(self.date)).peekable();
        if good.peek().is_none() {
            return Some(Err(Doubt::NotTrusted(issuer.clone())));
        }
        let signer = good.find(|anchor| is_signed_by(provider, text, &anchor.key));
        Some(signer.map_or_else(
            || Err(Doubt::Forged(issuer.clone())),
            |anchor| Ok(anchor.until),
        ))
    }

    /// The certificate of the issuer with the key that the topmost text is signed with: the latest
    /// that will do, for an issuer whose key changes has two for a time.
    fn certificate_among(
        &self,
        provider: &impl Cryptography,
        values: &[EncodedValue],
    ) -> Result<Signed, Doubt> {
        let Signed { issuer, next, .. } = &self.signed;
        let index = next.as_ref().and_then(|next| next.index);
        let certificates = values
            .iter()
            .filter(|value| matches(b"HS_CERT.", value.type_octets()))
            .filter(|value| index.is_none_or(|index| value.index() == index));
        let mut found: Vec<(Jws, CertificateClaims)> = certificates
            .take(OF_RECORD_MAX)
            .filter_map(|value| {
                let text = Jws::decode(value.value().data).ok()?;
                let claims = text.certificate_claims().ok()?;
                let subject = claims.subject.as_ref()?;
                names_same(subject, issuer).then_some((text, claims))
            })
            .collect();
        found.sort_by_key(|(_, claims)| core::cmp::Reverse(claims.issued_at));
        let mut doubt = Doubt::NoCertificate(issuer.clone());
        for (text, claims) in found {
            match self.judge(provider, text, claims) {
                Ok(signed) => return Ok(signed),
                Err(why) if matches!(doubt, Doubt::NoCertificate(_) | Doubt::Forged(_)) => {
                    doubt = why;
                }
                Err(_) => (),
            }
        }
        Err(doubt)
    }

    /// Whether a certificate of the issuer is one to go on with.
    fn judge(
        &self,
        provider: &impl Cryptography,
        text: Jws,
        claims: CertificateClaims,
    ) -> Result<Signed, Doubt> {
        let holder = &self.signed.issuer;
        let key = claims.public_key.as_ref().map(PublicKey::from_jwk);
        let is_theirs = key.is_some_and(|key| {
            key.is_ok_and(|key| is_signed_by(provider, &self.signed.text, &key))
        });
        if !is_theirs {
            return Err(Doubt::Forged(holder.clone()));
        }
        if !is_good(claims.not_before, claims.expires, self.date) {
            return Err(Doubt::CertificateOutOfDate(holder.clone()));
        }
        let mut grants = claims.grants.iter().flatten();
        if !grants.any(|grant| covers(grant, &self.about)) {
            return Err(Doubt::NotAllowed(holder.clone()));
        }
        let issuer = claims.issuer.ok_or(Doubt::NotTrusted(holder.clone()))?;
        if names_same(&issuer, holder) {
            return Err(Doubt::NotTrusted(issuer));
        }
        let next = claims.chain.and_then(|chain| chain.into_iter().next());
        Ok(Signed {
            text,
            issuer,
            next,
            expires: claims.expires,
        })
    }
}

/// The values among these that hold signatures over values, for a climb from each.
pub fn signatures(values: &[EncodedValue]) -> impl Iterator<Item = &EncodedValue> {
    values.iter().filter(|value| is_signature(value))
}

/// Whether a value holds a signature over values.
pub(crate) fn is_signature(value: &EncodedValue) -> bool {
    matches(b"HS_SIGNATURE.", value.type_octets())
}

fn is_good(not_before: Option<i64>, expires: Option<i64>, date: Date) -> bool {
    let date = i64::from(date.0);
    not_before.is_none_or(|from| from <= date) && expires.is_none_or(|until| date <= until)
}

fn is_same(one: &Identifier, other: &Identifier) -> bool {
    one.canonical(SuffixCase::Sensitive) == other.canonical(SuffixCase::Sensitive)
}

fn names_same(one: &NamedValue, other: &NamedValue) -> bool {
    one.index == other.index && is_same(&one.identifier, &other.identifier)
}

/// Whether a text is signed with a key. The text names its algorithm, and whoever made it chose the
/// name: it must be one of the key's kind. One that says that something must be understood of which
/// nothing is known here is not believed (`crit`, RFC 7515 section 4.1.11).
fn is_signed_by(provider: &impl Cryptography, text: &Jws, key: &PublicKey) -> bool {
    let PublicKey::Known { numbers, .. } = key else {
        return false;
    };
    let fits = match text.algorithm() {
        Some("RS256") => matches!(numbers, Numbers::Rsa { .. }),
        Some("DS256") => matches!(numbers, Numbers::Dsa { .. }),
        _ => false,
    };
    if !fits || text.header.contains_key("crit") {
        return false;
    }
    // Whose key it is counts for SM2 only, which is not among these.
    let verifying = provider.verifying_key(key, &[]);
    verifying.is_some_and(|key| key.verify(SignatureDigest::Sha256, &text.signed, &text.signature))
}
