//! Keys that change under load: that of the site, and that of an administrator. No question fails,
//! and what was signed or proven with the old key is believed only as long as it should be.

use super::*;
use crate::founding::{self, Founded, Keys, Listening};
use client::{Administrator, Clock};
use crypto::{RsaBits, SigningKey, VerifyingKey};
use engine::administrator::{Means, Order};
use engine::exchange::Answered;
use engine::{Exchange, Moment, Outcome, credentials, question};
use model::site::Site;
use model::{KeyFile, PrivateKey, PublicKey, Reference, ValueList};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Instant;
use wire::{Identity, Message};

const THING: &str = "88.1/thing";

/// Starts a founded node on a port, any if it is 0.
fn start_founded(folder: &Path, port: u16) -> (Node, Founded) {
    let mut config = Config {
        listen: vec![(Ipv4Addr::LOCALHOST, port).into()],
        ..config()
    };
    config.http.listen.clear();
    config.limits.signatures_per_second = 1_000_000;
    config.limits.signatures_per_source_and_second = 1_000_000;
    let store = Store::open(folder, &Options::default()).unwrap();
    let keys = Keys::open(folder, None).unwrap();
    let bound = Node::bind(&config).unwrap();
    let listening = Listening {
        native: bound.addresses().to_vec(),
        http: Vec::new(),
    };
    let founded = founding::found(folder, &keys, &store, &config, &listening).unwrap();
    let node = bound.start(store, Some(&founded), None).unwrap();
    (node, founded)
}

/// Somebody who believes only what is signed with the key in the site record that he knows, and
/// fetches the record anew when he is told that there is a newer one.
struct Reader {
    socket: UdpSocket,
    site: Site,
    next_id: u32,
    fetched: u32,
}

impl Reader {
    fn new(server: SocketAddr, site: Site) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.connect(server).unwrap();
        Self {
            socket,
            site,
            next_id: 1,
            fetched: 0,
        }
    }

    fn key(&self) -> VerifyingKey {
        let key = PublicKey::decode(self.site.servers[0].public_key.clone());
        VerifyingKey::new(&key.unwrap()).unwrap()
    }

    fn read(&mut self) {
        let question = Question::about(THING.parse().unwrap());
        let answered = self.ask(question.resolution(self.next_id, Clock::date()));
        let code = answered.message.header.response_code;
        assert_eq!(code, ResponseCode::SUCCESS);
        if answered.message.header.site_serial != self.site.serial {
            let answered = self.ask(question::site_info(self.next_id, Clock::date()));
            let Answer::SiteInfo(record) = answered.response.answer else {
                panic!("{answered:?}");
            };
            self.site = Site::decode(record).unwrap();
            self.fetched += 1;
        }
    }

    /// Asks as every client does over UDP; the answer must come and be signed.
    fn ask(&mut self, mut message: Message) -> Answered {
        self.next_id += 1;
        let header = &mut message.header;
        header.flags = header.flags | OpFlags::CERTIFIED | OpFlags::REQUEST_DIGEST;
        header.site_serial = self.site.serial;
        let began = Instant::now();
        let now = || Moment(began.elapsed().as_millis() as u64);
        let mut exchange = Exchange::new(crypto::Provider, message, now());
        let answered = loop {
            for datagram in exchange.poll_datagrams().unwrap_or_default() {
                // A node that is being started again may be refused for a moment.
                let _ = self.socket.send(&datagram);
            }
            let wait = now().until(exchange.poll_timeout());
            let wait = wait.max(Duration::from_millis(1));
            self.socket.set_read_timeout(Some(wait)).unwrap();
            let mut octets = [0; 2048];
            match self.socket.recv(&mut octets) {
                Ok(length) => {
                    let octets = octets[..length].to_vec().into();
                    exchange.handle_datagram(now(), Clock::date(), &octets);
                }
                Err(_) => exchange.handle_timeout(now()),
            }
            match exchange.poll_outcome() {
                Some(Outcome::Answered(answered)) => break *answered,
                Some(Outcome::Unanswered) => panic!("a question has failed"),
                None => (),
            }
        };
        let is_signed = credentials::is_signed(&answered.message, &self.key());
        assert!(is_signed, "site {}: {answered:?}", self.site.serial);
        answered
    }
}

fn register_thing(node: &Node) {
    let values = [Value::public(1, "NAME", "thing")];
    let request = creation(
        &THING.parse().unwrap(),
        &values,
        OpFlags(0),
        1,
        Clock::date(),
    );
    let code = node.answer_locally(&request).unwrap().header.response_code;
    assert_eq!(code, ResponseCode::SUCCESS);
}

fn private_key(folder: &Path, name: &str) -> SigningKey {
    let file = KeyFile::decode(fs::read(folder.join(name)).unwrap().into()).unwrap();
    let key = PrivateKey::decode(file.plain_key().unwrap().clone()).unwrap();
    SigningKey::new(&key).unwrap()
}

