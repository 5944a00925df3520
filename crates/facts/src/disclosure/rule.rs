//! Which figures tell of one enterprise. Not here: what else is hidden for their sake.

use super::Behind;
use crate::Error;
use codes::Number;

/// Says when a figure tells too much of those behind it. The numbers are the user's to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// How many there must be at least behind a figure. Who has zero in it does not count: he
    /// covers nobody.
    pub least: usize,
    /// (n, k): the n largest together must not have more than k per cent.
    pub dominance: Option<(usize, Number)>,
    /// p: nobody must come nearer than p per cent to the largest by subtracting himself; the second
    /// largest comes nearest.
    pub nearness: Option<Number>,
}

/// Three at least, of whom the two largest have no more than 85 per cent: with two, each knows of
/// the other by subtraction, and a third who is tiny changes little.
impl Default for Rule {
    fn default() -> Self {
        Self {
            least: 3,
            dominance: Some((2, 85.into())),
            nearness: None,
        }
    }
}

impl Rule {
    /// Whether a figure is sensitive that is the sum of these, one of each that is behind it.
    ///
    /// Losses count as much as profits. That there is nobody is no secret; that everybody behind a
    /// figure has zero is one.
    ///
    /// # Errors
    /// [`Error::Code`] if a sum has too many digits.
    pub fn is_sensitive(&self, of: &[Number]) -> Result<bool, Error> {
        if of.is_empty() {
            return Ok(false);
        }
        let mut sizes = Vec::with_capacity(of.len());
        for number in of {
            sizes.push(Number::ZERO.minus(*number)?.max(*number));
        }
        sizes.sort();
        sizes.reverse();
        let total = Number::sum(sizes.iter().copied())?;
        let counted = sizes.iter().filter(|size| size.is_positive()).count();
        Ok(counted < self.least
            || self.is_dominated(&sizes, total)?
            || self.is_near(&sizes, total)?)
    }

    /// Who is behind a figure that is the sum of these, as far as it is sensitive: each a number of
    /// whom it is, and what is his.
    ///
    /// If all but one have zero it is known to that one: that others stand idle is seen from the
    /// road.
    ///
    /// # Errors
    /// As of [`Rule::is_sensitive`].
    pub fn behind(&self, of: &[(usize, Number)]) -> Result<Behind, Error> {
        let numbers: Vec<_> = of.iter().map(|(_, number)| *number).collect();
        if !self.is_sensitive(&numbers)? {
            return Ok(Behind::Enough);
        }
        let counts = |(_, number): &&(usize, Number)| *number != Number::ZERO;
        let counted: Vec<_> = of.iter().filter(counts).collect();
        Ok(match (&counted[..], of) {
            ([(who, _)], _) | (_, [(who, _)]) => Behind::One(*who),
            _ => Behind::Few,
        })
    }

    fn is_dominated(&self, sizes: &[Number], total: Number) -> Result<bool, Error> {
        let Some((count, per_cent)) = self.dominance else {
            return Ok(false);
        };
        let largest = Number::sum(sizes.iter().copied().take(count))?;
        Ok(largest.times(100.into())? > total.times(per_cent)?)
    }

    fn is_near(&self, sizes: &[Number], total: Number) -> Result<bool, Error> {
        let (Some(per_cent), Some(largest)) = (self.nearness, sizes.first()) else {
            return Ok(false);
        };
        let second = sizes.get(1).copied().unwrap_or_default();
        let others = total.minus(*largest)?.minus(second)?;
        Ok(others.times(100.into())? < largest.times(per_cent)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_few_or_of_one_large_are_sensitive() {
        let check = |rule: Rule, of: &[i32], expected: bool| {
            let numbers: Vec<Number> = of.iter().map(|number| (*number).into()).collect();
            assert_eq!(
                rule.is_sensitive(&numbers).unwrap(),
                expected,
                "{rule:?} {of:?}"
            );
        };
        let few = Rule {
            dominance: None,
            ..Rule::default()
        };
        check(few, &[], false);
        check(few, &[5], true);
        check(few, &[0], true);
        check(few, &[5, 5], true);
        check(few, &[5, 5, 5], false);
        // Who stands idle covers nobody.
        check(few, &[5, 0, 0], true);
        check(few, &[5, 5, 0, 0], true);
        check(few, &[5, -5, 5, 0], false);
        check(few, &[0, 0, 0], true);
        check(Rule::default(), &[5, 5, 5], false);
        check(Rule::default(), &[50, 40, 1], true);
        let dominance = |count, per_cent: i32| Rule {
            dominance: Some((count, per_cent.into())),
            ..few
        };
        check(dominance(1, 75), &[75, 15, 10], false);
        check(dominance(1, 75), &[76, 15, 9], true);
        check(dominance(2, 85), &[75, 11, 14], true);
        check(dominance(1, 75), &[-90, 5, 5], true);
        let nearness = |per_cent: i32| Rule {
            nearness: Some(per_cent.into()),
            ..few
        };
        // The second knows 100 - 20 = 80 + 6 of the largest, 7.5 % off.
        check(nearness(10), &[80, 20, 6], true);
        check(nearness(7), &[80, 20, 6], false);
        check(nearness(10), &[1, 1, 1], false);
    }
    #[test]
    fn who_is_alone_with_idle_ones_is_alone() {
        let check = |of: &[(usize, i32)], expected: Behind| {
            let of: Vec<_> = of.iter().map(|(who, of)| (*who, (*of).into())).collect();
            assert_eq!(Rule::default().behind(&of).unwrap(), expected, "{of:?}");
        };
        check(&[], Behind::Enough);
        check(&[(4, 5)], Behind::One(4));
        check(&[(4, 0)], Behind::One(4));
        check(&[(4, 0), (7, 5), (8, 0)], Behind::One(7));
        check(&[(4, 0), (7, 0)], Behind::Few);
        check(&[(4, 5), (7, 5)], Behind::Few);
        check(&[(4, 5), (7, 5), (8, 5)], Behind::Enough);
    }
}
