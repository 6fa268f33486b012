//! Both evaluators give the same answers: on every function's examples that need no document, and on random events.

use brokerwatch_ecs::{Event, Origin, Projection, Schema, Value};
use brokerwatch_eql::{lower, parse_expression};
use brokerwatch_expr::{Expr, Kind, Literal, Scratch, compile, functions, interpret, lift};
use proptest::prelude::*;

/// An example holds if comparing the expression with its result is true, or its null check where there is none.
#[test]
fn examples_without_fields_have_their_value_in_both_evaluators() {
    let mut ran = 0;
    for function in functions::ALL {
        let name = function.eql.expect("every function so far has an EQL name");
        assert!(
            function.examples.iter().any(|example| example.result == "null"),
            "`{name}` shows what null does"
        );
        for example in function.examples.iter().filter(|example| example.event == "{}") {
            let (folded, slow) = values(example.query);
            assert_eq!(folded, example.result, "{}", example.query);
            assert_eq!(slow, example.result, "{}", example.query);
            ran += 1;
        }
    }
    assert!(20 < ran, "{ran} examples ran");
}

/// The value by folding, or by the interpreter where a (missing) field is in it.
fn values(query: &str) -> (String, String) {
    let schema = Schema::open();
    let ast = parse_expression(query).expect(query);
    let expr = lower::lower_expression(&ast, &schema).expect(query);
    if let Some(literal) = expr.as_literal() {
        return (literal.to_string(), literal.to_string());
    }
    let missing = Expr::boolean(Kind::IsNull(Box::new(expr)), ast.span);
    let mut projection = Projection::new();
    let fast = brokerwatch_expr::compile::leaf(&missing, &mut projection, &schema).expect(query);
    let mut event = Event::new(&projection);
    event.reset(b"{}", Origin::default());
    let scratch = Scratch::new();
    let shown = |null: bool| if null { Literal::Null.to_string() } else { "a value".to_owned() };
    (
        shown(fast.test(&event, &scratch)),
        shown(interpret::leaf(&missing, &event, &projection, &scratch)),
    )
}

/// Conditions over text `s`, `t` and numbers `n`, `m`: one of each kind of leaf.
const CONDITIONS: &[&str] = &[
    r#"s == "ab""#,
    r#"s != "ab""#,
    r#"s in ("ab", "B", "c", null)"#,
    r#"s in~ ("AB", "b", "c", "d", "e", "f", "g", "h", "i", "j")"#,
    r#"not s : ("a*", "?b")"#,
    r#"s like~ "*A*b*""#,
    r#"s regex ("a+b?", "~(.*b)")"#,
    r#"s regex~ "[a-b]*""#,
    "n > 1 and n < 3",
    "n + m == 3 or n * m == 2",
    "(n == 1) == null",
    "not (n == 1 and m == 2)",
    "s == null or n != null",
    r#"concat(s, t) == "abab""#,
    r#"concat(s, s) regex "(ab)*""#,
    r#"startsWith~(s, "A") and not endsWith(s, t)"#,
    "indexOf(s, t, n) == 0",
    r#"substring(s, n) : "B""#,
    "length(s) in (1, 2) == false",
    r#"string(n > 1) == "true""#,
    r#"between(s, "a", t) != """#,
];

proptest! {
    #[test]
    fn compiled_and_interpreted_conditions_agree(
        condition in prop::sample::select(CONDITIONS),
        s in prop::collection::vec("[abAB]{0,3}", 0..3),
        t in prop::collection::vec("[ab]{0,2}", 0..3),
        n in prop::collection::vec(-1i64..4, 0..3),
        m in prop::collection::vec(0i64..3, 0..3),
    ) {
        let schema = Schema::open();
        let ast = parse_expression(condition).expect(condition);
        let expr = lower::lower_expression(&ast, &schema).expect(condition);
        let tree = lift::eql(&expr);
        let mut projection = Projection::new();
        let slots = ["s", "t", "n", "m"].map(|name| projection.want(name, &schema));
        let mut event = Event::new(&projection);
        s.iter().for_each(|text| event.push(slots[0], Value::Keyword(text)));
        t.iter().for_each(|text| event.push(slots[1], Value::Keyword(text)));
        n.iter().for_each(|number| event.push(slots[2], Value::Long(*number)));
        m.iter().for_each(|number| event.push(slots[3], Value::Long(*number)));
        let scratch = Scratch::new();
        let slow = interpret::condition(&tree, &event, &projection, &scratch);
        let fast = compiled(&tree, &event, &mut projection.clone(), &schema, &scratch);
        prop_assert_eq!(fast, slow, "{}", condition);
    }
}

/// The condition by compiled leaves.
fn compiled(
    tree: &lift::Condition,
    event: &Event<'_>,
    projection: &mut Projection,
    schema: &Schema,
    scratch: &Scratch,
) -> bool {
    let mut holds = |part: &lift::Condition| compiled(part, event, projection, schema, scratch);
    match tree {
        lift::Condition::Constant(flag) => *flag,
        lift::Condition::Not(part) => !holds(part),
        lift::Condition::And(parts) => parts.iter().all(holds),
        lift::Condition::Or(parts) => parts.iter().any(holds),
        lift::Condition::Leaf(leaf) => {
            let predicate = compile::leaf(leaf, projection, schema).expect("the leaf compiles");
            predicate.test(event, scratch)
        }
    }
}
