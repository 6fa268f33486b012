//! Properties: every tree is written so that it reads the same, and no text whatever makes the parser panic.

use brokerwatch_eql::ast::{
    Call, Category, Comparison, Constant, Expr, Field, Filter, Kind, MatchOperator, Maxspan, Pipe,
    Query, Sample, Sequence, Stage, Statement, TimeUnit,
};
use brokerwatch_eql::{format, format_expression, parse, parse_expression};
use brokerwatch_expr::limits::ERRORS_MAX;
use brokerwatch_expr::{Arithmetic, Span};
use proptest::prelude::*;
use proptest::{collection::vec, option, sample::select};

fn span() -> Span {
    Span::default()
}

fn expr(kind: Kind) -> Expr {
    Expr { kind, span: span() }
}

fn text() -> impl Strategy<Value = String> {
    let pieces = vec![
        "a",
        "B",
        "*",
        "?",
        "\\",
        "\"",
        "\"\"",
        "\"\"\"",
        "'",
        "`",
        "\n",
        "\r",
        "\t",
        "\0",
        "\u{7f}",
        "//",
        "/*",
        " ",
        "{",
        "\u{202e}",
        "\u{e4}",
        "\u{1F600}",
        "\\u{41}",
        "",
    ];
    vec(select(pieces), 0..6).prop_map(|pieces| pieces.concat())
}

fn name() -> impl Strategy<Value = String> {
    let parts = vec![
        "a",
        "_b1",
        "@timestamp",
        "and",
        "sequence",
        "in~",
        "True",
        "my-field",
        "6x",
        "`",
        "a`b",
        "",
        "x y",
        "head",
        "\u{e4}",
        "\n",
        "until",
    ];
    vec(select(parts), 1..4)
        .prop_map(|parts| parts.join("."))
        .prop_filter("a name", |name| !name.is_empty())
}

fn field() -> impl Strategy<Value = Field> {
    (name(), any::<bool>()).prop_map(|(name, optional)| Field { name, optional, span: span() })
}

fn constant() -> impl Strategy<Value = Constant> {
    prop_oneof![
        Just(Constant::Null),
        any::<bool>().prop_map(Constant::Boolean),
        (0..=i64::MAX).prop_map(Constant::Long),
        (0..100_i64).prop_map(Constant::Long),
        // A number has no sign of its own: `-1` negates a constant.
        any::<f64>().prop_map(|number| Constant::Double(if number.is_finite() {
            number.abs()
        } else {
            0.5
        })),
        text().prop_map(Constant::Text),
    ]
}

fn call_name() -> impl Strategy<Value = String> {
    select(vec!["length", "cidrMatch", "_f", "CONCAT"]).prop_map(str::to_owned)
}

fn arithmetic() -> impl Strategy<Value = Arithmetic> {
    select(vec![
        Arithmetic::Add,
        Arithmetic::Subtract,
        Arithmetic::Multiply,
        Arithmetic::Divide,
        Arithmetic::Modulo,
    ])
}

fn comparison() -> impl Strategy<Value = Comparison> {
    select(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ])
}

fn match_operator() -> impl Strategy<Value = MatchOperator> {
    select(vec![
        MatchOperator::Colon,
        MatchOperator::Like,
        MatchOperator::LikeAnyCase,
        MatchOperator::Regex,
        MatchOperator::RegexAnyCase,
    ])
}

/// Terms of a chain: none of them is the chain itself again.
fn terms(is_and: bool, parts: Vec<Expr>) -> Vec<Expr> {
    let not = |part: Expr| match (&part.kind, is_and) {
        (Kind::And(_), true) | (Kind::Or(_), false) => expr(Kind::Not(Box::new(part))),
        _ => part,
    };
    parts.into_iter().map(not).collect()
}

