//! `nameplate keygen`: a pair of keys in the files of the Handle System, or what a file holds.
//!
//! Not here: encryption of key files with a passphrase.

use crate::output::say;
use bytes::Bytes;
use clap::{Args, Subcommand, ValueEnum};
use crypto::{RsaBits, SigningKey};
use model::{KeyFile, PrivateKey, PublicKey};
use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct KeygenArguments {
    #[command(subcommand)]
    command: Option<KeygenCommand>,
    /// The folder for privkey.bin (for its owner only, not encrypted) and pubkey.bin; neither may
    /// be there.
    #[arg(long, value_name = "DIR", required = true)]
    out: Option<PathBuf>,
    /// The length of the RSA key in bits.
    #[arg(long, value_enum, default_value = "3072")]
    bits: Bits,
    /// Print the public key as a JSON Web Key too.
    #[arg(long)]
    jwk: bool,
}

#[derive(Subcommand)]
enum KeygenCommand {
    /// Show the kind, length and fingerprint of the key in a file.
    Show {
        /// A public or private key file.
        file: PathBuf,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Bits {
    #[value(name = "2048")]
    Least,
    #[value(name = "3072")]
    Usual,
    #[value(name = "4096")]
    Most,
}

pub(crate) fn run(arguments: &KeygenArguments) -> Result<ExitCode, Box<dyn Error>> {
    if let Some(KeygenCommand::Show { file }) = &arguments.command {
        let shown = show(file).map_err(|error| format!("{}: {error}", file.display()))?;
        say(shown);
        return Ok(ExitCode::SUCCESS);
    }
    let folder = arguments.out.as_deref().unwrap_or(Path::new("."));
    let bits = match arguments.bits {
        Bits::Least => RsaBits::Least,
        Bits::Usual => RsaBits::Usual,
        Bits::Most => RsaBits::Most,
    };
    let private = SigningKey::generate(bits)?;
    let public = SigningKey::new(&private)?.public_key();
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let secret = KeyFile::Plain(private.encode()).encode();
    write_new(&folder.join("privkey.bin"), &secret, 0o600)?;
    write_new(&folder.join("pubkey.bin"), &public.encode(), 0o644)?;
    say(crate::resolve::key_in_words(&public));
    if arguments.jwk
        && let Some(jwk) = public.jwk()
    {
        say(serde_json::to_string(&jwk)?);
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a file that is not there yet: a key that is lost cannot be had again.
fn write_new(path: &Path, octets: &[u8], mode: u32) -> Result<(), String> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(mode).open(path);
    let written = file.and_then(|mut file| {
        file.write_all(octets)?;
        file.sync_all()
    });
    written.map_err(|error| format!("{}: {error}", path.display()))
}

fn show(file: &Path) -> Result<String, Box<dyn Error>> {
    let octets = Bytes::from(fs::read(file)?);
    let file = KeyFile::decode(octets)?;
    let Some(key) = file.plain_key() else {
        return Ok("a key that is encrypted with a passphrase".into());
    };
    if let Some(private) = PrivateKey::decode(key.clone()).ok().filter(is_private) {
        let public = SigningKey::new(&private)?.public_key();
        return Ok(format!(
            "private key to {}",
            crate::resolve::key_in_words(&public)
        ));
    }
    let public = PublicKey::decode(key.clone())?;
    Ok(format!(
        "public key {}",
        crate::resolve::key_in_words(&public)
    ))
}

fn is_private(key: &PrivateKey) -> bool {
    !matches!(key, PrivateKey::Other { .. })
}
