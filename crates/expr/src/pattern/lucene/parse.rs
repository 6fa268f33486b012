//! Reads Lucene's regular expressions as `org.apache.lucene.util.automaton.RegExp` does with all optional operators on.
//!
//! From loose to tight: `|`, `&`, one after the other, `? + * {n,m}`, `~`, classes and the rest. As there, an
//! operator where an operand must stand is an ordinary character: `*a` is the text `*a`. A backslash makes the
//! next character ordinary, whatever it is.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::error::RegexError;
use super::node::{Interval, Node, Times};
use crate::limits::{REGEX_DEPTH_MAX, REGEX_PATTERN_BYTES_MAX, REGEX_QUANTIFIERS_MAX};
use crate::pattern::Case;

/// Reads a whole pattern.
pub(crate) fn parse(pattern: &str, case: Case) -> Result<Node, RegexError> {
    check_length(pattern.len())?;
    if pattern.is_empty() {
        return Ok(Node::Empty);
    }
    let mut parser = Parser { pattern, at: 0, depth: 0, case };
    let node = parser.union()?;
    if parser.peek().is_some() {
        return Err(RegexError::new(parser.at, "unexpected `)`")
            .help("write `\\)` for the character, or open the group with `(`"));
    }
    Ok(node)
}

pub(super) fn check_length(bytes: usize) -> Result<(), RegexError> {
    if bytes <= REGEX_PATTERN_BYTES_MAX {
        return Ok(());
    }
    Err(RegexError::new(
        0,
        format!("regular expression of {bytes} bytes; the longest is {REGEX_PATTERN_BYTES_MAX}"),
    )
    .help("split it into several conditions"))
}

struct Parser<'a> {
    pattern: &'a str,
    at: usize,
    depth: usize,
    case: Case,
}

impl<'a> Parser<'a> {
    fn union(&mut self) -> Result<Node, RegexError> {
        let mut parts = vec![self.intersection()?];
        while self.take('|') {
            parts.push(self.intersection()?);
        }
        Ok(Node::union(parts))
    }

    fn intersection(&mut self) -> Result<Node, RegexError> {
        let mut parts = vec![self.concatenation()?];
        while self.take('&') {
            parts.push(self.concatenation()?);
        }
        Ok(Node::intersect(parts))
    }

    fn concatenation(&mut self) -> Result<Node, RegexError> {
        let mut parts = vec![self.repetition()?];
        while self.peek().is_some_and(|c| !matches!(c, ')' | '|' | '&')) {
            parts.push(self.repetition()?);
        }
        Ok(Node::concat(parts))
    }

    fn repetition(&mut self) -> Result<Node, RegexError> {
        let mut node = self.complement()?;
        loop {
            let at = self.at;
            let times = match self.peek() {
                Some('?') => Times::OPTIONAL,
                Some('*') => Times::ANY,
                Some('+') => Times::SOME,
                Some('{') => self.counts()?,
                _ => return Ok(node),
            };
            self.at += 1; // The sign, or the closing brace.
            node = node.repeat(times).ok_or_else(|| {
                RegexError::new(
                    at,
                    format!("more than {REGEX_QUANTIFIERS_MAX} quantifiers in a row"),
                )
                .help("join them into one, as in `a{6}` for `a{2}{3}`")
            })?;
        }
    }

    /// Reads `{n}`, `{n,}` or `{n,m}` and stops before the closing brace.
    fn counts(&mut self) -> Result<Times, RegexError> {
        let open = self.at;
        self.at += 1;
        let Some(min) = self.number()? else {
            return Err(RegexError::new(self.at, "a number is expected after `{`")
                .help("write `\\{` for the character"));
        };
        let max = if self.take(',') { self.number()? } else { Some(min) };
        if self.peek() != Some('}') {
            return Err(RegexError::new(self.at, "`}` is expected")
                .help("write `\\{` for the character `{`"));
        }
        if max.is_some_and(|max| max < min) {
            let counts = &self.pattern[open..=self.at];
            return Err(RegexError::new(
                open,
                format!("the counts of `{counts}` are out of order"),
            ));
        }
        Ok(Times { min, max })
    }

