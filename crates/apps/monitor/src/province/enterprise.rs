//! The made-up enterprises: who they are, how large, how they grow, and what they make in a month.
//!
//! Not here: what of it is told, and when (`report`).

use super::calibration;
use super::chance::{Chance, Stream};
use super::indicator::{INDICATORS, Indicator, Kind};
use super::{Plan, Province, name};
use codes::{CreditCode, Frequency, Industry, Number, OrganisationCode, Period, Region};
use facts::{Error, Object};

/// What the smallest, each further tenth and the largest make in a month, in 10^3 yuan: industrial
/// statistics ask from 20 million yuan a year on.
const SIZES: [i64; 11] = [
    1_700, 2_200, 2_900, 3_900, 5_200, 7_000, 9_800, 14_500, 23_000, 46_000, 180_000,
];

/// How much faster or slower than all together a city, a division and an enterprise may grow in a
/// year, in millionths.
const OF_CITY: u32 = 20_000;
const OF_DIVISION: u32 = 40_000;
const OF_ENTERPRISE: u32 = 60_000;

/// How far a month may be from what it should be, in per mille.
const NOISE: u32 = 40;

/// How far an enterprise's ratios may be from the usual ones, in per mille.
const OWN_RATIO: u32 = 150;

/// How many of a hundred do not export, begin during the history, end during it.
const NOT_EXPORTING: u32 = 40;
const BEGINNING: u32 = 3;
const ENDING: u32 = 2;

const MILLION: i64 = 1_000_000;

/// An enterprise that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enterprise {
    /// Its credit code.
    pub code: CreditCode,
    /// What it is called; 合成 is in it.
    pub name: String,
    /// The county that it lies in.
    pub county: Region,
    /// The division that it is of.
    pub division: Industry,
    city: u8,
    /// How manieth its county is in the province.
    pub(super) county_at: u8,
    /// What it makes in an average month of the first year, in 10^3 yuan.
    size: i64,
    /// How much faster than all together it grows in a year, in millionths.
    faster: i64,
    ratios: [i64; INDICATORS.len()],
    noise: Vec<i16>,
    /// What decides on lateness and revisions, month by month.
    pub(super) fates: Vec<u8>,
    /// The months in which it is there: from the first, before the last.
    there: [usize; 2],
}

/// An enterprise that grows as it was drawn.
pub(super) struct Draft(Enterprise, String);

impl Draft {
    pub(super) fn draw(
        plan: &Plan,
        index: u64,
        city: u8,
        (at, division): (usize, Industry),
        number: u16,
    ) -> Self {
        let mut chance = Chance::new(plan.seed, Stream::Enterprise(index));
        let months = usize::from(plan.months);
        let size = size(&mut chance);
        let of_all = |stream, most| Chance::new(plan.seed, stream).around(most);
        let faster = chance.around(OF_ENTERPRISE)
            + of_all(Stream::City(city), OF_CITY)
            + of_all(Stream::Division(at), OF_DIVISION);
        let mut ratios = [0; INDICATORS.len()];
        for ratio in &mut ratios {
            *ratio = 1000 + chance.around(OWN_RATIO);
        }
        // Output is what all others are ratios of.
        ratios[0] = 1000;
        if chance.below(100) < NOT_EXPORTING {
            ratios[2] = 0;
        }
        let there = there(&mut chance, plan);
        // Both fit: they are at most 40, and below 256.
        let noise = (0..months).map(|_| chance.around(NOISE) as i16).collect();
        let fates = (0..months).map(|_| chance.below(256) as u8).collect();
        let county = (u16::from(city) + number) % u16::from(plan.counties);
        let county_at = city * plan.counties + county as u8;
        let county = name::county(city, county as u8);
        let name = name::of_region(county);
        Self(
            Enterprise {
                code: CreditCode::with_check("91990101000000000")
                    .expect("its characters are codes'"),
                name: format!("{name}{division}企业{:04}", number + 1),
                county,
                division,
                city,
                county_at,
                size,
                faster,
                ratios,
                noise,
                fates,
                there,
            },
            format!("{index:06}"),
        )
    }

