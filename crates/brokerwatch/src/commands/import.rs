//! `import`: events into a folder where they are kept.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use anyhow::Result;
use brokerwatch_runtime::import::{Collect, Import, Imported};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::input::{self, ReadArgs, Summary};
use crate::{ERROR, NOTHING, report};

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
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The folder where events are kept, as `day=YYYY-MM-DD/dataset=NAME/part-*.parquet`; made if it is not there
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    #[command(flatten)]
    read: ReadArgs,
}

pub(crate) fn run(args: &Args) -> Result<u8> {
    let inputs = input::inputs(&args.paths);
    let mut import = Import::begin(&args.to, args.read.threads, &mut || {
        let folder = args.to.display();
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
