//! The ES|QL conformance cases, in place: every case's table and warnings, over the data beside them.
//!
//! `BROKERWATCH_CASE=name` runs the cases with that text in their name and prints what they give.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test says what it does, and reads its cases where they lie"
)]

mod data;
mod mutants;
mod spec;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use brokerwatch_esql::block::Block;
use brokerwatch_esql::engine::Engine;
use brokerwatch_esql::planner::{Options, OutputColumn, plan};
use brokerwatch_esql::types::DataType;
use brokerwatch_esql::value::{Scalar, Value};
use brokerwatch_expr::Diagnostic;
use brokerwatch_testkit::csv_spec::{self, Case, Cell};
use datafusion::execution::runtime_env::RuntimeEnv;

use data::Data;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora/esql");

/// Cases that are not run, each with its reason.
const LEFT_OUT: &[(&str, &str)] = &[(
    "ip.greaterThanEquals",
    "expects no warning where `ip.lessThan`, over the same rows, allows one and `ip.equals` demands one; the table is the \
     expected one",
)];

/// Files whose cases are older than the warnings for comparisons of several values: their tables are judged alone.
const OLD: [&str; 3] = ["string", "eval", "ints"];

/// A result as rows of values.
struct Answer {
    columns: Vec<OutputColumn>,
    rows: Vec<Vec<Vec<Scalar>>>,
    warnings: Vec<String>,
}

#[test]
fn every_case_gives_its_table_and_warnings() {
    let data = Data::read(Path::new(CORPUS));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let engine = Engine::new(2, Arc::new(RuntimeEnv::default()));
    let only = std::env::var("BROKERWATCH_CASE").ok();
    let mut failed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut passed, mut left_out) = (0, 0);
    for path in csv_spec::files(Path::new(CORPUS)) {
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        // The source command `EQL` needs the other language: those cases run where the sources are.
        if file == "eql" {
            continue;
        }
        for case in csv_spec::cases(&std::fs::read_to_string(&path).unwrap()) {
            let name = format!("{file}.{}", case.name);
            if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
                continue;
            }
            let result = runtime.block_on(run(&case.query, &data, &engine));
            if only.is_some() {
                show(&name, &case, &result);
            }
            let is_left_out = LEFT_OUT.iter().any(|(one, _)| *one == name);
            match judge(&case, &result, OLD.contains(&file.as_str())) {
                Ok(()) => {
                    assert!(!is_left_out, "{name} is left out, and passes");
                    passed += 1;
                }
                Err(why) if is_left_out && why.starts_with("warnings") => left_out += 1,
                Err(why) => failed.entry(file.clone()).or_default().push(format!("{name}: {why}")),
            }
        }
    }
    for (case, why) in LEFT_OUT {
        println!("left out: {case}: {why}");
    }
    let count: usize = failed.values().map(Vec::len).sum();
    println!("{passed} of {} cases, {left_out} left out", passed + count);
    for why in failed.values().flatten() {
        println!("\n{why}");
    }
    assert!(failed.is_empty(), "{count} cases failed");
}

async fn run(query: &str, data: &Data, engine: &Engine) -> Result<Answer, String> {
    let told = |errors: Vec<Diagnostic>| {
        errors
            .iter()
            .map(|error| format!("{} {}", error.code, error.message))
            .collect::<Vec<_>>()
            .join("; ")
    };
    let statement = brokerwatch_esql::parse(query).map_err(told)?;
    let options =
        Options { now_millis: 1_790_000_000_000, cut: true, params: Vec::new(), nullify: false };
    let prepared = plan(query, &statement, data, &options).map_err(told)?;
    let batches = engine.collect(&prepared).await.map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cells = prepared.columns.iter().zip(batch.columns()).map(|(column, array)| {
                let mut values = Vec::new();
                Block::new(array, column.ty).unwrap().read(row, &mut values);
                values.into_iter().map(Value::to_owned).collect()
            });
            rows.push(cells.collect());
        }
    }
    Ok(Answer { columns: prepared.columns, rows, warnings: prepared.warnings.all() })
}

