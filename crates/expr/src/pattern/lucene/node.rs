//! The tree that both dialects are read into, and the little algebra that keeps it small.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use crate::limits::REGEX_QUANTIFIERS_MAX;

/// A regular expression. Case has already been dealt with: a letter that stands for both its cases is a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    /// The empty language: no text at all.
    Nothing,
    /// The empty text.
    Empty,
    /// One character.
    Char(char),
    /// One of at least two characters.
    Class(ClassUnicode),
    /// One after the other.
    Concat(Vec<Node>),
    /// Any of them.
    Union(Vec<Node>),
    /// All of them; Lucene only.
    Intersect(Vec<Node>),
    /// Every text that the inner expression does not match; Lucene only.
    Complement(Box<Node>),
    /// Several times.
    Repeat(Box<Node>, Times),
    /// A decimal number; Lucene only.
    Interval(Interval),
    /// A place between characters; Java only.
    Look(Look),
}

/// How often: at least `min` times, and at most `max` times if that is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Times {
    pub(crate) min: u32,
    pub(crate) max: Option<u32>,
}

/// The numbers from `min` to `max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) min: u32,
    pub(crate) max: u32,
    /// Exactly so many digits; otherwise any, with any number of zeros in front.
    pub(crate) digits: Option<usize>,
}

/// A condition on a place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// The start of the text.
    Start,
    /// The end of the text.
    End,
    /// Between an ASCII letter, digit or `_` and something else.
    WordBoundary,
    /// Not such a place.
    NotWordBoundary,
}

impl Times {
    pub(crate) const ANY: Times = Times { min: 0, max: None };
    pub(crate) const OPTIONAL: Times = Times { min: 0, max: Some(1) };
    pub(crate) const SOME: Times = Times { min: 1, max: None };

    pub(crate) fn exactly(count: u32) -> Times {
        Times { min: count, max: Some(count) }
    }

    /// The one quantifier that says the same as `self` and then `outer`, if there is one: `x{2}{3}` is `x{6}`, and
    /// `x{2}?` is nothing shorter.
    fn then(self, outer: Times) -> Option<Times> {
        // The counts for k and k + 1 rounds leave no gap if k * max + 1 >= (k + 1) * min; the least k is the hardest.
        let closed = outer.max == Some(outer.min)
            || match self.max {
                None => outer.min > 0 || self.min <= 1,
                Some(max) => {
                    let spread = u64::from(outer.min) * u64::from(max - self.min);
                    spread + 1 >= u64::from(self.min)
                }
            };
        if !closed {
            return None;
        }
        let max = match (self.max, outer.max) {
            (Some(inner), Some(outer)) => Some(inner.checked_mul(outer)?),
            _ => None,
        };
        Some(Times { min: self.min.checked_mul(outer.min)?, max })
    }
}

impl Node {
    /// Any text, Lucene's `@`.
    pub(crate) fn any_text() -> Node {
        Node::Repeat(Box::new(Node::any_char()), Times::ANY)
    }

