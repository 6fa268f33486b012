//! Calls: functions, aggregates inside `STATS`, and the few forms that are no functions of their arguments' values.

use brokerwatch_ecs::similar;
use brokerwatch_expr::{Diagnostic, Span};
use datafusion::functions::expr_fn::coalesce;
use datafusion::logical_expr::conditional_expressions::CaseBuilder;

use super::expression::Operation;
use super::operator::{conversion, converts};
use super::time_range::timestamp;
use super::{Planner, Scope, Typed};
use crate::aggregates;
use crate::ast::{Args, Call as Written, Expr, FunctionName, Kind, Map};
use crate::block::literal;
use crate::call::{Parts, fold};
use crate::codes;
use crate::functions::{
    self, Arg, Body, Call, Function, ListBody, Lists, Param, Presence, Returns, Search, SingleBody,
    lists,
};
use crate::types::DataType;
use crate::value::{Arena, Constant, Scalar, Value};
use crate::warnings::Failure;

/// Functions of other languages, and what does their work here.
static ELSEWHERE: &[(&str, &str)] = &[
    ("ARRAY_AGG", "VALUES(...)"),
    ("BIN", "BUCKET(...)"),
    ("CAST", "value::type"),
    ("CHAR_LENGTH", "LENGTH(...)"),
    ("CIDRMATCH", "CIDR_MATCH(...)"),
    ("COLLECT_LIST", "VALUES(...)"),
    ("CONCAT_WS", "MV_CONCAT(...)"),
    ("DATEADD", "moment + 1 hour"),
    ("DATE_ADD", "moment + 1 hour"),
    ("DATE_SUB", "moment - 1 hour"),
    ("DC", "COUNT_DISTINCT(...)"),
    ("DCOUNT", "COUNT_DISTINCT(...)"),
    ("GROUP_CONCAT", "MV_CONCAT(VALUES(...), \",\")"),
    ("IF", "CASE(condition, value, other)"),
    ("IFF", "CASE(condition, value, other)"),
    ("IFNULL", "COALESCE(...)"),
    ("IIF", "CASE(condition, value, other)"),
    ("INDEXOF", "LOCATE(...)"),
    ("INSTR", "LOCATE(...)"),
    ("ISNOTNULL", "value IS NOT NULL"),
    ("ISNULL", "value IS NULL"),
    ("LCASE", "TO_LOWER(...)"),
    ("LEN", "LENGTH(...)"),
    ("LOWER", "TO_LOWER(...)"),
    ("MAKE_SET", "VALUES(...)"),
    ("NVL", "COALESCE(...)"),
    ("POSITION", "LOCATE(...)"),
    ("REGEXP_LIKE", "value RLIKE \"...\""),
    ("REGEXP_REPLACE", "REPLACE(...)"),
    ("STDEV", "STD_DEV(...)"),
    ("STRING_AGG", "MV_CONCAT(VALUES(...), \",\")"),
    ("STRINGCONTAINS", "CONTAINS(...)"),
    ("STRLEN", "LENGTH(...)"),
    ("SUBSTR", "SUBSTRING(...)"),
    ("TOLOWER", "TO_LOWER(...)"),
    ("TOUPPER", "TO_UPPER(...)"),
    ("UCASE", "TO_UPPER(...)"),
    ("UPPER", "TO_UPPER(...)"),
    ("WILDCARD", "value LIKE \"...\""),
];

/// Functions of Elasticsearch that this program does not have.
const MISSING: &[&str] = &[
    "CHUNK",
    "DATE_UNIT_COUNT",
    "DECAY",
    "EMBEDDING",
    "FIELD_EXTRACT",
    "KNN",
    "RANGE_CONTAINS",
    "RANGE_INTERSECTS",
    "RANGE_MAX",
    "RANGE_MIN",
    "RANGE_WITHIN",
    "SCORE",
    "SPARKLINE",
    "ST_BUFFER",
    "ST_GEOHEX",
    "ST_SIMPLIFY",
    "TEXT_EMBEDDING",
    "TO_AGGREGATE_METRIC_DOUBLE",
    "TO_DATE_RANGE",
    "TO_DENSE_VECTOR",
    "TO_EXPONENTIAL_HISTOGRAM",
    "TO_GEOHEX",
    "TO_TDIGEST",
    "TOP_SNIPPETS",
    "TSTEP",
    "V_COSINE",
    "V_DOT_PRODUCT",
    "V_HAMMING",
    "V_L1_NORM",
    "V_L2_NORM",
    "V_MAGNITUDE",
    "RATE",
    "IRATE",
    "IDELTA",
    "INCREASE",
    "DELTA",
    "AVG_OVER_TIME",
    "COUNT_OVER_TIME",
    "COUNT_DISTINCT_OVER_TIME",
    "FIRST_OVER_TIME",
    "LAST_OVER_TIME",
    "MAX_OVER_TIME",
    "MIN_OVER_TIME",
    "SUM_OVER_TIME",
    "PRESENT_OVER_TIME",
    "ABSENT_OVER_TIME",
];

