//! The questions that wait for answers, each in a place of its own. Not here: the socket.

use std::time::{Duration, Instant};

/// A question that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    /// The request id, which its answer repeats.
    pub(super) id: u32,
    /// Where in the window it waits.
    pub(super) place: usize,
    /// The record it is about.
    pub(super) serial: u64,
    /// When it was asked, or asked again.
    pub(super) at: Instant,
}

/// As many places as questions may wait. A request id tells the place: ids count up through the
/// places, round after round.
#[derive(Debug)]
pub(super) struct Window {
    first_id: u32,
    /// How many ids were given out in the place that has had most of them.
    rounds: u32,
    places: Vec<Place>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Place {
    asked: Option<Asked>,
    rounds: u32,
}

impl Window {
    /// An empty window of `size` places that uses no id below `first_id`.
    pub(super) fn new(size: usize, first_id: u32) -> Self {
        Self {
            first_id,
            rounds: 0,
            places: vec![Place::default(); size],
        }
    }

    /// Puts a question into a place and gives it an id; what waited there is forgotten.
    pub(super) fn ask(&mut self, place: usize, serial: u64, now: Instant) -> Asked {
        let size = self.places.len() as u32;
        let at = &mut self.places[place];
        let number = at.rounds.wrapping_mul(size).wrapping_add(place as u32);
        let id = self.first_id.wrapping_add(number);
        let asked = Asked {
            id,
            place,
            serial,
            at: now,
        };
        at.asked = Some(asked);
        at.rounds += 1;
        self.rounds = self.rounds.max(at.rounds);
        asked
    }

    /// Takes out the question that an answer with this id belongs to, if it waits.
    pub(super) fn answer(&mut self, id: u32) -> Option<Asked> {
        let size = self.places.len();
        let number = id.wrapping_sub(self.first_id) as usize;
        let place = self.places.get_mut(number.checked_rem(size)?)?;
        place.asked.take_if(|asked| asked.id == id)
    }

    /// A question that has waited for `timeout`, if any; it waits from now on again.
    pub(super) fn overdue(&mut self, now: Instant, timeout: Duration) -> Option<Asked> {
        let mut waiting = self
            .places
            .iter_mut()
            .filter_map(|place| place.asked.as_mut());
        let overdue = waiting.find(|asked| asked.at + timeout <= now)?;
        overdue.at = now;
        Some(*overdue)
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.places.iter().all(|place| place.asked.is_none())
    }

    /// The first id that this window has not used.
    pub(super) fn next_id(&self) -> u32 {
        let size = self.places.len() as u32;
        self.first_id.wrapping_add(self.rounds.wrapping_mul(size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_millis(100);

    #[test]
    fn an_answer_ends_its_own_question_once() {
        let now = Instant::now();
        let mut window = Window::new(2, 10);
        let asked = [window.ask(0, 70, now), window.ask(1, 71, now)];
        assert_eq!(asked.map(|asked| asked.id), [10, 11]);
        assert_eq!(window.answer(11), Some(asked[1]));
        assert_eq!(window.answer(11), None, "it came twice");
        assert_eq!(window.answer(9), None, "older than the window");
        assert_eq!(window.answer(12), None, "never asked");
        let again = window.ask(1, 72, now);
        assert_eq!(again.id, 13);
        assert_eq!(
            window.answer(11),
            None,
            "the place holds another question now"
        );
        assert!(!window.is_empty());
        assert_eq!(window.answer(13), Some(again));
        assert_eq!(window.answer(10), Some(asked[0]));
        assert!(window.is_empty());
    }

    #[test]
    fn no_id_is_used_again_by_the_next_window() {
        let now = Instant::now();
        let mut window = Window::new(3, u32::MAX - 4);
        let mut used: Vec<u32> = (0..3).map(|place| window.ask(place, 0, now).id).collect();
        used.extend((0..5).map(|_| window.ask(1, 0, now).id));
        let mut next = Window::new(1, window.next_id());
        let fresh = next.ask(0, 0, now).id;
        assert!(!used.contains(&fresh), "{fresh} is one of {used:?}");
    }

    #[test]
    fn an_overdue_question_is_found_once_in_each_timeout() {
        let start = Instant::now();
        let mut window = Window::new(2, 0);
        window.ask(0, 70, start);
        window.ask(1, 71, start + TIMEOUT / 2);
        assert_eq!(window.overdue(start + TIMEOUT / 2, TIMEOUT), None);
        let late = start + TIMEOUT;
        assert_eq!(
            window.overdue(late, TIMEOUT).map(|asked| asked.serial),
            Some(70)
        );
        assert_eq!(window.overdue(late, TIMEOUT), None);
        let later = start + TIMEOUT * 2;
        assert_eq!(
            window.overdue(later, TIMEOUT).map(|asked| asked.at),
            Some(later)
        );
        assert_eq!(
            window.overdue(later, TIMEOUT).map(|asked| asked.serial),
            Some(71)
        );
    }
}
