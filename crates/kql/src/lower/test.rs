//! One test of one field, by the field's type.

use brokerwatch_ecs::{Timestamp, Type, number as numbers, parse_ip};
use brokerwatch_expr::compile::{check_call, may_be_text};
use brokerwatch_expr::pattern::{Case, lucene::Regex};
use brokerwatch_expr::report::excerpt;
use brokerwatch_expr::{Comparison, Expr, Kind, Literal, Span, functions};

use super::date_math::{self, DateError};
use super::fields::{Reading, Target};
use super::{Lowering, flag, not, words};
use crate::ast::{Piece, Term, Test};
use crate::codes;

/// Why a field does not take a test. Told only if no other field takes it.
#[derive(Debug)]
pub(super) struct Misfit {
    pub(super) code: &'static str,
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) help: String,
}

impl Misfit {
    pub(super) fn new(
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Misfit {
        Misfit { code, span, message: message.into(), help: help.into() }
    }
}

impl Lowering<'_> {
    pub(super) fn leaf(&self, target: &Target, test: &Test, span: Span) -> Result<Expr, Misfit> {
        match test {
            Test::Exists => {
                let missing = Kind::IsNull(Box::new(target.field(span)));
                Ok(not(Expr::boolean(missing, span), span))
            }
            Test::Is(term) => self.value(target, term, span),
            Test::Range { lower, upper } => {
                self.range(target, lower.as_ref(), upper.as_ref(), span)
            }
            Test::Regex(pattern) => self.regex(target, pattern, span),
        }
    }

    fn value(&self, target: &Target, term: &Term, span: Span) -> Result<Expr, Misfit> {
        let ty = match target.reading {
            Reading::Text => return Ok(words::test(target.field(span), term, span)),
            Reading::Typed(ty) => ty,
        };
        let Some(text) = term.plain() else {
            return self.wildcard(target, ty, term, span);
        };
        match ty {
            Type::Keyword => Ok(self.texts(target, vec![Literal::Keyword(text.into())], span)),
            Type::Version => Ok(equal(target, Literal::Version(text.into()), span)),
            Type::Dynamic => Ok(self.texts(target, any_type(text), span)),
            Type::Long | Type::Double => {
                number(target, text, term.span).map(|literal| equal(target, literal, span))
            }
            Type::Boolean => {
                boolean(target, text, term.span).map(|literal| equal(target, literal, span))
            }
            Type::Ip if text.contains('/') => block(target, text, term.span, span),
            Type::Ip => ip(target, text, term.span).map(|literal| equal(target, literal, span)),
            Type::Date | Type::DateNanos => date(target, text, term.span, self.options.now)
                .map(|literal| equal(target, literal, span)),
            Type::Null => Ok(flag(false, span)),
        }
    }

    /// Equality with constants among which is text.
    fn texts(&self, target: &Target, mut list: Vec<Literal>, span: Span) -> Expr {
        let any_case = self.options.case_insensitive;
        if list.len() == 1 && !any_case {
            return equal(target, list.swap_remove(0), span);
        }
        Expr::boolean(Kind::In { value: Box::new(target.field(span)), list, any_case }, span)
    }

    fn wildcard(&self, target: &Target, ty: Type, term: &Term, span: Span) -> Result<Expr, Misfit> {
        if !may_be_text(ty) {
            let message = format!(
                "`{}` has a wildcard, and `{}` is of type {ty}",
                term.shown(),
                shown(&target.name)
            );
            let help = match ty {
                Type::Ip => "write an address, or a block such as `10.0.0.0/8`",
                ty if ty.is_date() || ty.is_number() => "write a range, such as `field >= value`",
                _ => "write the value that is meant, or `*` alone for any",
            };
            return Err(Misfit::new(codes::VALUE, term.span, message, help));
        }
        let value = Box::new(target.field(span));
        let any_case = self.options.case_insensitive;
        let kind = match like(term) {
            Some(pattern) => Kind::Like { value, patterns: vec![pattern], any_case },
            None => Kind::Regex { value, patterns: vec![regex(term)], any_case },
        };
        Ok(Expr::boolean(kind, span))
    }

    fn regex(&self, target: &Target, pattern: &str, span: Span) -> Result<Expr, Misfit> {
        let what = match target.reading {
            Reading::Text => Some("a text, which is searched by words".to_owned()),
            Reading::Typed(ty) if !may_be_text(ty) => Some(format!("of type {ty}")),
            Reading::Typed(_) => None,
        };
        if let Some(what) = what {
            let message = format!("`{}` is {what}", shown(&target.name));
            let help = "a regular expression takes a keyword field";
            return Err(Misfit::new(codes::VALUE, span, message, help));
        }
        let any_case = self.options.case_insensitive;
        let case = if any_case { Case::Ascii } else { Case::Sensitive };
        if let Err(error) = Regex::lucene(pattern, case) {
            let help = error.help.clone().unwrap_or_else(|| {
                "correct the expression; a backslash makes a sign plain".to_owned()
            });
            return Err(Misfit::new(codes::REGEX, span, error.message.clone(), help));
        }
        let (value, patterns) = (Box::new(target.field(span)), vec![pattern.to_owned()]);
        Ok(Expr::boolean(Kind::Regex { value, patterns, any_case }, span))
    }
}

