//! Operators: which types meet, and whether DataFusion's own operator means the same.

use brokerwatch_expr::{Arithmetic, Diagnostic, Span};
use datafusion::common::internal_err;
use datafusion::logical_expr::{Operator, binary_expr, in_list};

use super::expression::{Faster, Operation};
use super::{Planner, Typed};
use crate::ast::{Comparison, Identifier, Map};
use crate::call::{Kernel, fold};
use crate::codes;
use crate::functions::{self, Arg, Call, Lists, Search, lists};
use crate::types::DataType;
use crate::value::{Constant, Scalar, Value};
use crate::warnings::Failure;

impl Planner<'_> {
    /// `left operator right`
    pub(crate) fn compare(
        &mut self,
        operator: Comparison,
        left: Typed,
        right: Typed,
        span: Span,
    ) -> Typed {
        let (left, right) = self.literals_converted(left, right);
        if left.hole || right.hole {
            return Typed { ty: DataType::Boolean, ..Typed::hole(span) };
        }
        if left.is_null()
            || right.is_null()
            || left.ty == DataType::Null
            || right.ty == DataType::Null
        {
            return Typed::constant(Constant { ty: DataType::Boolean, values: Vec::new() }, span);
        }
        let mixed = left.ty.is_number() && right.ty.is_number();
        let common = left.ty.common(right.ty);
        let (Some(ty), false) =
            (common.or(mixed.then_some(DataType::UnsignedLong)), left.ty.is_timespan())
        else {
            return self.cannot_meet(&left, &right, span, "compared");
        };
        if !matches!(operator, Comparison::Equal | Comparison::NotEqual)
            && (ty.is_spatial() || matches!(ty, DataType::Boolean | DataType::Source))
        {
            let message = format!("values of type {} have no order", ty.error_name());
            self.wrong(codes::TYPE, span, message);
            return Typed::hole(span);
        }
        let native = !left.multi
            && !right.multi
            && common.is_some()
            && !matches!(ty, DataType::Version | DataType::Source);
        let known = left.constant.is_some() && right.constant.is_some();
        if native && !known {
            let (left, right) = (self.widened(left, ty), self.widened(right, ty));
            let quiet = left.quiet && right.quiet;
            let operator = match operator {
                Comparison::Equal => Operator::Eq,
                Comparison::NotEqual => Operator::NotEq,
                Comparison::Less => Operator::Lt,
                Comparison::LessOrEqual => Operator::LtEq,
                Comparison::Greater => Operator::Gt,
                Comparison::GreaterOrEqual => Operator::GtEq,
            };
            let expr = binary_expr(left.expr, operator, right.expr);
            return Typed {
                expr,
                ty: DataType::Boolean,
                multi: false,
                constant: None,
                span,
                quiet,
                hole: false,
            };
        }
        let operation = Operation {
            name: "compare",
            body: functions::compare(operator, ty),
            lists: Lists::Single,
            returns: DataType::Boolean,
            multi: false,
            quiet: true,
        };
        self.apply(operation, vec![left, right], span)
    }

    /// `left + right` and its like.
    pub(crate) fn arithmetic(
        &mut self,
        operator: Arithmetic,
        left: Typed,
        right: Typed,
        span: Span,
    ) -> Typed {
        let (left, right) = if left.ty.is_date() || right.ty.is_date() {
            self.literals_converted(left, right)
        } else {
            (left, right)
        };
        if left.hole || right.hole {
            return Typed::hole(span);
        }
        let is_sum = matches!(operator, Arithmetic::Add | Arithmetic::Subtract);
        let (left, right) = if is_sum { self.moment_converted(left, right) } else { (left, right) };
        if left.hole || right.hole {
            return Typed::hole(span);
        }
        if is_sum && (left.ty.is_timespan() || right.ty.is_timespan()) {
            return self.time_arithmetic(operator, left, right, span);
        }
        let missing = left.ty == DataType::Null || right.ty == DataType::Null;
        let ty = match left.ty.common(right.ty) {
            Some(DataType::Null) => DataType::Null,
            // A moment that is moved by nothing known, or nothing known that is moved.
            Some(ty) if ty.is_date() && is_sum && missing => ty,
            Some(ty)
                if ty.is_number() && !(ty == DataType::Double && mixes_unsigned(&left, &right)) =>
            {
                ty
            }
            _ => return self.cannot_meet(&left, &right, span, "computed with"),
        };
        let (left, right) = (self.widened(left, ty), self.widened(right, ty));
        let operation = Operation {
            name: "arithmetic",
            body: functions::arithmetic(operator, ty),
            lists: Lists::Single,
            returns: ty,
            multi: false,
            quiet: false,
        };
        if left.is_null() || right.is_null() {
            return Typed::constant(Constant { ty, values: Vec::new() }, span);
        }
        let kernel: Kernel = Box::new(move |args, fail| match args {
            [left, right] => {
                functions::operators::arithmetic_arrays(operator, ty, left, right, fail)
            }
            _ => internal_err!("arithmetic has two sides"),
        });
        let faster = Faster { kernel: Some(kernel), ..Faster::default() };
        self.apply_with(operation, faster, vec![left, right], span)
    }

    fn time_arithmetic(
        &mut self,
        operator: Arithmetic,
        left: Typed,
        right: Typed,
        span: Span,
    ) -> Typed {
        let add = operator == Arithmetic::Add;
        // `span + date` is `date + span`; nothing is taken from a span but a span.
        let (moment, amount) = match (left.ty, right.ty) {
            (ty, _) if ty.is_timespan() && !right.ty.is_timespan() && add => (right, left),
            _ => (left, right),
        };
        if moment.is_null() && moment.ty == DataType::Null {
            return Typed::constant(Constant { ty: DataType::Date, values: Vec::new() }, span);
        }
        let fits = moment.ty.is_date() || (moment.ty == amount.ty && moment.ty.is_timespan());
        if !fits || !amount.ty.is_timespan() {
            return self.cannot_meet(&moment, &amount, span, "computed with");
        }
        let ty = moment.ty;
        let operation = Operation {
            name: "shift",
            body: if add {
                functions::date_plus(self.zone.clone())
            } else {
                functions::date_minus(self.zone.clone())
            },
            lists: Lists::Single,
            returns: ty,
            multi: false,
            quiet: false,
        };
        if moment.constant.is_some() {
            return self.apply(operation, vec![moment, amount], span);
        }
        let Operation { name, body, lists, returns, multi, .. } = operation;
        self.bound(name, body, lists, &[moment, amount], returns, multi, span)
    }

    /// `-value`
    pub(crate) fn negate(&mut self, value: Typed, span: Span) -> Typed {
        if value.hole {
            return value;
        }
        let ty = value.ty;
        if let (DataType::DatePeriod | DataType::TimeDuration, Some(constant)) =
            (ty, &value.constant)
        {
            let values = constant
                .values
                .iter()
                .map(|one| match one {
                    Scalar::Period { months, days } => Scalar::Period {
                        months: months.saturating_neg(),
                        days: days.saturating_neg(),
                    },
                    Scalar::Duration(millis) => Scalar::Duration(millis.saturating_neg()),
                    other => other.clone(),
                })
                .collect();
            return Typed::constant(Constant { ty, values }, span);
        }
        // The most negative long is written as a sign before a number that is too large for one.
        if let Some(Value::Unsigned(number)) = value.constant.as_ref().and_then(Constant::single)
            && number == 1 << 63
        {
            return Typed::constant(Constant::one(DataType::Long, Scalar::Long(i64::MIN)), span);
        }
        match ty {
            DataType::Null => value.at(span),
            DataType::Integer | DataType::Long | DataType::Double => {
                let operation = Operation {
                    name: "negate",
                    body: functions::negate(ty),
                    lists: Lists::Single,
                    returns: ty,
                    multi: false,
                    quiet: false,
                };
                self.apply(operation, vec![value], span)
            }
            _ => {
                let message = format!(
                    "`-` needs a number, `{}` is {}",
                    self.text_at(value.span),
                    ty.error_name()
                );
                self.wrong(codes::TYPE, span, message);
                Typed::hole(span)
            }
        }
    }

    /// `value IN (list)`
    pub(crate) fn is_in(&mut self, value: Typed, list: Vec<Typed>, span: Span) -> Typed {
        if value.hole || list.iter().any(|one| one.hole) {
            return Typed { ty: DataType::Boolean, ..Typed::hole(span) };
        }
        let mut value = value;
        // A text in front of addresses is an address: `"10.0.0.1" IN (source.ip)`.
        if value.constant.is_some()
            && value.ty == DataType::Keyword
            && let Some(other) = list.iter().find(|one| converts(one.ty))
        {
            match self.literal_as(&value, other.ty) {
                Some(converted) => value = converted,
                None => return Typed::hole(span),
            }
        }
        let mut converted = Vec::with_capacity(list.len());
        for one in list {
            let one = if one.constant.is_some() && one.ty == DataType::Keyword && converts(value.ty)
            {
                match self.literal_as(&one, value.ty) {
                    Some(one) => one,
                    None => return Typed::hole(span),
                }
            } else {
                one
            };
            converted.push(one);
        }
        let mut ty = value.ty;
        for one in &converted {
            let mixed = ty.is_number() && one.ty.is_number();
            match ty.common(one.ty).or(mixed.then_some(DataType::Double)) {
                Some(common) => ty = common,
                None => return self.cannot_meet(&value, one, span, "compared"),
            }
        }
        if value.ty == DataType::Null || value.is_null() {
            return Typed::constant(Constant { ty: DataType::Boolean, values: Vec::new() }, span);
        }
        let native = !value.multi
            && value.constant.is_none()
            && ty != DataType::Version
            && converted.iter().all(|one| !one.multi && one.quiet);
        if native {
            let value = self.widened(value, ty);
            let quiet = value.quiet;
            let list = converted
                .into_iter()
                .map(|one| self.widened(one, ty))
                .map(|one| one.expr)
                .collect();
            let expr = in_list(value.expr, list, false);
            return Typed {
                expr,
                ty: DataType::Boolean,
                multi: false,
                constant: None,
                span,
                quiet,
                hole: false,
            };
        }
        let body = lists(move |args, _, out| {
            let (value, list) = match args.split_first() {
                Some(([], _)) | None => return Ok(()),
                Some(([value], list)) => (*value, list),
                Some(_) => return Err(Failure::several()),
            };
            let equals = |one: &&[Value<'_>]| matches!(one, [one] if value.compare(one, ty).is_some_and(std::cmp::Ordering::is_eq));
            if list.iter().any(equals) {
                out.push(Value::Boolean(true));
            } else if list.iter().any(|one| 1 < one.len()) {
                return Err(Failure::several());
            } else if list.iter().all(|one| one.len() == 1) {
                out.push(Value::Boolean(false));
            }
            Ok(())
        });
        match body {
            Ok(body) => {
                let operation = Operation {
                    name: "in",
                    body,
                    lists: Lists::One,
                    returns: DataType::Boolean,
                    multi: false,
                    quiet: true,
                };
                let mut args = vec![value];
                args.extend(converted);
                self.apply(operation, args, span)
            }
            Err(error) => {
                self.error(error);
                Typed::hole(span)
            }
        }
    }

    /// `value : query`, `MATCH(value, query)` and `MATCH_PHRASE(value, query)`
    pub(crate) fn matches(
        &mut self,
        value: Typed,
        query: Typed,
        search: Search,
        options: Option<&Map>,
        span: Span,
    ) -> Typed {
        if value.hole || query.hole {
            return Typed { ty: DataType::Boolean, ..Typed::hole(span) };
        }
        let Some(constant) = query.constant else {
            self.wrong(codes::NOT_CONSTANT, query.span, "what is searched for has to be known");
            return Typed::hole(span);
        };
        let body = functions::full_text(value.ty, &constant, search, options, span);
        self.test("match", body, value, span)
    }

    /// `value::type`
    pub(crate) fn cast(&mut self, value: Typed, ty: &Identifier, span: Span) -> Typed {
        if value.hole {
            return value;
        }
        let function =
            DataType::from_cast(&ty.text).and_then(conversion).and_then(functions::by_name);
        match function {
            Some(function) => self.function(function, vec![value], None, ty.place.0, span),
            None => {
                let message = format!("unknown type `{}`", ty.text);
                self.error(
                    Diagnostic::error(codes::CAST, ty.place.0, message).help(
                        "boolean, cartesian_point, cartesian_shape, date, date_nanos, date_period, double, geo_point, \
                         geo_shape, geohash, geotile, integer, ip, keyword, long, time_duration, unsigned_long and version are known",
                    ),
                );
                Typed::hole(span)
            }
        }
    }

    /// Converts a literal text on one side to the type on the other.
    fn literals_converted(&mut self, left: Typed, right: Typed) -> (Typed, Typed) {
        let is_literal =
            |one: &Typed| one.constant.is_some() && one.ty == DataType::Keyword && !one.is_null();
        if is_literal(&left) && converts(right.ty) {
            let left = self.literal_as(&left, right.ty).unwrap_or(Typed::hole(left.span));
            return (left, right);
        }
        if is_literal(&right) && converts(left.ty) {
            let right = self.literal_as(&right, left.ty).unwrap_or(Typed::hole(right.span));
            return (left, right);
        }
        (left, right)
    }

    /// Converts a literal text beside a span of time to the moment that it says: `"2026-01-31" + 1 day`.
    fn moment_converted(&mut self, left: Typed, right: Typed) -> (Typed, Typed) {
        let is_literal = |one: &Typed| one.constant.is_some() && one.ty == DataType::Keyword;
        let mut as_moment = |one: Typed, other: &Typed| {
            if is_literal(&one) && other.ty.is_timespan() {
                self.literal_as(&one, DataType::Date).unwrap_or(Typed::hole(one.span))
            } else {
                one
            }
        };
        let left = as_moment(left, &right);
        let right = as_moment(right, &left);
        (left, right)
    }

    /// A literal text as another type; an error where it does not read as one.
    pub(crate) fn literal_as(&mut self, value: &Typed, ty: DataType) -> Option<Typed> {
        let constant = value.constant.as_ref()?;
        let span = value.span;
        let function = conversion(ty).and_then(functions::by_name)?;
        let args = [Arg { ty: value.ty, constant: Some(constant.clone()), span }];
        let call = Call { args: &args, returns: ty, options: None, span, zone: self.zone.clone() };
        match fold(function, &call) {
            Ok((converted, failures))
                if failures.is_empty() && (!converted.is_null() || constant.is_null()) =>
            {
                Some(Typed::constant(converted, span))
            }
            Ok(_) => {
                let text = constant.as_str().unwrap_or_default();
                let message = format!("`{text}` is no {}", ty.error_name());
                self.error(
                    Diagnostic::error(codes::LITERAL, span, message).help(literal_help(ty, text)),
                );
                None
            }
            Err(error) => {
                self.error(error);
                None
            }
        }
    }

    pub(crate) fn cannot_meet(
        &mut self,
        left: &Typed,
        right: &Typed,
        span: Span,
        what: &str,
    ) -> Typed {
        if left.hole || right.hole {
            return Typed::hole(span);
        }
        let message = format!(
            "`{}` is {} and cannot be {what} `{}`, which is {}",
            self.text_at(left.span),
            left.ty.error_name(),
            self.text_at(right.span),
            right.ty.error_name(),
        );
        let message = if what == "compared" {
            message.replace("compared `", "compared with `")
        } else {
            message
        };
        let help = match (left.ty.is_text(), right.ty.is_text()) {
            (true, _) | (_, true) => {
                "convert one of them: `TO_STRING(...)`, `TO_LONG(...)`, `::type`"
            }
            _ if what == "computed with" && (left.ty.is_date() || right.ty.is_date()) => {
                "what a moment takes is a span of time: `NOW() - 1 hour`"
            }
            _ => "convert one of them with a `TO_...` function or `::type`",
        };
        self.error(Diagnostic::error(codes::TYPE, span, message).help(help));
        Typed::hole(span)
    }
}

