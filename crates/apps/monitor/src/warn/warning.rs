//! Warnings as they live: raised, raised higher, lowered, ended, each with what led to it.
//!
//! There is at most one open warning of a rule and a subject. What becomes of it follows from the
//! rule and what is known now ([`assess`]), compared with the warning as it stands: whoever judges
//! the same twice changes nothing the second time. A revision that takes the reason away ends the
//! warning, and that is told as its cause. Every step is an event of the subject's objects and of
//! the rule; its payload is the account ([`Account`]): every figure, and which revision of it was
//! known.
//!
//! | octets of the key | stored |
//! | --- | --- |
//! | `w`, 2, rule, 0, subject | the open warning |
//! | `w`, 3, name of the warning | an ended one |
//! | `w`, 5, rule, 0, subject | 1 format, 1; 5 the period that was judged last, step or no step |
//!
//! | octets of a warning | octets of an account |
//! | --- | --- |
//! | 1 format, 1 | 1 format, 1 |
//! | 2 + n name, 2 + n rule, 2 version | 1 kind of the step, 1 cause |
//! | subject: 1 count, each role 1, 2 + n | 1 level before, 1 after, 1 whether it is unknown |
//! | 1 level, 2 + n its name, 1 unknown | 2 + n name of the level, 2 + n why it is unknown |
//! | 8 when it was raised, 5 in which period | 5 period, 8 known at |
//! | 5 the period of the last step | 2 + n owner, 2 + n remark |
//! | 4 count of steps, 2 + n owner | 4 count of sources in all, 2 count of those that follow |
//! | 1, 2 + n, 8 acknowledged by whom, when | each 2 + n series, 4 period, 8 known at or 0, |
//! | 1 regions gone up, 8 since when it waits | 2 + n number or empty |
//! | 1, 8 whether it ended, and when | |
//!
//! Not here: who is told (`notice`), who a person is.

mod account;
mod care;
mod judged;
mod stored;
#[cfg(test)]
mod tests;

pub use account::{Account, Cause, Kind, Used};
pub use care::{acknowledge, escalate, hand_over, waits_until};
pub use stored::{all_open, ended, open};

use super::assessment::{Assessment, assess, check_subject};
use super::octets::{ENDED, check_text, key};
use super::register::{self, State, Version, join};
use super::rule::{Digest, Rule};
use super::subject::Subject;
use codes::Period;
use facts::event::{self, Event};
use facts::{Error, Instant, View};
use model::Change;
use model::change::Write;
use stored::{encode, need, open_key, subject_key};

/// The longest name of an owner or whoever acts, in octets.
const WHO_OCTETS: [usize; 2] = [1, 256];

/// A warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What it is called: 32 hexadecimal digits.
    pub name: String,
    /// By which rule.
    pub rule: String,
    /// By which version of it, at the last step.
    pub version: u16,
    /// Of whom.
    pub subject: Subject,
    /// Which level, from 1; 0 while nothing but that it is unknown is told.
    pub level: u8,
    /// What the rule calls the level; empty for 0.
    pub level_name: String,
    /// Whether it could be another for all that is known.
    pub is_unknown: bool,
    /// When it was raised.
    pub raised_at: Instant,
    /// By the figures of which period.
    pub raised_in: Period,
    /// The period by whose figures its last step was taken; later ones may have been judged since.
    pub period: Period,
    /// How many steps it has taken.
    pub steps: u32,
    /// Who sees to it: an identifier or a name.
    pub owner: String,
    /// Who has taken notice of it as it stands, and when.
    pub acknowledged: Option<(String, Instant)>,
    /// How many regions up it has gone, for nobody took notice.
    pub regions_up: u8,
    /// Since when it waits for somebody to take notice.
    pub waits_since: Instant,
    /// When it ended.
    pub ended_at: Option<Instant>,
}

/// What judging has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The warning after it: open, or just ended; `None` if there is none.
    pub warning: Option<Warning>,
    /// The step that it took, if it took one.
    pub account: Option<Account>,
}

