//! The tree of the demo: its nodes started, and each named by the one above it.

use super::cast::{CAST, RECURSIVE, ROOT, Role, THINGS, TOP, above};
use super::machine::{Addresses, Machine};
use super::ports;
use client::{Administrator, Client, Means, Transport, WINDOW};
use crypto::{RsaBits, SigningKey};
use engine::Question;
use engine::administrator::Order;
use model::{Identifier, KeyFile, Prefix, PrivateKey, Site, Value};
use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};
use wire::{Identity, ResponseCode};

/// Whoever administers: the same key at every node, so that a demo need not make fifteen.
const ADMINISTRATOR: &str = "0.NA/0.NA";
/// The same of what the sites at the top agree on.
const ADMINISTRATOR_OF_ALL: &str = "0.NA/88";
const PATIENCE: Duration = Duration::from_secs(20);

/// All nodes, in the order of [`CAST`].
pub(super) struct Tree {
    machines: Vec<Machine>,
    key: PrivateKey,
    /// Where everybody asks.
    pub(super) resolver: SocketAddr,
    /// How long it took until the last one could be asked.
    pub(super) took: Duration,
}

impl Tree {
    /// Starts all nodes below a folder and names each at the one above it.
    pub(super) fn start(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let started = Instant::now();
        let keys = Keys::make(folder)?;
        let mut places = ports::free(2 * CAST.len() + 1 + TOP.len())?.into_iter();
        let mut place = || places.next().ok_or("too few places");
        let resolver = place()?;
        let asks_for_others = format!(
            "[recursive]\nlisten = [\"{resolver}\"]\nroots_file = \"bootstrap_handles.root\"\n"
        );
        let mut tree = Self {
            machines: Vec::new(),
            key: keys.key,
            resolver,
            took: Duration::ZERO,
        };
        let files = [
            ("admpriv.bin", keys.private.as_path()),
            ("admpub.bin", &keys.public),
        ];
        for part in &CAST {
            let (native, http) = (place()?, place()?);
            let addresses = Addresses { native, http };
            let settings = match part.role {
                Role::Root => REFERS,
                Role::Recursive => &asks_for_others,
                _ => "",
            };
            let machine = Machine::prepare(part, addresses, folder, settings, &files)?;
            tree.machines.push(machine);
        }
        tree.found_all()?;
        let roots = tree.roots_file()?;
        fs::copy(roots, tree.of(RECURSIVE)?.file("bootstrap_handles.root"))?;
        let ports: Vec<SocketAddr> = places.collect();
        tree.found_registry(&ports)?;
        let all: Vec<usize> = (0..CAST.len()).collect();
        tree.bring_up(&all)?;
        tree.delegate()?;
        tree.took = started.elapsed();
        Ok(tree)
    }

    /// Makes the keys of all nodes, side by side.
    fn found_all(&self) -> Result<(), Box<dyn Error>> {
        thread::scope(|scope| {
            let machines = self.machines.iter();
            let founding: Vec<_> = machines
                .map(|machine| scope.spawn(|| machine.found().map_err(|error| error.to_string())))
                .collect();
            for founding in founding {
                founding
                    .join()
                    .map_err(|_| "founding a node has panicked")??;
            }
            Ok(())
        })
    }

    /// Tells the sites at the top who they are: each listens for the others at a port of its own.
    fn found_registry(&self, ports: &[SocketAddr]) -> Result<(), Box<dyn Error>> {
        let top = || self.machines.iter().take(TOP.end).skip(TOP.start);
        let mut members = String::new();
        for ((number, machine), port) in (1..).zip(top()).zip(ports) {
            let role = match machine.part.role {
                Role::Recovery => "recovery",
                _ => "top-level",
            };
            let site = machine.file("siteinfo.json");
            let site = site.to_str().ok_or("a folder whose name is no text")?;
            write!(
                members,
                "[[registry.members]]\nnumber = {number}\nrole = \"{role}\"\n\
                 address = \"{port}\"\nsite = {site:?}\n"
            )?;
        }
        for (number, machine) in (1..).zip(top()) {
            let settings = format!(
                "[registry]\nmember = {number}\nprefixes = [\"88\"]\n\
                 admin_key_file = \"admpub.bin\"\n{members}"
            );
            fs::write(machine.file("nameplate.toml"), settings)?;
            node::registry::allow_founding(&machine.file(""))?;
        }
        Ok(())
    }

    /// Starts some nodes side by side.
    pub(super) fn bring_up(&mut self, which: &[usize]) -> Result<(), Box<dyn Error>> {
        for &at in which {
            self.of_mut(at)?.spawn()?;
        }
        for &at in which {
            self.of_mut(at)?.wait_until_ready()?;
        }
        Ok(())
    }

    /// Kills some nodes, all at once as far as one process can.
    pub(super) fn kill(&mut self, which: &[usize]) {
        for &at in which {
            if let Some(machine) = self.machines.get_mut(at) {
                machine.kill();
            }
        }
    }

    pub(super) fn machines(&self) -> &[Machine] {
        &self.machines
    }

    /// The file with which clients find the root.
    pub(super) fn roots_file(&self) -> Result<PathBuf, Box<dyn Error>> {
        Ok(self.of(ROOT)?.file("bootstrap_handles"))
    }

    /// Has one node carry out orders, many under way; all must succeed. What it is too busy for,
    /// which it says with nothing done, it is asked again.
    pub(super) fn order(&self, at: usize, orders: Vec<Order>) -> Result<(), Box<dyn Error>> {
        let (begun, mut left) = (Instant::now(), orders);
        while !left.is_empty() {
            left = self.order_once(at, left)?;
            if !left.is_empty() {
                if begun.elapsed() > PATIENCE {
                    return Err(format!("{} is busy for ever", CAST[at].name).into());
                }
                thread::sleep(Duration::from_millis(10));
            }
        }
        Ok(())
    }

