//! Expressions as EQL text.

use std::fmt::{self, Formatter, Write as _};

use brokerwatch_ecs::{Value, date, number};

use crate::{Arithmetic, Comparison, Expr, Kind, Literal};

/// How tightly an expression binds, loosest first; a part that binds looser than its place needs parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Or,
    And,
    Not,
    Compare,
    Sum,
    Product,
    Unary,
    Primary,
}

pub(crate) fn expr(expr: &Expr, f: &mut Formatter<'_>) -> fmt::Result {
    match &expr.kind {
        Kind::Literal(constant) => literal(constant, f),
        Kind::Field(name) => field(name, f),
        Kind::Call { function, any_case, args } => {
            f.write_str(function.eql.or(function.esql).unwrap_or("?"))?;
            f.write_str(if *any_case { "~(" } else { "(" })?;
            separated(args, ", ", f, self::expr)?;
            f.write_char(')')
        }
        Kind::Negate(part) => {
            f.write_char('-')?;
            within(part, Strength::Unary, f)
        }
        Kind::Arithmetic(operator, left, right) => {
            let (sign, own, next) = match operator {
                Arithmetic::Add => ('+', Strength::Sum, Strength::Product),
                Arithmetic::Subtract => ('-', Strength::Sum, Strength::Product),
                Arithmetic::Multiply => ('*', Strength::Product, Strength::Unary),
                Arithmetic::Divide => ('/', Strength::Product, Strength::Unary),
                Arithmetic::Modulo => ('%', Strength::Product, Strength::Unary),
            };
            within(left, own, f)?;
            write!(f, " {sign} ")?;
            within(right, next, f)
        }
        Kind::Compare(comparison, left, right) => {
            within(left, Strength::Sum, f)?;
            f.write_str(match comparison {
                Comparison::Equal => " == ",
                Comparison::Less => " < ",
                Comparison::LessOrEqual => " <= ",
                Comparison::Greater => " > ",
                Comparison::GreaterOrEqual => " >= ",
            })?;
            within(right, Strength::Sum, f)
        }
        Kind::In { value, list, any_case } => {
            within(value, Strength::Primary, f)?;
            f.write_str(if *any_case { " in~ (" } else { " in (" })?;
            separated(list, ", ", f, literal)?;
            f.write_char(')')
        }
        Kind::Like { value, patterns, any_case } => {
            within(value, Strength::Primary, f)?;
            f.write_str(if *any_case { " like~ (" } else { " like (" })?;
            separated(patterns, ", ", f, |pattern, f| quoted(pattern, f))?;
            f.write_char(')')
        }
        Kind::Regex { value, patterns, any_case } => {
            within(value, Strength::Primary, f)?;
            f.write_str(if *any_case { " regex~ (" } else { " regex (" })?;
            separated(patterns, ", ", f, |pattern, f| quoted(pattern, f))?;
            f.write_char(')')
        }
        Kind::IsNull(part) => {
            within(part, Strength::Sum, f)?;
            f.write_str(" == null")
        }
        Kind::And(parts) => separated(parts, " and ", f, |part, f| within(part, Strength::Not, f)),
        Kind::Or(parts) => separated(parts, " or ", f, |part, f| within(part, Strength::And, f)),
        Kind::Not(part) => {
            f.write_str("not ")?;
            within(part, Strength::Not, f)
        }
    }
}

pub(crate) fn literal(literal: &Literal, f: &mut Formatter<'_>) -> fmt::Result {
    match literal {
        Literal::Null => f.write_str("null"),
        Literal::Boolean(flag) => flag.fmt(f),
        Literal::Long(number) => number.fmt(f),
        Literal::Double(number) => f.write_str(&number::java_double(*number)),
        Literal::Keyword(text) | Literal::Version(text) => quoted(text, f),
        Literal::Ip(address) => write!(f, "\"{}\"", Value::Ip(*address)),
        Literal::Date { from, to } if from == to => write!(f, "\"{}\"", date::format(*from)),
        Literal::Date { from, to } => {
            write!(f, "\"{}/{}\"", date::format(*from), date::format(*to))
        }
    }
}

use std::fmt::Display as _;

fn strength(expr: &Expr) -> Strength {
    match &expr.kind {
        Kind::Literal(_) | Kind::Field(_) | Kind::Call { .. } => Strength::Primary,
        Kind::Negate(_) => Strength::Unary,
        Kind::Arithmetic(Arithmetic::Add | Arithmetic::Subtract, ..) => Strength::Sum,
        Kind::Arithmetic(..) => Strength::Product,
        Kind::In { .. } | Kind::Like { .. } | Kind::Regex { .. } => Strength::Unary,
        Kind::Compare(..) | Kind::IsNull(_) => Strength::Compare,
        Kind::Not(_) => Strength::Not,
        Kind::And(_) => Strength::And,
        Kind::Or(_) => Strength::Or,
    }
}

fn within(part: &Expr, least: Strength, f: &mut Formatter<'_>) -> fmt::Result {
    if strength(part) < least {
        f.write_char('(')?;
        expr(part, f)?;
        f.write_char(')')
    } else {
        expr(part, f)
    }
}

fn separated<T>(
    items: &[T],
    separator: &str,
    f: &mut Formatter<'_>,
    mut each: impl FnMut(&T, &mut Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if 0 < i {
            f.write_str(separator)?;
        }
        each(item, f)?;
    }
    Ok(())
}

/// A field name, each part in backticks where it is no plain identifier.
fn field(name: &str, f: &mut Formatter<'_>) -> fmt::Result {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'@')
    };
    for (i, part) in name.split('.').enumerate() {
        if 0 < i {
            f.write_char('.')?;
        }
        if plain(part) {
            f.write_str(part)?;
        } else {
            write!(f, "`{}`", part.replace('`', "``"))?;
        }
    }
    Ok(())
}

fn quoted(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    f.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            control if control.is_control() => write!(f, "\\u{{{:04x}}}", u32::from(control))?,
            other => f.write_char(other)?,
        }
    }
    f.write_char('"')
}
