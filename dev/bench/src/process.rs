//! Processes that are measured: started, listened to, and ended whatever happens.

use crate::failure::{Failure, cannot};
use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A process that says on standard output where it listens. Dropping it kills it.
pub(crate) struct Process {
    child: Child,
    /// Open for as long as we live: our own processes end when it is closed.
    _stdin: Option<ChildStdin>,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// How long it took from its start to saying so.
    pub(crate) ready_after: Duration,
}

impl Process {
    /// Starts a process and waits until a line of it names an address.
    pub(crate) fn start(command: &mut Command) -> Result<Self, Failure> {
        let program = command.get_program().to_string_lossy().into_owned();
        let started = Instant::now();
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(cannot(format!("start {program}")))?;
        let out = child.stdout.take();
        let address = out.and_then(|out| BufReader::new(out).lines().find_map(address_in));
        let mut process = Self {
            _stdin: child.stdin.take(),
            child,
            address: SocketAddr::from(([0; 4], 0)),
            ready_after: started.elapsed(),
        };
        process.address = address.ok_or(format!("{program} ended without listening"))?;
        Ok(process)
    }

    /// Starts this program again, as something else.
    pub(crate) fn start_myself(arguments: &[&str]) -> Result<Self, Failure> {
        let program = std::env::current_exe().map_err(cannot("find this program"))?;
        Self::start(Command::new(program).args(arguments))
    }

    /// The process's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How much memory the process has resident, in octets.
    pub(crate) fn resident_octets(&self) -> Result<u64, Failure> {
        let path = format!("/proc/{}/status", self.id());
        let status = std::fs::read_to_string(&path).map_err(cannot(format!("read {path}")))?;
        resident(&status).ok_or_else(|| format!("{path} does not tell VmRSS").into())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first word of a line that is an address.
fn address_in(line: io::Result<String>) -> Option<SocketAddr> {
    line.ok()?.split(' ').find_map(|word| word.parse().ok())
}

/// The resident memory in the words of Linux, in octets.
fn resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Says, as such a process, where it listens.
pub(crate) fn say_address(address: SocketAddr) {
    println!("listening on {address}");
}

/// Waits, as such a process, until who started it has closed our input or is gone.
pub(crate) fn wait_for_end() {
    // An error says as well that nobody is there any more.
    let _ = io::stdin().lock().read_to_end(&mut Vec::new());
}

/// Ends this process as soon as who started it is gone.
pub(crate) fn end_with_parent() {
    thread::spawn(|| {
        wait_for_end();
        std::process::exit(0);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_what_a_node_says() {
        let found = |line: &str| address_in(Ok(line.to_owned())).map(|found| found.to_string());
        let said = "listening on 127.0.0.1:2641 (UDP and TCP)";
        assert_eq!(found(said).as_deref(), Some("127.0.0.1:2641"));
        assert_eq!(found("listening on [::1]:7").as_deref(), Some("[::1]:7"));
        assert_eq!(found("ready after 7 ms; Ctrl-C stops"), None);
    }

    #[test]
    fn resident_memory_is_counted_in_octets() {
        let status = "VmPeak:\t  9 kB\nVmRSS:\t    1024 kB\nRssAnon:\t 1 kB\n";
        assert_eq!(resident(status), Some(1 << 20));
        assert_eq!(resident("VmPeak:\t  9 kB\n"), None);
    }

    #[test]
    fn a_process_that_only_ends_is_an_error() {
        let error = Process::start(&mut Command::new("true")).err();
        let error = error.map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("true ended without listening"));
    }
}
