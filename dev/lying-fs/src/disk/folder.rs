//! The names in one folder: as they look, and as they would survive.

use super::Chance;
use std::collections::BTreeMap;

type Names = BTreeMap<String, u64>;

#[derive(Debug, Clone, Default)]
pub(super) struct Folder {
    shown: Names,
    durable: Names,
    unsynced: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Add(String, u64),
    Remove(String),
    Rename {
        from: String,
        to: String,
        number: u64,
    },
}

impl Folder {
    pub(super) fn shown(&self) -> &Names {
        &self.shown
    }

    pub(super) fn add(&mut self, name: &str, number: u64) {
        self.carry_out(Change::Add(name.into(), number));
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.carry_out(Change::Remove(name.into()));
    }

    pub(super) fn rename(&mut self, from: &str, to: &str, number: u64) {
        let (from, to) = (from.into(), to.into());
        self.carry_out(Change::Rename { from, to, number });
    }

    fn carry_out(&mut self, change: Change) {
        change.apply(&mut self.shown);
        self.unsynced.push(change);
    }

    pub(super) fn sync(&mut self) {
        for change in std::mem::take(&mut self.unsynced) {
            change.apply(&mut self.durable);
        }
    }

    /// A failed sync: nothing of it is durable, and nobody will try again.
    pub(super) fn forget(&mut self) {
        self.unsynced.clear();
    }

    /// A power cut.
    pub(super) fn lose(&mut self, survives: Chance<'_>) {
        for change in std::mem::take(&mut self.unsynced) {
            if survives() {
                change.apply(&mut self.durable);
            }
        }
        self.shown.clone_from(&self.durable);
    }

    pub(super) fn renumber(&mut self, numbers: &BTreeMap<u64, u64>) {
        let renumbered = |(name, number): (&String, &u64)| {
            let number = numbers.get(number).copied().unwrap_or(*number);
            (name.clone(), number)
        };
        self.shown = self.shown.iter().map(renumbered).collect();
        self.durable.clone_from(&self.shown);
    }
}

impl Change {
    fn apply(&self, names: &mut Names) {
        match self {
            Self::Add(name, number) => {
                names.insert(name.clone(), *number);
            }
            Self::Remove(name) => {
                names.remove(name);
            }
            Self::Rename { from, to, number } => {
                names.remove(from);
                names.insert(to.clone(), *number);
            }
        }
    }
}
