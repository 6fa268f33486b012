//! Correlation of a stream: any order of arrival within the lateness, and a stop and restart at any point, give what the
//! same events give when they are sorted first. Thresholds and new terms are also held to a slow and plain twin.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::{BTreeMap, BTreeSet};

use brokerwatch_detect::limits::THRESHOLD_GROUPS_MAX;
use brokerwatch_detect::{
    Correlator, Finding, Hit, Matcher, Membership, Order, Owner, RuleSet, Signal, Stream,
    StreamSnapshot, Tiebreaker, digest,
};
use brokerwatch_ecs::{Event, Schema, Timestamp, Value};
use brokerwatch_eql::keys::KeyValue;
use brokerwatch_rules::{Rule, load_all};
use proptest::prelude::*;

/// A second, in nanoseconds.
const SECOND: i128 = 1_000_000_000;

/// What an event of these tests is.
#[derive(Debug, Clone)]
struct Letter {
    second: i64,
    x: &'static str,
    user: &'static str,
}

fn rule(number: usize, query: &str, more: &str) -> String {
    format!(
        r#"
[metadata]
creation_date = "2026/01/15"
maturity = "production"
updated_date = "2026/01/15"

[rule]
author = ["Brokerwatch"]
description = "A rule of a test."
from = "now-9m"
index = ["logs-*"]
interval = "5m"
language = "eql"
license = "Apache-2.0"
name = "Rule {number}"
risk_score = 21
rule_id = "00000000-0000-4000-8000-{number:012}"
severity = "low"
type = "eql"
{more}

query = '''
{query}
'''
"#
    )
}

/// A rule in KQL; `tail` has its type, and what only that has.
fn counting(number: usize, query: &str, tail: &str) -> String {
    format!(
        r#"
[metadata]
creation_date = "2026/01/15"
updated_date = "2026/01/15"

[rule]
author = ["Brokerwatch"]
description = "A rule of a test."
from = "now-{BACK_SECONDS}s"
index = ["logs-*"]
interval = "{INTERVAL_SECONDS}s"
language = "kuery"
name = "Rule {number}"
query = "{query}"
risk_score = 21
rule_id = "00000000-0000-4000-8000-{number:012}"
severity = "low"
{tail}
"#
    )
}

const INTERVAL_SECONDS: i64 = 7;
const BACK_SECONDS: i64 = 16;
const HISTORY_SECONDS: i64 = 12;

fn counting_rules() -> Vec<String> {
    let by_user = "type = \"threshold\"\n[rule.threshold]\nfield = [\"user.name\"]\nvalue = 3\n";
    let distinct = format!("{by_user}[[rule.threshold.cardinality]]\nfield = \"x\"\nvalue = 2\n");
    let all = "type = \"threshold\"\n[rule.threshold]\nfield = []\nvalue = 4\n\
               [rule.alert_suppression.duration]\nvalue = 20\nunit = \"s\"\n";
    let terms = format!(
        "type = \"new_terms\"\n[rule.new_terms]\nfield = \"new_terms_fields\"\nvalue = [\"x\", \"user.name\"]\n\
         [[rule.new_terms.history_window_start]]\nfield = \"history_window_start\"\nvalue = \"now-{HISTORY_SECONDS}s\"\n"
    );
    vec![
        counting(30, "x: (a or b)", by_user),
        counting(31, "x: *", &distinct),
        counting(32, "not x: m", all),
        counting(33, "not x: m", &terms),
    ]
}

