//! `import`: events into a folder where they are kept.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use brokerwatch_runtime::import::{self, Checked, Collect, Finding, Import, Imported};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::input::{self, ReadArgs, Summary};
use crate::{ERROR, FOUND, NOTHING, for_people, report};

/// Keep events in a folder of Parquet files, each once, so that later searches take seconds
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  brokerwatch import logs/ --to store/\n  brokerwatch import '/var/log/zeek/**/*.log.gz' evidence.zip --to store/\n  \
zcat old.gz | brokerwatch import - --to store/\n  \
brokerwatch query 'FROM events | WHERE destination.port == 1883 | STATS COUNT(*) BY host.name' store/\n  \
brokerwatch scan 'store/day=2026-03-*/**'\n\n\
Exit codes: 0 all was kept, 2 an error."
)]
pub(crate) struct Args {
    /// Files, folders and patterns of telemetry, all that `scan` reads; `-` is standard input
    #[arg(required_unless_present = "check", conflicts_with = "check")]
    paths: Vec<PathBuf>,
    /// The folder where events are kept, as `day=YYYY-MM-DD/dataset=NAME/part-*.parquet`; made if it is not there
    #[arg(long, value_name = "DIR", required_unless_present = "check")]
    to: Option<PathBuf>,
    /// Look whether what is kept in a folder is whole, and keep nothing: every part is as it was written, no event is there
    /// twice, and nothing is left of an import that was stopped
    #[arg(long, value_name = "DIR", conflicts_with = "to")]
    check: Option<PathBuf>,
    #[command(flatten)]
    read: ReadArgs,
}

pub(crate) fn run(args: &Args) -> Result<u8> {
    match (&args.check, &args.to) {
        (Some(folder), _) => checked(folder),
        (None, Some(to)) => imported(args, to),
        (None, None) => bail!("there is no folder to keep events in; name it with `--to DIR`"),
    }
}

fn imported(args: &Args, to: &Path) -> Result<u8> {
    let inputs = input::inputs(&args.paths);
    let mut import = Import::begin(to, args.read.threads, &mut || {
        let folder = to.display();
        report::note(&format!("note: another import into {folder} runs; this one waits for it"));
    })?;
    let collect = Collect::default();
    let mut summary = Summary::default();
    let reading = args.read.reading(collect.projection());
    input::read(&inputs, reading, &mut summary, &collect, &mut |events| Ok(import.take(events)?))?;
    let bar = bar(summary.counts.events);
    let imported = import.finish(&mut |done| bar.set_position(done))?;
    bar.finish_and_clear();
    show(&summary, &imported);
    let wrong = 0 < summary.unread_inputs || !imported.broken.is_empty();
    Ok(if wrong { ERROR } else { NOTHING })
}

fn show(summary: &Summary, imported: &Imported) {
    let Imported {
        kept, known, unchecked, left_out, written, compacted, narrowed, partitions, ..
    } = *imported;
    for (path, why) in &imported.broken {
        report::error(&format!("{}: {why}", path.display()));
    }
    for (count, what) in [
        (left_out, "events are in no part; import them again when what is told above is mended"),
        (
            unchecked,
            "events may be there twice: too many have the very same time to tell whether they were there",
        ),
        (
            narrowed,
            "names of fields are no columns, because a part would have too many; scans, EQL and `_source` have them",
        ),
    ] {
        if 0 < count {
            report::note(&format!("warning: {count} {what}"));
        }
    }
    report::note(&format!(
        "{} events in {} files: {kept} kept, {known} already there, {} malformed; {written} parts written in {partitions} \
         partitions, {compacted} small ones put together",
        summary.counts.events, summary.inputs, summary.counts.malformed,
    ));
}

/// Looks at what a folder keeps, and tells what is wrong with it, a finding a line.
fn checked(folder: &Path) -> Result<u8> {
    let bar = spinner();
    let found = import::check(folder, &mut |part| {
        bar.set_message(part.display().to_string());
        bar.tick();
    });
    bar.finish_and_clear();
    let Checked { partitions, parts, events, twice, findings, more } = found?;
    let mut out = io::stdout().lock();
    for Finding { path, what, way_out, is_loss } in &findings {
        let path = path.display().to_string();
        if for_people() {
            writeln!(out, "{path}: {what}; {way_out}")?;
        } else {
            let line =
                json!({ "path": path, "what": what, "way_out": way_out, "is_loss": is_loss });
            writeln!(out, "{line}")?;
        }
    }
    if 0 < more {
        report::note(&format!("warning: {more} further findings are not shown"));
    }
    report::note(&format!(
        "{events} events in {parts} parts of {partitions} partitions: {} findings, {twice} events there more than once",
        findings.len() as u64 + more
    ));
    Ok(match findings.iter().any(|finding| finding.is_loss) {
        true => ERROR,
        false if findings.is_empty() => NOTHING,
        false => FOUND,
    })
}

/// Shows which file is looked at, where a person sees it.
fn spinner() -> ProgressBar {
    if !io::stderr().is_terminal() || report::is_quiet() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    bar.with_style(
        ProgressStyle::with_template("{spinner} {msg}").expect("the template is well-formed"),
    )
}

/// A bar that counts the events that are written, where a person sees it.
fn bar(events: u64) -> ProgressBar {
    if !io::stderr().is_terminal() || report::is_quiet() {
        return ProgressBar::hidden();
    }
    let template = "{bar:24} {human_pos} of {human_len} events, {eta} left";
    let style = ProgressStyle::with_template(template).expect("the template is well-formed");
    let bar = ProgressBar::with_draw_target(Some(events), ProgressDrawTarget::stderr_with_hz(10));
    bar.with_style(style)
}
