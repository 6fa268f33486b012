//! Aggregates over batches, groups, filters and partitions, against folds that anybody can read.

#![expect(clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "the numbers are small")]

use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use std::sync::Arc;

use brokerwatch_expr::Span;
use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, Int64Array, RecordBatch};
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::catalog::MemTable;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::{SessionConfig, SessionContext, ident};
use proptest::prelude::*;

use super::*;
use crate::block::{Block, Builder};
use crate::catalog::{Catalog, CatalogError, EqlRequest, Policy, Table, TableRequest};
use crate::engine::Engine;
use crate::planner::{Options, plan};
use crate::types::ALL as TYPES;
use crate::value::{Constant, Scalar};
use crate::warnings::Warnings;

type Rows = Vec<Vec<Scalar>>;

/// One argument: a column, or a constant.
#[derive(Debug, Clone)]
enum Given {
    Column(DataType, bool, Rows),
    Constant(Constant),
}

/// A call over rows.
#[derive(Debug, Clone, Default)]
struct Case {
    name: &'static str,
    args: Vec<Given>,
    groups: Option<Vec<Option<i64>>>,
    filter: Option<Vec<Option<bool>>>,
    /// For `COUNT(*)`, which has no column to count its rows by.
    rows: usize,
}

/// The values of each group; one group without a key where there is no `BY`.
type Results = BTreeMap<Option<i64>, Vec<Scalar>>;

fn column(ty: DataType, multi: bool, rows: &Rows) -> ArrayRef {
    let mut builder = Builder::new(ty, multi, rows.len());
    for row in rows {
        builder.push(&row.iter().map(Scalar::get).collect::<Vec<_>>());
    }
    builder.finish().unwrap()
}

impl Case {
    fn args(&self) -> Vec<Arg> {
        let arg = |given: &Given| match given {
            Given::Column(ty, ..) => Arg { ty: *ty, constant: None, span: Span::default() },
            Given::Constant(one) => {
                Arg { ty: one.ty, constant: Some(one.clone()), span: Span::default() }
            }
        };
        self.args.iter().map(arg).collect()
    }

    fn returns(&self) -> DataType {
        let types: Vec<DataType> = self.args().iter().map(|arg| arg.ty).collect();
        match by_name(self.name).unwrap().returns {
            Returns::Always(ty) => ty,
            Returns::Like(at) if types[at] == DataType::Text => DataType::Keyword,
            Returns::Like(at) => types[at],
            Returns::From(from) => from(&types),
            Returns::Widest => panic!("no aggregate widens"),
        }
    }

    /// The aggregate as planned, its warnings, and whether its result is a column of lists.
    fn plan(&self) -> Result<(Expr, Arc<Warnings>, bool), Diagnostic> {
        let aggregate = by_name(self.name).unwrap();
        let (args, warnings) = (self.args(), Warnings::new(""));
        let expr = |(at, given): (usize, &Given)| match given {
            Given::Column(..) => ident(format!("c{at}")),
            Given::Constant(one) => {
                lit(crate::block::literal(one, one.ty, 1 < one.values.len()).unwrap())
            }
        };
        let multi = self.args.iter().map(|given| match given {
            Given::Column(_, multi, _) => *multi,
            Given::Constant(one) => 1 < one.values.len(),
        });
        let multi: Vec<bool> = multi.collect();
        let lists = aggregate.gives_lists(&multi);
        let call = AggregateCall {
            args: &args,
            exprs: self.args.iter().enumerate().map(expr).collect(),
            multi,
            returns: self.returns(),
            filter: self.filter.as_ref().map(|_| ident("f")),
            site: warnings.site(Span::default()),
        };
        Ok(((aggregate.plan)(&call)?, warnings, lists))
    }

