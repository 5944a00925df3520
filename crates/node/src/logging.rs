//! How the node's log is written: which lines, in which form, without anybody waiting for them.
//!
//! Not here: the access log (`access_log`), the events themselves (where they happen).

use crate::config::{LogConfig, LogFormat, ParseError};
use std::io::IsTerminal;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, reload};

/// The environment variable that goes before the configured level.
pub const LEVEL_VARIABLE: &str = "NAMEPLATE_LOG";

/// Reads the levels of a log.
///
/// # Errors
/// [`ParseError::LogLevel`].
pub fn filter(level: &str) -> Result<EnvFilter, ParseError> {
    let filter = EnvFilter::builder().parse(level);
    filter.map_err(|error| ParseError::LogLevel {
        level: level.to_owned(),
        reason: error.to_string(),
    })
}

/// The log of this process while it is held; when it is dropped, what waits is written.
pub struct Logging {
    filter: reload::Handle<EnvFilter, Registry>,
    dropped: ErrorCounter,
    _writer: WorkerGuard,
}

impl Logging {
    /// Starts to write what this process logs to standard error. The first call in a process
    /// counts.
    ///
    /// # Errors
    /// [`ParseError::LogLevel`].
    pub fn start(config: &LogConfig) -> Result<Self, ParseError> {
        let (layer, handle) = reload::Layer::new(filter(&level(config))?);
        let (to, writer) = lossy(std::io::stderr(), config);
        let dropped = to.error_counter();
        let lines = fmt::layer().with_writer(move || to.clone());
        let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let lines = match config.format {
            LogFormat::Text => lines.with_ansi(colours).boxed(),
            LogFormat::Json => lines.json().boxed(),
        };
        // Who has started a log before goes on with it.
        let _ = tracing_subscriber::registry()
            .with(layer)
            .with(lines)
            .try_init();
        Ok(Self {
            filter: handle,
            dropped,
            _writer: writer,
        })
    }

    /// Takes new levels.
    ///
    /// # Errors
    /// [`ParseError::LogLevel`]; then the old ones go on.
    pub fn set_level(&self, config: &LogConfig) -> Result<(), ParseError> {
        let filter = filter(&level(config))?;
        // The log is gone only with this struct.
        let _ = self.filter.reload(filter);
        Ok(())
    }

    /// Counts the lines that were left out because too many waited.
    pub fn dropped(&self) -> impl Fn() -> u64 + Send + Sync + 'static {
        let dropped = self.dropped.clone();
        move || dropped.dropped_lines() as u64
    }
}

fn level(config: &LogConfig) -> String {
    std::env::var(LEVEL_VARIABLE).unwrap_or_else(|_| config.level.clone())
}

/// A writer that no one waits for: lines beyond the configured number are left out and counted.
pub(crate) fn lossy(
    to: impl std::io::Write + Send + 'static,
    config: &LogConfig,
) -> (NonBlocking, WorkerGuard) {
    NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(config.lines_waiting_max)
        .finish(to)
}
