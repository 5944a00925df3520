//! Regions by industries, fit to be shown: what tells of one enterprise is hidden, and whatever it
//! could be reckoned from.
//!
//! The sums of both periods are protected together with all their totals. A place that is hidden
//! shows nothing of either period, for a growth beside one sum tells the other. Not here: single
//! enterprises, which are never shown.

use crate::sheet::{industry_at, own_growth, sum};
use crate::snapshot::{Row, Snapshot};
use codes::{IndustryLevel, Number, Region, RegionLevel};
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
        let hidden = hidden(&grid, rule)?;
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

/// The places that must not be shown, counted row by row: those of either period.
fn hidden(grid: &Places, rule: &Rule) -> Result<BTreeSet<usize>, Error> {
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
    let [now, base]: [fn(&Row) -> Number; 2] = [|row| row.now, |row| row.base];
    let mut hidden = BTreeSet::new();
    for [of, other] in [[now, base], [base, now]] {
        let (mut cells, mut all_behind) = (Vec::new(), Vec::new());
        for rows in grid.iter().flatten() {
            // Whatever is sensitive in either period is so in both.
            let own = contributors(rows, of);
            let behind = match (rule.behind(&own)?, rule.behind(&contributors(rows, other))?) {
                (Behind::Enough, Behind::One(_) | Behind::Few) => Behind::Few,
                (found, _) => found,
            };
            cells.push((Number::sum(rows.iter().map(of))?, behind));
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
