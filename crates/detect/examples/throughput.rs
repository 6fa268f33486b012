//! How fast a rule set runs over events on one thread, with and without the candidate index:
//!
//! ```text
//! python3 bench/rules.py /tmp/rules --count 1000 --seed 1
//! cargo run --release -p brokerwatch-detect --example throughput -- /tmp/rules events.ndjson
//! ```
//!
//! Reading the events is not measured.

#![expect(
    clippy::disallowed_methods,
    reason = "a program of its own opens files and asks the clock"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs, io};

use brokerwatch_detect::{Matcher, RuleSet};
use brokerwatch_ecs::{Event, Schema};
use brokerwatch_rules::{Loaded, load_all};

use self::reader::Document;

#[path = "../tests/matching/reader.rs"]
mod reader;

/// What an explicit null stands for, which is nothing in ECS.
const NULL_VALUE: &str = "";

/// Documents that are in memory at once; reading them is not measured.
const BATCH: usize = 1_000;

fn main() -> io::Result<()> {
    let mut args = env::args_os().skip(1).map(PathBuf::from);
    let (Some(rules), Some(events)) = (args.next(), args.next()) else {
        return Err(io::Error::other("usage: throughput RULES-FOLDER EVENTS.NDJSON"));
    };
    let (loaded, took) = timed(|| load(&rules));
    let loaded = loaded?;
    report(&format!("{} rules loaded", loaded.rules.len()), took);
    let (set, took) = timed(|| RuleSet::compile(&loaded.rules, &Schema::open()));
    report(&format!("{} compiled", set.rules.len()), took);
    let (_, took) = timed(|| Matcher::new(&set.conditions));
    report("indexed", took);

    let bytes = fs::read(events)?;
    let lines: Vec<&[u8]> =
        bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    measure("with the index", &lines, &set, |matcher, event, found| {
        matcher.run(event, |_, _| *found += 1);
    })?;
    measure("without the index", &lines, &set, |matcher, event, found| {
        matcher.run_every(event, |_, _| *found += 1);
    })
}

fn load(folder: &Path) -> io::Result<Loaded> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        files.push((path.display().to_string(), fs::read_to_string(&path)?));
    }
    files.sort();
    Ok(load_all(files.into_iter()))
}

/// Runs all events batch by batch. One way at a time, so that neither takes the processor's caches from the other.
fn measure(
    how: &str,
    lines: &[&[u8]],
    set: &RuleSet<'_>,
    run: impl Fn(&mut Matcher<'_>, &Event<'_>, &mut u64),
) -> io::Result<()> {
    let mut matcher = Matcher::new(&set.conditions);
    let (mut matches, mut total) = (0, Duration::ZERO);
    for batch in lines.chunks(BATCH) {
        let documents: Vec<Document> = batch
            .iter()
            .map(|line| Ok(Document::new(&serde_json::from_slice(line)?)))
            .collect::<io::Result<_>>()?;
        let events: Vec<Event<'_>> =
            documents.iter().map(|document| document.event(&set.projection)).collect();
        let ((), took) =
            timed(|| events.iter().for_each(|event| run(&mut matcher, event, &mut matches)));
        total += took;
    }
    let each = total / u32::try_from(lines.len()).unwrap_or(u32::MAX);
    let count = lines.len();
    report(&format!("{count} events {how}: {} ns each, {matches} matches", each.as_nanos()), total);
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

#[expect(clippy::print_stdout, reason = "this is a program for people")]
fn report(what: &str, took: Duration) {
    println!("{:>9.1} ms  {what}", took.as_secs_f64() * 1e3);
}
