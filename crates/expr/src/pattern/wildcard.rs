//! Wildcards: `*` is any run of characters, also none and also newlines; `?` is exactly one code point.
//!
//! There is no escape for them, and a pattern covers the whole value. A run of text between two `*` is looked for
//! from the left and never looked for again, so no pattern is exponential: the cost is at worst the length of the
//! value times the length of a piece, and the plain length for pieces without `?`.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;
use memchr::memmem::Finder;

use super::Case;

/// Up to this many patterns are simply tried one after the other.
const FEW_PATTERNS_MAX: usize = 8;

/// One compiled pattern.
///
/// ```
/// use brokerwatch_expr::pattern::{Case, wildcard::Wildcard};
/// let pattern = Wildcard::new("*\\certutil?exe", Case::Ascii);
/// assert!(pattern.is_match("C:\\Windows\\CertUtil.exe"));
/// assert_eq!(pattern.required_literals(), ["\\certutil", "exe"]);
/// ```
#[derive(Debug, Clone)]
pub struct Wildcard {
    case: Case,
    shape: Shape,
    /// Fewest code points of a match, and so fewest bytes too.
    chars_min: usize,
}

/// Many patterns, of which any may match.
#[derive(Debug, Clone)]
pub struct WildcardSet {
    case: Case,
    patterns: Vec<Wildcard>,
    index: Option<Index>,
}

/// Finds the few patterns of a long list that may match a text.
#[derive(Debug, Clone)]
struct Index {
    /// The patterns that are plain text.
    exact: HashMap<Box<str>, usize>,
    /// A literal of each other pattern, each literal once.
    literals: AhoCorasick,
    /// For each literal the patterns that need it, in order.
    needing: Vec<Vec<usize>>,
    /// The patterns without a literal, in order.
    bare: Vec<usize>,
}

/// What a pattern asks for; the texts are folded.
#[derive(Debug, Clone)]
enum Shape {
    /// Without `*` and `?`.
    Exact(Box<str>),
    /// `text*`
    Prefix(Box<str>),
    /// `*text`
    Suffix(Box<str>),
    /// `*text*`
    Contains(Box<Finder<'static>>, Box<str>),
    /// `?` but no `*`.
    Fixed(Piece),
    /// `*` and more.
    Pieces(Box<Pieces>),
}

/// `first*middle*last`, where each part may have `?`, and the first and last may be empty.
#[derive(Debug, Clone)]
struct Pieces {
    first: Piece,
    middle: Vec<Piece>,
    last: Piece,
}

/// What stands between two `*`.
#[derive(Debug, Clone, Default)]
struct Piece {
    units: Vec<Unit>,
    chars: usize,
    /// Finds the first text of the piece.
    finder: Option<Box<Finder<'static>>>,
}

#[derive(Debug, Clone)]
enum Unit {
    Text(Box<str>),
    /// So many `?`.
    Skip(usize),
}

impl Wildcard {
    /// Compiles a pattern; every text is one.
    pub fn new(pattern: &str, case: Case) -> Wildcard {
        let pattern = case.fold(pattern);
        let chars_min = pattern.chars().filter(|c| *c != '*').count();
        Wildcard { case, shape: Shape::new(&pattern), chars_min }
    }

    /// Whether the whole text matches.
    pub fn is_match(&self, text: &str) -> bool {
        match (&self.shape, self.case) {
            // These compare in place; folding the whole text would be wasted.
            (Shape::Exact(own), Case::Ascii) => own.eq_ignore_ascii_case(text),
            (Shape::Prefix(own), Case::Ascii) => {
                let head = text.as_bytes().get(..own.len());
                head.is_some_and(|head| head.eq_ignore_ascii_case(own.as_bytes()))
            }
            (Shape::Suffix(own), Case::Ascii) => {
                let from = text.len().checked_sub(own.len());
                from.is_some_and(|from| {
                    text.as_bytes()[from..].eq_ignore_ascii_case(own.as_bytes())
                })
            }
            _ if text.len() < self.chars_min => false,
            _ => self.matches_folded(&self.case.fold(text)),
        }
    }

