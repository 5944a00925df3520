//! The matrix of room `node` asked of whole nodes over real sockets: UDP, TCP and the tunnel. A
//! selection in which every two properties meet; with `NAMEPLATE_TEST_LONG` set, all of it.
//!
//! Cells, rules and messages are those of room `node`. Not here: sessions and logins that are over,
//! for which the clock would have to be turned (there they are).

#[path = "../../../node/src/answerer/matrix/asking.rs"]
mod asking;
#[path = "../../../node/src/answerer/matrix/bench.rs"]
mod bench;
#[path = "../../../node/src/answerer/matrix/cells.rs"]
mod cells;
mod json;
#[path = "../../../node/src/answerer/matrix/people.rs"]
mod people;
#[path = "../../../node/src/answerer/matrix/rules.rs"]
mod rules;
mod sockets;

use asking::{Asker, Pairs, World};
use bench::{Bench, Waiting, pairs};
use cells::{Carrier, Cell, Condition, Rigour};
use engine::{Date, Question, Weakness, question};
use model::{EncodedValue, Identifier, Value};
use node::config::{AdministrationConfig, LimitsConfig};
use node::{Config, Node};
use people::Keys;
use sockets::Sockets;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use store::{Options, Store};
use tempfile::TempDir;
use wire::response::Answer as Body;
use wire::{Message, OpFlags, Response, ResponseCode};

/// How long challenges live where they shall be answered too late.
const HASTY_SECONDS: u64 = 3;

/// How many cells wait together until it is too late. Twice the life of a challenge it is known
/// that it was there; they are begun in far less.
const WAITING_COUNT: usize = 100;

/// A whole node and its operator.
struct House {
    node: Node,
    sockets: Sockets,
    /// Every asker has an address of its own: how many wrong proofs may come from one is tested
    /// elsewhere.
    addresses: AtomicU32,
    _folder: TempDir,
}

impl House {
    fn new(rigour: Rigour, challenge_seconds_max: u64) -> Self {
        let weak_forms = match rigour {
            Rigour::Strict => Vec::new(),
            Rigour::Lenient => Weakness::ALL.map(|form| form.name().to_owned()).into(),
        };
        let mut config = Config {
            listen: vec![(Ipv4Addr::LOCALHOST, 0).into()],
            administration: AdministrationConfig {
                server_admins: vec!["0:88.1/admin".into()],
                server_admins_may_all: false,
                weak_forms,
                ..AdministrationConfig::default()
            },
            // No limits: they are tested elsewhere.
            limits: LimitsConfig {
                challenge_seconds_max,
                signatures_per_second: 1_000_000,
                signatures_per_source_and_second: 1_000_000,
                secrets_per_second: 1_000_000,
                secrets_per_source_and_second: 1_000_000,
                ..LimitsConfig::default()
            },
            ..Config::default()
        };
        config.http.listen.clone_from(&config.listen);
        config.http.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        let folder = TempDir::new_in("/dev/shm").unwrap_or_else(|_| TempDir::new().unwrap());
        let store = Store::open(folder.path(), &Options::default()).unwrap();
        let front = |handle| web::Web::new(handle, &config.http);
        let node = Node::start_with(&config, store, &front).unwrap();
        let sockets = Sockets::new(node.addresses()[0], node.http_addresses()[0]);
        Self {
            node,
            sockets,
            addresses: AtomicU32::new(0x7f01_0001),
            _folder: folder,
        }
    }

    fn tell(&self, request: &Message) -> Message {
        self.node
            .answer_locally(request)
            .expect("requests are answered")
    }

    fn resolution(&self, identifier: &str) -> Message {
        let question = Question::about(identifier.parse().unwrap()).for_private_values();
        self.tell(&question.resolution(1, self.date()))
    }
}

impl World for House {
    fn changes(&self) -> Option<u64> {
        None
    }

    fn values(&self, identifier: &str) -> Option<Pairs> {
        let answer = self.resolution(identifier);
        match Response::decode(&answer).unwrap().answer {
            Body::Resolution(answer) => {
                let values = answer.values.iter().map(EncodedValue::value);
                Some(pairs(&values.collect::<Vec<Value>>()))
            }
            _ => None,
        }
    }

