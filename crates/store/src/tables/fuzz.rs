//! The fuzz body of the tables: whatever is done to them, they are an ordered map.
//!
//! An ordinary function, so that a fuzzer and the tests run the same.

use super::{LsmTables, MemoryTables, Tables, View};
use crate::{Options, Position};
use bytes::Bytes;
use model::Key;
use model::change::Write;
use std::collections::BTreeMap;
use std::path::Path;

/// How many acts one input may have: enough for several files, and some hundred runs a second.
const ACTS_COUNT_MAX: usize = 64;

type Map = BTreeMap<Key, Bytes>;

/// Carries out what the octets say, three to an act, on new tables in memory and in an empty
/// folder, and compares both with a map: after every act, in views that are held, and after the
/// tables were closed and opened again.
///
/// # Panics
/// If they differ from the map.
pub fn tables(octets: &[u8], folder: &Path) {
    let mut memory = Run::new(Box::new(MemoryTables::default()));
    let mut files = Run::new(open(folder));
    let mut flushed = (Position::START, Map::new());
    for act in octets.chunks_exact(3).take(ACTS_COUNT_MAX) {
        let &[kind, at, length] = act else { continue };
        match kind % 16 {
            0..8 => both(&mut memory, &mut files, |run| run.put(at, length)),
            8..11 => both(&mut memory, &mut files, |run| run.delete(at)),
            11 => both(&mut memory, &mut files, Run::hold),
            12 => both(&mut memory, &mut files, Run::check_held),
            13 => {
                both(&mut memory, &mut files, |run| {
                    run.tables.flush().expect("it can be written");
                });
                flushed = (files.position, files.map.clone());
            }
            14 => both(&mut memory, &mut files, |run| {
                run.tables.compact().expect("it can be read");
            }),
            _ => {
                // As in a crash: what was not flushed is gone from the tables; the log has it.
                drop(files);
                files = Run::new(open(folder));
                (files.position, files.map) = flushed.clone();
                assert_eq!(files.tables.durable(), files.position);
                memory = Run::new(Box::new(MemoryTables::default()));
                memory.fill(&files);
            }
        }
        both(&mut memory, &mut files, |run| run.check_key(at));
    }
    both(&mut memory, &mut files, Run::check_held);
    both(&mut memory, &mut files, |run| run.check_all());
}

fn both(memory: &mut Run, files: &mut Run, act: impl Fn(&mut Run)) {
    act(memory);
    act(files);
}

fn open(folder: &Path) -> Box<dyn Tables> {
    let options = Options {
        cache_octets: 1 << 20,
        ..Options::default()
    };
    Box::new(LsmTables::open(folder, &options).expect("what was written can be read"))
}

/// Tables, and the map they must be.
struct Run {
    tables: Box<dyn Tables>,
    map: Map,
    position: Position,
    held: Option<(Box<dyn View>, Map)>,
}

impl Run {
    fn new(tables: Box<dyn Tables>) -> Self {
        Self {
            tables,
            map: Map::new(),
            position: Position::START,
            held: None,
        }
    }

    fn put(&mut self, at: u8, length: u8) {
        let octets = Bytes::from(vec![at ^ length; usize::from(length) * 4]);
        self.write(key(at), Some(octets));
    }

    fn delete(&mut self, at: u8) {
        self.write(key(at), None);
    }

    fn write(&mut self, key: Key, octets: Option<Bytes>) {
        self.position = Position(self.position.0 + 1);
        match octets.clone() {
            Some(octets) => self.map.insert(key.clone(), octets),
            None => self.map.remove(&key),
        };
        self.tables.make_room().expect("there is room");
        let writes = [Write { key, octets }];
        self.tables
            .apply(self.position, &writes)
            .expect("it can be written");
    }

    /// Brings tables in memory to where others are.
    fn fill(&mut self, others: &Self) {
        for (key, octets) in &others.map {
            self.write(key.clone(), Some(octets.clone()));
        }
    }

    fn hold(&mut self) {
        self.held = Some((self.tables.view(), self.map.clone()));
    }

    /// Checks that a view shows what was there when it was taken.
    fn check_held(&mut self) {
        if let Some((view, map)) = self.held.take() {
            check_all(&*view, &map);
        }
    }

    fn check_key(&self, at: u8) {
        let key = key(at);
        let found = self.tables.view().get(&key).expect("it can be read");
        assert_eq!(found.as_ref(), self.map.get(&key), "{key:?}");
    }

    fn check_all(&self) {
        check_all(&*self.tables.view(), &self.map);
    }
}

fn check_all(view: &dyn View, map: &Map) {
    let entries = view.range(&key(0), &Key::from_octets(Bytes::from_static(b"l")));
    let found: Map = entries
        .map(|entry| entry.expect("it can be read"))
        .collect();
    assert_eq!(found, *map);
}

/// Keys of two lengths, so that some begin as others do.
fn key(at: u8) -> Key {
    let octets = if at.is_multiple_of(3) {
        vec![b'k', at / 16]
    } else {
        vec![b'k', at / 16, at % 16]
    };
    Key::from_octets(octets.into())
}
