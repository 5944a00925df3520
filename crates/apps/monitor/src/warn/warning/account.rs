//! The account of a step of a warning: what was decided, why, and from which figures.
//!
//! Not here: the warning itself.

use super::Warning;
use crate::warn::assessment::Assessment;
use crate::warn::figures::Source;
use crate::warn::octets::{Fields, Writer};
use crate::warn::rule::Rule;
use bytes::Bytes;
use codes::{Number, Period};
use facts::{Error, Instant, Series};

/// The most sources that are kept of an account: its event holds at most 64 KiB.
const SOURCES_MAX: usize = 300;

/// The most octets that the sources of an account take.
const SOURCES_OCTETS_MAX: usize = 48 << 10;

/// One table makes an enum of words with numbers, and what they are called.
macro_rules! words {
    ($(#[$doc:meta])* $enum:ident: $($(#[$one:meta])* $name:ident = $number:literal,
        $word:literal, $chinese:literal;)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $enum {
            $($(#[$one])* $name,)*
        }

        impl $enum {
            fn number(self) -> u8 {
                match self {
                    $(Self::$name => $number,)*
                }
            }

            fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// What it is called in events and in English.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// What it is called in Chinese.
            pub fn chinese(self) -> &'static str {
                match self {
                    $(Self::$name => $chinese,)*
                }
            }
        }
    };
}

words! {
    /// What has become of a warning.
    Kind:
    /// It was raised.
    Raised = 1, "raised", "发出";
    /// It was raised to a higher level.
    RaisedHigher = 2, "raised-higher", "升级";
    /// It was lowered.
    Lowered = 3, "lowered", "降级";
    /// It ended.
    Ended = 4, "ended", "解除";
    /// It cannot be said any more how things stand.
    Unknown = 5, "unknown", "状态不明";
    /// It can be said again.
    Known = 6, "known-again", "恢复可评估";
    /// Somebody has taken notice.
    Acknowledged = 7, "acknowledged", "已确认";
    /// Somebody else sees to it now.
    HandedOver = 8, "handed-over", "转交";
    /// Nobody took notice in time: it goes a region up.
    Escalated = 9, "escalated", "上报";
}

words! {
    /// What has brought a step about.
    Cause:
    /// Figures of a new period.
    Figures = 1, "figures", "新一期数据";
    /// Figures that were told otherwise since.
    Revision = 2, "revision", "数据修订";
    /// Another version of the rule.
    RuleChanged = 3, "rule-changed", "规则变更";
    /// The rule warns no more.
    RuleRetired = 4, "rule-retired", "规则停用";
    /// Somebody did it.
    Person = 5, "person", "人工";
    /// Time went by.
    Time = 6, "time", "逾期";
}

/// An observation that a step came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// Of which series.
    pub series: Series,
    /// Of which period.
    pub period: Period,
    /// Which revision: the one that became known then; `None` if nothing was told.
    pub known_at: Option<Instant>,
    /// The number that it told, in the unit in which it was told.
    pub number: Option<Number>,
}

/// What a step was and what led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What it was.
    pub kind: Kind,
    /// What has brought it about.
    pub cause: Cause,
    /// The level before, 0 for none.
    pub level_before: u8,
    /// The level after it.
    pub level: u8,
    /// What the rule calls that; empty for 0.
    pub level_name: String,
    /// Whether it could be another for all that is known.
    pub is_unknown: bool,
    /// Why, in English and in Chinese with a line between them; empty if nothing was unknown.
    pub why: String,
    /// The period that was judged.
    pub period: Period,
    /// When.
    pub at: Instant,
    /// Who sees to it from then on, if that is what the step was.
    pub owner: String,
    /// What else was said.
    pub remark: String,
    /// How many observations it came from.
    pub sources: u32,
    /// Those observations, at most 300 of them.
    pub used: Vec<Used>,
}

