//! Expressions: from the syntax tree to typed expressions of DataFusion.

use brokerwatch_expr::{Diagnostic, Span};
use datafusion::logical_expr::Operator;
use datafusion::logical_expr::binary_expr;
use datafusion::logical_expr::conditional_expressions::CaseBuilder;
use datafusion::prelude::Expr as DfExpr;

use super::casing::{Case, cased, never};
use super::disjunction::combined;
use super::{Planner, Scope, Typed};
use crate::ast::{
    Constant as Written, Expr, Kind, LikeOperator, LikePatterns, Name, Sign, TimeUnit,
};
use crate::block::literal;
use crate::call::{Kernel, Parts, fold_body};
use crate::codes;
use crate::functions::{self, Arg, Body, Call, Lists, Search, lists};
use crate::types::DataType;
use crate::value::{Constant, Scalar, Value};
use crate::warnings::Failure;

/// What becomes of the arguments of an operator. See [`Planner::apply`].
pub(crate) struct Operation {
    /// A name for plans.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) body: Body,
    /// What becomes of nulls and lists.
    pub(crate) lists: Lists,
    /// The type of the result.
    pub(crate) returns: DataType,
    /// Whether the result may have several values.
    pub(crate) multi: bool,
    /// Whether it cannot warn.
    pub(crate) quiet: bool,
}

/// What makes an operation faster and changes no result.
#[derive(Default)]
pub(crate) struct Faster {
    /// What does the same to whole columns of single values.
    pub(crate) kernel: Option<Kernel>,
    /// Texts of which one stands in the first argument wherever the result is true; none if that is not known.
    pub(crate) needs: Vec<String>,
}

