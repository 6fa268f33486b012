//! `FUSE`: one row for what several branches found, with one score made of theirs.
//!
//! A branch is a group of rows, as its column says. `RRF` scores a row by its place in its group, `LINEAR` by its score
//! there; the scores of one key are added, and every other column has the different values of its rows.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use brokerwatch_expr::{Diagnostic, Span};
use datafusion::common::ScalarValue;
use datafusion::functions_aggregate::min_max::{max_udaf, min_udaf};
use datafusion::functions_window::expr_fn::row_number;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{AggregateUDF, ExprFunctionExt as _, lit};
use datafusion::prelude::{Expr as DfExpr, ident};

use super::expression::Operation;
use super::options::Given;
use super::{Column, Planner, Rows, Typed};
use crate::aggregates::{self, AggregateCall};
use crate::ast::{Map, Name};
use crate::codes;
use crate::commands::Fuse;
use crate::functions::{Arg, Lists, lists};
use crate::types::DataType;
use crate::value::Value;
use crate::warnings::Failure;

/// What is added to a place before its inverse is taken, as in Elasticsearch.
const RANK_CONSTANT: f64 = 60.0;

/// The name of the places of rows in their branch, while branches become one. No query can write it.
const RANK: &str = "\0rank";

/// How the score of a row in its group is made.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Method {
    /// One over the place and a constant.
    Rank { constant: f64 },
    /// The score itself, on a scale of the group.
    Linear { scale: Scale },
}

/// What scores of a group are made comparable by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    /// Nothing.
    None,
    /// The least becomes 0 and the greatest 1.
    MinMax,
    /// The root of the sum of their squares becomes 1.
    L2,
}

/// How much a group counts; 1 where nothing is said.
type Weights = BTreeMap<String, f64>;

