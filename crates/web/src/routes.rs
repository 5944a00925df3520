//! Who answers which path. Not here: what they answer.

use crate::api::endpoints::{self, Route};
use crate::connection::Front;
use crate::reply::Reply;
use crate::request::Asked;
use crate::{api, pages, proxy, spelling, status, tunnel};
use hyper::header::{ALLOW, HeaderValue, LOCATION};
use hyper::{Method, StatusCode};
use node::http::Stopping;

pub(crate) fn answer(front: &Front, asked: &Asked, stopping: &Stopping) -> Reply {
    if tunnel::is_meant(asked) {
        return tunnel::answer(front, asked);
    }
    match asked.path.as_str() {
        path if path == "/api" || path.starts_with("/api/") => api::answer(front, asked),
        _ if asked.method == Method::OPTIONS => api::preflight(asked),
        _ if !asked.is_read() => method_not_allowed(),
        path => read(front, asked, path, stopping),
    }
}

fn read(front: &Front, asked: &Asked, path: &str, stopping: &Stopping) -> Reply {
    match endpoints::find(&asked.method, path) {
        Some((Route::Health, _)) => return status::health(),
        Some((Route::Readiness, _)) => return status::readiness(front, stopping),
        Some((Route::Metrics, _)) => return status::metrics(front),
        _ => (),
    }
    match path {
        "/" => form(asked),
        // A prefix has no slash: what browsers ask of every host is none.
        "/favicon.ico" | "/robots.txt" => Reply::empty(StatusCode::NOT_FOUND),
        path if !front.config.proxy || wants_message(asked) => to_api(path, &asked.raw_query),
        path => proxy::answer(front, asked, path.strip_prefix('/').unwrap_or(path)),
    }
}

/// Whether a question for a message came where only POST can carry one.
fn wants_message(asked: &Asked) -> bool {
    asked.header(&hyper::header::ACCEPT).trim() == tunnel::MESSAGE
}

fn method_not_allowed() -> Reply {
    let text = "this path can be read with GET; messages of the Handle protocol are sent with POST \
                and Content-Type application/x-hdl-message\n";
    let allowed = HeaderValue::from_static("GET, HEAD, OPTIONS, POST");
    Reply::text(StatusCode::METHOD_NOT_ALLOWED, text).with(ALLOW, allowed)
}

fn to_api(path: &str, query: &str) -> Reply {
    let question_mark = if query.is_empty() { "" } else { "?" };
    let target = format!("/api/handles{path}{question_mark}{query}");
    Reply::empty(StatusCode::FOUND).with_text(LOCATION, &target)
}

/// The form to ask with, or the way to what was asked with it.
fn form(asked: &Asked) -> Reply {
    let wanted = asked.query.first("hdl").map(str::trim).unwrap_or_default();
    if wanted.is_empty() {
        return pages::form(asked);
    }
    let mut others = form_urlencoded::Serializer::new(String::new());
    for name in [
        "noredirect",
        "auth",
        "cert",
        "ignore_aliases",
        "type",
        "index",
        "lang",
    ] {
        for value in asked.query.all(name) {
            others.append_pair(name, value);
        }
    }
    let others = others.finish();
    let question_mark = if others.is_empty() { "" } else { "?" };
    let target = format!("{}{question_mark}{others}", spelling::path(wanted));
    Reply::empty(StatusCode::FOUND).with_text(LOCATION, &target)
}