    fn batch(&self) -> RecordBatch {
        let mut columns: Vec<(String, ArrayRef)> = Vec::new();
        for (at, given) in self.args.iter().enumerate() {
            if let Given::Column(ty, multi, rows) = given {
                columns.push((format!("c{at}"), column(*ty, *multi, rows)));
            }
        }
        let rows = columns.first().map_or(self.rows, |(_, column)| column.len());
        let groups = self.groups.clone().unwrap_or_else(|| vec![None; rows]);
        columns.push(("g".to_owned(), Arc::new(Int64Array::from(groups))));
        let filter = self.filter.clone().unwrap_or_else(|| vec![Some(false); rows]);
        columns.push(("f".to_owned(), Arc::new(BooleanArray::from(filter))));
        let fields = columns
            .iter()
            .map(|(name, column)| Field::new(name, column.data_type().clone(), true))
            .collect::<Vec<_>>();
        let columns = columns.into_iter().map(|(_, column)| column).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
    }

    /// The results and the warnings, over this many partitions of batches of three rows.
    fn run(&self, partitions: usize) -> (Results, Vec<String>) {
        let (expr, warnings, lists) = self.plan().unwrap();
        let batch = self.batch();
        let mut parts = vec![Vec::new(); partitions];
        for (at, from) in (0..batch.num_rows()).step_by(3).enumerate() {
            let rows = 3.min(batch.num_rows() - from);
            parts[at % partitions].push(batch.slice(from, rows));
        }
        let table = MemTable::try_new(batch.schema(), parts).unwrap();
        let config = SessionConfig::new().with_target_partitions(partitions);
        let context = SessionContext::new_with_config(config);
        let keys = self.groups.as_ref().map(|_| vec![ident("g")]).unwrap_or_default();
        let frame = context
            .read_table(Arc::new(table))
            .and_then(|frame| frame.aggregate(keys, vec![expr.alias("result")]))
            .unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
        let found = runtime.unwrap().block_on(frame.collect()).unwrap();
        let mut results = Results::new();
        for batch in &found {
            let result = batch.column_by_name("result").unwrap();
            assert_eq!(result.data_type(), &self.returns().arrow_column(lists), "{self:?}");
            let block = Block::new(result, self.returns()).unwrap();
            let keys = batch.column_by_name("g");
            let keys = keys.map(|keys| keys.as_any().downcast_ref::<Int64Array>().unwrap());
            for row in 0..batch.num_rows() {
                let mut values = Vec::new();
                block.read(row, &mut values);
                let key = keys.and_then(|keys| keys.is_valid(row).then(|| keys.value(row)));
                let values = values.into_iter().map(Value::to_owned).collect();
                assert!(results.insert(key, values).is_none(), "{key:?} is there twice");
            }
        }
        (results, warnings.all())
    }

    /// The result without groups, the same whether there is one partition or three.
    #[track_caller]
    fn gives(&self, expected: &[Scalar]) {
        for partitions in [1, 3] {
            let (results, warnings) = self.run(partitions);
            assert_eq!(results[&None], expected, "{self:?}, {partitions} partitions");
            assert_eq!(warnings, [""; 0], "{self:?}");
        }
    }
}

fn case(name: &'static str, args: Vec<Given>) -> Case {
    Case { name, args, ..Case::default() }
}

fn constant(ty: DataType, value: Scalar) -> Given {
    Given::Constant(Constant::one(ty, value))
}

fn integer(number: i32) -> Given {
    constant(DataType::Integer, Scalar::Integer(number))
}

fn text(text: &str) -> Scalar {
    Scalar::Text(text.into())
}

fn longs(rows: &[&[i64]]) -> Rows {
    rows.iter().map(|row| row.iter().copied().map(Scalar::Long).collect()).collect()
}

