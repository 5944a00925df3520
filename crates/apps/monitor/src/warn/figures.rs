//! Where the figures of an evaluation come from: all that was known at one moment of what a rule is
//! applied to.
//!
//! | form | what is taken |
//! | --- | --- |
//! | `value` | the figure of the period; of year to date also what is told as cumulated |
//! | `cumulative` | what was told as cumulated, or as year to date; else the sum since January |
//! | `yoy`, `mom` | the growth that was told; if none was, that of the figures themselves |
//! | `pull` | what it has more than a year ago, in points of what it is a part of then |
//!
//! A growth that was told is over what can be compared; one of sums need not be. So the one that
//! was told goes first, and the sources say which it is. Each series is read once. Not here: what
//! is made of figures (`evaluation`).

use super::expression::{Reference, Told};
use super::subject::Subject;
use super::unknown::Unknown;
use codes::{Date, Frequency, Number, Period, Rounding, Unit};
use facts::history::{self, Known};
use facts::relation::{self, Kind};
use facts::{Content, Error, Form, Instant, Object, Role, Series, View, derived};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// How many places growths and pulls have that are reckoned here.
const GROWTH_PLACES: u32 = 6;

/// An observation that a figure comes from: which, and which revision of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Of which series.
    pub series: Arc<Series>,
    /// Of which period.
    pub period: Period,
    /// The revision that was known; `None` if nothing was told.
    pub known: Option<Arc<Known>>,
}

/// A figure, or why there is none, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The number, in the unit of the reference.
    pub value: Result<Number, Unknown>,
    /// What it comes from.
    pub sources: Arc<[Source]>,
}

/// Tells the figures of one subject.
pub trait Figures {
    /// The figure of a period.
    ///
    /// # Errors
    /// What the store says; a figure that is not there is none.
    fn figure(&mut self, reference: &Reference, period: Period) -> Result<Figure, Error>;
}

/// The figures of a subject as known at one moment.
pub struct KnownFigures<'v> {
    view: &'v dyn View,
    subject: Subject,
    frequency: Frequency,
    at: Instant,
    /// Around all days that will be asked for.
    days: [Date; 2],
    series: HashMap<Series, Read>,
    figures: HashMap<Reference, HashMap<Period, Figure>>,
}

/// A series, and what is known of it.
type Read = (Arc<Series>, BTreeMap<Period, Arc<Known>>);

/// A number or not, and its sources so far.
struct Made {
    value: Result<Number, Unknown>,
    sources: Vec<Source>,
}

impl Made {
    fn unknown(why: Unknown) -> Self {
        Self {
            value: Err(why),
            sources: Vec::new(),
        }
    }
}

impl<'v> KnownFigures<'v> {
    /// The figures of a subject as known at a moment, for periods from one to another; a year
    /// before the first is read, too.
    pub fn new(
        view: &'v dyn View,
        subject: &Subject,
        [from, to]: [Period; 2],
        at: Instant,
    ) -> Self {
        let first = from.first_day().plus_days(-400).unwrap_or(Date::FIRST);
        Self {
            view,
            subject: subject.clone(),
            frequency: from.frequency(),
            at,
            days: [first, to.last_day()],
            series: HashMap::new(),
            figures: HashMap::new(),
        }
    }

    /// What is known of a period of a series; the series is read at its first period.
    fn known(
        &mut self,
        series: &Series,
        period: Period,
    ) -> Result<(Arc<Series>, Option<Arc<Known>>), Error> {
        if !self.series.contains_key(series) {
            let frequency = series.frequency();
            let span = self.days.map(|day| Period::containing(frequency, day));
            let found = history::as_known_at(self.view, series, span, self.at)?;
            let found = found
                .into_iter()
                .map(|known| (known.period, Arc::new(known)));
            let read = (Arc::new(series.clone()), found.collect());
            self.series.insert(series.clone(), read);
        }
        let (name, rows) = &self.series[series];
        Ok((Arc::clone(name), rows.get(&period).cloned()))
    }

    /// The figure as it was told, in a unit; in its own if none is named.
    fn told(&mut self, series: &Series, period: Period, unit: Option<Unit>) -> Result<Made, Error> {
        let (series, known) = self.known(series, period)?;
        let value = match &known {
            None => Err(Unknown::Untold {
                series: Arc::clone(&series),
                period,
            }),
            Some(known) => converted(&series, known, unit),
        };
        let sources = vec![Source {
            series,
            period,
            known,
        }];
        Ok(Made { value, sources })
    }

