//! Text of any size and depth is read or refused, on the stack of a thread and in linear time.

use brokerwatch_eql::ast::{Kind, Query};
use brokerwatch_eql::{format, parse, parse_expression};
use brokerwatch_expr::limits::ERRORS_MAX;
use brokerwatch_expr::limits::{DEPTH_MAX, QUERY_BYTES_MAX};

use crate::{check_round_trip, read};

/// Runs a test on the stack that a thread has by default; optimised code needs a quarter of it.
#[track_caller]
fn on_the_stack_of_a_thread(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(test).unwrap();
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// The query is refused with this code, once, at this byte.
#[track_caller]
fn check_refused(query: &str, code: &str, byte: usize) {
    let errors = parse(query).unwrap_err();
    let found: Vec<_> =
        errors.iter().map(|error| (error.code, error.span().start as usize)).collect();
    assert_eq!(found, [(code, byte)]);
}

#[test]
fn deep_nesting_is_refused_with_its_place() {
    on_the_stack_of_a_thread(|| {
        let head = "any where ";
        for (open, close) in
            [("(", ")"), ("f(", ")"), ("a in (", ")"), ("not ", ""), ("-", ""), ("not (", ")")]
        {
            let query = format!("{head}{}true{}", open.repeat(100_000), close.repeat(100_000));
            let errors = parse(&query).unwrap_err();
            assert_eq!(errors.len(), 1, "{open}");
            assert_eq!(errors[0].code, "EQL007", "{open}");
            let depth = (errors[0].span().start as usize - head.len()) / open.len();
            assert!((DEPTH_MAX / 2..=DEPTH_MAX).contains(&depth), "{open} {depth}");
        }
        for query in [
            format!("any where {}", "(".repeat(100_000)),
            format!("any where {}", "a in (".repeat(100_000)),
            "[any where child of ".repeat(100_000),
            format!("any where {}", "child of [any where ".repeat(100_000)),
        ] {
            assert!(parse(&query).unwrap_err().len() <= ERRORS_MAX + 1);
        }
    });
}

#[test]
fn arithmetic_chains_count_as_depth() {
    on_the_stack_of_a_thread(|| {
        for operator in ["+", "*", " - "] {
            let chain =
                |terms: usize| format!("any where x == {}1", format!("1{operator}").repeat(terms));
            check_round_trip(&read(&chain(DEPTH_MAX - 2)));
            let place =
                "any where x == ".len() + "1".len() + (DEPTH_MAX - 1) * (1 + operator.len());
            check_refused(
                &chain(100_000),
                "EQL007",
                place + operator.len() - operator.trim_start().len(),
            );
        }
    });
}

#[test]
fn the_deepest_tree_reads_writes_and_drops_on_the_stack_of_a_thread() {
    on_the_stack_of_a_thread(|| {
        for (open, close) in
            [("(", ")"), ("not ", ""), ("f(", ")"), ("(-", " + 1)"), ("(x or y and ", ")")]
        {
            let query = |levels: usize| {
                format!("any where {}z{}", open.repeat(levels), close.repeat(levels))
            };
            let deepest =
                (1..=DEPTH_MAX).take_while(|&levels| parse(&query(levels)).is_ok()).count();
            assert!(DEPTH_MAX / 5 < deepest, "{open} {deepest}");
            let statement = read(&query(deepest));
            check_round_trip(&statement);
            assert_eq!(statement.clone(), statement);
        }
    });
}

#[test]
fn chains_of_and_and_or_have_any_length() {
    on_the_stack_of_a_thread(|| {
        let query = format!("any where {}z", "x == 1 or y and ".repeat(100_000));
        let statement = read(&query);
        let Query::Event(filter) = &statement.query else { panic!("an event query") };
        let Kind::Or(terms) = &filter.condition.kind else { panic!("an or") };
        assert_eq!(terms.len(), 100_001);
        assert_eq!(parse(&format(&statement)).as_ref(), Ok(&statement));
    });
}

#[test]
fn long_lists_and_many_stages() {
    let list = format!("any where x in ({}1)", "1, ".repeat(100_000));
    check_round_trip(&read(&list));
    let stages = format!("sequence {}", "[any where true] ".repeat(10_000));
    check_round_trip(&read(&stages));
    check_refused(&format!("{stages}[any where true]"), "EQL025", 0);
}

#[test]
fn a_query_that_is_too_long_is_not_read() {
    let query = " ".repeat(QUERY_BYTES_MAX + 1);
    check_refused(&query, "EQL001", 0);
    assert_eq!(parse_expression(&query).unwrap_err()[0].code, "EQL001");
    check_round_trip(&read(&format!("{}any where true", " ".repeat(QUERY_BYTES_MAX - 14))));
}

#[test]
fn the_number_of_errors_is_bounded() {
    let errors = parse(&format!("any where {}z", "x = 1 and ".repeat(200_000))).unwrap_err();
    assert_eq!(errors.len(), ERRORS_MAX + 1);
    assert_eq!(errors.last().unwrap().code, "EQL008");
    let errors = parse(&"§ ".repeat(200_000)).unwrap_err();
    assert!(errors.len() <= ERRORS_MAX + 1);
    let errors = parse(&format!("any where x in ({}1", "$,".repeat(200_000))).unwrap_err();
    assert!(errors.len() <= ERRORS_MAX + 1);
}

#[test]
fn what_messages_repeat_is_bounded() {
    let errors = parse(&format!("any where x {}", "y".repeat(1 << 20))).unwrap_err();
    assert!(errors.iter().all(|error| error.message.len() < 300));
    let errors = parse(&format!("any where true | {}", "y".repeat(1 << 20))).unwrap_err();
    assert!(errors.iter().all(|error| error.message.len() < 300));
    let errors =
        parse(&format!("any where x is not {0} and {0} contains {0}", "y".repeat(1 << 20)))
            .unwrap_err();
    assert!(errors.iter().all(|error| error.help.as_ref().is_none_or(|help| help.len() < 500)));
}
