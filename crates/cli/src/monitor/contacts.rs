//! Who answers for a region, and how a body is reached: two tables of the folder.
//!
//! | file | what |
//! | --- | --- |
//! | `offices.csv` | `region,body`: who is called about what lies in a region |
//! | `contacts.csv` | `body,mail`: the address of a body; an enterprise by its credit code |
//!
//! Neither need be there: what is for a region whose office is not known goes to its name, and what
//! is for a body without an address into the folder `outgoing`. Not here: sending (`delivery`).

use super::folder::{Folder, named};
use codes::{Code, Region};
use std::collections::HashMap;
use std::error::Error;

pub(super) const OFFICES: &str = "offices.csv";
pub(super) const CONTACTS: &str = "contacts.csv";

/// The longest address, in octets: that of a mailbox by RFC 5321.
const ADDRESS_OCTETS_MAX: usize = 254;

/// The longest name of a body, in octets: what the outbox takes as an address.
const BODY_OCTETS_MAX: usize = 256;

/// Who is who.
pub(super) struct Contacts {
    offices: HashMap<Region, String>,
    mail: HashMap<String, String>,
}

impl Contacts {
    /// Reads both tables of a folder.
    pub(super) fn read(folder: &Folder) -> Result<Self, Box<dyn Error>> {
        let mut contacts = Self {
            offices: HashMap::new(),
            mail: HashMap::new(),
        };
        rows(folder, OFFICES, |region, body| {
            let region = region
                .parse()
                .map_err(|error: codes::Error| error.to_string())?;
            check_body(body)?;
            contacts.offices.insert(region, body.to_owned());
            Ok(())
        })?;
        rows(folder, CONTACTS, |body, mail| {
            check_body(body)?;
            check_address(mail)?;
            contacts.mail.insert(body.to_owned(), mail.to_owned());
            Ok(())
        })?;
        Ok(contacts)
    }

    /// Who answers for a region itself; nobody for those above it.
    pub(super) fn office(&self, region: Region) -> Option<&str> {
        self.offices.get(&region).map(String::as_str)
    }

    /// All who answer for a region.
    pub(super) fn into_offices(self) -> HashMap<Region, String> {
        self.offices
    }

    /// Who answers for a region, or the next above it that somebody answers for.
    pub(super) fn office_above(&self, region: Region) -> Option<&str> {
        let mut all = std::iter::successors(Some(region), |region| region.parent());
        all.find_map(|region| self.office(region))
    }

    /// The address of a body.
    pub(super) fn mail(&self, body: &str) -> Option<&str> {
        self.mail.get(body).map(String::as_str)
    }
}

/// The rows of a table of two columns, if there is such a table.
fn rows(
    folder: &Folder,
    name: &str,
    mut take: impl FnMut(&str, &str) -> Result<(), String>,
) -> Result<(), Box<dyn Error>> {
    let path = folder.path.join(name);
    if !path.exists() {
        return Ok(());
    }
    let (_, text) = folder.table(name)?;
    let named = named(&path);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    for row in reader.records() {
        let row = row.map_err(|error| named(&error))?;
        let line = row.position().map_or(0, csv::Position::line);
        let cell = |at: usize| row.get(at).unwrap_or_default().trim();
        take(cell(0), cell(1)).map_err(|error| named(&format!("line {line}: {error}")))?;
    }
    Ok(())
}

fn check_body(body: &str) -> Result<(), String> {
    let is_plain = !body.chars().any(char::is_control);
    if is_plain && (1..=BODY_OCTETS_MAX).contains(&body.len()) {
        return Ok(());
    }
    Err("a body needs 1 to 256 octets of plain text".to_owned())
}

/// An address becomes an argument of a program and a line of a letter: it must be neither an option
/// nor two lines.
fn check_address(address: &str) -> Result<(), String> {
    let is_plain = address
        .bytes()
        .all(|octet| octet.is_ascii_graphic() && !b"<>(),;:\\\"[]".contains(&octet));
    let has_both = address
        .split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    if is_plain && has_both && !address.starts_with('-') && address.len() <= ADDRESS_OCTETS_MAX {
        return Ok(());
    }
    Err(format!("'{address}' is no address such as name@example.cn"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_neither_options_nor_lines() {
        for good in ["a@b", "yun.xing-1@gxt.example.cn", "a+b@c.example"] {
            assert_eq!(check_address(good), Ok(()), "{good}");
        }
        let bad = [
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            "-f@b",
            "a b@c",
            "a@b\nBcc: x@y",
            "<a@b>",
            "张@b",
        ];
        for bad in bad {
            assert!(check_address(bad).is_err(), "{bad}");
        }
        assert!(check_address(&format!("{}@b", "a".repeat(253))).is_err());
        assert!(check_body("").is_err() && check_body("a\tb").is_err());
        assert_eq!(check_body("合成丙市工信局"), Ok(()));
    }
}
