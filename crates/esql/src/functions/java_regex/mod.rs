//! Regular expressions of Java, searched and replaced as `String.replaceAll` does.
//!
//! An expression is read here, with the errors of `java.util.regex.Pattern`, and written again for the engine, so that
//! each construct means what it means in Java: `\w` is ASCII, `$` also stands before a last line end, `&&` intersects.
//! Look-around, back-references and possessive quantifiers run with bounded steps back, everything else in linear time.
//! Not supported: Unicode blocks, `\X`, `\N{...}`, canonical equivalence and lone surrogates.

mod class;
mod property;
mod template;
mod translate;

use fancy_regex::{Regex, RegexBuilder};

use super::characters::check_length;
use crate::limits::{
    REPLACE_BACKTRACKS_MAX, REPLACE_INSTRUCTIONS_MAX, REPLACE_PART_BYTES_MAX,
    REPLACE_PATTERN_BYTES_MAX,
};
use crate::warnings::Failure;
use template::Template;
use translate::{Texts, translate};

/// A compiled expression.
#[derive(Debug)]
pub(super) struct JavaRegex {
    pattern: String,
    /// For texts of ASCII on one line.
    plain: Regex,
    /// For other texts, if that makes a difference.
    other: Option<Regex>,
    groups: Groups,
}

/// The capturing groups of an expression.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Groups {
    count: usize,
    names: Vec<(String, usize)>,
}

impl Groups {
    fn by_name(&self, name: &str) -> Option<usize> {
        self.names.iter().find(|(known, _)| known == name).map(|(_, group)| *group)
    }
}

impl JavaRegex {
    /// Compiles an expression.
    pub(super) fn compile(pattern: &str) -> Result<JavaRegex, Failure> {
        if REPLACE_PATTERN_BYTES_MAX < pattern.len() {
            return Err(Failure::argument(format!(
                "regular expression of {} bytes; the longest is {REPLACE_PATTERN_BYTES_MAX}",
                pattern.len()
            )));
        }
        let plain = translate(pattern, Texts::Plain)?;
        let other = if plain.differs {
            Some(build(pattern, &translate(pattern, Texts::Any)?.expression)?)
        } else {
            None
        };
        Ok(JavaRegex {
            pattern: pattern.to_owned(),
            plain: build(pattern, &plain.expression)?,
            other,
            groups: plain.groups,
        })
    }

    /// The text with every match replaced; nothing if there is none.
    pub(super) fn replace_all(
        &self,
        text: &str,
        replacement: &str,
    ) -> Result<Option<String>, Failure> {
        let regex = self.regex_for(text);
        let Some(mut found) = self.search(regex, text, 0)? else { return Ok(None) };
        // Java reads the replacement for each match, so what is wrong with it shows only where there is one.
        let template = Template::parse(replacement, &self.groups)?;
        let mut out = String::with_capacity(text.len());
        let mut copied = 0;
        loop {
            let (start, end) = found;
            out.push_str(&text[copied..start]);
            copied = end;
            if template.has_groups() {
                let captures =
                    regex.captures_from_pos(text, start).map_err(|_| self.too_many_steps())?;
                template.expand(&mut out, |group| Some(captures.as_ref()?.get(group)?.as_str()));
            } else {
                template.expand(&mut out, |_| None);
            }
            check_length(out.len(), too_long)?;
            // Behind an empty match, Java goes on with the next character.
            let next = if start < end { Some(end) } else { behind_next(text, end) };
            match next.map(|from| self.search(regex, text, from)).transpose()?.flatten() {
                Some(match_) => found = match_,
                None => break,
            }
        }
        check_length(out.len() + text.len() - copied, too_long)?;
        out.push_str(&text[copied..]);
        Ok(Some(out))
    }

    fn regex_for(&self, text: &str) -> &Regex {
        let plain = || text.bytes().all(|byte| byte.is_ascii() && byte != b'\n' && byte != b'\r');
        match &self.other {
            Some(other) if !plain() => other,
            _ => &self.plain,
        }
    }

    fn search(
        &self,
        regex: &Regex,
        text: &str,
        from: usize,
    ) -> Result<Option<(usize, usize)>, Failure> {
        let found = regex.find_from_pos(text, from).map_err(|_| self.too_many_steps())?;
        Ok(found.map(|found| (found.start(), found.end())))
    }

