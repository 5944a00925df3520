//! Hears from the registry whether this node is the writer, and has its lease renewed: a thread of
//! its own, which waits for the network and for the disk.
//!
//! Not here: what follows from what it hears (`standing`).

use super::sites::{Sites, Unheard};
use super::standing::Role;
use super::{Holder, HolderError};
use crate::answerer::Answerer;
use crate::config::Config;
use quorum::lease::Terms;
use quorum::{Answer, Command, DataSet, Refusal};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};
use tracing::{error, info, warn};
use wire::registry::Place;

/// How long to wait before the registry is asked again by a writer without a lease, or by a node
/// that has never heard from it.
const RETRY: Duration = Duration::from_secs(1);

/// The same for a node that is not the writer.
const WATCH: Duration = Duration::from_secs(5);

/// How long nothing is said of the registry's silence again.
const SAID_AGAIN: Duration = Duration::from_mins(1);

/// The thread; it ends soon after this is dropped, and is not waited for: it may wait for a site
/// that is away, and holds nothing that others need.
pub(crate) struct Keeper {
    stop: Arc<Stop>,
}

#[derive(Default)]
struct Stop {
    is_over: Mutex<bool>,
    changed: Condvar,
}

impl Keeper {
    /// Starts to ask the registry, if this node writes a data set.
    ///
    /// # Errors
    /// [`HolderError`] if a file cannot be used; then nothing is asked.
    pub(crate) fn start(config: &Config, answerer: &Arc<Answerer>) -> Result<Self, HolderError> {
        let stop = Arc::new(Stop::default());
        let Some(holder) = answerer.holder() else {
            return Ok(Self { stop });
        };
        let keeping = Keeping {
            holder: Arc::clone(holder),
            answerer: Arc::downgrade(answerer),
            sites: Sites::of(config)?,
            stop: Arc::clone(&stop),
            gives_back: config.data_set.hand_back,
            heard: None,
            said: None,
        };
        let thread = thread::Builder::new().name("data-set".into());
        let started = thread.spawn(move || keeping.run());
        started.map_err(|error| HolderError::File {
            path: "data-set".into(),
            reason: error.to_string(),
        })?;
        Ok(Self { stop })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        *self.stop.lock() = true;
        self.stop.changed.notify_all();
    }
}

impl Stop {
    fn lock(&self) -> std::sync::MutexGuard<'_, bool> {
        self.is_over.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits; whether the node goes on.
    fn wait(&self, pause: Duration) -> bool {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), pause, |is_over| !*is_over);
        let (is_over, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !*is_over
    }
}

struct Keeping {
    holder: Arc<Holder>,
    answerer: Weak<Answerer>,
    sites: Sites,
    stop: Arc<Stop>,
    gives_back: bool,
    /// Up to where in the registry's log something was heard.
    heard: Option<Place>,
    /// When the registry's silence was last said.
    said: Option<Instant>,
}

impl Keeping {
    fn run(mut self) {
        if self.gives_back
            && let Err(error) = self.holder.give_back()
        {
            error!(%error, "that the data set is handed back cannot be kept; it is not said");
            return;
        }
        loop {
            let before = self.holder.state();
            let pause = match self.ask() {
                Ok(pause) => {
                    self.said = None;
                    pause
                }
                Err(unheard) => {
                    self.complain(&unheard);
                    RETRY
                }
            };
            let after = self.holder.state();
            if (before.role, before.epoch) != (after.role, after.epoch) {
                let (name, role, epoch) = (&self.holder.name, after.role, after.epoch);
                info!(%name, ?role, epoch, "this node's part in the data set is another");
            }
            if !self.stop.wait(pause) {
                return;
            }
        }
    }

    fn complain(&mut self, unheard: &Unheard) {
        let is_due = self.said.is_none_or(|said| said.elapsed() >= SAID_AGAIN);
        if is_due {
            self.said = Some(Instant::now());
            let name = &self.holder.name;
            warn!(%name, %unheard, "the registry cannot be asked; said once a minute");
        }
    }

    /// Asks what is to be asked now; how long to wait until it is to be asked again.
    fn ask(&mut self) -> Result<Duration, Unheard> {
        self.begin_epoch();
        if let Some(pause) = self.renew()? {
            return Ok(pause);
        }
        let set = self.look()?;
        self.begin_epoch();
        let standing = self.holder.standing();
        if standing.role() == Role::HandedBack && self.gives_back {
            return self.hand_back(&set);
        }
        if let Some(pause) = self.renew()? {
            return Ok(pause);
        }
        Ok(match standing.role() {
            Role::Holder if standing.is_strict() => RETRY,
            Role::Holder | Role::Emergency => Terms::USUAL.renewal_interval(),
            Role::Unknown => RETRY,
            Role::Behind | Role::HandedBack | Role::Nobody => WATCH,
        })
    }

    /// Asks for a longer lease, if this node needs one; when it is to be asked for again. None if
    /// the data set does not stand as was believed.
    fn renew(&mut self) -> Result<Option<Duration>, Unheard> {
        let standing = self.holder.standing();
        if standing.role() != Role::Holder || !standing.is_strict() {
            return Ok(None);
        }
        let (name, epoch) = (self.holder.name.clone(), standing.epoch());
        // Before the request leaves: the registry counts from later.
        let sent = self.holder.now();
        let answer = self.sites.order(&Command::Renew { name, epoch })?;
        self.holder.renewed(sent, &answer);
        Ok(match answer {
            Answer::Leased {
                epoch: leased,
                lease,
            } if leased == epoch => Some(lease / 3),
            Answer::Refused(Refusal::TooEarly { wait }) => Some(wait.clamp(RETRY, WATCH)),
            _ => None,
        })
    }

    /// Looks how the data set stands. What is older than what was heard before means nothing.
    fn look(&mut self) -> Result<DataSet, Unheard> {
        let (place, set) = self.sites.read(&self.holder.name)?;
        if self.heard.is_some_and(|heard| place < heard) {
            return Ok(set);
        }
        self.heard = Some(place);
        if let Err(error) = self.holder.learn(&set) {
            let path = self.holder.keeping.path().display().to_string();
            error!(path, %error, "what this node is for the data set cannot be kept");
        }
        Ok(set)
    }

    /// Lets the log go on in a new epoch, if this node holds one that has not begun there.
    fn begin_epoch(&self) {
        let Some(epoch) = self.holder.standing().epoch_to_begin() else {
            return;
        };
        let Some(answerer) = self.answerer.upgrade() else {
            return;
        };
        match answerer.begin_epoch(epoch) {
            Ok(()) => self.holder.begun(epoch),
            Err(error) => error!(%error, epoch, "the log cannot go on in the epoch; tried again"),
        }
    }

    /// Says that this node writes no more, until the registry says so, too.
    fn hand_back(&mut self, set: &DataSet) -> Result<Duration, Unheard> {
        let standing = self.holder.standing();
        let epoch = standing.epoch();
        if set.epoch > epoch || !standing.writes(set) {
            info!(name = %self.holder.name, epoch, "the data set is handed back");
            self.gives_back = false;
            return Ok(WATCH);
        }
        let name = self.holder.name.clone();
        self.sites.order(&Command::HandBack { name, epoch })?;
        Ok(RETRY)
    }
}
