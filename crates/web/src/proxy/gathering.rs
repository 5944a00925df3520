//! Which locations concern a record: its own, and those of other records that it names or its
//! namespace.
//!
//! Others are looked up once and not followed further: a browser costs four lookups at most
//! besides its own. What the settings of a `<locations>` mean stands at
//! [`engine::locations::Settings`]. Not here: how one of them is chosen (room `engine`).

use super::choice::{locations_of, of_type};
use super::{Target, sooner};
use engine::locations::{Location, Locations, Settings};
use model::identifier::PREFIX_OF_PREFIXES;
use model::{Identifier, Namespace, Ttl, Value};

/// Gives the public values of another identifier; none where it is not here.
pub(super) type Others<'o> = &'o dyn Fn(Identifier) -> Vec<Value>;

/// All locations of a record and for how long they hold; `None` if it names none.
pub(super) fn gather(
    values: &[Value],
    identifier: &Identifier,
    others: Others<'_>,
) -> Option<(Ttl, Locations)> {
    let (mut ttl, mut locations) = locations_of(values)?;
    let settings = locations.settings.clone();
    let included = settings.include.as_deref();
    let included = included.and_then(|name| elsewhere(name, others));
    let named = settings.include_namespace.as_deref();
    let named = named.and_then(|name| of_namespace_record(name, others));
    let of_namespace = of_namespace(&settings, identifier, others);
    for (other_ttl, other) in [included, named, of_namespace].into_iter().flatten() {
        ttl = sooner(ttl, other_ttl);
        locations.add(other);
    }
    if let Some(weight) = settings.url_weight.filter(|_| !settings.no_legacy) {
        let urls = of_type(values, "URL.").filter_map(target);
        let urls = urls.map(|target| Location::plain(target.as_str().to_owned(), weight));
        locations.locations.extend(urls);
    }
    Some((ttl, locations))
}

/// The locations that the namespace of an identifier has for all its identifiers.
pub(super) fn of_namespace(
    settings: &Settings,
    identifier: &Identifier,
    others: Others<'_>,
) -> Option<(Ttl, Locations)> {
    if settings.no_namespace_locations {
        return None;
    }
    if let Some(name) = &settings.namespace_identifier {
        return elsewhere(name, others);
    }
    let own = identifier.prefix();
    let prefix = settings.override_prefix.as_deref();
    let prefix = prefix.unwrap_or(own.as_str());
    of_namespace_record(&format!("{PREFIX_OF_PREFIXES}/{prefix}"), others)
}

/// The locations that a namespace names, by the identifier of the record that describes it.
fn of_namespace_record(name: &str, others: Others<'_>) -> Option<(Ttl, Locations)> {
    let values = others(name.parse().ok()?);
    let mut namespaces = of_type(&values, "HS_NAMESPACE");
    let found = namespaces.find_map(|value| Some((value.ttl, Namespace::parse(&value.data).ok()?)));
    let (ttl, namespace) = found?;
    let (other, locations) = elsewhere(&namespace.locations?.identifier, others)?;
    Some((sooner(ttl, other), locations))
}

fn elsewhere(name: &str, others: Others<'_>) -> Option<(Ttl, Locations)> {
    locations_of(&others(name.parse().ok()?))
}

fn target(value: &Value) -> Option<Target> {
    Target::parse(str::from_utf8(&value.data).ok()?)
}
