//! From text to lists: both notations, every key that they have, and everything that is wrong at once.

use std::collections::HashMap;
use std::sync::Arc;

use brokerwatch_ecs::{Timestamp, date};
use brokerwatch_expr::{Diagnostic, Span};
use toml::de::DeTable;

use super::json::{self, Object};
use super::{
    Contents, Entry, ExceptionList, Item, LIST_TYPES, NAMESPACES, Source, Test, ValueLists, Written,
};
use crate::fields::{Fields, listed};
use crate::load::silence_echoes;
use crate::report::{Report, excerpt};
use crate::{codes, formats, limits};

/// Reads one file of exceptions, in either notation: no TOML begins with `{`, and every export does.
///
/// `value_lists` gives the value lists that entries of type `list` name. On failure all problems come back, errors and
/// warnings, in the order of the file.
pub fn load(
    path: &str,
    text: &str,
    value_lists: ValueLists<'_>,
) -> Result<Contents, Vec<Diagnostic>> {
    let is_export = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    let bytes_max = if is_export { limits::EXCEPTIONS_BYTES_MAX } else { limits::FILE_BYTES_MAX };
    if bytes_max < text.len() {
        let message = format!(
            "the file has {} bytes, more than the {bytes_max} that exceptions may have",
            text.len()
        );
        return Err(vec![Diagnostic::error(codes::FILE_TOO_LONG, Span::default(), message)]);
    }
    let report = Report::new(text);
    let source = Arc::new(Source { path: path.to_owned(), text: text.to_owned() });
    let reading = Reading { source, report: &report, value_lists };
    let mut contents = if is_export { reading.export() } else { reading.toml() };
    reading.refuse_repeated_items(&contents.lists);
    if report.has_errors() {
        return Err(report.into_diagnostics());
    }
    contents.warnings = report.into_diagnostics();
    Ok(contents)
}

/// Which keys a table may have beside those that mean something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Notation {
    /// What people write.
    Toml,
    /// What Kibana writes, with its own notes on every object.
    Export,
}

/// What Kibana notes on every object, and nobody reads here.
const NOTES: &[&str] = &[
    "_version",
    "created_at",
    "created_by",
    "id",
    "immutable",
    "meta",
    "tie_breaker_id",
    "updated_at",
    "updated_by",
    "version",
];

/// One file under reading.
struct Reading<'r, 't> {
    source: Arc<Source>,
    report: &'r Report<'t>,
    value_lists: ValueLists<'r>,
}

/// An item, and which list it says it is of.
struct Read {
    item: Item,
    list_id: Written,
    namespace_type: String,
}

impl Reading<'_, '_> {
    fn toml(&self) -> Contents {
        let (document, syntax) = DeTable::parse_recoverable(self.report.text());
        let fields = Fields::new("", &document, self.report);
        fields.require(&["metadata", "exceptions"]);
        let rule_ids = fields.table("metadata").map(metadata).unwrap_or_default();
        let mut contents = Contents::default();
        for data in fields.tables("exceptions") {
            data.require(&["container", "items"]);
            let list = data.table("container").map(|table| self.list(table, Notation::Toml));
            let items = data.tables("items").into_iter();
            let items: Vec<Read> = items.map(|table| self.item(table, Notation::Toml)).collect();
            data.finish();
            let Some(mut list) = list else { continue };
            if list.list_type == "rule_default" {
                list.rule_ids.clone_from(&rule_ids);
            }
            contents.lists.push(list);
            let own = contents.lists.len() - 1;
            for read in items {
                if read.list_id.value == contents.lists[own].list_id {
                    contents.lists[own].items.push(read.item);
                } else {
                    self.refuse_stray(&read, Some(&contents.lists[own]));
                }
            }
        }
        fields.finish();
        if !syntax.is_empty() {
            silence_echoes(self.report.text(), self.report, &syntax);
        }
        self.refuse_repeated_lists(&contents.lists);
        contents
    }

