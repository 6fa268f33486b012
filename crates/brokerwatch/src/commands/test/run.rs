//! One rule over its tests.

use std::path::PathBuf;

use anyhow::Result;
use brokerwatch_detect::{Indicators, RuleSet};
use brokerwatch_ecs::{Schema, Timestamp};
use brokerwatch_expr::Diagnostic;
use brokerwatch_rules::Rule;
use brokerwatch_rules::exceptions::{ExceptionList, load_all};
use brokerwatch_rules::rule_tests::{RuleTest, TestsFile};
use brokerwatch_runtime::tables::Mapping;
use brokerwatch_runtime::{Failed, Input};
use serde_json::Value;

use super::compare::{Difference, differences, matched};
use super::gather::Case;
use super::{Clock, telemetry};
use crate::commands::explain;
use crate::commands::input::ReadArgs;
use crate::commands::scan;
use crate::commands::trial::{Trial, esql_rules};

/// What the rules of a run have in common.
pub(super) struct Ground<'a> {
    /// The types of fields.
    pub(super) schema: Schema,
    /// The same for ES|QL.
    pub(super) columns: Option<Mapping>,
    /// Exceptions that were named.
    pub(super) exceptions: &'a [PathBuf],
}

/// What came of a test.
pub(super) struct Outcome<'t> {
    /// The page.
    pub(super) file: &'t TestsFile,
    /// The test.
    pub(super) test: &'t RuleTest,
    /// Whether it passed.
    pub(super) verdict: Verdict,
    /// How long it took.
    pub(super) seconds: f64,
}

/// Whether a test passed.
pub(super) enum Verdict {
    /// As expected.
    Passed,
    /// Not as expected.
    Failed(Failure),
    /// It could not be run, and why.
    Error(String),
}

/// What is not as expected.
pub(super) struct Failure {
    /// How many alerts came.
    pub(super) got: usize,
    /// Described alerts that did not come, by the number of the part, with what differs in the nearest one.
    pub(super) missing: Vec<(usize, Vec<Difference>)>,
    /// Why the rule fired, or what kept it from firing, for people.
    pub(super) explanation: Option<String>,
}

/// The exceptions of a rule; the error says what is wrong.
pub(super) fn exceptions(
    case: &Case,
    ground: &Ground<'_>,
) -> Result<Result<Vec<ExceptionList>, String>> {
    let own = load_all(case.home.exceptions()?.into_iter(), &|_, _| None);
    let named = scan::exceptions::load(ground.exceptions)?;
    let failures: Vec<String> = own
        .failures
        .iter()
        .chain(&named.failures)
        .map(|(path, text, found)| told(path, text, found))
        .collect();
    if failures.is_empty() {
        Ok(Ok(own.lists.into_iter().chain(named.lists).collect()))
    } else {
        Ok(Err(failures.join("\n")))
    }
}

/// Findings in a file, a line each.
pub(super) fn told(path: &str, text: &str, found: &[Diagnostic]) -> String {
    let lines = found.iter().map(|one| {
        let (line, column) = brokerwatch_expr::line_column(text, one.span().start as usize);
        format!("{path}:{line}:{column}: {} [{}]", one.message, one.code)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs some tests of a rule.
pub(super) fn rule<'t>(
    case: &'t Case,
    file: &'t TestsFile,
    chosen: &[usize],
    ground: &Ground<'_>,
) -> Result<Vec<Outcome<'t>>> {
    let lists = exceptions(case, ground)?;
    let rules = std::slice::from_ref(&case.rule);
    let compiled = match &lists {
        Ok(lists) => Compiled::new(rules, lists, ground).map(|compiled| (compiled, lists)),
        Err(why) => Err(why.clone()),
    };
    let tests = chosen.iter().map(|number| &file.tests[*number]);
    Ok(tests
        .map(|test| {
            let clock = Clock::start();
            let verdict = match &compiled {
                Ok((compiled, lists)) => verdict(case, file, test, compiled, lists, ground),
                Err(why) => Err(why.clone()),
            };
            let verdict = verdict.unwrap_or_else(Verdict::Error);
            Outcome { file, test, verdict, seconds: clock.seconds() }
        })
        .collect())
}

fn verdict(
    case: &Case,
    file: &TestsFile,
    test: &RuleTest,
    compiled: &Compiled<'_>,
    lists: &[ExceptionList],
    ground: &Ground<'_>,
) -> Result<Verdict, String> {
    let inputs = telemetry::inputs(file, test, &case.home, &ground.schema)?;
    let alerts = compiled.alerts(test, &inputs, lists, ground)?;
    if holds(test, &alerts) {
        return Ok(Verdict::Passed);
    }
    let alerts: Vec<&Value> = alerts.iter().collect();
    let parts: Vec<_> = test.parts.iter().map(|part| &part.fields).collect();
    let owners = matched(&parts, &alerts);
    let missing = (0..parts.len()).filter(|part| owners[*part].is_none());
    let nearest = |part: usize| {
        let each = alerts.iter().map(|alert| differences(parts[part], alert));
        each.min_by_key(Vec::len).unwrap_or_default()
    };
    let missing = missing.map(|part| (part, nearest(part))).collect();
    let explanation = if alerts.len() == test.alerts {
        None
    } else {
        let near = alerts.len() < test.alerts;
        explain::told(&case.rule, &inputs, &ground.schema, near)
            .map_err(|error| error.to_string())?
    };
    Ok(Verdict::Failed(Failure { got: alerts.len(), missing, explanation }))
}

/// A rule, ready to run over tests.
pub(super) struct Compiled<'r> {
    rules: &'r [Rule],
    set: RuleSet<'r>,
}

