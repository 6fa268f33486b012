//! Lists, markers and sites: what stands where afterwards, and what is told.

use super::*;
use crate::codes::{CHOICE, FORMAT, RANGE};
use crate::pack;

const LISTS: &[&str] = &[
    "[list]\nname = \"Ports\"\ntitle = \"Ports\"\ntype = \"port\"\nupdated = \"2026-11-24\"\n\
     [[entry]]\nvalue = 1883\ngroup = \"mqtt\"\nnote = \"n\"\nsource = \"s\"\n\
     [[entry]]\nvalue = 8883\ngroup = \"mqtt\"\nnote = \"n\"\nsource = \"s\"\n\
     [[entry]]\nvalue = 5222\ngroup = \"xmpp\"\nnote = \"n\"\nsource = \"s\"\n",
    "[list]\nname = \"Window\"\ntitle = \"Window\"\ntype = \"duration\"\nupdated = \"2026-11-24\"\n\
     [[entry]]\nvalue = \"2m\"\nnote = \"n\"\nsource = \"s\"\n\
     [[entry]]\nvalue = \"1h\"\ngroup = \"burst\"\nnote = \"n\"\nsource = \"s\"\n",
    "[list]\nname = \"Names\"\ntitle = \"Names\"\ntype = \"text\"\nupdated = \"2026-11-24\"\n\
     [[entry]]\nvalue = \"a\\\"b\\\\c\"\nnote = \"n\"\nsource = \"s\"\n\
     [[entry]]\nvalue = \"*.example.com\"\nnote = \"n\"\nsource = \"s\"\n",
    "[list]\nname = \"Nets\"\ntitle = \"Nets\"\ntype = \"network\"\nupdated = \"2026-11-24\"\nlab_networks = [\"lab\"]\n\
     [[entry]]\nvalue = \"10.0.0.0/8\"\ngroup = \"private\"\nnote = \"n\"\nsource = \"s\"\n\
     [[entry]]\nvalue = \"fc00::/7\"\ngroup = \"private\"\nnote = \"n\"\nsource = \"s\"\n\
     [[entry]]\nvalue = \"192.0.2.0/24\"\ngroup = \"lab\"\nnote = \"n\"\nsource = \"s\"\n",
    "[list]\nname = \"Allowed\"\ntitle = \"Allowed\"\ntype = \"domain\"\nupdated = \"2026-11-24\"\n",
    "[list]\nname = \"Apps\"\ntitle = \"Apps\"\ntype = \"software\"\nupdated = \"2026-11-24\"\n\
     [[entry]]\nproduct = \"Chat\"\nplatform = \"windows\"\npath = 'C:\\Chat\\*\\chat.exe'\nprotocol = \"xmpp\"\n\
     ports = [5222]\ndestinations = [\"*.chat.example\"]\nowner = \"o\"\nreason = \"r\"\nsource = \"s\"\n\
     date = \"2026-11-24\"\nexpires = \"2027-01-01\"\n",
];

fn lists() -> Lists {
    let files = LISTS.iter().map(|text| ("list.toml".to_owned(), (*text).to_owned()));
    let (lists, failures) = Lists::load_all(files);
    assert_eq!(failures, []);
    lists
}

fn rule(language: &str, above: &str, query: &str) -> String {
    format!(
        "[rule]\ntype = \"{language}\"\nlanguage = \"{language}\"\n{above}query = '''\n{query}\n'''\n"
    )
}

/// Fills a rule and gives its query.
#[track_caller]
fn check_in(lists: &Lists, language: &str, above: &str, query: &str, expected: &str) {
    let text = rule(language, above, query);
    let filled = fill(&text, lists);
    assert_eq!(filled.diagnostics, []);
    assert_eq!(filled.text, rule(language, above, expected));
}

#[track_caller]
fn check(language: &str, query: &str, expected: &str) {
    check_in(&lists(), language, "", query, expected);
}

