//! How the data of a value looks on a page, by its type.
//!
//! What is not what its type says is shown as text or octets. Only addresses that run nothing
//! become links.

use super::words::Words;
use crate::proxy::Target;
use crate::spelling;
use engine::Digests;
use model::admin::Admin;
use model::public_key::Numbers;
use model::site::{Interface, InterfaceKind, Server, Transport};
use model::value::{TtlKind, date_text};
use model::vlist::ValueList;
use model::{Permissions, PublicKey, Reference, Site, Ttl, Value, value_type};

/// How many octets are shown of data that is no text.
const OCTETS_SHOWN_MAX: usize = 256;

/// How many bits of an administrator's permissions the reference software knows.
const USUAL_RIGHTS: usize = 12;

/// One value.
pub(super) struct Row {
    pub(super) index: u32,
    pub(super) kind: String,
    pub(super) data: Shown,
    pub(super) changed: String,
    pub(super) kept: String,
    pub(super) is_private: bool,
    pub(super) is_public_write: bool,
}

/// The data of a value.
pub(super) enum Shown {
    Nothing,
    Text(String),
    /// Text of several lines.
    Lines(String),
    /// An address that may be followed.
    Link {
        href: String,
        text: String,
    },
    /// Other identifiers, or values of theirs.
    Identifiers(Vec<Named>),
    Admin {
        who: Named,
        rights: Vec<(&'static str, bool)>,
    },
    Site(SiteShown),
    Key(KeyShown),
    Octets {
        count: usize,
        hex: String,
        is_cut: bool,
    },
}

/// Another identifier, and perhaps the index of a value there.
pub(super) struct Named {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) index: Option<u32>,
}

pub(super) struct SiteShown {
    pub(super) protocol: String,
    pub(super) serial: u16,
    pub(super) is_primary: bool,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) servers: Vec<ServerShown>,
}

pub(super) struct ServerShown {
    pub(super) id: u32,
    pub(super) address: String,
    pub(super) interfaces: Vec<String>,
    pub(super) key: Option<KeyShown>,
}

pub(super) struct KeyShown {
    pub(super) kind: String,
    pub(super) bits: Option<usize>,
    /// SHA-256 of the key's octets in hexadecimal, in groups of four.
    pub(super) fingerprint: String,
}

impl Row {
    pub(super) fn new(value: &Value, words: &Words) -> Self {
        let permissions = value.permissions;
        Self {
            index: value.index,
            kind: value.value_type.to_string(),
            data: Shown::new(value, words),
            changed: changed(value.timestamp),
            kept: kept(value.ttl, words),
            is_private: !permissions.is_public_read(),
            is_public_write: permissions.contains(Permissions::PUBLIC_WRITE),
        }
    }
}

impl Shown {
    fn new(value: &Value, words: &Words) -> Self {
        Self::by_type(value, words).unwrap_or_else(|| Self::plain(&value.data))
    }

    fn by_type(value: &Value, words: &Words) -> Option<Self> {
        let is = |asked: &str| value_type::matches(asked.as_bytes(), value.value_type.octets());
        let octets = value.data.clone();
        if is("URL.") || is("0.TYPE/URL.") {
            link(text(&octets)?)
        } else if is("EMAIL.") {
            let text = text(&octets)?.trim();
            let is_address = text.contains('@') && !text.contains(char::is_whitespace);
            is_address.then(|| mail(text))?
        } else if is("HS_ALIAS") || is("HS_SERV.") {
            Some(Self::Identifiers(vec![Named::new(text(&octets)?, None)]))
        } else if is("HS_ADMIN") {
            Admin::decode(octets)
                .ok()
                .map(|admin| admin_shown(&admin, words))
        } else if is("HS_VLIST") {
            let list = ValueList::decode(octets).ok()?;
            Some(Self::Identifiers(list.0.iter().map(Named::of).collect()))
        } else if is("HS_SITE.") || is("HS_NA_DELEGATE") {
            let site = Site::decode(octets).ok()?;
            Some(Self::Site(SiteShown::new(&site, words)))
        } else if is("HS_PUBKEY") {
            Some(Self::Key(KeyShown::new(&octets)?))
        } else {
            None
        }
    }

    fn plain(octets: &[u8]) -> Self {
        if octets.is_empty() {
            return Self::Nothing;
        }
        match text(octets) {
            Some(text) if text.contains('\n') => Self::Lines(text.to_owned()),
            Some(text) => Self::Text(text.to_owned()),
            None => Self::Octets {
                count: octets.len(),
                hex: groups(octets.get(..OCTETS_SHOWN_MAX).unwrap_or(octets)),
                is_cut: octets.len() > OCTETS_SHOWN_MAX,
            },
        }
    }
}

fn link(text: &str) -> Option<Shown> {
    let href = Target::parse(text)?.as_str().to_owned();
    let text = text.to_owned();
    Some(Shown::Link { href, text })
}

fn mail(address: &str) -> Option<Shown> {
    let href = Target::parse(&format!("mailto:{address}"))?
        .as_str()
        .to_owned();
    let text = address.to_owned();
    Some(Shown::Link { href, text })
}

impl Named {
    fn new(identifier: &str, index: Option<u32>) -> Self {
        Self {
            path: format!("{}?noredirect", spelling::path(identifier.trim())),
            text: identifier.to_owned(),
            index,
        }
    }

