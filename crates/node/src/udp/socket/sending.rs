//! Sends datagrams to several peers: in one call where the system has one.

use super::Way;
use std::io;
use std::net::UdpSocket;

/// Sends all; those that cannot be sent are given to `lost`.
#[cfg(target_os = "linux")]
pub(super) fn send<O: AsRef<[u8]>>(
    socket: &UdpSocket,
    datagrams: &[(O, Way)],
    mut lost: impl FnMut(io::Error, Way),
) {
    use rustix::net::addr::SocketAddrArg;
    use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, sendmmsg};
    use std::io::IoSlice;

    let peers: Vec<_> = datagrams.iter().map(|(_, way)| way.peer.as_any()).collect();
    let contents = datagrams.iter().map(|(datagram, _)| datagram.as_ref());
    let contents: Vec<_> = contents.map(|octets| [IoSlice::new(octets)]).collect();
    let mut control: Vec<_> = datagrams
        .iter()
        .map(|_| <SendAncillaryBuffer>::default())
        .collect();
    let parts = peers.iter().zip(&contents).zip(&mut control);
    let messages = parts.map(|((peer, octets), control)| {
        // One slice each: a datagram.
        MMsgHdr::new_with_addr(peer, octets.as_slice(), control)
    });
    let mut messages: Vec<_> = messages.collect();
    let mut sent = 0;
    while let Some(left) = messages.get_mut(sent..).filter(|left| !left.is_empty()) {
        match sendmmsg(socket, left, SendFlags::empty()) {
            Ok(count) => sent += count.max(1),
            Err(rustix::io::Errno::INTR) => (),
            // It is about the first of those that are left.
            Err(error) => {
                if let Some((_, way)) = datagrams.get(sent) {
                    lost(error.into(), *way);
                }
                sent += 1;
            }
        }
    }
}

/// Sends all; those that cannot be sent are given to `lost`.
#[cfg(not(target_os = "linux"))]
pub(super) fn send<O: AsRef<[u8]>>(
    socket: &UdpSocket,
    datagrams: &[(O, Way)],
    mut lost: impl FnMut(io::Error, Way),
) {
    for (datagram, way) in datagrams {
        let sent = socket.send_to(datagram.as_ref(), way.peer);
        sent.map(drop).unwrap_or_else(|error| lost(error, *way));
    }
}
