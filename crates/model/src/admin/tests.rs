//! Tests of `HS_ADMIN` data, with octets made by the reference software.

use super::*;
use crate::golden;
use alloc::string::ToString;
use proptest::prelude::*;

fn check(vector: &golden::Vector) {
    let name = &vector.name;
    let cuts = golden::check_octets(&vector.octets, Admin::decode, Admin::encode);
    let admin = Admin::decode(vector.octets.clone()).unwrap();
    let legacy = vector.octets.len() - 2;
    assert_eq!(
        cuts,
        [legacy][usize::from(!admin.has_legacy_end)..],
        "{name}"
    );
    assert_eq!(
        serde_json::to_string(&admin).unwrap(),
        vector.json(),
        "{name}"
    );
    let read: Admin = serde_json::from_str(&vector.json()).unwrap();
    assert_eq!(read.encode(), vector.octets, "{name}");
}

#[test]
fn rfc_3651_section_3_2_1_golden_octets() {
    golden::vectors("hs-admin", 11).iter().for_each(check);
}

#[test]
fn each_permission_has_the_bit_of_the_reference() {
    let in_order = [
        AdminPermissions::ADD_HANDLE,
        AdminPermissions::DELETE_HANDLE,
        AdminPermissions::ADD_DERIVED_PREFIX,
        AdminPermissions::DELETE_DERIVED_PREFIX,
        AdminPermissions::MODIFY_VALUE,
        AdminPermissions::REMOVE_VALUE,
        AdminPermissions::ADD_VALUE,
        AdminPermissions::MODIFY_ADMIN,
        AdminPermissions::REMOVE_ADMIN,
        AdminPermissions::ADD_ADMIN,
        AdminPermissions::READ_VALUE,
        AdminPermissions::LIST_HANDLES,
    ];
    for vector in golden::vectors("hs-admin-single-perm-", 8) {
        let place: usize = vector.name.rsplit('-').next().unwrap().parse().unwrap();
        let admin = Admin::decode(vector.octets).unwrap();
        assert_eq!(admin.permissions, in_order[place], "{}", vector.name);
    }
    let all = in_order.iter().fold(0, |all, one| all | one.0);
    assert_eq!(AdminPermissions(all), AdminPermissions::ALL);
}

#[test]
fn an_index_in_quotes_is_read_as_some_clients_write_it() {
    let json = r#"{"handle":"a/b","index":"300","permissions":"011111110011"}"#;
    let admin: Admin = serde_json::from_str(json).unwrap();
    assert_eq!(admin.index, 300);
}

#[test]
fn what_follows_must_be_two_zero_octets() {
    let octets = |end: &[u8]| [&b"\0\x02\0\0\0\x03a/b\0\0\0\x01"[..], end].concat().into();
    for end in [&b"\0"[..], b"\0\x01", b"\0\0\0", b"x"] {
        let read = Admin::decode(octets(end));
        assert!(
            matches!(read, Err(Error::Trailing { .. })),
            "{end:?}: {read:?}"
        );
    }
}

#[test]
fn permissions_that_are_no_digits_are_refused() {
    for text in [
        "",
        "0111",
        "01111111001x",
        "+11111110011",
        "11111111111111111",
    ] {
        assert!(text.parse::<AdminPermissions>().is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(
        permissions in any::<u16>(),
        identifier in proptest::collection::vec(any::<u8>(), 0..20),
        index in any::<u32>(),
        has_legacy_end in any::<bool>(),
    ) {
        let permissions = AdminPermissions(permissions);
        prop_assert_eq!(permissions.to_string().parse(), Ok(permissions));
        let identifier = identifier.into();
        let admin = Admin { identifier, index, permissions, has_legacy_end };
        prop_assert_eq!(&Admin::decode(admin.encode()).unwrap(), &admin);
        let json = serde_json::to_string(&admin).unwrap();
        prop_assert_eq!(serde_json::from_str::<Admin>(&json).unwrap(), admin);
    }
}
