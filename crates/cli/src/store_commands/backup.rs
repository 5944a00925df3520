//! `nameplate backup` and `nameplate restore`.

use super::{Bar, must_be_folder};
use crate::output::say;
use clap::Args;
use indicatif::HumanBytes;
use node::control;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::BackupOrder;

#[derive(Args)]
#[command(
    after_help = "A backup has everything that was acknowledged before it began, the keys and the \
                  configuration that are in the folder too: keep it as secret as the node. It is \
                  written as TARGET.partial and renamed when it is whole and durable.\n\n\
                  Exit codes: 0 done, 1 not done, 2 wrong usage."
)]
pub(crate) struct BackupArguments {
    /// The folder to make.
    target: PathBuf,
    /// The data folder; its node may be running.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// An earlier backup on the same file system: what is the same is shared with it.
    #[arg(long, value_name = "BACKUP")]
    previous: Option<PathBuf>,
}

#[derive(Args)]
#[command(
    after_help = "Every file is checked against the backup's list, and the whole folder is \
                  verified before it gets its name.\n\n\
                  Exit codes: 0 done, 1 not done, 2 wrong usage."
)]
pub(crate) struct RestoreArguments {
    /// The backup.
    target: PathBuf,
    /// The data folder to make; it must not be there, or be empty.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

pub(crate) fn back_up(arguments: &BackupArguments) -> Result<ExitCode, Box<dyn Error>> {
    must_be_folder(&arguments.data)?;
    let order = BackupOrder {
        target: absolute(&arguments.target)?,
        previous: arguments.previous.as_deref().map(absolute).transpose()?,
    };
    let bar = Bar::new("copying");
    let backed = match store::back_up(&arguments.data, &order, &mut |done| bar.show(done)) {
        // The only folder that can be in use here is the one a node runs on, or the partial one.
        Err(store::Error::InUse { folder }) if folder == arguments.data => {
            control::ask_for_backup(&arguments.data, &order, &mut |done| bar.show(done))?
        }
        backed => backed?,
    };
    drop(bar);
    say(format_args!(
        "backed up to {}: {} files, {}, {} of it shared; up to entry {}",
        arguments.target.display(),
        backed.files,
        HumanBytes(backed.octets),
        HumanBytes(backed.octets_shared),
        backed.position
    ));
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn restore(arguments: &RestoreArguments) -> Result<ExitCode, Box<dyn Error>> {
    let bar = Bar::new("restoring");
    let restored = store::restore(&arguments.target, &arguments.data, &mut |done| {
        bar.show(done);
    });
    drop(bar);
    let restored = restored?;
    say(format_args!(
        "restored to {} and verified: {} files, {}, up to entry {}",
        arguments.data.display(),
        restored.files,
        HumanBytes(restored.octets),
        restored.position
    ));
    Ok(ExitCode::SUCCESS)
}

/// The node that is asked may stand in another folder.
fn absolute(path: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let named = |error| format!("{}: {error}", path.display()).into();
    std::path::absolute(path).map_err(named)
}
