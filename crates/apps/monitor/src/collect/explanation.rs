//! What those who send a workbook say of its warnings: a figure that is odd, and right all the
//! same.
//!
//! Not here: what an explanation does (`judge`).

use super::Error;
use super::finding::{Finding, Severity, Spot};
use std::collections::BTreeMap;

/// What is said of the warnings of one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation<'e> {
    /// Where they are, as a [`Spot`] is printed: `表1!C7`, `表1!7:7`, `表1`, `*`.
    pub at: &'e str,
    /// Which of them; `None` for all there.
    pub code: Option<&'e str>,
    /// What is said.
    pub text: &'e str,
}

/// What is said of each of the warnings that were found.
///
/// # Errors
/// [`Error::Unsound`] if there is no such warning: errors cannot be explained, they must be mended.
pub fn explanations(
    findings: &[Finding],
    given: &[Explanation<'_>],
) -> Result<BTreeMap<(Spot, String), String>, Error> {
    let mut said = BTreeMap::new();
    for explanation in given {
        let Explanation { at, code, text } = *explanation;
        let is_meant = |of: &&Finding| {
            of.severity == Severity::Warning
                && code.is_none_or(|code| of.code == code)
                && of.spot.to_string() == at
        };
        let before = said.len();
        for found in findings.iter().filter(is_meant) {
            said.insert((found.spot.clone(), found.code.clone()), text.to_owned());
        }
        if said.len() == before {
            let problem = match code {
                Some(code) => format!("there is no warning '{code}' at {at}"),
                None => format!("there is no warning at {at}"),
            };
            return Err(Error::Unsound {
                what: "explanation",
                problem,
            });
        }
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(severity: Severity, code: &str, row: u32) -> Finding {
        let says = [String::new(), String::new()];
        Finding::new(severity, code, Spot::row("表1", row), says)
    }

    #[test]
    fn what_is_said_belongs_to_the_warnings_of_its_place() {
        let findings = [
            found(Severity::Warning, "jump", 6),
            found(Severity::Warning, "slip", 6),
            found(Severity::Error, "no-number", 7),
            found(Severity::Warning, "jump", 8),
        ];
        let say = |at, code| Explanation {
            at,
            code,
            text: "检修",
        };
        let said = |given: &[Explanation<'_>]| {
            let said = explanations(&findings, given)?;
            let said = said.into_keys();
            Ok::<_, Error>(said.map(|(spot, code)| format!("{spot} {code}")).collect())
        };
        let both: Vec<String> = said(&[say("表1!7:7", None)]).unwrap();
        assert_eq!(both, ["表1!7:7 jump", "表1!7:7 slip"]);
        let one: Vec<String> = said(&[say("表1!7:7", Some("slip"))]).unwrap();
        assert_eq!(one, ["表1!7:7 slip"]);
        for (at, code) in [("表1!8:8", None), ("表1!9:9", Some("slip")), ("表2", None)] {
            let error = said(&[say(at, code)]).unwrap_err();
            assert!(error.to_string().contains("there is no warning"), "{error}");
        }
    }
}
