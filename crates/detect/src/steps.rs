//! Sequences and samples over events: which conditions are their brackets, and where their keys lie.

use brokerwatch_ecs::{Event, Projection, Schema, Slot};
use brokerwatch_eql::keys::{Key, combinations};
use brokerwatch_eql::lower::Stage;
use brokerwatch_eql::sequence::Role;
use brokerwatch_expr::lift::Condition;
use brokerwatch_expr::{Diagnostic, lift};

use crate::Conditions;

/// The brackets of a sequence, with `until` last, or the filters of a sample.
#[derive(Debug, Clone)]
pub struct Steps {
    brackets: Vec<Bracket>,
}

#[derive(Debug, Clone)]
struct Bracket {
    condition: usize,
    /// Where each key lies, if some mapping has it, and whether it may be missing.
    keys: Vec<(Option<Slot>, bool)>,
    missing: bool,
}

impl Steps {
    /// Adds the conditions and keys of brackets.
    pub fn add<'s>(
        stages: impl Iterator<Item = &'s Stage>,
        conditions: &mut Conditions,
        projection: &mut Projection,
        schema: &Schema,
    ) -> Result<Steps, Diagnostic> {
        let stages = stages.map(|stage| (stage, lift::eql(&stage.condition)));
        Steps::with_conditions(stages, conditions, projection, schema)
    }

    /// Adds the keys of brackets, and for each the condition that stands beside it.
    pub(crate) fn with_conditions<'s>(
        stages: impl Iterator<Item = (&'s Stage, Condition)>,
        conditions: &mut Conditions,
        projection: &mut Projection,
        schema: &Schema,
    ) -> Result<Steps, Diagnostic> {
        let mut brackets = Vec::new();
        for (stage, condition) in stages {
            let keys = stage.keys.iter().map(|key| {
                let slot = key.ty.map(|_| projection.want(&key.name, schema));
                (slot, key.optional)
            });
            let keys = keys.collect();
            let condition = conditions.add(&condition, projection, schema)?;
            brackets.push(Bracket { condition, keys, missing: stage.missing });
        }
        Ok(Steps { brackets })
    }

    /// The numbers of the conditions, by bracket.
    pub fn conditions(&self) -> impl Iterator<Item = usize> {
        self.brackets.iter().map(|bracket| bracket.condition)
    }

    /// The number of a bracket's condition.
    pub fn condition(&self, bracket: usize) -> usize {
        self.brackets[bracket].condition
    }

    /// The conditions and the mandatory keys without which there is no result: of each bracket that has to be met.
    pub(crate) fn wanted(&self, stages: usize) -> impl Iterator<Item = (usize, Vec<Slot>)> {
        let wanted = self.brackets[..stages].iter().filter(|bracket| !bracket.missing);
        wanted.map(|bracket| {
            let keys = bracket.keys.iter().filter(|(_, optional)| !optional);
            (bracket.condition, keys.filter_map(|(slot, _)| *slot).collect())
        })
    }

    /// What an event is to the brackets whose conditions it meets. A bracket whose mandatory key it lacks is left out.
    pub fn roles(&self, met: impl Iterator<Item = usize>, event: &Event<'_>) -> Vec<Role> {
        let role = |stage: usize| {
            let keys = self.keys(stage, event);
            (!keys.is_empty()).then_some(Role { stage, keys })
        };
        met.filter_map(role).collect()
    }

    fn keys(&self, stage: usize, event: &Event<'_>) -> Vec<Key> {
        let values: Vec<_> = self.brackets[stage]
            .keys
            .iter()
            .map(|(slot, optional)| {
                let values = slot.map_or(&[][..], |slot| event.values(slot));
                (values, *optional)
            })
            .collect();
        combinations(&values).0
    }
}
