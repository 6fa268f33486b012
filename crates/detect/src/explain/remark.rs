//! What is odd about the values that a leaf saw, or nearly made it true, with the way out.
//!
//! A near miss is found by asking again: the same leaf without regard to case, or over values without the blanks around
//! them. Whatever the leaf is made of, the answer is that of the real evaluator.

use brokerwatch_ecs::{Event, Projection, Schema, Type, Value as Typed, number};
use brokerwatch_expr::{Comparison, Expr, Kind, Literal, Scratch, compile};

use super::leaf::{self, FieldReport, FieldState};
use super::{Subject, document};
use crate::limits::{EXPLAIN_ALTERNATIVES_TRIED_MAX, EXPLAIN_VALUES_TRIED_MAX};

/// One remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What it is about.
    pub kind: RemarkKind,
    /// The remark in words.
    pub message: String,
}

/// What remarks are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemarkKind {
    /// The field has no value.
    Missing,
    /// No event of the source can have the field.
    Absent,
    /// The document has a field whose name is nearly the same.
    Spelling,
    /// The document has a value that is not of the field's type.
    IllTyped,
    /// A text is longer than the mapping lets be searched.
    TooLong,
    /// A value differs by the case of its letters only.
    Case,
    /// A value differs by blanks around it only.
    Blanks,
    /// A value differs by the case of its letters and by blanks around it.
    CaseAndBlanks,
    /// `*` or `?` stands in a constant that is taken literally.
    Wildcard,
    /// A number meets a text.
    NumberAsText,
    /// An address meets blocks of the other family.
    AddressFamily,
    /// A text that is no address meets blocks.
    NotAnAddress,
    /// A computation failed.
    Failed,
}

impl RemarkKind {
    /// The name, which is a promise.
    pub fn name(self) -> &'static str {
        match self {
            RemarkKind::Missing => "missing",
            RemarkKind::Absent => "absent",
            RemarkKind::Spelling => "spelling",
            RemarkKind::IllTyped => "ill_typed",
            RemarkKind::TooLong => "too_long",
            RemarkKind::Case => "case",
            RemarkKind::Blanks => "blanks",
            RemarkKind::CaseAndBlanks => "case_and_blanks",
            RemarkKind::Wildcard => "wildcard",
            RemarkKind::NumberAsText => "number_as_text",
            RemarkKind::AddressFamily => "address_family",
            RemarkKind::NotAnAddress => "not_an_address",
            RemarkKind::Failed => "failed",
        }
    }
}

impl Remark {
    fn new(kind: RemarkKind, message: String) -> Remark {
        Remark { kind, message }
    }

    /// A computation over the fields failed.
    pub(super) fn failed(why: &str) -> Remark {
        Remark::new(RemarkKind::Failed, format!("a computation of the condition failed: {why}"))
    }
}

/// All remarks on a leaf.
pub(super) fn all(
    leaf: &Expr,
    holds: bool,
    fields: &[FieldReport],
    subject: Subject<'_, '_>,
    schema: &Schema,
) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for field in fields {
        of_field(field, holds, subject, &mut remarks);
    }
    if !holds {
        let near = Near { leaf, subject, schema };
        remarks.extend(near.spelled());
        remarks.extend(near.types());
        remarks.extend(near.addresses());
    }
    remarks
}

fn of_field(field: &FieldReport, holds: bool, subject: Subject<'_, '_>, remarks: &mut Vec<Remark>) {
    let name = &field.name;
    match &field.state {
        FieldState::Present => {}
        // A null check that is true of a missing field is as it should be; a slip of the name is worth a word even so.
        FieldState::Missing if !holds => {
            remarks.push(Remark::new(RemarkKind::Missing, format!("the event has no `{name}`")));
            spelling(name, subject, remarks);
        }
        FieldState::Missing => spelling(name, subject, remarks),
        FieldState::Absent => {
            let source = subject.source.unwrap_or("this source");
            let message = format!("no event of {source} can have `{name}`");
            remarks.push(Remark::new(RemarkKind::Absent, message));
        }
        FieldState::IllTyped(written) => {
            let message = format!(
                "`{name}` is {} in the document, which is no {}, so it does not count",
                written.join(", "),
                type_name(field.ty)
            );
            remarks.push(Remark::new(RemarkKind::IllTyped, message));
        }
        FieldState::TooLong(most) => {
            let message = format!(
                "`{name}` has a text of more than {most} characters, which its mapping does not let be searched"
            );
            remarks.push(Remark::new(RemarkKind::TooLong, message));
        }
    }
}

