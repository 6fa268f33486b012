//! Regular expressions that cover the whole value, in two dialects.
//!
//! Fields are tested with Lucene's dialect ([`Regex::lucene`]), results of functions with Java's ([`Regex::java`]).
//! Both are read into one tree, so that what follows is written once. An expression without `~` and `&` runs on
//! `regex-automata` in linear time. `~` and `&` at the top are combinations of several engines; deeper inside they
//! become one deterministic automaton of bounded size. Nothing here backtracks.

mod dfa;
mod error;
mod hir;
mod java;
mod literal;
pub(crate) mod node;
mod parse;

use regex_automata::meta;

use super::Case;
use crate::limits::{REGEX_BYTES_MAX, REGEX_INTERVALS_MAX};
use dfa::Dfa;
use node::Node;

pub use error::RegexError;
pub(super) use java::parse as parse_java;
pub(super) use parse::parse as parse_lucene;

/// What an engine is counted as at the least; it reports no memory for the plainest ones.
const ENGINE_BYTES_MIN: usize = 2 << 10;

/// A compiled regular expression.
///
/// ```
/// use brokerwatch_expr::pattern::{Case, lucene::Regex};
/// let regex = Regex::lucene(".*net1?[ ]+(user|localgroup).*", Case::Ascii)?;
/// assert!(regex.is_match("NET  LocalGroup administrators"));
/// # Ok::<(), brokerwatch_expr::pattern::RegexError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Regex {
    matcher: Matcher,
    exact: Option<String>,
    literal: Option<String>,
}

#[derive(Debug, Clone)]
enum Matcher {
    /// Plain characters, folded.
    Exact(String, Case),
    Engine(meta::Regex),
    Dfa(Box<Dfa>),
    Any(Vec<Matcher>),
    All(Vec<Matcher>),
    Not(Box<Matcher>),
}

impl Regex {
    /// Compiles an expression of Lucene's dialect with all optional operators: `. ? + * | {n} {n,} {n,m} [] [^] ()
    /// "literal" \escape ~ & <n-m> @ #`. There are no anchors, no `\d`, `\w`, `\s`, and no lazy quantifiers.
    pub fn lucene(pattern: &str, case: Case) -> Result<Regex, RegexError> {
        Regex::new(&parse_lucene(pattern, case)?, case)
    }

    /// Compiles a list of expressions of Lucene's dialect, of which any may match.
    pub fn lucene_any(patterns: &[String], case: Case) -> Result<Regex, RegexError> {
        any(patterns, case, parse_lucene)
    }

    /// Compiles an expression of Java's dialect. Look-around, back-references, possessive quantifiers and atomic
    /// groups are refused, since no linear engine has them; so are multi-line anchors. `$` is the end of the text
    /// alone, not also the place before a final line terminator.
    pub fn java(pattern: &str, case: Case) -> Result<Regex, RegexError> {
        Regex::new(&parse_java(pattern, case)?, case)
    }

    /// Compiles a list of expressions of Java's dialect, of which any may match.
    pub fn java_any(patterns: &[String], case: Case) -> Result<Regex, RegexError> {
        any(patterns, case, parse_java)
    }

    /// Whether the whole text matches.
    pub fn is_match(&self, text: &str) -> bool {
        self.matcher.is_match(text)
    }

    /// A text that every match, folded by [`Case::fold`], contains; as long as could be found.
    pub fn required_literal(&self) -> Option<String> {
        self.literal.clone()
    }

    /// The one text that matches, if the expression is plain characters and none of them has another case that counts
    /// as the same.
    pub fn as_exact(&self) -> Option<String> {
        self.exact.clone()
    }

    fn new(node: &Node, case: Case) -> Result<Regex, RegexError> {
        let plain = literal::plain(node, case);
        let exact = plain.clone().filter(|text| text.chars().all(|c| case.variants(c).len() == 1));
        let matcher = if let Some(text) = plain {
            Matcher::Exact(text, case)
        } else {
            check_intervals(node)?;
            Matcher::new(node, &mut 0)?
        };
        Ok(Regex { matcher, exact, literal: literal::required(node, case) })
    }
}

type Parse = fn(&str, Case) -> Result<Node, RegexError>;

