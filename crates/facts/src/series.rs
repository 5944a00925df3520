//! Series: which figure of which objects, how often told and in which form.
//!
//! | octets of the key | field |
//! | --- | --- |
//! | n, 0 | indicator |
//! | each object | role 1, identifier n, 0 |
//! | 1 | 0 |
//! | 1 | frequency |
//! | 1 | form |
//!
//! Keys order as series do: by indicator, then by object after object, then by frequency and form.
//!
//! Not here: what the figures are (`observation`), what an indicator means.

use crate::{Error, Object};
use codes::{Error as CodeError, Frequency};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The most objects of a series: region, industry, enterprise, park, product and a few more.
const OBJECTS_MAX: usize = 8;

/// The longest name of an indicator, in characters.
const INDICATOR_CHARACTERS_MAX: usize = 64;

/// Names what is told: letters, digits, points, hyphens and underscores; case does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Indicator(Arc<str>);

impl FromStr for Indicator {
    type Err = Error;

    fn from_str(written: &str) -> Result<Self, Error> {
        let what = "an indicator";
        let is_allowed = |found: char| found.is_ascii_alphanumeric() || ".-_".contains(found);
        let wrong = (1..)
            .zip(written.chars())
            .find(|(_, found)| !is_allowed(*found));
        match wrong {
            Some((at, found)) => Err(CodeError::Character {
                what,
                at,
                found,
                expected: "a letter, a digit, '.', '-' or '_'",
            }
            .into()),
            None if (1..=INDICATOR_CHARACTERS_MAX).contains(&written.len()) => {
                Ok(Self(written.to_ascii_lowercase().into()))
            }
            None => Err(CodeError::Length {
                what,
                counted: written.len(),
                expected: "1 to 64",
            }
            .into()),
        }
    }
}

impl fmt::Display for Indicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Says what a figure of a series is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// What was counted or measured in the period, or stood at its end (当期).
    Level,
    /// What was counted from the beginning of the year (累计).
    Cumulative,
    /// Growth on the same period of the year before, over what can be compared (同比).
    YearOnYear,
    /// Growth on the period before (环比).
    PeriodOnPeriod,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Level,
        Self::Cumulative,
        Self::YearOnYear,
        Self::PeriodOnPeriod,
    ];

    /// Its number in keys.
    pub fn number(self) -> u8 {
        match self {
            Self::Level => 1,
            Self::Cumulative => 2,
            Self::YearOnYear => 3,
            Self::PeriodOnPeriod => 4,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.number() == number)
    }
}

/// Names a series of figures.
///
/// ```
/// use codes::Frequency;
/// use facts::{Form, Object, Series};
///
/// let objects = [Object::industry("26".parse()?), Object::region("35".parse()?)];
/// let series = Series::new("output".parse()?, objects, Frequency::MergedMonth, Form::Level)?;
/// let key = b"output\0\x01350000000000\0\x02C26\0\0\x05\x01";
/// assert_eq!(series.key(), key);
/// assert_eq!(Series::from_key(key), Some(series));
/// # Ok::<(), facts::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Series {
    indicator: Indicator,
    /// Shared: a month's figures are handed on by the million.
    objects: Arc<[Object]>,
    frequency: Frequency,
    form: Form,
}

impl Series {
    /// The series of some objects; in which order they are given does not matter.
    ///
    /// # Errors
    /// [`Error::Count`] without an object, with more than eight, or with one of them twice.
    pub fn new(
        indicator: Indicator,
        objects: impl IntoIterator<Item = Object>,
        frequency: Frequency,
        form: Form,
    ) -> Result<Self, Error> {
        let mut objects: Vec<_> = objects.into_iter().take(OBJECTS_MAX + 1).collect();
        let counted = objects.len();
        objects.sort();
        objects.dedup();
        if !(1..=OBJECTS_MAX).contains(&counted) || objects.len() < counted {
            return Err(Error::Count {
                what: "objects of a series",
                counted,
                expected: "1 to 8, each of them once",
            });
        }
        Ok(Self {
            indicator,
            objects: objects.into(),
            frequency,
            form,
        })
    }

    /// What is told.
    pub fn indicator(&self) -> &Indicator {
        &self.indicator
    }

    /// Of what it is told, by role.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// How often it is told.
    pub fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// In which form it is told.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The same figures in another form or at another frequency.
    #[must_use]
    pub fn told(&self, frequency: Frequency, form: Form) -> Self {
        Self {
            frequency,
            form,
            ..self.clone()
        }
    }

