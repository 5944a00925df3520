//! The tree as lines: who names whom, and where each answers.

use super::cast::Role;
use super::machine::Machine;
use std::net::SocketAddr;
use unicode_width::UnicodeWidthStr;

/// A line in both languages.
pub(super) struct Line {
    pub(super) english: String,
    pub(super) chinese: String,
}

/// How many columns names and what stands before them take.
const WIDTH: usize = 32;

/// Draws nodes that stand in the order of the cast.
pub(super) fn draw(machines: &[Machine], resolver: SocketAddr) -> Vec<Line> {
    let of = |wanted: fn(Role) -> bool| machines.iter().filter(move |it| wanted(it.part.role));
    let below_root: Vec<&Machine> =
        of(|role| matches!(role, Role::TopLevel | Role::Recovery | Role::SecondLevel)).collect();
    let mut lines = Vec::new();
    for root in of(|role| role == Role::Root) {
        lines.push(line("", root, root.addresses.native));
    }
    for (at, machine) in below_root.iter().enumerate() {
        let is_last = at + 1 == below_root.len();
        lines.push(line(branch(is_last), machine, machine.addresses.native));
        let enterprises: Vec<&Machine> = of(|role| role == Role::Enterprise)
            .filter(|it| is_below(it.part.prefix, machine.part.prefix))
            .collect();
        let beside = if is_last { "   " } else { "│  " };
        for (at, enterprise) in enterprises.iter().enumerate() {
            let before = format!("{beside}{}", branch(at + 1 == enterprises.len()));
            lines.push(line(&before, enterprise, enterprise.addresses.native));
        }
    }
    for machine in of(|role| role == Role::Recursive) {
        lines.push(line("", machine, resolver));
    }
    lines
}

fn branch(is_last: bool) -> &'static str {
    if is_last { "└─ " } else { "├─ " }
}

fn is_below(prefix: &str, above: &str) -> bool {
    prefix.rsplit_once('.').is_some_and(|(it, _)| it == above)
}

fn line(before: &str, machine: &Machine, address: SocketAddr) -> Line {
    let prefix = machine.part.prefix;
    let gap = if prefix.is_empty() { "" } else { "  " };
    let of = |name: &str| {
        let text = format!("{before}{prefix}{gap}{name}");
        let room = WIDTH.saturating_sub(text.width());
        format!("{text}{} {address}", " ".repeat(room))
    };
    Line {
        english: of(machine.part.english),
        chinese: of(machine.part.chinese),
    }
}
