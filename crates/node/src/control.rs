//! How the operator's tools talk to a running node: over a socket in its data folder.
//!
//! A request is one line of JSON ([`Ask`]); answers are lines of JSON ([`Told`]), the last of which
//! is no progress. The socket has mode 0600, and who connects must be the user that runs the node.
//!
//! Not here: what a backup is (room `store`), what is said to people (room `cli`).

mod socket;
#[cfg(test)]
mod tests;

use crate::answerer::Answerer;
use crate::expiry::{self, RunsOut};
use crate::reception::Reception;
use crate::registry::RegistryState;
use crate::replication::ReplicationState;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use socket::Place;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use store::{Backed, BackupOrder, Info, Progress};
use tracing::{info, warn};

/// The name of the socket in the data folder.
pub const SOCKET_FILE: &str = "control.sock";

/// How long a request may be, in octets: two paths, and room.
const REQUEST_OCTETS_MAX: u64 = 64 << 10;

/// How long a request may take to arrive. It is one line, from this machine.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(10);

/// How long a tool may take nothing of what it is told. What it does not take waits in the socket,
/// some thousand lines; one that is full belongs to a tool that was stopped, and a backup must not
/// wait for it: as long as it lasts, the log keeps its files. Beyond it the tool is told no more.
const TELLING_TIME_MAX: Duration = Duration::from_secs(5);

/// How many tools may be connected at a time; further ones are told to come back.
const CONNECTIONS_MAX: usize = 8;

/// How often progress is told.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// What a tool asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ask {
    /// Make a backup. Paths must be absolute.
    Backup {
        /// The folder to make.
        target: PathBuf,
        /// An earlier backup to share files with.
        previous: Option<PathBuf>,
    },
    /// Merge the files of the tables.
    Compact,
    /// Say what the data folder is.
    Info,
    /// Say how it stands with copies.
    Replication,
    /// Say how the registry stands that the node is a member of.
    Registry,
    /// Say what runs out of all that it holds, and the certificate for HTTPS.
    RunsOut,
}

/// What the node says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// It is at work.
    Progress {
        /// Octets done.
        octets_done: u64,
        /// Octets to do, as far as is known.
        octets: u64,
    },
    /// It is done; what there is to say depends on what was asked.
    Done(Value),
    /// It could not be done.
    Failed(String),
}

/// Why a node was not told something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The operator looks whether the node runs, and as which user.
    #[error("no node can be reached at {}: {source}", socket.display())]
    Unreachable {
        /// Its socket.
        socket: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The node went away before it was done.
    #[error("the node went away before it was done: {source}")]
    Interrupted {
        /// What the operating system says.
        source: io::Error,
    },
    /// The node says why.
    #[error("{reason}")]
    Failed {
        /// Its reason.
        reason: String,
    },
}

/// The listening side. Dropping it stops listening.
pub(crate) struct Control {
    place: Place,
    stops: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Control {
    /// Listens in the data folder of the node's store.
    pub(crate) fn start(answerer: &Arc<Answerer>, reception: &Arc<Reception>) -> io::Result<Self> {
        let place = Place::new(answerer.store().path())?;
        let listener = place.listen()?;
        let stops = Arc::new(AtomicBool::new(false));
        let server = Server {
            // A tool that is connected must not keep a stopped node's store open.
            answerer: Arc::downgrade(answerer),
            reception: Arc::downgrade(reception),
            connections: Arc::default(),
        };
        let stopping = Arc::clone(&stops);
        let thread = thread::Builder::new()
            .name("control".into())
            .spawn(move || server.accept(&listener, &stopping))?;
        Ok(Self {
            place,
            stops,
            thread: Some(thread),
        })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.stops.store(true, Ordering::SeqCst);
        // Wakes the thread, which then sees that it should stop.
        let woken = self.place.connect();
        self.place.remove();
        if let (Ok(_), Some(thread)) = (woken, self.thread.take()) {
            let _ = thread.join();
        }
    }
}

#[derive(Clone)]
struct Server {
    answerer: Weak<Answerer>,
    reception: Weak<Reception>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    fn accept(&self, listener: &UnixListener, stops: &AtomicBool) {
        for stream in listener.incoming() {
            if stops.load(Ordering::SeqCst) {
                return;
            }
            match stream {
                Ok(stream) => self.spawn(stream),
                // Without files left; trying at once would only burn time.
                Err(_) => thread::sleep(PROGRESS_INTERVAL),
            }
        }
    }

