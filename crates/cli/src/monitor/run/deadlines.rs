//! Whose turn it is with a case or a task, and until when: reminded once of each step, day due and
//! lamp.
//!
//! Not here: which lamp comes on when (rooms `facts` and `monitor`).

use super::Ground;
use crate::monitor::clock;
use crate::monitor::letter::{Message, letter};
use crate::monitor::stands::lamp;
use facts::case::Lamp;
use facts::{Instant, Object};
use jobs::Letter;
use monitor::cases::{self, Reminder, reminders};
use monitor::measures;
use std::error::Error;

/// The letters of a day.
pub(super) fn letters(ground: &Ground) -> Result<Vec<Letter>, Box<dyn Error>> {
    let folder = ground.folder;
    let view = folder.view();
    let region = Object::region(folder.region()?);
    let when = (clock::day(ground.now), folder.settings.remind_days);
    let (table, all) = (cases::table(), cases::of(&*view, &region, Instant::LAST)?);
    let of_cases = reminders(&all, &table, when, cases::recipient);
    let (table, all) = (
        measures::table(),
        measures::of(&*view, &region, Instant::LAST)?,
    );
    let of_tasks = reminders(&all, &table, when, measures::recipient);
    let office = ground.office()?;
    let mut letters = Vec::new();
    for (what, found) in [("case", of_cases), ("task", of_tasks)] {
        for reminder in &found {
            letters.extend(of(ground, what, reminder, &office));
        }
    }
    Ok(letters)
}

/// A reminder to whoever must act; of what is long overdue the office is told, too.
fn of(ground: &Ground, what: &str, reminder: &Reminder, office: &str) -> Vec<Letter> {
    let Reminder {
        name, title, due, ..
    } = reminder;
    let [lamp_english, lamp_chinese] = lamp(reminder.lamp);
    let [role_english, role_chinese] = measures::names(&reminder.role);
    let message = Message {
        subject: [
            format!("Due {due} ({lamp_english}): {title}"),
            format!("期限提醒（{due}，{lamp_chinese}灯）：{title}"),
        ],
        text: [
            format!("{name}: {title}\nto act: {role_english}\ndue: {due}\nlamp: {lamp_english}"),
            format!("{name}：{title}\n待办：{role_chinese}\n期限：{due}\n亮灯：{lamp_chinese}"),
        ],
        mark: ground.folder.settings.mark.clone(),
        bulletin: None,
    };
    let body = reminder.to.as_ref().map(|party| party.body.as_str());
    let to = body.filter(|body| !body.is_empty()).unwrap_or(office);
    let key = format!("due/{what}/{}", reminder.key);
    let mut letters = vec![letter(key.clone(), to, &message)];
    if reminder.lamp == Lamp::Red && to != office {
        letters.push(letter(format!("{key}/office"), office, &message));
    }
    letters
}