    fn number(&mut self) -> Result<Option<u32>, RegexError> {
        let from = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = &self.pattern[from..self.at];
        if digits.is_empty() {
            return Ok(None);
        }
        integer(digits).map(Some).ok_or_else(|| too_large(from, digits))
    }

    fn complement(&mut self) -> Result<Node, RegexError> {
        let mut odd = false;
        while self.take('~') {
            odd = !odd;
        }
        let node = self.class()?;
        Ok(if odd { node.complement() } else { node })
    }

    fn class(&mut self) -> Result<Node, RegexError> {
        let open = self.at;
        if !self.take('[') {
            return self.simple();
        }
        let negated = self.take('^');
        let mut ranges = vec![self.class_range()?];
        while self.peek().is_some_and(|c| c != ']') {
            ranges.push(self.class_range()?);
        }
        if !self.take(']') {
            return Err(RegexError::new(open, "the class is not closed by `]`").help(
                "write `\\[` for the character; `]` right after `[` is a member of the class",
            ));
        }
        let mut class = ClassUnicode::new(ranges);
        self.case.close(&mut class);
        if negated {
            class.negate();
        }
        Ok(Node::class(class))
    }

    fn class_range(&mut self) -> Result<ClassUnicodeRange, RegexError> {
        let at = self.at;
        let from = self.character()?;
        let to = if self.take('-') { self.character()? } else { from };
        if to < from {
            let range = &self.pattern[at..self.at];
            return Err(RegexError::new(at, format!("the range `{range}` is out of order"))
                .help("for a hyphen itself, write it first or as `\\-`"));
        }
        Ok(ClassUnicodeRange::new(from, to))
    }

    fn simple(&mut self) -> Result<Node, RegexError> {
        let at = self.at;
        match self.peek() {
            Some('.') => Ok(self.one(Node::any_char())),
            Some('#') => Ok(self.one(Node::Nothing)),
            Some('@') => Ok(self.one(Node::any_text())),
            Some('"') => {
                let text = self.until('"', at)?;
                Ok(Node::concat(text.chars().map(|c| self.ordinary(c)).collect()))
            }
            Some('(') => self.group(),
            Some('<') => {
                let text = self.until('>', at)?;
                let interval = interval(text).ok_or_else(|| {
                    RegexError::new(at, format!("`<{text}>` is no interval of numbers"))
                        .help("write `<n-m>` with two whole numbers, or `\\<` for the character")
                })?;
                Ok(Node::Interval(interval))
            }
            _ => self.character().map(|c| self.ordinary(c)),
        }
    }

    fn one(&mut self, node: Node) -> Node {
        self.at += 1;
        node
    }

    /// The text between the sign here and the next closing one.
    fn until(&mut self, close: char, open: usize) -> Result<&'a str, RegexError> {
        let from = open + 1;
        let Some(length) = self.pattern[from..].find(close) else {
            let sign = &self.pattern[open..from];
            return Err(RegexError::new(open, format!("`{sign}` is not closed by `{close}`"))
                .help(format!("write `\\{sign}` for the character")));
        };
        self.at = from + length + 1;
        Ok(&self.pattern[from..from + length])
    }

    fn group(&mut self) -> Result<Node, RegexError> {
        let open = self.at;
        self.at += 1;
        if self.take(')') {
            return Ok(Node::Empty);
        }
        self.depth += 1;
        if self.depth > REGEX_DEPTH_MAX {
            return Err(RegexError::new(
                open,
                format!("more than {REGEX_DEPTH_MAX} nested groups"),
            )
            .help("use fewer parentheses"));
        }
        let node = self.union()?;
        self.depth -= 1;
        if !self.take(')') {
            return Err(RegexError::new(open, "`(` is not closed by `)`")
                .help("write `\\(` for the character; an empty alternative is written `()`"));
        }
        Ok(node)
    }

    fn character(&mut self) -> Result<char, RegexError> {
        let at = self.at;
        self.take('\\');
        let Some(c) = self.peek() else {
            let help = if at < self.at {
                "write `\\\\` for a backslash"
            } else {
                "write `()` for the empty text"
            };
            return Err(
                RegexError::new(at, "the expression ends where a character is expected").help(help)
            );
        };
        self.at += c.len_utf8();
        Ok(c)
    }

    /// A character in all its cases.
    fn ordinary(&self, c: char) -> Node {
        character(c, self.case)
    }

    fn peek(&self) -> Option<char> {
        self.pattern[self.at..].chars().next()
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }
}

