//! Writes a syntax tree as the one text that we write it as.
//!
//! On one line if it fits, otherwise broken at the loosest joints: each `and` term and each stage on a line of its
//! own, then the parts of what is still too long. Only the parentheses that are needed are written. What is
//! written reads as the same tree again, for every tree that the parser can give; comments are not in a
//! tree and are lost.

use std::fmt::{self, Write};

use brokerwatch_expr::Arithmetic;

use crate::ast::{
    Call, Category, Comparison, Constant, Expr, Field, Filter, Kind, MatchOperator, Maxspan, Pipe,
    Query, Sequence, Stage, Statement, TimeUnit,
};
use crate::lexer::{is_invisible, is_plain_name};
use crate::limits::LINE_CHARS_MAX;

/// The text of a query, without a line break at its end.
pub fn format(statement: &Statement) -> String {
    let mut page = Page::default();
    if page.try_line(0, |line| flat_statement(statement, line)) {
        return page.text;
    }
    match &statement.query {
        Query::Event(filter) => page.filter(filter, 0),
        Query::Sequence(sequence) => page.sequence(sequence),
        Query::Sample(sample) => {
            page.push_flat(|line| {
                line.write_str("sample")?;
                keys(&sample.by, line)
            });
            page.stages(&sample.stages);
        }
    }
    for pipe in &statement.pipes {
        page.new_line(0);
        page.pipe(pipe);
    }
    page.text
}

/// The text of an expression, without a line break at its end.
pub fn format_expression(expr: &Expr) -> String {
    let mut page = Page::default();
    page.expr(expr, Level::Or, 0, 0);
    page.text
}

/// How tightly an expression holds together, the loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Sign,
    Predicate,
    Primary,
}

