//! `scan`: which rules fire on which events.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use brokerwatch_detect::{Alert, Matcher, RuleSet, alert};
use brokerwatch_ecs::{Event, Schema, Slot, Timestamp, date};
use brokerwatch_rules::{Loaded, pack};
use clap::ValueEnum;
use serde_json::Value;

use super::input::{self, Counts};
use super::rules::load;
use crate::{ERROR, FOUND, NOTHING, for_people, report};

/// Scan telemetry with detection rules
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  brokerwatch scan logs/\n  brokerwatch scan --rules my-rules/ --format ndjson events.ndjson.gz\n  \
zcat old.gz | brokerwatch scan -\n\nExit codes: 0 no alert, 1 alerts, 2 an error."
)]
pub(crate) struct Args {
    /// Files and folders of ECS documents (JSON lines, arrays or Elasticsearch hits; plain, gzip or zstd); `-` is standard input
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Rule files and folders in Elastic's TOML format [default: the built-in pack]
    #[arg(long, num_args = 1..)]
    rules: Vec<PathBuf>,
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
    /// Show what was read, per rule and field
    #[arg(long)]
    stats: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Auto,
    Table,
    Ndjson,
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
    let loaded = if args.rules.is_empty() { built_in() } else { load(&args.rules)? };
    let failed = !loaded.failures.is_empty();
    for (path, text, diagnostics) in &loaded.failures {
        report::diagnostics(path, text, diagnostics);
    }
    let set = RuleSet::compile(&loaded.rules, &schema);
    super::rules::show_refused(&set);
    for not_run in &set.not_run {
        report::note(&format!("warning: {}: {} in this version", not_run.rule.path, not_run.why));
    }
    if set.rules.is_empty() {
        bail!("no rule to run");
    }
    let mut scan = Scan::new(&set, args);
    for (path, error) in brokerwatch_runtime::files(&args.paths) {
        match error {
            Some(error) => {
                scan.counts.unread_inputs += 1;
                report::error(&format!("{}: {error}", path.display()));
            }
            None => scan.file(&path)?,
        }
    }
    scan.out.flush()?;
    scan.summary(args.stats);
    let wrong = failed || !set.refused.is_empty() || 0 < scan.counts.unread_inputs;
    Ok(if wrong {
        ERROR
    } else if !scan.alerts.is_empty() {
        FOUND
    } else {
        NOTHING
    })
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

struct Scan<'r> {
    set: &'r RuleSet<'r>,
    matcher: Matcher<'r>,
    table: bool,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    out: BufWriter<io::StdoutLock<'static>>,
    counts: Counts,
    failures: u64,
    alerts: BTreeMap<usize, u64>,
    /// Fields that no event had so far.
    unseen: BTreeSet<Slot>,
}

impl<'r> Scan<'r> {
    fn new(set: &'r RuleSet<'r>, args: &Args) -> Scan<'r> {
        Scan {
            set,
            matcher: Matcher::new(&set.conditions),
            table: args.format == Format::Table || (args.format == Format::Auto && for_people()),
            since: args.since,
            until: args.until,
            out: BufWriter::new(io::stdout().lock()),
            counts: Counts::default(),
            failures: 0,
            alerts: BTreeMap::new(),
            unseen: set.projection.fields().map(|(slot, _)| slot).collect(),
        }
    }

    fn file(&mut self, path: &std::path::Path) -> Result<()> {
        let name = path.display().to_string();
        let mut counts = self.counts;
        let result = input::read(path, &self.set.projection, &mut counts, &mut |event, _| {
            self.event(event, &name)
        });
        self.counts = counts;
        result
    }

    fn event(&mut self, event: &Event<'_>, path: &str) -> Result<()> {
        if !self.unseen.is_empty() {
            for slot in event.filled() {
                self.unseen.remove(slot);
            }
        }
        if self.since.is_some() || self.until.is_some() {
            let Some(moment) = event.timestamp(self.set.timestamp) else { return Ok(()) };
            if self.since.is_some_and(|since| moment < since)
                || self.until.is_some_and(|until| until <= moment)
            {
                return Ok(());
            }
        }
        let mut found: Vec<(usize, Alert)> = Vec::new();
        let set = self.set;
        let failure = self.matcher.run(event, |rule, matcher| {
            let reasons = matcher.reasons(rule, event);
            found.push((
                rule,
                alert(set.rules[rule], event, path, &reasons, &set.projection, set.timestamp),
            ));
        });
        self.failures += u64::from(failure.is_some());
        for (rule, alert) in found {
            *self.alerts.entry(rule).or_default() += 1;
            self.show(rule, &alert)?;
        }
        Ok(())
    }

    fn show(&mut self, rule: usize, alert: &Alert) -> Result<()> {
        if !self.table {
            serde_json::to_writer(&mut self.out, &alert.document).map_err(io::Error::from)?;
            self.out.write_all(b"\n")?;
            return Ok(());
        }
        let rule = self.set.rules[rule];
        let text = |path: &[&str]| field(&alert.document, path);
        writeln!(
            self.out,
            "{}  {:<8}  {}\n    host {}  process {}  destination {} port {}\n    {}:{}",
            text(&["@timestamp"]),
            rule.severity.name(),
            rule.name,
            text(&["host", "name"]),
            text(&["process", "name"]),
            text(&["destination", "ip"]),
            text(&["destination", "port"]),
            text(&["brokerwatch", "source", "path"]),
            text(&["brokerwatch", "source", "line"]),
        )?;
        Ok(())
    }

    fn summary(&self, stats: bool) {
        let total: u64 = self.alerts.values().sum();
        let Counts { inputs, events, malformed, .. } = self.counts;
        report::note(&format!(
            "{total} alerts by {} of {} rules; {events} events in {inputs} files, {malformed} malformed records",
            self.alerts.len(),
            self.set.rules.len(),
        ));
        if 0 < self.failures {
            report::note(&format!(
                "warning: on {} events a computation of a rule failed",
                self.failures
            ));
        }
        for (number, rule) in self.set.rules.iter().enumerate() {
            let absent: Vec<&str> = self
                .set
                .conditions
                .needs(number)
                .iter()
                .map(String::as_str)
                .filter(|name| {
                    self.set.projection.slot(name).is_some_and(|slot| self.unseen.contains(&slot))
                })
                .collect();
            if !absent.is_empty() {
                report::note(&format!(
                    "warning: rule `{}` could not fire: no event has {}",
                    rule.name,
                    absent.join(", ")
                ));
            }
            if stats {
                let alerts = self.alerts.get(&number).copied().unwrap_or_default();
                report::note(&format!("{alerts:>8} alerts  {}", rule.name));
            }
        }
        if stats {
            report::note(&format!(
                "{:>8} values of the wrong type left out\n{:>8} keys that stand twice in one object",
                self.counts.ill_typed, self.counts.duplicate_keys
            ));
        }
    }
}

/// A field of a document as text, nested or dotted; `-` if it is missing.
fn field(document: &Value, path: &[&str]) -> String {
    let nested = path.iter().try_fold(document, |value, key| value.get(key));
    let found = nested.or_else(|| document.get(path.join(".")));
    match found {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => "-".to_owned(),
    }
}

/// A file that a person named, as text.
pub(super) fn text(path: &std::path::Path) -> Result<String> {
    brokerwatch_runtime::text(path).with_context(|| path.display().to_string())
}
