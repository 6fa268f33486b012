//! The help texts, held to what is committed: `-h` and `--help` of the binary and of every command that it lists.
//!
//! A new command needs no line here; its texts are written by the same run that renews the others.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test reads its files and stops at what it did not expect"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use brokerwatch_testkit::UPDATE;

#[test]
fn help_texts_are_those_committed() {
    let mut texts = BTreeMap::new();
    collect(&mut Vec::new(), &mut texts);
    assert!(10 <= texts.len(), "the commands that the help lists were not found: {texts:?}");
    let update = std::env::var_os(UPDATE).is_some_and(|value| value == "1")
        && std::env::var_os("CI").is_none();
    if update {
        write(&texts);
    }
    let committed = committed();
    let names = |texts: &BTreeMap<String, String>| texts.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&texts), "{}", way_out());
    for (name, text) in &texts {
        assert!(committed[name] == *text, "{name} is now\n{text}\n{}", way_out());
    }
}

#[test]
fn help_fits_a_terminal() {
    let mut texts = BTreeMap::new();
    collect(&mut Vec::new(), &mut texts);
    for (name, text) in &texts {
        let longest = text.lines().max_by_key(|line| line.chars().count()).unwrap_or_default();
        // Examples and lists of exit codes are not wrapped.
        assert!(longest.chars().count() <= COLUMNS, "a line of {name} is too long: {longest}");
    }
}

/// The width that the texts are wrapped at.
const COLUMNS: usize = 100;

/// Gathers the texts of a command, named by its words, and of the commands below it.
fn collect(command: &mut Vec<String>, texts: &mut BTreeMap<String, String>) {
    let long = help(command, "--help");
    let name = [&["brokerwatch".to_owned()], command.as_slice()].concat().join(".");
    for below in commands(&long) {
        command.push(below.to_owned());
        collect(command, texts);
        command.pop();
    }
    texts.insert(format!("{name}.short.txt"), help(command, "-h"));
    texts.insert(format!("{name}.long.txt"), long);
}

fn help(command: &[String], flag: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_brokerwatch"))
        .args(command)
        .arg(flag)
        // Neither the terminal of the run nor its settings, which the texts show.
        .env_clear()
        .env("COLUMNS", COLUMNS.to_string())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{command:?} {flag}: {}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// The commands that a help text lists, without `help`, which has none of its own.
fn commands(help: &str) -> impl Iterator<Item = &str> {
    let list = help.split_once("\nCommands:\n").map_or("", |(_, list)| list);
    list.lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help")
}

fn committed() -> BTreeMap<String, String> {
    let Ok(entries) = std::fs::read_dir(folder()) else { return BTreeMap::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let named = |path: PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&path).unwrap())
    };
    paths.map(named).collect()
}

/// Makes the folder hold these texts and no others.
fn write(texts: &BTreeMap<String, String>) {
    std::fs::create_dir_all(folder()).unwrap();
    for name in committed().keys().filter(|name| !texts.contains_key(*name)) {
        std::fs::remove_file(folder().join(name)).unwrap();
    }
    for (name, text) in texts {
        std::fs::write(folder().join(name), text).unwrap();
    }
}

fn way_out() -> String {
    format!(
        "the help has changed: `{UPDATE}=1 cargo test -p brokerwatch --test help` takes the new texts, and \
         `cargo xtask codegen` puts them into docs/reference/cli.md"
    )
}
