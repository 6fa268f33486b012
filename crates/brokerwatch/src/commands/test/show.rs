//! The outcome of tests: for people, as JSON, as XML of `JUnit`, and as annotations of GitHub's workflows.

use std::fmt::Write as _;

use anstream::adapter::strip_str;
use anstyle::{AnsiColor, Style};
use anyhow::Result;
use serde_json::{Value, json};

use super::compare::Difference;
use super::coverage::{self, Covered};
use super::gather::{Case, Gathered};
use super::mutate::Mutated;
use super::run::{Failure, Outcome, Verdict};
use super::{Format, Tally};
use crate::commands::alerts::printable;
use crate::report;

const PASSED: Style = AnsiColor::Green.on_default();
const FAILED: Style = AnsiColor::Red.on_default().bold();
const STRONG: Style = Style::new().bold();
const REMARK: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();

/// Shows outcomes as they come.
pub(super) struct Show<'o> {
    format: Format,
    out: &'o mut Vec<u8>,
    /// The rule of the last line for people.
    rule: String,
    /// Suites of `JUnit`: the name of each, and its cases.
    suites: Vec<(String, Vec<Junit>)>,
}

/// A case of `JUnit`.
struct Junit {
    xml: String,
    failed: bool,
    error: bool,
    seconds: f64,
}

