//! The records of TLS, as far as they can be told apart without keys (RFC 8446 section 5.1).
//!
//! Replication streams go on with them; whoever looks at a capture wants to see where they end.
//! Not here: the handshake, any cryptography (room `node`).

use crate::Error;
use alloc::vec::Vec;
use bytes::Bytes;
use model::octets::Reader;

#[cfg(test)]
mod tests;

/// One record: perhaps plain, usually encrypted.
///
/// | octets | field |
/// | --- | --- |
/// | 1 | content: 20 change of ciphers, 21 alert, 22 handshake, 23 application data |
/// | 1, 1 | version of the record, major and minor |
/// | 2 + n | payload |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsRecord {
    /// What is in it.
    pub content: TlsContent,
    /// The version, 3.3 for TLS 1.2 and nearly everything later.
    pub version: (u8, u8),
    /// The payload, at most 65,535 octets.
    pub payload: Bytes,
}

/// Says what a record holds; other octets survive a round trip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TlsContent(pub u8);

impl TlsContent {
    /// The ciphers change from here on.
    pub const CHANGE_CIPHER_SPEC: Self = Self(20);
    /// A warning or the end.
    pub const ALERT: Self = Self(21);
    /// Messages of the handshake.
    pub const HANDSHAKE: Self = Self(22);
    /// What both sides have to say.
    pub const APPLICATION_DATA: Self = Self(23);

    /// What the content is called; `None` for octets that no TLS has.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::CHANGE_CIPHER_SPEC => "change cipher spec",
            Self::ALERT => "alert",
            Self::HANDSHAKE => "handshake",
            Self::APPLICATION_DATA => "application data",
            _ => return None,
        })
    }
}

impl TlsRecord {
    /// Whether octets begin as a handshake does.
    pub fn begins(octets: &[u8]) -> bool {
        octets.starts_with(&[TlsContent::HANDSHAKE.0, 3])
    }

    /// Reads one record.
    ///
    /// # Errors
    /// [`Error::StreamRecord`] if the content is no TLS has, or the octets are cut: then more must
    /// come.
    pub fn read(reader: &mut Reader) -> Result<Self, Error> {
        let content = TlsContent(reader.u8("content of the TLS record")?);
        if content.name().is_none() {
            return Err(Error::StreamRecord { code: content.0 });
        }
        let version = reader.array::<2>("version of the TLS record")?.into();
        let octets = reader.u16("length of the TLS record")?;
        Ok(Self {
            content,
            version,
            payload: reader.take("TLS record", octets.into())?,
        })
    }

    /// Appends the record.
    pub fn put(&self, out: &mut Vec<u8>) {
        let octets = u16::try_from(self.payload.len()).expect("payloads have a 16-bit length");
        out.extend_from_slice(&[self.content.0, self.version.0, self.version.1]);
        out.extend_from_slice(&octets.to_be_bytes());
        out.extend_from_slice(&self.payload);
    }
}
