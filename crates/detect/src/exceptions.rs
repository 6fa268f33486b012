//! Exceptions as conditions: what an item means for an event, given the types of the fields.
//!
//! A rule with exceptions is its own condition `and not` the items of its lists. As they stand under a `not`, items give
//! nothing to look for in records, and whatever they cannot read is told of the alert like any other exclusion.

use std::collections::BTreeSet;

use brokerwatch_ecs::{Event, Mapped, Projection, Schema, Timestamp, Type, Value, parse_ip};
use brokerwatch_expr::lift::Condition;
use brokerwatch_expr::pattern::cidr::Cidr;
use brokerwatch_expr::{
    Comparison, Diagnostic, Expr, Kind, Literal, Scratch, Span, functions, interpret,
};
use brokerwatch_rules::Rule;
use brokerwatch_rules::codes;
use brokerwatch_rules::exceptions::{Entry, ExceptionList, Item, Test, Written};

use crate::limits::EXCEPTION_FIELDS_MAX;

/// What a list means.
pub(crate) struct Lifted<'r> {
    /// Where the list silences a rule.
    pub(crate) condition: Condition,
    /// Items that do not fit the schema, and so are not in the condition, and items that are odd.
    pub(crate) found: Vec<ExceptionFinding<'r>>,
}

/// What is wrong or odd about an item, given the schema. With an error the item is set aside.
pub struct ExceptionFinding<'r> {
    /// Its list, which knows the file.
    pub list: &'r ExceptionList,
    /// The item.
    pub item: &'r Item,
    /// The findings; the places are in the file.
    pub diagnostics: Vec<Diagnostic>,
}

impl ExceptionFinding<'_> {
    /// Whether the item is set aside.
    pub fn is_error(&self) -> bool {
        has_errors(&self.diagnostics)
    }
}

fn has_errors(found: &[Diagnostic]) -> bool {
    found.iter().any(|diagnostic| diagnostic.severity == brokerwatch_expr::Severity::Error)
}

/// The fields that tell where lists silence a rule.
pub fn fields_of(lists: &[&ExceptionList]) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    for item in lists.iter().flat_map(|list| &list.items) {
        item.entries.iter().for_each(|entry| add_fields(entry, None, &mut fields));
        if !item.os_types.is_empty() {
            fields.insert("host.os.type".to_owned());
        }
        if item.expires.is_some() {
            fields.insert("@timestamp".to_owned());
        }
    }
    fields
}

fn add_fields(entry: &Entry, parent: Option<&str>, fields: &mut BTreeSet<String>) {
    let name = named(entry, parent);
    if let Test::Nested(entries) = &entry.test {
        entries.iter().for_each(|each| add_fields(each, Some(&name), fields));
        return;
    }
    if let Some(own) = name.strip_suffix(CASELESS) {
        fields.insert(own.to_owned());
    }
    fields.insert(name);
}

/// Where lists silence a rule, for those whose events are rows with columns of a schema. What does not fit the columns
/// is in no row, and left out; it is given as well.
pub fn silenced<'r>(
    lists: &[&'r ExceptionList],
    schema: &Schema,
) -> (Condition, Vec<ExceptionFinding<'r>>) {
    let mut context = Context::new(schema);
    let (mut parts, mut found) = (Vec::new(), Vec::new());
    for each in lists {
        let lifted = list(each, &mut context);
        parts.push(lifted.condition);
        found.extend(lifted.found);
    }
    (any(parts), found)
}

/// An item of exceptions, to be tried on few events one by one.
pub struct Silencer<'r> {
    /// Its list, which knows the file.
    pub list: &'r ExceptionList,
    /// The item.
    pub item: &'r Item,
    condition: Condition,
}

impl<'r> Silencer<'r> {
    /// The items that apply to a rule; the fields that they read are added to `projection`. Items that do not fit the
    /// schema are left out, as they are where rules run.
    pub fn of(
        rule: &Rule,
        lists: &'r [ExceptionList],
        schema: &Schema,
        projection: &mut Projection,
    ) -> Vec<Silencer<'r>> {
        let mut context = Context::new(schema);
        let own: Vec<&ExceptionList> = lists.iter().filter(|list| list.applies_to(rule)).collect();
        for field in fields_of(&own) {
            projection.want(&field, schema);
        }
        let items =
            own.into_iter().flat_map(|list| list.items.iter().map(move |each| (list, each)));
        let lifted = items.map(|(list, each)| {
            let condition = item(each, &mut context);
            let is_wrong = has_errors(&std::mem::take(&mut context.found));
            (!is_wrong).then_some(Silencer { list, item: each, condition })
        });
        lifted.flatten().collect()
    }

    /// Whether the item holds of an event, so that the rule gives no alert of it.
    pub fn silences(&self, event: &Event<'_>, projection: &Projection, scratch: &Scratch) -> bool {
        interpret::condition(&self.condition, event, projection, scratch)
    }
}

