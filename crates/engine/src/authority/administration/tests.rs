//! Tests of administration: who may do what, in which order things are checked, what is changed.

mod checks;
mod elsewhere;

use super::*;
use crate::authority::fuzz::Sums;
use crate::authority::{HOMED_MARK, Known, Means, OwnSite, Settings};
use crate::elsewhere::Told;
use crate::question::message;
use crate::step::{Answer, drive_alone};
use model::admin::Admin;
use model::vlist::ValueList;
use model::{Permissions, Reference, SuffixCase};
use std::collections::BTreeMap;
use std::format;
use std::string::String;
use wire::identifier::IdentifierRequest;
use wire::response::Answer as Body;
use wire::values::{RemovalRequest, ValuesRequest};
use wire::{Identity, Message, Response};

mod again;

const NOW: Date = Date(1_795_000_000);
const LATER: Date = Date(1_795_000_100);

/// A node in memory: home to `88.1`, whose administrators are one for each permission.
struct Desk {
    authority: Authority<Sums>,
    stored: BTreeMap<Key, Bytes>,
}

/// The names of permissions, each with the index of the only identity that has it.
const EACH: [(AdminPermissions, u32); 12] = [
    (AdminPermissions::ADD_HANDLE, 1),
    (AdminPermissions::DELETE_HANDLE, 2),
    (AdminPermissions::ADD_DERIVED_PREFIX, 3),
    (AdminPermissions::DELETE_DERIVED_PREFIX, 4),
    (AdminPermissions::MODIFY_VALUE, 5),
    (AdminPermissions::REMOVE_VALUE, 6),
    (AdminPermissions::ADD_VALUE, 7),
    (AdminPermissions::MODIFY_ADMIN, 8),
    (AdminPermissions::REMOVE_ADMIN, 9),
    (AdminPermissions::ADD_ADMIN, 10),
    (AdminPermissions::READ_VALUE, 11),
    (AdminPermissions::LIST_HANDLES, 12),
];

/// Has all of them.
const ALL: u32 = 20;
/// Is in a list of a list that has all of them.
const LISTED: u32 = 21;
/// Has none.
const NOBODY: u32 = 22;

fn admin(index: u32, permissions: AdminPermissions, who: Reference) -> Value {
    let admin = Admin {
        identifier: who.identifier,
        index: who.index,
        permissions,
        has_legacy_end: false,
    };
    Value::public(index, "HS_ADMIN", admin.encode())
}

fn user(index: u32) -> Reference {
    Reference {
        identifier: "88.1/users".into(),
        index,
    }
}

fn administrators() -> Vec<Value> {
    let each = EACH.map(|(permissions, index)| admin(100 + index, permissions, user(index)));
    let mut values = each.to_vec();
    values.push(admin(120, AdminPermissions::ALL, user(ALL)));
    values.push(admin(121, AdminPermissions::ALL, user(30)));
    values
}

fn list(index: u32, members: &[Reference]) -> Value {
    Value::public(index, "HS_VLIST", ValueList(members.to_vec()).encode())
}

impl Desk {
    fn new() -> Self {
        Self::with(AdministrationSettings {
            lists: true,
            ..AdministrationSettings::default()
        })
    }

    fn with(administration: AdministrationSettings) -> Self {
        let mut desk = Self {
            authority: Authority {
                digests: Sums,
                settings: Settings {
                    site: OwnSite::without_record(7, true),
                    administration: Arc::new(administration),
                    ..Settings::default()
                },
            },
            stored: BTreeMap::new(),
        };
        desk.home("88.1");
        desk.put("0.NA/88.1", &administrators());
        // A list that names itself, a list within it, and whoever is in that.
        let lists = [list(30, &[user(30), user(31)]), list(31, &[user(LISTED)])];
        desk.put("88.1/users", &lists);
        let mut pump = administrators();
        pump.push(Value::public(1, "URL", "https://example.org/"));
        pump.push(with(2, Permissions(0b1100), "secret"));
        pump.push(with(3, Permissions(0b1111), "for all"));
        pump.push(with(4, Permissions(0b1010), "for ever"));
        desk.put("88.1/PUMP", &pump);
        desk
    }

    fn home(&mut self, prefix: &str) {
        let key = Key::homed(&prefix.parse().unwrap());
        self.stored.insert(key, HOMED_MARK.into());
    }

    fn put(&mut self, identifier: &str, values: &[Value]) {
        let mut values = values.to_vec();
        for value in &mut values {
            value.timestamp = NOW.0;
        }
        let record = Record::new(&values).unwrap();
        let key = record_key(identifier);
        self.stored.insert(key, record.octets().clone());
    }

