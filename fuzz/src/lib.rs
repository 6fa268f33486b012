//! The doors through which foreign bytes and text come in, each as a function that asserts what must hold whatever comes.
//!
//! The fuzz targets call these functions, and so does a test of the product with a fixed set of inputs. None of them may
//! panic for any reason but a broken promise.

mod sources;

use brokerwatch_detect::{Conditions, Matcher};
use brokerwatch_ecs::{Event, Origin, Projection, Schema};
use brokerwatch_eql::lower::{self, Query, Settings};
use brokerwatch_esql::dry;
use brokerwatch_esql::patterns::{Dissect, Grok};
use brokerwatch_expr::pattern::lucene::Regex;
use brokerwatch_expr::pattern::wildcard::WildcardSet;
use brokerwatch_expr::pattern::{Case, naive};
use brokerwatch_expr::{Diagnostic, Scratch, compile, interpret, lift};
use brokerwatch_ingest::json::{Plan, read_record};
use brokerwatch_ingest::limits::JSON_DEPTH_MAX;
use brokerwatch_ingest::readers::{Layout, Source};
use brokerwatch_ingest::{Bounds, Chunk, Reader, Records};
use brokerwatch_kql::Options;
use brokerwatch_kql::ast::Query as Search;
use brokerwatch_rules::lists::Lists;
use bumpalo::Bump;

pub use sources::source;

/// Every door with its name. The sources of telemetry have one each beside these: see [`source`].
pub static DOORS: &[(&str, fn(&[u8]))] = &[
    ("dissect", dissect),
    ("eql", eql),
    ("esql", esql),
    ("esql_plan", esql_plan),
    ("exceptions", exceptions),
    ("grok", grok),
    ("json_record", json_record),
    ("kql", kql),
    ("lists", lists),
    ("lucene", lucene),
    ("lucene_regex", lucene_regex),
    ("matcher", matcher),
    ("reader", reader),
    ("rule_file", rule_file),
    ("rule_tests", rule_tests),
    ("wildcard", wildcard),
];

/// A query: parsing ends, errors have places in the text, and formatting keeps the meaning.
pub fn eql(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let statement = match brokerwatch_eql::parse(text) {
        Ok(statement) => statement,
        Err(diagnostics) => return placed(text, &diagnostics),
    };
    let formatted = brokerwatch_eql::format(&statement);
    let again = match brokerwatch_eql::parse(&formatted) {
        Ok(again) => again,
        Err(diagnostics) => panic!("formatting broke the query: {formatted}\n{diagnostics:?}"),
    };
    assert_eq!(brokerwatch_eql::format(&again), formatted, "formatting twice differs");
    let schema = Schema::open();
    let lowered = lower::lower(&statement, &schema, &Settings::default());
    let meaning = |query: &Query| match query {
        Query::Event(condition) => condition.to_string(),
        other => format!("{} stages", stages(other)),
    };
    match (lowered, lower::lower(&again, &schema, &Settings::default())) {
        (Ok(one), Ok(other)) => {
            assert_eq!(
                meaning(&one.query),
                meaning(&other.query),
                "formatting changed the meaning"
            );
            placed(text, &one.warnings);
            if let Query::Event(condition) = &one.query {
                compiled(&lift::eql(condition), &schema);
            }
        }
        (Err(one), Err(other)) => {
            placed(text, &one);
            assert_eq!(one.len(), other.len(), "formatting changed the errors");
        }
        _ => panic!("formatting changed whether the query is right: {formatted}"),
    }
}

/// Longest query and event of the matcher's door: the obvious evaluator tries every choice of values, and its patterns
/// are slow on purpose.
const MATCHER_BYTES_MAX: usize = 400;