/// Plans to judge a subject by the live version of a rule, for a period, by all that is known.
///
/// Nothing but the period that was judged last changes if the warning stands already as it should,
/// and nothing at all if that is this one. A period before the one judged last is passed over,
/// whether or not a warning is open: what it says now is in what follows from it.
///
/// A period that has not ended is refused: it would end whatever is open, for nothing is known of
/// it, and no earlier one could be judged any more. Such ones that were judged once count for
/// nothing.
///
/// # Errors
/// [`Error::Message`] if the version is not the one that is live, or the period has not ended;
/// [`Error::Missing`], [`Error::Frequency`] as of [`assess`]; [`Error::Text`] of the owner;
/// [`Error::Past`], [`Error::Store`], [`Error::Stored`].
pub fn judge(
    view: &dyn View,
    at: Instant,
    version: &Version,
    rule: &Rule,
    subject: &Subject,
    period: Period,
    owner: &str,
) -> Result<(Change, Judged), Error> {
    check_text("an owner", owner, WHO_OCTETS)?;
    need_live(view, version, rule)?;
    need_end(period, at)?;
    let before = open(view, &version.name, subject)?;
    let nothing = |warning| Judged {
        warning,
        account: None,
    };
    let judged = judged::last(view, &version.name, subject)?;
    let of_step = before.as_ref().map(|before| before.period);
    // By days: another version may be of another frequency.
    let last = [of_step, judged.period()].into_iter().flatten();
    let last = last.filter(|period| has_ended(*period, at));
    let last = last.max_by_key(|period| period.last_day());
    if last.is_some_and(|last| last.last_day() > period.last_day()) {
        return Ok((Change::default(), nothing(before)));
    }
    let assessment = assess(view, rule, subject, period, Instant::LAST)?;
    // What was found of the period judged last is what is compared with, step or no step.
    let seen = before.clone().map(|before| Warning {
        period: last.unwrap_or(before.period),
        ..before
    });
    let Some((kind, cause)) = turn(seen.as_ref(), &assessment, version.number) else {
        return Ok((judged.then(period), nothing(before)));
    };
    let account = Account::of(kind, cause, at, before.as_ref(), rule, &assessment);
    let after = after(before, &account, (version, subject), owner);
    let mut change = taken(view, at, &after, &account, "monitor")?;
    join(&mut change, judged.then(period));
    let judged = Judged {
        warning: Some(after),
        account: Some(account),
    };
    Ok((change, judged))
}

/// What somebody calls the live version is what is registered as that, and its rule is its text.
fn need_live(view: &dyn View, version: &Version, rule: &Rule) -> Result<(), Error> {
    let live = register::live(view, &version.name)?;
    let is_it = |live: &Version| live.number == version.number && live.text == rule.text();
    if live.as_ref().is_some_and(is_it) && version.name == rule.name() {
        return Ok(());
    }
    let found = register::find(view, &version.name, version.number)?;
    let state = found.map_or("not registered", |found| found.state.names()[0]);
    Err(Error::Message {
        state: state.to_owned(),
        message: "judge".to_owned(),
        role: "the monitor".to_owned(),
        expected: "only the live version warns".to_owned(),
    })
}

fn has_ended(period: Period, at: Instant) -> bool {
    at.day_in_china()
        .is_none_or(|today| period.last_day() < today)
}

fn need_end(period: Period, at: Instant) -> Result<(), Error> {
    if has_ended(period, at) {
        return Ok(());
    }
    Err(Error::Message {
        state: period.to_string(),
        message: "judge".to_owned(),
        role: "the monitor".to_owned(),
        expected: format!("it ends with {}", period.last_day()),
    })
}

/// Plans to end a warning whose rule has retired, or is not of such subjects any more.
///
/// # Errors
/// [`Error::Message`] if the live version judges it; [`Error::Missing`] if there is no open
/// warning; [`Error::Past`], [`Error::Store`], [`Error::Stored`].
pub fn end_retired(
    view: &dyn View,
    at: Instant,
    rule: &str,
    subject: &Subject,
) -> Result<(Change, Judged), Error> {
    let mut warning = need(view, rule, subject)?;
    let live = register::live(view, rule)?;
    let cause = match &live {
        None => Cause::RuleRetired,
        Some(_) => Cause::RuleChanged,
    };
    if let Some(live) = live
        && check_subject(&live.rule()?, subject).is_ok()
    {
        return Err(Error::Message {
            state: State::Live.names()[0].to_owned(),
            message: "end".to_owned(),
            role: "the monitor".to_owned(),
            expected: "it ends when its rule says so".to_owned(),
        });
    }
    let account = Account::plain(Kind::Ended, cause, at, &warning, "");
    warning.ended_at = Some(at);
    warning.steps += 1;
    let change = taken(view, at, &warning, &account, "monitor")?;
    let judged = Judged {
        warning: Some(warning),
        account: Some(account),
    };
    Ok((change, judged))
}

