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
    let mut behind = Vec::new();
    for rows in grid.iter().flatten() {
        let numbered = |of: fn(&Row) -> Number| -> Vec<_> {
            rows.iter()
                .map(|row| (all[&row.enterprise], of(row)))
                .collect()
        };
        // Whatever is sensitive in either period is so in both.
        behind.push(match rule.behind(&numbered(|row| row.now))? {
            Behind::Enough => rule.behind(&numbered(|row| row.base))?,
            found => found,
        });
    }
    let mut hidden = BTreeSet::new();
    for of in [|row: &Row| row.now, |row: &Row| row.base] {
        let mut values = Vec::with_capacity(behind.len());
        for rows in grid.iter().flatten() {
            values.push(Number::sum(rows.iter().map(of))?);
        }
        let width = grid.first().map_or(1, Vec::len);
        let cell = |line: usize, place: usize| {
            let at = line * width + place;
            (values[at], behind[at])
        };
        let shown = Tables::grid(grid.len() - 1, width - 1, cell)?.protect()?;
        let found = shown
            .iter()
            .enumerate()
            .filter(|(_, shown)| **shown != Shown::Yes);
        // To hide more than one period needs does no harm: what could vary still can.
        hidden.extend(found.map(|(at, _)| at));
    }
    Ok(hidden)
}
