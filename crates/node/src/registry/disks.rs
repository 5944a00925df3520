//! The threads that wait for the disk on a member's behalf: that of its journal, and that of the
//! store.
//!
//! Not here: what is written (`journal`, `storing`), what follows from it (`driver`).

use super::RegistryError;
use super::driver::Event;
use super::journal::FileJournal;
use super::state::Shared;
use super::storing::{Effect, Storing};
use quorum::{Batch, Journal};
use std::sync::Arc;
use std::sync::mpsc as threads;
use std::thread::{self, JoinHandle};
use tokio::sync::mpsc;

/// Says that a thread of the member has panicked, should it: others would only wait for it.
pub(super) struct Watch(pub(super) Arc<Shared>);

impl Drop for Watch {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.tell(|state| {
                state.trouble = "a thread of this member panicked; the log says where".into();
            });
        }
    }
}

/// Starts the thread that makes batches durable.
pub(super) fn start_journal(
    mut journal: FileJournal,
    tell: mpsc::Sender<Event>,
    watch: Watch,
) -> Result<(threads::Sender<Batch>, JoinHandle<()>), RegistryError> {
    let (send, batches) = threads::channel::<Batch>();
    let run = move || {
        let _watch = watch;
        for batch in batches {
            let event = match journal.keep(&batch) {
                Ok(()) => Event::Persisted {
                    number: batch.number,
                },
                Err(error) => Event::JournalFailed {
                    reason: format!("{}: {error}", journal.path().display()),
                },
            };
            // After an error it is not known what is durable.
            let goes_on = matches!(event, Event::Persisted { .. });
            if tell.blocking_send(event).is_err() || !goes_on {
                return;
            }
        }
    };
    let thread = thread::Builder::new().name("registry-journal".into());
    let thread = thread.spawn(run).map_err(RegistryError::Io)?;
    Ok((send, thread))
}

/// Starts the thread that brings effects into the store.
pub(super) fn start_storing(
    mut storing: Storing,
    tell: mpsc::Sender<Event>,
    watch: Watch,
) -> Result<(threads::Sender<Effect>, JoinHandle<()>), RegistryError> {
    let (send, effects) = threads::channel::<Effect>();
    let run = move || {
        let _watch = watch;
        for (count, effect) in (1..).zip(effects) {
            let event = match storing.write(effect) {
                Ok(()) => Event::Stored { count },
                Err(error) => Event::StoreFailed {
                    count,
                    reason: error.to_string(),
                },
            };
            if tell.blocking_send(event).is_err() {
                return;
            }
        }
    };
    let thread = thread::Builder::new().name("registry-store".into());
    let thread = thread.spawn(run).map_err(RegistryError::Io)?;
    Ok((send, thread))
}
