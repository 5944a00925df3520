//! A connection on which nothing has come or gone for too long, as an error.
//!
//! Covers what no layer above can see: a TLS handshake that stops in the middle, an answer that is
//! not read, a protocol that keeps silent between frames.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// A stream whose operations fail once nothing has moved for `idle_max`, in either direction.
pub(super) struct Patient<S> {
    stream: S,
    idle_max: Duration,
    moved: Instant,
    timer: Pin<Box<Sleep>>,
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S, idle_max: Duration) -> Self {
        Self {
            stream,
            idle_max,
            moved: Instant::now(),
            timer: Box::pin(tokio::time::sleep(idle_max)),
        }
    }

    /// Waits for the rest of the time that is left; the timer is only moved when it has fired, so
    /// that octets which move cost no timer.
    fn poll_idle(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            ready!(self.timer.as_mut().poll(context));
            let due = self.moved + self.idle_max;
            if due <= Instant::now() {
                return Poll::Ready(ErrorKind::TimedOut.into());
            }
            self.timer.as_mut().reset(due);
        }
    }

    fn note<T>(
        &mut self,
        context: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.moved = Instant::now();
            return polled;
        }
        self.poll_idle(context).map(Err)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.note(context, polled)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, octets);
        self.note(context, polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.note(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    #[tokio::test]
    async fn silence_ends_reading_and_an_unread_answer_ends_writing() {
        let idle = Duration::from_millis(20);
        let (ours, _theirs) = duplex(4);
        let mut ours = Patient::new(ours, idle);
        let error = ours.read(&mut [0; 4]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);

        let (ours, _theirs) = duplex(4);
        let mut ours = Patient::new(ours, idle);
        let error = ours.write_all(b"more than four").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn what_moves_is_no_silence() {
        let idle = Duration::from_millis(200);
        let (ours, mut theirs) = duplex(64);
        let mut ours = Patient::new(ours, idle);
        let began = Instant::now();
        let mut octet = [0; 1];
        while began.elapsed() < idle * 2 {
            theirs.write_all(b"x").await.unwrap();
            ours.read_exact(&mut octet).await.unwrap();
        }
        assert_eq!(&octet, b"x");
    }
}