impl Planner<'_> {
    /// Numbers the rows of a branch in the order that it asks for, or that a `LIMIT` put them into, if there is one.
    pub(crate) fn rank(&mut self, branch: &mut Rows, span: Span) {
        let mut order = branch.order.clone();
        if order.is_empty() && branch.sorted.is_some() {
            order.clone_from(&branch.kept);
        }
        let schema = branch.plan.schema();
        let is_there = order
            .iter()
            .all(|key| key.expr.column_refs().into_iter().all(|column| schema.has_column(column)));
        if order.is_empty() || !is_there {
            return;
        }
        let window = row_number().order_by(order).build();
        let Some(window) = self.built(span, window) else { return };
        let rank = self.windowed(window, DataType::UnsignedLong, branch, span);
        branch.scope.put(rank.renamed(RANK.to_owned()));
    }

    /// Takes the numbers of [`Planner::rank`] out of sight, for `FUSE`.
    pub(crate) fn ranked(&mut self, rows: &mut Rows) {
        rows.rank = rows.scope.remove(RANK).map(|column| column.id);
    }

    /// `FUSE`
    pub(crate) fn fuse(&mut self, fuse: &Fuse, rows: &mut Rows, span: Span) {
        let (method, weights) = self.fuse_method(fuse);
        let group = self.fuse_column(fuse.group.as_ref(), "_fork", "GROUP BY", rows, span);
        let score = self.fuse_column(fuse.score.as_ref(), "_score", "SCORE BY", rows, span);
        let keys = self.fuse_keys(&fuse.key, rows, span);
        let score_name = self.written_or(fuse.score.as_ref(), "_score");
        let (Some(group), Some(score), Some(keys), Some(score_name)) =
            (group, score, keys, score_name)
        else {
            return;
        };
        if keys.contains(&score_name) {
            let message = format!("`{score_name}` cannot be the score and a key");
            self.wrong(codes::NOT_HERE, span, message);
        } else if !group.ty.is_text() && group.ty != DataType::Null {
            self.fuse_type("GROUP BY", "text", &group);
        } else if !score.ty.is_number() && score.ty != DataType::Null {
            self.fuse_type("SCORE BY", "a number", &score);
        } else if let Some(scored) = self.scored(method, weights, &group, &score, rows, span) {
            self.fused(&score_name, &scored, &keys, rows, span);
        }
    }

    /// The method with its options, and the weights of the groups.
    fn fuse_method(&mut self, fuse: &Fuse) -> (Method, Weights) {
        let written = fuse.method.as_ref();
        let mut method =
            match written.map(|method| method.text.to_ascii_lowercase()).as_deref() {
                None | Some("rrf") => Method::Rank { constant: RANK_CONSTANT },
                Some("linear") => Method::Linear { scale: Scale::None },
                Some(other) => {
                    let message = format!("`FUSE` has no method `{other}`");
                    let place = written.map(|method| method.place.0).unwrap_or_default();
                    self.error(Diagnostic::error(codes::OPTION, place, message).help(
                        "there are `RRF`, by the places of rows, and `LINEAR`, by their scores",
                    ));
                    Method::Rank { constant: RANK_CONSTANT }
                }
            };
        let mut weights = None;
        let own = match method {
            Method::Rank { .. } => "rank_constant",
            Method::Linear { .. } => "normalizer",
        };
        self.read_options(fuse.options.as_ref(), &[own, "weights"], |key, given, _| {
            match key {
                "rank_constant" => {
                    let constant = given.number().filter(|constant| 0.0 < *constant);
                    method = Method::Rank { constant: constant.ok_or("a number above 0")? };
                }
                "normalizer" => method = Method::Linear { scale: scale(given)? },
                _ => match given {
                    Given::Map(map) => weights = Some((*map).clone()),
                    Given::Constant(_) => {
                        return Err("a weight for each group, such as {\"fork1\": 0.7}".to_owned());
                    }
                },
            }
            Ok(())
        });
        let weights = weights.map(|map| self.fuse_weights(&map)).unwrap_or_default();
        (method, weights)
    }

    fn fuse_weights(&mut self, map: &Map) -> Weights {
        let names: Vec<&str> = map.entries.iter().map(|entry| entry.key.as_str()).collect();
        let mut weights = Weights::new();
        self.read_options(Some(map), &names, |group, given, _| {
            let weight = given.number().filter(|weight| 0.0 <= *weight);
            weights.insert(group.to_owned(), weight.ok_or("a number that is not below 0")?);
            Ok(())
        });
        weights
    }

    fn written_or(&mut self, name: Option<&Name>, default: &str) -> Option<String> {
        match name {
            Some(name) => self.flat(name),
            None => Some(default.to_owned()),
        }
    }

    /// The column of a clause, or the one that it means where it is left out.
    fn fuse_column(
        &mut self,
        name: Option<&Name>,
        default: &str,
        clause: &str,
        rows: &Rows,
        span: Span,
    ) -> Option<Typed> {
        if let Some(name) = name {
            let column = self.column(name, &rows.scope);
            return (!column.hole).then_some(column);
        }
        if let Some(column) = rows.scope.get(default) {
            return Some(column.typed(span));
        }
        let message = format!("`FUSE` needs a column `{default}`");
        let help = match default {
            "_fork" => "put a `FORK` before it, or name a column with `GROUP BY`".to_owned(),
            "_score" => {
                "make it in each branch (`EVAL _score = ...`), or name a column with `SCORE BY`"
                    .to_owned()
            }
            _ => format!(
                "ask for it (`FROM ... METADATA _id, _index`), or name columns with `{clause}`"
            ),
        };
        self.error(Diagnostic::error(codes::UNKNOWN_COLUMN, span, message).help(help));
        None
    }

    fn fuse_keys(&mut self, names: &[Name], rows: &Rows, span: Span) -> Option<Vec<String>> {
        let mut keys = Vec::new();
        for name in names {
            let found = self.fuse_column(Some(name), "", "KEY BY", rows, span);
            keys.push(found.and_then(|_| self.flat(name)));
        }
        if names.is_empty() {
            for name in ["_id", "_index"] {
                let found = self.fuse_column(None, name, "KEY BY", rows, span);
                keys.push(found.map(|_| name.to_owned()));
            }
        }
        keys.into_iter().collect()
    }

    fn fuse_type(&mut self, clause: &str, needs: &str, found: &Typed) {
        let message = format!("`{clause}` needs {needs}, found {}", found.ty.error_name());
        self.wrong(codes::TYPE, found.span, message);
    }

    /// What a row adds to the score of its key.
    fn scored(
        &mut self,
        method: Method,
        weights: Weights,
        group: &Typed,
        score: &Typed,
        rows: &mut Rows,
        span: Span,
    ) -> Option<Column> {
        let number = self.widened(score.clone(), DataType::Double);
        let number = rows.compute("", &number, self, span);
        let first = self.first_only(&number, rows, span);
        let whole = self.whole(vec![group.clone()], span);
        let whole = rows.compute("", &whole, self, span);
        let typed = match method {
            Method::Rank { constant } => {
                let place = self.place_in(&whole, &first, rows, span)?;
                let body = lists(move |args, _, out| {
                    let [group, place] = args else { return Ok(()) };
                    let weight = weight(&weights, group)?;
                    let place = place.first().and_then(Value::as_f64);
                    out.extend(place.map(|place| Value::Double(weight / (constant + place))));
                    Ok(())
                });
                let args = vec![group.clone(), place.typed(span)];
                self.made("rrf", body, Lists::One, DataType::Double, args, span)
            }
            Method::Linear { scale } => {
                let (base, unit) = self.scale_of(scale, &whole, &first, rows, span)?;
                let body = lists(move |args, _, out| {
                    let [group, score, base, unit] = args else { return Ok(()) };
                    let weight = weight(&weights, group)?;
                    let score = one("score", score)?;
                    let (base, unit) = (number_or(base, 0.0), number_or(unit, 1.0));
                    let scaled = if unit == 0.0 { 0.0 } else { (score - base) / unit };
                    out.push(Value::Double(weight * scaled));
                    Ok(())
                });
                let args =
                    vec![group.clone(), number.typed(span), base.typed(span), unit.typed(span)];
                self.made("linear", body, Lists::One, DataType::Double, args, span)
            }
        };
        Some(rows.compute("", &typed, self, span))
    }

    /// The score of rows that have one; none of those with several.
    fn first_only(&mut self, score: &Column, rows: &mut Rows, span: Span) -> Column {
        if !score.multi {
            return score.clone();
        }
        let body = lists(|args, _, out| {
            if let [[one]] = args {
                out.push(*one);
            }
            Ok(())
        });
        let only =
            self.made("only", body, Lists::One, DataType::Double, vec![score.typed(span)], span);
        rows.compute("", &only, self, span)
    }

    /// The place of a row in its group: as its branch had them, else by score.
    fn place_in(
        &mut self,
        group: &Column,
        score: &Column,
        rows: &mut Rows,
        span: Span,
    ) -> Option<Column> {
        let mut order = rows.order.clone();
        let known = rows
            .rank
            .take()
            .filter(|rank| rows.plan.schema().has_column_with_unqualified_name(rank));
        order.extend(known.map(|rank| ident(rank).sort(true, false)));
        order.push(score.expr().sort(false, false));
        let window = row_number().partition_by(vec![group.expr()]).order_by(order).build();
        let window = self.built(span, window)?;
        Some(self.windowed(window, DataType::UnsignedLong, rows, span))
    }

    /// What is taken from the scores of a group, and what they are divided by.
    fn scale_of(
        &mut self,
        scale: Scale,
        group: &Column,
        score: &Column,
        rows: &mut Rows,
        span: Span,
    ) -> Option<(Column, Column)> {
        let over = |aggregate: Arc<AggregateUDF>, of: DfExpr| {
            let window = DfExpr::from(WindowFunction::new(aggregate, vec![of]));
            window.partition_by(vec![group.expr()]).build()
        };
        let (base, unit) = match scale {
            Scale::None => (lit(0.0), lit(1.0)),
            Scale::MinMax => {
                let least = self.built(span, over(min_udaf(), score.expr()))?;
                let greatest = self.built(span, over(max_udaf(), score.expr()))?;
                let least = self.windowed(least, DataType::Double, rows, span);
                let greatest = self.windowed(greatest, DataType::Double, rows, span);
                (least.expr(), greatest.expr() - least.expr())
            }
            Scale::L2 => {
                let id = self.id();
                rows.extend(vec![(id.clone(), score.expr() * score.expr())], self, span);
                // Our own sum, which does not depend on the order of the rows.
                let DfExpr::AggregateFunction(sum) =
                    self.added(&number_column(id.clone(), span))?
                else {
                    return None;
                };
                let squares = self.built(span, over(sum.func, ident(id)))?;
                let squares = self.windowed(squares, DataType::Double, rows, span);
                (lit(0.0), datafusion::functions::math::expr_fn::sqrt(squares.expr()))
            }
        };
        let (base, unit) = ((self.id(), base), (self.id(), unit));
        let columns = [base.0.clone(), unit.0.clone()].map(|id| number_column(id, span));
        rows.extend(vec![base, unit], self, span);
        let [base, unit] = columns;
        Some((base, unit))
    }

    /// The column of a window function.
    fn windowed(&mut self, window: DfExpr, ty: DataType, rows: &mut Rows, span: Span) -> Column {
        let id = self.id();
        let alias = id.clone();
        rows.then(self, span, |builder| builder.window(vec![window.alias(alias)]));
        Column { ty, ..number_column(id, span) }
    }

    /// Adds the scores of each key, and gathers what else its rows have.
    fn fused(
        &mut self,
        score_name: &str,
        scored: &Column,
        keys: &[String],
        rows: &mut Rows,
        span: Span,
    ) {
        let columns: Vec<Column> = rows
            .scope
            .columns()
            .iter()
            .filter(|column| column.ty != DataType::Unsupported)
            .cloned()
            .collect();
        let (keyed, others): (Vec<Column>, Vec<Column>) = columns
            .into_iter()
            .filter(|column| column.name != score_name)
            .partition(|column| keys.contains(&column.name));
        let keyed = self.separated(keyed, rows, span);
        let total = self.id();
        let Some(added) = self.added(scored) else { return };
        let mut aggregated = vec![added.alias(&total)];
        let mut results = Vec::new();
        let mut nulls = Vec::new();
        for column in others {
            let id = self.id();
            let value = Column { constant: None, ..column.clone() }.typed(span);
            match self.collected(&value) {
                Some(_) if column.ty == DataType::Null => {
                    nulls.push((id.clone(), lit(ScalarValue::Null)));
                }
                Some(values) => aggregated.push(values.alias(&id)),
                None => return,
            }
            let ty = if column.ty == DataType::Text { DataType::Keyword } else { column.ty };
            results.push(Column {
                id,
                ty,
                multi: column.ty != DataType::Null,
                constant: None,
                ..column
            });
        }
        let by: Vec<DfExpr> = keyed.iter().map(Column::expr).collect();
        rows.then(self, span, |builder| builder.aggregate(by, aggregated));
        rows.extend(nulls, self, span);
        let results: Vec<Column> =
            results.into_iter().map(|column| self.ordered(column, rows, span)).collect();
        let order: Vec<String> =
            rows.scope.columns().iter().map(|column| column.name.clone()).collect();
        let mut fused = vec![Column { name: score_name.to_owned(), ..number_column(total, span) }];
        let found = |name: &String| {
            keyed.iter().chain(&results).find(|column| column.name == *name).cloned()
        };
        fused.extend(
            order.iter().filter_map(found).map(|column| Column { constant: None, ..column }),
        );
        rows.scope.set(fused);
        rows.order = Vec::new();
        rows.sorted = None;
        rows.multiplied();
    }

    /// The values of a list by their order, so that they stand as they do whichever rows came first.
    fn ordered(&mut self, column: Column, rows: &mut Rows, span: Span) -> Column {
        if !column.multi {
            return column;
        }
        let ty = column.ty;
        let body = lists(move |args, _, out| {
            let from = out.len();
            out.extend(args.iter().copied().flatten().copied());
            out[from..].sort_by(|one, other| one.compare(other, ty).unwrap_or(Ordering::Equal));
            Ok(())
        });
        let operation = body.map(|body| Operation {
            name: "ordered",
            body,
            lists: Lists::Many,
            returns: ty,
            multi: true,
            quiet: true,
        });
        match operation {
            Ok(operation) => {
                let ordered = self.apply(operation, vec![column.typed(span)], span);
                let computed = rows.compute("", &ordered, self, span);
                Column { id: computed.id, ..column }
            }
            Err(error) => {
                self.error(error);
                column
            }
        }
    }

    fn added(&mut self, scored: &Column) -> Option<DfExpr> {
        let sum = aggregates::by_name("SUM")?;
        let args = [Arg { ty: DataType::Double, constant: None, span: scored.span }];
        let call = AggregateCall {
            args: &args,
            exprs: vec![scored.expr()],
            multi: vec![false],
            returns: DataType::Double,
            filter: None,
            site: self.site(scored.span),
        };
        let planned = (sum.plan)(&call);
        planned.map_err(|error| self.error(error)).ok()
    }
}