/// The codes of what is wrong with the markers of a query, and the pieces of the rule at which they stand.
#[track_caller]
fn wrong(language: &str, query: &str, expected: &[(&str, &str)]) {
    let text = rule(language, "", query);
    let filled = fill(&text, &lists());
    let found = filled.diagnostics.iter().map(|found| (found.code, &text[found.span().range()]));
    assert_eq!(found.collect::<Vec<_>>(), expected);
    assert_eq!(filled.text, text);
}

#[test]
fn a_list_of_values_is_filled_to_its_end() {
    check(
        "eql",
        "a where p in (/* $Ports */ 1) and q",
        "a where p in (/* $Ports */ 1883, 8883, 5222) and q",
    );
    check(
        "eql",
        "a where p in (/* $Ports.mqtt */ 1, 2)",
        "a where p in (/* $Ports.mqtt */ 1883, 8883)",
    );
    check(
        "eql",
        "a where p in (/* $Ports.mqtt.xmpp */ 1)",
        "a where p in (/* $Ports.mqtt.xmpp */ 1883, 8883, 5222)",
    );
    check("eql", "a where p in (/* $Ports.xmpp */)", "a where p in (/* $Ports.xmpp */ 5222)");
    check(
        "eql",
        "a where p in (7, /* $Ports.xmpp */ 1)",
        "a where p in (7, /* $Ports.xmpp */ 5222)",
    );
    check(
        "eql",
        "a where f(x, /* $Nets.private */ \"::/0\")",
        "a where f(x, /* $Nets.private */ \"10.0.0.0/8\", \"fc00::/7\")",
    );
    check(
        "esql",
        "FROM a | WHERE MV_INTERSECTS(p, [/* $Ports.xmpp */ 1])",
        "FROM a | WHERE MV_INTERSECTS(p, [/* $Ports.xmpp */ 5222])",
    );
}

#[test]
fn a_list_ends_with_its_own_parenthesis() {
    check(
        "eql",
        "a where p in (/* $Ports.xmpp */ f(1, g(2)), 3) and h(4) in (5)",
        "a where p in (/* $Ports.xmpp */ 5222) and h(4) in (5)",
    );
}

#[test]
fn a_value_that_stands_twice_is_written_once() {
    check(
        "eql",
        "a where p in (/* $Ports.xmpp */ 5222, 5222)",
        "a where p in (/* $Ports.xmpp */ 5222)",
    );
    check(
        "eql",
        "a where p in (/* $Ports.mqtt */ 1883, 1883)",
        "a where p in (/* $Ports.mqtt */ 1883, 8883)",
    );
    check(
        "eql",
        "a where p in (/* $Ports.mqtt */ 1883)",
        "a where p in (/* $Ports.mqtt */ 1883, 8883)",
    );
}

#[test]
fn what_a_site_replaces_is_gone() {
    let text = "[lists.Ports]\nreplace = [{value = 7, group = \"mqtt\"}]\n";
    let lists = site("brokerwatch.toml", text, &lists()).unwrap().lists;
    check_in(&lists, "eql", "", "a where p in (/* $Ports */ 1)", "a where p in (/* $Ports */ 7)");
    // A group without values is still a group.
    check_in(
        &lists,
        "eql",
        "",
        "a where p in (/* $Ports.xmpp */ 5222)",
        "a where p in (/* $Ports.xmpp */ -1)",
    );
}

#[test]
fn two_lists_share_parentheses() {
    check(
        "eql",
        "a where p in (/* $Ports.mqtt */ 1, /* $Ports.xmpp */ 2)",
        "a where p in (/* $Ports.mqtt */ 1883, 8883, /* $Ports.xmpp */ 5222)",
    );
}

#[test]
fn values_that_are_right_stay_as_they_are_written() {
    for query in [
        "a where p in (/* $Ports.mqtt */ 8883,\n    1883)",
        "sequence with maxspan=/* $Window */ 2m [a where true] [b where true]",
        "a where n in (/* $Names */ \"\"\"a\"b\\c\"\"\", \"*.example.com\")",
    ] {
        check("eql", query, query);
    }
    check("esql", "ROW x = /* $Window */ 120 seconds", "ROW x = /* $Window */ 120 seconds");
}

