//! The evasion matrix as data: a page for each technique of hiding, with telemetry that shows it and what must be said.
//!
//! A page has lines `Verdict: fires` and `Seed: Y` above its sections; each `##` section is a case with a block
//! `raw SOURCE`, and perhaps a block `history SOURCE` of what came before and a block `site` with a site's changes of lists.
//! The section `## Cannot show it` names telemetry that is blind here, and why. Every problem of a page is told with its
//! place. Nothing is run here; docs/matrix.md is the guide.

use brokerwatch_expr::{Diagnostic, Span};

use crate::report::Report;
use crate::rule_tests::page::{Block, Item, Page};
use crate::{codes, limits};

/// The folder of a pack that holds its matrix.
pub const FOLDER: &str = "matrix";

/// A technique of hiding, or a vector: one event with one field changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where the page came from, as the caller named it.
    pub path: String,
    /// The whole page, so that a later finding can show its place.
    pub text: String,
    /// The first word of the title: `E` or `V` and a number.
    pub id: String,
    /// The title behind it.
    pub title: String,
    /// What hides: the words above the first section.
    pub why: String,
    /// What a good build says of it.
    pub verdict: Verdict,
    /// What the seed must be given for it; only techniques have one.
    pub letter: Option<char>,
    /// What the seed says of a vector where a missing field makes nothing true.
    pub strict: Option<Verdict>,
    /// What the seed says of a vector as Elasticsearch translates queries.
    pub elasticsearch: Option<Verdict>,
    /// Telemetry that shows it, or an honest twin.
    pub cases: Vec<Case>,
    /// Telemetry that is blind here.
    pub blind: Vec<Blind>,
}

/// Whether something fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// At least one rule does.
    Fires,
    /// None does.
    Silent,
}

/// Telemetry of one source, and what must come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The heading.
    pub title: String,
    /// What the telemetry shows.
    pub why: String,
    /// The heading's line, from 1.
    pub line: usize,
    /// Where the heading stands.
    pub span: Span,
    /// The source: a name that `--read-as` takes, `defend` for documents of Elastic Defend, or `ecs` for others.
    pub source: String,
    /// The records.
    pub telemetry: String,
    /// What was before, for rules that remember.
    pub history: String,
    /// What the site changes: the text of a `brokerwatch.toml`.
    pub site: String,
    /// The mapping in which alone the case holds; none for both.
    pub mapping: Option<String>,
    /// Whether only rules that look at a window of time are asked.
    pub over_time: bool,
    /// What must come.
    pub expected: Verdict,
}

/// Telemetry that cannot show a technique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blind {
    /// The sources, in words.
    pub telemetry: String,
    /// Why not.
    pub reason: String,
}

/// Reads a page; gives everything that is wrong with it.
pub fn read(path: &str, text: &str) -> Result<Row, Vec<Diagnostic>> {
    if limits::FILE_BYTES_MAX < text.len() {
        let message = format!(
            "the page has {} bytes, more than the {} that a page may have",
            text.len(),
            limits::FILE_BYTES_MAX
        );
        return Err(vec![Diagnostic::error(codes::FILE_TOO_LONG, Span::default(), message)]);
    }
    let report = Report::new(text);
    let mut reader = Reader { report: &report, head: Head::default(), place: Place::Head };
    for item in Page::new(text) {
        reader.item(item);
    }
    reader.close();
    let row = reader.head.row(path, text, &report);
    match row {
        Some(row) if !report.has_errors() => Ok(row),
        _ => Err(report.into_diagnostics()),
    }
}

/// Where a reader is in its page.
enum Place {
    Head,
    Case(Box<Open>),
    Blind,
}

/// A case under reading.
struct Open {
    case: Case,
    expected: bool,
}

/// What stands above the cases, and the cases that are complete.
#[derive(Default)]
struct Head {
    title: Option<(String, Span)>,
    why: String,
    verdict: Option<Verdict>,
    letter: Option<char>,
    strict: Option<Verdict>,
    elasticsearch: Option<Verdict>,
    lab: bool,
    cases: Vec<Case>,
    blind: Vec<Blind>,
}

impl Head {
    fn row(self, path: &str, text: &str, report: &Report<'_>) -> Option<Row> {
        let lacks = |what: &str, help: &str| {
            report.add(Diagnostic::error(codes::TEST_INCOMPLETE, Span::default(), what).help(help));
        };
        let Some((title, span)) = self.title else {
            lacks("a page without a title", "begin with `# E01 What hides`");
            return None;
        };
        let (id, title) = title.split_once(' ').unwrap_or((&title, ""));
        let number = id.strip_prefix(['E', 'V']).unwrap_or_default();
        if number.len() != 2 || !number.chars().all(|c| c.is_ascii_digit()) || title.is_empty() {
            let found = Diagnostic::error(codes::TEST_INCOMPLETE, span, "a title without a number");
            report.add(found.help("begin it with E or V and two digits: `# E01 What hides`"));
        }
        if self.why.is_empty() {
            lacks("a page that does not say what hides", "write a sentence below the title");
        }
        if self.verdict.is_none() {
            lacks("a page without a verdict", "add a line `Verdict: fires` or `Verdict: silent`");
        }
        if self.cases.is_empty() {
            lacks("a page without a case", "add a section `## Source: what is seen`");
        }
        Some(Row {
            path: path.to_owned(),
            text: text.to_owned(),
            id: id.to_owned(),
            title: title.to_owned(),
            why: self.why,
            verdict: self.verdict?,
            letter: self.letter,
            strict: self.strict,
            elasticsearch: self.elasticsearch,
            cases: self.cases,
            blind: self.blind,
        })
    }
}

