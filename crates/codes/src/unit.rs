//! Units of figures, and what each is of another: exact, or refused.
//!
//! Not here: rates of exchange and heat values, which change; a conversion by them is a figure
//! that somebody is answerable for.

use crate::{Error, Number};
use std::fmt;
use std::str::FromStr;

/// Says what a unit measures. Only units of the same kind are converted into each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Things that are counted, each kind by itself.
    Count,
    /// People.
    People,
    /// Enterprises and other bodies.
    Bodies,
    /// Machines and vehicles.
    Sets,
    /// Mass.
    Mass,
    /// Energy as electricity.
    Electricity,
    /// Energy as standard coal.
    StandardCoal,
    /// Money of China.
    Yuan,
    /// Money for a mass.
    YuanForMass,
    /// A part of a whole, or a growth.
    Share,
    /// A difference of two shares.
    Points,
    /// An index, of which some period is 100.
    Index,
    /// Space.
    Volume,
    /// Area.
    Area,
    /// Length.
    Length,
    /// Time.
    Time,
}

/// A unit by its number; numbers are never used again for another.
///
/// ```
/// use codes::{Number, Unit};
///
/// let value: Number = "12345.67".parse()?;
/// let in_100m = Unit::YUAN_10K.convert(value, Unit::YUAN_100M)?;
/// assert_eq!(in_100m.to_string(), "1.234567");
/// assert_eq!("亿元".parse::<Unit>()?, Unit::YUAN_100M);
/// # Ok::<(), codes::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Unit(u16);

struct Row {
    unit: Unit,
    symbol: &'static str,
    chinese: &'static str,
    /// What else it is called.
    others: &'static [&'static str],
    dimension: Dimension,
    /// How many of the dimension's first unit it is: a fraction.
    ratio: (u64, u64),
}

