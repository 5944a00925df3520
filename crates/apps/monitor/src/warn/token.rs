//! The words of a rule: names, numbers, texts and signs, each with its place.
//!
//! | token | written |
//! | --- | --- |
//! | word | letters, digits, `.`, `_`, and `-` between them: `a-2` is one word, `a - 2` is three |
//! | number | digits, and a point between digits; no exponent, no commas |
//! | text | between `"` on one line |
//! | sign | `( ) , + - * / < <= > >= = !=` |
//!
//! `#` begins a comment that goes to the end of the line. What input methods of Chinese write for a
//! sign is told as such. Not here: what words mean.

use super::complaint::{Complaint, Place};
use codes::Number;
use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

/// The longest text of a rule, in octets: some pages.
pub(super) const TEXT_OCTETS_MAX: usize = 16 << 10;

/// The signs of one character.
const SIGNS: [(char, &str); 10] = [
    ('(', "("),
    (')', ")"),
    (',', ","),
    ('+', "+"),
    ('-', "-"),
    ('*', "*"),
    ('/', "/"),
    ('<', "<"),
    ('>', ">"),
    ('=', "="),
];

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Word(String),
    Number(Number),
    Text(String),
    Sign(&'static str),
    End,
}

/// A token and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) place: Place,
}

/// Prints it as it stands in the text.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Word(word) => write!(f, "'{word}'"),
            Kind::Number(number) => write!(f, "'{number}'"),
            Kind::Text(text) => write!(f, "\"{text}\""),
            Kind::Sign(sign) => write!(f, "'{sign}'"),
            Kind::End => f.write_str("the end (结尾)"),
        }
    }
}

/// Takes a text apart; the last token is the end.
///
/// # Errors
/// At the first character that cannot be there, or of a text that is too long.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Complaint> {
    if text.len() > TEXT_OCTETS_MAX {
        let start = Place { line: 1, column: 1 };
        return Err(Complaint::at(
            start,
            format!("a rule has at most {TEXT_OCTETS_MAX} octets"),
            format!("规则文本最多 {TEXT_OCTETS_MAX} 字节"),
        ));
    }
    let mut reader = Reader {
        left: text.chars().peekable(),
        place: Place { line: 1, column: 1 },
    };
    let mut tokens = Vec::new();
    loop {
        let token = reader.token()?;
        let is_end = token.kind == Kind::End;
        tokens.push(token);
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Reader<'t> {
    left: Peekable<Chars<'t>>,
    place: Place,
}

impl Reader<'_> {
    fn token(&mut self) -> Result<Token, Complaint> {
        self.pass_over_space();
        let place = self.place;
        let kind = match self.left.peek().copied() {
            None => Kind::End,
            Some('"') => self.text()?,
            Some(found) if found.is_ascii_digit() => self.number_or_word()?,
            Some(found) if is_of_word(found) => Kind::Word(self.word(String::new())),
            Some(_) => self.sign()?,
        };
        Ok(Token { kind, place })
    }

    fn next(&mut self) -> Option<char> {
        let found = self.left.next()?;
        if found == '\n' {
            self.place.line += 1;
            self.place.column = 1;
        } else {
            self.place.column += 1;
        }
        Some(found)
    }

    fn pass_over_space(&mut self) {
        while let Some(found) = self.left.peek() {
            match found {
                '#' => {
                    while self.left.peek().is_some_and(|found| *found != '\n') {
                        self.next();
                    }
                }
                // The space of Chinese and the mark at the head of files are white, too.
                found if found.is_whitespace() || *found == '\u{feff}' => {
                    self.next();
                }
                _ => return,
            }
        }
    }

    /// Goes on with a word; a hyphen belongs to it if a letter or digit follows.
    fn word(&mut self, mut word: String) -> String {
        while let Some(found) = self.left.peek().copied() {
            let mut ahead = self.left.clone();
            ahead.next();
            let goes_on = ahead.next().is_some_and(is_of_word);
            let is_hyphen_within = found == '-' && !word.is_empty() && goes_on;
            if !is_of_word(found) && !is_hyphen_within {
                break;
            }
            word.extend(self.next());
        }
        word
    }

    fn number_or_word(&mut self) -> Result<Kind, Complaint> {
        let place = self.place;
        let mut digits = String::new();
        while let Some(found) = self.left.peek().copied() {
            let mut ahead = self.left.clone();
            ahead.next();
            let is_point = found == '.'
                && !digits.contains('.')
                && ahead.next().is_some_and(|next| next.is_ascii_digit());
            if !found.is_ascii_digit() && !is_point {
                break;
            }
            digits.extend(self.next());
        }
        if self.left.peek().copied().is_some_and(is_of_word) {
            return Ok(Kind::Word(self.word(digits)));
        }
        match digits.parse() {
            Ok(number) => Ok(Kind::Number(number)),
            Err(_) => Err(Complaint::at(
                place,
                "the number has too many digits: at most 12 after the point, 27 in all",
                "数字位数过多：小数最多 12 位，总共最多 27 位",
            )),
        }
    }

    fn text(&mut self) -> Result<Kind, Complaint> {
        let place = self.place;
        self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                Some('"') => return Ok(Kind::Text(text)),
                Some(found) if !found.is_control() => text.push(found),
                _ => {
                    return Err(Complaint::at(
                        place,
                        "the text that begins here has no closing '\"' on its line",
                        "此处开始的文字在本行内没有结束的英文双引号",
                    ));
                }
            }
        }
    }

    fn sign(&mut self) -> Result<Kind, Complaint> {
        let place = self.place;
        let Some(found) = self.next() else {
            return Ok(Kind::End);
        };
        let is_equal_next = self.left.peek() == Some(&'=');
        let long = match found {
            '<' => Some("<="),
            '>' => Some(">="),
            '!' => Some("!="),
            _ => None,
        };
        if let Some(sign) = long.filter(|_| is_equal_next) {
            self.next();
            return Ok(Kind::Sign(sign));
        }
        let sign = SIGNS.iter().find(|(sign, _)| *sign == found);
        sign.map(|(_, sign)| Kind::Sign(sign))
            .ok_or_else(|| strange(place, found))
    }
}

