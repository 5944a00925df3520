//! Where answers meet the registry: changes of what its members agree on, instead of a commit here.
//!
//! Not here: how it is agreed on (`registry`).

use super::Answerer;
use super::replicating::is_change;
use crate::registry::{Disagreed, Seen, Watched};
use engine::Origin;
use model::Change;
use store::View;
use wire::{Message, ResponseCode};

/// The node's own operator has no identity that the others could know.
const NOBODY: Disagreed = Disagreed::Refused(
    ResponseCode::INSUFFICIENT_PERMISSIONS,
    "the top-level sites agree on this record; ask over the network, with an identity",
);

impl Answerer {
    /// A view that notes what a request that may change something sees of the registry; and where
    /// it notes that.
    pub(super) fn watched(&self, view: Box<dyn View>, request: &Message) -> (Box<dyn View>, Seen) {
        let seen = Seen::default();
        let Some(registry) = self.registry() else {
            return (view, seen);
        };
        if !is_change(request.header.opcode) {
            return (view, seen);
        }
        let watched = Watched {
            view,
            owned: registry.owned().clone(),
            seen: Seen::clone(&seen),
        };
        (Box::new(watched), seen)
    }

    /// Whether a change is for the members of the registry to agree on.
    pub(super) fn is_agreed_on(&self, change: &Change) -> bool {
        let registry = self.registry();
        registry.is_some_and(|registry| registry.owned().concerns(change))
    }

    /// Has the members agree on a change. When it is done, it is durable and visible here.
    pub(super) async fn agree(
        &self,
        change: Change,
        seen: &Seen,
        origin: &Origin,
    ) -> Result<(), Disagreed> {
        match (self.registry(), origin) {
            (Some(registry), Origin::Known(known)) => registry.agree(change, seen, known).await,
            _ => Err(NOBODY),
        }
    }
}
