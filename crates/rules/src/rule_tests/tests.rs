//! What pages of tests say, and what is wrong with them.

use super::*;

const PAGE: &str = r#"# A rule

Words about it.

```base
{"host": {"name": "ws1", "os.type": "linux"}, "process.name": "curl"}
```

## Fires

Because it must.
Indeed.

```ndjson
{"process": {"pid": 1}}

{"host.name": null, "process": null, "x": [1]}
```

Expected: 2 alerts

```alerts
{"process": {"name": "curl"}, "user.name": null}
```

## Stays silent

It is Zeek's.

~~~raw
#separator \x09
```
~~~

```events file=../matrix/x.ndjson filter='process.pid == 4711'
```

Expected: silence

```equivalent
`not` taken off
x == 1
Why: x is always 1.
```
"#;

#[test]
fn a_page_gives_its_tests() {
    let file = read("r.tests.md", PAGE).unwrap();
    let [fires, silent] = &file.tests[..] else { panic!("{:?}", file.tests) };
    assert_eq!((fires.title.as_str(), fires.line, fires.alerts), ("Fires", 9, 2));
    assert_eq!(fires.why, "Because it must. Indeed.");
    let [Telemetry::Events(text)] = &fires.telemetry[..] else { panic!("{fires:?}") };
    let lines: Vec<&str> = text.lines().collect();
    // Each event stands in the line that it has in the page.
    assert_eq!(lines.len(), 17);
    assert_eq!(
        lines[14],
        r#"{"host":{"name":"ws1","os":{"type":"linux"}},"process":{"name":"curl","pid":1}}"#
    );
    assert_eq!(lines[16], r#"{"host":{"os":{"type":"linux"}},"x":[1]}"#);
    assert_eq!(fires.parts.len(), 1);
    assert_eq!(fires.parts[0].fields.get("process.name").unwrap(), "curl");
    assert!(fires.parts[0].fields["user.name"].is_null());
    let [Telemetry::Raw { line: 31, text }, Telemetry::File { path, filter, .. }] =
        &silent.telemetry[..]
    else {
        panic!("{silent:?}")
    };
    assert_eq!(text, "#separator \\x09\n```\n");
    assert_eq!(
        (path.as_str(), filter.as_deref()),
        ("../matrix/x.ndjson", Some("process.pid == 4711"))
    );
    let equivalent = &file.equivalents[0];
    assert_eq!(equivalent.change, "`not` taken off x == 1");
    assert_eq!(equivalent.why, "x is always 1.");
}

/// Reads `## T`, `Why.` and the rest; gives the code, the line and the message of each finding.
#[track_caller]
fn wrong(rest: &str, expected: &[(&str, usize, &str)]) {
    let page = format!("## T\n\nWhy.\n\n{rest}");
    check(&page, expected);
}

#[track_caller]
fn check(page: &str, expected: &[(&str, usize, &str)]) {
    let found = read("p", page).unwrap_err();
    let found: Vec<(&str, usize, &str)> = found
        .iter()
        .map(|one| {
            assert!(one.help.is_some(), "{one:?} has no way out");
            let line = brokerwatch_expr::line_column(page, one.span().start as usize).0;
            (one.code, line, one.message.as_str())
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn what_a_test_lacks_is_told_at_its_heading() {
    check("# T\n\nWords.\n", &[(codes::TEST_INCOMPLETE, 1, "no test")]);
    check(
        "# T\n\n## A\n",
        &[
            (codes::TEST_INCOMPLETE, 3, "a test that does not say why"),
            (codes::TEST_INCOMPLETE, 3, "a test without events"),
            (codes::TEST_INCOMPLETE, 3, "a test without an expectation"),
        ],
    );
}

#[test]
fn what_cannot_be_read_is_told_at_its_place() {
    const E: &str = "```ndjson\n{}\n```\n";
    wrong(
        "```ndjson\n{}\n{\"a\" 1}\n```\nExpected: silence\n",
        &[(codes::TEST_EVENTS, 7, "no JSON object: expected `:` (column 6)")],
    );
    wrong(
        "```ndjson\n[1]\n```\nExpected: silence\n",
        &[(codes::TEST_EVENTS, 6, "no JSON object: it is another value")],
    );
    wrong(
        "```ndjson\n```\nExpected: silence\n",
        &[(codes::TEST_EVENTS, 5, "a block without content")],
    );
    wrong(
        &format!("{E}Expected: nothing\n"),
        &[(codes::TEST_EXPECTATION, 8, "`nothing` is no expectation")],
    );
    wrong(
        &format!("{E}Expected: 1 alerts\n"),
        &[(codes::TEST_EXPECTATION, 8, "`1 alerts` is no expectation")],
    );
    wrong(
        &format!("{E}Expected: silence\nExpected: silence\n"),
        &[(codes::TEST_EXPECTATION, 9, "a second expectation in one test")],
    );
    wrong(
        &format!("{E}Expected: 1 alert\n```alerts\n{{}}\n{{}}\n```\n"),
        &[(codes::TEST_EXPECTATION, 9, "2 alerts are described and 1 expected")],
    );
    wrong(
        &format!("{E}Expected: silence\n## T\n\nWhy.\n\n{E}Expected: silence\n"),
        &[(codes::TEST_INCOMPLETE, 9, "the title is that of the test in line 1")],
    );
}

#[test]
fn blocks_are_known_and_end() {
    wrong("```ndjsn\n{}\n```\n", &[(codes::TEST_BLOCK, 5, "unknown kind of block `ndjsn`")]);
    wrong("```ndjson\n{}\n", &[(codes::TEST_BLOCK, 5, "a fenced block that never ends")]);
    wrong("```events\n```\n", &[(codes::TEST_BLOCK, 5, "events without a file")]);
    wrong("```events file='x\n```\n", &[(codes::TEST_BLOCK, 5, "the quote ' is never closed")]);
    wrong(
        "```events path=x\n```\n",
        &[(codes::TEST_BLOCK, 5, "a block `events` has no option `path`")],
    );
    wrong(
        "```ndjson x\n{}\n```\n",
        &[(codes::TEST_BLOCK, 5, "`x` is no option of the form name=value")],
    );
    wrong(
        "```base\n{\"a\": 1}\n```\n",
        &[(codes::TEST_BLOCK, 5, "a page has one base, above its tests")],
    );
    wrong("```equivalent\na\n```\n", &[(codes::TEST_BLOCK, 6, "a change without a reason")]);
    check("```ndjson\n{}\n```\n", &[(codes::TEST_BLOCK, 1, "events outside of a test")]);
}

#[test]
fn no_page_makes_the_reader_panic() {
    for text in [
        "",
        "\u{feff}",
        "#",
        "##",
        "## ",
        "```",
        "~~~",
        "```\n```",
        "Expected:",
        "## é\n```é=é\n```\n",
    ] {
        let _ = read("p", text);
        for cut in (0..PAGE.len()).filter(|cut| PAGE.is_char_boundary(*cut)) {
            let _ = read("p", &format!("{}{text}", &PAGE[..cut]));
        }
    }
}
