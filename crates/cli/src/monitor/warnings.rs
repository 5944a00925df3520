//! `nameplate monitor warn` and `warnings`: judging by the live rules, what is open, whose it is.
//!
//! Not here: the rules themselves (`rules`, room `monitor`).

use super::folder::{Folder, now};
use super::question::month_for;
use super::run::{Judging, judge_all};
use super::table::{Side, Table};
use super::{Common, choose};
use crate::output::say;
use clap::{Args, Subcommand};
use facts::{Instant, View};
use monitor::warn::register::{self, By};
use monitor::warn::{Muted, Rule, Subject, notice, warning};
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
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct WarningsArguments {
    #[command(subcommand)]
    command: Option<WarningsCommand>,
    /// Only those of this rule.
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Subcommand)]
enum WarningsCommand {
    /// All steps of a warning, and why nobody is told of it, if that is so. (经过)
    Show(ShowArguments),
    /// Take a warning over: somebody has taken notice. (认领)
    Take(CareArguments),
    /// Hand a warning over to another owner. (移交)
    HandOver(HandOverArguments),
}

#[derive(Args)]
struct ShowArguments {
    /// Which warning; `warnings --json` says what each is called.
    name: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct CareArguments {
    /// Which warning; `warnings --json` says what each is called.
    name: String,
    /// Who does it.
    #[arg(long, value_name = "BODY")]
    by: String,
    /// What else there is to say.
    #[arg(long, value_name = "TEXT", default_value = "")]
    remark: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct HandOverArguments {
    /// To whom.
    #[arg(long, value_name = "BODY")]
    to: String,
    #[command(flatten)]
    care: CareArguments,
}

fn find(folder: &Folder, name: &str) -> Result<warning::Warning, Box<dyn Error>> {
    let view = folder.view();
    let open = warning::all_open(&*view, None, WARNINGS_MAX)?;
    let open = open.into_iter().find(|of| of.name == name);
    let found = match open {
        Some(open) => Some(open),
        None => warning::ended(&*view, name)?,
    };
    found.ok_or_else(|| format!("there is no warning '{name}'").into())
}

type Planned = Result<(facts::Change, warning::Warning), facts::Error>;

/// Takes a step of a warning in somebody's name.
fn care(
    of: &CareArguments,
    plan: impl Fn(&dyn View, Instant, (&str, &Subject), By<'_>) -> Planned,
) -> Result<ExitCode, Box<dyn Error>> {
    let folder = Folder::open(&of.common)?;
    let found = find(&folder, &of.name)?;
    let by = By {
        who: &of.by,
        remark: &of.remark,
    };
    let taken = facts::commit(&folder.store, now(), |view, at| {
        plan(view, at, (&found.rule, &found.subject), by)
    })?;
    tell_steps(&of.common, &folder, &taken)
}

fn run_command(command: &WarningsCommand) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        WarningsCommand::Show(of) => {
            let folder = Folder::open(&of.common)?;
            let found = find(&folder, &of.name)?;
            tell_steps(&of.common, &folder, &found)
        }
        WarningsCommand::Take(of) => care(of, warning::acknowledge),
        WarningsCommand::HandOver(of) => care(&of.care, |view, at, which, by| {
            warning::hand_over(view, at, which, &of.to, by)
        }),
    }
}

/// Why nobody is told of a warning as it stands, if that is so.
fn muted(folder: &Folder, of: &warning::Warning) -> Result<Option<Muted>, Box<dyn Error>> {
    let view = folder.view();
    let version = register::find(&*view, &of.rule, of.version)?;
    let account = warning::account(&*view, of, of.steps)?;
    let Some((version, account)) = version.zip(account) else {
        return Ok(None);
    };
    let told = notice(&*view, now(), &version.rule()?, of, &account)?;
    Ok(told.muted.filter(|_| of.ended_at.is_none()))
}

fn tell_steps(
    common: &Common,
    folder: &Folder,
    of: &warning::Warning,
) -> Result<ExitCode, Box<dyn Error>> {
    let view = folder.view();
    let muted = muted(folder, of)?;
    let said = muted.as_ref().map(|muted| match muted {
        Muted::Inhibited { by } => [
            format!("nobody is told: {by} says it"),
            format!("不另行通知：{by}已提示"),
        ],
        Muted::Silenced { by } => [
            format!("nobody is told: silence {by}"),
            format!("静默期内不通知：{by}"),
        ],
    });
    let mut steps = Vec::new();
    for step in 1..=of.steps {
        steps.extend(warning::account(&*view, of, step)?);
    }
    if common.json {
        let step = |account: &warning::Account| {
            json!({
                "kind": account.kind.word(),
                "cause": account.cause.word(),
                "at": account.at.to_string(),
                "period": account.period.to_string(),
                "level": account.level_name,
                "owner": account.owner,
                "remark": account.remark,
            })
        };
        say(json!({
            "mark": folder.settings.mark,
            "name": of.name,
            "owner": of.owner,
            "acknowledgedBy": of.acknowledged.as_ref().map(|(who, _)| who),
            "muted": said.as_ref().map(|[english, _]| english),
            "steps": steps.iter().map(step).collect::<Vec<_>>(),
        }));
        return Ok(ExitCode::SUCCESS);
    }
    let owner = common.choose(["owner", "责任单位"]);
    let taken = of.acknowledged.as_ref().map_or("-", |(who, _)| who);
    let seen = common.choose(["seen by", "确认"]);
    say(format_args!(
        "{}  {owner} {}  {seen} {taken}",
        of.name, of.owner
    ));
    if let Some([english, chinese]) = &said {
        say(common.choose([english, chinese]));
    }
    for account in &steps {
        let kind = common.choose([account.kind.word(), account.kind.chinese()]);
        let (at, level, owner) = (account.at, &account.level_name, &account.owner);
        say(format_args!(
            "{at}  {kind}  {level}  {owner}  {}",
            account.remark
        ));
    }
    Ok(ExitCode::SUCCESS)
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
    if let Some(command) = &arguments.command {
        return run_command(command);
    }
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
