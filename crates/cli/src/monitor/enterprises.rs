//! `nameplate monitor enterprises`: the roll, on which an enterprise must be before its figures are
//! taken.
//!
//! Not here: what a row must say (room `monitor`).

use super::Common;
use super::checks::said;
use super::folder::{Folder, now};
use super::load::read;
use super::table::{Side, Table};
use crate::output::{say, say_aside};
use clap::{Args, Subcommand};
use codes::Date;
use facts::relation::{Kind, from_subject};
use facts::{Instant, Object};
use monitor::collect::{
    Directory, ENROLLED_PER_CHANGE, Finding, Limits, Roll, Workbook, end_before_enrolling, enrol,
};
use serde_json::{Value as Json, json};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// The most findings that are said.
const SAID_MAX: usize = 40;

#[derive(Args)]
pub(super) struct EnterprisesArguments {
    #[command(subcommand)]
    command: EnterprisesCommand,
}

#[derive(Subcommand)]
enum EnterprisesCommand {
    /// All that have a name, with their places today. (名录)
    List(ListArguments),
    /// Put the enterprises of a workbook on the roll. (登记)
    Load(LoadArguments),
}

#[derive(Args)]
struct ListArguments {
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
#[command(
    after_help = "The workbook has a row of headings: 统一社会信用代码 (code), 企业名称 (name), \
                  行政区划 (region: code or name), 行业代码 (industry: code or name), and, if \
                  wanted, 起始日期 (from) and 终止日期 (to: the day on which it is over). Who \
                  moves is told with the day since when.\n\n\
                  Exit codes: 0 all rows stand, 1 some do not, 2 wrong usage."
)]
struct LoadArguments {
    /// The workbook: .xlsx, or .csv in UTF-8 or GBK.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Say what could not be, and record nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &EnterprisesArguments) -> Result<ExitCode, Box<dyn Error>> {
    match &arguments.command {
        EnterprisesCommand::List(list) => tell(&list.common),
        EnterprisesCommand::Load(load) => take_in(load),
    }
}

fn take_in(load: &LoadArguments) -> Result<ExitCode, Box<dyn Error>> {
    let common = &load.common;
    let said = said(common, &load.file);
    let octets = read(&load.file)?;
    let folder = Folder::open(common)?;
    let name = load.file.file_name().unwrap_or_default().to_string_lossy();
    let workbook = Workbook::read(&name, &octets, &Limits::default()).map_err(&said)?;
    let directory = Directory::new(&folder.regions, &folder.industries, folder.region()?);
    let roll = Roll::of(&workbook, &directory);
    let (mut findings, mut changed) = (roll.findings, 0);
    for rows in roll.rows.chunks(ENROLLED_PER_CHANGE) {
        let enrolment = if load.dry_run {
            let view = folder.view();
            let at = facts::ledger::Ledger::read(&*view)?.next(now());
            enrol(&*view, at, rows).map_err(&said)?.1
        } else {
            let store = &folder.store;
            facts::commit_of(store, now(), |view, at| {
                end_before_enrolling(view, at, rows)
            })
            .map_err(&said)?;
            facts::commit_of(store, now(), |view, at| enrol(view, at, rows)).map_err(&said)?
        };
        changed += enrolment.changed;
        findings.extend(enrolment.findings);
    }
    findings.sort_by(|a, b| a.spot.cmp(&b.spot));
    if common.json {
        let finding = |of: &Finding| {
            let spot = of.spot.to_string();
            json!({"spot": spot, "english": of.english, "chinese": of.chinese})
        };
        say(json!({
            "mark": folder.settings.mark,
            "rows": roll.rows.len(),
            "changed": changed,
            "findings": findings.iter().map(finding).collect::<Vec<_>>(),
        }));
    } else {
        for of in findings.iter().take(SAID_MAX) {
            let says = common.choose([&of.english, &of.chinese]);
            say_aside(format_args!("{}: {}: {says}", load.file.display(), of.spot));
        }
        let (rows, left) = (roll.rows.len(), findings.len());
        say(common.choose([
            &format!("{rows} enterprises read, {changed} changed; {left} rows cannot stand"),
            &format!("读取{rows}家，变动{changed}家；{left}行有误"),
        ]));
    }
    Ok(ExitCode::from(u8::from(!findings.is_empty())))
}

/// Where an enterprise lies today and what it is of.
fn places(folder: &Folder, object: &Object) -> Result<[String; 2], Box<dyn Error>> {
    let view = folder.view();
    let today = now().day_in_china().unwrap_or(Date::FIRST);
    let mut found = [String::new(), String::new()];
    for (kind, place) in [Kind::LiesIn, Kind::IsOf].into_iter().zip(&mut found) {
        let all = from_subject(&*view, kind, object, Instant::LAST)?;
        let of = all.into_iter().find(|of| of.holds_on(today));
        *place = of.map_or(String::new(), |of| super::show::short(&of.object));
    }
    Ok(found)
}

fn tell(common: &Common) -> Result<ExitCode, Box<dyn Error>> {
    let folder = Folder::open(common)?;
    let mut all: Vec<(&Object, &String)> = folder.enterprises().iter().collect();
    all.sort();
    let mut table = Table::new(&[
        (common.choose(["code", "代码"]), Side::Left),
        (common.choose(["name", "名称"]), Side::Left),
        (common.choose(["region", "地区"]), Side::Left),
        (common.choose(["industry", "行业"]), Side::Left),
    ]);
    let mut lines = Vec::new();
    for (object, name) in all {
        let [region, industry] = places(&folder, object)?;
        if common.json {
            let mark = &folder.settings.mark;
            let code = object.id();
            lines.push(json!({
                "mark": mark, "code": code, "name": name, "region": region, "industry": industry,
            }));
        } else {
            table.row(vec![object.id().to_owned(), name.clone(), region, industry]);
        }
    }
    if common.json {
        say(Json::from(lines));
    } else {
        table.say();
    }
    Ok(ExitCode::SUCCESS)
}
