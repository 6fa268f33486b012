//! Deterministic automata for expressions with `~` and `&`, by Brzozowski's derivatives.
//!
//! A state is the expression that the rest of the text must match; reading a character takes its derivative.
//! Expressions are kept once each in an arena, with unions and intersections as sorted sets, which is what makes the
//! states finitely many (J. A. Brzozowski, "Derivatives of Regular Expressions", JACM 11(4), 1964, section 5).
//! There may still be exponentially many, so states, bytes and steps are bounded, as Lucene bounds them.

use std::collections::HashMap;

use regex_syntax::hir::ClassUnicode;

use super::error::RegexError;
use super::hir::too_large;
use super::node::{Node, Times};
use crate::limits::{REGEX_BYTES_MAX, REGEX_STATES_MAX, REGEX_STEPS_MAX};
use crate::pattern::case::contains;

/// A complete automaton: every state has a successor for every letter.
#[derive(Debug, Clone)]
pub(super) struct Dfa {
    letters: Letters,
    /// `states * letters` successors.
    next: Vec<u16>,
    states: Vec<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    accepts: bool,
    /// Whether the state is never left, so that the rest of the text need not be read.
    last: bool,
}

/// The code points in groups that no class of the expression tells apart.
#[derive(Debug, Clone)]
struct Letters {
    /// The first code point of each run, in order, and its letter.
    runs: Vec<(char, u16)>,
    ascii: [u16; 128],
    count: usize,
}

impl Dfa {
    pub(super) fn new(node: &Node) -> Result<Dfa, RegexError> {
        let mut classes = Vec::new();
        collect_classes(node, &mut classes);
        classes.sort_unstable_by(|a, b| a.ranges().cmp(b.ranges()));
        classes.dedup();
        let (letters, members) = Letters::new(&classes)?;
        let mut arena = Arena::new(members, classes)?;
        let start = arena.add(node)?;
        arena.explore(start, letters)
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.next) + size_of_val(&*self.states) + size_of_val(&*self.letters.runs)
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        let mut state = 0;
        for c in text.chars() {
            if self.states[state].last {
                break;
            }
            state = usize::from(self.next[state * self.letters.count + self.letters.of(c)]);
        }
        self.states[state].accepts
    }
}

fn collect_classes(node: &Node, classes: &mut Vec<ClassUnicode>) {
    match node {
        Node::Char(c) => classes.push(single(*c)),
        Node::Class(class) => classes.push(class.clone()),
        Node::Concat(parts) | Node::Union(parts) | Node::Intersect(parts) => {
            for part in parts {
                collect_classes(part, classes);
            }
        }
        Node::Repeat(inner, _) | Node::Complement(inner) => collect_classes(inner, classes),
        Node::Interval(interval) => collect_classes(&interval.expand(), classes),
        Node::Nothing | Node::Empty | Node::Look(_) => {}
    }
}

fn single(c: char) -> ClassUnicode {
    ClassUnicode::new([regex_syntax::hir::ClassUnicodeRange::new(c, c)])
}

impl Letters {
    /// The letters, and for each class which letters it has.
    fn new(classes: &[ClassUnicode]) -> Result<(Letters, Vec<Vec<bool>>), RegexError> {
        let mut starts = vec!['\0'];
        for range in classes.iter().flat_map(ClassUnicode::iter) {
            starts.push(range.start());
            starts.extend(successor(range.end()));
        }
        starts.sort_unstable();
        starts.dedup();
        if starts.len().saturating_mul(classes.len()) > REGEX_BYTES_MAX {
            return Err(too_large());
        }
        // Two runs are one letter if the same classes have them.
        let mut numbers: HashMap<Vec<bool>, u16> = HashMap::new();
        let mut members = vec![Vec::new(); classes.len()];
        let mut runs = Vec::with_capacity(starts.len());
        for start in starts {
            let held: Vec<bool> = classes.iter().map(|class| contains(class, start)).collect();
            let fresh = u16::try_from(numbers.len()).map_err(|_| too_large())?;
            let letter = *numbers.entry(held).or_insert_with_key(|held| {
                members.iter_mut().zip(held).for_each(|(letters, held)| letters.push(*held));
                fresh
            });
            runs.push((start, letter));
        }
        let mut letters = Letters { runs, ascii: [0; 128], count: numbers.len() };
        letters.ascii = std::array::from_fn(|i| letters.search(char::from(i as u8)));
        Ok((letters, members))
    }

    fn of(&self, c: char) -> usize {
        let letter = match self.ascii.get(c as usize) {
            Some(letter) => *letter,
            None => self.search(c),
        };
        usize::from(letter)
    }

