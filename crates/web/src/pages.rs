//! What people see: the form to ask with, a record, and why there is none.
//!
//! | file | question it answers |
//! | --- | --- |
//! | `pages/words` | in which language, and with which words? |
//! | `pages/shown` | how does the data of a value look? |
//! | `templates/` | where does it stand on the page? |
//!
//! Pages hold no scripts, load nothing and escape everything: what is registered is written by
//! strangers. Not here: where browsers are sent instead ([`crate::proxy`]).

mod shown;
mod words;

use crate::proxy::Target;
use crate::reply::{HTML, Reply};
use crate::request::{Asked, TooManyParameters};
use crate::spelling;
use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use engine::Digests;
use hyper::StatusCode;
use hyper::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, HeaderValue,
    REFERRER_POLICY, VARY,
};
use model::{Identifier, Value};
use shown::{Row, Shown};
use std::sync::LazyLock;
use words::{Language, Words};

const STYLE: &str = include_str!("../templates/style.css");

/// What a page may do: wear its one style, and send its form. The form's answer may lead anywhere,
/// for that is what identifiers are for.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let style = STANDARD.encode(crypto::Provider.sha256(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src data:; base-uri 'none'; \
         form-action 'self' http: https:; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).expect("ASCII")
});

/// Why there is no record to show.
#[derive(Debug)]
pub(crate) enum Problem {
    /// What was asked for is no identifier; the text says why.
    NoIdentifier(String),
    /// The question cannot be answered as it is; the text says why.
    BadQuestion(String),
    /// It is not registered.
    NotFound,
    /// It is registered, but without a value that was asked for.
    NoValues,
    /// Another node knows it.
    Elsewhere,
    /// It is another name of what is no identifier.
    AliasLost(String),
    /// It is another name of itself, or of too many others.
    AliasCircle,
    /// The node cannot answer now.
    Busy,
    /// The node failed; the text is the code's.
    Failed(String),
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoIdentifier(_) | Self::BadQuestion(_) => StatusCode::BAD_REQUEST,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::NOT_FOUND,
        }
    }

    /// Heading, explanation, and what stands in the protocol's words.
    fn words(&self, words: &'static Words) -> (&'static str, &'static str, &str) {
        match self {
            Self::NoIdentifier(said) => (words.no_identifier, words.no_identifier_why, said),
            Self::BadQuestion(said) => (words.bad_question, words.bad_question_why, said),
            Self::NotFound => (words.not_found, words.not_found_why, ""),
            Self::NoValues => (words.no_values, words.no_values_why, ""),
            Self::Elsewhere => (words.elsewhere, words.elsewhere_why, ""),
            Self::AliasLost(name) => (words.alias_lost, words.alias_lost_why, name),
            Self::AliasCircle => (words.alias_circle, words.alias_circle_why, ""),
            Self::Busy => (words.busy, words.busy_why, ""),
            Self::Failed(said) => (words.failed, words.failed_why, said),
        }
    }
}

/// What every page has.
struct Frame {
    words: &'static Words,
    /// The same page in the other language.
    other_language: String,
    /// What stands in the form.
    identifier: String,
    style: &'static str,
}

impl Frame {
    fn new(asked: &Asked, identifier: &str) -> Self {
        let words = Language::of(asked).words();
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in form_urlencoded::parse(asked.raw_query.as_bytes()) {
            if name != "lang" {
                query.append_pair(&name, &value);
            }
        }
        query.append_pair("lang", words.other_code);
        Self {
            words,
            other_language: format!("?{}", query.finish()),
            identifier: identifier.to_owned(),
            style: STYLE,
        }
    }
}

#[derive(Template)]
#[template(path = "form.html")]
struct FormPage {
    frame: Frame,
}

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage {
    frame: Frame,
    rows: Vec<Row>,
    /// Where a browser would have been sent.
    target: Option<String>,
    path: String,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    frame: Frame,
    heading: &'static str,
    why: &'static str,
    said: String,
}

/// The page behind a redirect, as the reference software writes it.
#[derive(Template)]
#[template(
    source = "<html><head><title>Handle Redirect</title></head>\n\
              <body><a href=\"{{ target.as_str() }}\">{{ target.as_str() }}</a></body></html>",
    ext = "html"
)]
pub(crate) struct Redirect<'a> {
    pub(crate) target: &'a Target,
}

impl Redirect<'_> {
    pub(crate) fn html(&self) -> String {
        rendered(self)
    }
}

/// The form to ask with.
pub(crate) fn form(asked: &Asked) -> Reply {
    let frame = Frame::new(asked, "");
    page(asked, StatusCode::OK, &FormPage { frame })
}

/// A record with all its values that may be seen.
///
/// `target` is where a browser would be sent that does not ask for the page.
pub(crate) fn record(
    asked: &Asked,
    identifier: &Identifier,
    values: &[Value],
    target: Option<&Target>,
) -> Reply {
    let frame = Frame::new(asked, identifier.as_str());
    let rows: Vec<Row> = values
        .iter()
        .map(|value| Row::new(value, frame.words))
        .collect();
    let target = target.map(|target| target.as_str().to_owned());
    let path = spelling::path(identifier.as_str());
    let shown = RecordPage {
        frame,
        rows,
        target,
        path,
    };
    page(asked, StatusCode::OK, &shown)
}

/// Why there is no record.
pub(crate) fn problem(asked: &Asked, identifier: &str, problem: &Problem) -> Reply {
    let frame = Frame::new(asked, identifier);
    let (heading, why, said) = problem.words(frame.words);
    let said = said.to_owned();
    let shown = ProblemPage {
        frame,
        heading,
        why,
        said,
    };
    page(asked, problem.status(), &shown)
}

/// A request that could not be read so far that its language were known.
pub(crate) fn bad_request(problem: &TooManyParameters) -> Reply {
    Reply::text(StatusCode::BAD_REQUEST, format!("{problem}\n"))
}

fn page(asked: &Asked, status: StatusCode, page: &impl Template) -> Reply {
    let language = Language::of(asked).words().code;
    Reply::new(status, HTML, rendered(page))
        .with(CONTENT_SECURITY_POLICY, POLICY.clone())
        .with(REFERRER_POLICY, HeaderValue::from_static("no-referrer"))
        .with(CONTENT_LANGUAGE, HeaderValue::from_static(language))
        .with(CACHE_CONTROL, HeaderValue::from_static("no-cache"))
        .with(VARY, HeaderValue::from_name(ACCEPT_LANGUAGE))
}

fn rendered(page: &impl Template) -> String {
    page.render()
        .expect("pages are made of texts, which are written into memory")
}
