//! What a pipe computes of an item: a key or a truth, compiled over the columns that it names.

use brokerwatch_ecs::{Event, Projection, Schema, Slot};
use brokerwatch_expr::compile::{self, Computation, Predicate};
use brokerwatch_expr::lift::{self, Condition};
use brokerwatch_expr::{Diagnostic, Expr, Kind, Literal, Scratch};

use super::columns::{Column, Columns};
use super::item::Item;
use super::key::Key;

/// The compiled arguments of one pipe.
pub(super) struct Program {
    body: Body,
    projection: Projection,
    /// Where the values of each slot come from, in the order of slots.
    columns: Vec<Column>,
}

enum Body {
    Keys(Vec<Part>),
    Condition(Test),
}

/// One expression of a key.
enum Part {
    /// A bare field: all its values.
    Field(Slot),
    /// The value over the first value of each field.
    Computed(Computation),
}

/// A condition over compiled leaves.
enum Test {
    Constant(bool),
    Leaf(Predicate),
    Not(Box<Test>),
    And(Vec<Test>),
    Or(Vec<Test>),
}

impl Program {
    pub(super) fn keys(
        keys: &[Expr],
        columns: &Columns,
        schema: &Schema,
        fields: &[String],
    ) -> Result<Program, Diagnostic> {
        let mut projection = Projection::new();
        let mut part = |key: &Expr| match &key.kind {
            Kind::Field(name) => Ok(Part::Field(projection.want(name, schema))),
            _ => compile::value(key, &mut projection, schema).map(Part::Computed),
        };
        let parts = keys.iter().map(&mut part).collect::<Result<_, _>>()?;
        Ok(Program::new(Body::Keys(parts), projection, columns, fields))
    }

    pub(super) fn condition(
        condition: &Expr,
        columns: &Columns,
        schema: &Schema,
        fields: &[String],
    ) -> Result<Program, Diagnostic> {
        let mut projection = Projection::new();
        let test = Test::new(&lift::eql(condition), &mut projection, schema)?;
        Ok(Program::new(Body::Condition(test), projection, columns, fields))
    }

    fn new(body: Body, projection: Projection, columns: &Columns, fields: &[String]) -> Program {
        let column = |name: &str| columns.column(name, fields);
        let columns = projection.fields().map(|(_, field)| column(&field.name)).collect();
        Program { body, projection, columns }
    }

    /// How many expressions the key has.
    pub(super) fn width(&self) -> usize {
        match &self.body {
            Body::Keys(parts) => parts.len(),
            Body::Condition(_) => 0,
        }
    }

    /// The key of an item; fails if computing it does.
    pub(super) fn key<R>(&self, item: &Item<R>, scratch: &mut Scratch) -> Result<Key, String> {
        let Body::Keys(parts) = &self.body else { return Ok(Key::default()) };
        let event = self.event(item);
        let key = Key::new(parts.iter().map(|part| part.values(&event, scratch)).collect());
        drop(event);
        settled(key, scratch)
    }

    /// Whether a condition is true of an item; fails if computing it does.
    pub(super) fn holds<R>(&self, item: &Item<R>, scratch: &mut Scratch) -> Result<bool, String> {
        let Body::Condition(test) = &self.body else { return Ok(true) };
        let holds = test.holds(&self.event(item), scratch);
        settled(holds, scratch)
    }

    /// The item as an event over the columns that the pipe names.
    fn event<'i, R>(&self, item: &'i Item<R>) -> Event<'i> {
        let mut event = Event::new(&self.projection);
        for (i, &column) in self.columns.iter().enumerate() {
            item.values(column, &mut |value| event.push(Slot(i as u16), value));
        }
        event
    }
}

/// What was computed, unless something on the way failed.
fn settled<T>(computed: T, scratch: &mut Scratch) -> Result<T, String> {
    let failure = scratch.take_failure();
    scratch.reset();
    failure.map_or(Ok(computed), Err)
}

impl Part {
    fn values<'e>(&'e self, event: &'e Event<'e>, scratch: &'e Scratch) -> Vec<Literal> {
        match self {
            Part::Field(slot) => event.values(*slot).iter().copied().map(Literal::of).collect(),
            Part::Computed(computed) => {
                computed.first(event, scratch).map(Literal::of).into_iter().collect()
            }
        }
    }
}

impl Test {
    fn new(
        condition: &Condition,
        projection: &mut Projection,
        schema: &Schema,
    ) -> Result<Test, Diagnostic> {
        let mut all = |parts: &[Condition]| {
            parts
                .iter()
                .map(|part| Test::new(part, projection, schema))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(match condition {
            Condition::Constant(flag) => Test::Constant(*flag),
            Condition::And(parts) => Test::And(all(parts)?),
            Condition::Or(parts) => Test::Or(all(parts)?),
            Condition::Not(part) => Test::Not(Box::new(Test::new(part, projection, schema)?)),
            Condition::Leaf(leaf) => Test::Leaf(compile::leaf(leaf, projection, schema)?),
        })
    }

    fn holds<'e>(&'e self, event: &'e Event<'e>, scratch: &'e Scratch) -> bool {
        match self {
            Test::Constant(flag) => *flag,
            Test::Leaf(leaf) => leaf.test(event, scratch),
            Test::Not(part) => !part.holds(event, scratch),
            Test::And(parts) => parts.iter().all(|part| part.holds(event, scratch)),
            Test::Or(parts) => parts.iter().any(|part| part.holds(event, scratch)),
        }
    }
}