    /// The pieces of text, folded, that every match contains, folded, in this order.
    pub fn required_literals(&self) -> Vec<&str> {
        match &self.shape {
            Shape::Exact(text)
            | Shape::Prefix(text)
            | Shape::Suffix(text)
            | Shape::Contains(_, text) => {
                if text.is_empty() {
                    Vec::new()
                } else {
                    vec![text]
                }
            }
            Shape::Fixed(piece) => piece.texts().collect(),
            Shape::Pieces(pieces) => {
                let middle = pieces.middle.iter().flat_map(Piece::texts);
                pieces.first.texts().chain(middle).chain(pieces.last.texts()).collect()
            }
        }
    }

    /// The one text, folded, that matches, if the pattern has neither `*` nor `?`.
    pub fn as_exact(&self) -> Option<&str> {
        match &self.shape {
            Shape::Exact(text) => Some(text),
            _ => None,
        }
    }

    fn matches_folded(&self, text: &str) -> bool {
        match &self.shape {
            Shape::Exact(own) => **own == *text,
            Shape::Prefix(own) => text.starts_with(&**own),
            Shape::Suffix(own) => text.ends_with(&**own),
            Shape::Contains(finder, _) => finder.find(text.as_bytes()).is_some(),
            Shape::Fixed(piece) => piece.match_at(text, 0) == Some(text.len()),
            Shape::Pieces(pieces) => pieces.is_match(text),
        }
    }
}

impl WildcardSet {
    /// Compiles a list of patterns.
    pub fn new(patterns: &[String], case: Case) -> WildcardSet {
        let patterns: Vec<Wildcard> =
            patterns.iter().map(|pattern| Wildcard::new(pattern, case)).collect();
        let index = if patterns.len() > FEW_PATTERNS_MAX { Index::new(&patterns) } else { None };
        WildcardSet { case, patterns, index }
    }

    /// Whether any pattern matches the whole text.
    pub fn is_match(&self, text: &str) -> bool {
        match &self.index {
            None if self.patterns.len() == 1 => self.patterns[0].is_match(text),
            None => self.first_match(text).is_some(),
            Some(index) => {
                let text = &*self.case.fold(text);
                index.exact.contains_key(text)
                    || index.bare.iter().any(|place| self.patterns[*place].matches_folded(text))
                    || index.any_candidate(text, |place| self.patterns[place].matches_folded(text))
            }
        }
    }

    /// The index of the first pattern of the list that matches the whole text.
    pub fn first_match(&self, text: &str) -> Option<usize> {
        let text = &*self.case.fold(text);
        let Some(index) = &self.index else {
            return self.patterns.iter().position(|pattern| pattern.matches_folded(text));
        };
        let mut best = index.exact.get(text).copied();
        let mut offer = |place: usize| {
            if best.is_none_or(|best| place < best) && self.patterns[place].matches_folded(text) {
                best = Some(place);
            }
        };
        index.bare.iter().for_each(|place| offer(*place));
        index.any_candidate(text, |place| {
            offer(place);
            false
        });
        best
    }
}

impl Index {
    /// `None` if no automaton can be built over the literals; then the list is tried one by one.
    fn new(patterns: &[Wildcard]) -> Option<Index> {
        let mut exact = HashMap::new();
        let mut bare = Vec::new();
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut literals: Vec<&str> = Vec::new();
        let mut needing: Vec<Vec<usize>> = Vec::new();
        for (place, pattern) in patterns.iter().enumerate() {
            if let Some(text) = pattern.as_exact() {
                exact.entry(text.into()).or_insert(place);
                continue;
            }
            // The longest literal is the one that the fewest texts contain.
            let Some(literal) =
                pattern.required_literals().into_iter().max_by_key(|text| text.len())
            else {
                bare.push(place);
                continue;
            };
            let number = *numbers.entry(literal).or_insert_with(|| {
                literals.push(literal);
                needing.push(Vec::new());
                literals.len() - 1
            });
            needing[number].push(place);
        }
        let literals = AhoCorasick::new(literals).ok()?;
        Some(Index { exact, literals, needing, bare })
    }