    fn too_many_steps(&self) -> Failure {
        Failure::argument(format!(
            "regular expression [{}] takes more than {REPLACE_BACKTRACKS_MAX} steps back",
            self.pattern
        ))
    }
}

fn too_long(bytes_max: usize) -> String {
    format!("Creating strings with more than [{bytes_max}] bytes is not supported")
}

fn behind_next(text: &str, at: usize) -> Option<usize> {
    text[at..].chars().next().map(|next| at + next.len_utf8())
}

fn build(pattern: &str, expression: &str) -> Result<Regex, Failure> {
    RegexBuilder::new(expression)
        .backtrack_limit(REPLACE_BACKTRACKS_MAX)
        .delegate_size_limit(REPLACE_PART_BYTES_MAX)
        .max_prog_size(REPLACE_INSTRUCTIONS_MAX)
        .build()
        .map_err(|error| {
            Failure::argument(format!("regular expression [{pattern}] is not supported: {error}"))
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn replaced(text: &str, pattern: &str, replacement: &str) -> Result<String, String> {
        let regex = JavaRegex::compile(pattern).map_err(|failure| failure.message)?;
        let out = regex.replace_all(text, replacement).map_err(|failure| failure.message)?;
        Ok(out.unwrap_or_else(|| text.to_owned()))
    }

    #[track_caller]
    fn check(pattern: &str, replacement: &str, texts: &[(&str, &str)]) {
        for (text, expected) in texts {
            let out = replaced(text, pattern, replacement);
            assert_eq!(out.as_deref(), Ok(*expected), "{pattern:?} on {text:?}");
        }
    }

    #[test]
    fn matches_are_those_of_java() {
        check("a*", "X", &[("aab", "XXbX"), ("", "X"), ("b€", "XbX€X")]);
        check("", "-", &[("ab", "-a-b-")]);
        check("[0-9]+", "#", &[("a12b3", "a#b#"), ("a", "a")]);
        check("a|ab", "X", &[("ab", "Xb")]);
        check("a+?", "X", &[("aaa", "XXX")]);
        check("a++a", "X", &[("aaa", "aaa")]);
        check("a{2}+a|b{1,2}?", "X", &[("aa", "aa"), ("aaa", "X"), ("bb", "XX")]);
        check("(?>a|ab)c", "X", &[("abc", "abc"), ("ac", "X")]);
        check(r"(\w)\1", "<$1>", &[("aabcc", "<a>b<c>")]);
        check(r"(?<c>\w)\k<c>", "<${c}>", &[("aab", "<a>b")]);
        check(r"(a)(b)?\2x|a", "X", &[("ax", "Xx")]);
        check(r"a\1", "X", &[("a", "a")]);
        check("(?<=a)b(?!c)", "X", &[("abc ab b", "abc aX b")]);
        check("(?<!ab?)x", "X", &[("ax abx bx", "ax abx bX")]);
        check(r"\Qa.b\E+", "X", &[("a.bb axb", "X axb")]);
        check(r"\Q[", "X", &[("a[b", "aXb")]);
        check("]}", "X", &[("a]}b", "aXb")]);
    }

    #[test]
    fn classes_are_those_of_java() {
        check(r"\w", "X", &[("aé_٣1", "XéX٣X")]);
        check(r"\W", "X", &[("aé-", "aXX")]);
        check(r"\d", "X", &[("1٣", "X٣")]);
        check(r"\s", "X", &[("a \t\u{b}\u{a0}", "aXXX\u{a0}")]);
        check(r"\h", "X", &[("a \t\u{a0}\n", "aXXX\n")]);
        check(r"\v|\R", "X", &[("a\u{b}\r\n", "aXXX")]);
        check(r"\R", "X", &[("a\r\nb\u{2028}", "aXbX")]);
        check("[a-c&&[^b]]", "X", &[("abcd", "XbXd")]);
        check("[a-z&&def]", "X", &[("abcdef", "abcXXX")]);
        check("[^a-z&&[^b]]", "X", &[("abc-", "aXcX")]);
        check("[a[bc]d]", "X", &[("abcde", "XXXXe")]);
        check("[]a]", "X", &[("]ab", "XXb")]);
        check("[a-]", "X", &[("a-b", "XXb")]);
        check("[&a]", "X", &[("&ab", "XXb")]);
        check(r"[\w-]", "X", &[("a-é", "XXé")]);
        check(r"[\\\]^-]", "X", &[(r"\]^-a", "XXXXa")]);
        check("[.$(){}|*+?#<>\"/'`~@!%=,;: ]", "X", &[("a.<\" ", "aXXXX")]);
        check(r"\p{L}|\p{Punct}", "X", &[("é1-", "X1X")]);
        check(r"\pL\PL", "X", &[("a1", "X")]);
        check(r"\p{Upper}\p{IsAlphabetic}\p{javaLowerCase}", "X", &[("Aéb", "X")]);
        check(r"\p{IsGreek}|\p{sc=Cyrillic}|\p{gc=Nd}", "X", &[("αж1a", "XXXa")]);
        check(
            r"\x41\x{1F600}\u0042\uD83D\uDE00\0101\t\cA\e",
            "X",
            &[("A😀B😀A\t\u{1}\u{1b}", "X")],
        );
    }

    #[test]
    fn flags_are_those_of_java() {
        check("(?i)cmd", "X", &[("CMD cmd", "X X")]);
        check("(?i)é", "X", &[("É", "É"), ("é", "X")]);
        check("(?iu)é", "X", &[("É", "X")]);
        check("(?i)k", "X", &[("K\u{212a}", "X\u{212a}")]);
        check("(?i)[a-c]", "X", &[("Bd", "Xd")]);
        check("(?i)[^a-c]", "X", &[("Bd", "BX")]);
        check("a(?i:b)c|(?i)d", "X", &[("aBc aBC D", "X aBC X")]);
        check("a(?i)b(?-i)c", "X", &[("aBc aBC", "X aBC")]);
        check("a.c", "X", &[("abc", "X"), ("a\nc", "a\nc"), ("a\u{85}c", "a\u{85}c")]);
        check("(?s)a.c", "X", &[("a\nc", "X")]);
        check("(?d)a.c", "X", &[("a\rc a\nc", "X a\nc")]);
        check("(?x) a b # two\n | [ c d ]", "X", &[("ab c", "X X")]);
        check(r"(?U)\w", "X", &[("é", "X")]);
    }

    #[test]
    fn anchors_are_those_of_java() {
        check("^a|a$", "X", &[("aba", "XbX"), ("aba\n", "XbX\n"), ("aé\na", "Xé\nX")]);
        check(
            "$",
            "X",
            &[("a", "aX"), ("a\n", "aX\nX"), ("a\r\n", "aX\r\nX"), ("é\n\n", "é\nX\nX")],
        );
        check(r"a\Z", "X", &[("a\u{2028}", "X\u{2028}"), ("ab", "ab")]);
        check(r"a\z", "X", &[("a\n", "a\n"), ("aa", "aX")]);
        check(r"\Aa", "X", &[("aa", "Xa")]);
        check(r"\Ga", "X", &[("aaba", "XXba")]);
        check("(?m)^", ">", &[("a\nb", ">a\n>b"), ("a\r\nb\n", ">a\r\n>b\n"), ("", ">")]);
        check("(?m)$", "<", &[("a\nb", "a<\nb<"), ("a\r\nb", "a<\r\nb<")]);
        check("(?m)a$", "X", &[("a\na", "X\nX")]);
        check(r"\bx", "X", &[("x éx ax", "X éX ax")]);
        check(r"\Bx", "X", &[("x ax", "x aX")]);
    }

    #[test]
    fn replacements_are_those_of_java() {
        check("(a)(b)?", "[$1$2]", &[("ab a", "[ab] [a]")]);
        check("(a)", "$10", &[("a", "a0")]);
        check("a", r"\$1\\", &[("a", r"$1\")]);
        check("a", "$0$0", &[("a", "aa")]);
        for (pattern, replacement, message) in [
            ("a", "$", "Illegal group reference: group index is missing"),
            ("a", "$x", "Illegal group reference"),
            ("a", "$1", "No group 1"),
            ("a", "${n}", "No group with name {n}"),
            ("a", "${", "named capturing group is missing trailing '}'"),
            ("a", "${1}", "capturing group name {1} starts with digit character"),
            ("a", "\\", "character to be escaped is missing"),
        ] {
            assert_eq!(replaced("a", pattern, replacement), Err(message.to_owned()));
            assert_eq!(replaced("b", pattern, replacement), Ok("b".to_owned()));
        }
    }

    #[test]
    fn errors_are_those_of_java() {
        for (pattern, message) in [
            ("[", "Unclosed character class near index 0\n[\n^"),
            ("[a", "Unclosed character class near index 1\n[a\n ^"),
            ("(", "Unclosed group near index 1\n("),
            ("a(b", "Unclosed group near index 3\na(b"),
            (")", "Unmatched closing ')'\n)"),
            ("a)", "Unmatched closing ')' near index 0\na)\n^"),
            ("*", "Dangling meta character '*' near index 0\n*\n^"),
            ("a**", "Dangling meta character '*' near index 2\na**\n  ^"),
            ("a|+", "Dangling meta character '+' near index 2\na|+\n  ^"),
            ("{a", "Illegal repetition\n{a"),
            ("a{b", "Illegal repetition near index 0\na{b\n^"),
            ("a{2", "Unclosed counted closure near index 3\na{2"),
            ("a{3,2}", "Illegal repetition range near index 5\na{3,2}\n     ^"),
            ("[z-a]", "Illegal character range near index 3\n[z-a]\n   ^"),
            ("[z-\\d]", "Illegal character range near index 4\n[z-\\d]\n    ^"),
            ("\\y", "Illegal/unsupported escape sequence near index 1\n\\y\n ^"),
            ("\\", "Unescaped trailing backslash near index 1\n\\"),
            ("(?P<a>b)", "Unknown inline modifier near index 2\n(?P<a>b)\n  ^"),
            (
                "(?<1>b)",
                "capturing group name does not start with a Latin letter near index 3\n(?<1>b)\n   ^",
            ),
            ("\\p{Foo}", "Unknown character property name {Foo} near index 6\n\\p{Foo}\n      ^"),
            ("\\p{L", "Unclosed character family near index 4\n\\p{L"),
            ("\\k<a>", "named capturing group <a> does not exist near index 4\n\\k<a>\n    ^"),
        ] {
            let failure = JavaRegex::compile(pattern).unwrap_err();
            assert_eq!(failure.class, "java.util.regex.PatternSyntaxException", "{pattern:?}");
            assert_eq!(failure.message, message, "{pattern:?}");
        }
    }

    #[test]
    fn bounds_are_failures() {
        let many = "x".repeat(1 << 20);
        for (text, pattern, replacement, message) in [
            (
                many.as_str(),
                "x",
                "yy",
                "Creating strings with more than [1048576] bytes is not supported",
            ),
            ("a", &"(".repeat(10_000), "", "more than"),
            ("a", &"[".repeat(10_000), "", "more than"),
            ("a", "(((a{1000}){1000}){1000})", "", "is not supported"),
            (&"a".repeat(40), r"(a|a|aa)+(?=b)\1", "", "steps back"),
        ] {
            let failure = replaced(text, pattern, replacement).unwrap_err();
            assert!(failure.contains(message), "{failure}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn no_expression_panics(
            pattern in r"[ab\[\]{}()?*+|^$.\\&\-<>=!:,0-2pLdwkQE#i\nné]{0,12}",
            text in "[ab1\r\né-]{0,6}",
        ) {
            if let Ok(regex) = JavaRegex::compile(&pattern) {
                let _ = regex.replace_all(&text, "$0x");
            }
        }

        /// What is quoted matches itself and nothing else.
        #[test]
        fn a_quoted_text_matches_itself(text in "[^E]{1,8}", around in "[a-c]{0,3}") {
            let regex = JavaRegex::compile(&format!("\\Q{text}\\E")).unwrap();
            let subject = format!("{around}{text}{around}");
            let expected = subject.replace(&text, "!");
            prop_assert_eq!(regex.replace_all(&subject, "!").unwrap().unwrap(), expected);
        }
    }
}
