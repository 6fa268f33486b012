//! `EQL index "query"` as a source: the conformance cases, sequences, samples, sources without a schema, and errors.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test writes its files, and stops at what it did not expect"
)]

use brokerwatch_ecs::{Timestamp, date};
use brokerwatch_esql::block::Block;
use brokerwatch_esql::planner::Options;
use brokerwatch_esql::value::Value;
use brokerwatch_runtime::tables::{Mapping, Source, TablesOptions};
use brokerwatch_runtime::{Failed, Session, SessionOptions};
use brokerwatch_testkit::csv_spec::{self, Cell};
use brokerwatch_testkit::shared;
use serde_json::json;

/// Cases over events that are not beside the others.
const LEFT_OUT: [&str; 2] = ["eventQueryLimitPushedAsSize", "sequenceByUniquePidProcessNetwork"];

/// Sources in a folder, and what runs queries over them.
struct World {
    folder: tempfile::TempDir,
    sources: Vec<Source>,
}

/// The columns as `name:type`, and the rows as texts.
type Rows = (Vec<String>, Vec<Vec<String>>);

impl World {
    fn new() -> World {
        World { folder: tempfile::tempdir().unwrap(), sources: Vec::new() }
    }

    fn with(mut self, name: &str, events: &str, mapping: Option<&str>) -> World {
        let path = self.folder.path().join(format!("{name}.ndjson"));
        std::fs::write(&path, events).unwrap();
        self.sources.push(Source {
            name: Some(name.to_owned()),
            paths: vec![path],
            schema: mapping.map(|mapping| Mapping::parse(mapping).unwrap()),
            ..Source::default()
        });
        self
    }

    fn run(&self, query: &str) -> Result<Rows, Failed> {
        let tables =
            TablesOptions { sources: self.sources.clone(), threads: 2, ..TablesOptions::default() };
        let session = Session::new(SessionOptions { tables, ..SessionOptions::default() }).unwrap();
        let options = Options { now_millis: 0, cut: false, params: Vec::new(), nullify: false };
        let answer = session.answer(query, &options)?;
        let columns =
            answer.columns.iter().map(|column| format!("{}:{}", column.name, column.ty)).collect();
        let mut rows = Vec::new();
        for batch in &answer.batches {
            for row in 0..batch.num_rows() {
                let cells = answer.columns.iter().zip(batch.columns()).map(|(column, array)| {
                    let mut values = Vec::new();
                    Block::new(array, column.ty).unwrap().read(row, &mut values);
                    values.into_iter().map(text).collect::<Vec<_>>().join(",")
                });
                rows.push(cells.collect());
            }
        }
        Ok((columns, rows))
    }

    /// The rows of a query, each as its cells with blanks between.
    #[track_caller]
    fn rows(&self, query: &str) -> Vec<String> {
        let (_, rows) = self.run(query).unwrap_or_else(|failed| panic!("{query}: {failed:?}"));
        rows.iter().map(|row| row.join(" ")).collect()
    }

    #[track_caller]
    fn refused(&self, query: &str) -> String {
        match self.run(query) {
            Err(Failed::Query(errors)) => {
                let place =
                    |span: brokerwatch_expr::Span| &query[span.start as usize..span.end as usize];
                let told = errors
                    .iter()
                    .map(|error| format!("{} at `{}`", error.message, place(error.labels[0].0)));
                told.collect::<Vec<_>>().join("; ")
            }
            other => panic!("{query}: {other:?}"),
        }
    }
}

fn text(value: Value<'_>) -> String {
    match value {
        Value::Text(text) => text.to_owned(),
        Value::Long(number) => number.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Date(millis) => date::format(Timestamp::from_millisecond(millis).unwrap()),
        other => format!("{other:?}"),
    }
}

