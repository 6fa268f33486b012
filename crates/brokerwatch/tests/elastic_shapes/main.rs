//! Rules of every shape that Elastic's public EQL event rules have: they load, they run, and each is true of an event
//! made for it and false of one that misses it by as little as possible.
//!
//! A rule is made from conditions that each know values for which they are true and values for which they are false
//! ([`shapes`]). How `and`, `or` and `not` put these together follows from what the words mean ([`condition`]), so what a
//! rule must do with an event is known without asking the product.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod condition;
mod file;
#[path = "../random/mod.rs"]
mod random;
mod shapes;

use std::collections::BTreeMap;

use brokerwatch_detect::{Matcher, RuleSet};
use brokerwatch_ecs::{Event, Origin, Schema};
use brokerwatch_ingest::json::{Plan, read_record};
use brokerwatch_rules::{Rule, RuleKind, codes, load_all};
use bumpalo::Bump;
use serde_json::{Map, Value};

use condition::{Fields, Node};
use file::{Extras, Made};
use random::Random;
use shapes::Maker;

/// How many rules are made.
const RULES: usize = 1_040;

/// Rules that are run together. All of them at once would try every rule on every event, which proves no more.
const GROUP: usize = 60;

#[test]
fn rules_of_elastics_shapes_load_and_run() {
    let made: Vec<Made> = (0..RULES).map(make).collect();
    let files = made.iter().map(|rule| (rule.path.clone(), rule.text.clone()));
    let loaded = load_all(files);
    assert!(loaded.failures.is_empty(), "{:#?}", loaded.failures.first());
    assert_eq!(loaded.rules.len(), RULES);
    for (rule, made) in loaded.rules.iter().zip(&made) {
        says_what_was_written(rule, made);
    }
    let schema = Schema::open();
    let all = RuleSet::compile(&loaded.rules, &schema);
    assert_eq!((all.rules.len(), all.not_run.len()), (RULES, 0));
    if let Some(refused) = all.refused.first() {
        panic!("{:#?}\n{}", refused.diagnostics, refused.rule.query_text);
    }
    // Few events over all rules, then all events over few rules at a time.
    holds(&all, &made, RULES / 40);
    for (rules, made) in loaded.rules.chunks(GROUP).zip(made.chunks(GROUP)) {
        holds(&RuleSet::compile(rules, &schema), made, 1);
    }
}

/// Every shape stands in many rules, so none is left out by chance.
#[test]
fn every_shape_occurs() {
    let mut counts = BTreeMap::new();
    for rule in (0..RULES).map(make) {
        for shape in rule.shapes {
            *counts.entry(shape).or_insert(0) += 1;
        }
    }
    for (shape, _) in shapes::ALL {
        assert!(
            20 < counts.get(shape).copied().unwrap_or(0),
            "`{shape}` stands in few rules: {counts:?}"
        );
    }
}

/// Rule number `i`, with the two events that it is held to.
fn make(i: usize) -> Made {
    let mut maker = Maker::new(i as u64);
    let depth = 1 + maker.random.below(3);
    let condition = Node::made(&mut maker, depth, i);
    let category = if i.is_multiple_of(5) { "any" } else { maker.random.pick(CATEGORIES) };
    let extras = Extras::of(i);
    let category_field =
        if extras.category_override { file::CATEGORY_OVERRIDE } else { "event.category" };
    let event = |holds: bool, random: &mut Random| {
        // Now and then the miss is one of category.
        let misplaced = !holds && category != "any" && random.below(5) == 0;
        // And now and then all of the condition holds, and a filter does not.
        let filtered = !holds && !misplaced && extras.filters && random.below(2) == 0;
        let mut fields = Fields::new();
        condition.settle(holds || misplaced || filtered, random, &mut fields);
        if filtered {
            fields.insert(file::FILTERED.0.to_owned(), Value::from(file::FILTERED.1));
        }
        let own = if misplaced { "configuration" } else { category };
        let own = if own == "any" { *random.pick(CATEGORIES) } else { own };
        let categories = match random.below(3) {
            0 => Value::from(vec!["intrusion_detection", own]),
            _ => Value::from(own),
        };
        fields.insert(category_field.to_owned(), categories);
        fields.insert("@timestamp".to_owned(), Value::from("2026-03-02T10:00:00.000Z"));
        if random.below(2) == 0 {
            Value::Object(fields.into_iter().collect())
        } else {
            nested(fields)
        }
    };
    let (hit, miss) = (event(true, &mut maker.random), event(false, &mut maker.random));
    let query = query(category, &condition, &mut maker.random);
    Made::new(i, query, &extras, hit, miss, condition.shapes())
}

