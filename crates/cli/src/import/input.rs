//! The file that is imported: a path or standard input, compressed or not, and its format.

use super::ImportArguments;
use clap::ValueEnum;
use flate2::bufread::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

/// Named instead of a file, it means standard input.
const STANDARD_INPUT: &str = "-";

/// How octets of gzip begin (RFC 1952 section 2.3.1).
const GZIP_START: [u8; 2] = [0x1f, 0x8b];

/// Large enough that reading costs few system calls.
const BUFFER_OCTETS: usize = 256 << 10;

/// How the records stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    /// JSON Lines: a record a line, as the HTTP API answers it.
    Jsonl,
    /// A table; with `--mapping` of any shape.
    Csv,
    /// The language of the Handle System's batch files.
    Batch,
    /// One JSON object with all records, as the reference server loads and clients keep it.
    ReferenceJson,
}

impl Format {
    /// What an extension says; `.gz` behind it does not count.
    fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        match name.rsplit_once('.')?.1 {
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "csv" | "tsv" => Some(Self::Csv),
            "batch" | "hdl" | "txt" => Some(Self::Batch),
            "json" => Some(Self::ReferenceJson),
            _ => None,
        }
    }
}

/// Tells a file from what it was before somebody wrote to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    octets: u64,
    modified_ns: u64,
}

/// An open file.
pub(super) struct Input {
    pub(super) reader: Box<dyn BufRead>,
    pub(super) format: Format,
    /// What it is called in messages.
    pub(super) name: String,
    /// Its folder, if it has one.
    pub(super) folder: Option<PathBuf>,
    /// Its full path and state, if it can be read again from the start.
    pub(super) again: Option<(PathBuf, State)>,
    /// How many octets there are, if that is known.
    pub(super) octets: Option<u64>,
    /// How many octets have been read.
    pub(super) octets_read: Arc<AtomicU64>,
}

impl Input {
    pub(super) fn open(arguments: &ImportArguments) -> Result<Self, String> {
        let path = &arguments.file;
        let is_standard = path.as_os_str() == STANDARD_INPUT;
        let name = if is_standard {
            "standard input".to_owned()
        } else {
            path.display().to_string()
        };
        let named = |error: io::Error| format!("{name}: {error}");
        let format = arguments.format.or_else(|| Format::of(path));
        let format = format.ok_or_else(|| {
            format!("{name}: the name does not say what it is; add --format, see --help")
        })?;
        let octets_read = Arc::new(AtomicU64::new(0));
        let count = |reader| Counted {
            reader,
            octets: Arc::clone(&octets_read),
        };
        if is_standard {
            return Ok(Self {
                reader: unpacked(count(Box::new(io::stdin()))).map_err(named)?,
                format,
                name,
                folder: None,
                again: None,
                octets: None,
                octets_read,
            });
        }
        let file = File::open(path).map_err(named)?;
        let metadata = file.metadata().map_err(named)?;
        if metadata.is_dir() {
            return Err(format!("{name}: is a folder"));
        }
        let full = path.canonicalize().map_err(named)?;
        let modified = metadata.modified().map_err(named)?;
        let modified = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        let state = State {
            octets: metadata.len(),
            modified_ns: u64::try_from(modified.as_nanos()).unwrap_or(u64::MAX),
        };
        let is_file = metadata.is_file();
        Ok(Self {
            reader: unpacked(count(Box::new(file))).map_err(named)?,
            format,
            name,
            folder: full.parent().map(Path::to_owned),
            again: is_file.then_some((full, state)),
            octets: is_file.then_some(metadata.len()),
            octets_read,
        })
    }
}

/// The octets themselves, whether or not they come compressed.
fn unpacked(counted: Counted) -> io::Result<Box<dyn BufRead>> {
    let mut reader = BufReader::with_capacity(BUFFER_OCTETS, counted);
    if reader.fill_buf()?.starts_with(&GZIP_START) {
        let unpacked = MultiGzDecoder::new(reader);
        return Ok(Box::new(BufReader::with_capacity(BUFFER_OCTETS, unpacked)));
    }
    Ok(Box::new(reader))
}

/// Counts what is read.
struct Counted {
    reader: Box<dyn Read>,
    octets: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let octets = self.reader.read(buffer)?;
        self.octets.fetch_add(octets as u64, Ordering::Relaxed);
        Ok(octets)
    }
}
