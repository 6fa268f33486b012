//! From the syntax tree to typed expressions: names, types, constants, and null at plan time.
//!
//! Parts without fields are computed here, and null spreads through them by three-valued logic; what is left is
//! two-valued at run time (see `brokerwatch_expr::lift`).

use brokerwatch_ecs::{Mapped, Schema, Type};
use brokerwatch_expr::{Diagnostic, Expr, Span};

use crate::{ast, codes};

mod call;
mod compare;
mod expression;
mod pipe;

/// The settings of a search that change what a query means.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The field that `category where` tests; `event.category` by default.
    pub event_category_field: String,
    /// The field that orders events; `@timestamp` by default.
    pub timestamp_field: String,
    /// The field that orders events of one time, if any.
    pub tiebreaker_field: Option<String>,
    /// Whether fields are compared with fields, and the pipes of the older dialect run; off by default.
    pub extensions: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            event_category_field: "event.category".to_owned(),
            timestamp_field: "@timestamp".to_owned(),
            tiebreaker_field: None,
            extensions: false,
        }
    }
}

/// A query with names and types settled, and what looks wrong with it though it can run.
#[derive(Debug, Clone)]
pub struct Lowered {
    /// The query.
    pub query: Query,
    /// What is done with the rows, left to right.
    pub pipes: Vec<Pipe>,
    /// Findings that do not stop the query.
    pub warnings: Vec<Diagnostic>,
}

/// The kinds of query.
#[derive(Debug, Clone)]
pub enum Query {
    /// Single events that meet a condition; the category test is part of it.
    Event(Expr),
    /// Events in order.
    Sequence(Sequence),
    /// Events with the same keys, in any order.
    Sample(Vec<Stage>),
}

/// A sequence.
#[derive(Debug, Clone)]
pub struct Sequence {
    /// The stages; one with `runs` counts once here.
    pub stages: Vec<Stage>,
    /// The longest time from the first to the last event, in milliseconds.
    pub maxspan_ms: Option<u64>,
    /// What ends all pending sequences of its key.
    pub until: Option<Stage>,
}

/// One stage of a sequence, or one filter of a sample.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The condition; the category test is part of it.
    pub condition: Expr,
    /// The keys: the common ones, then the stage's own.
    pub keys: Vec<Key>,
    /// Whether the event must be missing.
    pub missing: bool,
    /// How often it repeats.
    pub runs: u32,
}

/// One join key.
#[derive(Debug, Clone)]
pub struct Key {
    /// The field's name.
    pub name: String,
    /// Whether a missing value counts as a value of its own.
    pub optional: bool,
    /// The field's type; `None` if an optional field is in no mapping.
    pub ty: Option<Type>,
}

/// A pipe. All but `head` and `tail` need [`Settings::extensions`].
#[derive(Debug, Clone)]
pub enum Pipe {
    /// The first N rows.
    Head(u64),
    /// The last N rows.
    Tail(u64),
    /// How many rows there are with each key; without keys, how many there are.
    Count(Vec<Expr>),
    /// The first row with each key.
    Unique(Vec<Expr>),
    /// The first row with each key, and how many there are.
    UniqueCount(Vec<Expr>),
    /// The rows that a condition is true of.
    Filter(Expr),
    /// The rows in the order of their keys.
    Sort(Vec<Expr>),
}

/// Settles names and types of a statement; gives all errors at once.
pub fn lower(
    statement: &ast::Statement,
    schema: &Schema,
    settings: &Settings,
) -> Result<Lowered, Vec<Diagnostic>> {
    let mut lowering = Lowering { schema, settings, errors: Vec::new(), warnings: Vec::new() };
    let query = match &statement.query {
        ast::Query::Event(filter) => lowering.filter(filter).map(Query::Event),
        ast::Query::Sequence(sequence) => lowering.sequence(sequence).map(Query::Sequence),
        ast::Query::Sample(sample) => {
            lowering.stages(&sample.stages, &sample.by).map(Query::Sample)
        }
    };
    let pipes = lowering.pipes(&statement.pipes, &statement.query);
    let Lowering { mut errors, warnings, .. } = lowering;
    errors.sort_by_key(Diagnostic::span);
    match query {
        Some(query) if errors.is_empty() => Ok(Lowered { query, pipes, warnings }),
        _ => Err(errors),
    }
}

