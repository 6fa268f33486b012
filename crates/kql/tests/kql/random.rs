//! Random texts and random trees.

use brokerwatch_kql::ast::Language::{self, Kuery, Lucene};
use brokerwatch_kql::{Options, format};
use proptest::prelude::*;

use crate::{holds, lowered, options, parse};

fn language() -> impl Strategy<Value = Language> {
    prop::sample::select(vec![Kuery, Lucene])
}

/// Pieces that mean something in one of the languages.
const PIECES: &[&str] = &[
    " ",
    " ",
    " ",
    "keyword",
    "long",
    "ip",
    "date",
    "text",
    "own",
    "source.*",
    "*",
    "?",
    ":",
    ": ",
    ":",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    " and ",
    " or ",
    "not ",
    " AND ",
    " OR ",
    "NOT ",
    "&&",
    "||",
    "+",
    "-",
    "!",
    "\"",
    "\"a b\"",
    "\\",
    "\\u00e9",
    "\\and",
    "/",
    "~",
    "~2",
    "^",
    "^2",
    ">",
    ">=",
    "<",
    "<=",
    "=",
    " TO ",
    "now-5m",
    "1",
    "2.5",
    "10.0.0.0/8",
    "2026-01-01",
    "true",
    "a",
    "B*",
    "_exists_",
    "é",
    "\u{a0}",
    "\t",
    "'",
];

fn noise() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(prop::sample::select(PIECES), 0..30).prop_map(|list| list.concat()),
        ".{0,40}",
    ]
}

/// A value as a person could write it in KQL, with its signs escaped by the formatter's tree.
fn condition(language: Language) -> BoxedStrategy<String> {
    let value = prop_oneof![
        Just(r#""x \"y\" \\ (z)""#.to_owned()),
        "[a-zA-Z0-9._é-]{0,6}[a-z]".prop_map(move |word| match language {
            Kuery => format!("\\u0061{word}"),
            Lucene => format!("\\a{word}"),
        }),
        Just("*".to_owned()),
        Just("c*d".to_owned()),
        Just(r"\\\(\:\*\u0020\u000a".to_owned()),
        Just(match language {
            Kuery => r"salt \and pepper \or".to_owned(),
            Lucene => r"salt\ \\OR\?".to_owned(),
        }),
    ];
    let field = prop::sample::select(vec!["keyword", "own", "a.b"]);
    let test = (field, value.clone()).prop_map(|(field, value)| format!("{field}:{value}"));
    let range = match language {
        Kuery => prop::sample::select(vec!["long > 1", "long<= 2", "ip >= 10.0.0.1"]),
        Lucene => prop::sample::select(vec![
            "long:[1 TO 2]",
            "long:{1 TO *]",
            "ip:<10.0.0.1",
            "keyword:/a.*/",
            "_exists_:own",
        ]),
    };
    let leaf = prop_oneof![4 => test, 1 => value, 1 => range.prop_map(str::to_owned)];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let (and, or, not) = match language {
            Kuery => (" and ", " or ", "not "),
            Lucene => (" AND ", " OR ", "NOT "),
        };
        let list = prop::collection::vec(inner.clone(), 2..4);
        let group = prop::sample::select(vec!["", "keyword:"]);
        let mixed = prop::sample::select(vec![" ", and, or]);
        prop_oneof![
            list.clone().prop_map(move |parts| format!("({})", parts.join(and))),
            list.clone().prop_map(move |parts| parts.join(or)),
            (list.clone(), mixed).prop_map(move |(parts, mixed)| match language {
                Kuery => format!("({})", parts.join(or)),
                Lucene => format!("(+{} -{}{mixed}{})", parts[0], parts[1], parts.join(mixed)),
            }),
            inner.clone().prop_map(move |part| format!("({not}({part}))")),
            (group, "[a-c]", "[a-c]").prop_map(move |(group, a, b)| format!("{group}({a}{or}{b})")),
        ]
    })
    .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise_never_panics_and_errors_have_their_place(language in language(), text in noise()) {
        let fields = vec!["keyword".to_owned(), "long".to_owned(), "text".to_owned()];
        let options = Options { default_fields: fields, ..options() };
        match lowered(language, &text, &options) {
            Ok(lowered) => {
                holds(&lowered.condition, r#"{"keyword": ["a", "B2"], "long": [1, 7], "text": "A b"}"#);
            }
            Err(errors) => {
                prop_assert!(!errors.is_empty());
                for error in errors {
                    prop_assert!(text.get(error.span().range()).is_some(), "{error:?}");
                    prop_assert!(error.help.is_some(), "{error:?}");
                }
            }
        }
    }

    #[test]
    fn what_was_read_is_written_and_read_again(language in language(), text in noise()) {
        if let Ok(tree) = parse(language, &text) {
            let written = format(&tree);
            let again = parse(language, &written);
            prop_assert_eq!(again.as_ref(), Ok(&tree), "{}", written);
            prop_assert_eq!(format(&tree), written);
        }
    }

    #[test]
    fn kql_conditions_are_written_and_read_again(text in condition(Kuery)) {
        round_trip(Kuery, &text)?;
    }

    #[test]
    fn conditions_of_lucene_are_written_and_read_again(text in condition(Lucene)) {
        round_trip(Lucene, &text)?;
    }
}

/// The text is a query; written and read again it is the same tree, and it means the same.
fn round_trip(language: Language, text: &str) -> Result<(), TestCaseError> {
    let tree = match parse(language, text) {
        Ok(tree) => tree,
        Err(errors) => return Err(TestCaseError::fail(format!("{text}: {errors:?}"))),
    };
    let written = format(&tree);
    let again = parse(language, &written);
    prop_assert_eq!(again.as_ref(), Ok(&tree), "{} became {}", text, &written);
    let fields = vec!["keyword".to_owned()];
    let options = Options { default_fields: fields, ..options() };
    let (one, other) = (lowered(language, text, &options), lowered(language, &written, &options));
    let shown = |lowered: Result<brokerwatch_kql::Lowered, _>| {
        lowered.map(|lowered| lowered.condition.to_string()).map_err(|_: Vec<_>| ())
    };
    prop_assert_eq!(shown(one), shown(other));
    Ok(())
}
