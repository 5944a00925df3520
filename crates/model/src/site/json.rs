//! Sites as JSON: `siteinfo.json`, answers of the JSON API, the bootstrap file of clients.
//!
//! Member names and their order are the reference software's; what it leaves out may be missing.
//! Not here: JSON of keys ([`crate::jwk`]).

use super::{
    Address, Attribute, HashOption, Interface, InterfaceKind, ProtocolVersion, Server, Site,
    SiteFlags, Transport,
};
use crate::{Error, Jwk, PublicKey};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

const KNOWN_FLAGS: u8 = SiteFlags::PRIMARY.0 | SiteFlags::MULTI_PRIMARY.0;
const KNOWN_KINDS: u8 = InterfaceKind::ADMIN_AND_QUERY.0;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SiteForm {
    #[serde(default = "one")]
    version: u16,
    #[serde(default = "newest_protocol")]
    protocol_version: String,
    #[serde(default = "one")]
    serial_number: u16,
    #[serde(default)]
    primary_site: bool,
    #[serde(default)]
    multi_primary: bool,
    #[serde(default, skip_serializing_if = "is_zero")]
    other_flags: u8,
    #[serde(default = "hash_of_all", skip_serializing_if = "is_hash_of_all")]
    hash_option: u8,
    #[serde(
        default,
        with = "crate::json::text",
        skip_serializing_if = "Bytes::is_empty"
    )]
    hash_filter: Bytes,
    #[serde(default)]
    attributes: Vec<Attribute>,
    #[serde(default)]
    servers: Vec<Server>,
}

impl From<Site> for SiteForm {
    fn from(site: Site) -> Self {
        Self {
            version: site.format,
            protocol_version: site.protocol.to_string(),
            serial_number: site.serial,
            primary_site: site.flags.is_primary(),
            multi_primary: site.flags.is_multi_primary(),
            other_flags: site.flags.0 & !KNOWN_FLAGS,
            hash_option: site.hash_option.0,
            hash_filter: site.hash_filter,
            attributes: site.attributes,
            servers: site.servers,
        }
    }
}

impl TryFrom<SiteForm> for Site {
    type Error = Error;

    fn try_from(form: SiteForm) -> Result<Self, Error> {
        let primary = u8::from(form.primary_site) * SiteFlags::PRIMARY.0;
        let multi_primary = u8::from(form.multi_primary) * SiteFlags::MULTI_PRIMARY.0;
        let site = Self {
            format: form.version,
            protocol: form.protocol_version.parse()?,
            serial: form.serial_number,
            flags: SiteFlags(primary | multi_primary | form.other_flags),
            hash_option: HashOption(form.hash_option),
            hash_filter: form.hash_filter,
            attributes: form.attributes,
            servers: form.servers,
        };
        // JSON has no limits of its own: those of the octets hold, or nobody could read the value.
        Self::decode(site.encode())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServerForm {
    #[serde(default)]
    server_id: u32,
    address: String,
    #[serde(default)]
    public_key: KeyForm,
    #[serde(default)]
    interfaces: Vec<Interface>,
}

impl From<Server> for ServerForm {
    fn from(server: Server) -> Self {
        Self {
            server_id: server.id,
            address: server.address.ip().to_string(),
            public_key: KeyForm::of(server.public_key),
            interfaces: server.interfaces,
        }
    }
}

impl TryFrom<ServerForm> for Server {
    type Error = Error;

    fn try_from(form: ServerForm) -> Result<Self, Error> {
        Ok(Self {
            id: form.server_id,
            address: form.address.parse()?,
            public_key: form.public_key.octets()?,
            interfaces: form.interfaces,
        })
    }
}

/// A key as `{"format":"key","value":{JWK}}`, or its octets where a JWK would not give them back.
#[derive(Serialize, Deserialize)]
#[serde(tag = "format", content = "value", rename_all = "lowercase")]
enum KeyForm {
    Key(Box<Jwk>),
    Base64(KeyOctets),
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct KeyOctets(#[serde(with = "crate::json::octets")] Bytes);

impl Default for KeyForm {
    fn default() -> Self {
        Self::Base64(KeyOctets(Bytes::new()))
    }
}

impl KeyForm {
    fn of(octets: Bytes) -> Self {
        match PublicKey::faithful_jwk(&octets) {
            Some(jwk) => Self::Key(Box::new(jwk)),
            None => Self::Base64(KeyOctets(octets)),
        }
    }

    fn octets(self) -> Result<Bytes, Error> {
        match self {
            Self::Key(jwk) => Ok(PublicKey::from_jwk(&jwk)?.encode()),
            Self::Base64(KeyOctets(octets)) => Ok(octets),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InterfaceForm {
    #[serde(default)]
    query: bool,
    #[serde(default)]
    admin: bool,
    #[serde(default, skip_serializing_if = "is_zero")]
    other_type: u8,
    protocol: TransportForm,
    port: u32,
}

impl From<Interface> for InterfaceForm {
    fn from(interface: Interface) -> Self {
        Self {
            query: interface.kind.contains(InterfaceKind::QUERY),
            admin: interface.kind.contains(InterfaceKind::ADMIN),
            other_type: interface.kind.0 & !KNOWN_KINDS,
            protocol: interface.transport.into(),
            port: interface.port,
        }
    }
}

impl From<InterfaceForm> for Interface {
    fn from(form: InterfaceForm) -> Self {
        let query = u8::from(form.query) * InterfaceKind::QUERY.0;
        let admin = u8::from(form.admin) * InterfaceKind::ADMIN.0;
        Self {
            kind: InterfaceKind(query | admin | form.other_type),
            transport: form.protocol.into(),
            port: form.port,
        }
    }
}

/// The name of a transport, or the number of an unknown one.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum TransportForm {
    Known(Name),
    Unknown(u8),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Name {
    Udp,
    Tcp,
    Http,
    Https,
}

impl From<Transport> for TransportForm {
    fn from(transport: Transport) -> Self {
        match transport {
            Transport::UDP => Self::Known(Name::Udp),
            Transport::TCP => Self::Known(Name::Tcp),
            Transport::HTTP => Self::Known(Name::Http),
            Transport::HTTPS => Self::Known(Name::Https),
            Transport(number) => Self::Unknown(number),
        }
    }
}

impl From<TransportForm> for Transport {
    fn from(form: TransportForm) -> Self {
        match form {
            TransportForm::Known(Name::Udp) => Self::UDP,
            TransportForm::Known(Name::Tcp) => Self::TCP,
            TransportForm::Known(Name::Http) => Self::HTTP,
            TransportForm::Known(Name::Https) => Self::HTTPS,
            TransportForm::Unknown(number) => Self(number),
        }
    }
}

impl fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl core::str::FromStr for ProtocolVersion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let numbers = text.split_once('.').and_then(|(major, minor)| {
            let (major, minor) = (major.parse().ok()?, minor.parse().ok()?);
            Some(Self { major, minor })
        });
        numbers.ok_or(Error::Unexpected {
            what: "protocol version",
            expected: "two numbers up to 255 with a dot between them",
        })
    }
}

impl core::str::FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let ip: Result<IpAddr, _> = text.parse();
        ip.map(Self::from).map_err(|_| Error::Unexpected {
            what: "server address",
            expected: "an address of IPv4 or IPv6",
        })
    }
}

fn one() -> u16 {
    1
}

fn newest_protocol() -> String {
    "2.11".into()
}

fn hash_of_all() -> u8 {
    HashOption::ALL.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_hash_of_all(option: &u8) -> bool {
    *option == HashOption::ALL.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(octet: &u8) -> bool {
    *octet == 0
}
