//! One level of a drill-down: a whole, its parts, and what each has to do with its growth.
//!
//! Pulls are told in points of the top's base on every level, and add up to what was told a level
//! above: whoever clicks down from a province to an enterprise can add up all the way. Not here:
//! what may be shown to whom (`board`).

use crate::snapshot::{Row, Snapshot};
use codes::{Code, Industry, IndustryLevel, Number, Region, RegionLevel};
use facts::derived::{Part, contributions, growth, pulls};
use facts::{Error, Object};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Says by what a sheet is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// By regions of a level. Who is in none of it is told under the region that is known.
    Region(RegionLevel),
    /// By industries of a level, likewise.
    Industry(IndustryLevel),
    /// By enterprises.
    Enterprise,
}

impl Level {
    fn object_of(self, row: &Row) -> Object {
        match self {
            Self::Region(level) => Object::region(row.region.at(level).unwrap_or(row.region)),
            Self::Industry(level) => Object::industry(industry_at(row.industry, level)),
            Self::Enterprise => row.enterprise.clone(),
        }
    }
}

/// The industry of a level that another lies in; itself if it is coarser than that.
pub(crate) fn industry_at(industry: Industry, level: IndustryLevel) -> Industry {
    let mut at = industry;
    while at.level() > level
        && let Some(parent) = at.parent()
    {
        at = parent;
    }
    at
}

/// A part of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Of what it is.
    pub object: Object,
    /// The sum of the period.
    pub now: Number,
    /// The sum of the same period a year before, of the same enterprises.
    pub base: Number,
    /// Its own growth in per cent; `None` if its base is not above zero.
    pub growth: Option<Number>,
    /// By how many points it pulls the top of the drill-down.
    pub pull: Number,
    /// How many per cent of the growth of the sheet's whole are its own; `None` if that is none,
    /// or has no base above zero.
    pub rate: Option<Number>,
    /// Its place by growth, the fastest first; equal ones share one. `None` without a growth.
    pub rank: Option<usize>,
    /// How many enterprises are in it.
    pub enterprises: usize,
}

/// A whole and its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// What it is the sum of, in the form of a line: of itself, so its pull is what was told above.
    pub now: Number,
    /// Its sum a year before.
    pub base: Number,
    /// By how many points it pulls the top; at the top its own growth.
    pub pull: Number,
    /// Its parts, who pulled most first; those who pulled down last.
    pub lines: Vec<Line>,
    /// What pulls are told in points of.
    top_base: Number,
    places: u32,
    rows: Vec<Row>,
    level: Level,
}

impl Sheet {
    /// The first sheet of a drill-down: a region, all industries or one, divided by a level.
    /// Growths and pulls have so many places.
    ///
    /// # Errors
    /// [`Error::Base`] if the base of the whole is not above zero, such as of nobody.
    pub fn top(
        snapshot: &Snapshot,
        region: Region,
        industry: Option<Industry>,
        level: Level,
        places: u32,
    ) -> Result<Self, Error> {
        let rows: Vec<Row> = snapshot.of(region, industry).into_iter().cloned().collect();
        let whole = sum(&rows)?;
        let pull = growth(whole.now, whole.base, places)?;
        Self::of(rows, level, pull, whole.base, places)
    }

    /// The sheet behind a line of this one, divided by a level.
    ///
    /// # Errors
    /// [`Error::Missing`] if this sheet has no such line.
    pub fn open(&self, object: &Object, level: Level) -> Result<Self, Error> {
        let line = self.lines.iter().find(|line| line.object == *object);
        let line = line.ok_or_else(|| Error::Missing {
            what: "line of the sheet",
            name: object.to_string(),
        })?;
        let is_of = |row: &&Row| self.level.object_of(row) == *object;
        let rows = self.rows.iter().filter(is_of).cloned().collect();
        Self::of(rows, level, line.pull, self.top_base, self.places)
    }

    fn of(
        rows: Vec<Row>,
        level: Level,
        pull: Number,
        top_base: Number,
        places: u32,
    ) -> Result<Self, Error> {
        let mut groups: BTreeMap<Object, Vec<Row>> = BTreeMap::new();
        for row in &rows {
            groups
                .entry(level.object_of(row))
                .or_default()
                .push(row.clone());
        }
        let whole = sum(&rows)?;
        let parts = groups
            .values()
            .map(|rows| sum(rows))
            .collect::<Result<Vec<_>, _>>()?;
        let pulled = pulls(&parts, top_base, pull, places)?;
        let rates = match contributions(whole, &parts, places) {
            Ok(found) => found.into_iter().map(|found| found.rate).collect(),
            // Parts of what was a loss have no share in its growth, but pull all the same.
            Err(Error::Base { .. }) => vec![None; parts.len()],
            Err(error) => return Err(error),
        };
        let mut lines = Vec::with_capacity(parts.len());
        for (((object, rows), part), (pull, rate)) in groups
            .into_iter()
            .zip(parts)
            .zip(pulled.into_iter().zip(rates))
        {
            lines.push(Line {
                object,
                now: part.now,
                base: part.base,
                growth: own_growth(part, places)?,
                pull,
                rate,
                rank: None,
                enterprises: rows.len(),
            });
        }
        let growths: Vec<_> = lines.iter().map(|line| line.growth).collect();
        for (line, rank) in lines.iter_mut().zip(ranks(&growths)) {
            line.rank = rank;
        }
        // Stable: of equal pulls the order of the codes stays.
        lines.sort_by_key(|line| Reverse(line.pull));
        Ok(Self {
            now: whole.now,
            base: whole.base,
            pull,
            lines,
            top_base,
            places,
            rows,
            level,
        })
    }
}

pub(crate) fn sum(rows: &[Row]) -> Result<Part, Error> {
    Ok(Part {
        now: Number::sum(rows.iter().map(|row| row.now))?,
        base: Number::sum(rows.iter().map(|row| row.base))?,
    })
}

/// The growth of a part; `None` if its base is not above zero.
pub(crate) fn own_growth(part: Part, places: u32) -> Result<Option<Number>, Error> {
    match growth(part.now, part.base, places) {
        Ok(growth) => Ok(Some(growth)),
        Err(Error::Base { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The place of each number, the greatest first, counted from 1; equal ones share the better place,
/// and the next is as many places on. `None` has none.
pub fn ranks(numbers: &[Option<Number>]) -> Vec<Option<usize>> {
    let mut sorted: Vec<Number> = numbers.iter().flatten().copied().collect();
    sorted.sort_by(|a, b| b.cmp(a));
    let greater = |than: Number| sorted.partition_point(|number| *number > than);
    numbers
        .iter()
        .map(|number| Some(greater((*number)?) + 1))
        .collect()
}
