//! Tests of the log on a disk that lies: flipped, torn and lost octets, full disks, failed syncs.
//!
//! The law: opening gives everything that was acknowledged, in order, or [`Error::Corrupted`].

use super::*;
use crate::disk::lying::LyingDisk;
use model::Key;
use proptest::prelude::*;

const ID: LogId = LogId([7; 16]);

fn options(segment_octets: u64) -> LogOptions {
    LogOptions {
        id: ID,
        segment_octets,
        octets_kept: 0,
    }
}

fn write(number: u64) -> Write {
    let octets =
        (!number.is_multiple_of(5)).then(|| vec![number as u8; (number * 37 % 700) as usize]);
    Write {
        key: Key::from_octets(format!("key {number}").into()),
        octets: octets.map(Into::into),
    }
}

fn entry(number: u64) -> Entry {
    let writes = vec![write(number)];
    let date_us = 1000 + number;
    Entry { date_us, writes }
}

/// What a start hands to the tables, or why it does not.
fn read_back(disk: &LyingDisk, applied: u64) -> Result<Vec<(u64, Vec<Write>)>, Error> {
    let mut entries = Vec::new();
    let disk = Arc::new(disk.clone());
    Log::open(
        disk,
        options(u64::MAX),
        Position(applied),
        |position, writes| {
            entries.push((position.0, writes.to_vec()));
            Ok(())
        },
    )?;
    Ok(entries)
}

/// What a start must hand to the tables when `last` is the last entry.
fn expected(last: u64) -> Vec<(u64, Vec<Write>)> {
    (1..=last)
        .map(|number| (number, vec![write(number)]))
        .collect()
}

fn new_log(disk: &LyingDisk, segment_octets: u64) -> Log {
    Log::create(disk, &ID).unwrap();
    let shared = Arc::new(disk.clone());
    Log::open(shared, options(segment_octets), Position::START, |_, _| {
        Ok(())
    })
    .unwrap()
    .0
}

/// A log of groups of 1, 2, 3, … entries, all acknowledged, in files of about 1,500 octets.
fn written(disk: &LyingDisk, groups: u64) -> Log {
    let mut log = new_log(disk, 1500);
    for entries in 1..=groups {
        let first = log.last().0 + 1;
        let entries: Vec<Entry> = (first..first + entries).map(entry).collect();
        log.append(&entries).unwrap();
        log.sync().unwrap();
    }
    log
}

fn files(disk: &LyingDisk) -> Vec<(String, usize)> {
    let names = disk.names().unwrap();
    let length = |name: &String| usize::try_from(disk.length(name).unwrap()).unwrap();
    names
        .into_iter()
        .map(|name| (name.clone(), length(&name)))
        .collect()
}

/// The file of the log that is written to, with its length.
fn last_file(disk: &LyingDisk) -> (String, usize) {
    files(disk)
        .into_iter()
        .rfind(|(name, _)| name != "head")
        .unwrap()
}

/// Checks that a start gives all of `last` entries or says that the log is corrupted.
fn check_all_or_corrupted(disk: &LyingDisk, last: u64, told: &str) {
    match read_back(disk, 0) {
        Ok(entries) => assert_eq!(entries, expected(last), "{told}: silence"),
        Err(Error::Corrupted { .. }) => (),
        Err(other) => panic!("{told}: {other}"),
    }
}

#[test]
fn what_was_written_is_read_back_from_any_position() {
    let disk = LyingDisk::default();
    let log = written(&disk, 8);
    assert_eq!(log.last(), Position(36));
    assert!(files(&disk).len() > 4, "several files: {:?}", files(&disk));
    drop(log);
    for applied in 0..=36 {
        let entries = read_back(&disk, applied).unwrap();
        assert_eq!(entries, expected(36)[applied as usize..]);
    }
}

/// The octets of the first group are for ever: a change of format needs a new magic.
#[test]
fn format_1_of_a_group_is_these_octets() {
    let entry = Entry {
        date_us: 1_795_000_000_000_000,
        writes: vec![
            Write {
                key: Key::from_octets("H88".into()),
                octets: Some("\u{1}".into()),
            },
            Write {
                key: Key::from_octets("R".into()),
                octets: None,
            },
        ],
    };
    let (octets, _) = encode_group(&ID, Position(1), &Chain::default(), &[entry]);
    assert_eq!(
        hex::encode(octets),
        "4e5067726f7570310707070707070707070707070707070700000000000000010000002300000000\
         0000000000000000000000000000000000000000000000000000000098b541646a7f501e18dab51b\
         201a3a4f2b151221e93cca064d90e2d3d3b2c032000000010006608b015f30000000000201000000\
         034838380000000101000000000152"
    );
}

