//! When two questions are one: the same identifier, the same indexes and types, however they are
//! spelled and ordered.

use super::demand::{Demand, Trust};
use crate::resolver::Wish;
use alloc::vec::Vec;
use bytes::Bytes;
use model::jws::NamedValue;
use model::octets::{put_count, put_string};
use model::value_type::matches;
use model::{EncodedValue, Error, Identifier, SuffixCase};
use wire::resolution::ResolutionRequest;

/// What the records of prefixes begin with, in capitals as they are canonical.
const RECORDS_OF_PREFIXES: &[u8] = b"0.NA/";

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    identifier: Identifier,
    indexes: Vec<u32>,
    types: Vec<Bytes>,
}

impl Question {
    /// What a request asks for.
    ///
    /// # Errors
    /// Its identifier is none.
    pub fn of(request: ResolutionRequest) -> Result<Self, Error> {
        let identifier = Identifier::from_octets(request.identifier)?;
        let (mut indexes, mut types) = (request.indexes, request.types);
        indexes.sort_unstable();
        indexes.dedup();
        types.sort_unstable_by_key(|name| name.to_ascii_uppercase());
        types.dedup_by(|one, other| one.eq_ignore_ascii_case(other));
        Ok(Self {
            identifier,
            indexes,
            types,
        })
    }

    /// For the certificate at a place, or all of a record if it has no index.
    pub(super) fn for_certificates(wanted: &NamedValue) -> Self {
        let types = match wanted.index {
            Some(_) => Vec::new(),
            None => [Bytes::from_static(b"HS_CERT.")].into(),
        };
        Self {
            identifier: wanted.identifier.clone(),
            indexes: wanted.index.into_iter().collect(),
            types,
        }
    }

    /// The identifier as the asker spelled it.
    pub fn spelling(&self) -> &Bytes {
        self.identifier.spelling()
    }

    /// The identifier.
    pub fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    /// Whether all values are asked for.
    pub fn is_whole(&self) -> bool {
        self.indexes.is_empty() && self.types.is_empty()
    }

