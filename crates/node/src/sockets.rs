//! How sockets are opened: one address for UDP and TCP, IPv6 apart from IPv4.

use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with, sockopt};
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;

/// How many connections may wait to be accepted; a burst of more is told to try again.
const BACKLOG: i32 = 1024;

/// How often a free port is sought that is free for UDP and TCP both.
const BIND_TRIES: usize = 16;

/// Binds one address for UDP and TCP; with port 0, one free port for both.
pub(crate) fn both(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let mut tries = if address.port() == 0 { BIND_TRIES } else { 1 };
    loop {
        let listener = tcp(address)?;
        tries -= 1;
        match udp(listener.local_addr()?) {
            Ok(socket) => return Ok((socket, listener)),
            Err(error) if tries == 0 => return Err(error),
            Err(_) => (),
        }
    }
}

/// Listens for connections. Connections of the last run that are still closing do not matter.
pub(crate) fn tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = open(address, SocketType::STREAM)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &address)?;
    listen(&socket, BACKLOG)?;
    Ok(socket.into())
}

fn udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = open(address, SocketType::DGRAM)?;
    bind(&socket, &address)?;
    Ok(socket.into())
}

/// A socket of an address's family. One of IPv6 takes nothing of IPv4, so that `0.0.0.0` and `[::]`
/// can both be listened on, and an asker has one address only.
fn open(address: SocketAddr, kind: SocketType) -> io::Result<OwnedFd> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let socket = socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    Ok(socket)
}
