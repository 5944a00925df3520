//! Three-valued logic: yes, no and unknown, as Kleene's strong tables have them.
//!
//! What is unknown spreads only where it matters: no and unknown is no. Not here: why something is
//! unknown (`unknown`).

/// Whether something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Truth {
    /// It does not hold.
    No,
    /// It cannot be said.
    Unknown,
    /// It holds.
    Yes,
}

impl Truth {
    /// All three.
    pub const ALL: [Self; 3] = [Self::No, Self::Unknown, Self::Yes];

    /// Whether both hold: the lesser of the two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Whether one of them holds: the greater of the two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }
}

/// Whether it does not hold.
impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
            Self::Yes => Self::No,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, No, Unknown, Yes};

    /// What could be, with each unknown put as yes and as no.
    fn naive(one: Truth, other: Truth, of: fn(bool, bool) -> bool) -> Truth {
        let could = |truth| match truth {
            No => vec![false],
            Yes => vec![true],
            Unknown => vec![false, true],
        };
        let mut outcomes = Vec::new();
        for a in could(one) {
            outcomes.extend(could(other).into_iter().map(|b| of(a, b)));
        }
        match (outcomes.contains(&true), outcomes.contains(&false)) {
            (true, false) => Yes,
            (false, true) => No,
            _ => Unknown,
        }
    }

    #[test]
    fn unknown_is_what_could_be_either() {
        for one in Truth::ALL {
            for other in Truth::ALL {
                assert_eq!(one.and(other), naive(one, other, |a, b| a && b));
                assert_eq!(one.or(other), naive(one, other, |a, b| a || b));
            }
            assert_eq!(!one, naive(one, one, |a, _| !a));
        }
    }
}
