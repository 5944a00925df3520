//! The roll of enterprises (企业名录): where each lies, what it is of, since when, and its name.
//!
//! Figures are taken of enterprises on the roll alone: of others nobody could say which sum they
//! belong to. It comes in as a workbook, row by row; a row that cannot stand is told at its place,
//! and the others are taken. Where an enterprise has moved, the old relation ends on the day on
//! which the new one begins.
//!
//! | octets of the key | stored |
//! | --- | --- |
//! | `k`, 7, credit code | 1 format, and the name |
//!
//! Not here: reading the workbook (`reading`).

mod reading;

pub use reading::{Enrolled, Roll};

use super::Error;
use super::error::unread;
use super::finding::{Finding, Spot};
use super::octets::{ROLL, formatted, key, open, rest};
use codes::Date;
use facts::relation::{Kind, Relation, from_subject, relate};
use facts::{Instant, Object, Role, View};
use model::Change;
use std::collections::HashMap;

/// How many enterprises go into one change: each has four relations at most, and a name.
pub const ENROLLED_PER_CHANGE: usize = 500;

const WHAT: &str = "name on the roll";

/// What has become of some rows.
#[derive(Debug, Clone, Default)]
pub struct Enrolment {
    /// How many enterprises are on the roll since, are elsewhere since, or have left it.
    pub changed: usize,
    /// What cannot stand.
    pub findings: Vec<Finding>,
}

/// What one row comes to.
#[derive(Default)]
struct Steps {
    /// Relations that end, or that are ended otherwise.
    ends: Vec<Relation>,
    /// Relations that begin.
    begins: Vec<Relation>,
}

/// Plans what must end before [`begin`] can begin something: to be carried out first.
///
/// # Errors
/// [`Error::Facts`] if what is known cannot be read.
pub fn end(view: &dyn View, at: Instant, rows: &[Enrolled]) -> Result<(Change, ()), Error> {
    let mut change = Change::default();
    for row in rows {
        let Ok(steps) = steps(view, row)? else {
            continue;
        };
        for relation in steps.ends {
            if let Ok(ended) = told(relate(view, at, &relation))? {
                join(&mut change, ended);
            }
        }
    }
    Ok((change, ()))
}

/// Plans to put rows on the roll: what begins, and names. Nothing changes of what stands already.
///
/// # Errors
/// [`Error::Facts`] if what is known cannot be read.
pub fn begin(
    view: &dyn View,
    at: Instant,
    rows: &[Enrolled],
) -> Result<(Change, Enrolment), Error> {
    let mut change = Change::default();
    let mut enrolment = Enrolment::default();
    for row in rows {
        let begun = match steps(view, row)? {
            Ok(steps) => begun(view, at, steps)?,
            Err(says) => Err(says),
        };
        match begun {
            Ok(Some(begun)) => {
                join(&mut change, begun);
                enrolment.changed += 1;
            }
            Ok(None) => (),
            Err(says) => {
                let finding = Finding::error("roll", row.spot.clone(), says);
                enrolment.findings.push(finding);
                continue;
            }
        }
        put_name(view, at, &mut change, row)?;
    }
    Ok((change, enrolment))
}

/// What cannot be said of a row, in English and in Chinese.
type Says = [String; 2];

fn begun(
    view: &dyn View,
    at: Instant,
    steps: Steps,
) -> Result<Result<Option<Change>, Says>, Error> {
    let mut change = None;
    for relation in steps.begins {
        match told(relate(view, at, &relation))? {
            Ok(begun) => join(change.get_or_insert_default(), begun),
            Err(error) => {
                let chinese = super::wording::of_facts(&error);
                return Ok(Err([error.to_string(), chinese]));
            }
        }
    }
    Ok(Ok(change))
}

/// What a plan refuses, apart from what nobody but the operator can mend.
fn told<T>(planned: Result<T, facts::Error>) -> Result<Result<T, facts::Error>, Error> {
    match planned {
        Err(error @ (facts::Error::Store(_) | facts::Error::Stored { .. })) => Err(error.into()),
        planned => Ok(planned),
    }
}

