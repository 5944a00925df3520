//! Which identifier a path means, and the other way round.

use bytes::Bytes;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What is encoded in the path of a link: what ends it, what browsers change, and what is not
/// ASCII. Slashes and colons stay, so that links read like identifiers.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// How identifiers are written with a scheme before them; ASCII case does not matter.
const SCHEMES: [&str; 8] = [
    "urn:hdl:",
    "urn:doi:",
    "info:hdl/",
    "info:doi/",
    "info:hdl:",
    "info:doi:",
    "hdl:",
    "doi:",
];

/// A percent sign that no two hexadecimal digits follow.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a percent sign in the path is not followed by two hexadecimal digits")]
pub(crate) struct BadPercent;

/// The octets that a percent-encoded text stands for.
pub(crate) fn decode(encoded: &str) -> Result<Bytes, BadPercent> {
    let mut signs = encoded.match_indices('%');
    let is_digits = |at: usize| {
        let digits = encoded.as_bytes().get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if signs.all(|(at, _)| is_digits(at)) {
        return Ok(percent_decode_str(encoded).collect::<Vec<u8>>().into());
    }
    Err(BadPercent)
}

/// Takes away what people put before an identifier: `hdl:`, `doi:`, `info:hdl/`, `urn:doi:`, or
/// the web address of a proxy such as `https://doi.org/`.
pub(crate) fn bare(octets: &Bytes) -> Bytes {
    for scheme in SCHEMES {
        if let Some(rest) = after(octets, scheme) {
            return octets.slice_ref(rest);
        }
    }
    let web = after(octets, "http://").or_else(|| after(octets, "https://"));
    let path = web.and_then(|web| {
        let slash = web.iter().position(|&octet| octet == b'/')?;
        web.get(slash + 1..)
    });
    path.map_or_else(|| octets.clone(), |path| octets.slice_ref(path))
}

fn after<'a>(octets: &'a [u8], scheme: &str) -> Option<&'a [u8]> {
    let (head, rest) = octets.split_at_checked(scheme.len())?;
    head.eq_ignore_ascii_case(scheme.as_bytes()).then_some(rest)
}

/// The path of the proxy for an identifier, from its first slash.
///
/// A path that began with two slashes would name another host.
pub(crate) fn path(identifier: &str) -> String {
    let encoded = utf8_percent_encode(identifier, PATH).to_string();
    match encoded.strip_prefix('/') {
        Some(rest) => format!("/%2F{rest}"),
        None => format!("/{encoded}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs_need_two_digits() {
        assert_eq!(decode("88.1%2Fa%e6%b3%b5").unwrap(), "88.1/a泵".as_bytes());
        assert_eq!(decode("%00%0d").unwrap(), &b"\0\r"[..]);
        for bad in ["%", "a%2", "%zz", "%%41", "%é"] {
            assert_eq!(decode(bad), Err(BadPercent), "{bad}");
        }
    }

    #[test]
    fn what_stands_before_an_identifier_is_taken_away() {
        let check = |given: &str, expected: &str| {
            let octets = Bytes::copy_from_slice(given.as_bytes());
            assert_eq!(bare(&octets), expected.as_bytes(), "{given}");
        };
        check("88.1/a", "88.1/a");
        check("HDL:88.1/a", "88.1/a");
        check("doi:10.1/a", "10.1/a");
        check("info:hdl/88.1/a", "88.1/a");
        check("urn:doi:10.1/a", "10.1/a");
        check("https://doi.org/10.1/a/b", "10.1/a/b");
        check("HTTP://hdl.handle.net/88.1/a", "88.1/a");
        check("https://nothing", "https://nothing");
        check("doing/x", "doing/x");
    }

    #[test]
    fn links_lead_back() {
        for identifier in [
            "88.1/a",
            "88.1/a b?c#d%25",
            "88.1/泵\r\n",
            "//x/y",
            "88.1/a\\..\\b",
        ] {
            let path = path(identifier);
            assert!(path.is_ascii() && !path.starts_with("//"), "{path}");
            let back = decode(path.strip_prefix('/').unwrap()).unwrap();
            assert_eq!(back, identifier.as_bytes());
        }
    }
}
