//! `nameplate config`: what is in force, what is wrong with a file, what could be set. And how
//! every command finds a node's configuration.

use crate::output::say;
use clap::{Args, Subcommand};
use node::Config;
use std::error::Error;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
#[command(
    after_help = "Exit codes: 0 right, 1 wrong, 2 wrong usage or a file that cannot be read."
)]
pub(crate) struct ConfigArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the settings that are in force, defaults included. (打印生效的配置)
    Print(ConfigSource),
    /// Say whether a file is a configuration, and if not, what is wrong where. (检查配置文件)
    Check {
        /// The file.
        file: PathBuf,
    },
    /// Print an example: every setting with its explanation and default. (打印配置示例)
    Example,
}

/// Where a node's settings come from.
#[derive(Args)]
pub(crate) struct ConfigSource {
    /// The data folder; made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// The configuration file. Without one, `nameplate.toml` in the data folder if it is there.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// An address to listen on, instead of the configured ones; may be repeated.
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Vec<SocketAddr>,
    /// An address to listen on for HTTP and HTTPS, instead of the configured ones; may be repeated.
    #[arg(long, value_name = "ADDR:PORT")]
    http: Vec<SocketAddr>,
    /// An address under which others reach this node, instead of the configured ones; one of IPv4
    /// and one of IPv6 at most.
    #[arg(long, value_name = "IP")]
    public_address: Vec<IpAddr>,
}

impl ConfigSource {
    /// Reads the settings: the command line goes before the file. Paths are those of the data
    /// folder.
    pub(crate) fn read(&self) -> Result<Config, Box<dyn Error>> {
        let mut config = Config::read(self.config.as_deref(), &self.data)?;
        if !self.listen.is_empty() {
            config.listen.clone_from(&self.listen);
        }
        if !self.http.is_empty() {
            config.http.listen.clone_from(&self.http);
        }
        if !self.public_address.is_empty() {
            config.public_addresses.clone_from(&self.public_address);
        }
        config.check()?;
        config.log.access_folder = self.data.join(&config.log.access_folder);
        let files = [
            &mut config.http.certificate_file,
            &mut config.http.key_file,
            &mut config.elsewhere.roots_file,
            &mut config.recursive.roots_file,
            &mut config.recursive.trust_roots,
            &mut config.templates.namespace_file,
            &mut config.mirror.of,
            &mut config.mirror.key_file,
            &mut config.mirror.secret_file,
            &mut config.registry.admin_key_file,
            &mut config.data_set.key_file,
        ];
        for file in files.into_iter().flatten() {
            *file = self.data.join(&file);
        }
        let members = config.registry.members.iter_mut().map(|it| &mut it.site);
        for site in members.chain(config.probes.probers.values_mut()) {
            *site = self.data.join(&site);
        }
        for member in &mut config.data_set.members {
            *member = self.data.join(&member);
        }
        Ok(config)
    }
}

pub(crate) fn run(arguments: &ConfigArguments) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.command {
        Command::Print(source) => say(source.read()?.to_toml().trim_end()),
        Command::Example => say(node::config::example().trim_end()),
        Command::Check { file } => return Ok(check(file)),
    }
    Ok(ExitCode::SUCCESS)
}

fn check(file: &PathBuf) -> ExitCode {
    let name = file.display();
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("nameplate: {name}: {error}");
            return ExitCode::from(2);
        }
    };
    match Config::parse(&text) {
        Ok(_) => {
            say(format_args!("{name}: right"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("nameplate: {name}: {error}");
            ExitCode::FAILURE
        }
    }
}
