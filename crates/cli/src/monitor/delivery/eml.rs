//! A letter as the text of a mail (RFC 5322, MIME), which any program for mail opens.
//!
//! Everything that somebody was called goes through an encoding, so that no name can begin a line
//! of its own. The same letter is the same octets. Not here: sending it.

use crate::monitor::letter::Message;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use codes::Date;
use monitor::collect::FileDigest;
use std::fmt::Write as _;

/// How many octets of a text one encoded word holds: with its frame it is below 75 (RFC 2047).
const WORD_OCTETS_MAX: usize = 42;

/// How many characters of Base64 a line has (RFC 2045).
const LINE_CHARACTERS: usize = 76;

/// A file that goes with a letter.
pub(super) struct Attachment {
    /// What it is called: plain letters, digits, points and hyphens.
    pub(super) name: String,
    /// Of which kind it is.
    pub(super) media_type: &'static str,
    /// What is in it.
    pub(super) octets: Vec<u8>,
}

/// To whom, by which name, and when a letter was put in.
pub(super) struct Envelope<'e> {
    pub(super) to: &'e str,
    pub(super) mail: Option<&'e str>,
    pub(super) key: &'e str,
    pub(super) day: Option<Date>,
}

/// The letter as text.
pub(super) fn eml(envelope: &Envelope, message: &Message, with: &[Attachment]) -> String {
    let digest = FileDigest::of(envelope.key.as_bytes()).to_string();
    let digest = digest.get(..32).unwrap_or_default();
    let boundary = format!("nameplate-{digest}");
    let mut out = String::new();
    let mut head = |name: &str, text: &str| {
        let _ = write!(out, "{name}: {text}\r\n");
    };
    head("Message-ID", &format!("<{digest}@nameplate.invalid>"));
    if let Some(day) = envelope.day {
        head("Date", &date(day));
    }
    // Without an address it goes to a group without members: who it is for can be read all the
    // same.
    let to = match envelope.mail {
        Some(mail) => format!("{} <{mail}>", encoded(envelope.to)),
        None => format!("{}:;", encoded(envelope.to)),
    };
    head("To", &to);
    head("Subject", &encoded(&subject(message)));
    head("MIME-Version", "1.0");
    head(
        "Content-Type",
        &format!("multipart/mixed;\r\n boundary=\"{boundary}\""),
    );
    let _ = write!(
        out,
        "\r\n--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n"
    );
    put_base64(&mut out, text(message).as_bytes());
    for file in with {
        let (media_type, name) = (file.media_type, &file.name);
        let _ = write!(
            out,
            "--{boundary}\r\nContent-Type: {media_type}\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n"
        );
        put_base64(&mut out, &file.octets);
    }
    let _ = write!(out, "--{boundary}--\r\n");
    out
}

/// Chinese first, as those read who are written to.
fn subject(message: &Message) -> String {
    let [english, chinese] = &message.subject;
    let said = format!("{chinese} / {english}");
    if message.mark.is_empty() {
        return said;
    }
    format!("【{}】{said}", message.mark)
}

/// The text for people: Chinese, then English, beneath the mark.
pub(super) fn text(message: &Message) -> String {
    let [english, chinese] = &message.text;
    let mark = if message.mark.is_empty() {
        String::new()
    } else {
        format!("【{}】\n\n", message.mark)
    };
    format!("{mark}{chinese}\n\n----\n\n{english}\n")
}

/// A text as encoded words (RFC 2047), on lines of their own but for the first.
fn encoded(text: &str) -> String {
    let mut words = vec![String::new()];
    for character in text.chars() {
        let last = words.last_mut().expect("there is one at least");
        if last.len() + character.len_utf8() > WORD_OCTETS_MAX {
            words.push(String::from(character));
        } else {
            last.push(character);
        }
    }
    let word = |word: &String| format!("=?utf-8?B?{}?=", STANDARD.encode(word));
    words.iter().map(word).collect::<Vec<_>>().join("\r\n ")
}

fn put_base64(out: &mut String, octets: &[u8]) {
    let text = STANDARD.encode(octets);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(LINE_CHARACTERS));
        out.push_str(line);
        out.push_str("\r\n");
        rest = more;
    }
}

/// A day as mails write it, at the hour at which it begins in China.
fn date(day: Date) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = MONTHS
        .get(usize::from(day.month()) - 1)
        .copied()
        .unwrap_or("Jan");
    format!("{:02} {month} {:04} 00:00:00 +0800", day.day(), day.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message {
            subject: [
                "late: a\r\nBcc: x@y".to_owned(),
                "催报：合成甲市".to_owned(),
            ],
            text: ["english".to_owned(), "中文".to_owned()],
            mark: "合成数据".to_owned(),
            bulletin: None,
        }
    }

    fn unfolded(text: &str) -> String {
        text.replace("\r\n ", " ")
    }

    #[test]
    fn no_name_begins_a_line_of_its_own() {
        let envelope = Envelope {
            to: "甲\r\nBcc: z@z",
            mail: Some("a@b.example"),
            key: "k",
            day: Date::new(2022, 12, 5),
        };
        let attachment = Attachment {
            name: "b-1.docx".to_owned(),
            media_type: "application/octet-stream",
            octets: vec![7; 200],
        };
        let said = eml(&envelope, &message(), &[attachment]);
        assert!(!said.contains("Bcc"), "{said}");
        assert!(said.contains("Date: 05 Dec 2022 00:00:00 +0800\r\n"));
        assert!(said.contains("filename=\"b-1.docx\""));
        assert!(said.lines().all(|line| line.len() <= 78), "{said}");
        assert!(said.is_ascii() && !said.replace("\r\n", "").contains('\n'));
        // What is encoded is what was said.
        let subject = unfolded(&said);
        let subject = subject
            .lines()
            .find_map(|line| line.strip_prefix("Subject: "))
            .unwrap();
        let words = subject.split(' ').map(|word| {
            let word = word.strip_prefix("=?utf-8?B?").unwrap();
            STANDARD.decode(word.strip_suffix("?=").unwrap()).unwrap()
        });
        let octets: Vec<u8> = words.flatten().collect();
        let expected = "【合成数据】催报：合成甲市 / late: a\r\nBcc: x@y";
        assert_eq!(String::from_utf8(octets).unwrap(), expected);
        assert_eq!(
            said,
            eml(
                &envelope,
                &message(),
                &[Attachment {
                    name: "b-1.docx".to_owned(),
                    media_type: "application/octet-stream",
                    octets: vec![7; 200],
                }]
            )
        );
    }

    #[test]
    fn without_an_address_it_goes_to_nobody_but_says_who() {
        let envelope = Envelope {
            to: "甲",
            mail: None,
            key: "k",
            day: None,
        };
        let said = eml(&envelope, &message(), &[]);
        assert!(said.contains("To: =?utf-8?B?55Sy?=:;\r\n"), "{said}");
        assert!(!said.contains("Date:"));
    }
}
