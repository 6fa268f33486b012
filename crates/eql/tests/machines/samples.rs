//! Samples: worked examples, and random ones against going through all choices.

use std::collections::BTreeSet;

use brokerwatch_eql::keys::{Key, KeyValue};
use brokerwatch_eql::lower::Query;
use brokerwatch_eql::sample::{Bounds, Sample, SampleFound};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::notation::{Brackets, events, query, shown_key};

/// An event with its roles: filter and keys.
type Roles = Vec<(usize, Vec<Key>)>;

fn sample(filters: usize, max_per_key: usize, events: &[Roles], bounds: Bounds) -> Sample<usize> {
    let mut sample = Sample::new(filters, max_per_key).with_bounds(bounds);
    for (i, roles) in events.iter().enumerate() {
        for (filter, keys) in roles {
            sample.push(*filter, keys.clone(), i as u64, i + 1);
        }
    }
    sample
}

fn shown(found: &[SampleFound<usize>]) -> String {
    let one = |found: &SampleFound<usize>| {
        let events: Vec<String> = found.events.iter().map(ToString::to_string).collect();
        format!("{}[{}]", shown_key(&found.key), events.join(","))
    };
    found.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn check(query_text: &str, max_per_key: usize, events_text: &str, expected: &str) {
    let Brackets { query: Query::Sample(stages), letters } = query(query_text) else {
        panic!("{query_text} is a sample")
    };
    let roles: Vec<Roles> = events(events_text)
        .iter()
        .map(|event| {
            let met = (0..stages.len()).filter(|filter| event.is(&letters[*filter]));
            met.map(|filter| (filter, event.keys(&stages[filter]))).collect()
        })
        .collect();
    let found = sample(stages.len(), max_per_key, &roles, Bounds::default()).finish();
    assert_eq!(shown(&found), expected, "the sample");
    assert_eq!(shown(&oracle(stages.len(), max_per_key, &roles)), expected, "the oracle");
}

#[test]
fn one_event_per_filter_and_the_first_choices_first() {
    let events = "1:a(p) 2:b(p) 3:a(q) 4:a(p) 5:b(q) 6:b(p)";
    check("sample by u [a] [b]", 1, events, "p [1,2], q [3,5]");
    check("sample by u [a] [b]", 3, events, "p [1,2], p [1,6], p [4,2], q [3,5]");
    check("sample by u [a] [b]", 0, events, "");
}

#[test]
fn all_events_of_a_sample_are_different() {
    check("sample by u [a] [b] [true]", 1, "1:a(p) 2:a(q) 3:b(q)", "");
    check("sample by u [a] [true]", 1, "1:a(p) 2:a(q) 3:b(q)", "q [2,3]");
    check("sample by u [true] [a]", 2, "1:a(p) 2:a(p)", "p [1,2], p [2,1]");
}

#[test]
fn keys_are_in_order_null_first() {
    let events = "1:a(doom) 2:b(doom) 3:a(GTA) 4:b(GTA) 5:a 6:b";
    check("sample by ?u [a] [b]", 1, events, "null [5,6], GTA [3,4], doom [1,2]");
    check("sample by u [a] [b]", 1, events, "GTA [3,4], doom [1,2]");
}

#[test]
fn an_event_that_comes_twice_counts_once() {
    let mut sample = Sample::new(2, 5);
    for (filter, id) in [(0, 1), (0, 1), (1, 1), (1, 2)] {
        sample.push(filter, vec![Key::default()], id, id);
    }
    assert_eq!(sample.held(), 3);
    let found = sample.finish();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].events, [1, 2]);
}

