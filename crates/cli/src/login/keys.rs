//! Reading what proves an identity, and the key of a site, from files.

use super::Proof;
use client::Means;
use crypto::{SigningKey, VerifyingKey};
use model::{KeyFile, PrivateKey, PublicKey, Site};
use std::fs;
use std::path::Path;
use wire::Identity;
use zeroize::Zeroizing;

/// What proves an identity.
pub(super) fn means(proof: &Proof, identity: &Identity) -> Result<Means, String> {
    match proof {
        Proof::Secret(file) => Ok(client::secret(crate::passphrase::read(file)?)),
        Proof::Said(secret) => Ok(client::secret(secret.to_vec())),
        Proof::Opened(file, passphrase) => key_in(file, Some(passphrase), identity),
        Proof::Key { file, passphrase } => {
            let passphrase = passphrase.as_deref().map(crate::passphrase::read);
            let passphrase = passphrase.transpose()?.map(Zeroizing::new);
            key_in(file, passphrase.as_ref(), identity)
        }
    }
}

fn key_in(
    file: &Path,
    passphrase: Option<&Zeroizing<Vec<u8>>>,
    identity: &Identity,
) -> Result<Means, String> {
    let key = signing_key(file, passphrase.map(|it| &it[..]), identity);
    key.map(Means::Key)
        .map_err(|error| format!("{}: {error}", file.display()))
}

fn signing_key(
    path: &Path,
    passphrase: Option<&[u8]>,
    identity: &Identity,
) -> Result<SigningKey, String> {
    let octets = fs::read(path).map_err(|error| error.to_string())?;
    if octets.starts_with(b"-----BEGIN") {
        // The only keys of this protocol that stand in PEM files.
        let key = SigningKey::of_sm2(&octets, &identity.identifier);
        return key.map_err(|error| error.to_string());
    }
    let file = KeyFile::decode(octets.into()).map_err(|error| error.to_string())?;
    let key = match (file.plain_key(), passphrase) {
        (Some(key), _) => key.clone(),
        (None, Some(passphrase)) => crypto::key_file::open(&file, passphrase)
            .map_err(|error| format!("{error}; is it the right passphrase?"))?,
        (None, None) => {
            return Err("the key is encrypted: give --passphrase-file FILE too".into());
        }
    };
    let key = PrivateKey::decode(key)
        .map_err(|error| format!("{error}; is it a private key, and the right passphrase?"))?;
    SigningKey::new(&key).map_err(|error| format!("{error}; is it a private key?"))
}

/// The key of a site: a public key, or a site record in JSON, of whose servers the first counts;
/// then also the number of the record.
pub(super) fn site_key(path: &Path) -> Result<(VerifyingKey, Option<u16>), String> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let octets = fs::read(path).map_err(|error| named(&error))?;
    let mut serial = None;
    let octets = if octets.first() == Some(&b'{') {
        let site: Site = serde_json::from_slice(&octets).map_err(|error| named(&error))?;
        serial = Some(site.serial);
        let server = site.servers.first();
        server
            .ok_or_else(|| named(&"the site has no server"))?
            .public_key
            .clone()
    } else {
        octets.into()
    };
    let key = PublicKey::decode(octets).map_err(|error| named(&error))?;
    let key = VerifyingKey::new(&key).map_err(|error| named(&error))?;
    Ok((key, serial))
}
