//! `nameplate monitor rules`, `backtest`, `warn` and `warnings`: rules that were tested on the past,
//! and what they warn of.
//!
//! Not here: what a rule says and makes of figures (room `monitor`).

use super::folder::{Folder, now};
use super::question::month;
use super::table::{Side, Table};
use super::{Common, choose};
use crate::output::say;
use clap::{Args, Subcommand};
use codes::{Number, Period};
use facts::history::series_of;
use facts::{Instant, Role, View};
use monitor::warn::back_test::{BackTest, Costs, Trial};
use monitor::warn::register::{self, By, Version};
use monitor::warn::{Rule, Subject, example, warning};
use serde_json::json;
use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

/// The most warnings that are listed.
const WARNINGS_MAX: usize = 10_000;

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

#[derive(Args)]
#[command(
    after_help = "The back-test is noted with the rule. A rule goes live only after somebody has \
                  looked at its back-test: --seen-by says who."
)]
pub(super) struct BackTestArguments {
    /// The rule.
    name: String,
    /// From which month.
    #[arg(long, value_name = "MONTH")]
    from: String,
    /// To which month.
    #[arg(long, value_name = "MONTH")]
    to: String,
    /// From which of its levels on it is an alarm, counted from 1.
    #[arg(long, value_name = "N", default_value_t = 1)]
    level: u8,
    /// Put this threshold of the rule to several numbers: name=number,number,…
    #[arg(long, value_name = "NAME=N,…", value_parser = sweep)]
    sweep: Option<(String, Vec<Number>)>,
    /// Who runs it.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Who has looked at what it says.
    #[arg(long, value_name = "NAME")]
    seen_by: Option<String>,
    #[command(flatten)]
    common: Common,
}

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

fn sweep(written: &str) -> Result<(String, Vec<Number>), String> {
    let (name, numbers) = written.split_once('=').ok_or("write name=number,number")?;
    let numbers = numbers
        .split(',')
        .map(|number| number.trim().parse::<Number>());
    let numbers: Result<Vec<_>, _> = numbers.collect();
    Ok((name.to_owned(), numbers.map_err(|error| error.to_string())?))
}

pub(super) fn run_rules(arguments: &RulesArguments) -> Result<ExitCode, Box<dyn Error>> {
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

fn by(who: &str) -> By<'_> {
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

fn newest(view: &dyn View, name: &str) -> Result<Version, Box<dyn Error>> {
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
fn subjects(view: &dyn View, rule: &Rule) -> Result<Vec<Subject>, facts::Error> {
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

fn period(rule: &Rule, written: &str) -> Result<Period, String> {
    let period = month(written)?;
    Ok(Period::containing(rule.frequency(), period.last_day()))
}

pub(super) fn run_back_test(arguments: &BackTestArguments) -> Result<ExitCode, Box<dyn Error>> {
    let folder = Folder::open(&arguments.common)?;
    let view = folder.view();
    let version = newest(&*view, &arguments.name)?;
    let rule = version.rule()?;
    let trial = Trial {
        subjects: subjects(&*view, &rule)?,
        periods: [
            period(&rule, &arguments.from)?,
            period(&rule, &arguments.to)?,
        ],
        episodes: Vec::new(),
        level: arguments.level,
        lead_max: 1,
        grace: 1,
        costs: Costs {
            miss: 10.into(),
            false_alarm: 1.into(),
        },
        sweep: arguments.sweep.clone(),
    };
    let found = BackTest::run(&*view, &rule, &trial)?;
    drop(view);
    let number = (arguments.name.as_str(), version.number);
    facts::commit(&folder.store, now(), |view, at| {
        register::tested(view, at, number, &found, by(&arguments.by))
    })?;
    if let Some(who) = &arguments.seen_by {
        let digest = found.digest();
        facts::commit(&folder.store, now(), |view, at| {
            register::seen(view, at, number, digest, by(who))
        })?;
    }
    say_back_test(arguments, &folder, &found);
    Ok(ExitCode::SUCCESS)
}

fn say_back_test(arguments: &BackTestArguments, folder: &Folder, found: &BackTest) {
    let common = &arguments.common;
    let score = &found.score;
    let curve = found.curve.iter().flat_map(|(name, points)| {
        points
            .iter()
            .map(move |(number, score)| (name, number, score))
    });
    if common.json {
        let curve: Vec<_> = curve
            .map(|(name, number, score)| {
                json!({
                    "threshold": name,
                    "number": number.to_string(),
                    "alarms": score.false_alarms + score.hits,
                    "periodsInAlarm": score.periods_in_alarm,
                })
            })
            .collect();
        say(json!({
            "mark": folder.settings.mark,
            "rule": arguments.name,
            "digest": found.digest().to_string(),
            "periods": score.periods,
            "periodsInAlarm": score.periods_in_alarm,
            "alarms": score.false_alarms + score.hits,
            "curve": curve,
        }));
        return;
    }
    let (alarms, periods) = (score.false_alarms + score.hits, score.periods);
    let in_alarm = score.periods_in_alarm;
    say(common.choose([
        &format!("{periods} judgements: {alarms} alarms, {in_alarm} periods in alarm"),
        &format!("判断{periods}次：报警{alarms}次，处于报警的期数{in_alarm}"),
    ]));
    for (name, number, score) in curve {
        let alarms = score.false_alarms + score.hits;
        say(common.choose([
            &format!(
                "    {name} = {number}: {alarms} alarms, {} periods",
                score.periods_in_alarm
            ),
            &format!(
                "    {name} = {number}：报警{alarms}次，{}期",
                score.periods_in_alarm
            ),
        ]));
    }
}

pub(super) fn run_warn(arguments: &WarnArguments) -> Result<ExitCode, Box<dyn Error>> {
    let folder = Folder::open(&arguments.common)?;
    let all = register::all(&*folder.view())?;
    let live = all
        .into_iter()
        .filter(|version| version.state == register::State::Live);
    let (mut rules, mut judged, mut steps) = (0, 0, 0);
    for version in live {
        let rule = version.rule()?;
        let period = period(&rule, &arguments.month)?;
        rules += 1;
        for subject in subjects(&*folder.view(), &rule)? {
            let found = facts::commit(&folder.store, now(), |view, at| {
                warning::judge(
                    view,
                    at,
                    &version,
                    &rule,
                    &subject,
                    period,
                    &arguments.owner,
                )
            })?;
            judged += 1;
            steps += usize::from(found.account.is_some());
        }
    }
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