impl Planner<'_> {
    /// Plans a value over the columns of `scope`.
    pub(crate) fn expression(&mut self, expr: &Expr, scope: &Scope) -> Typed {
        let span = expr.place.0;
        if let Some(key) = self.group_key(expr) {
            return key.at(span);
        }
        match &expr.kind {
            Kind::Constant(constant) => self.constant(constant, span),
            Kind::Name(name) => self.name(name, scope),
            Kind::Call(call) => self.call(call, span, scope),
            Kind::Cast(value, ty) => {
                let value = self.expression(value, scope);
                self.cast(value, ty, span)
            }
            Kind::Sign(Sign::Plus, value) => self.expression(value, scope).at(span),
            Kind::Sign(Sign::Minus, value) => {
                let value = self.expression(value, scope);
                self.negate(value, span)
            }
            Kind::Arithmetic(operator, left, right) => {
                self.null_misused(&[left, right], span);
                let (left, right) = (self.expression(left, scope), self.expression(right, scope));
                self.arithmetic(*operator, left, right, span)
            }
            Kind::Compare(operator, left, right) => {
                self.null_misused(&[left, right], span);
                let written = (left, right);
                let (left, right) = (self.expression(left, scope), self.expression(right, scope));
                let sides = [(&**written.0, &left), (&**written.1, &right)];
                if let Some(known) = self.compared_in_case(*operator, sides, span, scope) {
                    return known;
                }
                self.compare(*operator, left, right, span)
            }
            Kind::In { value, list, negated } => {
                let value = self.expression(value, scope);
                let list = list.iter().map(|one| self.expression(one, scope)).collect();
                let found = self.is_in(value, list, span);
                self.negated(found, *negated)
            }
            Kind::InSubquery { .. } => {
                self.error(
                    Diagnostic::error(
                        codes::NOT_HERE,
                        span,
                        "`IN` with a query stands only alone in `WHERE`, joined by `AND`",
                    )
                    .help("give it a `WHERE` of its own"),
                );
                Typed::hole(span)
            }
            Kind::IsNull { value, negated } => {
                let value = self.expression(value, scope);
                self.is_null(value, *negated, span)
            }
            Kind::Like { value, operator, patterns, negated } => {
                let case = cased(value).map(|(case, _)| case);
                let value = self.expression(value, scope);
                let matched = self.like((value, case), *operator, patterns, scope, span);
                self.negated(matched, *negated)
            }
            Kind::Match { value, constant } => {
                let value = self.expression(value, scope);
                let query = self.constant(constant, span);
                self.matches(value, query, Search::Words, None, span)
            }
            Kind::Not(value) => {
                let value = self.expression(value, scope);
                let value = self.boolean(value, span);
                self.not(value, span)
            }
            Kind::And(parts) => self.all_of(parts, scope, span, Operator::And),
            Kind::Or(parts) => {
                let combined = combined(parts);
                self.all_of(combined.as_deref().unwrap_or(parts), scope, span, Operator::Or)
            }
        }
    }

    /// Plans a condition: a value that has to be boolean.
    pub(crate) fn condition(&mut self, expr: &Expr, scope: &Scope) -> Typed {
        let value = self.expression(expr, scope);
        self.boolean(value, expr.place.0)
    }

    /// Plans a condition that rows have to meet. Where it has several values the row does not, and nothing is said of it,
    /// because nothing is computed.
    pub(crate) fn row_condition(&mut self, expr: &Expr, scope: &Scope) -> Typed {
        let value = self.expression(expr, scope);
        if value.ty != DataType::Boolean || !value.multi {
            return self.boolean(value, expr.place.0);
        }
        self.only(value)
    }

    /// Plans a test of a value that cannot warn, or tells why there is none.
    pub(crate) fn test(
        &mut self,
        name: &'static str,
        body: Result<Body, Diagnostic>,
        value: Typed,
        span: Span,
    ) -> Typed {
        let body = match body {
            Ok(body) => body,
            Err(error) => {
                self.error(error);
                return Typed::hole(span);
            }
        };
        let operation = Operation {
            name,
            body,
            lists: Lists::One,
            returns: DataType::Boolean,
            multi: false,
            quiet: true,
        };
        self.apply(operation, vec![value], span)
    }

    /// Says that an operator with a literal null never gives a value.
    fn null_misused(&mut self, operands: &[&Expr], span: Span) {
        let is_null = |operand: &&Expr| matches!(operand.kind, Kind::Constant(Written::Null));
        if operands.iter().any(is_null) && !self.aggregating {
            let message = format!("Expression [{}] always evaluates to NULL.", self.text_at(span));
            self.warnings.remark(span, &message);
        }
    }

    fn name(&mut self, name: &Name, scope: &Scope) -> Typed {
        let span = name.place.0;
        if self.groups.is_some() {
            if let Some(flat) = self.flat(name) {
                let input =
                    self.groups.as_ref().is_some_and(|groups| groups.input.get(&flat).is_some());
                if input {
                    let message =
                        format!("column `{flat}` is neither grouped by nor inside an aggregate");
                    self.error(Diagnostic::error(codes::UNGROUPED, span, message).help(format!(
                        "add it behind `BY`, or write an aggregate such as `VALUES({flat})`"
                    )));
                    return Typed::hole(span);
                }
            }
            let keys =
                self.groups.as_ref().map(super::groups::Groups::key_scope).unwrap_or_default();
            return self.column(name, &keys);
        }
        self.column(name, scope)
    }

    /// Plans a constant.
    pub(crate) fn constant(&mut self, constant: &Written, span: Span) -> Typed {
        match self.known(constant, span) {
            Some(known) => Typed::constant(known, span),
            None => Typed::hole(span),
        }
    }

    /// The value of a constant.
    pub(crate) fn known(&mut self, constant: &Written, span: Span) -> Option<Constant> {
        Some(match constant {
            Written::Null => Constant::null(),
            Written::Boolean(flag) => Constant::one(DataType::Boolean, Scalar::Boolean(*flag)),
            Written::Integer(number) => whole(*number),
            Written::Double(number) => Constant::one(DataType::Double, Scalar::Double(*number)),
            Written::Text(text) => Constant::text(text),
            Written::Timespan { count, unit } => timespan(*count, *unit),
            Written::Parameter(parameter) => return self.parameter(parameter, span),
            Written::List(parts) => {
                let known =
                    parts.iter().map(|part| self.known(part, span)).collect::<Option<Vec<_>>>()?;
                // A list that has a number too large for a long is of numbers without a sign.
                let mixed = known.iter().any(|one| one.ty == DataType::UnsignedLong)
                    && known.iter().all(|one| one.ty.is_whole());
                let common = known.iter().try_fold(DataType::Null, |ty, one| ty.common(one.ty));
                let ty =
                    if mixed { DataType::UnsignedLong } else { common.unwrap_or(DataType::Double) };
                let values = known
                    .into_iter()
                    .flat_map(|one| one.values)
                    .map(|value| widen(value, ty))
                    .collect();
                Constant { ty, values }
            }
        })
    }

    /// Applies an operation: at once where all arguments are known, else when the rows come.
    pub(crate) fn apply(&mut self, operation: Operation, args: Vec<Typed>, span: Span) -> Typed {
        self.apply_with(operation, Faster::default(), args, span)
    }

    /// Like [`Planner::apply`], with what makes it faster.
    pub(crate) fn apply_with(
        &mut self,
        operation: Operation,
        faster: Faster,
        args: Vec<Typed>,
        span: Span,
    ) -> Typed {
        if args.iter().any(|arg| arg.hole) {
            return Typed { ty: operation.returns, ..Typed::hole(span) };
        }
        let types: Vec<DataType> = args.iter().map(|arg| arg.ty).collect();
        if args.iter().all(|arg| arg.constant.is_some()) && !args.is_empty() {
            let known: Vec<Arg> = args
                .into_iter()
                .map(|arg| Arg { ty: arg.ty, constant: arg.constant, span: arg.span })
                .collect();
            let call = Call {
                args: &known,
                returns: operation.returns,
                options: None,
                span,
                zone: self.zone.clone(),
            };
            let (constant, failures) = fold_body(&operation.body, operation.lists, &call);
            let site = self.site(span);
            failures.iter().for_each(|failure| site.fail(failure));
            return Typed::constant(constant, span);
        }
        let exprs = args.iter().map(|arg| arg.expr.clone()).collect();
        let quiet = operation.quiet && args.iter().all(|arg| arg.quiet && !arg.multi);
        let parts = Parts {
            name: operation.name,
            body: operation.body,
            lists: operation.lists,
            types,
            returns: operation.returns,
            multi: operation.multi,
            site: Some(self.site(span)),
            kernel: faster.kernel,
            needs: faster.needs,
        };
        Typed {
            expr: parts.call(exprs),
            ty: operation.returns,
            multi: operation.multi,
            constant: None,
            span,
            quiet,
            hole: false,
        }
    }

    /// The value as a type that it widens to: what [`DataType::common`] gives.
    pub(crate) fn widened(&mut self, value: Typed, ty: DataType) -> Typed {
        if value.ty == ty || value.hole || (value.ty.is_text() && ty.is_text()) {
            return Typed { ty, ..value };
        }
        if let Some(constant) = value.constant {
            let values = constant.values.into_iter().map(|one| widen(one, ty)).collect();
            return Typed::constant(Constant { ty, values }, value.span);
        }
        let arrow = ty.arrow_column(value.multi);
        Typed { expr: datafusion::logical_expr::try_cast(value.expr, arrow), ty, ..value }
    }

    /// The value as a column of lists, whether it is one or not.
    pub(crate) fn listed(&mut self, value: Typed) -> Typed {
        if value.ty.arrow() == datafusion::arrow::datatypes::DataType::Null {
            return Typed { multi: true, ..value };
        }
        if let Some(constant) = &value.constant {
            let expr =
                literal(constant, value.ty, true).unwrap_or(datafusion::common::ScalarValue::Null);
            return Typed { expr: datafusion::logical_expr::lit(expr), multi: true, ..value };
        }
        if value.multi {
            return value;
        }
        let pass = lists(|args, _, out| {
            out.extend_from_slice(args[0]);
            Ok(())
        });
        let (span, quiet, ty) = (value.span, value.quiet, value.ty);
        match pass {
            Ok(body) => {
                let operation = Operation {
                    name: "list",
                    body,
                    lists: Lists::Many,
                    returns: ty,
                    multi: true,
                    quiet,
                };
                Typed { quiet, ..self.apply(operation, vec![value], span) }
            }
            Err(error) => {
                self.error(error);
                Typed::hole(span)
            }
        }
    }

    /// The one value of a column that may have several: null with a warning where it has.
    pub(crate) fn singled(&mut self, value: Typed, span: Span) -> Typed {
        if !value.multi {
            return value;
        }
        let ty = value.ty;
        let body = lists(|args, _, out| match args[0] {
            [] => Ok(()),
            [one] => {
                out.push(*one);
                Ok(())
            }
            _ => Err(Failure::several()),
        });
        match body {
            Ok(body) => {
                let operation = Operation {
                    name: "single",
                    body,
                    lists: Lists::One,
                    returns: ty,
                    multi: false,
                    quiet: false,
                };
                self.apply(operation, vec![value], span)
            }
            Err(error) => {
                self.error(error);
                Typed::hole(span)
            }
        }
    }

    fn like(
        &mut self,
        (value, case): (Typed, Option<Case>),
        operator: LikeOperator,
        patterns: &LikePatterns,
        scope: &Scope,
        span: Span,
    ) -> Typed {
        let mut texts = Vec::new();
        match patterns {
            LikePatterns::One(pattern) => {
                let pattern = self.expression(pattern, scope);
                if pattern.hole {
                    return Typed { ty: DataType::Boolean, ..pattern };
                }
                match pattern.constant.as_ref().and_then(Constant::as_str) {
                    Some(text) => texts.push(text.to_owned()),
                    None => {
                        self.error(
                            Diagnostic::error(
                                codes::NOT_CONSTANT,
                                pattern.span,
                                "the pattern has to be a text that is known",
                            )
                            .help("write the pattern, or compute it from constants"),
                        );
                        return Typed::hole(span);
                    }
                }
            }
            LikePatterns::List(list) => {
                for one in list {
                    match self.known(one, span) {
                        Some(constant) if constant.as_str().is_some() => {
                            texts.extend(constant.as_str().map(str::to_owned));
                        }
                        Some(_) => {
                            self.wrong(codes::TYPE, span, "a pattern in the list is no text");
                        }
                        None => return Typed::hole(span),
                    }
                }
            }
        }
        if operator == LikeOperator::Like
            && texts.iter().any(|text| text.contains('%') && !text.contains('*'))
        {
            self.warnings.remark(
                span,
                "`%` is no wildcard in LIKE; `*` stands for any text and `?` for one character",
            );
        }
        let word = if operator == LikeOperator::Like { "LIKE" } else { "RLIKE" };
        let Some(value) = self.text_operand(value, word) else { return Typed::hole(span) };
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (name, body, needs) = match operator {
            LikeOperator::Like => ("like", functions::like(&texts), functions::like_needs(&texts)),
            LikeOperator::Rlike => {
                ("rlike", functions::rlike(&texts), functions::rlike_needs(&texts))
            }
        };
        let other_case =
            case.is_some_and(|case| texts.iter().all(|text| !case.holds_pattern(text)));
        match body {
            Ok(_) if other_case && value.constant.is_none() => never(span),
            Ok(body) => {
                let operation = Operation {
                    name,
                    body,
                    lists: Lists::Single,
                    returns: DataType::Boolean,
                    multi: false,
                    quiet: true,
                };
                let faster = Faster { needs, ..Faster::default() };
                self.apply_with(operation, faster, vec![value], span)
            }
            Err(mut error) => {
                error.labels = vec![(span, String::new())];
                self.error(error);
                Typed::hole(span)
            }
        }
    }

    /// An operand that has to be text; null is.
    fn text_operand(&mut self, value: Typed, operator: &str) -> Option<Typed> {
        if value.hole {
            return None;
        }
        if value.ty.is_text() || value.ty == DataType::Null {
            return Some(value);
        }
        let message = format!(
            "`{operator}` needs text, `{}` is {}",
            self.text_at(value.span),
            value.ty.error_name()
        );
        self.error(
            Diagnostic::error(codes::TYPE, value.span, message)
                .help("`TO_STRING` makes text of a value; `CIDR_MATCH` compares addresses"),
        );
        None
    }

    fn all_of(&mut self, parts: &[Expr], scope: &Scope, span: Span, operator: Operator) -> Typed {
        let parts: Vec<(Typed, Span)> =
            parts.iter().map(|part| (self.expression(part, scope), part.place.0)).collect();
        if parts.iter().any(|(part, _)| part.multi && part.ty == DataType::Boolean) {
            return self.with_several(parts, span, operator);
        }
        let parts = parts.into_iter().map(|(part, span)| self.boolean(part, span)).collect();
        self.joined(parts, span, operator)
    }

    /// Joins conditions of which some may have several values. As in Elasticsearch nothing is told of those: of two
    /// conditions, both together are null where one has several values; among more, such a one counts as null.
    fn with_several(&mut self, parts: Vec<(Typed, Span)>, span: Span, operator: Operator) -> Typed {
        let pair = parts.len() == 2;
        let (mut single, mut several) = (Vec::new(), Vec::new());
        for (part, place) in parts {
            if !part.multi || part.hole || part.ty != DataType::Boolean {
                single.push(self.boolean(part, place));
                continue;
            }
            if pair {
                several.push(self.has_several(&part));
            }
            single.push(self.only(part));
        }
        let joined = self.joined(single, span, operator);
        match balanced(several, Operator::Or) {
            Some(several) => self.unless(several, joined),
            None => joined,
        }
    }

    /// A boolean where it is one; null where it is a list.
    fn only(&mut self, value: Typed) -> Typed {
        let only = lists(|args, _, out| {
            if let [one] = args[0] {
                out.push(*one);
            }
            Ok(())
        });
        let span = value.span;
        self.test("only", only, value, span)
    }

    /// Whether a value is a list of two or more.
    fn has_several(&mut self, value: &Typed) -> DfExpr {
        let several = lists(|args, _, out| {
            out.push(Value::Boolean(1 < args[0].len()));
            Ok(())
        });
        let span = value.span;
        self.test("several", several, value.clone(), span).expr
    }

    /// A value where a condition, which is never null, is false; else null.
    fn unless(&mut self, condition: DfExpr, value: Typed) -> Typed {
        let span = value.span;
        let built = CaseBuilder::new(
            None,
            vec![datafusion::logical_expr::not(condition)],
            vec![value.expr],
            None,
        )
        .end();
        match self.built(span, built) {
            Some(expr) => Typed { expr, constant: None, ..value },
            None => Typed::hole(span),
        }
    }

    /// Joins conditions by `AND` or `OR`. Those that cannot warn stay DataFusion's own.
    pub(crate) fn joined(&mut self, parts: Vec<Typed>, span: Span, operator: Operator) -> Typed {
        let quiet = parts.iter().all(|part| part.quiet);
        let hole = parts.iter().any(|part| part.hole);
        let (calm, loud): (Vec<Typed>, Vec<Typed>) = parts.into_iter().partition(|part| part.quiet);
        let mut joined: Vec<DfExpr> = loud.into_iter().map(|part| part.expr).collect();
        let calm: Vec<DfExpr> = calm.into_iter().map(|part| part.expr).collect();
        if let Some(calm) = balanced(calm, operator) {
            joined.push(calm);
        }
        match balanced(joined, operator) {
            Some(expr) => Typed {
                expr,
                ty: DataType::Boolean,
                multi: false,
                constant: None,
                span,
                quiet,
                hole,
            },
            None => Typed::hole(span),
        }
    }

    /// A value that has to be one boolean.
    pub(crate) fn boolean(&mut self, value: Typed, span: Span) -> Typed {
        if value.hole {
            return Typed { ty: DataType::Boolean, ..value };
        }
        match value.ty {
            DataType::Boolean => self.singled(value, span),
            DataType::Null => {
                let null = Constant { ty: DataType::Boolean, values: Vec::new() };
                Typed::constant(null, span)
            }
            // A condition from a parameter or a literal in quotes.
            DataType::Keyword if value.constant.is_some() => {
                match self.literal_as(&value, DataType::Boolean) {
                    Some(value) => value,
                    None => Typed::hole(span),
                }
            }
            ty => {
                let message = format!(
                    "a condition is needed, `{}` is {}",
                    self.text_at(span),
                    ty.error_name()
                );
                self.error(
                    Diagnostic::error(codes::TYPE, span, message)
                        .help("compare it with something: `== ...`, `IS NOT NULL`"),
                );
                Typed::hole(span)
            }
        }
    }

    fn negated(&mut self, value: Typed, negated: bool) -> Typed {
        let span = value.span;
        if negated { self.not(value, span) } else { value }
    }

    fn not(&mut self, value: Typed, span: Span) -> Typed {
        match value.constant.as_ref().map(Constant::single) {
            Some(Some(Value::Boolean(flag))) => {
                Typed::constant(Constant::one(DataType::Boolean, Scalar::Boolean(!flag)), span)
            }
            Some(_) => value,
            None => Typed { expr: datafusion::logical_expr::not(value.expr), span, ..value },
        }
    }

    pub(super) fn is_null(&mut self, value: Typed, negated: bool, span: Span) -> Typed {
        if let (Some(constant), false) = (&value.constant, value.hole) {
            let flag = constant.is_null() != negated;
            return Typed::constant(Constant::one(DataType::Boolean, Scalar::Boolean(flag)), span);
        }
        let expr = if negated { value.expr.is_not_null() } else { value.expr.is_null() };
        Typed {
            expr,
            ty: DataType::Boolean,
            multi: false,
            constant: None,
            span,
            quiet: value.quiet,
            hole: value.hole,
        }
    }
}

