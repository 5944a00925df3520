//! A ladder of levels: when each comes on, when it goes off again, and what is done where figures
//! are missing.
//!
//! Every level is a switch by itself. It comes on when its condition has held for so many periods
//! in a row, and goes off when the condition to fall back has (and the first does not hold any
//! more); between the two it stays as it is. What a ladder shows is the highest level that is on.
//! Pure: one step makes the state after a period from that before it.
//!
//! Not here: how conditions are reckoned (`evaluation`).

use super::truth::Truth;

/// What is done while it is unknown whether a level is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Everything stays as it was, and periods are counted on afterwards: `missing hold`.
    Hold,
    /// That it is unknown is told as such; periods are counted anew afterwards: `missing unknown`.
    Unknown,
    /// As hold, but after so many periods in a row this level is shown: `missing raise`.
    Raise {
        /// Which level, from 1.
        level: u8,
        /// After how many periods.
        after: u16,
    },
}

/// What a ladder shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Standing {
    /// The level, from 1; 0 if none is on.
    pub level: u8,
    /// Whether it could be another for all that is known; only told by [`Missing::Unknown`].
    pub is_unknown: bool,
}

/// What is asked of a level in one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    /// Whether its condition holds.
    pub when: Truth,
    /// Whether its condition to fall back holds; that it has none of its own is the contrary.
    pub until: Truth,
}

/// How long a level takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duration {
    /// For how many periods in a row its condition must hold.
    pub up: u16,
    /// For how many the condition to fall back must.
    pub down: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Switch {
    is_on: bool,
    /// For how many periods in a row the condition has held that would turn it.
    streak: u16,
}

/// The state of a ladder after some periods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    switches: Vec<Switch>,
    durations: Vec<Duration>,
    missing: Missing,
    /// For how many periods in a row the standing has been unknown.
    unknown_for: u16,
}

impl Ladder {
    /// A ladder on which nothing is on.
    pub fn new(durations: Vec<Duration>, missing: Missing) -> Self {
        Self {
            switches: vec![Switch::default(); durations.len()],
            durations,
            missing,
            unknown_for: 0,
        }
    }

    /// Goes on by one period; tells what is shown then.
    pub fn step(&mut self, signals: &[Signal]) -> Standing {
        let forgets = self.missing == Missing::Unknown;
        // The highest level of which it is unknown whether it is on now.
        let mut highest_unknown = 0;
        let switches = self.switches.iter_mut().zip(&self.durations);
        for (level, ((switch, duration), signal)) in (1_u8..).zip(switches.zip(signals)) {
            if !switch.step(*signal, *duration, forgets) {
                highest_unknown = level;
            }
        }
        let level = self.level();
        let is_unknown = highest_unknown != 0 && highest_unknown >= level;
        self.unknown_for = if is_unknown {
            self.unknown_for.saturating_add(1)
        } else {
            0
        };
        match self.missing {
            Missing::Hold => Standing {
                level,
                is_unknown: false,
            },
            Missing::Unknown => Standing { level, is_unknown },
            Missing::Raise {
                level: other,
                after,
            } => Standing {
                level: if self.unknown_for >= after {
                    level.max(other)
                } else {
                    level
                },
                is_unknown: false,
            },
        }
    }

    /// The highest level that is on.
    fn level(&self) -> u8 {
        let levels = (1_u8..).zip(&self.switches);
        let on = levels.filter(|(_, switch)| switch.is_on);
        on.map(|(level, _)| level).max().unwrap_or(0)
    }
}

