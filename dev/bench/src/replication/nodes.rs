//! The two nodes: one that registers, and one that copies it. Not here: what is measured.

use crate::failure::{Failure, cannot};
use crate::folder::Parent;
use crate::records;
use crypto::{RsaBits, SigningKey};
use engine::authority::HOMED_MARK;
use model::admin::{Admin, AdminPermissions};
use model::{Change, Identifier, Key, KeyFile, Record, SuffixCase, Value};
use node::founding::{self, Keys, Listening};
use node::{Config, Node};
use std::fs::{self, Permissions};
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};
use store::{Options, Store};
use tempfile::TempDir;
use wire::Identity;

/// Who registers and who copies: one identity with one key.
const WHO: &str = "88.100.7/WHO";
const INDEX: u32 = 300;

/// How long the copy may take to begin.
const BEGIN_MAX: Duration = Duration::from_mins(1);

pub(super) fn who() -> Identity {
    Identity::new(WHO, INDEX)
}

/// A writer and perhaps its copy.
pub(super) struct Pair {
    pub(super) writer: Node,
    pub(super) copy: Option<Node>,
    _folders: Vec<TempDir>,
}

impl Pair {
    pub(super) fn start(parent: &Parent, has_copy: bool) -> Result<Self, Failure> {
        let folders = vec![parent.make()?, parent.make()?];
        let [at, copy_at] = [folders[0].path(), folders[1].path()];
        let key = SigningKey::generate(RsaBits::Least)?;
        let writer = writer(at, &SigningKey::new(&key)?)?;
        let copy = if has_copy {
            let key_file = copy_at.join("replpriv.bin");
            fs::write(&key_file, KeyFile::Plain(key.encode()).encode())
                .and_then(|()| fs::set_permissions(&key_file, Permissions::from_mode(0o600)))
                .map_err(cannot("write a key"))?;
            let mut config = config();
            config.mirror.of = Some(at.join("siteinfo.json"));
            config.mirror.identity = format!("{INDEX}:{WHO}");
            config.mirror.key_file = Some(key_file);
            let store = Store::open(copy_at, &Options::default())?;
            let copy = start(copy_at, &config, store)?;
            wait_for(&copy, &writer)?;
            Some(copy)
        } else {
            None
        };
        Ok(Self {
            writer,
            copy,
            _folders: folders,
        })
    }

    pub(super) fn stop(self) -> Result<(), Failure> {
        if let Some(copy) = self.copy {
            copy.stop()?;
        }
        Ok(self.writer.stop()?)
    }
}

fn wait_for(copy: &Node, writer: &Node) -> Result<(), Failure> {
    let begun = Instant::now();
    let txn = writer.replication().txn;
    loop {
        let mirror = copy.replication().mirror;
        if mirror
            .iter()
            .any(|it| it.phase == "following" && it.txn >= txn)
        {
            return Ok(());
        }
        if begun.elapsed() > BEGIN_MAX {
            return Err(format!("the copy does not begin: {mirror:?}").into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn config() -> Config {
    let mut config = Config {
        listen: vec![(Ipv4Addr::LOCALHOST, 0).into()],
        ..Config::default()
    };
    config.http.listen.clear();
    config.udp.threads = 1;
    config
}

fn writer(at: &Path, key: &SigningKey) -> Result<Node, Failure> {
    let mut config = config();
    config.replication.admins = vec![format!("{INDEX}:{WHO}")];
    let store = Store::open(at, &Options::default())?;
    store.commit(beginning(key)?)?;
    start(at, &config, store)
}

fn start(at: &Path, config: &Config, store: Store) -> Result<Node, Failure> {
    let keys = Keys::open(at, None)?;
    let bound = Node::bind(config)?;
    let listening = Listening {
        native: bound.addresses().to_vec(),
        http: Vec::new(),
    };
    let founded = founding::found(at, &keys, &store, config, &listening)?;
    Ok(bound.start(store, Some(&founded), None)?)
}

/// The prefix, its administrator, and their key.
fn beginning(key: &SigningKey) -> Result<Change, Failure> {
    let admin = Admin {
        identifier: WHO.into(),
        index: INDEX,
        permissions: AdminPermissions::ALL,
        has_legacy_end: false,
    };
    let prefix = Identifier::from_octets(records::identifier(0).to_vec().into())?.prefix();
    let mut change = Change::default();
    change.put(Key::homed(&prefix), HOMED_MARK.into());
    let admins = [Value::public(100, "HS_ADMIN", admin.encode())];
    let keys = [Value::public(INDEX, "HS_PUBKEY", key.public_key().encode())];
    let described = format!("0.NA/{}", prefix.as_str());
    for (name, values) in [(described.as_str(), &admins), (WHO, &keys)] {
        let key = Key::record(&name.parse()?, SuffixCase::Insensitive);
        change.put(key, Record::new(values)?.octets().clone());
    }
    Ok(change)
}
