//! `TRANGE`: whether the `@timestamp` of an event lies in a range; and the name itself, which `TBUCKET` takes too.

use brokerwatch_expr::{Arithmetic, Diagnostic, Span};
use datafusion::logical_expr::Operator;

use super::{Planner, Scope, Typed};
use crate::ast::{Comparison, Expr, Kind, Name, NamePart, Place};
use crate::codes;
use crate::functions;
use crate::types::DataType;
use crate::value::{Constant, Scalar};

/// The column of the time of an event.
pub(super) const TIMESTAMP: &str = "@timestamp";

/// The time of an event, as if it stood at this place.
pub(super) fn timestamp(place: Place) -> Expr {
    let name = Name { parts: vec![NamePart::Text(TIMESTAMP.to_owned())], place };
    Expr { kind: Kind::Name(name), place }
}

impl Planner<'_> {
    /// `TRANGE(1 hour)`, `TRANGE(start)` or `TRANGE(start, end)`: behind the start, and not behind the end, which is now
    /// where it is not given.
    pub(super) fn time_range(&mut self, values: &[Expr], span: Span, scope: &Scope) -> Typed {
        let Some((start, end)) = self.ends(values, span, scope) else {
            return Typed { ty: DataType::Boolean, ..Typed::hole(span) };
        };
        let time = self.named(TIMESTAMP, span, scope);
        let behind = self.compare(Comparison::Greater, time.clone(), start, span);
        let until = self.compare(Comparison::LessOrEqual, time, end, span);
        self.joined(vec![behind, until], span, Operator::And)
    }

    fn ends(&mut self, values: &[Expr], span: Span, scope: &Scope) -> Option<(Typed, Typed)> {
        let now = Constant::one(DataType::Date, Scalar::Date(self.options.now_millis));
        let now = Typed::constant(now, span);
        match values {
            [start] => {
                let start = self.expression(start, scope);
                if start.ty.is_timespan() {
                    let start = self.arithmetic(Arithmetic::Subtract, now.clone(), start, span);
                    return Some((start, now));
                }
                Some((self.end(start)?, now))
            }
            [start, end] => {
                let (start, end) = (self.expression(start, scope), self.expression(end, scope));
                Some((self.end(start)?, self.end(end)?))
            }
            _ => {
                self.error(
                    Diagnostic::error(codes::ARITY, span, "`TRANGE` takes one end or both")
                        .help("write `TRANGE(1 hour)` or `TRANGE(\"2026-01-01\", \"2026-02-01\")`"),
                );
                None
            }
        }
    }

    /// An end of the range as a moment: a moment, its text, or milliseconds since the epoch.
    fn end(&mut self, value: Typed) -> Option<Typed> {
        if value.hole || value.ty.is_date() || value.ty == DataType::Null {
            return (!value.hole).then_some(value);
        }
        let span = value.span;
        if value.constant.is_some() && value.ty == DataType::Keyword {
            return self.literal_as(&value, DataType::Date);
        }
        if value.constant.is_some() && value.ty.is_whole() {
            let to_datetime = functions::by_name("TO_DATETIME")?;
            return Some(self.function(to_datetime, vec![value], None, span, span));
        }
        let message = format!("`{}` is no moment that is known", self.text_at(span));
        self.error(Diagnostic::error(codes::ARGUMENT, span, message).help(
            "write a moment such as \"2026-01-31T00:00:00Z\", or one span: `TRANGE(1 hour)`",
        ));
        None
    }
}
