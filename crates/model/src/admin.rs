//! The data of `HS_ADMIN` values: who may do what with a record.
//!
//! RFC 3651 section 3.2.1; the bits beyond it are those of the reference software and of DO-IRP
//! 3.0.
//!
//! | octets | field |
//! | --- | --- |
//! | 2 | permissions |
//! | 4 + n | identifier of the record that holds the administrator's key or list |
//! | 4 | index of that value |
//! | 0 or 2 | two zero octets, if an old writer made it |
//!
//! Not here: whether an administrator may do something (room `engine`).

use crate::Error;
use crate::octets::{Reader, put_string};
use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use serde::{Deserialize, Serialize, de};

#[cfg(test)]
mod tests;

/// What old writers left at the end.
const LEGACY_END: [u8; 2] = [0, 0];

/// Names an administrator and what it may do.
///
/// ```
/// use bytes::Bytes;
/// use model::admin::{Admin, AdminPermissions};
///
/// let octets = Bytes::from_static(b"\x0f\xf3\0\0\0\x110.NA/20.500.99999\0\0\0\xc8");
/// let admin = Admin::decode(octets.clone())?;
/// assert_eq!((&admin.identifier[..], admin.index), (&b"0.NA/20.500.99999"[..], 200));
/// assert!(admin.permissions.contains(AdminPermissions::ADD_HANDLE));
/// assert!(!admin.permissions.contains(AdminPermissions::ADD_DERIVED_PREFIX));
/// assert_eq!(admin.encode(), octets);
///
/// let json = r#"{"handle":"0.NA/20.500.99999","index":200,"permissions":"111111110011"}"#;
/// assert_eq!(serde_json::to_string(&admin).unwrap(), json);
/// assert_eq!(serde_json::from_str::<Admin>(json).unwrap(), admin);
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admin {
    /// The record that holds the administrator's key or list, as spelled; not checked.
    #[serde(rename = "handle", with = "crate::json::text")]
    pub identifier: Bytes,
    /// The index of the value in that record; 0 may stand for all.
    #[serde(with = "crate::json::number")]
    pub index: u32,
    /// What it may do.
    pub permissions: AdminPermissions,
    /// Whether two zero octets follow, as old writers left them.
    #[serde(
        rename = "legacyByteLength",
        default,
        skip_serializing_if = "core::ops::Not::not"
    )]
    pub has_legacy_end: bool,
}

impl Admin {
    /// Reads the data of a value.
    ///
    /// # Errors
    /// [`Error::Truncated`], [`Error::AboveLimit`], or [`Error::Trailing`] for anything at the end
    /// but two zero octets.
    pub fn decode(octets: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(octets);
        let permissions = AdminPermissions(reader.u16("admin permissions")?);
        let identifier = reader.string("admin identifier")?;
        let index = reader.u32("admin index")?;
        let has_legacy_end = reader.peek(LEGACY_END.len()) == LEGACY_END[..];
        if has_legacy_end {
            reader.take("admin legacy end", LEGACY_END.len())?;
        }
        reader.finish("admin")?;
        Ok(Self {
            identifier,
            index,
            permissions,
            has_legacy_end,
        })
    }

    /// The octets, equal to those it was read from.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        out.extend_from_slice(&self.permissions.0.to_be_bytes());
        put_string(&mut out, &self.identifier);
        out.extend_from_slice(&self.index.to_be_bytes());
        if self.has_legacy_end {
            out.extend_from_slice(&LEGACY_END);
        }
        out.into()
    }
}

/// What an administrator may do: sixteen bits, of which thirteen have a meaning.
///
/// As text it is a digit a bit, the most significant first: twelve digits, and up to sixteen where
/// a higher bit is set, which the reference software's JSON cannot say.
///
/// ```
/// use model::admin::AdminPermissions;
///
/// let usual: AdminPermissions = "011111110011".parse()?;
/// assert_eq!(usual, AdminPermissions(0x07f3));
/// assert_eq!(AdminPermissions(0x1001).to_string(), "1000000000001");
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AdminPermissions(pub u16);

impl AdminPermissions {
    /// Register identifiers under the prefix.
    pub const ADD_HANDLE: Self = Self(0x0001);
    /// Delete identifiers.
    pub const DELETE_HANDLE: Self = Self(0x0002);
    /// Register prefixes derived from this one.
    pub const ADD_DERIVED_PREFIX: Self = Self(0x0004);
    /// Delete prefixes derived from this one.
    pub const DELETE_DERIVED_PREFIX: Self = Self(0x0008);
    /// Change values that name no administrator.
    pub const MODIFY_VALUE: Self = Self(0x0010);
    /// Remove values that name no administrator.
    pub const REMOVE_VALUE: Self = Self(0x0020);
    /// Add values that name no administrator.
    pub const ADD_VALUE: Self = Self(0x0040);
    /// Change values that name administrators.
    pub const MODIFY_ADMIN: Self = Self(0x0080);
    /// Remove values that name administrators.
    pub const REMOVE_ADMIN: Self = Self(0x0100);
    /// Add values that name administrators.
    pub const ADD_ADMIN: Self = Self(0x0200);
    /// Read values that are not public.
    pub const READ_VALUE: Self = Self(0x0400);
    /// List the identifiers under the prefix.
    pub const LIST_HANDLES: Self = Self(0x0800);
    /// List the prefixes derived from this one (DO-IRP 3.0 only).
    pub const LIST_DERIVED_PREFIXES: Self = Self(0x1000);
    /// Everything that the reference software knows.
    pub const ALL: Self = Self(0x0fff);

    /// Whether all bits of `other` are set.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl fmt::Display for AdminPermissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012b}", self.0)
    }
}

impl fmt::Debug for AdminPermissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AdminPermissions({self})")
    }
}

impl core::str::FromStr for AdminPermissions {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let is_digits = text.bytes().all(|octet| matches!(octet, b'0' | b'1'));
        if !is_digits || !(12..=16).contains(&text.len()) {
            return Err(Error::Unexpected {
                what: "admin permissions",
                expected: "twelve digits 0 or 1",
            });
        }
        let bits = u16::from_str_radix(text, 2).expect("at most sixteen binary digits");
        Ok(Self(bits))
    }
}

impl Serialize for AdminPermissions {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AdminPermissions {
    fn deserialize<D: de::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(de::Error::custom)
    }
}
