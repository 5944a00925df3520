//! Asking over HTTP or HTTPS: the message is the body of a POST (the reference's tunnel).
//!
//! Not here: the JSON API.

use crate::clock::Clock;
use crate::{Error, Event, Trace};
use crypto::Provider;
use engine::exchange::{Answered, Channel, believe};
use rustls::crypto::aws_lc_rs;
use std::io::Read;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::tls::{TlsConfig, TlsProvider};
use wire::Message;
use wire::stream::PacketStream;

/// The media type of messages.
const MEDIA_TYPE: &str = "application/x-hdl-message";

/// The most octets of an answer that are read: one message, and what stands around it.
const ANSWER_OCTETS_MAX: u64 = 300_000;

/// Where a node takes messages over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpTarget {
    /// The address as a URL, `http://host:port/` or `https://host:port/`.
    pub url: String,
    /// Whether any certificate will do. Without, HTTPS is refused: nobody here vouches for any.
    pub is_insecure: bool,
}

/// Asks once; connections are not kept.
pub(crate) fn exchange(
    target: &HttpTarget,
    server: SocketAddr,
    question: &Message,
    timeout: Duration,
    trace: &mut Trace,
) -> Result<Answered, Error> {
    if target.url.starts_with("https:") && !target.is_insecure {
        let reason = "the certificate cannot be checked yet; accept any, or ask without TLS";
        return Err(Error::Http(reason.into()));
    }
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .disable_verification(target.is_insecure)
        .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
        .build();
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .tls_config(tls)
        .build()
        .into();
    let octets = question.encode();
    trace.add(Event::Sent {
        octets: octets.len(),
    });
    let sent = agent
        .post(&target.url)
        .header("Content-Type", MEDIA_TYPE)
        .header("Accept", MEDIA_TYPE)
        .send(&octets[..]);
    let mut response = sent.map_err(|error| match error {
        ureq::Error::Timeout(_) => Error::Unanswered { server },
        other => Error::Http(other.to_string()),
    })?;
    let status = response.status();
    if status != 200 {
        return Err(Error::Http(format!(
            "the answer has HTTP status {status}, not 200"
        )));
    }
    let mut body = Vec::new();
    let mut reader = response.body_mut().as_reader().take(ANSWER_OCTETS_MAX);
    reader
        .read_to_end(&mut body)
        .map_err(Error::io("read the answer"))?;
    trace.add(Event::Received { octets: body.len() });
    let message = first_message(&body)?;
    let date = Clock::date();
    Ok(believe(
        &Provider,
        Channel::Connection,
        question,
        message,
        date,
    )?)
}

/// The first message of a body; some nodes begin it with an empty line.
fn first_message(body: &[u8]) -> Result<Message, Error> {
    let start = body
        .iter()
        .position(|octet| !matches!(octet, b'\r' | b'\n'));
    let mut packets = PacketStream::default();
    packets.push(body.get(start.unwrap_or(0)..).unwrap_or_default());
    let packet = packets.next_packet()?;
    let packet = packet.ok_or_else(|| Error::Http("the answer is no whole message".into()))?;
    Ok(Message::from_packet(&packet)?)
}
