//! What is said while an import runs: progress, and what was refused.

use super::checkpoint::Counts;
use super::input::Input;
use super::item::{Place, Refusal};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use serde::Serialize;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many refusals are told one by one; the others are only counted (and all are in the file of
/// `--errors`).
const REFUSALS_TOLD_MAX: u64 = 20;

/// Tells how an import goes.
pub(super) struct Report {
    name: String,
    bar: ProgressBar,
    octets_read: Arc<AtomicU64>,
    errors: Option<(String, BufWriter<File>)>,
    refused: u64,
}

/// A refusal as a line of JSON.
#[derive(Serialize)]
struct RefusalForm<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handle: Option<&'r str>,
    reason: &'r str,
}

impl Report {
    pub(super) fn start(errors: Option<&Path>, input: &Input) -> Result<Self, String> {
        let errors = match errors {
            None => None,
            Some(path) => {
                let name = path.display().to_string();
                let file = File::create(path).map_err(|error| format!("{name}: {error}"))?;
                Some((name, BufWriter::new(file)))
            }
        };
        Ok(Self {
            name: input.name.clone(),
            bar: bar(input.octets),
            octets_read: Arc::clone(&input.octets_read),
            errors,
            refused: 0,
        })
    }

    /// Tells of a refusal.
    pub(super) fn refuse(&mut self, refusal: &Refusal) -> Result<(), String> {
        self.refused += 1;
        if self.refused <= REFUSALS_TOLD_MAX {
            self.bar
                .suspend(|| eprintln!("{}: {}", self.name, printable(&refusal.to_string())));
        }
        let Some((name, file)) = &mut self.errors else {
            return Ok(());
        };
        let (line, record) = match refusal.place {
            Place::Line(line) => (Some(line), None),
            Place::Record(record) => (None, Some(record)),
        };
        let line = RefusalForm {
            line,
            record,
            handle: refusal.subject.as_deref(),
            reason: &refusal.reason,
        };
        let text = serde_json::to_string(&line).expect("numbers and strings can be printed");
        writeln!(file, "{text}").map_err(|error| format!("{name}: {error}"))
    }

    /// Shows how far it has come.
    pub(super) fn show(&self, counts: &Counts) {
        self.bar
            .set_position(self.octets_read.load(Ordering::Relaxed));
        let done = HumanCount(counts.items);
        let refused = match counts.refused {
            0 => String::new(),
            refused => format!(", {} refused", HumanCount(refused)),
        };
        let seconds = self.bar.elapsed().as_secs_f64().max(0.001);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "shown, not counted"
        )]
        let rate = HumanCount((counts.items as f64 / seconds) as u64);
        self.bar
            .set_message(format!("{done} read{refused}, {rate}/s"));
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Says how many refusals were not told, and finishes their file.
    pub(super) fn end(&mut self, name: &str, unit: &str) -> Result<(), String> {
        if self.refused > REFUSALS_TOLD_MAX {
            let more = self.refused - REFUSALS_TOLD_MAX;
            eprintln!("{name}: {more} more {unit} refused");
        }
        match &mut self.errors {
            Some((name, file)) => file.flush().map_err(|error| format!("{name}: {error}")),
            None => Ok(()),
        }
    }
}

/// A bar over the octets of the file; it hides itself where nobody looks.
fn bar(octets: Option<u64>) -> ProgressBar {
    let (bar, template) = match octets {
        Some(octets) => (
            ProgressBar::new(octets),
            "{bar:30} {percent:>3} %  {msg}, {decimal_bytes_per_sec}, {eta} left",
        ),
        None => (
            ProgressBar::no_length(),
            "{spinner} {msg}, {decimal_bytes} read, {elapsed}",
        ),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Control characters never reach the terminal.
fn printable(text: &str) -> String {
    let escape = |character: char| match character {
        '\n' => "\\n".to_owned(),
        other if other.is_control() => other.escape_default().to_string(),
        other => other.to_string(),
    };
    text.chars().map(escape).collect()
}