    fn record(&self, identifier: &str) -> Option<Record> {
        let stored = self.stored.get(&record_key(identifier))?;
        Some(Record::from_stored(stored.clone()).unwrap())
    }

    fn indexes(&self, identifier: &str) -> Vec<u32> {
        let record = self.record(identifier).unwrap();
        record.entries().map(|entry| entry.index).collect()
    }

    fn answer(&mut self, request: &Message, origin: Origin) -> Answer {
        let step = self.authority.start(request, origin, LATER);
        let answer = drive_alone(step, &self.stored).expect("an answer");
        for precondition in &answer.change.preconditions {
            let now = self.stored.get(&precondition.key);
            assert_eq!(now, precondition.seen.as_ref());
        }
        for write in &answer.change.writes {
            match write.octets.clone() {
                Some(octets) => self.stored.insert(write.key.clone(), octets),
                None => self.stored.remove(&write.key),
            };
        }
        answer
    }

    /// The code of the answer; 402 for a challenge.
    fn code(&mut self, request: &Message, origin: Origin) -> u32 {
        let answer = self.answer(request, origin);
        if answer.is_challenge {
            return ResponseCode::AUTHENTICATION_NEEDED.0;
        }
        answer.message.header.response_code.0
    }

    fn text(&mut self, request: &Message, origin: Origin) -> String {
        let answer = self.answer(request, origin).message;
        match Response::decode(&answer).unwrap().answer {
            Body::Failure(failure) => String::from_utf8(failure.text().to_vec()).unwrap(),
            other => panic!("{other:?}"),
        }
    }
}

fn record_key(identifier: &str) -> Key {
    Key::record(&identifier.parse().unwrap(), SuffixCase::Insensitive)
}

fn with(index: u32, permissions: Permissions, text: &str) -> Value {
    Value {
        permissions,
        ..Value::public(index, "DESC", text.to_owned())
    }
}

fn by(index: u32) -> Origin {
    Origin::Known(Known {
        // Another spelling of the same.
        identity: Identity::new("88.1/Users", index),
        means: Means::PUBLIC_KEY,
    })
}

fn request(opcode: Opcode, flags: OpFlags, body: Bytes) -> Message {
    message(opcode, OpFlags::USUAL | flags, body, 7, NOW)
}

fn values_request(opcode: Opcode, flags: OpFlags, identifier: &str, values: &[Value]) -> Message {
    let values = values.iter().map(EncodedValue::of).collect();
    let body = ValuesRequest::new(identifier.to_owned(), values).encode();
    request(opcode, flags, body)
}

fn create(identifier: &str, values: &[Value]) -> Message {
    values_request(Opcode::CREATE_HANDLE, OpFlags(0), identifier, values)
}

fn overwrite(identifier: &str, values: &[Value]) -> Message {
    values_request(
        Opcode::CREATE_HANDLE,
        OpFlags::OVERWRITE,
        identifier,
        values,
    )
}

fn add(identifier: &str, values: &[Value]) -> Message {
    values_request(Opcode::ADD_VALUE, OpFlags(0), identifier, values)
}

fn modify(identifier: &str, values: &[Value]) -> Message {
    values_request(Opcode::MODIFY_VALUE, OpFlags(0), identifier, values)
}

fn remove(identifier: &str, indexes: &[u32]) -> Message {
    let body = RemovalRequest::new(identifier.to_owned(), indexes.to_vec()).encode();
    request(Opcode::REMOVE_VALUE, OpFlags(0), body)
}

fn naming(opcode: Opcode, identifier: &str) -> Message {
    let body = IdentifierRequest::about(identifier.to_owned()).encode();
    request(opcode, OpFlags(0), body)
}

fn url(index: u32) -> Value {
    Value::public(index, "URL", "https://example.org/new")
}