/// What items are lifted in.
pub(crate) struct Context<'s> {
    schema: &'s Schema,
    /// The fields of all items so far.
    fields: BTreeSet<String>,
    /// What was found in the current item.
    found: Vec<Diagnostic>,
}

impl<'s> Context<'s> {
    /// A context for the lists of one set of rules.
    pub(crate) fn new(schema: &'s Schema) -> Context<'s> {
        Context { schema, fields: BTreeSet::new(), found: Vec::new() }
    }
}

/// What a list means under a schema. An item that does not fit is left out, so that its mistake hides no alert.
pub(crate) fn list<'r>(list: &'r ExceptionList, context: &mut Context<'_>) -> Lifted<'r> {
    let (mut items, mut found) = (Vec::new(), Vec::new());
    for each in &list.items {
        let condition = item(each, context);
        let diagnostics = std::mem::take(&mut context.found);
        if !has_errors(&diagnostics) {
            items.push(condition);
        }
        if !diagnostics.is_empty() {
            found.push(ExceptionFinding { list, item: each, diagnostics });
        }
    }
    Lifted { condition: any(items), found }
}

/// The condition of a rule or bracket where none of these lists silences it.
pub(crate) fn excepting(own: Condition, lists: &[&Condition]) -> Condition {
    match any(lists.iter().map(|condition| (*condition).clone()).collect()) {
        Condition::Constant(false) => own,
        // The own condition stays the first part, which is the one that fails on most events.
        exceptions => all(vec![own, not(exceptions)]),
    }
}

/// All entries, on the item's systems, before the item expires.
fn item(item: &Item, context: &mut Context<'_>) -> Condition {
    let mut parts: Vec<Condition> =
        item.entries.iter().map(|each| entry(each, None, context)).collect();
    if !item.os_types.is_empty()
        && let Some(field) = field("host.os.type", item.span, context)
    {
        let list = item.os_types.iter().map(|name| Literal::Keyword(name.as_str().into()));
        parts.push(field.is_one_of(list.collect()));
    }
    if let Some(expires) = item.expires
        && let Some(field) = field("@timestamp", item.span, context)
    {
        parts.push(field.is_before(expires, context));
    }
    all(parts)
}

/// What an entry means; anything if it is in error. `parent` is the field of the nested entry around it.
fn entry(entry: &Entry, parent: Option<&str>, context: &mut Context<'_>) -> Condition {
    let name = named(entry, parent);
    if let Test::Nested(entries) = &entry.test {
        let parts = entries.iter().map(|each| self::entry(each, Some(&name), context));
        return all(parts.collect());
    }
    let condition = match field(&name, entry.span, context) {
        Some(field) => test(&entry.test, &field, &mut context.found),
        // As in Elasticsearch, no value of a field that is in no mapping is ever found.
        None => Condition::Constant(false),
    };
    if entry.excluded { not(condition) } else { condition }
}

/// The whole name of the field of an entry.
fn named(entry: &Entry, parent: Option<&str>) -> String {
    match parent {
        Some(parent) => format!("{parent}.{}", entry.field),
        None => entry.field.clone(),
    }
}

fn test(test: &Test, field: &Field, found: &mut Vec<Diagnostic>) -> Condition {
    match test {
        Test::Match(value) => field.has_any(std::slice::from_ref(value), found),
        Test::MatchAny(values) => field.has_any(values, found),
        Test::Wildcard(pattern) => field.is_like(pattern, found),
        Test::Exists => {
            let missing = Kind::IsNull(Box::new(field.expr.clone()));
            not(Condition::Leaf(Expr::boolean(missing, field.expr.span)))
        }
        Test::List { span, values, .. } => {
            let written = |value: &String| Written { value: value.clone(), span: *span };
            field.has_any(&values.iter().map(written).collect::<Vec<_>>(), found)
        }
        // Taken apart before, by name.
        Test::Nested(_) => Condition::Constant(false),
    }
}

/// A field that can be searched.
struct Field {
    name: String,
    ty: Type,
    expr: Expr,
    /// Whether it is the form of a field in which case does not count.
    any_case: bool,
}

/// Where Elastic Defend's mapping keeps the values of a field in lower case.
const CASELESS: &str = ".caseless";

/// `None` if no document can have the field, or if it cannot be searched, which is an error.
fn field(name: &str, span: Span, context: &mut Context<'_>) -> Option<Field> {
    let Context { schema, fields, found } = context;
    if !fields.contains(name) {
        if EXCEPTION_FIELDS_MAX <= fields.len() {
            let message = format!("exceptions name more than {EXCEPTION_FIELDS_MAX} fields");
            let help = "leave out the lists that these rules do not need";
            found.push(Diagnostic::error(codes::EXCEPTION_ENTRY, span, message).help(help));
            return None;
        }
        fields.insert(name.to_owned());
    }
    let declared = schema.lookup(name);
    let is_declared = matches!(&declared, Mapped::Field(mapping) if mapping.ty != Type::Dynamic);
    // Documents hold the field alone, so that is what is read.
    let (own, any_case) = match name.strip_suffix(CASELESS) {
        Some(own) if !is_declared => (own, true),
        _ => (name, false),
    };
    let mapped = if any_case { schema.lookup(own) } else { declared };
    let wrong = |why: &str| {
        Diagnostic::error(
            codes::EXCEPTION_ENTRY,
            span,
            format!("field `{name}` cannot be searched: {why}"),
        )
    };
    match mapped {
        Mapped::Field(mapping) => {
            found.extend(misspelt(own, mapping.ty, span, schema));
            let kind = Kind::Field(own.to_owned());
            let expr = Expr { kind, ty: mapping.ty, span };
            Some(Field { name: own.to_owned(), ty: mapping.ty, expr, any_case })
        }
        Mapped::Unknown => {
            let message = format!("no mapping has field `{name}`, so no value of it is found");
            let near = schema.similar(own);
            let help = match near.first() {
                Some(near) => format!("did you mean `{near}`?"),
                None => "correct the name, or add the field to the mapping".to_owned(),
            };
            found.push(Diagnostic::warning(codes::EXCEPTION_IDLE, span, message).help(help));
            None
        }
        Mapped::Unsupported(ty) => {
            let help = "write the name of a field below it";
            found.push(wrong(&format!("its type is `{ty}`")).help(help));
            None
        }
        Mapped::Ambiguous(types) => {
            found.push(wrong(&format!("it is mapped as several types: {types}")));
            None
        }
    }
}

/// An open schema takes any name; one that is a slip away from an ECS name deserves a word.
fn misspelt(name: &str, ty: Type, span: Span, schema: &Schema) -> Option<Diagnostic> {
    if ty != Type::Dynamic || schema.is_strict() {
        return None;
    }
    let near = schema.similar(name).into_iter().next()?;
    let message = format!("unknown field `{name}`, did you mean `{near}`?");
    let help = "ECS has no such field; the entry looks for it all the same";
    Some(Diagnostic::warning(codes::EXCEPTION_IDLE, span, message).help(help))
}

impl Field {
    /// Whether a value of the field is one of these texts, read as the field's type. Addresses may be blocks and ranges.
    fn has_any(&self, values: &[Written], found: &mut Vec<Diagnostic>) -> Condition {
        let (mut plain, mut blocks, mut parts) = (Vec::new(), Vec::new(), Vec::new());
        for Written { value, span } in values {
            if self.ty == Type::Ip && Cidr::parse(value).is_ok() && value.contains('/') {
                blocks.push(Expr::literal(Literal::Keyword(value.as_str().into()), *span));
            } else if let Some((first, last)) = self.range(value) {
                parts.push(self.is_between(first, last, *span));
            } else {
                let literals = self.literals(value);
                if literals.is_empty() {
                    found.push(self.no_value(value, *span));
                }
                plain.extend(literals);
            }
        }
        if !plain.is_empty() {
            parts.push(self.is_one_of(plain));
        }
        if !blocks.is_empty() {
            parts.push(self.is_in_a_block(blocks));
        }
        any(parts)
    }

