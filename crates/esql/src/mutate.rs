//! Every small change of the conditions of a query: what the tests of a rule have to notice.
//!
//! Conditions are those of `WHERE`, and those behind an aggregate of `STATS`; the keys of `STATS` are left out one by one.

use brokerwatch_expr::Span;
use brokerwatch_expr::mutant::{Mutant, droppable, one_line};

use crate::ast::{Args, Comparison, Constant, Expr, Kind, LikePatterns, Statement};
use crate::commands::Command;
use crate::format_expression;

/// Takes a change: its place, its words, and the changed expression.
type Take<'t> = &'t mut dyn FnMut(Span, String, Expr);

/// The changed copies of a query, in its order. `text` is what it was read from.
pub fn mutants(statement: &Statement, text: &str) -> Vec<Mutant<Statement>> {
    let mut all = Vec::new();
    for (number, step) in statement.query.commands.iter().enumerate() {
        let mut put = |span, change, command: Option<Command>| {
            let mut tree = statement.clone();
            match command {
                Some(command) => tree.query.commands[number].node = command,
                None => {
                    tree.query.commands.remove(number);
                }
            }
            all.push(Mutant { span, change, tree });
        };
        match &step.node {
            Command::Where(own) => {
                if !matches!(own.condition.kind, Kind::And(_) | Kind::Or(_)) {
                    let change = format!("without `WHERE {}`", shown(&own.condition));
                    put(step.place.0, change, None);
                }
                condition(&own.condition, text, &mut |span, change, condition| {
                    let changed = crate::commands::Where { condition };
                    put(span, change, Some(Command::Where(changed)));
                });
            }
            Command::Stats(own) => {
                for (key, column) in own.by.iter().enumerate() {
                    let mut changed = own.clone();
                    changed.by.remove(key);
                    if !changed.by.is_empty() || !changed.aggregates.is_empty() {
                        let change = format!("without `BY {}`", shown(&column.value));
                        put(column.place.0, change, Some(Command::Stats(changed)));
                    }
                }
                for (place, aggregate) in own.aggregates.iter().enumerate() {
                    let Some(filter) = &aggregate.filter else { continue };
                    let mut with = |span, change, filter| {
                        let mut changed = own.clone();
                        changed.aggregates[place].filter = filter;
                        put(span, change, Some(Command::Stats(changed)));
                    };
                    let change = format!("without `WHERE {}`", shown(filter));
                    with(filter.place.0, change, None);
                    condition(filter, text, &mut |span, change, filter| {
                        with(span, change, Some(filter));
                    });
                }
            }
            // What other commands compute shows in the alerts that a page describes.
            _ => {}
        }
    }
    all
}

fn shown(expr: &Expr) -> String {
    one_line(&format_expression(expr))
}

fn condition(expr: &Expr, text: &str, take: Take<'_>) {
    let at = |kind: Kind| Expr { kind, place: expr.place };
    let here = expr.place.0;
    match &expr.kind {
        Kind::And(parts) => parts_of(parts, text, &|parts| at(Kind::And(parts)), take),
        Kind::Or(parts) => parts_of(parts, text, &|parts| at(Kind::Or(parts)), take),
        Kind::Not(inner) => {
            take(here, format!("`{}` without `NOT`", shown(expr)), (**inner).clone());
            condition(inner, text, &mut |span, change, inner| {
                take(span, change, at(Kind::Not(Box::new(inner))));
            });
        }
        Kind::Compare(sign, left, right) => {
            for sign in changed(*sign) {
                let changed = at(Kind::Compare(sign, left.clone(), right.clone()));
                take(here, format!("`{}` as `{}`", shown(expr), shown(&changed)), changed);
            }
        }
        Kind::In { value, list, negated } => {
            let make =
                |list: Vec<Expr>, negated| at(Kind::In { value: value.clone(), list, negated });
            take(here, format!("`{}` negated", shown(expr)), make(list.clone(), !negated));
            let spans: Vec<Span> = list.iter().map(|item| item.place.0).collect();
            for number in droppable(text, &spans) {
                let mut less = list.clone();
                let item = less.remove(number);
                let change = format!("`{}` without `{}`", shown(expr), shown(&item));
                take(item.place.0, change, make(less, *negated));
            }
        }
        Kind::IsNull { value, negated } => {
            let changed = at(Kind::IsNull { value: value.clone(), negated: !negated });
            take(here, format!("`{}` negated", shown(expr)), changed);
        }
        Kind::Like { value, operator, patterns, negated } => {
            let make = |patterns, negated| {
                at(Kind::Like { value: value.clone(), operator: *operator, patterns, negated })
            };
            take(here, format!("`{}` negated", shown(expr)), make(patterns.clone(), !negated));
            if let LikePatterns::List(list) = patterns
                && 1 < list.len()
                && !is_filled(text, here)
            {
                for number in 0..list.len() {
                    let mut less = list.clone();
                    less.remove(number);
                    let changed = make(LikePatterns::List(less), *negated);
                    take(here, format!("`{}` as `{}`", shown(expr), shown(&changed)), changed);
                }
            }
        }
        Kind::Call(call) => {
            negate(expr, take);
            let Args::List { values, options } = &call.args else { return };
            for (place, value) in values.iter().enumerate() {
                let Kind::Constant(Constant::List(list)) = &value.kind else { continue };
                if list.len() < 2 || is_filled(text, value.place.0) {
                    continue;
                }
                for number in 0..list.len() {
                    let mut less = list.clone();
                    less.remove(number);
                    let mut values = values.clone();
                    values[place].kind = Kind::Constant(Constant::List(less));
                    let mut call = call.clone();
                    call.args = Args::List { values, options: options.clone() };
                    let changed = at(Kind::Call(call));
                    take(
                        value.place.0,
                        format!("`{}` as `{}`", shown(expr), shown(&changed)),
                        changed,
                    );
                }
            }
            // Of CIDR_MATCH, the arguments behind the first are alternatives.
            let is_match = matches!(&call.name, crate::ast::FunctionName::Text(name) if name.eq_ignore_ascii_case("cidr_match"));
            let spans: Vec<Span> = values.iter().skip(1).map(|item| item.place.0).collect();
            for number in droppable(text, &spans).filter(|_| is_match) {
                let mut values = values.clone();
                let item = values.remove(number + 1);
                let mut call = call.clone();
                call.args = Args::List { values, options: options.clone() };
                let change = format!("`{}` without `{}`", shown(expr), shown(&item));
                take(item.place.0, change, at(Kind::Call(call)));
            }
        }
        Kind::Name(_) | Kind::Match { .. } | Kind::InSubquery { .. } | Kind::Cast(..) => {
            negate(expr, take);
        }
        Kind::Constant(_) | Kind::Sign(..) | Kind::Arithmetic(..) => {}
    }
}

