//! Files of exceptions in, lists or diagnostics out.

use std::fmt::Write as _;

use brokerwatch_expr::{Severity, line_column};
use expect_test::{Expect, expect};

use super::*;
use crate::report::excerpt;

const HEAD: &str = r#"
[metadata]
creation_date = "2026/01/02"
list_name = "Brokers"
rule_ids = ["6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c71d5"]
rule_names = ["A Rule"]
updated_date = "2026/01/02"

[[exceptions]]
[exceptions.container]
description = "What is known."
list_id = "brokers"
name = "Brokers"
namespace_type = "single"
type = "detection"
"#;

const ITEM: &str = r#"
[[exceptions.items]]
comments = []
description = "A gateway."
item_id = "gateway"
list_id = "brokers"
name = "Gateway"
namespace_type = "single"
type = "simple"
"#;

const LIST_LINE: &str = r#"{"_version":"WzEsMV0=","created_at":"2026-01-02T00:00:00.000Z","created_by":"elastic","description":"","id":"0","immutable":false,"list_id":"brokers","name":"Brokers","namespace_type":"single","os_types":[],"tags":[],"tie_breaker_id":"1","type":"rule_default","updated_at":"2026-01-02T00:00:00.000Z","updated_by":"elastic","version":1}"#;

const ITEM_LINE: &str = r#"{"comments":[{"comment":"ok","created_at":"2026-01-02T00:00:00.000Z","created_by":"elastic","id":"2"}],"description":"d","entries":[{"field":"destination.port","operator":"included","type":"match_any","value":["1883","8883"]}],"item_id":"a","list_id":"brokers","meta":null,"name":"A","namespace_type":"single","os_types":["linux"],"expire_time":"2026-03-01T00:00:00.000Z","tags":["x"],"type":"simple"}"#;

fn no_lists(_: &str, _: &str) -> Option<String> {
    None
}

/// The value list `blocks`, beside `lists/a.toml` alone.
fn blocks(path: &str, id: &str) -> Option<String> {
    (path == "lists/a.toml" && id == "blocks").then(|| "10.0.0.0/8\n\n 192.168.0.1 \r\n".to_owned())
}

/// One line per diagnostic: place, code, message, the text that the first label covers, help.
fn shown(text: &str, found: &[Diagnostic]) -> String {
    let mut out = String::new();
    for diagnostic in found {
        let span = diagnostic.span();
        let (line, column) = line_column(text, span.start as usize);
        let grade = if diagnostic.severity == Severity::Error { "" } else { " (warning)" };
        write!(out, "{line}:{column} {}{grade}: {}", diagnostic.code, diagnostic.message).unwrap();
        write!(out, " | {}", excerpt(&text[span.range()]).replace('\n', "⏎")).unwrap();
        if let Some(help) = &diagnostic.help {
            write!(out, " | {help}").unwrap();
        }
        out.push('\n');
    }
    out
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    let found = match load("lists/a.toml", text, &blocks) {
        Ok(contents) => contents.warnings,
        Err(found) => found,
    };
    expected.assert_eq(&shown(text, &found));
}

#[track_caller]
fn check_entries(entries: &str, expected: Expect) {
    check(&format!("{HEAD}{ITEM}{entries}"), expected);
}

#[track_caller]
fn good(text: &str) -> Contents {
    load("lists/a.toml", text, &blocks).unwrap_or_else(|found| panic!("{}", shown(text, &found)))
}

/// The entries of all items, in short.
fn entries(contents: &Contents) -> Vec<String> {
    fn short(entry: &Entry) -> String {
        let sign = if entry.excluded { "not " } else { "" };
        let test = match &entry.test {
            Test::Match(value) => format!("= {}", value.value),
            Test::MatchAny(values) => {
                let values: Vec<_> = values.iter().map(|value| value.value.as_str()).collect();
                format!("in {}", values.join("|"))
            }
            Test::Wildcard(pattern) => format!("~ {}", pattern.value),
            Test::Exists => "exists".to_owned(),
            Test::List { values, .. } => format!("list {}", values.join("|")),
            Test::Nested(entries) => entries.iter().map(short).collect::<Vec<_>>().join(", "),
        };
        format!("{sign}{} {test}", entry.field)
    }
    contents
        .lists
        .iter()
        .flat_map(|list| &list.items)
        .flat_map(|item| &item.entries)
        .map(short)
        .collect()
}

