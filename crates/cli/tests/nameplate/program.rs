//! Runs the program and listens to it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};

/// The program with arguments.
pub(crate) fn nameplate<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nameplate"));
    command
        .args(arguments)
        .env("LC_ALL", "C")
        .env_remove("NAMEPLATE_LOG");
    command
}

/// Runs the program to its end.
pub(crate) fn run<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Output {
    nameplate(arguments)
        .output()
        .expect("the program can be started")
}

/// The exit code, standard output and standard error of a run.
pub(crate) fn told(output: &Output) -> (i32, String, String) {
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let code = output.status.code().unwrap_or(-1);
    (code, text(&output.stdout), text(&output.stderr))
}

/// A path as text.
pub(crate) fn path(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

/// A node in a process of its own, on a free port. Dropping it kills it.
pub(crate) struct ServingNode {
    process: Child,
    out: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
    /// Where it listens for HTTP.
    http: SocketAddr,
}

impl ServingNode {
    /// Starts a node and waits until it listens.
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_with(data, &["--listen", "127.0.0.1:0"])
    }

    /// Starts a node again on the addresses it had, and waits until it listens.
    pub(crate) fn start_on(data: &Path, (address, http): (SocketAddr, SocketAddr)) -> Self {
        let (address, http) = (address.to_string(), http.to_string());
        Self::start_with(data, &["--listen", &address, "--http", &http])
    }

    /// Starts a node with arguments of its own and waits until it listens.
    pub(crate) fn start_with(data: &Path, arguments: &[&str]) -> Self {
        let first = ["serve", "--data", path(data)];
        let http: &[&str] = if arguments.contains(&"--http") {
            &[]
        } else {
            &["--http", "127.0.0.1:0"]
        };
        let mut process = nameplate(first.iter().chain(http).chain(arguments).copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let mut out = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut listening = || {
            let mut line = String::new();
            out.read_line(&mut line).expect("it says where it listens");
            let address = line.split(' ').nth(2);
            let address = address.and_then(|address| address.parse().ok());
            address.unwrap_or_else(|| panic!("no address in {line:?}"))
        };
        let (address, http) = (listening(), listening());
        Self {
            process,
            out,
            address,
            http,
        }
    }

    /// Where it listens, over UDP and TCP, and over HTTP.
    pub(crate) fn addresses(&self) -> (SocketAddr, SocketAddr) {
        (self.address, self.http)
    }

    pub(crate) fn server(&self) -> String {
        self.address.to_string()
    }

    /// Where it answers HTTP and HTTPS.
    pub(crate) fn http(&self) -> String {
        self.http.to_string()
    }

    /// The memory it holds, in KiB; a number of the kernel's.
    pub(crate) fn resident_kib(&self) -> u64 {
        let file = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(file).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
        number
            .and_then(|number| number.parse().ok())
            .expect("a number")
    }

    /// What it says on standard error from now on.
    pub(crate) fn take_stderr(&mut self) -> ChildStderr {
        self.process
            .stderr
            .take()
            .expect("it is piped, and taken once")
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &id])
            .status()
            .expect("kill is there");
        assert!(sent.success());
    }

    /// Sends SIGTERM, waits for the end, and gives the exit code and what was said last.
    pub(crate) fn terminate(mut self) -> (Option<i32>, String) {
        self.signal("TERM");
        let status = self.process.wait().expect("it ends");
        let mut said = String::new();
        while self.out.read_line(&mut said).expect("it writes text") > 0 {}
        (status.code(), said)
    }

    /// Sends SIGKILL and waits for the end.
    pub(crate) fn kill(mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ran");
    }
}

impl Drop for ServingNode {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
