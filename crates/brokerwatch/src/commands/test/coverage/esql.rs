//! The leaves of a rule in ES|QL: the query is run up to each, which becomes a column whose values are looked at.

use brokerwatch_detect::coverage::CoveredLeaf;
use brokerwatch_esql::probe::{self, Probe};
use brokerwatch_esql::value::Value;
use brokerwatch_rules::Rule;
use brokerwatch_rules::rule_tests::TestsFile;
use brokerwatch_runtime::{Answer, Failed, Input};

use super::Covered;
use crate::commands::answer::rows;
use crate::commands::input::ReadArgs;
use crate::commands::test::gather::Case;
use crate::commands::test::run::Ground;
use crate::commands::test::telemetry;
use crate::commands::trial::esql_rules::{self, Again};

/// The leaves of the rule over all its tests; none if it cannot be run, which is told where that is tried.
pub(super) fn of(case: &Case, file: &TestsFile, ground: &Ground<'_>) -> Option<Vec<Covered>> {
    let statement = brokerwatch_esql::parse(&case.rule.query_text).ok()?;
    let read = |test| telemetry::inputs(file, test, &case.home, &ground.schema).ok();
    let inputs: Vec<Vec<Input>> = file.tests.iter().filter_map(read).collect();
    let pieces: Vec<&[Input]> = inputs.iter().map(Vec::as_slice).collect();
    let read = ReadArgs::one_thread();
    let all = esql_rules::Ground {
        inputs: &[],
        read: &read,
        schema: ground.columns.clone(),
        once: false,
        between: (i64::MIN, i64::MAX),
        lists: &[],
        watch: false,
    };
    let again = Again::new(&case.rule, &pieces, all).ok()?;
    let each = probe::probes(&statement);
    Some(each.iter().flat_map(|probe| covered(&case.rule, &again, probe)).collect())
}

/// The leaves of a command, and what was seen of them.
fn covered(rule: &Rule, again: &Again<'_>, probe: &Probe) -> Vec<Covered> {
    let numbers: Vec<usize> = (0..probe.leaves.len()).collect();
    let seen = match look(rule, again, probe, &numbers) {
        Ok(seen) => seen.into_iter().map(Some).collect(),
        // One that can be no column, such as a comparison of aggregates, spoils it for all.
        Err(_) => numbers
            .iter()
            .map(|number| look(rule, again, probe, &[*number]).ok().map(|seen| seen[0]))
            .collect::<Vec<_>>(),
    };
    let each = probe.leaves.iter().zip(seen);
    each.map(|(leaf, seen)| {
        let (was_true, was_false) = seen.unwrap_or_default();
        let leaf = CoveredLeaf { bracket: None, text: leaf.text.clone(), span: leaf.span };
        Covered { leaf, was_true, was_false, has_value: seen.is_some() }
    })
    .collect()
}

/// Of some leaves, whether each was true of a row, and whether it was not.
fn look(
    rule: &Rule,
    again: &Again<'_>,
    probe: &Probe,
    numbers: &[usize],
) -> Result<Vec<(bool, bool)>, Failed> {
    let mut seen = vec![(false, false); numbers.len()];
    let mut take = |answer: &Answer| {
        let each = rows(answer, &mut |row| {
            for (values, (was_true, was_false)) in row.iter().zip(&mut seen) {
                // What is missing, or has several values where one is wanted, is as good as false.
                if values.contains(&Value::Boolean(true)) {
                    *was_true = true;
                } else {
                    *was_false = true;
                }
            }
            Ok(())
        });
        each.map_err(|error| Failed::Run(error.to_string()))
    };
    again.part(rule, (&probe.query(numbers), probe.behind), &mut take)?;
    Ok(seen)
}
