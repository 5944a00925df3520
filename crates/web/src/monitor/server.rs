//! How one connection is served: limits, who is let in, what stands in every answer.
//!
//! The bounds: so many connections, so much time for a head and a body, so many octets of all
//! bodies. Not here: what is answered.

use super::access::Access;
use super::bureau::Bureau;
use super::call::{Call, Problem};
use super::patient::{Patient, Present, Sources};
use super::{files, routes};
use crate::bodies::Room;
use crate::connection::read_body;
use crate::reply::Reply;
use crate::request::{Asked, header};
use crate::visitor::Visitor;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue, REFERRER_POLICY, X_FRAME_OPTIONS,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;
use tracing::{debug, warn};

/// How many connections there may be: a bureau's people, each with a browser that opens six.
const CONNECTIONS_COUNT_MAX: usize = 512;

/// The most of them that one address has, lest it keep all others out. A proxy that speaks for many
/// takes fewer for more people than these.
const CONNECTIONS_OF_ONE_COUNT_MAX: usize = 128;

/// How many questions are thought about at a time; others wait. Each may read a whole month.
const THINKING_COUNT_MAX: usize = 4;

/// How long a head or a body may take, and how long a connection may be silent.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long answers under way may take after the console was told to stop.
const FAREWELL: Duration = Duration::from_secs(5);

/// The longest head.
const HEAD_OCTETS_MAX: usize = 16 << 10;

/// How many headers a request may have.
const HEADERS_COUNT_MAX: usize = 64;

/// The longest body: a workbook.
const BODY_OCTETS_MAX: usize = 32 << 20;

/// The longest body of all else.
const WORDS_OCTETS_MAX: usize = 256 << 10;

/// All bodies together.
const BODIES_OCTETS_MAX: usize = 128 << 20;

/// What answers may do that are no page: nothing.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// The console: a bureau, and who may come in.
#[derive(Clone)]
pub struct Console(Arc<Inner>);

struct Inner {
    bureau: Bureau,
    access: Access,
    /// Whether nobody but this machine is served; then only names of this machine are answered to,
    /// lest a page from elsewhere lead its own name here.
    is_for_this_machine: bool,
    room: Arc<Room>,
    thinking: Semaphore,
}

impl Console {
    /// A console for those whom `access` lets in.
    pub fn new(bureau: Bureau, access: Access, is_for_this_machine: bool) -> Self {
        Self(Arc::new(Inner {
            bureau,
            access,
            is_for_this_machine,
            room: Arc::new(Room::new(BODIES_OCTETS_MAX, BODY_OCTETS_MAX)),
            thinking: Semaphore::new(THINKING_COUNT_MAX),
        }))
    }

    /// Serves connections until `stop` comes, and then the answers that are under way. Needs a
    /// runtime of several threads.
    ///
    /// # Errors
    /// If the listener cannot be used at all; a single connection that fails is passed over.
    pub async fn serve(
        self,
        listener: std::net::TcpListener,
        stop: impl Future<Output = ()>,
    ) -> io::Result<()> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let places = Arc::new(Semaphore::new(CONNECTIONS_COUNT_MAX));
        let sources = Arc::new(Sources::new(CONNECTIONS_OF_ONE_COUNT_MAX));
        let (stopping, stopped) = watch::channel(false);
        tokio::pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = accept(&listener, &places) => accepted,
                () = stop.as_mut() => break,
            };
            match accepted {
                Ok((stream, peer, place)) => {
                    let Some(present) = sources.enter(peer.ip().to_canonical()) else {
                        debug!(%peer, "an address has as many connections as it may");
                        continue;
                    };
                    let console = self.clone();
                    let kept = (place, present);
                    tokio::spawn(console.connection(stream, peer, stopped.clone(), kept));
                }
                Err(error) => {
                    // Such as too many open files: others may end meanwhile.
                    warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        drop(listener);
        let _ = stopping.send(true);
        let all = u32::try_from(CONNECTIONS_COUNT_MAX).unwrap_or(u32::MAX);
        let _ = timeout(FAREWELL, places.acquire_many(all)).await;
        Ok(())
    }

    async fn connection(
        self,
        stream: TcpStream,
        peer: SocketAddr,
        mut stopped: watch::Receiver<bool>,
        _kept: (OwnedSemaphorePermit, Present),
    ) {
        let inner = self.0;
        let source = peer.ip().to_canonical();
        let service = service_fn(move |request| {
            let inner = Arc::clone(&inner);
            async move { Ok::<_, Infallible>(inner.answer(request, source).await) }
        });
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .max_headers(HEADERS_COUNT_MAX)
            .max_buf_size(HEAD_OCTETS_MAX);
        let served =
            builder.serve_connection(TokioIo::new(Patient::new(stream, PATIENCE)), service);
        tokio::pin!(served);
        let ended = tokio::select! {
            ended = served.as_mut() => ended,
            () = stops(&mut stopped) => {
                served.as_mut().graceful_shutdown();
                served.await
            }
        };
        if let Err(error) = ended {
            debug!(%error, %peer, "a connection of the console ended");
        }
    }
}

