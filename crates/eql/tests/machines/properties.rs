//! Random sequences over random events: the machine gives what the oracle gives, however its input comes.

use std::fmt::Write as _;

use brokerwatch_ecs::Schema;
use brokerwatch_eql::keys::{Key, KeyValue};
use brokerwatch_eql::lower::{Query, Sequence, Settings, lower};
use brokerwatch_eql::sequence::{Arrival, Bounds, Found, Machine, Plan, Role, Snapshot, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{TestCaseResult, TestRunner};

use crate::oracle;

/// Times are in steps of this, so that some events share a millisecond and not a time.
const STEP_NANOS: i128 = 500_000;

#[derive(Debug, Clone)]
struct Case {
    sequence: Sequence,
    arrivals: Vec<Arrival<usize>>,
    /// Per arrival, how many steps of time the watermark runs ahead of it, if it is told; never past the next arrival.
    ahead: Vec<Option<i128>>,
}

fn key(number: usize) -> Key {
    let value = [KeyValue::Null, KeyValue::Long(1), KeyValue::Keyword("p".into())];
    Box::new([value[number].clone()])
}

fn sequence() -> impl Strategy<Value = Sequence> {
    let bracket = (prop::bool::weighted(0.4), prop_oneof![7 => Just(1_u32), 1 => 2_u32..4]);
    let maxspan = prop::option::weighted(0.8, 1_u32..16);
    (vec(bracket, 1..6), maxspan, prop::bool::weighted(0.3)).prop_filter_map(
        "",
        |(brackets, maxspan, until)| {
            let runs: u32 = brackets.iter().map(|(_, runs)| runs).sum();
            let is_missing = |(missing, _): &(bool, u32)| *missing;
            let needs_maxspan = brackets.iter().any(is_missing);
            if runs < 2 || brackets.iter().all(is_missing) || (needs_maxspan && maxspan.is_none()) {
                return None;
            }
            let mut text = "sequence by ?u".to_owned();
            if let Some(maxspan) = maxspan {
                write!(text, " with maxspan={maxspan}ms").unwrap();
            }
            for (missing, runs) in brackets {
                let mark = if missing { "!" } else { "" };
                write!(text, " {mark}[any where true] with runs={runs}").unwrap();
            }
            if until {
                text.push_str(" until [any where true]");
            }
            let statement = brokerwatch_eql::parse(&text).unwrap();
            match lower(&statement, &Schema::open(), &Settings::default()).unwrap().query {
                Query::Sequence(sequence) => Some(sequence),
                other => panic!("{other:?} is no sequence"),
            }
        },
    )
}

/// The keys of an event in one bracket, a bit for each; mostly the first alone.
fn keys() -> impl Strategy<Value = u8> {
    prop_oneof![6 => Just(1_u8), 1 => 1_u8..8]
}

/// What happens: after a pause, something that meets one bracket, and by chance others.
#[derive(Debug, Clone)]
struct Happening {
    gap: i128,
    bracket: usize,
    keys: u8,
    others: Vec<u8>,
    watermark: Option<i128>,
}

fn happening(brackets: usize) -> impl Strategy<Value = Happening> {
    // Some gaps are long, so that things are forgotten.
    let gap = prop_oneof![14 => 0_i128..5, 1 => Just(25_i128)];
    let others = vec(prop_oneof![6 => Just(0_u8), 1 => keys()], brackets);
    let watermark = prop::option::of(0_i128..30);
    (gap, 0..brackets, keys(), others, watermark).prop_map(
        |(gap, bracket, keys, others, watermark)| Happening {
            gap,
            bracket,
            keys,
            others,
            watermark,
        },
    )
}

fn case() -> impl Strategy<Value = Case> {
    sequence().prop_flat_map(|sequence| {
        let brackets = sequence.stages.len() + usize::from(sequence.until.is_some());
        (Just(sequence), vec(happening(brackets), 0..24))
            .prop_map(|(sequence, happenings)| assemble(sequence, happenings))
    })
}

fn assemble(sequence: Sequence, happenings: Vec<Happening>) -> Case {
    let mut step = -5;
    let mut arrivals = Vec::new();
    let mut ahead = Vec::new();
    for (number, mut happening) in happenings.into_iter().enumerate() {
        step += happening.gap;
        happening.others[happening.bracket] |= happening.keys;
        let bits = happening.others.into_iter().enumerate().filter(|(_, bits)| *bits != 0);
        let roles = bits.map(|(stage, bits)| {
            // Keys need not come in order.
            let keys = (0..3).rev().filter(|bit| bits & (1 << bit) != 0).map(key).collect();
            Role { stage, keys }
        });
        arrivals.push(Arrival { time: time(step), event: number + 1, roles: roles.collect() });
        ahead.push(happening.watermark);
    }
    Case { sequence, arrivals, ahead }
}

fn time(step: i128) -> Timestamp {
    Timestamp::from_nanosecond(step * STEP_NANOS).unwrap()
}

fn plus(moment: Timestamp, steps: i128) -> Timestamp {
    Timestamp::from_nanosecond(moment.as_nanosecond() + steps * STEP_NANOS).unwrap()
}

fn millis(moment: Timestamp) -> i64 {
    moment.as_nanosecond().div_euclid(1_000_000) as i64
}

impl Case {
    fn machine(&self) -> Machine<usize> {
        Machine::new(Plan::of(&self.sequence))
    }

    fn watermark(&self, n: usize) -> Option<Timestamp> {
        let told = plus(self.arrivals[n].time, self.ahead[n]?);
        Some(self.arrivals.get(n + 1).map_or(told, |next| told.min(next.time)))
    }
}

fn sorted(mut found: Vec<Found<usize>>) -> Vec<Found<usize>> {
    found.sort_by(|a, b| (a.order, &a.key).cmp(&(b.order, &b.key)));
    found
}

fn check_closed(case: &Case) -> TestCaseResult {
    let (mut machine, mut found) = (case.machine(), Vec::new());
    for arrival in &case.arrivals {
        machine.push(arrival.clone(), &mut found);
    }
    machine.finish(&mut found);
    prop_assert_eq!(found, oracle::found(&case.sequence, &case.arrivals));
    prop_assert_eq!((machine.open(), machine.held(), machine.keys()), (0, 0, 0));
    Ok(())
}

/// In a stream a result comes as soon as it is certain, and not before.
fn check_stream(case: &Case) -> TestCaseResult {
    let decided = oracle::decided(&case.sequence, &case.arrivals);
    let (mut machine, mut found) = (case.machine(), Vec::new());
    for n in 0..case.arrivals.len() {
        machine.push(case.arrivals[n].clone(), &mut found);
        let Some(watermark) = case.watermark(n) else { continue };
        machine.advance(watermark, &mut found);
        let is_certain = |decided: &&oracle::Decided| {
            let is_over = |open: i64| open < millis(watermark);
            decided.found.order <= n as u64 && decided.open_millis.is_none_or(is_over)
        };
        let certain = decided.iter().filter(is_certain).map(|decided| decided.found.clone());
        prop_assert_eq!(sorted(found.clone()), certain.collect::<Vec<_>>(), "after {}", n + 1);
    }
    machine.finish(&mut found);
    let expected: Vec<_> = decided.into_iter().map(|decided| decided.found).collect();
    prop_assert_eq!(sorted(found), expected);
    Ok(())
}

/// Written down and read back after each event, the machine goes on as if nothing had happened.
fn check_snapshots(case: &Case) -> TestCaseResult {
    let (mut machine, mut found) = (case.machine(), Vec::new());
    for n in 0..case.arrivals.len() {
        machine.push(case.arrivals[n].clone(), &mut found);
        if let Some(watermark) = case.watermark(n) {
            machine.advance(watermark, &mut found);
        }
        let snapshot = machine.snapshot();
        let text = serde_json::to_string(&snapshot).unwrap();
        let read: Snapshot<usize> = serde_json::from_str(&text).unwrap();
        let restored = Machine::restore(Plan::of(&case.sequence), read).unwrap();
        prop_assert_eq!(restored.snapshot(), snapshot);
        prop_assert_eq!(
            (restored.open(), restored.held(), restored.keys(), restored.dropped()),
            (machine.open(), machine.held(), machine.keys(), machine.dropped())
        );
        machine = restored;
    }
    machine.finish(&mut found);
    prop_assert_eq!(sorted(found), oracle::found(&case.sequence, &case.arrivals));
    Ok(())
}

/// Once maxspan has passed nothing is kept.
fn check_forgetting(case: &Case) -> TestCaseResult {
    let (mut machine, mut found) = (case.machine(), Vec::new());
    let (Some(maxspan), Some(last)) = (case.sequence.maxspan_ms, case.arrivals.last()) else {
        return Ok(());
    };
    for arrival in &case.arrivals {
        machine.push(arrival.clone(), &mut found);
    }
    let steps_per_milli = 1_000_000 / STEP_NANOS;
    let over = plus(last.time, (i128::from(maxspan) + 1) * steps_per_milli);
    machine.advance(over, &mut found);
    prop_assert_eq!((machine.open(), machine.held(), machine.keys()), (0, 0, 0));
    prop_assert_eq!(sorted(found), oracle::found(&case.sequence, &case.arrivals));
    Ok(())
}

/// Small bounds hold, and what they do not touch is right.
fn check_bounds(case: &Case, bounds: Bounds) -> TestCaseResult {
    let (mut machine, mut found) = (case.machine().with_bounds(bounds), Vec::new());
    for arrival in &case.arrivals {
        machine.push(arrival.clone(), &mut found);
        prop_assert!(machine.keys() <= bounds.keys && machine.held() <= bounds.events);
        prop_assert!(machine.open() <= machine.held());
    }
    machine.finish(&mut found);
    if machine.dropped() == 0 {
        prop_assert_eq!(found, oracle::found(&case.sequence, &case.arrivals));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn a_closed_set_gives_what_the_definition_gives(case in case()) {
        check_closed(&case)?;
    }

    #[test]
    fn a_stream_gives_results_when_they_are_certain(case in case()) {
        check_stream(&case)?;
    }

    #[test]
    fn nothing_is_kept_past_maxspan(case in case()) {
        check_forgetting(&case)?;
    }

    #[test]
    fn bounds_hold(case in case(), keys in 1_usize..3, events in 1_usize..6) {
        check_bounds(&case, Bounds { keys, events })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_machine_goes_on_from_a_snapshot(case in case()) {
        check_snapshots(&case)?;
    }
}

/// Without this, the properties could hold because nothing is ever found, or nothing ever taken away.
#[test]
fn random_cases_reach_every_kind_of_missing_event() {
    let mut runner = TestRunner::deterministic();
    // For missing events at the start, in the middle, at the end and at both ends: results, and how many fewer they are
    // than if no forbidden event had come.
    let mut counts = [[0; 2]; 4];
    for _ in 0..3_000 {
        let case = case().new_tree(&mut runner).unwrap().current();
        let missing: Vec<bool> = case.sequence.stages.iter().map(|stage| stage.missing).collect();
        let (begins, ends) = (missing[0], missing[missing.len() - 1]);
        let is_between = missing.windows(3).any(|three| three == [false, true, false]);
        let mut allowed = case.arrivals.clone();
        for arrival in &mut allowed {
            arrival.roles.retain(|role| missing.get(role.stage) != Some(&true));
        }
        let found = oracle::found(&case.sequence, &case.arrivals).len();
        let taken = oracle::found(&case.sequence, &allowed).len() - found;
        for (kind, is_it) in [begins, is_between, ends, begins && ends].into_iter().enumerate() {
            if is_it {
                counts[kind][0] += found;
                counts[kind][1] += taken;
            }
        }
    }
    for (kind, [found, taken]) in counts.into_iter().enumerate() {
        assert!(50 < found && 50 < taken, "kind {kind}: {found} found, {taken} taken away");
    }
}
