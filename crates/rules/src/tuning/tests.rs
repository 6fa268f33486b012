//! What is proposed for alerts, what is refused, and what becomes of files.

use super::*;

const ADDRESS: &str = "destination.ip=93.184.216.34";

fn sighting<T: AsRef<str>>(alert: usize, pairs: &[T]) -> Sighting {
    let pair = |pair: &T| {
        let (field, value) = pair.as_ref().split_once('=').unwrap();
        let field = FIELDS.iter().find(|own| own.ends_with(field)).unwrap();
        (*field, value.to_owned())
    };
    Sighting { alert, facts: pairs.iter().map(pair).collect() }
}

/// What is proposed for events that are given as `field=value` pairs, an alert each.
fn proposed<T: AsRef<str>>(events: &[Vec<T>]) -> Proposed {
    let each = events.iter().enumerate();
    propose(&each.map(|(alert, pairs)| sighting(alert, pairs)).collect::<Vec<_>>())
}

/// One line for each proposal, then the refusals.
fn shown(proposed: &Proposed) -> Vec<String> {
    let proposals = proposed.proposals.iter().map(|own| {
        let entries: Vec<String> = own.entries.iter().map(ToString::to_string).collect();
        format!("{}: {}", own.sightings.len(), entries.join("; "))
    });
    let refusals = proposed.refusals.iter().map(|own| {
        let start = own.why.split([',', ';']).next().unwrap();
        format!("{} refused: {start}", own.alerts)
    });
    proposals.chain(refusals).collect()
}

#[track_caller]
fn check(events: &[&[&str]], expected: &[&str]) {
    let events: Vec<Vec<&str>> = events.iter().map(|pairs| pairs.to_vec()).collect();
    assert_eq!(shown(&proposed(&events)), expected);
}

/// What is asked of one field, of events that differ in one value; the first value of each proposal.
fn asked(field: &str, fixed: &str, values: &[&str]) -> Vec<String> {
    let events: Vec<Vec<String>> =
        values.iter().map(|value| vec![fixed.to_owned(), format!("{field}={value}")]).collect();
    let mut all: Vec<String> = proposed(&events)
        .proposals
        .iter()
        .map(|own| own.asked(field).unwrap().values.join(" "))
        .collect();
    all.sort();
    all
}

#[test]
fn a_path_an_address_and_a_port() {
    let event = ["executable=/opt/gw/bin/gw", "process.name=gw", ADDRESS, "destination.port=1883"];
    let first = "2: process.executable is /opt/gw/bin/gw; destination.ip is 93.184.216.34; destination.port is 1883";
    check(&[&event, &event], &[first]);
    // Another port is another exception.
    let other = ["executable=/opt/gw/bin/gw", ADDRESS, "destination.port=8883"];
    let second = "1: process.executable is /opt/gw/bin/gw; destination.ip is 93.184.216.34; destination.port is 8883";
    check(&[&event, &other, &event], &[first, second]);
}

#[test]
fn a_name_alone_is_refused() {
    let refused = "1 refused: only the name `a` is known";
    check(&[&["process.name=a", ADDRESS, "destination.port=1883"]], &[refused]);
    check(&[&["executable=a", "process.name=a", ADDRESS]], &[refused]);
    // A signer counts only if the system trusts it.
    check(&[&["process.name=a", "subject_name=S", "trusted=false", ADDRESS]], &[refused]);
    check(
        &[&["process.name=a", "subject_name=S", "trusted=true", ADDRESS]],
        &["1: process.code_signature.subject_name is S; process.code_signature.trusted is true; \
           destination.ip is 93.184.216.34"],
    );
    check(
        &[&["process.name=a", "package.name=p", ADDRESS]],
        &["1: package.name is p; destination.ip is 93.184.216.34"],
    );
}

#[test]
fn what_says_too_little_is_refused() {
    check(&[&["executable=/a/b"]], &["1 refused: `/a/b` is known"]);
    check(&[&[]], &["1 refused: the alerts tell neither a program nor an address that does it"]);
    check(&[&["source.ip=10.0.0.1"]], &["1 refused: `10.0.0.1` is known"]);
    check(
        &[&["source.ip=10.0.0.1", ADDRESS, "destination.port=1883"]],
        &["1: source.ip is 10.0.0.1; destination.ip is 93.184.216.34; destination.port is 1883"],
    );
}

