//! Writes a syntax tree as the one text that we write it as.
//!
//! On one line if it fits, otherwise each command on a line of its own, and what is still too long broken at its loosest
//! joints. Commands and keywords are in capitals, and only the parentheses that are needed are written. What is written
//! reads as the same tree again, for every tree that the parser can give; comments are not in a tree and are lost.
//!
//! A value without a name is written exactly as it was, comments included: its text is the name of its column.

use brokerwatch_expr::Arithmetic;

use crate::ast::{
    Aggregate, Args, Call, Column, Comparison, Constant, Expr, FunctionName, Identifier, Index,
    Kind, LikeOperator, LikePatterns, Map, MapValue, Name, NamePart, Parameter, ParameterKey,
    Pattern, PatternPart, Piece, Query, Setting, Sign, Statement,
};
use crate::layout::{Doc, commas, enclosed, group, indent, joined, print, row, text};
use crate::lexer::{is_plain_name, is_plain_pattern, is_plain_source};
use crate::parser::UNITS;

/// The text of a query, without a line break at its end.
pub fn format(statement: &Statement) -> String {
    let settings = statement.settings.iter().map(setting);
    print(&row(settings.chain([query(&statement.query)])))
}

/// The text of an expression, without a line break at its end.
pub fn format_expression(expression: &Expr) -> String {
    print(&group(expr(expression, Level::Or)))
}

/// How tightly an expression holds together, the loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Or,
    And,
    Not,
    Predicate,
    Comparison,
    Sum,
    Product,
    Sign,
    Primary,
}

impl Level {
    fn of(kind: &Kind) -> Level {
        match kind {
            Kind::Or(_) => Level::Or,
            Kind::And(_) => Level::And,
            Kind::Not(_) => Level::Not,
            Kind::In { .. }
            | Kind::InSubquery { .. }
            | Kind::IsNull { .. }
            | Kind::Like { .. }
            | Kind::Match { .. } => Level::Predicate,
            Kind::Compare(..) => Level::Comparison,
            Kind::Arithmetic(Arithmetic::Add | Arithmetic::Subtract, ..) => Level::Sum,
            Kind::Arithmetic(..) => Level::Product,
            Kind::Sign(..) => Level::Sign,
            Kind::Constant(_) | Kind::Name(_) | Kind::Call(_) | Kind::Cast(..) => Level::Primary,
        }
    }

    /// The level that the right side of an operator of this level needs, since operators lean to the left.
    fn right_of(self) -> Level {
        match self {
            Level::Sum => Level::Product,
            _ => Level::Sign,
        }
    }
}

fn setting(setting: &Setting) -> Doc {
    let value = map_value(&setting.value);
    row([text("SET "), identifier(&setting.name), text(" = "), value, text(";"), Doc::Break])
}

fn query(query: &Query) -> Doc {
    let source = [query.source.node.doc()];
    let commands = query.commands.iter().map(|step| step.node.doc());
    group(pipeline(source.into_iter().chain(commands)))
}

/// Commands with bars between them.
pub(crate) fn pipeline(commands: impl Iterator<Item = Doc>) -> Doc {
    let mut parts = Vec::new();
    for command in commands {
        if !parts.is_empty() {
            parts.extend([Doc::Blank, text("| ")]);
        }
        parts.push(command);
    }
    Doc::Row(parts)
}

/// A query in parentheses.
pub(crate) fn subquery(inner: &Query) -> Doc {
    enclosed("(", query(inner), ")")
}

/// An expression where one of `level` or tighter can stand without parentheses. The joints of a chain break with what it
/// stands in.
pub(crate) fn expr(expr: &Expr, level: Level) -> Doc {
    let own = Level::of(&expr.kind);
    let doc = match &expr.kind {
        Kind::Or(terms) => joined(terms.iter().map(|one| part(one, Level::And)), " OR"),
        Kind::And(terms) => joined(terms.iter().map(|one| part(one, Level::Not)), " AND"),
        Kind::Not(value) => row([text("NOT "), part(value, Level::Not)]),
        Kind::Compare(comparison, left, right) => row([
            part(left, Level::Sum),
            text(comparison_sign(*comparison)),
            part(right, Level::Sum),
        ]),
        Kind::Arithmetic(arithmetic, left, right) => {
            row([part(left, own), text(arithmetic_sign(*arithmetic)), part(right, own.right_of())])
        }
        Kind::Sign(sign, value) => row([text(sign_text(*sign)), part(value, Level::Sign)]),
        Kind::In { value, list, negated } => {
            let list = commas(list.iter().map(|one| part(one, Level::Comparison)));
            let list = enclosed("(", list, ")");
            row([part(value, Level::Sum), not(*negated), text(" IN "), list])
        }
        Kind::InSubquery { value, query, negated } => {
            row([part(value, Level::Sum), not(*negated), text(" IN "), subquery(query)])
        }
        Kind::IsNull { value, negated } => {
            let test = if *negated { " IS NOT NULL" } else { " IS NULL" };
            row([part(value, Level::Sum), text(test)])
        }
        Kind::Like { value, operator, patterns, negated } => {
            let operator = match operator {
                LikeOperator::Like => " LIKE ",
                LikeOperator::Rlike => " RLIKE ",
            };
            let patterns = like_patterns(patterns);
            row([part(value, Level::Sum), not(*negated), text(operator), patterns])
        }
        Kind::Match { value, constant: wanted } => {
            row([part(value, Level::Primary), text(" : "), constant(wanted)])
        }
        Kind::Cast(value, ty) => row([part(value, Level::Primary), text("::"), identifier(ty)]),
        Kind::Call(called) => call(called),
        Kind::Name(column) => name(column),
        Kind::Constant(value) => constant(value),
    };
    if own < level { enclosed("(", doc, ")") } else { doc }
}

