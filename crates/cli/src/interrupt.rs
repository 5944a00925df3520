//! Ctrl-C and SIGTERM during long work: the work stops at the next good place.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

/// Whether somebody wants the program to stop.
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on. The second signal ends the program at once, as if nobody listened.
    pub(crate) fn watch() -> io::Result<Self> {
        let has_come = Arc::new(AtomicBool::new(false));
        let set = Arc::clone(&has_come);
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (mut interrupt, mut terminate) = {
            let _inside = runtime.enter();
            (
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
            )
        };
        // Ends with the program.
        thread::Builder::new()
            .name("signals".into())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! { _ = interrupt.recv() => (), _ = terminate.recv() => () }
                    set.store(true, Ordering::Relaxed);
                    tokio::select! { _ = interrupt.recv() => (), _ = terminate.recv() => () }
                    std::process::exit(130);
                });
            })?;
        Ok(Self(has_come))
    }

    /// Whether it has come.
    pub(crate) fn has_come(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
