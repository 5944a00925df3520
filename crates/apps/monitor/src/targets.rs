//! Targets: who is behind his, how fast the rest of the year must be, and which are set.
//!
//! A target is a growth of the whole year in per cent, of a region, an industry or an enterprise.
//! Both years are reckoned over the same enterprises, those that told of both. Not here: what may
//! be told to whom.

mod kept;

pub use kept::{SetTarget, TargetSet, all, set, unset};

use crate::snapshot::{Question, Row, Snapshot};
use codes::{Code, Frequency, Number, Period};
use facts::derived::{Target, Way};
use facts::history::one_as_known_at;
use facts::{Error, Object, Series, View};
use std::collections::BTreeMap;

/// An object on its way to its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// Whose target it is: a region's, an industry's, an enterprise's.
    pub object: Object,
    /// The target, in per cent.
    pub target: Number,
    /// How far it is; `None` if nothing is known of the year yet.
    pub way: Option<Way>,
}

/// How far all are who have a target, by a snapshot of the year to date; as [`lag`] sorts them.
///
/// Of one of which nothing is told the year before is taken as one, so that it is told of as one
/// that is to be asked.
///
/// # Errors
/// As of [`lag`]; [`Error::Store`], [`Error::Stored`].
pub fn behind(
    view: &dyn View,
    snapshot: &Snapshot,
    wanted: &[(&Object, Number)],
    places: u32,
) -> Result<Vec<Behind>, Error> {
    let mut targets = BTreeMap::new();
    let mut to_date = BTreeMap::new();
    for (object, growth) in wanted {
        let rows: Vec<&Row> = snapshot
            .rows
            .iter()
            .filter(|row| is_of(row, object))
            .collect();
        let (mut base_year, mut base_to_date) = (Number::ZERO, Number::ZERO);
        let mut now = Number::ZERO;
        for row in &rows {
            // Who has not told the year before to its end has no rest of it: neither side counts.
            if let Some(year) = year_before(view, snapshot, row)? {
                base_year = base_year.plus(year)?;
                base_to_date = base_to_date.plus(row.base)?;
                now = now.plus(row.now)?;
            }
        }
        let is_told = base_to_date.is_positive();
        let or_one = |number| if is_told { number } else { Number::from(1) };
        let target = Target {
            growth: *growth,
            base_year: or_one(base_year),
            base_to_date: or_one(base_to_date),
        };
        targets.insert((*object).clone(), target);
        if is_told {
            to_date.insert((*object).clone(), now);
        }
    }
    lag(&targets, &to_date, places)
}

fn is_of(row: &Row, object: &Object) -> bool {
    let lies_in = |region| row.region.is_within(region);
    let is_of = |industry| row.industry.is_within(industry);
    row.enterprise == *object
        || object.as_region().is_some_and(lies_in)
        || object.as_industry().is_some_and(is_of)
}

/// What an enterprise told of the whole year before; `None` if it has not.
fn year_before(view: &dyn View, snapshot: &Snapshot, row: &Row) -> Result<Option<Number>, Error> {
    let Question {
        indicator,
        form,
        period,
        unit,
        at,
    } = &snapshot.question;
    let objects = [row.enterprise.clone()];
    let series = Series::new(indicator.clone(), objects, Frequency::YearToDate, *form)?;
    let Some(december) = Period::year_to_date(period.year_number() - 1, 12) else {
        return Ok(None);
    };
    let known = one_as_known_at(view, &series, december, *at)?;
    let told = known.and_then(|known| {
        let number = known.observation.content.number()?;
        Some((number, known.observation.unit))
    });
    let converted = told.map(|(number, told_in)| told_in.convert(number, *unit));
    Ok(converted.transpose()?)
}

/// All that have a target, those who are furthest behind first; those of whom nothing is known
/// before all others, for they are to be asked.
///
/// # Errors
/// [`Error::Base`] if the year before of one of them came to nothing; the others are then not told
/// either, for a target over nothing is a mistake of whoever set it.
pub fn lag(
    targets: &BTreeMap<Object, Target>,
    to_date: &BTreeMap<Object, Number>,
    places: u32,
) -> Result<Vec<Behind>, Error> {
    let mut found = Vec::with_capacity(targets.len());
    for (object, target) in targets {
        let way = to_date
            .get(object)
            .map(|figure| target.way(*figure, places));
        found.push(Behind {
            object: object.clone(),
            target: target.growth,
            way: way.transpose()?,
        });
    }
    let behind = |of: &Behind| of.way.map(|way| way.behind);
    // Of equals the order of the objects stays.
    found.sort_by(|a, b| match (behind(a), behind(b)) {
        (Some(a), Some(b)) => b.cmp(&a),
        (a, b) => a.is_some().cmp(&b.is_some()),
    });
    Ok(found)
}
