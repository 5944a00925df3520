//! Whether an answer on a walk is believed, and what it means for the walk (RFC 3652 sections 2.2.4
//! and 3.3).
//!
//! Not here: whether it belongs to the question at all ([`crate::exchange::believe`]).

use super::contest::{Place, key_of};
use super::frame::{Outcome, Sought};
use super::service::Scope;
use super::trace::{Fault, is_unfit};
use crate::exchange::Answered;
use crate::{Cryptography, SignatureDigest, WeakForms, Weakness, credentials};
use alloc::string::String;
use bytes::Bytes;
use model::identifier::PREFIX_OF_PREFIXES;
use model::{Identifier, SuffixCase};
use wire::header::SITE_SERIAL_UNKNOWN;
use wire::outcome::Referral;
use wire::{Answer, Credential, Message, RequestDigest, ResponseCode, Version};

/// How many characters of a stranger's words are repeated.
const WORDS_MAX: usize = 200;

/// What an answer that is believed means.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The question is answered.
    Outcome(Outcome),
    /// Others know.
    Referral(Scope, Referral),
    /// The asker's site record is old.
    Stale,
}

/// An answer that is believed.
#[derive(Debug)]
pub(super) struct Believed {
    /// The answer, with the values that were asked for only.
    pub(super) answered: Answered,
    /// What it means.
    pub(super) verdict: Verdict,
    /// The weak forms for which it would not have been believed, were they not allowed.
    pub(super) weak_forms: WeakForms,
}

/// Judges an answer; `certified` says that it must be signed, and which weak forms will do.
pub(super) fn judge(
    provider: &impl Cryptography,
    sought: &Sought,
    place: &Place,
    mut answered: Answered,
    certified: Option<WeakForms>,
) -> Result<Believed, Fault> {
    let mut used = WeakForms::NONE;
    if let Some(weak_forms) = certified {
        // A signature tells who speaks, and only the digest of what: a signed answer to another
        // question, in an old version that knows no digest, is had for the asking.
        let digest = answered.response.digest.ok_or(Fault::NoDigest)?;
        check_version(answered.message.envelope.version)?;
        let digest = check_digest(digest, weak_forms)?;
        let signature = check_signature(provider, &place.key, &answered.message, weak_forms)?;
        for weakness in [digest, signature].into_iter().flatten() {
            used = used.with(weakness);
        }
    }
    let verdict = verdict(sought, &mut answered)?;
    Ok(Believed {
        answered,
        verdict,
        weak_forms: used,
    })
}

/// Refuses versions whose signatures do not cover the request id, nor does any digest: whoever
/// foresees a question can have the answer signed today, and show it when it is long untrue.
fn check_version(version: Version) -> Result<(), Fault> {
    if version.knows(Version::SHA_256) {
        Ok(())
    } else {
        Err(Fault::Replayable)
    }
}

/// Refuses digests of which two questions can be made to have the same, unless they are allowed.
fn check_digest(digest: RequestDigest, weak_forms: WeakForms) -> Result<Option<Weakness>, Fault> {
    let (weakness, name) = match digest {
        RequestDigest::Sha256(_) => return Ok(None),
        RequestDigest::Sha1(_) => (Weakness::Sha1, "SHA1"),
        RequestDigest::Md5(_) => (Weakness::Md5, "MD5"),
    };
    if weak_forms.allows(weakness) {
        return Ok(Some(weakness));
    }
    Err(Fault::WeaklySigned(name))
}

fn check_signature(
    provider: &impl Cryptography,
    key: &Bytes,
    message: &Message,
    weak_forms: WeakForms,
) -> Result<Option<Weakness>, Fault> {
    let key = key_of(provider, key).ok_or(Fault::NotSigned)?;
    if !credentials::is_signed(message, &*key) {
        return Err(Fault::NotSigned);
    }
    let credential = Credential::of(message).ok().flatten();
    let digest = credential.and_then(|credential| SignatureDigest::named(&credential.algorithm));
    match digest {
        Some(SignatureDigest::Sha256 | SignatureDigest::Sm3) => Ok(None),
        Some(SignatureDigest::Sha1) if weak_forms.allows(Weakness::Sha1) => {
            Ok(Some(Weakness::Sha1))
        }
        Some(weak) => Err(Fault::WeaklySigned(weak.name())),
        None => Err(Fault::NotSigned),
    }
}

fn verdict(sought: &Sought, answered: &mut Answered) -> Result<Verdict, Fault> {
    let message = &answered.message;
    let code = message.header.response_code;
    let code = code.from_version(message.envelope.version);
    let outcome = match (&mut answered.response.answer, sought) {
        (Answer::Resolution(answer), Sought::Values { identifier, .. }) => {
            if !is_about(&answer.identifier, identifier) {
                return Err(Fault::AboutSomethingElse);
            }
            answer.values.retain(|value| sought.wants(value));
            if answer.values.is_empty() {
                Outcome::NoValues
            } else {
                Outcome::Values(answer.values.clone())
            }
        }
        (Answer::Verification(verdict), Sought::Verification { .. }) => {
            Outcome::Verified(verdict.is_right())
        }
        (Answer::Referral(referral), _) => {
            let scope = scope_of(code, sought.identifier())?;
            return Ok(Verdict::Referral(scope, referral.clone()));
        }
        (Answer::Failure(_), _) => match code {
            ResponseCode::HANDLE_NOT_FOUND => Outcome::Missing(sought.identifier().clone()),
            ResponseCode::VALUES_NOT_FOUND => Outcome::NoValues,
            ResponseCode::OUT_OF_DATE_SITE_INFO => return Ok(Verdict::Stale),
            _ => return Err(refused(answered)),
        },
        (Answer::Challenge(_), _) => return Err(refused(answered)),
        _ => return Err(Fault::AboutSomethingElse),
    };
    Ok(Verdict::Outcome(outcome))
}

/// For whom the values of a referral name servers. One by prefix makes sense for the record of a
/// prefix only.
fn scope_of(code: ResponseCode, identifier: &Identifier) -> Result<Scope, Fault> {
    let prefix = identifier.prefix();
    let is_of_prefix = prefix.as_str().eq_ignore_ascii_case(PREFIX_OF_PREFIXES);
    match code {
        ResponseCode::SERVICE_REFERRAL => Ok(Scope::Own),
        ResponseCode::PREFIX_REFERRAL if is_of_prefix => Ok(Scope::Derived),
        _ => Err(Fault::AboutSomethingElse),
    }
}

/// Whether an answer names the identifier that was asked for: servers repeat its spelling.
fn is_about(said: &Bytes, asked: &Identifier) -> bool {
    let canonical = |identifier: &Identifier| identifier.canonical(SuffixCase::Sensitive);
    let said = Identifier::from_octets(said.clone());
    said.is_ok_and(|said| canonical(&said) == canonical(asked))
}

/// Whether a server says that its site has changed since its record was learned.
pub(super) fn knows_newer_site(answered: &Answered, place: &Place) -> bool {
    let serial = answered.message.header.site_serial;
    serial != SITE_SERIAL_UNKNOWN && serial > place.serial
}

/// That a server will not answer, in its own words, as far as they are fit to be repeated.
pub(super) fn refused(answered: &Answered) -> Fault {
    let words = match &answered.response.answer {
        Answer::Failure(failure) => failure.text(),
        _ => &[],
    };
    let words = String::from_utf8_lossy(words);
    let printable = words.chars().filter(|&character| !is_unfit(character));
    Fault::Refused {
        code: answered.message.header.response_code,
        text: printable.take(WORDS_MAX).collect(),
    }
}
