//! `scan`: which rules fire on which events.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use brokerwatch_detect::{Hit, Indicators, Matcher, Owner, Program, RuleSet, alert};
use brokerwatch_ecs::{Event, Schema, Slot, Timestamp, date};
use brokerwatch_ingest::prefilter::Prefilter;
use brokerwatch_rules::{Loaded, Rule, pack};
use brokerwatch_runtime::Input;
use brokerwatch_runtime::events::{OnEvents, Reading, Seen};
use clap::ValueEnum;

use super::alerts::{Alerts, Rendered};
use super::input::{self, ReadArgs, Summary};
use super::later::{self, Later, Outcome};
use super::rules::load;
use crate::{ERROR, FOUND, NOTHING, for_people, report};

mod esql_rules;
mod exceptions;
mod indicators;

/// Scan telemetry with detection rules
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  brokerwatch scan logs/\n  brokerwatch scan --rules my-rules/ --format ndjson events.ndjson.gz\n  \
brokerwatch scan --since 2026-03-01 --stats 'logs/**/*.json.zst' export.zip\n  zcat old.gz | brokerwatch scan -\n\n\
Exit codes: 0 no alert, 1 alerts, 2 an error."
)]
pub(crate) struct Args {
    /// Files, folders and patterns: documents of ECS (JSON lines, arrays, answers and bulk files of Elasticsearch), Sysmon,
    /// Windows event logs, Linux audit logs, Zeek, Suricata, Defender for Endpoint, osquery, Falco; plain or in gzip,
    /// zstd, zip or tar; `-` is standard input
    #[arg(required_unless_present = "rules")]
    paths: Vec<PathBuf>,
    /// Rule files and folders in Elastic's TOML format, one or several [default: the built-in pack]
    #[arg(long, num_args = 1.., value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// Exceptions to rules: files of Elastic's TOML format, exports of Kibana (NDJSON), and folders of them; can be given
    /// several times
    #[arg(long, value_name = "PATH")]
    exceptions: Vec<PathBuf>,
    /// Indicators for indicator match rules, under the name of an index that the rules search: a file with a document of
    /// ECS a line, or a CSV file with the names of fields in its first line; can be given several times
    #[arg(long, value_name = "NAME=PATH", value_parser = indicators::named)]
    indicators: Vec<(String, PathBuf)>,
    /// How alerts are shown; `auto` is a table for people and NDJSON for pipes
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
    /// An Elasticsearch mapping file with the types of fields
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// Only events at or after this time (ISO 8601)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Only events before this time (ISO 8601)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
    /// Run rules that look at a window of time once over everything, not step by step through the time of the events
    #[arg(long)]
    once: bool,
    /// Show what was read, per rule and field
    #[arg(long)]
    stats: bool,
    /// Read every record to its last byte, also those that no rule can match, and notice every key that stands twice
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table on a terminal, else NDJSON
    Auto,
    /// A table
    Table,
    /// An ECS document a line
    Ndjson,
    /// One array of ECS documents
    Json,
    /// The columns of the table, with the alert's id
    Csv,
}

fn moment(text: &str) -> Result<Timestamp, String> {
    date::parse(text)
        .map(|span| span.from)
        .ok_or_else(|| "no ISO 8601 time, such as 2026-01-31T12:00:00Z".to_owned())
}

pub(crate) fn run(args: &Args) -> Result<u8> {
    let schema = match &args.schema {
        Some(path) => super::query::schema(path)?,
        None => Schema::open(),
    };
    let (rules, paths) = rules_and_paths(args)?;
    let loaded = if rules.is_empty() { built_in() } else { load(rules)? };
    let failed = !loaded.failures.is_empty();
    for (path, text, diagnostics) in &loaded.failures {
        report::diagnostics(path, text, diagnostics);
    }
    let excepted = exceptions::load(&args.exceptions)?;
    let sources = indicators::read(&args.indicators)?;
    let newest = indicators::newest(&sources);
    let mut set = RuleSet::compile_at(&loaded.rules, &excepted.lists, &schema, newest);
    super::rules::show_refused(&set);
    let failed = exceptions::show(&excepted, &set) || failed;
    if args.stats {
        set.watch_silenced(&schema);
    }
    for not_run in set.not_run.iter().filter(|not_run| !esql_rules::is_esql(not_run.rule)) {
        report::note(&format!("warning: {}: {} in this version", not_run.rule.path, not_run.why));
    }
    let has_esql = loaded.rules.iter().any(esql_rules::is_esql);
    if set.rules.is_empty() && !has_esql {
        bail!("no rule to run");
    }
    let mut inputs = input::inputs(paths);
    if has_esql {
        // Standard input is read by the other rules and once more by these.
        inputs = inputs.into_iter().map(|input| input.kept(None)).collect::<io::Result<_>>()?;
    }
    let indicators = indicators::load(&set, sources);
    let totals = scan(&set, &loaded.rules, &indicators, &inputs, args)?;
    totals.show(&set, args.stats);
    let wrong = failed
        || !set.refused.is_empty()
        || 0 < totals.summary.unread_inputs
        || 0 < totals.esql.failed + totals.esql.unread;
    Ok(if wrong {
        ERROR
    } else if !totals.alerts.is_empty() || !totals.esql.alerts.is_empty() {
        FOUND
    } else {
        NOTHING
    })
}

