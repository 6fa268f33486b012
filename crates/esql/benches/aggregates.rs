//! What aggregates cost over a million rows in ten thousand groups: `cargo bench -p brokerwatch-esql`.
//!
//! `COUNT(*)` is an aggregate of DataFusion and the measure for the others, which are our own.

use std::sync::Arc;

use brokerwatch_esql::aggregates::{AggregateCall, by_name};
use brokerwatch_esql::functions::{Arg, Returns};
use brokerwatch_esql::types::DataType;
use brokerwatch_esql::value::{Constant, Scalar};
use brokerwatch_esql::warnings::Warnings;
use brokerwatch_expr::Span;
use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch};
use datafusion::catalog::MemTable;
use datafusion::functions_aggregate::expr_fn;
use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::{SessionConfig, SessionContext, ident};
use divan::Bencher;
use divan::counter::ItemsCount;

const ROWS: i64 = 1_000_000;
const GROUPS: i64 = 10_000;
const BATCH_ROWS: i64 = 8_192;

const CALLS: [&str; 7] =
    ["COUNT(*)", "SUM", "AVG", "COUNT_DISTINCT", "VALUES", "PERCENTILE", "TOP"];

fn main() {
    divan::main();
}

#[divan::bench(args = CALLS, sample_count = 10, sample_size = 1)]
fn by_group(bencher: Bencher<'_, '_>, name: &str) {
    measure(bencher, || planned(name));
}

/// What DataFusion has for the same question, or nearly the same.
#[divan::bench(args = ["SUM", "AVG", "COUNT_DISTINCT", "VALUES"], sample_count = 10, sample_size = 1)]
fn by_group_natively(bencher: Bencher<'_, '_>, name: &str) {
    measure(bencher, || match name {
        "SUM" => expr_fn::sum(ident("value")),
        "AVG" => expr_fn::avg(ident("value")),
        "COUNT_DISTINCT" => expr_fn::count_distinct(ident("value")),
        _ => expr_fn::array_agg(ident("value")),
    });
}

fn measure(bencher: Bencher<'_, '_>, aggregate: impl Fn() -> Expr + Sync) {
    let table = table();
    let runtime = tokio::runtime::Builder::new_multi_thread().build().expect("a runtime starts");
    let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(2));
    bencher.counter(ItemsCount::new(ROWS as u64)).bench_local(|| {
        let aggregates = vec![aggregate().alias("result")];
        let frame = context
            .read_table(table.clone())
            .and_then(|frame| frame.aggregate(vec![ident("group")], aggregates))
            .expect("the plan is valid");
        let batches = runtime.block_on(frame.collect()).expect("the plan runs");
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), GROUPS as usize);
    });
}

/// Two partitions; the values of a group repeat after forty.
fn table() -> Arc<MemTable> {
    let batch = |from: i64| {
        let rows = from..ROWS.min(from + BATCH_ROWS);
        let groups: ArrayRef =
            Arc::new(Int64Array::from_iter_values(rows.clone().map(|row| row * 7_919 % GROUPS)));
        let values: ArrayRef =
            Arc::new(Int64Array::from_iter_values(rows.map(|row| row / GROUPS % 40 * 31)));
        RecordBatch::try_from_iter([("group", groups), ("value", values)])
            .expect("columns have one length")
    };
    let batches: Vec<RecordBatch> = (0..ROWS).step_by(BATCH_ROWS as usize).map(batch).collect();
    let (one, other) = batches.split_at(batches.len() / 2);
    let parts = vec![one.to_vec(), other.to_vec()];
    Arc::new(MemTable::try_new(batches[0].schema(), parts).expect("batches have one schema"))
}

fn planned(name: &str) -> Expr {
    let whole = |number| Some(Constant::one(DataType::Integer, Scalar::Integer(number)));
    let constant = match name {
        "PERCENTILE" => whole(90),
        "TOP" => whole(5),
        _ => None,
    };
    let mut args = vec![Arg { ty: DataType::Long, constant: None, span: Span::default() }];
    let mut exprs = vec![ident("value")];
    if let Some(constant) = constant {
        args.push(Arg { ty: constant.ty, constant: Some(constant), span: Span::default() });
        exprs.push(lit(0));
    }
    if name == "COUNT(*)" {
        (args, exprs) = (Vec::new(), Vec::new());
    }
    let aggregate = by_name(name.trim_end_matches("(*)")).expect("the aggregate exists");
    let returns = match aggregate.returns {
        Returns::Always(ty) => ty,
        _ => DataType::Long,
    };
    let multi = vec![false; exprs.len()];
    let site = Warnings::new("").site(Span::default());
    let call = AggregateCall { args: &args, exprs, multi, returns, filter: None, site };
    (aggregate.plan)(&call).expect("the call is valid")
}
