//! The own root: the record `0.NA/0.NA`, in which clients find the site and the administrator, and
//! `0.0/0.0`, which says with which key the root certifies.

use super::site::{Sites, unnumbered};
use super::{Error, Keys, ROOT};
use bytes::Bytes;
use client::Clock;
use engine::authority::{HOMED_MARK, Registration};
use model::admin::AdminPermissions;
use model::site::Site;
use model::{Admin, Change, Identifier, Key, Record, Reference, Value, ValueList};
use store::Store;

/// The identifier whose key is trusted without a certificate of another.
pub(super) const TRUST: &str = "0.0/0.0";

pub(super) const SITE_INDEX: u32 = 1;
/// Where the site stands under its address of IPv6, which old clients leave alone.
pub(super) const SITE_6_INDEX: u32 = 6;
const ADMIN_INDEX: u32 = 100;
const LIST_INDEX: u32 = 200;
pub(super) const PUBLIC_KEY_INDEX: u32 = 300;
const TRUST_KEY_INDEX: u32 = 301;

const HS_SITE: &str = "HS_SITE";
const HS_SITE_6: &str = "HS_SITE.6";

/// The root's record as it is stored.
pub(super) fn read(store: &Store) -> Result<Option<Record>, Error> {
    read_record(store, &name(ROOT))
}

pub(super) fn read_record(store: &Store, identifier: &Identifier) -> Result<Option<Record>, Error> {
    let key = Key::record(identifier, store.settings().suffix_case);
    let stored = store.view().get(&key)?;
    let record = stored.map(Record::from_stored).transpose();
    record.map_err(unreadable(identifier))
}

fn unreadable(identifier: &Identifier) -> impl FnOnce(model::Error) -> Error {
    let identifier = identifier.to_string();
    move |source| Error::Record { identifier, source }
}

/// One of the names of the root.
pub(super) fn name(identifier: &'static str) -> Identifier {
    identifier
        .parse()
        .expect("the names of the root are identifiers")
}

/// The sites in a record that can be read.
pub(super) fn sites(record: &Record) -> Vec<Site> {
    let values = record.entries().map(|entry| entry.encoded.value());
    let values = values.filter(is_site);
    values
        .filter_map(|value| Site::decode(value.data).ok())
        .collect()
}

pub(super) fn is_site(value: &Value) -> bool {
    let name = value.value_type.octets();
    [HS_SITE, HS_SITE_6]
        .iter()
        .any(|site| name.eq_ignore_ascii_case(site.as_bytes()))
}

/// How this node knows its own site in a record: by what it was before, and by its key.
pub(super) struct Own<'o> {
    pub(super) before: Option<&'o Site>,
    pub(super) public_key: &'o Bytes,
    /// The key before it, as long as a rotation is not finished.
    pub(super) old_public_key: Option<&'o Bytes>,
}

impl Own<'_> {
    pub(super) fn is(&self, site: &Site) -> bool {
        let mut keys = site.servers.iter().map(|server| &server.public_key);
        let was = |before: &Site| unnumbered(before) == unnumbered(site);
        let is_own = |key: &Bytes| key == self.public_key || Some(key) == self.old_public_key;
        keys.any(is_own) || self.before.is_some_and(was)
    }

    /// Whether a root's record is this node's: it names no site, or this one's.
    pub(super) fn is_root(&self, record: &Record) -> bool {
        let sites = sites(record);
        sites.is_empty() || sites.iter().any(|site| self.is(site))
    }
}

/// Registers both records, or brings the sites in the first up to date. Durable when it returns.
pub(super) fn write(
    store: &Store,
    keys: &Keys,
    sites: &Sites,
    stored: Option<&Record>,
) -> Result<(), Error> {
    let mut change = Change::default();
    let root = match stored {
        None => root_values(keys, sites),
        Some(record) => with_sites(record, sites),
    };
    add(&mut change, store, &name(ROOT), root, stored)?;
    let trust = name(TRUST);
    if read_record(store, &trust)?.is_none() {
        add(&mut change, store, &trust, trust_values(keys), None)?;
    }
    if !change.is_empty() {
        store.commit(change)?;
    }
    Ok(())
}

/// Adds a record to a change unless it is as it was.
pub(super) fn add(
    change: &mut Change,
    store: &Store,
    identifier: &Identifier,
    values: Vec<Value>,
    before: Option<&Record>,
) -> Result<(), Error> {
    let case = store.settings().suffix_case;
    let registration = Registration::new(identifier, values, case, Clock::date());
    let Registration {
        home,
        key,
        mut record,
    } = registration.map_err(unreadable(identifier))?;
    if let Some(before) = before {
        record = record.dated_after(before);
    }
    let before = before.map(|record| record.octets().clone());
    if before.as_ref() == Some(record.octets()) {
        return Ok(());
    }
    change.put(home, Bytes::from_static(HOMED_MARK));
    change.expect(key.clone(), before);
    change.put(key, record.octets().clone());
    Ok(())
}

fn root_values(keys: &Keys, sites: &Sites) -> Vec<Value> {
    let mut values = site_values(sites);
    let list = ValueList(vec![Reference {
        identifier: Bytes::from_static(ROOT.as_bytes()),
        index: PUBLIC_KEY_INDEX,
    }]);
    values.push(admin_value());
    values.push(Value::public(LIST_INDEX, "HS_VLIST", list.encode()));
    let key = keys.admin_public.encode();
    values.push(Value::public(PUBLIC_KEY_INDEX, "HS_PUBKEY", key));
    values
}

fn trust_values(keys: &Keys) -> Vec<Value> {
    let key = keys.admin_public.encode();
    vec![
        admin_value(),
        Value::public(TRUST_KEY_INDEX, "HS_PUBKEY", key),
    ]
}

/// Lets the root's administrators do everything with a record.
pub(super) fn admin_value() -> Value {
    let admin = Admin {
        identifier: Bytes::from_static(ROOT.as_bytes()),
        index: LIST_INDEX,
        permissions: AdminPermissions::ALL,
        has_legacy_end: false,
    };
    Value::public(ADMIN_INDEX, "HS_ADMIN", admin.encode())
}

pub(super) fn site_values(sites: &Sites) -> Vec<Value> {
    let value = |site: &Site| {
        let is_v4 = site
            .servers
            .iter()
            .any(|server| server.address.ip().is_ipv4());
        let (index, name) = if is_v4 {
            (SITE_INDEX, HS_SITE)
        } else {
            (SITE_6_INDEX, HS_SITE_6)
        };
        Value::public(index, name, site.encode())
    };
    sites.all().map(value).collect()
}

/// The values of a record with its sites replaced; all others stay.
fn with_sites(record: &Record, sites: &Sites) -> Vec<Value> {
    let values = record.entries().map(|entry| entry.encoded.value());
    let is_ours =
        |value: &Value| is_site(value) && [SITE_INDEX, SITE_6_INDEX].contains(&value.index);
    let mut values: Vec<Value> = values.filter(|value| !is_ours(value)).collect();
    values.extend(site_values(sites));
    values
}
