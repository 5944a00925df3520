//! Letters on their way out: to a program for mail, or into a folder.
//!
//! | of whoever it is for | goes |
//! | --- | --- |
//! | there is an address in `contacts.csv`, and `mail` in `monitor.toml` | to that program |
//! | otherwise | into `outgoing/BODY/`, as a file that programs for mail open |
//!
//! The program gets the address as its last argument and the letter on its standard input.
//! A file is there as a whole or not at all, and the same letter is the same file. A program may be
//! told the same letter twice, if this one dies between: the `Message-ID` is the same. Not here:
//! when it is tried again (room `jobs`).

mod eml;

use super::contacts::Contacts;
use super::folder::Folder;
use super::letter::{Message, message};
use super::program::{self, Ended};
use eml::{Attachment, Envelope, eml};
use facts::Instant;
use jobs::outbox::{Outcome, find};
use jobs::{Delivery, Letter};
use monitor::bulletin::{self, Languages, docx};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// Where letters lie that no program sends.
const OUTGOING: &str = "outgoing";

/// How long a program for mail may take with a letter.
const MAIL_TIME_MAX: Duration = Duration::from_mins(1);

/// The longest part of a file name that is taken from a name, in characters.
const NAME_CHARACTERS_MAX: usize = 48;

/// What programs for mail end with if nobody is there (`EX_NOUSER`, `EX_NOHOST` of sysexits.h).
const NOBODY: [i32; 2] = [67, 68];

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// Sends letters of a folder.
pub(super) struct Post<'f> {
    pub(super) folder: &'f Folder,
    pub(super) contacts: &'f Contacts,
}

impl Delivery for Post<'_> {
    fn deliver(&mut self, letter: &Letter) -> Outcome {
        let message = match message(letter) {
            Ok(message) => message,
            Err(problem) => return Outcome::Refused(problem),
        };
        let attachments = match self.attachments(&message) {
            Ok(attachments) => attachments,
            Err(problem) => return Outcome::Refused(problem),
        };
        let mail = self.contacts.mail(&letter.to);
        let envelope = Envelope {
            to: &letter.to,
            mail,
            key: &letter.key,
            day: self.day(letter),
        };
        let text = eml(&envelope, &message, &attachments);
        match (mail, self.folder.settings.mail.split_first()) {
            (Some(mail), Some((program, arguments))) => {
                let arguments = arguments.iter().map(String::as_str).chain([mail]);
                sent(program, arguments, text.as_bytes())
            }
            _ => match self.lay_out(letter, text.as_bytes()) {
                Ok(()) => Outcome::Delivered,
                Err(error) => Outcome::Failed(error.to_string()),
            },
        }
    }
}

impl Post<'_> {
    /// The day on which a letter was put in.
    fn day(&self, letter: &Letter) -> Option<codes::Date> {
        let posted = find(&*self.folder.view(), &letter.key).ok().flatten()?;
        Instant(posted.posted_at.0).day_in_china()
    }

    /// A bulletin goes as it was frozen.
    fn attachments(&self, message: &Message) -> Result<Vec<Attachment>, String> {
        let Some(name) = &message.bulletin else {
            return Ok(Vec::new());
        };
        let found = bulletin::find(&*self.folder.view(), name);
        let found = found.map_err(|error| error.to_string())?;
        let found = found.ok_or_else(|| format!("there is no bulletin '{name}'"))?;
        Ok(vec![Attachment {
            name: format!("{name}.docx"),
            media_type: DOCX,
            octets: docx(&found, Languages::Chinese),
        }])
    }

    /// Lays a letter into the folder of whoever it is for.
    fn lay_out(&self, letter: &Letter, octets: &[u8]) -> io::Result<()> {
        let folder = self.folder.path.join(OUTGOING).join(plain(&letter.to));
        fs::create_dir_all(&folder)?;
        write_whole(&folder.join(format!("{}.eml", plain(&letter.key))), octets)
    }
}

/// What a name becomes in the names of files: what is neither letter nor digit is a hyphen, and a
/// digest of the whole keeps two names apart.
fn plain(name: &str) -> String {
    let fits = |found: char| {
        if found.is_alphanumeric() || ".-_".contains(found) {
            found
        } else {
            '-'
        }
    };
    let short: String = name.chars().take(NAME_CHARACTERS_MAX).map(fits).collect();
    let short = short.trim_start_matches('.');
    let digest = monitor::collect::FileDigest::of(name.as_bytes()).to_string();
    format!("{short}-{}", digest.get(..8).unwrap_or_default())
}

/// Writes a file that is there as a whole or not at all, even if the machine stops.
pub(super) fn write_whole(path: &Path, octets: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(octets)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()
}

fn sent<'a>(
    program: &'a str,
    arguments: impl IntoIterator<Item = &'a str>,
    letter: &[u8],
) -> Outcome {
    match program::run(program, arguments, letter, MAIL_TIME_MAX) {
        Ok(Ended { code: Some(0), .. }) => Outcome::Delivered,
        Ok(Ended { code, said }) => {
            let code_said = code.map_or("a signal".to_owned(), |code| code.to_string());
            let problem = format!("{program} ended with {code_said}: {said}");
            if code.is_some_and(|code| NOBODY.contains(&code)) {
                Outcome::Refused(problem)
            } else {
                Outcome::Failed(problem)
            }
        }
        Err(error) => Outcome::Failed(format!("{program}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_within_their_folder_and_apart() {
        for name in [
            "..",
            "../../etc/passwd",
            "/etc",
            "a/b",
            "",
            ".",
            "合成甲市\n",
            "a\\b",
        ] {
            let file = plain(name);
            assert_eq!(Path::new(&file).components().count(), 1, "{file}");
            assert!(
                !file.starts_with('.') && !file.contains(['/', '\\', '\n']),
                "{file}"
            );
        }
        assert_ne!(plain("a/b"), plain("a-b"));
        assert!(plain(&"合".repeat(400)).len() < 255);
        assert!(plain("合成甲市").starts_with("合成甲市-"));
    }
}
