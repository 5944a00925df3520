//! What can be set about probes: the table `[probes]`, of members of the registry, which probe, and
//! of nodes that are probed.
//!
//! Not here: what a probe is (room `engine`), what is made of probes (`crate::probes`).

use super::ParseError;
use super::administration::identities;
use super::settings::settings;
use engine::probing::{PROBES_PER_PROBER_MAX, Terms};
use model::{Identifier, Prefix, Reference};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

settings! {
    /// Probes: members of the registry find out whether those who hold prefixes still answer and
    /// still take changes, so that others can do it for them. Every data set of the registry is
    /// probed. A node that is probed may be told who the probers are.
    ProbesConfig {
        /// Whose probes this node answers without counting them as questions: the prober's
        /// identity, `INDEX:IDENTIFIER`, and the file of its site, its `siteinfo.json`, relative to
        /// the data folder. Members of the registry know each other.
        probers: BTreeMap<String, PathBuf> = BTreeMap::new(), Restart;
        /// How many milliseconds lie between two rounds of probes of this member; 0 for no probes.
        interval_ms: u64 = 10_000, Restart, 0..=3_600_000;
        /// How many milliseconds a target has for its answer.
        timeout_ms: u64 = 2000, Restart, 10..=60_000;
        /// Nodes that answer as long as this member can reach anybody: if none of them does, its
        /// probes say nothing. Without any, the sites of the other members.
        control: Vec<SocketAddr> = Vec::new(), Restart;
        /// Identifiers that are there and are asked for, by prefix. Without one it is
        /// `PREFIX/probe`, which need not be there.
        identifiers: BTreeMap<String, String> = BTreeMap::new(), Restart;
        /// How many of a hundred valid probes must have failed for somebody to be down. Below five
        /// valid probes nobody is.
        down_percent: u64 = 51, Restart, 1..=100;
        /// How long the rolling window is in which down time is added up, in seconds.
        window_seconds: u64 = 3600, Restart, 1..=604_800;
        /// After how many seconds of it another is proposed; and for how long somebody must be up
        /// for that to be withdrawn, if nobody has confirmed it.
        down_seconds: u64 = 600, Restart, 0..=604_800;
        /// Who is to register instead of the holder, as an identity, by prefix. Where nobody is
        /// named, nobody is proposed for it.
        registrars: BTreeMap<String, String> = BTreeMap::new(), Restart;
    }
}

/// How many rounds a probe counts: one more than probes of one prober count, so that a round that
/// is late leaves no gap, and another.
const ROUNDS_COUNTED: u32 = PROBES_PER_PROBER_MAX as u32 + 2;

impl ProbesConfig {
    pub(super) fn check(&self) -> Result<(), ParseError> {
        self.parsed_probers()?;
        self.parsed_registrars()?;
        self.parsed_identifiers()?;
        Ok(())
    }

    /// The probers by identity, each with the file of its site.
    pub(crate) fn parsed_probers(&self) -> Result<Vec<(Reference, PathBuf)>, ParseError> {
        let names: Vec<String> = self.probers.keys().cloned().collect();
        let identities = identities("probes.probers", &names)?;
        let files = self.probers.values().cloned();
        Ok(identities.into_iter().zip(files).collect())
    }

    /// Who is to register instead of the holder, by prefix in canonical form.
    pub(crate) fn parsed_registrars(&self) -> Result<BTreeMap<Vec<u8>, Reference>, ParseError> {
        let names: Vec<String> = self.registrars.values().cloned().collect();
        let identities = identities("probes.registrars", &names)?;
        let prefixes = self
            .registrars
            .keys()
            .map(|it| prefix("probes.registrars", it));
        let prefixes: Vec<Vec<u8>> = prefixes.collect::<Result<_, _>>()?;
        Ok(prefixes.into_iter().zip(identities).collect())
    }

    /// The identifiers that are asked for, by prefix in canonical form.
    pub(crate) fn parsed_identifiers(&self) -> Result<BTreeMap<Vec<u8>, Identifier>, ParseError> {
        let key = "probes.identifiers";
        let parsed = self.identifiers.iter().map(|(of, text)| {
            let of = prefix(key, of)?;
            let identifier: Identifier = text.parse().map_err(|_| wrong(key, text))?;
            if identifier.prefix().canonical() != of {
                return Err(wrong(key, text));
            }
            Ok((of, identifier))
        });
        parsed.collect()
    }

    pub(crate) fn interval(&self) -> Duration {
        Duration::from_millis(self.interval_ms)
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// How probes are judged. A round takes as long as its interval, or as targets have for their
    /// answers.
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            // At most 100, as it is checked.
            down_percent: self.down_percent.min(100) as u8,
            counted: self.interval().max(self.timeout()) * ROUNDS_COUNTED,
            window: Duration::from_secs(self.window_seconds),
            down_max: Duration::from_secs(self.down_seconds),
        }
    }
}

fn prefix(key: &'static str, text: &str) -> Result<Vec<u8>, ParseError> {
    let prefix: Prefix = text.parse().map_err(|_| wrong(key, text))?;
    Ok(prefix.canonical())
}

fn wrong(key: &'static str, text: &str) -> ParseError {
    let text = text.to_owned();
    ParseError::Probed { key, text }
}

#[cfg(test)]
mod tests {
    use crate::Config;
    use std::time::Duration;

    #[test]
    fn prefixes_identifiers_and_identities_are_read_or_refused() {
        let check =
            |settings: &str, wanted: &str| match Config::parse(&format!("[probes]\n{settings}")) {
                Ok(config) => {
                    assert_eq!(wanted, "", "{settings}");
                    assert_eq!(Config::parse(&config.to_toml()).unwrap(), config);
                }
                Err(error) => assert!(
                    !wanted.is_empty() && error.to_string().contains(wanted),
                    "{settings}: {error}"
                ),
            };
        check("", "");
        check("probers = {\"1:0.NA/88\" = \"1.json\"}", "");
        check("probers = {\"0.NA/88\" = \"1.json\"}", "probes.probers");
        check("registrars = {\"88.118\" = \"300:88.9/recovery\"}", "");
        check(
            "registrars = {\"88.118\" = \"88.9/recovery\"}",
            "registrars",
        );
        check("registrars = {\"8/8\" = \"300:88.9/recovery\"}", "`8/8`");
        check("identifiers = {\"88.1a\" = \"88.1A/probe\"}", "");
        check(
            "identifiers = {\"88.118\" = \"88.119/probe\"}",
            "`88.119/probe`",
        );
        check("down_percent = 101", "probes.down_percent");
        check("down_percent = 0", "probes.down_percent");
        check("timeout_ms = 0", "probes.timeout_ms");
    }

    #[test]
    fn a_probe_counts_for_six_rounds() {
        let config = Config::parse("[probes]\ninterval_ms = 500\ntimeout_ms = 100").unwrap();
        assert_eq!(config.probes.terms().counted, Duration::from_secs(3));
        assert_eq!(
            Config::default().probes.terms(),
            engine::probing::Terms::USUAL
        );
    }
}
