//! The syntax of ES|QL: what reads as which tree, what is refused in which words, and that what is written reads the same.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]
#![allow(clippy::needless_pass_by_value, reason = "a case hands its expectation over")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad;
mod bounds;
mod commands;
mod corpus;
mod good;
mod layout;
mod places;
mod random;

use std::fmt::Write;

use brokerwatch_esql::ast::Statement;
use brokerwatch_esql::{format, parse};
use brokerwatch_expr::{Diagnostic, line_column};

/// Reads a query that is right.
#[track_caller]
fn read(query: &str) -> Statement {
    match parse(query) {
        Ok(statement) => statement,
        Err(errors) => panic!("{query}\n{}", render(query, &errors)),
    }
}

/// What is written for a tree reads as the same tree, and is written the same again.
#[track_caller]
fn check_round_trip(statement: &Statement) {
    let written = format(statement);
    let again = read(&written);
    assert_eq!(&again, statement, "{written}");
    assert_eq!(format(&again), written);
}

/// The errors as a table test shows them: place, code, message, what the labels cover, and the way out.
fn render(query: &str, errors: &[Diagnostic]) -> String {
    let mut out = String::new();
    for error in errors {
        let (line, column) = line_column(query, error.span().start as usize);
        let _ = writeln!(out, "{line}:{column} {} {}", error.code, error.message);
        for (span, remark) in &error.labels {
            let excerpt = query.get(span.range()).expect("labels lie on characters of the query");
            let remark = if remark.is_empty() { String::new() } else { format!(" {remark}") };
            let _ = writeln!(out, "  at `{excerpt}`{remark}");
        }
        if let Some(help) = &error.help {
            let _ = writeln!(out, "  help: {help}");
        }
    }
    out
}