/// Which step follows, and why; none if everything stands as it should.
///
/// Pure: from the warning as it stands and what its rule makes of the subject now.
pub(super) fn turn(
    before: Option<&Warning>,
    now: &Assessment,
    version: u16,
) -> Option<(Kind, Cause)> {
    let standing = now.standing;
    let Some(before) = before else {
        let kind = if standing.level > 0 {
            Kind::Raised
        } else if standing.is_unknown {
            Kind::Unknown
        } else {
            return None;
        };
        return Some((kind, Cause::Figures));
    };
    let kind = if standing.level > before.level {
        Kind::RaisedHigher
    } else if standing.level == 0 && !standing.is_unknown {
        Kind::Ended
    } else if standing.level < before.level {
        Kind::Lowered
    } else if standing.is_unknown && !before.is_unknown {
        Kind::Unknown
    } else if before.is_unknown && !standing.is_unknown {
        Kind::Known
    } else {
        return None;
    };
    Some((kind, cause(before, now, version)))
}

/// What has brought it about: another rule, other figures of the same periods, or a new period.
fn cause(before: &Warning, now: &Assessment, version: u16) -> Cause {
    if before.version != version {
        return Cause::RuleChanged;
    }
    let then = now
        .standings
        .iter()
        .find(|(period, _)| *period == before.period);
    match then {
        // What was told of that period then is not what is told of it now.
        Some((_, then)) if (then.level, then.is_unknown) != (before.level, before.is_unknown) => {
            Cause::Revision
        }
        _ => Cause::Figures,
    }
}

fn after(
    before: Option<Warning>,
    account: &Account,
    (version, subject): (&Version, &Subject),
    owner: &str,
) -> Warning {
    let at = account.at;
    let mut warning = before.unwrap_or_else(|| Warning {
        name: name(&version.name, subject, account.period, at),
        rule: version.name.clone(),
        version: version.number,
        subject: subject.clone(),
        level: 0,
        level_name: String::new(),
        is_unknown: false,
        raised_at: at,
        raised_in: account.period,
        period: account.period,
        steps: 0,
        owner: owner.to_owned(),
        acknowledged: None,
        regions_up: 0,
        waits_since: at,
        ended_at: None,
    });
    // Whoever took notice of less has not taken notice of this.
    if matches!(account.kind, Kind::Raised | Kind::RaisedHigher) {
        warning.acknowledged = None;
        warning.waits_since = at;
    }
    warning.version = version.number;
    warning.level = account.level;
    warning.level_name.clone_from(&account.level_name);
    warning.is_unknown = account.is_unknown;
    warning.period = account.period;
    warning.steps += 1;
    warning.ended_at = (account.kind == Kind::Ended).then_some(at);
    warning
}

fn name(rule: &str, subject: &Subject, period: Period, at: Instant) -> String {
    let subject = subject.to_string();
    let period = period.to_string();
    let at = at.0.to_be_bytes();
    let parts: [&[u8]; 5] = [
        b"warning",
        rule.as_bytes(),
        subject.as_bytes(),
        period.as_bytes(),
        &at,
    ];
    Digest::of(&parts).short()
}

/// The rows and the event of a step that has been taken.
fn taken(
    view: &dyn View,
    at: Instant,
    warning: &Warning,
    account: &Account,
    who: &str,
) -> Result<Change, Error> {
    let mut objects = warning.subject.objects().to_vec();
    objects.push(register::object(&warning.rule)?);
    let event = Event {
        name: event_name(&warning.name, warning.steps),
        objects,
        when: at,
        what: format!("warning-{}", account.kind.word()),
        place: String::new(),
        why: account.cause.word().to_owned(),
        how: format!("{} version {}", warning.rule, warning.version),
        who: who.to_owned(),
        corrects: None,
        payload: account.encode(),
    };
    let mut change = Change::default();
    let (recorded, _) = event::record(view, at, &event)?;
    join(&mut change, recorded);
    let open = open_key(&warning.rule, &warning.subject);
    if warning.ended_at.is_some() {
        change.writes.push(Write {
            key: open,
            octets: None,
        });
        change.put(key(ENDED, &[warning.name.as_bytes()]), encode(warning));
    } else {
        change.put(open, encode(warning));
    }
    Ok(change)
}

fn event_name(warning: &str, step: u32) -> String {
    format!("{warning}-{step}")
}

/// The account of a step of a warning, counted from 1: what led to it, figure by figure.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn account(view: &dyn View, warning: &Warning, step: u32) -> Result<Option<Account>, Error> {
    let event = event::find(view, &event_name(&warning.name, step))?;
    let payload = event.map(|recorded| recorded.event.payload);
    payload.map(Account::decode).transpose()
}
