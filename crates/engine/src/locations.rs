//! Locations (`10320/loc`): which of several places a visitor of an identifier is sent to.
//!
//! A value of that type holds XML: `<locations chooseby=…><location href=… …/>…</locations>`.
//! Pure: what is known of the visitor, and a random number, are arguments. Beside it:
//! `locations/accept.rs`, what a visitor's program can read; `locations/target.rs`, the address a
//! visitor is sent to. Not here: HTTP, and where the country of an address is known from.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;
use ipnet::IpNet;
use model::{Error, xml};
use roxmltree::Node;

mod accept;
pub mod fuzz;
mod target;
#[cfg(test)]
mod tests;

use accept::Accept;

/// What errors call the thing that is read here.
const WHAT: &str = "the locations";

/// The locations of a value, in their order, and how to choose among them.
///
/// ```
/// use engine::locations::{Locations, Visitor};
///
/// let locations = Locations::parse(
///     r#"<locations><location href="https://a.example/" weight="0" country="fr"/>
///        <location href_template="https://b.example/{hdl}"/></locations>"#,
/// )?;
/// let anybody = Visitor::default();
/// let chosen = locations.choose(&anybody).expect("there are locations");
/// assert_eq!(chosen.target("88.156/pump 7"), "https://b.example/88.156/pump%207");
/// assert_eq!(chosen.status, 302);
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Locations {
    /// The methods, in the order they are tried; unknown ones are left out. Default: all five.
    pub choose_by: Vec<Method>,
    /// The locations that lead anywhere.
    pub locations: Vec<Location>,
    /// What is said about the whole.
    pub settings: Settings,
}

/// What a `<locations>` says about the whole. Nothing here is acted on in this file: it concerns
/// other values and other records, which whoever reads them adds ([`Locations::add`]).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// The record's `URL` values are not locations too (`no_legacy`).
    pub no_legacy: bool,
    /// The namespace's locations are not added (`no_nslocs`).
    pub no_namespace_locations: bool,
    /// The identifier that has the namespace's locations instead of the usual one (`nshdl`).
    pub namespace_identifier: Option<String>,
    /// The namespace's headers are not sent (`suppressNsHeaders`).
    pub suppress_namespace_headers: bool,
    /// The prefix that stands for the identifier's own (`overridePrefix`).
    pub override_prefix: Option<String>,
    /// The weight of the record's `URL` values among the locations (`urlWeight`).
    pub url_weight: Option<f64>,
    /// The identifier whose locations are added (`include`).
    pub include: Option<String>,
    /// The identifier of a namespace whose locations are added (`includeNamespace`).
    pub include_namespace: Option<String>,
}

/// A way to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// By an attribute that the visitor asks for.
    Attribute,
    /// By the network the visitor comes from.
    Address,
    /// By the country the visitor comes from.
    Country,
    /// The highest score.
    Score,
    /// At random, by weight.
    Weighted,
}

/// How a visitor is sent where nothing is said: found, for now.
const STATUS_USUAL: u16 = 302;

/// The methods where `chooseby` says nothing.
const METHODS_USUAL: [Method; 5] = [
    Method::Attribute,
    Method::Address,
    Method::Country,
    Method::Score,
    Method::Weighted,
];

/// A place. Numbers and networks that cannot be read count as not said.
#[derive(Debug, Clone, PartialEq)]
pub struct Location {
    /// Where it is (`href`), unless the template says it.
    pub href: String,
    /// Where it is, with the identifier put in (`href_template`).
    pub href_template: Option<String>,
    /// How often it is chosen at random, in proportion to the others. 0: only if chosen
    /// otherwise. Default: 1.
    pub weight: f64,
    /// The higher, the better. Default: 0.
    pub score: f64,
    /// The countries it serves, as two letters.
    pub countries: Vec<String>,
    /// The networks it serves.
    pub networks: Vec<IpNet>,
    /// The status of the redirection: 301, 302, 303, 307 or 308. Default: 302.
    pub status: u16,
    /// For whom it is meant.
    pub role: Option<Role>,
    /// The media type that is found there (`ctype`).
    pub media_type: Option<String>,
    /// The language that is found there.
    pub language: Option<String>,
    /// Every attribute as it is written; the visitor may ask for any of them.
    pub attributes: Vec<(String, String)>,
}

