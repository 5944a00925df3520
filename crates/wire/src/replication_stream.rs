//! How the octets that follow the first answer of a transaction log or a dump begin.
//!
//! What follows in blocks: [`crate::txn_stream`], [`crate::dump_stream`], or after a handshake of
//! TLS ([`crate::tls_record`]) one of these. Not here: the handshake (room `node`).

use crate::Error;
use alloc::vec::Vec;
use bytes::Bytes;
use model::EncodedValue;
use model::octets::{Reader, put_count, put_string};
use model::record::VALUES_COUNT_MAX;
use model::value::VALUE_OCTETS_MIN;

#[cfg(test)]
mod tests;

/// Says how the rest of the connection is protected.
///
/// | octets | field |
/// | --- | --- |
/// | 4 | 0 signed, -1 neither, `TLS` and 0 for TLS (since 2.8) |
/// | 4 + n | signed: digest algorithm |
///
/// ```
/// use model::octets::Reader;
/// use wire::replication_stream::Protection;
///
/// let mut reader = Reader::new(b"\0\0\0\0\0\0\0\x04SHA1records".as_slice().into());
/// assert_eq!(Protection::read(&mut reader)?, Protection::Signed("SHA1".into()));
/// assert_eq!(reader.rest(), "records");
/// # Ok::<(), wire::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protection {
    /// A signature follows each block, a string made with the server's key over a digest by the
    /// named algorithm.
    Signed(Bytes),
    /// Not at all; mirrors of the field refuse this.
    Unsigned,
    /// A TLS handshake follows, in which the server shows the key of its site information.
    Tls,
}

impl Protection {
    const SIGNED: [u8; 4] = [0; 4];
    const UNSIGNED: [u8; 4] = [0xff; 4];
    const TLS: [u8; 4] = *b"TLS\0";

    /// Takes the beginning of a stream; what is left in the reader is protected as it says.
    ///
    /// # Errors
    /// [`Error::Protection`], or the octets are cut: then more must come.
    pub fn read(reader: &mut Reader) -> Result<Self, Error> {
        match reader.array("protection of the stream")? {
            Self::SIGNED => Ok(Self::Signed(reader.string("digest algorithm")?)),
            Self::UNSIGNED => Ok(Self::Unsigned),
            Self::TLS => Ok(Self::Tls),
            other => Err(Error::Protection {
                code: u32::from_be_bytes(other),
            }),
        }
    }

    /// Appends the beginning of a stream.
    pub fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Signed(algorithm) => {
                out.extend_from_slice(&Self::SIGNED);
                put_string(out, algorithm);
            }
            Self::Unsigned => out.extend_from_slice(&Self::UNSIGNED),
            Self::Tls => out.extend_from_slice(&Self::TLS),
        }
    }
}

/// Reads a count of values, each with its length in front.
pub(crate) fn read_sized_values(reader: &mut Reader) -> Result<Vec<EncodedValue>, Error> {
    let count = reader.count("values", VALUES_COUNT_MAX, 4 + VALUE_OCTETS_MIN)?;
    (0..count).map(|_| read_sized_value(reader)).collect()
}

fn read_sized_value(reader: &mut Reader) -> Result<EncodedValue, Error> {
    let mut inside = Reader::new(reader.string("value")?);
    let value = EncodedValue::read(&mut inside)?;
    inside.finish("value")?;
    Ok(value)
}

/// Appends a count of values, each with its length in front.
pub(crate) fn put_sized_values(out: &mut Vec<u8>, values: &[EncodedValue]) {
    put_count(out, values.len());
    for value in values {
        put_string(out, value.octets());
    }
}
