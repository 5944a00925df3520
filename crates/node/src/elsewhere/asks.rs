//! What one request has other nodes asked: however much of it there is, it may take so long in all;
//! and when the request is planned again, it is answered the same without asking.

use super::Elsewhere;
use crate::visitor::Source;
use engine::elsewhere::{Asking, Told};
use std::time::{Duration, Instant};

/// How many questions a request may have asked: for an identity, and for more groups than a plan
/// looks at.
const COUNT_MAX: usize = 40;

/// The questions of one request, or of several that are carried out together.
pub(crate) struct Asks<'e> {
    elsewhere: &'e Elsewhere,
    source: Source,
    told: Vec<(Asking, Told)>,
    left: Duration,
}

impl<'e> Asks<'e> {
    pub(crate) fn new(elsewhere: &'e Elsewhere, source: Source) -> Self {
        Self {
            elsewhere,
            source,
            told: Vec::new(),
            left: elsewhere.patience(),
        }
    }

    /// How many have been answered: if more than before, a plan took long.
    pub(crate) fn count(&self) -> usize {
        self.told.len()
    }

    /// The next request begins, for which there is as much time as is left.
    pub(crate) fn begin_next(&mut self) {
        self.told.clear();
    }

    /// Asks whoever is responsible. May wait for the network.
    pub(crate) async fn ask(&mut self, asking: &Asking) -> Told {
        if let Some((_, told)) = self.told.iter().find(|(asked, _)| asked == asking) {
            return told.clone();
        }
        if self.told.len() >= COUNT_MAX || self.left.is_zero() {
            let why = "other nodes must be asked for more than there is time for; try again";
            return Told::Nothing(why.into());
        }
        let began = Instant::now();
        let asked = self
            .elsewhere
            .ask(asking.clone(), self.source, self.left)
            .await;
        self.left = self.left.saturating_sub(began.elapsed());
        self.told.push((asking.clone(), asked.clone()));
        asked
    }
}
