//! Bodies of the operations that set up a session and change its key (RFC 3652 section 3.8, with
//! the layout that became usual).
//!
//! A session is ended with operation 401, whose body is an [identifier](crate::identifier). Not
//! here: agreeing on a key and encrypting with it (room `crypto`), counting messages (room
//! `engine`); how messages in a session are authenticated is in [`crate::credential`].

use crate::{Error, Identity, Version};
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::{Reader, put_string};

/// What the field writes after the last field of both bodies, and counts in their length.
pub const SETUP_REST: &[u8] = &[0; 2];

/// Asks for a session (operation 400).
///
/// | octets | field |
/// | --- | --- |
/// | 2 | mode |
/// | 4 | how long it may live, seconds |
/// | 4 + n, 4 | [identity](Identity), perhaps [`Identity::ANONYMOUS`] |
/// | 4 + n | modes 1 and 4: public key |
/// | 4 + n, 4 | mode 3: identity whose key is to be used |
/// | 2 | [`SETUP_REST`] |
///
/// ```
/// use wire::session::{KeyExchange, SetupRequest};
/// use wire::Identity;
///
/// let octets = b"\0\x04\0\x01\x51\x80\0\0\0\x0488/u\0\0\x01\x2c\0\0\0\x03key\0\0";
/// let request = SetupRequest::decode(octets.as_slice().into())?;
/// let exchange = KeyExchange::DiffieHellman("key".into());
/// assert_eq!(request, SetupRequest::new(exchange, 86_400, Identity::new("88/u", 300)));
/// assert_eq!(&request.encode()[..], octets);
/// # Ok::<(), wire::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupRequest {
    /// How both sides come to a key.
    pub exchange: KeyExchange,
    /// How long the session may live, in seconds.
    pub life_seconds: u32,
    /// Whose session it will be.
    pub identity: Identity,
    /// What follows, [`SETUP_REST`] in what the field writes; kept as it came.
    pub rest: Bytes,
}

/// Says how both sides come to the key of a session, and holds what the asker gives for it.
///
/// Only Diffie-Hellman works with the reference software.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyExchange {
    /// Mode 1: the node sends a key encrypted with this public key.
    ClientCipher(Bytes),
    /// Mode 2: the asker will send a key encrypted with the node's public key.
    ServerCipher,
    /// Mode 3: the node sends a key encrypted with the public key of this identity.
    Stored(Identity),
    /// Mode 4: this public key and the node's make the key.
    DiffieHellman(Bytes),
    /// Mode 0, which means none, or one without a meaning; nothing is given.
    Other(SessionMode),
}

/// Names a way to a session's key (RFC 3652 section 3.8); other numbers survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionMode(pub u16);

impl SessionMode {
    /// No key.
    pub const NONE: Self = Self(0);
    /// A key encrypted with a key of the asker.
    pub const CLIENT_CIPHER: Self = Self(1);
    /// A key encrypted with the node's key.
    pub const SERVER_CIPHER: Self = Self(2);
    /// A key encrypted with a key that is a value of an identifier.
    pub const STORED: Self = Self(3);
    /// A key both sides compute.
    pub const DIFFIE_HELLMAN: Self = Self(4);
}

impl KeyExchange {
    /// The mode.
    pub fn mode(&self) -> SessionMode {
        match self {
            Self::ClientCipher(_) => SessionMode::CLIENT_CIPHER,
            Self::ServerCipher => SessionMode::SERVER_CIPHER,
            Self::Stored(_) => SessionMode::STORED,
            Self::DiffieHellman(_) => SessionMode::DIFFIE_HELLMAN,
            Self::Other(mode) => *mode,
        }
    }

    fn read(mode: SessionMode, reader: &mut Reader) -> Result<Self, Error> {
        let what = "session public key";
        Ok(match mode {
            SessionMode::CLIENT_CIPHER => Self::ClientCipher(reader.string(what)?),
            SessionMode::SERVER_CIPHER => Self::ServerCipher,
            SessionMode::STORED => Self::Stored(Identity::read(reader)?),
            SessionMode::DIFFIE_HELLMAN => Self::DiffieHellman(reader.string(what)?),
            other => Self::Other(other),
        })
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::ClientCipher(key) | Self::DiffieHellman(key) => put_string(out, key),
            Self::Stored(identity) => identity.put(out),
            Self::ServerCipher | Self::Other(_) => {}
        }
    }
}

impl SetupRequest {
    /// A request for a session as the field writes it.
    pub fn new(exchange: KeyExchange, life_seconds: u32, identity: Identity) -> Self {
        Self {
            exchange,
            life_seconds,
            identity,
            rest: Bytes::from_static(SETUP_REST),
        }
    }

