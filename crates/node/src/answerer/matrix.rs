//! Every operation, with every way to prove who asks, over every transport, in every version, under
//! every condition: asked at answerers in this process, without sockets. Room `web` asks the same
//! of a whole node.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `matrix/cells` | which cells are there, and which selection has every two properties? |
//! | `matrix/rules` | what is expected of a cell? |
//! | `matrix/people` | who asks, with which keys? |
//! | `matrix/asking` | which messages does an asker send? |
//! | `matrix/bench` | does what is heard and done agree with what is expected? |

mod asking;
mod bench;
mod cells;
mod people;
mod rules;

use super::AnswererSettings;
use super::tests::Desk;
use crate::visitor::{Line, Visitor};
use asking::{Asker, Pairs, World};
use bench::{Bench, pairs};
use cells::{Carrier, Cell, Condition, Rigour};
use client::Clock;
use engine::authority::{AdministrationSettings, Settings};
use engine::challenges::ChallengeLimits;
use engine::logins::LoginLimits;
use engine::sessions::SessionLimits;
use engine::{AllowanceLimits, Date, WeakForms, Weakness};
use model::site::Transport;
use model::{Reference, Value};
use people::{Keys, Who};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use wire::Packet;

/// No limits: they are tested elsewhere.
const PLENTY: AllowanceLimits = AllowanceLimits {
    per_second: 1_000_000,
    per_source_and_second: 1_000_000,
};

/// A folder in memory where there is one: what is durable is tested elsewhere.
fn fast_folder() -> TempDir {
    TempDir::new_in("/dev/shm").unwrap_or_else(|_| TempDir::new().unwrap())
}

/// What ends at once at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hasty {
    Nothing,
    Challenges,
    SessionsAndLogins,
}

impl Hasty {
    const ALL: [Self; 3] = [Self::Nothing, Self::Challenges, Self::SessionsAndLogins];

    fn of(cell: Cell) -> Self {
        match cell.condition {
            Condition::Late => Self::Challenges,
            Condition::Over => Self::SessionsAndLogins,
            _ => Self::Nothing,
        }
    }
}

struct Room {
    desk: Desk,
    addresses: AtomicU32,
    changes_asked: AtomicU64,
}

impl Room {
    fn new(rigour: Rigour, hasty: Hasty) -> Self {
        let weak_forms = match rigour {
            Rigour::Strict => WeakForms::NONE,
            Rigour::Lenient => Weakness::ALL
                .into_iter()
                .fold(WeakForms::NONE, WeakForms::with),
        };
        let life =
            |usual: Duration, kind: Hasty| if kind == hasty { Duration::ZERO } else { usual };
        let administration = AdministrationSettings {
            server_admins: vec![Reference {
                identifier: Who::Administrator.name().into(),
                index: 0,
            }],
            lists: true,
            weak_forms,
            ..AdministrationSettings::default()
        };
        let settings = AnswererSettings {
            authority: Settings {
                administration: Arc::new(administration),
                ..Settings::default()
            },
            signatures: PLENTY,
            secrets: PLENTY,
            challenges: ChallengeLimits {
                life: life(ChallengeLimits::default().life, Hasty::Challenges),
                ..ChallengeLimits::default()
            },
            sessions: SessionLimits {
                life_max: life(SessionLimits::default().life_max, Hasty::SessionsAndLogins),
                ..SessionLimits::default()
            },
            logins: LoginLimits {
                life: life(LoginLimits::default().life, Hasty::SessionsAndLogins),
                ..LoginLimits::default()
            },
            ..AnswererSettings::default()
        };
        Self {
            desk: Desk::with_in(settings, fast_folder()),
            addresses: AtomicU32::new(0x0a00_0000),
            changes_asked: AtomicU64::new(0),
        }
    }

    /// Waits until what ends at once has ended.
    fn wait(&self) {
        let clock = &self.desk.answerer.clock;
        let now = clock.moment();
        while clock.moment() == now {
            std::thread::yield_now();
        }
    }
}

impl World for Room {
    fn values(&self, identifier: &str) -> Option<Pairs> {
        let values = self.desk.values_of(&identifier.parse().unwrap());
        (!values.is_empty()).then(|| pairs(&values))
    }

