//! Two sites at the top and an enterprise's node are killed while questions are asked, and come
//! back.

use super::cast::{CAST, MACHINERY, RECYCLER, TOP};
use super::load::{self, Outcome, Phase, Way};
use super::stage::Stage;
use super::tree::Tree;
use engine::administrator::Order;
use model::{Identifier, Value};
use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

/// Of each kind of question.
const COUNT: usize = 900;
/// When nodes are killed, and for how long they are away.
const CALM: Duration = Duration::from_secs(1);
const AWAY: Duration = Duration::from_secs(2);
/// How long those that are left may take to agree.
const PATIENCE: Duration = Duration::from_secs(10);
/// Who is killed: two sites at the top and an enterprise.
const KILLED: [usize; 3] = [TOP.start, TOP.start + 3, RECYCLER];
/// Who is asked to name somebody meanwhile.
const ASKED: usize = TOP.start + 1;
/// An enterprise that lives.
const LIVING: usize = RECYCLER - 1;

pub(super) fn show(stage: &mut Stage, tree: &mut Tree) -> Result<(), Box<dyn Error>> {
    stage.chapter(
        "Nodes are killed while questions are asked that nobody asked before",
        "在不断有新问题时，强行终止几个节点",
    );
    let questions = prepare(tree)?;
    let names = |name: fn(usize) -> &'static str| KILLED.map(name).join(", ");
    let (english, chinese) = (names(|at| CAST[at].english), names(|at| CAST[at].chinese));
    let server = tree.resolver;
    let mut named_after = Duration::ZERO;
    let outcome = load::run(server, &questions, || {
        thread::sleep(CALM);
        let lost = Instant::now();
        tree.kill(&KILLED);
        named_after = name_one(tree)?;
        thread::sleep(AWAY.saturating_sub(lost.elapsed()));
        tree.bring_up(&KILLED)?;
        Ok((lost, Instant::now()))
    })?;
    stage.tell(
        &format!("kill -9: {english}; back two seconds later."),
        &format!("kill -9：{chinese}；两秒后恢复。"),
    );
    tell(stage, &outcome);
    let milliseconds = named_after.as_secs_f64() * 1000.0;
    stage.tell(
        &format!(
            "The five that were left at the top agreed on a new prefix after {milliseconds:.0} ms."
        ),
        &format!("顶级其余五个站点在 {milliseconds:.0} 毫秒内就一个新前缀达成一致。"),
    );
    Ok(())
}

/// Names one more node at the top while some of it is gone; how long it took to agree on it.
/// Whoever is asked may not know what became of it, if it was handed to one who is gone: then it is
/// said again.
fn name_one(tree: &Tree) -> Result<Duration, Box<dyn Error>> {
    let begun = Instant::now();
    let order = tree.naming("88.7777", &[MACHINERY])?.overwriting();
    while let Err(error) = tree.order(ASKED, vec![order.clone()]) {
        if begun.elapsed() > PATIENCE {
            return Err(error);
        }
    }
    Ok(begun.elapsed())
}

/// Registers what will be asked for, each once.
fn prepare(tree: &Tree) -> Result<Vec<(Way, Identifier)>, Box<dyn Error>> {
    let thing = |prefix: &str, number: usize| -> Result<Identifier, model::Error> {
        format!("{prefix}/ITEM-{number:04}").parse()
    };
    let values = [Value::public(1, "NAME", "an item 物品")];
    for at in [RECYCLER, LIVING] {
        let mut orders = Vec::with_capacity(COUNT);
        for number in 0..COUNT {
            orders.push(Order::register(&thing(CAST[at].prefix, number)?, &values));
        }
        tree.order(at, orders)?;
    }
    // Prefixes of their own at the top, all with one node of an industry.
    let (mut named, mut homed, mut made) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..COUNT {
        let prefix = format!("88.{}", 2000 + number);
        named.push(tree.naming(&prefix, &[MACHINERY])?);
        homed.push(Order::home(&prefix.parse()?)?);
        made.push(Order::register(&thing(&prefix, number)?, &values));
    }
    tree.order(ASKED, named)?;
    tree.order(MACHINERY, homed)?;
    tree.order(MACHINERY, made)?;
    tree.wait_for_all(&format!("0.NA/88.{}", 2000 + COUNT - 1))?;
    let mut questions = Vec::with_capacity(3 * COUNT);
    for number in 0..COUNT {
        let top = format!("88.{}", 2000 + number);
        questions.push((Way::Lost, thing(CAST[RECYCLER].prefix, number)?));
        questions.push((Way::Living, thing(CAST[LIVING].prefix, number)?));
        questions.push((Way::Top, thing(&top, number)?));
    }
    Ok(questions)
}

/// What is said of a way, in both languages, and whether its questions fail while nodes are away.
const WAYS: [(Way, &str, &str); 3] = [
    (Way::Top, "new prefixes, by the top", "经顶级站点的新前缀"),
    (Way::Living, "an enterprise that lives", "未受影响的企业"),
    (Way::Lost, "the enterprise that is lost", "被终止的企业"),
];

const PHASES: [(Phase, &str, &str); 3] = [
    (Phase::Before, "before", "之前"),
    (Phase::Without, "without them", "期间"),
    (Phase::After, "when they are back", "恢复后"),
];

fn tell(stage: &mut Stage, outcome: &Outcome) {
    for (way, english, chinese) in WAYS {
        stage.tell(&format!("{english}:"), &format!("{chinese}："));
        for (phase, when, when_chinese) in PHASES {
            let share = outcome.share(way, phase);
            let [half, most, all] = share.took.map(|it| it.as_secs_f64() * 1000.0);
            let (answered, count) = (share.answered, share.count);
            let is_as_expected = match (way, phase) {
                (Way::Lost, Phase::Without) => answered < count,
                _ => count > 0 && answered == count,
            };
            stage.expect(
                is_as_expected,
                &format!(
                    "  {when:<19} {answered:>4} of {count:>4} answered; p50 {half:.1} ms, \
                     p99 {most:.1} ms, longest {all:.1} ms"
                ),
                &format!(
                    "  {when_chinese}：{count} 问，{answered} 答；p50 {half:.1} ms，\
                     p99 {most:.1} ms，最长 {all:.1} ms"
                ),
            );
        }
    }
    let refusals = outcome.refusals(Way::Lost).join("; ");
    stage.tell(
        &format!("Who asked for what the lost node has was told: {refusals}"),
        &format!("询问被终止节点的人得到：{refusals}"),
    );
}