    fn search(&self, c: char) -> u16 {
        // The first run begins at the first code point, so there is always one at or before.
        let after = self.runs.partition_point(|(start, _)| *start <= c);
        self.runs[after - 1].1
    }
}

fn successor(c: char) -> Option<char> {
    (c..=char::MAX).nth(1)
}

/// An expression by its place in the arena.
type Id = u32;

/// No text at all, and every text; always at these places.
const NOTHING: Id = 0;
const EVERYTHING: Id = 1;
/// The empty text.
const EMPTY: Id = 2;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Expr {
    Nothing,
    Empty,
    /// One letter of a class.
    Class(usize),
    /// The first is no concatenation itself.
    Concat(Id, Id),
    Repeat(Id, Times),
    /// At least two, sorted, none of them a union, `NOTHING` or `EVERYTHING`.
    Union(Box<[Id]>),
    /// Likewise.
    Intersect(Box<[Id]>),
    Not(Id),
}

struct Arena {
    exprs: Vec<Expr>,
    /// For each expression whether it matches the empty text.
    nullable: Vec<bool>,
    ids: HashMap<Expr, Id>,
    /// For each class whether it has each letter.
    members: Vec<Vec<bool>>,
    classes: Vec<ClassUnicode>,
    derived: HashMap<(Id, usize), Id>,
    steps: usize,
}

impl Arena {
    fn new(members: Vec<Vec<bool>>, classes: Vec<ClassUnicode>) -> Result<Arena, RegexError> {
        let mut arena = Arena {
            exprs: Vec::new(),
            nullable: Vec::new(),
            ids: HashMap::new(),
            members,
            classes,
            derived: HashMap::new(),
            steps: 0,
        };
        for fixed in [Expr::Nothing, Expr::Not(NOTHING), Expr::Empty] {
            arena.intern(fixed)?;
        }
        Ok(arena)
    }

    fn add(&mut self, node: &Node) -> Result<Id, RegexError> {
        if node.is_any_text() {
            return Ok(EVERYTHING);
        }
        match node {
            Node::Nothing => Ok(NOTHING),
            Node::Empty => Ok(EMPTY),
            Node::Char(c) => self.class(&single(*c)),
            Node::Class(class) => self.class(class),
            Node::Concat(parts) => {
                let parts = self.add_all(parts)?;
                parts.into_iter().rev().try_fold(EMPTY, |rest, part| self.concat(part, rest))
            }
            Node::Union(parts) => {
                let parts = self.add_all(parts)?;
                self.union(parts)
            }
            Node::Intersect(parts) => {
                let parts = self.add_all(parts)?;
                self.intersect(parts)
            }
            Node::Complement(inner) => {
                let inner = self.add(inner)?;
                self.not(inner)
            }
            Node::Repeat(inner, times) => {
                let inner = self.add(inner)?;
                self.repeat(inner, *times)
            }
            Node::Interval(interval) => self.add(&interval.expand()),
            Node::Look(_) => Err(RegexError::new(
                0,
                "anchors and word boundaries cannot stand together with `~` or `&`",
            )),
        }
    }

    fn add_all(&mut self, nodes: &[Node]) -> Result<Vec<Id>, RegexError> {
        nodes.iter().map(|node| self.add(node)).collect()
    }

    fn class(&mut self, class: &ClassUnicode) -> Result<Id, RegexError> {
        match self.classes.binary_search_by(|own| own.ranges().cmp(class.ranges())) {
            Ok(number) => self.intern(Expr::Class(number)),
            // Every class was collected beforehand; one that was not has no letters.
            Err(_) => Ok(NOTHING),
        }
    }

    fn concat(&mut self, first: Id, second: Id) -> Result<Id, RegexError> {
        match (first, second) {
            (NOTHING, _) | (_, NOTHING) => return Ok(NOTHING),
            (EMPTY, other) | (other, EMPTY) => return Ok(other),
            (EVERYTHING, EVERYTHING) => return Ok(EVERYTHING),
            _ => {}
        }
        // Kept as a list to the right, so that equal texts are equal expressions.
        let mut heads = Vec::new();
        let mut at = first;
        while let Expr::Concat(head, rest) = self.exprs[at as usize] {
            heads.push(head);
            at = rest;
            self.step(1)?;
        }
        heads.push(at);
        heads.into_iter().rev().try_fold(second, |rest, head| self.intern(Expr::Concat(head, rest)))
    }

