//! Rules to begin with, marked as examples (示例) in their names and titles.
//!
//! The founding documents ask for these warnings and give not one threshold: all numbers in them
//! are made up, so that there is something to put one's own into. They are drafts like any other,
//! and need a back-test on the user's own past before they go live. Not here: real thresholds.

/// The texts of the examples.
pub const EXAMPLES: [&str; 2] = [
    include_str!("../../rules/raw-material-supply.rule"),
    include_str!("../../rules/pv-glass-capacity.rule"),
];

#[cfg(test)]
mod tests;
