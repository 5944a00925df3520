//! The socket in a data folder: its place, its mode, and who is at the other end.

use super::SOCKET_FILE;
use rustix::net::sockopt::socket_peercred;
use rustix::process::geteuid;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// A data folder, held open: a socket's path has at most 107 octets, a folder's may have more, so
/// the socket is reached through the open folder.
pub(super) struct Place {
    folder: File,
}

impl Place {
    pub(super) fn new(data: &Path) -> io::Result<Self> {
        let folder = File::open(data)?;
        Ok(Self { folder })
    }

    fn path(&self) -> PathBuf {
        let number = self.folder.as_raw_fd();
        PathBuf::from(format!("/proc/self/fd/{number}/{SOCKET_FILE}"))
    }

    /// Listens. What an earlier process left there is removed: this one has the folder's lock.
    pub(super) fn listen(&self) -> io::Result<UnixListener> {
        self.remove();
        let listener = UnixListener::bind(self.path())?;
        // Until then the folder, which only its owner may look into, keeps strangers away.
        fs::set_permissions(self.path(), Permissions::from_mode(0o600))?;
        Ok(listener)
    }

    pub(super) fn connect(&self) -> io::Result<UnixStream> {
        UnixStream::connect(self.path())
    }

    pub(super) fn remove(&self) {
        // If it cannot be removed, binding says so.
        let _ = fs::remove_file(self.path());
    }
}

/// Whether this process's user is at the other end.
pub(super) fn is_own_user(stream: &UnixStream) -> io::Result<bool> {
    Ok(socket_peercred(stream)?.uid == geteuid())
}
