//! The conformance cases for EQL: queries over small data sets with the events that they must return.
//!
//! They come from Elasticsearch's test resources and lie beside the repository (`corpora/eql`); nothing of them is compiled
//! into the product. What the folder's own README says about reading them is done here, once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use brokerwatch_ecs::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::files;

/// One query with the events that it must return.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The file of the case, without its folder and extension.
    pub file: String,
    /// The name, unique in its file.
    pub name: String,
    /// The query, trimmed.
    pub query: String,
    /// The ids of the events returned, in order, those of all results one after the other. Any one of the lists is
    /// right. `-1` stands for the event that a missing stage of a sequence does not have.
    pub expected: Vec<Vec<i64>>,
    /// The key values of all results, one after the other, if the case names them; a null is `null`.
    pub join_keys: Option<Vec<String>>,
    /// Most results.
    pub size: usize,
    /// Most samples for one key.
    pub max_samples_per_key: usize,
    /// Where the events are.
    pub data: Data,
}

/// The data that the cases of one file search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Data {
    /// The names of the data sets, searched together.
    pub sets: &'static [&'static str],
    /// The field that identifies an event.
    pub id_field: &'static str,
    /// The field that orders events of the same time.
    pub tiebreaker: Option<&'static str>,
}

const ENDGAME: Data = Data {
    sets: &["endgame-140"],
    id_field: "serial_event_id",
    tiebreaker: Some("serial_event_id"),
};

/// Which file's cases search which data.
const FILES: &[(&str, Data)] = &[
    ("additional_test_queries", ENDGAME),
    ("test_extra", sequenced(&["extra"])),
    ("test_missing_events", sequenced(&["missing-events"])),
    ("test_queries", ENDGAME),
    ("test_queries_date", ENDGAME),
    ("test_queries_date_nanos", Data { sets: &["endgame-140-nanos"], ..ENDGAME }),
    ("test_sample", sampled(&["sample1", "sample2", "sample3"])),
    ("test_sample_multi", sampled(&["sample-multi"])),
];

/// Cases that have no meaning here, because they need shards that fail.
const LEFT_OUT: &[&str] = &["test_failing_shards"];

const fn sequenced(sets: &'static [&'static str]) -> Data {
    Data { sets, id_field: "sequence", tiebreaker: Some("sequence") }
}

const fn sampled(sets: &'static [&'static str]) -> Data {
    Data { sets, id_field: "id", tiebreaker: None }
}

/// What a case is without a `size` of its own.
const SIZE_DEFAULT: usize = 50;

#[derive(Deserialize)]
struct CaseFile {
    queries: Vec<RawCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    name: String,
    query: String,
    expected_event_ids: Ids,
    join_keys: Option<Vec<String>>,
    size: Option<usize>,
    max_samples_per_key: Option<usize>,
    // Remarks for people.
    #[serde(rename = "note")]
    _note: Option<String>,
    #[serde(rename = "notes")]
    _notes: Option<String>,
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(rename = "tags")]
    _tags: Option<toml::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Ids {
    One(Vec<i64>),
    Alternatives(Vec<Vec<i64>>),
}

/// Every case under `corpus`, in the order of the files' names.
///
/// # Panics
/// When a file cannot be read, or is one of which nothing is known.
#[track_caller]
pub fn load(corpus: &Path) -> Vec<Case> {
    let files = files::with_extension(&corpus.join("cases"), "toml")
        .unwrap_or_else(|error| panic!("{error}"));
    let mut cases = Vec::new();
    for path in files {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if LEFT_OUT.contains(&stem.as_str()) {
            continue;
        }
        let data = FILES.iter().find(|(name, _)| *name == stem).map(|(_, data)| *data);
        let data = data
            .unwrap_or_else(|| panic!("{}: no data set is known for this file", path.display()));
        cases.extend(read(&path, &stem, data).unwrap_or_else(|error| panic!("{error}")));
    }
    cases
}

fn read(path: &Path, file: &str, data: Data) -> Result<Vec<Case>, String> {
    let parsed: CaseFile = toml::from_str(&files::text(path)?)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(parsed.queries.into_iter().map(|raw| case(raw, file, data)).collect())
}

fn case(raw: RawCase, file: &str, data: Data) -> Case {
    Case {
        file: file.to_owned(),
        name: raw.name,
        query: raw.query.trim().to_owned(),
        expected: match raw.expected_event_ids {
            Ids::One(ids) => vec![ids],
            Ids::Alternatives(lists) => lists,
        },
        join_keys: raw.join_keys,
        size: raw.size.unwrap_or(SIZE_DEFAULT),
        max_samples_per_key: raw.max_samples_per_key.unwrap_or(1),
        data,
    }
}

/// A data set as files that `brokerwatch query --source NAME=PATH --schema NAME=FILE` reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSet {
    /// The events, one JSON object a line.
    pub events: PathBuf,
    /// The field types, as an Elasticsearch mapping.
    pub mapping: PathBuf,
}

