//! Tests of copies between real nodes over loopback: one writes, others follow, are killed, come
//! back, are too late, are lied to.

mod acknowledging;
mod field;
mod following;
mod giving;
mod refusing;
mod several;

use super::*;
use crate::config::{Acknowledgement, StorageConfig};
use crate::tests::machine::{PATIENCE, on_loopback, opened, started, wait_until};
use crate::{Config, Node};
use client::{Administrator, Client, Clock, Transport};
use crypto::{RsaBits, SigningKey};
use engine::Question;
use engine::administrator::{Means, Order};
use engine::replication::Standing;
use model::{EncodedValue, Record, SuffixCase, Value};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;
use store::{Options, Store};
use tempfile::TempDir;
use wire::ResponseCode;
use wire::response::Answer;

/// A node and its folder; dropping it is pulling the plug: nothing is closed in good order.
struct Machine {
    node: Option<Node>,
    folder: TempDir,
    config: Config,
}

impl Machine {
    /// A writer that is home to `88.1`, lets [`COPIES`] copy, and has an administrator.
    fn writer(change: impl FnOnce(&mut Config)) -> Self {
        let folder = TempDir::new().unwrap();
        let mut config = on_loopback();
        config.replication.admins = COPIES.map(|copy| format!("{copy}:{WHO}")).to_vec();
        config.limits.signatures_per_source_and_second = 1_000_000;
        config.limits.signatures_per_second = 1_000_000;
        change(&mut config);
        let store = Store::open(folder.path(), &config.storage.options()).unwrap();
        let mut keys = Vec::new();
        for copy in COPIES {
            let value = Value::public(copy, "HS_PUBKEY", key().public_key().encode());
            keys.push(value);
        }
        let admin = model::admin::Admin {
            identifier: WHO.into(),
            index: COPIES[0],
            permissions: model::admin::AdminPermissions::ALL,
            has_legacy_end: false,
        };
        let mut change = Change::default();
        change.put(Key::homed(&"88.1".parse().unwrap()), "\u{1}".into());
        change.put(record_key(WHO), record(&keys));
        let admins = [Value::public(100, "HS_ADMIN", admin.encode())];
        change.put(record_key("0.NA/88.1"), record(&admins));
        store.commit(change).unwrap();
        let mut machine = Self {
            node: None,
            folder,
            config,
        };
        machine.start_on(store);
        machine
    }

    /// A copy of a node, as one of [`COPIES`].
    fn copy_of(source: &Self, who: u32) -> Self {
        Self::copy_with(source, who, |_| ())
    }

