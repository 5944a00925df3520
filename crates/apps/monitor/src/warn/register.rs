//! The register of rules: which versions there are, and how far each has come.
//!
//! ```text
//! draft ── test ──► tested ── see ──► seen ── go live ──► live ── retire ──► retired
//!                     ▲  test again    │
//!                     └────────────────┘
//! ```
//!
//! A rule goes live only after somebody has looked at its back-test: who says so names the digest
//! of the result, and of no other. A changed text is a new version, and starts over. When a version
//! goes live the one before it retires. Every step is an event of the object `rule RULE/NAME`.
//!
//! | octets of the key | field |
//! | --- | --- |
//! | `w`, 1, name, 0, 2 | the version |
//!
//! | octets | field |
//! | --- | --- |
//! | 1 | format, 1 |
//! | 1 | state: 1 draft, 2 tested, 3 seen, 4 live, 5 retired |
//! | 2 + n | text |
//! | 1, 32 | whether it was tested, and the digest of the result |
//! | 1 | count of steps |
//! | each 1, 8, 2 + n, 2 + n | state after it, when, by whom, remark |
//!
//! Not here: what a rule says (`rule`), who may do these things.

use super::back_test::BackTest;
use super::octets::{Fields, VERSION, Writer, check_text, key};
use super::rule::{Digest, Rule};
use bytes::Bytes;
use facts::event::{self, Event};
use facts::{Error, Instant, Object, Role, View};
use model::{Change, Key};

/// The most versions of a rule.
const VERSIONS_MAX: u16 = 10_000;

/// The most steps of a version: tests may be made again and again, but not for ever.
const STEPS_MAX: usize = 200;

/// The longest name of somebody, in octets, and the longest remark.
const WHO_OCTETS: [usize; 2] = [1, 256];
const REMARK_OCTETS: [usize; 2] = [0, 1024];

/// How far a version of a rule has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// It is written.
    Draft,
    /// Its back-test has been run.
    Tested,
    /// Somebody has looked at the back-test.
    Seen,
    /// It warns.
    Live,
    /// It warns no more.
    Retired,
}

impl State {
    const ALL: [Self; 5] = [
        Self::Draft,
        Self::Tested,
        Self::Seen,
        Self::Live,
        Self::Retired,
    ];

    fn number(self) -> u8 {
        match self {
            Self::Draft => 1,
            Self::Tested => 2,
            Self::Seen => 3,
            Self::Live => 4,
            Self::Retired => 5,
        }
    }

    /// What it is called in English and in Chinese.
    pub fn names(self) -> [&'static str; 2] {
        match self {
            Self::Draft => ["draft", "草稿"],
            Self::Tested => ["tested", "已回测"],
            Self::Seen => ["seen", "回测已审阅"],
            Self::Live => ["live", "已启用"],
            Self::Retired => ["retired", "已停用"],
        }
    }
}

/// A step that a version has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The state after it.
    pub state: State,
    /// When.
    pub at: Instant,
    /// By whom.
    pub by: String,
    /// What else was said.
    pub remark: String,
}

/// A version of a rule as it is registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The name of the rule.
    pub name: String,
    /// Which version, from 1.
    pub number: u16,
    /// How far it has come.
    pub state: State,
    /// The text of the rule.
    pub text: String,
    /// The digest of its latest back-test.
    pub result: Option<Digest>,
    /// What has been done with it so far, in order.
    pub steps: Vec<Taken>,
}

impl Version {
    /// The rule that its text says.
    ///
    /// # Errors
    /// [`Error::Stored`] if a later version of this program reads it no more.
    pub fn rule(&self) -> Result<Rule, Error> {
        Rule::read(&self.text).map_err(|complaint| Error::Stored {
            what: "rule",
            problem: complaint.to_string(),
        })
    }
}

/// Who does something, and what he has to say to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct By<'b> {
    /// Who: an identifier or a name, 1 to 256 octets.
    pub who: &'b str,
    /// What else there is to say; may be empty.
    pub remark: &'b str,
}

/// Plans to register a rule as a draft: a new version, unless the newest has the same text and has
/// not retired.
///
/// # Errors
/// [`Error::Text`], [`Error::Count`], [`Error::Past`], [`Error::Store`], [`Error::Stored`].
pub fn draft(
    view: &dyn View,
    at: Instant,
    rule: &Rule,
    by: By<'_>,
) -> Result<(Change, Version), Error> {
    let newest = versions(view, rule.name())?.pop();
    let number = match newest {
        Some(newest) if newest.text == rule.text() && newest.state != State::Retired => {
            return Ok((Change::default(), newest));
        }
        Some(newest) => newest.number + 1,
        None => 1,
    };
    if number > VERSIONS_MAX {
        return Err(Error::Count {
            what: "versions of a rule",
            counted: number.into(),
            expected: "at most 10000",
        });
    }
    let version = Version {
        name: rule.name().to_owned(),
        number,
        state: State::Draft,
        text: rule.text().to_owned(),
        result: None,
        steps: Vec::new(),
    };
    let mut change = Change::default();
    let version = step(view, at, &mut change, version, State::Draft, by)?;
    Ok((change, version))
}