/// Chinese names are words, too; what is written full-width is not.
fn is_of_word(found: char) -> bool {
    let is_narrow = codes::half_width(found.encode_utf8(&mut [0; 4])).starts_with(found);
    (found.is_alphanumeric() || found == '_' || found == '.') && is_narrow
}

fn strange(place: Place, found: char) -> Complaint {
    let narrow = codes::half_width(found.encode_utf8(&mut [0; 4])).into_owned();
    let instead = match found {
        '“' | '”' => "\"",
        '、' => ",",
        '。' => ".",
        '≤' => "<=",
        '≥' => ">=",
        '≠' => "!=",
        '×' => "*",
        '÷' => "/",
        '−' | '—' => "-",
        _ if !narrow.starts_with(found) => &narrow,
        _ => {
            return Complaint::at(
                place,
                format!("'{}' has no meaning in a rule", found.escape_debug()),
                format!("规则中不能有“{}”", found.escape_debug()),
            );
        }
    };
    Complaint::at(
        place,
        format!("found '{found}'; write '{instead}'"),
        format!("此处为“{found}”，请写成半角“{instead}”"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        let tokens = tokens(text).unwrap();
        tokens.into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn hyphens_belong_to_words_between_letters_only() {
        let word = |word: &str| Kind::Word(word.to_owned());
        let number = |text: &str| Kind::Number(text.parse().unwrap());
        let minus = Kind::Sign("-");
        assert_eq!(kinds("a-b"), [word("a-b"), Kind::End]);
        assert_eq!(
            kinds("a - b"),
            [word("a"), minus.clone(), word("b"), Kind::End]
        );
        assert_eq!(
            kinds("3-1.5"),
            [number("3"), minus.clone(), number("1.5"), Kind::End]
        );
        assert_eq!(kinds("5g-site"), [word("5g-site"), Kind::End]);
        assert_eq!(kinds("a- 1"), [word("a"), minus, number("1"), Kind::End]);
        assert_eq!(
            kinds("# x\n蓝色 \"a b\" <="),
            [
                word("蓝色"),
                Kind::Text("a b".into()),
                Kind::Sign("<="),
                Kind::End
            ]
        );
    }

    #[test]
    fn strange_characters_are_told_at_their_place() {
        let check = |text: &str, place: (u32, u32), english: &str, chinese: &str| {
            let complaint = tokens(text).unwrap_err();
            assert_eq!(
                (complaint.place.line, complaint.place.column),
                place,
                "{text}"
            );
            assert!(complaint.to_string().contains(english), "{complaint}");
            assert!(complaint.chinese().contains(chinese), "{complaint:?}");
        };
        check("a\n b（", (2, 3), "write '('", "第 2 行第 3 列");
        check("a ≤ 3", (1, 3), "write '<='", "请写成半角“<=”");
        check("１", (1, 1), "write '1'", "半角");
        check("a;", (1, 2), "';' has no meaning", "不能有");
        check("\"a\nb\"", (1, 1), "no closing", "没有结束");
        check(&"1".repeat(28), (1, 1), "too many digits", "位数过多");
        check(&"a".repeat(TEXT_OCTETS_MAX + 1), (1, 1), "16384", "16384");
    }
}
