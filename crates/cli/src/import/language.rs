//! The language of the Handle System's batch files, carried out in a folder or by a node.
//!
//! ```text
//! CREATE 88.118.1/pump-0007
//! 1 NAME 86400 1110 UTF8 centrifugal pump
//! 100 HS_ADMIN 86400 1110 ADMIN 300:110011111111:0.NA/88.118.1
//!
//! REMOVE 3,4:88.118.1/pump-0008
//!
//! DELETE 88.118.1/pump-0009
//! ```
//!
//! A block ends with an empty line. Not here: what an operation does (`apply.rs`).

use super::item::{Action, Item, Login, Place, Refusal, Source};
use super::lines::{LINE_OCTETS_MAX, Line, Lines};
use super::record_json::{broken, prefix};
use bytes::Bytes;
use model::admin::{Admin, AdminPermissions};
use model::record::{VALUES_COUNT_MAX, VALUES_OCTETS_MAX};
use model::{Identifier, Reference, Ttl, Value, ValueList};
use std::collections::VecDeque;
use std::fmt::Display;
use std::fs::File;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

#[cfg(test)]
mod tests;

/// The permissions of an administrator in the order of batch files.
pub(crate) const ADMIN_ORDER: [AdminPermissions; 12] = [
    AdminPermissions::ADD_HANDLE,
    AdminPermissions::DELETE_HANDLE,
    AdminPermissions::ADD_DERIVED_PREFIX,
    AdminPermissions::DELETE_DERIVED_PREFIX,
    AdminPermissions::MODIFY_VALUE,
    AdminPermissions::REMOVE_VALUE,
    AdminPermissions::ADD_VALUE,
    AdminPermissions::READ_VALUE,
    AdminPermissions::MODIFY_ADMIN,
    AdminPermissions::REMOVE_ADMIN,
    AdminPermissions::ADD_ADMIN,
    AdminPermissions::LIST_HANDLES,
];

/// A batch file.
pub(super) struct BatchFile<R> {
    lines: Lines<R>,
    folder: Option<PathBuf>,
    /// What a block gave beyond its first item.
    waiting: VecDeque<Result<Item, Refusal>>,
}

impl<R: BufRead> BatchFile<R> {
    /// A batch file whose `FILE` values are read beneath `folder`; without, they are refused.
    pub(super) fn new(reader: R, folder: Option<PathBuf>) -> Self {
        Self {
            lines: Lines::new(reader),
            folder,
            waiting: VecDeque::new(),
        }
    }

    /// The next line as text, without spaces around it; `None` at the end of the file.
    fn line(&mut self) -> Result<Option<Result<String, Refusal>>, Refusal> {
        let place = Place::Line(self.lines.number() + 1);
        let line = self.lines.next_line();
        let line = line.map_err(|error| broken(place, &error))?;
        let refuse = |reason: &dyn Display| Some(Err(Refusal::new(place, reason)));
        Ok(match line {
            None => None,
            Some(Line::TooLong) => refuse(&format_args!(
                "the line has more than {LINE_OCTETS_MAX} octets"
            )),
            Some(Line::Octets(octets)) => match std::str::from_utf8(octets) {
                Ok(text) => Some(Ok(text.trim().to_owned())),
                Err(_) => refuse(&"the line is not UTF-8; save the file as UTF-8"),
            },
        })
    }

    /// Hands each further line of a block to `each`, up to the empty one.
    ///
    /// After the first line that is refused the others are passed over: that refusal is returned.
    fn block(
        &mut self,
        mut each: impl FnMut(&Self, Place, &str) -> Result<(), Refusal>,
    ) -> Result<Result<(), Refusal>, Refusal> {
        let mut outcome = Ok(());
        while let Some(line) = self.line()? {
            let place = Place::Line(self.lines.number());
            match line {
                Ok(text) if text.is_empty() => break,
                Ok(text) if outcome.is_ok() => outcome = each(self, place, &text),
                Err(refusal) if outcome.is_ok() => outcome = Err(refusal),
                _ => (),
            }
        }
        Ok(outcome)
    }

