//! Which of a record's addresses a browser is sent to.
//!
//! One of the locations in the first value of type `10320/loc` that can be read and of those that
//! belong to it ([`super::gathering`]), else the first value of type `URL`, else of `0.TYPE/URL`,
//! each before its subtypes, else one of the locations of the namespace. Not here: how one of
//! several locations is chosen (room `engine`).

use super::Target;
use super::gathering::{Others, gather, of_namespace};
use crate::request::Asked;
use engine::locations::{Location, Locations, Settings, Visitor};
use hyper::StatusCode;
use hyper::header::ACCEPT;
use model::{Identifier, Ttl, Value, value_type};
use std::fmt::Write;

/// Types of values whose data is an address, best first.
const ADDRESS_TYPES: [&str; 4] = ["URL", "URL.", "0.TYPE/URL", "0.TYPE/URL."];

/// The type of values whose data is a choice of addresses.
const LOCATIONS_TYPE: &str = "10320/loc";

/// Where a browser is sent, how, and for how long that holds.
pub(super) struct Chosen {
    pub(super) target: Target,
    pub(super) status: StatusCode,
    pub(super) ttl: Ttl,
}

pub(super) fn choose(
    values: &[Value],
    identifier: &Identifier,
    asked: &Asked,
    others: Others<'_>,
) -> Option<Chosen> {
    let chosen_of = |(ttl, locations): &(Ttl, Locations)| {
        let location = locations.choose(&visitor(asked))?;
        Some(Chosen {
            target: Target::parse(&location.target(identifier.as_str()))?,
            status: StatusCode::from_u16(location.status).ok()?,
            ttl: *ttl,
        })
    };
    let Some(gathered) = gather(values, identifier, others) else {
        // An address of its own goes before what its namespace has for all.
        let of_namespace = || of_namespace(&Settings::default(), identifier, others);
        return address(values).or_else(|| chosen_of(&of_namespace()?));
    };
    let may_be_other = !gathered.1.settings.no_legacy;
    let other = || may_be_other.then(|| address(values)).flatten();
    chosen_of(&gathered).or_else(other)
}

/// The locations in the first value of a record that has any that can be read.
pub(super) fn locations_of(values: &[Value]) -> Option<(Ttl, Locations)> {
    let mut found = of_type(values, LOCATIONS_TYPE);
    found.find_map(|value| {
        let text = std::str::from_utf8(&value.data).ok()?;
        Some((value.ttl, Locations::parse(text).ok()?))
    })
}

fn visitor(asked: &Asked) -> Visitor<'_> {
    let attribute = asked.query.first("locatt");
    Visitor {
        address: Some(asked.visitor.source),
        country: asked.visitor.country.as_deref(),
        attribute: attribute.and_then(|text| text.split_once(':')),
        accept: Some(asked.header(&ACCEPT)).filter(|accept| !accept.is_empty()),
        // Without random numbers the first place is as good as any.
        random: getrandom::u32().unwrap_or_default(),
    }
}

fn address(values: &[Value]) -> Option<Chosen> {
    ADDRESS_TYPES.iter().find_map(|asked| {
        let mut found = of_type(values, asked);
        found.find_map(|value| {
            Some(Chosen {
                target: Target::parse(std::str::from_utf8(&value.data).ok()?)?,
                status: StatusCode::FOUND,
                ttl: value.ttl,
            })
        })
    })
}

/// The values of a record of a type, or of a family.
pub(super) fn of_type<'a>(values: &'a [Value], asked: &'a str) -> impl Iterator<Item = &'a Value> {
    let is_of = |value: &&Value| value_type::matches(asked.as_bytes(), value.value_type.octets());
    values.iter().filter(is_of)
}

/// All addresses as the XML that programs of the field ask for; those that a browser is never sent
/// to are left out.
pub(super) fn locations(values: &[Value]) -> String {
    let mut xml = String::from("<locations>\n");
    if let Some((_, locations)) = locations_of(values) {
        for location in &locations.locations {
            let is_template = location.href_template.is_some();
            if is_template || Target::parse(&location.href).is_some() {
                put_location(&mut xml, &attributes(location));
            }
        }
    }
    for value in of_type(values, "URL.") {
        let text = String::from_utf8_lossy(&value.data);
        if let Some(target) = Target::parse(&text) {
            put_location(&mut xml, &[("href", target.as_str())]);
        }
    }
    xml.push_str("</locations>\n");
    xml
}

/// The order in which the reference software writes attributes; others stand before them.
const ORDER: [&str; 4] = ["country", "weight", "id", "href"];

fn attributes(location: &Location) -> Vec<(&str, &str)> {
    let all = location.attributes.iter();
    let mut all: Vec<_> = all
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    all.sort_by_key(|(name, _)| ORDER.iter().position(|known| known == name));
    all
}

fn put_location(xml: &mut String, attributes: &[(&str, &str)]) {
    xml.push_str("<location");
    for (name, value) in attributes {
        // Writing into memory cannot fail.
        let _ = write!(xml, " {name}=\"{}\"", escaped(value));
    }
    xml.push_str("/>\n");
}

/// Text as it may stand in an attribute; what no XML may hold is left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out
}
