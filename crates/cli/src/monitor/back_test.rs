//! `nameplate monitor backtest`: what a rule would have done, by what was known then.
//!
//! Not here: how it is reckoned (room `monitor`).

use super::Common;
use super::folder::{Folder, now};
use super::question::month_for;
use super::rules::{by, newest, subjects};
use crate::output::say;
use clap::Args;
use codes::Number;
use monitor::warn::back_test::{BackTest, Costs, Trial};
use monitor::warn::register;
use serde_json::json;
use std::error::Error;
use std::process::ExitCode;

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

fn sweep(written: &str) -> Result<(String, Vec<Number>), String> {
    let (name, numbers) = written.split_once('=').ok_or("write name=number,number")?;
    let numbers = numbers
        .split(',')
        .map(|number| number.trim().parse::<Number>());
    let numbers: Result<Vec<_>, _> = numbers.collect();
    Ok((name.to_owned(), numbers.map_err(|error| error.to_string())?))
}

pub(super) fn run(arguments: &BackTestArguments) -> Result<ExitCode, Box<dyn Error>> {
    let folder = Folder::open(&arguments.common)?;
    let view = folder.view();
    let version = newest(&*view, &arguments.name)?;
    let rule = version.rule()?;
    let trial = Trial {
        subjects: subjects(&*view, &rule)?,
        periods: [
            month_for(rule.frequency(), &arguments.from)?,
            month_for(rule.frequency(), &arguments.to)?,
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