#[test]
fn every_flipped_octet_is_repaired_or_noticed() {
    let disk = LyingDisk::default();
    drop(written(&disk, 5));
    for (name, length) in files(&disk) {
        for at in 0..length {
            for flip in [0x01, 0x80, 0xff] {
                let image = disk.image();
                image.damage(&name, |octets| octets[at] ^= flip);
                check_all_or_corrupted(&image, 15, &format!("{name} octet {at} flipped"));
            }
        }
    }
}

#[test]
fn every_lost_suffix_is_noticed() {
    let disk = LyingDisk::default();
    drop(written(&disk, 5));
    for (name, length) in files(&disk) {
        for cut in 0..length {
            let image = disk.image();
            image.damage(&name, |octets| octets.truncate(cut));
            check_all_or_corrupted(&image, 15, &format!("{name} cut at {cut}"));
            let image = disk.image();
            image.damage(&name, |octets| octets[cut..].fill(0));
            check_all_or_corrupted(&image, 15, &format!("{name} zeroed from {cut}"));
        }
    }
}

#[test]
fn every_lost_file_is_noticed() {
    let disk = LyingDisk::default();
    drop(written(&disk, 8));
    for (name, _) in files(&disk) {
        let image = disk.image();
        image.remove(&name).unwrap();
        let error = read_back(&image, 0).unwrap_err();
        assert!(matches!(error, Error::Corrupted { .. }), "{name}: {error}");
    }
}

/// The last group was being written when the power failed: nobody was told of it.
#[test]
fn a_group_torn_at_any_octet_is_cut() {
    let disk = LyingDisk::default();
    let mut log = written(&disk, 3);
    let (name, start) = last_file(&disk);
    log.append(&[entry(7), entry(8)]).unwrap();
    assert_eq!(
        last_file(&disk).0,
        name,
        "the group is in the file that was last before"
    );
    let (_, length) = last_file(&disk);
    let whole = disk.image();
    std::mem::forget(log); // No orderly close.
    for cut in start..=length {
        let image = whole.image();
        image.damage(&name, |octets| octets.truncate(cut));
        let last = if cut == length { 8 } else { 6 };
        assert_eq!(
            read_back(&image, 0).unwrap(),
            expected(last),
            "cut at {cut}"
        );
        assert_eq!(
            read_back(&image, 0).unwrap(),
            expected(last),
            "a second time"
        );
    }
}

