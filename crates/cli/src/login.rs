//! Who administers which node: the flags that say it, what `nameplate login` keeps of them, and
//! what is told of an answer.
//!
//! Beside it: `login/kept.rs` the file that is kept, `login/keys.rs` how keys and secrets are read,
//! `login/outcome.rs` what is said and with which exit code. Not here: the connection (room
//! `client`).

mod kept;
mod keys;
mod outcome;

pub(crate) use outcome::{Failure, Outcome, advice, conclude, failure_text, name_text};

use crate::output::say;
use crate::resolve::parse_address;
use clap::Args;
use client::{Administrator, Error};
use engine::administrator::Order;
use engine::exchange::Answered;
use kept::Kept;
use model::Identifier;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;
use wire::ResponseCode;
use zeroize::Zeroizing;

/// Which node, who asks, and what proves it.
#[derive(Args, Clone)]
pub(crate) struct ServerArguments {
    /// The node, as `host`, `host:port` or `[address]:port`. By default that of `nameplate login`.
    #[arg(long, value_name = "ADDR")]
    pub(crate) server: Option<String>,
    /// Whoever asks: the index of a key and the identifier it is in, such as 300:0.NA/88.156.
    #[arg(long = "as", value_name = "INDEX:ID")]
    identity: Option<IdentityText>,
    /// The file with the private key to it.
    #[arg(long, value_name = "FILE", conflicts_with = "secret_file")]
    key: Option<PathBuf>,
    /// A file with the passphrase of the private key. A line end at its end does not count.
    #[arg(long, value_name = "FILE", requires = "key")]
    passphrase_file: Option<PathBuf>,
    /// A file with the secret, where it is one (`HS_SECKEY`). A line end at its end does not count.
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Prove it once, in a session. Values that not everybody may read are always sent in one,
    /// encrypted.
    #[arg(long)]
    session: bool,
    /// Believe only answers that are signed with the key in this file: the node's siteinfo.json,
    /// which is good for two days longer when the key is replaced, or its pubkey.bin.
    #[arg(long, value_name = "FILE")]
    site_key: Option<PathBuf>,
    /// How many seconds an answer may take.
    #[arg(long, value_name = "SECONDS", default_value_t = client::TIMEOUT.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

/// An identity as people write it: `300:0.NA/88.156`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdentityText {
    pub(crate) index: u32,
    pub(crate) identifier: Identifier,
}

impl FromStr for IdentityText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "an identity is an index and an identifier: 300:0.NA/88.156".to_owned();
        let (index, identifier) = text.split_once(':').ok_or_else(form)?;
        Ok(Self {
            index: index.parse().map_err(|_| form())?,
            identifier: identifier
                .parse()
                .map_err(|error| format!("{error}; {}", form()))?,
        })
    }
}

impl std::fmt::Display for IdentityText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.index, self.identifier)
    }
}

impl IdentityText {
    /// As the protocol says it.
    pub(crate) fn identity(&self) -> wire::Identity {
        wire::Identity::new(self.identifier.spelling().clone(), self.index)
    }
}

/// The same with nothing left open.
struct Settled {
    server: String,
    identity: IdentityText,
    proof: Proof,
    session: bool,
    site_key: Option<PathBuf>,
}

/// Where what proves an identity stands.
#[derive(Clone)]
pub(crate) enum Proof {
    /// In the file of a private key.
    Key {
        file: PathBuf,
        passphrase: Option<PathBuf>,
    },
    /// In a file, a secret.
    Secret(PathBuf),
    /// Here, a secret that stood in a file with other things.
    Said(Zeroizing<Vec<u8>>),
    /// In the file of a private key whose passphrase stood in a file with other things.
    Opened(PathBuf, Zeroizing<Vec<u8>>),
}

impl ServerArguments {
    /// Someone who can ask the node, with so many requests in flight at most.
    ///
    /// # Errors
    /// Flags are missing or wrong, or a file cannot be read.
    pub(crate) fn administrator(
        &self,
        needs_session: bool,
        window: usize,
    ) -> Result<Caller, Failure> {
        let settled = self.settled().map_err(Failure::Usage)?;
        self.caller(settled, needs_session, window)
    }

