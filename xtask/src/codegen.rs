//! The files that are generated, and writing them.
//!
//! A page is one line in [`PAGES`]: where it lies, and the function that gives its whole text. `cargo xtask tidy`
//! compares every page with what its function says, and finds pages under `docs/reference/` that have no line here.

use anyhow::{Context, Result};

use crate::{ecs_table, files, packs, reference};

/// A generated file: its path from the root of the repository, and its text.
pub(crate) type Page = (&'static str, fn() -> Result<String>);

/// Every generated file.
pub(crate) static PAGES: &[Page] = &[
    ("crates/ecs/src/field_table.rs", ecs_table::page),
    ("docs/reference/cli.md", reference::cli::page),
    ("docs/reference/diagnostics.md", reference::diagnostics::page),
    ("docs/reference/esql-aggregates.md", reference::esql::aggregates),
    ("docs/reference/esql-commands.md", reference::esql::commands),
    ("docs/reference/esql-functions.md", reference::esql::functions),
    ("docs/reference/functions.md", reference::functions::page),
    ("docs/reference/limits.md", reference::limits::page),
    ("docs/reference/sources.md", reference::sources::page),
    ("packs/pubsub/exceptions/honest_software.toml", packs::honest_software),
];

/// Writes every generated file that is not fresh.
pub(crate) fn write() -> Result<()> {
    packs::fill_rules()?;
    for (path, text) in PAGES {
        let text = text().with_context(|| format!("generating {path}"))?;
        renew(path, &text)?;
    }
    Ok(())
}

/// Writes a file that is not fresh. One that is keeps its time, so that nothing is built again for it.
pub(crate) fn renew(path: &str, text: &str) -> Result<()> {
    let file = files::root().join(path);
    if files::text(&file).is_ok_and(|current| current == text) {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("creating {}", folder.display()))?;
    }
    std::fs::write(&file, text).with_context(|| format!("writing {path}"))?;
    files::say(&format!("wrote {path}"));
    Ok(())
}
