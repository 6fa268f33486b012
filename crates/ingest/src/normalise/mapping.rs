//! Mappings as they are written: TOML, embedded at build, checked against ECS when they are loaded.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use brokerwatch_ecs::{FIELDS, FieldMapping, Mapped, Schema, Type, definition};
use serde::Deserialize;
use thiserror::Error;

use super::conversions;

include!(concat!(env!("OUT_DIR"), "/mappings.rs"));

/// Which ECS a source becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The same event shaped so that rules written for Elastic Defend fire on it.
    #[default]
    Defend,
    /// What Elastic's own pipeline for the source gives.
    Elastic,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Defend => "defend",
            Kind::Elastic => "elastic",
        })
    }
}

/// The mapping of one source.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The name of the source.
    pub name: String,
    /// Texts that mean that a field of this source is not set.
    pub unset: BTreeSet<String>,
    /// What is set, in order: the first statement that gives a field a value wins, unless a later one appends.
    pub statements: Vec<Statement>,
    /// Fields that are not of ECS, with their types.
    pub own: BTreeMap<String, Type>,
}

/// One statement: what one ECS field gets.
#[derive(Debug, Clone, Default)]
pub struct Statement {
    /// The ECS field.
    pub to: String,
    /// In which mapping it holds; in both if nothing is said.
    pub kind: Option<Kind>,
    /// Conditions on source fields, all of which must hold.
    pub when: Vec<Condition>,
    /// Where the value comes from.
    pub origin: Origin,
    /// Whether the value is added to those that the field has.
    pub append: bool,
}

/// A condition on one source field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The source field.
    pub field: String,
    /// What its first value must be.
    pub test: Test,
}

/// What a condition asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// One of these texts, without regard to ASCII case.
    In(Vec<String>),
    /// None of these texts; also true if there is no value.
    NotIn(Vec<String>),
    /// There is a value.
    Present,
    /// There is none.
    Absent,
}

/// Where the value of a statement comes from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// Constants.
    Constants(Vec<String>),
    /// The first of these source fields that has a value, each of its values through the conversions, then through the
    /// table.
    First {
        /// Source fields.
        from: Vec<String>,
        /// Conversions, applied in order.
        convert: Vec<&'static conversions::Conversion>,
        /// Text to text without regard to ASCII case; what it lacks gives nothing, unless it has the key `*`.
        table: Option<BTreeMap<String, String>>,
    },
    /// A computation over several source fields, what comes of it through the conversions, then through the table.
    Computed {
        /// Source fields, in the order of the computation's parameters.
        from: Vec<String>,
        /// The computation.
        compute: &'static conversions::Computation,
        /// Conversions, applied in order.
        convert: Vec<&'static conversions::Conversion>,
        /// As in [`Origin::First`].
        table: Option<BTreeMap<String, String>>,
    },
    /// Every source field below a prefix, each into the field of the same name below the prefix that the statement
    /// sets. Both are written with `.*`; see [`pairs`](super::pairs) for how all of them are asked for at once. A plain
    /// `*` on both sides is for documents that are ECS already: every wanted field is the source field of its name.
    Below {
        /// The source field's prefix, with its last dot.
        from: String,
        /// Names below it that are left out.
        except: BTreeSet<String>,
    },
}

impl Default for Origin {
    fn default() -> Origin {
        Origin::Constants(Vec::new())
    }
}

/// Why a mapping cannot be used.
#[derive(Debug, Error)]
pub enum MappingError {
    /// It is no TOML, or has keys that no mapping has.
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    /// A statement is wrong; its number counts from 1.
    #[error("statement {number} (to = \"{to}\"): {why}")]
    Statement {
        /// The number.
        number: usize,
        /// The field that it sets.
        to: String,
        /// What is wrong.
        why: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    #[serde(default)]
    unset: BTreeSet<String>,
    #[serde(default)]
    own: BTreeMap<String, String>,
    #[serde(default)]
    set: Vec<Set>,
    #[serde(default)]
    group: Vec<Group>,
    /// Tables that several statements use, by name.
    #[serde(default)]
    tables: Tables,
}

/// Statements with conditions that they share. Groups come after the statements that stand alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    when: BTreeMap<String, When>,
    set: Vec<Set>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    to: Texts,
    mapping: Option<Kind>,
    value: Option<Texts>,
    from: Option<Texts>,
    #[serde(default)]
    convert: Texts,
    table: Option<Table>,
    compute: Option<String>,
    #[serde(default)]
    when: BTreeMap<String, When>,
    /// The conditions of the group. A field may have one here and one of its own.
    #[serde(skip)]
    shared: BTreeMap<String, When>,
    #[serde(default)]
    append: bool,
    #[serde(default)]
    except: BTreeSet<String>,
}

