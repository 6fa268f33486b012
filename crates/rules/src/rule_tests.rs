//! Tests beside a rule: a page `NAME.tests.md` that says, section by section, on what the rule `NAME.toml` fires.
//!
//! The words are for people and are required: a test that does not say why it is there is refused. Every problem of a
//! page is told with its place, all at once. Nothing is run here; docs/testing-rules.md is the guide to the format.

use brokerwatch_expr::{Diagnostic, Span};
use serde_json::{Map, Value};

use crate::report::Report;
use crate::{codes, limits};

mod merge;
pub(crate) mod page;
mod words;

use merge::{merged, object};
use page::{Block, Item, Page};
use words::Words;

/// What the name of a page ends in, behind the name of its rule.
pub const EXTENSION: &str = ".tests.md";

/// The tests of one rule.
#[derive(Debug, Clone)]
pub struct TestsFile {
    /// Where the page came from, as the caller named it.
    pub path: String,
    /// The whole page, so that a later finding can show its place.
    pub text: String,
    /// The tests, in order.
    pub tests: Vec<RuleTest>,
    /// Changes of the rule that change nothing, each with the reason.
    pub equivalents: Vec<Equivalent>,
}

/// One test: telemetry, and what the rule must say of it.
#[derive(Debug, Clone)]
pub struct RuleTest {
    /// The heading.
    pub title: String,
    /// Why it must be so: the words of the section.
    pub why: String,
    /// The heading's line, from 1.
    pub line: usize,
    /// Where the heading stands.
    pub span: Span,
    /// What is read, in order; never empty.
    pub telemetry: Vec<Telemetry>,
    /// Indicators of an indicator match rule.
    pub indicators: Vec<IndicatorBlock>,
    /// How many alerts must come; 0 is silence. The building blocks of a sequence do not count.
    pub alerts: usize,
    /// The line of the expectation, from 1.
    pub expected_line: usize,
    /// Parts of alerts, each of a different one.
    pub parts: Vec<AlertPart>,
}

/// A piece of telemetry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Telemetry {
    /// Documents of ECS with the page's base in them, one a line. Empty lines stand before them, so that each document
    /// has the number of its line in the page.
    Events(String),
    /// Records of any source as they are.
    Raw {
        /// The first line of the block, from 1.
        line: usize,
        /// The records.
        text: String,
    },
    /// A file of the pack.
    File {
        /// Where the block begins.
        span: Span,
        /// Its path, relative to the page.
        path: String,
        /// A condition of EQL that chooses events of it.
        filter: Option<String>,
    },
}

/// Indicators under the name of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndicatorBlock {
    /// The index.
    pub index: String,
    /// A document of ECS each.
    pub records: Vec<String>,
}

/// A part of an alert that must come.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertPart {
    /// Its line, from 1.
    pub line: usize,
    /// The fields by their dotted names; null stands for a field that must be missing.
    pub fields: Map<String, Value>,
}

/// A change of the rule that makes no difference, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equivalent {
    /// The change, as `brokerwatch test --mutate` shows it.
    pub change: String,
    /// Why it makes none.
    pub why: String,
    /// Its line, from 1.
    pub line: usize,
    /// Where it stands.
    pub span: Span,
}

/// Reads a page; gives everything that is wrong with it.
pub fn read(path: &str, text: &str) -> Result<TestsFile, Vec<Diagnostic>> {
    if limits::FILE_BYTES_MAX < text.len() {
        let message = format!(
            "the page has {} bytes, more than the {} that a page of tests may have",
            text.len(),
            limits::FILE_BYTES_MAX
        );
        return Err(vec![Diagnostic::error(codes::FILE_TOO_LONG, Span::default(), message)]);
    }
    let report = Report::new(text);
    let mut reader = Reader {
        report: &report,
        base: Map::new(),
        open: None,
        tests: Vec::new(),
        equivalents: Vec::new(),
    };
    for item in Page::new(text) {
        reader.item(item);
    }
    reader.close();
    let Reader { tests, equivalents, .. } = reader;
    if tests.is_empty() && !report.has_errors() {
        let found = Diagnostic::error(codes::TEST_INCOMPLETE, Span::default(), "no test");
        report.add(found.help("each section `## ...` with events and an expectation is one"));
    }
    if report.has_errors() {
        return Err(report.into_diagnostics());
    }
    Ok(TestsFile { path: path.to_owned(), text: text.to_owned(), tests, equivalents })
}