/// One table makes the constants and all that is known of them.
macro_rules! units {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $symbol:literal, $chinese:literal,
        [$($other:literal),*], $dimension:ident, $many:literal / $few:literal;)*) => {
        impl Unit {
            $($(#[$doc])* pub const $name: Self = Self($number);)*
        }

        const ROWS: &[Row] = &[$(Row {
            unit: Unit::$name,
            symbol: $symbol,
            chinese: $chinese,
            others: &[$($other),*],
            dimension: Dimension::$dimension,
            ratio: ($many, $few),
        }),*];
    };
}

units! {
    /// One thing.
    PIECE = 1, "pc", "个", ["件"], Count, 1 / 1;
    /// 10^4 things.
    PIECE_10K = 2, "10k pc", "万个", ["万件"], Count, 10_000 / 1;
    /// One person.
    PERSON = 10, "person", "人", [], People, 1 / 1;
    /// 10^4 people.
    PERSON_10K = 11, "10k person", "万人", [], People, 10_000 / 1;
    /// One enterprise or other body.
    BODY = 20, "body", "家", ["户"], Bodies, 1 / 1;
    /// 10^4 of them.
    BODY_10K = 21, "10k body", "万家", ["万户"], Bodies, 10_000 / 1;
    /// One machine or vehicle.
    SET = 30, "set", "台", ["辆", "套"], Sets, 1 / 1;
    /// 10^4 of them.
    SET_10K = 31, "10k set", "万台", ["万辆", "万套"], Sets, 10_000 / 1;
    /// Kilogram.
    KILOGRAM = 40, "kg", "千克", ["公斤"], Mass, 1 / 1_000;
    /// Ton of 1,000 kg.
    TON = 41, "t", "吨", [], Mass, 1 / 1;
    /// 10^4 tons.
    TON_10K = 42, "10k t", "万吨", [], Mass, 10_000 / 1;
    /// 10^8 tons.
    TON_100M = 43, "100M t", "亿吨", [], Mass, 100_000_000 / 1;
    /// Kilowatt hour.
    KWH = 50, "kWh", "千瓦时", ["度"], Electricity, 1 / 1;
    /// 10^4 kilowatt hours.
    KWH_10K = 51, "10k kWh", "万千瓦时", ["万度"], Electricity, 10_000 / 1;
    /// 10^8 kilowatt hours.
    KWH_100M = 52, "100M kWh", "亿千瓦时", ["亿度"], Electricity, 100_000_000 / 1;
    /// Ton of standard coal.
    TCE = 60, "tce", "吨标准煤", ["吨标煤"], StandardCoal, 1 / 1;
    /// 10^4 tons of standard coal.
    TCE_10K = 61, "10k tce", "万吨标准煤", ["万吨标煤"], StandardCoal, 10_000 / 1;
    /// Yuan.
    YUAN = 70, "yuan", "元", [], Yuan, 1 / 1;
    /// 10^3 yuan, as accounts are kept.
    YUAN_1K = 71, "1k yuan", "千元", [], Yuan, 1_000 / 1;
    /// 10^4 yuan.
    YUAN_10K = 72, "10k yuan", "万元", [], Yuan, 10_000 / 1;
    /// 10^6 yuan.
    YUAN_1M = 73, "1M yuan", "百万元", [], Yuan, 1_000_000 / 1;
    /// 10^8 yuan.
    YUAN_100M = 74, "100M yuan", "亿元", [], Yuan, 100_000_000 / 1;
    /// Yuan for a ton.
    YUAN_PER_TON = 80, "yuan/t", "元/吨", [], YuanForMass, 1 / 1;
    /// Hundredths.
    PER_CENT = 90, "%", "%", ["百分比"], Share, 1 / 100;
    /// Thousandths.
    PER_MILLE = 91, "‰", "‰", [], Share, 1 / 1_000;
    /// A part of 1.
    PART = 92, "1", "比例", [], Share, 1 / 1;
    /// Percentage points: what two shares in per cent differ by, and what a part pulls.
    POINT = 100, "pp", "百分点", ["个百分点"], Points, 1 / 1;
    /// An index, of which some period is 100.
    INDEX = 110, "index", "指数", [], Index, 1 / 1;
    /// Cubic metre.
    CUBIC_METRE = 120, "m3", "立方米", ["m³"], Volume, 1 / 1;
    /// 10^4 cubic metres.
    CUBIC_METRE_10K = 121, "10k m3", "万立方米", [], Volume, 10_000 / 1;
    /// 10^8 cubic metres.
    CUBIC_METRE_100M = 122, "100M m3", "亿立方米", [], Volume, 100_000_000 / 1;
    /// Square metre.
    SQUARE_METRE = 130, "m2", "平方米", ["m²"], Area, 1 / 1;
    /// 10^4 square metres.
    SQUARE_METRE_10K = 131, "10k m2", "万平方米", [], Area, 10_000 / 1;
    /// Hectare.
    HECTARE = 132, "ha", "公顷", [], Area, 10_000 / 1;
    /// Mu: the fifteenth part of a hectare.
    MU = 133, "mu", "亩", [], Area, 2000 / 3;
    /// Metre.
    METRE = 140, "m", "米", [], Length, 1 / 1;
    /// Kilometre.
    KILOMETRE = 141, "km", "千米", ["公里"], Length, 1_000 / 1;
    /// Hour.
    HOUR = 150, "h", "小时", [], Time, 1 / 24;
    /// Day.
    DAY = 151, "d", "天", ["日"], Time, 1 / 1;
}

impl Unit {
    /// All units, by number.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.unit)
    }

    /// The unit with this number.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::all().find(|unit| unit.0 == number)
    }

    /// Its number.
    pub fn number(self) -> u16 {
        self.0
    }

    fn row(self) -> &'static Row {
        let found = ROWS.iter().find(|row| row.unit == self);
        found.expect("units are made from the rows alone")
    }

    /// What it measures.
    pub fn dimension(self) -> Dimension {
        self.row().dimension
    }

    /// What it is called in Chinese.
    pub fn chinese(self) -> &'static str {
        self.row().chinese
    }

    /// So many of this unit in another.
    ///
    /// # Errors
    /// [`Error::Units`] if they measure different things; [`Error::Endless`] if it does not come
    /// out even; [`Error::TooManyDigits`].
    pub fn convert(self, number: Number, into: Self) -> Result<Number, Error> {
        if self == into {
            return Ok(number);
        }
        let (from, to) = (self.row(), into.row());
        if from.dimension != to.dimension {
            return Err(Error::Units {
                from: from.symbol,
                to: to.symbol,
            });
        }
        let (many, few) = (from.ratio.0 * to.ratio.1, from.ratio.1 * to.ratio.0);
        let divisor = greatest_divisor(many, few);
        number.scaled(many / divisor, few / divisor)
    }
}

