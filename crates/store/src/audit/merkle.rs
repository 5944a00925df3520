//! The Merkle root over the notes of a group, as RFC 6962 section 2.1 makes it.
//!
//! A leaf is the digest of 0, the note's position and its octets; an inner node that of 1 and the
//! two below it. So no note can pass for a node, nor stand at another's place.

use super::rows::Digest;
use sha2::{Digest as _, Sha256};

const LEAF: u8 = 0;
const NODE: u8 = 1;

/// A tree that grows at its end; it keeps only the roots of its whole parts.
#[derive(Default, Clone)]
pub(super) struct Merkle {
    /// The roots of trees of 2^n leaves, one for each bit of the count, the largest first.
    parts: Vec<Digest>,
    count: u32,
}

impl Merkle {
    /// Adds a note.
    pub(super) fn add(&mut self, position: u64, octets: &[u8]) {
        self.add_leaf(digest(LEAF, &position.to_be_bytes(), octets));
    }

    fn add_leaf(&mut self, leaf: Digest) {
        let mut part = leaf;
        // As in adding one to a number: each bit that is set carries.
        for _ in 0..self.count.trailing_ones() {
            if let Some(left) = self.parts.pop() {
                part = node(&left, &part);
            }
        }
        self.parts.push(part);
        self.count += 1;
    }

    /// How many notes there are.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// The root; of no notes the digest of nothing.
    pub(super) fn root(&self) -> Digest {
        let mut parts = self.parts.iter().rev();
        match parts.next() {
            Some(last) => parts.fold(*last, |right, left| node(left, &right)),
            None => Digest(Sha256::digest([]).into()),
        }
    }
}

fn node(left: &Digest, right: &Digest) -> Digest {
    digest(NODE, &left.0, &right.0)
}

fn digest(kind: u8, one: &[u8], other: &[u8]) -> Digest {
    let digest = Sha256::new_with_prefix([kind]);
    Digest(
        digest
            .chain_update(one)
            .chain_update(other)
            .finalize()
            .into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The leaves and roots that implementations of RFC 6962 are tested with.
    #[test]
    fn rfc_6962_section_2_1_golden_roots() {
        let vectors = [
            (
                "",
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            ),
            (
                "00",
                "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            ),
            (
                "10",
                "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            ),
            (
                "2021",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ),
            (
                "3031",
                "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            ),
            (
                "40414243",
                "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            ),
            (
                "5051525354555657",
                "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            ),
            (
                "606162636465666768696a6b6c6d6e6f",
                "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
            ),
        ];
        let mut merkle = Merkle::default();
        for (leaf, root) in vectors {
            merkle.add_leaf(digest(LEAF, &[], &hex::decode(leaf).unwrap()));
            assert_eq!(merkle.root().to_string(), root);
        }
    }

    /// The definition itself: split at the largest power of two below the count.
    fn root(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => Digest(Sha256::digest([]).into()),
            [leaf] => *leaf,
            leaves => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node(&root(left), &root(right))
            }
        }
    }

    proptest! {
        #[test]
        fn a_growing_tree_has_the_root_of_the_definition(
            octets in prop::collection::vec(any::<u8>(), 0..70),
        ) {
            let mut merkle = Merkle::default();
            let leaf = |octet: &u8| digest(LEAF, &[], &[*octet]);
            let leaves: Vec<Digest> = octets.iter().map(leaf).collect();
            for leaf in &leaves {
                merkle.add_leaf(*leaf);
            }
            prop_assert_eq!(merkle.root(), root(&leaves));
        }
    }
}
