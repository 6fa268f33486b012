//! One table of the file: reads its keys by name and type, and knows afterwards which were never asked for.
//!
//! Which keys a table may have is thus said once, by the code that reads them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use brokerwatch_ecs::similar;
use brokerwatch_expr::{Diagnostic, Span};
use toml::Spanned;
use toml::de::{DeArray, DeInteger, DeTable, DeValue};

use crate::report::{Report, excerpt, span_in};
use crate::{Data, codes};

/// A table under reading.
pub(crate) struct Fields<'f> {
    name: String,
    span: Span,
    table: &'f DeTable<'f>,
    report: &'f Report<'f>,
    asked: RefCell<Vec<String>>,
}

/// A text with its place.
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) span: Span,
}

/// Unwraps one kind of value; anything else is `None` and becomes a diagnostic.
type Cast<'f, T> = fn(&'f DeValue<'f>) -> Option<T>;

impl<'f> Fields<'f> {
    /// `name` is the dotted name in messages, empty for the whole file.
    pub(crate) fn new(
        name: impl Into<String>,
        table: &'f Spanned<DeTable<'f>>,
        report: &'f Report<'f>,
    ) -> Fields<'f> {
        let span = span_in(report.text(), table.span());
        Fields::over(name.into(), span, table.get_ref(), report)
    }

    fn over(
        name: String,
        span: Span,
        table: &'f DeTable<'f>,
        report: &'f Report<'f>,
    ) -> Fields<'f> {
        Fields { name, span, table, report, asked: RefCell::new(Vec::new()) }
    }

    /// Where the table begins: its header, if it has one.
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// Reports each of `keys` that is not there.
    pub(crate) fn require(&self, keys: &[&'static str]) {
        for key in keys.iter().filter(|key| !self.has(key)) {
            let message = match self.name.as_str() {
                "" => format!("missing table `[{key}]`"),
                name => format!("missing key `{key}` in `{name}`"),
            };
            self.error(codes::MISSING_KEY, self.span, message);
        }
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The place of a key's value.
    pub(crate) fn value_span(&self, key: &str) -> Option<Span> {
        self.table.get(key).map(|value| self.span_of(value))
    }

    /// The place of the key itself.
    pub(crate) fn key_span(&self, key: &str) -> Option<Span> {
        let (key, _) = self.table.get_key_value(key)?;
        Some(span_in(self.report.text(), key.span()))
    }

    pub(crate) fn spanned_text(&self, key: &str) -> Option<Text> {
        let value = self.value(key)?;
        let text = self.cast(&self.dotted(key), value, "a string", |value| value.as_str())?;
        Some(Text { value: text.to_owned(), span: self.span_of(value) })
    }

    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.spanned_text(key).map(|text| text.value)
    }

    /// A text that says something.
    pub(crate) fn filled_text(&self, key: &str) -> Option<String> {
        let text = self.spanned_text(key)?;
        if text.value.trim().is_empty() {
            let message = format!("`{}` is empty", self.dotted(key));
            self.error(codes::RANGE, text.span, message);
        }
        Some(text.value)
    }

    /// A text that `read` understands; `shape` tells how it is written.
    pub(crate) fn formatted<T>(
        &self,
        key: &str,
        shape: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.spanned_text(key)?;
        let value = read(&text.value);
        if value.is_none() {
            let message =
                format!("`{}` must be {shape}, not `{}`", self.dotted(key), excerpt(&text.value));
            self.error(codes::FORMAT, text.span, message);
        }
        value
    }

    /// One of a fixed set of texts.
    pub(crate) fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.spanned_text(key)?;
        let found = choices.iter().find(|(name, _)| *name == text.value);
        if found.is_none() {
            let message = format!("`{}` cannot be `{}`", self.dotted(key), excerpt(&text.value));
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let help = match nearest(&text.value, &names) {
                Some(name) => format!("did you mean `{name}`?"),
                None if names.len() == 1 => format!("it is {}", listed(&names)),
                None => format!("it is one of {}", listed(&names)),
            };
            self.report.add(Diagnostic::error(codes::CHOICE, text.span, message).help(help));
        }
        found.map(|(_, value)| *value)
    }

    /// As [`Fields::choice`], where the text itself is wanted.
    pub(crate) fn choice_text(&self, key: &str, names: &[&'static str]) -> Option<String> {
        let choices: Vec<(&str, &str)> = names.iter().map(|name| (*name, *name)).collect();
        self.choice(key, &choices).map(str::to_owned)
    }

    pub(crate) fn boolean(&self, key: &str) -> Option<bool> {
        let value = self.value(key)?;
        self.cast(&self.dotted(key), value, "a boolean", DeValue::as_bool)
    }

    /// A whole number in `range`, which has to lie inside of `T`.
    pub(crate) fn integer<T: TryFrom<i64>>(
        &self,
        key: &str,
        range: RangeInclusive<i64>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let integer =
            self.cast(&self.dotted(key), value, "an integer", |value| value.as_integer())?;
        let number = whole(integer).filter(|number| range.contains(number));
        if number.is_none() {
            let bounds = match (range.start(), range.end()) {
                (low, &i64::MAX) => format!("at least {low}"),
                (low, high) => format!("between {low} and {high}"),
            };
            let digits = excerpt(integer.as_str());
            let message = format!("`{}` must be {bounds}, not {digits}", self.dotted(key));
            self.error(codes::RANGE, self.span_of(value), message);
        }
        number.and_then(|number| T::try_from(number).ok())
    }

    /// A list of texts.
    pub(crate) fn texts(&self, key: &str) -> Vec<String> {
        let Some(value) = self.value(key) else { return Vec::new() };
        self.texts_of(key, value)
    }

    /// A list of texts with their places.
    pub(crate) fn spanned_texts(&self, key: &str) -> Vec<Text> {
        let Some(value) = self.value(key) else { return Vec::new() };
        self.spanned_texts_of(key, value)
    }

    /// A list of texts with bounds on their number.
    pub(crate) fn bounded_texts(&self, key: &str, range: RangeInclusive<usize>) -> Vec<String> {
        let texts = self.bounded_spanned_texts(key, range);
        texts.into_iter().map(|text| text.value).collect()
    }

    /// A list of texts with their places, and with bounds on their number.
    pub(crate) fn bounded_spanned_texts(
        &self,
        key: &str,
        range: RangeInclusive<usize>,
    ) -> Vec<Text> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let texts = self.spanned_texts_of(key, value);
        // A list with wrong members has its own diagnostics.
        if value.get_ref().as_array().is_some_and(|array| array.len() == texts.len()) {
            self.check_count(key, texts.len(), &range, self.span_of(value));
        }
        texts
    }

    /// A text, or a list of texts.
    pub(crate) fn text_or_texts(&self, key: &str) -> Vec<String> {
        let Some(value) = self.value(key) else { return Vec::new() };
        match value.get_ref().as_str() {
            Some(text) => vec![text.to_owned()],
            None => self.texts_of(key, value),
        }
    }

    pub(crate) fn table(&self, key: &str) -> Option<Fields<'f>> {
        let value = self.value(key)?;
        self.as_table(self.dotted(key), value)
    }

    /// A list of tables, usually written `[[key]]`.
    pub(crate) fn tables(&self, key: &str) -> Vec<Fields<'f>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let name = self.dotted(key);
        let Some(array) = self.cast(&name, value, "a list of tables", DeValue::as_array) else {
            return Vec::new();
        };
        self.tables_of(&name, array)
    }

    /// A list of lists of tables.
    pub(crate) fn table_lists(&self, key: &str) -> Vec<Vec<Fields<'f>>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let name = self.dotted(key);
        let expected = "a list of lists of tables";
        let Some(outer) = self.cast(&name, value, expected, DeValue::as_array) else {
            return Vec::new();
        };
        let mut lists = Vec::new();
        for (i, inner) in outer.iter().enumerate() {
            let name = format!("{name}[{i}]");
            if let Some(array) = self.cast(&name, inner, "a list of tables", DeValue::as_array) {
                lists.push(self.tables_of(&name, array));
            }
        }
        lists
    }

    /// Whatever stands there.
    pub(crate) fn data(&self, key: &str) -> Option<Data> {
        self.value(key).map(|value| data(value.get_ref()))
    }

    /// Whatever stands in a list, each member with its place.
    pub(crate) fn members(&self, key: &str) -> Vec<(Data, Span)> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let list = self.cast(&self.dotted(key), value, "a list", DeValue::as_array);
        let members = list.into_iter().flat_map(|list| list.iter());
        members.map(|member| (data(member.get_ref()), self.span_of(member))).collect()
    }

    /// The keys with their places, in the order of the file.
    pub(crate) fn keys(&self) -> Vec<(String, Span)> {
        let keys = self.table.keys();
        let mut keys: Vec<(String, Span)> = keys
            .map(|key| (key.get_ref().to_string(), span_in(self.report.text(), key.span())))
            .collect();
        keys.sort_by_key(|(_, span)| *span);
        keys
    }

    /// Whatever stands under the keys that begin with `prefix`.
    pub(crate) fn data_with_prefix(&self, prefix: &str) -> BTreeMap<String, Data> {
        let mut found = BTreeMap::new();
        for (key, value) in self.table {
            if key.get_ref().starts_with(prefix) {
                self.asked.borrow_mut().push(key.get_ref().to_string());
                found.insert(key.get_ref().to_string(), data(value.get_ref()));
            }
        }
        found
    }

    /// Takes `key` as dealt with, so that [`Fields::finish`] is silent about it.
    pub(crate) fn mark(&self, key: &str) {
        self.asked.borrow_mut().push(key.to_owned());
    }

    /// Reports every key that nobody asked for.
    pub(crate) fn finish(self) {
        let asked = self.asked.borrow();
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            if asked.iter().any(|known| known == name) {
                continue;
            }
            let place = match self.name.as_str() {
                "" => "the file".to_owned(),
                table => format!("`{table}`"),
            };
            let span = span_in(self.report.text(), key.span());
            let message = format!("unknown key `{}` in {place}", excerpt(name));
            let mut diagnostic = Diagnostic::error(codes::UNKNOWN_KEY, span, message);
            if let Some(near) = similar(name, asked.iter().map(String::as_str)).first() {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            }
            self.report.add(diagnostic);
        }
    }

    pub(crate) fn error(&self, code: &'static str, span: Span, message: impl Into<String>) {
        self.report.add(Diagnostic::error(code, span, message));
    }

    pub(crate) fn add(&self, diagnostic: Diagnostic) {
        self.report.add(diagnostic);
    }

    /// Reports a list with too few or too many members.
    pub(crate) fn check_count(
        &self,
        key: &str,
        count: usize,
        range: &RangeInclusive<usize>,
        span: Span,
    ) {
        if range.contains(&count) {
            return;
        }
        let bounds = match (range.start(), range.end()) {
            (1, &usize::MAX) => "at least one entry".to_owned(),
            (low, &usize::MAX) => format!("at least {low} entries"),
            (1, 1) => "one entry".to_owned(),
            (low, high) => format!("{low} to {high} entries"),
        };
        let message = format!("`{}` takes {bounds}, not {count}", self.dotted(key));
        self.error(codes::RANGE, span, message);
    }

    /// The name of one of this table's keys in messages.
    pub(crate) fn dotted(&self, key: &str) -> String {
        match self.name.as_str() {
            "" => key.to_owned(),
            name => format!("{name}.{key}"),
        }
    }

    fn value(&self, key: &str) -> Option<&'f Spanned<DeValue<'f>>> {
        self.mark(key);
        self.table.get(key)
    }

    fn span_of(&self, value: &Spanned<DeValue<'_>>) -> Span {
        span_in(self.report.text(), value.span())
    }

    fn cast<T>(
        &self,
        name: &str,
        value: &'f Spanned<DeValue<'f>>,
        expected: &str,
        cast: Cast<'f, T>,
    ) -> Option<T> {
        let wanted = cast(value.get_ref());
        if wanted.is_none() {
            let found = kind(value.get_ref());
            let message = format!("`{name}` must be {expected}, found {found}");
            self.error(codes::TYPE, self.span_of(value), message);
        }
        wanted
    }

    fn as_table(&self, name: String, value: &'f Spanned<DeValue<'f>>) -> Option<Fields<'f>> {
        let table = self.cast(&name, value, "a table", DeValue::as_table)?;
        Some(Fields::over(name, self.span_of(value), table, self.report))
    }

    fn tables_of(&self, name: &str, array: &'f DeArray<'f>) -> Vec<Fields<'f>> {
        let each = array.iter().enumerate();
        each.filter_map(|(i, value)| self.as_table(format!("{name}[{i}]"), value)).collect()
    }

    fn texts_of(&self, key: &str, value: &'f Spanned<DeValue<'f>>) -> Vec<String> {
        self.spanned_texts_of(key, value).into_iter().map(|text| text.value).collect()
    }

    fn spanned_texts_of(&self, key: &str, value: &'f Spanned<DeValue<'f>>) -> Vec<Text> {
        let name = self.dotted(key);
        let Some(array) = self.cast(&name, value, "a list of strings", DeValue::as_array) else {
            return Vec::new();
        };
        let mut texts = Vec::with_capacity(array.len());
        for (i, member) in array.iter().enumerate() {
            let name = format!("{name}[{i}]");
            if let Some(text) = self.cast(&name, member, "a string", |value| value.as_str()) {
                texts.push(Text { value: text.to_owned(), span: self.span_of(member) });
            }
        }
        texts
    }
}