/// The state of a page while it is read.
struct Reader<'r, 't> {
    report: &'r Report<'t>,
    /// What every event of the page has, by dotted names.
    base: Map<String, Value>,
    /// The section that is open.
    open: Option<Section>,
    tests: Vec<RuleTest>,
    equivalents: Vec<Equivalent>,
}

/// A test as far as it is read.
struct Section {
    test: RuleTest,
    expected: bool,
    parts_span: Option<Span>,
    /// Whether something in it could not be read, so that what it lacks is no news.
    broken: bool,
}

impl Reader<'_, '_> {
    fn item(&mut self, item: Item<'_>) {
        match item {
            Item::Heading { level: 1, .. } => {}
            Item::Heading { level: 2, title, line, span } => {
                self.close();
                self.section(title, line, span);
            }
            Item::Heading { title, .. } => self.words(title),
            Item::Line { text, line, span } => match text.trim().strip_prefix("Expected:") {
                Some(rest) => self.expected(rest.trim(), line, span),
                None => self.words(text),
            },
            Item::Block(block) => self.block(&block),
            Item::Unclosed { span } => self.wrong(
                codes::TEST_BLOCK,
                span,
                "a fenced block that never ends",
                "close it with a line of as many backquotes",
            ),
        }
    }

    fn wrong(&mut self, code: &'static str, span: Span, message: impl Into<String>, help: &str) {
        if let Some(section) = &mut self.open {
            section.broken = true;
        }
        self.report.add(Diagnostic::error(code, span, message).help(help));
    }

    fn section(&mut self, title: &str, line: usize, span: Span) {
        if title.is_empty() {
            self.wrong(
                codes::TEST_INCOMPLETE,
                span,
                "a test without a title",
                "write what the rule does on which events behind `##`",
            );
        }
        let same = self.tests.iter().find(|test| test.title == title);
        if let Some(first) = same {
            let message = format!("the title is that of the test in line {}", first.line);
            self.wrong(codes::TEST_INCOMPLETE, span, message, "titles tell tests apart");
        }
        let test = RuleTest {
            title: title.to_owned(),
            why: String::new(),
            line,
            span,
            telemetry: Vec::new(),
            indicators: Vec::new(),
            alerts: 0,
            expected_line: line,
            parts: Vec::new(),
        };
        self.open = Some(Section { test, expected: false, parts_span: None, broken: false });
    }

    /// Prose of a section; that above the first one is the page's.
    fn words(&mut self, text: &str) {
        let text = text.trim();
        if let Some(section) = &mut self.open
            && !text.is_empty()
        {
            let why = &mut section.test.why;
            if !why.is_empty() {
                why.push(' ');
            }
            why.push_str(text);
        }
    }

    fn expected(&mut self, text: &str, line: usize, span: Span) {
        let alerts = expectation(text);
        let Some(section) = &mut self.open else {
            return self.wrong(
                codes::TEST_EXPECTATION,
                span,
                "an expectation outside of a test",
                "a test begins with a heading `## ...`",
            );
        };
        if section.expected {
            return self.wrong(
                codes::TEST_EXPECTATION,
                span,
                "a second expectation in one test",
                "make two tests of it, each under a heading `## ...`",
            );
        }
        section.expected = true;
        section.test.expected_line = line;
        match alerts {
            Some(alerts) => section.test.alerts = alerts,
            None => self.wrong(
                codes::TEST_EXPECTATION,
                span,
                format!("`{}` is no expectation", crate::report::excerpt(text)),
                "write `Expected: silence`, `Expected: 1 alert` or `Expected: 2 alerts`",
            ),
        }
    }

