//! `nameplate monitor measures`: the ledger of measures.
//!
//! Not here: how tasks are listed and told (`stands`), which steps there are (room `monitor`).

use super::Common;
use super::folder::{Folder, now};
use super::stands::{
    ListArguments, NameArguments, StepArguments, said, tell_list, tell_stand, tell_steps,
};
use crate::output::say;
use clap::{Args, Subcommand};
use codes::Date;
use facts::{Instant, Object};
use monitor::cases::Party;
use monitor::measures::{self, Document, Listing};
use std::error::Error;
use std::process::ExitCode;

#[derive(Args)]
pub(super) struct MeasuresArguments {
    #[command(subcommand)]
    command: MeasuresCommand,
}

#[derive(Subcommand)]
enum MeasuresCommand {
    /// List the tasks of the joint notice of 2022: the example. (载入示例台账)
    Example(ExampleArguments),
    /// Open tasks, the most urgent first. (台账)
    List(ListArguments),
    /// Take a step of a task: accept, report, submit, pass, fail… (督办)
    Step(StepArguments),
    /// All steps of a task. (过程)
    Show(NameArguments),
}

#[derive(Args)]
struct ExampleArguments {
    /// Until when tasks are to be done that name no day.
    #[arg(long, value_name = "DAY", default_value = "2022-12-31")]
    until: Date,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &MeasuresArguments) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.command {
        MeasuresCommand::Example(example) => {
            let folder = Folder::open(&example.common)?;
            let sender = Party::new("督办机构", "");
            let count = list_notice(&folder, now(), Some(example.until), &sender)?;
            let choose = |said| example.common.choose(said).to_owned();
            say(choose([
                &format!("{count} tasks of the joint notice are listed"),
                &format!("联合通知的{count}项任务已列入台账"),
            ]));
            folder.close()?;
            Ok(ExitCode::SUCCESS)
        }
        MeasuresCommand::List(list) => {
            let folder = Folder::open(&list.common)?;
            let region = list.region.map_or_else(|| folder.region(), Ok)?;
            let found = measures::of(&*folder.view(), &Object::region(region), Instant::LAST)?;
            tell_list(list, &folder, &found, &measures::table());
            Ok(ExitCode::SUCCESS)
        }
        MeasuresCommand::Step(step) => {
            let folder = Folder::open(&step.common)?;
            let said = said(step);
            let table = measures::table();
            let task = facts::commit(&folder.store, now(), |view, at| {
                measures::step(view, at, &table, &step.name, &said)
            })?;
            tell_stand(&step.common, &folder, &task);
            Ok(ExitCode::SUCCESS)
        }
        MeasuresCommand::Show(named) => {
            let folder = Folder::open(&named.common)?;
            let told = measures::timeline(&*folder.view(), &named.name, Instant::LAST)?;
            tell_steps(named, &folder, &told)
        }
    }
}

/// Lists the tasks of the joint notice; says how many.
pub(super) fn list_notice(
    folder: &Folder,
    now: Instant,
    until: Option<Date>,
    sender: &Party,
) -> Result<usize, Box<dyn Error>> {
    let document = Document::joint_notice();
    let tasks = measures::notice();
    let table = measures::table();
    let region = folder.region()?;
    for task in &tasks {
        let listing = Listing {
            region,
            until,
            sender: sender.clone(),
            key: "list".to_owned(),
        };
        facts::commit(&folder.store, now, |view, at| {
            measures::list(view, at, &table, (&document, task), &listing)
        })?;
    }
    Ok(tasks.len())
}
