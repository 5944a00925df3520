//! Questions never asked before, many a second, while nodes are lost and come back; and what became
//! of each.

use client::Client;
use engine::Question;
use model::Identifier;
use std::error::Error;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};
use wire::ResponseCode;

/// How many ask side by side.
const ASKERS: usize = 4;
/// How long each waits from one question to the next, if the answer comes sooner.
const PAUSE: Duration = Duration::from_millis(5);

/// Whom a question leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To a node that is killed and has no copy.
    Lost,
    /// To an enterprise that lives, by way of nodes that are known by now.
    Living,
    /// By way of the sites at the top, of which some are killed: its prefix was never asked for.
    Top,
}

/// When a question was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Before,
    /// From before the first node was killed until all are back.
    Without,
    After,
}

/// A question that was asked.
struct Asked {
    way: Way,
    at: Instant,
    took: Duration,
    /// `None` if nothing came at all.
    code: Option<ResponseCode>,
}

/// What became of the questions.
pub(super) struct Outcome {
    asked: Vec<Asked>,
    /// When nodes were killed, and when they were back.
    lost: Instant,
    back: Instant,
}

/// The questions of one way in one phase.
pub(super) struct Share {
    pub(super) count: usize,
    pub(super) answered: usize,
    /// How long an answer took: half of them less, all but a hundredth less, all less.
    pub(super) took: [Duration; 3],
}

/// Asks all questions of one server; meanwhile `mishap` is carried out, which tells when nodes were
/// lost and when they were back.
pub(super) fn run(
    server: SocketAddr,
    questions: &[(Way, Identifier)],
    mishap: impl FnOnce() -> Result<(Instant, Instant), Box<dyn Error>>,
) -> Result<Outcome, Box<dyn Error>> {
    thread::scope(|scope| {
        let askers: Vec<_> = (0..ASKERS)
            .map(|first| {
                let mine = questions.iter().skip(first).step_by(ASKERS);
                scope.spawn(move || ask_all(server, mine))
            })
            .collect();
        let told = mishap();
        let mut asked = Vec::new();
        for asker in askers {
            let done = asker.join().map_err(|_| "an asker has panicked")?;
            asked.extend(done.map_err(|error| error.to_string())?);
        }
        let (lost, back) = told?;
        Ok(Outcome { asked, lost, back })
    })
}

fn ask_all<'q>(
    server: SocketAddr,
    questions: impl Iterator<Item = &'q (Way, Identifier)>,
) -> Result<Vec<Asked>, client::Error> {
    let mut client = Client::new(server)?;
    let mut asked = Vec::new();
    for (way, identifier) in questions {
        let at = Instant::now();
        let reply = client.ask(&Question::about(identifier.clone()));
        let took = at.elapsed();
        asked.push(Asked {
            way: *way,
            at,
            took,
            code: reply
                .ok()
                .map(|it| it.answered.message.header.response_code),
        });
        thread::sleep(PAUSE.saturating_sub(took));
    }
    Ok(asked)
}

impl Outcome {
    pub(super) fn share(&self, way: Way, phase: Phase) -> Share {
        let of_share = |it: &&Asked| it.way == way && self.phase(it) == phase;
        let share: Vec<&Asked> = self.asked.iter().filter(of_share).collect();
        let mut took: Vec<Duration> = share.iter().map(|it| it.took).collect();
        took.sort_unstable();
        let at = |rank: usize| took.get(rank).copied().unwrap_or_default();
        let count = took.len();
        let is_answered = |it: &&&Asked| it.code == Some(ResponseCode::SUCCESS);
        Share {
            count,
            answered: share.iter().filter(is_answered).count(),
            took: [
                at(count / 2),
                at(count * 99 / 100),
                at(count.saturating_sub(1)),
            ],
        }
    }

    /// What those were told that were not answered: each code once.
    pub(super) fn refusals(&self, way: Way) -> Vec<String> {
        let mut refusals: Vec<String> = Vec::new();
        for asked in self.asked.iter().filter(|it| it.way == way) {
            let text = match asked.code {
                Some(ResponseCode::SUCCESS) => continue,
                Some(code) => code.to_string(),
                None => "-".to_owned(),
            };
            if !refusals.contains(&text) {
                refusals.push(text);
            }
        }
        refusals
    }

    /// A question under way when a node was lost was asked without it.
    fn phase(&self, asked: &Asked) -> Phase {
        if asked.at + asked.took < self.lost {
            Phase::Before
        } else if asked.at < self.back {
            Phase::Without
        } else {
            Phase::After
        }
    }
}
