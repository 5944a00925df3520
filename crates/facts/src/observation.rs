//! Observations: what was told of one period, by whom.
//!
//! | octets | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 1 | status: 1 reported, 2 estimated, 3 missing, 4 suppressed |
//! | 2 | number of the unit |
//! | 8 | when the reporter told it, in milliseconds since 1970 |
//! | 2 + n | reporter |
//! | 2 + n | remark |
//! | 1 | reason, if missing |
//! | 1, 1, n | places, length and digits of the number, if reported or estimated |
//!
//! Not here: of which series and period, and since when it is known (`history`).

use crate::fields::{self, stored};
use crate::{Error, Instant};
use bytes::Bytes;
use codes::{Number, Unit};
use model::octets::Reader;

const REPORTER_OCTETS_MAX: usize = 256;
const REMARK_OCTETS_MAX: usize = 1024;

const REPORTED: u8 = 1;
const ESTIMATED: u8 = 2;
const MISSING: u8 = 3;
const SUPPRESSED: u8 = 4;

/// Says why a figure is missing; other numbers survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reason(pub u8);

impl Reason {
    /// It has not been told yet.
    pub const NOT_YET: Self = Self(1);
    /// There is no such figure: the object does not do this.
    pub const NOT_APPLICABLE: Self = Self(2);
    /// Whoever should tell it has refused.
    pub const REFUSED: Self = Self(3);
    /// What was told could not be used.
    pub const UNUSABLE: Self = Self(4);
    /// Nothing is collected for this period.
    pub const NOT_COLLECTED: Self = Self(5);

    /// What it is called in English and in Chinese; `None` of numbers without a name here.
    pub fn names(self) -> Option<[&'static str; 2]> {
        Some(match self {
            Self::NOT_YET => ["not reported yet", "尚未上报"],
            Self::NOT_APPLICABLE => ["not applicable", "不适用"],
            Self::REFUSED => ["refused", "拒报"],
            Self::UNUSABLE => ["unusable", "数据不可用"],
            Self::NOT_COLLECTED => ["not collected", "本期不统计"],
            _ => return None,
        })
    }
}

/// What was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A figure as it was reported.
    Reported(Number),
    /// A figure that was estimated, perhaps before the period ended.
    Estimated(Number),
    /// No figure, and why.
    Missing(Reason),
    /// A figure that is kept from us.
    Suppressed,
}

impl Content {
    /// The figure, if there is one.
    pub fn number(self) -> Option<Number> {
        match self {
            Self::Reported(number) | Self::Estimated(number) => Some(number),
            Self::Missing(_) | Self::Suppressed => None,
        }
    }
}

/// What was told of one period, by whom and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// What was told.
    pub content: Content,
    /// In which unit; also where there is no figure.
    pub unit: Unit,
    /// When the reporter told it, which may be long before it is known here.
    pub released_at: Instant,
    /// Who told it: an identifier or a name, 1 to 256 octets.
    pub reporter: String,
    /// What else there is to say, at most 1,024 octets; of a revision: why.
    pub remark: String,
}

impl Observation {
    /// A figure as it was reported.
    pub fn reported(number: Number, unit: Unit, reporter: &str, released_at: Instant) -> Self {
        Self {
            content: Content::Reported(number),
            unit,
            released_at,
            reporter: reporter.to_owned(),
            remark: String::new(),
        }
    }

    /// The octets that are stored.
    ///
    /// # Errors
    /// [`Error::Text`] if the reporter or the remark is too long, or no plain text.
    pub fn encode(&self) -> Result<Bytes, Error> {
        fields::check_text("a reporter", &self.reporter, 1, REPORTER_OCTETS_MAX)?;
        fields::check_text("a remark", &self.remark, 0, REMARK_OCTETS_MAX)?;
        let status = match self.content {
            Content::Reported(_) => REPORTED,
            Content::Estimated(_) => ESTIMATED,
            Content::Missing(_) => MISSING,
            Content::Suppressed => SUPPRESSED,
        };
        let mut out = Vec::with_capacity(64);
        out.extend_from_slice(&[fields::FORMAT, status]);
        out.extend_from_slice(&self.unit.number().to_be_bytes());
        out.extend_from_slice(&self.released_at.0.to_be_bytes());
        fields::put_text(&mut out, &self.reporter);
        fields::put_text(&mut out, &self.remark);
        match self.content {
            Content::Missing(reason) => out.push(reason.0),
            content => {
                if let Some(number) = content.number() {
                    fields::put_number(&mut out, number);
                }
            }
        }
        Ok(out.into())
    }

