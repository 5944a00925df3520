//! How lines of a script are read. A line that cannot be read ends the test.

use super::signing::{anchor, certificate, signature};
use crate::resolver::tests::world::{DATE, Manner, Says, key, site};
use crate::trust::Anchor;
use bytes::Bytes;
use model::site::Address;
use model::site::SiteFlags;
use model::value::{Permissions, Ttl, TtlKind};
use model::{Site, Value};
use std::net::{IpAddr, Ipv6Addr};
use wire::{OpFlags, ResponseCode};

/// A line.
pub(super) enum Line {
    Nothing,
    Root(Vec<Site>),
    Says(u16, String, Says),
    Server(u16, Manner),
    Limit(String, u64),
    Keeps(String, u64),
    Private,
    Trusts(Anchor),
    Wait(u64),
    Ask(Asked),
    Board(Asked),
    Land,
}

/// A question.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) identifier: String,
    pub(super) indexes: Vec<u32>,
    pub(super) types: Vec<Bytes>,
    pub(super) flags: OpFlags,
}

impl Line {
    pub(super) fn parse(line: &str) -> Self {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [] | ["#", ..] => Self::Nothing,
            ["root", ref sites @ ..] => Self::Root(sites.iter().map(|it| site_of(it)).collect()),
            ["says", port, identifier, ref what @ ..] => {
                Self::Says(number(port), identifier.to_owned(), says(what))
            }
            ["server", port, ref manner @ ..] => Self::Server(number(port), manner_of(manner)),
            ["limit", what, count] => Self::Limit(what.to_owned(), number(count)),
            ["keeps", what, count] => Self::Keeps(what.to_owned(), number(count)),
            ["private"] => Self::Private,
            ["trusts", identity, key, ref words @ ..] => Self::Trusts(anchor(identity, key, words)),
            ["wait", seconds] => Self::Wait(number(seconds)),
            ["?", identifier, ref words @ ..] => Self::Ask(asked(identifier, words)),
            ["&", identifier, ref words @ ..] => Self::Board(asked(identifier, words)),
            ["land"] => Self::Land,
            _ => panic!("{line}"),
        }
    }
}

fn number<N: std::str::FromStr>(text: &str) -> N {
    text.parse()
        .unwrap_or_else(|_| panic!("{text} is no number"))
}

fn asked(identifier: &str, words: &[&str]) -> Asked {
    let mut asked = Asked {
        identifier: identifier.to_owned(),
        indexes: Vec::new(),
        types: Vec::new(),
        flags: OpFlags::USUAL,
    };
    for word in words {
        let flag = match (*word, word.split_once('=')) {
            (_, Some(("type", name))) => {
                asked.types.push(Bytes::copy_from_slice(name.as_bytes()));
                continue;
            }
            (_, Some(("index", index))) => {
                asked.indexes.push(number(index));
                continue;
            }
            ("certified", _) => OpFlags::CERTIFIED,
            ("trusted", _) => OpFlags::TRUSTED_QUERY,
            ("fresh", _) => OpFlags::AUTHORITATIVE,
            ("identity", _) => OpFlags::PASS_IDENTITY,
            ("digest", _) => OpFlags::REQUEST_DIGEST,
            ("unrecursive", _) => {
                asked.flags = asked.flags & !OpFlags::RECURSIVE;
                continue;
            }
            ("unpublic", _) => {
                asked.flags = asked.flags & !OpFlags::PUBLIC_ONLY;
                continue;
            }
            _ => panic!("{word}"),
        };
        asked.flags = asked.flags | flag;
    }
    asked
}

fn says(words: &[&str]) -> Says {
    match *words {
        ["values", ref values @ ..] => Says::Values(all(values)),
        ["refers", code, name, ref values @ ..] => {
            let name = if name == "-" { "" } else { name };
            // As long as the test, which is short.
            let name = Box::leak(name.to_owned().into_boxed_str());
            Says::Refers(ResponseCode(number(code)), name, all(values))
        }
        ["code", code] => Says::Code(ResponseCode(number(code))),
        _ => panic!("{words:?}"),
    }
}

