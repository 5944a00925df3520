//! Reads a log back: what is whole, what was torn, what is lost.

use super::Segment;
use super::group::{Chain, Group, LogId};
use super::head::{Acknowledged, Head};
use super::walk::{Found, Walk};
use crate::disk::Disk;
use crate::{Error, Opened, Position};
use bytes::Bytes;
use model::change::Write;

/// What was found.
pub(super) struct Recovered {
    pub(super) segments: Vec<Segment>,
    pub(super) last: Position,
    pub(super) chain: Chain,
    pub(super) last_date_us: u64,
    pub(super) opened: Opened,
}

/// Reads the log from the file that holds the first entry after `applied`, hands each such entry
/// to `replay`, and cuts a torn end.
pub(super) fn recover(
    disk: &dyn Disk,
    id: &LogId,
    applied: Position,
    acknowledged: Acknowledged,
    replay: impl FnMut(Position, &[Write]) -> Result<(), Error>,
) -> Result<Recovered, Error> {
    let segments = list_segments(disk)?;
    let known = applied.max(acknowledged.position);
    let Some(begin) = first_to_read(&segments, applied) else {
        return begin_empty(&segments, known);
    };
    let before = Position(segments[begin].first.0 - 1);
    let mut reading = Reading {
        disk,
        id,
        applied,
        acknowledged,
        replay,
        last: before,
        chain: (acknowledged.position == before).then_some(Chain(acknowledged.digest)),
        last_date_us: 0,
        opened: Opened::default(),
    };
    let mut kept = segments[..begin].to_vec();
    for (at, segment) in segments.iter().enumerate().skip(begin) {
        let whole = reading.read_segment(segment, &segments[at + 1..])?;
        kept.push(Segment {
            first: segment.first,
            octets: whole.octets,
        });
        if whole.was_torn {
            remove_all(disk, &segments[at + 1..])?;
            break;
        }
    }
    if reading.last < known {
        let name = kept.last().map(Segment::name).unwrap_or_default();
        return Err(Error::missing(&name, reading.last, known));
    }
    Ok(Recovered {
        segments: kept,
        last: reading.last,
        chain: reading.chain.unwrap_or_default(),
        last_date_us: reading.last_date_us,
        opened: reading.opened,
    })
}

/// Reads the log as [`recover`] does, and changes nothing: hands groups that are there to `found`
/// from the file on that holds the first entry after `applied`, up to a torn end.
pub(crate) fn look(
    disk: &dyn Disk,
    id: &LogId,
    applied: Position,
    mut found: impl FnMut(&Group),
) -> Result<(), Error> {
    let acknowledged = Head::read(disk, id)?;
    let segments = list_segments(disk)?;
    let known = applied.max(acknowledged.position);
    let Some(begin) = first_to_read(&segments, applied) else {
        return begin_empty(&segments, known).map(drop);
    };
    let mut last = Position(segments[begin].first.0 - 1);
    let mut chain = None;
    for segment in &segments[begin..] {
        let name = segment.name();
        let octets = disk
            .read(&name)
            .map_err(Error::io("read", name.clone()))?
            .into();
        let walk = Walk::new(&octets, id);
        for place in walk {
            let Found::Group { group, .. } = place else {
                break;
            };
            if group.first != last.plus(1) || chain.is_some_and(|chain| chain != group.before) {
                break;
            }
            found(&group);
            last = group.last();
            chain = Some(group.chain);
        }
    }
    if last < known {
        let name = segments.last().map(Segment::name).unwrap_or_default();
        return Err(Error::missing(&name, last, known));
    }
    Ok(())
}

/// The file with the first entry after `applied`. An empty one was just begun: the digest that its
/// first group will hold is at the end of the file before, if that is still there.
fn first_to_read(segments: &[Segment], applied: Position) -> Option<usize> {
    let holder = segments
        .iter()
        .rposition(|segment| segment.first <= applied.plus(1))?;
    let written = segments[..=holder]
        .iter()
        .rposition(|segment| segment.octets > 0);
    Some(written.unwrap_or(holder))
}

/// The files of the log by position, with their lengths unknown yet.
pub(crate) fn list_segments(disk: &dyn Disk) -> Result<Vec<Segment>, Error> {
    let names = disk.names().map_err(Error::io("list", "the log"))?;
    let firsts = names.iter().filter_map(|name| Segment::parse_name(name));
    let mut segments: Vec<Segment> = firsts.map(|first| Segment { first, octets: 0 }).collect();
    segments.sort_by_key(|segment| segment.first);
    for segment in &mut segments {
        let name = segment.name();
        segment.octets = disk.length(&name).map_err(Error::io("measure", name))?;
    }
    Ok(segments)
}

/// A log without the entry that must come next is new, or has lost it.
fn begin_empty(segments: &[Segment], known: Position) -> Result<Recovered, Error> {
    if let Some(first) = segments.first() {
        let before = Position(first.first.0 - 1);
        return Err(Error::Corrupted {
            file: first.name(),
            at: 0,
            extent: 0,
            reason: format!("the log begins after entry {before}, which the tables do not hold"),
        });
    }
    if known > Position::START {
        return Err(Error::missing("log", Position::START, known));
    }
    Ok(Recovered {
        segments: Vec::new(),
        last: Position::START,
        chain: Chain::default(),
        last_date_us: 0,
        opened: Opened::default(),
    })
}