#[test]
fn the_key_of_a_site_is_replaced_and_no_question_fails() {
    let folder = TempDir::new().unwrap();
    let (node, founded) = start_founded(folder.path(), 0);
    let server = node.addresses()[0];
    register_thing(&node);
    let stops = AtomicBool::new(false);
    let reads = [AtomicU32::new(0), AtomicU32::new(0)];
    // Of each reader: one must not wait while the other reads for both.
    let more = |count: u32| {
        for reads in &reads {
            let enough = reads.load(Ordering::SeqCst) + count;
            while reads.load(Ordering::SeqCst) < enough {
                assert!(!stops.load(Ordering::SeqCst), "a reader has panicked");
                thread::yield_now();
            }
        }
    };
    let read = |reads: &AtomicU32| {
        let _stop = StopOnPanic(&stops);
        let mut reader = Reader::new(server, founded.site.clone());
        while !stops.load(Ordering::SeqCst) {
            reader.read();
            reads.fetch_add(1, Ordering::SeqCst);
        }
        reader
    };
    thread::scope(|scope| {
        let read = &read;
        let readers = reads.each_ref();
        let readers = readers.map(|reads| scope.spawn(move || read(reads)));
        more(20);
        let rotated = founding::rotate(folder.path(), None, true).unwrap();
        assert_ne!(rotated.before, rotated.after);
        more(20); // The running node goes on with the key that it has.
        node.stop().unwrap();
        let (node, second) = start_founded(folder.path(), server.port());
        assert_eq!(second.site.serial, founded.site.serial + 1);
        more(20);
        // Somebody who was away still knows the old record only.
        let mut late = Reader::new(server, founded.site.clone());
        late.read();
        assert_eq!((late.fetched, &late.site), (1, &second.site));
        let again = founding::rotate(folder.path(), None, true).unwrap_err();
        assert!(matches!(again, founding::Error::Rotating { .. }), "{again}");
        more(20);
        assert!(founding::finish(folder.path()).unwrap());
        node.stop().unwrap();
        let (node, third) = start_founded(folder.path(), server.port());
        assert_eq!(third.site, second.site);
        more(20);
        stops.store(true, Ordering::SeqCst);
        for reader in readers {
            let reader = reader.join().unwrap();
            assert_eq!((reader.fetched, &reader.site), (1, &third.site));
        }
        node.stop().unwrap();
    });
}

/// Tells the others that a thread has ended, so that nobody waits for it.
struct StopOnPanic<'s>(&'s AtomicBool);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.store(true, Ordering::SeqCst);
        }
    }
}

/// Tells the others that a thread has ended.
struct StopAtEnd<'s>(&'s AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A key that somebody else may have signs nothing any more after the next start.
#[test]
fn a_key_that_was_lost_is_replaced_at_once() {
    let folder = TempDir::new().unwrap();
    let (node, founded) = start_founded(folder.path(), 0);
    node.stop().unwrap();
    founding::rotate(folder.path(), None, true).unwrap();
    founding::rotate(folder.path(), None, false).unwrap();
    assert!(!founding::finish(folder.path()).unwrap());
    let (node, second) = start_founded(folder.path(), 0);
    assert!(second.old_key.is_none() && second.is_own_root);
    let key = |founded: &Founded| founded.site.servers[0].public_key.clone();
    assert_ne!(key(&second), key(&founded));
    let mut reader = Reader::new(node.addresses()[0], second.site.clone());
    reader.site.serial = founded.site.serial;
    let question = Question::about("0.NA/0.NA".parse().unwrap());
    reader.ask(question.resolution(1, Clock::date()));
    node.stop().unwrap();
}

#[test]
fn the_key_of_an_administrator_is_replaced_without_a_pause() {
    let folder = TempDir::new().unwrap();
    let (node, founded) = start_founded(folder.path(), 0);
    let server = node.addresses()[0];
    register_thing(&node);
    let stops = AtomicBool::new(false);
    thread::scope(|scope| {
        let reads = scope.spawn(|| {
            let mut reader = Reader::new(server, founded.site.clone());
            while !stops.load(Ordering::SeqCst) {
                reader.read();
            }
            reader.next_id
        });
        // Stops the reader too if the test fails.
        let stop = StopAtEnd(&stops);
        replace_administrators_key(folder.path(), server);
        drop(stop);
        assert!(reads.join().unwrap() > 5);
    });
    node.stop().unwrap();
}

fn replace_administrators_key(folder: &Path, server: SocketAddr) {
    let root: Identifier = founding::ROOT.parse().unwrap();
    let old = private_key(folder, founding::ADMIN_KEY_FILE);
    let new = SigningKey::new(&SigningKey::generate(RsaBits::Least).unwrap()).unwrap();
    let new_public = new.public_key().encode();
    let administrator = |index: u32, key: SigningKey| {
        let identity = Identity::new(founding::ROOT, index);
        Administrator::new(server, identity, Means::Key(key), 4).with_session()
    };
    let code = |administrator: &mut Administrator, order: Order| {
        let answered = administrator.ask(order)?;
        Ok::<_, client::Error>(answered.message.header.response_code)
    };
    let done = |administrator: &mut Administrator, order: Order| {
        assert_eq!(code(administrator, order).unwrap(), ResponseCode::SUCCESS);
    };
    let list = |indexes: &[u32]| {
        let references = indexes.iter().map(|&index| Reference {
            identifier: founding::ROOT.into(),
            index,
        });
        Value::public(200, "HS_VLIST", ValueList(references.collect()).encode())
    };
    let home: model::Prefix = "88.1".parse().unwrap();
    let mut first = administrator(300, old);
    done(&mut first, Order::home(&home).unwrap());

    // Both keys, then the new one alone; each step is one change.
    let new_key = Value::public(301, "HS_PUBKEY", new_public);
    done(&mut first, Order::add(&root, &[new_key]));
    done(&mut first, Order::modify(&root, &[list(&[300, 301])]));
    let mut second = administrator(301, new);
    done(&mut first, Order::modify(&root, &[list(&[301, 300])]));
    done(&mut second, Order::modify(&root, &[list(&[301])]));
    let modify = Order::modify(&root, &[list(&[301, 300])]);
    done(&mut second, Order::remove(&root, &[300]));

    // The session that the old key has proven is over, and no other is proven with it.
    let refused = code(&mut first, modify).unwrap();
    assert_eq!(refused, ResponseCode::AUTHENTICATION_FAILED);
    done(&mut second, Order::modify(&root, &[list(&[301])]));
}