fn all(values: &[&str]) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for text in values {
        let (name, data) = text.split_once('=').unwrap_or_else(|| panic!("{text}"));
        let parts: Vec<&str> = if is_of_site(&name.to_ascii_uppercase()) {
            data.split(',').collect()
        } else {
            vec![data]
        };
        for part in parts {
            all.push(value(&all, name, part));
        }
    }
    all
}

fn is_of_site(name: &str) -> bool {
    name.starts_with("HS_SITE") || name == "HS_NA_DELEGATE"
}

/// The value behind others.
fn value(before: &[Value], name: &str, text: &str) -> Value {
    let (text, is_hidden) = match text.strip_suffix('!') {
        Some(text) => (text, true),
        None => (text, false),
    };
    let (text, ttl) = match text.split_once('@') {
        Some((text, ttl)) => (text, ttl_of(ttl)),
        None => (text, Ttl::DAY),
    };
    let data = match name.to_ascii_uppercase().as_str() {
        _ if text == "garbage" => Bytes::copy_from_slice(text.as_bytes()),
        "HS_CERT" if text.contains(',') => certificate(text),
        "HS_SIGNATURE" if text.contains(',') => signature(text, before),
        name if is_of_site(name) => site_of(text).encode(),
        _ => Bytes::copy_from_slice(text.as_bytes()),
    };
    let index = before.len() as u32 + 1;
    let mut value = Value::public(index, name.to_owned(), data);
    value.ttl = ttl;
    if is_hidden {
        value.permissions = Permissions::ADMIN_READ;
    }
    value
}

fn ttl_of(text: &str) -> Ttl {
    match text.strip_prefix('=') {
        Some(seconds) => Ttl {
            kind: TtlKind::ABSOLUTE,
            seconds: DATE.0 + number::<u32>(seconds),
        },
        None => Ttl {
            kind: TtlKind::RELATIVE,
            seconds: number(text),
        },
    }
}

fn site_of(text: &str) -> Site {
    let mut words = text.split('/');
    let ports = words.next().unwrap_or_default().split('+');
    let ports: Vec<u16> = ports.map(number).collect();
    let mut whole = site(ports[0]);
    whole.servers = ports.iter().flat_map(|&port| site(port).servers).collect();
    for word in words {
        for server in &mut whole.servers {
            let address = match word {
                "v6" => IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
                "private" => IpAddr::from([10, 0, 0, 1]),
                "far" => IpAddr::from([203, 0, 113, 1]),
                "everybody" => IpAddr::from([255, 255, 255, 255]),
                "nokey" => {
                    server.public_key = Bytes::new();
                    continue;
                }
                "otherkey" => {
                    server.public_key = key("another");
                    continue;
                }
                "noway" => {
                    server.interfaces.clear();
                    continue;
                }
                _ => continue,
            };
            server.address = Address::from(address);
        }
        match word.strip_prefix("serial") {
            Some(serial) => whole.serial = number(serial),
            None if word == "copy" => whole.flags = SiteFlags(0),
            None => (),
        }
    }
    whole
}

fn manner_of(words: &[&str]) -> Manner {
    match *words {
        ["honest"] => Manner::Honest,
        ["dead"] => Manner::Dead,
        ["silent"] => Manner::Silent,
        ["silent-over-udp"] => Manner::SilentOverUdp,
        ["slow", milliseconds] => Manner::Slow(number(milliseconds)),
        ["cut"] => Manner::Cut,
        ["garbled"] => Manner::Garbled,
        ["signs-with-another-key"] => Manner::WrongKey,
        ["does-not-sign"] => Manner::Unsigned,
        ["repeats-no-digest"] => Manner::WithoutDigest,
        ["signs-in-an-old-version"] => Manner::InOldVersion,
        ["signs-weakly"] => Manner::WithSha1,
        ["digests-weakly"] => Manner::DigestingWithSha1,
        ["answers-about-another"] => Manner::AboutAnother,
        ["is-a-copy"] => Manner::Copy,
        ["is-renumbered", serial] => Manner::Renumbered(number(serial)),
        _ => panic!("{words:?}"),
    }
}
