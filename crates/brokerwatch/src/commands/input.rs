//! What every command that reads events does with its inputs: progress, and what could not be read, counted and shown.

use std::io::{self, IsTerminal as _};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Result;
use brokerwatch_runtime::events::{Counts, OnEvents, Piece, Reading};
use brokerwatch_runtime::{Input, Item, Progress, events};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::report;

/// Most defects of one input that are shown; all are counted.
const DEFECTS_SHOWN_MAX: u64 = 5;

/// What was read of all inputs.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Summary {
    /// Inputs that were read to their end.
    pub(crate) inputs: u64,
    /// Inputs that could not be opened, recognised, or read to their end.
    pub(crate) unread_inputs: u64,
    /// What their records were.
    pub(crate) counts: Counts,
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
pub(crate) fn threads() -> usize {
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
    let progress = Progress::default();
    let bar = bar(inputs);
    let mut shown = 0;
    let mut failed = false;
    let result = events::read(inputs, reading, &progress, work, &mut |input: &Input,
                                                                      item: Item<
        Piece<W::Output>,
    >| {
        bar.set_position(progress.read_bytes());
        match item {
            Item::Output(piece) => {
                summary.counts.add(piece.counts);
                if !piece.defects.is_empty() {
                    bar.suspend(|| defects(input, &piece, &mut shown));
                }
                bar.suspend(|| on_output(piece.output))?;
            }
            Item::Failed(error) => {
                failed = true;
                summary.unread_inputs += 1;
                bar.suspend(|| report::error(&format!("{}: {error}", input.name())));
            }
            Item::End => {
                summary.inputs += u64::from(!failed);
                (failed, shown) = (false, 0);
            }
        }
        Ok(())
    });
    bar.finish_and_clear();
    result
}

fn defects<O>(input: &Input, piece: &Piece<O>, shown: &mut u64) {
    let name = input.name();
    for defect in &piece.defects {
        *shown += 1;
        if *shown <= DEFECTS_SHOWN_MAX {
            report::note(&format!("warning: {name}:{}: {}", defect.origin.line, defect.why));
        } else if *shown == DEFECTS_SHOWN_MAX + 1 {
            report::note(&format!(
                "warning: {name}: further malformed records are counted, not shown"
            ));
        }
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
fn bar(inputs: &[Input]) -> ProgressBar {
    if !io::stderr().is_terminal() || report::is_quiet() {
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
