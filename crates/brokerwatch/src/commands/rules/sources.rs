//! Where rules come from: files, folders, packs on disk and packs in the binary, with the lists and exceptions that go
//! with them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use brokerwatch_expr::Severity;
use brokerwatch_rules::lists::{self, Filled, HONEST_SOFTWARE, Lists};
use brokerwatch_rules::pack::{self, Pack};
use brokerwatch_rules::{Loaded, is_other, load_all};

use super::super::{scan, site};
use crate::report;

/// Path and text of a file.
pub(crate) type Text = (String, String);

/// The files that paths name, as they are published.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// The rules.
    pub(crate) rules: Vec<Text>,
    /// The lists of the packs on disk that the rules lie in, then those of the packs in the binary.
    pub(crate) lists: Vec<Text>,
    /// The exceptions of these packs, in the same order.
    pub(crate) exceptions: Vec<Text>,
}

/// Rules as they run.
#[derive(Debug)]
pub(crate) struct Effective {
    /// The rules.
    pub(crate) loaded: Loaded,
    /// The lists, as the site wants them.
    pub(crate) lists: Lists,
    /// The exceptions of packs, path and text of each file, as the site wants them.
    pub(crate) exceptions: Vec<Text>,
    /// Files and folders with exceptions of the site.
    pub(crate) own_exceptions: Vec<PathBuf>,
    /// Each rule file as it is published, and filled.
    pub(super) files: Vec<(Text, Filled)>,
}

/// What paths name: the `.toml` files of folders, files by name, and built-in packs by theirs. No path at all means the
/// packs that are on by default.
pub(crate) fn sources(paths: &[PathBuf]) -> Result<Sources> {
    let mut sources = Sources::default();
    let mut roots = BTreeSet::new();
    let mut others = 0;
    for path in paths {
        match pack_of(path) {
            Some(pack) => sources.rules.extend(texts_of(pack, pack::RULES)),
            None => others += read(path, &mut sources.rules, &mut roots)?,
        }
    }
    if 0 < others {
        report::note(&format!(
            "{others} files in folders are no rules but lists, packs or exceptions"
        ));
    }
    if paths.is_empty() {
        sources.rules.extend(pack::enabled().flat_map(|pack| texts_of(pack, pack::RULES)));
    }
    if sources.rules.is_empty() {
        bail!("no rule files in the paths given: rule files end in .toml");
    }
    for root in &roots {
        read_toml(&root.join(pack::LISTS), &mut sources.lists)?;
        read_toml(&root.join(pack::EXCEPTIONS), &mut sources.exceptions)?;
    }
    for pack in pack::ALL.iter().copied() {
        sources.lists.extend(texts_of(pack, pack::LISTS));
        sources.exceptions.extend(texts_of(pack, pack::EXCEPTIONS));
    }
    Ok(sources)
}

/// The rules that paths name, filled with the lists as the site wants them.
pub(crate) fn effective(paths: &[PathBuf]) -> Result<Effective> {
    let Sources { rules, lists, exceptions } = sources(paths)?;
    let (lists, wrong) = Lists::load_all(lists.into_iter());
    let (lists, own_exceptions) = site::apply(lists)?;
    let mut failures = wrong;
    let mut texts = Vec::new();
    let mut files = Vec::new();
    for (path, text) in rules {
        let filled = lists::fill(&text, &lists);
        if filled.diagnostics.iter().any(|found| found.severity == Severity::Error) {
            failures.push((path, text, filled.diagnostics));
            continue;
        }
        tell_drift(&path, &filled);
        texts.push((path.clone(), filled.text.clone()));
        files.push(((path, text), filled));
    }
    let mut loaded = load_all(texts.into_iter());
    loaded.failures.splice(0..0, failures);
    let exceptions = exceptions.into_iter().map(|file| without_removed(file, &lists)).collect();
    Ok(Effective { loaded, lists, exceptions, own_exceptions, files })
}

/// Says that a rule runs with other values than stand in it, where no site asked for that.
fn tell_drift(path: &str, filled: &Filled) {
    for used in filled.uses.iter().filter(|used| used.before.is_some() && used.changes.is_empty()) {
        report::note(&format!(
            "warning: {path}: the values are not those of `{}`, and those of the list are used; `rules check` tells which",
            used.named()
        ));
    }
}

/// The exceptions of a pack without the honest software that the site removed.
fn without_removed((path, text): Text, lists: &Lists) -> Text {
    let software = lists.get("AppContextFilter").filter(|list| !list.changes.is_empty());
    match software {
        Some(list) if text.contains(&format!("list_id = \"{HONEST_SOFTWARE}\"")) => {
            (path, lists::exceptions(list))
        }
        _ => (path, text),
    }
}

/// The built-in pack that a path names, where nothing lies under that path.
pub(crate) fn pack_of(path: &Path) -> Option<&'static Pack> {
    let named = path.to_str().and_then(pack::named);
    named.filter(|_| !path.exists())
}

fn texts_of(pack: &'static Pack, folder: &str) -> Vec<Text> {
    pack.toml_files(folder).map(|(path, text)| (path, text.to_owned())).collect()
}

/// Reads a rule file, or those of a folder, and notes the packs on disk that they lie in; gives how many files of a folder
/// are something else that packs have.
fn read(path: &Path, texts: &mut Vec<Text>, roots: &mut BTreeSet<PathBuf>) -> Result<usize> {
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
            let text = scan::text(&path)?;
            if path != named && is_other(&text) {
                others += 1;
                continue;
            }
            roots.extend(root(&path));
            texts.push((path.display().to_string(), text));
        }
    }
    Ok(others)
}

/// The pack on disk that a rule file lies in: the nearest folder above it with a `pack.toml`.
fn root(file: &Path) -> Option<PathBuf> {
    let full = std::path::absolute(file).ok()?;
    let root = full.ancestors().skip(1).find(|folder| folder.join(pack::MANIFEST).is_file())?;
    // As the person wrote it, if the path that was written reaches that far.
    let written = file.ancestors().skip(1).find(|folder| {
        !folder.as_os_str().is_empty() && std::path::absolute(folder).is_ok_and(|full| full == root)
    });
    Some(written.unwrap_or(root).to_owned())
}

/// The TOML files of a folder that may not be there.
fn read_toml(folder: &Path, texts: &mut Vec<Text>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for (path, error) in brokerwatch_runtime::files(&[folder.to_owned()]) {
        if let Some(error) = error {
            bail!("{}: {error}", path.display());
        }
        if path.extension().is_some_and(|extension| extension == "toml") {
            texts.push((path.display().to_string(), scan::text(&path)?));
        }
    }
    Ok(())
}