/// Whether a marker stands in the text of a node, or right before it.
fn is_filled(text: &str, span: Span) -> bool {
    let inside = text.get(span.range()).unwrap_or_default();
    brokerwatch_expr::mutant::is_marked(text, span) || inside.contains("/* $")
}

fn parts_of(parts: &[Expr], text: &str, make: &dyn Fn(Vec<Expr>) -> Expr, take: Take<'_>) {
    for (number, part) in parts.iter().enumerate() {
        let mut less = parts.to_vec();
        less.remove(number);
        let rest = if less.len() == 1 { less.swap_remove(0) } else { make(less) };
        take(part.place.0, format!("without `{}`", shown(part)), rest);
        condition(part, text, &mut |span, change, part| {
            let mut changed = parts.to_vec();
            changed[number] = part;
            take(span, change, make(changed));
        });
    }
}

fn negate(expr: &Expr, take: Take<'_>) {
    let changed = Expr { kind: Kind::Not(Box::new(expr.clone())), place: expr.place };
    take(expr.place.0, format!("`{}` negated", shown(expr)), changed);
}

/// The opposite of a comparison, and the one that differs at the border alone.
fn changed(sign: Comparison) -> Vec<Comparison> {
    match sign {
        Comparison::Equal => vec![Comparison::NotEqual],
        Comparison::NotEqual => vec![Comparison::Equal],
        Comparison::Less => vec![Comparison::GreaterOrEqual, Comparison::LessOrEqual],
        Comparison::LessOrEqual => vec![Comparison::Greater, Comparison::Less],
        Comparison::Greater => vec![Comparison::LessOrEqual, Comparison::GreaterOrEqual],
        Comparison::GreaterOrEqual => vec![Comparison::Less, Comparison::Greater],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{format, parse};

    #[track_caller]
    fn check(query: &str, expected: &[&str]) {
        let statement = parse(query).unwrap();
        let found = mutants(&statement, query);
        let texts: Vec<String> = found.iter().map(|one| one_line(&format(&one.tree))).collect();
        assert_eq!(texts, expected);
        for one in &found {
            assert_eq!(parse(&format(&one.tree)).unwrap(), one.tree, "{}", one.change);
        }
    }

    #[test]
    fn conditions_lose_parts_turn_round_and_move_their_borders() {
        check(
            "FROM x | WHERE a == 1 AND NOT b > 2",
            &[
                "FROM x | WHERE NOT b > 2",
                "FROM x | WHERE a != 1 AND NOT b > 2",
                "FROM x | WHERE a == 1",
                "FROM x | WHERE a == 1 AND b > 2",
                "FROM x | WHERE a == 1 AND NOT b <= 2",
                "FROM x | WHERE a == 1 AND NOT b >= 2",
            ],
        );
        check(
            "FROM x | WHERE a IN (1, /* $L */ 2, 3) | STATS n = COUNT(*) WHERE b BY c",
            &[
                "FROM x | STATS n = COUNT(*) WHERE b BY c",
                "FROM x | WHERE a NOT IN (1, 2, 3) | STATS n = COUNT(*) WHERE b BY c",
                "FROM x | WHERE a IN (2, 3) | STATS n = COUNT(*) WHERE b BY c",
                "FROM x | WHERE a IN (1, 2, 3) | STATS n = COUNT(*) WHERE b",
                "FROM x | WHERE a IN (1, 2, 3) | STATS n = COUNT(*) BY c",
                "FROM x | WHERE a IN (1, 2, 3) | STATS n = COUNT(*) WHERE NOT b BY c",
            ],
        );
    }
}
