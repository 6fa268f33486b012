//! The searches of a guide, run over telemetry.

use std::io;
use std::path::PathBuf;

use anyhow::{Result, anyhow};
use brokerwatch_esql::planner::Options;
use brokerwatch_rules::guide::{Investigation, ROWS_MAX, query};
use brokerwatch_runtime::tables::{Source, TablesOptions};
use brokerwatch_runtime::{Answer, Failed, Session, SessionOptions};
use serde_json::{Map, Value};

use crate::commands::answer::{json, rows, text};
use crate::commands::input::{self, ReadArgs};
use crate::commands::session::{now_millis, told_unread};

/// Telemetry to search.
pub(super) struct Searches {
    session: Session,
    /// Most rows of a search that are kept to be shown.
    most: usize,
}

/// What came of an investigation.
pub(super) enum Outcome {
    /// It has no query, because the alert lacks what it asks for.
    NotAsked,
    /// It ran.
    Ran(Found),
    /// It could not be run.
    Failed(String),
}

/// What a search found.
#[derive(Default)]
pub(super) struct Found {
    /// How many rows; if it is cut, there may be more.
    pub(super) count: usize,
    pub(super) is_cut: bool,
    /// The names of the columns that have a value in the rows shown.
    pub(super) columns: Vec<String>,
    /// The first rows, as text.
    pub(super) cells: Vec<Vec<String>>,
    /// The first rows, as documents with dotted names.
    pub(super) documents: Vec<Map<String, Value>>,
    /// What there is to say about the query and the telemetry.
    pub(super) remarks: Vec<String>,
}

impl Outcome {
    /// How many rows there are.
    pub(super) fn count(&self) -> usize {
        match self {
            Outcome::Ran(found) => found.count,
            Outcome::NotAsked | Outcome::Failed(_) => 0,
        }
    }

    pub(super) fn is_failure(&self) -> bool {
        matches!(self, Outcome::Failed(_))
    }
}

impl Searches {
    /// Opens telemetry.
    pub(super) fn open(paths: &[PathBuf], read: &ReadArgs, most: usize) -> Result<Searches> {
        // Standard input is read once for each search.
        let inputs: Vec<_> = input::inputs(paths)
            .into_iter()
            .map(|input| input.kept(None))
            .collect::<io::Result<_>>()?;
        let options = SessionOptions {
            tables: TablesOptions {
                sources: vec![Source { inputs, ..Source::default() }],
                mapping: read.mapping,
                read_as: read.read_as,
                threads: read.threads,
                ..TablesOptions::default()
            },
            ..SessionOptions::default()
        };
        Ok(Searches { session: Session::new(options).map_err(|why| anyhow!(why))?, most })
    }

    /// Runs an investigation.
    pub(super) fn run(&self, investigation: &Investigation) -> Outcome {
        let Some(esql) = &investigation.esql else { return Outcome::NotAsked };
        match self.found(esql, self.most) {
            Ok(found) => Outcome::Ran(found),
            Err(why) => Outcome::Failed(why),
        }
    }

    /// The rows that meet a condition in KQL, at most `most` of them with their values.
    pub(super) fn matching(
        &self,
        kql: &str,
        columns: &[&str],
        most: usize,
    ) -> Result<Found, String> {
        self.found(&query(kql, columns), most)
    }

    fn found(&self, esql: &str, most: usize) -> Result<Found, String> {
        let options =
            Options { now_millis: now_millis(), cut: false, params: Vec::new(), nullify: true };
        match self.session.answer(esql, &options) {
            Ok(answer) => found(&answer, most).map_err(|error| error.to_string()),
            Err(Failed::Query(diagnostics)) => {
                let texts = diagnostics.iter().map(|diagnostic| match &diagnostic.help {
                    Some(help) => format!("{}; {help}", diagnostic.message),
                    None => diagnostic.message.clone(),
                });
                Err(texts.collect::<Vec<_>>().join("; "))
            }
            Err(Failed::Run(why)) => Err(why),
        }
    }

    /// Tells what could not be read; gives whether there was an input that could not be.
    pub(super) fn tell_unread(&self) -> bool {
        let read = self.session.report();
        told_unread(&read);
        !read.unread.is_empty()
    }
}

fn found(answer: &Answer, most: usize) -> Result<Found> {
    let mut all: Vec<(Vec<String>, Map<String, Value>)> = Vec::new();
    rows(answer, &mut |row| {
        if all.len() < most {
            let cells = row.iter().map(|values| {
                values.iter().map(|value| text(*value)).collect::<Vec<_>>().join(", ")
            });
            let fields = answer.columns.iter().zip(row).filter(|(_, values)| !values.is_empty());
            let document =
                fields.map(|(column, values)| (column.name.clone(), json(values, column.ty)));
            all.push((cells.collect(), document.collect()));
        }
        Ok(())
    })?;
    let names = answer.columns.iter().map(|column| &column.name).enumerate();
    let kept: Vec<(usize, &String)> =
        names.filter(|(at, _)| all.iter().any(|(cells, _)| !cells[*at].is_empty())).collect();
    Ok(Found {
        count: answer.rows(),
        is_cut: answer.rows() == ROWS_MAX,
        columns: kept.iter().map(|(_, name)| (*name).clone()).collect(),
        cells: all
            .iter()
            .map(|(cells, _)| kept.iter().map(|(at, _)| cells[*at].clone()).collect())
            .collect(),
        documents: all.into_iter().map(|(_, document)| document).collect(),
        remarks: answer.warnings.iter().filter_map(|warning| remark(warning)).collect(),
    })
}

/// A warning without its place in the query, which nobody wrote. That there are no kinds of events is what most telemetry is
/// like.
fn remark(warning: &str) -> Option<String> {
    let text = match warning.strip_prefix("Line ") {
        Some(placed) => placed.split_once(": ").map_or(warning, |(_, text)| text),
        None => warning,
    };
    let unwanted = text.contains("`event.kind`") || text.starts_with("No limit defined");
    (!unwanted).then(|| text.replace("unknown field", "the telemetry has no field"))
}
