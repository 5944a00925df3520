//! The fuzz body of locations: whatever the XML and the visitor, the choice is one of the list and
//! can stand in a header.
//!
//! An ordinary function, so that a fuzzer and the tests run the same.

use super::{Locations, Visitor};
use alloc::string::String;
use core::net::IpAddr;

/// Reads octets as four of a random number, four of an address, then the header `Accept`, a line
/// feed, and the XML.
pub fn locations(octets: &[u8]) {
    let Some((random, rest)) = octets.split_first_chunk::<4>() else {
        return;
    };
    let Some((address, rest)) = rest.split_first_chunk::<4>() else {
        return;
    };
    let text = String::from_utf8_lossy(rest);
    let (accept, xml) = text.split_once('\n').unwrap_or(("", &text));
    let Ok(locations) = Locations::parse(xml) else {
        return;
    };
    let visitor = Visitor {
        address: Some(IpAddr::from(*address)),
        country: accept.get(..2),
        attribute: accept.split_once(':'),
        accept: Some(accept),
        random: u32::from_be_bytes(*random),
    };
    match locations.decide(&visitor) {
        None => assert!(
            locations.locations.is_empty(),
            "some location is always chosen"
        ),
        Some((chosen, _)) => {
            let mut all = locations.locations.iter();
            assert!(
                all.any(|location| core::ptr::eq(location, chosen)),
                "one of the list"
            );
            let target = chosen.target(accept);
            assert!(
                target.bytes().all(|octet| octet.is_ascii_graphic()),
                "fits a header"
            );
        }
    }
}