    fn put(&self, identifier: &str, values: Option<&[Value]>) {
        let identifier: Identifier = identifier.parse().unwrap();
        let date = self.date();
        let request = match values {
            Some(values) => question::creation(&identifier, values, OpFlags::OVERWRITE, 1, date),
            None => question::deletion(&identifier, 1, date),
        };
        self.tell(&request);
    }

    fn is_home(&self, prefix: &str) -> bool {
        let code = self
            .resolution(&format!("{prefix}/none"))
            .header
            .response_code;
        code != ResponseCode::SERVER_NOT_RESPONSIBLE
    }

    fn home(&self, prefix: &str, is_home: bool) {
        let described = format!("0.NA/{prefix}").parse().unwrap();
        self.tell(&question::homing(&described, is_home, 1, self.date()));
    }

    fn asker(&self, carrier: Carrier) -> Box<dyn Asker + '_> {
        let address = self.addresses.fetch_add(1, Ordering::Relaxed);
        self.sockets.asker(carrier, Ipv4Addr::from_bits(address))
    }

    fn date(&self) -> Date {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Date(since_1970.as_secs() as u32)
    }

    fn forgives(&self) -> bool {
        false
    }
}

/// Tries cells that need no time to pass.
fn tried(cells: &[Cell], keys: &Keys, rigour: Rigour) -> Vec<String> {
    let house = House::new(rigour, LimitsConfig::default().challenge_seconds_max);
    let mut bench = Bench::new(&house, keys);
    let tried = cells.iter().map(|&cell| bench.begin(cell).err());
    tried.flatten().collect()
}

/// Tries cells whose proofs come too late.
fn tried_late(cells: &[Cell], keys: &Keys, rigour: Rigour) -> Vec<String> {
    let house = House::new(rigour, HASTY_SECONDS);
    let mut bench = Bench::new(&house, keys);
    let mut failed = Vec::new();
    for cells in cells.chunks(WAITING_COUNT) {
        let mut waiting: Vec<Waiting<'_>> = Vec::new();
        for &cell in cells {
            match bench.begin(cell) {
                Ok(one) => waiting.extend(one),
                Err(complaint) => failed.push(complaint),
            }
        }
        let late = Instant::now() + Duration::from_millis(1000 * HASTY_SECONDS + 50);
        while let Some(left) = late.checked_duration_since(Instant::now()) {
            std::thread::park_timeout(left);
        }
        failed.extend(waiting.into_iter().filter_map(|one| bench.end(one).err()));
    }
    failed
}

#[test]
fn cells_over_sockets_are_answered_as_the_rules_say() {
    let all = cells::all().into_iter();
    let mut cells: Vec<Cell> = all
        .filter(|cell| cell.condition != Condition::Over)
        .collect();
    if std::env::var_os("NAMEPLATE_TEST_LONG").is_none() {
        cells = cells::pairwise(&cells);
        // As docs/testing.md says it.
        assert_eq!(cells.len(), 267);
    }
    let keys = &Keys::new();
    let of = |rigour: Rigour, is_late: bool| -> Vec<Cell> {
        let is_meant =
            |cell: &&Cell| cell.rigour == rigour && (cell.condition == Condition::Late) == is_late;
        cells.iter().filter(is_meant).copied().collect()
    };
    let failed: Vec<String> = std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for rigour in [Rigour::Strict, Rigour::Lenient] {
            let (prompt, late) = (of(rigour, false), of(rigour, true));
            threads.push(scope.spawn(move || tried(&prompt, keys, rigour)));
            threads.push(scope.spawn(move || tried_late(&late, keys, rigour)));
        }
        let failed = threads
            .into_iter()
            .map(|thread| thread.join().expect("nothing panics"));
        failed.flatten().collect()
    });
    let few = failed.iter().take(40).cloned().collect::<Vec<_>>();
    let (wrong, count) = (failed.len(), cells.len());
    assert!(failed.is_empty(), "{wrong} of {count}:\n{}", few.join("\n"));
}