/// What `--rules` names, and what is to be scanned. In `--rules RULE DATA` both came with `--rules`: what is no source of
/// rules is data.
fn rules_and_paths(args: &Args) -> Result<(&[PathBuf], &[PathBuf])> {
    if !args.paths.is_empty() {
        return Ok((&args.rules, &args.paths));
    }
    let rules = args.rules.iter().take_while(|path| has_rules(path)).count().max(1);
    if rules == args.rules.len() {
        bail!("nothing to scan: give files or folders of telemetry as well");
    }
    Ok(args.rules.split_at(rules))
}

/// Whether a path is a rule file, or a folder with rule files.
fn has_rules(path: &PathBuf) -> bool {
    let mut files = brokerwatch_runtime::files(std::slice::from_ref(path)).into_iter();
    files.any(|(file, _)| file.extension().is_some_and(|extension| extension == "toml"))
}

fn built_in() -> Loaded {
    let mut all = Loaded::default();
    for pack in pack::ALL {
        let loaded = pack.load();
        all.rules.extend(loaded.rules);
        all.failures.extend(loaded.failures);
    }
    all
}

/// A file that a person named, as text.
pub(super) fn text(path: &Path) -> Result<String> {
    brokerwatch_runtime::text(path).with_context(|| path.display().to_string())
}

fn scan(
    set: &RuleSet<'_>,
    rules: &[Rule],
    indicators: &Indicators,
    inputs: &[Input],
    args: &Args,
) -> Result<Totals> {
    let format = match args.format {
        Format::Auto if for_people() => Format::Table,
        Format::Auto => Format::Ndjson,
        other => other,
    };
    // A set of rules that offers nothing to search for, or a person who wants every record read.
    let required = if args.strict { None } else { set.conditions.required() };
    let prefilter = required.and_then(|required| Prefilter::new(&required));
    let needed = needed(set);
    let reading = Reading {
        prefilter: prefilter.as_ref(),
        needed: &needed,
        strict: args.strict,
        ..args.read.reading(&set.projection)
    };
    let work = Scan { set, indicators, format, since: args.since, until: args.until };
    let mut totals = Totals::new(set);
    let mut out = Alerts::new(format, BufWriter::new(io::stdout()));
    let mut summary = Summary::default();
    let mut later = Later::default();
    if !set.rules.is_empty() {
        input::read(inputs, reading, &mut summary, &work, &mut |mut found: Found| {
            totals.add(&found);
            later.take(std::mem::take(&mut found.hits))?;
            Ok(out.write(found.rendered)?)
        })?;
    }
    let write = &mut |rendered| out.write(rendered);
    totals.add_later(later.finish(set, format, args.once, indicators, write)?);
    totals.esql = esql(rules, inputs, args)?;
    for (rule, alerts) in &totals.esql.alerts {
        let mut rendered = Rendered::default();
        alerts.iter().for_each(|alert| rendered.add(format, &rules[*rule], alert));
        out.write(rendered)?;
    }
    out.finish()?;
    totals.summary = summary;
    if set.rules.is_empty() {
        let read = &totals.esql.read;
        totals.summary.inputs = read.inputs;
        totals.summary.counts = read.counts;
    }
    Ok(totals)
}

/// Runs the rules in ES|QL.
fn esql(rules: &[Rule], inputs: &[Input], args: &Args) -> Result<esql_rules::Outcome> {
    let millis = |moment: Option<Timestamp>, open| moment.map_or(open, Timestamp::as_millisecond);
    let ground = esql_rules::Ground {
        inputs,
        read: &args.read,
        schema: args.schema.as_deref().map(super::query::columns).transpose()?,
        once: args.once,
        between: (millis(args.since, i64::MIN), millis(args.until, i64::MAX)),
    };
    esql_rules::run(rules, &ground)
}