    fn block(&mut self, block: &Block<'_>) {
        let words = match Words::read(block.info) {
            Ok(words) => words,
            Err(why) => {
                return self.wrong(
                    codes::TEST_BLOCK,
                    block.span,
                    why,
                    "values with blanks stand in quotes: filter='process.pid == 1'",
                );
            }
        };
        let allowed: &[&str] = match words.first {
            "events" => &["file", "filter"],
            "indicators" => &["index"],
            _ => &[],
        };
        if let Some(name) = words.unknown(allowed) {
            let message = format!("a block `{}` has no option `{name}`", words.first);
            let help = match allowed {
                [] => "remove it".to_owned(),
                allowed => format!("there are {}", allowed.join(", ")),
            };
            return self.wrong(codes::TEST_BLOCK, block.span, message, &help);
        }
        match words.first {
            "base" => self.base(block),
            "ndjson" => self.events(block),
            "raw" => self.add(block, |line, text| Telemetry::Raw { line, text }),
            "events" => self.file(block, &words),
            "indicators" => self.indicators(block, &words),
            "alerts" => self.alerts(block),
            "equivalent" => self.equivalent(block),
            prose if PROSE.contains(&prose) => {}
            other => {
                let known = format!("there are {}", BLOCKS.join(", "));
                let message = format!("unknown kind of block `{other}`");
                self.wrong(codes::TEST_BLOCK, block.span, message, &known);
            }
        }
    }

    fn base(&mut self, block: &Block<'_>) {
        if self.open.is_some() || !self.base.is_empty() {
            return self.wrong(
                codes::TEST_BLOCK,
                block.span,
                "a page has one base, above its tests",
                "move it above the first `##`, or write the fields into the events",
            );
        }
        match object(block.text) {
            Ok(base) => self.base = base,
            Err(why) => self.no_object(block.content, &why),
        }
    }

    fn no_object(&mut self, span: Span, why: &str) {
        self.wrong(
            codes::TEST_EVENTS,
            span,
            format!("no JSON object: {why}"),
            "write one object a line, such as {\"process.name\": \"mosquitto_sub\"}",
        );
    }

    /// The objects of a block, one a line, with their lines and places.
    fn objects(&mut self, block: &Block<'_>) -> Vec<(usize, Map<String, Value>)> {
        let mut found = Vec::new();
        for (line, span, text) in block.lines() {
            match object(text) {
                Ok(fields) => found.push((line, fields)),
                Err(why) => self.no_object(span, &why),
            }
        }
        found
    }

    fn events(&mut self, block: &Block<'_>) {
        if block.text.trim().is_empty() {
            return self.empty(block);
        }
        let objects = self.objects(block);
        let mut text = String::new();
        let mut at = 1;
        for (line, fields) in &objects {
            text.extend(std::iter::repeat_n('\n', line - at));
            text.push_str(&merged(&self.base, fields).to_string());
            at = *line;
        }
        text.push('\n');
        self.add(block, |_, _| Telemetry::Events(text.clone()));
    }

    fn empty(&mut self, block: &Block<'_>) {
        self.wrong(codes::TEST_EVENTS, block.span, "a block without content", "fill or remove it");
    }

    fn add(&mut self, block: &Block<'_>, make: impl Fn(usize, String) -> Telemetry) {
        if block.text.trim().is_empty() && block.info.split(' ').next() != Some("events") {
            return self.empty(block);
        }
        match &mut self.open {
            Some(section) => section.test.telemetry.push(make(block.line, block.text.to_owned())),
            None => self.wrong(
                codes::TEST_BLOCK,
                block.span,
                "events outside of a test",
                "a test begins with a heading `## ...`; what all events have is a block `base`",
            ),
        }
    }

    fn file(&mut self, block: &Block<'_>, words: &Words<'_>) {
        let Some(path) = words.get("file") else {
            return self.wrong(
                codes::TEST_BLOCK,
                block.span,
                "events without a file",
                "name it: events file=../matrix/mqtt.ndjson",
            );
        };
        if !block.text.trim().is_empty() {
            return self.wrong(
                codes::TEST_BLOCK,
                block.span,
                "events of a file have no text of their own",
                "write events into a block `ndjson` or `raw`",
            );
        }
        let (span, path) = (block.span, path.to_owned());
        let filter = words.get("filter").map(str::to_owned);
        self.add(block, |_, _| Telemetry::File {
            span,
            path: path.clone(),
            filter: filter.clone(),
        });
    }

