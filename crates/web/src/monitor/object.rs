//! How somebody's figures went: month, cumulated, on the year before, and what was told otherwise
//! since.
//!
//! Of an enterprise that is what it told. Of a region or an industry of it these are sums of
//! enterprises: for those who may see them, of the same enterprises in all months; for others out
//! of the boards that may be shown.

use super::access::Rights;
use super::call::{Answer, Call, Problem};
use super::question::PLACES;
use crate::reply::Reply;
use codes::{Code, CreditCode, Frequency, Industry, Number, Period, Region, Unit};
use facts::derived::growth;
use facts::history::{Known, as_known_at, revisions};
use facts::relation::{Kind, from_subject};
use facts::{Form, Object, Role, Series, View};
use monitor::province::INDICATORS;
use monitor::{Figure, Question, collect};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// How many months are told.
const MONTHS_COUNT: usize = 36;

/// How many months are told out of boards: each is protected for itself, which takes its time.
const BOARDS_COUNT: usize = 13;

/// The most revisions that are told of all months together.
const REVISIONS_COUNT_MAX: usize = 200;

/// From how many enterprises on a sum is not told month by month: it would read millions of
/// figures.
const SUMMED_COUNT_MAX: usize = 20_000;

pub(super) fn answer(call: &Call<'_>) -> Answer {
    let question = call.question()?;
    let mut said = call.asked_json(&question);
    if let Some(written) = call.parameter("enterprise") {
        call.must(Rights::See)?;
        let code: CreditCode = written.parse()?;
        of_enterprise(call, &question, code, &mut said)?;
        return Ok(call.tell(said));
    }
    let region = call.region()?;
    let industry = call.parameter("industry").map(str::parse).transpose()?;
    let objects = [Some(Object::region(region)), industry.map(Object::industry)];
    said["objects"] = objects.iter().flatten().map(|of| call.object(of)).collect();
    said["revisions"] = json!([]);
    let points = if call.may(Rights::See) {
        summed(call, &question, region, industry)?
    } else {
        of_boards(call, &question, region, industry)?
    };
    said["isSum"] = json!(true);
    said["isProtected"] = json!(!call.may(Rights::See));
    said["points"] = points.iter().map(Point::json).collect();
    Ok(call.tell(said))
}

/// What is told of a month.
struct Point {
    period: Period,
    now: Option<Number>,
    cumulated: Option<Number>,
    growth: Option<Number>,
    revisions: usize,
    /// How many of those who are summed have told nothing of it.
    missing: usize,
}

impl Point {
    fn json(&self) -> Json {
        json!({
            "period": self.period.to_string(),
            "month": self.period.last_day().to_string().get(..7),
            "now": self.now.map(|of| of.to_string()),
            "cumulated": self.cumulated.map(|of| of.to_string()),
            "growth": self.growth.map(|of| of.to_string()),
            "revisions": self.revisions,
            "missing": self.missing,
        })
    }
}

/// Adds up from January, and leaves out what follows a month of which nothing is known, or not all
/// is. Nothing of what stands at the end of a month: ten months' stocks are no stock.
fn cumulate(points: &mut [Point], indicator: &str) -> Result<(), Problem> {
    let known = INDICATORS.iter().find(|of| of.code == indicator);
    if !known.is_some_and(|of| of.kind.adds_up()) {
        return Ok(());
    }
    let mut sum: Option<(Period, Number)> = None;
    for point in points {
        let is_first = point.period.first_day().month() == 1;
        let before = match sum.take() {
            _ if is_first => Some(Number::ZERO),
            Some((of, before)) if of.plus(1) == Some(point.period) => Some(before),
            _ => None,
        };
        if let (Some(before), Some(now), 0) = (before, point.now, point.missing) {
            let all = before.plus(now)?;
            point.cumulated = Some(all);
            sum = Some((point.period, all));
        }
    }
    Ok(())
}