    /// `first-last`, as value lists of type `ip_range` write it.
    fn range(&self, text: &str) -> Option<(Literal, Literal)> {
        let (first, last) = text.split_once('-').filter(|_| self.ty == Type::Ip)?;
        let ends = (parse_ip(first.trim())?, parse_ip(last.trim())?);
        Some((Literal::Ip(ends.0), Literal::Ip(ends.1)))
    }

    fn is_between(&self, first: Literal, last: Literal, span: Span) -> Condition {
        let compare = |comparison, end| {
            let end = Box::new(Expr::literal(end, span));
            Expr::boolean(Kind::Compare(comparison, Box::new(self.expr.clone()), end), span)
        };
        // One leaf, so that one value has to lie between both ends.
        let both = vec![
            compare(Comparison::GreaterOrEqual, first),
            compare(Comparison::LessOrEqual, last),
        ];
        Condition::Leaf(Expr::boolean(Kind::And(both), span))
    }

    fn is_in_a_block(&self, blocks: Vec<Expr>) -> Condition {
        let function = functions::eql("cidrMatch").expect("cidrMatch is a function of EQL");
        let args = std::iter::once(self.expr.clone()).chain(blocks).collect();
        let kind = Kind::Call { function, any_case: false, args };
        Condition::Leaf(Expr::boolean(kind, self.expr.span))
    }

