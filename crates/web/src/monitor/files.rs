//! The console's built files, which are part of the program. Not here: what is in them
//! (`console/`).

use super::call::Problem;
use crate::reply::{HTML, JAVASCRIPT, Reply};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto::Provider;
use engine::Digests;
use hyper::StatusCode;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue,
    IF_NONE_MATCH,
};
use std::sync::LazyLock;

const CSS: &str = "text/css;charset=utf-8";

/// The page of a bulletin, which the console shows in a frame without scripts.
const BULLETIN: &str = include_str!("../../../apps/monitor/templates/bulletin.html");

/// What the console's page may do: run and wear what comes from here, ask here, and nothing else. A
/// bulletin's page that it shows wears the one style of its own.
pub(super) static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let style = style_of(BULLETIN).unwrap_or_default();
    let style = STANDARD.encode(Provider.sha256(style.as_bytes()));
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-{style}'; \
         img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).expect("ASCII")
});

/// The style within a page.
fn style_of(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once("<style>")?;
    rest.split_once("</style>").map(|(style, _)| style)
}

struct File {
    path: &'static str,
    media: &'static str,
    octets: &'static [u8],
}

/// One row a file: its path, what it is, where it is built.
static FILES: [File; 3] = [
    File {
        path: "/",
        media: HTML,
        octets: include_bytes!("../../../../console/dist/index.html"),
    },
    File {
        path: "/console.js",
        media: JAVASCRIPT,
        octets: include_bytes!("../../../../console/dist/console.js"),
    },
    File {
        path: "/console.css",
        media: CSS,
        octets: include_bytes!("../../../../console/dist/console.css"),
    },
];

/// A file of the console, unless the browser has it.
pub(super) fn answer(path: &str, headers: &HeaderMap) -> Result<Reply, Problem> {
    let file = FILES.iter().find(|file| file.path == path);
    let file = file.ok_or_else(Problem::not_found)?;
    let tag = format!("\"{}\"", hex::encode(Provider.sha256(file.octets)));
    let known = headers.get(IF_NONE_MATCH).and_then(|tag| tag.to_str().ok());
    let has_it = known.is_some_and(|known| known.split(',').any(|of| of.trim() == tag));
    let reply = if has_it {
        let media = HeaderValue::from_static(file.media);
        Reply::empty(StatusCode::NOT_MODIFIED).with(CONTENT_TYPE, media)
    } else {
        Reply::new(StatusCode::OK, file.media, file.octets)
    };
    Ok(reply
        .with_text(ETAG, &tag)
        .with(CACHE_CONTROL, HeaderValue::from_static("no-cache"))
        .with(CONTENT_SECURITY_POLICY, POLICY.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_a_bulletin_has_one_style_and_nothing_of_a_template_in_it() {
        let style = style_of(BULLETIN).unwrap();
        assert!(style.len() > 100 && !style.contains("{{") && !style.contains("{%"));
        assert_eq!(BULLETIN.matches("<style>").count(), 1);
        assert!(
            !BULLETIN.contains(" style="),
            "a policy would not let it be worn"
        );
    }

    #[test]
    fn the_built_page_has_nothing_inline_and_nothing_from_elsewhere() {
        let page = str::from_utf8(FILES[0].octets).unwrap();
        assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" on"));
        for part in page.split("<script").skip(1) {
            let (attributes, rest) = part.split_once('>').unwrap();
            assert!(attributes.contains("src=\"/console.js\""), "{attributes}");
            assert!(rest.starts_with("</script>"));
        }
        assert!(!page.contains("://"));
        let all: usize = FILES.iter().map(|file| file.octets.len()).sum();
        assert!(all < 400 << 10, "{all} octets");
    }

    #[test]
    fn a_browser_that_has_a_file_is_not_sent_it_again() {
        let whole = answer("/console.js", &HeaderMap::new()).unwrap();
        assert_eq!(whole.status, StatusCode::OK);
        let tag = hex::encode(Provider.sha256(FILES[1].octets));
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, format!("\"{tag}\"").parse().unwrap());
        let again = answer("/console.js", &headers).unwrap();
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
        assert!(answer("/../Cargo.toml", &headers).is_err());
    }
}
