//! Replays scripts: text files in `tests/replay`, each with a world of servers, questions for a
//! recursive resolver, and what comes of them, line by line. One is a rule, or an attack.
//!
//! | line | meaning |
//! | --- | --- |
//! | `# …` | a remark; the first ones tell what the script is about |
//! | `root SITE…` | the roots |
//! | `says PORT ID values TYPE=DATA…` | what a server answers to a question for an identifier |
//! | `says PORT ID refers CODE NAME TYPE=DATA…` | that it refers to others; `-` for no name |
//! | `says PORT ID code CODE` | that it answers with a code |
//! | `server PORT MANNER` | how it behaves |
//! | `limit WHAT N`, `keeps WHAT N` | other limits of walks, of what is kept (in seconds) |
//! | `private` | servers in private networks are asked too |
//! | `trusts IDENTITY KEY WORD…` | a key that chains may lead up to; `from=N`, `until=N` |
//! | `wait SECONDS` | time goes by |
//! | `? ID WORD…` | somebody asks; words are flags, `type=T`, `index=N` |
//! | `& ID WORD…`, `land` | somebody asks, and waits; all walks that wait are made |
//! | `= …` | what comes of the line above: who is asked, in order, and the answer |
//!
//! A SITE is `PORT` or `PORT+PORT…`, a site with several servers, with `/v6`, `/copy`, `/nokey`,
//! `/private`, `/here` or `/serial7` behind it; as DATA of a type of site, several with commas.
//! DATA of `HS_CERT` is `HOLDER,KEY,ISSUER,SIGNER`, of `HS_SIGNATURE` `ABOUT,ISSUER,SIGNER`, over
//! the values before it; with commas and `exp=N`, `nbf=N` (seconds from the beginning), `iat=N`,
//! `for=SCOPE:ID`, `chain=I:ID` or `alg=NAME` behind it. Keys have names. Other DATA is text, with
//! `@SECONDS` for a ttl, `@=SECONDS` for an absolute one counted from the beginning, and `!` for
//! what not everybody may read.
//!
//! `NAMEPLATE_WRITE_REPLAYS=1 cargo test -p engine replay` writes what comes: to be read before it
//! is believed.

mod resolver;
mod script;
pub(super) mod signing;

use resolver::Resolver;
use script::Line;
use std::fs;
use std::path::{Path, PathBuf};

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replay");
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|it| it == "txt"));
    paths.sort();
    paths
}

/// The script with what comes of it in place of what was written.
fn replay(text: &str) -> String {
    let mut resolver = Resolver::default();
    let mut out = String::new();
    for line in text.lines().filter(|line| !line.starts_with('=')) {
        out.push_str(line);
        out.push('\n');
        for told in resolver.carry_out(&Line::parse(line)) {
            out.push_str("= ");
            out.push_str(&told);
            out.push('\n');
        }
    }
    out
}

#[test]
fn every_script_comes_to_what_it_says() {
    let scripts = scripts();
    assert!(scripts.len() >= 40, "{}", scripts.len());
    let mut wrong = Vec::new();
    for path in scripts {
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("# "),
            "{}: what is it about?",
            path.display()
        );
        let came = replay(&text);
        assert!(
            came.contains("\n= "),
            "{}: nothing comes of it",
            path.display()
        );
        if came == text {
            continue;
        }
        if std::env::var_os("NAMEPLATE_WRITE_REPLAYS").is_some() {
            fs::write(&path, came).unwrap();
        } else {
            wrong.push(format!("{}\n{}", path.display(), difference(&text, &came)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The first lines that differ.
fn difference(text: &str, came: &str) -> String {
    let mut pairs = text.lines().zip(came.lines());
    let (at, first) = (1..)
        .zip(&mut pairs)
        .find(|(_, (one, other))| one != other)
        .map_or((0, ("more", "less")), |it| it);
    format!(
        "  line {at}\n  written: {}\n  came:    {}",
        first.0, first.1
    )
}
