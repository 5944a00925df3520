//! The tasks of a copy: one for each server of its source, which asks, takes what comes, and asks
//! again when the connection is lost.
//!
//! Not here: what is done with what comes (`taking`).

use super::dialogue::{Partner, Proof, Refused};
use super::promotion::new_epoch;
use super::taking::{Taking, Trouble};
use crate::answerer::Answerer;
use crate::config::Config;
use crate::founding::Founded;
use bytes::Bytes;
use engine::replication::{Numbering, Share, Standing};
use model::change::Write;
use model::site::{InterfaceKind, Transport};
use model::{Change, Key, KeyFile, Reference, Site};
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{info, warn};
use wire::Identity;
use wire::replication::MirrorShare;
use zeroize::Zeroizing;

/// How long to wait before a source is asked again that could not be, and how long at most.
const RETRY_MIN: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(10);

/// Why a node cannot be a copy. The operator corrects the configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// A file cannot be used.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// What is set does not belong together; found when the configuration is checked.
    #[error(transparent)]
    Config(#[from] crate::config::ParseError),
    /// The operator promotes the copy, or sets what it copies again: else two nodes would give the
    /// same numbers to different changes.
    #[error(
        "this folder is a copy's and `mirror.of` is not set: if it shall be the writer now, run \
         `nameplate store promote` first"
    )]
    NotPromoted,
    /// The operating system must give randomness.
    #[error("no epoch can be drawn: {0}")]
    Randomness(#[from] getrandom::Error),
    /// How far the copy has come cannot be read.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A copy's tasks.
pub(crate) struct Mirror {
    tasks: Vec<JoinHandle<()>>,
}

impl Mirror {
    /// Starts to copy, if the configuration says so.
    pub(crate) fn start(
        config: &Config,
        founded: Option<&Founded>,
        answerer: &Arc<Answerer>,
        runtime: &Handle,
        stopped: &watch::Receiver<bool>,
    ) -> Result<Self, MirrorError> {
        let Some(file) = &config.mirror.of else {
            if has_copied(answerer.store())? {
                return Err(MirrorError::NotPromoted);
            }
            return Ok(Self { tasks: Vec::new() });
        };
        let site = read_site(file)?;
        expect_all(answerer.store(), site.servers.len())?;
        let share = own_share(founded);
        let mut tasks = Vec::new();
        for at in 0..site.servers.len() {
            let partner = partner(config, file, &site, at)?;
            let server = u32::try_from(at).unwrap_or(u32::MAX);
            let taking = Taking::new(
                answerer,
                server,
                share_of(&site, server),
                share,
                config.mirror.own_layout,
            )?;
            let following = Following {
                partner,
                taking,
                interval: Duration::from_millis(config.mirror.interval_ms),
            };
            tasks.push(runtime.spawn(following.run(stopped.clone())));
        }
        Ok(Self { tasks })
    }

    /// Waits until the last task has ended.
    pub(crate) async fn join(self) {
        for task in self.tasks {
            // A task that has panicked has said so on its own.
            let _ = task.await;
        }
    }
}

/// Gives a copy an epoch of its own, by which its own copies know its numbers from its source's:
/// both are places in a log, of two logs.
pub(crate) fn number_apart(config: &Config, store: &Store) -> Result<(), MirrorError> {
    let key = Key::numbering();
    if config.mirror.of.is_none() || store.view().get(&key)?.is_some() {
        return Ok(());
    }
    let first = Numbering::default().epoch;
    let mut change = Change::default();
    change.put(key, Numbering::of_a_copy(new_epoch(first)?).octets());
    store.commit(change)?;
    Ok(())
}

/// Writes down which servers there are, so that those that are never reached are missed; forgets
/// those of which nothing ever came and that the site does not have any more.
fn expect_all(store: &Store, servers_count: usize) -> Result<(), store::Error> {
    let count = u32::try_from(servers_count).unwrap_or(u32::MAX);
    let view = store.view();
    let mut change = Change::default();
    for server in 0..count {
        let key = Key::copied(server);
        if view.get(&key)?.is_none() {
            change.put(key, Standing::New.octets());
        }
    }
    let [_, to] = Key::copied_all();
    for row in view.range(&Key::copied(count), &to) {
        let (key, octets) = row?;
        if octets == Standing::New.octets() {
            change.writes.push(Write { key, octets: None });
        }
    }
    if !change.is_empty() {
        store.commit(change)?;
    }
    Ok(())
}

/// Whether anything was ever copied into a folder that is still a copy's.
fn has_copied(store: &Store) -> Result<bool, store::Error> {
    let [from, to] = Key::copied_all();
    for row in store.view().range(&from, &to) {
        if row?.1 != Standing::New.octets() {
            return Ok(true);
        }
    }
    Ok(false)
}

struct Following {
    partner: Partner,
    taking: Taking,
    interval: Duration,
}

impl Following {
    async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let mut retry = RETRY_MIN;
        loop {
            let ended = tokio::select! {
                ended = self.taking.take(&self.partner) => ended,
                _ = stopped.wait_for(|stops| *stops) => break,
            };
            let wait = match ended {
                Ok(goes_on) => {
                    retry = RETRY_MIN;
                    if goes_on {
                        Duration::ZERO
                    } else {
                        self.interval
                    }
                }
                Err(error) => {
                    let wait = retry;
                    retry = (retry * 2).min(RETRY_MAX);
                    self.note(&error);
                    wait
                }
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => (),
                _ = stopped.wait_for(|stops| *stops) => break,
            }
        }
        self.taking.settle().await;
    }

    fn note(&self, error: &Trouble) {
        let source = self.partner.address;
        self.taking.lost(error.to_string());
        if matches!(error, Trouble::Refused(Refused::Io(_))) {
            info!(%source, %error, "the source is away");
        } else {
            warn!(%source, %error, "the source cannot be copied; it is tried again");
        }
    }
}

