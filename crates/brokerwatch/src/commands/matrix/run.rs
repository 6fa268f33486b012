//! Rules over the cases of the matrix.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use brokerwatch_detect::{Indicators, RuleSet};
use brokerwatch_ecs::Schema;
use brokerwatch_ingest::normalise::Kind;
use brokerwatch_rules::exceptions::ExceptionList;
use brokerwatch_rules::lists::{Lists, fill, site};
use brokerwatch_rules::matrix::{Case, Row, Verdict};
use brokerwatch_rules::{Failure, Rule, RuleKind, load_all};
use brokerwatch_runtime::Input;

use crate::commands::input::{self, ReadArgs};
use crate::commands::rules::Sources;
use crate::commands::site as own_site;
use crate::commands::trial::Trial;
use crate::commands::trial::esql_rules::is_esql;
use crate::commands::{explain, scan};

/// What came of a case.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Once for each mapping that the case holds in; none where its source was not asked for.
    pub(super) runs: Vec<Run>,
    /// Whether a rule fired as other engines read the case; only where the seed is judged.
    pub(super) readings: Readings,
}

/// The same case as other engines read it.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Readings {
    /// In strict three-valued logic, where a condition on a missing field is neither true nor false.
    pub(super) strict: Option<bool>,
    /// IPv4-mapped addresses are not taken for IPv4.
    pub(super) unmapped: Option<bool>,
}

/// A case in one mapping.
#[derive(Debug)]
pub(super) struct Run {
    /// The mapping's name; none for ECS, which needs none.
    pub(super) mapping: Option<&'static str>,
    /// The names of the rules that fired.
    pub(super) fired: BTreeSet<String>,
    /// Why it could not be run.
    pub(super) error: Option<String>,
    /// Of what is wrong, the nearest rule and what keeps it from firing, or why a rule fires.
    pub(super) reason: Option<(String, String)>,
}

impl Run {
    /// Whether it came as expected.
    pub(super) fn is_right(&self, case: &Case) -> bool {
        self.error.is_none() && self.fired.is_empty() == (case.expected == Verdict::Silent)
    }
}

/// Rules as a site has them.
pub(super) struct Prepared {
    /// The rules.
    pub(super) rules: Vec<Rule>,
    /// The same in strict three-valued logic.
    twins: Vec<Rule>,
    /// Their exceptions.
    pub(super) exceptions: Vec<ExceptionList>,
}

/// Fills rules with lists as a site's text wants them, or without one as the person's own `brokerwatch.toml` does, and
/// loads them. The inner error is what is wrong with any file.
pub(super) fn prepare(
    sources: &Sources,
    name: &str,
    config: Option<&str>,
) -> Result<Result<Prepared, Vec<Failure>>> {
    let (lists, wrong) = Lists::load_all(sources.lists.iter().cloned());
    if !wrong.is_empty() {
        return Ok(Err(wrong));
    }
    let (lists, named) = match config {
        None => own_site::apply(lists)?,
        Some(config) => match site(name, config, &lists) {
            Ok(wanted) => (wanted.lists, Vec::new()),
            Err(found) => return Ok(Err(vec![(name.to_owned(), config.to_owned(), found)])),
        },
    };
    let named = scan::exceptions::load(&named)?;
    let texts = |twin: bool| {
        let lists = &lists;
        sources.rules.iter().map(move |(path, text)| {
            let filled = fill(text, lists).text;
            let text = if twin { in_strict_logic(&filled) } else { filled };
            (path.clone(), text)
        })
    };
    let (loaded, twins) = (load_all(texts(false)), load_all(texts(true)));
    let excepted = scan::exceptions::with_packs(named, &sources.exceptions, &loaded.rules);
    let failures: Vec<Failure> =
        [loaded.failures, twins.failures, excepted.failures].into_iter().flatten().collect();
    if !failures.is_empty() {
        return Ok(Err(failures));
    }
    let exceptions = excepted.lists;
    Ok(Ok(Prepared { rules: loaded.rules, twins: twins.rules, exceptions }))
}

/// A rule file whose query spells out strict three-valued logic: the engine itself answers as Elasticsearch does.
fn in_strict_logic(text: &str) -> String {
    let loaded = load_all(std::iter::once((String::new(), text.to_owned())));
    let Some(rule) = loaded.rules.first() else { return text.to_owned() };
    match (&rule.kind, rule.query_span_in_file) {
        (RuleKind::Eql { .. }, Some(span)) => {
            let mut changed = text.to_owned();
            changed.replace_range(span.range(), &brokerwatch_eql::three_valued(&rule.query_text));
            changed
        }
        _ => text.to_owned(),
    }
}

