//! The program that people run, run as they do.

use crate::failure::{Failure, cannot};
use crate::process::Process;
use crate::statistics::real;
use rustix::param::clock_ticks_per_second;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What an import took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Import {
    /// From start to end.
    pub(super) took: Duration,
    /// For how long its threads ran, together.
    pub(super) ran: Duration,
}

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

    /// Imports a table into a data folder; says what that took, from start to end.
    pub(super) fn import(&self, table: &Path, data: &Path) -> Result<Import, Failure> {
        let ran_before = ran_by_ended()?;
        let started = Instant::now();
        let output = self
            .command("import", data)
            .arg(table)
            .stdin(Stdio::null())
            .output()
            .map_err(cannot(format!("start {}", self.path.display())))?;
        let took = started.elapsed();
        if output.status.success() {
            let ran = ran_by_ended()?.saturating_sub(ran_before);
            return Ok(Import { took, ran });
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

/// For how long all processes ran that we have started and that have ended.
fn ran_by_ended() -> Result<Duration, Failure> {
    let path = "/proc/self/stat";
    let stat = std::fs::read_to_string(path).map_err(cannot(format!("read {path}")))?;
    let ticks = children_ticks(&stat).ok_or("the system does not tell how long processes ran")?;
    Ok(Duration::from_secs_f64(
        real(ticks) / real(clock_ticks_per_second()),
    ))
}

/// The fields `cutime` and `cstime` of a process's `stat`, added. What stands before them is a name
/// in parentheses, which may hold anything, and 14 fields.
fn children_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(13);
    let [user, system] = [times.next()?, times.next()?].map(str::parse::<u64>);
    Some(user.ok()? + system.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_ended_processes_are_found_behind_any_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 9 8 7 6 50 60 300 40 20 0 1 0 99 1 2 3";
        assert_eq!(children_ticks(stat), Some(340));
        assert_eq!(children_ticks("7 (a) S 1"), None);
    }
}