/// A table, or the name of one under `[tables]`.
#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum Table {
    Named(String),
    Own(BTreeMap<String, String>),
}

/// One text or a list of them.
#[derive(Deserialize, Default, Clone)]
#[serde(untagged)]
enum Texts {
    #[default]
    None,
    One(String),
    Many(Vec<String>),
}

impl Texts {
    fn list(self) -> Vec<String> {
        match self {
            Texts::None => Vec::new(),
            Texts::One(text) => vec![text],
            Texts::Many(texts) => texts,
        }
    }
}

#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum When {
    Present(bool),
    One(String),
    Many(Vec<String>),
    Not { not: Vec<String> },
}

/// Reads a mapping and checks it: names and types of ECS fields, conversions, that each statement has one origin.
pub fn load(text: &str) -> Result<Mapping, MappingError> {
    let file: File = toml::from_str(text)?;
    let mut mapping = Mapping {
        name: file.name,
        unset: file.unset,
        statements: Vec::new(),
        own: BTreeMap::new(),
    };
    let fault = |number: usize, to: &str, why: String| MappingError::Statement {
        number,
        to: to.to_owned(),
        why,
    };
    for (name, ty) in file.own {
        let ty = Type::from_mapping(&ty)
            .ok_or_else(|| fault(0, &name, format!("there is no type `{ty}`")))?;
        mapping.own.insert(name, ty);
    }
    let grouped = file.group.into_iter().flat_map(|group| {
        group.set.into_iter().map(move |mut set| {
            set.shared = group.when.clone();
            set
        })
    });
    for (number, set) in file.set.into_iter().chain(grouped).enumerate() {
        for to in set.to.clone().list() {
            let statement =
                statement(&to, &set, &file.tables).map_err(|why| fault(number + 1, &to, why))?;
            if let Some(why) = misplaced(&mapping, &statement) {
                return Err(fault(number + 1, &to, why));
            }
            mapping.statements.push(statement);
        }
    }
    Ok(mapping)
}

fn statement(to: &str, set: &Set, tables: &Tables) -> Result<Statement, String> {
    let from = set.from.clone().map(Texts::list);
    let origin = match (set.value.clone(), from, &set.compute) {
        (None, Some(from), None) if to == "*" || to.ends_with(".*") => below(to, from, set)?,
        _ if !set.except.is_empty() => return Err("`except` is for `.*` only".to_owned()),
        (Some(value), None, None) => Origin::Constants(value.list()),
        (None, Some(from), None) => {
            Origin::First { from, convert: conversions_of(set)?, table: table_of(set, tables)? }
        }
        (None, Some(from), Some(name)) => {
            let compute = conversions::computation(name)
                .ok_or_else(|| format!("there is no computation `{name}`"))?;
            if compute.inputs != from.len() {
                return Err(format!(
                    "`{name}` takes {} fields, not {}",
                    compute.inputs,
                    from.len()
                ));
            }
            Origin::Computed {
                from,
                compute,
                convert: conversions_of(set)?,
                table: table_of(set, tables)?,
            }
        }
        _ => {
            return Err("needs either `value` or `from`, and `compute` only with `from`".to_owned());
        }
    };
    let when = set
        .when
        .iter()
        .chain(&set.shared)
        .map(|(field, when)| Condition {
            field: field.clone(),
            test: match when {
                When::Present(true) => Test::Present,
                When::Present(false) => Test::Absent,
                When::One(text) => Test::In(vec![text.clone()]),
                When::Many(texts) => Test::In(texts.clone()),
                When::Not { not } => Test::NotIn(not.clone()),
            },
        })
        .collect();
    Ok(Statement { to: to.to_owned(), kind: set.mapping, when, origin, append: set.append })
}