/// A document on the first line, and a query on the others: the compiled condition, with and without the index, says what
/// the obvious evaluator says.
pub fn matcher(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some((document, query)) = text.split_once('\n') else { return };
    if MATCHER_BYTES_MAX < document.len().max(query.len()) {
        return;
    }
    let Ok(statement) = brokerwatch_eql::parse(query) else { return };
    let schema = Schema::open();
    let settings = Settings { extensions: true, ..Settings::default() };
    let Ok(lowered) = lower::lower(&statement, &schema, &settings) else { return };
    let Query::Event(condition) = &lowered.query else { return };
    let condition = lift::eql(condition);
    let (mut conditions, mut projection) = (Conditions::default(), Projection::new());
    if conditions.add(&condition, &mut projection, &schema).is_err() {
        return;
    }
    let (plan, arena) = (Plan::new(&projection), Bump::new());
    let mut event = Event::new(&projection);
    event.reset(document.as_bytes(), Origin::default());
    if read_record(document.as_bytes(), &plan, &arena, &mut event).is_err() {
        return;
    }
    let scratch = Scratch::new();
    let expected = interpret::condition(&condition, &event, &projection, &scratch);
    let mut matcher = Matcher::new(&conditions);
    let (mut indexed, mut every) = (false, false);
    let failure = matcher.run(&event, |_, _| indexed = true);
    let same = matcher.run_every(&event, |_, _| every = true);
    assert_eq!((indexed, &failure), (every, &same), "the index changes the answer");
    // A computation that fails ends the query, and what it says then means nothing.
    if failure.is_none() && scratch.take_failure().is_none() {
        assert_eq!(indexed, expected, "the compiled condition differs from the obvious one");
    }
}

fn stages(query: &Query) -> usize {
    match query {
        Query::Event(_) => 1,
        Query::Sequence(sequence) => sequence.stages.len(),
        Query::Sample(stages) => stages.len(),
    }
}

/// A query in ES|QL: parsing ends, errors have places in the text, and formatting keeps the tree.
pub fn esql(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let statement = match brokerwatch_esql::parse(text) {
        Ok(statement) => statement,
        Err(diagnostics) => {
            assert!(!diagnostics.is_empty(), "a query that does not read says why");
            return placed(text, &diagnostics);
        }
    };
    let formatted = brokerwatch_esql::format(&statement);
    match brokerwatch_esql::parse(&formatted) {
        Ok(again) => assert_eq!(again, statement, "formatting changed the query: {formatted}"),
        Err(diagnostics) => panic!("formatting broke the query: {formatted}\n{diagnostics:?}"),
    }
}

/// A query in ES|QL over the fields of ECS that it names: its names and types are settled, or all that is wrong has places
/// in the text.
pub fn esql_plan(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(statement) = brokerwatch_esql::parse(text) else { return };
    let columns: Vec<_> = dry::ecs_columns().filter(|column| text.contains(&column.name)).collect();
    if let Err(diagnostics) = dry::settle(text, &statement, &columns) {
        assert!(!diagnostics.is_empty(), "a query that does not fit says why");
        placed(text, &diagnostics);
    }
}

/// A query in KQL.
pub fn kql(bytes: &[u8]) {
    search(bytes, brokerwatch_kql::parse_kql);
}

/// A query string of Lucene.
pub fn lucene(bytes: &[u8]) {
    search(bytes, brokerwatch_kql::parse_lucene);
}

/// A search: parsing ends, errors have places in the text, formatting keeps the meaning, and what it means compiles or
/// says why not.
fn search(bytes: &[u8], parse: fn(&str) -> Result<Search, Vec<Diagnostic>>) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let query = match parse(text) {
        Ok(query) => query,
        Err(diagnostics) => {
            assert!(!diagnostics.is_empty(), "a query that does not read says why");
            return placed(text, &diagnostics);
        }
    };
    let formatted = brokerwatch_kql::format(&query);
    match parse(&formatted) {
        Ok(again) => {
            assert_eq!(brokerwatch_kql::format(&again), formatted, "formatting twice differs");
        }
        Err(diagnostics) => panic!("formatting broke the query: {formatted}\n{diagnostics:?}"),
    }
    let schema = Schema::open();
    match brokerwatch_kql::lower(&query, &schema, &Options::default()) {
        Ok(lowered) => {
            placed(text, &lowered.warnings);
            compiled(&lift::eql(&lowered.condition), &schema);
        }
        Err(diagnostics) => placed(text, &diagnostics),
    }
}