    /// Of several series the first that tells anything of the period; else the first of all.
    fn first_told(
        &mut self,
        series: Vec<(Series, Period)>,
        unit: Option<Unit>,
    ) -> Result<Made, Error> {
        let mut first = None;
        for (series, period) in series {
            let made = self.told(&series, period, unit)?;
            if !matches!(made.value, Err(Unknown::Untold { .. })) {
                return Ok(made);
            }
            first.get_or_insert(made);
        }
        Ok(first.expect("there is a series for every form"))
    }

    /// What was told of a period of some subject.
    fn level(
        &mut self,
        of: &Subject,
        reference: &Reference,
        period: Period,
        unit: Option<Unit>,
    ) -> Result<Made, Error> {
        let mut forms = vec![Form::Level];
        if self.frequency == Frequency::YearToDate {
            forms.push(Form::Cumulative);
        }
        let series = |form| {
            Ok((
                of.series(&reference.indicator, self.frequency, form)?,
                period,
            ))
        };
        let series = forms
            .into_iter()
            .map(series)
            .collect::<Result<_, Error>>()?;
        self.first_told(series, unit)
    }

    fn cumulative(&mut self, reference: &Reference, period: Period) -> Result<Made, Error> {
        let unit = Some(reference.unit);
        let series = |frequency, form| self.subject.series(&reference.indicator, frequency, form);
        let mut all = vec![(series(self.frequency, Form::Cumulative)?, period)];
        let to_date = Period::containing(Frequency::YearToDate, period.last_day());
        if to_date.last_day() == period.last_day() {
            for form in [Form::Cumulative, Form::Level] {
                all.push((series(Frequency::YearToDate, form)?, to_date));
            }
        }
        let made = self.first_told(all, unit)?;
        let adds_up = matches!(
            self.frequency,
            Frequency::Month | Frequency::MergedMonth | Frequency::Quarter
        );
        if !adds_up || !matches!(made.value, Err(Unknown::Untold { .. })) {
            return Ok(made);
        }
        self.summed(reference, period)
    }

    /// The sum of the periods of the year so far: twelve at most.
    fn summed(&mut self, reference: &Reference, period: Period) -> Result<Made, Error> {
        let year = period.year_number();
        let mut sum = Made {
            value: Ok(Number::ZERO),
            sources: Vec::new(),
        };
        let mut at = Some(period);
        while let Some(part) = at.filter(|part| part.year_number() == year) {
            let subject = self.subject.clone();
            let made = self.level(&subject, reference, part, Some(reference.unit))?;
            sum.sources.extend(made.sources);
            sum.value = match (sum.value, made.value) {
                (Ok(sum), Ok(more)) => sum.plus(more).map_err(|_| digits(period)),
                (Err(why), _) | (_, Err(why)) => Err(why),
            };
            at = part.previous();
        }
        Ok(sum)
    }

    fn growth(&mut self, reference: &Reference, period: Period) -> Result<Made, Error> {
        let (form, base) = if reference.told == Told::YearOnYear {
            (Form::YearOnYear, period.same_last_year())
        } else {
            (Form::PeriodOnPeriod, period.previous())
        };
        let series = self
            .subject
            .series(&reference.indicator, self.frequency, form)?;
        let told = self.told(&series, period, Some(reference.unit))?;
        if !matches!(told.value, Err(Unknown::Untold { .. })) {
            return Ok(told);
        }
        let Some(base) = base else {
            return Ok(Made::unknown(Unknown::NoPeriod { from: period }));
        };
        let subject = self.subject.clone();
        let now = self.level(&subject, reference, period, None)?;
        let base = self.level(&subject, reference, base, unit_of(&now))?;
        let made = both(now, base, |now, base| {
            derived::growth(now, base, GROWTH_PLACES)
        });
        Ok(made)
    }