    pub(super) fn finish(self, drift: i64) -> Result<Enterprise, Error> {
        let Self(enterprise, index) = self;
        let county = enterprise.county.to_string();
        let registered = county.get(..6).unwrap_or_default();
        let organisation = organisation(&index)?;
        Ok(Enterprise {
            code: CreditCode::with_check(&format!("91{registered}{organisation}"))?,
            faster: enterprise.faster - drift,
            ..enterprise
        })
    }
}

/// The organisation code of a number: HC for 合成, its digits, and the check character.
fn organisation(index: &str) -> Result<OrganisationCode, Error> {
    let with = |check: char| format!("HC{index}{check}").parse();
    let mut checks = "0123456789X".chars().filter_map(|check| with(check).ok());
    checks.next().ok_or_else(|| Error::Missing {
        what: "organisation code of number",
        name: index.to_owned(),
    })
}

fn size(chance: &mut Chance) -> i64 {
    let tenth = chance.below(10) as usize;
    let [from, to] = [SIZES[tenth], SIZES[tenth + 1]];
    from + (to - from) * i64::from(chance.below(1000)) / 1000
}

fn there(chance: &mut Chance, plan: &Plan) -> [usize; 2] {
    let months = usize::from(plan.months);
    let fate = chance.below(100);
    // Not in the first year, nor in the last months, so that most can be compared.
    let at = 12 + chance.below(u32::from(plan.months).saturating_sub(15).max(1)) as usize;
    match fate {
        fate if fate < BEGINNING => [next_january(plan, at), months],
        fate if fate < BEGINNING + ENDING => [0, at],
        _ => [0, months],
    }
}

/// Who begins is asked from the next January on, lest half a year be compared with a whole one;
/// from the first month if there is none any more.
fn next_january(plan: &Plan, at: usize) -> usize {
    let months = usize::from(plan.months);
    let left = |at: usize| i32::try_from(months - at).unwrap_or(1);
    let month = |at: usize| {
        plan.last
            .plus(1 - left(at))
            .map(|month| month.last_day().month())
    };
    (at..months).find(|at| month(*at) == Some(1)).unwrap_or(0)
}

/// How much faster all together would grow than they should: taken off each, so that the sum comes
/// out however large the large ones are.
pub(super) fn drift(drafts: &[Draft]) -> i64 {
    let of = |weigh: fn(&Enterprise) -> i128| drafts.iter().map(|of| weigh(&of.0)).sum::<i128>();
    let weighed = of(|of| i128::from(of.size) * i128::from(of.faster));
    let drift = weighed / of(|of| of.size.into()).max(1);
    i64::try_from(drift).unwrap_or(0)
}

fn millionths(number: i64, of: i64) -> i64 {
    (number * of + MILLION / 2).div_euclid(MILLION)
}

fn per_mille(number: i64, of: i64) -> i64 {
    (number * of + 500).div_euclid(1000)
}

impl Enterprise {
    /// The object that it is.
    pub fn object(&self) -> Object {
        Object::enterprise(self.code)
    }

    /// Whether it is there in a month, counted from the first of the history.
    pub(super) fn is_there(&self, month: usize) -> bool {
        (self.there[0]..self.there[1]).contains(&month)
    }

    fn noise(&self, month: usize) -> i64 {
        self.noise.get(month).copied().unwrap_or(0).into()
    }
}

impl Province {
    /// What an enterprise told of a month, or of January and February, in the end; `None` if it
    /// told nothing or the province knows no such month.
    pub fn figure(&self, enterprise: &Enterprise, at: usize, period: Period) -> Option<Number> {
        let indicator = INDICATORS.get(at)?;
        let (first, last) = self.month_numbers(period)?;
        if !enterprise.is_there(first) || !enterprise.is_there(last) {
            return None;
        }
        let of_period = if indicator.kind.adds_up() {
            first..=last
        } else {
            last..=last
        };
        let sum = of_period
            .map(|month| self.made(enterprise, at, month))
            .sum();
        number(indicator, sum)
    }

