//! `rules`: what is loaded, one rule in full, and all problems of rule files.

use std::io::{self, StdoutLock, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use brokerwatch_detect::RuleSet;
use brokerwatch_rules::pack::Pack;
use brokerwatch_rules::{Loaded, Rule, RuleKind, is_other, load_all, pack};
use clap::Subcommand;

use crate::{ERROR, NOTHING, report};

mod check;

/// List, show and check rule files
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  brokerwatch rules check my-rules/\n  brokerwatch rules check\n  brokerwatch rules list my-rules/"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// One line for each rule
    List {
        /// Rule files and folders
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Rules in full
    Show {
        /// Rule files and folders
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    Check(check::Args),
}

pub(crate) fn run(args: &Args) -> Result<u8> {
    match &args.what {
        What::List { paths } => each(paths, list),
        What::Show { paths } => each(paths, show),
        What::Check(args) => check::run(args),
    }
}

/// Writes of each rule what `write` says of it, and what is wrong with files that do not load.
fn each(paths: &[PathBuf], write: fn(&mut StdoutLock<'_>, &Rule) -> io::Result<()>) -> Result<u8> {
    let loaded = load(paths)?;
    for (path, text, diagnostics) in &loaded.failures {
        report::diagnostics(path, text, diagnostics);
    }
    let mut out = io::stdout().lock();
    for rule in &loaded.rules {
        write(&mut out, rule)?;
    }
    Ok(if loaded.failures.is_empty() { NOTHING } else { ERROR })
}

fn list(out: &mut StdoutLock<'_>, rule: &Rule) -> io::Result<()> {
    let (severity, kind) = (rule.severity.name(), rule.kind.name());
    writeln!(out, "{}  {severity:<8}  {kind:<11}  {}", rule.id, rule.name)
}

fn show(out: &mut StdoutLock<'_>, rule: &Rule) -> io::Result<()> {
    let beside = beside_the_query(rule);
    writeln!(
        out,
        "{}\n{}\n\n{}\n\n{}\n{beside}",
        rule.name, rule.id, rule.description, rule.query_text
    )
}

/// What a rule asks beside its query, as lines.
fn beside_the_query(rule: &Rule) -> String {
    match &rule.kind {
        RuleKind::Threshold(threshold) => {
            let of = match threshold.fields.as_slice() {
                [] => String::new(),
                fields => format!(" with the same {}", fields.join(", ")),
            };
            let distinct = threshold.cardinality.iter();
            let distinct: Vec<String> = distinct
                .map(|each| format!("and {} different values of {}\n", each.value, each.field))
                .collect();
            format!(
                "at least {} events{of}\n{}from {}, every {}\n",
                threshold.value,
                distinct.concat(),
                rule.from.text,
                rule.interval.text
            )
        }
        RuleKind::NewTerms(terms) => format!(
            "values of {} that no event has had since {}\n",
            terms.fields.join(", "),
            terms.history_window.start.text
        ),
        RuleKind::ThreatMatch(threat) => {
            let alternatives = threat.mapping.iter().map(|pairs| {
                let pairs = pairs.iter().map(|pair| {
                    let is = if pair.negate { "!=" } else { "==" };
                    format!("{} {is} {}", pair.field, pair.value)
                });
                pairs.collect::<Vec<_>>().join(" and ")
            });
            let alternatives: Vec<String> = alternatives.collect();
            let of = threat.index.join(", ");
            format!("indicators of {of} with {}\n", alternatives.join(", or "))
        }
        RuleKind::Eql { .. }
        | RuleKind::Esql
        | RuleKind::Query { .. }
        | RuleKind::MachineLearning(_) => String::new(),
    }
}

/// Shows what is wrong with the queries that do not fit the schema, each in its rule file.
pub(super) fn show_refused(set: &RuleSet<'_>) {
    for refused in &set.refused {
        report::diagnostics(&refused.rule.path, &refused.rule.text, &refused.in_file());
    }
}

/// Loads the rules that paths name: the `.toml` files of folders, files by name, and built-in packs by theirs. No path at
/// all means the packs that are on by default.
pub(super) fn load(paths: &[PathBuf]) -> Result<Loaded> {
    let mut texts = Vec::new();
    let mut others = 0;
    for path in paths {
        match pack_of(path) {
            Some(pack) => texts.extend(texts_of(pack)),
            None => others += read(path, &mut texts)?,
        }
    }
    if 0 < others {
        report::note(&format!(
            "{others} files in folders are no rules but lists, packs or exceptions"
        ));
    }
    if paths.is_empty() {
        texts.extend(pack::enabled().flat_map(texts_of));
    }
    if texts.is_empty() {
        bail!("no rule files in the paths given: rule files end in .toml");
    }
    Ok(load_all(texts.into_iter()))
}

/// The built-in pack that a path names, where nothing lies under that path.
pub(super) fn pack_of(path: &Path) -> Option<&'static Pack> {
    let named = path.to_str().and_then(pack::named);
    named.filter(|_| !path.exists())
}

fn texts_of(pack: &'static Pack) -> impl Iterator<Item = (String, String)> {
    pack.toml_files(pack::RULES).map(|(path, text)| (path, text.to_owned()))
}

/// Reads a rule file, or those of a folder; gives how many files of a folder are something else that packs have.
fn read(path: &Path, texts: &mut Vec<(String, String)>) -> Result<usize> {
    if !path.exists() {
        let packs: Vec<&str> = pack::ALL.iter().map(|pack| pack.name).collect();
        bail!(
            "{}: no such file, folder or built-in pack; the packs are {}",
            path.display(),
            packs.join(", ")
        );
    }
    let named = path;
    let mut others = 0;
    for (path, error) in brokerwatch_runtime::files(&[named.to_owned()]) {
        if let Some(error) = error {
            bail!("{}: {error}", path.display());
        }
        if path == named || path.extension().is_some_and(|extension| extension == "toml") {
            let text = super::scan::text(&path)?;
            if path != named && is_other(&text) {
                others += 1;
                continue;
            }
            texts.push((path.display().to_string(), text));
        }
    }
    Ok(others)
}
