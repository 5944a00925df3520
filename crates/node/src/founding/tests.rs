//! Tests of the founding: once, twice, broken off at every step, and by operators with plans of
//! their own.

use super::*;
use model::{Key, KeyFile, Record, Value};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::OnceLock;
use store::Options;
use tempfile::TempDir;

struct Folder {
    path: TempDir,
    config: Config,
    listening: Listening,
}

/// Keys that are made once for all tests: making them takes longer than everything else.
fn made_keys() -> &'static [(&'static str, Vec<u8>)] {
    static MADE: OnceLock<Vec<(&'static str, Vec<u8>)>> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        Keys::open(folder.path(), None).unwrap();
        let read = |name| (name, fs::read(folder.path().join(name)).unwrap());
        [keys::SITE_PRIVATE, keys::ADMIN_PRIVATE].map(read).into()
    })
}

impl Folder {
    /// A folder with keys that are made already.
    fn new() -> Self {
        let folder = Self::empty();
        for (name, octets) in made_keys() {
            files::replace(&folder.file(name), octets, files::SECRET).unwrap();
        }
        folder
    }

    fn empty() -> Self {
        Self {
            path: TempDir::new().unwrap(),
            config: Config::default(),
            listening: Listening {
                native: vec!["127.0.0.1:2641".parse().unwrap()],
                http: vec!["127.0.0.1:8000".parse().unwrap()],
            },
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    fn store(&self) -> Store {
        Store::open(self.path.path(), &Options::default()).unwrap()
    }

    fn found(&self) -> Result<Founded, Error> {
        let keys = Keys::open(self.path.path(), None)?;
        let store = self.store();
        let founded = found(
            self.path.path(),
            &keys,
            &store,
            &self.config,
            &self.listening,
        );
        store.close().unwrap();
        founded
    }

    /// All files of the founding, by name, and the records of the root.
    fn all(&self) -> Vec<(String, Vec<u8>)> {
        let mut all: Vec<_> = FILES
            .map(|name| (name.into(), fs::read(self.file(name)).unwrap()))
            .into();
        let store = self.store();
        for identifier in [ROOT, root::TRUST] {
            let record = root::read_record(&store, &root::name(identifier));
            let record = record.unwrap().unwrap();
            all.push((identifier.into(), record.octets().to_vec()));
        }
        store.close().unwrap();
        all
    }

    fn root_sites(&self) -> Vec<Site> {
        let store = self.store();
        let sites = root::sites(&root::read(&store).unwrap().unwrap());
        store.close().unwrap();
        sites
    }
}

const FILES: [&str; 6] = [
    keys::SITE_PRIVATE,
    keys::SITE_PUBLIC,
    keys::ADMIN_PRIVATE,
    keys::ADMIN_PUBLIC,
    "siteinfo.json",
    BOOTSTRAP_FILE,
];

#[test]
fn an_empty_folder_is_founded_and_a_second_time_nothing_changes() {
    let folder = Folder::empty();
    let founded = folder.found().unwrap();
    assert!(founded.is_own_root);
    assert_eq!(founded.site.serial, 1);
    let all = folder.all();
    assert_eq!(folder.found().unwrap().site, founded.site);
    assert_eq!(folder.all(), all);
    for (name, mode) in [("privkey.bin", 0o600), ("admpriv.bin", 0o600)] {
        let metadata = fs::metadata(folder.file(name)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, mode, "{name}");
    }
    assert_eq!(folder.root_sites(), [founded.site]);
}

/// A first start that was broken off has left the first of the files, perhaps one half written
/// beside. The next start completes it and keeps what there is.
#[test]
fn what_was_broken_off_is_completed() {
    let whole = Folder::new();
    whole.found().unwrap();
    for kept in 0..FILES.len() {
        let broken = Folder::empty();
        for name in &FILES[..kept] {
            // Copies the mode too.
            fs::copy(whole.file(name), broken.file(name)).unwrap();
        }
        let half = format!("{}.new", FILES[kept]);
        fs::write(broken.file(&half), "half").unwrap();
        broken.found().unwrap();
        for name in &FILES[..kept] {
            assert_eq!(
                fs::read(whole.file(name)).unwrap(),
                fs::read(broken.file(name)).unwrap()
            );
        }
        assert!(!broken.file(&half).exists(), "{half}");
        assert_eq!(broken.root_sites()[0].serial, 1);
        let all = broken.all();
        broken.found().unwrap();
        assert_eq!(broken.all(), all);
    }
}

#[test]
fn a_new_address_gives_the_site_the_next_number_everywhere() {
    let mut folder = Folder::new();
    folder.found().unwrap();
    let bootstrap = folder.read(BOOTSTRAP_FILE);
    folder.listening.native = vec!["127.0.0.1:2642".parse().unwrap()];
    let founded = folder.found().unwrap();
    assert_eq!(founded.site.serial, 2);
    assert_eq!(folder.root_sites(), std::slice::from_ref(&founded.site));
    let site: Site = serde_json::from_str(&folder.read("siteinfo.json")).unwrap();
    assert_eq!(site, founded.site);
    assert_ne!(folder.read(BOOTSTRAP_FILE), bootstrap);
    // Broken off between the file and the root: the same number goes into the root.
    folder.listening.native = vec!["127.0.0.1:2643".parse().unwrap()];
    let old = fs::read(folder.file("siteinfo.json")).unwrap();
    let newest = folder.found().unwrap().site;
    fs::write(folder.file("siteinfo.json"), old).unwrap();
    assert_eq!(folder.found().unwrap().site, newest);
    assert_eq!(folder.root_sites(), [newest]);
}

#[test]
fn numbers_leave_out_the_one_that_stands_for_none() {
    let sites = |serial| {
        let site = Site {
            serial,
            ..Folder::new().found().unwrap().site
        };
        site::Sites {
            main: site,
            second: None,
            server_index: 0,
        }
    };
    let mut new = sites(0);
    let mut before = sites(u16::MAX - 1).main;
    before.servers.clear();
    new.number(Some(&before), &[]);
    assert_eq!(new.main.serial, 1);
}

#[test]
fn one_address_of_each_family_and_every_port_once() {
    let mut folder = Folder::new();
    folder.listening.native = ["0.0.0.0:2641", "[::]:2641", "192.0.2.9:2641", "[::]:3641"]
        .map(|address| address.parse().unwrap())
        .into();
    folder.config.public_addresses = ["2001:db8::9", "192.0.2.9"]
        .map(|ip| ip.parse().unwrap())
        .into();
    folder.found().unwrap();
    let sites = folder.root_sites();
    let described: Vec<_> = sites
        .iter()
        .map(|site| {
            let server = &site.servers[0];
            let ports = server.interfaces.iter().map(|interface| interface.port);
            (server.address.ip().to_string(), ports.collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(
        described[0],
        ("192.0.2.9".into(), vec![2641, 2641, 8000, 8000])
    );
    assert_eq!(
        described[1],
        ("2001:db8::9".into(), vec![2641, 2641, 3641, 3641])
    );
    let text = folder.read(BOOTSTRAP_FILE);
    assert!(text.contains("\"HS_SITE.6\""), "{text}");
    // Only the second address is new.
    folder.config.public_addresses[0] = "2001:db8::a".parse().unwrap();
    assert_eq!(folder.found().unwrap().site.serial, 2);
    assert!(folder.root_sites().iter().all(|site| site.serial == 2));
    assert_eq!(folder.found().unwrap().site.serial, 2);
}

#[test]
fn what_the_operator_added_is_kept() {
    let folder = Folder::new();
    folder.found().unwrap();
    let mut site: Site = serde_json::from_str(&folder.read("siteinfo.json")).unwrap();
    let other = model::site::Server {
        id: 2,
        public_key: "another".into(),
        ..site.servers[0].clone()
    };
    site.servers.insert(0, other);
    site.attributes.push(model::site::Attribute {
        name: "domain".into(),
        value: "id.example.org".into(),
    });
    fs::write(
        folder.file("siteinfo.json"),
        serde_json::to_vec(&site).unwrap(),
    )
    .unwrap();
    let founded = folder.found().unwrap();
    assert_eq!(founded.site, site);
    assert_eq!(folder.root_sites(), [site.clone()]);
    site.servers.pop();
    site.servers.push(model::site::Server {
        public_key: "a third".into(),
        ..site.servers[0].clone()
    });
    fs::write(
        folder.file("siteinfo.json"),
        serde_json::to_vec(&site).unwrap(),
    )
    .unwrap();
    let error = folder.found().unwrap_err().to_string();
    assert!(error.contains("none of its 2 servers"), "{error}");
}

#[test]
fn another_root_is_left_alone() {
    let folder = Folder::new();
    let store = folder.store();
    let root: model::Identifier = ROOT.parse().unwrap();
    let foreign = Folder::empty();
    foreign.found().unwrap();
    let site = foreign.root_sites().remove(0);
    let record = Record::new(&[Value::public(7, "HS_SITE", site.encode())]).unwrap();
    let mut change = model::Change::default();
    change.put(
        Key::record(&root, store.settings().suffix_case),
        record.octets().clone(),
    );
    store.commit(change).unwrap();
    store.close().unwrap();
    let founded = folder.found().unwrap();
    assert!(!founded.is_own_root);
    assert_eq!(folder.root_sites(), [site]);
    assert!(!folder.file(BOOTSTRAP_FILE).exists());
    assert!(folder.file("siteinfo.json").exists());
}

#[test]
fn values_that_others_added_to_the_root_stay() {
    let mut folder = Folder::new();
    folder.found().unwrap();
    let store = folder.store();
    let record = root::read(&store).unwrap().unwrap();
    let mut values: Vec<Value> = record
        .entries()
        .map(|entry| entry.encoded.value())
        .collect();
    values.push(Value::public(900, "DESC", "ours"));
    let key = Key::record(&ROOT.parse().unwrap(), store.settings().suffix_case);
    let mut change = model::Change::default();
    change.put(key, Record::new(&values).unwrap().octets().clone());
    store.commit(change).unwrap();
    store.close().unwrap();
    folder.listening.native = vec!["127.0.0.1:2642".parse().unwrap()];
    folder.found().unwrap();
    assert!(folder.read(BOOTSTRAP_FILE).contains("\"ours\""));
}

/// Registers identifiers as an import does.
fn register(folder: &Folder, records: &[(&str, Vec<Value>)]) {
    let store = folder.store();
    let mut change = model::Change::default();
    for (identifier, values) in records {
        let identifier = identifier.parse().unwrap();
        let (case, now) = (store.settings().suffix_case, client::Clock::date());
        let made = engine::authority::Registration::new(&identifier, values.clone(), case, now);
        let made = made.unwrap();
        change.put(made.home, engine::authority::HOMED_MARK.into());
        change.put(made.key, made.record.octets().clone());
    }
    store.commit(change).unwrap();
    store.close().unwrap();
}

/// What the record of a prefix holds: types and, of sites, the port of their first interface.
fn described(folder: &Folder, identifier: &'static str) -> Vec<String> {
    let store = folder.store();
    let record = root::read_record(&store, &root::name(identifier)).unwrap();
    store.close().unwrap();
    let values = record.iter().flat_map(Record::entries);
    let values = values.map(|entry| entry.encoded.value());
    let told = values.map(|value| {
        let name = String::from_utf8_lossy(value.value_type.octets()).into_owned();
        match Site::decode(value.data) {
            Ok(site) if name == "HS_SITE" => {
                format!("{}:{}", value.index, site.servers[0].interfaces[0].port)
            }
            _ => format!("{} {name}", value.index),
        }
    });
    told.collect()
}

/// A client asks the root for the record of the prefix, and there for the site.
#[test]
fn prefixes_that_are_at_home_are_described_in_the_root() {
    let mut folder = Folder::new();
    let pump = |identifier| (identifier, vec![Value::public(1, "NAME", "pump")]);
    register(&folder, &[pump("88.1/pump"), pump("abc/pump")]);
    folder.found().unwrap();
    let own = ["1:2641", "100 HS_ADMIN"];
    for identifier in ["0.NA/88.1", "0.NA/ABC", "0.NA/0.0"] {
        assert_eq!(described(&folder, identifier), own, "{identifier}");
    }
    let all = |folder: &Folder| {
        let store = folder.store();
        let [first, end] = model::key::Subspace::RECORDS.bounds();
        let all: Vec<_> = store.view().range(&first, &end).flatten().collect();
        store.close().unwrap();
        all
    };
    let before = all(&folder);
    folder.found().unwrap();
    assert_eq!(all(&folder), before, "a second start changes nothing");

    folder.listening.native = vec!["127.0.0.1:2642".parse().unwrap()];
    folder.found().unwrap();
    assert_eq!(described(&folder, "0.NA/88.1"), ["1:2642", "100 HS_ADMIN"]);
}

#[test]
fn what_an_operator_says_about_a_prefix_stays() {
    let mut folder = Folder::new();
    let foreign = Folder::empty();
    foreign.found().unwrap();
    let foreign = foreign.root_sites().remove(0);
    let values = |values: &[(u32, &'static str, &[u8])]| -> Vec<Value> {
        let value = |&(index, name, data): &(u32, &'static str, &[u8])| {
            Value::public(index, name, data.to_vec())
        };
        values.iter().map(value).collect()
    };
    register(
        &folder,
        &[
            ("0.NA/88.1", values(&[(1, "HS_SERV", b"0.SERV/88")])),
            ("0.NA/88.2", values(&[(1, "HS_SITE", &foreign.encode())])),
            ("88.1/a", values(&[(1, "NAME", b"a")])),
            ("88.2/a", values(&[(1, "NAME", b"a")])),
            ("88.3/a", values(&[(1, "NAME", b"a")])),
        ],
    );
    folder.found().unwrap();
    // To what the node has made, another site and a template are added.
    let own = folder.root_sites().remove(0);
    register(
        &folder,
        &[(
            "0.NA/88.3",
            values(&[
                (1, "HS_SITE", &own.encode()),
                (2, "HS_SITE", &foreign.encode()),
                (7, "HS_NAMESPACE", b"<namespace/>"),
            ]),
        )],
    );
    folder.listening.native = vec!["127.0.0.1:2642".parse().unwrap()];
    folder.found().unwrap();
    assert_eq!(described(&folder, "0.NA/88.1"), ["1 HS_SERV"]);
    assert_eq!(described(&folder, "0.NA/88.2"), ["1:2641"]);
    let third = ["1:2642", "2:2641", "7 HS_NAMESPACE"];
    assert_eq!(described(&folder, "0.NA/88.3"), third);
}

#[test]
fn keys_that_cannot_be_used_are_named_with_what_to_do() {
    let check = |spoil: &dyn Fn(&Folder), expected: &str| {
        let folder = Folder::new();
        folder.found().unwrap();
        spoil(&folder);
        let error = folder.found().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    let mode = |mode| fs::Permissions::from_mode(mode);
    check(
        &|folder| fs::set_permissions(folder.file("privkey.bin"), mode(0o644)).unwrap(),
        "privkey.bin can be read by others (mode 644): if nobody has copied it, run `chmod 600 ",
    );
    check(
        &|folder| fs::set_permissions(folder.file("admpriv.bin"), mode(0o640)).unwrap(),
        "admpriv.bin can be read by others (mode 640)",
    );
    check(
        &|folder| fs::remove_file(folder.file("privkey.bin")).unwrap(),
        "privkey.bin is missing, but ",
    );
    check(
        &|folder| fs::write(folder.file("privkey.bin"), "x").unwrap(),
        "privkey.bin: ",
    );
    check(
        &|folder| fs::write(folder.file("privkey.bin"), b"\0\0\0\x04\0\0\0\0").unwrap(),
        "privkey.bin: ",
    );
    check(
        &|folder| fs::write(folder.file("siteinfo.json"), "{").unwrap(),
        "siteinfo.json: EOF while parsing",
    );
}

#[test]
fn keys_may_rest_encrypted() {
    let folder = Folder::empty();
    let open = |passphrase: Option<&[u8]>| Keys::open(folder.path.path(), passphrase);
    let made = open(Some(b"hunter2")).unwrap();
    for name in [keys::SITE_PRIVATE, keys::ADMIN_PRIVATE] {
        let file = fs::read(folder.file(name)).unwrap();
        let file = KeyFile::decode(file.into()).unwrap();
        assert!(file.plain_key().is_none(), "{name}");
    }
    let again = open(Some(b"hunter2")).unwrap();
    assert_eq!(again.fingerprint(), made.fingerprint());
    let error = open(None).unwrap_err().to_string();
    assert!(error.contains("`--key-passphrase-file FILE`"), "{error}");
    let error = open(Some(b"hunter3")).unwrap_err().to_string();
    assert!(
        error.contains("privkey.bin: ") || error.contains("admpriv.bin: "),
        "{error}"
    );
    // What was made without a passphrase is read with one.
    let plain = Folder::new();
    assert!(Keys::open(plain.path.path(), Some(b"hunter2")).is_ok());
}

#[test]
fn only_an_address_that_cannot_be_said_is_refused() {
    let mut folder = Folder::new();
    folder.listening.native = vec!["[::1]:2641".parse().unwrap()];
    assert!(matches!(folder.found(), Err(Error::NoAddress)));
}

/// The members of the file, and of every value in it, as the reference software writes them.
#[test]
fn the_file_for_clients_has_the_reference_softwares_form() {
    let mut folder = Folder::new();
    folder.config.site.description = "local peer".into();
    folder.found().unwrap();
    let ours: serde_json::Value = serde_json::from_str(&folder.read(BOOTSTRAP_FILE)).unwrap();
    let theirs = include_str!("../../tests/golden/bootstrap_handles.json");
    let theirs: serde_json::Value = serde_json::from_str(theirs).unwrap();
    assert_eq!(shape(&ours), shape(&theirs));
}

/// What a JSON value looks like without what it says: members in order, kinds, and the words that
/// name formats and types.
fn shape(json: &serde_json::Value) -> String {
    match json {
        serde_json::Value::Object(members) => {
            let members = members.iter().map(|(name, value)| match name.as_str() {
                "format" | "type" | "index" | "kty" => format!("{name}={value}"),
                _ => format!("{name}:{}", shape(value)),
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(" "))
        }
        serde_json::Value::Array(items) => {
            let mut shapes: Vec<String> = items.iter().map(shape).collect();
            shapes.dedup();
            format!("[{}]", shapes.join(" "))
        }
        serde_json::Value::String(_) => "text".into(),
        serde_json::Value::Number(_) => "number".into(),
        serde_json::Value::Bool(_) => "bool".into(),
        serde_json::Value::Null => "null".into(),
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn a_new_key_stands_in_the_site_record_and_the_old_one_signs_for_those_who_know_the_old() {
    let folder = Folder::new();
    let first = folder.found().unwrap();
    let rotated = rotate(folder.path.path(), None, true).unwrap();
    let second = folder.found().unwrap();
    let key = |founded: &Founded| founded.site.servers[0].public_key.clone();
    assert_ne!(key(&second), key(&first));
    assert_eq!(
        rotated.after,
        Keys::open(folder.path.path(), None).unwrap().fingerprint()
    );
    let old = second.old_key.clone().unwrap();
    assert_eq!((old.serial, old.public.encode()), (1, key(&first)));
    let signs = |serial| old.signs_for(serial, second.site.serial);
    assert_eq!([0, 1, 2, u16::MAX].map(signs), [true, true, false, false]);
    assert!(!old.signs_for(1, 1) && !old.signs_for(0, 1), "begun anew");
    let metadata = fs::metadata(folder.file("privkey.old.bin")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    assert!(finish(folder.path.path()).unwrap());
    let third = folder.found().unwrap();
    assert_eq!((third.site, third.old_key.is_none()), (second.site, true));
}

/// The start after a rotation is broken off when the site record is written and the root is not.
#[test]
fn the_root_stays_the_nodes_own_while_its_key_is_replaced() {
    let folder = Folder::new();
    folder.found().unwrap();
    rotate(folder.path.path(), None, true).unwrap();
    let broken = Folder::empty();
    copy(folder.path.path(), broken.path.path());
    let whole = folder.found().unwrap();
    fs::copy(folder.file("siteinfo.json"), broken.file("siteinfo.json")).unwrap();
    let completed = broken.found().unwrap();
    assert!(completed.is_own_root);
    assert_eq!(broken.root_sites(), [whole.site]);
}

#[test]
fn a_rotation_is_refused_before_the_first_start_and_before_the_last_is_finished() {
    let folder = Folder::new();
    let refused = rotate(folder.path.path(), None, true).unwrap_err();
    assert!(matches!(refused, Error::NotFounded { .. }), "{refused}");
    folder.found().unwrap();
    // Broken off when the old key was kept and no new one made: it can be finished.
    fs::copy(
        folder.file(keys::SITE_PRIVATE),
        folder.file("privkey.old.bin"),
    )
    .unwrap();
    assert!(
        matches!(folder.found(), Err(Error::Key { .. })),
        "no record to it"
    );
    fs::copy(
        folder.file("siteinfo.json"),
        folder.file("siteinfo.old.json"),
    )
    .unwrap();
    folder.found().unwrap();
    let refused = rotate(folder.path.path(), None, true).unwrap_err();
    assert!(matches!(refused, Error::Rotating { .. }), "{refused}");
    assert!(finish(folder.path.path()).unwrap());
    rotate(folder.path.path(), None, true).unwrap();
    fs::set_permissions(
        folder.file("privkey.old.bin"),
        fs::Permissions::from_mode(0o644),
    )
    .unwrap();
    assert!(matches!(folder.found(), Err(Error::Loose { .. })));
}

#[test]
fn a_new_key_rests_encrypted_like_the_old() {
    let folder = Folder::new();
    folder.found().unwrap();
    rotate(folder.path.path(), Some(b"open"), true).unwrap();
    let file = KeyFile::decode(fs::read(folder.file(keys::SITE_PRIVATE)).unwrap().into()).unwrap();
    assert!(file.plain_key().is_none());
    assert!(Keys::open(folder.path.path(), Some(b"open")).is_ok());
}
