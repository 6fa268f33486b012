//! Every small change of a query: what the tests of a rule have to notice.

use brokerwatch_expr::Span;
use brokerwatch_expr::mutant::{Mutant, droppable, one_line};

use crate::ast::{
    Category, Comparison, Constant, Expr, Filter, Kind, Query, Sequence, Stage, Statement,
};
use crate::format_expression;

/// Functions whose arguments behind the first are alternatives.
const WITH_ALTERNATIVES: &[&str] = &["cidrmatch", "wildcard", "match"];

/// Takes a change: its place, its words, and the changed piece.
type Take<'t, T> = &'t mut dyn FnMut(Span, String, T);

/// The changed copies of a query, in its order. `text` is what it was read from.
pub fn mutants(statement: &Statement, text: &str) -> Vec<Mutant<Statement>> {
    let mut all = Vec::new();
    let mut take = |span, change, query| {
        let tree = Statement { query, pipes: statement.pipes.clone() };
        all.push(Mutant { span, change, tree });
    };
    match &statement.query {
        Query::Event(own) => {
            filter(own, text, &mut |span, change, own| take(span, change, Query::Event(own)));
        }
        Query::Sequence(own) => sequence(own, text, &mut take),
        // Rules have no samples.
        Query::Sample(_) => {}
    }
    all
}

fn sequence(own: &Sequence, text: &str, take: Take<'_, Query>) {
    for (number, _) in own.by.iter().enumerate() {
        let mut changed = own.clone();
        let key = changed.by.remove(number);
        take(key.span, format!("without `by {}`", key.name), Query::Sequence(changed));
    }
    // Keys of brackets belong together by their places.
    let keys = own.stages.first().map_or(0, |stage| stage.by.len());
    for number in 0..keys {
        let mut changed = own.clone();
        let key = changed.stages[0].by[number].clone();
        for stage in changed.stages.iter_mut().chain(&mut changed.until) {
            if number < stage.by.len() {
                stage.by.remove(number);
            }
        }
        take(
            key.span,
            format!("without `by {}` in each bracket", key.name),
            Query::Sequence(changed),
        );
    }
    if let Some(maxspan) = &own.maxspan {
        let changed = Sequence { maxspan: None, ..own.clone() };
        take(maxspan.span, "without `maxspan`".to_owned(), Query::Sequence(changed));
    }
    for (number, each) in own.stages.iter().enumerate() {
        stage(own, number, each, text, take);
    }
    if let Some(until) = &own.until {
        let changed = Sequence { until: None, ..own.clone() };
        take(until.span, "without `until`".to_owned(), Query::Sequence(changed));
        filter(&until.filter, text, &mut |span, change, filter| {
            let until = Some(Stage { filter, ..until.clone() });
            take(
                span,
                format!("until: {change}"),
                Query::Sequence(Sequence { until, ..own.clone() }),
            );
        });
    }
}

fn stage(own: &Sequence, number: usize, stage: &Stage, text: &str, take: Take<'_, Query>) {
    let bracket = number + 1;
    let mut less = own.clone();
    less.stages.remove(number);
    // One bracket is no sequence, but its events.
    let rest = match less.stages.as_slice() {
        [only] if only.missing => None,
        [only] if only.runs == 1 => Some(Query::Event(only.filter.clone())),
        _ => Some(Query::Sequence(less)),
    };
    if let Some(rest) = rest {
        take(stage.span, format!("without bracket {bracket}"), rest);
    }
    let mut put = |span, change: String, stage: Stage| {
        let mut changed = own.clone();
        changed.stages[number] = stage;
        take(span, format!("bracket {bracket}: {change}"), Query::Sequence(changed));
    };
    if 1 < stage.runs {
        for runs in [stage.runs - 1, stage.runs + 1] {
            let change = format!("`runs={}` as `runs={runs}`", stage.runs);
            put(stage.span, change, Stage { runs, ..stage.clone() });
        }
    }
    if stage.missing {
        put(stage.span, "`![ ]` as `[ ]`".to_owned(), Stage { missing: false, ..stage.clone() });
    }
    filter(&stage.filter, text, &mut |span, change, filter| {
        put(span, change, Stage { filter, ..stage.clone() });
    });
}

