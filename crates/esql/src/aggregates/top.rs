//! `TOP`: the least or greatest values, in order.

use brokerwatch_expr::Diagnostic;
use datafusion::logical_expr::Expr;

use super::ranking::Ranking;
use super::{Aggregate, AggregateCall, Gives, ORDERED};
use crate::functions::{Example, Returns, optional, param};
use crate::types::{DataType, TEXT, WHOLE};

pub(super) const AGGREGATE: Aggregate = Aggregate {
    name: "TOP",
    aliases: &[],
    doc: "The `limit` least (`asc`, if no order is given) or greatest (`desc`) values in order, equal ones included; \
          with an output field the values of that field in their place.",
    params: &[
        param("field", ORDERED),
        param("limit", WHOLE).constant(),
        optional("order", TEXT).constant(),
        optional("outputField", ORDERED),
    ],
    returns: Returns::From(|types| match types.get(3).or(types.first()) {
        Some(DataType::Text) => DataType::Keyword,
        Some(ty) => *ty,
        None => DataType::Null,
    }),
    gives: Gives::Many,
    examples: &[
        Example { query: r#"ROW a = [1, 3, 2, 3] | STATS t = TOP(a, 3, "desc")"#, result: "[3, 3, 2]" },
        Example { query: "ROW a = [1, 3, 2] | STATS t = TOP(a, 2)", result: "[1, 2]" },
        Example { query: r#"ROW a = 5, b = "x" | STATS t = TOP(a, 2, "asc", b)"#, result: "x" },
        Example { query: r#"ROW a = null | STATS t = TOP(a, 2, "asc")"#, result: "null" },
    ],
    plan,
};

fn plan(call: &AggregateCall<'_>) -> Result<Expr, Diagnostic> {
    let limit = call.count(1, "the limit")?;
    let output = call.args.get(3).map(|arg| arg.ty);
    let ranking = Ranking::new(call.ty(0), output, limit, descending(call)?);
    Ok(call.own(&AGGREGATE, ranking, &[0, 3]))
}

fn descending(call: &AggregateCall<'_>) -> Result<bool, Diagnostic> {
    if call.args.len() < 3 {
        return Ok(false);
    }
    let order = call.constant(2).and_then(|order| order.as_str()).unwrap_or_default();
    match order.to_ascii_lowercase().as_str() {
        "asc" => Ok(false),
        "desc" => Ok(true),
        _ => Err(call.reject(2, format!("unknown order `{order}`; it is `asc` or `desc`"))),
    }
}
