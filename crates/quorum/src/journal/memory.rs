//! A journal in memory that can be crashed: what was not synced is torn off anywhere.

use super::{Batch, Journal};
use bytes::Bytes;
use std::convert::Infallible;

/// Keeps octets in memory, and knows which of them a crash would leave.
#[derive(Debug, Clone, Default)]
pub struct MemoryJournal {
    durable: Vec<u8>,
    written: Vec<Batch>,
}

impl MemoryJournal {
    /// Writes a batch; it is durable after the next [`MemoryJournal::sync`].
    pub fn write(&mut self, batch: &Batch) {
        self.written.push(batch.clone());
    }

    /// Makes durable what was written.
    pub fn sync(&mut self) {
        for batch in self.written.drain(..) {
            keep(&mut self.durable, &batch);
        }
    }

    /// Loses what was not synced, or its end: `left` says how many of so many octets are left of
    /// each batch, and after the first that is not whole nothing is. Of a replacement all or none.
    pub fn crash(&mut self, mut left: impl FnMut(usize) -> usize) {
        for batch in self.written.drain(..) {
            let count = left(batch.octets.len()).min(batch.octets.len());
            let is_whole = count == batch.octets.len();
            if is_whole {
                keep(&mut self.durable, &batch);
            } else {
                if !batch.replaces {
                    self.durable.extend_from_slice(&batch.octets[..count]);
                }
                break;
            }
        }
        self.written.clear();
    }

    /// Changes octets behind the member's back.
    pub fn durable_mut(&mut self) -> &mut Vec<u8> {
        &mut self.durable
    }
}

fn keep(durable: &mut Vec<u8>, batch: &Batch) {
    if batch.replaces {
        durable.clear();
    }
    durable.extend_from_slice(&batch.octets);
}

impl Journal for MemoryJournal {
    type Error = Infallible;

    fn read(&mut self) -> Result<Bytes, Infallible> {
        Ok(Bytes::copy_from_slice(&self.durable))
    }

    fn keep(&mut self, batch: &Batch) -> Result<(), Infallible> {
        self.write(batch);
        self.sync();
        Ok(())
    }
}
