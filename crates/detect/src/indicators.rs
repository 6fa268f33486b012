//! Indicator match rules: events that have what a list of indicators warns of.
//!
//! What a rule asks of indicators is compiled with it; the indicators themselves are handed in one by one, as events over
//! a projection of their own. They are kept by the values that events are compared with, so that an event is looked up
//! and not held against each of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use brokerwatch_ecs::{Event, Mapped, Projection, Schema, Slot, Timestamp, Type, Value};
use brokerwatch_eql::keys::{Key, KeyValue};
use brokerwatch_expr::lift::Condition;
use brokerwatch_expr::pattern::Case;
use brokerwatch_expr::pattern::wildcard::Wildcard;
use brokerwatch_expr::{Diagnostic, Expr, Kind, Span};
use brokerwatch_kql::ast::{self, Language, Query};
use brokerwatch_rules::{MappingEntry, ThreatMatch};
use serde_json::{Map, json};

use crate::alert::{flatten, put};
use crate::limits::{ENRICHMENTS_MAX, INDICATOR_KEYS_MAX, INDICATORS_MAX};
use crate::{Conditions, Matcher, Program, RuleSet, search};

/// What an indicator match rule compares.
#[derive(Debug, Clone)]
pub struct IndicatorMatch {
    /// The names of the sources of its indicators, as patterns.
    index: Vec<String>,
    patterns: Vec<Wildcard>,
    /// The field of an indicator under which alerts repeat it.
    path: String,
    /// The number of the condition that indicators must meet.
    condition: usize,
    alternatives: Vec<Alternative>,
}

/// Pairs of fields that must hold together.
#[derive(Debug, Clone)]
struct Alternative {
    equal: Vec<Pair>,
    different: Vec<Pair>,
}

#[derive(Debug, Clone)]
struct Pair {
    /// Where the field of the event lies.
    slot: Slot,
    /// How its values are compared.
    ty: Type,
    field: String,
    /// Where the field of the indicator lies.
    indicator_slot: Slot,
}

/// What indicators are read for.
pub(crate) struct Ground<'g> {
    pub(crate) conditions: &'g mut Conditions,
    pub(crate) projection: &'g mut Projection,
    pub(crate) events: &'g mut Projection,
    pub(crate) schema: &'g Schema,
    /// The moment that `now` stands for in what is asked of indicators.
    pub(crate) now: Option<Timestamp>,
}

impl IndicatorMatch {
    /// Compiles what a rule asks of indicators; gives also what it asks of an event for it to be worth a look, or why the
    /// rule does not run. The places of errors are in the `threat_query`.
    pub(crate) fn new(
        threat: &ThreatMatch,
        ground: &mut Ground<'_>,
    ) -> Result<Result<(IndicatorMatch, Condition), &'static str>, Vec<Diagnostic>> {
        let everything = Query {
            language: Language::Kuery,
            clause: ast::Clause { kind: ast::Kind::All, span: Span::default() },
        };
        let query = threat.search.as_ref().unwrap_or(&everything);
        let asked = search::with_filters(query, threat.filters.as_ref(), ground.schema, ground.now);
        let asked = match asked? {
            Ok(asked) => asked,
            Err(why) => return Ok(Err(why)),
        };
        let mut alternatives = Vec::new();
        for pairs in &threat.mapping {
            match Alternative::new(pairs, ground) {
                Ok(alternative) => alternatives.push(alternative),
                Err(why) => return Ok(Err(why)),
            }
        }
        let (alternatives, present): (Vec<_>, Vec<_>) = alternatives.into_iter().unzip();
        let condition = ground
            .conditions
            .add(&asked, ground.projection, ground.schema)
            .map_err(|error| vec![error])?;
        let path = threat.indicator_path.as_deref().unwrap_or("threat.indicator").to_owned();
        let patterns = threat.index.iter().flat_map(|patterns| patterns.split(','));
        let patterns = patterns.map(|pattern| Wildcard::new(pattern.trim(), Case::Sensitive));
        let own = IndicatorMatch {
            index: threat.index.clone(),
            patterns: patterns.collect(),
            path,
            condition,
            alternatives,
        };
        Ok(Ok((own, Condition::Or(present))))
    }

    /// Where the fields lie that an event must have; known only if there is one alternative.
    pub(crate) fn needs(&self) -> impl Iterator<Item = &Slot> {
        let only = match self.alternatives.as_slice() {
            [only] => only.equal.as_slice(),
            _ => &[],
        };
        only.iter().map(|pair| &pair.slot)
    }

    /// The names of the sources of its indicators, as patterns.
    pub fn index(&self) -> &[String] {
        &self.index
    }

    fn takes(&self, source: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.is_match(source))
    }
}

