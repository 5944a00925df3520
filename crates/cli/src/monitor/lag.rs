//! `nameplate monitor lag`: who is furthest behind his target, and what the rest of the year needs.
//!
//! Targets are the user's: `targets.csv`. Both years are of the same enterprises, those that told
//! of both. Not here: how it is reckoned (room `monitor`).

use super::Common;
use super::folder::{Folder, TARGETS};
use super::objects::object;
use super::question::{asked, indicator_names, month};
use super::show::short;
use super::table::{Side, Table, bold};
use crate::output::say;
use clap::Args;
use codes::{Code, Frequency, Number, Period, Unit};
use facts::derived::Target;
use facts::history::one_as_known_at;
use facts::{Form, Indicator, Instant, Object, Series, View};
use monitor::{Behind, Question, Row, Snapshot, lag};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;

#[derive(Args)]
#[command(
    after_help = "Targets stand in targets.csv of the folder: object,indicator,year,growth, where \
                  an object is the code of a region, an industry or an enterprise, and the growth \
                  is that of the whole year in per cent."
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

/// A target as the table tells it.
struct Wanted {
    object: Object,
    growth: Number,
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
    let wanted = wanted(&folder, indicator, period.year_number())?;
    if wanted.is_empty() {
        let (path, _) = folder.table(TARGETS)?;
        let (path, year) = (path.display(), period.year_number());
        return Err(
            format!("{path}: there is no target of {indicator} for {year}; add one").into(),
        );
    }
    let view = folder.view();
    let snapshot = Snapshot::take(&*view, &question)?;
    let (targets, to_date) = targets(&*view, &snapshot, &wanted)?;
    let found = lag(&targets, &to_date, 1)?;
    if arguments.common.json {
        say(json(&folder, &question, &targets, &found));
    } else {
        tell(&folder, arguments, &question, &targets, &found);
    }
    Ok(ExitCode::SUCCESS)
}

/// The targets of an indicator and a year, each at its line.
fn wanted(folder: &Folder, indicator: &str, year: u16) -> Result<Vec<Wanted>, Box<dyn Error>> {
    let (path, text) = folder.table(TARGETS)?;
    let path = path.display();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut found = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| format!("{path}: {error}"))?;
        let line = row.position().map_or(0, csv::Position::line);
        let cell = |at: usize| row.get(at).unwrap_or_default().trim();
        let wrong = |problem: &dyn std::fmt::Display| format!("{path}: line {line}: {problem}");
        let of_year: u16 = cell(2)
            .parse()
            .map_err(|_| wrong(&"the year is no number"))?;
        let growth: Number = cell(3).parse().map_err(|error| wrong(&error))?;
        let object = object(cell(0)).map_err(|error| wrong(&error))?;
        if cell(1).eq_ignore_ascii_case(indicator) && of_year == year {
            found.push(Wanted { object, growth });
        }
    }
    Ok(found)
}

type Targets = (BTreeMap<Object, Target>, BTreeMap<Object, Number>);

/// What the years came to, of each object that has a target. Of one of which nothing is told the
/// year before is taken as one, so that it is told of as one that is to be asked.
fn targets(view: &dyn View, of: &Snapshot, wanted: &[Wanted]) -> Result<Targets, Box<dyn Error>> {
    let mut targets = BTreeMap::new();
    let mut to_date = BTreeMap::new();
    for Wanted { object, growth } in wanted {
        let rows: Vec<&Row> = of.rows.iter().filter(|row| is_of(row, object)).collect();
        let base_to_date = Number::sum(rows.iter().map(|row| row.base))?;
        let is_told = base_to_date.is_positive();
        let mut base_year = Number::ZERO;
        for row in &rows {
            base_year = base_year.plus(last_year(view, of, row)?)?;
        }
        let or_one = |number| if is_told { number } else { Number::from(1) };
        let target = Target {
            growth: *growth,
            base_year: or_one(base_year),
            base_to_date: or_one(base_to_date),
        };
        targets.insert(object.clone(), target);
        if is_told {
            to_date.insert(object.clone(), Number::sum(rows.iter().map(|row| row.now))?);
        }
    }
    Ok((targets, to_date))
}

fn is_of(row: &Row, object: &Object) -> bool {
    row.enterprise == *object
        || object
            .as_region()
            .is_some_and(|region| row.region.is_within(region))
        || object
            .as_industry()
            .is_some_and(|industry| row.industry.is_within(industry))
}

/// What an enterprise told of the whole year before; what it told to the same month if it has told
/// no more.
fn last_year(view: &dyn View, of: &Snapshot, row: &Row) -> Result<Number, Box<dyn Error>> {
    let question = &of.question;
    let indicator: Indicator = question.indicator.clone();
    let objects = [row.enterprise.clone()];
    let series = Series::new(indicator, objects, Frequency::YearToDate, question.form)?;
    let year = question.period.year_number() - 1;
    let Some(december) = Period::year_to_date(year, 12) else {
        return Ok(row.base);
    };
    let known = one_as_known_at(view, &series, december, question.at)?;
    let number = known.and_then(|known| {
        let observation = known.observation;
        Some((observation.content.number()?, observation.unit))
    });
    match number {
        Some((number, unit)) => Ok(unit.convert(number, question.unit)?),
        None => Ok(row.base),
    }
}

fn json(
    folder: &Folder,
    question: &Question,
    targets: &BTreeMap<Object, Target>,
    found: &[Behind],
) -> Json {
    let line = |of: &Behind| {
        let way = of.way;
        let number = |number: Option<Number>| number.map(|number| number.to_string());
        json!({
            "object": of.object.id(),
            "name": folder.name(&of.object),
            "target": targets.get(&of.object).map(|target| target.growth.to_string()),
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

fn tell(
    folder: &Folder,
    arguments: &LagArguments,
    question: &Question,
    targets: &BTreeMap<Object, Target>,
    found: &[Behind],
) {
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
            or_none(targets.get(&of.object).map(|target| target.growth)),
            or_none(of.way.map(|way| way.growth)),
            or_none(of.way.map(|way| way.behind)),
            or_none(of.way.and_then(|way| way.growth_needed)),
        ]);
    }
    table.say();
}
