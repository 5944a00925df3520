//! An answer as people read it: what was asked, the values in columns, who answered and how.
//!
//! ```text
//! QUESTION  88.118.1/PUMP-0007: all public values
//! ANSWER    success (1), values: 1
//!
//!   INDEX  TYPE    TTL  DATA
//!       1  NAME  86400  centrifugal pump 离心泵
//!
//! SERVER    127.0.0.1:2641 over UDP
//! TIME      0.27 ms
//! SIZE      157 octets
//! FLAGS     authoritative
//! ```
//!
//! Not here: the data of reserved types in words (`data`), the answer as JSON (`json`).

use super::{ResolveArguments, data_text, flag_names, printable};
use crate::language::Language;
use client::{Reply, Transport};
use model::value::TtlKind;
use model::{EncodedValue, Value};
use std::ffi::OsStr;
use std::io::IsTerminal;
use unicode_width::UnicodeWidthStr;
use wire::response::Answer;
use wire::{OpFlags, ResponseCode};

/// How an answer is laid out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    language: Language,
    has_color: bool,
}

/// What is known of an answer besides itself.
pub(super) struct Answered<'a> {
    pub(super) arguments: &'a ResolveArguments,
    pub(super) reply: &'a Reply,
    /// Who was asked: an address or a URL.
    pub(super) place: &'a str,
    /// Whether its signature was checked.
    pub(super) is_checked: bool,
}

/// A heading: English, which programs and searches know, and its gloss.
type Heading = (&'static str, &'static str);

const QUESTION: Heading = ("QUESTION", "询问");
const ANSWER: Heading = ("ANSWER", "应答");
const SERVER: Heading = ("SERVER", "服务器");
const TIME: Heading = ("TIME", "用时");
const SIZE: Heading = ("SIZE", "长度");
const FLAGS: Heading = ("FLAGS", "标志");
const HEADINGS: [Heading; 6] = [QUESTION, ANSWER, SERVER, TIME, SIZE, FLAGS];

const COLUMNS: [Heading; 4] = [
    ("INDEX", "索引"),
    ("TYPE", "类型"),
    ("TTL", "缓存秒数"),
    ("DATA", "数据"),
];

/// Which columns hold numbers, which end where their heading ends.
const IS_NUMBER: [bool; 4] = [true, false, true, false];

/// Escape sequences of terminals (ECMA-48 section 8.3.117).
const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";

impl Layout {
    /// For standard output as it is.
    pub(super) fn of_environment(language: Option<Language>) -> Self {
        let variable = |name| std::env::var_os(name).unwrap_or_default();
        let is_terminal = std::io::stdout().is_terminal();
        Self {
            language: language.unwrap_or_else(Language::of_environment),
            has_color: wants_color(is_terminal, &variable("NO_COLOR"), &variable("TERM")),
        }
    }

    pub(super) fn text(self, answered: &Answered<'_>) -> String {
        let message = &answered.reply.answered.message;
        let mut out = self.line(QUESTION, &question(answered.arguments));
        out += &self.line(ANSWER, &self.outcome(answered.reply));
        out += &self.body(&answered.reply.answered.response.answer);
        let over = transport_name(answered.reply.transport);
        out += &self.line(SERVER, &format!("{} over {over}", answered.place));
        let milliseconds = answered.reply.took.as_secs_f64() * 1000.0;
        out += &self.line(TIME, &format!("{milliseconds:.2} ms"));
        let octets = message.encode().len();
        out += &self.line(SIZE, &format!("{octets} octets"));
        out + &self.line(FLAGS, &flags(answered))
    }

    fn heading(self, (english, chinese): Heading) -> String {
        match self.language {
            Language::En => english.to_owned(),
            Language::Zh => format!("{english} {chinese}"),
        }
    }

    fn line(self, heading: Heading, text: &str) -> String {
        let widths = HEADINGS.map(|heading| self.heading(heading).width());
        let width = widths.into_iter().max().unwrap_or(0);
        let heading = padded(&self.heading(heading), width, false);
        format!("{}  {text}\n", self.painted(BOLD, &heading))
    }

    fn outcome(self, reply: &Reply) -> String {
        let code = reply.answered.message.header.response_code;
        let color = match code {
            ResponseCode::SUCCESS => GREEN,
            ResponseCode::HANDLE_NOT_FOUND | ResponseCode::VALUES_NOT_FOUND => YELLOW,
            _ => RED,
        };
        let said = self.painted(color, &code.to_string());
        match &reply.answered.response.answer {
            Answer::Resolution(answer) => format!("{said}, values: {}", answer.values.len()),
            Answer::Failure(failure) if !failure.text().is_empty() => {
                format!("{said}: {}", printable(failure.text()))
            }
            Answer::Referral(referral) => {
                let to = printable(&referral.identifier);
                format!("{said}: ask the servers of {to}")
            }
            _ => said,
        }
    }

    /// The values, with an empty line before and after; nothing if there are none.
    fn body(self, answer: &Answer) -> String {
        let values: Vec<Value> = match answer {
            Answer::Resolution(answer) => answer.values.iter().map(EncodedValue::value).collect(),
            Answer::Referral(referral) => {
                let values = referral.values.iter().flatten();
                values.map(EncodedValue::value).collect()
            }
            _ => Vec::new(),
        };
        if values.is_empty() {
            return String::new();
        }
        format!("\n{}\n", self.table(&values))
    }