    /// The clock is that of the event: a scan of old files means what a run at their time would have meant. An event
    /// without a time is not before anything.
    fn is_before(&self, moment: Timestamp, context: &mut Context<'_>) -> Condition {
        let span = self.expr.span;
        if !self.ty.is_date() {
            let message = format!("the item expires, but `{}` is of type `{}`", self.name, self.ty);
            let help = "map `@timestamp` as a date, or leave out `expire_time`";
            let error = Diagnostic::error(codes::EXCEPTION_ENTRY, span, message).help(help);
            context.found.push(error);
            return Condition::Constant(false);
        }
        let moment = Expr::literal(Literal::Date { from: moment, to: moment }, span);
        let value = Box::new(self.expr.clone());
        let kind = Kind::Compare(Comparison::Less, value, Box::new(moment));
        Condition::Leaf(Expr::boolean(kind, span))
    }

    fn is_one_of(&self, mut list: Vec<Literal>) -> Condition {
        let span = self.expr.span;
        let value = Box::new(self.expr.clone());
        let kind = match (list.len(), self.any_case) {
            // As a rule would write it, so that the two share it.
            (1, false) => {
                let literal = Box::new(Expr::literal(list.swap_remove(0), span));
                Kind::Compare(Comparison::Equal, value, literal)
            }
            (_, any_case) => Kind::In { value, list, any_case },
        };
        Condition::Leaf(Expr::boolean(kind, span))
    }

    /// The text as values of the field; none if it is no such value.
    fn literals(&self, text: &str) -> Vec<Literal> {
        let keyword = || Literal::Keyword(text.into());
        match self.ty {
            Type::Keyword => vec![keyword()],
            Type::Dynamic => {
                // The values of such a field have the types that the documents give them.
                let other = match text {
                    "true" => Some(Literal::Boolean(true)),
                    "false" => Some(Literal::Boolean(false)),
                    _ => number(text),
                };
                std::iter::once(keyword()).chain(other).collect()
            }
            Type::Ip | Type::Date | Type::DateNanos | Type::Version => {
                keyword().converted(self.ty).into_iter().collect()
            }
            Type::Long | Type::Double => number(text).into_iter().collect(),
            Type::Boolean => {
                Value::from_text(text, Type::Boolean).map(Literal::of).into_iter().collect()
            }
            Type::Null => Vec::new(),
        }
    }

    fn no_value(&self, text: &str, span: Span) -> Diagnostic {
        let ty = self.ty;
        let message = format!("`{text}` is no value of `{}`, which is of type `{ty}`", self.name);
        let help = match ty {
            Type::Ip => "write an address, or a block such as `10.0.0.0/8`",
            Type::Boolean => "write `true` or `false`",
            Type::Date | Type::DateNanos => "write a time in ISO 8601, such as `2026-01-31`",
            _ => "write a number",
        };
        Diagnostic::error(codes::EXCEPTION_ENTRY, span, message).help(help)
    }

