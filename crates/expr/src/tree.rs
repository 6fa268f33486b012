//! The typed expression tree that both languages lower to.

use std::fmt;
use std::net::Ipv6Addr;

use brokerwatch_ecs::{Timestamp, Type, Value, date, parse_ip};

use crate::Span;
use crate::function::Function;

/// A typed expression. Names are resolved, literals are converted to the type they meet.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: Kind,
    /// The type of its value.
    pub ty: Type,
    /// Where it stands in the query.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A constant.
    Literal(Literal),
    /// A field, by the name that the query used.
    Field(String),
    /// A function call.
    Call {
        /// The function.
        function: &'static Function,
        /// Whether it was called as `name~`, without regard to case.
        any_case: bool,
        /// The arguments, in order.
        args: Vec<Expr>,
    },
    /// `-x`
    Negate(Box<Expr>),
    /// `a + b` and its like.
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// `a < b` and its like; `!=` is `not ==` and does not occur here.
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// Is the value one of these constants?
    In {
        /// The value.
        value: Box<Expr>,
        /// The constants; never null.
        list: Vec<Literal>,
        /// Whether ASCII letters count whatever their case (`in~`).
        any_case: bool,
    },
    /// Does the text match one of these patterns?
    Like {
        /// The text.
        value: Box<Expr>,
        /// Patterns with `*` and `?`.
        patterns: Vec<String>,
        /// Whether case is ignored (`:`, `like~`).
        any_case: bool,
    },
    /// Does the whole text match one of these regular expressions?
    Regex {
        /// The text.
        value: Box<Expr>,
        /// The expressions.
        patterns: Vec<String>,
        /// Whether case is ignored (`regex~`).
        any_case: bool,
    },
    /// Is there no value?
    IsNull(Box<Expr>),
    /// All of them.
    And(Vec<Expr>),
    /// Any of them.
    Or(Vec<Expr>),
    /// Not.
    Not(Box<Expr>),
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// No value.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Long(i64),
    /// A number.
    Double(f64),
    /// Text.
    Keyword(Box<str>),
    /// An address.
    Ip(Ipv6Addr),
    /// A moment, or the span of moments that a shorter text stands for.
    Date {
        /// The first moment.
        from: Timestamp,
        /// The last moment.
        to: Timestamp,
    },
    /// A version.
    Version(Box<str>),
}

/// The arithmetic operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
}

/// The comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// The comparison that says the same with its sides exchanged: `0 < f` is `f > 0`.
    #[must_use]
    pub fn turned(self) -> Comparison {
        match self {
            Comparison::Equal => Comparison::Equal,
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        }
    }

    /// Whether it holds for two values in this order.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl Literal {
    /// The type of the constant.
    pub fn type_of(&self) -> Type {
        match self {
            Literal::Null => Type::Null,
            Literal::Boolean(_) => Type::Boolean,
            Literal::Long(_) => Type::Long,
            Literal::Double(_) => Type::Double,
            Literal::Keyword(_) => Type::Keyword,
            Literal::Ip(_) => Type::Ip,
            Literal::Date { .. } => Type::DateNanos,
            Literal::Version(_) => Type::Version,
        }
    }

    /// The constant as a value; `None` for null. A span of moments gives its first.
    pub fn value(&self) -> Option<Value<'_>> {
        Some(match self {
            Literal::Null => return None,
            Literal::Boolean(flag) => Value::Boolean(*flag),
            Literal::Long(number) => Value::Long(*number),
            Literal::Double(number) => Value::Double(*number),
            Literal::Keyword(text) => Value::Keyword(text),
            Literal::Ip(address) => Value::Ip(*address),
            Literal::Date { from, .. } => Value::Date(*from),
            Literal::Version(text) => Value::Version(text),
        })
    }

    /// A value as a constant.
    pub fn of(value: Value<'_>) -> Literal {
        match value {
            Value::Keyword(text) => Literal::Keyword(text.into()),
            Value::Long(number) => Literal::Long(number),
            Value::Double(number) => Literal::Double(number),
            Value::Boolean(flag) => Literal::Boolean(flag),
            Value::Ip(address) => Literal::Ip(address),
            Value::Date(moment) => Literal::Date { from: moment, to: moment },
            Value::Version(text) => Literal::Version(text.into()),
        }
    }

    /// The constant as a field of type `ty` is compared with it; `None` if the two cannot meet.
    ///
    /// Text becomes an address, a moment or a version where the field is one; a number becomes a moment
    /// (epoch milliseconds).
    pub fn converted(&self, ty: Type) -> Option<Literal> {
        match (self, ty) {
            (Literal::Keyword(text), Type::Ip) => parse_ip(text).map(Literal::Ip),
            (Literal::Keyword(text), Type::Date | Type::DateNanos) => {
                date::parse(text).map(|span| Literal::Date { from: span.from, to: span.to })
            }
            (Literal::Long(millis), Type::Date | Type::DateNanos) => {
                date::from_millis(*millis).map(|at| Literal::Date { from: at, to: at })
            }
            (Literal::Keyword(text), Type::Version) => Some(Literal::Version(text.clone())),
            (Literal::Long(_) | Literal::Double(_), Type::Long | Type::Double) => {
                Some(self.clone())
            }
            (_, Type::Dynamic) => Some(self.clone()),
            (literal, ty) if literal.type_of() == ty => Some(literal.clone()),
            _ => None,
        }
    }
}

impl Expr {
    /// A constant at a place.
    pub fn literal(literal: Literal, span: Span) -> Expr {
        Expr { ty: literal.type_of(), kind: Kind::Literal(literal), span }
    }

    /// A boolean expression at a place.
    pub fn boolean(kind: Kind, span: Span) -> Expr {
        Expr { kind, ty: Type::Boolean, span }
    }

    /// The constant, if this is one.
    pub fn as_literal(&self) -> Option<&Literal> {
        match &self.kind {
            Kind::Literal(literal) => Some(literal),
            _ => None,
        }
    }

    /// Whether this is the literal `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Literal(Literal::Null))
    }

    /// Calls `visit` with the name of each field in the expression, in order, repeats included.
    pub fn visit_fields<'e>(&'e self, visit: &mut dyn FnMut(&'e str)) {
        if let Kind::Field(name) = &self.kind {
            visit(name);
        }
        self.visit_parts(&mut |part| part.visit_fields(visit));
    }

    /// Calls `visit` with each direct part of the expression, in order.
    pub fn visit_parts<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        match &self.kind {
            Kind::Literal(_) | Kind::Field(_) => {}
            Kind::Call { args: parts, .. } | Kind::And(parts) | Kind::Or(parts) => {
                parts.iter().for_each(visit);
            }
            Kind::Negate(part)
            | Kind::IsNull(part)
            | Kind::Not(part)
            | Kind::In { value: part, .. }
            | Kind::Like { value: part, .. }
            | Kind::Regex { value: part, .. } => visit(part),
            Kind::Arithmetic(_, left, right) | Kind::Compare(_, left, right) => {
                visit(left);
                visit(right);
            }
        }
    }
}

/// The expression in EQL's notation, for explanations and as the identity of a shared predicate: two
/// expressions with the same text and the same field types mean the same.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::display::expr(self, f)
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::display::literal(self, f)
    }
}