    /// What it told from January to the end of a month.
    pub fn to_date(&self, enterprise: &Enterprise, at: usize, period: Period) -> Option<Number> {
        let indicator = INDICATORS.get(at)?;
        self.sum_to_date(enterprise, at, period)
            .and_then(|sum| number(indicator, sum))
    }

    /// The same in its last digits, for sums of many.
    pub(super) fn sum_to_date(&self, of: &Enterprise, at: usize, period: Period) -> Option<i64> {
        let (first, last) = self.month_numbers(period)?;
        let is_told = period.frequency() == Frequency::YearToDate && of.is_there(last);
        let there = (first..=last).filter(|month| of.is_there(*month));
        is_told.then(|| there.map(|month| self.made(of, at, month)).sum())
    }

    /// The numbers of the first and the last month of a period in the history.
    pub(super) fn month_numbers(&self, period: Period) -> Option<(usize, usize)> {
        let number = |day| {
            let month = Period::containing(Frequency::Month, day);
            self.months.binary_search(&month).ok()
        };
        Some((number(period.first_day())?, number(period.last_day())?))
    }

    /// What an enterprise makes in a month: of an indicator, in its last digits.
    fn made(&self, of: &Enterprise, at: usize, month: usize) -> i64 {
        let (indicator, own) = (&INDICATORS[at], of.ratios[at]);
        let loss = self.loss(of, month);
        let [production, investment] = [0, 1].map(|path: usize| self.paths[path][month]);
        // Linear in time, so that what one gains another loses in every month.
        let months = month.cast_signed() as i64;
        let size = millionths(of.size, MILLION + of.faster * months / 12);
        let noise = 1000 + of.noise(month);
        let normal = per_mille(millionths(size, production), noise);
        let rising = |per_mille_a_month: i64| per_mille(size, 1000 + per_mille_a_month * months);
        let made = match indicator.kind {
            Kind::Made => per_mille(normal, 1000 - loss),
            // Below a third it costs more than it brings.
            Kind::Left => per_mille(normal, 1000 - 3 * loss),
            Kind::Paid => rising(4),
            Kind::Stands => per_mille(rising(3), 1000 + of.noise(month) / 4),
            Kind::Invested => {
                let noise = 1000 + of.noise(of.noise.len() - 1 - month);
                per_mille(millionths(size, investment), noise)
            }
            Kind::Rate => {
                let rate = per_mille(indicator.ratio(), own) + of.noise(month) / 2;
                return (rate - loss * 7 / 10).clamp(20, 998);
            }
        };
        let shift = 10_i64.pow(indicator.places());
        per_mille(millionths(made * shift, indicator.ratio()), own)
    }

    /// How much of its production an enterprise loses in a month, in per mille.
    fn loss(&self, of: &Enterprise, month: usize) -> i64 {
        let shock = self.plan.shock.as_ref();
        let hit = shock.filter(|shock| (shock.city, shock.division) == (of.city, of.division));
        let month = self.months.get(month);
        hit.zip(month)
            .map_or(0, |(shock, month)| shock.loss(*month))
    }

    /// Manufacturing's share of what a region made until a month, in hundredths of a per cent; its
    /// cities differ from it.
    pub(super) fn share(&self, region: Region, period: Period) -> i64 {
        let share = calibration::share(period.year_number(), period.last_day().month());
        let mut cities = (0..self.plan.cities).map(|at| (at, name::city(at)));
        match cities.find(|(_, city)| *city == region) {
            None => share,
            Some((at, _)) => {
                let mut chance = Chance::new(self.plan.seed, Stream::City(at));
                // The first draw is how fast it grows.
                let (_, apart) = (chance.around(OF_CITY), chance.around(800));
                share + apart
            }
        }
    }
}

fn number(indicator: &Indicator, digits: i64) -> Option<Number> {
    Number::new(digits.into(), indicator.places()).ok()
}
