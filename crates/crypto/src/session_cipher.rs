//! The encryption of messages in a session: initial vector, then CBC, since 2.4.
//!
//! Not here: agreeing on the key, and which messages are encrypted (room `engine`).

use crate::Provider;
use crate::cbc_mode::{padded, unpadded};
use engine::ciphers::VECTOR_OCTETS_MAX;
use engine::{Ciphers, VectorForm};
use std::fmt;
use wire::session::SessionCipher as CipherNumber;
use zeroize::Zeroizing;

pub use crate::CipherError;
pub use crate::cbc_mode::BlockCipher;

#[cfg(test)]
mod tests;

/// A cipher with the key of a session, of which the beginning counts. `Debug` never shows the key.
///
/// ```
/// use crypto::session_cipher::{BlockCipher, SessionCipher};
///
/// let cipher = SessionCipher::new(BlockCipher::Aes, &[7; 32])?;
/// let sealed = cipher.seal(&[9; 16], b"attack at dawn")?;
/// assert_eq!(sealed.len(), 32, "initial vector and one block");
/// assert_eq!(cipher.open(&sealed)?, b"attack at dawn");
/// # Ok::<(), crypto::CipherError>(())
/// ```
#[derive(Clone)]
pub struct SessionCipher {
    cipher: BlockCipher,
    key: Zeroizing<Vec<u8>>,
}

impl SessionCipher {
    /// A cipher with the key of a session.
    ///
    /// # Errors
    /// [`CipherError::KeyTooShort`].
    pub fn new(cipher: BlockCipher, session_key: &[u8]) -> Result<Self, CipherError> {
        let needed = cipher.key_octets();
        let key = session_key.get(..needed).ok_or(CipherError::KeyTooShort {
            octets: session_key.len(),
            needed,
        })?;
        Ok(Self {
            cipher,
            key: Zeroizing::new(key.to_vec()),
        })
    }

    /// Which cipher it is.
    pub fn cipher(&self) -> BlockCipher {
        self.cipher
    }

    /// Encrypts a message; its initial vector stands in front of the result.
    ///
    /// # Errors
    /// [`CipherError::InitialVector`].
    pub fn seal(&self, iv: &[u8], octets: &[u8]) -> Result<Vec<u8>, CipherError> {
        self.seal_blocks(iv, &padded(octets, self.cipher.block_octets()))
    }

    /// Encrypts whole blocks, the last of which is filled already.
    ///
    /// # Errors
    /// [`CipherError::InitialVector`], [`CipherError::Blocks`].
    pub fn seal_blocks(&self, iv: &[u8], blocks: &[u8]) -> Result<Vec<u8>, CipherError> {
        let sealed = self.cipher.encrypt(&self.key, iv, blocks)?;
        Ok([iv, &sealed].concat())
    }

    /// Decrypts what [`SessionCipher::seal`] encrypted.
    ///
    /// # Errors
    /// [`CipherError::Blocks`], or [`CipherError::Padding`] if the key does not fit.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, CipherError> {
        let blocks = self.open_blocks(sealed)?;
        Ok(unpadded(&blocks, self.cipher.block_octets())?.to_vec())
    }

    /// Decrypts whole blocks and leaves the filling of the last one.
    ///
    /// # Errors
    /// [`CipherError::Blocks`], [`CipherError::InitialVector`] if not even that is there.
    pub fn open_blocks(&self, sealed: &[u8]) -> Result<Vec<u8>, CipherError> {
        let block = self.cipher.block_octets();
        let (iv, blocks) = sealed.split_at_checked(block).unwrap_or((sealed, &[]));
        self.cipher.decrypt(&self.key, iv, blocks)
    }
}

/// Shows the cipher only.
impl fmt::Debug for SessionCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionCipher({:?})", self.cipher)
    }
}

/// The cipher that a number of the protocol names.
fn cipher_of(number: CipherNumber) -> Option<BlockCipher> {
    match number {
        CipherNumber::DES => Some(BlockCipher::Des),
        CipherNumber::TRIPLE_DES => Some(BlockCipher::TripleDes),
        CipherNumber::AES => Some(BlockCipher::Aes),
        CipherNumber::SM4 => Some(BlockCipher::Sm4),
        _ => None,
    }
}

/// The key as an initial vector, as clients of the Chinese system take it with SM4; nobody does
/// with another cipher.
fn key_vector(cipher: BlockCipher, key: &[u8]) -> Option<&[u8]> {
    match cipher {
        BlockCipher::Sm4 => key.get(..cipher.block_octets()),
        _ => None,
    }
}

impl Ciphers for Provider {
    fn encrypt(
        &self,
        cipher: CipherNumber,
        form: VectorForm,
        key: &[u8],
        random: [u8; VECTOR_OCTETS_MAX],
        octets: &[u8],
    ) -> Option<Vec<u8>> {
        let cipher = cipher_of(cipher)?;
        let block = cipher.block_octets();
        match form {
            VectorForm::InFront => {
                let session = SessionCipher::new(cipher, key).ok()?;
                session.seal(random.get(..block)?, octets).ok()
            }
            VectorForm::Key => {
                let vector = key_vector(cipher, key)?;
                cipher.encrypt(key, vector, &padded(octets, block)).ok()
            }
        }
    }

    fn decrypt(
        &self,
        cipher: CipherNumber,
        form: VectorForm,
        key: &[u8],
        octets: &[u8],
    ) -> Option<Vec<u8>> {
        let cipher = cipher_of(cipher)?;
        match form {
            VectorForm::InFront => SessionCipher::new(cipher, key).ok()?.open(octets).ok(),
            VectorForm::Key => {
                let blocks = cipher.decrypt(key, key_vector(cipher, key)?, octets).ok()?;
                Some(unpadded(&blocks, cipher.block_octets()).ok()?.to_vec())
            }
        }
    }
}