    /// Any one code point, Lucene's `.`.
    pub(crate) fn any_char() -> Node {
        Node::Class(ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)]))
    }

    pub(crate) fn is_any_text(&self) -> bool {
        match self {
            Node::Repeat(inner, Times::ANY) => match &**inner {
                Node::Class(class) => {
                    matches!(class.ranges(), [all] if all.start() == '\0' && all.end() == char::MAX)
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// One of the characters of a class.
    pub(crate) fn class(class: ClassUnicode) -> Node {
        match class.ranges() {
            [] => Node::Nothing,
            [one] if one.start() == one.end() => Node::Char(one.start()),
            _ => Node::Class(class),
        }
    }

    pub(crate) fn concat(mut parts: Vec<Node>) -> Node {
        parts.retain(|part| *part != Node::Empty);
        if parts.contains(&Node::Nothing) {
            return Node::Nothing;
        }
        match parts.len() {
            0 => Node::Empty,
            1 => parts.remove(0),
            _ => Node::Concat(parts),
        }
    }

    pub(crate) fn union(mut parts: Vec<Node>) -> Node {
        match parts.len() {
            0 => Node::Nothing,
            1 => parts.remove(0),
            _ => Node::Union(parts),
        }
    }

    pub(crate) fn intersect(mut parts: Vec<Node>) -> Node {
        if parts.len() == 1 { parts.remove(0) } else { Node::Intersect(parts) }
    }

    pub(crate) fn complement(self) -> Node {
        match self {
            Node::Complement(inner) => *inner,
            other => Node::Complement(Box::new(other)),
        }
    }

    /// `None` if there would be more than [`REGEX_QUANTIFIERS_MAX`] quantifiers in a row.
    pub(crate) fn repeat(self, times: Times) -> Option<Node> {
        match (self, times) {
            (_, Times { max: Some(0), .. })
            | (Node::Empty, _)
            | (Node::Nothing, Times { min: 0, .. }) => Some(Node::Empty),
            (Node::Nothing, _) => Some(Node::Nothing),
            (node, Times { min: 1, max: Some(1) }) => Some(node),
            (Node::Repeat(inner, first), second) => {
                if let Some(both) = first.then(second) {
                    return Some(Node::Repeat(inner, both));
                }
                let node = Node::Repeat(inner, first);
                let few = node.quantifiers() < REGEX_QUANTIFIERS_MAX;
                few.then(|| Node::Repeat(Box::new(node), second))
            }
            (node, times) => Some(Node::Repeat(Box::new(node), times)),
        }
    }

    /// How many quantifiers stand directly around one another.
    fn quantifiers(&self) -> usize {
        let mut node = self;
        let mut count = 0;
        while let Node::Repeat(inner, _) = node {
            count += 1;
            node = inner;
        }
        count
    }
}

impl Interval {
    /// The same as an expression of digits.
    pub(crate) fn expand(self) -> Node {
        if let Some(digits) = self.digits {
            return between(&padded(self.min, digits), &padded(self.max, digits));
        }
        let zeros = Node::Repeat(Box::new(Node::Char('0')), Times::ANY);
        let (shortest, longest) = (self.min.to_string().len(), self.max.to_string().len());
        let lengths = (shortest..=longest).map(|length| {
            let low = if length == shortest { padded(self.min, length) } else { first_of(length) };
            let high = if length == longest { padded(self.max, length) } else { vec![9; length] };
            between(&low, &high)
        });
        Node::concat(vec![zeros, Node::union(lengths.collect())])
    }
}

fn padded(number: u32, digits: usize) -> Vec<u8> {
    format!("{number:0digits$}").bytes().map(|byte| byte - b'0').collect()
}

/// The least number of so many digits.
fn first_of(length: usize) -> Vec<u8> {
    let mut digits = vec![0; length];
    digits[0] = 1;
    digits
}

/// All numbers of as many digits as both ends.
fn between(low: &[u8], high: &[u8]) -> Node {
    let ([first, low @ ..], [last, high @ ..]) = (low, high) else { return Node::Empty };
    if first == last {
        return Node::concat(vec![digit(*first, *last), between(low, high)]);
    }
    let (zeros, nines) = (vec![0; low.len()], vec![9; low.len()]);
    let mut parts = Vec::new();
    let (mut from, mut to) = (*first, *last);
    if low != zeros {
        parts.push(Node::concat(vec![digit(from, from), between(low, &nines)]));
        from += 1;
    }
    if high != nines {
        parts.push(Node::concat(vec![digit(to, to), between(&zeros, high)]));
        to -= 1;
    }
    if from <= to {
        let mut whole = vec![digit(from, to)];
        whole.extend(low.iter().map(|_| digit(0, 9)));
        parts.push(Node::concat(whole));
    }
    Node::union(parts)
}

fn digit(from: u8, to: u8) -> Node {
    Node::class(ClassUnicode::new([ClassUnicodeRange::new(
        (b'0' + from).into(),
        (b'0' + to).into(),
    )]))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::pattern::naive;

    fn counts(times: Times) -> impl Iterator<Item = u32> {
        times.min..=times.max.unwrap_or(40).min(40)
    }

    #[test]
    fn two_quantifiers_become_one_only_if_it_says_the_same() {
        let some = |min| (min..min + 4).map(Some).chain([None]).map(move |max| Times { min, max });
        let all: Vec<Times> = (0..4).flat_map(some).filter(|times| times.max != Some(0)).collect();
        for (inner, outer) in
            all.iter().flat_map(|inner| all.iter().map(move |outer| (*inner, *outer)))
        {
            let mut said = BTreeSet::new();
            for rounds in counts(outer) {
                let mut sums = BTreeSet::from([0]);
                for _ in 0..rounds {
                    let longer =
                        sums.iter().flat_map(|sum| counts(inner).map(move |count| sum + count));
                    sums = longer.filter(|sum| *sum <= 40).collect();
                }
                said.extend(sums);
            }
            let gapless = said.iter().zip(said.iter().skip(1)).all(|(a, b)| a + 1 == *b);
            match inner.then(outer) {
                Some(both) => assert_eq!(said, counts(both).collect(), "{inner:?} {outer:?}"),
                None => assert!(!gapless, "{inner:?} {outer:?}"),
            }
        }
    }

    #[test]
    fn an_interval_is_its_digits() {
        let fixed = |min, max, digits| Interval { min, max, digits: Some(digits) };
        let free = |min, max| Interval { min, max, digits: None };
        for interval in [
            fixed(0, 9, 1),
            fixed(7, 112, 3),
            fixed(99, 100, 3),
            free(0, 0),
            free(5, 1234),
            free(98, 101),
        ] {
            let expanded = interval.expand();
            for number in 0..1300 {
                for text in [
                    format!("{number}"),
                    format!("0{number}"),
                    format!("{number:04}"),
                    format!("{number}x"),
                ] {
                    let direct = naive::matches(&Node::Interval(interval), &text);
                    assert_eq!(naive::matches(&expanded, &text), direct, "{interval:?} {text}");
                }
            }
        }
        let widest = free(0, u32::MAX).expand();
        assert!(naive::matches(&widest, "4294967295"));
        assert!(!naive::matches(&widest, "4294967296"));
        assert!(!naive::matches(&widest, ""));
    }
}
