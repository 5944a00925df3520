//! Walking from the roots to whoever is responsible: the sockets and the clock of many walks.
//!
//! Whom to ask, in which order, and what to believe is decided in [`engine::resolver`]. Each
//! question has a socket of its own, whose port nobody can guess. Not here: waiting in threads;
//! the calls are for tasks of `tokio`.

pub(crate) mod asking;
#[cfg(test)]
mod tests;

use crate::clock::Clock;
use asking::ask;
use crypto::Provider;
use engine::WeakForms;
use engine::resolver::{
    End, Event, Found, Guide, Knowledge, KnowledgeLimits, Limits, Nearest, Walk, Wish, nearest,
};
use engine::trust::Climb;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use model::Identifier;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Finds and asks whoever is responsible for identifiers, any number at a time; what walks learn of
/// the way is kept for those after them.
///
/// ```no_run
/// use client::{Resolver, read_roots};
/// use engine::resolver::{Guide, Wish};
///
/// # async fn walk() -> Result<(), Box<dyn std::error::Error>> {
/// let roots = read_roots("bootstrap_handles".as_ref())?;
/// let resolver = Resolver::new(Guide { roots, ..Guide::default() });
/// let walked = resolver.walk(Wish::for_values("88.118.1/pump".parse()?).certified()).await;
/// println!("{:?} in {:?}", walked.end.found, walked.took);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Resolver {
    guide: Guide,
    knowledge: Mutex<Knowledge>,
    clock: Clock,
}

/// A walk that is over.
#[derive(Debug)]
pub struct Walked {
    /// How it ended.
    pub end: End,
    /// What happened, and how long after the walk was begun.
    pub steps: Vec<(Duration, Event)>,
    /// How long it took.
    pub took: Duration,
    /// What it has left of its limits.
    pub left: Limits,
}

impl Walked {
    /// The weak forms for which answers on the way were believed, one set for each of those.
    pub fn weak_forms(&self) -> impl Iterator<Item = WeakForms> {
        let forms = self.steps.iter().map(|(_, step)| match step {
            Event::Answered { weak_forms, .. } => *weak_forms,
            _ => WeakForms::NONE,
        });
        forms.filter(|forms| !forms.is_empty())
    }
}

impl Resolver {
    /// A resolver that knows nothing but the roots.
    pub fn new(guide: Guide) -> Self {
        Self::with_knowledge(guide, KnowledgeLimits::default())
    }

    /// The same, that keeps so much of what walks learn.
    pub fn with_knowledge(guide: Guide, limits: KnowledgeLimits) -> Self {
        Self {
            guide,
            knowledge: Mutex::new(Knowledge::new(limits)),
            clock: Clock::start(),
        }
    }

    /// Walks. Dropping the future ends the walk.
    ///
    /// # Panics
    /// Outside of a runtime of `tokio` with its drivers for sockets and time.
    pub async fn walk(&self, wish: Wish) -> Walked {
        self.walk_within(wish, self.guide.limits).await
    }

    /// The same within other limits, such as what another walk has left.
    ///
    /// # Panics
    /// As [`Resolver::walk`].
    pub async fn walk_within(&self, wish: Wish, limits: Limits) -> Walked {
        let (clock, begun) = (self.clock, Instant::now());
        let started = clock.moment();
        let guide = Guide {
            limits,
            ..self.guide.clone()
        };
        let mut walk = Walk::new(Provider, guide, wish, started);
        let mut steps = Vec::new();
        let mut under_way = FuturesUnordered::new();
        let mut leg = walk.leg();
        loop {
            while let Some(inquiry) =
                walk.poll_inquiry(&mut self.knowledge(), clock.moment(), Clock::date())
            {
                if inquiry.leg != leg {
                    under_way.clear();
                    leg = inquiry.leg;
                }
                under_way.push(ask(clock, inquiry));
            }
            while let Some((at, event)) = walk.poll_event() {
                steps.push((started.until(at), event));
            }
            if let Some(end) = walk.poll_end() {
                return Walked {
                    end,
                    steps,
                    took: begun.elapsed(),
                    left: walk.left(clock.moment()),
                };
            }
            let wait = clock.moment().until(walk.poll_timeout());
            tokio::select! {
                Some((ticket, reply)) = under_way.next(), if !under_way.is_empty() => {
                    let (now, date) = (clock.moment(), Clock::date());
                    // Before the lock: signatures take long, and strangers decide how many.
                    let examined = walk.examine(ticket, reply);
                    walk.handle_reply(&mut self.knowledge(), now, date, examined);
                }
                () = tokio::time::sleep(wait) => walk.handle_timeout(clock.moment()),
            }
        }
    }

    /// Goes up a chain of certificates to its end: asks for those that are wanted, one walk after
    /// the other. `is_certified` says whether their answers must be verified as well.
    pub async fn climb(&self, climb: &mut Climb, is_certified: bool) {
        while let Some(wanted) = climb.poll_wanted() {
            let mut wish = Wish::for_values(wanted.identifier);
            wish = match wanted.index {
                Some(index) => wish.at_index(index),
                None => wish.of_type("HS_CERT."),
            };
            if is_certified {
                wish = wish.certified();
            }
            let found = self.walk(wish).await.end.found;
            let values = match found {
                Found::Values(values) => values,
                _ => Vec::new(),
            };
            climb.handle_values(&Provider, &values);
        }
    }

    /// Who is nearest to an identifier, as far as is known without asking; `is_certified` says that
    /// only what was verified counts.
    pub fn nearest(&self, identifier: &Identifier, is_certified: bool) -> Nearest {
        let (now, mut knowledge) = (self.clock.moment(), self.knowledge());
        nearest(&self.guide, &mut knowledge, identifier, is_certified, now)
    }

    fn knowledge(&self) -> MutexGuard<'_, Knowledge> {
        // Whole between calls, also if a thread has panicked outside of one.
        self.knowledge
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
