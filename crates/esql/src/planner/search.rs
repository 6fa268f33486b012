//! Queries of other languages inside of a condition: `KQL("...")` and `QSTR("...")`.

use brokerwatch_ecs::{
    Event, FieldMapping, Mapped, Origin, Projection, Schema, Slot, Timestamp, Type, Value as Field,
};
use brokerwatch_expr::compile::{Predicate, leaf};
use brokerwatch_expr::lift::{self, Condition};
use brokerwatch_expr::{Diagnostic, Scratch, Span};
use brokerwatch_kql as kql;

use super::expression::Operation;
use super::{Column, LeftOut, Planner, Rows, Scope, Typed};
use crate::ast::{Constant as Written, Map, MapValue};
use crate::codes;
use crate::functions::{Lists, lists};
use crate::types::DataType;
use crate::value::Value;

impl Planner<'_> {
    /// A condition in KQL, or in Lucene's query string. Any value of a list makes a test true, and a column without a
    /// value makes it false; there is no null.
    pub(crate) fn search(
        &mut self,
        lucene: bool,
        text: &str,
        place: Span,
        options: Option<&Map>,
        span: Span,
        scope: &Scope,
    ) -> Typed {
        let Some(options) = self.search_options(options, span, scope) else {
            return Typed::hole(span);
        };
        let scope = &scope.searched();
        let schema = schema(scope);
        let parsed = if lucene { kql::parse_lucene(text) } else { kql::parse_kql(text) };
        let lowered = parsed.and_then(|query| kql::lower(&query, &schema, &options));
        let lowered = match lowered {
            Ok(lowered) => lowered,
            Err(errors) => {
                errors.into_iter().for_each(|error| self.error(self.placed(error, place)));
                return Typed::hole(span);
            }
        };
        for warning in &lowered.warnings {
            self.warnings.remark(span, &warning.message);
        }
        let name = if lucene { "qstr" } else { "kql" };
        match self.meets(name, &lift::eql(&lowered.condition), &schema, span, scope) {
            Ok(typed) => typed,
            Err(error) => {
                self.error(self.placed(error, place));
                Typed::hole(span)
            }
        }
    }

    /// Takes rows away, whatever the query says.
    pub(super) fn leave_out(&mut self, left_out: &LeftOut<'_>, span: Span, rows: &mut Rows) {
        let schema = schema(&rows.scope);
        let kept = Condition::Not(Box::new((left_out.condition)(&schema)));
        match self.meets("except", &kept, &schema, span, &rows.scope) {
            Ok(typed) => rows.filter(typed.expr, self, span),
            Err(error) => self.error(error),
        }
    }

    /// A condition over the columns of a scope, of which `schema` is made. Any value of a list makes a test true.
    fn meets(
        &mut self,
        name: &'static str,
        condition: &Condition,
        schema: &Schema,
        span: Span,
        scope: &Scope,
    ) -> Result<Typed, Diagnostic> {
        let mut projection = Projection::new();
        let compiled = Compiled::new(condition, &mut projection, schema)?;
        let columns: Vec<(Slot, Column)> = projection
            .fields()
            .filter_map(|(slot, field)| Some((slot, scope.get(&field.name)?.clone())))
            .collect();
        let slots: Vec<Slot> = columns.iter().map(|(slot, _)| *slot).collect();
        let mut args: Vec<Typed> = columns.iter().map(|(_, column)| column.typed(span)).collect();
        // A condition on no column is the same for every row; a call needs something to be called with.
        if args.is_empty() {
            args.push(Typed::null(span));
        }
        let body = lists(move |args, _, out| {
            let mut event = Event::new(&projection);
            event.reset(&[], Origin::default());
            for (slot, values) in slots.iter().zip(args) {
                values
                    .iter()
                    .filter_map(|value| shared(*value))
                    .for_each(|value| event.push(*slot, value));
            }
            let scratch = Scratch::new();
            out.push(Value::Boolean(compiled.holds(&event, &scratch)));
            Ok(())
        })?;
        let operation = Operation {
            name,
            body,
            lists: Lists::One,
            returns: DataType::Boolean,
            multi: false,
            quiet: true,
        };
        Ok(self.apply(operation, args, span))
    }

    /// A finding in the text of the inner query, at its place in the outer one as far as that is written as it is.
    fn placed(&self, error: Diagnostic, place: Span) -> Diagnostic {
        let written = self.text_at(place);
        let open = if written.starts_with("\"\"\"") { 3 } else { 1 };
        if written.contains('\\') && open == 1 {
            let labels = vec![(place, String::new())];
            return Diagnostic { labels, ..error };
        }
        error.shifted(place.start as usize + open)
    }

    fn search_options(
        &mut self,
        map: Option<&Map>,
        span: Span,
        scope: &Scope,
    ) -> Option<kql::Options> {
        let texts = scope.columns().iter().filter(|column| column.ty == DataType::Text);
        let mut options = kql::Options {
            default_fields: vec!["*".to_owned()],
            text_fields: texts.map(|column| column.name.clone()).collect(),
            now: Timestamp::from_millisecond(self.options.now_millis).ok(),
            ..kql::Options::default()
        };
        for entry in map.iter().flat_map(|map| &map.entries) {
            match (entry.key.as_str(), &entry.value) {
                ("case_insensitive", MapValue::Constant(Written::Boolean(flag))) => {
                    options.case_insensitive = *flag;
                }
                ("default_field", MapValue::Constant(Written::Text(text))) => {
                    options.default_fields = vec![text.clone()];
                }
                // How results are scored changes no result.
                ("boost", MapValue::Constant(_)) => {}
                ("time_zone", MapValue::Constant(Written::Text(zone)))
                    if matches!(zone.as_str(), "UTC" | "Z" | "+00:00") => {}
                (key, _) => {
                    let message = format!("there is no option `{key}` with such a value");
                    self.error(
                        Diagnostic::error(codes::OPTION, span, message).help(
                            "`case_insensitive` and `default_field` are known; times are UTC",
                        ),
                    );
                    return None;
                }
            }
        }
        Some(options)
    }
}

