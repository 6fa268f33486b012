//! Extensions: fields against fields, and the pipes of the older dialect over rows.

#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]
#![allow(clippy::needless_pass_by_value, reason = "a case hands its expectation over")]

use std::fmt::Write as _;

use brokerwatch_ecs::{Event, FieldMapping, Mapped, Projection, Schema, Type, Value};
use brokerwatch_eql::lower::{self, Lowered, Query, Settings};
use brokerwatch_eql::pipes::{self, Kept, Outcome, Output, Pipeline};
use brokerwatch_eql::{limits, parse};
use brokerwatch_expr::{Comparison, Diagnostic, Expr, Kind, Literal, Scratch};
use brokerwatch_expr::{compile, interpret, lift, line_column};
use expect_test::{Expect, expect};
use proptest::prelude::*;

fn lowered(query: &str, schema: &Schema) -> Result<Lowered, Vec<Diagnostic>> {
    let settings = Settings { extensions: true, ..Settings::default() };
    lower::lower(&parse(query)?, schema, &settings)
}

/// A schema with a field of each type, named after it, and a second one of each with a `2` at its end.
fn typed() -> Schema {
    let mut schema = Schema::open();
    let types = [Type::Keyword, Type::Long, Type::Double, Type::Boolean, Type::Ip];
    for ty in types.into_iter().chain([Type::Date, Type::DateNanos, Type::Version]) {
        schema.declare(ty.name(), Mapped::Field(FieldMapping::of(ty)));
        schema.declare(format!("{ty}2"), Mapped::Field(FieldMapping::of(ty)));
    }
    schema
}

#[track_caller]
fn refused(query: &str, expected: Expect) {
    let errors = lowered(query, &typed()).expect_err(query);
    let mut text = String::new();
    for error in &errors {
        let (line, column) = line_column(query, error.span().start as usize);
        let _ = writeln!(text, "{line}:{column} {} {}", error.code, error.message);
        if let Some(help) = &error.help {
            let _ = writeln!(text, "  help: {help}");
        }
    }
    expected.assert_eq(&text);
}

#[test]
fn without_extensions_the_error_names_the_flag() {
    for query in [
        "any where long == long2",
        "any where length(keyword) > long",
        "any where true | sort long",
        "any where true | filter count > 3",
        // What else is wrong with a pipe is told once it may run.
        "any where true | unique",
        "any where true | head 3 | unique_count 5 | tail 4",
        "sequence [any where true] [any where true] | sort long",
    ] {
        let statement = parse(query).expect(query);
        let errors = lower::lower(&statement, &typed(), &Settings::default()).expect_err(query);
        let [error] = errors.as_slice() else { panic!("{query}: {errors:?}") };
        assert!(
            error.help.as_deref().is_some_and(|help| help.contains("`--extensions`")),
            "{query}"
        );
    }
}

#[test]
fn types_that_meet_are_compared() {
    for condition in [
        "keyword == keyword2",
        "long < double",
        "boolean != boolean2",
        "ip >= ip2",
        "date == date_nanos",
        "version > version2",
        "version == keyword",
        "own == long",
        "ip == own",
        "length(keyword) == long",
        "concat(keyword, keyword2) == own",
        "boolean == (long > 3)",
        "?own == keyword",
    ] {
        let query = format!("any where {condition}");
        assert!(lowered(&query, &typed()).is_ok(), "{query}");
    }
}

