//! The configuration as text: an example file and the manual's tables, made of what is declared.
//!
//! Not here: the settings themselves.

use super::settings::{Effect, Key, Table, full_name, range_text};
use super::{Config, tables};
use std::fmt::Write;

/// Every setting with its explanation and its default, as a configuration file. Nothing is set:
/// all defaults are commented out.
pub fn example() -> String {
    let mut out = String::from(
        "# The configuration of a Nameplate node: every setting, with its default. Remove the `#`\n\
         # before a setting to change it. The manual is docs/configuration.md.\n",
    );
    let defaults = defaults();
    for table in tables() {
        put_example(&mut out, &table, &defaults);
    }
    out
}

fn put_example(out: &mut String, table: &Table, defaults: &toml::Table) {
    if !table.name.is_empty() {
        out.push('\n');
        put_comment(out, table.about);
        line(out, format_args!("[{}]", table.name));
    }
    for key in &table.keys {
        out.push('\n');
        put_comment(out, key.about);
        let default = default_text(defaults, table, key);
        line(out, format_args!("# {}", limits_text(key)));
        line(out, format_args!("# {} = {default}", key.name));
    }
}

fn put_comment(out: &mut String, about: &[&str]) {
    for text in about {
        line(out, format_args!("#{text}"));
    }
}

/// The manual's tables, one for each table of the file.
pub fn manual() -> String {
    let mut out = String::new();
    let defaults = defaults();
    for table in tables() {
        if !table.name.is_empty() {
            line(&mut out, format_args!("## `[{}]`\n", table.name));
            line(&mut out, format_args!("{}\n", prose(table.about)));
        }
        out.push_str("| setting | default | what it is | range | a change takes effect |\n");
        out.push_str("| --- | --- | --- | --- | --- |\n");
        for key in &table.keys {
            put_row(&mut out, &table, key, &defaults);
        }
        out.push('\n');
    }
    out
}

fn put_row(out: &mut String, table: &Table, key: &Key, defaults: &toml::Table) {
    let default = default_text(defaults, table, key);
    let range = key.range.as_ref().map(range_text).unwrap_or_default();
    let effect = match key.effect {
        Effect::AtOnce => "on SIGHUP",
        Effect::Restart => "at the next start",
    };
    let name = full_name(table.name, key.name);
    let about = prose(key.about).replace('|', "\\|");
    line(
        out,
        format_args!("| `{name}` | `{default}` | {about} | {range} | {effect} |"),
    );
}

fn limits_text(key: &Key) -> String {
    let effect = match key.effect {
        Effect::AtOnce => "Takes effect on SIGHUP.",
        Effect::Restart => "Takes effect at the next start.",
    };
    match &key.range {
        Some(range) => format!("{}. {effect}", range_text(range)),
        None => effect.to_owned(),
    }
}

fn defaults() -> toml::Table {
    toml::Table::try_from(Config::default()).expect("plain fields become TOML")
}

/// A default as it is written in a file; nothing for a setting that has none.
fn default_text(defaults: &toml::Table, table: &Table, key: &Key) -> String {
    let within = match table.name {
        "" => Some(defaults),
        name => defaults.get(name).and_then(toml::Value::as_table),
    };
    let value = within.and_then(|table| table.get(key.name));
    value.map(ToString::to_string).unwrap_or_default()
}

fn prose(about: &[&str]) -> String {
    let lines: Vec<&str> = about.iter().map(|line| line.trim()).collect();
    lines.join(" ")
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(text);
    out.push('\n');
}