/// An expression inside another, whose joints break only if it does not fit itself.
fn part(part: &Expr, level: Level) -> Doc {
    group(expr(part, level))
}

fn not(negated: bool) -> Doc {
    if negated { text(" NOT") } else { Doc::Empty }
}

fn like_patterns(patterns: &LikePatterns) -> Doc {
    match patterns {
        LikePatterns::One(pattern) => part(pattern, Level::Primary),
        LikePatterns::List(list) => enclosed("(", commas(list.iter().map(constant)), ")"),
    }
}

fn call(call: &Call) -> Doc {
    let name = match &call.name {
        // The two keywords that name a function as well.
        FunctionName::Text(name)
            if name.eq_ignore_ascii_case("first") || name.eq_ignore_ascii_case("last") =>
        {
            text(name.clone())
        }
        FunctionName::Text(name) => plain_or_quoted(name),
        FunctionName::Parameter(parameter) => text(parameter_text(parameter)),
    };
    let args = match &call.args {
        Args::All => text("(*)"),
        Args::List { values, options: None } if values.is_empty() => text("()"),
        Args::List { values, options } => {
            let values = values.iter().map(|value| part(value, Level::Or));
            enclosed("(", commas(values.chain(options.as_ref().map(map))), ")")
        }
    };
    row([name, args])
}

/// `[name =] value`, with commas between.
pub(crate) fn columns(columns: &[Column]) -> Doc {
    commas(columns.iter().map(|one| column(one, Level::Or)))
}

/// `[name =] value`, where the value is a primary.
pub(crate) fn primary_column(one: &Column) -> Doc {
    column(one, Level::Primary)
}

fn column(column: &Column, level: Level) -> Doc {
    match &column.name {
        Some(new) => row([name(new), text(" = "), part(&column.value, level)]),
        None if column.text.is_empty() => part(&column.value, level),
        None => text(column.text.clone()),
    }
}

/// The aggregates and keys of `STATS`.
pub(crate) fn aggregates(aggregates: &[Aggregate], by: &[Column]) -> Doc {
    let mut parts = Vec::new();
    if !aggregates.is_empty() {
        parts.push(commas(aggregates.iter().map(aggregate)));
    }
    if !aggregates.is_empty() && !by.is_empty() {
        parts.push(Doc::Blank);
    }
    if !by.is_empty() {
        parts.push(group(row([text("BY "), indent(3, columns(by))])));
    }
    Doc::Row(parts)
}

fn aggregate(one: &Aggregate) -> Doc {
    if !one.text.is_empty() {
        return text(one.text.clone());
    }
    let value = column(&one.column, Level::Or);
    let Some(filter) = &one.filter else { return value };
    let filter = row([Doc::Blank, text("WHERE "), part(filter, Level::Or)]);
    group(row([value, indent(2, filter)]))
}

/// The name of a column.
pub(crate) fn name(name: &Name) -> Doc {
    let mut all = String::new();
    for (index, part) in name.parts.iter().enumerate() {
        if index != 0 {
            all.push('.');
        }
        match part {
            NamePart::Text(part) if is_plain_name(part) => all.push_str(part),
            NamePart::Text(part) => all.push_str(&backticked(part)),
            NamePart::Parameter(parameter) => all.push_str(&parameter_text(parameter)),
        }
    }
    text(all)
}

/// A name of one part.
pub(crate) fn identifier(identifier: &Identifier) -> Doc {
    plain_or_quoted(&identifier.text)
}

fn plain_or_quoted(name: &str) -> Doc {
    text(if is_plain_name(name) { name.to_owned() } else { backticked(name) })
}

