//! `nameplate monitor targets`: which growths are wanted of whom.
//!
//! Targets stand in `targets.csv` of the folder, or are set one by one: what is set goes before the
//! file. Not here: who is behind (`lag`).

use super::Common;
use super::folder::{Folder, TARGETS, now};
use super::show::short;
use super::table::{Side, Table};
use crate::output::say;
use clap::{Args, Subcommand};
use codes::Number;
use facts::{Indicator, Object};
use monitor::object_named;
use monitor::targets::{SetTarget, all, set, unset};
use serde_json::{Value as Json, json};
use std::error::Error;
use std::process::ExitCode;

#[derive(Args)]
pub(super) struct TargetsArguments {
    #[command(subcommand)]
    command: TargetsCommand,
}

#[derive(Subcommand)]
enum TargetsCommand {
    /// All targets of a year, or of all. (目标)
    List(ListArguments),
    /// Set a target, in the place of one that there is. (设定)
    Set(SetArguments),
    /// Take a target back that was set; that of the file holds again. (撤回)
    Unset(OfArguments),
}

#[derive(Args)]
struct ListArguments {
    /// Of this year alone.
    #[arg(long, value_name = "YEAR")]
    year: Option<u16>,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct OfArguments {
    /// Whose: a region, an industry or an enterprise, by its code.
    #[arg(value_name = "OBJECT", value_parser = object_named)]
    object: Object,
    /// Of which year.
    #[arg(long, value_name = "YEAR")]
    year: u16,
    /// Of which figure; by default as monitor.toml says.
    #[arg(long, value_name = "NAME")]
    indicator: Option<Indicator>,
    /// Who does it.
    #[arg(long, value_name = "NAME")]
    by: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct SetArguments {
    /// By how many per cent it is to grow.
    #[arg(long, value_name = "PER CENT", allow_hyphen_values = true)]
    growth: Number,
    #[command(flatten)]
    of: OfArguments,
}

pub(super) fn run(arguments: &TargetsArguments) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.command {
        TargetsCommand::List(list) => tell(list),
        TargetsCommand::Set(new) => {
            let (folder, target) = target(&new.of, new.growth)?;
            facts::commit_of(&folder.store, now(), |view, at| set(view, at, &target))?;
            done(&new.of.common, &folder, &target);
            Ok(ExitCode::SUCCESS)
        }
        TargetsCommand::Unset(of) => {
            let (folder, target) = target(of, Number::ZERO)?;
            facts::commit_of(&folder.store, now(), |view, at| unset(view, at, &target))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn target(of: &OfArguments, growth: Number) -> Result<(Folder, SetTarget), Box<dyn Error>> {
    let folder = Folder::open(&of.common)?;
    let indicator = match &of.indicator {
        Some(indicator) => indicator.clone(),
        None => folder.settings.indicator.parse()?,
    };
    let target = SetTarget {
        object: of.object.clone(),
        indicator,
        year: of.year,
        growth,
        by: of.by.clone(),
    };
    Ok((folder, target))
}

fn done(common: &Common, folder: &Folder, target: &SetTarget) {
    if common.json {
        say(target_json(folder, target));
    } else {
        let (object, year, growth) = (short(&target.object), target.year, target.growth);
        say(format_args!(
            "{object} {} {year}: {growth}%",
            target.indicator
        ));
    }
}

/// The targets that were set, and of the file those that none of them replaces.
pub(super) fn of_folder(folder: &Folder) -> Result<Vec<SetTarget>, Box<dyn Error>> {
    Ok(all(&*folder.view(), &of_file(folder)?)?)
}

/// The targets of the file, each at its line.
pub(super) fn of_file(folder: &Folder) -> Result<Vec<SetTarget>, Box<dyn Error>> {
    let (path, text) = folder.table(TARGETS)?;
    let path = path.display();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut found = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| format!("{path}: {error}"))?;
        let line = row.position().map_or(0, csv::Position::line);
        let cell = |at: usize| row.get(at).unwrap_or_default().trim();
        let wrong = |problem: &dyn std::fmt::Display| format!("{path}: line {line}: {problem}");
        let year = cell(2).parse();
        let object = object_named(cell(0));
        found.push(SetTarget {
            object: object.map_err(|error| wrong(&format!("'{}': {error}", cell(0))))?,
            indicator: cell(1).parse().map_err(|error| wrong(&error))?,
            year: year.map_err(|_| wrong(&"the year is no number"))?,
            growth: cell(3).parse().map_err(|error| wrong(&error))?,
            by: String::new(),
        });
    }
    Ok(found)
}

fn target_json(folder: &Folder, target: &SetTarget) -> Json {
    json!({
        "mark": folder.settings.mark,
        "object": target.object.id(),
        "name": folder.name(&target.object),
        "indicator": target.indicator.to_string(),
        "year": target.year,
        "growth": target.growth.to_string(),
        "by": target.by,
    })
}

fn tell(list: &ListArguments) -> Result<ExitCode, Box<dyn Error>> {
    let common = &list.common;
    let folder = Folder::open(common)?;
    let mut found = of_folder(&folder)?;
    found.retain(|of| list.year.is_none_or(|year| of.year == year));
    if common.json {
        let lines = found.iter().map(|target| target_json(&folder, target));
        say(Json::from(lines.collect::<Vec<_>>()));
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&[
        (common.choose(["code", "代码"]), Side::Left),
        (common.choose(["name", "名称"]), Side::Left),
        (common.choose(["figure", "指标"]), Side::Left),
        (common.choose(["year", "年份"]), Side::Right),
        (common.choose(["target %", "目标%"]), Side::Right),
        (common.choose(["set by", "设定单位"]), Side::Left),
    ]);
    for of in &found {
        let by = if of.by.is_empty() { TARGETS } else { &of.by };
        table.row(vec![
            short(&of.object),
            folder.name(&of.object).unwrap_or_default(),
            of.indicator.to_string(),
            of.year.to_string(),
            of.growth.to_string(),
            by.to_owned(),
        ]);
    }
    table.say();
    Ok(ExitCode::SUCCESS)
}
