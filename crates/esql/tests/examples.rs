//! The examples of the reference: each query, run, gives the value beside it.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use brokerwatch_ecs::date;
use brokerwatch_ecs::number::java_double;
use brokerwatch_esql::aggregates;
use brokerwatch_esql::block::Block;
use brokerwatch_esql::catalog::{Catalog, CatalogError, EqlRequest, Policy, Table, TableRequest};
use brokerwatch_esql::engine::Engine;
use brokerwatch_esql::functions;
use brokerwatch_esql::planner::{Options, plan};
use brokerwatch_esql::value::Value;
use datafusion::execution::runtime_env::RuntimeEnv;

/// No sources: examples begin with `ROW`.
struct Nothing;

impl Catalog for Nothing {
    fn table(&self, request: &TableRequest<'_>) -> Result<Table, CatalogError> {
        Err(unknown(&request.indices[0].name))
    }

    fn lookup(&self, name: &str) -> Result<Table, CatalogError> {
        Err(unknown(name))
    }

    fn policy(&self, name: &str) -> Result<Policy, CatalogError> {
        Err(unknown(name))
    }

    fn eql(&self, request: &EqlRequest<'_>) -> Result<Table, CatalogError> {
        Err(unknown(request.query))
    }
}

fn unknown(name: &str) -> CatalogError {
    CatalogError::Unknown { name: name.to_owned(), similar: Vec::new() }
}

#[test]
fn every_example_gives_its_result() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let engine = Engine::new(1, Arc::new(RuntimeEnv::default()));
    let mut wrong = Vec::new();
    let of_functions = functions::ALL.iter().flat_map(|function| function.examples);
    let of_aggregates = aggregates::ALL.iter().flat_map(|aggregate| aggregate.examples);
    let of_forms = functions::FORMS.iter().flat_map(|form| form.examples);
    for example in of_functions.chain(of_aggregates).chain(of_forms) {
        let found = runtime.block_on(last_column(example.query, &engine));
        if found.as_deref() != Ok(example.result) {
            wrong.push(format!("{}\n  gives {found:?}, not {}", example.query, example.result));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn last_column(query: &str, engine: &Engine) -> Result<String, String> {
    let statement = brokerwatch_esql::parse(query).map_err(|errors| format!("{errors:?}"))?;
    let options =
        Options { now_millis: 1_790_000_000_000, cut: true, params: Vec::new(), nullify: false };
    let prepared =
        plan(query, &statement, &Nothing, &options).map_err(|errors| format!("{errors:?}"))?;
    let batches = engine.collect(&prepared).await.map_err(|error| error.to_string())?;
    let batches: Vec<_> = batches.iter().filter(|batch| batch.num_rows() != 0).collect();
    let [batch] = batches[..] else { return Err(format!("{} batches", batches.len())) };
    if batch.num_rows() != 1 {
        return Err(format!("{} rows", batch.num_rows()));
    }
    let (array, column) = (batch.columns().last().unwrap(), prepared.columns.last().unwrap());
    let mut values = Vec::new();
    Block::new(array, column.ty).unwrap().read(0, &mut values);
    let texts: Vec<String> = values.into_iter().map(text).collect();
    Ok(match texts.as_slice() {
        [] => "null".to_owned(),
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    })
}

fn text(value: Value<'_>) -> String {
    match value {
        Value::Boolean(flag) => flag.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Long(number) => number.to_string(),
        Value::Unsigned(number) => number.to_string(),
        Value::Double(number) => java_double(number),
        Value::Text(text) => text.to_owned(),
        Value::Ip(address) => match address.to_ipv4_mapped() {
            Some(address) => address.to_string(),
            None => address.to_string(),
        },
        Value::Date(millis) => date::format(date::from_millis(millis).unwrap()),
        Value::DateNanos(nanos) => {
            date::format(jiff::Timestamp::from_nanosecond(nanos.into()).unwrap())
        }
        Value::Point { lon, lat } => format!("POINT ({} {})", java_double(lon), java_double(lat)),
        Value::Period { .. } | Value::Duration(_) => unreachable!("spans of time have no column"),
    }
}
