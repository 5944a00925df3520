//! The plan of an operation, run on what a folder holds, with a request that is made up.

use super::{ExplainArguments, Operation};
use crate::audit::look;
use bytes::Bytes;
use client::Clock;
use crypto::Provider;
use engine::administrator::Order;
use engine::authority::{AdministrationSettings, Granted, OwnSite, Settings};
use engine::elsewhere::Told;
use engine::question::MESSAGE_LIFE_SECONDS;
use engine::{Answer, Authority, Known, Means, Origin, Step};
use model::key::{Scheme, Subspace};
use model::{Admin, Identifier, Key, Prefix, Record, Reference, Site, SuffixCase, Value};
use node::{Config, founding};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use store::{Snapshot, View};
use wire::response::Answer as Body;
use wire::{Response, ResponseCode};

/// A request that is made up, and what it is judged by.
pub(super) struct Trial {
    snapshot: Snapshot,
    authority: Authority<Provider>,
    order: Order,
    who: Known,
}

/// What came of it.
pub(super) struct Verdict {
    pub(super) code: ResponseCode,
    /// Whether it would be carried out.
    pub(super) is_success: bool,
    /// What the node would say.
    pub(super) said: String,
    /// What gave the permission; none if there was none.
    pub(super) granted: Vec<Granted>,
    /// The records in which administrators were looked for.
    pub(super) seen: Vec<Seen>,
    /// Those whom the configuration names, where they count.
    pub(super) server_admins: Vec<Reference>,
    /// What only other nodes know.
    pub(super) not_asked: Vec<String>,
}

impl Verdict {
    pub(super) fn is_permitted(&self) -> bool {
        !self.granted.is_empty()
    }

    /// Whether the permission was asked for; other checks come before.
    pub(super) fn is_about_permission(&self) -> bool {
        let refusals = [
            ResponseCode::INVALID_ADMIN,
            ResponseCode::INSUFFICIENT_PERMISSIONS,
        ];
        self.is_permitted() || refusals.contains(&self.code)
    }
}

/// A record in which administrators were looked for.
pub(super) struct Seen {
    pub(super) record: String,
    /// With the indexes of the values; none if it is not registered.
    pub(super) admins: Option<Vec<(u32, Admin)>>,
}

impl Trial {
    pub(super) fn of(arguments: &ExplainArguments) -> Result<Self, Box<dyn Error>> {
        let snapshot = look(&arguments.data)?;
        let case = snapshot.settings().suffix_case;
        let config = Config::read(arguments.config.as_deref(), &arguments.data)?;
        config.check()?;
        let root_admin = is_own_root(&snapshot, &arguments.data, case).then(|| Reference {
            identifier: Bytes::from_static(founding::ROOT.as_bytes()),
            index: founding::ADMIN_INDEX,
        });
        // Nothing is hidden from who has the folder.
        let administration = AdministrationSettings {
            challenge_first: false,
            ..config.administration.settings(root_admin)?
        };
        let settings = Settings {
            suffix_case: case,
            site: OwnSite::without_record(1, config.site.is_primary),
            administration: Arc::new(administration),
            is_strict: config.strict,
            ..Settings::default()
        };
        Ok(Self {
            order: order(arguments, &snapshot, case)?,
            authority: Authority {
                digests: Provider,
                settings,
            },
            who: Known {
                identity: arguments.identity.identity(),
                means: Means::PUBLIC_KEY,
            },
            snapshot,
        })
    }

    pub(super) fn run(&self) -> Result<Verdict, Box<dyn Error>> {
        let now = Clock::date();
        let request = self
            .order
            .message(1, now.plus_seconds(MESSAGE_LIFE_SECONDS));
        let origin = Origin::Known(self.who.clone());
        let mut step = self.authority.start(&request, origin, now);
        let mut seen = BTreeMap::new();
        let mut not_asked = Vec::new();
        let answer = loop {
            step = match step {
                Step::Fetch(fetch) => {
                    let mut found = Vec::new();
                    for key in fetch.keys() {
                        let stored = self.snapshot.get(key)?;
                        seen.extend(Seen::of(key, stored.clone()).map(|it| (key.clone(), it)));
                        found.push(stored);
                    }
                    fetch.resume(found)
                }
                Step::Scan(scan) => {
                    let found = self.snapshot.range(scan.from(), scan.to());
                    let found: Result<_, _> = found.take(scan.count_max()).collect();
                    scan.resume(found?)
                }
                Step::Ask(ask) => {
                    not_asked.push(ask.asking().identifier().to_string());
                    ask.resume(Told::Nothing("other nodes are not asked here".into()))
                }
                Step::Answer(answer) => break *answer,
                Step::Identified(_) | Step::Ignore(_) => return Err("there is no answer".into()),
            };
        };
        Ok(self.verdict(&answer, seen.into_values().collect(), not_asked))
    }

