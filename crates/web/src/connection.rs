//! How one connection is served, and how many requests at a time. Not here: what is answered.

use crate::api::bulk::{self, Bulk};
use crate::bodies::{Place, Room};
use crate::identity::{Limits, Sessions};
use crate::reply::Reply;
use crate::request::Asked;
use crate::status::Counts;
use crate::visitor::Visitor;
use crate::{pages, routes, tunnel};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{HeaderValue, RETRY_AFTER};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use node::Handle;
use node::config::HttpConfig;
use node::http::{Connection, HttpService, Octets, Stopping};
use node::peers::Peers;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tracing::debug;

/// How many headers a request may have; browsers send about twenty. Beyond it: 431.
const HEADERS_COUNT_MAX: usize = 100;

/// After how many seconds it is worth asking again for whom there was no room: bodies are answered
/// as soon as they have come.
const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// How many requests may be under way on one connection of HTTP/2; each may hold a body.
const STREAMS_COUNT_MAX: u32 = 32;

/// Answers over HTTP what a node knows.
///
/// ```no_run
/// use node::{Config, Node};
/// use store::{Options, Store};
/// use web::Web;
///
/// let (config, options) = (Config::default(), Options::default());
/// let store = Store::open(std::path::Path::new("data"), &options)?;
/// let node = Node::start_with(&config, store, &|handle| Web::new(handle, &config.http))?;
/// println!("http://{}/", node.http_addresses()[0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Web(Arc<Front>);

/// What all connections share.
pub(crate) struct Front {
    pub(crate) handle: Handle,
    pub(crate) config: HttpConfig,
    pub(crate) counts: Counts,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) bulk: Bulk,
    sources: Arc<Peers>,
    room: Arc<Room>,
}

impl Web {
    /// Makes the service that answers for a node; for `Node::start_with`.
    #[expect(
        clippy::new_ret_no_self,
        reason = "the node takes services of any kind"
    )]
    pub fn new(handle: Handle, config: &HttpConfig) -> Arc<dyn HttpService> {
        let sessions = Arc::new(Sessions::new(Limits {
            silence: Duration::from_secs(config.session_seconds_max),
            count_max: config.sessions_count_max,
            count_per_source_max: config.sessions_per_source_max,
        }));
        let watching = Arc::clone(&sessions);
        handle.watch_keys(move |is_meant| watching.end_of(is_meant));
        Arc::new(Self(Arc::new(Front {
            handle,
            counts: Counts::default(),
            sessions,
            bulk: Bulk::new(config),
            sources: Arc::default(),
            room: Arc::new(Room::new(config.bodies_octets_max, config.body_octets_max)),
            config: config.clone(),
        })))
    }

    fn builder(&self) -> auto::Builder<TokioExecutor> {
        let config = &self.0.config;
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.0.patience())
            .max_headers(HEADERS_COUNT_MAX)
            .max_buf_size(config.head_octets_max);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(config.head_octets_max).unwrap_or(u32::MAX))
            .max_concurrent_streams(STREAMS_COUNT_MAX);
        builder
    }
}

impl HttpService for Web {
    fn serve(
        &self,
        octets: Box<dyn Octets>,
        connection: Connection,
        mut stopping: Stopping,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let (builder, front) = (self.builder(), Arc::clone(&self.0));
        let stops = stopping.clone();
        let peer = connection.peer;
        let service = service_fn(move |request| {
            let (front, stops) = (Arc::clone(&front), stops.clone());
            let visitor = Visitor::of(&request, &connection, &front.config);
            async move { Ok::<_, Infallible>(front.answer(request, visitor, &stops).await) }
        });
        Box::pin(async move {
            let served = builder.serve_connection(TokioIo::new(octets), service);
            tokio::pin!(served);
            let ended = tokio::select! {
                ended = served.as_mut() => ended,
                () = stopping.wait() => {
                    served.as_mut().graceful_shutdown();
                    served.await
                }
            };
            if let Err(error) = ended {
                debug!(%error, %peer, "a connection over HTTP ended");
            }
        })
    }
}