#[test]
fn only_parts_that_vary_become_wildcards() {
    for (paths, expected) in [
        (&["/home/ann/x/a", "/home/bob/x/a"][..], &["/home/*/x/a"][..]),
        (&["/home/ann/x/a", "/home/ann/x/a"], &["/home/ann/x/a"]),
        // Folders that no one calls a user, a version or an identifier are part of who it is.
        (&["/opt/one/a", "/opt/two/a"], &["/opt/one/a", "/opt/two/a"]),
        (&["/opt/a-1.2/a", "/opt/a-1.10.3/a"], &["/opt/a-*/a"]),
        (&["/opt/a-1.2/v1/a", "/opt/a-1.3/v1/a"], &["/opt/a-*/v1/a"]),
        (&["/usr/bin/python3.11", "/usr/bin/python3.12"], &["/usr/bin/python*"]),
        (
            &[
                "/d/6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c71d5/a",
                "/d/0f2b8a1c-7c1e-4d35-9a58-6f6a2f0e71d5/a",
            ],
            &["/d/*/a"],
        ),
        (
            &[r"C:\Users\ann\a*b\1.2\x.exe", r"C:\Users\bob\a*b\1.2\x.exe"],
            &[r"C:\\Users\\*\\a\*b\\1.2\\x.exe"],
        ),
        (&[r"C:\Users\Public\x.exe"], &[r"C:\Users\Public\x.exe"]),
        (&["/facade12/a", "/decade12/a"], &["/decade12/a", "/facade12/a"]),
    ] {
        assert_eq!(asked("process.executable", ADDRESS, paths), expected, "{paths:?}");
    }
}

#[test]
fn what_varies_is_told() {
    let events = ["ann", "bob", "cid", "dan"]
        .map(|user| vec![format!("executable=/home/{user}/a"), ADDRESS.to_owned()]);
    let proposed = proposed(&events);
    let [Varies { field, what, examples, count }] = &proposed.proposals[0].varies[..] else {
        panic!("one part varies: {proposed:?}")
    };
    assert_eq!((*field, *what, *count), ("process.executable", "user", 4));
    assert_eq!(examples, &["ann", "bob", "cid"]);
}

#[test]
fn destinations_by_name_share_what_was_registered() {
    for (names, expected) in [
        (&["a.iot.example.com", "a.iot.example.com"][..], &["a.iot.example.com"][..]),
        (&["a.iot.example.com", "b.iot.example.com"], &["*.iot.example.com"]),
        (&["a.iot.example.com", "b.other.example.com"], &["*.example.com"]),
        (&["example.com", "b.example.com"], &["b.example.com example.com"]),
        (&["a.example.com", "a.example.org"], &["a.example.com", "a.example.org"]),
        (&["a.one.co.uk", "a.two.co.uk"], &["a.one.co.uk", "a.two.co.uk"]),
    ] {
        assert_eq!(asked("destination.domain", "executable=/a/b", names), expected, "{names:?}");
    }
}

#[test]
fn many_addresses_are_named_by_their_networks_or_refused() {
    let to = |addresses: Vec<String>| {
        let events: Vec<Vec<String>> = addresses
            .iter()
            .map(|one| vec!["executable=/a/b".to_owned(), format!("destination.ip={one}")])
            .collect();
        shown(&proposed(&events)).join("\n")
    };
    assert_eq!(
        to((1..=3).map(|n| format!("198.51.100.{n}")).collect()),
        "3: process.executable is /a/b; destination.ip is one of 198.51.100.1, 198.51.100.2, 198.51.100.3"
    );
    assert_eq!(
        to((1..=6).map(|n| format!("198.51.100.{n}")).collect()),
        "6: process.executable is /a/b; destination.ip is 198.51.100.0/24"
    );
    assert_eq!(
        to((1..=6).map(|n| format!("2001:db8::{n}")).collect()),
        "6: process.executable is /a/b; destination.ip is 2001:db8::/48"
    );
    assert_eq!(
        to((1..=11).map(|n| format!("198.51.{n}.1")).collect()),
        "11 refused: one program reaches 11 addresses in unrelated networks"
    );
}

#[test]
fn an_event_without_a_destination_is_known_by_what_it_was_told_to_do() {
    check(
        &[&[
            "executable=/usr/bin/m",
            "command_line=m -t health",
            "parent.executable=/usr/sbin/cron",
        ]],
        &["1: process.executable is /usr/bin/m; process.command_line is m -t health; \
           process.parent.executable is /usr/sbin/cron"],
    );
}

#[test]
fn of_the_events_of_a_sequence_that_which_says_most_is_taken() {
    let proposed = propose(&[
        sighting(7, &["process.name=x"]),
        sighting(
            7,
            &["executable=/a/b", "destination.domain=b.example.com", "destination.port=1883"],
        ),
        sighting(7, &["executable=/a/b", "command_line=b"]),
    ]);
    assert_eq!(
        shown(&proposed),
        [
            "1: process.executable is /a/b; destination.domain is b.example.com; destination.port is 1883"
        ]
    );
    assert_eq!(proposed.proposals[0].sightings, [1]);
}

