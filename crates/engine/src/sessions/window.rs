//! Which numbers of messages came in a session: each once, and none far behind the highest.
//!
//! As in RFC 6479: a ring of bits, of which those between the old highest number and a new one are
//! cleared when that comes. Not here: whether the message with a number is authentic.

/// How far behind the highest number one may be that is still taken, as in the reference software:
/// with the highest `h`, the numbers from `h` - 199. Beyond it nothing is remembered.
pub const WINDOW_NUMBERS: u32 = 200;

const WORD_BITS: u32 = 64;

/// Enough for the window, and one more: the word of the highest number is partly its future.
const WORDS: u32 = WINDOW_NUMBERS.div_ceil(WORD_BITS) + 1;

/// The numbers that came.
#[derive(Debug, Clone, Default)]
pub(super) struct Window {
    highest: u32,
    seen: [u64; WORDS as usize],
}

impl Window {
    /// Whether a number is new and not too old; if so, it has come now.
    pub(super) fn admit(&mut self, number: u32) -> bool {
        if number > self.highest {
            self.advance_to(number);
        } else if self.highest - number >= WINDOW_NUMBERS {
            return false;
        }
        let bit = 1 << (number % WORD_BITS);
        let word = self.word(number / WORD_BITS);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    fn advance_to(&mut self, number: u32) {
        let (old, new) = (self.highest / WORD_BITS, number / WORD_BITS);
        // A word further than the ring is long is the same as one nearer by: each is cleared once.
        for word in (old + 1..=new).rev().take(WORDS as usize) {
            *self.word(word) = 0;
        }
        self.highest = number;
    }

    fn word(&mut self, word: u32) -> &mut u64 {
        let place = (word % WORDS) as usize;
        self.seen.get_mut(place).expect("there are so many words")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use proptest::prelude::*;

    #[test]
    fn numbers_come_once_and_in_time() {
        let mut window = Window::default();
        for (number, is_admitted) in [
            (1, true),
            (1, false),
            (3, true),
            (2, true),
            (3, false),
            (0, true),
            (200, true),
            (0, false),
            (202, true),
            (2, false),
            (3, false),
            (4, true),
            (u32::MAX, true),
            (u32::MAX, false),
            (203, false),
            (u32::MAX - 199, true),
            (u32::MAX - 200, false),
        ] {
            assert_eq!(window.admit(number), is_admitted, "{number}");
        }
    }

    /// What is behind the highest by less than the window and did not come is admitted, whatever
    /// stood in the ring before.
    #[test]
    fn steps_of_every_length_clear_what_they_pass() {
        for step in 1..=3 * WORDS * WORD_BITS {
            let mut window = Window::default();
            assert!((0..=400).all(|number| window.admit(number)));
            assert!(window.admit(400 + step), "{step}");
            for behind in 1..WINDOW_NUMBERS {
                assert_eq!(
                    window.admit(400 + step - behind),
                    behind < step,
                    "{step} {behind}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn it_is_a_set_of_numbers(
            steps in prop::collection::vec((0_u32..700, 0_u32..450), 1..200),
            start in prop_oneof![Just(0), Just(1000), Just(u32::MAX - 100_000)],
        ) {
            let (mut window, mut seen) = (Window::default(), BTreeSet::new());
            let mut at = start;
            for (ahead, behind) in steps {
                let number = at.saturating_add(ahead).saturating_sub(behind);
                let highest = seen.last().copied().unwrap_or(0_u32);
                let is_late = u64::from(number) + u64::from(WINDOW_NUMBERS) <= highest.into();
                let expected = !is_late && !seen.contains(&number);
                prop_assert_eq!(window.admit(number), expected, "{} after {}", number, highest);
                if expected {
                    seen.insert(number);
                }
                at = at.max(number);
            }
        }
    }
}
