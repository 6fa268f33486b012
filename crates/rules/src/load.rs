//! From text to rule: reads every key that Elastic's format has, and says everything that is wrong at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use brokerwatch_expr::{Diagnostic, Span, line_column};
use brokerwatch_kql::ast::Query;
use toml::de::DeTable;

use crate::exceptions::{LIST_TYPES, NAMESPACES};
use crate::fields::{Fields, Text, listed};
use crate::report::{Report, excerpt, span_in};
use crate::{
    Cardinality, Exceptions, HistoryWindow, InvestigateButton, Language, MachineLearning,
    MappingEntry, Maturity, Metadata, MissingFields, NewTerms, OsqueryButton, Override, Period,
    Provider, Rule, RuleKind, Severity, Suppression, ThreatMatch, Threshold, Transforms, codes,
    formats, limits, query, threat,
};

/// A file that did not load: its path, its text and what is wrong with it.
pub type Failure = (String, String, Vec<Diagnostic>);

/// What came of many files.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The rules, in the order of the files.
    pub rules: Vec<Rule>,
    /// The files that did not load, in the same order.
    pub failures: Vec<Failure>,
}

/// Reads many files, each a path and a text; one bad file never stops the others.
///
/// A `rule_id` may be used once: a second file with it is a failure.
pub fn load_all(files: impl Iterator<Item = (String, String)>) -> Loaded {
    let mut loaded = Loaded::default();
    let mut paths: HashMap<String, String> = HashMap::new();
    for (path, text) in files {
        let rule = match load(&path, &text) {
            Ok(rule) => rule,
            Err(diagnostics) => {
                loaded.failures.push((path, text, diagnostics));
                continue;
            }
        };
        if let Some(first) = paths.get(&rule.id) {
            let diagnostic = duplicate(&rule, first);
            loaded.failures.push((path, text, vec![diagnostic]));
            continue;
        }
        paths.insert(rule.id.clone(), path);
        loaded.rules.push(rule);
    }
    loaded
}

fn duplicate(rule: &Rule, first: &str) -> Diagnostic {
    let start = rule.text.find(&rule.id).unwrap_or(0);
    let span = span_in(&rule.text, start..start + rule.id.len());
    let message = format!("`rule_id` is already taken by `{first}`");
    Diagnostic::error(codes::DUPLICATE_ID, span, message)
        .help("give one of the two rules a new UUID")
}

/// Whether a TOML file of a folder is meant as something else than a rule: a list, the description of a pack, exceptions.
pub fn is_other(text: &str) -> bool {
    let Ok(document) = DeTable::parse(text) else { return false };
    let has = |key: &str| document.get_ref().contains_key(key);
    !has("rule") && ["list", "pack", "exceptions", "lists", "tune"].into_iter().any(has)
}

/// Reads one rule file. On failure all of its problems come back, errors and warnings, in the order of the file;
/// on success the warnings are in [`Rule::warnings`].
pub fn load(path: &str, text: &str) -> Result<Rule, Vec<Diagnostic>> {
    if limits::FILE_BYTES_MAX < text.len() {
        let message = format!(
            "the file has {} bytes, more than the {} that a rule may have",
            text.len(),
            limits::FILE_BYTES_MAX
        );
        return Err(vec![Diagnostic::error(codes::FILE_TOO_LONG, Span::default(), message)]);
    }
    let report = Report::new(text);
    let (document, syntax) = DeTable::parse_recoverable(text);
    let fields = Fields::new("", &document, &report);
    let rule = file(path, &fields, &report);
    fields.finish();
    if !syntax.is_empty() {
        silence_echoes(text, &report, &syntax);
    }
    match rule {
        Some(mut rule) if !report.has_errors() => {
            rule.warnings = report.into_diagnostics();
            Ok(rule)
        }
        _ => Err(report.into_diagnostics()),
    }
}