#[test]
fn every_type_of_entry() {
    let text = format!(
        "{HEAD}{ITEM}{}",
        r#"
expire_time = "2026-03-01T00:00:00Z"
os_types = ["linux", "macos"]
entries = [
  { field = "a", operator = "included", type = "match", value = "x" },
  { field = "b", operator = "excluded", type = "match_any", value = ["x", "y"] },
  { field = "c", operator = "included", type = "wildcard", value = "x*" },
  { field = "d", operator = "excluded", type = "exists" },
  { field = "e", operator = "included", type = "list", list = { id = "blocks", type = "ip_range" } },
  { field = "f", type = "nested", entries = [
    { field = "g", operator = "included", type = "match", value = "x" },
    { field = "h", operator = "excluded", type = "exists" } ] },
]
"#
    );
    let contents = good(&text);
    assert_eq!(
        entries(&contents),
        [
            "a = x",
            "not b in x|y",
            "c ~ x*",
            "not d exists",
            "e list 10.0.0.0/8|192.168.0.1",
            "f g = x, not h exists"
        ]
    );
    let list = &contents.lists[0];
    assert!(list.rule_ids.is_empty(), "only a list of one rule takes the ids of the file");
    assert_eq!(list.items[0].os_types, ["linux", "macos"]);
    assert_eq!(list.items[0].expires.unwrap().to_string(), "2026-03-01T00:00:00Z");
    let Test::Match(value) = &list.items[0].entries[0].test else { panic!("it is a match") };
    assert_eq!(&text[value.span.range()], "\"x\"");
    assert_eq!(&text[list.items[0].entries[5].span.range()], "\"f\"");
}

#[test]
fn a_list_of_one_rule_belongs_to_the_rules_of_its_file() {
    let entries = "entries = [{ field = \"a\", operator = \"included\", type = \"exists\" }]\n";
    let text = format!("{HEAD}{ITEM}{entries}").replace("\"detection\"", "\"rule_default\"");
    assert_eq!(good(&text).lists[0].rule_ids, ["6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c71d5"]);
}

#[test]
fn an_export_with_rules_among_lists_and_items() {
    let rule = r#"{"rule_id":"r1","type":"eql","exceptions_list":[{"id":"0","list_id":"brokers","type":"rule_default","namespace_type":"single"},{"id":"9","list_id":"other","type":"detection","namespace_type":"agnostic"}],"deep":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}"#;
    let summary = r#"{"exported_count":3,"exported_rules_count":1,"missing_rules":[]}"#;
    let connector = r#"{"attributes":{"actionTypeId":".slack"},"id":"1","type":"action"}"#;
    // The item stands before its list, after a mark of order and with line ends of Windows.
    let text =
        format!("\u{feff}{ITEM_LINE}\r\n\r\n{rule}\r\n{LIST_LINE}\n{connector}\n{summary}\n");
    let contents = good(&text);
    assert_eq!(contents.passed_over, 2);
    assert_eq!(entries(&contents), ["destination.port in 1883|8883"]);
    let list = &contents.lists[0];
    assert_eq!(list.rule_ids, ["r1"]);
    assert_eq!(list.items[0].comments, ["ok"]);
    assert_eq!(&text[list.span.range()], "\"brokers\"");
    let Test::MatchAny(values) = &list.items[0].entries[0].test else {
        panic!("it is a match_any")
    };
    assert_eq!(&text[values[1].span.range()], "\"8883\"");
}