#[test]
fn damage_says_where_and_how_much() {
    let disk = LyingDisk::default();
    let mut log = new_log(&disk, u64::MAX);
    let mut ends = vec![0];
    for number in 1..=3 {
        log.append(&[entry(number)]).unwrap();
        log.sync().unwrap();
        ends.push(disk.length("00000000000000000001.log").unwrap());
    }
    disk.damage("00000000000000000001.log", |octets| {
        octets[ends[1] as usize + 110] ^= 1;
    });
    let error = read_back(&disk, 0).unwrap_err();
    let Error::Corrupted {
        file, at, extent, ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!(file, "00000000000000000001.log");
    assert_eq!((*at, *extent), (ends[1], ends[2] - ends[1]));
}

#[test]
fn a_full_disk_changes_nothing_and_heals() {
    let disk = LyingDisk::default();
    let mut log = written(&disk, 2);
    disk.fill_after(0);
    assert!(matches!(log.append(&[entry(4)]), Err(Error::Io { .. })));
    assert_eq!(log.last(), Position(3));
    disk.make_room();
    log.append(&[entry(4)]).unwrap();
    log.sync().unwrap();
    drop(log);
    assert_eq!(read_back(&disk, 0).unwrap(), expected(4));
}

#[test]
fn a_failed_sync_ends_all_writing() {
    let disk = LyingDisk::default();
    let mut log = written(&disk, 2);
    disk.fail_sync_after(0);
    log.append(&[entry(4)]).unwrap();
    assert!(matches!(log.sync(), Err(Error::Unsure { .. })));
    assert!(matches!(log.sync(), Err(Error::ReadOnly { .. })));
    assert!(matches!(
        log.append(&[entry(5)]),
        Err(Error::ReadOnly { .. })
    ));
}

/// After a failed sync the system shows what is not on the disk, and later syncs succeed.
#[test]
fn what_a_failed_sync_left_in_memory_is_written_again_before_anybody_relies_on_it() {
    let disk = LyingDisk::default();
    let mut log = written(&disk, 2);
    disk.fail_sync_after(0);
    log.append(&[entry(4)]).unwrap();
    assert!(log.sync().is_err());
    drop(log);
    disk.mend();
    assert_eq!(
        read_back(&disk, 0).unwrap(),
        expected(4),
        "it is shown, and so it counts"
    );
    disk.cut_power(|| false);
    assert_eq!(read_back(&disk, 4).unwrap(), [], "and is there for good");
}

#[test]
fn a_write_as_large_as_a_group_is_read_back() {
    let disk = LyingDisk::default();
    let mut log = new_log(&disk, u64::MAX);
    let mut large = entry(1);
    let room = GROUP_OCTETS_MAX
        - 4
        - Entry::octets(&[Write {
            octets: Some(Vec::new().into()),
            ..large.writes[0].clone()
        }]);
    large.writes[0].octets = Some(vec![1; room].into());
    check_fits(&large.writes, 0).unwrap();
    log.append(&[large.clone()]).unwrap();
    log.sync().unwrap();
    drop(log);
    assert_eq!(read_back(&disk, 0).unwrap(), [(1, large.writes.clone())]);
    large.writes[0].octets = Some(vec![1; room + 1].into());
    assert!(matches!(
        check_fits(&large.writes, 0),
        Err(Error::TooLarge { .. })
    ));
}

#[test]
fn names_that_only_look_like_files_of_the_log_are_not() {
    let first = |name| Segment::parse_name(name);
    assert_eq!(first("00000000000000000005.log"), Some(Position(5)));
    for name in [
        "5.log",
        "+0000000000000000005.log",
        "00000000000000000000.log",
        "head",
        "x.log",
    ] {
        assert_eq!(first(name), None, "{name}");
    }
}

#[test]
fn another_logs_files_are_not_read() {
    let disk = LyingDisk::default();
    drop(written(&disk, 2));
    let mut other = options(1500);
    other.id = LogId([8; 16]);
    let opened = Log::open(Arc::new(disk), other, Position::START, |_, _| Ok(()));
    assert!(matches!(opened.map(|_| ()), Err(Error::Corrupted { .. })));
}

#[test]
fn files_that_the_tables_hold_are_retired_and_the_rest_still_opens() {
    let disk = LyingDisk::default();
    let mut log = written(&disk, 8);
    let before = files(&disk).len();
    log.retire(Position(20)).unwrap();
    assert!(files(&disk).len() < before);
    drop(log);
    assert_eq!(read_back(&disk, 20).unwrap(), expected(36)[20..]);
    let error = read_back(&disk, 3).unwrap_err();
    assert!(
        error.to_string().contains("which the tables do not hold"),
        "{error}"
    );
    let error = read_back(&disk, 37).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("entry 37 is known to have been written"),
        "{error}"
    );
}

/// A value that looks like a group must not pass for one, nor make a torn end look like damage.
#[test]
fn octets_that_somebody_chose_do_not_look_like_a_group() {
    let (forged, _) = encode_group(&LogId([1; 16]), Position(9), &Chain::default(), &[entry(9)]);
    let disk = LyingDisk::default();
    let mut log = written(&disk, 1);
    let mut carrier = entry(2);
    carrier.writes[0].octets = Some(forged.into());
    log.append(&[carrier]).unwrap();
    std::mem::forget(log);
    let torn = disk.length("00000000000000000001.log").unwrap() as usize - 1;
    disk.damage("00000000000000000001.log", |octets| octets.truncate(torn));
    assert_eq!(read_back(&disk, 0).unwrap(), expected(1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Power fails at any time, any unsynced sector survives or not: what was acknowledged is
    /// there; of the group in flight, all or nothing.
    #[test]
    fn a_power_cut_loses_nothing_acknowledged(
        groups in 0..6_u64,
        in_flight in 0..4_u64,
        keeps in proptest::collection::vec(any::<bool>(), 64),
        again in any::<bool>(),
    ) {
        let disk = LyingDisk::default();
        let mut log = written(&disk, groups);
        let acknowledged = log.last().0;
        let entries: Vec<Entry> =
            (acknowledged + 1..=acknowledged + in_flight).map(entry).collect();
        if !entries.is_empty() {
            log.append(&entries).unwrap();
        }
        std::mem::forget(log);
        let mut survives = keeps.iter().cycle();
        disk.cut_power(|| *survives.next().unwrap());
        let entries = read_back(&disk, 0).unwrap();
        let last = entries.len() as u64;
        prop_assert!(last == acknowledged || last == acknowledged + in_flight);
        prop_assert_eq!(entries, expected(last));
        if again {
            disk.cut_power(|| *survives.next().unwrap());
            prop_assert_eq!(read_back(&disk, 0).unwrap(), expected(last));
        }
    }
}