fn remove_all(disk: &dyn Disk, segments: &[Segment]) -> Result<(), Error> {
    for segment in segments {
        let name = segment.name();
        disk.remove(&name).map_err(Error::io("remove", name))?;
    }
    Ok(())
}

fn unreadable(name: &str, at: usize, error: &model::Error) -> Error {
    Error::Corrupted {
        file: name.into(),
        at: at as u64,
        extent: 0,
        reason: format!("a whole group has another format than this version writes: {error}"),
    }
}

/// How much of a file is whole.
struct Whole {
    octets: u64,
    was_torn: bool,
}

/// A reading that goes on from file to file.
struct Reading<'d, R> {
    disk: &'d dyn Disk,
    id: &'d LogId,
    applied: Position,
    acknowledged: Acknowledged,
    replay: R,
    last: Position,
    /// The digest of the last group; `None` before the first.
    chain: Option<Chain>,
    last_date_us: u64,
    opened: Opened,
}

impl<R: FnMut(Position, &[Write]) -> Result<(), Error>> Reading<'_, R> {
    fn read_segment(&mut self, segment: &Segment, later: &[Segment]) -> Result<Whole, Error> {
        let name = segment.name();
        let octets = self
            .disk
            .read(&name)
            .map_err(Error::io("read", name.clone()))?;
        let octets = Bytes::from(octets);
        if segment.first != self.last.plus(1) {
            return Err(Error::missing(
                &name,
                self.last,
                Position(segment.first.0 - 1),
            ));
        }
        let mut at = 0;
        let mut unacknowledged = None;
        let mut groups = Vec::new();
        let mut was_torn = false;
        while at < octets.len() {
            let Some(group) = Group::read(&octets.slice(at..), self.id) else {
                self.judge_damage(&name, &octets, at, later)?;
                was_torn = true;
                break;
            };
            let group = group.map_err(|error| unreadable(&name, at, &error))?;
            self.accept(&name, at, &group)?;
            if self.last > self.acknowledged.position {
                unacknowledged.get_or_insert(at);
            }
            at += group.octets;
            groups.push(group);
        }
        if let Some(from) = unacknowledged {
            self.write_again(&name, from, &octets[from..at])?;
        }
        for group in groups {
            self.replay(&group)?;
        }
        Ok(Whole {
            octets: at as u64,
            was_torn,
        })
    }

    /// Checks that a group is the one that must come next.
    fn accept(&mut self, name: &str, at: usize, group: &Group) -> Result<(), Error> {
        let follows = group.first == self.last.plus(1)
            && !group.entries.is_empty()
            && self.chain.is_none_or(|chain| chain == group.before)
            && (self.last != Position::START || group.before == Chain::default());
        let was_changed = follows
            && group.last() == self.acknowledged.position
            && group.chain.0 != self.acknowledged.digest;
        if !follows || was_changed {
            return Err(Error::Corrupted {
                file: name.into(),
                at: at as u64,
                extent: group.octets as u64,
                reason: format!(
                    "a group stands where the one after entry {} should",
                    self.last
                ),
            });
        }
        self.last = group.last();
        self.chain = Some(group.chain);
        Ok(())
    }

    /// Makes groups durable that nobody may have been told of. Syncing is not enough: after a sync
    /// has failed, the system may believe that what it still shows us is on the disk.
    fn write_again(&self, name: &str, at: usize, octets: &[u8]) -> Result<(), Error> {
        let written = self.disk.open(name).and_then(|mut file| {
            file.write_at(at as u64, octets)?;
            file.sync()
        });
        written.map_err(Error::io("write to", name))
    }

    fn replay(&mut self, group: &Group) -> Result<(), Error> {
        for (entry, position) in group.entries.iter().zip(group.first.0..) {
            let position = Position(position);
            if position > self.applied {
                (self.replay)(position, &entry.writes)?;
                self.opened.entries_replayed += 1;
            }
            self.last_date_us = entry.date_us;
        }
        Ok(())
    }

    /// Octets that are no group: a torn end is cut, everything else is an error.
    ///
    /// The end is torn if nobody was told that more exists, and nothing whole follows.
    fn judge_damage(
        &mut self,
        name: &str,
        octets: &Bytes,
        at: usize,
        later: &[Segment],
    ) -> Result<(), Error> {
        let next = Group::find(&octets.slice(at + 1..), self.id);
        let extent = next.as_ref().map_or(octets.len() - at, |ahead| ahead + 1);
        let known = self.acknowledged.position.max(self.applied);
        if known > self.last || next.is_some() || self.any_whole_group_in(later)? {
            return Err(Error::Corrupted {
                file: name.into(),
                at: at as u64,
                extent: extent as u64,
                reason: format!("the group after entry {} cannot be read", self.last),
            });
        }
        let mut file = self.disk.open(name).map_err(Error::io("open", name))?;
        file.cut(at as u64).map_err(Error::io("cut", name))?;
        self.opened.octets_cut += extent as u64;
        Ok(())
    }

    fn any_whole_group_in(&self, segments: &[Segment]) -> Result<bool, Error> {
        for segment in segments {
            let name = segment.name();
            let octets = self.disk.read(&name).map_err(Error::io("read", name))?;
            if Group::find(&octets.into(), self.id).is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