impl Alternative {
    fn new(
        pairs: &[MappingEntry],
        ground: &mut Ground<'_>,
    ) -> Result<(Alternative, Condition), &'static str> {
        let (mut equal, mut different, mut present) = (Vec::new(), Vec::new(), Vec::new());
        for pair in pairs {
            let Mapped::Field(mapping) = ground.schema.lookup(&pair.field) else {
                return Err("threat mappings of fields that cannot be searched do not run");
            };
            let (slot, ty) = (ground.events.want(&pair.field, ground.schema), mapping.ty);
            let own = Pair {
                slot,
                ty,
                field: pair.field.clone(),
                indicator_slot: ground.projection.want(&pair.value, ground.schema),
            };
            if pair.negate {
                different.push(own);
            } else {
                present.push(is_present(&pair.field, ty));
                equal.push(own);
            }
        }
        if equal.is_empty() {
            return Err("threat mappings of which every entry is negated do not run");
        }
        Ok((Alternative { equal, different }, Condition::And(present)))
    }
}

fn is_present(field: &str, ty: Type) -> Condition {
    let span = Span::default();
    let field = Expr { kind: Kind::Field(field.to_owned()), ty, span };
    let missing = Expr::boolean(Kind::IsNull(Box::new(field)), span);
    Condition::Not(Box::new(Condition::Leaf(missing)))
}

/// Indicators, by the values that events are compared with.
#[derive(Debug, Default)]
pub struct Indicators {
    kept: Vec<Indicator>,
    /// By rule, for each of its alternatives.
    tables: BTreeMap<usize, Vec<HashMap<Key, Vec<Entry>>>>,
    left_out: u64,
}

/// What alerts repeat of an indicator.
#[derive(Debug)]
struct Indicator {
    source: Arc<str>,
    id: Option<String>,
    /// Its fields by their dotted names.
    leaves: Map<String, serde_json::Value>,
}

/// An indicator as one alternative of one rule sees it.
#[derive(Debug)]
struct Entry {
    number: usize,
    /// The values that the event must not have, by pair.
    different: Vec<Vec<KeyValue>>,
}

impl Indicators {
    /// Takes an indicator for each rule that it is one for. The event is over the set's projection of indicators, and the
    /// matcher over its conditions of them. `document` is the whole document.
    pub fn add(
        &mut self,
        set: &RuleSet<'_>,
        matcher: &mut Matcher<'_>,
        source: &Arc<str>,
        event: &Event<'_>,
        document: &Map<String, serde_json::Value>,
    ) {
        let mut met = BTreeSet::new();
        matcher.run(event, |condition, _| {
            met.insert(condition);
        });
        let number = self.kept.len();
        let mut is_kept = false;
        for (rule, own) in set.indicator_rules() {
            if !met.contains(&own.condition) || !own.takes(source) {
                continue;
            }
            let tables = self.tables.entry(rule).or_default();
            tables.resize_with(own.alternatives.len(), HashMap::new);
            for (table, alternative) in tables.iter_mut().zip(&own.alternatives) {
                for key in keys(&alternative.equal, |pair| (event, pair.indicator_slot)) {
                    if INDICATORS_MAX <= number {
                        self.left_out += 1;
                        return;
                    }
                    let values =
                        |pair: &Pair| comparable(event.values(pair.indicator_slot), pair.ty);
                    let different = alternative.different.iter().map(values).collect();
                    table.entry(key).or_default().push(Entry { number, different });
                    is_kept = true;
                }
            }
        }
        if is_kept {
            let mut leaves = Map::new();
            flatten("", document, &mut leaves);
            let (source, id) = (Arc::clone(source), event.id.map(str::to_owned));
            self.kept.push(Indicator { source, id, leaves });
        }
    }