/// Two values of a type, the lesser one first.
fn two(ty: DataType) -> Option<[Scalar; 2]> {
    Some(match ty {
        DataType::Boolean => [false, true].map(Scalar::Boolean),
        DataType::Integer => [-2, 1].map(Scalar::Integer),
        DataType::Long => [i64::MIN, 1].map(Scalar::Long),
        DataType::UnsignedLong => [1, u64::MAX].map(Scalar::Unsigned),
        DataType::Double => [-0.5, 0.25].map(Scalar::Double),
        DataType::GeoShape | DataType::CartesianShape => {
            ["POINT (1.0 2.0)", "POINT (3.0 4.0)"].map(text)
        }
        DataType::Keyword
        | DataType::Text
        | DataType::GeoHash
        | DataType::GeoTile
        | DataType::Source => ["a text that is longer than a view holds in place", "é"].map(text),
        DataType::Version => ["1.9.0", "1.10.0"].map(text),
        DataType::Ip => [1, 2].map(|bits| Scalar::Ip(Ipv6Addr::from_bits(bits))),
        DataType::Date => [-1, 1].map(Scalar::Date),
        DataType::DateNanos => [-1, 1].map(Scalar::DateNanos),
        DataType::GeoPoint | DataType::CartesianPoint => {
            [Scalar::Point { lon: 1.0, lat: 2.0 }, Scalar::Point { lon: 1.5, lat: 2.0 }]
        }
        DataType::Null | DataType::Unsupported | DataType::DatePeriod | DataType::TimeDuration => {
            return None;
        }
    })
}

/// The other arguments that an aggregate needs.
fn others(aggregate: &Aggregate, rows: usize) -> Vec<Given> {
    match aggregate.name {
        "PERCENTILE" => vec![integer(50)],
        "TOP" | "SAMPLE" => vec![integer(2)],
        "FIRST" | "LAST" => {
            let keys = (0..rows as i64).map(|key| vec![Scalar::Long(key)]).collect();
            vec![Given::Column(DataType::Long, false, keys)]
        }
        "WEIGHTED_AVG" => vec![integer(2)],
        _ => Vec::new(),
    }
}

#[test]
fn no_two_aggregates_share_a_name() {
    let names = ALL.iter().flat_map(|one| std::iter::once(&one.name).chain(one.aliases));
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        assert!(seen.insert(name) && *name == name.to_uppercase(), "{name}");
        assert_eq!(
            by_name(&name.to_lowercase()).map(|one| one.doc),
            by_name(name).map(|one| one.doc)
        );
        assert!(crate::functions::by_name(name).is_none(), "{name} is a function too");
    }
}

#[test]
fn every_aggregate_is_documented() {
    for aggregate in ALL {
        assert!(aggregate.doc.ends_with('.'), "{}", aggregate.name);
        assert!(!aggregate.params.is_empty(), "{}", aggregate.name);
        let nothing = |example: &Example| ["null", "0", "true", "false"].contains(&example.result);
        assert!(aggregate.examples.iter().any(nothing), "{}: no row, no value", aggregate.name);
    }
}

/// No source has a name here.
struct Nothing;

impl Catalog for Nothing {
    fn table(&self, _: &TableRequest<'_>) -> Result<Table, CatalogError> {
        Err(unknown())
    }

    fn lookup(&self, _: &str) -> Result<Table, CatalogError> {
        Err(unknown())
    }

    fn policy(&self, _: &str) -> Result<Policy, CatalogError> {
        Err(unknown())
    }

    fn eql(&self, _: &EqlRequest<'_>) -> Result<Table, CatalogError> {
        Err(unknown())
    }
}

fn unknown() -> CatalogError {
    CatalogError::Unknown { name: String::new(), similar: Vec::new() }
}

