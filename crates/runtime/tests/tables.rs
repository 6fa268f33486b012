//! Events as tables: columns and their types, lists, what is learned while reading, filters, metadata, and what is broken.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use brokerwatch_esql::ast::{Index, Place};
use brokerwatch_esql::block::Block;
use brokerwatch_esql::catalog::{Catalog, CatalogError, Table, TableRequest, Wanted};
use brokerwatch_esql::planner::Options;
use brokerwatch_esql::types::DataType;
use brokerwatch_esql::value::Value as Scalar;
use brokerwatch_runtime::tables::{Lookup, Mapping, Report, Source, Tables, TablesOptions};
use brokerwatch_runtime::{Session, SessionOptions};
use datafusion::arrow::array::{
    Array, ArrayRef, DictionaryArray, FixedSizeBinaryArray, Int8Array, Int64Array, ListArray,
    RecordBatch, StringArray, TimestampMicrosecondArray, TimestampMillisecondArray,
};
use datafusion::arrow::datatypes::{Field, Int32Type, Int64Type, Schema};
use datafusion::common::DataFusionError;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::file::properties::WriterProperties;
use datafusion::prelude::{Expr, SessionConfig, SessionContext, lit};
use futures::StreamExt;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A folder with files, and tables over them.
struct World {
    folder: tempfile::TempDir,
    options: TablesOptions,
}

impl World {
    fn new() -> World {
        let options = TablesOptions { threads: 2, ..TablesOptions::default() };
        World { folder: tempfile::tempdir().unwrap(), options }
    }

    /// Events in a file, as a source without a name.
    fn of(text: &str) -> World {
        World::new().with(None, "events.ndjson", text)
    }

    fn with(mut self, name: Option<&str>, file: &str, text: &str) -> World {
        let path = self.file(file, text.as_bytes());
        let name = name.map(str::to_owned);
        self.options.sources.push(Source { name, paths: vec![path], ..Source::default() });
        self
    }

    fn mapped(mut self, mapping: &str) -> World {
        self.options.sources.last_mut().unwrap().schema = Some(Mapping::parse(mapping).unwrap());
        self
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn tables(&self) -> Tables {
        Tables::new(self.options.clone())
    }
}

fn indices(from: &str) -> Vec<Index> {
    let index = |name: &str| Index {
        cluster: None,
        name: name.to_owned(),
        selector: None,
        place: Place::default(),
    };
    from.split(',').map(index).collect()
}

/// Columns that are wanted: `*` all of them, `a.*` a pattern, others names. What begins with `_` is metadata.
fn request(from: &str, columns: &[&str], tables: &Tables) -> Result<Table, CatalogError> {
    let (metadata, columns): (Vec<&str>, Vec<&str>) =
        columns.iter().partition(|name| name.starts_with('_'));
    let metadata: Vec<String> = metadata.into_iter().map(str::to_owned).collect();
    let mut wanted = Wanted::default();
    for name in columns {
        match name {
            "*" => wanted.all = true,
            name if name.contains('*') => _ = wanted.patterns.insert(name.to_owned()),
            name => _ = wanted.names.insert(name.to_owned()),
        }
    }
    tables.table(&TableRequest { indices: &indices(from), metadata: &metadata, wanted: &wanted })
}

/// What a query asks of a table.
#[derive(Default)]
struct Ask<'a> {
    from: &'a str,
    columns: &'a [&'a str],
    filter: Option<Expr>,
    limit: Option<usize>,
}

/// The rows, the types of the columns, and how often the table was planned.
struct Answer {
    batches: Vec<RecordBatch>,
    table: Table,
    plans: usize,
    report: Report,
}

