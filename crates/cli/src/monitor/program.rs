//! Other programs: started with something to read, waited for within a time.
//!
//! Not here: which (`delivery`, `pdf`).

use std::io::{self, ErrorKind, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How much of what a program says on standard error is kept, in octets.
const SAID_OCTETS_MAX: u64 = 4096;

/// How often it is looked at.
const LOOK_EACH: Duration = Duration::from_millis(10);

/// How long what it said is waited for when it has ended: something that it has started may still
/// hold its standard error.
const SAID_TIME_MAX: Duration = Duration::from_secs(1);

/// How a program ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// Its exit code; `None` if a signal ended it.
    pub(super) code: Option<i32>,
    /// What it said on standard error, on one line.
    pub(super) said: String,
}

/// Runs a program with something on its standard input, without a shell. One that takes longer than
/// it may is killed.
pub(super) fn run<'a>(
    program: &str,
    arguments: impl IntoIterator<Item = &'a str>,
    input: &[u8],
    time_max: Duration,
) -> io::Result<Ended> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    // It may say much before it has read all, or end without reading.
    let input = input.to_vec();
    thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
    let (says, hears) = mpsc::channel();
    thread::spawn(move || {
        let mut said = Vec::new();
        if let Some(mut stderr) = stderr {
            let _ = stderr.by_ref().take(SAID_OCTETS_MAX).read_to_end(&mut said);
            let _ = says.send(said);
            // The rest is read and forgotten, lest the program wait for a reader.
            let _ = io::copy(&mut stderr, &mut io::sink());
        }
    });
    let Some(status) = wait(&mut child, time_max)? else {
        let problem = format!("it took longer than {} s", time_max.as_secs());
        return Err(io::Error::new(ErrorKind::TimedOut, problem));
    };
    let said = hears.recv_timeout(SAID_TIME_MAX).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    Ok(Ended {
        code: status.code(),
        said: said.split_whitespace().collect::<Vec<_>>().join(" "),
    })
}

/// How it ended; `None` if it had to be killed.
fn wait(child: &mut Child, time_max: Duration) -> io::Result<Option<ExitStatus>> {
    let ends_by = Instant::now() + time_max;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= ends_by {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK_EACH);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn a_program_reads_says_and_ends() {
        let ended = run("cat", ["-"], &vec![b'x'; 1 << 20], LONG).unwrap();
        assert_eq!((ended.code, ended.said.as_str()), (Some(0), ""));
        let ended = run("sh", ["-c", "cat >&2; exit 67"], b"no such\nuser", LONG).unwrap();
        let said = (ended.code, ended.said.as_str());
        assert_eq!(said, (Some(67), "no such user"));
        // It ends before it has read all, and says more than is kept.
        let much = ["-c", "head -c 100000 /dev/zero >&2"];
        let ended = run("sh", much, &vec![0; 1 << 20], LONG).unwrap();
        assert_eq!((ended.code, ended.said.len()), (Some(0), 4096));
        let error = run("/nowhere/at-all", [], b"", LONG).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn one_that_takes_too_long_is_killed() {
        let began = Instant::now();
        let error = run("sleep", ["30"], b"", Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(began.elapsed() < LONG);
    }
}
