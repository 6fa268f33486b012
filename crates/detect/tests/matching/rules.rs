//! Queries with the shapes of `bench/rules.py`, over a vocabulary small enough for them to meet the documents.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};

const PROGRAMS: &[&str] =
    &["cmd.exe", "curl", "kazan.exe", "velor", "Powershell.exe", "bash", "winword.exe"];
const WORDS: &[&str] = &["kaven", "lormi", "zandu", "pritox", "Neral"];
const FOLDERS: &[&str] = &[
    r"?:\\Users\\Public\\*",
    r"?:\\Users\\*\\Temp\\*",
    "/tmp/*",
    "/home/*/.config/*",
    "/dev/shm/*",
];

fn words() -> impl Strategy<Value = &'static str> {
    select(WORDS)
}

fn texts(item: impl Strategy<Value = String>, most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(item, 1..=most).prop_map(|items| {
        let quoted: Vec<String> = items.iter().map(|item| format!("\"{item}\"")).collect();
        format!("({})", quoted.join(", "))
    })
}

fn programs() -> impl Strategy<Value = String> {
    texts(select(PROGRAMS).prop_map(str::to_owned), 10)
}

fn path() -> impl Strategy<Value = String> {
    (select(FOLDERS), words(), select(&["*", ".dll", ".sh"][..]))
        .prop_map(|(folder, word, end)| format!("{}{word}{end}", &folder[..folder.len() - 1]))
}

fn arguments() -> impl Strategy<Value = String> {
    let around = |before: &'static str, after: &'static str| {
        texts(words().prop_map(move |word| format!("{before}{word}{after}")), 6)
    };
    prop_oneof![
        around("*", "*").prop_map(|list| format!("process.args : {list}")),
        around("--", "=*").prop_map(|list| format!("process.args : {list}")),
        around("* ", " *").prop_map(|list| format!("process.command_line like~ {list}")),
        (words(), words()).prop_map(|(a, b)| format!("process.command_line : \"*{a}*{b}*\"")),
        (words(), words()).prop_map(|(a, b)| {
            format!("process.command_line regex~ \"\"\".*(-{a}|/{b})[ :=][a-z0-9]{{3,}}.*\"\"\"")
        }),
        (words(), around("", "*")).prop_map(|(word, list)| {
            format!("(process.args : \"{word}\" and process.args : {list})")
        }),
    ]
}

fn exception() -> impl Strategy<Value = String> {
    prop_oneof![
        texts(path(), 8).prop_map(|list| format!("process.executable : {list}")),
        programs().prop_map(|list| format!("process.parent.name in~ {list}")),
        Just(
            "(process.code_signature.subject_name : (\"Microsoft *\", \"Google LLC\") and process.code_signature.trusted == true)"
                .to_owned()
        ),
        Just("startsWith~(process.working_directory, \"/home/kim/\")".to_owned()),
        (programs(), arguments()).prop_map(|(list, part)| format!("(process.name : {list} and {part})")),
    ]
}

fn exceptions() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just(String::new()),
        1 => exception().prop_map(|part| format!(" and not {part}")),
        1 => prop::collection::vec(exception(), 2..5).prop_map(|parts| format!(" and not ({})", parts.join(" or "))),
    ]
}

fn process() -> impl Strategy<Value = String> {
    let shape = prop_oneof![
        (programs(), arguments())
            .prop_map(|(list, part)| format!("process.name : {list} and {part}")),
        (programs(), programs())
            .prop_map(|(a, b)| format!("process.parent.name in~ {a} and process.name in~ {b}")),
        texts(path(), 12).prop_map(|list| format!("process.executable : {list}")),
        (programs(), arguments(), programs(), arguments()).prop_map(|(a, b, c, d)| format!(
            "((process.name : {a} and {b}) or (process.name : {c} and {d}))"
        )),
        texts(select(FOLDERS).prop_map(str::to_owned), 4).prop_map(|list| {
            format!("process.executable : {list} and ?process.code_signature.trusted == false")
        }),
        programs()
            .prop_map(|list| format!("length(process.command_line) > 8 and process.name : {list}")),
    ];
    (select(&["windows", "linux"][..]), any::<bool>(), shape).prop_map(|(system, action, shape)| {
        let action = if action { " and event.action in (\"exec\", \"exec_event\", \"start\")" } else { "" };
        format!("process where host.os.type == \"{system}\" and event.type == \"start\"{action} and {shape}")
    })
}

