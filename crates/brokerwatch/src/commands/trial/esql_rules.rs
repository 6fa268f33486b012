//! ES|QL rules in a scan: each runs over the same inputs, as Elastic's own run on a schedule, in the time of the events.
//!
//! The rows that a rule ever looks at are read once. A rule that does not aggregate then runs over all of them; one that
//! does steps through their time by its interval and looks back as far as it says.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::{Result, anyhow};
use brokerwatch_detect::{Alert, ExceptionFinding, Row, exceptions, row_alert, suppress};
use brokerwatch_ecs::{Schema, Timestamp, date};
use brokerwatch_esql::ast::Statement;
use brokerwatch_esql::commands::Command;
use brokerwatch_esql::planner::{LeftOut, Options};
use brokerwatch_rules::exceptions::ExceptionList;
use brokerwatch_rules::{Rule, RuleKind};
use brokerwatch_runtime::limits::REFITS_MAX;
use brokerwatch_runtime::tables::{Mapping, Report, Source, TablesOptions};
use brokerwatch_runtime::{Answer, Buffer, Failed, Input, Part, Planned, Session, SessionOptions};
use serde_json::Map;

use crate::commands::answer::{json, rows};
use crate::commands::input::ReadArgs;
use crate::report;

mod again;

pub(crate) use again::Again;

/// Most windows of one rule; more are an error that names the rule and the way out.
const WINDOWS_MAX: i64 = 100_000;

/// What the runs of a rule start from.
pub(crate) struct Ground<'a> {
    /// What is scanned. Standard input is kept, so that it can be read again.
    pub(crate) inputs: &'a [Input],
    /// How it is read.
    pub(crate) read: &'a ReadArgs,
    /// The types of fields, if they are known.
    pub(crate) schema: Option<Mapping>,
    /// Whether every rule runs once over everything.
    pub(crate) once: bool,
    /// Only rows at or after the first and before the second, in milliseconds since the epoch.
    pub(crate) between: (i64, i64),
    /// The exceptions, of which each rule has those that apply to it.
    pub(crate) lists: &'a [ExceptionList],
    /// Whether the events that exceptions leave out are counted.
    pub(crate) watch: bool,
}

/// What all ES|QL rules gave.
#[derive(Default)]
pub(crate) struct Outcome {
    /// The alerts of each rule that gave some.
    pub(crate) alerts: Vec<(usize, Vec<Alert>)>,
    /// How many alerts are past the `max_signals` of their rules.
    pub(crate) cut: u64,
    /// How many alerts are told by others of their group.
    pub(crate) suppressed: u64,
    /// How many rules ran.
    pub(crate) ran: usize,
    /// How many events each rule looked at: those that pass the `WHERE`s right behind its `FROM`.
    pub(crate) looked_at: Vec<(usize, usize)>,
    /// How many more it would look at without a list of exceptions: the rule, the list, and the count. Only if watched.
    pub(crate) silenced: Vec<(usize, usize, usize)>,
    /// Rules that are wrong or could not be run.
    pub(crate) failed: Vec<(usize, Failed)>,
    /// What the queries warned of, and what was not applied.
    pub(crate) remarks: Vec<String>,
    /// Inputs that could not be read.
    pub(crate) unread: usize,
    /// What was read, by the rule that read most.
    pub(crate) read: Report,
}

impl Outcome {
    /// Shows what is wrong with the rules, and what they warned of.
    pub(crate) fn show(&self, rules: &[Rule]) {
        self.remarks.iter().for_each(|remark| report::note(remark));
        for (number, failed) in &self.failed {
            let rule = &rules[*number];
            match failed {
                Failed::Query(diagnostics) => {
                    let placed = diagnostics.iter().cloned().map(|one| rule.in_file(one));
                    report::diagnostics(&rule.path, &rule.text, &placed.collect::<Vec<_>>());
                }
                Failed::Run(why) => report::error(&format!("{}: {why}", rule.path)),
            }
        }
    }
}

/// Whether a rule is one that this runs.
pub(crate) fn is_esql(rule: &Rule) -> bool {
    matches!(rule.kind, RuleKind::Esql)
}