    /// Whether `test` holds for any pattern whose literal is in the text; each pattern is tested at most once.
    fn any_candidate(&self, text: &str, mut test: impl FnMut(usize) -> bool) -> bool {
        let mut seen = Vec::new();
        for found in self.literals.find_overlapping_iter(text) {
            let number = found.pattern().as_usize();
            if seen.is_empty() {
                seen.resize(self.needing.len(), false);
            }
            if !seen[number] {
                seen[number] = true;
                if self.needing[number].iter().any(|place| test(*place)) {
                    return true;
                }
            }
        }
        false
    }
}

impl Shape {
    fn new(pattern: &str) -> Shape {
        let Some((first, rest)) = pattern.split_once('*') else {
            return if pattern.contains('?') {
                Shape::Fixed(Piece::new(pattern))
            } else {
                Shape::Exact(pattern.into())
            };
        };
        let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
        let middle: Vec<&str> = middle.split('*').filter(|piece| !piece.is_empty()).collect();
        let plain = !pattern.contains('?');
        match (first, middle.as_slice(), last) {
            (_, [], "") if plain => Shape::Prefix(first.into()),
            ("", [], _) if plain => Shape::Suffix(last.into()),
            ("", [text], "") if plain => Shape::Contains(finder(text), (*text).into()),
            _ => Shape::Pieces(Box::new(Pieces {
                first: Piece::new(first),
                middle: middle.into_iter().map(Piece::new).collect(),
                last: Piece::new(last),
            })),
        }
    }
}

impl Pieces {
    fn is_match(&self, text: &str) -> bool {
        let Some(mut at) = self.first.match_at(text, 0) else { return false };
        // The last piece stands at the end, so its place is known; the others must fit before it.
        let Some(end) = place_from_end(text, self.last.chars) else { return false };
        if end < at || self.last.match_at(text, end) != Some(text.len()) {
            return false;
        }
        for piece in &self.middle {
            match piece.find(&text[..end], at) {
                Some(after) => at = after,
                None => return false,
            }
        }
        true
    }
}

impl Piece {
    fn new(piece: &str) -> Piece {
        let mut units = Vec::new();
        for unit in piece.as_bytes().chunk_by(|a, b| (*a == b'?') == (*b == b'?')) {
            units.push(match std::str::from_utf8(unit) {
                Ok(text) if !text.starts_with('?') => Unit::Text(text.into()),
                // Cut beside an ASCII character, so always sound; and these are all `?`.
                _ => Unit::Skip(unit.len()),
            });
        }
        let finder = units.iter().find_map(|unit| match unit {
            Unit::Text(text) => Some(finder(text)),
            Unit::Skip(_) => None,
        });
        Piece { units, chars: piece.chars().count(), finder }
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        self.units.iter().filter_map(|unit| match unit {
            Unit::Text(text) => Some(&**text),
            Unit::Skip(_) => None,
        })
    }

    /// The end of the piece if it stands at a place.
    fn match_at(&self, text: &str, at: usize) -> Option<usize> {
        match_units(&self.units, text, at)
    }

    /// The end of the leftmost piece at or after a place. The leftmost one is always right to take: it leaves the
    /// most text to what follows, and the `*` before it takes any run.
    fn find(&self, text: &str, mut at: usize) -> Option<usize> {
        let (lead, units) = match self.units.split_first() {
            Some((Unit::Skip(count), rest)) => (*count, rest),
            _ => (0, self.units.as_slice()),
        };
        at = skip(text, at, lead)?;
        if units.is_empty() {
            return Some(at);
        }
        let finder = self.finder.as_ref()?;
        loop {
            let start = at + finder.find(&text.as_bytes()[at..])?;
            match match_units(units, text, start) {
                Some(end) => return Some(end),
                None => at = skip(text, start, 1)?,
            }
        }
    }
}

fn finder(text: &str) -> Box<Finder<'static>> {
    Box::new(Finder::new(text.as_bytes()).into_owned())
}

