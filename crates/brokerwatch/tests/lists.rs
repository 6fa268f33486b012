//! Lists and the site's own file through the command line: what runs, what is shown, what is written.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads its files and stops at what it did not expect"
)]

use std::process::Command;

use serde_json::{Value, json};

/// A folder with a pack, events, and perhaps a site's file.
struct Case {
    dir: tempfile::TempDir,
}

/// What a command said.
struct Outcome {
    code: i32,
    out: String,
    told: String,
}

const RULE: &str = "[metadata]\ncreation_date = \"2026/01/02\"\nupdated_date = \"2026/01/02\"\n[rule]\nauthor = [\"a\"]\n\
    description = \"d\"\nname = \"Rule\"\nrisk_score = 47\nrule_id = \"6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c71d5\"\n\
    severity = \"medium\"\nlanguage = \"eql\"\ntype = \"eql\"\nindex = [\"logs-*\"]\nquery = '''\n\
    any where destination.port in (/* $Ports.mqtt */ 1883, 8883) // the end\n'''\n\
    [[rule.exceptions_list]]\nid = \"pubsub-honest-software\"\nlist_id = \"pubsub-honest-software\"\n\
    namespace_type = \"single\"\ntype = \"detection\"\n";

const LIST: &str = "[list]\nname = \"Ports\"\ntitle = \"Ports\"\ntype = \"port\"\nupdated = \"2026-11-24\"\n\
    [[entry]]\nvalue = 1883\ngroup = \"mqtt\"\nnote = \"n\"\nsource = \"s\"\n\
    [[entry]]\nvalue = 8883\ngroup = \"mqtt\"\nnote = \"n\"\nsource = \"s\"\n";

const SITE: &str = "[lists.Ports]\nadd = [{value = 21883, group = \"mqtt\", reason = \"the plant\"}]\nremove = [8883]\n";

impl Case {
    fn new() -> Case {
        let case = Case { dir: tempfile::tempdir().unwrap() };
        let events: Vec<String> =
            [1883, 8883, 21883].iter().map(|port| event(*port, "/opt/x").to_string()).collect();
        case.file("pack/pack.toml", "[pack]\nname = \"x\"\ntitle = \"X\"\ndescription = \"x\"\n")
            .file("pack/rules/rule.toml", RULE)
            .file("pack/lists/Ports.toml", LIST)
            .file("events.ndjson", &events.join("\n"))
    }

    fn file(self, name: &str, text: &str) -> Case {
        let path = self.dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir.path().join(name)).unwrap()
    }

    fn run_in(&self, folder: &str, arguments: &[&str]) -> Outcome {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
        let output = command
            .current_dir(self.dir.path().join(folder))
            .env_clear()
            .args(arguments)
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Outcome {
            code: output.status.code().unwrap(),
            out: text(output.stdout),
            told: text(output.stderr),
        }
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_in(".", arguments)
    }

    /// The ports of the alerts of a scan.
    #[track_caller]
    fn ports(&self, flags: &[&str]) -> Vec<i64> {
        let scan = ["scan", "--format", "ndjson", "--rules", "pack/rules"];
        let outcome = self.run(&[&scan[..], flags, &["--", "events.ndjson"]].concat());
        let alerts = outcome.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let ports: Vec<i64> =
            alerts.map(|alert| alert["destination"]["port"].as_i64().unwrap()).collect();
        assert_eq!(outcome.code, i32::from(!ports.is_empty()), "{}", outcome.told);
        ports
    }
}

fn event(port: u16, program: &str) -> Value {
    json!({"@timestamp": "2026-01-02T00:00:00Z", "destination": {"port": port}, "process": {"executable": program}})
}

#[test]
fn rules_run_with_the_values_of_the_site() {
    let case = Case::new();
    assert_eq!(case.ports(&[]), [1883, 8883]);
    let case = case.file("brokerwatch.toml", SITE);
    assert_eq!(case.ports(&[]), [1883, 21883]);
    assert_eq!(case.ports(&["--no-config"]), [1883, 8883]);
    let told = case.run(&["scan", "--rules", "pack/rules", "--", "events.ndjson"]).told;
    assert!(told.contains("note: lists and exceptions as brokerwatch.toml changes them"), "{told}");
}