    fn verdict(&self, answer: &Answer, seen: Vec<Seen>, not_asked: Vec<String>) -> Verdict {
        let code = answer.message.header.response_code;
        let said = match Response::decode(&answer.message).map(|response| response.answer) {
            Ok(Body::Failure(failure)) if !failure.text().is_empty() => {
                format!("{code}: {}", crate::login::name_text(failure.text()))
            }
            _ => code.to_string(),
        };
        let administration: &AdministrationSettings = &self.authority.settings.administration;
        Verdict {
            code,
            is_success: code == ResponseCode::SUCCESS,
            said,
            granted: answer.ground.clone().map_or_else(Vec::new, |it| it.0),
            seen,
            server_admins: administration.server_admins.clone(),
            not_asked,
        }
    }
}

impl Seen {
    /// What stands under the key of a record; none for other keys.
    fn of(key: &Key, stored: Option<Bytes>) -> Option<Self> {
        let name = key
            .octets()
            .strip_prefix(&[Subspace::RECORDS.0, Scheme::HANDLE.0])?;
        let mut record = crate::login::name_text(name);
        let admins = stored.and_then(|octets| {
            let stored = Record::from_stored(octets).ok()?;
            if let Some(spelling) = stored.spelling() {
                record = crate::login::name_text(&spelling);
            }
            let values = stored.entries().map(|entry| entry.encoded);
            let admins = values.filter_map(|value| {
                let is_admin = model::value_type::matches(b"HS_ADMIN", value.type_octets());
                let admin = is_admin.then(|| Admin::decode(value.value().data).ok())??;
                Some((value.index(), admin))
            });
            Some(admins.collect())
        });
        Some(Self { record, admins })
    }
}

/// Whether the root in the folder is the node's own, whose administrator is then the server's too:
/// it names no site, or one with the node's key.
fn is_own_root(snapshot: &Snapshot, data: &Path, case: SuffixCase) -> bool {
    let root = founding::ROOT.parse().ok();
    let Some(values) = root.and_then(|root| values_of(snapshot, &root, case)) else {
        return false;
    };
    let own = fs::read(data.join(founding::SITE_KEY_FILE)).unwrap_or_default();
    let sites = values
        .iter()
        .filter(|value| model::value_type::matches(b"HS_SITE", value.value_type.octets()));
    let sites: Vec<Site> = sites
        .filter_map(|value| Site::decode(value.data.clone()).ok())
        .collect();
    let is_own = |site: &Site| site.servers.iter().any(|server| server.public_key == own);
    sites.is_empty() || sites.iter().any(is_own)
}

fn values_of(snapshot: &Snapshot, identifier: &Identifier, case: SuffixCase) -> Option<Vec<Value>> {
    let stored = snapshot.get(&Key::record(identifier, case)).ok()??;
    let record = Record::from_stored(stored).ok()?;
    let values = record.entries().map(|entry| entry.encoded.value());
    Some(values.collect())
}

/// The request that is made up.
fn order(
    arguments: &ExplainArguments,
    snapshot: &Snapshot,
    case: SuffixCase,
) -> Result<Order, String> {
    let subject = &arguments.subject;
    let prefix = || {
        let prefix = subject.strip_prefix("0.NA/").unwrap_or(subject);
        let prefix: Result<Prefix, _> = prefix.parse();
        prefix.map_err(|error| format!("{subject}: {error}"))
    };
    let too_long = |error: model::Error| format!("{subject}: {error}");
    match arguments.operation {
        Operation::List => return Order::list(&prefix()?).map_err(too_long),
        Operation::Home => return Order::home(&prefix()?).map_err(too_long),
        Operation::Unhome => return Order::unhome(&prefix()?).map_err(too_long),
        _ => (),
    }
    let identifier: Identifier = subject
        .parse()
        .map_err(|error| format!("{subject}: {error}"))?;
    let stored = values_of(snapshot, &identifier, case).unwrap_or_default();
    let first = stored.first().map_or(1, |value| value.index);
    let free = stored.iter().map(|value| value.index).max();
    let free = free.map_or(1, |index| index.saturating_add(1));
    let value = |index| {
        let value_type = arguments.value_type.clone();
        // Other data than is there: what changes nothing needs no permission.
        Value::public(index, value_type, "what nobody has written")
    };
    let index = arguments.index;
    Ok(match arguments.operation {
        Operation::Register => Order::register(&identifier, &[value(index.unwrap_or(1))]),
        Operation::Overwrite => {
            Order::register(&identifier, &[value(index.unwrap_or(1))]).overwriting()
        }
        Operation::Add => Order::add(&identifier, &[value(index.unwrap_or(free))]),
        Operation::Modify => Order::modify(&identifier, &[value(index.unwrap_or(first))]),
        Operation::Remove => Order::remove(&identifier, &[index.unwrap_or(first)]),
        _ => Order::delete(&identifier),
    })
}