/// What to do without a function that this program does not have.
fn way_out(upper: &str) -> &'static str {
    match upper {
        "FIELD_EXTRACT" => "`JSON_EXTRACT(text, path)` takes a part of a JSON text",
        "DATE_UNIT_COUNT" => {
            "`DATE_DIFF(unit, DATE_TRUNC(1 month, t), DATE_TRUNC(1 month, t) + 1 month)` counts units"
        }
        "CHUNK" | "TOP_SNIPPETS" => "it cuts text for a model; `SUBSTRING` and `SPLIT` cut text",
        "SCORE" | "DECAY" | "KNN" | "EMBEDDING" | "TEXT_EMBEDDING" => {
            "it ranks by score, and nothing is scored here; `SORT` by what you compute"
        }
        name if name.starts_with("V_") => "vectors are no type here",
        "ST_GEOHEX" | "TO_GEOHEX" => "`ST_GEOHASH` and `ST_GEOTILE` have other grids of cells",
        name if name.starts_with("ST_") || name.starts_with("TO_GEO") => {
            "points and shapes in text are known: `ST_INTERSECTS`, `ST_WITHIN`, `ST_DISTANCE`, `TO_GEOSHAPE`"
        }
        name if name.ends_with("_OVER_TIME")
            || name.ends_with("RATE")
            || name.ends_with("DELTA") =>
        {
            "it works on time series; group by `BUCKET(@timestamp, 1 hour)` and compare the groups"
        }
        _ => "the reference lists the functions there are",
    }
}