/// The fields whose absence from all events would have to be told.
fn needed(set: &RuleSet<'_>) -> Vec<Slot> {
    let names: BTreeSet<String> = (0..set.rules.len()).flat_map(|rule| set.needs(rule)).collect();
    names.iter().filter_map(|name| set.projection.slot(name)).collect()
}

struct Scan<'r> {
    set: &'r RuleSet<'r>,
    indicators: &'r Indicators,
    format: Format,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

struct Worker<'r> {
    matcher: Matcher<'r>,
    /// Fields that no event of this worker had so far.
    unseen: BTreeSet<Slot>,
}

/// What a chunk gave.
#[derive(Default)]
pub(crate) struct Found {
    /// Alerts as they go out.
    rendered: Rendered,
    /// Events that are something to rules which look at more than one event.
    hits: Vec<Hit>,
    /// How many, by rule.
    alerts: BTreeMap<usize, u64>,
    /// Events that exceptions silenced, by list.
    silenced: BTreeMap<usize, u64>,
    /// Fields that a worker met for the first time.
    seen: Vec<Slot>,
    /// Events on which a computation failed.
    failures: u64,
    /// Rules that fired on sources that cannot have a field which the rule reads.
    partly: BTreeSet<(usize, &'static str)>,
}

impl<'r> OnEvents for Scan<'r> {
    type Worker = Worker<'r>;
    type Output = Found;

    fn worker(&self) -> Worker<'r> {
        Worker {
            matcher: Matcher::new(&self.set.conditions),
            unseen: self.set.projection.fields().map(|(slot, _)| slot).collect(),
        }
    }

    fn event(&self, worker: &mut Worker<'r>, seen: &Seen<'_, '_>, found: &mut Found) {
        let event = seen.event;
        if !worker.unseen.is_empty() {
            for slot in event.filled() {
                if worker.unseen.remove(slot) {
                    found.seen.push(*slot);
                }
            }
        }
        if !self.is_in_time(event) {
            return;
        }
        let set = self.set;
        // The brackets that the event meets, by rule.
        let mut met: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        // An event counts once for a list, however many rules it silences.
        let mut silencing = BTreeSet::new();
        let failure = worker.matcher.run(event, |condition, matcher| {
            if let Some(list) = set.silenced_by(condition) {
                silencing.insert(list);
                return;
            }
            let Owner { rule, bracket } = set.owner(condition);
            let mut enrichments = Vec::new();
            if let Program::Event { indicators: Some(_), .. } = &set.programs[rule] {
                enrichments = self.indicators.enrichments(set, rule, event);
                if enrichments.is_empty() {
                    return;
                }
            }
            if !matches!(set.programs[rule], Program::Event { grouped: None, .. }) {
                met.entry(rule).or_default().push(bracket);
                return;
            }
            let reasons = matcher.reasons(condition, event);
            let mut alert =
                alert(set, rule, event, seen.document(), &seen.path(), &reasons, seen.absent);
            alert.enrich(enrichments);
            if let Some(source) = seen.source
                && !set.parts_reading(rule, seen.absent).is_empty()
            {
                found.partly.insert((rule, source.title));
            }
            *found.alerts.entry(rule).or_default() += 1;
            found.rendered.add(self.format, set.rules[rule], &alert);
        });
        for list in silencing {
            *found.silenced.entry(list).or_default() += 1;
        }
        if !met.is_empty() {
            found.hits.extend(later::hits(set, &met, seen));
        }
        found.failures += u64::from(failure.is_some());
    }

    fn bytes(&self, found: &Found) -> usize {
        found.rendered.bytes() + found.hits.iter().map(later::bytes).sum::<usize>()
    }
}

impl Scan<'_> {
    fn is_in_time(&self, event: &Event<'_>) -> bool {
        if self.since.is_none() && self.until.is_none() {
            return true;
        }
        event.timestamp(self.set.timestamp).is_some_and(|moment| {
            self.since.is_none_or(|since| since <= moment)
                && self.until.is_none_or(|until| moment < until)
        })
    }
}