#[test]
fn conformance_cases_give_their_tables() {
    let Some(corpus) = shared("corpora/esql") else { return };
    let csv = std::fs::read_to_string(corpus.join("data/eql_test.csv")).unwrap();
    let (events, mapping) = documents(&csv);
    let world = World::new().with("eql_test", &events, Some(&mapping));
    let cases = csv_spec::cases(&std::fs::read_to_string(corpus.join("eql.csv-spec")).unwrap());
    let left_out: Vec<_> = cases
        .iter()
        .filter(|case| case.query.contains("endgame-140"))
        .map(|case| &case.name)
        .collect();
    assert_eq!(left_out, LEFT_OUT);
    let run: Vec<_> = cases.iter().filter(|case| !LEFT_OUT.contains(&case.name.as_str())).collect();
    assert_eq!(run.len(), 11);
    for case in run {
        let (columns, rows) =
            world.run(&case.query).unwrap_or_else(|failed| panic!("{}: {failed:?}", case.name));
        let type_of = |ty: &str| if ty == "datetime" { "date".to_owned() } else { ty.to_owned() };
        let header = case.header.iter().map(|(name, ty)| format!("{name}:{}", type_of(ty)));
        assert_eq!(columns, header.collect::<Vec<_>>(), "{}", case.name);
        let cell = |cell: &Cell| match cell {
            Cell::Null => String::new(),
            Cell::One(text) => text.clone(),
            Cell::Many(texts) => texts.join(","),
        };
        let wanted: Vec<Vec<String>> =
            case.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        assert_eq!(rows, wanted, "{}", case.name);
    }
}

/// The rows of a data file as documents, and its header as a mapping.
fn documents(csv: &str) -> (String, String) {
    let mut lines = csv.lines().filter(|line| !line.trim().is_empty());
    let header: Vec<(&str, &str)> =
        lines.next().unwrap().split(',').map(|cell| cell.split_once(':').unwrap()).collect();
    let properties: serde_json::Map<_, _> =
        header.iter().map(|(name, ty)| ((*name).to_owned(), json!({"type": ty}))).collect();
    let mut documents = String::new();
    for line in lines {
        let cells = header.iter().zip(line.split(',')).filter(|(_, cell)| !cell.is_empty());
        let document: serde_json::Map<_, _> = cells
            .map(|((name, ty), cell)| {
                let value =
                    if *ty == "long" { json!(cell.parse::<i64>().unwrap()) } else { json!(cell) };
                ((*name).to_owned(), value)
            })
            .collect();
        documents += &serde_json::to_string(&document).unwrap();
        documents.push('\n');
    }
    (documents, json!({"properties": properties}).to_string())
}

/// Out of order, with a tie that the tiebreaker decides, and a field that turns out to be text late.
const EVENTS: &str = r#"{"@timestamp":"2026-01-01T00:00:05Z","event":{"category":"network"},"host":{"name":"b"},"n":4,"odd":1}
{"@timestamp":"2026-01-01T00:00:01Z","event":{"category":"process"},"host":{"name":"a"},"n":3,"odd":2,"join_keys":"x"}
{"@timestamp":"2026-01-01T00:00:01Z","event":{"category":"network"},"host":{"name":"a"},"n":2,"odd":3}
{"@timestamp":"2026-01-01T00:00:04Z","event":{"category":"process"},"host":{"name":"b"},"n":1,"odd":"four"}
"#;

fn world() -> World {
    World::new().with("logs", EVENTS, None)
}

