//! The fields that a query in EQL or KQL names.
//!
//! Those of ES|QL are settled with their types, in `esql_query`.

use brokerwatch_eql::ast::{self as eql, Field};
use brokerwatch_expr::{Diagnostic, Span};
use brokerwatch_kql::ast::{self as kql, Piece};

use super::{Check, Subject, codes, known_fields};
use crate::RuleKind;

pub(super) const CHECK: Check = Check {
    name: "query_fields",
    holds: "ECS or an integration has every field of a query in EQL or KQL",
    codes: &[codes::UNKNOWN_FIELD],
    run,
};

fn run(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let rule = subject.rule;
    let mut fields: Vec<(String, Span)> = Vec::new();
    if let RuleKind::Eql { statement } = &rule.kind {
        of_statement(statement, &mut |field| {
            // `?` says that the field may be in no mapping: only what looks misspelt is worth a word.
            if !field.optional || known_fields::near(&field.name).is_some() {
                fields.push((field.name.clone(), field.span));
            }
        });
    }
    if let Some(search) = &rule.search {
        of_clause(&search.clause, &mut fields);
    }
    fields.sort_by(|one, other| one.0.cmp(&other.0));
    // A field is told once, where it is named first.
    fields.dedup_by(|one, other| one.0 == other.0);
    let findings = fields
        .iter()
        .filter_map(|(name, span)| known_fields::finding(subject, name, *span));
    found.extend(findings.map(|finding| rule.in_file(finding)));
}

fn of_statement(statement: &eql::Statement, say: &mut impl FnMut(&Field)) {
    let (by, stages) = match &statement.query {
        eql::Query::Event(filter) => return of_expr(&filter.condition, say),
        eql::Query::Sequence(sequence) => {
            (&sequence.by, sequence.stages.iter().chain(&sequence.until).collect::<Vec<_>>())
        }
        eql::Query::Sample(sample) => (&sample.by, sample.stages.iter().collect()),
    };
    by.iter().for_each(&mut *say);
    for stage in stages {
        stage.by.iter().for_each(&mut *say);
        of_expr(&stage.filter.condition, say);
    }
}

fn of_expr(expr: &eql::Expr, say: &mut impl FnMut(&Field)) {
    match &expr.kind {
        eql::Kind::Constant(_) => {}
        eql::Kind::Field(field) => say(field),
        eql::Kind::Call(call) => call.args.iter().for_each(|arg| of_expr(arg, say)),
        eql::Kind::Negate(inner) | eql::Kind::Not(inner) => of_expr(inner, say),
        eql::Kind::Arithmetic(_, left, right) | eql::Kind::Compare(_, left, right) => {
            of_expr(left, say);
            of_expr(right, say);
        }
        eql::Kind::In { value, list, .. } => {
            of_expr(value, say);
            list.iter().for_each(|each| of_expr(each, say));
        }
        eql::Kind::Match { value, .. } => of_expr(value, say),
        eql::Kind::And(parts) | eql::Kind::Or(parts) => {
            parts.iter().for_each(|part| of_expr(part, say));
        }
    }
}

fn of_clause(clause: &kql::Clause, fields: &mut Vec<(String, Span)>) {
    match &clause.kind {
        kql::Kind::All => {}
        kql::Kind::Or(parts) | kql::Kind::And(parts) => {
            parts.iter().for_each(|part| of_clause(part, fields));
        }
        kql::Kind::Not(inner) => of_clause(inner, fields),
        kql::Kind::Occur(parts) => parts.iter().for_each(|(_, part)| of_clause(part, fields)),
        kql::Kind::Test(field, _) => fields.extend(field.as_ref().and_then(whole)),
        // The fields inside are those of the objects in it.
        kql::Kind::Nested(field, _) => fields.extend(whole(field)),
    }
}

/// The name of a field that is written without wildcards.
fn whole(term: &kql::Term) -> Option<(String, Span)> {
    match term.pieces.as_slice() {
        [Piece::Text(name)] => Some((name.clone(), term.span)),
        _ => None,
    }
}