    /// Reads what [`Observation::encode`] has made.
    ///
    /// # Errors
    /// [`Error::Stored`].
    pub fn decode(octets: Bytes) -> Result<Self, Error> {
        let what = "observation";
        let mut reader = fields::open(what, octets)?;
        let [status, unit, released_at] =
            head(&mut reader).map_err(|error| stored(what, &error))?;
        let unit = u16::try_from(unit).ok().and_then(Unit::from_number);
        let unit = unit.ok_or_else(|| stored(what, "its unit is not known"))?;
        let reporter = fields::text(&mut reader, "reporter")?;
        let remark = fields::text(&mut reader, "remark")?;
        let content = match u8::try_from(status) {
            Ok(REPORTED) => Content::Reported(fields::number(&mut reader)?),
            Ok(ESTIMATED) => Content::Estimated(fields::number(&mut reader)?),
            Ok(MISSING) => {
                let reason = reader.u8("reason").map_err(|error| stored(what, &error))?;
                Content::Missing(Reason(reason))
            }
            Ok(SUPPRESSED) => Content::Suppressed,
            _ => return Err(stored(what, "its status is not known")),
        };
        reader.finish(what).map_err(|error| stored(what, &error))?;
        Ok(Self {
            content,
            unit,
            released_at: Instant(released_at),
            reporter,
            remark,
        })
    }
}

/// Status, unit and the time of release.
fn head(reader: &mut Reader) -> Result<[u64; 3], model::Error> {
    let status = reader.u8("status")?.into();
    let unit = reader.u16("unit")?.into();
    Ok([status, unit, reader.u64("time of release")?])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_that_are_too_long_are_refused() {
        let observation = |reporter: &str, remark: &str| Observation {
            remark: remark.to_owned(),
            ..Observation::reported(1.into(), Unit::TON, reporter, Instant(0))
        };
        assert!(observation("a", "").encode().is_ok());
        assert!(observation("", "").encode().is_err());
        assert!(observation(&"a".repeat(257), "").encode().is_err());
        assert!(observation("a\n", "").encode().is_err());
        assert!(observation("a", &"a".repeat(1025)).encode().is_err());
    }

    pub(crate) fn any_observation() -> impl Strategy<Value = Observation> {
        let number = (-1000..1000_i32, 0..3_u32).prop_map(|(digits, places)| {
            let number: Number = digits.into();
            number.scaled(1, 10_u64.pow(places)).unwrap()
        });
        let content = prop_oneof![
            4 => number.clone().prop_map(Content::Reported),
            1 => number.prop_map(Content::Estimated),
            1 => any::<u8>().prop_map(|reason| Content::Missing(Reason(reason))),
            1 => Just(Content::Suppressed),
        ];
        (content, "[a-c省]{1,3}", "[ -~]{0,5}").prop_map(|(content, reporter, remark)| {
            Observation {
                content,
                unit: Unit::TON,
                released_at: Instant(5),
                reporter,
                remark,
            }
        })
    }

    proptest! {
        #[test]
        fn observations_come_back(observation in any_observation()) {
            let octets = observation.encode().unwrap();
            for length in 0..octets.len() {
                prop_assert!(Observation::decode(octets.slice(..length)).is_err());
            }
            prop_assert!(Observation::decode([&octets[..], &[0]].concat().into()).is_err());
            prop_assert_eq!(Observation::decode(octets).unwrap(), observation);
        }

        #[test]
        fn no_octets_make_it_fall_over(octets in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = Observation::decode(octets.into());
        }
    }
}
