//! What a rule is applied to: a region, a region and an industry, an enterprise.
//!
//! Not here: which subjects there are.

use codes::{Code, Region};
use facts::{Error, Form, Indicator, Object, Role, Series};
use std::fmt;

/// Objects that a rule is applied to together, by role; each role once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject(Vec<Object>);

impl Subject {
    /// The subject of some objects; in which order they are given does not matter.
    ///
    /// # Errors
    /// [`Error::Count`] without an object, with more than eight, or with two of one role.
    pub fn new(objects: impl IntoIterator<Item = Object>) -> Result<Self, Error> {
        let mut objects: Vec<Object> = objects.into_iter().take(9).collect();
        let counted = objects.len();
        objects.sort();
        let is_twice = objects.windows(2).any(|two| two[0].role() == two[1].role());
        if (1..=8).contains(&counted) && !is_twice {
            return Ok(Self(objects));
        }
        Err(Error::Count {
            what: "objects that a rule is applied to",
            counted,
            expected: "1 to 8, each role once",
        })
    }

    /// The objects, by role.
    pub fn objects(&self) -> &[Object] {
        &self.0
    }

    /// The roles, in order.
    pub fn roles(&self) -> impl Iterator<Item = Role> {
        self.0.iter().map(Object::role)
    }

    /// The region that it is of, if it is of one.
    pub fn region(&self) -> Option<Region> {
        self.0.iter().find_map(Object::as_region)
    }

    /// The same in another region.
    #[must_use]
    pub fn in_region(&self, region: Region) -> Self {
        let others = self.0.iter().filter(|object| object.role() != Role::REGION);
        let mut objects: Vec<_> = others.cloned().collect();
        objects.push(Object::region(region));
        objects.sort();
        Self(objects)
    }

    /// What it is a part of by its codes: the region above, or else the industry above.
    pub fn whole(&self) -> Option<Self> {
        if let Some(region) = self.region() {
            return Some(self.in_region(region.parent()?));
        }
        let industry = self.0.iter().find_map(Object::as_industry)?.parent()?;
        let others = self
            .0
            .iter()
            .filter(|object| object.role() != Role::INDUSTRY);
        let mut objects: Vec<_> = others.cloned().collect();
        objects.push(Object::industry(industry));
        objects.sort();
        Some(Self(objects))
    }

    /// Whether it is another of the same kind that lies in a region above.
    pub fn lies_below(&self, above: &Self) -> bool {
        let (Some(own), Some(other)) = (self.region(), above.region()) else {
            return false;
        };
        own != other && own.is_within(other) && self.in_region(other) == *above
    }

    /// A series of figures about it.
    pub(super) fn series(
        &self,
        indicator: &Indicator,
        frequency: codes::Frequency,
        form: Form,
    ) -> Result<Series, Error> {
        Series::new(indicator.clone(), self.0.iter().cloned(), frequency, form)
    }
}

/// Prints its objects.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, object) in self.0.iter().enumerate() {
            let between = if at == 0 { "" } else { ", " };
            write!(f, "{between}{object}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_lies_below_one_of_its_kind() {
        let region = |code: &str| Object::region(code.parse().unwrap());
        let industry = || Object::industry("C26".parse().unwrap());
        let city = Subject::new([industry(), region("3501")]).unwrap();
        let province = Subject::new([region("35"), industry()]).unwrap();
        assert!(city.lies_below(&province));
        assert!(!province.lies_below(&city));
        assert!(!city.lies_below(&city));
        assert!(!city.lies_below(&Subject::new([region("35")]).unwrap()));
        assert_eq!(city.whole(), Some(province));
        assert!(Subject::new([region("35"), region("36")]).is_err());
        assert!(Subject::new([]).is_err());
        let section = Subject::new([Object::industry("C".parse().unwrap())]).unwrap();
        assert_eq!(Subject::new([industry()]).unwrap().whole(), Some(section));
    }
}
