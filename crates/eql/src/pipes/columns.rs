//! What a pipe can name: the fields of events, and what pipes before it gave the rows.

use std::borrow::Cow;

use brokerwatch_ecs::{FieldMapping, Mapped, Schema, Type};
use brokerwatch_expr::Diagnostic;

use crate::codes;
use crate::lower::Pipe;

/// The columns of rows at one place of the pipes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Columns {
    /// None, in sequences.
    Nothing,
    /// The fields of events.
    Events,
    /// The same, and `count` and `percent`, which hide fields of these names.
    Added,
    /// The table of a count, and nothing else.
    Table {
        /// How many keys it was counted by.
        keys: usize,
        /// The type of its key column.
        ty: Type,
        /// Whether there is a column `percent`.
        percent: bool,
    },
}

/// Where the values of a column come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// A field, by its place among those that are kept.
    Field(usize),
    Count,
    Percent,
    Key,
    /// A column that rows here do not have.
    Nothing,
}

const COUNT: &str = "count";
const PERCENT: &str = "percent";
const KEY: &str = "key";
const KEYS: &str = "keys";

/// The name of the column that holds what a table was counted by.
pub(super) fn key_name(keys: usize) -> &'static str {
    if keys <= 1 { KEY } else { KEYS }
}

impl Columns {
    /// The columns behind a pipe.
    pub(crate) fn after(self, pipe: &Pipe) -> Columns {
        match (pipe, self) {
            (Pipe::Count(by), _) => {
                let ty = match by.as_slice() {
                    // One row, whose key is the word `totals`.
                    [] => Type::Keyword,
                    [key] if !key.is_null() => key.ty,
                    _ => Type::Dynamic,
                };
                Columns::Table { keys: by.len(), ty, percent: !by.is_empty() }
            }
            (Pipe::UniqueCount(_), Columns::Table { keys, ty, .. }) => {
                Columns::Table { keys, ty, percent: true }
            }
            (Pipe::UniqueCount(_), Columns::Nothing | Columns::Events | Columns::Added) => {
                Columns::Added
            }
            (
                Pipe::Head(_) | Pipe::Tail(_) | Pipe::Unique(_) | Pipe::Filter(_) | Pipe::Sort(_),
                _,
            ) => self,
        }
    }

    /// What can be named here, given the schema of the events.
    pub(crate) fn schema(self, events: &Schema) -> Cow<'_, Schema> {
        let declare = |schema: &mut Schema, name: &str, ty: Type| {
            schema.declare(name, Mapped::Field(FieldMapping::of(ty)));
        };
        match self {
            Columns::Nothing => Cow::Owned(Schema::strict()),
            Columns::Events => Cow::Borrowed(events),
            Columns::Added => {
                let mut schema = events.clone();
                declare(&mut schema, COUNT, Type::Long);
                declare(&mut schema, PERCENT, Type::Double);
                Cow::Owned(schema)
            }
            Columns::Table { keys, ty, percent } => {
                let mut schema = Schema::strict();
                declare(&mut schema, COUNT, Type::Long);
                declare(&mut schema, key_name(keys), ty);
                if percent {
                    declare(&mut schema, PERCENT, Type::Double);
                }
                Cow::Owned(schema)
            }
        }
    }

    /// Whether a name is that of a field of the events.
    pub(super) fn is_of_event(self, name: &str) -> bool {
        match self {
            Columns::Events => true,
            Columns::Added => name != COUNT && name != PERCENT,
            Columns::Nothing | Columns::Table { .. } => false,
        }
    }

    /// Where the values of a name come from.
    pub(super) fn column(self, name: &str, fields: &[String]) -> Column {
        if self.is_of_event(name) {
            let place = fields.iter().position(|field| field == name);
            return place.map_or(Column::Nothing, Column::Field);
        }
        match name {
            COUNT => Column::Count,
            PERCENT => Column::Percent,
            KEY | KEYS => Column::Key,
            _ => Column::Nothing,
        }
    }

    /// An error with the way out that fits here: a table has columns, where events have fields.
    pub(crate) fn explained(self, error: Diagnostic) -> Diagnostic {
        match self {
            Columns::Table { keys, percent, .. } if error.code == codes::UNKNOWN_FIELD => {
                let percent = if percent { ", `percent`" } else { "" };
                let key = key_name(keys);
                error.help(format!("behind `count` there are `count`{percent} and `{key}` alone"))
            }
            _ => error,
        }
    }
}