    /// The same, once; gives back what it was too busy for.
    fn order_once(&self, at: usize, orders: Vec<Order>) -> Result<Vec<Order>, Box<dyn Error>> {
        let administrator = if TOP.contains(&at) {
            ADMINISTRATOR_OF_ALL
        } else {
            ADMINISTRATOR
        };
        let identity = Identity::new(administrator, node::founding::ADMIN_INDEX);
        let server = self.of(at)?.addresses.native;
        let means = Means::Key(SigningKey::new(&self.key)?);
        let mut administrator = Administrator::new(server, identity, means, WINDOW).with_session();
        let mut given: HashMap<_, _> = orders
            .into_iter()
            .map(|order| (administrator.give(order.clone()), order))
            .collect();
        let mut refused = Vec::new();
        administrator.send()?;
        while administrator.unanswered_count() > 0 {
            let heard = administrator.receive()?;
            let order = given.remove(&heard.ticket);
            match heard.answered.message.header.response_code {
                ResponseCode::SUCCESS => (),
                ResponseCode::SERVER_BUSY => refused.extend(order),
                code => return Err(format!("{}: {code}", CAST[at].name).into()),
            }
            administrator.send()?;
        }
        Ok(refused)
    }

    /// Names nodes at those above them, and makes each home to its prefix.
    fn delegate(&self) -> Result<(), Box<dyn Error>> {
        let top: Vec<usize> = TOP.collect();
        self.order(ROOT, vec![self.naming("88", &top)?])?;
        for (at, part) in CAST.iter().enumerate() {
            let namer = match part.role {
                // Any of the seven will do.
                Role::SecondLevel => TOP.start + at % TOP.len(),
                Role::Enterprise => above(part.prefix).ok_or("nobody is above it")?,
                _ => continue,
            };
            self.order(at, vec![Order::home(&prefix(part.prefix)?)?])?;
            self.order(namer, vec![self.naming(part.prefix, &[at])?])?;
        }
        Ok(())
    }

    /// Names who answers for a prefix, and for those below it.
    pub(super) fn naming(&self, prefix: &str, nodes: &[usize]) -> Result<Order, Box<dyn Error>> {
        let mut values = Vec::new();
        for (index, &at) in (1_u32..).zip(nodes) {
            let file = fs::read(self.of(at)?.file("siteinfo.json"))?;
            let site: Site = serde_json::from_slice(&file)?;
            values.push(Value::public(index, "HS_SITE", site.encode()));
            values.push(Value::public(100 + index, "HS_SITE.PREFIX", site.encode()));
        }
        let identifier: Identifier = format!("0.NA/{prefix}").parse()?;
        Ok(Order::register(&identifier, &values))
    }

    /// Waits until every site at the top has the record that was agreed on last.
    pub(super) fn wait_for_all(&self, last: &str) -> Result<(), Box<dyn Error>> {
        let begun = Instant::now();
        for at in TOP {
            let machine = self.of(at)?;
            let mut client = Client::new(machine.addresses.native)?;
            loop {
                let reply = client.ask_over(Transport::Tcp, &Question::about(last.parse()?))?;
                if reply.answered.message.header.response_code == ResponseCode::SUCCESS {
                    break;
                }
                if begun.elapsed() > PATIENCE {
                    return Err(format!("{} does not catch up", machine.part.name).into());
                }
                thread::sleep(Duration::from_millis(5));
            }
        }
        Ok(())
    }

    /// Registers what the enterprises make, each at its own node.
    pub(super) fn register_things(&self) -> Result<Duration, Box<dyn Error>> {
        let started = Instant::now();
        for (name, values) in THINGS {
            let identifier: Identifier = name.parse()?;
            let prefix = name.split('/').next().unwrap_or_default();
            let at = CAST.iter().position(|part| part.prefix == prefix);
            let values: Vec<Value> = (1..)
                .zip(values)
                .map(|(index, (kind, data))| Value::public(index, kind, data))
                .collect();
            let order = Order::register(&identifier, &values);
            self.order(at.ok_or("nobody is home to it")?, vec![order])?;
        }
        Ok(started.elapsed())
    }

    fn of(&self, at: usize) -> Result<&Machine, &'static str> {
        self.machines.get(at).ok_or("there is no such node")
    }

    fn of_mut(&mut self, at: usize) -> Result<&mut Machine, &'static str> {
        self.machines.get_mut(at).ok_or("there is no such node")
    }
}

/// Seven sites are more than what is sent over UDP by default, and askers lose time until they come
/// over TCP.
const REFERS: &str = "[udp]\nanswer_octets_max = 8192\n";

fn prefix(text: &str) -> Result<Prefix, Box<dyn Error>> {
    Ok(text.parse()?)
}

/// The administrator's key and the files it is in.
struct Keys {
    key: PrivateKey,
    private: PathBuf,
    public: PathBuf,
}

impl Keys {
    fn make(folder: &Path) -> Result<Self, Box<dyn Error>> {
        fs::create_dir_all(folder)?;
        let key = SigningKey::generate(RsaBits::Least)?;
        let public_key = SigningKey::new(&key)?.public_key();
        let (private, public) = (folder.join("admpriv.bin"), folder.join("admpub.bin"));
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&private)?;
        file.write_all(&KeyFile::Plain(key.encode()).encode())?;
        fs::write(&public, public_key.encode())?;
        Ok(Self {
            key,
            private,
            public,
        })
    }
}