fn of_enterprise(
    call: &Call<'_>,
    question: &Question,
    code: CreditCode,
    said: &mut Json,
) -> Result<(), Problem> {
    let object = Object::enterprise(code);
    let view = call.bureau.view();
    let months = call.bureau.months();
    let of = |frequency, form| {
        let indicator = question.indicator.clone();
        Series::new(indicator, [object.clone()], frequency, form)
    };
    let level = of(months, Form::Level)?;
    let ends = [codes::Date::FIRST, codes::Date::LAST];
    let all = ends.map(|day| Period::containing(months, day));
    let known = as_known_at(&*view, &level, all, question.at)?;
    let mut figures: BTreeMap<Period, Number> = BTreeMap::new();
    for known in &known {
        if let Some(number) = number(known, question.unit)? {
            figures.insert(known.period, number);
        }
    }
    let (mut points, mut told) = (Vec::new(), Vec::new());
    for known in known.iter().rev().take(MONTHS_COUNT) {
        let revised = revisions(&*view, &level, known.period)?;
        let now = figures.get(&known.period).copied();
        points.push(Point {
            period: known.period,
            now,
            cumulated: None,
            growth: growth_of(&figures, known.period, now),
            revisions: revised.len().saturating_sub(1),
            missing: 0,
        });
        if revised.len() > 1 && told.len() < REVISIONS_COUNT_MAX {
            for known in &revised {
                told.push(told_json(&*view, &level, known)?);
            }
        } else if points.len() == 1 {
            told.push(told_json(&*view, &level, known)?);
        }
    }
    points.reverse();
    cumulate(&mut points, &question.indicator.to_string())?;
    said["objects"] = json!([call.object(&object)]);
    said["within"] = json!(within(call, &*view, &object, question)?);
    said["points"] = points.iter().map(Point::json).collect();
    said["revisions"] = json!(told);
    said["isSum"] = json!(false);
    said["isProtected"] = json!(false);
    Ok(())
}

fn growth_of(
    figures: &BTreeMap<Period, Number>,
    of: Period,
    now: Option<Number>,
) -> Option<Number> {
    let base = figures.get(&of.same_last_year()?)?;
    growth(now?, *base, PLACES).ok()
}

fn number(known: &Known, unit: Unit) -> Result<Option<Number>, Problem> {
    let observation = &known.observation;
    let number = observation.content.number();
    let converted = number.map(|number| observation.unit.convert(number, unit));
    Ok(converted.transpose()?)
}

/// What was told, by whom, and in which cell of which file it stood.
fn told_json(view: &dyn View, series: &Series, known: &Known) -> Result<Json, Problem> {
    let observation = &known.observation;
    let source = collect::source(view, series, known)?;
    let source = source.map(|source| {
        json!({
            "file": source.batch.file,
            "sheet": source.sheet,
            "cell": source.place.to_string(),
            "batch": source.id.to_string(),
        })
    });
    Ok(json!({
        "period": known.period.to_string(),
        "month": known.period.last_day().to_string().get(..7),
        "knownAt": known.at.to_string(),
        "number": observation.content.number().map(|number| number.to_string()),
        "unit": super::question::unit_json(observation.unit),
        "reporter": observation.reporter,
        "source": source,
    }))
}

/// The regions and industries that an enterprise is in.
fn within(
    call: &Call<'_>,
    view: &dyn View,
    object: &Object,
    question: &Question,
) -> Result<Vec<Json>, Problem> {
    let day = question.period.last_day();
    let mut found = Vec::new();
    for kind in [Kind::LiesIn, Kind::IsOf] {
        let related = from_subject(view, kind, object, question.at)?;
        let holding = related.iter().filter(|relation| relation.holds_on(day));
        found.extend(holding.map(|relation| call.object(&relation.object)));
    }
    Ok(found)
}

/// Sums of those who can be compared in the month that is asked for, in all months: so that nobody
/// who came or went makes a step in the line.
fn summed(
    call: &Call<'_>,
    question: &Question,
    region: Region,
    industry: Option<Industry>,
) -> Result<Vec<Point>, Problem> {
    let snapshot = call.bureau.snapshot(question)?;
    let rows = snapshot.of(region, industry);
    if rows.len() > SUMMED_COUNT_MAX {
        return Ok(Vec::new());
    }
    let view = call.bureau.view();
    let months = call.bureau.months();
    let last = Period::containing(months, question.period.last_day());
    let count = i32::try_from(MONTHS_COUNT).unwrap_or(i32::MAX);
    let first = last.plus(1 - count).unwrap_or(last);
    // A year more, which growth is reckoned from.
    let from = first.same_last_year().unwrap_or(first);
    let mut sums: BTreeMap<Period, Vec<(Object, Number)>> = BTreeMap::new();
    for row in &rows {
        let objects = [row.enterprise.clone()];
        let series = Series::new(question.indicator.clone(), objects, months, Form::Level)?;
        for known in as_known_at(&*view, &series, [from, last], question.at)? {
            if let Some(number) = number(&known, question.unit)? {
                let of = sums.entry(known.period).or_default();
                of.push((row.enterprise.clone(), number));
            }
        }
    }
    let mut points = Vec::new();
    for (period, figures) in sums.range(first..) {
        let before = period.same_last_year().and_then(|of| sums.get(&of));
        points.push(Point {
            period: *period,
            now: Some(Number::sum(figures.iter().map(|(_, number)| *number))?),
            cumulated: None,
            growth: before.and_then(|before| growth_over_both(before, figures)),
            revisions: 0,
            missing: rows.len() - figures.len(),
        });
    }
    cumulate(&mut points, &question.indicator.to_string())?;
    Ok(points)
}

