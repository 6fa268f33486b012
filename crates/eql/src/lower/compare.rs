//! Comparisons, membership and text patterns.

use brokerwatch_ecs::Type;
use brokerwatch_expr::pattern::{Case, lucene::Regex};
use brokerwatch_expr::{Comparison, Diagnostic, Expr, Kind, Literal, Span};

use super::expression::{flag, not, null};
use super::{Lowering, compatible};
use crate::ast::{self, MatchOperator};
use crate::codes;

impl Lowering<'_> {
    pub(super) fn compare(
        &mut self,
        comparison: ast::Comparison,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        let (left, right) = (self.expression(left), self.expression(right));
        let (left, right) = (left?, right?);
        let (operator, negated) = match comparison {
            ast::Comparison::Equal => (Comparison::Equal, false),
            ast::Comparison::NotEqual => (Comparison::Equal, true),
            ast::Comparison::Less => (Comparison::Less, false),
            ast::Comparison::LessOrEqual => (Comparison::LessOrEqual, false),
            ast::Comparison::Greater => (Comparison::Greater, false),
            ast::Comparison::GreaterOrEqual => (Comparison::GreaterOrEqual, false),
        };
        let holds = self.comparison(operator, left, right, sign(comparison), span)?;
        Some(if negated { not(holds, span) } else { holds })
    }

    fn comparison(
        &mut self,
        operator: Comparison,
        left: Expr,
        right: Expr,
        sign: &str,
        span: Span,
    ) -> Option<Expr> {
        if left.is_null() || right.is_null() {
            let other = if left.is_null() { right } else { left };
            return Some(null_check(operator, other, span));
        }
        if left.as_literal().is_some() && right.as_literal().is_none() {
            return self.comparison(operator.turned(), right, left, sign, span);
        }
        let Some(literal) = right.as_literal().cloned() else {
            return self.fields(operator, left, right, sign, span);
        };
        if let (Literal::Boolean(value), Type::Boolean, Comparison::Equal) =
            (&literal, left.ty, operator)
        {
            // A condition compared with a constant is that condition, or its `not`; a bare field is a leaf of its own.
            if left.as_literal().is_none() && !matches!(left.kind, Kind::Field(_)) {
                return Some(if *value { left } else { not(left, span) });
            }
        }
        if operator != Comparison::Equal
            && (left.ty == Type::Boolean || literal.type_of() == Type::Boolean)
        {
            self.errors.push(unordered(&left, sign));
            return None;
        }
        let converted = self.converted(&literal, &left, &right, sign)?;
        let right = Expr::literal(converted, right.span);
        self.folded(Expr::boolean(Kind::Compare(operator, Box::new(left), Box::new(right)), span))
    }

    /// Two sides that both have fields: an extension.
    fn fields(
        &mut self,
        operator: Comparison,
        left: Expr,
        right: Expr,
        sign: &str,
        span: Span,
    ) -> Option<Expr> {
        if !self.settings.extensions {
            let help = "EQL compares a field with constants only; with `--extensions` a query compares two fields";
            self.errors.push(field_against_field(&right, sign).help(help));
            return None;
        }
        if !meet(left.ty, right.ty) {
            let message = format!(
                "[{left} {sign} {right}] compares types that never meet: [{left}] is [{}], [{right}] is [{}]",
                left.ty, right.ty
            );
            let help = "compare fields of one type; `string(..)` and `number(..)` convert";
            self.errors.push(Diagnostic::error(codes::TYPE, span, message).help(help));
            return None;
        }
        if operator != Comparison::Equal
            && let Some(flag) = [&left, &right].into_iter().find(|side| side.ty == Type::Boolean)
        {
            self.errors.push(unordered(flag, sign));
            return None;
        }
        Some(Expr::boolean(Kind::Compare(operator, Box::new(left), Box::new(right)), span))
    }

    /// The constant in the type of what it is compared with.
    fn converted(
        &mut self,
        literal: &Literal,
        left: &Expr,
        right: &Expr,
        sign: &str,
    ) -> Option<Literal> {
        if let Some(converted) = literal.converted(left.ty) {
            return Some(converted);
        }
        let found = literal.type_of();
        let error = match (left.ty, literal) {
            (Type::Ip, Literal::Keyword(text)) => Diagnostic::error(
                codes::TYPE,
                right.span,
                format!("'{text}' is not an IP string literal."),
            )
            .help("an address stands alone, as in \"10.0.0.1\"; for a block use `cidrMatch`"),
            (ty, Literal::Keyword(text)) if ty.is_date() => {
                Diagnostic::error(codes::TYPE, right.span, format!("[{text}] is no date"))
                    .help("write ISO 8601, such as \"2026-01-31T12:00:00Z\", or epoch milliseconds")
            }
            (ty, _) => {
                let message = format!(
                    "first argument of [{left} {sign} {right}] must be [{found}], found value [{left}] type [{ty}]"
                );
                let error = Diagnostic::error(codes::TYPE, right.span, message);
                match (ty, literal) {
                    (ty, Literal::Keyword(text))
                        if ty.is_number() && text.parse::<f64>().is_ok() =>
                    {
                        error.help(format!("`{left}` is a number: write {text} without quotes"))
                    }
                    (Type::Keyword, other) => {
                        error.help(format!("`{left}` is text: write \"{other}\" in quotes"))
                    }
                    _ => error,
                }
            }
        };
        self.errors.push(error);
        None
    }

    pub(super) fn member(
        &mut self,
        value: &ast::Expr,
        list: &[ast::Expr],
        any_case: bool,
        span: Span,
    ) -> Option<Expr> {
        let sign = if any_case { "in~" } else { "in" };
        let value = self.expression(value);
        let list: Vec<Option<Expr>> = list.iter().map(|item| self.expression(item)).collect();
        let list: Vec<Expr> = list.into_iter().collect::<Option<_>>()?;
        let value = value?;
        let mut literals = Vec::with_capacity(list.len());
        let mut sound = true;
        if any_case {
            sound = self.text(&value, sign);
        }
        for item in &list {
            sound &= self.list_item(&value, item, any_case, sign, &mut literals);
        }
        if !sound {
            return None;
        }
        if value.is_null() {
            return Some(null(span));
        }
        self.folded(Expr::boolean(
            Kind::In { value: Box::new(value), list: literals, any_case },
            span,
        ))
    }

    /// Adds a member of a list; null never matches, so it is left out.
    fn list_item(
        &mut self,
        value: &Expr,
        item: &Expr,
        any_case: bool,
        sign: &str,
        literals: &mut Vec<Literal>,
    ) -> bool {
        let Some(literal) = item.as_literal() else {
            let help = "a list holds constants only; compare a field with `==`, where `--extensions` allows it";
            self.errors.push(field_against_field(item, sign).help(help));
            return false;
        };
        if *literal == Literal::Null {
            return true;
        }
        let found = literal.type_of();
        let meets = compatible(value.ty, found)
            || (value.ty == Type::Version && found == Type::Keyword)
            || (value.ty.is_date() && literal.converted(value.ty).is_some());
        let textual = !any_case || found == Type::Keyword;
        if !meets || !textual {
            let wanted = if textual { value.ty.name() } else { "string" };
            let message = format!(
                "1st argument of [{value} {sign} ({item})] must be [{wanted}], found value [{item}] type [{found}]"
            );
            let error = Diagnostic::error(codes::TYPE, item.span, message);
            self.errors.push(match value.ty {
                Type::Ip => error.help("an address field takes `==` or `cidrMatch`, not `in`"),
                _ => error,
            });
            return false;
        }
        literals.push(literal.converted(value.ty).unwrap_or_else(|| literal.clone()));
        true
    }

    pub(super) fn matched(
        &mut self,
        value: &ast::Expr,
        operator: MatchOperator,
        list: &[(ast::Constant, Span)],
        span: Span,
    ) -> Option<Expr> {
        let value = self.expression(value)?;
        let mut sound = self.text(&value, match_sign(operator));
        let mut patterns = Vec::with_capacity(list.len());
        for (constant, place) in list {
            match constant {
                ast::Constant::Text(text) => patterns.push(text.clone()),
                ast::Constant::Null => {}
                other => {
                    let message = format!(
                        "second argument of [{}] must be [string], found value [{}]",
                        match_sign(operator),
                        constant_text(other)
                    );
                    self.errors.push(Diagnostic::error(codes::TYPE, *place, message));
                    sound = false;
                }
            }
        }
        let (regex, any_case) = match operator {
            MatchOperator::Colon | MatchOperator::LikeAnyCase => (false, true),
            MatchOperator::Like => (false, false),
            MatchOperator::Regex => (true, false),
            MatchOperator::RegexAnyCase => (true, true),
        };
        if regex {
            sound &= self.sound_regexes(&value, list);
        }
        if !sound {
            return None;
        }
        if value.is_null() || patterns.is_empty() {
            return Some(null(span));
        }
        let value = Box::new(value);
        let kind = if regex {
            Kind::Regex { value, patterns, any_case }
        } else {
            Kind::Like { value, patterns, any_case }
        };
        self.folded(Expr::boolean(kind, span))
    }

    /// Notes what is wrong with each regular expression of a list.
    fn sound_regexes(&mut self, value: &Expr, list: &[(ast::Constant, Span)]) -> bool {
        let before = self.errors.len();
        for (constant, place) in list {
            let ast::Constant::Text(pattern) = constant else { continue };
            let read = match value.kind {
                Kind::Field(_) => Regex::lucene(pattern, Case::Sensitive),
                _ => Regex::java(pattern, Case::Sensitive),
            };
            if let Err(error) = read {
                let diagnostic = Diagnostic::error(codes::REGEX, *place, error.message);
                self.errors.push(match error.help {
                    Some(help) => diagnostic.help(help),
                    None => diagnostic,
                });
            }
        }
        self.errors.len() == before
    }

    /// Whether an operator on text makes sense on the value.
    fn text(&mut self, value: &Expr, sign: &str) -> bool {
        let textual = brokerwatch_expr::compile::may_be_text(value.ty);
        if !textual {
            let message = format!(
                "first argument of [{sign}] must be [string], found value [{value}] type [{}]",
                value.ty
            );
            let help = match value.ty {
                Type::Ip => "an address takes `==` or `cidrMatch`",
                _ => "compare it with `==`, or make it text with `string(..)`",
            };
            self.errors.push(Diagnostic::error(codes::TYPE, value.span, message).help(help));
        }
        textual
    }
}