/// Reports what is no TOML, and drops what follows from it: keys that went missing with the text that could not be
/// read, and findings on the very lines.
pub(crate) fn silence_echoes(text: &str, report: &Report<'_>, syntax: &[toml::de::Error]) {
    let line = |span: Span| line_column(text, span.start as usize).0;
    let mut errors: Vec<(Span, &str)> = syntax
        .iter()
        .map(|error| (span_in(text, error.span().unwrap_or(0..0)), error.message()))
        .collect();
    errors.sort_by_key(|(span, _)| *span);
    let lines: BTreeSet<usize> = errors.iter().map(|(span, _)| line(*span)).collect();
    report.retain(|found| {
        let span = found.span();
        found.code != codes::MISSING_KEY && span.start < span.end && !lines.contains(&line(span))
    });
    errors.dedup_by_key(|(span, _)| line(*span));
    // A bracket that is never closed swallows the rest of the file; every line of it is then an error.
    if syntax.iter().any(|error| error.message().starts_with("unclosed array")) {
        let Some(&(span, message)) = errors.first() else { return };
        let message = format!("{message}, in a list that is never closed");
        let diagnostic = Diagnostic::error(codes::SYNTAX, span, message);
        report.add(diagnostic.help("close the list before this place with `]`"));
        return;
    }
    for (span, message) in errors {
        let message = message.lines().collect::<Vec<_>>().join("; ");
        report.add(Diagnostic::error(codes::SYNTAX, span, excerpt(&message)));
    }
}

/// `None` only if an error was reported.
fn file(path: &str, file: &Fields<'_>, report: &Report<'_>) -> Option<Rule> {
    file.require(&["metadata", "rule"]);
    let metadata = file.table("metadata").map(metadata);
    let transforms = file.table("transform").map(transforms).unwrap_or_default();
    let mut rule = file.table("rule").and_then(|fields| {
        let rule = rule(&fields, report);
        fields.finish();
        rule
    })?;
    path.clone_into(&mut rule.path);
    report.text().clone_into(&mut rule.text);
    rule.metadata = metadata?;
    rule.transforms = transforms;
    Some(rule)
}

/// What Elastic's loader demands of every rule.
const REQUIRED: &[&str] =
    &["author", "description", "name", "risk_score", "rule_id", "severity", "type"];

/// What Elastic's build writes into the rule, and its loader refuses in the source.
const BUILD_TIME: &[&str] = &["related_integrations", "required_fields", "revision", "version"];

/// Free-form parts that only Kibana reads.
const CARRIED: &[&str] = &["actions", "filters", "meta", "response_actions", "throttle"];

fn rule(fields: &Fields<'_>, report: &Report<'_>) -> Option<Rule> {
    fields.require(REQUIRED);
    let kind_name = fields.choice("type", TYPES);
    let query_text = fields.spanned_text("query");
    let kind = kind(fields, kind_name, query_text.as_ref(), report);
    let readable = kind.is_some();
    refuse_keys_of_other_types(fields, kind_name);
    let language = language(fields, kind_name);
    let search = query_text.as_ref().and_then(|text| search(text, language, report));
    let severity = fields.choice("severity", Severity::ALL);
    let risk_score: Option<u8> = fields.integer("risk_score", 0..=100);
    compare_risk(fields, severity, risk_score);
    refuse_both(fields, "index", "data_view_id");
    for key in BUILD_TIME.iter().filter(|key| fields.has(key)) {
        let span = fields.key_span(key).unwrap_or(fields.span());
        let message = format!("`{key}` is written by the build of a rule package");
        let diagnostic = Diagnostic::warning(codes::BUILD_TIME, span, message);
        fields.add(diagnostic.help("leave it out of the file"));
    }
    let rule = Rule {
        path: String::new(),
        text: String::new(),
        warnings: Vec::new(),
        metadata: NO_METADATA,
        transforms: Transforms::default(),
        id: fields.formatted("rule_id", "a UUID in lower case", uuid).unwrap_or_default(),
        name: fields.filled_text("name").unwrap_or_default(),
        description: fields.filled_text("description").unwrap_or_default(),
        language,
        search,
        query_span_in_file: query_text
            .as_ref()
            .and_then(|text| query::verbatim(report.text(), text.span, &text.value)),
        query_value_span: query_text.as_ref().map(|text| text.span).unwrap_or_default(),
        query_text: query_text.map(|text| text.value).unwrap_or_default(),
        severity: severity.unwrap_or(Severity::Low),
        risk_score: risk_score.unwrap_or_default(),
        author: fields.bounded_texts("author", 1..=usize::MAX),
        license: fields.text("license"),
        tags: fields.texts("tags"),
        threat: threat::threats(fields),
        references: fields.texts("references"),
        false_positives: fields.texts("false_positives"),
        note: fields.text("note"),
        setup: fields.text("setup"),
        index: fields.texts("index"),
        data_view_id: fields.filled_text("data_view_id"),
        from: look_back(fields, "from").unwrap_or_else(|| period("now-6m", 360)),
        to: to(fields),
        interval: fields
            .formatted("interval", "a count and a unit, such as `5m`", formats::interval)
            .unwrap_or_else(|| period("5m", 300)),
        max_signals: fields.integer("max_signals", 1..=limits::SIGNALS_MAX).unwrap_or(100),
        enabled: fields.boolean("enabled"),
        building_block: fields.choice("building_block_type", &[("default", ())]).is_some(),
        timestamp_override: fields.filled_text("timestamp_override"),
        rule_name_override: fields.text("rule_name_override"),
        event_category_override: fields.filled_text("event_category_override"),
        tiebreaker_field: fields.filled_text("tiebreaker_field"),
        timestamp_field: fields.filled_text("timestamp_field"),
        suppression: fields
            .table("alert_suppression")
            .map(|part| suppression(part, kind_name == Some(Type::Threshold))),
        exceptions: fields.tables("exceptions_list").into_iter().map(exceptions).collect(),
        investigation_fields: fields
            .table("investigation_fields")
            .map(investigation_fields)
            .unwrap_or_default(),
        severity_mapping: overrides(fields, "severity_mapping"),
        risk_score_mapping: overrides(fields, "risk_score_mapping"),
        timeline_id: fields.text("timeline_id"),
        timeline_title: fields.text("timeline_title"),
        other: CARRIED
            .iter()
            .chain(BUILD_TIME)
            .filter_map(|key| Some((*key, fields.data(key)?)))
            .collect(),
        // Stands in where none could be read, so that all other keys are still checked.
        kind: kind.unwrap_or(RuleKind::Esql),
    };
    readable.then_some(rule)
}

