//! Connections with peers that close at once, and with those that say nothing any more.

use super::outgoing::PING_INTERVAL;
use super::tls::NAME;
use super::*;
use crate::config::Role;
use crypto::RsaBits;
use rustls::pki_types::ServerName;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

fn key() -> SigningKey {
    let key = SigningKey::generate(RsaBits::Least).unwrap();
    SigningKey::new(&key).unwrap()
}

fn runtime() -> Runtime {
    let mut runtime = Builder::new_multi_thread();
    runtime.worker_threads(1).enable_all().build().unwrap()
}

fn listener() -> (std::net::TcpListener, SocketAddr) {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn described(key: &SigningKey, address: SocketAddr) -> Described {
    Described {
        role: Role::TopLevel,
        address,
        key: key.public_key(),
    }
}

fn pause(duration: Duration) {
    let until = Instant::now() + duration;
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        thread::park_timeout(left);
    }
}

/// The connections of one member.
struct Side {
    links: Links,
    events: mpsc::Receiver<Event>,
    address: SocketAddr,
    /// Ends after the connections.
    _runtime: Runtime,
}

impl Side {
    /// Those of a member that knows these others.
    fn start(own: u64, key: &SigningKey, others: &[(u64, Described)]) -> Self {
        let runtime = runtime();
        let (listener, address) = listener();
        let (tell, events) = mpsc::channel(16);
        let own = MemberId(own);
        let links = Links::start(runtime.handle(), own, key, listener, tell).unwrap();
        let mut side = Self {
            links,
            events,
            address,
            _runtime: runtime,
        };
        side.know(others);
        side
    }

    fn know(&mut self, others: &[(u64, Described)]) {
        let others = others.iter().cloned();
        self.links
            .set(others.map(|(id, it)| (MemberId(id), it)).collect());
    }

    fn losses(&mut self) -> usize {
        let said = std::iter::from_fn(|| self.events.try_recv().ok());
        said.filter(|event| matches!(event, Event::Lost { .. }))
            .count()
    }
}

/// Somebody whose listener does with each connection what it is told to, and counts them.
fn peer(runtime: &Runtime, key: &SigningKey, holds: bool) -> (SocketAddr, Arc<AtomicU32>) {
    let (listener, address) = listener();
    listener.set_nonblocking(true).unwrap();
    let acceptor = Tls::new(key).unwrap().acceptor().unwrap();
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    runtime.spawn(async move {
        let listener = TcpListener::from_std(listener).unwrap();
        let mut held = Vec::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let stream = acceptor.accept(stream).await;
            counted.fetch_add(1, Ordering::Relaxed);
            held.extend(stream.ok().filter(|_| holds));
        }
    });
    (address, count)
}

/// A peer that ends the handshake well and then closes, as one does to whose key is not known.
#[test]
fn who_is_not_let_in_does_not_ask_again_at_once() {
    let others = runtime();
    let theirs = key();
    let (address, count) = peer(&others, &theirs, false);
    let side = Side::start(1, &key(), &[(2, described(&theirs, address))]);
    pause(Duration::from_millis(1500));
    let count = count.load(Ordering::Relaxed);
    assert!((2..=8).contains(&count), "{count} handshakes in 1.5 s");
    drop(side);
}

/// A connection that swallows everything is noticed by whoever speaks, and one that carries nothing
/// by whoever listens; one between members that live stays.
#[test]
fn connections_that_are_open_on_one_side_alone_end() {
    let silent = runtime();
    let (one, two, mute, dumb) = (key(), key(), key(), key());
    let (address, count) = peer(&silent, &mute, true);
    let mut first = Side::start(1, &one, &[]);
    let to_first = described(&one, first.address);
    let second = Side::start(2, &two, &[(1, to_first.clone())]);
    first.know(&[
        (2, described(&two, second.address)),
        (3, described(&mute, address)),
        (4, described(&dumb, listener().1)),
    ]);
    // The fourth connects and then never says anything.
    let connector = Tls::new(&dumb).unwrap().connector(&to_first).unwrap();
    let says_nothing = silent.spawn(async move {
        let stream = TcpStream::connect(to_first.address).await.unwrap();
        let name = ServerName::try_from(NAME).unwrap();
        let mut stream = connector.connect(name, stream).await.unwrap();
        let mut octets = [0; 1];
        stream.read(&mut octets).await.unwrap_or_default()
    });
    pause(PEER_TIMEOUT + 3 * PING_INTERVAL);
    assert!(
        says_nothing.is_finished(),
        "who says nothing is not listened to"
    );
    let count = count.load(Ordering::Relaxed);
    assert!(count >= 2, "who does not answer is connected to again");
    assert!(first.links.is_connected(MemberId(2)) && second.links.is_connected(MemberId(1)));
    let lost = first.losses();
    assert_eq!(
        lost,
        1 + count as usize,
        "the connection to the second stays"
    );
}

/// A stranger may knock as often as it likes: who signs is asked for a few handshakes a second.
#[test]
fn strangers_get_a_few_handshakes_a_second() {
    let side = Side::start(1, &key(), &[]);
    let mut signed = 0;
    let begun = Instant::now();
    for _ in 0..100 {
        let mut stream = std::net::TcpStream::connect(side.address).unwrap();
        stream.set_read_timeout(Some(PEER_TIMEOUT)).unwrap();
        // Not a handshake: whoever was let in is told so in an alert.
        let _ = stream.write_all(&[0xff; 16]);
        let mut octets = [0; 1];
        signed += usize::from(matches!(stream.read(&mut octets), Ok(1)));
    }
    let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap();
    assert!(signed >= 1, "somebody is let in");
    assert!(signed <= 8 * (seconds + 2), "{signed} in {seconds} s");
}
