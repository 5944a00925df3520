//! `login.toml`: what `nameplate login` keeps. Paths, never a key or a secret.

use super::{Proof, Settled};
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What is kept.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    pub(super) server: Option<String>,
    #[serde(rename = "as")]
    pub(super) identity: Option<String>,
    key: Option<PathBuf>,
    passphrase_file: Option<PathBuf>,
    secret_file: Option<PathBuf>,
    pub(super) site_key: Option<PathBuf>,
    #[serde(default)]
    pub(super) session: bool,
}

impl Kept {
    pub(super) fn of(settled: &Settled) -> Result<Self, String> {
        let (key, passphrase_file, secret_file) = match &settled.proof {
            Proof::Key { file, passphrase } => (Some(file), passphrase.as_ref(), None),
            Proof::Secret(file) => (None, None, Some(file)),
            Proof::Said(_) | Proof::Opened(..) => (None, None, None),
        };
        let whole = |path: Option<&PathBuf>| path.map(|path| whole(path)).transpose();
        Ok(Self {
            server: Some(settled.server.clone()),
            identity: Some(settled.identity.to_string()),
            key: whole(key)?,
            passphrase_file: whole(passphrase_file)?,
            secret_file: whole(secret_file)?,
            site_key: whole(settled.site_key.as_ref())?,
            session: settled.session,
        })
    }

    /// What is kept; none if nothing is.
    pub(super) fn read() -> Result<Option<Self>, String> {
        let Some(path) = path() else {
            return Ok(None);
        };
        match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text)
                .map(Some)
                .map_err(|error| format!("{}: {error}", path.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("{}: {error}", path.display())),
        }
    }

    /// Keeps it instead of what was kept, for nobody else to read; tells where.
    pub(super) fn write(&self) -> Result<PathBuf, String> {
        let path = path().ok_or("neither XDG_CONFIG_HOME nor HOME says where to keep it")?;
        let text = toml::to_string(self).map_err(|error| error.to_string())?;
        let named = |error: std::io::Error| format!("{}: {error}", path.display());
        let folder = path.parent().unwrap_or(Path::new("."));
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(named)?;
        let new = path.with_extension("toml.new");
        // A file that was left behind may have another mode.
        let _ = fs::remove_file(&new);
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&new);
        file.and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&new, &path))
        .map_err(named)?;
        Ok(path)
    }

    pub(super) fn proof(&self) -> Option<Proof> {
        if let Some(file) = &self.key {
            return Some(Proof::Key {
                file: file.clone(),
                passphrase: self.passphrase_file.clone(),
            });
        }
        self.secret_file.clone().map(Proof::Secret)
    }
}

fn whole(path: &Path) -> Result<PathBuf, String> {
    path.canonicalize()
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// Where it is kept, as the XDG base directory specification says.
fn path() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|text| !text.is_empty());
    let home = || Some(Path::new(&set("HOME")?).join(".config"));
    let folder = set("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home)?;
    Some(folder.join("nameplate/login.toml"))
}