#[test]
fn every_example_gives_its_result() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let engine = Engine::new(1, Arc::new(RuntimeEnv::default()));
    let options = Options { now_millis: 0, cut: false, params: Vec::new(), nullify: false };
    for Example { query, result } in ALL.iter().flat_map(|aggregate| aggregate.examples) {
        let statement = crate::parse(query).unwrap_or_else(|errors| panic!("{query}: {errors:?}"));
        let prepared = plan(query, &statement, &Nothing, &options);
        let prepared = prepared.unwrap_or_else(|errors| panic!("{query}: {errors:?}"));
        let batches = runtime.block_on(engine.collect(&prepared)).unwrap();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 1, "{query}");
        let batch = batches.iter().find(|batch| batch.num_rows() == 1).unwrap();
        let block = Block::new(batch.columns().last().unwrap(), prepared.columns[0].ty).unwrap();
        let mut values = Vec::new();
        block.read(0, &mut values);
        assert_eq!(&written(&values), result, "{query}");
    }
}

fn written(values: &[Value<'_>]) -> String {
    let one = |value: &Value<'_>| match value {
        Value::Double(number) => format!("{number:?}"),
        Value::Boolean(flag) => flag.to_string(),
        Value::Text(text) => (*text).to_owned(),
        Value::Point { lon, lat } => format!("POINT ({lon:?} {lat:?})"),
        number => number.as_i64().unwrap().to_string(),
    };
    match values {
        [] => "null".to_owned(),
        [single] => one(single),
        several => format!("[{}]", several.iter().map(one).collect::<Vec<_>>().join(", ")),
    }
}

/// Each aggregate over each type that it takes, as single values and as lists, without a row, with nulls, with one
/// value and with two: the type is as declared, and nothing fails.
#[test]
fn every_type_is_taken() {
    for aggregate in ALL {
        for ty in TYPES.into_iter().filter(|ty| aggregate.params[0].takes.has(*ty)) {
            let Some([less, more]) = two(ty) else { continue };
            for multi in [false, true] {
                for rows in [
                    vec![],
                    vec![vec![], vec![]],
                    vec![vec![], vec![more.clone()], vec![less.clone()]],
                ] {
                    let mut args = vec![Given::Column(ty, multi, rows.clone())];
                    args.extend(others(aggregate, rows.len()));
                    let case = Case { name: aggregate.name, args, ..Case::default() };
                    let (one, three) = (case.run(1), case.run(3));
                    assert_eq!(one, three, "{case:?}");
                    assert_eq!((one.0.len(), one.1.len()), (1, 0), "{case:?}");
                    let found = &one.0[&None];
                    let expected = match (aggregate.name, rows.len()) {
                        ("COUNT" | "COUNT_DISTINCT", 3) => vec![Scalar::Long(2)],
                        ("COUNT" | "COUNT_DISTINCT", _) => vec![Scalar::Long(0)],
                        ("PRESENT", count) => vec![Scalar::Boolean(count == 3)],
                        ("ABSENT", count) => vec![Scalar::Boolean(count != 3)],
                        (_, 0 | 2) => vec![],
                        ("MIN" | "LAST", _) => vec![less.clone()],
                        ("MAX", _) => vec![more.clone()],
                        ("TOP", _) => vec![less.clone(), more.clone()],
                        ("FIRST", _) => vec![],
                        ("VALUES", _) => vec![more.clone(), less.clone()],
                        ("SAMPLE", _) => {
                            assert!(
                                found.contains(&less) && found.contains(&more) && found.len() == 2
                            );
                            continue;
                        }
                        _ => {
                            assert!(found.len() == 1, "{case:?} gives {found:?}");
                            continue;
                        }
                    };
                    assert_eq!(found, &expected, "{case:?}");
                }
            }
        }
    }
}

#[test]
fn null_alone_has_no_values() {
    for aggregate in ALL {
        let rows = vec![vec![]; 4];
        let mut args = vec![Given::Column(DataType::Null, false, rows)];
        args.extend(others(aggregate, 4));
        let expected = match aggregate.name {
            "COUNT" | "COUNT_DISTINCT" => vec![Scalar::Long(0)],
            "PRESENT" => vec![Scalar::Boolean(false)],
            "ABSENT" => vec![Scalar::Boolean(true)],
            _ => vec![],
        };
        case(aggregate.name, args).gives(&expected);
    }
}