/// Stands in until the metadata, read beside the rule, is put in.
const NO_METADATA: Metadata = Metadata {
    creation_date: String::new(),
    updated_date: String::new(),
    deprecation_date: None,
    maturity: None,
    integration: Vec::new(),
    min_stack_version: None,
    min_stack_comments: None,
    os_type_list: Vec::new(),
    other: BTreeMap::new(),
};

fn uuid(text: &str) -> Option<String> {
    formats::is_uuid(text).then(|| text.to_owned())
}

fn period(text: &str, seconds: u64) -> Period {
    Period { text: text.to_owned(), seconds }
}

fn look_back(fields: &Fields<'_>, key: &str) -> Option<Period> {
    fields.formatted(key, "`now-` with a count and a unit, such as `now-9m`", formats::look_back)
}

fn to(fields: &Fields<'_>) -> String {
    let read =
        |text: &str| (text == "now" || formats::look_back(text).is_some()).then(|| text.to_owned());
    fields.formatted("to", "`now`, or a time before it", read).unwrap_or_else(|| "now".to_owned())
}

fn compare_risk(fields: &Fields<'_>, severity: Option<Severity>, risk_score: Option<u8>) {
    let (Some(severity), Some(risk_score)) = (severity, risk_score) else { return };
    let band = Severity::of_risk(risk_score);
    if band == severity {
        return;
    }
    let span = fields.value_span("risk_score").unwrap_or(fields.span());
    let other = fields.value_span("severity").unwrap_or(fields.span());
    let message = format!("risk score {risk_score} belongs to severity `{}`", band.name());
    let diagnostic = Diagnostic::warning(codes::RISK_SEVERITY, span, message)
        .label(other, "the severity of the rule")
        .help("low is 0 to 21, medium 22 to 47, high 48 to 73, critical 74 to 100");
    fields.add(diagnostic);
}

fn refuse_both(fields: &Fields<'_>, one: &str, other: &str) {
    if let (true, Some(span)) = (fields.has(one), fields.key_span(other)) {
        let message = format!("`{other}` cannot stand beside `{one}`");
        let first = fields.key_span(one).unwrap_or(fields.span());
        let diagnostic = Diagnostic::error(codes::EXCLUSIVE, span, message);
        fields.add(diagnostic.label(first, "already given here").help("keep one of the two"));
    }
}

/// The rule types as the file names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Eql,
    Esql,
    Query,
    SavedQuery,
    Threshold,
    NewTerms,
    ThreatMatch,
    MachineLearning,
}

