//! The access log: a line for every question, in the form of the reference software.
//!
//! ```text
//! 192.0.2.7 UDP:HDL(2.11) "2026-11-22 10:42:31.011+0000" 1 1 0ms 88.156.1/pump
//! ```
//!
//! Who asked, how and in which version, when, the operation, the response code, how long it took,
//! the identifier. Neither values nor secrets. Octets of an identifier that could end or forge a
//! line, or change what a terminal shows, stand as `\u{…}` or `\x..`.
//!
//! Octets that are no message have a line too; what they do not tell stands as `-`:
//!
//! ```text
//! 192.0.2.7 UDP:HDL(-) "2026-11-22 10:42:31.011+0000" - - 0ms -
//! ```

use crate::config::{AccessLogKind, LogConfig};
use crate::logging;
use crate::metrics::Transport;
use jiff::Timestamp;
use model::octets::Reader;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, WorkerGuard};
use tracing_appender::rolling::{InitError, RollingFileAppender, Rotation};
use wire::{Opcode, Packet, ResponseCode, Version};

/// How much of an identifier is written; longer ones are cut. Those in use are far shorter.
const IDENTIFIER_OCTETS_MAX: usize = 2048;

/// Writes the lines, on a thread of its own.
#[derive(Debug)]
pub(crate) struct AccessLog {
    to: NonBlocking,
    dropped: ErrorCounter,
    failed: Arc<AtomicU64>,
    _writer: WorkerGuard,
}

/// What a line says; `None` is what the octets did not tell, and the code if nothing was answered.
#[derive(Debug, Clone)]
pub(crate) struct Access<'a> {
    pub(crate) peer: IpAddr,
    pub(crate) transport: Transport,
    pub(crate) version: Option<Version>,
    pub(crate) opcode: Option<Opcode>,
    pub(crate) code: Option<ResponseCode>,
    pub(crate) took: Duration,
    /// Empty where a question names none.
    pub(crate) identifier: Option<&'a [u8]>,
}

impl AccessLog {
    /// Starts the log, if one is configured.
    pub(crate) fn start(config: &LogConfig) -> Result<Option<Self>, InitError> {
        Ok(match config.access {
            AccessLogKind::Off => None,
            AccessLogKind::Stdout => Some(Self::to(io::stdout(), config)),
            AccessLogKind::File => {
                let files = RollingFileAppender::builder()
                    .rotation(Rotation::DAILY)
                    .filename_prefix("access")
                    .filename_suffix("log")
                    .max_log_files(config.access_files_max)
                    .build(&config.access_folder)?;
                Some(Self::to(files, config))
            }
        })
    }

    fn to(inner: impl Write + Send + 'static, config: &LogConfig) -> Self {
        let failed = Arc::default();
        let counting = Counting {
            inner,
            failed: Arc::clone(&failed),
        };
        let (to, writer) = logging::lossy(counting, config);
        Self {
            dropped: to.error_counter(),
            to,
            failed,
            _writer: writer,
        }
    }

    /// Writes a line, soon; nobody waits for it.
    pub(crate) fn note(&self, access: &Access<'_>) {
        let line = access.line(Timestamp::now());
        // What cannot be taken is counted by the writer.
        let _ = self.to.clone().write_all(line.as_bytes());
    }

    /// How many lines were left out: too many waited, or the file could not be written.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.dropped_lines() as u64 + self.failed.load(Ordering::Relaxed)
    }
}

/// Counts lines that could not be written, such as to a full disk.
struct Counting<W> {
    inner: W,
    failed: Arc<AtomicU64>,
}

impl<W: Write> Write for Counting<W> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if self.inner.write_all(octets).is_err() {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Access<'_> {
    fn line(&self, now: Timestamp) -> String {
        let time = now.strftime("%Y-%m-%d %H:%M:%S%.3f%z");
        format!(
            "{} {}:HDL({}) \"{time}\" {} {} {}ms {}\n",
            self.peer,
            self.transport.name(),
            known(self.version),
            known(self.opcode.map(|opcode| opcode.0)),
            known(self.code.map(|code| code.0)),
            self.took.as_millis(),
            known(self.identifier.map(printable))
        )
    }
}