/// For whom a location is meant (`http_role`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// For programs that say what they can read.
    Negotiation,
    /// For people.
    Browser,
}

/// What is known of a visitor.
#[derive(Debug, Clone, Copy, Default)]
pub struct Visitor<'a> {
    /// Where the visitor comes from.
    pub address: Option<IpAddr>,
    /// The country of that address, as two letters.
    pub country: Option<&'a str>,
    /// The attribute that is asked for (`?locatt=key:value`), as key and value.
    pub attribute: Option<(&'a str, &'a str)>,
    /// What the visitor's program can read: the header `Accept`.
    pub accept: Option<&'a str>,
    /// A random number, every one as likely as any other.
    pub random: u32,
}

/// Why a location was chosen: the first rule that left only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// There is no other.
    Only,
    /// It is for what the visitor can read.
    Role,
    /// A method left no other.
    Method(Method),
}

impl Locations {
    /// Reads the data of a `10320/loc` value.
    ///
    /// # Errors
    /// [`Error::Xml`], [`Error::AboveLimit`], or [`Error::Element`] if the outermost element is
    /// not `<locations>`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let document = xml::document(text, WHAT)?;
        let root = document.root_element();
        if root.tag_name().name() != "locations" {
            return Err(xml::wrong(root, WHAT, "should be <locations>"));
        }
        let is_location = |node: &Node<'_, '_>| node.tag_name().name() == "location";
        Ok(Self {
            choose_by: choose_by(root.attribute("chooseby")),
            locations: root
                .children()
                .filter(is_location)
                .filter_map(location)
                .collect(),
            settings: settings(root),
        })
    }

    /// Adds the locations of another value; how to choose stays as it was.
    pub fn add(&mut self, other: Self) {
        self.locations.extend(other.locations);
    }

    /// Chooses the location for a visitor; `None` if there is none at all.
    pub fn choose(&self, visitor: &Visitor<'_>) -> Option<&Location> {
        self.decide(visitor).map(|(location, _)| location)
    }

    /// Chooses the location for a visitor and says why.
    ///
    /// First, unless the visitor asks for an attribute, the roles: locations for programs that can
    /// read them, or those for people. Then the methods in their order. Each leaves some of the
    /// locations; one that would leave none is passed over; at one the choice is made. At last, or
    /// where `chooseby` says so, the random number decides.
    pub fn decide(&self, visitor: &Visitor<'_>) -> Option<(&Location, Reason)> {
        let mut left: Vec<&Location> = self.locations.iter().collect();
        if let [only] = left[..] {
            return Some((only, Reason::Only));
        }
        if visitor.attribute.is_none() {
            left = some_or(by_role(&left, visitor), left);
            if let [only] = left[..] {
                return Some((only, Reason::Role));
            }
        }
        for &method in self.choose_by.iter().chain([&Method::Weighted]) {
            left = some_or(method.keep(&left, visitor), left);
            if let [only] = left[..] {
                return Some((only, Reason::Method(method)));
            }
        }
        None
    }
}

impl Location {
    /// A place of which only the address and the weight are known.
    pub fn plain(href: String, weight: f64) -> Self {
        Self {
            href,
            href_template: None,
            weight,
            score: 0.0,
            countries: Vec::new(),
            networks: Vec::new(),
            status: STATUS_USUAL,
            role: None,
            media_type: None,
            language: None,
            attributes: Vec::new(),
        }
    }