    /// Reads the block that begins with `first`.
    fn command(&mut self, place: Place, first: &str) -> Result<Result<Action, Refusal>, Refusal> {
        let (word, rest) = first.split_once(char::is_whitespace).unwrap_or((first, ""));
        let rest = rest.trim();
        match word.to_ascii_uppercase().as_str() {
            "CREATE" => self.values_of(place, rest, Action::Create),
            "ADD" => self.values_of(place, rest, Action::Add),
            "MODIFY" => self.values_of(place, rest, Action::Modify),
            "DELETE" => Ok(identifier(place, rest).map(Action::Delete)),
            "REMOVE" => Ok(removal(place, rest)),
            "HOME" => self.prefixes(place, rest, Action::Home),
            "UNHOME" => self.prefixes(place, rest, Action::Unhome),
            "AUTHENTICATE" => self.authentication(rest),
            "SESSIONSETUP" => {
                self.passed_over("a folder needs no session, and a node is always asked in one")
            }
            _ => {
                // Nothing of the line is repeated: where a line is missing it may be a password.
                let reason = "no operation of batch files begins the block: CREATE, ADD, MODIFY, \
                              DELETE, REMOVE, HOME, UNHOME, AUTHENTICATE, SESSIONSETUP";
                self.block(|_, _, _| Ok(()))?.ok();
                Ok(Err(Refusal::new(place, reason)))
            }
        }
    }

    /// Who asks from here on. What is wrong with it is told where somebody is asked.
    fn authentication(&mut self, who: &str) -> Result<Result<Action, Refusal>, Refusal> {
        let mut shown = Zeroizing::new(String::new());
        let outcome = self.block(|_, _, line| {
            if shown.is_empty() {
                shown.push_str(line);
            }
            Ok(())
        })?;
        let who = who.to_owned();
        Ok(outcome.map(|()| Action::Authenticate(Login { who, shown })))
    }

    fn passed_over(&mut self, why: &'static str) -> Result<Result<Action, Refusal>, Refusal> {
        let outcome = self.block(|_, _, _| Ok(()))?;
        Ok(outcome.map(|()| Action::Nothing(why)))
    }

    fn values_of(
        &mut self,
        place: Place,
        spelling: &str,
        action: impl FnOnce(Identifier, Vec<Value>) -> Action,
    ) -> Result<Result<Action, Refusal>, Refusal> {
        let mut values = Vec::new();
        let mut octets = 0;
        let outcome = self.block(|file, place, line| {
            let value = file.value(line);
            let value = value.map_err(|reason| Refusal::new(place, reason))?;
            octets += value.data.len();
            if values.len() >= VALUES_COUNT_MAX || octets > VALUES_OCTETS_MAX {
                let reason = format!(
                    "more values than one record has room for ({VALUES_COUNT_MAX}, of \
                     {VALUES_OCTETS_MAX} octets)"
                );
                return Err(Refusal::new(place, reason));
            }
            values.push(value);
            Ok(())
        })?;
        Ok(identifier(place, spelling).and_then(|identifier| {
            outcome.map_err(|refusal| refusal.about(Some(identifier.as_str())))?;
            Ok(action(identifier, values))
        }))
    }

    /// The prefixes of a block; all but the first wait for their turn.
    fn prefixes(
        &mut self,
        place: Place,
        server: &str,
        action: impl Fn(model::Prefix) -> Action,
    ) -> Result<Result<Action, Refusal>, Refusal> {
        let mut items = VecDeque::new();
        let outcome = self.block(|_, place, line| {
            let prefix = prefix(line);
            items.push_back(match prefix {
                Ok(prefix) => Ok(Item {
                    place,
                    action: action(prefix),
                }),
                Err(error) => Err(Refusal::new(place, error).about(Some(line))),
            });
            Ok(())
        })?;
        if let Err(refusal) = outcome {
            items.push_back(Err(refusal));
        }
        self.waiting.append(&mut items);
        if self.waiting.is_empty() {
            return Ok(Err(Refusal::new(place, "the block names no prefix")));
        }
        Ok(Ok(Action::At(server.to_owned())))
    }

    /// A value line: `index type ttl permissions kind data`.
    fn value(&self, line: &str) -> Result<Value, String> {
        let mut rest = line;
        let mut word = |what: &str| {
            let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            if word.is_empty() {
                return Err(format!(
                    "a value line needs {what}: index type ttl permissions kind data"
                ));
            }
            rest = after.trim_start();
            Ok(word)
        };
        let index = word("an index")?;
        let value_type = word("a type")?;
        let ttl = word("a ttl")?;
        let permissions = word("permissions")?;
        let kind = word("a kind")?;
        let index = index.parse();
        let seconds = ttl
            .parse()
            .map_err(|_| format!("the ttl {ttl:?} is no number of seconds"))?;
        Ok(Value {
            ttl: Ttl {
                seconds,
                ..Ttl::DAY
            },
            permissions: permissions
                .parse()
                .map_err(|error: model::Error| error.to_string())?,
            ..Value::public(
                index.map_err(|_| "the index is no number from 1 to 2147483647".to_owned())?,
                value_type.to_owned(),
                self.data(kind, rest)?,
            )
        })
    }