#[test]
fn one_value_is_filled_where_no_list_is() {
    check(
        "eql",
        "sequence with maxspan=/* $Window */ 9m [a where true]",
        "sequence with maxspan=/* $Window */ 2m [a where true]",
    );
    check(
        "eql",
        "a where p == /* $Ports.xmpp */ -1 and q",
        "a where p == /* $Ports.xmpp */ 5222 and q",
    );
    check("esql", "ROW x = /* $Window.burst */ 5 minutes", "ROW x = /* $Window.burst */ 1 hour");
    check(
        "esql",
        "ROW x = BUCKET(t, /* $Window */ 5 minutes, 4)",
        "ROW x = BUCKET(t, /* $Window */ 2 minutes, 4)",
    );
}

#[test]
fn texts_are_written_with_their_escapes() {
    check(
        "eql",
        "a where n : (/* $Names */ \"x\") // $Nothing",
        "a where n : (/* $Names */ \"a\\\"b\\\\c\", \"*.example.com\") // $Nothing",
    );
}

#[test]
fn markers_in_texts_and_other_comments_are_none() {
    let query = "a where n == \"/* $Ports */ 1\" and /* a note */ b == 2 // /* $Ports */ 1";
    check("eql", query, query);
}

#[test]
fn an_empty_list_is_a_value_that_no_event_has() {
    check("eql", "a where n : (/* $Allowed */ \"x\")", "a where n : (/* $Allowed */ \"\")");
}

#[test]
fn searches_have_their_markers_above() {
    let all = lists();
    let above = "# About this.\n# $Ports.mqtt fills destination.port\n# $Names fills host.name\n";
    check_in(
        &all,
        "kuery",
        above,
        "destination.port:(1 or 2) and host.name:(\"x\") and destination.portal:(7)",
        "destination.port:(1883 or 8883) and host.name:(\"a\\\"b\\\\c\" or *.example.com) and destination.portal:(7)",
    );
    check_in(&all, "lucene", "# $Ports.mqtt fills port\n", "port:(1)", "port:(1883 OR 8883)");
    check_in(
        &all,
        "kuery",
        "# $Nets.private fills ip\n",
        "not ip : (1)",
        "not ip : (10.0.0.0/8 or \"fc00::/7\")",
    );
}

#[test]
fn places_of_one_field_are_filled_in_the_order_of_the_comments() {
    check_in(
        &lists(),
        "kuery",
        "# $Nets.private fills ip\n# $Ports.mqtt fills port\n# $Allowed fills ip\n",
        "ip:(1) and port:(2) and not ip:(\"x\")",
        "ip:(10.0.0.0/8 or \"fc00::/7\") and port:(1883 or 8883) and not ip:(\"\")",
    );
    let text = rule("kuery", "# $Ports fills port\n# $Ports fills port\n", "port:(1)");
    let codes: Vec<_> = fill(&text, &lists()).diagnostics.iter().map(|found| found.code).collect();
    assert_eq!(codes, [codes::PLACE, codes::PLACE]);
}

#[test]
fn a_search_that_cannot_be_filled_says_so() {
    for query in ["port:1883", "port:(1 and 2)", "port:(1) or port:(2)", "other:(1)"] {
        let text = rule("kuery", "# $Ports fills port\n", query);
        let filled = fill(&text, &lists());
        let codes: Vec<_> = filled.diagnostics.iter().map(|found| found.code).collect();
        assert_eq!((codes.as_slice(), &filled.text), ([codes::PLACE].as_slice(), &text), "{query}");
    }
    let text = rule("kuery", "# $Ports in port\n", "port:(1)");
    assert_eq!(fill(&text, &lists()).diagnostics[0].code, codes::SYNTAX);
    let text = rule("eql", "# $Ports fills port\n", "a where true");
    assert_eq!(fill(&text, &lists()).diagnostics[0].code, codes::PLACE);
}