fn filter(own: &Filter, text: &str, take: Take<'_, Filter>) {
    if let Category::Named(name) = &own.category {
        let changed = Filter { category: Category::Any, ..own.clone() };
        take(own.category_span, format!("`{name} where` as `any where`"), changed);
    }
    let mut put = |span, change, condition| {
        take(span, change, Filter { condition, ..own.clone() });
    };
    let whole = &own.condition;
    if !matches!(whole.kind, Kind::And(_) | Kind::Or(_) | Kind::Constant(_)) {
        let always = Expr { kind: Kind::Constant(Constant::Boolean(true)), span: whole.span };
        put(whole.span, format!("without `{}`", shown(whole)), always);
    }
    condition(whole, text, &mut put);
}

fn shown(expr: &Expr) -> String {
    one_line(&format_expression(expr))
}

fn condition(expr: &Expr, text: &str, take: Take<'_, Expr>) {
    let at = |kind: Kind| Expr { kind, span: expr.span };
    match &expr.kind {
        Kind::And(parts) => parts_of(parts, text, &|parts| at(Kind::And(parts)), take),
        Kind::Or(parts) => parts_of(parts, text, &|parts| at(Kind::Or(parts)), take),
        Kind::Not(inner) => {
            take(expr.span, format!("`{}` without `not`", shown(expr)), (**inner).clone());
            condition(inner, text, &mut |span, change, inner| {
                take(span, change, at(Kind::Not(Box::new(inner))));
            });
        }
        Kind::Constant(_) => {}
        Kind::Compare(sign, left, right) => {
            let mut put = |sign| {
                let changed = at(Kind::Compare(sign, left.clone(), right.clone()));
                take(expr.span, format!("`{}` as `{}`", shown(expr), shown(&changed)), changed);
            };
            put(negated(*sign));
            if let Some(border) = bordering(*sign) {
                put(border);
            }
        }
        Kind::In { value, list, any_case, negated } => {
            let make = |list: Vec<Expr>, negated| {
                at(Kind::In { value: value.clone(), list, any_case: *any_case, negated })
            };
            take(expr.span, format!("`{}` negated", shown(expr)), make(list.clone(), !negated));
            let spans: Vec<Span> = list.iter().map(|item| item.span).collect();
            for number in droppable(text, &spans) {
                let mut less = list.clone();
                let item = less.remove(number);
                let change = format!("`{}` without `{}`", shown(expr), shown(&item));
                take(item.span, change, make(less, *negated));
            }
        }
        Kind::Match { value, operator, list } => {
            negate(expr, take);
            let spans: Vec<Span> = list.iter().map(|(_, span)| *span).collect();
            for number in droppable(text, &spans) {
                let mut less = list.clone();
                let (constant, span) = less.remove(number);
                let item = shown(&Expr { kind: Kind::Constant(constant), span });
                let change = format!("`{}` without `{item}`", shown(expr));
                let kind = Kind::Match { value: value.clone(), operator: *operator, list: less };
                take(span, change, at(kind));
            }
        }
        Kind::Call(call) => {
            negate(expr, take);
            let name = call.name.to_lowercase();
            if !WITH_ALTERNATIVES.contains(&name.as_str()) {
                return;
            }
            let spans: Vec<Span> = call.args.iter().skip(1).map(|item| item.span).collect();
            for number in droppable(text, &spans) {
                let mut less = call.clone();
                let item = less.args.remove(number + 1);
                let change = format!("`{}` without `{}`", shown(expr), shown(&item));
                take(item.span, change, at(Kind::Call(less)));
            }
        }
        Kind::Field(_) | Kind::Negate(_) | Kind::Arithmetic(..) => negate(expr, take),
    }
}