fn failed(path: &Path) -> impl Fn(&dyn std::fmt::Display) -> MirrorError {
    let path = path.to_owned();
    move |reason| MirrorError::File {
        path: path.clone(),
        reason: reason.to_string(),
    }
}

pub(crate) fn read_site(path: &Path) -> Result<Site, MirrorError> {
    let failed = failed(path);
    let octets = fs::read(path).map_err(|error| failed(&error))?;
    let site: Site = serde_json::from_slice(&octets).map_err(|error| failed(&error))?;
    if site.servers.is_empty() {
        return Err(failed(&"the site has no server"));
    }
    Ok(site)
}

fn partner(config: &Config, file: &Path, site: &Site, at: usize) -> Result<Partner, MirrorError> {
    let failed = failed(file);
    let server = site
        .servers
        .get(at)
        .ok_or_else(|| failed(&"a server is missing"))?;
    let interface = server
        .interface(Transport::TCP, InterfaceKind::ADMIN)
        .or_else(|| server.interface(Transport::TCP, InterfaceKind::QUERY));
    let port = interface.and_then(|it| u16::try_from(it.port).ok());
    let port = port.ok_or_else(|| failed(&"a server takes no TCP"))?;
    let Reference { identifier, index } = config.mirror.who()?;
    Ok(Partner {
        address: SocketAddr::new(server.address.ip(), port),
        key: server.key().map_err(|error| failed(&error))?,
        site_serial: site.serial,
        identity: Identity::new(identifier, index),
        proof: read_proof(config)?,
        in_clear: config.mirror.in_clear,
    })
}

fn read_proof(config: &Config) -> Result<Proof, MirrorError> {
    if let Some(path) = &config.mirror.secret_file {
        let mut octets = Zeroizing::new(read_secret(path)?);
        while octets.last().is_some_and(u8::is_ascii_whitespace) {
            octets.pop();
        }
        return Ok(Proof::Secret(octets));
    }
    let path = config.mirror.key_file.clone().unwrap_or_default();
    let failed = failed(&path);
    let octets = read_secret(&path)?;
    let file = KeyFile::decode(octets.into()).map_err(|error| failed(&error))?;
    let key = file.plain_key().cloned();
    let key: Bytes = key.ok_or_else(|| failed(&"the key is encrypted; a copy needs it open"))?;
    let usable = model::PrivateKey::decode(key.clone()).map_err(|error| failed(&error))?;
    crypto::SigningKey::new(&usable).map_err(|error| failed(&error))?;
    Ok(Proof::Key(key))
}

/// The octets of a file that nobody else may read.
pub(crate) fn read_secret(path: &Path) -> Result<Vec<u8>, MirrorError> {
    let failed = failed(path);
    let metadata = fs::metadata(path).map_err(|error| failed(&error))?;
    if metadata.mode() & 0o077 != 0 {
        return Err(failed(&"others can read it: run `chmod 600` on it"));
    }
    fs::read(path).map_err(|error| failed(&error))
}

/// Which identifiers are with a server of a site.
fn share_of(site: &Site, server: u32) -> Share {
    let count = u32::try_from(site.servers.len()).unwrap_or(u32::MAX);
    Share::of(MirrorShare {
        hash_option: site.hash_option.0,
        servers_count: count,
        server,
    })
    .unwrap_or(Share::WHOLE)
}

/// Which identifiers this node holds of its own site.
fn own_share(founded: Option<&Founded>) -> Share {
    founded.map_or(Share::WHOLE, |founded| {
        let server = u32::try_from(founded.server_index).unwrap_or_default();
        share_of(&founded.site, server)
    })
}
