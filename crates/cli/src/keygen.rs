//! `nameplate keygen`: a pair of keys in the files of the Handle System, or what a file holds.
//!
//! Not here: how key files are encrypted (room `crypto`).

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
    /// The folder for privkey.bin (for its owner only) and pubkey.bin; neither may be there.
    #[arg(long, value_name = "DIR", required = true)]
    out: Option<PathBuf>,
    /// The length of the RSA key in bits.
    #[arg(long, value_enum, default_value = "3072")]
    bits: Bits,
    /// Print the public key as a JSON Web Key too.
    #[arg(long)]
    jwk: bool,
    /// A file with the passphrase that privkey.bin is encrypted with; without one it is not
    /// encrypted. A line end at its end does not count.
    #[arg(long, value_name = "FILE")]
    key_passphrase_file: Option<PathBuf>,
}

#[derive(Subcommand)]
enum KeygenCommand {
    /// Show the kind, length and fingerprint of the key in a file. (查看密钥)
    Show {
        /// A public or private key file.
        file: PathBuf,
        /// A file with the passphrase of the key, if it is encrypted.
        #[arg(long, value_name = "FILE")]
        key_passphrase_file: Option<PathBuf>,
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
    if let Some(KeygenCommand::Show {
        file,
        key_passphrase_file,
    }) = &arguments.command
    {
        let passphrase = passphrase(key_passphrase_file.as_deref())?;
        let shown = show(file, passphrase.as_deref());
        let shown = shown.map_err(|error| format!("{}: {error}", file.display()))?;
        say(shown);
        return Ok(ExitCode::SUCCESS);
    }
    let passphrase = passphrase(arguments.key_passphrase_file.as_deref())?;
    let folder = arguments.out.as_deref().unwrap_or(Path::new("."));
    let bits = match arguments.bits {
        Bits::Least => RsaBits::Least,
        Bits::Usual => RsaBits::Usual,
        Bits::Most => RsaBits::Most,
    };
    let private = SigningKey::generate(bits)?;
    let public = SigningKey::new(&private)?.public_key();
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let secret = secret_file(&private, passphrase.as_deref())?;
    write_new(&folder.join("privkey.bin"), &secret.encode(), 0o600)?;
    write_new(&folder.join("pubkey.bin"), &public.encode(), 0o644)?;
    say(crate::resolve::key_in_words(&public));
    if arguments.jwk
        && let Some(jwk) = public.jwk()
    {
        say(serde_json::to_string(&jwk)?);
    }
    Ok(ExitCode::SUCCESS)
}

fn passphrase(file: Option<&Path>) -> Result<Option<Vec<u8>>, String> {
    file.map(crate::passphrase::read).transpose()
}

/// The file of a private key, encrypted if there is a passphrase.
fn secret_file(key: &PrivateKey, passphrase: Option<&[u8]>) -> Result<KeyFile, Box<dyn Error>> {
    let Some(passphrase) = passphrase else {
        return Ok(KeyFile::Plain(key.encode()));
    };
    Ok(crypto::key_file::seal_new(passphrase, &key.encode())?)
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

fn show(file: &Path, passphrase: Option<&[u8]>) -> Result<String, Box<dyn Error>> {
    let octets = Bytes::from(fs::read(file)?);
    let file = KeyFile::decode(octets)?;
    let key = match (file.plain_key(), passphrase) {
        (Some(key), _) => key.clone(),
        (None, Some(passphrase)) => crypto::key_file::open(&file, passphrase)?,
        (None, None) => return Ok("a key that is encrypted with a passphrase".into()),
    };
    if let Some(private) = PrivateKey::decode(key.clone()).ok().filter(is_private) {
        let public = SigningKey::new(&private)?.public_key();
        return Ok(format!(
            "private key to {}",
            crate::resolve::key_in_words(&public)
        ));
    }
    let public = PublicKey::decode(key)?;
    Ok(format!(
        "public key {}",
        crate::resolve::key_in_words(&public)
    ))
}

fn is_private(key: &PrivateKey) -> bool {
    !matches!(key, PrivateKey::Other { .. })
}
