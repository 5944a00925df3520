//! What people do with a warning, and what time does if they do nothing.
//!
//! A warning that nobody has taken notice of goes up the tree of regions, county to city to
//! province, one step each time the rule's days have gone by; no further, for above a province
//! there is nobody to tell. Not here: sending anything.

use super::{Account, Cause, Kind, WHO_OCTETS, Warning, need, taken};
use crate::warn::octets::check_text;
use crate::warn::register::By;
use crate::warn::rule::Rule;
use crate::warn::subject::Subject;
use codes::{Code as _, Region, RegionLevel};
use facts::{Error, Instant, View};
use model::Change;

const DAY_MS: u64 = 86_400_000;

const REMARK_OCTETS: [usize; 2] = [0, 1024];

/// Plans to note that somebody has taken notice of a warning as it stands.
///
/// Nothing changes if somebody has already.
///
/// # Errors
/// [`Error::Missing`] if there is no open warning; [`Error::Text`], [`Error::Past`],
/// [`Error::Store`], [`Error::Stored`].
pub fn acknowledge(
    view: &dyn View,
    at: Instant,
    (rule, subject): (&str, &Subject),
    by: By<'_>,
) -> Result<(Change, Warning), Error> {
    check(by)?;
    let mut warning = need(view, rule, subject)?;
    if warning.acknowledged.is_some() {
        return Ok((Change::default(), warning));
    }
    let account = Account::plain(Kind::Acknowledged, Cause::Person, at, &warning, by.remark);
    warning.acknowledged = Some((by.who.to_owned(), at));
    step(view, at, warning, &account, by.who)
}

/// Plans to hand a warning over to another owner, who has not taken notice yet.
///
/// Nothing changes if it is his already.
///
/// # Errors
/// As of [`acknowledge`].
pub fn hand_over(
    view: &dyn View,
    at: Instant,
    (rule, subject): (&str, &Subject),
    owner: &str,
    by: By<'_>,
) -> Result<(Change, Warning), Error> {
    check(by)?;
    check_text("an owner", owner, WHO_OCTETS)?;
    let mut warning = need(view, rule, subject)?;
    if warning.owner == owner {
        return Ok((Change::default(), warning));
    }
    let mut account = Account::plain(Kind::HandedOver, Cause::Person, at, &warning, by.remark);
    owner.clone_into(&mut account.owner);
    owner.clone_into(&mut warning.owner);
    warning.acknowledged = None;
    warning.waits_since = at;
    step(view, at, warning, &account, by.who)
}

/// When a warning goes a region up if nobody takes notice: what a timer is set to.
///
/// `None` if it never will: its rule does not say so, somebody has taken notice, it has ended, or
/// there is no region above up to its province.
pub fn waits_until(rule: &Rule, warning: &Warning) -> Option<Instant> {
    let days = u64::from(rule.escalate_after_days()?);
    let is_waiting = warning.acknowledged.is_none() && warning.ended_at.is_none();
    above(warning).filter(|_| is_waiting)?;
    Some(Instant(warning.waits_since.0.saturating_add(days * DAY_MS)))
}

/// Plans to let a warning go a region up, if it has waited for as long as its rule says.
///
/// Its owner becomes whoever answers for that region; where nobody is known it stays whose it is,
/// and goes up all the same. Nothing changes before its time, or if it is not waiting; `None` then.
///
/// # Errors
/// As of [`acknowledge`].
pub fn escalate(
    view: &dyn View,
    at: Instant,
    rule: &Rule,
    subject: &Subject,
    owner_of: &dyn Fn(Region) -> Option<String>,
) -> Result<(Change, Option<(Warning, Region)>), Error> {
    let mut warning = need(view, rule.name(), subject)?;
    let is_due = waits_until(rule, &warning).is_some_and(|until| until <= at);
    let Some(region) = above(&warning).filter(|_| is_due) else {
        return Ok((Change::default(), None));
    };
    let mut account = Account::plain(Kind::Escalated, Cause::Time, at, &warning, "");
    if let Some(owner) = owner_of(region) {
        check_text("an owner", &owner, WHO_OCTETS)?;
        account.owner.clone_from(&owner);
        warning.owner = owner;
    }
    account.remark = region.to_string();
    warning.regions_up += 1;
    warning.waits_since = at;
    let (change, warning) = step(view, at, warning, &account, "monitor")?;
    Ok((change, Some((warning, region))))
}

/// The region to which it would go next.
fn above(warning: &Warning) -> Option<Region> {
    let mut region = warning.subject.region()?;
    for _ in 0..=warning.regions_up {
        region = region.parent()?;
    }
    (region.level() >= RegionLevel::Province).then_some(region)
}

fn check(by: By<'_>) -> Result<(), Error> {
    check_text("who does it", by.who, WHO_OCTETS)?;
    check_text("a remark", by.remark, REMARK_OCTETS)
}

fn step(
    view: &dyn View,
    at: Instant,
    mut warning: Warning,
    account: &Account,
    who: &str,
) -> Result<(Change, Warning), Error> {
    warning.steps += 1;
    let change = taken(view, at, &warning, account, who)?;
    Ok((change, warning))
}
