//! How the key of the site is replaced without anybody being turned away.
//!
//! A site record has one key for each server, and askers keep the record for up to two days. So
//! the old key stays for a while: an asker's request says which number of the site record it goes
//! by, and is answered with a signature of the key that stood in that one; the number in the
//! answer tells it to fetch the record anew. Requests that name no number get the new key's.
//!
//! ```text
//! privkey.bin, pubkey.bin     the key that stands in the site record from the next start on
//! privkey.old.bin             the key before it, until the rotation is finished
//! siteinfo.old.json           the site record in which it stood
//! ```
//!
//! Each step leaves a folder from which the node starts. Not here: which key signs what
//! (`answerer`).

use super::files::{self, OPEN, SECRET};
use super::keys::{self, Keys, SITE_PRIVATE, SITE_PUBLIC};
use super::{Error, site};
use crypto::SigningKey;
use model::PublicKey;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

const OLD_PRIVATE: &str = "privkey.old.bin";
const OLD_SITE: &str = "siteinfo.old.json";

/// The key before the one that stands in the site record.
#[derive(Debug, Clone)]
pub struct OldKey {
    /// The key.
    pub key: Arc<SigningKey>,
    /// Its public key.
    pub public: PublicKey,
    /// The number of the last site record in which it stood.
    pub serial: u16,
}

impl OldKey {
    /// Whether it signs the answer to a request that goes by a site record with a number; `now` is
    /// the number of the site record that is told.
    ///
    /// Numbers rise; where they have begun anew, only the last record with the old key counts, and
    /// not even that if the new one has its number.
    pub fn signs_for(&self, serial: u16, now: u16) -> bool {
        let is_last = serial == self.serial && serial != now;
        is_last || (serial < self.serial && self.serial < now)
    }
}

/// What became of the key of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// The SHA-256 digest of the public key before, in hexadecimal digits.
    pub before: String,
    /// That of the public key from the next start on.
    pub after: String,
}

/// The key before, if a rotation has begun and is not finished.
pub(super) fn open(folder: &Path, passphrase: Option<&[u8]>) -> Result<Option<OldKey>, Error> {
    let path = folder.join(OLD_PRIVATE);
    let Some(octets) = files::read_secret(&path)? else {
        return Ok(None);
    };
    let Some(site) = site::read_from(folder, OLD_SITE)? else {
        return Err(Error::Key {
            path,
            reason: format!("{OLD_SITE} is missing, which says to whom it is known; remove both"),
        });
    };
    let key = keys::usable(&path, octets, passphrase)?;
    Ok(Some(OldKey {
        public: key.public_key(),
        key: Arc::new(key),
        serial: site.serial,
    }))
}

/// Makes a new key for the site, which takes effect when the node is started again; `keeps_old`
/// says whether the old one still signs for those who know no other. One that somebody else may
/// have must not.
///
/// With a passphrase the new key is encrypted with it. Takes 60 ms on average.
///
/// # Errors
/// [`Error::Rotating`] if an earlier rotation is not finished, [`Error::NotFounded`] if there is
/// no site record yet; and those of [`Keys::open`].
pub fn rotate(folder: &Path, passphrase: Option<&[u8]>, keeps_old: bool) -> Result<Rotated, Error> {
    let old = folder.join(OLD_PRIVATE);
    if keeps_old && files::read_secret(&old)?.is_some() {
        return Err(Error::Rotating { old });
    }
    let record = folder.join(site::FILE);
    let Some(site) = files::read(&record)? else {
        return Err(Error::NotFounded { path: record });
    };
    let private = folder.join(SITE_PRIVATE);
    let Some(octets) = files::read_secret(&private)? else {
        return Err(Error::NotFounded { path: private });
    };
    let before = keys::usable(&private, octets.clone(), passphrase)?;
    if keeps_old {
        files::replace(&folder.join(OLD_SITE), &site, OPEN)?;
        files::replace(&old, &octets, SECRET)?;
    } else {
        finish(folder)?;
    }
    let after = SigningKey::new(&keys::make_key(&private, passphrase)?);
    let after = after.map_err(|error| keys::unusable(&private, &error))?;
    let public = after.public_key().encode();
    files::replace(&folder.join(SITE_PUBLIC), &public, OPEN)?;
    Ok(Rotated {
        before: keys::fingerprint(&before.public_key()),
        after: keys::fingerprint(&after.public_key()),
    })
}

/// Removes the key before, which signs nothing any more when the node is started again; false if
/// there is none.
///
/// # Errors
/// [`Error::Io`].
pub fn finish(folder: &Path) -> Result<bool, Error> {
    let mut was_there = false;
    // The key first: without it the record means nothing.
    for name in [OLD_PRIVATE, OLD_SITE] {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Ok(()) => was_there = true,
            Err(error) if error.kind() == ErrorKind::NotFound => (),
            Err(error) => return Err(files::failed("remove", &path)(error)),
        }
    }
    Ok(was_there)
}

impl Keys {
    /// The public key of the site before, in octets, as long as a rotation is not finished.
    pub(super) fn old_public(&self) -> Option<bytes::Bytes> {
        self.old.as_ref().map(|old| old.public.encode())
    }
}
