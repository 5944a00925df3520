//! `nameplate audit`: who changed what, when, from where and how that was proved; and whether that
//! account is whole.
//!
//! Not here: how the account is kept (room `store`), what is noted (room `engine`).

mod show;
mod verify;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use model::Identifier;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::Snapshot;
use store::audit::Digest;

#[derive(Args)]
pub(crate) struct AuditArguments {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Say whether the audit trail is what was written: nothing changed, missing or added.
    /// (审计校验)
    #[command(
        after_help = "The chain value that is printed covers every note there is. Kept elsewhere, \
                      it tells later, with --expect, whether the trail was cut or written anew.\n\n\
                      Exit codes: 0 what was written, 1 not, or not to be read, 2 wrong usage."
    )]
    Verify(VerifyArguments),
    /// Show who changed an identifier, when, from where and how that was proved. (审计记录)
    #[command(
        after_help = "Exit codes: 0 shown, 1 nothing is noted of it, or not to be read, 2 wrong \
                      usage."
    )]
    Show(ShowArguments),
}

#[derive(Args)]
struct VerifyArguments {
    /// The data folder of a stopped node, or a backup.
    #[arg(value_name = "DIR", required_unless_present = "data")]
    folder: Option<PathBuf>,
    /// The same.
    #[arg(long, value_name = "DIR", conflicts_with = "folder")]
    data: Option<PathBuf>,
    /// A chain value that was printed earlier: the trail must still have it.
    #[arg(long, value_name = "HEX")]
    expect: Option<Digest>,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct ShowArguments {
    /// The identifier, such as 88.156.1/pump; without a slash, a prefix.
    #[arg(value_name = "ID")]
    identifier: Identifier,
    /// The data folder of a stopped node, or a backup.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &AuditArguments) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.command {
        AuditCommand::Verify(verify) => verify::run(verify),
        AuditCommand::Show(show) => show::run(show),
    }
}

/// Looks at a folder or a backup and changes nothing in it.
pub(crate) fn look(data: &Path) -> Result<Snapshot, Box<dyn Error>> {
    Snapshot::look(data).map_err(|error| match error {
        store::Error::InUse { .. } => {
            let data = data.display();
            let advice = "stop the node first, or make a backup and look at that";
            format!("a node is running on {data}: {advice}").into()
        }
        error => error.into(),
    })
}

/// A date as people read it, in UTC; one that no calendar has, as the number it is.
fn date(date_ms: u64) -> String {
    let ms = i64::try_from(date_ms).ok();
    match ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()) {
        Some(date) => date.strftime("%Y-%m-%d %H:%M:%S%.3f UTC").to_string(),
        None => format!("{date_ms} ms after 1970"),
    }
}