#[test]
fn rows_are_counted_without_a_column() {
    Case { name: "COUNT", rows: 7, ..Case::default() }.gives(&[Scalar::Long(7)]);
    let filter = Some(vec![Some(true), None, Some(false), Some(true)]);
    Case { name: "COUNT", rows: 4, filter, ..Case::default() }.gives(&[Scalar::Long(2)]);
    let rows = longs(&[&[1], &[2]]);
    let pair =
        Constant { ty: DataType::Integer, values: vec![Scalar::Integer(5), Scalar::Integer(6)] };
    let both = vec![Given::Constant(pair)];
    Case { name: "COUNT", args: both.clone(), rows: 3, ..Case::default() }
        .gives(&[Scalar::Long(6)]);
    Case { name: "SUM", args: both, rows: 3, ..Case::default() }.gives(&[Scalar::Long(33)]);
    Case { name: "COUNT", args: vec![integer(1)], rows: rows.len(), ..Case::default() }
        .gives(&[Scalar::Long(2)]);
}

#[test]
fn a_sum_that_no_long_holds_is_null_and_told() {
    let sum = |rows: &[&[i64]]| case("SUM", vec![Given::Column(DataType::Long, true, longs(rows))]);
    sum(&[&[i64::MAX, 1], &[], &[], &[-1]]).gives(&[Scalar::Long(i64::MAX)]);
    sum(&[&[i64::MIN], &[], &[], &[i64::MIN], &[], &[], &[i64::MAX, 1, i64::MAX, 1]])
        .gives(&[Scalar::Long(0)]);
    let (results, warnings) = sum(&[&[i64::MAX], &[], &[], &[1]]).run(3);
    assert_eq!(results[&None], []);
    assert!(warnings[0].contains("treating result as null"), "{warnings:?}");
    assert_eq!(warnings[1], "Line 1:1: java.lang.ArithmeticException: long overflow");
    // Integers are added as longs.
    let integers = vec![vec![Scalar::Integer(i32::MAX)]; 3];
    case("SUM", vec![Given::Column(DataType::Integer, false, integers)])
        .gives(&[Scalar::Long(3 * i64::from(i32::MAX))]);
}

#[test]
fn the_best_values_come_in_order() {
    let rows = || Given::Column(DataType::Long, true, longs(&[&[3, 1], &[], &[5], &[5, 2], &[4]]));
    let order = |order| constant(DataType::Keyword, text(order));
    let top = |args: Vec<Given>, expected: &[i64]| {
        let expected: Vec<Scalar> = expected.iter().copied().map(Scalar::Long).collect();
        case("TOP", args).gives(&expected);
    };
    top(vec![rows(), integer(3), order("DESC")], &[5, 5, 4]);
    top(vec![rows(), integer(1), order("desc")], &[5]);
    top(vec![rows(), integer(2)], &[1, 2]);
    top(vec![rows(), integer(i32::MAX), order("Asc")], &[1, 2, 3, 4, 5, 5]);
    // Every value of the field with every output of its row; equal values in the order of the outputs.
    let output = Given::Column(DataType::Long, false, longs(&[&[10], &[20], &[40], &[30], &[]]));
    top(vec![rows(), integer(3), order("desc"), output.clone()], &[40, 30, 10]);
    top(vec![rows(), integer(5), order("asc"), output], &[10, 30, 10, 30, 40]);
}

