//! The calls that are no functions of their arguments' values: what they take cannot be said by a signature, and the
//! planner knows each of them.

use super::Example;

/// One such call.
#[derive(Debug)]
pub struct Form {
    /// The name, in upper case.
    pub name: &'static str,
    /// How it is written, for the reference.
    pub usage: &'static str,
    /// One or two sentences for the reference.
    pub doc: &'static str,
    /// Examples for the reference, run as tests. Those of calls that search columns of events stand in the pages.
    pub examples: &'static [Example],
}

/// Every form, in the order of the names.
pub static FORMS: &[Form] = &[
    Form {
        name: "CASE",
        usage: "CASE(condition, value[, condition, value...][, otherwise])",
        doc: "The value behind the first condition that is true, with all of its values if it is a list; the last \
              argument where none is, or null without one. A condition that is null or a list counts as false.",
        examples: &[
            Example {
                query: r#"ROW port = 1883 | EVAL kind = CASE(port IN (1883, 8883), "mqtt", port == 5222, "xmpp", "other")"#,
                result: "mqtt",
            },
            Example { query: "ROW a = CASE(false, 1)", result: "null" },
        ],
    },
    Form {
        name: "COALESCE",
        usage: "COALESCE(value[, value...])",
        doc: "The first argument that is not null, with all of its values if it is a list.",
        examples: &[Example { query: "ROW a = COALESCE(null, [1, 2], 3)", result: "[1, 2]" }],
    },
    Form {
        name: "KQL",
        usage: "KQL(query[, { \"option\": value }])",
        doc: "Whether an event matches a query in KQL. A list matches where one of its values does. The options are \
              `case_insensitive` and `default_field`.",
        examples: &[Example {
            query: r#"ROW port = [22, 1883] | EVAL a = KQL("port >= 1000")"#,
            result: "true",
        }],
    },
    Form {
        name: "MATCH",
        usage: "MATCH(field, query[, { \"option\": value }])",
        doc: "Whether one of the values of a column is what is searched for; of a text, whether it has one of the words. \
              The same is `field : query`. The options are `operator`, `fuzziness` and `lenient`.",
        examples: &[Example {
            query: r#"ROW name = ["sh", "beam"] | EVAL a = MATCH(name, "beam")"#,
            result: "true",
        }],
    },
    Form {
        name: "MATCH_PHRASE",
        usage: "MATCH_PHRASE(field, phrase[, { \"option\": value }])",
        doc: "Whether one of the values of a column is the phrase; of a text, whether it has the words of the phrase one \
              behind the other.",
        examples: &[
            Example {
                query: r#"ROW a = MATCH_PHRASE(TO_TEXT("the broker said no"), "Broker said")"#,
                result: "true",
            },
            Example {
                query: r#"ROW a = MATCH_PHRASE(TO_TEXT("the broker said no"), "broker no")"#,
                result: "false",
            },
            Example {
                query: r#"ROW name = "broker said" | EVAL a = MATCH_PHRASE(name, "broker")"#,
                result: "false",
            },
        ],
    },
    Form {
        name: "NOW",
        usage: "NOW()",
        doc: "The moment at which the query began, the same everywhere in it.",
        examples: &[Example { query: "ROW a = NOW() == NOW()", result: "true" }],
    },
    Form {
        name: "QSTR",
        usage: "QSTR(query[, { \"option\": value }])",
        doc: "Whether an event matches a query string of Lucene.",
        examples: &[Example {
            query: r#"ROW name = "beam" | EVAL a = QSTR("name:be*")"#,
            result: "true",
        }],
    },
    Form {
        name: "TBUCKET",
        usage: "TBUCKET(buckets[, from][, to])",
        doc: "The beginning of the interval that holds the time of an event: `BUCKET(@timestamp, ...)`.",
        examples: &[Example {
            query: r#"ROW @timestamp = "2026-01-01T08:30:00Z"::date | STATS BY a = TBUCKET(1 hour)"#,
            result: "2026-01-01T08:00:00.000Z",
        }],
    },
    Form {
        name: "TRANGE",
        usage: "TRANGE(start[, end])",
        doc: "Whether the time of an event, its `@timestamp`, is behind the start and not behind the end, which is now \
              if it is not given. Ends are moments, their texts or milliseconds since the epoch; a timespan alone counts \
              back from now.",
        examples: &[Example {
            query: r#"ROW @timestamp = "2026-01-01T08:30:00Z"::date | EVAL a = TRANGE("2026-01-01", "2026-01-02")"#,
            result: "true",
        }],
    },
];

/// Whether that is the name of a form, in upper case.
pub(crate) fn is_form(upper: &str) -> bool {
    FORMS.iter().any(|form| form.name == upper)
}
