//! How cases and tasks go their course: by a table of states, and every step an event.
//!
//! One change holds the step of `facts::case`, which the days due are found by, and an event that
//! tells how everything stands after it. So how it stood at any moment is the last event that was
//! known by then, and nobody can take a step that is not told of.
//!
//! An event is named by what it is a step of and by the sender's *key*: whoever sends the same with
//! the same key again gets the same answer, and nothing happens twice.
//!
//! Not here: which tables there are (`cases`, `measures`), and who a sender is: whoever calls has
//! looked at that.

use super::packed::{self, text, text_or_none};
use codes::{Code, Date, Region};
use facts::case::{self, Lamp, Machine, Message};
use facts::event::{self, Event};
use facts::{Change, Error, Instant, Object, Role, View};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest name of a case or task, in octets: with a key behind it it still names an event.
pub(crate) const NAME_OCTETS_MAX: usize = 24;

/// The longest key, in octets: a UUID.
const KEY_OCTETS_MAX: usize = 36;

/// The most helpers or supporting bodies.
const HELPERS_MAX: usize = 12;

/// The most pieces of evidence of one case or task: with all of them an event is not too long.
const EVIDENCE_MAX: usize = 32;

/// The longest link, in octets.
const LINK_OCTETS_MAX: usize = 1024;

/// The longest short text, in octets: those of `facts::case`.
const TEXT_OCTETS_MAX: usize = 256;

/// The longest remark, in octets.
const REMARK_OCTETS_MAX: usize = 4096;

/// The most events that are read for one answer: 10^4 cases of ten steps. Beyond it the question
/// is refused, for half an answer would be a wrong one.
const EVENTS_MAX: usize = 100_000;

/// Who confirms what others have done. What others have to do has no bearing on their days.
const CONFIRMERS: [&str; 2] = ["enterprise", "inspector"];

/// A body, and a person in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Party {
    /// The body: an identifier or a name; an enterprise by its credit code.
    pub body: String,
    /// Who in it; may be empty.
    pub person: String,
}

impl Party {
    /// A body and a person.
    pub fn new(body: &str, person: &str) -> Self {
        let [body, person] = [body, person].map(str::to_owned);
        Self { body, person }
    }
}

/// What shows that something was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// A file, which is kept elsewhere.
    File {
        /// What it is called.
        name: String,
        /// Its digest by SHA-256: 64 hexadecimal digits, lower case.
        sha256: String,
    },
    /// A page.
    Link(String),
    /// A figure.
    Figure {
        /// Of which indicator.
        indicator: String,
        /// For which period.
        period: String,
        /// The figure, with its unit behind it if it has one.
        figure: String,
    },
}

/// What is said of a case or task, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Said {
    /// What is said, by the table's name for it.
    pub message: String,
    /// As whom.
    pub role: String,
    /// By whom.
    pub sender: Party,
    /// The sender's own name for saying this: 1 to 36 octets. Saying it again changes nothing.
    #[serde(skip)]
    pub key: String,
    /// What else there is to say: the reason, the outcome.
    pub remark: String,
    /// Until when all of it is to be done from now on.
    #[serde(with = "text_or_none", default)]
    pub until: Option<Date>,
    /// Who answers for it from now on.
    pub owner: Option<Party>,
    /// Who helps from now on.
    pub helpers: Option<Vec<Party>>,
    /// What shows it.
    pub evidence: Vec<Evidence>,
}

/// How a case or task stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stand<T> {
    /// What it is called.
    pub name: String,
    /// By which table it goes.
    pub machine: String,
    /// By which version of it.
    pub version: u16,
    /// How many steps have been taken.
    pub step: u32,
    /// In which state it is.
    pub state: String,
    /// Whether nothing leads on.
    pub is_closed: bool,
    /// The day on which it was opened.
    #[serde(with = "text")]
    pub opened: Date,
    /// The day of the last step.
    #[serde(with = "text")]
    pub since: Date,
    /// Until when the next step is to be taken.
    #[serde(with = "text_or_none")]
    pub due: Option<Date>,
    /// Until when all of it is to be done.
    #[serde(with = "text_or_none")]
    pub until: Option<Date>,
    /// The day on which its owner last said that it is done.
    #[serde(with = "text_or_none")]
    pub done: Option<Date>,
    /// How often what was called done was sent back.
    pub sent_back: u32,
    /// Who answers for it.
    pub owner: Party,
    /// Who helps: the helper of an enterprise, supporting bodies.
    pub helpers: Vec<Party>,
    /// What it is about, in a line.
    pub title: String,
    /// Where.
    #[serde(with = "text")]
    pub region: Region,
    /// What has been shown so far.
    pub evidence: Vec<Evidence>,
    /// What was last said.
    pub remark: String,
    /// What it is about.
    pub about: T,
}

