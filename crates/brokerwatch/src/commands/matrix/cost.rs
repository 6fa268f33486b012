//! What exceptions cost: the rows of the matrix that a rule, and all rules together, see no longer with them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use brokerwatch_ecs::Schema;
use brokerwatch_rules::exceptions::ExceptionList;
use brokerwatch_rules::matrix::{Case, Row, Verdict};
use brokerwatch_rules::{Failure, Rule};

use super::gather;
use super::run::{Bench, Prepared, mappings, prepare};
use crate::commands::input;
use crate::commands::rules::Sources;

/// What an exception does to the matrix. Rows are told by their numbers.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Rows of which the rule misses a case that it saw.
    pub(crate) rule_misses: BTreeSet<String>,
    /// Those among them that no other rule of the pack sees either.
    pub(crate) pack_misses: BTreeSet<String>,
    /// Rows of which the rule is silent about an honest case on which it fired.
    pub(crate) rule_rights: BTreeSet<String>,
    /// Those among them about which the pack is silent now.
    pub(crate) pack_rights: BTreeSet<String>,
}

/// A rule, and what goes with it.
pub(crate) struct Ground<'a> {
    /// The id of the rule.
    pub(crate) rule: &'a str,
    /// The files that the rule comes from.
    pub(crate) sources: &'a Sources,
    /// The files of the pack that runs beside it.
    pub(crate) pack: &'a Sources,
    /// Exceptions that apply anyway.
    pub(crate) lists: &'a [ExceptionList],
}

/// The cost of each exception. The inner error is what is wrong with files.
///
/// Only cases on which the rule fires are asked. What else an exception may do, to make values new again for a rule of
/// new terms because others with them are not seen, is an alert more and no row lost.
pub(crate) fn costs(
    ground: &Ground<'_>,
    proposals: &[ExceptionList],
) -> Result<Result<Vec<Cost>, Vec<Failure>>> {
    let (rows, failures) = gather::rows();
    if !failures.is_empty() {
        return Ok(Err(failures));
    }
    // Rules are filled once for all cases that have the same site.
    let mut by_site: BTreeMap<&str, Vec<(&Row, &Case)>> = BTreeMap::new();
    for row in &rows {
        for case in &row.cases {
            by_site.entry(&case.site).or_default().push((row, case));
        }
    }
    let mut costs = vec![Cost::default(); proposals.len()];
    for (site, cases) in by_site {
        let path = &cases[0].0.path;
        let own = match prepare(ground.sources, path, Some(site))? {
            Ok(prepared) => prepared,
            Err(failures) => return Ok(Err(failures)),
        };
        let pack = match prepare(ground.pack, path, Some(site))? {
            Ok(prepared) => prepared,
            Err(failures) => return Ok(Err(failures)),
        };
        let parts = split(ground, own, pack);
        let each = brokerwatch_runtime::each(&cases, input::threads(), |(_, case)| {
            parts.changes(case, proposals)
        });
        for ((row, case), changes) in cases.iter().zip(each) {
            changes?.into_iter().for_each(|change| change.tell(row, case, &mut costs));
        }
    }
    Ok(Ok(costs))
}

/// The rule and the others, as a site has them.
struct Parts {
    rule: Vec<Rule>,
    others: Vec<Rule>,
    /// The exceptions of the rule, and those of the others.
    lists: Vec<ExceptionList>,
    other_lists: Vec<ExceptionList>,
}

fn split(ground: &Ground<'_>, own: Prepared, pack: Prepared) -> Parts {
    let mut lists = own.exceptions;
    for list in ground.lists {
        let is_there = |other: &ExceptionList| {
            other.list_id == list.list_id && other.namespace_type == list.namespace_type
        };
        if !lists.iter().any(is_there) {
            lists.push(list.clone());
        }
    }
    Parts {
        rule: own.rules.into_iter().filter(|rule| rule.id == ground.rule).collect(),
        others: pack.rules.into_iter().filter(|rule| rule.id != ground.rule).collect(),
        lists,
        other_lists: pack.exceptions,
    }
}

/// A case on which the rule fires and, with an exception, does no longer.
struct Change {
    proposal: usize,
    /// Whether another rule fires.
    others: bool,
}

impl Parts {
    fn changes(&self, case: &Case, proposals: &[ExceptionList]) -> Result<Vec<Change>> {
        let schema = Schema::open();
        let fires = |rules: &[Rule], lists: &[ExceptionList], mapping, every: bool| {
            let bench = Bench::new(rules, lists, &schema, every);
            Ok::<bool, anyhow::Error>(!bench.run(case, mapping)?.fired.is_empty())
        };
        let mut changes = Vec::new();
        for (mapping, _) in mappings(case) {
            if !fires(&self.rule, &self.lists, mapping, true)? {
                continue;
            }
            // All others are asked once, and only where it matters.
            let mut others = None;
            for (proposal, list) in proposals.iter().enumerate() {
                let lists = [self.lists.as_slice(), std::slice::from_ref(list)].concat();
                if fires(&self.rule, &lists, mapping, true)? {
                    continue;
                }
                let others = match others {
                    Some(known) => known,
                    None => *others.insert(fires(&self.others, &self.other_lists, mapping, false)?),
                };
                changes.push(Change { proposal, others });
            }
        }
        Ok(changes)
    }
}

impl Change {
    fn tell(&self, row: &Row, case: &Case, costs: &mut [Cost]) {
        let cost = &mut costs[self.proposal];
        let (rule, pack) = match case.expected {
            Verdict::Fires => (&mut cost.rule_misses, &mut cost.pack_misses),
            Verdict::Silent => (&mut cost.rule_rights, &mut cost.pack_rights),
        };
        rule.insert(row.id.clone());
        if !self.others {
            pack.insert(row.id.clone());
        }
    }
}
