//! The leaves of a query's conditions, and queries that look at their values.
//!
//! Conditions are those of `WHERE`, those behind an aggregate, and, in what `EVAL` and `STATS` compute, comparisons, tests
//! of lists and patterns, and what `CASE` decides by. A leaf is looked at where it stands: over the rows that reach its
//! command. Those inside the branches of `FORK` and inside subqueries are not looked at.

use brokerwatch_expr::Span;
use brokerwatch_expr::mutant::one_line;

use crate::ast::{Aggregate, Args, Call, Column, Expr, FunctionName, Kind, Statement, Step};
use crate::commands::{Command, Eval};
use crate::{format, format_expression};

/// A leaf of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Its text, on one line.
    pub text: String,
    /// Where it stands in the query.
    pub span: Span,
}

/// The leaves of a command, or of a column of `EVAL`.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The leaves, in order.
    pub leaves: Vec<Leaf>,
    /// How many commands of the query stand before the one that the leaves are of.
    pub behind: usize,
    /// The query up to the rows that the leaves are about.
    begin: String,
    /// The leaves as they are asked.
    exprs: Vec<String>,
}

impl Probe {
    /// A query that gives a row for each row that reaches the leaves, and in it a boolean for each of these leaves, given by
    /// their numbers.
    pub fn query(&self, leaves: &[usize]) -> String {
        let name = |leaf: &usize| format!("brokerwatch.leaf{leaf}");
        let columns = leaves.iter().map(|leaf| format!("{} = {}", name(leaf), self.exprs[*leaf]));
        let (columns, names) = (columns.collect::<Vec<_>>(), leaves.iter().map(name));
        let names = names.collect::<Vec<_>>().join(", ");
        format!("{}\n| EVAL {}\n| KEEP {names}", self.begin, columns.join(", "))
    }
}

/// The leaves of a query, in its order, each command with a query of its own.
pub fn probes(statement: &Statement) -> Vec<Probe> {
    let mut all = Vec::new();
    for (behind, step) in statement.query.commands.iter().enumerate() {
        let mut put = |before: &[Column], exprs: Vec<&Expr>| {
            let leaves: Vec<Leaf> = exprs.iter().map(|expr| leaf(expr)).collect();
            let exprs = exprs.into_iter().map(format_expression).collect();
            if !leaves.is_empty() {
                all.push(Probe { leaves, behind, begin: begin(statement, behind, before), exprs });
            }
        };
        let mut found = Vec::new();
        match &step.node {
            Command::Where(own) => {
                condition(&own.condition, &mut found);
                put(&[], found);
            }
            Command::Eval(own) => {
                for (number, column) in own.columns.iter().enumerate() {
                    let mut found = Vec::new();
                    decisions(&column.value, &mut found);
                    put(&own.columns[..number], found);
                }
            }
            Command::Stats(own) => {
                grouped(&own.aggregates, &own.by, &mut found);
                put(&[], found);
            }
            Command::InlineStats(own) => {
                grouped(&own.aggregates, &own.by, &mut found);
                put(&[], found);
            }
            _ => {}
        }
    }
    all
}

fn leaf(expr: &Expr) -> Leaf {
    Leaf { text: one_line(&format_expression(expr)), span: expr.place.0 }
}

/// The first commands of a query, and the first columns of the `EVAL` behind them.
fn begin(statement: &Statement, count: usize, columns: &[Column]) -> String {
    let mut first = statement.clone();
    first.query.commands.truncate(count);
    if !columns.is_empty()
        && let Some(step) = statement.query.commands.get(count)
    {
        let node = Command::Eval(Eval { columns: columns.to_vec() });
        first.query.commands.push(Step { node, ..step.clone() });
    }
    format(&first)
}

fn grouped<'e>(aggregates: &'e [Aggregate], by: &'e [Column], out: &mut Vec<&'e Expr>) {
    for aggregate in aggregates {
        decisions(&aggregate.column.value, out);
        if let Some(filter) = &aggregate.filter {
            condition(filter, out);
        }
    }
    by.iter().for_each(|column| decisions(&column.value, out));
}

