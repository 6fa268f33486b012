//! `inspect`: what files of telemetry are.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

use anyhow::Result;
use brokerwatch_ecs::{Projection, Schema, Slot, Timestamp, Value as Field, date};
use brokerwatch_runtime::events::{OnEvents, Piece, Seen};
use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Value, json};

use super::alerts::printable;
use super::input::{self, ReadArgs, Summary};
use crate::{ERROR, NOTHING, for_people};

/// Most host names that are kept of one file; more are not counted.
const HOSTS_MAX: usize = 1000;

/// Most host names that a table shows of one file.
const HOSTS_SHOWN_MAX: usize = 3;

/// Most reasons for malformed records that are kept of one file.
const REASONS_MAX: usize = 10;

/// Say what files are: source, events, time range, hosts, malformed records
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  brokerwatch inspect /var/log\n  brokerwatch inspect --format json evidence.zip | jq '.[].source'\n\n\
Exit codes: 0 all was read, 2 an error."
)]
pub(crate) struct Args {
    /// Files, folders and patterns of telemetry; `-` is standard input
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// A table, or one JSON array; `auto` is a table for people and JSON for pipes
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table on a terminal, else JSON
    Auto,
    /// A table
    Table,
    /// One array with an object for each file
    Json,
}

pub(crate) fn run(args: &Args) -> Result<u8> {
    let inputs = input::inputs(&args.paths);
    let (mut projection, schema) = (Projection::new(), Schema::open());
    let work = Look {
        timestamp: projection.want("@timestamp", &schema),
        host: projection.want("host.name", &schema),
        category: projection.want("event.category", &schema),
    };
    let mut files: Vec<File> = Vec::new();
    let mut summary = Summary::default();
    input::read_pieces(
        &inputs,
        args.read.reading(&projection),
        &mut summary,
        &work,
        &mut |path, piece| {
            if files.last().is_none_or(|last| last.path != path) {
                files.push(File { path, ..File::default() });
            }
            if let (Some(file), Some(piece)) = (files.last_mut(), piece) {
                file.add(piece);
            }
            Ok(())
        },
    )?;
    let mut out = BufWriter::new(io::stdout());
    let format = match args.format {
        Format::Auto if for_people() => Format::Table,
        Format::Auto => Format::Json,
        other => other,
    };
    if format == Format::Table {
        if !files.is_empty() {
            writeln!(out, "{}", table(&files))?;
        }
    } else {
        let files: Vec<Value> = files.iter().map(File::json).collect();
        writeln!(out, "{}", serde_json::to_string_pretty(&files)?)?;
    }
    out.flush()?;
    Ok(if 0 < summary.unread_inputs { ERROR } else { NOTHING })
}

struct Look {
    timestamp: Slot,
    host: Slot,
    category: Slot,
}

/// What a chunk gave.
#[derive(Default)]
struct Facts {
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    hosts: BTreeSet<String>,
    categories: BTreeMap<String, u64>,
}

impl OnEvents for Look {
    type Worker = ();
    type Output = Facts;

    fn worker(&self) {}

    fn event(&self, (): &mut (), seen: &Seen<'_, '_>, facts: &mut Facts) {
        let event = seen.event;
        if let Some(moment) = event.timestamp(self.timestamp) {
            facts.span(moment, moment);
        }
        for value in event.values(self.host) {
            if let Field::Keyword(name) = value
                && !facts.hosts.contains(*name)
                && facts.hosts.len() < HOSTS_MAX
            {
                facts.hosts.insert((*name).to_owned());
            }
        }
        for value in event.values(self.category) {
            if let Field::Keyword(name @ ("process" | "network")) = value {
                *facts.categories.entry((*name).to_owned()).or_default() += 1;
            }
        }
    }

    fn bytes(&self, facts: &Facts) -> usize {
        facts.hosts.iter().map(String::len).sum()
    }
}

impl Facts {
    fn span(&mut self, first: Timestamp, last: Timestamp) {
        self.first = Some(self.first.map_or(first, |known| known.min(first)));
        self.last = Some(self.last.map_or(last, |known| known.max(last)));
    }
}

/// What is known of a file, or of a member of an archive.
#[derive(Default)]
struct File {
    path: String,
    /// `None` if it is not known what it is.
    source: Option<(&'static str, &'static str)>,
    events: u64,
    malformed: u64,
    reasons: Vec<Value>,
    facts: Facts,
}

impl File {
    fn add(&mut self, piece: Piece<Facts>) {
        // Of what cannot even be told apart the whole is a defect, which has no line.
        let is_told = 0 < piece.counts.events
            || piece.source.is_some()
            || piece.defects.iter().any(|defect| 0 < defect.origin.line);
        if is_told {
            self.source = Some(
                piece.source.map_or(("ecs", "ECS documents"), |source| (source.name, source.title)),
            );
        }
        self.events += piece.counts.events;
        self.malformed += piece.counts.malformed;
        for defect in piece.defects {
            if self.reasons.len() < REASONS_MAX {
                self.reasons.push(json!({
                    "line": defect.origin.line,
                    "offset": defect.origin.offset_bytes,
                    "reason": defect.why,
                }));
            }
        }
        let Facts { first, last, hosts, categories } = piece.output;
        if let (Some(first), Some(last)) = (first, last) {
            self.facts.span(first, last);
        }
        for name in hosts {
            if self.facts.hosts.len() < HOSTS_MAX {
                self.facts.hosts.insert(name);
            }
        }
        for (name, count) in categories {
            *self.facts.categories.entry(name).or_default() += count;
        }
    }

    fn of_category(&self, name: &str) -> u64 {
        self.facts.categories.get(name).copied().unwrap_or_default()
    }

    fn json(&self) -> Value {
        let moment = |moment: Option<Timestamp>| moment.map(date::format);
        json!({
            "path": self.path,
            "source": self.source.map(|(name, _)| name),
            "title": self.source.map(|(_, title)| title),
            "events": self.events,
            "process_events": self.of_category("process"),
            "network_events": self.of_category("network"),
            "first": moment(self.facts.first),
            "last": moment(self.facts.last),
            "hosts": self.facts.hosts,
            "malformed": self.malformed,
            "reasons": self.reasons,
        })
    }
}

fn table(files: &[File]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header([
        "file",
        "source",
        "events",
        "process",
        "network",
        "first",
        "last",
        "hosts",
        "malformed",
    ]);
    for file in files {
        let moment = |moment: Option<Timestamp>| {
            moment
                .map(|moment| moment.strftime("%Y-%m-%d %H:%M:%S").to_string())
                .unwrap_or_default()
        };
        let hosts: Vec<&str> =
            file.facts.hosts.iter().map(String::as_str).take(HOSTS_SHOWN_MAX).collect();
        let more = file.facts.hosts.len().saturating_sub(HOSTS_SHOWN_MAX);
        let hosts = match more {
            0 => hosts.join(", "),
            more => format!("{} and {more} more", hosts.join(", ")),
        };
        table.add_row([
            printable(&file.path),
            file.source.map_or("not known", |(_, title)| title).to_owned(),
            file.events.to_string(),
            file.of_category("process").to_string(),
            file.of_category("network").to_string(),
            moment(file.facts.first),
            moment(file.facts.last),
            printable(&hosts),
            file.malformed.to_string(),
        ]);
    }
    table
}
