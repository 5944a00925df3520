//! Cases of bottlenecks: what keeps an enterprise from producing, who sees to it, until when, and
//! whether the enterprise says that it is solved.
//!
//! ```text
//! opened ─assign→ assigned ─accept→ accepted ─begin→ in-work ─propose→ proposed ─confirm→ closed
//!    ↑──────────return──┴──────────────┘                ↑                  │ reject (enterprise)
//!    └─refuse→ refused                                  └─begin─ reopened ←┘
//! ```
//!
//! The table is `cases/bottleneck.csv`; a bureau may bring its own. Nobody but the enterprise
//! closes a case as solved. A refusal, a return and a rejection say why; whoever proposes says what
//! was done. Point to point: an enterprise is told one owner and one helper, each a body and a
//! person.
//!
//! Every step is an event with the sender's key ([`Said::key`]), so that a message that comes twice
//! changes nothing, and so that it can be asked how a case stood at any moment.
//!
//! Not here: who a sender is (the caller has looked at that), sending reminders, pages.

mod course;
mod inbox;
pub(crate) mod packed;
mod statistics;
#[cfg(test)]
mod tests;

pub use course::{Evidence, Party, Said, Stand, Told};
pub(crate) use course::{
    NAME_OCTETS_MAX, Opening as CourseOpening, all_of, check_text, find as find_course,
    open as open_course, step as step_course, timeline as timeline_of,
};
pub use inbox::{Filter, Line, Reminder, inbox, reminders};
pub use statistics::{By, Tally, statistics};

use codes::{CreditCode, Date, Region};
use course::Opening as Course;
use facts::case::{Lamps, Machine};
use facts::{Change, Error, Instant, Object, View};
use packed::text;
use serde::{Deserialize, Serialize};

/// The name of the table.
pub const MACHINE: &str = "bottleneck";

/// The table that stands where a bureau has none of its own.
const TABLE: &str = include_str!("cases/bottleneck.csv");

/// Says what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bottleneck {
    /// People to work.
    Labour,
    /// Electricity, gas, heat, coal.
    Energy,
    /// Ways for goods.
    Logistics,
    /// Raw materials and parts.
    Material,
    /// Machines and spare parts.
    Equipment,
    /// Money.
    Capital,
    /// A permission.
    Approval,
}

impl Bottleneck {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Labour,
        Self::Energy,
        Self::Logistics,
        Self::Material,
        Self::Equipment,
        Self::Capital,
        Self::Approval,
    ];

    /// What it is called in English and in Chinese.
    pub fn names(self) -> [&'static str; 2] {
        match self {
            Self::Labour => ["labour", "用工"],
            Self::Energy => ["energy", "用能"],
            Self::Logistics => ["logistics", "物流"],
            Self::Material => ["material", "原材料"],
            Self::Equipment => ["equipment", "设备"],
            Self::Capital => ["capital", "资金"],
            Self::Approval => ["approval", "审批"],
        }
    }

    /// The one of a name, in either language.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|class| class.names().contains(&name))
    }
}

/// What a case is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The enterprise.
    #[serde(with = "text")]
    pub enterprise: CreditCode,
    /// What it is called.
    pub enterprise_name: String,
    /// What is missing.
    pub class: Bottleneck,
    /// The warning that it was opened for.
    pub warning: Option<String>,
    /// The case that it goes on with, such as one that was refused.
    pub follows: Option<String>,
}

/// A case as it stands.
pub type Case = Stand<About>;

/// What a case is opened with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// What it is called: 1 to 24 small letters, digits, '-', '.', '_'.
    pub name: String,
    /// What it is about, in a line.
    pub title: String,
    /// What it is about.
    pub about: About,
    /// Where the enterprise is.
    pub region: Region,
    /// Who answers for it; as long as it is not assigned, the office that dispatches.
    pub owner: Party,
    /// Until when it is to be solved.
    pub until: Option<Date>,
    /// As whom it is opened: `enterprise`, `dispatcher`, or `rule` if a warning does it.
    pub role: String,
    /// Who opens it.
    pub sender: Party,
    /// The sender's own name for opening it.
    pub key: String,
}

