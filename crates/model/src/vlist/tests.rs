//! Tests of `HS_VLIST` data, with octets made by the reference software.

use super::*;
use crate::golden;
use alloc::string::ToString;
use proptest::prelude::*;

#[test]
fn rfc_3651_section_3_2_6_golden_octets() {
    for vector in golden::vectors("hs-vlist", 2) {
        let cuts = golden::check_octets(&vector.octets, ValueList::decode, ValueList::encode);
        assert_eq!(cuts, [0; 0], "{}", vector.name);
        let list = ValueList::decode(vector.octets.clone()).unwrap();
        if vector.name == "hs-vlist" {
            assert_eq!(
                serde_json::to_value(&list).unwrap().to_string(),
                vector.json()
            );
        } else {
            assert_eq!(list, ValueList::default());
        }
    }
}

#[test]
fn what_follows_a_list_is_refused() {
    let read = ValueList::decode(Bytes::from_static(&[0, 0, 0, 0, 0]));
    assert!(matches!(read, Err(Error::Trailing { extra: 1, .. })));
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(
        references in proptest::collection::vec(
            (proptest::collection::vec(any::<u8>(), 0..9), any::<u32>()), 0..4)
    ) {
        let references = references.into_iter().map(|(identifier, index)| Reference {
            identifier: identifier.into(),
            index,
        });
        let list = ValueList(references.collect());
        prop_assert_eq!(&ValueList::decode(list.encode()).unwrap(), &list);
        let json = serde_json::to_string(&list).unwrap();
        prop_assert_eq!(serde_json::from_str::<ValueList>(&json).unwrap(), list);
    }
}
