//! `matrix`: what rules see of the known ways to hide, and what they raise on an honest day.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::{ERROR, FOUND, NOTHING, for_people, report};

pub(super) mod cost;
mod day;
mod gather;
mod honest;
mod run;
mod score;
mod show;

use super::rules;

/// Score rules against the evasion matrix, or on an honest day
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  brokerwatch matrix\n  brokerwatch matrix --row E07 --row E08\n  \
brokerwatch matrix --rules my-rules/ --format csv\n  brokerwatch matrix --honest --corpus logs/\n  \
brokerwatch matrix --honest --write day/\n\n\
docs/matrix.md says how the score is made.\n\
Exit codes: 0 all right, 1 a row is wrong or an honest day is too loud, 2 an error."
)]
pub(crate) struct Args {
    /// Rule files, folders and names of built-in packs, one or several [default: the packs that are on]
    #[arg(long, num_args = 1.., value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// Only this row, such as E07 or V04; can be given several times
    #[arg(long, value_name = "ROW")]
    row: Vec<String>,
    /// Only telemetry of this source, such as `zeek-json` or `defend`; can be given several times
    #[arg(long, value_name = "SOURCE")]
    source: Vec<String>,
    /// Ask rules in ES|QL also where another rule has fired: every rule that sees a row is named, and it takes long
    #[arg(long, conflicts_with = "honest")]
    every_rule: bool,
    /// Run the rules over the built-in honest day, and count false alerts per host and day
    #[arg(long, conflicts_with_all = ["row", "source"])]
    honest: bool,
    /// Honest telemetry to run over in place of the built-in day; can be given several times
    #[arg(long, value_name = "PATH", requires = "honest")]
    corpus: Vec<PathBuf>,
    /// Write the built-in honest day into this folder, for other tools, and run nothing
    #[arg(long, value_name = "DIR", requires = "honest", conflicts_with_all = ["corpus", "rules"])]
    write: Option<PathBuf>,
    /// How the score is shown; `auto` is for people on a terminal, and JSON lines in a pipe
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people on a terminal, else JSON lines
    Auto,
    /// A scorecard for people, with the reasons of what is wrong
    People,
    /// A document for each row and one for the whole, a line each
    Json,
    /// A line for each row
    Csv,
    /// A table for a page
    Markdown,
}

pub(crate) fn run(args: &Args) -> Result<u8> {
    let format = match args.format {
        Format::Auto if for_people() => Format::People,
        Format::Auto => Format::Json,
        other => other,
    };
    if let Some(folder) = &args.write {
        honest::write(folder)?;
        return Ok(NOTHING);
    }
    let sources = rules::sources(&args.rules)?;
    if args.honest {
        return honest::score(&sources, &args.corpus, format);
    }
    let (rows, failures) = gather::rows();
    for (path, text, found) in &failures {
        report::diagnostics(path, text, found);
    }
    let chosen = |id: &str| args.row.is_empty() || args.row.iter().any(|own| own == id);
    let unknown = args.row.iter().find(|own| !rows.iter().any(|row| row.id == **own));
    if let Some(unknown) = unknown {
        bail!("there is no row `{unknown}`: rows are E01 to E54 and V01 to V22");
    }
    let known =
        |source: &String| rows.iter().flat_map(|row| &row.cases).any(|case| case.source == *source);
    if let Some(unknown) = args.source.iter().find(|source| !known(source)) {
        bail!("no row has telemetry of `{unknown}`: docs/matrix.md lists the sources");
    }
    let rows: Vec<_> = rows.into_iter().filter(|row| chosen(&row.id)).collect();
    let outcomes = match run::all(&rows, &sources, &args.source, args.every_rule)? {
        Ok(outcomes) => outcomes,
        Err(failures) => {
            for (path, text, found) in &failures {
                report::diagnostics(path, text, found);
            }
            return Ok(ERROR);
        }
    };
    let scores: Vec<_> =
        rows.iter().zip(&outcomes).map(|(row, outcome)| score::row(row, outcome)).collect();
    show::write(&rows, &outcomes, &scores, format)?;
    let broken =
        outcomes.iter().flatten().flat_map(|case| &case.runs).any(|run| run.error.is_some());
    Ok(if broken || !failures.is_empty() {
        ERROR
    } else if scores.iter().any(|score| score.everywhere == Some(false)) {
        FOUND
    } else {
        NOTHING
    })
}
