//! Rules compiled together.

use brokerwatch_ecs::{Projection, Schema, Slot};
use brokerwatch_eql::lower::{self, Query, Settings};
use brokerwatch_expr::{Diagnostic, lift};
use brokerwatch_rules::{Rule, RuleKind};

use crate::Conditions;

/// Rules that run, over one projection.
pub struct RuleSet<'r> {
    /// The rules, by the number of their condition.
    pub rules: Vec<&'r Rule>,
    /// Their conditions.
    pub conditions: Conditions,
    /// The fields that events need.
    pub projection: Projection,
    /// Where the time of an event lies.
    pub timestamp: Slot,
    /// Rules that loaded but that this version cannot run.
    pub not_run: Vec<NotRun<'r>>,
    /// Rules whose query does not fit the schema.
    pub refused: Vec<Refused<'r>>,
}

/// A rule that cannot run, and why.
pub struct NotRun<'r> {
    /// The rule.
    pub rule: &'r Rule,
    /// What it is that does not run yet.
    pub why: &'static str,
}

/// A rule whose query has errors; the places are in the query's text.
pub struct Refused<'r> {
    /// The rule.
    pub rule: &'r Rule,
    /// All that is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

impl<'r> RuleSet<'r> {
    /// Compiles rules for events of a schema. A rule that cannot run is set aside with the reason; it never stops the
    /// others.
    pub fn compile(rules: &'r [Rule], schema: &Schema) -> RuleSet<'r> {
        let mut projection = Projection::new();
        let timestamp = projection.want("@timestamp", schema);
        let mut set = RuleSet {
            rules: Vec::new(),
            conditions: Conditions::default(),
            projection,
            timestamp,
            not_run: Vec::new(),
            refused: Vec::new(),
        };
        for rule in rules {
            match set.add(rule, schema) {
                Ok(None) => {}
                Ok(Some(why)) => set.not_run.push(NotRun { rule, why }),
                Err(diagnostics) => set.refused.push(Refused { rule, diagnostics }),
            }
        }
        set
    }

    fn add(
        &mut self,
        rule: &'r Rule,
        schema: &Schema,
    ) -> Result<Option<&'static str>, Vec<Diagnostic>> {
        let RuleKind::Eql { statement, .. } = &rule.kind else {
            return Ok(Some("only EQL rules run"));
        };
        let mut settings = Settings::default();
        if let Some(field) = &rule.event_category_override {
            settings.event_category_field.clone_from(field);
        }
        let lowered = lower::lower(statement, schema, &settings)?;
        let Query::Event(condition) = &lowered.query else {
            return Ok(Some("sequences and samples do not run"));
        };
        if !lowered.pipes.is_empty() {
            return Ok(Some("pipes do not run in rules"));
        }
        let condition = lift::eql(condition);
        self.conditions
            .add(&condition, &mut self.projection, schema)
            .map_err(|error| vec![error])?;
        self.rules.push(rule);
        Ok(None)
    }
}
