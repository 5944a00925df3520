//! The program that people run, run as they do.

use crate::failure::{Failure, cannot};
use crate::process::Process;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The binary `nameplate`.
pub(super) struct Nameplate {
    path: PathBuf,
}

impl Nameplate {
    /// Takes the one at `path`, or builds it: an old one must not be measured by mistake.
    pub(super) fn find(path: Option<&Path>) -> Result<Self, Failure> {
        path.map_or_else(Self::build, |path| {
            Ok(Self {
                path: path.to_owned(),
            })
        })
    }

    /// Builds it where this program was built: `<target>/release/bench` knows `<target>`.
    fn build() -> Result<Self, Failure> {
        let me = env::current_exe().map_err(cannot("find this program"))?;
        let target = me
            .ancestors()
            .nth(2)
            .ok_or("this program lies in no target folder")?;
        let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
        let built = Command::new(cargo)
            .args(["build", "--release", "--quiet", "--bin", "nameplate"])
            .args(["--manifest-path", manifest, "--target-dir"])
            .arg(target)
            .status();
        let built = built.map_err(cannot("run cargo to build nameplate; see --nameplate"))?;
        if !built.success() {
            return Err("nameplate does not build".into());
        }
        Ok(Self {
            path: target.join("release/nameplate"),
        })
    }

    /// Imports a table into a data folder; says how long that took, from start to end.
    pub(super) fn import(&self, table: &Path, data: &Path) -> Result<Duration, Failure> {
        let started = Instant::now();
        let output = self
            .command("import", data)
            .arg(table)
            .stdin(Stdio::null())
            .output()
            .map_err(cannot(format!("start {}", self.path.display())))?;
        let took = started.elapsed();
        if output.status.success() {
            return Ok(took);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("an import failed: {}", said.trim()).into())
    }

    /// Starts a node on a data folder, with every setting at its default.
    pub(super) fn serve(&self, data: &Path) -> Result<Process, Failure> {
        Process::start(self.command("serve", data).args([
            "--listen",
            "127.0.0.1:0",
            "--http",
            "127.0.0.1:0",
        ]))
    }

    fn command(&self, name: &str, data: &Path) -> Command {
        let mut command = Command::new(&self.path);
        command
            .arg(name)
            .arg("--data")
            .arg(data)
            .env_remove("NAMEPLATE_LOG");
        command
    }
}