#[test]
fn types_that_never_meet_are_named() {
    refused(
        "any where keyword == long",
        expect![[r#"
        1:11 EQL054 [keyword == long] compares types that never meet: [keyword] is [keyword], [long] is [long]
          help: compare fields of one type; `string(..)` and `number(..)` convert
    "#]],
    );
    refused(
        "any where ip != keyword",
        expect![[r#"
        1:11 EQL054 [ip != keyword] compares types that never meet: [ip] is [ip], [keyword] is [keyword]
          help: compare fields of one type; `string(..)` and `number(..)` convert
    "#]],
    );
    refused(
        "any where date < long",
        expect![[r#"
        1:11 EQL054 [date < long] compares types that never meet: [date] is [date], [long] is [long]
          help: compare fields of one type; `string(..)` and `number(..)` convert
    "#]],
    );
    refused(
        "any where boolean > boolean2",
        expect![[r#"
        1:11 EQL054 first argument of [>] must be [any but boolean], found value [boolean]
    "#]],
    );
    refused(
        "any where own < boolean",
        expect![[r#"
        1:17 EQL054 first argument of [<] must be [any but boolean], found value [boolean]
    "#]],
    );
}

#[test]
fn lists_and_patterns_still_take_constants() {
    refused(
        "any where keyword in (keyword2, \"x\")",
        expect![[r#"
        1:23 EQL055 Comparisons against fields are not (currently) supported; offender [keyword2] in [in]
          help: a list holds constants only; compare a field with `==`, where `--extensions` allows it
    "#]],
    );
    refused(
        "any where keyword : keyword2",
        expect![[r#"
        1:21 EQL019 mismatched input 'keyword2' expecting a constant
          help: the right side is a text, or a list of texts in parentheses; computed values are compared with `==`
    "#]],
    );
}

/// Conditions over text `s`, `t` and numbers `n`, `m`, each with a field on both sides.
const CONDITIONS: &[&str] = &[
    "s == t",
    "s != t",
    "not s < t",
    "n >= m",
    "n == m and s == t",
    "n + m == n * m",
    "length(s) == n",
    "n > 1 and not m == n",
    "concat(s, t) == concat(t, s)",
    "s == n",
    "n == n",
    "(n > m) == (s == t)",
    "(s == t) == null",
    r#"(s : "a*") != (t : "b*")"#,
    "startsWith(s, t) == endsWith(t, s)",
];

fn values(s: &[String], t: &[String], n: &[i64], m: &[i64]) -> Vec<(&'static str, Vec<Literal>)> {
    vec![
        ("s", s.iter().map(|text| Literal::Keyword(text.as_str().into())).collect()),
        ("t", t.iter().map(|text| Literal::Keyword(text.as_str().into())).collect()),
        ("n", n.iter().copied().map(Literal::Long).collect()),
        ("m", m.iter().copied().map(Literal::Long).collect()),
    ]
}

fn event<'v>(
    fields: &'v [(&'static str, Vec<Literal>)],
    schema: &Schema,
    projection: &mut Projection,
) -> Event<'v> {
    let slots: Vec<_> = fields.iter().map(|(name, _)| projection.want(name, schema)).collect();
    let mut event = Event::new(projection);
    for ((_, values), slot) in fields.iter().zip(slots) {
        values.iter().filter_map(Literal::value).for_each(|value| event.push(slot, value));
    }
    event
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn compiled_and_interpreted_comparisons_of_fields_agree(
        condition in prop::sample::select(CONDITIONS),
        s in prop::collection::vec("[ab]{0,2}", 0..3),
        t in prop::collection::vec("[ab]{0,2}", 0..3),
        n in prop::collection::vec(-1i64..4, 0..3),
        m in prop::collection::vec(0i64..3, 0..3),
    ) {
        let schema = Schema::open();
        let query = format!("any where {condition}");
        let query = lowered(&query, &schema).expect("the query is right").query;
        let Query::Event(condition) = query else { panic!("a query for single events") };
        let tree = lift::eql(&condition);
        let fields = values(&s, &t, &n, &m);
        let mut projection = Projection::new();
        let event = event(&fields, &schema, &mut projection);
        let scratch = Scratch::new();
        let slow = interpret::condition(&tree, &event, &projection, &scratch);
        prop_assert_eq!(compiled(&tree, &event, &mut projection.clone(), &scratch), slow);
    }

    /// What a pipe takes as a key is what the other evaluator sees.
    #[test]
    fn a_computed_key_is_what_the_interpreter_sees(
        key in prop::sample::select(&["length(s)", "concat(s, t)", "n + m", "n > m", "7 / n", "-m"][..]),
        s in prop::collection::vec("[ab]{0,2}", 0..2),
        t in prop::collection::vec("[ab]{0,2}", 0..2),
        n in prop::collection::vec(1i64..4, 0..2),
        m in prop::collection::vec(0i64..3, 0..2),
    ) {
        let schema = Schema::open();
        let pipes = lowered(&format!("any where true | sort {key}"), &schema).expect(key).pipes;
        let [lower::Pipe::Sort(keys)] = pipes.as_slice() else { panic!("one pipe: {pipes:?}") };
        let fields = values(&s, &t, &n, &m);
        let mut projection = Projection::new();
        let event = event(&fields, &schema, &mut projection);
        let computation = compile::value(&keys[0], &mut projection, &schema).expect(key);
        let scratch = Scratch::new();
        let found = computation.first(&event, &scratch).map_or(Literal::Null, Literal::of);
        let span = keys[0].span;
        let same = match &found {
            Literal::Null => Kind::IsNull(Box::new(keys[0].clone())),
            _ => Kind::Compare(
                Comparison::Equal,
                Box::new(keys[0].clone()),
                Box::new(Expr::literal(found, span)),
            ),
        };
        prop_assert!(interpret::leaf(&Expr::boolean(same, span), &event, &projection, &Scratch::new()));
    }
}

/// The condition by compiled leaves.
fn compiled(
    tree: &lift::Condition,
    event: &Event<'_>,
    projection: &mut Projection,
    scratch: &Scratch,
) -> bool {
    let mut holds = |part: &lift::Condition| compiled(part, event, projection, scratch);
    match tree {
        lift::Condition::Constant(flag) => *flag,
        lift::Condition::Not(part) => !holds(part),
        lift::Condition::And(parts) => parts.iter().all(holds),
        lift::Condition::Or(parts) => parts.iter().any(holds),
        lift::Condition::Leaf(leaf) => {
            let leaf = compile::leaf(leaf, projection, &Schema::open());
            leaf.expect("the leaf compiles").test(event, scratch)
        }
    }
}

/// A row: its name, and its fields.
type Row<'r> = (&'r str, &'r [(&'r str, &'r [Value<'r>])]);

const EVENTS: &[Row<'_>] = &[
    ("one", &[("name", &[Value::Keyword("sh")]), ("pid", &[Value::Long(7)])]),
    ("two", &[("name", &[Value::Keyword("sh")]), ("pid", &[Value::Double(5.0)])]),
    (
        "three",
        &[("pid", &[Value::Long(5)]), ("args", &[Value::Keyword("-c"), Value::Keyword("x")])],
    ),
    ("four", &[("name", &[Value::Keyword("SH")]), ("count", &[Value::Long(99)])]),
    (
        "five",
        &[
            ("name", &[Value::Keyword("sh")]),
            ("args", &[Value::Keyword("-c"), Value::Keyword("x")]),
        ],
    ),
    ("six", &[("pid", &[Value::Long(9)]), ("args", &[Value::Keyword("-c")])]),
];

fn pipeline(pipes: &str) -> Pipeline {
    let schema = Schema::open();
    let lowered = lowered(&format!("any where true {pipes}"), &schema)
        .unwrap_or_else(|errors| panic!("{pipes}: {errors:?}"));
    Pipeline::new(&lowered.pipes, &schema).expect("the pipes compile")
}

/// What a pipeline keeps of a row.
fn kept(pipeline: &Pipeline, (_, fields): &Row<'_>) -> Kept {
    let (schema, mut projection) = (Schema::open(), Projection::new());
    let slots: Vec<_> =
        pipeline.fields().iter().map(|name| projection.want(name, &schema)).collect();
    let mut event = Event::new(&projection);
    for (name, values) in *fields {
        if let Some(slot) = projection.slot(name) {
            values.iter().for_each(|value| event.push(slot, *value));
        }
    }
    Kept::of(&event, &slots)
}

fn run<'r>(pipes: &str, rows: &'r [Row<'r>]) -> Result<Outcome<&'r str>, String> {
    let pipeline = pipeline(pipes);
    pipeline.run(rows.iter().map(|row| (row.0, kept(&pipeline, row))))
}

/// Names of rows with what was added to them, or the lines of a table under its columns.
#[track_caller]
fn check(pipes: &str, expected: Expect) {
    let outcome = run(pipes, EVENTS).unwrap_or_else(|failure| panic!("{pipes}: {failure}"));
    assert_eq!(outcome.dropped, 0, "{pipes}");
    let mut text = String::new();
    match outcome.output {
        Output::Rows(rows) => {
            for row in rows {
                let added = row.added.map(|added| format!(" {} {}", added.count, added.percent));
                let _ = writeln!(text, "{}{}", row.row, added.unwrap_or_default());
            }
        }
        Output::Table { columns, rows } => {
            let _ = writeln!(text, "{}", columns.join(" | "));
            for row in rows {
                let cells: Vec<String> = row.iter().map(ToString::to_string).collect();
                let _ = writeln!(text, "{}", cells.join(" | "));
            }
        }
    }
    expected.assert_eq(&text);
}

#[test]
fn heads_and_tails() {
    check(
        "| head 2",
        expect![[r#"
        one
        two
    "#]],
    );
    check(
        "| tail 4 | head 2",
        expect![[r#"
        three
        four
    "#]],
    );
    check("| head 0 | tail 0", expect![[r#""#]]);
}

#[test]
fn filters_see_conditions_as_queries_do() {
    check(
        "| filter pid > 5",
        expect![[r#"
        one
        six
    "#]],
    );
    check(
        r#"| filter name != "sh""#,
        expect![[r#"
        three
        four
        six
    "#]],
    );
    check(
        r#"| filter args == "x" and args == "-c""#,
        expect![[r#"
        three
        five
    "#]],
    );
    check(
        "| filter name == args or pid == 5 | filter true",
        expect![[r#"
        two
        three
    "#]],
    );
}

#[test]
fn unique_keeps_the_first_of_each_key_and_missing_is_one() {
    check(
        "| unique name",
        expect![[r#"
        one
        three
        four
    "#]],
    );
    check(
        "| unique pid",
        expect![[r#"
        one
        two
        four
        six
    "#]],
    );
    check(
        "| unique args",
        expect![[r#"
        one
        three
        six
    "#]],
    );
    check(
        "| unique name, pid",
        expect![[r#"
        one
        two
        three
        four
        five
        six
    "#]],
    );
    check(
        "| unique length(name)",
        expect![[r#"
        one
        three
    "#]],
    );
}

#[test]
fn unique_count_adds_to_the_first_of_each_key() {
    check(
        "| unique_count name",
        expect![[r#"
        one 3 0.5
        three 2 0.3333333333333333
        four 1 0.16666666666666666
    "#]],
    );
    // The column hides the field of the same name.
    check(
        "| unique_count name | filter count < 3",
        expect![[r#"
        three 2 0.3333333333333333
        four 1 0.16666666666666666
    "#]],
    );
    check(
        "| filter count > 3 | unique_count name | sort percent",
        expect![[r#"
        four 1 1
    "#]],
    );
    check(
        "| unique_count name | unique_count count",
        expect![[r#"
        one 1 0.3333333333333333
        three 1 0.3333333333333333
        four 1 0.3333333333333333
    "#]],
    );
}

#[test]
fn sort_is_stable_with_missing_first() {
    check(
        "| sort name",
        expect![[r#"
        three
        six
        four
        one
        two
        five
    "#]],
    );
    check(
        "| sort pid, name",
        expect![[r#"
        four
        five
        three
        two
        one
        six
    "#]],
    );
    check(
        "| sort -pid | head 3",
        expect![[r#"
        four
        five
        six
    "#]],
    );
    check(
        "| sort args",
        expect![[r#"
        one
        two
        four
        six
        three
        five
    "#]],
    );
}

#[test]
fn count_makes_a_table_with_the_rarest_first() {
    check(
        "| count",
        expect![[r#"
        count | key
        6 | totals
    "#]],
    );
    check(
        "| filter pid == 1000 | count",
        expect![[r#"
        count | key
        0 | totals
    "#]],
    );
    check(
        "| filter pid == 1000 | count name",
        expect![[r#"
        count | percent | key
    "#]],
    );
    check(
        "| count name",
        expect![[r#"
        count | percent | key
        1 | 0.16666666666666666 | SH
        2 | 0.3333333333333333 | null
        3 | 0.5 | sh
    "#]],
    );
    check(
        "| count args",
        expect![[r#"
        count | percent | key
        1 | 0.16666666666666666 | -c
        2 | 0.3333333333333333 | -c, x
        3 | 0.5 | null
    "#]],
    );
    check(
        "| count name, pid == 5",
        expect![[r#"
        count | percent | keys
        1 | 0.16666666666666666 | null, false
        1 | 0.16666666666666666 | null, true
        1 | 0.16666666666666666 | SH, null
        1 | 0.16666666666666666 | sh, null
        1 | 0.16666666666666666 | sh, false
        1 | 0.16666666666666666 | sh, true
    "#]],
    );
}

#[test]
fn pipes_behind_a_count_see_its_table() {
    check(
        "| count name | filter key == \"sh\"",
        expect![[r#"
        count | percent | key
        3 | 0.5 | sh
    "#]],
    );
    check(
        "| count name | filter percent < 0.4 and key != null",
        expect![[r#"
        count | percent | key
        1 | 0.16666666666666666 | SH
    "#]],
    );
    check(
        "| count name, args | filter keys == \"x\" | sort -count",
        expect![[r#"
        count | percent | keys
        1 | 0.16666666666666666 | null, [-c, x]
        1 | 0.16666666666666666 | sh, [-c, x]
    "#]],
    );
    check(
        "| count name | sort key | tail 1",
        expect![[r#"
        count | percent | key
        3 | 0.5 | sh
    "#]],
    );
    check(
        "| count name | count count",
        expect![[r#"
        count | percent | key
        1 | 0.3333333333333333 | 1
        1 | 0.3333333333333333 | 2
        1 | 0.3333333333333333 | 3
    "#]],
    );
    check(
        "| count | filter key == \"totals\" and count == 6",
        expect![[r#"
        count | key
        6 | totals
    "#]],
    );
    check(
        "| count | unique_count count",
        expect![[r#"
        count | percent | key
        1 | 1.0 | totals
    "#]],
    );
    refused(
        "any where true | count name | filter process.name == \"x\"",
        expect![[r#"
        1:38 EQL050 Unknown column [process.name]
          help: behind `count` there are `count`, `percent` and `key` alone
    "#]],
    );
    refused(
        "any where true | count | filter percent > 0",
        expect![[r#"
        1:33 EQL050 Unknown column [percent]
          help: behind `count` there are `count` and `key` alone
    "#]],
    );
    refused(
        "any where true | count name, pid | sort key",
        expect![[r#"
        1:41 EQL050 Unknown column [key], did you mean [keys]?
          help: behind `count` there are `count`, `percent` and `keys` alone
    "#]],
    );
}

#[test]
fn arguments_are_checked_as_conditions_and_keys() {
    refused(
        "any where true | filter long",
        expect![[r#"
        1:25 EQL054 Condition expression needs to be boolean, found [LONG]
          help: compare it with something, such as `field == value`
    "#]],
    );
    refused(
        "any where true | unique 5 | count",
        expect![[r#"
        1:25 EQL031 Pipe [unique] expects fields but found [5]
          help: name a field, as in `unique user.name`
    "#]],
    );
    refused(
        "any where true | sort length(\"abc\"), keyword + 1",
        expect![[r#"
        1:23 EQL031 Pipe [sort] expects fields but found [3]
          help: name a field, as in `sort user.name`
        1:38 EQL054 argument of [+] must be [numeric], found value [keyword] type [keyword]
    "#]],
    );
    refused(
        "any where true | count nosuch(long)",
        expect![[r#"
        1:24 EQL052 Unknown function [nosuch]
    "#]],
    );
}

#[test]
fn numbers_of_arguments_are_checked() {
    refused(
        "any where true | unique",
        expect![[r#"
        1:18 EQL031 Pipe [unique] expects at least one argument but found [0]
          help: name a field, as in `unique user.name`
    "#]],
    );
    refused(
        "any where true | filter long > 1, long < 3",
        expect![[r#"
        1:18 EQL031 Pipe [filter] expects exactly one argument but found [2]
          help: write one condition, such as `filter process.pid > 4`
    "#]],
    );
    refused(
        "any where true | filter | sort",
        expect![[r#"
        1:18 EQL031 Pipe [filter] expects exactly one argument but found [0]
          help: write one condition, such as `filter process.pid > 4`
    "#]],
    );
    refused(
        "any where true | count | unique_count",
        expect![[r#"
        1:26 EQL031 Pipe [unique_count] expects at least one argument but found [0]
          help: name a field, as in `unique_count user.name`
    "#]],
    );
}

#[test]
fn sequences_are_cut_and_counted_only() {
    let sequence = "sequence [any where true] [any where true]";
    for (pipes, expected) in
        [("| head 3 | count", "3"), ("| count | filter count > 3 | sort key", "5")]
    {
        let lowered = lowered(&format!("{sequence} {pipes}"), &typed()).expect(pipes);
        let pipeline = Pipeline::new(&lowered.pipes, &typed()).expect(pipes);
        assert!(pipeline.fields().is_empty(), "{pipes}");
        let outcome = pipeline.run((0..5).map(|number| (number, Kept::default()))).expect(pipes);
        let Output::Table { rows, .. } = outcome.output else { panic!("{pipes}: no table") };
        let counts: Vec<String> = rows.iter().map(|row| row[0].to_string()).collect();
        assert_eq!(counts, [expected], "{pipes}");
    }
    refused(
        &format!("{sequence} | unique long"),
        expect![[r#"
        1:46 EQL032 Pipe [unique] is not supported after a sequence
          help: a sequence takes `head N`, `tail N` and a `count` without fields
    "#]],
    );
    refused(
        &format!("{sequence} | head 3 | count long"),
        expect![[r#"
        1:55 EQL032 Pipe [count] is not supported after a sequence
          help: a sequence takes `head N`, `tail N` and a `count` without fields
    "#]],
    );
    refused(
        &format!("{sequence} | filter true"),
        expect![[r#"
        1:46 EQL032 Pipe [filter] is not supported after a sequence
          help: a sequence takes `head N`, `tail N` and a `count` without fields
    "#]],
    );
}

#[test]
fn a_computation_that_fails_fails_the_query_but_only_on_rows_that_come() {
    let failure = run("| filter 1 / (pid - 5) == 0", EVENTS).expect_err("a division by zero");
    assert_eq!(failure, "`1 / 0` is no 64-bit whole number");
    let outcome = run("| head 1 | filter 1 / (pid - 5) == 0", EVENTS);
    assert!(matches!(outcome.expect("7 is not 5").output, Output::Rows(rows) if rows.len() == 1));
}

#[test]
fn the_fields_to_keep_are_those_of_events() {
    let pipes =
        |text: &str| lowered(&format!("any where true {text}"), &Schema::open()).expect(text).pipes;
    let names = |text: &str| pipes::fields(&pipes(text)).into_iter().collect::<Vec<_>>();
    assert_eq!(names("| head 3 | filter a == b | sort length(c)"), ["a", "b", "c"]);
    assert_eq!(
        names("| filter count == 1 | unique_count a | filter percent > b"),
        ["a", "b", "count"]
    );
    assert_eq!(names("| unique_count a | filter count > 3"), ["a"]);
    assert_eq!(names("| count a | filter key == \"x\" and percent > 0.5"), ["a"]);
    assert_eq!(names("| count | sort key"), [""; 0]);
    for (text, expected) in [
        ("| count", true),
        ("| filter a == 1 | filter b | count c | sort key", true),
        ("| head 3 | count", false),
        ("| filter a == 1", false),
        ("", false),
    ] {
        assert_eq!(pipes::is_order_free(&pipes(text)), expected, "{text}");
    }
    for (text, expected) in [("| head 1 | tail 1", false), ("| filter a", true), ("| count", true)]
    {
        assert_eq!(pipes(text).iter().any(lower::Pipe::is_extension), expected, "{text}");
    }
}

/// Rows with a number that goes up, past the bounds.
#[track_caller]
fn check_bound(pipes: &str, rows: usize, left: usize, dropped: u64) {
    let pipeline = pipeline(pipes);
    let mut run = pipeline.start();
    for number in 0..rows as i64 {
        let fields = [("n", &[Value::Long(number)][..])];
        run.push((), kept(&pipeline, &("", &fields))).expect("nothing is computed");
    }
    let outcome = run.finish().expect("nothing is computed");
    let found = match outcome.output {
        Output::Rows(rows) => rows.len(),
        Output::Table { rows, .. } => rows.len(),
    };
    assert_eq!((found, outcome.dropped), (left, dropped), "{pipes}");
}

#[test]
fn what_has_no_room_is_counted() {
    let rows = limits::PIPE_ROWS_MAX;
    check_bound("| sort n", rows + 3, rows, 3);
    check_bound("| filter n >= 0", rows + 3, rows, 3);
    check_bound("| unique_count n", rows + 3, rows, 3);
    check_bound("| sort n | head 1", rows + 3, 1, 3);
    check_bound(&format!("| tail {}", rows + 2), rows + 3, rows, 2);
    check_bound(&format!("| tail {rows}"), rows + 3, rows, 0);
    // Tables are cut where they come out.
    check_bound("| count n | head 5", rows + 3, 5, 0);
    check_bound("| count n", rows + 3, rows, 3);
    check_bound("| count", rows + 3, 1, 0);
}