fn rules() -> Vec<Rule> {
    let suppressed = r#"
[rule.alert_suppression]
group_by = ["user.name"]
duration = { value = 10, unit = "s" }
missing_fields_strategy = "doNotSuppress"
"#;
    let queries = [
        (r#"sequence by user.name with maxspan=10s [any where x == "a"] [any where x == "b"]"#, ""),
        (
            r#"sequence with maxspan=8s [any where x == "a"] ![any where x == "m"] [any where x == "b"]"#,
            "",
        ),
        (
            r#"sequence by user.name with maxspan=6s [any where x == "a"] [any where x == "b"] ![any where x == "m"]"#,
            "",
        ),
        (
            r#"sequence by user.name [any where x == "a"] with runs=2 [any where x == "b"] until [any where x == "m"]"#,
            "",
        ),
    ];
    let mut texts: Vec<String> = queries
        .iter()
        .enumerate()
        .map(|(number, (query, more))| rule(number, query, more))
        .collect();
    // A table has to come after the query.
    for (number, query) in [
        (10, r#"any where x == "b""#),
        (11, r#"sequence by user.name with maxspan=6s [any where x == "a"] ![any where x == "m"]"#),
    ] {
        texts.push(rule(number, query, "") + suppressed);
    }
    texts.push(rule(20, r#"any where x == "a""#, "max_signals = 2"));
    texts.extend(counting_rules());
    let named =
        texts.into_iter().enumerate().map(|(number, text)| (format!("{number}.toml"), text));
    let loaded = load_all(named);
    assert!(loaded.failures.is_empty(), "{:?}", loaded.failures);
    loaded.rules
}

fn hits(set: &RuleSet<'_>, letters: &[Letter]) -> Vec<Hit> {
    let mut matcher = Matcher::new(&set.conditions);
    let slot = |name: &str| set.projection.slot(name).unwrap();
    let mut hits = Vec::new();
    for (arrival, letter) in letters.iter().enumerate() {
        let mut event = Event::new(&set.projection);
        let moment = Timestamp::from_second(letter.second).unwrap();
        event.push(slot("@timestamp"), Value::Date(moment));
        event.push(slot("x"), Value::Keyword(letter.x));
        if !letter.user.is_empty() {
            event.push(slot("user.name"), Value::Keyword(letter.user));
        }
        let mut met: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        matcher.run(&event, |condition, _| {
            let Owner { rule, bracket } = set.owner(condition);
            met.entry(rule).or_default().push(bracket);
        });
        let of =
            |(rule, brackets): (&usize, &Vec<usize>)| Membership::of(set, *rule, brackets, &event);
        hits.push(Hit {
            order: Order {
                nanoseconds: moment.as_nanosecond(),
                tiebreaker: Tiebreaker::Missing,
                arrival: arrival as u64,
            },
            memberships: met.iter().filter_map(of).collect(),
            digest: digest(&arrival.to_be_bytes()),
            path: String::new(),
            line: arrival as u64,
            offset_bytes: 0,
            id: None,
            index: None,
            document: Box::default(),
        });
    }
    hits
}

/// What is found, as text, by rule. When a window of suppression is closed decides when its alert is told, so nothing is
/// said of the order.
fn told(signals: &[Signal]) -> BTreeMap<usize, Vec<String>> {
    let mut told: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for signal in signals {
        let lines: Vec<String> = signal
            .events
            .iter()
            .map(|member| {
                member.as_ref().map_or("-".to_owned(), |member| member.hit.line.to_string())
            })
            .collect();
        let finding = match &signal.finding {
            Finding::Events | Finding::NewTerm { .. } => String::new(),
            Finding::Threshold(tally) => format!(" {} {:?}", tally.count, tally.distinct),
        };
        let line = format!("{:?} {} +{}{finding}", signal.key, lines.join(" "), signal.suppressed);
        told.entry(signal.rule).or_default().push(line);
    }
    told.values_mut().for_each(|lines| lines.sort());
    told
}

fn sorted(set: &RuleSet<'_>, hits: &[Hit]) -> BTreeMap<usize, Vec<String>> {
    let mut hits = hits.to_vec();
    hits.sort_by(|a, b| a.order.cmp(&b.order));
    let (mut correlator, mut signals) = (Correlator::new(set), Vec::new());
    hits.into_iter().for_each(|hit| correlator.push(hit, &mut signals));
    correlator.finish(&mut signals);
    told(&signals)
}

const LATENESS_SECONDS: i64 = 5;

fn stream<'s, 'r>(set: &'s RuleSet<'r>) -> Stream<'s, 'r> {
    Stream::new(Correlator::new(set), i128::from(LATENESS_SECONDS) * SECOND)
}

fn letters() -> impl Strategy<Value = Vec<Letter>> {
    let letter = (
        0i64..40,
        prop_oneof![Just("a"), Just("b"), Just("m")],
        prop_oneof![Just("p"), Just("q"), Just("")],
    );
    let letter = letter.prop_map(|(second, letter, user)| Letter { second, x: letter, user });
    prop::collection::vec(letter, 0..24)
}

proptest! {
    #[test]
    fn any_order_within_the_lateness_gives_the_same(
        letters in letters(),
        delays in prop::collection::vec(0i64..LATENESS_SECONDS, 24),
    ) {
        let rules = rules();
        let set = RuleSet::compile(&rules, &Schema::open());
        assert!(set.refused.is_empty() && set.not_run.is_empty());
        let hits = hits(&set, &letters);
        let mut coming: Vec<(i64, &Hit)> = hits.iter().zip(&delays).map(|(hit, delay)| {
            let second = i64::try_from(hit.order.nanoseconds / SECOND).unwrap();
            (second + delay, hit)
        }).collect();
        coming.sort_by_key(|(at, hit)| (*at, std::cmp::Reverse(hit.order.arrival)));
        let (mut stream, mut signals) = (stream(&set), Vec::new());
        for (_, hit) in coming {
            stream.push(hit.clone(), &mut signals);
        }
        stream.finish(&mut signals);
        prop_assert_eq!(stream.late(), 0);
        prop_assert_eq!(told(&signals), sorted(&set, &hits));
    }

    #[test]
    fn a_restart_at_any_point_gives_the_same(letters in letters(), stop in 0usize..24) {
        let rules = rules();
        let set = RuleSet::compile(&rules, &Schema::open());
        let mut hits = hits(&set, &letters);
        hits.sort_by(|a, b| a.order.cmp(&b.order));
        let stop = stop.min(hits.len());
        let (mut before, mut signals) = (stream(&set), Vec::new());
        for hit in &hits[..stop] {
            before.push(hit.clone(), &mut signals);
        }
        let written = serde_json::to_string(&before.snapshot()).unwrap();
        // The rules may come in another order after a restart.
        let mut turned = rules.clone();
        turned.reverse();
        let again = RuleSet::compile(&turned, &Schema::open());
        let mut after = stream(&again);
        let snapshot: StreamSnapshot = serde_json::from_str(&written).unwrap();
        after.restore(snapshot).unwrap();
        // What was still to come is seen with the rules in their new order.
        let place = |rule: usize| again.rules.iter().position(|other| other.id == set.rules[rule].id).unwrap();
        let mut later = Vec::new();
        for hit in &hits[stop..] {
            let mut hit = hit.clone();
            hit.memberships.iter_mut().for_each(|membership| membership.rule = place(membership.rule));
            after.push(hit, &mut later);
        }
        after.finish(&mut later);
        for mut signal in later {
            signal.rule = set.rules.len() - 1 - signal.rule;
            signals.push(signal);
        }
        prop_assert_eq!(told(&signals), sorted(&set, &hits));
    }
}

/// The signals of one rule when hits come in their order.
fn signals_of(set: &RuleSet<'_>, name: &str, hits: &[Hit], once: bool) -> Vec<Signal> {
    let mut hits = hits.to_vec();
    hits.sort_by(|a, b| a.order.cmp(&b.order));
    let (mut correlator, mut signals) = (Correlator::new(set).once(once), Vec::new());
    hits.into_iter().for_each(|hit| correlator.push(hit, &mut signals));
    correlator.finish(&mut signals);
    signals.retain(|signal| set.rules[signal.rule].name == name);
    signals
}

fn count_of(signal: &Signal) -> u64 {
    match &signal.finding {
        Finding::Threshold(tally) => tally.count,
        other => panic!("{other:?}"),
    }
}

/// The user, the count and the second of the run of each alert of rule 31: every run looks at every event.
fn counted_plainly(letters: &[Letter]) -> Vec<(&'static str, u64, i64)> {
    let (mut alerts, mut counted) = (Vec::new(), vec![false; letters.len()]);
    for run in 0..20 {
        let now = run * INTERVAL_SECONDS;
        for user in ["p", "q"] {
            let is_seen = |number: &usize| {
                let letter = &letters[*number];
                let in_window = now - BACK_SECONDS <= letter.second && letter.second < now;
                letter.user == user && in_window && !counted[*number]
            };
            let seen: Vec<usize> = (0..letters.len()).filter(is_seen).collect();
            let different: BTreeSet<&str> = seen.iter().map(|number| letters[*number].x).collect();
            if 3 <= seen.len() && 2 <= different.len() {
                alerts.push((user, seen.len() as u64, now));
                seen.into_iter().for_each(|number| counted[number] = true);
            }
        }
    }
    alerts
}

proptest! {
    #[test]
    fn thresholds_are_those_of_plain_counting(letters in letters()) {
        let rules = rules();
        let set = RuleSet::compile(&rules, &Schema::open());
        let signals = signals_of(&set, "Rule 31", &hits(&set, &letters), false);
        let found: Vec<(String, u64, i64)> = signals.iter().map(|signal| {
            let Finding::Threshold(tally) = &signal.finding else { panic!("another finding") };
            let now = i64::try_from(tally.window.unwrap().1 / SECOND).unwrap();
            (signal.key[0].shown_in_sequence().as_str().unwrap().to_owned(), tally.count, now)
        }).collect();
        let expected: Vec<(String, u64, i64)> = counted_plainly(&letters)
            .into_iter()
            .map(|(user, count, now)| (user.to_owned(), count, now))
            .collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn new_terms_are_those_that_no_event_of_the_history_has(letters in letters()) {
        let rules = rules();
        let set = RuleSet::compile(&rules, &Schema::open());
        let signals = signals_of(&set, "Rule 33", &hits(&set, &letters), false);
        let found: Vec<u64> =
            signals.iter().map(|signal| signal.events[0].as_ref().unwrap().hit.line).collect();
        let mut order: Vec<usize> = (0..letters.len()).collect();
        order.retain(|number| letters[*number].x != "m" && !letters[*number].user.is_empty());
        order.sort_by_key(|number| (letters[*number].second, *number));
        let is_new = |place: &usize| {
            let own = &letters[order[*place]];
            order[..*place].iter().map(|number| &letters[*number]).all(|other| {
                (other.x, other.user) != (own.x, own.user)
                    || other.second < own.second - HISTORY_SECONDS
            })
        };
        let expected: Vec<u64> =
            (0..order.len()).filter(is_new).map(|place| order[place] as u64).collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn once_counts_everything_together_and_tells_a_term_once() {
    let rules = rules();
    let set = RuleSet::compile(&rules, &Schema::open());
    let letters: Vec<Letter> = (0..5)
        .map(|n| Letter { second: n * 1000, x: if n == 4 { "b" } else { "a" }, user: "p" })
        .collect();
    let hits = hits(&set, &letters);
    assert!(signals_of(&set, "Rule 30", &hits, false).is_empty());
    assert_eq!(signals_of(&set, "Rule 33", &hits, false).len(), 5);
    let once = signals_of(&set, "Rule 30", &hits, true);
    assert_eq!(once.iter().map(count_of).collect::<Vec<_>>(), [5]);
    assert_eq!(signals_of(&set, "Rule 33", &hits, true).len(), 2);
}

#[test]
fn an_event_is_in_the_group_of_each_of_its_values() {
    let rules = rules();
    let set = RuleSet::compile(&rules, &Schema::open());
    let rule = set.rules.iter().position(|rule| rule.name == "Rule 30").unwrap();
    let slot = |name: &str| set.projection.slot(name).unwrap();
    let mut event = Event::new(&set.projection);
    for user in ["p", "q", "p"] {
        event.push(slot("user.name"), Value::Keyword(user));
    }
    let own = Membership::of(&set, rule, &[0], &event).unwrap();
    assert_eq!(own.keys.len(), 2);
    // Without the field there is no group.
    assert_eq!(Membership::of(&set, rule, &[0], &Event::new(&set.projection)), None);
}

#[test]
fn groups_past_the_bound_are_left_out_and_counted() {
    let texts = counting_rules().into_iter().map(|text| ("a.toml".to_owned(), text));
    let rules = load_all(texts).rules;
    let set = RuleSet::compile(&rules, &Schema::open());
    let template = hits(&set, &[Letter { second: 0, x: "a", user: "p" }]).remove(0);
    let (mut correlator, mut signals) = (Correlator::new(&set), Vec::new());
    for number in 0..THRESHOLD_GROUPS_MAX as i64 + 7 {
        let mut hit = template.clone();
        hit.order.arrival = number.cast_unsigned();
        hit.memberships.retain(|own| set.rules[own.rule].name == "Rule 30");
        hit.memberships[0].keys = vec![[KeyValue::Long(number)].into()];
        correlator.push(hit, &mut signals);
    }
    assert_eq!(correlator.left_out(), 7);
    // Groups that are over make room.
    let mut hit = template.clone();
    hit.order.nanoseconds = 1000 * SECOND;
    hit.memberships.retain(|own| set.rules[own.rule].name == "Rule 30");
    correlator.push(hit, &mut signals);
    assert_eq!(correlator.left_out(), 7);
}

#[test]
fn a_hit_that_is_too_late_is_counted() {
    let rules = rules();
    let set = RuleSet::compile(&rules, &Schema::open());
    let of = |second| Letter { second, x: "a", user: "p" };
    let hits = hits(&set, &[of(100), of(94), of(96)]);
    let (mut stream, mut signals) = (stream(&set), Vec::new());
    hits.into_iter().for_each(|hit| stream.push(hit, &mut signals));
    assert_eq!(stream.late(), 1);
}

#[test]
fn suppression_tells_how_many_it_stands_for_and_max_signals_cuts() {
    let rules = rules();
    let set = RuleSet::compile(&rules, &Schema::open());
    let of = |second, letter, user| Letter { second, x: letter, user };
    let hits = hits(
        &set,
        &[of(0, "b", "p"), of(4, "b", "p"), of(9, "b", "q"), of(10, "b", "p"), of(11, "b", "")],
    );
    let number = |name: &str| set.rules.iter().position(|rule| rule.name == name).unwrap();
    let told = sorted(&set, &hits);
    // The window of p ends 10 s after its first alert; an event without a user stands for itself.
    let mut alerts = told[&number("Rule 10")].clone();
    alerts.sort();
    assert_eq!(alerts, ["[] 0 +1", "[] 2 +0", "[] 3 +0", "[] 4 +0"]);
    let many: Vec<Letter> =
        (0..5).map(|second| of(second, "a", "p")).chain([of(400, "a", "p")]).collect();
    let hits = self::hits(&set, &many);
    assert_eq!(sorted(&set, &hits)[&number("Rule 20")].len(), 3);
}
