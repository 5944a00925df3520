//! The members as they are described, and the registry that all of them begin with: it follows from
//! the configuration alone, so that equal configurations found equal registries.
//!
//! Not here: what the registry becomes (room `quorum`).

use super::RegistryError;
use super::owned::describing;
use super::publication::Publication;
use crate::config::{MemberConfig, RegistryConfig, Role};
use crate::probes::prober_of;
use bytes::Bytes;
use engine::Digests;
use model::admin::AdminPermissions;
use model::octets::{Reader, put_string};
use model::site::SiteFlags;
use model::{
    Admin, Identifier, Prefix, PublicKey, Record, Reference, Site, SuffixCase, Value, ValueList,
};
use quorum::lease::Terms;
use quorum::{MemberId, Publication as Published, Registry, Rights};
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

const FORMAT: u8 = 1;

/// Where things stand in the record of a prefix. Sites stand before them, from 1.
const ADMIN_INDEX: u32 = 100;
const LIST_INDEX: u32 = 200;
const PUBLIC_KEY_INDEX: u32 = 300;

/// A member as the registry describes it: what its site is for, where the others connect, and the
/// key that proves who it is.
///
/// | octets | field |
/// | --- | --- |
/// | 1 | format, 1 |
/// | 1 | role: 0 top-level, 1 recovery, 2 root |
/// | 4 + n | address and port, as text |
/// | 4 + n | public key, as in a site |
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) role: Role,
    pub(super) address: SocketAddr,
    pub(super) key: PublicKey,
}

impl Described {
    pub(super) fn encode(&self) -> Bytes {
        let mut out = vec![FORMAT, self.role as u8];
        put_string(&mut out, self.address.to_string().as_bytes());
        put_string(&mut out, &self.key.encode());
        out.into()
    }

    /// Reads a description; none if it is of another version.
    pub(super) fn decode(octets: Bytes) -> Option<Self> {
        let mut reader = Reader::new(octets);
        (reader.u8("format").ok()? == FORMAT).then_some(())?;
        let role = usize::from(reader.u8("role").ok()?);
        let address = reader.string("address").ok()?;
        let key = reader.string("key").ok()?;
        reader.finish("description of a member").ok()?;
        Some(Self {
            role: *Role::ALL.get(role)?,
            address: str::from_utf8(&address).ok()?.parse().ok()?,
            key: PublicKey::decode(key).ok()?,
        })
    }
}

/// What the configuration says of a member.
pub(super) struct Configured {
    pub(super) described: Described,
    site: Site,
}

/// The members that the configuration names, by number.
///
/// # Errors
/// [`RegistryError::File`] if a site cannot be read or has no key, [`RegistryError::SameKey`] if
/// two have the same.
pub(super) fn configured(
    config: &RegistryConfig,
) -> Result<BTreeMap<MemberId, Configured>, RegistryError> {
    let mut members: BTreeMap<MemberId, Configured> = BTreeMap::new();
    for member in &config.members {
        let read = read(member)?;
        let same = members.iter().find(|(_, other)| {
            let key = &read.described.key;
            other.described.key.is_same_key(key)
        });
        if let Some((other, _)) = same {
            return Err(RegistryError::SameKey {
                one: other.0,
                other: member.number,
            });
        }
        members.insert(MemberId(member.number), read);
    }
    Ok(members)
}

pub(super) fn read(member: &MemberConfig) -> Result<Configured, RegistryError> {
    let failed = failed(&member.site);
    let octets = fs::read(&member.site).map_err(|error| failed(&error))?;
    let site: Site = serde_json::from_slice(&octets).map_err(|error| failed(&error))?;
    let server = site.servers.first();
    let server = server.ok_or_else(|| failed(&"the site has no server"))?;
    let key = server.key().map_err(|error| failed(&error))?;
    Ok(Configured {
        described: Described {
            role: member.role,
            address: member.address,
            key,
        },
        site,
    })
}

fn failed(path: &Path) -> impl Fn(&dyn std::fmt::Display) -> RegistryError {
    let path = path.to_owned();
    move |reason| RegistryError::File {
        path: path.clone(),
        reason: reason.to_string(),
    }
}

