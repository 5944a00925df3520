//! Places for the demo's nodes to listen.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::ops::Range;

/// Below those that the system hands out for questions: a node that is started again must find its
/// own free.
const PORTS: Range<u16> = 20_000..32_000;

/// So many addresses of this machine that nobody has, over UDP or TCP; different ones for programs
/// that look at the same time, most likely.
pub(super) fn free(count: usize) -> Result<Vec<SocketAddr>, String> {
    let first = PORTS.start + (std::process::id() % 240) as u16 * 50;
    let ports = (first..PORTS.end).chain(PORTS.start..first);
    let addresses = ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let free: Vec<SocketAddr> = addresses.filter(is_free).take(count).collect();
    if free.len() < count {
        return Err(format!("fewer than {count} ports of {PORTS:?} are free"));
    }
    Ok(free)
}

fn is_free(address: &SocketAddr) -> bool {
    TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok()
}
