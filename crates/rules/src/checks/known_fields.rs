//! The fields that rules can be sure of: those of ECS, and those that integrations add.
//!
//! The table of integrations is `data/integration-fields.csv`, written by hand: `name,type,integration`. A name that ends
//! in `.*` stands for every field below it, of that type unless the table says otherwise.

use std::sync::LazyLock;

use brokerwatch_ecs::{FIELDS, Type, definition, similar};
use brokerwatch_esql::catalog::TableColumn;
use brokerwatch_esql::dry;
use brokerwatch_expr::{Diagnostic, Span};

use super::{Subject, codes};
use crate::report::excerpt;

/// A field, or fields, of an integration.
struct Line {
    name: &'static str,
    ty: Type,
    integration: &'static str,
}

static TABLE: LazyLock<Vec<Line>> = LazyLock::new(|| {
    let lines = include_str!("../../data/integration-fields.csv").lines().skip(1);
    lines.filter_map(read).collect()
});

fn read(line: &'static str) -> Option<Line> {
    let mut cells = line.split(',');
    let (name, ty, integration) = (cells.next()?, cells.next()?, cells.next()?);
    Some(Line { name, ty: Type::from_mapping(ty)?, integration })
}

/// The integrations whose fields the table has, in order.
pub static INTEGRATIONS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut names: Vec<&str> = TABLE.iter().map(|line| line.integration).collect();
    names.sort_unstable();
    names.dedup();
    names
});

/// What is known of a name.
pub(super) enum Known {
    /// It is the name of a field, of this type.
    Listed(Type),
    /// It lies below a name that takes any, of this type.
    Below(Type),
    /// It is none.
    No,
}

/// What is known of a name.
pub(super) fn known(name: &str) -> Known {
    // What every document has, whatever its mapping.
    if matches!(name, "_id" | "_index" | "_source" | "_version" | "_ignored") {
        return Known::Listed(Type::Keyword);
    }
    if let Some(field) = definition(name) {
        return Known::Listed(field.ty);
    }
    let own = name.strip_suffix(".text").or(name.strip_suffix(".caseless")).unwrap_or(name);
    if let Some(line) = TABLE.iter().find(|line| line.name == own) {
        return Known::Listed(line.ty);
    }
    if definition(own).is_some() {
        return Known::Listed(Type::Keyword);
    }
    let below = TABLE
        .iter()
        .filter(|line| line.name.strip_suffix('*').is_some_and(|prefix| own.starts_with(prefix)));
    // The longest prefix knows best.
    match below.max_by_key(|line| line.name.len()) {
        Some(line) => Known::Below(line.ty),
        None => Known::No,
    }
}

/// Every field that is listed by name, as a column.
pub(super) fn columns() -> Vec<TableColumn> {
    let own = TABLE
        .iter()
        .filter(|line| !line.name.ends_with('*'))
        .filter_map(|line| Some(TableColumn::new(line.name, dry::data_type(line.ty)?, false)));
    let mut columns: Vec<TableColumn> = dry::ecs_columns().chain(own).collect();
    columns.sort_by(|one, other| one.name.cmp(&other.name));
    columns.dedup_by(|one, other| one.name == other.name);
    columns
}

/// What is to be said of a name in a rule.
///
/// An unknown name is an error where all fields that the rule can have are known: it lies among those of ECS, and the
/// integrations of the rule are in the table. Elsewhere the table may be what is wrong.
pub(super) fn finding(subject: &Subject<'_>, name: &str, span: Span) -> Option<Diagnostic> {
    let unknown = format!("unknown field `{}`", excerpt(name));
    match known(name) {
        Known::Listed(_) => None,
        Known::Below(_) => {
            let near = near(name)?;
            let found = Diagnostic::warning(codes::UNKNOWN_FIELD, span, unknown);
            Some(found.help(format!("`{near}` is close; if the field is right, leave this out")))
        }
        Known::No => {
            let found = if all_fields_known(subject) && is_of_ecs(name) {
                Diagnostic::error(codes::UNKNOWN_FIELD, span, unknown)
            } else {
                Diagnostic::warning(codes::UNKNOWN_FIELD, span, unknown)
            };
            Some(
                found.help(match near(name) {
                    Some(near) => format!("`{near}` is close"),
                    None => "neither ECS nor the integrations that are known here have it; \
                         correct the name, or leave this finding out"
                        .to_owned(),
                }),
            )
        }
    }
}

/// The listed field whose name is closest, if one is close.
pub(super) fn near(name: &str) -> Option<String> {
    let ecs = FIELDS.iter().map(|field| field.name);
    similar(name, ecs.chain(TABLE.iter().map(|line| line.name))).into_iter().next()
}

fn all_fields_known(subject: &Subject<'_>) -> bool {
    let of_rule = &subject.rule.metadata.integration;
    !of_rule.is_empty() && of_rule.iter().all(|name| INTEGRATIONS.contains(&name.as_str()))
}

/// Whether ECS has an object of the name's first part.
fn is_of_ecs(name: &str) -> bool {
    let Some((root, _)) = name.split_once('.') else { return false };
    FIELDS
        .iter()
        .any(|field| field.name.strip_prefix(root).is_some_and(|rest| rest.starts_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read_and_they_are_in_order() {
        let text = include_str!("../../data/integration-fields.csv");
        assert_eq!(TABLE.len(), text.lines().count() - 1);
        assert!(TABLE.is_sorted_by(|one, next| one.name < next.name));
        let twice = TABLE.iter().filter(|line| definition(line.name).is_some());
        assert_eq!(twice.map(|line| line.name).collect::<Vec<_>>(), [""; 0], "in ECS already");
    }

    #[test]
    fn names_are_known_by_themselves_and_by_what_they_lie_below() {
        let listed = |name| matches!(known(name), Known::Listed(_));
        let below = |name| matches!(known(name), Known::Below(_));
        assert!(listed("destination.port") && listed("process.Ext.code_signature.trusted"));
        assert!(listed("process.name.caseless") && listed("zeek.mqtt.topic"));
        assert!(below("winlog.event_data.LogonType") && below("process.Ext.anything"));
        assert!(!listed("destination.prot") && !below("destination.prot"));
    }
}
