//! What a rule file holds, as plain data.

use std::collections::BTreeMap;

use brokerwatch_eql::ast;
use brokerwatch_expr::{Diagnostic, Span};
use brokerwatch_kql::ast::Query;

/// One rule, read and checked.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Where the file came from, as the caller named it.
    pub path: String,
    /// The whole file, so that a later finding can show its place.
    pub text: String,
    /// What is odd about the file without stopping it from loading.
    pub warnings: Vec<Diagnostic>,
    /// `[metadata]`
    pub metadata: Metadata,
    /// `[transform]`
    pub transforms: Transforms,

    /// `rule_id`: a UUID in lower case.
    pub id: String,
    /// `name`
    pub name: String,
    /// `description`
    pub description: String,
    /// `type`, with what only this type has.
    pub kind: RuleKind,
    /// `language`; none for machine learning.
    pub language: Option<Language>,
    /// `query` as the language reads it; empty where the type has none.
    pub query_text: String,
    /// Where `query_text` stands in the file, byte for byte; none if it is written with escapes.
    pub query_span_in_file: Option<Span>,
    /// The value of `query` with its quotes.
    pub query_value_span: Span,
    /// The query of a rule in KQL or Lucene, parsed; none of a `saved_query` that Kibana keeps.
    pub search: Option<Query>,
    /// `severity`
    pub severity: Severity,
    /// `risk_score`, 0 to 100.
    pub risk_score: u8,
    /// `author`
    pub author: Vec<String>,
    /// `license`
    pub license: Option<String>,
    /// `tags`
    pub tags: Vec<String>,
    /// `threat`
    pub threat: Vec<Threat>,
    /// `references`
    pub references: Vec<String>,
    /// `false_positives`
    pub false_positives: Vec<String>,
    /// `note`: the investigation guide, in Markdown.
    pub note: Option<String>,
    /// `setup`, in Markdown.
    pub setup: Option<String>,

    /// `index`: the patterns of the indices that are searched.
    pub index: Vec<String>,
    /// `data_view_id`, in place of `index`.
    pub data_view_id: Option<String>,
    /// `from`: how far a run looks back; six minutes if the file does not say.
    pub from: Period,
    /// `to`; `now` if the file does not say.
    pub to: String,
    /// `interval`: how often the rule runs; five minutes if the file does not say.
    pub interval: Period,
    /// `max_signals`; 100 if the file does not say.
    pub max_signals: u16,
    /// `enabled`
    pub enabled: Option<bool>,
    /// `building_block_type = "default"`: its alerts feed other rules.
    pub building_block: bool,
    /// `timestamp_override`
    pub timestamp_override: Option<String>,
    /// `rule_name_override`
    pub rule_name_override: Option<String>,
    /// `event_category_override` (EQL)
    pub event_category_override: Option<String>,
    /// `tiebreaker_field` (EQL)
    pub tiebreaker_field: Option<String>,
    /// `timestamp_field` (EQL)
    pub timestamp_field: Option<String>,
    /// `alert_suppression`
    pub suppression: Option<Suppression>,
    /// `exceptions_list`
    pub exceptions: Vec<Exceptions>,
    /// `investigation_fields.field_names`
    pub investigation_fields: Vec<String>,
    /// `severity_mapping`
    pub severity_mapping: Vec<Override>,
    /// `risk_score_mapping`
    pub risk_score_mapping: Vec<Override>,
    /// `timeline_id`
    pub timeline_id: Option<String>,
    /// `timeline_title`
    pub timeline_title: Option<String>,
    /// Keys that are carried along unread: `actions`, `filters`, `meta`, `response_actions`, `throttle` and
    /// what Elastic's build writes.
    pub other: BTreeMap<&'static str, Data>,
}

/// The rule types, with what only one of them has.
#[derive(Debug, Clone)]
pub enum RuleKind {
    /// `eql`
    Eql {
        /// The query, parsed.
        statement: ast::Statement,
    },
    /// `esql`
    Esql,
    /// `query` and `saved_query`
    Query {
        /// `saved_id`, of a saved query.
        saved_id: Option<String>,
    },
    /// `threshold`
    Threshold(Threshold),
    /// `new_terms`
    NewTerms(NewTerms),
    /// `threat_match`
    ThreatMatch(Box<ThreatMatch>),
    /// `machine_learning`
    MachineLearning(MachineLearning),
}