/// Runs all cases of the rows, or those of some sources. The inner error is what is wrong with files.
pub(super) fn all(
    rows: &[Row],
    sources: &Sources,
    only: &[String],
    every_rule: bool,
) -> Result<Result<Vec<Vec<Outcome>>, Vec<Failure>>> {
    let mut outcomes: Vec<Vec<Outcome>> =
        rows.iter().map(|row| row.cases.iter().map(|_| Outcome::default()).collect()).collect();
    // Rules are compiled once for all cases that have the same site.
    let mut by_site: BTreeMap<&str, Vec<(usize, usize)>> = BTreeMap::new();
    for (number, row) in rows.iter().enumerate() {
        for (place, case) in row.cases.iter().enumerate() {
            if only.is_empty() || only.contains(&case.source) {
                by_site.entry(&case.site).or_default().push((number, place));
            }
        }
    }
    let schema = Schema::open();
    for (config, places) in by_site {
        let path = &rows[places[0].0].path;
        let prepared = match prepare(sources, path, Some(config))? {
            Ok(prepared) => prepared,
            Err(failures) => return Ok(Err(failures)),
        };
        let bench = Bench::new(&prepared.rules, &prepared.exceptions, &schema, every_rule);
        let twin = Bench::new(&prepared.twins, &prepared.exceptions, &schema, every_rule);
        let ran = brokerwatch_runtime::each(&places, input::threads(), |(number, place)| {
            bench.case(&rows[*number].cases[*place], &twin)
        });
        for ((number, place), outcome) in places.iter().zip(ran) {
            outcomes[*number][*place] = outcome?;
        }
    }
    Ok(Ok(outcomes))
}

/// Compiled rules.
pub(super) struct Bench<'r> {
    rules: &'r [Rule],
    /// The rules that are not in ES|QL.
    set: RuleSet<'r>,
    /// No rule, beside which those in ES|QL run alone.
    none: RuleSet<'r>,
    schema: &'r Schema,
    /// Whether rules in ES|QL, which take long to plan, are also asked where another rule has fired.
    every_rule: bool,
}

