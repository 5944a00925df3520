//! The ledger of measures: which task of which measure of which document is whose, until when, what
//! shows that it is done, and what an inspection found (任务台账、督办).
//!
//! ```text
//! document ─ measure ─ task: listed ─accept→ under-way ─submit→ submitted ─pass→ done
//!                              │ decline         ↑ ↓ report         │ fail
//!                              ↓                 extend             ↓
//!                           disputed ─release→ refused          rectifying ─submit→ submitted
//! ```
//!
//! Tasks go their course as cases do: by a table, every step an event, so that the ledger of any
//! moment can be asked for. Nobody passes his own task; what is submitted brings evidence; an
//! inspection that fails says why, and what it found is rectified and inspected again. Late is no
//! state but a lamp while a task is open, and an outcome when it is not ([`outcome`]).
//!
//! The 17 articles of the joint notice of 2022 are an example ([`notice`]): tasks restated in our
//! own words, with the bodies and the indicators that show their effect.
//!
//! Not here: who a sender is, files that are evidence (their digests are), sending reminders.

mod effect;
mod inspection;
mod plan;
#[cfg(test)]
mod tests;

pub use effect::{Change as Moved, Effect, Entry, catalogue, effects, read_catalogue};
pub use inspection::{BodyTally, Inspected, Outcome, by_body, inspection, outcome};
pub use plan::{Problem, Task, notice, read, unknown_indicators, write, write_ledger};

use crate::cases::{
    self, CourseOpening, Party, Said, Stand, Told, bodies, check_text, open_course, refusal,
    step_course, timeline_of,
};
use codes::{Date, Region};
use facts::case::{Lamps, Machine};
use facts::{Change, Error, Instant, Object, Role, View};
use serde::{Deserialize, Serialize};

/// The name of the table.
pub const MACHINE: &str = "task";

/// The table that stands where a bureau has none of its own.
const TABLE: &str = include_str!("measures/task.csv");

/// A document whose measures are carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its identifier, such as `notice-2022`.
    pub id: String,
    /// Its title in English and in Chinese.
    pub title: [String; 2],
}

impl Document {
    /// The joint notice of November 2022, whose tasks are the example.
    pub fn joint_notice() -> Self {
        let english = "Joint notice on reinvigorating the industrial economy (2022)";
        let chinese = "关于巩固回升向好趋势加力振作工业经济的通知";
        Self {
            id: "notice-2022".to_owned(),
            title: [english, chinese].map(str::to_owned),
        }
    }

    /// The object that it is.
    ///
    /// # Errors
    /// [`Error::Identifier`], [`Error::Text`].
    pub fn object(&self) -> Result<Object, Error> {
        Object::new(Role::POLICY, &self.id)
    }
}

/// What a task is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The identifier of the document.
    pub document: String,
    /// The number of its article.
    pub article: u16,
    /// The measure in English and in Chinese.
    pub measure: [String; 2],
    /// The task in English and in Chinese.
    pub task: [String; 2],
    /// The indicators that show its effect.
    pub indicators: Vec<String>,
}

/// A task as it stands.
pub type Assignment = Stand<About>;

/// The table, with lamps a month before the day due, a day and a month after it.
pub fn table() -> Machine {
    let lamps = Lamps {
        blue: -30,
        yellow: 1,
        red: 30,
    };
    Machine::read(MACHINE, 1, TABLE, lamps).expect("tests have read our own table")
}

/// What states, messages and roles of the table are called in English and in Chinese; names of a
/// bureau's own table are told as they are.
pub fn names(code: &str) -> [&str; 2] {
    match code {
        "listed" => ["listed", "已列入台账"],
        "disputed" => ["declined by the lead", "牵头单位提出异议"],
        "under-way" => ["under way", "推进中"],
        "submitted" => ["submitted", "待核查"],
        "rectifying" => ["rectifying", "整改中"],
        "done" => ["done", "已完成"],
        "refused" => ["refused", "不予承担"],
        "taken-back" => ["taken back", "已撤销"],
        "accept" => ["accept", "领受"],
        "decline" => ["decline", "提出异议"],
        "insist" => ["insist", "维持交办"],
        "release" => ["release", "同意不承担"],
        "submit" => ["submit", "报送完成"],
        "pass" => ["pass", "核查通过"],
        "fail" => ["fail", "核查不通过"],
        "take-back" => ["take back", "撤销"],
        "lead" => ["lead", "牵头单位"],
        "support" => ["support", "配合单位"],
        "office" => ["office of the ledger", "督办机构"],
        "inspector" => ["inspector", "核查人"],
        other => cases::names(other),
    }
}

/// Under whose name, until when and by whom tasks are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Where tasks are carried out that name no region.
    pub region: Region,
    /// Until when tasks are to be done that name no day.
    pub until: Option<Date>,
    /// Who lists them.
    pub sender: Party,
    /// The sender's own name for listing it: another of each task.
    pub key: String,
}

