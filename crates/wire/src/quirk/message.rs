//! Oddities of messages: envelope, header, body, credential.

use super::Quirk;
use super::data::{is_no_text, of_public_key, of_site, of_value, once};
use crate::proof::Proof;
use crate::session::{KeyExchange, SETUP_REST, SessionMode, SetupAnswer};
use crate::verification::ChallengedDigest;
use crate::{
    Answer, Credential, Envelope, EnvelopeFlags, Error, Header, Identity, Message, OpFlags,
    Request, Response, Version,
};
use alloc::vec::Vec;
use bytes::Bytes;
use model::EncodedValue;

/// Flags of operations that have a meaning.
const OP_FLAGS: u32 = 0xfff0_0007;
/// The octet that says yes; its lowest bit.
const YES: u8 = 1;

/// Finds the oddities of a whole message, each once, in the order of its octets.
///
/// ```
/// use wire::{Message, Quirk, quirk};
///
/// // An error without a body, as some servers answer.
/// let octets = b"\x02\x0b\x02\x0b\0\0\0\0\x01\x02\x03\x04\0\0\0\0\0\0\0\x1c\
///     \0\0\0\x01\0\0\0\x64\x19\0\0\0\0\x01\0\0\x7f\xff\xff\xff\0\0\0\0\0\0\0\0";
/// let message = Message::decode(octets.as_slice().into())?;
/// assert_eq!(quirk::of_message(&message), [Quirk::ERROR_BODY_EMPTY]);
/// # Ok::<(), wire::Error>(())
/// ```
pub fn of_message(message: &Message) -> Vec<Quirk> {
    let mut found = of_envelope(&message.envelope);
    found.extend(of_header(&message.header));
    let version = message.envelope.version;
    found.extend(if message.header.is_response() {
        Response::decode(message).map_or_else(malformed, |response| of_response(&response, version))
    } else {
        Request::decode(message).map_or_else(malformed, |request| of_request(&request, version))
    });
    found.extend(of_tail(message));
    once(found)
}

/// Finds the oddities of the envelope of a whole message.
pub fn of_envelope(envelope: &Envelope) -> Vec<Quirk> {
    let mut found = Vec::new();
    let mut note = |is_odd: bool, quirk| found.extend(is_odd.then_some(quirk));
    let flags = envelope.flags;
    note(envelope.version.major == 5, Quirk::MAJOR_VERSION_5);
    note(
        flags.contains(EnvelopeFlags::COMPRESSED),
        Quirk::COMPRESSED_FLAG,
    );
    note(
        flags.contains(EnvelopeFlags::FRAGMENT),
        Quirk::FRAGMENT_FLAG_ON_WHOLE_MESSAGE,
    );
    note(envelope.sequence != 0, Quirk::SEQUENCE_IN_WHOLE_MESSAGE);
    found
}

fn of_header(header: &Header) -> Vec<Quirk> {
    let mut found = Vec::new();
    let mut note = |is_odd: bool, quirk| found.extend(is_odd.then_some(quirk));
    note(header.reserved != 0, Quirk::RESERVED_OCTET_SET);
    let unknown = header.flags & !OpFlags(OP_FLAGS);
    note(unknown.0 != 0, Quirk::UNKNOWN_OP_FLAGS);
    found
}

fn malformed(_why: Error) -> Vec<Quirk> {
    [Quirk::BODY_MALFORMED].into()
}

fn of_request(request: &Request, version: Version) -> Vec<Quirk> {
    let mut found = Vec::new();
    match request {
        Request::Resolution(body) => {
            found.extend(of_text(&body.identifier));
            found.extend(body.types.iter().filter_map(of_text));
            found.extend(of_rest(&body.rest));
        }
        Request::Creation(body) | Request::Addition(body) | Request::Modification(body) => {
            found.extend(of_text(&body.identifier));
            found.extend(of_values(&body.values));
            found.extend(of_rest(&body.rest));
        }
        Request::Removal(body) => {
            found.extend(of_text(&body.identifier));
            found.extend(of_rest(&body.rest));
        }
        Request::SiteInfo(body)
        | Request::Deletion(body)
        | Request::Listing(body)
        | Request::DerivedListing(body)
        | Request::Homing(body)
        | Request::Unhoming(body)
        | Request::HomedListing(body)
        | Request::SessionEnd(body)
        | Request::NextTxnId(body)
        | Request::Backup(body) => {
            found.extend(of_text(&body.identifier));
            found.extend(of_rest(&body.rest));
        }
        Request::ChallengeResponse(body) => {
            found.extend(of_identity(&body.identity));
            found.extend(of_proof(body.proof(version)));
            found.extend(of_rest(&body.rest));
        }
        Request::Verification(body) => {
            found.extend(of_identity(&body.identity));
            let is_coded = matches!(body.digest, ChallengedDigest::Coded(_));
            found.extend(is_coded.then_some(Quirk::VERIFICATION_DIGEST_CODED));
            found.extend(of_proof(body.proof(version)));
            found.extend(of_rest(&body.rest));
        }
        Request::SessionSetup(body) => {
            found.extend(of_identity(&body.identity));
            found.extend(of_exchange(&body.exchange));
            found.extend(of_setup_rest(&body.rest));
        }
        Request::SessionKey(body) => found.extend(of_rest(&body.rest)),
        Request::TxnLog(body) => found.extend(of_rest(&body.rest)),
        Request::Dump(body) => {
            let start = body.start.iter();
            found.extend(start.filter_map(|start| of_text(&start.identifier)));
            found.extend(of_rest(&body.rest));
        }
        Request::Login(body) => {
            found.extend(of_identity(&body.identity));
            found.extend(of_rest(&body.rest));
        }
        Request::RegistryOrder(body) => found.extend(of_rest(&body.rest)),
        Request::RegistryReading(body) => found.extend(of_rest(&body.rest)),
        Request::Unknown(..) => {}
    }
    found
}

