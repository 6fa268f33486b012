//! `FORK`: sends the same rows through several branches.

use brokerwatch_expr::Span;

use crate::planner::{Planner, Rows, Typed};
use crate::value::Constant;
use super::{Command, Syntax};
use crate::ast::Step;
use crate::codes;
use crate::format::pipeline;
use crate::layout::{Doc, enclosed, joined};
use crate::lexer::TokenKind;
use crate::limits::BRANCHES_MAX;
use crate::parser::Parser;

/// `FORK (command | ...) (command | ...)`
#[derive(Debug, Clone, PartialEq)]
pub struct Fork {
    /// The commands of each branch; one branch or more, each with one command or more.
    pub branches: Vec<Vec<Step<Command>>>,
}

impl Fork {
    /// The rows of every branch, with its name in `_fork`.
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        let mut branches = Vec::with_capacity(self.branches.len());
        // A `FORK` in a branch asks for itself.
        let ranking = std::mem::take(&mut planner.ranking);
        for (at, commands) in self.branches.iter().enumerate() {
            let mut branch = rows.clone();
            planner.commands(commands, &mut branch);
            let name = Constant::text(&format!("fork{}", at + 1));
            let column = branch.compute("_fork", &Typed::constant(name, span), planner, span);
            branch.scope.put(column);
            if ranking {
                planner.rank(&mut branch, span);
            }
            branch.limit(None, None, planner, span);
            branches.push(branch);
        }
        let limited = branches.iter().any(|branch| branch.limited);
        *rows = planner.union(branches, span);
        rows.limited = limited;
        if ranking {
            planner.ranked(rows);
        }
    }
}

impl Syntax for Fork {
    const WORDS: &'static [&'static str] = &["fork"];
    const SUMMARY: &'static str = "sends the same rows through several branches";
    const EXAMPLE: &'static str = "FROM logs-mqtt* | FORK (WHERE mqtt.qos == 2 | LIMIT 5) (STATS COUNT(*))";

    fn read(parser: &mut Parser<'_>) -> Fork {
        let mut branches = Vec::new();
        while parser.at(TokenKind::Open) {
            if branches.len() == BRANCHES_MAX {
                let message = format!("more than {BRANCHES_MAX} branches");
                parser.error(codes::BRANCHES, parser.here(), message, "run several queries");
            }
            branches.extend(parser.branch());
        }
        if branches.is_empty() {
            let help = "a branch is written as `(WHERE ... | LIMIT 10)`".to_owned();
            parser.unexpected(codes::UNEXPECTED, "a branch in parentheses", Some(help));
        }
        Fork { branches }
    }

    fn body(&self) -> Doc {
        let branch = |commands: &Vec<Step<Command>>| {
            enclosed("(", pipeline(commands.iter().map(|step| step.node.doc())), ")")
        };
        joined(self.branches.iter().map(branch), "")
    }
}