fn context() -> SessionContext {
    SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

fn ident(name: &str) -> Expr {
    Expr::Column(datafusion::common::Column::new_unqualified(name))
}

async fn run(table: &Table, ask: &Ask<'_>) -> Result<Vec<RecordBatch>, DataFusionError> {
    let mut frame = context().read_table(Arc::clone(&table.provider))?;
    if let Some(filter) = &ask.filter {
        frame = frame.filter(filter.clone())?;
    }
    let metadata = table.metadata.iter();
    let columns = table.columns.iter().chain(metadata).map(|column| ident(&column.name));
    frame = frame.select(columns.collect::<Vec<_>>())?;
    if let Some(limit) = ask.limit {
        frame = frame.limit(0, Some(limit))?;
    }
    frame.collect().await
}

fn ask(tables: &Tables, ask: &Ask<'_>) -> Answer {
    let mut plans = 0;
    loop {
        plans += 1;
        let from = if ask.from.is_empty() { "logs-*" } else { ask.from };
        let table = request(from, ask.columns, tables).unwrap();
        match runtime().block_on(run(&table, ask)) {
            Ok(batches) => return Answer { batches, table, plans, report: tables.report() },
            Err(error) => assert!(tables.refit(&error), "{error}"),
        }
        assert!(plans < 30, "planning never ends");
    }
}

impl Answer {
    fn column(&self, name: &str) -> (DataType, bool) {
        let columns = self.table.columns.iter().chain(&self.table.metadata);
        let column = columns.clone().find(|column| column.name == name);
        let column = column.unwrap_or_else(|| panic!("no column {name} in {columns:?}"));
        (column.ty, column.multi)
    }

    fn has(&self, name: &str) -> bool {
        self.table.columns.iter().any(|column| column.name == name)
    }

    /// The values of a column as JSON: nothing is null, one is itself, several are a list.
    fn values(&self, name: &str) -> Vec<Value> {
        let (ty, _) = self.column(name);
        let mut rows = Vec::new();
        for batch in &self.batches {
            let array = batch.column_by_name(name).unwrap();
            let block = Block::new(array, ty).unwrap();
            for row in 0..batch.num_rows() {
                let mut values = Vec::new();
                block.read(row, &mut values);
                assert!(!values.is_empty() || array.is_null(row), "{name}: an empty list");
                let mut values: Vec<Value> = values.iter().map(as_json).collect();
                rows.push(match values.len() {
                    0 => Value::Null,
                    1 => values.remove(0),
                    _ => Value::Array(values),
                });
            }
        }
        rows
    }

    fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

fn as_json(value: &Scalar<'_>) -> Value {
    match value {
        Scalar::Boolean(flag) => json!(flag),
        Scalar::Integer(number) => json!(number),
        Scalar::Long(number) | Scalar::Date(number) | Scalar::DateNanos(number) => json!(number),
        Scalar::Unsigned(number) => json!(number),
        Scalar::Double(number) => json!(number),
        Scalar::Text(text) => json!(text),
        Scalar::Ip(address) => json!(address.to_canonical().to_string()),
        Scalar::Point { lon, lat } => json!({ "lon": lon, "lat": lat }),
        other => panic!("{other:?} in a column"),
    }
}

/// The values of the one column that is asked for.
#[track_caller]
fn check(events: &str, name: &str, ty: DataType, multi: bool, expected: &Value) {
    let answer = ask(&World::of(events).tables(), &Ask { columns: &[name], ..Ask::default() });
    assert_eq!(answer.column(name), (ty, multi), "{events}");
    assert_eq!(&Value::Array(answer.values(name)), expected, "{events}");
}

#[test]
fn columns_have_the_types_of_ecs_or_of_their_values() {
    let (keyword, long, double) = (DataType::Keyword, DataType::Long, DataType::Double);
    check(r#"{"process":{"pid":7}}"#, "process.pid", long, false, &json!([7]));
    check(r#"{"process.pid":"7"}"#, "process.pid", long, false, &json!([7]));
    check(r#"{"source.ip":"10.0.0.1"}"#, "source.ip", DataType::Ip, false, &json!(["10.0.0.1"]));
    check(
        r#"{"@timestamp":"1970-01-01T00:00:01Z"}"#,
        "@timestamp",
        DataType::Date,
        false,
        &json!([1000]),
    );
    check(r#"{"x":"a"}"#, "x", keyword, false, &json!(["a"]));
    check(r#"{"x":1}"#, "x", long, false, &json!([1]));
    check("{\"x\":1}\n{\"x\":0.5}", "x", double, false, &json!([1.0, 0.5]));
    check("{\"x\":true}\n{}", "x", DataType::Boolean, false, &json!([true, null]));
    check(
        "{\"x\":true}\n{\"x\":1.50}\n{\"x\":\"a\"}",
        "x",
        keyword,
        false,
        &json!(["true", "1.50", "a"]),
    );
    let point = json!([{ "lon": 2.0, "lat": 1.0 }]);
    check(
        r#"{"source":{"geo":{"location":{"lat":1,"lon":2}}}}"#,
        "source.geo.location",
        DataType::GeoPoint,
        false,
        &point,
    );
    check(
        r#"{"source.geo.location":[2.0,1.0]}"#,
        "source.geo.location",
        DataType::GeoPoint,
        false,
        &point,
    );
}

#[test]
fn lists_are_in_the_order_of_their_values() {
    let (keyword, long) = (DataType::Keyword, DataType::Long);
    check(r#"{"x":["b","a","b",null]}"#, "x", keyword, true, &json!([["a", "b"]]));
    check(r#"{"x":["b","b"]}"#, "x", keyword, false, &json!(["b"]));
    check(r#"{"x":[3,1,3]}"#, "x", long, true, &json!([[1, 3, 3]]));
    check(r#"{"x":[{"y":2},{"y":1}]}"#, "x.y", long, true, &json!([[1, 2]]));
    check(r#"{"x":[]}"#, "host.ip", DataType::Ip, true, &json!([null]));
    check(r#"{"host.ip":"::1"}"#, "host.ip", DataType::Ip, true, &json!(["::1"]));
    let mut world = World::of(r#"{"x":["b","a","b"]}"#);
    world.options.source_order = true;
    let answer = ask(&world.tables(), &Ask { columns: &["x"], ..Ask::default() });
    assert_eq!(answer.values("x"), [json!(["b", "a", "b"])]);
}

#[test]
fn a_name_that_nothing_has_is_no_column() {
    let world = World::of(r#"{"x":1}"#);
    let tables = world.tables();
    let answer =
        ask(&tables, &Ask { columns: &["x", "nothing", "process.name"], ..Ask::default() });
    assert!(answer.table.open && !answer.has("nothing"));
    assert_eq!(answer.values("process.name"), [Value::Null]);
}

#[test]
fn all_columns_are_those_that_documents_have() {
    let events =
        "{\"a\":{\"b\":1},\"process\":{\"name\":\"x\"},\"_id\":\"7\"}\n{\"a.c\":[true,false]}\n";
    let answer = ask(&World::of(events).tables(), &Ask { columns: &["*"], ..Ask::default() });
    let names: BTreeSet<&str> = answer.table.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, BTreeSet::from(["a.b", "a.c", "process.name"]));
    assert_eq!(answer.column("a.c"), (DataType::Boolean, true));
    assert_eq!(answer.plans, 1);
    let some = ask(&World::of(events).tables(), &Ask { columns: &["a.*"], ..Ask::default() });
    assert!(some.has("a.b") && some.has("a.c") && !some.has("process.name"));
}

/// Events past what a sample sees, of which the last is this one.
fn far_behind(first: &str, last: &str) -> String {
    let mut events = String::new();
    let filler = "f".repeat(1000);
    for n in 0..2500 {
        writeln!(events, r#"{{"n":{n},{first}"filler":"{filler}"}}"#).unwrap();
    }
    writeln!(events, "{last}").unwrap();
    events
}

#[test]
fn what_does_not_fit_is_learned_and_read_again() {
    for (first, last, name, ty, multi, value) in [
        (r#""x":1,"#, r#"{"x":0.5}"#, "x", DataType::Double, false, json!(0.5)),
        (r#""x":1,"#, r#"{"x":"a"}"#, "x", DataType::Keyword, false, json!("a")),
        (r#""x":"b","#, r#"{"x":["b","a"]}"#, "x", DataType::Keyword, true, json!(["a", "b"])),
        ("", r#"{"x":[1,2]}"#, "x", DataType::Long, true, json!([1, 2])),
        (
            "",
            r#"{"process.name":["b","a"]}"#,
            "process.name",
            DataType::Keyword,
            true,
            json!(["a", "b"]),
        ),
    ] {
        let world = World::of(&far_behind(first, last));
        let answer = ask(&world.tables(), &Ask { columns: &[name], ..Ask::default() });
        assert_eq!(answer.column(name), (ty, multi), "{last}");
        assert_eq!(answer.values(name).last(), Some(&value), "{last}");
        assert_eq!((answer.plans, answer.rows()), (2, 2501), "{last}");
        assert_eq!(answer.report.counts.events, 2501, "{last}");
    }
}

#[test]
fn learning_ends_with_one_reading_of_everything() {
    // Each of many columns is a list in a chunk of its own, so that each reading would find one more.
    let mut events = far_behind("", "{}");
    let filler = "f".repeat(600_000);
    for n in 0..12 {
        writeln!(events, r#"{{"x{n}":[1,2],"filler":"{filler}"}}"#).unwrap();
    }
    let names: Vec<String> = (0..12).map(|n| format!("x{n}")).collect();
    let columns: Vec<&str> = names.iter().map(String::as_str).collect();
    let answer = ask(&World::of(&events).tables(), &Ask { columns: &columns, ..Ask::default() });
    assert!(answer.plans <= 6, "{}", answer.plans);
    for name in columns {
        assert_eq!(answer.column(name), (DataType::Long, true), "{name}");
    }
}

#[test]
fn a_mapping_declares_the_columns() {
    let mapping = r#"{"properties":{
        "i":{"type":"integer"},"b":{"type":"byte"},"u":{"type":"unsigned_long"},
        "f":{"type":"float"},"h":{"type":"half_float"},"t":{"type":"text"},
        "v":{"type":"version"},"d":{"type":"date_nanos"},"o":{"type":"flattened"},
        "k":{"type":"keyword","ignore_above":3},"g":{"type":"geo_point"}}}"#;
    let events = concat!(
        r#"{"i":2147483648,"b":7,"u":18446744073709551615,"f":2.03,"h":2.03,"t":["b","a","b"],"#,
        r#""v":["1.10.0","1.9.0"],"d":"1970-01-01T00:00:00.000000001Z","o":{"a":1},"k":"abcd","#,
        r#""g":"POINT (2 1)","other":1}"#
    );
    let columns = ["*", "_ignored"];
    let world = World::of(events).mapped(mapping);
    let tables = world.tables();
    let answer = ask(&tables, &Ask { columns: &columns, ..Ask::default() });
    assert!(!answer.table.open && !answer.has("other"));
    for (name, column, value) in [
        ("i", (DataType::Integer, false), json!(null)),
        ("b", (DataType::Integer, false), json!(7)),
        ("u", (DataType::UnsignedLong, false), json!(u64::MAX)),
        ("f", (DataType::Double, false), json!(2.029_999_971_389_770_5)),
        ("h", (DataType::Double, false), json!(2.029_296_875)),
        ("t", (DataType::Text, true), json!(["b", "a", "b"])),
        ("v", (DataType::Version, true), json!(["1.9.0", "1.10.0"])),
        ("d", (DataType::DateNanos, false), json!(1)),
        ("o", (DataType::Unsupported, false), json!(null)),
        ("k", (DataType::Keyword, false), json!(null)),
        ("g", (DataType::GeoPoint, false), json!({ "lon": 2.0, "lat": 1.0 })),
        ("_ignored", (DataType::Keyword, true), json!("k")),
    ] {
        assert_eq!(answer.column(name), column, "{name}");
        if column.0 != DataType::Unsupported {
            assert_eq!(answer.values(name), [value], "{name}");
        }
    }
    assert_eq!(answer.report.counts.ill_typed, 1);
}

#[test]
fn sources_are_read_together_and_their_types_settled() {
    let world = World::new()
        .with(Some("logs-a"), "a.ndjson", "{\"x\":1}\n")
        .with(Some("logs-b"), "b.ndjson", "{\"x\":\"two\"}\n")
        .with(Some("other"), "c.ndjson", "{\"x\":true}\n");
    let columns = ["x", "_index"];
    let both = ask(&world.tables(), &Ask { columns: &columns, ..Ask::default() });
    assert_eq!(both.values("x"), [json!("1"), json!("two")]);
    assert_eq!(both.values("_index"), [json!("logs-a"), json!("logs-b")]);
    let one =
        ask(&world.tables(), &Ask { from: "logs-*,-logs-b", columns: &columns, ..Ask::default() });
    assert_eq!(one.values("x"), [json!(1)]);
    let error = request("loggs-a", &["x"], &world.tables()).unwrap_err();
    assert!(
        matches!(&error, CatalogError::Unknown { similar, .. } if similar[0] == "logs-a"),
        "{error:?}"
    );
}

#[test]
fn declared_types_that_conflict_make_a_column_that_cannot_be_used() {
    let world = World::new()
        .with(Some("logs-a"), "a.ndjson", "{\"x\":1}\n")
        .mapped(r#"{"properties":{"x":{"type":"long"}}}"#)
        .with(Some("logs-b"), "b.ndjson", "{\"x\":\"1\"}\n")
        .mapped(r#"{"properties":{"x":{"type":"keyword"}}}"#)
        .with(Some("free"), "c.ndjson", "{\"x\":\"1\"}\n");
    let tables = world.tables();
    let answer = ask(&tables, &Ask { columns: &["x"], ..Ask::default() });
    assert_eq!(answer.column("x").0, DataType::Unsupported);
    assert_eq!(answer.table.columns[0].conflict, ["long in logs-a", "keyword in logs-b"]);
    // Documents without a schema go with what is declared.
    let answer = ask(&tables, &Ask { from: "logs-a,free", columns: &["x"], ..Ask::default() });
    assert_eq!(answer.values("x"), [json!(1), json!(1)]);
}

#[test]
fn metadata_are_the_documents_own_or_made_up() {
    let events = concat!(
        "{\"a\":1}\n{\"a\":1}\n",
        "{\"_id\":\"7\",\"_index\":\"own\",\"_version\":3,\"_source\":{\"a\": 2}}\n"
    );
    let columns =
        ["a", "_id", "_index", "_version", "_source", "_score", "_index_mode", "_size", "_ignored"];
    let ask = |tables: &Tables| ask(tables, &Ask { columns: &columns, ..Ask::default() });
    let world = World::of(events);
    let answer = ask(&world.tables());
    assert_eq!(answer.values("a"), [json!(1), json!(1), json!(2)]);
    assert_eq!(answer.values("_index"), [json!("events"), json!("events"), json!("own")]);
    assert_eq!(answer.values("_version"), [json!(1), json!(1), json!(3)]);
    assert_eq!(answer.values("_source")[0], json!("{\"a\":1}"));
    assert_eq!(answer.values("_source")[2], json!("{\"a\": 2}"));
    assert_eq!(answer.values("_score"), [json!(0.0), json!(0.0), json!(0.0)]);
    assert_eq!(answer.values("_index_mode")[0], json!("standard"));
    assert_eq!(answer.values("_size"), [json!(7), json!(7), json!(8)]);
    let ids = answer.values("_id");
    assert_eq!(ids[2], json!("7"));
    assert_ne!(ids[0], ids[1]);
    assert_eq!(ids, ask(&world.tables()).values("_id"));
    assert!(request("logs-*", &["_tier"], &world.tables()).is_err());
}

#[test]
fn other_telemetry_becomes_ecs() {
    let line = concat!(
        r#"{"TimeCreated":"2024-01-01T00:00:00.000Z","#,
        r#""timestamp":"2024-01-01T00:00:00.000000+0000","flow_id":1,"event_type":"alert","#,
        r#""src_ip":"10.0.0.1","src_port":1000,"dest_ip":"10.0.0.2","dest_port":1883,"proto":"TCP","#,
        r#""alert":{"signature":"s","signature_id":1,"severity":1,"category":"c","action":"allowed"}}"#
    );
    let columns = ["source.ip", "destination.port", "_source"];
    let answer = ask(&World::of(line).tables(), &Ask { columns: &columns, ..Ask::default() });
    assert_eq!(answer.values("source.ip"), [json!("10.0.0.1")]);
    assert_eq!(answer.values("destination.port"), [json!(1883)]);
    let source: Value =
        serde_json::from_str(answer.values("_source")[0].as_str().unwrap()).unwrap();
    assert_eq!(source["destination"]["port"], json!(1883));
}

/// So many events, of which each 1000th has a name that is looked for.
fn haystack(events: usize) -> String {
    let mut text = String::new();
    for n in 0..events {
        let name = if n % 1000 == 0 { "needle.exe" } else { "other" };
        writeln!(
            text,
            r#"{{"n":{n},"process":{{"name":"{name}"}},"filler":"{}"}}"#,
            "f".repeat(80)
        )
        .unwrap();
    }
    text
}

#[test]
fn records_that_a_filter_refuses_are_passed_over() {
    let world = World::of(&haystack(40_000));
    for (filter, rows) in [
        (ident("process.name").eq(lit("needle.exe")), 40),
        (ident("process.name").in_list(vec![lit("needle.exe"), lit("nothing")], false), 40),
        (ident("n").eq(lit(20_001_i64)), 1),
        (ident("process.name").eq(lit("needle.exe")).and(ident("n").lt(lit(2000_i64))), 2),
    ] {
        let columns = ["n", "process.name"];
        let with = Ask { columns: &columns, filter: Some(filter.clone()), ..Ask::default() };
        let answer = ask(&world.tables(), &with);
        assert_eq!(answer.rows(), rows, "{filter}");
        let counts = answer.report.counts;
        assert_eq!(counts.events + counts.passed_over, 40_000, "{filter}");
        assert!(25_000 < counts.passed_over, "{filter}: {counts:?}");
    }
    let all = ask(&world.tables(), &Ask { columns: &["n"], ..Ask::default() });
    assert_eq!(all.report.counts.passed_over, 0);
    let numbers: Vec<Value> = (0..40_000).map(|n| json!(n)).collect();
    assert_eq!(all.values("n"), numbers);
    let full = all.batches.iter().filter(|batch| batch.num_rows() == 8192).count();
    assert_eq!(full, 4);
}

#[test]
fn a_limit_ends_the_reading() {
    let world = World::of(&haystack(40_000));
    let limited = Ask { columns: &["n"], limit: Some(10), ..Ask::default() };
    let answer = ask(&world.tables(), &limited);
    assert_eq!(answer.values("n"), (0..10).map(|n| json!(n)).collect::<Vec<_>>());
    assert!(answer.report.counts.events < 40_000, "{:?}", answer.report.counts);
}

#[test]
fn rows_can_be_counted_without_a_column() {
    let world = World::of(&haystack(3000));
    let table = request("logs-*", &["n"], &world.tables()).unwrap();
    let context = context();
    let count = runtime()
        .block_on(async { context.read_table(table.provider).unwrap().count().await.unwrap() });
    assert_eq!(count, 3000);
}

#[test]
fn nobody_reads_on_when_nobody_asks_any_more() {
    let world = World::of(&haystack(200_000));
    let tables = world.tables();
    let table = request("logs-*", &["n"], &tables).unwrap();
    let runtime = runtime();
    runtime.block_on(async {
        let context = context();
        let plan = table.provider.scan(&context.state(), None, &[], None).await.unwrap();
        let mut stream = plan.execute(0, context.task_ctx()).unwrap();
        assert!(0 < stream.next().await.unwrap().unwrap().num_rows());
    });
    // Waits for the reader.
    drop(runtime);
    let events = tables.report().counts.events;
    assert!(0 < events && events < 150_000, "{events}");
}

#[test]
fn what_is_broken_is_counted_and_stops_nothing() {
    let mut bytes = b"{\"x\":1}\nno document\n{\"x\":\n{\"x\":2}\n".to_vec();
    // An endless line, longer than a record may be.
    bytes.extend(std::iter::repeat_n(b'a', 17 << 20));
    bytes.extend(b"\n{\"x\":3}\n\xff\xfe\n{\"process.pid\":\"no number\"}");
    let mut world = World::new();
    let path = world.file("hostile.ndjson", &bytes);
    let paths = vec![path, PathBuf::from("/nothing/here.ndjson")];
    world.options.sources.push(Source { paths, ..Source::default() });
    let answer = ask(&world.tables(), &Ask { columns: &["x", "process.pid"], ..Ask::default() });
    assert_eq!(answer.values("x"), [json!(1), json!(2), json!(3), json!(null)]);
    let Report { counts, inputs, unread, defects } = &answer.report;
    assert_eq!((counts.events, counts.malformed, counts.ill_typed), (4, 4, 1));
    assert_eq!((*inputs, unread.len(), defects.len()), (1, 1, 4));
    assert!(unread[0].0.ends_with("here.ndjson"));
}

#[test]
fn a_document_with_too_many_names_loses_some_and_says_so() {
    let members: Vec<String> = (0..5000).map(|n| format!("\"x{n:04}\":{n}")).collect();
    let mut events = format!("{{{}}}\n", members.join(","));
    events.push_str(&"{}\n".repeat(20_000));
    let answer = ask(&World::of(&events).tables(), &Ask { columns: &["*"], ..Ask::default() });
    assert_eq!(answer.table.columns.len(), brokerwatch_runtime::limits::COLUMNS_MAX);
    assert_eq!(answer.table.remarks.len(), 1);
    assert_eq!(answer.rows(), 20_001);
    assert_eq!(answer.values("x1999")[0], json!(1999));
}

/// A Parquet file of these columns, in groups of so many rows.
fn parquet(columns: Vec<(Field, ArrayRef)>, group_rows: usize) -> Vec<u8> {
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).unwrap();
    let properties =
        WriterProperties::builder().set_max_row_group_row_count(Some(group_rows)).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, schema, Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn plain(name: &str, array: ArrayRef) -> (Field, ArrayRef) {
    (Field::new(name, array.data_type().clone(), true), array)
}

fn typed(name: &str, ty: &str, array: ArrayRef) -> (Field, ArrayRef) {
    let (field, array) = plain(name, array);
    (field.with_metadata([("esql.type".to_owned(), ty.to_owned())].into()), array)
}

fn texts(texts: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(texts.to_vec()))
}

#[test]
fn parquet_columns_become_those_of_a_table() {
    let address = FixedSizeBinaryArray::try_from_iter(
        ["10.0.0.1", "::1"].iter().map(|text| brokerwatch_ecs::parse_ip(text).unwrap().octets()),
    );
    let lists = [Some(vec![Some(3), None, Some(1)]), Some(vec![])];
    let world = World::new();
    let bytes = parquet(
        vec![
            plain("small", Arc::new(Int8Array::from(vec![Some(1), None]))),
            plain("name", Arc::new(["b", "a"].into_iter().collect::<DictionaryArray<Int32Type>>())),
            plain("list", Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(lists))),
            plain("source.ip", texts(&["10.0.0.2", "no address"])),
            plain(
                "@timestamp",
                Arc::new(TimestampMicrosecondArray::from(vec![1_000_001, 2_000_000])),
            ),
            plain("when", Arc::new(TimestampMicrosecondArray::from(vec![1, 2]))),
            typed("address", "ip", Arc::new(address.unwrap())),
            typed("version", "version", texts(&["1.2", "1.10"])),
        ],
        1000,
    );
    world.file("rows.parquet", &bytes);
    let mut world = world;
    let paths = vec![world.folder.path().to_owned()];
    world.options.sources.push(Source { paths, ..Source::default() });
    let columns = ["*", "_id", "_index", "_source", "_size", "_version"];
    let answer = ask(&world.tables(), &Ask { columns: &columns, ..Ask::default() });
    for (name, column, values) in [
        ("small", (DataType::Integer, false), json!([1, null])),
        ("name", (DataType::Keyword, false), json!(["b", "a"])),
        ("list", (DataType::Long, true), json!([[1, 3], null])),
        ("source.ip", (DataType::Ip, false), json!(["10.0.0.2", null])),
        ("@timestamp", (DataType::Date, false), json!([1000, 2000])),
        ("when", (DataType::DateNanos, false), json!([1000, 2000])),
        ("address", (DataType::Ip, false), json!(["10.0.0.1", "::1"])),
        ("version", (DataType::Version, false), json!(["1.2", "1.10"])),
        ("_index", (DataType::Keyword, false), json!(["rows", "rows"])),
        ("_version", (DataType::Long, false), json!([1, 1])),
    ] {
        assert_eq!(answer.column(name), column, "{name}");
        assert_eq!(Value::Array(answer.values(name)), values, "{name}");
    }
    let ids = answer.values("_id");
    assert_ne!(ids[0], ids[1]);
    let source = answer.values("_source")[0].as_str().unwrap().to_owned();
    assert_eq!(answer.values("_size")[0], json!(source.len()));
    let source: Value = serde_json::from_str(&source).unwrap();
    assert_eq!((&source["source"]["ip"], &source["list"]), (&json!("10.0.0.2"), &json!([1, 3])));
    assert_eq!((answer.report.counts.events, answer.report.counts.ill_typed), (2, 1));
}

#[test]
fn statistics_of_parquet_leave_groups_out() {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..10_000));
    let names: Vec<String> = (0..10_000).map(|n| format!("name{n:05}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = World::new();
    let path =
        world.file("rows", &parquet(vec![plain("n", numbers), plain("name", texts(&names))], 1000));
    world.options.sources.push(Source { paths: vec![path], ..Source::default() });
    for filter in [ident("n").gt(lit(9_500_i64)), ident("name").gt(lit("name09500"))] {
        let columns = ["n", "name", "_id"];
        let with = Ask { columns: &columns, filter: Some(filter.clone()), ..Ask::default() };
        let answer = ask(&world.tables(), &with);
        assert_eq!(answer.rows(), 499, "{filter}");
        let counts = answer.report.counts;
        assert_eq!(counts.events + counts.passed_over, 10_000, "{filter}");
        assert!(9000 <= counts.passed_over, "{filter}: {counts:?}");
        // The rows have the ids that they have among all.
        let all = ask(&world.tables(), &Ask { columns: &columns, ..Ask::default() });
        assert_eq!(all.values("_id")[9_501..], answer.values("_id"), "{filter}");
    }
}

/// A session over one Parquet file.
fn session_over(world: &mut World, bytes: &[u8], threads: usize) -> Session {
    let path = world.file("rows.parquet", bytes);
    world.options.sources = vec![Source { paths: vec![path], ..Source::default() }];
    let tables = TablesOptions { threads, ..world.options.clone() };
    Session::new(SessionOptions { tables, ..SessionOptions::default() }).unwrap()
}

const WHOLE: Options = Options { now_millis: 0, cut: false, params: Vec::new(), nullify: false };

#[test]
fn rows_are_left_out_while_reading_where_few_pass() {
    /// How many rows; one in a hundred is rare, and one in three has no address.
    const ROWS: usize = 20_000;
    let name = |row: usize| if row % 100 == 7 { "a rare name" } else { "a name of many" };
    let names: Vec<&str> = (0..ROWS).map(name).collect();
    let address = |row: usize| (!row.is_multiple_of(3)).then(|| format!("10.0.{}.1", row % 200));
    let addresses: ArrayRef = Arc::new((0..ROWS).map(address).collect::<StringArray>());
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..ROWS as i64));
    let columns =
        vec![plain("n", numbers), plain("name", texts(&names)), plain("source.ip", addresses)];
    let bytes = parquet(columns, 6_000);
    let mut world = World::new();
    for (filter, passed, early) in [
        ("name == \"a rare name\"", 200, true),
        ("name LIKE \"*rare*\" AND n < 10000", 100, true),
        ("name == \"a rare name\" AND source.ip IS NOT NULL", 134, true),
        ("name == \"a name of many\"", 19_800, false),
        ("source.ip IS NOT NULL", 13_333, false),
        ("NOT name LIKE \"*rare*\"", 19_800, false),
        ("TO_UPPER(name) == \"A RARE NAME\"", 200, false),
    ] {
        for threads in [1, 2] {
            let session = session_over(&mut world, &bytes, threads);
            let query = format!("FROM * | WHERE {filter} | KEEP n, name, source.ip");
            let answer = session.answer(&query, &WHOLE).unwrap();
            assert_eq!(answer.rows(), passed, "{filter}");
            let pruned = !answer.explained().contains("pushdown_rows_pruned=0");
            assert_eq!(pruned, early, "{filter}: {}", answer.explained());
            let counts = session.report().counts;
            assert_eq!(counts.events + counts.passed_over, ROWS as u64, "{filter}");
        }
    }
}

#[test]
fn a_damaged_parquet_file_is_told_and_the_others_are_read() {
    let numbers = |from: i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values((from..from + 200_000).map(|n| n * 7919 % 100_003)))
    };
    let mut world = World::new();
    let good = parquet(vec![plain("n", numbers(0))], 50_000);
    let mut bad = parquet(vec![plain("n", numbers(9))], 50_000);
    // Pages in the middle, with the header of one at least.
    let middle = bad.len() / 2;
    bad[middle..middle + middle / 2].fill(0xff);
    for (name, bytes) in [("1.parquet", &good), ("2.parquet", &bad), ("3.parquet", &good)] {
        world.file(name, bytes);
    }
    let mut counts = BTreeSet::new();
    for threads in [1, 2, 4] {
        let paths = vec![world.folder.path().to_owned()];
        world.options.sources = vec![Source { paths, ..Source::default() }];
        let tables = TablesOptions { threads, ..world.options.clone() };
        let session = Session::new(SessionOptions { tables, ..SessionOptions::default() }).unwrap();
        let answer = session.answer("FROM * | STATS c = COUNT(n)", &WHOLE).unwrap();
        let counted = answer.batches[0].column(0).as_any().downcast_ref::<Int64Array>().unwrap();
        let report = session.report();
        assert!((400_000..600_000).contains(&counted.value(0)), "{}", counted.value(0));
        counts.insert(counted.value(0));
        assert_eq!((report.inputs, report.unread.len()), (2, 1), "{report:?}");
        assert!(report.unread[0].0.ends_with("2.parquet"), "{report:?}");
    }
    assert_eq!(counts.len(), 1, "{counts:?}");
}

#[test]
fn pieces_of_a_parquet_file_come_in_its_order() {
    const ROWS: i64 = 700_000;
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..ROWS));
    let bytes = parquet(vec![plain("n", numbers)], 50_000);
    let mut world = World::new();
    for (threads, limit) in
        [(1, ""), (2, ""), (4, ""), (1, " | LIMIT 70000"), (2, " | LIMIT 70000")]
    {
        let session = session_over(&mut world, &bytes, threads);
        let answer = session.answer(&format!("FROM * | KEEP n{limit}"), &WHOLE).unwrap();
        let explained = answer.explained();
        assert!(explained.contains("pieces=5"), "{threads}: {explained}");
        let rows = answer.batches.iter().flat_map(|batch| {
            batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().values().to_vec()
        });
        let expected = if limit.is_empty() { ROWS } else { 70_000 };
        assert!(rows.eq(0..expected), "{threads} threads, {limit}");
    }
}

/// A file of this size is one that DataFusion would deal out to several threads.
#[test]
fn a_large_parquet_file_is_read_by_several_threads_in_its_order() {
    let noise = (0_u64..)
        .map(|n| format!("{:064x}", u128::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_0C65)));
    let names: Vec<String> = noise.take(300_000).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..300_000));
    let bytes = parquet(vec![plain("n", numbers), plain("name", texts(&names))], 50_000);
    assert!(10 << 20 < bytes.len(), "{}", bytes.len());
    let mut world = World::new();
    let path = world.file("large.parquet", &bytes);
    world.options.sources.push(Source { paths: vec![path], ..Source::default() });
    let tables = world.options.clone();
    let session = Session::new(SessionOptions { tables, ..SessionOptions::default() }).unwrap();
    let options = Options { now_millis: 0, cut: false, params: Vec::new(), nullify: false };
    let ask = |query: &str| session.answer(query, &options).unwrap();
    assert_eq!(ask("FROM * | WHERE n >= 0 | KEEP n").rows(), 300_000);
    assert_eq!(ask("FROM * | STATS c = COUNT(*) BY name | WHERE c == 1 | KEEP c").rows(), 300_000);
}

#[test]
fn parquet_and_documents_are_one_source() {
    let mut world = World::of("{\"x\":0.5,\"y\":\"of a document\"}\n");
    let ints: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let folder = world.folder.path().join("day=2024-01-01/dataset=a");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("1.parquet"), parquet(vec![plain("z", ints)], 10)).unwrap();
    let text = parquet(vec![plain("z", texts(&["two"])), plain("y", texts(&["of a file"]))], 10);
    std::fs::write(folder.join("2.parquet"), text).unwrap();
    world.file("broken.parquet", b"PAR1 and then nothing");
    let paths = vec![world.folder.path().to_owned()];
    world.options.sources =
        vec![Source { name: Some("logs".to_owned()), paths, ..Source::default() }];
    let answer =
        ask(&world.tables(), &Ask { columns: &["*"], ..Ask { from: "logs", ..Ask::default() } });
    let names: Vec<&str> = answer.table.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["x", "y", "z"]);
    assert_eq!(answer.values("x"), [json!(0.5), json!(null), json!(null)]);
    assert_eq!(answer.values("y"), [json!("of a document"), json!(null), json!("of a file")]);
    assert_eq!(answer.values("z"), [json!(null), json!("1"), json!("two")]);
    assert_eq!(answer.report.unread.len(), 1);
}

#[test]
fn what_a_table_gives_can_be_read_again_from_parquet() {
    let events = concat!(
        r#"{"@timestamp":"2024-01-01T00:00:00Z","source.ip":"10.0.0.1","process.args":["b","a"],"n":1,"v":0.5}"#,
        "\n{\"n\":2}\n"
    );
    let before =
        ask(&World::of(events).tables(), &Ask { columns: &["*", "_id"], ..Ask::default() });
    let columns = before.table.columns.iter().chain(&before.table.metadata).map(|column| {
        let arrays: Vec<&dyn Array> = before
            .batches
            .iter()
            .map(|batch| batch.column_by_name(&column.name).unwrap().as_ref())
            .collect();
        typed(&column.name, column.ty.name(), datafusion::arrow::compute::concat(&arrays).unwrap())
    });
    let bytes = parquet(columns.collect(), 10);
    let mut world = World::new();
    let path = world.file("again.parquet", &bytes);
    world.options.sources.push(Source { paths: vec![path], ..Source::default() });
    let after = ask(&world.tables(), &Ask { columns: &["*", "_id"], ..Ask::default() });
    assert_eq!(before.table.columns, after.table.columns);
    for column in before.table.columns.iter().chain(&before.table.metadata) {
        assert_eq!(before.values(&column.name), after.values(&column.name), "{}", column.name);
    }
}

/// The rows of a lookup table.
fn looked_up(tables: &Tables, name: &str) -> Result<Answer, CatalogError> {
    let table = tables.lookup(name)?;
    let batches = runtime().block_on(run(&table, &Ask::default())).unwrap();
    Ok(Answer { batches, table, plans: 1, report: Report::default() })
}

#[test]
fn lookup_tables_are_read_from_every_kind_of_file() {
    let mut world = World::new();
    let csv =
        "host.name,n,level:integer,tags:keyword,source.ip\nb,1,7,\"[x,a]\",10.0.0.1\na,0.5,,y,\n";
    let json = "{\"host.name\":\"b\",\"n\":1,\"level\":7,\"tags\":[\"x\",\"a\"],\"source.ip\":\"10.0.0.1\"}\n\
                {\"host\":{\"name\":\"a\"},\"n\":0.5,\"tags\":\"y\"}\n";
    let rows = vec![
        plain("host.name", texts(&["b", "a"])),
        plain("n", Arc::new(datafusion::arrow::array::Float32Array::from(vec![1.0, 0.5]))),
        plain("level", Arc::new(Int8Array::from(vec![Some(7), None]))),
        plain("tags", texts(&["x", "y"])),
        plain("source.ip", Arc::new(StringArray::from(vec![Some("10.0.0.1"), None]))),
    ];
    for (file, bytes) in [
        ("t.csv", csv.as_bytes().to_vec()),
        ("t.ndjson", json.into()),
        ("t.parquet", parquet(rows, 10)),
    ] {
        let path = world.file(file, &bytes);
        world.options.lookups.push(Lookup { name: file.to_owned(), path, match_field: None });
    }
    let tables = world.tables();
    for (name, level) in [
        ("t.csv", DataType::Integer),
        ("t.ndjson", DataType::Long),
        ("t.parquet", DataType::Integer),
    ] {
        let answer = looked_up(&tables, name).unwrap();
        assert_eq!(answer.column("n"), (DataType::Double, false), "{name}");
        assert_eq!(answer.column("level"), (level, false), "{name}");
        assert_eq!(answer.column("source.ip").0, DataType::Ip, "{name}");
        assert_eq!(answer.values("host.name"), [json!("b"), json!("a")], "{name}");
        assert_eq!(answer.values("n"), [json!(1.0), json!(0.5)], "{name}");
        assert_eq!(answer.values("level"), [json!(7), json!(null)], "{name}");
        assert_eq!(answer.values("source.ip"), [json!("10.0.0.1"), json!(null)], "{name}");
        let tags = if name == "t.parquet" { json!("x") } else { json!(["a", "x"]) };
        assert_eq!(answer.values("tags"), [tags, json!("y")], "{name}");
    }
    let error = tables.lookup("t.cvs").unwrap_err();
    assert!(
        matches!(&error, CatalogError::Unknown { similar, .. } if similar[0] == "t.csv"),
        "{error:?}"
    );
}

#[test]
fn a_lookup_table_that_is_wrong_says_where() {
    let mut world = World::new();
    for (name, text, why) in [
        ("a.csv", "n:integer\n1\nx\n", "line 3: `x` in `n` is not of type integer"),
        ("b.csv", "n:nested\n1\n", "names a type"),
        ("c.csv", "a,b\n1\n", "fields"),
        ("d.ndjson", "{\"a\":1}\n{\n", "line 2"),
    ] {
        let path = world.file(name, text.as_bytes());
        world.options.lookups.push(Lookup { name: name.to_owned(), path, match_field: None });
        let error = world.tables().lookup(name).unwrap_err();
        assert!(
            matches!(&error, CatalogError::Unreadable(said) if said.contains(why)),
            "{name}: {error:?}"
        );
    }
}

#[test]
fn a_policy_has_a_field_that_is_compared() {
    use brokerwatch_esql::catalog::PolicyKind;
    let mut world = World::new();
    for (name, text, field) in [
        ("plain", "host,owner,room\na,x,1\n", None),
        ("chosen", "host,owner,room\na,x,1\n", Some("owner")),
        ("said", "net:ip_range,zone\n10.0.0.0-10.0.0.9,x\n", None),
        ("blocks", "net,zone\n10.0.0.0/8,x\n", None),
        ("wrong", "host,owner\na,x\n", Some("ownr")),
    ] {
        let path = world.file(&format!("{name}.csv"), text.as_bytes());
        let match_field = field.map(str::to_owned);
        world.options.policies.push(Lookup { name: name.to_owned(), path, match_field });
    }
    let tables = world.tables();
    let ranges = |range: &str| PolicyKind::Range([range.into()].into());
    for (name, field, kind, fields) in [
        ("plain", "host", PolicyKind::Match, vec!["owner", "room"]),
        ("chosen", "owner", PolicyKind::Match, vec!["host", "room"]),
        ("said", "net", ranges("10.0.0.0-10.0.0.9"), vec!["zone"]),
        ("blocks", "net", ranges("10.0.0.0/8"), vec!["zone"]),
    ] {
        let policy = tables.policy(name).unwrap();
        assert_eq!((&*policy.match_field, policy.kind), (field, kind), "{name}");
        assert_eq!(policy.fields, fields, "{name}");
    }
    let error = tables.policy("wrong").unwrap_err();
    assert!(
        matches!(&error, CatalogError::Unreadable(why) if why.contains("`owner` is close")),
        "{error:?}"
    );
}

/// Standard input belongs to the process, so this test starts itself once more with documents there.
#[test]
fn standard_input_is_read_as_often_as_needed() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    const CHILD: &str = "TABLES_TEST_READS_STANDARD_INPUT";
    if std::env::var_os(CHILD).is_some() {
        let mut world = World::new();
        world.options.temporary_folder = Some(world.folder.path().to_owned());
        world.options.sources.push(Source { paths: vec!["-".into()], ..Source::default() });
        let tables = world.tables();
        for _ in 0..2 {
            let answer = ask(&tables, &Ask { columns: &["n", "x", "_index"], ..Ask::default() });
            assert_eq!(answer.rows(), 2501);
            assert_eq!(answer.column("x"), (DataType::Keyword, true));
            assert_eq!(answer.values("_index")[0], json!("events"));
        }
        return;
    }
    let name = "standard_input_is_read_as_often_as_needed";
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact"])
        .env(CHILD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let events = far_behind(r#""x":"b","#, r#"{"x":["b","a"]}"#);
    child.stdin.take().unwrap().write_all(events.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// A JSON value that is no object.
fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1000_i32..1000).prop_map(|n| json!(f64::from(n) / 4.0 + 0.125)),
        "[a-z\"\\\\é/0-9]{0,6}".prop_map(Value::from),
    ]
}

fn document() -> impl Strategy<Value = Map<String, Value>> {
    let value = leaf().prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map("[abc]", inner, 0..4)
                .prop_map(|object| Value::Object(object.into_iter().collect())),
        ]
    });
    prop::collection::btree_map("[abc]", value, 0..4)
        .prop_map(|object| object.into_iter().collect())
}

/// The leaves of a document, by name: the obvious way.
fn flatten(prefix: &str, value: &Value, into: &mut BTreeMap<String, Vec<Value>>) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| flatten(prefix, item, into)),
        Value::Object(object) => {
            for (key, value) in object {
                let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                flatten(&name, value, into);
            }
        }
        leaf => into.entry(prefix.to_owned()).or_default().push(leaf.clone()),
    }
}

/// The column that leaves make, one list a document: the obvious way.
fn expected(rows: &[Vec<Value>]) -> Vec<Value> {
    let all = || rows.iter().flatten();
    let numbers = all().all(Value::is_number);
    let longs = all().all(Value::is_i64);
    let flags = all().all(Value::is_boolean);
    let make = |values: &Vec<Value>| {
        let mut values: Vec<Value> = values
            .iter()
            .map(|value| match value {
                value if longs || flags => value.clone(),
                value if numbers => json!(value.as_f64().unwrap()),
                Value::String(text) => json!(text),
                other => json!(other.to_string()),
            })
            .collect();
        if numbers {
            values.sort_by(|a, b| match (a.as_i64(), b.as_i64()) {
                (Some(a), Some(b)) => a.cmp(&b),
                _ => a.as_f64().unwrap().total_cmp(&b.as_f64().unwrap()),
            });
        } else if flags {
            values.sort_by_key(|value| value.as_bool().unwrap());
        } else {
            values.sort_by(|a, b| a.as_str().unwrap().cmp(b.as_str().unwrap()));
            values.dedup();
        }
        match values.len() {
            0 => Value::Null,
            1 => values.remove(0),
            _ => Value::Array(values),
        }
    };
    rows.iter().map(make).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn columns_are_what_flattening_gives(documents in prop::collection::vec(document(), 1..8)) {
        let lines: Vec<String> = documents.iter().map(|one| Value::Object(one.clone()).to_string()).collect();
        let rows: Vec<BTreeMap<String, Vec<Value>>> = documents
            .iter()
            .map(|document| {
                let mut leaves = BTreeMap::new();
                flatten("", &Value::Object(document.clone()), &mut leaves);
                leaves
            })
            .collect();
        let names: BTreeSet<&String> = rows.iter().flat_map(BTreeMap::keys).collect();
        let world = World::of(&lines.join("\n"));
        let all = ask(&world.tables(), &Ask { columns: &["*"], ..Ask::default() });
        prop_assert_eq!(all.table.columns.iter().map(|c| &c.name).collect::<BTreeSet<_>>(), names.clone());
        prop_assert_eq!(all.plans, 1);
        let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
        let named = ask(&world.tables(), &Ask { columns: &names, ..Ask::default() });
        for name in names {
            let column: Vec<Vec<Value>> =
                rows.iter().map(|row| row.get(name).cloned().unwrap_or_default()).collect();
            let expected = expected(&column);
            prop_assert_eq!(all.values(name), expected.clone(), "{}", name);
            prop_assert_eq!(named.values(name), expected, "{}", name);
        }
    }
}

/// What a query finds, and its plan as it ran.
fn answered(world: &World, query: &str) -> (Vec<Vec<Value>>, String) {
    let tables = world.options.clone();
    let session = Session::new(SessionOptions { tables, ..SessionOptions::default() }).unwrap();
    let options = Options { now_millis: 0, cut: false, params: Vec::new(), nullify: false };
    let answer = session.answer(query, &options).unwrap();
    let mut rows = Vec::new();
    for batch in &answer.batches {
        let columns = batch.columns().iter().zip(&answer.columns);
        let blocks = columns.map(|(array, column)| Block::new(array, column.ty).unwrap());
        let blocks: Vec<Block<'_>> = blocks.collect();
        for row in 0..batch.num_rows() {
            let value = |block: &Block<'_>| block.one(row).map_or(Value::Null, |one| as_json(&one));
            rows.push(blocks.iter().map(value).collect());
        }
    }
    (rows, answer.explained())
}

/// Texts that patterns ask for are searched in raw records, and nothing is missed however they are written.
#[test]
fn patterns_are_searched_in_raw_records() {
    let mut events = haystack(2000);
    for text in ["curl x", "cu\\u0072l y", "http\\/z", "CURL", "a.exe", "\\\"curl\\\""] {
        writeln!(events, "{{\"process\":{{\"command_line\":\"{text}\"}}}}").unwrap();
    }
    events.push_str("{\"process.command_line\":\"curl dotted\"}\n");
    let world = World::of(&events);
    for (condition, expected, searched) in [
        (r#"LIKE "*curl*""#, &["curl x", "curl y", "\"curl\"", "curl dotted"][..], true),
        (r#"LIKE ("*curl y", "http*")"#, &["curl y", "http/z"], true),
        (r#"RLIKE ".*curl [xy]""#, &["curl x", "curl y"], false),
        (r#"RLIKE ".*url y""#, &["curl y"], true),
    ] {
        let query =
            format!("FROM * | WHERE process.command_line {condition} | KEEP process.command_line");
        let (rows, plan) = answered(&world, &query);
        let expected: Vec<Vec<Value>> = expected.iter().map(|text| vec![json!(text)]).collect();
        assert_eq!(rows, expected, "{query}");
        assert_eq!(plan.contains("prefilter=true"), searched, "{query}: {plan}");
    }
    for (call, count) in [("STARTS_WITH", 3), ("ENDS_WITH", 0), ("CONTAINS", 4)] {
        let query =
            format!(r#"FROM * | WHERE {call}(process.command_line, "curl") | STATS n = COUNT(*)"#);
        let (rows, plan) = answered(&world, &query);
        assert_eq!(rows, [[json!(count)]], "{query}");
        assert!(plan.contains("prefilter=true"), "{query}: {plan}");
    }
}

/// Moments of a file that says no zone are those of UTC, in rows as in filters.
#[test]
fn moments_of_parquet_without_a_zone_are_of_utc() {
    let hour = |n: i64| n * 3_600_000;
    let millis = || (0..10_000).map(hour);
    let columns = || {
        let naive = TimestampMillisecondArray::from_iter_values(millis());
        let zoned = naive.clone().with_timezone("UTC");
        let micros =
            TimestampMicrosecondArray::from_iter_values(millis().map(|millis| millis * 1000));
        vec![
            plain("naive", Arc::new(naive) as ArrayRef),
            plain("zoned", Arc::new(zoned)),
            plain("micros", Arc::new(micros)),
        ]
    };
    let mut world = World::new();
    let path = world.file("rows", &parquet(columns(), 1000));
    world.options.sources.push(Source { paths: vec![path], ..Source::default() });
    for column in ["naive", "zoned", "micros"] {
        let query = format!(
            r#"FROM * | WHERE {column} >= "1971-02-20T00:00:00Z" | STATS n = COUNT(*), a = MIN({column})"#
        );
        let (rows, plan) = answered(&world, &query);
        let from = if column == "micros" { hour(9960) * 1_000_000 } else { hour(9960) };
        assert_eq!(rows, [[json!(40), json!(from)]], "{column}");
        assert!(plan.contains("row_groups_pruned_statistics=10 total → 1 matched"), "{plan}");
    }
    let query = "FROM * | WHERE naive == zoned AND naive < \"1970-01-02\" | STATS n = COUNT(*)";
    assert_eq!(answered(&world, query).0, [[json!(24)]]);
}