/// Every operation, the indexes of the single permissions that suffice together for it, and
/// whether one alone does.
fn operations() -> Vec<(&'static str, Message, Vec<u32>)> {
    let anybody = admin(200, AdminPermissions::ALL, user(1));
    let private = {
        let mut message = crate::Question::about("88.1/pump".parse().unwrap())
            .for_private_values()
            .resolution(7, NOW);
        message.header.flags = OpFlags::RECURSIVE;
        message
    };
    let mut same: Vec<Value> = administrators();
    same.push(url(1));
    same.push(with(2, Permissions(0b1100), "secret"));
    same.push(with(3, Permissions(0b1111), "for all"));
    same.push(with(4, Permissions(0b1010), "for ever"));
    vec![
        ("create", create("88.1/new", &[url(1)]), vec![1]),
        ("create a prefix", create("0.NA/88.1.5", &[url(1)]), vec![3]),
        (
            "delete",
            naming(Opcode::DELETE_HANDLE, "88.1/pump"),
            vec![2],
        ),
        ("add a value", add("88.1/pump", &[url(9)]), vec![7]),
        (
            "add an administrator",
            add("88.1/pump", std::slice::from_ref(&anybody)),
            vec![10],
        ),
        ("modify a value", modify("88.1/pump", &[url(1)]), vec![5]),
        (
            "modify an administrator",
            modify("88.1/pump", &[admin(101, AdminPermissions::ALL, user(1))]),
            vec![8],
        ),
        ("remove a value", remove("88.1/pump", &[1]), vec![6]),
        (
            "remove an administrator",
            remove("88.1/pump", &[101]),
            vec![9],
        ),
        ("read", private, vec![11]),
        ("list", naming(Opcode::LIST_HANDLES, "0.NA/88.1"), vec![12]),
        // Replacing a record by the like with one value changed needs that change's permission,
        // or that of adding administrators.
        ("overwrite", overwrite("88.1/pump", &same), vec![5, 10]),
    ]
}

#[test]
fn each_operation_needs_its_permission_and_no_other() {
    for (name, request, sufficient) in operations() {
        for (permission, index) in EACH {
            let expected = if sufficient.contains(&index) { 1 } else { 400 };
            let code = Desk::new().code(&request, by(index));
            assert_eq!(code, expected, "{name} with {permission:?}");
        }
        let mut desk = Desk::new();
        assert_eq!(desk.code(&request, by(NOBODY)), 400, "{name} by nobody");
        assert_eq!(desk.code(&request, Origin::Network), 402, "{name} unproven");
        assert_eq!(
            desk.code(&request, Origin::Session),
            402,
            "{name} in a session"
        );
        assert_eq!(
            desk.code(&request, by(LISTED)),
            1,
            "{name} by a member of a list"
        );
        assert_eq!(
            Desk::new().code(&request, by(ALL)),
            1,
            "{name} with all permissions"
        );
    }
}

#[test]
fn what_is_refused_changes_nothing() {
    for (name, request, _) in operations() {
        let mut desk = Desk::new();
        let before = desk.stored.clone();
        for origin in [Origin::Network, Origin::Session, by(NOBODY)] {
            let answer = desk.answer(&request, origin);
            assert!(answer.change.is_empty(), "{name}");
            assert_eq!(answer.ground, None, "{name}");
        }
        assert_eq!(desk.stored, before, "{name}");
    }
}

#[test]
fn changes_of_kind_need_two_permissions() {
    let to_admin = modify("88.1/pump", &[admin(1, AdminPermissions::ALL, user(1))]);
    let to_value = modify("88.1/pump", &[url(101)]);
    for (request, needed) in [(to_admin, [6, 10]), (to_value, [9, 7])] {
        for index in needed {
            assert_eq!(Desk::new().code(&request, by(index)), 400);
        }
        let both = needed.map(|index| EACH[index as usize - 1].0);
        let both = AdminPermissions(both[0].0 | both[1].0);
        let mut desk = Desk::new();
        let mut values = administrators();
        values.push(url(1));
        values.push(admin(150, both, user(50)));
        desk.put("88.1/PUMP", &values);
        assert_eq!(desk.code(&request, by(50)), 1);
    }
}

#[test]
fn a_value_that_everybody_may_write_needs_no_proof() {
    let mut desk = Desk::new();
    let written = with(3, Permissions(0b1111), "written");
    let request = modify("88.1/pump", &[written]);
    assert_eq!(desk.code(&request, Origin::Network), 402, "but a name");
    assert_eq!(desk.code(&request, by(NOBODY)), 1);
    let as_a_key = Value {
        permissions: Permissions(0b1111),
        ..Value::public(3, "HS_PUBKEY", "mine")
    };
    assert_eq!(
        desk.code(&modify("88.1/pump", &[as_a_key]), by(NOBODY)),
        400
    );
    let to_admin = modify("88.1/pump", &[admin(3, AdminPermissions::ALL, user(1))]);
    assert_eq!(desk.code(&to_admin, Origin::Network), 402);
    assert_eq!(desk.code(&remove("88.1/pump", &[3]), Origin::Network), 402);
}

