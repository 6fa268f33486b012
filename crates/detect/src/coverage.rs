//! Which leaves of a rule's conditions were true of some event, and which were false of some.

use brokerwatch_ecs::{Event, Projection, Schema};
use brokerwatch_eql::lower::{self, Query, Settings};
use brokerwatch_expr::{Diagnostic, Expr, Scratch, Span};
use brokerwatch_kql::Options;
use brokerwatch_rules::{Rule, RuleKind};

use crate::explain::Explainer;

/// The leaves of a rule: comparisons, calls and tests of lists, of a sequence bracket by bracket.
pub struct Leaves {
    parts: Vec<(Option<usize>, Explainer)>,
    projection: Projection,
}

/// A leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoveredLeaf {
    /// The number of its bracket, from 1; that behind the last is `until`. None in a rule about single events.
    pub bracket: Option<usize>,
    /// Its text.
    pub text: String,
    /// Where it stands in the query.
    pub span: Span,
}

impl Leaves {
    /// The leaves of a rule in EQL, KQL or Lucene; `None` of another, which has its conditions elsewhere.
    pub fn new(rule: &Rule, schema: &Schema) -> Result<Option<Leaves>, Vec<Diagnostic>> {
        let mut leaves = Leaves { parts: Vec::new(), projection: Projection::new() };
        match &rule.kind {
            RuleKind::Eql { statement } => {
                let mut settings = Settings::default();
                if let Some(field) = &rule.event_category_override {
                    settings.event_category_field.clone_from(field);
                }
                match lower::lower(statement, schema, &settings)?.query {
                    Query::Event(condition) => leaves.add(None, &condition, rule, schema)?,
                    Query::Sequence(sequence) => {
                        let stages = sequence.stages.iter().chain(&sequence.until);
                        for (number, stage) in stages.enumerate() {
                            leaves.add(Some(number + 1), &stage.condition, rule, schema)?;
                        }
                    }
                    Query::Sample(_) => return Ok(None),
                }
            }
            RuleKind::Query { .. }
            | RuleKind::Threshold(_)
            | RuleKind::NewTerms(_)
            | RuleKind::ThreatMatch(_) => {
                let Some(search) = &rule.search else { return Ok(None) };
                let lowered = brokerwatch_kql::lower(search, schema, &Options::default())?;
                leaves.add(None, &lowered.condition, rule, schema)?;
            }
            RuleKind::Esql | RuleKind::MachineLearning(_) => return Ok(None),
        }
        Ok(Some(leaves))
    }

    fn add(
        &mut self,
        bracket: Option<usize>,
        condition: &Expr,
        rule: &Rule,
        schema: &Schema,
    ) -> Result<(), Vec<Diagnostic>> {
        let explainer = Explainer::new(condition, &rule.query_text, schema, &mut self.projection);
        self.parts.push((bracket, explainer.map_err(|found| vec![found])?));
        Ok(())
    }

    /// The fields that events need.
    pub fn projection(&self) -> &Projection {
        &self.projection
    }

    /// The leaves, in order.
    pub fn all(&self) -> Vec<CoveredLeaf> {
        let each = self.parts.iter().flat_map(|(bracket, explainer)| {
            explainer.leaf_texts().map(|(text, span)| CoveredLeaf {
                bracket: *bracket,
                text: text.to_owned(),
                span,
            })
        });
        each.collect()
    }

    /// The values of the leaves on an event, in the order of [`Leaves::all`].
    pub fn values(&self, event: &Event<'_>, scratch: &mut Scratch) -> Vec<bool> {
        let each = self.parts.iter();
        let values = each.flat_map(|(_, explainer)| explainer.values(event, scratch)).collect();
        scratch.take_failure();
        scratch.reset();
        values
    }
}
