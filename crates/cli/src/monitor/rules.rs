//! `nameplate monitor rules`: rules, their versions, and who lets them live.
//!
//! Not here: what a rule says and makes of figures (room `monitor`).

use super::Common;
use super::folder::{Folder, now};
use crate::output::say;
use clap::{Args, Subcommand};
use facts::history::series_of;
use facts::{Instant, Role, View};
use monitor::warn::register::{self, By, Version};
use monitor::warn::{Rule, Subject, example};
use serde_json::json;
use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub(super) struct RulesArguments {
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(Subcommand)]
enum RulesCommand {
    /// All versions of all rules. (规则)
    List(CommonArguments),
    /// Print the examples, to put one's own numbers into. (示例规则)
    Examples(CommonArguments),
    /// Register a rule as a draft. (登记草案)
    Add(AddArguments),
    /// Let a version warn whose back-test has been looked at. (启用)
    Live(VersionArguments),
    /// Let a version warn no more. (停用)
    Retire(VersionArguments),
}

#[derive(Args)]
struct CommonArguments {
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct AddArguments {
    /// The rule's text.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Who registers it.
    #[arg(long, value_name = "NAME")]
    by: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct VersionArguments {
    /// The rule.
    name: String,
    /// Which version; by default the newest.
    #[arg(long, value_name = "N")]
    number: Option<u16>,
    /// Who does it.
    #[arg(long, value_name = "NAME")]
    by: String,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &RulesArguments) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.command {
        RulesCommand::List(list) => list_rules(&list.common),
        RulesCommand::Examples(_) => {
            example::EXAMPLES.iter().for_each(say);
            Ok(ExitCode::SUCCESS)
        }
        RulesCommand::Add(add) => {
            let file = add.file.display();
            let text = fs::read_to_string(&add.file).map_err(|error| format!("{file}: {error}"))?;
            let rule = Rule::read(&text).map_err(|complaint| {
                let chinese = complaint.chinese();
                let english = complaint.to_string();
                format!("{file}: {}", add.common.choose([&english, &chinese]))
            })?;
            let folder = Folder::open(&add.common)?;
            let by = by(&add.by);
            let version = facts::commit(&folder.store, now(), |view, at| {
                register::draft(view, at, &rule, by)
            })?;
            tell(&add.common, &version);
            Ok(ExitCode::SUCCESS)
        }
        RulesCommand::Live(of) => step(of, register::go_live),
        RulesCommand::Retire(of) => step(of, register::retire),
    }
}

pub(super) fn by(who: &str) -> By<'_> {
    By { who, remark: "" }
}

/// A step of a version that a person takes.
type Take =
    fn(&dyn View, Instant, (&str, u16), By<'_>) -> Result<(facts::Change, Version), facts::Error>;

fn step(of: &VersionArguments, take: Take) -> Result<ExitCode, Box<dyn Error>> {
    let folder = Folder::open(&of.common)?;
    let number = match of.number {
        Some(number) => number,
        None => newest(&*folder.view(), &of.name)?.number,
    };
    let version = facts::commit(&folder.store, now(), |view, at| {
        take(view, at, (&of.name, number), by(&of.by))
    })?;
    tell(&of.common, &version);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn newest(view: &dyn View, name: &str) -> Result<Version, Box<dyn Error>> {
    let newest = register::versions(view, name)?.pop();
    newest.ok_or_else(|| {
        format!("there is no rule '{name}'; `nameplate monitor rules add FILE` registers one")
            .into()
    })
}

fn tell(common: &Common, version: &Version) {
    let state = version.state.names();
    if common.json {
        say(json!({"rule": version.name, "version": version.number, "state": state[0]}));
    } else {
        let state = common.choose(state);
        say(format_args!("{} {}: {state}", version.name, version.number));
    }
}

fn list_rules(common: &Common) -> Result<ExitCode, Box<dyn Error>> {
    let folder = Folder::open(common)?;
    for version in register::all(&*folder.view())? {
        tell(common, &version);
    }
    Ok(ExitCode::SUCCESS)
}

/// Everybody of whom a figure of a rule is told, in the roles that it is of.
pub(super) fn subjects(view: &dyn View, rule: &Rule) -> Result<Vec<Subject>, facts::Error> {
    let indicators: BTreeSet<_> = rule
        .references()
        .into_iter()
        .map(|of| &of.indicator)
        .collect();
    let mut found = BTreeSet::new();
    for indicator in indicators {
        for series in series_of(view, indicator)? {
            let roles: Vec<Role> = series.objects().iter().map(facts::Object::role).collect();
            if roles == rule.roles() && series.frequency() == rule.frequency() {
                found.insert(Subject::new(series.objects().iter().cloned())?);
            }
        }
    }
    Ok(found.into_iter().collect())
}