/// The table, with lamps a day before the day due, a day and a week after it.
pub fn table() -> Machine {
    let lamps = Lamps {
        blue: -1,
        yellow: 1,
        red: 7,
    };
    let machine = Machine::read(MACHINE, 1, TABLE, lamps).expect("tests have read our own table");
    machine.with_days_at_start(2)
}

/// What states, messages and roles of the table are called in English and in Chinese; names of a
/// bureau's own table are told as they are.
pub fn names(code: &str) -> [&str; 2] {
    match code {
        "opened" => ["opened", "已提出"],
        "assigned" => ["assigned", "已交办"],
        "accepted" => ["accepted", "已受理"],
        "in-work" => ["in work", "办理中"],
        "proposed" => ["said to be solved", "待企业确认"],
        "reopened" => ["reopened", "已退回重办"],
        "closed" => ["solved, as the enterprise says", "企业确认办结"],
        "refused" => ["refused", "不予受理"],
        "withdrawn" => ["withdrawn", "企业撤回"],
        "open" => ["open", "提出"],
        "assign" => ["assign", "交办"],
        "accept" => ["accept", "受理"],
        "begin" => ["begin", "开始办理"],
        "return" => ["return", "退回分派"],
        "hand-over" => ["hand over", "转办"],
        "report" => ["report", "报告进展"],
        "extend" => ["extend", "延期"],
        "propose" => ["say that it is solved", "报请办结"],
        "confirm" => ["confirm", "确认办结"],
        "reject" => ["reject", "退回重办"],
        "refuse" => ["refuse", "不予受理"],
        "withdraw" => ["withdraw", "撤回"],
        "dispatcher" => ["dispatching office", "调度机构"],
        "owner" => ["owner", "责任单位"],
        "helper" => ["helper", "帮办人"],
        "enterprise" => ["enterprise", "企业"],
        other => [other, other],
    }
}

/// Plans to open a case.
///
/// # Errors
/// [`Error::There`] if there is one of this name, or the key stands for another message;
/// [`Error::Code`], [`Error::Text`], [`Error::Past`], [`Error::Store`], [`Error::Stored`].
pub fn open(
    view: &dyn View,
    at: Instant,
    machine: &Machine,
    opening: &Opening,
) -> Result<(Change, Case), Error> {
    let Opening {
        name,
        title,
        about,
        region,
        owner,
        until,
        role,
        sender,
        key,
    } = opening.clone();
    check_text("the name of an enterprise", &about.enterprise_name, 1, 256)?;
    let enterprise = about.enterprise.to_string();
    if role == "enterprise" && sender.body != enterprise {
        return Err(Error::Message {
            state: "not there yet".to_owned(),
            message: "open".to_owned(),
            role,
            expected: format!("as enterprise speaks {enterprise}, not {}", sender.body),
        });
    }
    for name in about.warning.iter().chain(&about.follows) {
        check_text("the name of a warning or a case", name, 1, 64)?;
    }
    let objects = vec![Object::enterprise(about.enterprise)];
    let course = Course {
        name,
        title,
        owner,
        helpers: Vec::new(),
        region,
        until,
        about,
        role,
        sender,
        key,
        objects,
    };
    course::open(view, at, machine, &course)
}

/// Plans a step of a case.
///
/// # Errors
/// [`Error::Missing`] if there is no such case; [`Error::Message`] if its state does not take the
/// message, not from this sender, or not without a reason; [`Error::There`] if the key stands for
/// another message; [`Error::Count`], [`Error::Text`], [`Error::Past`], [`Error::Store`],
/// [`Error::Stored`].
pub fn step(
    view: &dyn View,
    at: Instant,
    machine: &Machine,
    name: &str,
    said: &Said,
) -> Result<(Change, Case), Error> {
    course::step(view, at, machine, name, said, |before: &Case| {
        check_sender(before, said)?;
        check_brought(before, said)
    })
}

