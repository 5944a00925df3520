//! The protocol's registries: operations, response codes, operation flags.
//!
//! All are open: numbers and bits without a name here are kept and written as they came.

use crate::Version;
use core::fmt;
use core::ops::{BitAnd, BitOr, Not};

/// Says what a request asks for (RFC 3652 section 2.2.2.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Opcode(pub u32);

/// One table makes the constants and their printed names, so that they cannot differ.
macro_rules! opcodes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $printed:literal;)*) => {
        impl Opcode {
            $($(#[$doc])* pub const $name: Self = Self($number);)*

            /// What the operation is called; `None` for numbers without a name here.
            pub fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some($printed),)*
                    _ => None,
                }
            }
        }
    };
}

opcodes! {
    /// Resolve an identifier (RFC 3652 section 3.2).
    RESOLUTION = 1, "resolution";
    /// Tell about the answering site (RFC 3652 section 2.2.2.1).
    GET_SITE_INFO = 2, "site info";
    /// Register an identifier (RFC 3652 section 3.6).
    CREATE_HANDLE = 100, "create";
    /// Delete an identifier (RFC 3652 section 3.6).
    DELETE_HANDLE = 101, "delete";
    /// Add values to an identifier (RFC 3652 section 3.6).
    ADD_VALUE = 102, "add values";
    /// Remove values of an identifier (RFC 3652 section 3.6).
    REMOVE_VALUE = 103, "remove values";
    /// Replace values of an identifier (RFC 3652 section 3.6).
    MODIFY_VALUE = 104, "modify values";
    /// List the identifiers under a prefix (RFC 3652 section 3.7).
    LIST_HANDLES = 105, "list identifiers";
    /// List the prefixes derived from one (RFC 3652 section 3.7; not in the reference software).
    LIST_DERIVED = 106, "list derived prefixes";
    /// Answer a challenge (RFC 3652 section 3.5.2).
    CHALLENGE_RESPONSE = 200, "challenge response";
    /// Check the answer to a challenge (RFC 3652 section 3.5.3).
    VERIFY_CHALLENGE = 201, "verify challenge";
    /// Become home to a prefix (RFC 3652 section 2.2.2.1).
    HOME_PREFIX = 300, "home prefix";
    /// Cease to be home to a prefix (RFC 3652 section 2.2.2.1).
    UNHOME_PREFIX = 301, "unhome prefix";
    /// List the prefixes that the node is home to (RFC 3652 section 2.2.2.1).
    LIST_HOMED = 302, "list homed prefixes";
    /// Set up a session (RFC 3652 section 3.8).
    SESSION_SETUP = 400, "session setup";
    /// End a session (RFC 3652 section 3.8).
    SESSION_TERMINATE = 401, "session terminate";
    /// Give a session a key (RFC 3652 section 3.8).
    SESSION_EXCHANGE_KEY = 402, "session key exchange";
    /// Create meta data in the Chinese system; known from client software only.
    META_CREATE = 606, "create meta data";
    /// Remove meta data in the Chinese system; known from client software only.
    META_REMOVE = 607, "remove meta data";
    /// Modify meta data in the Chinese system; known from client software only.
    META_MODIFY = 608, "modify meta data";
    /// Query meta data in the Chinese system; known from client software only.
    META_QUERY = 609, "query meta data";
    /// Tell the number of the next transaction (reference software, which refuses it).
    NEXT_TXN_ID = 1000, "next transaction id";
    /// Send the transaction log (reference software). The Chinese system's clients call the number
    /// an incremental update.
    RETRIEVE_TXN_LOG = 1001, "retrieve transaction log";
    /// Send everything (reference software). The Chinese system's clients call the number a full
    /// update.
    DUMP_HANDLES = 1002, "dump";
    /// Make a checkpoint (reference software, which discourages it).
    BACKUP_SERVER = 1003, "backup";
    /// Tell of an update in the Chinese system; known from client software only.
    UPDATE_NOTIFY = 1004, "update notification";
    /// Log in with a password, in older parts of the Chinese system; the body is that of a
    /// resolution. Known from client software only.
    LOGIN_PASSWORD = 2000, "password login";
    /// Log in with a key, in the Chinese system.
    LOGIN_ID_SYSTEM = 2001, "login";
    /// Order the registry of the top-level sites to do something; our own, `NP` and 1. No standard
    /// says which numbers nobody else takes: this is far from all that were ever seen.
    REGISTRY_ORDER = 0x4e50_0001, "registry order";
    /// Tell what that registry says; our own.
    REGISTRY_READING = 0x4e50_0002, "registry reading";
}

