//! The data of `HS_SITE` values: the servers that answer for the same prefixes, and how to choose.
//!
//! RFC 3651 section 3.2.2. The order of the octets:
//!
//! | octets | field |
//! | --- | --- |
//! | 2 | format, 1 |
//! | 1, 1 | protocol version, major and minor |
//! | 2 | serial number |
//! | 1 | flags: 128 primary, 64 one of several primaries |
//! | 1 | hash option |
//! | 4 + n | hash filter, nearly always empty |
//! | 4, (4 + n, 4 + n) each | count of attributes, name and value |
//! | 4, n each | count of servers, servers |
//!
//! and of a server:
//!
//! | octets | field |
//! | --- | --- |
//! | 4 | id |
//! | 16 | address; one of IPv4 stands in the last four octets after zeros |
//! | 4 + n | [public key](crate::public_key), perhaps empty |
//! | 4, (1, 1, 4) each | count of interfaces, what it serves, protocol, port |
//!
//! Here: reading and writing them. Beside it: `site/json.rs` the same as JSON, `site/hash.rs` which
//! server an identifier belongs to, `site/numbers.rs` the registries. Not here: which site is asked
//! (room `engine`).

use crate::octets::{Reader, put_count, put_string};
use crate::{Error, PublicKey};
use alloc::vec::Vec;
use bytes::Bytes;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use serde::{Deserialize, Serialize};

mod hash;
mod json;
mod numbers;
#[cfg(test)]
mod tests;

pub use hash::IdentifierHash;
pub use numbers::{HashOption, InterfaceKind, SiteFlags, Transport};

/// The most attributes one site may have; the sites of the field have fewer than ten.
///
/// Beyond it: [`Error::AboveLimit`].
pub const ATTRIBUTES_COUNT_MAX: usize = 1024;

/// The most servers one site may have; one answer has room for fewer with their keys.
///
/// Beyond it: [`Error::AboveLimit`].
pub const SERVERS_COUNT_MAX: usize = 1024;

/// The most interfaces one server may have; four protocols on a few ports are usual.
///
/// Beyond it: [`Error::AboveLimit`].
pub const INTERFACES_COUNT_MAX: usize = 256;

const ATTRIBUTE_OCTETS_MIN: usize = 8;
const SERVER_OCTETS_MIN: usize = 28;
const INTERFACE_OCTETS: usize = 6;

/// Servers that answer for the same prefixes, seen as one.
///
/// As JSON it is what the reference software writes (`siteinfo.json`), with two members more where
/// octets would be lost otherwise: `otherFlags` for unknown flags of the site, `otherType` for
/// unknown bits in the kind of an interface.
///
/// ```
/// use bytes::Bytes;
/// use model::site::{InterfaceKind, Site, Transport};
///
/// let octets = Bytes::from_static(
///     b"\0\x01\x02\x0b\0\x07\x80\x02\0\0\0\0\0\0\0\0\0\0\0\x01\
///       \0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\xc0\0\x02\x0a\0\0\0\0\
///       \0\0\0\x01\x03\x01\0\0\x0a\x51",
/// );
/// let site = Site::decode(octets.clone())?;
/// assert!(site.flags.is_primary());
/// assert_eq!(site.servers[0].address.ip().to_string(), "192.0.2.10");
/// let port = site.servers[0].interface(Transport::TCP, InterfaceKind::ADMIN).unwrap().port;
/// assert_eq!(port, 2641);
/// assert_eq!(site.encode(), octets);
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "json::SiteForm", try_from = "json::SiteForm")]
pub struct Site {
    /// The format; 1 is the only one there is, others are kept.
    pub format: u16,
    /// The newest version of the protocol that its servers speak.
    pub protocol: ProtocolVersion,
    /// Rises whenever the site is changed.
    pub serial: u16,
    /// Whether changes are taken here.
    pub flags: SiteFlags,
    /// Which part of an identifier chooses the server.
    pub hash_option: HashOption,
    /// Never given a meaning; kept.
    pub hash_filter: Bytes,
    /// What else is said of the site.
    pub attributes: Vec<Attribute>,
    /// The servers; their order matters, for [`IdentifierHash`] counts them.
    pub servers: Vec<Server>,
}

/// A version of the protocol, such as 2.11.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProtocolVersion {
    /// The number before the dot.
    pub major: u8,
    /// The number after it.
    pub minor: u8,
}

/// Something said of a site, or of one of its servers if the name ends in `.` and its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Such as `desc`, `domain`, `path`, `alt_addr.1`.
    #[serde(with = "crate::json::text")]
    pub name: Bytes,
    /// What is said.
    #[serde(with = "crate::json::text")]
    pub value: Bytes,
}

/// One server of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "json::ServerForm", try_from = "json::ServerForm")]
pub struct Server {
    /// Its number within the site, usually from 1.
    pub id: u32,
    /// Where it is.
    pub address: Address,
    /// The key that proves its answers, as octets; perhaps empty, perhaps nothing we can read.
    pub public_key: Bytes,
    /// What it listens on.
    pub interfaces: Vec<Interface>,
}

/// An address of sixteen octets; one of IPv4 stands in the last four after zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(pub [u8; 16]);

