//! Bodies of responses as JSON, by operation and code.
//!
//! Not here: what they answer ([`super::request`]).

use super::data::SITE;
use super::fault::Fault;
use super::fields::{self, Fields};
use super::form::{BOOL, Form, HEX, TEXT, U8, U16, U32, U64};
use super::key::KEY;
use super::request::{rest, setup_rest};
use super::value::VALUE;
use bytes::Bytes;
use serde_json::{Value as Json, json};
use wire::challenge::Challenge;
use wire::creation::CreationAnswer;
use wire::listing::ListingAnswer;
use wire::outcome::{Failure, Referral};
use wire::replication::TxnLogAnswer;
use wire::resolution::ResolutionAnswer;
use wire::session::{SessionCipher, SessionMode, SetupAnswer};
use wire::verification::VerificationAnswer;
use wire::{Answer, Header, Opcode, RequestDigest, Response, ResponseCode, Version};

/// The body of a response as an object; `None` for operations without a known body.
pub(crate) fn write(response: &Response, version: Version) -> Option<Json> {
    let mut response = response.clone();
    let is_read = !matches!(
        response.answer,
        Answer::Unknown(_) | Answer::RegistryOrder(_) | Answer::RegistryReading(_)
    );
    if !is_read {
        return None;
    }
    Some(fields::written(|f| describe(f, &mut response, version)))
}

/// The body of a response from an object; `None` for operations without a known body.
pub(crate) fn read(
    fields: &mut Fields,
    header: &Header,
    version: Version,
) -> Result<Option<Response>, Fault> {
    let Some(answer) = empty(header, version, fields) else {
        return Ok(None);
    };
    let mut response = Response::new(None, answer);
    describe(fields, &mut response, version)?;
    Ok(Some(response))
}

/// An answer with what hand-written JSON may leave out.
fn empty(header: &Header, version: Version, fields: &Fields) -> Option<Answer> {
    let code = header.response_code.from_version(version);
    Some(match code {
        ResponseCode::AUTHENTICATION_NEEDED => Answer::Challenge(Challenge {
            nonce: Bytes::new(),
            late_digest: version.is_before_2_1().then(Bytes::new),
        }),
        ResponseCode::SERVICE_REFERRAL | ResponseCode::PREFIX_REFERRAL => {
            Answer::Referral(Referral {
                identifier: Bytes::new(),
                values: fields.has("values").then(Vec::new),
            })
        }
        ResponseCode::SUCCESS => return empty_success(header.opcode),
        _ => Answer::Failure(Failure { message: None }),
    })
}

fn empty_success(opcode: Opcode) -> Option<Answer> {
    let (identifier, values) = (Bytes::new(), Vec::new());
    Some(match opcode {
        Opcode::RESOLUTION => Answer::Resolution(ResolutionAnswer { identifier, values }),
        Opcode::GET_SITE_INFO => Answer::SiteInfo(Bytes::new()),
        Opcode::CREATE_HANDLE => Answer::Creation(CreationAnswer { identifier: None }),
        Opcode::LIST_HANDLES | Opcode::LIST_DERIVED | Opcode::LIST_HOMED => {
            let identifiers = Vec::new();
            Answer::Listing(ListingAnswer { identifiers })
        }
        Opcode::VERIFY_CHALLENGE => Answer::Verification(VerificationAnswer { flags: 0 }),
        Opcode::SESSION_SETUP => Answer::SessionSetup(SetupAnswer {
            mode: SessionMode::DIFFIE_HELLMAN,
            data: Bytes::new(),
        }),
        Opcode::NEXT_TXN_ID => Answer::NextTxnId(0),
        Opcode::RETRIEVE_TXN_LOG => Answer::TxnLog(TxnLogAnswer { flags: 0 }),
        Opcode::DELETE_HANDLE
        | Opcode::ADD_VALUE
        | Opcode::REMOVE_VALUE
        | Opcode::MODIFY_VALUE
        | Opcode::HOME_PREFIX
        | Opcode::UNHOME_PREFIX
        | Opcode::SESSION_TERMINATE
        | Opcode::SESSION_EXCHANGE_KEY
        | Opcode::DUMP_HANDLES
        | Opcode::BACKUP_SERVER
        | Opcode::LOGIN_ID_SYSTEM => Answer::Done,
        _ => return None,
    })
}

