//! The cells of the matrix: every operation with every way to prove who asks, over every transport,
//! in every version, under every condition; and a selection in which every two of these meet.
//!
//! Not here: what is expected of a cell ([`super::rules`]).

use super::rules;
use wire::Version;
use wire::proof::MacAlgorithm;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Operation {
    ReadPublic,
    ReadPrivate,
    Create,
    /// An identifier that exists already.
    CreateTaken,
    Replace,
    Mint,
    Delete,
    Add,
    AddOver,
    Remove,
    Modify,
    List,
    Home,
    Unhome,
    ListHomed,
    /// Operation 201, which needs no proof but holds one.
    Verify,
}

impl Operation {
    pub(crate) const ALL: [Self; 16] = [
        Self::ReadPublic,
        Self::ReadPrivate,
        Self::Create,
        Self::CreateTaken,
        Self::Replace,
        Self::Mint,
        Self::Delete,
        Self::Add,
        Self::AddOver,
        Self::Remove,
        Self::Modify,
        Self::List,
        Self::Home,
        Self::Unhome,
        Self::ListHomed,
        Self::Verify,
    ];
}

/// What a proof is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Rsa,
    /// With the digest that the field takes in the version.
    Dsa,
    Sm2,
    /// With the algorithm of a [`MacAlgorithm`], by its number.
    Secret(u8),
}

const MACS: [MacAlgorithm; 6] = [
    MacAlgorithm::MD5,
    MacAlgorithm::SHA1,
    MacAlgorithm::SHA256,
    MacAlgorithm::HMAC_SHA1,
    MacAlgorithm::HMAC_SHA256,
    MacAlgorithm::PBKDF2_HMAC_SHA1,
];

/// How it is shown who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Way {
    /// Every request is challenged.
    Each(Kind),
    /// A session is set up and proven once; then its MAC proves.
    Session(Kind),
    /// A connection is logged in on once; then nothing more proves.
    Login(Kind),
}

impl Way {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Each(kind) | Self::Session(kind) | Self::Login(kind) => kind,
        }
    }

    fn all() -> Vec<Self> {
        let keys = [Kind::Rsa, Kind::Dsa, Kind::Sm2];
        let secrets = MACS.map(|mac| Kind::Secret(mac.0));
        let each = keys.into_iter().chain(secrets).map(Self::Each);
        // Of each sort one: a key, one that is bound to its identifier, a secret, a weak form.
        let [derived, weak] = [MacAlgorithm::PBKDF2_HMAC_SHA1, MacAlgorithm::SHA1];
        let secrets = [derived, weak].map(|mac| Kind::Secret(mac.0));
        let once = [Kind::Rsa, Kind::Sm2, secrets[0], secrets[1]];
        let sessions = once.map(Self::Session);
        each.chain(sessions).chain(once.map(Self::Login)).collect()
    }
}

/// How messages travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Carrier {
    Udp,
    Tcp,
    Http,
}

/// How it stands with whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Condition {
    Permitted,
    /// Somebody whose proof is right, and who may not.
    Forbidden,
    /// Somebody who proves with another key than that of the identity.
    WrongKey,
    /// The challenge is answered when it is over.
    Late,
    /// The session or login is over.
    Over,
    /// The message that proves is sent twice.
    Replayed,
    /// One bit of the message that proves is changed on its way.
    Tampered,
    /// Everything is asked again as it was, as by somebody who did not hear the answer.
    Resent,
}

impl Condition {
    const ALL: [Self; 8] = [
        Self::Permitted,
        Self::Forbidden,
        Self::WrongKey,
        Self::Late,
        Self::Over,
        Self::Replayed,
        Self::Tampered,
        Self::Resent,
    ];
}

/// Whether the node takes weak forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Rigour {
    /// None, as nodes are.
    Strict,
    /// All of them.
    Lenient,
}

/// The versions that are served, by their minor number.
const MINORS: std::ops::RangeInclusive<u8> = 1..=11;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Cell {
    pub(crate) rigour: Rigour,
    pub(crate) carrier: Carrier,
    pub(crate) way: Way,
    pub(crate) minor: u8,
    pub(crate) condition: Condition,
    pub(crate) operation: Operation,
}