    fn spawn(&self, stream: UnixStream) {
        let server = self.clone();
        let spawned = thread::Builder::new().spawn(move || {
            let others = server.connections.fetch_add(1, Ordering::SeqCst);
            if let Err(error) = server.serve(stream, others) {
                warn!(%error, "a tool went away");
            }
            server.connections.fetch_sub(1, Ordering::SeqCst);
        });
        if let Err(error) = spawned {
            warn!(%error, "no thread for a tool");
        }
    }

    fn serve(&self, stream: UnixStream, others: usize) -> io::Result<()> {
        stream.set_read_timeout(Some(REQUEST_TIME_MAX))?;
        let mut teller = Teller::new(stream.try_clone()?, TELLING_TIME_MAX)?;
        if others >= CONNECTIONS_MAX {
            return teller.tell(&Told::Failed("the node is busy with other tools".into()));
        }
        if !socket::is_own_user(&stream)? {
            return teller.tell(&Told::Failed(
                "only the user that runs the node may ask".into(),
            ));
        }
        let mut line = String::new();
        BufReader::new(stream.take(REQUEST_OCTETS_MAX)).read_line(&mut line)?;
        let told = match serde_json::from_str(&line) {
            Ok(ask) => self.carry_out(&ask, &mut teller),
            Err(error) => Err(format!("this is no request: {error}")),
        };
        teller.tell(&match told {
            Ok(done) => Told::Done(done),
            Err(reason) => Told::Failed(reason),
        })
    }

    fn carry_out(&self, ask: &Ask, teller: &mut Teller) -> Result<Value, String> {
        info!(?ask, "a tool asks");
        let answerer = self.answerer.upgrade().ok_or("the node is stopping")?;
        let store = answerer.store();
        let said = |error: store::Error| error.to_string();
        let done = match ask {
            Ask::Backup { target, previous } => {
                let order = BackupOrder {
                    target: absolute(target)?,
                    previous: previous.as_deref().map(absolute).transpose()?,
                };
                let backed = store.back_up(&order, &mut |done| teller.progress(done));
                serde_json::to_value(backed.map_err(said)?)
            }
            Ask::Compact => serde_json::to_value(store.compact().map_err(said)?),
            Ask::Info => serde_json::to_value(store.info().map_err(said)?),
            Ask::Replication => serde_json::to_value(answerer.replication().state()),
            Ask::Registry => {
                let registry = answerer
                    .registry()
                    .ok_or("the node is no member of a registry")?;
                serde_json::to_value(registry.state())
            }
            Ask::RunsOut => {
                let mut found = expiry::of_all(&*store.view()).map_err(said)?;
                let reception = self.reception.upgrade();
                found.extend(reception.and_then(|it| it.expiry.certificate().cloned()));
                found.sort_unstable();
                serde_json::to_value(found)
            }
        };
        done.map_err(|error| error.to_string())
    }
}

/// The node and the tool may stand in different folders.
fn absolute(path: &Path) -> Result<PathBuf, String> {
    if path.is_absolute() {
        Ok(path.to_owned())
    } else {
        Err(format!("{} is no absolute path", path.display()))
    }
}

/// The side of a connection that tells.
struct Teller {
    stream: UnixStream,
    last: Instant,
    /// Whether the tool has gone away, or takes nothing; it may have half a line.
    is_lost: bool,
}

impl Teller {
    /// Tells over a stream whose other end may take nothing for `time_max`.
    fn new(stream: UnixStream, time_max: Duration) -> io::Result<Self> {
        stream.set_write_timeout(Some(time_max))?;
        Ok(Self {
            stream,
            last: Instant::now(),
            is_lost: false,
        })
    }

