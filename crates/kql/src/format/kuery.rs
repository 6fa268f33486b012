//! Writes KQL.

use std::fmt::Write as _;

use super::layout::Doc;
use super::lucene;
use crate::ast::{Bound, Clause, Kind, Piece, Term, Test};
use crate::kql::lexer::{is_foreign_operator, is_keyword, is_special};

/// How tightly a clause binds; one that binds looser than its place needs parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Or,
    And,
    Not,
}

pub(super) fn written(clause: &Clause) -> Doc {
    // The operators' words are the same for lists, so that one walk writes both.
    clause_doc(clause, None)
}

/// A clause; in a list of the field's values, if there is one.
fn clause_doc(clause: &Clause, list: Option<&Term>) -> Doc {
    let field = if list.is_none() { list_field(clause) } else { None };
    if let Some(field) = field {
        return Doc::around(format!("{}: (", term(field)), clause_doc(clause, Some(field)), ")");
    }
    match &clause.kind {
        Kind::All => Doc::Text("*".to_owned()),
        Kind::Or(parts) => chain(" or", parts, Strength::And, list),
        Kind::And(parts) => chain(" and", parts, Strength::Not, list),
        Kind::Not(inner) => Doc::Before("not ", Box::new(within(inner, Strength::Not, list))),
        Kind::Test(_, test) if list.is_some() => Doc::Text(value(test)),
        Kind::Test(field, test) => Doc::Text(condition(field.as_ref(), test)),
        Kind::Nested(field, inner) => {
            Doc::around(format!("{}: {{ ", term(field)), written(inner), " }")
        }
        Kind::Occur(_) => lucene::written(clause),
    }
}

/// The field of a chain that is a list of its values.
fn list_field(clause: &Clause) -> Option<&Term> {
    match &clause.kind {
        // Where all is denied, one `not` for each test reads better.
        Kind::Or(parts) | Kind::And(parts)
            if !parts.iter().all(|part| matches!(part.kind, Kind::Not(_))) =>
        {
            only_field(clause)
        }
        _ => None,
    }
}

/// The one field that all tests in a clause are of, if it has values alone.
fn only_field(clause: &Clause) -> Option<&Term> {
    match &clause.kind {
        Kind::Test(Some(field), Test::Exists | Test::Is(_)) => Some(field),
        Kind::Not(inner) => only_field(inner),
        Kind::Or(parts) | Kind::And(parts) => {
            let field = only_field(parts.first()?)?;
            parts.iter().all(|part| only_field(part) == Some(field)).then_some(field)
        }
        Kind::All | Kind::Test(..) | Kind::Occur(_) | Kind::Nested(..) => None,
    }
}

fn chain(operator: &'static str, parts: &[Clause], least: Strength, list: Option<&Term>) -> Doc {
    Doc::Chain(operator, parts.iter().map(|part| within(part, least, list)).collect())
}

fn within(clause: &Clause, least: Strength, list: Option<&Term>) -> Doc {
    let strength = match &clause.kind {
        Kind::Or(_) if list.is_some() || list_field(clause).is_none() => Strength::Or,
        Kind::And(_) if list.is_some() || list_field(clause).is_none() => Strength::And,
        _ => Strength::Not,
    };
    let doc = clause_doc(clause, list);
    if strength < least { Doc::around("(", doc, ")") } else { doc }
}

fn condition(field: Option<&Term>, test: &Test) -> String {
    let Some(field) = field else { return value(test) };
    let name = term(field);
    match test {
        Test::Exists | Test::Is(_) => format!("{name}: {}", value(test)),
        Test::Range { lower: Some(lower), upper: Some(upper) } => {
            let (lower, upper) = (bound('>', lower), bound('<', upper));
            format!("({name} {lower} and {name} {upper})")
        }
        Test::Range { lower: Some(lower), upper: None } => format!("{name} {}", bound('>', lower)),
        Test::Range { lower: None, upper: Some(upper) } => format!("{name} {}", bound('<', upper)),
        Test::Range { lower: None, upper: None } => format!("{name}: *"),
        Test::Regex(pattern) => format!("{name}: /{pattern}/"),
    }
}

fn value(test: &Test) -> String {
    match test {
        Test::Is(value) => term(value),
        Test::Exists | Test::Range { .. } => "*".to_owned(),
        Test::Regex(pattern) => format!("/{pattern}/"),
    }
}

fn bound(sign: char, bound: &Bound) -> String {
    let equal = if bound.inclusive { "=" } else { "" };
    format!("{sign}{equal} {}", term(&bound.term))
}

fn term(term: &Term) -> String {
    if term.quoted { quoted(term) } else { words(term) }
}

fn quoted(term: &Term) -> String {
    let mut out = String::from("\"");
    for character in term.plain().unwrap_or_default().chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            other => plain(other, &mut out),
        }
    }
    out.push('"');
    out
}

/// A character that means nothing here, by its number if it cannot be seen.
fn plain(character: char, out: &mut String) {
    match character {
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        '\n' => out.push_str("\\n"),
        other => out.push_str(&numbered(other).unwrap_or_else(|| other.to_string())),
    }
}

/// The `\uXXXX` of a character that cannot be seen or is a blank of another kind.
pub(super) fn numbered(character: char) -> Option<String> {
    let hidden = character.is_control() || (character.is_whitespace() && character != ' ');
    hidden.then(|| format!("\\u{:04x}", u32::from(character)))
}

fn words(term: &Term) -> String {
    let signs: Vec<Sign> = term
        .pieces
        .iter()
        .flat_map(|piece| match piece {
            Piece::Text(text) => text.chars().map(Sign::Plain).collect(),
            Piece::Any => vec![Sign::Wildcard('*')],
            Piece::One => vec![Sign::Wildcard('?')],
        })
        .collect();
    let mut out = String::new();
    let mut start = 0;
    while start < signs.len() {
        let blank = Sign::Plain(' ');
        let length = signs[start..].iter().take_while(|sign| **sign != blank).count();
        word(&signs[start..start + length], &mut out);
        start += length;
        // A blank between two words is part of the value; any other needs its number.
        let between = 0 < length && signs.get(start + 1).is_some_and(|next| *next != blank);
        if start < signs.len() {
            out.push_str(if between { " " } else { "\\u0020" });
            start += 1;
        }
    }
    out
}

#[derive(Clone, Copy, PartialEq)]
enum Sign {
    Plain(char),
    Wildcard(char),
}

impl Sign {
    fn character(self) -> char {
        match self {
            Sign::Plain(character) | Sign::Wildcard(character) => character,
        }
    }
}

fn word(signs: &[Sign], out: &mut String) {
    let text: String = signs.iter().map(|sign| sign.character()).collect();
    let begins = out.is_empty() || out.ends_with(' ');
    if begins && is_keyword(&text) {
        out.push('\\');
    }
    for (i, sign) in signs.iter().enumerate() {
        match *sign {
            Sign::Wildcard(wildcard) => out.push(wildcard),
            // By its number it is no sign of another language's operator.
            Sign::Plain(first) if i == 0 && is_foreign_operator(&text) => {
                let _ = write!(out, "\\u{:04x}", u32::from(first));
            }
            Sign::Plain(special) if is_special(special) => out.extend(['\\', special]),
            Sign::Plain(other) => plain(other, out),
        }
    }
}