impl<T> Stand<T> {
    /// The lamp of its day due.
    pub fn lamp(&self, machine: &Machine, today: Date) -> Lamp {
        let due = self.due.filter(|_| !self.is_closed);
        machine.lamps().lamp(due, today)
    }

    /// Whether its day due is over.
    pub fn is_overdue(&self, today: Date) -> bool {
        !self.is_closed && self.due.is_some_and(|due| due < today)
    }

    /// As whom somebody must act next: the sender of the first row of its state. `None` if it is
    /// closed.
    pub fn waits_for<'m>(&'m self, machine: &'m Machine) -> Option<&'m str> {
        waits_for(machine, &self.state)
    }
}

fn waits_for<'m>(machine: &'m Machine, state: &'m str) -> Option<&'m str> {
    let mut moves = machine.moves_from(state);
    moves.next().map(|row| row.role.as_str())
}

/// What a case or task is opened with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Opening<T> {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) owner: Party,
    pub(crate) helpers: Vec<Party>,
    #[serde(with = "text")]
    pub(crate) region: Region,
    #[serde(with = "text_or_none")]
    pub(crate) until: Option<Date>,
    pub(crate) about: T,
    /// As whom it is opened, and by whom.
    pub(crate) role: String,
    pub(crate) sender: Party,
    #[serde(skip)]
    pub(crate) key: String,
    /// What it is about; its regions are added.
    #[serde(skip)]
    pub(crate) objects: Vec<Object>,
}

/// What an event of a step holds.
#[derive(Serialize, Deserialize)]
struct Payload<T> {
    /// The digest of what was sent: by it a repetition is told from another use of its key.
    asked: String,
    stand: Stand<T>,
}

/// A step and when it became known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told<T> {
    /// The event.
    pub event: event::Recorded,
    /// How everything stood after it.
    pub stand: Stand<T>,
}

/// Plans to open a case; the event of it is a part of the change.
pub(crate) fn open<T: Serialize + DeserializeOwned + Clone>(
    view: &dyn View,
    at: Instant,
    machine: &Machine,
    opening: &Opening<T>,
) -> Result<(Change, Stand<T>), Error> {
    check_opening(opening)?;
    let asked = digest(opening);
    let event_name = event_name(&opening.name, &opening.key)?;
    if let Some(stand) = repeated(view, &event_name, &asked)? {
        return Ok((Change::default(), stand));
    }
    let today = day(at)?;
    let mut due = opening.until;
    if !is_confirming(machine, machine.start()) {
        due = earlier(due, machine.due_at_start(at));
    }
    let objects = opening.objects.iter().take(15).cloned();
    let told = case::Opening {
        name: opening.name.clone(),
        owner: opening.owner.body.clone(),
        title: opening.title.clone(),
        objects: objects.chain([Object::region(opening.region)]).collect(),
        due,
    };
    let (mut change, case) = case::open(view, at, machine, &told)?;
    let stand = Stand {
        name: case.name,
        machine: case.machine,
        version: case.version,
        step: 0,
        state: case.state,
        is_closed: false,
        opened: today,
        since: today,
        due: case.due,
        until: opening.until,
        done: None,
        sent_back: 0,
        owner: opening.owner.clone(),
        helpers: opening.helpers.clone(),
        title: opening.title.clone(),
        region: opening.region,
        evidence: Vec::new(),
        remark: String::new(),
        about: opening.about.clone(),
    };
    let by = (opening.role.as_str(), &opening.sender);
    let step = (event_name, "open", by, asked);
    tell(view, at, &mut change, step, &stand, &opening.objects)?;
    Ok((change, stand))
}