fn expression() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        constant().prop_map(|constant| expr(Kind::Constant(constant))),
        field().prop_map(|field| expr(Kind::Field(field))),
    ];
    leaf.prop_recursive(12, 60, 5, |inner| {
        let part = inner.clone().prop_map(Box::new).boxed();
        prop_oneof![
            (call_name(), any::<bool>(), vec(inner.clone(), 0..4)).prop_map(
                |(name, any_case, args)| {
                    expr(Kind::Call(Call { name, name_span: span(), any_case, args }))
                }
            ),
            part.clone().prop_map(|part| expr(Kind::Negate(part))),
            part.clone().prop_map(|part| expr(Kind::Not(part))),
            (arithmetic(), part.clone(), part.clone())
                .prop_map(|(operator, left, right)| expr(Kind::Arithmetic(operator, left, right))),
            (comparison(), part.clone(), part.clone())
                .prop_map(|(operator, left, right)| expr(Kind::Compare(operator, left, right))),
            (part.clone(), vec(inner.clone(), 1..5), any::<bool>(), any::<bool>()).prop_map(
                |(value, list, any_case, negated)| expr(Kind::In {
                    value,
                    list,
                    any_case,
                    negated
                })
            ),
            (part, match_operator(), vec(constant().prop_map(|constant| (constant, span())), 1..5))
                .prop_map(|(value, operator, list)| expr(Kind::Match { value, operator, list })),
            vec(inner.clone(), 2..5).prop_map(|parts| expr(Kind::And(terms(true, parts)))),
            vec(inner, 2..5).prop_map(|parts| expr(Kind::Or(terms(false, parts)))),
        ]
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    let category = prop_oneof![
        Just(Category::Any),
        text().prop_map(Category::Named),
        name().prop_map(Category::Named),
        select(vec!["any", "process", "sequence"])
            .prop_map(|name| Category::Named(name.to_owned())),
    ];
    (category, expression()).prop_map(|(category, condition)| Filter {
        category,
        category_span: span(),
        condition,
        span: span(),
    })
}

/// Stages with `keys` keys each.
fn stages(keys: usize, sizes: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Stage>> {
    let stage = (any::<bool>(), filter(), vec(field(), keys), 1..=100_u32)
        .prop_map(|(missing, filter, by, runs)| Stage { missing, filter, by, runs, span: span() });
    vec(stage, sizes)
}

fn plain(mut stage: Stage) -> Stage {
    (stage.missing, stage.runs) = (false, 1);
    stage
}

fn sequence() -> impl Strategy<Value = Query> {
    let units = vec![
        TimeUnit::Millisecond,
        TimeUnit::Second,
        TimeUnit::Minute,
        TimeUnit::Hour,
        TimeUnit::Day,
    ];
    let maxspan = (1..100_000_u64, select(units)).prop_map(|(count, unit)| Maxspan {
        count,
        unit,
        span: span(),
    });
    (0..3_usize)
        .prop_flat_map(move |keys| {
            (
                vec(field(), 0..3),
                option::of(maxspan.clone()),
                stages(keys, 2..5),
                option::of(stages(keys, 1..2)),
            )
        })
        .prop_map(|(by, maxspan, mut stages, until)| {
            stages[0].missing = false;
            if maxspan.is_none() {
                for stage in &mut stages {
                    stage.missing = false;
                }
            }
            let until = until.and_then(|mut stages| stages.pop()).map(plain);
            Query::Sequence(Sequence { by, maxspan, stages, until, span: span() })
        })
}

fn sample() -> impl Strategy<Value = Query> {
    (0..3_usize)
        .prop_flat_map(|keys| (vec(field(), usize::from(keys == 0)..3), stages(keys, 2..4)))
        .prop_map(|(by, stages)| {
            let stages = stages.into_iter().map(plain).collect();
            Query::Sample(Sample { by, stages, span: span() })
        })
}

fn pipe() -> impl Strategy<Value = Pipe> {
    let named =
        |name: &str, args| Pipe { name: name.to_owned(), name_span: span(), args, span: span() };
    let rows = (select(vec!["head", "tail"]), 0..i64::MAX).prop_map(move |(name, count)| {
        named(name, vec![expr(Kind::Constant(Constant::Long(count)))])
    });
    let extension = select(vec!["count", "filter", "sort", "unique", "unique_count"]);
    prop_oneof![
        rows,
        (extension, vec(expression(), 0..4)).prop_map(move |(name, args)| named(name, args)),
    ]
}

fn statement() -> impl Strategy<Value = Statement> {
    let ordered = prop_oneof![filter().prop_map(Query::Event), sequence()];
    prop_oneof![
        3 => (ordered, vec(pipe(), 0..3)).prop_map(|(query, pipes)| Statement { query, pipes }),
        1 => sample().prop_map(|query| Statement { query, pipes: Vec::new() }),
    ]
}

/// Pieces of which random text is more like a query than random letters are.
fn pieces() -> impl Strategy<Value = String> {
    let pieces = vec![
        "sequence",
        "sample",
        "join",
        "by",
        "with",
        "maxspan",
        "=",
        "1m",
        "5",
        "runs",
        "[",
        "![",
        "]",
        "until",
        "process",
        "any",
        "where",
        "true",
        "not",
        "and",
        "or",
        "in",
        "in~",
        "like",
        "regex~",
        ":",
        "==",
        "<",
        "+",
        "-",
        "*",
        "(",
        ")",
        ",",
        ".",
        "?",
        "a",
        "`b-c`",
        "\"t\"",
        "\"\"\"r\"\"\"",
        "'q'",
        "|",
        "head",
        "tail",
        "sort",
        "count",
        "filter",
        "unique",
        "f(",
        "of",
        "child",
        "AND",
        "NOT",
        "[0]",
        "&&",
        "||",
        "!",
        "<>",
        "\"",
        "`",
        "/*",
        "//",
        "\n",
        "\u{a0}",
        "#",
        ";",
        "\u{201c}",
        "1.",
        ".5",
        "g~",
        "fork",
        "\\",
        "\u{e4}",
        "null",
    ];
    vec(select(pieces), 0..40).prop_map(|pieces| pieces.join(" "))
}

/// All that holds of any text.
fn check_any_text(text: &str) -> Result<(), TestCaseError> {
    match parse(text) {
        Ok(statement) => prop_assert_eq!(parse(&format(&statement)), Ok(statement)),
        Err(errors) => {
            prop_assert!(!errors.is_empty() && errors.len() <= ERRORS_MAX + 1);
            for error in &errors {
                for (span, _) in &error.labels {
                    prop_assert!(text.get(span.range()).is_some(), "{:?}", error);
                }
            }
        }
    }
    let _ = parse_expression(text);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn statements_read_as_they_were_written(statement in statement()) {
        let written = format(&statement);
        let again = parse(&written);
        prop_assert_eq!(again.as_ref(), Ok(&statement), "{}", written);
        prop_assert_eq!(format(&statement), written);
    }

    #[test]
    fn expressions_read_as_they_were_written(expr in expression()) {
        let written = format_expression(&expr);
        let again = parse_expression(&written);
        prop_assert_eq!(again.as_ref(), Ok(&expr), "{}", written);
    }

    #[test]
    fn random_text_is_read_or_refused(text in any::<String>()) {
        check_any_text(&text)?;
    }

    #[test]
    fn random_pieces_are_read_or_refused(text in pieces()) {
        check_any_text(&text)?;
    }

    #[test]
    fn changed_queries_are_read_or_refused(
        statement in statement(),
        changes in vec((any::<prop::sample::Index>(), 0..6_usize, pieces()), 1..4),
    ) {
        let mut text: Vec<char> = format(&statement).chars().collect();
        for (index, cut, insert) in changes {
            let start = index.index(text.len() + 1);
            let end = (start + cut).min(text.len());
            text.splice(start..end, insert.chars().take(10));
        }
        check_any_text(&text.into_iter().collect::<String>())?;
    }
}
