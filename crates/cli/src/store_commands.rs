//! `nameplate store`, `nameplate backup` and `nameplate restore`: what an operator does with a data
//! folder.
//!
//! Not here: what is verified and copied (room `store`), how a running node is asked (room `node`).

mod backup;
mod copies;
mod info;
mod verify;

pub(crate) use backup::{BackupArguments, RestoreArguments, back_up, restore};

use clap::{Args, Subcommand};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use node::control::{self, Ask};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::{Options, Progress, Store};

#[derive(Args)]
pub(crate) struct StoreArguments {
    #[command(subcommand)]
    command: StoreCommand,
}

#[derive(Subcommand)]
enum StoreCommand {
    /// Read every octet of a data folder or a backup, and say whether it is sound. (校验)
    #[command(after_help = "Exit codes: 0 sound, 1 damaged or not to be read, 2 wrong usage.")]
    Verify(FolderArguments),
    /// Merge the files of the tables, also of a running node. (压实)
    Compact(DataArguments),
    /// Say what a data folder is: format, positions, files, counts. (概况)
    Info(FolderArguments),
    /// Say how a running node stands with its copies, and with the node that it copies. (副本)
    Copies(FolderArguments),
    /// Make the folder of a stopped copy that of the writer: only when the writer is stopped for
    /// good. (提升)
    #[command(after_help = copies::PROMOTE_HELP)]
    Promote(PromoteArguments),
}

#[derive(Args)]
struct FolderArguments {
    /// The data folder.
    #[arg(value_name = "DIR")]
    data: PathBuf,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct DataArguments {
    /// The data folder.
    #[arg(value_name = "DIR")]
    data: PathBuf,
}

#[derive(Args)]
struct PromoteArguments {
    /// The data folder.
    #[arg(value_name = "DIR")]
    data: PathBuf,
    /// The epoch of its data set that the registry has granted to the node.
    #[arg(long, value_name = "NUMBER")]
    epoch: Option<u64>,
}

pub(crate) fn run(arguments: &StoreArguments) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.command {
        StoreCommand::Verify(folder) => verify::run(&folder.data, folder.json),
        StoreCommand::Compact(folder) => compact(&folder.data),
        StoreCommand::Info(folder) => info::run(&folder.data, folder.json),
        StoreCommand::Copies(folder) => copies::run(&folder.data, folder.json),
        StoreCommand::Promote(folder) => copies::promote(&folder.data, folder.epoch),
    }
}

fn compact(data: &Path) -> Result<ExitCode, Box<dyn Error>> {
    must_be_folder(data)?;
    let before = octets_of_tables(data);
    match Store::open(data, &Options::default()) {
        Ok(store) => {
            store.compact()?;
            store.close()?;
        }
        Err(store::Error::InUse { .. }) => {
            control::ask(data, &Ask::Compact, &mut |_| ())?;
        }
        Err(error) => return Err(error.into()),
    }
    let after = octets_of_tables(data);
    crate::output::say(format_args!(
        "merged: the tables had {} and have {}",
        HumanBytes(before),
        HumanBytes(after)
    ));
    Ok(ExitCode::SUCCESS)
}

fn octets_of_tables(data: &Path) -> u64 {
    let files = std::fs::read_dir(data.join("tables/tables"));
    let files = files.into_iter().flatten().flatten();
    files
        .filter_map(|file| Some(file.metadata().ok()?.len()))
        .sum()
}

/// Opening would make a folder where there is none; looking must not.
fn must_be_folder(data: &Path) -> Result<(), store::Error> {
    if data.join("folder.json").exists() {
        return Ok(());
    }
    Err(store::Error::NoFolder {
        folder: data.to_owned(),
    })
}

/// A bar over octets; it hides itself where nobody looks.
struct Bar(ProgressBar);

impl Bar {
    fn new(doing: &'static str) -> Self {
        let template = "{msg} {bar:40} {percent:>3} %  {binary_bytes_per_sec}, {eta} left";
        let bar = ProgressBar::new(0).with_message(doing);
        Self(match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    }

    fn show(&self, done: Progress) {
        self.0.set_length(done.octets);
        self.0.set_position(done.octets_done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
