//! Who may see and do what, and how they show who they are.
//!
//! A file of tokens says so, a line each:
//!
//! ```text
//! # rights   whom it speaks for        token
//! read       省统计局                  3b1f…   (at least 32 characters)
//! see        省工信厅运行监测处          9c40…
//! act        合成丙市工信局             77d2…
//! act        *                         e0a9…   (speaks for whoever it names: the office)
//! ```
//!
//! `read`: what disclosure control lets be shown. `see`: single enterprises, too, and cases. `act`:
//! takes steps in the name of its body, too. A name with a blank in it has `_` for it.
//!
//! Only digests of tokens are kept in memory, and they are compared in constant time. Not here:
//! what disclosure control is (room `facts`).

use crypto::Provider;
use engine::{Cryptography, Digests, Macs};
use hyper::header::{AUTHORIZATION, HeaderMap};

/// The least characters of a token: 128 bits, if they are hexadecimal digits drawn by chance.
const TOKEN_LENGTH_MIN: usize = 32;

/// The most characters of a token.
const TOKEN_LENGTH_MAX: usize = 256;

/// The most tokens: each is compared with what is shown.
const TOKENS_COUNT_MAX: usize = 1000;

/// Says what somebody may; each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rights {
    /// What disclosure control lets be shown.
    Read,
    /// Single enterprises, too.
    See,
    /// Steps in the name of a body, too.
    Act,
}

impl Rights {
    /// What they are called in the file of tokens and in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::See => "see",
            Self::Act => "act",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Read, Self::See, Self::Act]
            .into_iter()
            .find(|rights| rights.word() == word)
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Who {
    pub(super) rights: Rights,
    /// For which body; `None` for whichever they name.
    pub(super) body: Option<String>,
}

/// A line of a file of tokens that cannot be taken. Whoever wrote it must act.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct TokenProblem {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong with it; never the token itself.
    pub problem: &'static str,
}

struct Token {
    digest: [u8; 32],
    who: Who,
}

/// Everybody who may come in, and what for.
pub struct Access {
    tokens: Vec<Token>,
    /// What somebody may who shows no token; `None` for nothing.
    others: Option<Rights>,
}

impl Access {
    /// For this machine alone: whoever comes from it reads what may be shown, and the token that is
    /// returned, made for this run, may everything.
    pub fn of_this_machine() -> (Self, String) {
        let token = hex::encode(Provider.chance());
        let who = Who {
            rights: Rights::Act,
            body: None,
        };
        let digest = Provider.sha256(token.as_bytes());
        let access = Self {
            tokens: vec![Token { digest, who }],
            others: Some(Rights::Read),
        };
        (access, token)
    }

    /// By a file of tokens; who shows none of them gets nothing.
    ///
    /// # Errors
    /// [`TokenProblem`] of the first line that cannot be taken, or if there is no token in it.
    pub fn of_file(text: &str) -> Result<Self, TokenProblem> {
        let mut tokens: Vec<Token> = Vec::new();
        let mut last = 0;
        for (at, line) in text.lines().enumerate() {
            last = at + 1;
            let wrong = |problem| TokenProblem {
                line: at + 1,
                problem,
            };
            let line = line.trim().trim_start_matches('\u{feff}');
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let token = token(line).map_err(wrong)?;
            if tokens.iter().any(|other| other.digest == token.digest) {
                return Err(wrong("the same token stands above"));
            }
            if tokens.len() == TOKENS_COUNT_MAX {
                return Err(wrong("there are more than 1000 tokens"));
            }
            tokens.push(token);
        }
        if tokens.is_empty() {
            let problem = "there is no token; write `read|see|act BODY TOKEN`";
            return Err(TokenProblem {
                line: last,
                problem,
            });
        }
        Ok(Self {
            tokens,
            others: None,
        })
    }

    /// Who asks; `None` if nobody who may. A wrong token is nobody, not somebody without one.
    pub(super) fn who(&self, headers: &HeaderMap) -> Option<Who> {
        let Some(header) = headers.get(AUTHORIZATION) else {
            let rights = self.others?;
            return Some(Who { rights, body: None });
        };
        let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let digest = Provider.sha256(token.trim().as_bytes());
        let mut found = None;
        // All of them, always: how long it takes says nothing of which.
        for token in &self.tokens {
            if Provider.are_equal(&token.digest, &digest) {
                found = Some(&token.who);
            }
        }
        found.cloned()
    }
}

fn token(line: &str) -> Result<Token, &'static str> {
    let parts: Vec<&str> = line.split_whitespace().collect();
    let [rights, body, token] = parts.as_slice() else {
        return Err("write `read|see|act BODY TOKEN`");
    };
    let rights = Rights::of(rights).ok_or("rights are read, see or act")?;
    if !(TOKEN_LENGTH_MIN..=TOKEN_LENGTH_MAX).contains(&token.len())
        || !token.bytes().all(|octet| octet.is_ascii_graphic())
    {
        return Err("a token has 32 to 256 ASCII characters");
    }
    let body = (*body != "*").then(|| body.replace('_', " "));
    Ok(Token {
        digest: Provider.sha256(token.as_bytes()),
        who: Who { rights, body },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    const ONE: &str = "0123456789abcdef0123456789abcdef";
    const TWO: &str = "fedcba9876543210fedcba9876543210";

    fn shown(header: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_str(header).unwrap());
        headers
    }

    #[test]
    fn a_token_is_who_its_line_says_and_nobody_else_comes_in() {
        let file = format!("# tokens\n\nsee 省_统计局 {ONE}\nact * {TWO}\n");
        let access = Access::of_file(&file).unwrap();
        let who = |header: &str| access.who(&shown(header));
        let see = Who {
            rights: Rights::See,
            body: Some("省 统计局".to_owned()),
        };
        assert_eq!(who(&format!("Bearer {ONE}")), Some(see));
        let all = who(&format!("bearer  {TWO}")).unwrap();
        assert_eq!((all.rights, all.body), (Rights::Act, None));
        let wrong = [
            format!("Bearer {}", &ONE[1..]),
            format!("Bearer {ONE}0"),
            format!("Basic {ONE}"),
            "Bearer ".to_owned(),
            ONE.to_owned(),
        ];
        for wrong in &wrong {
            assert_eq!(who(wrong), None, "{wrong}");
        }
        assert_eq!(access.who(&HeaderMap::new()), None);
    }

    #[test]
    fn this_machine_reads_and_its_token_acts() {
        let (access, token) = Access::of_this_machine();
        let nobody = access.who(&HeaderMap::new()).unwrap();
        assert_eq!(nobody.rights, Rights::Read);
        let all = access.who(&shown(&format!("Bearer {token}"))).unwrap();
        assert_eq!(all.rights, Rights::Act);
        assert_eq!(access.who(&shown("Bearer wrong")), None);
        assert_ne!(Access::of_this_machine().1, token);
    }

    #[test]
    fn lines_that_cannot_be_taken_are_told() {
        let check = |file: &str, line, part: &str| {
            let Err(problem) = Access::of_file(file) else {
                panic!("{file} was taken");
            };
            assert_eq!(problem.line, line, "{file}");
            assert!(problem.problem.contains(part), "{problem}");
        };
        check("", 0, "no token");
        check("# nothing\n", 1, "no token");
        check(&format!("all * {ONE}"), 1, "rights");
        check("\nsee *", 2, "write");
        check(&format!("see * {}", &ONE[1..]), 1, "32");
        check(&format!("see a {ONE}\nact b {ONE}"), 2, "same");
    }
}
