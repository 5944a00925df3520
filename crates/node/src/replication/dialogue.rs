//! How a copy asks its source: one connection, one question with its proof, and then the stream.
//!
//! Not here: which message is next and what is believed ([`engine::administrator`]).

use super::protected::{Broken, Forth, Receiver};
use bytes::Bytes;
use client::Clock;
use crypto::{Provider, SigningKey, VerifyingKey};
use engine::administrator::{Administrator, Event, Fault, Means, Order};
use model::PublicKey;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wire::outcome::Failure;
use wire::response::Answer;
use wire::stream::PacketStream;
use wire::{Identity, ResponseCode};
use zeroize::Zeroizing;

/// How long a source may take to answer, and to be silent within a stream; one of this kind sends
/// something every three seconds. Clients of the field wait as long.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What an identity is proven with.
pub(super) enum Proof {
    Key(Bytes),
    Secret(Zeroizing<Vec<u8>>),
}

/// A server of a source, and who asks it.
pub(super) struct Partner {
    pub(super) address: SocketAddr,
    pub(super) key: PublicKey,
    pub(super) site_serial: u16,
    pub(super) identity: Identity,
    pub(super) proof: Proof,
    pub(super) in_clear: bool,
}

/// Why a source sends nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// It cannot be reached.
    #[error("cannot be reached: {0}")]
    Io(#[from] io::Error),
    /// It says no.
    #[error("says {code}: {text}")]
    Answer {
        /// The code.
        code: ResponseCode,
        /// Its words.
        text: String,
    },
    /// It is not to be believed, or does not go on.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// What it says is no message.
    #[error("sends no message: {0}")]
    Wire(#[from] wire::Error),
    /// Its stream is not to be believed.
    #[error("{0}")]
    Broken(#[from] Broken),
    /// The key of this node cannot be used.
    #[error("the key of mirror.identity: {0}")]
    Key(#[from] crypto::Error),
    /// The key file of this node holds none.
    #[error("the key of mirror.identity: {0}")]
    KeyFile(#[from] model::Error),
}

impl From<tokio::time::error::Elapsed> for Refused {
    fn from(elapsed: tokio::time::error::Elapsed) -> Self {
        Self::Io(elapsed.into())
    }
}

impl Partner {
    /// Asks for a stream.
    pub(super) async fn ask(&self, order: Order) -> Result<(Receiver, Forth), Refused> {
        let connecting = TcpStream::connect(self.address);
        let socket = timeout(CONNECT_TIMEOUT, connecting).await??;
        socket.set_nodelay(true)?;
        let mut asking = Asking {
            socket,
            packets: PacketStream::default(),
            administrator: self.administrator()?,
        };
        timeout(PATIENCE, asking.ask(order)).await??;
        let Asking {
            socket, packets, ..
        } = asking;
        let before = packets.into_rest();
        Ok(Receiver::begin(socket, before, &self.key, self.in_clear, PATIENCE).await?)
    }

    fn administrator(&self) -> Result<Administrator<Provider, SigningKey, VerifyingKey>, Refused> {
        let means = match &self.proof {
            Proof::Key(octets) => {
                let key = model::PrivateKey::decode(octets.clone())?;
                Means::Key(SigningKey::new(&key)?)
            }
            Proof::Secret(secret) => Means::Secret(secret.clone()),
        };
        let administrator = Administrator::new(Provider, self.identity.clone(), means, 1);
        Ok(administrator
            .with_site_key(VerifyingKey::new(&self.key)?)
            .with_site_serial(self.site_serial))
    }
}

struct Asking {
    socket: TcpStream,
    packets: PacketStream,
    administrator: Administrator<Provider, SigningKey, VerifyingKey>,
}

impl Asking {
    async fn ask(&mut self, order: Order) -> Result<(), Refused> {
        self.administrator.ask(1, order);
        loop {
            while let Some(octets) = self.administrator.poll_transmit(Clock::date())? {
                self.socket.write_all(&octets).await?;
            }
            if let Some(Event::Answered { answered, .. }) = self.administrator.poll_event() {
                let code = answered.message.header.response_code;
                return match &answered.response.answer {
                    _ if code == ResponseCode::SUCCESS => Ok(()),
                    Answer::Failure(failure) => Err(refused(code, failure)),
                    _ => Err(refused(code, &Failure::new(""))),
                };
            }
            self.hear().await?;
        }
    }

    /// Takes one packet, and no octet behind it more than came with it.
    async fn hear(&mut self) -> Result<(), Refused> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(packet) = self.packets.next_packet()? {
                return Ok(self.administrator.handle_packet(&packet, Clock::date())?);
            }
            let count = self.socket.read(&mut buffer).await?;
            if count == 0 {
                return Err(io::Error::from(ErrorKind::UnexpectedEof).into());
            }
            self.packets.push(buffer.get(..count).unwrap_or_default());
        }
    }
}

fn refused(code: ResponseCode, failure: &Failure) -> Refused {
    let text = failure.text().escape_ascii().to_string();
    Refused::Answer { code, text }
}
