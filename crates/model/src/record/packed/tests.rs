//! Tests of packed records: golden octets, that everything comes back, damage.

use super::*;
use crate::record::tests::{any_record, two};
use crate::{Record, Value};
use proptest::prelude::*;

/// The golden octets of the packed form of `two`: they must be readable for ever.
const TWO: &[u8] = b"\x02\x02\x77\x02\x0d88.156.1/Pump\0\0\0\0\
    \x03\x01\0\0\x01\x51\x80\x0c\0\x09HS_SECKEY\x01x\
    \x04\0\x04NAME\x04pump";

#[test]
fn the_packed_form_is_these_octets() {
    assert_eq!(
        pack(two().octets()).unwrap().escape_ascii().to_string(),
        TWO.escape_ascii().to_string()
    );
    assert_eq!(unpack(TWO).unwrap(), two().octets()[..]);
}

#[test]
fn hexadecimal_digits_are_halved_and_decimal_ones_are_not() {
    let packed = |data: &'static str| {
        let record = Record::new(&[Value::public(1, "X", data)]).unwrap();
        let packed = pack(record.octets()).unwrap();
        assert_eq!(unpack(&packed).unwrap(), record.octets()[..], "{data}");
        packed.len()
    };
    let plain = packed("no digits at all");
    assert_eq!(packed("0123456789abcdef"), plain - 8);
    assert_eq!(packed("0123456789ABCDEF"), plain - 8);
    for kept in ["0123456789abcdeF", "0123456789012345", "0123456789abcde-"] {
        assert_eq!(packed(kept), plain, "{kept}");
    }
}

#[test]
fn what_is_no_record_is_not_packed() {
    for octets in [
        &b""[..],
        b"\x01",
        b"\x02\0\0\0",
        b"\x01\0\0\x01",
        b"anything else",
    ] {
        assert_eq!(pack(octets), None, "{octets:?}");
    }
    // The table says something else than the values: it would be lost.
    let mut wrong = two().octets().to_vec();
    wrong[25] ^= 1;
    assert_eq!(pack(&wrong), None);
}

#[test]
fn a_damaged_length_sets_no_memory_aside() {
    assert_eq!(unpack(b"\x02\0\xff\xff\xff\xff\x0f\0"), None);
    assert_eq!(unpack(b"\x02\0\x04\xff\xff\xff\xff\x0f"), None);
    assert_eq!(unpack(b"\x02\0\x04\xff\xff\xff\xff\xff\xff\xff\xff"), None);
}

proptest! {
    #[test]
    fn every_record_comes_back(record in any_record()) {
        let packed = pack(record.octets()).expect("records are packed");
        prop_assert_eq!(&unpack(&packed).unwrap()[..], &record.octets()[..]);
    }

    #[test]
    fn damage_is_no_panic(record in any_record(), at: prop::sample::Index, octet: u8) {
        let mut packed = pack(record.octets()).expect("records are packed");
        let at = at.index(packed.len());
        packed[at] = octet;
        let _ = unpack(&packed);
        let _ = unpack(&packed[..at]);
    }

    #[test]
    fn any_octets_survive_or_are_refused(octets: Vec<u8>) {
        if let Some(packed) = pack(&octets) {
            prop_assert_eq!(unpack(&packed), Some(octets.clone()));
        }
        let _ = unpack(&octets);
    }
}