    fn put(&self, identifier: &str, values: Option<&[Value]>) {
        self.desk.put(identifier, values);
    }

    fn is_home(&self, prefix: &str) -> bool {
        self.desk.is_home(prefix)
    }

    fn home(&self, prefix: &str, is_home: bool) {
        if is_home {
            self.desk.home(prefix);
        } else {
            self.desk.unhome(prefix);
        }
    }

    fn changes(&self) -> Option<u64> {
        // The number of a change is that of all before it; those that only ask for it count not.
        let asked = self.changes_asked.fetch_add(1, Ordering::Relaxed);
        Some(self.desk.change_nothing().0 - asked)
    }

    fn asker(&self, carrier: Carrier) -> Box<dyn Asker + '_> {
        let line = (carrier == Carrier::Tcp).then(|| self.desk.answerer.pick_up());
        let room = self;
        Box::new(Stranger {
            room,
            carrier,
            line,
        })
    }

    fn date(&self) -> Date {
        Clock::date()
    }

    fn forgives(&self) -> bool {
        true
    }
}

/// Somebody who asks, every time from another address: how many wrong proofs may come from one is
/// tested elsewhere.
struct Stranger<'r> {
    room: &'r Room,
    carrier: Carrier,
    line: Option<Line>,
}

impl Stranger<'_> {
    fn visitor(&self) -> Visitor {
        let address = self.room.addresses.fetch_add(1, Ordering::Relaxed);
        let address = Ipv4Addr::from_bits(address).into();
        match (self.carrier, self.line) {
            (_, Some(line)) => Visitor::on(line, address),
            (Carrier::Udp, None) => Visitor::claimed(address),
            (_, None) => Visitor::connected(address, Transport::HTTP),
        }
    }
}

impl Asker for Stranger<'_> {
    fn ask(&mut self, packet: &Packet) -> Packet {
        let visitor = self.visitor();
        let answer = pollster::block_on(self.room.desk.answerer.answer_packet(packet, visitor));
        answer.expect("requests are answered").packet
    }
}

impl Drop for Stranger<'_> {
    fn drop(&mut self) {
        if let Some(line) = self.line {
            self.room.desk.answerer.hang_up(line);
        }
    }
}

/// Tries cells at nodes of their own; what is not as expected.
fn tried(cells: &[Cell], rigour: Rigour, keys: &Keys) -> Vec<String> {
    let mut failed = Vec::new();
    for hasty in Hasty::ALL {
        let room = Room::new(rigour, hasty);
        let mut bench = Bench::new(&room, keys);
        let cells = cells.iter().copied();
        for cell in cells.filter(|cell| Hasty::of(*cell) == hasty) {
            let tried = match bench.begin(cell) {
                Ok(Some(waiting)) => {
                    room.wait();
                    bench.end(waiting)
                }
                Ok(None) => Ok(()),
                Err(complaint) => Err(complaint),
            };
            failed.extend(tried.err());
        }
    }
    failed
}

#[test]
fn every_cell_is_answered_as_the_rules_say() {
    let (cells, keys) = (cells::all(), Keys::new());
    let mut parts: BTreeMap<(Rigour, Carrier), Vec<Cell>> = BTreeMap::new();
    for cell in &cells {
        let part = parts.entry((cell.rigour, cell.carrier)).or_default();
        part.push(*cell);
    }
    let failed: Vec<String> = std::thread::scope(|scope| {
        let keys = &keys;
        let threads = parts
            .iter()
            .map(|(&(rigour, _), cells)| scope.spawn(move || tried(cells, rigour, keys)));
        let threads: Vec<_> = threads.collect();
        let failed = threads
            .into_iter()
            .map(|thread| thread.join().expect("nothing panics"));
        failed.flatten().collect()
    });
    // As docs/testing.md says it.
    assert_eq!(cells.len(), 72_688);
    let few = failed.iter().take(40).cloned().collect::<Vec<_>>();
    let (wrong, count) = (failed.len(), cells.len());
    assert!(failed.is_empty(), "{wrong} of {count}:\n{}", few.join("\n"));
}

#[test]
fn every_two_properties_meet_in_a_small_selection() {
    let all = cells::all();
    let chosen = cells::pairwise(&all);
    assert!(chosen.len() * 200 < all.len(), "{}", chosen.len());
}