#[test]
fn the_file_is_found_above_and_can_be_named() {
    let case = Case::new()
        .file("brokerwatch.toml", SITE)
        .file("other.toml", "[lists.Ports]\nremove = [1883]\n");
    let above = case.run_in("pack/rules", &["rules", "show", "--effective", "rule.toml"]);
    assert!(above.out.contains("1883, 21883) // the end"), "{}", above.out);
    assert_eq!(case.ports(&["--config", "other.toml"]), [8883]);
    let missing = case.run(&[
        "scan",
        "--config",
        "none.toml",
        "--rules",
        "pack/rules",
        "--",
        "events.ndjson",
    ]);
    assert_eq!(missing.code, 2);
    assert!(missing.told.contains("none.toml"), "{}", missing.told);
    let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
    command.current_dir(case.dir.path()).env_clear().env("BROKERWATCH_CONFIG", "other.toml");
    let output = command.args(["rules", "show", "--effective", "pack/rules"]).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("*/ 8883)"));
}

#[test]
fn a_wrong_site_stops_the_run_and_says_where() {
    let case = Case::new().file("brokerwatch.toml", "[lists.Prots]\nadd = [1]\n");
    let outcome = case.run(&["scan", "--rules", "pack/rules", "--", "events.ndjson"]);
    assert_eq!((outcome.code, outcome.out.as_str()), (2, ""));
    for piece in
        ["there is no list `Prots`", "brokerwatch.toml:1", "did you mean `Ports`?", "--no-config"]
    {
        assert!(outcome.told.contains(piece), "{piece}: {}", outcome.told);
    }
}

#[test]
fn exceptions_of_site_and_pack_apply_by_themselves() {
    let honest = "[metadata]\ncreation_date = \"2026/11/23\"\nlist_name = \"x\"\nrule_ids = []\nrule_names = []\n\
        updated_date = \"2026/11/23\"\n[[exceptions]]\n[exceptions.container]\ndescription = \"x\"\n\
        list_id = \"pubsub-honest-software\"\nname = \"x\"\nnamespace_type = \"single\"\ntags = []\ntype = \"detection\"\n\
        [[exceptions.items]]\ncomments = []\ndescription = \"x\"\nitem_id = \"a\"\nlist_id = \"pubsub-honest-software\"\n\
        name = \"x\"\nnamespace_type = \"single\"\ntags = []\ntype = \"simple\"\n[[exceptions.items.entries]]\n\
        field = \"destination.port\"\noperator = \"included\"\ntype = \"match\"\nvalue = \"1883\"\n";
    let case = Case::new().file("pack/exceptions/own.toml", honest);
    assert_eq!(case.ports(&[]), [8883]);
    let stats = case.run(&["scan", "--stats", "--rules", "pack/rules", "--", "events.ndjson"]).told;
    assert!(stats.contains("1 events silenced"), "{stats}");
    // The site's list of the same id stands in for that of the pack.
    let case = case
        .file("conf/brokerwatch.toml", "exceptions = [\"own.toml\"]\n")
        .file("conf/own.toml", &honest.replace("\"1883\"", "\"8883\""));
    assert_eq!(case.ports(&["--config", "conf/brokerwatch.toml"]), [1883]);
}

#[test]
fn honest_software_of_the_pack_is_silent_until_the_site_removes_it() {
    let program = "/System/Library/PrivateFrameworks/ApplePushService.framework/apsd";
    let mut push = event(5223, program);
    push["destination"]["ip"] = json!("17.1.2.3");
    let mut elsewhere = event(5223, program);
    elsewhere["destination"]["ip"] = json!("8.8.8.8");
    let case = Case::new()
        .file("events.ndjson", &format!("{push}\n{elsewhere}\n"))
        .file("pack/rules/rule.toml", &RULE.replace("/* $Ports.mqtt */ 1883, 8883", "5223"));
    assert_eq!(case.ports(&[]), [5223]);
    let case =
        case.file("brokerwatch.toml", "[lists.AppContextFilter]\nremove = [\"Apple push\"]\n");
    assert_eq!(case.ports(&[]), [5223, 5223]);
}

