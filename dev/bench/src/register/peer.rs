//! PostgreSQL as the named peer: single inserts of the same data, each a transaction of its own.
//!
//! Found where Debian puts it; if it is not there the report says so. It refuses to be run by the
//! administrator of the machine, so it is run as the user that its package makes.

use crate::failure::{Failure, cannot};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

const VERSIONS: &str = "/usr/lib/postgresql";
const USER: &str = "postgres";

/// One insert, with data as long as that of our records.
const INSERT: &str = "\\set serial random(1, 9000000000000000)
INSERT INTO records VALUES ('88.100.7/PUMP-' || lpad(:serial::text, 16, '0'), \
'Centrifugal pump 040-100', 'https://pumps.example/p/' || lpad(:serial::text, 16, '0'), \
md5(:serial::text)) ON CONFLICT DO NOTHING;
";

const TABLE: &str = "CREATE TABLE records \
(identifier text PRIMARY KEY, name text, url text, digest text)";

/// The folder of its programs, the newest first; `None` if it is not installed.
pub(super) fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir(VERSIONS).ok()?;
    let folders = versions.filter_map(|version| Some(version.ok()?.path().join("bin")));
    folders
        .filter(|folder| folder.join("pgbench").exists())
        .max()
}

/// A database of its own in a folder. Dropping it stops it.
pub(super) struct Cluster<'a> {
    programs: &'a Path,
    folder: &'a Path,
}

impl<'a> Cluster<'a> {
    /// Makes and starts one. `commit_delay` is in microseconds, as in its configuration: how long a
    /// commit waits for others to share its sync.
    pub(super) fn start(
        programs: &'a Path,
        folder: &'a Path,
        commit_delay: u32,
    ) -> Result<Self, Failure> {
        let cluster = Self { programs, folder };
        run(Command::new("chown").arg(USER).arg(folder))?;
        let data = folder.join("data");
        run(cluster
            .program("initdb")
            .args(["--auth=trust", "--no-sync", "-D"])
            .arg(&data))?;
        let sockets = folder.display();
        let options = format!(
            "-k {sockets} -c listen_addresses= -c max_connections=200 \
             -c commit_delay={commit_delay}"
        );
        let log = folder.join("log");
        run(cluster
            .program("pg_ctl")
            .args(["start", "--wait", "--silent", "-o", &options, "-D"])
            .arg(&data)
            .arg("-l")
            .arg(&log))?;
        run(cluster
            .program("psql")
            .arg("-h")
            .arg(folder)
            .args(["-q", "-c", TABLE, USER]))?;
        Ok(cluster)
    }

    /// How many inserts a second are durable, of so many clients.
    pub(super) fn inserts_a_second(&self, clients: u64, lasts: Duration) -> Result<f64, Failure> {
        let script = self.folder.join("insert.sql");
        fs::write(&script, INSERT).map_err(cannot("write a script"))?;
        let seconds = lasts.as_secs().max(1).to_string();
        let output = run(self
            .program("pgbench")
            .arg("-h")
            .arg(self.folder)
            .args([
                "-n",
                "-M",
                "prepared",
                "-j",
                "2",
                "-c",
                &clients.to_string(),
            ])
            .args(["-T", &seconds, "-f"])
            .arg(&script)
            .arg(USER))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        transactions(&said).ok_or_else(|| format!("pgbench says no rate: {said}").into())
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new("runuser");
        command
            .args(["-u", USER, "--"])
            .arg(self.programs.join(name));
        command.current_dir(self.folder);
        command
    }
}

impl Drop for Cluster<'_> {
    fn drop(&mut self) {
        let data = self.folder.join("data");
        let stop = ["stop", "--silent", "--mode=immediate", "-D"];
        // Its folder is removed next; what does not stop then ends by itself.
        let _ = run(self.program("pg_ctl").args(stop).arg(data));
    }
}

fn run(command: &mut Command) -> Result<Output, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(cannot(format!("start {program}")))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{program} failed: {said}").into())
}

/// The rate in what `pgbench` says: `tps = 1234.5 (without initial connection time)`.
fn transactions(said: &str) -> Option<f64> {
    let mut lines = said.lines().rev();
    let rate = lines.find_map(|line| line.strip_prefix("tps = "))?;
    rate.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::transactions;

    #[test]
    fn the_rate_is_found_in_what_it_says() {
        let said = "latency average = 1.2 ms\ntps = 4321.5 (without initial connection time)\n";
        assert_eq!(transactions(said), Some(4321.5));
        assert_eq!(transactions("pgbench: error\n"), None);
    }
}
