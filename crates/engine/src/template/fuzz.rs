//! The fuzz body of templates: whatever the XML and the values, evaluation ends and is bounded.
//!
//! An ordinary function, so that a fuzzer and the tests run the same.

use super::{Asked, Computed, Fetched, Work, evaluate};
use crate::Date;
use alloc::string::String;
use alloc::vec::Vec;
use model::namespace::Template;
use model::record::{VALUES_COUNT_MAX, VALUES_OCTETS_MAX};
use model::{Namespace, SuffixCase, Value};

/// Reads octets as extension, data of a base value and namespace, parted by zero octets, and
/// carries the namespace's templates out. Templates they refer to are the namespace itself.
pub fn templates(octets: &[u8]) {
    let mut parts = octets.splitn(3, |octet| *octet == 0);
    let mut part = || parts.next().unwrap_or_default();
    let extension = String::from_utf8_lossy(part()).into_owned();
    let data = part().to_vec();
    let xml = part();
    let Ok(namespace) = Namespace::parse(xml) else {
        return;
    };
    let base_values = [
        Value::public(1, "URL", data.clone()),
        Value::public(7, "DESC", data),
    ];
    for case in [SuffixCase::Insensitive, SuffixCase::Sensitive] {
        let asked = Asked {
            identifier: &["88.1/base@", extension.as_str()].concat(),
            base: "88.1/base",
            extension: &extension,
            base_values: &base_values,
            now: Date(0),
        };
        is_bounded(&namespace, xml, &asked, Work::new(case));
    }
}

fn is_bounded(namespace: &Namespace, xml: &[u8], asked: &Asked<'_>, mut work: Work) {
    let mut fetched = Fetched::default();
    for _ in 0..16 {
        match evaluate(&namespace.templates, asked, &fetched, &mut work) {
            Ok(Computed::Needs(reference)) => match Template::parse(xml) {
                Ok(template) => fetched.insert(reference, template),
                Err(_) => return,
            },
            Ok(Computed::Values(values)) => return are_values(&values),
            Ok(Computed::NotFound) | Err(_) => return,
        }
    }
}

fn are_values(values: &[Value]) {
    assert!(values.len() <= VALUES_COUNT_MAX, "values are limited");
    let octets: usize = values.iter().map(|value| value.data.len()).sum();
    // What is inherited is counted when it is bound, what is made when it is made.
    assert!(octets <= 8 * VALUES_OCTETS_MAX, "octets are limited");
    let mut indexes: Vec<u32> = values.iter().map(|value| value.index).collect();
    indexes.sort_unstable();
    indexes.dedup();
    assert_eq!(indexes.len(), values.len(), "no two values have one index");
}