const CATEGORIES: &[&str] = &[
    "process",
    "network",
    "file",
    "registry",
    "library",
    "authentication",
    "driver",
    "iam",
    "dns",
    "session",
    "package",
];

fn query(category: &str, condition: &Node, random: &mut Random) -> String {
    let category = match random.below(8) {
        0 if category != "any" => format!("\"{category}\""),
        _ => category.to_owned(),
    };
    let comment = match random.below(5) {
        0 => " // what the rule looks for",
        1 => " /* what /* the rule */ looks for */",
        _ => "",
    };
    let break_or_blank = if random.below(2) == 0 { "\n  " } else { " " };
    // A comment to the end of the line needs one.
    let gap = if comment.is_empty() { break_or_blank } else { "\n  " };
    format!("{category} where{comment}{gap}{}\n", condition.text(random))
}

/// The same document with objects in objects.
fn nested(fields: Fields) -> Value {
    let mut document = Map::new();
    for (name, value) in fields {
        let mut object = &mut document;
        let mut parts = name.split('.').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                object.insert(part.to_owned(), value);
                break;
            }
            let below = object.entry(part).or_insert_with(|| Value::Object(Map::new()));
            object = below.as_object_mut().expect("no field is part of another's path");
        }
    }
    Value::Object(document)
}

/// What was read is what was written.
fn says_what_was_written(rule: &Rule, made: &Made) {
    let extras = &made.extras;
    assert_eq!(rule.query_text.trim(), made.query.trim(), "{}", made.text);
    assert_eq!((&rule.id, &rule.name), (&made.id, &made.name));
    assert!(matches!(rule.kind, RuleKind::Eql { .. }));
    // A query with escapes has no place of its own in the file.
    let escapes = extras.escaped_query && made.query.contains(['"', '\\']);
    assert_eq!(rule.query_span_in_file.is_none(), escapes, "{}", made.text);
    assert_eq!(rule.threat.len(), usize::from(extras.threat));
    let subtechniques = rule.threat.iter().flat_map(|threat| &threat.techniques);
    assert!(subtechniques.clone().all(|technique| technique.subtechniques.len() == 1));
    assert_eq!(rule.suppression.is_some(), extras.suppression);
    assert_eq!(rule.exceptions.len(), usize::from(extras.exceptions));
    assert_eq!(rule.investigation_fields.is_empty(), !extras.investigation_fields);
    assert_eq!(rule.building_block, extras.building_block);
    assert_eq!(rule.event_category_override.is_some(), extras.category_override);
    assert_eq!(rule.index.is_empty(), extras.data_view);
    assert_eq!(rule.other.contains_key("filters"), extras.filters);
    assert_eq!(rule.other.contains_key("actions"), extras.actions);
    assert_eq!(rule.severity_mapping.is_empty(), !extras.mappings);
    assert_eq!(rule.transforms.osquery.is_empty(), !extras.transforms);
    let warned = rule.warnings.iter().all(|warning| warning.code == codes::BUILD_TIME);
    assert!(warned, "{:#?}\n{}", rule.warnings, made.text);
    assert_eq!(rule.warnings.len(), if extras.build_time { 3 } else { 0 });
}

/// Every `step`th rule is true of its hit and false of its miss.
#[track_caller]
fn holds(set: &RuleSet<'_>, made: &[Made], step: usize) {
    let plan = Plan::new(&set.projection);
    let mut matcher = Matcher::new(&set.conditions);
    let mut arena = Bump::new();
    for (number, made) in made.iter().enumerate().step_by(step) {
        for (event, expected) in [(&made.hit, true), (&made.miss, false)] {
            arena.reset();
            let source = event.to_string();
            let mut read = Event::new(&set.projection);
            read.reset(source.as_bytes(), Origin { offset_bytes: 0, line: 1 });
            let warnings = read_record(source.as_bytes(), &plan, &arena, &mut read).unwrap();
            assert_eq!(warnings.ill_typed, 0, "{source}");
            let mut found = false;
            matcher.run(&read, |rule, _| found |= rule == number);
            assert_eq!(found, expected, "{}\n{}\n{event:#}", made.path, made.query);
        }
    }
}