/// Plans to note the back-test of a version. One that has been seen must be seen anew.
///
/// # Errors
/// [`Error::Message`] if it is live or retired, or the test is of another text; [`Error::Missing`];
/// as of [`draft`].
pub fn tested(
    view: &dyn View,
    at: Instant,
    (name, number): (&str, u16),
    back_test: &BackTest,
    by: By<'_>,
) -> Result<(Change, Version), Error> {
    let mut version = need(view, name, number)?;
    if version.state >= State::Live {
        return Err(refused(&version, "test", by, "a new version can be tested"));
    }
    if version.rule()?.digest() != back_test.rule {
        let expected = "the back-test is of another text";
        return Err(refused(&version, "test", by, expected));
    }
    version.result = Some(back_test.digest());
    let mut change = Change::default();
    let version = step(view, at, &mut change, version, State::Tested, by)?;
    Ok((change, version))
}

/// Plans to note that somebody has looked at the back-test whose digest he names.
///
/// # Errors
/// [`Error::Message`] if it has not been tested, or the digest is of another result;
/// [`Error::Missing`]; as of [`draft`].
pub fn seen(
    view: &dyn View,
    at: Instant,
    (name, number): (&str, u16),
    result: Digest,
    by: By<'_>,
) -> Result<(Change, Version), Error> {
    let version = need(view, name, number)?;
    if version.state != State::Tested {
        return Err(refused(
            &version,
            "see",
            by,
            "only what was tested can be seen",
        ));
    }
    if version.result != Some(result) {
        let expected = "another back-test was run since; look at that";
        return Err(refused(&version, "see", by, expected));
    }
    let mut change = Change::default();
    let version = step(view, at, &mut change, version, State::Seen, by)?;
    Ok((change, version))
}

/// Plans to let a version warn, and the one before it retire.
///
/// # Errors
/// [`Error::Message`] if nobody has looked at its back-test; [`Error::Missing`]; as of [`draft`].
pub fn go_live(
    view: &dyn View,
    at: Instant,
    (name, number): (&str, u16),
    by: By<'_>,
) -> Result<(Change, Version), Error> {
    let version = need(view, name, number)?;
    if version.state != State::Seen {
        let expected = "its back-test must have been looked at first";
        return Err(refused(&version, "go live", by, expected));
    }
    let mut change = Change::default();
    if let Some(before) = live(view, name)? {
        let remark = format!("version {number} follows");
        let by = By {
            remark: &remark,
            ..by
        };
        step(view, at, &mut change, before, State::Retired, by)?;
    }
    let version = step(view, at, &mut change, version, State::Live, by)?;
    Ok((change, version))
}

/// Plans to let a version warn no more, or a draft be dropped.
///
/// # Errors
/// [`Error::Message`] if it has retired already; [`Error::Missing`]; as of [`draft`].
pub fn retire(
    view: &dyn View,
    at: Instant,
    (name, number): (&str, u16),
    by: By<'_>,
) -> Result<(Change, Version), Error> {
    let version = need(view, name, number)?;
    if version.state == State::Retired {
        return Err(refused(&version, "retire", by, "none, it has retired"));
    }
    let mut change = Change::default();
    let version = step(view, at, &mut change, version, State::Retired, by)?;
    Ok((change, version))
}

fn refused(version: &Version, message: &str, by: By<'_>, expected: &str) -> Error {
    Error::Message {
        state: version.state.names()[0].to_owned(),
        message: message.to_owned(),
        role: by.who.to_owned(),
        expected: expected.to_owned(),
    }
}

/// Takes a step: the row, and the event that tells of it.
fn step(
    view: &dyn View,
    at: Instant,
    change: &mut Change,
    mut version: Version,
    state: State,
    by: By<'_>,
) -> Result<Version, Error> {
    check_text("who does it", by.who, WHO_OCTETS)?;
    check_text("a remark", by.remark, REMARK_OCTETS)?;
    let counted = version.steps.len();
    // To retire is always possible.
    if counted >= STEPS_MAX && state != State::Retired {
        return Err(Error::Count {
            what: "steps of a version of a rule",
            counted,
            expected: "at most 200",
        });
    }
    version.state = state;
    version.steps.push(Taken {
        state,
        at,
        by: by.who.to_owned(),
        remark: by.remark.to_owned(),
    });
    let named = Digest::of(&[
        b"step of a rule",
        version.name.as_bytes(),
        &version.number.to_be_bytes(),
        &(counted as u64).to_be_bytes(),
    ]);
    let event = Event {
        name: named.short(),
        objects: vec![object(&version.name)?],
        when: at,
        what: format!("rule-{}", state.names()[0]),
        place: String::new(),
        why: String::new(),
        how: format!("version {}", version.number),
        who: by.who.to_owned(),
        corrects: None,
        payload: version
            .result
            .map_or_else(Bytes::new, |digest| digest.to_string().into()),
    };
    let (recorded, _) = event::record(view, at, &event)?;
    join(change, recorded);
    change.put(version_key(&version.name, version.number), encode(&version));
    Ok(version)
}

