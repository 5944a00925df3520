//! Tests of journals that are torn and damaged.

use super::*;
use raft::eraftpb::EntryType;

fn kept(index: u64) -> Kept {
    let mut entry = Entry::default();
    entry.set_entry_type(EntryType::EntryNormal);
    (entry.term, entry.index) = (2, index);
    entry.data = b"entry".to_vec().into();
    let mut hard = HardState::default();
    (hard.term, hard.vote, hard.commit) = (2, 3, index - 1);
    Kept {
        hard: Some(hard),
        entries: vec![entry],
        ..Kept::default()
    }
}

/// A journal of three frames, and where each of them ends.
fn journal() -> (Vec<u8>, [usize; 3]) {
    let mut writer = Writer::new([9; 16]);
    let mut octets = writer.replacement(&kept(2)).to_vec();
    let first = octets.len();
    octets.extend_from_slice(&writer.addition(&kept(3)));
    let second = octets.len();
    octets.extend_from_slice(&writer.addition(&kept(4)));
    let third = octets.len();
    (octets, [first, second, third])
}

fn count(octets: &[u8]) -> Result<usize, Damage> {
    read(&Bytes::copy_from_slice(octets)).map(|it| it.len())
}

#[test]
fn what_is_written_is_read() {
    let (octets, _) = journal();
    let expected = vec![kept(2), kept(3), kept(4)];
    assert_eq!(read(&octets.into()), Ok(expected));
}

#[test]
fn what_is_torn_is_cut() {
    let (octets, [first, second, third]) = journal();
    for end in first..=third {
        let frames = 1 + usize::from(end >= second) + usize::from(end >= third);
        assert_eq!(count(&octets[..end]), Ok(frames), "{end}");
    }
    for end in 0..first {
        assert!(
            count(&octets[..end]).is_err(),
            "{end}: the first comes whole"
        );
    }
}

#[test]
fn what_is_changed_before_the_end_is_damage() {
    let (octets, [_, second, third]) = journal();
    for at in 0..second {
        let mut octets = octets.clone();
        octets[at] ^= 1;
        assert!(count(&octets).is_err(), "octet {at}");
    }
    // In the last frame it cannot be told from what a crash leaves.
    for at in second..third {
        let mut octets = octets.clone();
        octets[at] ^= 1;
        assert_eq!(count(&octets), Ok(2), "octet {at}");
    }
}

#[test]
fn a_frame_that_is_missing_is_damage() {
    let (mut octets, [first, second, _]) = journal();
    octets.drain(first..second);
    let damage = count(&octets).expect_err("the second frame is gone");
    assert_eq!((damage.at, damage.problem), (first, "a frame is missing"));
}

/// Somebody registers octets that look like a frame: of another salt, they are none.
#[test]
fn octets_of_others_are_no_frames() {
    let (mut octets, [_, second, _]) = journal();
    octets.truncate(second);
    let mut torn = Writer::new([9; 16]);
    torn.frames_count = 2;
    let mut entry = kept(4);
    let mut foreign = Writer::new([8; 16]);
    foreign.frames_count = 8;
    let foreign = foreign.addition(&kept(5));
    entry.entries[0].data = foreign.to_vec().into();
    let torn = torn.addition(&entry);
    octets.extend_from_slice(&torn[..torn.len() - 1]);
    assert_eq!(count(&octets), Ok(2));
}

#[test]
fn a_crash_leaves_a_beginning_or_a_whole() {
    let batch = |replaces, octets: &'static [u8]| Batch {
        number: 1,
        replaces,
        octets: Bytes::from_static(octets),
    };
    let mut journal = MemoryJournal::default();
    let Ok(()) = journal.keep(&batch(true, b"abc"));
    journal.write(&batch(false, b"def"));
    journal.write(&batch(false, b"ghi"));
    journal.crash(|_| 2);
    assert_eq!(journal.read(), Ok(Bytes::from_static(b"abcde")));
    journal.write(&batch(true, b"xyz"));
    journal.crash(|_| 2);
    assert_eq!(journal.read(), Ok(Bytes::from_static(b"abcde")));
    journal.write(&batch(true, b"xyz"));
    journal.crash(|octets| octets);
    assert_eq!(journal.read(), Ok(Bytes::from_static(b"xyz")));
}
