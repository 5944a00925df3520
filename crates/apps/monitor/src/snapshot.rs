//! The figures that a reading is made of: of every enterprise, now and a year before.
//!
//! Not here: adding them up.

use codes::{Code, Industry, Number, Period, Region, Unit};
use facts::history::{one_as_known_at, series_of};
use facts::relation::{Kind, from_subject};
use facts::{Error, Form, Indicator, Instant, Object, Role, Series, View};

/// What is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Which figure.
    pub indicator: Indicator,
    /// In which form it is told; growth is reckoned from levels and cumulated figures.
    pub form: Form,
    /// For which period.
    pub period: Period,
    /// In which unit.
    pub unit: Unit,
    /// As known at which moment.
    pub at: Instant,
}

/// An enterprise with its figures of both periods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The enterprise.
    pub enterprise: Object,
    /// Where it is on the last day of the period; its figures of a year before are counted there
    /// too, so that a move is no growth.
    pub region: Region,
    /// Of which industry it is then, likewise.
    pub industry: Industry,
    /// What it told of the period.
    pub now: Number,
    /// What it told of the same period of the year before.
    pub base: Number,
}

/// The enterprises that can be compared, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// What was asked.
    pub question: Question,
    /// Those that have both figures and a place, in the order of their codes.
    pub rows: Vec<Row>,
    /// Those that have a figure of one period only: they are in no sum, on neither side.
    pub not_comparable: Vec<Object>,
    /// Those of which it is not known where they are, or of which industry: they are in no sum.
    pub without_place: Vec<Object>,
    /// Those that told one of the figures in a unit which does not convert into the one that was
    /// asked for, such as tons for yuan: they are in no sum, and keep nobody else out of it.
    pub in_other_units: Vec<Object>,
}

impl Snapshot {
    /// Reads all series of the indicator that are about one enterprise and nothing else.
    ///
    /// # Errors
    /// [`Error::Gap`] if there is no such period a year before; [`Error::Store`],
    /// [`Error::Stored`].
    pub fn take(view: &dyn View, question: &Question) -> Result<Self, Error> {
        let period = question.period;
        let before = period.same_last_year().ok_or(Error::Gap { period })?;
        let mut snapshot = Self {
            question: question.clone(),
            rows: Vec::new(),
            not_comparable: Vec::new(),
            without_place: Vec::new(),
            in_other_units: Vec::new(),
        };
        for series in series_of(view, &question.indicator)? {
            let Some(enterprise) = enterprise_of(&series, question) else {
                continue;
            };
            let figure = |period| figure(view, &series, period, question);
            let (now, base) = match (figure(period)?, figure(before)?) {
                (Told::In(now), Told::In(base)) => (now, base),
                (Told::Nothing, Told::Nothing) => continue,
                (Told::InAnother, _) | (_, Told::InAnother) => {
                    snapshot.in_other_units.push(enterprise);
                    continue;
                }
                _ => {
                    snapshot.not_comparable.push(enterprise);
                    continue;
                }
            };
            match place(view, &enterprise, question)? {
                Some((region, industry)) => snapshot.rows.push(Row {
                    enterprise,
                    region,
                    industry,
                    now,
                    base,
                }),
                None => snapshot.without_place.push(enterprise),
            }
        }
        Ok(snapshot)
    }

    /// Those of a region, and of an industry if one is named.
    pub fn of(&self, region: Region, industry: Option<Industry>) -> Vec<&Row> {
        let is_of = |row: &&Row| {
            row.region.is_within(region)
                && industry.is_none_or(|industry| row.industry.is_within(industry))
        };
        self.rows.iter().filter(is_of).collect()
    }
}

fn enterprise_of(series: &Series, question: &Question) -> Option<Object> {
    let is_asked =
        series.frequency() == question.period.frequency() && series.form() == question.form;
    match series.objects() {
        [object] if is_asked && object.role() == Role::ENTERPRISE => Some(object.clone()),
        _ => None,
    }
}

/// What an enterprise told of a period.
enum Told {
    Nothing,
    In(Number),
    /// What does not convert into the unit of the question.
    InAnother,
}

fn figure(
    view: &dyn View,
    series: &Series,
    period: Period,
    question: &Question,
) -> Result<Told, Error> {
    let known = one_as_known_at(view, series, period, question.at)?;
    let told = known.and_then(|known| {
        let observation = known.observation;
        Some((observation.content.number()?, observation.unit))
    });
    Ok(match told {
        None => Told::Nothing,
        Some((number, unit)) => match unit.convert(number, question.unit) {
            Ok(number) => Told::In(number),
            Err(_) => Told::InAnother,
        },
    })
}

fn place(
    view: &dyn View,
    enterprise: &Object,
    question: &Question,
) -> Result<Option<(Region, Industry)>, Error> {
    let day = question.period.last_day();
    let objects = |kind| -> Result<Vec<Object>, Error> {
        let related = from_subject(view, kind, enterprise, question.at)?;
        let holding = related
            .into_iter()
            .filter(|relation| relation.holds_on(day));
        Ok(holding.map(|relation| relation.object).collect())
    };
    let region = objects(Kind::LiesIn)?.iter().find_map(Object::as_region);
    let industry = objects(Kind::IsOf)?.iter().find_map(Object::as_industry);
    Ok(region.zip(industry))
}
