//! Leaves compiled to closures over slots: what runs.
//!
//! A leaf over one bare field becomes a test of one value, run over the field's values. Any other leaf becomes a tree
//! of closures that is run once for each choice of one value per field.

use brokerwatch_ecs::{Event, Projection, Schema, Slot, Type, Value};
use hashbrown::HashSet;

use crate::function::{Args, Fallback, Function, Presence, Scalar};
use crate::limits::CHOICES_MAX;
use crate::pattern::lucene::Regex;
use crate::pattern::wildcard::WildcardSet;
use crate::pattern::{Case, RegexError};
use crate::{Comparison, Diagnostic, Expr, Kind, Literal, Scratch, Span, codes, functions};

/// A compiled leaf.
pub struct Predicate {
    test: Test,
    slots: Vec<Slot>,
    literal: Option<String>,
}

/// A compiled expression that is wanted for its value, not for its truth.
pub struct Computation {
    eval: Eval,
    slots: Vec<Slot>,
    constants: Vec<Literal>,
}

/// A test of one present value.
pub type ValueTest = Box<dyn Fn(&Value<'_>) -> bool + Send + Sync>;

enum Test {
    /// True if any value of the field passes.
    AnyValue(ValueTest),
    /// True if the field has no value.
    Missing,
    /// True if some choice makes the tree true.
    Choice { eval: Eval, constants: Vec<Literal> },
}

/// One choice of values, and what the closures need beside it.
struct Row<'a, 'e> {
    choice: &'a [Option<Value<'e>>],
    constants: &'e [Literal],
    scratch: &'e Scratch,
}

type Eval = Box<dyn for<'a, 'e> Fn(&Row<'a, 'e>) -> Option<Value<'e>> + Send + Sync>;

/// Compiles a leaf; the fields that it reads are added to `projection`.
pub fn leaf(
    expr: &Expr,
    projection: &mut Projection,
    schema: &Schema,
) -> Result<Predicate, Diagnostic> {
    if let Some(Bare { name, test, literal }) = bare(expr)? {
        return Ok(Predicate { test, slots: vec![projection.want(name, schema)], literal });
    }
    let mut builder = Builder::default();
    let eval = builder.value(expr)?;
    let slots = builder.fields.iter().map(|name| projection.want(name, schema)).collect();
    let test = Test::Choice { eval, constants: builder.constants };
    Ok(Predicate { test, slots, literal: None })
}

/// Compiles an expression for its value; the fields that it reads are added to `projection`.
pub fn value(
    expr: &Expr,
    projection: &mut Projection,
    schema: &Schema,
) -> Result<Computation, Diagnostic> {
    let mut builder = Builder::default();
    let eval = builder.value(expr)?;
    let slots = builder.fields.iter().map(|name| projection.want(name, schema)).collect();
    Ok(Computation { eval, slots, constants: builder.constants })
}

impl Computation {
    /// The value over the first value of each field; `None` if it is null.
    pub fn first<'e>(&'e self, event: &'e Event<'e>, scratch: &'e Scratch) -> Option<Value<'e>> {
        let choice: Vec<Option<Value<'e>>> =
            self.slots.iter().map(|&slot| event.values(slot).first().copied()).collect();
        (self.eval)(&Row { choice: &choice, constants: &self.constants, scratch })
    }
}

/// The value of an expression without fields; null becomes [`Literal::Null`].
pub fn constant(expr: &Expr) -> Result<Literal, Diagnostic> {
    let mut builder = Builder::default();
    let eval = builder.value(expr)?;
    assert!(builder.fields.is_empty(), "a constant expression has no fields");
    let scratch = Scratch::new();
    let value = eval(&Row { choice: &[], constants: &builder.constants, scratch: &scratch });
    match scratch.take_failure() {
        Some(failure) => Err(Diagnostic::error(codes::CONSTANT, expr.span, failure)),
        None => Ok(value.map_or(Literal::Null, Literal::of)),
    }
}