/// A character in all its cases.
pub(super) fn character(c: char, case: Case) -> Node {
    if case == Case::Sensitive {
        return Node::Char(c);
    }
    let variants = case.variants(c);
    Node::class(ClassUnicode::new(variants.into_iter().map(|c| ClassUnicodeRange::new(c, c))))
}

/// The inside of `<n-m>`. As many digits on both sides mean exactly that many; the ends may be in either order.
fn interval(text: &str) -> Option<Interval> {
    let (from, to) = text.split_once('-')?;
    let (min, max) = (integer(from)?, integer(to)?);
    let digits = (from.len() == to.len()).then_some(from.len());
    Some(Interval { min: min.min(max), max: min.max(max), digits })
}

/// A number as Java's `int` takes it, without a sign.
fn integer(digits: &str) -> Option<u32> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = plain.then(|| digits.parse::<u32>().ok()).flatten()?;
    (number <= i32::MAX.unsigned_abs()).then_some(number)
}

fn too_large(at: usize, digits: &str) -> RegexError {
    RegexError::new(at, format!("the count `{digits}` is too large"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pattern::naive;
    use crate::pattern::strategies::junk;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        let node = parse(pattern, Case::Sensitive).unwrap();
        for text in matching {
            assert!(naive::matches(&node, text), "{pattern:?} on {text:?}");
        }
        for text in others {
            assert!(!naive::matches(&node, text), "{pattern:?} on {text:?}");
        }
    }

    #[track_caller]
    fn refused(pattern: &str, at: usize, message: &str) {
        let error = parse(pattern, Case::Sensitive).unwrap_err();
        assert_eq!((error.at, error.message.as_str()), (at, message), "{pattern:?}");
    }

    #[test]
    fn operators_bind_as_in_lucene() {
        check("ab|cd", &["ab", "cd"], &["abd", "acd"]);
        check("ab*", &["a", "abb"], &["abab"]);
        check("a|b&b|c", &["a", "b", "c"], &[]);
        check("ab&a.", &["ab"], &["ac"]);
        check("~ab", &["b", "bb", "aab"], &["ab"]);
        check("~a*", &["", "b", "bc"], &["a"]); // ~ binds tighter than *: (~a)*, which has no way to say "a".
        check("~(a*)", &["b", "ab"], &["", "a", "aa"]);
        check("~~a", &["a"], &["", "b"]);
        check("~[a-c]", &["", "d", "ab"], &["b"]);
    }

    #[test]
    fn every_operator_has_its_meaning() {
        check(".", &["a", "\n", "\u{1f600}"], &["", "ab"]);
        check("@", &["", "a\nb"], &[]);
        check("a#", &[], &["", "a"]);
        check("a|#", &["a"], &[""]);
        check("()", &[""], &["a"]);
        check("", &[""], &["a"]);
        check("a()b", &["ab"], &["a()b"]);
        check("a{2}", &["aa"], &["a", "aaa"]);
        check("a{2,}", &["aa", "aaaa"], &["a"]);
        check("a{1,2}", &["a", "aa"], &["", "aaa"]);
        check("a{0}", &[""], &["a"]);
        check("\"a.b*\"c", &["a.b*c"], &["axbc"]);
        check("\"\"", &[""], &["\""]);
        check("<7-12>", &["7", "12", "007", "0012"], &["6", "13", ""]);
        check("<01-12>", &["01", "12"], &["1", "001", "13", "00"]);
        check("<12-01>", &["01"], &["1"]);
        check("x<0-255>", &["x0", "x255", "x00"], &["x256", "x"]);
        check(".*?net", &["net", "a net"], &["nets"]);
        check("a*+?", &["", "aa"], &["b"]);
    }

    #[test]
    fn nothing_is_an_anchor_or_a_shorthand() {
        check("^a$", &["^a$"], &["a"]);
        check(r"\d\w\s", &["dws"], &["1a "]);
        check(r"\.\\\|\(", &[r".\|("], &["x"]);
        check("a/b-c=]}", &["a/b-c=]}"], &[]);
    }

    #[test]
    fn an_operator_without_operand_is_a_character() {
        check("*a", &["*a"], &["a", ""]);
        check("|a", &["|a"], &["a"]);
        check("a||b", &["a", "|b"], &["b", ""]);
        check("{a", &["{a"], &[]);
        check(")a", &[")a"], &[]);
        check("&a", &["&a"], &[]);
        check("+", &["+"], &[""]);
    }

    #[test]
    fn classes_take_almost_anything() {
        check("[abc]", &["a", "c"], &["d", "ab", ""]);
        check("[^abc]", &["d", "\n"], &["a", ""]);
        check("[a-c0-2]", &["b", "1"], &["-", "3"]);
        check("[]a]", &["]", "a"], &["[]a]"]);
        check("[^]a]", &["b"], &["]", "a"]);
        check("[-a]", &["-", "a"], &["b"]);
        check(r"[a\-c]", &["a", "-", "c"], &["b"]);
        check(r"[\]\\^]", &["]", r"\", "^"], &["a"]);
        check(".*[.*+?|&~@#\"(){}<>]", &["x.", "&", "~"], &["a"]);
        check("[^\u{0}-\u{10ffff}]", &[], &["", "a"]);
    }

    #[test]
    fn case_folds_inside_classes_and_quotes() {
        let ascii =
            |pattern: &str, text: &str| naive::matches(&parse(pattern, Case::Ascii).unwrap(), text);
        assert!(ascii("aB[c-d]\"eF\"", "AbDEf"));
        assert!(!ascii("[^a]", "A"));
        assert!(!ascii("é", "É"));
        assert!(naive::matches(&parse("é[α-ω]", Case::Unicode).unwrap(), "ÉΣ"));
    }

    #[test]
    fn errors_tell_the_place() {
        refused("a)b", 1, "unexpected `)`");
        refused("(a", 0, "`(` is not closed by `)`");
        refused("é(a|)", 2, "`(` is not closed by `)`");
        refused("a|", 2, "the expression ends where a character is expected");
        refused("a\\", 1, "the expression ends where a character is expected");
        refused("x[ab", 1, "the class is not closed by `]`");
        refused("[]", 0, "the class is not closed by `]`");
        refused("[b-a]", 1, "the range `b-a` is out of order");
        refused("[a-]", 1, "the range `a-]` is out of order");
        refused("a{", 2, "a number is expected after `{`");
        refused("a{,3}", 2, "a number is expected after `{`");
        refused("a{1", 3, "`}` is expected");
        refused("a{3,1}", 1, "the counts of `{3,1}` are out of order");
        refused("a{4294967296}", 2, "the count `4294967296` is too large");
        refused("x<1>", 1, "`<1>` is no interval of numbers");
        refused("<a-b>", 0, "`<a-b>` is no interval of numbers");
        refused("<1-2-3>", 0, "`<1-2-3>` is no interval of numbers");
        refused("<1-2", 0, "`<` is not closed by `>`");
        refused("a\"b", 1, "`\"` is not closed by `\"`");
        refused("a{50,51}{40,41}{30,31}{20,21}{10,11}", 29, "more than 4 quantifiers in a row");
    }

    #[test]
    fn size_and_nesting_are_bounded() {
        let deep = format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000));
        refused(&deep, 100, "more than 100 nested groups");
        assert!(parse(&format!("a{}", "*?+".repeat(100_000)), Case::Sensitive).is_ok());
        assert!(parse(&"~".repeat(1_000_001), Case::Sensitive).is_err());
        assert!(parse(&format!("{}a", "~".repeat(1_000_001)), Case::Sensitive).is_ok());
        refused(
            &"a".repeat(REGEX_PATTERN_BYTES_MAX + 1),
            0,
            "regular expression of 1048577 bytes; the longest is 1048576",
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(pattern in junk()) {
            if let Err(error) = parse(&pattern, Case::Ascii) {
                prop_assert!(pattern.is_char_boundary(error.at), "{:?} in {:?}", error, pattern);
            }
        }
    }
}
