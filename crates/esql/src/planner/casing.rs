//! Texts that `TO_UPPER` and `TO_LOWER` give, beside texts that these never give.
//!
//! Elasticsearch settles such a comparison before it reads a row, and so it does here: `TO_UPPER(name) == "beam"` and
//! `TO_UPPER(name) LIKE "beam*"` are false, also where there is no name, and `TO_UPPER(name) != "beam"` says whether
//! there is one.

use brokerwatch_expr::Span;

use super::{Planner, Scope, Typed};
use crate::ast::{Args, Comparison, Expr, FunctionName, Kind};
use crate::types::DataType;
use crate::value::{Constant, Scalar};

/// The case of letters that a call gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Upper,
    Lower,
}

impl Case {
    /// Whether a text has letters of this case alone.
    pub(super) fn holds(self, text: &str) -> bool {
        !text.chars().any(|one| match self {
            Case::Upper => one.is_lowercase(),
            Case::Lower => one.is_uppercase(),
        })
    }

    /// The same of a pattern, where a letter behind a backslash is none.
    pub(super) fn holds_pattern(self, pattern: &str) -> bool {
        let mut letters = String::with_capacity(pattern.len());
        let mut rest = pattern.chars();
        while let Some(one) = rest.next() {
            if one == '\\' {
                rest.next();
            } else {
                letters.push(one);
            }
        }
        self.holds(&letters)
    }
}

/// What is made upper or lower case by an expression, if it does only that.
pub(super) fn cased(expr: &Expr) -> Option<(Case, &Expr)> {
    let Kind::Call(call) = &expr.kind else { return None };
    let FunctionName::Text(name) = &call.name else { return None };
    let Args::List { values, .. } = &call.args else { return None };
    let case = match name.to_ascii_uppercase().as_str() {
        "TO_UPPER" => Case::Upper,
        "TO_LOWER" => Case::Lower,
        _ => return None,
    };
    match values.as_slice() {
        [value] => Some((case, value)),
        _ => None,
    }
}

/// The constant `false`.
pub(super) fn never(span: Span) -> Typed {
    Typed::constant(Constant::one(DataType::Boolean, Scalar::Boolean(false)), span)
}

impl Planner<'_> {
    /// What a comparison of a text in one case with a text that has letters of the other is.
    pub(super) fn compared_in_case(
        &mut self,
        operator: Comparison,
        sides: [(&Expr, &Typed); 2],
        span: Span,
        scope: &Scope,
    ) -> Option<Typed> {
        let [(left, left_typed), (right, right_typed)] = sides;
        let ((case, inner), text) = match (cased(left), cased(right)) {
            (Some(cased), None) => (cased, right_typed),
            (None, Some(cased)) => (cased, left_typed),
            _ => return None,
        };
        let known = left_typed.constant.is_some() && right_typed.constant.is_some();
        let text = text.constant.as_ref().and_then(Constant::as_str)?;
        if known || left_typed.hole || right_typed.hole || case.holds(text) {
            return None;
        }
        match operator {
            Comparison::Equal => Some(never(span)),
            Comparison::NotEqual => {
                let inner = self.expression(inner, scope);
                Some(self.is_null(inner, true, span))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_the_other_case_are_found() {
        for (case, text, holds) in [
            (Case::Upper, "BEAM-1", true),
            (Case::Upper, "BEAm", false),
            (Case::Lower, "beam-1", true),
            (Case::Lower, "Été", false),
            (Case::Upper, "", true),
        ] {
            assert_eq!(case.holds(text), holds, "{case:?} {text}");
        }
    }

    #[test]
    fn a_letter_behind_a_backslash_has_no_case() {
        assert!(Case::Upper.holds_pattern(r"BEAM\w+"));
        assert!(
            !Case::Upper.holds_pattern(r"BEAM\\w"),
            "the backslash itself, then a small letter"
        );
        assert!(Case::Lower.holds_pattern(r"beam\D"));
    }
}
