//! What happens at the bounds, and when results of queries that end with a missing event are given out.

use brokerwatch_eql::sequence::{Bounds, Plan, Timestamp};

use crate::notation::{run, shown};

#[track_caller]
fn check(query: &str, events: &str, bounds: Bounds, expected: &str, dropped: u64) {
    let run = run(query, events);
    let (mut machine, mut found) = (run.machine().with_bounds(bounds), Vec::new());
    for arrival in &run.arrivals {
        machine.push(arrival.clone(), &mut found);
    }
    machine.finish(&mut found);
    assert_eq!(shown(&found), expected);
    assert_eq!(machine.dropped(), dropped);
}

const KEYS: Bounds = Bounds { keys: 2, events: 100 };
const EVENTS: Bounds = Bounds { keys: 100, events: 2 };

#[test]
fn one_key_too_many_drops_the_one_longest_without_a_first_event() {
    let ends = "11:b(p) 12:b(q) 13:b(r)";
    let query = "sequence by u [a] [b]";
    check(query, &format!("1:a(p) 2:a(q) 3:a(r) {ends}"), KEYS, "q [2,5], r [3,6]", 1);
    check(query, &format!("1:a(p) 2:a(q) 3:a(p) 4:a(r) {ends}"), KEYS, "p [3,5], r [4,7]", 1);
    // A key that is done with makes room.
    check(
        query,
        &format!("1:a(p) 2:a(q) 3:b(q) 4:a(r) {ends}"),
        KEYS,
        "q [2,3], p [1,5], r [4,7]",
        0,
    );
}

#[test]
fn a_dropped_key_loses_its_forbidden_events_too_and_they_are_counted() {
    let query = "sequence by u with maxspan=1h ![m] [a]";
    check(query, "1:m(p) 2:m(q) 3:m(r) 4:a(q)", KEYS, "", 1);
    check(query, "1:m(p) 2:m(q) 3:m(r) 4:a(p)", KEYS, "p [-,4]", 2);
}

#[test]
fn too_many_events_drop_the_oldest_candidates() {
    check("sequence by u [a] [b]", "1:a(p) 2:a(q) 3:a(r) 4:b(p) 5:b(r)", EVENTS, "r [3,5]", 1);
    // One key: [1,2] is older than [3], and goes when 3 comes.
    check("sequence [a] [b] [c]", "1:a 2:b 3:a 4:c 5:b 6:c", EVENTS, "[3,5,6]", 1);
    // Waiting results go before what is pending.
    let query = "sequence with maxspan=1h [a] ![m]";
    check(query, "1:a 2:a 3:a", EVENTS, "[2,-], [3,-]", 1);
    let query = "sequence with maxspan=1h [a] [b] ![m]";
    check(query, "1:a 2:b 3:a 4:b", EVENTS, "[3,4,-]", 1);
}

#[test]
fn a_key_that_stays_busy_keeps_nothing_that_is_too_late() {
    for last in ["12:a", "12:c"] {
        // [1,2] began more than 10 s before the last event; [3], or the one in its place, did not.
        let run = run("sequence with maxspan=10s [a] [b] [c]", &format!("0:a 5:b 6:a {last}"));
        let mut machine = run.machine();
        for arrival in &run.arrivals {
            machine.push(arrival.clone(), &mut Vec::new());
        }
        assert_eq!((machine.open(), machine.held()), (1, 1), "{last}");
    }
}

#[test]
fn a_result_with_a_missing_end_is_given_out_when_maxspan_has_passed() {
    let run = run("sequence with maxspan=10s [a] [b] ![m]", "1:a 4:b 8:a 9:b");
    let (mut machine, mut found) = (run.machine(), Vec::new());
    for arrival in &run.arrivals {
        machine.push(arrival.clone(), &mut found);
    }
    let at = |millis| Timestamp::from_millisecond(millis).unwrap();
    machine.advance(at(11_000), &mut found);
    assert_eq!(shown(&found), "", "an m at 11 would still be within 10 s");
    assert_eq!(machine.open(), 2);
    machine.advance(at(11_001), &mut found);
    assert_eq!(shown(&found), "[1,2,-]");
    machine.advance(at(16_000), &mut found);
    assert_eq!(shown(&found), "[1,2,-]", "once is enough");
    machine.advance(at(20_000), &mut found);
    assert_eq!(shown(&found), "[1,2,-], [3,4,-]");
    assert_eq!((machine.open(), machine.keys()), (0, 0));
}

#[test]
fn a_plan_knows_which_bracket_gives_which_entry() {
    let query = "sequence with maxspan=1m ![m] with runs=2 [a] [b] with runs=3 ![z] until [x]";
    let plan = Plan::of(&run(query, "").sequence);
    let brackets: Vec<usize> = (0..plan.stages()).map(|place| plan.bracket_of(place)).collect();
    assert_eq!(brackets, [0, 0, 1, 2, 2, 2, 3]);
    assert_eq!((plan.brackets(), plan.maxspan_millis(), plan.waits()), (4, Some(60_000), true));
}
