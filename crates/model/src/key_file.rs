//! Files that hold a private key, encrypted with a passphrase or not: their structure.
//!
//! | octets | field |
//! | --- | --- |
//! | 4 | encryption, below 10 |
//! | rest | as below |
//!
//! | encryption | the rest |
//! | --- | --- |
//! | 0, DES in ECB mode | ciphertext |
//! | 1, none | the key |
//! | 2, DES in CBC mode | initial vector 8, ciphertext |
//! | 3, triple DES | salt 4 + n, iterations 4, key bits 4, initial vector 4 + n, ciphertext 4 + n |
//! | 4, AES | the same |
//!
//! A file may also be the bare key: its first four octets are then the length of the key's type,
//! which is 10 or more. Not here: the key itself ([`crate::private_key`]), passphrases and
//! decryption (room `crypto`).

use crate::Error;
use crate::octets::{Reader, put_string};
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;

#[cfg(test)]
mod tests;

/// Numbers from here on are no encryption but the length of a bare key's type.
const ENCRYPTIONS: u32 = 10;

const DES_IV_OCTETS: usize = 8;

/// Says how a key file is encrypted, by the number in front; unknown ones survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encryption(pub u32);

impl Encryption {
    /// DES in ECB mode; nobody should write it any more.
    pub const DES_ECB: Self = Self(0);
    /// None at all.
    pub const NONE: Self = Self(1);
    /// DES in CBC mode; nobody should write it any more.
    pub const DES_CBC: Self = Self(2);
    /// Triple DES in CBC mode, its key from PBKDF2 with HMAC-SHA1.
    pub const TRIPLE_DES: Self = Self(3);
    /// AES in CBC mode, its key from PBKDF2 with HMAC-SHA1; what the reference software writes.
    pub const AES: Self = Self(4);
}

/// A key file, taken apart. `Debug` never shows the key.
///
/// ```
/// use bytes::Bytes;
/// use model::key_file::{Encryption, KeyFile};
///
/// let octets = Bytes::from_static(
///     b"\0\0\0\x04\0\0\0\x02sa\0\0\x27\x10\0\0\0\x80\0\0\0\x02iv\0\0\0\x03abc",
/// );
/// let file = KeyFile::decode(octets.clone())?;
/// let KeyFile::Derived { encryption, sealed } = &file else { panic!() };
/// assert_eq!(*encryption, Encryption::AES);
/// assert_eq!((sealed.iterations, sealed.key_bits), (10_000, 128));
/// assert_eq!(file.encode(), octets);
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum KeyFile {
    /// The key with nothing in front.
    Bare(Bytes),
    /// [`Encryption::NONE`], then the key.
    Plain(Bytes),
    /// [`Encryption::DES_ECB`].
    DesEcb {
        /// The encrypted key.
        ciphertext: Bytes,
    },
    /// [`Encryption::DES_CBC`].
    DesCbc {
        /// Initial vector.
        iv: [u8; DES_IV_OCTETS],
        /// The encrypted key.
        ciphertext: Bytes,
    },
    /// [`Encryption::TRIPLE_DES`] or [`Encryption::AES`].
    Derived {
        /// Which of the two.
        encryption: Encryption,
        /// What is needed to open it.
        sealed: Sealed,
    },
    /// An encryption that we do not know.
    Other {
        /// Its number.
        encryption: Encryption,
        /// All that follows it.
        rest: Bytes,
    },
}

/// An encrypted key, and how the key to it is derived from a passphrase (PBKDF2, RFC 8018).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// What is mixed into the passphrase, usually 16 octets.
    pub salt: Bytes,
    /// How often the passphrase is hashed, usually 10,000. As the file says: who opens it must
    /// bound the work.
    pub iterations: u32,
    /// Length of the derived key in bits: 192 for triple DES, 128 for AES.
    pub key_bits: u32,
    /// Initial vector, one block.
    pub iv: Bytes,
    /// The encrypted key.
    pub ciphertext: Bytes,
}

impl KeyFile {
    /// Reads a file; a bare key is not looked into.
    ///
    /// # Errors
    /// [`Error::Truncated`], [`Error::AboveLimit`] or [`Error::Trailing`].
    pub fn decode(octets: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(octets.clone());
        let encryption = Encryption(reader.u32("key file encryption")?);
        Ok(match encryption {
            Encryption(ENCRYPTIONS..) => Self::Bare(octets),
            Encryption::NONE => Self::Plain(reader.rest()),
            Encryption::DES_ECB => Self::DesEcb {
                ciphertext: reader.rest(),
            },
            Encryption::DES_CBC => Self::DesCbc {
                iv: reader.array("key file initial vector")?,
                ciphertext: reader.rest(),
            },
            Encryption::TRIPLE_DES | Encryption::AES => Self::Derived {
                encryption,
                sealed: Sealed::read(reader)?,
            },
            _ => Self::Other {
                encryption,
                rest: reader.rest(),
            },
        })
    }

    /// The octets, equal to those it was read from.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        if let Some(Encryption(number)) = self.encryption() {
            out.extend_from_slice(&number.to_be_bytes());
        }
        match self {
            Self::Bare(key) | Self::Plain(key) => out.extend_from_slice(key),
            Self::DesEcb { ciphertext } => out.extend_from_slice(ciphertext),
            Self::DesCbc { iv, ciphertext } => {
                out.extend_from_slice(iv);
                out.extend_from_slice(ciphertext);
            }
            Self::Derived { sealed, .. } => sealed.put(&mut out),
            Self::Other { rest, .. } => out.extend_from_slice(rest),
        }
        out.into()
    }

    /// How the key is encrypted; none for a bare key, which does not say.
    pub fn encryption(&self) -> Option<Encryption> {
        match self {
            Self::Bare(_) => None,
            Self::Plain(_) => Some(Encryption::NONE),
            Self::DesEcb { .. } => Some(Encryption::DES_ECB),
            Self::DesCbc { .. } => Some(Encryption::DES_CBC),
            Self::Derived { encryption, .. } | Self::Other { encryption, .. } => Some(*encryption),
        }
    }

    /// The octets of the key, where no passphrase is needed for them.
    pub fn plain_key(&self) -> Option<&Bytes> {
        match self {
            Self::Bare(key) | Self::Plain(key) => Some(key),
            _ => None,
        }
    }
}

impl Sealed {
    fn read(mut reader: Reader) -> Result<Self, Error> {
        let sealed = Self {
            salt: reader.string("key file salt")?,
            iterations: reader.u32("key file iterations")?,
            key_bits: reader.u32("key file key bits")?,
            iv: reader.string("key file initial vector")?,
            ciphertext: reader.string("key file ciphertext")?,
        };
        reader.finish("key file")?;
        Ok(sealed)
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_string(out, &self.salt);
        out.extend_from_slice(&self.iterations.to_be_bytes());
        out.extend_from_slice(&self.key_bits.to_be_bytes());
        put_string(out, &self.iv);
        put_string(out, &self.ciphertext);
    }
}

/// Shows how the key is encrypted, never the key.
impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.encryption() {
            None => f.write_str("KeyFile(bare)"),
            Some(Encryption(number)) => write!(f, "KeyFile(encryption {number})"),
        }
    }
}
