//! The disk beneath: files and folders, each as it looks and as it would survive.
//!
//! Stricter than common file systems, as far as the standard allows: syncing a file makes its
//! octets durable and not its name; syncing a folder makes the names in it durable. Of what is not
//! synced any part may survive: each sector of 512 octets, each length, each change of a name by
//! itself. A rename is one change. A failed sync forgets: what it should have made durable is
//! still shown, and no later sync writes it.
//!
//! Not here: links, owners, times, extended attributes; the store uses none of them.

mod content;
mod folder;
#[cfg(test)]
mod tests;

use content::Content;
use folder::Folder;
use std::collections::BTreeMap;

/// The number of the top folder.
pub const ROOT: u64 = 1;

/// Says of each unsynced thing whether it survives a power cut.
pub type Chance<'c> = &'c mut dyn FnMut() -> bool;

/// Why the disk does not do what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such file or folder.
    Missing,
    /// There is something of that name.
    Exists,
    /// It is a folder and should be a file, or the other way round.
    Kind,
    /// The folder has something in it.
    NotEmpty,
    /// The disk is full.
    Full,
    /// The disk has failed, or the power is off.
    Broken,
}

/// What a file or folder is, as it looks now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Its number: never given twice.
    pub number: u64,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Octets of a file.
    pub octets: u64,
    /// Permission bits.
    pub mode: u16,
}

#[derive(Debug, Clone)]
enum Body {
    File(Content),
    Folder(Folder),
}

#[derive(Debug, Clone)]
struct Node {
    body: Body,
    mode: u16,
}

/// A disk. Numbers of files change at every restart, so that who opened a file before a power cut
/// cannot reach what came after it.
#[derive(Debug)]
pub struct Disk {
    nodes: BTreeMap<u64, Node>,
    next_number: u64,
    /// How many calls that change something, or sync, there have been.
    changes_count: u64,
    power_until: Option<u64>,
    fails_at: Option<u64>,
    syncs_until_failure: Option<u64>,
    octets_max: Option<u64>,
    is_off: bool,
}

impl Default for Disk {
    fn default() -> Self {
        let root = Node {
            body: Body::Folder(Folder::default()),
            mode: 0o755,
        };
        Self {
            nodes: BTreeMap::from([(ROOT, root)]),
            next_number: ROOT + 1,
            changes_count: 0,
            power_until: None,
            fails_at: None,
            syncs_until_failure: None,
            octets_max: None,
            is_off: false,
        }
    }
}

/// Faults and power.
impl Disk {
    /// How many calls that change something, or sync, there have been.
    pub fn changes_count(&self) -> u64 {
        self.changes_count
    }

    /// Cuts the power after so many more changes; then everything fails until [`Disk::restart`].
    pub fn cut_power_after(&mut self, changes: u64) {
        self.power_until = Some(self.changes_count + changes);
    }

    /// Cuts the power now.
    pub fn cut_power(&mut self) {
        self.is_off = true;
    }

    /// Whether the power is off.
    pub fn is_off(&self) -> bool {
        self.is_off
    }

    /// Lets one change fail, after so many more.
    pub fn fail_once_after(&mut self, changes: u64) {
        self.fails_at = Some(self.changes_count + changes + 1);
    }

    /// Lets so many more syncs succeed; then each one fails.
    pub fn fail_syncs_after(&mut self, syncs: u64) {
        self.syncs_until_failure = Some(syncs);
    }

    /// Sets how many octets all files may have together; `None` for no end.
    pub fn set_room(&mut self, octets_max: Option<u64>) {
        self.octets_max = octets_max;
    }

    /// How many octets all files have together.
    pub fn octets(&self) -> u64 {
        let of = |node: &Node| match &node.body {
            Body::File(content) => content.octets(),
            Body::Folder(_) => 0,
        };
        let reached = self.reachable(Folder::shown);
        reached
            .iter()
            .filter_map(|at| self.nodes.get(at))
            .map(of)
            .sum()
    }