    fn export(&self) -> Contents {
        let mut contents = Contents::default();
        let mut items = Vec::new();
        // Which rule names which list.
        let mut rules: Vec<(String, ListKey)> = Vec::new();
        let text = self.report.text();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let trimmed = line.trim_start_matches('\u{feff}').trim();
            let from = start + line.find(trimmed).unwrap_or(0);
            start += line.len();
            if trimmed.is_empty() {
                continue;
            }
            let Some(object) = json::object(from..from + trimmed.len(), self.report) else {
                continue;
            };
            match kind(&object) {
                Some(Kind::Item) => {
                    let table = object.table(self.report, |_| true);
                    let fields = Fields::new("item", &table, self.report);
                    items.push(self.item(fields, Notation::Export));
                }
                Some(Kind::List) => {
                    let table = object.table(self.report, |_| true);
                    let fields = Fields::new("list", &table, self.report);
                    contents.lists.push(self.list(fields, Notation::Export));
                }
                Some(Kind::Rule) => {
                    contents.passed_over += 1;
                    rules.extend(self.references(&object));
                }
                Some(Kind::Connector) => contents.passed_over += 1,
                Some(Kind::Summary) => {}
                None => {
                    let message = "the line is no exception list, no item and no rule";
                    let diagnostic = Diagnostic::error(codes::NO_JSON, object.span(text), message);
                    let help =
                        "a list has `list_id`, an item has `entries` too, a rule has `rule_id`";
                    self.report.add(diagnostic.help(help));
                }
            }
        }
        self.refuse_repeated_lists(&contents.lists);
        self.put_together(&mut contents.lists, items, &rules);
        contents
    }

    /// Gives the items, and the rules that name them, to the lists.
    fn put_together(
        &self,
        lists: &mut [ExceptionList],
        items: Vec<Read>,
        rules: &[(String, ListKey)],
    ) {
        let places: HashMap<ListKey, usize> =
            lists.iter().enumerate().map(|(place, list)| (list.key(), place)).collect();
        for read in items {
            let key = (read.namespace_type.clone(), read.list_id.value.clone());
            match places.get(&key) {
                Some(&place) => lists[place].items.push(read.item),
                None => self.refuse_stray(&read, None),
            }
        }
        for (rule, key) in rules {
            // A list that the export does not hold is the rule's own matter.
            if let Some(&place) = places.get(key) {
                lists[place].rule_ids.push(rule.clone());
            }
        }
    }

    /// The lists that a rule of an export names. The rule itself is not read.
    fn references(&self, object: &Object<'_>) -> Vec<(String, ListKey)> {
        let table = object.table(self.report, |key| matches!(key, "rule_id" | "exceptions_list"));
        let fields = Fields::new("rule", &table, self.report);
        let rule = fields.text("rule_id").unwrap_or_default();
        let references = fields.tables("exceptions_list").into_iter().filter_map(|reference| {
            let namespace = reference.text("namespace_type").unwrap_or("single".to_owned());
            Some((rule.clone(), (namespace, reference.text("list_id")?)))
        });
        references.collect()
    }

    fn list(&self, fields: Fields<'_>, notation: Notation) -> ExceptionList {
        fields.require(&["description", "list_id", "name", "type"]);
        require_namespace(&fields, notation);
        let os_types = os_types(&fields);
        let list = ExceptionList {
            source: Arc::clone(&self.source),
            span: fields.value_span("list_id").unwrap_or(fields.span()),
            list_id: fields.filled_text("list_id").unwrap_or_default(),
            namespace_type: namespace(&fields),
            list_type: fields.choice_text("type", LIST_TYPES).unwrap_or_default(),
            name: fields.text("name").unwrap_or_default(),
            description: fields.text("description").unwrap_or_default(),
            tags: fields.texts("tags"),
            rule_ids: Vec::new(),
            items: Vec::new(),
        };
        // Kibana stores systems of a list, but never looks at them.
        if !os_types.is_empty() {
            let span = fields.value_span("os_types").unwrap_or(fields.span());
            let message = "`os_types` of a list has no effect";
            let diagnostic = Diagnostic::warning(codes::EXCEPTION_IDLE, span, message);
            fields.add(diagnostic.help("give the systems to each of its items"));
        }
        take_notes(&fields, notation);
        fields.finish();
        list
    }

    fn item(&self, fields: Fields<'_>, notation: Notation) -> Read {
        fields.require(&["description", "entries", "list_id", "name", "type"]);
        require_namespace(&fields, notation);
        fields.choice("type", &[("simple", ())]);
        let list_span = fields.value_span("list_id").unwrap_or(fields.span());
        let item = Item {
            span: fields.value_span("name").unwrap_or(fields.span()),
            item_id: fields.filled_text("item_id"),
            name: fields.text("name").unwrap_or_default(),
            description: fields.text("description").unwrap_or_default(),
            tags: fields.texts("tags"),
            comments: comments(&fields, notation),
            os_types: os_types(&fields),
            expires: fields.formatted(
                "expire_time",
                "a time in ISO 8601, such as `2026-01-31T12:00:00Z`",
                moment,
            ),
            entries: self.entries(&fields, false),
        };
        let list_id = fields.filled_text("list_id").unwrap_or_default();
        let read = Read {
            item,
            list_id: Written { value: list_id, span: list_span },
            namespace_type: namespace(&fields),
        };
        take_notes(&fields, notation);
        fields.finish();
        read
    }

    fn entries(&self, fields: &Fields<'_>, nested: bool) -> Vec<Entry> {
        let tables = fields.tables("entries");
        if fields.has("entries") {
            let span = fields.value_span("entries").unwrap_or(fields.span());
            fields.check_count("entries", tables.len(), &(1..=limits::ENTRIES_MAX), span);
        }
        tables.into_iter().filter_map(|table| self.entry(table, nested)).collect()
    }

    /// `None` only if an error was reported.
    fn entry(&self, fields: Fields<'_>, nested: bool) -> Option<Entry> {
        const OPERATORS: &[(&str, bool)] = &[("included", false), ("excluded", true)];
        fields.require(&["field", "type"]);
        let types = if nested { NESTED_TYPES } else { TYPES };
        let kind = fields.choice("type", types);
        let excluded = match kind {
            // A nested entry has no operator, so that one is an unknown key.
            Some(Type::Nested) => Some(false),
            _ => {
                fields.require(&["operator"]);
                fields.choice("operator", OPERATORS)
            }
        };
        let span = fields.value_span("field").unwrap_or(fields.span());
        let field = fields.filled_text("field");
        let Some(kind) = kind else {
            // Which other keys there may be depends on the type.
            ["value", "list", "entries", "operator"].iter().for_each(|key| fields.mark(key));
            fields.finish();
            return None;
        };
        let test = self.test(kind, &fields);
        fields.finish();
        Some(Entry { span, field: field?, excluded: excluded?, test: test? })
    }

    fn test(&self, kind: Type, fields: &Fields<'_>) -> Option<Test> {
        match kind {
            Type::Match => {
                fields.require(&["value"]);
                written(fields).map(Test::Match)
            }
            Type::Wildcard => {
                fields.require(&["value"]);
                written(fields).map(Test::Wildcard)
            }
            Type::MatchAny => {
                fields.require(&["value"]);
                let values = fields.bounded_spanned_texts("value", 1..=usize::MAX).into_iter();
                let values =
                    values.map(|text| Written { value: text.value, span: text.span }).collect();
                Some(Test::MatchAny(values))
            }
            Type::Exists => Some(Test::Exists),
            Type::List => {
                fields.require(&["list"]);
                self.value_list(fields.table("list")?)
            }
            Type::Nested => {
                fields.require(&["entries"]);
                Some(Test::Nested(self.entries(fields, true)))
            }
        }
    }

    /// A value list is no part of any export: it is a file of its id beside this one.
    fn value_list(&self, fields: Fields<'_>) -> Option<Test> {
        fields.require(&["id", "type"]);
        let span = fields.value_span("id").unwrap_or(fields.span());
        let id = fields.filled_text("id");
        fields.choice("type", VALUE_LIST_TYPES);
        fields.finish();
        let id = id?;
        let wrong = |message: String, help: String| {
            self.report.add(Diagnostic::error(codes::VALUE_LIST, span, message).help(help));
            None
        };
        let shown = excerpt(&id);
        // The id becomes a part of a path, and whoever wrote the file must not choose another folder.
        if id.contains(['/', '\\', '\0', ':']) || matches!(id.as_str(), "." | "..") {
            return wrong(
                format!("value list `{shown}` cannot be a file beside this one"),
                "give it an id without `/`, `\\` and `:`".to_owned(),
            );
        }
        let Some(text) = (self.value_lists)(&self.source.path, &id) else {
            return wrong(
                format!("value list `{shown}` is not there; no export holds value lists"),
                format!(
                    "write its values, one a line, into a file named `{shown}` beside this one"
                ),
            );
        };
        if limits::EXCEPTIONS_BYTES_MAX < text.len() {
            return wrong(
                format!("value list `{shown}` has {} bytes", text.len()),
                format!("a value list may have {} bytes", limits::EXCEPTIONS_BYTES_MAX),
            );
        }
        let values = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Some(Test::List { span, id, values: values.map(str::to_owned).collect() })
    }

    fn refuse_stray(&self, read: &Read, own: Option<&ExceptionList>) {
        // A missing key was told already.
        if read.list_id.value.is_empty() || own.is_some_and(|list| list.list_id.is_empty()) {
            return;
        }
        let id = excerpt(&read.list_id.value);
        let (message, help) = match own {
            Some(list) => (
                format!("the item is of list `{id}`, but stands below list `{}`", list.list_id),
                "give it the `list_id` of its container",
            ),
            None => (
                format!(
                    "the item is of list `{id}` in namespace `{}`, which is not in this file",
                    read.namespace_type
                ),
                "add the line of the list, or correct `list_id` and `namespace_type`",
            ),
        };
        let diagnostic = Diagnostic::error(codes::STRAY_ITEM, read.list_id.span, message);
        self.report.add(diagnostic.help(help));
    }

    fn refuse_repeated_lists(&self, lists: &[ExceptionList]) {
        let mut known: HashMap<ListKey, Span> = HashMap::new();
        for list in lists.iter().filter(|list| !list.list_id.is_empty()) {
            let first = *known.entry(list.key()).or_insert(list.span);
            if first != list.span {
                let message = format!("list `{}` is given twice", excerpt(&list.list_id));
                let diagnostic = Diagnostic::error(codes::EXCEPTION_TWICE, list.span, message);
                let diagnostic = diagnostic.label(first, "first given here");
                self.report.add(diagnostic.help("put all items under one of the two"));
            }
        }
    }

    fn refuse_repeated_items(&self, lists: &[ExceptionList]) {
        for list in lists {
            let mut known: HashMap<&str, Span> = HashMap::new();
            for item in &list.items {
                let Some(id) = &item.item_id else { continue };
                let first = *known.entry(id).or_insert(item.span);
                if first != item.span {
                    let message = format!("item `{}` is given twice", excerpt(id));
                    let diagnostic = Diagnostic::error(codes::EXCEPTION_TWICE, item.span, message);
                    let diagnostic = diagnostic.label(first, "first given here");
                    self.report.add(diagnostic.help("give one of the two another `item_id`"));
                }
            }
        }
    }
}

