//! A province that does not exist, for demonstrations, tests and measurements: cities, divisions,
//! enterprises, and what these have told month by month. 合成数据: everything in it is made up.
//!
//! ```text
//! Plan ── Province ─┬─ enterprises, names, relations      who there is, and where
//!                   ├─ reports: with late ones, revisions what was told, and when it became known
//!                   ├─ regional: growths and shares       what the bureau tells of regions
//!                   └─ workbook: a county's month         as a clerk would send it
//! ```
//!
//! **Nobody is meant.** The province's code is 99: GB/T 2260 begins its codes with the number of a
//! greater region, 1 to 8, so no division has one with 9, and no enterprise can have been
//! registered in one. Credit codes carry that code and right check characters. Every name has
//! 合成 in it, and whoever shows anything of it shows [`MARK`].
//!
//! **Calibrated** to what the founding documents tell of 2021 and 2022 ([`calibration`]):
//! industrial growth of 3.9 % in the fourth quarter of 2021, 6.5 % in the first of 2022, slower in
//! March than before, a wobble in October, 3.8 % from January to November; manufacturing's share,
//! its investment. What lies between is filled in so that these come out. A [`Shock`] comes on top.
//!
//! **The same for a seed** on every machine and in ten years: all is drawn from `ChaCha8`, a stream
//! for each enterprise, and reckoned in integers.
//!
//! Not here: the store, files, the clock.

pub mod calibration;
mod chance;
mod enterprise;
mod indicator;
mod name;
mod regional;
mod report;
#[cfg(test)]
mod tests;
mod workbook;

pub use enterprise::Enterprise;
pub use indicator::{INDICATORS, Indicator, Kind, OUTPUT};
pub use report::MERGED_MONTHS;
pub use workbook::Workbook;

use crate::province::enterprise::Draft;
use codes::{Code, Industry, IndustryLevel, Period, Region};
use facts::{Error, Object};

/// What must stand wherever anything of it is shown.
pub const MARK: &str = "合成数据 SYNTHETIC DATA";

/// The most cities: there are 22 names for them.
pub const CITIES_MAX: u8 = 22;

/// The most counties of a city.
pub const COUNTIES_MAX: u8 = 10;

/// The divisions of industry (sections B to D of GB/T 4754-2017).
pub const DIVISIONS_MAX: u8 = 41;

/// The most enterprises of one city and division.
pub const ENTERPRISES_MAX: u16 = 400;

/// The most months of history.
pub const MONTHS_MAX: u16 = 120;

/// The most that is lost in a month of a shock, in per mille.
const LOSS_MAX: u16 = 900;

/// Which divisions there are if not all: the others follow in the order of their codes.
const FIRST_DIVISIONS: [&str; 8] = ["38", "26", "30", "39", "31", "36", "13", "44"];

/// What province is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What everything is drawn from.
    pub seed: u64,
    /// How many cities: 1 to 22.
    pub cities: u8,
    /// How many counties each has: 1 to 10.
    pub counties: u8,
    /// How many divisions of industry: 1 to 41.
    pub divisions: u8,
    /// How many enterprises each city has of each division: 1 to 400.
    pub enterprises: u16,
    /// The last month of history.
    pub last: Period,
    /// How many months of history: 13 to 120.
    pub months: u16,
    /// What goes wrong; `None` if nothing does.
    pub shock: Option<Shock>,
}

/// That a division of a city lacks what it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shock {
    /// Which city, from 0.
    pub city: u8,
    /// Which division.
    pub division: Industry,
    /// The first month.
    pub from: Period,
    /// How much of its production is lost, in per mille, month by month.
    pub losses: Vec<u16>,
}

impl Plan {
    /// The province of the issue: 13 cities, 41 divisions, so many enterprises of each in each, and
    /// 36 months until November 2022, with the shock of [`Shock::example`].
    pub fn new(seed: u64, enterprises: u16) -> Self {
        Self {
            seed,
            cities: 13,
            counties: 8,
            divisions: DIVISIONS_MAX,
            enterprises,
            last: month(2022, 11),
            months: 36,
            shock: Some(Shock::example()),
        }
    }

    /// A small province that is shown in a minute.
    pub fn small(seed: u64) -> Self {
        Self {
            cities: 5,
            counties: 2,
            divisions: 6,
            ..Self::new(seed, 6)
        }
    }

    fn check(&self) -> Result<(), Error> {
        let counts = [
            (
                "cities",
                self.cities.into(),
                1,
                CITIES_MAX.into(),
                "1 to 22",
            ),
            (
                "counties",
                self.counties.into(),
                1,
                COUNTIES_MAX.into(),
                "1 to 10",
            ),
            (
                "divisions",
                self.divisions.into(),
                1,
                DIVISIONS_MAX.into(),
                "1 to 41",
            ),
            (
                "enterprises",
                self.enterprises,
                1,
                ENTERPRISES_MAX,
                "1 to 400",
            ),
            ("months", self.months, 13, MONTHS_MAX, "13 to 120"),
        ];
        for (what, counted, least, most, expected) in counts {
            if !(least..=most).contains(&counted) {
                let counted = counted.into();
                return Err(Error::Count {
                    what,
                    counted,
                    expected,
                });
            }
        }
        if self.last.frequency() != codes::Frequency::Month {
            return Err(Error::Frequency {
                period: self.last,
                frequency: codes::Frequency::Month.names()[0],
            });
        }
        let losses = self.shock.iter().flat_map(|shock| &shock.losses);
        match losses.copied().max() {
            Some(most) if most > LOSS_MAX => Err(Error::Count {
                what: "per mille lost in a month",
                counted: most.into(),
                expected: "at most 900",
            }),
            _ => Ok(()),
        }
    }
}

