//! Specifications that run: Markdown pages whose fenced blocks are queries, events and what must come of them.
//!
//! The words of a page are for people. Of its fenced blocks
//!
//! - `eql` or `esql` is the query. It stands until the next query or the end of its section. Words after the kind that begin with
//!   `--` are options of the command that runs it.
//! - `ndjson` is the events, one a line. They stand for the section and the sections below it, until others replace them.
//! - `rows` is the result expected of the last query over the last events, and `error` is how it must fail. Each ends a case.
//!
//! A query without either is an error of the page, and so is a block of any other kind that is not in [`PROSE`].

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::files;
use crate::golden::first_difference;

/// Fenced blocks that belong to the words of the page.
pub const PROSE: &[&str] = &["", "text", "console", "sh", "json", "toml"];

/// One query with what must come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The page.
    pub page: PathBuf,
    /// The headings above the case, from the page's title inwards, joined with ` > `.
    pub heading: String,
    /// The line of the query, from 1.
    pub line: usize,
    /// The query, without the line end after it.
    pub query: String,
    /// The options with which it runs, such as `--extensions`.
    pub options: Vec<String>,
    /// The events, one JSON object a line; empty if the page gives none.
    pub events: String,
    /// What must come of it.
    pub expected: Expected,
    /// The lines of the expectation inside its fence, from 0, for rewriting.
    lines: Range<usize>,
}

/// What must come of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// The result as text, in the form that the test gives it.
    Rows(String),
    /// The diagnostics as text.
    Error(String),
}

/// The cases of one page.
///
/// # Panics
/// When the page cannot be read, is malformed, or has no case.
#[track_caller]
pub fn cases(page: impl AsRef<Path>) -> Vec<Case> {
    let page = page.as_ref();
    let cases = files::text(page).map_err(|error| vec![error]).and_then(|text| filled(page, &text));
    cases.unwrap_or_else(|problems| panic!("{}", problems.join("\n")))
}

/// Runs every case of every `*.md` page in `dir`: `evaluate` gives the rows, or the diagnostics, as text.
///
/// Blanks at the ends of lines and empty lines at the end do not count. With `BROKERWATCH_UPDATE=1` the pages are
/// rewritten instead; a query that begins to fail, or ceases to, stays a failure.
///
/// # Panics
/// When a result differs, when a page is malformed or has no case, and when there is no page.
#[track_caller]
pub fn run(dir: impl AsRef<Path>, evaluate: impl Fn(&Case) -> Result<String, String>) {
    let outcome = each(dir.as_ref(), crate::updating(), &evaluate);
    if let Err(failures) = outcome {
        panic!("{} failure(s)\n{}", failures.len(), failures.join("\n"));
    }
}

/// Every case of every page; all failures, not the first.
fn each(
    dir: &Path,
    update: bool,
    evaluate: &impl Fn(&Case) -> Result<String, String>,
) -> Result<(), Vec<String>> {
    let pages = files::with_extension(dir, "md").map_err(|error| vec![error])?;
    let mut failures = Vec::new();
    if pages.is_empty() {
        failures.push(format!("{}: no `*.md` page", dir.display()));
    }
    for path in pages {
        if let Err(problems) = page(&path, update, evaluate) {
            failures.extend(problems);
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures) }
}

fn page(
    path: &Path,
    update: bool,
    evaluate: &impl Fn(&Case) -> Result<String, String>,
) -> Result<(), Vec<String>> {
    let text = files::text(path).map_err(|error| vec![error])?;
    let (mut renewed, mut failures) = (Vec::new(), Vec::new());
    for case in filled(path, &text)? {
        match compare(&case, &evaluate(&case)) {
            Verdict::Same => {}
            Verdict::Other { text, .. } if update => renewed.push((case.lines, text)),
            Verdict::Other { why, .. } | Verdict::OtherKind { why } => {
                failures.push(format!("{}:{}: {}: {why}", path.display(), case.line, case.heading));
            }
        }
    }
    if !renewed.is_empty() {
        files::write(path, &rewritten(&text, &renewed)).map_err(|error| vec![error])?;
    }
    if failures.is_empty() { Ok(()) } else { Err(failures) }
}

/// The cases of a page that has some.
fn filled(path: &Path, text: &str) -> Result<Vec<Case>, Vec<String>> {
    let cases = parse(path, text)?;
    if cases.is_empty() { Err(vec![format!("{}: no case", path.display())]) } else { Ok(cases) }
}

enum Verdict {
    Same,
    Other { text: String, why: String },
    OtherKind { why: String },
}

