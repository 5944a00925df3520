//! Who is there and what is registered before the first order: four people with keys, a group of
//! two of them, a prefix and some records; and somebody who says that he is one of them.

use super::cryptography::Pen;
use crate::chance::Chance;
use bytes::Bytes;
use engine::administrator::Means;
use model::admin::{Admin, AdminPermissions};
use model::vlist::ValueList;
use model::{Identifier, Permissions, Reference, Value};
use wire::Identity;

/// Where everybody's key is.
pub(crate) const KEY_INDEX: u32 = 300;

/// Where the list of the group is.
pub(crate) const LIST_INDEX: u32 = 200;

/// How many records there are that orders are about.
pub(crate) const RECORDS_COUNT: usize = 5;

/// Somebody of the cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Person {
    /// May do everything, and looks after everybody's keys.
    Anna,
    /// Of the group; has a key pair.
    Ben,
    /// Of the group.
    Cleo,
    /// May do some things; has a key pair.
    Dora,
    /// Nobody has registered him.
    Mallory,
}

impl Person {
    /// Those who are registered.
    pub(crate) const REGISTERED: [Self; 4] = [Self::Anna, Self::Ben, Self::Cleo, Self::Dora];

    fn name(self) -> &'static str {
        match self {
            Self::Anna => "88.1/anna",
            Self::Ben => "88.1/ben",
            Self::Cleo => "88.1/cleo",
            Self::Dora => "88.1/dora",
            Self::Mallory => "88.1/mallory",
        }
    }

    pub(crate) fn identifier(self) -> Identifier {
        self.name().parse().expect("a name of the cast")
    }

    pub(crate) fn identity(self) -> Identity {
        Identity::new(self.name(), KEY_INDEX)
    }

    fn has_pair(self) -> bool {
        matches!(self, Self::Ben | Self::Dora)
    }

    /// What somebody knows whom only he is.
    fn secret(self) -> Bytes {
        Bytes::from(format!("the secret of {}", self.name()))
    }

    /// What he proves himself with; `as_whom` says which kind of key is expected.
    pub(crate) fn means(self, as_whom: Self) -> Means<Pen> {
        if as_whom.has_pair() {
            Means::Key(Pen(self.secret()))
        } else {
            Means::Secret(self.secret().to_vec().into())
        }
    }

    /// The value with his key.
    pub(crate) fn key(self) -> Value {
        if self.has_pair() {
            return Value::public(KEY_INDEX, "HS_PUBKEY", Pen(self.secret()).public());
        }
        Value {
            permissions: Permissions(0b1100),
            ..Value::public(KEY_INDEX, "HS_SECKEY", self.secret())
        }
    }
}

/// The record of the prefix.
pub(crate) const PREFIX: &str = "0.NA/88.1";

/// The record of the group.
pub(crate) const GROUP: &str = "88.1/group";

/// A record that orders are about.
pub(crate) fn record(number: usize) -> Identifier {
    let name = format!("88.1/r{number}");
    name.parse().expect("a name of a record")
}

/// A value that names an administrator.
pub(crate) fn admin(index: u32, holder: &Identity, permissions: AdminPermissions) -> Value {
    let admin = Admin {
        identifier: holder.identifier.clone(),
        index: holder.index,
        permissions,
        has_legacy_end: false,
    };
    Value::public(index, "HS_ADMIN", admin.encode())
}

/// The group as a holder of permissions.
pub(crate) fn group() -> Identity {
    Identity::new(GROUP, LIST_INDEX)
}

/// The list of the group.
pub(crate) fn list(members: &[Person]) -> Value {
    let references = members.iter().map(|member| Reference {
        identifier: member.identity().identifier,
        index: KEY_INDEX,
    });
    let list = ValueList(references.collect());
    Value::public(LIST_INDEX, "HS_VLIST", list.encode())
}

/// Permissions, any.
pub(crate) fn some_permissions(chance: &mut Chance) -> AdminPermissions {
    if chance.happens(600) {
        AdminPermissions::ALL
    } else {
        AdminPermissions(chance.below(0x1000) as u16)
    }
}

/// What the operator registers.
pub(crate) fn registered(chance: &mut Chance) -> Vec<(Identifier, Vec<Value>)> {
    let anna = admin(100, &Person::Anna.identity(), AdminPermissions::ALL);
    let prefix = PREFIX.parse().expect("a name of a record");
    let of_group = admin(101, &group(), some_permissions(chance));
    let group_name = GROUP.parse().expect("a name of a record");
    let members = list(&[Person::Ben, Person::Cleo]);
    let mut registered = vec![
        (prefix, vec![anna.clone(), of_group]),
        (group_name, vec![anna.clone(), members]),
    ];
    for person in Person::REGISTERED {
        registered.push((person.identifier(), vec![anna.clone(), person.key()]));
    }
    for number in 0..RECORDS_COUNT {
        if chance.happens(700) {
            registered.push((record(number), values(chance)));
        }
    }
    registered
}

/// Values of a record.
pub(crate) fn values(chance: &mut Chance) -> Vec<Value> {
    let dora = Person::Dora.identity();
    let mut values = vec![
        admin(100, &group(), some_permissions(chance)),
        admin(101, &dora, some_permissions(chance)),
        text(1, chance),
    ];
    if chance.happens(300) {
        let permissions = Permissions(0b1100);
        values.push(Value {
            permissions,
            ..text(2, chance)
        });
    }
    values
}

/// A value like no other.
pub(crate) fn text(index: u32, chance: &mut Chance) -> Value {
    Value::public(index, "DESC", format!("{:08x}", chance.number()))
}
