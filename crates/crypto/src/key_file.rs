//! Opening key files with a passphrase, and writing them: all encryptions that the field has.
//!
//! | encryption | key to the file |
//! | --- | --- |
//! | 0 DES in ECB mode, 2 DES in CBC mode | first 8 octets of the MD5 of the passphrase |
//! | 1 none | - |
//! | 3 triple DES, 4 AES, in CBC mode | PBKDF2 with HMAC-SHA1 (RFC 8018) |
//!
//! Not here: the structure of the file ([`model::key_file`]) and of the key in it
//! ([`model::private_key`]).

use crate::CipherError;
use crate::cbc_mode::{BlockCipher, padded, unpadded};
use bytes::Bytes;
use md5::{Digest, Md5};
use model::KeyFile;
use model::key_file::{Encryption, Sealed};

#[cfg(test)]
mod tests;

/// The iterations of new files, as the reference software writes them.
pub const ITERATIONS: u32 = 10_000;

/// The most iterations that are done: a second or so, for a file must not choose how long its
/// reader works. Beyond it: [`CipherError::Iterations`].
pub const ITERATIONS_MAX: u32 = 1_000_000;

/// The octets of the private key in a file.
///
/// A wrong passphrase is not always noticed: one in 256 gives other octets instead of an error.
///
/// # Errors
/// [`CipherError::Padding`] if the passphrase is wrong; the others if the file cannot be opened
/// with any.
pub fn open(file: &KeyFile, passphrase: &[u8]) -> Result<Bytes, CipherError> {
    match file {
        KeyFile::Bare(key) | KeyFile::Plain(key) => Ok(key.clone()),
        KeyFile::DesEcb { ciphertext } => {
            let blocks = ecb(passphrase, ciphertext, decrypt_des)?;
            unpad(&blocks, BlockCipher::Des)
        }
        KeyFile::DesCbc { iv, ciphertext } => {
            let blocks = BlockCipher::Des.decrypt(&des_key(passphrase), iv, ciphertext)?;
            unpad(&blocks, BlockCipher::Des)
        }
        KeyFile::Derived { encryption, sealed } => {
            let cipher = cipher_of(*encryption)?;
            let key = derived_key(cipher, passphrase, sealed)?;
            let blocks = cipher.decrypt(&key, &sealed.iv, &sealed.ciphertext)?;
            unpad(&blocks, cipher)
        }
        KeyFile::Other { encryption, .. } => Err(unknown(*encryption)),
    }
}

/// A file as `like` one, with the same encryption, salt, initial vector and iterations, but with
/// another key in it; what `like` has for a ciphertext does not matter.
///
/// ```
/// use crypto::key_file::{open, seal};
/// use model::KeyFile;
///
/// let like = KeyFile::DesCbc { iv: [7; 8], ciphertext: bytes::Bytes::new() };
/// let file = seal(&like, b"hunter2", b"the key")?;
/// assert_eq!(open(&file, b"hunter2")?, "the key");
/// assert!(open(&file, b"hunter3").is_err());
/// # Ok::<(), crypto::CipherError>(())
/// ```
///
/// # Errors
/// If a file like that cannot be written.
pub fn seal(like: &KeyFile, passphrase: &[u8], key: &[u8]) -> Result<KeyFile, CipherError> {
    Ok(match like {
        KeyFile::Bare(_) => KeyFile::Bare(Bytes::copy_from_slice(key)),
        KeyFile::Plain(_) => KeyFile::Plain(Bytes::copy_from_slice(key)),
        KeyFile::DesEcb { .. } => {
            let blocks = padded(key, BlockCipher::Des.block_octets());
            let ciphertext = ecb(passphrase, &blocks, encrypt_des)?.into();
            KeyFile::DesEcb { ciphertext }
        }
        KeyFile::DesCbc { iv, .. } => {
            let blocks = padded(key, BlockCipher::Des.block_octets());
            let ciphertext = BlockCipher::Des.encrypt(&des_key(passphrase), iv, &blocks)?;
            KeyFile::DesCbc {
                iv: *iv,
                ciphertext: ciphertext.into(),
            }
        }
        KeyFile::Derived { encryption, sealed } => {
            let cipher = cipher_of(*encryption)?;
            let derived = derived_key(cipher, passphrase, sealed)?;
            let blocks = padded(key, cipher.block_octets());
            let ciphertext = cipher.encrypt(&derived, &sealed.iv, &blocks)?;
            KeyFile::Derived {
                encryption: *encryption,
                sealed: Sealed {
                    ciphertext: ciphertext.into(),
                    ..sealed.clone()
                },
            }
        }
        KeyFile::Other { encryption, .. } => return Err(unknown(*encryption)),
    })
}