    /// Tells, unless an earlier telling has failed.
    fn tell(&mut self, told: &Told) -> io::Result<()> {
        if self.is_lost {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let mut line = serde_json::to_vec(told).map_err(io::Error::other)?;
        line.push(b'\n');
        let written = self.stream.write_all(&line);
        self.is_lost = written.is_err();
        written
    }

    /// Tells now and then. A tool that has gone away ends nothing: the backup is made.
    fn progress(&mut self, done: Progress) {
        if !self.is_lost && self.last.elapsed() >= PROGRESS_INTERVAL {
            let told = self.tell(&Told::Progress {
                octets_done: done.octets_done,
                octets: done.octets,
            });
            if let Err(error) = told {
                warn!(%error, "a tool takes no more; what it asked for goes on");
            }
            self.last = Instant::now();
        }
    }
}

/// Asks the node that runs on the data folder `data`, and waits until it is done.
///
/// # Errors
/// [`AskError`].
pub fn ask(data: &Path, ask: &Ask, progress: &mut dyn FnMut(Progress)) -> Result<Value, AskError> {
    let unreachable = |source| AskError::Unreachable {
        socket: data.join(SOCKET_FILE),
        source,
    };
    let stream = Place::new(data).and_then(|place| place.connect());
    let mut stream = stream.map_err(unreachable)?;
    let interrupted = |source| AskError::Interrupted { source };
    let mut line = serde_json::to_vec(ask).map_err(|error| interrupted(error.into()))?;
    line.push(b'\n');
    stream.write_all(&line).map_err(interrupted)?;
    for line in BufReader::new(stream).lines() {
        let told = serde_json::from_str(&line.map_err(interrupted)?);
        match told.map_err(|error| interrupted(error.into()))? {
            Told::Progress {
                octets_done,
                octets,
            } => progress(Progress {
                octets_done,
                octets,
            }),
            Told::Done(done) => return Ok(done),
            Told::Failed(reason) => return Err(AskError::Failed { reason }),
        }
    }
    Err(interrupted(io::ErrorKind::UnexpectedEof.into()))
}

/// Asks for a backup.
///
/// # Errors
/// [`AskError`].
pub fn ask_for_backup(
    data: &Path,
    order: &BackupOrder,
    progress: &mut dyn FnMut(Progress),
) -> Result<Backed, AskError> {
    let request = Ask::Backup {
        target: order.target.clone(),
        previous: order.previous.clone(),
    };
    read(ask(data, &request, progress)?)
}

/// Asks what the data folder is.
///
/// # Errors
/// [`AskError`].
pub fn ask_for_info(data: &Path) -> Result<Info, AskError> {
    read(ask(data, &Ask::Info, &mut |_| ())?)
}

/// Asks how it stands with copies.
///
/// # Errors
/// [`AskError`].
pub fn ask_for_replication(data: &Path) -> Result<ReplicationState, AskError> {
    read(ask(data, &Ask::Replication, &mut |_| ())?)
}

/// Asks how the registry stands that a node is a member of.
///
/// # Errors
/// [`AskError`]; also if it is a member of none.
pub fn ask_for_registry(data: &Path) -> Result<RegistryState, AskError> {
    read(ask(data, &Ask::Registry, &mut |_| ())?)
}

/// Asks what runs out of all that a node holds, the first to do so first.
///
/// # Errors
/// [`AskError`].
pub fn ask_what_runs_out(data: &Path) -> Result<Vec<RunsOut>, AskError> {
    read(ask(data, &Ask::RunsOut, &mut |_| ())?)
}

fn read<T: serde::de::DeserializeOwned>(done: Value) -> Result<T, AskError> {
    serde_json::from_value(done).map_err(|error| AskError::Interrupted {
        source: error.into(),
    })
}