#[test]
fn overwriting_asks_no_less_than_what_it_does() {
    let mut same = administrators();
    same.push(Value::public(1, "URL", "https://example.org/"));
    same.push(with(2, Permissions(0b1100), "secret"));
    same.push(with(3, Permissions(0b1111), "for all"));
    same.push(with(4, Permissions(0b1010), "for ever"));
    let guess = overwrite("88.1/pump", &same);
    assert_eq!(
        Desk::new().code(&guess, by(NOBODY)),
        400,
        "even if it is right"
    );
    same.pop();
    let without = overwrite("88.1/pump", &same);
    assert_eq!(
        Desk::new().code(&without, by(6)),
        400,
        "a value that nobody may write"
    );
}

#[test]
fn requests_for_nothing_are_refused() {
    for request in [modify("88.1/pump", &[]), remove("88.1/pump", &[])] {
        assert_eq!(Desk::new().code(&request, Origin::Network), 202);
    }
}

#[test]
fn a_value_that_nobody_may_write_stays() {
    let mut desk = Desk::new();
    assert_eq!(desk.code(&modify("88.1/pump", &[url(4)]), by(ALL)), 401);
    assert_eq!(desk.code(&remove("88.1/pump", &[4]), by(ALL)), 401);
    let deletion = naming(Opcode::DELETE_HANDLE, "88.1/pump");
    assert_eq!(
        desk.code(&deletion, by(ALL)),
        1,
        "but the whole record goes"
    );
}

#[test]
fn edits_leave_the_rest_as_it_was() {
    let mut desk = Desk::new();
    let before = desk.record("88.1/pump").unwrap();
    assert_eq!(desk.code(&modify("88.1/pump", &[url(1)]), by(ALL)), 1);
    for (old, new) in before
        .entries()
        .zip(desk.record("88.1/pump").unwrap().entries())
    {
        let (old, new) = (old.encoded.value(), new.encoded.value());
        if new.index == 1 {
            assert_eq!((new.timestamp, &new.data[..]), (LATER.0, &url(1).data[..]));
        } else {
            assert_eq!(old, new, "untouched, date included");
        }
    }
    assert_eq!(desk.code(&add("88.1/pump", &[url(9)]), by(ALL)), 1);
    assert!(desk.indexes("88.1/pump").contains(&9));
    assert_eq!(desk.code(&remove("88.1/pump", &[9, 1]), by(ALL)), 1);
    let indexes = desk.indexes("88.1/pump");
    assert!(!indexes.contains(&9) && !indexes.contains(&1) && indexes.contains(&2));
}

#[test]
fn adding_may_replace_if_it_says_so() {
    let request = values_request(
        Opcode::ADD_VALUE,
        OpFlags::OVERWRITE,
        "88.1/pump",
        &[url(1), url(9)],
    );
    let mut desk = Desk::new();
    assert_eq!(desk.code(&request, by(7)), 400, "to replace is to modify");
    let answer = desk.answer(&request, by(ALL));
    assert!(answer.message.header.flags.contains(OpFlags::OVERWRITE));
    assert!(desk.indexes("88.1/pump").contains(&9));
    let only_new = values_request(
        Opcode::ADD_VALUE,
        OpFlags::OVERWRITE,
        "88.1/pump",
        &[url(10)],
    );
    let answer = desk.answer(&only_new, by(7));
    assert!(!answer.message.header.flags.contains(OpFlags::OVERWRITE));
}

#[test]
fn a_suffix_can_be_minted() {
    let request = values_request(
        Opcode::CREATE_HANDLE,
        OpFlags::MINT,
        "88.1/pump-",
        &[url(1)],
    );
    let mut desk = Desk::new();
    let message = desk.answer(&request, by(1)).message;
    let Body::Creation(answer) = Response::decode(&message).unwrap().answer else {
        panic!("{message:?}");
    };
    let minted = String::from_utf8(answer.identifier.unwrap().to_vec()).unwrap();
    assert_eq!(minted, "88.1/pump-08080808-0808-4808-8808-080808080808");
    assert!(desk.record(&minted).is_some());
}

