//! What is so at a moment: two nodes with their logs, what is under way between them, what clients
//! were told, and which faults may still come. Small, for there are millions of these.

/// How many entries a log of the model may have.
pub(super) const ENTRIES_COUNT_MAX: usize = 6;

/// The identifier in the reserved part; 0 is the other.
pub(super) const RESERVED: u8 = 1;

/// What an entry did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// A client's change.
    Written,
    /// One from a tail, carried out again.
    Replayed,
    /// One from a tail, which went to the history and into the report of conflicts.
    Reported,
}

/// An entry of a log: a client's change, by its number, and what it did here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Entry {
    pub(super) write: u8,
    pub(super) epoch: u8,
    pub(super) kind: Kind,
}

const NOTHING: Entry = Entry {
    write: 0,
    epoch: 0,
    kind: Kind::Written,
};

/// Entries in order; those behind `synced` a crash loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Log {
    entries: [Entry; ENTRIES_COUNT_MAX],
    len: u8,
    synced: u8,
}

impl Log {
    pub(super) const EMPTY: Self = Self {
        entries: [NOTHING; ENTRIES_COUNT_MAX],
        len: 0,
        synced: 0,
    };

    pub(super) fn all(&self) -> &[Entry] {
        &self.entries[..self.len.into()]
    }

    pub(super) fn durable(&self) -> &[Entry] {
        &self.entries[..self.synced.into()]
    }

    pub(super) fn len(&self) -> u8 {
        self.len
    }

    pub(super) fn is_synced(&self) -> bool {
        self.synced == self.len
    }

    /// What stands behind a place.
    pub(super) fn after(&self, base: u8) -> &[Entry] {
        &self.all()[base.min(self.len).into()..]
    }

    pub(super) fn has(&self, write: u8) -> bool {
        self.all().iter().any(|entry| entry.write == write)
    }

    /// Appends; none if the model has no room.
    pub(super) fn push(&mut self, entry: Entry) -> Option<()> {
        *self.entries.get_mut(usize::from(self.len))? = entry;
        self.len += 1;
        Some(())
    }

    pub(super) fn sync(&mut self) {
        self.synced = self.len;
    }

    /// Forgets what is behind a place; what is forgotten does not tell states apart.
    pub(super) fn truncate(&mut self, len: u8) {
        self.len = self.len.min(len);
        self.synced = self.synced.min(len);
        self.entries[self.len.into()..].fill(NOTHING);
    }

    pub(super) fn crash(&mut self) {
        self.truncate(self.synced);
    }
}

/// What a node is, as it stands on its disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Role {
    /// It believes that it holds its epoch.
    Writer,
    /// It has asked to hand its epoch back, and writes no more.
    Resting,
    /// It was the writer, and knows that another is; it has what nobody else may have.
    Returned,
    /// It follows the writer of its epoch.
    Copy,
    /// Its disk is new: it copies everything.
    Fresh,
}

/// A lease that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Asking {
    /// For how many ticks, by the clock of who asks.
    pub(super) age: u8,
    /// Whether it was given; the answer is under way.
    pub(super) is_given: bool,
}

/// An answer to a client that was decided on and has not left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Leaving {
    pub(super) write: u8,
    pub(super) epoch: u8,
    pub(super) age: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Node {
    /// What it has of the data set.
    pub(super) log: Log,
    /// What it registered in the reserved part as a stand-in.
    pub(super) own: Log,
    pub(super) role: Role,
    /// The epoch that it writes or follows.
    pub(super) epoch: u8,
    /// Where in its log the epoch began that it writes: up to there it had copied.
    pub(super) base: u8,
    /// How much it has taken of the tail that it is offered.
    pub(super) taken: u8,
    pub(super) stands_in: bool,
    /// Whether it has asked to give the reserved part back: in this epoch it never has it again.
    pub(super) has_stood_in: bool,
    /// The last epoch that was granted before its disk was replaced: in none up to that does it
    /// ever write, for it does not know what it did in them.
    pub(super) forgotten: u8,
    /// How many ticks its lease still lasts, by its own clock.
    pub(super) lease: u8,
    pub(super) asking: Option<Asking>,
    pub(super) leaving: Option<Leaving>,
}

