//! What can be wrong with octets that are to be decrypted, and with what they need.

/// Tells why something cannot be encrypted or decrypted. Whoever gave it must act; a wrong key or
/// passphrase shows as [`CipherError::Padding`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CipherError {
    /// A key is too short for its cipher.
    #[error("the key has {octets} octets, the cipher needs {needed}")]
    KeyTooShort {
        /// How long it is.
        octets: usize,
        /// How long it must be.
        needed: usize,
    },
    /// An initial vector is not one block long.
    #[error("the initial vector has {octets} octets, a block of the cipher has {block}")]
    InitialVector {
        /// How long it is.
        octets: usize,
        /// How long a block is.
        block: usize,
    },
    /// Octets are not whole blocks.
    #[error("{octets} octets are not one or more blocks of {block}")]
    Blocks {
        /// How many there are.
        octets: usize,
        /// How long a block is.
        block: usize,
    },
    /// What was decrypted does not end as it should.
    #[error("the key or passphrase does not fit: what is decrypted ends wrongly")]
    Padding,
    /// The operating system gives no random octets.
    #[error("the operating system gives no random octets")]
    Random,
    /// A key file wants a key of a length that its cipher does not have.
    #[error("the file wants a key of {key_bits} bits, its cipher has one of {needed}")]
    KeyBits {
        /// What the file says.
        key_bits: u32,
        /// What the cipher has.
        needed: u32,
    },
    /// A key file asks for more work than is done.
    #[error("the file asks for {iterations} iterations, the limit is 1 to {limit}")]
    Iterations {
        /// What the file says.
        iterations: u32,
        /// The most that are done.
        limit: u32,
    },
    /// A key file is encrypted in a way that nobody knows.
    #[error("encryption {number} of the key file is none of 0 to 4")]
    Encryption {
        /// The number in front of the file.
        number: u32,
    },
}
