//! A data set: who holds it, in which epoch, since when and on which terms.
//!
//! Not here: what changes it (`crate::registry`).

use crate::command::Function;
use crate::field::{flag, option, put_option, put_reference, put_short, reference, short, within};
use crate::{Error, Time};
use bytes::Bytes;
use model::octets::Reader;
use model::{Prefix, Reference};
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The longest name, in octets: that of the longest prefix.
pub(crate) const NAME_OCTETS_MAX: usize = RECORDS.len() + model::identifier::IDENTIFIER_OCTETS_MAX;

/// The longest reserved part of suffixes, in octets.
pub(crate) const RESERVED_OCTETS_MAX: usize = 64;

const RECORDS: &str = "records:";

/// The name of a data set of records, `records:` and its prefix in canonical form.
///
/// ```
/// use quorum::DataSetName;
///
/// let name = DataSetName::of(&"88.118".parse()?);
/// assert_eq!(name.to_string(), "records:88.118");
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DataSetName(Bytes);

impl DataSetName {
    /// The data set of the records of a prefix.
    pub fn of(prefix: &Prefix) -> Self {
        Self([RECORDS.as_bytes(), &prefix.canonical()].concat().into())
    }

    /// The prefix in canonical form.
    pub fn prefix(&self) -> &[u8] {
        self.0.strip_prefix(RECORDS.as_bytes()).unwrap_or_default()
    }

    /// Its octets, as they are written and ordered.
    pub fn octets(&self) -> &Bytes {
        &self.0
    }

    /// Takes a name as it is written; one of another form would be a second name for one thing.
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, model::Error> {
        let octets = short(reader, "data set", NAME_OCTETS_MAX)?;
        let text = std::str::from_utf8(&octets).ok();
        let prefix = text.and_then(|text| text.strip_prefix(RECORDS));
        let prefix = prefix.and_then(|prefix| prefix.parse::<Prefix>().ok());
        match prefix.filter(|prefix| prefix.canonical() == octets[RECORDS.len()..]) {
            Some(_) => Ok(Self(octets)),
            None => Err(model::Error::Unexpected {
                what: "data set",
                expected: "\"records:\" and a prefix in canonical form",
            }),
        }
    }
}

/// Reads `records:` and a prefix, in any spelling.
impl FromStr for DataSetName {
    type Err = model::Error;

    fn from_str(text: &str) -> Result<Self, model::Error> {
        match text.strip_prefix(RECORDS) {
            Some(prefix) => Ok(Self::of(&prefix.parse()?)),
            None => Err(model::Error::Unexpected {
                what: "data set",
                expected: "\"records:\" and a prefix",
            }),
        }
    }
}

/// Names are equal and ordered as their octets.
impl Borrow<[u8]> for DataSetName {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for DataSetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

/// On which terms a data set is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    /// The writer needs a lease; when it is over, another may have the data set whole.
    Strict,
    /// The writer needs nobody. Others may register in the reserved part of the suffixes alone.
    Sovereign {
        /// How suffixes of the reserved part begin; empty if there is none.
        reserved: Bytes,
    },
}

/// Somebody shall do what the holder does not do any more, if an operator agrees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Who shall.
    pub to: Reference,
    /// Who said so.
    pub by: Reference,
    /// When.
    pub since: Time,
}

/// What the registry knows of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSet {
    /// On which terms it is held.
    pub ownership: Ownership,
    /// Whether a proposal is as good as an operator's word.
    pub is_automatic: bool,
    /// How often it was granted. It only rises.
    pub epoch: u64,
    /// Who holds this epoch: the one writer.
    pub holder: Reference,
    /// Before this time nothing may be acknowledged in this epoch.
    pub starts_at: Time,
    /// Until when the holder has a lease, if it ever had one in this epoch.
    pub leased_until: Option<Time>,
    /// Whether the holder has given this epoch back.
    pub is_handed_back: bool,
    /// Who registers in the reserved part for the time being.
    pub emergency: Option<Reference>,
    /// Who is asked first for the time being.
    pub first_for_resolution: Option<Reference>,
    /// The serial of this order. It only rises.
    pub serial: u32,
    /// What is proposed, one for each function at most.
    pub proposals: BTreeMap<Function, Proposal>,
}