/// Plans to list a task.
///
/// # Errors
/// [`Error::There`] if one of this name is listed, or the key stands for another message;
/// [`Error::Code`], [`Error::Text`], [`Error::Count`], [`Error::Past`], [`Error::Store`],
/// [`Error::Stored`].
pub fn list(
    view: &dyn View,
    at: Instant,
    machine: &Machine,
    (document, task): (&Document, &Task),
    listing: &Listing,
) -> Result<(Change, Assignment), Error> {
    for text in task.measure.iter().chain(&task.task) {
        check_text("a task", text, 1, plan::TEXT_OCTETS_MAX)?;
    }
    let [_, title] = &task.task;
    let measure = format!("{}.{}", document.id, task.article);
    let party = |body: &String| Party::new(body, "");
    let opening = CourseOpening {
        name: task.name.clone(),
        title: title.clone(),
        owner: party(&task.lead),
        helpers: task.support.iter().map(party).collect(),
        region: task.region.unwrap_or(listing.region),
        until: task.due.or(listing.until),
        about: About {
            document: document.id.clone(),
            article: task.article,
            measure: task.measure.clone(),
            task: task.task.clone(),
            indicators: task.indicators.iter().map(ToString::to_string).collect(),
        },
        role: "office".to_owned(),
        sender: listing.sender.clone(),
        key: listing.key.clone(),
        objects: vec![document.object()?, Object::new(Role::MEASURE, &measure)?],
    };
    open_course(view, at, machine, &opening)
}

/// Plans a step of a task.
///
/// # Errors
/// [`Error::Missing`] if there is no such task; [`Error::Message`] if its state does not take the
/// message, not from this sender, or not without a reason or evidence; [`Error::There`] if the key
/// stands for another message; [`Error::Count`], [`Error::Text`], [`Error::Past`],
/// [`Error::Store`], [`Error::Stored`].
pub fn step(
    view: &dyn View,
    at: Instant,
    machine: &Machine,
    name: &str,
    said: &Said,
) -> Result<(Change, Assignment), Error> {
    step_course(view, at, machine, name, said, |before: &Assignment| {
        check_sender(before, said)?;
        check_brought(before, said)
    })
}

/// The lead speaks for its own body, a supporting body for itself, and an inspector for any but
/// these. Who the office is is known to the caller alone.
fn check_sender(before: &Assignment, said: &Said) -> Result<(), Error> {
    let body = said.sender.body.as_str();
    let is_lead = body == before.owner.body;
    let is_support = before.helpers.iter().any(|helper| helper.body == body);
    let expected = match said.role.as_str() {
        "lead" if !is_lead => format!("the lead is {}, not {body}", before.owner.body),
        "support" if !is_support => {
            format!("{} support it, not {body}", bodies(&before.helpers))
        }
        "inspector" if is_lead || is_support => format!("{body} cannot inspect its own task"),
        _ => return Ok(()),
    };
    Err(refusal(before, said, expected))
}

fn check_brought(before: &Assignment, said: &Said) -> Result<(), Error> {
    let has_reason = !said.remark.is_empty();
    let missing = match said.message.as_str() {
        "decline" | "insist" | "release" | "fail" | "take-back" if !has_reason => "a reason",
        "submit" if said.evidence.is_empty() => "evidence: a file, a link or a figure",
        "extend" if said.until.is_none() || !has_reason => "a day and a reason",
        _ => return check_not_more(before, said),
    };
    Err(refusal(before, said, format!("it needs {missing}")))
}

/// Who leads, who supports and until when is said by the office, and by nobody else.
fn check_not_more(before: &Assignment, said: &Said) -> Result<(), Error> {
    let is_more = said.owner.is_some() || said.helpers.is_some() || said.until.is_some();
    if said.role == "office" || !is_more {
        return Ok(());
    }
    let expected = "only the office names lead, supporting bodies and day".to_owned();
    Err(refusal(before, said, expected))
}

/// How a task stood at a moment; `None` if it was not listed by then.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn find(view: &dyn View, name: &str, at: Instant) -> Result<Option<Assignment>, Error> {
    cases::find_course(view, MACHINE, name, at)
}

/// All steps of a task until a moment, in order, and how it stood after each.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn timeline(view: &dyn View, name: &str, at: Instant) -> Result<Vec<Told<About>>, Error> {
    timeline_of(view, MACHINE, name, at)
}

/// All tasks about an object, as they stood at a moment: of a document, of a measure, or of a
/// region and all that lies in it.
///
/// # Errors
/// [`Error::Count`] if there are too many, [`Error::Store`], [`Error::Stored`].
pub fn of(view: &dyn View, object: &Object, at: Instant) -> Result<Vec<Assignment>, Error> {
    cases::all_of(view, object, MACHINE, at)
}

/// Who is meant by a role of a task, for [`cases::reminders`]; `None` of the office and the
/// inspector.
pub fn recipient(task: &Assignment, role: &str) -> Option<Party> {
    match role {
        "lead" => Some(task.owner.clone()),
        "support" => task.helpers.first().cloned(),
        _ => None,
    }
}
