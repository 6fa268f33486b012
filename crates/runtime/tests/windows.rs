//! Queries over windows of held rows: one plan, run again and again, gives what the same query gives over those rows alone.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use brokerwatch_esql::planner::Options;
use brokerwatch_runtime::tables::{Source, TablesOptions};
use brokerwatch_runtime::{Answer, Input, Part, Session, SessionOptions};
use datafusion::arrow::util::pretty::pretty_format_batches;

const OPTIONS: Options = Options { now_millis: 0, cut: false, params: Vec::new(), nullify: false };

/// Events a minute apart, of which some pass what the queries ask for.
fn events(minutes: std::ops::Range<usize>) -> String {
    let mut text = String::new();
    for minute in minutes {
        let host = ["a", "b", "c"][minute % 3];
        let bytes = (minute * 7) % 11;
        writeln!(
            text,
            "{{\"@timestamp\": \"2026-01-01T00:{minute:02}:00Z\", \"host.name\": \"{host}\", \"source.bytes\": {bytes}}}"
        )
        .unwrap();
    }
    text
}

fn tables(text: &str) -> TablesOptions {
    let inputs = vec![Input::in_memory("events", text.as_bytes())];
    TablesOptions {
        sources: vec![Source { inputs, ..Source::default() }],
        ..TablesOptions::default()
    }
}

fn session(text: &str) -> Session {
    Session::new(SessionOptions { tables: tables(text), ..SessionOptions::default() }).unwrap()
}

fn shown(answer: &Answer) -> String {
    let names: Vec<&str> = answer.columns.iter().map(|column| column.name.as_str()).collect();
    // The columns of a plan have names of their own, and batches may be cut anywhere.
    let rows: Vec<_> =
        answer.batches.iter().filter(|batch| batch.num_rows() != 0).cloned().collect();
    let table = pretty_format_batches(&rows).unwrap().to_string();
    let rows: Vec<&str> = table.lines().skip(3).collect();
    format!("{names:?}\n{}", rows.join("\n"))
}

const QUERIES: [&str; 7] = [
    "FROM x | WHERE source.bytes > 2 | STATS n = COUNT(*), m = MAX(@timestamp) BY host.name | WHERE n > 1",
    "FROM x | WHERE source.bytes > 2 | STATS n = COUNT(*), least = MIN(source.bytes)",
    "FROM x | INLINE STATS n = COUNT(*), least = MIN(@timestamp) BY host.name | WHERE n > 2 | KEEP host.name, least, @timestamp",
    "FROM x | INLINE STATS ends = MAX(@timestamp) | WHERE @timestamp == ends | KEEP host.name, ends",
    "FROM x | SORT source.bytes DESC, @timestamp | LIMIT 3 | KEEP host.name, source.bytes",
    "FROM x | STATS n = COUNT(*) BY host.name | SORT n, host.name | LIMIT 2",
    "FROM x | WHERE source.bytes < 9 | KEEP @timestamp, host.name, source.bytes",
];

#[test]
fn a_plan_that_is_run_again_gives_what_a_new_one_gives() {
    let session = session(&events(0..40));
    for query in QUERIES {
        let buffer = session.buffer(query, &OPTIONS, None).unwrap();
        let planned = session.plan_over((query, Part::Whole), &OPTIONS, &buffer).unwrap();
        // Wide, narrow, empty, and back: what one run leaves must not show in the next.
        for minutes in [0..40, 3..9, 9..9, 30..31, 20..40, 0..5] {
            let millis =
                |minute: usize| 1_767_225_600_000 + 60_000 * i64::try_from(minute).unwrap();
            let rows = buffer.between(millis(minutes.start), millis(minutes.end));
            let answer = session.answer_over(&planned, &buffer, rows).unwrap().unwrap();
            let alone = self::session(&events(minutes.clone())).answer(query, &OPTIONS).unwrap();
            if !minutes.is_empty() {
                assert_eq!(shown(&answer), shown(&alone), "{query} over {minutes:?}");
            } else if !query.contains("| STATS n = COUNT(*), least") {
                assert_eq!(answer.rows(), 0, "{query}");
            }
        }
    }
}

#[test]
fn a_plan_runs_over_rows_of_another_session_that_have_its_columns() {
    let query = QUERIES[0];
    let (one, other) = (session(&events(0..10)), session(&events(10..30)));
    let buffer = one.buffer(query, &OPTIONS, None).unwrap();
    let planned = one.plan_over((query, Part::Whole), &OPTIONS, &buffer).unwrap();
    let more = other.buffer(query, &OPTIONS, None).unwrap();
    assert!(planned.fits(&more));
    let all = 0..more.times().len();
    let answer = other.answer_over(&planned, &more, all).unwrap().unwrap();
    assert_eq!(shown(&answer), shown(&other.answer(query, &OPTIONS).unwrap()));
    // Another type of a column is another plan.
    let text = events(0..3).replace("\"source.bytes\": ", "\"source.bytes\": [1, 2], \"own\": ");
    let typed = one.beside(tables(&text));
    let lists = typed.buffer(query, &OPTIONS, None).unwrap();
    assert!(!planned.fits(&lists), "a column of lists is not one of single values");
}

#[test]
fn the_rows_of_a_source_that_pass_are_those_that_a_query_looks_at() {
    let session = session(&events(0..40));
    for query in QUERIES {
        let source = session.source_rows(query, &OPTIONS, &BTreeSet::new()).unwrap();
        assert_eq!(source.times().len(), 40);
        let leading = session.plan_over((query, Part::Leading(None)), &OPTIONS, &source).unwrap();
        let passing = session.passing(&leading, &source).unwrap();
        let buffer = session.buffer(query, &OPTIONS, None).unwrap();
        assert_eq!(passing.times(), buffer.times(), "{query}");
        let whole = session.plan_over((query, Part::Whole), &OPTIONS, &passing).unwrap();
        let all = 0..passing.times().len();
        let answer = session.answer_over(&whole, &passing, all).unwrap().unwrap();
        assert_eq!(shown(&answer), shown(&session.answer(query, &OPTIONS).unwrap()), "{query}");
    }
}
