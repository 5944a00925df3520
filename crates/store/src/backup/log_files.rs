//! Up to where the log is copied: to the end of its last whole group. A node may write on
//! meanwhile; a group that is half there is left out.

use super::copy::{Copying, sync_folder};
use crate::disk::{Disk, FolderDisk};
use crate::folder::Settings;
use crate::log::{self, Chain, Found, Head, Segment, Walk};
use crate::{Error, Position};
use bytes::Bytes;
use std::fs;
use std::path::Path;

/// Copies the log; gives the position of the last entry copied.
pub(super) fn copy(
    data: &Path,
    settings: &Settings,
    copying: &mut Copying<'_>,
) -> Result<Position, Error> {
    let disk = FolderDisk::at(&data.join("log"));
    // Before the files: what it says must be in them.
    let acknowledged = Head::read(&disk, &settings.log_id)?.position;
    let segments = log::list_segments(&disk)?;
    copying.make_folder("log")?;
    let mut last = segments
        .first()
        .map_or(Position::START, |segment| Position(segment.first.0 - 1));
    let mut chain = None;
    for (at, segment) in segments.iter().enumerate() {
        if segment.first != last.plus(1) {
            break;
        }
        let octets = disk.read(&segment.name());
        let octets = Bytes::from(octets.map_err(Error::io("read", segment.name()))?);
        let whole = whole_octets(&octets, settings, &mut last, &mut chain);
        if whole < octets.len() && last < acknowledged {
            return Err(damaged(segment, whole, &octets, last));
        }
        let within = format!("log/{}", segment.name());
        let is_written_to = at + 1 == segments.len();
        if is_written_to || whole < octets.len() {
            copying.put(&within, octets.get(..whole).unwrap_or_default())?;
        } else {
            copying.copy(&within)?;
        }
    }
    if last < acknowledged {
        let name = segments.last().map_or("log".into(), Segment::name);
        return Err(Error::missing(&name, last, acknowledged));
    }
    put_head(settings, last, &chain.unwrap_or_default(), copying)?;
    Ok(last)
}

/// How many octets of a file are whole groups, each the next one.
fn whole_octets(
    octets: &Bytes,
    settings: &Settings,
    last: &mut Position,
    chain: &mut Option<Chain>,
) -> usize {
    let mut whole = 0;
    for found in Walk::new(octets, &settings.log_id) {
        let Found::Group { group, .. } = found else {
            break;
        };
        if group.first != last.plus(1) || chain.is_some_and(|chain| chain != group.before) {
            break;
        }
        whole += group.octets;
        *last = group.last();
        *chain = Some(group.chain);
    }
    whole
}

fn damaged(segment: &Segment, whole: usize, octets: &Bytes, last: Position) -> Error {
    Error::Corrupted {
        file: format!("log/{}", segment.name()),
        at: whole as u64,
        extent: (octets.len() - whole) as u64,
        reason: format!("the group after entry {last} cannot be read"),
    }
}

/// Writes a head that says how far the copy goes.
fn put_head(
    settings: &Settings,
    last: Position,
    chain: &Chain,
    copying: &mut Copying<'_>,
) -> Result<(), Error> {
    let folder = copying.to.join("log");
    let disk = FolderDisk::at(&folder);
    Head::create(&disk, &settings.log_id)?;
    if last > Position::START {
        let (mut head, _) = Head::open(&disk, &settings.log_id)?;
        let marked = head.mark(last, chain).and_then(|()| head.sync());
        marked.map_err(Error::io("write", log::HEAD_FILE))?;
    }
    let path = folder.join(log::HEAD_FILE);
    let name = path.to_string_lossy().into_owned();
    let octets = fs::read(&path).map_err(Error::io("read", name.clone()))?;
    fs::remove_file(&path).map_err(Error::io("replace", name))?;
    copying.put("log/head", &octets)?;
    sync_folder(&folder)
}