const TYPES: &[(&str, Type)] = &[
    ("eql", Type::Eql),
    ("esql", Type::Esql),
    ("query", Type::Query),
    ("saved_query", Type::SavedQuery),
    ("threshold", Type::Threshold),
    ("new_terms", Type::NewTerms),
    ("threat_match", Type::ThreatMatch),
    ("machine_learning", Type::MachineLearning),
];

/// The types that search with a query in KQL or Lucene.
const KQL: &[Type] =
    &[Type::Query, Type::SavedQuery, Type::Threshold, Type::NewTerms, Type::ThreatMatch];

const WITH_INDEX: &[Type] =
    &[Type::Eql, Type::Query, Type::SavedQuery, Type::Threshold, Type::NewTerms, Type::ThreatMatch];

const WITH_QUERY: &[Type] = &[
    Type::Eql,
    Type::Esql,
    Type::Query,
    Type::SavedQuery,
    Type::Threshold,
    Type::NewTerms,
    Type::ThreatMatch,
];

/// The keys that only some types have.
const OWNERS: &[(&str, &[Type])] = &[
    ("query", WITH_QUERY),
    ("language", WITH_QUERY),
    ("index", WITH_INDEX),
    ("data_view_id", WITH_INDEX),
    ("event_category_override", &[Type::Eql]),
    ("tiebreaker_field", &[Type::Eql]),
    ("timestamp_field", &[Type::Eql]),
    ("saved_id", &[Type::SavedQuery]),
    ("threshold", &[Type::Threshold]),
    ("new_terms", &[Type::NewTerms]),
    ("threat_index", &[Type::ThreatMatch]),
    ("threat_query", &[Type::ThreatMatch]),
    ("threat_language", &[Type::ThreatMatch]),
    ("threat_indicator_path", &[Type::ThreatMatch]),
    ("threat_mapping", &[Type::ThreatMatch]),
    ("threat_filters", &[Type::ThreatMatch]),
    ("concurrent_searches", &[Type::ThreatMatch]),
    ("items_per_search", &[Type::ThreatMatch]),
    ("machine_learning_job_id", &[Type::MachineLearning]),
    ("anomaly_threshold", &[Type::MachineLearning]),
];

/// A key of another type would be silently without effect, so it is an error, as in Elastic's loader.
fn refuse_keys_of_other_types(fields: &Fields<'_>, kind: Option<Type>) {
    for (key, owners) in OWNERS {
        fields.mark(key);
        let Some(kind) = kind.filter(|kind| !owners.contains(kind)) else { continue };
        let Some(span) = fields.key_span(key) else { continue };
        let message = format!("a rule of type `{}` has no `{key}`", name_of(kind));
        let names: Vec<&str> = owners.iter().map(|owner| name_of(*owner)).collect();
        let help = format!("`{key}` belongs to {}", listed(&names));
        fields.add(Diagnostic::error(codes::OTHER_TYPE, span, message).help(help));
    }
}

fn name_of(kind: Type) -> &'static str {
    TYPES.iter().find(|(_, each)| *each == kind).map_or("", |(name, _)| name)
}

const LANGUAGES: &[(&str, Language)] = &[
    ("eql", Language::Eql),
    ("esql", Language::Esql),
    ("kuery", Language::Kuery),
    ("lucene", Language::Lucene),
];

fn language(fields: &Fields<'_>, kind: Option<Type>) -> Option<Language> {
    let allowed: &[(&str, Language)] = match kind {
        None => LANGUAGES,
        Some(Type::Eql) => &LANGUAGES[..1],
        Some(Type::Esql) => &LANGUAGES[1..2],
        Some(kind) if KQL.contains(&kind) => &LANGUAGES[2..],
        Some(_) => return None,
    };
    if kind.is_some() {
        fields.require(&["language"]);
    }
    fields.choice("language", allowed)
}

