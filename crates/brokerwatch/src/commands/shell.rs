//! `shell`: one query after the other over the same tables, from a prompt or from a script on standard input.
//!
//! What is known of the tables is found once and kept, so that the second query is quicker than the first.

use std::cell::RefCell;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::PathBuf;
use std::rc::Rc;

use anyhow::{Context as _, Result, bail};
use brokerwatch_runtime::{Answer, Failed, Session};
use clap::ValueEnum as _;

use super::answer::{self, Format};
use super::input::ReadArgs;
use super::query;
use super::session::{self, SessionArgs};
use crate::{ERROR, FOUND, NOTHING, for_people, report};

mod complete;
mod dots;
mod pieces;
mod prompt;

use complete::Known;

/// Longest script that is read from standard input.
const SCRIPT_BYTES_MAX: u64 = 16 << 20;

/// Ask one query after the other, in ES|QL or EQL, at a prompt or from standard input
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  brokerwatch shell logs/\n  brokerwatch shell --source logs=2026/ --lookup owners=owners.csv\n  \
brokerwatch shell --format csv logs/ < queries.esql\n\n\
A query ends with its line, unless the line ends with `|` or a bracket, a text or a comment is open; it then ends with \
`;` or\nan empty line. In a script on standard input queries end with `;`. `.help` lists the commands of the shell.\n\n\
Exit codes: 0 no event or row, or the end of a prompt; 1 events or rows, 2 an error, of any query of a script."
)]
pub(crate) struct Args {
    /// Files, folders and patterns of documents
    #[arg(required_unless_present = "source")]
    paths: Vec<PathBuf>,
    /// Documents under a name, which is their index where they do not say one, and what FROM finds; can be given several
    /// times
    #[arg(long, value_name = "NAME=PATH", value_parser = query::named)]
    source: Vec<(String, PathBuf)>,
    /// An Elasticsearch mapping file, of one source or of all that have none of their own: fields that it lacks are
    /// then unknown; can be given several times
    #[arg(long, value_name = "[NAME=]FILE")]
    schema: Vec<String>,
    /// How answers are shown: `table`, `ndjson`, `json`, `csv` or `tsv`; a table on a terminal, else NDJSON, if not said
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    format: Option<Format>,
    /// Keep no history of queries, and show none
    #[arg(long)]
    no_history: bool,
    #[command(flatten)]
    session: SessionArgs,
    #[command(flatten)]
    read: ReadArgs,
}

/// A format that several answers can have one behind the other.
fn format(text: &str) -> Result<Format, String> {
    match Format::from_str(text, true) {
        Ok(Format::Parquet) => {
            Err("a Parquet file holds one answer; `brokerwatch query --format parquet` writes it"
                .to_owned())
        }
        Ok(format) => Ok(format),
        Err(_) => {
            Err("no format of this name; there are table, ndjson, json, csv and tsv".to_owned())
        }
    }
}

/// Asks until the input ends.
pub(crate) fn run(args: &Args) -> Result<u8> {
    let named = args.source.iter().map(|(_, path)| path);
    if args.paths.iter().chain(named).any(|path| path.as_os_str() == "-") {
        bail!("standard input holds the queries; name files or folders of documents");
    }
    let is_prompted = io::stdin().is_terminal();
    let mut shell = Shell {
        args,
        session: args.session.open(&args.source, &args.paths, &args.schema, &args.read)?,
        format: args.format.unwrap_or(if for_people() { Format::Table } else { Format::Ndjson }),
        known: Rc::new(RefCell::new(Known::new(args))),
        is_prompted,
        code: NOTHING,
    };
    if is_prompted {
        prompt::run(&mut shell, !args.no_history)?;
        // Whoever sat at the prompt has seen what failed.
        return Ok(NOTHING);
    }
    shell.take(&script()?)?;
    Ok(shell.code)
}

fn script() -> Result<String> {
    let mut text = String::new();
    let mut input = io::stdin().lock().take(SCRIPT_BYTES_MAX + 1);
    input.read_to_string(&mut text).context("standard input")?;
    if SCRIPT_BYTES_MAX < text.len() as u64 {
        bail!("standard input has more than {SCRIPT_BYTES_MAX} bytes of queries; split it");
    }
    Ok(text)
}

/// Whether there is more to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    More,
    Quit,
}

/// What lasts from one query to the next.
struct Shell<'a> {
    args: &'a Args,
    session: Session,
    format: Format,
    known: Rc<RefCell<Known>>,
    /// Whether a person sits at a prompt.
    is_prompted: bool,
    /// The exit code of the worst that happened; codes rise with it.
    code: u8,
}

impl Shell<'_> {
    /// Takes queries and commands of the shell, in order. What is wrong with one is told and stops nothing.
    fn take(&mut self, text: &str) -> Result<Next> {
        for statement in pieces::statements(text) {
            let next = match statement.strip_prefix('.') {
                Some(command) => dots::run(self, command)?,
                None => {
                    self.query(statement)?;
                    Next::More
                }
            };
            if next == Next::Quit {
                return Ok(Next::Quit);
            }
        }
        Ok(Next::More)
    }

    fn query(&mut self, text: &str) -> Result<()> {
        let code = if query::is_esql(text) { self.esql(text)? } else { self.eql(text)? };
        self.code = self.code.max(code);
        Ok(())
    }

    fn esql(&mut self, text: &str) -> Result<u8> {
        let Some(answer) = self.answer(text)? else { return Ok(ERROR) };
        let read = session::told(&self.session, &answer);
        answer::write(&answer, self.format, &mut io::stdout())?;
        // A table says it itself.
        if self.is_prompted && self.format != Format::Table {
            report::note(&format!("{} rows in {:.1?}", answer.rows(), answer.took));
        }
        self.known.borrow_mut().see(&answer)?;
        Ok(match (read.unread.is_empty(), answer.rows()) {
            (false, _) => ERROR,
            (true, 0) => NOTHING,
            (true, _) => FOUND,
        })
    }

    /// The answer of a query; if there is none, why was told.
    fn answer(&self, text: &str) -> Result<Option<Answer>> {
        match self.session.answer(text, &self.args.session.options()?) {
            Ok(answer) => return Ok(Some(answer)),
            Err(Failed::Query(diagnostics)) => report::diagnostics("query", text, &diagnostics),
            Err(Failed::Run(why)) => report::error(&why),
        }
        Ok(None)
    }

    fn eql(&mut self, text: &str) -> Result<u8> {
        let sources = query::Searched {
            paths: &self.args.paths,
            source: &self.args.source,
            schema: &self.args.schema,
            read: &self.args.read,
        };
        match query::eql(text, &sources, self.format) {
            // Nothing more can be shown: that is for the caller.
            Err(error) if error.downcast_ref::<io::Error>().is_some() => Err(error),
            Err(error) => {
                report::error(&format!("{error:#}"));
                Ok(ERROR)
            }
            done => done,
        }
    }

    /// Tells what is wrong with a command of the shell.
    fn refuse(&mut self, message: &str) {
        report::error(message);
        self.code = ERROR;
    }
}