fn of_response(response: &Response, version: Version) -> Vec<Quirk> {
    let mut found = Vec::new();
    let rest = &response.rest;
    match &response.answer {
        Answer::Resolution(answer) => {
            found.extend(of_text(&answer.identifier));
            found.extend(of_values(&answer.values));
        }
        Answer::SiteInfo(octets) => found.extend(of_site(octets)),
        Answer::Creation(answer) => match &answer.identifier {
            None => found.push(Quirk::CREATION_WITHOUT_IDENTIFIER),
            Some(identifier) => found.extend(of_text(identifier)),
        },
        Answer::Listing(answer) => found.extend(answer.identifiers.iter().filter_map(of_text)),
        Answer::Verification(answer) => found.extend(of_boolean(answer.flags)),
        Answer::TxnLog(answer) => found.extend(of_boolean(answer.flags)),
        Answer::SessionSetup(answer) => {
            found.extend(of_setup(answer, version));
            found.extend(of_setup_rest(rest));
            return found;
        }
        Answer::Referral(referral) => {
            found.extend(of_text(&referral.identifier));
            match &referral.values {
                Some(values) if values.is_empty() => found.push(Quirk::REFERRAL_COUNT_ZERO),
                Some(values) => found.extend(of_values(values)),
                None => {}
            }
        }
        Answer::Failure(failure) => {
            let missing = failure.message.is_none();
            found.extend(missing.then_some(Quirk::ERROR_BODY_EMPTY));
            found.extend(failure.message.iter().filter_map(of_text));
            found.extend((!rest.is_empty()).then_some(Quirk::ERROR_BODY_TRAILING_OCTETS));
            return found;
        }
        Answer::NextTxnId(_)
        | Answer::Done
        | Answer::Challenge(_)
        | Answer::RegistryOrder(_)
        | Answer::RegistryReading(_)
        | Answer::Unknown(_) => {}
    }
    found.extend(of_rest(rest));
    found
}

fn of_setup(answer: &SetupAnswer, version: Version) -> Vec<Quirk> {
    if answer.mode != SessionMode::DIFFIE_HELLMAN {
        return Vec::new();
    }
    match answer.cipher_and_key(version) {
        Ok((_, key)) => of_public_key(&key),
        Err(_) => [Quirk::DATA_MALFORMED].into(),
    }
}

fn of_exchange(exchange: &KeyExchange) -> Vec<Quirk> {
    match exchange {
        KeyExchange::ClientCipher(key) | KeyExchange::DiffieHellman(key) => of_public_key(key),
        KeyExchange::Stored(identity) => of_identity(identity).into_iter().collect(),
        KeyExchange::ServerCipher | KeyExchange::Other(_) => Vec::new(),
    }
}

fn of_setup_rest(rest: &Bytes) -> Option<Quirk> {
    match &rest[..] {
        SETUP_REST => None,
        [] => Some(Quirk::SETUP_END_MISSING),
        _ => Some(Quirk::BODY_TRAILING_OCTETS),
    }
}

fn of_proof(proof: Result<Proof, Error>) -> Option<Quirk> {
    match proof {
        Ok(Proof::Signature { algorithm, .. }) => of_algorithm(&algorithm),
        Ok(_) => None,
        Err(_) => Some(Quirk::PROOF_MALFORMED),
    }
}

fn of_algorithm(algorithm: &[u8]) -> Option<Quirk> {
    match algorithm {
        [_] => Some(Quirk::ALGORITHM_CODE),
        b"SHA-1" | b"SHA256" => Some(Quirk::ALGORITHM_ALIAS),
        _ => None,
    }
}

fn of_tail(message: &Message) -> Vec<Quirk> {
    match Credential::of(message) {
        Err(_) => [Quirk::CREDENTIAL_MALFORMED].into(),
        Ok(None) if message.tail.is_empty() => [Quirk::CREDENTIAL_MISSING].into(),
        Ok(None) => Vec::new(),
        Ok(Some(credential)) => of_credential(&credential),
    }
}

fn of_credential(credential: &Credential) -> Vec<Quirk> {
    let mut found = Vec::new();
    let mut note = |is_odd: bool, quirk| found.extend(is_odd.then_some(quirk));
    let (version, reserved) = (credential.version, credential.reserved);
    note(
        (version, reserved, credential.options) != (0, 0, 0),
        Quirk::CREDENTIAL_RESERVED_SET,
    );
    note(!credential.signer.is_empty(), Quirk::CREDENTIAL_SIGNER);
    note(
        credential.kind == b"HS_DSAPUBKEY"[..],
        Quirk::CREDENTIAL_KIND_LEGACY,
    );
    found.extend(of_algorithm(&credential.algorithm));
    found
}

fn of_values(values: &[EncodedValue]) -> impl Iterator<Item = Quirk> {
    values.iter().flat_map(of_value)
}

fn of_identity(identity: &Identity) -> Option<Quirk> {
    of_text(&identity.identifier)
}

fn of_text(octets: &Bytes) -> Option<Quirk> {
    is_no_text(octets).then_some(Quirk::TEXT_NOT_UTF8)
}

fn of_boolean(octet: u8) -> Option<Quirk> {
    (octet > YES).then_some(Quirk::BOOLEAN_OCTET)
}

fn of_rest(rest: &Bytes) -> Option<Quirk> {
    (!rest.is_empty()).then_some(Quirk::BODY_TRAILING_OCTETS)
}