#[test]
fn constants_that_cannot_be_used_are_refused() {
    let rows = || Given::Column(DataType::Long, false, longs(&[&[1]]));
    let word = |word| constant(DataType::Keyword, text(word));
    for (name, args, message) in [
        ("TOP", vec![integer(0)], "the limit must be greater than 0, found 0"),
        ("TOP", vec![integer(-1), word("asc")], "the limit must be greater than 0, found -1"),
        ("TOP", vec![integer(1), word("up")], "unknown order `up`; it is `asc` or `desc`"),
        ("SAMPLE", vec![integer(0)], "the limit must be greater than 0, found 0"),
        (
            "SAMPLE",
            vec![Given::Constant(Constant::null())],
            "the limit must be a whole number greater than 0",
        ),
        (
            "COUNT_DISTINCT",
            vec![Given::Constant(Constant::null())],
            "the precision must be a whole number",
        ),
    ] {
        let args = std::iter::once(rows()).chain(args).collect();
        let error = case(name, args).plan().map(|_| name).unwrap_err();
        assert_eq!(error.message, message, "{name}");
    }
}

#[test]
fn the_row_with_the_best_key_is_picked_whole() {
    let pick = |name, values: &[&[i64]], keys: &[&[i64]], expected: &[i64]| {
        let values = Given::Column(DataType::Long, true, longs(values));
        let keys = Given::Column(DataType::Long, true, longs(keys));
        let expected: Vec<Scalar> = expected.iter().copied().map(Scalar::Long).collect();
        case(name, vec![values, keys]).gives(&expected);
    };
    let values: [&[i64]; 5] = [&[1, 2], &[3], &[], &[5], &[6]];
    pick("FIRST", &values, &[&[5], &[4], &[6], &[], &[9]], &[3]);
    pick("LAST", &values, &[&[5], &[4], &[6], &[], &[5]], &[]);
    pick("LAST", &values, &[&[7], &[4], &[6], &[], &[5]], &[1, 2]);
    // A list of keys counts by its best; a row without a key only where no row has one.
    pick("FIRST", &values, &[&[5], &[4], &[6], &[9, 1], &[5]], &[5]);
    pick("LAST", &values, &[&[5], &[4, 7], &[6], &[], &[5]], &[3]);
    pick("FIRST", &[&[1]], &[&[]], &[1]);
    let ties = Given::Column(DataType::Long, false, longs(&[&[1], &[2], &[3]]));
    let same = Given::Column(DataType::Long, false, longs(&[&[0], &[0], &[0]]));
    case("LAST", vec![ties, same]).gives(&[Scalar::Long(1)]);
}

#[test]
fn weights_count_as_in_elasticsearch() {
    let mean = |values: &[&[i64]], weights: &[&[i64]]| {
        let values = Given::Column(DataType::Long, true, longs(values));
        case("WEIGHTED_AVG", vec![values, Given::Column(DataType::Long, true, longs(weights))])
    };
    mean(&[&[1], &[4], &[9]], &[&[3], &[1], &[]]).gives(&[Scalar::Double(1.75)]);
    mean(&[&[1], &[]], &[&[1], &[3]]).gives(&[Scalar::Double(0.25)]);
    mean(&[&[]], &[&[3]]).gives(&[]);
    for (values, weights, message, expected) in [
        (&[1_i64, 2][..], &[3_i64][..], "single-value function encountered multi-value", Some(0.5)),
        (&[2], &[-3], "/ by zero", None),
    ] {
        let (results, warnings) = mean(&[&[1], values], &[&[3], weights]).run(3);
        assert_eq!(results[&None], Vec::from_iter(expected.map(Scalar::Double)));
        assert!(warnings[1].ends_with(message), "{warnings:?}");
    }
}

#[test]
fn a_sample_is_even_and_always_the_same() {
    let numbers: Vec<i64> = (0..1_000).collect();
    let rows: Vec<&[i64]> = numbers.chunks(1).collect();
    let sample =
        case("SAMPLE", vec![Given::Column(DataType::Long, false, longs(&rows)), integer(200)]);
    let found = sample.run(1).0[&None].clone();
    assert_eq!(sample.run(1).0[&None], found);
    let numbers: Vec<i64> = found.iter().filter_map(|value| value.get().as_i64()).collect();
    let distinct: std::collections::BTreeSet<i64> = numbers.iter().copied().collect();
    assert_eq!((numbers.len(), distinct.len()), (200, 200));
    let low = numbers.iter().filter(|number| **number < 500).count();
    assert!((70..130).contains(&low), "{low} of the lower half");
}

