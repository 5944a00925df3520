//! Relations between objects: what lies in what, who belongs to what, and since when.
//!
//! | octets of the key | field |
//! | --- | --- |
//! | 1 | `l` |
//! | 1 | 1 from the subject, 2 from the object |
//! | 1 | kind |
//! | role 1, n, 0 | the one end |
//! | role 1, n, 0 | the other end |
//! | 4 | the first day, counted from 0000-03-01 |
//! | 8 | when it became known, subtracted from 2^64 - 1: the newest comes first |
//!
//! | octets stored | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 1 | 1: holds, 0: was an error and never held |
//! | 4 | the day on which it is over, counted likewise; 0 for none |
//! | 2 + n | evidence |
//!
//! To end a relation, or to take it back, is one more row; what was known before stays.
//!
//! Not here: what flows along a relation.

mod rows;
#[cfg(test)]
mod tests;

use crate::ledger::Ledger;
use crate::{Error, Instant, Object, Role};
use codes::Date;
use model::Change;
use rows::{End, key, latest, latest_of_each, stored_octets};
use store::View;

/// The longest evidence, in octets.
const EVIDENCE_OCTETS_MAX: usize = 1024;

/// The most steps that are looked at when a circle is searched for. Regions have six levels.
const STEPS_MAX: usize = 10_000;

/// Says how the one end is related to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Lies in: a region in a region; a park, an enterprise, a project in a region; an enterprise
    /// in a park. At each time in one of a role only, lest it be counted twice; never in itself.
    LiesIn,
    /// Is of an industry: an enterprise, a product, a project. Of one at each time.
    IsOf,
    /// Belongs to: an enterprise, a product, a material to a chain; a chain to a chain. Never to
    /// itself.
    BelongsTo,
    /// Delivers to: an enterprise to an enterprise. Circles are what they are.
    DeliversTo,
    /// Follows: an enterprise or a park what was before it. Never itself.
    Follows,
    /// Answers for: a body for a measure, a region, an enterprise, a project.
    AnswersFor,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::LiesIn,
        Self::IsOf,
        Self::BelongsTo,
        Self::DeliversTo,
        Self::Follows,
        Self::AnswersFor,
    ];

    /// Its number in keys.
    pub fn number(self) -> u8 {
        match self {
            Self::LiesIn => 1,
            Self::IsOf => 2,
            Self::BelongsTo => 3,
            Self::DeliversTo => 4,
            Self::Follows => 5,
            Self::AnswersFor => 6,
        }
    }

    /// What it is called in English and in Chinese.
    pub fn names(self) -> [&'static str; 2] {
        match self {
            Self::LiesIn => ["lies in", "位于"],
            Self::IsOf => ["is of", "所属行业"],
            Self::BelongsTo => ["belongs to", "归属"],
            Self::DeliversTo => ["delivers to", "供应"],
            Self::Follows => ["follows", "承继"],
            Self::AnswersFor => ["answers for", "负责"],
        }
    }

    /// Whether a subject has one object of a role at a time.
    fn is_single(self) -> bool {
        matches!(self, Self::LiesIn | Self::IsOf)
    }

    /// Whether nothing may be related to itself, through however many others.
    fn is_without_circles(self) -> bool {
        matches!(self, Self::LiesIn | Self::BelongsTo | Self::Follows)
    }

    /// Whether such a relation leads from one role to another. Roles that have no name here may
    /// have any relation.
    fn fits(self, subject: Role, object: Role) -> bool {
        const ENTERPRISE: Role = Role::ENTERPRISE;
        if subject.names().is_none() || object.names().is_none() {
            return true;
        }
        let either = |roles: &[Role]| roles.contains(&subject);
        match (self, object) {
            (Self::LiesIn, Role::REGION) => either(&[
                Role::REGION,
                Role::PARK,
                ENTERPRISE,
                Role::PROJECT,
                Role::BODY,
            ]),
            (Self::LiesIn, Role::PARK) => either(&[ENTERPRISE, Role::PROJECT]),
            (Self::IsOf, Role::INDUSTRY) => either(&[ENTERPRISE, Role::PRODUCT, Role::PROJECT]),
            (Self::BelongsTo, Role::CHAIN) => {
                either(&[ENTERPRISE, Role::PRODUCT, Role::MATERIAL, Role::CHAIN])
            }
            (Self::BelongsTo, Role::POLICY) => either(&[Role::MEASURE, Role::POLICY]),
            (Self::DeliversTo, ENTERPRISE) => either(&[ENTERPRISE]),
            (Self::Follows, object) => {
                subject == object && either(&[ENTERPRISE, Role::PARK, Role::POLICY])
            }
            (Self::AnswersFor, _) => either(&[Role::BODY]),
            _ => false,
        }
    }
}

/// That the one object is related to the other, from one day to before another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// How.
    pub kind: Kind,
    /// The one that lies in, is of, belongs to, delivers.
    pub subject: Object,
    /// The other.
    pub object: Object,
    /// The first day.
    pub from: Date,
    /// The day on which it is over; `None` while it goes on.
    pub to: Option<Date>,
    /// Where that is known from: a document, a link; at most 1,024 octets.
    pub evidence: String,
}

impl Relation {
    /// Whether it holds on a day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }

    /// Whether there is a day on which both hold.
    fn overlaps(&self, [from, to]: Days) -> bool {
        self.from < to && self.to.is_none_or(|end| from < end)
    }