/// The typed form of one expression, for constant expressions and their tests.
pub fn lower_expression(expr: &ast::Expr, schema: &Schema) -> Result<Expr, Vec<Diagnostic>> {
    let settings = Settings::default();
    let mut lowering =
        Lowering { schema, settings: &settings, errors: Vec::new(), warnings: Vec::new() };
    let lowered = lowering.expression(expr);
    lowered.filter(|_| lowering.errors.is_empty()).ok_or(lowering.errors)
}

struct Lowering<'s> {
    schema: &'s Schema,
    settings: &'s Settings,
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

impl Lowering<'_> {
    fn filter(&mut self, filter: &ast::Filter) -> Option<Expr> {
        let category = self.category(filter);
        let condition = self.expression(&filter.condition);
        let condition = self.boolean(condition?, "Condition expression")?;
        Some(expression::all(vec![category?, condition], filter.span))
    }

    /// The category test, as one more condition.
    fn category(&mut self, filter: &ast::Filter) -> Option<Expr> {
        let span = filter.category_span;
        let name = match &filter.category {
            ast::Category::Any => return Some(expression::flag(true, span)),
            ast::Category::Named(name) => name,
        };
        let field =
            ast::Field { name: self.settings.event_category_field.clone(), optional: false, span };
        let category = ast::Constant::Text(name.clone());
        let test = ast::Expr {
            kind: ast::Kind::Compare(
                ast::Comparison::Equal,
                Box::new(ast::Expr { kind: ast::Kind::Field(field), span }),
                Box::new(ast::Expr { kind: ast::Kind::Constant(category), span }),
            ),
            span,
        };
        self.expression(&test)
    }

    fn sequence(&mut self, sequence: &ast::Sequence) -> Option<Sequence> {
        let stages = self.stages(&sequence.stages, &sequence.by);
        let until = sequence.until.as_ref().map(|until| self.stage(until, &sequence.by));
        self.timestamp(sequence.span)?;
        let maxspan_ms = sequence.maxspan.as_ref().map(|maxspan| {
            maxspan.count.saturating_mul(match maxspan.unit {
                ast::TimeUnit::Millisecond => 1,
                ast::TimeUnit::Second => 1_000,
                ast::TimeUnit::Minute => 60_000,
                ast::TimeUnit::Hour => 3_600_000,
                ast::TimeUnit::Day => 86_400_000,
            })
        });
        let until = match until {
            Some(stage) => Some(stage?),
            None => None,
        };
        Some(Sequence { stages: stages?, maxspan_ms, until })
    }

    fn stages(&mut self, stages: &[ast::Stage], by: &[ast::Field]) -> Option<Vec<Stage>> {
        let lowered: Vec<Option<Stage>> =
            stages.iter().map(|stage| self.stage(stage, by)).collect();
        let lowered: Vec<Stage> = lowered.into_iter().collect::<Option<_>>()?;
        self.key_types(stages, by, &lowered);
        Some(lowered)
    }

    fn stage(&mut self, stage: &ast::Stage, by: &[ast::Field]) -> Option<Stage> {
        let condition = self.filter(&stage.filter);
        let keys: Vec<Option<Key>> =
            by.iter().chain(&stage.by).map(|field| self.key(field)).collect();
        Some(Stage {
            condition: condition?,
            keys: keys.into_iter().collect::<Option<_>>()?,
            missing: stage.missing,
            runs: stage.runs,
        })
    }

    fn key(&mut self, field: &ast::Field) -> Option<Key> {
        let lowered = self.field(field)?;
        let ty = if lowered.is_null() { None } else { Some(lowered.ty) };
        Some(Key { name: field.name.clone(), optional: field.optional, ty })
    }

    /// The i-th keys of all stages are compared, so their types must be able to meet.
    fn key_types(&mut self, stages: &[ast::Stage], by: &[ast::Field], lowered: &[Stage]) {
        let Some((first, others)) = lowered.split_first() else { return };
        for (stage, source) in others.iter().zip(&stages[1..]) {
            for (i, (a, b)) in first.keys.iter().zip(&stage.keys).enumerate() {
                let (Some(left), Some(right)) = (a.ty, b.ty) else { continue };
                if compatible(left, right) {
                    continue;
                }
                let span =
                    by.iter().chain(&source.by).nth(i).map_or(source.span, |field| field.span);
                self.errors.push(Diagnostic::error(
                    codes::TYPE,
                    span,
                    format!(
                        "Sequence key [{}] type [{left}] is incompatible with key [{}] type [{right}]",
                        a.name, b.name
                    ),
                ));
            }
        }
    }

    fn timestamp(&mut self, span: Span) -> Option<()> {
        let name = self.settings.timestamp_field.clone();
        self.field(&ast::Field { name, optional: false, span }).map(|_| ())
    }

    fn field(&mut self, field: &ast::Field) -> Option<Expr> {
        match self.schema.lookup(&field.name) {
            Mapped::Field(mapping) => {
                self.warn_if_misspelt(field, mapping.ty);
                let kind = brokerwatch_expr::Kind::Field(field.name.clone());
                Some(Expr { kind, ty: mapping.ty, span: field.span })
            }
            Mapped::Unsupported(ty) => {
                self.errors.push(Diagnostic::error(
                    codes::UNSUPPORTED_FIELD,
                    field.span,
                    format!("Cannot use field [{}] with unsupported type [{ty}]", field.name),
                ));
                None
            }
            Mapped::Ambiguous(types) => {
                let message = format!(
                    "Cannot use field [{}] due to ambiguities being mapped as incompatible types: {types}",
                    field.name
                );
                let error = Diagnostic::error(codes::AMBIGUOUS_FIELD, field.span, message);
                self.errors.push(
                    error.help("search the sources one by one, or give them mappings that agree"),
                );
                None
            }
            Mapped::Unknown if field.optional => Some(expression::null(field.span)),
            Mapped::Unknown => {
                self.errors.push(self.unknown_field(field));
                None
            }
        }
    }

    fn unknown_field(&self, field: &ast::Field) -> Diagnostic {
        let name = &field.name;
        let near = self.schema.similar(name);
        let message = match near.as_slice() {
            [] => format!("Unknown column [{name}]"),
            [one] => format!("Unknown column [{name}], did you mean [{one}]?"),
            many => format!("Unknown column [{name}], did you mean any of [{}]?", many.join(", ")),
        };
        Diagnostic::error(codes::UNKNOWN_FIELD, field.span, message)
            .help(format!("no mapping has this field; write `?{name}` if it may be absent"))
    }

    /// An open schema takes any name; one that is a slip away from an ECS name deserves a word.
    fn warn_if_misspelt(&mut self, field: &ast::Field, ty: Type) {
        if ty != Type::Dynamic || self.schema.is_strict() || field.optional {
            return;
        }
        if let Some(near) = self.schema.similar(&field.name).first() {
            let message = format!("unknown field `{}`, did you mean `{near}`?", field.name);
            self.warnings.push(
                Diagnostic::warning(codes::UNKNOWN_FIELD, field.span, message)
                    .help("ECS has no such field; events that lack it are as if it were null"),
            );
        }
    }
}

/// Whether values of the two types can be equal.
fn compatible(a: Type, b: Type) -> bool {
    a == b
        || matches!(a, Type::Dynamic | Type::Null)
        || matches!(b, Type::Dynamic | Type::Null)
        || (a.is_number() && b.is_number())
        || (a.is_date() && b.is_date())
}
