//! The slow twins: matchers that are obviously right, for `interpret` and for the tests of the fast ones.
//!
//! They share the parsers with the fast matchers, whose reading the tests of the parsers pin down, and nothing else.

use std::collections::BTreeSet;

use super::case::contains;
use super::lucene::node::{Interval, Look, Node, Times};
use super::lucene::{parse_java, parse_lucene};
use super::{Case, RegexError};

/// Whether a wildcard pattern matches the whole text, by dynamic programming.
pub fn naive_wildcard(pattern: &str, text: &str, case: Case) -> bool {
    let pattern: Vec<char> = pattern.chars().map(|c| case.fold_char(c)).collect();
    let text: Vec<char> = text.chars().map(|c| case.fold_char(c)).collect();
    // `matched[i]`: the pattern so far matches the first i characters.
    let mut matched = vec![false; text.len() + 1];
    matched[0] = true;
    for sign in pattern {
        let before = matched.clone();
        for i in 0..=text.len() {
            matched[i] = match sign {
                '*' => before[..=i].contains(&true),
                '?' => i > 0 && before[i - 1],
                _ => i > 0 && before[i - 1] && text[i - 1] == sign,
            };
        }
    }
    matched[text.len()]
}

/// Whether a regular expression of Lucene's dialect matches the whole text.
pub fn naive_lucene(pattern: &str, text: &str, case: Case) -> Result<bool, RegexError> {
    Ok(matches(&parse_lucene(pattern, case)?, text))
}

/// Whether a regular expression of Java's dialect matches the whole text.
pub fn naive_java(pattern: &str, text: &str, case: Case) -> Result<bool, RegexError> {
    Ok(matches(&parse_java(pattern, case)?, text))
}

/// Whether an expression matches the whole text.
pub(crate) fn matches(node: &Node, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    ends(node, &text, &BTreeSet::from([0])).contains(&text.len())
}

/// Where a match may end that begins at one of the starts.
fn ends(node: &Node, text: &[char], starts: &BTreeSet<usize>) -> BTreeSet<usize> {
    let one = |wanted: &dyn Fn(char) -> bool| {
        let held = |start: &&usize| text.get(**start).is_some_and(|c| wanted(*c));
        starts.iter().filter(held).map(|start| start + 1).collect()
    };
    match node {
        Node::Nothing => BTreeSet::new(),
        Node::Empty => starts.clone(),
        Node::Char(own) => one(&|c| c == *own),
        Node::Class(class) => one(&|c| contains(class, c)),
        Node::Concat(parts) => {
            parts.iter().fold(starts.clone(), |starts, part| ends(part, text, &starts))
        }
        Node::Union(parts) => parts.iter().flat_map(|part| ends(part, text, starts)).collect(),
        Node::Intersect(parts) => for_each_start(starts, |start| {
            let all = parts.iter().map(|part| ends(part, text, &BTreeSet::from([start])));
            all.reduce(|a, b| &a & &b).unwrap_or_default()
        }),
        Node::Complement(inner) => for_each_start(starts, |start| {
            let taken = ends(inner, text, &BTreeSet::from([start]));
            (start..=text.len()).filter(|end| !taken.contains(end)).collect()
        }),
        Node::Repeat(inner, times) => repeated(inner, *times, text, starts),
        Node::Interval(interval) => for_each_start(starts, |start| numbers(*interval, text, start)),
        Node::Look(look) => starts.iter().copied().filter(|at| holds(*look, text, *at)).collect(),
    }
}

fn for_each_start(
    starts: &BTreeSet<usize>,
    ends: impl Fn(usize) -> BTreeSet<usize>,
) -> BTreeSet<usize> {
    starts.iter().flat_map(|start| ends(*start)).collect()
}

fn repeated(
    inner: &Node,
    times: Times,
    text: &[char],
    starts: &BTreeSet<usize>,
) -> BTreeSet<usize> {
    // In more rounds than there are places some round is empty, and then any more rounds change nothing.
    let rounds = (times.min as usize).min(text.len() + 1);
    let mut fresh = (0..rounds).fold(starts.clone(), |starts, _| ends(inner, text, &starts));
    let mut all = fresh.clone();
    let mut left = times.max.map(|max| max - times.min);
    while !fresh.is_empty() && left != Some(0) {
        fresh = &ends(inner, text, &fresh) - &all;
        all.extend(&fresh);
        left = left.map(|left| left - 1);
    }
    all
}

fn numbers(interval: Interval, text: &[char], start: usize) -> BTreeSet<usize> {
    let mut ends = BTreeSet::new();
    let mut number = 0_u64;
    for (i, digit) in text[start..].iter().map_while(|c| c.to_digit(10)).enumerate() {
        number = number.saturating_mul(10).saturating_add(digit.into());
        let inside = u64::from(interval.min) <= number && number <= u64::from(interval.max);
        if inside && interval.digits.is_none_or(|digits| digits == i + 1) {
            ends.insert(start + i + 1);
        }
    }
    ends
}

fn holds(look: Look, text: &[char], at: usize) -> bool {
    let word = |at: Option<usize>| {
        let c = at.and_then(|at| text.get(at));
        c.is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_')
    };
    let boundary = word(at.checked_sub(1)) != word(Some(at));
    match look {
        Look::Start => at == 0,
        Look::End => at == text.len(),
        Look::WordBoundary => boundary,
        Look::NotWordBoundary => !boundary,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        let matches = |pattern, text| naive_wildcard(pattern, text, Case::Sensitive);
        assert!(matches("*a?c*", "xxabcxx"));
        assert!(matches("", ""));
        assert!(matches("*", ""));
        assert!(!matches("?", ""));
        assert!(!matches("a*b", "ba"));
        assert!(naive_wildcard("A*", "ab", Case::Ascii));
        assert!(!naive_wildcard("É", "é", Case::Ascii));
        assert!(naive_wildcard("É", "é", Case::Unicode));
    }

    #[test]
    fn large_counts_end() {
        assert_eq!(naive_lucene("(a|b?){2147483647}", "abab", Case::Sensitive), Ok(true));
        assert_eq!(naive_lucene("(ab){2147483647}", "abab", Case::Sensitive), Ok(false));
        assert_eq!(naive_lucene("(ab){2,2147483647}c", "ababc", Case::Sensitive), Ok(true));
        assert_eq!(naive_java(r"(\b|a){9}", "a", Case::Sensitive), Ok(true));
    }
}
