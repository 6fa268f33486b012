//! What happens at each bound.

use std::fmt::Write as _;

use brokerwatch_ecs::{FieldMapping, Mapped, Schema, Type};
use brokerwatch_expr::limits::{ERRORS_MAX, QUERY_BYTES_MAX};
use brokerwatch_expr::{Expr, lift};
use brokerwatch_kql::ast::Language::{self, Kuery, Lucene};
use brokerwatch_kql::limits::{DEPTH_MAX, FIELDS_PER_PATTERN_MAX, SPREAD_TESTS_MAX};
use brokerwatch_kql::{Options, codes, format, lower, parse_kql};

use crate::{holds, lowered, options, parse};

fn codes_of(language: Language, query: &str) -> Vec<&'static str> {
    let errors = lowered(language, query, &options()).expect_err("the query is refused");
    errors.iter().map(|error| error.code).collect()
}

fn height(expr: &Expr) -> usize {
    let mut highest = 0;
    expr.visit_parts(&mut |part| highest = highest.max(height(part)));
    highest + 1
}

#[test]
fn deep_nesting_is_refused_and_the_deepest_allowed_runs() {
    let kuery = |depth: usize| {
        let open = "not (a: b or c: d and (".repeat(depth / 3);
        format!("{open}keyword: x{}", "))".repeat(depth / 3))
    };
    let lucene = |depth: usize| {
        let open = "+a:b -(c:d OR long:[1 TO 2] OR ".repeat(depth);
        format!("{open}keyword:x{}", ")".repeat(depth))
    };
    for (language, deepest, deeper) in [
        (Kuery, kuery(DEPTH_MAX), kuery(DEPTH_MAX + 3)),
        (Lucene, lucene(DEPTH_MAX), lucene(DEPTH_MAX + 1)),
    ] {
        let condition = lowered(language, &deepest, &options()).expect("it is allowed").condition;
        assert!(
            height(&condition) <= brokerwatch_expr::limits::DEPTH_MAX,
            "{}",
            height(&condition)
        );
        holds(&condition, r#"{"keyword": "x"}"#);
        let tree = parse(language, &deepest).expect("it is allowed");
        assert_eq!(parse(language, &format(&tree)).as_ref(), Ok(&tree));
        assert_eq!(codes_of(language, &deeper), [codes::TOO_DEEP]);
    }
    for hostile in ["(", "not ", "a: (", "a: { b: ", "-(", "!(", "a:("] {
        let text = hostile.repeat(200_000);
        for language in [Kuery, Lucene] {
            assert!(parse(language, &text).is_err());
        }
    }
}

#[test]
fn long_chains_are_flat() {
    let mut kuery = "keyword: (a".to_owned();
    let mut lucene = "keyword:(a".to_owned();
    for i in 0..20_000 {
        let _ = write!(kuery, " or v{i}");
        let _ = write!(lucene, " OR v{i}");
    }
    for (language, query) in [(Kuery, kuery + ")"), (Lucene, lucene + ")")] {
        let condition = lowered(language, &query, &options()).expect("it runs").condition;
        assert!(matches!(lift::eql(&condition), lift::Condition::Leaf(_)));
        assert!(holds(&condition, r#"{"keyword": "v19999"}"#));
    }
}

#[test]
fn errors_and_length_are_bounded() {
    let errors = parse_kql(&"a: ) ".repeat(1_000)).expect_err("it is refused");
    assert_eq!(errors.len(), ERRORS_MAX + 1);
    assert_eq!(errors.last().map(|error| error.code), Some(codes::TOO_MANY_ERRORS));
    let errors = parse(Lucene, &"a: ) ".repeat(1_000)).expect_err("it is refused");
    assert_eq!(errors.len(), ERRORS_MAX + 1);
    let unknown = vec!["long: x"; 1_000].join(" or ");
    assert_eq!(codes_of(Kuery, &unknown).len(), ERRORS_MAX + 1);
    let text = "x".repeat(QUERY_BYTES_MAX + 1);
    for language in [Kuery, Lucene] {
        assert_eq!(codes_of(language, &text), [codes::QUERY_TOO_LONG]);
    }
}

#[test]
fn fields_of_patterns_are_bounded() {
    let mut schema = Schema::strict();
    for i in 0..=FIELDS_PER_PATTERN_MAX {
        schema.declare(format!("f{i}.a"), Mapped::Field(FieldMapping::of(Type::Keyword)));
    }
    let refused = |query: &str| {
        let query = parse_kql(query).unwrap();
        let errors = lower(&query, &schema, &Options::default()).expect_err("it is refused");
        errors[0].code
    };
    assert_eq!(refused("f*: x"), codes::TOO_MANY_TESTS);
    let values = vec!["x"; SPREAD_TESTS_MAX / 111 + 1].join(" or ");
    // `f1` alone and `f1..` of two to four digits are 1 + 10 + 100 and some more.
    assert_eq!(refused(&format!("f1*: ({values})")), codes::TOO_MANY_TESTS);
    let query = parse_kql("f10*: x").unwrap();
    assert!(lower(&query, &schema, &Options::default()).is_ok());
}