#[test]
fn everything_wrong_with_toml_is_told_at_once() {
    check_entries(
        r#"
os_types = ["linux", "beos"]
expire_time = "soon"
entrys = []
entries = [
  { field = "a", operator = "is", type = "match", value = "x" },
  { field = "b", operator = "included", type = "matches", value = "x" },
  { field = "c", operator = "included", type = "match_any", value = "x" },
  { field = "d", operator = "included", type = "match_any", value = [] },
  { field = "e", operator = "included", type = "match", value = 7 },
  { field = "f", operator = "included", type = "exists", value = "x" },
  { field = "", operator = "included", type = "exists" },
  { operator = "included", type = "exists" },
  { field = "g", type = "nested", operator = "included", entries = [] },
  { field = "h", type = "nested", entries = [{ field = "i", operator = "included", type = "wildcard", value = "x" }] },
]
"#,
        expect![[r#"
            26:22 RULE006: `os_types` cannot hold `beos` | "beos" | it holds `linux`, `macos` and `windows`
            27:15 RULE007: `exceptions[0].items[0].expire_time` must be a time in ISO 8601, such as `2026-01-31T12:00:00Z`, not `soon` | "soon"
            28:1 RULE003: unknown key `entrys` in `exceptions[0].items[0]` | entrys
            30:29 RULE006: `exceptions[0].items[0].entries[0].operator` cannot be `is` | "is" | it is one of `included` and `excluded`
            31:48 RULE006: `exceptions[0].items[0].entries[1].type` cannot be `matches` | "matches" | it is one of `match`, `match_any`, `wildcard`, `exists`, `list` and `nested`
            32:69 RULE004: `exceptions[0].items[0].entries[2].value` must be a list of strings, found a string | "x"
            33:69 RULE008: `exceptions[0].items[0].entries[3].value` takes at least one entry, not 0 | []
            34:65 RULE004: `exceptions[0].items[0].entries[4].value` must be a string, found an integer | 7
            35:58 RULE003: unknown key `value` in `exceptions[0].items[0].entries[5]` | value
            36:13 RULE008: `exceptions[0].items[0].entries[6].field` is empty | ""
            37:3 RULE005: missing key `field` in `exceptions[0].items[0].entries[7]` | { operator = "included", type = "exists" }
            38:35 RULE003: unknown key `operator` in `exceptions[0].items[0].entries[8]` | operator
            38:68 RULE008: `exceptions[0].items[0].entries[8].entries` takes 1 to 1000 entries, not 0 | []
            39:91 RULE006: `exceptions[0].items[0].entries[9].entries[0].type` cannot be `wildcard` | "wildcard" | it is one of `match`, `match_any` and `exists`
        "#]],
    );
}

#[test]
fn a_value_list_is_a_file_beside() {
    check_entries(
        r#"
entries = [
  { field = "a", operator = "included", type = "list", list = { id = "blocks", type = "ip" } },
  { field = "a", operator = "included", type = "list", list = { id = "other", type = "ip" } },
  { field = "a", operator = "included", type = "list", list = { id = "../blocks", type = "ip" } },
  { field = "a", operator = "included", type = "list", list = { id = "blocks", type = "geo_point" } },
  { field = "a", operator = "included", type = "list" },
]
"#,
        expect![[r#"
            28:70 RULE019: value list `other` is not there; no export holds value lists | "other" | write its values, one a line, into a file named `other` beside this one
            29:70 RULE019: value list `../blocks` cannot be a file beside this one | "../blocks" | give it an id without `/`, `\` and `:`
            30:87 RULE006: `exceptions[0].items[0].entries[3].list.type` cannot be `geo_point` | "geo_point" | it is one of `boolean`, `byte`, `date`, `date_nanos`, `double`, `float`, `half_float`, `integer`, `ip`, `ip_range`, `keyword`, `long`, `short` and `text`
            31:3 RULE005: missing key `list` in `exceptions[0].items[0].entries[4]` | { field = "a", operator = "included", type = "list" }
        "#]],
    );
}

#[test]
fn what_a_file_of_toml_must_have() {
    check(
        "",
        expect![[r#"
        1:1 RULE005: missing table `[metadata]` | 
        1:1 RULE005: missing table `[exceptions]` | 
    "#]],
    );
    check(
        "[metadata]\nrule_ids = [\"x\"]\n[[exceptions]]\n",
        expect![[r#"
        1:1 RULE005: missing key `creation_date` in `metadata` | [metadata]
        1:1 RULE005: missing key `list_name` in `metadata` | [metadata]
        1:1 RULE005: missing key `rule_names` in `metadata` | [metadata]
        1:1 RULE005: missing key `updated_date` in `metadata` | [metadata]
        2:13 RULE007: `metadata.rule_ids` holds UUIDs in lower case, not `x` | "x"
        3:1 RULE005: missing key `container` in `exceptions[0]` | [[exceptions]]
        3:1 RULE005: missing key `items` in `exceptions[0]` | [[exceptions]]
    "#]],
    );
    let stray = ITEM.replace("list_id = \"brokers\"", "list_id = \"other\"");
    let entries = "entries = [{ field = \"a\", operator = \"included\", type = \"exists\" }]\n";
    check(
        &format!("{HEAD}{ITEM}{entries}{ITEM}{entries}{stray}{entries}"),
        expect![[r#"
        32:8 RULE017: item `gateway` is given twice | "Gateway" | give one of the two another `item_id`
        41:11 RULE018: the item is of list `other`, but stands below list `brokers` | "other" | give it the `list_id` of its container
    "#]],
    );
    let again = &HEAD[HEAD.find("[[exceptions]]").unwrap()..];
    check(
        &format!("{HEAD}{ITEM}{entries}{again}{ITEM}{entries}"),
        expect![[r#"
        29:11 RULE017: list `brokers` is given twice | "brokers" | put all items under one of the two
    "#]],
    );
}

#[test]
fn what_is_no_toml_silences_what_follows_from_it() {
    check_entries(
        "entries = [\n  { field = \"a\", operator = included }\n]\n",
        expect![[r#"
        26:29 RULE002: invalid float, expected `inf` | included
    "#]],
    );
}

#[test]
fn everything_wrong_with_an_export_is_told_at_once() {
    let typo = ITEM_LINE.replace("\"operator\"", "\"operater\"").replace("\"a\"", "\"b\"");
    let escaped = ITEM_LINE.replace("\"tags\"", "\"t\\u0061gz\"").replace("\"a\"", "\"c\"");
    let twice = ITEM_LINE.replace("\"tags\"", "\"name\"").replace("\"a\"", "\"d\"");
    let stray = ITEM_LINE.replace("\"single\"", "\"agnostic\"").replace("\"a\"", "\"e\"");
    let null = ITEM_LINE.replace("\"1883\"", "null").replace("\"a\"", "\"f\"");
    let text = [
        LIST_LINE,
        ITEM_LINE,
        ITEM_LINE,
        LIST_LINE,
        &typo,
        &escaped,
        &twice,
        &stray,
        &null,
        "{\"foo\":1}",
        "{\"list_id\":\"x\"",
        "[1]",
        "{\"é\":\"é\" x}",
    ]
    .join("\n");
    check(
        &text,
        expect![[r#"
        3:281 RULE017: item `a` is given twice | "A" | give one of the two another `item_id`
        4:141 RULE017: list `brokers` is given twice | "brokers" | put all items under one of the two
        5:133 RULE005: missing key `operator` in `item.entries[0]` | {"field":"destination.port","operater":"included","type":"ma…
        5:162 RULE003: unknown key `operater` in `item.entries[0]` | operater | did you mean `operator`?
        6:385 RULE003: unknown key `tagz` in `item` | ["x"] | did you mean `tags`?
        7:374 RULE016: key `name` is given twice | name | keep one of the two
        8:252 RULE018: the item is of list `brokers` in namespace `agnostic`, which is not in this file | "brokers" | add the line of the list, or correct `list_id` and `namespace_type`
        9:211 RULE016: a list cannot hold `null` | null
        10:1 RULE016: the line is no exception list, no item and no rule | {"foo":1} | a list has `list_id`, an item has `entries` too, a rule has `rule_id`
        11:14 RULE016: EOF while parsing an object | " | each line of an export is one JSON object
        12:1 RULE016: invalid type: sequence, expected a JSON object | [ | each line of an export is one JSON object
        13:10 RULE016: expected `,` or `}` | x | each line of an export is one JSON object
    "#]],
    );
}

#[test]
fn what_is_odd_is_a_warning() {
    check(
        &LIST_LINE.replace("\"os_types\":[]", "\"os_types\":[\"linux\"]"),
        expect![[r#"
        1:205 RULE021 (warning): `os_types` of a list has no effect | ["linux"] | give the systems to each of its items
    "#]],
    );
}

#[test]
fn a_list_of_two_files_is_taken_from_the_first() {
    let files = ["a.ndjson", "b.ndjson"].map(|path| (path.to_owned(), LIST_LINE.to_owned()));
    let loaded = load_all(files.into_iter(), &no_lists);
    assert_eq!(loaded.lists.len(), 1);
    let (path, text, found) = &loaded.failures[0];
    assert_eq!(path, "b.ndjson");
    expect![[r#"
        1:141 RULE017: list `brokers` is already given by `a.ndjson` | "brokers" | give one of the two files
    "#]].assert_eq(&shown(text, found));
}

#[test]
fn a_value_that_is_nested_too_deep_is_refused() {
    let deep = format!("{}1{}", "[".repeat(50), "]".repeat(50));
    check(
        &LIST_LINE.replace("\"tags\":[]", &format!("\"tags\":{deep}")),
        expect![[r#"
        1:216 RULE004: `list.tags[0]` must be a string, found a list | [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]…
        1:231 RULE016: the value is nested too deep for an exception | [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]…
    "#]],
    );
}

#[test]
fn a_list_applies_to_rules_that_name_it_or_that_it_names() {
    let rule = |references: &str| {
        let text = format!(
            "[metadata]\ncreation_date = \"2026/01/02\"\nupdated_date = \"2026/01/02\"\n[rule]\nauthor = [\"a\"]\n\
             description = \"d\"\nname = \"n\"\nrisk_score = 47\nrule_id = \"6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c71d5\"\n\
             severity = \"medium\"\ntype = \"eql\"\nlanguage = \"eql\"\nquery = \"any where true\"\n{references}"
        );
        crate::load("a.toml", &text).unwrap_or_else(|found| panic!("{}", shown(&text, &found)))
    };
    let reference = |list: &str, namespace: &str| {
        format!(
            "[[rule.exceptions_list]]\nid = \"x\"\nlist_id = \"{list}\"\nnamespace_type = \"{namespace}\"\ntype = \"detection\"\n"
        )
    };
    let mut list = good(LIST_LINE).lists.remove(0);
    assert!(list.applies_to(&rule(&reference("brokers", "single"))));
    assert!(!list.applies_to(&rule(&reference("brokers", "agnostic"))));
    assert!(!list.applies_to(&rule(&reference("other", "single"))));
    assert!(!list.applies_to(&rule("")));
    list.rule_ids.push("6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c71d5".to_owned());
    assert!(list.applies_to(&rule("")));
}

#[test]
fn the_example_of_the_guide_loads() {
    let guide = include_str!("../../../../docs/exceptions.md");
    let (_, after) = guide.split_once("```toml\n").unwrap();
    let (example, _) = after.split_once("```").unwrap();
    let contents = good(example);
    assert!(contents.warnings.is_empty(), "{}", shown(example, &contents.warnings));
    let expected = ["process.executable ~ /opt/gateway/*", "destination.ip = 10.20.0.0/16"];
    assert_eq!(entries(&contents), expected);
}

#[test]
fn a_broken_file_is_a_finding_inside_of_it() {
    let entry =
        "entries = [{ field = \"é\", operator = \"included\", type = \"match\", value = \"x\" }]\n";
    let export = [LIST_LINE, &ITEM_LINE.replace("1883", "é\\u00e9")].join("\n");
    for whole in [format!("{HEAD}{ITEM}{entry}"), export] {
        good(&whole);
        let letters: Vec<(usize, char)> = whole.char_indices().collect();
        for (at, letter) in letters {
            let (before, after) = (&whole[..at], &whole[at + letter.len_utf8()..]);
            for broken in
                [before.to_owned(), format!("{before}{after}"), format!("{before}\"{{{after}")]
            {
                let Err(found) = load("lists/a.toml", &broken, &blocks) else { continue };
                assert!(!found.is_empty());
                for diagnostic in &found {
                    let inside = broken.get(diagnostic.span().range());
                    assert!(inside.is_some(), "{diagnostic:?}\n{broken}");
                }
            }
        }
    }
}

#[test]
fn a_file_that_is_too_long_is_refused_unread() {
    let text = " ".repeat(crate::limits::FILE_BYTES_MAX + 1);
    let found = load("lists/a.toml", &text, &blocks).unwrap_err();
    assert_eq!(found[0].code, codes::FILE_TOO_LONG);
}
