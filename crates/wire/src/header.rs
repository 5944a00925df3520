//! The header of a message (RFC 3652 section 2.2.2).
//!
//! | octets | field |
//! | --- | --- |
//! | 4 | operation |
//! | 4 | response code, 0 in requests |
//! | 4 | operation flags |
//! | 2 | serial number of the site information used or served |
//! | 1 | how often the request was forwarded |
//! | 1 | reserved |
//! | 4 | when the message expires, seconds since 1970 |
//! | 4 | length of the body |

use crate::{Error, OpFlags, Opcode, ResponseCode};
use alloc::vec::Vec;
use model::octets::Reader;

/// The length of a header.
pub const HEADER_OCTETS: usize = 24;

/// The serial number that says that nothing is known of the site.
pub const SITE_SERIAL_UNKNOWN: u16 = 0xffff;

/// What every message says of itself, except how long its body is: that follows from the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What is asked; an answer repeats it.
    pub opcode: Opcode,
    /// How it went; [`ResponseCode::REQUEST`] in requests.
    pub response_code: ResponseCode,
    /// How to handle it, or how it was handled.
    pub flags: OpFlags,
    /// The serial number of the site information, or [`SITE_SERIAL_UNKNOWN`].
    pub site_serial: u16,
    /// How often the request was forwarded; 0 from askers.
    pub recursion_count: u8,
    /// Means nothing; kept as it came.
    pub reserved: u8,
    /// When the message expires, in seconds since 1970; 0 for never.
    pub expiration: u32,
}

impl Header {
    /// Reads a header and the length of the body that follows it.
    ///
    /// # Errors
    /// Fewer than [`HEADER_OCTETS`] are left.
    pub fn read(reader: &mut Reader) -> Result<(Self, usize), Error> {
        let header = Self {
            opcode: Opcode(reader.u32("operation")?),
            response_code: ResponseCode(reader.u32("response code")?),
            flags: OpFlags(reader.u32("operation flags")?),
            site_serial: reader.u16("site serial number")?,
            recursion_count: reader.u8("recursion count")?,
            reserved: reader.u8("reserved octet")?,
            expiration: reader.u32("expiration")?,
        };
        Ok((header, reader.u32("body length")? as usize))
    }

    /// Appends the header's octets for a body of `body_octets`.
    pub fn put(&self, out: &mut Vec<u8>, body_octets: usize) {
        out.extend_from_slice(&self.opcode.0.to_be_bytes());
        out.extend_from_slice(&self.response_code.0.to_be_bytes());
        out.extend_from_slice(&self.flags.0.to_be_bytes());
        out.extend_from_slice(&self.site_serial.to_be_bytes());
        out.extend_from_slice(&[self.recursion_count, self.reserved]);
        out.extend_from_slice(&self.expiration.to_be_bytes());
        model::octets::put_count(out, body_octets);
    }

    /// Whether the message is an answer.
    pub fn is_response(&self) -> bool {
        self.response_code != ResponseCode::REQUEST
    }
}
