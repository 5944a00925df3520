//! Whether somebody still does what they shall, and whether another is to be proposed for it:
//! judged from what several probers have seen.
//!
//! Each probe says whether its target answered, and whether the prober's *control* did: something
//! else that answers as long as the prober itself can reach anybody. Without the control a failure
//! says nothing of the target, so such a probe is void. Of the valid ones of the last while, 51 in
//! a hundred (configurable) that failed mean that the target is down; fewer than [`PROBES_MIN`]
//! mean nothing. The latest [`PROBES_PER_PROBER_MAX`] of each prober count, one fewer than that: no
//! prober alone says that anybody is down, and none that probes more often outweighs the others.
//!
//! The time for which a target was down within a rolling window is added up. More of it than is
//! allowed, and somebody is to be proposed, once; a target that was up for as long without a break
//! has recovered, and what was proposed and not confirmed is to be withdrawn. A target that comes
//! and goes faster than that has not. When something was withdrawn or handed back, down time is
//! added up anew: an operator who says no is asked again only after as much of it once more.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `probing/target` | how does it stand with one target? |
//! | [`message`] | what does a probe look like, and which answers are as they should be? |
//!
//! Not here: sending probes and what is agreed on (room `node`), take-over (room `quorum`).

pub mod message;
mod target;
#[cfg(test)]
mod tests;

use crate::Moment;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;
use target::Target;

/// How many valid probes a judgement needs.
pub const PROBES_MIN: usize = 5;

/// How many probes of one prober count: those that came last.
pub const PROBES_PER_PROBER_MAX: usize = PROBES_MIN - 1;

/// How many probers of one target are listened to; what others say is passed over. The registry has
/// fewer members.
pub const PROBERS_COUNT_MAX: usize = 64;

/// How many targets there may be; further ones are not judged. Some 400 second-level nodes and the
/// largest enterprises are fewer, and each takes up to 20 KB when all members probe it.
pub const TARGETS_COUNT_MAX: usize = 4096;

/// After how long something is wished for again that is not agreed on yet: the request may have met
/// an election.
pub const WISHED_AGAIN: Duration = Duration::from_secs(10);

/// How probes are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How many of a hundred valid probes must have failed for a target to be down, 1 to 100.
    pub down_percent: u8,
    /// For how long a probe counts: some rounds of all probers.
    pub counted: Duration,
    /// The rolling window in which the time is added up for which a target was down.
    pub window: Duration,
    /// How much of that is allowed; and for how long a target must be up to have recovered.
    pub down_max: Duration,
}

impl Terms {
    /// 51 %, by the probes of the last minute; ten minutes within an hour.
    pub const USUAL: Self = Self {
        down_percent: 51,
        counted: Duration::from_mins(1),
        window: Duration::from_hours(1),
        down_max: Duration::from_mins(10),
    };
}

/// What a prober has seen in one probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// The target answered as it should.
    Answered,
    /// It did not.
    Failed,
    /// Nothing that counts, for the control did not answer.
    Void,
}

impl Probe {
    /// What a prober has seen whose target and whose control answered, or did not.
    pub fn of(is_answered: bool, is_control_answered: bool) -> Self {
        match (is_control_answered, is_answered) {
            (false, _) => Self::Void,
            (true, true) => Self::Answered,
            (true, false) => Self::Failed,
        }
    }
}

/// How it stands with a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// There are too few valid probes.
    Unknown,
    /// It does what it shall.
    Up,
    /// It does not.
    Down,
}

/// What is agreed on about somebody else's doing what a target shall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Nothing,
    /// Probers have proposed it, and nobody has confirmed it.
    Proposed,
    /// Somebody does it, or an operator has proposed it: whatever probes say, operators end that.
    Settled,
}

/// What probers want to have agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// That somebody else is proposed.
    Propose,
    /// That the proposal is withdrawn.
    Withdraw,
}

/// A target as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// How it stands.
    pub judgement: Judgement,
    /// How many valid probes count.
    pub valid: usize,
    /// How many of these failed.
    pub failed: usize,
    /// For how long it was down within the window.
    pub down: Duration,
}

/// Judges targets `T` by what probers `P` say.
///
/// Drive it so: hand in what probers say and what is agreed on as it comes, and after each round
/// ask for what is to be wished for. Moments that are older than one that was handed in before
/// count as that one.
///
/// ```
/// use engine::Moment;
/// use engine::probing::{Probe, Probing, Terms, Wish};
///
/// let mut probing = Probing::new(Terms::USUAL);
/// probing.set_targets(Moment(0), ["88.118"]);
/// for second in 0..=610 {
///     for prober in 1..=3 {
///         probing.handle_probe(Moment(second * 1000), &"88.118", prober, Probe::Failed);
///     }
/// }
/// assert_eq!(probing.poll_wish(Moment(611_000)), Some(("88.118", Wish::Propose)));
/// assert_eq!(probing.poll_wish(Moment(611_000)), None);
/// ```
#[derive(Debug)]
pub struct Probing<T, P> {
    terms: Terms,
    targets: BTreeMap<T, Target<P>>,
}

impl<T: Ord + Clone, P: Ord + Clone> Probing<T, P> {
    /// Judges nobody yet.
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            targets: BTreeMap::new(),
        }
    }

    /// Who is to be judged from now on. What is known of those that stay is kept.
    pub fn set_targets(&mut self, now: Moment, targets: impl IntoIterator<Item = T>) {
        let mut before = core::mem::take(&mut self.targets);
        for target in targets.into_iter().take(TARGETS_COUNT_MAX) {
            let known = before.remove(&target);
            let known = known.unwrap_or_else(|| Target::new(now));
            self.targets.insert(target, known);
        }
    }

    /// What a prober has seen of a target, at the moment at which that is heard: the clocks of
    /// probers do not count. Of nobody who is to be judged it is passed over.
    pub fn handle_probe(&mut self, now: Moment, target: &T, prober: P, probe: Probe) {
        if let Some(target) = self.targets.get_mut(target) {
            target.handle_probe(now, prober, probe, &self.terms);
        }
    }

    /// What is agreed on about a target.
    pub fn handle_standing(&mut self, target: &T, standing: Standing) {
        if let Some(target) = self.targets.get_mut(target) {
            target.handle_standing(standing);
        }
    }

    /// Something that is to be asked of those who agree. Each wish is told once, and again after
    /// [`WISHED_AGAIN`] if it is not agreed on until then.
    pub fn poll_wish(&mut self, now: Moment) -> Option<(T, Wish)> {
        let terms = &self.terms;
        let mut targets = self.targets.iter_mut();
        targets.find_map(|(name, target)| Some((name.clone(), target.poll_wish(now, terms)?)))
    }

    /// How all targets stand, in their order.
    pub fn shown(&mut self, now: Moment) -> Vec<(T, Shown)> {
        let terms = &self.terms;
        let targets = self.targets.iter_mut();
        targets
            .map(|(name, target)| (name.clone(), target.shown(now, terms)))
            .collect()
    }
}