    /// The address a visitor of an identifier is sent to: only printable ASCII, so that it can
    /// stand in a header. In a template, `{hdl}` is the identifier, and `{hdl:path}` the
    /// identifier so written that all of it stays in the path.
    pub fn target(&self, identifier: &str) -> String {
        match &self.href_template {
            Some(template) => target::filled(template, identifier),
            None => target::printable(&self.href),
        }
    }

    /// The attribute with a name, as it is written.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl Method {
    fn named(name: &str) -> Option<Self> {
        Some(match name.trim() {
            "locatt" => Self::Attribute,
            "address" => Self::Address,
            "country" => Self::Country,
            "score" => Self::Score,
            "weighted" => Self::Weighted,
            _ => return None,
        })
    }

    /// The locations that the method leaves.
    fn keep<'l>(self, from: &[&'l Location], visitor: &Visitor<'_>) -> Vec<&'l Location> {
        match self {
            Self::Attribute => by_attribute(from, visitor.attribute),
            Self::Address => by_address(from, visitor.address),
            Self::Country => by_country(from, visitor.country),
            Self::Score => highest(from, |location| location.score),
            Self::Weighted => weighted(from, visitor.random).into_iter().collect(),
        }
    }
}

fn some_or<'l>(some: Vec<&'l Location>, all: Vec<&'l Location>) -> Vec<&'l Location> {
    if some.is_empty() { all } else { some }
}

fn kept<'l>(from: &[&'l Location], keep: impl Fn(&Location) -> bool) -> Vec<&'l Location> {
    from.iter()
        .copied()
        .filter(|location| keep(location))
        .collect()
}

/// Those for programs, if the visitor's can read one of them better than a page for people;
/// otherwise those for people, and if there are none, those that are for nobody in particular.
fn by_role<'l>(from: &[&'l Location], visitor: &Visitor<'_>) -> Vec<&'l Location> {
    let accept = Accept::parse(visitor.accept);
    let quality = |location: &Location| match (location.role, &location.media_type) {
        (Some(Role::Negotiation), Some(media_type)) => accept.quality(media_type),
        (Some(Role::Negotiation), None) => accept.quality_but_page(),
        _ => 0.0,
    };
    let best = highest(from, quality);
    if best
        .first()
        .is_some_and(|first| quality(first) > accept.quality_of_page())
    {
        return best;
    }
    let for_people = kept(from, |location| location.role == Some(Role::Browser));
    let for_all = kept(from, |location| location.role != Some(Role::Negotiation));
    some_or(for_people, for_all)
}

fn by_attribute<'l>(from: &[&'l Location], asked: Option<(&str, &str)>) -> Vec<&'l Location> {
    let Some((name, value)) = asked else {
        return Vec::new();
    };
    let has = |location: &Location| {
        location
            .attribute(name)
            .is_some_and(|found| found.eq_ignore_ascii_case(value))
    };
    kept(from, has)
}

fn by_address<'l>(from: &[&'l Location], address: Option<IpAddr>) -> Vec<&'l Location> {
    let Some(address) = address.map(|address| address.to_canonical()) else {
        return Vec::new();
    };
    kept(from, |location| {
        location
            .networks
            .iter()
            .any(|network| network.contains(&address))
    })
}

/// Those for the visitor's country, or else those that are for none.
fn by_country<'l>(from: &[&'l Location], country: Option<&str>) -> Vec<&'l Location> {
    let serves = |location: &Location| {
        let mut countries = location.countries.iter();
        country.is_some_and(|country| countries.any(|served| served.eq_ignore_ascii_case(country)))
    };
    some_or(
        kept(from, serves),
        kept(from, |location| location.countries.is_empty()),
    )
}

fn highest<'l>(from: &[&'l Location], number: impl Fn(&Location) -> f64) -> Vec<&'l Location> {
    let numbers = from.iter().map(|location| number(location));
    let Some(most) = numbers.max_by(f64::total_cmp) else {
        return Vec::new();
    };
    kept(from, |location| number(location).total_cmp(&most).is_eq())
}

