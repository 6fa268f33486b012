//! `query`: an ad hoc query over files, in EQL or ES|QL.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use brokerwatch_detect::{Conditions, Steps};
use brokerwatch_ecs::{Projection, Schema};
use brokerwatch_eql::lower::{self, Lowered, Pipe, Query, Sequence, Settings};
use brokerwatch_eql::pipes::{Output, Pipeline};
use brokerwatch_expr::{Diagnostic, lift};
use clap::{Args as _, FromArgMatches as _, ValueEnum};

use super::answer;
use super::input::{ReadArgs, Summary};
use crate::{ERROR, FOUND, NOTHING, for_people, report};

mod esql;
mod events;
mod extended;
mod sequences;
mod show;
mod sources;

pub(super) use super::session::mapping as columns;
pub(super) use esql::is_esql;
use events::{Cut, RowMaker, Search};
use sequences::Hunt;
use sources::Source;
pub(super) use sources::{named, schema};

/// Run a query over files, in EQL or ES|QL
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  brokerwatch query 'network where destination.port == 1883' logs/\n  \
brokerwatch query --format json 'any where true | head 3' events.ndjson\n  \
brokerwatch query --source old=2025.zip --source new=2026/ --schema old=mapping.json 'process where pid == 4'\n  \
brokerwatch query 'FROM logs-* | STATS n = COUNT(*) BY host.name, destination.port | SORT n DESC' logs/\n  \
brokerwatch query --format csv --lookup owners=owners.csv 'FROM logs-* | LOOKUP JOIN owners ON host.name' logs/\n  \
brokerwatch query --lookup city=GeoLite2-City.mmdb 'FROM * | IP_LOCATION geo = destination.ip' logs/\n  \
brokerwatch query --file brokers.esql logs/\n  \
brokerwatch query 'ROW packed = \"bXF0dA==\" | EVAL text = FROM_BASE64(packed)'\n\n\
Exit codes: 0 no event or row, 1 events or rows, 2 an error."
)]
pub(crate) struct Args {
    /// The query
    #[arg(required_unless_present = "file")]
    query: Option<String>,
    /// Files, folders and patterns of documents; `-` is standard input. A query that begins with ROW or SHOW needs none
    paths: Vec<PathBuf>,
    /// Read the query from a file; all that stands beside it are then paths
    #[arg(short, long, value_name = "FILE", value_parser = query_file)]
    file: Option<PathBuf>,
    /// The language of the query, if its first words do not tell
    #[arg(long, value_enum)]
    lang: Option<Language>,
    /// Documents under a name, which is their index where they do not say one, and what FROM finds; can be given several
    /// times
    #[arg(long, value_name = "NAME=PATH", value_parser = sources::named)]
    source: Vec<(String, PathBuf)>,
    /// An Elasticsearch mapping file, of one source or of all that have none of their own: fields that it lacks are
    /// then unknown; can be given several times
    #[arg(long, value_name = "[NAME=]FILE")]
    schema: Vec<String>,
    /// The field that `category where` tests
    #[arg(long, default_value = "event.category", value_name = "FIELD")]
    event_category_field: String,
    /// The field that orders events
    #[arg(long, default_value = "@timestamp", value_name = "FIELD")]
    timestamp_field: String,
    /// The field that orders events of one time
    #[arg(long, value_name = "FIELD")]
    tiebreaker_field: Option<String>,
    /// The field whose value is the document's id
    #[arg(long, value_name = "FIELD")]
    id_field: Option<String>,
    /// Most rows
    #[arg(long, default_value_t = 10, value_name = "N")]
    size: usize,
    /// Most samples of one key
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = super::positive)]
    max_samples_per_key: usize,
    /// Take what Elasticsearch does not: a field compared with a field, and the pipes `count`, `unique`, `unique_count`,
    /// `filter` and `sort`
    #[arg(long)]
    extensions: bool,
    /// How events are shown; `json` is one answer in the shape of Elasticsearch's EQL search
    #[arg(long, value_enum, default_value_t = Format::Auto)]
    format: Format,
    #[command(flatten)]
    esql: esql::EsqlArgs,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    /// Event Query Language
    Eql,
    /// Elasticsearch Query Language, which begins with FROM or ROW
    Esql,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table on a terminal, else NDJSON
    Auto,
    /// The fields that the query names
    Table,
    /// A document a line
    Ndjson,
    /// One answer in the shape of Elasticsearch's EQL search, or of its ES|QL API
    Json,
    /// Comma-separated values; of ES|QL only, as the two below
    Csv,
    /// Tab-separated values
    Tsv,
    /// A Parquet file
    Parquet,
}