impl<'o> Show<'o> {
    pub(super) fn new(format: Format, out: &'o mut Vec<u8>) -> Show<'o> {
        Show { format, out, rule: String::new(), suites: Vec::new() }
    }

    fn push(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Files that are wrong, where the format is read by a machine. For people they stand on standard error.
    pub(super) fn failures(&mut self, gathered: &Gathered) {
        for (path, text, found) in &gathered.failures {
            for one in found {
                let (line, column) = brokerwatch_expr::line_column(text, one.span().start as usize);
                let help = one.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
                let message = format!("{}{help}", one.message);
                match self.format {
                    Format::Text => {}
                    Format::Json => {
                        let told = json!({
                            "type": "file", "path": path, "line": line, "column": column,
                            "code": one.code, "message": message,
                        });
                        self.push(&format!("{told}\n"));
                    }
                    Format::Github => self.annotation(path, line, one.code, &message),
                    Format::Junit => self.junit_file(path, line, one.code, &message),
                }
            }
        }
    }

    /// One test.
    pub(super) fn test(&mut self, case: &Case, outcome: &Outcome<'_>) -> Result<()> {
        match self.format {
            Format::Text => self.text(case, outcome)?,
            Format::Json => {
                let told = json(case, outcome);
                self.push(&format!("{told}\n"));
            }
            Format::Github => {
                if let Some(message) = message(outcome) {
                    let title = format!("{}: {}", case.rule.name, outcome.test.title);
                    let line = outcome.test.expected_line;
                    self.annotation(&outcome.file.path, line, &title, &message);
                }
            }
            Format::Junit => self.junit(case, outcome),
        }
        Ok(())
    }

    /// What the tests saw of the leaves of a rule: all of it, or what they lack.
    pub(super) fn coverage(
        &mut self,
        case: &Case,
        leaves: Option<&[Covered]>,
        all: bool,
        tally: &mut Tally,
    ) {
        for covered in leaves.unwrap_or_default() {
            let missing = covered.missing();
            tally.leaves += usize::from(covered.has_value);
            tally.uncovered += usize::from(!missing.is_empty());
            if missing.is_empty() && !all {
                continue;
            }
            let place = coverage::place(&case.rule, covered.leaf.span);
            let bracket = covered.leaf.bracket.map(|number| format!("bracket {number}: "));
            let what =
                format!("{}`{}`", bracket.unwrap_or_default(), printable(&covered.leaf.text));
            match self.format {
                Format::Text if !covered.has_value => {
                    self.push(&format!(
                        "  {FAINT}not looked at{FAINT:#} {what}  {FAINT}{place}{FAINT:#}\n"
                    ));
                }
                Format::Text if missing.is_empty() => {
                    self.push(&format!(
                        "  {PASSED}covered{PASSED:#} {what}  {FAINT}{place}{FAINT:#}\n"
                    ));
                }
                Format::Text => {
                    self.push(&format!(
                        "  {REMARK}{missing}{REMARK:#} {what}  {FAINT}{place}{FAINT:#}\n"
                    ));
                }
                Format::Json => {
                    let told = json!({
                        "type": "leaf", "rule": case.rule.id, "bracket": covered.leaf.bracket,
                        "leaf": covered.leaf.text, "place": place,
                        "true": covered.was_true, "false": covered.was_false, "looked_at": covered.has_value,
                    });
                    self.push(&format!("{told}\n"));
                }
                // Remarks, not failures.
                Format::Junit | Format::Github => {}
            }
        }
    }

    /// What came of changing a rule.
    pub(super) fn mutated(
        &mut self,
        case: &Case,
        mutated: &Result<Mutated, String>,
        tally: &mut Tally,
    ) {
        let mutated = match mutated {
            Ok(mutated) => mutated,
            Err(why) => return report::note(&format!("note: {}: {why}", case.rule.path)),
        };
        tally.mutants += mutated.made;
        tally.survivors += mutated.survivors.len();
        tally.equivalents += mutated.equivalents.len();
        tally.idle += mutated.idle.len();
        for (span, change) in &mutated.survivors {
            let place = coverage::place(&case.rule, *span);
            self.change(case, FAILED, "survived", change, &place);
        }
        let page = case.tests.as_ref().map_or("", |file| file.path.as_str());
        for own in &mutated.idle {
            let place = format!("{page}:{}", own.line);
            self.change(case, FAILED, "no such equivalent change", &own.change, &place);
        }
        for own in &mutated.equivalents {
            let place = format!("{page}:{}: {}", own.line, own.why);
            self.change(case, FAINT, "equivalent", &own.change, &place);
        }
    }

    fn change(&mut self, case: &Case, style: Style, what: &str, change: &str, place: &str) {
        let (change, place) = (printable(change), printable(place));
        match self.format {
            Format::Text => {
                self.push(&format!("  {style}{what}{style:#} {change}  {FAINT}{place}{FAINT:#}\n"));
            }
            Format::Json => {
                let told = json!({
                    "type": "mutant", "rule": case.rule.id, "status": what, "change": change, "place": place,
                });
                self.push(&format!("{told}\n"));
            }
            Format::Github if what != "equivalent" => {
                let line = place.rsplit(':').nth(1).and_then(|line| line.parse().ok()).unwrap_or(1);
                self.annotation(&case.rule.path, line, what, &change);
            }
            Format::Github => {}
            Format::Junit => {
                let failed = what != "equivalent";
                let inner = format!("<failure message=\"{what}\"/>");
                let xml = format!(
                    "    <testcase classname=\"{}\" name=\"{}\" time=\"0\">{}</testcase>\n",
                    escaped(&case.rule.name),
                    escaped(&format!("{what} {change}")),
                    if failed { inner.as_str() } else { "" }
                );
                self.suite(&case.rule.path, Junit { xml, failed, error: false, seconds: 0.0 });
            }
        }
    }

    /// The end of the run.
    pub(super) fn finish(&mut self, tally: &Tally, seconds: f64) -> Result<()> {
        match self.format {
            Format::Json => {
                let told = json!({
                    "type": "summary", "rules": tally.rules, "passed": tally.passed,
                    "failed": tally.failed, "errors": tally.errors,
                    "untested": tally.untested, "seconds": seconds,
                    "leaves": tally.leaves, "uncovered": tally.uncovered,
                    "mutants": tally.mutants, "survivors": tally.survivors,
                    "equivalents": tally.equivalents,
                });
                self.push(&format!("{told}\n"));
            }
            Format::Junit => self.junit_end(),
            Format::Text | Format::Github => {}
        }
        let errors = if 0 < tally.errors {
            format!(", {} could not be run", tally.errors)
        } else {
            String::new()
        };
        if 0 < tally.leaves {
            report::note(&format!(
                "{} of {} were both true and false",
                tally.leaves - tally.uncovered,
                counted(tally.leaves, "condition"),
            ));
        }
        if 0 < tally.mutants {
            report::note(&format!(
                "{} of rules: {} unnoticed, {} equivalent",
                counted(tally.mutants, "change"),
                tally.survivors,
                tally.equivalents
            ));
        }
        report::note(&format!(
            "{} of {}: {} passed, {} failed{errors}; {seconds:.2} s",
            counted(tally.passed + tally.failed + tally.errors, "test"),
            counted(tally.rules, "rule"),
            tally.passed,
            tally.failed,
        ));
        Ok(())
    }

    fn text(&mut self, case: &Case, outcome: &Outcome<'_>) -> Result<()> {
        let mut page = String::new();
        if self.rule != case.rule.id {
            self.rule.clone_from(&case.rule.id);
            writeln!(page, "{STRONG}{}{STRONG:#}", printable(&case.rule.name))?;
        }
        let (style, mark) = match outcome.verdict {
            Verdict::Passed => (PASSED, "✓"),
            Verdict::Failed(_) | Verdict::Error(_) => (FAILED, "✗"),
        };
        let test = outcome.test;
        writeln!(page, "  {style}{mark}{style:#} {}", printable(&test.title))?;
        let place = || format!("{}:{}", outcome.file.path, test.line);
        match &outcome.verdict {
            Verdict::Passed => {}
            Verdict::Error(why) => {
                writeln!(page, "    {FAINT}{}{FAINT:#}", place())?;
                why.lines().try_for_each(|line| writeln!(page, "    {}", printable(line)))?;
            }
            Verdict::Failed(failure) => {
                writeln!(page, "    {FAINT}{}{FAINT:#}", place())?;
                writeln!(page, "    {FAINT}why it must be so: {}{FAINT:#}", printable(&test.why))?;
                for line in lines(outcome, failure) {
                    writeln!(page, "    {}", printable(&line))?;
                }
                for line in failure.explanation.iter().flat_map(|text| text.lines()) {
                    writeln!(page, "      {line}")?;
                }
            }
        }
        self.push(&page);
        Ok(())
    }

    fn annotation(&mut self, path: &str, line: usize, title: &str, message: &str) {
        let text = format!(
            "::error file={},line={line},title={}::{}\n",
            github(path, true),
            github(title, true),
            github(message, false)
        );
        self.push(&text);
    }

    fn junit(&mut self, case: &Case, outcome: &Outcome<'_>) {
        let mut xml = String::new();
        let (failed, error) = match &outcome.verdict {
            Verdict::Passed => (false, false),
            Verdict::Failed(_) => (true, false),
            Verdict::Error(_) => (false, true),
        };
        let test = outcome.test;
        let _ = write!(
            xml,
            "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.6}\"",
            escaped(&case.rule.name),
            escaped(&test.title),
            escaped(&outcome.file.path),
            test.line,
            outcome.seconds
        );
        match message(outcome) {
            None => xml.push_str("/>\n"),
            Some(message) => {
                let tag = if error { "error" } else { "failure" };
                let first = message.lines().next().unwrap_or_default();
                let _ = write!(
                    xml,
                    ">\n      <{tag} message=\"{}\">{}</{tag}>\n    </testcase>\n",
                    escaped(first),
                    escaped(&message)
                );
            }
        }
        self.suite(&case.rule.path, Junit { xml, failed, error, seconds: outcome.seconds });
    }

    fn junit_file(&mut self, path: &str, line: usize, code: &str, message: &str) {
        let xml = format!(
            "    <testcase classname=\"{}\" name=\"{code} in line {line}\" time=\"0\">\n      <error message=\"{}\"/>\n    \
             </testcase>\n",
            escaped(path),
            escaped(message)
        );
        self.suite(path, Junit { xml, failed: false, error: true, seconds: 0.0 });
    }

    fn suite(&mut self, name: &str, case: Junit) {
        match self.suites.last_mut().filter(|(last, _)| last == name) {
            Some((_, cases)) => cases.push(case),
            None => self.suites.push((name.to_owned(), vec![case])),
        }
    }

    fn junit_end(&mut self) {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let counts = |cases: &[&Junit]| {
            format!(
                "tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.6}\"",
                cases.len(),
                cases.iter().filter(|case| case.failed).count(),
                cases.iter().filter(|case| case.error).count(),
                cases.iter().map(|case| case.seconds).sum::<f64>()
            )
        };
        let all: Vec<&Junit> = self.suites.iter().flat_map(|(_, cases)| cases).collect();
        let _ = writeln!(xml, "<testsuites name=\"brokerwatch\" {}>", counts(&all));
        for (name, cases) in &self.suites {
            let each: Vec<&Junit> = cases.iter().collect();
            let _ = writeln!(xml, "  <testsuite name=\"{}\" {}>", escaped(name), counts(&each));
            cases.iter().for_each(|case| xml.push_str(&case.xml));
            xml.push_str("  </testsuite>\n");
        }
        xml.push_str("</testsuites>\n");
        self.push(&xml);
    }
}

/// What was expected and what came, a line each.
fn lines(outcome: &Outcome<'_>, failure: &Failure) -> Vec<String> {
    let test = outcome.test;
    let mut lines = vec![format!("expected {}, got {}", alerts(test.alerts), alerts(failure.got))];
    for (part, differences) in &failure.missing {
        let line = test.parts[*part].line;
        let place = format!("{}:{line}", outcome.file.path);
        if differences.is_empty() {
            lines.push(format!("{place}: no alert is left for this one"));
        } else {
            lines.push(format!("{place}: no alert is as described; the nearest differs in"));
            lines.extend(differences.iter().map(difference));
        }
    }
    lines
}

fn difference(one: &Difference) -> String {
    let shown =
        |value: &Value| if value.is_null() { "nothing".to_owned() } else { value.to_string() };
    let got = one.got.as_ref().map_or("nothing".to_owned(), shown);
    format!("  {}: expected {}, got {got}", one.field, shown(&one.expected))
}

fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

fn alerts(count: usize) -> String {
    match count {
        0 => "silence".to_owned(),
        1 => "1 alert".to_owned(),
        count => format!("{count} alerts"),
    }
}

/// What is wrong, as plain text; none of a test that passed.
fn message(outcome: &Outcome<'_>) -> Option<String> {
    match &outcome.verdict {
        Verdict::Passed => None,
        Verdict::Error(why) => Some(why.clone()),
        Verdict::Failed(failure) => {
            let mut all = lines(outcome, failure);
            all.push(format!("why it must be so: {}", outcome.test.why));
            let explanation = failure.explanation.iter();
            all.extend(explanation.map(|text| strip_str(text).to_string().trim_end().to_owned()));
            Some(all.join("\n"))
        }
    }
}

fn json(case: &Case, outcome: &Outcome<'_>) -> Value {
    let test = outcome.test;
    let mut told = json!({
        "type": "test",
        "rule": { "id": case.rule.id, "name": case.rule.name, "path": case.rule.path },
        "test": test.title, "why": test.why, "path": outcome.file.path, "line": test.line,
        "status": match outcome.verdict {
            Verdict::Passed => "passed",
            Verdict::Failed(_) => "failed",
            Verdict::Error(_) => "error",
        },
        "expected": test.alerts, "seconds": outcome.seconds,
    });
    match &outcome.verdict {
        Verdict::Passed => {}
        Verdict::Error(why) => told["message"] = json!(why),
        Verdict::Failed(failure) => {
            told["got"] = json!(failure.got);
            let missing = failure.missing.iter().map(|(part, differences)| {
                let differences = differences.iter().map(
                    |one| json!({ "field": one.field, "expected": one.expected, "got": one.got }),
                );
                let line = test.parts[*part].line;
                json!({ "line": line, "differences": differences.collect::<Vec<_>>() })
            });
            told["missing"] = missing.collect();
            let text = failure.explanation.as_ref().map(|text| strip_str(text).to_string());
            told["explanation"] = json!(text);
        }
    }
    told
}

/// Text as a command of GitHub's workflows takes it; in properties more has a meaning.
fn github(text: &str, property: bool) -> String {
    let text = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    if property { text.replace(':', "%3A").replace(',', "%2C") } else { text }
}

/// Text as XML takes it; characters that XML cannot hold are replaced.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_is_escaped() {
        assert_eq!(escaped("a<b> & \"c\"\u{1b}\n"), "a&lt;b&gt; &amp; &quot;c&quot;\u{fffd}&#10;");
        assert_eq!(github("a:b,c\n10%", false), "a:b,c%0A10%25");
        assert_eq!(github("a:b,c\n10%", true), "a%3Ab%2Cc%0A10%25");
    }
}
