//! A UDP socket whose answers leave from the address that was asked.
//!
//! A socket on one address does so by itself. One on all addresses must be told with every answer:
//! then the address comes with the datagram and goes with the answer (`quinn-udp`, which knows how
//! systems want that said). That costs a little more, so it is done only where it is needed.

use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

/// Larger than any datagram that is read; what is longer is cut and then refused.
const DATAGRAM_OCTETS: usize = 2048;

/// Several datagrams of one asker may come as one, up to the longest there is.
const DATAGRAMS_OCTETS: usize = 65_536;

/// A bound socket.
pub(super) struct Socket {
    socket: UdpSocket,
    /// There if the socket listens on all addresses.
    any: Option<UdpSocketState>,
}

/// Datagrams that came from one peer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Received {
    /// How many octets.
    pub(super) octets: usize,
    /// How long each datagram is, but for the last.
    pub(super) each: usize,
    /// Who is asked for, and answers, in one.
    pub(super) way: Way,
}

/// Who asked, and which address of ours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) peer: SocketAddr,
    local: Option<IpAddr>,
}

impl Socket {
    /// Takes a bound socket; reading waits so long for a datagram.
    pub(super) fn new(socket: UdpSocket, patience: Duration) -> io::Result<Self> {
        let is_any = socket.local_addr()?.ip().is_unspecified();
        let state = || UdpSocketState::new(UdpSockRef::from(&socket));
        let any = is_any.then(state).transpose()?;
        // A thread that waits in the call is woken alone; those that poll are woken all.
        socket.set_nonblocking(false)?;
        socket.set_read_timeout(Some(patience))?;
        Ok(Self { socket, any })
    }

    /// Room for what [`receive`](Self::receive) gives.
    pub(super) fn buffer(&self) -> Vec<u8> {
        vec![
            0;
            self.any
                .as_ref()
                .map_or(DATAGRAM_OCTETS, |_| DATAGRAMS_OCTETS)
        ]
    }

    /// Waits for a datagram.
    pub(super) fn receive(&self, buffer: &mut [u8]) -> io::Result<Received> {
        let Some(state) = &self.any else {
            let (octets, peer) = self.socket.recv_from(buffer)?;
            let way = Way { peer, local: None };
            return Ok(Received {
                octets,
                each: octets,
                way,
            });
        };
        let mut meta = [RecvMeta::default()];
        let mut buffers = [IoSliceMut::new(buffer)];
        state.recv(UdpSockRef::from(&self.socket), &mut buffers, &mut meta)?;
        let [meta] = meta;
        let way = Way {
            peer: meta.addr,
            local: meta.dst_ip,
        };
        Ok(Received {
            octets: meta.len,
            each: meta.stride,
            way,
        })
    }

    /// Sends a datagram back the way the question came.
    pub(super) fn send(&self, datagram: &[u8], way: Way) -> io::Result<()> {
        let Some(state) = &self.any else {
            return self.socket.send_to(datagram, way.peer).map(drop);
        };
        let transmit = Transmit {
            destination: way.peer,
            ecn: None,
            contents: datagram,
            segment_size: None,
            src_ip: way.local,
        };
        state.try_send(UdpSockRef::from(&self.socket), &transmit)
    }
}
