//! What an item does to the records: the rules of the operations, carried out by the operator.
//!
//! Not here: committing (`batch.rs`).

use super::ExistingPolicy;
use super::batch::Batches;
use super::item::Action;
use bytes::Bytes;
use engine::Date;
use engine::authority::{HOMED_MARK, Registration};
use model::{Identifier, Key, Prefix, Record, SuffixCase, Value};
use std::collections::HashSet;

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// It is carried out.
    Yes,
    /// It was there already, and is left as it was.
    Skipped,
    /// There was nothing to do.
    Nothing,
}

/// Why an item is not carried out.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The item is wrong; the others go on.
    #[error("{0}")]
    Refused(String),
    /// The store takes no more.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<model::Error> for Error {
    fn from(error: model::Error) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Carries items out, one after the other.
pub(super) struct Applier<'s> {
    pub(super) batches: Batches<'s>,
    pub(super) case: SuffixCase,
    pub(super) policy: Option<ExistingPolicy>,
    pub(super) now: Date,
    /// Whether there were no records when the import began: then records that replace others are
    /// those of the same file, and need not be looked up for their dates.
    pub(super) was_empty: bool,
    /// Prefixes that are marked as home already; a mark is written once.
    pub(super) homed: HashSet<Key>,
}

impl Applier<'_> {
    pub(super) fn apply(&mut self, action: Action) -> Result<Done, Error> {
        match action {
            Action::Register(identifier, values) => self.register(&identifier, values, true),
            Action::RegisterOnly(identifier, values) => self.register(&identifier, values, false),
            Action::Create(identifier, values) => self.create(&identifier, values),
            Action::Add(identifier, values) => self.add(&identifier, values),
            Action::Modify(identifier, values) => self.modify(&identifier, values),
            Action::Delete(identifier) => self.delete(&identifier),
            Action::Remove(identifier, indexes) => self.remove(&identifier, &indexes),
            Action::Home(prefix) => {
                self.home(Key::homed(&prefix));
                Ok(Done::Yes)
            }
            Action::Unhome(prefix) => self.unhome(&prefix),
            // Whoever has the folder needs no permission.
            Action::Authenticate(_) | Action::At(_) | Action::Nothing(_) => Ok(Done::Nothing),
        }
    }

    /// Registers an identifier; what was there before is treated as asked for, by default replaced.
    fn register(
        &mut self,
        identifier: &Identifier,
        values: Vec<Value>,
        homes: bool,
    ) -> Result<Done, Error> {
        let registration = self.registration(identifier, values)?;
        let policy = self.policy.unwrap_or(ExistingPolicy::Overwrite);
        let before = match policy {
            ExistingPolicy::Overwrite if self.was_empty => None,
            _ => self.batches.get(&registration.key)?,
        };
        self.put(registration, before, policy, homes)
    }

    /// As the operation does: an identifier that is there is an error unless something else was
    /// asked for.
    fn create(&mut self, identifier: &Identifier, values: Vec<Value>) -> Result<Done, Error> {
        let registration = self.registration(identifier, values)?;
        let before = self.batches.get(&registration.key)?;
        let policy = self.policy.unwrap_or(ExistingPolicy::Fail);
        self.put(registration, before, policy, true)
    }

    fn put(
        &mut self,
        registration: Registration,
        before: Option<Bytes>,
        policy: ExistingPolicy,
        homes: bool,
    ) -> Result<Done, Error> {
        let Registration { home, key, record } = registration;
        let record = match (before, policy) {
            (None, _) => record,
            (Some(_), ExistingPolicy::Skip) => return Ok(Done::Skipped),
            (Some(_), ExistingPolicy::Fail) => return refuse("the identifier exists already"),
            (Some(before), ExistingPolicy::Overwrite) => match Record::from_stored(before) {
                Ok(before) => record.dated_after(&before),
                // Nothing that anybody can read: it is replaced.
                Err(_) => record,
            },
        };
        if homes {
            self.home(home);
        }
        self.batches.write(key, Some(record.octets().clone()));
        Ok(Done::Yes)
    }

    fn add(&mut self, identifier: &Identifier, values: Vec<Value>) -> Result<Done, Error> {
        let before = self.existing(identifier)?;
        let overwrites = self.policy == Some(ExistingPolicy::Overwrite);
        let mut all = values_of(&before);
        for value in values {
            match all.iter_mut().find(|old| old.index == value.index) {
                None => all.push(value),
                Some(old) if overwrites => *old = value,
                Some(_) if self.policy == Some(ExistingPolicy::Skip) => (),
                Some(_) => return refuse(format!("there is a value {} already", value.index)),
            }
        }
        self.replace(identifier, &before, all)
    }

    fn modify(&mut self, identifier: &Identifier, values: Vec<Value>) -> Result<Done, Error> {
        let before = self.existing(identifier)?;
        let mut all = values_of(&before);
        for value in values {
            match all.iter_mut().find(|old| old.index == value.index) {
                Some(old) => *old = value,
                None => return refuse(format!("there is no value {}", value.index)),
            }
        }
        self.replace(identifier, &before, all)
    }

    fn remove(&mut self, identifier: &Identifier, indexes: &[u32]) -> Result<Done, Error> {
        let before = self.existing(identifier)?;
        let mut all = values_of(&before);
        for index in indexes {
            if !all.iter().any(|value| value.index == *index) {
                return refuse(format!("there is no value {index}"));
            }
        }
        all.retain(|value| !indexes.contains(&value.index));
        self.replace(identifier, &before, all)
    }

    fn delete(&mut self, identifier: &Identifier) -> Result<Done, Error> {
        let key = Key::record(identifier, self.case);
        if self.batches.get(&key)?.is_none() {
            return refuse("there is no such identifier");
        }
        self.batches.write(key, None);
        Ok(Done::Yes)
    }

    fn home(&mut self, key: Key) {
        if !self.homed.contains(&key) {
            self.homed.insert(key.clone());
            self.batches
                .write(key, Some(Bytes::from_static(HOMED_MARK)));
        }
    }

    fn unhome(&mut self, prefix: &Prefix) -> Result<Done, Error> {
        let key = Key::homed(prefix);
        if self.batches.get(&key)?.is_none() {
            return refuse("the node is not home to the prefix");
        }
        self.homed.remove(&key);
        self.batches.write(key, None);
        Ok(Done::Yes)
    }

    fn existing(&self, identifier: &Identifier) -> Result<Record, Error> {
        match self.batches.get(&Key::record(identifier, self.case))? {
            Some(octets) => Ok(Record::from_stored(octets)?),
            None => refuse("there is no such identifier"),
        }
    }

    /// Writes other values of a record that is there; it keeps its first spelling.
    fn replace(
        &mut self,
        identifier: &Identifier,
        before: &Record,
        values: Vec<Value>,
    ) -> Result<Done, Error> {
        let spelled = match before.spelling() {
            Some(spelling) => Identifier::from_octets(spelling)?,
            None => Identifier::from_octets(identifier.canonical(self.case).into())?,
        };
        let registration = self.registration(&spelled, values)?;
        let record = registration.record.dated_after(before);
        self.batches
            .write(registration.key, Some(record.octets().clone()));
        Ok(Done::Yes)
    }

    /// Checks values and dates those that have no date: one that a file gives is kept.
    fn registration(
        &self,
        identifier: &Identifier,
        mut values: Vec<Value>,
    ) -> Result<Registration, Error> {
        for value in values.iter_mut().filter(|value| value.timestamp == 0) {
            value.timestamp = self.now.0;
        }
        Ok(Registration {
            home: Key::homed(&identifier.prefix()),
            key: Key::record(identifier, self.case),
            record: Record::spelled(&values, identifier, self.case)?,
        })
    }
}

fn values_of(record: &Record) -> Vec<Value> {
    record
        .entries()
        .map(|entry| entry.encoded.value())
        .collect()
}

fn refuse<T>(reason: impl Into<String>) -> Result<T, Error> {
    Err(Error::Refused(reason.into()))
}
