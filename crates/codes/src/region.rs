//! Regions by the codes of statistics: twelve digits, of which the first six are those of
//! GB/T 2260.
//!
//! | digits | level |
//! | --- | --- |
//! | 2 | province, autonomous region, municipality |
//! | 2 | city, prefecture |
//! | 2 | county, district |
//! | 3 | town, street |
//! | 3 | village, residents' committee |
//!
//! Digits of finer levels are zeros. A town may lie directly in a city that has no counties.
//!
//! Not here: names below the provinces, which change every year and are imported.

use crate::list::{Code, List};
use crate::{Error, text};
use std::fmt;
use std::str::FromStr;

#[cfg(test)]
mod tests;

/// Where the digits of each level end, counted from the last: what a code is a multiple of.
const LEVELS: [(RegionLevel, u64); 5] = [
    (RegionLevel::Village, 1),
    (RegionLevel::Town, 1_000),
    (RegionLevel::County, 1_000_000),
    (RegionLevel::City, 100_000_000),
    (RegionLevel::Province, 10_000_000_000),
];

/// The divisions of the first level (GB/T 2260), 34 of them.
const PROVINCES: [(u64, &str); 34] = [
    (11, "北京市"),
    (12, "天津市"),
    (13, "河北省"),
    (14, "山西省"),
    (15, "内蒙古自治区"),
    (21, "辽宁省"),
    (22, "吉林省"),
    (23, "黑龙江省"),
    (31, "上海市"),
    (32, "江苏省"),
    (33, "浙江省"),
    (34, "安徽省"),
    (35, "福建省"),
    (36, "江西省"),
    (37, "山东省"),
    (41, "河南省"),
    (42, "湖北省"),
    (43, "湖南省"),
    (44, "广东省"),
    (45, "广西壮族自治区"),
    (46, "海南省"),
    (50, "重庆市"),
    (51, "四川省"),
    (52, "贵州省"),
    (53, "云南省"),
    (54, "西藏自治区"),
    (61, "陕西省"),
    (62, "甘肃省"),
    (63, "青海省"),
    (64, "宁夏回族自治区"),
    (65, "新疆维吾尔自治区"),
    (71, "台湾省"),
    (81, "香港特别行政区"),
    (82, "澳门特别行政区"),
];

/// A region, from the whole country down to a village.
///
/// Regions are in the order of their codes: what lies within one follows it.
///
/// ```
/// use codes::{Code, Region, RegionLevel};
///
/// let county: Region = "350102".parse()?;
/// assert_eq!(county.to_string(), "350102000000");
/// assert_eq!(county.level(), RegionLevel::County);
/// assert_eq!(county.parent(), Some("3501".parse()?));
/// assert!(county.is_within("35".parse()?));
/// # Ok::<(), codes::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(u64);

/// Says how fine a region is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RegionLevel {
    /// The whole country.
    Nation,
    /// A province, autonomous region or municipality.
    Province,
    /// A city or prefecture.
    City,
    /// A county or district.
    County,
    /// A town or street.
    Town,
    /// A village or residents' committee.
    Village,
}

impl Region {
    /// The whole country: twelve zeros.
    pub const NATION: Self = Self(0);

    /// How fine it is.
    pub fn level(self) -> RegionLevel {
        // The finest level with a digit of its own: the first that the next unit does not divide.
        let coarser = LEVELS
            .iter()
            .skip(1)
            .map(|(_, unit)| *unit)
            .chain([u64::MAX]);
        let mut levels = LEVELS.iter().zip(coarser);
        let finest = levels.find(|(_, coarser)| !self.0.is_multiple_of(*coarser));
        finest.map_or(RegionLevel::Nation, |((level, _), _)| *level)
    }

    /// The region of a level that it lies in, or is.
    ///
    /// `None` of a level finer than its own, and of the county of a town that lies in none.
    pub fn at(self, level: RegionLevel) -> Option<Self> {
        let mut at = Some(self);
        while let Some(found) = at.filter(|found| found.level() != level) {
            at = found.parent();
        }
        at
    }

    /// Whether every level above it can be one: what lies in a county lies in a city.
    fn is_sound(self) -> bool {
        let [province, city, county] =
            [10_000_000_000, 100_000_000, 1_000_000].map(|unit| self.0 / unit % 100);
        let (town, village) = (self.0 / 1_000 % 1_000, self.0 % 1_000);
        let is_below_city = county != 0 || town != 0 || village != 0;
        (province != 0 || self.0 == 0)
            && (city != 0 || !is_below_city)
            && (town != 0 || village == 0)
    }
}

impl Code for Region {
    fn parent(self) -> Option<Self> {
        let level = self.level();
        let coarser = LEVELS.iter().skip_while(|(at, _)| *at != level).nth(1);
        match coarser {
            _ if level == RegionLevel::Nation => None,
            None => Some(Self::NATION),
            Some((_, unit)) => Some(Self(self.0 - self.0 % unit)),
        }
    }
}

/// Prints all twelve digits.
impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

/// Reads the digits down to any level: 2, 4, 6, 9 or 12.
impl FromStr for Region {
    type Err = Error;

    fn from_str(written: &str) -> Result<Self, Error> {
        let what = "a region code";
        let written = text::digits(what, written)?;
        let counted = written.len();
        if ![2, 4, 6, 9, 12].contains(&counted) {
            let expected = "2, 4, 6, 9 or 12 digits";
            return Err(Error::Length {
                what,
                counted,
                expected,
            });
        }
        let region = format!("{written:0<12}").parse().map(Self).ok();
        region
            .filter(|region| region.is_sound())
            .ok_or_else(|| Error::Unknown {
                what: "region code",
                text: written.to_owned(),
                expected: "what lies in a county or a town has digits for the levels above",
            })
    }
}

/// The whole country and its 34 divisions of the first level.
pub fn provinces() -> List<Region> {
    let province = |(code, name): (u64, &'static str)| (Region(code * 10_000_000_000), name);
    List::of(
        [(Region::NATION, "全国")]
            .into_iter()
            .chain(PROVINCES.map(province)),
    )
}