fn network() -> impl Strategy<Value = String> {
    let shape = prop_oneof![
        programs().prop_map(|list| format!("process.name : {list}")),
        texts(path(), 5).prop_map(|list| format!(
            "destination.port in (1883, 8883) and process.executable : {list}"
        )),
        texts(words().prop_map(|word| format!("*.{word}.example")), 12)
            .prop_map(|list| format!("destination.domain : {list}")),
    ];
    (
        select(&["event.type == \"start\"", "network.direction == \"egress\""][..]),
        shape,
        any::<bool>(),
    )
        .prop_map(|(first, shape, internal)| {
            let outside =
                "and not cidrmatch(destination.ip, \"10.0.0.0/8\", \"::1\", \"fe80::/10\")";
            format!("network where {first} and {shape} {}", if internal { "" } else { outside })
        })
}

fn others() -> impl Strategy<Value = String> {
    let file = (
        select(&["event.type == \"creation\"", "event.type != \"deletion\""][..]),
        texts(path(), 20),
    )
        .prop_map(|(first, list)| {
            format!(
                "file where {first} and file.extension : (\"dll\", \"SH\") and file.path : {list}"
            )
        });
    let registry =
        texts(words().prop_map(|word| format!(r"HKLM\\SYSTEM\\ControlSet*\\{word}\\*")), 12)
            .prop_map(|list| {
                format!("registry where event.type == \"change\" and registry.path : {list}")
            });
    let library = texts(words().prop_map(|word| format!("{word}.dll")), 30).prop_map(|list| {
        format!("library where dll.name : {list} and ?dll.code_signature.trusted == false")
    });
    let dns = texts(words().prop_map(|word| format!("*.{word}.example")), 10)
        .prop_map(|list| format!("dns where dns.question.name : {list}"));
    let any = (
        texts(words().prop_map(|word| format!("{word}-*")), 4),
        texts(words().prop_map(str::to_owned), 4),
    )
        .prop_map(|(actions, users)| {
            format!("any where event.action : {actions} and user.name : {users}")
        });
    let crowded = prop::collection::vec("[a-z]{3,5}", 100..200).prop_map(|items| {
        let quoted: Vec<String> = items.iter().map(|item| format!("\"*{item}*\"")).collect();
        format!(
            "process where event.type == \"start\" and process.command_line : ({})",
            quoted.join(", ")
        )
    });
    prop_oneof![4 => file, 4 => registry, 4 => library, 4 => dns, 4 => any, 1 => crowded]
}

pub(crate) fn query() -> impl Strategy<Value = String> {
    let body = prop_oneof![3 => process(), 2 => network(), 3 => others()];
    (body, exceptions()).prop_map(|(body, exceptions)| body + &exceptions)
}

/// A document of one category with most of the fields that the queries read.
pub(crate) fn document() -> impl Strategy<Value = Json> {
    let place = (
        select(&[r"C:\Users\Public\", r"c:\users\kim\TEMP\", "/tmp/", "/home/kim/.config/"][..]),
        words(),
    );
    let place = (place, select(&["", ".dll", ".SH", ".exe"][..]))
        .prop_map(|((folder, word), end)| format!("{folder}{word}{end}"));
    let args = prop::collection::vec(
        (select(&["", "--", "x", "-"][..]), words(), select(&["", "=1", "y", " abc1"][..])),
        0..4,
    )
    .prop_map(|args| args.into_iter().map(|(a, b, c)| format!("{a}{b}{c}")).collect::<Vec<_>>());
    let head = (
        select(&["process", "network", "file", "registry", "library", "dns"][..]),
        select(&["windows", "linux"][..]),
        select(&["start", "creation", "change"][..]),
        select(&["exec", "start", "lormi-x"][..]),
    );
    let names = (select(PROGRAMS), select(PROGRAMS), words(), any::<bool>());
    let target =
        (select(&[1883, 443][..]), select(&["10.0.0.1", "8.8.8.8"][..]), words(), any::<bool>());
    (head, names, target, place, args).prop_map(|(head, names, target, place, args)| {
        let upper = |text: &str, upper| if upper { text.to_uppercase() } else { text.to_owned() };
        let name = upper(names.0, names.3);
        let domain = format!("a.{}.example", upper(target.2, target.3));
        json!({
            "event": {"category": [head.0], "type": [head.2], "action": head.3},
            "host.os.type": head.1,
            "process": {
                "name": name, "executable": place, "parent": {"name": names.1}, "args": args,
                "command_line": format!("{name} {} {}", args.join(" "), names.2),
                "code_signature": {"trusted": names.3, "subject_name": "Microsoft Windows"},
                "working_directory": if target.3 { "/home/kim/x" } else { "/" },
            },
            "network.direction": "egress",
            "destination": {"port": target.0, "ip": target.1, "domain": domain},
            "dns.question.name": domain,
            "file": {"path": place, "extension": "dll"},
            "registry": {"path": format!(r"hklm\system\controlset001\{}\x", target.2)},
            "dll": {"name": format!("{}.dll", upper(names.2, names.3)), "code_signature.trusted": target.3},
            "user.name": names.2,
        })
    })
}