fn number_column(id: String, span: Span) -> Column {
    Column {
        name: String::new(),
        id,
        ty: DataType::Double,
        multi: false,
        span,
        conflict: Vec::new(),
        constant: None,
    }
}

fn scale(given: &Given<'_>) -> Result<Scale, String> {
    match given.text().map(str::to_ascii_lowercase).as_deref() {
        Some("none") => Ok(Scale::None),
        Some("minmax") => Ok(Scale::MinMax),
        Some("l2_norm") => Ok(Scale::L2),
        _ => Err("`none`, `minmax` or `l2_norm`".to_owned()),
    }
}

/// How much the group of a row counts.
fn weight(weights: &Weights, group: &[Value<'_>]) -> Result<f64, Failure> {
    let group = one_of("group", group)?;
    Ok(group.as_str().and_then(|group| weights.get(group)).copied().unwrap_or(1.0))
}

fn one(what: &str, values: &[Value<'_>]) -> Result<f64, Failure> {
    Ok(one_of(what, values)?.as_f64().unwrap_or_default())
}

fn one_of<'v>(what: &str, values: &[Value<'v>]) -> Result<Value<'v>, Failure> {
    match values {
        [one] => Ok(*one),
        [] => {
            Err(Failure::argument(format!("{what} column has null values; assigning null scores")))
        }
        _ => Err(Failure::argument(format!(
            "{what} column contains multivalued entries; assigning null scores"
        ))),
    }
}

fn number_or(values: &[Value<'_>], default: f64) -> f64 {
    values.first().and_then(Value::as_f64).unwrap_or(default)
}
