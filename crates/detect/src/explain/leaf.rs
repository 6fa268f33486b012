//! What one leaf saw of an event: its value, the values of its fields, and what nearly made it true.

use brokerwatch_ecs::{Field, Schema, Slot, Type};
use brokerwatch_expr::{Expr, Literal, Scratch, Span, interpret};
use serde_json::Value;

use super::{Leaf, Remark, Subject, document, remark};
use crate::limits::{EXPLAIN_VALUE_CHARS_MAX, EXPLAIN_VALUES_SHOWN_MAX};

/// A leaf on one event.
#[derive(Debug, Clone)]
pub struct LeafReport {
    /// The leaf, as written or in EQL's own text of it.
    pub text: String,
    /// Where it stands in the query for the first time.
    pub span: Span,
    /// Whether it is true.
    pub holds: bool,
    /// Its fields, each once, in order.
    pub fields: Vec<FieldReport>,
    /// Its calls and arithmetic over fields.
    pub computed: Vec<interpret::Computed>,
    /// What is odd about the values, or nearly made it true.
    pub remarks: Vec<Remark>,
}

/// A field of a leaf.
#[derive(Debug, Clone)]
pub struct FieldReport {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Its values, the first [`EXPLAIN_VALUES_SHOWN_MAX`] of them.
    pub values: Vec<Literal>,
    /// How many values there are.
    pub count: usize,
    /// What the document holds of it beside its values.
    pub state: FieldState,
}

/// What a document holds of a field beside its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldState {
    /// Values, all of which count.
    Present,
    /// Nothing.
    Missing,
    /// Values of another type than the field's, as JSON: they do not count.
    IllTyped(Vec<String>),
    /// Texts that are longer, in characters, than the mapping lets be searched: they do not count.
    TooLong(usize),
    /// Nothing, and no event of its source can have it.
    Absent,
}

pub(super) fn report(
    leaf: &Leaf,
    holds: bool,
    subject: Subject<'_, '_>,
    schema: &Schema,
    scratch: &Scratch,
) -> LeafReport {
    let fields: Vec<FieldReport> = names(&leaf.expr)
        .into_iter()
        .filter_map(|name| subject.projection.slot(name))
        .map(|slot| field(slot, subject))
        .collect();
    let mut computed = interpret::computed(
        &leaf.expr,
        subject.event,
        subject.projection,
        scratch,
        EXPLAIN_VALUES_SHOWN_MAX,
    );
    computed.iter_mut().flat_map(|part| &mut part.values).for_each(shorten);
    let remarks = remark::all(&leaf.expr, holds, &fields, subject, schema);
    LeafReport { text: leaf.text.clone(), span: leaf.expr.span, holds, fields, computed, remarks }
}

/// The fields of an expression, each once, in order.
pub(super) fn names(expr: &Expr) -> Vec<&str> {
    let mut names = Vec::new();
    expr.visit_fields(&mut |name| {
        if !names.contains(&name) {
            names.push(name);
        }
    });
    names
}

fn field(slot: Slot, subject: Subject<'_, '_>) -> FieldReport {
    let field = subject.projection.field(slot);
    let values = subject.event.values(slot);
    let mut shown: Vec<Literal> =
        values.iter().take(EXPLAIN_VALUES_SHOWN_MAX).map(|value| Literal::of(*value)).collect();
    shown.iter_mut().for_each(shorten);
    FieldReport {
        name: field.name.clone(),
        ty: field.ty,
        values: shown,
        count: values.len(),
        state: state(field, slot, subject),
    }
}

fn state(field: &Field, slot: Slot, subject: Subject<'_, '_>) -> FieldState {
    let is_empty = subject.event.values(slot).is_empty();
    if is_empty && subject.absent.contains(&slot) {
        return FieldState::Absent;
    }
    let written = document::found(subject.document, &field.path);
    let ill_typed: Vec<String> = written
        .iter()
        .filter(|value| !document::fits(value, field))
        .take(EXPLAIN_VALUES_SHOWN_MAX)
        .map(|value| cut(&value.to_string()))
        .collect();
    if !ill_typed.is_empty() {
        return FieldState::IllTyped(ill_typed);
    }
    let is_longer = |value: &&Value, most| {
        value.as_str().is_some_and(|text| most < text.len() && most < text.chars().count())
    };
    match field.ignore_above {
        Some(most) if written.iter().any(|value| is_longer(value, most)) => {
            FieldState::TooLong(most)
        }
        _ if is_empty => FieldState::Missing,
        _ => FieldState::Present,
    }
}

fn shorten(literal: &mut Literal) {
    if let Literal::Keyword(text) | Literal::Version(text) = literal
        && EXPLAIN_VALUE_CHARS_MAX < text.len()
    {
        *text = cut(text).into();
    }
}

/// A text as an explanation repeats it.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(EXPLAIN_VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
