//! How the economy went: the figures that the founding documents quote, and what was filled in
//! between so that they come out. Not here: single enterprises.

use codes::Period;

/// A figure that the documents quote, which the province must come near to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quoted {
    /// Which item of the checklist.
    pub item: &'static str,
    /// From January, or from October, to this month.
    pub period: &'static str,
    /// In tenths of a per cent.
    pub tenths: i32,
}

/// Growth of industrial value added (C1, C8).
pub const VALUE_ADDED: [Quoted; 3] = [
    quoted("C1", "2021-Q4", 39),
    quoted("C1", "2022-Q1", 65),
    quoted("C8", "2022-YTD11", 38),
];

/// Growth of investment in manufacturing (C3).
pub const INVESTMENT: [Quoted; 2] = [
    quoted("C3", "2021-YTD12", 135),
    quoted("C3", "2022-Q1", 156),
];

/// Manufacturing's share of what is made in all (C2).
pub const SHARE: [Quoted; 2] = [
    quoted("C2", "2021-YTD03", 276),
    quoted("C2", "2022-YTD03", 289),
];

const fn quoted(item: &'static str, period: &'static str, tenths: i32) -> Quoted {
    Quoted {
        item,
        period,
        tenths,
    }
}

/// Growth of production on the year before, month by month, in tenths of a per cent: 2021, 2022.
const PRODUCTION: [[i64; 12]; 2] = [
    [82, 82, 74, 70, 66, 62, 56, 53, 45, 35, 38, 43],
    [75, 75, 50, -29, 7, 39, 38, 42, 63, 50, 22, 13],
];

/// The same of investment.
const INVESTED: [[i64; 12]; 2] = [
    [150, 150, 148, 142, 138, 136, 134, 132, 130, 128, 126, 124],
    [158, 158, 153, 112, 106, 104, 102, 100, 100, 98, 92, 90],
];

/// The same of other years.
const OTHERWISE: i64 = 45;

/// How much of an average month is made in each, in per mille; the rest of a year's rhythm are
/// holidays.
const SEASON: [i64; 12] = [
    985, 940, 1040, 1000, 1005, 1030, 960, 965, 1015, 1000, 1020, 1040,
];

/// What a month has in which the Spring Festival falls, in per mille of what it would have.
const FESTIVAL: i64 = 840;

/// The month of the Spring Festival in these years: it is January or February by the moon, which is
/// why both are told as one.
const FESTIVALS: [(u16, u8); 8] = [
    (2018, 2),
    (2019, 2),
    (2020, 1),
    (2021, 2),
    (2022, 2),
    (2023, 1),
    (2024, 2),
    (2025, 1),
];

/// Manufacturing's share in the first quarter, in hundredths of a per cent, and how much less it is
/// every month afterwards.
const SHARES: [(u16, i64); 3] = [(2020, 2690), (2021, 2760), (2022, 2890)];
const SHARE_LOST: i64 = 8;

/// Of production and of investment: how far they have come in each month, in millionths of an
/// average month of the first year.
pub(super) fn paths(months: &[Period]) -> [Vec<i64>; 2] {
    [&PRODUCTION, &INVESTED].map(|growths| {
        let mut path: Vec<i64> = Vec::with_capacity(months.len());
        for (at, month) in months.iter().enumerate() {
            let before = at.checked_sub(12).and_then(|before| path.get(before));
            path.push(match before {
                // In the first year there is nothing to have grown from.
                None => SEASON[index(*month)] * 1000,
                Some(before) => before * (1000 + growth(growths, *month)) / 1000,
            });
        }
        // The moon comes last: the festival of a year is not that of the year before.
        let with_festival = |(path, month): (i64, &Period)| path * festival(*month) / 1000;
        path.into_iter().zip(months).map(with_festival).collect()
    })
}

fn growth(growths: &[[i64; 12]; 2], month: Period) -> i64 {
    let year = match month.year_number() {
        2021 => 0,
        2022 => 1,
        _ => return OTHERWISE,
    };
    growths[year][index(month)]
}

/// Which month of the year, from 0.
fn index(month: Period) -> usize {
    usize::from(month.last_day().month()) - 1
}

fn festival(month: Period) -> i64 {
    let month = (month.year_number(), month.last_day().month());
    if FESTIVALS.contains(&month) {
        FESTIVAL
    } else {
        1000
    }
}

/// Manufacturing's share from January to a month, in hundredths of a per cent.
pub(super) fn share(year: u16, month: u8) -> i64 {
    let known = SHARES.iter().find(|(of, _)| *of == year);
    let start = known.map_or(2850, |(_, share)| *share);
    start - SHARE_LOST * (i64::from(month) - 3).max(0)
}