/// What a whole scan gave.
struct Totals {
    summary: Summary,
    alerts: BTreeMap<usize, u64>,
    silenced: BTreeMap<usize, u64>,
    /// Fields that no event had.
    unseen: BTreeSet<Slot>,
    failures: u64,
    partly: BTreeSet<(usize, &'static str)>,
    later: Outcome,
    esql: esql_rules::Outcome,
}

impl Totals {
    fn new(set: &RuleSet<'_>) -> Totals {
        Totals {
            summary: Summary::default(),
            alerts: BTreeMap::new(),
            silenced: BTreeMap::new(),
            unseen: set.projection.fields().map(|(slot, _)| slot).collect(),
            failures: 0,
            partly: BTreeSet::new(),
            later: Outcome::default(),
            esql: esql_rules::Outcome::default(),
        }
    }

    fn add(&mut self, found: &Found) {
        for (rule, count) in &found.alerts {
            *self.alerts.entry(*rule).or_default() += count;
        }
        for (list, count) in &found.silenced {
            *self.silenced.entry(*list).or_default() += count;
        }
        for slot in &found.seen {
            self.unseen.remove(slot);
        }
        self.failures += found.failures;
        self.partly.extend(&found.partly);
    }

    fn add_later(&mut self, outcome: Outcome) {
        for (rule, count) in &outcome.alerts {
            *self.alerts.entry(*rule).or_default() += count;
        }
        self.later = outcome;
    }

    fn show(&self, set: &RuleSet<'_>, stats: bool) {
        let esql: usize = self.esql.alerts.iter().map(|(_, alerts)| alerts.len()).sum();
        let total = self.alerts.values().sum::<u64>() + esql as u64;
        let counts = self.summary.counts;
        let events = counts.events + counts.passed_over;
        report::note(&format!(
            "{total} alerts by {} of {} rules; {} events in {} files, {} malformed records",
            self.alerts.len() + self.esql.alerts.len(),
            set.rules.len() + self.esql.ran,
            events,
            self.summary.inputs,
            counts.malformed,
        ));
        if 0 < self.summary.inputs && events == 0 {
            report::note("warning: there are no events, so no rule could fire");
        }
        if 0 < self.failures {
            report::note(&format!(
                "warning: on {} events a computation of a rule failed",
                self.failures
            ));
        }
        let Outcome { suppressed, cut, dropped, left_out, untimed, .. } = self.later;
        for (count, what) in [
            (
                suppressed,
                "further alerts are told by the suppression count of others of their group",
            ),
            (cut + self.esql.cut, "alerts are past the `max_signals` of their rules and left out"),
            (dropped, "open sequences were dropped at a bound"),
            (
                left_out,
                "events, values and terms are past a bound of threshold and new terms rules",
            ),
            (untimed, "events without a time took part in no rule that needs their order"),
        ] {
            if 0 < count {
                report::note(&format!("note: {count} {what}"));
            }
        }
        for (rule, source) in &self.partly {
            report::note(&format!(
                "note: on {source}, rule `{}` could be applied in part only: see `not_applied` of its alerts",
                set.rules[*rule].name
            ));
        }
        for (number, rule) in set.rules.iter().enumerate() {
            let absent = self.absent(set, number);
            if !absent.is_empty() && 0 < events {
                report::note(&format!(
                    "warning: rule `{}` could not fire: no event has {}",
                    rule.name,
                    absent.join(", ")
                ));
            }
            if stats {
                let alerts = self.alerts.get(&number).copied().unwrap_or_default();
                report::note(&format!("{alerts:>10} alerts  {}", rule.name));
            }
        }
        if stats {
            for (number, list) in set.lists.iter().enumerate() {
                let silenced = self.silenced.get(&number).copied().unwrap_or_default();
                report::note(&format!("{silenced:>10} events silenced  {}", list.name));
            }
            report::note(&format!(
                "{:>10} records read\n{:>10} records passed over, because no rule can match them (--strict reads all)\n\
                 {:>10} malformed records\n{:>10} values of the wrong type left out\n\
                 {:>10} values past the bound of a field left out\n{:>10} keys that stand twice in one object",
                counts.events,
                counts.passed_over,
                counts.malformed,
                counts.ill_typed,
                counts.dropped_values,
                counts.duplicate_keys
            ));
        }
    }

    /// The fields that a rule cannot do without and that no event had.
    fn absent(&self, set: &RuleSet<'_>, rule: usize) -> Vec<String> {
        let needs = set.needs(rule).into_iter();
        needs
            .filter(|name| {
                set.projection.slot(name).is_some_and(|slot| self.unseen.contains(&slot))
            })
            .collect()
    }
}
