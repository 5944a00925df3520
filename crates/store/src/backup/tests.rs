//! Tests of backups and their restoration.

use super::*;
use crate::{Options, Store, restore, verify::verify};
use model::{Change, Key};
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

/// The records are no records, only keys of a subspace that nobody reads.
fn key(number: u64) -> Key {
    Key::from_octets(format!("Y{number:06}").into())
}

fn put(store: &Store, number: u64) {
    let mut change = Change::default();
    change.put(key(number), number.to_string().repeat(20).into());
    store.commit(change).unwrap();
}

fn options() -> Options {
    Options {
        memtable_octets: 20_000,
        log_segment_octets: 20_000,
        log_octets_kept: 0,
        ..Options::default()
    }
}

fn order(target: &Path) -> BackupOrder {
    BackupOrder {
        target: target.to_owned(),
        previous: None,
    }
}

fn silent() -> impl FnMut(Progress) {
    |_| ()
}

fn count(path: &Path) -> u64 {
    let store = Store::open(path, &options()).unwrap();
    let view = store.view();
    let entries = view.range(&key(0), &Key::from_octets("Z".into()));
    let mut numbers = 0..;
    for entry in entries {
        assert_eq!(entry.unwrap().0, key(numbers.next().unwrap()));
    }
    numbers.start
}

struct Bench {
    folder: TempDir,
    store: Option<Store>,
}