#[test]
fn show_tells_where_values_come_from() {
    let case = Case::new().file("brokerwatch.toml", SITE);
    let plain = case.run(&["rules", "show", "pack"]);
    assert!(plain.out.contains("*/ 1883, 8883) // the end") && plain.code == 0, "{}", plain.out);
    let shown = case.run(&["rules", "show", "--effective", "pack"]).out;
    for piece in [
        "*/ 1883, 21883) // the end",
        "$Ports.mqtt from pack/lists/Ports.toml, updated 2026-11-24: 2 values",
        "+ 21883 by brokerwatch.toml: the plant",
        "- 8883 by brokerwatch.toml",
    ] {
        assert!(shown.contains(piece), "{piece}: {shown}");
    }
}

#[test]
fn built_in_rules_go_by_name_and_without_paths() {
    let case = Case::new();
    let all = case.run(&["rules", "list"]);
    assert_eq!(all.code, 0);
    let first = all.out.lines().next().unwrap();
    let (id, name) = (&first[..36], first.rsplit("  ").next().unwrap());
    for called in [id, name] {
        let shown = case.run(&["rules", "show", "--effective", called]);
        assert!(
            shown.code == 0 && shown.out.starts_with(&format!("{name}\n{id}\n")),
            "{called}: {}",
            shown.out
        );
    }
    let wrong = case.run(&["rules", "show", "nonsense-of-mine"]);
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.told.contains("no file, built-in pack or built-in rule `nonsense-of-mine`"),
        "{}",
        wrong.told
    );
}

#[test]
fn check_tells_values_that_are_not_those_of_the_list() {
    let case = Case::new().file("pack/rules/rule.toml", &RULE.replace("1883, 8883", "1883, 7"));
    let checked = case.run(&["rules", "check", "pack"]);
    assert_eq!(checked.code, 2);
    assert!(
        checked.told.contains("LIST005") && checked.told.contains("lacks `8883` and adds `7`"),
        "{}",
        checked.told
    );
    let scan = case.run(&["scan", "--rules", "pack", "--", "events.ndjson"]);
    assert!(scan.told.contains("those of the list are used"), "{}", scan.told);
    assert_eq!(case.ports(&[]), [1883, 8883]);
}

#[test]
fn a_marker_with_a_mistake_keeps_its_rule_from_running() {
    let case = Case::new().file("pack/rules/rule.toml", &RULE.replace("$Ports.mqtt", "$Ports.mqt"));
    let scan = case.run(&["scan", "--rules", "pack", "--", "events.ndjson"]);
    assert_eq!(scan.code, 2);
    assert!(
        scan.told.contains("LIST002") && scan.told.contains("did you mean `mqtt`?"),
        "{}",
        scan.told
    );
}

#[test]
fn export_writes_rules_and_the_exceptions_they_name() {
    let case = Case::new().file("brokerwatch.toml", SITE);
    assert_eq!(case.run(&["rules", "export", "--to", "out", "pack"]).code, 0);
    assert_eq!(case.text("out/rules/rule.toml"), RULE);
    assert!(case.text("out/exceptions/honest_software.toml").contains("pubsub-honest-software"));
    let again = case.run(&["rules", "export", "--effective", "--to", "out", "pack"]);
    assert_eq!(again.code, 2);
    assert!(again.told.contains("is there with another content"), "{}", again.told);
    assert_eq!(case.text("out/rules/rule.toml"), RULE);
    assert_eq!(case.run(&["rules", "export", "--effective", "--to", "site", "pack"]).code, 0);
    assert_eq!(case.text("site/rules/rule.toml"), RULE.replace("1883, 8883", "1883, 21883"));
}

#[test]
fn a_whole_built_in_pack_can_be_exported_and_read_back() {
    let case = Case::new();
    assert_eq!(case.run(&["rules", "export", "--effective", "--to", "out"]).code, 0);
    let count = |outcome: &Outcome| outcome.out.lines().count();
    let (own, back) = (case.run(&["rules", "list"]), case.run(&["rules", "list", "out/rules"]));
    assert!(0 < count(&own) && count(&own) == count(&back) && back.code == 0, "{}", back.told);
}