    fn union(&mut self, parts: Vec<Id>) -> Result<Id, RegexError> {
        let mut all = Vec::with_capacity(parts.len());
        for part in parts {
            match &self.exprs[part as usize] {
                Expr::Union(inner) => all.extend_from_slice(inner),
                _ => all.push(part),
            }
        }
        all.sort_unstable();
        all.dedup();
        all.retain(|part| *part != NOTHING);
        self.step(all.len())?;
        match all.as_slice() {
            [] => Ok(NOTHING),
            _ if all.contains(&EVERYTHING) => Ok(EVERYTHING),
            [one] => Ok(*one),
            _ => self.intern(Expr::Union(all.into())),
        }
    }

    fn intersect(&mut self, parts: Vec<Id>) -> Result<Id, RegexError> {
        let mut all = Vec::with_capacity(parts.len());
        for part in parts {
            match &self.exprs[part as usize] {
                Expr::Intersect(inner) => all.extend_from_slice(inner),
                _ => all.push(part),
            }
        }
        all.sort_unstable();
        all.dedup();
        all.retain(|part| *part != EVERYTHING);
        self.step(all.len())?;
        match all.as_slice() {
            [] => Ok(EVERYTHING),
            _ if all.contains(&NOTHING) => Ok(NOTHING),
            [one] => Ok(*one),
            _ => self.intern(Expr::Intersect(all.into())),
        }
    }

    fn not(&mut self, inner: Id) -> Result<Id, RegexError> {
        match self.exprs[inner as usize] {
            Expr::Not(original) => Ok(original),
            _ => self.intern(Expr::Not(inner)),
        }
    }

    fn repeat(&mut self, inner: Id, times: Times) -> Result<Id, RegexError> {
        match (inner, times) {
            (_, Times { max: Some(0), .. }) | (EMPTY, _) | (NOTHING, Times { min: 0, .. }) => {
                Ok(EMPTY)
            }
            (NOTHING, _) => Ok(NOTHING),
            (EVERYTHING, Times { min: 1.., .. }) => Ok(EVERYTHING),
            (_, Times { min: 1, max: Some(1) }) => Ok(inner),
            _ => self.intern(Expr::Repeat(inner, times)),
        }
    }

    fn intern(&mut self, expr: Expr) -> Result<Id, RegexError> {
        self.step(1)?;
        if let Some(id) = self.ids.get(&expr) {
            return Ok(*id);
        }
        let null = |id: &Id| self.nullable[*id as usize];
        let nullable = match &expr {
            Expr::Nothing | Expr::Class(_) => false,
            Expr::Empty => true,
            Expr::Concat(first, second) => null(first) && null(second),
            Expr::Repeat(inner, times) => times.min == 0 || null(inner),
            Expr::Union(parts) => parts.iter().any(null),
            Expr::Intersect(parts) => parts.iter().all(null),
            Expr::Not(inner) => !null(inner),
        };
        let id = self.exprs.len() as Id;
        self.nullable.push(nullable);
        self.exprs.push(expr.clone());
        self.ids.insert(expr, id);
        Ok(id)
    }

    /// What must follow a letter.
    fn derive(&mut self, id: Id, letter: usize) -> Result<Id, RegexError> {
        if let Some(known) = self.derived.get(&(id, letter)) {
            return Ok(*known);
        }
        self.step(1)?;
        let derived = match self.exprs[id as usize].clone() {
            Expr::Nothing | Expr::Empty => NOTHING,
            Expr::Class(number) => {
                if self.members[number][letter] {
                    EMPTY
                } else {
                    NOTHING
                }
            }
            Expr::Concat(..) => self.derive_concat(id, letter)?,
            Expr::Repeat(inner, times) => {
                let first = self.derive(inner, letter)?;
                let max = times.max.map(|max| max - 1);
                let rest = self.repeat(inner, Times { min: times.min.saturating_sub(1), max })?;
                self.concat(first, rest)?
            }
            Expr::Union(parts) => {
                let parts = self.derive_all(&parts, letter)?;
                self.union(parts)?
            }
            Expr::Intersect(parts) => {
                let parts = self.derive_all(&parts, letter)?;
                self.intersect(parts)?
            }
            Expr::Not(inner) => {
                let inner = self.derive(inner, letter)?;
                self.not(inner)?
            }
        };
        self.derived.insert((id, letter), derived);
        Ok(derived)
    }

    fn derive_all(&mut self, parts: &[Id], letter: usize) -> Result<Vec<Id>, RegexError> {
        self.step(parts.len())?;
        parts.iter().map(|part| self.derive(*part, letter)).collect()
    }