    /// Turns the power on again after a cut: of what was not synced, `survives` chooses what is
    /// still there. Mends all faults; room stays as it was set.
    pub fn restart(&mut self, survives: Chance<'_>) {
        for node in self.nodes.values_mut() {
            match &mut node.body {
                Body::File(content) => content.lose(survives),
                Body::Folder(folder) => folder.lose(survives),
            }
        }
        self.renumber();
        self.is_off = false;
        self.power_until = None;
        self.fails_at = None;
        self.syncs_until_failure = None;
    }

    /// Drops what no folder names, and gives everything but the root a new number.
    fn renumber(&mut self) {
        let reached = self.reachable(Folder::shown);
        let first = self.next_number;
        let numbers: BTreeMap<u64, u64> = (reached.iter().copied().filter(|&at| at != ROOT))
            .zip(first..)
            .chain([(ROOT, ROOT)])
            .collect();
        self.next_number = first + numbers.len() as u64;
        let old = std::mem::take(&mut self.nodes);
        for (at, mut node) in old {
            let Some(&number) = numbers.get(&at) else {
                continue;
            };
            if let Body::Folder(folder) = &mut node.body {
                folder.renumber(&numbers);
            }
            self.nodes.insert(number, node);
        }
    }

    fn reachable(&self, names: fn(&Folder) -> &BTreeMap<String, u64>) -> Vec<u64> {
        let mut reached = vec![ROOT];
        let mut at = 0;
        while let Some(number) = reached.get(at).copied() {
            at += 1;
            if let Some(Node {
                body: Body::Folder(folder),
                ..
            }) = self.nodes.get(&number)
            {
                reached.extend(names(folder).values());
            }
        }
        reached
    }

    /// Counts a change; refuses it if the power is off or it is its turn to fail.
    fn change(&mut self) -> Result<(), Refusal> {
        self.changes_count += 1;
        if self
            .power_until
            .is_some_and(|until| self.changes_count > until)
        {
            self.is_off = true;
        }
        self.check_power()?;
        match self.fails_at {
            Some(turn) if turn == self.changes_count => Err(Refusal::Broken),
            _ => Ok(()),
        }
    }

    fn check_power(&self) -> Result<(), Refusal> {
        if self.is_off {
            Err(Refusal::Broken)
        } else {
            Ok(())
        }
    }

    fn check_room(&self, more: u64) -> Result<(), Refusal> {
        match self.octets_max {
            Some(most) if self.octets() + more > most => Err(Refusal::Full),
            _ => Ok(()),
        }
    }
}

/// What the kernel asks.
impl Disk {
    /// What something is.
    ///
    /// # Errors
    /// [`Refusal`], as for all of these.
    pub fn look(&self, number: u64) -> Result<Look, Refusal> {
        self.check_power()?;
        let node = self.nodes.get(&number).ok_or(Refusal::Missing)?;
        let octets = match &node.body {
            Body::File(content) => Some(content.octets()),
            Body::Folder(_) => None,
        };
        Ok(Look {
            number,
            is_folder: octets.is_none(),
            octets: octets.unwrap_or(0),
            mode: node.mode,
        })
    }

