//! What a copy gives to its committer comes to an end, whatever becomes of the connection.

use super::super::taking::Taking;
use super::*;
use engine::replication::Share;
use engine::replication::intake::Taken;
use engine::replication::standing::Followed;
use model::change::Write;
use std::sync::mpsc;
use tokio::time::timeout;

/// Has the committer of a node wait until what is given is dropped.
fn hold_up(node: &Node) -> mpsc::Sender<()> {
    let (go, gone) = mpsc::channel::<()>();
    node.handle().watch_keys(move |_| {
        let _ = gone.recv();
    });
    let key = record_key(WHO);
    let keys = node.answerer.store().view().get(&key).unwrap();
    let mut change = Change::default();
    change.expect(key.clone(), keys.clone());
    change.put(key, keys.unwrap());
    node.answerer.submit_replicated(change, None, |_| ());
    go
}

fn entry(octets: usize) -> Taken {
    let writes = (0..octets.div_ceil(200_000)).map(|number| Write {
        key: record_key(&format!("88.1/{number}")),
        octets: Some(record(&[Value::public(1, "DESC", vec![7; 200_000])])),
    });
    Taken {
        writes: writes.collect(),
        note: None,
    }
}

/// The connection is lost while an entry that is too long for one change waits for those before it.
#[test]
fn a_long_entry_that_is_given_up_is_not_waited_for() {
    let machine = Machine::writer(|_| ());
    let followed = |txn| Followed {
        epoch: 1,
        txn,
        date_ms: 0,
    };
    machine.write(Key::copied(7), Some(Standing::New.octets()));
    let (answerer, share) = (&machine.node().answerer, Share::WHOLE);
    let mut taking = Taking::new(answerer, 7, share, share, true).unwrap();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.enable_all().build().unwrap().block_on(async {
        let go = hold_up(machine.node());
        taking.give(entry(1), followed(1), 0).await.unwrap();
        let given = taking.give(entry(6 << 20), followed(2), 0);
        let waits = timeout(Duration::from_millis(50), given).await;
        assert!(waits.is_err(), "it waits for the one before");
        drop(go);
        let patience = Duration::from_secs(8);
        timeout(patience, taking.settle()).await.unwrap();
        let given = taking.give(entry(6 << 20), followed(2), 0);
        timeout(PATIENCE, given).await.unwrap().unwrap();
    });
    let stored = machine.store().view().get(&Key::copied(7)).unwrap();
    let standing = Standing::read(stored).unwrap();
    assert_eq!(standing, Standing::Following(followed(2)));
}
