//! Tests of what mirrors ask for, and of who is too late.

use super::*;
use wire::copy_stream;
use wire::replication::{DumpStart, MirrorShare};

fn log(seen: Seen, rest: &'static [u8]) -> Request {
    let mut request = TxnLogRequest::new(seen, MirrorShare::WHOLE);
    request.rest = rest.into();
    Request::TxnLog(request)
}

fn own(last_txn: u64) -> Seen {
    let asked_at_ms = 5;
    Seen::Own {
        last_txn,
        asked_at_ms,
    }
}

fn everyone(text: &'static str) -> Request {
    log(Seen::Everyone(text.into()), b"")
}

fn what(request: &Request, own_name: &str) -> Result<What, &'static str> {
    Wanted::of(request, own_name).map(|wanted| wanted.what)
}

#[test]
fn a_mark_behind_the_request_asks_for_the_own_layout() {
    let asked = what(&log(own(7), b"NPcopy-1\0\0\0\0\0\0\0\x03"), "");
    assert_eq!(asked, Ok(What::Follow { epoch: 3, txn: 7 }));
    let asked = what(&log(own(7), b"something"), "");
    let queue = None;
    let (txn, asked_at_ms) = (7, 5);
    assert_eq!(
        asked,
        Ok(What::Log {
            txn,
            asked_at_ms,
            queue
        })
    );
}

#[test]
fn states_of_servers_are_found_by_the_own_name_or_alone() {
    let two = everyone(
        r#"{"replicationServerStates":{"0:301:h":{"lastTxnId":55,"lastTimestamp":1700},
            "1:301:h":{"lastTxnId":-1,"lastTimestamp":-1}},"ownName":"0:302:h"}"#,
    );
    let seen = |txn, asked_at_ms, queue: &'static str| {
        Ok(What::Log {
            txn,
            asked_at_ms,
            queue: Some(queue.into()),
        })
    };
    assert_eq!(what(&two, "0:301:h"), seen(55, 1700, "0:301:h"));
    assert_eq!(what(&two, "1:301:h"), seen(0, 0, "1:301:h"));
    assert_eq!(what(&two, "9:1:x"), seen(0, 0, "9:1:x"));
    assert!(what(&two, "").unwrap_err().contains("replication.name"));
    let one = everyone(r#"{"replicationServerStates":{"0:301:h":{"lastTxnId":55}}}"#);
    assert_eq!(what(&one, ""), seen(55, 0, "0:301:h"));
    assert!(what(&everyone("[1"), "").is_err());
}

#[test]
fn dumps_begin_or_go_on_in_either_layout() {
    let dump = |start| {
        Request::Dump(DumpRequest {
            share: MirrorShare::WHOLE,
            start,
            rest: Bytes::new(),
        })
    };
    let start = |identifier: &'static str, table| {
        Some(DumpStart {
            identifier: identifier.into(),
            table,
        })
    };
    let none = None;
    assert_eq!(what(&dump(None), ""), Ok(What::Dump { after: none }));
    let after = Some((DumpTable::IDENTIFIERS, "88/A".into()));
    let asked = what(&dump(start("88/A", DumpTable::IDENTIFIERS)), "");
    assert_eq!(asked, Ok(What::Dump { after }));
    let asked = what(&dump(start("", ROWS)), "");
    assert_eq!(asked, Ok(What::Rows { after: None }));
    let after = Some(Key::from_octets("R\u{1}A".into()));
    assert_eq!(
        what(&dump(start("R\u{1}A", ROWS)), ""),
        Ok(What::Rows { after })
    );
    let wanted = Wanted::of(&dump(start("", ROWS)), "").unwrap();
    assert_eq!(wanted.stream_version(), copy_stream::VERSION);
    assert!(wanted.is_dump());
}

const KEPT: Kept = Kept {
    first: 100,
    first_date_ms: Some(1000),
    last: 200,
};

#[test]
fn who_lacks_what_is_gone_is_too_late() {
    let numbering = Numbering::default();
    let from = |txn, asked_at_ms| {
        let queue = None;
        let what = What::Log {
            txn,
            asked_at_ms,
            queue,
        };
        begin(&what, &numbering, &KEPT)
    };
    assert_eq!(from(99, 0), From::After(99));
    assert_eq!(from(200, 0), From::After(200));
    assert_eq!(from(98, 999), From::TooLate);
    assert_eq!(from(98, 1000), From::After(99));
    // The first entry was removed while it was looked at.
    let unknown = Kept {
        first_date_ms: None,
        ..KEPT
    };
    let late = What::Log {
        txn: 98,
        asked_at_ms: 5000,
        queue: None,
    };
    assert_eq!(begin(&late, &numbering, &unknown), From::TooLate);
    // What this node never had: it was restored from a backup.
    assert_eq!(from(201, 5000), From::TooLate);
}

#[test]
fn a_copy_goes_on_in_its_epoch_or_where_the_next_began() {
    let numbering = Numbering {
        epoch: 3,
        before: 120,
        txn: 1000,
        earlier: 2,
    };
    let from = |epoch, txn| begin(&What::Follow { epoch, txn }, &numbering, &KEPT);
    assert_eq!(from(3, 1000), From::After(120));
    assert_eq!(from(3, 1080), From::After(200));
    assert_eq!(from(3, 1081), From::TooLate);
    assert_eq!(from(2, 1000), From::After(120));
    assert_eq!(from(2, 1001), From::TooLate, "it has what we never had");
    assert_eq!(from(2, 999), From::TooLate);
    assert_eq!(from(0, 1000), From::TooLate);
    assert_eq!(from(4, 1000), From::TooLate);
    assert_eq!(from(1, 1000), From::TooLate, "2 began after another 1000");
}

/// Copies of several servers stand nowhere where others do.
#[test]
fn nobody_goes_on_with_what_was_put_together() {
    let numbering = Numbering {
        epoch: 3,
        before: 120,
        txn: 1000,
        earlier: 0,
    };
    for epoch in 0..3 {
        let follow = What::Follow { epoch, txn: 1000 };
        assert_eq!(begin(&follow, &numbering, &KEPT), From::TooLate);
    }
}
