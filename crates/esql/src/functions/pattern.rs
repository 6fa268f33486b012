//! `LIKE` and `RLIKE`: patterns that a whole text has to match.

use std::borrow::Cow;

use brokerwatch_expr::pattern::lucene::Regex;
use brokerwatch_expr::pattern::wildcard::WildcardSet;
use brokerwatch_expr::pattern::{Case, RegexError};
use brokerwatch_expr::{Diagnostic, Span};

use super::{Body, Call, lists, single};
use crate::codes;
use crate::value::Value;

/// Whether a text matches one of the wildcard patterns: `*` is any text, `?` one character, `\` takes the meaning from
/// the character behind it.
pub(crate) fn like(patterns: &[&str]) -> Result<Body, Diagnostic> {
    if patterns.iter().any(|one| !one.is_empty() && one.bytes().all(|byte| byte == b'*')) {
        return present();
    }
    let unescaped: Option<Vec<String>> = patterns.iter().map(|one| without_escapes(one)).collect();
    match unescaped {
        Some(patterns) => {
            let set = WildcardSet::new(&patterns, Case::Sensitive);
            test(move |text| set.is_match(text))
        }
        // A literal `*` or `?` beside wildcards is nothing that wildcard patterns can say.
        None => {
            matching(patterns, "wildcard pattern", |pattern| Cow::Owned(wildcard_as_regex(pattern)))
        }
    }
}

/// Whether a text matches one of the regular expressions, in Lucene's dialect.
pub(crate) fn rlike(patterns: &[&str]) -> Result<Body, Diagnostic> {
    if patterns.iter().any(|one| matches!(*one, ".*" | "@")) {
        return present();
    }
    matching(patterns, "regular expression", with_plain_classes)
}

/// Texts of which one stands in each text that matches one of the wildcard patterns: of each pattern, the longest part
/// without wildcards. None if a pattern has no such part.
pub(crate) fn like_needs(patterns: &[&str]) -> Vec<String> {
    longest_of_each(patterns, |pattern| Some(parts_between_wildcards(pattern)))
}

/// The same for regular expressions, of which only those are known that are plain text and `.*`.
pub(crate) fn rlike_needs(patterns: &[&str]) -> Vec<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' ' | '/' | ':');
    longest_of_each(patterns, |pattern| {
        let parts: Vec<String> = pattern.split(".*").map(str::to_owned).collect();
        parts.iter().all(|part| part.chars().all(is_plain)).then_some(parts)
    })
}

fn longest_of_each(patterns: &[&str], parts: impl Fn(&str) -> Option<Vec<String>>) -> Vec<String> {
    let longest = |pattern: &&str| {
        let longest = parts(pattern)?.into_iter().max_by_key(String::len);
        longest.filter(|part| !part.is_empty())
    };
    patterns.iter().map(longest).collect::<Option<_>>().unwrap_or_default()
}

fn parts_between_wildcards(pattern: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let literal = match c {
            '*' | '?' => {
                parts.push(String::new());
                continue;
            }
            '\\' => chars.next().unwrap_or(c),
            _ => c,
        };
        parts.last_mut().map(|part| part.push(literal)).unwrap_or_default();
    }
    parts
}

/// Whether there is a text at all. Elasticsearch takes a pattern that every text matches for `IS NOT NULL`, so that it
/// is false without a text, and true for several.
fn present() -> Result<Body, Diagnostic> {
    lists(|args, _, out| {
        out.push(Value::Boolean(!args[0].is_empty()));
        Ok(())
    })
}

/// A test, made of the texts of the second argument, of the values of the first: whether one of them passes. A list
/// without values does not.
pub(crate) fn any_value(
    call: &Call<'_>,
    test: fn(&[&str]) -> Result<Body, Diagnostic>,
) -> Result<Body, Diagnostic> {
    let test = test(&call.texts(1)).map_err(|mut error| {
        error.labels = vec![(call.span_of(1), String::new())];
        error
    })?;
    lists(move |args, arena, out| {
        let mut any = false;
        for value in args[0] {
            any |= match &test {
                Body::Single(test) => test(&[*value], arena)? == Some(Value::Boolean(true)),
                // Every text passes.
                Body::Lists(_) => true,
            };
        }
        out.push(Value::Boolean(any));
        Ok(())
    })
}

fn matching(
    patterns: &[&str],
    kind: &str,
    as_lucene: for<'p> fn(&'p str) -> Cow<'p, str>,
) -> Result<Body, Diagnostic> {
    let expressions: Vec<String> =
        patterns.iter().map(|pattern| as_lucene(pattern).into_owned()).collect();
    let regex = Regex::lucene_any(&expressions, Case::Sensitive).map_err(|error| {
        // Read alone, the pattern that is wrong says so itself.
        let alone = patterns.iter().zip(&expressions).find_map(|(pattern, expression)| {
            Some((*pattern, Regex::lucene(expression, Case::Sensitive).err()?))
        });
        match alone {
            Some((pattern, error)) => wrong(kind, pattern, &error),
            None => wrong(kind, &patterns.join("`, `"), &error),
        }
    })?;
    test(move |text| regex.is_match(text))
}

