//! Text of any size and depth is read or refused, on the stack of a thread and in linear time.

use brokerwatch_esql::ast::Kind;
use brokerwatch_esql::limits::{BRANCHES_MAX, COMMANDS_MAX, SUBQUERY_DEPTH_MAX};
use brokerwatch_esql::{format, parse, parse_expression};
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

/// The codes of the errors of a query.
fn codes(query: &str) -> Vec<&'static str> {
    parse(query).unwrap_err().iter().map(|error| error.code).collect()
}

/// What nests: how it opens, and how it closes.
const NESTS: &[(&str, &str)] = &[
    ("(", ")"),
    ("f(", ")"),
    ("NOT ", ""),
    ("-", ""),
    ("NOT (", ")"),
    ("a IN ((", "))"),
    ("a LIKE (", ")"),
    ("(-", " + 1)"),
    ("(x OR y AND ", ")"),
    ("a IN (FROM b | WHERE ", ")"),
    ("a IN (FROM b | FORK (WHERE ", "))"),
    ("a IN (ROW b = c + ", " | STATS COUNT(*) WHERE d)"),
];

#[test]
fn deep_nesting_is_refused_with_its_place() {
    on_the_stack_of_a_thread(|| {
        let head = "FROM a | WHERE ";
        for (open, close) in NESTS {
            let query = format!("{head}{}true{}", open.repeat(20_000), close.repeat(20_000));
            let errors = parse(&query).unwrap_err();
            assert_eq!(errors.len(), 1, "{open} {errors:?}");
            assert_eq!(errors[0].code, "ESQL007", "{open}");
            let depth = (errors[0].span().start as usize - head.len()) / open.len();
            assert!((SUBQUERY_DEPTH_MAX / 2 - 1..=DEPTH_MAX).contains(&depth), "{open} {depth}");
        }
        let unclosed = NESTS.iter().map(|(open, _)| open.repeat(20_000));
        for query in unclosed.map(|text| format!("{head}{text}")) {
            assert!(parse(&query).unwrap_err().len() <= ERRORS_MAX + 1);
        }
    });
}

#[test]
fn nested_sources_branches_and_options_are_refused_as_well() {
    on_the_stack_of_a_thread(|| {
        for (head, open, middle, close, deepest) in [
            ("FROM ", "(FROM ", "a", ")", SUBQUERY_DEPTH_MAX),
            ("FROM a | FORK ", "(FORK ", "(LIMIT 1)", ")", SUBQUERY_DEPTH_MAX - 1),
            ("FROM a | WHERE f(b, ", "{\"c\": ", "1", "}", DEPTH_MAX - 1),
        ] {
            let end = if head.ends_with("(b, ") { ")" } else { "" };
            let query = |levels: usize| {
                format!("{head}{}{middle}{}{end}", open.repeat(levels), close.repeat(levels))
            };
            assert!(codes(&query(20_000)).contains(&"ESQL007"), "{open}");
            check_round_trip(&read(&query(deepest)));
            assert_eq!(codes(&query(deepest + 1))[0], "ESQL007", "{open}");
            let unclosed = format!("{head}{}", open.repeat(20_000));
            assert!(parse(&unclosed).unwrap_err().len() <= ERRORS_MAX + 1);
        }
    });
}

#[test]
fn the_deepest_tree_reads_writes_and_drops_on_the_stack_of_a_thread() {
    on_the_stack_of_a_thread(|| {
        for (open, close) in NESTS {
            let query = |levels: usize| {
                format!("FROM a | WHERE {}z{}", open.repeat(levels), close.repeat(levels))
            };
            let deepest =
                (1..=DEPTH_MAX).take_while(|&levels| parse(&query(levels)).is_ok()).count();
            assert!(SUBQUERY_DEPTH_MAX / 2 <= deepest, "{open} {deepest}");
            let statement = read(&query(deepest));
            check_round_trip(&statement);
            assert_eq!(statement.clone(), statement);
        }
    });
}

#[test]
fn arithmetic_and_casts_count_as_depth() {
    on_the_stack_of_a_thread(|| {
        for operation in [" + 1", " * 1", "::long"] {
            let chain = |terms: usize| format!("ROW x = 1{}", operation.repeat(terms));
            check_round_trip(&read(&chain(DEPTH_MAX - 2)));
            assert_eq!(codes(&chain(20_000)), ["ESQL007"], "{operation}");
        }
    });
}

