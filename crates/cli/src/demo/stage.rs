//! Where the demo speaks: one language at a time, and a memory for what went wrong.

use crate::language::Language;
use crate::output::say;
use std::net::SocketAddr;
use std::path::Path;

pub(crate) struct Stage {
    language: Language,
    chapters: usize,
    wrong: usize,
}

impl Stage {
    pub(crate) fn new(language: Option<Language>) -> Self {
        Self {
            language: language.unwrap_or_else(Language::of_environment),
            chapters: 0,
            wrong: 0,
        }
    }

    fn choose<'t>(&self, english: &'t str, chinese: &'t str) -> &'t str {
        match self.language {
            Language::En => english,
            Language::Zh => chinese,
        }
    }

    /// Begins a chapter.
    pub(crate) fn chapter(&mut self, english: &str, chinese: &str) {
        self.chapters += 1;
        say(format_args!(
            "\n{}. {}",
            self.chapters,
            self.choose(english, chinese)
        ));
    }

    /// Says something.
    pub(crate) fn tell(&self, english: &str, chinese: &str) {
        for line in self.choose(english, chinese).lines() {
            say(format_args!("   {line}"));
        }
    }

    /// Says what has happened, and whether that was expected.
    pub(crate) fn expect(&mut self, is_as_expected: bool, english: &str, chinese: &str) {
        self.tell(english, chinese);
        if !is_as_expected {
            self.wrong += 1;
            self.tell("✘ That was not expected.", "✘ 与预期不符。");
        }
    }

    /// Says how it went.
    pub(crate) fn end(&self) {
        say("");
        match self.wrong {
            0 => self.tell("All of it was as expected.", "一切符合预期。"),
            count => self.tell(
                &format!("{count} things were not as expected."),
                &format!("有 {count} 处与预期不符。"),
            ),
        }
    }

    /// Says how to go on by hand.
    pub(crate) fn tell_try_it(&self, identifier: &str, server: SocketAddr, roots: &Path) {
        let program = std::env::current_exe();
        let program =
            program.map_or_else(|_| "nameplate".into(), |path| path.display().to_string());
        let asked = format!("{program} resolve {identifier} --server {server}");
        let walked = format!(
            "{program} resolve {identifier} --trace --roots {}",
            roots.display()
        );
        self.tell(
            &format!(
                "The tree stays up. Ask it yourself:\n\n  {asked}\n  {walked}\n\nCtrl-C ends it."
            ),
            &format!(
                "节点树继续运行，可以自己试一试：\n\n  {asked}\n  {walked}\n\n按 Ctrl-C 结束。"
            ),
        );
    }

    /// Whether nothing went wrong.
    pub(crate) fn is_as_expected(&self) -> bool {
        self.wrong == 0
    }
}
