//! What can be set about copies: the tables `[replication]`, of a node that others copy, and
//! `[mirror]`, of a node that copies another.
//!
//! Not here: what copies send each other (room `wire`), what is made of it (room `engine`).

use super::ParseError;
use super::administration::identities;
use super::settings::settings;
use engine::replication::Policy;
use model::Reference;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

settings! {
    /// Copies of this node's records: who may make them, and what is promised because of them.
    /// Mirrors of the field and nodes of this kind copy by operations 1001 and 1002, over TCP.
    ReplicationConfig {
        /// Identities, or lists of them, that may copy everything, secrets and all, written
        /// `INDEX:IDENTIFIER`. With any, the server's administrators may too; without, nobody.
        admins: Vec<String> = Vec::new(), Restart;
        /// The identities of the copies that count: what they say they have is waited for. Each is
        /// to stand where no single fault takes it and this node. They are `admins` as well.
        copies: Vec<String> = Vec::new(), Restart;
        /// When a change is answered: `local` (durable here), `one` (also with one of the copies),
        /// `majority` (with more than half of the copies and this node). If that does not come
        /// about in time, the answer is that the outcome is unknown; the change stays.
        acknowledgement: Acknowledgement = Acknowledgement::Local, Restart;
        /// The same for single prefixes, by prefix.
        acknowledgement_of: BTreeMap<String, Acknowledgement> = BTreeMap::new(), Restart;
        /// How many milliseconds copies are waited for.
        ack_timeout_ms: u64 = 2000, Restart, 10..=60_000;
        /// What mirrors that follow several servers call this one, such as `0:1:88.1/site`: the
        /// number of the server, the index of the site's value, and its identifier.
        name: String = String::new(), Restart;
        /// How many dumps of everything there may be at a time; further ones are told to wait.
        dumps_max: usize = 2, Restart, 1..=100;
        /// How many copies may follow the log at a time.
        followers_max: usize = 32, Restart, 1..=1000;
        /// How many octets a second one dump may take; 0 for any number.
        dump_octets_per_second: u64 = 64 << 20, Restart, 0..=1 << 40;
        /// Whether mirrors that know no TLS (before 2.8), or if the key of the site can do none,
        /// get what they ask for signed and otherwise open, secrets and all.
        in_clear: bool = false, Restart;
    }
}

settings! {
    /// A node that is a copy of another: it takes everything once, then follows, answers questions
    /// and takes no changes.
    MirrorConfig {
        /// The site that is copied: its record as JSON, as a node has it in `siteinfo.json`;
        /// relative to the data folder. Each of its servers is copied. Answers and streams are
        /// believed only with the keys that stand in it. Without it the node is no copy.
        of: Option<PathBuf> = None, Restart;
        /// Who copies: an identity that the source lets copy, written `INDEX:IDENTIFIER`.
        identity: String = String::new(), Restart;
        /// The file of its private key; relative to the data folder. It must be for this node's
        /// user only.
        key_file: Option<PathBuf> = None, Restart;
        /// Instead of it the file of its secret.
        secret_file: Option<PathBuf> = None, Restart;
        /// How many milliseconds pass before a source of another kind is asked again for what is
        /// new. One of this kind sends it at once.
        interval_ms: u64 = 5000, Restart, 100..=86_400_000;
        /// Whether streams are taken that are signed and otherwise open.
        in_clear: bool = false, Restart;
        /// Whether a source of this kind is asked for everything as it has it: who changed what,
        /// which requests were answered, facts. Without it, it sends what mirrors of the field get.
        own_layout: bool = true, Restart;
    }
}

/// When a change is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Acknowledgement {
    /// When it is durable here.
    #[default]
    Local,
    /// When it is also durable with one copy.
    One,
    /// When it is durable with more than half of all.
    Majority,
}

impl Acknowledgement {
    pub(crate) fn policy(self) -> Policy {
        match self {
            Self::Local => Policy::Local,
            Self::One => Policy::One,
            Self::Majority => Policy::Majority,
        }
    }
}

impl ReplicationConfig {
    pub(super) fn check(&self) -> Result<(), ParseError> {
        self.allowed()?;
        let mut all = self.acknowledgement_of.values();
        let is_local = |it: &Acknowledgement| *it == Acknowledgement::Local;
        let is_all_local = is_local(&self.acknowledgement) && all.all(is_local);
        if !is_all_local && self.copies.is_empty() {
            return Err(ParseError::NoCopies);
        }
        Ok(())
    }

    /// Who may copy.
    pub(crate) fn allowed(&self) -> Result<Vec<Reference>, ParseError> {
        let mut allowed = identities("replication.admins", &self.admins)?;
        allowed.extend(self.counting()?);
        Ok(allowed)
    }

    /// Whose copies count.
    pub(crate) fn counting(&self) -> Result<Vec<Reference>, ParseError> {
        identities("replication.copies", &self.copies)
    }
}

impl MirrorConfig {
    pub(super) fn check(&self) -> Result<(), ParseError> {
        if self.of.is_none() {
            return Ok(());
        }
        self.who()?;
        match (&self.key_file, &self.secret_file) {
            (None, None) => Err(ParseError::NoKey),
            (Some(_), Some(_)) => Err(ParseError::Both {
                one: "mirror.key_file",
                other: "mirror.secret_file",
            }),
            _ => Ok(()),
        }
    }

    /// Who copies.
    pub(crate) fn who(&self) -> Result<Reference, ParseError> {
        let one = std::slice::from_ref(&self.identity);
        let mut who = identities("mirror.identity", one)?;
        who.pop().ok_or(ParseError::NoKey)
    }
}

#[cfg(test)]
mod tests {
    use crate::Config;

    #[test]
    fn what_belongs_together_is_asked_for() {
        let check = |text: &str, wanted: &str| {
            let error = Config::parse(text)
                .map(|_| ())
                .map_err(|error| error.to_string());
            match wanted {
                "" => assert_eq!(error, Ok(()), "{text}"),
                _ => assert!(
                    error.as_ref().is_err_and(|it| it.contains(wanted)),
                    "{error:?}"
                ),
            }
        };
        check("[replication]\nadmins = [\"300:88.1/copy\"]", "");
        check(
            "[replication]\nadmins = [\"88.1/copy\"]",
            "replication.admins",
        );
        check(
            "[replication]\nacknowledgement = \"one\"",
            "replication.copies",
        );
        check(
            "[replication]\nacknowledgement_of = { \"88.1\" = \"one\" }",
            "replication.copies",
        );
        let copies = "copies = [\"300:88.1/copy\"]";
        check(
            &format!("[replication]\nacknowledgement = \"one\"\n{copies}"),
            "",
        );
        check("[replication]\nacknowledgement = \"two\"", "two");
        check("[mirror]\nof = \"s.json\"", "mirror.identity");
        let mirror = "[mirror]\nof = \"s.json\"\nidentity = \"300:88.1/copy\"";
        check(mirror, "mirror.key_file");
        check(&format!("{mirror}\nkey_file = \"k\""), "");
        check(
            &format!("{mirror}\nkey_file = \"k\"\nsecret_file = \"s\""),
            "two ways",
        );
    }
}
