//! `ecs`: telemetry as documents of ECS.

use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

use anyhow::Result;
use brokerwatch_ecs::Projection;
use brokerwatch_runtime::events::{OnEvents, Seen};
use serde_json::{Map, Value, json};

use super::input::{self, ReadArgs, Summary};
use crate::{ERROR, NOTHING, report};

/// Write telemetry as ECS documents, one a line
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  brokerwatch ecs Sysmon.evtx\n  brokerwatch ecs --mapping elastic /var/log/audit/audit.log > audit.ndjson\n\n\
Each document says where it comes from: log.file.path and log.offset, the byte at which its record begins.\n\n\
Exit codes: 0 all was read, 2 an error."
)]
pub(crate) struct Args {
    /// Files, folders and patterns of telemetry; `-` is standard input
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Put the raw record into event.original
    #[arg(long)]
    original: bool,
    #[command(flatten)]
    read: ReadArgs,
}

pub(crate) fn run(args: &Args) -> Result<u8> {
    let inputs = input::inputs(&args.paths);
    let projection = Projection::new();
    let mut out = BufWriter::new(io::stdout());
    let mut summary = Summary::default();
    let work = Write { original: args.original };
    let reading = args.read.reading(&projection);
    input::read(&inputs, reading, &mut summary, &work, &mut |lines: Vec<u8>| {
        Ok(out.write_all(&lines)?)
    })?;
    out.flush()?;
    let counts = summary.counts;
    report::note(&format!(
        "{} documents from {} files, {} malformed records",
        counts.events, summary.inputs, counts.malformed
    ));
    Ok(if 0 < summary.unread_inputs { ERROR } else { NOTHING })
}

struct Write {
    original: bool,
}

impl OnEvents for Write {
    type Worker = ();
    type Output = Vec<u8>;

    fn worker(&self) {}

    fn event(&self, (): &mut (), seen: &Seen<'_, '_>, lines: &mut Vec<u8>) {
        let mut document = seen.document();
        put(&mut document, &["log", "file", "path"], json!(seen.path()));
        put(&mut document, &["log", "offset"], json!(seen.event.origin.offset_bytes));
        if self.original {
            let raw = String::from_utf8_lossy(seen.event.source);
            put(&mut document, &["event", "original"], json!(raw));
        }
        serde_json::to_writer(&mut *lines, &document)
            .expect("a document with text keys can be written to memory");
        lines.push(b'\n');
    }

    fn bytes(&self, lines: &Vec<u8>) -> usize {
        lines.len()
    }
}

/// Puts a value into a document that does not have it, in either notation.
fn put(document: &mut Map<String, Value>, path: &[&str], value: Value) {
    if document.contains_key(&path.join(".")) {
        return;
    }
    match path {
        [] => {}
        [name] => {
            document.entry(*name).or_insert(value);
        }
        [name, rest @ ..] => {
            if let Value::Object(inner) = document.entry(*name).or_insert_with(|| json!({})) {
                put(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_document_says_itself_stays() {
        let documents = [
            (json!({}), json!({"log": {"offset": 7}})),
            (json!({"log": {"offset": 1}}), json!({"log": {"offset": 1}})),
            (json!({"log.offset": 1}), json!({"log.offset": 1})),
            (json!({"log": "text"}), json!({"log": "text"})),
        ];
        for (document, expected) in documents {
            let Value::Object(mut document) = document else { unreachable!("it is an object") };
            put(&mut document, &["log", "offset"], json!(7));
            assert_eq!(Value::Object(document), expected);
        }
    }
}
