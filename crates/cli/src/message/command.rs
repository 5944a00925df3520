//! The command line of `nameplate message`: input, output, exit codes.
//!
//! Not here: the conversions ([`super`]).

use super::fault::{Fault, Place};
use super::form::octets_of;
use super::{Context, Kind, Transport};
use crate::output::say;
use clap::{Args, Subcommand, ValueEnum};
use crypto::session_cipher::BlockCipher;
use serde_json::{Value as Json, json};
use std::error::Error;
use std::io::{BufRead, Read};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct MessageArguments {
    #[command(subcommand)]
    direction: Direction,
}

const DECODE_EXAMPLES: &str = "\
Examples:
  nameplate message decode --pretty 020b020b00000000010203040000000000000021000000020000000019\\
000000000100007fffffff00000005000000012f00000000
  nameplate message decode --batch < packets.hex > packets.json
  nameplate message decode --session-key 114f2c8e…67b4 - < encrypted.hex
  nameplate message decode --kind keyfile --passphrase-file secret.txt \"$(xxd -p admpriv.bin)\"

Exit codes: 0 done, 1 the input or a line of it is wrong, 2 wrong usage.
The JSON is described in docs/message.md.";

const ENCODE_EXAMPLES: &str = "\
Examples:
  nameplate message encode '{\"request\":\"resolution\",\"handle\":\"20.500.99999/abc\"}'
  nameplate message encode --kind value '{\"index\":1,\"type\":\"URL\",\"data\":\"https://x.cn/\"}'
  nameplate message encode --batch < packets.json > packets.hex

Exit codes: 0 done, 1 the input or a line of it is wrong, 2 wrong usage.
The JSON is described in docs/message.md.";

#[derive(Subcommand)]
enum Direction {
    /// Show octets of the protocol as JSON. (解码为 JSON)
    #[command(after_help = DECODE_EXAMPLES)]
    Decode {
        /// The octets as hexadecimal digits; white space between them does not matter. Without
        /// them, or with '-', they are read from standard input.
        #[arg(value_name = "HEX")]
        input: Option<String>,
        #[command(flatten)]
        how: How,
    },
    /// Make octets of the protocol from JSON. (由 JSON 编码)
    #[command(after_help = ENCODE_EXAMPLES)]
    Encode {
        /// The JSON. Without it, or with '-', it is read from standard input.
        #[arg(value_name = "JSON")]
        input: Option<String>,
        #[command(flatten)]
        how: How,
    },
}

#[derive(Args)]
struct How {
    /// One input on each line of standard input, one output on each line, in order. A line that
    /// is wrong gives {"error":…} and exit code 1 at the end; empty lines stay empty.
    #[arg(long, conflicts_with_all = ["input", "pretty"])]
    batch: bool,
    /// What the octets are.
    #[arg(
        long,
        value_enum,
        default_value = "packet",
        hide_possible_values = false
    )]
    kind: Kind,
    /// The key of the session, as hexadecimal digits: encrypted messages are decrypted, and MACs
    /// checked.
    #[arg(long, value_name = "HEX", value_parser = key)]
    session_key: Option<Vec<u8>>,
    /// The cipher of the session.
    #[arg(long, value_enum, default_value = "aes")]
    session_cipher: CipherName,
    /// A file with the passphrase of a key file; a line end at its end does not count.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Print JSON over several lines.
    #[arg(long)]
    pretty: bool,
    /// Refuse input with any quirk: what is tolerated but not as the protocol says.
    #[arg(long)]
    strict: bool,
    /// How packets travelled.
    #[arg(long, value_enum, default_value = "any")]
    transport: Transport,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CipherName {
    Aes,
    Des,
    Desede,
    Sm4,
}

fn key(text: &str) -> Result<Vec<u8>, String> {
    hex::decode(text).map_err(|_| "give pairs of hexadecimal digits".to_owned())
}

pub(crate) fn run(arguments: &MessageArguments) -> Result<ExitCode, Box<dyn Error>> {
    let (input, how, convert) = match &arguments.direction {
        Direction::Decode { input, how } => (input, how, decoded as Convert),
        Direction::Encode { input, how } => (input, how, encoded as Convert),
    };
    let context = how.context()?;
    if how.batch {
        return run_batch(&context, convert);
    }
    let input = match input.as_deref() {
        Some(input) if input != "-" => input.to_owned(),
        _ => {
            let mut input = String::new();
            std::io::stdin().read_to_string(&mut input)?;
            input
        }
    };
    say(convert(&input, &context, how.pretty)?);
    Ok(ExitCode::SUCCESS)
}

impl How {
    fn context(&self) -> Result<Context, Box<dyn Error>> {
        let passphrase = self.passphrase_file.as_deref();
        Ok(Context {
            kind: self.kind,
            transport: self.transport,
            session_key: self.session_key.clone(),
            session_cipher: match self.session_cipher {
                CipherName::Aes => BlockCipher::Aes,
                CipherName::Des => BlockCipher::Des,
                CipherName::Desede => BlockCipher::TripleDes,
                CipherName::Sm4 => BlockCipher::Sm4,
            },
            passphrase: passphrase.map(crate::passphrase::read).transpose()?,
            is_strict: self.strict,
        })
    }
}

/// A conversion of one input: its text, and whether to print it prettily.
type Convert = fn(&str, &Context, bool) -> Result<String, Fault>;

fn decoded(input: &str, context: &Context, is_pretty: bool) -> Result<String, Fault> {
    let json = super::decode(&octets_of(input)?, context)?;
    Ok(if is_pretty {
        format!("{json:#}")
    } else {
        json.to_string()
    })
}

fn encoded(input: &str, context: &Context, _: bool) -> Result<String, Fault> {
    let json: Json = serde_json::from_str(input).map_err(|error| Fault {
        what: format!("no JSON: {error}"),
        place: Place::Member(String::new()),
    })?;
    Ok(hex::encode(super::encode(json, context)?))
}

/// Converts line by line; the lines of the output are those of the input.
fn run_batch(context: &Context, convert: Convert) -> Result<ExitCode, Box<dyn Error>> {
    let mut code = ExitCode::SUCCESS;
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line?;
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            say("");
            continue;
        }
        match convert(&text, context, false) {
            Ok(output) => say(output),
            Err(fault) => {
                say(json!({"error": fault.to_json()}));
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}