fn kind(
    fields: &Fields<'_>,
    kind: Option<Type>,
    query: Option<&Text>,
    report: &Report<'_>,
) -> Option<RuleKind> {
    let kind = kind?;
    if !matches!(kind, Type::MachineLearning | Type::SavedQuery) {
        fields.require(&["query"]);
    }
    if kind != Type::Eql && WITH_QUERY.contains(&kind) {
        fields.filled_text("query");
    }
    Some(match kind {
        Type::Eql => eql(query?, report)?,
        Type::Esql => RuleKind::Esql,
        Type::Query => RuleKind::Query { saved_id: None },
        Type::SavedQuery => {
            fields.require(&["saved_id"]);
            RuleKind::Query { saved_id: fields.filled_text("saved_id") }
        }
        Type::Threshold => {
            fields.require(&["threshold"]);
            RuleKind::Threshold(threshold(fields.table("threshold")?))
        }
        Type::NewTerms => {
            fields.require(&["new_terms"]);
            RuleKind::NewTerms(new_terms(fields.table("new_terms")?)?)
        }
        Type::ThreatMatch => RuleKind::ThreatMatch(Box::new(threat_match(fields, report))),
        Type::MachineLearning => RuleKind::MachineLearning(machine_learning(fields)),
    })
}

fn eql(text: &Text, report: &Report<'_>) -> Option<RuleKind> {
    match brokerwatch_eql::parse(&text.value) {
        Ok(statement) => Some(RuleKind::Eql { statement }),
        Err(diagnostics) => {
            let place = query::verbatim(report.text(), text.span, &text.value);
            for diagnostic in diagnostics {
                report.add(query::in_file(diagnostic, &text.value, place, text.span));
            }
            None
        }
    }
}

/// The query of a language that both have; without one, an error was reported, or it is another language.
fn search(text: &Text, language: Option<Language>, report: &Report<'_>) -> Option<Query> {
    let parsed = match language? {
        Language::Kuery => brokerwatch_kql::parse_kql(&text.value),
        Language::Lucene => brokerwatch_kql::parse_lucene(&text.value),
        Language::Eql | Language::Esql => return None,
    };
    let place = query::verbatim(report.text(), text.span, &text.value);
    let tell = |found| report.add(query::in_file(found, &text.value, place, text.span));
    parsed.map_err(|diagnostics| diagnostics.into_iter().for_each(tell)).ok()
}

fn threshold(fields: Fields<'_>) -> Threshold {
    fields.require(&["value"]);
    let span = fields.value_span("field").unwrap_or(fields.span());
    let threshold = Threshold {
        fields: fields.text_or_texts("field"),
        value: fields.integer("value", 1..=i64::MAX).unwrap_or(1),
        cardinality: fields.tables("cardinality").into_iter().map(cardinality).collect(),
    };
    let count = threshold.fields.len();
    fields.check_count("field", count, &(0..=limits::THRESHOLD_FIELDS_MAX), span);
    fields.finish();
    threshold
}

fn cardinality(fields: Fields<'_>) -> Cardinality {
    fields.require(&["field", "value"]);
    let cardinality = Cardinality {
        field: fields.filled_text("field").unwrap_or_default(),
        value: fields.integer("value", 1..=i64::MAX).unwrap_or(1),
    };
    fields.finish();
    cardinality
}

fn new_terms(fields: Fields<'_>) -> Option<NewTerms> {
    fields.require(&["field", "value", "history_window_start"]);
    fields.choice("field", &[("new_terms_fields", ())]);
    let terms = fields.bounded_texts("value", 1..=limits::NEW_TERMS_FIELDS_MAX);
    let span = fields.value_span("history_window_start").unwrap_or(fields.span());
    let windows = fields.tables("history_window_start");
    if fields.has("history_window_start") {
        fields.check_count("history_window_start", windows.len(), &(1..=1), span);
    }
    let mut start = None;
    for window in windows {
        window.require(&["field", "value"]);
        window.choice("field", &[("history_window_start", ())]);
        start = start.or(look_back(&window, "value"));
        window.finish();
    }
    fields.finish();
    Some(NewTerms { fields: terms, history_window: HistoryWindow { start: start? } })
}

