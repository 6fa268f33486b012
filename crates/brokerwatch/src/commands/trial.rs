//! Rules over telemetry, whoever asks: `scan` shows the alerts, others keep them.
//!
//! There is one way from inputs to alerts, for rules of every type; what becomes of an alert is the [`Form`]'s.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

use anyhow::Result;
use brokerwatch_detect::{Alert, Hit, Indicators, Matcher, Owner, Program, RuleSet, alert};
use brokerwatch_ecs::{Event, Slot, Timestamp};
use brokerwatch_ingest::prefilter::Prefilter;
use brokerwatch_rules::Rule;
use brokerwatch_runtime::Input;
use brokerwatch_runtime::events::{OnEvents, Reading, Seen};
use brokerwatch_runtime::tables::Mapping;

use super::input::{self, ReadArgs, Summary};
use super::later::{self, Later, Outcome};

pub(super) mod esql_rules;

/// Compiled rules, and the telemetry that they run over.
pub(crate) struct Trial<'a, 'r> {
    /// The rules, compiled; those in ES|QL are not among them.
    pub(crate) set: &'a RuleSet<'r>,
    /// All rules, of which those in ES|QL are run beside the others.
    pub(crate) rules: &'r [Rule],
    /// The indicators of indicator match rules.
    pub(crate) indicators: &'a Indicators,
    /// What is read. Where a rule is in ES|QL, none of it can be standard input that is not kept: it is read twice.
    pub(crate) inputs: &'a [Input],
    /// How it is read.
    pub(crate) read: &'a ReadArgs,
    /// The types of fields as ES|QL sees them, if they are known.
    pub(crate) columns: Option<Mapping>,
    /// Whether every record is read to its last byte.
    pub(crate) strict: bool,
    /// Whether rules that look at a window of time run once over everything.
    pub(crate) once: bool,
    /// Only events at or after this time.
    pub(crate) since: Option<Timestamp>,
    /// Only events before this time.
    pub(crate) until: Option<Timestamp>,
    /// Whether the events are counted that exceptions take from rules in ES|QL; of other rules, the set says it.
    pub(crate) watch: bool,
}

impl<'a, 'r> Trial<'a, 'r> {
    /// Rules over all events of what is read, as a scan without flags runs them.
    pub(crate) fn over(
        (set, rules): (&'a RuleSet<'r>, &'r [Rule]),
        indicators: &'a Indicators,
        inputs: &'a [Input],
        read: &'a ReadArgs,
    ) -> Trial<'a, 'r> {
        Trial {
            set,
            rules,
            indicators,
            inputs,
            read,
            columns: None,
            strict: false,
            once: false,
            since: None,
            until: None,
            watch: false,
        }
    }
}

/// What alerts become as they are made. Workers fill a sheet each, and the sheets come out in the order of the inputs.
pub(crate) trait Form<'r>: Sync {
    /// Some alerts.
    type Sheet: Default + Send;

    /// Adds an alert of a rule.
    fn add(&self, sheet: &mut Self::Sheet, rule: &'r Rule, alert: Alert);

    /// About how many bytes a sheet holds.
    fn bytes(&self, sheet: &Self::Sheet) -> usize;
}

/// Keeps alerts in memory as they are.
pub(crate) struct Kept;

/// An alert and its rule.
pub(crate) struct Fired<'r> {
    /// The rule.
    pub(crate) rule: &'r Rule,
    /// The alert.
    pub(crate) alert: Alert,
}

impl<'r> Form<'r> for Kept {
    type Sheet = Vec<Fired<'r>>;

    fn add(&self, sheet: &mut Vec<Fired<'r>>, rule: &'r Rule, alert: Alert) {
        sheet.push(Fired { rule, alert });
    }

    fn bytes(&self, sheet: &Vec<Fired<'r>>) -> usize {
        // Few are kept, of events that are in memory anyway.
        sheet.len() * size_of::<Fired<'_>>()
    }
}