/// An owner speaks for the case's own body, a helper for one that was named, an enterprise for
/// itself. Who dispatches is known to the caller alone.
fn check_sender(before: &Case, said: &Said) -> Result<(), Error> {
    let body = said.sender.body.as_str();
    let (is_own, whose) = match said.role.as_str() {
        "owner" => (body == before.owner.body, before.owner.body.clone()),
        "helper" => (
            before.helpers.iter().any(|helper| helper.body == body),
            bodies(&before.helpers),
        ),
        "enterprise" => {
            let enterprise = before.about.enterprise.to_string();
            (body == enterprise, enterprise)
        }
        _ => return Ok(()),
    };
    if is_own {
        return Ok(());
    }
    Err(refusal(
        before,
        said,
        format!("as {} speaks {whose}, not {body}", said.role),
    ))
}

/// The bodies of parties, with commas between.
pub(crate) fn bodies(parties: &[Party]) -> String {
    let bodies: Vec<_> = parties.iter().map(|party| party.body.as_str()).collect();
    bodies.join(", ")
}

fn check_brought(before: &Case, said: &Said) -> Result<(), Error> {
    let missing = match said.message.as_str() {
        "assign" | "hand-over" if said.owner.is_none() => "an owner",
        "refuse" | "return" | "reject" if said.remark.is_empty() => "a reason",
        "propose" if said.remark.is_empty() => "what was done",
        "extend" if said.until.is_none() || said.remark.is_empty() => "a day and a reason",
        _ => return check_not_more(before, said),
    };
    Err(refusal(before, said, format!("it needs {missing}")))
}

/// Who answers, who helps and until when is said by those who dispatch, and by nobody else.
fn check_not_more(before: &Case, said: &Said) -> Result<(), Error> {
    let is_more = said.owner.is_some() || said.helpers.is_some() || said.until.is_some();
    if said.role == "dispatcher" || !is_more {
        return Ok(());
    }
    let expected = "only the dispatcher names owner, helper and day".to_owned();
    Err(refusal(before, said, expected))
}

/// Why a message is not taken, though the table has it.
pub(crate) fn refusal<T>(before: &Stand<T>, said: &Said, expected: String) -> Error {
    Error::Message {
        state: before.state.clone(),
        message: said.message.clone(),
        role: said.role.clone(),
        expected,
    }
}

/// How a case stood at a moment; `None` if there was none by then.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn find(view: &dyn View, name: &str, at: Instant) -> Result<Option<Case>, Error> {
    course::find(view, MACHINE, name, at)
}

/// All steps of a case until a moment, in order, and how it stood after each.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn timeline(view: &dyn View, name: &str, at: Instant) -> Result<Vec<Told<About>>, Error> {
    course::timeline(view, MACHINE, name, at)
}

/// Who is meant by a role of a case, for [`reminders`]; `None` of an office that dispatches.
pub fn recipient(case: &Case, role: &str) -> Option<Party> {
    match role {
        "owner" => Some(case.owner.clone()),
        "helper" => case.helpers.first().cloned(),
        "enterprise" => {
            let enterprise = case.about.enterprise.to_string();
            Some(Party::new(&enterprise, &case.about.enterprise_name))
        }
        _ => None,
    }
}

/// All cases about an object, such as a region or an enterprise, as they stood at a moment; those
/// of a region are those of all that lies in it.
///
/// # Errors
/// [`Error::Count`] if there are too many, [`Error::Store`], [`Error::Stored`].
pub fn of(view: &dyn View, object: &Object, at: Instant) -> Result<Vec<Case>, Error> {
    all_of(view, object, MACHINE, at)
}
