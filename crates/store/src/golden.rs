//! What was written in this format before is what is written now, octet for octet: whoever changes
//! that makes a new format, with a number and golden files of its own (`tests/golden.rs`).

use crate::disk::{Disk, FolderDisk};
use crate::folder;
use crate::log::{Found, Head, Walk, encode_group, list_segments};
use std::fs;
use std::path::PathBuf;

fn golden() -> PathBuf {
    let (root, format) = (env!("CARGO_MANIFEST_DIR"), folder::FORMAT);
    PathBuf::from(format!("{root}/tests/golden/format-{format}"))
}

#[test]
fn groups_are_encoded_as_they_were() {
    let settings = folder::read_existing(&golden()).unwrap();
    let disk = FolderDisk::at(&golden().join("log"));
    let mut groups = 0;
    for segment in list_segments(&disk).unwrap() {
        let octets = disk.read(&segment.name()).unwrap().into();
        for found in Walk::new(&octets, &settings.log_id) {
            let Found::Group { at, group } = found else {
                panic!("{found:?}");
            };
            let (again, _) =
                encode_group(&settings.log_id, group.first, &group.before, &group.entries);
            assert!(
                octets[at..at + group.octets] == again,
                "octet {at} of {}",
                segment.name()
            );
            groups += 1;
        }
    }
    assert_eq!(groups, 66);
}

#[test]
fn heads_and_settings_are_written_as_they_were() {
    let settings = folder::read_existing(&golden()).unwrap();
    let written = folder::settings_octets(&settings);
    assert_eq!(fs::read(golden().join("folder.json")).unwrap(), written);
    let disk = FolderDisk::at(&golden().join("log"));
    let acknowledged = Head::read(&disk, &settings.log_id).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let again = FolderDisk::at(folder.path());
    Head::create(&again, &settings.log_id).unwrap();
    let (mut head, _) = Head::open(&again, &settings.log_id).unwrap();
    let chain = crate::log::Chain(acknowledged.digest);
    head.mark(acknowledged.position, &chain).unwrap();
    let slot = again.read("head").unwrap();
    let golden = disk.read("head").unwrap();
    let is_there = [0, 4096].map(|at| {
        golden[at..at + 96] == slot[4096..4096 + 96] || golden[at..at + 96] == slot[..96]
    });
    assert!(is_there.contains(&true));
}