/// Runs the ES|QL rules among these.
pub(crate) fn run(rules: &[Rule], ground: &Ground<'_>) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let chosen: Vec<(usize, &Rule)> =
        rules.iter().enumerate().filter(|(_, rule)| is_esql(rule)).collect();
    if chosen.is_empty() {
        return Ok(outcome);
    }
    let options = SessionOptions {
        tables: tables(ground.inputs, ground.read, ground.schema.as_ref()),
        ..SessionOptions::default()
    };
    let session = Session::new(options).map_err(|why| anyhow!(why))?;
    for (number, rule) in chosen {
        match run_rule((number, rule), &session, ground, &mut outcome) {
            Ok(bounded) => {
                outcome.ran += 1;
                outcome.suppressed += bounded.suppressed;
                outcome.cut += bounded.cut;
                if !bounded.alerts.is_empty() {
                    outcome.alerts.push((number, bounded.alerts));
                }
            }
            Err(failed) => outcome.failed.push((number, failed)),
        }
        let read = session.report();
        outcome.unread = outcome.unread.max(read.unread.len());
        if outcome.read.counts.events <= read.counts.events {
            outcome.read = read;
        }
    }
    Ok(outcome)
}

/// Inputs as the one table that there is.
fn tables(inputs: &[Input], read: &ReadArgs, schema: Option<&Mapping>) -> TablesOptions {
    let source = Source { inputs: inputs.to_vec(), schema: schema.cloned(), ..Source::default() };
    TablesOptions {
        sources: vec![source],
        mapping: read.mapping,
        read_as: read.read_as,
        threads: read.threads,
        ..TablesOptions::default()
    }
}

/// The options of a rule's query that runs at a moment, in milliseconds since the epoch.
fn options(now_millis: i64) -> Options {
    Options { now_millis, cut: false, params: Vec::new(), nullify: false }
}

/// The alerts of one rule, in the order of the windows.
fn run_rule(
    (number, rule): (usize, &Rule),
    session: &Session,
    ground: &Ground<'_>,
    outcome: &mut Outcome,
) -> Result<Bounded, Failed> {
    let statement = brokerwatch_esql::parse(&rule.query_text).map_err(Failed::Query)?;
    let buffer = buffer(rule, session, ground, &options(0), &mut outcome.remarks)?;
    outcome.looked_at.push((number, buffer.times().len()));
    if ground.watch {
        let silenced = silenced(rule, session, ground)?;
        outcome.silenced.extend(silenced.into_iter().map(|(list, count)| (number, list, count)));
    }
    let (mut planned, mut warnings) = (None, BTreeSet::new());
    let version = (rule, &statement);
    let rows = windowed(version, session, &buffer, ground, &mut planned, &mut warnings)?;
    for warning in warnings {
        outcome.remarks.push(format!("warning: {}: {warning}", rule.path));
    }
    Ok(Bounded::of(rule, rows))
}

/// What a rule gives over the windows of a buffer, in their order.
fn windowed(
    (rule, statement): (&Rule, &Statement),
    session: &Session,
    buffer: &Buffer,
    ground: &Ground<'_>,
    planned: &mut Option<Planned>,
    warnings: &mut BTreeSet<String>,
) -> Result<Vec<Row>, Failed> {
    let query = &rule.query_text;
    let mut alerts = Collected { rule, seen: BTreeSet::new(), rows: Vec::new() };
    let mut looked_at = None;
    for window in windows(rule, statement, buffer, ground).map_err(Failed::Run)? {
        // The same rows give the same answer, and what they gave is an alert already.
        let rows = buffer.between(window.from, window.to);
        if asks_the_time(query) {
            *planned = None;
        } else if looked_at.replace(rows.clone()) == Some(rows.clone()) {
            continue;
        }
        let answer = over(session, query, &options(window.now), buffer, planned, rows)?;
        warnings.extend(answer.warnings.iter().cloned());
        alerts.add(&answer, &window).map_err(|error| Failed::Run(error.to_string()))?;
    }
    Ok(alerts.rows)
}

/// The alerts of a rule within its bounds.
struct Bounded {
    alerts: Vec<Alert>,
    /// How many are told by others of their group.
    suppressed: u64,
    /// How many are past the rule's `max_signals`.
    cut: u64,
}

impl Bounded {
    fn of(rule: &Rule, rows: Vec<Row>) -> Bounded {
        let (mut alerts, suppressed) = suppress(rule, rows);
        // As for every other rule, a bound of 100 counts as not said.
        let most = if rule.max_signals == 100 { usize::MAX } else { rule.max_signals.into() };
        let cut = alerts.len().saturating_sub(most) as u64;
        alerts.truncate(most);
        Bounded { alerts, suppressed, cut }
    }
}

/// Runs a query over rows of a buffer, and plans it where it is not.
fn over(
    session: &Session,
    query: &str,
    options: &Options,
    buffer: &Buffer,
    planned: &mut Option<Planned>,
    rows: Range<usize>,
) -> Result<Answer, Failed> {
    for _ in 0..=2 * REFITS_MAX {
        let ready = match planned.take() {
            Some(ready) => ready,
            None => session.plan_over((query, Part::Whole), options, buffer)?,
        };
        if let Some(answer) = session.answer_over(&ready, buffer, rows.clone())? {
            *planned = Some(ready);
            return Ok(answer);
        }
    }
    Err(Failed::Run("the types of the columns could not be settled".to_owned()))
}