struct Reader<'r, 't> {
    report: &'r Report<'t>,
    head: Head,
    place: Place,
}

impl Reader<'_, '_> {
    fn item(&mut self, item: Item<'_>) {
        match item {
            Item::Heading { level: 1, title, span, .. } => {
                if self.head.title.is_some() {
                    self.wrong(span, "a page has one title", "make it a section, `##`");
                }
                self.head.title = Some((title.to_owned(), span));
            }
            Item::Heading { level: 2, title: BLIND, .. } => {
                self.close();
                self.place = Place::Blind;
            }
            Item::Heading { level: 2, title, line, span } => {
                self.close();
                self.open(title, line, span);
            }
            Item::Heading { span, .. } => {
                self.wrong(span, "a heading of a deeper level", "a page has `#` and `##` alone");
            }
            Item::Line { text, span, .. } => self.line(text.trim(), span),
            Item::Block(block) => self.block(&block),
            Item::Unclosed { span } => {
                self.wrong(span, "a block that is not closed", "close it with ```");
            }
        }
    }

    fn wrong(&self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.report.add(Diagnostic::error(codes::TEST_BLOCK, span, message).help(help));
    }

    fn open(&mut self, title: &str, line: usize, span: Span) {
        let case = Case {
            title: title.to_owned(),
            why: String::new(),
            line,
            span,
            source: String::new(),
            telemetry: String::new(),
            history: String::new(),
            site: profile(self.head.lab),
            mapping: None,
            over_time: false,
            expected: Verdict::Silent,
        };
        self.place = Place::Case(Box::new(Open { case, expected: false }));
    }

    fn line(&mut self, text: &str, span: Span) {
        if text.is_empty() {
            return;
        }
        if let Some((key, value)) = text.split_once(": ")
            && KEYS.contains(&key)
        {
            return self.key(key, value.trim(), span);
        }
        match &mut self.place {
            Place::Head => join(&mut self.head.why, text),
            Place::Case(open) => join(&mut open.case.why, text),
            Place::Blind => match text.strip_prefix("- ").and_then(|line| line.split_once(": ")) {
                Some((telemetry, reason)) => self
                    .head
                    .blind
                    .push(Blind { telemetry: telemetry.to_owned(), reason: reason.to_owned() }),
                None => self.wrong(span, "no telemetry and reason", "write `- Source: why not`"),
            },
        }
    }

    fn key(&mut self, key: &str, value: &str, span: Span) {
        let known = match (&mut self.place, key) {
            (Place::Head, "Verdict") => set(&mut self.head.verdict, verdict(value)),
            (Place::Head, "Strict") => set(&mut self.head.strict, verdict(value)),
            (Place::Head, "Elasticsearch") => set(&mut self.head.elasticsearch, verdict(value)),
            (Place::Head, "Seed") => set(&mut self.head.letter, letter(value)),
            (Place::Head, "Profile") => lab(value).is_some_and(|lab| {
                self.head.lab = lab;
                true
            }),
            (Place::Case(open), "Profile") => lab(value).is_some_and(|lab| {
                open.case.site = profile(lab);
                true
            }),
            (Place::Case(open), "Mapping") => {
                set(&mut open.case.mapping, MAPPINGS.contains(&value).then(|| value.to_owned()))
            }
            (Place::Case(open), "Asked") => {
                open.case.over_time = value == "rules over time";
                open.case.over_time
            }
            (Place::Case(open), "Expected") => {
                open.expected = true;
                match value {
                    "alert" => open.case.expected = Verdict::Fires,
                    "silence" => open.case.expected = Verdict::Silent,
                    _ => open.expected = false,
                }
                open.expected
            }
            _ => false,
        };
        if !known {
            let message = format!("`{key}: {value}` means nothing here");
            let help = "above the cases: Verdict and Strict and Elasticsearch (fires, silent), Seed (a letter), Profile \
                        (lab, standard); in a case: Expected (alert, silence), Mapping (defend, elastic), Profile, \
                        Asked (rules over time)";
            self.report.add(Diagnostic::error(codes::TEST_EXPECTATION, span, message).help(help));
        }
    }

    fn block(&mut self, block: &Block<'_>) {
        let Place::Case(open) = &mut self.place else {
            return self.wrong(block.span, "a block outside of a case", "move it below a `##`");
        };
        let text = block.text.to_owned();
        let case = &mut open.case;
        match block.info.split_whitespace().collect::<Vec<_>>()[..] {
            ["raw", source] if case.telemetry.is_empty() => {
                source.clone_into(&mut case.source);
                case.telemetry = text;
            }
            ["history", _] if case.history.is_empty() => case.history = text,
            ["site"] => case.site.push_str(&text),
            _ => {
                let message = format!("`{}` is no block of a case", block.info);
                let help =
                    "a case has one `raw SOURCE`, and perhaps a `history SOURCE` and a `site`";
                self.wrong(block.span, message, help);
            }
        }
    }

