//! Seven members of a registry, a root above them and askers who walk from it, all in processes of
//! their own: two are killed, then a third, then a fourth, then all.

use crate::program::{ServingNode, path, run, told};
use client::{Administrator, Resolver, read_roots};
use crypto::SigningKey;
use engine::administrator::{Means, Order};
use engine::resolver::{Found, Guide, Wish};
use model::{Admin, KeyFile, PrivateKey, Value};
use serde_json::{Value as Json, json};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use wire::{Identity, ResponseCode};

/// How long something may take that happens within a second on a machine with nothing else to do.
const PATIENCE: Duration = Duration::from_secs(90);

const MEMBERS: usize = 7;

/// How many prefixes are asked for, one after another.
const PREFIXES: usize = 60;

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        thread::park_timeout(Duration::from_millis(20));
    }
}

/// Seven members and a root.
struct Tree {
    members: Vec<Option<ServingNode>>,
    addresses: Vec<(SocketAddr, SocketAddr)>,
    root: Option<ServingNode>,
    folder: TempDir,
}

impl Tree {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        // The first start makes keys and sites, and finds free ports.
        let first = |number: usize| {
            let data = folder.path().join(number.to_string());
            let node = ServingNode::start(&data);
            let addresses = node.addresses();
            assert_eq!(node.terminate().0, Some(0));
            addresses
        };
        let addresses = (1..=MEMBERS).map(first).collect();
        let mut tree = Self {
            members: (0..MEMBERS).map(|_| None).collect(),
            addresses,
            root: None,
            folder,
        };
        tree.configure();
        for at in 0..MEMBERS {
            tree.start_member(at);
        }
        tree.start_root();
        tree
    }

    fn data(&self, at: usize) -> PathBuf {
        self.folder.path().join((at + 1).to_string())
    }

    fn configure(&self) {
        let ports: Vec<TcpListener> = (0..MEMBERS)
            .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap())
            .collect();
        let listed = ports.iter().enumerate().map(|(at, port)| {
            let role = if at < 5 { "top-level" } else { "recovery" };
            let (number, address) = (at + 1, port.local_addr().unwrap());
            let site = self.data(at).join("siteinfo.json");
            format!(
                "[[registry.members]]\nnumber = {number}\nrole = \"{role}\"\n\
                 address = \"{address}\"\nsite = \"{}\"\n",
                site.display()
            )
        });
        let listed: String = listed.collect();
        let key = self.data(0).join("admpub.bin");
        for at in 0..MEMBERS {
            let settings = format!(
                "[registry]\nmember = {}\nprefixes = [\"88\"]\nadmin_key_file = \"{}\"\n{listed}",
                at + 1,
                key.display()
            );
            fs::write(self.data(at).join("nameplate.toml"), settings).unwrap();
            let (code, _, err) = told(&run(["registry", "found", path(&self.data(at))]));
            assert_eq!(code, 0, "{err}");
        }
    }

    fn start_member(&mut self, at: usize) {
        let mut node = ServingNode::start_on(&self.data(at), self.addresses[at]);
        let mut err = node.take_stderr();
        // A pipe that nobody empties would stop the node.
        thread::spawn(move || std::io::copy(&mut err, &mut std::io::sink()));
        self.members[at] = Some(node);
    }

    /// A root that says that the seven answer for what is derived from `88`.
    fn start_root(&mut self) {
        let data = self.folder.path().join("root");
        fs::create_dir_all(&data).unwrap();
        let values = (0..MEMBERS).map(|at| {
            let site = fs::read(self.data(at).join("siteinfo.json")).unwrap();
            let site: Json = serde_json::from_slice(&site).unwrap();
            let data = json!({"format": "site", "value": site});
            json!({"index": at + 1, "type": "HS_NA_DELEGATE", "data": data})
        });
        let values: Vec<Json> = values.collect();
        let file = data.join("88.jsonl");
        let record = json!({"handle": "0.NA/88", "values": values});
        fs::write(&file, record.to_string()).unwrap();
        let (code, out, err) = told(&run(["import", path(&file), "--data", path(&data)]));
        assert_eq!(code, 0, "{out}{err}");
        self.root = Some(ServingNode::start(&data));
    }

    fn resolver(&self) -> Resolver {
        let roots = self.folder.path().join("root/bootstrap_handles");
        let roots = read_roots(&roots).unwrap();
        Resolver::new(Guide {
            roots,
            ..Guide::default()
        })
    }

    fn running(&self) -> Vec<usize> {
        let all = self.members.iter().enumerate();
        let running = all.filter(|(_, member)| member.is_some());
        running.map(|(at, _)| at).collect()
    }

    fn state(&self, at: usize) -> Json {
        let data = self.data(at);
        let (_, out, err) = told(&run(["registry", "status", path(&data), "--json"]));
        serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out}{err}"))
    }

    /// Who leads, once all that run agree on it.
    fn leader(&self) -> usize {
        let mut leader = 0;
        wait_until("somebody leads", || {
            let running = self.running();
            let mut leaders = running.iter().map(|at| self.state(*at)["leader"].as_u64());
            leader = leaders.next().flatten().unwrap_or(0);
            let runs = running.iter().any(|at| *at as u64 + 1 == leader);
            runs && leaders.all(|it| it == Some(leader))
        });
        usize::try_from(leader).unwrap() - 1
    }

    fn kill(&mut self, at: usize) {
        self.members[at].take().unwrap().kill();
    }

    fn administrator(&self, at: usize) -> Administrator {
        let octets = fs::read(self.data(0).join("admpriv.bin")).unwrap();
        let file = KeyFile::decode(octets.into()).unwrap();
        let key = PrivateKey::decode(file.plain_key().unwrap().clone()).unwrap();
        let means = Means::Key(SigningKey::new(&key).unwrap());
        let identity = Identity::new("0.NA/88", 300);
        Administrator::new(self.addresses[at].0, identity, means, 1)
    }

    /// Waits until all members that run have so many prefixes beside `88`.
    fn has_everywhere(&self, prefixes: usize) {
        wait_until("all members have everything", || {
            let mut running = self.running().into_iter();
            running.all(|at| {
                let state = self.state(at);
                state["delegations"] == prefixes + 1 && state["unstored"] == 0
            })
        });
    }

    /// Three are left: a write is told that nobody leads.
    fn is_busy(&self) {
        wait_until("they notice", || {
            let mut running = self.running().into_iter();
            running.all(|at| self.state(at)["leader"] == 0)
        });
        let at = self.running()[0];
        let identifier = "0.NA/88.9000".parse().unwrap();
        let order = Order::register(&identifier, &[Value::public(1, "NAME", "never")]);
        let mut administrator = self.administrator(at);
        let started = Instant::now();
        let answered = administrator.ask(order).unwrap();
        let took = started.elapsed();
        let code = answered.message.header.response_code;
        assert_eq!(code, ResponseCode::SERVER_BUSY);
        assert!(took < Duration::from_secs(5), "{took:?}");
        let (code, out, _) = told(&run(["registry", "status", path(&self.data(at))]));
        assert!(code == 1 && out.contains("nobody leads"), "{out}");
    }

    /// All are killed and come back, and each has what was ever acknowledged.
    fn come_back(&mut self, acknowledged: &[String]) {
        for at in self.running() {
            self.kill(at);
        }
        for at in 0..MEMBERS {
            self.start_member(at);
        }
        self.leader();
        self.has_everywhere(PREFIXES + acknowledged.len());
        for at in 0..MEMBERS {
            let server = self.addresses[at].0.to_string();
            for prefix in acknowledged {
                let identifier = format!("0.NA/{prefix}");
                let ask = ["resolve", &identifier, "--server", &server, "--short"];
                let (code, out, err) = told(&run(ask));
                assert_eq!(code, 0, "{prefix} at {at}: {err}");
                assert!(out.contains(prefix), "{out}");
            }
        }
    }
}

