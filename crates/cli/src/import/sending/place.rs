//! Where it is kept how far an import with a node came: a file of the asker's own, for the node
//! knows nothing of files.

use super::super::checkpoint::Checkpoint;
use super::super::input::Input;
use engine::Digests;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How often it is kept. After a kill at most what was acknowledged in this time is sent again.
const KEEP_EVERY: Duration = Duration::from_millis(200);

/// The file that says how far an import came.
pub(super) struct Progress {
    /// None if the input cannot be read again, or nothing says where such files are.
    path: Option<PathBuf>,
    kept_at: Instant,
}

impl Progress {
    /// That of a file and a node.
    pub(super) fn of(server: &str, input: &Input) -> Self {
        let named = input.again.as_ref().and_then(|(path, _)| {
            let octets = [server.as_bytes(), b"\n", path.as_os_str().as_bytes()].concat();
            let digest = crypto::Provider.sha256(&octets);
            let name = hex::encode(digest.get(..16)?);
            Some(folder()?.join(format!("{name}.import")))
        });
        Self {
            path: named,
            kept_at: Instant::now(),
        }
    }

    /// What was kept last.
    pub(super) fn kept(&self) -> Option<Vec<u8>> {
        fs::read(self.path.as_ref()?).ok()
    }

    /// Whether it is time to keep it again.
    pub(super) fn is_due(&self) -> bool {
        self.kept_at.elapsed() >= KEEP_EVERY
    }

    /// Keeps how far an import came. Where that fails it cannot go on from there later, and no
    /// more.
    pub(super) fn keep(&mut self, checkpoint: &Checkpoint) {
        self.kept_at = Instant::now();
        let (Some(path), Some((_, Some(octets)))) = (&self.path, checkpoint.entry()) else {
            return;
        };
        let new = path.with_extension("new");
        let kept = path
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| fs::write(&new, &octets))
            .and_then(|()| fs::rename(&new, path));
        if let Err(error) = kept {
            tracing::warn!(path = %path.display(), %error, "how far the import came is not kept");
        }
    }
}

/// Where such files are, as the XDG base directory specification says.
fn folder() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|text| !text.is_empty());
    let home = || Some(PathBuf::from(set("HOME")?).join(".local/state"));
    let folder = set("XDG_STATE_HOME").map(PathBuf::from).or_else(home)?;
    Some(folder.join("nameplate"))
}
