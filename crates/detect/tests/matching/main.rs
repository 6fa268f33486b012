//! What many conditions do together: the same answers with the index and without it, and requirements that hold.

mod index;
mod queries;
mod reader;
mod required;
mod rules;

use brokerwatch_detect::Conditions;
use brokerwatch_ecs::{FieldMapping, Mapped, Projection, Schema, Type};
use brokerwatch_eql::lower::{self, Query, Settings};
use brokerwatch_expr::lift;

/// What an explicit null stands for, in the one field that has such a value.
const NULL_VALUE: &str = "cmd.exe";

/// ECS, and fields of types that ECS lacks.
fn schema() -> Schema {
    let mut schema = Schema::open();
    let mut declare = |name: &str, mapping| schema.declare(name, Mapped::Field(mapping));
    declare("own.version", FieldMapping::of(Type::Version));
    declare("own.double", FieldMapping::of(Type::Double));
    declare("own.flag", FieldMapping::of(Type::Boolean));
    let null_value = Some(NULL_VALUE.to_owned());
    declare("own.kind", FieldMapping { null_value, ..FieldMapping::of(Type::Keyword) });
    let path = Some("process.name".to_owned());
    declare("own.alias", FieldMapping { path, ..FieldMapping::of(Type::Keyword) });
    schema
}

/// Adds a query that is known to be sound.
#[track_caller]
fn add(query: &str, conditions: &mut Conditions, projection: &mut Projection, schema: &Schema) {
    let statement =
        brokerwatch_eql::parse(query).unwrap_or_else(|error| panic!("{query}: {error:?}"));
    let settings = Settings { extensions: true, ..Settings::default() };
    let lowered = lower::lower(&statement, schema, &settings)
        .unwrap_or_else(|errors| panic!("{query}: {errors:?}"));
    let Query::Event(condition) = &lowered.query else { panic!("{query} takes single events") };
    conditions
        .add(&lift::eql(condition), projection, schema)
        .unwrap_or_else(|error| panic!("{query}: {error:?}"));
}