fn backticked(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn parameter_text(parameter: &Parameter) -> String {
    let marks = if parameter.is_name { "??" } else { "?" };
    match &parameter.key {
        ParameterKey::Next => marks.to_owned(),
        ParameterKey::Position(position) => format!("{marks}{position}"),
        ParameterKey::Named(name) => format!("{marks}{name}"),
    }
}

/// A pattern for the names of columns.
pub(crate) fn pattern(pattern: &Pattern) -> Doc {
    let parts: Vec<_> = pattern.parts.iter().map(pattern_part).collect();
    text(parts.join("."))
}

fn pattern_part(part: &PatternPart) -> String {
    let pieces = match part {
        PatternPart::Glob(pieces) => pieces,
        PatternPart::Parameter(parameter) => return parameter_text(parameter),
    };
    let written = |quote: fn(&str) -> String| -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => quote(text),
            Piece::Any => "*".to_owned(),
        };
        pieces.iter().map(piece).collect()
    };
    let plain = written(str::to_owned);
    let has_literal_star =
        pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if text.contains('*')));
    if !has_literal_star && is_plain_pattern(&plain) { plain } else { written(backticked) }
}

/// The name of an index, in quotes if it needs them.
pub(crate) fn index(index: &Index) -> Doc {
    let cluster = index.cluster.as_ref().map(|cluster| format!("{cluster}:"));
    let selector = index.selector.as_ref().map(|selector| format!("::{selector}"));
    let whole =
        format!("{}{}{}", cluster.unwrap_or_default(), index.name, selector.unwrap_or_default());
    let mut parts = [Some(&index.name), index.cluster.as_ref(), index.selector.as_ref()];
    let is_plain = parts.iter_mut().flatten().all(|part| is_plain_source(part));
    if is_plain { text(whole) } else { quoted(&whole) }
}

/// A name that was read without quotes where the names of indices stand.
pub(crate) fn source(name: &str) -> Doc {
    text(name.to_owned())
}

/// `METADATA` with its columns, if there are any.
pub(crate) fn metadata(columns: &[Identifier]) -> Doc {
    if columns.is_empty() {
        return Doc::Empty;
    }
    let columns = commas(columns.iter().map(|column| source(&column.text)));
    row([Doc::Blank, text("METADATA "), columns])
}

/// `WITH` and the options, if there are any.
pub(crate) fn options(options: Option<&Map>) -> Doc {
    match options {
        Some(options) => row([Doc::Blank, text("WITH "), map(options)]),
        None => Doc::Empty,
    }
}

/// `{"name": value}`
pub(crate) fn map(map: &Map) -> Doc {
    let entries = map
        .entries
        .iter()
        .map(|entry| row([quoted(&entry.key), text(": "), map_value(&entry.value)]));
    enclosed("{", commas(entries), "}")
}

fn map_value(value: &MapValue) -> Doc {
    match value {
        MapValue::Constant(value) => constant(value),
        MapValue::Map(inner) => map(inner),
    }
}

/// A constant.
pub(crate) fn constant(constant: &Constant) -> Doc {
    match constant {
        Constant::Null => text("null"),
        Constant::Boolean(value) => text(value.to_string()),
        Constant::Integer(number) => text(number.to_string()),
        // With a point or an exponent, so that it does not read as a whole number.
        Constant::Double(number) => text(format!("{number:?}")),
        Constant::Text(value) => quoted(value),
        Constant::Timespan { count, unit } => {
            let names = UNITS.iter().find(|(known, _)| known == unit).map(|(_, names)| *names);
            let plural = usize::from(*count != 1);
            let name = names.and_then(|names| names.get(plural)).copied().unwrap_or_default();
            text(format!("{count} {name}"))
        }
        Constant::Parameter(parameter) => text(parameter_text(parameter)),
        Constant::List(values) => enclosed("[", commas(values.iter().map(self::constant)), "]"),
    }
}

/// A text between `"""` if escapes would hide what it says, else between `"`.
pub(crate) fn quoted(value: &str) -> Doc {
    let is_plain = !value.contains(['\t', '\n', '\r']);
    let reads_better_raw = value.contains(['\\', '"']);
    if is_plain && reads_better_raw && !value.contains(r#"""""#) && !value.ends_with('"') {
        return text(format!(r#""""{value}""""#));
    }
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\\' | '"' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out.push('"');
    text(out)
}

fn comparison_sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => " == ",
        Comparison::NotEqual => " != ",
        Comparison::Less => " < ",
        Comparison::LessOrEqual => " <= ",
        Comparison::Greater => " > ",
        Comparison::GreaterOrEqual => " >= ",
    }
}

fn arithmetic_sign(arithmetic: Arithmetic) -> &'static str {
    match arithmetic {
        Arithmetic::Add => " + ",
        Arithmetic::Subtract => " - ",
        Arithmetic::Multiply => " * ",
        Arithmetic::Divide => " / ",
        Arithmetic::Modulo => " % ",
    }
}

fn sign_text(sign: Sign) -> &'static str {
    match sign {
        Sign::Minus => "-",
        Sign::Plus => "+",
    }
}