fn judge(case: &Case, result: &Result<Answer, String>, old: bool) -> Result<(), String> {
    let answer = result.as_ref().map_err(Clone::clone)?;
    let columns: Vec<String> =
        answer.columns.iter().map(|column| format!("{}:{}", column.name, column.ty)).collect();
    let expected: Vec<String> =
        case.header.iter().map(|(name, ty)| format!("{name}:{}", spec::type_of(ty))).collect();
    if columns != expected {
        return Err(format!("columns {columns:?}, not {expected:?}"));
    }
    let mut wanted: Vec<Vec<Vec<Scalar>>> = case
        .rows
        .iter()
        .map(|row| {
            row.iter()
                .zip(&case.header)
                .map(|(cell, (_, ty))| typed(cell, spec::type_of(ty)))
                .collect()
        })
        .collect();
    let mut given = answer.rows.clone();
    if case.ignore_order {
        wanted.sort_by_key(|row| format!("{row:?}"));
        given.sort_by_key(|row| format!("{row:?}"));
    }
    if given.len() != wanted.len() {
        return Err(format!("{} rows, not {}", given.len(), wanted.len()));
    }
    for (at, (given, wanted)) in given.iter().zip(&wanted).enumerate() {
        if !given.iter().zip(wanted).all(|(given, wanted)| same(given, wanted)) {
            return Err(format!("row {at} is {given:?}, not {wanted:?}"));
        }
    }
    warnings(case, &answer.warnings, old)
}

fn warnings(case: &Case, given: &[String], old: bool) -> Result<(), String> {
    // Upstream's test harness does not look at the default limit either.
    let mut given: Vec<&String> =
        given.iter().filter(|one| !one.starts_with("No limit defined")).collect();
    if !case.warning_regexes.is_empty() {
        for one in &given {
            let matched = case.warning_regexes.iter().any(|regex| {
                regex_automata::meta::Regex::new(regex)
                    .is_ok_and(|regex| regex.is_match(one.as_bytes()))
            });
            if !matched {
                return Err(format!("warning {one:?} matches none of {:?}", case.warning_regexes));
            }
        }
        return Ok(());
    }
    if old && case.warnings.is_empty() {
        return Ok(());
    }
    let mut wanted: Vec<String> =
        case.warnings.iter().map(|one| one.replace("\\\"", "\"")).collect();
    wanted.sort();
    given.sort();
    // The old files name a class that has moved since.
    let moved = |text: &str| {
        text.replace(
            "org.elasticsearch.xpack.ql.QlIllegalArgumentException",
            "org.elasticsearch.xpack.esql.core.InvalidArgumentException",
        )
    };
    let wanted: Vec<String> = wanted.iter().map(|one| moved(one)).collect();
    let mut wanted_sorted = wanted.clone();
    wanted_sorted.sort();
    if given.iter().map(|one| (*one).clone()).collect::<Vec<_>>() == wanted_sorted {
        Ok(())
    } else {
        Err(format!("warnings {given:#?}, not {wanted:#?}"))
    }
}

fn typed(cell: &Cell, ty: DataType) -> Vec<Scalar> {
    match cell {
        Cell::Null => Vec::new(),
        Cell::One(text) => vec![spec::scalar(text, ty)],
        Cell::Many(texts) => texts.iter().map(|text| spec::scalar(text, ty)).collect(),
    }
}

fn same(given: &[Scalar], wanted: &[Scalar]) -> bool {
    given.len() == wanted.len()
        && given.iter().zip(wanted).all(|pair| match pair {
            (Scalar::Double(a), Scalar::Double(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
            (a, b) => a == b,
        })
}

fn show(name: &str, case: &Case, result: &Result<Answer, String>) {
    println!("== {name}\n{}", case.query);
    match result {
        Err(error) => println!("   {error}"),
        Ok(answer) => {
            println!(
                "   {:?}",
                answer
                    .columns
                    .iter()
                    .map(|column| format!("{}:{}", column.name, column.ty))
                    .collect::<Vec<_>>()
            );
            answer.rows.iter().take(20).for_each(|row| println!("   {row:?}"));
            answer.warnings.iter().for_each(|warning| println!("   {warning}"));
        }
    }
}
