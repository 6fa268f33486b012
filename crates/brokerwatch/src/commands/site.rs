//! The site's own file, `brokerwatch.toml`: found once, and applied to the lists of every run that loads rules.

use std::path::{Path, PathBuf};
use std::sync::{Once, OnceLock};

use anyhow::{Context as _, Result, bail};
use brokerwatch_rules::lists::{Lists, Site, site};
use brokerwatch_runtime::SITE_FILE;

use crate::report;

/// Names the file in place of `--config`.
const VARIABLE: &str = "BROKERWATCH_CONFIG";

/// What the command line says of the file, for the rest of the run.
static CHOICE: OnceLock<Choice> = OnceLock::new();

/// The file is told of once, however often rules are loaded.
static TOLD: Once = Once::new();

/// Which file counts.
#[derive(Debug, Clone)]
pub(crate) enum Choice {
    /// The one that a variable names, or that lies in the folder of the run or the nearest one above.
    Search,
    /// This one.
    File(PathBuf),
    /// None.
    Nothing,
}

/// Settles which file counts. Only the first call does.
pub(crate) fn choose(choice: Choice) {
    // A second call could only be a mistake of ours, and the first one stays true.
    let _ = CHOICE.set(choice);
}

/// The lists as the site wants them, and the exceptions that it names, as paths from here.
pub(super) fn apply(lists: Lists) -> Result<(Lists, Vec<PathBuf>)> {
    let Some(path) = path()? else { return Ok((lists, Vec::new())) };
    let name = path.display().to_string();
    let text = brokerwatch_runtime::text(&path).with_context(|| name.clone())?;
    let Site { lists, exceptions, warnings } = match site(&name, &text, &lists) {
        Ok(site) => site,
        Err(found) => {
            report::diagnostics(&name, &text, &found);
            bail!(
                "{name}: nothing is run with a site's file that is wrong; `--no-config` leaves it out"
            );
        }
    };
    TOLD.call_once(|| {
        report::diagnostics(&name, &text, &warnings);
        report::note(&format!("note: lists and exceptions as {name} changes them"));
    });
    let folder = path.parent().unwrap_or(Path::new(""));
    Ok((lists, exceptions.iter().map(|path| folder.join(path)).collect()))
}

fn path() -> Result<Option<PathBuf>> {
    match CHOICE.get() {
        Some(Choice::Nothing) => return Ok(None),
        Some(Choice::File(path)) => return Ok(Some(path.clone())),
        Some(Choice::Search) | None => {}
    }
    if let Some(path) = std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        return Ok(Some(PathBuf::from(path)));
    }
    let here = std::env::current_dir().context("the folder of the run")?;
    let mut found =
        here.ancestors().map(|folder| folder.join(SITE_FILE)).filter(|path| path.is_file());
    let found = found.next();
    // Shown as a person would write it.
    Ok(found.map(|path| path.strip_prefix(&here).map(Path::to_owned).unwrap_or(path)))
}