    fn table(self, values: &[Value]) -> String {
        let head = COLUMNS.map(|heading| self.heading(heading));
        let rows: Vec<[String; 4]> = values.iter().map(row).collect();
        let widths = [0, 1, 2, 3].map(|at: usize| {
            let cells = rows.iter().chain([&head]);
            cells.map(|row| row[at].width()).max().unwrap_or(0)
        });
        let line = |row: &[String; 4]| {
            let mut line = String::new();
            for ((cell, width), is_number) in row.iter().zip(widths).zip(IS_NUMBER) {
                line += "  ";
                line += &padded(cell, width, is_number);
            }
            line.truncate(line.trim_end().len());
            line
        };
        let mut out = self.painted(DIM, &line(&head)) + "\n";
        for row in &rows {
            out += &line(row);
            out += "\n";
        }
        out
    }

    fn painted(self, color: &str, text: &str) -> String {
        if self.has_color {
            format!("\x1b[{color}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Whether to paint: on a terminal that can, unless somebody does not want it
/// (<https://no-color.org>).
fn wants_color(is_terminal: bool, no_color: &OsStr, term: &OsStr) -> bool {
    is_terminal && no_color.is_empty() && term != "dumb"
}

pub(super) fn transport_name(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
        Transport::Http => "HTTP",
    }
}

/// What was asked for, without how.
fn question(arguments: &ResolveArguments) -> String {
    let mut wanted = Vec::new();
    if !arguments.types.is_empty() {
        wanted.push(format!("type {}", arguments.types.join(", ")));
    }
    if !arguments.indexes.is_empty() {
        let indexes: Vec<String> = arguments.indexes.iter().map(u32::to_string).collect();
        wanted.push(format!("index {}", indexes.join(", ")));
    }
    let (values, too) = if arguments.private {
        ("values", ", private ones too")
    } else {
        ("public values", "")
    };
    let identifier = printable(arguments.identifier.as_str().as_bytes());
    if wanted.is_empty() {
        format!("{identifier}: all {values}{too}")
    } else {
        format!("{identifier}: {values} of {}{too}", wanted.join(" or "))
    }
}

/// What an answer says of itself: first whether it is the last word, and whether it is proven.
fn flags(answered: &Answered<'_>) -> String {
    let flags = answered.reply.answered.message.header.flags;
    let authoritative = if flags.contains(OpFlags::AUTHORITATIVE) {
        "authoritative"
    } else {
        "not authoritative"
    };
    let certified = match (flags.contains(OpFlags::CERTIFIED), answered.is_checked) {
        (true, true) => Some("certified (signature checked)"),
        (true, false) => Some("certified (signature not checked)"),
        (false, _) => None,
    };
    let others = OpFlags(flags.0 & !(OpFlags::AUTHORITATIVE.0 | OpFlags::CERTIFIED.0));
    let mut names = vec![authoritative];
    names.extend(certified);
    names.extend(flag_names(others));
    names.join(", ")
}

fn row(value: &Value) -> [String; 4] {
    [
        value.index.to_string(),
        printable(value.value_type.octets()),
        ttl(value),
        data_text(value),
    ]
}

/// Seconds, or the moment until which a value is good.
fn ttl(value: &Value) -> String {
    let seconds = value.ttl.seconds;
    match value.ttl.kind {
        TtlKind::RELATIVE => seconds.to_string(),
        TtlKind::ABSOLUTE => {
            let until = jiff::Timestamp::from_second(seconds.into());
            until.map_or_else(|_| seconds.to_string(), |until| until.to_string())
        }
        TtlKind(kind) => format!("{seconds} ({kind})"),
    }
}

/// Text with spaces up to a width in columns of a terminal.
fn padded(text: &str, width: usize, is_number: bool) -> String {
    let spaces = " ".repeat(width.saturating_sub(text.width()));
    if is_number {
        spaces + text
    } else {
        text.to_owned() + &spaces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Layout = Layout {
        language: Language::En,
        has_color: false,
    };

    fn values() -> Vec<Value> {
        let mut absolute = Value::public(1000, "泵", "一");
        absolute.ttl.kind = TtlKind::ABSOLUTE;
        absolute.ttl.seconds = 1_795_000_000;
        vec![
            Value::public(1, "NAME", "pump"),
            absolute,
            Value::public(3, "X\x1b[31m", &b"\x1b[2J"[..]),
        ]
    }

    #[test]
    fn columns_are_as_wide_as_what_stands_in_them() {
        let expected = [
            "  INDEX  TYPE                             TTL  DATA",
            "      1  NAME                           86400  pump",
            "   1000  泵              2026-11-18T11:06:40Z  一",
            "      3  0x581b5b33316d                 86400  0x1b5b324a",
        ];
        assert_eq!(PLAIN.table(&values()).lines().collect::<Vec<_>>(), expected);
        let chinese = Layout {
            language: Language::Zh,
            ..PLAIN
        };
        let expected = [
            "  INDEX 索引  TYPE 类型               TTL 缓存秒数  DATA 数据",
            "           1  NAME                           86400  pump",
            "        1000  泵              2026-11-18T11:06:40Z  一",
            "           3  0x581b5b33316d                 86400  0x1b5b324a",
        ];
        let table = chinese.table(&values());
        assert_eq!(table.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn nothing_is_painted_where_nobody_wants_it() {
        let check = |is_terminal, no_color: &str, term: &str| {
            wants_color(is_terminal, no_color.as_ref(), term.as_ref())
        };
        assert!(check(true, "", "xterm"));
        assert!(!check(false, "", "xterm"));
        assert!(!check(true, "1", "xterm"));
        assert!(!check(true, "", "dumb"));
        let painted = Layout {
            has_color: true,
            ..PLAIN
        };
        let line = painted.line(TIME, "1 ms");
        assert_eq!(line, "\x1b[1mTIME    \x1b[0m  1 ms\n");
    }
}