/// Namespace and id of a list.
type ListKey = (String, String);

/// What a line of an export is.
#[derive(Clone, Copy)]
enum Kind {
    Item,
    List,
    Rule,
    Connector,
    Summary,
}

/// Told as Kibana tells it: by the keys.
fn kind(object: &Object<'_>) -> Option<Kind> {
    if object.has("entries") || object.has("item_id") {
        Some(Kind::Item)
    } else if object.has("list_id") {
        Some(Kind::List)
    } else if object.has("rule_id") {
        Some(Kind::Rule)
    } else if object.has("attributes") {
        Some(Kind::Connector)
    } else if object.has_prefix("exported_") {
        Some(Kind::Summary)
    } else {
        None
    }
}

/// The ids of the rules; the rest is for people.
fn metadata(fields: Fields<'_>) -> Vec<String> {
    fields.require(&["creation_date", "list_name", "rule_ids", "rule_names", "updated_date"]);
    for key in ["creation_date", "deprecation_date", "updated_date"] {
        let read = |text: &str| formats::is_date(text).then_some(());
        fields.formatted(key, "a day written `YYYY/MM/DD`", read);
    }
    fields.filled_text("list_name");
    fields.texts("rule_names");
    ["comments", "maturity"].iter().for_each(|key| fields.mark(key));
    let ids = fields.spanned_texts("rule_ids");
    for id in ids.iter().filter(|id| !formats::is_uuid(&id.value)) {
        let message =
            format!("`metadata.rule_ids` holds UUIDs in lower case, not `{}`", excerpt(&id.value));
        fields.error(codes::FORMAT, id.span, message);
    }
    fields.finish();
    ids.into_iter().map(|id| id.value).collect()
}

