//! Which language people are spoken to in.

use clap::ValueEnum;

/// A language of what is said to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// English.
    En,
    /// 中文 (Chinese).
    Zh,
}

impl Language {
    /// The language of the environment, by the usual variables; English if they say neither.
    pub(crate) fn of_environment() -> Self {
        let said = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty());
        match said {
            Some(value) if value.starts_with("zh") => Self::Zh,
            _ => Self::En,
        }
    }
}
