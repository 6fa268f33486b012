//! Ranges.

use brokerwatch_ecs::Type;
use brokerwatch_expr::{Comparison, Expr, Kind, Literal, Span};

use super::fields::{Reading, Target};
use super::test::{Misfit, date, ip, number, shown};
use super::{Lowering, date_math, flag};
use crate::ast::Bound;
use crate::codes;

impl Lowering<'_> {
    pub(super) fn range(
        &self,
        target: &Target,
        lower: Option<&Bound>,
        upper: Option<&Bound>,
        span: Span,
    ) -> Result<Expr, Misfit> {
        let mut ends = Vec::with_capacity(2);
        if let Some(bound) = lower {
            let comparison =
                if bound.inclusive { Comparison::GreaterOrEqual } else { Comparison::Greater };
            ends.push(self.end(target, comparison, bound, span)?);
        }
        if let Some(bound) = upper {
            let comparison =
                if bound.inclusive { Comparison::LessOrEqual } else { Comparison::Less };
            ends.push(self.end(target, comparison, bound, span)?);
        }
        if ends.len() == 1 {
            return Ok(ends.swap_remove(0));
        }
        // A comparison with a constant keeps the two ends in one leaf, so that one value has to meet both.
        let both = Expr::boolean(Kind::And(ends), span);
        let holds = Kind::Compare(Comparison::Equal, Box::new(both), Box::new(flag(true, span)));
        Ok(Expr::boolean(holds, span))
    }

    fn end(
        &self,
        target: &Target,
        comparison: Comparison,
        bound: &Bound,
        span: Span,
    ) -> Result<Expr, Misfit> {
        let literal = self.bound(target, bound)?;
        let constant = Expr::literal(literal, bound.term.span);
        let compare = Kind::Compare(comparison, Box::new(target.field(span)), Box::new(constant));
        Ok(Expr::boolean(compare, span))
    }

    fn bound(&self, target: &Target, bound: &Bound) -> Result<Literal, Misfit> {
        let place = bound.term.span;
        let no_range = |what: &str| {
            let message = format!("`{}` is {what}, which has no ranges", shown(&target.name));
            Misfit::new(codes::VALUE, place, message, "name the values that are meant")
        };
        let Some(text) = bound.term.plain() else {
            let message = format!("`{}` is no bound: it has a wildcard", bound.term.shown());
            return Err(Misfit::new(codes::RANGE, place, message, "name the bound"));
        };
        let ty = match target.reading {
            Reading::Text => return Err(no_range("a text")),
            Reading::Typed(ty) => ty,
        };
        match ty {
            Type::Keyword => Ok(Literal::Keyword(text.into())),
            Type::Version => Ok(Literal::Version(text.into())),
            Type::Long | Type::Double => number(target, text, place),
            Type::Boolean | Type::Null => Err(no_range("true or false")),
            Type::Ip => ip(target, text, place),
            Type::Date | Type::DateNanos => date(target, text, place, self.options.now),
            Type::Dynamic if date_math::speaks_of_now(text) => {
                let message = format!(
                    "`{}` has no type, so `{}` is no date",
                    shown(&target.name),
                    shown(text)
                );
                let help = "declare the field as a date in a mapping";
                Err(Misfit::new(codes::DATE_MATH, place, message, help))
            }
            // Values bring their own type: a number is held against numbers, anything else against texts.
            Type::Dynamic => Ok(number(target, text, place)
                .ok()
                .filter(|_| !bound.term.quoted)
                .unwrap_or_else(|| Literal::Keyword(text.into()))),
        }
    }
}
