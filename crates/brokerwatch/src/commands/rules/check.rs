//! `rules check`: everything that is to be said of rule files, for people, for programs, and for GitHub.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::Result;
use brokerwatch_detect::RuleSet;
use brokerwatch_ecs::Schema;
use brokerwatch_expr::{Diagnostic, Severity, line_column};
use brokerwatch_rules::lists::{self, Lists, drift};
use brokerwatch_rules::{Loaded, checks, load_all};
use clap::ValueEnum;
use serde_json::json;

use super::sources;

use crate::{ERROR, NOTHING, report};

/// All problems of rule files, with what Elastic's tests and a cluster would find; exit code 2 if any is an error
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  brokerwatch rules check my-rules/\n  brokerwatch rules check --allow LINT029 my-rules/\n  \
brokerwatch rules check --format json my-rules/ | jq -r .code | sort | uniq -c\n  brokerwatch rules check --format github \
rules/"
)]
pub(crate) struct Args {
    /// Rule files and folders, and built-in packs by name [default: the built-in packs]
    paths: Vec<PathBuf>,
    /// How findings are shown
    #[arg(long, value_enum, default_value_t = Format::People)]
    format: Format,
    /// Leave out findings of this code, and say how many; can be given several times. What keeps a file from loading is
    /// always shown
    #[arg(long, value_name = "CODE", value_parser = code)]
    allow: Vec<String>,
}

/// How findings are shown.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// With the lines that they are about
    People,
    /// One JSON object a line
    Json,
    /// Annotations of GitHub's workflows
    Github,
}

/// A code that a finding can have.
fn code(text: &str) -> Result<String, String> {
    let families = [
        brokerwatch_eql::codes::ALL,
        brokerwatch_esql::codes::ALL,
        brokerwatch_kql::codes::ALL,
        brokerwatch_expr::codes::ALL,
        brokerwatch_rules::codes::ALL,
        checks::codes::ALL,
        lists::codes::ALL,
    ];
    if families.iter().flat_map(|family| family.iter()).any(|(code, ..)| *code == text) {
        return Ok(text.to_owned());
    }
    Err("no finding has this code; a code stands in the brackets of a finding, such as `LINT029`"
        .to_owned())
}

pub(super) fn run(args: &Args) -> Result<u8> {
    let sources = sources::sources(&args.paths)?;
    let (lists, wrong) = Lists::load_all(sources.lists.into_iter());
    let mut loaded = load_all(sources.rules.into_iter());
    loaded.failures.splice(0..0, wrong);
    let schema = Schema::open();
    let set = RuleSet::compile(&loaded.rules, &schema);
    let mut files = findings(&loaded, &set, &lists);
    let allowed = leave_out(&mut files, &args.allow);
    let mut errors = 0;
    let mut warnings = 0;
    for file in &files {
        show(file, args.format)?;
        let wrong = file.found.iter().filter(|each| each.severity == Severity::Error).count();
        errors += wrong;
        warnings += file.found.len() - wrong;
    }
    for (code, count) in allowed {
        report::note(&format!("{count} findings of {code} are left out"));
    }
    report::note(&format!(
        "{} rules load, {} files do not; {errors} errors, {warnings} warnings",
        loaded.rules.len(),
        loaded.failures.len(),
    ));
    Ok(if errors == 0 { NOTHING } else { ERROR })
}

/// What is said of a file.
struct File<'l> {
    path: &'l str,
    text: &'l str,
    found: Vec<Diagnostic>,
    /// Whether the file gives a rule.
    loads: bool,
}

/// Files that do not load, then those that do.
fn findings<'l>(loaded: &'l Loaded, set: &RuleSet<'_>, lists: &Lists) -> Vec<File<'l>> {
    let failures = loaded.failures.iter().map(|(path, text, found)| File {
        path,
        text,
        found: found.clone(),
        loads: false,
    });
    let checked = loaded.rules.iter().zip(checks::check(&loaded.rules)).map(|(rule, mut found)| {
        let refused = set.refused.iter().filter(|refused| refused.rule.id == rule.id);
        found.extend(refused.flat_map(brokerwatch_detect::Refused::in_file));
        found.extend(drift(&rule.text, lists));
        found.sort_by_key(Diagnostic::span);
        File { path: &rule.path, text: &rule.text, found, loads: true }
    });
    failures.chain(checked).collect()
}

/// Takes away what is allowed, and says how often each code was.
fn leave_out<'a>(files: &mut [File<'_>], allow: &'a [String]) -> BTreeMap<&'a str, usize> {
    let mut counts: BTreeMap<&str, usize> = allow.iter().map(|code| (code.as_str(), 0)).collect();
    for file in files.iter_mut().filter(|file| file.loads) {
        file.found.retain(|each| match counts.get_mut(each.code) {
            Some(count) => {
                *count += 1;
                false
            }
            None => true,
        });
    }
    counts
}

fn show(file: &File<'_>, format: Format) -> io::Result<()> {
    if format == Format::People {
        report::diagnostics(file.path, file.text, &file.found);
        return Ok(());
    }
    let mut out = io::stdout().lock();
    for each in &file.found {
        match format {
            Format::Json => writeln!(out, "{}", as_json(file, each))?,
            Format::Github | Format::People => writeln!(out, "{}", annotation(file, each))?,
        }
    }
    Ok(())
}

/// A finding with its place: lines and columns from 1, columns in characters, the end just behind it.
fn as_json(file: &File<'_>, found: &Diagnostic) -> serde_json::Value {
    let range = found.span().range();
    let (line, column) = line_column(file.text, range.start);
    let (end_line, end_column) = line_column(file.text, range.end);
    json!({
        "severity": severity(found),
        "code": found.code,
        "message": found.message,
        "help": found.help,
        "path": file.path,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    })
}

/// `::error file=...::message`, the command of GitHub's workflows.
fn annotation(file: &File<'_>, found: &Diagnostic) -> String {
    let range = found.span().range();
    let (line, column) = line_column(file.text, range.start);
    let (end_line, _) = line_column(file.text, range.end);
    let help = found.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    format!(
        "::{} file={},line={line},endLine={end_line},col={column},title={}::{}",
        severity(found),
        property(file.path),
        found.code,
        escaped(&format!("{}{help}", found.message))
    )
}

fn severity(found: &Diagnostic) -> &'static str {
    match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// Text behind `::`, where a line break would end the command.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text between commas.
fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use brokerwatch_expr::Span;

    use super::*;

    #[test]
    fn an_annotation_cannot_be_broken_out_of() {
        let file =
            File { path: "a,b:c\n::.toml", text: "one\ntwo\n", found: Vec::new(), loads: true };
        let found = Diagnostic::warning("LINT001", Span::new(4..7), "100%\n::error::x").help("go");
        assert_eq!(
            annotation(&file, &found),
            "::warning file=a%2Cb%3Ac%0A%3A%3A.toml,line=2,endLine=2,col=1,title=LINT001::100%25%0A::error::x%0Ahelp: go"
        );
    }
}