impl Cell {
    pub(crate) fn version(self) -> Version {
        Version::new(2, self.minor)
    }

    /// Whether there is such a cell at all.
    fn exists(self) -> bool {
        let is_each = matches!(self.way, Way::Each(_));
        let is_login = matches!(self.way, Way::Login(_));
        let of_operation = match self.operation {
            Operation::Verify => {
                let conditions = [
                    Condition::Permitted,
                    Condition::WrongKey,
                    Condition::Tampered,
                    Condition::Replayed,
                ];
                is_each
                    && matches!(self.way.kind(), Kind::Secret(_))
                    && conditions.contains(&self.condition)
            }
            Operation::ReadPublic | Operation::CreateTaken => {
                // Who is not challenged answers nothing too late.
                !is_each || self.condition == Condition::Permitted
            }
            _ => true,
        };
        let of_condition = match self.condition {
            Condition::Over => !is_each,
            // To read the same again is to read; what changes something must not happen twice.
            Condition::Resent => rules::changes(self.operation),
            _ => true,
        };
        let of_carrier =
            !is_login || self.carrier == Carrier::Tcp || self.condition == Condition::Permitted;
        let of_rigour = self.rigour == Rigour::Strict || rules::is_weak(self);
        of_operation && of_condition && of_carrier && of_rigour
    }
}

/// All cells, those that share a session or a login side by side.
pub(crate) fn all() -> Vec<Cell> {
    let mut cells = Vec::new();
    for rigour in [Rigour::Strict, Rigour::Lenient] {
        for carrier in [Carrier::Udp, Carrier::Tcp, Carrier::Http] {
            for way in Way::all() {
                for minor in MINORS {
                    for condition in Condition::ALL {
                        let cell = |operation| Cell {
                            rigour,
                            carrier,
                            way,
                            minor,
                            condition,
                            operation,
                        };
                        let of = Operation::ALL.into_iter().map(cell);
                        cells.extend(of.filter(|cell| cell.exists()));
                    }
                }
            }
        }
    }
    cells
}

/// How many properties are told apart; each has a number below it.
const PROPERTIES: usize = 64;

/// The number of the first way; those of the other properties lie below.
const WAYS: usize = 41;

/// The numbers of every two properties of a cell.
fn pairs(cell: Cell, ways: &[Way]) -> Vec<usize> {
    let way = ways.iter().position(|way| *way == cell.way).unwrap_or(0);
    let [rigours, carriers, minors, conditions, operations] = [0, 2, 5, 17, 25];
    let of = [
        rigours + cell.rigour as usize,
        carriers + cell.carrier as usize,
        minors + usize::from(cell.minor),
        conditions + cell.condition as usize,
        operations + cell.operation as usize,
        WAYS + way,
    ];
    let mut pairs = Vec::with_capacity(15);
    for (at, one) in of.iter().enumerate() {
        for other in &of[at + 1..] {
            pairs.push(one * PROPERTIES + other);
        }
    }
    pairs
}

/// Cells in which every two properties meet that meet in any of `cells`.
///
/// Greedy: cells with the most new pairs first, looked at in an order that is the same every time
/// and has nothing to do with theirs.
pub(crate) fn pairwise(cells: &[Cell]) -> Vec<Cell> {
    let ways = Way::all();
    assert!(WAYS + ways.len() <= PROPERTIES, "every way has a number");
    let of: Vec<Vec<usize>> = cells.iter().map(|&cell| pairs(cell, &ways)).collect();
    let mut is_missing = vec![false; PROPERTIES * PROPERTIES];
    for &pair in of.iter().flatten() {
        is_missing[pair] = true;
    }
    let mut chosen = Vec::new();
    for least in (1..=15).rev() {
        for step in 0..cells.len() {
            // A step that shares no factor with the count visits every cell once.
            let at = step * STRIDE % cells.len();
            let new = of[at].iter().filter(|pair| is_missing[**pair]).count();
            if new >= least {
                chosen.push(cells[at]);
                for &pair in &of[at] {
                    is_missing[pair] = false;
                }
            }
        }
    }
    assert!(!is_missing.contains(&true), "every pair has been met");
    chosen.sort();
    chosen
}

/// A prime above the number of cells.
const STRIDE: usize = 1_000_003;
