//! A file as lines of bounded length. Not here: what a line means.

use std::io::{self, BufRead};

/// The longest line: more than any record takes whose values fit one (256,000 octets, six
/// characters of JSON for each at worst).
///
/// A longer line is skipped and refused; the lines after it go on.
pub(super) const LINE_OCTETS_MAX: usize = 4 << 20;

/// What spreadsheets and editors leave at the start of UTF-8 files.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Lines of a file, without their ends.
pub(super) struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    number: u64,
}

/// One line.
pub(super) enum Line<'l> {
    /// Its octets, without `\n` or `\r\n`.
    Octets(&'l [u8]),
    /// More than [`LINE_OCTETS_MAX`].
    TooLong,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self {
            reader,
            line: Vec::new(),
            number: 0,
        }
    }

    /// The number of the line that was read last, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The next line; `None` at the end.
    pub(super) fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let mut is_too_long = false;
        let mut is_begun = false;
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            is_begun = true;
            let end = buffer.iter().position(|&octet| octet == b'\n');
            let part = buffer.get(..end.unwrap_or(buffer.len()));
            let part = part.unwrap_or_default();
            is_too_long |= self.line.len() + part.len() > LINE_OCTETS_MAX;
            if !is_too_long {
                self.line.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.reader.consume(used);
            if end.is_some() {
                break;
            }
        }
        if !is_begun {
            return Ok(None);
        }
        self.number += 1;
        if is_too_long {
            return Ok(Some(Line::TooLong));
        }
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        let line = match self.number {
            1 => line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line),
            _ => line,
        };
        Ok(Some(Line::Octets(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &[u8], buffer_octets: usize) -> Vec<String> {
        let mut lines = Lines::new(io::BufReader::with_capacity(buffer_octets, file));
        let mut all = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            all.push(match line {
                Line::Octets(octets) => octets.escape_ascii().to_string(),
                Line::TooLong => "too long".to_owned(),
            });
        }
        assert_eq!(lines.number(), all.len() as u64);
        all
    }

    #[test]
    fn lines_end_in_any_way_and_at_any_split() {
        for buffer_octets in 1..20 {
            let file = b"\xef\xbb\xbfone\r\n\ntwo\rtwo\n\xff\n\nlast";
            let expected = ["one", "", "two\\rtwo", "\\xff", "", "last"];
            assert_eq!(read(file, buffer_octets), expected, "{buffer_octets}");
        }
        assert!(read(b"", 8).is_empty());
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory_nor_swallow_the_next() {
        let mut file = vec![b'x'; LINE_OCTETS_MAX];
        file.extend_from_slice(b"\nshort\n");
        file.extend(vec![b'y'; LINE_OCTETS_MAX + 1]);
        file.extend_from_slice(b"\nshort");
        let all = read(&file, 64 << 10);
        assert_eq!(all[0].len(), LINE_OCTETS_MAX);
        assert_eq!(all[1..], ["short", "too long", "short"]);
    }
}