#[test]
fn mistakes_are_told_at_their_places() {
    wrong("eql", "a where p in (/* $Prots */ 1)", &[(codes::UNKNOWN_LIST, "/* $Prots */")]);
    wrong(
        "eql",
        "a where p in (/* $Ports.mqt */ 1)",
        &[(codes::UNKNOWN_GROUP, "/* $Ports.mqt */")],
    );
    wrong("eql", "a where p == /* $Ports */ 1", &[(codes::NOT_ONE, "/* $Ports */")]);
    wrong("eql", "a where p == /* $Allowed */ \"\"", &[(codes::NOT_ONE, "/* $Allowed */")]);
    wrong("eql", "a where p == 1 /* $Ports.xmpp */", &[(codes::PLACE, "/* $Ports.xmpp */")]);
    wrong("eql", "a where p in (/* $Apps */ 1)", &[(codes::PLACE, "/* $Apps */")]);
    wrong("eql", "a where p in (/* $ports-x */ 1)", &[(codes::SYNTAX, "/* $ports-x */")]);
}

#[test]
fn a_query_with_escapes_is_not_filled() {
    let text =
        "[rule]\ntype = \"eql\"\nquery = \"a where n == \\\"x\\\" and p in (/* $Ports */ 1)\"\n";
    let filled = fill(text, &lists());
    assert_eq!((filled.diagnostics[0].code, filled.text.as_str()), (codes::QUOTES, text));
    // Between double quotes TOML would read the escapes of the language itself.
    let text = "[rule]\ntype = \"eql\"\nquery = \"\"\"\na where n in (/* $Names */ 1)\"\"\"\n";
    let filled = fill(text, &lists());
    assert_eq!((filled.diagnostics[0].code, filled.text.as_str()), (codes::QUOTES, text));
}

#[test]
fn long_lists_are_broken_into_lines_and_only_there() {
    let mut list = lists();
    let add: Vec<String> =
        (20_000..20_040).map(|port| format!("{{value = {port}, group = \"mqtt\"}}")).collect();
    let text = format!("[lists.Ports]\nadd = [{}]\n", add.join(", "));
    list = site("brokerwatch.toml", &text, &list).unwrap().lists;
    let filled =
        fill(&rule("eql", "", "a where\n  p in (/* $Ports.mqtt */ 1) and\n  q"), &list).text;
    assert!(
        filled.lines().all(|line| line.len() <= crate::limits::FILLED_COLUMNS_MAX + 20),
        "{filled}"
    );
    assert!(filled.contains("\n    200"), "{filled}");
    assert!(filled.ends_with("20039) and\n  q\n'''\n"), "{filled}");
    let again = fill(&filled, &list);
    assert_eq!((again.text, again.uses[0].before.clone()), (filled, None));
}

#[test]
fn a_site_changes_lists() {
    let text = "profile = \"lab\"\nexceptions = [\"own/\"]\n[lists.Ports]\nadd = [{value = 21883, group = \"mqtt\", \
                reason = \"the gateway\"}]\nremove = [8883]\n[lists.Allowed]\nreplace = [\"b.example.com\"]\n\
                [lists.Apps]\nremove = [\"Chat\"]\n[tune]\nWindow = \"5m\"\n";
    let changed = site("brokerwatch.toml", text, &lists()).unwrap();
    assert_eq!((changed.exceptions, changed.warnings), (vec!["own/".to_owned()], vec![]));
    let lists = changed.lists;
    check_in(
        &lists,
        "eql",
        "",
        "a where p in (/* $Ports.mqtt */ 1)",
        "a where p in (/* $Ports.mqtt */ 1883, 21883)",
    );
    check_in(
        &lists,
        "eql",
        "",
        "a where n : (/* $Allowed */ \"\")",
        "a where n : (/* $Allowed */ \"b.example.com\")",
    );
    check_in(
        &lists,
        "eql",
        "",
        "a where f(x, /* $Nets */ 1)",
        "a where f(x, /* $Nets */ \"10.0.0.0/8\", \"fc00::/7\")",
    );
    check_in(
        &lists,
        "eql",
        "",
        "maxspan=/* $Window */ 2m, /* $Window.burst */ 1h",
        "maxspan=/* $Window */ 5m, /* $Window.burst */ 1h",
    );
    assert_eq!(lists.get("Apps").unwrap().software, []);
    let changes = &lists.get("Ports").unwrap().changes;
    let told: Vec<_> =
        changes.iter().map(|change| (change.done, change.value.to_string())).collect();
    assert_eq!(told, [(Done::Added, "21883".to_owned()), (Done::Removed, "8883".to_owned())]);
    let groups = "[tune.Window]\nburst = \"3h\"\n";
    let lists = site("brokerwatch.toml", groups, &self::lists()).unwrap().lists;
    check_in(&lists, "eql", "", "maxspan=/* $Window.burst */ 1h", "maxspan=/* $Window.burst */ 3h");
}

