//! Tests of patterns: each rule of Java's that a template could rely on.

use super::*;

fn groups(pattern: &str, text: &str, case: SuffixCase) -> Option<Vec<String>> {
    Patterns::new(case).groups(pattern, text).unwrap()
}

/// Checks which texts a pattern matches and which it does not, where case matters.
fn check(pattern: &str, matching: &[&str], others: &[&str]) {
    for text in matching {
        assert!(
            groups(pattern, text, SuffixCase::Sensitive).is_some(),
            "{pattern} on {text:?}"
        );
    }
    for text in others {
        assert!(
            groups(pattern, text, SuffixCase::Sensitive).is_none(),
            "{pattern} on {text:?}"
        );
    }
}

fn check_folded(pattern: &str, matching: &[&str], others: &[&str]) {
    for text in matching {
        assert!(
            groups(pattern, text, SuffixCase::Insensitive).is_some(),
            "{pattern} on {text:?}"
        );
    }
    for text in others {
        assert!(
            groups(pattern, text, SuffixCase::Insensitive).is_none(),
            "{pattern} on {text:?}"
        );
    }
}

fn check_groups(pattern: &str, text: &str, expected: &[&str]) {
    assert_eq!(
        groups(pattern, text, SuffixCase::Sensitive).unwrap(),
        expected,
        "{pattern}"
    );
}

fn check_refused(pattern: &str, part: &str) {
    let said = Patterns::new(SuffixCase::Insensitive)
        .groups(pattern, "")
        .unwrap_err();
    let said = format!("{said}");
    assert!(said.contains(part), "{pattern}: {said}");
}

#[test]
fn the_whole_text_must_match() {
    check("ab", &["ab"], &["", "a", "abc", "xab", "AB"]);
    check("a|ab", &["a", "ab"], &["b"]);
    check("", &[""], &["a"]);
    check("^ab$", &["ab"], &["ab ", "ab\n"]);
    check("ab$\n?", &["ab", "ab\n"], &["ab\n\n"]);
}

#[test]
fn case_of_ascii_letters_alone_is_folded() {
    check_folded("aB[c-e]", &["abc", "ABD"], &["abf"]);
    check_folded("[^a]", &["b"], &["a", "A"]);
    check_folded("é", &["é"], &["É"]);
    check_folded("[k]", &["K"], &["\u{212a}"]);
    check_folded("(?-i)a(?i:b)c", &["abc", "aBc"], &["Abc", "abC"]);
    check_folded(r"(a)\1", &["aa", "aA"], &["ab"]);
    check("(?i)a(?-i:b)c|(?i:x)y", &["Abc", "abC", "Xy"], &["aBc"]);
    check("((?i)a)b", &["Ab"], &["aB"]);
}

#[test]
fn groups_are_numbered_from_left_to_right() {
    check_groups(r"box\(([^,]*),([^,]*)\)", "box(10,20)", &["10", "20"]);
    check_groups("(a)|(b)", "b", &["", "b"]);
    check_groups("(?<x>a(b))(?:c)(d)", "abcd", &["ab", "b", "d"]);
    check_groups("(a*?)(a*)", "aaa", &["", "aaa"]);
    check_groups("(?<n>.)\\k<n>(.)", "aab", &["a", "b"]);
}

#[test]
fn classes_are_javas() {
    check("[a-c&&[^b]]", &["a", "c"], &["b", "d", "&"]);
    check("[a[x-z]]", &["a", "y"], &["b", "["]);
    check("[^a-c&&[b-d]]", &["a", "e"], &["b", "c"]);
    check(r"[\d\-.]+", &["1-2.3"], &["a"]);
    check("[-a]", &["-", "a"], &["b"]);
    check("[a-]", &["-", "a"], &["b"]);
    check(r"[\]\\]", &["]", "\\"], &["["]);
    check(r"\d\D\w\W\s\S", &["1aa- x"], &["1aa-xx", "١aa- x"]);
    check(r"[\w&&[^\d]]+", &["ab_"], &["a1"]);
    check(r"\p{Alpha}\P{Alpha}\p{XDigit}", &["a1f"], &["aaf", "a1g"]);
    check(r"\h\v", &["\u{3000}\n"], &["ab"]);
}

#[test]
fn escapes_are_javas() {
    check(r"\x41\u6cf5\x{1F600}\0101\t\cA", &["A泵😀A\t\u{1}"], &["A"]);
    check(r"\Qa.b\Ec", &["a.bc"], &["axbc"]);
    check(r"\Qa.*", &["a.*"], &["abc"]);
    check(r"\.\*\(\/\@", &[".*(/@"], &["x*(/@"]);
    check(
        r"a\Rb",
        &["a\r\nb", "a\u{85}b", "a\u{b}b"],
        &["ab", "a\r\r\nb"],
    );
    check(r"\bab\b-\bcd\b", &["ab-cd"], &["ab-xcd"]);
    check(r"a\Bb", &["ab"], &["a b"]);
}

#[test]
fn a_dot_is_no_line_end_unless_it_is_said() {
    check("a.b", &["a泵b", "a b"], &["a\nb", "a\u{2028}b", "a\rb"]);
    check("(?s)a.b", &["a\nb"], &["ab"]);
}

#[test]
fn quantifiers_and_look_around_are_javas() {
    check("a{2}b{1,}c{0,2}", &["aab", "aabbcc"], &["ab", "aabccc"]);
    check("a*+a", &[], &["aaa"]);
    check("(?>a*)b", &["aab"], &["aa"]);
    check("(?=.*z)a.*", &["abz"], &["ab"]);
    check("(?!ab).*", &["ba"], &["abc"]);
    check(".*(?<=z)", &["az"], &["za"]);
    check(".*(?<!z)", &["za"], &["az"]);
}

#[test]
fn what_is_not_offered_or_wrong_is_said() {
    check_refused("(", "not closed");
    check_refused(")", "not open");
    check_refused("[a", "not closed");
    check_refused("[]", "without characters");
    check_refused("[z-a]", "does not ascend");
    check_refused("\\", "ends in a backslash");
    check_refused(r"\p{Lu}", "other than those of ASCII");
    check_refused(r"\G", "not offered");
    check_refused(r"\N{DASH}", "not offered");
    check_refused("(?m)a", "not offered");
    check_refused("(?P<n>a)", "not offered");
    check_refused("(?(1)a|b)", "not offered");
    check_refused("(?<1>a)", "without a name");
    check_refused("a{x}", "begins no quantifier");
    check_refused("a{1001}", "more than 1000 times");
    check_refused("*", "is none");
    check_refused("(((a{1000}){1000}){1000}){9}", "is none");
    check_refused(r"\x{110000}", "beyond the last");
    check_refused(&"[a".repeat(9), "too deep");
    check_refused(&"(".repeat(500), "not closed");
    check_refused(&("(".repeat(500) + &")".repeat(500)), "is none");
    check_refused(&"a".repeat(1025), "longer than 1024");
}

#[test]
fn half_characters_are_in_no_set() {
    check(r"[\ud800-\udfff]", &[], &["a"]);
    check(r"[\x{0}-\x{10ffff}]", &["\u{10ffff}", "\0"], &[""]);
}