fn describe(fields: &mut Fields, response: &mut Response, version: Version) -> Result<(), Fault> {
    fields.option("requestDigest", &mut response.digest, &DIGEST)?;
    match &mut response.answer {
        Answer::Resolution(answer) => {
            fields.need("handle", &mut answer.identifier, &TEXT)?;
            fields.list("values", &mut answer.values, &VALUE)?;
        }
        Answer::SiteInfo(octets) => fields.need("site", octets, &SITE_OR_HEX)?,
        Answer::Creation(answer) => fields.option("handle", &mut answer.identifier, &TEXT)?,
        Answer::Listing(answer) => fields.list("handles", &mut answer.identifiers, &TEXT)?,
        Answer::Verification(answer) => boolean(fields, "isValid", &mut answer.flags)?,
        Answer::SessionSetup(answer) => {
            setup(fields, answer, version)?;
            return setup_rest(fields, &mut response.rest);
        }
        Answer::NextTxnId(number) => fields.need("nextTxnId", number, &U64)?,
        Answer::TxnLog(answer) => boolean(fields, "keepAlive", &mut answer.flags)?,
        Answer::Challenge(challenge) => {
            fields.need("nonce", &mut challenge.nonce, &HEX)?;
            if let Some(digest) = &mut challenge.late_digest {
                fields.need("lateDigest", digest, &HEX)?;
            }
        }
        Answer::Referral(referral) => {
            fields.usual("handle", &mut referral.identifier, &TEXT)?;
            if let Some(values) = &mut referral.values {
                fields.list("values", values, &VALUE)?;
            }
        }
        Answer::Failure(failure) => fields.option("message", &mut failure.message, &TEXT)?,
        _ => {}
    }
    rest(fields, &mut response.rest)
}

/// An octet whose lowest bit says yes; one with other bits is written beside what it says.
fn boolean(fields: &mut Fields, name: &str, octet: &mut u8) -> Result<(), Fault> {
    let mut is = *octet & 1 != 0;
    if !fields.is_reading() {
        fields.need(name, &mut is, &BOOL)?;
        return fields.seldom("octet", octet, &u8::from(is), &U8);
    }
    if fields.has("octet") {
        fields.usual("octet", octet, &U8)?;
        return fields.derived(name, *octet & 1 != 0);
    }
    fields.need(name, &mut is, &BOOL)?;
    *octet = is.into();
    Ok(())
}

fn setup(fields: &mut Fields, answer: &mut SetupAnswer, version: Version) -> Result<(), Fault> {
    fields.usual("mode", &mut answer.mode.0, &U16)?;
    let is_key = answer.mode == SessionMode::DIFFIE_HELLMAN;
    let split = is_key
        .then(|| answer.cipher_and_key(version).ok())
        .flatten();
    let is_typed = if fields.is_reading() {
        !fields.has("data")
    } else {
        split.is_some()
    };
    if !is_typed {
        return fields.need("data", &mut answer.data, &HEX);
    }
    let (cipher, mut key) = split.unwrap_or_default();
    let mut cipher = cipher.map(|cipher| cipher.0);
    if fields.is_reading() && version.knows(Version::SESSION_CIPHER) {
        cipher = Some(SessionCipher::AES.0);
    } else if fields.is_reading() && fields.has("cipher") {
        return Err(fields.fault("cipher", "is told since version 2.4 only"));
    }
    fields.option("cipher", &mut cipher, &U32)?;
    fields.need("publicKey", &mut key, &KEY)?;
    if fields.is_reading() {
        let cipher = cipher.map(u32::to_be_bytes);
        answer.data = [cipher.as_ref().map_or(&[][..], |octets| octets), &key]
            .concat()
            .into();
    }
    Ok(())
}

/// The octets of a site: an object, or hexadecimal digits if they are none.
const SITE_OR_HEX: Form<Bytes> = Form {
    write: |octets| {
        let site = (SITE.write)(octets);
        if site.is_object() && (SITE.read)(site.clone(), "").as_ref() == Ok(octets) {
            site
        } else {
            (HEX.write)(octets)
        }
    },
    read: |json, path| {
        if json.is_object() {
            (SITE.read)(json, path)
        } else {
            (HEX.read)(json, path)
        }
    },
};

/// The digest of a request.
pub(super) const DIGEST: Form<RequestDigest> = Form {
    write: |digest| {
        let name = match digest {
            RequestDigest::Md5(_) => "MD5",
            RequestDigest::Sha1(_) => "SHA-1",
            RequestDigest::Sha256(_) => "SHA-256",
        };
        json!({"algorithm": name, "octets": hex::encode(digest.octets())})
    },
    read: |json, path| {
        let (mut algorithm, mut octets) = (Bytes::new(), Bytes::new());
        fields::read(json, path, |fields| {
            fields.need("algorithm", &mut algorithm, &TEXT)?;
            fields.need("octets", &mut octets, &HEX)
        })?;
        let digest = match &algorithm[..] {
            b"MD5" => octets[..].try_into().ok().map(RequestDigest::Md5),
            b"SHA-1" => octets[..].try_into().ok().map(RequestDigest::Sha1),
            b"SHA-256" => octets[..].try_into().ok().map(RequestDigest::Sha256),
            _ => None,
        };
        let what = "is no digest: MD5 has 16 octets, SHA-1 20, SHA-256 32";
        digest.ok_or_else(|| Fault::member(path, what))
    },
};