impl Switch {
    /// Whether it is known which way it stands after this.
    fn step(&mut self, signal: Signal, duration: Duration, forgets: bool) -> bool {
        // While its condition holds nothing falls back.
        let (turns, needed) = if self.is_on {
            (signal.until.and(!signal.when), duration.down)
        } else {
            (signal.when, duration.up)
        };
        match turns {
            Truth::No => self.streak = 0,
            Truth::Yes => {
                self.streak = self.streak.saturating_add(1);
                if self.streak >= needed {
                    self.is_on = !self.is_on;
                    self.streak = 0;
                }
            }
            Truth::Unknown => {
                if forgets {
                    self.streak = 0;
                }
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A switch on `figure < low`, off above `high`, of figures that may be missing.
    fn signal(figure: Option<i32>, [low, high]: [i32; 2]) -> Signal {
        let truth = |holds: fn(i32, i32) -> bool, than: i32| {
            figure.map_or(Truth::Unknown, |figure| holds(figure, than).into())
        };
        Signal {
            when: truth(|a, b| a < b, low),
            until: truth(|a, b| a > b, high),
        }
    }

    fn run(figures: &[Option<i32>], durations: Duration, missing: Missing) -> Vec<Standing> {
        let mut ladder = Ladder::new(vec![durations], missing);
        let step = |figure: &Option<i32>| ladder.step(&[signal(*figure, [10, 20])]);
        figures.iter().map(step).collect()
    }

    fn printed(standings: &[Standing]) -> String {
        let print = |standing: &Standing| {
            let level = char::from(b'0' + standing.level);
            if standing.is_unknown { '?' } else { level }
        };
        standings.iter().map(print).collect()
    }

    #[test]
    fn a_level_takes_its_time_up_and_down() {
        let check = |figures: &[i32], up, down, expected: &str| {
            let figures: Vec<_> = figures.iter().copied().map(Some).collect();
            let shown = run(&figures, Duration { up, down }, Missing::Hold);
            assert_eq!(printed(&shown), expected, "{figures:?}");
        };
        check(&[15, 9, 15, 20, 21, 15], 1, 1, "011100");
        check(&[9, 15, 9, 9, 15, 21, 21], 2, 1, "0001100");
        check(&[9, 21, 15, 21, 21, 9], 1, 2, "111101");
    }

    #[test]
    fn what_is_missing_is_held_or_told_or_raised() {
        let figures = [Some(9), None, Some(9), None, None, Some(15), Some(21), None];
        let up = Duration { up: 2, down: 1 };
        let check = |missing, expected: &str| {
            assert_eq!(
                printed(&run(&figures, up, missing)),
                expected,
                "{missing:?}"
            );
        };
        // Held: the first and the third are in a row.
        check(Missing::Hold, "00111100");
        check(Missing::Unknown, "0?0??00?");
        check(Missing::Raise { level: 1, after: 2 }, "00111100");
        let late = [None, None, Some(15), None];
        let raise = Missing::Raise { level: 1, after: 2 };
        assert_eq!(printed(&run(&late, up, raise)), "0100");
    }

    #[test]
    fn a_lower_level_that_is_unknown_does_not_matter_under_a_higher_one() {
        let once = Duration { up: 1, down: 1 };
        let mut ladder = Ladder::new(vec![once; 2], Missing::Unknown);
        let known = |when: bool| Signal {
            when: when.into(),
            until: (!when).into(),
        };
        let unknown = Signal {
            when: Truth::Unknown,
            until: Truth::Unknown,
        };
        let shown = ladder.step(&[unknown, known(true)]);
        assert_eq!((shown.level, shown.is_unknown), (2, false));
        let shown = ladder.step(&[known(true), unknown]);
        assert_eq!((shown.level, shown.is_unknown), (2, true));
    }

    fn any_figures() -> impl Strategy<Value = Vec<Option<i32>>> {
        let figure = prop::option::weighted(0.8, 0..30_i32);
        prop::collection::vec(figure, 0..40)
    }

    proptest! {
        /// Within its band nothing ever changes, whatever came before.
        #[test]
        fn nothing_flaps_within_the_band(
            before in any_figures(), within in prop::collection::vec(10..=20_i32, 1..20),
            up in 1..4_u16, down in 1..4_u16,
        ) {
            let within = within.iter().copied().map(Some);
            let all: Vec<_> = before.iter().copied().chain(within).collect();
            for missing in [Missing::Hold, Missing::Unknown] {
                let shown = run(&all, Duration { up, down }, missing);
                let tail: Vec<_> = shown[before.len()..].iter().map(|shown| shown.level).collect();
                let held = before.len().checked_sub(1).map_or(0, |last| shown[last].level);
                prop_assert!(tail.iter().all(|level| *level == held), "{held} {tail:?}");
            }
        }

        /// A level whose thresholds are higher is on whenever one with lower thresholds is.
        #[test]
        fn levels_are_monotone_in_their_thresholds(
            figures in any_figures(), low in 5..15_i32, more in 0..10_i32, up in 1..4_u16,
        ) {
            let on = |by: i32| {
                let duration = Duration { up, down: 1 };
                let mut ladder = Ladder::new(vec![duration], Missing::Hold);
                let step = |figure: &Option<i32>| {
                    ladder.step(&[signal(*figure, [low + by, low + by + 3])]).level
                };
                figures.iter().map(step).collect::<Vec<_>>()
            };
            let (lower, higher) = (on(0), on(more));
            prop_assert!(lower.iter().zip(&higher).all(|(a, b)| a <= b), "{lower:?} {higher:?}");
        }
    }
}
