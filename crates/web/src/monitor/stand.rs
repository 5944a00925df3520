//! Cases and tasks alike: how they stand, what can be said of them, and what was.
//!
//! Not here: who may say what (room `monitor`; whom a token speaks for is `access`'s).

use super::acting::{day, key};
use super::bureau::today;
use super::call::{Call, Problem};
use codes::Date;
use facts::case::{Lamp, Machine};
use monitor::cases::{self, Evidence, Filter, Party, Said, Stand, Told, inbox};
use serde::Deserialize;
use serde_json::{Value as Json, json};

/// The most lines of a list.
const LINES_COUNT_MAX: usize = 2000;

/// What somebody says of a case or task.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Words {
    pub(super) message: String,
    pub(super) role: String,
    /// Who says it, if the token speaks for whoever it names.
    #[serde(default)]
    pub(super) by: Option<String>,
    /// Who in it.
    #[serde(default)]
    pub(super) person: String,
    /// The sender's own name for saying it: saying it again changes nothing.
    #[serde(default)]
    pub(super) key: String,
    #[serde(default)]
    pub(super) remark: String,
    #[serde(default)]
    pub(super) until: Option<String>,
    #[serde(default)]
    pub(super) owner: Option<String>,
    #[serde(default)]
    pub(super) helpers: Option<Vec<String>>,
    /// Links that show it.
    #[serde(default)]
    pub(super) evidence: Vec<String>,
}

impl Words {
    pub(super) fn said(self, call: &Call<'_>) -> Result<Said, Problem> {
        let body = call.sender(self.by)?;
        let party = |name: String| Party::new(&name, "");
        Ok(Said {
            message: self.message,
            role: self.role,
            sender: Party::new(&body, &self.person),
            key: key(self.key),
            remark: self.remark,
            until: day(self.until.as_deref())?,
            owner: self.owner.map(party),
            helpers: self.helpers.map(|all| all.into_iter().map(party).collect()),
            evidence: self.evidence.into_iter().map(Evidence::Link).collect(),
        })
    }
}

/// A word of the table in both languages.
type Names = fn(&str) -> [&str; 2];

fn word(code: &str, names: Names) -> Json {
    let [english, chinese] = names(code);
    json!({"code": code, "english": english, "chinese": chinese})
}

/// How one stands, without what it is about.
pub(super) fn stand_json<T>(
    call: &Call<'_>,
    stand: &Stand<T>,
    machine: &Machine,
    names: Names,
) -> Json {
    let party = |party: &Party| json!({"body": party.body, "person": party.person});
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    let waits_for = stand.waits_for(machine);
    json!({
        "name": stand.name,
        "title": stand.title,
        "state": word(&stand.state, names),
        "isClosed": stand.is_closed,
        "opened": stand.opened.to_string(),
        "since": stand.since.to_string(),
        "due": day(stand.due),
        "until": day(stand.until),
        "done": day(stand.done),
        "sentBack": stand.sent_back,
        "owner": party(&stand.owner),
        "helpers": stand.helpers.iter().map(party).collect::<Vec<_>>(),
        "region": call.object(&facts::Object::region(stand.region)),
        "remark": stand.remark,
        "step": stand.step,
        "evidence": stand.evidence.iter().map(evidence_json).collect::<Vec<_>>(),
        "waitsFor": waits_for.map(|role| word(role, names)),
        "lamp": lamp(stand.lamp(machine, today())),
        "moves": moves(stand, machine, names),
    })
}

fn evidence_json(evidence: &Evidence) -> Json {
    match evidence {
        Evidence::File { name, sha256 } => json!({"kind": "file", "name": name, "sha256": sha256}),
        Evidence::Link(link) => json!({"kind": "link", "link": link}),
        Evidence::Figure {
            indicator,
            period,
            figure,
        } => {
            json!({"kind": "figure", "indicator": indicator, "period": period, "figure": figure})
        }
    }
}

/// What can be said of it now, and as whom.
fn moves<T>(stand: &Stand<T>, machine: &Machine, names: Names) -> Vec<Json> {
    let row = |row: &facts::case::Move| {
        json!({
            "message": word(&row.message, names),
            "role": word(&row.role, names),
            "to": word(&row.to, names),
        })
    };
    machine.moves_from(&stand.state).map(row).collect()
}

pub(super) fn lamp(lamp: Lamp) -> &'static str {
    match lamp {
        Lamp::Off => "off",
        Lamp::Blue => "blue",
        Lamp::Yellow => "yellow",
        Lamp::Red => "red",
    }
}

/// One of a list, and how many days are left.
pub(super) type Line<'s, T> = (&'s Stand<T>, Option<i64>);

/// Open ones, the most urgent first, then closed ones, the newest first; each with how many days
/// are left.
pub(super) fn lines<'s, T>(
    call: &Call<'_>,
    found: &'s [Stand<T>],
    machine: &'s Machine,
) -> Vec<Line<'s, T>> {
    let filter = Filter {
        body: call.parameter("body").map(str::to_owned),
        is_overdue: call.asked.query.flag("overdue") == Some(true),
        ..Filter::default()
    };
    let open = inbox(found, machine, &filter, today());
    let line = |line: &cases::Line<'s, T>| (line.stand, line.days_left);
    let mut lines: Vec<_> = open.iter().map(line).collect();
    if call.asked.query.flag("closed") != Some(false) && !filter.is_overdue {
        let is_of = |stand: &&Stand<T>| {
            let body = filter.body.as_ref();
            stand.is_closed && body.is_none_or(|body| stand.owner.body == *body)
        };
        let mut closed: Vec<_> = found.iter().filter(is_of).collect();
        closed.sort_by_key(|stand| std::cmp::Reverse(stand.since));
        lines.extend(closed.into_iter().map(|stand| (stand, None)));
    }
    lines.truncate(LINES_COUNT_MAX);
    lines
}

/// All steps so far.
pub(super) fn steps<T>(told: &[Told<T>], names: Names) -> Vec<Json> {
    let step = |told: &Told<T>| {
        let event = &told.event.event;
        json!({
            "at": told.event.known_at.to_string(),
            "event": event.what,
            "by": event.who,
            "state": word(&told.stand.state, names),
            "remark": told.stand.remark,
            "due": told.stand.due.map(|day| day.to_string()),
        })
    };
    told.iter().map(step).collect()
}