impl DataSet {
    /// A data set in its first epoch.
    pub(crate) fn new(
        ownership: Ownership,
        is_automatic: bool,
        holder: Reference,
        now: Time,
    ) -> Self {
        Self {
            ownership,
            is_automatic,
            epoch: 1,
            holder,
            starts_at: now,
            leased_until: None,
            is_handed_back: false,
            emergency: None,
            first_for_resolution: None,
            serial: 1,
            proposals: BTreeMap::new(),
        }
    }

    /// How many octets of the registry it takes at most, beside those of its fixed fields.
    pub(crate) fn octets(&self) -> usize {
        let proposals = self.proposals.values();
        let named = proposals.flat_map(|proposal| [&proposal.to, &proposal.by]);
        let named = named.chain([&self.holder]).chain(&self.emergency);
        let named = named.chain(&self.first_for_resolution);
        let reserved = match &self.ownership {
            Ownership::Strict => 0,
            Ownership::Sovereign { reserved } => reserved.len(),
        };
        reserved + named.map(|it| it.identifier.len() + 8).sum::<usize>()
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        put_ownership(out, &self.ownership);
        out.push(u8::from(self.is_automatic));
        out.extend_from_slice(&self.epoch.to_be_bytes());
        put_reference(out, &self.holder);
        put_time(out, self.starts_at);
        put_option(out, self.leased_until.as_ref(), |out, it| {
            put_time(out, *it);
        });
        out.push(u8::from(self.is_handed_back));
        put_option(out, self.emergency.as_ref(), put_reference);
        put_option(out, self.first_for_resolution.as_ref(), put_reference);
        out.extend_from_slice(&self.serial.to_be_bytes());
        out.push(self.proposals.len() as u8);
        for (function, proposal) in &self.proposals {
            out.push(*function as u8);
            put_reference(out, &proposal.to);
            put_reference(out, &proposal.by);
            put_time(out, proposal.since);
        }
    }

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            ownership: ownership(reader)?,
            is_automatic: flag(reader, "automatic")?,
            epoch: reader.u64("epoch")?,
            holder: reference(reader, "holder")?,
            starts_at: time(reader)?,
            leased_until: option(reader, "lease", time)?,
            is_handed_back: flag(reader, "handed back")?,
            emergency: option(reader, "emergency", named)?,
            first_for_resolution: option(reader, "first for resolution", named)?,
            serial: reader.u32("serial")?,
            proposals: proposals(reader)?,
        })
    }
}

fn proposals(reader: &mut Reader) -> Result<BTreeMap<Function, Proposal>, Error> {
    let at = reader.at();
    let count = usize::from(reader.u8("proposals")?);
    within("proposals", at, count, Function::ALL.len())?;
    let mut proposals = BTreeMap::new();
    for _ in 0..count {
        let function = Function::read(reader)?;
        let proposal = Proposal {
            to: named(reader)?,
            by: named(reader)?,
            since: time(reader)?,
        };
        proposals.insert(function, proposal);
    }
    Ok(proposals)
}

const STRICT: u8 = 0;
const SOVEREIGN: u8 = 1;

pub(crate) fn put_ownership(out: &mut Vec<u8>, ownership: &Ownership) {
    match ownership {
        Ownership::Strict => out.push(STRICT),
        Ownership::Sovereign { reserved } => {
            out.push(SOVEREIGN);
            put_short(out, reserved);
        }
    }
}

pub(crate) fn ownership(reader: &mut Reader) -> Result<Ownership, Error> {
    match reader.u8("ownership")? {
        STRICT => Ok(Ownership::Strict),
        SOVEREIGN => Ok(Ownership::Sovereign {
            reserved: short(reader, "reserved part", RESERVED_OCTETS_MAX)?,
        }),
        number => Err(Error::Unknown {
            what: "ownership",
            number: number.into(),
        }),
    }
}

pub(crate) fn put_time(out: &mut Vec<u8>, time: Time) {
    out.extend_from_slice(&time.0.to_be_bytes());
}

pub(crate) fn time(reader: &mut Reader) -> Result<Time, Error> {
    Ok(Time(reader.u64("time")?))
}

fn named(reader: &mut Reader) -> Result<Reference, Error> {
    Ok(reference(reader, "somebody")?)
}