    /// A loop along the list, not a recursion: the list is as long as the pattern.
    fn derive_concat(&mut self, id: Id, letter: usize) -> Result<Id, RegexError> {
        let mut alternatives = Vec::new();
        let mut at = id;
        while let Expr::Concat(head, rest) = self.exprs[at as usize] {
            self.step(1)?;
            let first = self.derive(head, letter)?;
            alternatives.push(self.concat(first, rest)?);
            if !self.nullable[head as usize] {
                return self.union(alternatives);
            }
            at = rest;
        }
        alternatives.push(self.derive(at, letter)?);
        self.union(alternatives)
    }

    fn step(&mut self, steps: usize) -> Result<(), RegexError> {
        self.steps += steps;
        if self.steps <= REGEX_STEPS_MAX { Ok(()) } else { Err(too_many_states()) }
    }

    fn explore(mut self, start: Id, letters: Letters) -> Result<Dfa, RegexError> {
        let mut numbers = HashMap::from([(start, 0)]);
        let mut queue = vec![start];
        let mut next = Vec::new();
        let mut states = Vec::new();
        while let Some(id) = queue.get(states.len()).copied() {
            let here = states.len() as u16;
            let row = next.len();
            for letter in 0..letters.count {
                let derived = self.derive(id, letter)?;
                // `REGEX_STATES_MAX` is below 2^16.
                let number = *numbers.entry(derived).or_insert_with(|| {
                    queue.push(derived);
                    (queue.len() - 1) as u16
                });
                next.push(number);
            }
            if queue.len() > REGEX_STATES_MAX {
                return Err(too_many_states());
            }
            if next.len() * size_of::<u16>() > REGEX_BYTES_MAX {
                return Err(too_large());
            }
            let last = next[row..].iter().all(|number| *number == here);
            states.push(State { accepts: self.nullable[id as usize], last });
        }
        Ok(Dfa { letters, next, states })
    }
}

fn too_many_states() -> RegexError {
    RegexError::new(0, format!("regular expression needs more than {REGEX_STATES_MAX} states"))
        .help("use `and`, `or` and `not` of several conditions instead of `&` and `~` inside one")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Case;
    use crate::pattern::lucene::parse::parse;

    fn dfa(pattern: &str) -> Result<Dfa, RegexError> {
        Dfa::new(&parse(pattern, Case::Sensitive).unwrap())
    }

    #[test]
    fn boolean_operators_work_inside() {
        let dfa = dfa("x(~(.*ab.*)&[a-c]{3})y").unwrap();
        assert!(dfa.is_match("xcbay"));
        assert!(!dfa.is_match("xcaby"));
        assert!(!dfa.is_match("xcay"));
        assert!(!dfa.is_match("xcba\u{1f600}"));
    }

    #[test]
    fn the_ends_of_the_code_points_are_letters_too() {
        let dfa = dfa("~([\u{0}a\u{10ffff}]|\u{d7ff}|\u{e000}).").unwrap();
        for (first, expected) in [
            ('\u{0}', false),
            ('\u{1}', true),
            ('a', false),
            ('\u{d7fe}', true),
            ('\u{d7ff}', false),
            ('\u{e000}', false),
            ('\u{e001}', true),
            ('\u{10fffe}', true),
            ('\u{10ffff}', false),
        ] {
            assert_eq!(dfa.is_match(&format!("{first}b")), expected, "{first:?}");
        }
        assert_eq!(successor('\u{d7ff}'), Some('\u{e000}'));
        assert_eq!(successor(char::MAX), None);
    }

    #[test]
    fn too_many_states_are_refused() {
        let error = dfa("~(.*a.{30})b").unwrap_err();
        assert_eq!(error.message, "regular expression needs more than 10000 states");
        assert!(dfa("~(a{20000})b").is_err());
        assert!(dfa("~(a{2000})b").is_ok());
    }

    #[test]
    fn hostile_sizes_are_refused_or_fit() {
        for pattern in [
            format!("~({})b", "a?".repeat(100_000)),
            format!("~({})b", ".*a".repeat(100_000)),
            "~((a{1,100}{1,100}|b{50}){1,100})c".to_string(),
            format!(
                "x~({})",
                ('\u{4e00}'..'\u{9fff}').flat_map(|c| [c, '|']).collect::<String>() + "a"
            ),
        ] {
            if let Err(error) = dfa(&pattern) {
                assert!(
                    error.message.starts_with("regular expression needs more than"),
                    "{}",
                    error.message
                );
            }
        }
    }
}
