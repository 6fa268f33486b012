//! `rules`: what is loaded, one rule in full, and all problems of rule files.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use brokerwatch_detect::RuleSet;
use brokerwatch_ecs::Schema;
use brokerwatch_rules::pack::Pack;
use brokerwatch_rules::{Loaded, Rule, RuleKind, load_all, pack};
use clap::Subcommand;

use crate::{ERROR, NOTHING, report};

/// List, show and check rule files
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  brokerwatch rules check my-rules/\n  brokerwatch rules list my-rules/"
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
    /// All problems of rule files; exit code 2 if any is an error
    Check {
        /// Rule files and folders
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
}

pub(crate) fn run(args: &Args) -> Result<u8> {
    let (What::List { paths } | What::Show { paths } | What::Check { paths }) = &args.what;
    let loaded = load(paths)?;
    for (path, text, diagnostics) in &loaded.failures {
        report::diagnostics(path, text, diagnostics);
    }
    let mut failed = !loaded.failures.is_empty();
    let mut out = io::stdout().lock();
    match args.what {
        What::List { .. } => {
            for rule in &loaded.rules {
                let (severity, kind) = (rule.severity.name(), rule.kind.name());
                writeln!(out, "{}  {severity:<8}  {kind:<11}  {}", rule.id, rule.name)?;
            }
        }
        What::Show { .. } => {
            for rule in &loaded.rules {
                writeln!(
                    out,
                    "{}\n{}\n\n{}\n\n{}\n{}",
                    rule.name,
                    rule.id,
                    rule.description,
                    rule.query_text,
                    beside_the_query(rule)
                )?;
            }
        }
        What::Check { .. } => failed |= check(&loaded),
    }
    Ok(if failed { ERROR } else { NOTHING })
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

/// Shows warnings and the errors of names and types; gives whether there was an error.
fn check(loaded: &Loaded) -> bool {
    let schema = Schema::open();
    let set = RuleSet::compile(&loaded.rules, &schema);
    for rule in &loaded.rules {
        report::diagnostics(&rule.path, &rule.text, &rule.warnings);
    }
    show_refused(&set);
    report::note(&format!(
        "{} rules load, {} of them run; {} files do not load, {} queries have errors",
        loaded.rules.len(),
        set.rules.len(),
        loaded.failures.len(),
        set.refused.len()
    ));
    !set.refused.is_empty()
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
    for path in paths {
        match pack_of(path) {
            Some(pack) => texts.extend(texts_of(pack)),
            None => read(path, &mut texts)?,
        }
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

/// Reads a rule file, or those of a folder.
fn read(path: &Path, texts: &mut Vec<(String, String)>) -> Result<()> {
    if !path.exists() {
        let packs: Vec<&str> = pack::ALL.iter().map(|pack| pack.name).collect();
        bail!(
            "{}: no such file, folder or built-in pack; the packs are {}",
            path.display(),
            packs.join(", ")
        );
    }
    let named = path;
    for (path, error) in brokerwatch_runtime::files(&[named.to_owned()]) {
        if let Some(error) = error {
            bail!("{}: {error}", path.display());
        }
        if path == named || path.extension().is_some_and(|extension| extension == "toml") {
            texts.push((path.display().to_string(), super::scan::text(&path)?));
        }
    }
    Ok(())
}
