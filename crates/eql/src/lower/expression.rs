//! Expressions that are neither comparisons nor calls, and the constants that they fold to.

use brokerwatch_ecs::Type;
use brokerwatch_expr::{Arithmetic, Diagnostic, Expr, Kind, Literal, Span, compile};

use super::Lowering;
use crate::{ast, codes};

/// `true` or `false` at a place.
pub(super) fn flag(flag: bool, span: Span) -> Expr {
    Expr::literal(Literal::Boolean(flag), span)
}

/// `null` at a place.
pub(super) fn null(span: Span) -> Expr {
    Expr::literal(Literal::Null, span)
}

impl Lowering<'_> {
    /// The typed form of an expression; `None` if an error in it was noted.
    pub(super) fn expression(&mut self, expr: &ast::Expr) -> Option<Expr> {
        let span = expr.span;
        match &expr.kind {
            ast::Kind::Constant(constant) => Some(Expr::literal(literal(constant), span)),
            ast::Kind::Field(field) => self.field(field),
            ast::Kind::Call(call) => self.call(call, span),
            ast::Kind::Negate(part) => {
                let part = self.expression(part)?;
                let part = self.number(part, "-")?;
                let ty = part.ty;
                self.folded(Expr { kind: Kind::Negate(Box::new(part)), ty, span })
            }
            ast::Kind::Arithmetic(operator, left, right) => {
                self.arithmetic(*operator, left, right, span)
            }
            ast::Kind::Compare(comparison, left, right) => {
                self.compare(*comparison, left, right, span)
            }
            ast::Kind::In { value, list, any_case, negated } => {
                let member = self.member(value, list, *any_case, span)?;
                Some(if *negated { not(member, span) } else { member })
            }
            ast::Kind::Match { value, operator, list } => {
                self.matched(value, *operator, list, span)
            }
            ast::Kind::Not(part) => {
                let part = self.expression(part)?;
                Some(not(self.boolean(part, "Argument of [not]")?, span))
            }
            ast::Kind::And(parts) => self.junction(parts, span, all),
            ast::Kind::Or(parts) => self.junction(parts, span, any),
        }
    }

    fn junction(
        &mut self,
        parts: &[ast::Expr],
        span: Span,
        join: fn(Vec<Expr>, Span) -> Expr,
    ) -> Option<Expr> {
        let lowered: Vec<Option<Expr>> = parts
            .iter()
            .map(|part| {
                let part = self.expression(part)?;
                self.boolean(part, "Argument of [and] or [or]")
            })
            .collect();
        Some(join(lowered.into_iter().collect::<Option<_>>()?, span))
    }

    /// The expression, if it can be a condition.
    pub(super) fn boolean(&mut self, expr: Expr, what: &str) -> Option<Expr> {
        if matches!(expr.ty, Type::Boolean | Type::Dynamic | Type::Null) {
            return Some(expr);
        }
        let found = expr.ty.name().to_uppercase();
        let message = if what == "Condition expression" {
            format!("Condition expression needs to be boolean, found [{found}]")
        } else {
            format!("{what} needs to be boolean, found [{found}]")
        };
        self.errors.push(
            Diagnostic::error(codes::TYPE, expr.span, message)
                .help("compare it with something, such as `field == value`"),
        );
        None
    }

    fn number(&mut self, expr: Expr, operator: &str) -> Option<Expr> {
        if expr.ty.is_number() || matches!(expr.ty, Type::Dynamic | Type::Null) {
            return Some(expr);
        }
        self.errors.push(Diagnostic::error(
            codes::TYPE,
            expr.span,
            format!(
                "argument of [{operator}] must be [numeric], found value [{expr}] type [{}]",
                expr.ty
            ),
        ));
        None
    }

    fn arithmetic(
        &mut self,
        operator: Arithmetic,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
    ) -> Option<Expr> {
        let sign = match operator {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
            Arithmetic::Modulo => "%",
        };
        let (left, right) = (self.expression(left), self.expression(right));
        let left = self.number(left?, sign);
        let right = self.number(right?, sign);
        let (left, right) = (left?, right?);
        if left.is_null() || right.is_null() {
            return Some(null(span));
        }
        let whole = left.ty == Type::Long && right.ty == Type::Long;
        let ty = if whole { Type::Long } else { Type::Double };
        let kind = Kind::Arithmetic(operator, Box::new(left), Box::new(right));
        self.folded(Expr { kind, ty, span })
    }

    /// The expression, computed if it has no fields; a failing computation is an error of the query.
    pub(super) fn folded(&mut self, expr: Expr) -> Option<Expr> {
        let mut constant = true;
        expr.visit_parts(&mut |part| constant &= part.as_literal().is_some());
        if !constant {
            return Some(expr);
        }
        match compile::constant(&expr) {
            Ok(value) => Some(Expr::literal(value, expr.span)),
            Err(error) => {
                self.errors.push(error);
                None
            }
        }
    }
}

fn literal(constant: &ast::Constant) -> Literal {
    match constant {
        ast::Constant::Null => Literal::Null,
        ast::Constant::Boolean(flag) => Literal::Boolean(*flag),
        ast::Constant::Long(number) => Literal::Long(*number),
        ast::Constant::Double(number) => Literal::Double(*number),
        ast::Constant::Text(text) => Literal::Keyword(text.as_str().into()),
    }
}

/// `not X`; null stays null, and `not not X` is X.
pub(super) fn not(part: Expr, span: Span) -> Expr {
    match part.kind {
        Kind::Literal(Literal::Boolean(value)) => flag(!value, span),
        Kind::Literal(_) => null(span),
        Kind::Not(inner) => *inner,
        _ => Expr::boolean(Kind::Not(Box::new(part)), span),
    }
}

/// `and` over its parts: false decides, null is next, true drops out.
pub(super) fn all(parts: Vec<Expr>, span: Span) -> Expr {
    let constant = |value: bool| move |part: &Expr| matches!(part.kind, Kind::Literal(Literal::Boolean(own)) if own == value);
    if parts.iter().any(constant(false)) {
        return flag(false, span);
    }
    if parts.iter().any(Expr::is_null) {
        return null(span);
    }
    let mut kept = Vec::with_capacity(parts.len());
    for part in parts.into_iter().filter(|part| !constant(true)(part)) {
        match part.kind {
            Kind::And(inner) => kept.extend(inner),
            _ => kept.push(part),
        }
    }
    match kept.len() {
        0 => flag(true, span),
        1 => kept.swap_remove(0),
        _ => Expr::boolean(Kind::And(kept), span),
    }
}

/// `or` over its parts: true decides; null and false drop out.
pub(super) fn any(parts: Vec<Expr>, span: Span) -> Expr {
    let is = |value: bool| move |part: &Expr| matches!(part.kind, Kind::Literal(Literal::Boolean(own)) if own == value);
    if parts.iter().any(is(true)) {
        return flag(true, span);
    }
    let only_null = parts.iter().all(Expr::is_null);
    let mut kept = Vec::with_capacity(parts.len());
    for part in parts.into_iter().filter(|part| !is(false)(part) && !part.is_null()) {
        match part.kind {
            Kind::Or(inner) => kept.extend(inner),
            _ => kept.push(part),
        }
    }
    match kept.len() {
        0 if only_null => null(span),
        0 => flag(false, span),
        1 => kept.swap_remove(0),
        _ => Expr::boolean(Kind::Or(kept), span),
    }
}