#[test]
fn events_come_in_the_order_of_their_time() {
    let world = world();
    assert_eq!(world.rows(r#"EQL logs "any where true" | KEEP n"#), ["3", "2", "1", "4"]);
    let tied = r#"EQL logs "any where true" WITH {"tiebreaker_field": "n"} | KEEP n"#;
    assert_eq!(world.rows(tied), ["2", "3", "1", "4"]);
    assert_eq!(world.rows(r#"EQL logs "any where true | tail 3 | head 2" | KEEP n"#), ["2", "1"]);
    assert_eq!(world.rows(r#"EQL logs "any where true" | LIMIT 2 | KEEP n"#), ["3", "2"]);
}

#[test]
fn a_column_is_what_its_last_value_makes_it() {
    let (columns, rows) =
        world().run(r#"EQL logs "process where true" | KEEP odd, nothing"#).unwrap();
    assert_eq!(columns[0], "odd:keyword");
    assert_eq!(rows, [["2", ""], ["four", ""]]);
}

#[test]
fn a_sequence_has_a_row_for_each_event_and_says_where_it_stands() {
    let query = r#"EQL logs "sequence by host.name [process where true] [network where true]"
        | KEEP _sequence, _sequence_stage, join_keys, n"#;
    assert_eq!(world().rows(query), ["0 0 a 3", "0 1 a 2", "1 0 b 1", "1 1 b 4"]);
    let (columns, _) = world().run(query).unwrap();
    let expected = ["_sequence:long", "_sequence_stage:integer", "join_keys:keyword", "n:long"];
    assert_eq!(columns, expected);
}

#[test]
fn a_missing_event_has_no_row() {
    let query = r#"EQL logs "sequence by host.name with maxspan=1m [process where true] ![dns where true] [network where true]"
        | KEEP _sequence_stage, n"#;
    assert_eq!(world().rows(query), ["0 3", "2 2", "0 1", "2 4"]);
}

#[test]
fn a_sample_is_in_no_order_of_time() {
    let query = r#"EQL logs "sample by host.name [network where true] [process where true]"
        | KEEP _sequence, _sequence_stage, join_keys, n"#;
    assert_eq!(world().rows(query), ["0 0 a 2", "0 1 a 3", "1 0 b 4", "1 1 b 1"]);
}

#[test]
fn all_columns_come_out_where_none_is_kept() {
    let (columns, rows) = world().run(r#"EQL logs "any where n == 1""#).unwrap();
    assert_eq!(rows.len(), 1);
    let expected = [
        "@timestamp:date",
        "event.category:keyword",
        "host.name:keyword",
        "join_keys:keyword",
        "n:long",
        "odd:keyword",
    ];
    assert_eq!(columns, expected);
}

#[test]
fn sources_are_searched_together() {
    let other = r#"{"@timestamp":"2026-01-01T00:00:02Z","event":{"category":"process"},"n":7}"#;
    let world = world().with("more", other, None);
    let query = r#"EQL logs, more "process where true" METADATA _index | KEEP n, _index"#;
    assert_eq!(world.rows(query), ["3 logs", "7 more", "1 logs"]);
}

#[test]
fn errors_stand_where_they_are_in_the_query() {
    let world = world();
    let refused = world.refused(r#"EQL logs "process where nothing(1)" | LIMIT 1"#);
    assert!(refused.ends_with("at `nothing`"), "{refused}");
    let refused = world.refused(r#"EQL logs "any where true" WITH {"size": 3}"#);
    assert!(refused.contains("there is no option `size`"), "{refused}");
    let refused = world.refused(r#"EQL none "any where true""#);
    assert!(refused.contains("none"), "{refused}");
}

#[test]
fn text_that_is_searched_as_a_keyword_is_a_text_column() {
    let mapping = r#"{"properties":{"@timestamp":{"type":"date"},"event":{"properties":{"category":{"type":"keyword"}}},
        "message":{"type":"text","fields":{"raw":{"type":"keyword"}}}}}"#;
    let event = r#"{"@timestamp":"2026-01-01T00:00:00Z","event":{"category":"process"},"message":"Hello There"}"#;
    let world = World::new().with("logs", event, Some(mapping));
    let query =
        r#"EQL logs "process where message == \"Hello There\"" | KEEP message, message.raw"#;
    let (columns, rows) = world.run(query).unwrap();
    assert_eq!(columns, ["message:text", "message.raw:keyword"]);
    assert_eq!(rows, [["Hello There", "Hello There"]]);
}

#[test]
fn what_the_query_reads_and_what_the_row_shows_are_one_field_of_a_mapped_source() {
    let zeek = concat!(
        r#"{"_path":"conn","ts":1772442001.0,"uid":"C1","id.orig_h":"10.1.2.3","id.orig_p":42755,"#,
        r#""id.resp_h":"10.0.0.9","id.resp_p":1883,"proto":"tcp","conn_state":"SF"}"#,
        "\n"
    );
    let world = World::new().with("zeek", zeek, None);
    let query = r#"EQL zeek "network where destination.port == 1883 and zeek.session_id == \"C1\""
        | KEEP @timestamp, destination.port, zeek.session_id, source.port"#;
    assert_eq!(world.rows(query), ["2026-03-02T09:00:01.000Z 1883 C1 42755"]);
}