/// Adds one change of facts to another that becomes known at the same moment.
pub(super) fn join(change: &mut Change, other: Change) {
    change.writes.extend(other.writes);
    for precondition in other.preconditions {
        if !change.preconditions.contains(&precondition) {
            change.preconditions.push(precondition);
        }
    }
}

/// A rule as an object of events.
///
/// # Errors
/// [`Error::Text`] of a name that is too long.
pub fn object(name: &str) -> Result<Object, Error> {
    Object::new(Role::RULE, &format!("rule/{name}"))
}

/// The version of a rule.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn find(view: &dyn View, name: &str, number: u16) -> Result<Option<Version>, Error> {
    let octets = view.get(&version_key(name, number))?;
    octets
        .map(|octets| decode(name, number, octets))
        .transpose()
}

fn need(view: &dyn View, name: &str, number: u16) -> Result<Version, Error> {
    find(view, name, number)?.ok_or_else(|| Error::Missing {
        what: "version of a rule",
        name: format!("{name} {number}"),
    })
}

/// All versions of a rule, the oldest first.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn versions(view: &dyn View, name: &str) -> Result<Vec<Version>, Error> {
    let [from, to] = [0, 1].map(|end| key(VERSION, &[name.as_bytes(), &[end]]));
    let rows = view.range(&from, &to);
    rows.map(|row| {
        let (key, octets) = row?;
        decode_row(&key, octets)
    })
    .collect()
}

/// The version of a rule that is live, if one is.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn live(view: &dyn View, name: &str) -> Result<Option<Version>, Error> {
    let versions = versions(view, name)?;
    Ok(versions
        .into_iter()
        .rfind(|version| version.state == State::Live))
}

/// All versions of all rules, by name.
///
/// # Errors
/// [`Error::Store`], [`Error::Stored`].
pub fn all(view: &dyn View) -> Result<Vec<Version>, Error> {
    let [from, to] = [VERSION, VERSION + 1].map(|part| key(part, &[]));
    let rows = view.range(&from, &to);
    rows.map(|row| {
        let (key, octets) = row?;
        decode_row(&key, octets)
    })
    .collect()
}

fn version_key(name: &str, number: u16) -> Key {
    key(VERSION, &[name.as_bytes(), &[0], &number.to_be_bytes()])
}

fn decode_row(key: &Key, octets: Bytes) -> Result<Version, Error> {
    let read = || {
        let (rest, number) = key.octets().get(2..)?.split_last_chunk()?;
        let name = std::str::from_utf8(rest.strip_suffix(&[0])?).ok()?;
        Some((name, u16::from_be_bytes(*number)))
    };
    let (name, number) = read().ok_or_else(|| Error::Stored {
        what: "key of a rule",
        problem: "it names no version".to_owned(),
    })?;
    decode(name, number, octets)
}

fn encode(version: &Version) -> Bytes {
    let mut out = Writer::new();
    out.u8(version.state.number()).text(&version.text);
    out.option(version.result, |out, digest| {
        out.digest(digest);
    });
    // At most 201.
    out.u8(version.steps.len() as u8);
    for step in &version.steps {
        out.u8(step.state.number()).instant(step.at);
        out.text(&step.by).text(&step.remark);
    }
    out.finish()
}

fn decode(name: &str, number: u16, octets: Bytes) -> Result<Version, Error> {
    let mut fields = Fields::open("rule", octets)?;
    let state = state(&mut fields)?;
    let text = fields.text()?;
    let result = fields.option(Fields::digest)?;
    let count = fields.u8()?;
    let mut steps = Vec::new();
    for _ in 0..count {
        steps.push(Taken {
            state: self::state(&mut fields)?,
            at: fields.instant()?,
            by: fields.text()?,
            remark: fields.text()?,
        });
    }
    fields.finish()?;
    Ok(Version {
        name: name.to_owned(),
        number,
        state,
        text,
        result,
        steps,
    })
}

fn state(fields: &mut Fields) -> Result<State, Error> {
    let number = fields.u8()?;
    let found = State::ALL
        .into_iter()
        .find(|state| state.number() == number);
    found.ok_or_else(|| fields.wrong(&format!("{number} is no state")))
}
