//! What runs out: keys, certificates and signed statements that the node shows, relies on or holds.
//!
//! A value with a key runs out if its ttl is a date, a signed statement (`HS_CERT`, `HS_SIGNATURE`)
//! if it says so. A running node looks after those it relies on: all records under `0.NA/` and
//! `0.0/`, those of the administrators in its configuration and of the members of their lists, and
//! the certificate it shows. All that it holds is looked through when somebody asks. Not here: what
//! becomes of what has run out, which whoever uses it decides.

use bytes::Bytes;
use engine::Date;
use model::identifier::PREFIX_OF_PREFIXES;
use model::jws::Jws;
use model::key::{Scheme, Subspace};
use model::value::TtlKind;
use model::value_type::matches;
use model::vlist::ValueList;
use model::{Identifier, Key, Record, SuffixCase, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use store::View;
use tracing::warn;

/// How often a running node looks: what runs out is told days before.
const INTERVAL: Duration = Duration::from_hours(1);

/// How often the same is said.
const SAID_AGAIN: Duration = Duration::from_hours(24);

/// How many records a running node looks at each time, at some microseconds each. Beyond it: those
/// that come later in order are not looked at.
const RECORDS_COUNT_MAX: usize = 100_000;

/// How many of what runs out are told, the first ones: of more nobody reads.
const TOLD_COUNT_MAX: usize = 100;

const DAY_SECONDS: u64 = 86_400;

/// Types whose values are keys, or hold them.
const KEY_TYPES: [&[u8]; 4] = [b"HS_PUBKEY", b"HS_SECKEY", b"HS_SITE", b"HS_SITE."];

/// Something that runs out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunsOut {
    /// When, in seconds since 1970.
    pub at: u64,
    /// What: `300:88.156/u HS_PUBKEY`, or a certificate.
    pub what: String,
}

/// What a record holds that runs out.
pub fn of_record(name: &str, record: &Record) -> Vec<RunsOut> {
    let values = record.entries().map(|entry| entry.encoded.value());
    // It goes to logs and terminals, and strangers have chosen it.
    let name = name.replace(char::is_control, "\u{fffd}");
    let runs_out = |value: Value| {
        let value_type = value.value_type.octets().escape_ascii();
        let what = format!("{}:{name} {value_type}", value.index);
        expires(&value).map(|at| RunsOut { at, what })
    };
    values.filter_map(runs_out).collect()
}

fn expires(value: &Value) -> Option<u64> {
    let is = |asked: &[u8]| matches(asked, value.value_type.octets());
    if KEY_TYPES.iter().any(|asked| is(asked)) {
        let is_dated = value.ttl.kind == TtlKind::ABSOLUTE;
        return is_dated.then_some(value.ttl.seconds.into());
    }
    let date = if is(b"HS_CERT") {
        let claims = Jws::decode(value.data.clone()).ok()?.certificate_claims();
        claims.ok()?.expires
    } else if is(b"HS_SIGNATURE") {
        let claims = Jws::decode(value.data.clone()).ok()?.signature_claims();
        claims.ok()?.expires
    } else {
        None
    };
    // A date before 1970 has passed as well.
    date.map(|date| u64::try_from(date).unwrap_or_default())
}

/// What all records hold that runs out, the first to do so first. Reads all of them.
///
/// # Errors
/// The store cannot be read. A record that cannot be is passed over.
pub fn of_all(view: &dyn View) -> Result<Vec<RunsOut>, store::Error> {
    let [from, to] = Subspace::RECORDS.bounds();
    let mut found = Vec::new();
    of_range(view, &from, &to, usize::MAX, &mut found)?;
    found.sort_unstable();
    Ok(found)
}

fn of_range(
    view: &dyn View,
    from: &Key,
    to: &Key,
    count_max: usize,
    found: &mut Vec<RunsOut>,
) -> Result<(), store::Error> {
    for stored in view.range(from, to).take(count_max) {
        let (key, octets) = stored?;
        let name = key.octets().get(2..).unwrap_or_default();
        if let Ok(record) = Record::from_stored(octets) {
            found.extend(of_record(&String::from_utf8_lossy(name), &record));
        }
    }
    Ok(())
}

