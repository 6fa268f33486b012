//! A query in strict three-valued logic, spelled out for an engine that has two truths.
//!
//! As the documentation of EQL reads, a condition on a missing field has no value, and neither has its negation.
//! Elasticsearch turns conditions of single events into filters, which match or do not: `not (...)` then matches documents
//! without the field, and so it does here. Where the two answers differ, a rule depends on the engine that runs it; the
//! evasion matrix tells of such rows.

use crate::ast::{Constant, Expr, Kind, Query};
use crate::parse;

/// The query with that meaning. A query of another kind, or one that does not parse, comes back as it is.
pub fn three_valued(query: &str) -> String {
    let Ok(statement) = parse(query) else { return query.to_owned() };
    let Query::Event(filter) = &statement.query else { return query.to_owned() };
    let range = filter.condition.span.range();
    let mut text = query.to_owned();
    text.replace_range(range, &holds(&filter.condition, query));
    text
}

/// When an expression is true.
fn holds(expr: &Expr, text: &str) -> String {
    match &expr.kind {
        Kind::And(parts) => joined(parts, " and ", |part| holds(part, text)),
        Kind::Or(parts) => joined(parts, " or ", |part| holds(part, text)),
        Kind::Not(part) => fails(part, text),
        _ => text[expr.span.range()].to_owned(),
    }
}

/// When an expression is false, which a condition on a missing field is not.
fn fails(expr: &Expr, text: &str) -> String {
    match &expr.kind {
        Kind::And(parts) => joined(parts, " or ", |part| fails(part, text)),
        Kind::Or(parts) => joined(parts, " and ", |part| fails(part, text)),
        Kind::Not(part) => holds(part, text),
        _ => {
            let (mut fields, mut has_null) = (Vec::new(), false);
            names(expr, &mut fields, &mut has_null);
            let mut all = vec![format!("not ({})", &text[expr.span.range()])];
            if !has_null {
                all.extend(fields.iter().map(|field| format!("{field} != null")));
            }
            format!("({})", all.join(" and "))
        }
    }
}

fn joined(parts: &[Expr], word: &str, write: impl Fn(&Expr) -> String) -> String {
    let parts: Vec<String> = parts.iter().map(write).collect();
    format!("({})", parts.join(word))
}

/// The fields of a condition as a query writes them, and whether it asks for null itself.
fn names(expr: &Expr, fields: &mut Vec<String>, has_null: &mut bool) {
    let mut each = |parts: &[&Expr]| parts.iter().for_each(|part| names(part, fields, has_null));
    match &expr.kind {
        Kind::Constant(constant) => *has_null |= *constant == Constant::Null,
        Kind::Field(_) => fields.push(crate::format_expression(expr)),
        Kind::Call(call) => call.args.iter().for_each(|part| each(&[part])),
        Kind::Arithmetic(_, one, two) | Kind::Compare(_, one, two) => each(&[one, two]),
        Kind::In { value, list, .. } => {
            each(&[value]);
            list.iter().for_each(|part| each(&[part]));
        }
        Kind::Match { value, .. } => each(&[value]),
        Kind::Negate(part) | Kind::Not(part) => each(&[part]),
        Kind::And(parts) | Kind::Or(parts) => parts.iter().for_each(|part| each(&[part])),
    }
}

#[cfg(test)]
mod tests {
    use super::three_valued;

    #[test]
    fn only_a_condition_with_a_value_is_false() {
        for (query, expected) in [
            ("any where a == 1", "any where a == 1"),
            (
                "any where a == 1 and not cidrmatch(b, \"10.0.0.0/8\")",
                "any where (a == 1 and (not (cidrmatch(b, \"10.0.0.0/8\")) and b != null))",
            ),
            (
                "any where not (a in (1, 2) and ?b : \"x\")",
                "any where ((not (a in (1, 2)) and a != null) or (not (?b : \"x\") and ?b != null))",
            ),
            ("any where not a == null", "any where (not (a == null))"),
            ("any where not not a == 1", "any where a == 1"),
            ("no query", "no query"),
        ] {
            assert_eq!(three_valued(query), expected);
        }
    }
}