#[test]
fn mistakes_of_a_site_are_told_at_their_places() {
    for (text, code, piece) in [
        ("[lists.Prots]\nadd = []\n", codes::UNKNOWN_LIST, "Prots"),
        ("[lists.Ports]\nadd = [70000]\n", codes::VALUE, "70000"),
        ("[lists.Ports]\nadd = [21883]\n", codes::UNKNOWN_GROUP, "21883"),
        (
            "[lists.Ports]\nadd = [{value = 1, group = \"mqt\"}]\n",
            codes::UNKNOWN_GROUP,
            "{value = 1, group = \"mqt\"}",
        ),
        (
            "[lists.Ports]\nadd = [{value = 1, gruop = \"mqtt\"}]\n",
            crate::codes::UNKNOWN_KEY,
            "{value = 1, gruop = \"mqtt\"}",
        ),
        (
            "[lists.Ports]\nadd = [{group = \"mqtt\"}]\n",
            crate::codes::MISSING_KEY,
            "{group = \"mqtt\"}",
        ),
        ("[lists.Ports]\nad = []\n", crate::codes::UNKNOWN_KEY, "ad"),
        ("[lists.Nets]\nadd = [\"10.0.0.1\"]\n", codes::VALUE, "\"10.0.0.1\""),
        ("[lists.Apps]\nadd = [\"x\"]\n", codes::VALUE, "Apps"),
        ("[tune]\nWindow = \"soon\"\n", codes::VALUE, "\"soon\""),
        ("[tune]\nPorts = 7\n", codes::VALUE, "Ports"),
        ("[tune.Window]\nbusrt = \"1h\"\n", codes::UNKNOWN_GROUP, "busrt"),
        ("profile = \"labor\"\n", CHOICE, "\"labor\""),
        ("lists = 7\n", crate::codes::TYPE, "7"),
        ("[list.Ports]\n", crate::codes::UNKNOWN_KEY, "list"),
        ("[lists.Ports\n", crate::codes::SYNTAX, ""),
    ] {
        let found = site("brokerwatch.toml", text, &lists()).unwrap_err();
        assert_eq!(found[0].code, code, "{text}{found:?}");
        let at = &text[found[0].span().range()];
        assert!(piece.is_empty() || at == piece, "{text}{at}");
    }
}

#[test]
fn changes_without_effect_are_worth_a_warning() {
    let text = "[lists.Ports]\nadd = [{value = 1883, group = \"mqtt\"}]\nremove = [7]\n[lists.Apps]\nremove = [\"Caht\"]\n";
    let changed = site("brokerwatch.toml", text, &lists()).unwrap();
    let codes: Vec<_> = changed.warnings.iter().map(|found| found.code).collect();
    assert_eq!(codes, [codes::NO_EFFECT; 3]);
    assert_eq!(changed.lists, lists());
}

#[test]
fn drift_names_what_is_more_and_what_is_less() {
    let found = drift(&rule("eql", "", "a where p in (/* $Ports.mqtt */ 1883, 7)"), &lists());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, codes::DRIFT);
    assert!(
        found[0].message.ends_with("the rule lacks `8883` and adds `7`"),
        "{}",
        found[0].message
    );
    assert_eq!(
        drift(&rule("eql", "", "a where p in (/* $Ports.mqtt */ 8883, 1883)"), &lists()),
        []
    );
}

