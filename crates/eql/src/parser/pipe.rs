//! Pipes: their names and arguments.

use brokerwatch_expr::{Arithmetic, Diagnostic};

use super::{Parser, Within};
use crate::ast::{Constant, Expr, Kind, Pipe};
use crate::codes;
use crate::lexer::{TokenKind, keyword};
use brokerwatch_expr::report::excerpt;

/// The pipes that Elasticsearch knows, in its order. Which of them run is a matter of the settings of a search, so that
/// all are read here.
static PIPES: &[&str] = &["count", "filter", "head", "sort", "tail", "unique", "unique_count"];

const HELP: &str = "the pipes are `head N` and `tail N`; `--extensions` adds `count`, `filter`, `sort`, `unique` and \
    `unique_count`";

impl Parser<'_> {
    /// All pipes up to the end of the query.
    pub(super) fn pipes(&mut self) -> Vec<Pipe> {
        let mut pipes = Vec::new();
        while self.take(TokenKind::Bar).is_some() {
            pipes.push(self.inside(Within::Pipe, Parser::pipe));
            if !matches!(self.token.kind, TokenKind::Bar | TokenKind::End) {
                self.unexpected(codes::UNEXPECTED, Within::Pipe.expected(), None);
            }
            self.pass_to(&[TokenKind::Bar]);
        }
        pipes
    }

    fn pipe(&mut self) -> Pipe {
        let name_span = self.token.span;
        let name = self.written(name_span).to_owned();
        if !self.at(TokenKind::Identifier) && keyword(&name).is_none() {
            self.unexpected(codes::UNEXPECTED, "a pipe", Some(HELP.to_owned()));
            return Pipe { name: String::new(), name_span, args: Vec::new(), span: name_span };
        }
        self.bump();
        let mut args = Vec::new();
        let errors = self.report.len();
        if !matches!(self.token.kind, TokenKind::Bar | TokenKind::End) {
            args.push(self.expression().expr);
            while self.take(TokenKind::Comma).is_some() {
                args.push(self.expression().expr);
            }
        }
        for arg in &mut args {
            self.flatten_chains(arg);
        }
        let mut pipe = Pipe { name, name_span, args, span: self.since(name_span) };
        let args_are_known = self.report.len() == errors;
        match pipe.name.as_str() {
            "head" | "tail" if args_are_known => self.fold_count(&mut pipe),
            name if !PIPES.contains(&name) => self.unknown_pipe(&pipe),
            _ => {}
        }
        pipe
    }

    fn unknown_pipe(&mut self, pipe: &Pipe) {
        let near = match similar_pipes(&pipe.name).as_slice() {
            [] => String::new(),
            [one] => format!(", did you mean [{one}]?"),
            several => format!(", did you mean any of [{}]?", several.join(", ")),
        };
        let message = format!("Unrecognized pipe [{}]{near}", excerpt(self.text, pipe.name_span));
        self.error(codes::PIPE_NAME, pipe.name_span, message, HELP);
    }

    /// Checks the argument of `head` and `tail` and computes it, so that it is one whole number in the tree.
    fn fold_count(&mut self, pipe: &mut Pipe) {
        let help = format!("write `{} 10`", pipe.name);
        let [arg] = pipe.args.as_mut_slice() else {
            let message = format!(
                "Pipe [{}] expects exactly one argument but found [{}]",
                pipe.name,
                pipe.args.len()
            );
            self.report
                .push(Diagnostic::error(codes::PIPE_ARGUMENT, pipe.span, message).help(help));
            return;
        };
        if let Some(count) = whole_number(arg).filter(|&count| 0 <= count) {
            arg.kind = Kind::Constant(Constant::Long(count));
            return;
        }
        let message = format!(
            "Pipe [{}] expects a positive integer but found [{}]",
            pipe.name,
            excerpt(self.text, arg.span)
        );
        self.report.push(Diagnostic::error(codes::PIPE_ARGUMENT, arg.span, message).help(help));
    }
}

/// The value of a constant whole number; `None` for anything else, and for one that no type holds.
fn whole_number(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        Kind::Constant(Constant::Long(number)) => Some(*number),
        Kind::Negate(part) => whole_number(part)?.checked_neg(),
        Kind::Arithmetic(operator, left, right) => {
            let (left, right) = (whole_number(left)?, whole_number(right)?);
            match operator {
                Arithmetic::Add => left.checked_add(right),
                Arithmetic::Subtract => left.checked_sub(right),
                Arithmetic::Multiply => left.checked_mul(right),
                Arithmetic::Divide => left.checked_div(right),
                Arithmetic::Modulo => left.checked_rem(right),
            }
        }
        _ => None,
    }
}

/// The pipes whose names are near, the nearest first: at least half of the longer name has to agree, as in Elasticsearch.
fn similar_pipes(name: &str) -> Vec<&'static str> {
    let mut near: Vec<(usize, usize, &str)> = PIPES
        .iter()
        .map(|pipe| (distance(name.as_bytes(), pipe.as_bytes()), pipe.len().max(name.len()), *pipe))
        .filter(|(distance, length, _)| 2 * distance <= *length)
        .collect();
    // Distances as parts of the longer name: a / b < c / d without division.
    near.sort_by_key(|(distance, length, _)| distance * 1_000_000 / length);
    near.into_iter().map(|(_, _, pipe)| pipe).collect()
}

/// How many letters must be put in, left out or replaced (Levenshtein).
fn distance(one: &[u8], other: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}