/// The registry that all members begin with: they themselves, and a record of each prefix in which
/// all of their sites are primaries, and whose administrator has the configured key.
///
/// # Errors
/// [`RegistryError::File`] if the key of the administrator cannot be read,
/// [`RegistryError::Record`] if there is no room for the sites.
pub(super) fn found(
    config: &RegistryConfig,
    members: &BTreeMap<MemberId, Configured>,
) -> Result<Registry, RegistryError> {
    let path = config.admin_key_file.as_deref().unwrap_or(Path::new(""));
    let failed = failed(path);
    let key = fs::read(path).map_err(|error| failed(&error))?;
    let key = PublicKey::decode(key.into()).map_err(|error| failed(&error))?;
    let described = members.iter();
    let described = described.map(|(id, it)| (*id, it.described.encode()));
    let prefixes = config.parsed_prefixes();
    let identifiers: Vec<Identifier> = prefixes.iter().filter_map(identifier_of).collect();
    let admins = identifiers.iter().map(|it| {
        let identifier = it.spelling().clone();
        let index = PUBLIC_KEY_INDEX;
        (Reference { identifier, index }, Rights::ALL)
    });
    let probers = (1..)
        .zip(members)
        .filter_map(|(place, _)| prober_of(config, place));
    let probers = probers.map(|prober| (prober, Rights::PROPOSE));
    let mut registry = Registry::found(Terms::USUAL, described, admins.chain(probers));
    for (prefix, identifier) in prefixes.iter().zip(&identifiers) {
        let record = record(identifier, &key, members)?;
        let publication = Publication {
            record: Some(record.octets().clone()),
            ..Publication::default()
        };
        let octets = publication.encode().map_err(RegistryError::Record)?;
        let published = Published {
            serial: 1,
            octets: Some(octets),
        };
        registry
            .delegations
            .insert(prefix.canonical().into(), published);
    }
    // Read again, it counts its octets.
    Registry::decode(registry.encode()).map_err(RegistryError::Octets)
}

fn identifier_of(prefix: &Prefix) -> Option<Identifier> {
    describing(&prefix.canonical())
}

/// The record of a prefix. Its values have no date: no two members start in the same second.
fn record(
    identifier: &Identifier,
    key: &PublicKey,
    members: &BTreeMap<MemberId, Configured>,
) -> Result<Record, RegistryError> {
    let mut values: Vec<Value> = (1..)
        .zip(members.values())
        .map(|(index, member)| Value::public(index, "HS_SITE", primary(&member.site).encode()))
        .collect();
    let admin = Admin {
        identifier: identifier.spelling().clone(),
        index: LIST_INDEX,
        permissions: AdminPermissions::ALL,
        has_legacy_end: false,
    };
    let list = ValueList(vec![Reference {
        identifier: identifier.spelling().clone(),
        index: PUBLIC_KEY_INDEX,
    }]);
    values.push(Value::public(ADMIN_INDEX, "HS_ADMIN", admin.encode()));
    values.push(Value::public(LIST_INDEX, "HS_VLIST", list.encode()));
    values.push(Value::public(PUBLIC_KEY_INDEX, "HS_PUBKEY", key.encode()));
    // Records of prefixes never depend on case.
    let record = Record::spelled(&values, identifier, SuffixCase::Insensitive);
    record.map_err(RegistryError::Record)
}

/// A site as one of several primaries: whichever is asked takes a change.
fn primary(site: &Site) -> Site {
    let flags = SiteFlags::PRIMARY.0 | SiteFlags::MULTI_PRIMARY.0;
    Site {
        flags: SiteFlags(site.flags.0 | flags),
        ..site.clone()
    }
}

/// What tells the members of this registry from those of any other, and from those that were told
/// something else of it when it was founded: the first octets of its digest.
pub(super) fn number_of(founding: &Registry) -> u64 {
    let digest = crypto::Provider.sha256(&founding.encode());
    digest
        .first_chunk()
        .map_or(0, |octets| u64::from_be_bytes(*octets))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crypto::{RsaBits, SigningKey};

    #[test]
    fn a_description_is_read_as_it_was_written() {
        let key = SigningKey::generate(RsaBits::Least).unwrap();
        let described = Described {
            role: Role::Recovery,
            address: "[2001:db8::1]:2650".parse().unwrap(),
            key: SigningKey::new(&key).unwrap().public_key(),
        };
        let octets = described.encode();
        assert_eq!(octets[..6], *b"\x01\x01\0\0\0\x12");
        assert_eq!(Described::decode(octets.clone()), Some(described));
        for end in 0..octets.len() {
            assert_eq!(Described::decode(octets.slice(..end)), None, "{end}");
        }
    }
}
