//! A node of the demo: a process of its own, with its own folder and sockets.

use super::cast::Part;
use node::Config;
use node::founding::{self, Keys, Listening};
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use store::{Options, Store};

/// A node that runs, or did.
pub(super) struct Machine {
    pub(super) part: &'static Part,
    folder: PathBuf,
    running: Option<Running>,
    pub(super) addresses: Addresses,
}

struct Running {
    process: Child,
    /// What it says; taken until it is ready, and kept open after that.
    out: BufReader<ChildStdout>,
}

/// Where a node answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses {
    /// The protocol, over UDP and TCP.
    pub(super) native: SocketAddr,
    /// HTTP and HTTPS.
    pub(super) http: SocketAddr,
}

impl Machine {
    /// A node whose folder is made, with a configuration and files of others beside it.
    pub(super) fn prepare(
        part: &'static Part,
        addresses: Addresses,
        above: &Path,
        settings: &str,
        files: &[(&str, &Path)],
    ) -> Result<Self, Box<dyn Error>> {
        let folder = above.join(part.name);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("nameplate.toml"), settings)?;
        for (name, from) in files {
            // With its mode: a private key is for its owner only.
            fs::copy(from, folder.join(name))?;
        }
        Ok(Self {
            part,
            folder,
            running: None,
            addresses,
        })
    }

    /// Makes its keys and says where it will be, as a first start does.
    pub(super) fn found(&self) -> Result<(), Box<dyn Error>> {
        let store = Store::open(&self.folder, &Options::default())?;
        let keys = Keys::open(&self.folder, None)?;
        let listening = Listening {
            native: vec![self.addresses.native],
            http: vec![self.addresses.http],
        };
        founding::found(&self.folder, &keys, &store, &Config::default(), &listening)?;
        Ok(())
    }

    /// Begins to start it.
    pub(super) fn spawn(&mut self) -> Result<(), Box<dyn Error>> {
        let (native, http) = (
            self.addresses.native.to_string(),
            self.addresses.http.to_string(),
        );
        let mut process = Command::new(std::env::current_exe()?)
            .args(["serve", "--listen", &native, "--http", &http, "--data"])
            .arg(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(self.log())?)
            .spawn()?;
        let out = process.stdout.take().ok_or("a process without output")?;
        let out = BufReader::new(out);
        self.running = Some(Running { process, out });
        Ok(())
    }

    /// Waits until it answers.
    pub(super) fn wait_until_ready(&mut self) -> Result<(), Box<dyn Error>> {
        let log = self.log();
        let running = self.running.as_mut().ok_or("it was not started")?;
        for line in running.out.by_ref().lines() {
            if line?.starts_with("ready ") {
                return Ok(());
            }
        }
        let said = fs::read_to_string(log).unwrap_or_default();
        Err(format!("{} does not start: {said}", self.part.name).into())
    }

    /// Ends it as a power cut of its machine would: SIGKILL.
    pub(super) fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            // It may have ended by itself; it is gone either way.
            let _ = running.process.kill();
            let _ = running.process.wait();
        }
    }

    /// A file in its folder.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The memory it holds, in KiB, as the kernel says; 0 if it says nothing.
    pub(super) fn resident_kib(&self) -> u64 {
        let Some(running) = &self.running else {
            return 0;
        };
        let file = format!("/proc/{}/status", running.process.id());
        let status = fs::read_to_string(file).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
        number.and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    fn log(&self) -> PathBuf {
        self.folder.with_extension("log")
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.kill();
    }
}