impl RuleKind {
    /// The type as the file writes it.
    pub fn name(&self) -> &'static str {
        match self {
            RuleKind::Eql { .. } => "eql",
            RuleKind::Esql => "esql",
            RuleKind::Query { saved_id: None } => "query",
            RuleKind::Query { saved_id: Some(_) } => "saved_query",
            RuleKind::Threshold(_) => "threshold",
            RuleKind::NewTerms(_) => "new_terms",
            RuleKind::ThreatMatch(_) => "threat_match",
            RuleKind::MachineLearning(_) => "machine_learning",
        }
    }
}

/// The query languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `eql`
    Eql,
    /// `esql`
    Esql,
    /// `kuery`
    Kuery,
    /// `lucene`
    Lucene,
}

/// How bad a match is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// `low`, risk 0 to 21.
    Low,
    /// `medium`, risk 22 to 47.
    Medium,
    /// `high`, risk 48 to 73.
    High,
    /// `critical`, risk 74 to 100.
    Critical,
}

impl Severity {
    /// All of them with their names.
    pub const ALL: &'static [(&'static str, Severity)] = &[
        ("low", Severity::Low),
        ("medium", Severity::Medium),
        ("high", Severity::High),
        ("critical", Severity::Critical),
    ];

    /// The name as the file writes it.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    /// The band that a risk score of 0 to 100 belongs to.
    pub fn of_risk(risk_score: u8) -> Severity {
        match risk_score {
            0..=21 => Severity::Low,
            22..=47 => Severity::Medium,
            48..=73 => Severity::High,
            74.. => Severity::Critical,
        }
    }
}

/// A span of time as written, such as `now-9m` or `5m`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// The text.
    pub text: String,
    /// Its length in seconds; a month counts 30 days and a year 365.
    pub seconds: u64,
}

/// One `[[rule.threat]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threat {
    /// `MITRE ATT&CK` or `MITRE ATLAS`
    pub framework: String,
    /// What the adversary wants.
    pub tactic: Tactic,
    /// How it is done.
    pub techniques: Vec<Technique>,
}

/// A tactic of ATT&CK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tactic {
    /// Such as `TA0011`.
    pub id: String,
    /// Such as `Command and Control`.
    pub name: String,
    /// Its page.
    pub reference: String,
}

/// A technique of ATT&CK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Technique {
    /// Such as `T1071`.
    pub id: String,
    /// Such as `Application Layer Protocol`.
    pub name: String,
    /// Its page.
    pub reference: String,
    /// Its parts that apply.
    pub subtechniques: Vec<Subtechnique>,
}

/// A sub-technique of ATT&CK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subtechnique {
    /// Such as `T1071.005`.
    pub id: String,
    /// Such as `Publish/Subscribe Protocols`.
    pub name: String,
    /// Its page.
    pub reference: String,
}

/// `[metadata]`
#[derive(Debug, Clone, PartialEq)]
pub struct Metadata {
    /// `creation_date`, `YYYY/MM/DD`.
    pub creation_date: String,
    /// `updated_date`, `YYYY/MM/DD`.
    pub updated_date: String,
    /// `deprecation_date`, `YYYY/MM/DD`.
    pub deprecation_date: Option<String>,
    /// `maturity`
    pub maturity: Option<Maturity>,
    /// `integration`, one or several.
    pub integration: Vec<String>,
    /// `min_stack_version`
    pub min_stack_version: Option<String>,
    /// `min_stack_comments`
    pub min_stack_comments: Option<String>,
    /// `os_type_list`
    pub os_type_list: Vec<String>,
    /// The switches and notes of Elastic's build, carried along unread.
    pub other: BTreeMap<String, Data>,
}

/// How ready a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maturity {
    /// `development`
    Development,
    /// `experimental`
    Experimental,
    /// `beta`
    Beta,
    /// `production`
    Production,
    /// `deprecated`
    Deprecated,
}

/// `[transform]`: the buttons of the investigation guide.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Transforms {
    /// `$osquery_0` and so on.
    pub osquery: Vec<OsqueryButton>,
    /// `$investigate_0` and so on.
    pub investigate: Vec<InvestigateButton>,
}

/// One `[[transform.osquery]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct OsqueryButton {
    /// The text on the button.
    pub label: String,
    /// The SQL.
    pub query: String,
    /// Which column becomes which ECS field.
    pub ecs_mapping: Option<Data>,
}