fn spelling(name: &str, subject: Subject<'_, '_>, remarks: &mut Vec<Remark>) {
    if let Some(near) = document::spelling(subject.document, name) {
        let message = format!("the document has `{near}`; the condition reads `{name}`");
        remarks.push(Remark::new(RemarkKind::Spelling, message));
    }
}

fn type_name(ty: Type) -> &'static str {
    match ty {
        Type::Keyword => "text",
        Type::Long => "whole number",
        Type::Double => "number",
        Type::Boolean => "truth value",
        Type::Ip => "address",
        Type::Date | Type::DateNanos => "date",
        Type::Version => "version",
        Type::Dynamic | Type::Null => "single value",
    }
}

/// A leaf that is not true of an event.
struct Near<'a, 'c> {
    leaf: &'a Expr,
    subject: Subject<'a, 'c>,
    schema: &'a Schema,
}

/// A change of a value before it is tested.
type Change = fn(Typed<'_>) -> Typed<'_>;

impl Near<'_, '_> {
    /// Another case, blanks around, a wildcard taken literally.
    fn spelled(&self) -> Option<Remark> {
        let any_case = any_case(self.leaf);
        if let Some(relaxed) = &any_case
            && self.holds(relaxed, as_is)
        {
            let (value, wanted) = self.named(relaxed, as_is);
            let way_out = any_case_operator(self.leaf);
            let message = format!("{value}, which differs from {wanted} by case only: {way_out}");
            return Some(Remark::new(RemarkKind::Case, message));
        }
        if self.holds(self.leaf, trimmed) {
            let (value, wanted) = self.named(self.leaf, trimmed);
            let message = format!(
                "{value}, which differs from {wanted} by blanks around it only: clean the value where it is written, \
                 or match it with `:` and `*`"
            );
            return Some(Remark::new(RemarkKind::Blanks, message));
        }
        if let Some(relaxed) = &any_case
            && self.holds(relaxed, trimmed)
        {
            let (value, wanted) = self.named(relaxed, trimmed);
            let message = format!(
                "{value}, which differs from {wanted} by case and by blanks around it only: match it with `:` and `*`"
            );
            return Some(Remark::new(RemarkKind::CaseAndBlanks, message));
        }
        let wildcard = as_wildcard(self.leaf)?;
        if !self.holds(&wildcard, as_is) {
            return None;
        }
        let (value, wanted) = self.named(&wildcard, as_is);
        let message =
            format!("{value}; `*` and `?` in {wanted} are taken literally here: use `:` or `like`");
        Some(Remark::new(RemarkKind::Wildcard, message))
    }

    /// A number that meets a text, and the other way round: only fields without a declared type can hold either.
    fn types(&self) -> Option<Remark> {
        let (tested, literals) = constants(self.leaf)?;
        let Kind::Field(name) = &tested.kind else { return None };
        let values = self.values(name).iter().take(EXPLAIN_VALUES_TRIED_MAX);
        let mut pairs = values.flat_map(|value| {
            literals.iter().take(EXPLAIN_ALTERNATIVES_TRIED_MAX).map(move |own| (value, own))
        });
        let message = pairs.find_map(|(value, literal)| match (value, literal) {
            (Typed::Keyword(text), Literal::Long(_) | Literal::Double(_)) => {
                is_number(text, literal).then(|| {
                    format!(
                        "`{name}` is the text {}, not the number {literal}: write it in quotes, or declare the field \
                         with --schema",
                        shown(*value)
                    )
                })
            }
            (Typed::Long(_) | Typed::Double(_), Literal::Keyword(text)) => {
                (value.to_string() == **text).then(|| {
                    format!(
                        "`{name}` is the number {value}, not the text {literal}: write it without quotes, or declare \
                         the field with --schema"
                    )
                })
            }
            _ => None,
        });
        message.map(|message| Remark::new(RemarkKind::NumberAsText, message))
    }

    /// Addresses and blocks of different families, and texts that are no addresses.
    fn addresses(&self) -> Option<Remark> {
        let Kind::Call { function, args, .. } = &self.leaf.kind else { return None };
        let (tested, blocks) = args.split_first()?;
        let Kind::Field(name) = &tested.kind else { return None };
        if function.eql != Some("cidrMatch") {
            return None;
        }
        let is_long = |block: &Expr| matches!(block.as_literal(), Some(Literal::Keyword(text)) if text.contains(':'));
        let long = blocks.iter().filter(|block| is_long(block)).count();
        for value in self.values(name) {
            let address = match value {
                Typed::Ip(address) => Some(*address),
                Typed::Keyword(text) => brokerwatch_ecs::parse_ip(text),
                _ => continue,
            };
            let Some(address) = address else {
                let message = format!("`{name}` is {}, which is no address", shown(*value));
                return Some(Remark::new(RemarkKind::NotAnAddress, message));
            };
            let (own, other) = match address.to_ipv4_mapped() {
                Some(_) if long == blocks.len() => ("IPv4", "IPv6"),
                None if long == 0 => ("IPv6", "IPv4"),
                _ => continue,
            };
            let message = format!(
                "`{name}` is {value}, an address of {own}, and all blocks are of {other}: add the blocks of {own} that are meant"
            );
            return Some(Remark::new(RemarkKind::AddressFamily, message));
        }
        None
    }

    fn values(&self, name: &str) -> &[Typed<'_>] {
        let slot = self.subject.projection.slot(name);
        slot.map_or(&[], |slot| self.subject.event.values(slot))
    }

    /// Whether an expression in the leaf's place would be true of the values, each changed.
    fn holds(&self, expr: &Expr, change: Change) -> bool {
        self.holds_with(expr, change, None)
    }

    /// The same; `only` picks one value of each field by its place.
    fn holds_with(&self, expr: &Expr, change: Change, only: Option<usize>) -> bool {
        let mut projection = Projection::new();
        // What cannot be compiled in its relaxed form, such as an expression that grows too large, is no near miss.
        let Ok(predicate) = compile::leaf(expr, &mut projection, self.schema) else { return false };
        let mut event = Event::new(&projection);
        for (slot, field) in projection.fields() {
            let values = self.values(&field.name);
            match only {
                Some(place) => {
                    values
                        .get(place)
                        .into_iter()
                        .for_each(|value| event.push(slot, change(*value)));
                }
                None => values.iter().for_each(|value| event.push(slot, change(*value))),
            }
        }
        predicate.test(&event, &Scratch::new())
    }

    /// The value that nearly meets the leaf, and what it nearly meets, in words.
    fn named(&self, relaxed: &Expr, change: Change) -> (String, String) {
        let names = leaf::names(relaxed);
        let &[name] = names.as_slice() else {
            return ("the values are such".to_owned(), "what is wanted".to_owned());
        };
        let values = self.values(name);
        let most = values.len().min(EXPLAIN_VALUES_TRIED_MAX);
        let Some(place) = (0..most).find(|&place| self.holds_with(relaxed, change, Some(place)))
        else {
            return (format!("`{name}` has a value"), "what is wanted".to_owned());
        };
        let wanted = alternatives(relaxed)
            .into_iter()
            .take(EXPLAIN_ALTERNATIVES_TRIED_MAX)
            .find(|(_, one)| self.holds_with(one, change, Some(place)));
        let value = format!("`{name}` is {}", shown(values[place]));
        (value, wanted.map_or_else(|| "what is wanted".to_owned(), |(text, _)| text))
    }
}

/// Whether a text is a number as it is written.
fn is_number(text: &str, number: &Literal) -> bool {
    let read = number::double_from_text(text).map(Typed::Double);
    let order = read.zip(number.value()).and_then(|(read, own)| read.compare(&own));
    order.is_some_and(std::cmp::Ordering::is_eq)
}

fn as_is(value: Typed<'_>) -> Typed<'_> {
    value
}

fn trimmed(value: Typed<'_>) -> Typed<'_> {
    match value {
        Typed::Keyword(text) => Typed::Keyword(text.trim()),
        other => other,
    }
}

/// A value as EQL writes it, cut if it is long.
fn shown(value: Typed<'_>) -> String {
    match value {
        Typed::Keyword(text) => Literal::Keyword(leaf::cut(text).into()).to_string(),
        other => Literal::of(other).to_string(),
    }
}

/// The leaf without regard to case; `None` if it has none.
fn any_case(leaf: &Expr) -> Option<Expr> {
    let kind = match &leaf.kind {
        Kind::Compare(Comparison::Equal, left, right) => match right.as_literal()? {
            literal @ Literal::Keyword(_) => {
                Kind::In { value: left.clone(), list: vec![literal.clone()], any_case: true }
            }
            _ => return None,
        },
        Kind::In { value, list, any_case: false } => {
            Kind::In { value: value.clone(), list: list.clone(), any_case: true }
        }
        Kind::Like { value, patterns, any_case: false } => {
            Kind::Like { value: value.clone(), patterns: patterns.clone(), any_case: true }
        }
        Kind::Regex { value, patterns, any_case: false } => {
            Kind::Regex { value: value.clone(), patterns: patterns.clone(), any_case: true }
        }
        Kind::Call { function, any_case: false, args } if function.any_case => {
            Kind::Call { function, any_case: true, args: args.clone() }
        }
        _ => return None,
    };
    Some(Expr { kind, ..leaf.clone() })
}

/// The way out of a difference of case.
fn any_case_operator(leaf: &Expr) -> String {
    match &leaf.kind {
        Kind::In { .. } => "use `in~`".to_owned(),
        Kind::Like { .. } => "use `:` or `like~`".to_owned(),
        Kind::Regex { .. } => "use `regex~`".to_owned(),
        Kind::Call { function, .. } => match function.eql {
            Some(name) => format!("use `{name}~`"),
            None => "ignore case".to_owned(),
        },
        _ => "use `:` or `in~`".to_owned(),
    }
}

/// The constants that are taken literally read as patterns; `None` if none of them has `*` or `?`.
fn as_wildcard(leaf: &Expr) -> Option<Expr> {
    let (tested, literals) = constants(leaf)?;
    let patterns: Vec<String> = literals
        .iter()
        .filter_map(|literal| match literal {
            Literal::Keyword(text) if text.contains(['*', '?']) => Some((**text).to_owned()),
            _ => None,
        })
        .collect();
    let kind = Kind::Like { value: Box::new(tested.clone()), patterns, any_case: true };
    match &kind {
        Kind::Like { patterns, .. } if patterns.is_empty() => None,
        _ => Some(Expr::boolean(kind, leaf.span)),
    }
}

/// What a leaf tests, and the constants one of which it is to equal.
fn constants(leaf: &Expr) -> Option<(&Expr, Vec<Literal>)> {
    match &leaf.kind {
        Kind::Compare(Comparison::Equal, left, right) => {
            Some((left, vec![right.as_literal()?.clone()]))
        }
        Kind::In { value, list, .. } => Some((value, list.clone())),
        _ => None,
    }
}

/// The leaf with one of its constants or patterns at a time, each with its text.
fn alternatives(leaf: &Expr) -> Vec<(String, Expr)> {
    let each = |kind| Expr { kind, ..leaf.clone() };
    match &leaf.kind {
        Kind::In { value, list, any_case } => list
            .iter()
            .map(|literal| {
                let list = vec![literal.clone()];
                let kind = Kind::In { value: value.clone(), list, any_case: *any_case };
                (literal.to_string(), each(kind))
            })
            .collect(),
        Kind::Like { value, patterns, any_case } => patterns
            .iter()
            .map(|pattern| {
                let patterns = vec![pattern.clone()];
                let kind = Kind::Like { value: value.clone(), patterns, any_case: *any_case };
                (quoted(pattern), each(kind))
            })
            .collect(),
        Kind::Regex { value, patterns, any_case } => patterns
            .iter()
            .map(|pattern| {
                let patterns = vec![pattern.clone()];
                let kind = Kind::Regex { value: value.clone(), patterns, any_case: *any_case };
                (quoted(pattern), each(kind))
            })
            .collect(),
        Kind::Compare(_, _, right) => vec![(right.to_string(), leaf.clone())],
        Kind::Call { function, args, .. } => {
            // The function's name without the tilde that the relaxed form added: what is wanted is the constant.
            let constants: Vec<String> =
                args.iter().filter_map(Expr::as_literal).map(ToString::to_string).collect();
            match (function.eql, constants.as_slice()) {
                (Some(_), [one]) => vec![(one.clone(), leaf.clone())],
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

fn quoted(text: &str) -> String {
    Literal::Keyword(text.into()).to_string()
}
