//! What proposals do: the rule run once more over the same telemetry, beside a copy of itself for each proposal.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use brokerwatch_detect::RuleSet;
use brokerwatch_rules::Rule;
use brokerwatch_rules::exceptions::{ExceptionList, load};
use brokerwatch_rules::tuning::{Proposal, Words, document};

use super::Ground;
use super::seen::Counting;
use crate::commands::input::Summary;
use crate::commands::scan::indicators;
use crate::commands::trial::Trial;

/// What a proposal does to the alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Effect {
    /// How many alerts go.
    pub(super) alerts: usize,
    /// How many events it silences.
    pub(super) events: u64,
}

/// Each proposal as a list of exceptions that applies to the rule.
pub(super) fn lists(rule: &Rule, proposals: &[Proposal]) -> Result<Vec<ExceptionList>> {
    proposals.iter().map(|proposal| list(rule, &[proposal])).collect()
}

/// The list that a file with these proposals gives.
fn list(rule: &Rule, proposals: &[&Proposal]) -> Result<ExceptionList> {
    let words = Words { day: "2026/01/01".to_owned(), ..Words::default() };
    let text = document(rule, proposals, &words);
    let contents = load("proposal", &text, &|_, _| None);
    let found = contents.map_err(|found| found.first().map(|one| one.message.clone()));
    let list = found.map(|contents| contents.lists.into_iter().next());
    match list {
        Ok(Some(list)) => Ok(list),
        Ok(None) => Err(anyhow!("a proposal makes no list of exceptions")),
        Err(why) => Err(anyhow!("a proposal cannot be read back: {}", why.unwrap_or_default())),
    }
}

/// What each proposal does, and what all of them do together.
pub(super) fn effects(
    ground: &Ground<'_>,
    proposals: &[Proposal],
    before: usize,
) -> Result<(Vec<Effect>, Effect)> {
    let rule = ground.rule;
    let all: Vec<&Proposal> = proposals.iter().collect();
    let mut own = lists(rule, proposals)?;
    own.push(list(rule, &all)?);
    let copies: Vec<Rule> = (0..own.len()).map(|number| copy(rule, number)).collect();
    // What applies anyway comes first, and to every copy.
    let mut lists = ground.lists.to_vec();
    for list in &mut lists {
        if list.applies_to(rule) {
            list.rule_ids.extend(copies.iter().map(|copy| copy.id.clone()));
        }
    }
    let first_own = lists.len();
    for (list, copy) in own.iter_mut().zip(&copies) {
        list.rule_ids = vec![copy.id.clone()];
    }
    lists.extend(own);
    let mut set = RuleSet::compile_at(&copies, &lists, ground.schema, ground.newest);
    set.watch_silenced(ground.schema);
    let indicators = indicators::load(&set, indicators::read(ground.indicators)?);
    let trial =
        Trial { set: &set, rules: &copies, indicators: &indicators, watch: true, ..ground.trial() };
    let mut left: BTreeMap<String, usize> = BTreeMap::new();
    let totals = trial.run(&Counting, Summary::silent(), &mut |sheet| {
        for (id, count) in sheet {
            *left.entry(id).or_default() += count;
        }
        Ok(())
    })?;
    let effect = |(number, copy): (usize, &Rule)| {
        let alerts = before.saturating_sub(left.get(&copy.id).copied().unwrap_or_default());
        let list = first_own + number;
        let events = totals.silenced.get(&list).copied().unwrap_or_default();
        let of_list = totals.esql.silenced.iter().filter(|(_, own, _)| *own == list);
        let rows: usize = of_list.map(|(.., count)| count).sum();
        Effect { alerts, events: events + rows as u64 }
    };
    let mut effects: Vec<Effect> = copies.iter().enumerate().map(effect).collect();
    let together = effects.pop().unwrap_or(Effect { alerts: 0, events: 0 });
    Ok((effects, together))
}

/// The rule under an id of its own, so that each copy has its exceptions.
fn copy(rule: &Rule, number: usize) -> Rule {
    Rule { id: format!("{}#{number}", rule.id), ..rule.clone() }
}
