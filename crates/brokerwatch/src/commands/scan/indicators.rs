//! Indicators for indicator match rules: files with one document of ECS a line, and tables in CSV.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use brokerwatch_detect::{Indicators, Matcher, RuleSet};
use brokerwatch_ecs::{Event, Origin, Timestamp, date};
use brokerwatch_ingest::document;
use brokerwatch_ingest::json::{Plan, RecordReader};
use brokerwatch_rules::rule_tests::IndicatorBlock;
use bumpalo::Bump;
use serde_json::{Map, Value};

use crate::report;

/// The indicators of one file.
pub(crate) struct Source {
    name: Arc<str>,
    path: PathBuf,
    /// A JSON document each.
    records: Vec<String>,
}

/// `NAME=PATH`, as a command line gives it.
pub(crate) fn named(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => {
            Ok((name.to_owned(), path.into()))
        }
        _ => Err("not of the form NAME=PATH".to_owned()),
    }
}

/// Reads the files that were named.
pub(crate) fn read(named: &[(String, PathBuf)]) -> Result<Vec<Source>> {
    named
        .iter()
        .map(|(name, path)| {
            let text = super::text(path)?;
            let is_table =
                path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
            let records = if is_table { rows(path, &text)? } else { lines(&text) };
            Ok(Source { name: name.as_str().into(), path: path.clone(), records })
        })
        .collect()
}

/// Those of a page of tests, whose name stands for their path.
pub(crate) fn given(blocks: &[IndicatorBlock]) -> Vec<Source> {
    let source = |block: &IndicatorBlock| Source {
        name: block.index.as_str().into(),
        path: block.index.as_str().into(),
        records: block.records.clone(),
    };
    blocks.iter().map(source).collect()
}

fn lines(text: &str) -> Vec<String> {
    // A mark of the order of bytes is no part of the first document.
    let text = text.trim_start_matches('\u{feff}');
    text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

/// The rows of a table as documents; an empty cell is a field that is missing.
fn rows(path: &Path, text: &str) -> Result<Vec<String>> {
    let text = text.trim_start_matches('\u{feff}');
    let place = || path.display().to_string();
    let mut table = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let names = table.headers().with_context(place)?.clone();
    let mut documents = Vec::new();
    for row in table.records() {
        let row = row.with_context(place)?;
        let cells =
            names.iter().zip(&row).filter(|(name, cell)| !name.is_empty() && !cell.is_empty());
        let document: Map<String, Value> =
            cells.map(|(name, cell)| (name.to_owned(), cell.into())).collect();
        documents.push(Value::Object(document).to_string());
    }
    Ok(documents)
}

/// The time of the newest indicator, which is what `now` is for a rule that asks how old an indicator is. The time of the
/// day would be another answer for the same files on another day.
pub(crate) fn newest(sources: &[Source]) -> Option<Timestamp> {
    let records = sources.iter().flat_map(|source| &source.records);
    let times = records.filter_map(|record| {
        let document = document(record.as_bytes());
        let time = document.get("@timestamp")?.as_str()?;
        Some(date::parse(time)?.from)
    });
    times.max()
}

/// Hands the indicators to the rules, and tells what is wrong with them, and of rules that have none.
pub(crate) fn load(set: &RuleSet<'_>, sources: Vec<Source>) -> Indicators {
    let (indicators, malformed) = handed(set, sources);
    for (path, malformed) in malformed {
        report::note(&format!(
            "warning: {}: {malformed} indicators are no JSON documents",
            path.display()
        ));
    }
    if 0 < indicators.left_out() {
        report::note(&format!(
            "warning: {} indicators are past the bound and left out",
            indicators.left_out()
        ));
    }
    for (rule, own) in set.indicator_rules().filter(|(rule, _)| !indicators.has_any(*rule)) {
        report::note(&format!(
            "warning: rule `{}` cannot fire: no indicator of `{}` is given that it asks for; give some with --indicators \
             NAME=PATH",
            set.rules[rule].name,
            own.index().join(", ")
        ));
    }
    indicators
}

/// Hands the indicators to the rules, and gives for each file how many of them are no documents.
pub(crate) fn handed(set: &RuleSet<'_>, sources: Vec<Source>) -> (Indicators, Vec<(PathBuf, u64)>) {
    let mut wrong = Vec::new();
    let mut indicators = Indicators::default();
    let plan = Plan::new(&set.indicator_projection);
    let mut matcher = Matcher::new(&set.indicator_conditions);
    for source in sources {
        let mut malformed = 0_u64;
        let mut arena = Bump::new();
        for record in &source.records {
            arena.reset();
            let mut event = Event::new(&set.indicator_projection);
            event.reset(record.as_bytes(), Origin::default());
            let mut reader = RecordReader::new(&plan, false);
            if reader.read(record.as_bytes(), &arena, &mut event).is_err() {
                malformed += 1;
                continue;
            }
            let document = document(record.as_bytes());
            indicators.add(set, &mut matcher, &source.name, &event, &document);
        }
        if 0 < malformed {
            wrong.push((source.path, malformed));
        }
    }
    (indicators, wrong)
}
