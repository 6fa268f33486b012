//! `explain`: why a rule fires on an event, or what keeps it from firing.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, anyhow, bail};
use brokerwatch_detect::Silencer;
use brokerwatch_detect::explain::{Explainer, Explanation, Place, Subject};
use brokerwatch_detect::limits::EXPLAINED_MAX;
use brokerwatch_ecs::{Projection, Schema, Timestamp, similar};
use brokerwatch_eql::ast;
use brokerwatch_eql::lower::{self, Lowered, Query, Settings};
use brokerwatch_expr::{Diagnostic, Scratch};
use brokerwatch_kql::Options;
use brokerwatch_rules::exceptions::ExceptionList;
use brokerwatch_rules::{Rule, RuleKind, pack};
use brokerwatch_runtime::events::Seen;
use clap::ValueEnum;

use super::input::{self, ReadArgs, Summary};
use crate::{ERROR, report};

mod events;
mod json;
mod sequences;
mod text;

/// Explain why a rule fires on events, or what keeps it from firing
#[derive(clap::Args)]
#[command(
    override_usage = "brokerwatch explain [OPTIONS] <RULE> <PATH>...\n       \
brokerwatch explain [OPTIONS] --query <EQL> <PATH>...",
    after_help = "Examples:\n  brokerwatch explain 'Outbound Publish/Subscribe Protocol Connection' logs/\n  \
brokerwatch explain my-rule.toml events.ndjson --event events.ndjson:12\n  \
brokerwatch explain --query 'network where destination.port == 1883' --near 5 logs/\n\n\
Exit codes: 0 the rule fires on nothing that is shown, 1 it fires, 2 an error."
)]
pub(crate) struct Args {
    /// A rule file, or the id or name of a rule of the built-in packs (not with --query); then files, folders and patterns
    /// of telemetry, `-` being standard input
    #[arg(required = true, value_name = "RULE, PATH")]
    operands: Vec<String>,
    /// An EQL query in place of a rule
    #[arg(long, value_name = "EQL")]
    query: Option<String>,
    /// Explain this event: its `_id`, its `event.id`, its place as `path:line`, or `line N`
    #[arg(long, value_name = "ID")]
    event: Option<String>,
    /// Explain the N events that came closest to firing; of a sequence, the N keys that came furthest [default without a
    /// match: 3]
    #[arg(long, value_name = "N", conflicts_with = "event", value_parser = few)]
    near: Option<usize>,
    /// Most events or sequences that are explained because the rule fires on them, or because `--event` names them
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = few)]
    limit: usize,
    /// Exceptions to the rule, as `scan` takes them; can be given several times
    #[arg(long, value_name = "PATH", conflicts_with = "query")]
    exceptions: Vec<PathBuf>,
    /// An Elasticsearch mapping file with the types of fields
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// How the explanation is shown
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A tree for people
    Text,
    /// One JSON document (docs/explain.md says its shape)
    Json,
}

/// How many events are explained when a rule fires on none and nobody says.
const NEAR_DEFAULT: usize = 3;

fn few(text: &str) -> Result<usize, String> {
    match super::positive(text)? {
        number if number <= EXPLAINED_MAX => Ok(number),
        _ => Err(format!("more than {EXPLAINED_MAX}, the most that one run explains")),
    }
}

pub(crate) fn run(args: &Args) -> Result<u8> {
    let schema = match &args.schema {
        Some(path) => super::query::schema(path)?,
        None => Schema::open(),
    };
    let (asked, paths) = asked(args)?;
    let Some(asked) = asked else { return Ok(ERROR) };
    let (statement, lowered) = match asked.lowered(&schema) {
        Ok(lowered) => lowered,
        Err(diagnostics) => {
            asked.show(&diagnostics);
            return Ok(ERROR);
        }
    };
    asked.show(&lowered.warnings);
    if !lowered.pipes.is_empty() {
        report::note("note: pipes are not applied: every event is explained as if there were none");
    }
    if asked.rule.as_ref().is_some_and(|rule| rule.other.contains_key("filters")) {
        report::note("note: the rule's `filters` are not part of what is explained");
    }
    let inputs = input::inputs(&paths);
    match explained(args, &asked, statement.as_ref(), &lowered, &schema, &inputs)? {
        Ok(code) => Ok(code),
        Err(diagnostic) => {
            asked.show(&[diagnostic]);
            Ok(ERROR)
        }
    }
}

