//! `nameplate serve`: a node on a data folder until it is told to stop.

use crate::config::ConfigSource;
use crate::output::say;
use clap::Args;
use model::SuffixCase;
use node::config::Effect;
use node::founding::{self, Founded, Keys, Listening};
use node::logging::Logging;
use node::{Bound, Config, Node, Told};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use store::{Options, Settings, Store};
use tracing::{error, info, warn};
use web::Web;

#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct ServeArguments {
    #[command(flatten)]
    source: ConfigSource,
    /// For a new data folder: identifiers whose suffixes differ in case only are two.
    #[arg(long)]
    case_sensitive_suffixes: bool,
    /// A file with the passphrase of the private keys in the data folder; keys that are made are
    /// encrypted with it. A line end at its end does not count.
    #[arg(long, value_name = "FILE")]
    key_passphrase_file: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
From an empty folder it makes the keys of the site and of an administrator, a site record and a root
of its own, and writes bootstrap_handles, the file in which existing clients find it. It lets nobody
but this machine in; to let others in, give --listen and --public-address.

Signals: Ctrl-C and SIGTERM stop it in good order, SIGHUP makes it read its configuration again.
`nameplate config example` explains every setting. NAMEPLATE_LOG goes before the setting log.level.

Exit codes: 0 stopped in good order, 1 cannot run, 2 wrong usage.";

pub(crate) fn run(arguments: &ServeArguments) -> Result<ExitCode, Box<dyn Error>> {
    let started = Instant::now();
    let source = &arguments.source;
    let config = source.read()?;
    let log = Logging::start(&config.log)?;
    let options = Options {
        suffix_case: suffix_case(arguments.case_sensitive_suffixes),
        ..config.storage.options()
    };
    let store = open_with(&source.data, arguments.case_sensitive_suffixes, &options)?;
    let passphrase = arguments.key_passphrase_file.as_deref();
    let passphrase = passphrase.map(crate::passphrase::read).transpose()?;
    let keys = Keys::open(&source.data, passphrase.as_deref())?;
    drop(passphrase);
    let bound = Node::bind(&config)?;
    let founded = found(&source.data, &keys, &store, &config, &bound)?;
    let front = |handle| Web::new(handle, &config.http);
    let node = bound.start(store, Some(&founded), Some(&front))?;
    node.count_log_drops(log.dropped());
    // Before anybody is told that the node runs, and may tell it to stop.
    let mut signals = node.signals()?;
    tell(&source.data, &node, &keys, &founded);
    let milliseconds = started.elapsed().as_millis();
    say(format_args!("ready after {milliseconds} ms; Ctrl-C stops"));
    while node.wait_for(&mut signals) == Told::HangUp {
        reload(source, &node, &log);
    }
    say("stopping");
    node.stop()?;
    Ok(ExitCode::SUCCESS)
}

fn found(
    data: &Path,
    keys: &Keys,
    store: &Store,
    config: &Config,
    bound: &Bound,
) -> Result<Founded, founding::Error> {
    let listening = Listening {
        native: bound.addresses().to_vec(),
        http: bound.http_addresses().to_vec(),
    };
    founding::found(data, keys, store, config, &listening)
}

/// Says what clients need to find the node.
fn tell(data: &Path, node: &Node, keys: &Keys, founded: &Founded) {
    for address in node.addresses() {
        say(format_args!("listening on {address} (UDP and TCP)"));
    }
    for address in node.recursive_addresses() {
        say(format_args!(
            "resolving for others on {address} (UDP and TCP)"
        ));
    }
    for address in node.http_addresses() {
        say(format_args!("listening on {address} (HTTP and HTTPS)"));
    }
    let file = |name: &str| data.join(name).display().to_string();
    let key_file = file(founding::SITE_KEY_FILE);
    say(format_args!("site {}, key {key_file}", founded.site.serial));
    say(format_args!("  SHA-256 {}", keys.fingerprint()));
    if founded.is_own_root {
        let (root, index) = (founding::ROOT, founding::ADMIN_INDEX);
        let key_file = file(founding::ADMIN_KEY_FILE);
        say(format_args!("administrator {index}:{root}, key {key_file}"));
        let bootstrap = file(founding::BOOTSTRAP_FILE);
        say(format_args!("clients find this node with {bootstrap}:"));
        say(format_args!("  existing ones: cp {bootstrap} ~/.handle/"));
    } else {
        say("the root in the store is another's; clients are to be given that one's file");
    }
    if let Some(server) = reachable(node, founded) {
        let root = founding::ROOT;
        say(format_args!(
            "  this program: nameplate resolve {root} --server {server}"
        ));
    }
}

/// An address and port under which the node can be asked.
fn reachable(node: &Node, founded: &Founded) -> Option<std::net::SocketAddr> {
    let ip = founded.site.servers.first()?.address.ip();
    let mut addresses = node.addresses().iter();
    let same = addresses.find(|address| address.is_ipv4() == ip.is_ipv4())?;
    Some((ip, same.port()).into())
}

/// Reads the configuration again. An error in it changes nothing.
fn reload(source: &ConfigSource, node: &Node, log: &Logging) {
    let config = match source.read() {
        Ok(config) => config,
        Err(error) => {
            error!(%error, "the configuration was not taken; the node goes on with the old one");
            return;
        }
    };
    for changed in node.reload(&config) {
        match changed.effect {
            Effect::AtOnce => info!(key = changed.key, "a setting has changed"),
            Effect::Restart => {
                warn!(
                    key = changed.key,
                    "a setting has changed that waits for the next start"
                );
            }
        }
    }
    if let Err(error) = log.set_level(&config.log) {
        error!(%error, "the level of the log was not taken");
    }
}

pub(crate) fn suffix_case(is_sensitive: bool) -> SuffixCase {
    if is_sensitive {
        SuffixCase::Sensitive
    } else {
        SuffixCase::Insensitive
    }
}

/// Opens a data folder with the usual options and says what was found.
pub(crate) fn open_store(data: &Path, case_sensitive: bool) -> Result<Store, Box<dyn Error>> {
    let options = Options {
        suffix_case: suffix_case(case_sensitive),
        ..Options::default()
    };
    open_with(data, case_sensitive, &options)
}

/// What is asked for a new folder an old one must have.
pub(crate) fn check_case(
    data: &Path,
    case_sensitive: bool,
    settings: &Settings,
) -> Result<(), String> {
    if case_sensitive && settings.suffix_case != SuffixCase::Sensitive {
        let data = data.display();
        return Err(format!(
            "{data} was made without case-sensitive suffixes, for ever"
        ));
    }
    Ok(())
}

fn open_with(
    data: &Path,
    case_sensitive: bool,
    options: &Options,
) -> Result<Store, Box<dyn Error>> {
    let store = Store::open(data, options)?;
    check_case(data, case_sensitive, store.settings())?;
    let opened = store.opened();
    if opened.octets_cut > 0 {
        eprintln!(
            "nameplate: cut {} octets from the end of the log: a group that was never acknowledged",
            opened.octets_cut
        );
    }
    if opened.entries_replayed > 0 {
        eprintln!(
            "nameplate: replayed {} entries of the log",
            opened.entries_replayed
        );
    }
    Ok(store)
}
