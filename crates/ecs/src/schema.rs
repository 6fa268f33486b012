//! What is known about fields before a document is read: ECS, a mapping file, or both.

use std::collections::{BTreeMap, BTreeSet};

use crate::date::Format;
use crate::{Type, field_table};

/// How one field is mapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldMapping {
    /// The type that values are read as.
    pub ty: Type,
    /// Where documents hold the field, if not under its own name (an alias).
    pub path: Option<String>,
    /// What an explicit `null` stands for.
    pub null_value: Option<String>,
    /// Longest searchable text, in characters.
    pub ignore_above: Option<usize>,
    /// The layout of date texts.
    pub format: Option<Format>,
}

impl FieldMapping {
    /// A mapping with a type and nothing else.
    pub fn of(ty: Type) -> FieldMapping {
        FieldMapping { ty, path: None, null_value: None, ignore_above: None, format: None }
    }
}

/// What a schema says of a field name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapped {
    /// It can be searched.
    Field(FieldMapping),
    /// It is mapped, but with a type that cannot be searched (the type's name).
    Unsupported(String),
    /// Sources that are searched together hold it with types that do not go together (said in words).
    Ambiguous(String),
    /// It is in no mapping.
    Unknown,
}

/// The fields that a query may name, and how documents hold them.
///
/// An *open* schema takes every name: ECS names have their ECS type, all others the type of their values.
/// A *strict* schema is a mapping: a name that it lacks is unknown, as in Elasticsearch.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    fields: BTreeMap<String, Mapped>,
    strict: bool,
}

impl Schema {
    /// The open schema: ECS, and everything else by its values.
    pub fn open() -> Schema {
        Schema::default()
    }

    /// A strict schema without fields.
    pub fn strict() -> Schema {
        Schema { fields: BTreeMap::new(), strict: true }
    }

    /// What a query over several sources may name: a field of any of them. One that two of them hold with different types
    /// is ambiguous. Strict only if all are.
    pub fn merged<'s>(sources: &[(&'s str, &'s Schema)]) -> Schema {
        let mut merged = Schema { fields: BTreeMap::new(), strict: true };
        for (_, source) in sources {
            merged.strict &= source.strict;
        }
        let names: BTreeSet<&str> = sources.iter().flat_map(|(_, source)| source.names()).collect();
        for name in names {
            let known = sources
                .iter()
                .map(|(source, schema)| (*source, schema.lookup(name)))
                .filter(|(_, mapped)| *mapped != Mapped::Unknown);
            merged.declare(name, merged_field(known));
        }
        merged
    }

    /// Declares a field, replacing what was said of it before.
    pub fn declare(&mut self, name: impl Into<String>, mapped: Mapped) {
        self.fields.insert(name.into(), mapped);
    }

    /// Whether names that are in no mapping are unknown.
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// The declared names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// What this schema says of a name.
    pub fn lookup(&self, name: &str) -> Mapped {
        if let Some(mapped) = self.fields.get(name) {
            return mapped.clone();
        }
        if self.strict {
            return Mapped::Unknown;
        }
        match field_table::definition(name) {
            Some(definition) if definition.nested => Mapped::Unsupported("nested".to_owned()),
            Some(definition) => Mapped::Field(FieldMapping::of(definition.ty)),
            None => Mapped::Field(FieldMapping::of(Type::Dynamic)),
        }
    }

    /// The mapping of a name that can be searched.
    pub fn resolve(&self, name: &str) -> Option<FieldMapping> {
        match self.lookup(name) {
            Mapped::Field(mapping) => Some(mapping),
            Mapped::Unsupported(_) | Mapped::Ambiguous(_) | Mapped::Unknown => None,
        }
    }

    /// Names of this schema and of ECS that are near `name`, nearest first, at most three.
    pub fn similar(&self, name: &str) -> Vec<String> {
        let ecs = field_table::FIELDS.iter().map(|definition| definition.name);
        let known: Vec<&str> =
            if self.strict { self.names().collect() } else { self.names().chain(ecs).collect() };
        similar(name, known.into_iter())
    }
}

