//! Tasks: who owes which figures until when, who has told them, and who is behind whom.
//!
//! ```toml
//! name = "规上工业月报"
//! frequency = "month"
//! from = "2022-01"
//! due-days = 12               # days after the end of the period
//!
//! [who]
//! role = "enterprise"         # all of them that lie in a region; or "region", of a level
//! within = "350000"
//!
//! [[series]]
//! indicator = "output"
//! form = "level"
//! frequency = "month"
//!
//! [[chase]]                   # from so many days behind on, who is called
//! days = 1
//! level = "county"
//! ```
//!
//! Not here: reminders that are sent; what is wrong with what came in (`judge`).

mod chase;
mod standing;

pub use chase::{Call, Count, behind, calls};
pub use standing::{Standing, State};

use super::kept::{names, newest};
use super::mapping::{FormName, FrequencyName, spelled};
use super::{Error, when};
use codes::{Code, Frequency, List, Period, Region, RegionLevel};
use facts::relation::{Kind, from_subject, to_object};
use facts::{Form, Indicator, Instant, Object, Role, View};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most series of a task.
const SERIES_MAX: usize = 200;

/// The most objects of a task.
const OBJECTS_MAX: usize = 200_000;

/// The most days that a task gives.
const DAYS_MAX: u16 = 366;

/// Who owes which figures, and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Task {
    /// What it is called: 1 to 128 octets.
    pub name: String,
    /// How often it is to be done.
    #[serde(with = "FrequencyName")]
    pub frequency: Frequency,
    /// The first period.
    #[serde(with = "spelled")]
    pub from: Period,
    /// The last period; none if it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Until>,
    /// How many days after the end of a period its figures are due.
    pub due_days: u16,
    /// Whose figures.
    pub who: Who,
    /// Which figures.
    pub series: Vec<TaskSeries>,
    /// Who is called when they are late.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chase: Vec<Chase>,
}

/// The last period of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Until(#[serde(with = "spelled")] pub Period);

/// Whose figures are owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Who {
    /// The enterprises that lie in a region at the end of the period.
    Enterprise {
        /// The region.
        #[serde(with = "spelled")]
        within: Region,
    },
    /// The parks that lie in a region then.
    Park {
        /// The region.
        #[serde(with = "spelled")]
        within: Region,
    },
    /// The regions of a level within a region.
    Region {
        /// The region.
        #[serde(with = "spelled")]
        within: Region,
        /// The level.
        #[serde(with = "LevelName")]
        level: RegionLevel,
    },
}

impl Who {
    /// The region within which they are.
    pub fn within(&self) -> Region {
        match self {
            Self::Enterprise { within } | Self::Park { within } | Self::Region { within, .. } => {
                *within
            }
        }
    }
}

/// A figure that is owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskSeries {
    /// Which figure.
    #[serde(with = "spelled")]
    pub indicator: Indicator,
    /// In which form.
    #[serde(with = "FormName")]
    pub form: Form,
    /// How often it is told; of a period that ends when the task's does.
    #[serde(with = "FrequencyName")]
    pub frequency: Frequency,
}

/// Who is called from how many days behind on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chase {
    /// How many days behind, from 1.
    pub days: u16,
    /// The region of which level is called.
    #[serde(with = "LevelName")]
    pub level: RegionLevel,
}

/// How levels are spelled.
#[derive(Serialize, Deserialize)]
#[serde(remote = "RegionLevel", rename_all = "kebab-case")]
enum LevelName {
    Nation,
    Province,
    City,
    County,
    Town,
    Village,
}

impl Task {
    /// Reads a task in TOML.
    ///
    /// # Errors
    /// [`Error::Unsound`].
    pub fn read(toml: &str) -> Result<Self, Error> {
        let task: Self = toml::from_str(toml).map_err(|error| unsound(&error))?;
        task.check()?;
        Ok(task)
    }

    /// The task in TOML, which [`Task::read`] reads.
    ///
    /// # Errors
    /// [`Error::Unsound`].
    pub fn toml(&self) -> Result<String, Error> {
        self.check()?;
        toml::to_string(self).map_err(|error| unsound(&error))
    }

