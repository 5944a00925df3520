//! A connection whose other side must take what is sent to it: one that takes nothing for a while
//! is gone, whatever its system says. And how many connections one address has.
//!
//! Not here: what is sent (`server`).

use std::collections::HashMap;
use std::future::Future;
use std::io::{self, ErrorKind, IoSlice};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// A stream that does not wait for ever.
pub(super) struct Patient {
    stream: TcpStream,
    patience: Duration,
    /// Until when something must have been taken, if that is waited for.
    waits: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    pub(super) fn new(stream: TcpStream, patience: Duration) -> Self {
        Self {
            stream,
            patience,
            waits: None,
        }
    }

    /// What comes of an attempt to send: each that gets on begins the wait anew.
    fn after<T>(
        &mut self,
        cx: &mut Context<'_>,
        attempt: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if attempt.is_ready() {
            self.waits = None;
            return attempt;
        }
        let patience = self.patience;
        let waits = self.waits.get_or_insert_with(|| Box::pin(sleep(patience)));
        match waits.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let attempt = Pin::new(&mut self.stream).poll_write(cx, octets);
        self.after(cx, attempt)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let attempt = Pin::new(&mut self.stream).poll_write_vectored(cx, octets);
        self.after(cx, attempt)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let attempt = Pin::new(&mut self.stream).poll_flush(cx);
        self.after(cx, attempt)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let attempt = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.after(cx, attempt)
    }
}

/// How many connections each address has.
pub(super) struct Sources {
    present: Mutex<HashMap<IpAddr, usize>>,
    count_max: usize,
}

/// A connection that counts for as long as this is kept.
pub(super) struct Present {
    sources: Arc<Sources>,
    of: IpAddr,
}

impl Sources {
    /// So many of one address.
    pub(super) fn new(count_max: usize) -> Self {
        Self {
            present: Mutex::default(),
            count_max,
        }
    }

    /// One more of an address; `None` if it has as many as it may.
    pub(super) fn enter(self: &Arc<Self>, of: IpAddr) -> Option<Present> {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        let count = present.entry(of).or_default();
        if *count >= self.count_max {
            return None;
        }
        *count += 1;
        let sources = Arc::clone(self);
        Some(Present { sources, of })
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let present = self.sources.present.lock();
        let mut present = present.unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = present.get_mut(&self.of) {
            *count -= 1;
            if *count == 0 {
                present.remove(&self.of);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;
    use tokio::runtime::Builder;

    #[test]
    fn who_takes_nothing_is_gone() {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let address = listener.local_addr().unwrap();
            let silent = TcpStream::connect(address).await.unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = Patient::new(stream, Duration::from_millis(50));
            // More than all buffers on the way hold.
            let error = stream.write_all(&vec![0; 64 << 20]).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TimedOut);
            drop(silent);
        });
    }

    #[test]
    fn an_address_has_so_many_connections_and_no_more() {
        let sources = Arc::new(Sources::new(2));
        let [one, other] = [1, 2].map(|last| IpAddr::from(Ipv4Addr::new(192, 0, 2, last)));
        let held = [sources.enter(one), sources.enter(one)];
        assert!(held.iter().all(Option::is_some));
        assert!(sources.enter(one).is_none() && sources.enter(other).is_some());
        drop(held);
        assert!(sources.enter(one).is_some());
        assert!(sources.present.lock().unwrap().is_empty());
    }
}