/// One field as several sources hold it. Where and how each holds it is read with its own schema; here only the type
/// counts.
fn merged_field<'s>(known: impl Iterator<Item = (&'s str, Mapped)>) -> Mapped {
    let mut by_type: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut first = Mapped::Unknown;
    for (source, mapped) in known {
        let ty = match &mapped {
            // Read by its values, it goes with any type.
            Mapped::Field(mapping) if mapping.ty == Type::Dynamic => continue,
            Mapped::Field(mapping) => mapping.ty.to_string(),
            Mapped::Unsupported(ty) | Mapped::Ambiguous(ty) => ty.clone(),
            Mapped::Unknown => continue,
        };
        by_type.entry(ty).or_default().push(source);
        if first == Mapped::Unknown {
            first = mapped;
        }
    }
    match by_type.len() {
        0 => Mapped::Field(FieldMapping::of(Type::Dynamic)),
        1 => first,
        _ => Mapped::Ambiguous(
            by_type
                .iter()
                .map(|(ty, sources)| format!("{ty} in {}", sources.join(", ")))
                .collect::<Vec<_>>()
                .join("; "),
        ),
    }
}

/// Names within a quarter of `name`'s length in edits, nearest first, at most three.
pub fn similar<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Vec<String> {
    let bound = (name.len() / 4).clamp(1, 3);
    let mut near: Vec<(usize, &str)> = known
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= bound)
        .map(|candidate| (edits(name, candidate), candidate))
        .filter(|(distance, _)| (1..=bound).contains(distance))
        .collect();
    near.sort_unstable();
    near.truncate(3);
    near.into_iter().map(|(_, candidate)| candidate.to_owned()).collect()
}

/// Levenshtein distance in bytes, a swap of neighbours counting as one (optimal string alignment).
fn edits(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (above[j] + 1).min(row[j - 1] + 1).min(above[j - 1] + change);
            if 1 < i && 1 < j && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_schema_knows_ecs_and_takes_the_rest() {
        let schema = Schema::open();
        assert_eq!(schema.resolve("destination.port").unwrap().ty, Type::Long);
        assert_eq!(schema.resolve("process.Ext.token").unwrap().ty, Type::Dynamic);
        assert_eq!(schema.lookup("file.elf.sections"), Mapped::Unsupported("nested".to_owned()));
    }

    #[test]
    fn a_strict_schema_knows_its_own_names_only() {
        let mut schema = Schema::strict();
        schema.declare("pid", Mapped::Field(FieldMapping::of(Type::Long)));
        assert_eq!(schema.lookup("destination.port"), Mapped::Unknown);
        assert_eq!(schema.similar("pdi"), ["pid"]);
    }

    #[test]
    fn sources_searched_together_must_agree_on_types() {
        let mapped = |ty| Mapped::Field(FieldMapping::of(ty));
        let (mut old, mut new) = (Schema::strict(), Schema::strict());
        old.declare("pid", mapped(Type::Keyword));
        old.declare("name", mapped(Type::Keyword));
        new.declare("pid", mapped(Type::Long));
        let merged = Schema::merged(&[("old", &old), ("new", &new)]);
        assert_eq!(
            merged.lookup("pid"),
            Mapped::Ambiguous("keyword in old; long in new".to_owned())
        );
        assert_eq!(merged.lookup("name"), mapped(Type::Keyword));
        assert_eq!(merged.lookup("other"), Mapped::Unknown);
        let open = Schema::open();
        let merged = Schema::merged(&[("old", &old), ("any", &open)]);
        assert_eq!(merged.lookup("other"), mapped(Type::Dynamic));
    }

    #[test]
    fn a_misspelt_name_finds_its_neighbour() {
        assert_eq!(Schema::open().similar("destination.prot")[0], "destination.port");
        assert!(Schema::open().similar("qqqqqqqqqqqq").is_empty());
    }
}