fn match_units(units: &[Unit], text: &str, mut at: usize) -> Option<usize> {
    for unit in units {
        at = match unit {
            Unit::Text(own) if text[at..].starts_with(&**own) => at + own.len(),
            Unit::Text(_) => return None,
            Unit::Skip(count) => skip(text, at, *count)?,
        };
    }
    Some(at)
}

/// The place so many characters on, if there are so many.
fn skip(text: &str, at: usize, count: usize) -> Option<usize> {
    let rest = &text[at..];
    let mut ends = rest.char_indices().map(|(start, c)| at + start + c.len_utf8());
    if count == 0 { Some(at) } else { ends.nth(count - 1) }
}

fn place_from_end(text: &str, chars: usize) -> Option<usize> {
    match chars {
        0 => Some(text.len()),
        _ => text.char_indices().rev().nth(chars - 1).map(|(place, _)| place),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pattern::naive::naive_wildcard;
    use crate::pattern::strategies::{any_case, text, wildcard};

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        for (texts, expected) in [(matching, true), (others, false)] {
            for text in texts {
                let matched = Wildcard::new(pattern, Case::Sensitive).is_match(text);
                assert_eq!(matched, expected, "{pattern:?} on {text:?}");
                assert_eq!(
                    naive_wildcard(pattern, text, Case::Sensitive),
                    expected,
                    "naive {pattern:?} on {text:?}"
                );
            }
        }
    }

    #[test]
    fn a_star_is_any_run() {
        check("*", &["", "a", "\n", "a\r\nb"], &[]);
        check("a*", &["a", "ab", "a\nb"], &["", "ba"]);
        check("*a", &["a", "ba", "\na"], &["", "ab"]);
        check("*a*", &["a", "bab"], &["", "b"]);
        check("a*a", &["aa", "aba"], &["a", "ab"]);
        check("ab*ba", &["abba", "abXba"], &["aba"]);
        // More bytes than the pattern has characters, yet the two ends would overlap.
        check("é*é", &["éé", "éaé"], &["é"]);
        check("***", &["", "a"], &[]);
        check("a**b", &["ab", "axb"], &["a"]);
        check("", &[""], &["a"]);
    }

    #[test]
    fn a_question_mark_is_one_code_point() {
        check("?", &["a", "é", "\u{1f600}", "\n"], &["", "ab", "e\u{301}"]);
        check("a?c", &["abc", "a\u{1f600}c"], &["ac", "abbc"]);
        check("*?", &["a", "ab"], &[""]);
        check("?*?", &["ab", "éé", "abc"], &["", "a"]);
        check("*a?b*c", &["aaxbc", "aXbabc"], &["abc", "axb"]);
        check("*??b*", &["xxb", "bbb"], &["xb", "bb"]);
        check("*a?", &["aa", "éaé"], &["a", "aéé"]);
    }

    #[test]
    fn nothing_else_is_special() {
        check(r"*\red\*", &[r"x\red\y", r"\red\"], &["*red*"]);
        check("a.[b]%_", &["a.[b]%_"], &["axb"]);
    }

    #[test]
    fn case_is_disregarded_as_asked() {
        let ascii = |pattern: &str, text: &str| Wildcard::new(pattern, Case::Ascii).is_match(text);
        let unicode =
            |pattern: &str, text: &str| Wildcard::new(pattern, Case::Unicode).is_match(text);
        for pattern in ["ÄB", "ÄB*", "*ÄB", "*ÄB*", "?B", "Ä*b"] {
            assert!(ascii(pattern, "Äb"), "{pattern}");
            assert!(unicode(pattern, "äb"), "{pattern}");
        }
        for pattern in ["ÄB", "ÄB*", "*ÄB", "*ÄB*", "Ä?", "Ä*b"] {
            assert!(!ascii(pattern, "äb"), "{pattern}");
        }
        // The Kelvin sign is three bytes and folds to one.
        assert!(unicode("*K?", "\u{212a}a"));
        assert!(unicode("*\u{212a}\u{212a}\u{212a}?", "kkka"));
    }

    #[test]
    fn literals_and_exact_texts_are_told() {
        let literals = |pattern: &str| -> Vec<String> {
            let wildcard = Wildcard::new(pattern, Case::Ascii);
            wildcard.required_literals().into_iter().map(str::to_owned).collect()
        };
        assert_eq!(literals("*Foo?bar*BAZ"), ["foo", "bar", "baz"]);
        assert_eq!(literals("*"), [""; 0]);
        assert_eq!(literals("?*"), [""; 0]);
        assert_eq!(literals("x?"), ["x"]);
        assert_eq!(Wildcard::new("A.exe", Case::Ascii).as_exact(), Some("a.exe"));
        assert_eq!(Wildcard::new("", Case::Sensitive).as_exact(), Some(""));
        assert_eq!(Wildcard::new("a?", Case::Ascii).as_exact(), None);
    }

    #[test]
    fn pathological_patterns_are_fast() {
        let text = "a".repeat(100_000);
        for pattern in ["*a*a*a*a*b", "*a?a?a?a*b*", "*?a*?a*?a*b", "*aaaaaaaab*", "a*a*a*a*b*a"] {
            assert!(!Wildcard::new(pattern, Case::Sensitive).is_match(&text), "{pattern}");
        }
        assert!(Wildcard::new(&"*a".repeat(10_000), Case::Sensitive).is_match(&text));
        assert!(Wildcard::new(&"?".repeat(100_000), Case::Ascii).is_match(&text));
    }

    #[test]
    fn the_first_of_many_is_found() {
        let mut patterns: Vec<String> = (0..500).map(|i| format!("*\\tool{i:03}.exe")).collect();
        patterns.push("*".to_owned());
        patterns.push("plain".to_owned());
        patterns.insert(0, "?".to_owned());
        let set = WildcardSet::new(&patterns, Case::Ascii);
        assert_eq!(set.first_match("C:\\TOOL041.exe"), Some(42));
        assert_eq!(set.first_match("x"), Some(0));
        assert_eq!(set.first_match("plain"), Some(501));
        let set = WildcardSet::new(&patterns[..501], Case::Ascii);
        assert!(set.is_match("c:\\tool499.EXE"));
        assert!(!set.is_match("c:\\tool500.exe"));
        assert!(!WildcardSet::new(&[], Case::Ascii).is_match(""));
    }

    proptest! {
        #[test]
        fn fast_is_naive(pattern in wildcard(), text in text(), case in any_case()) {
            let wildcard = Wildcard::new(&pattern, case);
            let matched = wildcard.is_match(&text);
            prop_assert_eq!(matched, naive_wildcard(&pattern, &text, case));
            if matched {
                let folded = case.fold(&text);
                for literal in wildcard.required_literals() {
                    prop_assert!(folded.contains(literal));
                }
            }
            if let Some(exact) = wildcard.as_exact() {
                prop_assert_eq!(matched, exact == case.fold(&text));
            }
        }

        #[test]
        fn a_set_is_its_patterns(
            patterns in prop::collection::vec(wildcard(), 0..40),
            text in text(),
            case in any_case(),
        ) {
            let set = WildcardSet::new(&patterns, case);
            let first = patterns.iter().position(|pattern| naive_wildcard(pattern, &text, case));
            prop_assert_eq!(set.first_match(&text), first);
            prop_assert_eq!(set.is_match(&text), first.is_some());
        }
    }
}