/// Plans a step; the event of it is a part of the change. `check` looks at who says it and what it
/// brings, of a stand that is known by then.
pub(crate) fn step<T: Serialize + DeserializeOwned + Clone>(
    view: &dyn View,
    at: Instant,
    machine: &Machine,
    name: &str,
    said: &Said,
    check: impl FnOnce(&Stand<T>) -> Result<(), Error>,
) -> Result<(Change, Stand<T>), Error> {
    check_said(said)?;
    let asked = digest(said);
    let event_name = event_name(name, &said.key)?;
    if let Some(stand) = repeated(view, &event_name, &asked)? {
        return Ok((Change::default(), stand));
    }
    let before = find::<T>(view, machine.name(), name, Instant::LAST)?;
    let before = before.ok_or_else(|| Error::Missing {
        what: "case",
        name: name.to_owned(),
    })?;
    // Who says what the state does not take is told so before anything else.
    let row = machine.take(&before.state, &said.message, &said.role)?;
    check(&before)?;
    check_count(before.evidence.len() + said.evidence.len())?;
    let until = said.until.or(before.until);
    let due = match row.due(at) {
        due if is_confirming(machine, &row.to) => due,
        // What leads nowhere moves no day, unless it is what moves the day of the whole.
        None if row.to == before.state && said.until.is_none() => earlier(before.due, until),
        None => until,
        due => earlier(due, until),
    };
    let message = Message {
        message: said.message.clone(),
        role: said.role.clone(),
        sender: said.sender.body.clone(),
        remark: said.remark.clone(),
        due,
        owner: said.owner.as_ref().map(|owner| owner.body.clone()),
    };
    let (mut change, case) = case::step(view, at, machine, name, &message)?;
    let today = day(at)?;
    let is_confirming_now = is_confirming(machine, &before.state);
    let mut stand = Stand {
        step: case.steps,
        is_closed: case.is_closed,
        since: today,
        due: case.due,
        until,
        remark: said.remark.clone(),
        ..before
    };
    if is_confirming(machine, &case.state) {
        stand.done = Some(today);
    } else if is_confirming_now && !case.is_closed {
        stand.sent_back += 1;
    }
    stand.state = case.state;
    stand.owner = said.owner.clone().unwrap_or(stand.owner);
    stand.helpers = said.helpers.clone().unwrap_or(stand.helpers);
    stand.evidence.extend(said.evidence.iter().cloned());
    let by = (said.role.as_str(), &said.sender);
    let about = case.objects;
    let step = (event_name, said.message.as_str(), by, asked);
    tell(view, at, &mut change, step, &stand, &about)?;
    Ok((change, stand))
}

/// Name, message, role and sender, and what was asked.
type Step<'s> = (String, &'s str, (&'s str, &'s Party), String);

/// Adds the event of a step to its change.
fn tell<T: Serialize + Clone>(
    view: &dyn View,
    at: Instant,
    change: &mut Change,
    (name, message, (role, sender), asked): Step,
    stand: &Stand<T>,
    about: &[Object],
) -> Result<(), Error> {
    let regions = std::iter::successors(Some(stand.region), |region| region.parent());
    let mut objects = vec![object(&stand.name)?];
    for object in about.iter().cloned().chain(regions.map(Object::region)) {
        if !objects.contains(&object) {
            objects.push(object);
        }
    }
    let payload = Payload {
        asked,
        stand: stand.clone(),
    };
    let event = Event {
        name,
        objects,
        when: at,
        what: format!("{}.{message}", stand.machine),
        place: stand.region.to_string(),
        why: stand.name.clone(),
        how: role.to_owned(),
        who: sender.body.clone(),
        corrects: None,
        payload: packed::pack(&payload).into(),
    };
    let (told, _) = event::record(view, at, &event)?;
    // Both move the ledger on, to the same moment from the same: it is written once over.
    change.preconditions.extend(told.preconditions);
    change.writes.extend(told.writes);
    Ok(())
}