/// The columns as a schema: a name that is none of them is in no document.
fn schema(scope: &Scope) -> Schema {
    let mut schema = Schema::strict();
    for column in scope.columns() {
        let ty = match column.ty {
            DataType::Boolean => Type::Boolean,
            DataType::Integer | DataType::Long | DataType::UnsignedLong => Type::Long,
            DataType::Double => Type::Double,
            DataType::Ip => Type::Ip,
            DataType::Version => Type::Version,
            DataType::Date => Type::Date,
            DataType::DateNanos => Type::DateNanos,
            _ => Type::Keyword,
        };
        schema.declare(column.name.clone(), Mapped::Field(FieldMapping::of(ty)));
    }
    schema
}

/// A value as the other languages know it.
fn shared(value: Value<'_>) -> Option<Field<'_>> {
    Some(match value {
        Value::Boolean(flag) => Field::Boolean(flag),
        Value::Integer(number) => Field::Long(number.into()),
        Value::Long(number) => Field::Long(number),
        Value::Unsigned(_) => value
            .as_i64()
            .map_or_else(|| value.as_f64().map(Field::Double), |long| Some(Field::Long(long)))?,
        Value::Double(number) => Field::Double(number),
        Value::Text(text) => Field::Keyword(text),
        Value::Ip(address) => Field::Ip(address),
        Value::Date(millis) => Field::Date(Timestamp::from_millisecond(millis).ok()?),
        Value::DateNanos(nanos) => Field::Date(Timestamp::from_nanosecond(nanos.into()).ok()?),
        Value::Period { .. } | Value::Duration(_) | Value::Point { .. } => return None,
    })
}

/// A condition whose leaves are compiled.
enum Compiled {
    Constant(bool),
    Leaf(Predicate),
    Not(Box<Compiled>),
    And(Vec<Compiled>),
    Or(Vec<Compiled>),
}

impl Compiled {
    fn new(
        condition: &Condition,
        projection: &mut Projection,
        schema: &Schema,
    ) -> Result<Compiled, Diagnostic> {
        let mut all = |parts: &[Condition]| {
            parts
                .iter()
                .map(|part| Compiled::new(part, projection, schema))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(match condition {
            Condition::Constant(flag) => Compiled::Constant(*flag),
            Condition::And(parts) => Compiled::And(all(parts)?),
            Condition::Or(parts) => Compiled::Or(all(parts)?),
            Condition::Leaf(expr) => Compiled::Leaf(leaf(expr, projection, schema)?),
            Condition::Not(part) => {
                Compiled::Not(Box::new(Compiled::new(part, projection, schema)?))
            }
        })
    }

    fn holds<'e>(&'e self, event: &'e Event<'e>, scratch: &'e Scratch) -> bool {
        match self {
            Compiled::Constant(flag) => *flag,
            Compiled::Leaf(leaf) => leaf.test(event, scratch),
            Compiled::Not(part) => !part.holds(event, scratch),
            Compiled::And(parts) => parts.iter().all(|part| part.holds(event, scratch)),
            Compiled::Or(parts) => parts.iter().any(|part| part.holds(event, scratch)),
        }
    }
}