    /// What is in a folder under a name.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn find(&self, folder: u64, name: &str) -> Result<Look, Refusal> {
        self.check_power()?;
        let number = self.folder(folder)?.shown().get(name).copied();
        self.look(number.ok_or(Refusal::Missing)?)
    }

    /// The names in a folder with what they name, in order.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn names(&self, folder: u64) -> Result<Vec<(String, Look)>, Refusal> {
        self.check_power()?;
        let shown = self.folder(folder)?.shown();
        let named = |(name, &number): (&String, &u64)| Ok((name.clone(), self.look(number)?));
        shown.iter().map(named).collect()
    }

    /// Makes a file or folder.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn make(
        &mut self,
        folder: u64,
        name: &str,
        mode: u16,
        is_folder: bool,
    ) -> Result<Look, Refusal> {
        self.change()?;
        self.check_room(0)?;
        if self.folder(folder)?.shown().contains_key(name) {
            return Err(Refusal::Exists);
        }
        let number = self.next_number;
        self.next_number += 1;
        let body = if is_folder {
            Body::Folder(Folder::default())
        } else {
            Body::File(Content::default())
        };
        self.nodes.insert(number, Node { body, mode });
        self.folder_mut(folder)?.add(name, number);
        self.look(number)
    }

    /// Removes a name; what it named lives on for who has it open.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn remove(&mut self, folder: u64, name: &str) -> Result<(), Refusal> {
        self.change()?;
        let number = self.find(folder, name)?.number;
        if self
            .folder(number)
            .is_ok_and(|folder| !folder.shown().is_empty())
        {
            return Err(Refusal::NotEmpty);
        }
        self.folder_mut(folder)?.remove(name);
        Ok(())
    }

    /// Renames within a folder, over what has the new name.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn rename(&mut self, folder: u64, from: &str, to: &str) -> Result<(), Refusal> {
        self.change()?;
        let number = self.find(folder, from)?.number;
        self.folder_mut(folder)?.rename(from, to, number);
        Ok(())
    }

    /// Octets of a file, fewer at its end.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn read(&self, file: u64, at: u64, octets: u32) -> Result<&[u8], Refusal> {
        self.check_power()?;
        match &self.nodes.get(&file).ok_or(Refusal::Missing)?.body {
            Body::File(content) => Ok(content.read(at, octets)),
            Body::Folder(_) => Err(Refusal::Kind),
        }
    }

    /// Writes octets to a file.
    ///
    /// # Errors
    /// [`Refusal`]; with [`Refusal::Full`] the first half was written.
    pub fn write(&mut self, file: u64, at: u64, octets: &[u8]) -> Result<(), Refusal> {
        self.change()?;
        let end = at + octets.len() as u64;
        let more = end.saturating_sub(self.look(file)?.octets);
        let room = self.check_room(more);
        let written = match room {
            Ok(()) => octets,
            Err(_) => octets.get(..octets.len() / 2).unwrap_or_default(),
        };
        self.content_mut(file)?.write(at, written);
        room
    }

    /// Sets the length of a file.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn resize(&mut self, file: u64, octets: u64) -> Result<(), Refusal> {
        self.change()?;
        self.content_mut(file)?.resize(octets);
        Ok(())
    }

    /// Sets permission bits; they are durable at once.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn set_mode(&mut self, number: u64, mode: u16) -> Result<(), Refusal> {
        self.change()?;
        self.nodes.get_mut(&number).ok_or(Refusal::Missing)?.mode = mode;
        Ok(())
    }

    /// Makes a file's octets, or a folder's names, durable.
    ///
    /// # Errors
    /// [`Refusal`]; then they are forgotten.
    pub fn sync(&mut self, number: u64) -> Result<(), Refusal> {
        self.change()?;
        let fails = match &mut self.syncs_until_failure {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        };
        let node = self.nodes.get_mut(&number).ok_or(Refusal::Missing)?;
        match (&mut node.body, fails) {
            (Body::File(content), false) => content.sync(),
            (Body::Folder(folder), false) => folder.sync(),
            (Body::File(content), true) => content.forget(),
            (Body::Folder(folder), true) => folder.forget(),
        }
        if fails { Err(Refusal::Broken) } else { Ok(()) }
    }

    fn folder(&self, number: u64) -> Result<&Folder, Refusal> {
        match &self.nodes.get(&number).ok_or(Refusal::Missing)?.body {
            Body::Folder(folder) => Ok(folder),
            Body::File(_) => Err(Refusal::Kind),
        }
    }

    fn folder_mut(&mut self, number: u64) -> Result<&mut Folder, Refusal> {
        match &mut self.nodes.get_mut(&number).ok_or(Refusal::Missing)?.body {
            Body::Folder(folder) => Ok(folder),
            Body::File(_) => Err(Refusal::Kind),
        }
    }

    fn content_mut(&mut self, number: u64) -> Result<&mut Content, Refusal> {
        match &mut self.nodes.get_mut(&number).ok_or(Refusal::Missing)?.body {
            Body::File(content) => Ok(content),
            Body::Folder(_) => Err(Refusal::Kind),
        }
    }
}
