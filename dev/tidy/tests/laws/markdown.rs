//! Lines of a Markdown document, with their numbers and whether they stand in a fenced block.
//!
//! Not here: any law.

/// A line between fences, or outside them; the fences themselves are left out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Counted from 1.
    pub(crate) number: usize,
    pub(crate) text: &'a str,
    pub(crate) is_fenced: bool,
}

/// The lines of `document` in order.
pub(crate) fn lines(document: &str) -> impl Iterator<Item = Line<'_>> {
    let mut fence = None;
    document.lines().enumerate().filter_map(move |(at, text)| {
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| text.trim_start().starts_with(mark));
        match (fence, mark) {
            (None, Some(_)) => fence = mark,
            (Some(open), Some(close)) if open == close => fence = None,
            _ => {
                return Some(Line {
                    number: at + 1,
                    text,
                    is_fenced: fence.is_some(),
                });
            }
        }
        None
    })
}

#[test]
fn fences_are_seen() {
    let seen: Vec<_> = lines("a\n```sh\n~~~\n```\nb").collect();
    let line = |number, text, is_fenced| Line {
        number,
        text,
        is_fenced,
    };
    assert_eq!(
        seen,
        [
            line(1, "a", false),
            line(3, "~~~", true),
            line(5, "b", false)
        ]
    );
}