const ID: &str = "6f6a2f0e-7c1e-4d35-9a58-0f2b8a1c71d5";

fn rule(id: &str) -> crate::Rule {
    let text = format!(
        "[metadata]\ncreation_date = \"2026/01/02\"\nupdated_date = \"2026/01/02\"\n[rule]\nauthor = [\"a\"]\n\
         description = \"d\"\nname = \"A \\\"rule\\\"\"\nrisk_score = 47\nrule_id = \"{id}\"\nseverity = \"medium\"\n\
         type = \"eql\"\nlanguage = \"eql\"\nquery = \"any where true\"\n"
    );
    crate::load("a.toml", &text).unwrap_or_else(|found| panic!("{found:?}"))
}

fn proposals(paths: &[&str]) -> Vec<Proposal> {
    let entries = |path: &&str| {
        vec![Asked::value("process.executable", path), Asked::value("destination.port", "1883")]
    };
    let each = paths.iter().map(entries);
    each.map(|entries| Proposal { entries, varies: Vec::new(), sightings: vec![0] }).collect()
}

fn on_a_day() -> Words {
    Words { day: "2026/03/02".to_owned(), ..Words::default() }
}

fn put(text: &str, paths: &[&str]) -> Result<Added, String> {
    let own = proposals(paths);
    let own: Vec<&Proposal> = own.iter().collect();
    added("a.toml", text, &rule(ID), &own, &on_a_day(), &|_, _| None)
}

/// Another list, behind a comment.
const OTHER: &str = "# kept\n[[exceptions]]\n[exceptions.container]\ndescription = \"d\"\nlist_id = \"other\"\nname = \"o\"\n\
    namespace_type = \"single\"\ntags = []\ntype = \"detection\"\n[[exceptions.items]]\ncomments = []\ndescription = \"d\"\n\
    list_id = \"other\"\nname = \"i\"\nnamespace_type = \"single\"\ntype = \"simple\"\n[[exceptions.items.entries]]\n\
    field = \"a\"\noperator = \"included\"\ntype = \"exists\"\n";

#[test]
fn a_file_loses_and_doubles_nothing() {
    let own = proposals(&[r"C:\a \é.exe", "/b \"c\""]);
    let words = Words {
        owner: Some("me".to_owned()),
        reason: Some("agent".to_owned()),
        expires: Some("2027-01-31T00:00:00.000Z".to_owned()),
        ..on_a_day()
    };
    let text = document(&rule(ID), &own.iter().collect::<Vec<_>>(), &words);
    assert!(text.contains("description = \"agent (me)\"") && !text.contains('#'), "{text}");
    let loaded = crate::exceptions::load("a.toml", &text, &|_, _| None).unwrap();
    assert_eq!(loaded.lists[0].items.len(), 2);
    assert!(loaded.lists[0].items[0].expires.is_some() && loaded.warnings.is_empty());
    assert!(loaded.lists[0].applies_to(&rule(ID)));
    let text = format!("{text}{OTHER}");
    let same = put(&text, &["/b \"c\"", r"C:\a \é.exe"]).unwrap();
    assert_eq!((same.added, same.known, same.text.as_str()), (0, 2, text.as_str()));
    let more = put(&text, &["/b \"c\"", "/new"]).unwrap();
    assert_eq!((more.added, more.known), (1, 1));
    let loaded = crate::exceptions::load("a.toml", &more.text, &|_, _| None).unwrap();
    let counts: Vec<usize> = loaded.lists.iter().map(|list| list.items.len()).collect();
    assert_eq!(counts, [3, 1]);
    assert!(more.text.contains("# kept") && more.text.contains("# owner: who"), "{}", more.text);
    assert_eq!(put(&more.text, &["/new"]).unwrap().added, 0);
}

#[test]
fn a_file_that_cannot_take_proposals_says_why() {
    let of_other = document(
        &rule("11111111-7c1e-4d35-9a58-0f2b8a1c71d5"),
        &proposals(&["/a"]).iter().collect::<Vec<_>>(),
        &on_a_day(),
    );
    let export = r#"{"list_id":"x","name":"x","description":"","namespace_type":"single","type":"detection"}"#;
    for (text, why) in [
        (of_other.as_str(), "its `rule_ids` are of other rules"),
        (export, "an export of Kibana"),
        ("no toml", "no file of exceptions that can be read"),
        ("", "no file of exceptions that can be read"),
    ] {
        let got = put(text, &["/a"]).unwrap_err();
        assert!(got.contains(why), "{text}: {got}");
    }
}