    fn pull(&mut self, reference: &Reference, period: Period) -> Result<Made, Error> {
        let Some(before) = period.same_last_year() else {
            return Ok(Made::unknown(Unknown::NoPeriod { from: period }));
        };
        let Some(whole) = self.whole(period)? else {
            return Ok(Made::unknown(Unknown::NoWhole {
                objects: self.subject.objects().to_vec(),
            }));
        };
        let subject = self.subject.clone();
        let now = self.level(&subject, reference, period, None)?;
        let unit = unit_of(&now);
        let base = self.level(&subject, reference, before, unit)?;
        let whole = self.level(&whole, reference, before, unit)?;
        let more = both(now, base, |now, base| Ok(now.minus(base)?));
        let made = both(more, whole, |more, whole| {
            if !whole.is_positive() {
                return Err(Error::Base { base: whole });
            }
            let more = more.times(100.into())?;
            Ok(more.divided_by(whole, GROWTH_PLACES, Rounding::HalfAway)?)
        });
        Ok(made)
    }

    /// What the subject is a part of: an enterprise of the region in which it lies.
    fn whole(&self, period: Period) -> Result<Option<Subject>, Error> {
        let is_enterprise = |object: &&Object| object.role() == Role::ENTERPRISE;
        let enterprise = self.subject.objects().iter().find(is_enterprise);
        let Some(enterprise) = enterprise.filter(|_| self.subject.region().is_none()) else {
            return Ok(self.subject.whole());
        };
        let related = relation::from_subject(self.view, Kind::LiesIn, enterprise, self.at)?;
        let day = period.last_day();
        let mut holding = related.iter().filter(|relation| relation.holds_on(day));
        let region = holding.find_map(|relation| relation.object.as_region());
        let others = self
            .subject
            .objects()
            .iter()
            .filter(|object| *object != enterprise);
        let objects = |region| others.cloned().chain([Object::region(region)]);
        region
            .map(|region| Subject::new(objects(region)))
            .transpose()
    }
}

impl Figures for KnownFigures<'_> {
    fn figure(&mut self, reference: &Reference, period: Period) -> Result<Figure, Error> {
        let found = self.figures.get(reference).and_then(|of| of.get(&period));
        if let Some(found) = found {
            return Ok(found.clone());
        }
        let made = match reference.told {
            Told::Value => {
                let subject = self.subject.clone();
                self.level(&subject, reference, period, Some(reference.unit))?
            }
            Told::Cumulative => self.cumulative(reference, period)?,
            Told::YearOnYear | Told::PeriodOnPeriod => self.growth(reference, period)?,
            Told::Pull => self.pull(reference, period)?,
        };
        let figure = Figure {
            value: made.value,
            sources: made.sources.into(),
        };
        let of = self.figures.entry(reference.clone()).or_default();
        of.insert(period, figure.clone());
        Ok(figure)
    }
}

fn converted(series: &Arc<Series>, known: &Known, unit: Option<Unit>) -> Result<Number, Unknown> {
    let (series, period) = (Arc::clone(series), known.period);
    let told = known.observation.unit;
    match known.observation.content {
        Content::Missing(reason) => Err(Unknown::Missing {
            series,
            period,
            reason,
        }),
        Content::Suppressed => Err(Unknown::Suppressed { series, period }),
        Content::Reported(number) | Content::Estimated(number) => {
            let wanted = unit.unwrap_or(told);
            told.convert(number, wanted).map_err(|error| match error {
                codes::Error::Units { .. } => Unknown::Unit {
                    series,
                    period,
                    told,
                    wanted,
                },
                _ => digits(period),
            })
        }
    }
}

/// The unit that a figure was told in.
fn unit_of(made: &Made) -> Option<Unit> {
    let known = made.sources.first()?.known.as_ref()?;
    Some(known.observation.unit)
}

/// What is made of two figures; of the second, the base, the sources say which it is.
fn both(one: Made, base: Made, of: impl Fn(Number, Number) -> Result<Number, Error>) -> Made {
    let value = match (one.value, base.value, base.sources.first()) {
        (Ok(one), Ok(number), Some(source)) => of(one, number).map_err(|error| match error {
            Error::Base { .. } => Unknown::Base {
                series: Arc::clone(&source.series),
                period: source.period,
            },
            _ => digits(source.period),
        }),
        (Err(why), _, _) | (_, Err(why), _) => Err(why),
        (Ok(_), Ok(_), None) => unreachable!("whatever has a number was told somewhere"),
    };
    let mut sources = one.sources;
    sources.extend(base.sources);
    Made { value, sources }
}

fn digits(period: Period) -> Unknown {
    Unknown::Digits {
        place: None,
        period,
    }
}
