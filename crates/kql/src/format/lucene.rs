//! Writes Lucene's query strings.

use super::kuery::numbered;
use super::layout::Doc;
use crate::ast::{Bound, Clause, Kind, Occur, Piece, Term, Test};
use crate::lucene::lexer::{begins_sign, ends_term, is_reserved};

pub(super) fn written(clause: &Clause) -> Doc {
    match &clause.kind {
        Kind::Or(_) | Kind::And(_) | Kind::Occur(_) if list_field(clause).is_some() => {
            operand(clause, None)
        }
        _ => clause_doc(clause, None),
    }
}

/// A clause; in a list of the field's values, if there is one.
fn clause_doc(clause: &Clause, list: Option<&Term>) -> Doc {
    match &clause.kind {
        Kind::All => Doc::Text("*:*".to_owned()),
        Kind::Or(parts) => {
            Doc::Chain(" OR", parts.iter().map(|part| operand(part, list)).collect())
        }
        Kind::And(parts) => Doc::Chain(
            " AND",
            parts
                .iter()
                .map(|part| match &part.kind {
                    Kind::Not(inner) => Doc::Before("NOT ", Box::new(operand(inner, list))),
                    _ => operand(part, list),
                })
                .collect(),
        ),
        Kind::Not(inner) => Doc::Before("NOT ", Box::new(operand(inner, list))),
        Kind::Occur(clauses) => Doc::Chain(
            "",
            clauses
                .iter()
                .map(|(occur, clause)| match occur {
                    Occur::Must => Doc::Before("+", Box::new(operand(clause, list))),
                    Occur::MustNot => Doc::Before("-", Box::new(operand(clause, list))),
                    Occur::Should => operand(clause, list),
                })
                .collect(),
        ),
        Kind::Test(Some(field), test) if list.is_none() => Doc::Text(condition(field, test)),
        Kind::Test(_, test) => Doc::Text(value(test)),
        Kind::Nested(field, inner) => {
            Doc::around(format!("{}: {{ ", term(field)), written(inner), " }")
        }
    }
}

/// A clause beside others: one of several clauses stands in parentheses, or is a list of a field's values.
fn operand(clause: &Clause, list: Option<&Term>) -> Doc {
    if !matches!(clause.kind, Kind::Or(_) | Kind::And(_) | Kind::Occur(_) | Kind::Not(_)) {
        return clause_doc(clause, list);
    }
    match list_field(clause) {
        Some(field) if list.is_none() && !matches!(clause.kind, Kind::Not(_)) => {
            Doc::around(format!("{}:(", name(field)), clause_doc(clause, Some(field)), ")")
        }
        _ => Doc::around("(", clause_doc(clause, list), ")"),
    }
}

/// The field of which a clause is a list of tests.
fn list_field(clause: &Clause) -> Option<&Term> {
    match &clause.kind {
        // Where all is denied, one `NOT` for each test reads better.
        Kind::And(parts) if parts.iter().all(|part| matches!(part.kind, Kind::Not(_))) => None,
        _ => only_field(clause),
    }
}

/// The one field that all tests in a clause are of.
fn only_field(clause: &Clause) -> Option<&Term> {
    match &clause.kind {
        Kind::Test(Some(field), _) => Some(field),
        Kind::Not(inner) => only_field(inner),
        Kind::Or(parts) | Kind::And(parts) => shared(parts.iter()),
        Kind::Occur(clauses) => shared(clauses.iter().map(|(_, clause)| clause)),
        Kind::All | Kind::Test(None, _) | Kind::Nested(..) => None,
    }
}

fn shared<'c>(mut parts: impl Iterator<Item = &'c Clause>) -> Option<&'c Term> {
    let field = only_field(parts.next()?)?;
    parts.all(|part| only_field(part) == Some(field)).then_some(field)
}

fn condition(field: &Term, test: &Test) -> String {
    match test {
        Test::Exists => format!("_exists_:{}", name(field)),
        other => format!("{}:{}", name(field), value(other)),
    }
}

fn value(test: &Test) -> String {
    match test {
        Test::Exists | Test::Range { lower: None, upper: None } => "*".to_owned(),
        Test::Is(value) => term(value),
        Test::Regex(pattern) => format!("/{pattern}/"),
        Test::Range { lower: Some(lower), upper: None } => compared('>', lower),
        Test::Range { lower: None, upper: Some(upper) } => compared('<', upper),
        Test::Range { lower: Some(lower), upper: Some(upper) } => {
            let open = if lower.inclusive { '[' } else { '{' };
            let close = if upper.inclusive { ']' } else { '}' };
            format!("{open}{} TO {}{close}", end(&lower.term), end(&upper.term))
        }
    }
}

fn compared(sign: char, bound: &Bound) -> String {
    let equal = if bound.inclusive { "=" } else { "" };
    format!("{sign}{equal}{}", term(&bound.term))
}

fn term(term: &Term) -> String {
    if term.quoted { quoted(term.plain().unwrap_or_default()) } else { unquoted(term, "*") }
}

fn unquoted(term: &Term, any: &str) -> String {
    let mut out = String::new();
    if is_reserved(term.plain().unwrap_or_default()) {
        out.push('\\');
    }
    for piece in &term.pieces {
        match piece {
            Piece::Any => out.push_str(any),
            Piece::One => out.push('?'),
            Piece::Text(text) => {
                for character in text.chars() {
                    let special =
                        ends_term(character) || (out.is_empty() && begins_sign(character));
                    escaped(character, special, &mut out);
                }
            }
        }
    }
    out
}

/// The name of a field, in which a wildcard needs the backslash.
fn name(field: &Term) -> String {
    if field.quoted {
        quoted(field.plain().unwrap_or_default())
    } else if field.is_star() {
        "*".to_owned()
    } else {
        unquoted(field, "\\*")
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        escaped(character, matches!(character, '"' | '\\'), &mut out);
    }
    out.push('"');
    out
}

/// One end of a range in brackets, where fewer signs are special.
fn end(term: &Term) -> String {
    let text = term.plain().unwrap_or_default();
    if term.quoted {
        return quoted(text);
    }
    let mut out = String::new();
    if matches!(text, "TO" | "*") {
        out.push('\\');
    }
    for character in text.chars() {
        let special = character.is_whitespace() || matches!(character, '\\' | ']' | '}' | '"');
        escaped(character, special, &mut out);
    }
    out
}

fn escaped(character: char, special: bool, out: &mut String) {
    if let Some(number) = numbered(character) {
        out.push_str(&number);
        return;
    }
    if special {
        out.push('\\');
    }
    out.push(character);
}