fn threat_match(fields: &Fields<'_>, report: &Report<'_>) -> ThreatMatch {
    fields.require(&["threat_index", "threat_mapping"]);
    let count = |key: &str| fields.integer(key, 1..=i64::MAX);
    let mut mapping = Vec::new();
    for alternative in fields.tables("threat_mapping") {
        alternative.require(&["entries"]);
        mapping.push(alternative.tables("entries").into_iter().map(mapping_entry).collect());
        alternative.finish();
    }
    let language = fields.choice("threat_language", &LANGUAGES[2..]);
    let text = fields.spanned_text("threat_query");
    ThreatMatch {
        index: fields.bounded_texts("threat_index", 1..=usize::MAX),
        search: text
            .as_ref()
            .and_then(|text| search(text, language.or(Some(Language::Kuery)), report)),
        query_span_in_file: text
            .as_ref()
            .and_then(|text| query::verbatim(report.text(), text.span, &text.value)),
        query_value_span: text.as_ref().map(|text| text.span).unwrap_or_default(),
        query: text.map(|text| text.value),
        language,
        indicator_path: fields.text("threat_indicator_path"),
        mapping,
        filters: fields.data("threat_filters"),
        concurrent_searches: count("concurrent_searches"),
        items_per_search: count("items_per_search"),
    }
}

fn mapping_entry(fields: Fields<'_>) -> MappingEntry {
    fields.require(&["field", "type", "value"]);
    fields.choice("type", &[("mapping", ())]);
    let entry = MappingEntry {
        field: fields.filled_text("field").unwrap_or_default(),
        value: fields.filled_text("value").unwrap_or_default(),
        negate: fields.boolean("negate").unwrap_or(false),
    };
    fields.finish();
    entry
}

fn machine_learning(fields: &Fields<'_>) -> MachineLearning {
    fields.require(&["anomaly_threshold", "machine_learning_job_id"]);
    MachineLearning {
        job_ids: fields.text_or_texts("machine_learning_job_id"),
        anomaly_threshold: fields.integer("anomaly_threshold", 0..=100).unwrap_or(0),
    }
}

fn suppression(fields: Fields<'_>, threshold: bool) -> Suppression {
    let group_by = if threshold {
        fields.require(&["duration"]);
        for key in ["group_by", "missing_fields_strategy"] {
            fields.mark(key);
            if let Some(span) = fields.key_span(key) {
                let message = format!("the suppression of a threshold rule has no `{key}`");
                let help = "it groups by the fields of the threshold; only `duration` is given";
                fields.add(Diagnostic::error(codes::OTHER_TYPE, span, message).help(help));
            }
        }
        Vec::new()
    } else {
        fields.require(&["group_by"]);
        fields.bounded_texts("group_by", 1..=limits::SUPPRESSION_FIELDS_MAX)
    };
    let strategies =
        [("suppress", MissingFields::Suppress), ("doNotSuppress", MissingFields::DoNotSuppress)];
    let suppression = Suppression {
        group_by,
        duration_seconds: fields.table("duration").and_then(duration),
        missing_fields: if threshold {
            MissingFields::default()
        } else {
            fields.choice("missing_fields_strategy", &strategies).unwrap_or_default()
        },
    };
    fields.finish();
    suppression
}

fn duration(fields: Fields<'_>) -> Option<u64> {
    fields.require(&["unit", "value"]);
    // Far above any use, and far below an overflow in seconds.
    let value: Option<u64> = fields.integer("value", 1..=i64::from(u32::MAX));
    let unit = fields.choice("unit", &[("s", 1), ("m", 60), ("h", 3_600)]);
    fields.finish();
    Some(value? * unit?)
}

fn exceptions(fields: Fields<'_>) -> Exceptions {
    fields.require(&["id", "list_id", "namespace_type", "type"]);
    let exceptions = Exceptions {
        id: fields.filled_text("id").unwrap_or_default(),
        list_id: fields.filled_text("list_id").unwrap_or_default(),
        namespace_type: fields.choice_text("namespace_type", NAMESPACES).unwrap_or_default(),
        list_type: fields.choice_text("type", LIST_TYPES).unwrap_or_default(),
    };
    fields.finish();
    exceptions
}

fn investigation_fields(fields: Fields<'_>) -> Vec<String> {
    fields.require(&["field_names"]);
    let names = fields.bounded_texts("field_names", 1..=usize::MAX);
    fields.finish();
    names
}

fn overrides(fields: &Fields<'_>, key: &str) -> Vec<Override> {
    let risk = key == "risk_score_mapping";
    let mut overrides = Vec::new();
    for entry in fields.tables(key) {
        entry.require(&["field"]);
        overrides.push(Override {
            field: entry.filled_text("field").unwrap_or_default(),
            operator: entry.choice_text("operator", &["equals"]),
            value: entry.text("value"),
            severity: if risk { None } else { entry.choice("severity", Severity::ALL) },
            risk_score: if risk { entry.integer("risk_score", 0..=100) } else { None },
        });
        entry.finish();
    }
    overrides
}

