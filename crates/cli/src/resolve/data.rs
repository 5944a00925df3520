//! The data of values in words: who administers, which servers a site has, what a key is.
//!
//! Not here: the JSON of the same.

use engine::Digests;
use model::public_key::Numbers;
use model::site::InterfaceKind;
use model::value_type::matches;
use model::{Admin, PublicKey, Site, Value, ValueList};
use std::fmt::Write as _;

/// The permissions of administrators by name, in the order of their bits.
const PERMISSIONS: [&str; 13] = [
    "add-handle",
    "delete-handle",
    "add-derived-prefix",
    "delete-derived-prefix",
    "modify-value",
    "remove-value",
    "add-value",
    "modify-admin",
    "remove-admin",
    "add-admin",
    "read-value",
    "list-handles",
    "list-derived-prefixes",
];

/// The names of transports by their numbers in sites.
const TRANSPORTS: [&str; 4] = ["UDP", "TCP", "HTTP", "HTTPS"];

/// What the data of a reserved type says; `None` for other types, and for data that cannot be read.
pub(super) fn in_words(value: &Value) -> Option<String> {
    let value_type = value.value_type.octets();
    let data = value.data.clone();
    if matches(b"HS_ADMIN", value_type) {
        Some(admin(&Admin::decode(data).ok()?))
    } else if matches(b"HS_VLIST", value_type) {
        Some(list(&ValueList::decode(data).ok()?))
    } else if matches(b"HS_SITE.", value_type) {
        Some(site(&Site::decode(data).ok()?))
    } else if matches(b"HS_PUBKEY", value_type) {
        Some(key(&PublicKey::decode(data).ok()?))
    } else {
        None
    }
}

fn admin(admin: &Admin) -> String {
    let identifier = super::printable(&admin.identifier);
    let is_set = |bit: usize| admin.permissions.0 >> bit & 1 == 1;
    let may: Vec<&str> = (0..)
        .zip(PERMISSIONS)
        .filter_map(|(bit, name)| is_set(bit).then_some(name))
        .collect();
    format!("{}:{identifier} may {}", admin.index, may.join(" "))
}

fn list(list: &ValueList) -> String {
    let one = |reference: &model::Reference| {
        format!(
            "{}:{}",
            reference.index,
            super::printable(&reference.identifier)
        )
    };
    list.0.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn site(site: &Site) -> String {
    let primary = if site.flags.is_primary() {
        "primary"
    } else {
        "mirror"
    };
    let mut text = format!(
        "{primary}, serial {}, protocol {}",
        site.serial, site.protocol
    );
    for server in &site.servers {
        let _ = write!(text, "; server {} {}:", server.id, server.address.ip());
        for interface in &server.interfaces {
            let transport = TRANSPORTS.get(usize::from(interface.transport.0));
            let serves = match interface.kind {
                InterfaceKind::ADMIN => "admin",
                InterfaceKind::QUERY => "query",
                InterfaceKind::ADMIN_AND_QUERY => "admin+query",
                _ => "out of service",
            };
            let transport = transport.copied().unwrap_or("unknown transport");
            let _ = write!(text, " {transport} {} ({serves})", interface.port);
        }
    }
    text
}

/// The kind of a key, its length and its fingerprint.
pub(crate) fn key(key: &PublicKey) -> String {
    let bits = |number: &model::BigInteger| {
        let octets = number.magnitude();
        let zeros = octets.first().map_or(0, |octet| octet.leading_zeros());
        octets.len() * 8 - zeros as usize
    };
    let kind = match key {
        PublicKey::Known { numbers, .. } => match numbers {
            Numbers::Rsa { modulus, .. } => format!("RSA {} bits", bits(modulus)),
            Numbers::Dsa { p, .. } => format!("DSA {} bits", bits(p)),
            Numbers::DiffieHellman { p, .. } => format!("Diffie-Hellman {} bits", bits(p)),
            _ => "SM2 or SM9".to_owned(),
        },
        PublicKey::Pem(_) => "PEM".to_owned(),
        PublicKey::Other { key_type, .. } => super::printable(key_type),
    };
    format!("{kind}, SHA-256 {}", fingerprint(key))
}

/// The SHA-256 of a key's octets.
fn fingerprint(key: &PublicKey) -> String {
    hex::encode(crypto::Provider.sha256(&key.encode()))
}