fn test(matches: impl Fn(&str) -> bool + Send + Sync + 'static) -> Result<Body, Diagnostic> {
    single(move |args, _| Ok(args[0].as_str().map(|text| Value::Boolean(matches(text)))))
}

fn wrong(kind: &str, pattern: &str, error: &RegexError) -> Diagnostic {
    let message = format!("the {kind} `{pattern}` cannot be used: {}", error.message);
    let diagnostic = Diagnostic::error(codes::PATTERN, Span::default(), message);
    match &error.help {
        Some(help) => diagnostic.help(help.clone()),
        None => diagnostic,
    }
}

/// The pattern without its backslashes, if none of them stands before a wildcard. A last one is a backslash.
fn without_escapes(pattern: &str) -> Option<String> {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match (c, chars.clone().next()) {
            ('\\', Some('*' | '?')) => return None,
            ('\\', Some(escaped)) => {
                out.push(escaped);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    Some(out)
}

/// The same pattern as a regular expression of Lucene's dialect.
fn wildcard_as_regex(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() * 2);
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            '\\' => push_literal(chars.next().unwrap_or('\\'), &mut out),
            _ => push_literal(c, &mut out),
        }
    }
    out
}

fn push_literal(c: char, out: &mut String) {
    if !c.is_ascii_alphanumeric() {
        out.push('\\');
    }
    out.push(c);
}

/// `\d \D \s \S \w \W` and what they stand for in a class. The engine reads a backslash as Lucene did before it had them.
const CLASSES: [(char, &str); 6] = [
    ('d', "0-9"),
    ('D', "\0-/:-\u{10ffff}"),
    ('s', " \t\n\r"),
    ('S', "\0-\u{8}\u{b}\u{c}\u{e}-\u{1f}!-\u{10ffff}"),
    ('w', "0-9A-Z_a-z"),
    ('W', "\0-/:-@\\[-\\^`{-\u{10ffff}"),
];

