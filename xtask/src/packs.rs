//! What is generated inside of packs: the literal values of lists in rules, and exceptions from lists of software.
//!
//! The files are read as they lie in the repository, not as the binary holds them.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use brokerwatch_expr::{Diagnostic, Severity, line_column};
use brokerwatch_rules::lists::{self, Lists};
use brokerwatch_rules::pack;

use crate::{codegen, files};

/// The exceptions for honest software.
pub(crate) fn honest_software() -> Result<String> {
    let lists = lists_of("pubsub")?;
    let list = lists.get("AppContextFilter").context("the pack has no list `AppContextFilter`")?;
    Ok(lists::exceptions(list))
}

/// Writes the values of lists into the rules of every pack where others stand. A marker that is wrong is an error.
pub(crate) fn fill_rules() -> Result<()> {
    for name in pack::ALL.iter().map(|pack| pack.name) {
        let lists = lists_of(name)?;
        for (path, text) in toml_files(name, pack::RULES)? {
            let filled = lists::fill(&text, &lists);
            refuse(&path, &text, &filled.diagnostics)?;
            codegen::renew(&path, &filled.text)?;
        }
    }
    Ok(())
}

fn lists_of(pack: &str) -> Result<Lists> {
    let (lists, failures) = Lists::load_all(toml_files(pack, pack::LISTS)?.into_iter());
    for (path, text, found) in &failures {
        refuse(path, text, found)?;
    }
    Ok(lists)
}

fn refuse(path: &str, text: &str, found: &[Diagnostic]) -> Result<()> {
    if let Some(first) = found.iter().find(|found| found.severity == Severity::Error) {
        let (line, column) = line_column(text, first.span().start as usize);
        bail!("{path}:{line}:{column}: {}", first.message);
    }
    Ok(())
}

/// The TOML files of a folder of a pack with their texts, sorted; none if there is no such folder.
fn toml_files(pack: &str, folder: &str) -> Result<Vec<(String, String)>> {
    let folder = format!("packs/{pack}/{folder}");
    let Ok(listing) = std::fs::read_dir(files::root().join(&folder)) else { return Ok(Vec::new()) };
    let paths =
        listing.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>()?;
    let names = paths.iter().filter(|path| path.extension().is_some_and(|end| end == "toml"));
    let mut texts = Vec::new();
    for path in names {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .context("files of packs have ASCII names")?;
        texts.push((format!("{folder}/{name}"), files::text(path)?));
    }
    texts.sort();
    Ok(texts)
}
