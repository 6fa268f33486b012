//! ES|QL through the command line: what goes to standard output in each format, what is told beside it, and the exit
//! code. What queries mean is held by the tests of the language.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use brokerwatch_testkit::mmdb;
use serde_json::{Value, json};

/// Two events: the second has a list, and no time of day in common with the first.
const EVENTS: &str = r#"{"@timestamp":"2026-01-01T00:00:01Z","host":{"name":"a"},"destination":{"port":1883}}
{"@timestamp":"2026-01-01T00:00:02Z","host":{"name":"b"},"destination":{"port":8883},"process":{"args":["x","y"]}}
"#;

/// A query whose rows and order are certain, without a warning.
const ALL: &str =
    "FROM * | KEEP host.name, destination.port, process.args | SORT host.name | LIMIT 10";

/// A folder that queries run in, with `events.ndjson`.
struct Case(tempfile::TempDir);

/// What a query said.
struct Said {
    out: Vec<u8>,
    told: String,
    code: i32,
}

impl Said {
    #[track_caller]
    fn text(&self) -> &str {
        std::str::from_utf8(&self.out).unwrap()
    }

    /// The output, of a query that found rows and had nothing to tell.
    #[track_caller]
    fn quiet(&self) -> &str {
        assert_eq!((self.told.as_str(), self.code), ("", 1));
        self.text()
    }

    /// What was told by a query that could not run.
    #[track_caller]
    fn refused(&self) -> &str {
        assert_eq!((self.text(), self.code), ("", 2), "{}", self.told);
        &self.told
    }
}

impl Case {
    fn new() -> Case {
        Case(tempfile::tempdir().unwrap()).file("events.ndjson", EVENTS)
    }

    fn file(self, name: &str, text: &str) -> Case {
        self.bytes(name, text.as_bytes())
    }

