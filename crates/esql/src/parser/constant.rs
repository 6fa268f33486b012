//! Constants, lists of constants, and maps of options.

use brokerwatch_ecs::similar;
use brokerwatch_expr::Span;
use brokerwatch_expr::limits::DEPTH_MAX;

use super::{Parser, Within};
use crate::ast::{Constant, Entry, Map, MapValue, Place, TimeUnit};
use crate::lexer::{TokenKind, decode_parameter, decode_text};
use crate::{codes, commands};
use brokerwatch_expr::report::excerpt;

/// The units of time with all their names, the one that is written first.
pub(crate) static UNITS: &[(TimeUnit, &[&str])] = &[
    (TimeUnit::Millisecond, &["millisecond", "milliseconds", "millis", "ms"]),
    (TimeUnit::Second, &["second", "seconds", "sec", "s"]),
    (TimeUnit::Minute, &["minute", "minutes", "min", "m"]),
    (TimeUnit::Hour, &["hour", "hours", "h"]),
    (TimeUnit::Day, &["day", "days", "d"]),
    (TimeUnit::Week, &["week", "weeks", "w"]),
    (TimeUnit::Month, &["month", "months", "mo"]),
    (TimeUnit::Quarter, &["quarter", "quarters", "q"]),
    (TimeUnit::Year, &["year", "years", "yr", "y"]),
];

