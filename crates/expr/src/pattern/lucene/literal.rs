//! What every match of an expression contains.
//!
//! All texts here are folded by the case of the expression. Bounded, so that `a{1000000}` costs nothing.

use regex_syntax::hir::ClassUnicode;

use super::node::Node;
use crate::pattern::Case;

/// A literal longer than this is cut; a prefilter gains nothing from more.
const LITERAL_BYTES_MAX: usize = 256;

/// So many alternatives are asked for a literal that all others might share; asking each would be quadratic.
const CANDIDATES_MAX: usize = 8;

/// Larger classes are no letter in its cases, so they are not looked at.
const CASES_MAX: usize = 8;

/// The longest text found that every match, folded, contains.
pub(super) fn required(node: &Node, case: Case) -> Option<String> {
    let facts = Facts::of(node, case);
    Some(facts.best).filter(|best| !best.is_empty())
}

/// The one text, folded, whose cases are all that matches, if the expression is plain characters.
pub(super) fn plain(node: &Node, case: Case) -> Option<String> {
    let parts = match node {
        Node::Concat(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut text = String::new();
    for part in parts {
        match part {
            Node::Empty => {}
            _ => text.push(letter(part, case)?),
        }
    }
    Some(text)
}

/// What is known of every match.
#[derive(Default, Clone)]
struct Facts {
    /// The match itself, if there is only one.
    exact: Option<String>,
    prefix: String,
    suffix: String,
    /// The longest literal known.
    best: String,
}

impl Facts {
    fn of(node: &Node, case: Case) -> Facts {
        match node {
            Node::Empty | Node::Look(_) => Facts::exact(String::new()),
            Node::Char(_) | Node::Class(_) => match letter(node, case) {
                Some(c) => Facts::exact(c.to_string()),
                None => Facts::default(),
            },
            Node::Concat(parts) => concat(parts.iter().map(|part| Facts::of(part, case))),
            Node::Union(parts) => {
                // An alternative that matches nothing has no say.
                let able = parts.iter().filter(|part| **part != Node::Nothing);
                union(&able.map(|part| Facts::of(part, case)).collect::<Vec<_>>())
            }
            Node::Intersect(parts) => {
                // A match meets every part, so what any part knows holds.
                let all = parts.iter().map(|part| Facts::of(part, case));
                all.max_by_key(|facts| facts.best.len()).unwrap_or_default()
            }
            Node::Repeat(inner, times) if times.min > 0 => {
                let inner = Facts::of(inner, case);
                let rounds = (times.min as usize).min(LITERAL_BYTES_MAX);
                let known = concat(std::iter::repeat_n(inner, rounds));
                let all = times.max == Some(times.min) && rounds == times.min as usize;
                if all { known } else { Facts { exact: None, ..known } }
            }
            Node::Repeat(..) | Node::Complement(_) | Node::Interval(_) | Node::Nothing => {
                Facts::default()
            }
        }
    }

    fn exact(text: String) -> Facts {
        Facts { prefix: text.clone(), suffix: text.clone(), best: text.clone(), exact: Some(text) }
    }
}

/// The character, folded, that the node stands for in all its cases.
///
/// Only a class that has every case of its letter counts as one: what is not in it must not match.
fn letter(node: &Node, case: Case) -> Option<char> {
    match node {
        Node::Char(c) if case.variants(*c).len() == 1 => Some(case.fold_char(*c)),
        Node::Class(class) => {
            let chars = few(class)?;
            let folded = case.fold_char(*chars.first()?);
            let one = chars.iter().all(|c| case.fold_char(*c) == folded);
            (one && chars.len() == case.variants(folded).len()).then_some(folded)
        }
        _ => None,
    }
}

fn few(class: &ClassUnicode) -> Option<Vec<char>> {
    let count: usize = class.ranges().iter().map(regex_syntax::hir::ClassUnicodeRange::len).sum();
    let chars = class.ranges().iter().flat_map(|range| range.start()..=range.end());
    (count <= CASES_MAX).then(|| chars.collect())
}

fn concat(parts: impl Iterator<Item = Facts>) -> Facts {
    let mut all = Facts::exact(String::new());
    for part in parts {
        let across = format!("{}{}", all.suffix, part.prefix);
        keep_longest(&mut all.best, across);
        keep_longest(&mut all.best, part.best);
        // While everything so far is one text, the start and the end go on.
        if let Some(exact) = &all.exact {
            all.prefix = cut_end(format!("{exact}{}", part.prefix));
        }
        all.suffix = match &part.exact {
            Some(exact) => cut_start(format!("{}{exact}", all.suffix)),
            None => part.suffix,
        };
        all.exact = match (all.exact, part.exact) {
            (Some(before), Some(after)) => {
                Some(before + &after).filter(|exact| exact.len() <= LITERAL_BYTES_MAX)
            }
            _ => None,
        };
    }
    all
}

fn union(alternatives: &[Facts]) -> Facts {
    let Some((first, rest)) = alternatives.split_first() else { return Facts::default() };
    if rest.is_empty() {
        return first.clone();
    }
    let same = rest.iter().all(|facts| facts.exact == first.exact);
    let exact = first.exact.clone().filter(|_| same);
    let prefix =
        rest.iter().fold(&*first.prefix, |common, facts| common_prefix(common, &facts.prefix));
    let suffix =
        rest.iter().fold(&*first.suffix, |common, facts| common_suffix(common, &facts.suffix));
    let mut best = prefix.to_owned();
    keep_longest(&mut best, suffix.to_owned());
    for candidate in alternatives.iter().take(CANDIDATES_MAX).map(|facts| &facts.best) {
        let everywhere = alternatives.iter().all(|facts| {
            [&facts.best, &facts.prefix, &facts.suffix]
                .iter()
                .any(|known| known.contains(&**candidate))
        });
        if everywhere {
            keep_longest(&mut best, candidate.clone());
        }
    }
    Facts { exact, prefix: prefix.to_owned(), suffix: suffix.to_owned(), best }
}

fn keep_longest(best: &mut String, other: String) {
    if other.len() > best.len() {
        *best = cut_end(other);
    }
}

fn cut_end(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(LITERAL_BYTES_MAX));
    text
}

fn cut_start(mut text: String) -> String {
    let from = text.ceil_char_boundary(text.len().saturating_sub(LITERAL_BYTES_MAX));
    text.drain(..from);
    text
}

fn common_prefix<'a>(a: &'a str, b: &str) -> &'a str {
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b);
    &a[..same.map(|(c, _)| c.len_utf8()).sum()]
}

