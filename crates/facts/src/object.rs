//! Objects that facts are about: an identifier and the role that it plays.
//!
//! Not here: what is recorded of an object under its identifier (rooms `model` and `engine`).

use crate::Error;
use codes::{CreditCode, Industry, Region};
use model::{Identifier, SuffixCase};
use std::fmt;

/// The longest identifier of an object, in octets.
const OCTETS_MAX: usize = 256;

/// Says what an object is in a fact; other numbers survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Role(u8);

/// One table makes the constants and their names, so that they cannot differ.
macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $english:literal, $chinese:literal;)*) => {
        impl Role {
            $($(#[$doc])* pub const $name: Self = Self($number);)*

            /// What it is called in English and in Chinese; `None` of numbers without a name here.
            pub fn names(self) -> Option<[&'static str; 2]> {
                match self {
                    $(Self::$name => Some([$english, $chinese]),)*
                    _ => None,
                }
            }
        }
    };
}

roles! {
    /// A region by its code of statistics.
    REGION = 1, "region", "地区";
    /// An industry by its code of GB/T 4754.
    INDUSTRY = 2, "industry", "行业";
    /// An enterprise by its unified social credit code.
    ENTERPRISE = 3, "enterprise", "企业";
    /// An industrial park.
    PARK = 4, "park", "园区";
    /// An industrial chain.
    CHAIN = 5, "chain", "产业链";
    /// A raw material.
    MATERIAL = 6, "material", "原材料";
    /// A product.
    PRODUCT = 7, "product", "产品";
    /// A policy or document.
    POLICY = 8, "policy", "政策";
    /// A measure of a policy.
    MEASURE = 9, "measure", "措施";
    /// A project.
    PROJECT = 10, "project", "项目";
    /// A public body.
    BODY = 11, "body", "部门";
    /// A case, by its name.
    CASE = 16, "case", "事项";
    /// A rule that warns, as `rule/NAME`.
    RULE = 20, "rule", "预警规则";
}

impl Role {
    /// The role with this number; 0 is none, for it ends lists.
    pub fn from_number(number: u8) -> Option<Self> {
        (number != 0).then_some(Self(number))
    }

    /// Its number.
    pub fn number(self) -> u8 {
        self.0
    }
}

/// Something that facts are about.
///
/// ```
/// use facts::{Object, Role};
///
/// let park = Object::new(Role::PARK, "88.156.1/park-3")?;
/// assert_eq!(park.to_string(), "park 88.156.1/PARK-3");
/// let region = Object::new(Role::REGION, "3501")?;
/// assert_eq!(region, Object::region("350100".parse()?));
/// # Ok::<(), facts::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Object {
    role: Role,
    id: Box<str>,
}

impl Object {
    /// An object by its role and its identifier, whose case does not matter.
    ///
    /// # Errors
    /// [`Error::Code`] of a region, an industry or an enterprise whose code is none;
    /// [`Error::Identifier`] and [`Error::Text`] of others.
    pub fn new(role: Role, id: &str) -> Result<Self, Error> {
        match role {
            Role::REGION => Ok(Self::region(id.parse()?)),
            Role::INDUSTRY => Ok(Self::industry(id.parse()?)),
            Role::ENTERPRISE => Ok(Self::enterprise(id.parse()?)),
            role => {
                crate::fields::check_text("an identifier", id, 1, OCTETS_MAX)?;
                let identifier: Identifier = id.parse()?;
                let octets = identifier.canonical(SuffixCase::Insensitive);
                let id = String::from_utf8_lossy(&octets).into();
                Ok(Self { role, id })
            }
        }
    }

    /// A region.
    pub fn region(region: Region) -> Self {
        Self::of(Role::REGION, &region)
    }

    /// An industry.
    pub fn industry(industry: Industry) -> Self {
        Self::of(Role::INDUSTRY, &industry)
    }

    /// An enterprise.
    pub fn enterprise(code: CreditCode) -> Self {
        Self::of(Role::ENTERPRISE, &code)
    }

    fn of(role: Role, id: &dyn fmt::Display) -> Self {
        let id = id.to_string().into();
        Self { role, id }
    }

    /// What it is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Its identifier in canonical form.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The region it is, if it is one.
    pub fn as_region(&self) -> Option<Region> {
        let is_region = self.role == Role::REGION;
        is_region.then(|| self.id.parse().ok())?
    }

    /// The industry it is, if it is one.
    pub fn as_industry(&self) -> Option<Industry> {
        let is_industry = self.role == Role::INDUSTRY;
        is_industry.then(|| self.id.parse().ok())?
    }

    /// Appends it to a key: the role, the identifier, 0. No identifier has a 0 in it.
    pub(crate) fn put_in_key(&self, key: &mut Vec<u8>) {
        key.push(self.role.0);
        key.extend_from_slice(self.id.as_bytes());
        key.push(0);
    }

    /// How many octets [`Object::put_in_key`] appends.
    pub(crate) fn key_length(&self) -> usize {
        self.id.len() + 2
    }

    /// Takes it off the front of a key.
    pub(crate) fn take_from_key(key: &mut &[u8]) -> Option<Self> {
        let (&role, rest) = key.split_first()?;
        let end = rest.iter().position(|octet| *octet == 0)?;
        let id = std::str::from_utf8(rest.get(..end)?).ok()?;
        *key = rest.get(end + 1..)?;
        let role = Role::from_number(role)?;
        let id = id.into();
        Some(Self { role, id })
    }
}

/// Prints its role and its identifier.
impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.role.names() {
            Some([name, _]) => write!(f, "{name} {}", self.id),
            None => write!(f, "role {} {}", self.role.0, self.id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_what_its_role_says() {
        let said = |role, id: &str| Object::new(role, id).map_err(|error| error.to_string());
        let check = |role, id: &str, expected: &str| {
            let error = said(role, id).unwrap_err();
            assert!(error.contains(expected), "{id}: {error}");
        };
        check(Role::REGION, "3５", "full-width '５'");
        check(Role::INDUSTRY, "98", "there is no industry '98'");
        check(Role::ENTERPRISE, "91", "has 2 characters, expected 18");
        check(Role::PARK, "", "an identifier needs 1 to 256 octets");
        check(Role::PARK, "a\0b", "without control characters");
        check(
            Role::PARK,
            &"a".repeat(257),
            "an identifier needs 1 to 256 octets",
        );
        check(Role::PARK, "/a", "no prefix");
        assert_eq!(said(Role::PARK, "88.1/开发区").unwrap().id(), "88.1/开发区");
        let region = Object::region("35".parse().unwrap());
        assert_eq!(region.as_region(), "35".parse().ok());
        assert_eq!((region.as_industry(), region.role()), (None, Role::REGION));
    }
}
