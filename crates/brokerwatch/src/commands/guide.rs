//! `guide`: an alert's investigation guide, filled in, with its searches run.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Result, bail};
use brokerwatch_rules::guide::{Guide, Values};
use brokerwatch_rules::{Rule, load_all, pack};
use clap::ValueEnum;

use super::input::ReadArgs;
use super::rules::load;
use crate::{ERROR, FOUND, NOTHING, for_people, markdown, report};

mod alerts;
mod json;
mod page;
mod related;
mod search;
mod summary;

use alerts::Alert;
use related::Related;
use search::{Outcome, Searches};
use summary::Summary;

/// Show the investigation guide of an alert, filled in, and run its searches
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  brokerwatch scan --format ndjson logs/ > alerts.ndjson\n  \
brokerwatch guide alerts.ndjson --id 1 logs/\n  \
brokerwatch guide alerts.ndjson --id 5f0c logs/ --format markdown > case.md\n  \
brokerwatch scan --format ndjson logs/ | brokerwatch guide - --id 3 logs/\n\n\
Exit codes: 0 nothing found, 1 events or alerts found around the alert, 2 an error.")]
pub(crate) struct Args {
    /// A file with alerts, as `scan --format ndjson` or `json` writes them; `-` is standard input
    #[arg(value_name = "ALERT")]
    alert: PathBuf,
    /// Files, folders and patterns of telemetry that the searches of the guide are run over; without any, they are shown to
    /// be copied
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The alert of several: its id, the first characters of it, or its number in the file, from 1
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// A rule file, a folder of them or a built-in pack, where the alert's rule is looked for before the built-in packs;
    /// can be given several times
    #[arg(long, value_name = "PATH")]
    rules: Vec<PathBuf>,
    /// Most rows that are shown of each search
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = super::positive)]
    rows: usize,
    /// How the guide is shown; `auto` is text on a terminal and Markdown for pipes
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text on a terminal, else Markdown
    Auto,
    /// Text with headings and tables, for people
    Text,
    /// Markdown, to be kept with the case
    Markdown,
    /// One JSON document (docs/guide.md says its shape)
    Json,
}

/// All that is told of an alert.
struct Told<'a> {
    alert: &'a Alert,
    summary: Summary,
    rule: Option<Rule>,
    guide: Guide,
    /// What came of each investigation of the guide, in their order; none were run without telemetry.
    outcomes: Vec<Outcome>,
    related: Vec<Related>,
    /// Most rows that are shown of each search.
    rows: usize,
}

pub(crate) fn run(args: &Args) -> Result<u8> {
    if args.alert.as_os_str() == "-" && args.paths.iter().any(|path| path.as_os_str() == "-") {
        bail!("standard input is either the alerts or the telemetry; name one of them as a file");
    }
    let alerts = alerts::read(&args.alert)?;
    let alert = alerts::choose(&alerts, args.id.as_deref())?;
    let rule = rule_of(&alert.values, &args.rules)?;
    let guide = Guide::new(rule.as_ref(), &alert.values);
    let mut related = related::among(alert, &alerts);
    let mut failed = false;
    let mut outcomes = Vec::new();
    if !args.paths.is_empty() {
        let searches = Searches::open(&args.paths, &args.read, args.rows)?;
        outcomes = guide.investigations.iter().map(|each| searches.run(each)).collect();
        related.extend(related::searched(alert, &searches, &related));
        failed = searches.tell_unread() || outcomes.iter().any(Outcome::is_failure);
    }
    let found = !related.is_empty() || outcomes.iter().any(|outcome| 0 < outcome.count());
    let summary = Summary::of(alert);
    let told = Told { alert, summary, rule, guide, outcomes, related, rows: args.rows };
    show(&told, args.format)?;
    Ok(match (failed, found) {
        (true, _) => ERROR,
        (false, true) => FOUND,
        (false, false) => NOTHING,
    })
}

fn show(told: &Told<'_>, format: Format) -> Result<()> {
    let mut out = anstream::stdout().lock();
    match format {
        Format::Text => write!(out, "{}", markdown::text(&page::page(told)))?,
        Format::Auto if for_people() => write!(out, "{}", markdown::text(&page::page(told)))?,
        Format::Auto | Format::Markdown => write!(out, "{}", page::page(told))?,
        Format::Json => writeln!(out, "{:#}", json::document(told))?,
    }
    Ok(())
}

/// The rule of an alert: from the paths that were given, else from a built-in pack. None if it is in neither.
fn rule_of(values: &Values, paths: &[PathBuf]) -> Result<Option<Rule>> {
    let Some(id) = values.first("rule.id").or_else(|| values.first("rule.uuid")) else {
        return Ok(None);
    };
    let mut texts = Vec::new();
    if !paths.is_empty() {
        let loaded = load(paths)?;
        for (path, text, diagnostics) in &loaded.failures {
            report::diagnostics(path, text, diagnostics);
        }
        if let Some(rule) = loaded.rules.into_iter().find(|rule| rule.id == id) {
            return Ok(Some(rule));
        }
    }
    for pack in pack::ALL {
        texts.extend(pack.toml_files(pack::RULES).map(|(path, text)| (path, text.to_owned())));
    }
    Ok(load_all(texts.into_iter()).rules.into_iter().find(|rule| rule.id == id))
}
