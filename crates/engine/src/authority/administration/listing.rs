//! Lists: the identifiers under a prefix (RFC 3652 section 3.6.6), the prefixes that the node is
//! home to.
//!
//! A list is as long as it is; it comes in messages of some names each, all but the last of which
//! say that more follow, and each goes on where the one before ended. What is registered meanwhile
//! may be missing. Not here: derived prefixes (operation 106), which the reference software does
//! not list.

use super::permission::{Alternatives, Demand, Ground, Rule};
use super::{Administration, Permitted, named};
use crate::authority::look_up::{AfterLookUp, Found, look_up};
use crate::authority::referral::described_prefix;
use crate::step::{Fetch, Plan, Scan, ScanPlan, Step};
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::{IntoIter, Vec};
use bytes::Bytes;
use model::admin::AdminPermissions;
use model::identifier::PREFIX_OF_PREFIXES;
use model::key::{Scheme, Subspace};
use model::{Identifier, Key, Prefix, Record};
use wire::listing::ListingAnswer;
use wire::response::Answer as Body;
use wire::{OpFlags, ResponseCode};

/// How many names one message has. The reference software sends 50; a few hundred of the longest
/// identifiers still fit one message.
const NAMES_COUNT: usize = 100;

/// Starts operation 105: the identifiers under the prefix that an identifier describes.
pub(super) fn start(administration: Administration, identifier: Bytes) -> Step {
    let record = match Identifier::from_octets(identifier) {
        Ok(record) => record,
        Err(error) => {
            let code = ResponseCode::INVALID_HANDLE;
            return administration.asked.fail(code, error.to_string());
        }
    };
    if !administration.settings.lists {
        let text = "this node lists no identifiers";
        let code = ResponseCode::OPERATION_NOT_SUPPORTED;
        return administration.asked.fail(code, text);
    }
    let Some(prefix) = described_prefix(&record) else {
        let text = "name the prefix as 0.NA/PREFIX";
        let code = ResponseCode::INVALID_HANDLE;
        return administration.asked.fail(code, text);
    };
    let homed = Key::homed(&prefix);
    let plan = OfPrefix {
        administration,
        record,
        prefix,
    };
    Fetch::step(vec![homed], plan)
}

#[derive(Debug)]
struct OfPrefix {
    administration: Administration,
    record: Identifier,
    prefix: Prefix,
}

impl Plan for OfPrefix {
    fn resume(self: Box<Self>, mut found: IntoIter<Option<Bytes>>) -> Step {
        if found.next().flatten().is_none() {
            return self.administration.asked.fail_not_responsible();
        }
        if self.administration.is_nobody() {
            return self.administration.asked.challenge();
        }
        let local = self.administration.local;
        look_up(self.record.clone(), &["HS_ADMIN"], local, self)
    }
}

impl AfterLookUp for OfPrefix {
    fn resume(self: Box<Self>, found: Found) -> Step {
        let permission = AdminPermissions::LIST_HANDLES;
        let demand = self
            .administration
            .demand(&self.record, found.values(), permission);
        let under = Under::of(&self.prefix, &self.administration);
        self.administration
            .permit(Alternatives::all(vec![demand]), under)
    }
}

/// A part of the key space that is listed.
#[derive(Debug, Clone)]
struct Under {
    from: Key,
    to: Key,
    what: What,
}

/// How keys become names.
#[derive(Debug, Clone, Copy)]
enum What {
    Identifiers { as_spelled: bool },
    Homes,
}

impl Under {
    /// All identifiers of a prefix: `88.156/` to before `88.1560`, for `0` follows `/`.
    fn of(prefix: &Prefix, administration: &Administration) -> Self {
        let bound = |end: &[u8]| {
            let head = [Subspace::RECORDS.0, Scheme::HANDLE.0];
            Key::from_octets([&head[..], &prefix.canonical(), end].concat().into())
        };
        let as_spelled = administration.settings.lists_spellings;
        Self {
            from: bound(b"/"),
            to: bound(b"0"),
            what: What::Identifiers { as_spelled },
        }
    }

    /// All prefixes that the node is home to.
    fn homes() -> Self {
        let [from, to] = Subspace::HOMED.bounds();
        let what = What::Homes;
        Self { from, to, what }
    }

    fn name(&self, key: &Key, octets: Bytes) -> Bytes {
        match self.what {
            What::Homes => {
                let prefix = key.octets().get(1..).unwrap_or_default();
                [PREFIX_OF_PREFIXES.as_bytes(), b"/", prefix]
                    .concat()
                    .into()
            }
            What::Identifiers { as_spelled } => {
                let spelling = as_spelled.then(|| Record::from_stored(octets).ok()?.spelling());
                let canonical = || key.octets().slice(key.octets().len().min(2)..);
                spelling.flatten().unwrap_or_else(canonical)
            }
        }
    }
}

impl Permitted for Under {
    fn carry_out(self, administration: Administration, ground: Ground) -> Step {
        Step::Scan(Listing::scan(administration, self, ground))
    }
}

/// A list that waits for its next keys.
#[derive(Debug)]
struct Listing {
    administration: Administration,
    under: Under,
    ground: Ground,
}

impl Listing {
    fn scan(administration: Administration, under: Under, ground: Ground) -> Scan {
        let (from, to) = (under.from.clone(), under.to.clone());
        let plan = Self {
            administration,
            under,
            ground,
        };
        // One more than is said, to know whether there is more to say.
        Scan::new(from, to, NAMES_COUNT + 1, plan)
    }
}

impl ScanPlan for Listing {
    fn resume(self: Box<Self>, mut found: Vec<(Key, Bytes)>) -> Step {
        let Self {
            administration,
            mut under,
            ground,
        } = *self;
        let next = (found.len() > NAMES_COUNT).then(|| found.pop()).flatten();
        let names = found
            .into_iter()
            .map(|(key, octets)| under.name(&key, octets));
        let listing = Body::Listing(ListingAnswer {
            identifiers: names.collect(),
        });
        let asked = administration.asked.clone();
        let Some((from, _)) = next else {
            return asked.answer_listed(listing, ground, None);
        };
        under.from = from;
        let more = Self::scan(administration, under, ground.clone());
        asked
            .with_flag(OpFlags::CONTINUOUS)
            .answer_listed(listing, ground, Some(more))
    }
}

/// Starts operation 302: the prefixes that the node is home to.
pub(super) fn start_homed(administration: Administration) -> Step {
    if administration.is_nobody() {
        return administration.asked.challenge();
    }
    let demand = demand_of_home(&administration);
    administration.permit(Alternatives::all(vec![demand]), Under::homes())
}

/// The permission to say, or see, what the node is home to.
pub(super) fn demand_of_home(administration: &Administration) -> Demand {
    let settings = &administration.settings;
    let servers = named(&settings.server_admins, &Rule::ServerAdministrator);
    let homes = named(&settings.home_admins, &Rule::HomeAdministrator);
    Demand {
        permissions: AdminPermissions(0),
        holders: servers.chain(homes).collect(),
    }
}