/// One port that a server listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "json::InterfaceForm", from = "json::InterfaceForm")]
pub struct Interface {
    /// What is served there.
    pub kind: InterfaceKind,
    /// In which transport.
    pub transport: Transport,
    /// The port; more than 65,535 is kept, though nobody can be asked there.
    pub port: u32,
}

impl Site {
    /// Reads the data of a value.
    ///
    /// # Errors
    /// [`Error::Truncated`], [`Error::AboveLimit`] for a count, or [`Error::Trailing`].
    pub fn decode(octets: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(octets);
        let site = Self {
            format: reader.u16("site format")?,
            protocol: ProtocolVersion {
                major: reader.u8("site protocol version")?,
                minor: reader.u8("site protocol version")?,
            },
            serial: reader.u16("site serial number")?,
            flags: SiteFlags(reader.u8("site flags")?),
            hash_option: HashOption(reader.u8("site hash option")?),
            hash_filter: reader.string("site hash filter")?,
            attributes: read_attributes(&mut reader)?,
            servers: read_servers(&mut reader)?,
        };
        reader.finish("site")?;
        Ok(site)
    }

    /// The octets, equal to those it was read from.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        out.extend_from_slice(&self.format.to_be_bytes());
        out.extend_from_slice(&[self.protocol.major, self.protocol.minor]);
        out.extend_from_slice(&self.serial.to_be_bytes());
        out.extend_from_slice(&[self.flags.0, self.hash_option.0]);
        put_string(&mut out, &self.hash_filter);
        put_count(&mut out, self.attributes.len());
        for attribute in &self.attributes {
            put_string(&mut out, &attribute.name);
            put_string(&mut out, &attribute.value);
        }
        put_count(&mut out, self.servers.len());
        for server in &self.servers {
            server.put(&mut out);
        }
        out.into()
    }

    /// The value of the first attribute with a name; ASCII case matters, as in the field.
    pub fn attribute(&self, name: &str) -> Option<&Bytes> {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|attribute| attribute.name == name)?;
        Some(&found.value)
    }

    /// The place of the server that identifiers with a hash belong to; none if there are none.
    pub fn server_index(&self, hash: IdentifierHash) -> Option<usize> {
        let servers = u32::try_from(self.servers.len()).ok()?;
        Some(hash.0.checked_rem(servers)? as usize)
    }

    /// The server that identifiers with a hash belong to; none if there are none.
    pub fn server(&self, hash: IdentifierHash) -> Option<&Server> {
        self.servers.get(self.server_index(hash)?)
    }
}

impl Server {
    fn read(reader: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            id: reader.u32("server id")?,
            address: Address(reader.array("server address")?),
            public_key: reader.string("server public key")?,
            interfaces: read_interfaces(reader)?,
        })
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.id.to_be_bytes());
        out.extend_from_slice(&self.address.0);
        put_string(out, &self.public_key);
        put_count(out, self.interfaces.len());
        for interface in &self.interfaces {
            out.extend_from_slice(&[interface.kind.0, interface.transport.0]);
            out.extend_from_slice(&interface.port.to_be_bytes());
        }
    }

    /// The public key, taken apart.
    ///
    /// # Errors
    /// As [`PublicKey::decode`]; no octets at all are an error too.
    pub fn key(&self) -> Result<PublicKey, Error> {
        PublicKey::decode(self.public_key.clone())
    }

    /// The first interface with a transport that serves all of `kind`.
    pub fn interface(&self, transport: Transport, kind: InterfaceKind) -> Option<&Interface> {
        let mut interfaces = self.interfaces.iter();
        interfaces
            .find(|interface| interface.transport == transport && interface.kind.contains(kind))
    }
}

impl Address {
    /// The address as programs know it: IPv4 if the first twelve octets are zero.
    ///
    /// So `::1` cannot be said: it is 0.0.0.1, here as in the reference software.
    pub fn ip(self) -> IpAddr {
        match self.0 {
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] => Ipv4Addr::new(a, b, c, d).into(),
            octets => Ipv6Addr::from(octets).into(),
        }
    }
}

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V6(ip) => Self(ip.octets()),
            IpAddr::V4(ip) => {
                let [a, b, c, d] = ip.octets();
                Self([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d])
            }
        }
    }
}

fn read_attributes(reader: &mut Reader) -> Result<Vec<Attribute>, Error> {
    let (what, limit) = ("site attributes", ATTRIBUTES_COUNT_MAX);
    let count = reader.count(what, limit, ATTRIBUTE_OCTETS_MIN)?;
    (0..count)
        .map(|_| {
            Ok(Attribute {
                name: reader.string("site attribute name")?,
                value: reader.string("site attribute value")?,
            })
        })
        .collect()
}

fn read_servers(reader: &mut Reader) -> Result<Vec<Server>, Error> {
    let count = reader.count("servers", SERVERS_COUNT_MAX, SERVER_OCTETS_MIN)?;
    (0..count).map(|_| Server::read(reader)).collect()
}

fn read_interfaces(reader: &mut Reader) -> Result<Vec<Interface>, Error> {
    let (what, limit) = ("server interfaces", INTERFACES_COUNT_MAX);
    let count = reader.count(what, limit, INTERFACE_OCTETS)?;
    (0..count)
        .map(|_| {
            Ok(Interface {
                kind: InterfaceKind(reader.u8("interface kind")?),
                transport: Transport(reader.u8("interface protocol")?),
                port: reader.u32("interface port")?,
            })
        })
        .collect()
}
