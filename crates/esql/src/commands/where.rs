//! `WHERE`: keeps the rows that meet a condition.

use brokerwatch_expr::Span;
use datafusion::logical_expr::Operator;

use crate::ast::{Kind, Query};
use crate::planner::{Planner, Rows};
use super::Syntax;
use crate::ast::Expr;
use crate::format::{Level, expr};
use crate::layout::Doc;
use crate::parser::Parser;

/// `WHERE condition`
#[derive(Debug, Clone, PartialEq)]
pub struct Where {
    /// What a row must meet.
    pub condition: Expr,
}

impl Where {
    /// Rows for which the condition is true. Each part of an `AND` is a filter of its own, so that those that
    /// DataFusion can move down to the source go there.
    pub(crate) fn plan(&self, span: Span, rows: &mut Rows, planner: &mut Planner<'_>) {
        let parts: &[Expr] = match &self.condition.kind {
            Kind::And(parts) => parts,
            _ => std::slice::from_ref(&self.condition),
        };
        let mut conditions = Vec::new();
        for part in parts {
            match in_query(part) {
                Some((value, query, negated)) => planner.in_query(value, query, negated, rows, part.place.0),
                None => conditions.push(planner.row_condition(part, &rows.scope)),
            }
        }
        if !conditions.is_empty() {
            let all = planner.joined(conditions, span, Operator::And);
            rows.filter(all.expr, planner, span);
        }
    }
}

/// `value [NOT] IN (FROM ...)`, also with `NOT` in front.
fn in_query(expr: &Expr) -> Option<(&Expr, &Query, bool)> {
    match &expr.kind {
        Kind::InSubquery { value, query, negated } => Some((value, query, *negated)),
        Kind::Not(inner) => in_query(inner).map(|(value, query, negated)| (value, query, !negated)),
        _ => None,
    }
}

impl Syntax for Where {
    const WORDS: &'static [&'static str] = &["where"];
    const SUMMARY: &'static str = "keeps the rows for which a condition is true";
    const EXAMPLE: &'static str = "FROM logs-mqtt* | WHERE mqtt.qos == 2 AND client.ip IS NOT NULL";

    fn read(parser: &mut Parser<'_>) -> Where {
        Where { condition: parser.condition() }
    }

    fn body(&self) -> Doc {
        expr(&self.condition, Level::Or)
    }
}
