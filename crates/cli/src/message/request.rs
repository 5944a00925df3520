//! Bodies of requests as JSON, by operation.
//!
//! Not here: what answers them ([`super::response`]).

use super::fault::Fault;
use super::fields::{self, Fields};
use super::form::{Form, HEX, TEXT, U8, U16, U32, U64};
use super::key::KEY;
use super::proof;
use super::response::DIGEST;
use super::value::VALUE;
use bytes::Bytes;
use serde_json::Value as Json;
use wire::challenge::ChallengeResponse;
use wire::identifier::{IdentifierRequest, NO_IDENTIFIER};
use wire::login::LoginRequest;
use wire::replication::{DumpRequest, DumpStart, DumpTable, MirrorShare, Seen, TxnLogRequest};
use wire::resolution::ResolutionRequest;
use wire::session::{KeyExchange, KeyRequest, SETUP_REST, SessionMode, SetupRequest};
use wire::values::{RemovalRequest, ValuesRequest};
use wire::verification::{ChallengedDigest, VerificationRequest};
use wire::{Identity, Opcode, Request, Version};

/// The body of a request as an object; `None` for operations without a known body.
pub(crate) fn write(request: &Request, version: Version) -> Option<Json> {
    let mut request = request.clone();
    // Those of our own operations are read by the room `quorum`; here they are octets.
    let is_read = !matches!(
        request,
        Request::Unknown(..) | Request::RegistryOrder(_) | Request::RegistryReading(_)
    );
    if !is_read {
        return None;
    }
    Some(fields::written(|f| describe(f, &mut request, version)))
}

/// The body of a request from an object; `None` for operations without a known body.
pub(crate) fn read(
    fields: &mut Fields,
    opcode: Opcode,
    version: Version,
) -> Result<Option<Request>, Fault> {
    let Some(mut request) = empty(opcode, version, fields) else {
        return Ok(None);
    };
    describe(fields, &mut request, version)?;
    Ok(Some(request))
}

/// A request with what hand-written JSON may leave out.
fn empty(opcode: Opcode, version: Version, fields: &Fields) -> Option<Request> {
    let about = || IdentifierRequest::about(NO_IDENTIFIER);
    let values = || ValuesRequest::new("", Vec::new());
    let nobody = || Identity::new("", 0);
    Some(match opcode {
        Opcode::RESOLUTION => Request::Resolution(ResolutionRequest {
            identifier: Bytes::new(),
            indexes: Vec::new(),
            types: Vec::new(),
            rest: Bytes::new(),
        }),
        Opcode::GET_SITE_INFO => Request::SiteInfo(about()),
        Opcode::CREATE_HANDLE => Request::Creation(values()),
        Opcode::DELETE_HANDLE => Request::Deletion(about()),
        Opcode::ADD_VALUE => Request::Addition(values()),
        Opcode::REMOVE_VALUE => Request::Removal(RemovalRequest::new("", Vec::new())),
        Opcode::MODIFY_VALUE => Request::Modification(values()),
        Opcode::LIST_HANDLES => Request::Listing(about()),
        Opcode::LIST_DERIVED => Request::DerivedListing(about()),
        Opcode::CHALLENGE_RESPONSE => Request::ChallengeResponse(ChallengeResponse {
            authentication: Bytes::new(),
            identity: nobody(),
            proof: Bytes::new(),
            rest: Bytes::new(),
        }),
        Opcode::VERIFY_CHALLENGE => Request::Verification(VerificationRequest {
            identity: nobody(),
            nonce: Bytes::new(),
            digest: ChallengedDigest::Bare(Bytes::new()),
            proof: Bytes::new(),
            rest: Bytes::new(),
        }),
        Opcode::HOME_PREFIX => Request::Homing(about()),
        Opcode::UNHOME_PREFIX => Request::Unhoming(about()),
        Opcode::LIST_HOMED => Request::HomedListing(about()),
        Opcode::SESSION_SETUP => Request::SessionSetup(SetupRequest::new(
            KeyExchange::Other(SessionMode::NONE),
            86_400,
            Identity::ANONYMOUS,
        )),
        Opcode::SESSION_TERMINATE => Request::SessionEnd(about()),
        Opcode::SESSION_EXCHANGE_KEY => Request::SessionKey(KeyRequest {
            key: Bytes::new(),
            rest: Bytes::new(),
        }),
        Opcode::NEXT_TXN_ID => Request::NextTxnId(about()),
        Opcode::RETRIEVE_TXN_LOG => {
            let seen = empty_seen(version, fields.has("replicationState"));
            Request::TxnLog(TxnLogRequest::new(seen, MirrorShare::WHOLE))
        }
        Opcode::DUMP_HANDLES => Request::Dump(DumpRequest {
            share: MirrorShare::WHOLE,
            start: None,
            rest: Bytes::new(),
        }),
        Opcode::BACKUP_SERVER => Request::Backup(about()),
        Opcode::LOGIN_ID_SYSTEM => Request::Login(LoginRequest::of(nobody())),
        _ => return None,
    })
}