/// Explains; the inner error is one of the query.
fn explained(
    args: &Args,
    asked: &Asked,
    statement: Option<&ast::Statement>,
    lowered: &Lowered,
    schema: &Schema,
    inputs: &[brokerwatch_runtime::Input],
) -> Result<Result<u8, Diagnostic>> {
    let mut projection = Projection::new();
    match (&lowered.query, statement.map(|statement| &statement.query)) {
        (Query::Event(condition), _) => {
            match Explainer::new(condition, &asked.query, schema, &mut projection) {
                Ok(explainer) => {
                    events::run(args, asked, &explainer, projection, schema, inputs).map(Ok)
                }
                Err(diagnostic) => Ok(Err(diagnostic)),
            }
        }
        (Query::Sequence(sequence), Some(ast::Query::Sequence(written))) => {
            let explainer = brokerwatch_detect::explain::sequence::SequenceExplainer::new(
                written,
                sequence,
                &asked.query,
                &asked.settings,
                schema,
                &mut projection,
            );
            match explainer {
                Ok(explainer) => {
                    sequences::run(args, asked, &explainer, projection, schema, inputs).map(Ok)
                }
                Err(diagnostic) => Ok(Err(diagnostic)),
            }
        }
        _ => bail!("a sample has no order to explain: give its filters one by one with --query"),
    }
}

/// The most events or sequences that [`told`] explains.
const TOLD_MAX: usize = 3;

/// Why a rule fires on inputs, or with `near` what keeps it from firing, as text for people; `None` of a rule whose query
/// cannot be explained. Nothing else is shown.
pub(crate) fn told(
    rule: &Rule,
    inputs: &[brokerwatch_runtime::Input],
    schema: &Schema,
    near: bool,
) -> Result<Option<String>> {
    told_of(rule, inputs, schema, near, ReadArgs::one_thread())
}

/// How many conditions of a rule of single events would have to change for the nearest event; `None` of other rules, and
/// where no change would make it fire.
pub(crate) fn missed(
    rule: &Rule,
    inputs: &[brokerwatch_runtime::Input],
    schema: &Schema,
    read: &ReadArgs,
) -> Result<Option<usize>> {
    if rule.search.is_none() && !matches!(rule.kind, RuleKind::Eql { .. }) {
        return Ok(None);
    }
    let settings = settings(rule);
    let asked = Asked::of(rule, settings);
    let Ok((_, lowered)) = asked.lowered(schema) else { return Ok(None) };
    let Query::Event(condition) = &lowered.query else { return Ok(None) };
    let mut projection = Projection::new();
    match Explainer::new(condition, &asked.query, schema, &mut projection) {
        Ok(explainer) => events::missed(&explainer, &projection, inputs, read),
        Err(_) => Ok(None),
    }
}

/// Like [`told`], of inputs that are read in a certain way.
pub(crate) fn told_of(
    rule: &Rule,
    inputs: &[brokerwatch_runtime::Input],
    schema: &Schema,
    near: bool,
    read: ReadArgs,
) -> Result<Option<String>> {
    if rule.search.is_none() && !matches!(rule.kind, RuleKind::Eql { .. }) {
        return Ok(None);
    }
    let args = Args {
        operands: Vec::new(),
        query: None,
        event: None,
        near: near.then_some(1),
        limit: TOLD_MAX,
        exceptions: Vec::new(),
        schema: None,
        format: Format::Text,
        read,
    };
    let settings = settings(rule);
    let asked = Asked::of(rule, settings);
    // A rule whose query is wrong is told of where it is compiled.
    let Ok((statement, lowered)) = asked.lowered(schema) else { return Ok(None) };
    // Who asks has named the rule.
    let asked = Asked { rule: None, ..asked };
    let (mut projection, mut summary) = (Projection::new(), Summary::silent());
    let query = &asked.query;
    Ok(match (&lowered.query, statement.as_ref().map(|statement| &statement.query)) {
        (Query::Event(condition), _) => {
            let Ok(explainer) = Explainer::new(condition, query, schema, &mut projection) else {
                return Ok(None);
            };
            let outcome = events::explained(
                &args,
                &asked,
                &explainer,
                projection,
                schema,
                inputs,
                &mut summary,
            )?;
            Some(text::events(&asked, &outcome))
        }
        (Query::Sequence(sequence), Some(ast::Query::Sequence(written))) => {
            let explainer = brokerwatch_detect::explain::sequence::SequenceExplainer::new(
                written,
                sequence,
                query,
                &asked.settings,
                schema,
                &mut projection,
            );
            let Ok(explainer) = explainer else { return Ok(None) };
            let outcome =
                sequences::explained(&args, &explainer, &projection, inputs, &mut summary)?;
            Some(text::sequence(&asked, &explainer, &outcome))
        }
        _ => None,
    })
}

/// What is to be explained.
struct Asked {
    rule: Option<Rule>,
    /// The exceptions that a scan would apply.
    exceptions: Vec<ExceptionList>,
    query: String,
    settings: Settings,
}

