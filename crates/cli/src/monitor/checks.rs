//! `nameplate monitor checks`: what workbooks are held to.
//!
//! A set of rules is for workbooks of the mappings that it names, or of all others. Not here: what
//! a rule says, and carrying it out (room `monitor`).

use super::Common;
use super::folder::{Folder, now};
use super::table::{Side, Table};
use crate::output::say;
use clap::{Args, Subcommand};
use monitor::collect::{EXAMPLE_RULES, Rules, keep_rules, names, newest};
use serde_json::{Value as Json, json};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The largest file of rules or of a task, in octets.
pub(super) const TEXT_OCTETS_MAX: u64 = 512 << 10;

#[derive(Args)]
pub(super) struct ChecksArguments {
    #[command(subcommand)]
    command: ChecksCommand,
}

#[derive(Subcommand)]
enum ChecksCommand {
    /// All sets of rules. (审核规则)
    List(CommonArguments),
    /// Print a set, to be changed and added again. (查看)
    Show(ShowArguments),
    /// Print an example, to put one's own limits into. (示例)
    Example,
    /// Keep a set, as the newest version of its name; one without rules is given up. (登记)
    Add(AddArguments),
}

#[derive(Args)]
struct CommonArguments {
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct ShowArguments {
    /// What the set is called.
    name: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct AddArguments {
    /// The rules, as TOML.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &ChecksArguments) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.command {
        ChecksCommand::List(list) => tell(&list.common),
        ChecksCommand::Show(of) => {
            let folder = Folder::open(&of.common)?;
            let found = newest::<Rules>(&*folder.view(), &of.name)?;
            let (_, set) = found.ok_or_else(|| format!("there is no set '{}'", of.name))?;
            say(set.toml()?);
            Ok(ExitCode::SUCCESS)
        }
        ChecksCommand::Example => {
            say(EXAMPLE_RULES);
            Ok(ExitCode::SUCCESS)
        }
        ChecksCommand::Add(add) => {
            let text = read(&add.file)?;
            let said = said(&add.common, &add.file);
            let set = Rules::read(&text).map_err(&said)?;
            let folder = Folder::open(&add.common)?;
            let keep =
                facts::commit_of(&folder.store, now(), |view, at| keep_rules(view, at, &set));
            let version = keep.map_err(said)?;
            if add.common.json {
                say(json!({"name": set.name, "version": version, "rules": set.rules.len()}));
            } else {
                let count = set.rules.len();
                say(add.common.choose([
                    &format!("{} {version}: {count} rules", set.name),
                    &format!("{} 第{version}版：规则{count}条", set.name),
                ]));
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// A file of people's words.
pub(super) fn read(file: &Path) -> Result<String, String> {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let octets = fs::metadata(file).map_err(|error| named(&error))?.len();
    if octets > TEXT_OCTETS_MAX {
        return Err(named(&"it has more than 512 KiB"));
    }
    fs::read_to_string(file).map_err(|error| named(&error))
}

/// What the collecting room refuses, with the file that it is about.
pub(super) fn said(
    common: &Common,
    file: &Path,
) -> impl Fn(monitor::collect::Error) -> String + use<> {
    let (language, file) = (common.language(), file.display().to_string());
    move |error| match language {
        crate::language::Language::En => format!("{file}: {error}"),
        crate::language::Language::Zh => format!("{file}: {}", error.chinese()),
    }
}

fn tell(common: &Common) -> Result<ExitCode, Box<dyn Error>> {
    let folder = Folder::open(common)?;
    let view = folder.view();
    let mut found = Vec::new();
    for name in names::<Rules>(&*view)? {
        found.extend(newest::<Rules>(&*view, &name)?);
    }
    if common.json {
        let line = |(version, set): &(u32, Rules)| {
            json!({
                "name": set.name,
                "version": version,
                "mappings": set.mappings,
                "rules": set.rules.iter().map(|rule| &rule.name).collect::<Vec<_>>(),
            })
        };
        say(Json::from(found.iter().map(line).collect::<Vec<_>>()));
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&[
        (common.choose(["set", "规则集"]), Side::Left),
        (common.choose(["version", "版本"]), Side::Right),
        (common.choose(["rules", "规则数"]), Side::Right),
        (common.choose(["for mappings", "适用映射"]), Side::Left),
    ]);
    for (version, set) in &found {
        let all_others = common.choose(["all others", "其余"]);
        let mappings = match set.mappings.as_slice() {
            [] => all_others.to_owned(),
            mappings => mappings.join("、"),
        };
        let cells = [version.to_string(), set.rules.len().to_string(), mappings];
        table.row(std::iter::once(set.name.clone()).chain(cells).collect());
    }
    table.say();
    Ok(ExitCode::SUCCESS)
}
