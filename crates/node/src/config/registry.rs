//! What can be set about the registry: the table `[registry]`, of a node that is one of the members
//! that agree on it.
//!
//! Not here: what the members agree on (room `quorum`), what is made of it (`crate::registry`).

use super::ParseError;
use super::settings::settings;
use model::Prefix;
use quorum::MEMBERS_COUNT_MAX;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

settings! {
    /// The registry that the top-level and recovery sites agree on: the records of prefixes, such
    /// as `0.NA/88` and `0.NA/88.118`. Every member answers them and takes changes of them. But for
    /// `member` and `listen` the table is the same for all members.
    RegistryConfig {
        /// Which of the members this node is, by its number; 0 for none.
        member: u64 = 0, Restart, 0..=u64::MAX;
        /// Where the other members connect, if not at the address that stands in the list.
        listen: Option<SocketAddr> = None, Restart;
        /// The prefixes whose records are agreed on, with those of all prefixes derived from them.
        prefixes: Vec<String> = Vec::new(), Restart;
        /// The public key of the first administrator, `300:0.NA/PREFIX`, as a file in the form of
        /// `admpub.bin`; relative to the data folder. Read when the registry is founded.
        admin_key_file: Option<PathBuf> = None, Restart;
        /// The members, each with `number`, `role` (`top-level`, `recovery` or `root`), `address`
        /// (where the others connect) and `site`: its `siteinfo.json`, relative to the data folder,
        /// with the key that proves who it is.
        members: Vec<MemberConfig> = Vec::new(), Restart;
    }
}

/// One of the members that agree on the registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberConfig {
    /// Its number, from 1; never used again for another.
    pub number: u64,
    /// What its site is for.
    pub role: Role,
    /// Where the other members connect.
    pub address: SocketAddr,
    /// The file of its site, as its node has it in `siteinfo.json`.
    pub site: PathBuf,
}

/// What a site is for. Which site is for what is this list's to say, and nothing else's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It is one of the country's top-level nodes.
    TopLevel,
    /// It takes over for others.
    Recovery,
    /// It is a root, too.
    Root,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::TopLevel, Self::Recovery, Self::Root];
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TopLevel => "top-level",
            Self::Recovery => "recovery",
            Self::Root => "root",
        })
    }
}

impl RegistryConfig {
    pub(super) fn check(&self) -> Result<(), ParseError> {
        if self.member == 0 {
            return Ok(());
        }
        let wrong = |reason| Err(ParseError::Registry { reason });
        let numbers: BTreeSet<u64> = self.members.iter().map(|it| it.number).collect();
        let addresses: BTreeSet<SocketAddr> = self.members.iter().map(|it| it.address).collect();
        if self.members.len() > MEMBERS_COUNT_MAX {
            return wrong("members: there may be 15 of them at most");
        }
        if numbers.contains(&0) || numbers.len() < self.members.len() {
            return wrong("members: each needs a number of its own, from 1");
        }
        if addresses.len() < self.members.len() {
            return wrong("members: two have the same address");
        }
        if !numbers.contains(&self.member) {
            return wrong("member: the number of one of the members");
        }
        if self.admin_key_file.is_none() {
            return wrong("admin_key_file: say whose word counts first");
        }
        if self.prefixes.is_empty() || self.parsed_prefixes().len() < self.prefixes.len() {
            return wrong("prefixes: say which are agreed on, such as [\"88\"]");
        }
        Ok(())
    }

    /// Whether this node is a member.
    pub(crate) fn is_member(&self) -> bool {
        self.member != 0
    }

    /// The prefixes that can be read.
    pub(crate) fn parsed_prefixes(&self) -> Vec<Prefix> {
        let parsed = self.prefixes.iter().map(|it| it.parse());
        parsed.filter_map(Result::ok).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::Config;

    const MEMBERS: &str = "[[registry.members]]\nnumber = 1\nrole = \"top-level\"\n\
        address = \"192.0.2.1:2650\"\nsite = \"1.json\"\n\
        [[registry.members]]\nnumber = 2\nrole = \"recovery\"\n\
        address = \"192.0.2.2:2650\"\nsite = \"2.json\"\n";

    #[test]
    fn a_member_is_told_who_the_others_are_and_what_is_agreed_on() {
        let check = |settings: &str, members: &str, wanted: &str| {
            let parsed = Config::parse(&format!("[registry]\n{settings}\n{members}"));
            match parsed {
                Ok(config) => {
                    assert_eq!(wanted, "", "{settings}");
                    assert_eq!(Config::parse(&config.to_toml()).unwrap(), config);
                }
                Err(error) => assert!(
                    !wanted.is_empty() && error.to_string().contains(wanted),
                    "{settings}: {error}"
                ),
            }
        };
        let right = "member = 2\nprefixes = [\"88\"]\nadmin_key_file = \"a.bin\"";
        check(right, MEMBERS, "");
        check("", "", "");
        check(&right.replace('2', "3"), MEMBERS, "registry.member: ");
        check("member = 1", MEMBERS, "registry.admin_key_file");
        check(&right.replace("\"88\"", ""), MEMBERS, "registry.prefixes");
        check(&right.replace("88", "8/8"), MEMBERS, "registry.prefixes");
        check(
            right,
            &MEMBERS.replace("number = 1", "number = 2"),
            "a number of its own",
        );
        check(
            right,
            &MEMBERS.replace("number = 1", "number = 0"),
            "a number of its own",
        );
        check(right, &MEMBERS.replace("2.1:", "2.2:"), "the same address");
        check(
            right,
            &MEMBERS.replace("recovery", "spare"),
            "unknown variant `spare`",
        );
        check(right, "", "registry.member: ");
        let copy = "[mirror]\nof = \"s\"\nidentity = \"300:88/a\"\nkey_file = \"k\"";
        check(right, &format!("{MEMBERS}{copy}"), "mirror.of");
    }
}
