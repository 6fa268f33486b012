//! Writes `docs/reference/sources.md` from the registry of sources and their mappings.
//!
//! What a source lacks is not written down anywhere: it is asked of the mapping, as the program asks it to tell of an
//! alert which part of its rule could not be applied.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result, anyhow};
use brokerwatch_ingest::normalise::{self, Kind, Mapping};
use brokerwatch_ingest::readers::{self, Layout};

use super::{GENERATED, cell, code};

/// The text of the page.
pub(crate) fn page() -> Result<String> {
    let mut out = format!("# Sources of telemetry\n\n{GENERATED}\n{INTRODUCTION}");
    out.push_str("\n| name | source | layout | mapping |\n| --- | --- | --- | --- |\n");
    for source in readers::ALL {
        let (name, mapping) = (code(source.name), code(source.mapping));
        let (title, layout) = (cell(source.title), layout(source.layout));
        writeln!(out, "| {name} | {title} | {layout} | {mapping} |")?;
    }
    out.push_str(FIELDS);
    let mappings = mappings()?;
    write!(out, "\n| field |")?;
    mappings.keys().try_for_each(|name| write!(out, " {} |", code(name)))?;
    write!(out, "\n| --- |{}", " --- |".repeat(mappings.len()))?;
    for field in SHOWN {
        write!(out, "\n| {} |", code(field))?;
        mappings.values().try_for_each(|mapping| write!(out, " {} |", kinds(mapping, field)))?;
    }
    out.push('\n');
    Ok(out)
}

const INTRODUCTION: &str = "\
What an input is, is told from its content; `--read-as NAME` says it instead.
Documents of ECS, such as those of Elastic Defend, are no source of this list: they are read as they are.
[Telemetry](../telemetry.md) says how sources are told apart, and what each lacks.
";

const FIELDS: &str = "
## Fields

Which fields the events of a mapping can have: in both kinds of mapping, in `defend` or in `elastic` alone, or in neither.
An event has a field only if its record says something of it.
";

/// The fields of ECS that rules ask for most.
const SHOWN: &[&str] = &[
    "@timestamp",
    "host.name",
    "host.os.type",
    "event.category",
    "event.type",
    "event.action",
    "event.outcome",
    "user.name",
    "process.name",
    "process.executable",
    "process.pid",
    "process.command_line",
    "process.args",
    "process.parent.name",
    "process.hash.sha256",
    "source.ip",
    "source.port",
    "destination.ip",
    "destination.port",
    "destination.domain",
    "network.transport",
    "network.protocol",
    "network.direction",
    "dns.question.name",
    "file.path",
    "registry.path",
];

fn layout(layout: Layout) -> &'static str {
    match layout {
        Layout::Json(_) => "JSON",
        Layout::Lines(_) => "lines, or elements of XML",
        Layout::Table { .. } => "rows under a header",
        Layout::Joined(_) => "lines, several of which make an event",
        Layout::Evtx => "binary",
    }
}

/// Every mapping by its name.
fn mappings() -> Result<BTreeMap<&'static str, Mapping>> {
    let load = |(name, text): &(&'static str, &str)| {
        let mapping = normalise::load(text).map_err(|error| anyhow!("{error}"));
        Ok((*name, mapping.with_context(|| format!("the mapping `{name}`"))?))
    };
    normalise::ALL.iter().map(load).collect()
}

/// The kinds of a mapping in which events can have a field.
fn kinds(mapping: &Mapping, field: &str) -> &'static str {
    match (mapping.can_set(Kind::Defend, field), mapping.can_set(Kind::Elastic, field)) {
        (true, true) => "both",
        (true, false) => "`defend`",
        (false, true) => "`elastic`",
        (false, false) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sensors_lack_processes_and_windows_has_registries() {
        let mappings = mappings().unwrap();
        assert_eq!(kinds(&mappings["zeek"], "process.name"), "");
        assert_eq!(kinds(&mappings["windows"], "registry.path"), "both");
        assert_eq!(kinds(&mappings["osquery"], "destination.ip"), "`defend`");
    }

    #[test]
    fn fields_that_are_shown_are_set_by_some_mapping() {
        let mappings = mappings().unwrap();
        for field in SHOWN {
            assert!(mappings.values().any(|mapping| !kinds(mapping, field).is_empty()), "{field}");
        }
    }
}
