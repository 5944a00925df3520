//! What was measured on, as far as it matters to who compares figures.

use crate::layout;
use serde::Serialize;
use std::fmt::{self, Display};
use std::fs::read_to_string;

/// A machine, before anything is measured on it.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    /// How many cores this process may use.
    cores: usize,
    /// What the processor calls itself.
    model: String,
    /// The version of Linux, without what its builder appended.
    kernel: String,
    /// How many processes wanted to run in the last minute, on average.
    load: String,
}

impl Machine {
    /// Looks at this machine. What it does not tell is "unknown".
    pub(crate) fn look() -> Self {
        let read = |path: &str| read_to_string(path).unwrap_or_default();
        Self {
            cores: crate::cores::allowed().len(),
            model: or_unknown(model(&read("/proc/cpuinfo"))),
            kernel: or_unknown(read("/proc/sys/kernel/osrelease").split(['-', '\n']).next()),
            load: or_unknown(read("/proc/loadavg").split(' ').next()),
        }
    }
}

fn model(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo
        .lines()
        .find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim())
}

fn or_unknown(found: Option<&str>) -> String {
    match found {
        Some(found) if !found.is_empty() => found.to_owned(),
        _ => "unknown".into(),
    }
}

impl Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cores,
            model,
            kernel,
            load,
        } = self;
        let cores = layout::count_of(*cores as u64, "core");
        write!(
            f,
            "machine: {cores} of {model}, Linux {kernel}, load {load} before"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_that_of_the_first_core() {
        let cpuinfo =
            "processor\t: 0\nmodel name\t: Some Model 7\nprocessor\t: 1\nmodel name\t: x\n";
        assert_eq!(model(cpuinfo), Some("Some Model 7"));
        assert_eq!(model("processor\t: 0\n"), None);
    }
}