/// A low precision gives Elasticsearch's estimate, because hash and registers are its own: eight values in eight of 32
/// registers are `32 ln(32 / 24)`, which is nine.
#[test]
fn a_low_precision_is_an_estimate() {
    let addresses = [
        "127.0.0.1",
        "127.0.0.2",
        "127.0.0.3",
        "128.0.0.1",
        "fe80::cae2:65ff:fece:feb9",
        "fe80::cae2:65ff:fece:fec0",
        "fe81::cae2:65ff:fece:feb9",
        "fe82::cae2:65ff:fece:fec0",
    ];
    let rows = addresses.map(|text| {
        let address: std::net::IpAddr = text.parse().unwrap();
        vec![Scalar::Ip(match address {
            std::net::IpAddr::V4(v4) => v4.to_ipv6_mapped(),
            std::net::IpAddr::V6(v6) => v6,
        })]
    });
    let count = |args: Vec<Given>| {
        let column = Given::Column(DataType::Ip, false, rows.to_vec());
        case("COUNT_DISTINCT", std::iter::once(column).chain(args).collect())
    };
    count(vec![]).gives(&[Scalar::Long(8)]);
    count(vec![integer(80_000)]).gives(&[Scalar::Long(8)]);
    count(vec![integer(5)]).gives(&[Scalar::Long(9)]);
}

/// States that are sketches and digests go from partition to partition.
#[test]
fn many_values_go_through_partitions() {
    let count = 3 * crate::limits::QUANTILE_EXACT_MAX;
    let list: Vec<Scalar> =
        (0..count as i64).map(|number| Scalar::Long(number * 7919 % 40_009)).collect();
    let lists: Rows = list.chunks(6_000).map(<[Scalar]>::to_vec).collect();
    let column = || Given::Column(DataType::Long, true, lists.clone());
    for (name, args, expected) in [
        ("COUNT_DISTINCT", vec![], 40_009.0),
        ("MEDIAN", vec![], 20_000.0),
        ("PERCENTILE", vec![integer(10)], 4_000.0),
        ("MEDIAN_ABSOLUTE_DEVIATION", vec![], 10_000.0),
    ] {
        let case = case(name, std::iter::once(column()).chain(args).collect());
        for partitions in [1, 3] {
            let found = case.run(partitions).0[&None][0].get().as_f64().unwrap();
            assert!((found - expected).abs() < 0.03 * expected, "{name}: {found}");
        }
    }
}

