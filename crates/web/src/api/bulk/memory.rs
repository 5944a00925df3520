//! Bulk calls that have been answered, by identity and request id.
//!
//! Bounded in octets and in time: a client that repeats a call does so within minutes. What is
//! forgotten here the store still has ([`node::Call`]), but it takes as long as the call did. Not
//! here: what was answered.

use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wire::Identity;

/// How long answers are remembered: as long as the store keeps them at least.
const LIFE: Duration = Duration::from_hours(12);

/// What one call takes besides its answers, in octets: its name and its places in the maps.
const NAME_OCTETS: usize = 512;

pub(super) struct Memory {
    octets_max: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: HashMap<Name, Remembered>,
    /// The names of those that have been answered, the oldest first.
    order: VecDeque<Name>,
    octets: usize,
}

/// Who called, and the id of their call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Name {
    identifier: Vec<u8>,
    index: u32,
    request_id: String,
}

struct Remembered {
    body_digest: [u8; 32],
    /// The answers and when they were given; none while the call is under way.
    answers: Option<(Bytes, Instant)>,
}

/// What is known of a call that comes in.
pub(super) enum Begun<'m> {
    /// Nothing.
    New(New<'m>),
    /// It was answered so.
    Answered(Bytes),
    /// It has come in, and is not answered yet.
    Underway,
    /// Another with the same id has come in.
    Other,
}

/// A call to be carried out. It is forgotten if nothing is remembered of it.
pub(super) struct New<'m> {
    memory: &'m Memory,
    name: Option<Name>,
}

impl Name {
    pub(super) fn new(identity: &Identity, request_id: String) -> Self {
        Self {
            // As spelled: whoever repeats a call spells their name alike, and in some stores case
            // tells identities apart.
            identifier: identity.identifier.to_vec(),
            index: identity.index,
            request_id,
        }
    }
}

impl Memory {
    pub(super) fn new(octets_max: usize) -> Self {
        Self {
            octets_max,
            state: Mutex::default(),
        }
    }

    pub(super) fn begin(&self, name: Name, body_digest: [u8; 32]) -> Begun<'_> {
        let mut state = self.lock();
        state.forget_old();
        match state.calls.get(&name) {
            None => {
                let remembered = Remembered {
                    body_digest,
                    answers: None,
                };
                state.calls.insert(name.clone(), remembered);
                Begun::New(New {
                    memory: self,
                    name: Some(name),
                })
            }
            Some(call) if call.body_digest != body_digest => Begun::Other,
            Some(Remembered { answers: None, .. }) => Begun::Underway,
            Some(Remembered {
                answers: Some((answers, _)),
                ..
            }) => Begun::Answered(answers.clone()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing between two statements that change the state can fail.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget_old(&mut self) {
        while let Some(first) = self.order.front() {
            let answered = self.calls.get(first).and_then(|call| call.answers.as_ref());
            if answered.is_some_and(|(_, at)| at.elapsed() < LIFE) {
                return;
            }
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        let first = self.order.pop_front();
        let call = first.and_then(|name| self.calls.remove(&name));
        if let Some((answers, _)) = call.and_then(|call| call.answers) {
            self.octets -= answers.len() + NAME_OCTETS;
        }
    }
}

impl New<'_> {
    pub(super) fn remember(mut self, answers: Bytes) {
        let Some(name) = self.name.take() else {
            return;
        };
        let mut state = self.memory.lock();
        let Some(call) = state.calls.get_mut(&name) else {
            return;
        };
        let octets = answers.len() + NAME_OCTETS;
        call.answers = Some((answers, Instant::now()));
        state.octets += octets;
        state.order.push_back(name);
        while state.octets > self.memory.octets_max && !state.order.is_empty() {
            state.forget_first();
        }
    }
}

impl Drop for New<'_> {
    fn drop(&mut self) {
        if let Some(name) = self.name.take() {
            self.memory.lock().calls.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(request_id: &str) -> Name {
        Name::new(&Identity::new("88/a", 300), request_id.into())
    }

    fn answer(memory: &Memory, request_id: &str, answers: &'static str) {
        match memory.begin(name(request_id), [0; 32]) {
            Begun::New(new) => new.remember(answers.into()),
            _ => panic!("new"),
        }
    }

    fn answers(memory: &Memory, request_id: &str) -> Option<Bytes> {
        match memory.begin(name(request_id), [0; 32]) {
            Begun::Answered(answers) => Some(answers),
            _ => None,
        }
    }

    #[test]
    fn a_call_is_carried_out_once() {
        let memory = Memory::new(1 << 20);
        let Begun::New(new) = memory.begin(name("a"), [0; 32]) else {
            panic!("new");
        };
        assert!(matches!(memory.begin(name("a"), [0; 32]), Begun::Underway));
        new.remember("done".into());
        assert_eq!(answers(&memory, "a").unwrap(), "done");
        assert!(matches!(memory.begin(name("a"), [1; 32]), Begun::Other));
        let other = Name::new(&Identity::new("88/b", 300), "a".into());
        assert!(matches!(memory.begin(other, [1; 32]), Begun::New(_)));
    }

    /// Who was cut off in the middle may come again.
    #[test]
    fn a_call_that_gave_no_answer_is_forgotten() {
        let memory = Memory::new(1 << 20);
        drop(memory.begin(name("a"), [0; 32]));
        assert!(matches!(memory.begin(name("a"), [1; 32]), Begun::New(_)));
    }

    #[test]
    fn the_oldest_answers_are_forgotten_first() {
        let memory = Memory::new(2 * (NAME_OCTETS + 4));
        for request_id in ["a", "b", "c"] {
            answer(&memory, request_id, "done");
        }
        assert_eq!(answers(&memory, "a"), None);
        assert_eq!(answers(&memory, "b").unwrap(), "done");
        assert_eq!(answers(&memory, "c").unwrap(), "done");
        let none = Memory::new(0);
        answer(&none, "a", "done");
        assert_eq!(answers(&none, "a"), None);
        assert_eq!(none.lock().octets, 0);
    }
}