/// How the outcome of a case differs from what its page says.
fn compare(case: &Case, outcome: &Result<String, String>) -> Verdict {
    let (expected, actual) = match (&case.expected, outcome) {
        (Expected::Rows(expected), Ok(actual)) | (Expected::Error(expected), Err(actual)) => {
            (trimmed(expected), trimmed(actual))
        }
        (Expected::Rows(_), Err(error)) => {
            return Verdict::OtherKind { why: format!("expected rows, got the error\n{error}") };
        }
        (Expected::Error(_), Ok(rows)) => {
            return Verdict::OtherKind { why: format!("expected an error, got the rows\n{rows}") };
        }
    };
    match first_difference(&expected, &actual) {
        None => Verdict::Same,
        Some((line, wanted, got)) => Verdict::Other {
            why: format!(
                "line {line} of the result: expected {wanted}, got {got}; {}=1 takes the new results",
                crate::UPDATE
            ),
            text: actual,
        },
    }
}

/// The text without blanks at line ends and without empty lines at the end.
fn trimmed(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_owned()
}

/// The page with some of its expectations replaced, given in the order of the page.
fn rewritten(page: &str, renewed: &[(Range<usize>, String)]) -> String {
    let mut lines: Vec<&str> = page.lines().collect();
    // From the last to the first, so that the places of the earlier ones stay what they were.
    for (range, text) in renewed.iter().rev() {
        lines.splice(range.clone(), text.lines());
    }
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// The cases of a page's text, or everything that is wrong with it.
pub fn parse(page: &Path, text: &str) -> Result<Vec<Case>, Vec<String>> {
    let mut reader = Reader {
        page,
        sections: Vec::new(),
        events: None,
        query: None,
        cases: Vec::new(),
        problems: Vec::new(),
    };
    let lines: Vec<&str> = text.lines().collect();
    let mut i = 0;
    while let Some(line) = lines.get(i) {
        if let Some(fence) = Fence::opening(line) {
            let end = (i + 1..lines.len()).find(|&j| fence.closes(lines[j]));
            let Some(end) = end else {
                reader.problem(i, "a fenced block that never ends");
                break;
            };
            reader.block(fence.kind, i, i + 1..end, &lines[i + 1..end].join("\n"));
            i = end;
        } else if let Some((level, title)) = heading(line) {
            reader.section(level, title);
        }
        i += 1;
    }
    reader.end_query();
    if reader.problems.is_empty() { Ok(reader.cases) } else { Err(reader.problems) }
}

/// The state of a page while it is read.
struct Reader<'a> {
    page: &'a Path,
    /// The open headings with their levels and the events that stand under each.
    sections: Vec<Section<'a>>,
    /// Events above any heading.
    events: Option<String>,
    query: Option<Query>,
    cases: Vec<Case>,
    problems: Vec<String>,
}

struct Section<'a> {
    level: usize,
    title: &'a str,
    events: Option<String>,
}

struct Query {
    text: String,
    options: Vec<String>,
    line: usize,
    expected: bool,
}

impl<'a> Reader<'a> {
    fn section(&mut self, level: usize, title: &'a str) {
        self.end_query();
        while self.sections.last().is_some_and(|open| level <= open.level) {
            self.sections.pop();
        }
        self.sections.push(Section { level, title, events: None });
    }

    fn block(&mut self, kind: &str, opening: usize, lines: Range<usize>, text: &str) {
        let mut words = kind.split_whitespace();
        let first = words.next().unwrap_or_default();
        let options: Vec<String> = words.map(str::to_owned).collect();
        let are_options = matches!(first, "eql" | "esql")
            && options.iter().all(|option| option.starts_with("--"));
        match kind {
            _ if are_options => {
                self.end_query();
                let (text, line) = (text.to_owned(), opening + 2);
                self.query = Some(Query { text, options, line, expected: false });
            }
            "ndjson" => match self.sections.last_mut() {
                Some(section) => section.events = Some(text.to_owned()),
                None => self.events = Some(text.to_owned()),
            },
            "rows" => self.case(opening, lines, Expected::Rows(text.to_owned())),
            "error" => self.case(opening, lines, Expected::Error(text.to_owned())),
            prose if PROSE.contains(&prose) => {}
            other => self.problem(opening, &format!("unknown kind of block `{other}`")),
        }
    }

    fn case(&mut self, opening: usize, lines: Range<usize>, expected: Expected) {
        let Some(query) = &mut self.query else {
            return self
                .problem(opening, "an expectation without a query before it in its section");
        };
        query.expected = true;
        let events = self.sections.iter().rev().find_map(|section| section.events.as_ref());
        let titles: Vec<&str> = self.sections.iter().map(|section| section.title).collect();
        self.cases.push(Case {
            page: self.page.to_owned(),
            heading: titles.join(" > "),
            line: query.line,
            query: query.text.clone(),
            options: query.options.clone(),
            events: events.or(self.events.as_ref()).cloned().unwrap_or_default(),
            expected,
            lines,
        });
    }

    fn end_query(&mut self) {
        if let Some(query) = self.query.take().filter(|query| !query.expected) {
            self.problem(query.line - 1, "a query without a `rows` or `error` block after it");
        }
    }

    fn problem(&mut self, line: usize, what: &str) {
        self.problems.push(format!("{}:{}: {what}", self.page.display(), line + 1));
    }
}

