//! Block ciphers in CBC mode, and the padding of their last block (RFC 8018 appendix B.2).
//!
//! Not here: where keys and initial vectors come from.

use crate::CipherError;
use aes::Aes128;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use cbc::{Decryptor, Encryptor};
use des::{Des, TdesEde3};
use sm4::Sm4;

/// A block cipher that the field uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockCipher {
    /// DES (FIPS 46-3): a key of 8 octets, no protection any more.
    Des,
    /// Triple DES with three keys, 24 octets.
    TripleDes,
    /// AES with a key of 16 octets.
    Aes,
    /// SM4 (GB/T 32907), a key of 16 octets.
    Sm4,
}

impl BlockCipher {
    /// How long a key is, in octets.
    pub fn key_octets(self) -> usize {
        match self {
            Self::Des => 8,
            Self::TripleDes => 24,
            Self::Aes | Self::Sm4 => 16,
        }
    }

    /// How long a block is, in octets.
    pub fn block_octets(self) -> usize {
        match self {
            Self::Des | Self::TripleDes => 8,
            Self::Aes | Self::Sm4 => 16,
        }
    }

    /// Encrypts whole blocks. Of a key that is too long the beginning counts.
    pub(crate) fn encrypt(
        self,
        key: &[u8],
        iv: &[u8],
        blocks: &[u8],
    ) -> Result<Vec<u8>, CipherError> {
        let key = self.check(key, iv, blocks)?;
        Ok(match self {
            Self::Des => encrypt_with::<Encryptor<Des>>(key, iv, blocks),
            Self::TripleDes => encrypt_with::<Encryptor<TdesEde3>>(key, iv, blocks),
            Self::Aes => encrypt_with::<Encryptor<Aes128>>(key, iv, blocks),
            Self::Sm4 => encrypt_with::<Encryptor<Sm4>>(key, iv, blocks),
        })
    }

    /// Decrypts whole blocks. Of a key that is too long the beginning counts.
    pub(crate) fn decrypt(
        self,
        key: &[u8],
        iv: &[u8],
        blocks: &[u8],
    ) -> Result<Vec<u8>, CipherError> {
        let key = self.check(key, iv, blocks)?;
        Ok(match self {
            Self::Des => decrypt_with::<Decryptor<Des>>(key, iv, blocks),
            Self::TripleDes => decrypt_with::<Decryptor<TdesEde3>>(key, iv, blocks),
            Self::Aes => decrypt_with::<Decryptor<Aes128>>(key, iv, blocks),
            Self::Sm4 => decrypt_with::<Decryptor<Sm4>>(key, iv, blocks),
        })
    }

    /// The part of the key that counts.
    fn check<'a>(self, key: &'a [u8], iv: &[u8], blocks: &[u8]) -> Result<&'a [u8], CipherError> {
        let (needed, block) = (self.key_octets(), self.block_octets());
        if iv.len() != block {
            return Err(CipherError::InitialVector {
                octets: iv.len(),
                block,
            });
        }
        if blocks.is_empty() || !blocks.len().is_multiple_of(block) {
            return Err(CipherError::Blocks {
                octets: blocks.len(),
                block,
            });
        }
        key.get(..needed).ok_or(CipherError::KeyTooShort {
            octets: key.len(),
            needed,
        })
    }
}

fn encrypt_with<M: BlockModeEncrypt + KeyIvInit>(key: &[u8], iv: &[u8], blocks: &[u8]) -> Vec<u8> {
    let mode = M::new_from_slices(key, iv).expect("the lengths have been checked");
    mode.encrypt_padded_vec::<NoPadding>(blocks)
}

fn decrypt_with<M: BlockModeDecrypt + KeyIvInit>(key: &[u8], iv: &[u8], blocks: &[u8]) -> Vec<u8> {
    let mode = M::new_from_slices(key, iv).expect("the lengths have been checked");
    let plain = mode.decrypt_padded_vec::<NoPadding>(blocks);
    plain.expect("whole blocks need no padding")
}

/// Fills the last block: as many octets as are missing, each saying how many; a whole block if
/// none are.
pub(crate) fn padded(octets: &[u8], block: usize) -> Vec<u8> {
    let missing = block - octets.len() % block;
    let fill = u8::try_from(missing).expect("blocks are short");
    let mut padded = octets.to_vec();
    padded.resize(octets.len() + missing, fill);
    padded
}

/// What was there before [`padded`].
pub(crate) fn unpadded(octets: &[u8], block: usize) -> Result<&[u8], CipherError> {
    let fill = *octets.last().ok_or(CipherError::Padding)?;
    let kept = octets.len().checked_sub(fill.into());
    let (plain, padding) = kept
        .filter(|_| (1..=block).contains(&fill.into()))
        .and_then(|kept| octets.split_at_checked(kept))
        .ok_or(CipherError::Padding)?;
    if padding.iter().any(|&octet| octet != fill) {
        return Err(CipherError::Padding);
    }
    Ok(plain)
}