    /// Ends a case: what it lacks is told.
    fn close(&mut self) {
        let Place::Case(open) = std::mem::replace(&mut self.place, Place::Head) else { return };
        let Open { case, expected } = *open;
        let lacks = |message: &str, help: &str| {
            self.report
                .add(Diagnostic::error(codes::TEST_INCOMPLETE, case.span, message).help(help));
        };
        if case.why.is_empty() {
            lacks("a case that does not say what is seen", "write a sentence below the heading");
        }
        if case.telemetry.trim().is_empty() {
            lacks("a case without telemetry", "add a block `raw SOURCE`");
        }
        if !expected {
            lacks("a case without an expectation", "add `Expected: alert` or `Expected: silence`");
        }
        self.head.cases.push(case);
    }
}

/// The heading of what cannot be seen.
const BLIND: &str = "Cannot show it";

/// What can stand before a colon and means something.
const KEYS: &[&str] =
    &["Verdict", "Seed", "Strict", "Elasticsearch", "Profile", "Mapping", "Asked", "Expected"];

/// The kinds of mapping.
const MAPPINGS: &[&str] = &["defend", "elastic"];

fn join(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(line);
}

/// Keeps what was understood; whether it was.
fn set<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let understood = value.is_some();
    *place = value;
    understood
}

fn verdict(text: &str) -> Option<Verdict> {
    match text {
        "fires" => Some(Verdict::Fires),
        "silent" => Some(Verdict::Silent),
        _ => None,
    }
}

fn letter(text: &str) -> Option<char> {
    let letter = text.chars().next().filter(|_| text.chars().count() == 1)?;
    "YPNFE–".contains(letter).then_some(letter)
}

fn lab(text: &str) -> Option<bool> {
    match text {
        "lab" => Some(true),
        "standard" => Some(false),
        _ => None,
    }
}

/// What a profile is in a site's file.
fn profile(lab: bool) -> String {
    if lab { "profile = \"lab\"\n".to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# E07 A title\n\nWhat hides.\n\nVerdict: fires\nSeed: N\nProfile: lab\n\n## Zeek: 443\n\nThe hello.\n\n\
        Mapping: defend\nAsked: rules over time\n\n```history zeek-json\n{}\n```\n\n```raw zeek-json\n{\"a\":1}\n```\n\n\
        ```site\n[tune]\n```\n\nExpected: alert\n\n## Cannot show it\n\n- Sysmon: no names\n";

    #[test]
    fn a_page_is_read_whole() {
        let row = read("E07.md", PAGE).unwrap();
        assert_eq!((row.id.as_str(), row.title.as_str()), ("E07", "A title"));
        assert_eq!((row.verdict, row.letter), (Verdict::Fires, Some('N')));
        let [case] = &row.cases[..] else { panic!("{:?}", row.cases) };
        assert_eq!((case.source.as_str(), case.line), ("zeek-json", 9));
        assert_eq!(case.site, "profile = \"lab\"\n[tune]\n");
        assert_eq!(case.mapping.as_deref(), Some("defend"));
        assert!(case.over_time && case.expected == Verdict::Fires);
        assert_eq!((case.history.as_str(), case.telemetry.as_str()), ("{}\n", "{\"a\":1}\n"));
        assert_eq!(row.blind[0].telemetry, "Sysmon");
    }

    #[test]
    fn every_mistake_is_told() {
        for (wrong, by, code) in [
            ("# E07 A title", "# A title", codes::TEST_INCOMPLETE),
            ("What hides.", "", codes::TEST_INCOMPLETE),
            ("Verdict: fires", "", codes::TEST_INCOMPLETE),
            ("Verdict: fires", "Verdict: perhaps", codes::TEST_EXPECTATION),
            ("Seed: N", "Seed: Q", codes::TEST_EXPECTATION),
            ("Profile: lab", "Profile: zoo", codes::TEST_EXPECTATION),
            ("The hello.", "", codes::TEST_INCOMPLETE),
            ("Expected: alert", "", codes::TEST_INCOMPLETE),
            ("Expected: alert", "Expected: 2 alerts", codes::TEST_EXPECTATION),
            ("{\"a\":1}\n", "", codes::TEST_INCOMPLETE),
            ("```raw zeek-json", "```events", codes::TEST_BLOCK),
            ("- Sysmon: no names", "Sysmon", codes::TEST_BLOCK),
            ("## Zeek: 443", "### Zeek: 443", codes::TEST_BLOCK),
        ] {
            assert!(PAGE.contains(wrong), "{wrong}");
            let found = read("E07.md", &PAGE.replace(wrong, by)).expect_err(by);
            assert!(found.iter().any(|one| one.code == code), "{wrong} -> {by}: {found:?}");
        }
    }
}