fn any(patterns: &[String], case: Case, parse: Parse) -> Result<Regex, RegexError> {
    parse::check_length(patterns.iter().map(String::len).sum())?;
    let nodes: Vec<Node> =
        patterns.iter().map(|pattern| parse(pattern, case)).collect::<Result<_, _>>()?;
    Regex::new(&Node::union(nodes), case)
}

/// Each interval is expanded into some hundred nodes, so a hostile expression could be small and yet need gigabytes.
fn check_intervals(node: &Node) -> Result<(), RegexError> {
    if intervals(node) <= REGEX_INTERVALS_MAX {
        return Ok(());
    }
    Err(RegexError::new(
        0,
        format!("regular expression has more than {REGEX_INTERVALS_MAX} intervals `<n-m>`"),
    )
    .help("split it into several conditions"))
}

fn intervals(node: &Node) -> usize {
    match node {
        Node::Interval(_) => 1,
        Node::Concat(parts) | Node::Union(parts) | Node::Intersect(parts) => {
            parts.iter().map(intervals).sum()
        }
        Node::Repeat(inner, _) | Node::Complement(inner) => intervals(inner),
        Node::Nothing | Node::Empty | Node::Char(_) | Node::Class(_) | Node::Look(_) => 0,
    }
}

impl Matcher {
    /// Takes `~`, `&` and `|` at the top apart, which costs nothing; deeper inside they cost states. `spent` is the
    /// bytes that the parts built so far take.
    fn new(node: &Node, spent: &mut usize) -> Result<Matcher, RegexError> {
        match node {
            Node::Union(parts) => Matcher::any(parts, spent),
            Node::Complement(inner) => Ok(Matcher::Not(Box::new(Matcher::new(inner, spent)?))),
            Node::Intersect(parts) => {
                let parts = parts.iter().map(|part| Matcher::new(part, spent));
                Ok(Matcher::All(parts.collect::<Result<_, _>>()?))
            }
            _ => Matcher::one(std::slice::from_ref(node), spent)?.map_or_else(
                || {
                    let dfa = Dfa::new(node)?;
                    *spent += dfa.bytes();
                    Ok(Matcher::Dfa(Box::new(dfa)))
                },
                Ok,
            ),
        }
    }

    /// One engine for all alternatives that can have one.
    fn any(parts: &[Node], spent: &mut usize) -> Result<Matcher, RegexError> {
        let (boolean, plain): (Vec<Node>, Vec<Node>) =
            parts.iter().cloned().partition(hir::has_boolean);
        let mut matchers = Vec::with_capacity(boolean.len() + 1);
        if !plain.is_empty() {
            matchers.extend(Matcher::one(&plain, spent)?);
        }
        for part in &boolean {
            matchers.push(Matcher::new(part, spent)?);
        }
        Ok(if matchers.len() == 1 { matchers.remove(0) } else { Matcher::Any(matchers) })
    }

    /// An engine for alternatives, if they can have one.
    fn one(alternatives: &[Node], spent: &mut usize) -> Result<Option<Matcher>, RegexError> {
        if *spent > REGEX_BYTES_MAX {
            return Err(hir::too_large());
        }
        let Some(engine) = hir::engine(alternatives).transpose()? else { return Ok(None) };
        *spent += engine.memory_usage().max(ENGINE_BYTES_MIN);
        Ok(Some(Matcher::Engine(engine)))
    }

