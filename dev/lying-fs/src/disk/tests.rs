//! Tests of the disk: it must lie as it says, and keep what it promised.

use super::*;

fn file(disk: &mut Disk, name: &str, octets: &[u8]) -> u64 {
    let file = disk.make(ROOT, name, 0o600, false).unwrap().number;
    disk.write(file, 0, octets).unwrap();
    file
}

fn octets(disk: &Disk, name: &str) -> Result<Vec<u8>, Refusal> {
    let file = disk.find(ROOT, name)?.number;
    Ok(disk.read(file, 0, u32::MAX)?.to_vec())
}

#[test]
fn what_was_synced_survives_and_the_rest_does_not() {
    let mut disk = Disk::default();
    let kept = file(&mut disk, "kept", b"octets");
    disk.sync(kept).unwrap();
    disk.sync(ROOT).unwrap();
    disk.write(kept, 0, b"changed").unwrap();
    file(&mut disk, "lost", b"octets");
    disk.restart(&mut || false);
    assert_eq!(octets(&disk, "kept").unwrap(), b"octets");
    assert_eq!(octets(&disk, "lost"), Err(Refusal::Missing));
}

#[test]
fn a_name_without_its_octets_and_octets_without_their_name_are_possible() {
    let mut disk = Disk::default();
    let nameless = file(&mut disk, "nameless", b"octets");
    disk.sync(nameless).unwrap();
    disk.restart(&mut || false);
    assert_eq!(octets(&disk, "nameless"), Err(Refusal::Missing));
    file(&mut disk, "empty", b"octets");
    disk.sync(ROOT).unwrap();
    disk.restart(&mut || false);
    assert_eq!(octets(&disk, "empty").unwrap(), b"");
}

#[test]
fn each_sector_survives_by_itself() {
    let mut disk = Disk::default();
    let torn = file(&mut disk, "torn", &[7; 1536]);
    disk.sync(ROOT).unwrap();
    assert_eq!(disk.read(torn, 0, 9999).unwrap().len(), 1536);
    let mut asked = 0;
    disk.restart(&mut || {
        asked += 1;
        asked != 2
    });
    let expected = [[7; 512], [0; 512], [7; 512]].concat();
    assert_eq!(octets(&disk, "torn").unwrap(), expected);
}

#[test]
fn a_failed_sync_forgets() {
    let mut disk = Disk::default();
    let file = file(&mut disk, "file", b"octets");
    disk.sync(ROOT).unwrap();
    disk.fail_syncs_after(0);
    assert_eq!(disk.sync(file), Err(Refusal::Broken));
    disk.syncs_until_failure = None;
    disk.sync(file).unwrap();
    assert_eq!(disk.read(file, 0, 9).unwrap(), b"octets");
    disk.restart(&mut || true);
    assert_eq!(octets(&disk, "file").unwrap(), b"");
}

#[test]
fn nothing_from_before_a_cut_reaches_what_comes_after() {
    let mut disk = Disk::default();
    let old = file(&mut disk, "file", b"octets");
    disk.cut_power_after(1);
    disk.sync(old).unwrap();
    assert_eq!(disk.write(old, 0, b"more"), Err(Refusal::Broken));
    assert_eq!(octets(&disk, "file"), Err(Refusal::Broken));
    disk.restart(&mut || true);
    assert_eq!(octets(&disk, "file").unwrap(), b"octets");
    assert_eq!(disk.write(old, 0, b"more"), Err(Refusal::Missing));
}

#[test]
fn a_full_disk_takes_half_and_then_nothing() {
    let mut disk = Disk::default();
    disk.set_room(Some(10));
    let file = file(&mut disk, "file", b"eight...");
    assert_eq!(disk.write(file, 8, b"four"), Err(Refusal::Full));
    assert_eq!(disk.octets(), 10);
    disk.rename(ROOT, "file", "other").unwrap();
    disk.remove(ROOT, "other").unwrap();
    assert_eq!(disk.octets(), 0);
}