/// Registers a prefix at a member; asks again as long as it is told to.
fn register(administrator: &mut Administrator, prefix: &str) {
    let identifier = format!("0.NA/{prefix}").parse().unwrap();
    let admin = Admin {
        identifier: "0.NA/88".into(),
        index: 200,
        permissions: model::admin::AdminPermissions::ALL,
        has_legacy_end: false,
    };
    let values = [
        Value::public(1, "NAME", prefix.to_owned()),
        Value::public(100, "HS_ADMIN", admin.encode()),
    ];
    wait_until("a write is acknowledged", || {
        let answered = administrator.ask(Order::register(&identifier, &values));
        match answered.unwrap().message.header.response_code {
            ResponseCode::SUCCESS | ResponseCode::HANDLE_ALREADY_EXISTS => true,
            ResponseCode::SERVER_BUSY | ResponseCode::ERROR => false,
            other => panic!("{other}"),
        }
    });
}

/// Walks for prefixes from the root, each time for another than before.
struct Askers {
    stops: AtomicBool,
    asked: AtomicU64,
    /// The longest walk, in milliseconds.
    longest_ms: AtomicU64,
}

impl Askers {
    fn ask(&self, resolver: &Resolver) {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        let mut number = 0;
        while !self.stops.load(Ordering::Relaxed) {
            let text = format!("0.NA/88.{}", number % PREFIXES);
            let walk = resolver.walk(Wish::for_values(text.parse().unwrap()));
            let walked = runtime.block_on(walk);
            let is_found = matches!(walked.end.found, Found::Values(_));
            assert!(
                is_found,
                "{text}: {:?} after {:?}",
                walked.end.found, walked.steps
            );
            let took = u64::try_from(walked.took.as_millis()).unwrap();
            self.longest_ms.fetch_max(took, Ordering::Relaxed);
            self.asked.fetch_add(1, Ordering::Relaxed);
            number += 1;
        }
    }

