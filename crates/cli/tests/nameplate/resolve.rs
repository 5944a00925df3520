//! What `resolve` shows to people, word for word.

use crate::program::{path, run, told};
use crate::served::Served;

/// What is asked and what is shown: a line `$ ARGUMENTS`, then the exit code and the answer.
/// `SERVER`, `HTTP` and `MS` stand for what differs from run to run.
const TRANSCRIPTS: &str = include_str!("golden/resolve.txt");

#[test]
fn people_see_what_the_transcripts_show() {
    let served = Served::start();
    let commands = TRANSCRIPTS
        .lines()
        .filter_map(|line| line.strip_prefix("$ "));
    let shown: Vec<String> = commands.map(|command| shown(&served, command)).collect();
    assert_eq!(shown.join("\n"), TRANSCRIPTS);
    served.stop();
}

fn shown(served: &Served, command: &str) -> String {
    let key = served.site_key();
    let arguments = command.replace("HTTP", &served.http);
    let arguments = arguments.replace("SITE-KEY", path(&key));
    let address = served.node.server();
    let first = ["resolve", "--server", &address];
    let output = run(first.into_iter().chain(arguments.split(' ')));
    let (code, out, err) = told(&output);
    assert_eq!(err, "", "{command}");
    let mut text = format!("$ {command}\nexit code {code}\n");
    for line in out.lines() {
        let line = line
            .replace(&address, "SERVER")
            .replace(&served.http, "HTTP");
        text += &masked(&line);
        text += "\n";
    }
    text
}

/// A line without the time taken.
fn masked(line: &str) -> String {
    match line.strip_suffix(" ms") {
        Some(line) => {
            let end = line
                .trim_end_matches(|of_number: char| of_number.is_ascii_digit() || of_number == '.');
            format!("{end}MS ms")
        }
        None => line.to_owned(),
    }
}