/// `a`, `b` and `c`
pub(crate) fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// The name that was likely meant: the same but for case, or a near one. A letter or two resemble everything.
fn nearest(text: &str, names: &[&str]) -> Option<String> {
    if let Some(name) = names.iter().find(|name| name.eq_ignore_ascii_case(text)) {
        return Some((*name).to_owned());
    }
    let near = similar(&text.to_lowercase(), names.iter().copied()).into_iter().next();
    near.filter(|_| 2 < text.len() || names.iter().all(|name| 2 < name.len()))
}

fn whole(integer: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// What a value is, for messages.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A copy without places. The parser bounds the nesting.
fn data(value: &DeValue<'_>) -> Data {
    match value {
        DeValue::String(text) => Data::Text(text.to_string()),
        DeValue::Integer(integer) => match whole(integer) {
            Some(number) => Data::Integer(number),
            None => Data::Text(integer.as_str().to_owned()),
        },
        DeValue::Float(float) => Data::Float(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(boolean) => Data::Boolean(*boolean),
        DeValue::Datetime(date) => Data::Text(date.to_string()),
        DeValue::Array(array) => {
            Data::List(array.iter().map(|member| data(member.get_ref())).collect())
        }
        DeValue::Table(table) => Data::Table(
            table
                .iter()
                .map(|(key, value)| (key.get_ref().to_string(), data(value.get_ref())))
                .collect(),
        ),
    }
}
