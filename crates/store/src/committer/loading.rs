//! Loads: many writes at a time, each made durable by the log at once, and shown and acknowledged
//! together with others as a [`Run`].
//!
//! Not here: how a run goes into the tables (`tables`).

use super::{Done, Work, now_us};
use crate::log::Entry;
use crate::tables::Run;
use crate::{Error, Position};
use model::change::Write;

/// What has been made durable and not been shown yet.
#[derive(Default)]
pub(super) struct Loading {
    run: Run,
    /// Whom to tell when it is shown.
    waiting: Vec<(Done, Position)>,
}

impl Work {
    /// Makes writes durable as one entry of the log, and adds them to the run.
    pub(super) fn load(&mut self, writes: Vec<Write>, done: Done) {
        let date_us = now_us().max(self.log.last_date_us() + 1);
        let entry = Entry { date_us, writes };
        let room = self.tables.make_room();
        let appended = room.and_then(|()| self.log.append(std::slice::from_ref(&entry)));
        let durable = appended.and_then(|position| self.log.sync().map(|()| position));
        let position = match durable {
            Ok(position) => position,
            Err(error) => return done(Err(error)),
        };
        for write in &entry.writes {
            self.loading.run.add(write);
        }
        self.loading.waiting.push((done, position));
        if self.loading.run.octets() as u64 >= self.run_octets {
            self.show_run();
        }
    }

    /// Shows the run that was gathered, and tells all who wait for it.
    ///
    /// Everything else that is committed comes after it, in the log as in the tables.
    pub(super) fn show_run(&mut self) {
        let mut loading = std::mem::take(&mut self.loading);
        if loading.waiting.is_empty() {
            return;
        }
        let run = &mut loading.run;
        run.sort();
        let shown = self.tables.make_room();
        let shown = shown.and_then(|()| self.tables.load(self.log.last(), run));
        if shown.is_ok() {
            self.publish();
        }
        self.retire_log();
        for (done, position) in loading.waiting.drain(..) {
            done(shown.clone().map(|()| position));
        }
    }

    /// Ends a series of loads.
    pub(super) fn end_loads(&mut self, done: Done) {
        self.show_run();
        let settled = self.tables.settle();
        done(settled.map(|()| self.log.last()));
    }
}

impl Drop for Loading {
    /// Should the committer panic, nobody waits for it in vain.
    fn drop(&mut self) {
        for (done, _) in self.waiting.drain(..) {
            done(Err(Error::Closed));
        }
    }
}