#[test]
fn a_record_stays_spelled_as_it_was_registered() {
    let mut desk = Desk::new();
    assert_eq!(desk.code(&create("88.1/Valve", &[url(1)]), by(ALL)), 1);
    // Its administrators are those of the server here.
    let settings = AdministrationSettings {
        server_admins: [user(ALL)].into(),
        server_admins_may_all: true,
        ..AdministrationSettings::default()
    };
    desk.authority.settings.administration = Arc::new(settings);
    assert_eq!(desk.code(&add("88.1/VALVE", &[url(2)]), by(ALL)), 1);
    let spelling = |desk: &Desk, identifier| desk.record(identifier).unwrap().spelling();
    assert_eq!(spelling(&desk, "88.1/valve").unwrap(), "88.1/Valve");
    assert_eq!(desk.code(&add("88.1/pUMP", &[url(9)]), by(ALL)), 1);
    assert_eq!(spelling(&desk, "88.1/pump"), None);
}

#[test]
fn lists_come_in_parts_and_in_order() {
    let mut desk = Desk::new();
    for number in 0..250 {
        desk.put(&format!("88.1/X{number:03}"), &[]);
    }
    desk.put("88.10/OTHER", &[]);
    desk.put("88.1.1/OTHER", &[]);
    let request = naming(Opcode::LIST_HANDLES, "0.NA/88.1");
    let mut answer = desk.answer(&request, by(12));
    let mut names = Vec::new();
    loop {
        let goes_on = answer.message.header.flags.contains(OpFlags::CONTINUOUS);
        assert_eq!(goes_on, answer.more.is_some());
        match Response::decode(&answer.message).unwrap().answer {
            Body::Listing(listing) => names.extend(listing.identifiers),
            other => panic!("{other:?}"),
        }
        let Some(more) = answer.more.take() else {
            break;
        };
        answer = drive_alone(Step::Scan(more), &desk.stored).unwrap();
    }
    assert_eq!(names.len(), 252);
    assert!(names.is_sorted());
    assert!(names.iter().all(|name| name.starts_with(b"88.1/")));
}

#[test]
fn spellings_are_listed_where_that_is_set() {
    let mut desk = Desk::with(AdministrationSettings {
        lists: true,
        lists_spellings: true,
        ..AdministrationSettings::default()
    });
    assert_eq!(desk.code(&create("88.1/Valve", &[url(1)]), by(1)), 1);
    let request = naming(Opcode::LIST_HANDLES, "0.NA/88.1");
    let message = desk.answer(&request, by(12)).message;
    let Body::Listing(listing) = Response::decode(&message).unwrap().answer else {
        panic!("{message:?}");
    };
    assert_eq!(
        listing.identifiers,
        ["88.1/PUMP", "88.1/USERS", "88.1/Valve"]
    );
}

#[test]
fn homes_are_for_those_whom_the_operator_names() {
    let mut desk = Desk::with(AdministrationSettings {
        server_admins: vec![user(ALL)],
        home_admins: vec![user(30)],
        ..AdministrationSettings::default()
    });
    let home = naming(Opcode::HOME_PREFIX, "0.NA/88.7");
    let unhome = naming(Opcode::UNHOME_PREFIX, "0.NA/88.7");
    let key = Key::homed(&"88.7".parse().unwrap());
    assert_eq!(desk.code(&home, by(1)), 400);
    assert_eq!(desk.code(&home, by(LISTED)), 1);
    assert!(desk.stored.contains_key(&key));
    assert_eq!(desk.code(&home, by(ALL)), 1, "told twice");
    let message = desk
        .answer(&naming(Opcode::LIST_HOMED, "/"), by(ALL))
        .message;
    let Body::Listing(listing) = Response::decode(&message).unwrap().answer else {
        panic!("{message:?}");
    };
    assert_eq!(listing.identifiers, ["0.NA/88.1", "0.NA/88.7"]);
    assert_eq!(desk.code(&unhome, by(ALL)), 1);
    assert!(!desk.stored.contains_key(&key));
    assert_eq!(desk.code(&unhome, by(ALL)), 1, "the same request again");
    let mut another = unhome.clone();
    another.header.expiration += 1;
    assert_eq!(desk.code(&another, by(ALL)), 301);
    let mut later = home.clone();
    later.header.expiration += 1;
    assert_eq!(desk.code(&later, by(LISTED)), 1);
    assert_eq!(desk.code(&unhome, by(ALL)), 1, "what came before");
    assert!(desk.stored.contains_key(&key), "is not done again");
    // A server's administrator may no more than that unless it is said.
    assert_eq!(
        desk.code(&create("88.1/x", &[url(1)]), by(ALL)),
        1,
        "by the prefix"
    );
    desk.put("0.NA/88.1", &[]);
    assert_eq!(desk.code(&create("88.1/y", &[url(1)]), by(ALL)), 400);
}