fn common_suffix<'a>(a: &'a str, b: &str) -> &'a str {
    let same = a.chars().rev().zip(b.chars().rev()).take_while(|(a, b)| a == b);
    let length: usize = same.map(|(c, _)| c.len_utf8()).sum();
    &a[a.len() - length..]
}

#[cfg(test)]
mod tests {
    use super::super::Regex;
    use super::*;

    #[track_caller]
    fn check(pattern: &str, case: Case, expected: Option<&str>) {
        let regex = Regex::lucene(pattern, case).unwrap();
        assert_eq!(regex.required_literal().as_deref(), expected, "{pattern}");
    }

    #[test]
    fn the_longest_literal_is_found() {
        check(".*powershell.*-enc.*", Case::Sensitive, Some("powershell"));
        check("ab(cd)ef", Case::Sensitive, Some("abcdef"));
        check("a(bc){2}d?e", Case::Sensitive, Some("abcbc"));
        check("x(ab)+y", Case::Sensitive, Some("xab"));
        check(".*(foo|boo)t.*", Case::Sensitive, Some("oot"));
        check("(.*abc.*|.*xabcx)", Case::Sensitive, Some("abc"));
        check("(#|abc)d", Case::Sensitive, Some("abcd"));
        check("(ab|cd)*", Case::Sensitive, None);
        check("~(abc)", Case::Sensitive, None);
        check("abc&.*", Case::Sensitive, Some("abc"));
        check("a?b?", Case::Sensitive, None);
        check("a<1-5>bcd", Case::Sensitive, Some("bcd"));
    }

    #[test]
    fn a_literal_without_case_is_folded() {
        check(".*PowerShell.*", Case::Ascii, Some("powershell"));
        check(".*É.*", Case::Unicode, Some("é"));
        check(".*[pP]owershell", Case::Sensitive, Some("owershell"));
    }

    #[test]
    fn a_literal_is_bounded() {
        let literal = Regex::lucene("(é{2}){1000}x.", Case::Sensitive).unwrap().required_literal();
        assert!(literal.is_some_and(|literal| literal.len() <= LITERAL_BYTES_MAX));
    }

    #[test]
    fn plain_characters_are_told() {
        let exact = |pattern: &str, case| Regex::lucene(pattern, case).unwrap().as_exact();
        assert_eq!(exact(r"a\.b", Case::Sensitive).as_deref(), Some("a.b"));
        assert_eq!(exact("", Case::Sensitive).as_deref(), Some(""));
        assert_eq!(exact("ab", Case::Ascii), None);
        assert_eq!(exact("12", Case::Ascii).as_deref(), Some("12"));
        assert_eq!(exact("a.b", Case::Sensitive), None);
        assert_eq!(exact("a|b", Case::Sensitive), None);
    }
}