impl<'r> Trial<'_, 'r> {
    /// Runs all rules and gives `write` the alerts, those of single events first, in the order of the inputs.
    pub(crate) fn run<F: Form<'r>>(
        &self,
        form: &F,
        summary: Summary,
        write: &mut (dyn FnMut(F::Sheet) -> io::Result<()> + Send),
    ) -> Result<Totals> {
        let set = self.set;
        // A set of rules that offers nothing to search for, or a person who wants every record read.
        let required = if self.strict { None } else { set.conditions.required() };
        let prefilter = required.and_then(|required| Prefilter::new(&required));
        let needed = needed(set);
        let reading = Reading {
            prefilter: prefilter.as_ref(),
            needed: &needed,
            strict: self.strict,
            ..self.read.reading(&set.projection)
        };
        let work = OnEach { trial: self, form };
        let mut totals = Totals::new(set);
        let mut summary = summary;
        let mut later = Later::default();
        let inputs = self.inputs_in_time();
        totals.passed_over = (self.inputs.len() - inputs.len()) as u64;
        if !set.rules.is_empty() {
            input::read(&inputs, reading, &mut summary, &work, &mut |mut found: Found<_>| {
                totals.add(&found);
                later.take(std::mem::take(&mut found.hits))?;
                Ok(write(found.sheet)?)
            })?;
        }
        totals.add_later(later.finish(set, form, self.once, self.indicators, write)?);
        totals.esql = self.esql(&inputs)?;
        for (rule, alerts) in std::mem::take(&mut totals.esql.alerts) {
            totals.esql_alerts.push((rule, alerts.len()));
            let mut sheet = F::Sheet::default();
            alerts.into_iter().for_each(|alert| form.add(&mut sheet, &self.rules[rule], alert));
            write(sheet)?;
        }
        totals.summary = summary;
        if set.rules.is_empty() {
            let read = &totals.esql.read;
            totals.summary.inputs = read.inputs;
            totals.summary.counts = read.counts;
        }
        Ok(totals)
    }

    /// Runs all rules and gives their alerts, and what was read. Nothing is shown: what cannot be read is kept in
    /// [`Summary::kept`], and what is wrong with a rule in ES|QL in the totals.
    pub(crate) fn fired(&self) -> Result<(Vec<Fired<'r>>, Totals)> {
        let mut all = Vec::new();
        let totals = self.run(&Kept, Summary::silent(), &mut |sheet| {
            all.extend(sheet);
            Ok(())
        })?;
        Ok((all, totals))
    }

    /// Runs the rules in ES|QL.
    fn esql(&self, inputs: &[Input]) -> Result<esql_rules::Outcome> {
        let millis =
            |moment: Option<Timestamp>, open| moment.map_or(open, Timestamp::as_millisecond);
        let ground = esql_rules::Ground {
            inputs,
            read: self.read,
            schema: self.columns.clone(),
            once: self.once,
            lists: self.set.lists,
            watch: self.watch,
            between: (millis(self.since, i64::MIN), millis(self.until, i64::MAX)),
        };
        esql_rules::run(self.rules, &ground)
    }

    /// The inputs that may hold events of the time that is asked for: what an import keeps has its day in its path.
    fn inputs_in_time(&self) -> Cow<'_, [Input]> {
        if self.since.is_none() && self.until.is_none() {
            return Cow::Borrowed(self.inputs);
        }
        let inputs = self.inputs.iter().filter(|input| input.may_lie(self.since, self.until));
        Cow::Owned(inputs.cloned().collect())
    }

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

/// The fields whose absence from all events would have to be told.
fn needed(set: &RuleSet<'_>) -> Vec<Slot> {
    let names: BTreeSet<String> = (0..set.rules.len()).flat_map(|rule| set.needs(rule)).collect();
    names.iter().filter_map(|name| set.projection.slot(name)).collect()
}

/// What is done with each event.
struct OnEach<'a, 'r, F> {
    trial: &'a Trial<'a, 'r>,
    form: &'a F,
}

struct Worker<'r> {
    matcher: Matcher<'r>,
    /// Fields that no event of this worker had so far.
    unseen: BTreeSet<Slot>,
}

/// What a chunk gave.
#[derive(Default)]
struct Found<S> {
    /// Alerts of single events.
    sheet: S,
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

impl<'a, 'r, F: Form<'r>> OnEvents for OnEach<'a, 'r, F> {
    type Worker = Worker<'a>;
    type Output = Found<F::Sheet>;

    fn worker(&self) -> Worker<'a> {
        Worker {
            matcher: Matcher::new(&self.trial.set.conditions),
            unseen: self.trial.set.projection.fields().map(|(slot, _)| slot).collect(),
        }
    }

    fn event(&self, worker: &mut Worker<'a>, seen: &Seen<'_, '_>, found: &mut Found<F::Sheet>) {
        let event = seen.event;
        if !worker.unseen.is_empty() {
            for slot in event.filled() {
                if worker.unseen.remove(slot) {
                    found.seen.push(*slot);
                }
            }
        }
        if !self.trial.is_in_time(event) {
            return;
        }
        let set = self.trial.set;
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
                enrichments = self.trial.indicators.enrichments(set, rule, event);
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
            self.form.add(&mut found.sheet, set.rules[rule], alert);
        });
        for list in silencing {
            *found.silenced.entry(list).or_default() += 1;
        }
        if !met.is_empty() {
            found.hits.extend(later::hits(set, &met, seen));
        }
        found.failures += u64::from(failure.is_some());
    }

    fn bytes(&self, found: &Found<F::Sheet>) -> usize {
        self.form.bytes(&found.sheet) + found.hits.iter().map(later::bytes).sum::<usize>()
    }
}

