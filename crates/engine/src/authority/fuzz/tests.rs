//! Replays of the fuzz body: on questions, each octet of them changed, and on the corpus.

use super::*;

#[test]
fn the_fuzz_body_holds_on_questions_and_their_changes() {
    let node = Node::default();
    for seed in seeds() {
        node.packet(&seed);
        for at in 0..seed.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut changed = seed.to_vec();
                changed[at] ^= change;
                node.packet(&changed);
            }
        }
    }
}

#[test]
fn the_seeds_go_every_way() {
    let node = Node::default();
    let codes: Vec<u32> = seeds()
        .into_iter()
        .map(|seed| {
            let request = Message::decode(seed).unwrap();
            let answer = node.answer(&request).unwrap();
            answer.header.response_code.0
        })
        .collect();
    assert_eq!(
        codes,
        [1, 1, 100, 100, 200, 200, 1, 1, 100, 100, 301, 301, 100, 100]
    );
}

#[test]
fn the_fuzz_body_holds_on_its_corpus() {
    let node = Node::default();
    crate::tests::replay("authority", |octets| node.packet(octets));
}
