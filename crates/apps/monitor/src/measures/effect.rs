//! What shows that a measure works: the indicators of a task, their figures and how they moved.
//!
//! A figure beside a task says that it is so, not that the task made it so.
//!
//! Not here: figures that must not be shown; those of a region as it told them are its own to tell.

use codes::{Dimension, Frequency, Number, Period, Region, Unit};
use facts::derived::growth;
use facts::history::{Known, as_known_at, one_as_known_at};
use facts::{Error, Form, Indicator, Instant, Object, Series, View};

/// The indicators of the joint notice's tasks.
const CATALOGUE: &str = include_str!("indicators.csv");

/// How far back the newest figure is looked for, in periods: a year of months.
const BACK_MAX: i32 = 12;

/// The most indicators of a catalogue.
const ENTRIES_MAX: usize = 10_000;

/// An indicator: what it is called, and how it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its code.
    pub code: Indicator,
    /// What it is called in English and in Chinese.
    pub names: [String; 2],
    /// In which form.
    pub form: Form,
    /// How often.
    pub frequency: Frequency,
    /// In which unit.
    pub unit: Unit,
}

impl Entry {
    /// Its series of a region.
    ///
    /// # Errors
    /// [`Error::Count`] never, for one object is neither none nor too many.
    pub fn series(&self, region: Region) -> Result<Series, Error> {
        let object = Object::region(region);
        Series::new(self.code.clone(), [object], self.frequency, self.form)
    }
}

/// The catalogue that the example comes with.
pub fn catalogue() -> Vec<Entry> {
    read_catalogue(CATALOGUE).expect("tests have read our own table")
}

/// Reads a catalogue in CSV: `code,name,name_en,form,unit`, where the form is `level` of a month,
/// `level-to-date` (a share of what was made since January), `cumulative`, `year-on-year` of what
/// is cumulated, or `period-on-period` of months.
///
/// # Errors
/// [`Error::Missing`] of the line that cannot be read, and why.
pub fn read_catalogue(csv: &str) -> Result<Vec<Entry>, Error> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let mut entries = Vec::new();
    for row in reader.records().take(ENTRIES_MAX + 1) {
        let row = row.map_err(|error| unreadable(error.to_string()))?;
        let cell = |at: usize| row.get(at).unwrap_or_default().trim();
        let told = told(cell(3)).ok_or_else(|| unreadable(format!("form '{}'", cell(3))))?;
        let (form, frequency) = told;
        entries.push(Entry {
            code: cell(0).parse()?,
            names: [cell(2), cell(1)].map(str::to_owned),
            form,
            frequency,
            unit: cell(4).parse()?,
        });
    }
    if entries.len() > ENTRIES_MAX {
        return Err(Error::Count {
            what: "indicators of a catalogue",
            counted: entries.len(),
            expected: "at most 10000",
        });
    }
    Ok(entries)
}

fn unreadable(name: String) -> Error {
    let what = "catalogue of indicators with this:";
    Error::Missing { what, name }
}

fn told(name: &str) -> Option<(Form, Frequency)> {
    Some(match name {
        "level" => (Form::Level, Frequency::Month),
        "level-to-date" => (Form::Level, Frequency::YearToDate),
        "cumulative" => (Form::Cumulative, Frequency::YearToDate),
        "year-on-year" => (Form::YearOnYear, Frequency::YearToDate),
        "period-on-period" => (Form::PeriodOnPeriod, Frequency::Month),
        _ => return None,
    })
}

/// How a figure moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// In per cent on the same period of the year before.
    PerCent(Number),
    /// A share or an index, by so much on the same period of the year before.
    Points(Number),
    /// A growth, by so many points on the period before.
    PointsOnPeriod(Number),
}

/// An indicator of a region as it was known at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Which.
    pub entry: Entry,
    /// Of which series.
    pub series: Series,
    /// The newest figure, its period and since when it is known; `None` if there is none of the
    /// last twelve months.
    pub told: Option<Known>,
    /// What it is compared with; `None` if that is not known.
    pub base: Option<Known>,
    /// How it moved; `None` if what it is compared with is not known, or is nothing.
    pub moved: Option<Change>,
}

/// The indicators that a region told of until a month, as known at a moment. Those that the
/// catalogue does not have are passed over.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn effects(
    view: &dyn View,
    catalogue: &[Entry],
    indicators: &[String],
    (region, month): (Region, Period),
    at: Instant,
) -> Result<Vec<Effect>, Error> {
    let entry = |code: &String| {
        catalogue
            .iter()
            .find(|entry| entry.code.to_string() == *code)
    };
    let entries = indicators.iter().filter_map(entry);
    entries
        .map(|entry| effect(view, entry, region, month, at))
        .collect()
}

fn effect(
    view: &dyn View,
    entry: &Entry,
    region: Region,
    month: Period,
    at: Instant,
) -> Result<Effect, Error> {
    let series = entry.series(region)?;
    let to = Period::containing(series.frequency(), month.last_day());
    let from = to.plus(1 - BACK_MAX).unwrap_or(to);
    let known = as_known_at(view, &series, [from, to], at)?;
    let told = known
        .into_iter()
        .rev()
        .find(|known| number(known).is_some());
    let base = match &told {
        Some(told) => base(view, &series, told, at)?,
        None => None,
    };
    let moved = match told.as_ref().zip(base.as_ref()) {
        Some((told, base)) => moved(entry, told, base)?,
        None => None,
    };
    Ok(Effect {
        entry: entry.clone(),
        series,
        told,
        base,
        moved,
    })
}

fn number(known: &Known) -> Option<Number> {
    known.observation.content.number()
}

/// What a figure is compared with: a growth with that to the period before, others with a year
/// before.
fn base(
    view: &dyn View,
    series: &Series,
    told: &Known,
    at: Instant,
) -> Result<Option<Known>, Error> {
    let before = if is_growth(series.form()) {
        // The growth of January has none before it that it goes on from.
        told.period
            .previous()
            .filter(|period| is_same_year(told.period, *period))
    } else {
        told.period.same_last_year()
    };
    match before {
        Some(before) => one_as_known_at(view, series, before, at),
        None => Ok(None),
    }
}

fn is_growth(form: Form) -> bool {
    matches!(form, Form::YearOnYear | Form::PeriodOnPeriod)
}

fn moved(entry: &Entry, told: &Known, base: &Known) -> Result<Option<Change>, Error> {
    let (Some(now), Some(before)) = (number(told), number(base)) else {
        return Ok(None);
    };
    let unit = told.observation.unit;
    // Of units that do not convert evenly nothing is told rather than something rounded.
    let Ok(before) = base.observation.unit.convert(before, unit) else {
        return Ok(None);
    };
    Ok(match unit.dimension() {
        _ if is_growth(entry.form) => Some(Change::PointsOnPeriod(now.minus(before)?)),
        Dimension::Share | Dimension::Points | Dimension::Index => {
            Some(Change::Points(now.minus(before)?))
        }
        // From nothing, or from less, nothing grows by per cent.
        _ => growth(now, before, 1).ok().map(Change::PerCent),
    })
}

fn is_same_year(a: Period, b: Period) -> bool {
    a.year_number() == b.year_number()
}
