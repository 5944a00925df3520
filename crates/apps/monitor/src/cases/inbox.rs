//! What waits for whom: inboxes, and what to remind of. Not here: sending anything.

use super::{Party, Stand};
use codes::{Code, Date, Region};
use facts::case::{Lamp, Machine};
use std::cmp::Reverse;

/// Which cases or tasks are wanted; what is `None` does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Those that this body answers for or helps with.
    pub body: Option<String>,
    /// Those of a region and all that lies in it.
    pub region: Option<Region>,
    /// Those whose lamp is this or a worse one.
    pub lamp: Option<Lamp>,
    /// Those whose day due is over.
    pub is_overdue: bool,
    /// Those that wait for somebody of this role.
    pub waits_for: Option<String>,
}

/// One that is open, and how urgent it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'s, T> {
    /// How it stands.
    pub stand: &'s Stand<T>,
    /// Its lamp.
    pub lamp: Lamp,
    /// How many days are left; below zero, how many it is late. `None` without a day due.
    pub days_left: Option<i64>,
    /// As whom somebody must act.
    pub waits_for: Option<&'s str>,
}

/// The open ones that are wanted, the most urgent first: by lamp, then by day due; those without
/// one last.
pub fn inbox<'s, T>(
    stands: &'s [Stand<T>],
    machine: &'s Machine,
    filter: &Filter,
    today: Date,
) -> Vec<Line<'s, T>> {
    let lines = stands.iter().filter(|stand| !stand.is_closed);
    let lines = lines.map(|stand| line(stand, machine, today));
    let mut lines: Vec<_> = lines
        .filter(|line| is_wanted(line, filter, today))
        .collect();
    lines.sort_by_key(|line| {
        let due = line.stand.due;
        (Reverse(line.lamp), due.is_none(), due, &line.stand.name)
    });
    lines
}

fn line<'s, T>(stand: &'s Stand<T>, machine: &'s Machine, today: Date) -> Line<'s, T> {
    let left = |due: Date| i64::from(due.number()) - i64::from(today.number());
    Line {
        stand,
        lamp: stand.lamp(machine, today),
        days_left: stand.due.map(left),
        waits_for: stand.waits_for(machine),
    }
}

fn is_wanted<T>(line: &Line<T>, filter: &Filter, today: Date) -> bool {
    let stand = line.stand;
    let is_of = |body: &String| {
        stand.owner.body == *body || stand.helpers.iter().any(|helper| helper.body == *body)
    };
    filter.body.as_ref().is_none_or(is_of)
        && filter
            .region
            .is_none_or(|region| stand.region.is_within(region))
        && filter.lamp.is_none_or(|lamp| line.lamp >= lamp)
        && (!filter.is_overdue || stand.is_overdue(today))
        && filter
            .waits_for
            .as_deref()
            .is_none_or(|role| line.waits_for == Some(role))
}

/// What somebody should be reminded of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    /// What this reminder is called: the same of the same step, day due and lamp, so that whoever
    /// sends reminders sends each once.
    pub key: String,
    /// The case or task.
    pub name: String,
    /// What it is about.
    pub title: String,
    /// As whom somebody must act.
    pub role: String,
    /// Who; `None` if the role says so alone, as of a dispatching office.
    pub to: Option<Party>,
    /// Until when.
    pub due: Date,
    /// How late it is.
    pub lamp: Lamp,
}

/// What is due within so many days from today, or was due before; the longest overdue first.
///
/// `who` says who it is that somebody of a role stands for.
pub fn reminders<T>(
    stands: &[Stand<T>],
    machine: &Machine,
    (today, days): (Date, u16),
    who: impl Fn(&Stand<T>, &str) -> Option<Party>,
) -> Vec<Reminder> {
    let last = today.plus_days(days.into()).unwrap_or(Date::LAST);
    let is_due = |stand: &&Stand<T>| !stand.is_closed && stand.due.is_some_and(|due| due <= last);
    let reminder = |stand: &Stand<T>| {
        let role = stand.waits_for(machine)?;
        let due = stand.due?;
        let lamp = stand.lamp(machine, today);
        Some(Reminder {
            key: format!("{}.{}.{due}.{lamp:?}", stand.name, stand.step).to_lowercase(),
            name: stand.name.clone(),
            title: stand.title.clone(),
            role: role.to_owned(),
            to: who(stand, role),
            due,
            lamp,
        })
    };
    let mut found: Vec<_> = stands.iter().filter(is_due).filter_map(reminder).collect();
    found.sort_by(|a, b| (a.due, &a.name).cmp(&(b.due, &b.name)));
    found
}