#[test]
fn the_leaves_of_tall_trees_hold_no_taller_ones() {
    on_the_stack_of_a_thread(|| {
        let half = "+ 1 ".repeat(DEPTH_MAX / 2 + 10);
        let query = format!("FROM a | WHERE x IN (ROW b = 1 {half}) {}", "AND TRUE");
        check_round_trip(&read(&query));
        let both = format!("FROM a | WHERE f(x IN (ROW b = 1 {half})) {half} == 1");
        assert_eq!(codes(&both), ["ESQL007"]);
    });
}

#[test]
fn chains_of_and_and_or_have_any_length() {
    on_the_stack_of_a_thread(|| {
        let text = format!("{}z", "x == 1 OR y AND ".repeat(50_000));
        let expr = parse_expression(&text).unwrap();
        let Kind::Or(terms) = &expr.kind else { panic!("an or") };
        assert_eq!(terms.len(), 50_001);
        let statement = read(&format!("FROM a | WHERE {text}"));
        assert_eq!(parse(&format(&statement)).as_ref(), Ok(&statement));
    });
}

#[test]
fn long_lists_have_any_length() {
    let numbers = "1, ".repeat(50_000);
    check_round_trip(&read(&format!("FROM a | WHERE x IN ({numbers}1)")));
    check_round_trip(&read(&format!("ROW x = [{numbers}1]")));
    check_round_trip(&read(&format!("FROM {}a | KEEP {0}b", "c, ".repeat(20_000))));
}

#[test]
fn the_number_of_commands_is_bounded() {
    let query = |commands: usize| format!("FROM a{}", " | LIMIT 1".repeat(commands));
    check_round_trip(&read(&query(COMMANDS_MAX - 1)));
    assert_eq!(codes(&query(COMMANDS_MAX)), ["ESQL009"]);
    assert_eq!(codes(&query(100_000)), ["ESQL009"]);
    assert_eq!(codes(&format!("FROM ({})", query(100_000))), ["ESQL009"]);
}

#[test]
fn the_number_of_branches_is_bounded() {
    let query = |branches: usize| format!("FROM a | FORK {}", "(LIMIT 1) ".repeat(branches));
    check_round_trip(&read(&query(BRANCHES_MAX)));
    assert_eq!(codes(&query(10_000)), ["ESQL026"]);
}

#[test]
fn a_query_that_is_too_long_is_not_read() {
    let query = " ".repeat(QUERY_BYTES_MAX + 1);
    assert_eq!(codes(&query), ["ESQL001"]);
    assert_eq!(parse_expression(&query).unwrap_err()[0].code, "ESQL001");
    check_round_trip(&read(&format!("{}FROM a", " ".repeat(QUERY_BYTES_MAX - 6))));
}

#[test]
fn the_number_of_errors_is_bounded() {
    for query in [
        format!("FROM a | WHERE {}z", "x = 1 AND ".repeat(100_000)),
        "§ ".repeat(100_000),
        format!("FROM a | WHERE x IN ({}1", "$,".repeat(100_000)),
        format!("FROM a {}", "| x ".repeat(400)),
    ] {
        let errors = parse(&query).unwrap_err();
        assert!(errors.len() <= ERRORS_MAX + 1);
    }
    let errors = codes(&format!("FROM a | WHERE {}z", "x = 1 AND ".repeat(100_000)));
    assert_eq!(errors.len(), ERRORS_MAX + 1);
    assert_eq!(errors.last(), Some(&"ESQL008"));
}

#[test]
fn what_messages_repeat_is_bounded() {
    let long = "y".repeat(1 << 20);
    for query in [
        format!("FROM a | WHERE x {long}"),
        format!("FROM a | {long}"),
        format!("{long} a"),
        format!("FROM a | WHERE x IN {long}"),
        format!("FROM a | WHERE '{long}'"),
        format!("ROW a = 1 {long}"),
        format!("FROM a | DISSECT b \"c\" {long} = \"d\""),
        format!("FROM a | GROK b {long}"),
        format!("FROM a | ENRICH b ON c WITH d ({long}"),
    ] {
        for error in parse(&query).unwrap_err() {
            assert!(error.message.len() < 300, "{}", error.message.len());
            assert!(error.help.as_ref().is_none_or(|help| help.len() < 500));
        }
    }
}

#[test]
fn comments_cost_what_they_are_long() {
    let comment = format!("/*{}*/", "/**/ x ".repeat(100_000));
    check_round_trip(&read(&format!("FROM a {comment} | {comment} WHERE b {comment} == 1")));
    assert_eq!(codes(&format!("FROM a {}", "/* ".repeat(200_000))), ["ESQL003"]);
}