fn join(change: &mut Change, more: Change) {
    change.preconditions.extend(more.preconditions);
    change.writes.extend(more.writes);
}

fn steps(view: &dyn View, row: &Enrolled) -> Result<Result<Steps, Says>, Error> {
    let mut steps = Steps::default();
    for (kind, object) in [(Kind::LiesIn, &row.region), (Kind::IsOf, &row.industry)] {
        let known = from_subject(view, kind, &row.object, Instant::LAST)?;
        let of_role = |of: &&Relation| of.object.role() == object.role();
        let known: Vec<&Relation> = known.iter().filter(of_role).collect();
        if let Err(says) = of_kind(row, kind, object, &known, &mut steps) {
            return Ok(Err(says));
        }
    }
    Ok(Ok(steps))
}

/// The steps of one kind of relation, beside those of the same kind that are known.
fn of_kind(
    row: &Enrolled,
    kind: Kind,
    object: &Object,
    known: &[&Relation],
    steps: &mut Steps,
) -> Result<(), Says> {
    let last = known.iter().max_by_key(|of| of.from);
    let from = match (row.from, last) {
        (Some(from), _) => from,
        (None, None) => Date::FIRST,
        (None, Some(last)) if last.object == *object && last.to.is_none() => last.from,
        (None, Some(last)) => {
            let is = last.object.id();
            return Err([
                format!("it is recorded elsewhere ({is}): say since when that is over"),
                format!("已登记在“{is}”，请填写变更起始日期"),
            ]);
        }
    };
    let new = |from| Relation {
        kind,
        subject: row.object.clone(),
        object: object.clone(),
        from,
        to: row.to,
        evidence: row.evidence.clone(),
    };
    match last.filter(|last| last.object == *object && last.to.is_none_or(|to| from < to)) {
        // It stands; at most it is over now.
        Some(standing) if row.to.is_some() && standing.to != row.to => {
            steps.begins.push(Relation {
                to: row.to,
                ..(*standing).clone()
            });
        }
        Some(_) => (),
        None => {
            let open = known.iter().filter(|of| of.from < from);
            let open = open.filter(|of| of.to.is_none_or(|to| from < to));
            steps.ends.extend(open.map(|of| Relation {
                to: Some(from),
                ..(*of).clone()
            }));
            steps.begins.push(new(from));
        }
    }
    Ok(())
}

fn put_name(
    view: &dyn View,
    at: Instant,
    change: &mut Change,
    row: &Enrolled,
) -> Result<(), Error> {
    let key = key(ROLL, &[row.object.id().as_bytes()]);
    let octets = formatted(row.name.as_bytes());
    let before = view.get(&key).map_err(unread)?;
    if row.name.is_empty() || before.as_ref() == Some(&octets) {
        return Ok(());
    }
    if change.is_empty() {
        join(change, facts::ledger::Ledger::read(view)?.begin(at)?);
    }
    change.put(key, octets);
    Ok(())
}

/// The names of all on the roll.
///
/// # Errors
/// [`Error::Facts`] if they cannot be read.
pub fn roll_names(view: &dyn View) -> Result<HashMap<Object, String>, Error> {
    let [from, to] = [ROLL, ROLL + 1].map(|part| key(part, &[]));
    let mut names = HashMap::new();
    for row in view.range(&from, &to) {
        let (key, octets) = row.map_err(unread)?;
        let code = key.octets().get(2..).unwrap_or_default();
        let object = Object::new(Role::ENTERPRISE, &String::from_utf8_lossy(code))?;
        names.insert(object, rest(open(WHAT, octets)?, WHAT)?);
    }
    Ok(names)
}

/// Where a row stands.
fn spot(sheet: &str, row: u32) -> Spot {
    Spot::row(sheet, row)
}