/// What a whole run gave.
pub(crate) struct Totals {
    pub(crate) summary: Summary,
    /// Inputs that were not opened, because their paths say that they are of another time.
    pub(crate) passed_over: u64,
    pub(crate) alerts: BTreeMap<usize, u64>,
    pub(crate) silenced: BTreeMap<usize, u64>,
    /// Fields that no event had.
    pub(crate) unseen: BTreeSet<Slot>,
    pub(crate) failures: u64,
    pub(crate) partly: BTreeSet<(usize, &'static str)>,
    pub(crate) later: Outcome,
    pub(crate) esql: esql_rules::Outcome,
    /// How many alerts each rule in ES|QL gave, by its number among all rules.
    pub(crate) esql_alerts: Vec<(usize, usize)>,
}

impl Totals {
    fn new(set: &RuleSet<'_>) -> Totals {
        Totals {
            summary: Summary::default(),
            passed_over: 0,
            alerts: BTreeMap::new(),
            silenced: BTreeMap::new(),
            unseen: set.projection.fields().map(|(slot, _)| slot).collect(),
            failures: 0,
            partly: BTreeSet::new(),
            later: Outcome::default(),
            esql: esql_rules::Outcome::default(),
            esql_alerts: Vec::new(),
        }
    }

    fn add<S>(&mut self, found: &Found<S>) {
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

    /// The fields that a rule cannot do without and that no event had.
    pub(crate) fn absent(&self, set: &RuleSet<'_>, rule: usize) -> Vec<String> {
        let needs = set.needs(rule).into_iter();
        needs
            .filter(|name| {
                set.projection.slot(name).is_some_and(|slot| self.unseen.contains(&slot))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use brokerwatch_ecs::Schema;
    use brokerwatch_rules::load_all;

    use super::*;

    const RULE: &str = r#"
        [rule]
        author = ["Brokerwatch"]
        description = "d"
        language = "LANGUAGE"
        name = "NAME"
        risk_score = 47
        rule_id = "a1f6f1e2-9a8f-4f6f-9d8f-00000000000N"
        severity = "medium"
        type = "LANGUAGE"
        query = '''QUERY'''
        [metadata]
        creation_date = "2026/01/01"
        updated_date = "2026/01/01"
        maturity = "production"
    "#;

    fn rule(number: &str, language: &str, query: &str) -> (String, String) {
        let text = RULE.replace("LANGUAGE", language).replace("NAME", query);
        (
            format!("{number}.toml"),
            text.replace("00N", &format!("00{number}")).replace("QUERY", query),
        )
    }

    #[test]
    fn rules_of_every_way_run_over_bytes_in_memory() {
        let loaded = load_all(
            [
                rule("1", "eql", "process where process.pid == 2"),
                rule(
                    "2",
                    "eql",
                    "sequence [any where process.pid == 1] [any where process.pid == 2]",
                ),
                rule("3", "esql", "FROM logs-* | WHERE process.pid == 1 | KEEP process.pid"),
            ]
            .into_iter(),
        );
        assert!(loaded.failures.is_empty(), "{:?}", loaded.failures);
        let schema = Schema::open();
        let set = RuleSet::compile(&loaded.rules, &schema);
        let events = "{\"@timestamp\": \"2026-01-01T00:00:00Z\", \"event.category\": \"process\", \"process.pid\": 1}\nno\n\
                      {\"@timestamp\": \"2026-01-01T00:00:01Z\", \"event.category\": \"process\", \"process.pid\": 2}\n";
        let inputs = [Input::in_memory("events", events.as_bytes())];
        let trial = Trial {
            set: &set,
            rules: &loaded.rules,
            indicators: &Indicators::default(),
            inputs: &inputs,
            read: &ReadArgs::one_thread(),
            columns: None,
            strict: false,
            once: false,
            since: None,
            until: None,
            watch: false,
        };
        let (fired, totals) = trial.fired().unwrap();
        let names: Vec<&str> = fired.iter().map(|one| one.rule.path.as_str()).collect();
        assert_eq!(names, ["1.toml", "2.toml", "2.toml", "2.toml", "3.toml"]);
        assert_eq!(fired[0].alert.document["process.pid"], 2);
        assert_eq!(totals.summary.counts.events, 2);
        assert_eq!(totals.summary.kept().len(), 1, "{:?}", totals.summary.kept());
    }
}