fn greatest_divisor(a: u64, b: u64) -> u64 {
    if b == 0 {
        a
    } else {
        greatest_divisor(b, a % b)
    }
}

/// Prints its symbol.
impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().symbol)
    }
}

/// Reads its symbol or a Chinese name of it; a full-width per cent sign is told.
impl FromStr for Unit {
    type Err = Error;

    fn from_str(written: &str) -> Result<Self, Error> {
        let what = "a unit";
        let written = crate::text::read(what, written, "", |_| true)?;
        let is_called = |row: &&Row| {
            row.symbol == written || row.chinese == written || row.others.contains(&written)
        };
        let found = ROWS.iter().find(is_called);
        found.map(|row| row.unit).ok_or_else(|| Error::Unknown {
            what: "unit",
            text: written.to_owned(),
            expected: "a symbol such as t, 10k yuan, %, or a name such as 万元",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn converted(number: &str, from: Unit, into: Unit) -> Result<String, String> {
        let number = from.convert(number.parse().unwrap(), into);
        number
            .map(|number| number.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn conversions_are_exact_or_refused() {
        let check = |number, from, into, expected: &str| {
            assert_eq!(converted(number, from, into).as_deref(), Ok(expected));
        };
        check("1.5", Unit::YUAN_100M, Unit::YUAN_10K, "15000");
        check("0.01", Unit::YUAN, Unit::YUAN_100M, "0.0000000001");
        check("3", Unit::MU, Unit::SQUARE_METRE, "2000");
        check("15", Unit::MU, Unit::HECTARE, "1");
        check("6.5", Unit::PER_CENT, Unit::PART, "0.065");
        check("6.5", Unit::PER_CENT, Unit::PER_MILLE, "65");
        check("36", Unit::HOUR, Unit::DAY, "1.5");
        let error = converted("1", Unit::MU, Unit::SQUARE_METRE).unwrap_err();
        assert_eq!(error, "1 times 2000/3 has no end in decimals; round it");
        let error = converted("1", Unit::PER_CENT, Unit::POINT).unwrap_err();
        assert_eq!(
            error,
            "% cannot be converted into pp: they measure different things"
        );
        assert!(converted("1", Unit::TCE, Unit::TON).is_err());
    }

    #[test]
    fn names_and_numbers_are_used_once() {
        let numbers: BTreeSet<_> = Unit::all().map(Unit::number).collect();
        assert_eq!(numbers.len(), ROWS.len());
        let mut names = BTreeSet::new();
        for row in ROWS {
            let all = [row.symbol, row.chinese]
                .into_iter()
                .chain(row.others.iter().copied());
            for name in all.collect::<BTreeSet<_>>() {
                assert!(names.insert(name), "{name} twice");
                assert_eq!(name.parse(), Ok(row.unit));
            }
            assert_eq!(Unit::from_number(row.unit.number()), Some(row.unit));
        }
        assert_eq!(Unit::from_number(9999), None);
    }

    #[test]
    fn unknown_units_are_told() {
        let check = |written: &str, said: &str| {
            let error = written.parse::<Unit>().unwrap_err().to_string();
            assert!(error.contains(said), "{written}: {error}");
        };
        check("％", "full-width '％'; write '%'");
        check("万", "there is no unit '万'");
        check("", "a unit is empty");
    }

    proptest! {
        /// Two units of one kind, there and back.
        #[test]
        fn there_and_back_is_where_it_was(
            a in 0..ROWS.len(), b in 0..ROWS.len(), number in -1_000_000..1_000_000_i32,
        ) {
            let [from, into] = [ROWS[a].unit, ROWS[b].unit];
            match from.convert(number.into(), into) {
                Ok(converted) => prop_assert_eq!(into.convert(converted, from), Ok(number.into())),
                Err(Error::Units { .. }) => prop_assert_ne!(from.dimension(), into.dimension()),
                Err(Error::Endless { .. }) => prop_assert_eq!(from.dimension(), into.dimension()),
                Err(error) => prop_assert!(false, "{error}"),
            }
        }
    }
}