    fn data(&self, kind: &str, text: &str) -> Result<Bytes, String> {
        match kind.to_ascii_uppercase().as_str() {
            "UTF8" => Ok(text.to_owned().into()),
            "FILE" => self.file(Path::new(text)),
            "LIST" => list(text),
            "ADMIN" => admin(text),
            _ => Err(format!(
                "data of kind {kind:?} is unknown: UTF8, FILE, LIST, ADMIN"
            )),
        }
    }

    /// The octets of a file beneath the folder of the batch file; links do not lead out of it.
    fn file(&self, path: &Path) -> Result<Bytes, String> {
        let named = |error: &dyn Display| format!("{}: {error}", path.display());
        let Some(folder) = &self.folder else {
            return Err(named(
                &"a batch from standard input has no folder to read files from",
            ));
        };
        let full = folder.join(path).canonicalize();
        let full = full.map_err(|error| named(&error))?;
        if !full.starts_with(folder) {
            return Err(named(&"is not beneath the folder of the batch file"));
        }
        if !full.metadata().is_ok_and(|metadata| metadata.is_file()) {
            return Err(named(&"is no file"));
        }
        let mut octets = Vec::new();
        let limit = VALUES_OCTETS_MAX as u64 + 1;
        let read = File::open(&full).and_then(|file| file.take(limit).read_to_end(&mut octets));
        read.map_err(|error| named(&error))?;
        if octets.len() > VALUES_OCTETS_MAX {
            return Err(named(&format_args!(
                "has more than {VALUES_OCTETS_MAX} octets"
            )));
        }
        Ok(octets.into())
    }
}

impl<R: BufRead> Source for BatchFile<R> {
    fn next_item(&mut self) -> Result<Option<Result<Item, Refusal>>, Refusal> {
        if let Some(item) = self.waiting.pop_front() {
            return Ok(Some(item));
        }
        loop {
            let Some(line) = self.line()? else {
                return Ok(None);
            };
            let place = Place::Line(self.lines.number());
            let action = match line {
                Ok(text) if text.is_empty() => continue,
                Ok(text) => self.command(place, &text)?,
                Err(refusal) => {
                    self.block(|_, _, _| Ok(()))?.ok();
                    Err(refusal)
                }
            };
            return Ok(Some(action.map(|action| Item { place, action })));
        }
    }
}

fn identifier(place: Place, spelling: &str) -> Result<Identifier, Refusal> {
    spelling
        .parse()
        .map_err(|error: model::Error| Refusal::new(place, error))
}

/// `3,4:88.118.1/pump-0008`.
fn removal(place: Place, text: &str) -> Result<Action, Refusal> {
    let form = || Refusal::new(place, "REMOVE needs indexes and an identifier: 3,4:88.1/x");
    let (indexes, spelling) = text.split_once(':').ok_or_else(form)?;
    let identifier = identifier(place, spelling.trim())?;
    let indexes: Result<Vec<u32>, _> = indexes
        .split(',')
        .map(|index| index.trim().parse())
        .collect();
    let indexes = indexes.map_err(|_| form().about(Some(identifier.as_str())))?;
    Ok(Action::Remove(identifier, indexes))
}

/// `300:88.118.1/a;301:88.118.1/b;`.
fn list(text: &str) -> Result<Bytes, String> {
    let parts = text
        .split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let references: Result<Vec<Reference>, String> = parts.map(reference).collect();
    Ok(ValueList(references?).encode())
}

fn reference(text: &str) -> Result<Reference, String> {
    let form = || format!("{text:?} is no index and identifier: 300:88.1/x");
    let (index, spelling) = text.split_once(':').ok_or_else(form)?;
    Ok(Reference {
        identifier: spelling.trim().to_owned().into(),
        index: index.trim().parse().map_err(|_| form())?,
    })
}

/// `300:111111111111:0.NA/88.118.1`.
fn admin(text: &str) -> Result<Bytes, String> {
    let form = || "an administrator is given as index:12 digits:identifier".to_owned();
    let mut parts = text.splitn(3, ':').map(str::trim);
    let mut part = || parts.next().ok_or_else(form);
    let (index, digits, spelling) = (part()?, part()?, part()?);
    let is_digits = digits.bytes().all(|digit| matches!(digit, b'0' | b'1'));
    if digits.len() != ADMIN_ORDER.len() || !is_digits {
        return Err(form());
    }
    let set = ADMIN_ORDER
        .iter()
        .zip(digits.bytes())
        .filter(|&(_, digit)| digit == b'1');
    let bits = set.fold(0, |bits, (permission, _)| bits | permission.0);
    let admin = Admin {
        identifier: spelling.to_owned().into(),
        index: index.parse().map_err(|_| form())?,
        permissions: AdminPermissions(bits),
        has_legacy_end: false,
    };
    Ok(admin.encode())
}
