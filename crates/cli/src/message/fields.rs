//! Objects of JSON, written and read by one description of their members.
//!
//! A description is a function that names each member once; with [`Fields::writing`] it makes the
//! object out of a structure, with [`Fields::reading`] the structure out of an object. So both
//! ways cannot differ. Members that no description names are refused by [`Fields::finish`]. Not
//! here: how one member is spelled ([`super::form`]).

use super::fault::Fault;
use super::form::Form;
use serde_json::{Map, Value as Json};

/// The members of one object while it is written or read.
#[derive(Debug)]
pub(crate) struct Fields {
    members: Map<String, Json>,
    path: String,
    is_reading: bool,
}

impl Fields {
    /// An object to be written.
    pub(crate) fn writing() -> Self {
        Self {
            members: Map::new(),
            path: String::new(),
            is_reading: false,
        }
    }

    /// An object to be read; `path` is where it stands.
    ///
    /// # Errors
    /// It is no object.
    pub(crate) fn reading(json: Json, path: &str) -> Result<Self, Fault> {
        match json {
            Json::Object(members) => Ok(Self {
                members,
                path: path.to_owned(),
                is_reading: true,
            }),
            _ => Err(Fault::member(path, "is no object")),
        }
    }

    /// Whether structures are made out of JSON.
    pub(crate) fn is_reading(&self) -> bool {
        self.is_reading
    }

    /// Where a member stands.
    pub(crate) fn path(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    /// Something wrong with a member.
    pub(crate) fn fault(&self, name: &str, what: impl std::fmt::Display) -> Fault {
        Fault::member(&self.path(name), what)
    }

    /// Whether an object that is read has a member.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// Takes a member out of an object that is read.
    pub(crate) fn take(&mut self, name: &str) -> Option<Json> {
        self.members.shift_remove(name)
    }

    /// Adds a member to an object that is written.
    pub(crate) fn put(&mut self, name: &str, json: impl Into<Json>) {
        self.members.insert(name.to_owned(), json.into());
    }

    /// A member that must be there.
    pub(crate) fn need<T>(
        &mut self,
        name: &str,
        field: &mut T,
        form: &Form<T>,
    ) -> Result<(), Fault> {
        if self.is_reading && !self.has(name) {
            return Err(self.fault(name, "is missing"));
        }
        self.usual(name, field, form)
    }

    /// A member that is always written; where it is missing, what is in the field stays.
    pub(crate) fn usual<T>(
        &mut self,
        name: &str,
        field: &mut T,
        form: &Form<T>,
    ) -> Result<(), Fault> {
        if !self.is_reading {
            self.put(name, (form.write)(field));
        } else if let Some(json) = self.take(name) {
            *field = (form.read)(json, &self.path(name))?;
        }
        Ok(())
    }

    /// A member that is written only if it is not `default`, which it is where it is missing.
    pub(crate) fn seldom<T: PartialEq>(
        &mut self,
        name: &str,
        field: &mut T,
        default: &T,
        form: &Form<T>,
    ) -> Result<(), Fault> {
        if !self.is_reading && field == default {
            return Ok(());
        }
        self.usual(name, field, form)
    }

    /// A member that may be missing.
    pub(crate) fn option<T>(
        &mut self,
        name: &str,
        field: &mut Option<T>,
        form: &Form<T>,
    ) -> Result<(), Fault> {
        if !self.is_reading {
            if let Some(field) = field {
                self.put(name, (form.write)(field));
            }
        } else if let Some(json) = self.take(name) {
            *field = Some((form.read)(json, &self.path(name))?);
        }
        Ok(())
    }

    /// A list; where it is missing, what is in the field stays.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        field: &mut Vec<T>,
        form: &Form<T>,
    ) -> Result<(), Fault> {
        if !self.is_reading {
            self.put(name, form.write_list(field));
        } else if let Some(json) = self.take(name) {
            *field = form.read_list(json, &self.path(name))?;
        }
        Ok(())
    }

    /// A member that tells what follows from others: written, and when read it must say the same.
    ///
    /// # Errors
    /// It says something else.
    pub(crate) fn derived(&mut self, name: &str, json: impl Into<Json>) -> Result<(), Fault> {
        let json = json.into();
        if !self.is_reading {
            self.put(name, json);
        } else if let Some(said) = self.take(name)
            && said != json
        {
            let what = format_args!("says {said}, but it is {json}; leave it out, or change both");
            return Err(self.fault(name, what));
        }
        Ok(())
    }

    /// A member that only tells something: written, and ignored when read.
    pub(crate) fn remark(&mut self, name: &str, json: impl FnOnce() -> Option<Json>) {
        if self.is_reading {
            self.take(name);
        } else if let Some(json) = json() {
            self.put(name, json);
        }
    }

    /// Ends a description.
    ///
    /// # Errors
    /// An object that was read has a member that nobody named.
    pub(crate) fn finish(self) -> Result<Json, Fault> {
        match self.members.keys().next() {
            Some(name) if self.is_reading => Err(self.fault(name, "is no member here")),
            _ => Ok(Json::Object(self.members)),
        }
    }

    /// What was written, or what is left of what was read.
    pub(crate) fn into_members(self) -> Map<String, Json> {
        self.members
    }
}

/// Writes an object.
pub(crate) fn written(describe: impl FnOnce(&mut Fields) -> Result<(), Fault>) -> Json {
    let mut fields = Fields::writing();
    let done = describe(&mut fields).and_then(|()| fields.finish());
    done.expect("writing a member cannot fail")
}

/// Reads an object to its end.
pub(crate) fn read(
    json: Json,
    path: &str,
    describe: impl FnOnce(&mut Fields) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut fields = Fields::reading(json, path)?;
    describe(&mut fields)?;
    fields.finish().map(drop)
}
