//! What probes need of the registry: who holds what, what members tell each other of probes, and
//! orders in a member's own name.
//!
//! Not here: probes (`crate::probes`), orders of people.

use super::Registry;
use super::driver::Event;
use super::publication::Publication;
use super::state::ProbeState;
use bytes::Bytes;
use model::{Record, Reference};
use quorum::{Command, DataSet, DataSetName, MemberId, Outcome};
use tokio::sync::{mpsc, oneshot};

/// The first octet of what members tell each other of probes: messages of the room `quorum` begin
/// with another.
pub(crate) const REPORT: u8 = b'P';

/// How many reports may wait to be heard: of each member more than one. Beyond it they are dropped,
/// and the next ones say the same.
pub(super) const REPORTS_COUNT_MAX: usize = 64;

/// A report, and whose it is: the member that showed its key on the connection.
pub(crate) type Report = (MemberId, Bytes);

/// The registry as probes see it.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// Whether this member leads.
    pub(crate) leads: bool,
    pub(crate) holdings: Vec<Holding>,
}

/// A data set, and what is published of its prefix.
#[derive(Debug)]
pub(crate) struct Holding {
    pub(crate) name: DataSetName,
    /// In canonical form.
    pub(crate) prefix: Bytes,
    pub(crate) set: DataSet,
    pub(super) published: Option<Bytes>,
}

impl Holding {
    /// The record of the prefix as it was registered, if there is one that can be read.
    pub(crate) fn record(&self) -> Option<Record> {
        let publication = Publication::decode(self.published.clone()?).ok()?;
        Record::from_stored(publication.record?).ok()
    }
}

impl Registry {
    /// How the registry stands here; none if the member is too busy, or has ended.
    pub(crate) async fn look(&self) -> Option<Looked> {
        let (tell, told) = oneshot::channel();
        self.events.try_send(Event::Look { tell }).ok()?;
        told.await.ok()
    }

    /// Tells the other members something, as far as they can be reached and there is room.
    pub(crate) fn say(&self, octets: Bytes) {
        let _ = self.events.try_send(Event::Say { octets });
    }

    /// Asks the members for something in the name of one.
    pub(crate) async fn command(&self, identity: Reference, command: Command) -> Outcome {
        let mut mark = [0; 32];
        // Without randomness two wishes may be one: nothing worse.
        let _ = getrandom::fill(&mut mark);
        let request = quorum::Request {
            mark,
            identity,
            command,
        };
        let (tell, told) = oneshot::channel();
        let request = Box::new(request);
        let asked = Event::Asked { request, tell };
        if self.events.try_send(asked).is_err() {
            return Outcome::Busy;
        }
        told.await.unwrap_or(Outcome::Unknown)
    }

    /// What the others tell of probes; for the first who asks.
    pub(crate) fn take_reports(&self) -> Option<mpsc::Receiver<Report>> {
        super::lock(&self.reports).take()
    }

    /// Shows how targets stand.
    pub(crate) fn show_probes(&self, probes: Vec<ProbeState>) {
        super::lock(&self.shared).tell(|state| state.probes = probes);
    }
}
