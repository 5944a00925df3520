//! Asks many questions at a time over one socket and checks every answer.
//!
//! Lean on purpose: the asker has one core, and must not be slower than the node it asks. So
//! questions are patched, not encoded, and most answers are compared where it matters only.
//!
//! Not here: the client's own way of asking (room `client`), which waits for each answer.

mod answer;
mod question;
mod window;

use crate::cores::Usage;
use crate::failure::{Failure, cannot};
use crate::popularity::Popularity;
use crate::records::identifier;
use crate::statistics::rate;
use answer::{check, check_whole, request_id};
pub(crate) use question::Question;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};
use window::{Asked, Window};

/// How long an answer may take before its question counts as lost and is asked again.
///
/// Hundreds of times what an answer takes; until then a lost one leaves its place unused.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(100);

/// How many timeouts in a row mean that nobody is there: three seconds of silence.
const TIMEOUTS_COUNT_MAX: u32 = 30;

/// After how many answers it is looked whether questions are lost.
const LOOK_EVERY: u64 = 1024;

/// One in how many answers is read whole and compared value by value.
const READ_EVERY: u64 = 1000;

/// Larger than any datagram of the protocol.
const BUFFER_OCTETS: usize = 2048;

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A node that has the records.
    Node,
    /// Somebody who sends the question back, made as long as an answer.
    Echo { answer_octets: usize },
}

/// Asks one peer about random records.
pub(crate) struct Asker {
    peer: Peer,
    socket: UdpSocket,
    question: Question,
    records_count: u64,
    popularity: Popularity,
    /// How many questions have been asked: which record is next follows from it.
    asked: u64,
    /// Ids are not used again, so what comes late is not taken for something else.
    next_id: u32,
    timeouts: u32,
    buffer: [u8; BUFFER_OCTETS],
}

/// What a while of asking came to.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// Answers that were right; a wrong one ends the run.
    pub(crate) answers: u64,
    /// Questions asked again because no answer came in time.
    pub(crate) lost: u64,
    /// How long it took.
    pub(crate) took: Duration,
    /// How long each answer took, if only one question waited at a time.
    pub(crate) latencies: Vec<Duration>,
    /// What the scheduler gave to the asker's thread.
    pub(crate) usage: Usage,
}

impl Measured {
    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        rate(self.answers, self.took)
    }
}

impl Asker {
    /// Asks `server` about the first `records_count` records.
    pub(crate) fn new(
        peer: Peer,
        server: SocketAddr,
        records_count: u64,
        popularity: Popularity,
    ) -> Result<Self, Failure> {
        let open = || {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            socket.connect(server)?;
            socket.set_read_timeout(Some(ANSWER_TIMEOUT))?;
            Ok(socket)
        };
        Ok(Self {
            peer,
            socket: open().map_err(cannot::<io::Error>("open a UDP socket"))?,
            question: Question::new(),
            records_count,
            popularity,
            asked: 0,
            next_id: 1,
            timeouts: 0,
            buffer: [0; BUFFER_OCTETS],
        })
    }

    /// How long every answer of a node is. Reads one whole.
    pub(crate) fn answer_octets(&mut self) -> Result<usize, Failure> {
        let mut window = Window::new(1, self.next_id);
        self.ask(&mut window, 0, Instant::now())?;
        self.next_id = window.next_id();
        loop {
            let Some(octets) = self.receive()? else {
                continue;
            };
            let answer = &self.buffer[..octets];
            if let Some(asked) = request_id(answer).and_then(|id| window.answer(id)) {
                check_whole(answer, asked.serial)?;
                return Ok(octets);
            }
        }
    }

    /// Keeps `size` questions waiting for answers for a while.
    pub(crate) fn measure(&mut self, size: usize, duration: Duration) -> Result<Measured, Failure> {
        let mut window = Window::new(size, self.next_id);
        let mut measured = Measured::default();
        let usage = Usage::of_this_thread();
        let started = Instant::now();
        for place in 0..size {
            self.ask(&mut window, place, started)?;
        }
        let mut now = started;
        while now < started + duration {
            let answered = self.take(&mut window, &mut measured)?;
            now = Instant::now();
            if let Some(answered) = answered {
                if size == 1 {
                    measured.latencies.push(now - answered.at);
                }
                self.ask(&mut window, answered.place, now)?;
            }
        }
        measured.took = now - started;
        measured.usage = Usage::of_this_thread() - usage;
        self.drain(&mut window)?;
        self.next_id = window.next_id();
        Ok(measured)
    }

    /// Waits for an answer, and sees to it that lost questions are asked again.
    fn take(
        &mut self,
        window: &mut Window,
        count: &mut Measured,
    ) -> Result<Option<Asked>, Failure> {
        let Some(octets) = self.receive()? else {
            count.lost += self.ask_again(window)?;
            return Ok(None);
        };
        let answer = &self.buffer[..octets];
        let Some(asked) = request_id(answer).and_then(|id| window.answer(id)) else {
            // It was given up, asked again, and now both answers have come.
            return Ok(None);
        };
        count.answers += 1;
        check(self.peer, answer, asked.serial)?;
        if self.peer == Peer::Node && count.answers.is_multiple_of(READ_EVERY) {
            check_whole(answer, asked.serial)?;
        }
        if count.answers.is_multiple_of(LOOK_EVERY) {
            count.lost += self.ask_again(window)?;
        }
        Ok(Some(asked))
    }

    /// Receives what is still under way, so that the next measurement begins in silence.
    fn drain(&mut self, window: &mut Window) -> Result<(), Failure> {
        while !window.is_empty() {
            let Some(octets) = self.receive()? else { break };
            request_id(&self.buffer[..octets]).and_then(|id| window.answer(id));
        }
        Ok(())
    }

    fn ask(&mut self, window: &mut Window, place: usize, now: Instant) -> Result<(), Failure> {
        let serial = self.popularity.choose(self.records_count, self.asked);
        self.asked += 1;
        let asked = window.ask(place, serial, now);
        self.send(asked)
    }

    /// Asks again what should have been answered by now; says how many those were.
    fn ask_again(&mut self, window: &mut Window) -> Result<u64, Failure> {
        let now = Instant::now();
        let mut lost = 0;
        while let Some(asked) = window.overdue(now, ANSWER_TIMEOUT) {
            lost += 1;
            self.send(asked)?;
        }
        Ok(lost)
    }

    fn send(&mut self, asked: Asked) -> Result<(), Failure> {
        let datagram = self.question.about(asked.id, &identifier(asked.serial));
        let sent = self.socket.send(datagram);
        sent.map(drop).map_err(cannot("send a question"))
    }

    /// The length of the next datagram in the buffer; nothing if none came in time.
    fn receive(&mut self) -> Result<Option<usize>, Failure> {
        match self.socket.recv(&mut self.buffer) {
            Ok(octets) => {
                self.timeouts = 0;
                Ok(Some(octets))
            }
            Err(error) if is_timeout(&error) => {
                self.timeouts += 1;
                if self.timeouts > TIMEOUTS_COUNT_MAX {
                    return Err("no answers any more: who is asked does not run".into());
                }
                Ok(None)
            }
            Err(error) => Err(cannot("receive an answer")(error)),
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    use ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), WouldBlock | TimedOut | Interrupted)
}