fn equal(target: &Target, literal: Literal, span: Span) -> Expr {
    let (field, constant) = (target.field(span), Expr::literal(literal, span));
    Expr::boolean(Kind::Compare(Comparison::Equal, Box::new(field), Box::new(constant)), span)
}

/// What a text may be in a field whose values bring their own type.
fn any_type(text: &str) -> Vec<Literal> {
    let mut list = vec![Literal::Keyword(text.into())];
    list.extend(numeric(text));
    list.extend(text.parse::<bool>().ok().map(Literal::Boolean));
    list
}

fn numeric(text: &str) -> Option<Literal> {
    let long = text.parse::<i64>().ok().map(Literal::Long);
    long.or_else(|| numbers::double_from_text(text).map(Literal::Double))
}

pub(super) fn number(target: &Target, text: &str, place: Span) -> Result<Literal, Misfit> {
    numeric(text).ok_or_else(|| misfit(target, text, place, "no number", "write a number"))
}

fn boolean(target: &Target, text: &str, place: Span) -> Result<Literal, Misfit> {
    let flag = text.parse::<bool>().ok().map(Literal::Boolean);
    let help = "write `true` or `false`, in lower case";
    flag.ok_or_else(|| misfit(target, text, place, "neither true nor false", help))
}

pub(super) fn ip(target: &Target, text: &str, place: Span) -> Result<Literal, Misfit> {
    let help =
        "write an address such as `10.0.0.1` or `\"fe80::1\"`, or a block such as `10.0.0.0/8`";
    let address = parse_ip(text).map(Literal::Ip);
    address.ok_or_else(|| misfit(target, text, place, "no address", help))
}

/// Is the address in a block?
fn block(target: &Target, text: &str, place: Span, span: Span) -> Result<Expr, Misfit> {
    let Some(function) = functions::eql("cidrMatch") else {
        return Err(misfit(target, text, place, "no single address", "write one address"));
    };
    let block = Expr::literal(Literal::Keyword(text.into()), place);
    let args = vec![target.field(span), block];
    check_call(function, false, &args, span).map_err(|error| {
        let help = error.help.unwrap_or_default();
        Misfit::new(codes::VALUE, place, error.message, help)
    })?;
    Ok(Expr::boolean(Kind::Call { function, any_case: false, args }, span))
}

pub(super) fn date(
    target: &Target,
    text: &str,
    place: Span,
    now: Option<Timestamp>,
) -> Result<Literal, Misfit> {
    date_math::read(text, now).map_err(|error| match error {
        DateError::NoDate => {
            let help = "write ISO 8601, such as `\"2026-01-31T12:00:00Z\"`, epoch milliseconds, or date math";
            misfit(target, text, place, "no date", help)
        }
        DateError::NoNow => {
            let help = "write a date: an event is judged by its own time, not by the time of the run";
            Misfit::new(codes::DATE_MATH, place, "`now` is no moment here", help)
        }
        DateError::Math(rest) => {
            let message = format!("`{}` is no date math", shown(&rest));
            let help = "write a sign, a number and a unit of y, M, w, d, h, m and s, or `/` and a unit: `now-5m/d`";
            Misfit::new(codes::DATE_MATH, place, message, help)
        }
        DateError::OutOfBounds => {
            let message = format!("`{}` is outside the years -9999 to 9999", shown(text));
            Misfit::new(codes::DATE_MATH, place, message, "write a moment that events can have")
        }
    })
}

fn misfit(target: &Target, text: &str, place: Span, what: &str, help: &str) -> Misfit {
    let ty = match target.reading {
        Reading::Text => "text",
        Reading::Typed(ty) => ty.name(),
    };
    let message =
        format!("`{}` is {what}, and `{}` is of type {ty}", shown(text), shown(&target.name));
    Misfit::new(codes::VALUE, place, message, help)
}

/// A text as a message repeats it.
pub(super) fn shown(text: &str) -> String {
    excerpt(text, Span::new(0..text.len()))
}

/// The term as a pattern of `like`, which knows no escapes; `None` if a sign of it is meant as a character.
fn like(term: &Term) -> Option<String> {
    let mut pattern = String::new();
    for piece in &term.pieces {
        match piece {
            Piece::Text(text) if text.contains(['*', '?']) => return None,
            Piece::Text(text) => pattern.push_str(text),
            Piece::Any => pattern.push('*'),
            Piece::One => pattern.push('?'),
        }
    }
    Some(pattern)
}

/// The term as a regular expression of Lucene's dialect.
fn regex(term: &Term) -> String {
    let mut pattern = String::new();
    for piece in &term.pieces {
        match piece {
            Piece::Text(text) => {
                for character in text.chars() {
                    if character.is_ascii() && !character.is_ascii_alphanumeric() {
                        pattern.push('\\');
                    }
                    pattern.push(character);
                }
            }
            Piece::Any => pattern.push_str(".*"),
            Piece::One => pattern.push('.'),
        }
    }
    pattern
}