/// Texts of which one stands in the first argument wherever the function is true; none if that is not known.
fn needs(name: &str, args: &[&Typed]) -> Vec<String> {
    match (name, args) {
        ("CONTAINS" | "ENDS_WITH" | "STARTS_WITH", [_, part]) => {
            let part = part.constant.as_ref().and_then(Constant::as_str);
            part.map(str::to_owned).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

impl Planner<'_> {
    /// Plans a call.
    pub(crate) fn call(&mut self, call: &Written, span: Span, scope: &Scope) -> Typed {
        let name = match &call.name {
            FunctionName::Text(text) => text.clone(),
            FunctionName::Parameter(parameter) => {
                match self.name_parameter(parameter, call.name_place.0) {
                    Some(name) => name,
                    None => return Typed::hole(span),
                }
            }
        };
        let upper = name.to_ascii_uppercase();
        if let Some(aggregate) = aggregates::by_name(&upper) {
            return self.aggregate(aggregate, call, span);
        }
        let (values, options): (&[Expr], Option<&Map>) = match &call.args {
            Args::List { values, options } => (values, options.as_ref()),
            Args::All => {
                if !functions::is_form(&upper) && functions::by_name(&upper).is_none() {
                    self.unknown_function(&upper, call.name_place.0);
                    return Typed::hole(span);
                }
                let message = format!("`{name}` does not take `*`");
                self.error(
                    Diagnostic::error(codes::ARITY, span, message).help("only `COUNT(*)` does"),
                );
                return Typed::hole(span);
            }
        };
        // `TBUCKET(...)` is `BUCKET(@timestamp, ...)`.
        if upper == "TBUCKET" {
            let values: Vec<Expr> =
                std::iter::once(timestamp(call.name_place)).chain(values.iter().cloned()).collect();
            let name = FunctionName::Text("BUCKET".to_owned());
            let args = Args::List { values, options: options.cloned() };
            return self.call(&Written { name, name_place: call.name_place, args }, span, scope);
        }
        if functions::is_form(&upper) {
            return self.form(&upper, values, options, span, scope);
        }
        let Some(function) = functions::by_name(&upper) else {
            self.unknown_function(&upper, call.name_place.0);
            // Among aggregates it was probably meant as one, which may take what is not grouped by.
            if self.groups.is_none() {
                values.iter().for_each(|value| {
                    self.expression(value, scope);
                });
            }
            return Typed::hole(span);
        };
        let elsewhere = match function.name {
            "BUCKET" => Some("`DATE_TRUNC` rounds moments anywhere"),
            "CATEGORIZE" => Some("group by it: `STATS COUNT(*) BY CATEGORIZE(message)`"),
            _ => None,
        };
        if let Some(help) = elsewhere.filter(|_| !self.grouping) {
            let message = format!(
                "`{upper}` stands only behind `BY`, and beside aggregates as it stands there"
            );
            self.error(Diagnostic::error(codes::NOT_HERE, span, message).help(help));
            return Typed::hole(span);
        }
        let args = values.iter().map(|value| self.expression(value, scope)).collect();
        self.function(function, args, options, call.name_place.0, span)
    }

    fn unknown_function(&mut self, upper: &str, span: Span) {
        if MISSING.contains(&upper) {
            let message = format!("`{upper}` is not implemented here");
            self.error(
                Diagnostic::error(codes::NOT_IMPLEMENTED, span, message).help(way_out(upper)),
            );
            return;
        }
        let known = functions::ALL
            .iter()
            .map(|function| function.name)
            .chain(aggregates::ALL.iter().map(|aggregate| aggregate.name))
            .chain(functions::FORMS.iter().map(|form| form.name));
        let similar = similar(upper, known);
        let diagnostic =
            Diagnostic::error(codes::UNKNOWN_FUNCTION, span, format!("unknown function `{upper}`"));
        if let Some((_, here)) = ELSEWHERE.iter().find(|(elsewhere, _)| *elsewhere == upper) {
            self.error(diagnostic.help(format!("write `{here}`")));
            return;
        }
        self.error(match similar.as_slice() {
            [] => diagnostic.help("the reference lists the functions there are"),
            close => diagnostic.help(format!("close are `{}`", close.join("`, `"))),
        });
    }

    /// Plans a call of a function over arguments that are planned.
    pub(crate) fn function(
        &mut self,
        function: &'static Function,
        args: Vec<Typed>,
        options: Option<&Map>,
        name_span: Span,
        span: Span,
    ) -> Typed {
        if !self.arity(function.name, function.params, args.len(), span)
            || args.iter().any(|arg| arg.hole)
        {
            return Typed::hole(span);
        }
        let Some((args, returns)) =
            self.arguments(function.name, function.params, function.returns, args)
        else {
            return Typed::hole(span);
        };
        let described: Vec<Arg> = args
            .iter()
            .map(|arg| Arg { ty: arg.ty, constant: arg.constant.clone(), span: arg.span })
            .collect();
        let call =
            Call { args: &described, returns, options, span: name_span, zone: self.zone.clone() };
        if args.iter().all(|arg| arg.constant.is_some()) {
            return match fold(function, &call) {
                Ok((constant, failures)) => {
                    let site = self.site(span);
                    failures.iter().for_each(|failure| site.fail(failure));
                    Typed::constant(constant, span)
                }
                Err(error) => {
                    self.error(error);
                    Typed::hole(span)
                }
            };
        }
        // A null decides the result whatever the rows hold, where the body never sees nulls.
        if matches!(function.lists, Lists::Single) && args.iter().any(Typed::is_null) {
            return Typed::constant(Constant { ty: returns, values: Vec::new() }, span);
        }
        match (function.compile)(&call) {
            Ok(body) => {
                let multi = match function.lists {
                    Lists::Single | Lists::One => false,
                    Lists::Each => args.first().is_some_and(|first| first.multi),
                    Lists::Many => true,
                };
                self.bound(function.name, body, function.lists, &args, returns, multi, span)
            }
            Err(error) => {
                self.error(error);
                Typed::hole(span)
            }
        }
    }

    /// A call whose arguments are not all known. Those that have no column, spans of time, go into the body.
    #[expect(clippy::too_many_arguments, reason = "they are the parts of one call")]
    pub(super) fn bound(
        &mut self,
        name: &'static str,
        body: Body,
        lists: Lists,
        args: &[Typed],
        returns: DataType,
        multi: bool,
        span: Span,
    ) -> Typed {
        let spans: Vec<(usize, Vec<Scalar>)> = args
            .iter()
            .enumerate()
            .filter(|(_, arg)| arg.ty.is_timespan())
            .map(|(at, arg)| (at, arg.constant.clone().map(|one| one.values).unwrap_or_default()))
            .collect();
        let body = if spans.is_empty() { body } else { with_spans(body, spans) };
        let columns: Vec<&Typed> = args.iter().filter(|arg| !arg.ty.is_timespan()).collect();
        let parts = Parts {
            name,
            body,
            lists,
            types: columns.iter().map(|arg| arg.ty).collect(),
            returns,
            multi,
            site: Some(self.site(span)),
            kernel: None,
            needs: needs(name, &columns),
        };
        let expr = parts.call(columns.iter().map(|arg| arg.expr.clone()).collect());
        Typed { expr, ty: returns, multi, constant: None, span, quiet: false, hole: false }
    }

    /// Whether the count of arguments fits; an error otherwise.
    pub(crate) fn arity(&mut self, name: &str, params: &[Param], given: usize, span: Span) -> bool {
        let required =
            |param: &&Param| matches!(param.presence, Presence::Required | Presence::Repeated);
        let least = params.iter().filter(required).count();
        let open = params
            .last()
            .is_some_and(|last| matches!(last.presence, Presence::Repeated | Presence::AnyCount));
        let most = if open { usize::MAX } else { params.len() };
        if (least..=most).contains(&given) {
            return true;
        }
        let expected = match (least, most) {
            (0, 0) => "no argument".to_owned(),
            (least, usize::MAX) => format!("{least} or more arguments"),
            (least, most) if least == most => {
                format!("{least} argument{}", if least == 1 { "" } else { "s" })
            }
            (least, most) => format!("{least} to {most} arguments"),
        };
        let names: Vec<&str> = params.iter().map(|param| param.name).collect();
        let message = format!("`{name}` takes {expected}, {given} are given");
        self.error(
            Diagnostic::error(codes::ARITY, span, message)
                .help(format!("write `{name}({})`", names.join(", "))),
        );
        false
    }

    /// Converts arguments to what the parameters take, and gives the type of the result.
    pub(crate) fn arguments(
        &mut self,
        name: &str,
        params: &'static [Param],
        returns: Returns,
        args: Vec<Typed>,
    ) -> Option<(Vec<Typed>, DataType)> {
        let mut converted = Vec::with_capacity(args.len());
        for (at, arg) in args.into_iter().enumerate() {
            let param = params.get(at).or(params.last())?;
            converted.push(self.argument(name, param, arg)?);
        }
        let returned = match returns {
            Returns::Always(ty) => ty,
            Returns::Like(at) => match converted.get(at).map_or(DataType::Null, |arg| arg.ty) {
                DataType::Text => DataType::Keyword,
                ty => ty,
            },
            Returns::From(from) => from(&converted.iter().map(|arg| arg.ty).collect::<Vec<_>>()),
            Returns::Widest => {
                let mut widest = DataType::Null;
                for arg in &converted {
                    match widest.common(arg.ty) {
                        Some(ty) => widest = ty,
                        None => {
                            let first = converted.first().cloned()?;
                            let span = first.span.to(arg.span);
                            let arg = arg.clone();
                            self.cannot_meet(&first, &arg, span, "mixed with");
                            return None;
                        }
                    }
                }
                converted = converted.into_iter().map(|arg| self.widened(arg, widest)).collect();
                widest
            }
        };
        Some((converted, returned))
    }

    fn argument(&mut self, name: &str, param: &Param, arg: Typed) -> Option<Typed> {
        let arg = self.fitted(param, arg)?;
        let known = arg.constant.is_some();
        if arg.ty != DataType::Null && !param.takes.has(arg.ty) {
            let taken: Vec<&str> = param
                .takes
                .iter()
                .filter(|ty| *ty != DataType::Null)
                .map(DataType::error_name)
                .collect();
            let message = format!(
                "`{}` is {}, and `{name}` takes {} as `{}`",
                self.text_at(arg.span),
                arg.ty.error_name(),
                listed(&taken),
                param.name,
            );
            self.error(
                Diagnostic::error(codes::TYPE, arg.span, message)
                    .help("convert it with a `TO_...` function or `::type`"),
            );
            return None;
        }
        if (param.constant || arg.ty.is_timespan()) && !known {
            let message = format!("`{}` has to be known before the query runs", param.name);
            self.error(
                Diagnostic::error(codes::NOT_CONSTANT, arg.span, message).help("write a constant"),
            );
            return None;
        }
        Some(arg)
    }

    /// An argument as a type that the parameter takes, where it converts by itself.
    fn fitted(&mut self, param: &Param, arg: Typed) -> Option<Typed> {
        if param.takes.has(arg.ty) || arg.ty == DataType::Null {
            return Some(arg);
        }
        if arg.ty == DataType::Text && param.takes.has(DataType::Keyword) {
            return Some(Typed { ty: DataType::Keyword, ..arg });
        }
        if arg.constant.is_some() && arg.ty == DataType::Keyword {
            let target = param.takes.iter().find(|ty| converts(*ty) || ty.is_timespan());
            if let Some(target) = target {
                if target.is_timespan() {
                    return self.span_literal(param, &arg);
                }
                return self.literal_as(&arg, target);
            }
        }
        let wider = [DataType::Long, DataType::Double].into_iter().find(|ty| {
            param.takes.has(*ty) && arg.ty.common(*ty) == Some(*ty) && arg.ty.is_number()
        });
        Some(match wider {
            Some(ty) => self.widened(arg, ty),
            None => arg,
        })
    }

    /// A text as a span of time of one of the kinds that the parameter takes.
    fn span_literal(&mut self, param: &Param, arg: &Typed) -> Option<Typed> {
        for ty in [DataType::DatePeriod, DataType::TimeDuration]
            .into_iter()
            .filter(|ty| param.takes.has(*ty))
        {
            let function = conversion(ty).and_then(functions::by_name)?;
            let described = [Arg { ty: arg.ty, constant: arg.constant.clone(), span: arg.span }];
            let call = Call {
                args: &described,
                returns: ty,
                options: None,
                span: arg.span,
                zone: self.zone.clone(),
            };
            if let Ok((constant, failures)) = fold(function, &call)
                && failures.is_empty()
                && !constant.is_null()
            {
                return Some(Typed::constant(constant, arg.span));
            }
        }
        let message = format!("`{}` is no span of time", self.text_at(arg.span));
        self.error(
            Diagnostic::error(codes::LITERAL, arg.span, message)
                .help("write a span such as `7 days` or `5 minutes`"),
        );
        None
    }

    fn form(
        &mut self,
        name: &str,
        values: &[Expr],
        options: Option<&Map>,
        span: Span,
        scope: &Scope,
    ) -> Typed {
        match name {
            "NOW" => {
                let now = Scalar::Date(self.options.now_millis);
                Typed::constant(Constant::one(DataType::Date, now), span)
            }
            "TRANGE" => self.time_range(values, span, scope),
            "CASE" => self.case(values, span, scope),
            "COALESCE" => self.coalesce(values, span, scope),
            "MATCH" | "MATCH_PHRASE" => {
                let [value, query] = values else {
                    let message = format!("`{name}` takes a column and what is searched for");
                    self.wrong(codes::ARITY, span, message);
                    return Typed::hole(span);
                };
                let (value, query) = (self.expression(value, scope), self.expression(query, scope));
                let search = if name == "MATCH" { Search::Words } else { Search::Phrase };
                self.matches(value, query, search, options, span)
            }
            _ => self.kql(name, values, options, span, scope),
        }
    }

    fn case(&mut self, values: &[Expr], span: Span, scope: &Scope) -> Typed {
        if values.len() < 2 {
            self.error(
                Diagnostic::error(
                    codes::ARITY,
                    span,
                    "`CASE` takes a condition and a value at least",
                )
                .help("write `CASE(condition, value, ..., otherwise)`"),
            );
            return Typed::hole(span);
        }
        let mut conditions = Vec::new();
        let mut branches = Vec::new();
        for pair in values.chunks(2) {
            match pair {
                [condition, value] => {
                    let value_typed = self.expression(condition, scope);
                    conditions.push(self.case_condition(value_typed, condition.place.0, span));
                    branches.push(self.expression(value, scope));
                }
                [otherwise] => branches.push(self.expression(otherwise, scope)),
                _ => {}
            }
        }
        let Some((branches, ty)) = self.same_type(branches) else { return Typed::hole(span) };
        if conditions.iter().any(|one| one.hole) {
            return Typed { ty, ..Typed::hole(span) };
        }
        // Conditions that are known decide before any row is read.
        let mut kept = Vec::new();
        let mut ruled_out: Vec<&Expr> = Vec::new();
        let mut otherwise = branches.get(conditions.len()).cloned();
        for (at, (condition, branch)) in conditions.into_iter().zip(branches).enumerate() {
            let value_at = 2 * at + 1;
            match condition.constant.as_ref().map(Constant::single) {
                Some(Some(Value::Boolean(true))) => {
                    ruled_out.extend(&values[value_at + 1..]);
                    otherwise = Some(branch);
                    break;
                }
                Some(_) => ruled_out.push(&values[value_at]),
                None => kept.push((condition, branch)),
            }
        }
        let Some((first, rest)) = kept.split_first() else {
            let null = Typed::constant(Constant { ty, values: Vec::new() }, span);
            let value = otherwise.map_or(null, |value| value.at(span));
            if value.constant.is_some() {
                self.forget(&ruled_out);
            }
            return value;
        };
        let multi = kept.iter().any(|(_, value)| value.multi)
            || otherwise.as_ref().is_some_and(|value| value.multi);
        let quiet = kept.iter().all(|(condition, value)| condition.quiet && value.quiet)
            && otherwise.as_ref().is_none_or(|value| value.quiet);
        let mut shaped = |value: Typed| if multi { self.listed(value) } else { value }.expr;
        let mut built =
            CaseBuilder::new(None, vec![first.0.expr.clone()], vec![shaped(first.1.clone())], None);
        for (condition, value) in rest {
            built = built.when(condition.expr.clone(), shaped(value.clone()));
        }
        let null = || Typed::constant(Constant { ty, values: Vec::new() }, span);
        let otherwise = shaped(otherwise.unwrap_or_else(null));
        match self.built(span, built.otherwise(otherwise)) {
            Some(expr) => Typed { expr, ty, multi, constant: None, span, quiet, hole: false },
            None => Typed::hole(span),
        }
    }

    /// Tells nothing of values that are not computed, because all of the call is known without them.
    fn forget(&self, values: &[&Expr]) {
        values.iter().for_each(|value| self.warnings.forget(value.place.0));
    }

    /// A condition of `CASE`: one that has several values is false, with a warning at the whole `CASE`.
    fn case_condition(&mut self, value: Typed, span: Span, case: Span) -> Typed {
        if value.ty != DataType::Boolean || !value.multi {
            return self.boolean(value, span);
        }
        let site = self.site(case);
        let body = lists(move |args, _, out| {
            match args[0] {
                [] => {}
                [one] => out.push(*one),
                _ => {
                    site.fail_as_false(&Failure::several());
                    out.push(Value::Boolean(false));
                }
            }
            Ok(())
        });
        match body {
            Ok(body) => {
                let operation = Operation {
                    name: "condition",
                    body,
                    lists: Lists::One,
                    returns: DataType::Boolean,
                    multi: false,
                    quiet: false,
                };
                self.apply(operation, vec![value], case)
            }
            Err(error) => {
                self.error(error);
                Typed::hole(span)
            }
        }
    }

    fn coalesce(&mut self, values: &[Expr], span: Span, scope: &Scope) -> Typed {
        if values.is_empty() {
            self.wrong(codes::ARITY, span, "`COALESCE` takes a value at least");
            return Typed::hole(span);
        }
        let written = values;
        let values = values.iter().map(|value| self.expression(value, scope)).collect();
        let Some((values, ty)) = self.same_type(values) else { return Typed::hole(span) };
        let decided = values.iter().position(|value| !value.is_null());
        if let Some(at) = decided.filter(|at| values[*at].constant.is_some()) {
            self.forget(&written[at + 1..].iter().collect::<Vec<_>>());
        }
        let mut values: Vec<Typed> = values.into_iter().filter(|value| !value.is_null()).collect();
        if let Some(first_known) = values.iter().position(|value| value.constant.is_some()) {
            values.truncate(first_known + 1);
        }
        match values.len() {
            0 => Typed::constant(Constant { ty, values: Vec::new() }, span),
            1 => values.swap_remove(0).at(span),
            _ => {
                let multi = values.iter().any(|value| value.multi);
                let quiet = values.iter().all(|value| value.quiet);
                let exprs = values
                    .into_iter()
                    .map(|value| if multi { self.listed(value) } else { value })
                    .map(|value| value.expr)
                    .collect();
                Typed { expr: coalesce(exprs), ty, multi, constant: None, span, quiet, hole: false }
            }
        }
    }

    /// Values as the type that all of them widen to.
    fn same_type(&mut self, values: Vec<Typed>) -> Option<(Vec<Typed>, DataType)> {
        if values.iter().any(|value| value.hole) {
            return None;
        }
        let mut ty = DataType::Null;
        for value in &values {
            // A text that is known becomes what the others are, as beside an operator.
            match ty.common(value.ty) {
                Some(common) => ty = common,
                None => {
                    let first = values.iter().find(|one| one.ty != DataType::Null)?.clone();
                    let (value, span) = (value.clone(), value.span);
                    self.cannot_meet(&first, &value, span, "mixed with");
                    return None;
                }
            }
        }
        let widened = values
            .into_iter()
            .map(|value| {
                if value.is_null() {
                    Typed::constant(Constant { ty, values: Vec::new() }, value.span)
                } else if value.ty == DataType::Null {
                    let expr = literal(&Constant::null(), ty, value.multi)
                        .map(datafusion::logical_expr::lit);
                    Typed { ty, expr: expr.unwrap_or(value.expr.clone()), ..value }
                } else {
                    self.widened(value, ty)
                }
            })
            .collect();
        Some((widened, ty))
    }

    /// `KQL("...")` and `QSTR("...")`
    fn kql(
        &mut self,
        name: &str,
        values: &[Expr],
        options: Option<&Map>,
        span: Span,
        scope: &Scope,
    ) -> Typed {
        let [Expr { kind: Kind::Constant(query), place }] = values else {
            let message = format!("`{name}` takes one text that is known");
            self.wrong(codes::NOT_CONSTANT, span, message);
            return Typed::hole(span);
        };
        let Some(known) = self.known(query, place.0) else { return Typed::hole(span) };
        let Some(text) = known.as_str().map(str::to_owned) else {
            let message = format!("`{name}` takes a text");
            self.wrong(codes::TYPE, place.0, message);
            return Typed::hole(span);
        };
        self.search(name == "QSTR", &text, place.0, options, span, scope)
    }
}

/// `a`, `a or b`, `a, b or c`
fn listed(words: &[&str]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// A body whose spans of time are known, over the other arguments.
fn with_spans(body: Body, spans: Vec<(usize, Vec<Scalar>)>) -> Body {
    match body {
        Body::Single(body) => Body::Single(single_with_spans(body, spans)),
        Body::Lists(body) => Body::Lists(lists_with_spans(body, spans)),
    }
}

fn single_with_spans(body: SingleBody, spans: Vec<(usize, Vec<Scalar>)>) -> SingleBody {
    fn bind<F>(body: F) -> SingleBody
    where
        F: for<'v> Fn(&[Value<'v>], &'v Arena) -> Result<Option<Value<'v>>, Failure>
            + Send
            + Sync
            + 'static,
    {
        Box::new(body)
    }
    bind(move |args, arena| {
        let mut all = args.to_vec();
        for (at, values) in &spans {
            match values.as_slice() {
                [one] => all.insert((*at).min(all.len()), timespan(one)),
                _ => return Ok(None),
            }
        }
        body(&all, arena)
    })
}

fn lists_with_spans(body: ListBody, spans: Vec<(usize, Vec<Scalar>)>) -> ListBody {
    fn bind<F>(body: F) -> ListBody
    where
        F: for<'v> Fn(&[&[Value<'v>]], &'v Arena, &mut Vec<Value<'v>>) -> Result<(), Failure>
            + Send
            + Sync
            + 'static,
    {
        Box::new(body)
    }
    bind(move |args, arena, out| {
        let spans: Vec<(usize, Vec<Value<'static>>)> =
            spans.iter().map(|(at, values)| (*at, values.iter().map(timespan).collect())).collect();
        let mut all: Vec<&[Value<'_>]> = args.to_vec();
        for (at, values) in &spans {
            all.insert((*at).min(all.len()), values);
        }
        body(&all, arena, out)
    })
}

fn timespan(value: &Scalar) -> Value<'static> {
    match value {
        Scalar::Period { months, days } => Value::Period { months: *months, days: *days },
        Scalar::Duration(millis) => Value::Duration(*millis),
        // Only spans of time are bound.
        _ => Value::Duration(0),
    }
}
