//! What has happened so far, counted. Not here: what each event was about (the logs).

use engine::{Event, WeakForms, Weakness};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wire::ResponseCode;

/// Counts events, from many threads at once.
#[derive(Debug, Default)]
pub struct Counters {
    answered: AtomicU64,
    not_found: AtomicU64,
    refused: AtomicU64,
    ignored: AtomicU64,
    unreadable: AtomicU64,
    too_long_for_udp: AtomicU64,
    unidentified: AtomicU64,
    weak: Arc<WeakCounts>,
    refused_in_session: AtomicU64,
    logins: AtomicU64,
    probes: AtomicU64,
}

/// What was counted since the node was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Requests answered, with any code.
    pub answered: u64,
    /// Of these, with the code for an identifier or values that do not exist.
    pub not_found: u64,
    /// Octets that were no message.
    pub refused: u64,
    /// Messages that deserved no answer.
    pub ignored: u64,
    /// Answers that met a stored record nobody can read.
    pub unreadable: u64,
    /// Answers that were not sent because they are too long for UDP.
    pub too_long_for_udp: u64,
    /// Proofs of an identity that were wrong, or could not be judged.
    pub unidentified: u64,
    /// How often each weak form was accepted, for the node allows it; in the order of
    /// [`Weakness::ALL`].
    pub weak: [u64; Weakness::ALL.len()],
    /// Messages that named a session and were refused: without the right MAC, or sent again.
    pub refused_in_session: u64,
    /// Logins: who has proven an identity for all that follows on a connection.
    pub logins: u64,
    /// Probes of probers that are known, which are no requests.
    pub probes: u64,
}

/// Counts uses of weak forms, each by itself. Whoever asks other nodes counts there too.
#[derive(Debug, Default)]
pub(crate) struct WeakCounts([AtomicU64; Weakness::ALL.len()]);

impl WeakCounts {
    /// Counts one use of each of some forms.
    pub(crate) fn count(&self, forms: WeakForms) {
        for (weakness, counter) in Weakness::ALL.into_iter().zip(&self.0) {
            if forms.allows(weakness) {
                add(counter);
            }
        }
    }

    fn read(&self) -> [u64; Weakness::ALL.len()] {
        self.0
            .each_ref()
            .map(|counter| counter.load(Ordering::Relaxed))
    }
}

impl Counters {
    /// New ones, of which some count elsewhere.
    pub(crate) fn sharing(weak: Arc<WeakCounts>) -> Self {
        Self {
            weak,
            ..Self::default()
        }
    }

    /// Counts an event of the engine.
    pub fn count(&self, event: &Event) {
        match event {
            Event::Answered { code, .. } => {
                add(&self.answered);
                let missing = [
                    ResponseCode::HANDLE_NOT_FOUND,
                    ResponseCode::VALUES_NOT_FOUND,
                ];
                if missing.contains(code) {
                    add(&self.not_found);
                }
            }
            Event::RecordUnreadable { .. } => {
                add(&self.answered);
                add(&self.unreadable);
            }
            Event::TemplateFailed { .. } => {
                add(&self.answered);
                add(&self.not_found);
            }
            _ => add(&self.ignored),
        }
    }

    pub(crate) fn count_refused(&self) {
        add(&self.refused);
    }

    pub(crate) fn count_too_long_for_udp(&self) {
        add(&self.too_long_for_udp);
    }

    pub(crate) fn count_unidentified(&self) {
        add(&self.unidentified);
    }

    pub(crate) fn count_weak(&self, weakness: Weakness) {
        self.count_weak_forms(WeakForms::NONE.with(weakness));
    }

    pub(crate) fn count_weak_forms(&self, forms: WeakForms) {
        self.weak.count(forms);
    }

    pub(crate) fn count_refused_in_session(&self) {
        add(&self.refused_in_session);
    }

    pub(crate) fn count_login(&self) {
        add(&self.logins);
    }

    pub(crate) fn count_probe(&self) {
        add(&self.probes);
    }

    /// What was counted so far.
    pub fn read(&self) -> Counted {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counted {
            answered: read(&self.answered),
            not_found: read(&self.not_found),
            refused: read(&self.refused),
            ignored: read(&self.ignored),
            unreadable: read(&self.unreadable),
            too_long_for_udp: read(&self.too_long_for_udp),
            unidentified: read(&self.unidentified),
            weak: self.weak.read(),
            refused_in_session: read(&self.refused_in_session),
            logins: read(&self.logins),
            probes: read(&self.probes),
        }
    }
}

/// Counters say nothing about other memory, so no order is needed.
fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