impl Parser<'_> {
    /// A constant where nothing else can stand, so that a sign belongs to it.
    pub(crate) fn signed_constant(&mut self, expected: &str) -> Constant {
        let sign = match self.token.kind {
            TokenKind::Minus | TokenKind::Plus => Some(self.bump()),
            _ => None,
        };
        let is_number = matches!(self.token.kind, TokenKind::Integer | TokenKind::Decimal);
        if (sign.is_none() || is_number)
            && let Some(constant) = self.constant()
        {
            let is_minus = sign.is_some_and(|sign| sign.kind == TokenKind::Minus);
            return if is_minus { negative(constant) } else { constant };
        }
        let expected = if sign.is_some() { "a number" } else { expected };
        self.unexpected(codes::UNEXPECTED, expected, None);
        Constant::Null
    }

    /// A constant, if one begins here. Parameters are constants, too.
    pub(super) fn constant(&mut self) -> Option<Constant> {
        let written = self.written(self.token.span);
        let constant = match self.token.kind {
            TokenKind::Null => Constant::Null,
            TokenKind::True => Constant::Boolean(true),
            TokenKind::False => Constant::Boolean(false),
            TokenKind::Text(form) => Constant::Text(decode_text(written, form)),
            TokenKind::Parameter => Constant::Parameter(decode_parameter(written)),
            TokenKind::Decimal => self.double(written),
            TokenKind::Integer => return Some(self.integer_or_timespan()),
            TokenKind::OpenBracket => return Some(self.constant_list()),
            _ => return None,
        };
        self.bump();
        Some(constant)
    }

    /// `7` or `7 days`
    fn integer_or_timespan(&mut self) -> Constant {
        let start = self.token.span;
        let written = self.written(start);
        let unit_follows = self.unit_follows();
        let Ok(integer) = written.parse::<u64>() else {
            let double = self.double(written);
            self.bump();
            if unit_follows {
                self.bump();
                self.count_too_large(start);
            }
            return double;
        };
        self.bump();
        if !unit_follows {
            return Constant::Integer(i128::from(integer));
        }
        let unit = self.unit();
        match i64::try_from(integer) {
            Ok(count) => Constant::Timespan { count, unit },
            Err(_) => {
                self.count_too_large(start);
                Constant::Null
            }
        }
    }

    /// Whether the word behind a number was meant as a unit: not if it is a command whose bar is missing, or a column
    /// that something is done with.
    fn unit_follows(&self) -> bool {
        let word = self.ahead();
        let written = self.written(word.span);
        if word.kind != TokenKind::Identifier || find_unit(written).is_some() {
            return word.kind == TokenKind::Identifier;
        }
        let goes_on = matches!(
            self.token_behind(word).kind,
            TokenKind::Dot
                | TokenKind::Open
                | TokenKind::Assign
                | TokenKind::Equal
                | TokenKind::NotEqual
                | TokenKind::Less
                | TokenKind::LessOrEqual
                | TokenKind::Greater
                | TokenKind::GreaterOrEqual
                | TokenKind::In
                | TokenKind::Is
                | TokenKind::Like
                | TokenKind::Rlike
        );
        !goes_on && !commands::is_word(written)
    }

    fn count_too_large(&mut self, start: Span) {
        let message = format!("`{}` is too large for a timespan", excerpt(self.text, start));
        let help = "write a count that fits 63 bits, or use a larger unit";
        self.error(codes::NUMBER, start, message, help);
    }

    /// The unit behind a count; one that does not exist is reported.
    fn unit(&mut self) -> TimeUnit {
        let span = self.bump().span;
        let written = self.written(span);
        if let Some(unit) = find_unit(written) {
            return unit;
        }
        let message = format!("unknown unit of time `{}`", excerpt(self.text, span));
        self.error(codes::UNIT, span, message, unit_help(written));
        // What follows may have been joined to the number by the word that was meant.
        self.error_at = Some(self.token.span.start);
        TimeUnit::Millisecond
    }

    fn double(&mut self, written: &str) -> Constant {
        // Digits, a point and an exponent are what the lexer takes for a number, and all of them can be read.
        let double = written.parse().unwrap_or(f64::INFINITY);
        if double.is_infinite() {
            let message =
                format!("the number `{}` is too large", excerpt(self.text, self.token.span));
            let help = "the largest number is about 1.8e308";
            self.error(codes::NUMBER, self.token.span, message, help);
        }
        Constant::Double(double)
    }

    /// `[1, 2]`
    fn constant_list(&mut self) -> Constant {
        let open = self.bump().span;
        if self.at(TokenKind::CloseBracket) {
            self.bump();
            let place = self.since(open).0;
            self.error(
                codes::EMPTY_LIST,
                place,
                "the list is empty",
                "a list holds at least one value",
            );
            return Constant::Null;
        }
        let mut kinds_differ = false;
        let mut values: Vec<Constant> = Vec::new();
        loop {
            let span = self.token.span;
            if !self.at_list_value() {
                let help = "a list in brackets holds numbers, texts, or `true` and `false`; lists of columns stand in parentheses";
                self.unexpected(codes::UNEXPECTED, "a constant", Some(help.to_owned()));
                self.pass_list();
                break;
            }
            let value = self.signed_constant("a constant");
            if !kinds_differ && !same_kind(values.first().unwrap_or(&value), &value) {
                kinds_differ = true;
                let help = "write numbers only, texts only, or `true` and `false` only";
                let message = "a list holds values of one kind";
                self.error(codes::MIXED_LIST, span, message, help);
            }
            values.push(value);
            if self.take(TokenKind::Comma).is_none() {
                break;
            }
        }
        if self.take(TokenKind::CloseBracket).is_none() {
            let (code, help) = if self.at_list_value() {
                (codes::UNEXPECTED, "values in a list are parted by commas")
            } else {
                (codes::UNBALANCED, "close the list with `]`")
            };
            let since = Some((open, "opened here"));
            self.unexpected_since(code, "`,` or `]`", Some(help.to_owned()), since);
            self.pass_list();
            self.take(TokenKind::CloseBracket);
        }
        Constant::List(values)
    }

    fn at_list_value(&self) -> bool {
        matches!(
            self.token.kind,
            TokenKind::Integer
                | TokenKind::Decimal
                | TokenKind::Minus
                | TokenKind::Plus
                | TokenKind::True
                | TokenKind::False
                | TokenKind::Text(_)
        )
    }

    /// Passes tokens up to the end of a list in brackets, or of what it stands in.
    fn pass_list(&mut self) {
        while !matches!(
            self.token.kind,
            TokenKind::CloseBracket | TokenKind::Close | TokenKind::Bar | TokenKind::End
        ) {
            self.bump();
        }
    }

    /// `{ "name": value }` behind `WITH`, if it is there.
    pub(crate) fn options(&mut self) -> Option<Map> {
        self.take(TokenKind::With)?;
        Some(self.map())
    }

    /// `{ "name": value }`
    pub(crate) fn map(&mut self) -> Map {
        let open = self.token.span;
        if !self.at(TokenKind::OpenBrace) {
            let help = "options are written as `{ \"name\": value }`".to_owned();
            self.unexpected(codes::UNEXPECTED, "`{`", Some(help));
            return Map { entries: Vec::new(), place: Place(open) };
        }
        if DEPTH_MAX <= self.depth {
            self.pass_too_deep(open);
            return Map { entries: Vec::new(), place: Place(open) };
        }
        self.bump();
        let mut entries = Vec::new();
        if !self.at(TokenKind::CloseBrace) {
            self.inside(Within::Map, |parser| {
                entries.push(parser.entry());
                while parser.take(TokenKind::Comma).is_some() {
                    entries.push(parser.entry());
                }
            });
        }
        if self.take(TokenKind::CloseBrace).is_none() {
            let help = "close the options with `}`".to_owned();
            let since = Some((open, "opened here"));
            self.unexpected_since(codes::UNBALANCED, Within::Map.expected(), Some(help), since);
            self.sync();
            self.take(TokenKind::CloseBrace);
        }
        Map { entries, place: self.since(open) }
    }

    fn entry(&mut self) -> Entry {
        let key_span = self.token.span;
        let key = self.quoted_text("an option in double quotes");
        let errors = self.error_count();
        self.expect(TokenKind::Colon, "`:`");
        let value_span = self.token.span;
        let value = self.map_value();
        if errors != self.error_count() {
            self.sync();
        }
        Entry { key, key_place: Place(key_span), value, value_place: self.since(value_span) }
    }

    /// A constant or a map.
    pub(super) fn map_value(&mut self) -> MapValue {
        if self.at(TokenKind::OpenBrace) {
            return MapValue::Map(self.map());
        }
        MapValue::Constant(self.signed_constant("a constant"))
    }

    /// A text in double quotes, or a report that it is missing.
    pub(crate) fn quoted_text(&mut self, expected: &str) -> String {
        let span = self.token.span;
        let TokenKind::Text(form) = self.token.kind else {
            let help = self
                .word()
                .map(|word| format!("write `\"{}\"`", excerpt(word, Span::new(0..word.len()))));
            self.unexpected(codes::UNEXPECTED, expected, help);
            return String::new();
        };
        self.bump();
        decode_text(self.written(span), form)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a double is what such a number is")]
fn negative(constant: Constant) -> Constant {
    match constant {
        // A number that fits 64 bits only without a sign is a double once it has one.
        Constant::Integer(integer) if i64::try_from(-integer).is_err() => {
            Constant::Double(-(integer as f64))
        }
        Constant::Integer(integer) => Constant::Integer(-integer),
        Constant::Double(double) => Constant::Double(-double),
        Constant::Timespan { count, unit } => Constant::Timespan { count: -count, unit },
        other => other,
    }
}

fn same_kind(one: &Constant, other: &Constant) -> bool {
    let kind = |constant: &Constant| match constant {
        Constant::Integer(_) | Constant::Double(_) => 0,
        Constant::Boolean(_) => 1,
        Constant::Text(_) => 2,
        Constant::Timespan { .. } => 3,
        Constant::Null | Constant::Parameter(_) | Constant::List(_) => 4,
    };
    kind(one) == kind(other) && kind(other) < 3
}

fn find_unit(written: &str) -> Option<TimeUnit> {
    let has = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(written));
    UNITS.iter().find(|(_, names)| has(names)).map(|(unit, _)| *unit)
}

fn unit_help(written: &str) -> String {
    let lower = written.to_ascii_lowercase();
    if lower == "offset" {
        return "there is no `OFFSET`: rows are passed over by a `WHERE` behind `SORT`".to_owned();
    }
    let words = ["and", "or", "by", "asc", "desc", "nulls", "with", "where", "is", "in", "like"];
    let names = UNITS.iter().flat_map(|(_, names)| names.iter().copied()).chain(words);
    let near = if written.len() < 3 { Vec::new() } else { similar(&lower, names) };
    match near.first() {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            "the units are `ms`, `s`, `m`, `h`, `d`, `w`, `mo`, `q` and `y`, and their long names"
                .to_owned()
        }
    }
}