    /// The octets that name it, in the order of series; none begins with another.
    pub fn key(&self) -> Vec<u8> {
        let mut key = Vec::with_capacity(self.key_length());
        self.put_in_key(&mut key);
        key
    }

    /// How many octets name it.
    pub(crate) fn key_length(&self) -> usize {
        let objects: usize = self.objects.iter().map(Object::key_length).sum();
        self.indicator.0.len() + 1 + objects + 3
    }

    /// Appends it to a key.
    pub(crate) fn put_in_key(&self, key: &mut Vec<u8>) {
        key.extend_from_slice(self.indicator.0.as_bytes());
        key.push(0);
        for object in &*self.objects {
            object.put_in_key(key);
        }
        key.extend_from_slice(&[0, self.frequency.number(), self.form.number()]);
    }

    /// Reads what [`Series::key`] has made, and nothing else.
    pub fn from_key(key: &[u8]) -> Option<Self> {
        let mut rest = key;
        let series = Self::take_from_key(&mut rest)?;
        (rest.is_empty() && series.key() == key).then_some(series)
    }

    /// Takes it off the front of a key.
    pub(crate) fn take_from_key(key: &mut &[u8]) -> Option<Self> {
        let end = key.iter().position(|octet| *octet == 0)?;
        let indicator = std::str::from_utf8(key.get(..end)?).ok()?.parse().ok()?;
        *key = key.get(end + 1..)?;
        let mut objects = Vec::new();
        while *key.first()? != 0 {
            objects.push(Object::take_from_key(key)?);
        }
        let [_, frequency, form] = *key.first_chunk()?;
        *key = key.get(3..)?;
        let (frequency, form) = (Frequency::from_number(frequency)?, Form::from_number(form)?);
        Self::new(indicator, objects, frequency, form).ok()
    }
}

/// Prints the indicator and the objects.
impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of", self.indicator)?;
        self.objects
            .iter()
            .try_for_each(|object| write!(f, " {object}"))?;
        write!(f, ", {:?}, {:?}", self.frequency, self.form)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::Role;
    use proptest::prelude::*;

    #[test]
    fn a_series_needs_objects_each_once() {
        let region = Object::region("35".parse().unwrap());
        let check = |objects: Vec<Object>| {
            Series::new("a".parse().unwrap(), objects, Frequency::Month, Form::Level).is_ok()
        };
        assert!(check(vec![region.clone()]));
        assert!(!check(vec![]));
        assert!(!check(vec![region.clone(), region]));
        let park = |number| Object::new(Role::PARK, &format!("88.1/{number}")).unwrap();
        assert!(check((0..8).map(park).collect()));
        assert!(!check((0..9).map(park).collect()));
        assert!("工业".parse::<Indicator>().is_err());
        assert!("".parse::<Indicator>().is_err());
        assert!("a".repeat(65).parse::<Indicator>().is_err());
    }

    fn any_object() -> impl Strategy<Value = Object> {
        let region = (11..83_u32).prop_map(|code| Object::new(Role::REGION, &code.to_string()));
        let industry = "[B-D]".prop_map(|code| Object::new(Role::INDUSTRY, &code));
        let other = (4..12_u8, "[a-zé0-9.]{1,6}(/[^\\pC]{0,3})?")
            .prop_map(|(role, id)| Object::new(Role::from_number(role).unwrap(), &id));
        prop_oneof![region, industry, other].prop_map(Result::unwrap)
    }

    pub(crate) fn any_series() -> impl Strategy<Value = Series> {
        let objects = prop::collection::btree_set(any_object(), 1..4);
        ("[a-c.]{1,3}", objects, 0..8_usize, 0..4_usize).prop_map(|(name, objects, at, form)| {
            let indicator = name.parse().unwrap();
            Series::new(indicator, objects, Frequency::ALL[at], Form::ALL[form]).unwrap()
        })
    }

    proptest! {
        #[test]
        fn keys_order_as_series_do(a in any_series(), b in any_series()) {
            prop_assert_eq!(a.key().cmp(&b.key()), a.cmp(&b));
            prop_assert_eq!(a.key().starts_with(&b.key()), a == b);
            prop_assert_eq!(Series::from_key(&a.key()), Some(a));
        }

        #[test]
        fn no_octets_make_it_fall_over(octets in prop::collection::vec(0..80_u8, 0..40)) {
            if let Some(series) = Series::from_key(&octets) {
                prop_assert_eq!(series.key(), octets);
            }
        }
    }
}
