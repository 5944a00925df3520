//! What a batch for a journal says of votes, octet by octet as the room lays it out: whom a member
//! has voted for in which term is what it must forget least, and nobody else sees it.

use bytes::Bytes;
use engine::Digests;
use quorum::Batch;
use std::ops::Range;

/// What stands before the first frame of a journal that is written anew.
const HEAD_OCTETS: usize = 25;

/// What stands before what a frame says: its mark, number and length, and a checksum.
const FRAME_HEAD_OCTETS: usize = 24;
const NUMBER: Range<usize> = 4..12;
const CHECKSUM: Range<usize> = 16..24;

/// Where a frame that says something of votes says it, behind the octet that it does.
const TERM: Range<usize> = 1..9;
const VOTE: Range<usize> = 9..17;

/// For whom a member is in a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Vote {
    pub(super) term: u64,
    /// The number of a member; 0 for nobody yet.
    pub(super) member: u64,
}

/// What a batch says of votes, if it does.
pub(super) fn vote_in(batch: &Batch) -> Option<Vote> {
    let payload = batch.octets.get(frame_at(batch) + FRAME_HEAD_OCTETS..)?;
    let number =
        |range: Range<usize>| Some(u64::from_be_bytes(payload.get(range)?.try_into().ok()?));
    let says = *payload.first()? == 1;
    let vote = Vote {
        term: number(TERM)?,
        member: number(VOTE)?,
    };
    says.then_some(vote)
}

/// A batch with nobody voted for, in a frame as sound as before.
pub(super) fn without_vote(batch: &Batch, salt: &[u8; 16]) -> Option<Bytes> {
    vote_in(batch)?;
    let mut octets = batch.octets.to_vec();
    let frame = octets.get_mut(frame_at(batch)..)?;
    let (head, payload) = frame.split_at_mut_checked(FRAME_HEAD_OCTETS)?;
    payload.get_mut(VOTE)?.fill(0);
    let covered = [&salt[..], head.get(NUMBER)?, payload].concat();
    let sum = crypto::Provider.sha256(&covered);
    let checksum = head.get_mut(CHECKSUM)?;
    checksum.copy_from_slice(sum.get(..checksum.len())?);
    Some(octets.into())
}

fn frame_at(batch: &Batch) -> usize {
    if batch.replaces { HEAD_OCTETS } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorum::lease::Terms;
    use quorum::{Member, MemberId, Moment, Now, Output, Registry, Settings};

    fn now(ms: u64) -> Now {
        Now {
            moment: Moment(ms * 1000),
            date_us: ms,
        }
    }

    /// A member alone, which votes for itself; what it writes on the way.
    fn batches() -> (Vec<Batch>, Settings) {
        let settings = Settings::new(MemberId(1), 1, 7, [9; 16]);
        let members = [(MemberId(1), Bytes::new())];
        let registry = Registry::found(Terms::USUAL, members, []);
        let mut member = Member::found(settings.clone(), registry, now(0)).expect("sound");
        let mut batches = Vec::new();
        for ms in (0..3000).step_by(50) {
            member.handle_timeout(now(ms));
            while let Some(output) = member.poll_output() {
                if let Output::Persist(batch) = output {
                    member.handle_persisted(now(ms), batch.number);
                    batches.push(batch);
                }
            }
        }
        (batches, settings)
    }

    #[test]
    fn a_journal_without_its_votes_is_sound() {
        let (batches, settings) = batches();
        let votes: Vec<Vote> = batches.iter().filter_map(vote_in).collect();
        let (first, last) = (votes.first().expect("some"), votes.last().expect("some"));
        assert_eq!(first.member, 0);
        assert!(last.member == 1 && last.term > first.term, "{votes:?}");
        let mut journal = Vec::new();
        for batch in &batches {
            let octets = without_vote(batch, &settings.salt);
            let octets = octets.unwrap_or_else(|| batch.octets.clone());
            let kept = Batch {
                octets: octets.clone(),
                ..batch.clone()
            };
            assert_eq!(vote_in(&kept).map_or(0, |vote| vote.member), 0);
            if batch.replaces {
                journal.clear();
            }
            journal.extend_from_slice(&octets);
        }
        let registry = Registry::default();
        let opened = Member::open(settings, &journal.into(), registry, now(3000));
        assert!(opened.is_ok(), "{:?}", opened.err());
    }
}
