//! When something is due, and when again: pure reckoning with moments.
//!
//! Days begin at midnight in China, weeks on Monday, wherever the node is. There is no summer time
//! there. Not here: which timers there are (`timer`), working days.

/// How far clocks of China are ahead of UTC, in milliseconds.
const CHINA_AHEAD_MS: i128 = 8 * 3_600_000;

const DAY_MS: i128 = 86_400_000;

/// A moment, in milliseconds since 1970 (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Moment(pub u64);

/// A stretch of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// A day.
    Day,
    /// A week, from Monday.
    Week,
    /// Ten days of a month (旬); the third has the rest of it.
    TenDays,
    /// A month.
    Month,
    /// A quarter.
    Quarter,
    /// A year.
    Year,
}

impl Unit {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Day,
        Self::Week,
        Self::TenDays,
        Self::Month,
        Self::Quarter,
        Self::Year,
    ];

    /// Its number where it is stored.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Day => 1,
            Self::Week => 2,
            Self::TenDays => 3,
            Self::Month => 4,
            Self::Quarter => 5,
            Self::Year => 6,
        }
    }

    /// The first day of the unit that a day lies in, and of the one after it.
    fn around(self, day: i64) -> [i64; 2] {
        let (year, month, of_month) = civil(day);
        let month_after = |year: i64, month: i64, count: i64| {
            let months = year * 12 + month - 1 + count;
            number_of(months.div_euclid(12), months.rem_euclid(12) + 1, 1)
        };
        let first = day - of_month + 1;
        match self {
            Self::Day => [day, day + 1],
            Self::Week => {
                // 1970-01-01 was a Thursday.
                let monday = day - (day + 3).rem_euclid(7);
                [monday, monday + 7]
            }
            Self::TenDays => match of_month {
                ..=10 => [first, first + 10],
                11..=20 => [first + 10, first + 20],
                _ => [first + 20, month_after(year, month, 1)],
            },
            Self::Month => [first, month_after(year, month, 1)],
            Self::Quarter => {
                let begun = month - (month - 1) % 3;
                [number_of(year, begun, 1), month_after(year, begun, 3)]
            }
            Self::Year => [number_of(year, 1, 1), number_of(year + 1, 1, 1)],
        }
    }
}

/// Says when something is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Schedule {
    /// Once.
    Once {
        /// When.
        at: Moment,
    },
    /// Again and again after the same time.
    Every {
        /// For the first time.
        first: Moment,
        /// After so many milliseconds; not 0.
        each_ms: u64,
    },
    /// Once in each stretch of the calendar: the report of a month nine days into the next is due
    /// each `Month` after nine days.
    Each {
        /// Of which stretches.
        unit: Unit,
        /// So many milliseconds after it begins; it may be longer than the stretch.
        after_ms: u64,
    },
}

impl Schedule {
    /// The first occurrence after a moment.
    ///
    /// ```
    /// use jobs::{Moment, Schedule, Unit};
    ///
    /// let day = 86_400_000;
    /// let tenth_at_nine = Schedule::Each { unit: Unit::Month, after_ms: 9 * day + 9 * 3_600_000 };
    /// // 2022-11-21 08:00 UTC; then the tenth of December, at nine in China.
    /// let next = tenth_at_nine.next_after(Moment(1_669_017_600_000));
    /// assert_eq!(next, Some(Moment(1_670_634_000_000)));
    /// ```
    pub fn next_after(self, moment: Moment) -> Option<Moment> {
        match self {
            Self::Once { at } => (moment < at).then_some(at),
            Self::Every { first, each_ms } if moment >= first => {
                let count = (moment.0 - first.0).checked_div(each_ms)? + 1;
                Some(Moment(first.0.checked_add(count.checked_mul(each_ms)?)?))
            }
            Self::Every { first, each_ms } => (each_ms > 0).then_some(first),
            Self::Each { unit, after_ms } => {
                // In a stretch shifted by so much the occurrence is its beginning.
                let shifted = i128::from(moment.0) + CHINA_AHEAD_MS - i128::from(after_ms);
                let day = i64::try_from(shifted.div_euclid(DAY_MS)).ok()?;
                if day.abs() > DAYS_MAX {
                    return None;
                }
                let [_, next] = unit.around(day);
                let at = i128::from(next) * DAY_MS - CHINA_AHEAD_MS + i128::from(after_ms);
                // What would have been before 1970 is not waited for.
                u64::try_from(at).ok().map(Moment)
            }
        }
    }

    /// The last occurrence that is not after a moment, of those that come after `from`, itself an
    /// occurrence or not; and how many of them there are, at most 1,000.
    pub(crate) fn last_until(self, from: Moment, until: Moment) -> Option<(Moment, u32)> {
        const COUNTED_MAX: u32 = 1000;
        if let (Self::Every { first, each_ms }, true) = (self, from <= until) {
            // A short beat over a long time is reckoned, not counted.
            let next = self.next_after(from).filter(|next| *next <= until)?;
            let more = (until.0 - next.0) / each_ms;
            let last = Moment(next.0 + more * each_ms);
            debug_assert!(last >= first, "occurrences begin with the first");
            let count = u32::try_from(more).unwrap_or(u32::MAX).saturating_add(1);
            return Some((last, count.min(COUNTED_MAX)));
        }
        let mut found = None;
        let mut at = self.next_after(from)?;
        let mut count = 0;
        while at <= until {
            count += 1;
            if count > COUNTED_MAX {
                // So long ago that only the last matters: from a year before it.
                let year_ago = Moment(until.0.saturating_sub(YEAR_MS));
                let (last, _) = self.last_until(year_ago, until)?;
                return Some((last, COUNTED_MAX));
            }
            found = Some((at, count));
            let Some(next) = self.next_after(at) else {
                break;
            };
            at = next;
        }
        found
    }
}

