//! What every command that reads events does with its inputs: progress, and what could not be read, counted and shown.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Result;
use brokerwatch_ecs::{Origin, Projection};
use brokerwatch_ingest::normalise::Kind;
use brokerwatch_ingest::readers::{self, Source};
use brokerwatch_runtime::events::{Counts, OnEvents, Piece, Reading};
use brokerwatch_runtime::{Input, Item, Progress, events};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::report;

/// Most defects of one input that are shown; all are counted.
const DEFECTS_SHOWN_MAX: u64 = 5;

/// What was read of all inputs.
#[derive(Debug, Default, Clone)]
pub(crate) struct Summary {
    /// Inputs that were read to their end.
    pub(crate) inputs: u64,
    /// Inputs that could not be opened, recognised, or read to their end.
    pub(crate) unread_inputs: u64,
    /// What their records were.
    pub(crate) counts: Counts,
    /// Up to which byte of which input defects were shown in an earlier reading.
    told: BTreeMap<String, u64>,
    /// What could not be read, where it is kept and not shown.
    kept: Option<Vec<String>>,
}

impl Summary {
    /// Forgets what was read, because everything is read again; what was told is not told twice.
    pub(crate) fn read_again(&mut self) {
        let told = std::mem::take(&mut self.told);
        let kept = self.kept.take();
        *self = Summary { told, kept, ..Summary::default() };
    }

    /// A summary that keeps what could not be read for its owner to tell, and shows no progress.
    pub(crate) fn silent() -> Summary {
        Summary { kept: Some(Vec::new()), ..Summary::default() }
    }

    /// What could not be read, where it is kept: each with its place.
    pub(crate) fn kept(&self) -> &[String] {
        self.kept.as_deref().unwrap_or_default()
    }

    fn tell(&mut self, severity: &str, message: &str) {
        match &mut self.kept {
            Some(kept) => kept.push(message.to_owned()),
            None if severity == "error" => report::error(message),
            None => report::note(&format!("{severity}: {message}")),
        }
    }
}

/// How inputs that are not ECS are read, as every command that reads events is told.
#[derive(clap::Args)]
pub(crate) struct ReadArgs {
    /// What other telemetry becomes: `defend` is the shape of Elastic Defend's events, `elastic` is what Elastic's own
    /// pipelines give
    #[arg(long, value_name = "KIND", default_value = "defend", value_parser = mapping)]
    pub(crate) mapping: Kind,
    /// What the inputs are, instead of what their content tells; a wrong name shows all
    #[arg(long, value_name = "SOURCE", value_parser = source)]
    pub(crate) read_as: Option<&'static Source>,
    /// How many threads work; the output is the same for any number
    #[arg(long, value_name = "N", env = "BROKERWATCH_THREADS", default_value_t = threads(),
          hide_default_value = true, value_parser = super::positive)]
    pub(crate) threads: usize,
}

impl ReadArgs {
    /// What nobody said anything about, on one thread.
    pub(crate) fn one_thread() -> ReadArgs {
        ReadArgs { mapping: Kind::default(), read_as: None, threads: 1 }
    }

    /// The usual way to fill the fields of a projection.
    pub(crate) fn reading<'a>(&self, projection: &'a Projection) -> Reading<'a> {
        Reading {
            source: self.read_as,
            mapping: self.mapping,
            threads: self.threads,
            ..Reading::of(projection)
        }
    }
}

fn mapping(text: &str) -> Result<Kind, String> {
    match text {
        "defend" => Ok(Kind::Defend),
        "elastic" => Ok(Kind::Elastic),
        _ => Err("neither `defend` nor `elastic`".to_owned()),
    }
}

fn source(text: &str) -> Result<&'static Source, String> {
    readers::source(text).ok_or_else(|| {
        let names: Vec<&str> = readers::ALL.iter().map(|source| source.name).collect();
        format!("no source of this name; there are {}", names.join(", "))
    })
}

/// The inputs that paths name; that there are none is worth a word.
pub(crate) fn inputs(paths: &[PathBuf]) -> Vec<Input> {
    let inputs = brokerwatch_runtime::inputs(paths);
    if inputs.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        report::note(&format!("warning: there are no files in {}", names.join(", ")));
    }
    inputs
}