    /// The same as another identity than the flags say, in a session.
    ///
    /// # Errors
    /// The node is not named, or its name has no meaning.
    pub(crate) fn administrator_as(
        &self,
        identity: IdentityText,
        proof: Proof,
        window: usize,
    ) -> Result<Caller, Failure> {
        let server = self.server.clone();
        let server = server.ok_or_else(|| Failure::Usage("which node? Give --server".into()))?;
        let settled = Settled {
            server,
            identity,
            proof,
            session: true,
            site_key: self.site_key.clone(),
        };
        self.caller(settled, true, window)
    }

    fn caller(
        &self,
        settled: Settled,
        needs_session: bool,
        window: usize,
    ) -> Result<Caller, Failure> {
        Ok(Caller {
            servers: parse_address(&settled.server)
                .map_err(|error| Failure::Usage(format!("{}: {error}", settled.server)))?,
            needs_session: needs_session || settled.session,
            timeout: Duration::from_secs(self.timeout),
            settled,
            window,
        })
    }

    /// Fills in what `nameplate login` keeps: all of it goes together, so a flag for another node
    /// leaves out the key of the site, and one for another identity its key.
    fn settled(&self) -> Result<Settled, String> {
        let kept = match Kept::read() {
            // Nothing is missing that it could say, but for the key of the same node's site.
            Err(_) if self.is_complete() && self.site_key.is_some() => None,
            kept => kept?,
        };
        let missing = |flag: &str| {
            format!("{flag} is missing; give it, or run `nameplate login` once (see --help)")
        };
        let kept = kept.unwrap_or_default();
        let server = self.server.clone().or_else(|| kept.server.clone());
        let kept_identity = kept.identity.as_deref().map(str::parse).transpose();
        let kept_identity: Option<IdentityText> = kept_identity?;
        let proof = self.proof().or_else(|| {
            let is_same = self.identity.is_none() || self.identity == kept_identity;
            is_same.then(|| kept.proof()).flatten()
        });
        let is_same_node = self.server.is_none() || self.server == kept.server;
        Ok(Settled {
            server: server.ok_or_else(|| missing("--server ADDR"))?,
            identity: self
                .identity
                .clone()
                .or(kept_identity)
                .ok_or_else(|| missing("--as INDEX:ID"))?,
            proof: proof.ok_or_else(|| missing("--key FILE (or --secret-file FILE)"))?,
            session: self.session || (kept.session && is_same_node),
            site_key: self
                .site_key
                .clone()
                .or_else(|| kept.site_key.filter(|_| is_same_node)),
        })
    }

    fn is_complete(&self) -> bool {
        self.server.is_some() && self.identity.is_some() && self.proof().is_some()
    }

    fn proof(&self) -> Option<Proof> {
        if let Some(file) = &self.key {
            return Some(Proof::Key {
                file: file.clone(),
                passphrase: self.passphrase_file.clone(),
            });
        }
        self.secret_file.clone().map(Proof::Secret)
    }
}

/// Somebody who knows whom to ask, and as whom.
pub(crate) struct Caller {
    servers: Vec<SocketAddr>,
    settled: Settled,
    needs_session: bool,
    timeout: Duration,
    window: usize,
}

impl Caller {
    /// The node as it was named.
    pub(crate) fn server(&self) -> &str {
        &self.settled.server
    }

    /// Whoever asks.
    pub(crate) fn identity(&self) -> &IdentityText {
        &self.settled.identity
    }

    /// Asks one of the node's addresses.
    ///
    /// # Errors
    /// A key cannot be read.
    pub(crate) fn at(&self, server: SocketAddr) -> Result<Administrator, Failure> {
        let identity = self.settled.identity.identity();
        let means = keys::means(&self.settled.proof, &identity).map_err(Failure::Usage)?;
        let mut asking =
            Administrator::new(server, identity, means, self.window).with_timeout(self.timeout);
        if let Some(file) = &self.settled.site_key {
            let (key, serial) = keys::site_key(file).map_err(Failure::Usage)?;
            asking = asking.with_site_key(key);
            if let Some(serial) = serial {
                asking = asking.with_site_serial(serial);
            }
        }
        Ok(if self.needs_session {
            asking.with_session()
        } else {
            asking
        })
    }