    fn is_match(&self, text: &str) -> bool {
        match self {
            Matcher::Exact(own, Case::Ascii) => own.eq_ignore_ascii_case(text),
            Matcher::Exact(own, case) => *own == case.fold(text),
            Matcher::Engine(engine) => engine.is_match(text),
            Matcher::Dfa(dfa) => dfa.is_match(text),
            Matcher::Any(parts) => parts.iter().any(|part| part.is_match(text)),
            Matcher::All(parts) => parts.iter().all(|part| part.is_match(text)),
            Matcher::Not(inner) => !inner.is_match(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::*;
    use crate::pattern::naive::{naive_java, naive_lucene};
    use crate::pattern::strategies::{any_case, junk, lucene, shared, text};

    #[track_caller]
    fn check(pattern: &str, case: Case, matching: &[&str], others: &[&str]) {
        let regex = Regex::lucene(pattern, case).unwrap();
        for (texts, expected) in [(matching, true), (others, false)] {
            for text in texts {
                assert_eq!(regex.is_match(text), expected, "{pattern:?} on {text:?}");
                assert_eq!(
                    naive_lucene(pattern, text, case),
                    Ok(expected),
                    "naive {pattern:?} on {text:?}"
                );
            }
        }
    }

    /// The expressions of the conformance queries, on the texts they are about and on near misses.
    #[test]
    fn expressions_of_rules_mean_what_they_say() {
        let line = r"C:\Windows\system32\net1  localgroup administrators findme2";
        check(
            r".*?net1[ ]+localgroup.*?",
            Case::Ascii,
            &[line, "NET1 LOCALGROUP"],
            &["net1localgroup", "net localgroup"],
        );
        check(
            r".*?net1[ ]+[a-z]{4,15}[ ]+.*?",
            Case::Sensitive,
            &[line],
            &["net1  local", "net1 abc ", "NET1 localgroup x"],
        );
        check(
            r".*?net[1]?  localgroup.*?",
            Case::Sensitive,
            &[line, "net  localgroup"],
            &["net localgroup"],
        );
        check(
            r".*? myappserver.py .*?",
            Case::Sensitive,
            &["python myappserver.py x", " myappserverXpy "],
            &["myappserver.py"],
        );
    }

    #[test]
    fn open_ends_are_still_the_whole_text() {
        check(".*a", Case::Sensitive, &["a", "\na", "ba"], &["ab", ""]);
        check("a.*", Case::Sensitive, &["a", "a\n"], &["ba", ""]);
        check("@a@", Case::Sensitive, &["a", "bab"], &["", "b"]);
        check(".*", Case::Sensitive, &["", "a\n"], &[]);
        check(".*.*", Case::Sensitive, &["", "a\n"], &[]);
        check(".*a.*|b|c.*", Case::Sensitive, &["xax", "b", "cx"], &["xb", "bx", "xc", ""]);
        check("(.*|a)b", Case::Sensitive, &["b", "xb"], &["bx"]);
    }

    #[test]
    fn boolean_operators_at_the_top() {
        check("~(.*a.*)", Case::Ascii, &["", "b"], &["a", "bAb"]);
        check(".*a.*&.*b.*", Case::Sensitive, &["ab", "ba"], &["a", "b", ""]);
        check("~(.*a.*)&.{2}|x", Case::Sensitive, &["bb", "x"], &["ab", "b", "bbb"]);
        check("~(~(a*b)&(.*c.*))", Case::Sensitive, &["", "ab", "b", "x"], &["c", "acb"]);
        check("~#", Case::Sensitive, &["", "a"], &[]);
        check("~@", Case::Sensitive, &[], &["", "a"]);
    }

    #[test]
    fn a_list_is_any_of_its_expressions() {
        let patterns: Vec<String> = ["a.*", "~(.*x.*)", "b&.", "x"].map(str::to_owned).into();
        let regex = Regex::lucene_any(&patterns, Case::Sensitive).unwrap();
        for (text, expected) in [("ax", true), ("q", true), ("x", true), ("qx", false)] {
            assert_eq!(regex.is_match(text), expected, "{text}");
        }
        let none = Regex::lucene_any(&[], Case::Ascii).unwrap();
        assert!(!none.is_match(""));
        assert!(Regex::lucene_any(&["a".to_owned(), "(".to_owned()], Case::Ascii).is_err());
        let java = Regex::java_any(&["a".to_owned(), r"\d+".to_owned()], Case::Unicode).unwrap();
        assert!(java.is_match("12") && java.is_match("A") && !java.is_match("a1"));
    }

    /// Expressions made to explode either compile and run in linear time, or are refused with a reason.
    #[test]
    fn hostile_expressions_are_fast_or_refused() {
        let text = "a".repeat(100_000);
        for (pattern, expected) in [
            ("(a*)*b", false),
            ("(a|a)*", true),
            ("(a|aa)+", true),
            ("(.*a.*)*b", false),
            ("~(~(a*b)&(.*c.*))", true),
            ("(a?){50}a{50}.*", true),
        ] {
            assert_eq!(
                Regex::lucene(pattern, Case::Ascii).unwrap().is_match(&text),
                expected,
                "{pattern}"
            );
        }
        for pattern in [
            "((a{1,100}){1,100}){1,100}".to_owned(),
            "((.a{1,100}b){1,100}c){1,100}".to_owned(),
            "(a{2147483647}b){2147483647}".to_owned(),
            "(()){2147483647}[ab]{2147483647}".to_owned(),
            "[ab]".repeat(200_000),
            "x~(.*a.{30})".to_owned(),
            "~(a.)|".repeat(100_000) + "b",
            ".*a.*&".repeat(100_000) + "b",
        ] {
            let error = Regex::lucene(&pattern, Case::Ascii).unwrap_err();
            assert!(
                error.message.starts_with("regular expression needs more than"),
                "{}",
                error.message
            );
            assert!(error.help.is_some());
        }
        let error = Regex::lucene(&"<1-99999>".repeat(100_000), Case::Ascii).unwrap_err();
        assert_eq!(error.message, "regular expression has more than 1000 intervals `<n-m>`");
        let long = "a".repeat(1_000_000);
        assert!(Regex::lucene(&long, Case::Ascii).unwrap().is_match(&"A".repeat(1_000_000)));
        assert!(
            Regex::lucene(&"a?".repeat(20_000), Case::Sensitive).unwrap().is_match(&text[..2_000])
        );
        let deep = format!("{}a{}", "(x|~(".repeat(50), "))".repeat(50));
        assert!(Regex::lucene(&deep, Case::Ascii).unwrap().is_match("x"));
        let wide = (0..5_000).fold(String::new(), |mut wide, i| {
            let _ = write!(wide, "|.*tool{i}\\.exe");
            wide
        });
        assert!(Regex::lucene(&wide[1..], Case::Ascii).is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn fast_is_naive(pattern in lucene(), text in text(), case in any_case()) {
            compare(&pattern, &text, case)?;
        }

        #[test]
        fn fast_is_naive_on_junk(pattern in junk(), text in text(), case in any_case()) {
            compare(&pattern, &text, case)?;
        }

        #[test]
        fn a_list_is_its_parts(
            patterns in prop::collection::vec(lucene(), 0..4),
            text in text(),
            case in any_case(),
        ) {
            let Ok(regex) = Regex::lucene_any(&patterns, case) else { return Ok(()) };
            let expected = patterns.iter().any(|pattern| naive_lucene(pattern, &text, case).unwrap());
            prop_assert_eq!(regex.is_match(&text), expected);
        }

        /// Where both dialects write the same, they mean the same.
        #[test]
        fn java_is_lucene(pattern in shared(), text in text(), case in any_case()) {
            let java = Regex::java(&pattern, case).unwrap().is_match(&text);
            prop_assert_eq!(java, naive_lucene(&pattern, &text, case).unwrap());
            prop_assert_eq!(java, naive_java(&pattern, &text, case).unwrap());
        }

        /// The automaton alone, also where an engine would do.
        #[test]
        fn the_automaton_is_naive(pattern in lucene(), text in text(), case in any_case()) {
            let node = parse_lucene(&pattern, case).unwrap();
            let Ok(dfa) = Dfa::new(&node) else { return Ok(()) };
            prop_assert_eq!(dfa.is_match(&text), naive_lucene(&pattern, &text, case).unwrap());
        }
    }

    fn compare(pattern: &str, text: &str, case: Case) -> Result<(), TestCaseError> {
        let naive = naive_lucene(pattern, text, case);
        let regex = match (Regex::lucene(pattern, case), &naive) {
            (Ok(regex), Ok(_)) => regex,
            (Err(error), Err(expected)) => {
                prop_assert_eq!(&error, expected);
                return Ok(());
            }
            // Only the fast one builds anything, so only it can need too much.
            (Err(error), Ok(_)) if error.message.contains("needs more than") => return Ok(()),
            (fast, _) => return Err(TestCaseError::fail(format!("{fast:?} but naive {naive:?}"))),
        };
        let matched = regex.is_match(text);
        prop_assert_eq!(Ok(matched), naive);
        if let Some(literal) = regex.required_literal().filter(|_| matched) {
            prop_assert!(case.fold(text).contains(&literal), "literal {literal:?}");
        }
        if let Some(exact) = regex.as_exact() {
            prop_assert_eq!(matched, exact == text);
            prop_assert!(regex.is_match(&exact));
        }
        Ok(())
    }
}
