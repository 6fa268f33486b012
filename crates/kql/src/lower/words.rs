//! Text fields are searched by words, whatever their case.
//!
//! A word is a run of letters, digits and `_`; Elasticsearch's analyzer also keeps some signs inside words, such as the
//! point in `example.com`, where here two words stand beside each other. Values become regular expressions over the
//! whole text, because the words of a document are in no index.

use brokerwatch_expr::{Expr, Kind, Span};

use super::flag;
use crate::ast::{Piece, Term};

/// The characters of words, as ranges. Letters outside of ASCII are not told apart from the signs among them; the blocks
/// of punctuation are left out.
const WORD: &[(char, char)] = &[
    ('0', '9'),
    ('A', 'Z'),
    ('_', '_'),
    ('a', 'z'),
    ('\u{c0}', '\u{1fff}'),
    ('\u{3040}', char::MAX),
];

/// A test of a text field: for any of the words, or in quotes for all of them one after the other.
pub(super) fn test(field: Expr, term: &Term, span: Span) -> Expr {
    let words = words(term);
    let patterns = match (words.is_empty(), term.quoted) {
        (true, _) => return flag(false, span),
        (false, true) => vec![around(&words.join(&format!("{}+", class(true))))],
        (false, false) => words.iter().map(|word| around(word)).collect(),
    };
    Expr::boolean(Kind::Regex { value: Box::new(field), patterns, any_case: true }, span)
}

/// The words of a term as regular expressions.
fn words(term: &Term) -> Vec<String> {
    let mut words = vec![String::new()];
    for piece in &term.pieces {
        match piece {
            Piece::Text(text) => {
                for character in text.chars() {
                    let word = words.last_mut().filter(|_| is_word(character));
                    match word {
                        Some(word) => any_case(character, word),
                        None => words.push(String::new()),
                    }
                }
            }
            Piece::Any => words.last_mut().into_iter().for_each(|word| {
                word.push_str(&class(false));
                word.push('*');
            }),
            Piece::One => {
                words.last_mut().into_iter().for_each(|word| word.push_str(&class(false)));
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn is_word(character: char) -> bool {
    WORD.iter().any(|(first, last)| *first <= character && character <= *last)
}

/// A character whatever its case. ASCII letters need nothing: the pattern as a whole disregards their case.
fn any_case(character: char, pattern: &mut String) {
    let mut lower = character.to_lowercase();
    let mut upper = character.to_uppercase();
    match (lower.next(), upper.next(), lower.next().or(upper.next())) {
        (Some(lower), Some(upper), None) if !character.is_ascii() && lower != upper => {
            pattern.extend(['[', lower, upper, ']']);
        }
        _ => pattern.push(character),
    }
}

fn class(negated: bool) -> String {
    let mut class = String::from(if negated { "[^" } else { "[" });
    for (first, last) in WORD {
        class.push(*first);
        if first != last {
            class.extend(['-', *last]);
        }
    }
    class.push(']');
    class
}

/// The pattern as a whole word of a text.
fn around(pattern: &str) -> String {
    let other = class(true);
    format!("(.*{other})?{pattern}({other}.*)?")
}