/// Parts of an `and` or an `or`: without each of them, and with each of them changed.
fn parts_of(parts: &[Expr], text: &str, make: &dyn Fn(Vec<Expr>) -> Expr, take: Take<'_, Expr>) {
    for (number, part) in parts.iter().enumerate() {
        let mut less = parts.to_vec();
        less.remove(number);
        let rest = if less.len() == 1 { less.swap_remove(0) } else { make(less) };
        take(part.span, format!("without `{}`", shown(part)), rest);
        condition(part, text, &mut |span, change, part| {
            let mut changed = parts.to_vec();
            changed[number] = part;
            take(span, change, make(changed));
        });
    }
}

fn negate(expr: &Expr, take: Take<'_, Expr>) {
    let changed = Expr { kind: Kind::Not(Box::new(expr.clone())), span: expr.span };
    take(expr.span, format!("`{}` negated", shown(expr)), changed);
}

fn negated(sign: Comparison) -> Comparison {
    match sign {
        Comparison::Equal => Comparison::NotEqual,
        Comparison::NotEqual => Comparison::Equal,
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
    }
}

/// The comparison that differs at the border alone.
fn bordering(sign: Comparison) -> Option<Comparison> {
    match sign {
        Comparison::Equal | Comparison::NotEqual => None,
        Comparison::Less => Some(Comparison::LessOrEqual),
        Comparison::LessOrEqual => Some(Comparison::Less),
        Comparison::Greater => Some(Comparison::GreaterOrEqual),
        Comparison::GreaterOrEqual => Some(Comparison::Greater),
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
            assert_ne!(one.tree, statement, "{}", one.change);
            assert!(query.get(one.span.range()).is_some_and(|piece| !piece.is_empty()));
        }
    }

    #[test]
    fn conditions_lose_parts_turn_round_and_move_their_borders() {
        check(
            "any where a == 1 and not b < 2",
            &[
                "any where not b < 2",
                "any where a != 1 and not b < 2",
                "any where a == 1",
                "any where a == 1 and b < 2",
                "any where a == 1 and not b >= 2",
                "any where a == 1 and not b <= 2",
            ],
        );
        check(
            "file where a in (1, 2)",
            &[
                "any where a in (1, 2)",
                "file where true",
                "file where a not in (1, 2)",
                "file where a in (2)",
                "file where a in (1)",
            ],
        );
        check(
            "any where cidrmatch(a, /* $L */ \"10.0.0.0/8\", \"11.0.0.0/8\") or true",
            &[
                "any where true",
                "any where not cidrmatch(a, \"10.0.0.0/8\", \"11.0.0.0/8\") or true",
                "any where cidrmatch(a, \"10.0.0.0/8\", \"11.0.0.0/8\")",
            ],
        );
        check(
            "any where a like (\"b\", \"c\")",
            &[
                "any where true",
                "any where not a like (\"b\", \"c\")",
                "any where a like \"c\"",
                "any where a like \"b\"",
            ],
        );
    }

    #[test]
    fn sequences_lose_keys_brackets_and_bounds() {
        check(
            "sequence by h with maxspan=5m [any where true] by u [a where true] by v with runs=2 until [b where true] by w",
            &[
                "sequence with maxspan=5m [any where true] by u [a where true] by v with runs=2 until [b where true] by w",
                "sequence by h with maxspan=5m [any where true] [a where true] with runs=2 until [b where true]",
                "sequence by h [any where true] by u [a where true] by v with runs=2 until [b where true] by w",
                "sequence by h with maxspan=5m [a where true] by v with runs=2 until [b where true] by w",
                "any where true",
                "sequence by h with maxspan=5m [any where true] by u [a where true] by v until [b where true] by w",
                "sequence by h with maxspan=5m [any where true] by u [a where true] by v with runs=3 until [b where true] by w",
                "sequence by h with maxspan=5m [any where true] by u [any where true] by v with runs=2 until [b where true] by w",
                "sequence by h with maxspan=5m [any where true] by u [a where true] by v with runs=2",
                "sequence by h with maxspan=5m [any where true] by u [a where true] by v with runs=2 until [any where true] by w",
            ],
        );
    }
}