/// The rows that a rule looks at: as in Elastic's engine, its exceptions leave out documents before the query sees any.
fn buffer(
    rule: &Rule,
    session: &Session,
    ground: &Ground<'_>,
    options: &Options,
    remarks: &mut Vec<String>,
) -> Result<Buffer, Failed> {
    let lists: Vec<&ExceptionList> =
        ground.lists.iter().filter(|list| list.applies_to(rule)).collect();
    if lists.is_empty() {
        return session.buffer(&rule.query_text, options, None);
    }
    let fields = exceptions::fields_of(&lists);
    // A query whose columns turn out to be others is planned again, with other findings.
    let set_aside = RefCell::new(Vec::new());
    let condition = |schema: &Schema| {
        let (condition, found) = exceptions::silenced(&lists, schema);
        let wrong = found.iter().filter(|one| one.is_error());
        *set_aside.borrow_mut() = wrong.map(|one| not_used(rule, one)).collect();
        condition
    };
    let left_out = LeftOut { fields: &fields, condition: &condition };
    let buffer = session.buffer(&rule.query_text, options, Some(&left_out))?;
    remarks.extend(set_aside.take());
    Ok(buffer)
}

/// How many rows each list of exceptions of a rule leaves out by itself, of those that the rule looks at.
fn silenced(
    rule: &Rule,
    session: &Session,
    ground: &Ground<'_>,
) -> Result<Vec<(usize, usize)>, Failed> {
    let each = ground.lists.iter().enumerate().filter(|(_, list)| list.applies_to(rule));
    let each: Vec<(usize, &ExceptionList)> = each.collect();
    if each.is_empty() {
        return Ok(Vec::new());
    }
    let lists: Vec<&ExceptionList> = each.iter().map(|(_, list)| *list).collect();
    let (query, fields) = (&rule.query_text, exceptions::fields_of(&lists));
    let nothing = |schema: &Schema| exceptions::silenced(&[], schema).0;
    let left_out = LeftOut { fields: &fields, condition: &nothing };
    let all = session.buffer(query, &options(0), Some(&left_out))?;
    let count = |(number, list): (usize, &ExceptionList)| {
        let condition = |schema: &Schema| exceptions::silenced(&[list], schema).0;
        let left_out = LeftOut { fields: &fields, condition: &condition };
        let part = Part::Leading(Some(&left_out));
        let leading = session.plan_over((query, part), &options(0), &all)?;
        let passing = session.passing(&leading, &all)?;
        Ok((number, all.times().len() - passing.times().len()))
    };
    each.into_iter().map(count).collect()
}

/// What is said of an item that does not fit the columns of a rule's events.
fn not_used(rule: &Rule, found: &ExceptionFinding<'_>) -> String {
    let why: Vec<&str> = found.diagnostics.iter().map(|one| one.message.as_str()).collect();
    format!(
        "warning: {}: exception `{}` of list `{}` does not apply to its events: {}",
        rule.path,
        found.item.name,
        found.list.list_id,
        why.join("; ")
    )
}

/// A stretch of time that a rule looks at, in milliseconds since the epoch.
struct Window {
    from: i64,
    to: i64,
    now: i64,
    /// Whether it is less than everything there is.
    is_part: bool,
}

/// The windows of a rule that have rows in them.
fn windows(
    rule: &Rule,
    statement: &Statement,
    buffer: &Buffer,
    ground: &Ground<'_>,
) -> Result<Vec<Window>, String> {
    let (since, until) = ground.between;
    let times: Vec<i64> =
        buffer.times().iter().copied().filter(|time| since <= *time && *time < until).collect();
    let all = |now| vec![Window { from: since, to: until, now, is_part: false }];
    let timed = times.iter().find(|time| **time != i64::MIN);
    let (Some(&first), Some(&last)) = (timed, times.last()) else {
        return Ok(if buffer.times().is_empty() { Vec::new() } else { all(0) });
    };
    if ground.once || !looks_at_several_rows(statement) {
        return Ok(all(last.saturating_add(1)));
    }
    let millis =
        |seconds: u64| i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX).max(1000);
    let (interval, back) = (millis(rule.interval.seconds), millis(rule.from.seconds));
    let mut windows = Vec::new();
    let mut now = first.div_euclid(interval).saturating_add(1).saturating_mul(interval);
    while now.saturating_sub(back) <= last {
        let from = now.saturating_sub(back).max(since);
        let place = times.partition_point(|time| *time < from);
        match times.get(place) {
            Some(next) if *next < now => {
                windows.push(Window { from, to: now.min(until), now, is_part: true });
                now = now.saturating_add(interval);
            }
            // The next run that sees anything is the first one behind the next row.
            Some(next) => {
                now = next
                    .div_euclid(interval)
                    .saturating_add(1)
                    .saturating_mul(interval)
                    .max(now.saturating_add(interval));
            }
            None => break,
        }
        if WINDOWS_MAX < windows.len() as i64 {
            return Err(format!(
                "the rule would run more than {WINDOWS_MAX} times over these events; `--once` runs it over all of them, and \
                 `--since` and `--until` narrow them"
            ));
        }
    }
    Ok(windows)
}

