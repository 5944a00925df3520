//! Value types: what a value's data means. Not here: the data of any type.

use bytes::Bytes;
use core::fmt;

/// The type of a value, such as `URL`: octets as they came, compared without ASCII case.
///
/// RFC 3651 section 3.1 defines types as UTF-8 text; other octets are kept as they are.
#[derive(Clone)]
pub struct ValueType(Bytes);

/// Stands for a well-known type in stored records; 0 stands for every other type.
///
/// Numbers are never used again for another type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeId(pub u16);

impl TypeId {
    /// A type that has no number of its own.
    pub const OTHER: Self = Self(0);

    /// The number of a type, [`TypeId::OTHER`] if it has none.
    pub fn of(octets: &[u8]) -> Self {
        WELL_KNOWN
            .iter()
            .find(|(_, name)| octets.eq_ignore_ascii_case(name.as_bytes()))
            .map_or(Self::OTHER, |&(id, _)| Self(id))
    }
}

/// The types with numbers of their own. Append only: the numbers are in stored records.
const WELL_KNOWN: [(u16, &str); 14] = [
    (1, "URL"),
    (2, "EMAIL"),
    (3, "DESC"),
    (4, "HS_ADMIN"),
    (5, "HS_VLIST"),
    (6, "HS_SITE"),
    (7, "HS_SERV"),
    (8, "HS_ALIAS"),
    (9, "HS_PUBKEY"),
    (10, "HS_SECKEY"),
    (11, "HS_NAMESPACE"),
    (12, "HS_SIGNATURE"),
    (13, "HS_CERT"),
    (14, "10320/loc"),
];

impl ValueType {
    /// A web address.
    pub const URL: Self = Self(Bytes::from_static(b"URL"));
    /// Who may do what with the record.
    pub const HS_ADMIN: Self = Self(Bytes::from_static(b"HS_ADMIN"));

    /// Takes octets as a type.
    pub fn new(octets: impl Into<Bytes>) -> Self {
        Self(octets.into())
    }

    /// The octets as they came.
    pub fn octets(&self) -> &Bytes {
        &self.0
    }
}

/// A type that is asked for, looked up once for many values.
#[derive(Debug, Clone)]
pub struct AskedType {
    octets: Bytes,
    id: TypeId,
}

impl AskedType {
    /// A type, or a family of types if the octets end in `.`.
    pub fn new(octets: Bytes) -> Self {
        let id = TypeId::of(&octets);
        Self { octets, id }
    }

    /// Whether a stored type, whose number is known, is one that is asked for.
    pub fn finds(&self, id: TypeId, stored: &[u8]) -> bool {
        match (self.id, id) {
            (TypeId::OTHER, _) | (_, TypeId::OTHER) => matches(&self.octets, stored),
            (asked, stored) => asked == stored,
        }
    }
}

/// Tells whether a stored type is one that a question asks for.
///
/// ASCII case does not matter. A question that ends in `.` asks for a type and its subtypes:
/// `URL.` finds `URL` and `URL.foo`, while `URL` finds only `URL`.
///
/// ```
/// use model::value_type::matches;
///
/// assert!(matches(b"URL", b"url"));
/// assert!(matches(b"URL.", b"url.foo") && matches(b"URL.", b"url"));
/// assert!(!matches(b"URL", b"URL.foo") && !matches(b"URL.", b"URLX"));
/// ```
pub fn matches(asked: &[u8], stored: &[u8]) -> bool {
    match asked.strip_suffix(b".") {
        None => asked.eq_ignore_ascii_case(stored),
        Some(family) => match stored.split_at_checked(family.len()) {
            None => false,
            Some((head, tail)) => {
                head.eq_ignore_ascii_case(family) && (tail.is_empty() || tail.starts_with(b"."))
            }
        },
    }
}

impl PartialEq for ValueType {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for ValueType {}

impl fmt::Debug for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ValueType({})", self.0.escape_ascii())
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}