/// Waits until the console stops; one that is gone has stopped too.
async fn stops(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stops| *stops).await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await;
    let place = place.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

impl Inner {
    async fn answer(&self, request: Request<Incoming>, source: IpAddr) -> Response<Full<Bytes>> {
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let reply = match self.reply(request, source).await {
            Ok(reply) => reply,
            Err(problem) => problem.reply(),
        };
        debug!(%source, %method, %path, status = reply.status.as_u16(), "the console answered");
        dress(reply).into_response()
    }

    async fn reply(&self, request: Request<Incoming>, source: IpAddr) -> Result<Reply, Problem> {
        if self.is_for_this_machine && !names_this_machine(header(request.headers(), &HOST)) {
            let said = [
                "this console is for this machine: ask it as localhost or 127.0.0.1",
                "本控制台仅供本机使用，请用 localhost 或 127.0.0.1 访问",
            ];
            return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "host", said));
        }
        if !routes::is_known(request.method()) {
            return Err(Problem::method("GET, HEAD, POST"));
        }
        let is_api = request.uri().path().starts_with(routes::API);
        if !is_api {
            if request.method() == hyper::Method::POST {
                return Err(Problem::method("GET, HEAD"));
            }
            return files::answer(request.uri().path(), request.headers());
        }
        let who = self.access.who(request.headers());
        let who = who.ok_or_else(Problem::unknown_asker)?;
        let (head, body) = request.into_parts();
        let limit = if routes::takes_a_workbook(head.uri.path()) {
            BODY_OCTETS_MAX
        } else {
            WORDS_OCTETS_MAX
        };
        let mut place = Room::place(&self.room, source);
        let body = match timeout(PATIENCE, read_body(body, limit, &mut place)).await {
            Ok(Ok(body)) => body,
            Ok(Err(refused)) => return Ok(refused),
            Err(_) => {
                let said = [
                    "the body of the request did not come in time",
                    "请求体未在时限内到达",
                ];
                return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "slow", said));
            }
        };
        let visitor = Visitor {
            source,
            is_https: false,
            host: String::new(),
            country: None,
            certificate: None,
        };
        let asked = Asked::new(head, body, visitor);
        let asked = asked.map_err(|problem| Problem::bad(problem.to_string(), "参数过多"))?;
        let _thinks = self.thinking.acquire().await;
        let call = Call {
            bureau: &self.bureau,
            asked: &asked,
            who,
        };
        tokio::task::block_in_place(|| routes::answer(&call))
    }
}

/// Whether a host is called as only this machine calls itself, whatever the port.
fn names_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|octet| octet.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = address.parse::<IpAddr>().is_ok_and(|of| of.is_loopback());
    is_loopback || name.eq_ignore_ascii_case("localhost")
}

/// What stands in every answer.
fn dress(reply: Reply) -> Reply {
    let same_origin = HeaderValue::from_static("same-origin");
    let reply = if reply.has(&CONTENT_SECURITY_POLICY) {
        reply
    } else {
        reply.with(CONTENT_SECURITY_POLICY, POLICY)
    };
    reply
        .with(REFERRER_POLICY, HeaderValue::from_static("no-referrer"))
        .with(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"))
        .with(
            HeaderName::from_static("cross-origin-opener-policy"),
            same_origin.clone(),
        )
        .with(
            HeaderName::from_static("cross-origin-resource-policy"),
            same_origin,
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_answered_to() {
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:1",
            "[::1]:8080",
            "[::1]",
        ] {
            assert!(names_this_machine(host), "{host}");
        }
        for host in [
            "",
            "localhost.example.org",
            "192.0.2.1:80",
            "a",
            "127.0.0.1.nip.example",
        ] {
            assert!(!names_this_machine(host), "{host}");
        }
    }
}