/// A pattern of DISSECT on the first line, and texts on the others: each key has a value wherever the pattern matches.
pub fn dissect(bytes: &[u8]) {
    let Some((pattern, texts)) = pattern_and_texts(bytes) else { return };
    let Ok(dissect) = Dissect::parse(pattern, "+") else { return };
    for text in texts {
        if let Some(values) = dissect.matches(text) {
            assert_eq!(values.len(), dissect.keys().len(), "{pattern:?} {text:?}");
        }
    }
}

/// A pattern of GROK on the first line, and texts on the others: searching ends, and each column has its values.
pub fn grok(bytes: &[u8]) {
    let Some((pattern, texts)) = pattern_and_texts(bytes) else { return };
    let Ok(grok) = Grok::parse(&[pattern]) else { return };
    for text in texts {
        if let Some(columns) = grok.matches(text, &mut |_| {}) {
            assert_eq!(columns.len(), grok.outputs().len(), "{pattern:?} {text:?}");
        }
    }
}

/// Compiles every leaf; a leaf may be refused, but only with a diagnostic.
fn compiled(condition: &lift::Condition, schema: &Schema) {
    match condition {
        lift::Condition::Constant(_) => {}
        lift::Condition::Not(part) => compiled(part, schema),
        lift::Condition::And(parts) | lift::Condition::Or(parts) => {
            parts.iter().for_each(|part| compiled(part, schema));
        }
        lift::Condition::Leaf(leaf) => {
            let _ = compile::leaf(leaf, &mut Projection::new(), schema);
        }
    }
}

/// Every finding has a place in the text, between characters, so that it can be shown.
fn placed(text: &str, diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        for (span, _) in &diagnostic.labels {
            assert!(text.get(span.range()).is_some(), "{diagnostic:?} has no place in {text:?}");
        }
        assert!(!diagnostic.message.is_empty(), "{diagnostic:?}");
    }
}

/// A rule file: it loads, or says why at places in the file.
pub fn rule_file(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match brokerwatch_rules::load("rule.toml", text) {
        Ok(rule) => placed(text, &rule.warnings),
        Err(diagnostics) => {
            assert!(!diagnostics.is_empty(), "a file that does not load says why");
            placed(text, &diagnostics);
        }
    }
}

/// A page of tests beside a rule: it reads, or says why at places in the page.
pub fn rule_tests(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(diagnostics) = brokerwatch_rules::rule_tests::read("rule.tests.md", text) {
        assert!(!diagnostics.is_empty(), "a page that does not read says why");
        placed(text, &diagnostics);
    }
}

/// A file of exceptions: it loads, or says why at places in the file.
pub fn exceptions(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(diagnostics) =
        brokerwatch_rules::exceptions::load("exceptions.toml", text, &|_, _| None)
    {
        assert!(!diagnostics.is_empty(), "a file that does not load says why");
        placed(text, &diagnostics);
    }
}

/// A list, and the same text as the file of a site: it loads, or says why at places in the file.
pub fn lists(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(diagnostics) = brokerwatch_rules::lists::load("list.toml", text) {
        assert!(!diagnostics.is_empty(), "a list that does not load says why");
        placed(text, &diagnostics);
    }
    if let Err(diagnostics) =
        brokerwatch_rules::lists::site("brokerwatch.toml", text, &Lists::default())
    {
        assert!(!diagnostics.is_empty(), "a file of a site that does not load says why");
        placed(text, &diagnostics);
    }
}

/// One record: an object that another parser reads is read, and whatever is read is JSON.
pub fn json_record(bytes: &[u8]) {
    let schema = Schema::open();
    let mut projection = Projection::new();
    for name in FIELDS {
        projection.want(name, &schema);
    }
    let plan = Plan::new(&projection);
    let arena = Bump::new();
    let mut event = Event::new(&projection);
    event.reset(bytes, Origin { offset_bytes: 0, line: 1 });
    let read = read_record(bytes, &plan, &arena, &mut event);
    if let Err(error) = &read {
        assert!(error.at <= bytes.len(), "{error:?} is past the end");
    }
    // Nesting is bounded in both, but not counted the same way.
    let brackets = bytes.iter().filter(|byte| matches!(byte, b'{' | b'[')).count();
    if JSON_DEPTH_MAX - 1 <= brackets {
        return;
    }
    match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(bytes) {
        Ok(_) => assert!(read.is_ok(), "{read:?} where serde_json reads an object"),
        // Half of a surrogate pair is read here, as it stands in the telemetry of Windows; so is a number that no double
        // holds.
        Err(_) if bytes.windows(3).any(|part| part.eq_ignore_ascii_case(b"\\ud")) => {}
        Err(error) if error.to_string().starts_with("number out of range") => {}
        Err(error) => assert!(read.is_err(), "read where serde_json says {error}"),
    }
}

