//! Nodes on loopback that tests start, kill and start again in the same folder: what tests of
//! members and of copies have in common.

use crate::founding::{self, Keys, Listening};
use crate::{Config, Error, Node};
use std::net::Ipv4Addr;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};
use store::Store;

/// How long something may take that happens within a second on a machine with nothing else to do.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until something is so.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        thread::park_timeout(Duration::from_millis(5));
    }
}

/// A node that is asked over UDP and TCP alone, at a port that is free.
pub(crate) fn on_loopback() -> Config {
    let mut config = Config {
        listen: vec![(Ipv4Addr::LOCALHOST, 0).into()],
        ..Config::default()
    };
    config.http.listen.clear();
    config.udp.threads = 1;
    config
}

/// The store of a folder, once nobody has it any more: whose node was dropped may still hold it.
pub(crate) fn opened(folder: &Path, config: &Config) -> Store {
    let options = config.storage.options();
    let mut store = None;
    wait_until("the folder is free", || {
        match Store::open(folder, &options) {
            Err(store::Error::InUse { .. }) => (),
            opened => store = Some(opened.unwrap()),
        }
        store.is_some()
    });
    store.unwrap()
}

/// A node started on its folder; who is started again is found where it was.
pub(crate) fn started(folder: &Path, config: &mut Config, store: Store) -> Result<Node, Error> {
    let keys = Keys::open(folder, None).unwrap();
    let bound = Node::bind(config)?;
    config.listen = bound.addresses().to_vec();
    let listening = Listening {
        native: bound.addresses().to_vec(),
        http: Vec::new(),
    };
    let founded = founding::found(folder, &keys, &store, config, &listening).unwrap();
    bound.start(store, Some(&founded), None)
}