impl Bench {
    fn new(records: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("data"), &options()).unwrap();
        (0..records).for_each(|number| put(&store, number));
        Self {
            folder,
            store: Some(store),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

#[test]
fn a_backup_of_a_store_at_work_holds_all_that_was_acknowledged_before() {
    let bench = Bench::new(400);
    let store = bench.store.as_ref().unwrap();
    for round in 0..5 {
        let target = bench.path(&format!("backup {round}"));
        let before = 400 + round * 300;
        std::thread::scope(|scope| {
            scope.spawn(|| (before..before + 300).for_each(|number| put(store, number)));
            let backed = store.back_up(&order(&target), &mut silent()).unwrap();
            assert!(backed.position >= before);
        });
        assert!(verify(&target, &mut silent()).unwrap().is_sound());
        let restored = bench.path(&format!("restored {round}"));
        restore(&target, &restored, &mut silent()).unwrap();
        let there = count(&restored);
        assert!((before..=before + 300).contains(&there), "{there}");
    }
}

#[test]
fn keys_and_configuration_are_kept_with_their_modes() {
    let mut bench = Bench::new(3);
    drop(bench.store.take());
    let data = bench.path("data");
    fs::write(data.join("privkey.bin"), "secret").unwrap();
    fs::set_permissions(data.join("privkey.bin"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::create_dir(data.join("certificates")).unwrap();
    fs::write(data.join("certificates/site.pem"), "public").unwrap();
    back_up(&data, &order(&bench.path("backup")), &mut silent()).unwrap();
    let restored = bench.path("restored");
    restore(&bench.path("backup"), &restored, &mut silent()).unwrap();
    let secret = restored.join("privkey.bin");
    assert_eq!(fs::read(&secret).unwrap(), b"secret");
    assert_eq!(
        fs::metadata(&secret).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(
        fs::metadata(&restored).unwrap().permissions().mode() & 0o777,
        0o700
    );
    assert_eq!(
        fs::read(restored.join("certificates/site.pem")).unwrap(),
        b"public"
    );
    assert!(!restored.join(LIST_FILE).exists());
    assert_eq!(count(&restored), 3);
}

#[test]
fn files_that_are_the_same_are_shared_with_the_backup_before() {
    let bench = Bench::new(500);
    let store = bench.store.as_ref().unwrap();
    store.compact().unwrap();
    store
        .back_up(&order(&bench.path("one")), &mut silent())
        .unwrap();
    put(store, 500);
    let second = BackupOrder {
        previous: Some(bench.path("one")),
        ..order(&bench.path("two"))
    };
    let backed = store.back_up(&second, &mut silent()).unwrap();
    assert!(backed.octets_shared > backed.octets / 3, "{backed:?}");
    restore(&bench.path("two"), &bench.path("restored"), &mut silent()).unwrap();
    assert_eq!(count(&bench.path("restored")), 501);
}

#[test]
fn an_interrupted_backup_is_no_backup_and_the_next_try_removes_it() {
    let bench = Bench::new(3);
    let store = bench.store.as_ref().unwrap();
    let partial = bench.path("backup.partial");
    fs::create_dir_all(partial.join("tables")).unwrap();
    fs::write(partial.join("folder.json"), "half").unwrap();
    fs::write(partial.join(MARK_FILE), "").unwrap();
    let error = restore(&partial, &bench.path("restored"), &mut silent()).unwrap_err();
    assert!(matches!(error, Error::NoBackup { .. }), "{error}");
    store
        .back_up(&order(&bench.path("backup")), &mut silent())
        .unwrap();
    assert!(!partial.exists());
    assert!(!bench.path("backup").join(MARK_FILE).exists());
    restore(
        &bench.path("backup"),
        &bench.path("restored"),
        &mut silent(),
    )
    .unwrap();
}

#[test]
fn a_backup_is_not_mistaken_for_a_folder_nor_written_over_one() {
    let bench = Bench::new(3);
    let store = bench.store.as_ref().unwrap();
    let backup = bench.path("backup");
    store.back_up(&order(&backup), &mut silent()).unwrap();
    let error = Store::open(&backup, &options()).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Backup { .. }), "{error}");
    let error = store.back_up(&order(&backup), &mut silent()).unwrap_err();
    assert!(matches!(error, Error::NotEmpty { .. }), "{error}");
    let error = restore(&backup, &bench.path("data"), &mut silent()).unwrap_err();
    assert!(matches!(error, Error::NotEmpty { .. }), "{error}");
    let within = order(&bench.path("data/backup"));
    let error = store.back_up(&within, &mut silent()).unwrap_err();
    assert!(matches!(error, Error::BackupWithin { .. }), "{error}");
    assert!(!bench.path("data/backup.partial").exists());
}

/// `ln -s data backup.partial` once had a backup delete the data folder's log and tables.
#[test]
fn what_stands_in_the_way_and_was_not_left_by_us_is_left_alone() {
    let bench = Bench::new(30);
    let store = bench.store.as_ref().unwrap();
    let earlier = bench.path("earlier");
    store.back_up(&order(&earlier), &mut silent()).unwrap();
    let others = bench.path("others");
    fs::create_dir(&others).unwrap();
    fs::write(others.join("letters"), "dear").unwrap();
    let mark_elsewhere = bench.path("mark");
    fs::write(&mark_elsewhere, "").unwrap();
    let partial = bench.path("target.partial");
    let link = |from: PathBuf| std::os::unix::fs::symlink(from, &partial).unwrap();
    let refused = |what: &str| {
        let target = bench.path("target");
        let backed_up = store.back_up(&order(&target), &mut silent()).map(drop);
        let restored = restore(&earlier, &target, &mut silent()).map(drop);
        for error in [backed_up.unwrap_err(), restored.unwrap_err()] {
            assert!(matches!(error, Error::NotLeft { .. }), "{what}: {error}");
        }
    };
    for target in [bench.path("data"), others.clone()] {
        link(target);
        refused("a link");
        fs::remove_file(&partial).unwrap();
    }
    fs::write(&partial, "a file").unwrap();
    refused("a file");
    fs::remove_file(&partial).unwrap();
    fs::rename(&others, &partial).unwrap();
    refused("a folder without the mark");
    std::os::unix::fs::symlink(mark_elsewhere, partial.join(MARK_FILE)).unwrap();
    refused("a folder with a link as its mark");
    assert_eq!(fs::read(partial.join("letters")).unwrap(), b"dear");
    assert!(
        verify(&bench.path("earlier"), &mut silent())
            .unwrap()
            .is_sound()
    );
    drop(bench.store);
    assert_eq!(count(&bench.folder.path().join("data")), 30);
}

/// A folder with our mark may be emptied, but not before it is known where it stands.
#[test]
fn nothing_within_the_data_folder_is_emptied() {
    let bench = Bench::new(3);
    let store = bench.store.as_ref().unwrap();
    let partial = bench.path("data/backup.partial");
    fs::create_dir(&partial).unwrap();
    fs::write(partial.join(MARK_FILE), "").unwrap();
    fs::write(partial.join("precious"), "").unwrap();
    let within = order(&bench.path("data/backup"));
    let error = store.back_up(&within, &mut silent()).unwrap_err();
    assert!(matches!(error, Error::BackupWithin { .. }), "{error}");
    assert!(partial.join("precious").exists());
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// A list comes with the backup, and that perhaps from a stranger.
#[test]
fn a_list_gives_nobody_but_the_owner_anything() {
    let bench = Bench::new(3);
    let data = bench.path("data");
    fs::create_dir(data.join("bin")).unwrap();
    fs::write(data.join("bin/shell"), "#!").unwrap();
    let backup = bench.path("backup");
    let store = bench.store.as_ref().unwrap();
    store.back_up(&order(&backup), &mut silent()).unwrap();
    let mut list = list::read(&backup).unwrap();
    for file in &mut list.files {
        file.mode = 0o6777;
    }
    for folder in &mut list.folders {
        folder.mode = 0o3777;
    }
    list.write(&backup).unwrap();
    let restored = bench.path("restored");
    restore(&backup, &restored, &mut silent()).unwrap();
    for name in ["", "bin", "bin/shell", "folder.json", "tables", "log"] {
        assert_eq!(mode_of(&restored.join(name)), 0o700, "{name}");
    }
}

/// The access log's files are pruned while a node runs; others may come and go likewise.
#[test]
fn files_that_go_meanwhile_and_the_nodes_own_logs_are_passed_over() {
    let bench = Bench::new(3);
    let data = bench.path("data");
    for name in ["logs", "passing"] {
        fs::create_dir(data.join(name)).unwrap();
        fs::write(data.join(name).join("1"), "one").unwrap();
        fs::write(data.join(name).join("2"), "two").unwrap();
    }
    let backup = bench.path("backup");
    let copied = bench.path("backup.partial/passing");
    let store = bench.store.as_ref().unwrap();
    let mut remove = |_: Progress| {
        // One of them is being copied, the other one was listed.
        if fs::read_dir(&copied).is_ok_and(|mut files| files.next().is_some()) {
            let _ = fs::remove_dir_all(data.join("passing"));
        }
    };
    store.back_up(&order(&backup), &mut remove).unwrap();
    assert_eq!(fs::read_dir(backup.join("passing")).unwrap().count(), 1);
    assert!(!backup.join("logs").exists());
    restore(&backup, &bench.path("restored"), &mut silent()).unwrap();
}

/// Passing over it in silence would leave out a key or a certificate.
#[test]
fn a_link_that_leads_nowhere_is_told() {
    let bench = Bench::new(3);
    let link = bench.path("data/site.pem");
    std::os::unix::fs::symlink("/nowhere/site.pem", link).unwrap();
    let store = bench.store.as_ref().unwrap();
    let target = bench.path("backup");
    let error = store.back_up(&order(&target), &mut silent()).unwrap_err();
    assert!(error.to_string().contains("site.pem"), "{error}");
}

/// Whatever octet of whatever file of a backup changes, it is not restored.
#[test]
fn a_damaged_backup_is_not_restored() {
    let bench = Bench::new(300);
    let backup = bench.path("backup");
    let store = bench.store.as_ref().unwrap();
    store.compact().unwrap();
    store.back_up(&order(&backup), &mut silent()).unwrap();
    let list = list::read(&backup).unwrap();
    let names = list.files.iter().map(|file| file.path.as_str());
    for name in names.chain([LIST_FILE, "backup.sha256"]) {
        let whole = fs::read(backup.join(name)).unwrap();
        for at in (0..whole.len()).step_by((whole.len() / 5).max(1)) {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(backup.join(name), changed).unwrap();
            let error = restore(&backup, &bench.path("restored"), &mut silent()).unwrap_err();
            assert!(
                matches!(error, Error::Corrupted { .. }),
                "{name} at {at}: {error}"
            );
            assert!(!bench.path("restored").exists());
        }
        fs::write(backup.join(name), whole).unwrap();
    }
    restore(&backup, &bench.path("restored"), &mut silent()).unwrap();
}

#[test]
fn a_damaged_folder_is_not_backed_up_in_silence() {
    let mut bench = Bench::new(500);
    bench.store.take().unwrap().close().unwrap();
    let data = bench.path("data");
    for folder in ["tables/tables", "log"] {
        let files = fs::read_dir(data.join(folder)).unwrap();
        let path = files.map(|file| file.unwrap().path()).max().unwrap();
        let whole = fs::read(&path).unwrap();
        let mut changed = whole.clone();
        changed[whole.len() / 2] ^= 1;
        // The name that sorts last in the log is the head, with two slots: both.
        changed[0] ^= 1;
        if let Some(octet) = changed.get_mut(4096) {
            *octet ^= 1;
        }
        fs::write(&path, changed).unwrap();
        let error = back_up(&data, &order(&bench.path("backup")), &mut silent()).unwrap_err();
        assert!(matches!(error, Error::Corrupted { .. }), "{error}");
        assert!(!bench.path("backup").exists());
        fs::write(&path, whole).unwrap();
    }
}
