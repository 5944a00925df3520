//! Packets over real sockets, each asker from an address of this machine of their own. Not here:
//! what is in them.

use super::asking::Asker;
use super::cells::Carrier;
use bytes::Bytes;
use engine::{Inbox, Moment};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;
use tokio::net::TcpSocket;
use tokio::runtime::{Builder, Runtime};
use wire::Packet;
use wire::datagram::fragments;
use wire::stream::PacketStream;

/// Longer than anything here takes, and short enough that a test that hangs is noticed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a node is.
pub(super) struct Sockets {
    native: SocketAddr,
    http: SocketAddr,
    /// What connects from an address that was chosen.
    runtime: Runtime,
}

impl Sockets {
    pub(super) fn new(native: SocketAddr, http: SocketAddr) -> Self {
        let runtime = Builder::new_current_thread().enable_io().build().unwrap();
        Self {
            native,
            http,
            runtime,
        }
    }

    pub(super) fn asker(&self, carrier: Carrier, from: Ipv4Addr) -> Box<dyn Asker + '_> {
        let sockets = self;
        match carrier {
            Carrier::Udp => {
                let socket = UdpSocket::bind((from, 0)).unwrap();
                socket.connect(self.native).unwrap();
                socket.set_read_timeout(Some(PATIENCE)).unwrap();
                Box::new(OverUdp(socket))
            }
            Carrier::Tcp => Box::new(OverTcp {
                stream: self.connect(from, self.native),
                packets: PacketStream::default(),
            }),
            Carrier::Http => Box::new(OverHttp { sockets, from }),
        }
    }

    fn connect(&self, from: Ipv4Addr, to: SocketAddr) -> TcpStream {
        let connecting = async {
            let socket = TcpSocket::new_v4()?;
            socket.bind((from, 0).into())?;
            socket.connect(to).await?.into_std()
        };
        let stream = self.runtime.block_on(connecting).unwrap();
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }
}

struct OverUdp(UdpSocket);

impl Asker for OverUdp {
    fn ask(&mut self, packet: &Packet) -> Packet {
        for datagram in fragments(packet) {
            self.0.send(&datagram).unwrap();
        }
        let mut inbox = Inbox::new();
        let mut buffer = [0; 2048];
        loop {
            let octets = self.0.recv(&mut buffer).unwrap();
            let datagram = Bytes::copy_from_slice(&buffer[..octets]);
            if let Some(packet) = inbox.handle_datagram(Moment(0), 0, &datagram).unwrap() {
                return packet;
            }
        }
    }
}

/// One connection for everything.
struct OverTcp {
    stream: TcpStream,
    packets: PacketStream,
}

impl Asker for OverTcp {
    fn ask(&mut self, packet: &Packet) -> Packet {
        self.stream.write_all(&packet.encode()).unwrap();
        let mut buffer = [0; 4096];
        loop {
            if let Some(packet) = self.packets.next_packet().unwrap() {
                return packet;
            }
            let octets = self.stream.read(&mut buffer).unwrap();
            assert!(octets > 0, "the node closed the connection");
            self.packets.push(&buffer[..octets]);
        }
    }
}

/// A connection for every message, as clients of the field make them.
struct OverHttp<'s> {
    sockets: &'s Sockets,
    from: Ipv4Addr,
}

impl Asker for OverHttp<'_> {
    fn ask(&mut self, packet: &Packet) -> Packet {
        let mut stream = self.sockets.connect(self.from, self.sockets.http);
        let octets = packet.encode();
        let head = format!(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-hdl-message\r\n\
             Accept: application/x-hdl-message\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            octets.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&octets).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let at = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let body = answer.split_off(at.expect("a head has an end") + 4);
        let mut packets = PacketStream::default();
        packets.push(&body);
        packets.next_packet().unwrap().expect("a whole message")
    }
}