impl Shock {
    /// In August 2022 the third city's makers of electrical machinery run out of raw material; in
    /// October it begins to come again.
    pub fn example() -> Self {
        Self {
            city: 2,
            division: FIRST_DIVISIONS[0].parse().expect("it is a division"),
            from: month(2022, 8),
            losses: vec![350, 450, 200, 60],
        }
    }

    /// How much is lost in a month, in per mille.
    fn loss(&self, month: Period) -> i64 {
        let at = month.ordinal().checked_sub(self.from.ordinal());
        let loss = at.and_then(|at| self.losses.get(usize::try_from(at).ok()?));
        loss.copied().map_or(0, i64::from)
    }
}

fn month(year: u16, month: u8) -> Period {
    Period::month(year, month).expect("it is a month of the known years")
}

/// The province, as planned.
#[derive(Debug, Clone)]
pub struct Province {
    plan: Plan,
    divisions: Vec<Industry>,
    /// The months of history, the first first.
    months: Vec<Period>,
    /// How far production, and investment, have come in each month, in millionths.
    paths: [Vec<i64>; 2],
    enterprises: Vec<Enterprise>,
}

impl Province {
    /// Makes it. Each enterprise needs some hundred octets, 106,600 of them about 60 MB.
    ///
    /// # Errors
    /// [`Error::Count`] and [`Error::Frequency`] of a plan that cannot be.
    pub fn new(plan: Plan) -> Result<Self, Error> {
        plan.check()?;
        let count = i32::from(plan.months);
        let months: Option<Vec<_>> = (0..count)
            .map(|at| plan.last.plus(at + 1 - count))
            .collect();
        let months = months.ok_or(Error::Gap { period: plan.last })?;
        let divisions = divisions(plan.divisions.into());
        let paths = calibration::paths(&months);
        let mut drafts = Vec::new();
        for city in 0..plan.cities {
            for (at, division) in divisions.iter().enumerate() {
                for number in 0..plan.enterprises {
                    let index = drafts.len() as u64;
                    drafts.push(Draft::draw(&plan, index, city, (at, *division), number));
                }
            }
        }
        let drift = enterprise::drift(&drafts);
        let finish = |draft: Draft| draft.finish(drift);
        Ok(Self {
            enterprises: drafts.into_iter().map(finish).collect::<Result<_, _>>()?,
            plan,
            divisions,
            months,
            paths,
        })
    }

    /// What was planned.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Itself.
    pub fn region(&self) -> Region {
        name::province()
    }

    /// Its cities, in the order of their codes.
    pub fn cities(&self) -> Vec<Region> {
        (0..self.plan.cities).map(name::city).collect()
    }

    /// Its counties, in the order of their codes.
    pub fn counties(&self) -> Vec<Region> {
        let of_city = |city| (0..self.plan.counties).map(move |county| name::county(city, county));
        (0..self.plan.cities).flat_map(of_city).collect()
    }

    /// Its divisions of industry, in the order of their codes.
    pub fn divisions(&self) -> &[Industry] {
        &self.divisions
    }

    /// The months of its history, the first first.
    pub fn months(&self) -> &[Period] {
        &self.months
    }

    /// Its enterprises, city by city, division by division.
    pub fn enterprises(&self) -> &[Enterprise] {
        &self.enterprises
    }

    /// The names of its regions, as [`codes::List::import`] reads them.
    pub fn regions_csv(&self) -> String {
        let all = std::iter::once(self.region()).chain(self.cities());
        let rows = all.chain(self.counties()).map(|region| {
            let name = name::of_region(region);
            format!("{region},{name}\n")
        });
        std::iter::once("code,name\n".to_owned())
            .chain(rows)
            .collect()
    }

    /// The growth that each of its regions shall have in its last year, in per cent of what its
    /// enterprises made the year before: the user's to set, so these are made up like all else.
    pub fn targets(&self) -> Vec<(Object, codes::Number)> {
        let tenths = |number: i128| codes::Number::new(number, 1).unwrap_or(codes::Number::ZERO);
        let city = |(at, city): (i128, Region)| (Object::region(city), tenths(40 + at * 7 % 30));
        let own = (Object::region(self.region()), tenths(50));
        std::iter::once(own)
            .chain((0..).zip(self.cities()).map(city))
            .collect()
    }
}

/// So many divisions of industry, in the order of their codes.
fn divisions(count: usize) -> Vec<Industry> {
    let list = codes::industries();
    let all = list.iter().map(|(code, _)| code);
    let industrial = |code: &Industry| {
        code.is_industrial() && code.level() == IndustryLevel::Division && code.parent().is_some()
    };
    let first: Vec<Industry> = FIRST_DIVISIONS
        .iter()
        .filter_map(|code| code.parse().ok())
        .collect();
    let others = all.filter(industrial).filter(|code| !first.contains(code));
    let mut found: Vec<_> = first.iter().copied().chain(others).take(count).collect();
    found.sort();
    found
}
