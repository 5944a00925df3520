//! What can be wrong with messages. Not here: what is wrong inside a value (`model::Error`).

use bytes::Bytes;

/// Tells why octets are not a message. The peer that sent them must act, on every variant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A field is cut, too long or malformed.
    #[error(transparent)]
    Field(#[from] model::Error),
    /// The envelope announces a message outside the limits.
    #[error("the envelope announces {octets} octets, a message has {min} to {max}")]
    MessageLength {
        /// What the envelope says.
        octets: usize,
        /// The shortest possible message: a header.
        min: usize,
        /// The longest that is accepted.
        max: usize,
    },
    /// The payload is not as long as the envelope says.
    #[error("the envelope announces {announced} octets, {received} came")]
    PayloadLength {
        /// What the envelope says.
        announced: usize,
        /// What there was.
        received: usize,
    },
    /// The message says it is compressed, which no version of the protocol defines.
    #[error("the message is marked compressed; no compression is defined")]
    Compressed,
    /// The message is encrypted, and nobody has decrypted it.
    #[error("the message is encrypted with a session key")]
    Encrypted,
    /// A request digest has an algorithm nobody knows.
    #[error("request digest algorithm {code} is none of 1 (MD5), 2 (SHA-1), 3 (SHA-256)")]
    DigestAlgorithm {
        /// The algorithm octet.
        code: u8,
    },
    /// A fragment does not belong to the message that the others make up.
    #[error("fragment {sequence} does not fit a message of {announced} octets")]
    Fragment {
        /// Its sequence number.
        sequence: u32,
        /// The length of the whole message, as announced.
        announced: usize,
    },
    /// The answer to a challenge is made with a key of a kind nobody knows.
    #[error("authentication {} is neither HS_PUBKEY nor HS_SECKEY", kind.escape_ascii())]
    Authentication {
        /// What it says.
        kind: Bytes,
    },
    /// A request for a transaction log has a layout nobody knows.
    #[error("layout {code} of the transaction log request is neither 0 (own) nor 1 (all servers)")]
    TxnLogLayout {
        /// The octet that names the layout.
        code: u8,
    },
    /// A replication stream is protected in a way nobody knows.
    #[error("protection {code:#010x} of the stream is none of signed, unsigned, TLS")]
    Protection {
        /// What it says.
        code: u32,
    },
    /// A record of a replication stream is of a kind nobody knows.
    #[error("record of the stream has the unknown kind {code}")]
    StreamRecord {
        /// The octet that names the kind.
        code: u8,
    },
}