impl Asked {
    /// A rule without exceptions.
    fn of(rule: &Rule, settings: Settings) -> Asked {
        let query = rule.query_text.clone();
        Asked { rule: Some(rule.clone()), exceptions: Vec::new(), query, settings }
    }

    /// The items of exceptions that apply to the rule.
    fn silencers(&self, schema: &Schema, projection: &mut Projection) -> Vec<Silencer<'_>> {
        let rule = self.rule.as_ref();
        rule.map(|rule| Silencer::of(rule, &self.exceptions, schema, projection))
            .unwrap_or_default()
    }

    /// The query, with its statement if it is one of EQL.
    fn lowered(
        &self,
        schema: &Schema,
    ) -> Result<(Option<ast::Statement>, Lowered), Vec<Diagnostic>> {
        if let Some(search) = self.rule.as_ref().and_then(|rule| rule.search.as_ref()) {
            let found = brokerwatch_kql::lower(search, schema, &Options::default())?;
            let query = Query::Event(found.condition);
            return Ok((None, Lowered { query, pipes: Vec::new(), warnings: found.warnings }));
        }
        let statement = match &self.rule {
            Some(Rule { kind: RuleKind::Eql { statement }, .. }) => statement.clone(),
            _ => brokerwatch_eql::parse(&self.query)?,
        };
        let lowered = lower::lower(&statement, schema, &self.settings)?;
        Ok((Some(statement), lowered))
    }

    fn show(&self, diagnostics: &[Diagnostic]) {
        match &self.rule {
            Some(rule) => {
                let placed: Vec<Diagnostic> =
                    diagnostics.iter().map(|found| rule.in_file(found.clone())).collect();
                report::diagnostics(&rule.path, &rule.text, &placed);
            }
            None => report::diagnostics("query", &self.query, diagnostics),
        }
    }
}

/// The rule or query, and the paths of the telemetry. Without the first, what is wrong with the rule file was shown.
fn asked(args: &Args) -> Result<(Option<Asked>, Vec<PathBuf>)> {
    let paths = |operands: &[String]| operands.iter().map(PathBuf::from).collect::<Vec<_>>();
    if let Some(query) = &args.query {
        let settings = Settings::default();
        let asked = Asked { rule: None, exceptions: Vec::new(), query: query.clone(), settings };
        return Ok((Some(asked), paths(&args.operands)));
    }
    let Some((rule, telemetry)) = args.operands.split_first().filter(|(_, rest)| !rest.is_empty())
    else {
        bail!("a rule and at least one path are needed, or --query and a path");
    };
    let Some((rule, exceptions)) = rule_of(rule, &args.exceptions)? else {
        return Ok((None, Vec::new()));
    };
    match &rule.kind {
        RuleKind::Eql { .. } => {}
        _ if rule.search.is_some() => {
            if let Some(note) = beyond_the_query(&rule) {
                report::note(note);
            }
        }
        kind => bail!(
            "`{}` is a rule of type {}: only queries in EQL, KQL and Lucene are explained",
            rule.name,
            kind.name()
        ),
    }
    let settings = settings(&rule);
    let asked = Asked { query: rule.query_text.clone(), rule: Some(rule), exceptions, settings };
    Ok((Some(asked), paths(telemetry)))
}

/// How the query of a rule is read.
fn settings(rule: &Rule) -> Settings {
    let mut settings = Settings::default();
    if let Some(field) = &rule.event_category_override {
        settings.event_category_field.clone_from(field);
    }
    if let Some(field) = &rule.timestamp_field {
        settings.timestamp_field.clone_from(field);
    }
    settings.tiebreaker_field.clone_from(&rule.tiebreaker_field);
    settings
}

/// What a rule asks of an event besides its query.
fn beyond_the_query(rule: &Rule) -> Option<&'static str> {
    match rule.kind {
        RuleKind::Threshold(_) => Some(
            "note: the query of the rule is explained, which says what is counted, not whether it is enough",
        ),
        RuleKind::NewTerms(_) => Some(
            "note: the query of the rule is explained, which says what is looked at, not whether its terms are new",
        ),
        RuleKind::ThreatMatch(_) => Some(
            "note: the query of the rule is explained, which says what is looked at, not whether there is an indicator of it",
        ),
        RuleKind::Eql { .. }
        | RuleKind::Esql
        | RuleKind::Query { .. }
        | RuleKind::MachineLearning(_) => None,
    }
}