/// The answer to what has been said before with the same key; `None` if it is new.
fn repeated<T: DeserializeOwned>(
    view: &dyn View,
    name: &str,
    asked: &str,
) -> Result<Option<Stand<T>>, Error> {
    let Some(found) = event::find(view, name)? else {
        return Ok(None);
    };
    let payload: Payload<T> = packed::unpack("step", &found.event.payload)?;
    if payload.asked == asked {
        return Ok(Some(payload.stand));
    }
    Err(Error::There {
        what: "step with this key",
        name: name.to_owned(),
    })
}

/// How a case or task stood at a moment; `None` if there was none by then.
pub(crate) fn find<T: DeserializeOwned>(
    view: &dyn View,
    machine: &str,
    name: &str,
    at: Instant,
) -> Result<Option<Stand<T>>, Error> {
    let mut told = timeline(view, machine, name, at)?;
    Ok(told.pop().map(|told: Told<T>| told.stand))
}

/// All steps of one of a table's until a moment, in order.
pub(crate) fn timeline<T: DeserializeOwned>(
    view: &dyn View,
    machine: &str,
    name: &str,
    at: Instant,
) -> Result<Vec<Told<T>>, Error> {
    let mut told = Vec::new();
    for event in events(view, &object(name)?, at)? {
        if !is_of(machine, &event.event) || event.event.why != name {
            continue;
        }
        let payload: Payload<T> = packed::unpack("step", &event.event.payload)?;
        let stand = payload.stand;
        told.push(Told { event, stand });
    }
    told.sort_by_key(|told| told.stand.step);
    Ok(told)
}

/// How all of a table's cases about an object stood at a moment, in the order of their names.
pub(crate) fn all_of<T: DeserializeOwned>(
    view: &dyn View,
    object: &Object,
    machine: &str,
    at: Instant,
) -> Result<Vec<Stand<T>>, Error> {
    let mut latest = BTreeMap::new();
    for recorded in events(view, object, at)? {
        if is_of(machine, &recorded.event) {
            // They come in the order in which they happened, which is that of the steps.
            latest.insert(recorded.event.why.clone(), recorded.event.payload);
        }
    }
    let stand = |octets| Ok(packed::unpack::<Payload<T>>("step", octets)?.stand);
    latest.values().map(|octets| stand(octets)).collect()
}

/// Whether an event is a step by a table of this name.
fn is_of(machine: &str, event: &Event) -> bool {
    let rest = event.what.strip_prefix(machine);
    rest.is_some_and(|rest| rest.starts_with('.'))
}

/// What happened to an object and was known by a moment.
fn events(view: &dyn View, object: &Object, at: Instant) -> Result<Vec<event::Recorded>, Error> {
    let span = [Instant(0), Instant::LAST];
    let mut found = event::of_object(view, object, span, EVENTS_MAX + 1)?;
    if found.len() > EVENTS_MAX {
        return Err(Error::Count {
            what: "events of one object",
            counted: found.len(),
            expected: "at most 100000; ask of a smaller region",
        });
    }
    found.retain(|event| event.known_at <= at);
    Ok(found)
}

/// The object that a case or task is.
fn object(name: &str) -> Result<Object, Error> {
    Object::new(Role::CASE, name)
}

fn is_confirming(machine: &Machine, state: &str) -> bool {
    waits_for(machine, state).is_some_and(|role| CONFIRMERS.contains(&role))
}

fn earlier(a: Option<Date>, b: Option<Date>) -> Option<Date> {
    a.into_iter().chain(b).min()
}

fn day(at: Instant) -> Result<Date, Error> {
    at.day_in_china().ok_or(Error::Beyond { at })
}

/// The digest of what was sent: what is compared need not be kept twice.
fn digest(of: &impl Serialize) -> String {
    let json = serde_json::to_vec(of).expect("structs of texts and counts are always JSON");
    packed::sha256(&json)
}

