//! Queries and documents over few fields and few words, so that they meet: every kind of leaf, and values in every
//! type and number that a field can have.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};

const CATEGORIES: &[&str] = &["process", "network", "file", "Process"];

/// Fields of text, with and without a declared type.
const TEXTS: &[&str] = &["process.name", "process.args", "own.text", "own.kind", "own.alias"];

/// Fields that may hold numbers.
const NUMBERS: &[&str] = &["process.pid", "destination.port", "own.double", "own.number"];

const ADDRESS: &str = "destination.ip";

/// Near misses of each other: by case, by one letter, by letters that only Unicode folds to `k`, `s` and `é`.
const WORDS: &[&str] = &[
    "cmd.exe",
    "CMD.exe",
    "cmd",
    "md.",
    "kit",
    "KIT",
    "\u{212a}it",
    "sh",
    "\u{17f}h",
    "bash",
    "été",
    "ÉTÉ",
    "",
    "1883",
    "true",
    "/tmp/kit.sh",
    "a b",
    "7",
    "kitkit",
    "null",
];

fn word() -> impl Strategy<Value = String> {
    select(WORDS).prop_map(str::to_owned)
}

fn numbers() -> impl Strategy<Value = i64> {
    select(&[-1, 0, 1, 2, 7, 1883, 8883, i64::MAX, (1 << 53) + 1][..])
}

fn text_field() -> impl Strategy<Value = String> {
    select(TEXTS).prop_map(str::to_owned)
}

fn number_field() -> impl Strategy<Value = String> {
    select(NUMBERS).prop_map(str::to_owned)
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// `("a", "b")`
fn list(item: impl Strategy<Value = String>, most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(item, 1..=most).prop_map(|items| {
        format!("({})", items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(", "))
    })
}

fn wildcard() -> impl Strategy<Value = String> {
    let around = select(&["", "*", "?", "*?"][..]);
    (around.clone(), word(), select(&["", "*", "?", "*i", "*.exe"][..]), around)
        .prop_map(|(before, word, after, end)| format!("{before}{word}{after}{end}"))
}

fn regex() -> impl Strategy<Value = String> {
    let plain = select(&["cmd", "kit", "KIT", "bash", "sh"][..]);
    prop_oneof![
        plain.clone().prop_map(str::to_owned),
        plain.clone().prop_map(|word| format!(".*{word}.*")),
        (plain.clone(), plain.clone()).prop_map(|(a, b)| format!(".*({a}|{b}).*")),
        plain.prop_map(|word| format!("[a-z]?{word}(.exe)?")),
        Just("~(cmd.*)".to_owned()),
        Just(".*[kK]it".to_owned()),
    ]
}

fn text_leaf() -> impl Strategy<Value = String> {
    let of_word = |operator: &'static str| {
        (text_field(), word())
            .prop_map(move |(field, word)| format!("{field} {operator} {}", quoted(&word)))
    };
    let member = (text_field(), select(&["in", "in~", "not in"][..]), list(word(), 12))
        .prop_map(|(field, operator, list)| format!("{field} {operator} {list}"));
    let like = (text_field(), select(&[":", "like", "like~"][..]), list(wildcard(), 12))
        .prop_map(|(field, operator, list)| format!("{field} {operator} {list}"));
    let regex = (text_field(), select(&["regex", "regex~"][..]), list(regex(), 2))
        .prop_map(|(field, operator, list)| format!("{field} {operator} {list}"));
    let functions = &["startsWith", "endsWith", "stringContains"][..];
    let call = (select(functions), select(&["", "~"][..]), text_field(), word()).prop_map(
        |(name, tilde, field, word)| format!("{name}{tilde}({field}, {})", quoted(&word)),
    );
    let turned = (select(functions), word(), text_field())
        .prop_map(|(name, word, field)| format!("{name}~({}, {field})", quoted(&word)));
    let old =
        (select(&["", "~"][..]), text_field(), wildcard()).prop_map(|(tilde, field, pattern)| {
            format!("wildcard{tilde}({field}, {})", quoted(&pattern))
        });
    let computed = (text_field(), wildcard())
        .prop_map(|(field, pattern)| format!("concat({field}, \"\") : {}", quoted(&pattern)));
    let piece = (text_field(), word())
        .prop_map(|(field, word)| format!("substring({field}, 0, 3) == {}", quoted(&word)));
    let other =
        (text_field(), 0..5).prop_map(|(field, length)| format!("length({field}) > {length}"));
    let optional = (text_field(), wildcard())
        .prop_map(|(field, word)| format!("?{field} : {}", quoted(&word)));
    let null = (text_field(), select(&["==", "!="][..]))
        .prop_map(|(field, sign)| format!("{field} {sign} null"));
    prop_oneof![
        of_word("=="),
        of_word("!="),
        of_word(":"),
        member,
        like,
        regex,
        call,
        turned,
        old,
        computed,
        piece,
        other,
        optional,
        null,
    ]
}

