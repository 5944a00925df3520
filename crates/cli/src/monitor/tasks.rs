//! `nameplate monitor tasks`: who owes which figures until when, and how far all are.
//!
//! Tasks are files of the folder, `tasks/*.toml`, in the words of room `monitor`, or are kept
//! beside the facts, which goes before a file. Not here: who is called (`run`).

use super::checks::{read, said};
use super::folder::{Folder, named, now};
use super::question::month_for;
use super::table::{Side, Table, bold};
use super::{Common, clock};
use crate::output::say;
use clap::{Args, Subcommand};
use facts::Object;
use monitor::collect::{self, Task, behind};
use serde_json::{Value as Json, json};
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

/// The folder of tasks in the monitor folder.
pub(super) const TASKS: &str = "tasks";

/// The most tasks of a folder, and the largest file of one, in octets.
const TASKS_MAX: usize = 200;
const OCTETS_MAX: u64 = 256 << 10;

#[derive(Args)]
#[command(
    subcommand_negates_reqs = true,
    args_conflicts_with_subcommands = true,
    after_help = "A task is a file tasks/NAME.toml of the folder: name, frequency, from, due-days, \
                  [who] role and within, [[series]] indicator, form and frequency, [[chase]] days \
                  and level. `nameplate monitor run` calls those who are behind."
)]
pub(super) struct TasksArguments {
    #[command(subcommand)]
    command: Option<TasksCommand>,
    /// Of which month.
    #[arg(long, short, value_name = "MONTH", required = true)]
    month: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Subcommand)]
enum TasksCommand {
    /// Keep a task, as the newest version of its name. (登记)
    Add(AddArguments),
    /// Print a task, to be changed and added again. (查看)
    Show(ShowArguments),
}

#[derive(Args)]
struct AddArguments {
    /// The task, as TOML.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct ShowArguments {
    /// What the task is called.
    name: String,
    #[command(flatten)]
    common: Common,
}

/// The tasks of a folder: those that are kept, and those of files that none of them replaces.
pub(super) fn tasks(folder: &Folder) -> Result<Vec<Task>, Box<dyn Error>> {
    Ok(collect::tasks(&*folder.view(), &of_files(folder)?)?)
}

/// The tasks that are files, by the names of these.
pub(super) fn of_files(folder: &Folder) -> Result<Vec<Task>, Box<dyn Error>> {
    let path = folder.path.join(TASKS);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(&path).map_err(|error| named(&path)(&error))?;
    let mut files = Vec::new();
    for entry in entries {
        let file = entry.map_err(|error| named(&path)(&error))?.path();
        if file.extension().is_some_and(|end| end == "toml") {
            files.push(file);
        }
    }
    if files.len() > TASKS_MAX {
        return Err(named(&path)(&"there are more than 200 tasks").into());
    }
    files.sort();
    let mut tasks: Vec<Task> = Vec::new();
    for file in files {
        let octets = fs::metadata(&file).map_err(|error| named(&file)(&error))?;
        if octets.len() > OCTETS_MAX {
            return Err(named(&file)(&"it has more than 256 KiB").into());
        }
        let text = fs::read_to_string(&file).map_err(|error| named(&file)(&error))?;
        let task = Task::read(&text).map_err(|error| named(&file)(&error))?;
        if tasks.iter().any(|before| before.name == task.name) {
            let problem = format!("another task is called '{}', too", task.name);
            return Err(named(&file)(&problem).into());
        }
        tasks.push(task);
    }
    Ok(tasks)
}

pub(super) fn run(arguments: &TasksArguments) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.command {
        Some(TasksCommand::Add(add)) => keep(add),
        Some(TasksCommand::Show(of)) => {
            let folder = Folder::open(&of.common)?;
            let mut all = tasks(&folder)?.into_iter();
            let found = all.find(|task| task.name == of.name);
            let found = found.ok_or_else(|| format!("there is no task '{}'", of.name))?;
            say(found.toml()?);
            Ok(ExitCode::SUCCESS)
        }
        None => progress(arguments),
    }
}

fn keep(add: &AddArguments) -> Result<ExitCode, Box<dyn Error>> {
    let text = read(&add.file)?;
    let said = said(&add.common, &add.file);
    let task = Task::read(&text).map_err(&said)?;
    let folder = Folder::open(&add.common)?;
    let kept = facts::commit_of(&folder.store, now(), |view, at| {
        collect::keep(view, at, &task)
    });
    let version = kept.map_err(said)?;
    if add.common.json {
        say(json!({"name": task.name, "version": version}));
    } else {
        say(format_args!("{} {version}", task.name));
    }
    Ok(ExitCode::SUCCESS)
}

fn progress(arguments: &TasksArguments) -> Result<ExitCode, Box<dyn Error>> {
    let common = &arguments.common;
    let month = arguments.month.as_deref().unwrap_or_default();
    let folder = Folder::open(common)?;
    let now = now();
    let mut all = Vec::new();
    for task in tasks(&folder)? {
        let period = month_for(task.frequency, month)?;
        let view = folder.view();
        let standings = task.standings(&*view, &folder.regions, period, now)?;
        let counts = behind(&task, &standings);
        if common.json {
            let counts = counts.iter().map(|(region, count)| {
                json!({
                    "region": region.to_string(),
                    "name": folder.name(&Object::region(*region)),
                    "expected": count.expected,
                    "accepted": count.accepted,
                    "acceptedLate": count.accepted_late,
                    "received": count.received,
                    "rejected": count.rejected,
                    "due": count.due,
                    "late": count.late,
                })
            });
            all.push(json!({
                "mark": folder.settings.mark,
                "task": task.name,
                "period": period.to_string(),
                "due": task.due(period).map(|day| day.to_string()),
                "regions": counts.collect::<Vec<_>>(),
            }));
            continue;
        }
        let due = task.due(period).unwrap_or_else(|| clock::day(now));
        let mark = if folder.settings.mark.is_empty() {
            String::new()
        } else {
            format!("  【{}】", folder.settings.mark)
        };
        let period = common
            .choose([&period.to_string(), &period.chinese()])
            .to_owned();
        let until = common.choose(["due", "限期"]);
        say(bold(&format!(
            "{}  {period}  {until} {due}{mark}",
            task.name
        )));
        let names = [
            ["region", "地区"],
            ["expected", "应报"],
            ["accepted", "已通过"],
            ["of these late", "其中逾期"],
            ["received", "已收到"],
            ["rejected", "退回"],
            ["due", "待报"],
            ["late", "逾期未报"],
        ];
        let headings: Vec<_> = names
            .iter()
            .enumerate()
            .map(|(at, names)| {
                let side = if at == 0 { Side::Left } else { Side::Right };
                (common.choose(*names), side)
            })
            .collect();
        let mut table = Table::new(&headings);
        for (region, count) in &counts {
            let name = super::letter::region_itself(&folder, *region);
            let numbers = [
                count.expected,
                count.accepted,
                count.accepted_late,
                count.received,
                count.rejected,
                count.due,
                count.late,
            ];
            let cells = numbers.map(|number| number.to_string());
            table.row(std::iter::once(name).chain(cells).collect());
        }
        table.say();
    }
    if common.json {
        say(Json::from(all));
    }
    Ok(ExitCode::SUCCESS)
}
