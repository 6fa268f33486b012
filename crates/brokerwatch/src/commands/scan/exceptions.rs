//! The exceptions of a scan: read, shown where they are wrong, and counted.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use brokerwatch_detect::{ExceptionFinding, RuleSet};
use brokerwatch_rules::Rule;
use brokerwatch_rules::exceptions::{ExceptionList, LoadedExceptions, load_all};

use super::super::rules::Effective;
use crate::report;

/// The exceptions of a run: those that a person gave, those of the site, and those of packs that apply to a rule.
pub(crate) fn of_run(paths: &[PathBuf], effective: &Effective) -> Result<LoadedExceptions> {
    let paths = [paths, &effective.own_exceptions].concat();
    Ok(with_packs(load(&paths)?, &effective.exceptions, &effective.loaded.rules))
}

/// Adds the exceptions of packs, path and text of each file, that apply to one of the rules.
pub(crate) fn with_packs(
    mut loaded: LoadedExceptions,
    files: &[(String, String)],
    rules: &[Rule],
) -> LoadedExceptions {
    for file in files {
        let of_pack = load_all(std::iter::once(file.clone()), &|_, _| None);
        loaded.failures.extend(of_pack.failures);
        // A list that a person gave stands in for that of a pack, and a pack on disk for the one in the binary.
        loaded.lists.extend({
            let applies = |list: &ExceptionList| rules.iter().any(|rule| list.applies_to(rule));
            let is_given = |list: &ExceptionList| {
                let mut given = loaded.lists.iter();
                given.any(|own| {
                    own.list_id == list.list_id && own.namespace_type == list.namespace_type
                })
            };
            of_pack
                .lists
                .into_iter()
                .filter(|list| applies(list) && !is_given(list))
                .collect::<Vec<_>>()
        });
    }
    loaded
}

/// Loads the `.toml` and `.ndjson` files of folders, and files by name. A value list is a file beside the one that names
/// it.
pub(crate) fn load(paths: &[PathBuf]) -> Result<LoadedExceptions> {
    if paths.is_empty() {
        return Ok(LoadedExceptions::default());
    }
    let mut texts = Vec::new();
    for (path, error) in brokerwatch_runtime::files(paths) {
        if let Some(error) = error {
            bail!("{}: {error}", path.display());
        }
        let has_exceptions =
            path.extension().is_some_and(|extension| extension == "toml" || extension == "ndjson");
        if paths.contains(&path) || has_exceptions {
            texts.push((path.display().to_string(), super::text(&path)?));
        }
    }
    if texts.is_empty() {
        bail!("no exceptions in the paths given: their files end in .toml or .ndjson");
    }
    let beside = |path: &str, id: &str| {
        let list = Path::new(path).with_file_name(id);
        brokerwatch_runtime::text(&list).ok()
    };
    Ok(load_all(texts.into_iter(), &beside))
}

/// Shows what is wrong with exceptions and what they leave unsaid; gives whether there was an error.
pub(crate) fn show(loaded: &LoadedExceptions, set: &RuleSet<'_>, rules: &[Rule]) -> bool {
    for (path, text, diagnostics) in loaded.failures.iter().chain(&loaded.warned) {
        report::diagnostics(path, text, diagnostics);
    }
    for found in &set.exception_findings {
        let source = &found.list.source;
        report::diagnostics(&source.path, &source.text, &found.diagnostics);
    }
    if 0 < loaded.passed_over {
        report::note(&format!(
            "note: {} rules and connectors in exports of exceptions were passed over: rules are read from TOML",
            loaded.passed_over
        ));
    }
    for list in set.lists {
        if !rules.iter().any(|rule| list.applies_to(rule)) {
            report::note(&format!(
                "warning: exceptions `{}` (list `{}`) apply to no rule",
                list.name, list.list_id
            ));
        }
    }
    for list in unread(set, rules) {
        report::note(&format!("warning: rules name exceptions `{list}`, which no file holds"));
    }
    !loaded.failures.is_empty() || set.exception_findings.iter().any(ExceptionFinding::is_error)
}

/// The lists that rules name and nobody gave. That some rules name lists says nothing where no exceptions are given.
fn unread<'s>(set: &RuleSet<'_>, rules: &'s [Rule]) -> BTreeSet<&'s str> {
    if set.lists.is_empty() {
        return BTreeSet::new();
    }
    let named = rules.iter().flat_map(|rule| &rule.exceptions);
    let unread = named.filter(|reference| {
        !set.lists.iter().any(|list| {
            list.list_id == reference.list_id && list.namespace_type == reference.namespace_type
        })
    });
    unread.map(|reference| reference.list_id.as_str()).collect()
}