fn number_leaf() -> impl Strategy<Value = String> {
    let sign = select(&["==", "==", "==", "!=", ">", "<="][..]);
    let compared = (number_field(), sign.clone(), numbers())
        .prop_map(|(field, sign, n)| format!("{field} {sign} {n}"));
    let double =
        (number_field(), sign, select(&["2.0", "7.5", "1883.0", "9007199254740992.0"][..]))
            .prop_map(|(field, sign, n)| format!("{field} {sign} {n}"));
    let member =
        (number_field(), prop::collection::vec(numbers(), 1..9)).prop_map(|(field, list)| {
            format!(
                "{field} in ({})",
                list.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
            )
        });
    // These fail on some values: a division by zero, a sum past the end, text that is no number.
    let loud = prop_oneof![
        number_field().prop_map(|field| format!("7 / {field} == 3")),
        number_field().prop_map(|field| format!("{field} + 1 > 2")),
        text_field().prop_map(|field| format!("number({field}) == 1883")),
    ];
    prop_oneof![3 => compared, 1 => double, 2 => member, 2 => loud]
}

/// A field against a field, some with computations on the way, some of which fail.
fn field_leaf() -> impl Strategy<Value = String> {
    let sign = select(&["==", "!=", "<", ">="][..]);
    let texts = (text_field(), sign.clone(), text_field())
        .prop_map(|(one, sign, other)| format!("{one} {sign} {other}"));
    let numbers = (number_field(), sign, number_field())
        .prop_map(|(one, sign, other)| format!("{one} {sign} {other}"));
    let computed = prop_oneof![
        (text_field(), number_field())
            .prop_map(|(text, number)| format!("length({text}) == {number}")),
        (text_field(), text_field())
            .prop_map(|(one, other)| format!("concat({one}, \"\") == {other}")),
        (number_field(), number_field()).prop_map(|(one, other)| format!("7 / {one} == {other}")),
        text_field().prop_map(|text| format!("own.flag == ({text} : \"kit*\")")),
    ];
    prop_oneof![2 => texts, 2 => numbers, 1 => computed]
}

fn leaf() -> impl Strategy<Value = String> {
    let others = &[
        "event.category == \"file\"",
        "event.category : (\"process\", \"NETWORK\")",
        "event.category in (\"file\", \"dns\")",
        "own.flag",
        "own.flag == false",
        "own.version == \"1.2\"",
        "own.version : \"1.*2\"",
        "own.version in (\"1.2.0\", \"7\")",
        "destination.ip == \"10.0.0.1\"",
        "cidrMatch(destination.ip, \"10.0.0.0/8\")",
        "not cidrMatch(destination.ip, \"::1/128\")",
        "string(process.pid) == \"1883\"",
        "@timestamp > \"2026-01-01\"",
    ][..];
    prop_oneof![
        6 => text_leaf(),
        3 => number_leaf(),
        2 => field_leaf(),
        2 => select(others).prop_map(str::to_owned),
    ]
}

pub(crate) fn query() -> impl Strategy<Value = String> {
    let condition = leaf().prop_recursive(3, 12, 3, |inner| {
        let parts = |word: &'static str| {
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(move |parts| format!("({})", parts.join(word)))
        };
        prop_oneof![
            3 => parts(" and "),
            2 => parts(" or "),
            1 => inner.clone().prop_map(|part| format!("not ({part})")),
        ]
    });
    (select(&["process", "network", "any", "any"][..]), condition)
        .prop_map(|(category, condition)| format!("{category} where {condition}"))
}

/// A document with dotted keys. Where a field has several values they need not be of one type.
pub(crate) fn document() -> impl Strategy<Value = Json> {
    let number = prop_oneof![
        3 => numbers().prop_map(|n| json!(n)),
        1 => select(&[2.0, 7.5, 1883.0, 9_007_199_254_740_992.0][..]).prop_map(|n| json!(n)),
        1 => select(&["1883", "7", "x"][..]).prop_map(|n| json!(n)),
    ];
    let sentence = (word(), select(&["", " ", ".exe", "/"][..]), word())
        .prop_map(|(a, mid, b)| format!("{a}{mid}{b}"));
    let text = prop_oneof![
        4 => word().prop_map(|text| json!(text)),
        3 => sentence.prop_map(|text| json!(text)),
        1 => number.clone(),
        1 => any::<bool>().prop_map(|flag| json!(flag)),
        1 => Just(Json::Null),
    ];
    let members = vec![
        member("event.category", select(CATEGORIES).prop_map(|text| json!(text)).boxed()),
        member("own.flag", any::<bool>().prop_map(|flag| json!(flag)).boxed()),
        member(
            "own.version",
            select(&["1.2", "1.2.0", "7"][..]).prop_map(|text| json!(text)).boxed(),
        ),
        member(
            ADDRESS,
            select(&["10.0.0.1", "10.9.9.9", "::1"][..]).prop_map(|text| json!(text)).boxed(),
        ),
    ]
    .into_iter()
    .chain(TEXTS.iter().map(|name| member(name, text.clone().boxed())))
    .chain(NUMBERS.iter().map(|name| member(name, number.clone().boxed())))
    .collect::<Vec<_>>();
    members.prop_map(|members| Json::Object(members.into_iter().flatten().collect()))
}

/// A field, missing in some documents.
fn member(name: &'static str, value: BoxedStrategy<Json>) -> BoxedStrategy<Option<(String, Json)>> {
    let values = prop_oneof![
        3 => value.clone(),
        1 => prop::collection::vec(value, 0..4).prop_map(Json::Array),
    ];
    prop::option::weighted(0.8, values.prop_map(move |value| (name.to_owned(), value))).boxed()
}