fn below(to: &str, from: Vec<String>, set: &Set) -> Result<Origin, String> {
    let plain = set.table.is_none() && set.convert.clone().list().is_empty() && !set.append;
    match <[String; 1]>::try_from(from) {
        Ok([from]) if plain && from == "*" && to == "*" => {
            Ok(Origin::Below { from: String::new(), except: set.except.clone() })
        }
        Ok([from]) if plain && from.ends_with(".*") && to != "*" => Ok(Origin::Below {
            from: from[..from.len() - 1].to_owned(),
            except: set.except.clone(),
        }),
        _ => Err("`.*` is filled from one `.*`, without conversions".to_owned()),
    }
}

fn conversions_of(set: &Set) -> Result<Vec<&'static conversions::Conversion>, String> {
    let named = |name: &String| {
        conversions::conversion(name).ok_or_else(|| format!("there is no conversion `{name}`"))
    };
    set.convert.clone().list().iter().map(named).collect()
}

/// The tables of a mapping, by name.
type Tables = BTreeMap<String, BTreeMap<String, String>>;

fn table_of(set: &Set, tables: &Tables) -> Result<Option<BTreeMap<String, String>>, String> {
    let table = match &set.table {
        None => return Ok(None),
        Some(Table::Own(table)) => table,
        Some(Table::Named(name)) => {
            tables.get(name).ok_or(format!("there is no table `{name}`"))?
        }
    };
    let lower = |(key, text): (&String, &String)| (key.to_ascii_lowercase(), text.clone());
    Ok(Some(table.iter().map(lower).collect()))
}

/// What is wrong with the field that a statement sets, or with its constants.
fn misplaced(mapping: &Mapping, statement: &Statement) -> Option<String> {
    if statement.to == "*" || 0 < mapping.listed_below(&statement.to).count() {
        return None;
    }
    let Some(ty) = mapping.type_of(&statement.to) else {
        return Some(
            "is no ECS field; fields of the source's own are declared under [own]".to_owned(),
        );
    };
    let Origin::Constants(values) = &statement.origin else { return None };
    let wrong = values.iter().find(|text| brokerwatch_ecs::Value::from_text(text, ty).is_none())?;
    Some(format!("`{wrong}` is no {}", ty.name()))
}

impl Mapping {
    /// The type of a field that the mapping may set.
    pub fn type_of(&self, name: &str) -> Option<Type> {
        self.own.get(name).copied().or_else(|| definition(name).map(|field| field.ty))
    }

    /// The fields that this mapping can set in one of its kinds, in the order of their first statement.
    pub fn targets(&self, kind: Kind) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let statements = self.statements.iter();
        let of_kind = statements.filter(|statement| statement.kind.is_none_or(|own| own == kind));
        let mut targets = Vec::new();
        for name in of_kind.map(|statement| statement.to.as_str()) {
            match name {
                "*" => {
                    targets.extend(FIELDS.iter().map(|field| field.name));
                    targets.extend(self.own.keys().map(String::as_str));
                }
                _ if self.type_of(name).is_none() => targets.extend(self.listed_below(name)),
                _ => targets.push(name),
            }
        }
        targets.retain(|name| seen.insert(*name));
        targets
    }

    /// Whether some event of the source can have a field.
    pub fn can_set(&self, kind: Kind, name: &str) -> bool {
        self.statements.iter().any(|statement| {
            statement.kind.is_none_or(|own| own == kind)
                && match statement.to.strip_suffix('*') {
                    Some(prefix) => name.starts_with(prefix),
                    None => statement.to == name,
                }
        })
    }

    /// The source's own fields below a prefix that is written with `.*`.
    fn listed_below(&self, name: &str) -> impl Iterator<Item = &str> {
        let prefix = name.strip_suffix('*').filter(|prefix| prefix.ends_with('.'));
        let own = self.own.keys().filter(move |own| {
            prefix.is_some_and(|prefix| own.starts_with(prefix) && !own.ends_with('*'))
        });
        own.map(String::as_str)
    }

    /// ECS with the fields of the source's own.
    pub fn schema(&self) -> Schema {
        let mut schema = Schema::open();
        for (name, ty) in &self.own {
            schema.declare(name, Mapped::Field(FieldMapping::of(*ty)));
        }
        schema
    }
}

impl Statement {
    /// The source fields that the statement reads.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        let from = match &self.origin {
            Origin::Constants(_) | Origin::Below { .. } => &[][..],
            Origin::First { from, .. } | Origin::Computed { from, .. } => from,
        };
        let tested = self.when.iter().map(|condition| condition.field.as_str());
        from.iter().map(String::as_str).chain(tested)
    }
}