impl<'r> Compiled<'r> {
    /// Compiles a rule; the error says what is wrong with it.
    pub(super) fn new(
        rules: &'r [Rule],
        lists: &'r [ExceptionList],
        ground: &Ground<'_>,
    ) -> Result<Compiled<'r>, String> {
        Compiled::at(rules, lists, ground, None)
    }

    fn at(
        rules: &'r [Rule],
        lists: &'r [ExceptionList],
        ground: &Ground<'_>,
        now: Option<Timestamp>,
    ) -> Result<Compiled<'r>, String> {
        let set = RuleSet::compile_at(rules, lists, &ground.schema, now);
        if let Some(refused) = set.refused.first() {
            return Err(told(&refused.rule.path, &refused.rule.text, &refused.in_file()));
        }
        let mut not_run = set.not_run.iter().filter(|one| !esql_rules::is_esql(one.rule));
        if let Some(not_run) = not_run.next() {
            return Err(format!("{}: {} in this version", not_run.rule.path, not_run.why));
        }
        Ok(Compiled { rules, set })
    }

    /// The alerts over what a test reads, without the building blocks of sequences.
    pub(super) fn alerts(
        &self,
        test: &RuleTest,
        inputs: &[Input],
        lists: &[ExceptionList],
        ground: &Ground<'_>,
    ) -> Result<Vec<Value>, String> {
        if test.indicators.is_empty() {
            return self.fired(&Indicators::default(), inputs, ground);
        }
        // How old an indicator may be depends on the newest, so that the rule is compiled for this test.
        let sources = scan::indicators::given(&test.indicators);
        let now = scan::indicators::newest(&sources);
        let compiled = Compiled::at(self.rules, lists, ground, now)?;
        let (indicators, _) = scan::indicators::handed(&compiled.set, sources);
        compiled.fired(&indicators, inputs, ground)
    }

    fn fired(
        &self,
        indicators: &Indicators,
        inputs: &[Input],
        ground: &Ground<'_>,
    ) -> Result<Vec<Value>, String> {
        let read = ReadArgs::one_thread();
        let trial = Trial {
            columns: ground.columns.clone(),
            // Few events are read faster than what tells them apart is made.
            strict: true,
            ..Trial::over((&self.set, self.rules), indicators, inputs, &read)
        };
        let (fired, totals) = trial.fired().map_err(|error| error.to_string())?;
        if let Some((number, failed)) = totals.esql.failed.first() {
            return Err(why_failed(&self.rules[*number], failed));
        }
        if let Some(why) = totals.summary.kept().first() {
            return Err(format!("the events cannot be read: {why}"));
        }
        if totals.summary.counts.events == 0 {
            return Err("there are no events in what the test reads".to_owned());
        }
        let is_own =
            |document: &Value| document["brokerwatch"]["alert"]["group"]["index"].is_null();
        Ok(fired.into_iter().map(|fired| fired.alert.document).filter(is_own).collect())
    }
}

/// Why a rule in ES|QL gives nothing.
pub(super) fn why_failed(rule: &Rule, failed: &Failed) -> String {
    match failed {
        Failed::Query(found) => {
            let placed: Vec<_> = found.iter().map(|one| rule.in_file(one.clone())).collect();
            told(&rule.path, &rule.text, &placed)
        }
        Failed::Run(why) => format!("{}: {why}", rule.path),
    }
}

/// Whether alerts are what a test expects.
pub(super) fn holds(test: &RuleTest, alerts: &[Value]) -> bool {
    let parts: Vec<_> = test.parts.iter().map(|part| &part.fields).collect();
    let alerts: Vec<&Value> = alerts.iter().collect();
    alerts.len() == test.alerts && matched(&parts, &alerts).iter().all(Option::is_some)
}
