//! What can be set about the data set that this node writes: the table `[data_set]`, of a node that
//! takes changes only as long as the registry of the top-level sites says that it is the one.
//!
//! Not here: what is made of it (`crate::holder`), copies of the data set (`replication`).

use super::ParseError;
use super::administration::identities;
use super::settings::settings;
use model::Reference;
use quorum::DataSetName;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

settings! {
    /// The records of a prefix, with those of all prefixes derived from it, which have one writer
    /// at any time: this node, as long as the registry says so. Without it the node writes whatever
    /// it is home to, and nobody else must.
    DataSetConfig {
        /// Its name in the registry, `records:PREFIX`. Without it there is none.
        name: Option<String> = None, Restart;
        /// On which terms it is held, as in the registry: `strict` (changes need a lease, and
        /// another may be the writer when that is over) or `sovereign` (they need nobody: a node
        /// that is cut off goes on registering).
        ownership: OwnershipKind = OwnershipKind::Strict, Restart;
        /// How suffixes begin, if sovereign, that others register in an emergency: never this node.
        reserved: String = String::new(), Restart;
        /// The sites of the registry, each by its record as JSON, as its node has it in
        /// `siteinfo.json`; relative to the data folder. Any of them is asked, and believed only
        /// with the key that stands there.
        members: Vec<PathBuf> = Vec::new(), Restart;
        /// Who holds the data set: an identity as the registry names it, written
        /// `INDEX:IDENTIFIER`.
        identity: String = String::new(), Restart;
        /// The file of its private key; relative to the data folder. It must be for this node's
        /// user only.
        key_file: Option<PathBuf> = None, Restart;
        /// The first epoch that this node may hold without having copied what was written before:
        /// what it has is all that there was. Later ones it holds only after itself, or as a copy
        /// that was promoted to them.
        first_epoch: u64 = 1, Restart, 1..=u64::MAX;
        /// Whether the node gives the data set back: from the next start on it never writes in the
        /// epoch that it holds, and tells the registry so until that is agreed on.
        hand_back: bool = false, Restart;
    }
}

/// On which terms a data set is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OwnershipKind {
    /// The writer needs a lease.
    Strict,
    /// The writer needs nobody.
    Sovereign,
}

impl DataSetConfig {
    pub(super) fn check(&self) -> Result<(), ParseError> {
        if self.name.is_none() {
            return Ok(());
        }
        let wrong = |reason| Err(ParseError::DataSet { reason });
        if self.parsed_name().is_none() {
            return wrong("name: `records:` and a prefix, such as records:88.118");
        }
        if self.ownership == OwnershipKind::Strict && !self.reserved.is_empty() {
            return wrong("reserved: only sovereign data sets have a reserved part");
        }
        if self.members.is_empty() {
            return wrong("members: name the sites of the registry by their siteinfo.json");
        }
        if self.key_file.is_none() {
            return wrong("key_file: say with which key data_set.identity is proven");
        }
        self.holder().map(drop)
    }

    /// Whether there is one.
    pub(crate) fn is_set(&self) -> bool {
        self.name.is_some()
    }

    pub(crate) fn parsed_name(&self) -> Option<DataSetName> {
        self.name.as_ref()?.parse().ok()
    }

    /// Who holds it.
    pub(crate) fn holder(&self) -> Result<Reference, ParseError> {
        let one = std::slice::from_ref(&self.identity);
        let mut who = identities("data_set.identity", one)?;
        let who = who.pop().and_then(|who| quorum::canonical(&who).ok());
        who.ok_or(ParseError::DataSet {
            reason: "identity: say who holds the data set",
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::Config;

    #[test]
    fn what_belongs_together_is_asked_for() {
        let check = |text: &str, wanted: &str| {
            let parsed = Config::parse(&format!("[data_set]\n{text}"));
            match parsed {
                Ok(config) => {
                    assert_eq!(wanted, "", "{text}");
                    assert_eq!(Config::parse(&config.to_toml()).unwrap(), config);
                }
                Err(error) => assert!(
                    !wanted.is_empty() && error.to_string().contains(wanted),
                    "{text}: {error}"
                ),
            }
        };
        let right = "name = \"records:88.118\"\nmembers = [\"1.json\"]\n\
            identity = \"300:0.NA/88.118\"\nkey_file = \"k\"";
        check("", "");
        check(right, "");
        check(
            &format!("{right}\nownership = \"sovereign\"\nreserved = \"R-\""),
            "",
        );
        check(&format!("{right}\nreserved = \"R-\""), "data_set.reserved");
        check(&format!("{right}\nownership = \"lent\""), "lent");
        check(&right.replace("records:", ""), "data_set.name");
        check(&right.replace("88.118\"\nm", "8/8\"\nm"), "data_set.name");
        check(&right.replace("\"1.json\"", ""), "data_set.members");
        check(&right.replace("300:", ""), "data_set.identity");
        check(
            &right.replace("key_file", "# key_file"),
            "data_set.key_file",
        );
        let copy = "[mirror]\nof = \"s\"\nidentity = \"300:88/a\"\nkey_file = \"k\"";
        check(&format!("{right}\n{copy}"), "mirror.of");
    }
}