impl fmt::Debug for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opcode({self})")
    }
}

/// Prints the name and the number, or only the number.
impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.0),
            None => self.0.fmt(f),
        }
    }
}

/// Says how a request went (RFC 3652 section 2.2.2.2); 0 in requests.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ResponseCode(pub u32);

/// One table makes the constants and their printed meaning, so that they cannot differ.
macro_rules! response_codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $meaning:literal;)*) => {
        impl ResponseCode {
            $($(#[$doc])* pub const $name: Self = Self($number);)*

            /// What the code means, in a few words; `None` for numbers without a name here.
            pub fn meaning(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some($meaning),)*
                    _ => None,
                }
            }
        }
    };
}

response_codes! {
    /// Not an answer at all.
    REQUEST = 0, "request";
    /// Done.
    SUCCESS = 1, "success";
    /// The node failed.
    ERROR = 2, "error";
    /// The node is busy; the request was not executed.
    SERVER_BUSY = 3, "server busy";
    /// The octets are not as the protocol says.
    PROTOCOL_ERROR = 4, "protocol error";
    /// The operation is unknown or not offered.
    OPERATION_NOT_SUPPORTED = 5, "operation not supported";
    /// The request was forwarded too often.
    RECURSION_COUNT_TOO_HIGH = 6, "recursion count too high";
    /// The node takes no writes (since 2.5).
    SERVER_READ_ONLY = 7, "server read-only";
    /// The identifier is not registered.
    HANDLE_NOT_FOUND = 100, "identifier not found";
    /// The identifier is registered already.
    HANDLE_ALREADY_EXISTS = 101, "identifier already exists";
    /// The octets are no identifier.
    INVALID_HANDLE = 102, "invalid identifier";
    /// The identifier exists, but no value that was asked for.
    VALUES_NOT_FOUND = 200, "values not found";
    /// A value with the index exists already.
    VALUE_ALREADY_EXISTS = 201, "value already exists";
    /// A value is not as the protocol says.
    INVALID_VALUE = 202, "invalid value";
    /// The asker's site information is old.
    OUT_OF_DATE_SITE_INFO = 300, "out-of-date site info";
    /// The node does not answer for the identifier's prefix.
    SERVER_NOT_RESPONSIBLE = 301, "server not responsible";
    /// Another service answers for the identifier.
    SERVICE_REFERRAL = 302, "service referral";
    /// Another service answers for the prefix (since 2.5).
    PREFIX_REFERRAL = 303, "prefix referral";
    /// The authenticated identity is no administrator.
    INVALID_ADMIN = 400, "invalid administrator";
    /// The permissions do not suffice.
    INSUFFICIENT_PERMISSIONS = 401, "insufficient permissions";
    /// Authenticate first: the body holds a challenge.
    AUTHENTICATION_NEEDED = 402, "authentication needed";
    /// The challenge was answered wrongly.
    AUTHENTICATION_FAILED = 403, "authentication failed";
    /// The credential is wrong: a MAC or a signature does not fit.
    INVALID_CREDENTIAL = 404, "invalid credential";
    /// The challenge was answered too late, or there is none.
    AUTHENTICATION_TIMEOUT = 405, "authentication timed out";
    /// The node cannot authenticate the identity.
    UNABLE_TO_AUTHENTICATE = 406, "unable to authenticate";
    /// The asker is logged in already; in the Chinese system.
    LOGGED_IN_ALREADY = 407, "logged in already";
    /// The asker must log in first; in the Chinese system.
    LOGIN_FIRST = 408, "log in first";
    /// The session is unknown or over.
    SESSION_TIMEOUT = 500, "session timeout";
    /// The session cannot be used.
    SESSION_FAILED = 501, "session failed";
    /// The key of the session is unusable (RFC 3652: there is none).
    INVALID_SESSION_KEY = 502, "invalid session key";
    /// The set-up needs an RSA key (RFC 3652: sessions are not offered).
    SESSION_NEEDS_RSA_KEY = 503, "session needs an RSA key";
    /// The set-up is not as the protocol says (RFC 3652: the key is unusable).
    INVALID_SESSION_SETUP = 504, "invalid session setup";
    /// The number of the message in its session came before, or is too old.
    SESSION_MESSAGE_REJECTED = 505, "session message rejected";
    /// The daily limit is reached; made by clients of the Chinese system, not sent.
    DAILY_LIMIT = 603, "daily limit reached";
    /// The registrations are used up; made by clients of the Chinese system, not sent.
    REGISTRATIONS_LIMIT = 604, "registrations used up";
    /// The prefixes are used up; made by clients of the Chinese system, not sent.
    PREFIXES_LIMIT = 605, "prefixes used up";
    /// The node is still at it; another answer follows (RFC 3652, not in the field).
    TRYING = 900, "trying";
    /// The request went to another node (RFC 3652, not in the field).
    FORWARDED = 901, "forwarded";
    /// The request waits (RFC 3652, not in the field).
    QUEUED = 902, "queued";
    /// A credential could not be verified; in the Chinese system.
    CREDENTIAL_NOT_VERIFIED = 3001, "credential not verified";
}

