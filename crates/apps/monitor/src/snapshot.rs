//! The figures that a reading is made of: of every enterprise, now and a year before.
//!
//! Not here: adding them up.

use codes::{Code, Date, Industry, Number, Period, Region, Unit};
use facts::history::{Found, find, series_of};
use facts::relation::{Kind, Relation, from_subjects};
use facts::{Error, Form, Indicator, Instant, Object, Role, Series, View};

/// How many enterprises are looked up with one pass over the tables.
const AT_ONCE: usize = 4096;

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
    /// Since when both are known.
    pub known_at: [Instant; 2],
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
        let all = series_of(view, &question.indicator)?.into_iter();
        let asked: Vec<(Series, Object)> = all
            .filter_map(|series| {
                let enterprise = enterprise_of(&series, question)?;
                Some((series, enterprise))
            })
            .collect();
        for some in asked.chunks(AT_ONCE) {
            snapshot.read(view, some, [period, before])?;
        }
        Ok(snapshot)
    }

    /// Reads what some enterprises told of both periods.
    fn read(
        &mut self,
        view: &dyn View,
        asked: &[(Series, Object)],
        [period, before]: [Period; 2],
    ) -> Result<(), Error> {
        let question = &self.question;
        let figures = asked
            .iter()
            .flat_map(|(series, _)| [(series, period), (series, before)]);
        let found = find(view, figures, question.at)?;
        let mut compared = Vec::with_capacity(asked.len());
        for ((_, enterprise), of_both) in asked.iter().zip(found.chunks_exact(2)) {
            let [now, base] = [&of_both[0], &of_both[1]].map(|found| told(found, question));
            match (now?, base?) {
                (Told::In(now), Told::In(base)) => compared.push((enterprise, [now, base])),
                (Told::Nothing, Told::Nothing) => (),
                (Told::InAnother, _) | (_, Told::InAnother) => {
                    self.in_other_units.push(enterprise.clone());
                }
                _ => self.not_comparable.push(enterprise.clone()),
            }
        }
        let enterprises: Vec<_> = compared
            .iter()
            .map(|(enterprise, ..)| *enterprise)
            .collect();
        let places = places(view, &enterprises, question)?;
        for ((enterprise, [now, base]), place) in compared.into_iter().zip(places) {
            match place {
                Some((region, industry)) => self.rows.push(Row {
                    enterprise: enterprise.clone(),
                    region,
                    industry,
                    now: now.0,
                    base: base.0,
                    known_at: [now.1, base.1],
                }),
                None => self.without_place.push(enterprise.clone()),
            }
        }
        Ok(())
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
    /// In the unit of the question; and since when that is known.
    In((Number, Instant)),
    /// What does not convert into the unit of the question.
    InAnother,
}

fn told(found: &Found, question: &Question) -> Result<Told, Error> {
    let told = found.known()?.and_then(|known| {
        let observation = known.observation;
        Some((observation.content.number()?, observation.unit, known.at))
    });
    Ok(match told {
        None => Told::Nothing,
        Some((number, unit, at)) => match unit.convert(number, question.unit) {
            Ok(number) => Told::In((number, at)),
            Err(_) => Told::InAnother,
        },
    })
}

/// Where enterprises are on the last day of the period, and of which industries; `None` of those of
/// which one of both is not known.
fn places(
    view: &dyn View,
    enterprises: &[&Object],
    question: &Question,
) -> Result<Vec<Option<(Region, Industry)>>, Error> {
    let day = question.period.last_day();
    let related = |kind| from_subjects(view, kind, enterprises, question.at);
    let of_both = related(Kind::LiesIn)?.into_iter().zip(related(Kind::IsOf)?);
    let place = |(lies_in, is_of): (Vec<Relation>, Vec<Relation>)| {
        let region = holding(&lies_in, day).find_map(Object::as_region);
        let industry = holding(&is_of, day).find_map(Object::as_industry);
        region.zip(industry)
    };
    Ok(of_both.map(place).collect())
}

/// What relations lead to that hold on a day.
fn holding(related: &[Relation], day: Date) -> impl Iterator<Item = &Object> {
    let holding = related
        .iter()
        .filter(move |relation| relation.holds_on(day));
    holding.map(|relation| &relation.object)
}
