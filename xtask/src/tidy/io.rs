//! The core does no IO: it opens nothing, starts no thread and asks no clock.
//!
//! Clippy holds the same for single functions (clippy.toml); this holds it for whole modules of the standard library,
//! and needs no list of functions.

use super::source::code;
use super::{Check, Finding, Tree};

pub(super) const CHECK: Check = Check {
    name: "io",
    holds: "only `runtime` and the programs open files and sockets, start threads and ask the time",
    run,
};

/// The crates that may; `testkit` is part of no program.
const OUTER: &[&str] = &["runtime", "brokerwatch", "testkit"];

/// Modules of the standard library that reach the machine.
const MODULES: &[&str] = &["fs", "thread", "process", "env"];

/// Names that reach it, from whatever module.
const NAMES: &[&str] = &["TcpStream", "TcpListener", "UdpSocket", "UnixStream", "SystemTime", "Instant::now"];

fn run(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.sources() {
        let Some((room, inside)) = file.path.strip_prefix("crates/").and_then(|path| path.split_once('/')) else {
            continue;
        };
        // A build script runs on the builder's machine, not in the product.
        if OUTER.contains(&room) || !inside.starts_with("src/") {
            continue;
        }
        for (line, text) in code(file) {
            if let Some(name) = reaches(text) {
                let help = "take what is needed as an argument, and let `runtime` fetch it";
                findings.push(Finding::new(&file.path, line, format!("`{name}` in `{room}`"), help));
            }
        }
    }
    findings
}

/// What of the machine a line of code reaches for.
fn reaches(line: &str) -> Option<&'static str> {
    let module = MODULES.iter().find(|module| {
        words_after(line, "std::").any(|word| word == **module)
            || line.trim_start().starts_with("use std::{")
                && line.split(|c: char| !c.is_alphanumeric()).any(|word| word == **module)
    });
    // A name in quotes is data: Windows calls an attribute of its events so.
    let is_code = |name: &&&str| line.contains(**name) && !line.contains(&format!("\"{name}\""));
    module.or_else(|| NAMES.iter().find(is_code)).copied()
}

/// The word after each occurrence of `prefix`.
fn words_after<'a>(line: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    line.split(prefix).skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::expect;

    #[test]
    fn the_core_reaches_for_nothing() {
        let check = |line: &str, expected: &[&str]| expect(&CHECK, &[("crates/eql/src/a.rs", line)], expected);
        let found = ["crates/eql/src/a.rs:1"];
        check("use std::fs;", &found);
        check("use std::{fmt, fs};", &found);
        check("std::thread::spawn(f);", &found);
        check("use std::time::{Duration, SystemTime};", &found);
        check("let s = std::net::TcpStream::connect(a);", &found);
        check("use std::fmt;", &[]);
        check("(\"TimeCreated\", \"SystemTime\") => {}", &[]);
        check("use std::net::IpAddr;", &[]);
        check("thread_local! {}", &[]);
        check("// std::fs is for the runtime", &[]);
        check("#[cfg(test)]\nmod tests {\n    use std::fs;\n}", &[]);
    }

    #[test]
    fn the_rim_may() {
        for path in ["crates/runtime/src/a.rs", "crates/brokerwatch/src/a.rs", "crates/ingest/build.rs"] {
            expect(&CHECK, &[(path, "use std::fs;")], &[]);
        }
    }
}