impl ResponseCode {
    /// The code as a peer of `version` knows it: before 2.5 some had other numbers.
    #[must_use]
    pub fn for_version(self, version: Version) -> Self {
        if version.knows(Version::CODES_RENUMBERED) {
            return self;
        }
        match self {
            Self::SERVER_READ_ONLY => Self(303),
            Self::INVALID_VALUE => Self(201),
            other => other,
        }
    }

    /// What a peer of `version` means by the code: before 2.5, 303 was what 7 is now. (What was
    /// 201 stays: it cannot be told from a 202 of then.)
    #[must_use]
    pub fn from_version(self, version: Version) -> Self {
        if self == Self::PREFIX_REFERRAL && !version.knows(Version::CODES_RENUMBERED) {
            return Self::SERVER_READ_ONLY;
        }
        self
    }
}

impl fmt::Debug for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResponseCode({self})")
    }
}

/// Prints the meaning and the number, or only the number.
impl fmt::Display for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.meaning() {
            Some(meaning) => write!(f, "{meaning} ({})", self.0),
            None => self.0.fmt(f),
        }
    }
}

/// Says how a request is to be handled, or was (RFC 3652 section 2.2.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpFlags(pub u32);

impl OpFlags {
    /// Request: only a primary may answer. Response: a primary answered.
    pub const AUTHORITATIVE: Self = Self(0x8000_0000);
    /// Request: sign the answer. Response: it is signed.
    pub const CERTIFIED: Self = Self(0x4000_0000);
    /// Encrypt the answer with the session key.
    pub const ENCRYPT: Self = Self(0x2000_0000);
    /// The node may ask others on the asker's behalf.
    pub const RECURSIVE: Self = Self(0x1000_0000);
    /// A caching server should check signatures.
    pub const CACHE_CERTIFY: Self = Self(0x0800_0000);
    /// More messages follow for this request.
    pub const CONTINUOUS: Self = Self(0x0400_0000);
    /// Keep the connection open.
    pub const KEEP_CONNECTION: Self = Self(0x0200_0000);
    /// Only publicly readable values are wanted.
    pub const PUBLIC_ONLY: Self = Self(0x0100_0000);
    /// Request: begin the answer with a digest of the request. Response: it does.
    pub const REQUEST_DIGEST: Self = Self(0x0080_0000);
    /// Request: replace what exists. Response: something was replaced. Not in the RFC.
    pub const OVERWRITE: Self = Self(0x0040_0000);
    /// Request: the identifier is a beginning, the node ends it. Not in the RFC.
    pub const MINT: Self = Self(0x0020_0000);
    /// Answer as if there were no referral. Not in the RFC.
    pub const DO_NOT_REFER: Self = Self(0x0010_0000);
    /// Request: a probe, signed by whoever its credential names; no question of anybody's. Ours
    /// alone: others answer it as what it is without the flag.
    pub const PROBE: Self = Self(0x0000_0008);
    /// Tell other nodes who asks, in the Chinese system.
    pub const PASS_IDENTITY: Self = Self(0x0000_0004);
    /// Request: check the answer against its certificates, in the Chinese system.
    pub const TRUSTED_QUERY: Self = Self(0x0000_0002);
    /// Response: the answer was checked, in the Chinese system.
    pub const TRUSTED_RESULT: Self = Self(0x0000_0001);
    /// What the clients of the field set: recursive, cache-certify, public only.
    pub const USUAL: Self = Self(0x1900_0000);

    /// Whether all bits of `other` are set.
    pub fn contains(self, other: Self) -> bool {
        self & other == other
    }
}

impl BitOr for OpFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for OpFlags {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Not for OpFlags {
    type Output = Self;

    fn not(self) -> Self {
        Self(!self.0)
    }
}
