//! `nameplate serve`: a node on a data folder until it is told to stop.

use crate::output::say;
use clap::Args;
use model::SuffixCase;
use node::{Config, Node};
use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use store::{Options, Store};
use web::Web;

#[derive(Args)]
#[command(after_help = after_help())]
pub(crate) struct ServeArguments {
    /// The data folder; made if it is not there.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The configuration file. Without one, every setting has its default.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// An address to listen on, instead of the configured ones; may be repeated.
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Vec<SocketAddr>,
    /// An address to listen on for HTTP and HTTPS, instead of the configured ones; may be repeated.
    #[arg(long, value_name = "ADDR:PORT")]
    http: Vec<SocketAddr>,
    /// For a new data folder: identifiers whose suffixes differ in case only are two.
    #[arg(long)]
    case_sensitive_suffixes: bool,
}

fn after_help() -> String {
    format!(
        "Exit codes: 0 stopped by Ctrl-C or SIGTERM, 1 cannot run, 2 wrong usage.\n\n\
         The keys of the configuration file (TOML), with their defaults on this machine:\n\n{}",
        node::config::example()
    )
}

pub(crate) fn run(arguments: &ServeArguments) -> Result<ExitCode, Box<dyn Error>> {
    let started = Instant::now();
    let config = read_config(arguments)?;
    let store = open_store(&arguments.data, arguments.case_sensitive_suffixes)?;
    let node = Node::start_with(&config, store, |handle| Web::new(handle, &config.http))?;
    // Before anybody is told that the node runs, and may tell it to stop.
    let signals = node.signals()?;
    let took = started.elapsed();
    for address in node.addresses() {
        say(format_args!("listening on {address} (UDP and TCP)"));
    }
    for address in node.http_addresses() {
        say(format_args!("listening on {address} (HTTP and HTTPS)"));
    }
    say(format_args!(
        "ready after {} ms; Ctrl-C stops",
        took.as_millis()
    ));
    node.wait_for(signals);
    say("stopping");
    node.stop()?;
    Ok(ExitCode::SUCCESS)
}

fn read_config(arguments: &ServeArguments) -> Result<Config, Box<dyn Error>> {
    let mut config = match &arguments.config {
        None => Config::default(),
        Some(path) => {
            let named = |error: &dyn Error| format!("{}: {error}", path.display());
            let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
            Config::parse(&text).map_err(|error| named(&error))?
        }
    };
    if !arguments.listen.is_empty() {
        config.listen.clone_from(&arguments.listen);
    }
    if !arguments.http.is_empty() {
        config.http.listen.clone_from(&arguments.http);
    }
    config.check()?;
    Ok(config)
}

/// Opens a data folder and says what was found.
pub(crate) fn open_store(data: &Path, case_sensitive: bool) -> Result<Store, Box<dyn Error>> {
    let suffix_case = if case_sensitive {
        SuffixCase::Sensitive
    } else {
        SuffixCase::Insensitive
    };
    let options = Options {
        suffix_case,
        ..Options::default()
    };
    let store = Store::open(data, &options)?;
    if case_sensitive && store.settings().suffix_case != suffix_case {
        let data = data.display();
        return Err(format!("{data} was made without case-sensitive suffixes, for ever").into());
    }
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