    fn check(&self) -> Result<(), Error> {
        if !(1..=128).contains(&self.name.len()) || self.name.chars().any(char::is_control) {
            return Err(unsound("its name needs 1 to 128 octets of plain text"));
        }
        if !(1..=SERIES_MAX).contains(&self.series.len()) {
            return Err(unsound("it needs 1 to 200 series"));
        }
        if self.due_days > DAYS_MAX {
            return Err(unsound("it gives at most 366 days"));
        }
        let periods = [Some(self.from), self.to.map(|to| to.0)];
        let is_of_task = |period: &Period| period.frequency() == self.frequency;
        if !periods.iter().flatten().all(is_of_task) {
            return Err(unsound("its first and last period are of its frequency"));
        }
        if self.to.is_some_and(|to| to.0 < self.from) {
            return Err(unsound("its last period comes before its first"));
        }
        let mut last = None;
        for chase in &self.chase {
            if chase.days == 0 || last.is_some_and(|days| days >= chase.days) {
                return Err(unsound(
                    "who is called is told by days behind, from 1 upwards",
                ));
            }
            last = Some(chase.days);
        }
        Ok(())
    }

    /// The period of a series that ends when one of the task does.
    fn period_of(series: &TaskSeries, period: Period) -> Option<Period> {
        when::as_told(period, series.frequency)
            .filter(|found| found.last_day() == period.last_day())
    }

    /// The last day on which the figures of a period are in time.
    pub fn due(&self, period: Period) -> Option<codes::Date> {
        period.last_day().plus_days(self.due_days.into())
    }

    /// Who owes figures of a period, and where each of them lies.
    ///
    /// # Errors
    /// [`Error::Limit`] of more than 200,000; [`Error::Facts`].
    pub fn owing(
        &self,
        view: &dyn View,
        regions: &List<Region>,
        period: Period,
    ) -> Result<Vec<(Object, Option<Region>)>, Error> {
        let within = self.who.within();
        let inside = || {
            let all = regions.iter().map(|(region, _)| region);
            all.filter(move |region| region.is_within(within))
        };
        let role = match &self.who {
            Who::Region { level, .. } => {
                let of_level = inside().filter(|region| region.level() == *level);
                let found = of_level.map(|region| (Object::region(region), Some(region)));
                return Ok(found.collect());
            }
            Who::Enterprise { .. } => Role::ENTERPRISE,
            Who::Park { .. } => Role::PARK,
        };
        let mut found = BTreeSet::new();
        for region in inside() {
            let place = Object::region(region);
            for relation in to_object(view, Kind::LiesIn, &place, Instant::LAST)? {
                let is_there = relation.holds_on(period.last_day());
                if relation.subject.role() == role && is_there {
                    found.insert((relation.subject, Some(region)));
                }
            }
            if found.len() > OBJECTS_MAX {
                return Err(super::workbook::Limits::beyond(
                    "objects of a task",
                    "任务对象数",
                    OBJECTS_MAX as u64,
                ));
            }
        }
        Ok(found.into_iter().collect())
    }
}

/// All tasks: those that are kept, and of files those that none of them replaces by its name.
///
/// # Errors
/// [`Error::Facts`] if they cannot be read.
pub fn tasks(view: &dyn View, of_files: &[Task]) -> Result<Vec<Task>, Error> {
    let mut found = Vec::new();
    for name in names::<Task>(view)? {
        found.extend(newest::<Task>(view, &name)?.map(|(_, task)| task));
    }
    let of_files = of_files.iter();
    let rest: Vec<_> = of_files
        .filter(|of| !found.iter().any(|kept: &Task| kept.name == of.name))
        .cloned()
        .collect();
    found.extend(rest);
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Where an object lies on the last day of a period.
///
/// # Errors
/// [`Error::Facts`] if that cannot be read.
pub fn region_of(
    view: &dyn View,
    object: &Object,
    period: Period,
) -> Result<Option<Region>, Error> {
    if let Some(region) = object.as_region() {
        return Ok(Some(region));
    }
    let places = from_subject(view, Kind::LiesIn, object, Instant::LAST)?;
    let mut holding = places
        .iter()
        .filter(|place| place.holds_on(period.last_day()));
    Ok(holding.find_map(|place| place.object.as_region()))
}

fn unsound(problem: &(impl ToString + ?Sized)) -> Error {
    Error::Unsound {
        what: "task",
        problem: problem.to_string(),
    }
}