impl<'r> Bench<'r> {
    pub(super) fn new(
        rules: &'r [Rule],
        exceptions: &'r [ExceptionList],
        schema: &'r Schema,
        every_rule: bool,
    ) -> Bench<'r> {
        let set = RuleSet::compile_at(rules, exceptions, schema, None);
        let none = RuleSet::compile_at(&[], exceptions, schema, None);
        Bench { rules, set, none, schema, every_rule }
    }

    fn case(&self, case: &Case, twin: &Bench<'_>) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        for (mapping, name) in mappings(case) {
            let mut run = self.run(case, mapping)?;
            run.mapping = name;
            if run.error.is_none() && !run.is_right(case) {
                run.reason = self.reason(case, mapping, &run)?;
            }
            outcome.runs.push(run);
        }
        if is_ecs(case) {
            let fired = |run: Run| !run.fired.is_empty();
            outcome.readings.strict = Some(fired(twin.run(case, Kind::Defend)?));
            if case.telemetry.contains(MAPPED) {
                let change = |text: &str| text.replace(MAPPED, UNMAPPED);
                let (telemetry, history) = (change(&case.telemetry), change(&case.history));
                let plain = Case { telemetry, history, ..case.clone() };
                outcome.readings.unmapped = Some(fired(self.run(&plain, Kind::Defend)?));
            }
        }
        Ok(outcome)
    }

    pub(super) fn run(&self, case: &Case, mapping: Kind) -> Result<Run> {
        let mut run = Run { mapping: None, fired: BTreeSet::new(), error: None, reason: None };
        for esql in [false, true] {
            let has_some = self.rules.iter().any(|rule| is_esql(rule) == esql);
            if !has_some || (esql && !self.every_rule && !run.fired.is_empty()) {
                continue;
            }
            match self.fired(case, mapping, esql)? {
                Ok(names) => run.fired.extend(names),
                Err(why) => run.error = Some(why),
            }
        }
        Ok(run)
    }

    /// The names of the rules that fire on a case, and not on its history alone.
    fn fired(
        &self,
        case: &Case,
        mapping: Kind,
        esql: bool,
    ) -> Result<Result<BTreeSet<String>, String>> {
        let after = match self.alerts(&inputs(case, true), mapping, esql)? {
            Ok(after) => after,
            Err(why) => return Ok(Err(why)),
        };
        let mut known = BTreeSet::new();
        if !case.history.is_empty() && !after.is_empty() {
            match self.alerts(&inputs(case, false), mapping, esql)? {
                Ok(before) => known.extend(before.into_iter().map(|(id, _)| id)),
                Err(why) => return Ok(Err(why)),
            }
        }
        let new = after.into_iter().filter(|(id, _)| !known.contains(id));
        let asked = new.filter(|(_, rule)| !case.over_time || is_over_time(rule));
        Ok(Ok(asked.map(|(_, rule)| rule.name.clone()).collect()))
    }

    /// The alerts by their ids, without the building blocks of sequences; the inner error says what could not be read.
    fn alerts(
        &self,
        inputs: &[Input],
        mapping: Kind,
        esql: bool,
    ) -> Result<Result<Vec<(String, &'r Rule)>, String>> {
        let read = ReadArgs { mapping, ..ReadArgs::one_thread() };
        let indicators = Indicators::default();
        let rules: (&RuleSet<'_>, &[Rule]) =
            if esql { (&self.none, self.rules) } else { (&self.set, &[]) };
        let trial = Trial::over(rules, &indicators, inputs, &read);
        let (fired, totals) = trial.fired()?;
        if let Some(why) = totals.summary.kept().first() {
            return Ok(Err(format!("the telemetry cannot be read: {why}")));
        }
        if totals.summary.counts.events + totals.summary.counts.passed_over == 0 {
            return Ok(Err("there are no events in the telemetry".to_owned()));
        }
        if let Some((number, _)) = totals.esql.failed.first() {
            return Ok(Err(format!("{} cannot be run", self.rules[*number].path)));
        }
        let whole = fired.into_iter().filter(|fired| {
            fired.alert.document["brokerwatch"]["alert"]["group"]["index"].is_null()
        });
        Ok(Ok(whole.map(|fired| (fired.alert.id.to_string(), fired.rule)).collect()))
    }

    /// The rule to speak of, and what there is to say.
    fn reason(&self, case: &Case, mapping: Kind, run: &Run) -> Result<Option<(String, String)>> {
        let inputs = inputs(case, true);
        let read = || ReadArgs { mapping, ..ReadArgs::one_thread() };
        let near = run.fired.is_empty();
        let rule = if near {
            let mut nearest: Option<(usize, &Rule)> = None;
            for rule in self.rules {
                let missed = explain::missed(rule, &inputs, self.schema, &read())?;
                if let Some(missed) = missed
                    && nearest.is_none_or(|(least, _)| missed < least)
                {
                    nearest = Some((missed, rule));
                }
            }
            nearest.map(|(_, rule)| rule)
        } else {
            self.rules.iter().find(|rule| run.fired.contains(&rule.name))
        };
        let Some(rule) = rule else { return Ok(None) };
        let told = explain::told_of(rule, &inputs, self.schema, near, read())?;
        Ok(Some((rule.name.clone(), told.unwrap_or_default())))
    }
}

/// How an IPv4-mapped address begins, and an address that no engine takes for one.
const MAPPED: &str = "::ffff:";
const UNMAPPED: &str = "::fffe:";

/// Whether a case holds documents of ECS.
pub(super) fn is_ecs(case: &Case) -> bool {
    matches!(case.source.as_str(), "ecs" | "defend")
}

pub(super) fn mappings(case: &Case) -> Vec<(Kind, Option<&'static str>)> {
    if is_ecs(case) {
        return vec![(Kind::Defend, None)];
    }
    let both = [(Kind::Defend, "defend"), (Kind::Elastic, "elastic")];
    both.into_iter()
        .filter(|(_, name)| case.mapping.as_deref().is_none_or(|only| only == *name))
        .map(|(kind, name)| (kind, Some(name)))
        .collect()
}

/// Whether a rule looks at a window of time.
fn is_over_time(rule: &Rule) -> bool {
    matches!(rule.kind, RuleKind::Esql | RuleKind::Threshold(_) | RuleKind::NewTerms(_))
}

fn inputs(case: &Case, whole: bool) -> Vec<Input> {
    let mut inputs = Vec::new();
    if !case.history.is_empty() {
        inputs.push(Input::in_memory("history", case.history.as_bytes()));
    }
    if whole {
        inputs.push(Input::in_memory("case", case.telemetry.as_bytes()));
    }
    inputs
}