impl Predicate {
    /// Whether the leaf is true of the event.
    #[inline]
    pub fn test<'e>(&'e self, event: &'e Event<'e>, scratch: &'e Scratch) -> bool {
        match &self.test {
            Test::AnyValue(test) => event.values(self.slots[0]).iter().any(test),
            Test::Missing => event.values(self.slots[0]).is_empty(),
            Test::Choice { eval, constants } => {
                some_choice(&self.slots, event, scratch, |choice| {
                    let row = Row { choice, constants, scratch };
                    matches!(eval(&row), Some(Value::Boolean(true)))
                })
            }
        }
    }

    /// The fields that the leaf reads.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The test of one value, if the leaf is true exactly where some value of its one field passes it.
    pub fn value_test(&self) -> Option<&ValueTest> {
        match &self.test {
            Test::AnyValue(test) => Some(test),
            Test::Missing | Test::Choice { .. } => None,
        }
    }

    /// A text that stands in every value that makes the leaf true, if the leaf holds one bare field against regular
    /// expressions; folded if the leaf ignores case. Building it needs the expressions' syntax trees, which only the
    /// compilation has.
    pub fn required_literal(&self) -> Option<&str> {
        self.literal.as_deref()
    }
}

/// Whether `test` takes some choice of one value for each slot. A missing field has the one choice null.
fn some_choice<'e>(
    slots: &[Slot],
    event: &'e Event<'e>,
    scratch: &Scratch,
    mut test: impl FnMut(&[Option<Value<'e>>]) -> bool,
) -> bool {
    let lists: Vec<&[Value<'e>]> = slots.iter().map(|&slot| event.values(slot)).collect();
    let mut places = vec![0usize; lists.len()];
    let mut choice: Vec<Option<Value<'e>>> =
        lists.iter().map(|list| list.first().copied()).collect();
    for _ in 0..CHOICES_MAX {
        if test(&choice) {
            return true;
        }
        // Counts up like an odometer, the last field fastest.
        let Some(turned) = (0..lists.len()).rev().find(|&i| places[i] + 1 < lists[i].len()) else {
            return false;
        };
        places[turned] += 1;
        places[turned + 1..].fill(0);
        for i in turned..lists.len() {
            choice[i] = lists[i].get(places[i]).copied();
        }
    }
    scratch.cut_choices.set(scratch.cut_choices.get() + 1);
    false
}

/// A leaf over one bare field and constants.
struct Bare<'e> {
    name: &'e str,
    test: Test,
    literal: Option<String>,
}

/// The leaf as one over a bare field; `None` if it is anything else.
fn bare(expr: &Expr) -> Result<Option<Bare<'_>>, Diagnostic> {
    fn any(name: &str, test: ValueTest) -> Result<Option<Bare<'_>>, Diagnostic> {
        Ok(Some(Bare { name, test: Test::AnyValue(test), literal: None }))
    }
    match &expr.kind {
        Kind::Field(name) => any(name, Box::new(|value| *value == Value::Boolean(true))),
        Kind::IsNull(part) => match &part.kind {
            Kind::Field(name) => Ok(Some(Bare { name, test: Test::Missing, literal: None })),
            _ => Ok(None),
        },
        Kind::Compare(comparison, left, right) => match (&left.kind, &right.kind) {
            (Kind::Field(name), Kind::Literal(literal)) => any(name, compare(*comparison, literal)),
            _ => Ok(None),
        },
        Kind::In { value, list, any_case } => match &value.kind {
            Kind::Field(name) => any(name, member(list, fold(*any_case, true))),
            _ => Ok(None),
        },
        Kind::Like { value, patterns, any_case } => match &value.kind {
            Kind::Field(name) => any(name, like(patterns, fold(*any_case, true))),
            _ => Ok(None),
        },
        Kind::Regex { value, patterns, any_case } => match &value.kind {
            Kind::Field(name) => {
                let regex = Regex::lucene_any(patterns, fold(*any_case, true))
                    .map_err(|error| regex_error(&error, expr.span))?;
                let literal = regex.required_literal();
                Ok(Some(Bare { name, test: Test::AnyValue(matches(regex)), literal }))
            }
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

/// A bare field folds ASCII letters, as the search engine does; a computed text folds as Java does.
fn fold(any_case: bool, bare: bool) -> Case {
    match (any_case, bare) {
        (false, _) => Case::Sensitive,
        (true, true) => Case::Ascii,
        (true, false) => Case::Unicode,
    }
}

fn compare(comparison: Comparison, literal: &Literal) -> ValueTest {
    match literal {
        Literal::Keyword(text) if comparison == Comparison::Equal => {
            let text = text.clone();
            Box::new(move |value| matches!(value, Value::Keyword(found) if **found == *text))
        }
        Literal::Long(number) if comparison == Comparison::Equal => {
            let number = *number;
            Box::new(move |value| match value {
                Value::Long(found) => *found == number,
                other => compared(Comparison::Equal, other, &Literal::Long(number)),
            })
        }
        other => {
            let literal = other.clone();
            Box::new(move |value| compared(comparison, value, &literal))
        }
    }
}

/// Whether `value comparison literal` holds; a span of moments is compared by the end that decides.
pub(crate) fn compared(comparison: Comparison, value: &Value<'_>, literal: &Literal) -> bool {
    if let (Value::Date(moment), Literal::Date { from, to }) = (value, literal) {
        return match comparison {
            Comparison::Equal => from <= moment && moment <= to,
            Comparison::Less => moment < from,
            Comparison::LessOrEqual => moment <= to,
            Comparison::Greater => to < moment,
            Comparison::GreaterOrEqual => from <= moment,
        };
    }
    literal
        .value()
        .and_then(|other| value.compare(&other))
        .is_some_and(|order| comparison.holds(order))
}

fn member(list: &[Literal], case: Case) -> ValueTest {
    let texts: Vec<&str> = list
        .iter()
        .filter_map(|literal| match literal {
            Literal::Keyword(text) => Some(&**text),
            _ => None,
        })
        .collect();
    let others: Vec<Literal> =
        list.iter().filter(|literal| !matches!(literal, Literal::Keyword(_))).cloned().collect();
    let texts = TextSet::new(&texts, case);
    let longs: Option<Vec<i64>> = others
        .iter()
        .map(|literal| match literal {
            Literal::Long(number) => Some(*number),
            _ => None,
        })
        .collect();
    Box::new(move |value| match (value, &longs) {
        (Value::Keyword(text), _) => texts.contains(text),
        (Value::Long(number), Some(longs)) => longs.contains(number),
        (other, _) => others.iter().any(|literal| compared(Comparison::Equal, other, literal)),
    })
}

/// A set of texts under a folding of case. Small sets are searched one by one.
struct TextSet {
    case: Case,
    few: Vec<Box<str>>,
    many: HashSet<Box<str>>,
}

/// Up to this many texts, comparing each is faster than hashing.
const FEW_TEXTS_MAX: usize = 8;

impl TextSet {
    fn new(texts: &[&str], case: Case) -> TextSet {
        let folded = texts.iter().map(|text| case.fold(text).into());
        if texts.len() <= FEW_TEXTS_MAX {
            TextSet { case, few: folded.collect(), many: HashSet::new() }
        } else {
            TextSet { case, few: Vec::new(), many: folded.collect() }
        }
    }

    fn contains(&self, text: &str) -> bool {
        match self.case {
            Case::Sensitive => self.has(text),
            Case::Ascii if self.many.is_empty() => {
                self.few.iter().any(|own| own.eq_ignore_ascii_case(text))
            }
            Case::Ascii | Case::Unicode => self.has(&self.case.fold(text)),
        }
    }

    fn has(&self, folded: &str) -> bool {
        self.few.iter().any(|own| **own == *folded) || self.many.contains(folded)
    }
}

fn like(patterns: &[String], case: Case) -> ValueTest {
    let set = WildcardSet::new(patterns, case);
    Box::new(move |value| value.as_str().is_some_and(|text| set.is_match(text)))
}

fn regex(regex: Result<Regex, RegexError>, span: Span) -> Result<ValueTest, Diagnostic> {
    regex.map(matches).map_err(|error| regex_error(&error, span))
}

fn matches(regex: Regex) -> ValueTest {
    Box::new(move |value| value.as_str().is_some_and(|text| regex.is_match(text)))
}

fn regex_error(error: &RegexError, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error(codes::REGEX, span, error.message.clone());
    match &error.help {
        Some(help) => diagnostic.help(help.clone()),
        None => diagnostic,
    }
}

/// Builds the closures of one leaf; collects the fields and constants that it names.
#[derive(Default)]
struct Builder {
    fields: Vec<String>,
    constants: Vec<Literal>,
}

impl Builder {
    fn value(&mut self, expr: &Expr) -> Result<Eval, Diagnostic> {
        Ok(match &expr.kind {
            Kind::Literal(literal) => {
                let place = self.constants.len();
                self.constants.push(literal.clone());
                Box::new(move |row| row.constants[place].value())
            }
            Kind::Field(name) => {
                let place = self.field(name);
                Box::new(move |row| row.choice[place])
            }
            Kind::Call { function, any_case, args } => {
                self.call(function, *any_case, args, expr.span)?
            }
            Kind::Negate(part) => {
                let part = self.value(part)?;
                Box::new(move |row| functions::negate(part(row)?, row.scratch))
            }
            Kind::Arithmetic(operator, left, right) => {
                let (operator, left, right) = (*operator, self.value(left)?, self.value(right)?);
                Box::new(move |row| {
                    functions::compute(operator, left(row)?, right(row)?, row.scratch)
                })
            }
            Kind::Compare(comparison, left, right) => self.comparison(*comparison, left, right)?,
            Kind::In { value, list, any_case } => {
                let case = fold(*any_case, matches!(value.kind, Kind::Field(_)));
                self.tested(value, member(list, case))?
            }
            Kind::Like { value, patterns, any_case } => {
                let case = fold(*any_case, matches!(value.kind, Kind::Field(_)));
                self.tested(value, like(patterns, case))?
            }
            Kind::Regex { value, patterns, any_case } => {
                let test = match value.kind {
                    Kind::Field(_) => Regex::lucene_any(patterns, fold(*any_case, true)),
                    _ => Regex::java_any(patterns, fold(*any_case, false)),
                };
                self.tested(value, regex(test, expr.span)?)?
            }
            Kind::IsNull(part) => {
                let part = self.value(part)?;
                Box::new(move |row| Some(Value::Boolean(part(row).is_none())))
            }
            Kind::Not(part) => {
                let part = self.value(part)?;
                Box::new(move |row| match part(row)? {
                    Value::Boolean(flag) => Some(Value::Boolean(!flag)),
                    _ => None,
                })
            }
            Kind::And(parts) => self.junction(parts, false)?,
            Kind::Or(parts) => self.junction(parts, true)?,
        })
    }

    fn field(&mut self, name: &str) -> usize {
        self.fields.iter().position(|known| known == name).unwrap_or_else(|| {
            self.fields.push(name.to_owned());
            self.fields.len() - 1
        })
    }

    fn tested(&mut self, value: &Expr, test: ValueTest) -> Result<Eval, Diagnostic> {
        let value = self.value(value)?;
        Ok(Box::new(move |row| Some(Value::Boolean(test(&value(row)?)))))
    }

    fn comparison(
        &mut self,
        comparison: Comparison,
        left: &Expr,
        right: &Expr,
    ) -> Result<Eval, Diagnostic> {
        if let Kind::Literal(literal) = &right.kind
            && *literal != Literal::Null
        {
            return self.tested(left, compare(comparison, literal));
        }
        let (left, right) = (self.value(left)?, self.value(right)?);
        Ok(Box::new(move |row| {
            let (left, right) = (left(row)?, right(row)?);
            // Values of types that never meet are unequal, and in no order.
            let holds = left.compare(&right).is_some_and(|order| comparison.holds(order));
            Some(Value::Boolean(holds))
        }))
    }

    /// Three-valued `and` and `or`, for conditions that are operands: `deciding` settles the whole, null is weaker.
    fn junction(&mut self, parts: &[Expr], deciding: bool) -> Result<Eval, Diagnostic> {
        let parts = parts.iter().map(|part| self.value(part)).collect::<Result<Vec<_>, _>>()?;
        Ok(Box::new(move |row| {
            let mut known = true;
            for part in &parts {
                match part(row) {
                    Some(Value::Boolean(flag)) if flag == deciding => {
                        return Some(Value::Boolean(deciding));
                    }
                    Some(_) => {}
                    None => known = false,
                }
            }
            known.then_some(Value::Boolean(!deciding))
        }))
    }

    fn call(
        &mut self,
        function: &'static Function,
        any_case: bool,
        args: &[Expr],
        span: Span,
    ) -> Result<Eval, Diagnostic> {
        let body = body(function, any_case, args, span)?;
        let evals = args.iter().map(|arg| self.value(arg)).collect::<Result<Vec<_>, _>>()?;
        let params = parameters(function, evals.len());
        Ok(Box::new(move |row| {
            let mut values = row.scratch.values(params.len());
            for (i, presence) in params.iter().enumerate() {
                let value = evals.get(i).and_then(|eval| eval(row));
                values.push(match (value, presence) {
                    (Some(value), _) => value,
                    (None, Presence::Default(fallback)) => fallback.value(),
                    (None, Presence::Required | Presence::Repeated) => return None,
                });
            }
            body(&values, row.scratch)
        }))
    }
}

/// How each argument of a call with `given` arguments is present: repeated parameters spread out, defaults added.
pub(crate) fn parameters(function: &Function, given: usize) -> Vec<Presence> {
    let fixed = function.params.iter().map(|param| param.presence);
    let repeats = function.params.last().is_some_and(|last| last.presence == Presence::Repeated);
    if repeats {
        let missing = given.saturating_sub(function.params.len());
        fixed.chain(std::iter::repeat_n(Presence::Repeated, missing)).collect()
    } else {
        fixed.collect()
    }
}

/// The body of a call, built with its constant arguments.
pub(crate) fn body(
    function: &Function,
    any_case: bool,
    args: &[Expr],
    span: Span,
) -> Result<Scalar, Diagnostic> {
    let bare = args.first().is_some_and(|arg| matches!(arg.kind, Kind::Field(_)))
        && args.iter().skip(1).all(|arg| arg.as_literal().is_some());
    (function.compile)(&Args {
        constants: args.iter().map(Expr::as_literal).collect(),
        spans: args.iter().map(|arg| arg.span).collect(),
        any_case,
        ascii_case: bare,
        span,
    })
}

impl Fallback {
    /// The constant as a value.
    pub(crate) fn value(self) -> Value<'static> {
        match self {
            Fallback::Long(number) => Value::Long(number),
            Fallback::Boolean(flag) => Value::Boolean(flag),
        }
    }
}

/// What a call's body refuses of its constant arguments, before anything runs.
pub fn check_call(
    function: &Function,
    any_case: bool,
    args: &[Expr],
    span: Span,
) -> Result<(), Diagnostic> {
    body(function, any_case, args, span).map(|_| ())
}

/// Whether a value of type `ty` may be text, so that text operators make sense on it.
pub fn may_be_text(ty: Type) -> bool {
    matches!(ty, Type::Keyword | Type::Version | Type::Dynamic | Type::Null)
}
