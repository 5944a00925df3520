//! How settings are declared: one table makes the struct, its defaults, its checks and what is
//! written about it. So the file, the example, the manual and the program cannot differ.
//!
//! Not here: which settings there are ([`super`], `tables`), how the manual looks (`manual`).

use super::ParseError;
use std::ops::RangeInclusive;

/// When a change of a setting takes effect in a running node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// When the file is read again (SIGHUP).
    AtOnce,
    /// When the node is started again.
    Restart,
}

/// What is written about one setting.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its name within its table.
    pub name: &'static str,
    /// What it is for, line by line.
    pub about: &'static [&'static str],
    /// When a change takes effect.
    pub effect: Effect,
    /// What it may be, for numbers.
    pub range: Option<RangeInclusive<u64>>,
}

/// A table of the configuration file and all that is written about it.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name; empty for what stands before the first table.
    pub name: &'static str,
    /// What it is about, line by line.
    pub about: &'static [&'static str],
    /// Its settings, in order.
    pub keys: Vec<Key>,
}

/// A struct of settings.
pub(crate) trait Settings {
    /// What is written about it.
    fn keys() -> Vec<Key>;

    /// Checks that every number is in its range; `table` is the struct's name in the file.
    fn check_ranges(&self, table: &'static str) -> Result<(), ParseError>;
}

/// A number that can be in a range.
pub(crate) trait Number: Copy {
    fn number(self) -> u64;
}

impl Number for u64 {
    fn number(self) -> u64 {
        self
    }
}

impl Number for u32 {
    fn number(self) -> u64 {
        self.into()
    }
}

impl Number for usize {
    fn number(self) -> u64 {
        self as u64
    }
}

pub(crate) fn check_range(
    table: &'static str,
    key: &'static str,
    value: impl Number,
    range: &RangeInclusive<u64>,
) -> Result<(), ParseError> {
    if range.contains(&value.number()) {
        return Ok(());
    }
    Err(ParseError::Range {
        key: full_name(table, key),
        range: range_text(range),
        value: value.number(),
    })
}

/// A key with its table before it, as people speak of it.
pub(crate) fn full_name(table: &str, key: &str) -> String {
    if table.is_empty() {
        key.to_owned()
    } else {
        format!("{table}.{key}")
    }
}

/// A range as people read it.
pub(crate) fn range_text(range: &RangeInclusive<u64>) -> String {
    match *range.end() {
        u64::MAX => format!("{} or more", range.start()),
        end => format!("{} to {end}", range.start()),
    }
}

/// Makes a struct of settings. Each has documentation, a name, a type, a default, when a change
/// takes effect, and for numbers the range; after the settings come tables within.
macro_rules! settings {
    (
        $(#[doc = $about:literal])+
        $name:ident {
            $(
                $(#[doc = $doc:literal])+
                $key:ident: $type:ty = $default:expr, $effect:ident $(, $range:expr)?;
            )*
            $(table $table:ident: $table_type:ident;)*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $key: $type,)*
            $(
                #[doc = concat!("The table `", stringify!($table), "`.")]
                pub $table: $table_type,
            )*
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    $($key: $default,)*
                    $($table: $table_type::default(),)*
                }
            }
        }

        impl $name {
            /// What the table is about, line by line.
            pub const ABOUT: &'static [&'static str] = &[$($about),+];
        }

        impl $crate::config::settings::Settings for $name {
            fn keys() -> Vec<$crate::config::settings::Key> {
                vec![$($crate::config::settings::Key {
                    name: stringify!($key),
                    about: &[$($doc),+],
                    effect: $crate::config::settings::Effect::$effect,
                    range: {
                        const RANGE: &[std::ops::RangeInclusive<u64>] = &[$($range)?];
                        RANGE.first().cloned()
                    },
                }),*]
            }

            fn check_ranges(&self, table: &'static str) -> Result<(), $crate::config::ParseError> {
                $($($crate::config::settings::check_range(
                    table, stringify!($key), self.$key, &$range,
                )?;)?)*
                $(self.$table.check_ranges(stringify!($table))?;)*
                let _ = table;
                Ok(())
            }
        }
    };
}

pub(crate) use settings;
