//! Tests of values as JSON.

use super::*;
use model::Reference;

#[test]
fn values_have_the_shape_of_the_http_api() {
    let check = |given: Value, expected: &str| assert_eq!(value(&given).to_string(), expected);
    let name = Value {
        timestamp: 1_795_334_400,
        ..Value::public(1, "NAME", "水泵")
    };
    check(
        name.clone(),
        "{\"index\":1,\"type\":\"NAME\",\"data\":{\"format\":\"string\",\"value\":\"水泵\"},\
          \"ttl\":86400,\"timestamp\":\"2026-11-22T08:00:00Z\"}",
    );
    check(
        Value {
            ttl: Ttl {
                kind: TtlKind::ABSOLUTE,
                seconds: 0,
            },
            permissions: Permissions(0b1100),
            data: vec![0, 0xff].into(),
            references: vec![Reference {
                identifier: "88/x".into(),
                index: 4,
            }],
            ..name
        },
        "{\"index\":1,\"type\":\"NAME\",\"data\":{\"format\":\"base64\",\"value\":\"AP8=\"},\
          \"permissions\":\"1100\",\"ttl\":\"1970-01-01T00:00:00Z\",\
          \"timestamp\":\"2026-11-22T08:00:00Z\",\
          \"references\":[{\"handle\":\"88/x\",\"index\":4}]}",
    );
}