/// `X == null`: is there no value? Any other comparison with null is null.
fn null_check(operator: Comparison, other: Expr, span: Span) -> Expr {
    if operator != Comparison::Equal {
        return null(span);
    }
    match other.as_literal() {
        Some(literal) => flag(*literal == Literal::Null, span),
        None => Expr::boolean(Kind::IsNull(Box::new(other)), span),
    }
}

fn field_against_field(offender: &Expr, sign: &str) -> Diagnostic {
    Diagnostic::error(
        codes::FIELD_AGAINST_FIELD,
        offender.span,
        format!(
            "Comparisons against fields are not (currently) supported; offender [{offender}] in [{sign}]"
        ),
    )
}

/// `true < false` means nothing.
fn unordered(side: &Expr, sign: &str) -> Diagnostic {
    let message =
        format!("first argument of [{sign}] must be [any but boolean], found value [{side}]");
    Diagnostic::error(codes::TYPE, side.span, message)
}

/// Whether values of the types of two fields can be compared; text is a version beside one.
fn meet(left: Type, right: Type) -> bool {
    let versions = [left, right].contains(&Type::Version);
    let textual = |ty| matches!(ty, Type::Version | Type::Keyword);
    compatible(left, right) || (versions && textual(left) && textual(right))
}

fn constant_text(constant: &ast::Constant) -> String {
    match constant {
        ast::Constant::Null => "null".to_owned(),
        ast::Constant::Boolean(flag) => flag.to_string(),
        ast::Constant::Long(number) => number.to_string(),
        ast::Constant::Double(number) => number.to_string(),
        ast::Constant::Text(text) => text.clone(),
    }
}

fn sign(comparison: ast::Comparison) -> &'static str {
    match comparison {
        ast::Comparison::Equal => "==",
        ast::Comparison::NotEqual => "!=",
        ast::Comparison::Less => "<",
        ast::Comparison::LessOrEqual => "<=",
        ast::Comparison::Greater => ">",
        ast::Comparison::GreaterOrEqual => ">=",
    }
}

fn match_sign(operator: MatchOperator) -> &'static str {
    match operator {
        MatchOperator::Colon => ":",
        MatchOperator::Like => "like",
        MatchOperator::LikeAnyCase => "like~",
        MatchOperator::Regex => "regex",
        MatchOperator::RegexAnyCase => "regex~",
    }
}