    fn of(reference: &Reference) -> Self {
        let identifier = String::from_utf8_lossy(&reference.identifier);
        Self::new(&identifier, Some(reference.index))
    }
}

fn admin_shown(admin: &Admin, words: &Words) -> Shown {
    let bits = admin.permissions.0;
    let rights = words.rights.iter().enumerate();
    let rights = rights.map(|(bit, &name)| (name, bits >> bit & 1 == 1));
    let known = rights.enumerate();
    // What the reference software does not know is shown only where it is granted.
    let shown = known.filter(|(bit, (_, granted))| *bit < USUAL_RIGHTS || *granted);
    let identifier = String::from_utf8_lossy(&admin.identifier);
    Shown::Admin {
        who: Named::new(&identifier, Some(admin.index)),
        rights: shown.map(|(_, right)| right).collect(),
    }
}

impl SiteShown {
    fn new(site: &Site, words: &Words) -> Self {
        let attributes = site.attributes.iter().map(|attribute| {
            let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
            (text(&attribute.name), text(&attribute.value))
        });
        let servers = site.servers.iter();
        Self {
            protocol: site.protocol.to_string(),
            serial: site.serial,
            is_primary: site.flags.is_primary(),
            attributes: attributes.collect(),
            servers: servers
                .map(|server| ServerShown::new(server, words))
                .collect(),
        }
    }
}

impl ServerShown {
    fn new(server: &Server, words: &Words) -> Self {
        let interfaces = server.interfaces.iter();
        Self {
            id: server.id,
            address: server.address.ip().to_string(),
            interfaces: interfaces
                .map(|interface| interface_text(*interface, words))
                .collect(),
            key: KeyShown::new(&server.public_key),
        }
    }
}

fn interface_text(interface: Interface, words: &Words) -> String {
    let transport = match interface.transport {
        Transport::UDP => "UDP".into(),
        Transport::TCP => "TCP".into(),
        Transport::HTTP => "HTTP".into(),
        Transport::HTTPS => "HTTPS".into(),
        other => format!("{}", other.0),
    };
    let kinds = [
        (InterfaceKind::QUERY, words.queries),
        (InterfaceKind::ADMIN, words.administration),
    ];
    let served = kinds
        .into_iter()
        .filter(|(kind, _)| interface.kind.contains(*kind));
    let served: Vec<_> = served.map(|(_, name)| name).collect();
    format!("{transport} {} ({})", interface.port, served.join(", "))
}

impl KeyShown {
    fn new(octets: &bytes::Bytes) -> Option<Self> {
        if octets.is_empty() {
            return None;
        }
        let (kind, bits) = match PublicKey::decode(octets.clone()).ok()? {
            PublicKey::Known { numbers, .. } => match numbers {
                Numbers::Rsa { modulus, .. } => ("RSA".into(), Some(bits(modulus.magnitude()))),
                Numbers::Dsa { p, .. } => ("DSA".into(), Some(bits(p.magnitude()))),
                Numbers::DiffieHellman { p, .. } => ("DH".into(), Some(bits(p.magnitude()))),
                Numbers::Sm2(_) => ("SM2".into(), None),
                Numbers::Sm9(_) => ("SM9".into(), None),
            },
            PublicKey::Pem(_) => ("PEM".into(), None),
            PublicKey::Other { key_type, .. } => {
                (String::from_utf8_lossy(&key_type).into_owned(), None)
            }
        };
        Some(Self {
            kind,
            bits,
            fingerprint: groups(&crypto::Provider.sha256(octets)),
        })
    }
}

fn bits(magnitude: &[u8]) -> usize {
    let leading = magnitude
        .first()
        .map_or(0, |octet| octet.leading_zeros() as usize);
    (magnitude.len() * 8).saturating_sub(leading)
}

/// Text without octets that no text has: those of control characters other than spaces and lines.
fn text(octets: &[u8]) -> Option<&str> {
    let is_binary = |letter: char| letter.is_control() && !letter.is_whitespace();
    let text = std::str::from_utf8(octets).ok()?;
    (!text.contains(is_binary)).then_some(text)
}

/// Octets in hexadecimal, four digits at a time so that lines can break and eyes can rest.
fn groups(octets: &[u8]) -> String {
    let groups = octets.chunks(2).map(hex::encode);
    groups.collect::<Vec<_>>().join(" ")
}

/// A date as people read it; nothing for a value that was never dated.
fn changed(timestamp: u32) -> String {
    match timestamp {
        0 => String::new(),
        _ => readable(timestamp),
    }
}

fn readable(timestamp: u32) -> String {
    date_text(timestamp).replace('T', " ").replace('Z', " UTC")
}

/// How long a value may be kept, in the largest unit that comes out even.
fn kept(ttl: Ttl, words: &Words) -> String {
    if ttl.kind == TtlKind::ABSOLUTE {
        return format!("{} {}", words.until, readable(ttl.seconds));
    }
    let units = [
        (86_400, words.days),
        (3600, words.hours),
        (60, words.minutes),
        (1, words.seconds),
    ];
    let fits = |unit: u32| ttl.seconds >= unit && ttl.seconds.is_multiple_of(unit);
    let found = units.into_iter().find(|(unit, _)| fits(*unit));
    let (unit, [one, many]) = found.unwrap_or((1, words.seconds));
    let count = ttl.seconds / unit;
    let name = if count == 1 { one } else { many };
    format!("{} {count} {name}", words.kept)
}
