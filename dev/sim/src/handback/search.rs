//! Breadth-first search of everything that can happen: every state once, the shortest way to each.
//!
//! A search of our own in a hundred lines, and not `stateright` (0.31), which is good and well
//! kept: it remembers states by 64 bits, so "every state" would be said of nearly every state; its
//! models cannot keep anything beside the state, and ours drives the real registry through a table
//! of what it did before; and it brings a web server into a workspace that counts its crates.

use crate::invariants::{Kept, Violation};
use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;

/// What is searched.
pub(super) trait Model {
    /// All that the future depends on.
    type State: Clone + Eq + Hash;
    /// One thing that can happen.
    type Move: Copy + Debug;

    /// How it begins.
    fn begin(&mut self) -> Self::State;

    /// All things that may happen, in an order that is always the same; some cannot happen now.
    fn moves(&self) -> Vec<Self::Move>;

    /// What is so after a move; none if it cannot happen now.
    fn after(
        &mut self,
        state: &Self::State,
        a_move: Self::Move,
    ) -> Result<Option<Self::State>, Violation>;

    /// What must be so in every state.
    fn judge(&mut self, state: &Self::State) -> Kept;
}

/// What came of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// How many states there are, or were seen until one broke.
    pub states: usize,
    /// How many moves led to one.
    pub moves: u64,
    /// How many moves the last of them is away.
    pub depth: usize,
    /// Whether there are more states than were to be looked at.
    pub is_cut: bool,
    /// The first invariant that did not hold, and the shortest way there.
    pub broken: Option<(Violation, Vec<String>)>,
}

/// A state that was reached, and how.
struct Reached<M: Model> {
    state: M::State,
    from: usize,
    by: Option<M::Move>,
    depth: usize,
}

struct Search<M: Model> {
    reached: Vec<Reached<M>>,
    known: HashSet<M::State>,
    moves: u64,
}

/// Looks at every state that can be reached, at most so many.
pub(super) fn search<M: Model>(model: &mut M, states_max: usize) -> Found {
    let mut search = Search::<M> {
        reached: Vec::new(),
        known: HashSet::new(),
        moves: 0,
    };
    let begin = model.begin();
    search.known.insert(begin.clone());
    search.reached.push(Reached {
        state: begin,
        from: 0,
        by: None,
        depth: 0,
    });
    let moves = model.moves();
    let mut at = 0;
    while at < search.reached.len() {
        if search.reached.len() > states_max {
            return search.found(true, None);
        }
        for a_move in &moves {
            if let Err(violation) = search.step(model, at, *a_move) {
                let mut way = search.way(at);
                way.push(format!("{a_move:?}"));
                return search.found(false, Some((violation, way)));
            }
        }
        at += 1;
    }
    search.found(false, None)
}

impl<M: Model> Search<M> {
    /// Makes a move from a state; the new one is judged when it is seen first.
    fn step(&mut self, model: &mut M, at: usize, by: M::Move) -> Kept {
        let before = &self.reached[at];
        let depth = before.depth + 1;
        let Some(state) = model.after(&before.state, by)? else {
            return Ok(());
        };
        self.moves += 1;
        if self.known.contains(&state) {
            return Ok(());
        }
        model.judge(&state)?;
        self.known.insert(state.clone());
        self.reached.push(Reached {
            state,
            from: at,
            by: Some(by),
            depth,
        });
        Ok(())
    }

    /// The moves that led to a state.
    fn way(&self, mut at: usize) -> Vec<String> {
        let mut way = Vec::new();
        while let Some(by) = self.reached[at].by {
            way.push(format!("{by:?}"));
            at = self.reached[at].from;
        }
        way.reverse();
        way
    }

    fn found(&self, is_cut: bool, broken: Option<(Violation, Vec<String>)>) -> Found {
        Found {
            states: self.reached.len(),
            moves: self.moves,
            depth: self.reached.last().map_or(0, |reached| reached.depth),
            is_cut,
            broken,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::keep;

    /// Two jugs of 3 and 5 litres, and the wish never to have 4.
    struct Jugs;

    impl Model for Jugs {
        type State = (u8, u8);
        type Move = u8;

        fn begin(&mut self) -> Self::State {
            (0, 0)
        }

        fn moves(&self) -> Vec<u8> {
            (0..6).collect()
        }

        fn after(&mut self, state: &(u8, u8), by: u8) -> Result<Option<(u8, u8)>, Violation> {
            let (small, big) = *state;
            Ok(Some(match by {
                0 => (3, big),
                1 => (small, 5),
                2 => (0, big),
                3 => (small, 0),
                4 => (small - small.min(5 - big), big + small.min(5 - big)),
                _ => (small + big.min(3 - small), big - big.min(3 - small)),
            }))
        }

        fn judge(&mut self, state: &(u8, u8)) -> Kept {
            keep(state.1 != 4, "never_four_litres", || format!("{state:?}"))
        }
    }

    #[test]
    fn the_shortest_way_is_found() {
        let found = search(&mut Jugs, 1000);
        let (violation, way) = found.broken.expect("four litres can be had");
        assert_eq!(violation.invariant, "never_four_litres");
        assert_eq!(way, ["1", "5", "2", "5", "1", "5"], "the shortest of all");
        assert!(search(&mut Jugs, 3).is_cut);
    }
}
