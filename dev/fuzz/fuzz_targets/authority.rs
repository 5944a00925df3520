//! Fuzzes a node: any packet from the network. Not here: what must hold, which the body says.

#![no_main]

use engine::authority::fuzz::Node;
use std::sync::LazyLock;

static NODE: LazyLock<Node> = LazyLock::new(Node::default);

libfuzzer_sys::fuzz_target!(|octets: &[u8]| NODE.packet(octets));