/// The name of an event: what it is a step of, and the sender's key.
fn event_name(name: &str, key: &str) -> Result<String, Error> {
    check_name("the name of a case", name, NAME_OCTETS_MAX)?;
    check_name("the key of a message", key, KEY_OCTETS_MAX)?;
    Ok(format!("{name}#{key}"))
}

/// Names become identifiers, in which capitals do not matter: so there are none.
fn check_name(what: &'static str, name: &str, octets_max: usize) -> Result<(), Error> {
    let fits =
        |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || b"-._".contains(&octet);
    if (1..=octets_max).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(());
    }
    Err(Error::Code(codes::Error::Unknown {
        what,
        text: name.chars().take(octets_max).collect(),
        expected: "small letters, digits, '-', '.' and '_', not too many",
    }))
}

fn check_opening<T>(opening: &Opening<T>) -> Result<(), Error> {
    check_text("a title", &opening.title, 1, TEXT_OCTETS_MAX)?;
    check_party(&opening.owner, 1)?;
    check_party(&opening.sender, 1)?;
    check_helpers(&opening.helpers)
}

fn check_said(said: &Said) -> Result<(), Error> {
    check_text("a remark", &said.remark, 0, REMARK_OCTETS_MAX)?;
    check_party(&said.sender, 1)?;
    said.owner
        .iter()
        .try_for_each(|owner| check_party(owner, 1))?;
    said.helpers.iter().try_for_each(|of| check_helpers(of))?;
    said.evidence.iter().try_for_each(check_evidence)
}

fn check_count(counted: usize) -> Result<(), Error> {
    if counted <= EVIDENCE_MAX {
        return Ok(());
    }
    Err(Error::Count {
        what: "pieces of evidence",
        counted,
        expected: "at most 32; put several files into one",
    })
}

fn check_helpers(helpers: &[Party]) -> Result<(), Error> {
    let counted = helpers.len();
    if counted > HELPERS_MAX {
        return Err(Error::Count {
            what: "helpers",
            counted,
            expected: "at most 12",
        });
    }
    helpers.iter().try_for_each(|helper| check_party(helper, 1))
}

fn check_party(party: &Party, octets_min: usize) -> Result<(), Error> {
    check_text("a body", &party.body, octets_min, TEXT_OCTETS_MAX)?;
    check_text("a person", &party.person, 0, TEXT_OCTETS_MAX)
}

fn check_evidence(evidence: &Evidence) -> Result<(), Error> {
    let wrong = |what, text: &str, expected| {
        Err(Error::Code(codes::Error::Unknown {
            what,
            text: text.chars().take(80).collect(),
            expected,
        }))
    };
    match evidence {
        Evidence::File { name, sha256 } => {
            check_text("the name of a file", name, 1, TEXT_OCTETS_MAX)?;
            let is_digit = |octet: u8| octet.is_ascii_digit() || (b'a'..=b'f').contains(&octet);
            if sha256.len() == 64 && sha256.bytes().all(is_digit) {
                return Ok(());
            }
            wrong("digest", sha256, "64 hexadecimal digits in small letters")
        }
        Evidence::Link(link) => {
            check_text("a link", link, 1, LINK_OCTETS_MAX)?;
            let is_web = ["https://", "http://"]
                .iter()
                .any(|head| link.starts_with(head));
            if is_web && !link.contains(char::is_whitespace) {
                return Ok(());
            }
            // What a reader clicks on must lead to a page, not run something.
            wrong(
                "link",
                link,
                "an address that begins with https:// or http://",
            )
        }
        Evidence::Figure {
            indicator,
            period,
            figure,
        } => {
            check_text("an indicator", indicator, 1, TEXT_OCTETS_MAX)?;
            check_text("a period", period, 1, TEXT_OCTETS_MAX)?;
            check_text("a figure", figure, 1, TEXT_OCTETS_MAX)
        }
    }
}

/// Text that came from outside: so many octets, and nothing that moves a cursor.
pub(crate) fn check_text(
    what: &'static str,
    text: &str,
    octets_min: usize,
    octets_max: usize,
) -> Result<(), Error> {
    let fits = (octets_min..=octets_max).contains(&text.len());
    if fits && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Error::Text {
        what,
        octets_min,
        octets_max,
    })
}