    /// The question for the whole record.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self {
            identifier: self.identifier.clone(),
            indexes: Vec::new(),
            types: Vec::new(),
        }
    }

    /// The octets under which its answer is kept, and how many of them are those of the question
    /// for the whole record.
    ///
    /// The suffix counts as it is spelled: whether its case matters only its home knows.
    ///
    /// | octets | field |
    /// | --- | --- |
    /// | 4 + n | canonical identifier |
    /// | 4, 4 each, 4 + n each | count of indexes, indexes, types; absent for a whole record |
    pub fn key(&self) -> (Vec<u8>, usize) {
        let canonical = self.identifier.canonical(SuffixCase::Sensitive);
        let mut key = Vec::with_capacity(canonical.len() + 32);
        put_string(&mut key, &canonical);
        let whole = key.len();
        if !self.is_whole() {
            put_count(&mut key, self.indexes.len());
            for index in &self.indexes {
                key.extend_from_slice(&index.to_be_bytes());
            }
            for name in &self.types {
                put_string(&mut key, &name.to_ascii_uppercase());
            }
        }
        (key, whole)
    }

    /// The prefix whose home is asked, in one spelling for all; empty for the root's identifiers.
    ///
    /// The record of a derived prefix, `0.NA/88.118`, is not with the root: that refers to the home
    /// of `88`.
    pub fn home(&self) -> Vec<u8> {
        if !self.identifier.is_global() {
            return self.identifier.prefix().canonical();
        }
        let canonical = self.identifier.canonical(SuffixCase::Sensitive);
        let named = canonical.strip_prefix(RECORDS_OF_PREFIXES);
        let named = named.filter(|named| !named.starts_with(b"0."));
        let parent = named.and_then(|named| {
            let dot = named.iter().rposition(|&octet| octet == b'.')?;
            named.get(..dot)
        });
        parent.unwrap_or_default().to_vec()
    }

    /// Whether a value is one that is asked for.
    pub fn wants(&self, value: &EncodedValue) -> bool {
        let name = value.type_octets();
        self.is_whole()
            || self.indexes.binary_search(&value.index()).is_ok()
            || self.types.iter().any(|asked| matches(asked, name))
    }

    /// The identifier as others are asked for it. A prefix without a slash means its record,
    /// `0.NA/PREFIX` in capitals, as all identifiers of the root are.
    ///
    /// # Errors
    /// That record's identifier would be too long.
    pub fn about(&self) -> Result<Identifier, Error> {
        if self.identifier.is_global() {
            let canonical = self.identifier.canonical(SuffixCase::Sensitive);
            return Identifier::from_octets(canonical.into());
        }
        // Copied: a walk may outlast the packet that the question came in by seconds.
        Identifier::from_octets(Bytes::copy_from_slice(self.identifier.spelling()))
    }

    /// The walk that answers it.
    ///
    /// # Errors
    /// See [`Question::about`].
    pub fn wish(&self, demand: &Demand, trust: Trust) -> Result<Wish, Error> {
        let mut wish = Wish::for_values(self.about()?).passing(demand.passes);
        for index in &self.indexes {
            wish = wish.at_index(*index);
        }
        for name in &self.types {
            wish = wish.of_type(Bytes::copy_from_slice(name));
        }
        if trust == Trust::Verified {
            wish = wish.certified();
        }
        if demand.is_fresh {
            wish = wish.fresh();
        }
        if demand.is_private {
            wish = wish.for_private_values();
        }
        Ok(wish)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(identifier: &str, indexes: &[u32], types: &[&'static str]) -> Question {
        Question::of(ResolutionRequest {
            identifier: identifier.to_owned().into(),
            indexes: indexes.into(),
            types: types
                .iter()
                .map(|name| Bytes::from_static(name.as_bytes()))
                .collect(),
            rest: Bytes::new(),
        })
        .unwrap()
    }

    fn key(identifier: &str, indexes: &[u32], types: &[&'static str]) -> Vec<u8> {
        question(identifier, indexes, types).key().0
    }

    #[test]
    fn spelling_and_order_make_no_other_question() {
        assert_eq!(key("ab/x", &[], &[]), key("AB/x", &[], &[]));
        assert_ne!(
            key("ab/x", &[], &[]),
            key("ab/X", &[], &[]),
            "only its home knows"
        );
        assert_eq!(key("88.1", &[], &[]), key("0.na/88.1", &[], &[]));
        assert_eq!(key("88/a", &[2, 1, 2], &[]), key("88/a", &[1, 2], &[]));
        assert_eq!(
            key("88/a", &[], &["url", "EMAIL", "URL"]),
            key("88/a", &[], &["email", "Url"])
        );
    }

    /// Else whoever has a prefix could name any number below it whose records nobody ever gives,
    /// and each would count as the root's.
    #[test]
    fn records_of_derived_prefixes_are_with_the_home_above() {
        let home = |identifier: &str| question(identifier, &[], &[]).home();
        for (identifier, expected) in [
            ("ab.1/x", "AB.1"),
            ("0.NA/ab.1", "AB"),
            ("0.na/Ab.1.2", "AB.1"),
            ("ab.1", "AB"),
            ("0.NA/ab", ""),
            ("ab", ""),
            ("0.NA/0.NA", ""),
            ("0.TYPE/ab.1", ""),
            ("0/ab.1", ""),
            ("0.NA/.x", ""),
        ] {
            assert_eq!(home(identifier), expected.as_bytes(), "{identifier}");
        }
    }

    /// A key in which the end of one part could be read as the beginning of the next would let a
    /// stranger choose what others are answered.
    #[test]
    fn no_two_questions_have_the_same_key() {
        let keys = [
            key("88/a", &[], &[]),
            key("88/a", &[1], &[]),
            key("88/a", &[0], &[]),
            key("88/a", &[], &["URL"]),
            key("88/a", &[1], &["URL"]),
            key("88/a", &[], &["UR", "L"]),
            key("88/a\0\0\0\0", &[], &[]),
            key("88/a\0\0\0\0\0\0\0\x03URL", &[], &[]),
            key("88/aURL", &[], &[]),
        ];
        for (at, one) in keys.iter().enumerate() {
            assert!(!keys[at + 1..].contains(one), "{at}");
        }
        let asked = question("88/a", &[1], &["URL"]);
        let (key, whole) = asked.key();
        assert_eq!(key[..whole], question("88/a", &[], &[]).key().0);
    }
}