/// What a node relies on that runs out, the first to do so first; `administrators` are those of
/// its configuration.
fn of_relied(
    view: &dyn View,
    case: SuffixCase,
    administrators: &[Identifier],
) -> Result<Vec<RunsOut>, store::Error> {
    let mut found = Vec::new();
    for prefix in [PREFIX_OF_PREFIXES, "0.0"] {
        let [from, to] = under(prefix);
        of_range(view, &from, &to, RECORDS_COUNT_MAX, &mut found)?;
    }
    let mut relied = administrators.to_vec();
    for administrator in administrators {
        if let Some(record) = read(view, administrator, case)? {
            relied.extend(members(&record));
        }
    }
    for identifier in relied.iter().take(RECORDS_COUNT_MAX) {
        if let Some(record) = read(view, identifier, case)? {
            found.extend(of_record(identifier.as_str(), &record));
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The bounds of the records under a prefix.
fn under(prefix: &str) -> [Key; 2] {
    [b'/', b'/' + 1].map(|end| {
        let mut octets = vec![Subspace::RECORDS.0, Scheme::HANDLE.0];
        octets.extend_from_slice(prefix.as_bytes());
        octets.push(end);
        Key::from_octets(octets.into())
    })
}

fn read(
    view: &dyn View,
    identifier: &Identifier,
    case: SuffixCase,
) -> Result<Option<Record>, store::Error> {
    let stored = view.get(&Key::record(identifier, case))?;
    Ok(stored.and_then(|octets| Record::from_stored(octets).ok()))
}

/// Who is on the lists of a record.
fn members(record: &Record) -> Vec<Identifier> {
    let values = record.entries().map(|entry| entry.encoded.value());
    let lists = values.filter(|value| matches(b"HS_VLIST", value.value_type.octets()));
    let lists = lists.filter_map(|value| ValueList::decode(value.data).ok());
    let members = lists.flat_map(|list| list.0);
    let identifier = |octets: Bytes| Identifier::from_octets(octets).ok();
    members
        .filter_map(|member| identifier(member.identifier))
        .collect()
}

/// Looks after what a running node relies on, and warns in time.
#[derive(Debug, Default)]
pub(crate) struct Expiry {
    /// How many days before something runs out it is warned of.
    warning_days: AtomicU64,
    /// When the certificate runs out that is shown over HTTPS.
    certificate: OnceLock<RunsOut>,
    looked: Mutex<Looked>,
}

#[derive(Debug, Default)]
struct Looked {
    at: Option<Instant>,
    found: Vec<RunsOut>,
    /// When something was warned of last.
    said: BTreeMap<String, Instant>,
}

impl Expiry {
    /// Takes the number of days, 0 for no warnings.
    pub(crate) fn set(&self, warning_days: u64) {
        self.warning_days.store(warning_days, Ordering::Relaxed);
        // What there is to warn of is another now.
        self.lock().at = None;
    }

    /// Takes the certificate that is shown.
    pub(crate) fn set_certificate(&self, expires: Date) {
        let at = expires.0.into();
        let what = "the certificate for HTTPS".into();
        // A node has one.
        let _ = self.certificate.set(RunsOut { at, what });
        self.lock().at = None;
    }

    /// The certificate that is shown.
    pub(crate) fn certificate(&self) -> Option<&RunsOut> {
        self.certificate.get()
    }

    /// What runs out, the first to do so first, as it was when it was looked at last.
    pub(crate) fn found(&self) -> Vec<RunsOut> {
        let found = self.lock().found.clone();
        found.into_iter().take(TOLD_COUNT_MAX).collect()
    }

    /// Looks, if it is time, and warns of what runs out soon or has.
    pub(crate) fn look(
        &self,
        store: &store::Store,
        administrators: &[Identifier],
        now: Date,
    ) -> Result<(), store::Error> {
        let is_due = |at: Instant| at.elapsed() >= INTERVAL;
        if !self.lock().at.is_none_or(is_due) {
            return Ok(());
        }
        let case = store.settings().suffix_case;
        let mut found = of_relied(&*store.view(), case, administrators)?;
        found.extend(self.certificate.get().cloned());
        found.sort_unstable();
        let soon = now_plus(now, self.warning_days.load(Ordering::Relaxed));
        let mut looked = self.lock();
        looked.at = Some(Instant::now());
        let due = found.iter().filter(|it| it.at <= soon);
        for it in due.take(TOLD_COUNT_MAX) {
            looked.warn_of(it, now);
        }
        looked
            .said
            .retain(|what, _| found.iter().any(|it| it.what == *what));
        looked.found = found;
        Ok(())
    }

    /// The state is whole after every statement.
    fn lock(&self) -> MutexGuard<'_, Looked> {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The date so many days later; with no days long ago, for then nothing is soon.
fn now_plus(now: Date, days: u64) -> u64 {
    match days {
        0 => 0,
        days => u64::from(now.0).saturating_add(days.saturating_mul(DAY_SECONDS)),
    }
}

impl Looked {
    fn warn_of(&mut self, it: &RunsOut, now: Date) {
        let said = self.said.get(&it.what);
        if said.is_some_and(|at| at.elapsed() < SAID_AGAIN) {
            return;
        }
        self.said.insert(it.what.clone(), Instant::now());
        let (what, at) = (&it.what, it.at);
        if let Some(left) = at.checked_sub(now.0.into()) {
            let days = left / DAY_SECONDS;
            warn!(%what, at, days, "this runs out in so many days; replace it before");
        } else {
            warn!(%what, at, "this has run out; replace it");
        }
    }
}

#[cfg(test)]
mod tests;