    fn indicators(&mut self, block: &Block<'_>, words: &Words<'_>) {
        let objects = self.objects(block);
        let records =
            objects.into_iter().map(|(_, fields)| Value::Object(fields).to_string()).collect();
        match (&mut self.open, words.get("index")) {
            (Some(section), Some(index)) => {
                section.test.indicators.push(IndicatorBlock { index: index.to_owned(), records });
            }
            (None, _) => self.wrong(
                codes::TEST_BLOCK,
                block.span,
                "indicators outside of a test",
                "a test begins with a heading `## ...`",
            ),
            (_, None) => self.wrong(
                codes::TEST_BLOCK,
                block.span,
                "indicators without an index",
                "name the index that the rule searches: indicators index=threat-intel",
            ),
        }
    }

    fn alerts(&mut self, block: &Block<'_>) {
        let objects = self.objects(block);
        let Some(section) = &mut self.open else {
            return self.wrong(
                codes::TEST_BLOCK,
                block.span,
                "alerts outside of a test",
                "a test begins with a heading `## ...`",
            );
        };
        section.parts_span.get_or_insert(block.span);
        let parts = objects.into_iter().map(|(line, fields)| AlertPart { line, fields });
        section.test.parts.extend(parts);
    }

    /// Changes and their reasons, a line each, the reason behind `Why:`.
    fn equivalent(&mut self, block: &Block<'_>) {
        let mut open: Option<(usize, Span, String)> = None;
        for (line, span, text) in block.lines() {
            let text = text.trim();
            match (text.strip_prefix("Why:").map(str::trim), open.take()) {
                (Some(why), Some((line, span, change))) if !why.is_empty() => {
                    let why = why.to_owned();
                    self.equivalents.push(Equivalent { change, why, line, span });
                }
                (None, None) => open = Some((line, span, text.to_owned())),
                (None, Some((line, first, change))) => {
                    open = Some((line, first.to(span), format!("{change} {text}")));
                }
                (Some(_), _) => self.wrong(
                    codes::TEST_BLOCK,
                    span,
                    "a reason without a change, or an empty one",
                    "write the change as `brokerwatch test --mutate` shows it, then a line `Why: ...`",
                ),
            }
        }
        if let Some((_, span, _)) = open {
            self.wrong(
                codes::TEST_BLOCK,
                span,
                "a change without a reason",
                "write a line `Why: ...` below it",
            );
        }
    }

    /// Ends the section: what it lacks is told.
    fn close(&mut self) {
        let Some(section) = self.open.take() else { return };
        let Section { test, expected, parts_span, broken } = section;
        if !broken {
            self.lacks(&test, expected, parts_span);
        }
        self.tests.push(test);
    }

    fn lacks(&mut self, test: &RuleTest, expected: bool, parts: Option<Span>) {
        if test.why.is_empty() {
            self.wrong(
                codes::TEST_INCOMPLETE,
                test.span,
                "a test that does not say why",
                "write a sentence below the heading: why the rule must fire here, or must not",
            );
        }
        if test.telemetry.is_empty() {
            self.wrong(
                codes::TEST_INCOMPLETE,
                test.span,
                "a test without events",
                "add a block `ndjson`, `raw`, or `events file=...`",
            );
        }
        if !expected {
            self.wrong(
                codes::TEST_INCOMPLETE,
                test.span,
                "a test without an expectation",
                "add a line `Expected: silence` or `Expected: 1 alert`",
            );
        }
        if let Some(span) = parts
            && expected
            && test.alerts < test.parts.len()
        {
            let message =
                format!("{} alerts are described and {} expected", test.parts.len(), test.alerts);
            let help = "each line describes another alert: raise the number, or remove lines";
            self.wrong(codes::TEST_EXPECTATION, span, message, help);
        }
    }
}

/// The blocks that mean something.
const BLOCKS: &[&str] = &["base", "ndjson", "raw", "events", "indicators", "alerts", "equivalent"];

/// The blocks that belong to the words of the page.
const PROSE: &[&str] = &[
    "", "text", "console", "sh", "json", "toml", "eql", "esql", "kql", "lucene", "yaml", "markdown",
];

/// The number of alerts that is expected.
fn expectation(text: &str) -> Option<usize> {
    let text = text.trim_end_matches('.');
    if text == "silence" {
        return Some(0);
    }
    let (number, thing) = text.split_once(' ')?;
    let number: usize = number.parse().ok()?;
    let agrees = match number {
        0 => false,
        1 => thing == "alert",
        _ => thing == "alerts",
    };
    agrees.then_some(number)
}

#[cfg(test)]
mod tests;