    fn bytes(self, name: &str, bytes: &[u8]) -> Case {
        std::fs::write(self.0.path().join(name), bytes).unwrap();
        self
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    #[track_caller]
    fn run(&self, args: &[&str]) -> Said {
        self.fed(args, "")
    }

    /// Runs `query` with something on standard input.
    #[track_caller]
    fn fed(&self, args: &[&str], input: &str) -> Said {
        let mut child = Command::new(env!("CARGO_BIN_EXE_brokerwatch"))
            .current_dir(self.path())
            .env_clear()
            .arg("query")
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Who does not want the input has closed it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Said {
            out: output.stdout,
            told: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    }
}

#[test]
fn rows_are_ndjson_where_nobody_asks_for_a_format() {
    let case = Case::new();
    let expected = "{\"host.name\":\"a\",\"destination.port\":1883}\n\
                    {\"host.name\":\"b\",\"destination.port\":8883,\"process.args\":[\"x\",\"y\"]}\n";
    assert_eq!(case.run(&[ALL, "events.ndjson"]).quiet(), expected);
    assert_eq!(case.run(&["--format", "ndjson", ALL, "events.ndjson"]).quiet(), expected);
}

#[test]
fn csv_is_as_elasticsearch_writes_it() {
    assert_eq!(
        Case::new().run(&["--format", "csv", ALL, "events.ndjson"]).quiet(),
        "host.name,destination.port,process.args\r\na,1883,\r\nb,8883,\"[x,y]\"\r\n"
    );
}

#[test]
fn tsv_has_a_tab_between_cells_and_none_in_them() {
    let case = Case::new();
    assert_eq!(
        case.run(&["--format", "tsv", ALL, "events.ndjson"]).quiet(),
        "host.name\tdestination.port\tprocess.args\na\t1883\t\nb\t8883\t[x,y]\n"
    );
    let said = case.run(&["--format", "tsv", r#"ROW a = "1\t2\n3""#, "events.ndjson"]);
    assert_eq!(said.text(), "a\n1\\t2\\n3\n");
}

#[test]
fn json_has_the_shape_of_elasticsearch() {
    let said = Case::new().run(&["--format", "json", ALL, "events.ndjson"]);
    let mut answer: Value = serde_json::from_str(said.quiet()).unwrap();
    assert!(answer["took"].take().is_u64());
    assert_eq!(
        answer,
        json!({
            "took": null,
            "is_partial": false,
            "columns": [
                {"name": "host.name", "type": "keyword"},
                {"name": "destination.port", "type": "long"},
                {"name": "process.args", "type": "keyword"},
            ],
            "values": [["a", 1883, null], ["b", 8883, ["x", "y"]]],
            "warnings": [],
        })
    );
}

#[test]
fn a_table_says_how_many_rows_it_has() {
    let said = Case::new().run(&["--format", "table", ALL, "events.ndjson"]);
    let lines: Vec<&str> = said.quiet().lines().collect();
    assert_eq!(
        lines[1].split_whitespace().collect::<Vec<_>>(),
        ["host.name", "destination.port", "process.args"]
    );
    assert_eq!(lines[3].split_whitespace().collect::<Vec<_>>(), ["a", "1883"]);
    assert!(lines.last().unwrap().starts_with("2 rows in "), "{lines:?}");
}

#[test]
fn parquet_is_read_again_as_a_table() {
    let case = Case::new();
    let said = case.run(&["--format", "parquet", ALL, "events.ndjson"]);
    assert_eq!((said.told.as_str(), said.code), ("", 1));
    std::fs::write(case.path().join("rows.parquet"), &said.out).unwrap();
    let query = "FROM * | SORT host.name | KEEP host.name, process.args | LIMIT 10";
    assert_eq!(
        case.run(&[query, "rows.parquet"]).quiet(),
        "{\"host.name\":\"a\"}\n{\"host.name\":\"b\",\"process.args\":[\"x\",\"y\"]}\n"
    );
}

#[test]
fn the_exit_code_says_whether_there_are_rows() {
    let case = Case::new();
    for (condition, code) in
        [("destination.port == 1883", 1), ("destination.port == 1", 0), ("destination.port ==", 2)]
    {
        let query = format!("FROM * | WHERE {condition} | LIMIT 1");
        assert_eq!(case.run(&[&query, "events.ndjson"]).code, code, "{condition}");
    }
}

#[test]
fn what_cannot_be_read_is_an_error_and_the_rest_is_answered() {
    let said = Case::new().run(&[ALL, "events.ndjson", "missing.ndjson"]);
    assert_eq!((said.text().lines().count(), said.code), (2, 2));
    assert!(said.told.starts_with("error: missing.ndjson: "), "{}", said.told);
}

#[test]
fn records_that_cannot_be_read_are_told_with_their_line() {
    let case = Case::new().file("broken.ndjson", &format!("{EVENTS}{{\"host\":\n"));
    let said = case.run(&[ALL, "broken.ndjson"]);
    assert_eq!((said.text().lines().count(), said.code), (2, 1));
    assert!(said.told.contains("warning: broken.ndjson:3: "), "{}", said.told);
    assert!(said.told.contains("1 records could not be read"), "{}", said.told);
}

#[test]
fn a_result_that_is_cut_is_told() {
    let many = "{\"a\":1}\n".repeat(1_001);
    let case = Case::new().file("many.ndjson", &many);
    let said = case.run(&["FROM * | KEEP a", "many.ndjson"]);
    assert_eq!(said.text().lines().count(), 1_000);
    assert_eq!(said.told, "warning: No limit defined, adding default limit of [1000]\n");
    let said = case.run(&["--all-rows", "FROM * | KEEP a", "many.ndjson"]);
    assert_eq!((said.text().lines().count(), said.told.as_str()), (1_001, ""));
}

#[test]
fn warnings_go_to_standard_error_as_elasticsearch_words_them() {
    let case = Case::new();
    let said = case.run(&["FROM * | SORT host.name | KEEP host.name", "events.ndjson"]);
    assert_eq!(said.told, "", "two rows are not cut, so there is nothing to tell");
    assert_eq!((said.text(), said.code), ("{\"host.name\":\"a\"}\n{\"host.name\":\"b\"}\n", 1));
    let said =
        case.run(&["FROM * | EVAL x = destination.port / 0 | KEEP x | LIMIT 1", "events.ndjson"]);
    assert!(
        said.told.contains("evaluation of [destination.port / 0] failed, treating result as null"),
        "{}",
        said.told
    );
    assert!(
        said.told.contains("Line 1:19: java.lang.ArithmeticException: / by zero"),
        "{}",
        said.told
    );
    assert_eq!(case.run(&["--quiet", "FROM * | KEEP host.name", "events.ndjson"]).told, "");
}

#[test]
fn a_field_that_no_event_has_is_null_and_told() {
    let said = Case::new().run(&["FROM * | WHERE host.nam == \"a\" | LIMIT 1", "events.ndjson"]);
    assert_eq!((said.text(), said.code), ("", 0));
    let told = "warning: Line 1:16: no event has a field `host.nam`";
    assert!(said.told.starts_with(told) && said.told.contains("it is null"), "{}", said.told);
}

#[test]
fn errors_have_a_code_a_place_and_a_way_out() {
    let said = Case::new().run(&["FROM * |\nWHRE host.name == \"a\"", "events.ndjson"]);
    let told = said.refused();
    assert!(told.starts_with("error[ESQL018]: unknown command `WHRE`\n --> query:2:1\n"), "{told}");
    assert!(told.contains("help: did you mean `WHERE`?"), "{told}");
}

#[test]
fn rows_past_elasticsearchs_limit_are_given_when_asked_for() {
    let many = "{\"a\":1}\n".repeat(1_100);
    let case = Case::new().file("many.ndjson", &many);
    assert_eq!(case.run(&["FROM *", "many.ndjson"]).text().lines().count(), 1_000);
    let all = case.run(&["--all-rows", "FROM *", "many.ndjson"]);
    assert_eq!(all.quiet().lines().count(), 1_100);
}

#[test]
fn the_plan_stands_in_for_the_rows() {
    let said =
        Case::new().run(&["--explain", "FROM * | SORT host.name | LIMIT 1", "events.ndjson"]);
    assert!(said.quiet().contains("EventsExec"), "{}", said.text());
    assert!(said.text().contains("\n1 rows in "), "{}", said.text());
}

#[test]
fn parameters_have_places_or_names() {
    let case = Case::new();
    for (params, condition) in [
        ("[1883]", "destination.port == ?"),
        (r#"["x", 1883]"#, "destination.port == ?2"),
        (r#"{"port": 1883}"#, "destination.port == ?port"),
        (r#"[{"field": "destination.port"}, {"port": 1883}]"#, "??field == ?port"),
        ("[[1883, 1884]]", "MV_CONTAINS(?, destination.port)"),
    ] {
        let query = format!("FROM * | WHERE {condition} | KEEP host.name | LIMIT 9");
        let said = case.run(&["--params", params, &query, "events.ndjson"]);
        assert_eq!((said.text(), said.told.as_str()), ("{\"host.name\":\"a\"}\n", ""), "{params}");
    }
    let said = case.run(&["--params", "1883", "ROW a = ?", "events.ndjson"]);
    assert!(
        said.refused().starts_with("error: --params is neither a list nor an object"),
        "{}",
        said.told
    );
    let said = case.run(&["ROW a = ?port", "events.ndjson"]);
    assert!(said.refused().contains(" --> query:1:9\n"), "{}", said.told);
}

#[test]
fn a_lookup_table_is_joined() {
    let case = Case::new()
        .file("owners.csv", "host.name,owner\na,ann\n")
        .file("sites.ndjson", "{\"host\":{\"name\":\"b\"},\"site\":\"north\"}\n");
    let query = "FROM * | LOOKUP JOIN owners ON host.name | LOOKUP JOIN sites ON host.name \
                 | SORT host.name | KEEP host.name, owner, site | LIMIT 9";
    let said = case.run(&[
        "--lookup",
        "owners=owners.csv",
        "--lookup",
        "sites=sites.ndjson",
        query,
        "events.ndjson",
    ]);
    assert_eq!(
        said.quiet(),
        "{\"host.name\":\"a\",\"owner\":\"ann\"}\n{\"host.name\":\"b\",\"site\":\"north\"}\n"
    );
    let said = case.run(&[query, "events.ndjson"]);
    assert!(said.refused().contains("`owners`") && said.told.contains("--lookup"), "{}", said.told);
}

#[test]
fn an_address_is_looked_up_in_the_database_that_is_given() {
    let case = Case::new()
        .bytes("city.mmdb", &mmdb::city())
        .bytes("GeoLite2-ASN.mmdb", &mmdb::asn())
        .file("owners.csv", "host.name,owner\na,ann\n");
    let row = "ROW ip = \"203.0.113.20\"::ip | IP_LOCATION at = ip";
    let city = &["--lookup", "geo=city.mmdb", "--lookup", "owners=owners.csv"];
    let both = &["--lookup", "geo=city.mmdb", "--lookup", "as=GeoLite2-ASN.mmdb"];
    let run = |given: &[&str], query: &str| {
        let query = query.to_owned() + " | DROP ip";
        case.run(&[given, &[&query, "events.ndjson"]].concat())
    };
    assert_eq!(
        run(city, row).quiet(),
        "{\"at.continent_name\":\"Europe\",\"at.country_name\":\"Germany\",\"at.country_iso_code\":\"DE\",\
         \"at.region_iso_code\":\"DE-BE\",\"at.region_name\":\"Land Berlin\",\"at.city_name\":\"Berlin\",\
         \"at.location\":\"POINT (13.4 52.5)\"}\n"
    );
    for name in ["as", "GeoLite2-ASN.mmdb"] {
        let options = format!(
            "WITH {{\"database_file\": \"{name}\", \"properties\": [\"asn\", \"network\"]}}"
        );
        assert_eq!(
            run(both, &format!("{row} {options}")).quiet(),
            "{\"at.asn\":64500,\"at.network\":\"203.0.113.0/24\"}\n"
        );
    }
    let first = "ROW ip = [\"203.0.113.20\", \"198.51.100.1\"] | IP_LOCATION at = ip";
    let options = "{\"first_only\": true, \"properties\": [\"city_name\"]}";
    assert_eq!(
        run(city, &format!("{first} WITH {options}")).quiet(),
        "{\"at.city_name\":\"Berlin\"}\n"
    );
    let said = run(city, first);
    assert!(said.told.contains("doesn't support multi-value input"), "{}", said.told);
    let said = run(city, "ROW ip = \"no address\" | IP_LOCATION at = ip");
    assert!(said.told.contains("'no address' is not an IP string literal."), "{}", said.told);

    for (given, query, told) in [
        (&[][..], row, "--lookup city=GeoLite2-City.mmdb"),
        (both, row, "there are several databases of locations"),
        (city, &format!("{row} WITH {{\"database_file\": \"geos\"}}"), "close are `geo`"),
        (
            city,
            &format!("{row} WITH {{\"properties\": [\"asn\"]}}"),
            "the database has no property `asn`",
        ),
        (city, "ROW ip = 1 | IP_LOCATION at = ip", "`IP_LOCATION` needs text, `ip` is integer"),
        (city, "ROW ip = 1 | LOOKUP JOIN geo ON ip", "which `IP_LOCATION` looks into"),
        (&["--lookup", "x.mmdb=no.mmdb"], row, "no.mmdb: "),
    ] {
        let said = run(given, query);
        assert!(said.refused().contains(told), "{query}: {}", said.told);
    }
}

#[test]
fn a_series_is_looked_at_up_to_its_bound() {
    // The change comes too late, and of the second series it does not.
    let row = |at: usize| {
        let (host, n) = if at.is_multiple_of(4) { ("b", at / 2_000) } else { ("a", at / 3_960) };
        format!("{{\"at\":{at},\"host.name\":\"{host}\",\"n\":{n}}}\n")
    };
    let case = Case::new().file("series.ndjson", &(0..4_000).map(row).collect::<String>());
    let query = "FROM * | CHANGE_POINT n ON at BY host.name \
                 | STATS rows = COUNT(*), kinds = VALUES(type), at = MAX(at) WHERE type IS NOT NULL BY host.name \
                 | SORT host.name | LIMIT 9";
    let said = case.run(&[query, "series.ndjson"]);
    assert_eq!(
        said.text(),
        "{\"rows\":1000,\"host.name\":\"a\"}\n\
         {\"rows\":1000,\"kinds\":\"step_change\",\"at\":2000,\"host.name\":\"b\"}\n"
    );
    assert!(said.told.contains("too many values; keeping only first 1000 values"), "{}", said.told);
}

#[test]
fn a_policy_matches_its_first_field_or_the_one_named() {
    let case = Case::new().file("owners.csv", "host.name,owner\na,ann\n");
    let query =
        "FROM * | ENRICH owners ON host.name | SORT host.name | KEEP host.name, owner | LIMIT 9";
    let said = case.run(&["--policy", "owners=owners.csv", query, "events.ndjson"]);
    assert_eq!(said.quiet(), "{\"host.name\":\"a\",\"owner\":\"ann\"}\n{\"host.name\":\"b\"}\n");
    let said = case.run(&[
        "--policy",
        "owners=owners.csv:owner",
        "ROW who = \"ann\" | ENRICH owners ON who | LIMIT 1",
        "events.ndjson",
    ]);
    assert_eq!(said.quiet(), "{\"who\":\"ann\",\"host.name\":\"a\"}\n");
}

#[test]
fn a_policy_may_hold_ranges() {
    let case = Case::new()
        .file(
            "nets.csv",
            "net:ip_range,zone\n10.0.0.0/8,inside\n10.1.0.0/16,lab\n192.0.2.1-192.0.2.9,test\n",
        )
        .file("ports.csv", "port:integer_range,kind\n1883,mqtt\n8000-8999,web\n");
    let ask = |query: &str| {
        let policies = ["--policy", "nets=nets.csv", "--policy", "ports=ports.csv"];
        case.run(&[policies.as_slice(), &[query, "events.ndjson"]].concat())
    };
    let said = ask(
        r#"ROW ip = TO_IP(["10.1.2.3", "192.0.2.5"]) | ENRICH nets ON ip | EVAL zone = MV_SORT(zone) | LIMIT 1"#,
    );
    let lists = "{\"ip\":[\"10.1.2.3\",\"192.0.2.5\"],\"zone\":[\"inside\",\"lab\",\"test\"]}\n";
    assert_eq!(said.quiet(), lists);
    let said = ask(
        "FROM * | ENRICH ports ON destination.port | KEEP destination.port, kind | SORT kind | LIMIT 9",
    );
    assert_eq!(
        said.quiet(),
        "{\"destination.port\":1883,\"kind\":\"mqtt\"}\n{\"destination.port\":8883,\"kind\":\"web\"}\n"
    );
    let said = ask("ROW name = \"a\" | ENRICH nets ON name | LIMIT 1");
    assert!(said.refused().contains("keyword"), "{}", said.told);
}

#[test]
fn a_list_finds_what_each_of_its_values_finds() {
    let case = Case::new().file("owners.csv", "host.name,owner\na,ann\nb,bob\na,amy\n");
    let said = case.run(&[
        "--policy",
        "owners=owners.csv",
        r#"ROW host.name = ["a", "b", "x"] | ENRICH owners | EVAL owner = MV_SORT(owner) | KEEP owner"#,
        "events.ndjson",
    ]);
    assert_eq!(said.quiet(), "{\"owner\":[\"amy\",\"ann\",\"bob\"]}\n");
}

#[test]
fn a_policy_that_is_not_given_names_its_option() {
    let said = Case::new().run(&["FROM * | ENRICH owners ON host.name", "events.ndjson"]);
    assert!(said.refused().contains("--policy NAME=PATH"), "{}", said.told);
}

#[test]
fn an_empty_query_says_that_it_is_empty() {
    for query in ["", " \n"] {
        let said = Case::new().run(&[query, "events.ndjson"]);
        assert!(said.refused().contains("the query is empty"), "{}", said.told);
    }
}

#[test]
fn a_query_that_brings_its_rows_needs_no_files() {
    let case = Case::new();
    assert_eq!(case.run(&["row a = 1 | EVAL b = a + 1"]).quiet(), "{\"a\":1,\"b\":2}\n");
    assert_eq!(case.run(&["// mine\nROW a = 1"]).quiet(), "{\"a\":1}\n");
    for query in ["FROM * | LIMIT 1", "any where true"] {
        let said = case.run(&[query]);
        let told = said.refused();
        assert!(told.contains("nothing to read") && told.contains("--source NAME=PATH"), "{told}");
    }
}

#[test]
fn words_of_messages_and_scripts_are_searched() {
    let events = r#"{"message":"Login failed for bob","powershell":{"file":{"script_block_text":"$c = New-Object Net.WebClient; Invoke-Thing -All"}}}
{"message":"ok","powershell":{"file":{"script_block_text":"Get-ChildItem"}}}
"#;
    let case = Case::new().file("texts.ndjson", events);
    for condition in [
        "KQL(\"message: failed\")",
        "KQL(\"error.message: x or powershell.file.script_block_text: \\\"Invoke-Thing\\\"\")",
        "message : \"login\"",
        "NOT KQL(\"powershell.file.script_block_text: Get-ChildItem\")",
    ] {
        let query = format!("FROM * | WHERE {condition} | KEEP message");
        let said = case.run(&[&query, "texts.ndjson"]);
        assert_eq!(
            said.text(),
            "{\"message\":\"Login failed for bob\"}\n",
            "{condition}: {}",
            said.told
        );
    }
}

#[test]
fn sources_are_indices() {
    let case = Case::new().file("other.ndjson", "{\"host\":{\"name\":\"c\"}}\n");
    let sources = ["--source", "logs-one=events.ndjson", "--source", "logs-two=other.ndjson"];
    let rows = |indices: &str| {
        let query = format!(
            "FROM {indices} METADATA _index | SORT host.name | KEEP host.name, _index | LIMIT 9"
        );
        let said = case.run(&[&sources[..], &["--format", "tsv", &query]].concat());
        said.quiet().lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(rows("logs-one"), ["a\tlogs-one", "b\tlogs-one"]);
    assert_eq!(rows("logs-*"), ["a\tlogs-one", "b\tlogs-one", "c\tlogs-two"]);
    assert_eq!(rows("logs-*,-logs-one"), ["c\tlogs-two"]);
    let said = case.run(&[&sources[..], &["FROM logs-three"]].concat());
    let told = said.refused();
    assert!(told.contains("unknown index `logs-three`\n --> query:1:6\n"), "{told}");
}

#[test]
fn a_schema_makes_other_fields_unknown_in_its_source_alone() {
    let mapping = json!({"mappings": {"properties": {"host": {"properties": {"name": {"type": "keyword"}}}}}});
    let case = Case::new().file("mapping.json", &mapping.to_string());
    let said = case.run(&[
        "--format",
        "csv",
        "--schema",
        "mapping.json",
        "FROM * | SORT host.name | LIMIT 9",
        "events.ndjson",
    ]);
    assert_eq!(said.quiet(), "host.name\r\na\r\nb\r\n");
    let own = [
        "--source",
        "one=events.ndjson",
        "--source",
        "two=events.ndjson",
        "--schema",
        "one=mapping.json",
    ];
    let ask = |index: &str| {
        let query = format!("FROM {index} | WHERE destination.port == 1883 | LIMIT 9");
        case.run(&[&own[..], &[&query]].concat())
    };
    let said = ask("one");
    assert!(
        said.refused().starts_with("error[ESQL050]: unknown column `destination.port`"),
        "{}",
        said.told
    );
    assert_eq!(ask("two").quiet().lines().count(), 1);
}

#[test]
fn events_come_from_standard_input() {
    let said = Case::new().fed(&[ALL, "-"], EVENTS);
    assert_eq!(said.quiet().lines().count(), 2);
}

#[test]
fn the_language_can_be_said() {
    let case = Case::new();
    let said = case.run(&["--lang", "esql", "WHERE a", "events.ndjson"]);
    assert!(said.refused().starts_with("error[ESQL"), "{}", said.told);
    let said = case.run(&["--lang", "eql", "FROM a", "events.ndjson"]);
    assert!(said.refused().starts_with("error[EQL"), "{}", said.told);
    let said = case.run(&["--format", "csv", "any where true", "events.ndjson"]);
    assert!(said.refused().contains("events of EQL have no columns"), "{}", said.told);
}

#[test]
fn a_query_is_read_from_a_file() {
    let case = Case::new().file("all.esql", &format!("// remarks are no hindrance\n{ALL}\n"));
    let direct = case.run(&[ALL, "events.ndjson"]);
    assert_eq!(case.run(&["--file", "all.esql", "events.ndjson"]).quiet(), direct.quiet());
    assert_eq!(
        case.run(&["--file", "all.esql", "--source", "logs=events.ndjson"]).quiet(),
        direct.quiet()
    );
    assert_eq!(case.fed(&["-f", "all.esql", "-"], EVENTS).quiet(), direct.quiet());
    let case = case
        .file("port.eql", "network where true or\n  destination.port == 1883\n")
        .file("net.ndjson", EVENTS);
    assert_eq!(case.run(&["--file", "port.eql", "events.ndjson"]).code, 0);
}

#[test]
fn a_query_file_is_the_place_of_its_errors() {
    let case = Case::new().file("bad.esql", "FROM *\n| WHRE true\n");
    let said = case.run(&["--file", "bad.esql", "events.ndjson"]);
    assert!(said.refused().contains(" --> bad.esql:2:3\n"), "{}", said.told);
    assert!(
        case.run(&["--file", "none.esql", "events.ndjson"])
            .refused()
            .starts_with("error: none.esql: ")
    );
    assert!(
        case.run(&["--file", "-", "events.ndjson"])
            .refused()
            .contains("standard input holds documents")
    );
    assert!(case.run(&["--file", "bad.esql"]).refused().contains("there is nothing to search"));
    assert!(case.run(&[]).refused().contains("required"));
}