/// What an aggregate of whole numbers gives, written as its definition says.
fn naive(name: &str, values: &[i64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().map(|value| *value as f64).collect();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len() as f64;
    let mut distinct = sorted.clone();
    distinct.dedup();
    match name {
        "COUNT" => return vec![count],
        "COUNT_DISTINCT" => return vec![distinct.len() as f64],
        "PRESENT" => return vec![f64::from(!values.is_empty())],
        "ABSENT" => return vec![f64::from(values.is_empty())],
        _ if values.is_empty() => return vec![],
        _ => {}
    }
    let ranked = |sorted: &[f64], share: f64| {
        let place = share * (sorted.len() - 1) as f64;
        let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
        below * (1.0 - place.fract()) + above * place.fract()
    };
    let mean = sorted.iter().sum::<f64>() / count;
    let variance = sorted.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    match name {
        "SUM" => vec![mean * count],
        "AVG" => vec![mean],
        "MIN" => vec![sorted[0]],
        "MAX" => vec![sorted[sorted.len() - 1]],
        "MEDIAN" => vec![ranked(&sorted, 0.5)],
        "PERCENTILE" => vec![ranked(&sorted, 0.9)],
        "MEDIAN_ABSOLUTE_DEVIATION" => {
            let median = ranked(&sorted, 0.5);
            let mut distances: Vec<f64> =
                sorted.iter().map(|value| (value - median).abs()).collect();
            distances.sort_by(f64::total_cmp);
            vec![ranked(&distances, 0.5)]
        }
        "VARIANCE" => vec![variance],
        "STD_DEV" => vec![variance.sqrt()],
        "VALUES" => distinct,
        "TOP" => sorted.into_iter().rev().take(3).collect(),
        other => panic!("{other}"),
    }
}

const FOLDED: [&str; 15] = [
    "COUNT",
    "COUNT_DISTINCT",
    "PRESENT",
    "ABSENT",
    "SUM",
    "AVG",
    "MIN",
    "MAX",
    "MEDIAN",
    "PERCENTILE",
    "MEDIAN_ABSOLUTE_DEVIATION",
    "VARIANCE",
    "STD_DEV",
    "VALUES",
    "TOP",
];

fn as_numbers(name: &str, values: &[Scalar]) -> Vec<f64> {
    let number = |value: &Scalar| match value {
        Scalar::Boolean(flag) => f64::from(*flag),
        other => other.get().as_f64().unwrap(),
    };
    let mut numbers: Vec<f64> = values.iter().map(number).collect();
    if name == "VALUES" {
        numbers.sort_by(f64::total_cmp);
    }
    numbers
}

fn close(a: &[f64], b: &[f64]) -> bool {
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-9 * (1.0 + a.abs());
    a.len() == b.len() && a.iter().zip(b).all(close)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn groups_partitions_and_filters_change_nothing(
        name in proptest::sample::select(&FOLDED[..]),
        ty in proptest::sample::select(&[DataType::Integer, DataType::Long, DataType::Double][..]),
        multi: bool,
        grouped: bool,
        filtered: bool,
        rows in proptest::collection::vec(
            (
                proptest::option::of(0_i64..4),
                proptest::collection::vec(-20_i64..20, 0..4),
                proptest::option::of(any::<bool>()),
            ),
            0..40,
        ),
        partitions in proptest::sample::select(&[1_usize, 3][..]),
    ) {
        let values = |list: &[i64]| list[..list.len().min(if multi { 4 } else { 1 })].to_vec();
        let scalar = |number: i64| match ty {
            DataType::Integer => Scalar::Integer(number as i32),
            DataType::Long => Scalar::Long(number),
            _ => Scalar::Double(number as f64),
        };
        let mut expected: BTreeMap<Option<i64>, Vec<i64>> = BTreeMap::new();
        if !grouped {
            expected.insert(None, Vec::new());
        }
        for (group, list, passes) in &rows {
            let of_group = expected.entry(group.filter(|_| grouped)).or_default();
            if !filtered || *passes == Some(true) {
                of_group.extend(values(list));
            }
        }
        let column = rows.iter().map(|row| values(&row.1).into_iter().map(scalar).collect()).collect();
        let mut args = vec![Given::Column(ty, multi, column)];
        args.extend(match name {
            "PERCENTILE" => vec![integer(90)],
            "TOP" => vec![integer(3), constant(DataType::Keyword, text("desc"))],
            _ => vec![],
        });
        let case = Case {
            name,
            args,
            groups: grouped.then(|| rows.iter().map(|row| row.0).collect()),
            filter: filtered.then(|| rows.iter().map(|row| row.2).collect()),
            rows: rows.len(),
        };
        let (results, warnings) = case.run(partitions);
        prop_assert!(warnings.is_empty());
        prop_assert_eq!(results.len(), expected.len());
        for (group, values) in expected {
            let (found, expected) = (as_numbers(name, &results[&group]), naive(name, &values));
            prop_assert!(close(&found, &expected), "{group:?}: {found:?} is not {expected:?}");
        }
    }
}
