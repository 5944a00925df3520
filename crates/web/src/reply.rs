//! What stands in every answer over HTTP. Not here: what single answers say.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Response, StatusCode};

/// The content type of JSON, as the reference software spells it.
pub(crate) const JSON: &str = "application/json;charset=utf-8";
/// The content type of JSON in a call.
pub(crate) const JAVASCRIPT: &str = "application/javascript;charset=utf-8";
/// The content type of pages.
pub(crate) const HTML: &str = "text/html;charset=utf-8";
/// The content type of lists of locations.
pub(crate) const XML: &str = "text/xml;charset=utf-8";
const TEXT: &str = "text/plain;charset=utf-8";

/// An answer, whole in memory: none is longer than the longest record and its markup.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

impl Reply {
    /// An answer without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    pub(crate) fn new(
        status: StatusCode,
        content_type: &'static str,
        body: impl Into<Bytes>,
    ) -> Self {
        let mut reply = Self::empty(status);
        reply.body = body.into();
        reply.with(CONTENT_TYPE, HeaderValue::from_static(content_type))
    }

    /// Some lines of text that nobody should keep.
    pub(crate) fn text(status: StatusCode, text: impl Into<Bytes>) -> Self {
        Self::new(status, TEXT, text).with(CACHE_CONTROL, HeaderValue::from_static("no-store"))
    }

    /// Adds a header.
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds a header with made-up text; text that no header can hold is left out.
    pub(crate) fn with_text(self, name: HeaderName, text: &str) -> Self {
        match HeaderValue::from_str(text) {
            Ok(value) => self.with(name, value),
            Err(_) => self,
        }
    }

    /// Whether it has such a header already.
    pub(crate) fn has(&self, name: &HeaderName) -> bool {
        self.headers.iter().any(|(found, _)| found == name)
    }

    /// Closes the connection afterwards: what follows on it cannot be read.
    pub(crate) fn closing(self) -> Self {
        self.with(CONNECTION, HeaderValue::from_static("close"))
    }

    pub(crate) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        for (name, value) in self.headers {
            headers.append(name, value);
        }
        // No browser shall take for a script what we call something else.
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}
