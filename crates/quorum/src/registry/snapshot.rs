//! How the registry is written as a whole: equal registries have equal octets.
//!
//! | octets | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 8, 8, 8 | terms: lease, drift bound, longest answer delay, in microseconds |
//! | 8, 8 | time and date |
//! | 4 + n | delegations: name, serial, whether there is one, octets |
//! | 4 + n | lists of sites, alike |
//! | 4 + n | admins: identifier, index, rights |
//! | 4 + n | members: number, description |
//! | 4 + n | former members: number |
//! | 4 + n | data sets: name, then its fields in order |
//! | 4 + n | answers: digest, time until it is forgotten, answer |
//!
//! Each group is a count and so many things, in the order of their octets.

use super::{
    ADMINS_COUNT_MAX, MEMBERS_COUNT_MAX, Publication, REGISTRY_OCTETS_MAX, REMEMBERED_COUNT_MAX,
    Registry, THING_OCTETS,
};
use crate::command::{MEMBER_OCTETS_MAX, NAME_OCTETS_MAX, PUBLICATION_OCTETS_MAX};
use crate::data_set::{put_time, time};
use crate::field::{format, long, option, put_long, put_option, put_short, short};
use crate::lease::Terms;
use crate::{Answer, DataSet, DataSetName, Digest, Error, MemberId, Rights};
use bytes::Bytes;
use model::octets::{Reader, put_count};
use std::collections::BTreeMap;

const FORMAT: u8 = 1;

/// How many things of a kind there may be, by what they are counted with.
const THINGS_COUNT_MAX: usize = REGISTRY_OCTETS_MAX / THING_OCTETS;

/// How many members there may ever have been.
const FORMER_MEMBERS_COUNT_MAX: usize = 1 << 20;

impl Registry {
    /// The octets of the whole registry.
    pub fn encode(&self) -> Bytes {
        let mut out = vec![FORMAT];
        self.terms.put(&mut out);
        put_time(&mut out, self.time);
        out.extend_from_slice(&self.date_us.to_be_bytes());
        put_publications(&mut out, &self.delegations);
        put_publications(&mut out, &self.sites);
        put_count(&mut out, self.admins.len());
        for ((identifier, index), rights) in &self.admins {
            put_short(&mut out, identifier);
            out.extend_from_slice(&index.to_be_bytes());
            out.push(rights.0);
        }
        put_count(&mut out, self.members.len());
        for (member, octets) in &self.members {
            out.extend_from_slice(&member.0.to_be_bytes());
            put_short(&mut out, octets);
        }
        put_count(&mut out, self.former_members.len());
        for member in &self.former_members {
            out.extend_from_slice(&member.0.to_be_bytes());
        }
        put_count(&mut out, self.data_sets.len());
        for (name, set) in &self.data_sets {
            put_short(&mut out, name.octets());
            set.put(&mut out);
        }
        put_count(&mut out, self.answers.len());
        for (digest, (until, answer)) in &self.answers {
            out.extend_from_slice(&digest.0);
            put_time(&mut out, *until);
            answer.put(&mut out);
        }
        out.into()
    }

    /// Reads what [`Registry::encode`] has made.
    ///
    /// # Errors
    /// [`Error::Unknown`] of another format; [`Error::Octets`] if it is cut, too long or followed
    /// by something.
    pub fn decode(octets: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(octets);
        let reader_of = &mut reader;
        format(reader_of, "registry format", FORMAT)?;
        let mut registry = Self {
            terms: Terms::read(reader_of)?,
            time: time(reader_of)?,
            date_us: reader_of.u64("date")?,
            delegations: publications(reader_of, "delegations")?,
            sites: publications(reader_of, "lists of sites")?,
            ..Self::default()
        };
        registry.read_people(reader_of)?;
        let count = reader_of.count("data sets", THINGS_COUNT_MAX, 32)?;
        for _ in 0..count {
            let name = DataSetName::read(reader_of)?;
            let set = DataSet::read(reader_of)?;
            registry.data_sets.insert(name, set);
        }
        let count = reader_of.count("answers", REMEMBERED_COUNT_MAX, 57)?;
        for _ in 0..count {
            let digest = Digest(reader_of.array("digest")?);
            let until = time(reader_of)?;
            let answer = Answer::read(reader_of)?;
            registry.answers.insert(digest, (until, answer));
            registry.expirations.insert((until, digest));
        }
        reader.finish("registry")?;
        registry.octets = registry.octets_of_all();
        Ok(registry)
    }

    fn read_people(&mut self, reader: &mut Reader) -> Result<(), Error> {
        let count = reader.count("admins", ADMINS_COUNT_MAX, 7)?;
        for _ in 0..count {
            let admin = crate::field::reference(reader, "admin")?;
            let rights = Rights(reader.u8("rights")?);
            self.admins.insert(super::by(&admin), rights);
        }
        let count = reader.count("members", MEMBERS_COUNT_MAX, 10)?;
        for _ in 0..count {
            let member = MemberId(reader.u64("member")?);
            let octets = short(reader, "member's octets", MEMBER_OCTETS_MAX)?;
            self.members.insert(member, octets);
        }
        let count = reader.count("former members", FORMER_MEMBERS_COUNT_MAX, 8)?;
        for _ in 0..count {
            self.former_members.insert(MemberId(reader.u64("member")?));
        }
        Ok(())
    }
}

fn put_publications(out: &mut Vec<u8>, publications: &BTreeMap<Bytes, Publication>) {
    put_count(out, publications.len());
    for (name, publication) in publications {
        put_short(out, name);
        out.extend_from_slice(&publication.serial.to_be_bytes());
        put_option(out, publication.octets.as_ref(), |out, octets| {
            put_long(out, octets);
        });
    }
}

fn publications(
    reader: &mut Reader,
    what: &'static str,
) -> Result<BTreeMap<Bytes, Publication>, Error> {
    let count = reader.count(what, THINGS_COUNT_MAX, 7)?;
    let mut publications = BTreeMap::new();
    for _ in 0..count {
        let name = short(reader, "name", NAME_OCTETS_MAX)?;
        let serial = reader.u32("serial")?;
        let octets = option(reader, "published", |reader| {
            Ok(long(reader, "octets", PUBLICATION_OCTETS_MAX)?)
        })?;
        publications.insert(name, Publication { serial, octets });
    }
    Ok(publications)
}
