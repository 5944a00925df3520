//! `nameplate monitor lag`: who is furthest behind his target, and what the rest of the year needs.
//!
//! Targets are the user's: `targets`. Not here: how it is reckoned (room `monitor`).

use super::Common;
use super::folder::{Folder, TARGETS};
use super::question::{asked, indicator_names, month};
use super::show::short;
use super::table::{Side, Table, bold};
use super::targets::of_folder;
use crate::output::say;
use clap::Args;
use codes::{Frequency, Number, Period, Unit};
use facts::{Form, Instant};
use monitor::targets::behind;
use monitor::{Behind, Question, Snapshot};
use serde_json::{Value as Json, json};
use std::error::Error;
use std::process::ExitCode;

#[derive(Args)]
#[command(
    after_help = "Targets stand in targets.csv of the folder: object,indicator,year,growth, where \
                  an object is the code of a region, an industry or an enterprise, and the growth \
                  is that of the whole year in per cent; `nameplate monitor targets set` sets one."
)]
pub(super) struct LagArguments {
    /// To the end of which month, such as 2022-11.
    #[arg(long, short, value_name = "MONTH")]
    month: String,
    /// Which figure; by default as monitor.toml says.
    #[arg(long, value_name = "NAME")]
    indicator: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(arguments: &LagArguments) -> Result<ExitCode, Box<dyn Error>> {
    let folder = Folder::open(&arguments.common)?;
    let month = month(&arguments.month)?;
    let period = Period::containing(Frequency::YearToDate, month.last_day());
    let indicator = arguments
        .indicator
        .as_ref()
        .unwrap_or(&folder.settings.indicator);
    let question = Question {
        indicator: indicator.parse()?,
        form: Form::Cumulative,
        period,
        unit: Unit::YUAN_10K,
        at: Instant::LAST,
    };
    let year = period.year_number();
    let mut all = of_folder(&folder)?;
    all.retain(|of| of.indicator == question.indicator && of.year == year);
    if all.is_empty() {
        let (path, _) = folder.table(TARGETS)?;
        let path = path.display();
        return Err(
            format!("{path}: there is no target of {indicator} for {year}; add one").into(),
        );
    }
    let wanted: Vec<_> = all.iter().map(|of| (&of.object, of.growth)).collect();
    let view = folder.view();
    let snapshot = Snapshot::take(&*view, &question)?;
    let found = behind(&*view, &snapshot, &wanted, 1)?;
    if arguments.common.json {
        say(json(&folder, &question, &found));
    } else {
        tell(&folder, arguments, &question, &found);
    }
    Ok(ExitCode::SUCCESS)
}

fn json(folder: &Folder, question: &Question, found: &[Behind]) -> Json {
    let line = |of: &Behind| {
        let way = of.way;
        let number = |number: Option<Number>| number.map(|number| number.to_string());
        json!({
            "object": of.object.id(),
            "name": folder.name(&of.object),
            "target": of.target.to_string(),
            "growth": number(way.map(|way| way.growth)),
            "behind": number(way.map(|way| way.behind)),
            "rest": number(way.map(|way| way.rest)),
            "growthNeeded": number(way.and_then(|way| way.growth_needed)),
        })
    };
    let mut said = asked(folder, question);
    said["lines"] = found.iter().map(line).collect();
    said
}

fn tell(folder: &Folder, arguments: &LagArguments, question: &Question, found: &[Behind]) {
    let common = &arguments.common;
    let [english, chinese] = indicator_names(&question.indicator.to_string());
    let mark = &folder.settings.mark;
    let mark = if mark.is_empty() {
        String::new()
    } else {
        format!("  【{mark}】")
    };
    let period = common
        .choose([&question.period.to_string(), &question.period.chinese()])
        .to_owned();
    let indicator = common.choose([&english, &chinese]);
    say(bold(&format!("{indicator}  {period}{mark}")));
    say("");
    let mut table = Table::new(&[
        (common.choose(["code", "代码"]), Side::Left),
        (common.choose(["name", "名称"]), Side::Left),
        (common.choose(["target %", "目标%"]), Side::Right),
        (common.choose(["so far %", "累计同比%"]), Side::Right),
        (common.choose(["behind", "差距（点）"]), Side::Right),
        (
            common.choose(["rest of the year needs %", "余期需增%"]),
            Side::Right,
        ),
    ]);
    let or_none = |number: Option<Number>| number.map_or("-".to_owned(), |of| of.to_string());
    for of in found {
        table.row(vec![
            short(&of.object),
            folder.name(&of.object).unwrap_or_default(),
            of.target.to_string(),
            or_none(of.way.map(|way| way.growth)),
            or_none(of.way.map(|way| way.behind)),
            or_none(of.way.and_then(|way| way.growth_needed)),
        ]);
    }
    table.say();
}
