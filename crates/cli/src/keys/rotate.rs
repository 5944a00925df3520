//! `nameplate keys rotate`: another key for the site. Not here: how (room `node`).

use crate::output::say;
use clap::Args;
use node::founding::{self, SITE_KEY_FILE};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(super) struct RotateArguments {
    /// The data folder of the node, which may run.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// A file with the passphrase of the private keys in the data folder; the new one is encrypted
    /// with it. A line end at its end does not count.
    #[arg(long, value_name = "FILE")]
    key_passphrase_file: Option<PathBuf>,
    /// Keep nothing of the old key: somebody else may have it.
    #[arg(long, conflicts_with = "finish")]
    at_once: bool,
    /// Remove the old key instead: nobody goes by it any more.
    #[arg(long, conflicts_with = "key_passphrase_file")]
    finish: bool,
}

pub(super) fn run(arguments: &RotateArguments) -> Result<ExitCode, Box<dyn Error>> {
    if arguments.finish {
        return finish(arguments);
    }
    let passphrase = arguments.key_passphrase_file.as_deref();
    let passphrase = passphrase.map(crate::passphrase::read).transpose()?;
    let keeps_old = !arguments.at_once;
    let rotated = founding::rotate(&arguments.data, passphrase.as_deref(), keeps_old)?;
    let key_file = arguments.data.join(SITE_KEY_FILE);
    say(format_args!("new key {}", key_file.display()));
    say(format_args!("  SHA-256 {}", rotated.after));
    say(format_args!("old key SHA-256 {}", rotated.before));
    say("start the node again: then the new key stands in the site record");
    if keeps_old {
        say("two days later: nameplate keys rotate --finish");
    }
    Ok(ExitCode::SUCCESS)
}

fn finish(arguments: &RotateArguments) -> Result<ExitCode, Box<dyn Error>> {
    if !founding::finish(&arguments.data)? {
        let folder = arguments.data.display();
        return Err(format!("there is no old key in {folder}").into());
    }
    say("the old key is removed; it signs nothing any more when the node is started again");
    Ok(ExitCode::SUCCESS)
}