    fn copy_with(source: &Self, who: u32, change: impl FnOnce(&mut Config)) -> Self {
        let folder = TempDir::new().unwrap();
        let mut config = on_loopback();
        config.mirror.of = Some(source.path().join("siteinfo.json"));
        config.mirror.identity = format!("{who}:{WHO}");
        config.mirror.key_file = Some(write_key(folder.path()));
        config.mirror.interval_ms = 100;
        change(&mut config);
        let mut machine = Self {
            node: None,
            folder,
            config,
        };
        machine.start();
        machine
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn start(&mut self) {
        let store = opened(self.path(), &self.config);
        self.start_on(store);
    }

    fn start_on(&mut self, store: Store) {
        self.try_start_on(store).unwrap();
    }

    fn try_start_on(&mut self, store: Store) -> Result<(), crate::Error> {
        self.node = Some(started(self.folder.path(), &mut self.config, store)?);
        Ok(())
    }

    fn stop(&mut self) {
        if let Some(node) = self.node.take() {
            node.stop().unwrap();
        }
    }

    fn node(&self) -> &Node {
        self.node.as_ref().unwrap()
    }

    fn address(&self) -> SocketAddr {
        self.node().addresses()[0]
    }

    fn store(&self) -> &Store {
        self.node().answerer.store()
    }

    fn put(&self, identifier: &str, text: &str) {
        let values = [Value::public(1, "URL", text.to_owned())];
        self.write(record_key(identifier), Some(record(&values)));
    }

    fn delete(&self, identifier: &str) {
        self.write(record_key(identifier), None);
    }

    fn write(&self, key: Key, octets: Option<bytes::Bytes>) {
        let change = Change {
            writes: vec![model::change::Write { key, octets }],
            ..Change::default()
        };
        self.store().commit(change).unwrap();
    }

    /// What is asked over the network.
    fn ask(&self, identifier: &str) -> (ResponseCode, Option<String>) {
        let question = Question::about(identifier.parse().unwrap());
        let mut client = Client::new(self.address()).unwrap();
        let reply = client.ask_over(Transport::Tcp, &question).unwrap();
        let value = match reply.answered.response.answer {
            Answer::Resolution(answer) => answer.values.first().map(EncodedValue::value),
            _ => None,
        };
        let text = value.map(|value| value.data.escape_ascii().to_string());
        (reply.answered.message.header.response_code, text)
    }

    fn administrator(&self) -> Administrator {
        let identity = Identity::new(WHO, COPIES[0]);
        Administrator::new(self.address(), identity, Means::Key(key()), 1)
    }

    fn register(&self, identifier: &str) -> ResponseCode {
        let values = [Value::public(1, "URL", "x:y")];
        let order = Order::register(&identifier.parse().unwrap(), &values);
        let answered = self.administrator().ask(order).unwrap();
        answered.message.header.response_code
    }

    /// All rows that copies have.
    fn rows(&self) -> Vec<(Key, bytes::Bytes)> {
        let view = self.store().view();
        let parts = engine::replication::course::Course::OWN.all().into_iter();
        let rows = parts.flat_map(|[from, to]| view.range(&from, &to).collect::<Vec<_>>());
        rows.map(Result::unwrap).collect()
    }

    /// Waits until a copy knows that its source is gone: all that has come is durable then.
    fn has_lost_its_source(&self) {
        wait_until("the source is missed", || !self.mirror().is_connected);
    }

    fn mirror(&self) -> MirrorState {
        self.node().replication().mirror.pop().unwrap_or_default()
    }

    /// Waits until a copy has everything that its source has. A number says nothing without its
    /// epoch: a copy of what was lost may be further.
    fn has_caught_up_with(&self, source: &Self) {
        let ReplicationState { epoch, txn, .. } = source.node().replication();
        wait_until("the copy catches up", || {
            let mirror = self.mirror();
            mirror.phase == "following" && mirror.epoch == epoch && mirror.txn >= txn
        });
        assert_eq!(self.rows(), source.rows());
    }

    fn standing(&self) -> Standing {
        let stored = self.store().view().get(&Key::copied(0)).unwrap();
        Standing::read(stored).unwrap()
    }
}

/// Who copies, by the index of the key: all have the same.
const COPIES: [u32; 3] = [301, 302, 303];
const WHO: &str = "88.1/copies";

/// A key of whoever copies. Making one takes long.
fn key() -> SigningKey {
    static KEY: std::sync::OnceLock<model::PrivateKey> = std::sync::OnceLock::new();
    let key = KEY.get_or_init(|| SigningKey::generate(RsaBits::Least).unwrap());
    write_once(key);
    SigningKey::new(key).unwrap()
}

/// The same key as a file holds it.
static ENCODED: std::sync::OnceLock<bytes::Bytes> = std::sync::OnceLock::new();

fn write_once(key: &model::PrivateKey) {
    ENCODED.get_or_init(|| bytes::Bytes::copy_from_slice(&key.encode()));
}

fn write_key(folder: &Path) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    key();
    let path = folder.join("replpriv.bin");
    let file = model::KeyFile::Plain(ENCODED.get().unwrap().to_vec().into());
    std::fs::write(&path, file.encode()).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

fn record_key(identifier: &str) -> Key {
    Key::record(&identifier.parse().unwrap(), SuffixCase::Insensitive)
}

fn record(values: &[Value]) -> bytes::Bytes {
    Record::new(values).unwrap().octets().clone()
}