/// Kibana writes the namespace always, and takes an object without one as of `single`; Elastic's loader does not.
fn require_namespace(fields: &Fields<'_>, notation: Notation) {
    if notation == Notation::Toml {
        fields.require(&["namespace_type"]);
    }
}

fn namespace(fields: &Fields<'_>) -> String {
    fields.choice_text("namespace_type", NAMESPACES).unwrap_or("single".to_owned())
}

fn take_notes(fields: &Fields<'_>, notation: Notation) {
    fields.mark("meta");
    if notation == Notation::Export {
        NOTES.iter().for_each(|key| fields.mark(key));
    }
}

fn comments(fields: &Fields<'_>, notation: Notation) -> Vec<String> {
    let mut comments = Vec::new();
    for comment in fields.tables("comments") {
        comment.require(&["comment"]);
        comments.extend(comment.text("comment"));
        take_notes(&comment, notation);
        comment.finish();
    }
    comments
}

fn os_types(fields: &Fields<'_>) -> Vec<String> {
    const NAMES: &[&str] = &["linux", "macos", "windows"];
    let names = fields.spanned_texts("os_types");
    for name in names.iter().filter(|name| !NAMES.contains(&name.value.as_str())) {
        let message = format!("`os_types` cannot hold `{}`", excerpt(&name.value));
        let help = format!("it holds {}", listed(NAMES));
        fields.add(Diagnostic::error(codes::CHOICE, name.span, message).help(help));
    }
    names.into_iter().map(|name| name.value).collect()
}

