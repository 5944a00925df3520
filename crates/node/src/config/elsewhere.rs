//! What can be set about asking other nodes: the table `[elsewhere]`.
//!
//! Not here: how they are found (room `engine`).

use super::settings::settings;
use std::path::PathBuf;

/// The most questions under way: each may hold three sockets.
const QUESTIONS_MAX: u64 = 4096;

settings! {
    /// Asking other nodes, for the keys of identities and the groups of administrators that live
    /// there. They are found from the roots down, and every answer on the way must be signed with
    /// the key that the one before it named. Without roots nobody is asked.
    ElsewhereConfig {
        /// The file with the sites of the roots, as clients have it in
        /// `~/.handle/bootstrap_handles` and a node writes it that is a root; relative to the data
        /// folder.
        roots_file: Option<PathBuf> = None, Restart;
        /// How many seconds one question may take, with everything that must be asked to find whom
        /// to ask.
        seconds_max: u64 = 8, Restart, 1..=60;
        /// Whether nodes in private networks are asked too, such as 10.0.0.0/8, though no
        /// root is in
        /// one. Delegations name them, and strangers write those: if set, they can have this node
        /// send questions to machines in its own network. The addresses of this machine and its
        /// link are asked only if a root has one.
        private_networks: bool = false, Restart;
        /// How many such questions may be under way at a time: one half of them for those who have
        /// shown that their address is theirs, one for those who only claim one. Beyond it whoever
        /// needs one answered is told that this cannot be found out now. The default leaves room
        /// for half of the requests that may take long over UDP.
        questions_max: usize = 64, Restart, 1..=QUESTIONS_MAX;
        /// How many of them for one source; once a half is half full, only one.
        questions_per_source_max: usize = 8, Restart, 1..=QUESTIONS_MAX;
        /// For how many seconds keys and groups are kept that others have answered; less where
        /// their ttl says so. For so long a key still counts that was taken away there. Whether a
        /// proof is right is never kept.
        kept_seconds_max: u64 = 30, Restart, 0..=3600;
    }
}
