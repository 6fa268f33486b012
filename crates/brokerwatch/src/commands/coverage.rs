//! `coverage`: what rules cover of ATT&CK, of its detection strategy, of telemetry, and of tests.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use brokerwatch_rules::coverage::{Coverage, Covered, layer};
use brokerwatch_rules::{Rule, pack, rule_tests};
use clap::ValueEnum;

use super::rules::load;
use crate::{ERROR, NOTHING, for_people, markdown, report};

mod json;
mod page;

/// Show what rules cover: techniques of ATT&CK, analytics of DET0002, telemetry, tests
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  brokerwatch coverage\n  brokerwatch coverage --rules my-rules/ --rules pubsub\n  \
brokerwatch coverage --format navigator > layer.json\n  brokerwatch coverage --format markdown > COVERAGE.md\n\n\
Exit codes: 0 shown, 2 an error."
)]
pub(crate) struct Args {
    /// Rule files, folders and built-in packs; can be given several times [default: the packs that are on]
    #[arg(long, num_args = 1.., value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// How it is shown
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// The name of the layer
    #[arg(long, value_name = "NAME", default_value = "Brokerwatch")]
    layer_name: String,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables for people
    Table,
    /// A layer for the ATT&CK Navigator
    Navigator,
    /// One JSON document (docs/coverage.md says its shape)
    Json,
    /// The tables in Markdown
    Markdown,
}

pub(crate) fn run(args: &Args) -> Result<u8> {
    let loaded = load(&args.rules)?;
    for (path, text, diagnostics) in &loaded.failures {
        report::diagnostics(path, text, diagnostics);
    }
    let tests = Tests::beside(&loaded.rules);
    let coverage = Coverage::of(&loaded.rules, &|rule| tests.number(rule));
    let mut out = anstream::stdout().lock();
    match args.format {
        // Without a terminal there is no width to lay tables out in, and Markdown reads as well.
        Format::Table if for_people() => {
            write!(out, "{}", markdown::text(&page::page(&coverage, page::Listed::Counts)))?;
        }
        Format::Table => write!(out, "{}", page::page(&coverage, page::Listed::Counts))?,
        Format::Markdown => write!(out, "{}", page::page(&coverage, page::Listed::Names))?,
        Format::Navigator => writeln!(out, "{:#}", layer(&coverage, &args.layer_name))?,
        Format::Json => writeln!(out, "{:#}", json::document(&coverage))?,
    }
    Ok(if loaded.failures.is_empty() && !tests.failed { NOTHING } else { ERROR })
}

/// How many tests lie beside each rule, by the path of the rule. A page of tests that is wrong is told.
struct Tests {
    numbers: BTreeMap<String, usize>,
    failed: bool,
}

impl Tests {
    fn beside(rules: &[Rule]) -> Tests {
        let mut tests = Tests { numbers: BTreeMap::new(), failed: false };
        for rule in rules {
            let Some((path, text)) = page_beside(rule) else { continue };
            match rule_tests::read(&path, &text) {
                Ok(page) => {
                    tests.numbers.insert(rule.path.clone(), page.tests.len());
                }
                Err(diagnostics) => {
                    report::diagnostics(&path, &text, &diagnostics);
                    tests.failed = true;
                }
            }
        }
        tests
    }

    fn number(&self, rule: &Rule) -> usize {
        self.numbers.get(&rule.path).copied().unwrap_or_default()
    }
}

/// The page of tests beside a rule, with its path; none if there is no such page.
fn page_beside(rule: &Rule) -> Option<(String, String)> {
    let path = format!("{}{}", rule.path.strip_suffix(".toml")?, rule_tests::EXTENSION);
    // A rule of a built-in pack and one on disk may have the same path; the texts tell.
    let pack = pack::ALL.iter().find(|pack| {
        pack.toml_files(pack::RULES).any(|(own, text)| own == rule.path && text == rule.text)
    });
    let text = match pack {
        Some(pack) => {
            let inside = path.strip_prefix("packs/")?.split_once('/')?.1;
            pack.file(inside).map(str::to_owned)
        }
        None => super::scan::text(Path::new(&path)).ok(),
    };
    Some((path, text?))
}

/// The names of rules, as a list.
fn names(rules: &[&Covered<'_>]) -> Vec<String> {
    rules.iter().map(|covered| covered.rule.name.clone()).collect()
}
