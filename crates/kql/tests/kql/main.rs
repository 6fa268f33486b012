//! Both languages from the outside: what a query means, how it is written, what is refused and in which words.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]
#![allow(clippy::needless_pass_by_value, reason = "a case hands its expectation over")]

use std::fmt::Write as _;

use brokerwatch_ecs::{
    Event, FieldMapping, Mapped, Origin, Projection, Schema, Timestamp, Type, Value,
};
use brokerwatch_expr::lift::{self, Condition};
use brokerwatch_expr::{Diagnostic, Expr, Scratch, compile, interpret, line_column};
use brokerwatch_kql::ast::{Language, Query};
use brokerwatch_kql::{Lowered, Options, lower, parse_kql, parse_lucene};
use serde_json::Value as Json;

mod answers;
mod bounds;
mod layout;
mod random;
mod refused;

fn parse(language: Language, text: &str) -> Result<Query, Vec<Diagnostic>> {
    match language {
        Language::Kuery => parse_kql(text),
        Language::Lucene => parse_lucene(text),
    }
}

/// A schema with a field of each type, named after it.
fn typed() -> Schema {
    let mut schema = Schema::open();
    let types = [Type::Keyword, Type::Long, Type::Double, Type::Boolean, Type::Ip];
    for ty in types.into_iter().chain([Type::Date, Type::Version]) {
        schema.declare(ty.name(), Mapped::Field(FieldMapping::of(ty)));
    }
    schema.declare("text", Mapped::Unsupported("text".to_owned()));
    schema.declare("place", Mapped::Unsupported("geo_point".to_owned()));
    schema.declare("mixed", Mapped::Ambiguous("keyword in a; long in b".to_owned()));
    schema
}

fn options() -> Options {
    let now: Timestamp = "2026-03-18T10:20:30Z".parse().expect("a moment");
    Options { now: Some(now), ..Options::default() }
}

fn lowered(language: Language, text: &str, options: &Options) -> Result<Lowered, Vec<Diagnostic>> {
    lower(&parse(language, text)?, &typed(), options)
}

/// Whether a condition is true of a document, by both evaluators, which have to agree.
fn holds(condition: &Expr, document: &str) -> bool {
    let schema = typed();
    let lifted = lift::eql(condition);
    let mut projection = Projection::new();
    let compiled = Compiled::new(&lifted, &mut projection, &schema);
    let json: Json = serde_json::from_str(document).expect(document);
    let mut event = Event::new(&projection);
    event.reset(document.as_bytes(), Origin::default());
    for (slot, field) in projection.fields() {
        let found = match json.get(&field.path) {
            None => &[],
            Some(Json::Array(list)) => list.as_slice(),
            Some(one) => std::slice::from_ref(one),
        };
        for value in found {
            event.push(slot, typed_value(value, field.ty));
        }
    }
    let scratch = Scratch::new();
    let fast = compiled.holds(&event, &scratch);
    let slow = interpret::condition(&lifted, &event, &projection, &scratch);
    assert_eq!(fast, slow, "the evaluators differ on {condition} and {document}");
    fast
}

fn typed_value(json: &Json, ty: Type) -> Value<'_> {
    match json {
        Json::Bool(flag) => Value::Boolean(*flag),
        Json::String(text) => Value::from_text(text, ty).expect("the text fits the field"),
        Json::Number(number) => match number.as_i64() {
            Some(long) => Value::Long(long),
            None => Value::Double(number.as_f64().expect("a number")),
        },
        other => panic!("{other} is no value"),
    }
}

enum Compiled {
    Constant(bool),
    Leaf(compile::Predicate),
    Not(Box<Compiled>),
    And(Vec<Compiled>),
    Or(Vec<Compiled>),
}

impl Compiled {
    fn new(condition: &Condition, projection: &mut Projection, schema: &Schema) -> Compiled {
        let mut all = |parts: &[Condition]| {
            parts.iter().map(|part| Compiled::new(part, projection, schema)).collect()
        };
        match condition {
            Condition::Constant(flag) => Compiled::Constant(*flag),
            Condition::And(parts) => Compiled::And(all(parts)),
            Condition::Or(parts) => Compiled::Or(all(parts)),
            Condition::Not(part) => {
                Compiled::Not(Box::new(Compiled::new(part, projection, schema)))
            }
            Condition::Leaf(expr) => {
                Compiled::Leaf(compile::leaf(expr, projection, schema).expect("the leaf compiles"))
            }
        }
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

/// Findings as they are read: place, code, message, and the way out.
fn render(query: &str, findings: &[Diagnostic]) -> String {
    let mut text = String::new();
    for finding in findings {
        let (line, column) = line_column(query, finding.span().start as usize);
        let _ = writeln!(text, "{line}:{column} {} {}", finding.code, finding.message);
        if let Some(help) = &finding.help {
            let _ = writeln!(text, "  help: {help}");
        }
    }
    text
}
