//! For which identifiers a certificate lets its holder sign.

use super::is_same;
use alloc::vec::Vec;
use model::jws::{Grant, Scope};
use model::{Identifier, SuffixCase};

/// What the records of prefixes begin with, in capitals as they are canonical.
const RECORDS_OF_PREFIXES: &[u8] = b"0.NA/";

/// Whether a grant is for an identifier.
///
/// | scope, about `0.NA/88` | is for |
/// | --- | --- |
/// | `everything` | every identifier |
/// | `thisHandle` | `0.NA/88`, `88/…` |
/// | `handlesUnderThisPrefix` | `88/…` |
/// | `derivedPrefixes` | `0.NA/88.118`, `88.118/…`, and all below |
pub(super) fn covers(grant: &Grant, about: &Identifier) -> bool {
    let scope = grant.scope.0.as_str();
    if scope == Scope::EVERYTHING {
        return true;
    }
    let granted = grant.identifier.as_ref().map(|text| text.parse());
    let Some(Ok(granted)) = granted else {
        return false;
    };
    let prefix = prefix_named(&granted);
    let is_under = prefix.is_some() && prefix == Some(about.prefix().canonical());
    match scope {
        Scope::THIS_HANDLE => is_same(&granted, about) || is_under,
        Scope::HANDLES_UNDER_THIS_PREFIX => is_under,
        Scope::DERIVED_PREFIXES => prefix.is_some_and(|prefix| is_below(about, &prefix)),
        _ => false,
    }
}

/// The prefix whose record an identifier is.
fn prefix_named(identifier: &Identifier) -> Option<Vec<u8>> {
    let canonical = identifier.canonical(SuffixCase::Sensitive);
    let prefix = identifier.is_global().then_some(&canonical)?;
    let prefix = prefix.strip_prefix(RECORDS_OF_PREFIXES)?;
    (!prefix.is_empty()).then(|| prefix.to_vec())
}

/// Whether an identifier is that of a prefix derived from one, or under such a prefix.
fn is_below(about: &Identifier, prefix: &[u8]) -> bool {
    let derived = prefix_named(about).unwrap_or_else(|| about.prefix().canonical());
    let rest = derived.strip_prefix(prefix);
    rest.is_some_and(|rest| rest.starts_with(b"."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(scope: &str, granted: Option<&str>, about: &str) -> bool {
        let grant = Grant {
            identifier: granted.map(Into::into),
            scope: Scope(scope.into()),
        };
        covers(&grant, &about.parse().unwrap())
    }

    #[test]
    fn each_scope_reaches_as_far_as_it_says() {
        // Identifiers, and whether each of the four scopes about 0.NA/88.1 is for it.
        for (about, expected) in [
            ("88.1/a", [true, true, true, false]),
            ("88.1/", [true, true, true, false]),
            ("0.NA/88.1", [true, true, false, false]),
            ("88.1", [true, true, false, false]),
            ("88.1.2/a", [true, false, false, true]),
            ("0.na/88.1.2", [true, false, false, true]),
            ("88.1.2.3/a", [true, false, false, true]),
            ("88.11/a", [true, false, false, false]),
            ("0.NA/88.11", [true, false, false, false]),
            ("88/a", [true, false, false, false]),
            ("0.NA/88", [true, false, false, false]),
            ("0.NA/0.NA", [true, false, false, false]),
        ] {
            let scopes = [
                Scope::EVERYTHING,
                Scope::THIS_HANDLE,
                Scope::HANDLES_UNDER_THIS_PREFIX,
                Scope::DERIVED_PREFIXES,
            ];
            let granted = Some("0.NA/88.1");
            let came = scopes.map(|scope| check(scope, granted, about));
            assert_eq!(came, expected, "{about}");
        }
    }

    #[test]
    fn a_grant_for_nothing_is_for_nothing() {
        assert!(check(Scope::EVERYTHING, None, "88.1/a"));
        for scope in [
            Scope::THIS_HANDLE,
            Scope::HANDLES_UNDER_THIS_PREFIX,
            Scope::DERIVED_PREFIXES,
            "Everything",
            "",
        ] {
            for granted in [None, Some(""), Some("/"), Some("0.NA/")] {
                assert!(!check(scope, granted, "88.1/a"), "{scope} {granted:?}");
            }
            // What is under a prefix that is written as an identifier is not meant.
            assert!(!check(scope, Some("88.1/b"), "88.1/a"), "{scope}");
        }
        let is_itself = check(Scope::THIS_HANDLE, Some("88.1/a"), "88.1/a");
        assert!(is_itself && !check(Scope::THIS_HANDLE, Some("88.1/a"), "88.1/A"));
    }
}
