//! Tests of version negotiation, as observed at the reference server.

use super::*;

#[test]
fn the_suggestion_counts_up_to_our_newest() {
    let check = |own: (u8, u8), suggested: (u8, u8), answer: (u8, u8)| {
        let own = Version::new(own.0, own.1);
        let suggested = Version::new(suggested.0, suggested.1);
        assert_eq!(own.answered_in(suggested), Version::new(answer.0, answer.1));
    };
    check((2, 3), (2, 11), (2, 11));
    check((2, 11), (2, 1), (2, 1));
    check((2, 7), (0, 0), (2, 7));
    check((2, 10), (2, 12), (2, 11));
    check((3, 0), (0, 0), (2, 11));
    check((5, 0), (0, 0), (5, 0));
    check((2, 0), (0, 0), (2, 0));
}
