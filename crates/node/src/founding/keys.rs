//! The node's two key pairs: read if they are there, made once if they are not.

use super::Error;
use super::files::{self, OPEN, SECRET};
use super::rotation::{self, OldKey};
use crypto::{RsaBits, SigningKey};
use engine::Digests;
use model::{KeyFile, PrivateKey, PublicKey};
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;
use std::thread;

pub(super) const SITE_PRIVATE: &str = "privkey.bin";
pub(super) const SITE_PUBLIC: &str = "pubkey.bin";
pub(super) const ADMIN_PRIVATE: &str = "admpriv.bin";
pub(super) const ADMIN_PUBLIC: &str = "admpub.bin";

/// The length of the keys that are made: what the field's clients all take, and a third of the time
/// of 3,072 bits for every answer that is signed (0.25 ms instead of 0.75 ms). Whoever wants a
/// longer key brings it in its file.
const BITS: RsaBits = RsaBits::Least;

/// The keys of a node.
#[derive(Debug)]
pub struct Keys {
    /// The key with which the site proves its answers.
    pub site: Arc<SigningKey>,
    /// The public key to it.
    pub site_public: PublicKey,
    /// The key of the site before, as long as a rotation is not finished.
    pub old: Option<OldKey>,
    /// The public key of the administrator of the own root.
    pub admin_public: PublicKey,
}

impl Keys {
    /// Reads the keys in a data folder, and makes those that are missing.
    ///
    /// With a passphrase, keys that are made are encrypted with it; keys that are there may be or
    /// not. Making one takes 60 ms on average; both are made at the same time.
    ///
    /// # Errors
    /// [`Error::Loose`], [`Error::LostKey`], [`Error::Key`], [`Error::Io`], [`Error::Crypto`].
    pub fn open(folder: &Path, passphrase: Option<&[u8]>) -> Result<Self, Error> {
        let open = |private, public| open_pair(folder, private, public, passphrase);
        let (site, admin) = thread::scope(|scope| {
            let admin = scope.spawn(|| open(ADMIN_PRIVATE, ADMIN_PUBLIC));
            let site = open(SITE_PRIVATE, SITE_PUBLIC);
            (
                site,
                admin.join().expect("opening a key pair does not panic"),
            )
        });
        let ((site, site_public), (_, admin_public)) = (site?, admin?);
        Ok(Self {
            site: Arc::new(site),
            site_public,
            old: rotation::open(folder, passphrase)?,
            admin_public,
        })
    }

    /// The SHA-256 digest of the site's public key as clients know it, in hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.site_public)
    }
}

/// The SHA-256 digest of a public key as clients know it, in hexadecimal digits.
pub(super) fn fingerprint(key: &PublicKey) -> String {
    let digest = crypto::Provider.sha256(&key.encode());
    digest.iter().fold(String::new(), |mut text, octet| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

fn open_pair(
    folder: &Path,
    private: &str,
    public: &str,
    passphrase: Option<&[u8]>,
) -> Result<(SigningKey, PublicKey), Error> {
    let (private, public) = (folder.join(private), folder.join(public));
    let public_octets = files::read(&public)?;
    let key = match files::read_secret(&private)? {
        Some(octets) => read_key(&private, octets, passphrase)?,
        None if public_octets.is_some() => return Err(Error::LostKey { private, public }),
        None => make_key(&private, passphrase)?,
    };
    let usable = SigningKey::new(&key).map_err(|error| unusable(&private, &error))?;
    let public_key = usable.public_key();
    if public_octets.as_deref() != Some(&public_key.encode()) {
        files::replace(&public, &public_key.encode(), OPEN)?;
    }
    Ok((usable, public_key))
}

/// The key in a file's octets, ready to sign.
pub(super) fn usable(
    path: &Path,
    octets: Vec<u8>,
    passphrase: Option<&[u8]>,
) -> Result<SigningKey, Error> {
    let key = read_key(path, octets, passphrase)?;
    SigningKey::new(&key).map_err(|error| unusable(path, &error))
}

fn read_key(path: &Path, octets: Vec<u8>, passphrase: Option<&[u8]>) -> Result<PrivateKey, Error> {
    let file = KeyFile::decode(octets.into()).map_err(|error| unusable(path, &error))?;
    let (key, otherwise) = match (file.plain_key(), passphrase) {
        (Some(key), _) => (key.clone(), None),
        (None, Some(passphrase)) => {
            let opened = crypto::key_file::open(&file, passphrase);
            let key = opened.map_err(|error| unusable(path, &error))?;
            // A wrong passphrase that the encryption has not noticed gives octets that are no key.
            (key, Some("the passphrase is not that of the key"))
        }
        (None, None) => {
            let reason = "the key is encrypted; say in which file its passphrase is \
                          (`--key-passphrase-file FILE`)";
            return Err(unusable(path, &reason));
        }
    };
    PrivateKey::decode(key).map_err(|error| match otherwise {
        Some(reason) => unusable(path, &reason),
        None => unusable(path, &error),
    })
}

pub(super) fn make_key(path: &Path, passphrase: Option<&[u8]>) -> Result<PrivateKey, Error> {
    let key = SigningKey::generate(BITS)?;
    let plain = key.encode();
    let file = match passphrase {
        None => KeyFile::Plain(plain),
        Some(passphrase) => crypto::key_file::seal_new(passphrase, &plain)
            .map_err(|error| unusable(path, &error))?,
    };
    files::replace(path, &file.encode(), SECRET)?;
    Ok(key)
}

pub(super) fn unusable(path: &Path, reason: &impl ToString) -> Error {
    Error::Key {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}
