//! Which leaves of a rule its tests never saw true, or never false.

use std::collections::BTreeSet;

use anyhow::Result;
use brokerwatch_detect::coverage::{CoveredLeaf, Leaves};
use brokerwatch_expr::{Diagnostic, Scratch, Span, line_column};
use brokerwatch_rules::Rule;
use brokerwatch_rules::rule_tests::TestsFile;
use brokerwatch_runtime::Input;
use brokerwatch_runtime::events::{OnEvents, Seen};

use super::gather::Case;
use super::run::Ground;
use super::telemetry;
use crate::commands::input::{self, ReadArgs, Summary};
use crate::commands::trial::esql_rules;

mod esql;

/// A leaf, and what the tests saw of it.
pub(super) struct Covered {
    pub(super) leaf: CoveredLeaf,
    pub(super) was_true: bool,
    pub(super) was_false: bool,
    /// Whether it has a value by itself; in ES|QL, a comparison of aggregates has none.
    pub(super) has_value: bool,
}

impl Covered {
    /// Which sides were never seen; empty if both were.
    pub(super) fn missing(&self) -> &'static str {
        match (self.was_true, self.was_false) {
            _ if !self.has_value => "",
            (true, true) => "",
            (true, false) => "never false",
            (false, true) => "never true",
            (false, false) => "never true and never false",
        }
    }
}

/// The leaves of a rule over all its tests; `None` of a rule that has none.
pub(super) fn of(
    case: &Case,
    file: &TestsFile,
    ground: &Ground<'_>,
) -> Result<Option<Vec<Covered>>> {
    let schema = &ground.schema;
    if esql_rules::is_esql(&case.rule) {
        return Ok(esql::of(case, file, ground));
    }
    // What is wrong with the query is told where it runs.
    let Ok(Some(leaves)) = Leaves::new(&case.rule, schema) else { return Ok(None) };
    let mut seen = vec![(false, false); leaves.all().len()];
    for test in &file.tests {
        let Ok(inputs) = telemetry::inputs(file, test, &case.home, schema) else { continue };
        look(&leaves, &inputs, &mut seen)?;
    }
    let each = leaves.all().into_iter().zip(seen);
    Ok(Some(
        each.map(|(leaf, (was_true, was_false))| Covered {
            leaf,
            was_true,
            was_false,
            has_value: true,
        })
        .collect(),
    ))
}

fn look(leaves: &Leaves, inputs: &[Input], seen: &mut [(bool, bool)]) -> Result<()> {
    let read = ReadArgs::one_thread();
    let reading = read.reading(leaves.projection());
    let mut summary = Summary::silent();
    input::read(inputs, reading, &mut summary, &Look { leaves }, &mut |found: BTreeSet<(
        usize,
        bool,
    )>| {
        for (leaf, value) in found {
            if value {
                seen[leaf].0 = true;
            } else {
                seen[leaf].1 = true;
            }
        }
        Ok(())
    })
}

struct Look<'l> {
    leaves: &'l Leaves,
}

impl OnEvents for Look<'_> {
    type Worker = Scratch;
    /// Leaves by number, with a value that they had.
    type Output = BTreeSet<(usize, bool)>;

    fn worker(&self) -> Scratch {
        Scratch::new()
    }

    fn event(&self, scratch: &mut Scratch, seen: &Seen<'_, '_>, found: &mut Self::Output) {
        found.extend(self.leaves.values(seen.event, scratch).into_iter().enumerate());
    }

    fn bytes(&self, found: &Self::Output) -> usize {
        found.len() * size_of::<(usize, bool)>()
    }
}

/// Where a piece of a rule's query stands in its file, as `line:column`; of a query written with escapes, that of the
/// query.
pub(super) fn place(rule: &Rule, span: Span) -> String {
    // The code is not shown.
    let found = rule.in_file(Diagnostic::warning("", span, ""));
    let (line, column) = line_column(&rule.text, found.span().start as usize);
    format!("{}:{line}:{column}", rule.path)
}
