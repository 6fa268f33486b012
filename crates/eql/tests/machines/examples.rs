//! The worked examples of the definition, by machine and by oracle.

use crate::notation::{run, shown};
use crate::oracle;

#[track_caller]
fn check(query: &str, events: &str, expected: &str) {
    let run = run(query, events);
    assert_eq!(shown(&run.found()), expected, "the machine");
    assert_eq!(shown(&oracle::found(&run.sequence, &run.arrivals)), expected, "the oracle");
}

#[test]
fn a_new_first_event_takes_the_place_of_the_last() {
    // 2 replaces 1; 3 takes 2; 4 finds no a; 5 pends while [2,3] waits for c.
    check("sequence [a] [b] [c]", "1:a 2:a 3:b 4:b 5:a 6:c 7:b 8:c", "[2,3,6], [5,7,8]");
}

#[test]
fn one_event_can_end_one_sequence_while_it_begins_another() {
    check("sequence [true] [true]", "1:a 2:a 3:a", "[1,2], [2,3]");
    check("sequence [true] with runs=3", "1:a 2:a 3:a", "[1,2,3]");
}

#[test]
fn results_come_in_the_order_of_their_last_events() {
    check("sequence by u [a] [b]", "1:a(p) 2:a(q) 3:b(q) 4:b(p)", "q [2,3], p [1,4]");
}

#[test]
fn maxspan_counts_from_the_first_event_and_a_late_step_uses_the_candidate_up() {
    check("sequence with maxspan=10s [a] [b]", "0:a 10:b 20:a 31:b", "[1,2]");
    check("sequence with maxspan=10s [a] [b] [c]", "0:a 6:b 11:c 12:c", "");
    check("sequence with maxspan=10s [a] [b]", "0:a 2:a 30:b 31:b", "");
}

#[test]
fn until_ends_what_is_pending_and_leaves_what_is_complete() {
    check("sequence [a] [b] until [z]", "1:a 2:z 3:b 4:a 5:b 6:z", "[4,5]");
    check("sequence [a] [b] [c] until [b]", "1:a 2:b 3:c", "");
    check("sequence [a] [b] [c] until [c]", "1:a 2:b 3:c", "[1,2,3]");
    check("sequence by u [a] [b] until [z]", "1:a(p) 2:z(q) 3:b(p)", "p [1,3]");
}

#[test]
fn missing_in_the_middle() {
    check("sequence with maxspan=1m [a] ![m] [b]", "1:a 2:m 3:b 4:a 5:b", "[4,-,5]");
    check("sequence with maxspan=1m [a] ![m] [b]", "1:a 2:a 3:m 4:b", "");
}

#[test]
fn missing_in_the_middle_still_takes_the_place_of_older_candidates() {
    // At 5, [3,5] replaces [1,2] though the m between them spoils it.
    check("sequence with maxspan=1m [a] ![m] [b] [c]", "1:a 2:b 3:a 4:m 5:b 6:c", "");
    check("sequence with maxspan=1m [a] ![m] [b] [c]", "1:a 2:b 3:a 4:b 6:c", "[3,-,4,5]");
}

#[test]
fn missing_at_the_end() {
    check("sequence with maxspan=10s [a] ![m]", "0:a 5:m 20:a 31:m", "[3,-]");
    check("sequence with maxspan=10s [a] [b] ![m]", "0:a 4:b 9:m 20:a 24:b 31:m", "[4,5,-]");
}

#[test]
fn missing_at_the_start() {
    let events = "0:m 5:a 20:a 26:m 28:a 37:b";
    check("sequence with maxspan=10s ![m] [a]", events, "[-,3]");
    // Measured to the last event: 37 - 26 is more than 10.
    check("sequence with maxspan=10s ![m] [a] [b]", events, "[-,5,6]");
}

#[test]
fn missing_at_both_ends() {
    let events = "0:m 4:a 8:m 20:m 21:a 40:a 41:m";
    check("sequence with maxspan=10s ![m] [a] ![m]", events, "[-,5,-], [-,6,-]");
}

#[test]
fn runs_of_an_event_and_of_a_missing_one() {
    let events = "1:a(p) 2:f(p) 3:f(q) 4:f(p) 5:f(p) 6:s(p)";
    check("sequence by u [a] [f] with runs=2 [s]", events, "p [1,2,4,6]");
    check("sequence [f] with runs=3 [s]", "1:f 2:f 3:f 4:f 5:s", "[2,3,4,5]");
    check("sequence with maxspan=1m [a] ![m] with runs=2 [b]", "1:a 2:b", "[1,-,-,2]");
}

#[test]
fn events_of_one_time_follow_each_other_as_they_arrive() {
    check("sequence [a] [b]", "1:a 1:b", "[1,2]");
    check("sequence [a] [b]", "1:b 1:a", "");
    // A forbidden event of the same time is neither before nor after.
    check("sequence with maxspan=1m [a] ![m] [b]", "1:a 1:m 2:m 2:b", "[1,-,4]");
}

#[test]
fn an_event_takes_part_once_for_each_value_of_its_key() {
    check("sequence by u [a] [b]", "1:a(p,q) 2:b(q,r,p) 3:b(p)", "p [1,2], q [1,2]");
}

#[test]
fn a_missing_key_is_a_key_only_if_it_is_optional() {
    check("sequence by u [a] [b]", "1:a 2:b", "");
    check("sequence by ?u [a] [b]", "1:a 2:a(p) 3:b(p) 4:b", "p [2,3], null [1,4]");
}

#[test]
fn a_role_that_is_told_twice_counts_once() {
    let run = run("sequence [a] [b]", "1:a 2:b 3:b");
    let (mut machine, mut found) = (run.machine(), Vec::new());
    for arrival in &run.arrivals {
        let mut arrival = arrival.clone();
        arrival.roles.extend(arrival.roles.clone());
        machine.push(arrival, &mut found);
    }
    assert_eq!(shown(&found), "[1,2]");
    let run = crate::notation::run("sequence [true] with runs=2", "1:a 2:a");
    let (mut machine, mut found) = (run.machine(), Vec::new());
    for arrival in &run.arrivals {
        let mut arrival = arrival.clone();
        arrival.roles.extend(arrival.roles.clone());
        machine.push(arrival, &mut found);
    }
    assert_eq!(shown(&found), "[1,2]");
}
