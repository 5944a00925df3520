//! Regions by industries, fit to be shown: what tells of one enterprise is hidden, and whatever it
//! could be reckoned from.
//!
//! The sums of both periods are protected together with all their totals. A place that is hidden
//! shows nothing of either period, for a growth beside one sum tells the other. Not here: single
//! enterprises, which are never shown.

use crate::sheet::{industry_at, own_growth, sum};
use crate::snapshot::{Row, Snapshot};
use codes::{IndustryLevel, Number, Period, Region, RegionLevel};
use facts::disclosure::{Behind, Rule, Shown, Tables};
use facts::{Error, Object};
use std::collections::{BTreeMap, BTreeSet};

/// What is shown in one place of a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// The sum of the period.
    pub now: Number,
    /// The sum of the same period a year before.
    pub base: Number,
    /// The growth in per cent; `None` if the base is not above zero.
    pub growth: Option<Number>,
}

/// Regions by industries, with totals. Places are `None` where they are hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board {
    /// The regions, in the order of their codes.
    pub regions: Vec<Object>,
    /// The industries, in the order of their codes.
    pub industries: Vec<Object>,
    /// Row by row; each row ends with its total, and the last row holds the totals.
    pub figures: Vec<Vec<Option<Figure>>>,
}

/// The enterprises of each place, totals included.
type Places = Vec<Vec<Vec<Row>>>;

impl Board {
    /// The board of a region, as the rule lets it be shown; growths have so many places.
    ///
    /// # Errors
    /// [`Error::Unprotected`] if nothing of it can be shown; [`Error::Count`] if it is too large.
    pub fn of(
        snapshot: &Snapshot,
        region: Region,
        by: (RegionLevel, IndustryLevel),
        rule: &Rule,
        places: u32,
    ) -> Result<Self, Error> {
        Self::after(snapshot, region, by, (rule, places), &Before::default())
    }

    /// The same, beside what was shown before of its totals.
    ///
    /// What was hidden stays hidden, or a total that is shown now would be subtracted from the rest
    /// that was shown then; what was shown as it still is covers nothing.
    pub(crate) fn after(
        snapshot: &Snapshot,
        region: Region,
        by: (RegionLevel, IndustryLevel),
        (rule, places): (&Rule, u32),
        before: &Before,
    ) -> Result<Self, Error> {
        let rows: Vec<Row> = snapshot.of(region, None).into_iter().cloned().collect();
        let keys = |row: &Row| {
            let region = row.region.at(by.0).unwrap_or(row.region);
            (
                Object::region(region),
                Object::industry(industry_at(row.industry, by.1)),
            )
        };
        let regions: BTreeSet<_> = rows.iter().map(|row| keys(row).0).collect();
        let industries: BTreeSet<_> = rows.iter().map(|row| keys(row).1).collect();
        let [regions, industries] =
            [regions, industries].map(|set| set.into_iter().collect::<Vec<_>>());
        let mut grid: Places = vec![vec![Vec::new(); industries.len() + 1]; regions.len() + 1];
        for row in rows {
            let (region, industry) = keys(&row);
            let at = regions.partition_point(|found| *found < region);
            let column = industries.partition_point(|found| *found < industry);
            // Its place, both its totals, and the total of all.
            for line in [at, regions.len()] {
                for place in [column, industries.len()] {
                    grid[line][place].push(row.clone());
                }
            }
        }
        let margins = Margins {
            regions: &regions,
            industries: &industries,
            before,
        };
        let period = snapshot.question.period;
        let hidden = hidden(&grid, rule, period, &margins)?;
        let width = industries.len() + 1;
        let figure = |(at, rows): (usize, &Vec<Row>), line: usize| {
            if hidden.contains(&(line * width + at)) {
                return Ok(None);
            }
            let part = sum(rows)?;
            Ok(Some(Figure {
                now: part.now,
                base: part.base,
                growth: own_growth(part, places)?,
            }))
        };
        let line = |(line, places): (usize, &Vec<Vec<Row>>)| {
            places
                .iter()
                .enumerate()
                .map(|place| figure(place, line))
                .collect()
        };
        Ok(Self {
            figures: grid
                .iter()
                .enumerate()
                .map(line)
                .collect::<Result<_, Error>>()?,
            regions,
            industries,
        })
    }
}

/// What was shown and what was hidden of totals before, in tables that are compared with a board.
#[derive(Debug, Clone, Default)]
pub(crate) struct Before {
    /// The identifiers of the regions and industries whose totals were hidden.
    pub(crate) hidden: BTreeSet<String>,
    /// The totals that were shown: of which region and industry, of all of them without one; for
    /// which period; the sum.
    pub(crate) shown: BTreeSet<(Option<String>, Option<String>, Period, Number)>,
}

/// The lines and columns of a board that are totals, and what became of them before.
struct Margins<'m> {
    regions: &'m [Object],
    industries: &'m [Object],
    before: &'m Before,
}

