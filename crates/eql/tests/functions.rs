//! Every function's examples that need no document, in both evaluators.

use brokerwatch_ecs::{Event, Origin, Projection, Schema};
use brokerwatch_eql::{lower, parse_expression};
use brokerwatch_expr::{Expr, Kind, Literal, Scratch, functions, interpret};

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