/// How many threads work when nobody says.
pub(super) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Reads all inputs and hands on what came of each chunk, in the order of the inputs. What cannot be read is shown and
/// counted and stops nothing; an error comes from `on_output` alone.
pub(crate) fn read<W: OnEvents>(
    inputs: &[Input],
    reading: Reading<'_>,
    summary: &mut Summary,
    work: &W,
    on_output: &mut (dyn FnMut(W::Output) -> Result<()> + Send),
) -> Result<()> {
    read_pieces(inputs, reading, summary, work, &mut |_, piece| match piece {
        Some(piece) => on_output(piece.output),
        None => Ok(()),
    })
}

/// What is called with the path of what was read, and what came of a chunk of it; `None` for an input of which nothing
/// came.
pub(crate) type OnPiece<'a, O> = dyn FnMut(String, Option<Piece<O>>) -> Result<()> + Send + 'a;

/// Like [`read`], with the path and the counts of each piece.
pub(crate) fn read_pieces<W: OnEvents>(
    inputs: &[Input],
    reading: Reading<'_>,
    summary: &mut Summary,
    work: &W,
    on_piece: &mut OnPiece<'_, W::Output>,
) -> Result<()> {
    let progress = Progress::default();
    let bar = bar(inputs, summary.kept.is_some());
    // Of the input whose turn it is: how many defects were shown, whether it failed, whether a piece of it came.
    let (mut shown, mut failed, mut came) = (0, false, false);
    let result = events::read(inputs, reading, &progress, work, &mut |input: &Input, item| {
        bar.set_position(progress.read_bytes());
        match item {
            Item::Output(piece) => {
                came = true;
                summary.counts.add(piece.counts);
                if !piece.defects.is_empty() {
                    bar.suspend(|| defects(input, &piece, &mut shown, summary));
                }
                bar.suspend(|| on_piece(piece.path(input), Some(piece)))?;
            }
            Item::Failed(error) => {
                failed = true;
                summary.unread_inputs += 1;
                bar.suspend(|| summary.tell("error", &format!("{}: {error}", input.name())));
            }
            Item::End => {
                if !came {
                    on_piece(input.name(), None)?;
                }
                summary.inputs += u64::from(!failed);
                (shown, failed, came) = (0, false, false);
            }
        }
        Ok(())
    });
    bar.finish_and_clear();
    result
}

fn defects<O>(input: &Input, piece: &Piece<O>, shown: &mut u64, summary: &mut Summary) {
    let name = piece.path(input);
    let before = summary.told.get(&name).copied();
    for defect in &piece.defects {
        let offset_bytes = defect.origin.offset_bytes;
        if before.is_some_and(|before| offset_bytes <= before) {
            continue;
        }
        summary.told.insert(name.clone(), offset_bytes);
        *shown += 1;
        if *shown <= DEFECTS_SHOWN_MAX {
            let place = place(defect.origin);
            summary.tell("warning", &format!("{name}{place}: {}", defect.why));
        } else if *shown == DEFECTS_SHOWN_MAX + 1 {
            let more = "further malformed records are counted, not shown";
            summary.tell("warning", &format!("{name}: {more}"));
        }
    }
}

/// A place in an input: its line, or its byte where there are no lines.
pub(crate) fn place(origin: Origin) -> String {
    match (origin.line, origin.offset_bytes) {
        (0, 0) => String::new(),
        (0, byte) => format!("@{byte}"),
        (line, _) => format!(":{line}"),
    }
}

/// Reads all inputs for something beside their records, and says nothing of what cannot be read.
pub(crate) fn read_quietly<W: OnEvents>(
    inputs: &[Input],
    reading: Reading<'_>,
    work: &W,
    on_output: &mut (dyn FnMut(W::Output) -> Result<()> + Send),
) -> Result<()> {
    events::read(inputs, reading, &Progress::default(), work, &mut |_, item| match item {
        Item::Output(piece) => on_output(piece.output),
        Item::Failed(_) | Item::End => Ok(()),
    })
}

/// A bar with rate and remaining time where a person sees it, hidden otherwise.
fn bar(inputs: &[Input], hidden: bool) -> ProgressBar {
    if hidden || !io::stderr().is_terminal() || report::is_quiet() {
        return ProgressBar::hidden();
    }
    let total: u64 = inputs.iter().map(|input| input.stored_bytes).sum();
    let known = inputs.iter().all(|input| 0 < input.stored_bytes);
    let (bar, template) = if known {
        (ProgressBar::new(total), "{bar:24} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left")
    } else {
        (ProgressBar::no_length(), "{spinner} {bytes}, {bytes_per_sec}")
    };
    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
    bar.with_style(ProgressStyle::with_template(template).expect("the template is well-formed"))
}