/// A year and a day, in milliseconds: within it there is an occurrence of every stretch.
const YEAR_MS: u64 = 367 * 86_400_000;

/// Days from 1970 beyond which nothing is reckoned: a million years.
const DAYS_MAX: i64 = 365_250_000;

/// Year, month and day of the month of a day counted from 1970-01-01.
fn civil(day: i64) -> (i64, i64, i64) {
    // Counted from 0000-03-01, in which every 400 years are alike and a leap day comes last.
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, of_month)
}

/// The number of a day, counted from 1970-01-01.
fn number_of(year: i64, month: i64, day: i64) -> i64 {
    let march_year = year - i64::from(month <= 2);
    let era = march_year.div_euclid(400);
    let year_of_era = march_year.rem_euclid(400);
    let march_month = (month + 9) % 12;
    let of_year = (153 * march_month + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    era * 146_097 + of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_have_dates_and_dates_have_days() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(19_051), (2022, 2, 28));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(-1), (1969, 12, 31));
        for day in -200_000..400_000 {
            let (year, month, of_month) = civil(day);
            assert_eq!(number_of(year, month, of_month), day);
        }
    }

    #[test]
    fn occurrences_lie_where_the_calendar_has_them() {
        let day = |year, month, day| number_of(year, month, day);
        let check = |unit: Unit, at: i64, expected: [i64; 2]| {
            assert_eq!(unit.around(at), expected, "{unit:?}");
        };
        let at = day(2024, 2, 29);
        check(Unit::Day, at, [at, at + 1]);
        check(Unit::Week, at, [day(2024, 2, 26), day(2024, 3, 4)]);
        check(Unit::TenDays, at, [day(2024, 2, 21), day(2024, 3, 1)]);
        check(
            Unit::TenDays,
            day(2024, 2, 10),
            [day(2024, 2, 1), day(2024, 2, 11)],
        );
        check(Unit::Month, at, [day(2024, 2, 1), day(2024, 3, 1)]);
        check(Unit::Quarter, at, [day(2024, 1, 1), day(2024, 4, 1)]);
        check(
            Unit::Quarter,
            day(2024, 12, 31),
            [day(2024, 10, 1), day(2025, 1, 1)],
        );
        check(Unit::Year, at, [day(2024, 1, 1), day(2025, 1, 1)]);
    }

    #[test]
    fn what_never_comes_round_is_never() {
        let at = Moment(5);
        let check = |schedule: Schedule, from, expected: Option<u64>| {
            assert_eq!(
                schedule.next_after(Moment(from)),
                expected.map(Moment),
                "{schedule:?}"
            );
        };
        check(Schedule::Once { at }, 4, Some(5));
        check(Schedule::Once { at }, 5, None);
        check(
            Schedule::Every {
                first: at,
                each_ms: 0,
            },
            1,
            None,
        );
        check(
            Schedule::Every {
                first: at,
                each_ms: 0,
            },
            9,
            None,
        );
        check(
            Schedule::Every {
                first: at,
                each_ms: 3,
            },
            5,
            Some(8),
        );
        check(
            Schedule::Every {
                first: at,
                each_ms: u64::MAX,
            },
            6,
            None,
        );
        let each = |after_ms| Schedule::Each {
            unit: Unit::Day,
            after_ms,
        };
        check(each(0), u64::MAX, None);
        check(each(u64::MAX), 0, None);
        check(each(0), 0, Some(57_600_000));
    }

    fn any_schedule() -> impl Strategy<Value = Schedule> {
        let every = (0..1_000_000_u64, 1..1_000_000_u64);
        let each = (0..6_usize, 0..40 * 86_400_000_u64);
        prop_oneof![
            every.prop_map(|(first, each_ms)| Schedule::Every {
                first: Moment(first),
                each_ms
            }),
            each.prop_map(|(unit, after_ms)| Schedule::Each {
                unit: Unit::ALL[unit],
                after_ms
            }),
        ]
    }

    proptest! {
        /// Occurrences go on and on, and none lies between one and the next.
        #[test]
        fn nothing_is_left_out(
            schedule in any_schedule(), from in 0..4_000_000_000_000_u64, by in 1..40_u64,
        ) {
            let next = schedule.next_after(Moment(from)).unwrap();
            prop_assert!(next.0 > from);
            let between = from + (next.0 - from) / by;
            if between < next.0 {
                prop_assert_eq!(schedule.next_after(Moment(between)), Some(next));
            }
            let until = Moment(next.0 + 3 * 86_400_000);
            let (last, count) = schedule.last_until(Moment(from), until).unwrap();
            prop_assert!(last <= until && schedule.next_after(last).unwrap() > until);
            prop_assert!(count >= 1 && (count > 1 || last == next));
        }
    }
}
