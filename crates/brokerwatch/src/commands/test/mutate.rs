//! Changes a rule in every small way and asks whether its tests notice.

use brokerwatch_expr::Span;
use brokerwatch_expr::mutant::Mutant;
use brokerwatch_rules::exceptions::ExceptionList;
use brokerwatch_rules::rule_tests::{Equivalent, RuleTest, TestsFile};
use brokerwatch_rules::{Rule, RuleKind, mutate};
use brokerwatch_runtime::Input;

use super::gather::Case;
use super::run::{self, Ground};
use super::telemetry;

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
    for test in &file.tests {
        let inputs = telemetry::inputs(file, test, &case.home, &ground.schema)?;
        // Documents are read faster than telemetry is mapped, hundreds of times; unless the test asks for what only the
        // telemetry tells, such as what its source cannot have.
        let mapped = telemetry::mapped(&inputs)?;
        let alerts = compiled.alerts(test, &mapped, lists, ground)?;
        let inputs = if run::holds(test, &alerts) { mapped } else { inputs };
        tests.push(Ready { test, inputs });
    }
    let mut mutated = Mutated::default();
    let mut named = vec![false; file.equivalents.len()];
    for mutant in mutants(&case.rule) {
        let rules = [mutant.tree];
        // What is no rule, such as a sequence without a bound where one is needed, is no change that anyone can make.
        let Ok(noticed) = notices(&rules, &mut tests, lists, ground) else { continue };
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

/// Whether a test fails. The one that does comes first from now on: it is likely to notice the next change too.
fn notices(
    rules: &[Rule],
    tests: &mut [Ready<'_>],
    lists: &[ExceptionList],
    ground: &Ground<'_>,
) -> Result<bool, String> {
    let compiled = run::Compiled::new(rules, lists, ground)?;
    for number in 0..tests.len() {
        let ready = &tests[number];
        let alerts = compiled.alerts(ready.test, &ready.inputs, lists, ground)?;
        if !run::holds(ready.test, &alerts) {
            tests[..=number].rotate_right(1);
            return Ok(true);
        }
    }
    Ok(false)
}
