//! Asks other nodes what a plan must know of them.
//!
//! Not here: what plans ask ([`engine::elsewhere`]).

use engine::elsewhere::{Asking, Told};

/// Who can be asked.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere;

#[expect(clippy::unused_self, reason = "nobody is known yet")]
impl Elsewhere {
    /// Asks whoever is responsible. May wait for the network.
    pub(crate) fn ask(&self, asking: &Asking) -> Told {
        let identifier = asking.identifier();
        Told::Nothing(format!(
            "{identifier} is with another node, and this node knows none"
        ))
    }
}