/// One by weight; where nothing has any, one as likely as the other.
fn weighted<'l>(from: &[&'l Location], random: u32) -> Option<&'l Location> {
    let total: f64 = from.iter().map(|location| location.weight).sum();
    let weight = |location: &Location| if total > 0.0 { location.weight } else { 1.0 };
    let total: f64 = from.iter().map(|location| weight(location)).sum();
    let mut point = total * (f64::from(random) / (f64::from(u32::MAX) + 1.0));
    for location in from {
        let weight = weight(location);
        if point < weight {
            return Some(location);
        }
        point -= weight;
    }
    // Rounding may leave a rest beyond the last one.
    from.iter()
        .rfind(|location| weight(location) > 0.0)
        .copied()
}

fn choose_by(attribute: Option<&str>) -> Vec<Method> {
    match attribute {
        None => METHODS_USUAL.into(),
        Some(names) => {
            let mut methods = Vec::new();
            for method in names.split(',').filter_map(Method::named) {
                // Again, a method would leave what it has left: it is only work.
                if !methods.contains(&method) {
                    methods.push(method);
                }
            }
            methods
        }
    }
}

fn settings(root: Node<'_, '_>) -> Settings {
    let text = |name| root.attribute(name).map(ToOwned::to_owned);
    let is = |name| root.attribute(name).is_some_and(is_yes);
    Settings {
        no_legacy: is("no_legacy"),
        no_namespace_locations: is("no_nslocs"),
        namespace_identifier: text("nshdl"),
        suppress_namespace_headers: is("suppressNsHeaders"),
        override_prefix: text("overridePrefix"),
        url_weight: root.attribute("urlWeight").and_then(number),
        include: text("include"),
        include_namespace: text("includeNamespace"),
    }
}

/// The location, if it leads anywhere.
fn location(node: Node<'_, '_>) -> Option<Location> {
    let text = |name| node.attribute(name).map(ToOwned::to_owned);
    let list = |name| {
        let parts = node.attribute(name).unwrap_or_default().split(',');
        parts.map(str::trim).filter(|part| !part.is_empty())
    };
    let href_template = text("href_template");
    let href = text("href");
    if href.is_none() && href_template.is_none() {
        return None;
    }
    let attributes = node.attributes();
    Some(Location {
        href: href.unwrap_or_default(),
        href_template,
        weight: node.attribute("weight").and_then(number).unwrap_or(1.0),
        score: node.attribute("score").and_then(number).unwrap_or(0.0),
        countries: list("country").map(ToOwned::to_owned).collect(),
        networks: list("addresses").filter_map(network).collect(),
        status: node
            .attribute("http_sc")
            .and_then(status)
            .unwrap_or(STATUS_USUAL),
        role: match node.attribute("http_role") {
            Some("conneg") => Some(Role::Negotiation),
            Some("browser") => Some(Role::Browser),
            _ => None,
        },
        media_type: text("ctype"),
        language: text("language"),
        attributes: attributes
            .map(|attribute| (attribute.name().to_owned(), attribute.value().to_owned()))
            .collect(),
    })
}

/// A number from 0 on that can be reckoned with.
fn number(text: &str) -> Option<f64> {
    /// Beyond it sums would lose the small ones, and some sums would have no end.
    const NUMBER_MAX: f64 = 1e9;
    let number: f64 = text.trim().parse().ok()?;
    (0.0..=NUMBER_MAX).contains(&number).then_some(number.abs())
}

/// A network such as `10.0.0.0/8`, or one address.
fn network(text: &str) -> Option<IpNet> {
    let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
    text.parse().ok().or_else(address)
}

fn status(text: &str) -> Option<u16> {
    let status = text.trim().parse().ok()?;
    [301, 302, 303, 307, 308]
        .contains(&status)
        .then_some(status)
}

/// Whether an attribute says yes.
fn is_yes(value: &str) -> bool {
    ["true", "yes", "1"]
        .iter()
        .any(|yes| value.trim().eq_ignore_ascii_case(yes))
}