/// Writes the data set `name` of `corpus` into `dir`.
///
/// `keyword` is the type of the fields that the corpus leaves open; both `keyword` and `wildcard` must give the same answers.
///
/// # Panics
/// When the data set cannot be read or written.
#[track_caller]
pub fn write_dataset(corpus: &Path, name: &str, keyword: &str, dir: &Path) -> DataSet {
    try_write_dataset(corpus, name, keyword, dir).unwrap_or_else(|error| panic!("{error}"))
}

fn try_write_dataset(
    corpus: &Path,
    name: &str,
    keyword: &str,
    dir: &Path,
) -> Result<DataSet, String> {
    let data = corpus.join("data");
    let set = DataSet {
        events: dir.join(format!("{name}.ndjson")),
        mapping: dir.join(format!("{name}.mapping.json")),
    };
    // The data with nanoseconds has a mapping of its own and no events of its own.
    let source = data.join(format!("{}.data", name.trim_end_matches("-nanos")));
    files::write(
        &set.events,
        &events(&files::text(&source)?, name).map_err(|why| format!("{name}: {why}"))?,
    )?;
    let mapping = files::text(&data.join(format!("{name}.mapping")))?;
    files::write(
        &set.mapping,
        &without(&mapping, "#").replace("[runtime_random_keyword_type]", keyword),
    )?;
    Ok(set)
}

/// The events of a data file, one a line, with `@timestamp` where the data set computes it.
fn events(text: &str, name: &str) -> Result<String, String> {
    let events: Vec<Map<String, Value>> =
        serde_json::from_str(&without(text, "//")).map_err(|error| error.to_string())?;
    let mut lines = String::new();
    for mut event in events {
        if let Some(time) = time(&event, name)? {
            event.insert("@timestamp".to_owned(), time);
        }
        lines.push_str(&Value::Object(event).to_string());
        lines.push('\n');
    }
    Ok(lines)
}

/// What `@timestamp` is to be, for the data sets that have only a `timestamp`.
fn time(event: &Map<String, Value>, name: &str) -> Result<Option<Value>, String> {
    let nanos = match name {
        "endgame-140" => false,
        "endgame-140-nanos" => true,
        _ => return Ok(None),
    };
    let ticks = event.get("timestamp").and_then(Value::as_i64);
    let ticks = ticks.ok_or("an event without a whole number as `timestamp`")?;
    if !nanos {
        return Ok(Some(Value::from(epoch_milliseconds(ticks))));
    }
    Ok(Some(Value::from(nanosecond_time(ticks)?)))
}

/// A Windows file time (100 ns since 1601) as milliseconds since 1970.
fn epoch_milliseconds(file_time: i64) -> i64 {
    file_time / 10_000 - 11_644_473_600_000
}

/// Digits of which the first twelve are milliseconds since 1970 and the rest a fraction of one.
fn nanosecond_time(digits: i64) -> Result<String, String> {
    let text = digits.to_string();
    let (Some(milliseconds), Some(fraction)) = (text.get(..12), text.get(12..)) else {
        return Err(format!("`timestamp` {digits} has fewer than twelve digits"));
    };
    let nanoseconds = format!("{milliseconds}{fraction:0<6.6}");
    let time = nanoseconds.parse().map_err(|error| format!("{error}"));
    let time =
        time.and_then(|n: i128| Timestamp::from_nanosecond(n).map_err(|error| error.to_string()))?;
    Ok(time.to_string())
}

/// The text without the lines that begin, after blanks, with `marker`.
fn without(text: &str, marker: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with(marker)).fold(
        String::new(),
        |mut kept, line| {
            kept.push_str(line);
            kept.push('\n');
            kept
        },
    )
}

/// One constant expression with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitCase {
    /// The section of the file, which names the function.
    pub section: String,
    /// The expression, trimmed.
    pub expression: String,
    /// What it must give.
    pub expected: UnitExpected,
}

/// What a constant expression must give.
#[derive(Debug, Clone, PartialEq)]
pub enum UnitExpected {
    /// A value: a text, a number or a truth value.
    Value(Value),
    /// Null.
    Null,
    /// An error, before any event is read.
    Refused,
}

#[derive(Deserialize)]
struct UnitSection {
    fold: Option<UnitTests>,
    verifier: Option<Failures>,
    tests: Option<Vec<RawUnit>>,
}

#[derive(Deserialize)]
struct UnitTests {
    tests: Vec<RawUnit>,
}

#[derive(Deserialize)]
struct Failures {
    failures: Vec<RawUnit>,
}

#[derive(Deserialize)]
struct RawUnit {
    expression: String,
    expected: Option<Value>,
}

