//! The address a visitor is sent to, written so that it can stand in a header.
//!
//! Not here: which location it is.

use alloc::string::String;
use core::fmt::Write;

/// Puts the identifier into a template: `{hdl}` as it is, `{hdl:path}` so that all of it stays in
/// the path. Other braces mean themselves.
pub(super) fn filled(template: &str, identifier: &str) -> String {
    let mut out = String::with_capacity(template.len() + identifier.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{hdl") {
        put(&mut out, before, "");
        if let Some(after) = after.strip_prefix('}') {
            put(&mut out, identifier, "");
            rest = after;
        } else if let Some(after) = after.strip_prefix(":path}") {
            put(&mut out, identifier, "%?#");
            rest = after;
        } else {
            put(&mut out, "{hdl", "");
            rest = after;
        }
    }
    put(&mut out, rest, "");
    out
}

/// The address with what may stand in none as `%` and two digits.
pub(super) fn printable(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    put(&mut out, address, "");
    out
}

fn put(out: &mut String, text: &str, more: &str) {
    for octet in text.bytes() {
        let character = char::from(octet);
        if octet.is_ascii_graphic()
            && !"\"<>\\^`{|}".contains(character)
            && !more.contains(character)
        {
            out.push(character);
        } else {
            write!(out, "%{octet:02X}").expect("a text takes everything");
        }
    }
}