/// The leaves of a condition.
fn condition<'e>(expr: &'e Expr, out: &mut Vec<&'e Expr>) {
    match &expr.kind {
        Kind::And(parts) | Kind::Or(parts) => parts.iter().for_each(|part| condition(part, out)),
        Kind::Not(inner) => condition(inner, out),
        Kind::Constant(_) => {}
        Kind::Call(call) if is_case(call) => decisions(expr, out),
        _ => out.push(expr),
    }
}

/// The leaves of what decides within a value.
fn decisions<'e>(expr: &'e Expr, out: &mut Vec<&'e Expr>) {
    match &expr.kind {
        Kind::And(_)
        | Kind::Or(_)
        | Kind::Not(_)
        | Kind::Compare(..)
        | Kind::In { .. }
        | Kind::IsNull { .. }
        | Kind::Like { .. } => condition(expr, out),
        Kind::Call(call) => {
            let Args::List { values, .. } = &call.args else { return };
            // Conditions and values by turns; what is left over is the value for all other rows.
            let conditions = if is_case(call) { values.len() / 2 * 2 } else { 0 };
            for (place, value) in values.iter().enumerate() {
                if place < conditions && place % 2 == 0 {
                    condition(value, out);
                } else {
                    decisions(value, out);
                }
            }
        }
        Kind::Cast(inner, _) | Kind::Sign(_, inner) => decisions(inner, out),
        Kind::Arithmetic(_, left, right) => {
            decisions(left, out);
            decisions(right, out);
        }
        Kind::Constant(_) | Kind::Name(_) | Kind::Match { .. } | Kind::InSubquery { .. } => {}
    }
}

fn is_case(call: &Call) -> bool {
    matches!(&call.name, FunctionName::Text(name) if name.eq_ignore_ascii_case("case"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    #[track_caller]
    fn check(query: &str, expected: &[(usize, &[&str])]) {
        let found = probes(&parse(query).unwrap());
        let told: Vec<(usize, Vec<&str>)> = found
            .iter()
            .map(|probe| {
                (probe.behind, probe.leaves.iter().map(|leaf| leaf.text.as_str()).collect())
            })
            .collect();
        let expected: Vec<(usize, Vec<&str>)> =
            expected.iter().map(|(behind, leaves)| (*behind, leaves.to_vec())).collect();
        assert_eq!(told, expected);
        for probe in &found {
            for leaf in &probe.leaves {
                assert_eq!(one_line(&query[leaf.span.range()]), leaf.text);
            }
            let all: Vec<usize> = (0..probe.leaves.len()).collect();
            parse(&probe.query(&all)).unwrap();
        }
    }

    #[test]
    fn leaves_are_those_of_every_condition() {
        check(
            "FROM x | WHERE a == 1 AND NOT (b IS NULL OR c) | STATS n = COUNT(*) WHERE d > 2, m = VALUES(CASE(e, f, g < 1, h, i)) BY j = k IN (1, 2)",
            &[(0, &["a == 1", "b IS NULL", "c"]), (1, &["d > 2", "e", "g < 1", "k IN (1, 2)"])],
        );
        check(
            "FROM x | EVAL a = 1, b = COALESCE(c RLIKE \"d\", false), e = TO_UPPER(f) | WHERE true | INLINE STATS MAX(a) WHERE b BY f",
            &[(0, &["c RLIKE \"d\""]), (2, &["b"])],
        );
    }

    #[test]
    fn a_column_sees_those_before_it() {
        let query = "FROM x | WHERE z | EVAL a = b, c = CASE(a > 1, 2, 3), a = 4";
        let found = probes(&parse(query).unwrap());
        assert_eq!(
            one_line(&found[1].query(&[0])),
            "FROM x | WHERE z | EVAL a = b | EVAL brokerwatch.leaf0 = a > 1 | KEEP brokerwatch.leaf0"
        );
    }
}
