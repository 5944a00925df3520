//! Oddities of values, of the data of reserved types, and of keys.

use super::Quirk;
use alloc::vec::Vec;
use bytes::Bytes;
use model::public_key::Numbers;
use model::site::{HashOption, InterfaceKind, SiteFlags};
use model::value::TtlKind;
use model::{Admin, BigInteger, EncodedValue, Jws, PublicKey, Site, ValueList, admin};

/// The largest index of a value in a record.
const INDEX_MAX: u32 = i32::MAX.cast_unsigned();
const PERMISSIONS: u8 = 0b1111;
const ADMIN_PERMISSIONS: u16 =
    admin::AdminPermissions::ALL.0 | admin::AdminPermissions::LIST_DERIVED_PREFIXES.0;

/// Finds the oddities of a value and of its data, each once.
pub fn of_value(encoded: &EncodedValue) -> Vec<Quirk> {
    let value = encoded.value();
    let value_type = value.value_type.octets();
    let mut found = Vec::new();
    let mut note = |is_odd: bool, quirk| found.extend(is_odd.then_some(quirk));
    note(
        !(1..=INDEX_MAX).contains(&value.index),
        Quirk::VALUE_INDEX_OUT_OF_RANGE,
    );
    let ttl_kinds = [TtlKind::RELATIVE, TtlKind::ABSOLUTE];
    note(
        !ttl_kinds.contains(&value.ttl.kind),
        Quirk::TTL_KIND_UNKNOWN,
    );
    let has_unknown = value.permissions.0 & !PERMISSIONS != 0;
    note(has_unknown, Quirk::PERMISSIONS_UNKNOWN_BITS);
    note(is_no_text(value_type), Quirk::TEXT_NOT_UTF8);
    let references = &value.references;
    note(
        references.iter().any(|at| is_no_text(&at.identifier)),
        Quirk::TEXT_NOT_UTF8,
    );
    found.extend(of_data(value_type, value.data));
    once(found)
}

/// Finds the oddities of a public key, each once.
pub fn of_public_key(octets: &Bytes) -> Vec<Quirk> {
    match PublicKey::decode(octets.clone()) {
        Err(_) => [Quirk::DATA_MALFORMED].into(),
        Ok(PublicKey::Pem(_)) => [Quirk::KEY_BARE_PEM].into(),
        Ok(PublicKey::Other { .. }) => Vec::new(),
        Ok(PublicKey::Known { reserved, numbers }) => {
            let mut found = of_numbers(&numbers);
            found.extend((reserved != 0).then_some(Quirk::KEY_RESERVED_SET));
            once(found)
        }
    }
}

/// Finds the oddities of the data of an `HS_SITE` value, each once.
pub fn of_site(octets: &Bytes) -> Vec<Quirk> {
    let Ok(site) = Site::decode(octets.clone()) else {
        return [Quirk::DATA_MALFORMED].into();
    };
    let flags = SiteFlags::PRIMARY.0 | SiteFlags::MULTI_PRIMARY.0;
    let mut interfaces = site.servers.iter().flat_map(|server| &server.interfaces);
    let is_unknown = site.format != 1
        || site.flags.0 & !flags != 0
        || site.hash_option.0 > HashOption::ALL.0
        || interfaces.any(|at| at.kind.0 > InterfaceKind::ADMIN_AND_QUERY.0 || at.transport.0 > 3);
    let mut found = Vec::new();
    found.extend(is_unknown.then_some(Quirk::SITE_UNKNOWN_NUMBERS));
    let keys = site.servers.iter().map(|server| &server.public_key);
    let keys = keys.filter(|key| !key.is_empty());
    found.extend(keys.flat_map(of_public_key));
    once(found)
}

/// By type, a subtype of a site being one.
fn of_data(value_type: &[u8], data: Bytes) -> Vec<Quirk> {
    let is = |name: &str| value_type.eq_ignore_ascii_case(name.as_bytes());
    let malformed = |is_odd: bool| {
        is_odd
            .then_some(Quirk::DATA_MALFORMED)
            .into_iter()
            .collect()
    };
    if is("HS_ADMIN") {
        of_admin(data)
    } else if is("HS_VLIST") {
        malformed(ValueList::decode(data).is_err())
    } else if is("HS_PUBKEY") {
        of_public_key(&data)
    } else if is("HS_SIGNATURE") || is("HS_CERT") {
        malformed(Jws::decode(data).is_err())
    } else if is("HS_NA_DELEGATE") || model::value_type::matches(b"HS_SITE.", value_type) {
        of_site(&data)
    } else {
        Vec::new()
    }
}

fn of_admin(data: Bytes) -> Vec<Quirk> {
    let Ok(admin) = Admin::decode(data) else {
        return [Quirk::DATA_MALFORMED].into();
    };
    let mut found = Vec::new();
    let mut note = |is_odd: bool, quirk| found.extend(is_odd.then_some(quirk));
    note(admin.has_legacy_end, Quirk::ADMIN_LEGACY_LENGTH);
    let has_unknown = admin.permissions.0 & !ADMIN_PERMISSIONS != 0;
    note(has_unknown, Quirk::ADMIN_PERMISSIONS_UNKNOWN_BITS);
    note(is_no_text(&admin.identifier), Quirk::TEXT_NOT_UTF8);
    found
}

fn of_numbers(numbers: &Numbers) -> Vec<Quirk> {
    let numbers: Vec<&BigInteger> = match numbers {
        Numbers::Rsa {
            exponent, modulus, ..
        } => [exponent, modulus].into(),
        Numbers::Dsa { q, p, g, y } => [q, p, g, y].into(),
        Numbers::DiffieHellman { y, p, g } => [y, p, g].into(),
        Numbers::Sm2(_) | Numbers::Sm9(_) => Vec::new(),
    };
    numbers.into_iter().filter_map(of_integer).collect()
}

/// Whether a number is written otherwise than usual writers do.
fn of_integer(number: &BigInteger) -> Option<Quirk> {
    let usual = number.canonical();
    let (usual, came) = (usual.octets().len(), number.octets().len());
    match came.cmp(&usual) {
        core::cmp::Ordering::Less => Some(Quirk::KEY_INTEGER_WITHOUT_SIGN),
        core::cmp::Ordering::Equal => None,
        core::cmp::Ordering::Greater => Some(Quirk::KEY_INTEGER_PADDED),
    }
}

pub(super) fn is_no_text(octets: &[u8]) -> bool {
    core::str::from_utf8(octets).is_err()
}

/// Every quirk once, in the order in which they were found.
pub(super) fn once(found: Vec<Quirk>) -> Vec<Quirk> {
    let mut unique = Vec::with_capacity(found.len());
    for quirk in found {
        if !unique.contains(&quirk) {
            unique.push(quirk);
        }
    }
    unique
}
