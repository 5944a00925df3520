//! What an administrator asks a node to do. Not here: who asks, and how that is proven.

use crate::{Date, question};
use alloc::vec::Vec;
use bytes::Bytes;
use model::identifier::PREFIX_OF_PREFIXES;
use model::{Error, Identifier, Prefix, Value};
use wire::registry::{OrderRequest, ReadingRequest};
use wire::replication::{DumpRequest, TxnLogRequest};
use wire::{Message, OpFlags, Opcode};

/// Something that a node shall do, before it is put into a message.
///
/// ```
/// use engine::administrator::Order;
/// use model::Value;
///
/// let values = [Value::public(1, "URL", "https://example.org")];
/// let order = Order::register(&"88.156.1/pump".parse()?, &values).overwriting();
/// assert_eq!(order.opcode(), wire::Opcode::CREATE_HANDLE);
/// assert!(!order.is_private());
/// # Ok::<(), model::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The message without its number and date.
    blank: Message,
    is_private: bool,
}

/// What is set when the order is sent.
const NO_ID: u32 = 0;
const NO_DATE: Date = Date(0);

impl Order {
    /// Registers an identifier with values.
    pub fn register(identifier: &Identifier, values: &[Value]) -> Self {
        let flags = OpFlags::USUAL;
        let blank = question::creation(identifier, values, flags, NO_ID, NO_DATE);
        Self::of_values(blank, values)
    }

    /// Adds values to an identifier.
    pub fn add(identifier: &Identifier, values: &[Value]) -> Self {
        let flags = OpFlags::USUAL;
        let blank = question::addition(identifier, values, flags, NO_ID, NO_DATE);
        Self::of_values(blank, values)
    }

    /// Replaces values of an identifier that are there.
    pub fn modify(identifier: &Identifier, values: &[Value]) -> Self {
        let blank = question::modification(identifier, values, NO_ID, NO_DATE);
        Self::of_values(blank, values)
    }

    /// Removes values of an identifier.
    pub fn remove(identifier: &Identifier, indexes: &[u32]) -> Self {
        Self::of(question::removal(identifier, indexes, NO_ID, NO_DATE))
    }

    /// Deletes an identifier.
    pub fn delete(identifier: &Identifier) -> Self {
        Self::of(question::deletion(identifier, NO_ID, NO_DATE))
    }

    /// Lists the identifiers under a prefix.
    ///
    /// # Errors
    /// The prefix is too long to have a record.
    pub fn list(prefix: &Prefix) -> Result<Self, Error> {
        let record = record_of(prefix)?;
        Ok(Self::of(question::listing(&record, NO_ID, NO_DATE)))
    }

    /// Makes the node home to a prefix.
    ///
    /// # Errors
    /// As [`Order::list`].
    pub fn home(prefix: &Prefix) -> Result<Self, Error> {
        let record = record_of(prefix)?;
        Ok(Self::of(question::homing(&record, true, NO_ID, NO_DATE)))
    }

    /// Makes the node home to a prefix no longer.
    ///
    /// # Errors
    /// As [`Order::list`].
    pub fn unhome(prefix: &Prefix) -> Result<Self, Error> {
        let record = record_of(prefix)?;
        Ok(Self::of(question::homing(&record, false, NO_ID, NO_DATE)))
    }

    /// Lists the prefixes that the node is home to.
    pub fn list_homed() -> Self {
        Self::of(question::homed_listing(NO_ID, NO_DATE))
    }

    /// Has a node send what a mirror has not seen of its log (operation 1001). It follows the
    /// answer on the connection.
    pub fn retrieve_log(request: &TxnLogRequest) -> Self {
        Self::of_body(Opcode::RETRIEVE_TXN_LOG, request.encode())
    }

    /// Has a node send everything (operation 1002), likewise.
    pub fn dump(request: &DumpRequest) -> Self {
        Self::of_body(Opcode::DUMP_HANDLES, request.encode())
    }

    /// Orders the registry of the top-level sites to do something. The mark within makes it one
    /// order however often it is given, and to whichever of them.
    pub fn registry(order: &OrderRequest) -> Self {
        Self::of_body(Opcode::REGISTRY_ORDER, order.encode())
    }

    /// Asks what that registry says.
    pub fn read_registry(asked: &ReadingRequest) -> Self {
        Self::of_body(Opcode::REGISTRY_READING, asked.encode())
    }

    /// Replaces what is there already.
    #[must_use]
    pub fn overwriting(self) -> Self {
        self.with_flags(OpFlags::OVERWRITE)
    }

    /// Lets the node end the identifier, which is a beginning only.
    #[must_use]
    pub fn minting(self) -> Self {
        self.with_flags(OpFlags::MINT)
    }

    /// The operation.
    pub fn opcode(&self) -> Opcode {
        self.blank.header.opcode
    }

    /// Whether not everybody may read what is sent: it goes encrypted, which needs a session.
    pub fn is_private(&self) -> bool {
        self.is_private
    }

    /// The order as a message that says until when it is good.
    pub fn message(&self, request_id: u32, expiration: Date) -> Message {
        let mut message = self.blank.clone();
        message.envelope.request_id = request_id;
        message.header.expiration = expiration.0;
        message
    }

    fn with_flags(mut self, flags: OpFlags) -> Self {
        let header = &mut self.blank.header;
        header.flags = header.flags | flags;
        self
    }

    fn of_values(blank: Message, values: &[Value]) -> Self {
        let mut values = values.iter();
        let is_private = values.any(|value| !value.permissions.is_public_read());
        Self { blank, is_private }
    }

    fn of_body(opcode: Opcode, body: Bytes) -> Self {
        let flags = OpFlags::USUAL;
        Self::of(question::message(opcode, flags, body, NO_ID, NO_DATE))
    }

    fn of(blank: Message) -> Self {
        let is_private = false;
        Self { blank, is_private }
    }
}

/// The identifier of the record that describes a prefix.
fn record_of(prefix: &Prefix) -> Result<Identifier, Error> {
    let record: Vec<u8> = [PREFIX_OF_PREFIXES, "/", prefix.as_str()].concat().into();
    Identifier::from_octets(record.into())
}
