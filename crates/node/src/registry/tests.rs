//! Tests of members between real nodes over loopback: they agree, are killed, come back, are lied
//! to.

mod agreeing;
mod failing;
mod holding;
mod ordering;
mod refusing;
mod taking_over;

use crate::config::{MemberConfig, RegistryConfig, Role};
use crate::founding::{self, Keys, Listening};
use crate::registry::{RegistryState, allow_founding};
use crate::tests::machine::{PATIENCE, on_loopback, opened, started, wait_until};
use crate::{Config, Error, Node};
use client::{Administrator, Client, Transport};
use crypto::SigningKey;
use engine::Question;
use engine::administrator::{Means, Order};
use model::{EncodedValue, KeyFile, PrivateKey, Value};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};
use store::Store;
use tempfile::TempDir;
use wire::response::Answer;
use wire::{Identity, ResponseCode};

/// Some members, each with its folder. Taking a node out and dropping it is pulling its plug:
/// nothing is closed in good order.
struct Ring {
    members: Vec<Machine>,
    folder: TempDir,
}

struct Machine {
    node: Option<Node>,
    folder: PathBuf,
    config: Config,
}

impl Ring {
    /// So many members of a registry of `88`, all running.
    fn start(count: u64) -> Self {
        let mut ring = Self::prepare(count);
        for at in 0..ring.members.len() {
            ring.members[at].start().unwrap();
        }
        ring
    }

    /// So many members, none of which has ever run.
    fn prepare(count: u64) -> Self {
        let folder = TempDir::new().unwrap();
        let mut members: Vec<Machine> = (1..=count)
            .map(|number| Machine::found(folder.path(), number))
            .collect();
        // Each is somebody else's after this, but nobody asks for ports on loopback all the time.
        let ports: Vec<TcpListener> = members.iter().map(|_| free_port()).collect();
        let listed = (1..).zip(&members).zip(&ports);
        let listed: Vec<MemberConfig> = listed
            .map(|((number, member), port)| MemberConfig {
                number,
                role: if number > 5 {
                    Role::Recovery
                } else {
                    Role::TopLevel
                },
                address: port.local_addr().unwrap(),
                site: member.folder.join("siteinfo.json"),
            })
            .collect();
        let admin_key_file = Some(members[0].folder.join("admpub.bin"));
        for (number, member) in (1..).zip(&mut members) {
            member.config.registry = RegistryConfig {
                member: number,
                listen: None,
                prefixes: vec!["88".into()],
                admin_key_file: admin_key_file.clone(),
                members: listed.clone(),
            };
        }
        Self { members, folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Who leads, as all that run say, once they agree on it.
    fn leader(&self) -> usize {
        let mut leader = 0;
        wait_until("somebody leads", || {
            let mut states = self.running().map(|at| self.members[at].state());
            leader = states.next().unwrap().leader;
            let runs = self.running().any(|at| at as u64 + 1 == leader);
            runs && states.all(|state| state.leader == leader)
        });
        usize::try_from(leader).unwrap() - 1
    }

    fn running(&self) -> impl Iterator<Item = usize> {
        let all = self.members.iter().enumerate();
        all.filter_map(|(at, member)| member.node.is_some().then_some(at))
    }

    /// Waits until all that run answer alike.
    fn all_say(&self, identifier: &str, expected: Option<&str>) {
        for at in self.running() {
            wait_until("a member says what was agreed on", || {
                self.members[at].says(identifier).as_deref() == expected
            });
        }
    }

    /// The first administrator, who asks a member.
    fn administrator(&self, at: usize) -> Administrator {
        let octets = std::fs::read(self.members[0].folder.join("admpriv.bin")).unwrap();
        let file = KeyFile::decode(octets.into()).unwrap();
        let key = PrivateKey::decode(file.plain_key().unwrap().clone()).unwrap();
        let means = Means::Key(SigningKey::new(&key).unwrap());
        let identity = Identity::new("0.NA/88", 300);
        Administrator::new(self.members[at].address(), identity, means, 1)
    }

    fn order(&self, at: usize, order: Order) -> ResponseCode {
        let answered = self.administrator(at).ask(order).unwrap();
        answered.message.header.response_code
    }

    /// Registers a prefix by asking a member.
    fn register(&self, at: usize, prefix: &str, text: &str) -> ResponseCode {
        let identifier = format!("0.NA/{prefix}").parse().unwrap();
        self.order(at, Order::register(&identifier, &[named(text), admin()]))
    }
}

impl Machine {
    /// A node with keys and a site, that is no member yet.
    fn found(folder: &Path, number: u64) -> Self {
        let folder = folder.join(number.to_string());
        let mut config = on_loopback();
        let store = Store::open(&folder, &config.storage.options()).unwrap();
        let keys = Keys::open(&folder, None).unwrap();
        let bound = Node::bind(&config).unwrap();
        config.listen = bound.addresses().to_vec();
        let listening = Listening {
            native: bound.addresses().to_vec(),
            http: Vec::new(),
        };
        founding::found(&folder, &keys, &store, &config, &listening).unwrap();
        store.close().unwrap();
        allow_founding(&folder).unwrap();
        Self {
            node: None,
            folder,
            config,
        }
    }

    fn start(&mut self) -> Result<(), Error> {
        let store = opened(&self.folder, &self.config);
        self.node = Some(started(&self.folder, &mut self.config, store)?);
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
        self.config.listen[0]
    }

    fn state(&self) -> RegistryState {
        self.node().registry().unwrap()
    }

    /// The values of an identifier, asked over the network.
    fn ask(&self, identifier: &str) -> (ResponseCode, Vec<Value>) {
        let question = Question::about(identifier.parse().unwrap());
        let mut client = Client::new(self.address()).unwrap();
        let reply = client.ask_over(Transport::Tcp, &question).unwrap();
        let values = match &reply.answered.response.answer {
            Answer::Resolution(answer) => answer.values.iter().map(EncodedValue::value).collect(),
            _ => Vec::new(),
        };
        (reply.answered.message.header.response_code, values)
    }

    /// The names in the record of an identifier, one after another; none if there is no record.
    fn says(&self, identifier: &str) -> Option<String> {
        let (code, values) = self.ask(identifier);
        let names = values
            .iter()
            .filter(|value| value.value_type.octets()[..] == *b"NAME");
        let names: Vec<String> = names
            .map(|value| value.data.escape_ascii().to_string())
            .collect();
        (code == ResponseCode::SUCCESS).then(|| names.join(" "))
    }
}

fn free_port() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()
}

/// That the first administrator may do everything with a record.
fn admin() -> Value {
    let admin = model::Admin {
        identifier: "0.NA/88".into(),
        index: 200,
        permissions: model::admin::AdminPermissions::ALL,
        has_legacy_end: false,
    };
    Value::public(100, "HS_ADMIN", admin.encode())
}

fn named(text: &str) -> Value {
    Value::public(1, "NAME", text.to_owned())
}
