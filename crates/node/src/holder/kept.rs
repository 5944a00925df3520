//! What the writer of a data set must not forget, as a small file in its data folder.
//!
//! No copy and no backup has it: whoever is brought back from one asks the registry first. Not
//! here: what it means (`standing`).

use super::standing::Kept;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The name of the file in the data folder.
pub(super) const FILE: &str = "data-set.json";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// What it is about: with another name or identity it means nothing.
    name: String,
    identity: String,
    standing: Kept,
    /// How suffixes of the reserved part begin, as hexadecimal digits of their canonical form.
    reserved: Vec<String>,
}

/// Where it is kept, and of what.
#[derive(Debug, Clone)]
pub(super) struct Keeping {
    path: PathBuf,
    name: String,
    identity: String,
}

impl Keeping {
    pub(super) fn new(folder: &Path, name: String, identity: String) -> Self {
        Self {
            path: folder.join(FILE),
            name,
            identity,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What was kept; nothing if that was of another data set, or never was.
    ///
    /// # Errors
    /// The file cannot be read: an operator must look, for what it says may be that another is the
    /// writer.
    pub(super) fn read(&self) -> io::Result<(Kept, Vec<Bytes>)> {
        let octets = match fs::read(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Default::default()),
            read => read?,
        };
        let written: Written = serde_json::from_slice(&octets)?;
        if written.name != self.name || written.identity != self.identity {
            return Ok(Default::default());
        }
        let reserved: Option<_> = written.reserved.iter().map(|it| octets_of(it)).collect();
        let reserved = reserved.ok_or_else(|| io::Error::from(ErrorKind::InvalidData))?;
        Ok((written.standing, reserved))
    }

    /// Keeps it instead of what was kept; durable when it returns.
    pub(super) fn write(&self, standing: Kept, reserved: &[Bytes]) -> io::Result<()> {
        let octets = serde_json::to_vec_pretty(&Written {
            name: self.name.clone(),
            identity: self.identity.clone(),
            standing,
            reserved: reserved.iter().map(|it| digits_of(it)).collect(),
        })?;
        let beside = self.path.with_extension("json.new");
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&beside)?;
        file.write_all(&octets)?;
        file.sync_all()?;
        fs::rename(&beside, &self.path)?;
        match self.path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }
}

fn digits_of(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{octet:02x}");
        text
    })
}

fn octets_of(digits: &str) -> Option<Bytes> {
    let pairs = digits.as_bytes().chunks(2);
    let octets = pairs.map(|pair| {
        let pair = str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    octets.collect::<Option<Vec<u8>>>().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::super::standing::Role;
    use super::*;

    #[test]
    fn it_is_kept_for_one_data_set_and_one_identity() {
        let folder = tempfile::tempdir().unwrap();
        let of = |name: &str, identity: &str| {
            Keeping::new(folder.path(), name.to_owned(), identity.to_owned())
        };
        let keeping = of("records:88", "300:0.NA/88");
        assert_eq!(keeping.read().unwrap(), Default::default());
        let kept = Kept {
            epoch: 7,
            role: Role::HandedBack,
            is_strict: true,
        };
        let reserved = [Bytes::from_static(b"R-\xff")];
        keeping.write(kept, &reserved).unwrap();
        assert_eq!(keeping.read().unwrap(), (kept, reserved.to_vec()));
        let other = Kept {
            epoch: 8,
            role: Role::Holder,
            is_strict: false,
        };
        keeping.write(other, &[]).unwrap();
        assert_eq!(keeping.read().unwrap(), (other, Vec::new()));
        let text = fs::read_to_string(keeping.path()).unwrap();
        assert!(text.contains("\"holder\""), "{text}");
        let stranger = of("records:88.1", "300:0.NA/88");
        assert_eq!(stranger.read().unwrap(), Default::default());
        let stranger = of("records:88", "301:0.NA/88");
        assert_eq!(stranger.read().unwrap(), Default::default());
        fs::write(keeping.path(), "torn").unwrap();
        assert!(keeping.read().is_err());
        fs::write(keeping.path(), text.replace("[]", "[\"0\"]")).unwrap();
        assert!(keeping.read().is_err(), "half an octet");
    }
}
