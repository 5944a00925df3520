//! Tables in memory. They hold nothing durably: every start replays the whole log.

use super::{Range, Run, Tables, View};
use crate::{Error, Position};
use bytes::Bytes;
use model::Key;
use model::change::Write;
use rpds::RedBlackTreeMapSync;
use std::sync::{PoisonError, RwLock};

type Map = RedBlackTreeMapSync<Key, Bytes>;

/// An ordered map whose snapshots are copies that share everything.
#[derive(Debug, Default)]
pub(crate) struct MemoryTables {
    map: RwLock<Map>,
}

impl Tables for MemoryTables {
    fn durable(&self) -> Position {
        Position::START
    }

    fn make_room(&self) -> Result<(), Error> {
        Ok(())
    }

    fn apply(&self, _: Position, writes: &[Write]) -> Result<(), Error> {
        let mut map = self.current();
        for write in writes {
            match &write.octets {
                Some(octets) => {
                    // Copies, lest one small record keep a whole packet or file of log in memory.
                    let key = Bytes::copy_from_slice(write.key.octets());
                    let octets = Bytes::copy_from_slice(octets);
                    map.insert_mut(Key::from_octets(key), octets);
                }
                None => {
                    map.remove_mut(&write.key);
                }
            }
        }
        *self.map.write().unwrap_or_else(PoisonError::into_inner) = map;
        Ok(())
    }

    fn load(&self, position: Position, run: &Run) -> Result<(), Error> {
        self.apply(position, &run.writes()?)
    }

    fn settle(&self) -> Result<(), Error> {
        Ok(())
    }

    fn view(&self) -> Box<dyn View> {
        Box::new(MemoryView {
            map: self.current(),
        })
    }

    fn flush(&self) -> Result<(), Error> {
        Ok(())
    }

    fn compact(&self) -> Result<(), Error> {
        Ok(())
    }
}

impl MemoryTables {
    fn current(&self) -> Map {
        // Nothing that can panic happens under the lock, and the map is replaced whole.
        self.map
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

struct MemoryView {
    map: Map,
}

impl View for MemoryView {
    fn get(&self, key: &Key) -> Result<Option<Bytes>, Error> {
        Ok(self.map.get(key).cloned())
    }

    fn range(&self, from: &Key, to: &Key) -> Range<'_> {
        if from >= to {
            return Box::new(std::iter::empty());
        }
        let entries = self.map.range(from.clone()..to.clone());
        Box::new(entries.map(|(key, octets)| Ok((key.clone(), octets.clone()))))
    }
}
