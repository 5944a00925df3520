//! Whether a browser may be sent to an address, and how the address is written.
//!
//! Whoever registers an identifier chooses the address. So only schemes are taken that a browser
//! opens without running anything, and whatever could end a header is encoded.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What no address may hold as it is (RFC 3986): control characters and spaces, what browsers
/// read otherwise than programs do, and all that is not ASCII. Percent signs stay: the address is
/// encoded already.
const ADDRESS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Schemes that name a host after two slashes.
const SCHEMES_WITH_HOST: [&str; 3] = ["http", "https", "ftp"];

/// An address a browser may be sent to: of the web, a file server or a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target(String);

impl Target {
    /// Takes text as an address; nothing if a browser must not be sent there.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (scheme, rest) = text.split_once(':')?;
        let is_scheme = |known: &&str| scheme.eq_ignore_ascii_case(known);
        let has_host = || {
            let host = rest.strip_prefix("//")?;
            host.starts_with(|first: char| !matches!(first, '/' | '\\' | '?' | '#'))
                .then_some(())
        };
        let is_known = if SCHEMES_WITH_HOST.iter().any(is_scheme) {
            has_host().is_some()
        } else {
            is_scheme(&"mailto") && !rest.is_empty()
        };
        is_known.then(|| Self(utf8_percent_encode(text, ADDRESS).to_string()))
    }

    /// The address, in ASCII without control characters.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The address with something appended, which stays with the same host: what is appended to a
    /// bare host begins a path there.
    pub(crate) fn with(&self, appended: &str) -> Self {
        let is_bare = self
            .0
            .split_once("://")
            .is_some_and(|(_, rest)| !rest.contains(ENDS_HOST));
        let begins_path = appended.is_empty() || appended.starts_with(ENDS_HOST);
        let slash = if is_bare && !begins_path { "/" } else { "" };
        let appended = utf8_percent_encode(appended, ADDRESS);
        Self(format!("{}{slash}{appended}", self.0))
    }
}

const ENDS_HOST: [char; 3] = ['/', '?', '#'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_run_nothing_are_taken() {
        let parse = |text: &str| Target::parse(text).map(|target| target.0);
        let same = |text: &str| assert_eq!(parse(text).as_deref(), Some(text));
        same("https://example.org/a?b=c#d");
        same("HTTP://example.org");
        same("ftp://example.org/");
        same("mailto:a@example.org");
        for no in [
            "javascript:alert(1)",
            "data:text/html,x",
            "java\nscript:alert(1)",
            "file:///etc/passwd",
            "//example.org/",
            "https:example.org",
            "https:///example.org",
            "https://\\example.org",
            "mailto:",
            "example.org",
            "",
        ] {
            assert_eq!(parse(no), None, "{no}");
        }
    }

    #[test]
    fn nothing_ends_a_header_and_everything_is_ascii() {
        let target = Target::parse("https://example.org/a\r\nSet-Cookie: b\0泵\\").unwrap();
        assert_eq!(
            target.as_str(),
            "https://example.org/a%0D%0ASet-Cookie:%20b%00%E6%B3%B5%5C"
        );
    }

    #[test]
    fn what_is_appended_stays_with_the_host() {
        let check = |target: &str, appended: &str, expected: &str| {
            assert_eq!(
                Target::parse(target).unwrap().with(appended).as_str(),
                expected
            );
        };
        check("https://example.org/a", "?x=1", "https://example.org/a?x=1");
        check("https://example.org/a", "b", "https://example.org/ab");
        check("https://example.org", "?x=1", "https://example.org?x=1");
        check(
            "https://example.org",
            ".evil.org",
            "https://example.org/.evil.org",
        );
        check(
            "https://example.org",
            "@evil.org",
            "https://example.org/@evil.org",
        );
        check(
            "https://example.org",
            ":80@evil.org",
            "https://example.org/:80@evil.org",
        );
        check(
            "https://example.org",
            "\\evil",
            "https://example.org/%5Cevil",
        );
        check(
            "https://example.org/",
            "\r\nA: b",
            "https://example.org/%0D%0AA:%20b",
        );
    }
}
