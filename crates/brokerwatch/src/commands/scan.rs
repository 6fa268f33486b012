//! `scan`: which rules fire on which events.

use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use brokerwatch_detect::RuleSet;
use brokerwatch_ecs::{Schema, Timestamp, date};
use brokerwatch_rules::Rule;
use clap::ValueEnum;

use super::alerts::Alerts;
use super::input::{self, ReadArgs, Summary};
use super::later::Outcome;
use super::rules::effective;
use super::trial::{Totals, Trial, esql_rules};
use crate::{ERROR, FOUND, NOTHING, for_people, report};

pub(super) mod exceptions;
pub(super) mod indicators;

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
    /// Rule files and folders in Elastic's TOML format, and built-in packs by name, one or several [default: the built-in
    /// packs that are on]
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

pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
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
    let effective = effective(rules)?;
    let loaded = &effective.loaded;
    let failed = !loaded.failures.is_empty();
    for (path, text, diagnostics) in &loaded.failures {
        report::diagnostics(path, text, diagnostics);
    }
    let excepted = exceptions::of_run(&args.exceptions, &effective)?;
    let sources = indicators::read(&args.indicators)?;
    let newest = indicators::newest(&sources);
    let mut set = RuleSet::compile_at(&loaded.rules, &excepted.lists, &schema, newest);
    super::rules::show_refused(&set);
    let failed = exceptions::show(&excepted, &set, &loaded.rules) || failed;
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
    let trial = Trial {
        set: &set,
        rules: &loaded.rules,
        indicators: &indicators,
        inputs: &inputs,
        read: &args.read,
        columns: args.schema.as_deref().map(super::query::columns).transpose()?,
        strict: args.strict,
        once: args.once,
        since: args.since,
        until: args.until,
        watch: args.stats,
    };
    let totals = alerts(&trial, args.format)?;
    show(&totals, &set);
    if args.stats {
        stats(&totals, &set, &loaded.rules);
    }
    let wrong = failed
        || !set.refused.is_empty()
        || 0 < totals.summary.unread_inputs
        || !totals.esql.failed.is_empty()
        || 0 < totals.esql.unread;
    Ok(if wrong {
        ERROR
    } else if !totals.alerts.is_empty() || !totals.esql_alerts.is_empty() {
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

/// Whether a path is a rule file, a folder with rule files, or the name of a built-in pack.
fn has_rules(path: &PathBuf) -> bool {
    if super::rules::pack_of(path).is_some() {
        return true;
    }
    let mut files = brokerwatch_runtime::files(std::slice::from_ref(path)).into_iter();
    files.any(|(file, _)| file.extension().is_some_and(|extension| extension == "toml"))
}

/// A file that a person named, as text.
pub(super) fn text(path: &Path) -> Result<String> {
    brokerwatch_runtime::text(path).with_context(|| path.display().to_string())
}

/// Runs the rules, with their alerts on standard output.
fn alerts(trial: &Trial<'_, '_>, format: Format) -> Result<Totals> {
    let format = match format {
        Format::Auto if for_people() => Format::Table,
        Format::Auto => Format::Ndjson,
        other => other,
    };
    let mut out = Alerts::new(format, BufWriter::new(io::stdout()));
    let totals = trial.run(&format, Summary::default(), &mut |sheet| out.write(sheet))?;
    totals.esql.show(trial.rules);
    out.finish()?;
    Ok(totals)
}

/// Shows what a scan found and what it could not do.
fn show(totals: &Totals, set: &RuleSet<'_>) {
    let esql: usize = totals.esql_alerts.iter().map(|(_, alerts)| alerts).sum();
    let total = totals.alerts.values().sum::<u64>() + esql as u64;
    let counts = totals.summary.counts;
    let events = counts.events + counts.passed_over;
    report::note(&format!(
        "{total} alerts by {} of {} rules; {} events in {} files, {} malformed records",
        totals.alerts.len() + totals.esql_alerts.len(),
        set.rules.len() + totals.esql.ran,
        events,
        totals.summary.inputs,
        counts.malformed,
    ));
    if 0 < totals.passed_over {
        report::note(&format!("note: {} files of other days were not opened", totals.passed_over));
    }
    if 0 < totals.summary.inputs && events == 0 {
        report::note("warning: there are no events, so no rule could fire");
    }
    if 0 < totals.failures {
        report::note(&format!(
            "warning: on {} events a computation of a rule failed",
            totals.failures
        ));
    }
    let Outcome { suppressed, cut, dropped, left_out, untimed, .. } = totals.later;
    for (count, what) in [
        (
            suppressed + totals.esql.suppressed,
            "further alerts are told by the suppression count of others of their group",
        ),
        (cut + totals.esql.cut, "alerts are past the `max_signals` of their rules and left out"),
        (dropped, "open sequences were dropped at a bound"),
        (left_out, "events, values and terms are past a bound of threshold and new terms rules"),
        (untimed, "events without a time took part in no rule that needs their order"),
    ] {
        if 0 < count {
            report::note(&format!("note: {count} {what}"));
        }
    }
    for (rule, source) in &totals.partly {
        report::note(&format!(
            "note: on {source}, rule `{}` could be applied in part only: see `not_applied` of its alerts",
            set.rules[*rule].name
        ));
    }
    for (number, rule) in set.rules.iter().enumerate() {
        let absent = totals.absent(set, number);
        if !absent.is_empty() && 0 < events {
            report::note(&format!(
                "warning: rule `{}` could not fire: no event has {}",
                rule.name,
                absent.join(", ")
            ));
        }
    }
}

/// Shows what `--stats` asks for: counts by rule, by list of exceptions, and of records.
fn stats(totals: &Totals, set: &RuleSet<'_>, rules: &[Rule]) {
    for (number, rule) in set.rules.iter().enumerate() {
        let alerts = totals.alerts.get(&number).copied().unwrap_or_default();
        report::note(&format!("{alerts:>10} alerts  {}", rule.name));
    }
    for (number, events) in &totals.esql.looked_at {
        let fired = totals.esql_alerts.iter().find(|(own, _)| own == number);
        let (alerts, name) = (fired.map_or(0, |(_, alerts)| *alerts), &rules[*number].name);
        report::note(&format!("{alerts:>10} alerts  {name}, which looked at {events} events"));
    }
    for (number, list) in set.lists.iter().enumerate() {
        let silenced = totals.silenced.get(&number).copied().unwrap_or_default();
        // What it takes from rules in ES|QL is told rule by rule.
        if 0 < silenced || totals.esql.silenced.iter().all(|(_, own, _)| *own != number) {
            report::note(&format!("{silenced:>10} events silenced  {}", list.name));
        }
    }
    for (rule, list, events) in &totals.esql.silenced {
        let (list, rule) = (&set.lists[*list].name, &rules[*rule].name);
        report::note(&format!("{events:>10} events silenced  {list}, of {rule}"));
    }
    let counts = totals.summary.counts;
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