/// Joins conditions as a balanced tree, so that thousands of them do not nest thousands deep.
fn balanced(mut parts: Vec<DfExpr>, operator: Operator) -> Option<DfExpr> {
    while 1 < parts.len() {
        let mut next = Vec::with_capacity(parts.len().div_ceil(2));
        let mut rest = parts.into_iter();
        while let Some(left) = rest.next() {
            next.push(match rest.next() {
                Some(right) => binary_expr(left, operator, right),
                None => left,
            });
        }
        parts = next;
    }
    parts.pop()
}

/// A whole number as the narrowest type that holds it: integer, long, unsigned long, double.
fn whole(number: i128) -> Constant {
    if let Ok(number) = i32::try_from(number) {
        return Constant::one(DataType::Integer, Scalar::Integer(number));
    }
    if let Ok(number) = i64::try_from(number) {
        return Constant::one(DataType::Long, Scalar::Long(number));
    }
    if let Ok(number) = u64::try_from(number) {
        return Constant::one(DataType::UnsignedLong, Scalar::Unsigned(number));
    }
    #[expect(clippy::cast_precision_loss, reason = "a number that no whole type holds is a double")]
    Constant::one(DataType::Double, Scalar::Double(number as f64))
}

/// A span of time as a constant.
pub(crate) fn timespan(count: i64, unit: TimeUnit) -> Constant {
    let period = |months: i64, days: i64| {
        let value = Scalar::Period {
            months: count.saturating_mul(months),
            days: count.saturating_mul(days),
        };
        Constant::one(DataType::DatePeriod, value)
    };
    let duration = |millis: i64| {
        Constant::one(DataType::TimeDuration, Scalar::Duration(count.saturating_mul(millis)))
    };
    match unit {
        TimeUnit::Millisecond => duration(1),
        TimeUnit::Second => duration(1_000),
        TimeUnit::Minute => duration(60_000),
        TimeUnit::Hour => duration(3_600_000),
        TimeUnit::Day => period(0, 1),
        TimeUnit::Week => period(0, 7),
        TimeUnit::Month => period(1, 0),
        TimeUnit::Quarter => period(3, 0),
        TimeUnit::Year => period(12, 0),
    }
}

/// A value as a wider type. A value that the type cannot hold stays what it is.
fn widen(value: Scalar, ty: DataType) -> Scalar {
    match (ty, &value) {
        (DataType::Long, Scalar::Integer(number)) => Scalar::Long((*number).into()),
        (DataType::Double, _) => value.get().as_f64().map_or(value, Scalar::Double),
        (DataType::UnsignedLong, Scalar::Integer(_) | Scalar::Long(_)) => value
            .get()
            .as_i64()
            .and_then(|number| u64::try_from(number).ok())
            .map_or(value, Scalar::Unsigned),
        (DataType::DateNanos, Scalar::Date(millis)) => {
            millis.checked_mul(1_000_000).map_or(value, Scalar::DateNanos)
        }
        _ => value,
    }
}
