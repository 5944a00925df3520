//! What the authority is told about the node it speaks for.
//!
//! Not here: where settings are written down (room `node`), keys and limits of work.

use super::{AdministrationSettings, TemplateSettings};
use crate::Digests;
use alloc::sync::Arc;
use bytes::Bytes;
use model::site::{HashOption, IdentifierHash};
use model::{Identifier, Site, SuffixCase};

/// What the authority is told; everything has a default.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Whether suffixes depend on case; fixed when the data folder was made. Default: they do not.
    pub suffix_case: SuffixCase,
    /// The site this node belongs to. Default: a primary with serial number 1 and no record.
    pub site: OwnSite,
    /// How identifiers that nobody has registered are computed. Default: as their namespaces say.
    pub templates: Arc<TemplateSettings>,
    /// Who may administer what beyond what records say. Default: nobody.
    pub administration: Arc<AdministrationSettings>,
    /// Whether requests with any [oddity](wire::Quirk) are refused, of which the field has many.
    ///
    /// Default: no. For those who test their own software against this node.
    pub is_strict: bool,
    /// Whether peers of versions 2.5 to 2.9 are told of prefix referrals, as newer ones are.
    ///
    /// Default: no, they get code 2 and a sentence, as from the reference software, which asks on
    /// their behalf instead where it can. Older peers always do: to them the code means something
    /// else.
    pub refers_old_peers: bool,
}

/// The site that this node is a server of, as it tells askers.
#[derive(Debug, Clone)]
pub struct OwnSite {
    serial: u16,
    is_primary: bool,
    record: Option<Bytes>,
    share: Option<Share>,
}

/// Which identifiers this server answers for, where the site has several.
#[derive(Debug, Clone, Copy)]
struct Share {
    option: HashOption,
    servers_count: u32,
    server_index: u32,
}

/// A primary with serial number 1, without a record.
impl Default for OwnSite {
    fn default() -> Self {
        Self::without_record(1, true)
    }
}

impl OwnSite {
    /// A site of which nothing is known but these: who asks for its record is refused, and this
    /// server answers for all of its identifiers.
    pub fn without_record(serial: u16, is_primary: bool) -> Self {
        Self {
            serial,
            is_primary,
            record: None,
            share: None,
        }
    }

    /// A site by its record, the data of an `HS_SITE` value, in which this server stands at
    /// `server_index`, from 0.
    ///
    /// If the site has several servers, this one answers only for the identifiers whose
    /// [hash](IdentifierHash) chooses it; if it hashes in a way that is unknown here, for all.
    ///
    /// # Errors
    /// The record cannot be read, or has no server at the index: [`model::Error::Unexpected`].
    pub fn from_record(record: Bytes, server_index: usize) -> Result<Self, model::Error> {
        let site = Site::decode(record.clone())?;
        if server_index >= site.servers.len() {
            return Err(model::Error::Unexpected {
                what: "server index",
                expected: "the place of a server in the site's record, from 0",
            });
        }
        let share = Share {
            option: site.hash_option,
            servers_count: site.servers.len() as u32,
            server_index: server_index as u32,
        };
        Ok(Self {
            serial: site.serial,
            is_primary: site.flags.is_primary(),
            record: Some(record),
            share: (share.servers_count > 1).then_some(share),
        })
    }

    /// The serial number, which askers compare with the one they know.
    pub fn serial(&self) -> u16 {
        self.serial
    }

    /// Whether the site is a primary, whose answers are authoritative.
    pub fn is_primary(&self) -> bool {
        self.is_primary
    }

    /// The record, if there is one.
    pub fn record(&self) -> Option<&Bytes> {
        self.record.as_ref()
    }

    /// Whether this server answers for all identifiers of the site: it has no other.
    pub(super) fn is_alone(&self) -> bool {
        self.share.is_none()
    }

    /// Whether this server of the site answers for an identifier.
    pub(super) fn is_answered_here(&self, identifier: &Identifier, digests: &impl Digests) -> bool {
        let Some(share) = self.share else {
            return true;
        };
        let md5 = |octets: &[u8]| digests.md5(octets);
        let hash = IdentifierHash::of(identifier, share.option, md5);
        hash.is_none_or(|hash| hash.0 % share.servers_count == share.server_index)
    }
}