/// What a new file is sealed [like](seal): AES as the reference software writes it, with a salt
/// and an initial vector that must be random.
pub fn usual(salt: [u8; 16], iv: [u8; 16]) -> KeyFile {
    KeyFile::Derived {
        encryption: Encryption::AES,
        sealed: Sealed {
            salt: salt.to_vec().into(),
            iterations: ITERATIONS,
            key_bits: key_bits(BlockCipher::Aes),
            iv: iv.to_vec().into(),
            ciphertext: Bytes::new(),
        },
    }
}

/// A new file with a key in it: [usual], with random salt and initial vector.
///
/// # Errors
/// [`CipherError::Random`].
pub fn seal_new(passphrase: &[u8], key: &[u8]) -> Result<KeyFile, CipherError> {
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    for octets in [&mut salt, &mut iv] {
        aws_lc_rs::rand::fill(octets).map_err(|_| CipherError::Random)?;
    }
    seal(&usual(salt, iv), passphrase, key)
}

fn cipher_of(encryption: Encryption) -> Result<BlockCipher, CipherError> {
    match encryption {
        Encryption::TRIPLE_DES => Ok(BlockCipher::TripleDes),
        Encryption::AES => Ok(BlockCipher::Aes),
        other => Err(unknown(other)),
    }
}

fn unknown(Encryption(number): Encryption) -> CipherError {
    CipherError::Encryption { number }
}

fn key_bits(cipher: BlockCipher) -> u32 {
    u32::try_from(8 * cipher.key_octets()).expect("keys are short")
}

fn derived_key(
    cipher: BlockCipher,
    passphrase: &[u8],
    sealed: &Sealed,
) -> Result<Vec<u8>, CipherError> {
    let (iterations, limit) = (sealed.iterations, ITERATIONS_MAX);
    if !(1..=limit).contains(&iterations) {
        return Err(CipherError::Iterations { iterations, limit });
    }
    let (key_bits, needed) = (sealed.key_bits, key_bits(cipher));
    if key_bits != needed {
        return Err(CipherError::KeyBits { key_bits, needed });
    }
    let mut key = vec![0; cipher.key_octets()];
    pbkdf2::pbkdf2_hmac::<sha1::Sha1>(passphrase, &sealed.salt, iterations, &mut key);
    Ok(key)
}

fn des_key(passphrase: &[u8]) -> Vec<u8> {
    let digest = Md5::digest(passphrase);
    digest
        .iter()
        .copied()
        .take(BlockCipher::Des.key_octets())
        .collect()
}

/// What one block becomes under a key.
type OneBlock = fn(&[u8], &[u8]) -> Result<Vec<u8>, CipherError>;

/// ECB is every block by itself: CBC of one block with zeros for its initial vector.
fn ecb(passphrase: &[u8], blocks: &[u8], one: OneBlock) -> Result<Vec<u8>, CipherError> {
    let key = des_key(passphrase);
    let block = BlockCipher::Des.block_octets();
    let whole: Result<Vec<_>, _> = blocks.chunks(block).map(|block| one(&key, block)).collect();
    Ok(whole?.concat())
}

fn encrypt_des(key: &[u8], block: &[u8]) -> Result<Vec<u8>, CipherError> {
    BlockCipher::Des.encrypt(key, &[0; 8], block)
}

fn decrypt_des(key: &[u8], block: &[u8]) -> Result<Vec<u8>, CipherError> {
    BlockCipher::Des.decrypt(key, &[0; 8], block)
}

fn unpad(blocks: &[u8], cipher: BlockCipher) -> Result<Bytes, CipherError> {
    unpadded(blocks, cipher.block_octets()).map(Bytes::copy_from_slice)
}
