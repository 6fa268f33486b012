//! From the syntax tree to a typed expression: names, types, wildcards in names, and dates.
//!
//! Each test becomes a leaf of [`brokerwatch_expr::lift::eql`], so that any value of a list makes it true and a missing
//! field makes it false; a range with two ends is one leaf, because one value has to lie between them. What stands
//! between the tests becomes `and`, `or` and `not`. A value that no document could hold is an error here, where
//! Elasticsearch finds nothing.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use brokerwatch_ecs::{Schema, Timestamp};
use brokerwatch_expr::report::Report;
use brokerwatch_expr::{Diagnostic, Expr, Kind as ExprKind, Literal, Span};

use crate::ast::{Clause, Kind, Language, Occur, Query, Term, Test};
use crate::codes;
use crate::limits::SPREAD_TESTS_MAX;

mod date_math;
mod fields;
mod join;
mod range;
mod test;
mod words;

use fields::{Fields, Target};
use test::Misfit;

/// What a query leaves open.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether text is compared without regard to the case of ASCII letters. (In text fields, case never counts.)
    pub case_insensitive: bool,
    /// The fields in which a value without a field is looked for; `*` is a wildcard. Without any, such a value is an error.
    pub default_fields: Vec<String>,
    /// Fields that are searched by words although their type does not say so. Fields of the type `text`, and those that ECS
    /// defines as texts, are known without.
    pub text_fields: BTreeSet<String>,
    /// The moment that `now` stands for; without it, `now` is an error.
    pub now: Option<Timestamp>,
}

/// A query with names and types settled, and what looks wrong with it though it can run.
#[derive(Debug, Clone)]
pub struct Lowered {
    /// What a document must meet.
    pub condition: Expr,
    /// Findings that do not stop the query.
    pub warnings: Vec<Diagnostic>,
}

/// Settles names and types of a query; gives all errors at once.
///
/// ```
/// use brokerwatch_ecs::Schema;
/// use brokerwatch_kql::{Options, lower, parse_kql};
/// let query = parse_kql("destination.port: (22 or 23) and not source.ip: 10.0.0.0/8")?;
/// let lowered = lower(&query, &Schema::open(), &Options::default())?;
/// assert_eq!(
///     lowered.condition.to_string(),
///     r#"destination.port in (22, 23) and not cidrMatch(source.ip, "10.0.0.0/8")"#
/// );
/// # Ok::<(), Vec<brokerwatch_expr::Diagnostic>>(())
/// ```
pub fn lower(
    query: &Query,
    schema: &Schema,
    options: &Options,
) -> Result<Lowered, Vec<Diagnostic>> {
    let mut lowering = Lowering {
        schema,
        options,
        language: query.language,
        errors: Report::new(codes::TOO_MANY_ERRORS, &[]),
        warnings: Report::new(codes::TOO_MANY_ERRORS, &[]),
        known_names: OnceCell::new(),
        declared_names: OnceCell::new(),
        known_fields: HashMap::new(),
        warned: BTreeSet::new(),
        nested: None,
        spread: 0,
    };
    let condition = lowering.clause(&query.clause);
    if lowering.errors.is_empty() {
        Ok(Lowered { condition, warnings: lowering.warnings.finish() })
    } else {
        Err(lowering.errors.finish())
    }
}

struct Lowering<'q> {
    schema: &'q Schema,
    options: &'q Options,
    language: Language,
    errors: Report,
    warnings: Report,
    /// The names of the schema and of what it stands on.
    known_names: OnceCell<BTreeSet<&'q str>>,
    /// The names that the schema declares.
    declared_names: OnceCell<BTreeSet<&'q str>>,
    /// The names that were looked up.
    known_fields: HashMap<fields::Key, Rc<Fields>>,
    /// The names that were held against the known ones.
    warned: BTreeSet<String>,
    /// The nested field whose objects are tested.
    nested: Option<String>,
    /// The tests that came from wildcards in names and from default fields.
    spread: usize,
}