fn known(what: Option<impl ToString>) -> String {
    what.map_or_else(|| "-".to_owned(), |what| what.to_string())
}

/// The identifier that a request is about; nothing where it names none, or is encrypted.
pub(crate) fn identifier(request: &Packet) -> &[u8] {
    let payload = &request.payload;
    let is_named = matches!(opcode(payload).0, 1 | 2 | 100..=106 | 300..=302);
    let length = payload.get(HEADER_OCTETS..HEADER_OCTETS + 4);
    let length = length.map_or(0, |octets| number(octets) as usize);
    let start = HEADER_OCTETS + 4;
    match payload.get(start..start.saturating_add(length)) {
        Some(identifier) if is_named => identifier,
        _ => &[],
    }
}

/// A header's length: the body follows, with the identifier in front.
const HEADER_OCTETS: usize = 24;

/// The operation that the header of a message names.
pub(crate) fn opcode(payload: &[u8]) -> Opcode {
    Opcode(payload.get(..4).map_or(0, number))
}

/// The response code that the header of a message names.
pub(crate) fn response_code(payload: &[u8]) -> ResponseCode {
    ResponseCode(payload.get(4..8).map_or(0, number))
}

fn number(octets: &[u8]) -> u32 {
    let mut reader = Reader::new(bytes::Bytes::copy_from_slice(octets));
    reader.u32("number").unwrap_or(0)
}

/// Text that keeps to its line: everything that is no visible character is escaped.
fn printable(octets: &[u8]) -> String {
    let mut out = String::with_capacity(octets.len());
    let octets = octets.get(..IDENTIFIER_OCTETS_MAX).unwrap_or(octets);
    for chunk in octets.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                ' ' => out.push(' '),
                '\\' => out.push_str("\\\\"),
                // Escapes controls and what is invisible or turns the direction of text.
                '"' | '\'' => out.push(character),
                _ => out.extend(character.escape_debug()),
            }
        }
        for octet in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\x{octet:02x}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(identifier: &[u8]) -> String {
        let access = Access {
            peer: "192.0.2.7".parse().unwrap(),
            transport: Transport::Tcp,
            version: Some(Version::NEWEST),
            opcode: Some(Opcode::CREATE_HANDLE),
            code: Some(ResponseCode::SUCCESS),
            took: Duration::from_micros(78_900),
            identifier: Some(identifier),
        };
        access.line("2015-05-27T17:31:42.011Z".parse().unwrap())
    }

    #[test]
    fn a_line_as_the_reference_software_writes_it() {
        assert_eq!(
            line(b"12345/1"),
            "192.0.2.7 TCP:HDL(2.11) \"2015-05-27 17:31:42.011+0000\" 100 1 78ms 12345/1\n"
        );
    }

    #[test]
    fn an_identifier_cannot_forge_a_line_nor_command_a_terminal() {
        let check = |identifier: &[u8], expected: &str| {
            let line = line(identifier);
            assert_eq!(line.lines().count(), 1, "{line:?}");
            assert!(line.ends_with(&format!("ms {expected}\n")), "{line:?}");
        };
        check("88/泵 a\"'".as_bytes(), "88/泵 a\"'");
        check(b"88/a\n1.2.3.4 TCP", "88/a\\n1.2.3.4 TCP");
        check(b"88/\x1b[31m", "88/\\u{1b}[31m");
        check("88/\u{202e}x\u{2028}".as_bytes(), "88/\\u{202e}x\\u{2028}");
        check(b"88/\xff\\", "88/\\xff\\\\");
        check("88/\u{85}".as_bytes(), "88/\\u{85}");
    }

    #[test]
    fn what_cannot_be_written_is_counted_and_nobody_waits() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let log = AccessLog::to(Full, &LogConfig::default());
        let failed = Arc::clone(&log.failed);
        let _ = log.to.clone().write_all(b"a line\n");
        drop(log);
        assert_eq!(failed.load(Ordering::Relaxed), 1);
    }
}