/// Fields of every type, nested and not.
const FIELDS: &[&str] = &[
    "@timestamp",
    "event.category",
    "process.name",
    "process.args",
    "process.pid",
    "process.interactive",
    "source.ip",
    "host.cpu.usage",
    "a",
    "a.b",
];

/// A whole input: reading ends, memory is bounded, records lie inside their chunk, and places only move on.
pub fn reader(bytes: &[u8]) {
    let input = Box::new(std::io::Cursor::new(bytes.to_vec()));
    let Ok(mut reader) = Reader::open_within(input, SMALL) else { return };
    let mut chunk = Chunk::default();
    let mut last = None;
    while let Ok(true) = reader.next_chunk(&mut chunk) {
        sources::held(&chunk, SMALL);
        // The lines of one event lie among those of others, and each member of an archive has places of its own.
        let is_joined = matches!(chunk.source, Some(Source { layout: Layout::Joined(_), .. }));
        if is_joined || chunk.member.is_some() {
            continue;
        }
        let place = (chunk.origin.offset_bytes, chunk.origin.line);
        assert!(last <= Some(place), "the chunk at {place:?} lies before {last:?}");
        last = Some(place);
        let Records::Spans(records) = &chunk.records else { continue };
        for record in records {
            let place = (record.origin.offset_bytes, record.origin.line);
            assert!(last <= Some(place), "{record:?} lies before {last:?}");
            last = Some(place);
        }
    }
}

/// Bounds that short inputs reach.
const SMALL: Bounds = Bounds { block_bytes: 512, record_bytes_max: 2048 };

/// Regular expressions in both dialects. The first line is the expression; the rest are texts, and on each the engine
/// says what the slow twin says.
pub fn lucene_regex(bytes: &[u8]) {
    let Some((pattern, texts)) = pattern_and_texts(bytes) else { return };
    let dialects: [(fn(&str, Case) -> _, fn(&str, &str, Case) -> _); 2] =
        [(Regex::lucene, naive::naive_lucene), (Regex::java, naive::naive_java)];
    for (compile, slow) in dialects {
        for case in CASES {
            let Ok(regex) = compile(pattern, case) else { continue };
            // The twin takes time that grows with the text; long ones are for the engine alone.
            for text in &texts {
                let found = regex.is_match(text);
                if pattern.len() <= 40 && text.len() <= 20 {
                    assert_eq!(
                        Ok(found),
                        slow(pattern, text, case),
                        "{pattern:?} {text:?} {case:?}"
                    );
                }
            }
        }
    }
}

/// Wildcards. The first line is patterns with `,` between them; the rest are texts, and on each the set says what the
/// slow twin says of its patterns.
pub fn wildcard(bytes: &[u8]) {
    let Some((patterns, texts)) = pattern_and_texts(bytes) else { return };
    let patterns: Vec<String> = patterns.split(',').map(str::to_owned).collect();
    for case in CASES {
        let set = WildcardSet::new(&patterns, case);
        for text in &texts {
            let expected =
                patterns.iter().any(|pattern| naive::naive_wildcard(pattern, text, case));
            assert_eq!(set.is_match(text), expected, "{patterns:?} {text:?} {case:?}");
        }
    }
}

const CASES: [Case; 3] = [Case::Sensitive, Case::Ascii, Case::Unicode];

/// The first line, and the lines after it.
fn pattern_and_texts(bytes: &[u8]) -> Option<(&str, Vec<&str>)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (pattern, texts) = text.split_once('\n')?;
    Some((pattern, texts.split('\n').take(20).collect()))
}