fn describe(fields: &mut Fields, request: &mut Request, version: Version) -> Result<(), Fault> {
    match request {
        Request::Resolution(body) => {
            fields.need("handle", &mut body.identifier, &TEXT)?;
            fields.list("indexes", &mut body.indexes, &U32)?;
            fields.list("types", &mut body.types, &TEXT)?;
            rest(fields, &mut body.rest)
        }
        Request::Creation(body) | Request::Addition(body) | Request::Modification(body) => {
            fields.need("handle", &mut body.identifier, &TEXT)?;
            fields.list("values", &mut body.values, &VALUE)?;
            rest(fields, &mut body.rest)
        }
        Request::Removal(body) => {
            fields.need("handle", &mut body.identifier, &TEXT)?;
            fields.list("indexes", &mut body.indexes, &U32)?;
            rest(fields, &mut body.rest)
        }
        Request::SiteInfo(body)
        | Request::HomedListing(body)
        | Request::SessionEnd(body)
        | Request::NextTxnId(body)
        | Request::Backup(body) => {
            fields.usual("handle", &mut body.identifier, &TEXT)?;
            rest(fields, &mut body.rest)
        }
        Request::Deletion(body)
        | Request::Listing(body)
        | Request::DerivedListing(body)
        | Request::Homing(body)
        | Request::Unhoming(body) => {
            fields.need("handle", &mut body.identifier, &TEXT)?;
            rest(fields, &mut body.rest)
        }
        Request::ChallengeResponse(body) => {
            fields.need("authType", &mut body.authentication, &TEXT)?;
            identity(fields, &mut body.identity)?;
            proof::describe(fields, &mut body.proof, &body.authentication, version)?;
            rest(fields, &mut body.rest)
        }
        Request::Verification(body) => {
            identity(fields, &mut body.identity)?;
            fields.need("nonce", &mut body.nonce, &HEX)?;
            fields.need("requestDigest", &mut body.digest, &CHALLENGED)?;
            proof::describe(fields, &mut body.proof, b"HS_SECKEY", version)?;
            rest(fields, &mut body.rest)
        }
        Request::SessionSetup(body) => setup(fields, body),
        Request::SessionKey(body) => {
            fields.need("encryptedKey", &mut body.key, &HEX)?;
            rest(fields, &mut body.rest)
        }
        Request::TxnLog(body) => {
            seen(fields, &mut body.seen)?;
            share(fields, &mut body.share)?;
            rest(fields, &mut body.rest)
        }
        Request::Dump(body) => {
            share(fields, &mut body.share)?;
            start(fields, &mut body.start)?;
            rest(fields, &mut body.rest)
        }
        Request::Login(body) => {
            identity(fields, &mut body.identity)?;
            rest(fields, &mut body.rest)
        }
        _ => Ok(()),
    }
}

/// What follows the last field.
pub(super) fn rest(fields: &mut Fields, rest: &mut Bytes) -> Result<(), Fault> {
    fields.seldom("trailing", rest, &Bytes::new(), &HEX)
}

/// What follows the last field of a session set-up, where two zero octets are usual.
pub(super) fn setup_rest(fields: &mut Fields, rest: &mut Bytes) -> Result<(), Fault> {
    if fields.is_reading() {
        *rest = Bytes::from_static(SETUP_REST);
    }
    fields.usual("trailing", rest, &HEX)
}

fn identity(fields: &mut Fields, identity: &mut Identity) -> Result<(), Fault> {
    fields.need("handle", &mut identity.identifier, &TEXT)?;
    fields.need("index", &mut identity.index, &U32)
}