impl Front {
    fn patience(&self) -> Duration {
        Duration::from_secs(self.config.idle_seconds_max)
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        visitor: Visitor,
        stopping: &Stopping,
    ) -> Response<Full<Bytes>> {
        let (source, method) = (visitor.source, request.method().clone());
        let path = request.uri().path().to_owned();
        let guest = Peers::admit(&self.sources, source, self.config.requests_per_source_max);
        let is_admitted = guest.is_some() && self.handle.admits(source);
        let reply = if is_admitted || tunnel::is_meant_by(request.method(), request.headers()) {
            self.reply(request, visitor, is_admitted, stopping).await
        } else {
            too_many_requests()
        };
        drop(guest);
        debug!(%source, %method, %path, status = reply.status.as_u16(), "answered over HTTP");
        self.counts.count(&method, reply.status);
        reply.into_response()
    }

    /// Answers a request, or the message in it that there is no time for it.
    async fn reply(
        &self,
        request: Request<Incoming>,
        visitor: Visitor,
        is_admitted: bool,
        stopping: &Stopping,
    ) -> Reply {
        // The body keeps its place until it is answered.
        let (asked, _place) = match self.read(request, visitor).await {
            Ok(read) => read,
            Err(refused) => return refused,
        };
        // Reading the tables may wait for the disk: other connections go on meanwhile.
        tokio::task::block_in_place(|| {
            if is_admitted {
                routes::answer(self, &asked, stopping)
            } else {
                tunnel::turn_away(self, &asked)
            }
        })
    }

    async fn read(
        &self,
        request: Request<Incoming>,
        visitor: Visitor,
    ) -> Result<(Asked, Place), Reply> {
        let (head, body) = request.into_parts();
        let is_bulk = bulk::is_meant(&head.method, head.uri.path());
        let (room, limit, patience) = if is_bulk {
            self.bulk.admit(self, &visitor, &head.headers)?
        } else {
            (&self.room, self.config.body_octets_max, self.patience())
        };
        let mut place = Room::place(room, visitor.source);
        let read = read_body(body, limit, &mut place);
        let body = timeout(patience, read).await.unwrap_or_else(|_| {
            let text = "the body of the request did not come in time\n";
            Err(Reply::text(StatusCode::REQUEST_TIMEOUT, text).closing())
        })?;
        let asked = Asked::new(head, body, visitor);
        let asked = asked.map_err(|problem| pages::bad_request(&problem))?;
        Ok((asked, place))
    }
}

/// Reads a body as it comes, up to a limit and as long as there is room for it.
pub(crate) async fn read_body(
    mut body: Incoming,
    limit: usize,
    place: &mut Place,
) -> Result<Bytes, Reply> {
    if body.size_hint().lower() > limit as u64 {
        return Err(too_long(limit));
    }
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            let text = "the body of the request ends too early or is not well formed\n";
            Reply::text(StatusCode::BAD_REQUEST, text).closing()
        })?;
        // What is no data is trailers, which nobody needs.
        let data = frame.into_data().unwrap_or_default();
        if read.len() + data.len() > limit {
            return Err(too_long(limit));
        }
        if !place.grow(data.len()) {
            return Err(no_room());
        }
        read.extend_from_slice(&data);
    }
    Ok(read.freeze())
}

fn too_long(limit: usize) -> Reply {
    let text = format!("the body of a request may have {limit} octets\n");
    Reply::text(StatusCode::PAYLOAD_TOO_LARGE, text).closing()
}

fn too_many_requests() -> Reply {
    let text = "too many requests from your address; wait for the answers, then ask more slowly\n";
    Reply::text(StatusCode::TOO_MANY_REQUESTS, text)
}

fn no_room() -> Reply {
    let text = "too many octets of other requests are being read; try again soon\n";
    let reply = Reply::text(StatusCode::SERVICE_UNAVAILABLE, text);
    reply.with(RETRY_AFTER, RETRY_SECONDS).closing()
}