    /// How many indicators are kept.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Indicators that a bound left out.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Whether a rule has an indicator to compare with.
    pub fn has_any(&self, rule: usize) -> bool {
        self.tables.get(&rule).is_some_and(|tables| tables.iter().any(|table| !table.is_empty()))
    }

    /// The indicators that an event meets, as alerts repeat them: each with the field that it was found by. Empty if there
    /// are none, so that the rule is silent.
    pub fn enrichments(
        &self,
        set: &RuleSet<'_>,
        rule: usize,
        event: &Event<'_>,
    ) -> Vec<serde_json::Value> {
        let Program::Event { indicators: Some(own), .. } = &set.programs[rule] else {
            return Vec::new();
        };
        // By indicator and field, so that two alternatives tell a finding once.
        let mut found: BTreeMap<(usize, &str), &KeyValue> = BTreeMap::new();
        let mut keys_found = Vec::new();
        for (table, alternative) in
            self.tables.get(&rule).into_iter().flatten().zip(&own.alternatives)
        {
            for key in keys(&alternative.equal, |pair| (event, pair.slot)) {
                if let Some((key, entries)) = table.get_key_value(&key) {
                    keys_found.push((alternative, key, entries));
                }
            }
        }
        for (alternative, key, entries) in &keys_found {
            let meets = |entry: &&Entry| alternative.is_different(entry, event);
            for entry in entries.iter().filter(meets) {
                for (pair, value) in alternative.equal.iter().zip(key.iter()) {
                    found.insert((entry.number, &pair.field), value);
                }
            }
        }
        let told = found.into_iter().take(ENRICHMENTS_MAX);
        told.map(|((number, field), value)| self.enrichment(own, number, field, value)).collect()
    }

    fn enrichment(
        &self,
        own: &IndicatorMatch,
        number: usize,
        field: &str,
        value: &KeyValue,
    ) -> serde_json::Value {
        let Indicator { source, id, leaves } = &self.kept[number];
        let part = |path: &str| {
            let prefix = format!("{path}.");
            let mut part = Map::new();
            for (name, value) in leaves {
                if let Some(rest) = name.strip_prefix(&prefix) {
                    put(&mut part, rest, value.clone());
                }
            }
            part
        };
        let mut matched = json!({
            "atomic": value.shown_in_sequence(),
            "field": field,
            "index": &**source,
            "type": "indicator_match_rule",
        });
        if let Some(id) = id {
            matched["id"] = json!(id);
        }
        json!({ "feed": part("threat.feed"), "indicator": part(&own.path), "matched": matched })
    }
}

impl Alternative {
    /// Whether the event has none of the values that it must not have. A field that the indicator lacks forbids nothing.
    fn is_different(&self, entry: &Entry, event: &Event<'_>) -> bool {
        self.different.iter().zip(&entry.different).all(|(pair, forbidden)| {
            let own = comparable(event.values(pair.slot), pair.ty);
            !own.iter().any(|value| forbidden.contains(value))
        })
    }
}

/// The combinations of values of pairs, read where `place` says; none if a field is missing.
fn keys<'e>(pairs: &[Pair], place: impl Fn(&Pair) -> (&'e Event<'e>, Slot)) -> Vec<Key> {
    let mut keys: Vec<Vec<KeyValue>> = vec![Vec::new()];
    for pair in pairs {
        let (event, slot) = place(pair);
        let values = comparable(event.values(slot), pair.ty);
        let longer = keys.iter().flat_map(|key| {
            values.iter().map(move |value| {
                let mut key = key.clone();
                key.push(value.clone());
                key
            })
        });
        keys = longer.take(INDICATOR_KEYS_MAX).collect();
    }
    keys.into_iter().map(Into::into).collect()
}

/// Values as the event's field would hold them, each once, so that a text can be an address and a number a text. What the
/// field cannot hold is left out.
fn comparable(values: &[Value<'_>], ty: Type) -> Vec<KeyValue> {
    let mut comparable: Vec<KeyValue> = values
        .iter()
        .filter_map(|value| {
            let text = value.to_string();
            Value::from_text(&text, ty).map(|value| KeyValue::of(&value))
        })
        .collect();
    comparable.sort();
    comparable.dedup();
    comparable
}