impl From<answer::Format> for Format {
    fn from(format: answer::Format) -> Format {
        match format {
            answer::Format::Table => Format::Table,
            answer::Format::Ndjson => Format::Ndjson,
            answer::Format::Json => Format::Json,
            answer::Format::Csv => Format::Csv,
            answer::Format::Tsv => Format::Tsv,
            answer::Format::Parquet => Format::Parquet,
        }
    }
}

pub(crate) fn run(mut args: Args) -> Result<u8> {
    args.take_file()?;
    let args = &args;
    if args.query().trim().is_empty() {
        bail!(
            "the query is empty; write one, such as `FROM * | LIMIT 5` in ES|QL or `any where true` in EQL"
        );
    }
    let by_text = if esql::is_esql(args.query()) { Language::Esql } else { Language::Eql };
    let is_esql = args.lang.unwrap_or(by_text) == Language::Esql;
    let brings_rows = is_esql && esql::brings_its_rows(args.query());
    if args.paths.is_empty() && args.source.is_empty() && !brings_rows {
        bail!(
            "the query has nothing to read; give it files or folders behind the query (`-` is standard input), or `--source NAME=PATH`"
        );
    }
    if is_esql { esql::run(args) } else { run_eql(args) }
}

/// What a query searches, as the arguments of a command say it.
pub(crate) struct Searched<'a> {
    /// Files, folders and patterns.
    pub(crate) paths: &'a [PathBuf],
    /// Those that have a name.
    pub(crate) source: &'a [(String, PathBuf)],
    /// Mapping files.
    pub(crate) schema: &'a [String],
    /// How they are read.
    pub(crate) read: &'a ReadArgs,
}

/// Runs a query in EQL; all that is not said here is what it is when nobody gives the flag.
pub(crate) fn eql(query: &str, searched: &Searched<'_>, format: answer::Format) -> Result<u8> {
    let command = Args::augment_args(clap::Command::new("query"));
    let matches = command.try_get_matches_from(["query", "--source", "_=_", "_"])?;
    let args = Args {
        query: Some(query.to_owned()),
        paths: searched.paths.to_vec(),
        source: searched.source.to_vec(),
        schema: searched.schema.to_vec(),
        format: format.into(),
        read: ReadArgs { ..*searched.read },
        ..Args::from_arg_matches(&matches)?
    };
    run_eql(&args)
}

fn run_eql(args: &Args) -> Result<u8> {
    if matches!(args.format, Format::Csv | Format::Tsv | Format::Parquet) {
        bail!("events of EQL have no columns; write the query in ES|QL, or take `--format ndjson`");
    }
    let mut sources = sources::sources(args)?;
    let settings = Settings {
        event_category_field: args.event_category_field.clone(),
        timestamp_field: args.timestamp_field.clone(),
        tiebreaker_field: args.tiebreaker_field.clone(),
        extensions: args.extensions,
    };
    let lowered = brokerwatch_eql::parse(args.query()).and_then(|statement| {
        for source in &mut sources {
            if source.schema.is_strict() {
                sources::infer(&statement, &settings, source, &args.read);
            }
        }
        let named: Vec<(&str, &Schema)> =
            sources.iter().map(|source| (&*source.name, &source.schema)).collect();
        let schema = Schema::merged(&named);
        Ok((lower::lower(&statement, &schema, &settings)?, schema))
    });
    let (lowered, schema) = match lowered {
        Ok(lowered) => lowered,
        Err(diagnostics) => return Ok(refused(args, &diagnostics)),
    };
    report::diagnostics(&args.name(), args.query(), &lowered.warnings);
    answer(args, &sources, &lowered, &schema)
}

/// Where a query searches.
struct Ground<'a> {
    sources: &'a [Source],
    projection: &'a Projection,
    read: &'a ReadArgs,
}

