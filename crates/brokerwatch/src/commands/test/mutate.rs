//! Changes a rule in every small way and asks whether its tests notice.

use brokerwatch_expr::Span;
use brokerwatch_expr::mutant::Mutant;
use brokerwatch_rules::exceptions::ExceptionList;
use brokerwatch_rules::rule_tests::{Equivalent, RuleTest, TestsFile};
use brokerwatch_rules::{Rule, RuleKind, mutate};
use brokerwatch_runtime::{Failed, Input};
use serde_json::Value;

use super::gather::Case;
use super::run::{self, Ground};
use super::telemetry;
use crate::commands::input::ReadArgs;
use crate::commands::trial::esql_rules::{self, Again};

/// What came of the changes of a rule.
#[derive(Default)]
pub(super) struct Mutated {
    /// How many changes there were that give a rule.
    pub(super) made: usize,
    /// How many of them a test noticed.
    pub(super) noticed: usize,
    /// Changes that no test noticed: where, and what.
    pub(super) survivors: Vec<(Span, String)>,
    /// Changes that the page calls equivalent, and that no test noticed indeed.
    pub(super) equivalents: Vec<Equivalent>,
    /// Equivalents of the page that the rule does not have, or that a test notices.
    pub(super) idle: Vec<Equivalent>,
}

/// A test with what it reads.
struct Ready<'t> {
    test: &'t RuleTest,
    inputs: Vec<Input>,
    /// Its number on the page.
    number: usize,
}

/// What changed rules run on.
enum Bench<'a> {
    /// Each is compiled and reads the tests.
    Compiled { lists: &'a [ExceptionList], ground: &'a Ground<'a> },
    /// Those in ES|QL run over what was read once.
    Again(Again<'a>),
}

/// Changes a rule; the error says why its tests cannot tell.
pub(super) fn rule(
    case: &Case,
    file: &TestsFile,
    lists: &[ExceptionList],
    ground: &Ground<'_>,
) -> Result<Mutated, String> {
    let mut tests = Vec::new();
    let rules = std::slice::from_ref(&case.rule);
    let compiled = run::Compiled::new(rules, lists, ground)?;
    for (number, test) in file.tests.iter().enumerate() {
        let inputs = telemetry::inputs(file, test, &case.home, &ground.schema)?;
        // Documents are read faster than telemetry is mapped, hundreds of times; unless the test asks for what only the
        // telemetry tells, such as what its source cannot have.
        let mapped = telemetry::mapped(&inputs)?;
        let alerts = compiled.alerts(test, &mapped, lists, ground)?;
        let inputs = if run::holds(test, &alerts) { mapped } else { inputs };
        tests.push(Ready { test, inputs, number });
    }
    let read = ReadArgs::one_thread();
    let bench = bench(case, &mut tests, lists, ground, &read)?;
    let mut mutated = Mutated::default();
    let mut named = vec![false; file.equivalents.len()];
    for mutant in mutants(&case.rule) {
        let rules = [mutant.tree];
        // What is no rule, such as a sequence without a bound where one is needed, is no change that anyone can make.
        let Ok(noticed) = bench.notices(&rules, &mut tests) else { continue };
        mutated.made += 1;
        let same = |own: &Equivalent| own.change == mutant.change;
        if noticed {
            mutated.noticed += 1;
        } else if let Some(place) = file.equivalents.iter().position(same) {
            named[place] = true;
            mutated.equivalents.push(file.equivalents[place].clone());
        } else {
            mutated.survivors.push((mutant.span, mutant.change));
        }
    }
    let idle = file.equivalents.iter().zip(named).filter(|(_, named)| !named);
    mutated.idle = idle.map(|(own, _)| own.clone()).collect();
    Ok(mutated)
}

fn mutants(rule: &Rule) -> Vec<Mutant<Rule>> {
    let mut all = mutate::mutants(rule);
    if matches!(rule.kind, RuleKind::Esql)
        && let Ok(statement) = brokerwatch_esql::parse(&rule.query_text)
    {
        for mutant in brokerwatch_esql::mutate::mutants(&statement, &rule.query_text) {
            let text = brokerwatch_esql::format(&mutant.tree);
            if let Some(tree) = mutate::with_query(rule, &text) {
                all.push(Mutant { span: mutant.span, change: mutant.change, tree });
            }
        }
    }
    all
}

/// What the changed copies of a rule run on.
fn bench<'a>(
    case: &Case,
    tests: &mut [Ready<'_>],
    lists: &'a [ExceptionList],
    ground: &'a Ground<'a>,
    read: &'a ReadArgs,
) -> Result<Bench<'a>, String> {
    let compiled = Bench::Compiled { lists, ground };
    if !esql_rules::is_esql(&case.rule) {
        return Ok(compiled);
    }
    let pieces: Vec<&[Input]> = tests.iter().map(|ready| ready.inputs.as_slice()).collect();
    let esql = esql_rules::Ground {
        inputs: &[],
        read,
        schema: ground.columns.clone(),
        once: false,
        between: (i64::MIN, i64::MAX),
        lists,
        watch: false,
    };
    let again = Again::new(&case.rule, &pieces, esql);
    let again = again.map_err(|failed| run::why_failed(&case.rule, &failed))?;
    let again = Bench::Again(again);
    // Where reading all rows at once gives columns of other types, so that the rule itself fails, the slow way is taken.
    let agrees = !again.notices(std::slice::from_ref(&case.rule), tests)?;
    Ok(if agrees { again } else { compiled })
}

impl Bench<'_> {
    /// Whether a test fails for a rule. The one that does comes first from now on: it is likely to notice the next change
    /// too.
    fn notices(&self, rules: &[Rule], tests: &mut [Ready<'_>]) -> Result<bool, String> {
        let noticed = match self {
            Bench::Compiled { lists, ground } => {
                let compiled = run::Compiled::new(rules, lists, ground)?;
                first_failing(tests, |ready| {
                    compiled.alerts(ready.test, &ready.inputs, lists, ground)
                })?
            }
            Bench::Again(again) => {
                let why = |failed: Failed| run::why_failed(&rules[0], &failed);
                let mut version = again.version(&rules[0]).map_err(why)?;
                first_failing(tests, |ready| {
                    let alerts = version.alerts(ready.number).map_err(why)?;
                    Ok(alerts.into_iter().map(|alert| alert.document).collect())
                })?
            }
        };
        if let Some(place) = noticed {
            tests[..=place].rotate_right(1);
        }
        Ok(noticed.is_some())
    }
}

/// The place of the first test that does not hold.
fn first_failing(
    tests: &[Ready<'_>],
    mut alerts: impl FnMut(&Ready<'_>) -> Result<Vec<Value>, String>,
) -> Result<Option<usize>, String> {
    for (place, ready) in tests.iter().enumerate() {
        if !run::holds(ready.test, &alerts(ready)?) {
            return Ok(Some(place));
        }
    }
    Ok(None)
}