/// Whether the answer may depend on when the rule runs, beside the rows that it sees. A text that looks so is enough: then
/// a window is planned for nothing, and no alert is lost.
fn asks_the_time(query: &str) -> bool {
    let query = query.to_lowercase();
    let mut words = query.split(|c: char| !c.is_alphanumeric() && c != '_');
    query.contains("?_")
        || words.any(|word| matches!(word, "now" | "kql" | "qstr" | "trange" | "tbucket"))
}

/// Whether a row of the result depends on more than one row of the source.
fn looks_at_several_rows(statement: &Statement) -> bool {
    statement.query.commands.iter().any(|step| {
        !matches!(
            step.node,
            Command::Where(_)
                | Command::Eval(_)
                | Command::Keep(_)
                | Command::Drop(_)
                | Command::Rename(_)
                | Command::Sort(_)
                | Command::MvExpand(_)
                | Command::Dissect(_)
                | Command::Grok(_)
                | Command::Enrich(_)
                | Command::LookupJoin(_)
                | Command::IpLocation(_)
                | Command::RegisteredDomain(_)
                | Command::UriParts(_)
                | Command::UserAgent(_)
        )
    })
}

/// The alerts so far; a row that two windows give is one of them.
struct Collected<'r> {
    rule: &'r Rule,
    seen: BTreeSet<uuid::Uuid>,
    rows: Vec<Row>,
}

impl Collected<'_> {
    fn add(&mut self, answer: &Answer, window: &Window) -> Result<()> {
        let moment = |millis: i64| date::from_millis(millis);
        let span =
            window.is_part.then(|| Some((moment(window.from)?, moment(window.to)?))).flatten();
        rows(answer, &mut |row| {
            let fields: BTreeMap<&str, serde_json::Value> = answer
                .columns
                .iter()
                .zip(row)
                .filter(|(_, values)| !values.is_empty())
                .map(|(column, values)| (column.name.as_str(), json(values, column.ty)))
                .collect();
            let identity = identity(&fields);
            let document: Map<String, serde_json::Value> = fields
                .iter()
                .filter(|(name, _)| !name.starts_with('_'))
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect();
            let at: Option<Timestamp> = moment(window.now);
            let alert = row_alert(self.rule, document, &identity, at, span);
            if self.seen.insert(alert.id) {
                let grouped = self.rule.suppression.iter().flat_map(|own| &own.group_by);
                let value = |name: &String| fields.get(name.as_str()).cloned().unwrap_or_default();
                let group = grouped.map(value).collect();
                self.rows.push(Row { alert, millis: millis_of(&fields, window), group });
            }
            Ok(())
        })
    }
}

/// When a row counts: at its own time if it has one, else when the rule ran.
fn millis_of(fields: &BTreeMap<&str, serde_json::Value>, window: &Window) -> i64 {
    let own = fields.get("@timestamp").and_then(serde_json::Value::as_str).and_then(date::parse);
    own.map_or(window.now, |own| own.from.as_millisecond())
}

/// What tells a row from others: its document where it has one, else all its values.
fn identity(fields: &BTreeMap<&str, serde_json::Value>) -> Vec<u8> {
    let document: Vec<&serde_json::Value> =
        ["_id", "_index", "_version"].iter().filter_map(|name| fields.get(name)).collect();
    let told = if fields.contains_key("_id") {
        serde_json::to_vec(&document)
    } else {
        serde_json::to_vec(fields)
    };
    told.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_ask_the_time() {
        for (query, asks) in [
            ("FROM x | WHERE a == \"unknown\" AND known", false),
            ("FROM x | WHERE @timestamp > NOW() - 1 hour", true),
            ("FROM x | WHERE KQL(\"@timestamp > now-1d\")", true),
            ("FROM x | STATS n = COUNT(*) BY b = TBUCKET(1 hour)", true),
            ("FROM x | WHERE TRANGE(1h)", true),
            ("FROM x | WHERE @timestamp >= ?_tstart", true),
        ] {
            assert_eq!(asks_the_time(query), asks, "{query}");
        }
    }
}