    /// Reads the body of a request.
    ///
    /// # Errors
    /// The body is cut.
    pub fn decode(body: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        let mode = SessionMode(reader.u16("session mode")?);
        let life_seconds = reader.u32("life of the session")?;
        let identity = Identity::read(&mut reader)?;
        Ok(Self {
            exchange: KeyExchange::read(mode, &mut reader)?,
            life_seconds,
            identity,
            rest: reader.rest(),
        })
    }

    /// The body's octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        out.extend_from_slice(&self.exchange.mode().0.to_be_bytes());
        out.extend_from_slice(&self.life_seconds.to_be_bytes());
        self.identity.put(&mut out);
        self.exchange.put(&mut out);
        out.extend_from_slice(&self.rest);
        out.into()
    }
}

/// Answers that there is a session; the envelope holds its id.
///
/// | octets | field |
/// | --- | --- |
/// | 2 | mode, as asked |
/// | 4 + n | data of the mode: in mode 4 the cipher (since 2.4) and the node's public key |
/// | 2 | [`SETUP_REST`], the [rest](crate::Response::rest) of the response |
///
/// ```
/// use wire::session::{SessionMode, SetupAnswer};
/// use wire::{Answer, Response};
///
/// let answer = SetupAnswer { mode: SessionMode::DIFFIE_HELLMAN, data: "data".into() };
/// assert_eq!(
///     &Response::new(None, Answer::SessionSetup(answer)).encode()[..],
///     b"\0\x04\0\0\0\x04data\0\0"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupAnswer {
    /// The mode that was asked for.
    pub mode: SessionMode,
    /// What the node gives for the key; [`SetupAnswer::cipher_and_key`] takes it apart in mode 4.
    pub data: Bytes,
}

impl SetupAnswer {
    /// The data of a Diffie-Hellman answer: the cipher, if the version tells it, and the key.
    ///
    /// ```
    /// use wire::session::{SessionCipher, SessionMode, SetupAnswer};
    /// use wire::Version;
    ///
    /// let data = b"\0\0\0\x03key".as_slice().into();
    /// let answer = SetupAnswer { mode: SessionMode::DIFFIE_HELLMAN, data };
    /// let (cipher, key) = answer.cipher_and_key(Version::NEWEST)?;
    /// assert_eq!((cipher, &key[..]), (Some(SessionCipher::AES), &b"key"[..]));
    /// # Ok::<(), wire::Error>(())
    /// ```
    ///
    /// # Errors
    /// The data is too short to name a cipher.
    pub fn cipher_and_key(
        &self,
        version: Version,
    ) -> Result<(Option<SessionCipher>, Bytes), Error> {
        let mut reader = Reader::new(self.data.clone());
        let tells_cipher = version.knows(Version::SESSION_CIPHER);
        let cipher = tells_cipher.then(|| reader.u32("session cipher"));
        Ok((cipher.transpose()?.map(SessionCipher), reader.rest()))
    }

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Error> {
        Ok(Self {
            mode: SessionMode(reader.u16("session mode")?),
            data: reader.string("session data")?,
        })
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.mode.0.to_be_bytes());
        put_string(out, &self.data);
    }
}

/// Names the cipher of a session, in CBC mode; other numbers survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionCipher(pub u32);

impl SessionCipher {
    /// DES, with the first 8 octets of the session's key.
    pub const DES: Self = Self(1);
    /// Triple DES, with the first 24.
    pub const TRIPLE_DES: Self = Self(2);
    /// AES, with the first 16.
    pub const AES: Self = Self(3);
    /// SM4, in the Chinese system.
    pub const SM4: Self = Self(4);
}

/// Gives the node a key for the session (operation 402, after a set-up in mode 2).
///
/// | octets | field |
/// | --- | --- |
/// | 4 + n | key, encrypted with the node's public key |
///
/// ```
/// use wire::session::KeyRequest;
///
/// let request = KeyRequest::decode(b"\0\0\0\x03key".as_slice().into())?;
/// assert_eq!(request.key, "key");
/// assert_eq!(&request.encode()[..], b"\0\0\0\x03key");
/// # Ok::<(), wire::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRequest {
    /// The key, encrypted.
    pub key: Bytes,
    /// What follows; means nothing, kept as it came.
    pub rest: Bytes,
}

impl KeyRequest {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// The body is cut.
    pub fn decode(body: Bytes) -> Result<Self, Error> {
        let mut reader = Reader::new(body);
        Ok(Self {
            key: reader.string("session key")?,
            rest: reader.rest(),
        })
    }

    /// The body's octets.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::new();
        put_string(&mut out, &self.key);
        out.extend_from_slice(&self.rest);
        out.into()
    }
}
