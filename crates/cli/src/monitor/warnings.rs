//! `nameplate monitor warn` and `warnings`: judging by the live rules, and what is open.
//!
//! Not here: the rules themselves (`rules`, room `monitor`).

use super::folder::{Folder, now};
use super::question::month_for;
use super::run::{Judging, judge_all};
use super::table::{Side, Table};
use super::{Common, choose};
use crate::output::say;
use clap::Args;
use monitor::warn::{Rule, Subject, warning};
use serde_json::json;
use std::error::Error;
use std::process::ExitCode;

/// The most warnings that are listed.
const WARNINGS_MAX: usize = 10_000;

#[derive(Args)]
pub(super) struct WarnArguments {
    /// By the figures of which month.
    #[arg(long, short, value_name = "MONTH")]
    month: String,
    /// Who sees to new warnings.
    #[arg(long, value_name = "NAME")]
    owner: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(super) struct WarningsArguments {
    /// Only those of this rule.
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run_warn(arguments: &WarnArguments) -> Result<ExitCode, Box<dyn Error>> {
    let folder = Folder::open(&arguments.common)?;
    let period = |rule: &Rule| month_for(rule.frequency(), &arguments.month);
    let owner = |_: &Subject| arguments.owner.clone();
    let Judging {
        rules,
        judged,
        steps,
    } = judge_all(&folder, now(), &period, &owner)?;
    let open = warning::all_open(&*folder.view(), None, WARNINGS_MAX)?.len();
    let common = &arguments.common;
    if common.json {
        let mark = &folder.settings.mark;
        say(json!({"mark": mark, "rules": rules, "judged": judged, "steps": steps, "open": open}));
    } else {
        say(common.choose([
            &format!(
                "{rules} live rules, {judged} judgements, {steps} changes; {open} warnings open"
            ),
            &format!("启用规则{rules}条，判断{judged}次，变动{steps}处；未解除预警{open}条"),
        ]));
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn run_warnings(arguments: &WarningsArguments) -> Result<ExitCode, Box<dyn Error>> {
    let common = &arguments.common;
    let folder = Folder::open(common)?;
    let found = warning::all_open(&*folder.view(), arguments.rule.as_deref(), WARNINGS_MAX)?;
    if common.json {
        let line = |of: &warning::Warning| {
            let objects = of.subject.objects().iter().map(ToString::to_string);
            json!({
                "mark": folder.settings.mark,
                "name": of.name,
                "rule": of.rule,
                "objects": objects.collect::<Vec<_>>(),
                "level": of.level_name,
                "raisedIn": of.raised_in.to_string(),
                "owner": of.owner,
                "acknowledgedBy": of.acknowledged.as_ref().map(|(who, _)| who),
            })
        };
        say(serde_json::Value::from(
            found.iter().map(line).collect::<Vec<_>>(),
        ));
        return Ok(ExitCode::SUCCESS);
    }
    let language = common.language();
    let mut table = Table::new(&[
        (choose(language, ["level", "级别"]), Side::Left),
        (choose(language, ["rule", "规则"]), Side::Left),
        (choose(language, ["of", "对象"]), Side::Left),
        (choose(language, ["since", "始于"]), Side::Left),
        (choose(language, ["owner", "责任单位"]), Side::Left),
        (choose(language, ["seen by", "确认"]), Side::Left),
    ]);
    for of in &found {
        let objects = of.subject.objects().iter();
        let names = objects.map(|of| folder.name(of).unwrap_or_else(|| of.id().to_owned()));
        table.row(vec![
            of.level_name.clone(),
            of.rule.clone(),
            names.collect::<Vec<_>>().join(" "),
            of.raised_in.to_string(),
            of.owner.clone(),
            of.acknowledged
                .as_ref()
                .map_or("-".to_owned(), |(who, _)| who.clone()),
        ]);
    }
    if !folder.settings.mark.is_empty() {
        say(format_args!("【{}】", folder.settings.mark));
    }
    table.say();
    Ok(ExitCode::SUCCESS)
}