    /// Waits until some hundred questions more are answered.
    fn go_on(&self) {
        let before = self.asked.load(Ordering::Relaxed);
        wait_until("questions are answered", || {
            self.asked.load(Ordering::Relaxed) > before + 200
        });
    }
}

/// Tells the others that a thread has ended, also if it has panicked.
struct StopAtEnd<'s>(&'s AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The pairs that are killed together: the leader and another, or with `NAMEPLATE_TEST_LONG` all.
fn pairs(leader: usize) -> Vec<(usize, usize)> {
    if std::env::var_os("NAMEPLATE_TEST_LONG").is_none() {
        return vec![(leader, (leader + 3) % MEMBERS)];
    }
    let firsts = 0..MEMBERS;
    firsts
        .flat_map(|one| (one + 1..MEMBERS).map(move |other| (one, other)))
        .collect()
}

#[test]
fn members_are_killed_one_after_another_under_questions() {
    let mut tree = Tree::start();
    let leader = tree.leader();
    let mut administrator = tree.administrator(0);
    for number in 0..PREFIXES {
        register(&mut administrator, &format!("88.{number}"));
    }
    tree.has_everywhere(PREFIXES);
    let resolver = tree.resolver();
    let askers = Askers {
        stops: AtomicBool::new(false),
        asked: AtomicU64::new(0),
        longest_ms: AtomicU64::new(0),
    };
    let mut acknowledged = Vec::new();
    let mut write = |tree: &Tree, prefix: String| {
        let asked = *tree.running().last().unwrap();
        register(&mut tree.administrator(asked), &prefix);
        acknowledged.push(prefix);
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| askers.ask(&resolver));
        }
        let stop = StopAtEnd(&askers.stops);
        askers.go_on();
        for (round, (one, other)) in pairs(leader).into_iter().enumerate() {
            tree.kill(one);
            tree.kill(other);
            write(&tree, format!("88.{}", 2000 + 2 * round));
            askers.go_on();
            tree.start_member(one);
            tree.start_member(other);
            tree.leader();
            write(&tree, format!("88.{}", 2001 + 2 * round));
        }
        // Three are dead at last: writes go on.
        for dead in 0..3 {
            let leader = tree.leader();
            tree.kill(if dead == 0 { leader } else { tree.running()[0] });
            write(&tree, format!("88.{}", 1000 + dead));
        }
        tree.kill(tree.running()[0]);
        // Four are dead: questions are answered all the same.
        tree.is_busy();
        askers.go_on();
        drop(stop);
    });
    eprintln!(
        "{} walks, none failed, the longest took {} ms",
        askers.asked.load(Ordering::Relaxed),
        askers.longest_ms.load(Ordering::Relaxed)
    );
    tree.come_back(&acknowledged);
    let (code, out, _) = told(&run(["registry", "members", path(&tree.data(0))]));
    assert_eq!((code, out.lines().count()), (0, MEMBERS), "{out}");
    assert!(
        out.contains("recovery") && out.contains("this one"),
        "{out}"
    );
    for member in tree.members.into_iter().flatten() {
        assert_eq!(member.terminate().0, Some(0));
    }
}

/// A node that is no member says so, and a wrong table is refused before anything is done.
#[test]
fn a_node_that_is_no_member_says_so() {
    let folder = TempDir::new().unwrap();
    let data: &Path = &folder.path().join("data");
    let node = ServingNode::start(data);
    let (code, _, err) = told(&run(["registry", "status", path(data)]));
    assert_eq!(code, 1);
    assert!(err.contains("no member of a registry"), "{err}");
    assert_eq!(node.terminate().0, Some(0));
    fs::write(data.join("nameplate.toml"), "[registry]\nmember = 3\n").unwrap();
    let (code, _, err) = told(&run(["serve", "--data", path(data)]));
    assert_eq!(code, 1);
    assert!(
        err.contains("registry.member: the number of one of the members"),
        "{err}"
    );
}