/// One `[[transform.investigate]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct InvestigateButton {
    /// The text on the button.
    pub label: String,
    /// More about it.
    pub description: Option<String>,
    /// Alternatives, each of which is a list of conditions that hold together.
    pub providers: Vec<Vec<Provider>>,
    /// `relativeFrom`
    pub relative_from: Option<String>,
    /// `relativeTo`
    pub relative_to: Option<String>,
}

/// One condition of an investigate button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Whether the condition is turned round.
    pub excluded: bool,
    /// The field.
    pub field: String,
    /// `phrase` or `range`.
    pub query_type: String,
    /// The value, or a template such as `{{host.id}}`.
    pub value: String,
    /// `string`, `boolean` or `number`.
    pub value_type: String,
}

/// `[rule.alert_suppression]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// Alerts with the same values of these become one; empty for a threshold rule.
    pub group_by: Vec<String>,
    /// For how many seconds; none is for one run.
    pub duration_seconds: Option<u64>,
    /// What happens to an alert that lacks one of the fields.
    pub missing_fields: MissingFields,
}

/// `missing_fields_strategy`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingFields {
    /// `suppress`: a missing field is a value of its own.
    #[default]
    Suppress,
    /// `doNotSuppress`: each such alert stands for itself.
    DoNotSuppress,
}

/// One `[[rule.exceptions_list]]`: a list that is kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceptions {
    /// `id`
    pub id: String,
    /// `list_id`
    pub list_id: String,
    /// `namespace_type`: `single` or `agnostic`.
    pub namespace_type: String,
    /// `type`, such as `detection` or `rule_default`.
    pub list_type: String,
}

/// One `[[rule.severity_mapping]]` or `[[rule.risk_score_mapping]]`: a field of the event that overrides the rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The field.
    pub field: String,
    /// `equals`
    pub operator: Option<String>,
    /// The value that the field must have.
    pub value: Option<String>,
    /// The severity that is taken (severity mapping only).
    pub severity: Option<Severity>,
    /// The risk score that is taken (risk score mapping only).
    pub risk_score: Option<u8>,
}

/// `[rule.threshold]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// The fields that group the events; none counts all of them together.
    pub fields: Vec<String>,
    /// How many events make an alert.
    pub value: u64,
    /// How many different values of other fields there must be.
    pub cardinality: Vec<Cardinality>,
}

/// One `[[rule.threshold.cardinality]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cardinality {
    /// The field.
    pub field: String,
    /// The least number of different values.
    pub value: u64,
}

/// `[rule.new_terms]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTerms {
    /// The fields whose values together must be new.
    pub fields: Vec<String>,
    /// How far back a value makes it old.
    pub history_window: HistoryWindow,
}

/// `[[rule.new_terms.history_window_start]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryWindow {
    /// Such as `now-14d`.
    pub start: Period,
}

/// What only a threat match rule has.
#[derive(Debug, Clone, PartialEq)]
pub struct ThreatMatch {
    /// `threat_index`
    pub index: Vec<String>,
    /// `threat_query`
    pub query: Option<String>,
    /// The same, parsed.
    pub search: Option<Query>,
    /// Where `query` stands in the file, byte for byte; none if it is written with escapes.
    pub query_span_in_file: Option<Span>,
    /// The value of `threat_query` with its quotes.
    pub query_value_span: Span,
    /// `threat_language`
    pub language: Option<Language>,
    /// `threat_indicator_path`
    pub indicator_path: Option<String>,
    /// `threat_mapping`: alternatives, each of which is a list of pairs that hold together.
    pub mapping: Vec<Vec<MappingEntry>>,
    /// `threat_filters`
    pub filters: Option<Data>,
    /// `concurrent_searches`
    pub concurrent_searches: Option<u64>,
    /// `items_per_search`
    pub items_per_search: Option<u64>,
}

/// One entry of a threat mapping: the event's field against the indicator's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingEntry {
    /// The field of the event.
    pub field: String,
    /// The field of the indicator.
    pub value: String,
    /// Whether the pair must differ.
    pub negate: bool,
}

/// What only a machine learning rule has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineLearning {
    /// `machine_learning_job_id`, one or several.
    pub job_ids: Vec<String>,
    /// `anomaly_threshold`, 0 to 100.
    pub anomaly_threshold: u8,
}

/// A value that is carried along unread.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// A text; dates and times are texts too.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// A list.
    List(Vec<Data>),
    /// A table.
    Table(BTreeMap<String, Data>),
}
