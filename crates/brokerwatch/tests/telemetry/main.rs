//! Telemetry of every source through the built program: what people have recorded, what we made for each source, and
//! what is damaged.
//!
//! `sources/` holds one input for each source that is told from text, named after it, in which exactly one event is
//! an outbound connection to a broker. `corpus/` holds what is said of the telemetry of other people, which lies
//! beside the repository.

#![expect(
    clippy::disallowed_methods,
    reason = "the program under test reads files, which are written here"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Map, Value};

mod archives;
mod corpus;
mod evtx;
mod hostile;
mod sources;

/// What the program said.
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// The program, to be run in a folder with neither the settings nor the input of whoever tests.
fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brokerwatch"));
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Run {
    let output = program(folder, arguments).output().expect("the program is built");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
    let run = Run {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    };
    assert!(!run.stderr.contains("panicked"), "{arguments:?}: {}", run.stderr);
    run
}

/// What `inspect` says of each file in the folder.
fn inspect(folder: &Path, paths: &[&str]) -> (Run, Vec<Value>) {
    let run = run(folder, &[&["inspect", "--format", "json"], paths].concat());
    let files = serde_json::from_str(&run.stdout).expect("an array of files");
    (run, files)
}

/// The documents that `ecs` writes.
fn documents(folder: &Path, arguments: &[&str]) -> Vec<Map<String, Value>> {
    let run = run(folder, &[&["ecs", "--quiet"], arguments].concat());
    run.stdout.lines().map(|line| serde_json::from_str(line).expect("a document")).collect()
}

/// A field of a document as text; several values are joined by blanks.
fn field(document: &Value, name: &str) -> String {
    let nested = name.split('.').try_fold(document, |inner, key| inner.get(key));
    match nested.or_else(|| document.get(name)) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(values)) => {
            let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
            values.iter().map(text).collect::<Vec<_>>().join(" ")
        }
        Some(other) => other.to_string(),
    }
}

/// The folder of these tests.
fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/telemetry")
}

/// The files of a folder that end in `.extension`, by name, with their bytes.
fn files(folder: &Path, extension: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("the folder can be listed").path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|end| end == extension)).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let bytes =
            std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, bytes)
    };
    paths.into_iter().map(read).collect()
}

/// The name of a file without its ending.
fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
