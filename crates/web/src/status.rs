//! Whether the node is well, and how much it does: for those who watch it.

use crate::connection::Front;
use crate::reply::Reply;
use hyper::{Method, StatusCode};
use node::http::Stopping;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use std::fmt::{self, Write};

/// What Prometheus calls its text.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How such a text ends.
const END: &str = "# EOF\n";

/// Requests over HTTP by method and status.
#[derive(Debug, Default)]
pub(crate) struct Counts(Family<Label, Counter>);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Label {
    method: Verb,
    status: u16,
}

/// A method, or `other`: strangers must not make up labels.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Verb(&'static str);

impl EncodeLabelValue for Verb {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(self.0)
    }
}

impl Counts {
    pub(crate) fn count(&self, method: &Method, status: StatusCode) {
        let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];
        let verb = known.into_iter().find(|known| method.as_str() == *known);
        let label = Label {
            method: Verb(verb.unwrap_or("other")),
            status: status.as_u16(),
        };
        self.0.get_or_create(&label).inc();
    }
}

/// Whether the process answers at all.
pub(crate) fn health() -> Reply {
    Reply::text(StatusCode::OK, "ok\n")
}

/// Whether requests should be sent here: not while the node stops, nor if its store is lost.
pub(crate) fn readiness(front: &Front, stopping: &Stopping) -> Reply {
    if stopping.is_now() {
        return Reply::text(StatusCode::SERVICE_UNAVAILABLE, "the node is stopping\n");
    }
    if !front.handle.is_ready() {
        return Reply::text(StatusCode::SERVICE_UNAVAILABLE, "the node cannot answer\n");
    }
    Reply::text(StatusCode::OK, "ready\n")
}

/// The node's numbers, and those of its requests over HTTP before them.
pub(crate) fn metrics(front: &Front) -> Reply {
    let mut registry = Registry::with_prefix("nameplate");
    let about = "Requests over HTTP by method and status";
    registry.register("http_requests", about, front.counts.0.clone());
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => {
            // The text of all ends as the text of the node does.
            let own = text.trim_end_matches(END);
            let all = [own, &front.handle.metrics()].concat();
            Reply::new(StatusCode::OK, OPENMETRICS, all)
        }
        Err(_) => Reply::text(StatusCode::INTERNAL_SERVER_ERROR, "no numbers to be had\n"),
    }
}