/// Goes through all choices of events, whether different or not.
fn oracle(filters: usize, max_per_key: usize, events: &[Roles]) -> Vec<SampleFound<usize>> {
    let keys: BTreeSet<&Key> = events.iter().flatten().flat_map(|(_, keys)| keys).collect();
    let mut found = Vec::new();
    for key in keys {
        let mut choices: Vec<Vec<usize>> = vec![Vec::new()];
        for filter in 0..filters {
            let meets = |n: &usize| {
                events[*n].iter().any(|(own, keys)| *own == filter && keys.contains(key))
            };
            let met: Vec<usize> = (0..events.len()).filter(meets).collect();
            let longer = |choice: &Vec<usize>| {
                let longer = met.iter().map(|n| [&choice[..], &[n + 1]].concat());
                longer.collect::<Vec<_>>()
            };
            choices = choices.iter().flat_map(longer).collect();
        }
        choices.retain(|choice| choice.iter().collect::<BTreeSet<_>>().len() == filters);
        let chosen = choices.into_iter().take(max_per_key);
        found.extend(chosen.map(|events| SampleFound { key: key.clone(), events }));
    }
    found
}

fn roles() -> impl Strategy<Value = (usize, Vec<Roles>)> {
    (2_usize..5).prop_flat_map(|filters| {
        let event = vec(prop_oneof![2 => Just(0_u8), 3 => 1_u8..4], filters);
        let event = event.prop_map(|bits| {
            let roles = bits.into_iter().enumerate().map(|(filter, bits)| {
                let keys = (0..2).filter(|bit| bits & (1 << bit) != 0);
                (filter, keys.map(|key| Box::new([KeyValue::Long(key)]) as Key).collect())
            });
            roles.collect()
        });
        (Just(filters), vec(event, 0..8))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Also shows that no more events are kept than can matter, and that those are enough.
    #[test]
    fn a_sample_gives_the_first_choices((filters, events) in roles(), max_per_key in 1_usize..8) {
        let mut sample = sample(filters, max_per_key, &events, Bounds::default());
        prop_assert!(sample.held() <= 2 * filters * (filters - 1 + max_per_key));
        prop_assert_eq!(sample.finish(), oracle(filters, max_per_key, &events));
        prop_assert_eq!((sample.cut(), sample.dropped(), sample.held()), (0, 0, 0));
    }
}

/// `events` events that meet all filters.
fn alike(filters: usize, events: usize) -> Vec<Roles> {
    vec![(0..filters).map(|filter| (filter, vec![Key::default()])).collect(); events]
}

#[test]
fn a_search_without_result_does_not_go_through_all_choices() {
    // 39 events for 40 filters: 39! choices, none of which can be completed.
    let bounds = Bounds { steps_per_key: 100_000, ..Bounds::default() };
    let mut sample_of = sample(40, 1, &alike(40, 39), bounds);
    assert_eq!((sample_of.finish().len(), sample_of.cut()), (0, 0));
    // The last two filters want the last event, and only they.
    let mut events = alike(38, 60);
    events.push(vec![(38, vec![Key::default()]), (39, vec![Key::default()])]);
    let mut sample_of = sample(40, 5, &events, bounds);
    assert_eq!((sample_of.finish().len(), sample_of.cut()), (0, 0));
}

#[test]
fn a_search_that_is_cut_short_is_counted_and_keeps_what_it_found() {
    let bounds = Bounds { steps_per_key: 1_000, ..Bounds::default() };
    let events = alike(8, 12);
    let mut short = sample(8, 10_000, &events, bounds);
    let found = short.finish();
    assert_eq!(short.cut(), 1);
    let whole = sample(8, 10_000, &events, Bounds::default()).finish();
    assert!(!found.is_empty() && found.len() < whole.len());
    assert_eq!(found, whole[..found.len()]);
}

#[test]
fn what_is_past_the_bounds_is_not_taken_and_counted() {
    let key = |n: i64| -> Key { Box::new([KeyValue::Long(n)]) };
    let event = |filter: usize, n: i64| vec![(filter, vec![key(n)])];
    let events = [event(0, 1), event(0, 2), event(0, 3), event(1, 3), event(1, 1), event(1, 2)];
    let mut few_keys = sample(2, 1, &events, Bounds { keys: 2, ..Bounds::default() });
    assert_eq!(few_keys.finish().len(), 2);
    assert_eq!(few_keys.dropped(), 2);
    let mut few_events = sample(2, 1, &events, Bounds { events: 5, ..Bounds::default() });
    assert_eq!(few_events.held(), 5);
    assert_eq!(few_events.finish().len(), 2);
    assert_eq!(few_events.dropped(), 1);
}