impl Node {
    fn new(role: Role) -> Self {
        Self {
            log: Log::EMPTY,
            own: Log::EMPTY,
            role,
            epoch: 1,
            base: 0,
            taken: 0,
            stands_in: false,
            has_stood_in: false,
            forgotten: 0,
            lease: 0,
            asking: None,
            leaving: None,
        }
    }

    /// A node whose disk was replaced, when an epoch had been granted.
    pub(super) fn fresh(forgotten: u8) -> Self {
        Self {
            epoch: 0,
            forgotten,
            ..Self::new(Role::Fresh)
        }
    }

    /// How many entries of a tail it has in its log, since its epoch began.
    pub(super) fn taken_in_log(&self) -> u8 {
        let taken = self.log.after(self.base).iter();
        taken.filter(|entry| entry.kind != Kind::Written).count() as u8
    }

    /// Whether it can be followed: it has all of its epoch.
    pub(super) fn leads(&self) -> bool {
        matches!(self.role, Role::Writer | Role::Resting)
    }

    pub(super) fn sync(&mut self) {
        self.log.sync();
        self.own.sync();
    }

    /// Loses what was not synced, and what it only remembered.
    pub(super) fn crash(&mut self) {
        self.log.crash();
        self.own.crash();
        self.taken = self.taken.min(self.taken_in_log());
        self.lease = 0;
        self.asking = None;
        self.leaving = None;
    }
}

/// A tail on its way. It stays: what is sent comes late, and twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Offer {
    pub(super) from: u8,
    /// Of the writer that it is offered to.
    pub(super) epoch: u8,
    pub(super) tail: Log,
}

/// What clients did and were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Clients {
    /// How many changes there are.
    pub(super) writes: u8,
    /// Which of them are about the identifier in the reserved part, a bit each.
    reserved: u8,
    /// Which were acknowledged, a bit each.
    acknowledged: u8,
    /// By identifier: in which epoch, and by whom, something was acknowledged last.
    pub(super) last: [Option<(u8, u8)>; 2],
}

impl Clients {
    /// One more change.
    pub(super) fn write(&mut self, identifier: u8) -> u8 {
        let write = self.writes;
        self.writes += 1;
        self.reserved |= identifier << write;
        write
    }

    pub(super) fn identifier(&self, write: u8) -> u8 {
        self.reserved >> write & 1
    }

    pub(super) fn acknowledge(&mut self, write: u8) {
        self.acknowledged |= 1 << write;
    }

    pub(super) fn is_acknowledged(&self, write: u8) -> bool {
        self.acknowledged >> write & 1 == 1
    }
}

/// Which faults may still come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Faults {
    pub(super) crashes: u8,
    pub(super) disks: u8,
    /// Ticks of the registry's clock alone.
    pub(super) drifts: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) registry: u16,
    pub(super) nodes: [Node; 2],
    pub(super) offer: Option<Offer>,
    pub(super) clients: Clients,
    pub(super) faults: Faults,
}

impl State {
    /// The first node writes, the second copies.
    pub(super) fn new(registry: u16, faults: Faults) -> Self {
        Self {
            registry,
            nodes: [Node::new(Role::Writer), Node::new(Role::Copy)],
            offer: None,
            clients: Clients::default(),
            faults,
        }
    }

    /// A node and the other one.
    pub(super) fn pair(&self, node: u8) -> (&Node, &Node) {
        let [first, second] = &self.nodes;
        if node == 0 {
            (first, second)
        } else {
            (second, first)
        }
    }

    pub(super) fn node(&mut self, node: u8) -> &mut Node {
        &mut self.nodes[usize::from(node)]
    }
}