/// The expression with its predefined classes written out.
fn with_plain_classes(pattern: &str) -> Cow<'_, str> {
    if !CLASSES
        .iter()
        .any(|(letter, _)| pattern.contains(&['\\', *letter][..].iter().collect::<String>()))
    {
        return Cow::Borrowed(pattern);
    }
    let mut out = String::with_capacity(pattern.len() * 2);
    let mut chars = pattern.chars();
    let (mut in_class, mut in_text) = (false, false);
    while let Some(c) = chars.next() {
        match c {
            '"' if !in_class => in_text = !in_text,
            _ if in_text => {}
            '\\' => {
                let Some(escaped) = chars.next() else {
                    out.push(c);
                    break;
                };
                match CLASSES.iter().find(|(letter, _)| *letter == escaped) {
                    Some((_, members)) if in_class => out.push_str(members),
                    Some((_, members)) => {
                        out.push('[');
                        out.push_str(members);
                        out.push(']');
                    }
                    None => out.extend([c, escaped]),
                }
                continue;
            }
            '[' if !in_class => {
                in_class = true;
                out.push(c);
                if chars.clone().next() == Some('^') {
                    out.extend(chars.next());
                }
                // What stands first is a member of the class, even `]`.
                if chars.clone().next() == Some(']') {
                    out.extend(chars.next());
                }
                continue;
            }
            ']' => in_class = false,
            _ => {}
        }
        out.push(c);
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Arena;

    #[track_caller]
    fn check(body: Result<Body, Diagnostic>, matching: &[&str], others: &[&str]) {
        let Ok(Body::Single(body)) = body else { panic!("no body") };
        let arena = Arena::default();
        for (texts, expected) in [(matching, true), (others, false)] {
            for text in texts {
                let value = body(&[Value::Text(text)], &arena);
                assert_eq!(value, Ok(Some(Value::Boolean(expected))), "{text:?}");
            }
        }
    }

    #[test]
    fn wildcards_cover_the_whole_text() {
        check(like(&["a*"]), &["a", "abc", "a\nb"], &["A", "ba", ""]);
        check(like(&["a?c"]), &["abc", "a€c", "a\nc"], &["ac", "abbc"]);
        check(like(&["*.exe", "x?"]), &["cmd.exe", ".exe", "xy"], &["cmd.exe ", "x"]);
        check(like(&[""]), &[""], &["a"]);
        check(like(&["a%b_c.d"]), &["a%b_c.d"], &["axb_c.d", "a%b_cxd"]);
    }

    #[test]
    fn a_backslash_takes_the_meaning_of_what_follows() {
        check(like(&[r"*\\cmd.exe"]), &[r"C:\cmd.exe", r"\cmd.exe"], &["cmd.exe", r"\\cmd_exe"]);
        check(like(&[r"a\*b*"]), &["a*b", "a*bc"], &["ab", "axb"]);
        check(like(&[r"what\?"]), &["what?"], &["whatx"]);
        check(like(&[r"\d\\*"]), &[r"d\x"], &["5", r"\d"]);
        check(like(&[r"a\"]), &[r"a\"], &["a"]);
        check(like(&[r"\*\"]), &[r"*\"], &["*"]);
        check(
            like(&[r"\?.[a-z]<1-2>@~x&#*"]),
            &["?.[a-z]<1-2>@~x&#", "?.[a-z]<1-2>@~x&# "],
            &["?xb1"],
        );
    }

    #[test]
    fn a_pattern_that_every_text_matches_asks_for_one() {
        let arena = Arena::default();
        for body in [like(&["a", "*"]), like(&["**"]), rlike(&[".*"]), rlike(&["@", "a"])] {
            let Ok(Body::Lists(body)) = body else { panic!("no body") };
            for (values, expected) in
                [(&[][..], false), (&[Value::Text("")], true), (&[Value::Text("a"); 2], true)]
            {
                let mut out = Vec::new();
                assert_eq!(body(&[values], &arena, &mut out), Ok(()));
                assert_eq!(out, [Value::Boolean(expected)]);
            }
        }
    }

    #[test]
    fn what_a_match_holds_is_known() {
        for (patterns, needs) in [
            (&["*curl*"][..], &["curl"][..]),
            (&["*curl*", "http?//*x"], &["curl", "http"]),
            (&[r"*\\cmd.exe", r"what\*ever?"], &[r"\cmd.exe", "what*ever"]),
            (&["abc\\"], &["abc\\"]),
            (&["*curl*", "*"], &[]),
            (&["*curl*", ""], &[]),
        ] {
            assert_eq!(like_needs(patterns), needs, "{patterns:?}");
        }
        for (patterns, needs) in [
            (&[".*curl.*"][..], &["curl"][..]),
            (&["a.*bcd", "x-y"], &["bcd", "x-y"]),
            (&["curl.*", "a.c"], &[]),
            (&[".*curl?.*"], &[]),
            (&["@"], &[]),
            (&[r"\d+.*"], &[]),
        ] {
            assert_eq!(rlike_needs(patterns), needs, "{patterns:?}");
        }
    }

    #[test]
    fn expressions_cover_the_whole_text_in_the_dialect_of_lucene() {
        check(rlike(&["ab+|c"]), &["ab", "abb", "c"], &["a", "abc", "xab"]);
        check(rlike(&["^a$"]), &["^a$"], &["a"]);
        check(rlike(&["a.c"]), &["abc", "a\nc"], &["ac"]);
        check(rlike(&[r"user\@corp@"]), &["user@corp", "user@corp.com"], &["user"]);
        check(rlike(&[r#""a.c""#]), &["a.c"], &["abc"]);
        check(rlike(&["<1-30>"]), &["1", "30", "05"], &["0", "31"]);
        check(rlike(&["~(ab)"]), &["", "a", "abc"], &["ab"]);
        check(rlike(&["x.*", "y"]), &["x", "xy", "y"], &["yx", ""]);
    }

    #[test]
    fn predefined_classes_are_those_of_lucene() {
        check(rlike(&[r"\d+"]), &["0", "42"], &["", "a", "٣", "d"]);
        check(rlike(&[r"\D"]), &["a", "/", ":", "٣", "\u{10ffff}"], &["0", "9"]);
        check(rlike(&[r"\w+"]), &["a_Z9"], &["-", "é", " "]);
        check(
            rlike(&[r"\W"]),
            &["-", "é", "[", "\\", "]", "^", "`", "@", "{"],
            &["_", "a", "Z", "0"],
        );
        check(rlike(&[r"\s"]), &[" ", "\t", "\n", "\r"], &["\u{b}", "\u{a0}", "s"]);
        check(rlike(&[r"\S"]), &["a", "\u{b}", "\u{1f}", "!"], &[" ", "\t", "\n", "\r"]);
        check(rlike(&[r"[\d.]+"]), &["1.2"], &["a", "d", "\\"]);
        check(rlike(&[r"[^\w]"]), &["-"], &["a", "w"]);
        check(rlike(&[r"[]\d]+"]), &["]1"], &["["]);
        check(rlike(&[r#""\d"\d"#]), &[r"\d5"], &["55"]);
        check(rlike(&[r"\\d"]), &[r"\d"], &["5", r"\5"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = rlike(&["a", "b(", "c"]).err().unwrap();
        assert_eq!(error.code, codes::PATTERN);
        assert!(error.message.starts_with("the regular expression `b(` cannot be used: "));
        assert!(error.help.is_some());
    }
}
