//! A UDP socket whose answers leave from the address that was asked, many at a time.
//!
//! A socket on one address does so by itself. One on all addresses must be told with every answer:
//! then the address comes with the datagram and goes with the answer (`quinn-udp`, which knows how
//! systems want that said). That costs a little more, so it is done only where it is needed.
//!
//! Datagrams that already wait are taken together, and their answers leave together: to sleep, to
//! be woken and to wake the asker costs more than an answer does.

mod sending;

use quinn_udp::{RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use rustix::net::{RecvFlags, recvfrom};
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::Range;
use std::time::Duration;

/// Larger than any datagram that is read; what is longer is cut and then refused.
const DATAGRAM_OCTETS: usize = 2048;

/// How many datagrams are taken together: the first answer waits for the last question.
const DATAGRAMS_COUNT: usize = 16;

/// Several datagrams of one asker may come as one, up to the longest there is.
const DATAGRAMS_OCTETS: usize = 65_536;

/// A bound socket.
pub(super) struct Socket {
    socket: UdpSocket,
    /// There if the socket listens on all addresses.
    any: Option<UdpSocketState>,
}

/// Datagrams that came together, and the room for them.
#[derive(Debug)]
pub(super) struct Arrivals {
    buffer: Vec<u8>,
    places: Vec<(Range<usize>, Way)>,
}

/// Who asked, and which address of ours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) peer: SocketAddr,
    local: Option<IpAddr>,
}

impl Arrivals {
    /// The datagrams in the order in which they came.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], Way)> {
        let octets = |place: &Range<usize>| self.buffer.get(place.clone()).unwrap_or_default();
        let places = self.places.iter();
        places.map(move |(place, way)| (octets(place), *way))
    }

    fn note(&mut self, start: usize, octets: usize, way: Way) {
        self.places.push((start..start + octets, way));
    }
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
    pub(super) fn room(&self) -> Arrivals {
        let any = self.any.as_ref();
        let octets = any.map_or(DATAGRAMS_COUNT * DATAGRAM_OCTETS, |_| DATAGRAMS_OCTETS);
        Arrivals {
            buffer: vec![0; octets],
            places: Vec::new(),
        }
    }

    /// Waits for a datagram, and takes those that wait behind it.
    pub(super) fn receive(&self, arrivals: &mut Arrivals) -> io::Result<()> {
        arrivals.places.clear();
        match &self.any {
            None => self.receive_on_one(arrivals),
            Some(state) => self.receive_on_any(state, arrivals),
        }
    }

    fn receive_on_one(&self, arrivals: &mut Arrivals) -> io::Result<()> {
        let first = arrivals.buffer.get_mut(..DATAGRAM_OCTETS);
        let (octets, peer) = self.socket.recv_from(first.unwrap_or_default())?;
        arrivals.note(0, octets, Way { peer, local: None });
        for start in (DATAGRAM_OCTETS..arrivals.buffer.len()).step_by(DATAGRAM_OCTETS) {
            let room = arrivals.buffer.get_mut(start..start + DATAGRAM_OCTETS);
            let room = room.unwrap_or_default();
            // What is wrong, if it lasts, is said by the next wait.
            let Ok((octets, _, Some(peer))) = recvfrom(&self.socket, room, RecvFlags::DONTWAIT)
            else {
                break;
            };
            let Ok(peer) = peer.try_into() else {
                continue;
            };
            arrivals.note(start, octets, Way { peer, local: None });
        }
        Ok(())
    }

    /// Without waiting nothing more is taken here: the ways of systems to say the address differ.
    fn receive_on_any(&self, state: &UdpSocketState, arrivals: &mut Arrivals) -> io::Result<()> {
        let mut meta = [RecvMeta::default()];
        let mut buffers = [IoSliceMut::new(&mut arrivals.buffer)];
        state.recv(UdpSockRef::from(&self.socket), &mut buffers, &mut meta)?;
        let [meta] = meta;
        let way = Way {
            peer: meta.addr,
            local: meta.dst_ip,
        };
        for start in (0..meta.len).step_by(meta.stride.max(1)) {
            arrivals.note(start, meta.stride.min(meta.len - start), way);
        }
        Ok(())
    }

    /// Sends datagrams back the ways their questions came. Those that cannot be sent are given to
    /// `lost`, and the others go on.
    pub(super) fn send<O: AsRef<[u8]>>(
        &self,
        datagrams: &[(O, Way)],
        mut lost: impl FnMut(io::Error, Way),
    ) {
        let Some(state) = &self.any else {
            sending::send(&self.socket, datagrams, lost);
            return;
        };
        for (datagram, way) in datagrams {
            let transmit = Transmit {
                destination: way.peer,
                ecn: None,
                contents: datagram.as_ref(),
                segment_size: None,
                src_ip: way.local,
            };
            let sent = state.try_send(UdpSockRef::from(&self.socket), &transmit);
            sent.unwrap_or_else(|error| lost(error, *way));
        }
    }
}
