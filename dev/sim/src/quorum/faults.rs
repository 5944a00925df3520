//! What goes wrong among the members, as data.

use crate::network::Weather;

/// What a history's faults are, beside the weather of what members send each other. Numbers are
/// most per history; probabilities are per mille.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// What becomes of messages on their way.
    pub weather: Weather,
    /// Members that crash, any number at a time.
    pub crashes_max: usize,
    /// Times at which some members cannot reach others, in one direction or both.
    pub cuts_max: usize,
    /// Steps of a wall clock.
    pub jumps_max: usize,
    /// How far a wall clock steps at most, in milliseconds, either way.
    pub jump_ms_max: usize,
    /// How wrong boot-time clocks are at most, in parts of a million, either way.
    pub drift_ppm_max: usize,
    /// Syncs that take long.
    pub slow_syncs: usize,
    /// Whether members are added and removed.
    pub members_change: bool,
}

impl Faults {
    /// All goes well.
    pub const NONE: Self = Self {
        weather: Weather::CALM,
        crashes_max: 0,
        cuts_max: 0,
        jumps_max: 0,
        jump_ms_max: 0,
        drift_ppm_max: 0,
        slow_syncs: 0,
        members_change: false,
    };

    /// Messages are lost, doubled and late, members crash and are cut off, clocks are wrong.
    pub const USUAL: Self = Self {
        weather: Weather {
            delay_ms_max: 60,
            straggler_delay_ms_max: 600,
            ..Weather::LOSSY
        },
        crashes_max: 6,
        cuts_max: 4,
        jumps_max: 4,
        jump_ms_max: 3_600_000,
        drift_ppm_max: 5000,
        slow_syncs: 20,
        members_change: true,
    };

    /// Hardly anything works.
    pub const STORM: Self = Self {
        weather: Weather {
            delay_ms_max: 120,
            straggler_delay_ms_max: 1500,
            ..Weather::STORM
        },
        crashes_max: 20,
        cuts_max: 12,
        slow_syncs: 100,
        ..Self::USUAL
    };
}
