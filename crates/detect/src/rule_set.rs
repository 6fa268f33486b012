//! Rules compiled together.

use std::collections::BTreeSet;

use brokerwatch_ecs::{Projection, Schema, Slot, Timestamp};
use brokerwatch_eql::ast::Statement;
use brokerwatch_eql::lower::{self, Query, Sequence, Settings, Stage};
use brokerwatch_eql::sequence::Plan;
use brokerwatch_expr::lift::Condition;
use brokerwatch_expr::{Diagnostic, lift};
use brokerwatch_rules::exceptions::ExceptionList;
use brokerwatch_rules::{Rule, RuleKind};

use crate::exceptions::{self, ExceptionFinding};
use crate::indicators::{self, IndicatorMatch};
use crate::new_terms::NewTerms;
use crate::threshold::Threshold;
use crate::{Conditions, Steps, search};

/// Rules that run, over one projection.
pub struct RuleSet<'r> {
    /// The rules.
    pub rules: Vec<&'r Rule>,
    /// How each of them runs.
    pub programs: Vec<Program>,
    /// The conditions of all rules.
    pub conditions: Conditions,
    /// The fields that events need.
    pub projection: Projection,
    /// What rules ask of indicators.
    pub indicator_conditions: Conditions,
    /// The fields that indicators need.
    pub indicator_projection: Projection,
    /// Where the time of an event lies.
    pub timestamp: Slot,
    /// Rules that loaded but that this version cannot run.
    pub not_run: Vec<NotRun<'r>>,
    /// Rules whose query does not fit the schema.
    pub refused: Vec<Refused<'r>>,
    /// The exceptions, of which each rule has those that apply to it.
    pub lists: &'r [ExceptionList],
    /// Items of exceptions that do not fit the schema, and items that are odd.
    pub exception_findings: Vec<ExceptionFinding<'r>>,
    owners: Vec<Owner>,
    /// What each list means, by its number.
    meanings: Vec<Condition>,
    /// The own conditions of rules and brackets, each with the number of a list that applies to it.
    silenceable: Vec<(usize, Condition)>,
    /// Which list silences where a condition holds, for the conditions after those of the rules.
    watched: Vec<usize>,
}

/// How a rule runs.
#[derive(Debug)]
pub enum Program {
    /// Each event that meets the condition is an alert.
    Event {
        /// The number of the condition.
        condition: usize,
        /// Where the fields lie by which alerts are grouped, of a rule whose alerts have to be seen in the order of time.
        grouped: Option<Vec<Slot>>,
        /// The indicators of which the event must meet one, of a rule that compares with some.
        indicators: Option<IndicatorMatch>,
    },
    /// Events in order.
    Sequence {
        /// The brackets.
        steps: Steps,
        /// The machine that puts them together.
        plan: Plan,
        /// Where the event that ended of equal time lies.
        tiebreaker: Option<Slot>,
        /// Where the fields lie by which alerts are grouped.
        grouped: Vec<Slot>,
    },
    /// Groups with enough events that meet the condition.
    Threshold {
        /// The number of the condition.
        condition: usize,
        /// What is counted.
        threshold: Threshold,
    },
    /// Events that meet the condition, and have values that no such event had before.
    NewTerms {
        /// The number of the condition.
        condition: usize,
        /// The values.
        terms: NewTerms,
    },
}

/// Whose a condition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The number of the rule.
    pub rule: usize,
    /// The number of the bracket in a sequence; 0 in an event rule.
    pub bracket: usize,
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
    /// Whether the query is the `threat_query`.
    of_indicators: bool,
}

impl Refused<'_> {
    /// All that is wrong, told against the rule file.
    pub fn in_file(&self) -> Vec<Diagnostic> {
        let place = |found: &Diagnostic| {
            if self.of_indicators {
                self.rule.threat_query_in_file(found.clone())
            } else {
                self.rule.in_file(found.clone())
            }
        };
        self.diagnostics.iter().map(place).collect()
    }
}

