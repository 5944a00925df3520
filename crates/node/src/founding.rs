//! How an empty folder becomes a node that clients find: keys, a site record, a root of its own.
//!
//! ```text
//! privkey.bin  pubkey.bin     the key of the site, with which the node proves its answers
//! admpriv.bin  admpub.bin     the key of the administrator of the own root
//! siteinfo.json               where the node is, as it tells askers
//! bootstrap_handles           what clients read to find the root
//! ```
//!
//! The root is two records, `0.NA/0.NA` and `0.0/0.0`, and one for each prefix that the node is
//! home to, such as `0.NA/88.156`, by which clients come from the root to the site. Everything is
//! done in this order and is done again at every start as far as it is missing: a start that was
//! broken off is completed by the next one, and a start after that changes nothing. Names and
//! forms of the files are the reference software's.
//!
//! Here: the order. Beside it: `founding/keys.rs`, `founding/site.rs`, `founding/root.rs`,
//! `founding/prefixes.rs`, `founding/bootstrap.rs`, `founding/rotation.rs`
//! another key for the site, `founding/files.rs` how a file is replaced.
//! Not here: how keys are made (room `crypto`), the data folder itself (room `store`).

mod bootstrap;
mod files;
mod keys;
mod prefixes;
mod root;
mod rotation;
mod site;
#[cfg(test)]
mod tests;

pub use keys::Keys;
pub use rotation::{OldKey, Rotated, finish, rotate};

use crate::Config;
use crate::registry::Owned;
use crypto::SigningKey;
use model::site::Site;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::Store;

/// The identifier of the root's own record.
pub const ROOT: &str = "0.NA/0.NA";

/// The index of the administrator's key in it.
pub const ADMIN_INDEX: u32 = root::PUBLIC_KEY_INDEX;

/// The file that clients read to find the root.
pub const BOOTSTRAP_FILE: &str = bootstrap::FILE;

/// The private key of the root's administrator.
pub const ADMIN_KEY_FILE: &str = keys::ADMIN_PRIVATE;

/// The public key of the site.
pub const SITE_KEY_FILE: &str = keys::SITE_PUBLIC;

/// Where a node listens.
#[derive(Debug, Clone, Default)]
pub struct Listening {
    /// Addresses of the protocol's own transports, UDP and TCP.
    pub native: Vec<SocketAddr>,
    /// Addresses of HTTP and HTTPS.
    pub http: Vec<SocketAddr>,
}

/// What a node is after it has been founded.
#[derive(Debug, Clone)]
pub struct Founded {
    /// The site as askers are told.
    pub site: Site,
    /// Which of the site's servers this node is, from 0.
    pub server_index: usize,
    /// The key with which it signs its answers.
    pub signing_key: Arc<SigningKey>,
    /// The key before it, which signs for those who know no other yet.
    pub old_key: Option<OldKey>,
    /// Whether the root in the store is this node's own. Another was brought in by its operator;
    /// then neither it nor the file for clients is touched.
    pub is_own_root: bool,
}

/// Why a node cannot be founded. The operator must act; what was done is kept, and the next start
/// goes on from there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system says no.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A private key can be read by others.
    #[error(
        "{} can be read by others (mode {mode:o}): if nobody has copied it, run `chmod 600 {}`",
        path.display(), path.display()
    )]
    Loose {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// A key file is none, or is one that this node cannot use.
    #[error("{}: {reason}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A public key is there without its private key.
    #[error(
        "{} is missing, but {} is there: bring it back from a backup, or remove {} too and a new \
         key is made, which clients must be told of",
        private.display(), public.display(), public.display()
    )]
    LostKey {
        /// The file that is missing.
        private: PathBuf,
        /// The file that is there.
        public: PathBuf,
    },
    /// The key of the site is being replaced already.
    #[error(
        "{} is there: the last rotation is not finished. When nobody goes by the old key any more, \
         two days after the node was started with the new one: `nameplate keys rotate --finish`",
        old.display()
    )]
    Rotating {
        /// The key before.
        old: PathBuf,
    },
    /// There is no key to be replaced.
    #[error("{} is missing: the node makes it when it is started first", path.display())]
    NotFounded {
        /// The file.
        path: PathBuf,
    },
    /// The site record cannot be used.
    #[error("{}: {reason}", path.display())]
    Site {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// No address can be told to askers.
    #[error(
        "a site record cannot hold ::1, the only address this node listens on: listen on 127.0.0.1 \
         too, or say under which address others reach it (`--public-address IP`)"
    )]
    NoAddress,
    /// A record of the root cannot be read, or cannot be made.
    #[error("the record {identifier}: {source}")]
    Record {
        /// The identifier.
        identifier: String,
        /// What is wrong.
        source: model::Error,
    },
    /// A key cannot be made.
    #[error("cannot make a key: {0}")]
    Crypto(#[from] crypto::Error),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Makes the site record, the root and the file for clients, as far as they are missing or old.
///
/// # Errors
/// [`Error`].
pub fn found(
    folder: &Path,
    keys: &Keys,
    store: &Store,
    config: &Config,
    listening: &Listening,
) -> Result<Founded, Error> {
    let before = site::read(folder)?;
    let stored = root::read(store)?;
    let public_key = keys.site_public.encode();
    let old_public_key = keys.old_public();
    let own = root::Own {
        before: before.as_ref(),
        public_key: &public_key,
        old_public_key: old_public_key.as_ref(),
    };
    // What a copy has is its source's.
    let is_copy = config.mirror.of.is_some();
    let is_own_root = !is_copy && stored.as_ref().is_none_or(|record| own.is_root(record));
    let mut sites = site::sites(folder, keys, config, listening, before.as_ref())?;
    let stored_sites = stored.as_ref().map(root::sites).unwrap_or_default();
    sites.number(before.as_ref(), &stored_sites);
    site::write(folder, &sites.main, before.as_ref())?;
    if is_own_root {
        root::write(store, keys, &sites, stored.as_ref())?;
        let agreed_on = Owned::new(&config.registry.parsed_prefixes());
        prefixes::write(store, &sites, &own, &agreed_on)?;
        bootstrap::write(folder, store)?;
    }
    Ok(Founded {
        server_index: sites.server_index,
        signing_key: Arc::clone(&keys.site),
        old_key: keys.old.clone(),
        site: sites.main,
        is_own_root,
    })
}

/// The key that says whether a node is home to the root.
pub(crate) fn root_home() -> model::Key {
    let root: model::Identifier = ROOT.parse().expect("the root is an identifier");
    model::Key::homed(&root.prefix())
}