fn moment(text: &str) -> Option<Timestamp> {
    date::parse(text).map(|span| span.from)
}

fn written(fields: &Fields<'_>) -> Option<Written> {
    let span = fields.value_span("value")?;
    Some(Written { value: fields.filled_text("value")?, span })
}

/// The types of entries.
#[derive(Clone, Copy)]
enum Type {
    Match,
    MatchAny,
    Wildcard,
    Exists,
    List,
    Nested,
}

const TYPES: &[(&str, Type)] = &[
    ("match", Type::Match),
    ("match_any", Type::MatchAny),
    ("wildcard", Type::Wildcard),
    ("exists", Type::Exists),
    ("list", Type::List),
    ("nested", Type::Nested),
];

/// What Kibana takes inside a nested entry.
const NESTED_TYPES: &[(&str, Type)] =
    &[("match", Type::Match), ("match_any", Type::MatchAny), ("exists", Type::Exists)];

/// The types of value lists whose values are single ones; the type of the field says what they are.
const VALUE_LIST_TYPES: &[(&str, ())] = &[
    ("boolean", ()),
    ("byte", ()),
    ("date", ()),
    ("date_nanos", ()),
    ("double", ()),
    ("float", ()),
    ("half_float", ()),
    ("integer", ()),
    ("ip", ()),
    ("ip_range", ()),
    ("keyword", ()),
    ("long", ()),
    ("short", ()),
    ("text", ()),
];
