//! `rules`: what is loaded, one rule in full, all problems of rule files, and rules for elsewhere.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::{Result, bail};
use brokerwatch_detect::RuleSet;
use brokerwatch_ecs::similar;
use brokerwatch_rules::{Loaded, Rule, load_all, pack};
use clap::Subcommand;

use crate::{ERROR, NOTHING, report};

mod check;
mod export;
mod show;
mod sources;

pub(super) use sources::{Effective, Sources, effective, pack_of, sources};

/// List, show, check and export rule files
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  brokerwatch rules list\n  brokerwatch rules show --effective my-rules/\n  \
brokerwatch rules check my-rules/\n  brokerwatch rules export --to elastic/ --effective"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// One line for each rule
    List {
        /// Rule files and folders, and built-in packs by name [default: the built-in packs that are on]
        paths: Vec<PathBuf>,
    },
    Show(ShowArgs),
    Check(check::Args),
    Export(export::Args),
}

/// Rules in full
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  brokerwatch rules show my-rules/rule.toml\n  brokerwatch rules show --effective \
\"Outbound Publish/Subscribe Protocol Connection\""
)]
struct ShowArgs {
    /// Rule files and folders, built-in packs by name, and built-in rules by id or name [default: the built-in packs that
    /// are on]
    rules: Vec<PathBuf>,
    /// With the lists filled in as the site's `brokerwatch.toml` wants them, and where the values come from
    #[arg(long)]
    effective: bool,
}

pub(crate) fn run(args: &Args) -> Result<u8> {
    match &args.what {
        What::List { paths } => list(paths),
        What::Show(args) => show(args),
        What::Check(args) => check::run(args),
        What::Export(args) => export::run(args),
    }
}

fn list(paths: &[PathBuf]) -> Result<u8> {
    let loaded = published(paths)?;
    show_failures(&loaded);
    let mut out = io::stdout().lock();
    for rule in &loaded.rules {
        let (severity, kind) = (rule.severity.name(), rule.kind.name());
        writeln!(out, "{}  {severity:<8}  {kind:<11}  {}", rule.id, rule.name)?;
    }
    Ok(code(&loaded))
}

fn show(args: &ShowArgs) -> Result<u8> {
    let (paths, names): (Vec<PathBuf>, Vec<PathBuf>) =
        args.rules.iter().cloned().partition(|path| path.exists() || pack_of(path).is_some());
    let mut failed = false;
    if !paths.is_empty() || names.is_empty() {
        failed |= show_all(&paths, args.effective, |_| true)?;
    }
    for name in &names {
        let name = name.to_string_lossy();
        find(&name)?;
        let every: Vec<PathBuf> = pack::ALL.iter().map(|pack| PathBuf::from(pack.name)).collect();
        failed |= show_all(&every, args.effective, |rule| is_called(rule, &name))?;
    }
    Ok(if failed { ERROR } else { NOTHING })
}

/// Shows the rules of paths that `wanted` picks; gives whether something did not load.
fn show_all(paths: &[PathBuf], is_effective: bool, wanted: impl Fn(&Rule) -> bool) -> Result<bool> {
    let mut out = io::stdout().lock();
    if !is_effective {
        let loaded = published(paths)?;
        show_failures(&loaded);
        for rule in loaded.rules.iter().filter(|rule| wanted(rule)) {
            show::rule(&mut out, rule)?;
        }
        return Ok(!loaded.failures.is_empty());
    }
    let effective = effective(paths)?;
    show_failures(&effective.loaded);
    for rule in effective.loaded.rules.iter().filter(|rule| wanted(rule)) {
        show::rule(&mut out, rule)?;
        let filled = effective.files.iter().find(|((path, _), _)| *path == rule.path);
        let uses = filled.map_or(&[][..], |(_, filled)| &filled.uses);
        show::uses(&mut out, uses, &effective.lists)?;
    }
    Ok(!effective.loaded.failures.is_empty())
}

fn is_called(rule: &Rule, name: &str) -> bool {
    rule.id == name || rule.name.eq_ignore_ascii_case(name)
}

/// Refuses a name that no built-in rule has.
fn find(name: &str) -> Result<()> {
    let rules: Vec<Rule> = pack::ALL.iter().flat_map(|pack| pack.load().rules).collect();
    if rules.iter().any(|rule| is_called(rule, name)) {
        return Ok(());
    }
    let known = rules.iter().flat_map(|rule| [rule.name.as_str(), rule.id.as_str()]);
    let way_out = match similar(name, known).first() {
        Some(near) => format!("`{near}` is close"),
        None => {
            let packs: Vec<&str> = pack::ALL.iter().map(|pack| pack.name).collect();
            format!("`brokerwatch rules list` shows the rules; the packs are {}", packs.join(", "))
        }
    };
    bail!("no file, built-in pack or built-in rule `{name}`; {way_out}")
}

fn show_failures(loaded: &Loaded) {
    for (path, text, diagnostics) in &loaded.failures {
        report::diagnostics(path, text, diagnostics);
    }
}

fn code(loaded: &Loaded) -> u8 {
    if loaded.failures.is_empty() { NOTHING } else { ERROR }
}

/// Shows what is wrong with the queries that do not fit the schema, each in its rule file.
pub(super) fn show_refused(set: &RuleSet<'_>) {
    for refused in &set.refused {
        report::diagnostics(&refused.rule.path, &refused.rule.text, &refused.in_file());
    }
}

/// Loads the rules that paths name, filled with the lists as the site wants them.
pub(super) fn load(paths: &[PathBuf]) -> Result<Loaded> {
    Ok(effective(paths)?.loaded)
}

/// Loads the rules that paths name as they are published.
fn published(paths: &[PathBuf]) -> Result<Loaded> {
    Ok(load_all(sources(paths)?.rules.into_iter()))
}
