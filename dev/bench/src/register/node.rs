//! The node that registers, in a process of its own. Not here: who asks it.

use super::{PREFIX_RECORD, RegistrarArguments, SECRET, SECRET_INDEX};
use crate::failure::{Failure, cannot};
use crate::process::{say_address, wait_for_end};
use crate::records;
use client::Clock;
use engine::authority::{HOMED_MARK, Registration};
use model::admin::{Admin, AdminPermissions};
use model::{Change, Identifier, Permissions, SuffixCase, Value};
use node::{Config, Node};
use std::net::Ipv4Addr;
use store::{Options, Store};
use web::Web;

/// Is the node: home to the prefix, whose administrator has a secret.
pub(crate) fn run_node(arguments: &RegistrarArguments) -> Result<(), Failure> {
    let store = Store::open(&arguments.data, &Options::default())
        .map_err(cannot("open the data folder"))?;
    store.commit(prefix()?)?;
    let mut config = Config {
        listen: vec![(Ipv4Addr::LOCALHOST, 0).into()],
        ..Config::default()
    };
    config.tcp.connections_per_peer_max = config.tcp.connections_max;
    // All clients come from one address and set their sessions up at once.
    config.limits.signatures_per_second = 1000;
    config.limits.signatures_per_source_and_second = 1000;
    config.limits.challenges_per_source_max = 1000;
    config.limits.secrets_per_second = 1000;
    config.limits.secrets_per_source_and_second = 1000;
    config.http.listen = vec![(Ipv4Addr::LOCALHOST, 0).into()];
    config.http.connections_per_peer_max = config.http.connections_max;
    let front = |handle| Web::new(handle, &config.http);
    let node = Node::start_with(&config, store, &front)?;
    let addresses = if arguments.http {
        node.http_addresses()
    } else {
        node.addresses()
    };
    addresses.iter().copied().for_each(say_address);
    wait_for_end();
    Ok(node.stop()?)
}

/// The prefix that everything is registered under, as its record says it.
fn prefix() -> Result<Change, Failure> {
    let admin = Admin {
        identifier: PREFIX_RECORD.into(),
        index: SECRET_INDEX,
        permissions: AdminPermissions::ALL,
        has_legacy_end: false,
    };
    let values = vec![
        Value::public(100, "HS_ADMIN", admin.encode()),
        Value {
            permissions: Permissions(0b1100),
            ..Value::public(SECRET_INDEX, "HS_SECKEY", SECRET)
        },
    ];
    let (record, case): (Identifier, _) = (PREFIX_RECORD.parse()?, SuffixCase::Insensitive);
    let registration = Registration::new(&record, values, case, Clock::date())?;
    let under = Identifier::from_octets(records::identifier(0).to_vec().into())?;
    let mut change = Change::default();
    change.put(registration.home, HOMED_MARK.into());
    change.put(model::Key::homed(&under.prefix()), HOMED_MARK.into());
    change.put(registration.key, registration.record.octets().clone());
    Ok(change)
}
