//! Cuts one large JSON object into the members of its members, without reading it whole.
//!
//! `{"a":[1,2],"b":{"c":{…}}}` gives `1` and `2` of `a`, and `c` of `b`; a member that is no array
//! and no object gives itself. Each is bounded and may then be read by itself. Not here: what they
//! mean.

use super::lines::LINE_OCTETS_MAX;
use std::io::{self, BufRead};

#[cfg(test)]
mod tests;

/// The longest name of a member; identifiers have at most 2,048 octets.
const NAME_OCTETS_MAX: usize = 64 << 10;

/// A cut object.
pub(super) struct Members<R> {
    reader: R,
    at: Within,
    /// Octets that have been passed.
    octets: u64,
    outer: String,
    name: Option<String>,
    json: Vec<u8>,
}

/// Where the reader stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Start,
    /// Before a member of the whole object; whether one has been seen.
    Object(bool),
    /// Before a member of a member that is an array or object.
    Inner {
        closes_with: u8,
        has_some: bool,
    },
    End,
}

/// One member.
pub(super) struct Member<'m> {
    /// What the member of the whole object is called.
    pub(super) of: &'m str,
    /// What it is called within that, if that is an object.
    pub(super) name: Option<&'m str>,
    /// Its JSON; `None` if that is too long.
    pub(super) json: Option<&'m [u8]>,
}

/// Why the rest cannot be cut.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the file cannot be read further: {0}")]
    Io(#[from] io::Error),
    #[error("{expected} expected at octet {at}; the rest cannot be read")]
    Expected { expected: &'static str, at: u64 },
}

impl<R: BufRead> Members<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            at: Within::Start,
            octets: 0,
            outer: String::new(),
            name: None,
            json: Vec::new(),
        }
    }

    /// The next member; `None` at the end of the object.
    pub(super) fn next_member(&mut self) -> Result<Option<Member<'_>>, Error> {
        loop {
            match self.at {
                Within::Start => {
                    self.skip_byte_order_mark()?;
                    self.expect(b'{', "{")?;
                    self.at = Within::Object(false);
                }
                Within::Object(has_some) => {
                    if !self.goes_on(b'}', has_some)? {
                        self.at = Within::End;
                        self.expect_end()?;
                        continue;
                    }
                    self.outer = self.member_name()?;
                    self.at = Within::Object(true);
                    match self.next_visible()? {
                        Some(b'[') => self.enter(b']'),
                        Some(b'{') => self.enter(b'}'),
                        _ => {
                            self.name = None;
                            let fits = self.value()?;
                            return Ok(Some(self.member(fits)));
                        }
                    }
                }
                Within::Inner {
                    closes_with,
                    has_some,
                } => {
                    if !self.goes_on(closes_with, has_some)? {
                        self.at = Within::Object(true);
                        continue;
                    }
                    self.at = Within::Inner {
                        closes_with,
                        has_some: true,
                    };
                    self.name = match closes_with {
                        b'}' => Some(self.member_name()?),
                        _ => None,
                    };
                    let fits = self.value()?;
                    return Ok(Some(self.member(fits)));
                }
                Within::End => return Ok(None),
            }
        }
    }

    fn member(&self, fits: bool) -> Member<'_> {
        Member {
            of: &self.outer,
            name: self.name.as_deref(),
            json: fits.then_some(&self.json),
        }
    }

    fn enter(&mut self, closes_with: u8) {
        self.pass();
        self.at = Within::Inner {
            closes_with,
            has_some: false,
        };
    }

    /// Passes the comma before a further member; whether there is one.
    fn goes_on(&mut self, closes_with: u8, has_some: bool) -> Result<bool, Error> {
        match self.next_visible()? {
            Some(octet) if octet == closes_with => {
                self.pass();
                Ok(false)
            }
            Some(b',') if has_some => {
                self.pass();
                Ok(true)
            }
            Some(_) if !has_some => Ok(true),
            _ => Err(self.expected("a comma or the end of the list")),
        }
    }

    /// Reads `"name":`.
    fn member_name(&mut self) -> Result<String, Error> {
        if self.next_visible()? != Some(b'"') {
            return Err(self.expected("a name in quotes"));
        }
        let fits = self.value()? && self.json.len() <= NAME_OCTETS_MAX;
        let name = serde_json::from_slice(&self.json).ok().filter(|_| fits);
        let name = name.ok_or_else(|| self.expected("a name in quotes"))?;
        self.expect(b':', "a colon")?;
        Ok(name)
    }

    /// Takes one value into `json`; whether it fits.
    fn value(&mut self) -> Result<bool, Error> {
        self.json.clear();
        let mut scan = Scan::default();
        let mut fits = true;
        self.next_visible()?;
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Err(self.expected("the rest of a value"));
            }
            let taken = buffer.iter().position(|&octet| scan.ends_before(octet));
            let part = buffer.get(..taken.unwrap_or(buffer.len()));
            let part = part.unwrap_or_default();
            fits &= self.json.len() + part.len() <= LINE_OCTETS_MAX;
            if fits {
                self.json.extend_from_slice(part);
            }
            let used = part.len();
            self.reader.consume(used);
            self.octets += used as u64;
            if taken.is_some() {
                return Ok(fits);
            }
        }
    }

    fn skip_byte_order_mark(&mut self) -> Result<(), Error> {
        for expected in b"\xef\xbb\xbf" {
            if self.peek()? == Some(*expected) {
                self.pass();
            }
        }
        Ok(())
    }

    fn expect(&mut self, octet: u8, expected: &'static str) -> Result<(), Error> {
        if self.next_visible()? != Some(octet) {
            return Err(self.expected(expected));
        }
        self.pass();
        Ok(())
    }

    fn expect_end(&mut self) -> Result<(), Error> {
        match self.next_visible()? {
            None => Ok(()),
            Some(_) => Err(self.expected("the end of the file")),
        }
    }

    /// The next octet that is no white space, which is passed.
    fn next_visible(&mut self) -> Result<Option<u8>, Error> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.pass(),
                other => return Ok(other),
            }
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, Error> {
        Ok(self.reader.fill_buf()?.first().copied())
    }

    fn pass(&mut self) {
        self.reader.consume(1);
        self.octets += 1;
    }

    fn expected(&self, expected: &'static str) -> Error {
        let at = self.octets;
        Error::Expected { expected, at }
    }
}

/// Finds the end of a value, octet by octet.
#[derive(Default)]
struct Scan {
    depth: usize,
    is_in_string: bool,
    is_escaped: bool,
    is_over: bool,
}

impl Scan {
    /// Whether the value has ended before this octet.
    fn ends_before(&mut self, octet: u8) -> bool {
        if self.is_over {
            return true;
        }
        if self.is_escaped {
            self.is_escaped = false;
        } else if self.is_in_string {
            self.is_escaped = octet == b'\\';
            self.is_in_string = octet != b'"';
            self.is_over = !self.is_in_string && self.depth == 0;
        } else {
            match octet {
                b'"' => self.is_in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 0 => {
                    self.depth -= 1;
                    self.is_over = self.depth == 0;
                }
                b',' | b'}' | b']' if self.depth == 0 => return true,
                _ => (),
            }
        }
        false
    }
}