/// What is wrong with a rule, and which of its queries has it.
struct Wrong {
    diagnostics: Vec<Diagnostic>,
    of_indicators: bool,
}

impl From<Vec<Diagnostic>> for Wrong {
    fn from(diagnostics: Vec<Diagnostic>) -> Wrong {
        Wrong { diagnostics, of_indicators: false }
    }
}

/// `max_signals` of a rule that does not say it. Elastic's bound on the alerts of one run means nothing for a scan of
/// files unless somebody asked for it.
pub(crate) const MAX_SIGNALS_DEFAULT: u16 = 100;

/// How a rule runs, or why it does not.
type Added = Result<Program, &'static str>;

/// A list by its number, with what it means.
type Exceptions<'c> = (usize, &'c Condition);

/// A condition where no list silences it. What there is to silence, by list, goes to `silenceable`.
fn excepting(
    own: Condition,
    lists: &[Exceptions<'_>],
    silenceable: &mut Vec<(usize, Condition)>,
) -> Condition {
    silenceable.extend(lists.iter().map(|(number, _)| (*number, own.clone())));
    let conditions: Vec<&Condition> = lists.iter().map(|(_, condition)| *condition).collect();
    exceptions::excepting(own, &conditions)
}

/// A condition where the filters of its rule hold.
fn filtered(own: Condition, filters: Option<&Condition>) -> Condition {
    match filters {
        None => own,
        Some(filters) => Condition::And(vec![own, filters.clone()]),
    }
}

impl<'r> RuleSet<'r> {
    /// Compiles rules for events of a schema. A rule that cannot run is set aside with the reason; it never stops the
    /// others.
    pub fn compile(rules: &'r [Rule], schema: &Schema) -> RuleSet<'r> {
        RuleSet::compile_with(rules, &[], schema)
    }

    /// Compiles rules with exceptions. A list counts for the rules that it applies to; an event rule is silent about
    /// events of which an item holds, and such events are in no bracket of a sequence but those of `![ ]` and `until`.
    ///
    /// Those are left as they are because an exception must never bring about an alert: taking an event away from them
    /// would.
    pub fn compile_with(
        rules: &'r [Rule],
        lists: &'r [ExceptionList],
        schema: &Schema,
    ) -> RuleSet<'r> {
        RuleSet::compile_at(rules, lists, schema, None)
    }

    /// Compiles rules with exceptions, and says what `now` is in what rules ask of indicators (`threat_query`): how old an
    /// indicator may be is no matter of when events happened.
    pub fn compile_at(
        rules: &'r [Rule],
        lists: &'r [ExceptionList],
        schema: &Schema,
        now: Option<Timestamp>,
    ) -> RuleSet<'r> {
        let mut projection = Projection::new();
        let timestamp = projection.want("@timestamp", schema);
        let mut set = RuleSet {
            rules: Vec::new(),
            programs: Vec::new(),
            conditions: Conditions::default(),
            projection,
            indicator_conditions: Conditions::default(),
            indicator_projection: Projection::new(),
            timestamp,
            not_run: Vec::new(),
            refused: Vec::new(),
            lists,
            exception_findings: Vec::new(),
            owners: Vec::new(),
            meanings: Vec::new(),
            silenceable: Vec::new(),
            watched: Vec::new(),
        };
        let mut meanings = Vec::with_capacity(lists.len());
        let mut context = exceptions::Context::new(schema);
        for list in lists {
            let lifted = exceptions::list(list, &mut context);
            meanings.push(lifted.condition);
            set.exception_findings.extend(lifted.found);
        }
        for rule in rules {
            let own = lists.iter().zip(&meanings).enumerate();
            let own = own.filter(|(_, (list, _))| list.applies_to(rule));
            let own: Vec<_> = own.map(|(number, (_, condition))| (number, condition)).collect();
            match set.add(rule, &own, schema, now) {
                Ok(None) => {}
                Ok(Some(why)) => set.not_run.push(NotRun { rule, why }),
                Err(Wrong { diagnostics, of_indicators }) => {
                    set.refused.push(Refused { rule, diagnostics, of_indicators });
                }
            }
        }
        set.meanings = meanings;
        set
    }

    fn add(
        &mut self,
        rule: &'r Rule,
        exceptions: &[Exceptions<'_>],
        schema: &Schema,
        now: Option<Timestamp>,
    ) -> Result<Option<&'static str>, Wrong> {
        let before = self.conditions.len();
        let mut silenceable = Vec::new();
        let program = match &rule.kind {
            RuleKind::Eql { statement } => {
                self.eql(rule, statement, exceptions, &mut silenceable, schema)?
            }
            RuleKind::Query { .. }
            | RuleKind::Threshold(_)
            | RuleKind::NewTerms(_)
            | RuleKind::ThreatMatch(_) => {
                self.search(rule, exceptions, &mut silenceable, schema, now)?
            }
            RuleKind::Esql => Err("ES|QL rules do not run among others"),
            RuleKind::MachineLearning(_) => {
                Err("machine learning rules need Elastic's anomaly jobs, which do not run")
            }
        };
        let program = match program {
            Ok(program) => program,
            Err(why) => return Ok(Some(why)),
        };
        let number = self.rules.len();
        let brackets = 0..self.conditions.len() - before;
        self.owners.extend(brackets.map(|bracket| Owner { rule: number, bracket }));
        self.rules.push(rule);
        self.programs.push(program);
        self.silenceable.extend(silenceable);
        Ok(None)
    }

    fn eql(
        &mut self,
        rule: &Rule,
        statement: &Statement,
        exceptions: &[Exceptions<'_>],
        silenceable: &mut Vec<(usize, Condition)>,
        schema: &Schema,
    ) -> Result<Added, Vec<Diagnostic>> {
        if rule.timestamp_field.as_ref().is_some_and(|field| field != "@timestamp") {
            return Ok(Err("only `@timestamp` orders the events of rules"));
        }
        let mut settings = Settings::default();
        if let Some(field) = &rule.event_category_override {
            settings.event_category_field.clone_from(field);
        }
        settings.tiebreaker_field.clone_from(&rule.tiebreaker_field);
        let lowered = lower::lower(statement, schema, &settings)?;
        if !lowered.pipes.is_empty() {
            return Ok(Err("pipes do not run in rules"));
        }
        let filters = match search::filters(rule, schema)? {
            Ok(filters) => filters,
            Err(why) => return Ok(Err(why)),
        };
        match &lowered.query {
            Query::Event(condition) => {
                let condition = filtered(lift::eql(condition), filters.as_ref());
                self.event(rule, condition, exceptions, silenceable, schema).map(Ok)
            }
            Query::Sequence(sequence) => {
                let filters = filters.as_ref();
                self.sequence(rule, sequence, filters, exceptions, silenceable, schema).map(Ok)
            }
            Query::Sample(_) => Ok(Err("samples do not run in rules")),
        }
    }

    /// A rule in KQL or Lucene.
    fn search(
        &mut self,
        rule: &Rule,
        exceptions: &[Exceptions<'_>],
        silenceable: &mut Vec<(usize, Condition)>,
        schema: &Schema,
        now: Option<Timestamp>,
    ) -> Result<Added, Wrong> {
        let own = match search::condition(rule, schema)? {
            Ok(condition) => condition,
            Err(why) => return Ok(Err(why)),
        };
        let program = match &rule.kind {
            RuleKind::Threshold(kind) => {
                let condition = self.condition(own, exceptions, silenceable, schema)?;
                let distinct = kind.cardinality.iter().map(|each| &each.field);
                let distinct = self.slots(distinct, schema);
                let fields = self.slots(&kind.fields, schema);
                let threshold = Threshold::new(rule, kind, fields, distinct);
                Program::Threshold { condition, threshold }
            }
            RuleKind::NewTerms(kind) => {
                let condition = self.condition(own, exceptions, silenceable, schema)?;
                let history = i128::from(kind.history_window.start.seconds);
                let terms = NewTerms {
                    fields: self.slots(&kind.fields, schema),
                    history_nanoseconds: history * 1_000_000_000,
                    grouped: self.grouped(rule, schema),
                };
                Program::NewTerms { condition, terms }
            }
            RuleKind::ThreatMatch(threat) => {
                let mut ground = indicators::Ground {
                    conditions: &mut self.indicator_conditions,
                    projection: &mut self.indicator_projection,
                    events: &mut self.projection,
                    schema,
                    now,
                };
                let wrong = |diagnostics| Wrong { diagnostics, of_indicators: true };
                match IndicatorMatch::new(threat, &mut ground).map_err(wrong)? {
                    Ok((own_match, present)) => {
                        let own = Condition::And(vec![own, present]);
                        let mut program = self.event(rule, own, exceptions, silenceable, schema)?;
                        if let Program::Event { indicators, .. } = &mut program {
                            *indicators = Some(own_match);
                        }
                        program
                    }
                    Err(why) => return Ok(Err(why)),
                }
            }
            RuleKind::Eql { .. }
            | RuleKind::Esql
            | RuleKind::Query { .. }
            | RuleKind::MachineLearning(_) => {
                self.event(rule, own, exceptions, silenceable, schema)?
            }
        };
        Ok(Ok(program))
    }

    /// Adds the condition of a rule, where no list silences it.
    fn condition(
        &mut self,
        own: Condition,
        exceptions: &[Exceptions<'_>],
        silenceable: &mut Vec<(usize, Condition)>,
        schema: &Schema,
    ) -> Result<usize, Vec<Diagnostic>> {
        let condition = excepting(own, exceptions, silenceable);
        let added = self.conditions.add(&condition, &mut self.projection, schema);
        added.map_err(|error| vec![error])
    }

    fn slots<'f>(
        &mut self,
        fields: impl IntoIterator<Item = &'f String>,
        schema: &Schema,
    ) -> Vec<Slot> {
        fields.into_iter().map(|field| self.projection.want(field, schema)).collect()
    }

    fn event(
        &mut self,
        rule: &Rule,
        condition: Condition,
        exceptions: &[Exceptions<'_>],
        silenceable: &mut Vec<(usize, Condition)>,
        schema: &Schema,
    ) -> Result<Program, Vec<Diagnostic>> {
        let condition = self.condition(condition, exceptions, silenceable, schema)?;
        let ordered = rule.suppression.is_some() || rule.max_signals != MAX_SIGNALS_DEFAULT;
        let grouped = ordered.then(|| self.grouped(rule, schema));
        Ok(Program::Event { condition, grouped, indicators: None })
    }

    fn sequence(
        &mut self,
        rule: &Rule,
        sequence: &Sequence,
        filters: Option<&Condition>,
        exceptions: &[Exceptions<'_>],
        silenceable: &mut Vec<(usize, Condition)>,
        schema: &Schema,
    ) -> Result<Program, Vec<Diagnostic>> {
        let before = self.conditions.len();
        // Elasticsearch's search sees no other events, so that the filters hold for `![ ]` and `until`, too.
        let own = |stage: &Stage| filtered(lift::eql(&stage.condition), filters);
        let stages = sequence.stages.iter().map(|stage| {
            let own = own(stage);
            let wants_events = !stage.missing;
            (stage, if wants_events { excepting(own, exceptions, silenceable) } else { own })
        });
        let until = sequence.until.iter().map(|stage| (stage, own(stage)));
        let (conditions, projection) = (&mut self.conditions, &mut self.projection);
        match Steps::with_conditions(stages.chain(until), conditions, projection, schema) {
            Ok(steps) => {
                let tiebreaker = rule.tiebreaker_field.as_ref();
                let tiebreaker = tiebreaker.map(|field| self.projection.want(field, schema));
                let grouped = self.grouped(rule, schema);
                Ok(Program::Sequence { steps, plan: Plan::of(sequence), tiebreaker, grouped })
            }
            Err(error) => {
                self.conditions.truncate(before);
                Err(vec![error])
            }
        }
    }

    fn grouped(&mut self, rule: &Rule, schema: &Schema) -> Vec<Slot> {
        let fields = rule.suppression.iter().flat_map(|suppression| &suppression.group_by);
        self.slots(fields, schema)
    }

    /// Whose a condition is. One that [`RuleSet::silenced_by`] knows has no owner.
    pub fn owner(&self, condition: usize) -> Owner {
        self.owners[condition]
    }

    /// Adds conditions that hold where a list silences a rule, so that what exceptions take away can be counted. They cost
    /// time on the events that they are tried on.
    pub fn watch_silenced(&mut self, schema: &Schema) {
        for (list, own) in std::mem::take(&mut self.silenceable) {
            let silenced = Condition::And(vec![own, self.meanings[list].clone()]);
            // Every leaf was compiled with the rule, so that none can be refused.
            if self.conditions.add(&silenced, &mut self.projection, schema).is_ok() {
                self.watched.push(list);
            }
        }
    }

    /// The number of the list that silences a rule where a condition holds; `None` if it is a condition of a rule.
    pub fn silenced_by(&self, condition: usize) -> Option<usize> {
        self.watched.get(condition.checked_sub(self.owners.len())?).copied()
    }

    /// The rules that compare events with indicators, by number, and what each compares.
    pub fn indicator_rules(&self) -> impl Iterator<Item = (usize, &IndicatorMatch)> {
        let each = self.programs.iter().enumerate();
        each.filter_map(|(number, program)| match program {
            Program::Event { indicators, .. } => Some((number, indicators.as_ref()?)),
            Program::Sequence { .. } | Program::Threshold { .. } | Program::NewTerms { .. } => None,
        })
    }

    /// The number of the condition that an event meets at a place of a rule's result.
    pub fn condition_of(&self, rule: usize, place: usize) -> usize {
        match &self.programs[rule] {
            Program::Event { condition, .. }
            | Program::Threshold { condition, .. }
            | Program::NewTerms { condition, .. } => *condition,
            Program::Sequence { steps, plan, .. } => steps.condition(plan.bracket_of(place)),
        }
    }

    /// The fields without which a rule cannot fire.
    pub fn needs(&self, rule: usize) -> BTreeSet<String> {
        match &self.programs[rule] {
            Program::Event { condition, indicators, .. } => {
                self.needs_with(*condition, indicators.iter().flat_map(IndicatorMatch::needs))
            }
            Program::Threshold { condition, threshold } => {
                self.needs_with(*condition, threshold.fields.iter().chain(&threshold.distinct))
            }
            Program::NewTerms { condition, terms } => {
                self.needs_with(*condition, terms.fields.iter())
            }
            Program::Sequence { steps, plan, .. } => {
                let mut needs = BTreeSet::new();
                for (condition, keys) in steps.wanted(plan.brackets()) {
                    needs.extend(self.conditions.needs(condition).iter().cloned());
                    needs.extend(keys.iter().map(|slot| self.projection.field(*slot).name.clone()));
                }
                needs
            }
        }
    }

    /// What a condition needs, and these fields.
    fn needs_with<'f>(
        &self,
        condition: usize,
        fields: impl Iterator<Item = &'f Slot>,
    ) -> BTreeSet<String> {
        let mut needs = self.conditions.needs(condition).clone();
        needs.extend(fields.map(|slot| self.projection.field(*slot).name.clone()));
        needs
    }

    /// The parts of a rule that read one of these fields.
    pub fn parts_reading(&self, rule: usize, slots: &[Slot]) -> Vec<&str> {
        let mut parts = Vec::new();
        let conditions: Vec<usize> = match &self.programs[rule] {
            Program::Event { condition, .. }
            | Program::Threshold { condition, .. }
            | Program::NewTerms { condition, .. } => vec![*condition],
            Program::Sequence { steps, .. } => steps.conditions().collect(),
        };
        for condition in conditions {
            for part in self.conditions.leaves_reading(condition, slots) {
                if !parts.contains(&part) {
                    parts.push(part);
                }
            }
        }
        parts
    }
}
