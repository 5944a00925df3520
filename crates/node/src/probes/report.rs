//! What a member tells the others of a round of its probes.
//!
//! It goes over the connections of members, on which both sides have shown their keys, so it needs
//! no signature of its own. A round whose control did not answer is not told of: it says nothing.
//!
//! | octets | field |
//! | --- | --- |
//! | 1 | `P` |
//! | 1 | format, 1 |
//! | 4 | count of results |
//! | 4 + n | of each: the prefix in canonical form |
//! | 1 | what was probed: 1 resolution, 2 registration |
//! | 1 | 1 if it was as it should be, else 0 |

use crate::registry::REPORT;
use bytes::Bytes;
use engine::probing::TARGETS_COUNT_MAX;
use model::Error;
use model::octets::{Reader, put_count, put_string};
use quorum::Function;

const FORMAT: u8 = 1;

/// The shortest result, in octets.
const RESULT_OCTETS_MIN: usize = 6;

/// What was found out about one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) prefix: Bytes,
    pub(super) function: Function,
    pub(super) is_answered: bool,
}

pub(super) fn encode(results: &[Found]) -> Bytes {
    let results = results.iter().take(TARGETS_COUNT_MAX);
    let mut out = vec![REPORT, FORMAT];
    put_count(&mut out, results.len());
    for result in results {
        put_string(&mut out, &result.prefix);
        out.extend_from_slice(&[result.function as u8, u8::from(result.is_answered)]);
    }
    out.into()
}

/// Reads what [`encode`] has made.
///
/// # Errors
/// [`Error`] if it is something else.
pub(super) fn decode(octets: Bytes) -> Result<Vec<Found>, Error> {
    let mut reader = Reader::new(octets);
    let head: [u8; 2] = reader.array("report")?;
    if head != [REPORT, FORMAT] {
        return Err(unexpected("of format 1"));
    }
    let count = reader.count("results", TARGETS_COUNT_MAX, RESULT_OCTETS_MIN)?;
    let mut results = Vec::with_capacity(count);
    for _ in 0..count {
        let prefix = reader.string("prefix")?;
        let number = reader.u8("function")?;
        let mut functions = Function::ALL.into_iter();
        let function = functions.find(|it| *it as u8 == number);
        results.push(Found {
            prefix,
            function: function.ok_or_else(|| unexpected("about functions 1 and 2"))?,
            is_answered: match reader.u8("result")? {
                0 => false,
                1 => true,
                _ => return Err(unexpected("with results 0 and 1")),
            },
        });
    }
    reader.finish("report")?;
    Ok(results)
}

fn unexpected(expected: &'static str) -> Error {
    Error::Unexpected {
        what: "report",
        expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_as_it_was_written_and_nothing_else() {
        let found = |function, is_answered| Found {
            prefix: Bytes::from_static(b"88.118"),
            function,
            is_answered,
        };
        let results = [
            found(Function::Resolution, true),
            found(Function::Registration, false),
        ];
        let octets = encode(&results);
        let golden = b"P\x01\0\0\0\x02\0\0\0\x0688.118\x01\x01\0\0\0\x0688.118\x02\0";
        assert_eq!(octets[..], golden[..]);
        assert_eq!(decode(octets.clone()), Ok(results.to_vec()));
        for end in 0..octets.len() {
            assert!(decode(octets.slice(..end)).is_err(), "{end}");
        }
        let longer = [&octets[..], &[0]].concat();
        assert!(decode(longer.into()).is_err());
        let check = |at: usize, octet: u8| {
            let mut changed = octets.to_vec();
            changed[at] = octet;
            assert!(decode(changed.into()).is_err(), "{octet} at {at}");
        };
        check(0, 1);
        check(1, 2);
        check(2, 255);
        check(octets.len() - 1, 2);
        check(octets.len() - 2, 3);
        assert_eq!(decode(encode(&[])), Ok(Vec::new()));
    }
}
