//! Who owes figures and is late, and who is called about it: county, city, province, as the task
//! says.
//!
//! Each day anew, until the figures are there or three more periods have gone by. Not here: who is
//! behind (room `monitor`).

use super::Ground;
use crate::monitor::clock;
use crate::monitor::letter::{Message, NAMED_MAX, letter, named, region_itself};
use crate::monitor::tasks::tasks;
use codes::{Date, Period};
use jobs::Letter;
use monitor::collect::{Call, Task, calls};
use std::error::Error;
use std::fmt::Write as _;

/// How many periods back is called: what is missing of earlier ones is known well enough.
const PERIODS_BACK: usize = 3;

/// The letters of a day.
pub(super) fn letters(ground: &Ground) -> Result<Vec<Letter>, Box<dyn Error>> {
    let today = clock::day(ground.now);
    let view = ground.folder.view();
    let mut letters = Vec::new();
    for task in tasks(ground.folder)? {
        for period in over(&task, today) {
            let regions = &ground.folder.regions;
            let standings = task.standings(&*view, regions, period, ground.now)?;
            for call in calls(&task, &standings) {
                letters.push(of(ground, &task, (period, today), &call));
            }
        }
    }
    Ok(letters)
}

/// The periods of a task whose day due is over, the latest first.
fn over(task: &Task, today: Date) -> Vec<Period> {
    let mut found = Vec::new();
    let mut at = Period::containing(task.frequency, today).previous();
    while let Some(period) = at.filter(|period| *period >= task.from) {
        let is_of_task = task.to.is_none_or(|to| period <= to.0);
        if is_of_task && task.due(period).is_some_and(|due| due < today) {
            found.push(period);
        }
        if found.len() == PERIODS_BACK {
            break;
        }
        at = period.previous();
    }
    found
}

fn of(ground: &Ground, task: &Task, (period, today): (Period, Date), call: &Call) -> Letter {
    let folder = ground.folder;
    let region = region_itself(folder, call.region);
    let to = ground.contacts.office(call.region);
    let to = to.map_or_else(|| region.clone(), str::to_owned);
    let (count, name) = (call.about.len(), &task.name);
    let longest = call.about.iter().map(|(_, days)| *days).max().unwrap_or(0);
    let mut text = [
        format!("{region}: {count} owe figures of {name} for {period}:\n"),
        format!(
            "{region}：{name}（{}）有{count}家逾期未报：\n",
            period.chinese()
        ),
    ];
    // Writing to text cannot fail.
    for (object, days) in call.about.iter().take(NAMED_MAX) {
        let who = named(folder, object);
        let _ = writeln!(text[0], "{who}: {days} days behind");
        let _ = writeln!(text[1], "{who}：逾期{days}天");
    }
    let left = count.saturating_sub(NAMED_MAX);
    if left > 0 {
        let _ = writeln!(text[0], "and {left} more");
        let _ = writeln!(text[1], "另有{left}家");
    }
    let message = Message {
        subject: [
            format!("Late: {name}, {period}: {count}, by up to {longest} days"),
            format!(
                "催报：{name}{}逾期{count}家，最长{longest}天",
                period.chinese()
            ),
        ],
        text,
        mark: folder.settings.mark.clone(),
        bulletin: None,
    };
    let key = format!("late/{name}/{period}/{}/{today}", call.region);
    letter(key, &to, &message)
}