    fn is_like(&self, pattern: &Written, found: &mut Vec<Diagnostic>) -> Condition {
        let Written { value, span } = pattern;
        if !brokerwatch_expr::compile::may_be_text(self.ty) {
            let message = format!(
                "`{}` is of type `{}`, which no wildcard can be held against",
                self.name, self.ty
            );
            let help = match self.ty {
                Type::Ip => "use `match` with a block such as `10.0.0.0/8`",
                _ => "use `match` or `match_any`",
            };
            found.push(Diagnostic::error(codes::EXCEPTION_ENTRY, *span, message).help(help));
            return Condition::Constant(false);
        }
        if let Some(letter) = needless_escape(value) {
            let message = format!(
                "`\\{letter}` is `{letter}` alone: `\\` takes the meaning from what follows"
            );
            let help = "write each `\\` that stands in the value as `\\\\`";
            found.push(Diagnostic::warning(codes::EXCEPTION_IDLE, *span, message).help(help));
        }
        let field = Box::new(self.expr.clone());
        let any_case = self.any_case;
        let kind = match unescaped(value) {
            Some(pattern) => Kind::Like { value: field, patterns: vec![pattern], any_case },
            None => Kind::Regex { value: field, patterns: vec![as_regex(value)], any_case },
        };
        Condition::Leaf(Expr::boolean(kind, self.expr.span))
    }
}

/// A whole number, or any other.
fn number(text: &str) -> Option<Literal> {
    match Value::from_text(text, Type::Double)? {
        Value::Double(double) if double.fract() != 0.0 => Some(Literal::Double(double)),
        // Too large for a long is still a number.
        double => Value::from_text(text, Type::Long).or(Some(double)).map(Literal::of),
    }
}

/// The units of a wildcard as Elasticsearch reads it: a letter, and whether `\` stood before it.
fn units(pattern: &str) -> impl Iterator<Item = (char, bool)> {
    let mut letters = pattern.chars();
    std::iter::from_fn(move || match letters.next()? {
        // A `\` with nothing behind it is itself.
        '\\' => Some(letters.next().map_or(('\\', true), |letter| (letter, true))),
        letter => Some((letter, false)),
    })
}

/// A letter that needed no `\`, which is nearly always a `\` of a Windows path.
fn needless_escape(pattern: &str) -> Option<char> {
    units(pattern)
        .find(|(letter, escaped)| *escaped && !matches!(letter, '*' | '?' | '\\'))
        .map(|(letter, _)| letter)
}

/// The pattern in our notation, which knows no escapes; `None` if a `*` or `?` in it is no wildcard.
fn unescaped(pattern: &str) -> Option<String> {
    units(pattern)
        .map(|(letter, escaped)| (!(escaped && matches!(letter, '*' | '?'))).then_some(letter))
        .collect()
}

/// The pattern as a regular expression, in which every letter can be taken literally.
fn as_regex(pattern: &str) -> String {
    let mut regex = String::with_capacity(pattern.len() + 8);
    for (letter, escaped) in units(pattern) {
        match letter {
            '*' if !escaped => regex.push_str(".*"),
            '?' if !escaped => regex.push('.'),
            letter if letter.is_ascii_punctuation() => regex.extend(['\\', letter]),
            letter => regex.push(letter),
        }
    }
    regex
}

fn not(condition: Condition) -> Condition {
    match condition {
        Condition::Constant(flag) => Condition::Constant(!flag),
        Condition::Not(inner) => *inner,
        other => Condition::Not(Box::new(other)),
    }
}

fn all(parts: Vec<Condition>) -> Condition {
    join(parts, false)
}

fn any(parts: Vec<Condition>) -> Condition {
    join(parts, true)
}

/// `deciding` is the constant that settles the whole: true for `any`, false for `all`.
fn join(parts: Vec<Condition>, deciding: bool) -> Condition {
    let mut kept = Vec::with_capacity(parts.len());
    for part in parts {
        match (part, deciding) {
            (Condition::Constant(flag), _) if flag == deciding => return Condition::Constant(flag),
            (Condition::Constant(_), _) => {}
            (Condition::And(inner), false) | (Condition::Or(inner), true) => kept.extend(inner),
            (other, _) => kept.push(other),
        }
    }
    match (kept.len(), deciding) {
        (0, _) => Condition::Constant(!deciding),
        (1, _) => kept.swap_remove(0),
        (_, false) => Condition::And(kept),
        (_, true) => Condition::Or(kept),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_with_escapes_means_what_elasticsearch_reads() {
        assert_eq!(unescaped(r"C:\\Windows\\*"), Some(r"C:\Windows\*".to_owned()));
        assert_eq!(unescaped(r"a\*b"), None);
        assert_eq!(as_regex(r"a\*b*.?\\"), r"a\*b.*\..\\");
        assert_eq!(unescaped("end\\"), Some("end\\".to_owned()));
        assert_eq!(needless_escape(r"C:\Windows\*"), Some('W'));
        assert_eq!(needless_escape(r"C:\\Windows\\a\*\?"), None);
    }

    #[test]
    fn numbers_are_read_exactly() {
        assert_eq!(number("1883"), Some(Literal::Long(1883)));
        assert_eq!(number("1883.5"), Some(Literal::Double(1883.5)));
        assert_eq!(number("1e3"), Some(Literal::Long(1000)));
        assert_eq!(number("9007199254740993"), Some(Literal::Long(9_007_199_254_740_993)));
        assert_eq!(number("mqtt"), None);
        assert_eq!(number(""), None);
    }
}