fn metadata(fields: Fields<'_>) -> Metadata {
    const MATURITIES: &[(&str, Maturity)] = &[
        ("development", Maturity::Development),
        ("experimental", Maturity::Experimental),
        ("beta", Maturity::Beta),
        ("production", Maturity::Production),
        ("deprecated", Maturity::Deprecated),
    ];
    /// Switches of Elastic's build, of any type.
    const CARRIED: &[&str] = &[
        "bypass_bbr_timing",
        "comments",
        "extended",
        "promotion",
        "query_schema_validation",
        "related_endpoint_rules",
    ];
    fields.require(&["creation_date", "updated_date"]);
    let date = |key: &str| {
        let read = |text: &str| formats::is_date(text).then(|| text.to_owned());
        fields.formatted(key, "a day written `YYYY/MM/DD`", read)
    };
    let version = |text: &str| formats::is_version(text).then(|| text.to_owned());
    let mut other = fields.data_with_prefix("endpoint_");
    for key in CARRIED {
        other.extend(fields.data(key).map(|value| ((*key).to_owned(), value)));
    }
    let metadata = Metadata {
        creation_date: date("creation_date").unwrap_or_default(),
        updated_date: date("updated_date").unwrap_or_default(),
        deprecation_date: date("deprecation_date"),
        maturity: fields.choice("maturity", MATURITIES),
        integration: fields.text_or_texts("integration"),
        min_stack_version: fields.formatted(
            "min_stack_version",
            "a version such as `8.14.0`",
            version,
        ),
        min_stack_comments: fields.text("min_stack_comments"),
        os_type_list: os_types(&fields),
        other,
    };
    fields.finish();
    metadata
}

fn os_types(fields: &Fields<'_>) -> Vec<String> {
    const NAMES: &[&str] = &["linux", "macos", "windows"];
    let names = fields.texts("os_type_list");
    let span = fields.value_span("os_type_list").unwrap_or(fields.span());
    for name in names.iter().filter(|name| !NAMES.contains(&name.as_str())) {
        let message = format!("`os_type_list` cannot hold `{}`", excerpt(name));
        let help = format!("it holds {}", listed(NAMES));
        fields.add(Diagnostic::error(codes::CHOICE, span, message).help(help));
    }
    names
}

fn transforms(fields: Fields<'_>) -> Transforms {
    let transforms = Transforms {
        osquery: fields.tables("osquery").into_iter().map(osquery).collect(),
        investigate: fields.tables("investigate").into_iter().map(investigate).collect(),
    };
    fields.finish();
    transforms
}

fn osquery(fields: Fields<'_>) -> OsqueryButton {
    fields.require(&["label", "query"]);
    let button = OsqueryButton {
        label: fields.filled_text("label").unwrap_or_default(),
        query: fields.filled_text("query").unwrap_or_default(),
        ecs_mapping: fields.data("ecs_mapping"),
    };
    fields.finish();
    button
}

fn investigate(fields: Fields<'_>) -> InvestigateButton {
    fields.require(&["label", "providers"]);
    let lists = fields.table_lists("providers").into_iter();
    let button = InvestigateButton {
        label: fields.filled_text("label").unwrap_or_default(),
        description: fields.text("description"),
        providers: lists.map(|list| list.into_iter().map(provider).collect()).collect(),
        relative_from: fields.text("relativeFrom"),
        relative_to: fields.text("relativeTo"),
    };
    fields.finish();
    button
}

fn provider(fields: Fields<'_>) -> Provider {
    fields.require(&["excluded", "field", "queryType", "value", "valueType"]);
    let provider = Provider {
        excluded: fields.boolean("excluded").unwrap_or(false),
        field: fields.filled_text("field").unwrap_or_default(),
        query_type: fields.choice_text("queryType", &["phrase", "range"]).unwrap_or_default(),
        value: fields.text("value").unwrap_or_default(),
        value_type: fields
            .choice_text("valueType", &["string", "boolean", "number"])
            .unwrap_or_default(),
    };
    fields.finish();
    provider
}

#[cfg(test)]
#[expect(
    clippy::needless_pass_by_value,
    clippy::needless_raw_string_hashes,
    reason = "expectations are written so by expect-test"
)]
mod tests;