/// The constant expressions under `corpus`, without those that tell of the older engine only.
///
/// # Panics
/// When a file cannot be read.
#[track_caller]
pub fn unit_cases(corpus: &Path) -> Vec<UnitCase> {
    let read = |path: PathBuf| -> Result<Vec<UnitCase>, String> {
        let sections: BTreeMap<String, UnitSection> = toml::from_str(&files::text(&path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(sections.into_iter().flat_map(|(name, section)| units(&name, section)).collect())
    };
    let files = files::with_extension(&corpus.join("cases-unit"), "toml");
    let cases = files.and_then(|files| files.into_iter().map(read).collect::<Result<Vec<_>, _>>());
    let mut cases = cases.unwrap_or_else(|error| panic!("{error}")).concat();
    cases.retain(|case| !tells_of_the_older_engine(case));
    cases
}

fn units(name: &str, section: UnitSection) -> Vec<UnitCase> {
    let valued = section.fold.map(|fold| fold.tests).into_iter().chain(section.tests).flatten();
    let valued = valued.map(|raw| {
        let expected = raw.expected.map_or(UnitExpected::Null, UnitExpected::Value);
        (raw.expression, expected)
    });
    let refused = section.verifier.map(|verifier| verifier.failures).into_iter().flatten();
    let refused = refused.map(|raw| (raw.expression, UnitExpected::Refused));
    valued
        .chain(refused)
        .map(|(expression, expected)| UnitCase {
            section: name.to_owned(),
            expression: expression.trim().to_owned(),
            expected,
        })
        .collect()
}

/// Whether a case of `between` has an empty left text or one that is not found: there the cases say what an older engine did.
fn tells_of_the_older_engine(case: &UnitCase) -> bool {
    if case.section != "between" {
        return false;
    }
    // The corpus's `between` texts have no escapes, so every second piece is the inside of a text.
    let texts: Vec<&str> = case.expression.split('"').skip(1).step_by(2).collect();
    let &[source, left, right] = texts.as_slice() else { return false };
    left.is_empty() || !source.split_once(left).is_some_and(|(_, rest)| rest.contains(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_there() {
        let Some(corpus) = crate::shared("corpora/eql") else { return };
        let cases = load(&corpus);
        // The README counts 151, of which three need failing shards.
        assert_eq!(cases.len(), 148);
        let of = |name: &str| cases.iter().find(|case| case.name == name).unwrap();
        assert_eq!(of("simpleQueryEqual").query, "process where serial_event_id == 1");
        assert_eq!(of("simpleQueryEqual").expected, [[1]]);
        assert_eq!(of("simpleQueryEqual").size, 50);
        assert_eq!(of("missingInBetween_noMatches_head").expected, [[1, -1, 2]]);
        assert_eq!(of("anyRulesWithOneDifferentNameKey").expected.len(), 2);
        assert_eq!(of("twoSamplesPerKeyOutOfThree_optional").max_samples_per_key, 2);
        assert_eq!(of("filterOnDateNanosWithMillis").data.sets, ["endgame-140-nanos"]);
    }

    #[test]
    fn every_data_set_can_be_written() {
        let Some(corpus) = crate::shared("corpora/eql") else { return };
        let dir = tempfile::tempdir().unwrap();
        for name in FILES.iter().flat_map(|(_, data)| data.sets) {
            let set = write_dataset(&corpus, name, "wildcard", dir.path());
            let events = files::text(&set.events).unwrap();
            assert!(5 < events.lines().count(), "{name}");
            assert!(
                events.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()),
                "{name}"
            );
            let mapping: Value = serde_json::from_str(&files::text(&set.mapping).unwrap()).unwrap();
            assert!(!mapping.to_string().contains("runtime_random"), "{name}");
        }
    }

    #[test]
    fn comment_lines_go_and_times_come() {
        let text = "[\n  // note\n {\"timestamp\": 116444736000000000}]";
        let expected = "{\"timestamp\":116444736000000000,\"@timestamp\":0}\n";
        assert_eq!(events(text, "endgame-140").unwrap(), expected);
        assert_eq!(nanosecond_time(131_485_996_510_000_000).unwrap(), "1974-03-02T19:53:16.51Z");
        assert_eq!(
            nanosecond_time(131_485_996_510_123_456).unwrap(),
            "1974-03-02T19:53:16.510123456Z"
        );
        assert!(nanosecond_time(7).is_err());
        assert!(events("[{}]", "endgame-140").is_err());
        assert_eq!(events("[{\"a\": 1}]", "extra").unwrap(), "{\"a\":1}\n");
    }

    #[test]
    fn unit_cases_leave_out_the_older_engine() {
        let Some(corpus) = crate::shared("corpora/eql") else { return };
        let cases = unit_cases(&corpus);
        // 46 in the file, three of them about texts that `between` does not find.
        assert_eq!(cases.len(), 43);
        let between: Vec<_> = cases.iter().filter(|case| case.section == "between").collect();
        assert_eq!(between.len(), 1);
        assert_eq!(between[0].expected, UnitExpected::Null);
        let refused = cases.iter().filter(|case| case.expected == UnitExpected::Refused);
        assert_eq!(refused.count(), 6);
    }
}