    /// The first of the node's addresses; others are tried by [`Caller::ask`] only.
    ///
    /// # Errors
    /// The name has none.
    pub(crate) fn first_address(&self) -> Result<SocketAddr, Failure> {
        let none = || Failure::NoAnswer(format!("{}: the name has no address", self.server()));
        self.servers.first().copied().ok_or_else(none)
    }

    /// All of the node's addresses.
    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.servers
    }

    /// Whether only answers that bear the key of one site are believed.
    pub(crate) fn has_site_key(&self) -> bool {
        self.settled.site_key.is_some()
    }

    /// Gives one order, at the first address that can be connected with.
    ///
    /// # Errors
    /// Nobody answers, or nobody who is to be believed.
    pub(crate) fn ask(
        &self,
        order: &Order,
        mut each: impl FnMut(&Answered),
    ) -> Result<Answered, Failure> {
        let mut refusal = self.first_address().map(|_| None)?;
        for &server in &self.servers {
            let mut asking = self.at(server)?;
            match asking.ask_each(order.clone(), &mut each) {
                Ok(answered) => return Ok(answered),
                // Whoever was reached may have done it, though the connection was lost.
                Err(error @ Error::Io { .. }) if !asking.was_reached() => refusal = Some(error),
                Err(error) => return Err(self.failed(&error)),
            }
        }
        Err(refusal.map_or_else(
            || Failure::NoAnswer("nobody was asked".into()),
            |error| self.failed(&error),
        ))
    }

    /// What is told when asking failed.
    pub(crate) fn failed(&self, error: &Error) -> Failure {
        Failure::of(self.server(), error)
    }
}

#[derive(Args)]
#[command(
    after_help = "It asks the node to be believed and, if it is, keeps where the node is, who asks \
                  and the path of the key in $XDG_CONFIG_HOME/nameplate/login.toml (by default \
                  ~/.config). The key itself, or a secret, is never copied.\n\n\
                  Exit codes: 0 believed and kept, 2 wrong usage, 3 no answer, 4 not believed."
)]
pub(crate) struct LoginArguments {
    #[command(flatten)]
    server: ServerArguments,
}

pub(crate) fn run(arguments: &LoginArguments) -> ExitCode {
    conclude(log_in(&arguments.server))
}

/// Proves the identity with a question that everybody must prove themselves for: what the node is
/// home to. Whether they may know does not matter.
fn log_in(arguments: &ServerArguments) -> Result<Outcome, Failure> {
    let caller = arguments.administrator(false, 1)?;
    let answered = caller.ask(&Order::list_homed(), |_| ())?;
    let code = answered.message.header.response_code;
    let is_believed = matches!(
        code,
        ResponseCode::SUCCESS
            | ResponseCode::INVALID_ADMIN
            | ResponseCode::INSUFFICIENT_PERMISSIONS
    );
    if !is_believed {
        let text = failure_text(&answered);
        return Err(Failure::Answer {
            code,
            text: format!("{}: {text}", caller.identity()),
            advice: advice(code),
        });
    }
    let kept = Kept::of(&caller.settled).map_err(Failure::Usage)?;
    let path = kept.write().map_err(Failure::Usage)?;
    say(format_args!(
        "{} believes that you are {}; kept in {}",
        caller.server(),
        caller.identity(),
        path.display()
    ));
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_an_index_and_an_identifier() {
        let identity: IdentityText = "300:0.NA/88.156".parse().unwrap();
        assert_eq!(identity.to_string(), "300:0.NA/88.156");
        assert_eq!(identity.identity(), wire::Identity::new("0.NA/88.156", 300));
        for wrong in ["", "300", "0.NA/88.156", "x:0.NA/88", "-1:0.NA/88"] {
            assert!(wrong.parse::<IdentityText>().is_err(), "{wrong}");
        }
    }
}