/// The growth over those who told of both; both are in the order of their codes.
fn growth_over_both(before: &[(Object, Number)], now: &[(Object, Number)]) -> Option<Number> {
    let before: BTreeMap<&Object, Number> = before.iter().map(|(of, n)| (of, *n)).collect();
    let (mut sum, mut base) = (Number::ZERO, Number::ZERO);
    for (object, number) in now {
        if let Some(was) = before.get(object) {
            sum = sum.plus(*number).ok()?;
            base = base.plus(*was).ok()?;
        }
    }
    growth(sum, base, PLACES).ok()
}

/// What the boards of the months tell of a place; nothing of regions and industries that they do
/// not have.
fn of_boards(
    call: &Call<'_>,
    question: &Question,
    region: Region,
    industry: Option<Industry>,
) -> Result<Vec<Point>, Problem> {
    let months = call.bureau.told_months(&question.indicator.to_string())?;
    let until = |period: &&Period| **period <= question.period;
    let mut points = Vec::new();
    for period in months.iter().filter(until).take(BOARDS_COUNT) {
        let of_month = Question {
            period: *period,
            ..question.clone()
        };
        let board = call.bureau.board(&of_month, call.bureau.region)?;
        let figure = board
            .as_ref()
            .as_ref()
            .and_then(|board| place(board, call.bureau.region, region, industry));
        points.push(Point {
            period: *period,
            now: figure.map(|figure| figure.now),
            cumulated: None,
            growth: figure.and_then(|figure| figure.growth),
            revisions: 0,
            missing: 0,
        });
    }
    points.reverse();
    Ok(points)
}

/// What a board tells of a place; `None` where it hides it, and of places that it does not have.
pub(super) fn place(
    board: &monitor::Board,
    top: Region,
    region: Region,
    industry: Option<Industry>,
) -> Option<Figure> {
    let row = if region == top {
        board.figures.last()?
    } else {
        let own = Object::region(region);
        let at = board.regions.iter().position(|of| *of == own)?;
        board.figures.get(at)?
    };
    let Some(industry) = industry else {
        return row.last().copied().flatten();
    };
    let own = Object::industry(industry);
    let at = board.industries.iter().position(|of| *of == own)?;
    row.get(at).copied().flatten()
}

/// Who is called so: enterprises by a part of their name or code, regions and industries likewise.
pub(super) fn search(call: &Call<'_>) -> Reply {
    const FOUND_COUNT_MAX: usize = 30;
    let Some(wanted) = call.parameter("q") else {
        return call.tell(json!({"found": []}));
    };
    let tables = &call.bureau.tables;
    let own = call.bureau.region;
    let regions = tables.regions.iter();
    let regions = regions.filter(|(region, _)| region.is_within(own));
    let regions = regions.map(|(region, name)| (Object::region(region), name));
    let industries = tables.industries.iter();
    let industries = industries.map(|(industry, name)| (Object::industry(industry), name));
    let is_wanted = |object: &Object, name: &str| {
        name.contains(wanted) || object.id().starts_with(&wanted.to_uppercase())
    };
    let mut found: Vec<Json> = regions
        .chain(industries)
        .filter(|(object, name)| is_wanted(object, name))
        .take(FOUND_COUNT_MAX)
        .map(|(object, _)| call.object(&object))
        .collect();
    if call.may(Rights::See) {
        // Let go of before they are named, which looks them up again.
        let mut enterprises: Vec<Object> = {
            let known = call.bureau.enterprises();
            let of_them = known.iter();
            of_them
                .filter(|(object, name)| {
                    object.role() == Role::ENTERPRISE && is_wanted(object, name)
                })
                .map(|(object, _)| object.clone())
                .collect()
        };
        enterprises.sort();
        let rest = FOUND_COUNT_MAX - found.len();
        let rest = enterprises.iter().take(rest);
        found.extend(rest.map(|of| call.object(of)));
    }
    call.tell(json!({"found": found}))
}

/// The frequency that lag is told for.
pub(super) const TO_DATE: Frequency = Frequency::YearToDate;