fn setup(fields: &mut Fields, body: &mut SetupRequest) -> Result<(), Fault> {
    let mut mode = body.exchange.mode().0;
    fields.need("mode", &mut mode, &U16)?;
    fields.usual("timeout", &mut body.life_seconds, &U32)?;
    fields.usual("handle", &mut body.identity.identifier, &TEXT)?;
    fields.usual("index", &mut body.identity.index, &U32)?;
    if fields.is_reading() {
        body.exchange = empty_exchange(SessionMode(mode));
    }
    match &mut body.exchange {
        KeyExchange::ClientCipher(key) | KeyExchange::DiffieHellman(key) => {
            fields.need("publicKey", key, &KEY)?;
        }
        KeyExchange::Stored(identity) => {
            fields.need("keyHandle", &mut identity.identifier, &TEXT)?;
            fields.need("keyIndex", &mut identity.index, &U32)?;
        }
        KeyExchange::ServerCipher | KeyExchange::Other(_) => {}
    }
    setup_rest(fields, &mut body.rest)
}

fn empty_exchange(mode: SessionMode) -> KeyExchange {
    match mode {
        SessionMode::CLIENT_CIPHER => KeyExchange::ClientCipher(Bytes::new()),
        SessionMode::SERVER_CIPHER => KeyExchange::ServerCipher,
        SessionMode::STORED => KeyExchange::Stored(Identity::new("", 0)),
        SessionMode::DIFFIE_HELLMAN => KeyExchange::DiffieHellman(Bytes::new()),
        other => KeyExchange::Other(other),
    }
}

/// Which of the three layouts follows from the version and from what is said.
fn empty_seen(version: Version, is_of_everyone: bool) -> Seen {
    let (last_txn, asked_at_ms) = (0, 0);
    if !version.knows(Version::TXN_LAYOUTS) {
        Seen::OwnBefore2_9 {
            last_txn,
            asked_at_ms,
        }
    } else if is_of_everyone {
        Seen::Everyone(Bytes::new())
    } else {
        Seen::Own {
            last_txn,
            asked_at_ms,
        }
    }
}

fn seen(fields: &mut Fields, seen: &mut Seen) -> Result<(), Fault> {
    match seen {
        Seen::OwnBefore2_9 {
            last_txn,
            asked_at_ms,
        }
        | Seen::Own {
            last_txn,
            asked_at_ms,
        } => {
            fields.usual("lastTxnId", last_txn, &U64)?;
            fields.usual("lastQueryDate", asked_at_ms, &U64)
        }
        Seen::Everyone(states) => fields.need("replicationState", states, &JSON_TEXT),
    }
}

/// Text that is JSON: an object where printing it gives back the text, else the text.
const JSON_TEXT: Form<Bytes> = Form {
    write: |octets| {
        let object = serde_json::from_slice(octets).ok().filter(Json::is_object);
        let exact = object.filter(|object| object.to_string().as_bytes() == octets);
        let exact = exact.filter(|object| object.get("hex").is_none());
        exact.unwrap_or_else(|| (TEXT.write)(octets))
    },
    read: |json, path| match &json {
        Json::Object(members) if !members.contains_key("hex") => Ok(json.to_string().into()),
        _ => (TEXT.read)(json, path),
    },
};

fn share(fields: &mut Fields, share: &mut MirrorShare) -> Result<(), Fault> {
    fields.usual("hashType", &mut share.hash_option, &U8)?;
    fields.usual("numServers", &mut share.servers_count, &U32)?;
    fields.usual("serverNum", &mut share.server, &U32)
}

fn start(fields: &mut Fields, start: &mut Option<DumpStart>) -> Result<(), Fault> {
    if fields.is_reading() && fields.has("startHandle") {
        *start = Some(DumpStart {
            identifier: Bytes::new(),
            table: DumpTable::IDENTIFIERS,
        });
    }
    if let Some(start) = start {
        fields.need("startHandle", &mut start.identifier, &TEXT)?;
        fields.usual("startType", &mut start.table.0, &U32)?;
    }
    Ok(())
}

/// A bare digest is a string, one with a code an object.
const CHALLENGED: Form<ChallengedDigest> = Form {
    write: |digest| match digest {
        ChallengedDigest::Bare(octets) => (HEX.write)(octets),
        ChallengedDigest::Coded(digest) => (DIGEST.write)(digest),
    },
    read: |json, path| {
        if json.is_object() {
            (DIGEST.read)(json, path).map(ChallengedDigest::Coded)
        } else {
            (HEX.read)(json, path).map(ChallengedDigest::Bare)
        }
    },
};