#[test]
fn to_be_made_home_twice_is_remembered_as_well() {
    let mut desk = Desk::with(AdministrationSettings {
        home_admins: vec![user(ALL)],
        ..AdministrationSettings::default()
    });
    let key = Key::homed(&"88.7".parse().unwrap());
    desk.stored.insert(key.clone(), HOMED_MARK.into());
    let home = naming(Opcode::HOME_PREFIX, "0.NA/88.7");
    let change = desk.answer(&home, by(ALL)).change;
    assert_eq!(change.note, None, "nothing happened");
    assert!(change.writes.iter().all(|write| write.key != key));
    assert_eq!(desk.code(&home, by(ALL)), 1);
    let unhome = naming(Opcode::UNHOME_PREFIX, "0.NA/88.7");
    assert_eq!(desk.code(&unhome, by(ALL)), 1);
    assert_eq!(desk.code(&home, by(ALL)), 1, "the same request again");
    assert!(!desk.stored.contains_key(&key), "is not done again");
}

#[test]
fn a_permission_says_where_it_comes_from() {
    let mut desk = Desk::new();
    let ground = desk
        .answer(&create("88.1/new", &[url(1)]), by(LISTED))
        .ground
        .unwrap();
    let granted = &ground.0[0];
    let rule = Rule::Administrator {
        record: "0.NA/88.1".into(),
        index: 121,
    };
    assert_eq!(granted.rule, rule);
    assert_eq!(granted.lists, [user(30), user(31)]);
    let text = desk.text(&create("88.1/newer", &[url(1)]), by(NOBODY));
    assert_eq!(
        text,
        "22:88.1/Users lacks the permission to add identifiers under the prefix"
    );
}

#[test]
fn an_index_of_zero_names_every_key() {
    let mut desk = Desk::new();
    desk.put(
        "0.NA/88.1",
        &[admin(100, AdminPermissions::ADD_HANDLE, user(0))],
    );
    assert_eq!(desk.code(&create("88.1/new", &[url(1)]), by(NOBODY)), 1);
}

/// Lists elsewhere cannot be asked for here; what else grants the permission still counts.
#[test]
fn who_cannot_be_asked_stands_in_nobodys_way() {
    let mut desk = Desk::new();
    let elsewhere = Reference {
        identifier: "77.1/group".into(),
        index: 1,
    };
    let values = [
        admin(100, AdminPermissions::ADD_HANDLE, elsewhere),
        admin(101, AdminPermissions::ADD_HANDLE, user(31)),
    ];
    desk.put("0.NA/88.1", &values);
    assert_eq!(desk.code(&create("88.1/new", &[url(1)]), by(LISTED)), 1);
    assert_eq!(desk.code(&create("88.1/newer", &[url(1)]), by(NOBODY)), 400);
}

#[test]
fn chains_of_lists_end() {
    let mut desk = Desk::new();
    for number in 0..100 {
        let next = Reference {
            identifier: format!("88.1/L{:03}", number + 1).into(),
            index: 1,
        };
        desk.put(&format!("88.1/L{number:03}"), &[list(1, &[next])]);
    }
    desk.put("88.1/L020", &[list(1, &[user(50)])]);
    desk.put("88.1/L060", &[list(1, &[user(51)])]);
    let first = |number: u32| Reference {
        identifier: format!("88.1/L{number:03}").into(),
        index: 1,
    };
    desk.put(
        "0.NA/88.1",
        &[admin(100, AdminPermissions::ADD_HANDLE, first(0))],
    );
    assert_eq!(desk.code(&create("88.1/near", &[url(1)]), by(50)), 1);
    desk.put(
        "0.NA/88.1",
        &[admin(100, AdminPermissions::ADD_HANDLE, first(21))],
    );
    assert_eq!(
        desk.code(&create("88.1/far", &[url(1)]), by(51)),
        400,
        "too long a chain"
    );
}

#[test]
fn every_change_says_who_made_it() {
    let mut desk = Desk::new();
    let change = desk.answer(&create("88.1/New", &[url(1)]), by(ALL)).change;
    let note = change.note.unwrap();
    assert_eq!(
        note.identity,
        Some(Reference {
            identifier: "88.1/Users".into(),
            index: ALL
        })
    );
    assert_eq!((note.opcode, note.means), (100, Means::PUBLIC_KEY));
    assert_eq!(
        (note.key, &note.spelling[..]),
        (record_key("88.1/new"), &b"88.1/New"[..])
    );
    assert!(note.request.is_some());
}