/// Runs a query and shows its answer.
fn answer(args: &Args, sources: &[Source], lowered: &Lowered, schema: &Schema) -> Result<u8> {
    let mut projection = Projection::new();
    let mut conditions = Conditions::default();
    let timestamp = projection.want(&args.timestamp_field, schema);
    let steps = match &lowered.query {
        Query::Event(condition) => {
            conditions.add(&lift::eql(condition), &mut projection, schema).map(|_| None)
        }
        Query::Sequence(Sequence { stages, until, .. }) => {
            let stages = stages.iter().chain(until);
            Steps::add(stages, &mut conditions, &mut projection, schema).map(Some)
        }
        Query::Sample(filters) => {
            Steps::add(filters.iter(), &mut conditions, &mut projection, schema).map(Some)
        }
    };
    let is_extended = lowered.pipes.iter().any(Pipe::is_extension);
    let pipeline = is_extended.then(|| Pipeline::new(&lowered.pipes, schema)).transpose();
    let (steps, pipeline) = match (steps, pipeline) {
        (Ok(steps), Ok(pipeline)) => (steps, pipeline),
        (Err(error), _) | (_, Err(error)) => return Ok(refused(args, &[error])),
    };
    let columns = projection.len();
    let rows = RowMaker {
        timestamp,
        tiebreaker: args.tiebreaker_field.as_ref().map(|field| projection.want(field, schema)),
        id: args.id_field.as_ref().map(|field| projection.want(field, schema)),
        columns: if args.format() == Format::Table { columns } else { 0 },
    };
    let names: Vec<&str> =
        projection.fields().take(columns).map(|(_, field)| field.name.as_str()).collect();
    let ground = Ground { sources, projection: &projection, read: &args.read };
    let mut summary = Summary::default();
    let found = match &steps {
        Some(steps) => {
            let hunt = Hunt { conditions: &conditions, steps, rows };
            let pipeline = pipeline.as_ref();
            show_sets(args, lowered, &ground, &hunt, pipeline, &names, &mut summary)?
        }
        None => {
            let pipes = &lowered.pipes[..];
            let cut = match &pipeline {
                Some(_) => Cut::All,
                None => events::cut(pipes, args.size),
            };
            let search = Search { conditions: &conditions, rows, cut };
            match &pipeline {
                Some(pipeline) => {
                    let output = extended::rows(&ground, &search, pipeline, &mut summary)?;
                    show::output(output, args.format(), &names, args.size)?
                }
                None => {
                    let rows =
                        events::rows(&ground, &search, &mut summary)?.finish(pipes, args.size);
                    show::events(&rows, args.format(), &names)?;
                    rows.len()
                }
            }
        }
    };
    Ok(match (summary.unread_inputs, found) {
        (0, 0) => NOTHING,
        (0, _) => FOUND,
        _ => ERROR,
    })
}

/// Finds sequences or samples and shows them, or what pipes of the extension make of them. Gives how many rows that is.
fn show_sets(
    args: &Args,
    lowered: &Lowered,
    ground: &Ground<'_>,
    hunt: &Hunt<'_>,
    pipeline: Option<&Pipeline>,
    names: &[&str],
    summary: &mut Summary,
) -> Result<usize> {
    let sets = match (&lowered.query, pipeline) {
        (Query::Sequence(sequence), Some(pipeline)) => {
            let sets = sequences::sequences(ground, hunt, sequence, summary, (&[], usize::MAX))?;
            match extended::sets(sets, pipeline)? {
                Output::Table { columns, rows } => {
                    let table = Output::Table { columns, rows };
                    return show::output(table, args.format(), names, args.size);
                }
                Output::Rows(sets) => sets.into_iter().take(args.size).map(|set| set.row).collect(),
            }
        }
        (Query::Sequence(sequence), None) => {
            let limits = (&lowered.pipes[..], args.size);
            sequences::sequences(ground, hunt, sequence, summary, limits)?
        }
        (Query::Sample(filters), _) => {
            let limits = (args.max_samples_per_key, args.size);
            sequences::samples(ground, hunt, filters.len(), summary, limits)?
        }
        (Query::Event(_), _) => unreachable!("an event query has no steps"),
    };
    show::sets(&sets, args.format(), names)?;
    Ok(sets.len())
}

/// A file with a query. Standard input is for documents, so `-` would be read twice.
fn query_file(text: &str) -> Result<PathBuf, String> {
    if text == "-" {
        return Err(
            "standard input holds documents; give the query as a file or as an argument".to_owned()
        );
    }
    Ok(PathBuf::from(text))
}

impl Args {
    /// Reads the query from its file, if it stands in one. What the command line takes for the query is then a path.
    fn take_file(&mut self) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let text = super::scan::text(file)?;
        if let Some(path) = self.query.replace(text) {
            self.paths.insert(0, PathBuf::from(path));
        }
        if self.paths.is_empty() && self.source.is_empty() {
            bail!("there is nothing to search; name files or folders, or `--source NAME=PATH`");
        }
        Ok(())
    }

    /// The text of the query.
    fn query(&self) -> &str {
        self.query.as_deref().unwrap_or_default()
    }

    /// What diagnostics call the place of the query.
    fn name(&self) -> String {
        self.file
            .as_deref()
            .map_or_else(|| "query".to_owned(), |file: &Path| file.display().to_string())
    }

    fn format(&self) -> Format {
        match self.format {
            Format::Auto if for_people() => Format::Table,
            Format::Auto => Format::Ndjson,
            other => other,
        }
    }
}

fn refused(args: &Args, diagnostics: &[Diagnostic]) -> u8 {
    report::diagnostics(&args.name(), args.query(), diagnostics);
    ERROR
}