fn mixes_unsigned(left: &Typed, right: &Typed) -> bool {
    (left.ty == DataType::UnsignedLong) != (right.ty == DataType::UnsignedLong)
        && left.ty != DataType::Null
        && right.ty != DataType::Null
}

/// Whether a literal text becomes a value of this type where it meets one.
pub(crate) fn converts(ty: DataType) -> bool {
    matches!(
        ty,
        DataType::Boolean | DataType::Ip | DataType::Version | DataType::Date | DataType::DateNanos
    )
}

/// The function that converts to a type.
pub(crate) fn conversion(ty: DataType) -> Option<&'static str> {
    Some(match ty {
        DataType::Boolean => "TO_BOOLEAN",
        DataType::Integer => "TO_INTEGER",
        DataType::Long => "TO_LONG",
        DataType::UnsignedLong => "TO_UNSIGNED_LONG",
        DataType::Double => "TO_DOUBLE",
        DataType::Keyword | DataType::Text => "TO_STRING",
        DataType::Ip => "TO_IP",
        DataType::Version => "TO_VERSION",
        DataType::Date => "TO_DATETIME",
        DataType::DateNanos => "TO_DATE_NANOS",
        DataType::DatePeriod => "TO_DATEPERIOD",
        DataType::TimeDuration => "TO_TIMEDURATION",
        DataType::GeoPoint => "TO_GEOPOINT",
        DataType::GeoShape => "TO_GEOSHAPE",
        DataType::CartesianPoint => "TO_CARTESIANPOINT",
        DataType::CartesianShape => "TO_CARTESIANSHAPE",
        DataType::GeoHash => "TO_GEOHASH",
        DataType::GeoTile => "TO_GEOTILE",
        _ => return None,
    })
}

fn literal_help(ty: DataType, text: &str) -> &'static str {
    match ty {
        DataType::Date | DataType::DateNanos if functions::conversion::timespan(text).is_some() => {
            "a span of time stands without quotes: `NOW() - 1 hour`"
        }
        DataType::Ip => "write an address such as \"10.1.2.3\"; `CIDR_MATCH` takes blocks",
        DataType::Date | DataType::DateNanos => "write a moment such as \"2024-05-01T10:00:00Z\"",
        DataType::Boolean => "write `true` or `false`",
        _ => "write a value of that type",
    }
}
