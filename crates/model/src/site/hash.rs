//! Which server of a site an identifier belongs to.
//!
//! Not here: the digest itself. It is an argument, for this room has no cryptography.

use super::HashOption;
use crate::Identifier;

/// A number from an identifier that is the same for every spelling; chooses a server of a site.
///
/// Part of the identifier, its ASCII letters upper-cased, goes through MD5; the last four octets
/// are a signed number, of which the absolute value counts (RFC 3651 section 3.2.2 leaves the
/// details open; these are the reference software's). Nothing is secured by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentifierHash(pub u32);

impl IdentifierHash {
    /// Hashes the part of `identifier` that `option` names, with the digest `md5`.
    ///
    /// None for an unknown option: a guess would send the question to a server that is not
    /// responsible. Where the reference software's absolute value stays negative (a digest that
    /// ends in `80000000`, of which no example is known), this one is 2,147,483,648.
    ///
    /// ```
    /// use model::site::{HashOption, IdentifierHash};
    ///
    /// let md5 = |octets: &[u8]| {
    ///     assert_eq!(octets, b"ABC");
    ///     *b"\x90\x2f\xbd\xd2\xb1\xdf\x0c\x4f\x70\xb4\xa5\xd2\x35\x25\xe9\x32"
    /// };
    /// let identifier = "20.500.99999/abc".parse()?;
    /// let hash = IdentifierHash::of(&identifier, HashOption::SUFFIX, md5);
    /// assert_eq!(hash, Some(IdentifierHash(891_676_978)));
    /// # Ok::<(), model::Error>(())
    /// ```
    pub fn of(
        identifier: &Identifier,
        option: HashOption,
        md5: impl FnOnce(&[u8]) -> [u8; 16],
    ) -> Option<Self> {
        let prefix = identifier.prefix();
        let part = match option {
            HashOption::PREFIX => prefix.as_str(),
            HashOption::SUFFIX => identifier.suffix(),
            HashOption::ALL => identifier.as_str(),
            _ => return None,
        };
        let digest = md5(part.to_ascii_uppercase().as_bytes());
        let last = digest.last_chunk().copied().unwrap_or_default();
        Some(Self(i32::from_be_bytes(last).unsigned_abs()))
    }
}
