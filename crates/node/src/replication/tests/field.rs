//! The layouts of the field, as the reference software sends and reads them: octet by octet, and
//! between nodes of which one does not know the layout of this kind.

use super::super::dialogue::{Partner, Proof};
use super::super::protected::Receiver;
use super::*;
use wire::dump_stream::{DUMP_VERSION, DumpRecord};
use wire::replication::{DumpRequest, DumpStart, DumpTable, MirrorShare, Seen, TxnLogRequest};
use wire::txn_stream::{TxnAction, TxnHead, TxnRecord, TxnStatus};

/// A mirror that knows no layout but those of the field.
fn partner(source: &Machine) -> Partner {
    let path = source.path().join("siteinfo.json");
    let site: model::Site = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    key();
    Partner {
        address: source.address(),
        key: site.servers[0].key().unwrap(),
        site_serial: site.serial,
        identity: Identity::new(WHO, COPIES[0]),
        proof: Proof::Key(ENCODED.get().unwrap().clone()),
        in_clear: true,
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(future)
}

fn own(last_txn: u64, asked_at_ms: u64) -> TxnLogRequest {
    let seen = Seen::Own {
        last_txn,
        asked_at_ms,
    };
    TxnLogRequest::new(seen, MirrorShare::WHOLE)
}

/// All records of a log up to its end.
fn log(source: &Machine, request: &TxnLogRequest) -> (TxnHead, Vec<TxnRecord>) {
    run(async {
        let order = Order::retrieve_log(request);
        let (mut receiver, _forth) = partner(source).ask(order).await.unwrap();
        let head = receiver.block(TxnHead::read).await.unwrap();
        let mut records = Vec::new();
        loop {
            let record = receiver.block(TxnRecord::read).await.unwrap();
            let is_end = matches!(record, TxnRecord::End { .. });
            records.push(record);
            if is_end {
                return (head, records);
            }
        }
    })
}

async fn dumped(mut receiver: Receiver) -> Vec<DumpRecord> {
    let version = receiver
        .block(|reader| Ok(reader.u32("version")?))
        .await
        .unwrap();
    assert_eq!(version, DUMP_VERSION);
    let mut records = Vec::new();
    let is_signed = |record: &DumpRecord| *record != DumpRecord::End;
    while let Ok(record) = receiver.record(DumpRecord::read, is_signed).await {
        if record == DumpRecord::End {
            return records;
        }
        records.push(record);
    }
    panic!("the dump has no end: {records:?}");
}

fn dump(source: &Machine, start: Option<DumpStart>) -> Vec<DumpRecord> {
    let order = Order::dump(&DumpRequest {
        share: MirrorShare::WHOLE,
        start,
        rest: bytes::Bytes::new(),
    });
    run(async {
        let (receiver, _forth) = partner(source).ask(order).await.unwrap();
        dumped(receiver).await
    })
}

fn transactions(records: &[TxnRecord]) -> Vec<(u64, String, TxnAction)> {
    let told = records.iter().filter_map(|record| match record {
        TxnRecord::Transaction {
            number,
            identifier,
            action,
            ..
        } => Some((*number, identifier.escape_ascii().to_string(), *action)),
        _ => None,
    });
    told.collect()
}

#[test]
fn a_mirror_of_the_field_gets_names_and_the_values_of_now() {
    let writer = Machine::writer(|_| ());
    let begin = writer.store().head().position.0;
    writer.put("88.1/a", "old");
    writer.put("88.1/a", "new");
    writer.put("88.1/gone", "x");
    writer.delete("88.1/gone");
    writer.write(Key::homed(&"88.2".parse().unwrap()), Some("\u{1}".into()));
    let (head, records) = log(&writer, &own(begin, 0));
    assert_eq!((head.version, head.status), (1, TxnStatus::SENDING));
    let expected = [
        (begin + 1, "88.1/A".to_owned(), TxnAction::CREATE),
        (begin + 2, "88.1/A".to_owned(), TxnAction::CREATE),
        (begin + 4, "88.1/GONE".to_owned(), TxnAction::DELETE),
        (begin + 5, "0.NA/88.2".to_owned(), TxnAction::HOME),
    ];
    assert_eq!(transactions(&records), expected);
    let TxnRecord::Transaction {
        values: Some(values),
        ..
    } = &records[0]
    else {
        panic!("{records:?}");
    };
    assert_eq!(values[0].value().data, "new");
    let Some(TxnRecord::End { date_ms }) = records.last() else {
        panic!("{records:?}");
    };
    let (_, nothing) = log(&writer, &own(begin + 5, *date_ms));
    assert_eq!(transactions(&nothing), []);
    let (ahead, _) = log(&writer, &own(begin + 6, *date_ms));
    assert_eq!(ahead.status, TxnStatus::NEEDS_DUMP);
}

#[test]
fn a_mirror_of_several_servers_gets_a_queue() {
    let writer = Machine::writer(|_| ());
    let begin = writer.store().head().position;
    writer.put("88.1/a", "x");
    let states = format!(
        r#"{{"replicationServerStates":{{"0:301:h":{{"lastTxnId":{begin}}}}},"ownName":"0:1:x"}}"#
    );
    let seen = Seen::Everyone(states.into());
    let request = TxnLogRequest::new(seen, MirrorShare::WHOLE);
    run(async {
        let order = Order::retrieve_log(&request);
        let (mut receiver, _forth) = partner(&writer).ask(order).await.unwrap();
        let head = receiver.block(TxnHead::read).await.unwrap();
        assert_eq!((head.version, head.status), (2, TxnStatus::SENDING));
        let name = receiver.block(TxnRecord::read).await.unwrap();
        let expected = TxnRecord::Queue {
            name: "0:301:h".into(),
        };
        assert_eq!(name, expected);
        let record = receiver.block(TxnRecord::read).await.unwrap();
        assert_eq!(transactions(&[record])[0].1, "88.1/A");
        let end = receiver.block(TxnRecord::read).await.unwrap();
        assert!(matches!(end, TxnRecord::QueueEnd { date_ms } if date_ms > 0));
        // The end of all has no date, and nothing comes behind it.
        let end = receiver
            .block(|reader| Ok(reader.u8("end")?))
            .await
            .unwrap();
        assert_eq!(end, 0);
        assert!(
            receiver
                .block(|reader| Ok(reader.u8("more")?))
                .await
                .is_err()
        );
    });
}

#[test]
fn a_dump_says_where_to_go_on_then_records_then_homes_and_is_gone_on_with() {
    let writer = Machine::writer(|_| ());
    writer.put("88.1/a", "x");
    writer.put("88.1/b", "y");
    let records = dump(&writer, None);
    let last = writer.store().head().position.0;
    let here = &records[0];
    assert!(matches!(here, DumpRecord::ThisServer { last_txn, .. } if *last_txn == last));
    let names: Vec<String> = records[1..]
        .iter()
        .map(|record| match record {
            DumpRecord::Identifier { identifier, .. } => identifier.escape_ascii().to_string(),
            DumpRecord::HomedPrefix { identifier } => format!("home {}", identifier.escape_ascii()),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        "0.0/0.0",
        "0.NA/0.0",
        "0.NA/0.NA",
        "0.NA/88.1",
        "88.1/A",
        "88.1/B",
        "88.1/COPIES",
        "home 0.NA/0.0",
        "home 0.NA/0.NA",
        "home 0.NA/88.1",
    ];
    assert_eq!(names, expected);
    let start = |identifier: &'static str, table| {
        Some(DumpStart {
            identifier: identifier.into(),
            table,
        })
    };
    let rest = dump(&writer, start("88.1/A", DumpTable::IDENTIFIERS));
    assert_eq!(rest[..], records[records.len() - 5..]);
    let rest = dump(&writer, start("0.NA/0.0", DumpTable::PREFIXES));
    assert_eq!(rest[..], records[records.len() - 2..]);
}

fn of_the_field(config: &mut Config) {
    config.mirror.own_layout = false;
}

/// Waits until a copy has all records and homes of its source.
fn has_the_fields(copy: &Machine, source: &Machine) {
    let rows = |machine: &Machine| {
        let view = machine.store().view();
        let parts = engine::replication::course::Course::FIELD.all().into_iter();
        let rows = parts.flat_map(|[from, to]| view.range(&from, &to).collect::<Vec<_>>());
        rows.map(Result::unwrap).collect::<Vec<_>>()
    };
    wait_until("the copy has it all", || rows(copy) == rows(source));
}

#[test]
fn a_copy_follows_a_source_that_knows_only_the_field() {
    let writer = Machine::writer(|_| ());
    for number in 0..20 {
        writer.put(&format!("88.1/{number}"), "x");
    }
    let mut copy = Machine::copy_with(&writer, 301, of_the_field);
    has_the_fields(&copy, &writer);
    writer.delete("88.1/1");
    writer.put("88.1/2", "new");
    writer.write(Key::homed(&"88.2".parse().unwrap()), Some("\u{1}".into()));
    has_the_fields(&copy, &writer);
    assert_eq!(copy.mirror().epoch, 0);
    copy.stop();
    writer.delete("88.1/3");
    writer.put("88.1/3", "again");
    copy.start();
    has_the_fields(&copy, &writer);
    assert_eq!(copy.ask("88.1/3").1.as_deref(), Some("again"));
}

#[test]
fn a_full_copy_from_the_field_goes_on_after_the_last_identifier_and_over_an_old_one() {
    let writer = Machine::writer(|config| {
        config.replication.dump_octets_per_second = 400_000;
        config.storage.log_octets_kept = 0;
        config.storage.memtable_octets = 1 << 20;
    });
    let text = "y".repeat(1000);
    for number in 0..2500 {
        writer.put(&format!("88.1/{number:04}"), &text);
    }
    let mut copy = Machine::copy_with(&writer, 301, of_the_field);
    wait_until("a part has come", || copy.mirror().rows > 0);
    drop(copy.node.take());
    writer.delete("88.1/0000");
    writer.delete("88.1/2400");
    copy.start();
    assert!(matches!(copy.standing(), Standing::Copying(it) if it.rows > 0));
    has_the_fields(&copy, &writer);
}
