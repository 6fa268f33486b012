//! What the property tests draw from: few characters, so that patterns and texts meet.

use proptest::prelude::*;

use super::Case;

/// A text of characters that the patterns also have.
pub(super) fn text() -> impl Strategy<Value = String> {
    "[abAB01é\u{c9}\n\u{1f600}k\u{212a}.]{0,10}"
}

/// Any of the three ways to regard case.
pub(super) fn any_case() -> impl Strategy<Value = Case> {
    prop_oneof![Just(Case::Sensitive), Just(Case::Ascii), Just(Case::Unicode)]
}

/// A pattern with `*` and `?`.
pub(super) fn wildcard() -> impl Strategy<Value = String> {
    "[abAB\u{c9}é\u{212a}***??]{0,8}"
}

/// A sound Lucene expression, with every operator.
pub(super) fn lucene() -> impl Strategy<Value = String> {
    expression(true)
}

/// A sound Lucene expression without `~` and `&`, and that Java reads alike.
pub(super) fn shared() -> impl Strategy<Value = String> {
    expression(false)
}

/// Any text of the characters that mean something to Lucene.
pub(super) fn junk() -> impl Strategy<Value = String> {
    r#"[ab01.?+*|{},\[\]^()"\\~<>\-&@#$]{0,14}"#
}

fn expression(lucene_only: bool) -> BoxedStrategy<String> {
    let common = prop_oneof![
        4 => "[abAB01ék]",
        1 => Just(r"\.".to_owned()),
        1 => "\\[\\^?[abB01]-?[bék]\\]".prop_filter("range in order", |class| {
            !class.contains('-') || super::lucene::Regex::lucene(class, Case::Sensitive).is_ok()
        }),
        1 => Just("()".to_owned()),
    ];
    let leaf = if lucene_only {
        prop_oneof![
            5 => common,
            1 => Just(".".to_owned()),
            1 => Just("@".to_owned()),
            1 => Just("#".to_owned()),
            1 => Just("\"a*\"".to_owned()),
            1 => (0_u32..120, 0_u32..120).prop_map(|(low, high)| format!("<{low}-{high}>")),
            1 => (0_u32..12, 0_u32..12).prop_map(|(low, high)| format!("<{low:02}-{high:02}>")),
        ]
        .boxed()
    } else {
        common.boxed()
    };
    leaf.prop_recursive(4, 24, 3, move |inner| {
        let suffix = prop_oneof![
            Just("*".to_owned()),
            Just("+".to_owned()),
            Just("?".to_owned()),
            (0_u32..3).prop_map(|n| format!("{{{n}}}")),
            (0_u32..3).prop_map(|n| format!("{{{n},}}")),
            (0_u32..3, 0_u32..3).prop_map(|(n, more)| format!("{{{n},{}}}", n + more)),
        ];
        let both = prop_oneof![
            3 => prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}|{b})")),
            1 => (inner.clone(), suffix).prop_map(|(a, suffix)| format!("({a}){suffix}")),
        ];
        if lucene_only {
            prop_oneof![
                4 => both,
                1 => inner.clone().prop_map(|a| format!("~({a})")),
                1 => (inner.clone(), inner).prop_map(|(a, b)| format!("({a}&{b})")),
            ]
            .boxed()
        } else {
            both.boxed()
        }
    })
    .boxed()
}