/// A rule by file, id or name, and the exceptions that a scan would apply to it; none if its file is wrong, which was
/// shown.
fn rule_of(named: &str, exceptions: &[PathBuf]) -> Result<Option<(Rule, Vec<ExceptionList>)>> {
    let path = Path::new(named);
    let is_file = path.is_file();
    let from = if is_file {
        vec![path.to_owned()]
    } else {
        pack::ALL.iter().map(|pack| PathBuf::from(pack.name)).collect()
    };
    let effective = super::rules::effective(&from)?;
    let excepted = super::scan::exceptions::of_run(exceptions, &effective)?;
    for (path, text, diagnostics) in excepted.failures.iter().chain(&excepted.warned) {
        report::diagnostics(path, text, diagnostics);
    }
    let mut rules = effective.loaded.rules;
    if is_file {
        for (path, text, diagnostics) in &effective.loaded.failures {
            report::diagnostics(path, text, diagnostics);
        }
        return Ok(rules.pop().map(|rule| (rule, excepted.lists)));
    }
    let is_it = |rule: &Rule| rule.id == named || rule.name.eq_ignore_ascii_case(named);
    if let Some(at) = rules.iter().position(is_it) {
        return Ok(Some((rules.swap_remove(at), excepted.lists)));
    }
    let known = rules.iter().flat_map(|rule| [rule.name.as_str(), rule.id.as_str()]);
    Err(match similar(named, known).first() {
        Some(near) => anyhow!("no rule file and no built-in rule `{named}`; `{near}` is close"),
        None => anyhow!(
            "no rule file and no built-in rule `{named}`: give a rule file, or an id or name that `brokerwatch rules \
             list` shows"
        ),
    })
}

/// An event that was explained.
pub(crate) struct Explained {
    place: Place,
    time: Option<Timestamp>,
    explanation: Explanation,
    silenced_by: Vec<Silenced>,
}

/// An item of exceptions because of which there is no alert.
pub(crate) struct Silenced {
    /// The name of the item.
    item: String,
    /// The name of its list.
    list: String,
}

impl Silenced {
    fn of(silencer: &Silencer<'_>) -> Silenced {
        Silenced { item: silencer.item.name.clone(), list: silencer.list.name.clone() }
    }
}

impl Explained {
    /// About how many bytes it holds.
    fn bytes(&self) -> usize {
        let leaves = self.explanation.leaves.iter();
        let fields =
            leaves.flat_map(|leaf| &leaf.fields).map(|field| 128 * (1 + field.values.len()));
        size_of::<Explained>() + fields.sum::<usize>() + 256 * self.explanation.leaves.len()
    }
}

/// Explains a condition on an event that is being read.
fn explain(
    explainer: &Explainer,
    projection: &Projection,
    seen: &Seen<'_, '_>,
    scratch: &mut Scratch,
) -> Explanation {
    with_subject(projection, seen, |subject| explainer.explain(subject, scratch))
}

/// Hands on an event with its whole document.
fn with_subject<T>(
    projection: &Projection,
    seen: &Seen<'_, '_>,
    then: impl FnOnce(Subject<'_, '_>) -> T,
) -> T {
    let document = seen.document();
    then(Subject {
        event: seen.event,
        projection,
        document: &document,
        absent: seen.absent,
        source: seen.source.map(|source| source.title),
    })
}

/// Where an event comes from; the path of a chunk is made once.
fn place(path: &mut Option<Arc<str>>, seen: &Seen<'_, '_>, input: u32) -> Place {
    let path = path.get_or_insert_with(|| seen.path().into());
    let origin = seen.event.origin;
    Place {
        path: Arc::clone(path),
        input,
        line: origin.line,
        offset_bytes: origin.offset_bytes,
        id: seen.event.id.map(str::to_owned),
    }
}

/// The event that a person named.
struct Wanted {
    text: String,
    /// Of the form `line N`.
    line: Option<u64>,
}

impl Wanted {
    fn new(text: &str) -> Wanted {
        let line = text.strip_prefix("line").and_then(|number| number.trim().parse().ok());
        Wanted { text: text.to_owned(), line: line.filter(|line| 0 < *line) }
    }

    /// `event_id` is where `event.id` lies.
    fn is(&self, seen: &Seen<'_, '_>, event_id: Option<brokerwatch_ecs::Slot>) -> bool {
        let event = seen.event;
        let own = event_id.map_or(&[][..], |slot| event.values(slot));
        let place = input::place(event.origin);
        event.id == Some(self.text.as_str())
            || self.line == Some(event.origin.line)
            || own.iter().any(|value| value.to_string() == self.text)
            || (!place.is_empty()
                && self.text.strip_suffix(&place).is_some_and(|path| path == seen.path()))
    }

    fn not_found(&self) -> anyhow::Error {
        anyhow!(
            "no event `{}` in the inputs: give its `_id`, its `event.id`, its place as `path:line`, or `line N`",
            self.text
        )
    }
}

/// Writes what was rendered.
fn write(text: &str) -> Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}