impl Level {
    fn of(kind: &Kind) -> Level {
        match kind {
            Kind::Or(_) => Level::Or,
            Kind::And(_) => Level::And,
            Kind::Not(_) => Level::Not,
            Kind::Compare(..) => Level::Comparison,
            Kind::Arithmetic(Arithmetic::Add | Arithmetic::Subtract, ..) => Level::Sum,
            Kind::Arithmetic(..) => Level::Product,
            Kind::Negate(_) => Level::Sign,
            Kind::In { .. } | Kind::Match { .. } => Level::Predicate,
            Kind::Constant(_) | Kind::Field(_) | Kind::Call(_) => Level::Primary,
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

/// Text that is laid out in lines.
#[derive(Default)]
struct Page {
    text: String,
    column: usize,
}

/// A piece of a line that must not become longer than there is room.
struct Line {
    text: String,
    room: usize,
}

impl Write for Line {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        self.room = self.room.checked_sub(piece.chars().count()).ok_or(fmt::Error)?;
        self.text.push_str(piece);
        Ok(())
    }
}

impl Page {
    fn push(&mut self, piece: &str) {
        self.text.push_str(piece);
        self.column += piece.chars().count();
    }

    fn new_line(&mut self, indent: usize) {
        self.text.push('\n');
        self.column = 0;
        self.push(&" ".repeat(indent));
    }

    /// Writes a piece if it fits the line with `after` more characters behind it.
    fn try_line(
        &mut self,
        after: usize,
        write: impl FnOnce(&mut dyn Write) -> fmt::Result,
    ) -> bool {
        let Some(room) = LINE_CHARS_MAX.checked_sub(self.column + after) else {
            return false;
        };
        let mut line = Line { text: String::new(), room };
        let fits = write(&mut line).is_ok();
        if fits {
            self.push(&line.text);
        }
        fits
    }

    /// Writes a piece that has no place to break it.
    fn push_flat(&mut self, write: impl FnOnce(&mut dyn Write) -> fmt::Result) {
        let mut line = Line { text: String::new(), room: usize::MAX };
        // Only a lack of room is an error, and there is none.
        let _ = write(&mut line);
        self.push(&line.text);
    }

    /// A filter that was too long for one line.
    fn filter(&mut self, filter: &Filter, indent: usize) {
        self.push_flat(|line| category(&filter.category, line));
        self.push(" where");
        let indent = indent + 2;
        self.new_line(indent);
        match &filter.condition.kind {
            Kind::And(terms) => self.chain(terms, " and", Level::Not, indent, 0),
            Kind::Or(terms) => self.chain(terms, " or", Level::And, indent, 0),
            _ => self.expr(&filter.condition, Level::Or, indent, 0),
        }
    }

    fn sequence(&mut self, sequence: &Sequence) {
        self.push_flat(|line| sequence_head(sequence, line));
        self.stages(&sequence.stages);
        if let Some(until) = &sequence.until {
            self.new_line(0);
            self.push("until ");
            self.stage(until, 0);
        }
    }

    fn stages(&mut self, stages: &[Stage]) {
        for stage in stages {
            self.new_line(2);
            self.stage(stage, 2);
        }
    }

    fn stage(&mut self, stage: &Stage, indent: usize) {
        if self.try_line(0, |line| flat_stage(stage, line)) {
            return;
        }
        self.push(stage_open(stage));
        self.filter(&stage.filter, indent);
        self.new_line(indent);
        self.push("]");
        self.push_flat(|line| stage_options(stage, line));
    }

    /// A pipe; its arguments stand on lines of their own if they do not fit one.
    fn pipe(&mut self, pipe: &Pipe) {
        if self.try_line(0, |line| flat_pipe(pipe, line)) {
            return;
        }
        self.push("| ");
        self.push(&pipe.name);
        for (index, arg) in pipe.args.iter().enumerate() {
            let is_last = index + 1 == pipe.args.len();
            self.new_line(2);
            self.expr(arg, Level::Or, 2, usize::from(!is_last));
            self.push(if is_last { "" } else { "," });
        }
    }

    /// An expression where one of `level` or tighter can stand without parentheses, broken if it must be.
    /// Lines after the first begin at `indent`; `after` more characters follow the last.
    fn expr(&mut self, expr: &Expr, level: Level, indent: usize, after: usize) {
        if self.try_line(after, |line| flat(expr, level, line)) {
            return;
        }
        if Level::of(&expr.kind) < level {
            self.push("(");
            self.new_line(indent + 2);
            self.expr(expr, Level::Or, indent + 2, 0);
            self.new_line(indent);
            self.push(")");
            return;
        }
        match &expr.kind {
            Kind::And(terms) => self.chain(terms, " and", Level::Not, indent, after),
            Kind::Or(terms) => self.chain(terms, " or", Level::And, indent, after),
            Kind::Not(part) => {
                self.push("not ");
                self.expr(part, Level::Not, indent, after);
            }
            Kind::Negate(part) => {
                self.push("-");
                self.expr(part, Level::Sign, indent, after);
            }
            Kind::Compare(comparison, left, right) => {
                self.expr(left, Level::Sum, indent, 0);
                self.push(comparison_sign(*comparison));
                self.expr(right, Level::Sum, indent, after);
            }
            Kind::Arithmetic(arithmetic, left, right) => {
                let level = Level::of(&expr.kind);
                self.expr(left, level, indent, 0);
                self.push(arithmetic_sign(*arithmetic));
                self.expr(right, level.right_of(), indent, after);
            }
            Kind::In { value, list, any_case, negated } => {
                self.expr(value, Level::Primary, indent, 0);
                self.push(in_sign(*any_case, *negated));
                self.list(list, indent, |page, part| page.expr(part, Level::Or, indent + 2, 1));
            }
            Kind::Match { value, operator, list } => {
                self.expr(value, Level::Primary, indent, 0);
                self.push(match_sign(*operator));
                match list.as_slice() {
                    [(one, _)] => self.push_flat(|line| constant(one, line)),
                    _ => self.list(list, indent, |page, (part, _)| {
                        page.push_flat(|line| constant(part, line));
                    }),
                }
            }
            Kind::Call(call) if !call.args.is_empty() => {
                self.push_flat(|line| call_name(call, line));
                self.list(&call.args, indent, |page, part| {
                    page.expr(part, Level::Or, indent + 2, 1);
                });
            }
            Kind::Call(_) | Kind::Constant(_) | Kind::Field(_) => {
                self.push_flat(|line| flat(expr, level, line));
            }
        }
    }

    fn chain(&mut self, terms: &[Expr], joint: &str, level: Level, indent: usize, after: usize) {
        for (index, term) in terms.iter().enumerate() {
            if index != 0 {
                self.push(joint);
                self.new_line(indent);
            }
            let is_last = index + 1 == terms.len();
            self.expr(term, level, indent, if is_last { after } else { joint.len() });
        }
    }

    /// A list in parentheses, each element on a line of its own.
    fn list<T>(&mut self, list: &[T], indent: usize, mut element: impl FnMut(&mut Page, &T)) {
        self.push("(");
        for (index, part) in list.iter().enumerate() {
            self.new_line(indent + 2);
            element(self, part);
            if index + 1 < list.len() {
                self.push(",");
            }
        }
        self.new_line(indent);
        self.push(")");
    }
}

fn flat_statement(statement: &Statement, out: &mut dyn Write) -> fmt::Result {
    match &statement.query {
        Query::Event(filter) => flat_filter(filter, out)?,
        Query::Sequence(sequence) => {
            sequence_head(sequence, out)?;
            for stage in &sequence.stages {
                out.write_str(" ")?;
                flat_stage(stage, out)?;
            }
            if let Some(until) = &sequence.until {
                out.write_str(" until ")?;
                flat_stage(until, out)?;
            }
        }
        Query::Sample(sample) => {
            out.write_str("sample")?;
            keys(&sample.by, out)?;
            for stage in &sample.stages {
                out.write_str(" ")?;
                flat_stage(stage, out)?;
            }
        }
    }
    for pipe in &statement.pipes {
        out.write_str(" ")?;
        flat_pipe(pipe, out)?;
    }
    Ok(())
}

fn sequence_head(sequence: &Sequence, out: &mut dyn Write) -> fmt::Result {
    out.write_str("sequence")?;
    keys(&sequence.by, out)?;
    match &sequence.maxspan {
        Some(Maxspan { count, unit, .. }) => {
            write!(out, " with maxspan={count}{}", unit_name(*unit))
        }
        None => Ok(()),
    }
}

fn keys(by: &[Field], out: &mut dyn Write) -> fmt::Result {
    for (index, key) in by.iter().enumerate() {
        out.write_str(if index == 0 { " by " } else { ", " })?;
        field(key, out)?;
    }
    Ok(())
}

fn flat_stage(stage: &Stage, out: &mut dyn Write) -> fmt::Result {
    out.write_str(stage_open(stage))?;
    flat_filter(&stage.filter, out)?;
    out.write_str("]")?;
    stage_options(stage, out)
}

fn stage_open(stage: &Stage) -> &'static str {
    if stage.missing { "![" } else { "[" }
}

fn stage_options(stage: &Stage, out: &mut dyn Write) -> fmt::Result {
    keys(&stage.by, out)?;
    if stage.runs == 1 { Ok(()) } else { write!(out, " with runs={}", stage.runs) }
}

fn flat_filter(filter: &Filter, out: &mut dyn Write) -> fmt::Result {
    category(&filter.category, out)?;
    out.write_str(" where ")?;
    flat(&filter.condition, Level::Or, out)
}

fn category(category: &Category, out: &mut dyn Write) -> fmt::Result {
    match category {
        Category::Any => out.write_str("any"),
        Category::Named(name) if is_plain_name(name) => out.write_str(name),
        Category::Named(name) => text(name, out),
    }
}

fn flat_pipe(pipe: &Pipe, out: &mut dyn Write) -> fmt::Result {
    write!(out, "| {}", pipe.name)?;
    for (index, arg) in pipe.args.iter().enumerate() {
        out.write_str(if index == 0 { " " } else { ", " })?;
        flat(arg, Level::Or, out)?;
    }
    Ok(())
}

/// An expression on one line, in parentheses if it is looser than `level`.
fn flat(expr: &Expr, level: Level, out: &mut dyn Write) -> fmt::Result {
    let own = Level::of(&expr.kind);
    if own < level {
        out.write_str("(")?;
        flat(expr, Level::Or, out)?;
        return out.write_str(")");
    }
    match &expr.kind {
        Kind::Constant(value) => constant(value, out),
        Kind::Field(name) => field(name, out),
        Kind::Call(call) => {
            call_name(call, out)?;
            list(&call.args, out, |part, out| flat(part, Level::Or, out))
        }
        Kind::Negate(part) => {
            out.write_str("-")?;
            flat(part, Level::Sign, out)
        }
        Kind::Arithmetic(arithmetic, left, right) => {
            flat(left, own, out)?;
            out.write_str(arithmetic_sign(*arithmetic))?;
            flat(right, own.right_of(), out)
        }
        Kind::Compare(comparison, left, right) => {
            flat(left, Level::Sum, out)?;
            out.write_str(comparison_sign(*comparison))?;
            flat(right, Level::Sum, out)
        }
        Kind::In { value, list: parts, any_case, negated } => {
            flat(value, Level::Primary, out)?;
            out.write_str(in_sign(*any_case, *negated))?;
            list(parts, out, |part, out| flat(part, Level::Or, out))
        }
        Kind::Match { value, operator, list: parts } => {
            flat(value, Level::Primary, out)?;
            out.write_str(match_sign(*operator))?;
            match parts.as_slice() {
                [(one, _)] => constant(one, out),
                _ => list(parts, out, |(part, _), out| constant(part, out)),
            }
        }
        Kind::Not(part) => {
            out.write_str("not ")?;
            flat(part, Level::Not, out)
        }
        Kind::And(terms) => chain(terms, " and ", Level::Not, out),
        Kind::Or(terms) => chain(terms, " or ", Level::And, out),
    }
}

fn chain(terms: &[Expr], joint: &str, level: Level, out: &mut dyn Write) -> fmt::Result {
    for (index, term) in terms.iter().enumerate() {
        if index != 0 {
            out.write_str(joint)?;
        }
        flat(term, level, out)?;
    }
    Ok(())
}

fn list<T>(
    parts: &[T],
    out: &mut dyn Write,
    element: fn(&T, &mut dyn Write) -> fmt::Result,
) -> fmt::Result {
    out.write_str("(")?;
    for (index, part) in parts.iter().enumerate() {
        if index != 0 {
            out.write_str(", ")?;
        }
        element(part, out)?;
    }
    out.write_str(")")
}

fn call_name(call: &Call, out: &mut dyn Write) -> fmt::Result {
    write!(out, "{}{}", call.name, if call.any_case { "~" } else { "" })
}

fn field(field: &Field, out: &mut dyn Write) -> fmt::Result {
    if field.optional {
        out.write_str("?")?;
    }
    // A part without letters cannot stand alone, so that the backticks go round the whole name.
    if field.name.split('.').any(str::is_empty) {
        return quoted_name(&field.name, out);
    }
    for (index, part) in field.name.split('.').enumerate() {
        if index != 0 {
            out.write_str(".")?;
        }
        if is_plain_name(part) {
            out.write_str(part)?;
        } else {
            quoted_name(part, out)?;
        }
    }
    Ok(())
}

fn quoted_name(name: &str, out: &mut dyn Write) -> fmt::Result {
    write!(out, "`{}`", name.replace('`', "``"))
}

fn constant(constant: &Constant, out: &mut dyn Write) -> fmt::Result {
    match constant {
        Constant::Null => out.write_str("null"),
        Constant::Boolean(value) => write!(out, "{value}"),
        Constant::Long(number) => write!(out, "{number}"),
        // With a point or an exponent, so that it does not read as a whole number.
        Constant::Double(number) => write!(out, "{number:?}"),
        Constant::Text(value) => text(value, out),
    }
}

/// A text between `"""` if escapes would hide what it says, else between `"`.
fn text(text: &str, out: &mut dyn Write) -> fmt::Result {
    let is_plain = !text.chars().any(needs_escape);
    let reads_better_raw = text.contains(['\\', '"']);
    if is_plain && reads_better_raw && !text.contains(r#"""""#) && !text.ends_with('"') {
        return write!(out, r#""""{text}""""#);
    }
    out.write_str("\"")?;
    let mut plain = text;
    while let Some(index) = plain.find(|c| needs_escape(c) || matches!(c, '\\' | '"')) {
        out.write_str(&plain[..index])?;
        let mut rest = plain[index..].chars();
        match rest.next() {
            Some('\t') => out.write_str("\\t")?,
            Some('\n') => out.write_str("\\n")?,
            Some('\r') => out.write_str("\\r")?,
            Some(c @ ('\\' | '"')) => write!(out, "\\{c}")?,
            Some(c) => write!(out, "\\u{{{:02x}}}", u32::from(c))?,
            None => {}
        }
        plain = rest.as_str();
    }
    out.write_str(plain)?;
    out.write_str("\"")
}

/// Characters that a line cannot hold, or that no reader can see.
fn needs_escape(c: char) -> bool {
    c.is_control() || is_invisible(c)
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

fn in_sign(any_case: bool, negated: bool) -> &'static str {
    match (negated, any_case) {
        (false, false) => " in ",
        (false, true) => " in~ ",
        (true, false) => " not in ",
        (true, true) => " not in~ ",
    }
}

fn match_sign(operator: MatchOperator) -> &'static str {
    match operator {
        MatchOperator::Colon => " : ",
        MatchOperator::Like => " like ",
        MatchOperator::LikeAnyCase => " like~ ",
        MatchOperator::Regex => " regex ",
        MatchOperator::RegexAnyCase => " regex~ ",
    }
}

fn unit_name(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Millisecond => "ms",
        TimeUnit::Second => "s",
        TimeUnit::Minute => "m",
        TimeUnit::Hour => "h",
        TimeUnit::Day => "d",
    }
}
