//! Tests of the value encoding, with octets made by the reference software.

use super::*;
use alloc::string::ToString;
use alloc::vec;
use proptest::prelude::*;

/// Checks that octets are the encoding of a value, both ways.
fn check(octets: &'static [u8], value: &Value) {
    let mut reader = Reader::new(Bytes::from_static(octets));
    let read = EncodedValue::read(&mut reader).unwrap();
    assert!(reader.is_at_end());
    assert_eq!(&read.value(), value);
    assert_eq!(EncodedValue::of(value).octets(), octets);
    assert_eq!(read.index(), value.index);
    assert_eq!(read.permissions(), value.permissions);
    assert_eq!(read.type_octets(), value.value_type.octets());
}

#[test]
fn rfc_3651_section_3_1_a_web_address() {
    check(
        b"\0\0\0\x01\x65\x53\xf1\0\0\0\x01\x51\x80\x0e\0\0\0\x03URL\
          \0\0\0\x14https://example.org/\0\0\0\0",
        &Value {
            timestamp: 1_700_000_000,
            ..Value::public(1, "URL", "https://example.org/")
        },
    );
}

#[test]
fn rfc_3651_section_3_1_a_secret_key() {
    check(
        b"\0\0\x01\x2d\x65\x53\xf1\0\0\0\x01\x51\x80\x0c\0\0\0\x09HS_SECKEY\
          \0\0\0\x09secret123\0\0\0\0",
        &Value {
            timestamp: 1_700_000_000,
            permissions: Permissions(0b1100),
            ..Value::public(301, "HS_SECKEY", "secret123")
        },
    );
}

#[test]
fn rfc_3651_section_3_1_a_value_with_a_reference() {
    check(
        b"\0\0\0\x09\x65\x53\xf1\0\0\0\x01\x51\x80\x0e\0\0\0\x0910320/loc\
          \0\0\0\x0c<locations/>\0\0\0\x01\0\0\0\x0610.1/a\0\0\0\x03",
        &Value {
            timestamp: 1_700_000_000,
            references: vec![Reference {
                identifier: "10.1/a".into(),
                index: 3,
            }],
            ..Value::public(9, "10320/loc", "<locations/>")
        },
    );
}

#[test]
fn every_cut_of_a_value_is_an_error() {
    let whole = EncodedValue::of(&Value::public(1, "URL", "https://example.org/"));
    for cut in 0..whole.octets().len() {
        let mut reader = Reader::new(whole.octets().slice(..cut));
        assert!(
            matches!(
                EncodedValue::read(&mut reader),
                Err(Error::Truncated { .. })
            ),
            "cut at {cut}"
        );
    }
}

#[test]
fn permissions_print_as_four_bits() {
    assert_eq!(Permissions::DEFAULT.to_string(), "1110");
    assert_eq!(Permissions(0b0010).to_string(), "0010");
}

pub(crate) fn any_value() -> impl Strategy<Value = Value> {
    let octets = || proptest::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from);
    let reference =
        (octets(), any::<u32>()).prop_map(|(identifier, index)| Reference { identifier, index });
    (
        (any::<u32>(), any::<u32>(), any::<u8>(), any::<u32>()),
        any::<u8>(),
        (octets(), octets()),
        proptest::collection::vec(reference, 0..3),
    )
        .prop_map(
            |(head, permissions, (value_type, data), references)| Value {
                index: head.0,
                timestamp: head.1,
                ttl: Ttl {
                    kind: TtlKind(head.2),
                    seconds: head.3,
                },
                permissions: Permissions(permissions),
                value_type: ValueType::new(value_type),
                data,
                references,
            },
        )
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(value in any_value()) {
        let encoded = EncodedValue::of(&value);
        let read = EncodedValue::read(&mut Reader::new(encoded.octets().clone())).unwrap();
        prop_assert_eq!(read.value(), value);
        prop_assert_eq!(read, encoded);
    }
}
