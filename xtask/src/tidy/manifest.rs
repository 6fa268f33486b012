//! A `Cargo.toml` as the checks read it.

use toml::{Table, Value};

use super::tree::File;

/// The parsed manifest; an empty one if it is no TOML, which cargo tells better than we could.
pub(super) fn parse(file: &File) -> Table {
    file.text.parse().unwrap_or_default()
}

/// One line of a `[dependencies]` table, of whatever kind.
pub(super) struct Dependency {
    /// The name in the table.
    pub(super) name: String,
    /// Whether tests alone use it.
    pub(super) dev: bool,
    /// What stands after the name.
    pub(super) value: Value,
}

/// Every dependency of a manifest, those for single platforms too.
pub(super) fn dependencies(manifest: &Table) -> Vec<Dependency> {
    let mut found = listed(manifest);
    if let Some(targets) = manifest.get("target").and_then(Value::as_table) {
        found.extend(targets.values().filter_map(Value::as_table).flat_map(listed));
    }
    found
}

fn listed(table: &Table) -> Vec<Dependency> {
    let mut found = Vec::new();
    for (kind, dev) in
        [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)]
    {
        for (name, value) in table.get(kind).and_then(Value::as_table).into_iter().flatten() {
            found.push(Dependency { name: name.clone(), dev, value: value.clone() });
        }
    }
    found
}

/// Whether a key of a table is `{ workspace = true }`.
pub(super) fn inherits(value: Option<&Value>) -> bool {
    value.and_then(|value| value.get("workspace")).and_then(Value::as_bool) == Some(true)
}