impl Margins<'_> {
    /// Which region and industry a place is the total of; `None` if it is none.
    fn of(&self, line: usize, place: usize) -> Option<(Option<String>, Option<String>)> {
        let id = |object: &Object| object.id().to_owned();
        let region = self.regions.get(line).map(id);
        let industry = self.industries.get(place).map(id);
        (region.is_none() || industry.is_none()).then_some((region, industry))
    }

    /// Whether a place was hidden.
    fn was_hidden(&self, line: usize, place: usize) -> bool {
        let of = self.of(line, place);
        let mut ids = of
            .into_iter()
            .filter_map(|(region, industry)| region.or(industry));
        ids.any(|id| self.before.hidden.contains(&id))
    }

    /// Whether a sum was shown in a place, as it is.
    fn was_shown(&self, (line, place): (usize, usize), period: Period, sum: Number) -> bool {
        self.of(line, place).is_some_and(|(region, industry)| {
            let shown = (region, industry, period, sum);
            self.before.shown.contains(&shown)
        })
    }
}

/// The places that must not be shown, counted row by row: those of either period, and those that
/// were hidden before. More may be hidden than need be: of what is left of a total there is only
/// more then.
fn hidden(
    grid: &Places,
    rule: &Rule,
    period: Period,
    margins: &Margins,
) -> Result<BTreeSet<usize>, Error> {
    let nobody = Margins {
        before: &Before::default(),
        ..*margins
    };
    let mut hidden = protected(grid, rule, period, &nobody)?;
    // A cover that everybody knows is none: only then something else must be found.
    let periods = [Some(period), period.same_last_year()];
    let is_known = |(line, place): (usize, usize)| {
        let rows = &grid[line][place];
        let sums = [Number::sum(rows.iter().map(|row| row.now)), base_of(rows)];
        let mut told = periods.into_iter().flatten().zip(sums);
        told.any(|(period, sum)| sum.is_ok_and(|sum| margins.was_shown((line, place), period, sum)))
    };
    let width = grid.first().map_or(1, Vec::len);
    if hidden.iter().any(|at| is_known((at / width, at % width))) {
        hidden = protected(grid, rule, period, margins)?;
    }
    let before = places(grid).filter(|(line, place)| margins.was_hidden(*line, *place));
    hidden.extend(before.map(|(line, place)| line * width + place));
    Ok(hidden)
}

fn base_of(rows: &[Row]) -> Result<Number, codes::Error> {
    Number::sum(rows.iter().map(|row| row.base))
}

/// The lines of a grid, and the places of each.
fn places(grid: &Places) -> impl Iterator<Item = (usize, usize)> {
    let lines = grid.iter().enumerate();
    lines.flat_map(|(line, places)| (0..places.len()).map(move |place| (line, place)))
}

/// The places that are hidden beside what was shown before.
fn protected(
    grid: &Places,
    rule: &Rule,
    period: Period,
    margins: &Margins,
) -> Result<BTreeSet<usize>, Error> {
    let all = grid.last().and_then(|line| line.last());
    let all: BTreeMap<_, _> = all
        .into_iter()
        .flatten()
        .map(|row| &row.enterprise)
        .zip(0..)
        .collect();
    let contributors = |rows: &[Row], of: fn(&Row) -> Number| -> Vec<_> {
        let number = |row: &Row| (all[&row.enterprise], of(row));
        rows.iter().map(number).collect()
    };
    let base_period = period.same_last_year().ok_or(Error::Gap { period })?;
    let [now, base]: [fn(&Row) -> Number; 2] = [|row| row.now, |row| row.base];
    let mut hidden = BTreeSet::new();
    for (of, other, period) in [(now, base, period), (base, now, base_period)] {
        let (mut cells, mut all_behind) = (Vec::new(), Vec::new());
        for (at, rows) in places(grid).zip(grid.iter().flatten()) {
            // Whatever is sensitive in either period is so in both.
            let own = contributors(rows, of);
            let sum = Number::sum(rows.iter().map(of))?;
            let behind = match (rule.behind(&own)?, rule.behind(&contributors(rows, other))?) {
                _ if margins.was_shown(at, period, sum) => Behind::Published,
                (Behind::Enough, Behind::One(_) | Behind::Few) => Behind::Few,
                (found, _) => found,
            };
            cells.push((sum, behind));
            all_behind.push(own);
        }
        let width = grid.first().map_or(1, Vec::len);
        let cell = |line: usize, place: usize| cells[line * width + place];
        let tables = Tables::grid(grid.len() - 1, width - 1, cell)?;
        let shown = tables.with_contributors(*rule, all_behind)?.protect()?;
        let found = shown
            .iter()
            .enumerate()
            .filter(|(_, shown)| **shown != Shown::Yes);
        // To hide more than one period needs does no harm: what could vary still can.
        hidden.extend(found.map(|(at, _)| at));
    }
    Ok(hidden)
}