impl Lowering<'_> {
    /// A clause; after an error, something that takes its place and never leaves this module.
    fn clause(&mut self, clause: &Clause) -> Expr {
        let span = clause.span;
        if self.errors.is_full() {
            return flag(false, span);
        }
        self.check_nested(clause);
        match &clause.kind {
            Kind::All => flag(true, span),
            Kind::Or(parts) => {
                let parts = parts.iter().map(|part| self.clause(part)).collect();
                join::any(parts, span)
            }
            Kind::And(parts) => {
                let parts = parts.iter().map(|part| self.clause(part)).collect();
                join::all(parts, span)
            }
            Kind::Not(inner) => not(self.clause(inner), span),
            Kind::Occur(clauses) => self.occur(clauses, span),
            Kind::Test(field, test) => self.test(field.as_ref(), test, span),
            Kind::Nested(field, inner) => self.nested(field, inner),
        }
    }

    /// Lucene's clauses: those that should hold decide only where none must.
    fn occur(&mut self, clauses: &[(Occur, Clause)], span: Span) -> Expr {
        let must = clauses.iter().any(|(occur, _)| *occur == Occur::Must);
        let (mut parts, mut options) = (Vec::new(), Vec::new());
        for (occur, clause) in clauses {
            let lowered = self.clause(clause);
            match occur {
                Occur::Must => parts.push(lowered),
                Occur::MustNot => parts.push(not(lowered, clause.span)),
                Occur::Should if must => self.warnings.push(without_effect(clause.span)),
                Occur::Should => options.push(lowered),
            }
        }
        if !options.is_empty() {
            parts.insert(0, join::any(options, span));
        }
        join::all(parts, span)
    }

    fn test(&mut self, field: Option<&Term>, test: &Test, span: Span) -> Expr {
        self.warn_of_quotes(test);
        let fields = self.fields(field, test, span);
        match &*fields {
            Fields::None => flag(false, span),
            Fields::One(target) => match self.leaf(target, test, span) {
                Ok(leaf) => leaf,
                Err(misfit) => {
                    self.refuse(misfit);
                    flag(false, span)
                }
            },
            Fields::Many(targets) => self.spread(targets, test, span),
        }
    }

    /// One test of many fields, of which those whose type does not take it are left out.
    fn spread(&mut self, targets: &[Target], test: &Test, span: Span) -> Expr {
        self.spread = self.spread.saturating_add(targets.len());
        if SPREAD_TESTS_MAX < self.spread {
            let message =
                format!("more than {SPREAD_TESTS_MAX} tests come from wildcards in names");
            let error = Diagnostic::error(codes::TOO_MANY_TESTS, span, message);
            self.errors.push(error.help("name the fields that are meant"));
            return flag(false, span);
        }
        let (mut leaves, mut first) = (Vec::new(), None);
        for target in targets {
            match self.leaf(target, test, span) {
                Ok(leaf) => leaves.push(leaf),
                Err(misfit) => {
                    first.get_or_insert(misfit);
                }
            }
        }
        match first {
            Some(misfit) if leaves.is_empty() => self.refuse(misfit),
            _ => {}
        }
        join::any(leaves, span)
    }

    fn refuse(&mut self, misfit: Misfit) {
        let error = Diagnostic::error(misfit.code, misfit.span, misfit.message);
        self.errors.push(error.help(misfit.help));
    }

    /// `field: { ... }`. Events keep the values of nested objects side by side, so that only a choice of values can be told.
    fn nested(&mut self, field: &Term, inner: &Clause) -> Expr {
        let Some(name) = field.plain() else {
            let message = format!("`{}` names no nested field: it has a wildcard", field.shown());
            let error = Diagnostic::error(codes::NESTED, field.span, message);
            self.errors.push(error.help("write the field's whole name"));
            return flag(false, field.span);
        };
        let path = match &self.nested {
            Some(outer) => format!("{outer}.{name}"),
            None => name.to_owned(),
        };
        let outer = self.nested.replace(path);
        let lowered = self.clause(inner);
        self.nested = outer;
        lowered
    }

    fn check_nested(&mut self, clause: &Clause) {
        if self.nested.is_none() || !matches!(clause.kind, Kind::And(_) | Kind::Not(_)) {
            return;
        }
        let message = "which nested object a value came from is not kept";
        let help = "inside the braces only values joined by `or` can be told; test the others outside, where they may be of different objects";
        self.errors.push(Diagnostic::error(codes::NESTED, clause.span, message).help(help));
    }

    fn warn_of_quotes(&mut self, test: &Test) {
        let Test::Is(term) = test else { return };
        let Some(text) = term.plain().filter(|_| !term.quoted) else { return };
        let pairs = [('\'', '\''), ('“', '”'), ('‘', '’'), ('`', '`')];
        if pairs.iter().any(|(open, close)| {
            1 < text.len() && text.starts_with(*open) && text.ends_with(*close)
        }) {
            let message = format!("the quotes of {} are part of the value", term.shown());
            let help = "a text stands between straight double quotes";
            self.warnings.push(Diagnostic::warning(codes::QUOTES, term.span, message).help(help));
        }
    }
}

fn without_effect(span: Span) -> Diagnostic {
    let message = "this clause decides nothing, since others must hold";
    let help =
        "`AND` and `+` mark the clauses beside them: write `(a OR b) AND c`, or remove the clause";
    Diagnostic::warning(codes::OPTIONAL_CLAUSE, span, message).help(help)
}

fn flag(value: bool, span: Span) -> Expr {
    Expr::literal(Literal::Boolean(value), span)
}

fn not(inner: Expr, span: Span) -> Expr {
    Expr::boolean(ExprKind::Not(Box::new(inner)), span)
}
