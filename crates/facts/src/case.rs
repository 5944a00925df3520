//! Cases: what is being done about something, by whom, until when.
//!
//! Which states a case can be in, who may send it on and how long that may take is a table
//! ([`Machine`]), not code: a bureau writes its own. Every step is kept.
//!
//! | octets of the key | stored |
//! | --- | --- |
//! | `c`, 1, name | the case |
//! | `c`, 2, day due 4, name | nothing: the case is open and due then |
//! | `c`, 3, name, 0, number of the step 4 | the step |
//!
//! | octets of a case | octets of a step |
//! | --- | --- |
//! | 1 format, 1 | 1 format, 1 |
//! | 2 + n machine, 2 version | 8 when, in milliseconds since 1970 |
//! | 2 + n state | 2 + n message |
//! | 1 whether it is closed | 2 + n role of the sender |
//! | 4 day due, 0 for none | 2 + n sender |
//! | 4 count of steps | 2 + n state before |
//! | 2 + n owner | 2 + n state after |
//! | 2 + n title | 2 + n remark |
//! | 1 count of objects, each role 1, n, 0 | |
//!
//! Not here: who a sender is and whether he has that role; reminders.

mod machine;
mod stored;
#[cfg(test)]
mod tests;

pub use machine::{Lamp, Lamps, Machine, Move};

use crate::fields::check_text;
use crate::ledger::Ledger;
use crate::{Error, Instant, Object};
use codes::Date;
use model::Change;
use store::View;

/// The longest name of a case, in octets.
const NAME_OCTETS_MAX: usize = 64;

/// The longest title, sender or owner, in octets.
const TEXT_OCTETS_MAX: usize = 256;

/// The longest remark, in octets: a page.
const REMARK_OCTETS_MAX: usize = 4096;

/// The most objects that a case is about.
const OBJECTS_MAX: usize = 16;

/// A case as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What it is called: 1 to 64 octets.
    pub name: String,
    /// By which table it goes, and by which version of it.
    pub machine: String,
    /// The version of the table when the case was opened.
    pub version: u16,
    /// In which state it is.
    pub state: String,
    /// Whether no message leads on.
    pub is_closed: bool,
    /// Until when the next step is to be done.
    pub due: Option<Date>,
    /// How many steps have been taken.
    pub steps: u32,
    /// Who sees to it: an identifier or a name.
    pub owner: String,
    /// What it is about, in a line.
    pub title: String,
    /// What it is about.
    pub objects: Vec<Object>,
}

/// What sends a case on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What is said, by the table's name for it.
    pub message: String,
    /// As whom the sender says it.
    pub role: String,
    /// Who says it.
    pub sender: String,
    /// What else there is to say.
    pub remark: String,
    /// Until when the next step is to be done, if not as the table says.
    pub due: Option<Date>,
    /// Who sees to it from now on, if it is another.
    pub owner: Option<String>,
}

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Instant,
    /// What was said.
    pub message: String,
    /// As whom.
    pub role: String,
    /// By whom.
    pub sender: String,
    /// The state before.
    pub from: String,
    /// The state after.
    pub to: String,
    /// What else was said.
    pub remark: String,
}

/// What a case is opened with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// What it is called: 1 to 64 octets, of which there is no other case.
    pub name: String,
    /// Who sees to it.
    pub owner: String,
    /// What it is about, in a line.
    pub title: String,
    /// What it is about.
    pub objects: Vec<Object>,
    /// Until when the first step is to be done, if not as the table says.
    pub due: Option<Date>,
}

/// Plans to open a case.
///
/// # Errors
/// [`Error::There`] if there is one of this name, [`Error::Text`], [`Error::Count`],
/// [`Error::Past`], [`Error::Store`], [`Error::Stored`].
pub fn open(
    view: &dyn View,
    at: Instant,
    machine: &Machine,
    opening: &Opening,
) -> Result<(Change, Case), Error> {
    check_opening(opening)?;
    let mut change = Ledger::read(view)?.begin(at)?;
    if find(view, &opening.name)?.is_some() {
        return Err(Error::There {
            what: "case",
            name: opening.name.clone(),
        });
    }
    let state = machine.start().to_owned();
    let case = Case {
        name: opening.name.clone(),
        machine: machine.name().to_owned(),
        version: machine.version(),
        is_closed: false,
        due: opening.due.or_else(|| machine.due_at_start(at)),
        state,
        steps: 0,
        owner: opening.owner.clone(),
        title: opening.title.clone(),
        objects: opening.objects.clone(),
    };
    stored::put_case(&mut change, None, &case);
    Ok((change, case))
}

fn check_opening(opening: &Opening) -> Result<(), Error> {
    check_text("the name of a case", &opening.name, 1, NAME_OCTETS_MAX)?;
    check_text("an owner", &opening.owner, 1, TEXT_OCTETS_MAX)?;
    check_text("a title", &opening.title, 1, TEXT_OCTETS_MAX)?;
    let counted = opening.objects.len();
    if (1..=OBJECTS_MAX).contains(&counted) {
        return Ok(());
    }
    Err(Error::Count {
        what: "objects of a case",
        counted,
        expected: "1 to 16",
    })
}

/// Plans a step of a case; gives the case after it.
///
/// # Errors
/// [`Error::Missing`] if there is no such case, or it goes by another table; [`Error::Message`] if
/// its state does not take the message, or not from this role; [`Error::Text`], [`Error::Past`],
/// [`Error::Store`], [`Error::Stored`].
pub fn step(
    view: &dyn View,
    at: Instant,
    machine: &Machine,
    name: &str,
    message: &Message,
) -> Result<(Change, Case), Error> {
    check_text("a sender", &message.sender, 1, TEXT_OCTETS_MAX)?;
    check_text("a remark", &message.remark, 0, REMARK_OCTETS_MAX)?;
    if let Some(owner) = &message.owner {
        check_text("an owner", owner, 1, TEXT_OCTETS_MAX)?;
    }
    let mut change = Ledger::read(view)?.begin(at)?;
    let missing = |what, name: &str| Error::Missing {
        what,
        name: name.to_owned(),
    };
    let before = find(view, name)?.ok_or_else(|| missing("case", name))?;
    if (before.machine.as_str(), before.version) != (machine.name(), machine.version()) {
        let name = format!("{} {}", before.machine, before.version);
        return Err(missing("such table at hand; the case goes by", &name));
    }
    let taken = machine.take(&before.state, &message.message, &message.role)?;
    let case = Case {
        state: taken.to.clone(),
        is_closed: machine.is_final(&taken.to),
        due: message
            .due
            .or_else(|| taken.due(at))
            .filter(|_| !machine.is_final(&taken.to)),
        steps: before.steps + 1,
        owner: message
            .owner
            .clone()
            .unwrap_or_else(|| before.owner.clone()),
        ..before.clone()
    };
    stored::put_case(&mut change, Some(&before), &case);
    stored::put_step(&mut change, &case, &before.state, at, message);
    Ok((change, case))
}

/// The case of a name.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn find(view: &dyn View, name: &str) -> Result<Option<Case>, Error> {
    stored::find(view, name)
}

/// The steps of a case so far, in order.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn steps(view: &dyn View, name: &str) -> Result<Vec<Step>, Error> {
    stored::steps(view, name)
}

/// The open cases that are due on a day or before it, the longest overdue first.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn due_until(view: &dyn View, day: Date) -> Result<Vec<Case>, Error> {
    stored::due_until(view, day)
}