    fn days(&self) -> Days {
        [self.from, self.to.unwrap_or(Date::LAST)]
    }

    fn is_same(&self, other: &Self) -> bool {
        (self.kind, &self.subject, &self.object, self.from)
            == (other.kind, &other.subject, &other.object, other.from)
    }
}

/// A first day, and the day on which it is over.
type Days = [Date; 2];

/// Plans to record that two objects are related. What is recorded with the same ends and the same
/// first day is told otherwise by it: so a relation is ended.
///
/// # Errors
/// [`Error::Roles`] and [`Error::EndsBefore`] if it cannot be; [`Error::Circle`] if something would
/// lie in itself on some day; [`Error::Overlaps`] if the subject would have two of which it can
/// have one; [`Error::Text`], [`Error::Past`], [`Error::Store`], [`Error::Stored`].
pub fn relate(view: &dyn View, known_at: Instant, relation: &Relation) -> Result<Change, Error> {
    check(relation)?;
    let mut change = Ledger::read(view)?.begin(known_at)?;
    if relation.kind.is_single() {
        check_single(view, relation)?;
    }
    if relation.kind.is_without_circles() {
        check_circles(view, relation)?;
    }
    put(&mut change, known_at, relation, true);
    Ok(change)
}

/// Plans to take a relation back, as one that never held.
///
/// # Errors
/// [`Error::Missing`] if it is not known; [`Error::Past`], [`Error::Store`], [`Error::Stored`].
pub fn take_back(view: &dyn View, known_at: Instant, relation: &Relation) -> Result<Change, Error> {
    let of = from_subject(view, relation.kind, &relation.subject, Instant::LAST)?;
    if !of.iter().any(|found| found.is_same(relation)) {
        return Err(Error::Missing {
            what: "relation",
            name: format!(
                "{} {} {}",
                relation.subject,
                relation.kind.names()[0],
                relation.object
            ),
        });
    }
    let mut change = Ledger::read(view)?.begin(known_at)?;
    put(&mut change, known_at, relation, false);
    Ok(change)
}

fn check(relation: &Relation) -> Result<(), Error> {
    crate::fields::check_text("evidence", &relation.evidence, 0, EVIDENCE_OCTETS_MAX)?;
    let Relation {
        kind,
        subject,
        object,
        from,
        ..
    } = relation;
    if !kind.fits(subject.role(), object.role()) {
        return Err(Error::Roles {
            kind: kind.names()[0],
            subject: subject.clone(),
            object: object.clone(),
        });
    }
    match relation.to {
        Some(to) if to <= *from => Err(Error::EndsBefore { from: *from, to }),
        _ => Ok(()),
    }
}

fn check_single(view: &dyn View, relation: &Relation) -> Result<(), Error> {
    let known = from_subject(view, relation.kind, &relation.subject, Instant::LAST)?;
    let role = relation.object.role();
    let is_other = |found: &&Relation| {
        found.object.role() == role && !found.is_same(relation) && found.overlaps(relation.days())
    };
    match known.iter().find(is_other) {
        None => Ok(()),
        Some(other) => Err(Error::Overlaps {
            subject: relation.subject.clone(),
            other: other.object.clone(),
        }),
    }
}

/// Walks on from the object, along days on which all steps hold.
fn check_circles(view: &dyn View, relation: &Relation) -> Result<(), Error> {
    let circle = |through: &Object| Error::Circle {
        subject: relation.subject.clone(),
        through: through.clone(),
    };
    if relation.subject == relation.object {
        return Err(circle(&relation.object));
    }
    let mut ways = vec![(relation.object.clone(), relation.days())];
    let mut steps = 0;
    while let Some((at, days)) = ways.pop() {
        for next in from_subject(view, relation.kind, &at, Instant::LAST)? {
            steps += 1;
            if steps > STEPS_MAX {
                return Err(Error::Count {
                    what: "relations to follow in search of a circle",
                    counted: steps,
                    expected: "at most 10000",
                });
            }
            if !next.overlaps(days) {
                continue;
            }
            if next.object == relation.subject {
                return Err(circle(&at));
            }
            let [from, to] = next.days();
            ways.push((next.object, [from.max(days[0]), to.min(days[1])]));
        }
    }
    Ok(())
}

fn put(change: &mut Change, known_at: Instant, relation: &Relation, holds: bool) {
    let octets = stored_octets(relation, holds);
    for end in [End::Subject, End::Object] {
        change.put(key(end, relation, known_at), octets.clone());
    }
}

/// All relations of a kind that lead from a subject, as known at a moment, whenever they hold.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn from_subject(
    view: &dyn View,
    kind: Kind,
    subject: &Object,
    at: Instant,
) -> Result<Vec<Relation>, Error> {
    latest(view, End::Subject, kind, subject, at)
}

/// The same of many subjects, in the order in which they are given: read in one pass.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn from_subjects(
    view: &dyn View,
    kind: Kind,
    subjects: &[&Object],
    at: Instant,
) -> Result<Vec<Vec<Relation>>, Error> {
    latest_of_each(view, End::Subject, kind, subjects, at)
}

/// All relations of a kind that lead to an object, as known at a moment, whenever they hold.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn to_object(
    view: &dyn View,
    kind: Kind,
    object: &Object,
    at: Instant,
) -> Result<Vec<Relation>, Error> {
    latest(view, End::Object, kind, object, at)
}