/// The opening line of a fenced block.
struct Fence<'a> {
    ticks: usize,
    kind: &'a str,
}

impl<'a> Fence<'a> {
    fn opening(line: &'a str) -> Option<Fence<'a>> {
        let kind = line.trim_start_matches('`');
        let ticks = line.len() - kind.len();
        (3 <= ticks && !kind.contains('`')).then_some(Fence { ticks, kind: kind.trim() })
    }

    fn closes(&self, line: &str) -> bool {
        let line = line.trim_end();
        self.ticks <= line.len() && line.bytes().all(|b| b == b'`')
    }
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let title = line.trim_start_matches('#');
    let level = line.len() - title.len();
    (1 <= level && level <= 6 && title.starts_with(' ')).then(|| (level, title.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
# Comparison

Words.

```ndjson
{\"a\": 1}
```

## Equal

```eql
any where a == 1
```

```rows
1
```

Over other events:

```ndjson
{\"a\": 2}
```

```rows
```

## Wrong

````eql
any where (
````

```error
EQL001
```
";

    #[test]
    fn a_page_gives_its_cases() {
        let cases = parse(Path::new("page.md"), PAGE).unwrap();
        let seen: Vec<_> = cases
            .iter()
            .map(|case| {
                (case.heading.as_str(), case.line, case.query.as_str(), case.events.as_str())
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("Comparison > Equal", 12, "any where a == 1", "{\"a\": 1}"),
                ("Comparison > Equal", 12, "any where a == 1", "{\"a\": 2}"),
                // The events of a section end with it; those of the page stand.
                ("Comparison > Wrong", 31, "any where (", "{\"a\": 1}"),
            ]
        );
        assert_eq!(cases[0].expected, Expected::Rows("1".to_owned()));
        assert_eq!(cases[1].expected, Expected::Rows(String::new()));
        assert_eq!(cases[2].expected, Expected::Error("EQL001".to_owned()));
    }

    #[test]
    fn options_stand_beside_the_kind() {
        let page = "```eql --extensions --size=3\nx\n```\n```rows\n```\n";
        let cases = parse(Path::new("p.md"), page).unwrap();
        assert_eq!(cases[0].options, ["--extensions", "--size=3"]);
        malformed("```eql extensions\nx\n```\n", "p.md:1: unknown kind of block `eql extensions`");
    }

    #[track_caller]
    fn malformed(text: &str, expected: &str) {
        assert_eq!(parse(Path::new("p.md"), text).unwrap_err(), [expected]);
    }

    #[test]
    fn nothing_on_a_page_is_passed_over_in_silence() {
        malformed("```eql\nx\n```\n", "p.md:2: a query without a `rows` or `error` block after it");
        malformed(
            "# A\n```eql\nx\n```\n# B\n",
            "p.md:3: a query without a `rows` or `error` block after it",
        );
        malformed(
            "```rows\n```\n",
            "p.md:1: an expectation without a query before it in its section",
        );
        malformed("```egl\nx\n```\n", "p.md:1: unknown kind of block `egl`");
        malformed("```text\nx\n", "p.md:1: a fenced block that never ends");
    }

    #[test]
    fn a_run_tells_every_difference() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("page.md"), PAGE).unwrap();
        let answer = |case: &Case| match case.events.as_str() {
            _ if case.query.ends_with('(') => Err("EQL001\n".to_owned()),
            "{\"a\": 1}" => Ok("1\n".to_owned()),
            _ => Ok(String::new()),
        };
        assert_eq!(each(dir.path(), false, &answer), Ok(()));
        let failures = each(dir.path(), false, &|_| Ok("1".to_owned())).unwrap_err();
        assert_eq!(failures.len(), 2, "{failures:?}");
        assert!(failures[0].contains("expected ``, got `1`"), "{failures:?}");
        assert!(
            failures[1].contains("page.md:31: Comparison > Wrong: expected an error"),
            "{failures:?}"
        );
    }

    #[test]
    fn nothing_to_run_is_a_failure() {
        let dir = tempfile::tempdir().unwrap();
        let run = || each(dir.path(), false, &|_| Ok(String::new())).unwrap_err().concat();
        assert!(run().contains("no `*.md` page"));
        std::fs::write(dir.path().join("page.md"), "# Words only\n").unwrap();
        assert!(run().contains("page.md: no case"));
    }

    #[test]
    fn a_rewritten_page_reads_as_the_new_results() {
        let cases = parse(Path::new("p.md"), PAGE).unwrap();
        let renewed =
            [(cases[0].lines.clone(), "7\n8".to_owned()), (cases[1].lines.clone(), "9".to_owned())];
        let again = parse(Path::new("p.md"), &rewritten(PAGE, &renewed)).unwrap();
        assert_eq!(again[0].expected, Expected::Rows("7\n8".to_owned()));
        assert_eq!(again[1].expected, Expected::Rows("9".to_owned()));
        assert_eq!(again[2].expected, cases[2].expected);
    }
}
