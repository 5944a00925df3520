//! What is tolerated although it is not as the protocol says, each oddity with a name.
//!
//! Peers in the field write these, so all of them are read; a strict reader refuses a message
//! that has any. Beside it: `quirk/message.rs` finds them in messages, `quirk/data.rs` in values
//! and keys. Not here: octets that cannot be read at all ([`crate::Error`]).

use core::fmt;

mod data;
mod message;
#[cfg(test)]
mod tests;

pub use data::{of_public_key, of_site, of_value};
pub use message::{of_envelope, of_message};

/// Names one oddity. Names never change their meaning.
///
/// ```
/// use wire::{Message, Quirk, quirk};
///
/// // A site info request whose credential's length is missing, as in some old messages.
/// let octets = b"\x02\x0b\x02\x0b\0\0\0\0\x01\x02\x03\x04\0\0\0\0\0\0\0\x1d\
///     \0\0\0\x02\0\0\0\0\x19\0\0\0\0\x01\0\0\x7f\xff\xff\xff\0\0\0\x05\0\0\0\x01/";
/// let message = Message::decode(octets.as_slice().into())?;
/// assert_eq!(quirk::of_message(&message), [Quirk::CREDENTIAL_MISSING]);
/// assert_eq!(Quirk::CREDENTIAL_MISSING.name(), "credential-missing");
/// # Ok::<(), wire::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quirk(&'static str);

/// One table makes the constants, their names, their meanings and the list of all.
macro_rules! quirks {
    ($($(#[doc = $meaning:literal])+ $constant:ident = $name:literal;)*) => {
        impl Quirk {
            $($(#[doc = $meaning])+ pub const $constant: Self = Self($name);)*

            /// Every quirk there is, in the order of a message.
            pub const ALL: &[Self] = &[$(Self::$constant,)*];

            /// What the name stands for, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self.0 {
                    $($name => concat!($($meaning),+).trim_ascii_start(),)*
                    _ => "",
                }
            }
        }
    };
}

quirks! {
    /// A line end stands before the message, as some HTTP tunnels leave one.
    LINE_END_BEFORE_MESSAGE = "line-end-before-message";
    /// The major version is 5, which clients older than 2.1 write.
    MAJOR_VERSION_5 = "major-version-5";
    /// The message is marked compressed, though it is not; some servers echo the mark.
    COMPRESSED_FLAG = "compressed-flag";
    /// A fragment is not marked as one; servers before 9.3 of the reference software forget it.
    FRAGMENT_NOT_MARKED = "fragment-not-marked";
    /// A whole message is marked as a fragment.
    FRAGMENT_FLAG_ON_WHOLE_MESSAGE = "fragment-flag-on-whole-message";
    /// A whole message has a sequence number.
    SEQUENCE_IN_WHOLE_MESSAGE = "sequence-in-whole-message";
    /// The padding of an encrypted message ends with its length but is not filled with it.
    UNUSUAL_PADDING = "unusual-padding";
    /// The reserved octet of the header is not 0.
    RESERVED_OCTET_SET = "reserved-octet-set";
    /// Operation flags without a meaning are set.
    UNKNOWN_OP_FLAGS = "unknown-op-flags";
    /// The body does not have the layout of its operation.
    BODY_MALFORMED = "body-malformed";
    /// Octets follow the last field of a body.
    BODY_TRAILING_OCTETS = "body-trailing-octets";
    /// Octets follow the message of a failure; the RFC puts a list of indexes there.
    ERROR_BODY_TRAILING_OCTETS = "error-body-trailing-octets";
    /// The body of a failure is empty.
    ERROR_BODY_EMPTY = "error-body-empty";
    /// A referral has a count of values though there are none.
    REFERRAL_COUNT_ZERO = "referral-count-zero";
    /// The answer to a registration does not name the identifier, as before version 9 of the
    /// reference software.
    CREATION_WITHOUT_IDENTIFIER = "creation-without-identifier";
    /// A session set-up does not end with the two zero octets that everybody writes.
    SETUP_END_MISSING = "setup-end-missing";
    /// An octet that says yes or no is neither 0 nor 1.
    BOOLEAN_OCTET = "boolean-octet";
    /// The digest in a verification has a code in front instead of a length.
    VERIFICATION_DIGEST_CODED = "verification-digest-coded";
    /// A proof does not have the layout of its kind.
    PROOF_MALFORMED = "proof-malformed";
    /// An identifier or a type is not UTF-8.
    TEXT_NOT_UTF8 = "text-not-utf8";
    /// The index of a value is 0 or has its highest bit set.
    VALUE_INDEX_OUT_OF_RANGE = "value-index-out-of-range";
    /// The ttl of a value is neither relative nor absolute.
    TTL_KIND_UNKNOWN = "ttl-kind-unknown";
    /// Permissions of a value have bits without a meaning.
    PERMISSIONS_UNKNOWN_BITS = "permissions-unknown-bits";
    /// The data of a value is not as its reserved type says.
    DATA_MALFORMED = "data-malformed";
    /// The data of an administrator ends with two zero octets, as old writers left them.
    ADMIN_LEGACY_LENGTH = "admin-legacy-length";
    /// Permissions of an administrator have bits without a meaning.
    ADMIN_PERMISSIONS_UNKNOWN_BITS = "admin-permissions-unknown-bits";
    /// A site has a format, flags, a hash option or a kind of interface without a meaning.
    SITE_UNKNOWN_NUMBERS = "site-unknown-numbers";
    /// The reserved number of a public key is not 0.
    KEY_RESERVED_SET = "key-reserved-set";
    /// A number of a key lacks the zero octet that tells it from a negative one.
    KEY_INTEGER_WITHOUT_SIGN = "key-integer-without-sign";
    /// A number of a key has more zero octets in front than it needs.
    KEY_INTEGER_PADDED = "key-integer-padded";
    /// A public key is a PEM text with nothing around it.
    KEY_BARE_PEM = "key-bare-pem";
    /// The length of the credential is missing, as in some old messages.
    CREDENTIAL_MISSING = "credential-missing";
    /// What follows the body is not a credential.
    CREDENTIAL_MALFORMED = "credential-malformed";
    /// A field of the credential that means nothing is set.
    CREDENTIAL_RESERVED_SET = "credential-reserved-set";
    /// The credential names a signer, as the RFC has it.
    CREDENTIAL_SIGNER = "credential-signer";
    /// A signature is called `HS_DSAPUBKEY`, as in old messages.
    CREDENTIAL_KIND_LEGACY = "credential-kind-legacy";
    /// The digest of a credential or proof is named by one octet.
    ALGORITHM_CODE = "algorithm-code";
    /// The digest of a credential or proof has another of its usual names, `SHA-1` or `SHA256`.
    ALGORITHM_ALIAS = "algorithm-alias";
}

impl Quirk {
    /// The name, in small letters with hyphens.
    pub fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Quirk({self})")
    }
}