#[test]
fn mistakes_of_a_list_file_are_told_together() {
    let text = "[list]\nname = \"A-b\"\ntitle = \"\"\ntype = \"prot\"\nupdated = \"24.11.2026\"\n[[entry]]\nvalue = 1\n";
    let codes: Vec<_> =
        load("list.toml", text).unwrap_err().iter().map(|found| found.code).collect();
    assert_eq!(codes, [FORMAT, RANGE, CHOICE, FORMAT]);
    for (kind, value) in [
        ("port", "0"),
        ("port", "\"1883\""),
        ("network", "\"10.0.0.0/33\""),
        ("network", "\"10.0.0.1\""),
        ("domain", "\"a b\""),
        ("domain", "\"*\""),
        ("text", "\"\""),
        ("number", "\"1\""),
        ("number", "inf"),
        ("duration", "\"2 weeks\""),
        ("duration", "\"0s\""),
    ] {
        let head = format!(
            "[list]\nname = \"A\"\ntitle = \"A\"\ntype = \"{kind}\"\nupdated = \"2026-11-24\"\n"
        );
        let text = format!("{head}[[entry]]\nvalue = {value}\nnote = \"n\"\nsource = \"s\"\n");
        let found = load("list.toml", &text).unwrap_err();
        assert_eq!((found[0].code, &text[found[0].span().range()]), (codes::VALUE, value));
    }
    let twice = format!(
        "{}[[entry]]\nvalue = 1883\ngroup = \"mqtt\"\nnote = \"n\"\nsource = \"s\"\n",
        LISTS[0]
    );
    assert_eq!(load("list.toml", &twice).unwrap_err()[0].code, codes::TWICE);
    let bare = LISTS[5].replace("C:\\Chat\\*\\chat.exe", "chat.exe");
    let codes: Vec<_> =
        load("list.toml", &bare).unwrap_err().iter().map(|found| found.code).collect();
    assert_eq!(codes, [codes::VALUE, FORMAT]);
    let nothing = LISTS[5].replace("path = 'C:\\Chat\\*\\chat.exe'\n", "");
    assert_eq!(load("list.toml", &nothing).unwrap_err()[0].code, codes::VALUE);
}

#[test]
fn software_becomes_exceptions_that_load() {
    let text = exceptions(lists().get("Apps").unwrap());
    let contents = crate::exceptions::load("honest.toml", &text, &|_, _| None).unwrap();
    assert_eq!(contents.warnings, []);
    let [list] = contents.lists.as_slice() else { panic!("{text}") };
    assert_eq!(list.list_id, HONEST_SOFTWARE);
    let fields = |item: &crate::exceptions::Item| {
        item.entries.iter().map(|entry| entry.field.clone()).collect::<Vec<_>>()
    };
    let items: Vec<_> = list.items.iter().map(fields).collect();
    let program = "process.executable";
    assert_eq!(
        items,
        [
            vec![program, "destination.port", "destination.domain"],
            vec![program, "dns.question.name"]
        ]
    );
    let crate::exceptions::Test::Wildcard(path) = &list.items[0].entries[0].test else {
        panic!("{text}")
    };
    assert_eq!(path.value, "C:\\\\Chat\\\\*\\\\chat.exe");
    assert_eq!(
        list.items[0].expires.map(|time| time.to_string()).as_deref(),
        Some("2027-01-01T00:00:00Z")
    );
}

#[test]
fn lists_of_packs_load_and_their_rules_hold_them() {
    for pack in pack::ALL {
        let (lists, failures) = pack.lists();
        assert_eq!(failures, []);
        for list in lists.iter() {
            assert!(list.path.ends_with(&format!("/{}.toml", list.name)), "{}", list.path);
        }
        for (path, text) in pack.toml_files(pack::RULES) {
            assert_eq!(drift(text, &lists), [], "{path}");
        }
    }
}

#[test]
fn the_tunables_of_det0002_are_lists() {
    let (lists, _) = pack::PUBSUB.lists();
    for name in [
        "AppContextFilter",
        "BrokerAllowList",
        "BrokerReputationList",
        "PayloadLengthThreshold",
        "ProtocolPortList",
        "TimeWindow",
        "TopicAnomalyScore",
        "URIPathRegex",
        "UnusualProcessList",
    ] {
        assert!(lists.get(name).is_some(), "{name}");
    }
    assert_eq!(lists.get("SpecialAddresses").unwrap().lab_networks, ["documentation"]);
}
