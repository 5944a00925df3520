//! Who stands first in the record of a prefix while somebody else answers for it.
//!
//! What the members publish of a record stays as it was registered; a take-over of resolution is
//! another entry of their log. In the store the two come together: the values of the site that took
//! over and of the one that stood first change places, by their indexes, in each type of sites. To
//! change places once more undoes it. So a change that somebody plans on the record as it is shown
//! is turned back before it is published, and means the same whatever is taken over or put back
//! meanwhile; and when the take-over ends the record is as it was registered.
//!
//! The site that takes over is named by its value in the record, `INDEX:0.NA/PREFIX`, as it was
//! registered. It stands there from the first day, as a site that is no primary, so that resolvers
//! turn to it by themselves; being first counts for clients that know only the first site.
//!
//! Not here: who takes over, and when (room `quorum`, `probes`).

use super::owned::describing;
use bytes::Bytes;
use model::octets::Reader;
use model::value::TtlKind;
use model::{Error, Identifier, Record, Reference, Site, SuffixCase, Value};

#[cfg(test)]
mod tests;

/// The types whose values are sites (`HS_SITE.6` of IPv6), in each of which one stands first.
const TYPES: [&[u8]; 4] = [
    b"HS_SITE",
    b"HS_SITE.6",
    b"HS_SITE.PREFIX",
    b"HS_NA_DELEGATE",
];

/// For how many seconds askers may keep where a prefix is answered that another site stands by for:
/// for longer they would not hear that it has taken over.
pub(crate) const TTL_SECONDS_MAX: u32 = 300;

/// Pairs of indexes whose values change places; of none, nothing does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Order(Vec<(u32, u32)>);

impl Order {
    /// How the record of a prefix is shown while somebody is first. As it is if that is no site of
    /// the record.
    pub(super) fn of(record: &Record, prefix: &[u8], first: &Reference) -> Self {
        let is_own = describing(prefix).is_some_and(|own| is_named(&own, first));
        let sites = sites(record);
        let mut all = sites.iter().filter(|it| is_own && it.index == first.index);
        let Some(chosen) = all.next() else {
            return Self::default();
        };
        let pairs = TYPES.iter().filter_map(|kind| {
            let mut of_kind = sites.iter().filter(|it| it.is_of(kind));
            let foremost = of_kind.clone().next()?;
            let counterpart = of_kind
                .clone()
                .find(|it| it.index == chosen.index)
                .or_else(|| of_kind.find(|it| it.is_same_site(chosen)))?;
            let is_first = counterpart.index == foremost.index;
            (!is_first).then_some((foremost.index, counterpart.index))
        });
        Self(pairs.collect())
    }

    /// A record with the values in each other's places; applied twice it is as it was.
    ///
    /// # Errors
    /// [`Error`] if the octets are no record.
    pub(super) fn apply(&self, record: Bytes, prefix: &[u8]) -> Result<Bytes, Error> {
        if self.0.is_empty() {
            return Ok(record);
        }
        let record = Record::from_stored(record)?;
        let values: Vec<Value> = record
            .entries()
            .map(|entry| {
                let value = entry.encoded.value();
                let index = self.place_of(value.index);
                Value { index, ..value }
            })
            .collect();
        let spelling = record.spelling().map(Identifier::from_octets).transpose()?;
        let moved = match spelling.or_else(|| describing(prefix)) {
            // Records of prefixes never depend on case.
            Some(identifier) => Record::spelled(&values, &identifier, SuffixCase::Insensitive)?,
            None => Record::new(&values)?,
        };
        Ok(moved.octets().clone())
    }

    /// Appends nothing for no pair; else their count and the pairs.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        // There is a pair for each type at most.
        out.extend((!self.0.is_empty()).then_some(self.0.len() as u8));
        for (one, other) in &self.0 {
            out.extend_from_slice(&one.to_be_bytes());
            out.extend_from_slice(&other.to_be_bytes());
        }
    }

    /// Reads what stands at the end.
    pub(super) fn read(reader: &mut Reader) -> Result<Self, Error> {
        if reader.is_at_end() {
            return Ok(Self::default());
        }
        let count = reader.u8("pairs of indexes")?;
        if !(1..=TYPES.len()).contains(&usize::from(count)) {
            return Err(Error::Unexpected {
                what: "order of sites",
                expected: "of one pair of indexes for each type at most",
            });
        }
        let pairs = (0..count).map(|_| Ok((reader.u32("index")?, reader.u32("index")?)));
        pairs.collect::<Result<_, Error>>().map(Self)
    }

    fn place_of(&self, index: u32) -> u32 {
        let swapped = self.0.iter().find_map(|&(one, other)| match index {
            _ if index == one => Some(other),
            _ if index == other => Some(one),
            _ => None,
        });
        swapped.unwrap_or(index)
    }
}

/// A value that is a site.
#[derive(Debug)]
struct Standing {
    index: u32,
    kind: Bytes,
    ttl: model::value::Ttl,
    site: Site,
}

impl Standing {
    fn is_of(&self, kind: &[u8]) -> bool {
        self.kind == kind
    }

    /// Whether it is the same site, perhaps by another address: its first server has the same key.
    fn is_same_site(&self, other: &Self) -> bool {
        let key = |it: &Self| {
            let first = it.site.servers.first();
            first.map(|server| server.public_key.clone())
        };
        key(self).is_some_and(|own| !own.is_empty() && Some(own) == key(other))
    }
}

/// The sites in a record, by index; values that are none are left out.
fn sites(record: &Record) -> Vec<Standing> {
    let values = record.entries().map(|entry| entry.encoded.value());
    let sites = values.filter_map(|value| {
        let kind = value.value_type.octets();
        TYPES.iter().find(|it| **it == &kind[..])?;
        Some(Standing {
            index: value.index,
            kind: kind.clone(),
            ttl: value.ttl,
            site: Site::decode(value.data.clone()).ok()?,
        })
    });
    sites.collect()
}

fn is_named(identifier: &Identifier, reference: &Reference) -> bool {
    let other = Identifier::from_octets(reference.identifier.clone());
    let canonical = |it: &Identifier| it.canonical(SuffixCase::Insensitive);
    other.is_ok_and(|other| canonical(&other) == canonical(identifier))
}

/// For how many seconds too long askers may keep the sites of a prefix for which another site
/// stands by; none if that is all right, or nobody does.
pub(crate) fn ttl_too_long(record: &Record) -> Option<u32> {
    let sites = sites(record);
    let of_prefix = || sites.iter().filter(|it| it.kind.starts_with(b"HS_SITE"));
    of_prefix().find(|it| !it.site.flags.is_primary())?;
    let relative = of_prefix().filter(|it| it.ttl.kind == TtlKind::RELATIVE);
    let longest = relative.map(|it| it.ttl.seconds).max()?;
    (longest > TTL_SECONDS_MAX).then_some(longest)
}
