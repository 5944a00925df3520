//! Who is told of a step of a warning, or why nobody is: inhibition and silence.
//!
//! Muted is only the telling; the warning goes on, and so does its account. A notice is data:
//! delivering it is somebody else's (room `jobs` keeps it until then), and the name of the step is
//! its idempotency key. What was muted at its step is held, and told when nothing mutes it any more
//! ([`hold`], [`release`]).
//!
//! Rules that inhibit each other, in however many steps, inhibit nobody: told twice is better than
//! told by none. Not here: what becomes of a warning (`warning`).

mod held;

pub use held::{hold, release};

use super::register;
use super::rule::{Inhibition, Rule};
use super::silence;
use super::warning::{self, Account, Warning};
use codes::Code as _;
use facts::{Error, Instant, View};
use std::collections::BTreeSet;

/// The most rules that are looked through for one that leads back; beyond them it is taken to.
const RULES_LOOKED_AT_MAX: usize = 64;

/// Says why nobody is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Muted {
    /// Another warning says it already.
    Inhibited {
        /// The name of that warning.
        by: String,
    },
    /// Somebody has asked for silence.
    Silenced {
        /// The name of the silence.
        by: String,
    },
}

/// What is to be told, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The name of the step: two notices with one name are one.
    pub name: String,
    /// To whom: the owner.
    pub to: String,
    /// What is told in a line, in Chinese and in English.
    pub said: [String; 2],
    /// Why nobody is told, if that is so.
    pub muted: Option<Muted>,
}

/// The notice of the latest step of a warning.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn notice(
    view: &dyn View,
    now: Instant,
    rule: &Rule,
    warning: &Warning,
    account: &Account,
) -> Result<Notice, Error> {
    let muted = if let Some(by) = inhibited(view, rule, warning)? {
        Some(Muted::Inhibited { by })
    } else {
        let found = silence::of(view, now, warning)?;
        found.map(|silence| Muted::Silenced { by: silence.name })
    };
    Ok(Notice {
        name: format!("{}-{}", warning.name, warning.steps),
        to: warning.owner.clone(),
        said: said(rule, warning, account),
        muted,
    })
}

fn said(rule: &Rule, warning: &Warning, account: &Account) -> [String; 2] {
    let [chinese, english] = rule.titles();
    let level = rule.level(warning.level);
    let level = level.map_or("-", |level| level.title.as_str());
    let (subject, period) = (&warning.subject, account.period);
    let (kind, cause) = (account.kind, account.cause);
    [
        format!(
            "【{level}】{chinese}：{subject}，{}，{}（{}）",
            period.chinese(),
            kind.chinese(),
            cause.chinese()
        ),
        format!(
            "[{level}] {english}: {subject}, {period}, {} ({})",
            kind.word(),
            cause.word()
        ),
    ]
}

/// The name of an open warning that lets nobody be told of this one.
fn inhibited(view: &dyn View, rule: &Rule, warning: &Warning) -> Result<Option<String>, Error> {
    for inhibition in rule.inhibitions() {
        let (other, least, from_itself) = match inhibition {
            Inhibition::Below { level } => (warning.rule.clone(), Some(*level), false),
            Inhibition::By { rule: other, .. } if leads_to(view, other, rule.name())? => continue,
            Inhibition::By { rule, level } => {
                let least = level_of_live(view, rule, level)?;
                (rule.clone(), least, true)
            }
        };
        let Some(least) = least else {
            continue;
        };
        let mut at = Some(warning.subject.clone()).filter(|_| from_itself);
        let mut region = warning.subject.region();
        loop {
            if let Some(subject) = &at {
                let found = warning::open(view, &other, subject)?;
                if let Some(found) = found.filter(|found| found.level >= least) {
                    return Ok(Some(found.name));
                }
            }
            region = region.and_then(codes::Region::parent);
            match region {
                Some(above) => at = Some(warning.subject.in_region(above)),
                None => break,
            }
        }
    }
    Ok(None)
}

/// Whether a rule is inhibited by another, or by one that is.
fn leads_to(view: &dyn View, from: &str, to: &str) -> Result<bool, Error> {
    let mut seen = BTreeSet::new();
    let mut left = vec![from.to_owned()];
    while let Some(name) = left.pop() {
        if name == to || seen.len() >= RULES_LOOKED_AT_MAX {
            return Ok(true);
        }
        if !seen.insert(name.clone()) {
            continue;
        }
        let Some(version) = register::live(view, &name)? else {
            continue;
        };
        let rule = version.rule()?;
        left.extend(rule.inhibitions().iter().filter_map(|of| match of {
            Inhibition::By { rule, .. } => Some(rule.clone()),
            // Of a region above: it does not come back.
            Inhibition::Below { .. } => None,
        }));
    }
    Ok(false)
}

/// The number of a level of the live version of another rule; `None` if there is none.
fn level_of_live(view: &dyn View, name: &str, level: &str) -> Result<Option<u8>, Error> {
    let Some(version) = register::live(view, name)? else {
        return Ok(None);
    };
    let rule = version.rule()?;
    let mut numbered = (1..).zip(rule.levels());
    let found = numbered.find(|(_, of)| of.name == level);
    Ok(found.map(|(number, _)| number))
}
