//! `nameplate monitor silences`: that nobody be told of some warnings for a while.
//!
//! Not here: what is muted by them (room `monitor`).

use super::Common;
use super::clock;
use super::folder::{Folder, now};
use super::table::{Side, Table};
use crate::output::say;
use clap::{Args, Subcommand};
use codes::{Date, Region};
use facts::{Instant, Object};
use monitor::warn::register::By;
use monitor::warn::silence::{self, Silence};
use serde_json::{Value as Json, json};
use std::error::Error;
use std::process::ExitCode;

const DAY_MS: u64 = 86_400_000;

#[derive(Args)]
pub(super) struct SilencesArguments {
    #[command(subcommand)]
    command: SilencesCommand,
}

#[derive(Subcommand)]
enum SilencesCommand {
    /// All of them, with who asked for them, why and until when. (静默)
    List(CommonArguments),
    /// Tell nobody of warnings of a rule or a region from now on. (设置)
    Keep(KeepArguments),
    /// Lift one, or clear one away that has ended. (解除)
    Lift(LiftArguments),
}

#[derive(Args)]
struct CommonArguments {
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct KeepArguments {
    /// What it shall be called.
    name: String,
    /// Of this rule alone.
    #[arg(long, value_name = "NAME", required_unless_present = "region")]
    rule: Option<String>,
    /// Of this region and all that lies in it alone.
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
    /// The last day of it, at most 92 days off.
    #[arg(long, value_name = "DAY")]
    until: Date,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who asks for it.
    #[arg(long, value_name = "NAME")]
    by: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct LiftArguments {
    /// Which.
    name: String,
    /// Who does it.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why.
    #[arg(long, value_name = "TEXT", default_value = "")]
    remark: String,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &SilencesArguments) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.command {
        SilencesCommand::List(list) => tell(&list.common),
        SilencesCommand::Keep(keep) => {
            let folder = Folder::open(&keep.common)?;
            let from = now();
            let silence = Silence {
                name: keep.name.clone(),
                rule: keep.rule.clone(),
                region: keep.region,
                from,
                until: clock::in_china(keep.until, DAY_MS),
                by: keep.by.clone(),
                reason: keep.reason.clone(),
            };
            facts::commit(&folder.store, from, |view, at| {
                Ok((silence::keep(view, at, &silence)?, ()))
            })?;
            say(format_args!("{}: {}", silence.name, keep.until));
            Ok(ExitCode::SUCCESS)
        }
        SilencesCommand::Lift(lift) => {
            let folder = Folder::open(&lift.common)?;
            let by = By {
                who: &lift.by,
                remark: &lift.remark,
            };
            facts::commit(&folder.store, now(), |view, at| {
                Ok((silence::lift(view, at, &lift.name, by)?, ()))
            })?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn state(of: &Silence, now: Instant) -> [&'static str; 2] {
    match of {
        _ if of.until <= now => ["ended", "已到期"],
        _ if of.from > now => ["to come", "未开始"],
        _ => ["holds", "生效中"],
    }
}

fn tell(common: &Common) -> Result<ExitCode, Box<dyn Error>> {
    let folder = Folder::open(common)?;
    let (all, now) = (silence::all(&*folder.view())?, now());
    if common.json {
        let line = |of: &Silence| {
            json!({
                "name": of.name,
                "rule": of.rule,
                "region": of.region.map(|region| region.to_string()),
                "from": of.from.to_string(),
                "until": of.until.to_string(),
                "by": of.by,
                "reason": of.reason,
                "state": state(of, now)[0],
            })
        };
        say(Json::from(all.iter().map(line).collect::<Vec<_>>()));
        return Ok(ExitCode::SUCCESS);
    }
    let headings = [
        ["name", "名称"],
        ["state", "状态"],
        ["of", "范围"],
        ["until before", "到期"],
        ["by", "申请单位"],
        ["reason", "原因"],
    ];
    let headings = headings.map(|names| (common.choose(names), Side::Left));
    let mut table = Table::new(&headings);
    for of in &all {
        let region = of.region.map(|region| {
            let name = folder.name(&Object::region(region));
            name.unwrap_or_else(|| region.to_string())
        });
        let within: Vec<_> = of.rule.clone().into_iter().chain(region).collect();
        table.row(vec![
            of.name.clone(),
            common.choose(state(of, now)).to_owned(),
            within.join(" "),
            of.until.to_string(),
            of.by.clone(),
            of.reason.clone(),
        ]);
    }
    table.say();
    Ok(ExitCode::SUCCESS)
}
