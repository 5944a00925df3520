//! What the flags of a question demand of a recursive resolver (RFC 3652 section 2.2.2.3).

use wire::{Header, OpFlags};

/// Whether an answer was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// Every answer on the way was signed with the key that the one before it named.
    Verified,
    /// Nobody has looked.
    Plain,
}

/// Which answers an asker takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Any.
    Any,
    /// A verified one, and if there is none, any: the answer says which it is.
    Preferred,
    /// None but a verified one.
    Demanded,
}

impl Wanted {
    /// The kinds of walks to make for it, in order, until one succeeds.
    pub fn trusts(self) -> &'static [Trust] {
        match self {
            Self::Any => &[Trust::Plain],
            Self::Preferred => &[Trust::Verified, Trust::Plain],
            Self::Demanded => &[Trust::Verified],
        }
    }
}

/// What a question demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// Which answers the asker takes.
    pub wanted: Wanted,
    /// Whether a primary must answer now (AT): what is kept will not do.
    pub is_fresh: bool,
    /// Whether others may be asked (REC).
    pub may_walk: bool,
    /// Whether values are wanted too that not everybody may read (PO is not set).
    pub is_private: bool,
    /// The flag that has others told who asks, if it is set: it is passed on.
    pub passes: OpFlags,
}

impl Demand {
    /// What the header of a request demands; `verifies_for_all` says whether the flag CA is taken
    /// at its word, which clients of the field set in every question.
    pub fn of(header: &Header, verifies_for_all: bool) -> Self {
        let has = |flag| header.flags.contains(flag);
        let wanted = if has(OpFlags::CERTIFIED) {
            Wanted::Demanded
        } else if has(OpFlags::TRUSTED_QUERY) || verifies_for_all && has(OpFlags::CACHE_CERTIFY) {
            Wanted::Preferred
        } else {
            Wanted::Any
        };
        Self {
            wanted,
            is_fresh: has(OpFlags::AUTHORITATIVE),
            may_walk: has(OpFlags::RECURSIVE),
            is_private: !has(OpFlags::PUBLIC_ONLY),
            passes: OpFlags(header.flags.0 & OpFlags::PASS_IDENTITY.0),
        }
    }

    /// What a question demands that nobody asks: for the sake of what is kept.
    pub fn usual() -> Self {
        Self {
            wanted: Wanted::Any,
            is_fresh: false,
            may_walk: true,
            is_private: false,
            passes: OpFlags(0),
        }
    }

    /// Whether the answer is for this asker alone: it is neither kept nor shared.
    pub fn is_personal(&self) -> bool {
        self.is_private || self.passes != OpFlags(0)
    }

    /// Whether the answer may be one that is kept.
    pub fn may_be_kept(&self) -> bool {
        !self.is_fresh && !self.is_personal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Date;
    use crate::question::Question;

    fn demand(flags: OpFlags, verifies_for_all: bool) -> Demand {
        let question = Question::about("88.1/a".parse().unwrap());
        let mut header = question.resolution(1, Date(1)).header;
        header.flags = flags;
        Demand::of(&header, verifies_for_all)
    }

    #[test]
    fn the_usual_question_may_come_from_the_cache() {
        let usual = demand(OpFlags::USUAL, false);
        assert_eq!(usual.wanted, Wanted::Any);
        assert!(usual.may_be_kept() && usual.may_walk && !usual.is_fresh);
        assert_eq!(demand(OpFlags::USUAL, true).wanted, Wanted::Preferred);
    }

    #[test]
    fn flags_demand_proof_freshness_and_privacy() {
        let with = |flag| demand(OpFlags::USUAL | flag, false);
        assert_eq!(with(OpFlags::CERTIFIED).wanted, Wanted::Demanded);
        assert_eq!(with(OpFlags::TRUSTED_QUERY).wanted, Wanted::Preferred);
        let both = OpFlags::CERTIFIED | OpFlags::TRUSTED_QUERY;
        assert_eq!(with(both).wanted, Wanted::Demanded);
        assert!(!with(OpFlags::AUTHORITATIVE).may_be_kept());
        let personal = with(OpFlags::PASS_IDENTITY);
        assert!(personal.is_personal() && !personal.is_private);
        assert_eq!(personal.passes, OpFlags::PASS_IDENTITY);
        let private = demand(OpFlags::RECURSIVE, false);
        assert!(private.is_private && private.is_personal());
        assert!(!demand(OpFlags::PUBLIC_ONLY, false).may_walk);
    }
}