impl Account {
    pub(super) fn of(
        kind: Kind,
        cause: Cause,
        at: Instant,
        before: Option<&Warning>,
        rule: &Rule,
        assessment: &Assessment,
    ) -> Self {
        let level = assessment.standing.level;
        let name = rule.level(level).map(|level| level.name.clone());
        let why = assessment.why.as_ref();
        Self {
            kind,
            cause,
            level_before: before.map_or(0, |before| before.level),
            level,
            level_name: name.unwrap_or_default(),
            is_unknown: assessment.standing.is_unknown,
            why: why.map_or_else(String::new, |why| format!("{why}\n{}", why.chinese())),
            period: assessment.period,
            at,
            owner: String::new(),
            remark: String::new(),
            sources: u32::try_from(assessment.sources.len()).unwrap_or(u32::MAX),
            used: used(&assessment.sources),
        }
    }

    /// That of a step by which no figure is judged.
    pub(super) fn plain(
        kind: Kind,
        cause: Cause,
        at: Instant,
        warning: &Warning,
        remark: &str,
    ) -> Self {
        Self {
            kind,
            cause,
            level_before: warning.level,
            level: warning.level,
            level_name: warning.level_name.clone(),
            is_unknown: warning.is_unknown,
            why: String::new(),
            period: warning.period,
            at,
            owner: String::new(),
            remark: remark.to_owned(),
            sources: 0,
            used: Vec::new(),
        }
    }

    pub(in crate::warn) fn encode(&self) -> Bytes {
        let mut out = Writer::new();
        out.u8(self.kind.number()).u8(self.cause.number());
        out.u8(self.level_before).u8(self.level);
        out.u8(u8::from(self.is_unknown));
        out.text(&self.level_name).text(&self.why);
        out.period(self.period).instant(self.at);
        out.text(&self.owner).text(&self.remark);
        // At most 300.
        out.u32(self.sources).u16(self.used.len() as u16);
        for used in &self.used {
            out.octets(&used.series.key()).u32(used.period.ordinal());
            out.instant(used.known_at.unwrap_or_default());
            let number = used.number.map(|number| number.to_string());
            out.text(&number.unwrap_or_default());
        }
        out.finish()
    }

    pub(in crate::warn) fn decode(octets: Bytes) -> Result<Self, Error> {
        let mut fields = Fields::open("account of a warning", octets)?;
        let kind = Kind::from_number(fields.u8()?);
        let cause = Cause::from_number(fields.u8()?);
        let (Some(kind), Some(cause)) = (kind, cause) else {
            return Err(fields.wrong("its kind or cause is not known"));
        };
        let (level_before, level) = (fields.u8()?, fields.u8()?);
        let mut account = Self {
            kind,
            cause,
            level_before,
            level,
            is_unknown: fields.u8()? != 0,
            level_name: fields.text()?,
            why: fields.text()?,
            period: fields.period()?,
            at: fields.instant()?,
            owner: fields.text()?,
            remark: fields.text()?,
            sources: fields.u32()?,
            used: Vec::new(),
        };
        for _ in 0..fields.u16()? {
            account.used.push(take_used(&mut fields)?);
        }
        fields.finish()?;
        Ok(account)
    }
}

fn take_used(fields: &mut Fields) -> Result<Used, Error> {
    let series = Series::from_key(&fields.octets()?);
    let series = series.ok_or_else(|| fields.wrong("it names no series"))?;
    let period = Period::from_ordinal(series.frequency(), fields.u32()?);
    let known_at = fields.instant()?;
    let number = fields.text()?;
    let number = match number.as_str() {
        "" => None,
        written => Some(
            written
                .parse()
                .map_err(|error: codes::Error| fields.wrong(&error))?,
        ),
    };
    Ok(Used {
        series,
        period: period.ok_or_else(|| fields.wrong("it names no period"))?,
        known_at: Some(known_at).filter(|at| *at != Instant::default()),
        number,
    })
}

fn used(sources: &[Source]) -> Vec<Used> {
    let mut used = Vec::new();
    let mut octets = 0;
    for source in sources.iter().take(SOURCES_MAX) {
        octets += source.series.key().len() + 48;
        if octets > SOURCES_OCTETS_MAX {
            break;
        }
        let known = source.known.as_ref();
        used.push(Used {
            series: (*source.series).clone(),
            period: source.period,
            known_at: known.map(|known| known.at),
            number: known.and_then(|known| known.observation.content.number()),
        });
    }
    used
}
