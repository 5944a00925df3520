//! How far those who owe figures are with them.
//!
//! Not here: who owes which (`task`), lateness region by region (`chase`).

use super::Task;
use crate::collect::Error;
use crate::collect::arrival::{self, Hold};
use codes::{List, Period, Region};
use facts::history::revisions;
use facts::{Content, Instant, Object, Reason, Series, View};

/// How far an object is with what it owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Nothing has come in, and it is not late yet.
    Due,
    /// Nothing has come in, and it is late.
    Late,
    /// Something has come in; some of it is missing or waits for an explanation.
    Received,
    /// What came in last was wrong, and has to be sent again.
    Rejected,
    /// All has been taken.
    Accepted,
}

impl State {
    /// What it is called in English and in Chinese.
    pub fn names(self) -> [&'static str; 2] {
        match self {
            Self::Due => ["due", "待报"],
            Self::Late => ["late", "逾期未报"],
            Self::Received => ["received", "已收到"],
            Self::Rejected => ["rejected", "退回重报"],
            Self::Accepted => ["accepted", "已通过"],
        }
    }
}

/// How an object stands with a task for a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub object: Object,
    /// Where it lies; itself, of a region.
    pub region: Option<Region>,
    /// How far it is.
    pub state: State,
    /// When its figures came in last.
    pub received_at: Option<Instant>,
    /// How many days it was behind when all had been told for the first time, or is behind; 0 if it
    /// is not. What is revised or sent again later makes nobody late.
    pub days_behind: u32,
    /// How many of its figures are missing.
    pub missing: usize,
}

impl Task {
    /// How all who owe figures of a period stand at a moment.
    ///
    /// # Errors
    /// As of [`Task::owing`]; [`facts::Error::Frequency`] of a period of another frequency.
    pub fn standings(
        &self,
        view: &dyn View,
        regions: &List<Region>,
        period: Period,
        now: Instant,
    ) -> Result<Vec<Standing>, Error> {
        if period.frequency() != self.frequency {
            let [frequency, _] = self.frequency.names();
            return Err(Error::Facts(facts::Error::Frequency { period, frequency }));
        }
        let is_of_task = self.from <= period && self.to.is_none_or(|to| period <= to.0);
        if !is_of_task {
            return Ok(Vec::new());
        }
        let owing = self.owing(view, regions, period)?;
        let standing = |(object, region)| self.standing(view, object, region, period, now);
        owing.into_iter().map(standing).collect()
    }

    fn standing(
        &self,
        view: &dyn View,
        object: Object,
        region: Option<Region>,
        period: Period,
        now: Instant,
    ) -> Result<Standing, Error> {
        let (mut missing, mut told, mut last, mut whole) = (0, 0, None, None);
        for of in &self.series {
            let Some(period) = Self::period_of(of, period) else {
                continue;
            };
            let series = Series::new(
                of.indicator.clone(),
                [object.clone()],
                of.frequency,
                of.form,
            )?;
            match told_since(view, &series, period, now)? {
                Some([first, newest]) => {
                    told += 1;
                    last = last.max(Some(newest));
                    whole = whole.max(Some(first));
                }
                None => missing += 1,
            }
        }
        let arrival = arrival::find(view, std::slice::from_ref(&object), period.last_day())?;
        let arrival = arrival.filter(|arrival| arrival.at <= now);
        let hold = arrival.and_then(|arrival| arrival.hold);
        let received_at = last.max(arrival.map(|arrival| arrival.at));
        // Who was late stays so, though all has been taken since.
        let until = match missing {
            0 => whole.unwrap_or(now),
            _ => now,
        };
        let days_behind = self.days_behind(period, until);
        let state = match (missing, hold) {
            (_, Some(Hold::Wrong)) => State::Rejected,
            (_, Some(Hold::Waits)) => State::Received,
            (0, None) => State::Accepted,
            (_, None) if told > 0 => State::Received,
            (_, None) if days_behind > 0 => State::Late,
            (_, None) => State::Due,
        };
        Ok(Standing {
            object,
            region,
            state,
            received_at,
            days_behind,
            missing,
        })
    }

    fn days_behind(&self, period: Period, at: Instant) -> u32 {
        let (due, today) = (self.due(period), at.day_in_china());
        let days = due
            .zip(today)
            .map(|(due, today)| today.number().saturating_sub(due.number()));
        days.unwrap_or(0)
    }
}

/// Since when a figure has been told without a break, and when it was told last; `None` if it is
/// not. What was undone meanwhile was not told.
fn told_since(
    view: &dyn View,
    series: &Series,
    period: Period,
    now: Instant,
) -> Result<Option<[Instant; 2]>, Error> {
    let told = revisions(view, series, period)?;
    let told: Vec<_> = told
        .iter()
        .filter(|known| known.at <= now)
        .take_while(|known| is_told(known.observation.content))
        .map(|known| known.at)
        .collect();
    let ends = told.last().zip(told.first());
    Ok(ends.map(|(first, newest)| [*first, *newest]))
}

/// Whether something was told: a figure, or that there is none for good.
fn is_told(content: Content) -> bool {
    !matches!(
        content,
        Content::Missing(Reason::NOT_YET | Reason::UNUSABLE)
    )
}
