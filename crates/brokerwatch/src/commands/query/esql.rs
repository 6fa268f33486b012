//! `query` in ES|QL: tables from the arguments, one run, and the answer in the format asked for.

use std::io::{self, IsTerminal as _};

use anyhow::{Result, bail};
use brokerwatch_runtime::{Answer, Failed};

use super::{Args, Format};
use crate::commands::answer;
use crate::commands::session::{self, SessionArgs};
use crate::{ERROR, FOUND, NOTHING};

/// What only ES|QL has.
#[derive(clap::Args)]
#[command(next_help_heading = "ES|QL")]
pub(super) struct EsqlArgs {
    #[command(flatten)]
    session: SessionArgs,
    /// Show the plan, and where the time went, instead of the rows
    #[arg(long)]
    explain: bool,
}

/// Whether a query is ES|QL by its first words. EQL begins with `category where`, `sequence` or `sample`.
pub(in crate::commands) fn is_esql(query: &str) -> bool {
    let mut words = uncommented(query).split_whitespace();
    let first = words.next().unwrap_or_default().to_ascii_lowercase();
    let second = words.next().unwrap_or_default();
    let first = first.trim_end_matches('(');
    matches!(first, "from" | "row" | "show" | "ts" | "set" | "eql" | "promql" | "select")
        && !second.eq_ignore_ascii_case("where")
}

/// Whether a query in ES|QL has rows of its own and reads no files for them: `ROW`, `SHOW`.
pub(super) fn brings_its_rows(query: &str) -> bool {
    let first = uncommented(query).split_whitespace().next().unwrap_or_default();
    first.eq_ignore_ascii_case("row") || first.eq_ignore_ascii_case("show")
}

/// The query without comments in front of it.
fn uncommented(query: &str) -> &str {
    let mut rest = query.trim_start();
    loop {
        let behind = if let Some(line) = rest.strip_prefix("//") {
            line.split_once('\n').map(|(_, behind)| behind)
        } else if let Some(block) = rest.strip_prefix("/*") {
            block.split_once("*/").map(|(_, behind)| behind)
        } else {
            return rest;
        };
        rest = behind.unwrap_or_default().trim_start();
    }
}

/// Runs the query and shows its answer.
pub(super) fn run(args: &Args) -> Result<u8> {
    let session = args.esql.session.open(&args.source, &args.paths, &args.schema, &args.read)?;
    let options = args.esql.session.options()?;
    let answer = match session.answer(args.query(), &options) {
        Ok(answer) => answer,
        Err(Failed::Query(diagnostics)) => return Ok(super::refused(args, &diagnostics)),
        Err(Failed::Run(why)) => bail!(why),
    };
    let read = session::told(&session, &answer);
    if args.esql.explain {
        io::Write::write_all(&mut io::stdout().lock(), explained(&answer).as_bytes())?;
    } else {
        shown(args, &answer)?;
    }
    Ok(match (read.unread.is_empty(), answer.rows()) {
        (false, _) => ERROR,
        (true, 0) => NOTHING,
        (true, _) => FOUND,
    })
}

fn shown(args: &Args, answer: &Answer) -> Result<()> {
    let format = match args.format() {
        Format::Auto | Format::Ndjson => answer::Format::Ndjson,
        Format::Table => answer::Format::Table,
        Format::Json => answer::Format::Json,
        Format::Csv => answer::Format::Csv,
        Format::Tsv => answer::Format::Tsv,
        Format::Parquet if io::stdout().is_terminal() => {
            bail!(
                "Parquet is not for terminals; send it to a file: `... --format parquet > rows.parquet`"
            )
        }
        Format::Parquet => answer::Format::Parquet,
    };
    answer::write(answer, format, &mut io::stdout())
}

fn explained(answer: &Answer) -> String {
    format!("{}\n{} rows in {:?}\n", answer.explained().trim_end(), answer.rows(), answer.took)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_told_from_the_text() {
        for (query, esql) in [
            ("FROM logs-* | LIMIT 1", true),
            ("  // a remark\n/* and one */ row a = 1", true),
            ("FROM(FROM a)", false),
            ("FROM (FROM a)", true),
            ("from where true", false),
            ("network where destination.port == 1883", false),
            ("sequence [any where true]", false),
            ("set a = 1; FROM b", true),
            ("eql logs \"any where true\"", true),
            // A habit from elsewhere, about which ES|QL has something to say.
            ("SELECT * FROM logs", true),
            ("", false),
        ] {
            assert_eq!(is_esql(query), esql, "{query}");
        }
    }
}
