//! What a back-test has to say besides numbers: that a rule never fires, or cannot be judged.
//!
//! Not here: whether that keeps a rule from going live; whoever looks at it decides.

use super::Trial;
use crate::warn::assessment::Assessment;
use crate::warn::rule::Rule;
use crate::warn::truth::Truth;
use crate::warn::unknown::Unknown;
use codes::Period;

/// What should be looked at before a rule goes live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// No level was ever on.
    NeverFires,
    /// One level was never shown.
    LevelNeverFires {
        /// Which, by name.
        level: String,
    },
    /// Some level was on in every period of every subject.
    AlwaysFires,
    /// No period of any subject could be judged.
    NeverKnown {
        /// Why not, of the first.
        why: Unknown,
    },
    /// Wherever figures are known, something is divided by zero.
    AlwaysByZero {
        /// Where, for the first time.
        why: Unknown,
    },
    /// The condition of a level and its condition to fall back held together.
    Contradiction {
        /// Which level, by name.
        level: String,
        /// In which period, for the first time.
        period: Period,
    },
    /// There is nothing that happened to compare with: neither hits nor misses can be told.
    NoEpisodes,
    /// Nothing was told of any subject in these periods.
    NoFigures,
}

impl Finding {
    /// What is told in English and in Chinese.
    pub fn said(&self) -> [String; 2] {
        match self {
            Self::NeverFires => [
                "no level was ever on: the rule never fires on these figures".into(),
                "所有级别从未触发：在这些数据上规则从不报警".into(),
            ],
            Self::LevelNeverFires { level } => [
                format!("the level '{level}' was never shown"),
                format!("级别“{level}”从未出现"),
            ],
            Self::AlwaysFires => [
                "some level was on in every period: the rule does not tell times apart".into(),
                "每一期都在报警：规则不能区分不同时期".into(),
            ],
            Self::NeverKnown { why } => [
                format!("no period could be judged: {why}"),
                format!("没有任何一期能够评估：{}", why.chinese()),
            ],
            Self::AlwaysByZero { why } => [
                format!("wherever figures are known the rule divides by zero: {why}"),
                format!("凡有数据之处规则都在除以零：{}", why.chinese()),
            ],
            Self::Contradiction { level, period } => [
                format!("in {period} '{level}' held and was to fall back at once"),
                format!(
                    "{}级别“{level}”的触发条件与回落条件同时成立",
                    period.chinese()
                ),
            ],
            Self::NoEpisodes => [
                "nothing that happened is given: hits and misses cannot be told".into(),
                "没有给出历史事件：无法计算命中与漏报".into(),
            ],
            Self::NoFigures => [
                "nothing was told of any subject in these periods".into(),
                "所选期间内没有任何对象的数据".into(),
            ],
        }
    }
}

/// What has been seen of a rule on its way through a back-test.
#[derive(Debug, Default)]
pub(super) struct Noted {
    judged: usize,
    /// In how many judgements nothing was unknown.
    known: usize,
    /// In how many the ladder showed nothing.
    calm: usize,
    /// Which levels were shown, by number.
    shown: Vec<u8>,
    first_why: Option<Unknown>,
    first_by_zero: Option<Unknown>,
    contradiction: Option<(usize, Period)>,
}

impl Noted {
    /// Takes note of one judgement.
    pub(super) fn note(&mut self, assessment: &Assessment) {
        let level = assessment.standing.level;
        self.judged += 1;
        self.calm += usize::from(level == 0);
        if level != 0 && !self.shown.contains(&level) {
            self.shown.push(level);
        }
        match &assessment.why {
            None => self.known += 1,
            Some(why) => {
                self.first_why.get_or_insert_with(|| why.clone());
                if matches!(why, Unknown::ByZero { .. }) {
                    self.first_by_zero.get_or_insert_with(|| why.clone());
                }
            }
        }
        let both = |signal: &crate::warn::ladder::Signal| {
            signal.when == Truth::Yes && signal.until == Truth::Yes
        };
        if let Some(at) = assessment.signals.iter().position(both) {
            self.contradiction.get_or_insert((at, assessment.period));
        }
    }

    /// What there is to say.
    pub(super) fn findings(self, rule: &Rule, trial: &Trial) -> Vec<Finding> {
        let mut found = Vec::new();
        if trial.episodes.is_empty() {
            found.push(Finding::NoEpisodes);
        }
        if self.judged == 0 {
            found.push(Finding::NoFigures);
            return found;
        }
        if self.known == 0 {
            let by_zero = self.first_by_zero.map(|why| Finding::AlwaysByZero { why });
            let unknown = self.first_why.map(|why| Finding::NeverKnown { why });
            found.extend(by_zero.or(unknown));
        }
        if self.shown.is_empty() {
            found.push(Finding::NeverFires);
        } else {
            let levels = (1..).zip(rule.levels());
            let never = levels.filter(|(number, _)| !self.shown.contains(number));
            found.extend(never.map(|(_, level)| Finding::LevelNeverFires {
                level: level.name.clone(),
            }));
        }
        if self.calm == 0 {
            found.push(Finding::AlwaysFires);
        }
        if let Some((at, period)) = self.contradiction {
            let level = rule.levels().get(at).map(|level| level.name.clone());
            let level = level.unwrap_or_default();
            found.push(Finding::Contradiction { level, period });
        }
        found
    }
}
